"""Does every change of every JSON Schema construct have a rule in both directions, or a reason why it needs none?

A cell names the rule that the data engine must report, or says why nothing is to be reported. Every construct has a cell
for each kind of change; "no such change" says that there is none.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from grid import CHANGES, Cell, Waiver, assert_told, cells, constructs, side_rules
from schemagate.compat.json_schema import data
from schemagate.schema import json_schema

Schema = dict[str, Any]


def value(**keywords: Any) -> Schema:
    """An object that must hold `x`, which the keywords describe. `k_not`, `k_if`, `k_else` stand for words of Python."""
    described = {name.removeprefix("k_"): word for name, word in keywords.items()}
    return {"type": "object", "properties": {"x": described}, "required": ["x"]}


def text(**keywords: Any) -> Schema:
    return value(type="string", **keywords)


def number(**keywords: Any) -> Schema:
    return value(type="integer", **keywords)


def items(**keywords: Any) -> Schema:
    return value(type="array", **keywords)


def map_(**keywords: Any) -> Schema:
    return value(type="object", **keywords)


def closed(**properties: Any) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def open_(**properties: Any) -> Schema:
    return {"type": "object", "properties": properties}


def needing(*names: str) -> Schema:
    return open_(x=INT, y=INT) | ({"required": list(names)} if names else {})


INT: Schema = {"type": "integer"}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}

LOOSER = "fine: the reader takes more"
SAME = "fine: another way to say the same"
ANYTHING = "fine: the reader takes anything there"

GRID: dict[tuple[str, str], Cell | Waiver] = {
    ("property of an open object", "added"): Cell(open_(), open_(x=INT), "108", ANYTHING),
    ("property of an open object", "removed"): Cell(open_(x=INT), open_(), ANYTHING, "108"),
    ("property of an open object", "narrowed"): Cell(open_(x=NUMBER), open_(x=INT), "102", LOOSER),
    ("property of an open object", "widened"): Cell(open_(x=INT), open_(x=NUMBER), LOOSER, "102"),
    ("property of an open object", "renamed"): Cell(open_(x=INT), open_(y=INT), "108", "108"),
    ("property of a closed object", "added"): Cell(closed(), closed(x=INT), LOOSER, "109"),
    ("property of a closed object", "removed"): Cell(closed(x=INT), closed(), "109", LOOSER),
    ("property of a closed object", "narrowed"): Cell(closed(x=NUMBER), closed(x=INT), "102", LOOSER),
    ("property of a closed object", "widened"): Cell(closed(x=INT), closed(x=NUMBER), LOOSER, "102"),
    ("property of a closed object", "renamed"): Cell(closed(x=INT), closed(y=INT), "109", "109"),
    ("required name", "added"): Cell(needing(), needing("x"), "101", LOOSER),
    ("required name", "removed"): Cell(needing("x"), needing(), LOOSER, "101"),
    ("required name", "narrowed"): Cell(needing("x"), needing("x", "y"), "101", LOOSER),
    ("required name", "widened"): Cell(needing("x", "y"), needing("y"), LOOSER, "101"),
    ("required name", "renamed"): Cell(needing("x"), needing("y"), "101", "101"),
    ("undeclared required name", "added"): Cell(open_(), open_() | {"required": ["x"]}, "204", LOOSER),
    ("undeclared required name", "removed"): Cell(open_() | {"required": ["x"]}, open_(), LOOSER, "204"),
    ("undeclared required name", "narrowed"): Waiver("no such change: a name is required or not"),
    ("undeclared required name", "widened"): Waiver("no such change: a name is required or not"),
    ("undeclared required name", "renamed"): Waiver("no such change: see required name"),
    ("type", "added"): Cell(value(), value(type="string"), "102", ANYTHING),
    ("type", "removed"): Cell(value(type="string"), value(), ANYTHING, "102"),
    ("type", "narrowed"): Cell(value(type=["string", "null"]), value(type="string"), "102", LOOSER),
    ("type", "widened"): Cell(value(type="integer"), value(type="number"), LOOSER, "102"),
    ("type", "renamed"): Cell(value(type="string"), value(type="integer"), "102", "102"),
    ("enum", "added"): Cell(text(), text(enum=["a"]), "103", LOOSER),
    ("enum", "removed"): Cell(text(enum=["a"]), text(), LOOSER, "103"),
    ("enum", "narrowed"): Cell(text(enum=["a", "b"]), text(enum=["a"]), "103", LOOSER),
    ("enum", "widened"): Cell(text(enum=["a"]), text(enum=["a", "b"]), LOOSER, "103"),
    ("enum", "renamed"): Cell(text(enum=["a"]), text(enum=["b"]), "103", "103"),
    ("const", "added"): Cell(text(), text(const="a"), "103", LOOSER),
    ("const", "removed"): Cell(text(const="a"), text(), LOOSER, "103"),
    ("const", "narrowed"): Cell(text(enum=["a", "b"]), text(const="a"), "103", LOOSER),
    ("const", "widened"): Cell(text(const="a"), text(enum=["a", "b"]), LOOSER, "103"),
    ("const", "renamed"): Cell(text(const="a"), text(enum=["a"]), SAME, SAME),
    ("number bound", "added"): Cell(number(), number(minimum=1), "104", LOOSER),
    ("number bound", "removed"): Cell(number(maximum=9), number(), LOOSER, "104"),
    ("number bound", "narrowed"): Cell(number(minimum=1), number(minimum=2), "104", LOOSER),
    ("number bound", "widened"): Cell(number(maximum=9), number(maximum=10), LOOSER, "104"),
    ("number bound", "renamed"): Cell(number(minimum=1), number(exclusiveMinimum=0), SAME, SAME),
    ("length bound", "added"): Cell(text(), text(maxLength=9), "105", LOOSER),
    ("length bound", "removed"): Cell(text(minLength=1), text(), LOOSER, "105"),
    ("length bound", "narrowed"): Cell(text(maxLength=9), text(maxLength=8), "105", LOOSER),
    ("length bound", "widened"): Cell(text(minLength=2), text(minLength=1), LOOSER, "105"),
    ("length bound", "renamed"): Cell(text(minLength=1), text(maxLength=1), "105", "105"),
    ("multiple of", "added"): Cell(number(), number(multipleOf=2), "106", LOOSER),
    ("multiple of", "removed"): Cell(number(multipleOf=2), number(), LOOSER, "106"),
    ("multiple of", "narrowed"): Cell(number(multipleOf=2), number(multipleOf=4), "106", LOOSER),
    ("multiple of", "widened"): Cell(number(multipleOf=6), number(multipleOf=3), LOOSER, "106"),
    ("multiple of", "renamed"): Cell(number(multipleOf=2), number(multipleOf=3), "106", "106"),
    ("pattern", "added"): Cell(text(), text(pattern="^a"), "107", LOOSER),
    ("pattern", "removed"): Cell(text(pattern="^a"), text(), LOOSER, "107"),
    ("pattern", "narrowed"): Cell(text(pattern="^[ab]$"), text(pattern="^a$"), "107", LOOSER),
    ("pattern", "widened"): Cell(text(pattern="^a$"), text(pattern="^a"), LOOSER, "107"),
    ("pattern", "renamed"): Cell(text(pattern="^a|^b"), text(pattern="^[ab]"), SAME, SAME),
    ("additional properties", "added"): Cell(
        map_(additionalProperties=False), map_(additionalProperties=INT), LOOSER, "110"
    ),
    ("additional properties", "removed"): Cell(map_(), map_(additionalProperties=False), "110", LOOSER),
    ("additional properties", "narrowed"): Cell(
        map_(additionalProperties=NUMBER), map_(additionalProperties=INT), "110", LOOSER
    ),
    ("additional properties", "widened"): Cell(map_(additionalProperties=INT), map_(), ANYTHING, "110"),
    ("additional properties", "renamed"): Waiver("no such change: the keyword has one name"),
    ("items", "added"): Cell(items(), items(items=INT), "102", ANYTHING),
    ("items", "removed"): Cell(items(items=INT), items(), ANYTHING, "102"),
    ("items", "narrowed"): Cell(items(items=NUMBER), items(items=INT), "102", LOOSER),
    ("items", "widened"): Cell(items(items=INT), items(items=NUMBER), LOOSER, "102"),
    ("items", "renamed"): Waiver("no such change within a draft: see tuple"),
    ("number of items", "added"): Cell(items(), items(maxItems=3), "111", LOOSER),
    ("number of items", "removed"): Cell(items(minItems=1), items(), LOOSER, "111"),
    ("number of items", "narrowed"): Cell(items(maxItems=3), items(maxItems=2), "111", LOOSER),
    ("number of items", "widened"): Cell(items(minItems=2), items(minItems=1), LOOSER, "111"),
    ("number of items", "renamed"): Waiver("no such change: see length bound"),
    ("tuple", "added"): Cell(items(items=[INT]), items(items=[INT, TEXT]), "102", ANYTHING),
    ("tuple", "removed"): Cell(items(items=[INT, TEXT]), items(items=[INT]), ANYTHING, "102"),
    ("tuple", "narrowed"): Cell(items(items=[NUMBER]), items(items=[INT]), "102", LOOSER),
    ("tuple", "widened"): Cell(
        items(items=[INT], additionalItems=False), items(items=[INT], additionalItems=INT), LOOSER, "111"
    ),
    ("tuple", "renamed"): Waiver("no such change within a draft; between drafts see draft"),
    ("unique items", "added"): Cell(items(), items(uniqueItems=True), "112", LOOSER),
    ("unique items", "removed"): Cell(items(uniqueItems=True), items(), LOOSER, "112"),
    ("unique items", "narrowed"): Waiver("no such change: it is true or false"),
    ("unique items", "widened"): Cell(items(uniqueItems=True), items(uniqueItems=False), LOOSER, "112"),
    ("unique items", "renamed"): Waiver("no such change: it has no name"),
    ("contains", "added"): Cell(items(), items(contains=INT), "113", LOOSER),
    ("contains", "removed"): Cell(items(contains=INT), items(), LOOSER, "113"),
    ("contains", "narrowed"): Cell(items(contains=NUMBER), items(contains=INT), "113", LOOSER),
    ("contains", "widened"): Cell(items(contains=INT), items(contains=NUMBER), LOOSER, "113"),
    ("contains", "renamed"): Cell(items(contains=INT), items(contains=TEXT), "113", "113"),
    ("property names", "added"): Cell(map_(), map_(propertyNames={"maxLength": 3}), "114", LOOSER),
    ("property names", "removed"): Cell(map_(propertyNames={"maxLength": 3}), map_(), LOOSER, "114"),
    ("property names", "narrowed"): Cell(
        map_(propertyNames={"maxLength": 3}), map_(propertyNames={"maxLength": 2}), "114", LOOSER
    ),
    ("property names", "widened"): Cell(
        map_(propertyNames={"pattern": "^ab"}), map_(propertyNames={"pattern": "^a"}), LOOSER, "114"
    ),
    ("property names", "renamed"): Waiver("no such change: it has no name"),
    ("pattern properties", "added"): Cell(map_(), map_(patternProperties={"^a": INT}), "115", ANYTHING),
    ("pattern properties", "removed"): Cell(map_(patternProperties={"^a": INT}), map_(), ANYTHING, "115"),
    ("pattern properties", "narrowed"): Cell(
        map_(patternProperties={"^a": NUMBER}), map_(patternProperties={"^a": INT}), "115", LOOSER
    ),
    ("pattern properties", "widened"): Cell(
        map_(patternProperties={"^a": INT}), map_(patternProperties={"^a": NUMBER}), LOOSER, "115"
    ),
    ("pattern properties", "renamed"): Cell(
        map_(patternProperties={"^a": INT}), map_(patternProperties={"^b": INT}), "115", "115"
    ),
    ("dependency", "added"): Cell(map_(), map_(dependencies={"a": ["b"]}), "116", LOOSER),
    ("dependency", "removed"): Cell(map_(dependencies={"a": ["b"]}), map_(), LOOSER, "116"),
    ("dependency", "narrowed"): Cell(
        map_(dependencies={"a": ["b"]}), map_(dependencies={"a": ["b", "c"]}), "116", LOOSER
    ),
    ("dependency", "widened"): Cell(
        map_(dependencies={"a": ["b", "c"]}), map_(dependencies={"a": ["c"]}), LOOSER, "116"
    ),
    ("dependency", "renamed"): Cell(
        map_(dependencies={"a": ["b"]}), map_(dependencies={"b": ["a"]}), "116", "116"
    ),
    ("condition", "added"): Cell(value(), value(k_if=INT, then={"minimum": 1}), "117", ANYTHING),
    ("condition", "removed"): Cell(value(k_if=INT, then={"minimum": 1}), value(), ANYTHING, "117"),
    ("condition", "narrowed"): Cell(
        value(k_if=INT, then={"minimum": 1}), value(k_if=INT, then={"minimum": 2}), "117", LOOSER
    ),
    ("condition", "widened"): Cell(
        value(k_if=INT, then={"minimum": 1}, k_else={"type": "string"}),
        value(k_if=INT, then={"minimum": 1}, k_else={"type": ["string", "null"]}),
        LOOSER,
        "117",
    ),
    ("condition", "renamed"): Cell(
        value(k_if=INT, then={"minimum": 1}), value(k_if=TEXT, then={"minLength": 1}), "117", "117"
    ),
    ("alternatives", "added"): Cell(value(anyOf=[INT]), value(anyOf=[INT, TEXT]), LOOSER, "118"),
    ("alternatives", "removed"): Cell(value(anyOf=[INT, TEXT]), value(anyOf=[INT]), "118", LOOSER),
    ("alternatives", "narrowed"): Cell(value(anyOf=[NUMBER, TEXT]), value(anyOf=[INT, TEXT]), "102", LOOSER),
    ("alternatives", "widened"): Cell(value(anyOf=[INT, TEXT]), value(anyOf=[NUMBER, TEXT]), LOOSER, "102"),
    ("alternatives", "renamed"): Cell(value(anyOf=[INT, TEXT]), value(type=["integer", "string"]), SAME, SAME),
    ("exclusive alternatives", "added"): Cell(
        value(oneOf=[INT]), value(oneOf=[INT, {"minimum": 9}]), "118", "102"
    ),
    ("exclusive alternatives", "removed"): Cell(value(oneOf=[INT, TEXT]), value(oneOf=[INT]), "118", LOOSER),
    ("exclusive alternatives", "narrowed"): Cell(
        value(oneOf=[NUMBER, TEXT]), value(oneOf=[INT, TEXT]), "102", LOOSER
    ),
    ("exclusive alternatives", "widened"): Cell(
        value(oneOf=[INT, TEXT]), value(oneOf=[NUMBER, TEXT]), LOOSER, "102"
    ),
    ("exclusive alternatives", "renamed"): Cell(value(oneOf=[INT, TEXT]), value(anyOf=[INT, TEXT]), SAME, SAME),
    ("conjunction", "added"): Cell(value(allOf=[INT]), value(allOf=[INT, {"minimum": 1}]), "104", LOOSER),
    ("conjunction", "removed"): Cell(value(allOf=[INT, {"minimum": 1}]), value(allOf=[INT]), LOOSER, "104"),
    ("conjunction", "narrowed"): Cell(value(allOf=[NUMBER]), value(allOf=[INT]), "102", LOOSER),
    ("conjunction", "widened"): Cell(value(allOf=[INT]), value(allOf=[NUMBER]), LOOSER, "102"),
    ("conjunction", "renamed"): Cell(value(allOf=[INT]), value(type="integer"), SAME, SAME),
    ("negation", "added"): Cell(value(), value(k_not=INT), "119", ANYTHING),
    ("negation", "removed"): Cell(value(k_not=INT), value(), ANYTHING, "119"),
    ("negation", "narrowed"): Cell(value(k_not=INT), value(k_not=NUMBER), "119", LOOSER),
    ("negation", "widened"): Cell(value(k_not=NUMBER), value(k_not=INT), LOOSER, "119"),
    ("negation", "renamed"): Cell(value(k_not=INT), value(k_not=TEXT), "119", "119"),
    ("number of properties", "added"): Cell(map_(), map_(minProperties=1), "120", LOOSER),
    ("number of properties", "removed"): Cell(map_(maxProperties=9), map_(), LOOSER, "120"),
    ("number of properties", "narrowed"): Cell(map_(maxProperties=9), map_(maxProperties=8), "120", LOOSER),
    ("number of properties", "widened"): Cell(map_(minProperties=2), map_(minProperties=1), LOOSER, "120"),
    ("number of properties", "renamed"): Waiver("no such change: see length bound"),
    ("nothing", "added"): Cell(value(type="integer"), False, "121", ANYTHING),
    ("nothing", "removed"): Cell(False, value(type="integer"), ANYTHING, "121"),
    ("nothing", "narrowed"): Waiver("no such change: there is nothing below nothing"),
    ("nothing", "widened"): Waiver("no such change: see removed"),
    ("nothing", "renamed"): Waiver("no such change: see negation"),
    ("format", "added"): Cell(text(), text(format="uuid"), "201", "201"),
    ("format", "removed"): Cell(text(format="uuid"), text(), "201", "201"),
    ("format", "narrowed"): Waiver("no such change: formats are equal or not"),
    ("format", "widened"): Waiver("no such change: formats are equal or not"),
    ("format", "renamed"): Cell(text(format="date"), text(format="date-time"), "201", "201"),
    ("default", "added"): Cell(open_(x=INT), open_(x=INT | {"default": 0}), "202", "202"),
    ("default", "removed"): Cell(open_(x=INT | {"default": 0}), open_(x=INT), "202", "202"),
    ("default", "narrowed"): Waiver("no such change: a default is one value"),
    ("default", "widened"): Waiver("no such change: a default is one value"),
    ("default", "renamed"): Cell(open_(x=INT | {"default": 0}), open_(x=INT | {"default": 1}), "202", "202"),
    ("definition", "added"): Cell(
        value(type="integer"), value(**{"$ref": "#/definitions/N"}) | {"definitions": {"N": INT}}, SAME, SAME
    ),
    ("definition", "removed"): Cell(value(**{"$ref": "#/definitions/N"}) | {"definitions": {"N": INT}}, number(), SAME, SAME),
    ("definition", "narrowed"): Cell(
        value(**{"$ref": "#/definitions/N"}) | {"definitions": {"N": NUMBER}},
        value(**{"$ref": "#/definitions/N"}) | {"definitions": {"N": INT}},
        "102",
        LOOSER,
    ),
    ("definition", "widened"): Cell(
        value(**{"$ref": "#/definitions/N"}) | {"definitions": {"N": INT}},
        value(**{"$ref": "#/definitions/N"}) | {"definitions": {"N": NUMBER}},
        LOOSER,
        "102",
    ),
    ("definition", "renamed"): Cell(
        value(**{"$ref": "#/definitions/N"}) | {"definitions": {"N": INT}},
        value(**{"$ref": "#/definitions/M"}) | {"definitions": {"M": INT}},
        SAME,
        SAME,
    ),
    ("draft", "added"): Cell(number(), number() | {"$schema": "https://json-schema.org/draft/2020-12/schema"}, "203", "203"),
    ("draft", "removed"): Cell(number() | {"$schema": "http://json-schema.org/draft-06/schema#"}, number(), "203", "203"),
    ("draft", "narrowed"): Waiver("no such change: drafts are equal or not"),
    ("draft", "widened"): Waiver("no such change: drafts are equal or not"),
    ("draft", "renamed"): Cell(
        number() | {"$schema": "http://json-schema.org/draft-06/schema#"},
        number() | {"$schema": "http://json-schema.org/draft-04/schema#"},
        "203",
        "203",
    ),
}  # fmt: skip


def reported(reader: Any, writer: Any) -> set[str]:
    parsed = [json_schema.parse(json.dumps(schema), "event.json") for schema in (reader, writer)]
    return {finding.rule.removeprefix("SG-JSON-") for finding in data.judge(*parsed).findings}


@pytest.mark.parametrize("construct", constructs(GRID))
@pytest.mark.parametrize("change", CHANGES)
def test_no_cell_is_empty(construct: str, change: str) -> None:
    assert (construct, change) in GRID


@pytest.mark.parametrize("key", cells(GRID), ids=" ".join)
def test_a_cell_reports_its_rule_or_has_a_reason(key: tuple[str, str]) -> None:
    cell = GRID[key]
    assert isinstance(cell, Cell)
    assert_told(cell, reported(cell.new, cell.old), reported(cell.old, cell.new))


def test_every_rule_stands_in_the_grid_or_is_beyond_it() -> None:
    from schemagate.compat.json_schema.data.rules import RULES

    beyond = {rule.id.removeprefix("SG-JSON-") for rule in RULES if rule.id[-3] == "9"}  # reasons, about no construct
    assert {rule.id.removeprefix("SG-JSON-") for rule in RULES} - side_rules(GRID) == beyond
