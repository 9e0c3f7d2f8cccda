"""Do generated models accept what the schema accepts, and keep it? Random schemas, with real validators as judges.

Marks of the profile (stated in the findings or in the annotations' names): an integer beyond 2^53 written as a float,
and formats, which are annotations here.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
from typing import Any

import fastavro
import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from generating import avro, model_of, runtime_module, version
from schemagate.generate.package import avro_schemas, python_package

NAMES = st.sampled_from(
    "id class model_config _private __dunder Name name naïve a-b a_b 1st copy type date str Payload Event".split()
) | st.text(min_size=1, max_size=4)
SAFE_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cs"]), max_size=5)
INTEGERS = st.integers(-(2**40), 2**40)
FLOATS = st.floats(-1e6, 1e6)
SCALARS = st.none() | st.booleans() | INTEGERS | FLOATS | SAFE_TEXT
PATTERNS = ["^[a-c]+$", "^[A-Z]{2,3}-\\d", "x|y", "^(?:ab)*c?$", "[^a-z ]", "\\w\\s\\.", "^.{2}$"]

# --- JSON Schema ------------------------------------------------------------------------------------------------------


def bounded(low: str, high: str, limit: Any) -> Any:
    """Two optional bounds in the right order."""
    pair = st.tuples(limit, limit).map(sorted)
    return st.builds(
        lambda bounds, which: {k: v for k, v in zip((low, high), bounds, strict=True) if k in which},
        pair,
        st.sets(st.sampled_from((low, high))),
    )


texts = st.one_of(
    bounded("minLength", "maxLength", st.integers(0, 4)),
    st.sampled_from(PATTERNS).map(lambda pattern: {"pattern": pattern}),
    st.just({"format": "date-time"}),
).map(lambda more: {"type": "string", **more})
integers = st.one_of(
    bounded("minimum", "maximum", st.integers(-5, 20) | st.floats(-5, 4).filter(lambda f: f % 1)),
    bounded("exclusiveMinimum", "exclusiveMaximum", st.integers(-50, 0) | st.integers(2, 60)),
    st.integers(1, 4).map(lambda step: {"multipleOf": step}),
).map(lambda more: {"type": "integer", **more})
numbers = bounded("minimum", "maximum", st.integers(-5, 5) | FLOATS).map(lambda more: {"type": "number", **more})
fixed = st.one_of(
    st.lists(st.booleans() | st.integers(-3, 3) | SAFE_TEXT | st.none(), min_size=1, max_size=4).map(
        lambda values: {"enum": values}
    ),
    (st.booleans() | st.integers(-3, 3) | SAFE_TEXT | st.none()).map(lambda value: {"const": value}),
)
scalars = texts | integers | numbers | fixed | st.sampled_from([{"type": "boolean"}, {"type": "null"}])
several = st.lists(
    st.sampled_from(("string", "integer", "boolean", "null", "array")), min_size=2, max_size=4, unique=True
).map(lambda types: {"type": types})
unions = st.tuples(st.sampled_from(("anyOf", "oneOf")), texts, integers, st.just({"type": "null"})).map(
    lambda drawn: {drawn[0]: list(drawn[1:])}
)


def containers(inner: Any) -> Any:
    lists = st.builds(lambda items, sizes: {"type": "array", "items": items, **sizes}, inner, SIZES)
    maps = inner.map(lambda values: {"type": "object", "additionalProperties": values})
    return lists | maps | objects(inner)


SIZES = bounded("minItems", "maxItems", st.integers(0, 3))


def objects(inner: Any) -> Any:
    """Open, closed, or typed in the rest; any subset required."""

    def build(properties: dict[str, Any], required: Any, rest: Any) -> dict[str, Any]:
        closing = {} if rest is None else {"additionalProperties": rest}
        return {"type": "object", "properties": properties, "required": sorted(required(properties)), **closing}

    subsets = st.integers(0, 255).map(
        lambda bits: lambda properties: [name for i, name in enumerate(properties) if bits >> (i % 8) & 1]
    )
    rest = st.sampled_from([None, True, False, False, {"type": "integer"}])
    return st.builds(build, st.dictionaries(NAMES, inner, min_size=1, max_size=4), subsets, rest)


schemas = st.recursive(scalars | several | unions | st.just({"$ref": "#/definitions/node"}), containers, max_leaves=5)
NODE = {
    "type": "object",
    "properties": {"kids": {"type": "array", "items": {"$ref": "#/definitions/node"}}, "n": {"type": "integer"}},
    "required": ["kids"],
    "additionalProperties": False,
}
drafts = st.sampled_from(["http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-06/schema#"])
events = st.builds(
    lambda draft, schema: {"$schema": draft, **schema, "definitions": {"node": NODE}}, drafts, objects(schemas)
)


@st.composite
def values(draw: Any, schema: Any, root: Any, depth: int = 0) -> Any:
    """A value that is near to what the schema accepts, and often is accepted."""
    if draw(st.integers(0, 19)) == 0:
        return draw(SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(SAFE_TEXT, SCALARS, max_size=2))
    if "$ref" in schema:
        schema = root["definitions"]["node"]
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            schema = draw(st.sampled_from(schema[keyword]))
    if "enum" in schema or "const" in schema:
        value = draw(st.sampled_from(schema.get("enum") or [schema["const"]]))
        return float(value) if isinstance(value, int) and draw(st.booleans()) and value is not True else value
    kind = schema["type"] if isinstance(schema["type"], str) else draw(st.sampled_from(schema["type"]))
    if kind == "array":
        items = schema.get("items", {"type": "null"})
        count = draw(st.integers(0, 0 if depth > 3 else 3))
        return [draw(values(items, root, depth + 1)) for _ in range(count)]
    if kind == "object":
        return draw(object_values(schema, root, depth + 1))
    return draw(SCALAR_VALUES[kind])


SCALAR_VALUES: dict[str, Any] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "integer": st.integers(-6, 24) | INTEGERS | st.integers(-5, 5).map(float),
    "number": st.integers(-5, 5) | FLOATS,
    "string": st.text("abcxyAZ-1 .", max_size=4) | SAFE_TEXT,
}


@st.composite
def object_values(draw: Any, schema: Any, root: Any, depth: int) -> dict[str, Any]:
    found = {}
    for name, inner in schema.get("properties", {}).items():
        if name in schema.get("required", ()) or draw(st.booleans()):
            found[name] = draw(values(inner, root, depth))
    rest = schema.get("additionalProperties", True)
    if rest is not False and draw(st.integers(0, 2)) == 0:
        found[draw(NAMES)] = draw(SCALARS if rest is True else values(rest, root, depth))
    if rest is False and draw(st.integers(0, 9)) == 0:
        found[draw(NAMES)] = draw(SCALARS)
    return found


def same_json(left: Any, right: Any) -> bool:
    """JSON equality: 1 is 1.0, and true is neither."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and left == right


