"""What will a Confluent-compatible registry answer about a pair of Protobuf schemas? Its rules, its gaps included.

Files are compared by names of types and numbers of fields. What a registry does not ask about passes here as well:
numbers that are used again, dropped values of enums, reservations, groups and extensions, a label that only one side
writes. STRICT and LENIENT are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

from schemagate.compat.verdicts import RegistryAnswer, RegistryVerdict
from schemagate.schema.protobuf.nodes import Enum, Field, Kind, Label, Message, ProtobufSchema

ACCEPTED: Final = frozenset(
    """
    MESSAGE_ADDED MESSAGE_MOVED ENUM_ADDED ENUM_REMOVED ENUM_CONST_ADDED ENUM_CONST_CHANGED ENUM_CONST_REMOVED
    FIELD_ADDED FIELD_REMOVED FIELD_NAME_CHANGED FIELD_STRING_OR_BYTES_LABEL_CHANGED ONEOF_ADDED ONEOF_REMOVED
    ONEOF_FIELD_ADDED ONEOF_FIELD_MOVED_TO_TOP_LEVEL
    """.split()
)
"""The types of change that the server allows; it refuses the 11 others."""

_TEXT: Final = frozenset({Kind.STRING, Kind.BYTES})
_GROUPS: Final = (
    frozenset({Kind.INT32, Kind.INT64, Kind.UINT32, Kind.UINT64, Kind.BOOL, Kind.ENUM}),
    frozenset({Kind.SINT32, Kind.SINT64}),
    _TEXT,
    frozenset({Kind.FIXED32, Kind.SFIXED32}),
    frozenset({Kind.FIXED64, Kind.SFIXED64}),
    frozenset({Kind.FLOAT}),
    frozenset({Kind.DOUBLE}),
)
_GROUP_OF: Final = {kind: group for group in _GROUPS for kind in group}


class Change(NamedTuple):
    """A type of difference at a path of names and numbers."""

    type: str
    path: tuple[str | int, ...]

    def __str__(self) -> str:
        return f"{self.type} #/{'/'.join(map(str, self.path))}"


def judge(reader: ProtobufSchema, writer: ProtobufSchema) -> RegistryVerdict:
    """The registry's verdict; the writer's schema is the one that it holds already."""
    try:
        found = tuple(dict.fromkeys(_Comparison(writer, reader).changes()))
    except RecursionError:
        return RegistryVerdict(RegistryAnswer.MAY_FAIL)  # the server recurses as deep
    refused = tuple(str(change) for change in found if change.type not in ACCEPTED)
    answer = RegistryAnswer.REJECT if refused else RegistryAnswer.ACCEPT
    return RegistryVerdict(answer, tuple(map(str, found)), refused)


_Path = tuple[str | int, ...]


class _Comparison:
    """One pair of files; messages that fields lead to are compared once."""

    def __init__(self, original: ProtobufSchema, update: ProtobufSchema) -> None:
        self.original, self.update = original, update
        self.own = frozenset(_names(original.messages)), frozenset(_names(update.messages))
        self.by_content: dict[tuple[str, str], tuple[Change, ...]] = {}

    def changes(self) -> Iterator[Change]:
        if self.original.package != self.update.package:
            yield Change("PACKAGE_CHANGED", ())
        yield from self._types((), self.original, self.update)

    def _types(
        self, path: _Path, original: ProtobufSchema | Message, update: ProtobufSchema | Message
    ) -> Iterator[Change]:
        before = _declared(original.messages, _groups(original))
        after = _declared(update.messages, _groups(update))
        for name in {**before, **after}:
            here = (*path, name)
            if name not in after:
                yield Change("MESSAGE_REMOVED", here)
            elif name not in before:
                yield Change("MESSAGE_ADDED", here)
            else:
                yield from self._message(here, before[name][1], after[name][1])
                if before[name][0] != after[name][0]:
                    yield Change("MESSAGE_MOVED", here)
        yield from _enums(path, original.enums, update.enums)

    def _message(self, path: _Path, original: Message, update: Message) -> Iterator[Change]:
        yield from self._fields(path, original, update)
        yield from _moved_into_oneofs(path, original, update)
        yield from _oneofs(path, original, update)
        yield from self._types(path, original, update)

    def _fields(self, path: _Path, original: Message, update: Message) -> Iterator[Change]:
        before, after = _fields(original), _fields(update)
        for number in {**before, **after}:
            old, new = before.get(number), after.get(number)
            if old == new and old is not None and not old.type_name:
                continue
            here = (*path, new.oneof, number) if new is not None and new.oneof else (*path, number)
            if new is None:
                yield from _removed(path, before[number], original, update)
            elif old is None:
                yield _added(here, new)
            else:
                if old.oneof and not new.oneof:
                    yield Change("ONEOF_FIELD_MOVED_TO_TOP_LEVEL", here)
                yield from self._field(here, old, new)

    def _field(self, path: _Path, old: Field, new: Field) -> Iterator[Change]:
        if old.name != new.name:
            yield Change("FIELD_NAME_CHANGED", path)
        if old.is_map and new.is_map:
            yield from self._map(path, old, new)
            return
        changes = tuple(self._type(path, old, new))
        yield from changes
        if not changes and not old.kind.nests and None not in (old.stated, new.stated) and old.stated != new.stated:
            kind = "FIELD_STRING_OR_BYTES_LABEL_CHANGED" if old.kind in _TEXT else "FIELD_NUMERIC_LABEL_CHANGED"
            yield Change(kind, path)

    def _map(self, path: _Path, old: Field, new: Field) -> Iterator[Change]:
        before, after = self._target(self.original, old).fields, self._target(self.update, new).fields
        for number in (1, 2):
            yield from self._type(path, before[number], after[number])

    def _type(self, path: _Path, old: Field, new: Field) -> Iterator[Change]:
        if (old.kind.nests, old.is_map) != (new.kind.nests, new.is_map):
            yield Change("FIELD_KIND_CHANGED", path)
        elif old.kind.nests:
            yield from self._named(path, self._target(self.original, old), self._target(self.update, new))
        elif _GROUP_OF[old.kind] is not _GROUP_OF[new.kind]:
            yield Change("FIELD_SCALAR_KIND_CHANGED", path)

    def _named(self, path: _Path, original: Message, update: Message) -> Iterator[Change]:
        if original.path != update.path:
            yield Change("FIELD_NAMED_TYPE_CHANGED", path)
            return
        if original.full_name in self.own[0] and update.full_name in self.own[1]:
            return  # both files declare it, where it is compared anyway
        key = (original.full_name, update.full_name)
        if key not in self.by_content:
            self.by_content[key] = ()  # what leads back to itself says nothing new
            self.by_content[key] = tuple(self._message(original.path, original, update))
        yield from self.by_content[key]
        if any(change.type not in ACCEPTED for change in self.by_content[key]):
            yield Change("FIELD_NAMED_TYPE_CHANGED", path)

    @staticmethod
    def _target(schema: ProtobufSchema, field: Field) -> Message:
        return schema.all_messages[field.type_name]


def _names(messages: Iterable[Message]) -> Iterator[str]:
    for message in messages:
        yield message.full_name
        yield from _names(message.messages)


def _declared(messages: Iterable[Message], groups: frozenset[str] = frozenset()) -> dict[str, tuple[int, Message]]:
    """Index and message by name; what maps and groups hold is no declaration of its own."""
    declared = (message for message in messages if not message.is_entry and message.full_name not in groups)
    return {message.name: (index, message) for index, message in enumerate(declared)}


def _is_group(field: Field) -> bool:
    """Written with the word `group`, whose content the registry's parser keeps apart from fields and messages."""
    return field.kind is Kind.GROUP and field.name == field.type_name.rpartition(".")[2].lower()


