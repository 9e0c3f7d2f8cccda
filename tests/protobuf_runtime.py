"""What does Google's own runtime make of a writer's bytes? The judge over our Protobuf verdicts."""

from __future__ import annotations

import json
import re
from typing import Any

from schemagate.findings import Finding, Witness
from schemagate.schema.protobuf import ProtobufSchema
from schemagate.schema.protobuf.events import message_class


def classes(schema: ProtobufSchema) -> dict[str, Any]:
    """The runtime's classes by local name: of the top-level messages, and of those that an import declares."""
    imported = [message for message in schema.all_messages.values() if len(message.path) == 1]
    return {each.name: message_class(schema, each.full_name) for each in (*imported, *schema.messages)}


def decoded(message: Any, data: bytes) -> Any | None:
    """The event that a class reads; None for an error, or for one that lacks a required field."""
    from google.protobuf.message import DecodeError

    try:
        found = message.FromString(data)
    except (DecodeError, UnicodeDecodeError):
        return None
    return found if found.IsInitialized() else None


def arrived(written: Any, read: Any) -> bool:
    """Whether every value that was written, and that the reader has a number for, is there as the same value."""
    try:
        return all(
            _field_arrived(written, field, read, other)
            for field in _fields(written)
            if (other := _by_number(read, field.number)) is not None
        )
    except UnicodeDecodeError:  # what the reader calls text is none
        return False


def _fields(message: Any) -> list[Any]:
    """The fields of a message, its extensions among them."""
    return [*message.DESCRIPTOR.fields, *message.DESCRIPTOR.file.pool.FindAllExtensions(message.DESCRIPTOR)]


def _by_number(message: Any, number: int) -> Any | None:
    return next((field for field in _fields(message) if field.number == number), None)


def _value(message: Any, field: Any) -> Any:
    return message.Extensions[field] if field.is_extension else getattr(message, field.name)


def _has(message: Any, field: Any) -> bool:
    return bool(message.HasExtension(field) if field.is_extension else message.HasField(field.name))


def _field_arrived(written: Any, field: Any, read: Any, other: Any) -> bool:
    if not field.is_repeated and field.has_presence and not _has(written, field):
        return True
    wrote, saw = _values(written, field), _values(read, other)
    if not other.is_repeated and other.has_presence and not _has(read, other):
        # what is not written because it is zero may be unset for the reader, if it reads as zero
        if field.is_repeated:
            return not wrote
        if field.has_presence:
            return False
    if other.is_repeated and not field.is_repeated and not field.has_presence and not wrote[0]:
        return not saw or _same(wrote[0], saw[0])
    return len(wrote) == len(saw) and all(map(_same, wrote, saw))


def _is_map(field: Any) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _values(message: Any, field: Any) -> list[Any]:
    """The values of a field; those of a map as (key, value) in order of the keys' text."""
    value = _value(message, field)
    if field.type == field.TYPE_STRING and any(
        isinstance(each, bytes) for each in (value if field.is_repeated else [value])
    ):
        # the runtime hands out bytes where text was not checked and is none; other runtimes put something else there
        raise UnicodeDecodeError("utf-8", b"", 0, 1, "no text")
    if _is_map(field):
        return [
            _Entry(field.message_type, key, value[key]) for key in sorted(value, key=lambda key: (str(type(key)), key))
        ]
    return list(value) if field.is_repeated else [value]


class _Entry:
    def __init__(self, descriptor: Any, key: Any, value: Any) -> None:
        self.DESCRIPTOR, self.key, self.value = descriptor, key, value


def _same(wrote: Any, saw: Any) -> bool:
    if isinstance(wrote, _Entry) and isinstance(saw, _Entry):
        return _same(wrote.key, saw.key) and _same(wrote.value, saw.value)
    if hasattr(wrote, "DESCRIPTOR") and hasattr(saw, "DESCRIPTOR"):
        if isinstance(wrote, _Entry):
            saw_parts = [
                getattr(saw, saw.DESCRIPTOR.fields_by_number[number].name)
                for number in (1, 2)
                if number in saw.DESCRIPTOR.fields_by_number
            ]
            return all(map(_same, [wrote.key, wrote.value], saw_parts))
        if isinstance(saw, _Entry):
            by_number = wrote.DESCRIPTOR.fields_by_number
            parts = {1: saw.key, 2: saw.value}
            return all(
                _same(getattr(wrote, by_number[number].name), parts[number]) for number in parts if number in by_number
            )
        return arrived(wrote, saw)
    if isinstance(wrote, str | bytes) and isinstance(saw, str | bytes):
        return _data(wrote) == _data(saw)
    if isinstance(wrote, int | float) and isinstance(saw, int | float):
        return wrote == saw
    return False


