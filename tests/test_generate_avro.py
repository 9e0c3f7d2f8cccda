"""What becomes of each Avro type: values, defaults, resolution, bytes? fastavro judges, and its pitfalls are shown first."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import struct
import subprocess
import sys
from decimal import Decimal
from typing import Any
from uuid import UUID

import fastavro
import pydantic
import pytest

from generating import avro, model_of, runtime_module, write
from schemagate.generate.package import avro_schemas, python_package

UTC = dt.UTC


def record(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "E", "fields": list(fields)}


def one(schema: Any, **more: Any) -> dict[str, Any]:
    """A record with one field `x`."""
    return record({"name": "x", "type": schema, **more})


def logical(base: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": base, "logicalType": name, **more}


def fixed(size: int, **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": "F", "size": size, **more}


COLOR = {"type": "enum", "name": "Color", "symbols": ["RED", "class"]}
DEC = logical("bytes", "decimal", precision=4, scale=2)

# (type of x, values that are held, values that are refused)
TYPES: list[tuple[Any, list[Any], list[Any]]] = [
    ("null", [None], [0, False]),
    ("boolean", [True, False], [0, 1, "true", None]),
    ("int", [-(2**31), 2**31 - 1], [2**31, -(2**31) - 1, 1.0, True, "1"]),
    ("long", [-(2**63), 2**63 - 1], [2**63, True, 1.5]),
    ("float", [0.5, float("inf")], [1e39, True, "1"]),
    ("double", [0.1, 1e308, float("-inf"), 3], [True, "1", 2**1024, 2**53 + 1]),
    ("string", ["", "ü\U0001f600\x00"], [1, None, b"a"]),
    ("bytes", [b"", b"\x00\xff\xfe\xfb"], ["a", bytearray(b"a")]),
    (fixed(2), [b"ab"], [b"a", b"abc", "ab"]),
    (COLOR, ["RED", "class"], ["BLUE", 0, None]),
    ({"type": "array", "items": "int"}, [[], [1, 2]], [(1,), ["a"], [True], None]),
    ({"type": "map", "values": "string"}, [{}, {"a'": "b"}], [{"a": 1}, {1: "a"}, []]),
    (["null", "string"], [None, "a"], [1, b"a"]),
    (["string", "null", "long", "double", "boolean"], ["a", None, 1, 1.0, True], [b"a", [], 2**53 + 1 + 2**64]),
    (["double", "int"], [1, 1.0, -0.5], ["1", True]),
    (
        DEC,
        [Decimal("1.25"), Decimal("-99.99"), Decimal("0.00")],
        [Decimal("1E+5"), Decimal("1.255"), Decimal("NaN"), 1],
    ),
    (
        fixed(4, logicalType="decimal", precision=9),
        [Decimal(-(10**9 - 1)), Decimal(5)],
        [Decimal(10**9), Decimal("0.5")],
    ),
    (logical("string", "uuid"), [UUID(int=5)], ["x", 5]),
    (fixed(16, logicalType="uuid"), [UUID(int=2**127)], [b"x" * 16]),
    (
        logical("int", "date"),
        [dt.date(1969, 12, 31), dt.date.max, dt.date.min],
        [dt.datetime(2020, 1, 1), "2020-01-01", 0],  # noqa: DTZ001
    ),
    (logical("int", "time-millis"), [dt.time(23, 59, 59, 999000)], [dt.time(1, tzinfo=UTC), 5, "01:00:00"]),
    (logical("long", "time-micros"), [dt.time(23, 59, 59, 999999)], [dt.datetime(2020, 1, 1, tzinfo=UTC)]),
    (
        logical("long", "timestamp-millis"),
        [dt.datetime(1969, 12, 31, 23, 59, 59, 1000, tzinfo=UTC)],
        [dt.datetime(2020, 1, 1), dt.date(2020, 1, 1), 5],  # noqa: DTZ001
    ),
    (logical("long", "timestamp-micros"), [dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)], [5]),
    (
        logical("long", "local-timestamp-micros"),
        [dt.datetime(2020, 1, 1, 1, 2, 3, 4)],  # noqa: DTZ001
        [dt.datetime(2020, 1, 1, tzinfo=UTC), 5],
    ),
    (logical("long", "timestamp-nanos"), [2**62], ["x"]),
    (fixed(12, logicalType="duration"), [b"x" * 12], [b"x"]),
    (logical("bytes", "decimal", precision=0), [b"\x01"], [Decimal(1)]),
    (fixed(1, logicalType="decimal", precision=9), [b"\x01"], [Decimal(1)]),
    (logical("string", "unknown"), ["a"], [1]),
    (logical("string", "date"), ["a"], [dt.date(2020, 1, 1)]),
    (["null", {"type": "array", "items": ["null", DEC]}], [None, [None, Decimal("1.00")]], [[1]]),
    (["null", logical("long", "timestamp-micros")], [None, dt.datetime(2020, 1, 1, tzinfo=UTC)], [1]),
    ({"type": "map", "values": logical("int", "date")}, [{"a": dt.date(2020, 1, 1)}], [{"a": 1}]),
]


@pytest.mark.parametrize(("schema", "good", "bad"), TYPES, ids=lambda v: json.dumps(v, default=str)[:50])
def test_types(schema: Any, good: list[Any], bad: list[Any]) -> None:
    model = model_of(avro("e", 1, one(schema)))
    for value in good:
        event = model(x=value)
        assert event.x == value
        for again in (model.from_avro(event.to_avro()), model.from_json(event.to_json())):
            assert again == event
            assert type(again.x) is type(event.x)
    for value in bad:
        with pytest.raises(pydantic.ValidationError):
            model(x=value)
    with pytest.raises(pydantic.ValidationError):
        model(x=good[0], y=1)


def test_millis_and_scales_are_cut_before_they_are_held() -> None:
    now = dt.datetime(2026, 11, 24, 1, 2, 3, 456789, tzinfo=dt.timezone(dt.timedelta(hours=3)))
    event = model_of(avro("e", 1, one(logical("long", "timestamp-millis"))))(x=now)
    assert event.x.microsecond == 456000
    assert type(event).from_avro(event.to_avro()) == event
    price = model_of(avro("e", 1, one(DEC)))
    assert str(price(x=Decimal("1.500")).x) == "1.50"
    assert model_of(avro("e", 1, one("float")))(x=0.1).x == struct.unpack("f", struct.pack("f", 0.1))[0]


# (type of x, default in the schema, value in Python)
DEFAULTS: list[tuple[Any, Any, Any]] = [
    ("null", None, None),
    ("boolean", True, True),
    ("int", -1, -1),
    ("float", 0.1, struct.unpack("f", struct.pack("f", 0.1))[0]),
    ("double", 1, 1.0),
    ("double", 1e300, 1e300),
    ("string", 'it\'s "x"\n', 'it\'s "x"\n'),
    ("bytes", "\u00ff\u0001", b"\xff\x01"),
    (fixed(2), "a\u00e9", b"a\xe9"),
    (COLOR, "class", "class"),
    ({"type": "array", "items": "long"}, [], []),
    ({"type": "array", "items": DEC}, ["\u0001"], [Decimal("0.01")]),
    ({"type": "map", "values": "bytes"}, {"k": "\u00ff"}, {"k": b"\xff"}),
    (["null", "string"], None, None),
    (["string", "null"], "a", "a"),
    (["null", "string"], "a", "a"),
    (DEC, "\u00ff", Decimal("-0.01")),
    (logical("string", "uuid"), str(UUID(int=5)), UUID(int=5)),
    (fixed(16, logicalType="uuid"), "\u0000" * 15 + "\u0005", UUID(int=5)),
    (logical("int", "date"), 18000, dt.date(2019, 4, 14)),
    (logical("int", "time-millis"), 1, dt.time(0, 0, 0, 1000)),
    (logical("long", "timestamp-micros"), -1, dt.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    (logical("long", "local-timestamp-millis"), 1, dt.datetime(1970, 1, 1, 0, 0, 0, 1000)),  # noqa: DTZ001
]


@pytest.mark.parametrize(("schema", "default", "value"), DEFAULTS, ids=lambda v: json.dumps(v, default=str)[:50])
def test_defaults_are_typed_built_and_resolved(schema: Any, default: Any, value: Any) -> None:
    """From required fields only, from JSON without the key, and from an older writer that lacks the field."""
    required = {"name": "id", "type": "int"}
    model = model_of(avro("e", 1, record(required, {"name": "x", "type": schema, "default": default})))
    old = record(required)
    data = model_of(avro("e", 1, old))(id=1).to_avro()
    for event in (model(id=1), model.from_json('{"id": 1}'), model.from_avro(data, writer_schema=json.dumps(old))):
        assert event.x == value
        assert type(event.x) is type(value)
        assert model.from_avro(event.to_avro()) == event
        if isinstance(value, list | dict):
            event.x.clear()
    assert model(id=1).x == value


def test_a_record_default_has_the_defaults_inside() -> None:
    inner = {
        "type": "record",
        "name": "In",
        "fields": [
            {"name": "a", "type": "int"},
            {"name": "b", "type": {"type": "array", "items": "int"}, "default": [7]},
        ],
    }
    schema = record(
        {"name": "x", "type": inner, "default": {"a": 1}}, {"name": "y", "type": {"type": "array", "items": "In"}}
    )
    model = model_of(avro("e", 1, schema))
    event = model(y=[])
    assert (event.x.a, event.x.b) == (1, [7])
    event.x.b.append(8)
    assert model(y=[]).x.b == [7]
    assert model.from_avro(event.to_avro()) == event


def test_a_nullable_field_without_default_stays_required() -> None:
    model = model_of(avro("e", 1, one(["null", "string"])))
    with pytest.raises(pydantic.ValidationError):
        model()
    with pytest.raises(runtime_module().DecodeError):
        model.from_avro(b"", writer_schema=json.dumps(record()))


def test_fastavro_shares_raw_defaults_and_we_do_not() -> None:
    """Shown first on bare fastavro, so that we notice when it changes."""
    new = record({"name": "x", "type": {"type": "array", "items": "int"}, "default": [1]})
    old = record()
    first, second = (fastavro.schemaless_reader(io.BytesIO(b""), old, new) for _ in range(2))
    assert first["x"] is second["x"]
    model = model_of(avro("e", 1, new))
    first, second = (model.from_avro(b"", writer_schema=json.dumps(old)) for _ in range(2))
    assert first == second
    assert first.x is not second.x


def test_resolution_of_renamed_promoted_and_dropped_fields() -> None:
    old = record({"name": "a", "type": "int"}, {"name": "gone", "type": "string"}, {"name": "n", "type": "string"})
    new = record(
        {"name": "b", "type": "long", "aliases": ["a"]},
        {"name": "n", "type": ["null", "string"]},
        {"name": "f", "type": "double", "default": 0.5},
    )
    data = model_of(avro("e", 1, old))(a=1, gone="x", n="y").to_avro()
    event = model_of(avro("e", 2, new)).from_avro(data, writer_schema=json.dumps(old))
    assert (event.b, event.n, event.f) == (1, "y", 0.5)


def test_recursive_records_and_named_types() -> None:
    schema = record(
        {"name": "color", "type": COLOR},
        {"name": "other", "type": ["null", "Color"], "default": None},
        {"name": "next", "type": ["null", "E"], "default": None},
        {"name": "more", "type": {"type": "array", "items": "E"}, "default": []},
        {"name": "when", "type": {"type": "map", "values": ["null", logical("int", "date")]}},
    )
    model = model_of(avro("e", 1, schema))
    leaf = model(color="RED", when={"a": dt.date(2020, 1, 1), "b": None})
    event = model(color="class", other="RED", next=leaf, more=[leaf, leaf], when={})
    assert model.from_avro(event.to_avro()) == event
    assert model.from_json(event.to_json()) == event
    found = fastavro.schemaless_reader(io.BytesIO(event.to_avro()), schema, None)
    assert found["more"][1]["when"] == leaf.when


def test_names_resolve_in_their_namespace() -> None:
    inner = {"type": "record", "name": "In", "namespace": "other", "fields": [{"name": "e", "type": {**COLOR}}]}
    schema = {
        **record({"name": "x", "type": inner}, {"name": "y", "type": "other.Color"}, {"name": "z", "type": "other.In"}),
        "namespace": "mine",
    }
    model = model_of(avro("e", 1, schema))
    event = model.from_json('{"x": {"e": "RED"}, "y": "class", "z": {"e": "RED"}}')
    assert model.from_avro(event.to_avro()) == event


@pytest.mark.parametrize(
    ("schema", "data"),
    [
        ("string", b""),
        ("string", b"\x04a"),
        ("string", b"\x02\xff"),
        ("string", b"\x02ab"),
        ("int", b"\xff\xff\xff\xff\xff\x01"),
        (COLOR, b"\x08"),
        (["null", "int"], b"\x08"),
        (logical("int", "time-millis"), b"\x01"),
        (logical("long", "timestamp-micros"), b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        (logical("string", "uuid"), b"\x02x"),
        (DEC, b"\x06\x7f\xff\xff"),
        ({"type": "array", "items": "int"}, b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
        ("double", b"\x00"),
    ],
    ids=str,
)
def test_wrong_bytes_are_one_error_without_values(schema: Any, data: bytes) -> None:
    with pytest.raises(runtime_module().DecodeError, match=r"^EV1: "):
        model_of(avro("e", 1, one(schema))).from_avro(data)


def test_errors_hold_no_values() -> None:
    model = model_of(avro("e", 1, one("int")))
    with pytest.raises(runtime_module().DecodeError) as caught:
        model.from_json('{"x": "Anna Secret"}')
    assert "Secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(runtime_module().EncodeError) as caught:
        model(x=1).model_copy(update={"x": "Anna Secret"}).to_avro()
    assert "Secret" not in str(caught.value)


def test_lone_surrogates_cannot_be_written() -> None:
    event = model_of(avro("e", 1, one("string")))(x="\ud800")
    for write_it in (event.to_avro, event.to_json):
        with pytest.raises(runtime_module().EncodeError):
            write_it()


def test_a_datetime_is_an_instant_wherever_the_machine_stands(tmp_path: Any) -> None:
    schema = record(
        {"name": "a", "type": logical("long", "timestamp-micros")},
        {"name": "b", "type": logical("long", "local-timestamp-micros")},
    )
    folder = write(python_package([avro("e", 1, schema)]), tmp_path)
    program = """
