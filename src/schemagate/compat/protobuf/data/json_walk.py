"""Does every event arrive as JSON, too? By Protobuf's JSON mapping, in which names count and numbers do not.

Events are printed and parsed as the mapping does by default: fields by their JSON names, enums by the names of their
values, and a name that the reader does not know is refused. Where the mapping leaves it to the parser what becomes of a
value, the answer is unknown.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final, NamedTuple

from schemagate.compat.protobuf.data import evolution, json_scalars, repairs, rules
from schemagate.compat.protobuf.data.fields import Pair, default_of, named
from schemagate.compat.protobuf.data.json_scalars import Fate, Side
from schemagate.compat.protobuf.data.problem import Event, Problem, Value, Way
from schemagate.compat.protobuf.data.scalars import Scalar, zero
from schemagate.compat.protobuf.data.walk import MOST_FIELDS
from schemagate.compat.protobuf.data.witness import Events
from schemagate.compat.verdicts import Answer, TooLargeError
from schemagate.findings import Rule, Severity
from schemagate.schema.protobuf.nodes import Field, Label, Message

_WELL_KNOWN: Final = "google.protobuf."
"""Messages below it may have a JSON form of their own."""

_ANY: Final = "google.protobuf.Any"


class _Place(NamedTuple):
    """Where a problem stands."""

    reader: str
    writer: str
    way: Way
    part: str = ""

    def problem(self, rule: Rule, answer: Answer, says: str, fix: str, shows: Event | None = None) -> Problem:
        severity = Severity.ERROR if answer is Answer.NO else None
        return Problem(rule, answer, *self[:3], says, fix, self.part, shows, severity, refuses=True, as_json=True)


class _Both(NamedTuple):
    """Two fields with one name in JSON, in their messages."""

    pair: Pair
    reader: Field
    writer: Field

    def problem(self, rule: Rule, answer: Answer, says: str, shows: Event | None = None, fix: str = "") -> Problem:
        """By default the repair is to keep the writer's field."""
        fix = fix or f"keep `{repairs.declaration(self.writer, self.pair.writer)}`, and give the new field another name"
        place = _Place(self.reader.pointer, self.writer.pointer, self.pair.way, self.writer.name)
        return place.problem(rule, answer, says, fix, shows)


