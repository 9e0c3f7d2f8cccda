"""Can the reader read everything? Everyday edits of JSON Schemas, with the event, the place and the words of each finding."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest

import test_domain_cases_json as domain
from oracles import rows
from schemagate.compat.fingerprint import marked
from schemagate.compat.json_schema.data import judge
from schemagate.compat.json_schema.data.rules import RULES
from schemagate.compat.verdicts import DataAnswer, DataVerdict
from schemagate.findings import Severity
from schemagate.schema import json_text
from schemagate.schema.json_schema import parse

D20 = "https://json-schema.org/draft/2020-12/schema"
TEXT = {"type": "string"}


def data(reader: Any, writer: Any, *, draft: str | None = None, assume: tuple[str, ...] = ()) -> DataVerdict:
    return judge(
        parse(json.dumps(reader), "new.json", draft=draft), parse(json.dumps(writer), "old.json", draft=draft), assume
    )


def told(verdict: DataVerdict) -> list[tuple[str, Any]]:
    """Rule number and event of each finding."""
    return [(finding.rule[-3:], finding.witness and finding.witness.value) for finding in verdict.findings]


def record(required: tuple[str, ...] = (), closed: bool = False, **properties: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "properties": properties, "required": list(required)}
    return {**made, "additionalProperties": False} if closed else made


# Reader, writer, what is told. "yes" where nothing is.
EVERYDAY: dict[str, tuple[Any, Any, list[tuple[str, Any]]]] = {
    "required added": (record(("login",), login=TEXT), record(login=TEXT), [("101", {})]),
    "required removed": (record(login=TEXT), record(("login",), login=TEXT), []),
    "several required": (record(("a", "b"), a=TEXT, b=TEXT), record(a=TEXT, b=TEXT), [("101", {}), ("101", {})]),
    "field added, open": (record(a=TEXT, b=TEXT), record(a=TEXT), [("108", {"b": None})]),
    "field added, closed": (record(closed=True, a=TEXT, b=TEXT), record(closed=True, a=TEXT), []),
    "field removed, open": (record(a=TEXT), record(a=TEXT, b=TEXT), []),
    "field removed, closed": (record(closed=True, a=TEXT), record(closed=True, a=TEXT, b=TEXT), [("109", {"b": ""})]),
    "required field removed, closed": (
        record(("a",), closed=True, a=TEXT),
        record(("a", "b"), closed=True, a=TEXT, b=TEXT),
        [("109", {"a": "", "b": ""})],
    ),
    "object closed": (record(closed=True, a=TEXT), record(a=TEXT), [("110", {"other": ""})]),
    "object opened": (record(a=TEXT), record(closed=True, a=TEXT), []),
    "integer to number": ({"type": "number"}, {"type": "integer"}, []),
    "number to integer": ({"type": "integer"}, {"type": "number"}, [("102", 0.5)]),
    "nullable": ({"type": ["string", "null"]}, TEXT, []),
    "not nullable": (TEXT, {"type": ["string", "null"]}, [("102", None)]),
    "nullable by anyOf": ({"anyOf": [TEXT, {"type": "null"}]}, {"type": ["null", "string"]}, []),
    "not nullable, by anyOf": (TEXT, {"anyOf": [TEXT, {"type": "null"}]}, [("102", None)]),
    "nullable by oneOf": ({"oneOf": [{"type": "null"}, TEXT]}, {"type": ["null", "string"]}, []),
    "type added to anything": (TEXT, {}, [("102", None)]),
    "member removed": ({"enum": ["a"]}, {"enum": ["a", "b"]}, [("103", "b")]),
    "member added": ({"enum": ["a", "b"]}, {"enum": ["a"]}, []),
    "enum for const": ({"enum": ["a"]}, {"const": "a"}, []),
    "one is not true": ({"enum": [1]}, {"enum": [True]}, [("103", True)]),
    "one is 1.0": ({"enum": [1]}, {"enum": [1.0]}, []),
    "members of a type": (TEXT, {"enum": ["a", "b"]}, []),
    "bound raised": ({"type": "integer", "minimum": 2}, {"type": "integer", "minimum": 1}, [("104", 1)]),
    "bound respelled": ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}, []),
    "bound excluded": ({"type": "number", "exclusiveMinimum": 0}, {"type": "number", "minimum": 0}, [("104", 0)]),
    "upper bound": ({"type": "number", "maximum": 9}, {"type": "number"}, [("104", 10)]),
    "length": ({"type": "string", "minLength": 1}, TEXT, [("105", "")]),
    "length implied by a pattern": ({"type": "string", "minLength": 2}, {"type": "string", "pattern": "^[a-z]{2}"}, []),
    "pattern added": ({"type": "string", "pattern": "^a"}, TEXT, [("107", "")]),
    "pattern removed": (TEXT, {"type": "string", "pattern": "^a"}, []),
    "pattern widened": ({"pattern": "^[a-z]+$"}, {"type": "string", "pattern": "^[a-f]+$"}, []),
    "multiple of a divisor": ({"type": "integer", "multipleOf": 5}, {"type": "integer", "multipleOf": 10}, []),
    "items": ({"type": "array", "items": TEXT}, {"type": "array", "items": {"type": "integer"}}, [("102", [0])]),
    "deep": (
        record(("p",), p=record(("xs",), xs={"type": "array", "items": record(("n",), n=TEXT)})),
        record(("p",), p=record(("xs",), xs={"type": "array", "items": record(n=TEXT)})),
        [("101", {"p": {"xs": [{}]}})],
    ),
    "annotations": ({**TEXT, "title": "a", "description": "b"}, {**TEXT, "$comment": "c", "examples": ["d"]}, []),
    "wrapped in allOf": ({"allOf": [TEXT]}, TEXT, []),
    "parts of allOf": ({"allOf": [record(a=TEXT), record(("b",), b=TEXT)]}, record(("b",), a=TEXT, b=TEXT), []),
    "tagged alternatives widened": (
        {
            "oneOf": [
                record(("k",), k={"const": "a"}),
                record(("k",), k={"const": "b"}),
                record(("k",), k={"const": "c"}),
            ]
        },
        {"oneOf": [record(("k",), k={"const": "a"}), record(("k",), k={"const": "b"})]},
        [],
    ),
    "unreachable": (record(x=TEXT), record(x={"allOf": [{"type": "integer"}, {"type": "null"}]}), []),
    "writer of nothing": (TEXT, False, []),
    "reader of nothing": (False, TEXT, [("121", "")]),
    "reader of anything": ({}, {"not": {"minimum": 3}}, []),
}


@pytest.mark.parametrize("name", EVERYDAY)
def test_everyday_edits_are_decided(name: str) -> None:
    reader, writer, expected = EVERYDAY[name]
    verdict = data(reader, writer)
    assert verdict.answer == ("no" if expected else "yes")
    assert told(verdict) == expected
    for finding in verdict.findings:
        assert finding.witness is not None
        assert jsonschema.Draft7Validator(writer).is_valid(finding.witness.value)
        assert not jsonschema.Draft7Validator(reader).is_valid(finding.witness.value)


SAFE_WITHOUT_LIBRARIES = [name for name, case in EVERYDAY.items() if not case[2]]


def test_a_safe_edit_loads_no_validator() -> None:
    cases = [EVERYDAY[name][:2] for name in SAFE_WITHOUT_LIBRARIES]
    program = f"""
