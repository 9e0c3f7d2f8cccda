"""Which fields do the events of a Protobuf schema have? The questions of `schema.paths`, for a file's first message.

A field is always there when a reader always gets a value that the writer stands for: a required one, one without
presence (plain proto3), a message outside of a oneof. What may be unset is not, nor is a member of a oneof.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from schemagate.schema.fields import ITEMS, Field
from schemagate.schema.protobuf.nodes import Field as Declared
from schemagate.schema.protobuf.nodes import Kind, Label, Message, ProtobufSchema

_WORDS: Final = {
    Kind.BOOL: "boolean",
    Kind.FLOAT: "number",
    Kind.DOUBLE: "number",
    Kind.STRING: "string",
    Kind.ENUM: "string",
    Kind.BYTES: "bytes",
    Kind.MESSAGE: "object",
    Kind.GROUP: "object",
}
_ANYTHING: Final = frozenset({"google.protobuf.Any", "google.protobuf.Struct", "google.protobuf.Value"})
_TEXT: Final = frozenset({"google.protobuf.Timestamp", "google.protobuf.Duration"})


def find(schema: ProtobufSchema, steps: Sequence[str]) -> Field | None:
    """The field at the steps; None where it is not declared."""
    way = _way(schema, steps)
    if way is None or not steps:
        return None
    is_items = steps[-1] == ITEMS
    always = not is_items and ITEMS not in steps and all(_is_sure(field) for field in way)
    return Field(always, frozenset({_word(way[-1], is_item=is_items)}))


def fields(schema: ProtobufSchema, steps: Sequence[str]) -> dict[str, Field]:
    """The fields of the message at the steps."""
    message = _message(schema, steps)
    if message is None:
        return {}
    found = {field.name: find(schema, [*steps, field.name]) for field in message.fields.values()}
    return {name: field for name, field in found.items() if field is not None}


def forbids(schema: ProtobufSchema, steps: Sequence[str]) -> bool:
    """Whether nothing can be at the steps: no message on the way has the field, and nothing holds any name."""
    for count in range(len(steps)):
        way = _way(schema, steps[:count])
        if way is None:
            return True
        if way and (way[-1].is_map or way[-1].type_name in _ANYTHING):
            return False
    return _way(schema, steps) is None


def _way(schema: ProtobufSchema, steps: Sequence[str]) -> list[Declared] | None:
    """The fields that the steps pass; None where there is no such way."""
    if not schema.messages:
        return None
    message: Message | None = schema.messages[0]
    way: list[Declared] = []
    for index, step in enumerate(steps):
        if step == ITEMS:
            if index == 0 or steps[index - 1] == ITEMS or not way[-1].repeated or way[-1].is_map:
                return None
            continue
        field = None if message is None else _named(message, step)
        if field is None or (way and way[-1].repeated and steps[index - 1] != ITEMS):
            return None
        way.append(field)
        message = schema.all_messages.get(field.type_name)
    return way


def _message(schema: ProtobufSchema, steps: Sequence[str]) -> Message | None:
    way = _way(schema, steps)
    if way is None:
        return None
    if not way:
        return schema.messages[0]
    is_list = way[-1].repeated and steps[-1] != ITEMS
    return None if is_list or way[-1].is_map else schema.all_messages.get(way[-1].type_name)


def _named(message: Message, name: str) -> Declared | None:
    return next((field for field in message.fields.values() if name in (field.name, field.json_name)), None)


def _is_sure(field: Declared) -> bool:
    if field.label is Label.REQUIRED:
        return True
    return not field.repeated and field.oneof is None and (field.kind.nests or not field.explicit)


def _word(field: Declared, *, is_item: bool) -> str:
    if field.repeated and not is_item:
        return "object" if field.is_map else "array"
    return "string" if field.type_name in _TEXT else _WORDS.get(field.kind, "integer")
