"""Does the shortcut over equal parts of two schemas ever change what the registry engine says?"""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given

from json_strategies import pairs
from schemagate.compat.json_schema.registry import judge, verdict
from schemagate.compat.json_schema.registry.unchanged import _READ, Unchanged
from schemagate.errors import SchemaError
from schemagate.schema.json_schema import Draft, JsonSchema, parse
from test_json_data_random import Drawing

DRAWN = 150
NODE = {"properties": {"next": {"$ref": "#/definitions/node"}}}
RECURSIVE = {"properties": {"first": {"$ref": "#/definitions/node"}}, "definitions": {"node": NODE}}


class Nothing:
    """Says of everything that it needs a look."""

    def __init__(self, writer: JsonSchema, reader: JsonSchema) -> None: ...

    def subschema(self, old: Any, new: Any) -> bool:
        return False

    def subschemas(self, old: dict[str, Any], new: dict[str, Any]) -> set[str]:
        return set()

    def changed(self, old: dict[str, Any], new: dict[str, Any]) -> set[str]:
        return set(_READ)


def both_ways(old: Any, new: Any, draft: str) -> list[Any]:
    """The verdict with the shortcut and without."""
    found: list[Any] = []
    for shortcut in (Unchanged, Nothing):
        with mock.patch.object(verdict, "Unchanged", shortcut):
            try:
                found.append(judge(*(parse(json.dumps(side), "schema.json", draft=draft) for side in (new, old))))
            except SchemaError as error:
                found.append(str(error))
    return found


def is_unchanged(old: Any, new: Any, draft: str = "draft-07") -> bool:
    """What the shortcut says of two whole schemas."""
    sides = [parse(json.dumps(side), "schema.json", draft=draft) for side in (old, new)]
    return Unchanged(*sides).subschema(old, new)


def wrapped(schema: Any, **beside: Any) -> Any:
    """The schema as a property, so that the shortcut is asked about it."""
    return {"type": "object", "properties": {"inner": schema, **beside}, "definitions": schema.get("definitions", {})}


@given(pairs)
def test_event_like_pairs(pair: tuple[Any, Any]) -> None:
    shortcut, without = both_ways(*pair, draft="draft-07")
    assert shortcut == without


@pytest.mark.parametrize("draft", [draft.value for draft in Draft])
def test_schemas_of_all_keywords(draft: str) -> None:
    drawing = Drawing(seed=len(draft) + 7)
    skipped = 0
    for _ in range(DRAWN):
        schema = drawing.root()
        skipped += is_unchanged(schema, schema, draft)
        shortcut, without = both_ways(wrapped(schema), wrapped(schema, more={"type": "string"}), draft)
        assert shortcut == without
        shortcut, without = both_ways(schema, drawing.edited(schema), draft)
        assert shortcut == without
    assert skipped, "some of them can be skipped"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"enum": [1]}, {"enum": [True]}),
        ({"minimum": 1}, {"minimum": True}),
        ({"properties": {"a": True}}, {"properties": {"a": 1}}),
        ({"$ref": "#/definitions/a"}, {"$ref": "#/definitions/a"}),
        ({"exclusiveMaximum": 3}, {"exclusiveMaximum": 3}),
        ({"type": "strin"}, {"type": "strin"}),
        ({"required": "a"}, {"required": "a"}),
        ({"allOf": []}, {"allOf": []}),
        ({"items": {"$ref": "#"}}, {"items": {"$ref": "#"}, "title": "moved"}),
        ({"items": {"$ref": "#/definitions/a"}, "definitions": {"a": {"type": "strin"}}},) * 2,
        ({"items": {"$ref": "#/definitions/a"}, "definitions": {"a": {"$ref": "#/definitions/a"}}},) * 2,
        ({"items": {"$ref": "#/definitions/a"}, "definitions": {"a": {"$id": "b", "type": "string"}}},) * 2,
    ],
)
def test_what_needs_a_look(old: Any, new: Any) -> None:
    assert not is_unchanged(old, new)


def test_what_needs_none() -> None:
    for schema in (
        True,
        False,
        {},
        {"type": ["string", "null"], "title": "x"},
        {"items": [{"enum": [None]}, True]},
        RECURSIVE,
    ):
        assert is_unchanged(schema, json.loads(json.dumps(schema)))


@pytest.mark.parametrize("draft", [draft.value for draft in Draft])
def test_what_is_referred_to_may_change(draft: str) -> None:
    """A part that says the same may mean something else, also where its reference leads there over another one."""
    chain = {
        "properties": {"a": {"$ref": "#/definitions/a"}, "b": {"$ref": "#/definitions/b"}},
        "definitions": {"a": {"items": {"$ref": "#/definitions/b"}}, "b": {"type": "string"}},
    }
    for target in ({"type": "integer"}, {"type": "strin"}, {"$ref": "#/definitions/a"}, {"$ref": "#/nowhere"}, 5):
        edited = {**chain, "definitions": {**chain["definitions"], "b": target}}
        for pair in ((chain, edited), (edited, chain), (edited, {**edited, "title": "x"})):
            shortcut, without = both_ways(*pair, draft)
            assert shortcut == without
    assert judge(*(parse(json.dumps(side), "schema.json", draft=draft) for side in (edited_type(chain), chain))).changes


def edited_type(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with another type at the end of the chain."""
    return {**schema, "definitions": {**schema["definitions"], "b": {"type": "integer"}}}