import json, sys
from schemagate.compat.json_schema.data import judge
from schemagate.schema.json_schema import parse
for reader, writer in json.loads({json.dumps(json.dumps(cases))}):
    assert judge(parse(json.dumps(reader), "r"), parse(json.dumps(writer), "w")).answer == "yes"
heavy = {{"jsonschema", "jsonschema_rs", "referencing", "greenery"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_finding_reads_like_a_sentence_and_points_at_both_texts() -> None:
    fields = {"id": TEXT, "login": TEXT}
    old, new = (
        parse(json.dumps(record(("payload",), payload=record(names, **fields)), indent=1), "v1.json")
        for names in (("id", "login"), ("id",))
    )
    verdict = judge(old, new)
    (finding,) = verdict.findings
    assert finding.name == "required-by-reader"
    assert finding.message == "payload.login is required by the reader, and the writer may leave it out"
    assert finding.fix == 'require "login" on both sides, or on neither'
    assert (finding.path, finding.writer_path) == ("/properties/payload/required", "/properties/payload/required")
    assert (
        json_text.locate(old.text, finding.path, "v1.json").line == old.text.splitlines().index('   "required": [') + 1
    )
    assert finding.witness is not None
    assert verdict.witness == finding.witness
    assert finding.witness.value == {"payload": {"id": ""}}
    assert (finding.witness.pointer, finding.witness.reason) == ("/payload", "payload.login is missing")


def test_references_are_followed_and_reported_where_their_target_stands() -> None:
    def order(kind: str) -> dict[str, Any]:
        return {**record(("price",), price={"$ref": "#/definitions/money"}), "definitions": {"money": {"type": kind}}}

    (finding,) = data(order("integer"), order("number")).findings
    assert (finding.rule, finding.path, finding.writer_path) == (
        "SG-JSON-102",
        "/definitions/money/type",
        "/definitions/money/type",
    )
    assert finding.witness is not None
    assert finding.witness.value == {"price": 0.5}


def test_references_lead_into_other_documents() -> None:
    text = json.dumps(record(("price",), price={"$ref": "money.json"}))
    sides = [
        parse(text, "v1.json", references={"money.json": json.dumps({"type": kind})}) for kind in ("integer", "number")
    ]
    verdict = judge(*sides)
    (finding,) = verdict.findings
    assert finding.path == "/properties/price", (
        "the place in the root document; the pointer of another one says nothing"
    )
    assert judge(*reversed(sides)).answer == "yes"
    assert judge(sides[0], sides[0]).answer == "yes"


def tree(**node: Any) -> dict[str, Any]:
    body = record(
        ("value",), value={"type": "integer"}, kids={"type": "array", "items": {"$ref": "#/definitions/node"}}
    )
    return {"$ref": "#/definitions/node", "definitions": {"node": {**body, **node}}}


def test_recursion_is_closed_by_the_walk() -> None:
    assert data(tree(required=[]), tree()).answer == "yes"
    assert told(data(tree(), tree(required=[]))) == [("101", {})]


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_proof_that_leans_on_an_open_pair_is_not_kept(order: str) -> None:
    """The memo pitfall: `l.k` holds only as long as `z.p` is taken for granted, which then fails; `b` needs `l.k` again."""
    writer = {
        **record(z={"$ref": "#/definitions/z"}),
        "definitions": {
            "z": record(p={"$ref": "#/definitions/l"}),
            "l": record(k={"$ref": "#/definitions/z"}, bad={"type": "integer"}),
        },
    }
    reader = {
        "anyOf": [{"$ref": f"#/definitions/{name}"} for name in order],
        "definitions": {
            "a": record(z={"$ref": "#/definitions/z"}),
            "b": record(z=record(p={"$ref": "#/definitions/l"})),
            "z": record(p={"allOf": [{"$ref": "#/definitions/l"}, {"properties": {"bad": TEXT}}]}),
            "l": record(k={"$ref": "#/definitions/z"}),
        },
    }
    witness = data(reader, writer).witness
    assert witness is not None
    assert witness.value == {"z": {"p": {"k": {"p": {"bad": 0}}}}}


@pytest.mark.parametrize("assume", [(), ("declared-properties-only",)])
def test_declared_properties_only_closes_the_writer(assume: tuple[str, ...]) -> None:
    reader = record(a=TEXT, nested=record(b=TEXT, c=TEXT))
    writer = record(a=TEXT, nested=record(b=TEXT))
    assert data(reader, writer, assume=assume).answer == ("yes" if assume else "no")


CLOSED: dict[str, tuple[Any, Any, str]] = {
    "a type still breaks": (record(a=TEXT), record(a={"type": "integer"}), "no"),
    "a declared map stays a map": (
        record(b=TEXT),
        {"type": "object", "additionalProperties": {"type": "integer"}},
        "no",
    ),
    "names of all parts": (record(c=TEXT), {"allOf": [record(a=TEXT), record(b=TEXT)]}, "yes"),
    "a part is not closed alone": (record(("b",), b=TEXT), {"allOf": [record(a=TEXT), record(("b",), b=TEXT)]}, "yes"),
    "a part still breaks": (record(b={"type": "null"}), {"allOf": [record(a=TEXT), record(b=TEXT)]}, "no"),
    "below not nothing is closed": (record(a=TEXT), {"not": record(("a",), a={"type": "integer"})}, "no"),
    "a definition": (
        record(p=record(a=TEXT, b=TEXT)),
        {**record(p={"$ref": "#/definitions/p"}), "definitions": {"p": record(a=TEXT)}},
        "yes",
    ),
    "a definition that is also a part": (
        record(p=record(a=TEXT, b=TEXT)),
        {
            **record(p={"$ref": "#/definitions/p"}, q={"allOf": [{"$ref": "#/definitions/p"}]}),
            "definitions": {"p": record(a=TEXT)},
        },
        "unknown",
    ),
}


@pytest.mark.parametrize("name", CLOSED)
def test_what_is_closed_by_the_assumption(name: str) -> None:
    reader, writer, answer = CLOSED[name]
    assert data(reader, writer, assume=("declared-properties-only",)).answer == answer


DRAFTS: dict[str, tuple[Any, Any, str, list[tuple[str, Any]]]] = {
    "boolean bounds": ({"minimum": 1, "exclusiveMinimum": True}, {"type": "integer", "minimum": 2}, "draft-04", []),
    "unknown yet": (TEXT, {"const": "a", "type": "string"}, "draft-04", []),
    "const is not read by draft 04": ({"const": "a"}, TEXT, "draft-04", []),
    "siblings of a reference": (
        {"properties": {"a": {"$ref": "#/definitions/t", "type": "null"}}, "definitions": {"t": {}}},
        record(a=TEXT),
        "draft-07",
        [],
    ),
    "siblings count since 2019": (
        {"properties": {"a": {"$ref": "#/$defs/t", "type": "null"}}, "$defs": {"t": {}}},
        record(a=TEXT, closed=True),
        "2019-09",
        [("102", {"a": ""})],
    ),
    "lists of items": ({"items": [TEXT]}, {"items": [TEXT], "type": "array", "additionalItems": False}, "draft-07", []),
    "prefixItems": ({"prefixItems": [TEXT]}, {"type": "array", "items": TEXT}, "2020-12", []),
    "dependentRequired": (
        {"dependentRequired": {"a": ["b"]}},
        record(a=TEXT, closed=True),
        "2019-09",
        [("116", {"a": ""})],
    ),
    "unevaluated beside nothing": (
        {"properties": {"a": TEXT}, "unevaluatedProperties": False},
        record(closed=True, a=TEXT),
        "2020-12",
        [],
    ),
}


@pytest.mark.parametrize("name", DRAFTS)
def test_each_draft_is_read_by_its_own_rules(name: str) -> None:
    reader, writer, draft, expected = DRAFTS[name]
    verdict = data(reader, writer, draft=draft)
    assert (verdict.answer, told(verdict)) == ("no" if expected else "yes", expected)


def test_a_change_of_draft_is_told_and_each_side_keeps_its_own() -> None:
    old = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "array", "items": [TEXT]}
    new = {"$schema": D20, "type": "array", "prefixItems": [TEXT]}
    verdict = data(new, old)
    assert (verdict.answer, [finding.rule for finding in verdict.findings]) == ("yes", ["SG-JSON-203"])
    whole = data({"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"}, {"type": "integer"})
    assert whole.answer == "no", "draft 04 does not call 0.0 an integer"
    assert whole.witness is not None
    assert isinstance(whole.witness.value, float)


def test_a_definition_that_is_not_here_is_unknown_also_for_the_writer() -> None:
    for reader, writer in (({"$ref": "x.json"}, TEXT), (TEXT, {"$ref": "x.json"})):
        verdict = data(reader, writer)
        assert (verdict.answer, [finding.rule for finding in verdict.findings]) == ("unknown", ["SG-JSON-905"])


def test_a_shown_event_is_small_and_breaks_for_the_told_reason() -> None:
    fields = dict.fromkeys("abcdefgh", TEXT)
    verdict = data(record(("a", "b"), **{**fields, "c": {"type": "integer"}}), record(("a", "c"), **fields))
    assert told(verdict) == [("102", {"a": "", "c": ""}), ("101", {"a": "", "c": ""})]
    assert [finding.witness.reason for finding in verdict.findings if finding.witness] == [
        "c is not of type integer",
        "b is missing",
    ]


def patterned(*patterns: str) -> dict[str, Any]:
    return {"type": "object", "patternProperties": {pattern: {} for pattern in patterns}, "additionalProperties": False}


def listed(*items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": list(items), "additionalItems": False, **more}


# Reader, writer, stable paths: what a waiver of the first must not hide.
APART: dict[str, tuple[Any, Any, list[tuple[str, str]]]] = {
    "refused properties": (
        record(closed=True, c=TEXT),
        record(closed=True, a=TEXT, b=TEXT, c=TEXT),
        [("109", "a"), ("109", "b")],
    ),
    "refused names": (
        {"type": "object", "propertyNames": {"maxLength": 1}},
        record(closed=True, aa=TEXT, bb=TEXT, c=TEXT),
        [("114", "aa"), ("114", "bb")],
    ),
    "patterns of names": (patterned("^x-"), patterned("^x-", "^y-", "^z-"), [("110", "y-"), ("110", "z-")]),
    "dependencies": (
        {"type": "object", "dependencies": {"a": ["c"], "b": ["c"]}},
        {"type": "object"},
        [("116", "a.c"), ("116", "b.c")],
    ),
    "required names": (record(("a", "b"), a=TEXT, b=TEXT), record(a=TEXT, b=TEXT), [("101", "a"), ("101", "b")]),
    "items of a list": (listed({}), listed({}, TEXT, TEXT), [("111", "[]"), ("111", "[]")]),
}


@pytest.mark.parametrize("name", APART)
def test_every_name_is_a_finding_of_its_own(name: str) -> None:
    reader, writer, expected = APART[name]
    schemas = (parse(json.dumps(schema), "a.json") for schema in (reader, writer))
    found = marked(data(reader, writer).findings, "event", *schemas, reader_is_new=True)
    breaks = [finding for finding in found if finding.refuses]
    assert [(finding.rule[-3:], finding.stable_path) for finding in breaks] == expected
    assert len({finding.fingerprint for finding in breaks}) == len(breaks)
    assert all(finding.witness is not None for finding in breaks)


def test_what_is_undecided_is_told_beside_what_breaks() -> None:
    """Who waives the break of `a` has not waived what nobody knows of `b`; `c` is proved by its alternatives."""
    reader = record(a={"type": "integer"}, b={"pattern": "^(?!x)"}, c={"anyOf": [TEXT, {"type": "null"}]})
    writer = record(a=TEXT, b=TEXT, c={"type": ["null", "string"]})
    verdict = data(reader, writer)
    assert verdict.answer == "no"
    assert [(finding.rule[-3:], finding.path) for finding in verdict.findings] == [
        ("102", "/properties/a/type"),
        ("904", "/properties/b/pattern"),
    ]


UNION = [
    record(("kind", "iban"), kind={"enum": ["sepa"]}, iban=TEXT),
    record(("kind",), kind={"enum": ["card"]}, number=TEXT),
]
HARDER: dict[str, tuple[Any, Any, str]] = {
    "no property at all": (
        {"propertyNames": {"maxLength": 1}, "maxProperties": 0},
        {"propertyNames": {"maxLength": 1}},
        "draft-07",
    ),
    "a name of two letters": (
        {"propertyNames": {"minLength": 2}, "patternProperties": {"a": {"const": {"a": 1}}}},
        {"propertyNames": {"minLength": 2}},
        "draft-07",
    ),
    "2.0 is no integer": (
        {"maximum": 2, "exclusiveMaximum": True, "not": {"type": "integer"}},
        {"maximum": 2, "not": {"type": "integer"}},
        "draft-04",
    ),
    "10.0 is no integer": (
        {"type": "integer", "multipleOf": 10},
        {"type": "number", "multipleOf": 10, "minimum": 3},
        "draft-04",
    ),
    "a field more in one branch": (
        {"anyOf": [UNION[0] | {"required": ["kind", "iban", "bic"]}, UNION[1]]},
        {"anyOf": UNION},
        "draft-07",
    ),
    "another type in one branch": (
        {"anyOf": [UNION[0], record(("kind",), kind={"enum": ["card"]}, number={"type": "integer"})]},
        {"anyOf": UNION},
        "draft-07",
    ),
    "two branches at once": ({"oneOf": [*UNION, record(("iban",), iban=TEXT)]}, {"oneOf": UNION}, "draft-07"),
    "under a condition of the writer": (
        record(a={"type": "array", "maxItems": 1}) | {"if": record(("b",), b=TEXT), "else": {"required": ["c"]}},
        record(a={"type": "array"}) | {"if": record(("b",), b=TEXT), "else": {"required": ["c"]}},
        "draft-07",
    ),
}


@pytest.mark.parametrize("name", HARDER)
def test_an_event_is_found_where_it_takes_some_looking(name: str) -> None:
    reader, writer, draft = HARDER[name]
    verdict = data(reader, writer, draft=draft)
    assert verdict.answer == "no"
    assert verdict.witness is not None
    judges = jsonschema.Draft4Validator if draft == "draft-04" else jsonschema.Draft7Validator
    assert judges(writer).is_valid(verdict.witness.value)
    assert not judges(reader).is_valid(verdict.witness.value)


def test_severities_follow_the_family() -> None:
    for rule in RULES:
        warning = rule.id.startswith("SG-JSON-2")
        assert (rule.severity is Severity.WARNING) == warning, rule.id
    assert len({rule.id for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(
    ("case", "model", "versioned", "backward", "forward"),
    [line.split() for line in domain.ANSWERS.strip().splitlines()[1:]],
)
def test_domain_cases_by_what_instances_say(
    case: str, model: domain.Model, versioned: domain.Versioned, backward: str, forward: str
) -> None:
    """C1 to C9: the registry's answers follow from the instances in all cells, so the data verdicts are the same."""
    change = domain.CHANGES[case]
    old = domain.event(1, change.name, change.old, versioned=versioned, envelope=model)
    new = domain.event(
        2,
        change.name,
        change.new,
        versioned=versioned,
        envelope=model,
        content=change.new_content,
        optional=change.optional,
    )
    words = {"yes": "ok", "no": "no"}
    assert [words[data(new, old).answer], words[data(old, new).answer]] == [backward, forward]


DOMAIN_REASONS = [
    ("C1", "open", "enum", "backward", ["event_version is not among the 1 listed value"]),
    ("C2", "open", "integer", "backward", ["payload.nickname is not of type string", "payload.nickname is missing"]),
    ("C2", "closed", "integer", "forward", ["payload.nickname is not allowed", "payload.first_name is missing"]),
    ("C5", "closed", "integer", "backward", ["payload.knowledge_area is missing"]),
    ("C6", "open", "integer", "backward", ["payload.knowledge_area is not of type string"]),
    ("C6", "closed", "integer", "forward", ["payload.knowledge_area is not allowed"]),
]


@pytest.mark.parametrize(("case", "model", "versioned", "direction", "reasons"), DOMAIN_REASONS)
def test_domain_cases_are_shown_by_an_event(
    case: str, model: domain.Model, versioned: domain.Versioned, direction: str, reasons: list[str]
) -> None:
    change = domain.CHANGES[case]
    old = domain.event(1, change.name, change.old, versioned=versioned, envelope=model)
    new = domain.event(
        2,
        change.name,
        change.new,
        versioned=versioned,
        envelope=model,
        content=change.new_content,
        optional=change.optional,
    )
    verdict = data(new, old) if direction == "backward" else data(old, new)
    shown = {finding.witness.reason for finding in verdict.findings if finding.witness}
    assert set(reasons) <= shown


UNDECIDED_AT_MOST = 5
_undecided: list[str] = []


@pytest.mark.parametrize("row", rows("json_confluent.jsonl"))
def test_oracle_rows(row: dict[str, Any]) -> None:
    verdict = data(row["reader"], row["writer"], draft=row["dialect"])
    if row["semantic_basis"] == "witness":
        assert verdict.answer != DataAnswer.YES, row["id"]
    elif row["expected_semantic"] == "compatible":
        assert verdict.answer != DataAnswer.NO, row["id"]
    if verdict.answer is DataAnswer.NO:
        assert verdict.witness is not None
        build = jsonschema.Draft7Validator if row["dialect"] == "draft-07" else jsonschema.Draft202012Validator
        assert build(row["writer"]).is_valid(verdict.witness.value), row["id"]
        assert not build(row["reader"]).is_valid(verdict.witness.value), row["id"]
    if verdict.answer is DataAnswer.UNKNOWN:
        assert row["semantic_basis"] != "witness", "a row with a witness must be decided"
        _undecided.append(row["id"])
        assert len(_undecided) <= UNDECIDED_AT_MOST, _undecided


MISSING = {"$ref": "missing.json"}
NEVER_YES: dict[str, tuple[Any, Any, str | None]] = {
    "an alternative that is not here proves nothing": ({"anyOf": [MISSING, {"type": "null"}]}, TEXT, None),
    "nor does exactly one of them": ({"oneOf": [MISSING, {"type": "null"}]}, TEXT, None),
    "const beside enum": ({"const": "a", "enum": [None, True]}, {"type": "null"}, None),
    "a branch that stands twice": ({"oneOf": [TEXT, TEXT]}, {"oneOf": [TEXT, {**TEXT, "minLength": 1}]}, None),
    "an old word that only some validators read": (
        {"properties": {"b": False}},
        record(closed=True, b={}) | {"dependencies": {"b": ["c"]}},
        "2019-09",
    ),
}


@pytest.mark.parametrize("name", NEVER_YES)
def test_a_yes_is_never_wrong(name: str) -> None:
    """Pairs that a random search once found answered with yes."""
    reader, writer, draft = NEVER_YES[name]
    assert data(reader, writer, draft=draft).answer != "yes"
