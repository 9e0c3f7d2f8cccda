"""What are the parts of a parsed Avro schema? Small nodes with resolved names; recursion is a cycle between records.

Every node has a `kind`: a primitive's name, `array`, `map`, `union`, `record`, `enum` or `fixed`. Two uses of a named
type are one node; plain primitives are one node each, and a schema that is read beside another takes over what both say
in the same words, so that equal parts of two schemas are found with `is`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Final, NamedTuple, TypeAlias

from schemagate.schema import json_text
from schemagate.schema.event import Format

PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")

_DEFINING: Final = frozenset({"record", "error", "enum", "fixed"})
_ABSENT: Final = object()

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

    `name` is the full name, `aliases` are full names. `outside`: a referenced text defines it, not the schema's own.
    """

    raw: Mapping[str, Any]
    name: str
    aliases: tuple[str, ...]
    outside: bool
    kind: ClassVar[str]

    @property
    def simple_name(self) -> str:
        """The name without its namespace."""
        return self.name.rpartition(".")[2]

    @property
    def namespace(self) -> str:
        """ "" for none."""
        return self.name.rpartition(".")[0]


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
    """A field of a record, from `position` 0. Aliases are plain names; a default is `raw["default"]`."""

    raw: Mapping[str, Any]
    position: int
    name: str
    type: Node
    aliases: tuple[str, ...] = ()


@dataclass(slots=True, eq=False, repr=False)
class Record(Named):
    """Fields in order. An `error` is a record.

    `types` are those of the fields; `open` the positions of fields that use a name from elsewhere or have an alias
    within: what the others mean depends on their text and the namespace around it alone. `defined` are the named types
    that fields define, by position. Fields are made when somebody asks: two schemas that are compared are mostly the
    same, and nobody asks. The first `shared` fields are those of `twin`, in the same words, and none of them is open.
    """

    types: list[Node] = field(default_factory=list)
    open: set[int] = field(default_factory=set)
    defined: dict[int, list[Record | Enum | Fixed]] = field(default_factory=dict)
    twin: Record | None = None
    shared: int = 0
    kind: ClassVar[str] = "record"
    _positions: dict[str, int] | None = None

    @property
    def positions(self) -> dict[str, int]:
        """Those of the fields by name; of repeated names the first counts."""
        if self._positions is None:
            fields = self.raw["fields"]
            self._positions = {raw["name"]: position for position, raw in enumerate(fields)}
            if len(self._positions) < len(fields):
                self._positions = {raw["name"]: position for position, raw in reversed(list(enumerate(fields)))}
        return self._positions

    @property
    def repeats_names(self) -> bool:
        """Two fields have one name, against the specification."""
        return len(self.positions) < len(self.types)

    def field(self, position: int) -> Field:
        """The field at a position."""
        raw = self.raw["fields"][position]
        aliases = tuple(dict.fromkeys(raw["aliases"])) if "aliases" in raw else ()
        return Field(raw, position, raw["name"], self.types[position], aliases)

    def field_named(self, name: str) -> Field | None:
        """The field with a name."""
        position = self.positions.get(name)
        return None if position is None else self.field(position)

    @property
    def fields(self) -> list[Field]:
        """The fields in order."""
        return [self.field(position) for position in range(len(self.types))]


Node: TypeAlias = Primitive | Array | Map | Union | Record | Enum | Fixed


@dataclass(eq=False, repr=False)
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
    format: ClassVar = Format.AVRO

    def pointer_of(self, node: Named) -> str | None:
        """Where a type is defined in the schema's own text; None when that is another text."""
        return pointer(self._traces[node.name]) if node.name in self._traces else None

    @cached_property
    def _traces(self) -> dict[str, Trace]:
        """By full name; of two definitions the first counts. Nodes do not know their place: two schemas share some."""
        found: dict[str, Trace] = {}
        left: list[tuple[Node, Any, Trace]] = [(self.root, self.raw, None)]
        while left:
            node, raw, trace = left.pop()
            if isinstance(node, Named):
                if not _is_definition(raw) or node.name in found:
                    continue
                found[node.name] = trace
            left += reversed(_parts(node, raw, trace))
        return found


def _is_definition(raw: object) -> bool:
    """Whether the JSON of a named type defines it, and does not only use its name."""
    return isinstance(raw, dict) and raw.get("type") in _DEFINING


def _parts(node: Node, raw: Any, trace: Trace) -> list[tuple[Node, Any, Trace]]:
    """The types within a type, each with its JSON and its place."""
    match node:
        case Union():
            return [(branch, raw[i], (trace, i)) for i, branch in enumerate(node.branches)]
        case Array():
            return [(node.items, raw["items"], (trace, "items"))]
        case Map():
            return [(node.values, raw["values"], (trace, "values"))]
        case Record():
            fields = enumerate(zip(node.types, raw["fields"], strict=True))
            return [(type_, field["type"], (((trace, "fields"), i), "type")) for i, (type_, field) in fields]
    return []


def altered(reader: Record, writer: Record, *, by_text: bool) -> Sequence[int]:
    """The positions of the reader's fields that the writer does not have just so, or that have aliases.

    `by_text`: fields that are not open are the same where they say the same, since the namespace around them is.
    """
    if reader.repeats_names or writer.repeats_names:
        return range(len(reader.types))
    start = _shared_start(reader, writer) if by_text else 0
    return [at for at in range(start, len(reader.types)) if not _is_kept(reader, at, writer, by_text=by_text)]


def _shared_start(reader: Record, writer: Record) -> int:
    """How many fields the two have in common from the first on, as far as reading one beside the other showed."""
    if writer.twin is reader:
        return writer.shared
    return reader.shared if reader.twin is writer else 0


def _is_kept(reader: Record, at: int, writer: Record, *, by_text: bool) -> bool:
    raw, type_ = reader.raw["fields"][at], reader.types[at]
    source = writer.positions.get(raw["name"])
    if source is None:
        return False
    alike = type_ is writer.types[source]
    if alike and type_.kind in PRIMITIVES and "aliases" not in raw:
        return True
    if not by_text or at in reader.open or source in writer.open:
        return False
    other = writer.raw["fields"][source]
    return bool(raw.get("default", _ABSENT) == other.get("default", _ABSENT) if alike else raw == other)


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
