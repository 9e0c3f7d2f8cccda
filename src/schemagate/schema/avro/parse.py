"""How does the JSON text of an Avro schema become nodes? Reads what registries and libraries read, refuses the rest.

Names and namespaces resolve as in the specification 1.12. Lenient on purpose: types may be used before they are
defined, defined twice, unions may be empty or repeat a branch, names may be illegal; `problems` tells of all these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn, cast

from schemagate.errors import SchemaError
from schemagate.schema import json_text
from schemagate.schema.avro.logical import logical_type
from schemagate.schema.avro.nodes import (
    PRIMITIVES,
    Array,
    AvroSchema,
    Enum,
    Field,
    Fixed,
    Map,
    Node,
    Primitive,
    Record,
    Trace,
    Union,
    pointer,
)

_PLAIN: Final[Mapping[str, Node]] = {name: Primitive(name, name) for name in PRIMITIVES}
_PLAIN_PAIRS: Final[Mapping[tuple[str, str], Union]] = {
    (one, other): Union([one, other], [_PLAIN[one], _PLAIN[other]]) for one in PRIMITIVES for other in PRIMITIVES
}
"""Most unions: they, too, are one node wherever they are used."""

_COMPLEX: Final = ("record", "error", "enum", "fixed", "array", "map")


def parse(text: str, file: str, references: Mapping[str, str] | None = None) -> AvroSchema:
    """Read an Avro schema; raises SchemaError with file, line and column.

    `references`: full name -> schema text, for types that this text uses and others define; they may use each other.
    """
    known = _Known()
    others = [_Reader(other, name, known, outside=True) for name, other in (references or {}).items()]
    own = _Reader(text, file, known, outside=False)
    roots = [reader.node(reader.raw, "", None) for reader in (*others, own)]
    if known.later:
        roots = _fill_in(roots, known)
    return AvroSchema(
        root=roots[-1],
        raw=own.raw,
        text=text,
        file=file,
        names=known.names,
        contested=frozenset(known.contested),
        recursive=known.recursive,
        references=dict(references or {}),
        reference_roots=tuple(roots[:-1]),
    )


class _Known:
    """What all texts of one schema share: the named types so far, and the names that were used before."""

    def __init__(self) -> None:
        self.names: dict[str, Record | Enum | Fixed] = {}
        self.contested: set[str] = set()
        self.open: set[str] = set()
        self.recursive = False
        self.later = False
        self.reach = 0
        """The lowest ordinal that was used since somebody set it; -1 for what needs a look in any case."""

    def find(self, name: str, namespace: str) -> Record | Enum | Fixed | None:
        """The type that a name means within a namespace; libraries fall back to the name as it stands."""
        found = self.names.get(f"{namespace}.{name}") if namespace and "." not in name else None
        return found or self.names.get(name)

    def add(self, node: Record | Enum | Fixed) -> None:
        """Enter a definition; of two different ones the first counts."""
        first = self.names.setdefault(node.name, node)
        if first is not node and first.raw != node.raw:
            self.contested.add(node.name)

    def same(self, name: str, raw: Mapping[str, Any]) -> Record | Enum | Fixed | None:
        """The type that was defined before in the same words."""
        first = self.names.get(name)
        if first is None or first.raw != raw:
            return None
        self.reach = min(self.reach, first.ordinal)
        return first


class _Later:
    """Stands for a type that was not defined when it was used."""

    kind = "later"

    def __init__(self, reader: _Reader, name: str, namespace: str, trace: Trace) -> None:
        self.reader, self.name, self.namespace, self.trace = reader, name, namespace, trace

    def found(self, known: _Known) -> Node:
        """The type, now that all definitions were seen; raises SchemaError."""
        node = known.find(self.name, self.namespace)
        if node is None:
            self.reader.refuse(self.trace, _unknown(self.name))
        known.recursive = True  # or so it may be: nobody counts on a forward reference
        return node


class _Reader:
    """Reads one text."""

    def __init__(self, text: str, file: str, known: _Known, *, outside: bool) -> None:
        self.text, self.file, self.known, self.outside = text, file, known, outside
        self.raw = json_text.read(text, file)

    def refuse(self, trace: Trace, message: str) -> NoReturn:
        """Raise the error with its place."""
        place = json_text.locate(self.text, pointer(trace), self.file)
        raise SchemaError(message, file=self.file, line=place.line, column=place.column)

    def node(self, value: Any, namespace: str, trace: Trace) -> Node:
        """The node of any schema value."""
        if isinstance(value, str):
            return _PLAIN.get(value) or self._reference(value, namespace, trace)
        if isinstance(value, dict):
            return self._object(value, namespace, trace)
        if not isinstance(value, list):
            self.refuse(trace, f"a type is a name, an object or a list, not {_json_word(value)}")
        return self._union(value, namespace, trace)

    def _union(self, raw: list[Any], namespace: str, trace: Trace) -> Union:
        if len(raw) == 2 and isinstance(raw[0], str) and isinstance(raw[1], str):
            plain = _PLAIN_PAIRS.get((raw[0], raw[1]))
            if plain is not None:
                return plain
        return Union(raw, [self.node(branch, namespace, (trace, i)) for i, branch in enumerate(raw)])

    def _object(self, raw: dict[str, Any], namespace: str, trace: Trace) -> Node:
        kind = raw.get("type")
        if not isinstance(kind, str):
            self.refuse((trace, "type"), "`type` must be a text here" if "type" in raw else "`type` is missing")
        if kind in _PLAIN:
            return _PLAIN[kind] if len(raw) == 1 else Primitive(kind, raw, logical_type(raw, kind))
        match kind:
            case "record" | "error":
                return self._record(raw, namespace, trace)
            case "array":
                return Array(raw, self.node(self._part(raw, "items", trace), namespace, (trace, "items")))
            case "map":
                return Map(raw, self.node(self._part(raw, "values", trace), namespace, (trace, "values")))
            case "enum":
                return self._enum(raw, namespace, trace)
            case "fixed":
                return self._fixed(raw, namespace, trace)
        return self._reference(kind, namespace, (trace, "type"))

    def _record(self, raw: dict[str, Any], namespace: str, trace: Trace) -> Node:
        name, aliases = self._names(raw, namespace, trace)
        if (same := self.known.same(name, raw)) is not None:
            return same
        record = Record(raw, name, aliases, trace, self.outside, len(self.known.names))
        self.known.add(record)
        is_outermost = name not in self.known.open
        self.known.open.add(name)
        record.fields = self._fields(self._list(raw, "fields", trace), name.rpartition(".")[0], (trace, "fields"))
        if is_outermost:
            self.known.open.discard(name)
        record.by_name = {field.name: field for field in reversed(record.fields)}
        return record

    def _fields(self, listed: list[Any], namespace: str, trace: Trace) -> list[Field]:
        fields: list[Field] = []
        for position, raw in enumerate(listed):
            if type(raw) is dict and type(value := raw.get("type")) is str and value in _PLAIN:
                name = raw.get("name")
                if type(name) is str and "aliases" not in raw:  # most fields
                    fields.append(Field(raw, position, name, _PLAIN[value]))
                    continue
            fields.append(self._field(raw, position, namespace, (trace, position)))
        return fields

    def _field(self, raw: Any, position: int, namespace: str, trace: Trace) -> Field:
        if not isinstance(raw, dict):
            self.refuse(trace, f"a field is an object, not {_json_word(raw)}")
        name = self._text(raw, "name", trace)
        known, before = self.known, self.known.reach
        known.reach = defined = len(known.names)
        node = self.node(self._part(raw, "type", trace), namespace, (trace, "type"))
        closed = known.reach >= defined
        aliases = self._aliases(raw, trace) if "aliases" in raw else ()
        known.reach = -1 if aliases else min(before, known.reach)
        return Field(raw, position, name, node, aliases, closed and not aliases)

    def _enum(self, raw: dict[str, Any], namespace: str, trace: Trace) -> Node:
        name, aliases = self._names(raw, namespace, trace)
        if (same := self.known.same(name, raw)) is not None:
            return same
        symbols = self._list(raw, "symbols", trace)
        for position, symbol in enumerate(symbols):
            if not isinstance(symbol, str):
                self.refuse(((trace, "symbols"), position), f"a symbol is a text, not {_json_word(symbol)}")
        default = raw.get("default")
        usable = isinstance(default, str) and default in symbols
        enum = Enum(
            raw, name, aliases, trace, self.outside, len(self.known.names), symbols, default if usable else None
        )
        self.known.add(enum)
        return enum

    def _fixed(self, raw: dict[str, Any], namespace: str, trace: Trace) -> Node:
        name, aliases = self._names(raw, namespace, trace)
        if (same := self.known.same(name, raw)) is not None:
            return same
        size = self._part(raw, "size", trace)
        if not isinstance(size, int) or isinstance(size, bool):
            self.refuse((trace, "size"), f"the size of a fixed is an integer, not {_json_word(size)}")
        fixed = Fixed(
            raw, name, aliases, trace, self.outside, len(self.known.names), size, logical_type(raw, "fixed", size)
        )
        self.known.add(fixed)
        return fixed

    def _reference(self, name: str, namespace: str, trace: Trace) -> Node:
        found = self.known.find(name, namespace)
        if found is None:
            self.known.later = True
            self.known.reach = -1
            return cast(Node, _Later(self, name, namespace, trace))  # replaced before anybody sees it
        if found.name in self.known.open:
            self.known.recursive = True
        self.known.reach = min(self.known.reach, found.ordinal)
        return found

    def _names(self, raw: dict[str, Any], namespace: str, trace: Trace) -> tuple[str, tuple[str, ...]]:
        """Full name and full aliases of a definition; aliases are relative to the namespace of the type itself."""
        own = raw.get("namespace")
        name = full_name(self._text(raw, "name", trace), own if isinstance(own, str) else namespace)
        if "aliases" not in raw:
            return name, ()
        inner = name.rpartition(".")[0]
        return name, tuple(full_name(alias, inner) for alias in self._aliases(raw, trace))

    def _aliases(self, raw: dict[str, Any], trace: Trace) -> tuple[str, ...]:
        aliases = self._list(raw, "aliases", trace)
        for position, alias in enumerate(aliases):
            if not isinstance(alias, str):
                self.refuse(((trace, "aliases"), position), f"an alias is a text, not {_json_word(alias)}")
        return tuple(dict.fromkeys(aliases))

    def _text(self, raw: dict[str, Any], key: str, trace: Trace) -> str:
        value = self._part(raw, key, trace)
        if not isinstance(value, str):
            self.refuse((trace, key), f"`{key}` must be a text, not {_json_word(value)}")
        return value

    def _list(self, raw: dict[str, Any], key: str, trace: Trace) -> list[Any]:
        value = self._part(raw, key, trace)
        if not isinstance(value, list):
            self.refuse((trace, key), f"`{key}` must be a list, not {_json_word(value)}")
        return value

    def _part(self, raw: dict[str, Any], key: str, trace: Trace) -> Any:
        if key not in raw:
            self.refuse(trace, f"`{key}` is missing")
        return raw[key]


def full_name(name: str, namespace: str) -> str:
    """A name with a dot is full; else the namespace, where there is one, goes before it."""
    if "." in name:
        return name.removeprefix(".")
    return f"{namespace}.{name}" if namespace else name


def _fill_in(roots: list[Node], known: _Known) -> list[Node]:
    """Put the types that were defined after their use where they belong; raises SchemaError for those never defined."""

    def settled(nodes: Iterable[Node]) -> list[Node]:
        found = [node.found(known) if isinstance(node, _Later) else node for node in nodes]
        stack.extend(found)
        return found

    stack: list[Node] = []
    seen: set[int] = set()
    roots = settled(roots)
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        match node:
            case Array():
                (node.items,) = settled([node.items])
            case Map():
                (node.values,) = settled([node.values])
            case Union():
                node.branches = settled(node.branches)
            case Record():
                for field in node.fields:
                    (field.type,) = settled([field.type])
    return roots


def _unknown(name: str) -> str:
    if name in _COMPLEX:
        return f'{name!r} is no name of a type; nest it as an object: {{"type": {{"type": "{name}", …}}}}'
    return f"unknown type {name!r}"


def _json_word(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a text"
        case dict():
            return "an object"
        case list():
            return "a list"
    return "a number"
