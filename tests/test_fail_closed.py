"""Where nobody looked, does anything say yes? Each case passed once."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from repository import USER as FILE
from repository import USER_V1 as V1
from repository import Repository, json_object, with_user
from schemagate import UsageError, compare
from schemagate.errors import NotInstalled

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return with_user(tmp_path / "repo")


@pytest.mark.parametrize("option", [[], ["--staged"]])
def test_a_new_version_in_another_format_that_cannot_be_read(repo: Repository, option: list[str]) -> None:
    repo.write("schemas/user/v2.avsc", '{"type": "recor')
    repo.git("add", "-A")
    done = repo.schemagate("check", *option)
    assert (done.returncode, "schemas/user/v2.avsc:1" in done.stdout) == (2, True)


def test_a_new_version_in_a_format_whose_compiler_is_not_installed(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    from schemagate import protoc

    def missing() -> str:
        raise NotInstalled("it is not installed", "protobuf")

    monkeypatch.setattr(protoc, "_program", missing)
    repo.write("schemas/user/v2.proto", 'syntax = "proto3"; message User { string id = 1; }')
    assert repo.schemagate("check").returncode == 3


@pytest.mark.parametrize(("stray", "code"), [("schemas/user/v1.key.json", 3), ("schemas/user/first.json", 2)])
def test_a_shared_file_hides_no_file_that_belongs_to_no_event(repo: Repository, stray: str, code: int) -> None:
    repo.write(stray, {"type": "string"})
    assert repo.schemagate("check").returncode == code
    repo.write("schemas/_shared/money.json", {"type": "object"})
    assert repo.schemagate("check").returncode == code


def test_a_version_that_was_only_released_unreadable_does_not_just_disappear(repo: Repository) -> None:
    repo.write("schemas/user/v2.json", POINTER)
    repo.commit("a pointer was released")
    (repo.folder / "schemas/user/v2.json").unlink()
    done = repo.schemagate("check")
    assert done.returncode == 3
    assert "SG-GIT-901" in done.stdout


def test_a_payload_that_no_schema_declares(repo: Repository) -> None:
    old, new = (f'syntax = "proto3"; message Order {{ {kind} n = 1; }}' for kind in ("int64", "int32"))
    assert compare(new, old, format="protobuf", assume=["root:Order"]).data == "no"
    with pytest.raises(UsageError, match="'Ordr'"):
        compare(new, old, format="protobuf", assume=["root:Ordr"])
    with pytest.raises(UsageError, match="'Order'"):
        compare("{}", "{}", format="json", assume=["root:Order"])


def test_the_registry_accepts_nothing_that_was_compared_with_nothing(repo: Repository) -> None:
    repo.write("schemas/user/v2.json", "{")
    repo.commit("no JSON was released")
    repo.write("schemas/user/v2.json", V1)
    done = repo.schemagate("check", "--format", "json")
    (version,) = json.loads(done.stdout)["versions"]
    assert (done.returncode, version["registry"], version["data"], version["pairs"]) == (3, "may-fail", "unknown", [])


def test_a_registry_that_may_fail_is_no_passing_case_beside_a_no(repo: Repository) -> None:
    avro = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "int"}]}
    repo.write("schemas/user/v2.avsc", avro)
    repo.commit("v2")
    ambiguous = {"name": "c", "type": "string", "aliases": ["a", "b"]}  # Java's check throws
    repo.write("schemas/user/v2.avsc", {**avro, "fields": [ambiguous, {"name": "d", "type": "string"}]})
    done = repo.schemagate("check", "--format", "junit")
    cases = {case.get("name"): case for case in ElementTree.fromstring(done.stdout).iter("testcase")}  # noqa: S314
    answers = {
        name: [child.tag for child in case] for name, case in cases.items() if name and name.endswith("registry")
    }
    assert done.returncode == 1
    assert ["error"] in answers.values()
    assert all("error" in tags or "failure" in tags for name, tags in answers.items() if name.startswith("new reads"))


def test_a_waiver_covers_one_text_and_no_other(repo: Repository) -> None:
    # The same sentence about two old bounds is two findings: who answers for one of them did not see the other.
    for bound in (20, 10):
        repo.write("schemas/user/v2.json", json_object((), n={"type": "integer", "maximum": bound}))
        repo.commit(f"at most {bound}")
    repo.write("schemas/user/v2.json", json_object((), n={"type": "integer", "maximum": 5}))
    (version,) = json.loads(repo.schemagate("check", "--format", "json").stdout)["versions"]
    backward = [each for each in version["findings"] if each["direction"] == "backward"]
    assert len({each["fingerprint"] for each in backward}) == len(backward) == 2


def test_two_candidates_at_once(repo: Repository) -> None:
    done = repo.schemagate("check", "--staged", "--head")
    assert (done.returncode, "leave one out" in done.stderr) == (2, True)


def test_a_change_that_was_taken_back_and_is_proposed_again(repo: Repository) -> None:
    def schema(kind: str, **more: object) -> dict[str, object]:
        return json_object((), n=kind) | more

    for kind in ("string", "integer", "string"):
        repo.write(FILE, schema(kind))
        repo.commit(f"n is a {kind}")
    repo.write(FILE, schema("integer"))
    done = repo.schemagate("check", "--format", "json")
    (version,) = json.loads(done.stdout)["versions"]
    assert (done.returncode, version["registry"], version["data"]) == (1, "accept", "no")  # the registry has it already
    repo.write(FILE, schema("integer", description="again"))
    assert repo.schemagate("check").returncode == 1
    repo.write(FILE, schema("string", description="as it stands"))
    done = repo.schemagate("check")
    assert "stood before" in done.stdout


def test_a_waiver_for_one_direction_is_none_for_the_other() -> None:
    free, needed = (json.dumps(json_object(names, n="string")) for names in ((), ("n",)))
    one = compare(needed, free, format="json", subject="s", newer="reader").findings[0]
    other = compare(needed, free, format="json", subject="s", newer="writer").findings[0]
    assert (one.rule, one.stable_path) == (other.rule, other.stable_path) == ("SG-JSON-101", "n")
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize("reference", ['"$ref": "..\\/_shared\\/money.json"', '"\\u0024ref": "../_shared/money.json"'])
def test_an_escaped_reference_is_followed(repo: Repository, reference: str) -> None:
    repo.write("schemas/_shared/money.json", {"type": "string"})
    repo.write(FILE, '{"type": "object", "properties": {"price": {' + reference + "}}}")
    repo.commit("escaped")
    repo.write("schemas/_shared/money.json", {"type": "integer"})
    assert repo.schemagate("check").returncode == 1


def test_a_start_of_history_that_nobody_released(repo: Repository) -> None:
    repo.git("switch", "--quiet", "--create", "feature")
    repo.write(FILE, json_object(("id",), id="string", login="string"))
    commit = repo.commit("a break")
    assert repo.schemagate("check", "--head").returncode == 1
    repo.events("user", more=f'[defaults]\nsince = "{commit}"\n')
    repo.commit("hidden")
    done = repo.schemagate("check", "--head")
    assert (done.returncode, "starts nothing there" in done.stderr) == (3, True)


def test_a_tag_on_the_candidate_is_no_release_before_it(repo: Repository) -> None:
    repo.events("user", more='[defaults]\nreleases = "tags:v*"\n')
    repo.commit("tags")
    repo.git("tag", "v1")
    repo.write(FILE, json_object(("id",), id="string", login="string"))
    repo.commit("a break")
    repo.git("tag", "v2")
    assert repo.schemagate("check", "--head").returncode == 1


def test_a_format_that_changed_long_ago_stops_no_edit(repo: Repository) -> None:
    fields = [{"name": "a", "type": "int"}]
    avro = {"type": "record", "name": "R", "fields": fields}
    (repo.folder / FILE).unlink()
    repo.write("schemas/user/v1.avsc", avro)
    assert repo.schemagate("check").returncode == 1
    repo.commit("merged all the same")
    repo.write("schemas/user/v1.avsc", avro | {"fields": [*fields, {"name": "b", "type": "int", "default": 0}]})
    done = repo.schemagate("check")
    assert (done.returncode, "stood before" in done.stdout) == (0, True), done.stdout + done.stderr
    repo.write("schemas/user/v1.avsc", avro | {"fields": [*fields, {"name": "b", "type": "int"}]})
    assert repo.schemagate("check").returncode == 1


def test_git_is_configured_to_follow_files(repo: Repository) -> None:
    repo.git("config", "log.follow", "true")
    repo.write(FILE, json_object(("id",), id="string", login="string"))
    assert repo.schemagate("check").returncode == 1


def test_an_alias_of_the_reader_that_names_another_branch_of_the_writer() -> None:
    def branch(name: str, kind: str, **more: object) -> dict[str, object]:
        return {"type": "record", "name": name, "fields": [{"name": "e", "type": kind}], **more}

    writer = [branch("S", "long"), branch("P", "string")]
    reader = [branch("S", "long", aliases=["P"]), branch("P", "string"), "null"]
    found = compare(json.dumps(reader), json.dumps(writer), format="avro")
    assert (found.data, [each.rule for each in found.findings]) == ("yes", ["SG-AVRO-303"])


def test_words_that_are_no_words() -> None:
    for assume in (None, "declared-properties-only", [1]):
        with pytest.raises(UsageError, match="list of texts"):
            compare("{}", "{}", format="json", assume=assume)  # type: ignore[arg-type]


def test_junit_holds_what_xml_may_hold(repo: Repository) -> None:
    repo.write(FILE, json_object(("id", "login"), id="string", login="string", **{"a\ufffe\n::error ::b": "string"}))
    repo.commit("odd names")
    repo.write(FILE, json_object(("id", "login", "a\ufffe\n::error ::b"), id="string", login="string"))
    for format_ in ("junit", "markdown", "waivers", "text", "github"):
        out = repo.schemagate("check", "--format", format_).stdout
        assert "\ufffe" not in out
        assert "\n::error ::b" not in out
        if format_ == "junit":
            ElementTree.fromstring(out)  # noqa: S314 - our own


def test_two_versions_of_one_subject(repo: Repository) -> None:
    repo.events("user", more='subject = "{event}-value"\n')
    repo.write("schemas/user/v2.json", V1)
    done = repo.schemagate("check")
    assert (done.returncode, "user-value together with user@1" in done.stdout) == (2, True), done.stdout
