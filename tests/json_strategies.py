"""Event-like JSON Schemas, the edits that people make to them, and events: for property tests.

The events are made here, not by the engine's own builder, so that they can judge it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

NAMES = ("id", "login", "email", "status", "amount", "tags", "address", "note")
WORDS = ("", "a", "new", "paid", "A1", "abc", "abcdef", "x-1", "2024-01-01")
PATTERNS = ("^[a-z]+$", "^[a-z]*$", "^[A-Z][0-9]$", "a", "^[a-z]{1,3}$", "^(new|paid)$", "^.{2,}$")
FORMATS = ("date-time", "uuid", "email")

Schema = dict[str, Any]


def _bounds(low: str, high: str, least: int, most: int) -> st.SearchStrategy[Schema]:
    return st.fixed_dictionaries({}, optional={low: st.integers(least, 3), high: st.integers(3, most)})


def _with(kind: str, extra: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return extra.map(lambda more: {"type": kind, **more})


strings = st.one_of(
    st.just({"type": "string"}),
    _with("string", _bounds("minLength", "maxLength", 0, 6)),
    _with("string", st.fixed_dictionaries({"pattern": st.sampled_from(PATTERNS)})),
    _with("string", st.fixed_dictionaries({"format": st.sampled_from(FORMATS)})),
    _with(
        "string", st.fixed_dictionaries({"enum": st.lists(st.sampled_from(WORDS), min_size=1, max_size=4, unique=True)})
    ),
    st.sampled_from(WORDS).map(lambda word: {"const": word}),
)
numbers = st.one_of(
    st.just({"type": "integer"}),
    st.just({"type": "number"}),
    _with("integer", _bounds("minimum", "maximum", -2, 8)),
    _with("number", _bounds("exclusiveMinimum", "maximum", -2, 8)),
    _with("integer", st.fixed_dictionaries({"multipleOf": st.sampled_from((1, 2, 4, 6))})),
    st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True).map(lambda members: {"enum": members}),
)
scalars = st.one_of(strings, numbers, st.just({"type": "boolean"}), st.just({"type": "null"}))


def _nullable(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), str) and "enum" not in schema and schema["type"] != "null":
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def objects(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Schema]:
    """Open, closed and map-like objects."""

    def build(parts: tuple[dict[str, Any], list[str], Any]) -> Schema:
        properties, required, additional = parts
        made: Schema = {"type": "object", "properties": properties}
        if required:
            made["required"] = required
        if additional is not None:
            made["additionalProperties"] = additional
        return made

    return st.tuples(
        st.dictionaries(st.sampled_from(NAMES), children, min_size=1, max_size=4),
        st.lists(st.sampled_from(NAMES[:5]), max_size=2, unique=True),
        st.sampled_from((None, None, False, False, True, {"type": "string"})),
    ).map(build)


def _choices(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Schema]:
    tagged = st.tuples(children, children).map(
        lambda pair: {
            "oneOf": [
                {"type": "object", "properties": {"kind": {"const": tag}, "value": child}, "required": ["kind"]}
                for tag, child in zip("ab", pair, strict=True)
            ]
        }
    )
    plain = st.lists(children, min_size=1, max_size=3)
    return st.one_of(tagged, plain.map(lambda branches: {"anyOf": branches}), plain.map(lambda b: {"allOf": b[:2]}))


def _nested(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Schema]:
    arrays = st.tuples(children, _bounds("minItems", "maxItems", 0, 4), st.booleans()).map(
        lambda parts: {"type": "array", "items": parts[0], **parts[1], **({"uniqueItems": True} if parts[2] else {})}
    )
    return st.one_of(objects(children), arrays, children.map(_nullable), _choices(children))


fields = st.recursive(scalars, _nested, max_leaves=5)
events = objects(st.one_of(scalars, fields))
"""A whole event: an object of fields."""


def _places(schema: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where the subschemas of a schema stand."""
    yield path
    if not isinstance(schema, dict):
        return
    for name, child in schema.get("properties", {}).items():
        yield from _places(child, (*path, "properties", name))
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield from _places(schema[word], (*path, word))
    for word in ("anyOf", "allOf", "oneOf"):
        for index, child in enumerate(schema.get(word, ())):
            yield from _places(child, (*path, word, index))


def _add_property(draw: Any, schema: Schema) -> None:
    name = draw(st.sampled_from(NAMES))
    schema.setdefault("properties", {})[name] = draw(scalars)


def _remove_property(draw: Any, schema: Schema) -> None:
    if schema.get("properties"):
        del schema["properties"][draw(st.sampled_from(sorted(schema["properties"])))]


def _require(draw: Any, schema: Schema) -> None:
    wanted = set(schema.get("required", ())) ^ {draw(st.sampled_from(NAMES))}
    schema.pop("required", None)
    if wanted:
        schema["required"] = sorted(wanted)


def _open_or_close(draw: Any, schema: Schema) -> None:
    schema["additionalProperties"] = draw(st.sampled_from((True, False, {"type": "string"})))


