"""Bad input ends in one clear message and the right exit code: no traceback, nothing half-written."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from repository import Done, Repository, environment, json_object

V1 = json_object(("id",), id="string")
FILE = "schemas/user/v1.json"


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repo")
    repository.events("user")
    repository.write(FILE, V1)
    repository.write(".gitignore", ".schemagate/\n")
    repository.commit("user v1")
    return repository


def refused(done: Done, code: int, *words: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said
    assert "internal error" not in said
    for word in words:
        assert word in said, said


HOSTILE = {
    "trailing comma": ('{"type": "object",}', "comma before the closing bracket"),
    "duplicate key": ('{"type": "object", "type": "string"}', "stands twice"),
    "deep nesting": ('{"not":' * 10_000 + "true" + "}" * 10_000, "nested"),
    "NaN": ('{"minimum": NaN}', "not JSON"),
    "empty": ("", "empty"),
    "no schema": ("[1, 2]", "a JSON Schema is an object, true or false"),
    "unknown draft": ('{"$schema": "http://example.org/draft-99"}', "not a draft"),
    "wrong keyword type": ('{"minLength": "3"}', "minLength"),
    "huge number": ('{"minimum": 1' + "0" * 5000 + "}", "not JSON"),
    "huge exponent": ('{"minimum": 1e' + "9" * 5000 + "}", "out of range"),
    "lone surrogate": ('{"title": "\\ud800"}', "surrogate"),
    "http ref": ('{"$ref": "http://example.invalid/x.json"}', "$ref"),
    "file ref": ('{"$ref": "file:///etc/passwd"}', "$ref"),
    "absolute ref": ('{"$ref": "/etc/passwd"}', "$ref"),
    "escaping ref": ('{"$ref": "../../../outside.json"}', "$ref"),
    "missing ref": ('{"$ref": "#/definitions/nothing"}', "$ref"),
    "circle of refs": (
        '{"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}, "$ref": "#/definitions/a"}',
        "circle",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_lint_refuses_hostile_schemas(repo: Repository, name: str) -> None:
    text, word = HOSTILE[name]
    repo.write(FILE, text)
    refused(repo.schemagate("lint"), 1, FILE, word)


@pytest.mark.parametrize("name", HOSTILE)
def test_check_never_passes_a_hostile_schema(repo: Repository, name: str) -> None:
    repo.write(FILE, HOSTILE[name][0])
    done = repo.schemagate("check")
    assert done.returncode in (1, 2, 3), done.stdout
    refused(done, done.returncode, FILE)


def test_a_recursive_schema_is_fine(repo: Repository) -> None:
    tree = json_object((), children={"type": "array", "items": {"$ref": "#"}})
    repo.events("user", "tree", level="BACKWARD_TRANSITIVE")
    repo.write("schemas/tree/v1.json", tree)
    repo.commit("tree")
    repo.write("schemas/tree/v1.json", {**tree, "title": "a tree"})
    assert repo.schemagate("lint").returncode == 0
    done = repo.schemagate("check")
    assert done.returncode == 0, done.stdout


def test_fifty_megabytes(repo: Repository) -> None:
    repo.write(FILE, '{"title": "' + "x" * 50_000_000 + '"}')
    for command in ("lint", "check", "generate"):
        done = repo.schemagate(command)
        refused(done, done.returncode, "MiB" if command != "generate" else "")
        assert done.returncode in (1, 2)
        assert len(done.stdout) < 10_000


@pytest.mark.parametrize("data", [b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"{\x00}"])
def test_not_utf8(repo: Repository, data: bytes) -> None:
    (repo.folder / FILE).write_bytes(data)
    refused(repo.schemagate("lint"), 1, FILE)
    refused(repo.schemagate("check"), 2, FILE)
    repo.git("add", "--all")
    refused(repo.schemagate("check", "--staged"), 2, FILE)


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root reads everything")
def test_an_unreadable_file(repo: Repository) -> None:
    (repo.folder / FILE).chmod(0)
    refused(repo.schemagate("lint"), 3, FILE)


def test_two_files_for_one_version(repo: Repository) -> None:
    repo.write("schemas/user/v1.avsc", {"type": "record", "name": "User", "fields": []})
    for command in ("lint", "check"):
        refused(repo.schemagate(command), 2, "v1.avsc", "v1.json", "user@1")


def test_an_event_without_a_schema_and_a_schema_without_an_event(repo: Repository) -> None:
    repo.events("users")
    refused(repo.schemagate("check"), 2, 'did you mean "user"', "schemas/user/v1.json belongs to it")


def test_wrong_types_in_the_configuration(repo: Repository) -> None:
    repo.write("schemagate.toml", '[events.user]\nowner = 3\nlevel = "SOMETIMES"\n')
    for command in ("lint", "check", "generate"):
        refused(repo.schemagate(command), 2, "events.user.owner: must be a text", "events.user.level: must be one of")


def test_no_configuration(repo: Repository) -> None:
    (repo.folder / "schemagate.toml").unlink()
    refused(repo.schemagate("check"), 2, "schemagate init")


def test_not_a_repository(tmp_path: Path) -> None:
    folder = Repository(tmp_path / "plain", init=False)
    folder.events("user")
    folder.write(FILE, V1)
    assert folder.schemagate("lint").returncode == 0, "lint needs no git"
    refused(folder.schemagate("check"), 2, "git init")


def test_a_repository_without_commits(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "new")
    repository.events("user")
    repository.write(FILE, V1)
    assert repository.schemagate("check").returncode == 0
    refused(repository.schemagate("publish"), 3, "no commit yet")
    refused(repository.schemagate("gate", "user@1"), 3, "no commit yet")
    refused(repository.schemagate("check", "--head"), 3, "no commit yet")


def test_a_submodule_in_place_of_a_schema(repo: Repository, tmp_path: Path) -> None:
    inner = Repository(tmp_path / "inner")
    inner.commit("inner")
    repo.events("user", "sub")
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.folder), "schemas/sub/v1.json")
    repo.git("add", "schemagate.toml")
    refused(repo.schemagate("check", "--staged"), 2, "submodule")


def test_a_git_lfs_pointer(repo: Repository) -> None:
    repo.write(FILE, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    refused(repo.schemagate("check"), 2, "git lfs pull")


def test_git_is_not_installed(repo: Repository, tmp_path: Path) -> None:
    refused(repo.schemagate("check", PATH=str(tmp_path)), 3, "git is not installed")


def with_registry(repo: Repository, url: str, **more: str) -> None:
    extra = "".join(f"{key} = {value}\n" for key, value in more.items())
    repo.events("user", more=f'[environments.far]\nregistry = "{url}"\ndeployments = "declared"\n{extra}')
    repo.commit("far")


def test_a_missing_variable(repo: Repository) -> None:
    with_registry(repo, "${FAR_URL}")
    refused(repo.schemagate("plan", "--env", "far"), 2, "FAR_URL", "not set")


def test_an_unknown_environment(repo: Repository) -> None:
    refused(repo.schemagate("plan", "--env", "locl"), 2, 'did you mean "local"')


def test_a_registry_that_is_down_keeps_its_secret(repo: Repository) -> None:
    with_registry(repo, "http://127.0.0.1:9", auth='{ user = "me", password = "${FAR_PASSWORD}" }')
    done = repo.schemagate("publish", "--env", "far", FAR_PASSWORD="hunter2")
    refused(done, 3, "127.0.0.1:9")
    assert "hunter2" not in done.stdout + done.stderr


def test_a_port_in_use(repo: Repository) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(repo.schemagate("serve", "--port", str(port)), 2, str(port), "in use")


def test_a_registry_file_that_is_no_database(repo: Repository) -> None:
    repo.write(".schemagate/registry.sqlite3", "not a database" * 100)
    refused(repo.schemagate("publish"), 3, "registry.sqlite3")


def test_a_folder_in_the_way(repo: Repository) -> None:
    """Works for root, too: a file stands where a folder must be."""
    repo.events("user", more='[[generate]]\nout = "generated"\n')
    repo.write("generated", "a file")
    refused(repo.schemagate("generate"), 2, "generated")
    repo.write(".schemagate", "a file")
    refused(repo.schemagate("publish"), 3, ".schemagate")


def test_generate_does_not_follow_a_link_out_of_the_repository(repo: Repository, tmp_path: Path) -> None:
    repo.events("user", more='[[generate]]\nout = "generated"\n')
    outside = tmp_path / "outside"
    outside.mkdir()
    (repo.folder / "generated").symlink_to(outside)
    refused(repo.schemagate("generate"), 1, "symbolic link")
    assert list(outside.iterdir()) == []


def test_generate_does_not_overwrite_a_file_that_is_not_its_own(repo: Repository) -> None:
    repo.events("user", more='[[generate]]\nout = "generated"\n')
    mine = repo.write("generated/events/__init__.py", "mine = True\n")
    refused(repo.schemagate("generate"), 1, "is not generated by schemagate")
    assert mine.read_text() == "mine = True\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["chek"], ["check", "--stagd"], ["check", "extra"], ["validate", "user@1"], ["explain", "EV99"], ["gate"],
        ["diff", "user@1", "nowhere.json"], ["diff", "user@1", "v9:schemas/user/v1.json"], ["validate", "user@9", "x.json"],
        ["new", "Bad Name"], ["bump", "nobody"], ["check", "--format", "yaml"], ["--nonsense"],
    ],
)  # fmt: skip
def test_usage_errors(repo: Repository, arguments: list[str]) -> None:
    done = repo.schemagate(*arguments)
    refused(done, 2)
    assert done.stderr.strip()


def interrupted(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What a process says that is interrupted, once more where Python lost the first one (in a destructor, say)."""
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=15)
    process.kill()
    raise AssertionError("it goes on")


