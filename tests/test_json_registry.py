"""Does the JSON Schema registry engine answer as the server does, keep its laws, and survive what it is given?

The judges are the oracle rows, and rules stated here by hand where no row speaks.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from oracles import rows
from schemagate.compat.json_schema.registry import judge, verdict
from schemagate.compat.verdicts import RegistryVerdict
from schemagate.errors import SchemaError
from schemagate.schema.json_schema import Draft, parse

EXPECTED = {"compatible": "accept", "incompatible": "reject"}
DRAFTS = [draft.value for draft in Draft]


def answer(old: Any, new: Any, policy: Any = "STRICT", *, draft: str = "draft-07") -> RegistryVerdict:
    """The verdict on two schemas given as values."""
    return judge(parse(json.dumps(new), "new", draft=draft), parse(json.dumps(old), "old", draft=draft), policy)


def says(old: Any, new: Any, *changes: str, draft: str = "draft-07") -> bool:
    """The list under STRICT is exactly this one."""
    found = answer(old, new, draft=draft).changes
    assert found == changes
    return True


# What the server said -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", rows("json_confluent.jsonl"))
def test_the_answer_is_the_servers_under_both_policies(row: Any) -> None:
    strict = answer(row["writer"], row["reader"], draft=row["dialect"])
    lenient = answer(row["writer"], row["reader"], "LENIENT", draft=row["dialect"])
    assert strict.answer == EXPECTED[row["expected_confluent"]], row["id"]
    assert lenient.answer == EXPECTED[row["expected_confluent_lenient"]], row["id"]


@pytest.mark.parametrize("row", rows("json_confluent.jsonl"))
def test_the_list_of_changes_is_the_servers_in_its_order(row: Any) -> None:
    found = answer(row["writer"], row["reader"], draft=row["dialect"]).changes
    assert (list(found) == row["changes"]) is True, row["id"]  # `is True`, so that a failure does not print the row


# Rules that no row shows ----------------------------------------------------------------------------------------------

TEXT, NUMBER = {"type": "string"}, {"type": "number"}
OPEN, CLOSED = {"type": "object"}, {"type": "object", "additionalProperties": False}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"patternProperties": {"^a": TEXT}}, {"patternProperties": {"^a": NUMBER}}),
        ({**OPEN, "propertyNames": {"maxLength": 9}}, {**OPEN, "propertyNames": {"maxLength": 3}}),
        (OPEN, {**OPEN, "propertyNames": False}),
        ({"type": "array", "contains": TEXT}, {"type": "array", "contains": NUMBER}),
        ({"type": "array"}, {"type": "array", "contains": TEXT}),
        ({**TEXT, "format": "date"}, {**TEXT, "format": "time"}),
        (TEXT, {**TEXT, "format": "date"}),
        ({**OPEN, "if": {"required": ["a"]}, "then": False}, {**OPEN, "if": {"required": ["b"]}, "else": False}),
        (OPEN, {**OPEN, "required": ["a"]}),
        ({**OPEN, "required": ["a", "b"]}, OPEN),
        (OPEN, {**OPEN, "definitions": {"a": TEXT}, "$comment": "new", "examples": [1], "readOnly": True}),
    ],
)
def test_what_the_server_does_not_compare_is_not_compared(old: Any, new: Any) -> None:
    assert says(old, new)


CLOSING = "ADDITIONAL_PROPERTIES_REMOVED #/additionalProperties"
OPENING = "ADDITIONAL_PROPERTIES_ADDED #/additionalProperties"


def test_the_content_model_of_the_old_side_judges_an_addition_and_of_the_new_side_a_removal() -> None:
    a = {"properties": {"a": TEXT}}
    assert says(OPEN | a, CLOSED, "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/a", CLOSING)
    assert says(CLOSED | a, OPEN, "PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL #/properties/a", OPENING)
    assert says(OPEN, CLOSED | a, "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/a", CLOSING)
    assert says(CLOSED, OPEN | a, "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/a", OPENING)


def test_patterns_without_additional_properties_make_a_closed_model() -> None:
    old = {"patternProperties": {"^x_": TEXT}}
    assert says(
        old, {**old, "properties": {"a": NUMBER}}, "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/a"
    )


def test_a_pattern_covers_before_what_is_additional() -> None:
    old = {"patternProperties": {"^x_": TEXT}, "additionalProperties": NUMBER}
    assert says(
        old,
        {**old, "properties": {"x_a": TEXT, "y": NUMBER}},
        "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/x_a",
        "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/x_a",
        "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/y",
        "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/y",
    )


def test_an_empty_schema_may_be_added_to_an_open_model_even_as_required() -> None:
    new = {**OPEN, "properties": {"a": {}}, "required": ["a"]}
    assert says(OPEN, new, "PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL #/properties/a")


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"maximum": 10}, {"maximum": 10, "exclusiveMaximum": True}, []),
        ({"minimum": 1, "exclusiveMinimum": True}, {"minimum": 1}, []),
        (
            {"maximum": 10, "exclusiveMaximum": True},
            {"maximum": 9, "exclusiveMaximum": True},
            ["MAXIMUM_DECREASED #/maximum"],
        ),
    ],
)
def test_nobody_looks_at_the_flags_that_exclusive_bounds_are_in_draft_04(old: Any, new: Any, changes: Any) -> None:
    """everit keeps them beside the bounds (`isExclusiveMinimum`); the server asks for limits of their own only."""
    assert says(old, new, *changes, draft="draft-04")
    assert answer(old, new, draft="draft-04").answer != "may-fail"


@pytest.mark.parametrize("draft", ["draft-06", "draft-07", "2019-09", "2020-12"])
def test_lowering_an_exclusive_maximum_alone_may_make_the_server_fail(draft: str) -> None:
    old, new = {"type": "number", "exclusiveMaximum": 10}, {"type": "number", "exclusiveMaximum": 9.5}
    found = answer(old, new, draft=draft)
    assert found.answer == "may-fail"
    assert found.refused == found.changes == ("EXCLUSIVE_MAXIMUM_DECREASED #/exclusiveMaximum",)
    assert answer(new, old, draft=draft).answer == "accept"


@pytest.mark.parametrize("draft", ["draft-06", "draft-07", "2019-09", "2020-12"])
def test_a_lowered_exclusive_maximum_is_measured_at_the_readers_maximum(draft: str) -> None:
    old, new = {"type": "number", "exclusiveMaximum": 10}, {"type": "number", "exclusiveMaximum": 5}
    wide, narrow = {"maximum": 20}, {"maximum": 7}
    assert says(old | wide, new | wide, draft=draft)
    assert says(old, new | wide, "MAXIMUM_ADDED #/maximum", draft=draft)
    lowered = "EXCLUSIVE_MAXIMUM_DECREASED #/exclusiveMaximum"
    assert says(old | narrow, new | narrow, lowered, draft=draft)
    assert answer(old | narrow, new, draft=draft).answer == "may-fail"  # nothing to measure at


def test_the_server_may_fail_in_a_branch_that_it_only_tries() -> None:
    low, high = {"type": "number", "exclusiveMaximum": 5}, {"type": "number", "exclusiveMaximum": 10}
    assert answer(high, {"oneOf": [low, NUMBER]}).answer == "may-fail"
    assert answer(high, {"oneOf": [NUMBER, low]}).answer == "may-fail"
    assert answer(high, {"oneOf": [{**low, "minimum": 1}, NUMBER]}).answer == "may-fail"  # refused before, yet compared
    assert answer({"anyOf": [high, low]}, {"anyOf": [high, low]}).answer == "accept"  # never compared: it is the same
    assert answer({"anyOf": [high, low]}, {"anyOf": [high, low, TEXT]}).answer == "may-fail"


def test_bounds_compare_by_value_and_values_as_they_are_spelled() -> None:
    """The server holds 1 as an Integer and 1.0 as a BigDecimal, which are never equal; bounds it turns into doubles."""
    assert says({"const": 1}, {"const": 1.0}, "ENUM_ARRAY_CHANGED #/const", draft="draft-06")
    assert says({"enum": [1, "a", {"b": [2]}]}, {"enum": [{"b": [2]}, "a", 1]})
    assert says({"enum": [{"b": [2]}]}, {"enum": [{"b": [2.0]}]}, "ENUM_ARRAY_CHANGED #/enum")
    assert says({"enum": [0]}, {"enum": [False]}, "ENUM_ARRAY_CHANGED #/enum")
    assert says({"default": {"a": 1}}, {"default": {"a": True}}, "DEFAULT_CHANGED #/")
    assert says({"multipleOf": 0.01}, {"multipleOf": 0.001}, "MULTIPLE_OF_REDUCED #/multipleOf")
    assert says({"maximum": 1}, {"maximum": 1.0})


def test_const_and_enum_are_different_things() -> None:
    assert says({"enum": ["a"]}, {"const": "a"}, "TYPE_CHANGED #/")


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"enum": ["a"], **TEXT}, {"enum": ["a", "b"], **TEXT}, ["ENUM_ARRAY_EXTENDED #/allOf/0/enum"]),
        ({"enum": ["a"], **TEXT}, {"enum": ["b"], **TEXT}, ["COMBINED_TYPE_SUBSCHEMAS_CHANGED #/"]),
        (TEXT, {"type": ["string", "null"]}, ["SUM_TYPE_EXTENDED #/"]),
        ({"type": ["string"]}, TEXT, []),
        ({"type": ["string", "null"]}, TEXT, ["TYPE_CHANGED #/"]),
        (
            {"type": ["string", "null"], "maxLength": 3},
            {"type": ["null", "string"], "maxLength": 4},
            ["MAX_LENGTH_INCREASED #/anyOf/0/maxLength"],
        ),
        ({"anyOf": [{"oneOf": [TEXT]}]}, TEXT, []),
        (False, {"anyOf": [TEXT, NUMBER]}, ["SUM_TYPE_EXTENDED #/"]),
        ({"oneOf": [TEXT, NUMBER]}, {}, []),
        ({"oneOf": [TEXT, NUMBER]}, {"allOf": [TEXT, NUMBER]}, ["COMBINED_TYPE_CHANGED #/"]),
        ({"allOf": [TEXT, {"maxLength": 3}]}, {"oneOf": [TEXT, {"maxLength": 3}]}, ["COMBINED_TYPE_CHANGED #/"]),
        ({"anyOf": [TEXT, TEXT, NUMBER]}, {"anyOf": [NUMBER, TEXT]}, []),
        (
            {"anyOf": [NUMBER, {**TEXT, "maxLength": 3}, {"maxLength": 3, **TEXT}]},
            {"anyOf": [{**TEXT, "maxLength": 4}, NUMBER]},
            ["MAX_LENGTH_INCREASED #/anyOf/1/maxLength"],
        ),
        ({"not": TEXT}, {"not": {**TEXT, "title": "a"}}, ["NOT_TYPE_NARROWED #/not"]),
    ],
)
def test_combined_schemas(old: Any, new: Any, changes: list[str]) -> None:
    assert says(old, new, *changes)


def test_the_largest_pairing_is_found_where_the_first_fitting_one_is_not_enough() -> None:
    """Greedily the string takes the wide branch, and the short string is left with nothing."""
    wide, middle, narrow = {}, TEXT, {**TEXT, "maxLength": 5}
    old = {"anyOf": [narrow, middle, NUMBER]}
    assert answer(old, {"anyOf": [wide, middle, narrow]}).answer == "accept"
    assert answer(old, {"anyOf": [wide, NUMBER, {**TEXT, "maxLength": 9}]}).answer == "accept"
    assert answer(old, {"anyOf": [wide, narrow, {**TEXT, "maxLength": 4}]}).answer == "reject"


def test_a_required_name_counts_only_where_both_sides_have_the_property() -> None:
    old = {"properties": {"a": TEXT, "b": TEXT}}
    assert says(
        old,
        {"properties": {"a": TEXT}, "required": ["a", "b"]},
        "PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL #/properties/b",
        "REQUIRED_ATTRIBUTE_ADDED #/required/a",
    )


def test_a_pair_that_was_only_asked_about_is_listed_whole_elsewhere() -> None:
    def order(kind: Any) -> Any:
        item = {"$ref": "#/definitions/item"}
        properties = {"either": {"anyOf": [item, {"type": "null"}]}, "item": item}
        return {"properties": properties, "definitions": {"item": {"properties": {"p": kind, "q": kind}}}}

    assert says(
        order(TEXT),
        order(NUMBER),
        "COMBINED_TYPE_SUBSCHEMAS_CHANGED #/properties/either",
        "TYPE_CHANGED #/properties/item/properties/p",
        "TYPE_CHANGED #/properties/item/properties/q",
    )


def test_keywords_count_in_the_drafts_that_have_them() -> None:
    assert says({"const": 1}, {"const": 2}, draft="draft-04")
    assert says({"properties": {"a": {"contains": TEXT}}}, {"properties": {"a": {}}}, draft="draft-04")
    assert says({"type": "array"}, {"type": "array", "unevaluatedItems": False}, draft="draft-07")
    assert says({**OPEN, "dependencies": {"a": ["b"]}}, OPEN, draft="2020-12")
    old = {"$ref": "#/definitions/a", "maxLength": 3, "definitions": {"a": TEXT}}
    new = {"$ref": "#/definitions/a", "definitions": {"a": TEXT}}
    assert says(old, new, draft="draft-07")
    assert says(old, new, "PRODUCT_TYPE_NARROWED #/", draft="2019-09")


def test_two_schemas_that_connect_marks_as_bytes_may_be_of_different_types() -> None:
    mark = {"connect.type": "bytes"}
    assert says({**TEXT, **mark}, {**NUMBER, **mark})
    assert says({**TEXT, **mark}, NUMBER, "TYPE_CHANGED #/")
    longer, shorter = {**TEXT, **mark, "maxLength": 9}, {**TEXT, **mark, "maxLength": 5}
    assert says(longer, shorter, "MAX_LENGTH_DECREASED #/maxLength")  # of one type: compared as ever


def test_keywords_of_several_kinds_make_a_product() -> None:
    assert says({**TEXT, "minimum": 3}, TEXT, "PRODUCT_TYPE_NARROWED #/")
    assert says({"maxLength": 3}, {**TEXT, "maxLength": 3})


def test_tuples_of_all_drafts_share_their_paths() -> None:
    for draft, keyword in [("draft-04", "items"), ("2019-09", "prefixItems"), ("2020-12", "prefixItems")]:
        old, new = {"type": "array", keyword: [TEXT]}, {"type": "array", keyword: [NUMBER]}
        assert says(old, new, "TYPE_CHANGED #/items/0", draft=draft)
    old, new = {"type": "array", "items": TEXT}, {"type": "array", "items": [NUMBER]}
    assert says(old, new, "SCHEMA_REMOVED #/items", "ITEM_ADDED_TO_OPEN_CONTENT_MODEL #/items/0")


def test_2019_09_is_loaded_as_2020_12() -> None:
    """By json-sKema, which knows no other; of a list of items it says that it is no schema."""
    tuples = {"type": "array", "items": [TEXT]}
    assert answer(tuples, {**tuples, "title": "a"}, draft="2019-09").answer == "may-fail"
    assert says({}, {"items": [TEXT], "title": "a"}, "TYPE_CHANGED #/", draft="draft-07")
    assert says({"properties": {}}, {"additionalItems": False}, draft="2019-09")  # both say nothing
    assert says(OPEN, {**OPEN, "default": {"items": [1]}}, "DEFAULT_CHANGED #/", draft="2019-09")  # no schema


def test_a_default_counts_beside_a_reference_only_where_the_draft_reads_it() -> None:
    """everit gives a reference no default, and the server does not ask what it leads to."""
    new = {
        "properties": {"a": {"$ref": "#/definitions/a", "default": ""}},
        "required": ["a"],
        "definitions": {"a": TEXT},
    }
    assert answer(CLOSED, CLOSED | new, draft="2019-09").answer == "accept"
    assert answer(CLOSED, CLOSED | new, draft="draft-07").answer == "reject"
    new["definitions"] = {"a": {**TEXT, "default": ""}}
    assert answer(CLOSED, CLOSED | new, draft="draft-07").answer == "reject"
    new["properties"] = {"a": {"$ref": "#/definitions/a"}}
    assert answer(CLOSED, CLOSED | new, draft="draft-07").answer == "reject"
    assert answer(CLOSED, CLOSED | new, draft="2020-12").answer == "reject"
    old = {**CLOSED, **new, "required": []}
    assert says(old, {**old, "required": ["a"]}, "REQUIRED_ATTRIBUTE_ADDED #/required/a")


def test_only_what_lenient_allows_is_refused_by_strict_alone() -> None:
    found = answer(OPEN, {**CLOSED, "title": "a"})
    assert found.changes == ("TITLE_CHANGED #/", CLOSING)
    assert found.refused == (CLOSING,)
    assert answer(OPEN, CLOSED, "LENIENT").refused == ()


# References and recursion ---------------------------------------------------------------------------------------------


def listing(value: Any, **node: Any) -> dict[str, Any]:
    """A linked list of values."""
    rest = {"anyOf": [{"type": "null"}, {"$ref": "#/definitions/list"}]}
    return {
        "$ref": "#/definitions/list",
        "definitions": {"list": {"properties": {"value": value, "rest": rest}, **node}},
    }


def test_recursive_schemas_are_compared_to_their_fixpoint() -> None:
    assert says(listing(TEXT), listing(TEXT))
    assert says(listing({"type": "integer"}), listing(NUMBER), "TYPE_EXTENDED #/properties/value")
    assert says(
        listing(TEXT),
        listing(NUMBER),
        "COMBINED_TYPE_SUBSCHEMAS_CHANGED #/properties/rest",
        "TYPE_CHANGED #/properties/value",
    )


def test_an_assumption_that_fails_does_not_survive_in_another_branch() -> None:
    """Both branches of the reader reach the pair that is still open when the first of them is tried."""
    back = {"properties": {"back": {"anyOf": [{"type": "null"}, {"$ref": "#/definitions/x"}]}}}
    old = {
        "anyOf": [{"$ref": "#/definitions/x"}, {"type": "null"}],
        "definitions": {
            "x": {"properties": {"bad": {"type": "integer"}, "ref": {"$ref": "#/definitions/y"}}},
            "y": back,
        },
    }
    first = {"properties": {"bad": TEXT, "ref": {"$ref": "#/definitions/y"}}}
    second = {"properties": {"bad": {"type": "integer"}, "ref": {"$ref": "#/definitions/y"}}}
    definitions = {"x": first, "y": back, "z": second}
    branches = [{"$ref": "#/definitions/x"}, {"$ref": "#/definitions/z"}]
    for order in (branches, branches[::-1]):
        new = {"anyOf": [*order, {"type": "null"}], "definitions": definitions}
        assert answer(old, new).answer == "reject"


def test_the_same_definition_is_reported_in_every_place_that_uses_it() -> None:
    def order(address: Any) -> Any:
        place = {"$ref": "#/definitions/address"}
        return {"properties": {"billing": place, "shipping": place}, "definitions": {"address": address}}

    assert says(
        order({**TEXT, "minLength": 2}),
        order({**TEXT, "minLength": 3}),
        "MIN_LENGTH_INCREASED #/properties/billing/minLength",
        "MIN_LENGTH_INCREASED #/properties/shipping/minLength",
    )


def test_references_lead_into_other_texts() -> None:
    one = {"money.json": json.dumps({"$ref": "#/definitions/amount", "definitions": {"amount": {"type": "integer"}}})}
    two = {"money.json": json.dumps({"type": "string"})}
    text = json.dumps({"properties": {"price": {"$ref": "money.json"}}})
    found = judge(parse(text, "new", references=two), parse(text, "old", references=one))
    assert found.changes == ("TYPE_CHANGED #/properties/price",)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {
            "$ref": "#/definitions/a",
            "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
        },
        {"$ref": "#/definitions/missing"},
        {"properties": {"a": {"$ref": "elsewhere.json"}}},
        {"$ref": "http://[", "title": "a"},
        {"$ref": 7},
        {"properties": {"a": 7}},
        {"properties": []},
        {"required": "a"},
        {"required": [1]},
        {"type": "text"},
        {"type": []},
        {"type": [["string"]]},
        {"anyOf": []},
        {"anyOf": {"a": 1}},
        {"allOf": [1]},
        {"not": "a"},
        {"enum": 1},
        {"maxLength": "3"},
        {"maxLength": None},
        {"maximum": True},
        {"pattern": 1},
        {"uniqueItems": "yes"},
        {"items": 3},
        {"items": [3]},
        {"additionalProperties": "no"},
        {"dependencies": {"a": "b"}},
    ],
)
def test_a_schema_that_cannot_be_read_is_a_schema_error(schema: Any) -> None:
    with pytest.raises(SchemaError):
        answer(schema, schema)


def test_a_pattern_that_covers_with_no_schema_is_a_schema_error() -> None:
    with pytest.raises(SchemaError):
        answer({"patternProperties": {"^a": 1}}, {"properties": {"a": TEXT}})


# Size -----------------------------------------------------------------------------------------------------------------


def event(number: int) -> dict[str, Any]:
    """One of many events under an anyOf."""
    return {
        "type": "object",
        "properties": {"kind": {"const": number}, "at": TEXT, "by": {"type": "integer"}},
        "required": ["kind"],
        "additionalProperties": False,
    }


def test_hundreds_of_branches_and_thousands_of_symbols() -> None:
    events = [event(number) for number in range(300)]
    shuffled = random.Random(1).sample(events, len(events))  # noqa: S311 - an order, no secret
    assert says({"oneOf": events}, {"oneOf": shuffled})
    assert says({"oneOf": events}, {"oneOf": [*shuffled, event(300)]}, "SUM_TYPE_EXTENDED #/")
    other = [*shuffled[:-1], event(300)]
    assert says({"oneOf": events}, {"oneOf": other}, "COMBINED_TYPE_SUBSCHEMAS_CHANGED #/")
    symbols = [f"symbol {number}" for number in range(10_000)]
    assert says({"enum": symbols}, {"enum": [*symbols[::-1], "new"]}, "ENUM_ARRAY_EXTENDED #/enum")


def chain(links: int, end: Any, width: int = 1) -> dict[str, Any]:
    """Definitions that each lead to the next, `width` times."""
    definitions = {
        f"d{link}": {"properties": {f"p{way}": {"$ref": f"#/definitions/d{link + 1}"} for way in range(width)}}
        for link in range(links)
    }
    return {"$ref": "#/definitions/d0", "definitions": {**definitions, f"d{links}": end}}


def test_a_long_way_to_the_difference_is_no_problem() -> None:
    found = answer(chain(3000, TEXT), chain(3000, NUMBER))
    assert found.changes == ("TYPE_CHANGED #/" + "/".join(["properties/p0"] * 3000),)


def test_shared_definitions_do_not_multiply_the_work() -> None:
    assert says(chain(60, TEXT, width=2), chain(60, TEXT, width=2))
    found = answer(chain(60, TEXT, width=2), chain(60, NUMBER, width=2))
    assert found.answer == "reject"
    assert 1000 < len(found.changes) < 10_000  # of 2 ** 60


def test_deep_nesting_on_both_sides_of_a_not() -> None:
    old: Any = TEXT
    new: Any = NUMBER
    for _ in range(190):
        old, new = {"not": old}, {"not": new}
    assert answer(old, new).answer == "reject"


def test_too_much_work_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "MAX_STEPS", 1000)
    old, new = [event(number) for number in range(50)], [event(number) for number in range(50, 100)]
    assert answer({"anyOf": old}, {"anyOf": new}).answer == "may-fail"


def test_a_pattern_that_cannot_be_evaluated_is_no_answer() -> None:
    old = {"patternProperties": {"^a(": TEXT}}
    assert answer(old, {**old, "properties": {"a": TEXT}}).answer == "may-fail"
    assert answer(old, old).answer == "accept"  # nobody has to look


def test_a_pattern_cannot_make_it_run_for_ever() -> None:
    old = {"patternProperties": {"^(a+)+$": TEXT, "^(?=(a+)+$)b": TEXT}}
    name = "a" * 60 + "!"
    assert says(
        old,
        {**old, "properties": {name: TEXT}},
        f"OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/{name}",
    )


# Laws -----------------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "x_a"])
SMALL = st.integers(0, 3)
SCALARS = st.one_of(st.none(), st.booleans(), SMALL, st.sampled_from(["", "a", "b"]), st.sampled_from([0.5, 1.0]))
TYPES = ["string", "number", "integer", "boolean", "null", "object", "array"]
REFERENCE = st.sampled_from(["#/definitions/a", "#/definitions/b", "#"]).map(lambda target: {"$ref": target})


def keywords(inner: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    """What a schema may hold, whatever its type."""
    schemas = st.lists(inner, min_size=1, max_size=3)
    named = st.dictionaries(NAMES, inner, max_size=2)
    return {
        "type": st.one_of(
            st.sampled_from(TYPES), st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True)
        ),
        "title": st.sampled_from(["a", "b"]),
        "default": SCALARS,
        "enum": st.lists(SCALARS, min_size=1, max_size=3),
        "const": SCALARS,
        **dict.fromkeys(["maxLength", "minLength", "maximum", "minimum", "exclusiveMaximum", "maxItems"], SMALL),
        "multipleOf": st.integers(1, 6),
        "pattern": st.sampled_from(["^a", "b$"]),
        "properties": named,
        "required": st.lists(NAMES, max_size=2, unique=True),
        "additionalProperties": inner,
        "patternProperties": st.dictionaries(st.sampled_from(["^x_", "a$"]), inner, max_size=2),
        "dependencies": st.dictionaries(NAMES, st.one_of(inner, st.lists(NAMES, max_size=2, unique=True)), max_size=2),
        "items": st.one_of(inner, schemas),
        "additionalItems": inner,
        "uniqueItems": st.booleans(),
        **dict.fromkeys(["allOf", "anyOf", "oneOf"], schemas),
        "not": inner,
    }


def objects_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    known = keywords(inner)
    return st.lists(st.sampled_from(sorted(known)), max_size=3, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({keyword: known[keyword] for keyword in chosen})
    )


LEAVES = st.one_of(st.booleans(), st.just({}), st.sampled_from(TYPES).map(lambda name: {"type": name}), REFERENCE)
SCHEMAS = st.recursive(LEAVES, objects_of, max_leaves=6)


@st.composite
def roots(draw: st.DrawFn) -> dict[str, Any]:
    """A whole schema: definitions that refer to each other, and a body that is no bare reference."""
    body = draw(objects_of(SCHEMAS))
    definitions = {name: draw(objects_of(SCHEMAS)) for name in ("a", "b")}
    return {**body, "definitions": definitions}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    """Two schemas that have much in common: the new one is the old one with one keyword drawn anew."""
    old, other = draw(roots()), draw(roots())
    keyword = draw(st.sampled_from(sorted(old.keys() | other.keys())))
    return old, {**old, **({keyword: other[keyword]} if keyword in other else {"title": "c"})}


def shuffled(value: Any, order: random.Random, *, branches: bool) -> Any:
    """The same schema with its keys, or also the branches of its combinations, in another order."""
    if isinstance(value, list):
        return [shuffled(item, order, branches=branches) for item in value]
    if not isinstance(value, dict):
        return value
    keys = order.sample(sorted(value), len(value))
    turned = {key: shuffled(value[key], order, branches=branches) for key in keys}
    for criterion in ("anyOf", "oneOf", "allOf"):
        if branches and isinstance(turned.get(criterion), list):
            order.shuffle(turned[criterion])
    return turned


@given(schema=roots(), draft=st.sampled_from(DRAFTS[1:]), seed=st.integers(0, 99))
def test_a_schema_does_not_differ_from_itself(schema: Any, draft: str, seed: int) -> None:
    text = json.dumps(schema)
    assume(draft != "2019-09" or '"items": [' not in text)  # the server loads no such schema
    order = random.Random(seed)  # noqa: S311 - an order, no secret
    for same in (schema, shuffled(schema, order, branches=False)):
        with assumed_readable():
            found = answer(schema, same, draft=draft)
        assert (found.answer, found.changes) == ("accept", ())
    turned = answer(schema, shuffled(schema, order, branches=True), draft=draft)
    if "exclusiveMaximum" in text or '"const": null' in text:  # the server compares each branch with each other
        assert turned.answer != "reject"
    else:
        assert turned.answer == "accept"


@given(pair=pairs(), seed=st.integers(0, 99))
def test_lenient_allows_what_strict_allows_and_order_never_matters(pair: tuple[Any, Any], seed: int) -> None:
    old, new = pair
    with assumed_readable():
        strict, lenient = answer(old, new), answer(old, new, "LENIENT")
    if strict.answer == "accept":
        assert lenient.answer == "accept"
    if strict.answer != "may-fail":
        assert (strict.answer == "accept") == (strict.refused == ())
    order = random.Random(seed)  # noqa: S311 - an order, no secret
    turned = answer(shuffled(old, order, branches=True), shuffled(new, order, branches=True))
    assert turned.answer == strict.answer


@contextmanager
def assumed_readable() -> Iterator[None]:
    """An example whose schema cannot be read does not count."""
    try:
        yield
    except SchemaError:
        assume(False)


ANY_JSON = st.recursive(
    st.one_of(SCALARS, st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from([*sorted(keywords(LEAVES)), "$ref", "$id", "contains", "prefixItems"]), st.text()
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@given(old=ANY_JSON, new=ANY_JSON, draft=st.sampled_from(DRAFTS))
def test_whatever_json_it_is_given_it_answers_or_says_why_not(old: Any, new: Any, draft: str) -> None:
    try:
        found = answer(old, new, draft=draft)
    except SchemaError:
        return
    assert found.answer in ("accept", "reject", "may-fail")
