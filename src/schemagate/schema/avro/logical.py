"""Which logical type does a schema carry? What is unknown or ill-formed counts as absent, as the specification says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from schemagate.schema.avro.nodes import Logical

_BASES: Final[Mapping[str, tuple[str, ...]]] = {
    "decimal": ("bytes", "fixed"),
    "big-decimal": ("bytes",),
    "uuid": ("string", "fixed"),
    "date": ("int",),
    "time-millis": ("int",),
    "time-micros": ("long",),
    "timestamp-millis": ("long",),
    "timestamp-micros": ("long",),
    "timestamp-nanos": ("long",),
    "local-timestamp-millis": ("long",),
    "local-timestamp-micros": ("long",),
    "local-timestamp-nanos": ("long",),
    "duration": ("fixed",),
}
PLAIN_LOGICAL: Final[Mapping[tuple[str, str], Logical]] = {
    (name, kind): Logical(name)
    for name, kinds in _BASES.items()
    for kind in kinds
    if name != "decimal" and kind != "fixed"
}
"""Those that nothing else can spoil."""

_FIXED_SIZES: Final = {"uuid": 16, "duration": 12}


def logical_type(raw: Mapping[str, Any], kind: str, size: int = 0) -> Logical | None:
    """The valid logical type of a primitive or fixed of `size` bytes, or None."""
    name = raw.get("logicalType")
    if not isinstance(name, str) or name not in _BASES:
        return None
    if (plain := PLAIN_LOGICAL.get((name, kind))) is not None:
        return plain
    if name == "decimal" and kind in _BASES[name]:
        is_valid = _decimal_problem(raw, kind, size) is None
        return Logical(name, raw["precision"], raw.get("scale", 0)) if is_valid else None
    return Logical(name) if logical_problem(raw, kind, size) is None else None


def logical_problem(raw: Mapping[str, Any], kind: str, size: int = 0) -> str | None:
    """What is wrong with the logical type of a node, in words; None when it is right, absent or unknown."""
    name = raw.get("logicalType")
    if name is None:
        return None
    if not isinstance(name, str):
        return "logicalType must be a text"
    if name not in _BASES:
        return None
    if kind not in _BASES[name]:
        return f"{name} belongs on {' or '.join(_BASES[name])}, not on {kind}"
    if kind == "fixed" and size != _FIXED_SIZES.get(name, size):
        return f"{name} needs a fixed of {_FIXED_SIZES[name]} bytes, not of {size}"
    return _decimal_problem(raw, kind, size) if name == "decimal" else None


def _decimal_problem(raw: Mapping[str, Any], kind: str, size: int) -> str | None:
    precision, scale = raw.get("precision"), raw.get("scale", 0)
    if type(precision) is not int or precision <= 0:
        return "the precision of a decimal must be a positive integer"
    if type(scale) is not int or not 0 <= scale <= precision:
        return "the scale of a decimal must be an integer from 0 to its precision"
    if kind == "fixed" and precision > (digits := most_digits(size)):
        return f"a fixed of {size} bytes holds at most {digits} decimal digits, not {precision}"
    return None


def most_digits(size: int) -> int:
    """How many decimal digits a signed number of `size` bytes always holds."""
    return math.floor(math.log10(2) * (8 * size - 1)) if size > 0 else 0
