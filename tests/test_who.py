"""`who`: the parties of an event as declared, and a warning for each reader of a version that is going away."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from recording import Project as Recording
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
    assert [(party.service, party.declared, party.at) for party in found.producers] == [
        ("assessments", (1,), "services/assessments.toml:6")
    ]
    assert [(party.service, party.declared, party.at) for party in found.consumers] == [
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


# with records


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """`manager`, declared to be read in versions 1 and 2 by bonuses; production counts records."""
    return Recording(tmp_path / "work")


def asked(recording: Recording, name: str = "manager", code: int = 0) -> dict[str, Any]:
    done = recording.schemagate("who", name, "--env", "production", "--format", "json")
    assert done.returncode == code, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["exit"] == code
    return document


def told(recording: Recording, name: str = "manager") -> str:
    return str(recording.schemagate("who", name, "--env", "production").stdout)


def test_a_service_without_a_record_is_unknown(recording: Recording) -> None:
    (party,) = asked(recording, code=3)["consumers"]
    assert (party["service"], party["versions"]) == ("bonuses", [1, 2])
    assert party["deployed"]["unknown"] == "no deployment of bonuses is recorded"
    assert "schemagate record deployment" in party["deployed"]["next"]
    assert "deployed: unknown, no deployment of bonuses is recorded" in told(recording)


def test_every_instance_is_told_with_what_its_own_manifest_says(recording: Recording) -> None:
    recording.deploy("bonuses", "3f2c1ab", 1, 2, instance="eu")
    assert "deployed: 1, 2 (3f2c1ab)\n" in told(recording) + "\n"
    recording.deploy("bonuses", "9ab34ff", 1, instance="us")
    (party,) = asked(recording)["consumers"]
    assert party["deployed"] == [
        {"instance": "eu", "commit": "3f2c1ab", "versions": [1, 2]},
        {"instance": "us", "commit": "9ab34ff", "versions": [1]},
    ]
    assert "deployed: 1, 2 (3f2c1ab, eu); 1 (9ab34ff, us)" in told(recording)
    assert "deployed: not asked" in recording.schemagate("who", "manager").stdout


def test_an_instance_that_reads_the_event_no_more_has_no_versions(recording: Recording) -> None:
    recording.deploy("bonuses", "3f2c1ab")
    (party,) = asked(recording)["consumers"]
    assert party["deployed"] == [{"instance": "default", "commit": "3f2c1ab", "versions": []}]
    assert "deployed: none (3f2c1ab)" in told(recording)


def test_a_service_that_was_undeployed_runs_nowhere(recording: Recording) -> None:
    recording.deploy("bonuses", "3f2c1ab", 1)
    assert recording.schemagate("record", "undeployment", "bonuses", "--env", "production").returncode == 0
    (party,) = asked(recording)["consumers"]
    assert party["deployed"] == []
    assert "deployed: runs nowhere" in told(recording)


def test_a_service_that_is_deployed_and_not_declared_appears(recording: Recording) -> None:
    recording.deploy("bonuses", "3f2c1ab", 1, 2)
    recording.deploy("export", "77aa", 1)
    recording.deploy("other", "88bb")
    found = asked(recording)["consumers"]
    assert [(each["service"], each["versions"], each["at"]) for each in found] == [
        ("bonuses", [1, 2], "services/bonuses.toml:6"),
        ("export", [], None),
    ]
    assert found[1]["deployed"] == [{"instance": "default", "commit": "77aa", "versions": [1]}]
    assert "declared nowhere, deployed: 1 (77aa)" in told(recording)
    assert [each["service"] for each in asked(recording, "manager@2")["consumers"]] == ["bonuses"]
    assert [each["service"] for each in asked(recording, "manager@1")["consumers"]] == ["bonuses", "export"]


def test_a_version_that_only_runs_is_a_reader_of_it(recording: Recording) -> None:
    """Git says that bonuses reads version 2 alone; production still runs the build before."""
    file = recording.folder / "services/bonuses.toml"
    file.write_text(file.read_text("utf-8").replace("[1, 2]", "[2]"), "utf-8")
    config = recording.folder / "schemagate.toml"
    old = '[events."manager"]\n'
    config.write_text(
        config.read_text("utf-8").replace(old, f"{old}deprecated = {{ since = 2026-10-01, versions = [1] }}\n")
    )
    assert not json.loads(recording.schemagate("who", "manager", "--format", "json").stdout)["deprecated"]
    recording.deploy("bonuses", "3f2c1ab", 1)
    document = asked(recording, "manager@1")
    assert [each["service"] for each in document["consumers"]] == ["bonuses"]
    assert [(each["service"], each["version"], each["at"]) for each in document["deprecated"]] == [
        ("bonuses", 1, "services/bonuses.toml:6")
    ]
    text = told(recording)
    assert "bonuses reads manager@1, deprecated since 2026-10-01   deployed in production" in text
    assert "next: release bonuses, whose manifest in git has left version 1" in text


def test_producers_are_told_as_well(recording: Recording) -> None:
    text = 'format = 1\nservice = "assessments"\nowner = "t"\nproduces = [{ event = "manager", versions = [1] }]\n'
    file = recording.write(".git/assessments.toml", text)
    arguments = ["record", "deployment", "assessments@5c", "--env", "production", "--manifest", str(file)]
    assert recording.schemagate(*arguments).returncode == 0
    recording.deploy("bonuses", "3f2c1ab", 1)
    (party,) = asked(recording)["producers"]
    assert (party["service"], party["versions"]) == ("assessments", [])
    assert party["deployed"] == [{"instance": "default", "commit": "5c", "versions": [1]}]


def test_a_stream_that_was_tampered_with_is_unknown_for_all_events(recording: Recording) -> None:
    recording.deploy("bonuses", "3f2c1ab", 1)
    recording.deploy("other", "88bb")
    recording.deploy("other", "99cc")
    head = recording.git("rev-parse", "HEAD")
    recording.git("checkout", "--quiet", "schemagate/state")
    (recording.folder / "records/production/deployments/other/000001.json").unlink()
    recording.commit("tidy up")
    recording.git("checkout", "--quiet", head)
    document = asked(recording, code=3)
    assert [each["service"] for each in document["unreadable"]] == ["other"]
    text = told(recording)
    assert "unknown: what other reads and writes in production:" in text
    assert "next:" in text


def test_records_that_cannot_be_read_at_all_are_unknown(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "work")
    recording.write(
        "schemagate.toml", 'state = { remote = "gone" }\n' + (recording.folder / "schemagate.toml").read_text()
    )
    document = asked(recording, code=3)
    (party,) = document["consumers"]
    assert party["deployed"]["unknown"] == document["unreadable"][0]["unknown"]
    assert document["unreadable"][0]["service"] is None
    assert "unknown: what runs in production: there is no remote 'gone'" in told(recording)


def test_an_environment_without_records_says_so(recording: Recording) -> None:
    done = recording.schemagate("who", "manager", "--env", "local")
    assert (done.returncode, "deployed: not recorded in local" in done.stdout) == (0, True)
    wrong = recording.schemagate("who", "manager", "--env", "productoin")
    assert (wrong.returncode, 'did you mean "production"' in wrong.stderr) == (2, True)
