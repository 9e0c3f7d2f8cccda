"""Paths in schemas: what is claimed about a field holds for every event that a real validator or decoder accepts."""

from __future__ import annotations

import io
import itertools
import json
from typing import Any

import fastavro
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemagate.schema import avro, json_schema, paths
from schemagate.schema.fields import ANY_TYPE, Field, steps

NAMES = ("a", "b")
PATHS = ("a", "b", "a.a", "a.b", "a[]", "a[].b")
LEAVES = (None, 1, "x", [], {})


def json_of(value: Any, draft: str = "2020-12") -> json_schema.JsonSchema:
    return json_schema.parse(json.dumps(value), "schemas/e/v1.json", draft=draft)


def test_steps() -> None:
    assert steps("") == ()
    assert steps("payload.lines[].ids[][].x") == ("payload", "lines", "[]", "ids", "[]", "[]", "x")


def schemas() -> st.SearchStrategy[Any]:
    def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        tables = st.dictionaries(st.sampled_from(NAMES), inner, max_size=2)
        lists = st.lists(inner, min_size=1, max_size=2)
        return st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(
                    ["object", "array", "string", "number", ["object", "null"], ["integer", "string"]]
                ),
                "properties": tables,
                "required": st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
                "additionalProperties": st.booleans() | inner,
                "unevaluatedProperties": st.just(False),
                "patternProperties": st.just({"^a": True}),
                "items": inner,
                "allOf": lists,
                "anyOf": lists,
                "oneOf": lists,
                "not": st.sampled_from(
                    [{}, {"required": ["a"]}, {"anyOf": [{"required": ["b"]}]}, {"required": ["a", "b"]}]
                ),
                "enum": st.just([None, 1, "x", {"a": 1}, {"a": {"b": "x"}}]),
                "if": inner,
                "then": inner,
            },
        )

    return st.recursive(st.booleans() | st.just({"not": {}}), keywords, max_leaves=12)


def objects() -> st.SearchStrategy[Any]:
    return st.recursive(
        st.sampled_from(LEAVES),
        lambda inner: st.dictionaries(st.sampled_from([*NAMES, "c"]), inner, max_size=3) | st.lists(inner, max_size=2),
        max_leaves=6,
    )


SOME = [
    {name: value for name, value in zip("ab", chosen, strict=True) if value is not Ellipsis}
    for chosen in itertools.product((..., None, 1, "x", [], [{"b": 1}], {}, {"a": 1}, {"a": "x", "b": None}), repeat=2)
]
"""Small events of many shapes."""


def reached(value: Any, path: tuple[str, ...]) -> list[Any] | None:
    """The values at a path, none if it is absent; None where something on the way is neither object nor list."""
    if not path:
        return [value]
    step, rest = path[0], path[1:]
    if step == "[]":
        inner = value if isinstance(value, list) else []
    elif isinstance(value, dict):
        inner = [value[step]] if step in value else []
    else:
        return None
    found = [reached(each, rest) for each in inner]
    return None if None in found else [each for values in found if values is not None for each in values]


def word(value: Any) -> str:
    words = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return words[type(value)] if value is not None else "null"


@given(schemas(), st.lists(objects(), max_size=5))
def test_what_is_claimed_of_json_holds_for_every_valid_event(value: Any, more: list[Any]) -> None:
    schema = json_of(value)
    validator = jsonschema_rs.Draft202012Validator(value)
    valid = [event for event in [*SOME, *more] if validator.is_valid(event)]
    for path in PATHS:
        found = paths.find(schema, path)
        forbidden = paths.forbids(schema, path)
        for event in valid:
            at = reached(event, steps(path))
            if forbidden:
                assert not at, (path, event)
            if found is None or at is None:
                continue
            assert at or not found.always, (path, event)
            assert {word(each) for each in at} <= found.types, (path, event)


@given(schemas())
def test_the_fields_of_an_object_are_those_that_are_found_one_by_one(value: Any) -> None:
    schema = json_of(value)
    for start in ("", "a"):
        for name, field in paths.fields(schema, start).items():
            assert field == paths.find(schema, f"{start}.{name}".lstrip("."))


@pytest.mark.parametrize(
    ("value", "path", "expected"),
    [
        ({"properties": {"a": {"type": "string"}}, "required": ["a"]}, "a", Field(True, frozenset({"string"}))),
        ({"properties": {"a": {"type": "string"}}}, "a", Field(False, frozenset({"string"}))),
        ({"properties": {"a": {}}, "required": ["a"]}, "a", Field(True, ANY_TYPE)),
        ({"required": ["a"]}, "a", None),
        ({"type": ["object", "null"], "properties": {"a": {"const": 1}}, "required": ["a"]}, "a", Field(False, frozenset({"integer"}))),
        (
            {"anyOf": [{"properties": {"a": {"const": "x"}}, "required": ["a"]}, {"properties": {"a": {"const": 1}}, "required": ["a"]}]},
            "a",
            Field(True, frozenset({"string", "integer"})),
        ),
        ({"anyOf": [{"properties": {"a": {"const": "x"}}, "required": ["a"]}, {"type": "object"}]}, "a", Field(False, ANY_TYPE)),
        (
            {"$ref": "#/$defs/e", "$defs": {"e": {"properties": {"a": {"type": "integer"}}, "required": ["a"]}}},
            "a",
            Field(True, frozenset({"integer"})),
        ),
        ({"$ref": "#/nowhere"}, "a", None),
        ({"$ref": "#"}, "a", None),
        ({"properties": {"a": {"items": {"type": "number"}}}, "required": ["a"]}, "a[]", Field(False, frozenset({"number", "integer"}))),
    ],
)  # fmt: skip
def test_one_field(value: Any, path: str, expected: Field | None) -> None:
    assert paths.find(json_of(value), path) == expected


