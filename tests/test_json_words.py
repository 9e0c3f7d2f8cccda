"""Do two schemas say the same, where do subschemas stand, and does it ever matter that what is the same is not read?"""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given

from json_strategies import pairs
from schemagate.compat.json_schema.data import judge, verdict
from schemagate.compat.verdicts import DataAnswer
from schemagate.schema import json_places, json_text
from schemagate.schema.json_schema import Draft, JsonSchema, parse
from schemagate.schema.json_words import Unchanged, same_words
from test_json_data_random import Drawing


def schema(value: Any, draft: str = "draft-07", **documents: str) -> JsonSchema:
    """A parsed schema."""
    return parse(json.dumps(value), "schema.json", draft=draft, references=documents)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("1", "1", True),
        ("1", "1.0", False),
        ("1", "true", False),
        ("0.1", "1e-1", True),  # one float
        ("0.0", "-0.0", False),
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', False),
        ("[0.1234567890123456789]", "[0.1234567890123456789]", True),  # no float holds it
        ("[0.1234567890123456789]", "[0.1234567890123456780]", False),
        ('["ä", "", "a"]', '["\\u00e4", "", "a"]', True),
    ],
)
def test_same_words(left: str, right: str, same: bool) -> None:
    assert same_words(json_text.read(left, "left"), json_text.read(right, "right")) is same


ADDRESS = {"properties": {"country": {"$ref": "#/definitions/country"}}}
ORDER = {"properties": {"to": {"$ref": "#/definitions/address"}}, "definitions": {"address": ADDRESS, "country": {}}}


def test_a_reference_is_followed_to_the_end() -> None:
    moved = {**ORDER, "definitions": {**ORDER["definitions"], "country": {"minLength": 2}}}
    part = ORDER["properties"]["to"]
    assert Unchanged(schema(ORDER), schema({**ORDER, "title": "An order"}))(part, dict(part))
    assert not Unchanged(schema(ORDER), schema(moved))(part, dict(part))
    assert not Unchanged(schema(moved), schema(ORDER))(part, dict(part))
    assert Unchanged(schema(ORDER), schema(moved)).names(ORDER, moved) == []
    assert Unchanged(schema(ORDER), schema(moved))({"minLength": 1}, {"minLength": 1})


@pytest.mark.parametrize(
    "beside",
    [
        {"definitions": {"a": {"$id": "other.json"}}},
        {"definitions": {"a": {"$dynamicRef": "#x"}}},
        {"default": "$ref"},
        {"properties": {"$ref": {"type": "string"}}},
    ],
)
def test_where_references_are_not_plain_nothing_is_claimed(beside: dict[str, Any]) -> None:
    one, other = (schema({"items": {"$ref": "#/definitions/a"}, **beside, "title": title}) for title in "ab")
    assert one.references is None
    assert not Unchanged(one, other)({"$ref": "#/definitions/a"}, {"$ref": "#/definitions/a"})


def test_references_of_several_texts_are_not_claimed() -> None:
    assert schema({"$ref": "other.json"}, **{"other.json": "{}"}).references is None


def test_references_are_those_of_the_text() -> None:
    assert schema({**ORDER, "$id": "https://example.com/order"}).references == (
        "#/definitions/address",
        "#/definitions/country",
    )


class Different:
    """Says of everything that it is not the same."""

    plain = False

    def __init__(self, one: JsonSchema, other: JsonSchema) -> None: ...

    def __call__(self, one: Any, other: Any) -> bool:
        return False

    def names(self, one: Any, other: Any) -> list[str]:
        return []

    def surely_leads_elsewhere(self, value: Any) -> bool:
        return False


def agree(old: Any, new: Any, draft: str) -> None:
    """Without the shortcut more may be unknown, and nothing else is said."""
    sides = [schema(side, draft) for side in (new, old)]
    quick = judge(*sides).answer
    with mock.patch.object(verdict, "Unchanged", Different):
        slow = judge(*sides).answer
    assert quick is slow or slow is DataAnswer.UNKNOWN


@given(pairs)
def test_event_like_pairs(pair: tuple[Any, Any]) -> None:
    agree(*pair, draft="draft-07")


@pytest.mark.parametrize("draft", [draft.value for draft in Draft])
def test_schemas_of_all_keywords(draft: str) -> None:
    drawing = Drawing(seed=len(draft) + 11)
    for _ in range(40):
        drawn = drawing.root()
        agree(drawn, drawing.edited(drawn), draft)


def test_every_step_leads_to_a_subschema() -> None:
    asked = {"a": 1}
    written = {
        **dict.fromkeys(json_places.SINGLE, asked),
        **{key: [asked, True] for key in json_places.LISTS - json_places.SINGLE},
        **{key: {"x": asked, "y": False} for key in json_places.MAPS},
        "dependencies": {"x": asked, "y": ["names"]},
        "enum": [asked],
        "const": asked,
    }
    made = {word: json_places.rewritten(word, value, lambda *_: "met") for word, value in written.items()}
    assert {word for word, value in made.items() if value == "met"} == json_places.SINGLE
    assert {word for word, value in made.items() if value == ["met", "met"]} == json_places.LISTS - json_places.SINGLE
    assert made["properties"] == {"x": "met", "y": "met"}
    assert made["dependencies"] == {"x": "met", "y": ["names"]}
    assert (made["enum"], made["const"]) == ([asked], asked)
    assert list(json_places.steps("items", [asked, asked])) == [(0,), (1,)]
