"""Where do reader and writer meet, and what is lost there? Messages in pairs, from every possible payload on.

A pair of messages reads well when all its fields do, and there is never a choice: so each pair is looked at once, at
the shortest way that leads to it, and types that hold each other need no special care.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from itertools import combinations
from typing import Final, NamedTuple

from schemagate.compat.protobuf.data import evolution, fields, repairs, rules
from schemagate.compat.protobuf.data.fields import Both, Outcome, Pair
from schemagate.compat.protobuf.data.problem import Event, Problem, Way
from schemagate.compat.protobuf.data.witness import Events
from schemagate.compat.verdicts import Answer, TooLargeError
from schemagate.findings import Severity
from schemagate.schema.protobuf.nodes import Enum, Label, Message, ProtobufSchema

MOST_FIELDS: Final = 200_000
"""Fields that are compared before we give up; types that differ everywhere meet in as many pairs as there are."""

_Names = tuple[str, str]


class _Renamed(NamedTuple):
    """A field whose messages have different names: what its content breaks is told at the field, too."""

    both: Both
    child: _Names


class Walk:
    """One comparison; `problems` may be asked once."""

    def __init__(
        self, reader: ProtobufSchema, writer: ProtobufSchema, *, reader_is_new: bool, roots: Collection[str] = ()
    ) -> None:
        """`roots` are the messages that are payloads, by full name or by names from the file's top level."""
        self.reads, self.writes = Events(reader), Events(writer)
        self.reader_is_new = reader_is_new
        self.payloads: list[Pair] = []
        """The payloads that both sides have, once they were walked."""
        self._roots = roots
        self._budget = MOST_FIELDS
        self._ways: dict[_Names, Way] = {}
        self._queue: deque[Pair] = deque()
        self._enums: set[_Names] = set()
        self._outcomes: dict[tuple[str, ...], Outcome] = {}
        self._holds: dict[_Names, list[tuple[_Names, Both]]] = {}
        self._renamed: list[_Renamed] = []

    def problems(self) -> tuple[Problem, ...]:
        """Everything that is to be told, nearest to the payload first; raises TooLargeError."""
        found = list(_package(self.reads.schema, self.writes.schema))
        broken: dict[_Names, Problem] = {}
        for root in _roots(self.writes.schema, self._roots):
            found += self._root(root)
            while self._queue:
                pair = self._queue.popleft()
                for problem in self._pair(pair):
                    found.append(problem)
                    if problem.answer is Answer.NO:
                        broken.setdefault(_names(pair.reader, pair.writer), problem)
        return (*found, *self._renamed_problems(broken))

    def _root(self, message: Message) -> Iterator[Problem]:
        """A message may be a payload on its own; where it is declared does not matter to who reads it."""
        reader = self.reads.schema.own_message(".".join(message.path))
        reader = reader or self.reads.schema.all_messages.get(message.full_name)
        if not self.writes.exists(message):
            return
        if reader is not None:
            self.payloads.append(Pair(reader, message, Way(message)))
            self._meet(*self.payloads[-1])
            return
        says = "is a possible payload, and the reader has no such message"
        fix = f"keep message {message.name}"
        place = ("", message.pointer)
        yield Problem(rules.PAYLOAD_ROOT_REMOVED, Answer.NO, *place, Way(message), says, fix, shows={}, refuses=True)

    def _meet(self, reader: Message, writer: Message, way: Way) -> None:
        names = _names(reader, writer)
        if names not in self._ways:
            self._ways[names] = way
            self._queue.append(Pair(reader, writer, way))

    def _pair(self, pair: Pair) -> Iterator[Problem]:
        reader, writer = pair.reader, pair.writer
        self._budget -= 1 + len(writer.fields)
        if self._budget < 0:
            raise TooLargeError
        if reader.is_set != writer.is_set:
            yield self._another_format(pair)
            return
        for number, field in writer.fields.items():
            if number not in reader.fields or (not field.type_name and reader.fields[number] == field):
                continue  # what one side does not know is fine, and what is written as it is read, too
            both = Both(self.reads, self.writes, pair, reader.fields[number], field, self._outcomes)
            if not field.kind.nests or self.writes.exists(self.writes.target(field)):
                yield from fields.problems(both)
                yield from self._below(both)
        yield from self._required(pair)
        yield from self._merged(pair)
        yield from _lost_members(pair)
        yield from evolution.of_messages(pair, reader_is_new=self.reader_is_new)

    def _another_format(self, pair: Pair) -> Problem:
        """Extensions, as a message set writes them, are no fields elsewhere; the way back is up to the parser."""
        sides = ["as a message set" if message.is_set else "field by field" for message in (pair.writer, pair.reader)]
        says = f"is written {sides[0]} and read {sides[1]}: `message_set_wire_format` differs"
        fix = f"write the option message_set_wire_format of message {pair.reader.name} as before"
        held = (
            each for number, each in pair.writer.fields.items() if pair.writer.is_set and number in pair.reader.fields
        )
        field = next((each for each in held if self.writes.exists(self.writes.target(each))), None)
        shows: Event | None = {field.number: self.writes.some(field, 1)[0]} if field is not None else None
        place = (pair.reader.pointer, pair.writer.pointer)
        return Problem(rules.VALUE_CHANGES_TYPE, Answer.NO, *place, pair.way, says, fix, shows=shows)

    def _below(self, both: Both) -> Iterator[Problem]:
        """Go on with what a field holds."""
        reader, writer, pair = both.reader, both.writer, both.pair
        if reader.kind is writer.kind and reader.kind.nests:
            child = (self.reads.target(reader), self.writes.target(writer))
            self._meet(*child, Way(child[1], writer, pair.way))
            names = _names(*child)
            self._holds.setdefault(names, []).append((_names(pair.reader, pair.writer), both))
            if child[0].path != child[1].path and not (child[0].is_entry or child[1].is_entry):
                self._renamed.append(_Renamed(both, names))
            return
        reads, writes = self.reads.enum(reader), self.writes.enum(writer)
        if reads is not None and writes is not None and _new(self._enums, reads, writes):
            yield from evolution.of_enums(reads, writes, pair.way, writer.name, reader_is_new=self.reader_is_new)

    def _required(self, pair: Pair) -> Iterator[Problem]:
        for number, field in pair.reader.fields.items():
            if field.label is not Label.REQUIRED:
                continue
            other = pair.writer.fields.get(number)
            if other is None or other.label is not Label.REQUIRED:
                says = f"lacks `{field.name}`, which the reader requires and the writer may leave out"
                fix = f"declare `{field.name}` optional in the reader"
                place = (field.pointer, other.pointer if other else pair.writer.pointer)
                yield Problem(rules.REQUIRED_CHANGED, Answer.NO, *place, pair.way, says, fix, shows={}, refuses=True)

    def _merged(self, pair: Pair) -> Iterator[Problem]:
        """Two fields that the writer may set together, in one oneof of the reader."""
        for oneof in pair.reader.oneofs:
            members = [
                pair.writer.fields[number]
                for number, field in pair.reader.fields.items()
                if field.oneof == oneof and number in pair.writer.fields and not pair.writer.fields[number].repeated
            ]
            members = [
                field for field in members if not field.kind.nests or self.writes.exists(self.writes.target(field))
            ]
            by_source = {field.oneof or field.number: field for field in members}
            for one, other in combinations(list(by_source.values())[:2], 2):
                says = (
                    f"may have both `{one.name}` and `{other.name}`, of which the reader's oneof {oneof} keeps the last"
                )
                fix = f"keep them outside of oneof {oneof}, as they were"
                shows: Event = {each.number: self.writes.some(each, 1)[0] for each in (one, other)}
                place = (f"{pair.reader.pointer}/{oneof}", pair.writer.pointer)
                yield Problem(rules.ONEOF_MERGES_FIELDS, Answer.NO, *place, pair.way, says, fix, shows=shows)

    def _renamed_problems(self, broken: dict[_Names, Problem]) -> Iterator[Problem]:
        """Fields that hold another message whose content does not fit, shown by what breaks inside."""
        toward: dict[_Names, Both | None] = dict.fromkeys(broken)
        queue = deque(broken)
        while queue:
            child = queue.popleft()
            for parent, both in self._holds.get(child, ()):
                if parent not in toward:
                    toward[parent] = both
                    queue.append(parent)
        for both, child in self._renamed:
            if child not in toward:
                continue
            reader, writer = self.reads.target(both.reader), self.writes.target(both.writer)
            way, here = Way(writer, both.writer, both.pair.way), child
            while (step := toward[here]) is not None:
                target = self.writes.target(step.writer)
                way, here = Way(target, step.writer, way), _names(self.reads.target(step.reader), target)
            cause = broken[here]._replace(way=way)
            says = f"is a {writer.name} for the writer, a {reader.name} for the reader: {cause.subject} {cause.says}"
            fix = repairs.new_field(both.writer, both.pair.reader, both.pair.writer)
            place = (both.reader.pointer, both.writer.pointer)
            yield Problem(
                rules.MESSAGE_TYPE_CHANGED,
                Answer.NO,
                *place,
                both.pair.way,
                says,
                fix,
                both.writer.name,
                shown_at=way,
                shows=cause.shows,
                refuses=cause.refuses,
            )


