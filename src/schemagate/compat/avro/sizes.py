"""How large is a small event of a type? Infinite for a record that always contains itself,
an empty union, a fixed of less than no bytes."""

from __future__ import annotations

from typing import Final, NamedTuple

from schemagate.schema.avro.nodes import PRIMITIVES, AvroSchema, Enum, Fixed, Node, Record, Union


class Size(NamedTuple):
    """How many values an event holds (64 bytes of a fixed count as one), and how deep they nest."""

    values: float
    depth: float


_ONE: Final = Size(1, 0)
_INFINITE: Final = Size(float("inf"), float("inf"))


class Sizes:
    """The sizes of a schema's types: a record is known once its fields are, one that never is has no event."""

    def __init__(self, schema: AvroSchema) -> None:
        self.records: dict[Node, Size] = {}
        unknown = [node for node in schema.names.values() if isinstance(node, Record)]
        left = len(unknown) + 1
        while len(unknown) < left:
            left = len(unknown)
            unknown.reverse()  # types are made of inner ones or of earlier ones: both ways in turn end soon
            unknown = [record for record in unknown if not self._learn(record)]

    def of(self, node: Node) -> Size:
        """The size of a small event of a type."""
        match node.kind:
            case "record":
                return self.records.get(node, _INFINITE)
            case "union" | "enum" | "fixed":
                return self._of_choice(node)
        return _ONE

    def _of_choice(self, node: Node) -> Size:
        match node:
            case Union():
                smallest = min(map(self.of, node.branches), default=_INFINITE)
                return _INFINITE if smallest is _INFINITE else Size(smallest.values + 1, smallest.depth + 1)
            case Fixed():
                return Size(1 + node.size / 64, 0) if node.size >= 0 else _INFINITE
            case Enum() if not node.symbols:
                return _INFINITE
        return _ONE

    def _learn(self, record: Record) -> bool:
        values: float = 1
        depth: float = 0
        for node in record.types:
            size = _ONE if node.kind in PRIMITIVES else self.of(node)
            if size is _INFINITE:
                return False
            values += size.values
            depth = max(depth, size.depth)
        self.records[record] = Size(values, 1 + depth)
        return True
