"""Which event shows a problem? The smallest one that leads to its place, with its bytes under the writer's schema."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cached_property
from typing import Final, NamedTuple

from schemagate.compat.avro.meaning import decimal_text
from schemagate.compat.avro.problem import Into, Problem, Step
from schemagate.compat.avro.sizes import Sizes
from schemagate.findings import Witness
from schemagate.schema import json_text
from schemagate.schema.avro.nodes import PRIMITIVES, Array, AvroSchema, Enum, Fixed, Map, Node, Primitive, Record, Union

_LARGEST: Final = 20_000
_DEEPEST: Final = 100
_NIL_UUID: Final = "00000000-0000-0000-0000-000000000000"  # readers that convert refuse an empty text


class Datum(NamedTuple):
    """A value as JSON (bytes as text of the code points 0 to 255, decimals as text), and its Avro bytes."""

    value: object
    encoded: bytes


class _NoEventError(Exception):
    """There is none that is finite and of a sensible size."""


class Witnesses:
    """Makes the events of one writer's schema."""

    def __init__(self, writer: AvroSchema) -> None:
        self.writer = writer
        self.root = writer.root
        self.smallest: dict[Node, Datum] = {}

    @cached_property
    def sizes(self) -> Sizes:
        """Needed only where a record or a choice is met on the way."""
        return Sizes(self.writer)

    def of(self, problem: Problem, reason: str) -> Witness | None:
        """The event that shows a problem; None where there is none."""
        steps = problem.place.steps + problem.further
        if len(steps) > _DEEPEST:
            return None
        try:
            event = self._event(self.root, steps, problem.leaf)
        except _NoEventError:
            return None
        misread = problem.misread or problem.rule.id[-3] == "2"
        return Witness(event.value, reason, _pointer(steps), event.encoded, misread)

    def _event(self, node: Node, steps: Sequence[Step], leaf: str | int | bytes | None) -> Datum:
        if not steps:
            return self._smallest(node) if leaf is None else _datum(node, leaf)
        step, rest = steps[0], steps[1:]
        match node:
            case Record():
                return self._record(node, str(step), rest, leaf)
            case Union() if isinstance(step, int):
                inner = self._event(node.branches[step], rest, leaf)
                return Datum(inner.value, _integer(step) + inner.encoded)
            case Array():
                inner = self._event(node.items, rest, leaf)
                return Datum([inner.value], _integer(1) + inner.encoded + b"\0")
            case Map():
                inner = self._event(node.values, rest, leaf)
                return Datum(
                    {Into.VALUE.value: inner.value},
                    _integer(1) + _sized(Into.VALUE.value.encode()) + inner.encoded + b"\0",
                )
        raise AssertionError(f"no step leads into {node.kind}")

    def _record(self, record: Record, name: str, steps: Sequence[Step], leaf: str | int | bytes | None) -> Datum:
        """A record whose field of that name leads on, and whose other fields are as small as they can be."""
        leading = record.positions.get(name)
        fields = [
            (
                field.name,
                self._event(field.type, steps, leaf) if field.position == leading else self._smallest(field.type),
            )
            for field in record.fields
        ]
        return Datum({name: datum.value for name, datum in fields}, b"".join(datum.encoded for _, datum in fields))

    def _smallest(self, node: Node) -> Datum:
        found = self.smallest.get(node)
        if found is None:
            found = self.smallest[node] = self._made(node)
        return found

    def _made(self, node: Node) -> Datum:
        match node:
            case Primitive():
                return _smallest_primitive(node)
            case Union():
                position = self._smallest_branch(node)
                inner = self._smallest(node.branches[position])
                return Datum(inner.value, _integer(position) + inner.encoded)
            case Array():
                return Datum([], b"\0")
            case Map():
                return Datum({}, b"\0")
        size = self.sizes.of(node)
        if size.values > _LARGEST or size.depth > _DEEPEST:
            raise _NoEventError
        match node:
            case Enum():
                return _datum(node, node.symbols[0])
            case Fixed():
                return _datum(node, bytes(node.size))
        return self._record(node, "", (), None)

    def _smallest_branch(self, union: Union) -> int:
        for position, branch in enumerate(union.branches):
            if branch.kind in PRIMITIVES:
                return position
        if not union.branches:
            raise _NoEventError
        return min(range(len(union.branches)), key=lambda position: self.sizes.of(union.branches[position]))


def _smallest_primitive(node: Primitive) -> Datum:
    match node.kind:
        case "null":
            return Datum(None, b"")
        case "boolean":
            return Datum(False, b"\0")
        case "float":
            return Datum(0.0, struct.pack("<f", 0.0))
        case "double":
            return Datum(0.0, struct.pack("<d", 0.0))
        case "string":
            return _datum(node, _NIL_UUID if node.logical else "")
        case "bytes":
            return _datum(node, b"\0" if node.logical else b"")
    return _datum(node, 0)


def _datum(node: Node, raw: str | int | bytes) -> Datum:
    """A value of a type without parts."""
    match node:
        case Enum():
            return Datum(raw, _integer(node.symbols.index(str(raw))))
        case Fixed() if isinstance(raw, bytes):
            return Datum(_json(node, raw), raw)
    if isinstance(raw, bytes):
        return Datum(_json(node, raw), _sized(raw))
    return Datum(raw, _integer(raw) if isinstance(raw, int) else _sized(raw.encode()))


def _json(node: Node, raw: bytes) -> str:
    logical = node.logical if isinstance(node, Primitive | Fixed) else None
    if logical is not None and logical.name == "decimal":
        return decimal_text(int.from_bytes(raw, "big", signed=True), logical.scale)
    return raw.decode("latin-1")


def _sized(raw: bytes) -> bytes:
    return _integer(len(raw)) + raw


def _integer(number: int) -> bytes:
    """Zigzag, then seven bits a byte, least significant first."""
    rest = (number << 1) ^ (number >> 63)
    encoded = bytearray()
    while rest > 127:
        encoded.append(rest & 127 | 128)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def _pointer(steps: Sequence[Step]) -> str:
    """Where in the event; the branch of a union leaves no trace in JSON."""
    tokens = (step.value if isinstance(step, Into) else step for step in steps if not isinstance(step, int))
    return json_text.join("", *tokens)
