"""`log EVENT@N`: the released revisions of a version, what each changed, and both verdicts against the one before."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from repository import Repository, environment, json_object

FILE = "schemas/user/v1.json"
V1 = json_object(("id", "login"), id="string", login="string")
V2 = {**V1, "properties": {**V1["properties"], "note": {"type": "string"}}}
V3 = {**V2, "required": ["id"]}


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """Three revisions on main: a first, a field more, and one that breaks released readers."""
    repository = Repository(tmp_path / "repo")
    repository.events("user", level="FORWARD")
    for text, message in ((V1, "the first"), (V2, "a note"), (V3, "login goes — über alles")):
        repository.write(FILE, text)
        repository.commit(message)
    return repository


def revisions(repo: Repository, *arguments: str) -> list[dict[str, Any]]:
    done = repo.schemagate("log", "user@1", "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["revisions"]
    return found


def test_every_revision_with_what_it_changed(repo: Repository) -> None:
    newest, middle, first = revisions(repo)
    commits = repo.git("log", "--format=%H %ct").split("\n")
    assert [each["commit"] for each in (newest, middle, first)] == [line.split()[0] for line in commits]
    assert [each["subject"] for each in (newest, middle, first)] == ["login goes — über alles", "a note", "the first"]
    assert (first["registry"], first["data"], first["edits"]) == (None, None, [])
    assert (middle["registry"], middle["data"]) == ("accept", "yes")
    assert [(edit["kind"], edit["pointer"]) for edit in middle["edits"]] == [("added", "/properties/note")]
    assert (newest["registry"], newest["data"]) == ("reject", "no")
    assert [(edit["kind"], edit["pointer"]) for edit in newest["edits"]] == [("removed", "/required/1")]


def test_a_break_of_then_is_proved_by_an_event(repo: Repository) -> None:
    (finding,) = revisions(repo)[0]["findings"]
    assert finding["direction"] == "forward"
    assert Draft7Validator(V3).is_valid(finding["witness"]["value"])
    assert not Draft7Validator(V2).is_valid(finding["witness"]["value"])


def test_as_text_newest_first(repo: Repository) -> None:
    done = repo.schemagate("log", "user@1")
    assert done.returncode == 0
    blocks = done.stdout.split("\n\n")
    assert "registry: reject · data: no" in blocks[0].splitlines()[0]
    assert "login is missing" in blocks[0]
    assert "registry: accept · data: yes" in blocks[1]
    assert blocks[2].endswith("the first   first revision")
    assert blocks[-1].startswith("3 revisions of user@1, released on main")
    assert "level FORWARD today: 1 break" in blocks[-1]


def test_what_is_not_on_the_default_branch_was_not_released(repo: Repository) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    repo.write(FILE, V1)
    repo.commit("a draft")
    repo.write(FILE, {**V1, "title": "not even committed"})
    assert len(revisions(repo)) == 3


def test_by_tags_and_since(repo: Repository) -> None:
    repo.git("tag", "release-1", "HEAD~2")
    repo.git("tag", "release-2", "HEAD")
    repo.events("user", level="FORWARD", more='[defaults]\nreleases = "tags:release-*"\n')
    newest, first = revisions(repo)
    assert (first["subject"], newest["subject"]) == ("the first", "login goes — über alles")
    repo.events("user", level="FORWARD", more='[defaults]\nsince = "HEAD~1"\n')
    assert len(revisions(repo)) == 2
    assert "history before HEAD~1 is not shown" in repo.schemagate("log", "user@1").stdout


def test_a_version_that_is_gone_is_in_the_log(repo: Repository) -> None:
    repo.git("rm", "-q", FILE)
    repo.write("schemagate.toml", "")
    assert [each["subject"] for each in revisions(repo)][-1] == "the first"


def test_a_version_that_nobody_released(repo: Repository) -> None:
    repo.write("schemas/user/v2.json", V1)
    done = repo.schemagate("log", "user@2")
    assert (done.returncode, done.stdout) == (
        0,
        f"no revision of user@2, released on main {repo.git('rev-parse', 'HEAD')[:7]}\n",
    )


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("usr@1", "there is no version 'usr@1'; did you mean \"user@1\"?"),
        ("user@3", "there is no version 'user@3'"),
        ("user", "'user' is no version"),
        ("user@x", "'user@x' is no version"),
        ("user@0", "'user@0' is no version"),
        ("../x@1", "'../x@1' is no version"),
    ],
)
def test_an_unknown_version(repo: Repository, name: str, says: str) -> None:
    done = repo.schemagate("log", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_revision_that_cannot_be_read_is_shown_and_no_answer(repo: Repository) -> None:
    repo.write(FILE, "{")
    repo.commit("broken text")
    repo.write(FILE, V3 | {"title": "whole again"})
    repo.commit("repaired")
    done = repo.schemagate("log", "user@1")
    assert done.returncode == 3
    assert "not judged:" in done.stdout
    document = json.loads(repo.schemagate("log", "user@1", "--format", "json").stdout)
    assert document["complete"] is False
    assert "not JSON" in document["revisions"][1]["error"]


def test_a_shallow_clone_is_no_answer(repo: Repository, tmp_path: Path) -> None:
    clone = Repository(tmp_path / "clone", init=False)
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", f"file://{repo.folder}", str(clone.folder)], env=environment(), check=True
    )
    done = clone.schemagate("log", "user@1")
    assert done.returncode == 3
    assert "git fetch --unshallow" in done.stderr


def test_the_readers_configuration_of_git_changes_nothing(repo: Repository) -> None:
    expected = revisions(repo)
    for key, value in (("log.showSignature", "true"), ("color.ui", "always"), ("i18n.logOutputEncoding", "latin-1")):
        repo.git("config", key, value)
    assert revisions(repo) == expected
