"""Each of the 132 types of difference on a minimal pair, with the list that registry.md's rules lead to.

The cases stand in three groups, as the policies see them; the groups are the second, independent statement of the table.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from schemagate.compat.json_schema.registry import judge
from schemagate.compat.json_schema.registry.difference_types import RETIRED, TYPES, Passes, allowed
from schemagate.schema.json_schema import parse


class Case(NamedTuple):
    """`path` is where the type is reported; `beside` are the other lines that the same edit brings, in order."""

    type: str
    old: Any
    new: Any
    path: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    draft: str = "draft-07"

    @property
    def changes(self) -> tuple[str, ...]:
        return (*self.before, f"{self.type} #/{self.path}", *self.after)


def limits(kind: str, *rows: tuple[str, str, bool]) -> list[Case]:
    """ADDED, REMOVED, INCREASED and DECREASED of numeric keywords; the flag says whether raising accepts more."""
    cases = []
    for keyword, name, raising in rows:
        none, low, high = {"type": kind}, {"type": kind, keyword: 2}, {"type": kind, keyword: 5}
        if name == "EXCLUSIVE_MAXIMUM":  # lowered it is measured at the `maximum` beside it
            low, high, none = low | {"maximum": 4}, high | {"maximum": 4}, none | {"maximum": 4}
        cases += [
            Case(f"{name}_REMOVED", low, none, keyword),
            Case(f"{name}_ADDED", none, low, keyword),
            Case(
                f"{name}_{'INCREASED' if raising else 'DECREASED'}", *((low, high) if raising else (high, low)), keyword
            ),
            Case(
                f"{name}_{'DECREASED' if raising else 'INCREASED'}", *((high, low) if raising else (low, high)), keyword
            ),
        ]
    return cases


def with_limits(passing: bool) -> list[Case]:
    """Of the limits, those whose change accepts more, or the others."""
    cases = [
        *limits("string", ("maxLength", "MAX_LENGTH", True), ("minLength", "MIN_LENGTH", False)),
        *limits("number", ("maximum", "MAXIMUM", True), ("minimum", "MINIMUM", False)),
        *limits("number", ("exclusiveMaximum", "EXCLUSIVE_MAXIMUM", True)),
        *limits("number", ("exclusiveMinimum", "EXCLUSIVE_MINIMUM", False)),
        *limits("object", ("maxProperties", "MAX_PROPERTIES", True), ("minProperties", "MIN_PROPERTIES", False)),
        *limits("array", ("maxItems", "MAX_ITEMS", True), ("minItems", "MIN_ITEMS", False)),
    ]
    return [case for number, case in enumerate(cases) if (number % 4 in (0, 2)) is passing]


TEXT, NUMBER, INTEGER, FLAG = {"type": "string"}, {"type": "number"}, {"type": "integer"}, {"type": "boolean"}
SHORT = {"type": "string", "maxLength": 3}


def thing(properties: Any = None, **keywords: Any) -> dict[str, Any]:
    """An object schema."""
    return {"type": "object", **({} if properties is None else {"properties": properties}), **keywords}


def row(*positions: Any, **keywords: Any) -> dict[str, Any]:
    """A tuple schema of draft 07."""
    return {"type": "array", "items": list(positions), **keywords}


def tally(**keywords: int) -> dict[str, Any]:
    """An array that must contain numbers."""
    return {"type": "array", "contains": NUMBER, **keywords}


BOTH_CLOSED = {"additionalProperties": False}
NEEDS = {"a": TEXT, "b": TEXT, "c": TEXT}
ANY_LIST = {"type": "array"}

ALWAYS = [
    Case("ID_CHANGED", {"$id": "urn:one"}, {"$id": "urn:two"}),
    Case("DESCRIPTION_CHANGED", {"description": "one"}, {"description": "two"}),
    Case("TITLE_CHANGED", {"title": "one"}, {"title": "two"}),
    Case("DEFAULT_CHANGED", {"default": 1}, {"default": True}),
    Case("SCHEMA_REMOVED", {"type": "array", "items": TEXT}, ANY_LIST, "items"),
    Case("TYPE_EXTENDED", INTEGER, NUMBER),
    *with_limits(passing=True),
    Case("PATTERN_REMOVED", {"type": "string", "pattern": "^a"}, TEXT, "pattern"),
    Case("MULTIPLE_OF_REMOVED", {"type": "number", "multipleOf": 4}, NUMBER, "multipleOf"),
    Case("MULTIPLE_OF_REDUCED", {"multipleOf": 0.3}, {"multipleOf": 0.1}, "multipleOf"),
    Case(
        "REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED",
        thing({"a": {"type": "string", "default": ""}}),
        thing({"a": {"type": "string", "default": ""}}, required=["a"]),
        "required/a",
    ),
    Case("REQUIRED_ATTRIBUTE_REMOVED", thing({"a": TEXT}, required=["a"]), thing({"a": TEXT}), "required/a"),
    Case("ADDITIONAL_PROPERTIES_ADDED", thing(**BOTH_CLOSED), thing(), "additionalProperties"),
    Case(
        "ADDITIONAL_PROPERTIES_EXTENDED",
        thing(additionalProperties=TEXT),
        thing(additionalProperties=True),
        "additionalProperties",
    ),
    Case(
        "UNEVALUATED_PROPERTIES_ADDED",
        thing(unevaluatedProperties=False),
        thing(unevaluatedProperties=TEXT),
        "unevaluatedProperties",
        draft="2020-12",
    ),
    Case(
        "UNEVALUATED_PROPERTIES_EXTENDED",
        thing(unevaluatedProperties=TEXT),
        thing(),
        "unevaluatedProperties",
        draft="2019-09",
    ),
    Case("DEPENDENCY_ARRAY_REMOVED", thing(dependencies={"a": ["b"]}), thing(), "dependencies/a"),
    Case(
        "DEPENDENCY_ARRAY_NARROWED",
        thing(NEEDS, dependencies={"a": ["b", "c"]}),
        thing(NEEDS, dependencies={"a": ["c"]}),
        "dependencies/a",
    ),
    Case(
        "DEPENDENCY_SCHEMA_REMOVED",
        thing(dependentSchemas={"a": {"required": ["b"]}}),
        thing(),
        "dependencies/a",
        draft="2020-12",
    ),
    Case("PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL", thing(), thing({"a": {}}), "properties/a"),
    Case(
        "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL",
        thing(**BOTH_CLOSED),
        thing({"a": {"type": "string", "default": ""}}, required=["a"], **BOTH_CLOSED),
        "properties/a",
    ),
    Case(
        "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
        thing(**BOTH_CLOSED),
        thing({"a": TEXT}, **BOTH_CLOSED),
        "properties/a",
    ),
    Case(
        "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        thing(additionalProperties=INTEGER),
        thing({"a": INTEGER}, additionalProperties=INTEGER),
        "properties/a",
        after=("OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/a",),
    ),
    Case("PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL", thing({"a": TEXT}), thing(), "properties/a"),
    Case(
        "PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL",
        thing({"a": False}, **BOTH_CLOSED),
        thing(**BOTH_CLOSED),
        "properties/a",
    ),
    Case(
        "PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        thing({"x_a": INTEGER}, patternProperties={"^x_": INTEGER}),
        thing(patternProperties={"^x_": INTEGER}),
        "properties/x_a",
    ),
    Case("UNIQUE_ITEMS_REMOVED", {"type": "array", "uniqueItems": True}, ANY_LIST, "uniqueItems"),
    Case("MAX_CONTAINS_REMOVED", tally(maxContains=4), tally(), "maxContains", draft="2020-12"),
    Case("MAX_CONTAINS_INCREASED", tally(maxContains=4), tally(maxContains=5), "maxContains", draft="2020-12"),
    Case("MIN_CONTAINS_REMOVED", tally(minContains=2), ANY_LIST, "minContains", draft="2020-12"),
    Case("MIN_CONTAINS_DECREASED", tally(minContains=2), tally(), "minContains", draft="2019-09"),
    Case("ADDITIONAL_ITEMS_ADDED", row(TEXT, additionalItems=False), row(TEXT), "additionalItems"),
    Case("ADDITIONAL_ITEMS_EXTENDED", row(TEXT, additionalItems=TEXT), row(TEXT), "additionalItems"),
    Case(
        "UNEVALUATED_ITEMS_ADDED",
        {"type": "array", "unevaluatedItems": False},
        ANY_LIST,
        "unevaluatedItems",
        draft="2020-12",
    ),
    Case(
        "UNEVALUATED_ITEMS_EXTENDED",
        {"type": "array", "unevaluatedItems": TEXT},
        ANY_LIST,
        "unevaluatedItems",
        draft="2020-12",
    ),
    Case("ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL", row(TEXT), row(TEXT, {}), "items/1"),
    Case(
        "ITEM_ADDED_TO_CLOSED_CONTENT_MODEL",
        row(TEXT, additionalItems=False),
        row(TEXT, NUMBER, additionalItems=False),
        "items/1",
    ),
    Case(
        "ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        {"type": "array", "prefixItems": [TEXT], "items": FLAG},
        {"type": "array", "prefixItems": [TEXT, FLAG], "items": FLAG},
        "items/1",
        draft="2020-12",
    ),
    Case("ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL", row(TEXT, NUMBER), row(TEXT), "items/1"),
    Case(
        "ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL",
        row(TEXT, False, additionalItems=False),
        row(TEXT, additionalItems=False),
        "items/1",
    ),
    Case(
        "ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        row(TEXT, FLAG, additionalItems=FLAG),
        row(TEXT, additionalItems=FLAG),
        "items/1",
    ),
    Case("ENUM_ARRAY_EXTENDED", {"enum": [1]}, {"enum": [True, 1]}, "enum"),
    Case("COMBINED_TYPE_EXTENDED", {"oneOf": [TEXT, FLAG]}, {"anyOf": [FLAG, TEXT]}),
    Case("PRODUCT_TYPE_NARROWED", {"allOf": [TEXT, {"maxLength": 3}]}, {"allOf": [TEXT]}),
    Case("SUM_TYPE_EXTENDED", {"oneOf": [TEXT, FLAG]}, {"oneOf": [TEXT, FLAG, NUMBER]}),
    Case("NOT_TYPE_NARROWED", {"not": TEXT}, {"not": SHORT}, "not"),
]

LENIENT = [
    Case(
        "ADDITIONAL_PROPERTIES_REMOVED", thing(additionalProperties=TEXT), thing(**BOTH_CLOSED), "additionalProperties"
    ),
    Case("ADDITIONAL_PROPERTIES_NARROWED", thing(), thing(additionalProperties=TEXT), "additionalProperties"),
    Case(
        "UNEVALUATED_PROPERTIES_REMOVED",
        thing(),
        thing(unevaluatedProperties=False),
        "unevaluatedProperties",
        draft="2020-12",
    ),
    Case(
        "UNEVALUATED_PROPERTIES_NARROWED",
        thing(),
        thing(unevaluatedProperties=TEXT),
        "unevaluatedProperties",
        draft="2020-12",
    ),
    Case(
        "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL",
        thing(),
        thing({"a": {"type": "string", "default": ""}}, required=["a"]),
        "properties/a",
    ),
    Case("OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", thing(), thing({"a": TEXT}), "properties/a"),
    Case(
        "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
        thing({"a": TEXT}, **BOTH_CLOSED),
        thing(**BOTH_CLOSED),
        "properties/a",
    ),
]

RESCUED_BY_NEITHER = [
    # LENIENT allows these two, not the difference that comes with them
    Case(
        "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        thing(additionalProperties=TEXT),
        thing({"a": SHORT}, additionalProperties=TEXT),
        "properties/a",
        before=("MAX_LENGTH_ADDED #/properties/a/maxLength",),
        after=("OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/a",),
    ),
    Case(
        "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        thing({"a": FLAG}, additionalProperties=TEXT),
        thing(additionalProperties=TEXT),
        "properties/a",
        before=("TYPE_CHANGED #/properties/a",),
    ),
]

NEVER = [
    Case("SCHEMA_ADDED", ANY_LIST, {"type": "array", "items": TEXT}, "items"),
    Case("TYPE_NARROWED", NUMBER, INTEGER),
    Case("TYPE_CHANGED", TEXT, FLAG),
    *with_limits(passing=False),
    Case("PATTERN_ADDED", TEXT, {"type": "string", "pattern": "^a"}, "pattern"),
    Case("PATTERN_CHANGED", {"pattern": "^a"}, {"pattern": "^(?:a)"}, "pattern"),
    Case("MULTIPLE_OF_ADDED", NUMBER, {"type": "number", "multipleOf": 4}, "multipleOf"),
    Case("MULTIPLE_OF_EXPANDED", {"multipleOf": 2}, {"multipleOf": 6}, "multipleOf"),
    Case("MULTIPLE_OF_CHANGED", {"multipleOf": 4}, {"multipleOf": 6}, "multipleOf"),
    Case("REQUIRED_ATTRIBUTE_ADDED", thing({"a": TEXT}), thing({"a": TEXT}, required=["a"]), "required/a"),
    Case("DEPENDENCY_ARRAY_ADDED", thing(), thing(dependentRequired={"a": ["b"]}), "dependencies/a", draft="2020-12"),
    Case(
        "DEPENDENCY_ARRAY_EXTENDED",
        thing(NEEDS, dependencies={"a": ["b"]}),
        thing(NEEDS, dependencies={"a": ["b", "c"]}),
        "dependencies/a",
    ),
    Case(
        "DEPENDENCY_ARRAY_CHANGED",
        thing(NEEDS, dependencies={"a": ["b"]}),
        thing(NEEDS, dependencies={"a": ["c"]}),
        "dependencies/a",
    ),
    Case("DEPENDENCY_SCHEMA_ADDED", thing(), thing(dependencies={"a": {"required": ["b"]}}), "dependencies/a"),
    Case("REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", thing(), thing({"a": TEXT}, required=["a"]), "properties/a"),
    Case(
        "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
        thing(**BOTH_CLOSED),
        thing({"a": TEXT}, required=["a"], **BOTH_CLOSED),
        "properties/a",
    ),
    Case(
        "RESERVED_PROPERTY_REMOVED",
        thing(**{"confluent:reserved": "a, b"}),
        thing(**{"confluent:reserved": "a"}),
        "properties/b",
    ),
    Case(
        "RESERVED_PROPERTY_CONFLICTS_WITH_PROPERTY",
        thing({"b": TEXT}),
        thing({"b": TEXT}, **{"confluent:reserved": "b"}),
        "properties/b",
    ),
    Case("UNIQUE_ITEMS_ADDED", ANY_LIST, {"type": "array", "uniqueItems": True}, "uniqueItems"),
    Case("MAX_CONTAINS_ADDED", tally(), tally(maxContains=4), "maxContains", draft="2020-12"),
    Case("MAX_CONTAINS_DECREASED", tally(maxContains=5), tally(maxContains=4), "maxContains", draft="2020-12"),
    Case("MIN_CONTAINS_ADDED", ANY_LIST, tally(), "minContains", draft="2020-12"),
    Case("MIN_CONTAINS_INCREASED", tally(), tally(minContains=2), "minContains", draft="2020-12"),
    Case("ADDITIONAL_ITEMS_REMOVED", row(TEXT), row(TEXT, additionalItems=False), "additionalItems"),
    Case("ADDITIONAL_ITEMS_NARROWED", row(TEXT), row(TEXT, additionalItems=TEXT), "additionalItems"),
    Case(
        "UNEVALUATED_ITEMS_REMOVED",
        ANY_LIST,
        {"type": "array", "unevaluatedItems": False},
        "unevaluatedItems",
        draft="2020-12",
    ),
    Case(
        "UNEVALUATED_ITEMS_NARROWED",
        ANY_LIST,
        {"type": "array", "unevaluatedItems": TEXT},
        "unevaluatedItems",
        draft="2020-12",
    ),
    Case("ITEM_ADDED_TO_OPEN_CONTENT_MODEL", row(TEXT), row(TEXT, NUMBER), "items/1"),
    Case(
        "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        row(TEXT, additionalItems=TEXT),
        row(TEXT, SHORT, additionalItems=TEXT),
        "items/1",
        before=("MAX_LENGTH_ADDED #/items/1/maxLength",),
    ),
    Case(
        "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL",
        row(TEXT, NUMBER, additionalItems=False),
        row(TEXT, additionalItems=False),
        "items/1",
    ),
    Case(
        "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        row(TEXT, NUMBER, additionalItems=INTEGER),
        row(TEXT, additionalItems=INTEGER),
        "items/1",
        before=("TYPE_NARROWED #/items/1",),
    ),
    Case("ENUM_ARRAY_NARROWED", {"enum": [1, 2]}, {"enum": [2]}, "enum"),
    Case("ENUM_ARRAY_CHANGED", {"enum": [1]}, {"enum": [True]}, "enum"),
    Case("COMBINED_TYPE_CHANGED", {"anyOf": [TEXT, FLAG]}, {"oneOf": [TEXT, FLAG]}),
    Case("PRODUCT_TYPE_EXTENDED", {"allOf": [TEXT]}, {"allOf": [TEXT, {"maxLength": 3}]}),
    Case("SUM_TYPE_NARROWED", {"anyOf": [TEXT, FLAG]}, {"anyOf": [FLAG]}),
    Case("COMBINED_TYPE_SUBSCHEMAS_CHANGED", {"anyOf": [TEXT, FLAG]}, {"anyOf": [TEXT, NUMBER]}),
    Case("NOT_TYPE_EXTENDED", {"not": SHORT}, {"not": TEXT}, "not"),
]

GROUPS = {
    ("accept", "accept"): ALWAYS,
    ("reject", "accept"): LENIENT,
    ("reject", "reject"): [*RESCUED_BY_NEITHER, *NEVER],
}


def answers(old: Any, new: Any, draft: str = "draft-07") -> tuple[str, str, tuple[str, ...]]:
    """Both policies' answers, and the list of changes under STRICT."""
    writer = parse(json.dumps(old), "old", draft=draft)
    reader = parse(json.dumps(new), "new", draft=draft)
    strict, lenient = judge(reader, writer, "STRICT"), judge(reader, writer, "LENIENT")
    return str(strict.answer), str(lenient.answer), strict.changes


