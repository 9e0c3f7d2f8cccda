"""Does a primitive or fixed value keep its value and meaning? Promotions, logical types, decimals.

The specification 1.12: decimals resolve only with equal scale; other logical types do not matter for resolution, so a
changed unit is read without an error, and wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from schemagate.compat.avro import rules
from schemagate.compat.avro.problem import Place, Problem
from schemagate.findings import Severity
from schemagate.schema.avro.nodes import Fixed, Logical, Primitive

READ_BY: Final = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
"""To which kinds a written kind is promoted."""

_ROUNDED: Final = {
    ("int", "float"): 16777217,
    ("long", "float"): 16777217,
    ("long", "double"): 9007199254740993,
}
"""The smallest positive integer that a promotion changes."""

_UNITS: Final = {
    "date": "days",
    "time-millis": "milliseconds",
    "time-micros": "microseconds",
    "timestamp-millis": "milliseconds",
    "timestamp-micros": "microseconds",
    "timestamp-nanos": "nanoseconds",
    "local-timestamp-millis": "milliseconds",
    "local-timestamp-micros": "microseconds",
    "local-timestamp-nanos": "nanoseconds",
    "decimal": "digits",
    "big-decimal": "digits with their own scale",
}
_SAMPLE_TIME: Final = 86_400


def is_lossy(writer_kind: str, reader_kind: str) -> bool:
    """Whether a promotion loses some values."""
    return (writer_kind, reader_kind) in _ROUNDED or (writer_kind, reader_kind) == ("bytes", "string")


def value_changes(reader: Primitive | Fixed, writer: Primitive | Fixed, at: Place) -> Iterator[Problem]:
    """What is lost or means something else, for a pair that resolves."""
    if (number := _ROUNDED.get((writer.kind, reader.kind))) is not None:
        yield Problem(
            rules.PRECISION_LOST,
            at,
            f"is written as {writer.kind} and read as {reader.kind}: {number} becomes {number - 1}",
            f"keep {writer.kind}",
            leaf=number,
        )
    elif (writer.kind, reader.kind) == ("bytes", "string"):
        yield Problem(
            rules.BYTES_AS_STRING,
            at,
            "is written as bytes and read as text: bytes that are no UTF-8, such as ff, fail or are mangled",
            "keep bytes",
            leaf=b"\xff",
        )
    if reader.logical != writer.logical:
        yield from _meaning_changes(reader, writer, at)


def _meaning_changes(reader: Primitive | Fixed, writer: Primitive | Fixed, at: Place) -> Iterator[Problem]:
    now, before = reader.logical, writer.logical
    if now is not None and before is not None and now.name == before.name == "decimal":
        yield _decimal_change(now, before, writer, at)
        return
    unit, old_unit = (_UNITS.get(logical.name) if logical else None for logical in (now, before))
    says = f"is written as {_title(before, writer.kind)} and read as {_title(now, reader.kind)}"
    if unit and old_unit and unit != old_unit:
        says += f": {old_unit} are taken for {unit}"
        severity = Severity.ERROR
    else:
        says += ": the value stays, its meaning does not"
        severity = Severity.WARNING
    leaf = _SAMPLE_TIME if writer.kind in ("int", "long") and severity is Severity.ERROR else None
    fix = f"keep {_title(before, writer.kind)}, and add a new field for the new meaning"
    yield Problem(rules.LOGICAL_TYPE_CHANGED, at, says, fix, leaf=leaf, severity=severity)


def _title(logical: Logical | None, kind: str) -> str:
    return f"plain {kind}" if logical is None else logical.name


def _decimal_change(now: Logical, before: Logical, writer: Primitive | Fixed, at: Place) -> Problem:
    if now.scale == before.scale and now.precision > before.precision:
        return Problem(
            rules.DECIMAL_PRECISION_GROWS,
            at,
            f"is a decimal whose precision grows from {before.precision} to {now.precision} digits: every value reads "
            "unchanged, but the specification asks for equal precision",
            "keep the precision, or upgrade all readers first",
            shown=False,
        )
    if now.scale != before.scale:
        unscaled = int("125"[: before.precision])
        says = (
            f"is a decimal whose scale changes from {before.scale} to {now.scale}: "
            f"{decimal_text(unscaled, before.scale)} is read as {decimal_text(unscaled, now.scale)}"
        )
    else:
        unscaled = 10**now.precision
        says = (
            f"is a decimal whose precision shrinks from {before.precision} to {now.precision} digits: "
            f"{decimal_text(unscaled, before.scale)} does not fit"
        )
    size = writer.size if isinstance(writer, Fixed) else unscaled.bit_length() // 8 + 1
    leaf = unscaled.to_bytes(size, "big", signed=True)
    fix = "add a new field for the new decimal"
    return Problem(rules.DECIMAL_CHANGED, at, says, fix, leaf=leaf, misread=now.scale != before.scale)


def decimal_text(unscaled: int, scale: int) -> str:
    """A decimal as people write it: 125 with scale 2 is 1.25."""
    digits = str(abs(unscaled)).rjust(scale + 1, "0")
    sign = "-" if unscaled < 0 else ""
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"
