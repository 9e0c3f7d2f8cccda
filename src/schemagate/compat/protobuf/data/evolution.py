"""Do numbers keep their meaning over time? Names, reservations and removals, which no decoder ever notices.

These rules are about an old and a new schema, whoever reads: a released number must never come back as something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from schemagate.compat.protobuf.data import repairs, rules
from schemagate.compat.protobuf.data.fields import Pair
from schemagate.compat.protobuf.data.problem import Problem, Way
from schemagate.compat.verdicts import Answer
from schemagate.findings import Rule
from schemagate.schema.protobuf.nodes import Enum, Field, Message, Ranges

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_ALIKE = 0.75
"""So much of two names is equal when one is a correction of the other."""


def of_messages(pair: Pair, *, reader_is_new: bool) -> Iterator[Problem]:
    """Names, reservations and removals of two messages in one place."""
    old, new = (pair.writer, pair.reader) if reader_is_new else (pair.reader, pair.writer)
    if old.is_entry or new.is_entry:
        return
    told = _Told(pair.way, pair.reader.pointer, pair.writer.pointer)
    for number, field in old.fields.items():
        if field.is_extension:
            continue
        other = new.fields.get(number)
        if other is None:
            yield from _removed(told, new, field)
        elif other.name != field.name:
            yield _other_name(pair, field, other, renamed=is_rename(old, new, number))
    yield from _dropped(told, f"message {new.name}", old.reserved, new.reserved)


def of_enums(reader: Enum, writer: Enum, way: Way, part: str, *, reader_is_new: bool) -> Iterator[Problem]:
    """The same for two enums; a missing number is told with the field that may hold it."""
    old, new = (writer, reader) if reader_is_new else (reader, writer)
    told = _Told(way, reader.pointer, writer.pointer, part)
    before, after = old.names, new.names
    everywhere = {name for name, _ in new.values}
    for number, names in before.items():
        others = after.get(number)
        if others is None or set(names) & set(others):
            continue
        is_rename = not set(names) & everywhere and alike(names[0], others[0])
        rule = rules.RENAMED if is_rename else rules.NUMBER_REUSED
        says = f"may hold {number}, which was {names[0]} and is {others[0]} now, in enum {new.path[-1]}"
        fix = f"keep `{names[0]} = {number};`, and give {others[0]} a number of its own"
        yield told.problem(rule, says, fix, number)
    yield from _dropped(told, f"enum {new.path[-1]}", old.reserved, new.reserved)


def alike(one: str, other: str) -> bool:
    """Whether a name seems to be another spelling, an extension or a correction of another."""
    words = [{word.lower() for word in _WORDS.findall(name)} for name in (one, other)]
    if words[0] <= words[1] or words[1] <= words[0]:
        return True
    return SequenceMatcher(None, one.lower(), other.lower()).ratio() >= _ALIKE


class _Told(NamedTuple):
    """Where the problems of one pair of declarations stand."""

    way: Way
    reader: str
    writer: str
    part: str = ""

    def problem(self, rule: Rule, says: str, fix: str, number: int | None = None) -> Problem:
        at = "" if number is None else f"/{number}"
        return Problem(rule, Answer.YES, self.reader + at, self.writer + at, self.way, says, fix, self.part)


def _removed(told: _Told, new: Message, field: Field) -> Iterator[Problem]:
    if new.reserved.holds(field.number):
        return
    says = f"was field {field.number} of message {new.name}; nothing keeps the number from being used again"
    fix = f"write `{repairs.reserve(field)}` into message {new.name}"
    yield told._replace(part=field.name).problem(rules.REMOVED_WITHOUT_RESERVED, says, fix)


def is_rename(old: Message, new: Message, number: int) -> bool:
    """Whether a field with another name seems to be the same field."""
    before, after = old.fields[number], new.fields[number]
    is_gone = all(field.name != before.name for field in new.fields.values())
    return is_gone and _typed(before) == _typed(after) and alike(before.name, after.name)


def _other_name(pair: Pair, field: Field, other: Field, *, renamed: bool) -> Problem:
    reader, writer = pair.reader.fields[field.number], pair.writer.fields[field.number]
    rule = rules.RENAMED if renamed else rules.NUMBER_REUSED
    says = f"is field {field.number}, which was `{field.name}` and is `{other.name}` now"
    number = repairs.next_number(pair.reader, pair.writer)
    fix = f"call it `{field.name}` again; for another meaning, reserve {field.number} and use {number}"
    if renamed:
        says += "; the bytes stay the same, JSON payloads do not"
        fix = f"call it `{field.name}` again, or make sure that nobody reads it as JSON"
    return Problem(rule, Answer.YES, reader.pointer, writer.pointer, pair.way, says, fix, writer.name)


def _typed(field: Field) -> tuple[object, ...]:
    return field.kind, field.type_name.rpartition(".")[2], field.repeated, field.is_map


def _dropped(told: _Told, where: str, before: Ranges, after: Ranges) -> Iterator[Problem]:
    for reserved in before.numbers:
        for first, last in uncovered(reserved, after.numbers):
            shown = str(first) if first == last else f"{first} to {last}"
            says = f"had the number {shown} reserved in {where}, and nothing reserves it any more"
            yield told.problem(rules.RESERVATION_DROPPED, says, f"write `reserved {shown};` into {where} again")


def uncovered(wanted: tuple[int, int], ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The parts of a range of numbers that none of the others holds."""
    first, last = wanted
    for start, end in sorted(ranges):
        if first < start:
            yield first, min(last, start - 1)
        first = max(first, end + 1)
        if first > last:
            return
    yield first, last
