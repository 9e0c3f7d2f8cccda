"""Which JSON values are the same, of which kind are they, and which number is meant?

Python says `1 == True` and `0.1 != Decimal("0.1")`; JSON says otherwise.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from schemagate.schema.json_schema import Draft
from schemagate.schema.json_words import same_words

Number = int | float | Decimal

KINDS: Final = ("string", "integer", "boolean", "null", "fraction", "whole", "array", "object")
"""What a value can be. JSON knows one kind of number; schemas tell apart 1 (integer), 1.0 (whole) and 1.5 (fraction):
up to draft 04 `type: integer` means only the first, later also the second."""

ALL_KINDS: Final = frozenset(KINDS)
NUMERIC: Final = frozenset({"integer", "whole", "fraction"})

_OF_TYPE: Final = {
    "null": frozenset({"null"}),
    "boolean": frozenset({"boolean"}),
    "string": frozenset({"string"}),
    "array": frozenset({"array"}),
    "object": frozenset({"object"}),
    "number": NUMERIC,
    "integer": frozenset({"integer", "whole"}),
}
TYPES: Final = frozenset(_OF_TYPE)


def kinds_of(types: str | Iterable[str], draft: Draft) -> frozenset[str]:
    """The kinds that a value of `type` allows."""
    names = (types,) if isinstance(types, str) else types
    found = frozenset().union(*(_OF_TYPE[name] for name in names))
    return found - {"whole"} if draft is Draft.D4 and "fraction" not in found else found


def kind(value: Any) -> str:
    """The kind of a JSON value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case int():
            return "integer"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "whole" if is_whole(value) else "fraction"


def is_whole(number: Number) -> bool:
    """Whether a number has no fraction; a Decimal's own `//` fails where the quotient has too many digits."""
    return number.is_integer() if isinstance(number, float) else exact(number).denominator == 1


def key(value: Any) -> Hashable:
    """A key that two values share exactly when JSON Schema calls them equal."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("array", *map(key, value))
    if isinstance(value, dict):
        return ("object", frozenset((name, key(member)) for name, member in value.items()))
    return ("number", value if isinstance(value, int) else exact(value))


def values_in(value: Any, most: int) -> int:
    """How many values a value holds, itself among them, each as often as it stands there; stops after `most`."""
    held, left = 0, [value]
    while left and held <= most:
        here = left.pop()
        held += 1
        if isinstance(here, dict):
            left.extend(here.values())
        elif isinstance(here, list):
            left.extend(here)
    return held


def same(left: Any, right: Any) -> bool:
    """Whether two values are the same to JSON Schema; quick when they differ."""
    return left is right or (left == right and (same_words(left, right) or key(left) == key(right)))


def exact(number: Number) -> Fraction:
    """The number that was written, not the float nearest to it."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def plain(number: Fraction) -> int | float | None:
    """The number as JSON tools print it; None if only a longer decimal would be exact."""
    if number.denominator == 1:
        return number.numerator
    try:
        nearest = float(number)
    except OverflowError:
        return None
    return nearest if exact(nearest) == number else None
