"""Events in Avro's JSON encoding: what fastavro writes is valid, and each wrong value is named by its field."""

from __future__ import annotations

import io
import json
from typing import Any

import fastavro
import pytest

from schemagate.schema import avro
from schemagate.schema.avro.events import errors

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "count", "type": "int"},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "raw", "type": "bytes"},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "prices", "type": {"type": "map", "values": "double"}},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "DONE"]}},
        {
            "name": "line",
            "type": ["null", {"type": "record", "name": "Line", "fields": [{"name": "sku", "type": "string"}]}],
        },
    ],
}
EVENT: dict[str, Any] = {
    "id": "x", "count": 2, "note": "hi", "raw": b"\xff\x00", "tags": ["a"], "prices": {"eur": 1.5}, "state": "NEW",
    "line": {"sku": "s"},
}  # fmt: skip


def encoded(event: dict[str, Any]) -> dict[str, Any]:
    out = io.StringIO()
    fastavro.json_writer(out, fastavro.parse_schema(SCHEMA), [event])
    value: dict[str, Any] = json.loads(out.getvalue())
    return value


def found(value: Any) -> list[tuple[str, str]]:
    return list(errors(avro.parse(json.dumps(SCHEMA), "order.avsc"), value))


@pytest.mark.parametrize("change", [{}, {"note": None}, {"line": None}, {"tags": []}])
def test_what_fastavro_writes_is_valid(change: dict[str, Any]) -> None:
    assert found(encoded({**EVENT, **change})) == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id": 7}, "/id"),
        ({"count": True}, "/count"),
        ({"count": 1 << 31}, "/count"),
        ({"note": "untagged"}, "/note"),
        ({"note": {"int": 3}}, "/note"),
        ({"note": {"string": 3}}, "/note/string"),
        ({"raw": "\u0100"}, "/raw"),
        ({"tags": ["a", 1]}, "/tags/1"),
        ({"prices": {"eur": "1"}}, "/prices/eur"),
        ({"state": "LOST"}, "/state"),
        ({"line": {"shop.Line": {}}}, "/line/shop.Line/sku"),
        ({"more": 1}, "/more"),
    ],
)
def test_the_failing_field_is_named(change: dict[str, Any], pointer: str) -> None:
    assert [place for place, _ in found({**encoded(EVENT), **change})] == [pointer]


def test_a_missing_field_is_missing_even_with_a_default() -> None:
    value = encoded(EVENT)
    del value["note"]
    assert found(value) == [("/note", "is missing")]


def test_not_an_object() -> None:
    assert [place for place, _ in found([])] == [""]
