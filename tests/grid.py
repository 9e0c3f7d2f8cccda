"""What does a grid of constructs and changes hold? Cells with a rule or a reason for each direction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

CHANGES = ("added", "removed", "narrowed", "widened", "renamed")


class Cell(NamedTuple):
    """What is declared before and after; each side, new reads old and old reads new, is a rule number or a reason."""

    old: Any
    new: Any
    backward: str
    forward: str
    syntax: str = "proto3"


class Waiver(NamedTuple):
    """There is no such change of this construct."""

    reason: str


Grid = Mapping[tuple[str, str], Cell | Waiver]


def constructs(grid: Grid) -> tuple[str, ...]:
    """The constructs in order."""
    return tuple(dict.fromkeys(construct for construct, _ in grid))


def side_rules(grid: Grid) -> set[str]:
    """The rules that the cells name, and their reasons."""
    return {side for cell in grid.values() if isinstance(cell, Cell) for side in (cell.backward, cell.forward)}


def cells(grid: Grid) -> list[tuple[str, str]]:
    """The keys of what is to be judged."""
    return [key for key, cell in grid.items() if isinstance(cell, Cell)]


def assert_told(cell: Cell, backward: set[str], forward: set[str], harmless: frozenset[str] = frozenset()) -> None:
    """Each side reports its rule; one that is fine reports nothing but the `harmless` ones, so that it needs no rule."""
    for expected, found in ((cell.backward, backward), (cell.forward, forward)):
        assert found <= harmless if expected.startswith("fine: ") else expected in found