@given(events, st.data())
def test_models_accept_what_the_schema_accepts(schema: dict[str, Any], data: Any) -> None:
    one = version("some.event", 1, schema)
    package = python_package([one])
    if package.refused:  # empty intersections and branches that look alike
        assert package.findings[-1].rule == "GEN-101", package.findings
        return
    model, validator = model_of(one), jsonschema.validators.validator_for(schema)(schema)
    for _ in range(4):
        value = data.draw(values(schema, schema))
        text = json.dumps(value)
        try:
            event = model.from_json(text)
        except runtime_module().DecodeError:
            assert not validator.is_valid(value), (schema, value)
            continue
        assert validator.is_valid(value), (schema, value)
        assert same_json(json.loads(event.to_json()), value)
        assert same_json(json.loads(event.model_dump_json()), value)
        assert model.from_json(event.to_json()) == event
        avro_round_trip(one, model, event)


def avro_round_trip(one: Any, model: Any, event: Any) -> None:
    derived = avro_schemas([one])
    if derived.refused:
        assert derived.findings[-1].rule == "GEN-205"
        return
    try:
        data = event.to_avro()
    except runtime_module().EncodeError as error:
        assert "keys that the Avro schema does not have" in str(error)  # noqa: PT017 - the other way is legal too
        return
    assert model.from_avro(data) == event
    ((_, text),) = derived.files.items()
    fastavro.schemaless_reader(io.BytesIO(data), json.loads(text), None)


# --- Avro -------------------------------------------------------------------------------------------------------------


def millis(value: Any) -> Any:
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def one_nan(value: float) -> float:
    """The JSON form, which every event passes before it is written, knows only one NaN."""
    return math.nan if math.isnan(value) else value


