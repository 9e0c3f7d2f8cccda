"""Does every value of a field arrive as itself? Two fields with one number, type, label, presence and default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from schemagate.compat.protobuf.data import repairs, rules, scalars
from schemagate.compat.protobuf.data.problem import Event, Problem, Way
from schemagate.compat.protobuf.data.scalars import Loss
from schemagate.compat.protobuf.data.witness import Events
from schemagate.compat.verdicts import Answer
from schemagate.findings import Rule, Severity
from schemagate.schema.protobuf.nodes import Enum, Field, Kind, Label, Message


class Pair(NamedTuple):
    """A message of the reader and what the writer writes in its place, with the way there."""

    reader: Message
    writer: Message
    way: Way


class Outcome(NamedTuple):
    """What happens to the values of one scalar type under another: a loss, and enum numbers without a name."""

    loss: Loss | None
    unnamed: tuple[int, ...]


class Both(NamedTuple):
    """Two fields with one number, in their messages; `outcomes` remembers what was found for two types."""

    reads: Events
    writes: Events
    pair: Pair
    reader: Field
    writer: Field
    outcomes: dict[tuple[str, ...], Outcome]

    def outcome(self) -> Outcome:
        """What happens to the scalars of these two fields."""
        reader, writer = self.reader, self.writer
        key = (reader.kind, reader.type_name, writer.kind, writer.type_name)
        if key not in self.outcomes:
            reads, writes = self.reads.enum(reader), self.writes.enum(writer)
            known = reads.names if reads is not None else {}
            unnamed = () if writes is None else tuple(number for number in writes.names if number not in known)
            self.outcomes[key] = Outcome(scalars.loss(reader, reads, writer, writes), unnamed)
        return self.outcomes[key]

    def problem(self, rule: Rule, answer: Answer, says: str, *, fix: str = "", shows: Event | None = None) -> Problem:
        """A problem of this field; by default the repair is to keep the writer's."""
        fix = fix or repairs.new_field(self.writer, self.pair.reader, self.pair.writer)
        place = (self.reader.pointer, self.writer.pointer)
        severity = Severity.ERROR if answer is Answer.NO else None
        return Problem(rule, answer, *place, self.pair.way, says, fix, self.writer.name, shows, severity)

    @property
    def in_entry(self) -> bool:
        """A part of a map's entry, which is always written."""
        return self.pair.writer.is_entry or self.pair.reader.is_entry


def problems(both: Both) -> Iterator[Problem]:
    """What is lost between two fields, apart from the content of messages that they hold: every reason of its own.

    Whoever accepts one of them, or mends it, is still told the others.
    """
    reader, writer = both.reader, both.writer
    if scalars.wire_type(reader.kind) != scalars.wire_type(writer.kind) or reader.kind.nests != writer.kind.nests:
        yield _another_type(both)  # nothing of it is read as anything
        return
    if not reader.kind.nests:
        yield from _scalar(both)
    yield from _cardinality(both)
    yield from _text(both)
    if not both.in_entry and not writer.repeated and not writer.kind.nests:
        yield from _presence(both)


def _another_type(both: Both) -> Problem:
    says = f"is written as {named(both.writer)} and read as {named(both.reader)}, which looks different on the wire"
    skipped = scalars.wire_type(both.reader.kind) != scalars.wire_type(both.writer.kind)
    says += ": the reader skips it" if skipped and not both.reader.packed and not both.writer.packed else ""
    return both.problem(rules.VALUE_CHANGES_TYPE, Answer.NO, says, shows=_event(both, 1))


def _scalar(both: Both) -> Iterator[Problem]:
    reader, writer = both.reader, both.writer
    reads, writes = both.reads.enum(reader), both.writes.enum(writer)
    lost, unnamed = both.outcome()
    if lost is None:
        yield from _unnamed(both, reads, writes)
        return
    shows: Event = {writer.number: [lost.written] if writer.repeated else lost.written}
    if reads is not None and writes is not None:
        says = (
            f"may hold {_members(writes, unnamed or (int(lost.written),))}, which the reader's enum {reads.path[-1]}"
            " lacks; it is closed, and drops the value"
        )
        fix = f"keep the value in enum {reads.path[-1]}"
        yield both.problem(rules.ENUM_VALUE_REMOVED, Answer.NO, says, fix=fix, shows=shows)
        return
    alike = scalars.family(reader.kind) == scalars.family(writer.kind)
    rule = rules.VALUE_TRUNCATED if alike else rules.VALUE_CHANGES_TYPE
    says = f"is written as {named(writer)} and read as {named(reader)}: {_shown(lost)}"
    refuses = lost.read is None and reader.checks_utf8 and reader.kind is Kind.STRING
    yield both.problem(rule, Answer.NO, says, shows=shows)._replace(refuses=refuses)


def _unnamed(both: Both, reads: Enum | None, writes: Enum | None) -> Iterator[Problem]:
    """Numbers that an open enum of the reader keeps, but has no name for."""
    if reads is None or (both.writer.kind is Kind.BOOL and {0, 1} <= reads.numbers):
        return
    fix = f"keep the names in enum {reads.path[-1]}"
    if writes is None:
        says = f"is any number for the writer, and the reader's enum {reads.path[-1]} has no name for most"
        fix = f"keep `{repairs.declaration(both.writer, both.pair.writer)}`"
    elif missing := both.outcome().unnamed:
        says = (
            f"may hold {_members(writes, missing)}, for which the reader's enum {reads.path[-1]} has no name;"
            " the number is kept"
        )
        fix = f"keep the value, or reserve its number: `{repairs.reserve_enum(reads, missing)}`"
    else:
        return
    yield both.problem(rules.ENUM_VALUE_REMOVED, Answer.YES, says, fix=fix)


