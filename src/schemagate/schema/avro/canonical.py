"""How does a registry store an Avro schema? Printed again as compact JSON with Java's order of attributes.

This is `Schema.toString` of Apache Avro, which registries use: full names become `name` and `namespace`, defaults of
attributes vanish, unknown properties stay in their order, a type that was printed before is a name.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from schemagate.schema.avro.nodes import Array, AvroSchema, Enum, Field, Fixed, Map, Named, Node, Record, Union

_RESERVED: Final = frozenset("doc fields items name namespace size symbols values type aliases".split())
_RESERVED_IN_ENUM: Final = _RESERVED | {"default"}
_RESERVED_IN_FIELD: Final = frozenset("default doc name order type aliases".split())
_TYPES: Final = frozenset(
    "record enum array map union fixed string bytes int long float double boolean null".split()
)  # a name that is also a type must stay full
_ESCAPES: Final = re.compile(r"\\(?:u[0-9a-f]{4}|.)")


def canonical(schema: AvroSchema) -> str:
    """The registry's text of a schema (without `normalize`); types of referenced texts are printed as names."""
    known = {root.name if isinstance(root, Named) else root.kind for root in schema.reference_roots}
    return _print(schema.root, "", known)


def _print(node: Node, namespace: str, known: set[str]) -> str:
    match node:
        case Record() | Enum() | Fixed():
            if node.name in known:
                return _text(_relative(node.name, namespace))
            known.add(node.name)
            return _object(_named(node, namespace, known))
        case Union():
            return f"[{','.join(_print(branch, namespace, known) for branch in node.branches)}]"
        case Array():
            parts = [("type", '"array"'), ("items", _print(node.items, namespace, known))]
            return _object([*parts, *_properties(node.raw, _RESERVED)])
        case Map():
            parts = [("type", '"map"'), ("values", _print(node.values, namespace, known))]
            return _object([*parts, *_properties(node.raw, _RESERVED)])
    properties = list(_properties(node.raw, _RESERVED)) if isinstance(node.raw, Mapping) else []
    return _object([("type", _text(node.kind)), *properties]) if properties else _text(node.kind)


def _named(node: Record | Enum | Fixed, namespace: str, known: set[str]) -> Iterator[tuple[str, str]]:
    raw = node.raw
    yield "type", _text(raw["type"])
    yield "name", _text(node.simple_name)
    if node.namespace != namespace:
        yield "namespace", _text(node.namespace)
    if isinstance(raw.get("doc"), str):
        yield "doc", _text(raw["doc"])
    match node:
        case Record():
            fields = (_object(_field(field, node.namespace, known)) for field in node.fields)
            yield "fields", f"[{','.join(fields)}]"
        case Enum():
            yield "symbols", _value(node.symbols)
            if isinstance(raw.get("default"), str):
                yield "default", _text(raw["default"])
        case Fixed():
            yield "size", str(node.size)
    yield from _properties(raw, _RESERVED_IN_ENUM if isinstance(node, Enum) else _RESERVED)
    if node.aliases:
        yield "aliases", _value([_relative(alias, node.namespace) for alias in node.aliases])


def _field(field: Field, namespace: str, known: set[str]) -> Iterator[tuple[str, str]]:
    raw = field.raw
    yield "name", _text(field.name)
    yield "type", _print(field.type, namespace, known)
    if isinstance(raw.get("doc"), str):
        yield "doc", _text(raw["doc"])
    if "default" in raw:
        default = raw["default"]
        if field.type.kind in ("float", "double") and isinstance(default, str):
            default = _number_of(default)
        yield "default", _value(default)
    order = raw.get("order")
    if isinstance(order, str) and order.lower() != "ascending":
        yield "order", _text(order.lower())
    if field.aliases:
        yield "aliases", _value(list(field.aliases))
    yield from _properties(raw, _RESERVED_IN_FIELD)


def _properties(raw: Mapping[str, Any], reserved: frozenset[str]) -> Iterator[tuple[str, str]]:
    return ((key, _value(value)) for key, value in raw.items() if key not in reserved)


def _relative(name: str, namespace: str) -> str:
    own, _, simple = name.rpartition(".")
    return simple if own and own == namespace and simple not in _TYPES else name


def _object(parts: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> str:
    return f"{{{','.join(f'{_text(key)}:{value}' for key, value in parts)}}}"


def _value(value: Any) -> str:
    match value:
        case str():
            return _text(value)
        case dict():
            return _object([(key, _value(item)) for key, item in value.items()])
        case list():
            return f"[{','.join(_value(item) for item in value)}]"
        case float() | Decimal():
            return _double(float(value))
    return json.dumps(value)


def _text(text: str) -> str:
    """JSON as Java's Jackson writes it: only what must be escaped is, with upper-case digits."""
    return _ESCAPES.sub(_upper_digits, json.dumps(text, ensure_ascii=False))


def _upper_digits(escape: re.Match[str]) -> str:
    return escape[0][:2] + escape[0][2:].upper()


def _number_of(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _double(number: float) -> str:
    """`Double.toString`: plain from 0.001 up to ten million, else one digit before the point and an exponent."""
    if not math.isfinite(number):
        return _text("NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity")
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    text = "".join(map(str, digits))
    return f"{'-' * sign}{text[0]}.{text[1:] or '0'}E{len(text) - 1 + int(exponent)}"
