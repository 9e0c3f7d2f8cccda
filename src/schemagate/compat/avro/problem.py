"""What does the walk over a pair report, and where does it stand? Values that become findings at the end."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple, TypeAlias

from schemagate.compat.verdicts import Answer
from schemagate.findings import Rule, Severity
from schemagate.schema import json_text
from schemagate.schema.avro.nodes import Named


class Into(Enum):
    """A step into a list or a map; all items of one are alike."""

    ITEM = "0"
    VALUE = "key"


Step: TypeAlias = str | int | Into
"""One step into an event of the writer: a field's name, the position of a union's branch, or into a list or map."""


class Place(NamedTuple):
    """Where reader and writer are compared: pointers into both texts, and the way into an event of the writer.

    Inside a pair of named types all three start at that pair, so that what was found there can be told from any place
    that leads to it.
    """

    reader: str = ""
    writer: str = ""
    steps: tuple[Step, ...] = ()

    def down(self, reader: str, writer: str, step: Step) -> Place:
        """One step into the event, and on in both texts."""
        return Place(self.reader + reader, self.writer + writer, (*self.steps, step))

    def at(self, *tokens: str | int) -> Place:
        """Further into the reader's text only."""
        return Place(json_text.join(self.reader, *tokens), self.writer, self.steps)

    def seen_from(self, base: Place) -> Place:
        """The same, with what leads to where it starts."""
        return Place(base.reader + self.reader, base.writer + self.writer, base.steps + self.steps)


class Problem(NamedTuple):
    """Something to tell about a place.

    `says` continues a sentence whose subject is the place in the event, followed by `part` (a field's name) where
    given. `leaf` is the raw value at the place that shows it, None for the smallest one; `further` leads to it from the
    place; `shown` is False where no event can. `misread`: it is read, as something else. Problems with equal `topic`
    are told once, by default those with equal pointers.
    """

    rule: Rule
    place: Place
    says: str
    fix: str
    leaf: str | int | bytes | None = None
    part: str = ""
    severity: Severity | None = None
    shown: bool = True
    topic: str = ""
    further: tuple[Step, ...] = ()
    misread: bool = False

    @property
    def answer(self) -> Answer:
        """What it means for the verdict, by the family of its rule."""
        return {"1": Answer.NO, "9": Answer.UNKNOWN}.get(self.rule.id[-3], Answer.YES)

    def seen_from(self, base: Place) -> Problem:
        """The same, with the place of the pair in which it was found."""
        return self._replace(place=self.place.seen_from(base))


Pair: TypeAlias = tuple[Named, Named]
"""A reader's and a writer's type of one kind with names."""


class Use(NamedTuple):
    """The two types at a place are a pair with a turn of its own; `said` is about them as they are met here."""

    pair: Pair
    place: Place
    said: tuple[Problem, ...] = ()


Told: TypeAlias = Problem | Use
"""What a comparison says."""


def distinct(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each thing once, in order of appearance, with the shortest way to it."""
    found: dict[tuple[object, ...], Problem] = {}
    for problem in problems:
        place = problem.place
        key = (problem.rule.id, problem.severity, problem.topic or (place.reader, place.writer, problem.part))
        first = found.setdefault(key, problem)
        if len(place.steps) < len(first.place.steps):
            found[key] = problem
    return tuple(found.values())