def _retype(draw: Any, schema: Schema) -> None:
    schema["type"] = draw(
        st.sampled_from(("string", "integer", "number", "boolean", ["string", "null"], ["integer", "string"]))
    )


def _annotate(draw: Any, schema: Schema) -> None:
    schema[draw(st.sampled_from(("title", "description", "$comment")))] = draw(st.sampled_from(WORDS))


def _edit_members(draw: Any, schema: Schema) -> None:
    members = [*schema.get("enum", ()), *([schema.pop("const")] if "const" in schema else ())]
    word = draw(st.sampled_from((*WORDS, 1, 2, None)))
    members = [member for member in members if member != word] if word in members else [*members, word]
    if members:
        schema["enum"] = members


def _edit_number(draw: Any, schema: Schema) -> None:
    word = draw(st.sampled_from(("minimum", "maximum", "exclusiveMinimum", "multipleOf", "minLength", "maxLength")))
    schema[word] = draw(st.integers(1, 5))


def _edit_list(draw: Any, schema: Schema) -> None:
    word = draw(st.sampled_from(("minItems", "maxItems", "uniqueItems", "contains", "minProperties")))
    schema[word] = {"uniqueItems": True, "contains": {"type": "string"}}.get(word, 2)


def _drop_keyword(draw: Any, schema: Schema) -> None:
    words = sorted(set(schema) - {"properties", "type"})
    if words:
        del schema[draw(st.sampled_from(words))]


def _set_pattern(draw: Any, schema: Schema) -> None:
    schema["pattern"] = draw(st.sampled_from(PATTERNS))


def _set_format(draw: Any, schema: Schema) -> None:
    schema["format"] = draw(st.sampled_from(FORMATS))


def _wrap(draw: Any, schema: Schema) -> None:
    content = dict(schema)
    schema.clear()
    schema[draw(st.sampled_from(("allOf", "anyOf", "oneOf")))] = [content]


def _allow_null(draw: Any, schema: Schema) -> None:
    content = dict(schema)
    schema.clear()
    schema.update(_nullable(content))


def _reorder(draw: Any, schema: Schema) -> None:
    content = list(schema.items())
    schema.clear()
    schema.update(reversed(content))


EDITS = (
    _add_property, _remove_property, _require, _require, _open_or_close, _retype, _annotate, _edit_members, _edit_number,
    _edit_list, _drop_keyword, _set_pattern, _set_format, _wrap, _allow_null, _reorder,
)  # fmt: skip
ABOUT_OBJECTS = (_add_property, _remove_property, _require, _open_or_close)


@st.composite
def edited(draw: Any, schema: Schema, most: int = 2) -> Schema:
    """The schema after one to `most` edits."""
    made = copy.deepcopy(schema)
    for _ in range(draw(st.integers(1, most))):
        edit = draw(st.sampled_from(EDITS))
        places = list(_places(made))
        if edit in ABOUT_OBJECTS:
            places = [path for path in places if "properties" in _at(made, path)] or places
        place = _at(made, draw(st.sampled_from(places)))
        edit(draw, place)
    return made


def _at(schema: Any, path: tuple[str | int, ...]) -> Any:
    for token in path:
        schema = schema[token]
    return schema


pairs = events.flatmap(lambda schema: st.tuples(st.just(schema), edited(schema)))
"""A schema and what became of it."""

anything = st.recursive(
    st.sampled_from((None, True, False, 0, 1, 2, 5, -3, 1.0, 2.5, *WORDS)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from((*NAMES, "zz")), inner, max_size=3)
    ),
    max_leaves=4,
)


def _of_type(name: str, schema: Schema, depth: int) -> st.SearchStrategy[Any]:
    match name:
        case "string":
            return st.sampled_from(WORDS)
        case "integer":
            return st.integers(-3, 9)
        case "number":
            return st.sampled_from((0, 1, 2, 3, 4, 5, 8, -1, 0.5, 2.5, 3.0, -0.5))
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "array":
            items = schema.get("items", True)
            return st.lists(instances(items, depth + 1), max_size=4)
        case _:
            return _objects_of(schema, depth)


def _objects_of(schema: Schema, depth: int) -> st.SearchStrategy[Any]:
    declared = {name: instances(child, depth + 1) for name, child in schema.get("properties", {}).items()}
    wanted = {name: declared.pop(name, anything) for name in schema.get("required", ())}
    extra = schema.get("additionalProperties", True)
    others = st.just({})
    if extra is not False:
        others = st.dictionaries(st.sampled_from((*NAMES, "zz")), instances(extra, depth + 1), max_size=2)
    known = st.fixed_dictionaries(wanted, optional=declared)
    return st.tuples(others, known).map(lambda parts: {**parts[0], **parts[1]})


def instances(schema: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that are often valid under a schema of this file; filter them."""
    if not isinstance(schema, dict) or depth > 5:
        return anything
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return st.one_of([instances(branch, depth + 1) for branch in schema[word]])
    stated = schema.get("type")
    types = stated if isinstance(stated, list) else [stated] if stated else []
    if not types:
        return _objects_of(schema, depth) if "properties" in schema else anything
    return st.one_of([_of_type(name, schema, depth) for name in types])
