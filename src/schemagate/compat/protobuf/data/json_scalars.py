"""As what does a scalar arrive that is printed as JSON by one type and parsed by another? By Protobuf's JSON mapping.

What the mapping leaves to the parser is undecided. Whether every value arrives as itself is decided by examples, as it
is for bytes: the ends of the ranges, and the names of enums.
"""

from __future__ import annotations

from itertools import count
from typing import Final, NamedTuple

from schemagate.compat.protobuf.data import scalars
from schemagate.compat.protobuf.data.scalars import Scalar
from schemagate.compat.verdicts import Answer
from schemagate.schema.protobuf.nodes import Enum, Field, Kind

_SIGNED: Final = {
    Kind.INT32: 32,
    Kind.SINT32: 32,
    Kind.SFIXED32: 32,
    Kind.INT64: 64,
    Kind.SINT64: 64,
    Kind.SFIXED64: 64,
}
_UNSIGNED: Final = {Kind.UINT32: 32, Kind.FIXED32: 32, Kind.UINT64: 64, Kind.FIXED64: 64}
_WHOLE: Final = _SIGNED | _UNSIGNED
_FLOATING: Final = frozenset({Kind.FLOAT, Kind.DOUBLE})

_NULL_VALUE: Final = "google.protobuf.NullValue"
"""The one enum that JSON does not hold by name."""


class Side(NamedTuple):
    """A scalar field, with its enum where it has one."""

    field: Field
    enum: Enum | None


class Fate(NamedTuple):
    """What becomes of the values: `shown` is one that shows it, None where none does."""

    answer: Answer
    shown: Scalar | None = None


_KEPT: Final = Fate(Answer.YES)
_UNDECIDED: Final = Fate(Answer.UNKNOWN)


def fate(reader: Side, writer: Side, *, zero_is_printed: bool) -> Fate:
    """What becomes of the writer's values; `zero_is_printed` is False for a field without presence."""
    if writer.enum is not None:
        return _of_enum(reader, writer.enum, zero_is_printed=zero_is_printed)
    return _of_plain(reader, writer.field.kind)


def key_fate(reader: Field, writer: Field) -> Fate:
    """The same for keys of maps, which JSON always holds as text."""
    if reader.kind is writer.kind:
        return _KEPT
    if reader.kind in _WHOLE and writer.kind in _WHOLE:
        return _of_plain(Side(reader, None), writer.kind)
    # another kind of key parses the text "a", "7" or "true" as nothing, or as something else
    return Fate(Answer.NO, next(scalars.values(writer.kind, None)))


def _of_plain(reader: Side, writer: Kind) -> Fate:
    if reader.enum is not None:
        return _as_enum(reader.enum, writer)
    to = reader.field.kind
    if to is writer:
        return _KEPT
    if to in _WHOLE and writer in _WHOLE:
        outside = (value for value in scalars.values(writer, None) if not _holds(to, int(value)))
        return next((Fate(Answer.NO, value) for value in outside), _KEPT)
    if to in _FLOATING and (writer in _WHOLE or writer in _FLOATING or writer is Kind.BOOL):
        return _KEPT if to is Kind.DOUBLE and _WHOLE.get(writer) == 32 else _UNDECIDED
    # refused, or text where there was none: 1.5 is no whole number, `true` no number, "a" no base64, "/w==" no bytes
    return Fate(Answer.NO, next(scalars.values(writer, None)))


def _holds(kind: Kind, number: int) -> bool:
    if kind in _SIGNED:
        half = 1 << _SIGNED[kind] - 1
        return -half <= number < half
    return 0 <= number < 1 << _UNSIGNED[kind]


def _as_enum(enum: Enum, writer: Kind) -> Fate:
    if enum.full_name == _NULL_VALUE or writer is Kind.BOOL:
        return _UNDECIDED
    if writer in _WHOLE:
        if enum.closed:
            return Fate(Answer.NO, next(number for number in count(1) if number not in enum.numbers))
        return _KEPT if _SIGNED.get(writer) == 32 else _UNDECIDED
    if writer is Kind.STRING and "a" in enum.by_name:
        return _UNDECIDED
    return Fate(Answer.NO, next(scalars.values(writer, None)))


def _of_enum(reader: Side, writer: Enum, *, zero_is_printed: bool) -> Fate:
    reads = reader.enum
    if _NULL_VALUE in (writer.full_name, reads.full_name if reads else ""):
        return _UNDECIDED
    printed = [number for number in writer.names if number or zero_is_printed]
    if reads is None:
        return Fate(Answer.NO, printed[0]) if printed else _UNDECIDED
    fates = [_of_names(reads, number, writer.names[number]) for number in printed]
    if not writer.closed and reads.closed:
        number = next(each for each in count(1) if each not in reads.numbers and each not in writer.numbers)
        fates.append(Fate(Answer.NO, number))
    return max(fates, key=lambda each: each.answer, default=_KEPT)


def _of_names(reads: Enum, number: int, names: tuple[str, ...]) -> Fate:
    """An enum's value is printed by its name; which one, where it has several, is up to who prints."""
    known = [reads.by_name[name] for name in names if name in reads.by_name]
    if not known:
        return Fate(Answer.NO, number)
    return _KEPT if len(known) == len(names) and set(known) == {number} else _UNDECIDED
