"""Does every `$ref` of an event lead to a schema inside the repository?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Final
from urllib.parse import unquote

from schemagate.findings import Finding, Rule
from schemagate.policy import walks
from schemagate.policy.shown import shortened, shown
from schemagate.schema.event import Version
from schemagate.schema.json_schema import ROOT_URI, JsonSchema, Place, UnresolvedReferenceError

EV04: Final = Rule("EV04", "reference-resolves", "every $ref leads to a schema inside the repository")

RULES: Final = (EV04,)

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def ev04_reference_resolves(version: Version, schema: JsonSchema) -> Iterator[Finding]:
    """A finding per `$ref` that leads nowhere or outside, and one for a circle of references that never ends."""
    places = walks.reachable(schema)
    for place in places.values():
        if isinstance(place.value, dict) and "$ref" in place.value:
            problem = _problem(schema, place, place.value["$ref"])
            if problem is not None:
                pointer, location = walks.locate(version, place, "$ref")
                yield EV04.finding(pointer, *problem, location=location)
    if circle := _circle(schema, places):
        pointer, location = walks.locate(version, places[circle[0]])
        names = shortened(" → ".join(f"#{pointer}" for _, pointer in circle))
        yield EV04.finding(
            pointer,
            f"the references run in a circle and never reach a schema: {names}",
            "Let one of them state what the value is.",
            location=location,
        )


def _problem(schema: JsonSchema, place: Place, reference: object) -> tuple[str, str] | None:
    """What is wrong with a reference, and the repair."""
    if not isinstance(reference, str):
        return "the value of $ref is not a string", "Write the reference as a string, or rename the key."
    path = unquote(reference.partition("#")[0])
    if path.startswith(("/", "\\")):
        return (
            f"$ref {shown(reference)} is an absolute path, which differs from machine to machine",
            "Refer to the file relative to this one.",
        )
    if (target := _target(place, path)) is not None and target.startswith(".."):
        return f"$ref {shown(reference)} leads out of the repository", "Copy what it names to `schemas/_shared/`."
    try:
        schema.follow(place, reference)
    except UnresolvedReferenceError as error:
        if target is not None and target not in {schema.file, *schema.documents}:
            return (
                f"$ref {shown(reference)}: there is no file {shortened(target)}",
                "Correct the path, or add the file.",
            )
        if _SCHEME.match(path):
            return (
                f"$ref {shown(reference)} lies outside of the repository, and nothing is ever fetched",
                "Copy what it names to `schemas/_shared/` and refer to the copy.",
            )
        return shortened(error.message), "Correct the reference, or add the definition that it names."
    return None


def _target(place: Place, path: str) -> str | None:
    """The repository path that a relative reference means; None where it is relative to a web address."""
    base = place.base.removeprefix(ROOT_URI)
    if _SCHEME.match(base) or _SCHEME.match(path):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), path)) if path else base


def _circle(schema: JsonSchema, places: Mapping[walks.Node, Place]) -> list[walks.Node]:
    """The nodes of one circle in which each judges the same value as the next; empty when there is none."""
    steps = {node: [walks.node(target) for target in walks.same_value(schema, place)] for node, place in places.items()}
    try:
        TopologicalSorter(steps).prepare()
    except CycleError as error:
        found: list[walks.Node] = error.args[1]
        return found[::-1]  # the sorter lists a node after what it depends on
    return []
