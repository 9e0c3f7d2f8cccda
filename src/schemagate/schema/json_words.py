"""Do two JSON Schemas say the same, word by word? And which of their parts do, in all that these refer to as well?

Most of two revisions is the same, and need not be read. This is about words only: numbers are spelled alike and keys
stand in the same order. What differs here may still mean the same.
"""

from __future__ import annotations

import marshal
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any, Final

from schemagate.schema.json_schema import JsonSchema, UnresolvedReferenceError

MAX_REFERENCES: Final = 1_000
"""Where a text has more different ones, whatever refers to something counts as different."""

MAX_WORDS: Final = 16 * 1024 * 1024
"""Bytes that the targets of references may have, each counted as often as it is referred to in other words."""

_VERSION: Final = 2  # of the format: a later one writes the second of two shared objects in another way


def words_of(value: Any) -> bytes | None:
    """What two values share only if they are spelled alike; None where that is not known, for a Decimal in it."""
    try:
        return marshal.dumps(value, _VERSION)
    except ValueError:
        return None


def same_words(left: Any, right: Any) -> bool:
    """Whether two JSON values are spelled alike; quick when they differ."""
    return left is right or (left == right and _are_spelled_alike(left, right))


def refers(value: Any) -> bool:
    """Whether a value has references in it; said of some that have none, too."""
    words = words_of(value)
    return words is None or _has_references(words)


class Unchanged:
    """Asked about a value of each side: do both say the same, word by word, in all that they refer to as well?

    A no may be wrong: of references only those are followed that a text states in the plainest way.
    """

    def __init__(self, one: JsonSchema, other: JsonSchema) -> None:
        self._one, self._other = one, other
        self.comparable = one.draft is other.draft
        self.plain = self.comparable and not (_may_refer(one.text) or _may_refer(other.text))
        """Neither side has references."""

    def __call__(self, one: Any, other: Any) -> bool:
        """Whether two values are unchanged; quick when they differ."""
        if not self.comparable or one != other or (not self.plain and self._leads_elsewhere(one)):
            return False
        return _are_spelled_alike(one, other)

    def names(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
        """The names under which both sides have a value, and it is unchanged. One look at all is most often enough."""
        if not self.comparable:
            return []
        equal = [name for name in one if name in other and one[name] == other[name]]
        if not self.plain:
            equal = [name for name in equal if not self._leads_elsewhere(one[name])]
        if _are_spelled_alike([one[name] for name in equal], [other[name] for name in equal]):
            return equal
        return [name for name in equal if _are_spelled_alike(one[name], other[name])]

    def surely_leads_elsewhere(self, value: Any) -> bool:
        """Whether a reference in the value leads to other words on the other side."""
        return not self.plain and self.comparable and self._elsewhere is not None and self._leads_elsewhere(value)

    def _leads_elsewhere(self, value: Any) -> bool:
        """A reference in the value does, or may do."""
        if self._elsewhere is None:
            return refers(value)
        if not self._elsewhere or not isinstance(value, dict | list):
            return False
        known = self._leading.get(id(value))
        return _leads(value, self._elsewhere, {}) if known is None else known

    @cached_property
    def _leading(self) -> dict[int, bool]:
        """Whether a reference leads elsewhere, for every object and list of both texts, by its identity."""
        found: dict[int, bool] = {}
        for schema in (self._one, self._other):
            _leads(schema.root, self._elsewhere or (), found)
        return found

    @cached_property
    def _elsewhere(self) -> frozenset[str] | None:
        """The references that lead to something else on each side, there or further on; None where all may do."""
        references = self._one.references
        if references is None or self._other.references is None or len(references) > MAX_REFERENCES:
            return None
        moved: list[str] = []
        kept: dict[str, bytes] = {}
        left = MAX_WORDS
        for reference in references:
            words, others = (_words_at(schema, reference) for schema in (self._one, self._other))
            if words is not None and words == others:
                kept[reference] = words
            else:
                moved.append(reference)
            left -= len(words or b"")
            if left < 0:
                return None
        for elsewhere in moved:  # grows while it is walked
            sought = elsewhere.encode()
            leading_on = [each for each, target in kept.items() if sought in target]
            for each in leading_on:
                del kept[each]
            moved += leading_on
        return frozenset(moved)


def _leads(value: Any, elsewhere: Collection[str], found: dict[int, bool]) -> bool:
    """Whether a value holds one of the references; `found` takes the answer for all objects and lists in it."""
    reference = value.get("$ref") if type(value) is dict else None
    leads = type(reference) is str and reference in elsewhere
    for inner in value.values() if type(value) is dict else value:
        if (type(inner) is dict or type(inner) is list) and _leads(inner, elsewhere, found):
            leads = True
    found[id(value)] = leads
    return leads


def _are_spelled_alike(one: Any, other: Any) -> bool:
    """Whether two values that are equal to Python are so to JSON."""
    words = words_of(one)
    return repr(one) == repr(other) if words is None else words == words_of(other)


def _has_references(words: bytes) -> bool:
    return b"$ref" in words or b"$dynamicRef" in words or b"$recursiveRef" in words


def _may_refer(text: str) -> bool:
    return '"$ref"' in text or '"$dynamicRef"' in text or '"$recursiveRef"' in text or "\\u" in text


def _words_at(schema: JsonSchema, reference: str) -> bytes | None:
    try:
        return words_of(schema.follow(schema.top, reference).value)
    except UnresolvedReferenceError:
        return None
