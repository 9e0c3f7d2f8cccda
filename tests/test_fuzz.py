"""Do any bytes end in a typed error or a verdict: real schemas with bytes changed, pieces doubled, cut or nested?

A fixed number of inputs from fixed seeds; `SCHEMAGATE_EXAMPLES=2000 pytest tests/test_fuzz.py` runs longer, on new ones
each time. What hangs is ended by an alarm and fails: every engine counts its own steps.
"""

from __future__ import annotations

import copy
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from schemagate.compat.compare import judge
from schemagate.errors import SchemaError
from schemagate.schema import avro, json_text
from schemagate.schema.avro import AvroSchema
from schemagate.schema.event import Content, Format
from schemagate.schema.json_schema import JsonSchema
from schemagate.schema.parsing import Parsed, parse

INPUTS = 6 * int(os.environ.get("SCHEMAGATE_EXAMPLES", "60"))
SEED = int.from_bytes(os.urandom(4), "big") if "SCHEMAGATE_EXAMPLES" in os.environ else 1
SECONDS = 120
ROOT = Path(__file__).parents[1]

RECORD = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "aliases": ["Purchase"],
    "fields": [
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "next", "type": ["null", "Order"], "default": None},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["A", "B"], "default": "A"}},
        {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 4}, "default": "\u00ff\u0000ab"},
        {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "lines", "type": {"type": "array", "items": {"type": "map", "values": ["int", "double"]}}},
    ],
}
OBJECT = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "definitions": {"node": {"type": "object", "properties": {"next": {"$ref": "#/definitions/node"}}}},
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[a-z]+-[0-9]{1,3}$", "minLength": 3},
        "tree": {"$ref": "#/definitions/node"},
        "state": {"enum": ["A", 1, None, 1.5]},
        "total": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.01},
        "lines": {"type": "array", "items": [{"type": "integer"}, True], "additionalItems": False},
        "other": {"oneOf": [{"const": {"a": []}}, {"not": {"type": "null"}}], "default": -0.0},
    },
    "patternProperties": {"^x-": {"type": ["string", "null"]}},
    "required": ["id", "total"],
    "dependencies": {"lines": ["state"]},
    "if": {"properties": {"state": {"const": "A"}}},
    "then": {"maxProperties": 4},
    "additionalProperties": {"format": "date-time"},
}
TEXTS = {
    Format.AVRO: [json.dumps(RECORD), json.dumps(RECORD, indent=1)],
    Format.JSON: [json.dumps(OBJECT), *(f.read_text("utf-8") for f in sorted(ROOT.glob("schemas/*/v1.json")))],
}
PIECES = [
    b"NaN", b"-Infinity", b"1e999", b"-1e-999", b"1" * 5000, b"0.1000000000000000055511151231257827", b'"\\ud800"', b"\xff", b"\x00",
    b"\xef\xbb\xbf", b"[" * 300, b"{" * 40, b'{"a":' * 250, b'"(a+)+$"', b'"(?<=a)b"', b'"[a-"', b'"$ref":"#"', b'{"$ref":"#"}',
    b'"type":"record"', b'["null"]', b"null", b"true", b"{}", b"[]", b'""', b",", b":", b"}", b'"Order"', b'"shop.Order"',
    b'"aliases":["id"]', b'{"not":{}}', b'"\\u0000"', b"// x", b"'", b"1.0", b"-0", b"2147483648", b"9223372036854775808",
]  # fmt: skip


VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2**31, 10**30, 1.5, "", "a", "id", "Order", "shop.Order", "null", "string", "int", "#", "^a+$", "(", [], {},
    ["null", "string"], ["null", "null"], [[]], {"type": "string"}, {"type": "int"}, {"type": "array", "items": "Order"}, {"$ref": "#"},
    {"$ref": "#/definitions/node"}, {"type": "enum", "name": "State", "symbols": []}, {"type": "fixed", "name": "State", "size": 2},
    {"type": "record", "name": "Order", "fields": []}, {"not": {}}, {"enum": []}, {"minimum": 5, "maximum": 1}, {"anyOf": [{}, False]},
]  # fmt: skip


