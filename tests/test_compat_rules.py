"""Does every compatibility rule see what its fixtures show, in both directions, and nothing else?

Data only: `tests/rules/<ID>/<case>/{old,new}.*` and `expect.toml`; see CONTRIBUTING. A schema against itself is silent.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pytest

from schemagate.compat.compare import compare
from schemagate.compat.verdicts import Comparison
from schemagate.schema import avro

FOLDER = Path(__file__).parent / "rules"
FORMATS: dict[str, Literal["json", "avro", "protobuf"]] = {
    "SG-AVRO": "avro",
    "SG-JSON": "json",
    "SG-PROTO": "protobuf",
}
CASES = sorted(case for family in FORMATS for case in FOLDER.glob(f"{family}-*/*/") if (case / "expect.toml").is_file())


def named(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


def text(case: Path, which: str) -> str:
    (file,) = case.glob(f"{which}.*")
    return file.read_text("utf-8")


def compared(case: Path, reader: str, writer: str) -> Comparison:
    family = case.parent.name.rpartition("-")[0]
    newer: Literal["reader", "writer"] = "reader" if reader == "new" else "writer"
    assumed = expectation(case).get("assume", [])
    return compare(text(case, reader), text(case, writer), format=FORMATS[family], newer=newer, assume=assumed)


def is_illegal(case: Path, which: str) -> bool:
    """Lint refuses such a schema first; a registry may stumble over it even alone."""
    if FORMATS[case.parent.name.rpartition("-")[0]] != "avro":
        return False
    return any(True for _ in avro.problems(avro.parse(text(case, which), which)))


def expectation(case: Path) -> Any:
    return tomllib.loads((case / "expect.toml").read_text("utf-8"))


def seen(comparison: Comparison) -> dict[str, object]:
    """What `expect.toml` states, of a comparison; the registry's own finding is not the data engine's."""
    rules = {finding.rule for finding in comparison.findings} - {"SG-REG-101", "SG-REG-901"}
    return {"registry": comparison.registry, "data": comparison.data, "rules": sorted(rules)}


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_case_is_judged_as_it_says(case: Path) -> None:
    expected = expectation(case)
    assert seen(compared(case, "new", "old")) == expected["backward"], "new reads old"
    assert seen(compared(case, "old", "new")) == expected["forward"], "old reads new"


@pytest.mark.parametrize("case", CASES, ids=named)
@pytest.mark.parametrize("side", ["old", "new"])
def test_a_schema_against_itself_is_silent(case: Path, side: str) -> None:
    comparison = compared(case, side, side)
    assert (comparison.data, [f.rule for f in comparison.findings if not f.rule.startswith("SG-REG")]) == ("yes", [])
    if not is_illegal(case, side):
        assert (comparison.registry, comparison.findings) == ("accept", ())


@pytest.mark.parametrize("case", CASES, ids=named)
def test_every_no_and_every_finding_is_explained(case: Path) -> None:
    for comparison in (compared(case, "new", "old"), compared(case, "old", "new")):
        assert all(finding.message and finding.fix for finding in comparison.findings)
        if comparison.data != "yes":
            assert comparison.findings


def rules_with_fixtures() -> list[str]:
    return sorted({case.parent.name for case in CASES})


@pytest.mark.parametrize("rule", rules_with_fixtures())
def test_a_rule_is_shown_and_has_a_near_miss(rule: str) -> None:
    cases = [case for case in CASES if case.parent.name == rule]
    shown = {
        case.name for case in cases if any(rule in expectation(case)[way]["rules"] for way in ("backward", "forward"))
    }
    assert {case.name for case in cases if not case.name.startswith("passes-")} <= shown, "a case shows its rule"
    near = [case for case in cases if case.name.startswith("passes-")]
    assert shown, "some case shows the rule"
    assert near, "some near miss does not show it"
    for case in near:
        assert rule not in expectation(case)["backward"]["rules"], f"{case.name} passes, new reads old"


def test_rules_pages_and_fixtures_share_their_ids() -> None:
    from schemagate.compat.avro.rules import RULES

    ids = {rule.id for rule in RULES}
    assert len(ids) == len(RULES), "ids are unique"
    assert ids == {rule for rule in rules_with_fixtures() if rule.startswith("SG-AVRO")}
    for rule in RULES:
        page = files("schemagate.rules").joinpath(f"{rule.id}.md").read_text("utf-8")
        assert page.splitlines()[0] == f"# {rule.id} {rule.name}"
        for heading in ("## What it looks for", "## Why it matters", "## Example", "## Repair"):
            assert heading in page.splitlines(), f"{rule.id}: {heading}"
