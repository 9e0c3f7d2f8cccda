"""Does an event's schema mean what it says: its names, its version, its required fields, its released text?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice, zip_longest
from typing import Any, Final

from schemagate.findings import Finding, Location, Rule, Severity
from schemagate.policy import walks
from schemagate.policy.shown import shown
from schemagate.schema import json_places
from schemagate.schema.event import Content, Revision, Version
from schemagate.schema.json_schema import JsonSchema, Place

EV01: Final = Rule("EV01", "required-exists", "every required name is a declared property")
EV02: Final = Rule("EV02", "name-agrees", "folder, title and event_name name the same event")
EV03: Final = Rule("EV03", "version-agrees", "file, title and event_version say the same version")
EV05: Final = Rule("EV05", "immutable-version", "a released version of an immutable event does not change")
EV11: Final = Rule(
    "EV11", "validators-disagree", "no multipleOf on decimal fractions, no format without a pattern", Severity.WARNING
)

RULES: Final = (EV01, EV02, EV03, EV05, EV11)

_TITLE_VERSION = re.compile(r"(?:(?:^|[\s._-])[vV]|(?<=[a-z])V)([0-9]{1,9})$")  # Manager.v1, Manager v1, ManagerV1
_SEPARATORS = re.compile(r"[._-]")
_STEPS = (
    500_000  # through all families of a schema; beyond, nothing more is judged, so that a hostile file cannot stall us
)


def ev01_required_exists(version: Version, schema: JsonSchema) -> Iterator[Finding]:
    """A finding per name in `required` that no subschema of the same value declares.

    Not judged: objects that describe their remaining names (`patternProperties`, a schema in `additionalProperties`)
    and anything below `not`. A definition is judged where it is used, since its users may declare what it requires.
    """
    places = walks.reachable(schema)
    used = {walks.node(target) for place in places.values() if (target := walks.referred(schema, place))}
    reported: set[walks.Node] = set()
    budget = _STEPS
    for start in places.values():
        if walks.keyword_of(start) in json_places.IN_PLACE or (_is_definition(start) and walks.node(start) in used):
            continue
        family = list(islice(_family(schema, start), budget))
        budget -= len(family)
        if any(_describes_others(place.value) for place in family):
            continue
        declared = {name for place in family for name in _object(place.value, "properties")}
        for place in family:
            if walks.node(place) not in reported and (missing := _undeclared(schema, place, declared)):
                reported.add(walks.node(place))
                yield from (_not_declared(version, place, index) for index in missing)


def _family(schema: JsonSchema, start: Place) -> Iterator[Place]:
    """The start, its branches (without `not`), what its references lead to, and so on; each once."""
    seen: set[walks.Node] = set()
    stack = [start]
    while stack:
        place = stack.pop()
        if walks.node(place) not in seen:
            seen.add(walks.node(place))
            yield place
            stack.extend(each for each in walks.same_value(schema, place) if walks.keyword_of(each) != "not")


def _undeclared(schema: JsonSchema, place: Place, declared: set[str]) -> list[int]:
    """The indices in the `required` of a place whose names are not declared."""
    required = place.value.get("required") if isinstance(place.value, dict) else None
    if not isinstance(required, list) or walks.hides_siblings(schema, place):
        return []
    return [index for index, name in enumerate(required) if isinstance(name, str) and name not in declared]


def _not_declared(version: Version, place: Place, index: int) -> Finding:
    name = shown(place.value["required"][index])
    closed = place.value.get("additionalProperties") is False
    consequence = "no event can be valid" if closed else "nothing says what it holds"
    pointer, location = walks.locate(version, place, "required", index)
    return EV01.finding(
        pointer,
        f"{name} is required and not a property: {consequence}",
        f"Declare {name} in `properties`, or take it out of `required`.",
        location=location,
    )


def _describes_others(value: Any) -> bool:
    return bool(_object(value, "patternProperties") or _object(value, "additionalProperties"))


def _is_definition(place: Place) -> bool:
    return walks.keyword_of(place) in ("definitions", "$defs")


def _object(value: Any, keyword: str) -> dict[str, Any]:
    found = value.get(keyword) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def ev02_name_agrees(version: Version, schema: JsonSchema) -> Iterator[Finding]:
    """A finding per name that differs from the event's, without regard to dots, dashes, underscores and case.

    The event's name is its folder's, or the declared `event_name` of its table in schemagate.toml. A title with spaces
    is a sentence and no name; it is not judged.
    """
    wanted = version.settings.event_name or version.id.event
    fix = f'Say "{wanted}" here, or declare `event_name` for "{version.id.event}" in schemagate.toml.'
    for tokens, name in _envelope_values(schema, "event_name"):
        if not isinstance(name, str) or _folded(name) != _folded(wanted):
            pointer, location = walks.locate(version, schema.top, *tokens)
            yield EV02.finding(pointer, f'event_name is {shown(name)}, the event is "{wanted}"', fix, location=location)
    title = _TITLE_VERSION.sub("", _title(schema))
    if len(title.split()) == 1 and _folded(title) != _folded(wanted):
        pointer, location = walks.locate(version, schema.top, "title")
        yield EV02.finding(pointer, f'the title names {shown(title)}, the event is "{wanted}"', fix, location=location)


def ev03_version_agrees(version: Version, schema: JsonSchema) -> Iterator[Finding]:
    """A finding per version number that differs from the file name's; a number that is not stated is no finding."""
    number = version.id.number
    for tokens, value in _envelope_values(schema, "event_version"):
        if isinstance(value, bool) or value != number:
            pointer, location = walks.locate(version, schema.top, *tokens)
            yield EV03.finding(
                pointer,
                f"event_version is {shown(value)}, the file is version {number}",
                f"Allow only {number} here, or move the schema to the file of its version.",
                location=location,
            )
    stated = _TITLE_VERSION.search(_title(schema))
    if stated is not None and int(stated[1]) != number:
        pointer, location = walks.locate(version, schema.top, "title")
        yield EV03.finding(
            pointer,
            f"the title says version {int(stated[1])}, the file is version {number}",
            f"End the title with `.v{number}`.",
            location=location,
        )


