"""Every replacement text that a finding of a fixture comes with is put into the new schema: the finding is gone.

Of JSON and Avro a value goes to a pointer, of Protobuf a declaration into the file.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from schemagate.compat.compare import compare
from schemagate.compat.protobuf import repair as protobuf_repair
from schemagate.compat.repair import MECHANICAL, of_schemas
from schemagate.findings import Finding, Replacement
from schemagate.schema import json_text, protobuf
from schemagate.schema.event import Content, Format
from schemagate.schema.parsing import parse
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


def written(text: str, change: Replacement) -> str:
    """The text of a schema with a replacement in its place."""
    if not change.is_text:
        return json.dumps(applied(json_text.read(text, "new"), change))
    pointer = change.pointer.removesuffix("/-")
    place = protobuf.locate(protobuf.parse(text, "new"), pointer)
    start = len("".join(text.splitlines(keepends=True)[: place.line - 1])) + place.column - 1
    if pointer == change.pointer:
        return f"{text[:start]}{change.value}{text[text.index(';', start) + 1 :]}"
    inside = text.index("{", start) + 1
    return f"{text[:inside]} {change.value} {text[inside:]}"


def found_by(case: Path, old: str, new: str, *, new_reads: bool) -> tuple[Finding, ...]:
    kind = FORMATS[case.parent.name.rpartition("-")[0]]
    reader, writer = (new, old) if new_reads else (old, new)
    return compare(reader, writer, format=kind, newer="reader" if new_reads else "writer").findings


@cache
def repaired(case: Path) -> list[tuple[bool, Finding, Replacement]]:
    """Whether the new schema reads, the finding, and its replacement."""
    old, new = text(case, "old"), text(case, "new")
    kind = Format(FORMATS[case.parent.name.rpartition("-")[0]])
    schemas = [parse(Content(kind, "schema", each)) for each in (new, old)]
    found = []
    for new_reads in (True, False):
        for finding in found_by(case, old, new, new_reads=new_reads):
            change = of_schemas(finding, *schemas, new_is_reader=new_reads)
            if change is not None:
                found.append((new_reads, finding, change))
    return found


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_replacement_removes_its_finding(case: Path) -> None:
    old, new = text(case, "old"), text(case, "new")
    for new_reads, finding, change in repaired(case):
        before, after = (found_by(case, old, schema, new_reads=new_reads) for schema in (new, written(new, change)))
        left, there = ([(each.rule, each.stable_path) for each in found] for found in (after, before))
        key = (finding.rule, finding.stable_path)
        assert left.count(key) < there.count(key), (new_reads, change)


@pytest.mark.parametrize("rule", sorted(MECHANICAL | protobuf_repair.MECHANICAL))
def test_a_mechanical_rule_has_a_fixture_with_a_replacement(rule: str) -> None:
    shown = [found for case in CASES for _, found, _ in repaired(case) if found.rule == rule]
    assert shown
