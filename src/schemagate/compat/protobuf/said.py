"""What does a Protobuf schema say at a place, and wherever that leads? Values without comments, order and file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from schemagate.schema.protobuf.nodes import Enum, Field, Message, ProtobufSchema, Ranges

_Types: TypeAlias = "tuple[Message | Enum | Field, ...]"
_Declared: TypeAlias = "_Types | str"
"""Whole declarations (a oneof's are several), or number and names of an enum's value."""


class Said:
    """One schema, asked for many places."""

    def __init__(self, schema: ProtobufSchema) -> None:
        self._schema = schema
        self._declared: dict[str, _Declared] = dict(_declared(schema))

    def at(self, pointer: str) -> list[Any]:
        """A JSON-like value: what is declared at a pointer, or around it, and every type that this names."""
        while pointer and pointer not in self._declared:
            pointer = pointer.rpartition("/")[0]
        if not pointer:
            whole: _Types = (*self._schema.messages, *self._schema.enums)
            return [self._schema.package, *self._with_types(whole)]
        declared = self._declared[pointer]
        return [declared] if isinstance(declared, str) else self._with_types(declared)

    def _with_types(self, declared: _Types) -> list[Any]:
        types: dict[str, Any] = {}
        left = [name for each in declared for name in _names(each)]
        while left:
            name = left.pop()
            found = self._schema.all_messages.get(name) or self._schema.all_enums.get(name)
            if found is not None and name not in types:
                types[name] = _value(found)
                left += _names(found)
        return [[_value(each) for each in declared], types]


def _declared(schema: ProtobufSchema) -> Iterator[tuple[str, _Declared]]:
    for enum in schema.all_enums.values():
        yield enum.pointer, (enum,)
        yield from ((f"{enum.pointer}/{number}", f"{number} {' '.join(names)}") for number, names in enum.names.items())
    for message in schema.all_messages.values():
        yield message.pointer, (message,)
        yield from ((field.pointer, (field,)) for field in message.fields.values())
        for oneof in message.oneofs:
            yield f"{message.pointer}/{oneof}", tuple(each for each in message.fields.values() if each.oneof == oneof)


def _names(declared: Message | Enum | Field) -> list[str]:
    match declared:
        case Message():
            return [field.type_name for field in declared.fields.values() if field.type_name]
        case Field():
            return [declared.type_name] if declared.type_name else []
        case Enum():
            return []


def _value(declared: Message | Enum | Field) -> list[Any]:
    match declared:
        case Message():
            fields = [_value(field) for _, field in sorted(declared.fields.items())]
            wire_format = ["message set"] if declared.is_set else []
            return [declared.full_name, fields, _reserved(declared.reserved), *wire_format]
        case Enum():
            # the first value is the one of an event that says nothing
            values = [declared.values[:1], sorted(declared.values)]
            return [declared.full_name, values, declared.closed, _reserved(declared.reserved)]
        case Field():
            kinds = [declared.number, declared.name, declared.json_name, declared.kind, declared.label]
            presence = [declared.oneof, declared.explicit, declared.packed, declared.checks_utf8, declared.default]
            return [*kinds, declared.type_name, declared.is_map, *presence]


def _reserved(ranges: Ranges) -> list[Any]:
    return [sorted(ranges.numbers), sorted(ranges.names)]
