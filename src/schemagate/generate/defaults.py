"""Which Python expression is a default? Typed: bytes from text, dates from days, decimals from bytes."""

from __future__ import annotations

import datetime
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemagate.generate import literals, patterns
from schemagate.generate.layout import Code, Group, flat
from schemagate.generate.shape import (
    UNSET,
    Anything,
    Boolean,
    Bytes,
    Choice,
    Digits,
    Field,
    Kind,
    ListOf,
    MapOf,
    Model,
    Null,
    OneOf,
    Real,
    Record,
    Ref,
    Shape,
    Special,
    Text,
    Whole,
)

_DAY = datetime.date(1970, 1, 1)
_INSTANT = datetime.datetime(1970, 1, 1)  # noqa: DTZ001 - the zone is written, not computed with


class UnfitError(ValueError):
    """The default does not fit its type, or cannot be written yet."""


@dataclass(frozen=True)
class Defaults:
    """Prints defaults. `attributes`: record key -> wire name -> Python name; `defined`: classes printed so far."""

    model: Model
    classes: Mapping[str, str]
    attributes: Mapping[str, Mapping[str, str]]
    defined: Mapping[str, object]

    def assigned(self, field: Field) -> Code:
        """What stands behind `=` of a field: the value, or a factory where events would share it."""
        code = self.expression(field.shape, field.default)
        match flat(code):
            case "[]":
                return "Field(default_factory=list)"
            case "{}":
                return "Field(default_factory=dict)"
        if isinstance(code, Group) and not code.head.startswith(("dt.", "Decimal(", "Uuid(")):
            return Group("Field(", (Group("default_factory=fresh(", (code,), ")"),), ")")
        return code

    def expression(self, shape: Shape, value: Any) -> Code:
        """The typed expression; raises UnfitError."""
        match shape:
            case Choice(branches=branches):
                return self._first_fitting(branches, value)
            case Ref(key=key):
                return self._record(self.model.records[key], value)
            case ListOf():
                if isinstance(value, list) and _within(len(value), shape.min_length, shape.max_length):
                    return Group("[", tuple(self.expression(shape.items, item) for item in value), "]")
            case MapOf(values=values):
                if isinstance(value, dict):
                    return Group("{", tuple(self._item(values, k, v) for k, v in value.items()), "}")
            case _:
                return scalar(shape, value)
        raise UnfitError("it does not fit its type")

    def _first_fitting(self, branches: tuple[Shape, ...], value: Any) -> Code:
        for branch in branches:
            try:
                return self.expression(branch, value)
            except UnfitError as error:
                problem = error
        raise problem

    def _item(self, values: Shape, key: str, value: Any) -> Code:
        code = self.expression(values, value)
        prefix = literals.text(key) + ": "
        return prefix + code if isinstance(code, str) else Group(prefix + code.head, code.parts, code.tail)

    def _record(self, record: Record, value: Any) -> Code:
        if not isinstance(value, dict):
            raise UnfitError("it does not fit its type")
        if self.model.source == "json" or record.key not in self.defined:
            raise UnfitError("the default of such an object is not supported yet")
        names = self.attributes[record.key]
        if set(value) - set(names):
            raise UnfitError("it has keys that the record does not have")
        parts = tuple(
            self._keyword(names[field.name], field.shape, value[field.name])
            for field in record.fields
            if field.name in value or self._required(field)
        )
        return Group(self.classes[record.key] + "(", parts, ")")

    def _required(self, field: Field) -> bool:
        if field.default is UNSET:
            raise UnfitError("it lacks a field")
        return False

    def _keyword(self, name: str, shape: Shape, value: Any) -> Code:
        code = self.expression(shape, value)
        prefix = name + "="
        return prefix + code if isinstance(code, str) else Group(prefix + code.head, code.parts, code.tail)


def scalar(shape: Shape, value: Any) -> Code:
    """The expression of a value without parts; raises UnfitError."""
    printers: dict[type, Callable[[Any, Any], Code | None]] = {
        Null: lambda _, value: "None" if value is None else None,
        Boolean: lambda _, value: str(value) if isinstance(value, bool) else None,
        Text: _text,
        Whole: _whole,
        Real: _real,
        OneOf: _one_of,
        Bytes: _bytes,
        Digits: _digits,
        Special: _special,
        Anything: _anything,
    }
    code = printers[type(shape)](shape, value)
    if code is None:
        raise UnfitError("it does not fit its type")
    return code


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _text(shape: Text, value: Any) -> Code | None:
    if not isinstance(value, str) or not _within(len(value), shape.min_length, shape.max_length):
        return None
    if shape.pattern is not None and not patterns.matches(shape.pattern, value):
        return None
    return literals.text(value)


