"""Findings on Protobuf are findings like all others: fingerprints, waivers, formats, repairs, `log`, `check --env`."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from fault_server import FaultServer, running
from repository import Repository
from schemagate import compare
from schemagate.compat.compare import judge
from schemagate.compat.repair import of_schemas
from schemagate.schema import protobuf
from schemagate.serve import in_process
from schemagate.serve.app import create_app
from schemagate.serve.store import Store
from test_check_formats import cases, sarif, sarif_schema  # noqa: F401 - a fixture
from test_finding_waivers import filled
from test_protobuf_commands import FILE, order

V1 = order("string id = 1;", "repeated Line lines = 2;") + "message Line { int64 price = 3; }\n"
BROKEN = V1.replace("int64", "int32")


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """One event, released; the work tree makes a price of its lines narrower."""
    found = Repository(tmp_path / "repo")
    found.events("order", level="BACKWARD")
    found.write(FILE, V1)
    found.commit("released")
    found.write(FILE, BROKEN)
    return found


def findings(repo: Repository, *arguments: str) -> list[dict[str, Any]]:
    document = json.loads(repo.schemagate("check", *arguments, "--format", "json").stdout)
    found: list[dict[str, Any]] = document["versions"][0]["findings"]
    return found


def test_the_record_is_whole(repo: Repository) -> None:
    (finding,) = findings(repo)
    released = repo.git("rev-parse", "HEAD")
    assert finding["witness"]["encoded"], "the bytes that prove it"
    assert len(finding["fingerprint"]) == 64
    expected = {
        "rule": "SG-PROTO-102",
        "stable_path": "Order.lines[].price",
        "path": "/Line/3",
        "old_path": "/Line/3",
        "file": FILE,
        "line": 7,
        "column": 16,
        "related": {"commit": released, "file": FILE, "line": 7, "column": 16, "end_column": None},
        "replacement": {"pointer": "/Line/3", "value": "int64 price = 3;"},
        "direction": "backward",
        "counts": True,
    }
    assert {key: finding[key] for key in expected} == expected


def test_the_declaration_to_write_is_shown_as_it_is_written(repo: Repository) -> None:
    assert "            /Line/3:  int64 price = 3;\n" in repo.schemagate("check").stdout
    repo.write(FILE, V1.replace("  string id = 1;\n", ""))
    shown = repo.schemagate("diff", "order@1", f"HEAD:{FILE}")
    assert shown.returncode == 0, shown.stderr
    document = findings(repo)
    assert [each["replacement"] for each in document] == [
        {"pointer": "/Order/-", "value": 'reserved 1; reserved "id";'}
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("int32 a = 1; /* one; two */", "sint32 a = 1;"),
        ('optional int32 a = 1 [json_name = "x;y"];', "optional sint32 a = 1;"),
        ("repeated\n  int32 // here; now\n  a = 1;", "int32 a = 1;"),
    ],
)
def test_an_old_declaration_is_copied_to_its_end(repo: Repository, old: str, new: str) -> None:
    repo.write("schemagate.toml", '[events."other"]\nowner = "team"\nlevel = "BACKWARD"\n')
    repo.write("schemas/other/v1.proto", order(old))
    repo.git("add", "--all")
    repo.git("rm", "-q", "--cached", FILE)
    repo.git("commit", "-qm", "other")
    (repo.folder / FILE).unlink()
    repo.write("schemas/other/v1.proto", order(new))
    (finding,) = (each for each in findings(repo) if each["severity"] == "error" and each["replacement"])
    assert old.startswith(finding["replacement"]["value"])
    repo.write("schemas/other/v1.proto", order(finding["replacement"]["value"]))
    assert repo.schemagate("check").returncode == 0, repo.schemagate("check").stdout


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Money price = 1;", "int64 price = 1;"),
        ("map<string, Money> prices = 1;", "string prices = 1;"),
        ("string a = 1;", "oneof one { int64 a = 1; }"),
    ],
)
def test_a_declaration_that_would_mean_something_else_is_not_copied(old: str, new: str) -> None:
    sides = [
        protobuf.parse(order(new), "new"),
        protobuf.parse(order(old) + "message Money { int64 units = 1; }\n", "old"),
    ]
    found = [each for each in judge(*sides).findings if each.rule == "SG-PROTO-101"]
    assert [of_schemas(each, *sides, new_is_reader=True) for each in found] == [None]


def test_a_waiver_exempts_the_finding_on_this_text_only(repo: Repository) -> None:
    stubs = repo.schemagate("check", "--format", "waivers").stdout
    assert 'rule = "SG-PROTO-102"' in stubs
    assert 'path = "Order.lines[].price"' in stubs
    repo.write("waivers.toml", "format = 1\n" + filled(stubs))
    done = repo.schemagate("check")
    assert done.returncode == 0, done.stdout
    assert "WAIVED" in done.stdout
    repo.write(FILE, "// a comment\n" + BROKEN)
    assert repo.schemagate("check").returncode == 0, "comments are nobody's business"
    repo.write(FILE, V1.replace("int64", "sint64"))
    assert repo.schemagate("check").returncode == 1, "another type was never approved"
    repo.write(FILE, BROKEN)
    repo.commit("broken, and waived")
    assert "SG-WVR" not in repo.schemagate("check").stdout, "the next edit still needs it"


def test_an_installation_is_not_waived(repo: Repository) -> None:
    stubs = repo.schemagate("check", "--format", "waivers").stdout
    repo.write("waivers.toml", "format = 1\n" + filled(stubs).replace("SG-PROTO-102", "SG-PROTO-902"))
    done = repo.schemagate("check")
    assert (done.returncode, "there is no rule 'SG-PROTO-902' that may be waived" in done.stdout) == (2, True)


def test_sarif_and_junit(repo: Repository, sarif_schema: dict[str, Any]) -> None:  # noqa: F811 - the fixture
    run = sarif(repo.schemagate("check", "--format", "sarif"), sarif_schema)
    (result,) = run["results"]
    assert result["ruleId"] == "SG-PROTO-102"
    assert result["partialFingerprints"]["schemagate/v1"] == findings(repo)[0]["fingerprint"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (FILE, 7)
    commit = repo.git("rev-parse", "--short=7", "HEAD")
    outcomes = {name: outcome for _, name, outcome in cases(repo.schemagate("check", "--format", "junit"))}
    assert outcomes[f"new reads {commit}: data"] == "failure"
    assert outcomes[f"new reads {commit}: registry"] == "passed"


def mark(old: str, new: str) -> str:
    """The fingerprint of the one error between two texts."""
    found = compare(new, old, format="protobuf", subject="s").findings
    (fingerprint,) = {each.fingerprint for each in found if each.rule.startswith("SG-PROTO-1")}
    return fingerprint


def test_a_fingerprint_covers_the_place_and_what_it_names_and_nothing_else() -> None:
    assert mark(V1, BROKEN) == mark(V1, BROKEN.replace("string id = 1;", "string id = 1; bool paid = 9;"))
    assert mark(V1, BROKEN) != mark(V1, V1.replace("int64", "uint32"))
    assert mark(V1, BROKEN) != mark(V1.replace("int64", "uint64"), BROKEN)

    def narrowed(values: str) -> str:
        new = order("Size size = 1;") + f"enum Size {{ NONE = 0; {values} }}\n"
        return mark(order("int64 size = 1;"), new)

    assert narrowed("S = 1;") == narrowed("// small\n S = 1;")
    assert len({narrowed(values) for values in ("S = 1;", "M = 1;", "S = 2;", "S = 1; M = 2;", "reserved 7;")}) == 5
    merged = order("oneof payment { string card = 1; string iban = 2; }")
    both = order("string card = 1;", "string iban = 2;")
    assert mark(both, merged) != mark(both, merged.replace("iban = 2;", "iban = 2; string cash = 3;"))


def test_a_fingerprint_covers_types_that_hold_each_other_and_imports() -> None:
    def renamed(kind: str) -> str:
        nodes = "message {0} {{ repeated {0} children = 1; {1} size = 2; }}\n"
        old = order("Tree root = 1;") + nodes.format("Tree", "string")
        new = order("Node root = 1;") + nodes.format("Node", kind) + "message Tree { repeated Tree children = 1; }\n"
        found = compare(new, old, format="protobuf", subject="s").findings
        return next(each.fingerprint for each in found if each.rule == "SG-PROTO-103")

    assert renamed("int32") == renamed("int32")
    assert renamed("int32") != renamed("int64")

    def imported(kind: str) -> str:
        text = order("Money price = 1;", head='import "money.proto";\n')
        sides = [{"money.proto": f'syntax = "proto3"; message Money {{ {each} n = 1; }}'} for each in (kind, "string")]
        found = compare(text, text, format="protobuf", reader_references=sides[0], writer_references=sides[1]).findings
        return found[0].fingerprint

    assert imported("int32") != imported("int64")


def test_log_shows_what_each_revision_changed_and_broke(repo: Repository) -> None:
    repo.commit("narrower")
    done = repo.schemagate("log", "order@1", "--format", "json")
    assert done.returncode == 0, done.stderr
    newest, first = json.loads(done.stdout)["revisions"]
    assert [(edit["kind"], edit["pointer"]) for edit in newest["edits"]] == [("changed", "/Line/3")]
    assert (newest["registry"], newest["data"]) == ("accept", "no")
    assert [each["rule"] for each in newest["findings"]] == ["SG-PROTO-102"]
    assert first["edits"] == []
    assert "~ /Line/3:" in repo.schemagate("log", "order@1").stdout


def test_check_env_compares_with_what_is_live(tmp_path: Path, repo: Repository) -> None:
    with Store(tmp_path / "far.sqlite3") as store, running(FaultServer(in_process.transport(create_app(store)))) as far:
        more = f'[environments.far]\nregistry = "{far.url}"\ntimeout = 2\n'
        repo.events("order", level="BACKWARD", more=more)
        repo.write(FILE, V1)
        repo.commit("with an environment")
        assert repo.schemagate("publish", "--env", "far").returncode == 0
        repo.write(FILE, "// another look\n" + V1.replace("  string", "    string"))
        assert repo.schemagate("check", "--env", "far").stdout.startswith("0 versions differ")
        repo.write(FILE, BROKEN)
        done = repo.schemagate("check", "--env", "far")
        assert done.returncode == 1
        assert "SG-PROTO-102" in done.stdout
        assert "compared with version 1" in done.stdout


def without_google(name: str, package: str | None = None) -> object:
    return None if name.startswith("google") else find_spec(name, package)


def test_without_the_extra_nothing_is_a_yes(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit("narrower")
    repo.write(FILE, V1)

    monkeypatch.setattr(protobuf, "find_spec", without_google)
    checked = repo.schemagate("check", "--format", "json")
    assert checked.returncode == 3
    (finding,) = json.loads(checked.stdout)["versions"][0]["findings"]
    assert (finding["rule"], finding["waiver"], len(finding["fingerprint"])) == ("SG-PROTO-902", None, 64)
    assert "[[finding]]" not in repo.schemagate("check", "--format", "waivers").stdout
    logged = repo.schemagate("log", "order@1")
    assert (logged.returncode, "it is not installed" in logged.stdout) == (3, True)
    differs = repo.schemagate("diff", "order@1", f"HEAD:{FILE}")
    assert (differs.returncode, "schemagate-events[protobuf]" in differs.stderr) == (3, True)


def migrating(tmp_path: Path) -> Repository:
    """Two versions that no registry accepts in one subject, with a producer, a consumer, and a plan between them."""
    repo = Repository(tmp_path / "migrating")
    repo.git("init", "-q", "--bare", str(tmp_path / "origin.git"))
    repo.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    more = 'state = { remote = "origin" }\n[environments.staging]\norder = 1\nregistry = "embedded"\n'
    repo.write("schemagate.toml", more + '[events.order]\nowner = "team"\n')
    repo.write(FILE, order("int64 total = 2;"))
    repo.write("schemas/order/v2.proto", order("string total = 2;"))
    for service, side, more in (("billing", "consumes", 'group = "g"\n'), ("shop", "produces", "")):
        head = f'format = 1\nservice = "{service}"\nowner = "team"\n'
        repo.write(f"services/{service}.toml", f'{head}[[{side}]]\nevent = "order"\nversions = [1, 2]\n{more}')
    done = repo.schemagate("migration", "new", "wider", "--type", "event-version")
    assert done.returncode == 0, done.stderr
    repo.commit("a plan")
    repo.git("push", "-q", "origin", "main")
    repo.git("remote", "set-head", "origin", "main")
    return repo


def test_a_migration_between_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = migrating(tmp_path)
    breaks = [f'"{way} FIELD_SCALAR_KIND_CHANGED #/Order/2"' for way in ("backward", "forward")]
    assert f"expected_breaks = [{', '.join(breaks)}]" in (repo.folder / "migrations/wider.toml").read_text("utf-8")
    gate = ("gate", "wider", "1", "--env", "staging")
    assert repo.schemagate(*gate).returncode == 0, repo.schemagate(*gate).stdout
    monkeypatch.setattr(protobuf, "find_spec", without_google)
    done = repo.schemagate(*gate)
    assert done.returncode == 3
    assert "breaks" in done.stdout
    assert "pip install 'schemagate-events[protobuf]'" in done.stdout
