"""Is an Avro schema read as registries and libraries read it, and is what the specification forbids named?"""

from __future__ import annotations

import json
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avro_strategies import schemas
from schemagate.compat.avro import data, registry
from schemagate.errors import SchemaError
from schemagate.schema import avro, json_text
from schemagate.schema.avro.nodes import Enum, Fixed, Record


def parsed(schema: Any, **references: Any) -> avro.AvroSchema:
    texts = {name: json.dumps(value) for name, value in references.items()}
    return avro.parse(json.dumps(schema), "a.avsc", texts)


def record(name: str, *fields: tuple[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": n, "type": kind} for n, kind in fields], **more}


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "full"),
    [
        ({"name": "R"}, "R"),
        ({"name": "R", "namespace": "a.b"}, "a.b.R"),
        ({"name": "x.R", "namespace": "a.b"}, "x.R"),
        ({"name": "R", "namespace": ""}, "R"),
    ],
)
def test_full_names(more: dict[str, str], full: str) -> None:
    root = parsed({"type": "record", "fields": [], **more}).root
    assert isinstance(root, Record)
    assert root.name == full


def test_inner_types_inherit_the_namespace_of_the_type_around_them() -> None:
    inner = {"type": "enum", "name": "E", "symbols": []}
    other = {"type": "fixed", "name": "y.F", "size": 1}
    schema = parsed(record("R", ("e", inner), ("f", other), ("again", "E"), namespace="x"))
    assert list(schema.names) == ["x.R", "x.E", "y.F"]
    assert isinstance(schema.root, Record)
    assert schema.root.types[schema.root.positions["again"]] is schema.names["x.E"]


def test_aliases_belong_to_the_namespace_of_the_type_that_carries_them() -> None:
    root = parsed(record("a.b", aliases=["c", "x.y"])).root
    assert isinstance(root, Record)
    assert root.aliases == ("a.c", "x.y")


def test_a_name_falls_back_to_no_namespace() -> None:
    top = {"type": "fixed", "name": "F", "size": 1, "namespace": ""}
    schema = parsed(record("a.R", ("one", top), ("two", "F")))
    assert isinstance(schema.root, Record)
    assert schema.root.types[schema.root.positions["two"]] is schema.names["F"]


def test_references_are_known_and_may_use_each_other() -> None:
    money = record("shop.Money", ("unit", "shop.Unit"))
    unit = {"type": "enum", "name": "shop.Unit", "symbols": ["EUR"]}
    schema = parsed(record("shop.Order", ("total", "Money")), money=money, unit=unit)
    assert set(schema.names) == {"shop.Order", "shop.Money", "shop.Unit"}
    assert [schema.pointer_of(schema.names[name]) for name in ("shop.Order", "shop.Money")] == ["", None]
    assert list(avro.problems(schema)) == []
    assert avro.canonical(schema) == (
        '{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"total","type":"Money"}]}'
    )


def test_a_missing_reference_cannot_be_read() -> None:
    with pytest.raises(SchemaError, match=r"unknown type 'shop\.Unit'"):
        parsed(record("shop.Order", ("total", "shop.Unit")))


def test_findings_about_a_referenced_type_point_to_its_use() -> None:
    uses = record("Order", ("id", "string"), ("total", "Money"))
    before, after = record("Money", ("cents", "int")), record("Money", ("cents", "int"), ("unit", "string"))
    verdict = data.judge(parsed(uses, money=after), parsed(uses, money=before))
    assert [(f.rule, f.path) for f in verdict.findings] == [("SG-AVRO-101", "/fields/1/type/fields/1")]
    place = json_text.locate(json.dumps(uses, indent=0), verdict.findings[0].path, "a.avsc")
    assert place.line == json.dumps(uses, indent=0).splitlines().index('"type": "Money"') + 1


