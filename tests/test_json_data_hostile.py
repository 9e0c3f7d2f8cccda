"""Does every schema end in a verdict or a typed error: contradictions, floods, loops, hostile patterns, any JSON at all?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemagate.compat.json_schema.data import judge
from schemagate.compat.verdicts import DataVerdict
from schemagate.errors import SchemaError
from schemagate.schema.json_schema import parse

TEXT = {"type": "string"}


def data(reader: Any, writer: Any) -> DataVerdict:
    texts = (side if isinstance(side, str) else json.dumps(side) for side in (reader, writer))
    new, old = (parse(text, "schema.json") for text in texts)
    return judge(new, old)


def definitions(first: str, **named: Any) -> dict[str, Any]:
    return {"$ref": f"#/definitions/{first}", "definitions": named}


def nested(levels: int, leaf: Any, word: str = "properties") -> Any:
    for _ in range(levels):
        leaf = (
            {word: [leaf]} if word.endswith("Of") else {"type": "object", "properties": {"a": leaf}, "required": ["a"]}
        )
    return leaf


def doubling(count: int, leaf: Any, *, in_place: bool) -> dict[str, Any]:
    def twice(name: str) -> Any:
        target = {"$ref": f"#/definitions/{name}"}
        return {"allOf": [target, target]} if in_place else {"properties": {"x": target, "y": target}}

    return definitions("a0", **{f"a{i}": twice(f"a{i + 1}") for i in range(count)}, **{f"a{count}": leaf})


def both_required(count: int, leaf: Any) -> dict[str, Any]:
    """An event has 2 ** count leaves."""
    schema = doubling(count, leaf, in_place=False)
    for number in range(count):
        schema["definitions"][f"a{number}"] |= {"type": "object", "required": ["x", "y"]}
    return schema


def by_pattern(letter: str, count: int, declared: Any) -> dict[str, Any]:
    named = {"properties": {f"a{number}": declared for number in range(count)}}
    return {"type": "object", "patternProperties": {f"^{letter}{number}": TEXT for number in range(count)}, **named}


def containing(least: int) -> dict[str, Any]:
    return {"$schema": DRAFT_2020, "type": "array", "contains": TEXT, "minContains": least}


def chained(count: int, leaf: Any) -> dict[str, Any]:
    links = {f"a{i}": {"properties": {"x": {"$ref": f"#/definitions/a{i + 1}"}}} for i in range(count)}
    return definitions("a0", **links, **{f"a{count}": leaf})


MANY = [{"type": "object", "required": [str(number)]} for number in range(10_000)]
LOOP = definitions("a", a={"$ref": "#/definitions/b"}, b={"$ref": "#/definitions/a"})
ITSELF_NOT = definitions("a", a={"not": {"$ref": "#/definitions/a"}})
THROUGH_NOT = definitions("n", n={"properties": {"x": {"not": {"$ref": "#/definitions/n"}}}})
DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"
ENDLESS = definitions("n", n={"type": "object", "properties": {"x": {"$ref": "#/definitions/n"}}, "required": ["x"]})

HOSTILE: dict[str, tuple[Any, Any, str]] = {
    "contradiction writes nothing": (False, {"type": "string", "enum": [1]}, "yes"),
    "bounds that cross": (False, {"type": "integer", "minimum": 2, "maximum": 1}, "yes"),
    "required and refused": (False, {"type": "object", "required": ["a"], "additionalProperties": False}, "yes"),
    "no finite event": ({"properties": {"x": TEXT}}, ENDLESS, "unknown"),
    "10,000 members": ({"enum": list(range(10_000))}, {"enum": list(range(9_999))}, "yes"),
    "10,000 members, one gone": ({"enum": list(range(9_999))}, {"enum": list(range(10_000))}, "no"),
    "10,000 constants": ({"anyOf": [{"const": n} for n in range(10_000)]}, {"enum": list(range(10_000))}, "yes"),
    "10,000 alternatives reversed": ({"anyOf": MANY[::-1]}, {"anyOf": MANY}, "yes"),
    "1,000 alternatives, exactly one": ({"oneOf": MANY[:1000]}, {"oneOf": MANY[1:1000]}, "no"),
    "35 levels": (nested(35, TEXT), nested(35, {"type": "integer"}), "no"),
    "95 levels": (nested(95, TEXT), nested(95, {"type": "integer"}), "unknown"),
    "95 combinations": (nested(95, TEXT, "allOf"), nested(95, {"type": "integer"}, "anyOf"), "no"),
    "a loop of references": (LOOP, TEXT, "unknown"),
    "a loop that writes": (TEXT, LOOP, "unknown"),
    "a loop through not": (ITSELF_NOT, TEXT, "unknown"),
    "recursion through not and a property": ({**THROUGH_NOT, "title": "a"}, THROUGH_NOT, "yes"),
    "doubling in place": (doubling(60, TEXT, in_place=True), {"type": ["string", "null"]}, "unknown"),
    "doubling in depth": (doubling(35, TEXT, in_place=False), doubling(35, {"type": "integer"}, in_place=False), "no"),
    "doubling deeper": (
        doubling(60, TEXT, in_place=False),
        doubling(60, {"type": "integer"}, in_place=False),
        "unknown",
    ),
    "doubling in depth, 41 levels": (
        doubling(40, TEXT, in_place=False),
        doubling(40, {"type": "integer"}, in_place=False),
        "unknown",
    ),
    "an event of 2 ** 30 values": (
        both_required(30, {"type": "integer"}),
        both_required(30, {"type": "string"}),
        "unknown",
    ),
    "an event of 2 ** 9 values": (both_required(9, {"type": "integer"}), both_required(9, {"type": "string"}), "no"),
    "a million items of a kind": (containing(1_000_001), containing(1_000_000), "unknown"),
    "two items of a kind": (containing(3), containing(2), "no"),
    "1,000 patterns of names on each side": (by_pattern("b", 1_000, TEXT), by_pattern("a", 1_000, {}), "unknown"),
    "20 patterns of names on each side": (by_pattern("b", 20, TEXT), by_pattern("a", 20, {}), "no"),
    "a pattern that Python does not end": (
        {"pattern": "^(?:(?:b?){30}a{30})$"},
        {"type": "string", "pattern": "^(?:(?:a?){30}a{30})$"},
        "unknown",
    ),
    "a chain of 3,000": (chained(3_000, TEXT), chained(3_000, {"type": "integer"}), "unknown"),
    "a huge length": ({"type": "string", "maxLength": 10**9}, TEXT, "unknown"),
    "a huge number of items": ({"maxItems": 10**9}, {"type": "array"}, "unknown"),
    "a number of 300 digits": (f'{{"maximum": 1{"0" * 300}}}', f'{{"type": "number", "maximum": 1{"0" * 301}}}', "no"),
    "a number that no float is": (
        '{"minimum": 0.1234567890123456789}',
        '{"minimum": 0.12345678901234567891, "type": "number"}',
        "yes",
    ),
    "a tiny step": ('{"multipleOf": 1e-300}', '{"type": "integer"}', "yes"),
    "a known disagreement": ({"multipleOf": 0.1}, {"enum": [0.3]}, "yes"),
    "products of alternatives": (
        {"allOf": [{"anyOf": [{"required": [f"a{i}"]}, {"required": [f"b{i}"]}]} for i in range(20)]},
        {"allOf": [{"anyOf": [{"required": [f"a{i}"]}, {"required": [f"c{i}"]}]} for i in range(20)], "type": "object"},
        "no",
    ),
    "malformed": ({"properties": {"a": {"type": "text"}}}, {"type": "object", "properties": {"a": TEXT}}, "unknown"),
    "malformed on both sides": ({"minLength": "1", "title": "a"}, {"minLength": "1"}, "unknown"),
    "a dynamic reference": (
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$dynamicRef": "#n",
            "$defs": {"n": {"$dynamicAnchor": "n"}},
        },
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **TEXT},
        "unknown",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_schemas_end_in_a_verdict(name: str) -> None:
    reader, writer, answer = HOSTILE[name]
    verdict = data(reader, writer)
    assert verdict.answer == answer
    if answer == "unknown":
        assert verdict.findings[0].rule.startswith("SG-JSON-9")
        assert verdict.witness is None


def test_a_pattern_that_is_not_put_to_python_is_the_reason() -> None:
    reader, writer, _ = HOSTILE["a pattern that Python does not end"]
    assert [finding.rule for finding in data(reader, writer).findings] == ["SG-JSON-904"]


NUMBERS = (
    "1e400", "-1e400", "1e-400", "12345678901234567890123456789012345.5", "9" * 4300, "-" + "9" * 4300, "1e308", "2.5", "9007199254740993",
    "0.1000000000000000055511151231257827",
)  # fmt: skip
NUMBER_WORDS = (
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems minProperties"
    " maxProperties minContains maxContains"
).split()
LIMITS = (
    '{"type": "integer"}',
    '{"not": {"multipleOf": 7}}',
    '{"type": ["number", "array", "object", "string"], "minLength": 2, "minItems": 2, "minProperties": 1, "multipleOf": 3}',
    '{"enum": [1, 2.5, "a", [1], {"a": 1}], "maxLength": 5, "maxItems": 3, "maxProperties": 2, "maximum": 7}',
)


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:12])
@pytest.mark.parametrize("limits", LIMITS)
def test_a_number_of_any_size_ends_in_a_verdict(number: str, limits: str) -> None:
    stated = [f'{{"contains": {{"minimum": {number}}}, "{word}": {number}}}' for word in NUMBER_WORDS]
    for text in (*stated, f'{{"enum": [{number}, [{number}]]}}', f'{{"const": {number}}}'):
        for draft in ("draft-04", "2020-12"):
            one, other = (parse(side, "schema.json", draft=draft) for side in (text, limits))
            for reader, writer in ((one, other), (other, one)):
                try:
                    verdict = judge(reader, writer)
                except SchemaError:  # no draft allows such a keyword
                    continue
                assert verdict.answer == "yes" or verdict.findings


def test_what_is_whole_is_told_of_numbers_with_many_digits() -> None:
    """The tools round the fraction away, so that they can show nothing."""
    fraction, whole = ('{"const": 12345678901234567890123456789012345.5}', '{"enum": [1e400]}')
    assert data({"type": "integer"}, fraction).answer == "unknown"
    assert data({"type": "integer"}, whole).answer == "yes"


@pytest.mark.parametrize("word", ["properties", "patternProperties"])
@pytest.mark.parametrize("value", [[], None, 5, "a", True])
def test_malformed_parts_of_a_writer_are_told_under_the_assumption(word: str, value: Any) -> None:
    for around in ({"allOf": [{word: value}]}, {"anyOf": [{word: value}]}, {"then": {word: value}}):
        verdict = judge(*(parse(json.dumps(side), "a.json") for side in ({}, around)), ("declared-properties-only",))
        assert [finding.rule for finding in verdict.findings] == ["SG-JSON-910"], around


def test_what_nests_deep_is_closed_or_undecided() -> None:
    for word in ("items", "not"):
        writer: Any = {"properties": {"a": {}}}
        for _ in range(190):
            writer = {word: writer}
        for reader in ({}, {"type": "object", "additionalProperties": False}):
            sides = (parse(json.dumps(side), "a.json") for side in (reader, writer))
            verdict = judge(*sides, ("declared-properties-only",))
            assert verdict.answer == "yes" or verdict.findings


def flat(count: int, schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {f"property_{number}": schema for number in range(count)}}


@pytest.mark.parametrize(
    ("reader", "writer", "answer"),
    [
        ({"type": "string", "maxLength": 9}, {"type": "string", "maxLength": 10}, "no"),
        ({"enum": ["a", "b", "c"]}, {"enum": ["a", "b"]}, "yes"),
        ({"enum": ["a", "b"]}, {"enum": ["a", "b", "c"]}, "no"),
    ],
)
def test_the_same_edit_everywhere(reader: Any, writer: Any, answer: str) -> None:
    """The first places are shown; of the others it is said that they are there."""
    more = {"description": "x" * 70}
    verdict = data(flat(20_000, reader | more), flat(20_000, writer | more))
    assert verdict.answer == answer
    if answer == "no":
        told = [finding.path for finding in verdict.findings if finding.refuses]
        assert told[:2] == [f"/properties/property_{number}/{next(reversed(reader))}" for number in range(2)]
        assert 20 < len(told) < 100
        assert verdict.findings[len(told)].rule == "SG-JSON-909"


PATTERNS = (
    "^(a+)+$", "(a*)*b", "(?=a)b", r"\bfoo", "(a|aa)+$", "a{1000}", "a{99999}", "^(a?){30}a{30}$", "((((((((((a*)*)*)*)*)*)*)*)*)*)*",
    "[", "(", r"\p{L}+", "(?i)a", "a" * 1000, "^(([a-z])+.)+[A-Z]([a-z])+$", "x*" * 40, "(" * 150 + "a" + ")*" * 150, "[[a]", "a{2}{3}",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("other", ["^(b+)+$", "a", "^.{3,}$"])
def test_hostile_patterns_end_in_a_verdict(pattern: str, other: str) -> None:
    for reader, writer in ((pattern, other), (other, pattern)):
        data({"pattern": reader}, {"type": "string", "pattern": writer})
        data(
            {"patternProperties": {reader: TEXT}},
            {"type": "object", "patternProperties": {writer: {"type": "integer"}}},
        )
    data({"type": "string", "pattern": pattern}, {"type": "string", "minLength": 3})


WORDS = (
    "type enum const minimum exclusiveMinimum multipleOf minLength pattern items maxItems uniqueItems contains minContains"
    " minProperties required properties patternProperties additionalProperties propertyNames dependentRequired dependencies"
    " dependentSchemas allOf anyOf oneOf not if then else $ref $id $anchor $dynamicRef $recursiveRef unevaluatedProperties"
    " unevaluatedItems prefixItems additionalItems definitions $defs format default a b"
).split()
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 5),
    st.sampled_from(
        ["string", "object", "array", "#", "#/definitions/a", "#/$defs/a", "#a", "x.json", "a", "^a+$", "(", ""]
    ),
    st.sampled_from([1.5, 1e300, 10**30, ["string", "null"], ["a"], [], {}]),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)),
    max_leaves=12,
)
SCHEMAS = st.one_of(st.booleans(), st.dictionaries(st.sampled_from(WORDS), JSON, max_size=5))
DRAFTS = st.sampled_from(["draft-04", "draft-06", "draft-07", "2019-09", "2020-12"])


@given(SCHEMAS, SCHEMAS, DRAFTS, DRAFTS, st.booleans())
def test_any_json_ends_in_a_verdict_or_a_typed_error(
    reader: Any, writer: Any, new: str, old: str, closed: bool
) -> None:
    assume = ("declared-properties-only",) if closed else ()
    try:
        verdict = judge(
            parse(json.dumps(reader), "new.json", draft=new), parse(json.dumps(writer), "old.json", draft=old), assume
        )
    except SchemaError:
        return
    assert verdict.answer == "yes" or verdict.findings
    assert (verdict.answer == "no") == (verdict.witness is not None)


@given(SCHEMAS, DRAFTS)
def test_any_schema_reads_itself(schema: Any, draft: str) -> None:
    parsed = parse(json.dumps(schema), "schema.json", draft=draft)
    assert judge(parsed, parsed) == judge(parsed, parse(json.dumps(schema, indent=2), "other.json", draft=draft))
    assert judge(parsed, parsed).answer == "yes"
