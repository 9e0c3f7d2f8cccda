"""Is a schema taken for what the server's libraries make of it, where that is not what its keywords say?

Up to draft 07 the server loads schemas with everit-json-schema. What is stated here of its objects was read off everit
1.14.4 by running it; it is not needed here. The later drafts go through json-sKema and a translation.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemagate.compat.json_schema.registry import judge
from schemagate.schema.json_schema import parse

TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
OPEN, CLOSED = {"type": "object"}, {"type": "object", "additionalProperties": False}
OLDER, MODERN = ("draft-04", "draft-06", "draft-07"), ("2019-09", "2020-12")
ALL = (*OLDER, *MODERN)


def changes(old: Any, new: Any, draft: str = "draft-07", references: dict[str, str] | None = None) -> list[str]:
    """The list under STRICT."""
    writer, reader = (parse(json.dumps(side), "a.json", draft=draft, references=references) for side in (old, new))
    return list(judge(reader, writer).changes)


def answered(old: Any, new: Any, draft: str = "draft-07") -> str:
    """The answer under STRICT."""
    writer, reader = (parse(json.dumps(side), "a.json", draft=draft) for side in (old, new))
    return str(judge(reader, writer).answer)


# Keywords that make a schema a thing of another class ------------------------------------------------------------------


@pytest.mark.parametrize("draft", ["draft-07", *MODERN])
def test_a_condition_is_a_schema_of_its_own_beside_the_object(draft: str) -> None:
    """everit: `allOf[ConditionalSchema, ObjectSchema]`."""
    plain = {"type": "object", "properties": {"country": TEXT}}
    conditional = {**plain, "if": {"required": ["country"]}, "then": {"required": ["zip"]}}
    assert changes(plain, conditional, draft) == ["TYPE_CHANGED #/"]
    assert changes(conditional, plain, draft) == ["PRODUCT_TYPE_NARROWED #/"]
    assert changes(conditional, {**conditional, "then": False}, draft) == []
    assert changes({"if": TEXT}, {"if": NUMBER, "title": "a"}, draft) == ["TITLE_CHANGED #/"]


def test_a_condition_counts_only_in_drafts_that_know_it() -> None:
    conditional = {**OPEN, "if": {"required": ["a"]}, "then": False}
    for draft in ("draft-04", "draft-06"):
        assert changes(OPEN, conditional, draft) == []


def test_a_branch_without_if_is_a_condition_for_everit_and_nothing_for_the_later_library() -> None:
    for keyword in ("then", "else"):
        assert changes(OPEN, {**OPEN, keyword: False}) == ["TYPE_CHANGED #/"]
        assert changes(OPEN, {**OPEN, keyword: False}, "2020-12") == []


@pytest.mark.parametrize("draft", OLDER)
def test_a_format_makes_a_string(draft: str) -> None:
    """everit: a `StringSchema`, also beside the number of `{"type": "integer", "format": "int32"}`."""
    date = {"format": "date"}
    assert changes({"properties": {}}, {"properties": {"a": date}}, draft) == [
        "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/a"
    ]
    assert changes({"properties": {"a": date}}, {"properties": {"a": {**TEXT, **date}}}, draft) == []
    assert changes({"type": "integer"}, {"type": "integer", "format": "int32"}, draft) == ["TYPE_CHANGED #/"]
    assert changes(TEXT, {**TEXT, **date}, draft) == []


@pytest.mark.parametrize("draft", MODERN)
def test_the_translation_of_the_later_drafts_drops_formats(draft: str) -> None:
    assert changes({"type": "integer"}, {"type": "integer", "format": "int32"}, draft) == []
    assert changes({}, {"format": "date"}, draft) == []


def test_names_of_properties_make_an_object_since_draft_06() -> None:
    """everit: an `ObjectSchema`."""
    names = {"propertyNames": {"maxLength": 3}}
    assert changes({}, names, "draft-04") == []
    for draft in ALL[1:]:
        assert changes({}, names, draft) == ["TYPE_CHANGED #/"]
        assert changes(OPEN, names, draft) == []


def test_items_of_one_kind_leave_no_room_for_a_false_beside_them() -> None:
    """everit: `permitsAdditionalItems()` stays true beside an `allItemSchema`; a schema beside it stays as well."""
    every = {"type": "array", "items": TEXT}
    assert changes(every, {**every, "additionalItems": False}) == []
    assert changes(every, {**every, "additionalItems": TEXT}) == ["ADDITIONAL_ITEMS_NARROWED #/additionalItems"]


# References are followed once -----------------------------------------------------------------------------------------


def alias(target: Any, **beside: Any) -> Any:
    """An object with a property that two references lead away from."""
    definitions = {"near": {"$ref": "#/definitions/far", **beside}, "far": target}
    return {"type": "object", "properties": {"a": {"$ref": "#/definitions/near"}}, "definitions": definitions}


@pytest.mark.parametrize("draft", ALL)
def test_nobody_looks_behind_a_reference_that_a_reference_leads_to(draft: str) -> None:
    """everit: a `ReferenceSchema` whose referred schema is a `ReferenceSchema`; of two of these nothing is compared."""
    assert changes(alias(TEXT), alias(NUMBER), draft) == []
    once = {"type": "object", "properties": {"a": {"$ref": "#/definitions/near"}}, "definitions": {"near": TEXT}}
    assert changes(once, alias(TEXT), draft) == ["TYPE_CHANGED #/properties/a"]
    assert changes(alias(TEXT), once, draft) == ["TYPE_CHANGED #/properties/a"]
    assert changes(alias(TEXT), {"type": "object", "properties": {"a": {}}}, draft) == []


def test_of_such_a_reference_title_and_description_are_seen() -> None:
    assert changes(alias(TEXT), alias(TEXT, title="b", default=1)) == ["TITLE_CHANGED #/properties/a"]


def test_beside_a_combination_such_a_reference_is_followed_once_more() -> None:
    """The search among the branches compares anew, and that follows one reference."""
    sum_of = {"type": "object", "properties": {"a": {"oneOf": [TEXT, FLAG]}}}
    assert changes(alias(TEXT), sum_of) == ["SUM_TYPE_EXTENDED #/properties/a"]
    assert changes(alias(NUMBER), sum_of) == ["TYPE_CHANGED #/properties/a"]


def test_a_text_that_is_a_reference_itself_hides_what_it_refers_to() -> None:
    """As generators write it: the root refers to one of its definitions."""

    def money(amount: Any) -> dict[str, str]:
        return {"money.json": json.dumps({"$ref": "#/definitions/amount", "definitions": {"amount": amount}})}

    schema = {"type": "object", "properties": {"price": {"$ref": "money.json"}}}
    writer = parse(json.dumps(schema), "a.json", references=money(TEXT))
    reader = parse(json.dumps(schema), "a.json", references=money(NUMBER))
    assert judge(reader, writer).changes == ()


@pytest.mark.parametrize("draft", ALL)
def test_a_reference_is_neither_the_empty_schema_nor_false(draft: str) -> None:
    """Whether a property is `{}` or `false` is asked before its reference is followed."""
    anything, nothing = {"definitions": {"a": {}}}, {"definitions": {"a": False}}
    if draft == "draft-04":
        nothing = anything
    leading = {"properties": {"a": {"$ref": "#/definitions/a"}}}
    assert changes(OPEN, {**OPEN, **leading, **anything}, draft) == [
        "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/a"
    ]
    assert changes({**CLOSED, **leading, **nothing}, CLOSED, draft) == [
        "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/a"
    ]
    keyword = "items" if draft in OLDER else "prefixItems"
    row = {"type": "array", keyword: [TEXT]}
    longer = {"type": "array", keyword: [TEXT, {"$ref": "#/definitions/a"}], **anything}
    assert changes(row, longer, draft) == ["ITEM_ADDED_TO_OPEN_CONTENT_MODEL #/items/1"]


def test_the_later_drafts_are_loaded_by_a_library_that_knows_no_recursive_reference() -> None:
    """json-sKema keeps `$recursiveRef` among the words that it does not process."""
    assert changes({"properties": {"a": {}}}, {"properties": {"a": {"$recursiveRef": "#"}}}, "2019-09") == []


# Combinations ---------------------------------------------------------------------------------------------------------


def test_equal_branches_count_each_when_a_single_one_is_sought() -> None:
    """everit keeps a list of subschemas; only two combinations are compared without their duplicates."""
    assert changes(TEXT, {"allOf": [TEXT]}) == []
    assert changes(TEXT, {"allOf": [TEXT, TEXT]}) == ["TYPE_CHANGED #/"]
    assert changes({"anyOf": [TEXT, TEXT]}, TEXT) == ["TYPE_CHANGED #/"]
    assert changes(TEXT, {"anyOf": [TEXT, TEXT]}) == ["SUM_TYPE_EXTENDED #/"]
    assert changes({"anyOf": [TEXT, TEXT]}, {"oneOf": [TEXT, TEXT]}) == ["COMBINED_TYPE_CHANGED #/"]


def test_a_single_branch_that_does_not_fit_is_of_another_kind() -> None:
    assert changes(TEXT, {"oneOf": [{**TEXT, "maxLength": 3}]}) == ["TYPE_CHANGED #/"]


@pytest.mark.parametrize("criterion", ["anyOf", "oneOf"])
def test_a_branch_of_several_kinds_spills_into_its_list_in_the_later_drafts(criterion: str) -> None:
    """The translation takes a text that is also an enumeration for two branches; everit leaves it one."""
    null = {"type": "null"}
    old, new = {criterion: [{**TEXT, "enum": ["a"]}, null]}, {criterion: [TEXT, null]}
    assert answered(old, new, "draft-07") == "accept"
    assert changes(old, new, "2020-12") == ["SUM_TYPE_NARROWED #/"]
    assert changes(new, old, "2020-12") == ["SUM_TYPE_EXTENDED #/"]
    assert changes(old, {criterion: [{**TEXT, "enum": ["a", "b"]}, null]}, "2020-12") == [
        f"ENUM_ARRAY_EXTENDED #/{criterion}/0/enum"
    ]


def test_spilled_branches_that_say_the_same_are_one() -> None:
    old = {"anyOf": [{**TEXT, "enum": ["a"]}, {**TEXT, "enum": ["b"]}]}
    assert changes(old, {"anyOf": [{**TEXT, "enum": ["a"]}, {"enum": ["b"]}]}, "2020-12") == []


def test_what_is_forbidden_is_compared_from_the_new_side_only() -> None:
    assert changes({"not": TEXT}, {"not": {}}) == ["NOT_TYPE_EXTENDED #/not"]
    assert changes({"not": {}}, {"not": TEXT}) == ["NOT_TYPE_NARROWED #/not"]
    assert changes({"not": TEXT}, {"not": TEXT, "title": "a"}) == ["TITLE_CHANGED #/", "NOT_TYPE_NARROWED #/not"]
    assert changes({"not": TEXT}, {"not": TEXT}) == []  # the same content is never compared


# Values ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draft", ALL[1:])
def test_a_null_constant_of_the_writer_makes_the_server_fail(draft: str) -> None:
    """everit hands out null for it, and the server calls `equals` on that."""
    null, one = {"properties": {"a": {"const": None}}}, {"properties": {"a": {"const": 1}}}
    assert answered(null, one, draft) == "may-fail"
    assert answered(null, {**null, "title": "a"}, draft) == "may-fail"
    assert answered(null, null, draft) == "accept"  # the same text is never compared
    assert changes(one, null, draft) == ["ENUM_ARRAY_CHANGED #/properties/a/const"]
    assert answered(one, null, draft) == "reject"
    either = {"properties": {"a": {"anyOf": [{"const": None}, TEXT]}}}
    assert answered(either, {"properties": {"a": {"anyOf": [TEXT, {"const": 2}]}}}, draft) == "may-fail"


def test_a_null_default_is_a_default_for_everit_and_none_for_the_later_drafts() -> None:
    new = {**CLOSED, "properties": {"a": {"type": ["string", "null"], "default": None}}, "required": ["a"]}
    assert answered(CLOSED, new, "draft-07") == "accept"
    assert answered(CLOSED, new, "2020-12") == "reject"
    assert changes({}, {"default": None}, "draft-07") == ["DEFAULT_CHANGED #/"]
    assert changes({}, {"default": None}, "2020-12") == []


@pytest.mark.parametrize("draft", MODERN)
def test_unevaluated_items_that_are_stated_to_be_free_are_less_than_none(draft: str) -> None:
    row = {"type": "array"}
    for free in (True, {}):
        narrowed = ["UNEVALUATED_ITEMS_NARROWED #/unevaluatedItems"]
        assert changes(row, {**row, "unevaluatedItems": free}, draft) == narrowed
        assert changes({**row, "unevaluatedItems": free}, row, draft) == [
            "UNEVALUATED_ITEMS_EXTENDED #/unevaluatedItems"
        ]
        assert changes({**row, "unevaluatedItems": free}, {**row, "unevaluatedItems": TEXT}, draft) == narrowed
    longer = {**row, "prefixItems": [TEXT], "unevaluatedItems": {}}
    assert "ITEM_ADDED_TO_OPEN_CONTENT_MODEL #/items/0" in changes({**row, "unevaluatedItems": {}}, longer, draft)


@pytest.mark.parametrize(("draft", "keyword"), [("draft-07", "dependencies"), ("2020-12", "dependentRequired")])
def test_an_empty_list_of_dependencies_is_none(draft: str, keyword: str) -> None:
    """Both libraries add the names of a list one by one to what they hold."""
    assert changes(OPEN, {**OPEN, keyword: {"a": []}}, draft) == []
    assert changes({**OPEN, keyword: {"a": []}}, {**OPEN, keyword: {"a": ["b"]}}, draft) == [
        "DEPENDENCY_ARRAY_ADDED #/dependencies/a"
    ]


@pytest.mark.parametrize("draft", MODERN)
def test_empty_properties_and_patterns_say_nothing_in_the_later_drafts(draft: str) -> None:
    for keyword in ("properties", "patternProperties"):
        assert changes({}, {keyword: {}}, draft) == []
        assert changes({}, {keyword: {}}, "draft-07") == ["TYPE_CHANGED #/"]
