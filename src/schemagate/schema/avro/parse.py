"""How does the JSON text of an Avro schema become nodes? Reads what registries and libraries read, refuses the rest.

Names and namespaces resolve as in the specification 1.12. Lenient on purpose: types may be used before they are
defined, defined twice, unions may be empty or repeat a branch, names may be illegal; `problems` tells of all these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final, NoReturn, cast

from schemagate.errors import SchemaError
from schemagate.schema import json_text
from schemagate.schema.avro.logical import PLAIN_LOGICAL, logical_type
from schemagate.schema.avro.nodes import (
    PRIMITIVES,
    Array,
    AvroSchema,
    Enum,
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

_PLAIN_LOGICAL: Final[Mapping[tuple[str, str], Primitive]] = {
    (kind, logical.name): Primitive(kind, {"type": kind, "logicalType": logical.name}, logical)
    for (_, kind), logical in PLAIN_LOGICAL.items()
}


def parse(
    text: str, file: str, references: Mapping[str, str] | None = None, beside: AvroSchema | None = None
) -> AvroSchema:
    """Read an Avro schema; raises SchemaError with file, line and column.

    `references`: full name -> schema text, for types that this text uses and others define; they may use each other.
    `beside`: a schema that this one will be compared with; fields that say the same in both share their nodes.
    """
    known = _Known(beside)
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
    """What all texts of one schema share: the named types so far, and the names that were used before.

    `in_order`: the types as they were defined, `ordinals` their places in it. `theirs`: those of the schema `beside`.
    """

    def __init__(self, beside: AvroSchema | None) -> None:
        self.names: dict[str, Record | Enum | Fixed] = {}
        self.in_order: list[Record | Enum | Fixed] = []
        self.ordinals: dict[str, int] = {}
        self.contested: set[str] = set()
        self.open: set[str] = set()
        self.recursive = False
        self.later = False
        self.reach = 0
        """The lowest ordinal that was used since somebody set it; -1 for what needs a look in any case."""
        self.theirs = {} if beside is None or beside.contested else beside.names
        self.theirs_recursive = beside is not None and beside.recursive

    def find(self, name: str, namespace: str) -> Record | Enum | Fixed | None:
        """The type that a name means within a namespace; libraries fall back to the name as it stands."""
        found = self.names.get(f"{namespace}.{name}") if namespace and "." not in name else None
        return found or self.names.get(name)

    def add(self, node: Record | Enum | Fixed) -> None:
        """Enter a definition; of two different ones the first counts."""
        first = self.names.setdefault(node.name, node)
        if first is node:
            self.ordinals[node.name] = len(self.in_order)
            self.in_order.append(node)
        elif first.raw != node.raw:
            self.contested.add(node.name)

    def same(self, name: str, raw: Mapping[str, Any]) -> Record | Enum | Fixed | None:
        """The type that was defined before in the same words."""
        first = self.names.get(name)
        if first is None or first.raw != raw:
            return None
        self.reach = min(self.reach, self.ordinals[name])
        return first

    def twin(self, record: Record) -> Record | None:
        """The record that the other schema's own text defines by this name."""
        twin = self.theirs.get(record.name)
        return twin if isinstance(twin, Record) and not (twin.outside or record.outside) else None

    def take_over_start(self, record: Record, twin: Record) -> int:
        """Take over the fields up to the first that says something else here, or may mean it; how many they are."""
        count = 0
        for raw, theirs in zip(record.raw["fields"], twin.raw["fields"], strict=False):
            if raw != theirs or count in twin.open:
                break
            count += 1
        record.types += twin.types[:count]
        for position in twin.defined:
            if position < count:
                self._define(record, position, twin.defined[position])
        record.twin, record.shared = twin, count
        return count

    def take_over(self, record: Record, twin: Record, raw: dict[str, Any]) -> Node | None:
        """The type of a field that stands elsewhere in the other schema, where it cannot mean anything else here."""
        position = twin.positions.get(raw["name"])
        if position is None or position in twin.open or twin.raw["fields"][position] != raw:
            return None
        self._define(record, len(record.types), twin.defined.get(position, []))
        return twin.types[position]

    def _define(self, record: Record, position: int, nodes: list[Record | Enum | Fixed]) -> None:
        """Enter what a field of the other schema defines, now that it is this record's, too."""
        for node in nodes:
            self.add(node)
            self.recursive = self.recursive or self.theirs_recursive
        if nodes:
            record.defined[position] = nodes


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
        return (_PLAIN.get(value) if type(value) is str else _plain(value)) or self._node(value, namespace, trace)

    def _node(self, value: Any, namespace: str, trace: Trace) -> Node:
        if type(value) is dict:
            kind = value.get("type")
            read = self.complex_kinds.get(kind) if type(kind) is str else None
            return read(self, value, namespace, trace) if read else self._other(value, namespace, trace)
        if type(value) is str:
            return self._reference(value, namespace, trace)
        if type(value) is not list:
            self.refuse(trace, f"a type is a name, an object or a list, not {_json_word(value)}")
        return Union(value, [self.node(branch, namespace, (trace, i)) for i, branch in enumerate(value)])

    def _other(self, raw: dict[str, Any], namespace: str, trace: Trace) -> Node:
        """A primitive with properties, or a name as an object."""
        kind = raw.get("type")
        if type(kind) is not str:
            self.refuse((trace, "type"), "`type` must be a text here" if "type" in raw else "`type` is missing")
        if kind in _PLAIN:
            return Primitive(kind, raw, logical_type(raw, kind))
        return self._reference(kind, namespace, (trace, "type"))

    def _array(self, raw: dict[str, Any], namespace: str, trace: Trace) -> Node:
        return Array(raw, self.node(self._part(raw, "items", trace), namespace, (trace, "items")))

    def _map(self, raw: dict[str, Any], namespace: str, trace: Trace) -> Node:
        return Map(raw, self.node(self._part(raw, "values", trace), namespace, (trace, "values")))

    def _record(self, raw: dict[str, Any], namespace: str, trace: Trace) -> Node:
        name, aliases = self._names(raw, namespace, trace)
        if (same := self.known.same(name, raw)) is not None:
            return same
        record = Record(raw, name, aliases, self.outside)
        self.known.add(record)
        is_outermost = name not in self.known.open
        self.known.open.add(name)
        self._read_fields(record, self._list(raw, "fields", trace), name.rpartition(".")[0], (trace, "fields"))
        if is_outermost:
            self.known.open.discard(name)
        return record

    def _read_fields(self, record: Record, listed: list[Any], namespace: str, trace: Trace) -> None:
        twin = self.known.twin(record)
        start = self.known.take_over_start(record, twin) if twin else 0
        for position, raw in enumerate(listed[start:], start):
            if type(raw) is not dict or type(raw.get("name")) is not str or "type" not in raw:
                self._refuse_field(raw, (trace, position))
            value = raw["type"]
            if type(value) is str:
                node = _PLAIN.get(value)
            else:
                node = (self.known.take_over(record, twin, raw) if twin else None) or _plain(value)
            if node is None:
                node = self._field_type(record, position, namespace, trace)
            if "aliases" in raw and self._aliases(raw, (trace, position)):
                record.open.add(position)
                self.known.reach = -1
            record.types.append(node)

    def _field_type(self, record: Record, position: int, namespace: str, trace: Trace) -> Node:
        known = self.known
        before = known.reach
        defined = known.reach = len(known.in_order)
        node = self._node(record.raw["fields"][position]["type"], namespace, ((trace, position), "type"))
        if known.reach < defined:
            record.open.add(position)
        if before < known.reach:  # noqa: PLR1730 - on the hot path
            known.reach = before
        if len(known.in_order) > defined:
            record.defined[position] = known.in_order[defined:]
        return node

    def _refuse_field(self, raw: Any, trace: Trace) -> NoReturn:
        if not isinstance(raw, dict):
            self.refuse(trace, f"a field is an object, not {_json_word(raw)}")
        self._text(raw, "name", trace)
        self.refuse(trace, "`type` is missing")

    def _enum(self, raw: dict[str, Any], namespace: str, trace: Trace) -> Node:
        name, aliases = self._names(raw, namespace, trace)
        if (same := self.known.same(name, raw)) is not None:
            return same
        symbols = self._list(raw, "symbols", trace)
        self._refuse_others(symbols, "a symbol", (trace, "symbols"))
        default = raw.get("default")
        usable = isinstance(default, str) and default in symbols
        enum = Enum(raw, name, aliases, self.outside, symbols, default if usable else None)
        self.known.add(enum)
        return enum

    def _fixed(self, raw: dict[str, Any], namespace: str, trace: Trace) -> Node:
        name, aliases = self._names(raw, namespace, trace)
        if (same := self.known.same(name, raw)) is not None:
            return same
        size = self._part(raw, "size", trace)
        if not isinstance(size, int) or isinstance(size, bool):
            self.refuse((trace, "size"), f"the size of a fixed is an integer, not {_json_word(size)}")
        fixed = Fixed(raw, name, aliases, self.outside, size, logical_type(raw, "fixed", size))
        self.known.add(fixed)
        return fixed

    complex_kinds: ClassVar = {
        "record": _record,
        "error": _record,
        "enum": _enum,
        "fixed": _fixed,
        "array": _array,
        "map": _map,
    }

    def _reference(self, name: str, namespace: str, trace: Trace) -> Node:
        found = self.known.find(name, namespace)
        if found is None:
            self.known.later = True
            self.known.reach = -1
            return cast(Node, _Later(self, name, namespace, trace))  # replaced before anybody sees it
        if found.name in self.known.open:
            self.known.recursive = True
        if namespace and "." not in name and found.name == name:
            self.known.reach = -1  # found by falling back: another definition elsewhere would be found before
        self.known.reach = min(self.known.reach, self.known.ordinals[found.name])
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
        self._refuse_others(aliases, "an alias", (trace, "aliases"))
        return tuple(dict.fromkeys(aliases))

    def _refuse_others(self, words: list[Any], what: str, trace: Trace) -> None:
        if words and set(map(type, words)) != {str}:
            position, other = next((i, word) for i, word in enumerate(words) if not isinstance(word, str))
            self.refuse((trace, position), f"{what} is a text, not {_json_word(other)}")

    def _text(self, raw: dict[str, Any], key: str, trace: Trace) -> str:
        value = raw.get(key)
        if type(value) is not str:
            value = self._part(raw, key, trace)
            self.refuse((trace, key), f"`{key}` must be a text, not {_json_word(value)}")
        return value

    def _list(self, raw: dict[str, Any], key: str, trace: Trace) -> list[Any]:
        value = raw.get(key)
        if type(value) is not list:
            value = self._part(raw, key, trace)
            self.refuse((trace, key), f"`{key}` must be a list, not {_json_word(value)}")
        return value

    def _part(self, raw: dict[str, Any], key: str, trace: Trace) -> Any:
        if key not in raw:
            self.refuse(trace, f"`{key}` is missing")
        return raw[key]


def _plain(value: Any) -> Node | None:
    """The node of a type that names nothing, where it is one of the most common; texts are looked up before."""
    if type(value) is list:
        if len(value) == 2 and type(value[0]) is str and type(value[1]) is str:
            return _PLAIN_PAIRS.get((value[0], value[1]))
    elif type(value) is dict and len(value) <= 2 and type(kind := value.get("type")) is str:
        if len(value) == 1:
            return _PLAIN.get(kind)
        if type(logical := value.get("logicalType")) is str:
            return _PLAIN_LOGICAL.get((kind, logical))
    return None


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
                node.types = settled(node.types)
    return roots


def _unknown(name: str) -> str:
    if name in _Reader.complex_kinds:
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
