"""Which subschemas does a version reach, which of them judge the same value, and where does each stand?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from schemagate.findings import Location
from schemagate.schema import json_places, json_text
from schemagate.schema.event import Version
from schemagate.schema.json_schema import ROOT_URI, JsonSchema, Place, UnresolvedReferenceError

Node: TypeAlias = tuple[str, str]
"""A document and a pointer into it: what makes two places the same."""

_ALWAYS_A_STEP: Final = (json_places.LISTS | json_places.MAPS) - json_places.SINGLE
"""Keywords behind which a pointer always has an index or a name."""


def node(place: Place) -> Node:
    """What tells a place from all others."""
    return place.document, place.pointer


def reachable(schema: JsonSchema) -> dict[Node, Place]:
    """Every subschema of the text, and every one that its references lead to, also in other files."""
    found: dict[Node, Place] = {}
    starts = [schema.top]
    while starts:
        start = starts.pop()
        if node(start) in found:
            continue
        for place in schema.subschemas(start):
            found[node(place)] = place
            if (target := referred(schema, place)) is not None:
                starts.append(target)
    return found


def referred(schema: JsonSchema, place: Place) -> Place | None:
    """Where the `$ref` of a place leads; None without one, or when it leads nowhere."""
    reference = place.value.get("$ref") if isinstance(place.value, dict) else None
    if not isinstance(reference, str):
        return None
    try:
        return schema.follow(place, reference)
    except UnresolvedReferenceError:
        return None


def same_value(schema: JsonSchema, place: Place) -> Iterator[Place]:
    """The subschemas one step away that judge the same value as `place`: its branches, and where its `$ref` leads."""
    if (target := referred(schema, place)) is not None:
        yield target
    if not isinstance(place.value, dict) or hides_siblings(schema, place):
        return
    for keyword, value in place.value.items():
        if keyword in json_places.IN_PLACE:
            yield from (schema.child(place, keyword, *step) for step in json_places.steps(keyword, value))


def hides_siblings(schema: JsonSchema, place: Place) -> bool:
    """Whether only the `$ref` of this place counts, as in the drafts up to 07."""
    return schema.draft.ref_hides_siblings and isinstance(place.value, dict) and "$ref" in place.value


def keyword_of(place: Place) -> str:
    """The keyword under which a subschema stands: `properties` for `/properties/not`, "" for the root."""
    keyword, is_step = "", False
    for token in json_text.unescape(place.pointer):
        if is_step or (keyword == "items" and token.isdecimal()):
            is_step = False
        else:
            keyword, is_step = token, token in _ALWAYS_A_STEP
    return keyword


def locate(version: Version, place: Place, *tokens: str | int) -> tuple[str, Location]:
    """The pointer of a value below a place, and where it stands."""
    texts = {content_file.replace("#", "%23"): (content_file, text) for content_file, text in _texts(version)}
    file, text = texts[place.document.removeprefix(ROOT_URI)]
    pointer = json_text.join(place.pointer, *tokens)
    return pointer, json_text.locate(text, pointer, file)


def _texts(version: Version) -> Iterator[tuple[str, str]]:
    yield from version.content.references.items()
    yield version.content.file, version.content.text