def _envelope_values(schema: JsonSchema, field: str) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """What `enum` or `const` of an envelope field allows, each with the tokens of its place."""
    subschema = _object(_object(schema.root, "properties"), field)
    if "const" in subschema:
        yield ("properties", field, "const"), subschema["const"]
    values = subschema.get("enum")
    if isinstance(values, list):
        yield from ((("properties", field, "enum", index), value) for index, value in enumerate(values))


def _title(schema: JsonSchema) -> str:
    title = schema.root.get("title") if isinstance(schema.root, dict) else None
    return title.strip() if isinstance(title, str) else ""


def _folded(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()


def ev05_immutable_version(version: Version, released: Sequence[Revision]) -> Iterator[Finding]:
    """A finding when an immutable version was released and now has a text that none of its revisions has.

    `released` is oldest first; the line of the finding is the first that differs from the newest.
    """
    if not version.settings.immutable or not released:
        return
    if any(revision.content == version.content for revision in released):
        return
    newest = released[-1]
    yield EV05.finding(
        "",
        f"{version.id} is immutable, and its content differs from the released one (commit {newest.commit[:12]})",
        f"Restore it from commit {newest.commit[:12]}, and make the change in a new version.",
        location=Location(version.content.file, _first_difference(newest.content, version.content)),
    )


def _first_difference(old: Content, new: Content) -> int:
    lines = zip_longest(old.text.splitlines(), new.text.splitlines())
    differing = (number for number, (before, after) in enumerate(lines, start=1) if before != after)
    return min(next(differing, 1), max(1, len(new.text.splitlines())))


def ev11_validators_disagree(version: Version, schema: JsonSchema) -> Iterator[Finding]:
    """A finding per `multipleOf` that binary floats cannot count in, and a note per `format` that stands alone.

    0.1 is such a step, 0.25 is not. For an event that moves money the first is an error.
    """
    severity = Severity.ERROR if version.settings.criticality == "money" else Severity.WARNING
    for place in walks.reachable(schema).values():
        if not isinstance(place.value, dict) or walks.hides_siblings(schema, place):
            continue
        step = place.value.get("multipleOf")
        if isinstance(step, float | Decimal) and not _is_exact(step):
            pointer, location = walks.locate(version, place, "multipleOf")
            yield EV11.finding(
                pointer,
                f"validators that count in binary floats refuse some multiples of {step}",
                "Send an integer of the smallest unit, or describe the digits in words.",
                location=location,
                severity=severity,
            )
        if _leans_on_format(place.value):
            pointer, location = walks.locate(version, place, "format")
            yield EV11.finding(
                pointer,
                f"most validators do not check format {shown(place.value['format'])} unless asked",
                "Add a `pattern`, or do not rely on the check.",
                location=location,
                severity=Severity.NOTE,
            )


def _is_exact(step: float | Decimal) -> bool:
    """Whether a float holds the number that is written, and so all its multiples."""
    if isinstance(step, Decimal):  # the reader keeps a Decimal where a float would change the number
        return step == step.to_integral_value()
    return Decimal(step) == Decimal(repr(step))


def _leans_on_format(value: dict[str, Any]) -> bool:
    types = value.get("type", "string")
    is_text = types == "string" or (isinstance(types, list) and "string" in types)
    return is_text and isinstance(value.get("format"), str) and not value.keys() & {"pattern", "enum", "const"}
