"""How many ways may an engine that backtracks go before it knows whether a pattern is found in a text?

Python's `re` is one, and cannot be interrupted. The ways are counted on the automaton, place by place in the text,
since each of them is a path through it; where there is no automaton, the repeats are counted instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from math import inf
from typing import Final, NamedTuple

from schemagate.compat.json_schema.data.patterns import Language, NotPortableError, language

_PLENTY: Final = 10_000_000
"""Nothing is counted any further."""

_FEW: Final = 1_000
"""Up to so many ways by the repeats alone, the automaton is not asked."""

_TOKEN: Final = re.compile(
    r"\\.|\[\^?\]?(?:[^\]\\]|\\.)*\]|\(\?(?:[:=!]|<[=!]|P?<\w+>)?|[(|)]|[*+?]\??|\{[0-9,]*\}\??", re.DOTALL
)


@lru_cache(maxsize=8192)
def ways(pattern: str, text: str) -> float:
    """At least as many as the engine goes; `inf` where no bound is known."""
    shape = _shape(pattern)
    rough = inf if shape.nested else shape.branches * (len(text) + 2.0) ** min(shape.repeats + 1, 40)
    if rough <= _FEW:
        return rough
    try:
        automaton, order = language(pattern), _order(pattern)
    except NotPortableError:
        return rough
    if order is None or not (text.isascii() and text.isprintable()):  # classes hold other signs in Python than here
        return rough
    return float(_paths(automaton, order, text))


class _Shape(NamedTuple):
    """A pattern by its tokens: repeats, alternatives multiplied, and whether something to choose is itself repeated."""

    repeats: int
    branches: float
    nested: bool


@lru_cache(maxsize=512)
def _shape(pattern: str) -> _Shape:
    repeats, branches, nested = 0, 1.0, False
    groups: list[tuple[int, float]] = []  # the repeats before each open group, and the alternatives in it so far
    bars, closed_choice = 1.0, False
    for token in _tokens(pattern):
        if token[0] == "(":
            groups.append((repeats, bars))
            bars = 1.0
        elif token == "|":
            bars += 1
        elif token == ")" and groups:
            before, outer = groups.pop()
            closed_choice = bars > 1 or repeats > before
            branches, bars = branches * bars, outer
            continue
        elif token[0] in "*+?{":
            nested = nested or closed_choice
            repeats += 1
        closed_choice = False
    return _Shape(repeats, branches * bars, nested)


def _tokens(pattern: str) -> Iterator[str]:
    """What stands for more than itself; whatever stands between two of them is told as one space."""
    end = 0
    for match in _TOKEN.finditer(pattern):
        if match.start() > end:
            yield " "
        yield match[0]
        end = match.end()


@lru_cache(maxsize=512)
def _order(pattern: str) -> dict[int, int] | None:
    """The rank of each state: steps without a character lead to higher ones. None where they lead in a circle."""
    automaton = language(pattern)
    waiting = [0] * len(automaton.free)
    for targets in automaton.free:
        for target in targets:
            waiting[target] += 1
    ready = [state for state, before in enumerate(waiting) if before == 0]
    for state in ready:  # grows while it is walked
        for target in automaton.free[state]:
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return {state: rank for rank, state in enumerate(ready)} if len(ready) == len(waiting) else None


def _paths(automaton: Language, order: dict[int, int], text: str) -> int:
    """All ways through the automaton that begin at its first state, those that end early included."""
    total, counts = 0, {automaton.first: 1}
    for place in range(len(text) + 1):
        for state in sorted(automaton.closure(set(counts)), key=order.__getitem__):
            for target in automaton.free[state]:
                counts[target] = counts.get(target, 0) + counts[state]
        total += sum(counts.values())
        if total > _PLENTY or place == len(text):
            break
        counts = _after(automaton, counts, ord(text[place]))
    return total


def _after(automaton: Language, counts: dict[int, int], code: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for state, count in counts.items():
        for spans, target in automaton.edges[state]:
            if any(low <= code <= high for low, high in spans):
                found[target] = found.get(target, 0) + count
    return found
