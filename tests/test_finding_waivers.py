"""`waivers.toml` for findings: used, expired, unused, malformed. A waived finding is told, and never hidden."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from repository import Done, Repository, json_object, record, text_field
from schemagate import compare

FILE = "schemas/user/v1.json"
ORDER = "schemas/order/v1.avsc"
V1 = json_object(("id", "login", "mail"), id="string", login="string", mail="string")
BROKEN = json_object(("id", "mail"), id="string", login="string", mail="string")
WORSE = json_object(("id",), id="string", login="string", mail="string")
TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(days=30)

CHECK_ENTRY = """
[[check]]
migration = "us-160"
step = "drain"
check = "DR5"
env = "production"
target = "group"
reason = "seen"
owner = "team"
expires = 2026-12-01
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """One event, released on main; the work tree breaks it."""
    repository = Repository(tmp_path / "repo")
    repository.events("user", "order")
    repository.write(FILE, V1)
    repository.write(ORDER, record(text_field("id"), text_field("note")))
    repository.commit("released")
    repository.write(FILE, BROKEN)
    return repository


def finding(repo: Repository, *arguments: str) -> dict[str, Any]:
    """The first finding of the first version that changed."""
    document = json.loads(repo.schemagate("check", *arguments, "--format", "json").stdout)
    found: dict[str, Any] = document["versions"][0]["findings"][0]
    return found


def entry(fingerprint: str, **other: object) -> str:
    values = {
        "fingerprint": fingerprint[:12],
        "rule": "SG-JSON-101",
        "subject": "user.v1-value",
        "path": "login",
        "reason": "never produced outside staging",
        "owner": "team",
        "expires": SOON,
        **other,
    }
    lines = [f"{key} = {value if key == 'expires' else json.dumps(value)}" for key, value in values.items() if value]
    return "\n[[finding]]\n" + "\n".join(lines) + "\n"


def waive(repo: Repository, *entries: str) -> None:
    repo.write("waivers.toml", "format = 1\n" + "".join(entries))


def state(done: Done) -> list[str]:
    return [each["state"] for each in json.loads(done.stdout)["waivers"]]


def test_a_waived_break_passes_and_stays_visible(repo: Repository) -> None:
    waive(repo, entry(finding(repo)["fingerprint"]))
    done = repo.schemagate("check")
    assert done.returncode == 0, done.stdout
    assert f"{FILE}:" in done.stdout
    assert "WAIVED" in done.stdout
    assert f"waived by team until {SOON}: never produced outside staging" in done.stdout
    assert "login is missing" in done.stdout, "the proof is shown as before"
    assert "registry  will reject" in done.stdout, "a waiver changes nothing in the registry"
    last = done.stdout.rstrip().splitlines()[-1]
    assert last.startswith("1 version changed: PASS (1 waived).  registry: reject · data: no")


@pytest.mark.parametrize("arguments", [(), ("--staged",), ("--head",)])
def test_waivers_count_in_every_run_alike_and_come_from_what_is_judged(
    repo: Repository, arguments: tuple[str, ...]
) -> None:
    text = entry(finding(repo)["fingerprint"])
    if "--head" in arguments:
        repo.commit("the break")
    repo.git("add", "--all")
    assert repo.schemagate("check", *arguments).returncode == 1
    waive(repo, text)
    expected = 0 if arguments == () else 1
    assert repo.schemagate("check", *arguments).returncode == expected, "not staged, not committed: not there"
    repo.git("add", "--all")
    if "--head" in arguments:
        repo.git("commit", "--amend", "--no-edit", "-q")
    done = repo.schemagate("check", *arguments)
    assert done.returncode == 0, done.stdout
    assert "new in this change" in done.stdout, "whoever breaks and waives in one change is seen doing it"


def test_a_waiver_that_was_there_before_is_not_new(repo: Repository) -> None:
    text = entry(finding(repo)["fingerprint"])
    repo.write(FILE, V1)
    waive(repo, text)
    repo.commit("approved ahead")
    repo.write(FILE, BROKEN)
    done = repo.schemagate("check")
    assert (done.returncode, "new in this change" in done.stdout) == (0, False)
    waive(repo, entry(finding(repo)["fingerprint"], expires=SOON + timedelta(days=1)))
    assert "new in this change" in repo.schemagate("check").stdout, "one that is prolonged is"


