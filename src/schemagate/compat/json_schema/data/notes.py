"""What changes its meaning without breaking anything: format, default, draft, names required but not declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemagate.compat.json_schema.data import rules
from schemagate.compat.json_schema.data.differences import Frame
from schemagate.compat.json_schema.data.keywords import named, shown
from schemagate.compat.json_schema.data.nodes import Spot
from schemagate.compat.json_schema.data.values import same
from schemagate.findings import Finding
from schemagate.schema.json_schema import JsonSchema

_ABSENT = object()


def about_drafts(reader: JsonSchema, writer: JsonSchema) -> Iterator[Finding]:
    """A finding when the two sides are read as different drafts."""
    if reader.draft is writer.draft:
        return
    told = [f"{s.draft.value}{' (assumed)' if s.draft_is_assumed else ''}" for s in (reader, writer)]
    message = f"the reader is written for {told[0]}, the writer for {told[1]}: the same words may mean something else"
    yield rules.DRAFT.finding("/$schema", message, "keep one $schema for all revisions", writer_path="/$schema")


def about_places(frame: Frame) -> Iterator[Finding]:
    """Findings about one pair of subschemas."""
    if not frame.writers:
        return
    mine, yours = frame.reader, frame.writers[0]
    new, old = mine.place.value, yours.place.value
    if not (isinstance(new, dict) and isinstance(old, dict)):
        return
    for word, rule in (("format", rules.FORMAT), ("default", rules.DEFAULT)):
        if word in new or word in old:
            yield from _annotation(frame, mine, yours, word, rule)
    if "required" not in new or new["required"] == old.get("required"):
        return
    known = {name for spot in frame.writers for name in _declared(spot.place.value)}
    for name in sorted(_undeclared(new) - _undeclared(old) - known):
        path = f"{mine.at}/required"
        inside = f"{frame.subject}.{name}" if frame.subject else name
        message = f"{inside} is required by the reader, which declares no such property"
        yield rules.UNDECLARED.finding(
            path, message, f"declare {shown(name)}", writer_path=yours.at, stable_path=inside
        )


def _annotation(frame: Frame, mine: Spot, yours: Spot, word: str, rule: Any) -> Iterator[Finding]:
    new, old = (spot.place.value.get(word, _ABSENT) for spot in (mine, yours))
    if new is old or (new is not _ABSENT and old is not _ABSENT and same(new, old)):
        return
    told = ["none" if value is _ABSENT else shown(value) for value in (new, old)]
    message = f"the {word} of {named(frame)} is {told[0]} for the reader, {told[1]} for the writer"
    paths = [spot.at if value is _ABSENT else f"{spot.at}/{word}" for spot, value in ((mine, new), (yours, old))]
    fix = f"keep the {word} of {named(frame)}"
    yield rule.finding(paths[0], message, fix, writer_path=paths[1], stable_path=frame.subject)


def _declared(schema: Any) -> set[str]:
    declared = schema.get("properties") if isinstance(schema, dict) else None
    return set(declared) if isinstance(declared, dict) else set()


def _undeclared(schema: dict[str, Any]) -> set[str]:
    required = schema.get("required")
    if not isinstance(required, list) or "patternProperties" in schema:
        return set()
    return {name for name in required if isinstance(name, str)} - _declared(schema)
