"""What does a writer write that never emits an undeclared property? The same schema with its objects closed.

The assumption changes only the writer: each object whose additional properties are absent or `true` is closed; a schema
there is a declared map and stays. Closing one branch of a composition would reject the names of its siblings, so a
composition is closed over the union of their names. Nothing is closed below `not` and `if`, where it would mean the
opposite. The result accepts at least every event that keeps the assumption, so a proof for it is a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from schemagate.compat.json_schema.data.nodes import MalformedError
from schemagate.schema import json_places
from schemagate.schema.json_schema import JsonSchema, Place, UnresolvedReferenceError

_OBJECT_WORDS: Final = frozenset({"properties", "patternProperties"})
_SAME_VALUE: Final = json_places.IN_PLACE - {"not", "if"}  # those mean the opposite
_OTHER_VALUES: Final = (json_places.SINGLE | json_places.LISTS | json_places.MAPS) - (
    json_places.IN_PLACE | json_places.DEFINITIONS | {"propertyNames", "unevaluatedProperties"}
)
_ALL_OTHER_VALUES: Final = _OTHER_VALUES & json_places.SINGLE


class CannotCloseError(ValueError):
    """A composition whose names cannot be told; `pointer` leads to it."""

    def __init__(self, pointer: str) -> None:
        super().__init__("the names that are declared here cannot be told")
        self.pointer = pointer


def closed(schema: JsonSchema) -> JsonSchema:
    """The schema with all its objects closed; raises CannotCloseError or MalformedError."""
    try:
        return _Closing(schema).whole()
    except RecursionError:
        raise CannotCloseError("") from None


class _Closing:
    """Closes every place that describes a value of its own; a branch of a composition does not."""

    def __init__(self, schema: JsonSchema) -> None:
        self.schema = schema
        self.closed: dict[tuple[str, str], Any] = {}
        self.shared: set[tuple[str, str]] = set()

    def whole(self) -> JsonSchema:
        """The root and everything that it refers to."""
        value = self.schema.root
        if not isinstance(value, dict):
            return self.schema
        for place in self.schema.subschemas():
            if isinstance(place.value, dict) and place.document != self.schema.top.document:
                raise CannotCloseError(place.pointer)
        if any("$ref" in p.value for p in self.schema.subschemas() if isinstance(p.value, dict)):
            self._note_targets()
        return replace(self.schema, root=self._own(self.schema.top))

    def _note_targets(self) -> None:
        """A definition may be closed in place only if no composition refers to it."""
        for place in self.schema.subschemas():
            for inner in _in_place(self.schema, place):
                target = self._target(inner)
                if target is not None:
                    self.shared.add((target.document, target.pointer))

    def _target(self, place: Place) -> Place | None:
        if not isinstance(place.value, dict) or not isinstance(place.value.get("$ref"), str):
            return None
        try:
            target = self.schema.follow(place, place.value["$ref"])
        except UnresolvedReferenceError:
            return None
        if target.document != self.schema.top.document:
            raise CannotCloseError(place.pointer)
        return target

    def _own(self, place: Place) -> Any:
        """A place that describes a value of its own: its parts, and itself closed."""
        value = self._inside(place)
        if not isinstance(value, dict) or not isinstance(place.value, dict):
            return value
        target = self._target(place)
        if target is not None:
            if (target.document, target.pointer) in self.shared:
                raise CannotCloseError(place.pointer)
            if self.schema.draft.ref_hides_siblings:
                return value
        if place.value.get("additionalProperties", True) is not True or "unevaluatedProperties" in value:
            return value
        branches = list(_in_place(self.schema, place))
        if branches or target is not None:
            self._refuse_shared_parts(self._family(place, 0))
            return self._closed_over(value, [*branches, *([target] if target else [])])
        if not self._is_object(value):
            return value
        return {**value, "additionalProperties": False}

    def _family(self, place: Place, depth: int) -> list[Place]:
        """Everything that describes the same value as a place, itself first."""
        if depth > 20:
            raise CannotCloseError(place.pointer)
        target = self._target(place)
        family = [place]
        for inner in [*_in_place(self.schema, place), *([target] if target else [])]:
            family += self._family(inner, depth + 1)
        return family

    def _refuse_shared_parts(self, family: list[Place]) -> None:
        """A part that several branches describe would be closed by each of them over its own names only."""
        mentions: dict[str, list[bool]] = {}
        unnamed: list[bool] = []
        for place in family:
            if isinstance(place.value, dict):
                for name, part in _named(place, "properties").items():
                    mentions.setdefault(name, []).append(self._would_be_closed(part))
                parts = [
                    *map(place.value.get, _OTHER_VALUES & json_places.SINGLE),
                    *_named(place, "patternProperties").values(),
                ]
                unnamed += map(self._would_be_closed, parts)
        if any(unnamed) or any(len(same) > 1 and any(same) for same in mentions.values()):
            raise CannotCloseError(family[0].pointer)

    def _would_be_closed(self, part: Any) -> bool:
        return isinstance(part, dict) and (
            "$ref" in part or bool(json_places.LISTS_IN_PLACE & part.keys()) or self._is_object(part)
        )

    def _closed_over(self, value: dict[str, Any], branches: list[Place]) -> dict[str, Any]:
        names: dict[str, Any] = {}
        patterns: dict[str, Any] = {}
        maps, describes = False, self._is_object(value)
        for branch in branches:
            found = self._declared(branch, 0)
            names.update(dict.fromkeys(found[0], True))
            patterns.update(dict.fromkeys(found[1], True))
            maps, describes = maps or found[2], describes or found[3]
        if maps or not describes:
            return value
        made = {**value, "properties": {**names, **value.get("properties", {})}, "additionalProperties": False}
        if patterns:
            made["patternProperties"] = {**patterns, **value.get("patternProperties", {})}
        return made

    def _declared(self, place: Place, depth: int) -> tuple[list[str], list[str], bool, bool]:
        """The names and patterns that a branch declares, whether it is a map, and whether it is about objects."""
        value = place.value
        if not isinstance(value, dict):
            return [], [], False, False
        if depth > 20:
            raise CannotCloseError(place.pointer)
        names, patterns = list(_named(place, "properties")), list(_named(place, "patternProperties"))
        is_map = value.get("additionalProperties", True) not in (True, False) or "unevaluatedProperties" in value
        about = self._is_object(value)
        target = self._target(place)
        for inner in [*_in_place(self.schema, place), *([target] if target else [])]:
            more = self._declared(inner, depth + 1)
            names, patterns = [*names, *more[0]], [*patterns, *more[1]]
            is_map, about = is_map or more[2], about or more[3]
        return names, patterns, is_map, about

    def _is_object(self, value: dict[str, Any]) -> bool:
        types = value.get("type")
        return (
            bool(_OBJECT_WORDS & value.keys()) or types == "object" or (isinstance(types, list) and "object" in types)
        )

    def _inside(self, place: Place) -> Any:
        """The same value with everything below it closed."""
        value = place.value
        if not isinstance(value, dict):
            return value
        made = dict(value)
        for word in value:
            if word in _OTHER_VALUES:
                made[word] = self._each(place, word, self._own)
            elif word in _SAME_VALUE:
                made[word] = self._each(place, word, self._inside)
            elif word in json_places.DEFINITIONS:
                made[word] = self._each(place, word, self._definition)
        return made

    def _each(self, place: Place, word: str, close: Callable[[Place], Any]) -> Any:
        child = self.schema.child
        return json_places.rewritten(word, place.value[word], lambda *step: close(child(place, word, *step)))

    def _definition(self, place: Place) -> Any:
        shared = (place.document, place.pointer) in self.shared
        return self._inside(place) if shared else self._own(place)


def _named(place: Place, word: str) -> dict[str, Any]:
    """The schemas by name below a keyword; raises MalformedError."""
    found = place.value.get(word, {})
    if not isinstance(found, dict):
        raise MalformedError(word, f"{place.pointer}/{word}")
    return found


def _in_place(schema: JsonSchema, place: Place) -> Iterator[Place]:
    """The branches that describe the same value as their parent."""
    if not isinstance(place.value, dict):
        return
    for word, content in place.value.items():
        if word in _SAME_VALUE:
            yield from (schema.child(place, word, *step) for step in json_places.steps(word, content))