def test_a_change_that_was_edited_after_its_approval_fails(repo: Repository) -> None:
    repo.write(FILE, {**V1, "properties": {**V1["properties"], "login": {"type": "integer"}}})
    found = finding(repo)
    waive(repo, entry(found["fingerprint"], rule=found["rule"], path=found["stable_path"]))
    done = repo.schemagate("check", "--format", "waivers")
    repo.write("waivers.toml", (repo.folder / "waivers.toml").read_text() + filled(done.stdout))
    assert repo.schemagate("check").returncode == 0, repo.schemagate("check").stdout
    repo.write(FILE, {**V1, "properties": {**V1["properties"], "login": {"type": "boolean"}}})
    assert repo.schemagate("check").returncode == 1


def filled(stubs: str) -> str:
    """The stubs as a person completes them."""
    text = stubs.replace('reason = ""', 'reason = "agreed"').replace("# expires = YYYY-MM-DD", f"expires = {SOON}")
    return text.replace("format = 1\n", "")


def test_another_break_of_the_same_event_still_fails(repo: Repository) -> None:
    waive(repo, entry(finding(repo)["fingerprint"]))
    repo.write(FILE, WORSE)
    done = repo.schemagate("check")
    assert done.returncode == 1
    assert "1 fails, 1 waived" in done.stdout
    assert "mail is required" in done.stdout.split("rule SG-JSON-101")[0] + done.stdout.split("rule SG-JSON-101")[1]


def test_stubs_are_ready_but_for_reason_and_day(repo: Repository) -> None:
    repo.write(ORDER, record(text_field("id"), text_field("note"), text_field("more")))
    stubs = repo.schemagate("check", "--format", "waivers").stdout
    repo.write("waivers.toml", stubs)
    refused = repo.schemagate("check")
    assert refused.returncode == 2
    assert "reason: must be a text" in refused.stdout
    assert "expires: is missing" in refused.stdout
    repo.write("waivers.toml", "format = 1\n" + filled(stubs))
    done = repo.schemagate("check")
    assert done.returncode == 0, done.stdout
    assert "PASS (2 waived)" in done.stdout


def test_an_expired_waiver_exempts_nothing_and_is_named(repo: Repository) -> None:
    yesterday = TODAY - timedelta(days=1)
    fingerprint = finding(repo)["fingerprint"]
    waive(repo, entry(fingerprint, expires=yesterday))
    done = repo.schemagate("check")
    assert done.returncode == 1
    assert f"a waiver of team for this expired on {yesterday}" in done.stdout
    assert "SG-WVR-201" in done.stdout
    assert state(repo.schemagate("check", "--format", "json")) == ["expired"]
    waive(repo, entry(fingerprint, expires=TODAY))
    assert repo.schemagate("check").returncode == 0, "the last day counts"


def test_an_unused_waiver_is_told_in_full_runs_only(repo: Repository) -> None:
    repo.write(FILE, V1)
    waive(repo, entry("0123456789ab"))
    repo.git("add", "--all")
    done = repo.schemagate("check")
    assert done.returncode == 0
    assert "SG-WVR-202" in done.stdout
    assert "matches no finding" in done.stdout
    staged = repo.schemagate("check", "--staged")
    assert (staged.returncode, "SG-WVR" in staged.stdout) == (0, False)
    assert state(repo.schemagate("check", "--staged", "--format", "json")) == ["not judged"]


