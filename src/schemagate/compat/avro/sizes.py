"""How large is the smallest event of a type? Infinite for a record that always contains itself, or an empty union."""

from __future__ import annotations

from typing import Final, NamedTuple

from schemagate.schema.avro.nodes import AvroSchema, Enum, Fixed, Node, Record, Union

_INFINITE: Final = float("inf")
_MOST_ROUNDS: Final = 50


class Size(NamedTuple):
    """How many values the smallest event holds (64 bytes of a fixed count as one), and how deep they nest."""

    values: float
    depth: float


_NONE: Final = Size(_INFINITE, _INFINITE)


class Sizes:
    """The sizes of a schema's types, found by approximation from above: a record is known once its fields are."""

    def __init__(self, schema: AvroSchema) -> None:
        self.records: dict[Node, Size] = {}
        # Types are made of earlier ones or of inner ones, so that walking both ways in turn ends soon.
        records = [node for node in schema.names.values() if isinstance(node, Record)]
        for _ in range(_MOST_ROUNDS):
            records.reverse()
            if sum(self._improve(record) for record in records) == 0:
                break

    def of(self, node: Node) -> Size:
        """The size of the smallest event of a type."""
        match node:
            case Record():
                return self.records.get(node, _NONE)
            case Union():
                smallest = min((self.of(branch) for branch in node.branches), default=_NONE)
                return Size(smallest.values + 1, smallest.depth + 1)
            case Enum() if not node.symbols:
                return _NONE
            case Fixed():
                return Size(1 + node.size / 64, 0)
        return Size(1, 0)

    def _improve(self, record: Record) -> bool:
        sizes = [self.of(field.type) for field in record.fields]
        values = 1 + sum(size.values for size in sizes)
        size = Size(values, 1 + max((size.depth for size in sizes), default=0))
        if values == _INFINITE or size >= self.records.get(record, _NONE):
            return False
        self.records[record] = size
        return True