# --- what cannot be read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("int", "not JSON: expecting value", 1, 1),
        ("", "not JSON: the file is empty", 1, 1),
        ('{"type": "int",}', "not JSON: a comma before the closing bracket", 1, 16),
        ('"number"', "unknown type 'number'", 1, 1),
        ("7", "a type is a name, an object or a list, not a number", 1, 1),
        ("null", "a type is a name, an object or a list, not null", 1, 1),
        ("{}", "`type` is missing", 1, 1),
        ('{"type": ["null"]}', "`type` must be a text here", 1, 2),
        ('{"type": "array"}', "`items` is missing", 1, 1),
        ('{"type": "map", "items": "int"}', "`values` is missing", 1, 1),
        ('{"type": "enum", "name": "E"}', "`symbols` is missing", 1, 1),
        ('{"type": "enum", "name": "E",\n "symbols": ["A", 1]}', "a symbol is a text, not a number", 2, 19),
        ('{"type": "fixed", "name": "F"}', "`size` is missing", 1, 1),
        ('{"type": "fixed", "name": "F", "size": true}', "the size of a fixed is an integer, not true or false", 1, 32),
        ('{"type": "record", "name": "R"}', "`fields` is missing", 1, 1),
        ('{"type": "record", "fields": []}', "`name` is missing", 1, 1),
        ('{"type": "record", "name": null, "fields": []}', "`name` must be a text, not null", 1, 20),
        ('{"type": "record", "name": "R", "fields": {}}', "`fields` must be a list, not an object", 1, 33),
        ('{"type": "record", "name": "R", "fields": ["a"]}', "a field is an object, not a text", 1, 44),
        ('{"type": "record", "name": "R", "fields": [{"name": "a"}]}', "`type` is missing", 1, 44),
        (
            '{"type": "record", "name": "R", "aliases": "Q", "fields": []}',
            "`aliases` must be a list, not a text",
            1,
            33,
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, message: str, line: int, column: int) -> None:
    with pytest.raises(SchemaError) as raised:
        avro.parse(text, "a.avsc")
    error = raised.value
    assert (error.message, error.file, error.line, error.column) == (message, "a.avsc", line, column)


def test_the_most_common_mistake_is_explained() -> None:
    wrong = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "record", "fields": []}]}
    with pytest.raises(SchemaError, match="nest it as an object"):
        parsed(wrong)


# --- what is read although the specification forbids it --------------------------------------------------------------


def field(**more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int", **more}]}


@pytest.mark.parametrize(
    ("schema", "pointer", "words"),
    [
        (record("R", ("a", "int"), ("a", "long")), "/fields/1/name", "two fields named a"),
        (["null", "int", "null"], "/2", "two branches of null"),
        ([{"type": "array", "items": "int"}, {"type": "array", "items": "long"}], "/1", "two branches of array"),
        ([["null"], "int"], "/0", "another union"),
        (record("1st"), "/name", "no Avro name"),
        (record(""), "/name", "no Avro name"),
        (record("int"), "/name", "primitive"),
        (record("R", namespace="a..b"), "/namespace", "no Avro namespace"),
        (record("a-b.R"), "/name", "no Avro namespace"),
        (record("R", namespace=7), "/namespace", "must be a text"),
        (record("R", aliases=["a b"]), "/aliases/0", "no Avro name"),
        (record("R", ("a b", "int")), "/fields/0/name", "no Avro name"),
        (field(aliases=["b-c"]), "/fields/0/aliases/0", "no Avro name"),
        ({"type": "enum", "name": "E", "symbols": ["A", "b-c"]}, "/symbols/1", "no Avro name"),
        ({"type": "enum", "name": "E", "symbols": ["A", "A"]}, "/symbols/1", "stands twice"),
        ({"type": "enum", "name": "E", "symbols": []}, "/symbols", "needs a symbol"),
        ({"type": "enum", "name": "E", "symbols": ["A"], "default": "B"}, "/default", "one of its symbols"),
        ({"type": "fixed", "name": "F", "size": 0}, "/size", "must be positive"),
        ({"type": "fixed", "name": "F", "size": -1}, "/size", "must be positive"),
        (record("R", ("a", record("S")), ("b", record("S", doc="other"))), "/fields/1/type/name", "defined twice"),
        (record("R", ("a", "S"), ("b", record("S"))), "/fields/0/type", "used before it is defined"),
        (field(order="up"), "/fields/0/order", "order is one of"),
        (
            {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "int", "aliases": ["a"]}]},
            "/fields/1/aliases/0",
            "the name of a field",
        ),
        ({"type": "bytes", "logicalType": "decimal"}, "/logicalType", "precision"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 0}, "/logicalType", "precision"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 3}, "/logicalType", "scale"),
        (
            {"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 5},
            "/logicalType",
            "at most 4 decimal digits",
        ),
        ({"type": "string", "logicalType": "date"}, "/logicalType", "belongs on int"),
        ({"type": "fixed", "name": "F", "size": 8, "logicalType": "duration"}, "/logicalType", "12 bytes"),
        ({"type": "array", "items": {"type": "int", "logicalType": 5}}, "/items/logicalType", "must be a text"),
    ],
)  # fmt: skip
def test_the_specification_forbids(schema: Any, pointer: str, words: str) -> None:
    ((found, message),) = avro.problems(parsed(schema))
    assert found == pointer
    assert words in message