import datetime as dt
from events.e import EV1
event = EV1(a=dt.datetime(2020, 6, 1, tzinfo=dt.UTC), b=dt.datetime(2020, 6, 1))
assert EV1.from_avro(event.to_avro()) == event
print(event.to_avro().hex())
"""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=folder,
            env={**os.environ, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for zone in ("UTC", "Asia/Tokyo", "America/New_York")
    }
    assert len(outputs) == 1


REFUSED: list[tuple[Any, str]] = [
    ("string", "GEN-101"),
    (record({"name": "a", "type": "int"}, {"name": "a", "type": "int"}), "GEN-103"),
    (one("Unknown"), "GEN-103"),
    (one(["null", ["int"]]), "GEN-103"),
    (one(["int", "int"]), "GEN-103"),
    (one([]), "GEN-103"),
    (one(["int", "long"]), "GEN-101"),
    (one(["string", "bytes"]), "GEN-101"),
    (one(["string", COLOR]), "GEN-101"),
    (one([{"type": "record", "name": n, "fields": [{"name": "a", "type": "int"}]} for n in ("A", "B")]), "GEN-101"),
    (one({"type": "array"}), "GEN-103"),
    (one({"type": "enum", "name": "E2", "symbols": []}), "GEN-103"),
    (one({"type": "enum", "name": "E2", "symbols": ["a", "a"]}), "GEN-103"),
    (one({"type": "enum", "name": "E2", "symbols": ["a-b"]}), "GEN-103"),
    (one(fixed(-1)), "GEN-103"),
    (one({"type": "fixed", "name": "F", "size": "3"}), "GEN-103"),
    (one("int", default="a"), "GEN-103"),
    (one("int", default=2**31), "GEN-103"),
    (one(COLOR, default="BLUE"), "GEN-103"),
    (one(fixed(2), default="a"), "GEN-103"),
    (one("int", order="up"), "GEN-103"),
    (one(logical("int", "date"), default=2**30), "GEN-101"),
    (one("float", default=1e300), "GEN-101"),
    ({"type": "record", "name": "int", "fields": []}, "GEN-103"),
    ({"type": "record", "name": "a-b", "fields": []}, "GEN-103"),
    ({"type": "record", "name": "E"}, "GEN-103"),
    (one({"type": "record", "name": "E", "fields": []}), "GEN-103"),
]


@pytest.mark.parametrize(("schema", "rule"), REFUSED, ids=lambda v: json.dumps(v)[:60])
def test_refused_although_the_library_may_accept(schema: Any, rule: str) -> None:
    version = avro("e", 1, schema)
    package = python_package([version])
    assert package.refused == (version.id,)
    assert package.findings[-1].rule == rule
    assert package.findings[-1].location is not None


def test_the_source_is_the_schema() -> None:
    version = avro("e", 1, one("string", default="x", doc="A text"))
    files = python_package([version]).files
    assert files["events/e/v1.avsc"] == version.content.text == avro_schemas([version]).files["events/e/v1.avsc"]
    assert "AVRO_SCHEMA: Final = SCHEMA\n" in files["events/e/v1.py"]
    assert model_of(version)().encode(1) == b"\x00\x00\x00\x00\x01\x02x"


def test_notes_of_logical_types() -> None:
    schema = record(
        {"name": "a", "type": logical("bytes", "decimal", precision=0)},
        {"name": "b", "type": {"type": "string", "java-class": "x.Y"}},
    )
    assert [(f.rule, f.path) for f in python_package([avro("e", 1, schema)]).findings] == [
        ("GEN-202", "/fields/0"),
        ("GEN-204", "/fields/1/java-class"),
    ]
