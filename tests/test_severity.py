"""`[severity]` and `lifecycle`: what a project makes of findings, and what no setting can turn into a pass."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from repository import Done, Repository, json_object, record, text_field
from schemagate import compare
from schemagate.findings import Finding, Severity

ORDER = "schemas/order/v1.avsc"
USER = "schemas/user/v1.json"
NOTE = record(text_field("id"), text_field("note", default=""))
RENAMED = record(text_field("id"), text_field("remark", default=""))
TODAY = datetime.now(UTC).date()


def amount(scale: int, *more: dict[str, Any], **other: Any) -> dict[str, Any]:
    """An order whose amount has a scale, which no registry compares."""
    type_ = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": scale}
    return {**record({"name": "amount", "type": type_}, *more), **other}


def repository(folder: Path, file: str, *revisions: object, level: str = "BACKWARD", more: str = "") -> Repository:
    """One event with these released revisions."""
    repo = Repository(folder / "repo")
    repo.events(file.split("/")[1], level=level, more=more)
    for number, revision in enumerate(revisions, 1):
        repo.write(file, revision)
        repo.commit(f"revision {number}")
    return repo


def findings(done: Done) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.stdout)["versions"][0]["findings"]
    return found


def last_line(done: Done) -> str:
    return done.stdout.rstrip().splitlines()[-1]


@pytest.fixture
def renamed(tmp_path: Path) -> Repository:
    """A field that seems renamed, which is a warning."""
    repo = repository(tmp_path, ORDER, NOTE)
    repo.write(ORDER, RENAMED)
    return repo


def weigh(repo: Repository, *lines: str) -> None:
    """A schemagate.toml with these lines under `[severity]`."""
    repo.events("order", level="BACKWARD", more="[severity]\n" + "\n".join(lines) + "\n")


def test_a_warning_that_is_made_an_error_fails_in_every_format(renamed: Repository) -> None:
    done = renamed.schemagate("check")
    assert done.returncode == 0
    assert "    backward  warning  " in done.stdout
    weigh(renamed, 'SG-AVRO-205 = "error"')
    done = renamed.schemagate("check")
    assert done.returncode == 1
    assert "    backward  error  consumers: once upgraded to this order v1, events already in the topic" in done.stdout
    assert last_line(done).startswith("1 version changed: 1 fails.  registry: accept · data: yes")
    assert last_line(done).endswith("(severity by schemagate.toml: SG-AVRO-205)")
    document = json.loads(renamed.schemagate("check", "--format", "json").stdout)
    assert (document["exit"], document["severity"]) == (1, {"SG-AVRO-205": "error"})
    assert document["versions"][0]["findings"][0]["severity"] == "error"
    assert renamed.schemagate("check", "--format", "github").stdout.startswith("::error file=")
    (result,) = json.loads(renamed.schemagate("check", "--format", "sarif").stdout)["runs"][0]["results"]
    assert result["level"] == "error"
    assert 'failures="1"' in renamed.schemagate("check", "--format", "junit").stdout
    assert "SG-AVRO-205" in renamed.schemagate("check", "--format", "waivers").stdout, "so it may be waived, too"


def test_a_note_is_neither_error_nor_warning(renamed: Repository) -> None:
    weigh(renamed, 'SG-AVRO-205 = "note"')
    done = renamed.schemagate("check", "--format", "github")
    assert (done.returncode, done.stdout.startswith("::notice ")) == (0, True)


def test_an_error_of_meaning_may_be_lowered(tmp_path: Path) -> None:
    """Milliseconds read as microseconds: every event is read, so that the data verdict is yes."""

    def at(logical: str) -> dict[str, Any]:
        return record({"name": "at", "type": {"type": "long", "logicalType": logical}})

    repo = repository(tmp_path, ORDER, at("timestamp-millis"))
    repo.write(ORDER, at("timestamp-micros"))
    assert repo.schemagate("check").returncode == 1
    weigh(repo, 'SG-AVRO-203 = "warning"')
    done = repo.schemagate("check")
    assert (done.returncode, "registry: accept · data: yes" in last_line(done)) == (0, True)


def test_no_severity_hides_what_the_registry_refuses(tmp_path: Path) -> None:
    """Neither does an error about something else stand for the refusal, nor does lowering it take the refusal away."""

    def count(default: int, **bound: int) -> dict[str, Any]:
        return json_object((), count={"type": "integer", "default": default, **bound})

    repo = repository(tmp_path, USER, count(1, minimum=1))
    repo.write(USER, count(2, exclusiveMinimum=0))
    for word in ("error", "note"):
        repo.events("user", level="BACKWARD", more=f'[severity]\nSG-JSON-202 = "{word}"\n')
        done = repo.schemagate("check", "--format", "json")
        assert done.returncode == 1
        assert {(each["rule"], each["severity"]) for each in findings(done)} == {
            ("SG-JSON-202", word),
            ("SG-REG-101", "error"),
        }


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            'SG-AVRO-101 = "warning"',
            "severity.SG-AVRO-101: says that events cannot be read, which is always an error; waive",
        ),
        ('SG-JSON-101 = "error"', "severity.SG-JSON-101: says that events cannot"),
        ('SG-GIT-101 = "note"', "severity.SG-GIT-101: says that a released version"),
        ('SG-JSON-904 = "warning"', "severity.SG-JSON-904: says why nothing could be decided"),
        (
            'SG-REG-101 = "warning"',
            "severity.SG-REG-101: is the registry's own answer; leave the registry out of fail_on",
        ),
        ('SG-WVR-101 = "note"', "severity.SG-WVR-101: has no severity that a project sets"),
        ('DR5 = "warning"', "severity.DR5: has no severity that a project sets"),
        ('SG-AVRO-306 = "error"', "severity.SG-AVRO-306: there is no rule 'SG-AVRO-306'; did you mean \"SG-AVRO-30"),
        ('sg-avro-205 = "error"', "severity.sg-avro-205: there is no rule"),
        ('SG-AVRO-205 = "fatal"', "severity.SG-AVRO-205: must be one of error, warning, note"),
        ("SG-AVRO-205 = ['error']", "severity.SG-AVRO-205: must be one of error, warning, note"),
    ],
)
def test_what_cannot_be_followed_ends_every_command(renamed: Repository, line: str, says: str) -> None:
    weigh(renamed, line)
    for command in (["check"], ["lint"], ["who", "order"]):
        done = renamed.schemagate(*command)
        assert done.returncode == 2, done.stdout
        assert f"schemagate.toml: {says}" in done.stderr


def test_lint_counts_the_same_way(renamed: Repository) -> None:
    found = json.loads(renamed.schemagate("lint", "--format", "json").stdout)["findings"]
    rule, severity = next((each["rule"], each["severity"]) for each in found if each["severity"] != "note")
    other = "error" if severity == "warning" else "warning"
    weigh(renamed, f'{rule} = "{other}"')
    done = renamed.schemagate("lint", "--format", "json")
    document = json.loads(done.stdout)
    assert {each["severity"] for each in document["findings"] if each["rule"] == rule} == {other}
    assert document["severity"] == {rule: other}
    assert f"(severity by schemagate.toml: {rule})" in last_line(renamed.schemagate("lint"))
    left = {each["severity"] for each in document["findings"]}
    assert done.returncode == ("error" in left)


def test_a_waiver_that_is_of_no_use_may_fail(renamed: Repository) -> None:
    renamed.write(ORDER, NOTE)
    renamed.write(
        "waivers.toml",
        'format = 1\n[[finding]]\nfingerprint = "0123456789ab"\nrule = "SG-AVRO-101"\nsubject = "order.v1-value"\n'
        f'path = "x"\nreason = "r"\nowner = "team"\nexpires = {TODAY + timedelta(days=9)}\n',
    )
    assert renamed.schemagate("check").returncode == 0
    weigh(renamed, 'SG-WVR-202 = "error"')
    assert renamed.schemagate("check").returncode == 1


# What stood before a change.


@pytest.fixture
def broken(tmp_path: Path) -> Repository:
    """The second released revision breaks the first, and the work tree holds a harmless edit."""
    repo = repository(tmp_path, ORDER, amount(2), amount(3))
    repo.write(ORDER, amount(3, text_field("note", default="")))
    return repo


def test_a_break_that_stood_before_is_told_and_does_not_fail(broken: Repository) -> None:
    first, second = broken.git("rev-parse", "HEAD~1", "HEAD").split()
    done = broken.schemagate("check")
    assert done.returncode == 0, done.stdout
    assert "amount is a decimal whose scale changes from 2 to 3" in done.stdout
    assert f"not counted: stood before this change: revision {second[:7]} has it as well" in done.stdout
    assert last_line(done).startswith("1 version changed: 1 stood before.  registry: accept · data: no")
    (finding,) = findings(broken.schemagate("check", "--format", "json"))
    assert (finding["rule"], finding["counts"], finding["stood_before"]) == ("SG-AVRO-107", False, True)
    assert finding["against"] == [first]
    junit = broken.schemagate("check", "--format", "junit").stdout
    assert 'failures="0" errors="0"' in junit
    assert "stood before this change: amount" in junit
    assert broken.schemagate("check", "--format", "github").stdout.count("::") == 0


def test_all_findings_of_a_changed_version_fail_where_the_project_says_so(broken: Repository) -> None:
    broken.events("order", level="BACKWARD", more='[defaults]\nlifecycle = "changed"\n')
    done = broken.schemagate("check")
    assert done.returncode == 1
    assert "    stood before this change: revision" in done.stdout, "whoever fixes it may know"


def test_a_break_that_is_edited_again_is_another_one(broken: Repository) -> None:
    broken.write(ORDER, amount(4))
    done = broken.schemagate("check")
    assert done.returncode == 1
    assert "stood before" not in done.stdout


def test_a_break_against_the_newest_revision_never_stood_before(broken: Repository) -> None:
    broken.write(ORDER, amount(3, text_field("note")))
    done = broken.schemagate("check")
    assert done.returncode == 1
    assert "rule SG-AVRO-101" in done.stdout


def test_what_the_registry_refuses_fails_although_it_stood_before(tmp_path: Path) -> None:
    """It says why the registry will refuse this text as well."""
    released = json_object(("id", "login"), id="string", login="string")
    loose = json_object(("id",), id="string", login="string")
    repo = repository(tmp_path, USER, released, loose, level="FULL_TRANSITIVE")
    repo.write(USER, {**loose, "title": "a harmless edit"})
    done = repo.schemagate("check")
    assert done.returncode == 1
    assert "stood before this change" in done.stdout
    assert last_line(done).startswith("1 version changed: 1 fails.  registry: reject")
    repo.events("user", level="FULL_TRANSITIVE", more='[defaults]\nfail_on = ["data"]\n')
    assert repo.schemagate("check").returncode == 0


def test_a_waiver_of_what_stood_before_is_followed_up(broken: Repository) -> None:
    broken.events("order", level="BACKWARD", more='[defaults]\nlifecycle = "changed"\n')
    stub = broken.schemagate("check", "--format", "waivers").stdout.replace('reason = ""', 'reason = "agreed"')
    broken.events("order", level="BACKWARD")
    for days, code, word in ((9, 0, "PASS (1 waived)"), (-1, 1, "expired on")):
        broken.write(
            "waivers.toml", stub.replace("# expires = YYYY-MM-DD", f"expires = {TODAY + timedelta(days=days)}")
        )
        done = broken.schemagate("check")
        assert (done.returncode, word in done.stdout) == (code, True), done.stdout


def test_what_could_not_be_decided_stays_open(tmp_path: Path) -> None:
    def named(pattern: str) -> dict[str, Any]:
        return json_object(("id",), id={"type": "string", "pattern": pattern})

    repo = repository(tmp_path, USER, named("^a$"), named("^(?=a)a$"), more='[defaults]\nfail_on = ["data"]\n')
    repo.write(USER, {**named("^(?=a)a$"), "title": "a harmless edit"})
    assert repo.schemagate("check").returncode == 3


def test_nothing_new_hides_behind_what_stood_before(tmp_path: Path) -> None:
    """An engine that has shown one break says no more about what it could not decide."""

    def event(login: bool, pattern: str) -> dict[str, Any]:
        return json_object(
            ("id", "login") if login else ("id",), id={"type": "string", "pattern": pattern}, login="string"
        )

    data = '[defaults]\nfail_on = ["data"]\n'
    repo = repository(tmp_path, USER, event(False, "^a$"), event(True, "^a$"), more=data)
    repo.write(USER, {**event(True, "^a$"), "title": "a harmless edit"})
    assert repo.schemagate("check").returncode == 0
    repo.write(USER, event(True, "^(?=a)a$"))
    assert repo.schemagate("check").returncode != 0
    repo.write(USER, event(True, "^b$"))
    assert repo.schemagate("check").returncode == 1


def test_a_waiver_lets_nothing_hide_behind_what_stood_before(tmp_path: Path) -> None:
    """Of two refused properties the engine tells one: beside a break that is waived the old one is no old one for sure."""

    def closed(*names: str) -> dict[str, Any]:
        return {**json_object((), **dict.fromkeys(names, "string")), "additionalProperties": False}

    data = '[defaults]\nfail_on = ["data"]\n'
    repo = repository(tmp_path, USER, closed("id", "a", "b"), closed("id", "b"), more=data)
    repo.write(USER, closed("id"))
    document = findings(repo.schemagate("check", "--format", "json"))
    assert {(each["stable_path"], each["stood_before"]) for each in document if each["counts"]} == {
        ("a", False),
        ("b", False),
    }
    stubs = repo.schemagate("check", "--format", "waivers").stdout.split("\n\n")
    (stub,) = [each for each in stubs if 'path = "b"' in each]
    filled = stub.replace('reason = ""', 'reason = "agreed"').replace("# expires = YYYY-MM-DD", f"expires = {TODAY}")
    repo.write("waivers.toml", f"format = 1\n{filled}\n")
    done = repo.schemagate("check")
    assert done.returncode == 1
    assert "1 fails, 1 waived" in last_line(done)


def test_under_an_assumption_about_producers_nothing_stood_before(tmp_path: Path) -> None:
    """Two revisions that read each other under it need not break the same events."""
    more = '[defaults]\nfail_on = ["data"]\nassume = ["declared-properties-only"]\n'
    repo = repository(tmp_path, USER, json_object((), id="string"), json_object(("id",), id="string"), more=more)
    repo.write(USER, {**json_object(("id",), id="string"), "title": "a harmless edit"})
    assert repo.schemagate("check").returncode == 1


def test_a_warning_that_stood_before_is_one_line(tmp_path: Path) -> None:
    repo = repository(tmp_path, ORDER, NOTE, RENAMED)
    repo.write(ORDER, {**RENAMED, "doc": "a harmless edit"})
    done = repo.schemagate("check")
    assert done.returncode == 0
    assert "repair:" not in done.stdout
    assert "1 stood before" in last_line(done)


def test_what_makes_the_data_verdict_a_no_stays_an_error() -> None:
    # Of a closed enum the number is lost, of an open one it is kept.
    def finding(syntax: str, label: str) -> Finding:
        event = f'syntax = "{syntax}"; message Event {{ {label} Size size = 1; }} '
        verdict = compare(event + "enum Size { A = 0; }", event + "enum Size { A = 0; B = 1; }", format="protobuf")
        return next(each for each in verdict.findings if each.rule == "SG-PROTO-207")

    less = {"SG-PROTO-207": Severity.NOTE}
    assert finding("proto3", "").weighed(less).severity is Severity.NOTE
    assert finding("proto2", "optional").weighed(less).severity is Severity.ERROR
