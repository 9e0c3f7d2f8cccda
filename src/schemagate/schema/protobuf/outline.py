"""What does a Protobuf schema declare, as a plain value? For showing what changed between two of them."""

from __future__ import annotations

from schemagate.schema.protobuf.nodes import Enum, Field, Label, Message, ProtobufSchema, Ranges


def of_schema(schema: ProtobufSchema) -> dict[str, object]:
    """Declarations by the tokens of their pointers: messages and enums by name, fields and values by number."""
    found: dict[str, object] = {"package": schema.package} if schema.package else {}
    found |= {each.path[-1]: _enum(each) for each in schema.enums}
    return found | {each.name: _message(each) for each in schema.messages}


def _message(message: Message) -> dict[str, object]:
    found: dict[str, object] = {str(number): _field(field, message) for number, field in message.fields.items()}
    found |= {each.path[-1]: _enum(each) for each in message.enums}
    found |= {each.name: _message(each) for each in message.messages if not each.is_entry}
    return found | _reserved(message.reserved)


def _enum(enum: Enum) -> dict[str, object]:
    return {str(number): " = ".join(names) for number, names in enum.names.items()} | _reserved(enum.reserved)


def _field(field: Field, message: Message) -> str:
    """The declaration without its number: `repeated Line lines`."""
    parts = [type_of(field, message), field.name]
    if field.oneof:
        parts.append(f"in oneof {field.oneof}")
    if field.default is not None:
        parts.append(f"[default = {field.default}]")
    return " ".join(parts)


def type_of(field: Field, message: Message) -> str:
    """Label and type as a file has them: `map<string, Line>`, `repeated int64`."""
    if field.is_map:
        entry = next((each for each in message.messages if each.full_name == field.type_name), None)
        if entry is not None:
            return f"map<{entry.fields[1].kind}, {_name(entry.fields[2])}>"
    return _name(field) if field.label is Label.OPTIONAL else f"{field.label} {_name(field)}"


def _name(field: Field) -> str:
    return field.type_name.rpartition(".")[2] or field.kind.value


def _reserved(ranges: Ranges) -> dict[str, object]:
    numbers = [f"{first}" if first == last else f"{first} to {last}" for first, last in ranges.numbers]
    return {"reserved": [*numbers, *ranges.names]} if numbers or ranges.names else {}
