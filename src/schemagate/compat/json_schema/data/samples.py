"""What may a writer send? A few plain values for a place, the plainest first, as far as own rules can build them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain, islice
from typing import Any, Final

from schemagate.compat.json_schema.data.budget import Spent
from schemagate.compat.json_schema.data.cases import open_choice
from schemagate.compat.json_schema.data.checks import Nodes
from schemagate.compat.json_schema.data.differences import Wish
from schemagate.compat.json_schema.data.nodes import Node, Spot
from schemagate.compat.json_schema.data.patterns import NotPortableError, find_string
from schemagate.compat.json_schema.data.values import exact, kind, plain, values_in
from schemagate.compat.json_schema.data.writers import Writers

_DEEPEST: Final = 24
_WIDEST: Final = 64
_FEW: Final = 12
_LONGEST: Final = 20_000
_MANY: Final = 2_000  # items or properties; an event with more shows nothing that one with fewer does not
_LARGEST: Final = 100_000  # values in a value; a few definitions that refer to each other twice ask for billions
_VALUES_A_STEP: Final = 10
_ORDER: Final = ("string", "integer", "boolean", "object", "array", "null", "fraction", "whole")
_NO_WISH: Final = Wish()


class Samples:
    """Builds values; nothing here is a proof, validators confirm."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self._plainest: dict[Hashable, tuple[Any] | None] = {}

    def of(self, spots: tuple[Spot, ...], wish: Wish = _NO_WISH, depth: int = 0) -> Iterator[Any]:
        """Distinct values that probably satisfy all spots, and the wish."""
        if depth > _DEEPEST:
            return
        self.nodes.steps.take()
        writers = Writers(self.nodes, spots)
        values = self._cases(writers, wish, depth)
        if wish.kind is not None or wish.names or wish.without:
            values = (value for value in values if _grants(value, wish))
        if any(map(_excludes, writers.nodes)):
            values = _first_what_fits(islice(values, _WIDEST), writers.may_hold)
        for value in islice(values, _WIDEST):
            held = values_in(value, _LARGEST)
            self.nodes.steps.take(held // _VALUES_A_STEP)
            if held <= _LARGEST:
                yield value

    def first(self, spots: tuple[Spot, ...], depth: int) -> tuple[Any] | None:
        """The plainest value, boxed; None if none can be built."""
        known = tuple(spot.key for spot in spots)
        if known not in self._plainest:
            found = next(self.of(spots, depth=depth), self)
            if found is self and depth > _DEEPEST // 2:
                return None  # perhaps only because it is so deep here
            self._plainest[known] = None if found is self else (found,)
        return self._plainest[known]

    def _cases(self, writers: Writers, wish: Wish, depth: int) -> Iterator[Any]:
        """One alternative after the other, where the writer has some."""
        if writers.values is not None:
            yield from writers.values
            return
        choice = open_choice(writers, conditions_without_else=True)
        if choice is None:
            yield from self._plain(writers, wish, depth)
            return
        options = choice.options(_WIDEST)
        taken = tuple(writers.spots)
        cases: list[Iterator[Any]] = [
            islice(self.of((*taken, *option), wish, depth + 1), _FEW) if option else self._plain(writers, wish, depth)
            for option in options
        ]
        yield from _by_turns(cases)

    def _plain(self, writers: Writers, wish: Wish, depth: int) -> Iterator[Any]:
        kinds = [kind for kind in _ORDER if kind in writers.kinds]
        if wish.kind is not None:
            kinds = [kind for kind in kinds if kind == wish.kind]
        elif writers.required or writers.declared:
            kinds.sort(key=lambda kind: kind != "object")
        elif writers.prefix_length or any(writers.each("items")):
            kinds.sort(key=lambda kind: kind != "array")
        yield from _by_turns([self._of_kind(kind, writers, wish, depth) for kind in kinds])

    def _of_kind(self, kind: str, writers: Writers, wish: Wish, depth: int) -> Iterator[Any]:
        match kind:
            case "string":
                yield from _strings(writers)
            case "integer" | "fraction" | "whole":
                yield from _numbers(writers, kind)
            case "boolean":
                yield from (False, True)
            case "null":
                yield None
            case "array":
                yield from self._arrays(writers, wish, depth)
            case _:
                yield from self._objects(writers, wish, depth)

    def _arrays(self, writers: Writers, wish: Wish, depth: int) -> Iterator[Any]:
        least = max(writers.least("minItems"), wish.size)
        if least > _MANY:
            return
        unique = any(node.rules["uniqueItems"] for node in writers.each("uniqueItems"))
        for size in dict.fromkeys((least, least + 1)):
            if writers.max_items is not None and size > writers.max_items:
                return
            made = self._items(writers, size, depth, unique=unique, repeat=wish.repeat)
            if made is None:
                continue
            yield made
            for value in islice(self.of(writers.item(0), depth=depth + 1), 1, 6) if size else ():
                if not unique or value not in made:
                    yield [value, *made[1:]]
            for node in writers.each("contains"):
                needed = int(node.rules.get("minContains", 1))
                if needed <= _MANY:
                    yield [*self._contained(node, needed, depth), *made[needed:]]

    def _contained(self, node: Node, count: int, depth: int) -> list[Any]:
        found = list(islice(self.of((node.child("contains"),), depth=depth + 1), _FEW))
        return [found[index % len(found)] for index in range(count)] if found else []

    def _items(self, writers: Writers, size: int, depth: int, *, unique: bool, repeat: bool) -> list[Any] | None:
        items: list[Any] = []
        for index in range(size):
            if repeat and index > 0:
                items.append(items[0])
                continue
            choices = self.of(writers.item(index), depth=depth + 1)
            new = next((value for value in choices if not unique or value not in items), self)
            if new is self:
                return None
            items.append(new)
        return items

    def _objects(self, writers: Writers, wish: Wish, depth: int) -> Iterator[Any]:
        names = dict.fromkeys(name for name in writers.required if name not in wish.without)
        names.update(dict.fromkeys(wish.names))
        self._close(writers, names, wish)
        members: dict[str, Any] = {}
        for name in names:
            covering = writers.covering(name)
            boxed = None if covering is None else self.first(covering, depth + 1)
            if boxed is None:
                return
            members[name] = boxed[0]
        size = max(wish.size, writers.least("minProperties"))
        members = self._filled(writers, members, wish, size, depth)
        yield members
        yield from self._varied(writers, members, wish, depth)

    def _close(self, writers: Writers, names: dict[str, None], wish: Wish) -> None:
        """Add what must come along with the names that are there."""
        queue = list(names)
        for name in queue:
            for node in writers.each("dependentRequired"):
                for other in node.rules["dependentRequired"].get(name, ()):
                    if other not in names and other not in wish.without:
                        names[other] = None
                        queue.append(other)

    def _filled(self, writers: Writers, members: dict[str, Any], wish: Wish, size: int, depth: int) -> dict[str, Any]:
        """Optional and new names, until there are enough."""
        for name in chain(writers.declared, self._fresh(writers, size, depth)) if size <= _MANY else ():
            if len(members) >= size:
                break
            covering = writers.covering(name) if name not in members and name not in wish.without else None
            boxed = None if covering is None else self.first(covering, depth + 1)
            if boxed is not None:
                members[name] = boxed[0]
        return members

    def _fresh(self, writers: Writers, size: int, depth: int) -> Iterator[str]:
        """Names that the writer may make up."""
        stated = tuple(node.child("propertyNames") for node in writers.each("propertyNames"))
        if stated:
            yield from self.of(stated, Wish(kind="string"), depth + 1)
        for pattern in writers.name_patterns:
            with suppress(NotPortableError, Spent):
                yield find_string((pattern,)) or "a"
        yield from (f"other{number}" for number in range(1, size + 1))

    def _varied(self, writers: Writers, members: dict[str, Any], wish: Wish, depth: int) -> Iterator[dict[str, Any]]:
        """The same object with another value, or with one more property."""
        for name in writers.declared[:_WIDEST]:
            covering = writers.covering(name)
            if covering is None or name in wish.without:
                continue
            for value in islice(self.of(covering, depth=depth + 1), 4):
                if name not in members or value is not members[name]:
                    yield {**members, name: value}


def _first_what_fits(values: Iterator[Any], fits: Callable[[Any], bool]) -> Iterator[Any]:
    """The others may still do with another value in their place."""
    others = []
    for value in values:
        if fits(value):
            yield value
        else:
            others.append(value)
    yield from others


def _excludes(node: Node) -> bool:
    """Whether a value that takes one of its alternatives may still be refused, as own rules can tell."""
    return "not" in node.rules or "if" in node.rules or len(node.rules.get("oneOf", ())) in range(2, _FEW)


def _grants(value: Any, wish: Wish) -> bool:
    if wish.kind is not None and kind(value) != wish.kind:
        return False
    if isinstance(value, list):
        return len(value) >= wish.size and not wish.names
    if wish.names or wish.without:
        present = value if isinstance(value, dict) else ()
        return all(name in present for name in wish.names) and not any(name in present for name in wish.without)
    return True


def _by_turns(sources: list[Iterator[Any]]) -> Iterator[Any]:
    while sources:
        left = []
        for source in sources:
            with suppress(StopIteration):
                yield next(source)
                left.append(source)
        sources = left


def _strings(writers: Writers) -> Iterator[str]:
    least, most = writers.least("minLength"), writers.most("maxLength")
    if not writers.patterns:
        for text in ("", "a", "b", "0", "text"):
            if least <= len(text) and (most is None or len(text) <= most):
                yield text
        if 1 < least <= _LONGEST:
            yield "a" * least
            yield "b" * least
        return
    with suppress(NotPortableError, Spent):
        shorter: list[str] = []
        for _ in range(3):
            unwanted = [f"^{_quoted(other)}$" for other in shorter]
            found = find_string(writers.patterns, unwanted, least=least, most=most)
            if found is None:
                return
            yield found
            shorter.append(found)


def _quoted(text: str) -> str:
    return "".join(f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else sign for sign in text)


def _numbers(writers: Writers, kind: str) -> Iterator[Any]:
    steps = [exact(node.rules["multipleOf"]) for node in writers.each("multipleOf")]
    for number in _near(writers, steps):
        if kind == "integer" and number.denominator == 1:
            yield number.numerator
        elif kind == "whole" and number.denominator == 1 and abs(number) < 2**53:
            yield float(number)
        elif kind == "fraction" and number.denominator != 1 and (value := plain(number)) is not None:
            yield value


def _near(writers: Writers, steps: list[Fraction]) -> Iterator[Fraction]:
    """Zero and its neighbours, the bounds and theirs, multiples of the steps; only what the bounds allow."""
    low, high = writers.low, writers.high
    ends = [bound[0] for bound in (low, high) if bound is not None]
    half = Fraction(1, 2)
    wanted = [Fraction(0), Fraction(1), half, -half, Fraction(-1), Fraction(2), Fraction(7)]
    for end in ends:
        floor = Fraction(end.numerator // end.denominator)
        wanted += [end, floor, floor + 1, floor - 1, end + half, end - half]
    if len(ends) == 2:
        wanted.append((ends[0] + ends[1]) / 2)
    for step in steps:
        base = (low[0] // step) * step if low is not None else Fraction(0)
        wanted += [base + step * count for count in range(5)] + [step * count for count in (1, 2, 3, -1)]
    seen: set[Fraction] = set()
    for number in wanted:
        fits = _allowed(number, low, high) and all((number / step).denominator == 1 for step in steps)
        if fits and number not in seen:
            seen.add(number)
            yield number


def _allowed(number: Fraction, low: tuple[Fraction, bool] | None, high: tuple[Fraction, bool] | None) -> bool:
    if low is not None and (number < low[0] or (low[1] and number == low[0])):
        return False
    return high is None or not (number > high[0] or (high[1] and number == high[0]))
