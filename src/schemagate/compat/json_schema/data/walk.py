"""Where may the reader accept less than the writer writes? The structural walk over both schemas in step.

The walk descends only where "the child accepts more" implies "the parent accepts more", so no difference at all proves
the pair. A difference proves nothing: the place may be unreachable, or another keyword may exclude the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from typing import Any, Final

from schemagate.compat.json_schema.data import arrays, combinations, keywords, objects, rules, undecided
from schemagate.compat.json_schema.data.budget import Spent, Steps
from schemagate.compat.json_schema.data.checks import Nodes
from schemagate.compat.json_schema.data.differences import Difference, Frame, Step, Wish
from schemagate.compat.json_schema.data.keywords import Requirement, named
from schemagate.compat.json_schema.data.nodes import NEVER, Node, Spot, UnresolvedReferenceError
from schemagate.compat.json_schema.data.notes import about_places
from schemagate.compat.json_schema.data.values import same
from schemagate.compat.json_schema.data.writers import Writers
from schemagate.findings import Finding
from schemagate.schema.json_schema import JsonSchema
from schemagate.schema.json_words import Unchanged

MAX_DEPTH: Final = 50
"""Deeper walks (through long chains of references) are not made."""

MAX_DIFFERING: Final = 1_000
"""When more places differ, it is time to say so."""

_REFERENCE: Final = re.compile(r"'\$(?:ref|dynamicRef|recursiveRef)'")

_REQUIREMENTS: Final[dict[str, Requirement]] = {
    **keywords.REQUIREMENTS,
    **objects.REQUIREMENTS,
    **arrays.REQUIREMENTS,
    **combinations.REQUIREMENTS,
    **undecided.REQUIREMENTS,
}

_TOGETHER: Final = frozenset({"allOf", "$ref", "then", "else", "minContains", "maxContains"})
"""Looked at by `conjuncts`, or together with another keyword."""

PairKey = tuple[Hashable, frozenset[Hashable]]


class Walk:
    """One comparison of two schemas; `differences` is what remains unproved."""

    def __init__(self, steps: Steps, unchanged: Unchanged) -> None:
        """`unchanged` knows both sides."""
        self.nodes = Nodes(steps)
        self.unchanged = unchanged
        self.notes: list[Finding] = []
        self.gave_up = False
        """So many places differ that no further ones were compared: what is not among the differences is not proved."""
        self._differing = 0
        self._speculating = 0
        self._open: set[PairKey] = set()
        self._leaned: set[PairKey] = set()
        self._proved: set[PairKey] = set()
        self._failed: dict[PairKey, list[Difference]] = {}
        self._told: set[PairKey] = set()
        self._identical: set[tuple[Hashable, Hashable]] = set()
        self._texts: dict[Hashable, str] = {}
        self._branches: dict[int, dict[str, list[int]]] = {}

    def differences(self, frame: Frame) -> list[Difference]:
        """What is unproved about a frame: that its reader accepts whatever satisfies all of its writers.

        A pair that is already on the way down counts as proved, for that way only: what leans on it is not kept.
        """
        reader, writers = frame.reader, frame.writers
        for writer in writers:
            if writer.place.value == reader.place.value and self.identical(reader, writer):
                return []
        pair = (reader.key, frozenset(writer.key for writer in writers))
        if pair in self._proved or self.gave_up:
            return []
        if pair in self._open:
            self._leaned.add(pair)
            return []
        if pair not in self._failed:
            return self._resolve(frame, pair)
        return self._again(frame, pair)

    def _again(self, frame: Frame, pair: PairKey) -> list[Difference]:
        """A pair that failed before is told in full once, then as one difference that stands for all of it."""
        found = self._failed[pair]
        if self._speculating or pair in self._told:
            return [replace(found[0], frame=frame, wish=Wish(without=found[0].wish.without), repeated=True)]
        self._told.add(pair)
        return found

    def _resolve(self, frame: Frame, pair: PairKey) -> list[Difference]:
        if len(self._open) > MAX_DEPTH:
            raise Spent
        outer, self._leaned = self._leaned, set()
        self._open.add(pair)
        try:
            found = self._compare(frame)
        finally:
            self._open.discard(pair)
            used = self._leaned - {pair}
            self._leaned = outer | used
        if found:
            self._failed[pair] = found  # final: it failed even with optimism
            if not self._speculating:
                self._told.add(pair)
                self._differing += 1
                self.gave_up = self._differing > MAX_DIFFERING
        elif not used and not self.gave_up:
            self._proved.add(pair)
        return found

    def _compare(self, frame: Frame) -> list[Difference]:
        self.nodes.steps.take(1 + len(frame.writers))
        writers = Writers(self.nodes, frame.writers)
        if not self._speculating:
            self.notes.extend(about_places(frame))
        try:
            nodes = self.nodes.of(frame.reader)
        except UnresolvedReferenceError as error:
            return [_unresolved(frame, str(error))]
        found = [difference for node in nodes for difference in self._of_node(node, writers, frame)]
        if not found or writers.empty:
            return []
        return combinations.by_cases(self, writers, frame, found)

    def _of_node(self, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
        if NEVER in node.rules:
            message = f"the reader accepts nothing for {named(frame)}"
            yield Difference(rules.NOTHING, frame, node.spot.at, message, f"let the reader accept {named(frame)}")
            return
        repeated = self._repeated(node, writers)
        for word in node.rules:
            if word in _TOGETHER or word in repeated:
                continue
            found = list(_REQUIREMENTS[word](self, node, writers, frame))
            if found and not self._holds_for_all_values(node, word, writers):
                yield from found

    def _repeated(self, node: Node, writers: Writers) -> set[str]:
        """The keywords that one of the writers repeats word by word, together with what gives them their meaning."""
        found: set[str] = set()
        for other in writers.nodes:
            names = self.unchanged.names(other.rules, node.rules)
            found.update(word for word in names if word not in _RELATED or _RELATED[word](node, other, names))
        return found

    def _holds_for_all_values(self, node: Node, word: str, writers: Writers) -> bool:
        values = writers.values
        return values is not None and all(self.nodes.check(node, word, value) is True for value in values)

    def proves(self, frame: Frame) -> bool:
        """Whether a frame is proved; what it lacks is not of interest."""
        self._speculating += 1
        try:
            return not self.differences(frame)
        finally:
            self._speculating -= 1

    def likely_branches(self, node: Node, word: str, writers: Writers) -> Iterator[int]:
        """The indexes of the branches below a keyword, those first that a writer repeats word by word."""
        branches = node.rules[word]
        places = self._branches.get(id(node))
        if places is None:
            places = self._branches[id(node)] = {}
            for index, branch in enumerate(branches):
                places.setdefault(repr(branch), []).append(index)
            self.nodes.steps.take(len(branches))
        equal = [index for spot in writers.spots for index in places.get(self._text(spot), ())]
        yield from equal
        yield from (index for index in range(len(branches)) if index not in equal)

    def _text(self, spot: Spot) -> str:
        found = self._texts.get(spot.key)
        if found is None:
            found = self._texts[spot.key] = repr(spot.place.value)
        return found

    def descend(self, frame: Frame, step: Step, reader: Spot, writers: tuple[Spot, ...]) -> list[Difference]:
        """The differences one step further down in the value."""
        return self.differences(Frame(frame, step, reader, writers))

    def identical(self, reader: Spot, writer: Spot) -> bool:
        """Whether two subschemas say the same, word by word, in everything that they refer to as well."""
        if reader.only or writer.only:
            return False
        mine, yours = reader.place.value, writer.place.value
        if self.unchanged(mine, yours):
            return True
        if self.unchanged.surely_leads_elsewhere(mine):
            return False
        return same(mine, yours) and self._identical_within(reader, writer)

    def _identical_within(self, reader: Spot, writer: Spot) -> bool:
        if reader.schema.draft is not writer.schema.draft:
            return isinstance(reader.place.value, bool)
        pair = (reader.key, writer.key)
        if pair in self._identical or not _REFERENCE.search(repr(reader.place.value)):
            return True
        self._identical.add(pair)  # optimistic while looking; a difference below takes it back
        self.nodes.steps.take()
        if not self._same_references(reader, writer):
            self._identical.clear()
            return False
        return True

    def _same_references(self, reader: Spot, writer: Spot) -> bool:
        """The two values are equal; do all references in them lead to identical subschemas?"""
        for mine, yours in _in_step(reader, writer):
            value = mine.place.value
            if not isinstance(value, dict):
                continue
            if "$dynamicRef" in value or "$recursiveRef" in value:
                return False
            reference = value.get("$ref")
            if not isinstance(reference, str):
                continue
            try:
                target, other = mine.follow(reference), yours.follow(reference)
            except UnresolvedReferenceError:
                return False
            if not (same(target.place.value, other.place.value) and self._identical_within(target, other)):
                return False
        return True


def _never(_node: Node, _other: Node, _names: list[str]) -> bool:
    return False


def _other_names(node: Node, other: Node, names: list[str]) -> bool:
    """The reader names every property that the writer names, so that both speak of no others than the writer does."""
    named_there = other.rules.get("properties", {}).keys() <= node.rules.get("properties", {}).keys()
    return named_there and _kept(node, other, names, "patternProperties")


def _other_items(node: Node, other: Node, _names: list[str]) -> bool:
    return len(other.rules.get("prefixItems", ())) <= len(node.rules.get("prefixItems", ()))


def _kept(node: Node, other: Node, names: list[str], *words: str) -> bool:
    """Some keywords that both sides repeat, or have not."""
    return all(word in names or (word not in node.rules and word not in other.rules) for word in words)


_RELATED: Final[dict[str, Callable[[Node, Node, list[str]], bool]]] = {
    "additionalProperties": _other_names,
    "items": _other_items,
    "contains": lambda node, other, names: _kept(node, other, names, "minContains", "maxContains"),
    "if": lambda node, other, names: _kept(node, other, names, "then", "else"),
    **dict.fromkeys(undecided.REQUIREMENTS, _never),
}
"""Keywords that may say something else where they have the same value: when they do not."""


def _in_step(reader: Spot, writer: Spot) -> Iterator[tuple[Spot, Spot]]:
    """All containers of two equal values, pairwise."""
    stack = [(reader, writer)]
    while stack:
        mine, yours = stack.pop()
        yield mine, yours
        value = mine.place.value
        tokens: Any = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        inner = [token for token in tokens if isinstance(value[token], dict | list)]
        stack.extend((mine.child(token), yours.child(token)) for token in inner)


def _unresolved(frame: Frame, message: str) -> Difference:
    at = frame.reader.at
    fix = "put the definition into the repository, and refer to it by its path"
    return Difference(rules.COMBINATION, frame, at, message, fix, doubt=rules.UNRESOLVED)


def same_documents(reader: JsonSchema, writer: JsonSchema) -> bool:
    """Whether both sides are the same altogether, references included."""
    if reader.draft is not writer.draft or not same(reader.root, writer.root):
        return False
    return reader.documents.keys() == writer.documents.keys() and all(
        same(value, writer.documents[name]) for name, value in reader.documents.items()
    )
