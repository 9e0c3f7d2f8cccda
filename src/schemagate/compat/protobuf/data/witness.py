"""Which event of the writer shows a problem? The smallest one, as JSON and in the writer's bytes."""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from schemagate.compat.protobuf.data import scalars
from schemagate.compat.protobuf.data.problem import Event, Problem, Value
from schemagate.compat.protobuf.data.scalars import LENGTH, START, Scalar
from schemagate.findings import Witness
from schemagate.schema import json_text
from schemagate.schema.protobuf.nodes import Enum, Field, Kind, Label, Message, ProtobufSchema

_MOST_FIELDS = 2_000
"""A larger event shows nothing to anybody."""

_MOST_LEVELS = 90
"""Decoders stop at a hundred messages in each other."""

_END = 4

_EMPTY: Final[dict[str, object]] = {
    "google.protobuf.Timestamp": "1970-01-01T00:00:00Z",
    "google.protobuf.Duration": "0s",
    "google.protobuf.FieldMask": "",
    "google.protobuf.ListValue": [],
    "google.protobuf.BoolValue": False,
    "google.protobuf.StringValue": "",
    "google.protobuf.BytesValue": "",
    **dict.fromkeys((f"google.protobuf.{kind}Value" for kind in ("Int32", "UInt32", "Float", "Double")), 0),
    **dict.fromkeys((f"google.protobuf.{kind}Value" for kind in ("Int64", "UInt64")), "0"),
}
"""How JSON holds the well-known messages that say nothing."""


class Events:
    """The events of one schema: which messages have one at all, and the smallest of each."""

    def __init__(self, schema: ProtobufSchema) -> None:
        self.schema = schema
        self._sizes = _sizes(schema.all_messages.values())

    def exists(self, message: Message) -> bool:
        """Some event is finite: no message of this kind always contains itself."""
        return message.full_name in self._sizes

    def enum(self, field: Field) -> Enum | None:
        """The enum of a field."""
        return self.schema.all_enums[field.type_name] if field.kind is Kind.ENUM else None

    def target(self, field: Field) -> Message:
        """The message of a field."""
        return self.schema.all_messages[field.type_name]

    def some(self, field: Field, count: int = 2) -> list[Scalar | Event]:
        """One value of a field, not its zero where it has another, then different ones where there are."""
        if field.kind.nests:
            target = self.target(field)
            if target.is_entry:
                return [{**self.smallest(target), 1: key} for key in self.some(target.fields[1], count)]
            return [self.smallest(target)] * count
        found = list(dict.fromkeys(scalars.values(field.kind, self.enum(field))))
        zero = scalars.zero(field.kind)
        ordered = [value for value in found if value != zero] + [value for value in found if value == zero]
        return [ordered[index % len(ordered)] for index in range(count)]

    def smallest(self, message: Message) -> Event:
        """The required fields; a map's entry has both of its own."""
        needed = (field for field in message.fields.values() if field.label is Label.REQUIRED or message.is_entry)
        return {field.number: self._least(field) for field in needed}

    def _least(self, field: Field) -> Scalar | Event:
        if field.kind.nests:
            return self.smallest(self.target(field))
        enum = self.enum(field)
        return scalars.zero(field.kind) if enum is None else enum.values[0][1]

    def witness(self, problem: Problem, reason: str) -> Witness | None:
        """The event that shows a problem; None where it has none of a sensible size."""
        steps = (problem.shown_at or problem.way).steps()
        sizes = sum(self._sizes.get(step.message.full_name, _MOST_FIELDS) for step in steps)
        if problem.shows is None or sizes >= _MOST_FIELDS or len(steps) > _MOST_LEVELS:
            return None
        event = {**self.smallest(steps[-1].message), **problem.shows}
        for step in reversed(steps):
            if step.field is not None and step.before is not None:
                held: Value = [event] if step.field.repeated else event
                event = {**self.smallest(step.before.message), step.field.number: held}
        root = steps[0].message
        try:
            return Witness(
                self._json(root, event),
                reason,
                self._pointer(problem),
                self._bytes(root, event),
                misread=not problem.refuses,
            )
        except RecursionError:
            return None

    def _pointer(self, problem: Problem) -> str:
        tokens: list[str | int] = []
        steps = (problem.shown_at or problem.way).steps()
        for step in steps[1:]:
            if step.field is None or (step.before and step.before.message.is_entry):
                continue
            tokens.append(step.field.json_name)
            if step.field.is_map:
                key = self._least(self.target(step.field).fields[1])
                tokens.append(_key(key) if not isinstance(key, dict) else "")
            elif step.field.repeated:
                tokens.append(0)
        last = steps[-1].message
        if len(problem.shows or ()) == 1 and not last.is_entry:
            tokens.append(last.fields[next(iter(problem.shows or {}))].json_name)
        return json_text.join("", *tokens)

    def _json(self, message: Message, event: Event) -> dict[str, object]:
        """By the JSON mapping; inside well-known types by their fields."""
        return {
            field.json_name: self._json_value(field, event[number])
            for number, field in message.fields.items()
            if number in event
        }

    def _json_value(self, field: Field, value: Value) -> object:
        if isinstance(value, list):
            if not field.is_map:
                return [self._json_value(field, each) for each in value]
            held = self.target(field).fields[2]
            return {_key(each[1]): self._json_value(held, each[2]) for each in value if isinstance(each, dict)}
        if isinstance(value, dict):
            return (
                _EMPTY[field.type_name]
                if not value and field.type_name in _EMPTY
                else self._json(self.target(field), value)
            )
        return _json_scalar(field, self.enum(field), value)

    def _bytes(self, message: Message, event: Event) -> bytes:
        if message.is_set:
            return b"".join(self._item(message.fields[number], value) for number, value in sorted(event.items()))
        return b"".join(
            self._field(field, event[number], always=message.is_entry)
            for number, field in sorted(message.fields.items())
            if number in event
        )

    def _item(self, field: Field, value: Value) -> bytes:
        """An extension in a message set: a group 1 of its number (2) and its message (3)."""
        data = self._bytes(self.target(field), value) if isinstance(value, dict) else b""
        item = _tag(2, scalars.VARINT) + _varint(field.number) + _tag(3, LENGTH) + _varint(len(data)) + data
        return _tag(1, START) + item + _tag(1, _END)

    def _field(self, field: Field, value: Value, *, always: bool) -> bytes:
        if isinstance(value, list):
            if field.packed:
                data = b"".join(_scalar(field.kind, each) for each in value if not isinstance(each, dict))
                return _tag(field.number, LENGTH) + _varint(len(data)) + data
            return b"".join(self._field(field, each, always=True) for each in value)
        if isinstance(value, dict):
            data = self._bytes(self.target(field), value)
            if field.kind is Kind.GROUP:
                return _tag(field.number, START) + data + _tag(field.number, _END)
            return _tag(field.number, LENGTH) + _varint(len(data)) + data
        if not always and not field.explicit and value == scalars.zero(field.kind):
            return b""
        return _tag(field.number, scalars.wire_type(field.kind)) + _scalar(field.kind, value)


