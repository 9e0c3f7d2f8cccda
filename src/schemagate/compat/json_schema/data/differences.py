"""What does the walk find: a place where the reader may accept less, and what an event has to look like to show it?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemagate.compat.json_schema.data.nodes import Spot
from schemagate.compat.json_schema.data.rules import DEPENDENCY, DISAGREE
from schemagate.findings import Rule

Step = tuple[str, str | int]
"""How a value hangs in its parent: ("key", name), ("item", index) or ("name", text) for a property's name itself."""


class Frame(NamedTuple):
    """One obligation of the walk: `reader` must accept what satisfies all `writers`; the chain leads to the root."""

    parent: Frame | None
    step: Step | None
    reader: Spot
    writers: tuple[Spot, ...]
    names: tuple[str, ...] = ()
    """Properties that the value has in this case."""

    def case(self, reader: Spot, extra: tuple[Spot, ...] = (), names: tuple[str, ...] = ()) -> Frame:
        """The same value, looked at with another reader, or with more promises of the writer."""
        return Frame(self.parent, self.step, reader, (*self.writers, *extra), (*self.names, *names))

    @property
    def writer_at(self) -> str:
        """The pointer of the writer's place: its own, or that of the nearest parent that the writer describes."""
        side = self.root.writers[0].schema
        frame: Frame | None = self
        while frame is not None:
            for spot in frame.writers:
                if spot.schema is side:
                    return spot.at
            frame = frame.parent
        return ""

    @property
    def tokens(self) -> tuple[str | int, ...]:
        """Where in the event the value hangs."""
        before = self.parent.tokens if self.parent is not None else ()
        return before if self.step is None or self.step[0] == "name" else (*before, self.step[1])

    @property
    def root(self) -> Frame:
        """The obligation that everything started with."""
        frame = self
        while frame.parent is not None:
            frame = frame.parent
        return frame

    @property
    def subject(self) -> str:
        """The field in plain words: `payload.tags[]`; "" is the event itself."""
        if self.parent is None or self.step is None:
            return self.parent.subject if self.parent is not None else ""
        how, where = self.step
        before = self.parent.subject
        if how == "item":
            return f"{before}[]"
        return f"{before}.{where}" if before else str(where)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a value of the writer should be like to be refused by the reader."""

    values: tuple[Any, ...] = ()
    """Values to try first."""
    kind: str | None = None
    names: tuple[str, ...] = ()
    """Properties that it has."""
    without: tuple[str, ...] = ()
    """Properties that it does not have."""
    size: int = 0
    """At least so many items, or properties."""
    repeat: bool = False
    """Two items are equal."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A place that the own rules do not prove. `doubt` is the reason for `unknown` if nothing settles it."""

    rule: Rule
    frame: Frame
    path: str
    message: str
    fix: str
    wish: Wish = field(default_factory=Wish)
    doubt: Rule = DISAGREE
    name: str = ""
    """The property, or the pattern of names, that it is about where its path is about many."""
    repeated: bool = False
    """Stands for all differences of a pair that was told before, at the frame of the pair."""

    @property
    def subject(self) -> str:
        """The field that it is about, in plain words: the place, or the property that is missing there."""
        names = self.wish.without or self.wish.names
        if self.rule is DEPENDENCY and self.name not in names:
            names = (self.name, *names)
        return ".".join(filter(None, [self.frame.subject, *names]))
