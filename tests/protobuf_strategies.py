"""Random Protobuf schemas as they are written by hand, small edits of them, and events that cover their types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from schemagate.errors import SchemaError
from schemagate.schema import protobuf
from schemagate.schema.protobuf import ProtobufSchema

NUMBERS = ["int32", "int64", "uint32", "uint64", "sint32", "sint64", "bool", "fixed32", "sfixed32", "fixed64", "sfixed64", "float", "double"]  # fmt: skip
SCALARS = [*NUMBERS, "string", "bytes"]
KEYS = ["int32", "int64", "uint32", "sint32", "bool", "fixed32", "string"]
ENUMS = ["E0", "E1"]
MESSAGES = ["M0", "M1", "M2"]
SYNTAXES = ["proto2", "proto3", "2023"]


@dataclass(frozen=True)
class F:
    number: int
    name: str
    label: str
    type: str
    oneof: bool = False
    default: bool = False
    flag: bool = False
    """Packed where it is not by default; delimited for messages of an edition."""
    extension: bool = False


@dataclass(frozen=True)
class Schema:
    syntax: str
    messages: tuple[tuple[F, ...], ...]
    enums: tuple[tuple[int, ...], ...]
    package: str = ""
    closed: bool = False
    """The enums of an edition are."""
    unchecked: bool = False
    """The texts of an edition are not checked."""
    imported: bool = False
    """The enums, and the last message if it needs no other one, stand in another file."""

    def parsed(self) -> ProtobufSchema:
        return protobuf.parse(self.text(), "schema.proto", references=self.references())

    @property
    def head(self) -> str:
        if self.syntax != "2023":
            return f'syntax = "{self.syntax}";'
        return 'edition = "2023";' + (" option features.utf8_validation = NONE;" if self.unchecked else "")

    @property
    def _other_file(self) -> list[str]:
        """The messages that stand there."""
        needed = {each for field in self.messages[-1] for each in MESSAGES if each in field.type}
        return MESSAGES[-1:] if self.imported and not needed and not any(map(self._extends, self.messages[-1])) else []

    def references(self) -> dict[str, str]:
        if not self.imported:
            return {}
        parts = [self.head, self._enums()]
        parts += [self._message(name, self.messages[MESSAGES.index(name)]) for name in self._other_file]
        return {"other.proto": "\n".join(parts)}

    def text(self) -> str:
        package = f"package {self.package};" if self.package else ""
        parts = [self.head, package, 'import "other.proto";' if self.imported else self._enums()]
        for name, fields in zip(MESSAGES, self.messages, strict=True):
            if name not in self._other_file:
                parts.append(self._message(name, fields))
        return "\n".join(parts)

    def _enums(self) -> str:
        parts = []
        for name, numbers in zip(ENUMS, self.enums, strict=True):
            values = numbers if self.syntax == "proto2" else (0, *(each for each in numbers if each))
            feature = "option features.enum_type = CLOSED; " if self.closed and self.syntax == "2023" else ""
            parts.append(f"enum {name} {{ {feature}{' '.join(f'{name}_{_word(each)} = {each};' for each in values)} }}")
        return "\n".join(parts)

    def _extends(self, field: F) -> bool:
        return (
            field.extension
            and self.syntax != "proto3"
            and field.label != "required"
            and not field.type.startswith("map")
        )

    def _message(self, name: str, fields: tuple[F, ...]) -> str:
        plain = [each for each in fields if not self._extends(each)]
        inside = [self.field(each) for each in plain if not _in_oneof(each)]
        members = [self.field(each) for each in plain if _in_oneof(each)]
        if members:
            inside.append("oneof choice { " + " ".join(members) + " }")
        more = [replace(each, oneof=False) for each in fields if self._extends(each)]
        inside += [f"extensions {each.number};" for each in more]
        named = [replace(each, name=f"{name.lower()}_{each.name}") for each in more]
        extends = "".join(f" extend {name} {{ {self.field(each)} }}" for each in named)
        return f"message {name} {{ {' '.join(inside)} }}{extends}"

    def field(self, field: F) -> str:
        options: list[str] = []
        label = "" if _in_oneof(field) or field.type.startswith("map") else field.label
        if field.type.startswith("group "):
            return self._group(field)
        is_message = field.type in MESSAGES
        if self.syntax == "proto2":
            label = label or ("" if _in_oneof(field) or field.type.startswith("map") else "optional")
        elif self.syntax == "proto3":
            label = "optional" if label == "required" else label
        else:
            if label == "required":
                options.append("features.field_presence = LEGACY_REQUIRED")
            elif label == "" and not _in_oneof(field) and not is_message and not field.type.startswith("map"):
                options.append("features.field_presence = IMPLICIT")
            if is_message and field.flag:
                options.append("features.message_encoding = DELIMITED")
            label = "repeated" if label == "repeated" else ""
        if field.flag and label == "repeated" and field.type in [*NUMBERS, *ENUMS]:
            options.append(
                "features.repeated_field_encoding = EXPANDED"
                if self.syntax == "2023"
                else f"packed = {str(self.syntax == 'proto2').lower()}"
            )
        if (
            field.default
            and self.syntax != "proto3"
            and label != "repeated"
            and field.type in SCALARS
            and "features.field_presence = IMPLICIT" not in options
        ):
            options.append(f"default = {_default(field.type)}")
        shown = f" [{', '.join(options)}]" if options else ""
        return f"{label} {field.type} {field.name} = {field.number}{shown};"

    def _group(self, field: F) -> str:
        """A message declared where it stands: a group in proto2, delimited in an edition."""
        label = "" if _in_oneof(field) else field.label if field.label in ("repeated", "required") else "optional"
        name, held = f"G{field.number}", field.type.removeprefix("group ")
        if self.syntax == "proto2":
            return f"{label} group {name} = {field.number} {{ optional {held} a = 1; }}"
        label = "repeated" if label == "repeated" else ""
        delimited = " [features.message_encoding = DELIMITED]" if self.syntax == "2023" and field.flag else ""
        return (
            f"{label} {held} {name.lower()} = {field.number};"
            if _in_oneof(field) or field.extension
            else (f"message {name} {{ {held} a = 1; }} {label} {name} {name.lower()} = {field.number}{delimited};")
        )


def _in_oneof(field: F) -> bool:
    return field.oneof and field.label != "repeated" and not field.type.startswith("map")


def _word(number: int) -> str:
    return f"N{number}".replace("-", "MINUS")


def _default(kind: str) -> str:
    return {"string": '"d"', "bytes": '"d"', "bool": "true", "float": "1.5", "double": "1.5"}.get(kind, "4")


def types() -> st.SearchStrategy[str]:
    plain = st.sampled_from(SCALARS) | st.sampled_from([*ENUMS, *MESSAGES])
    maps = st.builds("map<{}, {}>".format, st.sampled_from(KEYS), st.sampled_from([*SCALARS, *ENUMS, *MESSAGES]))
    groups = st.builds("group {}".format, st.sampled_from(SCALARS))
    return st.integers(0, 13).flatmap(lambda number: maps if number == 0 else groups if number == 13 else plain)


def field(number: int) -> st.SearchStrategy[F]:
    return st.builds(
        F,
        st.just(number),
        st.just(f"f{number}"),
        st.sampled_from(["", "", "optional", "repeated", "required"]),
        types(),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.integers(0, 5).map(lambda number: number == 5),
    )


def bodies() -> st.SearchStrategy[tuple[F, ...]]:
    return st.lists(st.integers(1, 6), unique=True, max_size=4).flatmap(
        lambda numbers: st.tuples(*(field(number) for number in sorted(numbers)))
    )


def enums() -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.sampled_from([0, 1, 2, 7, -1]), min_size=1, max_size=4, unique=True).map(tuple)


def schemas() -> st.SearchStrategy[Schema]:
    return st.builds(
        Schema,
        st.sampled_from(SYNTAXES),
        st.tuples(*[bodies()] * len(MESSAGES)),
        st.tuples(*[enums()] * len(ENUMS)),
        closed=st.booleans(),
        unchecked=st.booleans(),
        imported=st.booleans(),
    )


@st.composite
def edited(draw: Any, schema: Schema) -> Schema:
    """One to three typed edits, as people make them."""
    for _ in range(draw(st.integers(1, 3))):
        schema = draw(_edit(schema))
    return schema


@st.composite
def _edit(draw: Any, schema: Schema) -> Schema:
    kind = draw(
        st.sampled_from(
            [
                "type",
                "type",
                "near",
                "near",
                "label",
                "oneof",
                "flag",
                "default",
                "remove",
                "add",
                "enum",
                "syntax",
                "rename",
                "extension",
                "closed",
                "unchecked",
                "imported",
            ]
        )
    )
    if kind in ("closed", "unchecked", "imported"):
        return replace(schema, **{kind: not getattr(schema, kind)})
    if kind == "syntax":
        return replace(schema, syntax=draw(st.sampled_from(SYNTAXES)))
    if kind == "enum":
        index = draw(st.integers(0, len(ENUMS) - 1))
        return replace(schema, enums=(*schema.enums[:index], draw(enums()), *schema.enums[index + 1 :]))
    index = draw(st.integers(0, len(MESSAGES) - 1))
    fields = list(schema.messages[index])
    if kind == "add" or not fields:
        free = [number for number in range(1, 9) if number not in {each.number for each in fields}]
        fields.append(draw(field(draw(st.sampled_from(free)))))
    else:
        place = draw(st.integers(0, len(fields) - 1))
        changed = draw(_changed(fields[place], kind))
        fields[place : place + 1] = [] if changed is None else [changed]
    return replace(schema, messages=(*schema.messages[:index], tuple(fields), *schema.messages[index + 1 :]))


NEAR = [["int32", "int64", "uint32", "uint64", "bool", "E0", "E1"], ["sint32", "sint64"], ["fixed32", "sfixed32"], ["fixed64", "sfixed64"], ["string", "bytes"], MESSAGES]  # fmt: skip


@st.composite
def _changed(draw: Any, field: F, kind: str) -> F | None:
    match kind:
        case "type":
            return replace(field, type=draw(types()))
        case "near":
            group = next((group for group in NEAR if field.type in group), [field.type])
            return replace(field, type=draw(st.sampled_from(group)))
        case "label":
            return replace(field, label=draw(st.sampled_from(["", "optional", "repeated", "required"])))
        case "oneof":
            return replace(field, oneof=not field.oneof)
        case "extension":
            return replace(field, extension=not field.extension)
        case "flag":
            return replace(field, flag=not field.flag)
        case "default":
            return replace(field, default=not field.default)
        case "rename":
            return replace(field, name=f"g{field.number}")
        case _:
            return None


INTEGERS = [0, 1, 2, 3, 7, -1, 2**31 - 1, -(2**31), 2**32 - 1, 2**31, 2**32 + 5, 2**63 - 1, -(2**63), 2**63, 2**64 - 1]
FLOATS = [0.0, 1.0, 1.5, -2.5, float("inf")]


@st.composite
def events(draw: Any, message: Any, depth: int = 0) -> Any:
    """An event of a runtime class; all its fields are tried, also their zeros. It may lack required ones when too deep."""
    found = message()
    for field in message.DESCRIPTOR.fields:
        needed = field.is_required
        if not needed and draw(st.integers(0, 3)) == 0:
            continue
        if field.message_type is not None and depth > (6 if needed else 2):
            continue
        count = draw(st.integers(0, 2)) if field.is_repeated else 1
        for _ in range(count):
            _fill(found, field, draw, depth)
    for field in message.DESCRIPTOR.file.pool.FindAllExtensions(message.DESCRIPTOR):
        if field.message_type is None and draw(st.booleans()):
            value = draw(_scalar(field))
            if field.is_repeated:
                found.Extensions[field].append(value)
            else:
                found.Extensions[field] = value
    return found


def _fill(found: Any, field: Any, draw: Any, depth: int) -> None:
    from google.protobuf import message_factory

    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key = draw(_scalar(field.message_type.fields_by_number[1]))
        held = field.message_type.fields_by_number[2]
        if held.message_type is None:
            getattr(found, field.name)[key] = draw(_scalar(held))
        else:
            value = draw(events(message_factory.GetMessageClass(held.message_type), depth + 1))
            getattr(found, field.name)[key].CopyFrom(value)
    elif field.message_type is not None:
        value = draw(events(message_factory.GetMessageClass(field.message_type), depth + 1))
        if field.is_repeated:
            getattr(found, field.name).append(value)
        else:
            getattr(found, field.name).CopyFrom(value)
    elif field.is_repeated:
        getattr(found, field.name).append(draw(_scalar(field)))
    else:
        setattr(found, field.name, draw(_scalar(field)))


def _scalar(field: Any) -> st.SearchStrategy[Any]:
    kind = field.type
    if kind == field.TYPE_ENUM:
        declared = [value.number for value in field.enum_type.values]
        return st.sampled_from(declared if field.enum_type.is_closed else [*declared, 5, -9])
    if kind == field.TYPE_BOOL:
        return st.booleans()
    if kind == field.TYPE_STRING:
        return st.sampled_from(["", "a", "ä", "\0"])
    if kind == field.TYPE_BYTES:
        return st.sampled_from([b"", b"a", b"\xff", b"\x08\x07"])
    if kind in (field.TYPE_FLOAT, field.TYPE_DOUBLE):
        return st.sampled_from(FLOATS)
    wide = kind in (field.TYPE_INT64, field.TYPE_UINT64, field.TYPE_SINT64, field.TYPE_FIXED64, field.TYPE_SFIXED64)
    unsigned = kind in (field.TYPE_UINT32, field.TYPE_UINT64, field.TYPE_FIXED32, field.TYPE_FIXED64)
    bits = 64 if wide else 32
    low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return st.sampled_from([each for each in INTEGERS if low <= each <= high])


PAIRS = schemas().flatmap(lambda schema: st.tuples(st.just(schema), edited(schema)))


def parsed(schema: Schema) -> ProtobufSchema:
    """What was drawn, parsed; another is drawn where the compiler refuses it."""
    try:
        return schema.parsed()
    except SchemaError:
        assume(False)
        raise