def test_a_name_is_forbidden_when_no_branch_lets_it_in() -> None:
    closed = {"type": "object", "properties": {"b": {}}, "additionalProperties": False}
    for keyword in ("anyOf", "oneOf"):
        assert paths.forbids(json_of({keyword: [closed, {"type": "null"}]}), "a")
        assert not paths.forbids(json_of({keyword: [closed, {"type": "object"}]}), "a")
    assert paths.forbids(json_of({"allOf": [closed, {"type": "object"}]}), "a")


def test_up_to_draft_07_nothing_beside_a_reference_counts() -> None:
    value = {
        "$ref": "#/definitions/e",
        "required": ["a"],
        "definitions": {"e": {"properties": {"a": {"type": "string"}}}},
    }
    assert paths.find(json_of(value, "draft-07"), "a") == Field(False, frozenset({"string"}))
    assert paths.find(json_of(value), "a") == Field(True, frozenset({"string"}))
    sealed = {"properties": {}, "unevaluatedProperties": False}
    assert not paths.forbids(json_of(sealed, "draft-07"), "a"), "the word is not known there"
    assert paths.forbids(json_of(sealed), "a")


@pytest.mark.parametrize(
    "value",
    [
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"$ref": "#/$defs/0", "$defs": {str(n): {"anyOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(40)}},
        {"properties": {"a": {"$ref": "#"}}, "allOf": [{"$ref": "#"}], "required": ["a"]},
        {"properties": {f"p{n}": {"anyOf": [{"type": "string"}] * 20} for n in range(5_000)}},
    ],
)
def test_a_schema_that_never_ends_claims_nothing(value: Any) -> None:
    schema = json_of(value)
    found = paths.find(schema, "a.a.a.a.b")
    assert found is None or not found.always
    assert not paths.forbids(schema, "a.a.a.a.b")
    paths.fields(schema, "a")
    paths.fields(schema, "")


AVRO = {
    "type": "record",
    "name": "E",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "uid", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "either", "type": [{"type": "record", "name": "A", "fields": [{"name": "x", "type": "int"}]}, {"type": "record", "name": "B", "fields": []}]},
        {"name": "both", "type": ["A", {"type": "record", "name": "C", "fields": [{"name": "x", "type": "string"}]}]},
        {"name": "lines", "type": {"type": "array", "items": "A"}},
        {"name": "labels", "type": {"type": "map", "values": "string"}},
        {"name": "self", "type": ["null", "E"]},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("id", Field(True, frozenset({"string"}))),
        ("uid", Field(True, frozenset({"string"}))),
        ("at", Field(True, frozenset({"integer timestamp-millis"}))),
        ("note", Field(True, frozenset({"null", "string"}))),
        ("either.x", Field(False, frozenset({"integer"}))),
        ("both.x", Field(True, frozenset({"integer", "string"}))),
        ("lines[].x", Field(False, frozenset({"integer"}))),
        ("labels.x", None),
        ("self.self.id", Field(False, frozenset({"string"}))),
        ("nowhere", None),
    ],
)
def test_one_field_of_avro(path: str, expected: Field | None) -> None:
    assert paths.find(avro.parse(json.dumps(AVRO), "e.avsc"), path) == expected


def test_what_avro_forbids_no_decoder_gives() -> None:
    schema = avro.parse(json.dumps(AVRO), "e.avsc")
    assert paths.forbids(schema, "first_name")
    assert paths.forbids(schema, "lines[].first_name")
    assert not paths.forbids(schema, "labels.first_name"), "a map may hold any name"
    assert not paths.forbids(schema, "id")
    event = {"id": "i", "uid": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "at": 0, "note": None, "either": {"x": 1}, "both": {"x": 1},
             "lines": [{"x": 1, "first_name": "Ann"}], "labels": {"first_name": "Ann"}, "self": None, "first_name": "Ann"}  # fmt: skip
    stream = io.BytesIO()
    parsed = fastavro.parse_schema(json.loads(json.dumps(AVRO)))
    fastavro.schemaless_writer(stream, parsed, event)
    stream.seek(0)
    read: Any = fastavro.schemaless_reader(stream, parsed, None)
    assert "first_name" not in read
    assert read["lines"] == [{"x": 1}]
    assert read["labels"] == {"first_name": "Ann"}
