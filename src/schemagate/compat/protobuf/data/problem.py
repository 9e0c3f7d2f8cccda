"""What does the walk over two schemas report, and where does it stand? Values that become findings at the end."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from schemagate.compat.protobuf.data.scalars import Scalar
from schemagate.compat.verdicts import Answer
from schemagate.findings import Rule, Severity
from schemagate.schema.protobuf.nodes import Field, Message

Event: TypeAlias = "dict[int, Value]"
"""Fields of the writer's message by number."""

Value: TypeAlias = "Scalar | Event | list[Scalar | Event]"
"""A list for a repeated field; the entries of a map are messages with 1 (key) and 2 (value)."""


class Way(NamedTuple):
    """How an event of the writer leads to a message: the field that holds it, in the message before."""

    message: Message
    field: Field | None = None
    before: Way | None = None

    def steps(self) -> list[Way]:
        """From the root on."""
        found: list[Way] = []
        way: Way | None = self
        while way is not None:
            found.append(way)
            way = way.before
        return found[::-1]

    def __str__(self) -> str:
        """The place in the event, for people: `Order.lines[].price`."""
        first, *steps = self.steps()
        path = first.message.name
        for step in steps:
            if step.field is not None and not (step.before and step.before.message.is_entry):
                path += f".{step.field.name}" + ("{}" if step.field.is_map else "[]" if step.field.repeated else "")
        return path


class Problem(NamedTuple):
    """Something to tell about a message, or one of its fields.

    `says` continues a sentence whose subject is the place, followed by `part` (a field's name). `shows` are the fields
    of the writer's message that make an event show it, None where no event can; `shown_at` is where that message
    stands, if not at the place.
    """

    rule: Rule
    answer: Answer
    reader: str
    writer: str
    way: Way
    says: str
    fix: str
    part: str = ""
    shows: Event | None = None
    severity: Severity | None = None
    shown_at: Way | None = None
    refuses: bool = False
    """A parser fails; whatever else does not fit is skipped, or taken for another value."""
    as_json: bool = False
    """It is about JSON payloads: names count, and bytes show nothing."""

    @property
    def subject(self) -> str:
        """The place, for people."""
        return f"{self.way}.{self.part}" if self.part else str(self.way)
