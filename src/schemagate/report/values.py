"""How does a JSON value look to people: on one line where it fits, else one member a line?"""

from __future__ import annotations

import json
from decimal import Decimal


def layout(value: object, indent: int, width: int = 110) -> str:
    """The value as JSON text; lines after the first are indented by `indent` and what opened them."""
    flat = _flat(value)
    if len(flat) + indent <= width or not isinstance(value, dict | list) or not value:
        return flat if len(flat) <= 4 * width else flat[: 4 * width] + " …"
    step = indent + 1
    if isinstance(value, dict):
        members = [
            f"{_flat(key)}: {layout(member, step + len(_flat(key)) + 2, width)}" for key, member in value.items()
        ]
    else:
        members = [layout(member, step, width) for member in value]
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    return opening + _packed(members, step, width) + closing


def plain(value: object) -> object:
    """The value with what JSON has no word for made printable."""
    return json.loads(_flat(value))


def _packed(members: list[str], indent: int, width: int) -> str:
    """Members side by side as long as they fit; one that spans lines gets its own."""
    text = ""
    column = indent
    for number, member in enumerate(members):
        tail = "," if number + 1 < len(members) else ""
        if number and ("\n" in member or column + len(member) + 2 > width):
            text += "\n" + " " * indent
            column = indent
        elif number:
            text += " "
            column += 1
        text += member + tail
        column = width if "\n" in member else column + len(member) + len(tail)
    return text


def _flat(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_word)


def _word(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