def _data(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def root_of(finding: Finding) -> str:
    """The message that the events of a finding are."""
    found = re.match(r"\w+", finding.message)
    assert found
    return found[0]


def shows(witness: Witness, root: str, writer: ProtobufSchema, reader: ProtobufSchema) -> bool:
    """Whether a witness is an event of the writer, the same in both forms, that the reader does not read."""
    from google.protobuf import json_format

    assert witness.encoded is not None
    message = classes(writer)[root]
    event = decoded(message, witness.encoded)
    assert event is not None, "the witness is an event of the writer"
    assert event == json_format.ParseDict(witness.value, message()), "value and bytes are one event"
    other = classes(reader).get(root)
    if other is None:
        return True
    read = decoded(other, witness.encoded)
    return read is None or not arrived(event, read)


def printed(event: Any) -> Any:
    """The event as Protobuf's own printer makes it JSON."""
    from google.protobuf import json_format

    return json.loads(json_format.MessageToJson(event))


def parsed_json(message: Any, value: Any, *, ignores_unknown_names: bool = False) -> Any | None:
    """The event that a class reads from JSON; None for an error, or for one that lacks a required field."""
    from google.protobuf import json_format

    found = message()
    try:
        json_format.ParseDict(value, found, ignore_unknown_fields=ignores_unknown_names)
    except (json_format.ParseError, KeyError):  # KeyError: an extension of another message
        return None
    return found if found.IsInitialized() else None


def arrived_by_name(written: Any, read: Any) -> bool:
    """Whether every field that was printed is there by its name in JSON, as the same value."""
    names = {field.json_name: field for field in read.DESCRIPTOR.fields}
    names = {field.name: field for field in read.DESCRIPTOR.fields} | names
    for field in written.DESCRIPTOR.fields:
        other = names.get(field.json_name)
        if other is None or (field.has_presence and not field.is_repeated and not written.HasField(field.name)):
            continue
        if not _same_by_name(getattr(written, field.name), field, getattr(read, other.name), other):
            return False
    return True


def _same_by_name(wrote: Any, field: Any, saw: Any, other: Any) -> bool:
    if _is_map(field) != _is_map(other) or field.is_repeated != other.is_repeated:
        return field.is_repeated and not wrote
    if _is_map(field):
        value, value_read = (each.message_type.fields_by_number[2] for each in (field, other))
        return {(type(key), key) for key in wrote} == {(type(key), key) for key in saw} and all(
            _one_by_name(wrote[key], value, saw[key], value_read) for key in wrote
        )
    if field.is_repeated:
        return len(wrote) == len(saw) and all(
            _one_by_name(one, field, another, other) for one, another in zip(wrote, saw, strict=True)
        )
    return _one_by_name(wrote, field, saw, other)


def _one_by_name(wrote: Any, field: Any, saw: Any, other: Any) -> bool:
    if hasattr(wrote, "DESCRIPTOR") != hasattr(saw, "DESCRIPTOR"):
        return False
    if hasattr(wrote, "DESCRIPTOR"):
        return arrived_by_name(wrote, saw)
    if isinstance(wrote, bool) != isinstance(saw, bool):
        return False
    if field.enum_type is not None and field.enum_type.values_by_number.get(wrote) is not None:
        name = field.enum_type.values_by_number[wrote].name
        if other.enum_type is None or name not in other.enum_type.values_by_name:
            return False
    return bool(wrote == saw)


def shows_json(witness: Witness, root: str, writer: ProtobufSchema, reader: ProtobufSchema) -> bool:
    """Whether a witness is the JSON of an event of the writer that the reader does not read from it."""
    assert witness.encoded is None, "bytes show nothing"
    event = parsed_json(classes(writer)[root], witness.value)
    assert event is not None, "the witness is an event of the writer"
    value = printed(event)
    other = classes(reader).get(root)
    if other is None:
        return True
    read = parsed_json(other, value)
    return read is None or not arrived_by_name(event, read)