def _groups(declared: ProtobufSchema | Message) -> frozenset[str]:
    fields = declared.fields.values() if isinstance(declared, Message) else ()
    return frozenset(field.type_name for field in fields if _is_group(field))


def _fields(message: Message) -> dict[int, Field]:
    return {number: field for number, field in message.fields.items() if not (field.is_extension or _is_group(field))}


def _added(path: _Path, field: Field) -> Change:
    if field.oneof:
        return Change("ONEOF_FIELD_ADDED", path)
    return Change("REQUIRED_FIELD_ADDED" if field.stated is Label.REQUIRED else "FIELD_ADDED", path)


def _removed(path: _Path, field: Field, original: Message, update: Message) -> Iterator[Change]:
    if not field.oneof:
        kind = "REQUIRED_FIELD_REMOVED" if field.stated is Label.REQUIRED else "FIELD_REMOVED"
        yield Change(kind, (*path, field.number))
        return
    after = _fields(update)
    members = [number for number, other in _fields(original).items() if other.oneof == field.oneof]
    if field.oneof in update.oneofs or any(number in after for number in members):
        # a oneof may go as a whole: its name and all its members
        yield Change("ONEOF_FIELD_REMOVED", (*path, field.oneof, field.number))


def _moved_into_oneofs(path: _Path, original: Message, update: Message) -> Iterator[Change]:
    """Fields that could be set together, and now exclude each other."""
    before, after = _fields(original), _fields(update)
    for oneof in update.oneofs:
        known = [before[number] for number, field in after.items() if field.oneof == oneof and number in before]
        lone = sum(not field.oneof for field in known)
        sources = {field.oneof for field in known if field.oneof}
        if len(sources) + lone > 1:
            kind = "MULTIPLE_FIELDS_MOVED_TO_ONEOF" if lone > 1 else "FIELD_MOVED_TO_EXISTING_ONEOF"
            yield Change(kind, (*path, oneof))


def _oneofs(path: _Path, original: Message, update: Message) -> Iterator[Change]:
    for oneof in chain(original.oneofs, update.oneofs):
        if oneof not in update.oneofs:
            yield Change("ONEOF_REMOVED", (*path, oneof))
        elif oneof not in original.oneofs:
            yield Change("ONEOF_ADDED", (*path, oneof))


def _enums(path: _Path, original: Sequence[Enum], update: Sequence[Enum]) -> Iterator[Change]:
    before = {enum.path[-1]: enum for enum in original}
    after = {enum.path[-1]: enum for enum in update}
    for name in {**before, **after}:
        if name not in after:
            yield Change("ENUM_REMOVED", (*path, name))
        elif name not in before:
            yield Change("ENUM_ADDED", (*path, name))
        else:
            yield from _constants((*path, name), before[name].names, after[name].names)


def _constants(
    path: _Path, before: Mapping[int, tuple[str, ...]], after: Mapping[int, tuple[str, ...]]
) -> Iterator[Change]:
    for number in {**before, **after}:
        here = (*path, number)
        if number not in after:
            yield Change("ENUM_CONST_REMOVED", here)
        elif number not in before:
            yield Change("ENUM_CONST_ADDED", here)
        elif before[number][-1] != after[number][-1]:  # of several names for a number, the last one counts
            yield Change("ENUM_CONST_CHANGED", here)
