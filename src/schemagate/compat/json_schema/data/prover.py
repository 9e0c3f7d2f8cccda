"""Can jsonschema_rs prove that one subschema covers others?

`covers` promises only that its YES proves something, has no notion of time, and is asked about small schemas only: the
two sides are written out without references, so that equal names of different definitions cannot be mistaken.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final

from schemagate.compat.json_schema.data.nodes import Spot
from schemagate.schema import json_places
from schemagate.schema.json_schema import Draft, UnresolvedReferenceError
from schemagate.schema.validation import rust_draft

if TYPE_CHECKING:
    import jsonschema_rs

_GONE: Final = frozenset(
    "$schema $id id $anchor $comment $defs definitions title description default examples format $ref".split()
)
_DYNAMIC: Final = frozenset("$dynamicRef $recursiveRef $dynamicAnchor $recursiveAnchor".split())
_WITHOUT_DEPENDENCIES: Final = frozenset({Draft.D2019, Draft.D2020})
"""Where `dependencies` is no keyword any more; the prover still reads it, other validators do not."""

_MOST_CASES: Final = 1_000
"""Alternatives multiply when they are taken together; the normal form would write all of them out."""


class _TooLargeError(Exception):
    """Too large, recursive, unresolved, or read differently by validators: the prover is not asked."""


def covers(reader: Spot, writers: tuple[Spot, ...], limit: int) -> bool:
    """Whether it is proved that the reader accepts whatever satisfies all the writers."""
    import jsonschema_rs

    forms = _forms(reader, writers, limit)
    if forms is None:
        return False
    try:
        return forms[0].covers(forms[1]) is jsonschema_rs.canonical.Containment.YES
    except ValueError:
        return False


def remainder(reader: Spot, writers: tuple[Spot, ...], limit: int) -> Any:
    """A schema of what the writers may send and the reader refuses, or None; what it accepts is only a hint."""
    forms = _forms(reader, writers, limit)
    if forms is None:
        return None
    try:
        return forms[1].subtract(forms[0]).to_json_schema()
    except ValueError:
        return None


def _forms(
    reader: Spot, writers: tuple[Spot, ...], limit: int
) -> tuple[jsonschema_rs.CanonicalSchema, jsonschema_rs.CanonicalSchema] | None:
    import jsonschema_rs

    if any(spot.schema.draft is not reader.schema.draft for spot in writers):
        return None
    try:
        size = [limit]
        mine = _written_out(reader, size, ())
        yours = [_written_out(writer, size, ()) for writer in writers]
    except _TooLargeError:
        return None
    if max(_cases(form) for form in (mine, {"allOf": yours})) > _MOST_CASES:
        return None
    draft = rust_draft(reader.schema.draft)
    both = (mine, yours[0] if len(yours) == 1 else {"allOf": yours} if yours else {})
    try:
        left, right = (
            jsonschema_rs.canonicalize(form, draft=draft, validate_formats=False, offline=True) for form in both
        )
    except ValueError:  # not valid under its draft, or not modelled
        return None
    return left, right


def _written_out(spot: Spot, size: list[int], path: tuple[object, ...]) -> Any:
    """The subschema as a value without references; `size` counts down."""
    value = spot.place.value
    size[0] -= 1
    if size[0] < 0 or spot.key in path or len(path) > 60:
        raise _TooLargeError
    if spot.only:
        return {"type": spot.only}
    if not isinstance(value, dict):
        return _boolean(value, spot.schema.draft)
    if _DYNAMIC & value.keys() or ("dependencies" in value and spot.schema.draft in _WITHOUT_DEPENDENCIES):
        raise _TooLargeError
    here = (*path, spot.key)
    target = _target(spot, size, here) if "$ref" in value else None
    if target is not None and spot.schema.draft.ref_hides_siblings:
        return target
    made = {word: _content(spot, word, size, here) for word in value if word not in _GONE}
    if target is not None:
        made["allOf"] = [*made.get("allOf", ()), target]
    return made


def _cases(form: Any) -> int:
    """How many alternatives one value may take, at the worst place of a schema that is written out."""
    if not isinstance(form, dict):
        return 1
    here = 2 if "if" in form else 1
    for word in json_places.LISTS_IN_PLACE:
        counts = [_cases(branch) for branch in form.get(word, ())]
        here *= prod(counts) if word == "allOf" else max(1, sum(counts))
    below = [
        _cases(form[word][step[0]] if step else form[word])
        for word in form.keys() - json_places.LISTS_IN_PLACE
        for step in json_places.steps(word, form[word])
    ]
    return max([min(here, _MOST_CASES + 1), *below])


def _boolean(value: Any, draft: Draft) -> Any:
    if not isinstance(value, bool):
        raise _TooLargeError
    return value if draft is not Draft.D4 else {} if value else {"not": {}}


def _target(spot: Spot, size: list[int], path: tuple[object, ...]) -> Any:
    try:
        return _written_out(spot.follow(spot.place.value["$ref"]), size, path)
    except UnresolvedReferenceError:
        raise _TooLargeError from None


def _content(spot: Spot, word: str, size: list[int], path: tuple[object, ...]) -> Any:
    content = spot.place.value[word]
    if isinstance(content, bool):
        return content
    size[0] -= len(content) // 50 if isinstance(content, list | str) else 0
    if size[0] < 0:
        raise _TooLargeError
    return json_places.rewritten(word, content, lambda *step: _written_out(spot.child(word, *step), size, path))
