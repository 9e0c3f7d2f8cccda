"""`who`: the parties of an event as declared, and a warning for each reader of a version that is going away."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from repository import Repository, json_object
from schemagate.ask.who import who
from schemagate.errors import UsageError
from schemagate.project.catalog import Project, open_project
from schemagate.report import who as report

MANIFEST = """format = 1
service = "{name}"
owner = "team-{name}"

{rest}"""
READER = """[[consumes]]
event = "manager"
versions = {versions}
group = "{group}"
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repo")
    repository.events("manager", "quiet", more='consumers = "none"\n')
    for number in (1, 2):
        repository.write(f"schemas/manager/v{number}.json", json_object(("id",), id="string"))
    repository.write("schemas/quiet/v1.json", json_object(("id",), id="string"))
    produces = 'produces = [\n  { event = "manager", versions = [1], flag = "managers" },\n]\n'
    repository.write("services/assessments.toml", MANIFEST.format(name="assessments", rest=produces))
    for name, versions in (("hiring", "[1, 2]"), ("bonuses", "[1]")):
        rest = READER.format(versions=versions, group=f"{name}.manager")
        repository.write(f"services/{name}.toml", MANIFEST.format(name=name, rest=rest))
    return repository


def deprecate(repo: Repository, text: str) -> Project:
    file = repo.folder / "schemagate.toml"
    old = '[events."manager"]\n'
    file.write_text(file.read_text("utf-8").replace(old, f"{old}deprecated = {text}\n"), "utf-8")
    return open_project(repo.folder)


def test_both_sides_are_named_with_versions_and_lines(repo: Repository) -> None:
    found = who(open_project(repo.folder), "manager", date(2026, 11, 1))
    assert found.versions == (1, 2)
    assert [(party.service, party.declared.versions, party.at) for party in found.producers] == [
        ("assessments", (1,), "services/assessments.toml:6")
    ]
    assert [(party.service, party.declared.versions, party.at) for party in found.consumers] == [
        ("bonuses", (1,), "services/bonuses.toml:6"),
        ("hiring", (1, 2), "services/hiring.toml:6"),
    ]
    text = report.to_text(found)
    assert "hiring   1, 2  live, group hiring.manager   declared in services/hiring.toml:6, deployed: not asked" in text
    assert "while managers is on" in text
    assert "warning" not in text


def test_one_version_has_its_own_parties(repo: Repository) -> None:
    found = who(open_project(repo.folder), "manager@2", date(2026, 11, 1))
    assert [party.service for party in found.consumers] == ["hiring"]
    assert not found.producers
    assert "no service declares that it produces it" in report.to_text(found)


def test_a_service_with_two_readers_is_named_twice(repo: Repository) -> None:
    rest = READER.format(versions="[1]", group="a") + READER.format(versions="[2]", group="b")
    repo.write("services/hiring.toml", MANIFEST.format(name="hiring", rest=rest))
    found = who(open_project(repo.folder), "manager", date(2026, 11, 1))
    assert [party.at for party in found.consumers if party.service == "hiring"] == [
        "services/hiring.toml:6",
        "services/hiring.toml:10",
    ]


@pytest.mark.parametrize(
    ("today", "words", "past"),
    [(date(2026, 12, 31), "ends 2026-12-31", False), (date(2027, 1, 1), "past its sunset of 2026-12-31", True)],
)
def test_remaining_readers_of_a_deprecated_version_are_warned(
    repo: Repository, today: date, words: str, past: bool
) -> None:
    project = deprecate(repo, '{ since = 2026-10-01, sunset = "2026-12-31", versions = [1] }')
    found = who(project, "manager", today)
    assert [(each.reader.service, each.version, each.past) for each in found.remaining] == [
        ("bonuses", 1, past),
        ("hiring", 1, past),
    ]
    text = report.to_text(found)
    assert f"warning: bonuses reads manager@1, deprecated since 2026-10-01, {words}   services/bonuses.toml:6" in text
    assert "next: ask team-bonuses what bonuses reads instead of manager@1" in text
    assert "next: release hiring with versions = [2], once version 1 is drained" in text
    assert not who(project, "manager@2", today).remaining
    document = json.loads(report.to_json(found))
    assert document["deprecated"][0]["past"] is past
    assert document["deprecated"][0]["sunset"] == "2026-12-31"


def test_without_versions_the_whole_event_is_deprecated(repo: Repository) -> None:
    found = who(deprecate(repo, "{ since = 2026-10-01 }"), "manager", date(2026, 11, 1))
    assert [(each.reader.service, each.version) for each in found.remaining] == [
        ("bonuses", 1),
        ("hiring", 1),
        ("hiring", 2),
    ]
    assert json.loads(report.to_json(found))["deprecated"][0]["sunset"] is None


@pytest.mark.parametrize("name", ["mangaer", "manager@9", "manager@", "@1", "", "manager@1@2", "manager@²"])
def test_a_name_that_is_not_there_is_a_usage_error(repo: Repository, name: str) -> None:
    with pytest.raises(UsageError):
        who(open_project(repo.folder), name, date(2026, 11, 1))


def test_the_command(repo: Repository) -> None:
    done = repo.schemagate("who", "manager@1", "--format", "json", at="services")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [each["service"] for each in document["consumers"]] == ["bonuses", "hiring"]
    assert document["consumers"][0]["deployed"] is None
    assert document["producers"][0]["flag"] == "managers"
    nobody = repo.schemagate("who", "quiet")
    assert (nobody.returncode, "nobody, as schemagate.toml states" in nobody.stdout) == (0, True)
    missing = repo.schemagate("who", "mangaer")
    assert (missing.returncode, 'did you mean "manager"?' in missing.stderr) == (2, True)