E_A = {"type": "enum", "name": "E", "symbols": ["A"]}
F_2 = {"type": "fixed", "name": "F", "size": 2}
P = record("P", ("x", "int"))


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("null", [None], [0, False, ""]),
        ("boolean", [True], [1, "true", None]),
        ("int", [0, -(2**31), 2**31 - 1], [2**31, 1.5, "1", True]),
        ("long", [2**63 - 1], [2**63, 1.0, False]),
        ("float", [1, 1.5], ["1.5", None, True]),
        ("double", [0], ["0"]),
        ("bytes", ["", "\u00ff"], ["\u0100", None]),
        ("string", ["", "Ā"], [1]),
        (E_A, ["A"], ["B", 0]),
        (F_2, ["\u0000\u00ff"], ["\u0000", "\u0000\u0100"]),
        ({"type": "array", "items": "int"}, [[], [1]], [["1"], {}]),
        ({"type": "map", "values": "int"}, [{}, {"a": 1}], [{"a": "1"}, []]),
        (P, [{"x": 1}], [{}, {"x": "1"}, None]),
        (["null", "string"], [None, "x"], [1]),
        (["string", "null"], [None, "x"], [1]),
    ],
    ids=str,
)
def test_defaults_must_fit(kind: Any, right: list[Any], wrong: list[Any]) -> None:
    for default in right:
        assert list(avro.problems(parsed(field(type=kind, default=default)))) == [], default
    for default in wrong:
        ((pointer, _),) = avro.problems(parsed(field(type=kind, default=default)))
        assert pointer == "/fields/0/default", default


def test_a_default_that_contains_itself_has_no_end() -> None:
    endless = {"type": "record", "name": "R", "fields": [{"name": "r", "type": "R", "default": {}}]}
    assert [pointer for pointer, _ in avro.problems(parsed(endless))] == ["/fields/0/default"]


def test_unions_may_be_empty_and_unknown_logical_types_are_none() -> None:
    assert list(avro.problems(parsed(record("R", ("u", []), ("t", {"type": "int", "logicalType": "stardate"}))))) == []


@given(schemas())
def test_legal_schemas_have_no_problems_and_other_libraries_read_them(schema: Any) -> None:
    assert list(avro.problems(parsed(schema))) == []
    fastavro.parse_schema(schema)


# --- the registry's text ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ('{"type": "int"}', '"int"'),
        ('{"type": "string", "doc": "gone", "x": 1}', '{"type":"string","x":1}'),
        ('[ "null" , "int" ]', '["null","int"]'),
        (
            '{"doc": "d", "fields": [], "namespace": "a", "name": "R", "type": "record", "aliases": ["Q", "b.P"], "z": {"b": 1, "a": null}}',
            '{"type":"record","name":"R","namespace":"a","doc":"d","fields":[],"z":{"b":1,"a":null},"aliases":["Q","b.P"]}',
        ),
        (
            '{"type": "record", "name": "a.R", "fields": [{"type": ["null", "a.R"], "default": null, "name": "n", "order": "ASCENDING"}]}',
            '{"type":"record","name":"R","namespace":"a","fields":[{"name":"n","type":["null","R"],"default":null}]}',
        ),
        (
            '{"type": "record", "name": "a.R", "fields": [{"name": "s", "type": {"type": "fixed", "name": "S", "namespace": "", "size": 1}}, {"name": "t", "type": "S"}]}',
            '{"type":"record","name":"R","namespace":"a","fields":[{"name":"s","type":{"type":"fixed","name":"S","namespace":"","size":1}},{"name":"t","type":"S"}]}',
        ),
        (
            '{"type": "record", "name": "R", "fields": [{"name": "d", "type": "double", "default": 1e10}, {"name": "f", "type": "float", "default": "2"}]}',
            '{"type":"record","name":"R","fields":[{"name":"d","type":"double","default":1.0E10},{"name":"f","type":"float","default":2.0}]}',
        ),
        ('{"type": "enum", "name": "E", "default": "A", "symbols": ["A"]}', '{"type":"enum","name":"E","symbols":["A"],"default":"A"}'),
        ('{"type": "int", "x": "\\u001f \\\\u00ab é"}', '{"type":"int","x":"\\u001F \\\\u00ab é"}'),
    ],
)  # fmt: skip
def test_canonical_is_what_java_prints(text: str, stored: str) -> None:
    schema = avro.parse(text, "a.avsc")
    assert avro.canonical(schema) == stored
    assert avro.canonical(avro.parse(stored, "b.avsc")) == stored


