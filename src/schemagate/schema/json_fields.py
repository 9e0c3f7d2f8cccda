"""Which fields do the events of a JSON Schema have? The questions of `schema.paths`, for JSON Schema.

`$ref`, `allOf`, `anyOf` and `oneOf` are followed; other conditions (`if`, `not`, `dependencies`) claim nothing, apart
from `not: { required: [name] }`, which forbids the name. A schema that takes too many steps to follow claims nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from schemagate.schema.fields import ANY_TYPE, ITEMS, Field
from schemagate.schema.json_schema import Draft, JsonSchema, Place, UnresolvedReferenceError

_STEPS: Final = 20_000
_DEPTH: Final = 60  # of choices within choices
_MODERN: Final = (Draft.D2019, Draft.D2020)
_MAY_EVALUATE: Final = frozenset(
    "additionalProperties patternProperties if then else dependentSchemas $dynamicRef $recursiveRef".split()
)


def find(schema: JsonSchema, steps: Sequence[str]) -> Field | None:
    """The field at the steps; None where it is not declared."""
    try:
        reached = _Walk(schema).to(steps)
    except _TooMuchError:
        return Field(always=False, types=ANY_TYPE)
    return None if reached is None else Field(reached[1], _types(reached[0]))


def fields(schema: JsonSchema, steps: Sequence[str]) -> dict[str, Field]:
    """The properties of the object at the steps, those of every choice included."""
    walk = _Walk(schema)
    try:
        reached = walk.to(steps)
        if reached is None:
            return {}
        view, always = reached
        always = always and _types(view) in ({"object"}, ANY_TYPE)
        found = {name: walk.inside(view, name) for name in dict.fromkeys(_properties(view))}
    except _TooMuchError:
        return {}
    return {
        name: Field(always and _requires(view, name), _types(inner))
        for name, inner in found.items()
        if inner is not None
    }


def forbids(schema: JsonSchema, steps: Sequence[str]) -> bool:
    """Whether the schema refuses every event that has something at the steps."""
    walk = _Walk(schema)
    try:
        view = walk.gather([schema.top])
        for step in steps:
            if _closed(schema, view, step):
                return True
            inner = walk.inside(view, step)
            if inner is None:
                return False
            view = inner
            if _refuses(view):
                return True
    except _TooMuchError:
        return False
    return False


class _TooMuchError(Exception):
    """The schema takes too many steps."""


@dataclass
class _View:
    """What is said about one value: all `places` hold, and of each choice at least one view."""

    places: list[Place] = field(default_factory=list)
    choices: list[list[_View]] = field(default_factory=list)


@dataclass
class _Walk:
    """Follows a schema from view to view, and gives up after so many steps."""

    schema: JsonSchema
    left: int = _STEPS
    targets: dict[tuple[str, str], Place | None] = field(default_factory=dict)
    """Where the references lead that were followed."""

    def to(self, steps: Sequence[str]) -> tuple[_View, bool] | None:
        """The view at the steps, and whether every event has something there; None where it is not declared."""
        view, always = self.gather([self.schema.top]), True
        for step in steps:
            always = always and step != ITEMS and _types(view) in ({"object"}, ANY_TYPE) and _requires(view, step)
            inner = self.inside(view, step)
            if inner is None:
                return None
            view = inner
        return view, always

    def gather(self, starts: Sequence[Place], depth: int = 0) -> _View:
        """The view of a value for which all the starts hold."""
        view = _View()
        stack, seen = list(starts), set()
        while stack:
            place = stack.pop()
            self._spend(depth)
            if (place.document, place.pointer) in seen:
                continue
            seen.add((place.document, place.pointer))
            if (target := self._referred(place)) is not None:
                stack.append(target)
                if self.schema.draft.ref_hides_siblings:
                    continue
            view.places.append(place)
            stack += self._listed(place, "allOf")
            for keyword in ("anyOf", "oneOf"):
                if branches := self._listed(place, keyword):
                    view.choices.append([self.gather([branch], depth + 1) for branch in branches])
        return view

    def inside(self, view: _View, step: str, depth: int = 0) -> _View | None:
        """The view of a property, or of the items; None where nothing is said about it."""
        self._spend(depth)
        starts = [found for place in view.places if (found := self._next(place, step)) is not None]
        choices = [[self.inside(branch, step, depth + 1) for branch in choice] for choice in view.choices]
        if not starts and not any(each is not None for choice in choices for each in choice):
            return None
        inner = self.gather(starts, depth)
        inner.choices += [[each or _View() for each in choice] for choice in choices]
        return inner

    def _next(self, place: Place, step: str) -> Place | None:
        if step == ITEMS:
            return self.schema.child(place, "items") if isinstance(_value(place, "items"), dict | bool) else None
        return self.schema.child(place, "properties", step) if step in _table(place, "properties") else None

    def _listed(self, place: Place, keyword: str) -> list[Place]:
        return [self.schema.child(place, keyword, number) for number in range(len(_list(place, keyword)))]

    def _referred(self, place: Place) -> Place | None:
        reference = _value(place, "$ref")
        if not isinstance(reference, str):
            return None
        asked = (place.base, reference)
        if asked not in self.targets:
            self.targets[asked] = None
            with suppress(UnresolvedReferenceError):  # EV04 tells
                self.targets[asked] = self.schema.follow(place, reference)
        return self.targets[asked]

    def _spend(self, depth: int) -> None:
        self.left -= 1
        if self.left < 0 or depth > _DEPTH:
            raise _TooMuchError


def _requires(view: _View, name: str) -> bool:
    return any(name in _list(place, "required") for place in view.places) or any(
        all(_requires(branch, name) for branch in choice) for choice in view.choices
    )


def _properties(view: _View) -> list[str]:
    found = [name for place in view.places for name in _table(place, "properties")]
    return found + [name for choice in view.choices for branch in choice for name in _properties(branch)]


def _types(view: _View) -> frozenset[str]:
    found = ANY_TYPE
    for place in view.places:
        found &= _stated_types(place.value)
    for choice in view.choices:
        found &= frozenset().union(*map(_types, choice))
    return found


def _stated_types(value: Any) -> frozenset[str]:
    if not isinstance(value, dict):
        return ANY_TYPE if value is True else frozenset()
    found = ANY_TYPE
    if "type" in value:
        stated = value["type"] if isinstance(value["type"], list) else [value["type"]]
        found = frozenset(each for each in stated if isinstance(each, str))
        found |= {"integer"} if "number" in found else set()
    values = [value["const"]] if "const" in value else value.get("enum")
    if isinstance(values, list):
        found &= frozenset().union(*map(_types_of, values))
    return found


def _types_of(value: object) -> frozenset[str]:
    match value:
        case None:
            return frozenset({"null"})
        case bool():
            return frozenset({"boolean"})
        case int():
            return frozenset({"integer"})
        case float() | Decimal():
            return frozenset({"number", "integer"})
        case str():
            return frozenset({"string"})
        case _:
            return frozenset({"array" if isinstance(value, list) else "object"})


def _refuses(view: _View) -> bool:
    """Whether no value at all is valid."""
    return (
        not _types(view)
        or any(place.value is False or _says_never(place.value) for place in view.places)
        or any(all(map(_refuses, choice)) for choice in view.choices)
    )


def _says_never(value: Any) -> bool:
    return isinstance(value, dict) and value.get("not") in ({}, True) and "not" in value


def _closed(schema: JsonSchema, view: _View, name: str) -> bool:
    """Whether no valid value has the property, whatever is in it; `ITEMS` are never closed."""
    if "object" not in _types(view) and name != ITEMS:
        return True
    if any(_closes(place, name) for place in view.places):
        return True
    if any(choice and all(_closed(schema, branch, name) for branch in choice) for choice in view.choices):
        return True
    sealed = schema.draft in _MODERN and any(_value(place, "unevaluatedProperties") is False for place in view.places)
    return sealed and not _evaluates(view, name)


def _closes(place: Place, name: str) -> bool:
    if name == ITEMS:
        return False
    closed = _value(place, "additionalProperties") is False and not _table(place, "patternProperties")
    return (closed and name not in _table(place, "properties")) or _demands(_value(place, "not"), name)


def _demands(value: Any, name: str) -> bool:
    """Whether a schema says yes to every object with the property."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    if "required" in value:
        return bool(value["required"] == [name])
    branches = value.get("anyOf")
    return isinstance(branches, list) and any(_demands(branch, name) for branch in branches)


def _evaluates(view: _View, name: str) -> bool:
    """Whether something may account for the property, so that `unevaluatedProperties` does not see it."""
    return (
        any(name in _table(place, "properties") for place in view.places)
        or any(isinstance(place.value, dict) and _MAY_EVALUATE & place.value.keys() for place in view.places)
        or any(_evaluates(branch, name) for choice in view.choices for branch in choice)
    )


def _value(place: Place, keyword: str) -> Any:
    return place.value.get(keyword) if isinstance(place.value, dict) else None


def _table(place: Place, keyword: str) -> dict[str, Any]:
    found = _value(place, keyword)
    return found if isinstance(found, dict) else {}


def _list(place: Place, keyword: str) -> list[Any]:
    found = _value(place, keyword)
    return found if isinstance(found, list) else []
