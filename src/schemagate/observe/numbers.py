"""Is this answer one number, and one that can be compared without a false yes?"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final

_WRITTEN: Final = re.compile(r"[+-]?([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,4})?")
_DIGITS: Final = 30
"""Whole numbers of more digits are none that anybody counts to."""


def number(value: object) -> int | float | None:
    """The number that a value is; None for anything else: text, true and false, NaN, infinity, what does not fit."""
    match value:
        case bool():
            return None
        case int():
            return value if abs(value) < 10**_DIGITS else None
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return _of_decimal(value)
    return None


def written(text: str) -> int | float | None:
    """The number that a text is, in decimal digits; `1_000`, `0x10`, `nan` and `inf` are none."""
    return number(Decimal(text)) if _WRITTEN.fullmatch(text) else None


def _of_decimal(value: Decimal) -> int | float | None:
    if not value.is_finite() or value.adjusted() >= _DIGITS:
        return None
    if value == value.to_integral_value():
        return int(value)
    near = float(value)
    # a float that rounds to a whole number says 0 where there is almost nothing, and almost is not nothing
    return None if near.is_integer() else near
