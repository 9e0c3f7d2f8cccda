"""Which rules of the house does this version break?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final

from schemagate.errors import SchemaError
from schemagate.findings import Finding, Location
from schemagate.policy import envelope_rules, event_rules, file_rules, reference_rules
from schemagate.schema import paths
from schemagate.schema.event import Preset, Revision, Version, VersionId
from schemagate.schema.json_schema import JsonSchema
from schemagate.schema.paths import Schema

RULES: Final = (*event_rules.RULES, *envelope_rules.RULES, *reference_rules.RULES, *file_rules.RULES)

MAX_FINDINGS: Final = 100
"""Of one rule in one version. Each has to be located, and nobody repairs more at once."""

_JSON_RULES: Final = (
    event_rules.ev01_required_exists,
    event_rules.ev02_name_agrees,
    event_rules.ev03_version_agrees,
    reference_rules.ev04_reference_resolves,
    event_rules.ev11_validators_disagree,
)

_ENVELOPE_RULES: Final = (
    envelope_rules.ev06_envelope_complete,
    envelope_rules.ev07_state_has_key_and_time,
    envelope_rules.ev09_money_has_business_key,
)


def lint(
    version: Version,
    released: Sequence[Revision] = (),
    *,
    preset: Preset = "plain",
    siblings: Sequence[Version] = (),
) -> tuple[Finding, ...]:
    """The findings of one version, in the order of its text; `released` are its revisions, oldest first.

    `preset` is the envelope that the house uses (plain: none), `siblings` are the event's other versions. A text that
    cannot be read, or is no schema, gives only the findings that say so (EV10) and EV05. Where files stand is asked of
    all paths at once: `file_rules.ev12_file_place`.
    """
    findings = [*_of_content(version, preset, siblings), *event_rules.ev05_immutable_version(version, released)]
    return tuple(sorted(findings, key=_position))


def _of_content(version: Version, preset: Preset, siblings: Sequence[Version]) -> Iterator[Finding]:
    try:
        schema = paths.parse(version.content)
        if isinstance(schema, JsonSchema):
            invalid = list(islice(file_rules.ev10_strict_schema(version, schema), MAX_FINDINGS))
            yield from invalid or _of_json(version, schema)
            if invalid:
                return
        elif schema is not None:
            yield from islice(file_rules.ev13_avro_specification(version, schema), MAX_FINDINGS)
        if schema is not None:
            yield from _of_envelope(version, schema, preset, siblings)
    except SchemaError as error:
        yield file_rules.unreadable(error)


def _of_json(version: Version, schema: JsonSchema) -> Iterator[Finding]:
    for rule in _JSON_RULES:
        yield from islice(rule(version, schema), MAX_FINDINGS)


def _of_envelope(version: Version, schema: Schema, preset: Preset, siblings: Sequence[Version]) -> Iterator[Finding]:
    for rule in _ENVELOPE_RULES:
        yield from rule(version, schema, preset)
    if version.settings.personal:
        others = _readable(siblings)
        yield from islice(envelope_rules.ev08_personal_data_forbidden(version, schema, others), MAX_FINDINGS)


def _readable(versions: Sequence[Version]) -> dict[VersionId, Schema]:
    found = {}
    for version in versions:
        with suppress(SchemaError):  # its own lint tells
            schema = paths.parse(version.content)
            if schema is not None:
                found[version.id] = schema
    return found


def _position(finding: Finding) -> tuple[str, int, int, str, str]:
    location = finding.location or Location("")
    return location.file, location.line, location.column, finding.rule, finding.message
