"""Where do subschemas stand in a JSON Schema? One table of keywords, for all who walk one.

The table is that of all drafts together: a `$ref` may lead into a keyword that its draft does not know, so that a walk
is generous. Whoever asks what a keyword means to its draft asks elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

DEFINITIONS: Final = frozenset({"$defs", "definitions"})
"""Keywords that only keep schemas for references."""

LISTS_IN_PLACE: Final = frozenset("allOf anyOf oneOf".split())
CASES_IN_PLACE: Final = frozenset("if then else not".split())
MAPS_IN_PLACE: Final = frozenset("dependentSchemas dependencies".split())
IN_PLACE: Final = LISTS_IN_PLACE | CASES_IN_PLACE | MAPS_IN_PLACE
"""Keywords whose subschemas judge the very value that the schema around them judges: lists, single ones, maps."""

SINGLE: Final = CASES_IN_PLACE | frozenset(
    "additionalItems additionalProperties contains items propertyNames unevaluatedItems unevaluatedProperties".split()
)
"""Keywords that hold one schema; `items` may hold a list of them instead."""

LISTS: Final = LISTS_IN_PLACE | frozenset({"items", "prefixItems"})
"""Keywords that hold a list of schemas."""

MAPS: Final = MAPS_IN_PLACE | DEFINITIONS | frozenset({"patternProperties", "properties"})
"""Keywords that hold schemas by name; `dependencies` holds lists of names as well."""


def steps(keyword: str, value: Any) -> Iterator[tuple[str | int, ...]]:
    """The way from a keyword to each subschema in its value: none where it is one itself, an index or a name."""
    if isinstance(value, list):
        if keyword in LISTS:
            yield from ((index,) for index in range(len(value)))
    elif keyword in MAPS:
        if isinstance(value, dict):
            yield from ((name,) for name, inner in value.items() if isinstance(inner, dict | bool))
    elif keyword in SINGLE and isinstance(value, dict | bool):
        yield ()


def rewritten(keyword: str, value: Any, rewrite: Callable[..., Any]) -> Any:
    """The value of a keyword with `rewrite(*step)` for each subschema in it; itself where it holds none."""
    made = {step: rewrite(*step) for step in steps(keyword, value)}
    if () in made:
        return made[()]
    if isinstance(value, dict):
        return {**value, **{name: inner for (name,), inner in made.items()}}
    return list(made.values()) if made else value
