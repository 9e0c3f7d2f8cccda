"""Can the reader read what the writer wrote, by the specification 1.12? One walk over both schemas in step.

Recursion is a greatest fixpoint. A pair of named types that is met while it is being compared counts as readable; when
it turns out not to be, the walk is repeated with that knowledge, until no assumption was wrong. (Published checkers
keep what they concluded from a wrong assumption, and so accept pairs that no decoder reads.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from schemagate.compat.avro import rules
from schemagate.compat.avro.meaning import READ_BY, value_changes
from schemagate.compat.avro.names import name_problems
from schemagate.compat.avro.problem import Answer, Into, Place, Problem, distinct, worst
from schemagate.compat.avro.record import record_problems
from schemagate.compat.avro.union import candidates
from schemagate.schema.avro.nodes import Array, AvroSchema, Enum, Fixed, Map, Named, Node, Primitive, Record, Union

_DEEPEST: Final = 64
"""Named types within each other on one way into an event; no event schema comes near."""

_MOST_VISITS: Final = 50_000
"""Comparisons of two types; a schema of a thousand fields needs some thousand."""

_Pair: TypeAlias = tuple[Named, Named]


class TooLargeError(Exception):
    """The walk was given up."""


def problems(reader: AvroSchema, writer: AvroSchema) -> tuple[Problem, ...]:
    """Everything to tell about a pair; raises TooLargeError."""
    walk = _Walk(reader.contested | writer.contested)
    while True:
        walk.start()
        found = distinct(walk.incompatibilities(reader.root, writer.root, Place()))
        if not walk.was_too_optimistic:
            return found


class _Walk:
    """One walk after the other over the same pair.

    `known`: what this walk found out about pairs; `settled`: what earlier walks found out about pairs that they had
    assumed to be better. Both hold problems seen from the pair itself.
    """

    def __init__(self, contested: frozenset[str]) -> None:
        self.contested = contested
        self.settled: dict[_Pair, tuple[Problem, ...]] = {}
        self.visits = 0

    def start(self) -> None:
        """Forget what may rest on wrong assumptions."""
        self.known: dict[_Pair, tuple[Problem, ...]] = {}
        self.open: set[_Pair] = set()
        self.assumed: set[_Pair] = set()
        self.was_too_optimistic = False

    def incompatibilities(self, reader: Node, writer: Node, at: Place) -> Iterator[Problem]:
        """The problems of a pair, wherever it stands."""
        self.visits += 1
        if self.visits > _MOST_VISITS:
            raise TooLargeError
        if isinstance(writer, Union):
            yield from self._every_branch(reader, writer, at)
        elif isinstance(reader, Union):
            yield from self._one_branch(reader, writer, at, None)
        else:
            yield from self._plain(reader, writer, at, in_union=False)

    def _every_branch(self, reader: Node, union: Union, at: Place) -> Iterator[Problem]:
        for position, branch in enumerate(union.branches):
            place = at.down("", f"/{position}", position)
            if isinstance(branch, Union):  # against the specification
                yield from self._every_branch(reader, branch, place)
            elif isinstance(reader, Union):
                yield from self._one_branch(reader, branch, place, union)
            elif reader.kind == branch.kind or reader.kind in READ_BY.get(branch.kind, ()):
                yield from self._plain(reader, branch, place, in_union=False)
            else:
                yield _lacking(branch, f"the reader reads only {_title(reader)}", place)

    def _one_branch(self, union: Union, writer: Node, at: Place, among: Union | None) -> Iterator[Problem]:
        choice = candidates(union, writer, among)
        if not choice.positions:
            yield _lacking(writer, "the reader's union has no branch for it", at)
            return
        tried = [self._tried(union, position, writer, at) for position in choice.positions]
        answers = [worst(found) for found in tried]
        taken = answers.index(min(answers))
        yield from tried[taken]
        rivals = choice.rivals if answers[taken] is Answer.YES else choice.others
        answers += [worst(self._tried(union, position, writer, at)) for position in rivals]
        if len(set(answers)) > 1 or choice.is_lossy:
            yield _choosing(union, choice.positions[taken], at)

    def _tried(self, union: Union, position: int, writer: Node, at: Place) -> tuple[Problem, ...]:
        branch, place = union.branches[position], at.at(position)
        if isinstance(branch, Union):  # against the specification
            return tuple(self._one_branch(branch, writer, place, None))
        return tuple(self._plain(branch, writer, place, in_union=True))

    def _plain(self, reader: Node, writer: Node, at: Place, *, in_union: bool) -> Iterator[Problem]:
        """Neither is a union."""
        match reader, writer:
            case Named(), Named() if reader.kind == writer.kind:
                yield from self._named(reader, writer, at, in_union=in_union)
            case Array(), Array():
                yield from self.incompatibilities(reader.items, writer.items, at.down("/items", "/items", Into.ITEM))
            case Map(), Map():
                yield from self.incompatibilities(
                    reader.values, writer.values, at.down("/values", "/values", Into.VALUE)
                )
            case Primitive(), Primitive() if reader.kind == writer.kind or reader.kind in READ_BY.get(writer.kind, ()):
                yield from value_changes(reader, writer, at)
            case _:
                says = f"is written as {_title(writer)} and read as {_title(reader)}"
                fix = "keep the old field as it was, and add a new one"
                yield Problem(rules.TYPE_CHANGED, at, says, fix)

    def _named(self, reader: Named, writer: Named, at: Place, *, in_union: bool) -> Iterator[Problem]:
        if self.contested and (contested := {reader.name, writer.name} & self.contested):
            yield _undecided(min(contested), at)
            return
        place = _definitions(reader, writer, at)
        if reader.name != writer.name:
            yield from name_problems(reader, writer, place, in_union=in_union)
        for problem in self._pair(reader, writer, place):
            yield problem.seen_from(at)

    def _pair(self, reader: Named, writer: Named, at: Place) -> tuple[Problem, ...]:
        """What lies within two named types, seen from the pair."""
        pair = (reader, writer)
        if pair in self.open:
            self.assumed.add(pair)
            return self.settled.get(pair, ())
        if pair not in self.known:
            if len(self.open) == _DEEPEST:
                raise TooLargeError
            self.open.add(pair)
            found = distinct(self._within(reader, writer, Place(at.reader, at.writer)))
            self.open.discard(pair)
            if pair in self.assumed and worst(found) > worst(self.settled.get(pair, ())):
                self.settled[pair] = found
                self.was_too_optimistic = True
            self.known[pair] = found
        return self.known[pair]

    def _within(self, reader: Named, writer: Named, at: Place) -> Iterator[Problem]:
        match reader, writer:
            case Record(), Record():
                yield from record_problems(reader, writer, at, self.incompatibilities)
            case Enum(), Enum():
                yield from _symbol_problems(reader, writer, at)
            case Fixed(), Fixed() if reader.size == writer.size:
                yield from value_changes(reader, writer, at)
            case Fixed(), Fixed():
                says = f"is written as {writer.size} bytes and read as {reader.size}"
                fix = "add a new type with a new name for the new size"
                yield Problem(rules.FIXED_SIZE_CHANGED, at.at("size"), says, fix)


def _definitions(reader: Named, writer: Named, at: Place) -> Place:
    """Where two types are defined; a type of another text has its place where it is used."""
    in_reader, in_writer = reader.pointer, writer.pointer
    return Place(at.reader if in_reader is None else in_reader, at.writer if in_writer is None else in_writer, at.steps)


def _symbol_problems(reader: Enum, writer: Enum, at: Place) -> Iterator[Problem]:
    if reader.symbols == writer.symbols:
        return
    known = set(reader.symbols)
    missing = [symbol for symbol in writer.symbols if symbol not in known]
    if not missing:
        return
    names = _listed(missing)
    if reader.default is None:
        says = f"may be {names}, which the reader's enum {reader.name} lacks, and it has no default"
        fix = f'keep {names} in {reader.name}, or give the enum a "default"'
        yield Problem(rules.ENUM_SYMBOLS_MISSING, at.at("symbols"), says, fix, leaf=missing[0])
    else:
        says = f"may be {names}, which is read as {reader.default}"
        fix = f"upgrade the readers before {names} is written"
        yield Problem(rules.ENUM_DEFAULT_SWALLOWS, at.at("symbols"), says, fix, leaf=missing[0])


def _lacking(branch: Node, why: str, at: Place) -> Problem:
    fix = f"keep {_title(branch)} as a branch of the union"
    return Problem(rules.UNION_BRANCH_MISSING, at, f"may be {_title(branch)}, and {why}", fix)


def _choosing(union: Union, position: int, at: Place) -> Problem:
    says = (
        f"fits several branches of the reader's union, and not every decoder takes {_title(union.branches[position])}"
    )
    return Problem(rules.DECODERS_CHOOSE_DIFFERENTLY, at, says, "reorder or rename the branches", shown=False)


def _undecided(name: str, at: Place) -> Problem:
    says = f"is a {name}, which has two different definitions"
    return Problem(rules.UNRESOLVED_REFERENCE, at, says, f"define {name} once", shown=False)


def _title(node: Node) -> str:
    """A type for people: its kind, and its name where it has one."""
    match node:
        case Union():
            return f"one of {_listed([_title(branch) for branch in node.branches])}" if node.branches else "nothing"
        case Record() | Enum() | Fixed():
            return f"{node.kind} {node.simple_name}"
    return node.kind


def _listed(words: list[str]) -> str:
    shown = words if len(words) <= 5 else [*words[:4], f"{len(words) - 4} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
