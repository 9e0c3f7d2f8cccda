"""What is a field of an event, and how is its place written?

A path starts at the event's root, `payload.replication_id`; `[]` steps into the items of a list: `payload.lines[].id`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ITEMS: Final = "[]"
"""The step from a list to its items."""

ANY_TYPE: Final = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
"""What a value may be about which nothing is said."""


@dataclass(frozen=True, slots=True)
class Field:
    """`always`: every event has it; `types`: JSON Schema's words, with Avro's logical type behind the word."""

    always: bool
    types: frozenset[str]

    @property
    def sure(self) -> bool:
        """Every event has it, and it is never null."""
        return self.always and "null" not in self.types


def steps(path: str) -> tuple[str, ...]:
    """The steps of a path; none for "", the event itself."""
    found: list[str] = []
    for name in path.split(".") if path else ():
        plain = name
        while plain.endswith(ITEMS):
            plain = plain.removesuffix(ITEMS)
        found += [plain, *[ITEMS] * ((len(name) - len(plain)) // len(ITEMS))]
    return tuple(found)