class Mutations:
    """Changes bytes, from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - to be repeated, not to be secret

    def of(self, data: bytes) -> bytes:
        """The bytes after some changes: of values, so that it is JSON still, or of any bytes."""
        if self.random.random() < 0.6:
            value = json.loads(data)
            for _ in range(self.random.choice([1, 1, 2, 3])):
                self.edit(value)
            data = json.dumps(value).encode()
            if self.random.random() < 0.8:
                return data
        for _ in range(self.random.choice([1, 1, 2, 4])):
            data = self.random.choice([self.flipped, self.cut, self.without, self.doubled, self.with_piece])(data)
        return data

    def edit(self, value: Any) -> None:
        """One value is replaced, left out, or changes places with another."""
        holders = list(_holders(value))
        if len(holders) < 2:
            return
        (one, here), (other, there) = self.random.sample(holders, 2)
        kind = self.random.random()
        if kind < 0.5:
            one[here] = copy.deepcopy(self.random.choice(VALUES))
        elif kind < 0.7:
            del one[here]
        else:
            one[here], other[there] = copy.deepcopy(other[there]), copy.deepcopy(one[here])

    def place(self, data: bytes) -> int:
        return self.random.randrange(len(data) + 1)

    def span(self, data: bytes) -> tuple[int, int]:
        """From one quote or bracket to a later one, mostly, so that what is left is often JSON."""
        marks = [place for place, byte in enumerate(data) if byte in b'"{}[],'] or [0]
        start, end = sorted(self.random.choice(marks) for _ in range(2))
        return start, min(end, start + 400)

    def flipped(self, data: bytes) -> bytes:
        at = self.place(data)
        return data[:at] + bytes([self.random.randrange(256)]) + data[at + 1 :]

    def cut(self, data: bytes) -> bytes:
        return data[: self.place(data)]

    def without(self, data: bytes) -> bytes:
        start, end = self.span(data)
        return data[:start] + data[end:]

    def doubled(self, data: bytes) -> bytes:
        start, end = self.span(data)
        return data[:end] + data[start:end] * self.random.choice([1, 1, 2, 50]) + data[end:]

    def with_piece(self, data: bytes) -> bytes:
        start, end = self.span(data) if self.random.random() < 0.6 else (self.place(data),) * 2
        return data[:start] + self.random.choice(PIECES) + data[end:]


def _holders(value: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of every value below the top."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _holders(inner)


@contextmanager
def no_hang(what: object) -> Iterator[None]:
    """End in a failure what does not end by itself."""

    def alarm(_signal: int, _frame: object) -> None:
        raise AssertionError(f"no end after {SECONDS} s: {what!r:.2000}")

    before = signal.signal(signal.SIGALRM, alarm)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def read(data: bytes, format_: Format) -> Parsed | None:
    """The schema, or None where the bytes are refused in so many words."""
    try:
        schema = parse(Content(format_, "fuzz", json_text.decode(data, "fuzz")))
    except SchemaError:
        return None
    if isinstance(schema, AvroSchema):
        assert all(message for _, message in avro.problems(schema))
        parse(Content(format_, "fuzz", avro.canonical(schema))) if _is_self_contained(schema) else None
    return schema


def _is_self_contained(schema: AvroSchema) -> bool:
    return not schema.contested and not any(True for _ in avro.problems(schema))


def judged(one: Parsed, other: Parsed) -> None:
    """Both ways, of JSON also under the assumption; a verdict each, or a typed error of a keyword nobody could read."""
    assumptions = [(), ("declared-properties-only",)] if isinstance(one, JsonSchema) else [()]
    for (reader, writer), assume in product([(one, other), (other, one)], assumptions):
        try:
            found = judge(reader, writer, assume=assume)
        except SchemaError:
            continue
        assert found.data == "yes" or found.findings


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no alarm here")
@pytest.mark.parametrize("format_", [Format.AVRO, Format.JSON])
def test_mutated_schemas(format_: Format) -> None:
    mutations = Mutations(SEED)
    readable = 0
    for number in range(INPUTS):
        original = TEXTS[format_][number % len(TEXTS[format_])].encode()
        data = mutations.of(original)
        with no_hang(data):
            schema = read(data, format_)
            if schema is not None:
                readable += 1
                whole = read(original, format_)
                assert whole is not None
                judged(schema, whole)
    assert readable * 20 > INPUTS, "some of them are still schemas"


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no alarm here")
@pytest.mark.parametrize("format_", [Format.AVRO, Format.JSON])
def test_random_bytes(format_: Format) -> None:
    random = Random(SEED)  # noqa: S311 - to be repeated, not to be secret
    for _ in range(INPUTS):
        alphabet = random.choice([bytes(range(256)), b'{}[]",:\\ atypenrcdfilsu0123.-e\n'])
        data = bytes(random.choice(alphabet) for _ in range(random.randrange(40)))
        with no_hang(data):
            read(data, format_)


@pytest.mark.parametrize("format_", [Format.AVRO, Format.JSON])
def test_every_truncation(format_: Format) -> None:
    data = TEXTS[format_][0].encode()
    for end in range(len(data)):
        assert read(data[:end], format_) is None, end


def enum(symbols: int) -> Any:
    return {"type": "enum", "name": "E", "symbols": [f"S{number}" for number in range(symbols)]}


def union(branches: int) -> Any:
    return [{"type": "record", "name": f"R{number}", "fields": []} for number in range(branches)]


def wide(fields: int) -> Any:
    return {
        "type": "record",
        "name": "R",
        "fields": [{"name": f"field_{number}", "type": "string", "doc": "x" * 20} for number in range(fields)],
    }


def deep(levels: int) -> Any:
    schema: Any = "string"
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


def fixed(size: int) -> Any:
    return wide(1) | {"fields": [{"name": "f", "type": {"type": "fixed", "name": "F", "size": size}}]}


FLOODS: dict[str, tuple[Any, Any, str]] = {
    "10,000 symbols, one gone": (enum(9_999), enum(10_000), "no"),
    "10,000 symbols, one more": (enum(10_000), enum(9_999), "yes"),
    "10,000 branches, one gone": (union(9_999), union(10_000), "no"),
    "10,000 branches, one more": (union(10_000), union(9_999), "yes"),
    "10,000 branches in another order": (union(3_000)[::-1], union(3_000), "yes"),
    "5 MB, a field gone": (wide(70_000), wide(70_001), "yes"),
    "5 MB, a field more": (wide(70_001), wide(70_000), "no"),
    "150 levels": (deep(150), deep(149), "no"),
    "a size below zero": (fixed(4), fixed(-3), "no"),
}


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no alarm here")
@pytest.mark.parametrize("name", FLOODS)
def test_floods_of_avro(name: str) -> None:
    reader, writer, answer = FLOODS[name]
    with no_hang(name):
        found = judge(*(parse(Content(Format.AVRO, "flood", json.dumps(side))) for side in (reader, writer)))
    assert found.data == answer


def properties(count: int, **more: Any) -> Any:
    named = {f"property_{number}": {"type": "string", "description": "x" * 70} for number in range(count)}
    return {"type": "object", "properties": {**named, **more}, "additionalProperties": False}


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no alarm here")
@pytest.mark.parametrize(("extra", "answer"), [({}, "yes"), ({"property_5": {"type": "integer"}}, "no")])
def test_five_megabytes_of_json_schema(extra: Any, answer: str) -> None:
    """Linear: each of the 40,000 properties is looked at, none of them twice."""
    old, new = json.dumps(properties(40_000)), json.dumps(properties(40_000, more={"type": "null"}, **extra))
    assert len(old) > 5_000_000
    with no_hang("5 MB"):
        found = judge(*(parse(Content(Format.JSON, "flood", side)) for side in (new, old)))
    assert found.data == answer
