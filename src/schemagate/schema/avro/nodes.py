"""What are the parts of a parsed Avro schema? Small nodes with resolved names; recursion is a cycle between records.

Every node has a `kind`: a primitive's name, `array`, `map`, `union`, `record`, `enum` or `fixed`. Two uses of a named
type are one node; plain primitives are one node each, so that equal parts of two schemas are found with `is`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NamedTuple, TypeAlias

from schemagate.schema import json_text

PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")

Trace: TypeAlias = tuple["Trace", str | int] | None
"""Where the parser stands, innermost token last; the root is None. A pointer is made of it only when somebody asks."""


def pointer(trace: Trace) -> str:
    """The JSON pointer of a trace."""
    tokens: list[str | int] = []
    while trace is not None:
        trace, token = trace
        tokens.append(token)
    return json_text.join("", *reversed(tokens))


class Logical(NamedTuple):
    """A valid logical type; precision and scale are those of a decimal, else 0."""

    name: str
    precision: int = 0
    scale: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Primitive:
    """A primitive type; `raw` is its JSON: the name, or an object with properties."""

    kind: str
    raw: Any
    logical: Logical | None = None


@dataclass(slots=True, eq=False, repr=False)
class Array:
    """A list of `items`."""

    raw: Mapping[str, Any]
    items: Node
    kind: ClassVar[str] = "array"


@dataclass(slots=True, eq=False, repr=False)
class Map:
    """Text keys to `values`."""

    raw: Mapping[str, Any]
    values: Node
    kind: ClassVar[str] = "map"


@dataclass(slots=True, eq=False, repr=False)
class Union:
    """One of `branches`, in order; may be empty, and (against the specification) repeat or hold other unions."""

    raw: list[Any]
    branches: list[Node]
    kind: ClassVar[str] = "union"
    _index: dict[str, list[int]] | None = None

    def with_key(self, key: str) -> list[int]:
        """The positions of the branches that answer to a key (`keys`), in order."""
        if self._index is None:
            self._index = {}
            for position, branch in enumerate(self.branches):
                for name in keys(branch):
                    self._index.setdefault(name, []).append(position)
        return self._index.get(key, [])


@dataclass(slots=True, eq=False, repr=False)
class Named:
    """What records, enums and fixed share.

    `name` is the full name, `aliases` are full names. `trace` is where it is defined, None together with `outside` for
    a type from a referenced text. `ordinal`: how many types were defined before.
    """

    raw: Mapping[str, Any]
    name: str
    aliases: tuple[str, ...]
    trace: Trace
    outside: bool
    ordinal: int
    kind: ClassVar[str]

    @property
    def simple_name(self) -> str:
        """The name without its namespace."""
        return self.name.rpartition(".")[2]

    @property
    def namespace(self) -> str:
        """ "" for none."""
        return self.name.rpartition(".")[0]

    @property
    def pointer(self) -> str | None:
        """Where it is defined in the schema's own text; None when that is another text."""
        return None if self.outside else pointer(self.trace)


@dataclass(slots=True, eq=False, repr=False)
class Enum(Named):
    """One of `symbols`; `default` serves unknown symbols (None when absent or no symbol of it)."""

    symbols: list[str] = field(default_factory=list)
    default: str | None = None
    kind: ClassVar[str] = "enum"


@dataclass(slots=True, eq=False, repr=False)
class Fixed(Named):
    """Exactly `size` bytes."""

    size: int = 0
    logical: Logical | None = None
    kind: ClassVar[str] = "fixed"


@dataclass(slots=True, eq=False, repr=False)
class Field:
    """A field of a record, from `position` 0. Aliases are plain names; a default is `raw["default"]`.

    `closed`: what it says depends on its text and the namespace around it alone, since it uses no name from elsewhere;
    and no field within has an alias. Two closed fields with equal text are the same without another look.
    """

    raw: Mapping[str, Any]
    position: int
    name: str
    type: Node
    aliases: tuple[str, ...] = ()
    closed: bool = True


@dataclass(slots=True, eq=False, repr=False)
class Record(Named):
    """Fields in order. An `error` is a record.

    `types` are those of the fields, `open` the positions of fields that are not closed. The fields themselves are made
    when somebody asks: two schemas that are compared are mostly the same, and nobody asks.
    """

    types: list[Node] = field(default_factory=list)
    open: set[int] = field(default_factory=set)
    kind: ClassVar[str] = "record"
    _fields: list[Field] | None = None
    _by_name: dict[str, Field] | None = None

    @property
    def fields(self) -> list[Field]:
        """The fields in order."""
        if self._fields is None:
            raws = self.raw["fields"]
            self._fields = [Field(raw, i, raw["name"], self.types[i]) for i, raw in enumerate(raws)]
            for position in self.open:
                found = self._fields[position]
                found.closed, found.aliases = False, tuple(dict.fromkeys(found.raw.get("aliases", ())))
        return self._fields

    @property
    def by_name(self) -> dict[str, Field]:
        """The fields by name; of repeated names the first counts."""
        if self._by_name is None:
            self._by_name = {field.name: field for field in reversed(self.fields)}
        return self._by_name


Node: TypeAlias = Primitive | Array | Map | Union | Record | Enum | Fixed


@dataclass(frozen=True, eq=False, repr=False)
class AvroSchema:
    """A parsed Avro schema.

    `names`: every named type by full name, those of referenced texts included. `contested`: names with two different
    definitions; nodes use the first. `recursive`: some record can contain itself. `references`: the texts beside it,
    `reference_roots` what each of them is.
    """

    root: Node
    raw: Any
    text: str
    file: str
    names: Mapping[str, Record | Enum | Fixed]
    contested: frozenset[str]
    recursive: bool
    references: Mapping[str, str]
    reference_roots: tuple[Node, ...]


def is_unchanged(one: Field, other: Field) -> bool:
    """Whether two fields of records in one namespace are the same, as far as a comparison of texts tells."""
    return one.closed and other.closed and one.raw == other.raw


def keys(node: Node) -> tuple[str, ...]:
    """What a branch of a reader's union answers to: its kind; for named types also its names and aliases."""
    if isinstance(node, Named):
        return (node.kind, full_key(node), simple_key(node), *(f"{node.kind} ={alias}" for alias in node.aliases))
    return (node.kind,)


def full_key(node: Named) -> str:
    """The key of the branches with exactly this full name."""
    return f"{node.kind} {node.name}."


def simple_key(node: Named) -> str:
    """The key of the branches with this simple name, whatever their namespace."""
    return f"{node.kind} {node.simple_name}"


def alias_key(node: Named) -> str:
    """The key of the branches that have this full name as an alias."""
    return f"{node.kind} ={node.name}"