def _cardinality(both: Both) -> Iterator[Problem]:
    reader, writer = both.reader, both.writer
    if writer.repeated and not reader.repeated:
        kept = "messages are merged into one" if writer.kind.nests else "the last one is kept"
        if writer.packed:
            kept = "packed numbers are not seen at all"
        says = f"holds any number of values for the writer and one for the reader: {kept}"
        yield both.problem(rules.CARDINALITY_REDUCED, Answer.NO, says, shows=_event(both, 2))
    elif reader.is_map and writer.repeated and not writer.is_map:
        says = "is a list for the writer and a map for the reader: of values with one key the last one is kept"
        twice = both.writes.smallest(both.writes.target(writer))
        yield both.problem(rules.CARDINALITY_REDUCED, Answer.NO, says, shows={writer.number: [twice, twice]})
    elif reader.is_map and not writer.is_map:
        yield from _more_than_an_entry(both)


def _more_than_an_entry(both: Both) -> Iterator[Problem]:
    """Some parsers put an entry aside, as a whole, when it holds anything beside key and value."""
    writer, target = both.writer, both.writes.target(both.writer)
    more = [field for number, field in target.fields.items() if number not in (1, 2)]
    held = next((each for each in more if not each.kind.nests or both.writes.exists(both.writes.target(each))), None)
    if held is None:
        return
    says = f"is a {target.name} for the writer and an entry of a map for the reader, not read with `{held.name}` in it"
    value = both.writes.some(held, 1)
    event = {**both.writes.smallest(target), held.number: value if held.repeated else value[0]}
    yield both.problem(rules.MESSAGE_TYPE_CHANGED, Answer.NO, says, shows={writer.number: event})


def _text(both: Both) -> Iterator[Problem]:
    if both.writer.kind is Kind.STRING is both.reader.kind and both.reader.checks_utf8 and not both.writer.checks_utf8:
        says = "is refused by the reader where it is not UTF-8, which the writer does not check"
        yield both.problem(
            rules.TEXT_CHECKED, Answer.YES, says, fix="make sure that writers put nothing but UTF-8 into it"
        )


def _presence(both: Both) -> Iterator[Problem]:
    reader, writer = both.reader, both.writer
    if reader.repeated:
        if not writer.explicit:
            says = f"is not written when it is {_zero(writer)}, and then the reader's list is empty"
            yield _warning(both, says)
        return
    absent, default = default_of(both.writes, writer), default_of(both.reads, reader)
    if not writer.explicit and default and reader.label is not Label.REQUIRED:
        says = f"is not written when it is {_zero(writer)}, and is read as {default!r} then"
        fix = f"drop the default of `{reader.name}` in the reader, or give the field another number"
        yield both.problem(
            rules.DEFAULT_REPLACES_ZERO, Answer.NO, says, fix=fix, shows={writer.number: scalars.zero(writer.kind)}
        )
    elif absent != default:
        yield _warning(both, f"reads as {default!r} where it was not set, and was {absent!r} for the writer")
    elif reader.explicit != writer.explicit:
        knows, other = ("the writer", "the reader") if writer.explicit else ("the reader", "the writer")
        yield _warning(both, f"can be unset for {knows}, and {other} cannot tell that from {_zero(writer)}")


def _warning(both: Both, says: str) -> Problem:
    fix = f"declare presence and default of `{both.writer.name}` as before"
    return both.problem(rules.DEFAULT_OR_PRESENCE_CHANGED, Answer.YES, says, fix=fix)


def default_of(events: Events, field: Field) -> object:
    """What a reader sees where nothing was written; text of floats and bytes as the compiler prints it."""
    enum = events.enum(field)
    if enum is not None:
        return enum.values[0][1] if field.default is None else enum.by_name[field.default]
    if field.default is None:
        return "" if field.kind is Kind.BYTES else scalars.zero(field.kind)
    match field.kind:
        case Kind.STRING | Kind.BYTES:
            return field.default  # bytes are escaped in it
        case Kind.BOOL:
            return field.default == "true"
        case Kind.FLOAT | Kind.DOUBLE:
            return float(field.default) if field.default != "nan" else "nan"
        case _:
            return int(field.default)


def _event(both: Both, count: int) -> Event:
    """The field with so many values."""
    values = both.writes.some(both.writer, count)
    return {both.writer.number: list(values) if both.writer.repeated else values[0]}


def named(field: Field) -> str:
    """The type of a field, for people."""
    name = "map" if field.is_map else field.type_name.rpartition(".")[2] or field.kind.value
    return f"repeated {name}" if field.repeated and not field.is_map else name


def _shown(lost: Loss) -> str:
    return f"{lost.written!r} is not read" if lost.read is None else f"{lost.written!r} is read as {lost.read!r}"


def _zero(field: Field) -> str:
    return repr(scalars.zero(field.kind))


def _members(enum: Enum, numbers: Sequence[int]) -> str:
    names = enum.names
    shown = [f"{names[number][0]} = {number}" if number in names else f"{number}" for number in numbers[:3]]
    return ", ".join(shown) + (f" and {len(numbers) - 3} more" if len(numbers) > 3 else "")
