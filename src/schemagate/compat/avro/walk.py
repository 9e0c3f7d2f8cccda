"""Can the reader read what the writer wrote, by the specification 1.12? Pair of named types by pair, over both schemas.

Recursion is a greatest fixpoint: every pair counts as readable until it is compared, and a pair is compared again when
the answer about one that it uses got worse. (Published checkers keep what they concluded from an assumption that later
turned out wrong, and so accept pairs that no decoder reads.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from schemagate.compat.avro import rules
from schemagate.compat.avro.meaning import READ_BY, value_changes
from schemagate.compat.avro.names import name_problems
from schemagate.compat.avro.problem import Into, Pair, Place, Problem, Told, Use, distinct
from schemagate.compat.avro.record import record_problems
from schemagate.compat.avro.union import candidates
from schemagate.compat.verdicts import Answer, TooLargeError
from schemagate.schema.avro.nodes import Array, AvroSchema, Enum, Fixed, Map, Named, Node, Primitive, Record, Union

_MOST_COMPARISONS: Final = 50_000
"""Comparisons of two types; a schema of a thousand fields needs some thousand."""


class Walk:
    """What is known about the pairs of two schemas; `None` stands for the two roots.

    `told`: what the last comparison of a pair said, seen from the pair. `answers` follow from it and from the answers
    about the pairs that it uses. `users`: who must be compared again when an answer gets worse.
    """

    def __init__(self, reader: AvroSchema, writer: AvroSchema) -> None:
        self.reader, self.writer = reader, writer
        self.contested = reader.contested | writer.contested
        self.told: dict[Pair | None, list[Told]] = {}
        self.answers: dict[Pair | None, Answer] = {}
        self.users: dict[Pair, set[Pair | None]] = {}
        self.new: list[Pair] = []
        self.current: Pair | None = None
        self.comparisons = 0

    def answer(self) -> Answer:
        """Whether the reader can read it all; raises TooLargeError."""
        try:
            self._settle(self.reader.root, self.writer.root)
        except RecursionError:  # types without names nest by the hundred
            raise TooLargeError from None
        return self.answers.get(None, Answer.YES)

    def _settle(self, reader: Node, writer: Node) -> None:
        """Compare until no answer gets worse."""
        again: dict[Pair | None, None] = {None: None}  # in order, each once
        while self.new or again:
            self.current = pair = self.new.pop() if self.new else next(iter(again))
            again.pop(pair, None)
            said = self.incompatibilities(reader, writer, Place()) if pair is None else self._within(*pair)
            told = self.told[pair] = list(said)
            answer = self._worst(told)
            if answer > self.answers.get(pair, Answer.YES):
                self.answers[pair] = answer
                again.update(dict.fromkeys(self.users[pair] if pair else ()))

    def problems(self) -> tuple[Problem, ...]:
        """What there is to tell after the answer: of all pairs in use, each once, on a shortest way from the roots."""
        if all(isinstance(item, Use) and not item.said for told in self.told.values() for item in told):
            return ()
        found: list[Problem] = []
        seen: set[Pair] = set()
        waiting: deque[tuple[Place, list[Told]]] = deque([(Place(), self.told[None])])
        while waiting:
            base, told = waiting.popleft()
            for item in told:
                if isinstance(item, Problem):
                    found.append(item.seen_from(base))
                    continue
                inner = self._defined(item, base)
                found += [problem.seen_from(inner) for problem in item.said]
                if item.pair not in seen:
                    seen.add(item.pair)
                    waiting.append((inner, self.told[item.pair]))
        return distinct(found)

    def _defined(self, use: Use, base: Place) -> Place:
        """Where the types of a pair are defined; one of another text has its place where it is used."""
        used = use.place.seen_from(base)
        reader, writer = self.reader.pointer_of(use.pair[0]), self.writer.pointer_of(use.pair[1])
        return Place(used.reader if reader is None else reader, used.writer if writer is None else writer, used.steps)

    def _worst(self, told: Iterable[Told]) -> Answer:
        """The answer that follows. A pair that nobody asked for gets its turn; who asks is told when it gets worse."""
        worst = Answer.YES
        for item in told:
            if isinstance(item, Problem):
                worst = max(worst, item.answer)
                continue
            worst = max(worst, self.answers.get(item.pair, Answer.YES), *(problem.answer for problem in item.said))
            if item.pair not in self.users:
                self.users[item.pair] = set()
                self.new.append(item.pair)
            self.users[item.pair].add(self.current)
        return worst

    def incompatibilities(self, reader: Node, writer: Node, at: Place) -> Iterator[Told]:
        """What there is to tell about two types, wherever they stand; two named ones are left to their own turn."""
        if isinstance(writer, Union):
            yield from self._every_branch(reader, writer, at)
        elif isinstance(reader, Union):
            yield from self._one_branch(reader, writer, at, None)
        else:
            yield from self._plain(reader, writer, at, in_union=False)

    def _every_branch(self, reader: Node, union: Union, at: Place) -> Iterator[Told]:
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

    def _one_branch(self, union: Union, writer: Node, at: Place, among: Union | None) -> Iterator[Told]:
        choice = candidates(union, writer, among)
        if not choice.positions:
            why = "the reader's union has no branch for it"
            if isinstance(writer, Record) and union.with_key("record"):
                why += " (Java's decoder may take another record whose fields fit)"
            yield _lacking(writer, why, at)
            return
        tried = [self._tried(union, position, writer, at) for position in choice.positions]
        answers = [self._worst(found) for found in tried]
        taken = answers.index(min(answers))
        yield from tried[taken]
        rivals = choice.rivals if answers[taken] is Answer.YES else choice.others
        answers += [self._worst(self._tried(union, position, writer, at)) for position in rivals]
        if len(set(answers)) > 1 or choice.is_lossy:
            yield _choosing(union, choice.positions[taken], at)

    def _tried(self, union: Union, position: int, writer: Node, at: Place) -> tuple[Told, ...]:
        branch, place = union.branches[position], at.at(position)
        if isinstance(branch, Union):  # against the specification
            return tuple(self._one_branch(branch, writer, place, None))
        return tuple(self._plain(branch, writer, place, in_union=True))

    def _plain(self, reader: Node, writer: Node, at: Place, *, in_union: bool) -> Iterator[Told]:
        """Neither is a union."""
        self.comparisons += 1
        if self.comparisons > _MOST_COMPARISONS:
            raise TooLargeError
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

    def _named(self, reader: Named, writer: Named, at: Place, *, in_union: bool) -> Iterator[Told]:
        if self.contested and (contested := {reader.name, writer.name} & self.contested):
            yield _undecided(min(contested), at)
            return
        said = () if reader.name == writer.name else tuple(name_problems(reader, writer, in_union=in_union))
        yield Use((reader, writer), at, said)

    def _within(self, reader: Named, writer: Named) -> Iterator[Told]:
        at = Place()
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
