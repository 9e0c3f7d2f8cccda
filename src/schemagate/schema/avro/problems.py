"""What does the Avro specification forbid that libraries and registries nevertheless accept?

Names follow the specification 1.12 (`[A-Za-z_][A-Za-z0-9_]*`, dots in namespaces); some libraries allow more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemagate.schema.avro.defaults import fits
from schemagate.schema.avro.logical import logical_problem
from schemagate.schema.avro.nodes import (
    PRIMITIVES,
    Array,
    AvroSchema,
    Enum,
    Field,
    Fixed,
    Map,
    Named,
    Node,
    Record,
    Trace,
    Union,
)
from schemagate.schema.avro.nodes import pointer as pointer_of

Problem = tuple[str, str]
"""A JSON pointer into the schema's text, and what is wrong there."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAMESPACE: Final = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)?")
_ORDERS: Final = ("ascending", "descending", "ignore")


def problems(schema: AvroSchema) -> Iterator[Problem]:
    """Everything that the specification forbids in a schema's own text, in the text's order."""
    # Types of referenced texts count as defined before, as registries resolve them.
    defined = {name for name, node in schema.names.items() if node.outside}
    for trace, message in _Inspection(defined).of(schema.root, schema.raw, None):
        yield pointer_of(trace), message


class _Inspection:
    """One walk over nodes and their JSON in step; `defined` grows as definitions are met."""

    def __init__(self, defined: set[str]) -> None:
        self.defined = defined

    def of(self, node: Node, value: Any, trace: Trace) -> Iterator[tuple[Trace, str]]:
        """The problems of a node at the place of its text."""
        if _is_reference(value):
            if isinstance(node, Named) and node.name not in self.defined:
                yield trace, f"{node.name} is used before it is defined"
            return
        match node:
            case Record() | Enum() | Fixed():
                yield from self._named(node, trace)
                yield from self._definition(node, trace)
            case Union():
                yield from self._union(node, value, trace)
            case Array():
                yield from self.of(node.items, value["items"], (trace, "items"))
            case Map():
                yield from self.of(node.values, value["values"], (trace, "values"))
        if isinstance(value, Mapping):
            yield from _logical(node, value, trace)

    def _named(self, node: Record | Enum | Fixed, trace: Trace) -> Iterator[tuple[Trace, str]]:
        raw = node.raw
        if node.name in self.defined:
            yield (trace, "name"), f"{node.name} is defined twice"
        self.defined.add(node.name)
        if not _NAME.fullmatch(node.simple_name):
            yield (trace, "name"), f"{node.simple_name!r} is no Avro name: letters, digits and _, no digit first"
        elif node.name in PRIMITIVES:
            yield (trace, "name"), f"{node.name!r} is the name of a primitive type"
        at_namespace = "name" if "." in raw["name"] or "namespace" not in raw else "namespace"
        if not _NAMESPACE.fullmatch(node.namespace):
            yield (trace, at_namespace), f"{node.namespace!r} is no Avro namespace: names with dots between"
        elif not isinstance(raw.get("namespace", ""), str):
            yield (trace, "namespace"), "a namespace must be a text"
        for position, alias in enumerate(raw.get("aliases", ())):
            if not (_NAMESPACE.fullmatch(alias) and alias):
                yield ((trace, "aliases"), position), f"{alias!r} is no Avro name"

    def _definition(self, node: Record | Enum | Fixed, trace: Trace) -> Iterator[tuple[Trace, str]]:
        match node:
            case Record():
                yield from self._record(node, trace)
            case Enum():
                yield from _enum(node, trace)
            case Fixed() if node.size <= 0:
                yield (trace, "size"), f"the size of a fixed must be positive, not {node.size}"

    def _record(self, record: Record, trace: Trace) -> Iterator[tuple[Trace, str]]:
        seen: set[str] = set()
        for position, field in enumerate(record.fields):
            place: Trace = ((trace, "fields"), position)
            if field.name in seen:
                yield (place, "name"), f"there are two fields named {field.name}"
            seen.add(field.name)
            yield from _field(field, record, place)
            yield from self.of(field.type, field.raw["type"], (place, "type"))

    def _union(self, union: Union, value: list[Any], trace: Trace) -> Iterator[tuple[Trace, str]]:
        seen: set[str] = set()
        for position, (branch, raw) in enumerate(zip(union.branches, value, strict=True)):
            key = branch.name if isinstance(branch, Named) else branch.kind
            if key == "union":
                yield (trace, position), "a union may not hold another union"
            elif key in seen:
                yield (trace, position), f"the union has two branches of {key}"
            seen.add(key)
            yield from self.of(branch, raw, (trace, position))


def _is_reference(value: Any) -> bool:
    named = value["type"] if isinstance(value, Mapping) else value
    if not isinstance(named, str) or named in PRIMITIVES:
        return False
    return isinstance(value, str) or named not in ("record", "error", "enum", "fixed", "array", "map")


def _field(field: Field, record: Record, trace: Trace) -> Iterator[tuple[Trace, str]]:
    if not _NAME.fullmatch(field.name):
        yield (trace, "name"), f"{field.name!r} is no Avro name: letters, digits and _, no digit first"
    if field.raw.get("order", "ascending") not in _ORDERS:
        yield (trace, "order"), f"order is one of {', '.join(_ORDERS)}, not {field.raw['order']!r}"
    for position, alias in enumerate(field.aliases):
        if not _NAME.fullmatch(alias):
            yield ((trace, "aliases"), position), f"{alias!r} is no Avro name"
        elif alias in record.positions:
            yield ((trace, "aliases"), position), f"the alias {alias} of {field.name} is the name of a field"
    if "default" in field.raw and not fits(field.type, field.raw["default"]):
        yield (trace, "default"), f"the default of {field.name} does not fit its type{_hint(field)}"


def _hint(field: Field) -> str:
    match field.type.kind:
        case "enum":
            return ": it must be one of the symbols"
        case "union":
            return ": it must fit one of the branches"
        case "bytes" | "fixed":
            return ": a text of code points 0 to 255, one per byte"
    return f": {field.type.kind}"


def _enum(enum: Enum, trace: Trace) -> Iterator[tuple[Trace, str]]:
    if not enum.symbols:
        yield (trace, "symbols"), "an enum needs a symbol"
    seen: set[str] = set()
    for position, symbol in enumerate(enum.symbols):
        if not _NAME.fullmatch(symbol):
            yield ((trace, "symbols"), position), f"{symbol!r} is no Avro name"
        elif symbol in seen:
            yield ((trace, "symbols"), position), f"the symbol {symbol} stands twice"
        seen.add(symbol)
    if "default" in enum.raw and enum.default is None:
        yield (trace, "default"), "the default of an enum must be one of its symbols"


def _logical(node: Node, raw: Mapping[str, Any], trace: Trace) -> Iterator[tuple[Trace, str]]:
    message = logical_problem(raw, node.kind, node.size if isinstance(node, Fixed) else 0)
    if message is not None:
        yield (trace, "logicalType"), message
