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


def _object(closed: bool = False, required: tuple[str, ...] = (), **kinds: str) -> dict[str, Any]:
    properties = {name: {"type": kind} for name, kind in kinds.items()}
    return {
        "type": "object",
        "properties": properties,
        **({"required": list(required)} if required else {}),
        **({"additionalProperties": False} if closed else {}),
    }


def _record(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "Order", **more, "fields": list(fields)}


NOTE: dict[str, Any] = {"name": "note", "type": "string", "default": ""}
REMARK: dict[str, Any] = {**NOTE, "name": "remark"}


def _buyer(name: str, **more: Any) -> dict[str, Any]:
    return {"name": "buyer", "type": {"type": "record", "name": name, "fields": [NOTE], **more}}


@pytest.mark.parametrize(
    ("rule", "old", "new", "new_reads", "pointer", "value"),
    [
        ("SG-AVRO-205", _record(NOTE), _record(REMARK), True, "/fields/0/aliases", ["note"]),
        ("SG-AVRO-205", _record(NOTE), _record(REMARK), False, "/fields/0", NOTE),
        (
            "SG-AVRO-205",
            _record(NOTE),
            _record({**REMARK, "aliases": ["note", "memo"]}),
            False,
            "/fields/0",
            {**NOTE, "aliases": ["memo"]},
        ),
        (
            "SG-AVRO-304",
            _record(NOTE),
            _record(NOTE, {"name": "n", "type": ["int", "string", "null"], "default": None}),
            True,
            "/fields/1/type",
            ["null", "int", "string"],
        ),
        (
            "SG-AVRO-304",
            _record(NOTE),
            _record(NOTE, {"name": "n", "type": ["null", {"type": "string"}], "default": "x"}),
            True,
            "/fields/1/type",
            [{"type": "string"}, "null"],
        ),
        (
            "SG-AVRO-103",
            _record(_buyer("Buyer"), namespace="shop"),
            _record(_buyer("Customer"), namespace="shop"),
            True,
            "/fields/0/type/aliases",
            ["Buyer"],
        ),
        (
            "SG-AVRO-103",
            _record(_buyer("Buyer"), namespace="shop"),
            _record(_buyer("people.Customer", aliases=["Client"]), namespace="shop"),
            True,
            "/fields/0/type/aliases",
            ["Client", "shop.Buyer"],
        ),
        (
            "SG-AVRO-103",
            _record(_buyer("Buyer"), namespace="shop"),
            _record(_buyer("shop.Customer"), namespace="shop"),
            False,
            "/fields/0/type/name",
            "shop.Buyer",
        ),
        (
            "SG-JSON-108",
            _object(id="string", coupon="string"),
            _object(id="string"),
            False,
            "/properties/coupon",
            {"type": "string"},
        ),
        (
            "SG-JSON-109",
            _object(True, id="string", coupon="string"),
            _object(True, id="string"),
            True,
            "/properties/coupon",
            {"type": "string"},
        ),
        (
            "SG-JSON-109",
            _object(True, id="string", coupon="string"),
            {**_object(id="string"), "properties": {"id": {"type": "string"}, "coupon": False}},
            True,
            "/properties/coupon",
            {"type": "string"},
        ),
        (
            "SG-JSON-109",
            _object(True, id="string"),
            _object(True, id="string", coupon="string"),
            False,
            "/properties",
            {"id": {"type": "string"}},
        ),
    ],
)
def test_what_is_put_where(  # noqa: PLR0917 - a row of the table
    rule: str, old: dict[str, Any], new: dict[str, Any], new_reads: bool, pointer: str, value: object
) -> None:
    (change,) = _changes(rule, old, new, new_reads)
    assert change == Replacement(pointer, value)
    kind = "avro" if "AVRO" in rule else "json"
    sides = [json.dumps(applied(new, change)), json.dumps(old)]
    left = compare(*(sides if new_reads else sides[::-1]), format=kind).findings  # type: ignore[arg-type]
    assert rule not in {each.rule for each in left}


@pytest.mark.parametrize(
    ("rule", "old", "new", "new_reads"),
    [
        (
            "SG-AVRO-103",
            _record(_buyer("Buyer")),
            _record(_buyer("people.Customer")),
            True,
        ),  # no alias says "no namespace"
        ("SG-AVRO-103", _record(_buyer("Buyer", namespace="a")), _record(_buyer("Customer", namespace="b")), False),
        (
            "SG-AVRO-103",
            _record(_buyer("Buyer"), namespace="shop"),
            _record(
                _buyer("Customer"),
                {"name": "other", "type": ["null", "shop.Customer"], "default": None},
                namespace="shop",
            ),
            False,
        ),
        ("SG-JSON-108", _object(id="string"), _object(id="string", coupon="string"), True),  # three ways out
        ("SG-JSON-109", _object(True, id="string"), _object(True, ("coupon",), id="string", coupon="string"), False),
        (
            "SG-JSON-109",
            {
                **_object(True),
                "properties": {"coupon": {"$ref": "#/definitions/c"}},
                "definitions": {"c": {"type": "string"}},
            },
            _object(True, id="string"),
            True,
        ),
    ],
)
def test_where_no_text_alone_repairs(rule: str, old: dict[str, Any], new: dict[str, Any], new_reads: bool) -> None:
    assert _changes(rule, old, new, new_reads) == [None]


def _changes(rule: str, old: dict[str, Any], new: dict[str, Any], new_reads: bool) -> list[Replacement | None]:
    kind = Format.AVRO if "AVRO" in rule else Format.JSON
    schemas = [parse(Content(kind, "schema", json.dumps(each))) for each in (new, old)]
    texts = [json.dumps(each) for each in ((new, old) if new_reads else (old, new))]
    found = [each for each in compare(*texts, format=kind.value).findings if each.rule == rule]
    return [of_schemas(each, *schemas, new_is_reader=new_reads) for each in found]
