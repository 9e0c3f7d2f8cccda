"""Is every rule one thing in three places: a constant, a page, and fixtures that show it?"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

import pytest

from schemagate.ask.explain import explain, rule_ids, summaries
from schemagate.compat import compare, release
from schemagate.compat.avro import rules as avro_rules
from schemagate.compat.json_schema.data import rules as json_rules
from schemagate.errors import UsageError
from schemagate.findings import Rule
from schemagate.generate import refusals
from schemagate.policy import lint, manifest_rules
from schemagate.project import finding_waivers, migration_rules
from schemagate.rollout import invariants

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "tests" / "rules"

RULES: dict[str, Rule] = {
    rule.id: rule
    for table in (
        avro_rules.RULES,
        compare.RULES,
        finding_waivers.RULES,
        invariants.RULES,
        json_rules.RULES,
        lint.RULES,
        manifest_rules.ALL,
        migration_rules.RULES,
        refusals.RULES,
        release.RULES,
    )
    for rule in table
}

ELSEWHERE = {
    "GEN": "tests/test_generate_*.py: a finding of the generator is judged together with the code beside it",
    "SG-GIT": "tests/test_check.py: they need a history",
    **{rule.id: "its page says that it comes later" for rule in manifest_rules.LATER},
    "SG-WVR": "tests/test_finding_waivers.py: they need a finding to be about",
    "SG-REG": "tests/test_json_registry_types.py and the oracles: what the registry refuses is listed there by type",
}


def test_constants_and_pages_agree() -> None:
    assert sorted(RULES) == rule_ids()
    for id_, name, _ in summaries():
        assert RULES[id_].name == name


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_has_fixtures_or_a_reason(rule: str) -> None:
    shown = (FIXTURES / rule).is_dir() and any((FIXTURES / rule).iterdir())
    assert shown or {rule, rule.rpartition("-")[0]} & ELSEWHERE.keys(), rule


def test_no_fixture_is_without_its_rule() -> None:
    assert {folder.name for folder in FIXTURES.iterdir()} <= set(RULES)


def test_pages_have_their_parts() -> None:
    for rule in rule_ids():
        page = explain(rule)
        assert page.startswith(f"# {rule} "), rule
        for part in ("## What it looks for", "## Why it matters", "## Example", "## Repair"):
            assert part in page, f"{rule}: {part}"


def test_a_rule_is_found_by_its_name() -> None:
    assert explain("required-by-reader") == explain("SG-JSON-101")
    with pytest.raises(UsageError, match="did you mean"):
        explain("required-by-readr")


NO_PAIR = {
    "SG-AVRO-903": "only texts of many thousand types take so long",
    "SG-JSON-909": "only schemas that double many times spend the budget",
}
PAIRS = sorted(rule for rule in RULES if rule.startswith(("SG-AVRO", "SG-JSON")) and rule not in NO_PAIR)


def shown_schemas(rule: str) -> list[str]:
    """The schemas of a page's example: whole ones as they stand, fields and keywords put into an object around them."""
    page = explain(rule)
    blocks = re.findall(r"```json\n(.*?)```", page[page.index("## Example") : page.index("## Repair")], re.DOTALL)
    return [avro_schema(block) if rule.startswith("SG-AVRO") else json_schema(block) for block in blocks]


def avro_schema(block: str) -> str:
    first = json.loads(f"[{block}]")[0]
    if isinstance(first, dict) and "name" in first and first["type"] not in ("record", "enum", "fixed"):
        return f'{{"type": "record", "name": "Order", "fields": [{block}]}}'
    return block


def json_schema(block: str) -> str:
    if block.startswith("{"):
        return block
    return f"{{{block}}}" if block.startswith('"$schema"') else f'{{"type": "object", "properties": {{{block}}}}}'


@pytest.mark.parametrize("rule", PAIRS)
def test_the_pair_on_a_page_has_the_pages_finding(rule: str) -> None:
    old, new = shown_schemas(rule)
    format_: Literal["avro", "json"] = "avro" if rule.startswith("SG-AVRO") else "json"
    backward, forward = compare.compare(new, old, format=format_), compare.compare(old, new, format=format_)
    assert rule in {finding.rule for finding in (*backward.findings, *forward.findings)}
