"""What does a Protobuf schema declare, as far as data and registries care? Values by number and resolved name."""

from __future__ import annotations

from collections.abc import KeysView, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from schemagate.schema.event import Format


class Kind(StrEnum):
    """The type of a field, by its keyword."""

    DOUBLE = "double"
    FLOAT = "float"
    INT64 = "int64"
    UINT64 = "uint64"
    INT32 = "int32"
    FIXED64 = "fixed64"
    FIXED32 = "fixed32"
    BOOL = "bool"
    STRING = "string"
    GROUP = "group"
    MESSAGE = "message"
    BYTES = "bytes"
    UINT32 = "uint32"
    ENUM = "enum"
    SFIXED32 = "sfixed32"
    SFIXED64 = "sfixed64"
    SINT32 = "sint32"
    SINT64 = "sint64"

    @property
    def nests(self) -> bool:
        """Its values are messages. A group is a message between delimiters."""
        return self in (Kind.MESSAGE, Kind.GROUP)


class Label(StrEnum):
    """How often a field stands in a message."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Field:
    """A field with the features of its edition resolved.

    `type_name` is the full name of a message or enum. `default` is the descriptor's text, None without one. `stated` is
    the label as the file writes it: None for what needs none, as most of proto3 and the members of a oneof.
    """

    name: str
    number: int
    kind: Kind
    label: Label
    pointer: str
    json_name: str
    type_name: str = ""
    oneof: str | None = None
    explicit: bool = True
    """A singular field knows whether it was set; otherwise its zero is not written."""
    packed: bool = False
    checks_utf8: bool = False
    default: str | None = None
    is_map: bool = False
    is_extension: bool = False
    stated: Label | None = None

    @property
    def repeated(self) -> bool:
        """It may hold any number of values; so do maps."""
        return self.label is Label.REPEATED


@dataclass(frozen=True, slots=True)
class Ranges:
    """Reserved numbers (first, last) and names."""

    numbers: tuple[tuple[int, int], ...] = ()
    names: tuple[str, ...] = ()

    def holds(self, number: int) -> bool:
        """Whether a number is reserved."""
        return any(first <= number <= last for first, last in self.numbers)


@dataclass(frozen=True, slots=True)
class Enum:
    """`values` are (name, number) in order, `names` those of each number (several with `allow_alias`).

    A closed enum drops numbers that it does not declare.
    """

    full_name: str
    path: tuple[str, ...]
    pointer: str
    values: tuple[tuple[str, int], ...]
    closed: bool
    reserved: Ranges = Ranges()
    names: Mapping[int, tuple[str, ...]] = field(default_factory=dict, hash=False, repr=False)
    by_name: Mapping[str, int] = field(default_factory=dict, hash=False, repr=False)

    @property
    def numbers(self) -> KeysView[int]:
        """The declared numbers."""
        return self.names.keys()


@dataclass(frozen=True, slots=True)
class Message:
    """`path` are the names from the file's top level, without the package. `fields` includes known extensions."""

    full_name: str
    path: tuple[str, ...]
    pointer: str
    fields: Mapping[int, Field] = field(hash=False)
    oneofs: tuple[str, ...] = ()
    messages: tuple[Message, ...] = field(default=(), repr=False)
    enums: tuple[Enum, ...] = field(default=(), repr=False)
    reserved: Ranges = Ranges()
    is_entry: bool = False
    """What a map holds; nobody declares it by hand."""
    is_set: bool = False
    """`message_set_wire_format`: it has extensions alone, written as groups of a number and a message."""
    last_number: int = field(init=False, default=0, compare=False, repr=False)
    """The greatest number that its own fields use or that it reserves, apart from reserving all the rest."""

    def __post_init__(self) -> None:
        """Look at the numbers once: every finding about a field may ask for a free one."""
        taken = [number for number, each in self.fields.items() if not each.is_extension]
        taken += [last for _, last in self.reserved.numbers if last < 2**29 - 1]
        object.__setattr__(self, "last_number", max(taken, default=0))

    @property
    def name(self) -> str:
        """The local name."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Import:
    """The file that declares a type, by the path that imports name, and where our own file imports what leads to it."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ProtobufSchema:
    """A file, and all messages and enums that it can name, by full name.

    A pointer is a place in the file: `/Order/Line/3` (message, message, number), `/Order/payment` (a oneof),
    `/Status/1` (an enum's number); what an import declares stands below its full name, `/google.protobuf.Any/1`.
    `places` holds (line, column) of the file's own pointers where the compiler read a text.
    """

    text: str
    file: str
    references: Mapping[str, str]
    package: str
    messages: tuple[Message, ...]
    enums: tuple[Enum, ...]
    all_messages: Mapping[str, Message]
    all_enums: Mapping[str, Enum]
    places: Mapping[str, tuple[int, int]]
    main: str
    """The name of the file in `descriptors`."""
    descriptors: bytes = field(repr=False)
    """The compiler's FileDescriptorSet, imports first."""
    imports: Mapping[str, Import] = field(default_factory=dict, repr=False)
    """By the full names of the messages and enums that other files declare."""
    format: ClassVar = Format.PROTOBUF

    def own_message(self, name: str) -> Message | None:
        """A message that the file declares, by its full name or the names from the top level (`Order.Line`)."""
        full_names = (name, f"{self.package}.{name}")
        known = (self.all_messages.get(each) for each in full_names if each not in self.imports)
        return next((message for message in known if message is not None), None)
