"""Which schema do the compiler's descriptors hold? From a FileDescriptorSet to our nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from schemagate import protoc
from schemagate.schema import json_text
from schemagate.schema.protobuf.features import Features, of_file
from schemagate.schema.protobuf.nodes import Enum, Field, Import, Kind, Label, Message, ProtobufSchema, Ranges

_KINDS: Mapping[int, Kind] = dict(enumerate(Kind, 1))
_LABELS: Mapping[int, Label] = dict(enumerate(Label, 1))
_DEPENDENCIES, _MESSAGES, _ENUMS, _FIELDS, _NESTED, _NESTED_ENUMS, _ONEOFS, _VALUES = 3, 4, 5, 2, 3, 4, 8, 2
"""Numbers of fields in descriptor.proto, of which the paths of its source info are made."""


def schema_of(data: bytes, main: str, text: str, file: str, references: Mapping[str, str]) -> ProtobufSchema:
    """The schema of the file `main` in a serialized FileDescriptorSet."""
    from google.protobuf import descriptor_pb2

    files = descriptor_pb2.FileDescriptorSet.FromString(data).file
    parts = {each.name: _File(each, is_main=each.name == main) for each in files}
    messages = {each.full_name: each for part in parts.values() for each in _all_messages(part.messages())}
    extensions: dict[str, dict[int, Field]] = {}
    for part in parts.values():
        for extended, found in part.extensions():
            extensions.setdefault(extended, {})[found.number] = found
    for name in extensions.keys() & messages.keys():
        messages[name] = replace(messages[name], fields={**extensions[name], **messages[name].fields})
    own = parts[main]
    return ProtobufSchema(
        text=text,
        file=file,
        references=references,
        package=own.proto.package,
        messages=tuple(messages[each.full_name] for each in own.messages()),
        enums=tuple(own.enums()),
        all_messages=messages,
        all_enums={each.full_name: each for part in parts.values() for each in part.all_enums()},
        places=_places(own.proto, text),
        main=main,
        descriptors=data,
        imports=dict(_imports(parts, main, text)),
    )


def meaning(schema: ProtobufSchema) -> bytes:
    """What a text says, without formatting and comments: equal for texts that a registry printed again."""
    from google.protobuf import descriptor_pb2

    files = descriptor_pb2.FileDescriptorSet.FromString(schema.descriptors).file
    (own,) = (each for each in files if each.name == schema.main)
    own.ClearField("source_code_info")
    found: bytes = own.SerializeToString(deterministic=True)
    return found


def _all_messages(messages: Iterable[Message]) -> Iterator[Message]:
    for message in messages:
        yield message
        yield from _all_messages(message.messages)


class _File:
    """One FileDescriptorProto on its way to nodes; pointers into imports begin with the full name."""

    def __init__(self, proto: Any, *, is_main: bool) -> None:
        self.proto = proto
        self.is_main = is_main
        self.features = of_file(proto)
        self._messages: tuple[Message, ...] | None = None

    def messages(self) -> tuple[Message, ...]:
        if self._messages is None:
            self._messages = tuple(self._message(each, (), self.features) for each in self.proto.message_type)
        return self._messages

    def enums(self) -> Iterator[Enum]:
        for each in self.proto.enum_type:
            yield self._enum(each, (), self.features)

    def all_enums(self) -> Iterator[Enum]:
        yield from self.enums()
        for message in _all_messages(self.messages()):
            yield from message.enums

    def extensions(self) -> Iterator[tuple[str, Field]]:
        """(Full name of the extended message, field) of every `extend` block."""
        yield from self._extensions(self.proto.extension, (), self.features)
        stack: list[tuple[Any, tuple[str, ...], Features]] = [
            (each, (), self.features) for each in self.proto.message_type
        ]
        while stack:
            proto, above, features = stack.pop()
            path, inner = (*above, proto.name), features.at(proto.options)
            yield from self._extensions(proto.extension, path, inner)
            stack += [(each, path, inner) for each in proto.nested_type]

    def _extensions(self, protos: Any, scope: tuple[str, ...], features: Features) -> Iterator[tuple[str, Field]]:
        for each in protos:
            name = f"[{self._full((*scope, each.name))}]"
            pointer = json_text.join("", name)
            field = _field(each, pointer, features, is_map=False)
            yield each.extendee.lstrip("."), replace(field, name=name, json_name=name, is_extension=True)

    def _full(self, path: tuple[str, ...]) -> str:
        return ".".join((*filter(None, (self.proto.package,)), *path))

    def _pointer(self, path: tuple[str, ...]) -> str:
        return json_text.join("", *path) if self.is_main else json_text.join("", self._full(path))

    def _message(self, proto: Any, above: tuple[str, ...], outer: Features) -> Message:
        path, features = (*above, proto.name), outer.at(proto.options)
        pointer = self._pointer(path)
        entries = {self._full((*path, each.name)) for each in proto.nested_type if each.options.map_entry}
        oneofs = [
            (each.name, features.at(each.options), not _is_synthetic(proto, index))
            for index, each in enumerate(proto.oneof_decl)
        ]
        fields = {}
        for each in proto.field:
            inner = oneofs[each.oneof_index][1] if each.HasField("oneof_index") else features
            field = _field(
                each,
                json_text.join(pointer, each.number),
                inner,
                is_map=each.type_name.lstrip(".") in entries,
                in_entry=proto.options.map_entry,
            )
            if each.HasField("oneof_index") and oneofs[each.oneof_index][2]:
                field = replace(field, oneof=oneofs[each.oneof_index][0], explicit=True)
            fields[each.number] = replace(field, stated=self._stated(each, field))
        return Message(
            full_name=self._full(path),
            path=path,
            pointer=pointer,
            fields=fields,
            oneofs=tuple(name for name, _, declared in oneofs if declared),
            messages=tuple(self._message(each, path, features) for each in proto.nested_type),
            enums=tuple(self._enum(each, path, features) for each in proto.enum_type),
            reserved=Ranges(
                tuple((each.start, each.end - 1) for each in proto.reserved_range), tuple(proto.reserved_name)
            ),
            is_entry=proto.options.map_entry,
            is_set=proto.options.message_set_wire_format,
        )

    def _stated(self, proto: Any, field: Field) -> Label | None:
        """The label that stands in the text."""
        if field.oneof or field.is_map:
            return None
        needs_one = self.proto.syntax in ("", "proto2")
        return _LABELS[proto.label] if needs_one or field.repeated or proto.proto3_optional else None

    def _enum(self, proto: Any, above: tuple[str, ...], outer: Features) -> Enum:
        path = (*above, proto.name)
        return Enum(
            full_name=self._full(path),
            path=path,
            pointer=self._pointer(path),
            values=tuple((each.name, each.number) for each in proto.value),
            closed=outer.at(proto.options).closed,
            reserved=Ranges(tuple((each.start, each.end) for each in proto.reserved_range), tuple(proto.reserved_name)),
            by_name={each.name: each.number for each in proto.value},
            names=_names(proto.value),
        )


def _names(values: Any) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for each in values:
        found[each.number] = (*found.get(each.number, ()), each.name)
    return found


def _is_synthetic(message: Any, index: int) -> bool:
    """The oneof stands for the word `optional` of proto3."""
    return any(
        each.proto3_optional and each.HasField("oneof_index") and each.oneof_index == index for each in message.field
    )


def _field(proto: Any, pointer: str, outer: Features, *, is_map: bool, in_entry: bool = False) -> Field:
    features = outer.at(proto.options)
    kind = _KINDS[proto.type]
    label = Label.REQUIRED if features.required else _LABELS[proto.label]
    if kind is Kind.MESSAGE and features.delimited and not is_map and not in_entry:
        kind = Kind.GROUP
    options = proto.options
    return Field(
        name=proto.name,
        number=proto.number,
        kind=kind,
        label=label,
        pointer=pointer,
        json_name=proto.json_name or proto.name,
        type_name=proto.type_name.lstrip("."),
        explicit=features.explicit or kind.nests or proto.proto3_optional or bool(proto.extendee),
        packed=label is Label.REPEATED
        and not kind.nests
        and kind not in (Kind.STRING, Kind.BYTES)
        and (options.packed if options.HasField("packed") else features.packed),
        checks_utf8=features.checks_utf8,
        default=proto.default_value if proto.HasField("default_value") else None,
        is_map=is_map,
    )


def _places(file: Any, text: str) -> dict[str, tuple[int, int]]:
    """Line and column of every pointer into a file; none for a descriptor that came without source info."""
    found: dict[str, tuple[int, int]] = {}
    lines = text.split("\n")
    for location in file.source_code_info.location:
        pointer = _pointer_at(file, tuple(location.path))
        if pointer is not None:
            line, column = location.span[:2]
            found.setdefault(pointer, (line + 1, protoc.column_of(lines[line], column + 1)))
    return found


def _imports(parts: Mapping[str, _File], main: str, text: str) -> Iterator[tuple[str, Import]]:
    """Every type of another file, with the import of our own file that leads there."""
    lines = text.split("\n")
    spans = {tuple(each.path): each.span for each in parts[main].proto.source_code_info.location}
    seen = {main}
    for index, direct in enumerate(parts[main].proto.dependency):
        line, column = spans.get((_DEPENDENCIES, index), (0, 0))[:2]
        place = (line + 1, protoc.column_of(lines[line], column + 1))
        left = [direct]
        while left:
            path = left.pop()
            if path not in seen:
                seen.add(path)
                part = parts[path]
                left += part.proto.dependency
                names = [each.full_name for each in _all_messages(part.messages())]
                names += [each.full_name for each in part.all_enums()]
                yield from ((name, Import(path, *place)) for name in names)


def _pointer_at(file: Any, path: tuple[int, ...]) -> str | None:
    """The pointer of a declaration that source info speaks of; None for anything smaller or of no interest."""
    if len(path) < 2 or len(path) % 2 or path[0] not in (_MESSAGES, _ENUMS):
        return None
    if path[0] == _ENUMS:
        return _enum_pointer("", file.enum_type[path[1]], path[2:])
    proto, pointer = file.message_type[path[1]], json_text.join("", file.message_type[path[1]].name)
    for step, index in zip(path[2::2], path[3::2], strict=True):
        if step == _NESTED:
            proto = proto.nested_type[index]
            pointer = json_text.join(pointer, proto.name)
            continue
        rest = path[len(json_text.unescape(pointer)) * 2 + 2 :]
        if step == _NESTED_ENUMS:
            return _enum_pointer(pointer, proto.enum_type[index], rest)
        if rest or step not in (_FIELDS, _ONEOFS):
            return None
        return json_text.join(pointer, proto.field[index].number if step == _FIELDS else proto.oneof_decl[index].name)
    return pointer


def _enum_pointer(above: str, enum: Any, rest: tuple[int, ...]) -> str | None:
    pointer = json_text.join(above, enum.name)
    if not rest:
        return pointer
    return json_text.join(pointer, enum.value[rest[1]].number) if len(rest) == 2 and rest[0] == _VALUES else None
