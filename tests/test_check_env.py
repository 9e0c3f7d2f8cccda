"""`check --env`: the live versions of a registry stand for what was released; no answer is never a yes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fault_server import Fault, FaultServer, Refuse, Reply, closed_port, running
from repository import Done, Repository, json_object, record, text_field
from schemagate.serve import in_process
from schemagate.serve.app import create_app
from schemagate.serve.store import Store

FILE = "schemas/user/v1.json"
ORDER = "schemas/order/v1.avsc"
V1 = json_object(("id", "login"), id="string", login="string")
BROKEN = json_object(("id",), id="string", login="string")
SUBJECT = "/subjects/user.v1-value"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FaultServer]:
    with Store(tmp_path / "far.sqlite3") as store, running(FaultServer(in_process.transport(create_app(store)))) as it:
        yield it


@pytest.fixture
def repo(tmp_path: Path, server: FaultServer) -> Repository:
    """`user` and `order`, published to `far`."""
    repository = Repository(tmp_path / "repo")
    far = f'[environments.far]\nregistry = "{server.url}"\ntimeout = 2\n'
    repository.events("user", "order", level="FULL_TRANSITIVE", more=far)
    repository.write(FILE, V1)
    repository.write(ORDER, record(text_field("id")))
    repository.commit("released")
    done = repository.schemagate("publish", "--env", "far")
    assert done.returncode == 0, done.stdout + done.stderr
    return repository


def versions(done: Done) -> dict[str, Any]:
    return {f"{each['event']}@{each['version']}": each for each in json.loads(done.stdout)["versions"]}


def test_what_is_live_there_is_no_change(repo: Repository, server: FaultServer) -> None:
    done = repo.schemagate("check", "--env", "far")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"0 versions differ.  nothing to compare   the work tree against far, {server.url}\n"


def test_another_order_of_keys_is_no_change(repo: Repository) -> None:
    repo.write(FILE, dict(reversed(V1.items())))
    assert repo.schemagate("check", "--env", "far").stdout.startswith("0 versions differ")


@pytest.mark.parametrize("arguments", [(), ("--staged",), ("--head",)])
def test_a_break_of_a_live_version(repo: Repository, arguments: tuple[str, ...]) -> None:
    repo.write(FILE, BROKEN)
    repo.commit("the break is released in git, and not there")
    if not arguments:
        assert repo.schemagate("check").returncode == 0
    done = repo.schemagate("check", "--env", "far", *arguments)
    assert done.returncode == 1
    assert "compared with version 1" in done.stdout
    assert "(FULL_TRANSITIVE, at version 1)" in done.stdout
    found = versions(repo.schemagate("check", "--env", "far", "--format", "json"))
    assert found.keys() == {"user@1"}, "the other one is as it is there"
    assert found["user@1"]["registry"] == "reject"
    assert found["user@1"]["pairs"][0]["against"] == "version 1"


def test_what_git_released_and_the_registry_never_saw_does_not_count(repo: Repository) -> None:
    repo.write(FILE, {**V1, "required": ["id", "login", "mail"]})
    repo.commit("a break that only git knows")
    repo.write(FILE, {**V1, "title": "as it is there"})
    assert repo.schemagate("check").returncode == 1
    assert repo.schemagate("check", "--env", "far").returncode == 0


def test_a_version_that_is_not_there_yet(repo: Repository) -> None:
    repo.write("schemas/user/v2.json", json_object(("id",), id="string"))
    done = repo.schemagate("check", "--env", "far")
    assert done.returncode == 0, done.stdout
    assert "user v2: new" in done.stdout.replace("  ", " ")


def test_the_registrys_policy_and_level(repo: Repository, server: FaultServer) -> None:
    """LENIENT accepts what STRICT refuses; the level there is told where git has another one."""
    repo.write(FILE, {**V1, "properties": {**V1["properties"], "note": {"type": "string"}}})
    answer = {"compatibilityLevel": "FORWARD", "compatibilityPolicy": "LENIENT"}
    assert versions(repo.schemagate("check", "--env", "far", "--format", "json"))["user@1"]["registry"] == "reject"
    server.always["GET /config/user.v1-value"] = Reply(200, json.dumps(answer))
    done = repo.schemagate("check", "--env", "far", "--format", "json")
    assert versions(done)["user@1"]["registry"] == "accept"
    assert json.loads(done.stdout)["remarks"] == [
        "far has user.v1-value at level FORWARD, publish sets FULL_TRANSITIVE"
    ]


@pytest.mark.parametrize(
    ("path", "fault", "says"),
    [
        ("GET /schemas/types", Reply(200, "<html>"), "/schemas/types"),
        ("GET /schemas/types", Refuse(50001), "said the server"),
        ("GET /schemas/types", Reply(401, ""), "401"),
    ],
)
def test_a_registry_that_gives_no_answer(
    repo: Repository, server: FaultServer, path: str, fault: Fault, says: str
) -> None:
    server.always[path] = fault
    done = repo.schemagate("check", "--env", "far")
    assert done.returncode == 3
    assert says in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("path", "fault", "says"),
    [
        (f"GET {SUBJECT}/versions/1", Reply(200, '{"version": 1}'), "is not understood"),
        (f"GET {SUBJECT}/versions/1", Reply(200, "[]"), "is not understood"),
        (f"GET {SUBJECT}/versions/1", Refuse(40402), "lists version 1"),
        (f"GET {SUBJECT}/versions", Reply(200, '{"a": 1}'), "is no list"),
        ("GET /config/user.v1-value", Reply(200, "nonsense"), "/config/user.v1-value"),
        (
            f"GET {SUBJECT}/versions/1",
            Reply(
                200, json.dumps({"subject": "user.v1-value", "version": 1, "id": 1, "schemaType": "XML", "schema": ""})
            ),
            "a type that is not known here",
        ),
        (
            f"GET {SUBJECT}/versions/1",
            Reply(
                200,
                json.dumps({"subject": "user.v1-value", "version": 1, "id": 1, "schemaType": "JSON", "schema": "{"}),
            ),
            "cannot be read",
        ),
    ],
)
def test_an_unreadable_answer_about_one_subject_leaves_the_others(
    repo: Repository, server: FaultServer, path: str, fault: Fault, says: str
) -> None:
    repo.write(FILE, BROKEN)
    repo.write(ORDER, record(text_field("id"), text_field("note", default="")))
    server.always[path] = fault
    done = repo.schemagate("check", "--env", "far")
    assert done.returncode == 3, done.stdout + done.stderr
    assert says in done.stdout
    assert done.stdout.startswith(f"{FILE}:1:1  user v1: "), "the file is one that is here"
    found = versions(repo.schemagate("check", "--env", "far", "--format", "json"))
    assert (found["user@1"]["data"], found["order@1"]["data"]) == ("unknown", "yes")


def test_another_type_there_is_a_no(repo: Repository, server: FaultServer) -> None:
    stored = {"subject": "user.v1-value", "version": 1, "id": 1, "schemaType": "AVRO", "schema": '"string"'}
    server.always[f"GET {SUBJECT}/versions/1"] = Reply(200, json.dumps(stored))
    done = repo.schemagate("check", "--env", "far")
    assert done.returncode == 1
    assert "SG-GIT-102" in done.stdout


def test_nobody_listens(repo: Repository, tmp_path: Path) -> None:
    port = closed_port()
    repo.events("user", "order", more=f'[environments.far]\nregistry = "http://127.0.0.1:{port}"\n')
    done = repo.schemagate("check", "--env", "far")
    assert (done.returncode, done.stdout) == (3, "")
    assert str(port) in done.stderr
    assert repo.schemagate("check", "--env", "far", "--unknown=warn").returncode == 3, "no registry is no finding"


def test_what_cannot_be_asked(repo: Repository) -> None:
    unknown = repo.schemagate("check", "--env", "fra")
    assert unknown.returncode == 2
    assert 'did you mean "far"' in unknown.stderr
    both = repo.schemagate("check", "--env", "far", "--against", "main")
    assert both.returncode == 2
    assert "leave one out" in both.stderr


def test_the_embedded_registry_needs_no_git(tmp_path: Path) -> None:
    plain = Repository(tmp_path / "plain", init=False)
    plain.events("user")
    plain.write(FILE, V1)
    done = plain.schemagate("check", "--env", "local")
    assert done.returncode == 0, done.stderr
    assert "local, the embedded registry" in done.stdout


def test_waivers_count_here_as_well(repo: Repository) -> None:
    repo.write(FILE, BROKEN)
    stubs = repo.schemagate("check", "--env", "far", "--format", "waivers").stdout
    from test_finding_waivers import filled

    repo.write("waivers.toml", "format = 1\n" + filled(stubs))
    assert repo.schemagate("check", "--env", "far").returncode == 0
    assert repo.schemagate("check").returncode == 0, "the same finding has one fingerprint, wherever the old text is"