@given(schemas())
def test_canonical_means_the_same(schema: Any) -> None:
    original = parsed(schema)
    again = avro.parse(avro.canonical(original), "b.avsc")
    assert avro.canonical(again) == avro.canonical(original)
    assert registry.judge(again, original).answer == registry.judge(original, again).answer == "accept"
    assert data.judge(again, original).findings == data.judge(original, again).findings == ()


# --- hostile texts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "opening", ['{"type":"array","items":', "[", '{"type":"record","name":"R","fields":[{"name":"a","type":']
)
def test_ten_thousand_levels_are_refused(opening: str) -> None:
    closing = opening[::-1].translate(str.maketrans('{["', "}] "))
    closing = "".join(character for character in closing if character in "}]")
    for text in (opening * 10_000, opening * 10_000 + '"int"' + closing * 10_000):
        with pytest.raises(SchemaError):
            avro.parse(text, "a.avsc")


def test_a_type_of_ten_thousand_symbols_and_one_of_ten_thousand_branches() -> None:
    enum = parsed({"type": "enum", "name": "E", "symbols": [f"S{i}" for i in range(10_000)]})
    assert list(avro.problems(enum)) == []
    union = parsed([{"type": "fixed", "name": f"F{i}", "size": 1} for i in range(10_000)])
    assert list(avro.problems(union)) == []
    assert avro.canonical(union).count("fixed") == 10_000
    assert isinstance(enum.root, Enum)
    assert isinstance(union.names["F9"], Fixed)


_words = st.sampled_from(
    ["record", "error", "enum", "fixed", "array", "map", "int", "string", "null", "R", "a.R", "", "decimal", "bytes"]
)
_keys = st.sampled_from(
    "type name namespace fields items values symbols size default aliases logicalType precision scale order doc".split()
)
_garbage = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=6),
    max_leaves=25,
)


@given(_garbage, _garbage)
def test_any_json_ends_in_an_error_or_in_a_verdict(one: Any, other: Any) -> None:
    try:
        reader, writer = parsed(one), parsed(other)
    except SchemaError:
        return
    list(avro.problems(reader))
    avro.canonical(reader)
    registry.judge(reader, writer)
    data.judge(reader, writer)
    data.judge(reader, reader)


@given(schemas(), st.data())
def test_a_damaged_schema_ends_in_an_error_or_in_a_verdict(schema: Any, draw: st.DataObject) -> None:
    damaged = json.loads(json.dumps(schema))
    holders = [value for value in walk(damaged) if isinstance(value, dict | list) and value]
    if holders:
        holder = draw.draw(st.sampled_from(holders))
        key = draw.draw(st.sampled_from(list(holder) if isinstance(holder, dict) else list(range(len(holder)))))
        holder[key] = draw.draw(_garbage)
    try:
        reader = parsed(damaged)
    except SchemaError:
        return
    list(avro.problems(reader))
    avro.canonical(reader)
    for pair in ((reader, parsed(schema)), (parsed(schema), reader)):
        registry.judge(*pair)
        data.judge(*pair)


def walk(value: Any) -> Any:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(inner)
