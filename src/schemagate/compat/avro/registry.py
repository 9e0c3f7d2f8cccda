"""What will a registry answer about a pair of Avro schemas? Exactly what the check of Apache Avro for Java 1.12 says.

Registries run that check, so its peculiarities are kept here and nowhere else:

* Simple names compare, namespaces do not; logical types, the values of defaults and docs are ignored.
* Inside a union every branch is tried on its own: only `MISSING_UNION_BRANCH` is reported, and paths below start anew.
* Answers about two named types are kept, with the paths of their first visit. A pair in progress counts as compatible,
  and what was concluded from that is kept as well (wrong as soon as a union gives a second chance).
* A field of the reader that matches two fields of the writer, by name and alias, makes the check throw.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import Final, TypeAlias

from schemagate.compat.verdicts import RegistryAnswer, RegistryVerdict
from schemagate.schema.avro import AvroSchema
from schemagate.schema.avro.nodes import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Named,
    Node,
    Record,
    Union,
    altered,
)

_READ_BY: Final = {
    "int": ("int", "long", "float", "double"),
    "long": ("long", "float", "double"),
    "float": ("float", "double"),
    "string": ("string", "bytes"),
    "bytes": ("bytes", "string"),
}
"""Which kinds read a written kind; every other kind is read by itself only."""

_MOST_PAIRS: Final = 100_000
_MOST_QUESTIONS: Final = 5_000_000  # Java keeps all answers; beyond this its memory and its time are anybody's guess
_WIDEST: Final = 100  # of wider unions only the records that fit by name are tried: the answer is the same

_Changes: TypeAlias = tuple[str, ...]
_Question: TypeAlias = Generator["_Question", _Changes, _Changes]
"""A comparison under way: it yields the comparisons that it needs, is sent their changes, and returns its own."""


def judge(reader: AvroSchema, writer: AvroSchema) -> RegistryVerdict:
    """The registry's answer and its changes, `TYPE /path` with Java's pointer into the reader, in Java's order.

    `may-fail` names Java's exception instead: an ambiguous alias, a name with two definitions, or a comparison that is
    too large to be sure of the server.
    """
    if reader.contested or writer.contested:
        return _may_fail("SchemaParseException /")
    try:
        found = _answer(_Check(recursive=reader.recursive and writer.recursive).changes(reader.root, writer.root, ""))
    except _ServerFailsError as failure:
        return _may_fail(str(failure))
    changes = tuple(dict.fromkeys(found))  # all of them refuse: the check knows no harmless change
    return RegistryVerdict(RegistryAnswer.REJECT if changes else RegistryAnswer.ACCEPT, changes, changes)


def _may_fail(why: str) -> RegistryVerdict:
    return RegistryVerdict(RegistryAnswer.MAY_FAIL, (why,), (why,))


class _ServerFailsError(Exception):
    """Java would throw, or we cannot know; the text is the exception and the pointer."""


class _Check:
    """One run. `recursive`: both schemas are, for only then can a pair be met while it is in progress."""

    def __init__(self, *, recursive: bool) -> None:
        self.recursive = recursive
        self.kept: dict[tuple[Node, Node], _Changes] = {}  # of named types
        self.questions = 0

    def changes(self, reader: Node, writer: Node, at: str) -> _Question:
        """The incompatibilities of a pair; the answer about two named types is kept."""
        if not (isinstance(reader, Named) and isinstance(writer, Named)):
            return (yield from self._compared(reader, writer, at))
        if len(self.kept) > _MOST_PAIRS:
            raise _ServerFailsError("OutOfMemoryError /")
        found = self.kept.get((reader, writer))
        if found is None:
            self.kept[reader, writer] = ()  # in progress: compatible until shown otherwise
            found = self.kept[reader, writer] = yield from self._compared(reader, writer, at)
        return found

    def _compared(self, reader: Node, writer: Node, at: str) -> _Question:
        match reader, writer:
            case _, Union():
                return (yield from self._every_branch(reader, writer, at))
            case Union(), _:
                accepted = yield from self._accepts(reader, writer)
                return () if accepted else (_change("MISSING_UNION_BRANCH", at),)
            case Record(), Record():
                inner = yield from self._record(reader, writer, f"{at}/fields")
                return _name_change(reader, writer, at) + inner
            case Array(), Array():
                return (yield self.changes(reader.items, writer.items, f"{at}/items"))
            case Map(), Map():
                return (yield self.changes(reader.values, writer.values, f"{at}/values"))
            case Enum(), Enum():
                return _name_change(reader, writer, at) + _symbols(reader, writer, at)
            case Fixed(), Fixed():
                return _name_change(reader, writer, at) + _size(reader, writer, at)
        fits = reader.kind in _READ_BY.get(writer.kind, (writer.kind,))
        return () if fits else (_change("TYPE_MISMATCH", at),)

    def _every_branch(self, reader: Node, union: Union, at: str) -> _Question:
        found: list[str] = []
        for position, branch in enumerate(union.branches):
            place = f"{at}/{position}"
            if not isinstance(reader, Union):
                found += yield self.changes(reader, branch, place)
            elif not (yield from self._accepts(reader, branch)):
                found.append(_change("MISSING_UNION_BRANCH", place))
        return tuple(found)

    def _accepts(self, union: Union, writer: Node) -> Generator[_Question, _Changes, bool]:
        if isinstance(writer, Union):  # against the specification; each branch on its own
            for branch in writer.branches:
                if not (yield from self._accepts(union, branch)):
                    return False
            return True
        for branch in self._worth_asking(union, writer):
            self.questions += 1
            if self.questions > _MOST_QUESTIONS:
                raise _ServerFailsError("OutOfMemoryError /")
            found = self.kept.get((branch, writer))  # mostly known, in unions of many records
            if not ((yield self.changes(branch, writer, "")) if found is None else found):
                return True
        return False

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

    def _record(self, reader: Record, writer: Record, at: str) -> _Question:
        found: list[str] = []
        by_text = not self.recursive and reader.namespace == writer.namespace
        for field in map(reader.field, altered(reader, writer, by_text=by_text)):
            source = _source(field, writer, at)
            if source is not None:
                found += yield self.changes(field.type, source.type, f"{at}/{field.position}/type")
            elif "default" not in field.raw:
                found += yield from self._missing(field, writer, f"{at}/{field.position}")
        return tuple(dict.fromkeys(found))  # what a shared type holds would double on every level

    def _missing(self, field: Field, writer: Record, at: str) -> _Question:
        if isinstance(field.type, Enum) and field.type.default is not None:
            # Java compares the enum with the whole record here, and so reports a mismatch of types.
            return (yield self.changes(field.type, writer, f"{at}/type"))
        return (_change("READER_FIELD_MISSING_DEFAULT_VALUE", at),)


def _answer(question: _Question) -> _Changes:
    """Ask, with the open questions on a list: on the interpreter's stack, recursive types would overflow it."""
    open_questions = [question]
    changes: _Changes | None = None  # what a new generator must be sent
    while True:
        try:
            question = open_questions[-1].send(changes)  # type: ignore[arg-type]  # None starts it
        except StopIteration as answered:
            changes = answered.value
            open_questions.pop()
            if not open_questions:
                return answered.value  # type: ignore[no-any-return]  # what a _Question returns
        else:
            open_questions.append(question)
            changes = None


def _source(field: Field, writer: Record, at: str) -> Field | None:
    matches = [found for name in (field.name, *field.aliases) if (found := writer.field_named(name)) is not None]
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
