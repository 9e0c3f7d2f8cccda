"""What will a registry answer about a pair of Avro schemas? Exactly what the check of Apache Avro for Java 1.12 says.

Registries run that check, so its peculiarities are kept here and nowhere else:

* Simple names compare, namespaces do not; logical types, the values of defaults and docs are ignored.
* Inside a union every branch is tried on its own: only `MISSING_UNION_BRANCH` is reported, and paths below start anew.
* Answers about two named types are kept, with the paths of their first visit. A pair in progress counts as compatible,
  and what was concluded from that is kept as well (wrong as soon as a union gives a second chance).
* A field of the reader that matches two fields of the writer, by name and alias, makes the check throw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from schemagate.compat.verdicts import RegistryAnswer, RegistryVerdict
from schemagate.schema.avro import AvroSchema
from schemagate.schema.avro.nodes import (
    PRIMITIVES,
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Named,
    Node,
    Record,
    Union,
    is_unchanged,
)

_READ_BY: Final = {
    "int": ("int", "long", "float", "double"),
    "long": ("long", "float", "double"),
    "float": ("float", "double"),
    "string": ("string", "bytes"),
    "bytes": ("bytes", "string"),
}
"""Which kinds read a written kind; every other kind is read by itself only."""

_MOST_PAIRS: Final = 200_000
_DEEPEST: Final = 200
_WIDEST: Final = 100  # of wider unions only the records that fit by name are tried: the answer is the same

_Changes = tuple[str, ...]


def judge(reader: AvroSchema, writer: AvroSchema) -> RegistryVerdict:
    """The registry's answer and its changes, `TYPE /path` with Java's pointer into the reader, in Java's order.

    `may-fail` names Java's exception instead: an ambiguous alias, a name with two definitions, or a comparison that is
    too large or too deep to be sure of the server.
    """
    if reader.contested or writer.contested:
        return _may_fail("SchemaParseException /")
    try:
        found = _Check(recursive=reader.recursive and writer.recursive).changes(reader.root, writer.root, "", 0)
    except _ServerFailsError as failure:
        return _may_fail(str(failure))
    changes = tuple(dict.fromkeys(found))  # all of them count: the check knows no harmless change
    return RegistryVerdict(RegistryAnswer.REJECT if changes else RegistryAnswer.ACCEPT, changes, changes)


def _may_fail(why: str) -> RegistryVerdict:
    return RegistryVerdict(RegistryAnswer.MAY_FAIL, (why,), (why,))


class _ServerFailsError(Exception):
    """Java would throw, or we cannot know; the text is the exception and the pointer."""


class _Check:
    """One run. `recursive`: both schemas are, for only then can a pair be met while it is in progress."""

    def __init__(self, *, recursive: bool) -> None:
        self.recursive = recursive
        self.kept: dict[tuple[Node, Node], _Changes] = {}
        self.visits = 0

    def changes(self, reader: Node, writer: Node, at: str, depth: int) -> _Changes:
        """The incompatibilities of a pair; the answer about two named types is kept."""
        if reader is writer and reader.kind in PRIMITIVES:
            return ()
        self.visits += 1
        if self.visits > _MOST_PAIRS:
            raise _ServerFailsError("OutOfMemoryError /")
        if depth > _DEEPEST:
            raise _ServerFailsError("StackOverflowError /")
        if not (isinstance(reader, Named) and isinstance(writer, Named)):
            return self._compared(reader, writer, at, depth)
        found = self.kept.get((reader, writer))
        if found is None:
            self.kept[reader, writer] = ()  # in progress: compatible until shown otherwise
            found = self.kept[reader, writer] = self._compared(reader, writer, at, depth)
        return found

    def _compared(self, reader: Node, writer: Node, at: str, depth: int) -> _Changes:
        match reader, writer:
            case Union(), Union():
                lacking = (i for i, branch in enumerate(writer.branches) if not self._accepts(reader, branch, depth))
                return tuple(_change("MISSING_UNION_BRANCH", f"{at}/{i}") for i in lacking)
            case _, Union():
                branches = enumerate(writer.branches)
                return _all(self.changes(reader, branch, f"{at}/{i}", depth + 1) for i, branch in branches)
            case Union(), _:
                return () if self._accepts(reader, writer, depth) else (_change("MISSING_UNION_BRANCH", at),)
            case Record(), Record():
                return _name_change(reader, writer, at) + self._record(reader, writer, f"{at}/fields", depth + 2)
            case Array(), Array():
                return self.changes(reader.items, writer.items, f"{at}/items", depth + 1)
            case Map(), Map():
                return self.changes(reader.values, writer.values, f"{at}/values", depth + 1)
            case Enum(), Enum():
                return _name_change(reader, writer, at) + _symbols(reader, writer, at)
            case Fixed(), Fixed():
                return _name_change(reader, writer, at) + _size(reader, writer, at)
        fits = reader.kind in _READ_BY.get(writer.kind, (writer.kind,))
        return () if fits else (_change("TYPE_MISMATCH", at),)

    def _accepts(self, union: Union, writer: Node, depth: int) -> bool:
        if isinstance(writer, Union):  # against the specification; each branch on its own
            return all(self._accepts(union, branch, depth + 1) for branch in writer.branches)
        return any(not self.changes(branch, writer, "", depth + 1) for branch in self._worth_asking(union, writer))

    def _worth_asking(self, union: Union, writer: Node) -> Iterator[Node]:
        """The branches whose answer is not plain from kind and name, and those that leave traces in what is kept."""
        if isinstance(writer, Record) and (self.recursive or len(union.branches) <= _WIDEST):
            wanted: Iterable[str] = ("record",)
        elif isinstance(writer, Named):
            wanted = (f"{writer.kind} {writer.simple_name}", f"{writer.kind} ={writer.name}")
        else:
            wanted = _READ_BY.get(writer.kind, (writer.kind,))
        for key in (*wanted, "union"):
            for position in union.with_key(key):
                yield union.branches[position]

    def _record(self, reader: Record, writer: Record, at: str, depth: int) -> _Changes:
        found: list[str] = []
        written = writer.by_name
        comparable = not self.recursive and reader.namespace == writer.namespace
        for field in reader.fields:
            source = _source(field, written, at) if field.aliases else written.get(field.name)
            if source is None:
                if "default" not in field.raw:
                    found += self._missing(field, writer, f"{at}/{field.position}", depth)
            elif field.type is source.type and field.type.kind in PRIMITIVES:
                continue
            elif not (comparable and is_unchanged(field, source)):
                found += self.changes(field.type, source.type, f"{at}/{field.position}/type", depth)
        return tuple(found)

    def _missing(self, field: Field, writer: Record, at: str, depth: int) -> _Changes:
        if isinstance(field.type, Enum) and field.type.default is not None:
            # Java compares the enum with the whole record here, and so reports a mismatch of types.
            return self.changes(field.type, writer, f"{at}/type", depth)
        return (_change("READER_FIELD_MISSING_DEFAULT_VALUE", at),)


def _source(field: Field, written: dict[str, Field], at: str) -> Field | None:
    matches = [written[name] for name in (field.name, *field.aliases) if name in written]
    if len(matches) > 1:  # also where the alias repeats the field's own name
        raise _ServerFailsError(_change("AvroRuntimeException", f"{at}/{field.position}"))
    return matches[0] if matches else None


def _name_change(reader: Named, writer: Named, at: str) -> _Changes:
    if reader.name == writer.name or reader.simple_name == writer.simple_name or writer.name in reader.aliases:
        return ()
    return (_change("NAME_MISMATCH", f"{at}/name"),)


def _symbols(reader: Enum, writer: Enum, at: str) -> _Changes:
    readable = (
        reader.symbols == writer.symbols or reader.default is not None or set(writer.symbols) <= set(reader.symbols)
    )
    return () if readable else (_change("MISSING_ENUM_SYMBOLS", f"{at}/symbols"),)


def _size(reader: Fixed, writer: Fixed, at: str) -> _Changes:
    return () if reader.size == writer.size else (_change("FIXED_SIZE_MISMATCH", f"{at}/size"),)


def _change(kind: str, at: str) -> str:
    return f"{kind} {at or '/'}"


def _all(parts: Iterable[_Changes]) -> _Changes:
    return tuple(change for part in parts for change in part)
