"""The small commands on real repositories: init, new, bump, diff, validate, explain, generate, and what a hook loads."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from repository import Repository, environment, json_object, record, text_field

ROOT = Path(__file__).parents[1]
FILE = "schemas/user/v1.json"
V1 = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "User.v1",
    "type": "object",
    "properties": {"event_version": {"enum": [1]}, "id": {"type": "string"}, "login": {"type": "string"}},
    "required": ["event_version", "id", "login"],
}


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repo")
    repository.events("user", level="FORWARD_TRANSITIVE", more='[lint]\npreset = "plain"\n')
    repository.write(FILE, V1)
    repository.write(".gitignore", ".schemagate/\n")
    repository.commit("user v1")
    return repository


def settings(repo: Repository) -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads((repo.folder / "schemagate.toml").read_text("utf-8"))


def test_init_writes_the_level_that_fits_the_content_and_says_what_lies_around(tmp_path: Path) -> None:
    repo = Repository(tmp_path / "old")
    repo.write("schemas/open/v1.json", json_object(("id",), id="string"))
    repo.write("schemas/also.open/v1.json", json_object(("id",), id="string"))
    repo.write("schemas/closed/v1.json", {**json_object(("id",), id="string"), "additionalProperties": False})
    repo.write("schemas/binary/v1.avsc", record(text_field("id")))
    repo.write("src/main/avro/OrderPlaced.avsc", record(text_field("id")))
    repo.write("config/settings.json", {"not": "a schema"})
    done = repo.schemagate("init", "--owner", "team-x")
    assert done.returncode == 0, done.stderr
    assert "schemas/order.placed/v1.avsc" in done.stderr
    assert "src/main/avro/OrderPlaced.avsc" in done.stderr
    assert "settings.json" not in done.stderr
    written = settings(repo)
    levels = {name: table["level"] for name, table in written["events"].items()}
    assert levels == {
        "open": "FORWARD_TRANSITIVE",
        "also.open": "FORWARD_TRANSITIVE",
        "closed": "BACKWARD_TRANSITIVE",
        "binary": "BACKWARD_TRANSITIVE",
    }
    lint = repo.schemagate("lint")
    assert (lint.returncode, "no findings" in lint.stdout) == (0, True), "init chooses the envelope that is there"
    assert repo.schemagate("check").returncode == 0
    again = repo.schemagate("init")
    assert again.returncode == 1
    assert settings(repo) == written


def test_init_again_adopts_what_was_moved_in(tmp_path: Path) -> None:
    repo = Repository(tmp_path / "old")
    repo.write("src/OrderPlacedV2.avsc", record(text_field("id")))
    first = repo.schemagate("init")
    assert "&& mv src/OrderPlacedV2.avsc schemas/order.placed/v2.avsc" in first.stderr, "git does not track it yet"
    repo.commit("tracked now")
    (repo.folder / "schemagate.toml").unlink()
    move = next(line for line in repo.schemagate("init").stderr.splitlines() if "git mv" in line).split("next: ")[1]
    subprocess.run(move, shell=True, cwd=repo.folder, env=environment(), check=True)  # noqa: S602 - the printed line
    assert repo.schemagate("lint").returncode == 2
    assert repo.schemagate("init").returncode == 0
    assert settings(repo)["events"]["order.placed"]["level"] == "BACKWARD_TRANSITIVE"
    assert repo.schemagate("lint").returncode == 0


def test_the_default_level_lets_the_most_common_edit_pass(tmp_path: Path) -> None:
    """Adding an optional field, in each kind of schema that `init` meets."""
    repo = Repository(tmp_path / "repo")
    closed = {**json_object(("id",), id="string"), "additionalProperties": False}
    repo.write("schemas/open/v1.json", json_object(("id",), id="string"))
    repo.write("schemas/closed/v1.json", closed)
    repo.write("schemas/binary/v1.avsc", record(text_field("id")))
    assert repo.schemagate("init").returncode == 0
    repo.commit("start")
    repo.write("schemas/open/v1.json", json_object(("id",), id="string", note="string"))
    repo.write(
        "schemas/closed/v1.json", {**json_object(("id",), id="string", note="string"), "additionalProperties": False}
    )
    repo.write("schemas/binary/v1.avsc", record(text_field("id"), text_field("note", default="")))
    done = repo.schemagate("check")
    assert done.returncode == 0, done.stdout


def test_new_writes_an_event_that_lints_generates_and_publishes(repo: Repository) -> None:
    for name, kind in (("order.placed", "json"), ("order.paid", "avro")):
        done = repo.schemagate("new", name, "--as", kind, "--owner", "team-orders")
        assert done.returncode == 0, done.stderr
    assert settings(repo)["events"]["order.placed"]["owner"] == "team-orders"
    file = repo.folder / "schemagate.toml"
    for preset in ("plain", "house"):
        file.write_text(file.read_text("utf-8").replace('preset = "plain"', f'preset = "{preset}"'), "utf-8")
        lint = repo.schemagate("lint")
        assert lint.returncode == 0
        assert "schemas/order" not in lint.stdout, "what is written new follows the rules of the house"
    repo.commit("orders")
    assert repo.schemagate("publish").returncode == 0
    assert repo.schemagate("new", "order.placed").returncode == 1


def test_bump_moves_a_breaking_edit_into_the_next_version(repo: Repository) -> None:
    edited = json.loads(json.dumps(V1))
    edited["required"].remove("login")
    repo.write(FILE, edited)
    assert repo.schemagate("check").returncode == 1
    done = repo.schemagate("bump", "user")
    assert done.returncode == 0, done.stderr
    assert json.loads((repo.folder / FILE).read_text("utf-8")) == V1
    second = json.loads((repo.folder / "schemas/user/v2.json").read_text("utf-8"))
    assert second == {
        **edited,
        "title": "User.v2",
        "properties": {**edited["properties"], "event_version": {"enum": [2]}},
    }
    assert repo.schemagate("lint").returncode == 0
    assert repo.schemagate("check").returncode == 0


def test_bump_without_an_edit_copies(repo: Repository) -> None:
    assert repo.schemagate("bump", "user").returncode == 0
    second = json.loads((repo.folder / "schemas/user/v2.json").read_text("utf-8"))
    assert second["required"] == V1["required"]
    assert second["title"] == "User.v2"


def test_diff_shows_edits_and_both_verdicts(repo: Repository) -> None:
    repo.schemagate("bump", "user")
    second = json.loads((repo.folder / "schemas/user/v2.json").read_text("utf-8"))
    second["properties"]["age"] = {"type": "integer"}
    repo.write("schemas/user/v2.json", second)
    done = repo.schemagate("diff", "user@1", "user@2")
    assert done.returncode == 0, done.stderr
    assert "+ /properties/age" in done.stdout
    assert "~ /title" in done.stdout
    found = json.loads(repo.schemagate("diff", f"HEAD:{FILE}", "schemas/user/v2.json", "--format", "json").stdout)
    assert {edit["pointer"] for edit in found["edits"]} == {
        "/properties/age",
        "/properties/event_version/enum/0",
        "/title",
    }
    assert found["backward"]["data"] == "no"
    assert found["forward"]["data"] == "no"


def test_validate_names_the_failing_field(repo: Repository) -> None:
    repo.write("good.json", {"event_version": 1, "id": "x", "login": "y"})
    repo.write("bad.json", {"event_version": 1, "id": 7})
    assert repo.schemagate("validate", "user@1", "good.json").returncode == 0
    done = repo.schemagate("validate", "user@1", "good.json", "bad.json")
    assert done.returncode == 1
    assert "/id" in done.stdout
    assert "login" in done.stdout


def test_validate_reads_lines_and_needs_at_least_one(repo: Repository) -> None:
    repo.write(
        "events.jsonl",
        '{"event_version": 1, "id": "x", "login": "y"}\n\n{"event_version": 2, "id": "x", "login": "y"}\n',
    )
    done = repo.schemagate("validate", "user@1", "events.jsonl")
    assert done.returncode == 1
    assert "events.jsonl:3" in done.stdout
    repo.write("none.jsonl", "\n")
    assert repo.schemagate("validate", "user@1", "none.jsonl").returncode == 3


def test_validate_an_avro_event(repo: Repository) -> None:
    repo.events("user", "order")
    repo.write(
        "schemas/order/v1.avsc", record(text_field("id"), {"name": "note", "type": ["null", "string"], "default": None})
    )
    repo.write("good.json", {"id": "x", "note": {"string": "y"}})
    repo.write("bad.json", {"id": 7, "note": None})
    good = repo.schemagate("validate", "order@1", "good.json")
    assert good.returncode == 0, good.stdout + good.stderr
    bad = repo.schemagate("validate", "order@1", "bad.json")
    assert bad.returncode == 1
    assert "id" in bad.stdout


def test_the_repositorys_own_samples_are_valid() -> None:
    for sample in sorted((ROOT / "samples").rglob("*.json")):
        version = f"{sample.parent.name}@{sample.stem.removeprefix('v')}"
        done = Repository(ROOT, init=False).schemagate("validate", version, str(sample))
        assert done.returncode == 0, (version, done.stdout, done.stderr)


def test_explain_prints_a_page_and_suggests() -> None:
    folder = Repository(ROOT, init=False)
    assert folder.schemagate("explain", "ev01").stdout.startswith("# EV01 ")
    done = folder.schemagate("explain", "SG-AVRO-999")
    assert done.returncode == 2
    assert "SG-AVRO-" in done.stderr


def test_generate_check_sees_every_kind_of_tampering(repo: Repository) -> None:
    repo.events("user", level="FORWARD_TRANSITIVE", more='[[generate]]\ntarget = "pydantic"\nout = "gen"\n')
    assert repo.schemagate("generate", "--check").returncode == 1, "nothing is there yet"
    assert repo.schemagate("generate").returncode == 0
    assert repo.schemagate("generate", "--check").returncode == 0
    module = repo.folder / "gen/events/user/v1.py"
    text = module.read_text("utf-8")
    module.write_text(text + "# edited\n")
    assert repo.schemagate("generate", "--check").returncode == 1
    assert repo.schemagate("generate").returncode == 0
    assert module.read_text("utf-8") == text
    repo.write(FILE, {**V1, "properties": {**V1["properties"], "more": {"type": "string"}}})  # type: ignore[dict-item]
    assert repo.schemagate("generate", "--check").returncode == 1, "the schema changed"


def test_generate_removes_what_is_left_over_and_keeps_what_was_edited(repo: Repository) -> None:
    target = '[[generate]]\ntarget = "pydantic"\nout = "gen"\n'
    repo.events("user", "gone", "kept", level="FORWARD_TRANSITIVE", more=target)
    for name in ("gone", "kept"):
        repo.write(f"schemas/{name}/v1.json", json_object(("id",), id="string"))
    assert repo.schemagate("generate").returncode == 0
    edited = repo.folder / "gen/events/kept/v1.py"
    edited.write_text(edited.read_text("utf-8") + "# mine\n")
    for name in ("gone", "kept"):
        (repo.folder / f"schemas/{name}/v1.json").unlink()
    repo.events("user", level="FORWARD_TRANSITIVE", more=target)
    done = repo.schemagate("generate")
    assert done.returncode == 1, done.stdout
    assert not (repo.folder / "gen/events/gone/v1.py").exists()
    assert edited.exists()
    assert "was edited" in done.stdout


def test_one_refused_schema_does_not_stop_the_others(repo: Repository) -> None:
    repo.events("user", "odd", level="FORWARD_TRANSITIVE", more='[[generate]]\nout = "gen"\n')
    repo.write(
        "schemas/odd/v1.json",
        {**json_object(("id",), id="string"), "if": {"required": ["x"]}, "then": {"required": ["y"]}},
    )
    done = repo.schemagate("generate")
    assert done.returncode == 1
    assert "schemas/odd/v1.json" in done.stdout
    assert (repo.folder / "gen/events/user/v1.py").exists()
    assert not (repo.folder / "gen/events/odd/v1.py").exists()


HEAVY = {
    "asyncio", "deepdiff", "fastavro", "git", "greenery", "httpx", "jsonschema", "jsonschema_rs", "pydantic", "sqlite3",
    "ssl", "starlette", "uvicorn",
}  # fmt: skip
LIST_MODULES = (
    "import sys\nfrom schemagate.cli import call\ncode = call({arguments!r})\n"
    "print('\\n'.join(sorted(sys.modules)), file=sys.stderr)\nsys.exit(code)"
)


def loaded(repo: Repository, *arguments: str) -> tuple[int, set[str]]:
    code = LIST_MODULES.format(arguments=list(arguments))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repo.folder, env=environment(), capture_output=True, text=True, check=False
    )
    return done.returncode, set(done.stderr.split())


@pytest.mark.parametrize(
    "edit",
    [
        {},
        {"description": "words"},
        {"properties": {**V1["properties"], "note": {"type": "string"}}},  # type: ignore[dict-item]
        {"properties": {**V1["properties"], "login": {"type": "string", "maxLength": 9}}},  # type: ignore[dict-item]
    ],
)
def test_the_hook_loads_nothing_heavy_for_a_clean_edit(repo: Repository, edit: dict[str, object]) -> None:
    repo.write(FILE, {**V1, **edit})
    repo.git("add", "--all")
    code, modules = loaded(repo, "check", "--staged")
    assert code == 0
    assert not modules & HEAVY
    ours = {name.split(".")[1] for name in modules if name.startswith("schemagate.")}
    assert ours <= {"ask", "cli", "compat", "errors", "findings", "project", "report", "schema"}


def test_version_and_help_load_nothing_of_ours() -> None:
    folder = Repository(ROOT, init=False)
    for arguments in (["--version"], ["--help"]):
        code, modules = loaded(folder, *arguments)
        assert code == 0
        assert not modules & HEAVY
        assert not {
            name for name in modules if name.startswith(("schemagate.compat", "schemagate.project", "schemagate.ask"))
        }


def test_lint_does_not_pass_what_it_cannot_see(repo: Repository, tmp_path: Path) -> None:
    repo.write("schemagate.toml", '[events.user]\nowner = "t"\nlevel = "NONE"\nimmutable = true\n')
    repo.commit("immutable")
    clone = Repository(tmp_path / "clone", init=False)
    repo.write("README", "x")
    repo.commit("more")
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", f"file://{repo.folder}", str(clone.folder)], env=environment(), check=True
    )
    clone.write(FILE, {**V1, "description": "an edit"})
    done = clone.schemagate("lint")
    assert done.returncode == 3
    assert "not judged: EV05" in done.stdout
    assert "git fetch" in done.stdout
    repo.write(FILE, {**V1, "description": "an edit"})
    assert "EV05" in repo.schemagate("lint").stdout


def test_nothing_to_publish_is_no_yes(tmp_path: Path) -> None:
    repo = Repository(tmp_path / "empty")
    assert repo.schemagate("init").returncode == 0
    repo.commit("empty")
    for command in ("plan", "publish"):
        done = repo.schemagate(command)
        assert done.returncode == 3
        assert "there is no schema" in done.stderr


def test_edits_that_do_not_count_are_named(repo: Repository) -> None:
    repo.write(FILE, {**V1, "description": "edited"})
    for arguments in (["plan"], ["publish"], ["gate", "user@1"]):
        assert f"the work tree differs: {FILE}" in repo.schemagate(*arguments).stdout
    repo.commit("edited")
    assert "the work tree differs" not in repo.schemagate("gate", "user@1").stdout


def test_a_reader_that_left_changes_no_answer(repo: Repository) -> None:
    """`schemagate check | true`: the exit code stays the check's."""
    broken = json.loads(json.dumps(V1))
    broken["required"].remove("login")
    for content, code in ((V1, 0), (broken, 1)):
        repo.write(FILE, content)
        process = subprocess.Popen(
            [sys.executable, "-m", "schemagate", "check"],
            cwd=repo.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        process.stdout.close()
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (code, b"")


def test_validate_keeps_separators_inside_strings(repo: Repository) -> None:
    repo.write("events.jsonl", '{"event_version": 1, "id": "a\u2028b\u0085c", "login": "y"}\n')
    assert repo.schemagate("validate", "user@1", "events.jsonl").returncode == 0
    done = repo.schemagate("validate", "user@1", "events.jsonl", "events.jsonl", "--format", "json")
    assert json.loads(done.stdout)["files"][0]["events"] == 1


def test_a_reference_to_a_file_with_a_space(repo: Repository) -> None:
    repo.events("user", "ref")
    repo.write("schemas/_shared/my def.json", {"definitions": {"a": {"type": "string"}}})
    repo.write("schemas/ref/v1.json", json_object((), a={"$ref": "../_shared/my%20def.json#/definitions/a"}))
    done = repo.schemagate("lint")
    assert done.returncode == 0, done.stdout


def test_a_deny_loss_target_fails_on_a_loss(repo: Repository) -> None:
    repo.events("user", level="FORWARD_TRANSITIVE", more='[[generate]]\nout = "gen"\ndeny_loss = true\n')
    assert repo.schemagate("generate").returncode == 1
