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
from schemagate.schema import json_places
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


_LEADING_ON: Final = json_places.IN_PLACE | {"$ref"}

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
    if _is_surely_small(root, measured):
        return
    for start in schema.documents_by_uri():
        for place in schema.subschemas(schema.follow(root.place, start)):
            if isinstance(place.value, dict) and not _LEADING_ON.isdisjoint(place.value):
                _measure(root.moved(place), measured)


Size = tuple[int, int]
"""How many subschemas one value is held against, and how deep they are nested; (0, 0) while it is being measured."""


def _is_surely_small(root: Spot, measured: dict[Hashable, Size]) -> bool:
    """Most schemas: whatever leads on in the text, added to what its references lead to, stays within the limits.

    Nothing is endless but through a reference, so that measuring what they lead to finds it.
    """
    schema, text = root.schema, root.schema.text
    if schema.references is None:
        return False
    targets = [target for reference in schema.references if (target := _target(root, reference)) is not None]
    for target in targets:
        _measure(target, measured)
    heaviest = max((measured[target.key][0] for target in targets), default=0)
    deepest = max((measured[target.key][1] for target in targets), default=0)
    objects = text.count("{")
    weight = objects + text.count("true") + text.count("false") + text.count('"$ref"') * heaviest
    levels = objects
    if deepest + levels >= MAX_DEPTH:
        levels = sum(text.count(f'"{word}"') for word in json_places.IN_PLACE)
    return weight <= MAX_WEIGHT and deepest + levels < MAX_DEPTH


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
    for word, content in value.items():
        if word in json_places.IN_PLACE:
            yield from (spot.child(word, *step) for step in json_places.steps(word, content))


def _target(spot: Spot, reference: str) -> Spot | None:
    try:
        return spot.follow(reference)
    except UnresolvedReferenceError:
        return None
