"""Does every rule on migrations speak where its fixtures say so, and only there?

A fixture is `tests/rules/<ID>/<case>/case.toml`: one of the repository's plans, without some steps, with texts replaced;
perhaps with a `waivers.toml`; and what is expected: every mistake as `rule line path`, every refusal as `step rule`.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import schemagate
from migrating import PLANS, lint, without_step
from schemagate.ask.migration import Report, waiver_mistakes
from schemagate.findings import Rule
from schemagate.project import migration_rules
from schemagate.rollout import invariants

FOLDER = Path(__file__).parent / "rules"
PAGES = Path(schemagate.__file__).parent / "rules"
RULES = {rule.id: rule for rule in (*migration_rules.RULES, *invariants.RULES)}
TODAY = date(2026, 11, 25)
CASES = sorted(case for id_ in RULES for case in (FOLDER / id_).glob("*/"))


def named(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


def report_of(case: Path) -> tuple[Report, dict[str, list[str]]]:
    told = tomllib.loads((case / "case.toml").read_text("utf-8"))
    text = without_step(told["plan"], *told.get("without", ()))
    for edit in told.get("edit", ()):
        assert edit["old"] in text, f"{case} edits what is not there: {edit['old']}"
        text = text.replace(edit["old"], edit["new"])
    report = lint(text, told["plan"])
    if "waivers" in told:
        assert report.plan is not None
        mistakes = waiver_mistakes(told["waivers"].encode(), report.plan, PLANS, TODAY)
        report = replace(report, errors=(*report.errors, *mistakes))
    return report, told["expect"]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_all_rules_say_what_the_case_expects(case: Path) -> None:
    report, expected = report_of(case)
    assert [f"{each.rule} {each.line} {each.path}" for each in report.errors] == expected["mistakes"]
    assert [f"{each.step} {each.rule}" for each in report.refused] == expected["refused"]
    assert report.complete


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_case_is_called_what_it_is(case: Path) -> None:
    report, _ = report_of(case)
    told = {each.rule for each in (*report.errors, *report.refused)}
    assert (case.parent.name in told) == case.name.startswith("breaks-")
    assert told or case.name.startswith("passes-")


@pytest.mark.parametrize("case", CASES, ids=named)
def test_messages_can_be_said_aloud(case: Path) -> None:
    report, _ = report_of(case)
    for message in [error.message for error in report.errors] + [each.message for each in report.refused]:
        assert message
        assert "\n" not in message
        assert len(message) < 400
        assert "None" not in message
        assert "frozenset" not in message
    for refusal in report.refused:
        assert refusal.fix


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_page_has_the_form_of_all_pages(rule: Rule) -> None:
    lines = (PAGES / f"{rule.id}.md").read_text("utf-8").splitlines()
    assert lines[0] == f"# {rule.id} {rule.name}"
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## What it looks for", "## Why it matters", "## Example", "## Repair"]
    assert 15 <= len(lines) <= 40


@pytest.mark.parametrize("id_", RULES)
def test_a_rule_has_cases_on_both_sides(id_: str) -> None:
    cases = {case.name.partition("-")[0] for case in CASES if case.parent.name == id_}
    assert cases == {"breaks", "passes"}


def test_every_rule_that_the_reader_names_exists() -> None:
    source = "".join(file.read_text("utf-8") for file in Path(schemagate.__file__).parent.glob("project/migration*.py"))
    import re

    assert set(re.findall(r'"((?:MG|F)\d\d)"', source)) - set(RULES) == set()
    assert PLANS
