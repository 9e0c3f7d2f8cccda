"""What does a registry list for two schemas of one kind that hold values only: strings, numbers, enums?

This is the lowest part of the walk, so the words of the walk are here as well. A function of the walk is a generator:
it yields each `Change` it finds and each `Inner` pair it wants compared, in the server's order, and is sent the outcome
of the inner pair. Whoever runs it keeps the stack, so that no schema is too deep.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from schemagate.compat.json_schema.registry.model import Kind, Node, Number, frozen
from schemagate.schema.json_schema import Draft

Path = tuple[str, ...]


class Change(NamedTuple):
    """A difference at a path below the pair; `crashes`: the server is likely to fail on it."""

    type: str
    path: Path = ()
    crashes: bool = False


class Inner(NamedTuple):
    """A pair to compare. Its changes belong to the list, below `path`; without a path only its outcome is asked for."""

    writer: Node
    reader: Node
    path: Path | None = None


class Outcome(NamedTuple):
    """What is known of a pair: all its changes are allowed, there is none at all, the server is likely to fail."""

    compatible: bool = True
    silent: bool = True
    crashes: bool = False


Walk = Generator[Change | Inner, Outcome, None]

BOUNDS: Final = {
    Kind.STRING: ("maxLength", "minLength"),
    Kind.OBJECT: ("maxProperties", "minProperties"),
    Kind.ARRAY: ("maxItems", "minItems"),
    Kind.NUMBER: ("maximum", "minimum"),
}
"""The limits that are numbers, by kind."""


def shouted(keyword: str) -> str:
    """A keyword as the names of change types spell it: `maxLength` is MAX_LENGTH."""
    return re.sub("([A-Z])", r"_\1", keyword).upper()


def annotation(writer: Node, reader: Node) -> Iterator[Change]:
    """What two schemas say about themselves; absent differs from null."""
    old, new = writer.annotations, reader.annotations
    if old != new:
        for name in ("ID", "TITLE", "DESCRIPTION", "DEFAULT"):
            if old.get(name, ...) != new.get(name, ...):
                yield Change(f"{name}_CHANGED")


def bounds(writer: Node, reader: Node) -> Iterator[Change]:
    """The limits of a kind."""
    for keyword in BOUNDS[writer.kind]:
        yield from bound(keyword, writer.number(keyword), reader.number(keyword))


def bound(keyword: str, writer: Number | None, reader: Number | None) -> Iterator[Change]:
    """One limit."""
    if writer == reader:
        return
    if writer is None or reader is None:
        change = "ADDED" if writer is None else "REMOVED"
    else:
        change = "INCREASED" if reader > writer else "DECREASED"
    yield Change(f"{shouted(keyword)}_{change}", (keyword,))


def string(writer: Node, reader: Node) -> Iterator[Change]:
    """Patterns compare as texts."""
    yield from bounds(writer, reader)
    old, new = writer.text("pattern"), reader.text("pattern")
    if old != new:
        change = "ADDED" if old is None else "REMOVED" if new is None else "CHANGED"
        yield Change(f"PATTERN_{change}", ("pattern",))


def number(writer: Node, reader: Node) -> Iterator[Change]:
    """Bounds, steps, and whether only integers count."""
    yield from bounds(writer, reader)
    yield from _exclusive_maximum(writer, reader)
    yield from bound("exclusiveMinimum", _limit(writer, "exclusiveMinimum"), _limit(reader, "exclusiveMinimum"))
    yield from _steps(writer.number("multipleOf"), reader.number("multipleOf"))
    if writer.integer != reader.integer:
        yield Change("TYPE_NARROWED" if reader.integer else "TYPE_EXTENDED")


def _exclusive_maximum(writer: Node, reader: Node) -> Iterator[Change]:
    """When it is lowered, the server looks at the reader's `maximum` instead, and crashes (HTTP 500) without one."""
    old, new = _limit(writer, "exclusiveMaximum"), _limit(reader, "exclusiveMaximum")
    beside = reader.number("maximum")
    for change in bound("exclusiveMaximum", old, new):
        if old is None or new is None or old < new:
            yield change
        elif beside is None or old > beside:
            yield Change(change.type, change.path, crashes=beside is None)


def _limit(node: Node, keyword: str) -> Number | None:
    """In draft 04 the keyword is a flag on the bound beside it, at which the server never looks."""
    return None if node.model.draft is Draft.D4 else node.number(keyword)


def _steps(writer: Number | None, reader: Number | None) -> Iterator[Change]:
    if writer == reader:
        return
    if writer is None or reader is None:
        change = "ADDED" if writer is None else "REMOVED"
    elif _divides(reader, writer):
        change = "REDUCED"
    elif _divides(writer, reader):
        change = "EXPANDED"
    else:
        change = "CHANGED"
    yield Change(f"MULTIPLE_OF_{change}", ("multipleOf",))


def _divides(step: Number, value: Number) -> bool:
    """In decimals, as written: 0.1 divides 0.3."""
    return step != 0 and Fraction(Decimal(str(value))) % Fraction(Decimal(str(step))) == 0


def enumeration(writer: Node, reader: Node) -> Iterator[Change]:
    """Enums compare as sets."""
    old, new = writer.members, reader.members
    if old != new:
        change = "EXTENDED" if old < new else "NARROWED" if new < old else "CHANGED"
        yield Change(f"ENUM_ARRAY_{change}", ("enum",))


def constant(writer: Node, reader: Node) -> Iterator[Change]:
    """A constant is an enum that can only change. The server crashes (HTTP 500) on a writer's null."""
    old, new = writer.value["const"], reader.value["const"]
    if old is None or frozen(old) != frozen(new):
        yield Change("ENUM_ARRAY_CHANGED", ("const",), crashes=old is None)
