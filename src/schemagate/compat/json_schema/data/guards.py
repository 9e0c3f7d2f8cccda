"""Is it safe to hand a schema to validators and provers, which cannot be interrupted?

A schema that refers to itself for the same value has no meaning that all implementations share, and a chain of
definitions that each refer twice to the next one costs exponential time.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final
from weakref import WeakKeyDictionary

from schemagate.compat.json_schema.data.budget import Spent
from schemagate.compat.json_schema.data.nodes import Spot, top
from schemagate.schema.json_schema import JsonSchema, UnresolvedReferenceError

MAX_WEIGHT: Final = 20_000
"""Subschemas that one value is held against, references written out."""

MAX_DEPTH: Final = 60
"""Levels of them; validators recurse."""


class EndlessError(ValueError):
    """A subschema refers to itself for the same value; `pointer` is the place in the root document."""

    def __init__(self, pointer: str) -> None:
        super().__init__("the schema refers to itself for the same value")
        self.pointer = pointer


_ONE: Final = frozenset({"not", "if", "then", "else"})
_IN_PLACE: Final = _ONE | {"allOf", "anyOf", "oneOf", "dependentSchemas", "dependencies"}
_LEADING_ON: Final = _IN_PLACE | {"$ref"}


_checked: Final[WeakKeyDictionary[JsonSchema, EndlessError | Spent | None]] = WeakKeyDictionary()
"""A schema is compared with many: it is looked at once."""


def check(schema: JsonSchema) -> None:
    """Raises EndlessError or Spent."""
    if schema not in _checked:
        try:
            _look_through(schema)
            _checked[schema] = None
        except (EndlessError, Spent) as error:
            _checked[schema] = error
    if (found := _checked[schema]) is not None:
        raise found.with_traceback(None)


def _look_through(schema: JsonSchema) -> None:
    measured: dict[Hashable, Size] = {}
    root = top(schema)
    for start in schema.documents_by_uri():
        for place in schema.subschemas(schema.follow(root.place, start)):
            if isinstance(place.value, dict) and not _LEADING_ON.isdisjoint(place.value):
                _measure(root.moved(place), measured)


Size = tuple[int, int]
"""How many subschemas one value is held against, and how deep they are nested; (0, 0) while it is being measured."""


def _measure(start: Spot, measured: dict[Hashable, Size]) -> None:
    """Depth first without recursion: chains of references may be long."""
    if start.key in measured:
        return
    path: list[tuple[Spot, Iterator[Spot]]] = [(start, _in_place(start))]
    measured[start.key] = (0, 0)
    while path:
        spot, children = path[-1]
        child = next(children, None)
        if child is None:
            path.pop()
            measured[spot.key] = _sum([measured[inner.key] for inner in _in_place(spot)])
        elif child.key not in measured:
            measured[child.key] = (0, 0)
            path.append((child, _in_place(child)))
        elif measured[child.key] == (0, 0):
            raise EndlessError(child.at)


def _sum(parts: list[Size]) -> Size:
    weight, depth = 1 + sum(part[0] for part in parts), 1 + max((part[1] for part in parts), default=0)
    if weight > MAX_WEIGHT or depth > MAX_DEPTH:
        raise Spent
    return weight, depth


def _in_place(spot: Spot) -> Iterator[Spot]:
    """The subschemas that look at the same value."""
    value = spot.place.value
    if not isinstance(value, dict):
        return
    reference = value.get("$ref")
    if isinstance(reference, str):
        target = _target(spot, reference)
        if target is not None:
            yield target
        if spot.schema.draft.ref_hides_siblings:
            return
    for word in [word for word in value if word in _IN_PLACE]:
        content = value[word]
        if word in _ONE:
            yield spot.child(word)
        elif isinstance(content, list):
            yield from (spot.child(word, index) for index in range(len(content)))
        elif isinstance(content, dict):
            yield from (spot.child(word, name) for name in content)


def _target(spot: Spot, reference: str) -> Spot | None:
    try:
        return spot.follow(reference)
    except UnresolvedReferenceError:
        return None