LOGICAL: dict[str, tuple[dict[str, Any], Any]] = {
    "date": ({"type": "int", "logicalType": "date"}, st.dates()),
    "time-millis": ({"type": "int", "logicalType": "time-millis"}, st.times().map(millis)),
    "time-micros": ({"type": "long", "logicalType": "time-micros"}, st.times()),
    "ts-millis": (
        {"type": "long", "logicalType": "timestamp-millis"},
        st.datetimes(timezones=st.just(dt.UTC)).map(millis),
    ),
    "ts-micros": (
        {"type": "long", "logicalType": "timestamp-micros"},
        st.datetimes(timezones=st.just(dt.UTC)),
    ),
    "local": ({"type": "long", "logicalType": "local-timestamp-micros"}, st.datetimes()),
    "uuid": ({"type": "string", "logicalType": "uuid"}, st.uuids()),
    "decimal": (
        {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2},
        st.decimals("-9999.99", "9999.99", places=2),
    ),
    "nanos": ({"type": "long", "logicalType": "timestamp-nanos"}, st.integers(-(2**63), 2**63 - 1)),
}
PRIMITIVES: dict[str, Any] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(width=32).map(one_nan),
    "double": st.floats().map(one_nan),
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    "bytes": st.binary(max_size=5),
}


Typed = tuple[Any, Any]
"""An Avro schema and a strategy for its values."""


@st.composite
def typed(draw: Any, counter: list[int], depth: int = 0) -> Typed:
    kinds = ["primitive", "logical", "enum", "fixed", "nullable", "mixed"]
    kind = draw(st.sampled_from(kinds if depth > 2 else [*kinds, "array", "map", "record"]))
    match kind:
        case "primitive":
            return draw(st.sampled_from(sorted(PRIMITIVES.items())))
        case "logical":
            return draw(st.sampled_from(sorted(LOGICAL.items())))[1]
        case "enum":
            symbols = draw(st.lists(st.sampled_from("A b class None _x".split()), min_size=1, unique=True))
            return {"type": "enum", "name": fresh_name(counter), "symbols": symbols}, st.sampled_from(symbols)
        case "fixed":
            size = draw(st.integers(1, 4))
            return {"type": "fixed", "name": fresh_name(counter), "size": size}, st.binary(min_size=size, max_size=size)
        case "nullable":
            schema, inner = draw(
                typed(counter, depth + 1).filter(lambda t: t[0] != "null" and not isinstance(t[0], list))
            )
            return draw(st.permutations(["null", schema])), st.none() | inner
        case "mixed":
            names = draw(
                st.lists(st.sampled_from(["null", "boolean", "long", "double", "string"]), unique=True, min_size=2)
            )
            return names, st.one_of(*[PRIMITIVES[name].map(lambda v, n=name: (n, v)) for name in names])
        case "array":
            schema, inner = draw(typed(counter, depth + 1))
            return {"type": "array", "items": schema}, st.lists(inner, max_size=3)
        case "map":
            schema, inner = draw(typed(counter, depth + 1))
            return {"type": "map", "values": schema}, st.dictionaries(st.text("ab'", max_size=2), inner, max_size=3)
    return draw(record(counter, depth))


def fresh_name(counter: list[int]) -> str:
    counter.append(0)
    return f"{'n.' if len(counter) % 3 == 0 else ''}T{len(counter)}"


@st.composite
def record(draw: Any, counter: list[int], depth: int = 0) -> Typed:
    names = draw(st.lists(st.sampled_from("a B class _x copy model_dump date int T1".split()), unique=True, min_size=1))
    fields = {name: draw(typed(counter, depth + 1)) for name in names}
    schema = {
        "type": "record",
        "name": fresh_name(counter),
        "fields": [{"name": name, "type": field[0]} for name, field in fields.items()],
    }
    return schema, st.fixed_dictionaries({name: field[1] for name, field in fields.items()})


@given(st.data())
def test_avro_models_write_what_fastavro_writes(data: Any) -> None:
    schema, inner = data.draw(record([]))
    one = avro("some.event", 1, schema)
    model = model_of(one)
    for _ in range(3):
        value = data.draw(inner)
        out = io.BytesIO()
        fastavro.schemaless_writer(out, schema, value, strict=True)
        event = model.from_avro(out.getvalue())
        assert event.to_avro() == out.getvalue()
        assert model.from_avro(event.to_avro(), writer_schema=json.dumps(schema)).to_avro() == out.getvalue()
        if not any_nan(event.model_dump()):
            assert model.from_json(event.to_json()) == event
            assert model.from_avro(event.to_avro()) == event


def any_nan(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(any_nan, value.values()))
    if isinstance(value, list):
        return any(map(any_nan, value))
    return isinstance(value, float) and math.isnan(value)