def test_interrupted(repo: Repository) -> None:
    """^C while a registry does not answer: exit 130, one line."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with_registry(repo, f"http://127.0.0.1:{silent.getsockname()[1]}")
        process = subprocess.Popen(
            [sys.executable, "-m", "schemagate", "publish", "--env", "far"],
            cwd=repo.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        connection, _ = silent.accept()
        with connection:
            out, err = interrupted(process)
    assert process.returncode == 130, out + err
    assert "Traceback" not in err
    assert "interrupted" in err


def test_a_reader_that_leaves_early_is_no_error(repo: Repository) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "schemagate", "explain", "--list"],
        cwd=repo.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    time.sleep(0)
    _, err = process.communicate(timeout=30)
    assert b"Traceback" not in err


def test_names_that_could_steer_a_terminal_are_made_visible(repo: Repository) -> None:
    repo.write(FILE, json_object(("a\x1b[31m\u202e",), id="string"))
    done = repo.schemagate("lint")
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


def test_json_output_is_one_document_even_with_errors(repo: Repository) -> None:
    repo.write(FILE, "{,}")
    done = repo.schemagate("check", "--format", "json")
    assert done.returncode == 2
    document = json.loads(done.stdout)
    assert document["complete"] is False
    assert document["errors"][0]["file"] == FILE


def test_the_mistakes_of_all_files_are_told_at_once(repo: Repository) -> None:
    repo.write("schemas/other/v1.json", V1)
    repo.write("services/a.toml", 'format = 1\nservice = "a"\nowner = ""\n')
    repo.write("services/b.toml", "x = [")
    done = repo.schemagate("check")
    refused(done, 2, 'no table [events."other"]', "services/a.toml: owner", "services/b.toml: not TOML")