def test_a_waiver_of_a_released_break_is_not_unused(repo: Repository) -> None:
    """The next edit is compared with the revision before the break as well, and would fail without it."""
    waive(repo, entry(finding(repo)["fingerprint"]))
    repo.commit("broken, and waived")
    done = repo.schemagate("check")
    assert (done.returncode, "SG-WVR" in done.stdout) == (0, False), done.stdout
    repo.write(FILE, {**BROKEN, "title": "a harmless edit"})
    assert repo.schemagate("check").returncode == 0
    repo.write("waivers.toml", "format = 1\n")
    assert repo.schemagate("check").returncode == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"reason": ""}, "reason: is missing"),
        ({"reason": "  "}, "reason: must be a text"),
        ({"fingerprint": "xyz"}, "fingerprint: must be 12 to 64 hexadecimal digits"),
        ({"fingerprint": "*" * 12}, "fingerprint: must be 12 to 64 hexadecimal digits"),
        ({"rule": "SG-JSON-999"}, "there is no rule 'SG-JSON-999'"),
        ({"rule": "SG-REG-101"}, "admits no waiver"),
        ({"rule": "EV05"}, "there is no rule 'EV05' that may be waived"),
        ({"rule": "SG-JSON-102"}, "the finding with this fingerprint has 'SG-JSON-101'"),
        ({"subject": "usr.v1-value"}, "no version has the subject 'usr.v1-value'; did you mean \"user.v1-value\"?"),
        ({"subject": "order.v1-value"}, "has 'user.v1-value'"),
        ({"path": "mail"}, "has 'login'"),
        ({"path": "*"}, "no wildcards"),
        ({"owner": "nobody"}, "'nobody' owns neither user nor a service that declares it"),
        ({"expires": TODAY + timedelta(days=91)}, "more than 90 days ahead"),
        ({"expires": '"soon"'}, "expires: must be a date"),
        ({"until": "2026-12-01"}, "until: unknown key"),
    ],
)
def test_a_malformed_waiver_is_an_error_and_none_applies(repo: Repository, wrong: dict[str, Any], says: str) -> None:
    repo.write(ORDER, record(text_field("id"), text_field("note"), text_field("more")))
    stubs = filled(repo.schemagate("check", "--format", "waivers").stdout)
    order = stubs[: stubs.index("# login")]
    fingerprint = json.loads(repo.schemagate("check", "--format", "json").stdout)["versions"][1]["findings"][0]
    waive(repo, order[order.index("[[finding]]") :], entry(**{"fingerprint": fingerprint["fingerprint"], **wrong}))
    done = repo.schemagate("check")
    assert done.returncode == 2, done.stdout
    assert says in done.stdout
    assert "waivers.toml:" in done.stdout
    assert "WAIVED" not in done.stdout, "the sound entry does not apply either"
    assert "2 fail" in done.stdout, "and the findings are told all the same"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("format = 2\n", "format: must be 1"),
        ("[[finding]]\n", "format: is missing"),
        ("format = 1\nfinding = 3\n", "finding: must be a list of tables"),
        ("format = 1\nfinding = [3]\n", "must be a table"),
        ("format = 1\n[[findings]]\n", 'unknown key; did you mean "finding"?'),
        ("not toml", "not TOML"),
        ("\ufeffformat = 1\n", "byte order mark"),
        ("format = 1" + CHECK_ENTRY.replace('reason = "seen"\n', ""), "check[0].reason: is missing"),
    ],
)
def test_a_file_that_cannot_be_followed(repo: Repository, text: str, says: str) -> None:
    repo.write("waivers.toml", text)
    for arguments in ((), ("--format", "json"), ("--format", "github"), ("--format", "junit"), ("--format", "sarif")):
        done = repo.schemagate("check", *arguments)
        assert done.returncode == 2
        assert says in done.stdout.replace('\\"', '"').replace("&quot;", '"')
    repo.write(FILE, V1)
    assert repo.schemagate("check").returncode == 2, "also where nothing else changed"


def test_it_is_a_file(repo: Repository) -> None:
    (repo.folder / "waivers.toml").symlink_to(repo.folder / "schemagate.toml")
    done = repo.schemagate("check")
    assert done.returncode == 2
    assert "waivers.toml: is a symbolic link" in done.stderr


def test_one_fingerprint_twice(repo: Repository) -> None:
    fingerprint = finding(repo)["fingerprint"]
    waive(repo, entry(fingerprint), entry(fingerprint, reason="again"))
    done = repo.schemagate("check")
    assert done.returncode == 2
    assert "is that of finding[0] as well" in done.stdout


def test_whoever_declares_the_event_may_answer_for_it(repo: Repository) -> None:
    waive(repo, entry(finding(repo)["fingerprint"], owner="team-billing"))
    assert repo.schemagate("check").returncode == 2
    repo.write(
        "services/billing.toml",
        'format = 1\nservice = "billing"\nowner = "team-billing"\n[[consumes]]\nevent = "user"\nversions = [1]\n',
    )
    assert repo.schemagate("check").returncode == 0


