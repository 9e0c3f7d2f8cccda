"""Does the shortcut over equal parts of two schemas ever change what the registry engine says?"""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given

from json_strategies import pairs
from schemagate.compat.json_schema.registry import containers, judge
from schemagate.compat.json_schema.registry.unchanged import is_unchanged
from schemagate.errors import SchemaError
from schemagate.schema.json_schema import Draft, parse
from test_json_data_random import Drawing

DRAWN = 150


def both_ways(old: Any, new: Any, draft: str) -> list[Any]:
    """The verdict with the shortcut and without."""
    found: list[Any] = []
    for shortcut in (is_unchanged, lambda _old, _new: False):
        with mock.patch.object(containers, "is_unchanged", shortcut):
            try:
                found.append(judge(*(parse(json.dumps(side), "schema.json", draft=draft) for side in (new, old))))
            except SchemaError as error:
                found.append(str(error))
    return found


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
        skipped += is_unchanged(schema, schema)
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
        ({"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}),
    ],
)
def test_what_needs_a_look(old: Any, new: Any) -> None:
    assert not is_unchanged(old, new)


def test_what_needs_none() -> None:
    for schema in (True, False, {}, {"type": ["string", "null"], "title": "x"}, {"items": [{"enum": [None]}, True]}):
        assert is_unchanged(schema, json.loads(json.dumps(schema)))
