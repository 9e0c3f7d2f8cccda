"""What does a writer promise about a value, all schema objects that it must satisfy taken together?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from math import ceil, floor
from typing import Any, Final

from schemagate.compat.json_schema.data.checks import Nodes
from schemagate.compat.json_schema.data.nodes import NEVER, Node, Spot
from schemagate.compat.json_schema.data.patterns import NotPortableError, matches
from schemagate.compat.json_schema.data.values import ALL_KINDS, NUMERIC, exact, key, kind, kinds_of

_INTEGRAL: Final = frozenset({"integer", "whole"})
_FINITE: Final = frozenset({"null", "boolean"})

Bound = tuple[Fraction, bool]
"""A bound and whether it is excluded."""


_LARGEST_FLOAT: Final = 1.7e308


class Writers:
    """The conjunction of some nodes; every property is what surely holds for each value that satisfies them all."""

    def __init__(self, nodes: Nodes, spots: Sequence[Spot]) -> None:
        self._nodes = nodes
        self.spots = spots
        self.nodes: Sequence[Node] = nodes.of(spots[0], lenient=True) if len(spots) == 1 else _distinct(nodes, spots)

    def each(self, word: str) -> Iterator[Node]:
        """The nodes that carry a keyword."""
        return (node for node in self.nodes if word in node.rules)

    @cached_property
    def empty(self) -> bool:
        """No value satisfies all the nodes (False: some may)."""
        return not self.kinds or self.values == []

    @cached_property
    def stated_kinds(self) -> frozenset[str]:
        """The kinds that `type` leaves."""
        if any(self.each(NEVER)):
            return frozenset()
        found = ALL_KINDS
        for node in self.each("type"):
            found &= kinds_of(node.rules["type"], node.spot.schema.draft)
        return found

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds that a value may have; kinds whose other rules contradict each other are gone."""
        found = self.stated_kinds
        if self.values is not None:
            taken = {kind(value) for value in self.values}
            return found & (taken | _INTEGRAL if taken & _INTEGRAL else taken)
        for impossible, kinds in self._contradictions():
            if kinds & found and impossible():
                found -= kinds
        return found

    def _contradictions(self) -> Iterator[tuple[Any, frozenset[str]]]:
        yield lambda: not _fits(self.low, self.high), NUMERIC
        yield lambda: _above(self.least("minLength"), self.most("maxLength")), frozenset({"string"})
        yield lambda: _above(self.least("minItems"), self.max_items), frozenset({"array"})
        yield self._object_is_impossible, frozenset({"object"})

    def _object_is_impossible(self) -> bool:
        if _above(self.least("minProperties"), self.most("maxProperties")):
            return True
        strict = [node for node in self.nodes if _refuses_some(node)]
        return bool(strict) and any(_refuses(node, name) for name in self.required for node in strict)

    @cached_property
    def values(self) -> list[Any] | None:
        """All values, if they can be listed."""
        lists = [node for word in ("enum", "const") for node in self.each(word)]
        if lists:
            smallest = min(lists, key=lambda node: len(node.rules.get("enum", "1")))
            listed = smallest.rules["enum"] if "enum" in smallest.rules else [smallest.rules["const"]]
        elif self.stated_kinds <= _FINITE:
            listed = [None, False, True]
        else:
            return None
        distinct = {key(value): value for value in listed}.values()
        variants = [variant for value in distinct for variant in self._spellings(value)]
        return [value for value in variants if self.may_hold(value)]

    def _spellings(self, value: Any) -> list[Any]:
        """1.0 equals 1, yet only one of them is an integer up to draft 04, on whichever side that is read."""
        return list({repr(made): made for made in (value, _spelled(value, int), _spelled(value, float))}.values())

    def may_hold(self, value: Any) -> bool:
        """Whether own rules leave a value possible."""
        return all(self._nodes.satisfies(node, value) is not False for node in self.nodes)

    def surely_holds(self, value: Any) -> bool:
        """Whether own rules prove a value possible."""
        return all(self._nodes.satisfies(node, value) is True for node in self.nodes)

    @cached_property
    def low(self) -> Bound | None:
        """The greatest lower bound of numbers; rounded up where only integers are possible."""
        bounds = [(exact(node.rules["minimum"]), False) for node in self.each("minimum")]
        bounds += [(exact(node.rules["exclusiveMinimum"]), True) for node in self.each("exclusiveMinimum")]
        if not bounds:
            return None
        value, excluded = max(bounds)
        if not self._only_integers:
            return value, excluded
        return Fraction(floor(value) + 1 if excluded else ceil(value)), False

    @cached_property
    def high(self) -> Bound | None:
        """The least upper bound of numbers; rounded down where only integers are possible."""
        bounds = [(exact(node.rules["maximum"]), False) for node in self.each("maximum")]
        bounds += [(exact(node.rules["exclusiveMaximum"]), True) for node in self.each("exclusiveMaximum")]
        if not bounds:
            return None
        value, excluded = min(bounds, key=lambda bound: (bound[0], not bound[1]))
        if not self._only_integers:
            return value, excluded
        return Fraction(ceil(value) - 1 if excluded else floor(value)), False

    @property
    def _only_integers(self) -> bool:
        return self.stated_kinds & NUMERIC <= _INTEGRAL

    def least(self, word: str) -> int:
        """The greatest of the lower counts (`minLength`, `minItems`, `minProperties`)."""
        return max((int(node.rules[word]) for node in self.each(word)), default=0)

    def most(self, word: str) -> int | None:
        """The least of the upper counts."""
        return min((int(node.rules[word]) for node in self.each(word)), default=None)

    @cached_property
    def patterns(self) -> tuple[str, ...]:
        """All patterns that a text must match."""
        return tuple(dict.fromkeys(node.rules["pattern"] for node in self.each("pattern")))

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The names that an object must have, in the order of their properties."""
        wanted = dict.fromkeys(name for node in self.each("required") for name in node.rules["required"])
        declared = dict.fromkeys(name for node in self.each("properties") for name in node.rules["properties"])
        return tuple(name for name in (*declared, *(n for n in wanted if n not in declared)) if name in wanted)

    def covering(self, name: str) -> tuple[Spot, ...] | None:
        """What the value of a property must satisfy; None if the name cannot occur."""
        if any(_refuses(node, name) for node in self.nodes):
            return None
        found: list[Spot] = []
        for node in self.nodes:
            self._nodes.steps.take(len(node.rules.get("patternProperties", ())))
            found.extend(_declarations(node, name))
            if "propertyNames" in node.rules and self._nodes.accepts(node.child("propertyNames"), name) is False:
                return None
        return None if any(spot.place.value is False for spot in found) else tuple(found)

    def additional(self) -> tuple[Spot, ...] | None:
        """What the value of a property must satisfy whose name is declared nowhere; None if there is none."""
        found = tuple(node.child("additionalProperties") for node in self.each("additionalProperties"))
        return None if any(spot.place.value is False for spot in found) else found

    @cached_property
    def declared(self) -> tuple[str, ...]:
        """The names of all `properties`."""
        return tuple(dict.fromkeys(name for node in self.each("properties") for name in node.rules["properties"]))

    @cached_property
    def name_patterns(self) -> tuple[str, ...]:
        """The patterns of all `patternProperties`."""
        stated = (pattern for node in self.each("patternProperties") for pattern in node.rules["patternProperties"])
        return tuple(dict.fromkeys(stated))

    def of_pattern(self, pattern: str) -> tuple[Spot, ...]:
        """What surely holds for a value whose name matches one of the `patternProperties`."""
        return tuple(
            node.child("patternProperties", pattern)
            for node in self.each("patternProperties")
            if pattern in node.rules["patternProperties"]
        )

    @cached_property
    def prefix_length(self) -> int:
        """How many items have schemas of their own."""
        return max((len(node.rules["prefixItems"]) for node in self.each("prefixItems")), default=0)

    def item(self, index: int) -> tuple[Spot, ...]:
        """What the item at an index must satisfy."""
        found = []
        for node in self.nodes:
            if index < len(node.rules.get("prefixItems", ())):
                found.append(node.child("prefixItems", index))
            elif "items" in node.rules:
                found.append(node.child("items"))
        return tuple(found)

    @cached_property
    def max_items(self) -> int | None:
        """The greatest possible number of items."""
        bounds = [int(node.rules["maxItems"]) for node in self.each("maxItems")]
        for index in range(self.prefix_length + 1):
            if any(spot.place.value is False for spot in self.item(index)):
                bounds.append(index)
                break
        return min(bounds, default=None)


def _distinct(nodes: Nodes, spots: Sequence[Spot]) -> Sequence[Node]:
    seen: dict[Any, Node] = {}
    for spot in spots:
        for node in nodes.of(spot, lenient=True):
            seen.setdefault(node.spot.key, node)
    return tuple(seen.values())


def _refuses_some(node: Node) -> bool:
    return node.rules.get("additionalProperties") is False or False in node.rules.get("properties", {}).values()


def _refuses(node: Node, name: str) -> bool:
    declared = node.rules.get("properties", {})
    if name in declared:
        return declared[name] is False
    return node.rules.get("additionalProperties") is False and not node.rules.get("patternProperties")


def _declarations(node: Node, name: str) -> Iterator[Spot]:
    rules = node.rules
    declared, certain = False, True
    if name in rules.get("properties", ()):
        declared = True
        yield node.child("properties", name)
    for pattern in rules.get("patternProperties", ()):
        try:
            matched = matches(pattern, name)
        except NotPortableError:
            certain = False
            continue
        if matched:
            declared = True
            yield node.child("patternProperties", pattern)
    if certain and not declared and "additionalProperties" in rules:
        yield node.child("additionalProperties")


def _fits(low: Bound | None, high: Bound | None) -> bool:
    if low is None or high is None:
        return True
    return low[0] < high[0] or (low[0] == high[0] and not (low[1] or high[1]))


def _above(least: int, most: int | None) -> bool:
    return most is not None and least > most


def _spelled(value: Any, spelling: type[int | float]) -> Any:
    """The value with every whole number in it, that a float can hold, written as 1 or as 1.0."""
    if isinstance(value, dict):
        return {name: _spelled(member, spelling) for name, member in value.items()}
    if isinstance(value, list):
        return [_spelled(member, spelling) for member in value]
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST_FLOAT:
        return value
    return spelling(value) if float(value) == value and float(value).is_integer() else value
