"""Which fields do the events of an Avro schema have? The questions of `schema.paths`, for Avro."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from schemagate.schema.avro.nodes import Array, AvroSchema, Enum, Fixed, Map, Node, Primitive, Record, Union
from schemagate.schema.fields import ITEMS, Field

_WORDS: Final = {"int": "integer", "long": "integer", "float": "number", "double": "number"}


def find(schema: AvroSchema, steps: Sequence[str]) -> Field | None:
    """The field at the steps; None where no record declares it. Beside a branch without it, it is not always there."""
    nodes, always = _reached(schema, steps)
    return Field(always, frozenset(map(_word, nodes))) if nodes else None


def fields(schema: AvroSchema, steps: Sequence[str]) -> dict[str, Field]:
    """The fields of the record (of each, in a union) at the steps."""
    nodes, _ = _reached(schema, steps)
    found = dict.fromkeys(name for node in nodes if isinstance(node, Record) for name in node.positions)
    return {name: field for name in found if (field := find(schema, [*steps, name])) is not None}


def forbids(schema: AvroSchema, steps: Sequence[str]) -> bool:
    """Whether nothing can be at the steps: no record on the way has the field, and no map could."""
    nodes = list(_branches([schema.root]))
    for step in steps:
        if step != ITEMS and any(isinstance(node, Map) for node in nodes):
            return False
        nodes = list(_branches(next_ for node in nodes if (next_ := _inside(node, step)) is not None))
    return not nodes


def _reached(schema: AvroSchema, steps: Sequence[str]) -> tuple[list[Node], bool]:
    """What may be at the steps, and whether every event has something there."""
    nodes, always = list(_branches([schema.root])), True
    for step in steps:
        inner = [next_ for node in nodes if (next_ := _inside(node, step)) is not None]
        always = always and step != ITEMS and len(inner) == len(nodes)
        nodes = list(_branches(inner))
    return nodes, always


def _inside(node: Node, step: str) -> Node | None:
    if step == ITEMS:
        return node.items if isinstance(node, Array) else None
    if isinstance(node, Record) and (field := node.field_named(step)) is not None:
        return field.type
    return None


def _branches(nodes: Iterable[Node]) -> Iterator[Node]:
    """The nodes, and for a union its branches."""
    for node in nodes:
        if isinstance(node, Union):
            yield from _branches(node.branches)
        else:
            yield node


def _word(node: Node) -> str:
    match node:
        case Record() | Map():
            return "object"
        case Enum():
            return "string"
        case Fixed():
            word = "bytes"
        case _:
            word = _WORDS.get(node.kind, node.kind)
    logical = node.logical if isinstance(node, Primitive | Fixed) else None
    return word if logical is None or logical.name == "uuid" else f"{word} {logical.name}"
