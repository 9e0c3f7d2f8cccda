"""As what does a scalar arrive that is written as one type and read as another? By the wire format alone.

Whether every value arrives as itself is decided by examples: the ranges of the types are intervals, so that a reader
that keeps the ends of the writer's, and its smallest numbers, keeps all of it. Closed enums are tried member by member.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import count
from typing import Final, NamedTuple, TypeAlias

from schemagate.schema.protobuf.nodes import Enum, Field, Kind

Scalar: TypeAlias = bool | int | float | str | bytes

_64: Final = (1 << 64) - 1
_32: Final = (1 << 32) - 1
_SMALL: Final = (7, 3)
_INT32: Final = (*_SMALL, -1, 2**31 - 1, -(2**31))
_INT64: Final = (*_SMALL, -1, 2**32 + 5, 2**63 - 1, -(2**63))
_UINT32: Final = (*_SMALL, 2**32 - 1)
_UINT64: Final = (*_SMALL, 2**32 + 5, 2**64 - 1)

_VALUES: Final[dict[Kind, tuple[Scalar, ...]]] = {
    Kind.INT32: _INT32,
    Kind.SINT32: _INT32,
    Kind.SFIXED32: _INT32,
    Kind.INT64: _INT64,
    Kind.SINT64: _INT64,
    Kind.SFIXED64: _INT64,
    Kind.UINT32: _UINT32,
    Kind.FIXED32: _UINT32,
    Kind.UINT64: _UINT64,
    Kind.FIXED64: _UINT64,
    Kind.BOOL: (True, False),
    Kind.FLOAT: (1.5, 1.0),
    Kind.DOUBLE: (1.5, 1.0),
    Kind.STRING: ("a", "b"),
    Kind.BYTES: (b"\xff", b"a"),
}

_ZEROS: Final[dict[Kind, Scalar]] = {Kind.STRING: "", Kind.BYTES: b"", Kind.BOOL: False}

VARINT, EIGHT, LENGTH, START, FOUR = 0, 1, 2, 3, 5

_WIRE_TYPES: Final = {
    Kind.FIXED64: EIGHT,
    Kind.SFIXED64: EIGHT,
    Kind.DOUBLE: EIGHT,
    Kind.FIXED32: FOUR,
    Kind.SFIXED32: FOUR,
    Kind.FLOAT: FOUR,
    Kind.STRING: LENGTH,
    Kind.BYTES: LENGTH,
    Kind.MESSAGE: LENGTH,
    Kind.GROUP: START,
}
_ZIGZAG: Final = frozenset({Kind.SINT32, Kind.SINT64})
_FORMATS: Final = {Kind.FLOAT: "<f", Kind.DOUBLE: "<d"}


class Loss(NamedTuple):
    """A value that does not arrive: as what it is read, None where the reader sees nothing."""

    written: Scalar
    read: Scalar | None


def wire_type(kind: Kind) -> int:
    """How a value is delimited on the wire."""
    return _WIRE_TYPES.get(kind, VARINT)


def family(kind: Kind) -> object:
    """Kinds of one family are written alike, and differ in which values they have."""
    return wire_type(kind), kind in _ZIGZAG, kind in _FORMATS, kind.nests


def values(kind: Kind, enum: Enum | None) -> Iterator[Scalar]:
    """Values of a type that stand for all: small ones, and the ends of its range."""
    if enum is None:
        yield from _VALUES[kind]
        return
    yield from (number for _, number in enum.values)
    if not enum.closed:
        yield from _INT32


def zero(kind: Kind) -> Scalar:
    """What implicit presence leaves out."""
    return _ZEROS.get(kind, 0)


def loss(reader: Field, reads: Enum | None, writer: Field, writes: Enum | None) -> Loss | None:
    """A value of the writer's scalar type that the reader's does not read as itself; None where there is none."""
    for value in values(writer.kind, writes):
        read = arrival(reader.kind, reads, writer.kind, value)
        if not _same(value, read):
            return Loss(value, read)
    if (
        reads is not None
        and reads.closed
        and not (writes is not None and writes.closed)
        and writer.kind is not Kind.BOOL
    ):
        missing = next(number for number in count() if number not in reads.numbers)
        read = arrival(reader.kind, reads, writer.kind, missing)
        if not _same(missing, read):
            return Loss(missing, read)
    return None


def arrival(reader: Kind, reads: Enum | None, writer: Kind, value: Scalar) -> Scalar | None:
    """As what a value is read; None where the reader does not see it."""
    if wire_type(reader) != wire_type(writer):
        return None
    if isinstance(value, str | bytes):
        data = value.encode() if isinstance(value, str) else value
        return data if reader is Kind.BYTES else _text(data)
    return _read(reader, reads, on_wire(writer, value))


def on_wire(kind: Kind, value: float) -> int:
    """The bits of a number, as an unsigned integer."""
    if kind in _FORMATS:
        return int.from_bytes(struct.pack(_FORMATS[kind], value), "little")
    number = int(value)
    if kind in _ZIGZAG:
        return (number << 1 ^ number >> 63) & _64
    return number & (_32 if wire_type(kind) == FOUR else _64)


def _read(kind: Kind, enum: Enum | None, bits: int) -> Scalar | None:
    match kind:
        case Kind.BOOL:
            return bits != 0
        case Kind.FLOAT | Kind.DOUBLE:
            size = 4 if kind is Kind.FLOAT else 8
            number: float = struct.unpack(_FORMATS[kind], bits.to_bytes(size, "little"))[0]
            return number
        case Kind.SINT32 | Kind.SINT64:
            low = bits & _32 if kind is Kind.SINT32 else bits
            return low >> 1 ^ -(low & 1)
        case Kind.UINT32 | Kind.FIXED32:
            return bits & _32
        case Kind.UINT64 | Kind.FIXED64:
            return bits
        case Kind.INT64 | Kind.SFIXED64:
            return _signed(bits, 64)
        case _:
            number = _signed(bits & _32, 32)
            return number if enum is None or not enum.closed or number in enum.numbers else None


def _signed(bits: int, width: int) -> int:
    return bits - (1 << width) if bits >> width - 1 else bits


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _same(written: Scalar, read: Scalar | None) -> bool:
    if isinstance(written, str):
        return read == written or read == written.encode()
    if isinstance(written, bytes) and isinstance(read, str):
        return read.encode() == written
    return read == written