class JsonWalk:
    """One comparison; `problems` may be asked once."""

    def __init__(self, reads: Events, writes: Events, *, ignores_unknown_names: bool) -> None:
        self.reads, self.writes = reads, writes
        self.ignores_unknown_names = ignores_unknown_names
        self._met: set[tuple[str, str]] = set()
        self._queue: deque[Pair] = deque()
        self._budget = MOST_FIELDS

    def problems(self, roots: Iterable[Pair]) -> Iterator[Problem]:
        """Everything that is lost, from the payloads on; raises TooLargeError."""
        for root in roots:
            self._meet(root)
            while self._queue:
                yield from self._pair(self._queue.popleft())

    def _meet(self, pair: Pair) -> None:
        names = (pair.reader.full_name, pair.writer.full_name)
        if names not in self._met:
            self._met.add(names)
            self._queue.append(pair)

    def _pair(self, pair: Pair) -> Iterator[Problem]:
        self._budget -= 1 + len(pair.writer.fields)
        if self._budget < 0:
            raise TooLargeError
        known = _by_json_name(pair.reader)
        counted = Counter(field.json_name for field in pair.writer.fields.values())
        matched: list[_Both] = []
        for field in pair.writer.fields.values():
            if field.kind.nests and not self.writes.exists(self.writes.target(field)):
                continue
            reader = known.get(field.json_name)
            if counted[field.json_name] > 1:
                says = f"is called `{field.json_name}` in JSON, and so is another field: parsers choose"
                fix = f"give `{field.name}` a name of its own"
                place = _Place(pair.reader.pointer, field.pointer, pair.way, field.name)
                yield place.problem(rules.JSON_UNDECIDED, Answer.UNKNOWN, says, fix)
            elif reader is None:
                yield from self._unread(pair, field)
            else:
                matched.append(_Both(pair, reader, field))
                yield from self._field(matched[-1])
        yield from self._required(pair, matched)
        yield from self._merged(pair, matched)

    def _unread(self, pair: Pair, field: Field) -> Iterator[Problem]:
        """A name that the reader does not know."""
        other = pair.reader.fields.get(field.number)
        if other is None and self.ignores_unknown_names and not field.is_extension:
            return
        shows = self._event(field)
        place = _Place(other.pointer if other else pair.reader.pointer, field.pointer, pair.way, field.name)
        if other is not None and evolution.is_rename(pair.writer, pair.reader, field.number):
            says = f"is `{field.json_name}` in JSON for the writer and `{other.json_name}` for the reader"
            fix = f'write `[json_name = "{field.json_name}"]` behind the new name, or call it `{field.name}` again'
            yield place.problem(rules.RENAMED, Answer.NO, says, fix, shows)
            return
        says = f"is called `{field.json_name}` in JSON, a name that the reader does not know"
        says += "" if self.ignores_unknown_names else ": parsers refuse the event"
        fix = f"keep `{repairs.declaration(field, pair.writer)}` in the reader"
        yield place.problem(rules.JSON_NAME_UNKNOWN, Answer.NO, says, fix, shows)

    def _event(self, field: Field, value: Value | None = None) -> Event:
        """The field with a value, by default one that is printed."""
        if value is None:
            value = self.writes.some(field, 1)[0]
        return {field.number: [value] if field.repeated and not isinstance(value, list) else value}

    def _field(self, both: _Both) -> Iterator[Problem]:
        reader, writer = both.reader, both.writer
        if reader.is_map and writer.is_map:
            yield from self._map(both)
            return
        forms = _form(reader), _form(writer)
        if forms[0] == forms[1]:
            always = writer.explicit or writer.repeated
            yield from self._value(both, reader, writer, zero_is_printed=always)
            if not writer.repeated:
                yield from self._zero(both)
        elif {*forms} == {"map", "message"} or self._has_own_form(reader, writer):  # maps and messages are objects
            yield self._left_to_the_parser(both)
        else:
            yield self._another_form(both)

    def _another_form(self, both: _Both, shows: Event | None = None) -> Problem:
        says = f"{_kinds(both)}, which JSON holds differently"
        return both.problem(rules.JSON_FORM_CHANGED, Answer.NO, says, shows or self._event(both.writer))

    @staticmethod
    def _left_to_the_parser(both: _Both) -> Problem:
        says = f"{_kinds(both)}: what is read from its JSON is up to the parser"
        return both.problem(rules.JSON_UNDECIDED, Answer.UNKNOWN, says)

    def _value(self, both: _Both, reader: Field, writer: Field, *, zero_is_printed: bool) -> Iterator[Problem]:
        """One value; `reader` and `writer` are the fields themselves, or the values of maps."""
        if self._has_own_form(reader, writer):
            if reader.type_name != writer.type_name or reader.type_name == _ANY:
                yield self._left_to_the_parser(both)
        elif reader.kind.nests and writer.kind.nests:
            target = self.writes.target(writer)
            self._meet(Pair(self.reads.target(reader), target, self._way(both, writer, target)))
        elif reader.kind.nests or writer.kind.nests:
            yield self._another_form(both, self._shown(both, writer, None))
        else:
            sides = Side(reader, self.reads.enum(reader)), Side(writer, self.writes.enum(writer))
            yield from self._told(both, writer, json_scalars.fate(*sides, zero_is_printed=zero_is_printed), sides)

    def _way(self, both: _Both, writer: Field, target: Message) -> Way:
        way = Way(self.writes.target(both.writer), both.writer, both.pair.way)
        return way if writer is both.writer else Way(target, writer, way)

    def _told(self, both: _Both, writer: Field, fate: Fate, sides: tuple[Side, Side]) -> Iterator[Problem]:
        if fate.answer is Answer.UNKNOWN:
            yield self._left_to_the_parser(both)
        elif fate.answer is Answer.NO:
            reads, writes = sides[0].enum, sides[1].enum
            shows = self._shown(both, writer, fate.shown)
            if reads is not None and writes is not None and fate.shown is not None:
                shown = writes.names.get(int(fate.shown), (str(fate.shown),))[0]
                says = f"may be {shown} in JSON, which the reader's enum {reads.path[-1]} does not know"
                fix = f"keep the value in enum {reads.path[-1]}, by its name"
                yield both.problem(rules.ENUM_VALUE_REMOVED, Answer.NO, says, shows, fix)
            else:
                yield self._another_form(both, shows)

    def _shown(self, both: _Both, writer: Field, value: Scalar | None) -> Event:
        """An event with a value in the field, or in the map that it is the value of."""
        if writer is both.writer:
            return self._event(writer, value)
        held: Value = value if value is not None else self.writes.some(writer, 1)[0]
        entry: Event = {**self.writes.smallest(self.writes.target(both.writer)), writer.number: held}
        return {both.writer.number: [entry]}

    def _map(self, both: _Both) -> Iterator[Problem]:
        reads, writes = self.reads.target(both.reader).fields, self.writes.target(both.writer).fields
        fate = json_scalars.key_fate(reads[1], writes[1])
        if fate.answer is Answer.NO:
            yield self._another_form(both, self._shown(both, writes[1], fate.shown))
            return
        if not writes[2].kind.nests or self.writes.exists(self.writes.target(writes[2])):
            yield from self._value(both, reads[2], writes[2], zero_is_printed=True)

    def _zero(self, both: _Both) -> Iterator[Problem]:
        """What is not printed is read as the default, as in bytes."""
        reader, writer = both.reader, both.writer
        if writer.kind.nests or writer.explicit or reader.kind.nests or reader.label is Label.REQUIRED:
            return
        if default := default_of(self.reads, reader):
            says = f"is not printed when it is {zero(writer.kind)!r}, and is read as {default!r} then"
            fix = f"drop the default of `{reader.name}` in the reader, or give the field another name"
            yield both.problem(rules.DEFAULT_REPLACES_ZERO, Answer.NO, says, {writer.number: zero(writer.kind)}, fix)

    def _required(self, pair: Pair, matched: list[_Both]) -> Iterator[Problem]:
        always = {both.reader.number for both in matched if both.writer.label is Label.REQUIRED}
        for number, field in pair.reader.fields.items():
            if field.label is Label.REQUIRED and number not in always:
                says = f"lacks `{field.json_name}` in JSON, which the reader requires"
                fix = f"declare `{field.name}` optional in the reader"
                place = _Place(field.pointer, pair.writer.pointer, pair.way)
                yield place.problem(rules.REQUIRED_CHANGED, Answer.NO, says, fix, {})

    def _merged(self, pair: Pair, matched: list[_Both]) -> Iterator[Problem]:
        """Two fields that the writer may print together, in one oneof of the reader."""
        for oneof in pair.reader.oneofs:
            inside = [both.writer for both in matched if both.reader.oneof == oneof and not both.writer.repeated]
            by_source = {field.oneof or field.number: field for field in inside}
            for one, other in combinations(list(by_source.values())[:2], 2):
                both = f"both `{one.json_name}` and `{other.json_name}`"
                says = f"may print {both}, which the reader's oneof {oneof} refuses"
                place = _Place(f"{pair.reader.pointer}/{oneof}", pair.writer.pointer, pair.way)
                fix = f"keep them outside of oneof {oneof}, as they were"
                shows = {**self._event(one), **self._event(other)}
                yield place.problem(rules.ONEOF_MERGES_FIELDS, Answer.NO, says, fix, shows)

    @staticmethod
    def _has_own_form(*fields: Field) -> bool:
        """One of them holds messages whose JSON form is their own; a map of them is none."""
        return any(
            field.kind.nests and not field.is_map and field.type_name.startswith(_WELL_KNOWN) for field in fields
        )


def _by_json_name(message: Message) -> dict[str, Field]:
    """Fields by what a parser takes: the JSON name, or the name as it is declared."""
    fields = message.fields.values()
    return {field.name: field for field in fields} | {field.json_name: field for field in fields}


def _kinds(both: _Both) -> str:
    return f"is {named(both.writer)} for the writer and {named(both.reader)} for the reader"


def _form(field: Field) -> str:
    """How JSON holds a field."""
    kind = "message" if field.kind.nests else "scalar"
    return "map" if field.is_map else f"{kind} list" if field.repeated else kind