def _sizes(messages: Iterable[Message]) -> dict[str, int]:
    """The number of fields of the smallest event of each message that has a finite one, up to a limit."""
    sizes: dict[str, int] = {}
    waiting: dict[str, int] = {}
    needed_by: dict[str, list[str]] = {}
    needs = {message.full_name: list(_needs(message)) for message in messages}
    for name, needed in needs.items():
        waiting[name] = len(needed)
        for other in needed:
            needed_by.setdefault(other, []).append(name)
    ready = deque(name for name, count in waiting.items() if not count)
    while ready:
        name = ready.popleft()
        sizes[name] = min(_MOST_FIELDS, 1 + sum(sizes[other] for other in needs[name]))
        for other in needed_by.get(name, ()):
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return sizes


def _needs(message: Message) -> Iterator[str]:
    for field in message.fields.values():
        if field.kind.nests and (field.label is Label.REQUIRED or message.is_entry):
            yield field.type_name


def _key(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_AS_TEXT = frozenset({Kind.INT64, Kind.UINT64, Kind.SINT64, Kind.FIXED64, Kind.SFIXED64})


def _json_scalar(field: Field, enum: Enum | None, value: Scalar) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if enum is not None and isinstance(value, int):
        return next((name for name, number in enum.values if number == value), value)
    return str(value) if field.kind in _AS_TEXT else value


def _scalar(kind: Kind, value: Scalar) -> bytes:
    if isinstance(value, str | bytes):
        data = value.encode() if isinstance(value, str) else value
        return _varint(len(data)) + data
    bits = scalars.on_wire(kind, value)
    match scalars.wire_type(kind):
        case scalars.FOUR:
            return bits.to_bytes(4, "little")
        case scalars.EIGHT:
            return bits.to_bytes(8, "little")
        case _:
            return _varint(bits)


def _tag(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(number: int) -> bytes:
    data = bytearray()
    while number > 127:
        data.append(number & 127 | 128)
        number >>= 7
    data.append(number)
    return bytes(data)
