"""How is code laid out, so that a formatter with default settings has nothing to do?"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, TypeAlias

COLUMNS: Final = 88


@dataclass(frozen=True, slots=True)
class Group:
    """Something in brackets: `head` ends with the opening one, `tail` is the closing one."""

    head: str
    parts: tuple[Code, ...]
    tail: str

    @property
    def comma(self) -> str:
        """What follows the last part where each has a line: a lone subscript would become a tuple."""
        return "" if self.tail == "]" and len(self.parts) == 1 and self.head != "[" else ","


Code: TypeAlias = str | Group
"""Source text that cannot be broken, or that can be broken at its commas."""


def flat(code: Code) -> str:
    """The code on one line."""
    if isinstance(code, str):
        return code
    return code.head + ", ".join(map(flat, code.parts)) + code.tail


def width(line: str) -> int:
    """Columns of a line; wide characters count twice."""
    if line.isascii():
        return len(line)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def fits(line: str) -> bool:
    """Whether a line is not too long."""
    return width(line) <= COLUMNS


def lines(indent: int, prefix: str, code: Code, suffix: str = "", *, force: bool = False) -> list[str]:
    """The lines of `prefix code suffix`: one if it fits (unless forced), else one per part and a comma after each."""
    one = " " * indent + prefix + flat(code) + suffix
    if isinstance(code, str) or (fits(one) and not force):
        return [one]
    found = [" " * indent + prefix + code.head]
    last = len(code.parts) - 1
    for index, part in enumerate(code.parts):
        found += lines(indent + 4, "", part, code.comma if index == last else ",")
    return [*found, " " * indent + code.tail + suffix]


def assigned_text(target: str, literal: str) -> list[str]:
    """A string assigned to a plain name: in parentheses only if it fits then."""
    if not fits(f"{target} = {literal}") and fits("    " + literal):
        return [f"{target} = (", "    " + literal, ")"]
    return [f"{target} = {literal}"]


def alternatives(target: str, parts: tuple[str, ...]) -> list[str]:
    """A union assigned to a name."""
    joined = " | ".join(parts)
    if fits(f"{target} = {joined}"):
        return [f"{target} = {joined}"]
    if fits("    " + joined):
        return [f"{target} = (", "    " + joined, ")"]
    return [f"{target} = (", "    " + parts[0], *(f"    | {part}" for part in parts[1:]), ")"]