def test_both_kinds_of_entries_live_in_one_file(repo: Repository) -> None:
    waive(repo, entry(finding(repo)["fingerprint"]), CHECK_ENTRY)
    assert repo.schemagate("check").returncode == 0
    from schemagate.project import waivers

    found, problems = waivers.read((repo.folder / "waivers.toml").read_bytes())
    assert ([each.check for each in found], problems.errors) == (["DR5"], [])


def test_a_waived_removal(repo: Repository) -> None:
    repo.git("rm", "-q", "-f", FILE)
    found = finding(repo)
    assert found["rule"] == "SG-GIT-101"
    waive(repo, entry(found["fingerprint"], rule="SG-GIT-101", path="$"))
    assert repo.schemagate("check").returncode == 0
    repo.events("order")
    repo.commit("gone")
    assert repo.schemagate("check").returncode == 0, "its subject is gone, and the file is still read"


def undecidable(repo: Repository) -> None:
    """A change that nobody can judge: two patterns for the same texts, one of them not regular."""
    repo.events("user", "order", level="BACKWARD")
    repo.write(FILE, json_object(("id",), id={"type": "string", "pattern": "^a$"}))
    repo.commit("a pattern")
    repo.write(
        "schemagate.toml",
        (repo.folder / "schemagate.toml").read_text() + '[defaults]\nfail_on = ["data"]\nsince = "HEAD"\n',
    )
    repo.commit("only what readers can read counts, from here on")
    repo.write(FILE, json_object(("id",), id={"type": "string", "pattern": "^(?=a)a$"}))


def test_a_waived_unknown(repo: Repository) -> None:
    undecidable(repo)
    assert repo.schemagate("check").returncode == 3
    document = json.loads(repo.schemagate("check", "--format", "json").stdout)
    (found,) = [each for each in document["versions"][0]["findings"] if each["rule"].startswith("SG-JSON-9")]
    assert found["waiver"] is None
    waive(repo, entry(found["fingerprint"], rule=found["rule"], path=found["stable_path"]))
    done = repo.schemagate("check", "--format", "json")
    assert done.returncode == 0, done.stdout
    document = json.loads(done.stdout)
    assert {
        each["rule"]: each["waiver"] and each["waiver"]["owner"] for each in document["versions"][0]["findings"]
    } == {
        found["rule"]: "team",
        "SG-REG-101": None,
    }
    assert document["versions"][0]["data"] == "unknown", "a waiver is no answer"


def test_unknown_is_a_warning_only_where_that_is_asked_for(repo: Repository) -> None:
    undecidable(repo)
    assert repo.schemagate("check").returncode == 3
    done = repo.schemagate("check", "--unknown=warn")
    assert done.returncode == 0
    assert "1 unknown" in done.stdout
    assert "unknown is a warning: --unknown=warn" in done.stdout
    assert "::warning " in repo.schemagate("check", "--unknown=warn", "--format", "github").stdout
    document = json.loads(repo.schemagate("check", "--unknown=warn", "--format", "json").stdout)
    assert (document["complete"], document["unknown"], document["exit"]) == (False, "warn", 0)
    repo.git("branch", "-m", "elsewhere")
    assert repo.schemagate("check", "--unknown=warn").returncode == 3, "a base that is not here is no finding"


def test_a_removed_protobuf_field_is_the_same_finding_after_other_edits(tmp_path: Path) -> None:
    def proto(*fields: str) -> str:
        return f'syntax = "proto3"; message Order {{ {" ".join(fields)} }}'

    old = proto("string id = 1;", "string gone = 2;")
    found = [
        each.fingerprint
        for new in (proto("string id = 1;"), proto("string id = 1;", "string extra = 3;"))
        for each in compare(new, old, format="protobuf").findings
        if each.rule == "SG-PROTO-203"
    ]
    assert len(found) == 2
    assert len(set(found)) == 1


def test_another_condition_is_another_finding() -> None:
    def told(condition: object) -> list[str]:
        new = {"if": condition, "then": {"minimum": 1}}
        return [
            each.fingerprint
            for each in compare(json.dumps(new), "{}", format="json").findings
            if each.rule == "SG-JSON-117"
        ]

    one, other = told({"type": "integer"}), told({"type": "number"})
    assert len(one) == len(other) == 1
    assert one != other
