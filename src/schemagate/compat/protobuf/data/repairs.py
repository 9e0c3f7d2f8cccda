"""How is a change repaired? Sentences, with the text to write where it follows from the schemas."""

from __future__ import annotations

from collections.abc import Iterable

from schemagate.schema.protobuf import outline
from schemagate.schema.protobuf.nodes import Enum, Field, Message

_KEPT_BY_PROTOBUF = range(19_000, 20_000)


def declaration(field: Field, message: Message) -> str:
    """A field as its file declares it: `repeated int64 price = 3;`."""
    return f"{outline.type_of(field, message)} {field.name} = {field.number};"


def next_number(*messages: Message) -> int:
    """A number that no side uses or keeps."""
    number = max(message.last_number for message in messages) + 1
    return _KEPT_BY_PROTOBUF.stop if number in _KEPT_BY_PROTOBUF else number


def new_field(field: Field, reader: Message, writer: Message) -> str:
    """Keep the field, and put the new meaning beside it."""
    kept = declaration(field, writer)
    return f"write `{kept}` again, and give the new field the number {next_number(reader, writer)}"


def reserve(field: Field) -> str:
    """The lines that keep a number and a name from being used again."""
    return f'reserved {field.number}; reserved "{field.name}";'


def reserve_enum(enum: Enum, numbers: Iterable[int]) -> str:
    """The same for numbers of an enum."""
    listed = list(numbers)[:5]
    return f"enum {enum.path[-1]} {{ reserved {', '.join(map(str, listed))}; }}"
