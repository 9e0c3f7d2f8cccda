"""Which declaration, written into the new file, repairs a finding on Protobuf? Only where the repair is mechanical.

Old declarations are copied as the old file has them, options and all. A test writes every text of every fixture into
its file, and the finding is gone.
"""

from __future__ import annotations

import re
from typing import Final

from schemagate.compat.protobuf.data import evolution, repairs, rules
from schemagate.findings import Finding, Replacement
from schemagate.schema.protobuf.nodes import Enum, Field, Kind, Message, ProtobufSchema, Ranges

_DECLARATION: Final = re.compile(r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|//[^\n]*|/\*.*?\*/|[^;{}])*?;""", re.DOTALL)
_SYNTAX: Final = re.compile(r"""^\s*(?:syntax|edition)\s*=\s*["'](.*?)["']""", re.MULTILINE)

_OLD_FIELD: Final = frozenset(
    {
        rules.VALUE_CHANGES_TYPE.id,
        rules.VALUE_TRUNCATED.id,
        rules.MESSAGE_TYPE_CHANGED.id,
        rules.CARDINALITY_REDUCED.id,
        rules.REQUIRED_CHANGED.id,
        rules.NUMBER_REUSED.id,
        rules.RENAMED.id,
        rules.DEFAULT_OR_PRESENCE_CHANGED.id,
    }
)

MECHANICAL: Final = _OLD_FIELD | {rules.RESERVATION_DROPPED.id, rules.REMOVED_WITHOUT_RESERVED.id}
"""The rules whose findings may come with a replacement."""


def replacement(
    finding: Finding, new: ProtobufSchema, old: ProtobufSchema, *, new_is_reader: bool
) -> Replacement | None:
    """What to write where; None where no declaration alone repairs the finding, or where there is no text to write in.

    The pointer leads to the declaration that is replaced, or with `/-` into the message or enum to write it into.
    """
    places = (finding.path, finding.writer_path or "")
    pointer, old_pointer = places if new_is_reader else places[::-1]
    if pointer not in new.places:
        return None
    if finding.rule in _OLD_FIELD:
        return _old_field(new, pointer, old, old_pointer)
    if finding.rule == rules.RESERVATION_DROPPED.id:
        return _reserved_again(new, pointer, old, old_pointer)
    if finding.rule == rules.REMOVED_WITHOUT_RESERVED.id:
        return _reserved(finding, pointer, _declared(old, old_pointer))
    return None


def _reserved(finding: Finding, pointer: str, old: Message | Enum | None) -> Replacement | None:
    name = finding.stable_path.rpartition(".")[2]
    fields = old.fields.values() if isinstance(old, Message) else ()
    removed = [field for field in fields if field.name == name]
    return _written_into(pointer, repairs.reserve(removed[0])) if removed else None


def _written_into(pointer: str, text: str) -> Replacement:
    return Replacement(f"{pointer}/-", text, is_text=True)


def _old_field(new: ProtobufSchema, pointer: str, old: ProtobufSchema, old_pointer: str) -> Replacement | None:
    """The declaration of the old file in place of the new one, where it means there what it meant here."""
    now, before = _field(new, pointer), _field(old, old_pointer)
    if now is None or before is None or old_pointer not in old.places or _syntax(new) != _syntax(old):
        return None
    if Kind.GROUP in (now.kind, before.kind) or now.oneof != before.oneof or now.is_extension or before.is_extension:
        return None
    type_name = old.all_messages[before.type_name].fields[2].type_name if before.is_map else before.type_name
    known = not type_name or type_name in new.all_messages or type_name in new.all_enums
    declaration = _declaration(old, old_pointer)
    return Replacement(pointer, declaration, is_text=True) if known and declaration else None


def _reserved_again(new: ProtobufSchema, pointer: str, old: ProtobufSchema, old_pointer: str) -> Replacement | None:
    """All that was dropped there; None where a number of it is used again, and has to go first."""
    before, after = _declared(old, old_pointer), _declared(new, pointer)
    if before is None or after is None:
        return None
    reserved = after.reserved.numbers
    dropped = Ranges(tuple(each for one in before.reserved.numbers for each in evolution.uncovered(one, reserved)))
    used = after.fields if isinstance(after, Message) else after.names
    if not dropped.numbers or any(map(dropped.holds, used)):
        return None
    shown = [str(first) if first == last else f"{first} to {last}" for first, last in dropped.numbers]
    return _written_into(pointer, f"reserved {', '.join(shown)};")


def _declaration(schema: ProtobufSchema, pointer: str) -> str:
    line, column = schema.places[pointer]
    text = "\n".join(schema.text.split("\n")[line - 1 :])[column - 1 :]
    found = _DECLARATION.match(text)
    return "" if found is None else found[0]


def _syntax(schema: ProtobufSchema) -> str:
    found = _SYNTAX.search(schema.text)
    return "proto2" if found is None else found[1]


def _field(schema: ProtobufSchema, pointer: str) -> Field | None:
    fields = (field for message in schema.all_messages.values() for field in message.fields.values())
    return next((field for field in fields if field.pointer == pointer), None)


def _declared(schema: ProtobufSchema, pointer: str) -> Message | Enum | None:
    declared: list[Message | Enum] = [*schema.all_messages.values(), *schema.all_enums.values()]
    return next((each for each in declared if each.pointer == pointer), None)