def _whole(shape: Whole, value: Any) -> Code | None:
    if shape.whole_floats and isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not _within(value, shape.lowest, shape.highest):
        return None
    if shape.bits is not None and not -(2 ** (shape.bits - 1)) <= value < 2 ** (shape.bits - 1):
        return None
    return None if shape.step is not None and value % shape.step else literals.number(value)


def _real(shape: Real, value: Any) -> Code | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        real = float(value)
        if shape.bits == 32:
            (real,) = struct.unpack("<f", struct.pack("<f", real))
    except OverflowError:
        return None
    above = (shape.gt is None or real > shape.gt) and (shape.lt is None or real < shape.lt)
    return literals.number(real) if above and _within(real, shape.ge, shape.le) else None


def _one_of(shape: OneOf, value: Any) -> Code | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not any(type(value) is type(known) and value == known for known in shape.values):
        return None
    return literals.text(value) if isinstance(value, str) else str(value)


def _raw(value: Any, size: int | None = None) -> bytes | None:
    if not isinstance(value, str) or not all(ord(char) < 256 for char in value):
        return None
    return value.encode("latin-1") if size is None or len(value) == size else None


def _bytes(shape: Bytes, value: Any) -> Code | None:
    raw = _raw(value, shape.size)
    return None if raw is None else literals.data(raw)


def _digits(shape: Digits, value: Any) -> Code | None:
    raw = _raw(value)
    if raw is None:
        return None
    unscaled = int.from_bytes(raw, "big", signed=True)
    if abs(unscaled) >= 10**shape.precision:
        return None
    number = Decimal((int(unscaled < 0), tuple(map(int, str(abs(unscaled)))), -shape.scale))
    return Group("Decimal(", (literals.text(str(number)),), ")")


def _anything(_: Anything, value: Any) -> Code | None:
    if isinstance(value, str):
        return literals.text(value)
    if value is None or isinstance(value, bool):
        return str(value)
    return literals.number(value) if type(value) in (int, float) else None


def _special(shape: Special, value: Any) -> Code | None:
    if shape.kind is Kind.UUID:
        return _uuid(value)
    if type(value) is not int:
        return None
    try:
        return _moment(shape.kind, value)
    except OverflowError:
        return None


def _uuid(value: Any) -> Code | None:
    import uuid

    raw = _raw(value, 16)
    try:
        found = uuid.UUID(value) if isinstance(value, str) and len(value) != 16 else uuid.UUID(bytes=raw)
    except (TypeError, ValueError):
        return None
    return Group("Uuid(", (literals.text(str(found)),), ")")


def _moment(kind: Kind, value: int) -> Code | None:
    if kind is Kind.DATE:
        day = _DAY + datetime.timedelta(days=value)
        return _call("dt.date(", day.year, day.month, day.day)
    unit = 1000 if kind.value.endswith("Millis") else 1
    moment = _INSTANT + datetime.timedelta(microseconds=value * unit)
    clock = (moment.hour, moment.minute, moment.second, moment.microsecond)
    if kind in (Kind.TIME_MILLIS, Kind.TIME_MICROS):
        return _call("dt.time(", *clock) if 0 <= value * unit < 86_400_000_000 else None
    zone = () if kind in (Kind.LOCAL_MILLIS, Kind.LOCAL_MICROS) else ("tzinfo=dt.UTC",)
    return _call("dt.datetime(", moment.year, moment.month, moment.day, *clock, *zone)


def _call(head: str, *parts: int | str) -> Code:
    return Group(head, tuple(str(part) for part in parts), ")")


def check(model: Model) -> Iterator[tuple[Field, str]]:
    """The fields of a model from JSON Schema whose default does not fit, and why."""
    printer = Defaults(model, {}, {}, {})
    for record in model.records.values():
        for field in record.fields:
            if field.default is not UNSET:
                try:
                    printer.expression(field.shape, field.default)
                except UnfitError as error:
                    yield field, str(error)
