"""Which (reader, writer) pairs does a level ask for? Written once, for all formats and for the embedded registry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from schemagate.schema.event import Level

T = TypeVar("T")


class Direction(StrEnum):
    """Who reads whose data in a pair."""

    BACKWARD = "backward"  # new reads old
    FORWARD = "forward"  # old reads new


@dataclass(frozen=True, slots=True)
class Pair(Generic[T]):
    """One compatibility question; `old` is whichever side was released before."""

    direction: Direction
    reader: T
    writer: T

    @property
    def old(self) -> T:
        """The released side."""
        return self.writer if self.direction is Direction.BACKWARD else self.reader


def pairs(level: Level, new: T, history: Sequence[T]) -> Iterator[Pair[T]]:
    """The pairs of a level; `history` is oldest first, the pairs come newest first, as registries ask."""
    against = history if level.transitive else history[-1:]
    for old in reversed(against):
        if level.backward:
            yield Pair(Direction.BACKWARD, reader=new, writer=old)
        if level.forward:
            yield Pair(Direction.FORWARD, reader=old, writer=new)