@pytest.mark.parametrize(
    ("case", "expected"),
    [pytest.param(case, expected, id=case.type) for expected, cases in GROUPS.items() for case in cases],
)
def test_a_type_is_reported_where_and_as_the_table_says(case: Case, expected: tuple[str, str]) -> None:
    assert answers(case.old, case.new, case.draft) == (*expected, case.changes)


def test_every_type_has_a_case() -> None:
    cases = [case.type for group in GROUPS.values() for case in group]
    assert len(cases) == len(set(cases)) == 131
    assert set(cases) | RETIRED == set(TYPES)


def test_the_policies_allow_as_many_types_as_the_servers() -> None:
    assert (len(TYPES), len(allowed("STRICT")), len(allowed("LENIENT"))) == (132, 65, 74)
    assert {case.type for case in ALWAYS} == allowed("STRICT")
    assert {case.type for case in [*LENIENT, *RESCUED_BY_NEITHER]} == allowed("LENIENT") - allowed("STRICT")


@pytest.mark.parametrize(
    ("added", "required", "now_called"),
    [
        ({"type": "string"}, [], "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"),
        ({"type": "string"}, ["a"], "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"),
        ({"type": "string", "default": ""}, ["a"], "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL"),
    ],
)
def test_the_retired_type_has_become_three(added: Any, required: list[str], now_called: str) -> None:
    assert TYPES["PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"] is Passes.NEVER
    assert answers(thing(), thing({"a": added}, required=required))[2] == (f"{now_called} #/properties/a",)