def _roots(schema: ProtobufSchema, named: Collection[str]) -> list[Message]:
    """The messages that are named, or all top-level messages of a file that has none of them.

    Those that others hold come last, so that events are shown whole.
    """
    if found := [message for name in named if (message := schema.own_message(name)) is not None]:
        return found
    held = {field.type_name for message in schema.all_messages.values() for field in message.fields.values()}
    return sorted(schema.messages, key=lambda message: message.full_name in held)


def _names(reader: Message, writer: Message) -> _Names:
    return reader.full_name, writer.full_name


def _new(seen: set[_Names], reader: Enum, writer: Enum) -> bool:
    names = (reader.full_name, writer.full_name)
    is_new = names not in seen
    seen.add(names)
    return is_new


def _lost_members(pair: Pair) -> Iterator[Problem]:
    """Members of a oneof that the reader lacks, where it knows others."""
    for oneof in pair.writer.oneofs:
        members = [field for field in pair.writer.fields.values() if field.oneof == oneof]
        known = [field for field in members if field.number in pair.reader.fields]
        if not known or not pair.reader.fields[known[0].number].oneof:
            continue
        for field in members:
            if field.number not in pair.reader.fields:
                says = f"is a member of oneof {oneof} that the reader lacks: it sees none set"
                fix = f"write `{repairs.declaration(field, pair.writer)}` into oneof {oneof}"
                place = (f"{pair.reader.pointer}/{pair.reader.fields[known[0].number].oneof}", field.pointer)
                yield Problem(rules.ONEOF_MEMBER_REMOVED, Answer.YES, *place, pair.way, says, fix, field.name)


def _package(reader: ProtobufSchema, writer: ProtobufSchema) -> Iterator[Problem]:
    if reader.package == writer.package or not writer.messages:
        return
    uses_any = any("google.protobuf.Any" in schema.all_messages for schema in (reader, writer))
    packages = [schema.package or "(none)" for schema in (writer, reader)]
    says = f"belongs to package {packages[0]} for the writer, and to {packages[1]} for the reader"
    says += "; an Any names its content with the package" if uses_any else "; bytes do not hold names"
    severity = None if uses_any else Severity.NOTE
    root = writer.messages[0]
    yield Problem(
        rules.PACKAGE_CHANGED,
        Answer.YES,
        "",
        "",
        Way(root),
        says,
        f"write `package {writer.package};`" if writer.package else "drop the package",
        severity=severity,
    )
