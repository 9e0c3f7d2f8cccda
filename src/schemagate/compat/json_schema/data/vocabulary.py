"""Which words do two schemas speak, and what becomes of an event when one thing in it changes?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any, Final

from schemagate.compat.json_schema.data.values import Number, exact, key, plain
from schemagate.schema.json_schema import JsonSchema

_MOST: Final = 120
_PLACES: Final = 5_000  # of a schema that are looked at
_PLAIN: Final[tuple[Any, ...]] = ("", 0, None, False, True, [], {}, "a", 0.5, 1, -1, 1.0, "text", 7, [0], {"other": 0})
_BOUNDS: Final = frozenset("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split())
_LENGTHS: Final = frozenset("minLength maxLength".split())


@dataclass(frozen=True, slots=True)
class Words:
    """Values and property names that occur in either schema, and their neighbours."""

    values: tuple[Any, ...]
    names: tuple[str, ...]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)


def words_of(reader: JsonSchema, writer: JsonSchema) -> Words:
    """The vocabulary of both schemas, in the order of their texts; plain values first."""
    values: dict[Any, Any] = {key(value): value for value in _PLAIN}
    names: dict[str, None] = {}
    for schema in (reader, writer):
        for place in islice(schema.subschemas(), _PLACES):
            if isinstance(place.value, dict):
                _collect(place.value, values, names)
            if len(values) > _MOST and len(names) > _MOST:
                break
    names.setdefault("other")
    return Words(tuple(islice(values.values(), _MOST)), tuple(islice(names, _MOST)))


def _collect(schema: dict[str, Any], values: dict[Any, Any], names: dict[str, None]) -> None:
    for word, content in schema.items():
        if word in ("const", "default"):
            values.setdefault(key(content), content)
        elif word in ("enum", "examples") and isinstance(content, list):
            for member in content[:20]:
                values.setdefault(key(member), member)
        elif word in _BOUNDS and isinstance(content, Number) and not isinstance(content, bool):
            _numbers(exact(content), values)
        elif word in _LENGTHS and isinstance(content, int) and 0 <= content <= 1_000:
            for length in (content - 1, content, content + 1):
                values.setdefault("a" * length, "a" * length)
        elif word in ("properties", "dependentSchemas", "dependencies", "dependentRequired"):
            names.update(dict.fromkeys(content if isinstance(content, dict) else ()))
        elif word == "required" and isinstance(content, list):
            names.update(dict.fromkeys(name for name in content if isinstance(name, str)))


def _numbers(bound: Fraction, values: dict[Any, Any]) -> None:
    for number in (bound, bound + 1, bound - 1, bound + Fraction(1, 2), bound - Fraction(1, 2)):
        made = plain(number)
        if made is not None:
            values.setdefault(key(made), made)


def patterns_of(schema: JsonSchema) -> tuple[set[str], set[str]]:
    """All regular expressions of a schema, those for texts and those for the names of properties.

    Also those that stand where the draft knows no schema: a reference may lead there.
    """
    texts: set[str] = set()
    names: set[str] = set()
    if not schema.documents and "attern" not in schema.text and "\\u" not in schema.text:
        return texts, names
    stack: list[Any] = [schema.root, *schema.documents.values()]
    while stack:
        here = stack.pop()
        if isinstance(here, list):
            stack.extend(here)
        elif isinstance(here, dict):
            stack.extend(here.values())
            if isinstance(here.get("pattern"), str):
                texts.add(here["pattern"])
            if isinstance(here.get("patternProperties"), dict):
                names.update(here["patternProperties"])
    return texts, names | texts if "propertyNames" in schema.text else names


def mutations(event: Any, words: Words) -> Iterator[Any]:
    """Everything that one change makes of an event: a value replaced, a member added, removed or repeated."""
    for path in _paths(event):
        here = _at(event, path)
        for value in words.values:
            yield _replaced(event, path, value)
        if isinstance(here, dict):
            for name in words.names:
                if name not in here:
                    yield from (_replaced(event, path, {**here, name: value}) for value in words.values[:30])
            yield from (_replaced(event, path, other) for other in _without_one(here))
        elif isinstance(here, list):
            yield from (_replaced(event, path, [*here, item]) for item in (*here[:2], *words.values[:20]))
            yield from (_replaced(event, path, other) for other in _without_one(here))


def smaller(event: Any) -> Iterator[Any]:
    """The same event with something removed, or something plainer in its place; the largest steps first."""
    for path in _paths(event):
        here = _at(event, path)
        if isinstance(here, dict | list):
            yield from (_replaced(event, path, other) for other in _without_one(here))
        for value in _plainer(here):
            yield _replaced(event, path, value)


def _plainer(value: Any) -> Sequence[Any]:
    match value:
        case str() if len(value) > 0:
            return [""] if len(value) == 1 else ["", value[:1]]
        case bool():
            return [False] if value else []
        case int() | float() if value not in (0, 1):
            return [0, 1]
        case 1:
            return [0]
        case dict() if value:
            return [{}]
        case list() if value:
            return [[]]
        case _:
            return []


def _without_one(container: Any) -> Iterator[Any]:
    if isinstance(container, list):
        yield from (container[:index] + container[index + 1 :] for index in range(min(len(container), 50)))
    else:
        for name in islice(container, 100):
            yield {other: member for other, member in container.items() if other != name}


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _paths(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value[:20]):
            yield from _paths(item, (*path, index))


def _at(value: Any, path: Sequence[str | int]) -> Any:
    for token in path:
        value = value[token]
    return value


def _replaced(value: Any, path: Sequence[str | int], new: Any) -> Any:
    if not path:
        return new
    token, rest = path[0], path[1:]
    if isinstance(value, list):
        index = int(token)
        return [*value[:index], _replaced(value[index], rest, new), *value[index + 1 :]]
    return {name: _replaced(member, rest, new) if name == token else member for name, member in value.items()}
