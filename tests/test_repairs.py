"""Every replacement text that a finding of a fixture comes with is put into the new schema: the finding is gone."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from schemagate.compat.compare import compare
from schemagate.compat.repair import MECHANICAL, replacement
from schemagate.findings import Finding, Replacement
from schemagate.schema import json_text
from test_compat_rules import CASES, FORMATS, named, text


def applied(root: Any, change: Replacement) -> Any:
    """A copy of a JSON value with a replacement in its place."""
    copy = json.loads(json.dumps(root))
    tokens = json_text.unescape(change.pointer)
    if not tokens:
        return change.value
    parent = copy
    for token in tokens[:-1]:
        parent = parent[int(token) if isinstance(parent, list) else token]
    if isinstance(parent, dict):
        parent[tokens[-1]] = change.value
    elif tokens[-1] == "-":
        parent.append(change.value)
    else:
        parent[int(tokens[-1])] = change.value
    return copy


@cache
def repaired(case: Path) -> list[tuple[bool, Finding, Replacement]]:
    """Whether the new schema reads, the finding, and its replacement."""
    old, new = text(case, "old"), text(case, "new")
    kind = FORMATS[case.parent.name.rpartition("-")[0]]
    found = []
    for new_reads, (reader, writer) in ((True, (new, old)), (False, (old, new))):
        for finding in compare(reader, writer, format=kind).findings:
            change = replacement(finding, json.loads(new), json.loads(old), new_is_reader=new_reads)
            if change is not None:
                found.append((new_reads, finding, change))
    return found


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_replacement_removes_its_finding(case: Path) -> None:
    old, new = text(case, "old"), json_text.read(text(case, "new"), "new")
    kind = FORMATS[case.parent.name.rpartition("-")[0]]
    for new_reads, finding, change in repaired(case):
        before, after = (
            compare(*((schema, old) if new_reads else (old, schema)), format=kind).findings
            for schema in (json.dumps(new), json.dumps(applied(new, change)))
        )
        left, there = ([(each.rule, each.stable_path) for each in found] for found in (after, before))
        key = (finding.rule, finding.stable_path)
        assert left.count(key) < there.count(key), (new_reads, change)


@pytest.mark.parametrize("rule", sorted(MECHANICAL))
def test_a_mechanical_rule_has_a_fixture_with_a_replacement(rule: str) -> None:
    shown = [found for case in CASES for _, found, _ in repaired(case) if found.rule == rule]
    assert shown
