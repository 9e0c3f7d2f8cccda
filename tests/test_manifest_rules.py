"""Does every rule of the manifests speak where its fixtures say so, and only there?

A fixture is `tests/rules/<SV|ML>*/<case>/`: manifests, and whatever else differs from the shop in `tests/manifest_shop`, read
like any project. `expect.toml` holds the findings of *all* manifest rules (rule, severity, file, line, pointer), or the
`problems` of the files themselves, as the configuration error tells them.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

import schemagate
from schemagate.ask.lint import lint
from schemagate.errors import ConfigError
from schemagate.findings import Finding, Rule, Severity
from schemagate.policy import manifest_rules

RULES_FOLDER = Path(__file__).parent / "rules"
PAGES = Path(schemagate.__file__).parent / "rules"
CASES = sorted([*RULES_FOLDER.glob("SV*/*/"), *RULES_FOLDER.glob("ML*/*/")])
SHOP = Path(__file__).parent / "manifest_shop"


def named(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


def expectation(case: Path) -> dict[str, Any]:
    return tomllib.loads((case / "expect.toml").read_text("utf-8"))


@pytest.fixture
def told(request: pytest.FixtureRequest, tmp_path: Path) -> list[Finding] | tuple[str, ...]:
    shutil.copytree(SHOP, tmp_path, dirs_exist_ok=True)
    shutil.copytree(request.param, tmp_path, dirs_exist_ok=True)
    try:
        return list(lint(tmp_path, {}).findings)
    except ConfigError as error:
        return error.problems


@pytest.mark.parametrize(("told", "case"), [(case, case) for case in CASES], ids=map(named, CASES), indirect=["told"])
def test_the_rules_say_what_the_case_expects(told: list[Finding] | tuple[str, ...], case: Path) -> None:
    expected = expectation(case)
    if isinstance(told, tuple):
        assert list(told) == expected.get("problems", []), "all mistakes at once, in the order of the keys"
        return
    assert "problems" not in expected
    shown = [(f.rule, f.severity.value, f.location.file, f.location.line, f.path) for f in told if f.location]
    assert sorted(shown) == sorted(
        (each["rule"], each["severity"], each["file"], each["line"], each["pointer"])
        for each in expected.get("finding", ())
    )
    for finding in told:
        assert "\n" not in finding.message
        assert len(finding.message) < 200
        assert finding.fix[0].isupper()
        assert finding.fix.endswith(".")


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_case_is_called_what_it_is(case: Path) -> None:
    expected = expectation(case)
    rule = case.parent.name
    speaks = any(each["rule"] == rule for each in expected.get("finding", ()))
    speaks = speaks or any(problem.endswith(f"({rule})") for problem in expected.get("problems", ()))
    assert case.name.startswith("breaks-" if speaks else "passes-")


def test_each_rule_has_its_page_and_its_fixtures() -> None:
    ids = {rule.id for rule in manifest_rules.ALL}
    assert len(ids) == len(manifest_rules.ALL)
    assert {path.stem for path in PAGES.glob("[SM][VL][0-9]*.md")} == ids
    assert {case.parent.name for case in CASES} == ids - {rule.id for rule in manifest_rules.LATER}
    constants = {value.id for value in vars(manifest_rules).values() if isinstance(value, Rule)}
    assert constants == ids


@pytest.mark.parametrize("rule", manifest_rules.ALL, ids=lambda rule: rule.id)
def test_a_page_has_the_form_of_all_pages(rule: Rule) -> None:
    lines = (PAGES / f"{rule.id}.md").read_text("utf-8").splitlines()
    assert lines[0] == f"# {rule.id} {rule.name}"
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## What it looks for", "## Why it matters", "## Example", "## Repair"]
    assert 15 <= len(lines) <= 40
    assert ("comes with a later release" in "\n".join(lines)) == (rule in manifest_rules.LATER)


@pytest.mark.parametrize("rule", [*manifest_rules.RULES, *manifest_rules.TOLD_BY_THE_READER], ids=lambda rule: rule.id)
def test_a_rule_has_cases_on_both_sides(rule: Rule) -> None:
    mine = [case for case in CASES if case.parent.name == rule.id]
    assert {case.name.partition("-")[0] for case in mine} == {"breaks", "passes"}


@pytest.mark.parametrize("rule", manifest_rules.RULES, ids=lambda rule: rule.id)
def test_money_turns_every_rule_into_an_error(rule: Rule) -> None:
    findings = [each for case in CASES for each in expectation(case).get("finding", ()) if each["rule"] == rule.id]
    assert "error" in {each["severity"] for each in findings}
    if rule.severity is Severity.WARNING:
        assert "warning" in {each["severity"] for each in findings}


def test_a_rule_of_manifests_is_switched_off_like_any_other(tmp_path: Path) -> None:
    shutil.copytree(SHOP, tmp_path, dirs_exist_ok=True)
    shutil.copytree(RULES_FOLDER / "ML08" / "breaks-none", tmp_path, dirs_exist_ok=True)
    assert [finding.rule for finding in lint(tmp_path, {}).findings] == ["ML08"]
    toml = tmp_path / "schemagate.toml"
    toml.write_text(toml.read_text("utf-8") + '[lint]\noff = { ML08 = "no broker keeps dead letters here" }\n', "utf-8")
    assert lint(tmp_path, {}).findings == ()
