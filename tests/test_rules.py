"""Is every rule one thing in three places: a constant, a page, and fixtures that show it? And every check of gates?

What shows a check is the table of tests/test_checks.py.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

import pytest

from gating import SCANS
from schemagate.ask.explain import explain, rule_ids, summaries
from schemagate.compat import compare, release
from schemagate.compat.avro import rules as avro_rules
from schemagate.compat.json_schema.data import rules as json_rules
from schemagate.compat.protobuf.data import rules as protobuf_rules
from schemagate.errors import UsageError
from schemagate.findings import Rule
from schemagate.generate import refusals
from schemagate.policy import lint, manifest_rules
from schemagate.project import finding_waivers, migration_rules
from schemagate.rollout import invariants
from schemagate.rollout.check_names import NAMES
from schemagate.rollout.checks import CHECKS

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
        protobuf_rules.RULES,
        refusals.RULES,
        release.RULES,
    )
    for rule in table
}

ELSEWHERE = {
    "GEN": "tests/test_generate_*.py: a finding of the generator is judged together with the code beside it",
    "SG-GIT": "tests/test_check.py: they need a history",
    **{rule.id: "its page says that it comes later" for rule in manifest_rules.LATER},
    "SG-PROTO-902": "tests/test_protobuf_schema.py: it needs an installation without the extra",
    "SG-PROTO-903": "tests/test_protobuf_data.py: it needs hundreds of messages",
    "SG-WVR": "tests/test_finding_waivers.py: they need a finding to be about",
    "SG-REG": "tests/test_json_registry_types.py and the oracles: what the registry refuses is listed there by type",
}


PARTS = ("## What it looks for", "## Why it matters", "## Example", "## Repair")
PARTS_OF_CHECKS = ("## What it reads", "## Answers", "## Why it matters", "## Example", "## Next step")


def test_constants_and_pages_agree() -> None:
    assert sorted([*RULES, *CHECKS]) == rule_ids()
    names = {**{id_: rule.name for id_, rule in RULES.items()}, **NAMES}
    assert {id_: name for id_, name, _ in summaries()} == names


def test_every_check_has_a_name() -> None:
    assert NAMES.keys() == CHECKS.keys()
    assert len({*NAMES.values(), *(rule.name for rule in RULES.values())}) == len(NAMES) + len(
        {rule.name for rule in RULES.values()}
    ), "a page is found by its name, too"


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
        for part in PARTS_OF_CHECKS if rule in CHECKS else PARTS:
            assert part in page, f"{rule}: {part}"


@pytest.mark.parametrize("check", CHECKS)
def test_a_page_of_a_check_tells_all_its_answers_and_shows_one_with_what_to_do(check: str) -> None:
    answers = explain(check).partition("## Answers")[2].partition("## ")[0]
    for answer in ("pass", "blocked", "unknown"):
        assert f"- **{answer}**: " in answers
    example = explain(check).partition("## Example\n\n```\n")[2].partition("```")[0].splitlines()
    assert example[0].startswith((f"✗ {check} ", f"? {check} "))
    assert example[1].startswith("    next: ")
    looked_at = "does not read the records of topics" not in answers
    assert looked_at is (check not in SCANS)


def test_a_rule_is_found_by_its_name() -> None:
    assert explain("required-by-reader") == explain("SG-JSON-101")
    assert explain("consumers-read-it") == explain("co1") == explain("CO1")
    with pytest.raises(UsageError, match="did you mean"):
        explain("required-by-readr")


NO_PAIR = {
    "SG-AVRO-903": "only texts of many thousand types take so long",
    "SG-JSON-909": "only schemas that double many times spend the budget",
    "SG-PROTO-902": "it is about an installation",
    "SG-PROTO-903": "only hundreds of messages spend the budget",
}
ABOUT_JSON_PAYLOADS = {"SG-PROTO-109", "SG-PROTO-110", "SG-PROTO-904"}

FORMATS: dict[str, Literal["avro", "json", "protobuf"]] = {
    "SG-AVRO": "avro",
    "SG-JSON": "json",
    "SG-PROTO": "protobuf",
}
PAIRS = sorted(rule for rule in RULES if rule.startswith(tuple(FORMATS)) and rule not in NO_PAIR)


def shown_schemas(rule: str) -> list[str]:
    """The schemas of a page's example: whole ones as they stand, fields and keywords put into an object around them."""
    page = explain(rule)
    example = page[page.index("## Example") : page.index("## Repair")]
    blocks = re.findall(r"```(?:json|proto)\n(.*?)```", example, re.DOTALL)
    whole = {"avro": avro_schema, "json": json_schema, "protobuf": proto_schema}[FORMATS[rule.rpartition("-")[0]]]
    return [whole(block) for block in blocks]


def avro_schema(block: str) -> str:
    first = json.loads(f"[{block}]")[0]
    if isinstance(first, dict) and "name" in first and first["type"] not in ("record", "enum", "fixed"):
        return f'{{"type": "record", "name": "Order", "fields": [{block}]}}'
    return block


def json_schema(block: str) -> str:
    if block.startswith("{"):
        return block
    return f"{{{block}}}" if block.startswith('"$schema"') else f'{{"type": "object", "properties": {{{block}}}}}'


def proto_schema(block: str) -> str:
    head = f'syntax = "{"proto2" if "proto2" in block or "required" in block else "proto3"}";\n'
    if block.startswith("package"):
        return f"{head}{block}message Order {{ string id = 1; }}"
    return head + (block if block.startswith(("enum", "message")) else f"message Order {{\n{block}}}")


@pytest.mark.parametrize("rule", PAIRS)
def test_the_pair_on_a_page_has_the_pages_finding(rule: str) -> None:
    old, new = shown_schemas(rule)
    format_ = FORMATS[rule.rpartition("-")[0]]
    assumed = ["json-payloads"] if rule in ABOUT_JSON_PAYLOADS else []
    backward = compare.compare(new, old, format=format_, assume=assumed)
    forward = compare.compare(old, new, format=format_, newer="writer", assume=assumed)
    assert rule in {finding.rule for finding in (*backward.findings, *forward.findings)}
