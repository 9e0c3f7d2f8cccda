"""Which strings does a regular expression match, and is there one that this pattern matches and that one does not?

JSON Schema patterns are ECMA-262 expressions that search. Only the portable, regular part is understood here: literals,
classes, groups, alternatives, repeats, `^` first and `$` last. Everything else raises NotPortableError, and the verdict
that needed it is unknown. Strings are found by a breadth-first walk over sets of automaton states, so that the first
string found is a shortest one, and the work is counted: nothing here can hang.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from schemagate.compat.json_schema.data.budget import Spent, Steps

MAX_PATTERN: Final = 300
"""A longer pattern is not looked at."""

MAX_STATES: Final = 1_500
"""Counted repeats are written out; an automaton with more states is not built."""

MAX_DEPTH: Final = 20
"""Groups nested deeper are not read."""

MAX_STEPS: Final = 40_000

_LAST = 0x10FFFF
_SPANS_ALL = ((0, 0xD7FF), (0xE000, _LAST))
_DIGITS = ((48, 57),)
_WORD = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE = ((9, 13), (32, 32))
_UNICODE_EXTRA = {"d": ((0x0663, 0x0663),), "w": ((0xE9, 0xE9), (0x0663, 0x0663)), "s": ((0xA0, 0xA0),)}
_LINE_ENDS = ((10, 10), (13, 13), (0x2028, 0x2029))
_CONTROL = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_READABLE = "a0A -_.@/:é\n"

Spans = tuple[tuple[int, int], ...]


class NotPortableError(ValueError):
    """The pattern is outside of what every dialect reads the same way, or too large."""


@dataclass(slots=True)
class Language:
    """An automaton over characters: `edges[state]` leads on by a span of code points, `free[state]` without one."""

    edges: list[list[tuple[Spans, int]]] = field(default_factory=list)
    free: list[list[int]] = field(default_factory=list)
    first: int = 0
    last: int = 0

    def state(self) -> int:
        """A new state."""
        if len(self.edges) >= MAX_STATES:
            raise NotPortableError("the pattern repeats too much")
        self.edges.append([])
        self.free.append([])
        return len(self.edges) - 1

    def closure(self, states: set[int]) -> frozenset[int]:
        """The states reachable without a character."""
        found, stack = set(states), list(states)
        while stack:
            for target in self.free[stack.pop()]:
                if target not in found:
                    found.add(target)
                    stack.append(target)
        return frozenset(found)

    def step(self, states: frozenset[int], code: int) -> frozenset[int]:
        """The states after one more character."""
        return self.closure(
            {
                target
                for state in states
                for spans, target in self.edges[state]
                if any(low <= code <= high for low, high in spans)
            }
        )


@lru_cache(maxsize=512)
def language(pattern: str, unicode_classes: bool = False) -> Language:
    """The automaton of a pattern; raises NotPortableError.

    `unicode_classes`: read `\\d`, `\\w`, `\\s` as Python does, with (some) characters beyond ASCII.
    """
    if len(pattern) > MAX_PATTERN:
        raise NotPortableError("the pattern is too long")
    try:
        return _Reader(pattern, unicode_classes).whole()
    except Spent:
        raise NotPortableError("the pattern repeats too much") from None


@lru_cache(maxsize=4096)
def matches(pattern: str, text: str) -> bool:
    """Whether a pattern is found in a text; raises NotPortableError."""
    automaton = language(pattern)
    states = automaton.closure({automaton.first})
    for character in text[: MAX_STATES + 1]:
        states = automaton.step(states, ord(character))
    if len(text) > MAX_STATES:
        raise NotPortableError("the text is too long")
    return automaton.last in states


def find_string(
    wanted: Sequence[str], unwanted: Sequence[str] = (), *, least: int = 0, most: int | None = None
) -> str | None:
    """A shortest text that all `wanted` patterns match and no `unwanted` one does; None proves that there is none.

    `least` and `most` bound its length. Raises NotPortableError, and Spent when the automata are too large together.
    """
    found = _search(wanted, unwanted, least, most, unicode_classes=False)
    if found is not None or not any("\\" in pattern for pattern in (*wanted, *unwanted)):
        return found
    # Dialects differ about \d and its like: a proof has to hold in both readings.
    if _search(wanted, unwanted, least, most, unicode_classes=True) is not None:
        raise NotPortableError("the answer depends on the dialect of the regular expressions")
    return None


def _search(
    wanted: Sequence[str], unwanted: Sequence[str], least: int, most: int | None, *, unicode_classes: bool
) -> str | None:
    if least > MAX_STATES:
        raise Spent
    machines = [language(pattern, unicode_classes) for pattern in (*wanted, *unwanted)]
    alphabet = _representatives(machines)
    start = (0, tuple(machine.closure({machine.first}) for machine in machines))
    cap = least if most is None else most
    steps, seen, queue = Steps(MAX_STEPS), {start}, [(start, "")]
    for (length, states), text in queue:
        ends = [machine.last in reached for machine, reached in zip(machines, states, strict=True)]
        if len(text) >= least and all(ends[: len(wanted)]) and not any(ends[len(wanted) :]):
            return text
        if most is not None and length >= most:
            continue
        for character in alphabet:
            steps.take(1 + sum(1 + len(group) for group in states))
            reached = tuple(
                machine.step(group, ord(character)) for machine, group in zip(machines, states, strict=True)
            )
            after = (min(length + 1, cap), reached)
            if after not in seen and all(reached[: len(wanted)]):
                seen.add(after)
                queue.append((after, text + character))
    return None


def _representatives(machines: Sequence[Language]) -> list[str]:
    """One character for each set of characters that all automata treat alike, readable ones first."""
    cuts = {0, 0xE000}
    for machine in machines:
        for edges in machine.edges:
            for spans, _ in edges:
                for low, high in spans:
                    cuts.update((low, high + 1))
    starts = sorted(cut for cut in cuts if cut <= _LAST and not 0xD800 <= cut < 0xE000)
    chosen: dict[int, str] = {}
    for character in (*_READABLE, *map(chr, range(33, 127))):
        chosen.setdefault(_slot(starts, ord(character)), character)
    for slot, start in enumerate(starts):
        chosen.setdefault(slot, chr(start))
    return list(chosen.values())


def _slot(starts: list[int], code: int) -> int:
    return bisect_right(starts, code) - 1


class _Reader:
    """Reads one pattern into an automaton, from left to right."""

    def __init__(self, pattern: str, unicode_classes: bool) -> None:
        self.pattern, self.index = pattern, 0
        self.unicode_classes = unicode_classes
        self.made = Language()
        self.depth = 0
        self.atoms = Steps(4 * MAX_STATES)

    def whole(self) -> Language:
        """Alternatives at the top may each be anchored; an open end matches anything."""
        made = self.made
        made.first, made.last = made.state(), made.state()
        while True:
            start = made.state()
            made.free[made.first].append(start)
            if not self.take("^"):
                self.loop(start)
            end = self.sequence(start)
            if not self.take("$"):
                end = self.onward(end)
                self.loop(end)
            made.free[end].append(made.last)
            if self.index == len(self.pattern):
                return made
            if not self.take("|"):
                raise NotPortableError(f"cannot read the pattern from position {self.index}")

    def take(self, token: str) -> bool:
        if self.pattern.startswith(token, self.index):
            self.index += len(token)
            return True
        return False

    def peek(self) -> str:
        return self.pattern[self.index : self.index + 1]

    def next(self) -> str:
        if self.index >= len(self.pattern):
            raise NotPortableError("the pattern ends too early")
        self.index += 1
        return self.pattern[self.index - 1]

    def onward(self, state: int) -> int:
        target = self.made.state()
        self.made.free[state].append(target)
        return target

    def loop(self, state: int) -> None:
        self.made.edges[state].append((_SPANS_ALL, state))

    def sequence(self, start: int) -> int:
        end = start
        while (token := self.peek()) and token not in "|)$":
            end = self.repeated(end)
        return end

    def repeated(self, start: int) -> int:
        """One atom with its repeat; a counted one is read again for every time it is written out."""
        begin = self.index
        states_before = len(self.made.edges)
        inner = self.made.state()
        self.made.free[start].append(inner)
        end = self.atom(inner)
        low, high = self.repeat()
        if (low, high) == (1, 1):
            return end
        self.forget(states_before, start, inner)
        after, size = self.index, max(1, len(self.made.edges))
        if low + (high or 0) > MAX_STATES or size > MAX_STATES:
            raise NotPortableError("the pattern repeats too much")
        end = self.written_out(start, begin, low, high)
        self.index = after
        return end

    def forget(self, states: int, start: int, inner: int) -> None:
        del self.made.edges[states:], self.made.free[states:]
        self.made.free[start].remove(inner)

    def written_out(self, start: int, begin: int, low: int, high: int | None) -> int:
        end = start
        for _ in range(low):
            end = self.again(end, begin)
        if high is None:
            end = self.onward(end)
            back = self.again(end, begin)
            self.made.free[back].append(end)
            return self.onward(end)
        exits = [end]
        for _ in range(high - low):
            end = self.again(end, begin)
            exits.append(end)
        last = self.made.state()
        for exit_ in exits:
            self.made.free[exit_].append(last)
        return last

    def again(self, start: int, begin: int) -> int:
        self.index = begin
        return self.atom(self.onward(start))

    def repeat(self) -> tuple[int, int | None]:
        low: int = 1
        high: int | None = 1
        match self.peek():
            case "*":
                low, high = 0, None
            case "+":
                low, high = 1, None
            case "?":
                low, high = 0, 1
            case "{":
                return self.counted()
            case _:
                return 1, 1
        self.next()
        self.lazy()
        return low, high

    def counted(self) -> tuple[int, int | None]:
        close = self.pattern.find("}", self.index)
        low, comma, high = self.pattern[self.index + 1 : close].partition(",")
        if close < 0 or not _is_count(low) or (high and not _is_count(high)):
            raise NotPortableError("a brace that is no repeat")
        self.index = close + 1
        self.lazy()
        least, most = int(low), (int(low) if not comma else int(high) if high else None)
        if most is not None and most < least:
            raise NotPortableError("a repeat that ends before it starts")
        return least, most

    def lazy(self) -> None:
        if not self.take("?") and self.peek() in ("+", "*", "{") and self.peek():
            raise NotPortableError("a repeat of a repeat")

    def atom(self, start: int) -> int:
        """Append one atom; where it ends."""
        token = self.next()
        self.atoms.take()
        if token == "(":
            return self.group(start)
        if token == "[":
            spans = self.character_class()
        elif token == ".":
            spans = _without(_SPANS_ALL, _LINE_ENDS)
        elif token == "\\":
            spans = self.escape()
        elif token in _SYNTAX and token != "/":
            raise NotPortableError(f"cannot read {token!r} at position {self.index - 1}")
        else:
            spans = ((ord(token), ord(token)),)
        end = self.made.state()
        self.made.edges[start].append((spans, end))
        return end

    def group(self, start: int) -> int:
        if self.take("?") and not self.take(":"):
            raise NotPortableError("a group that looks around, has a name or sets flags")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotPortableError("groups are nested too deep")
        end = self.made.state()
        while True:
            branch = self.sequence(self.onward(start))
            self.made.free[branch].append(end)
            if self.take(")"):
                self.depth -= 1
                return end
            if not self.take("|"):
                raise NotPortableError("an anchor inside of a group, or a group that does not end")

    def character_class(self) -> Spans:
        negated = self.take("^")
        found: list[tuple[int, int]] = []
        while not self.take("]"):
            spans = self.class_member()
            if self.peek() == "-" and self.pattern[self.index + 1 : self.index + 2] not in ("]", ""):
                self.next()
                upper = self.class_member()
                if len(spans) > 1 or len(upper) > 1 or spans[0][0] != spans[0][1] or upper[0][0] < spans[0][0]:
                    raise NotPortableError("a range that has no two ends")
                spans = ((spans[0][0], upper[0][0]),)
            found.extend(spans)
        if not found:
            raise NotPortableError("an empty class")
        return _without(_SPANS_ALL, tuple(found)) if negated else tuple(found)

    def class_member(self) -> Spans:
        token = self.next()
        if token == "\\":
            return self.escape()
        if token == "[" or (token in "&|~" and self.peek() == token):
            raise NotPortableError("a class that dialects read differently")
        return ((ord(token), ord(token)),)

    def escape(self) -> Spans:
        token = self.next()
        if token.lower() in _UNICODE_EXTRA:
            spans: Spans = {"d": _DIGITS, "w": _WORD, "s": _SPACE}[token.lower()]
            if self.unicode_classes:
                spans = spans + _UNICODE_EXTRA[token.lower()]
            return _without(_SPANS_ALL, spans) if token.isupper() else spans
        if token in _CONTROL:
            return ((_CONTROL[token], _CONTROL[token]),)
        if token in "xu":
            size = 2 if token == "x" else 4
            digits = self.pattern[self.index : self.index + size]
            if len(digits) < size or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
                raise NotPortableError("an escape that is not complete")
            self.index += size
            return ((int(digits, 16), int(digits, 16)),)
        if token in _SYNTAX or token == "-":
            return ((ord(token), ord(token)),)
        raise NotPortableError(f"the escape \\{token}")


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4


def _without(spans: Spans, removed: Spans) -> Spans:
    result: list[tuple[int, int]] = []
    for low, high in spans:
        start = low
        for first, last in sorted(removed):
            if last < start or first > high:
                continue
            if first > start:
                result.append((start, first - 1))
            start = last + 1
        if start <= high:
            result.append((start, high))
    return tuple(result)
