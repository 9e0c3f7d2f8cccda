"""Are values judged rightly by both validators, offline, with references, and without telling the payload?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemagate.errors import SchemaError
from schemagate.schema.json_schema import JsonSchema, parse
from schemagate.schema.validation import InstanceError, reasons, second_validator, validator

SCHEMA = {
    "type": "object",
    "properties": {
        "payload": {
            "type": "object",
            "properties": {
                "login": {"type": "string", "maxLength": 5},
                "items": {"type": "array", "items": {"type": "integer"}},
            },
            "required": ["login"],
            "additionalProperties": False,
        },
        "at": {"format": "date-time"},
    },
}


def json_errors(checked: JsonSchema, value: object) -> list[InstanceError]:
    return list(reasons(validator(checked), value))


def schema(value: Any, file: str = "schemas/a/v1.json", **references: Any) -> JsonSchema:
    return parse(
        json.dumps(value), file, references={f"{name}.json": json.dumps(text) for name, text in references.items()}
    )


def test_errors_name_the_place_and_the_problem() -> None:
    value = {"payload": {"items": [1, "secret"], "extra": "secret"}, "at": "yesterday"}
    assert {(error.pointer, error.message, error.schema_pointer) for error in json_errors(schema(SCHEMA), value)} == {
        ("/payload", "payload.login is missing", "/properties/payload/required"),
        ("/payload", "payload.extra is not allowed", "/properties/payload/additionalProperties"),
        (
            "/payload/items/1",
            "payload.items[1] is not of type integer",
            "/properties/payload/properties/items/items/type",
        ),
    }


MESSAGES: list[tuple[Any, Any, str]] = [
    ({"type": "string"}, 1, "the event is not of type string"),
    ({"enum": ["hidden"]}, "secret", "the event is not among the 1 listed value"),
    ({"const": "hidden"}, "secret", "the event is not the one value that is allowed"),
    ({"minimum": 1}, 0, "the event is below 1"),
    ({"exclusiveMinimum": 1}, 1, "the event is not above 1"),
    ({"maximum": 1}, 2, "the event is above 1"),
    ({"exclusiveMaximum": 1}, 1, "the event is not below 1"),
    ({"multipleOf": 2}, 3, "the event is not a multiple of 2"),
    ({"minLength": 9}, "secret", "the event is shorter than 9"),
    ({"maxLength": 2}, "secret", "the event is longer than 2"),
    ({"pattern": "^a"}, "secret", "the event does not match ^a"),
    ({"minItems": 1}, [], "the event has fewer than 1 item"),
    ({"maxItems": 0}, ["secret"], "the event has more than 0 items"),
    ({"uniqueItems": True}, ["secret", "secret"], "the event holds an item twice"),
    ({"contains": {"const": 1}}, ["secret"], "the event lacks an item that must be there"),
    ({"items": [True], "additionalItems": False}, [1, "secret"], "the event has more than 1 item"),
    ({"minProperties": 1}, {}, "the event has fewer than 1 property"),
    ({"maxProperties": 0}, {"a": "secret"}, "the event has more than 0 properties"),
    ({"propertyNames": {"maxLength": 1}}, {"aa": "secret"}, "the event has a property whose name is not allowed"),
    ({"dependencies": {"a": ["b"]}}, {"a": "secret"}, "b is missing"),
    ({"anyOf": [{"type": "null"}, False]}, "secret", "the event fits none of the alternatives"),
    ({"oneOf": [True, True]}, "secret", "the event does not fit exactly one of the alternatives"),
    ({"not": {"type": "string"}}, "secret", "the event is what must not be there"),
    (False, "secret", "the event is not allowed"),
]


@pytest.mark.parametrize(("rule", "value", "message"), MESSAGES, ids=lambda case: json.dumps(case)[:40])
def test_messages_are_sentences_without_the_value(rule: Any, value: Any, message: str) -> None:
    (error,) = json_errors(schema(rule), value)
    assert error.message == message
    assert "secret" not in error.message
    assert second_validator(schema(rule))(value) is False


@pytest.mark.parametrize(
    "with_id", [{}, {"$id": "https://example.com/a/v1.json"}, {"$id": "https://example.com/a/v1.json", "title": "x"}]
)
def test_references_resolve_among_the_given_texts(with_id: dict[str, Any]) -> None:
    money = {"$id": "https://example.com/a/money.json"} if with_id else {}
    made = parse(
        json.dumps({**with_id, "properties": {"price": {"$ref": "money.json#/definitions/amount"}, "own": {"$ref": "#/definitions/n"}},
                    "definitions": {"n": {"type": "null"}}}),
        "schemas/a/v1.json",
        references={"schemas/a/money.json": json.dumps({**money, "definitions": {"amount": {"type": "integer"}}})},
    )  # fmt: skip
    for value, valid in (({"price": 1}, True), ({"price": "1"}, False), ({"own": None}, True), ({"own": 1}, False)):
        assert validator(made).is_valid(value) is valid
        assert second_validator(made)(value) is valid


@pytest.mark.parametrize(
    "broken",
    [{"type": "text"}, {"$ref": "missing.json"}, {"$ref": "https://example.com/schema.json"}, {"pattern": "("}],
)
def test_a_schema_that_cannot_be_used_is_a_schema_error(broken: Any) -> None:
    with pytest.raises(SchemaError):
        json_errors(schema(broken), 1)


def test_the_second_validator_has_no_answer_where_it_fails() -> None:
    loop = {"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/a"}}}
    assert second_validator(schema(loop))(1) is None
    assert second_validator(schema({"$ref": "missing.json"}))(1) is None
    assert second_validator(schema({"pattern": "("}))("text") is None


def test_names_with_odd_characters_can_be_documents() -> None:
    for file in ("<reader>", "a b/ü#1.json"):
        assert (
            json_errors(schema({"$ref": "#/definitions/a", "definitions": {"a": {"type": "string"}}}, file), "x") == []
        )
