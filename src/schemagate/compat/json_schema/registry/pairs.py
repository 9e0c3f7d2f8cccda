"""How do pairs of subschemas that lead to each other come to an answer?

Each pair is walked once, on a stack of our own. A pair that meets itself again below is taken for compatible there (a
greatest fixpoint). Whoever read an answer that then turns out otherwise is walked again. Answers turn only one way, so
this ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from schemagate.compat.json_schema.registry.changes import Change, Inner, Outcome, Path, Walk
from schemagate.compat.json_schema.registry.model import Budget, Node

MAX_LISTED: Final = 4_000_000
"""Characters of the list of changes: shared definitions can multiply one change without end. The answer counts all."""

_NOTHING: Final = Outcome()


@dataclass(slots=True, eq=False)
class Pair:
    """One pair: its walk while that runs, what the walk yielded (inner pairs with their path), and what is known of it.

    Where not the `whole` list of changes is wanted, the walk ends at the first that is refused. The outcome may turn
    while the walk runs, and where such an outcome was read (`provisional`); `readers` are those who read it.
    """

    writer: Node
    reader: Node
    whole: bool
    outcome: Outcome = _NOTHING
    items: list[Change | tuple[Path | None, Pair]] = field(default_factory=list)
    walk: Walk | None = None
    unanswered: bool = True
    provisional: bool = False
    readers: list[Pair] = field(default_factory=list)


class Pairs:
    """All pairs that one pair leads to.

    `compare` yields the changes of two nodes, of which `allowed` are the types that pass. A `thorough` search goes on
    in pairs that are asked about and refused already, because the server would come to where it may crash.
    """

    def __init__(
        self, compare: Callable[[Node, Node], Walk], allowed: frozenset[str], budget: Budget, *, thorough: bool
    ) -> None:
        self._compare = compare
        self._allowed = allowed
        self._budget = budget
        self._thorough = thorough
        self._pairs: dict[tuple[Node, Node], Pair] = {}
        self._outdated: dict[Pair, None] = {}

    def settle(self, writer: Node, reader: Node) -> Pair:
        """The pair with its final outcome; raises NoAnswer when that is too much work."""
        root = self._pairs[writer, reader] = Pair(writer, reader, True)
        self._walk(root)
        while self._outdated:
            self._walk(self._outdated.popitem()[0])
        return root

    def _walk(self, start: Pair) -> None:
        stack = [start]
        answer = _NOTHING
        while stack:
            pair = stack[-1]
            item = None if self._knows_enough(pair) else self._next_item(pair, answer)
            if item is None:
                stack.pop()
                self._close(pair)
                if stack:
                    answer = _read(stack[-1], pair)
                continue
            self._budget.spend()
            if isinstance(item, Change):
                pair.items.append(item)
                continue
            inner = self._asked(item, whole=self._thorough or (pair.whole and item.path is not None))
            pair.items.append((item.path, inner))
            if inner.unanswered:
                stack.append(inner)
            else:
                answer = _read(pair, inner)

    def _next_item(self, pair: Pair, answer: Outcome) -> Change | Inner | None:
        """Start or resume a walk; nothing when it is over."""
        if pair.walk is None:
            pair.walk = self._compare(pair.writer, pair.reader)
            pair.items = []
            pair.unanswered = pair.provisional = False
            return next(pair.walk, None)
        try:
            return pair.walk.send(answer)
        except StopIteration:
            return None

    def _asked(self, item: Inner, *, whole: bool) -> Pair:
        pair = self._pairs.get((item.writer, item.reader))
        if pair is None:
            pair = self._pairs[item.writer, item.reader] = Pair(item.writer, item.reader, whole)
        elif whole and not pair.whole:
            pair.whole = True
            pair.unanswered = not pair.outcome.compatible
        return pair

    def _knows_enough(self, pair: Pair) -> bool:
        if pair.whole or pair.walk is None or not pair.items:
            return False
        last = pair.items[-1]
        if isinstance(last, Change):
            return last.type not in self._allowed
        path, inner = last
        return path is not None and not inner.outcome.compatible

    def _close(self, pair: Pair) -> None:
        pair.walk = None
        after = self._sum(pair)
        if after != pair.outcome:
            pair.outcome = after
            self._outdated.update(dict.fromkeys(pair.readers))
            pair.readers = []

    def _sum(self, pair: Pair) -> Outcome:
        before = pair.outcome
        compatible, silent, crashes = before.compatible, before.silent, before.crashes
        for item in pair.items:
            if isinstance(item, Change):
                compatible &= item.type in self._allowed
                silent, crashes = False, crashes or item.crashes
                continue
            path, inner = item
            crashes |= inner.outcome.crashes
            if path is not None:
                compatible, silent = compatible and inner.outcome.compatible, silent and inner.outcome.silent
        return Outcome(compatible, silent, crashes)


def _read(reader: Pair, pair: Pair) -> Outcome:
    if pair.walk is not None or pair.provisional:
        pair.readers.append(reader)
        reader.provisional = True
    return pair.outcome


def listed(root: Pair) -> Iterator[Change]:
    """The changes of a settled pair with whole paths, up to MAX_LISTED. A pair is not entered below itself."""
    path: list[str] = []
    stack: list[tuple[Pair, Path, Iterator[Change | tuple[Path | None, Pair]]]] = [(root, (), iter(root.items))]
    inside = {root}
    left = MAX_LISTED
    while stack and left > 0:
        pair, step, items = stack[-1]
        item = next(items, None)
        left -= 1
        if item is None:
            stack.pop()
            inside.remove(pair)
            del path[len(path) - len(step) :]
        elif isinstance(item, Change):
            change = Change(item.type, (*path, *item.path), item.crashes)
            left -= sum(map(len, change.path))
            yield change
        else:
            below, inner = item
            if below is not None and inner not in inside and not inner.outcome.silent:
                stack.append((inner, below, iter(inner.items)))
                inside.add(inner)
                path += below
