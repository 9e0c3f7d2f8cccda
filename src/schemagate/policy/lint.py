"""Which rules of the house does this version, or this manifest, break?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final

from schemagate.errors import SchemaError
from schemagate.findings import Finding, Location
from schemagate.policy import envelope_rules, event_rules, file_rules, manifest_rules, reference_rules
from schemagate.policy.house import House
from schemagate.schema import paths
from schemagate.schema.avro import AvroSchema
from schemagate.schema.event import Catalog, Preset, Revision, Version, VersionId
from schemagate.schema.json_schema import JsonSchema
from schemagate.schema.parsing import Parsed

RULES: Final = (
    *event_rules.RULES,
    *envelope_rules.RULES,
    *reference_rules.RULES,
    *file_rules.RULES,
)
"""Of events; those of manifests are `manifest_rules.RULES`."""

MAX_FINDINGS: Final = 100
"""Of one rule in one version or manifest. Each has to be located, and nobody repairs more at once."""

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

_MANIFEST_RULES: Final = (
    manifest_rules.sv02_client_id_version,
    manifest_rules.sv04_money_through_outbox,
    manifest_rules.sv05_group_of_one_service,
    manifest_rules.sv08_key_in_every_version,
    manifest_rules.ml01_acks_all,
    manifest_rules.ml02_idempotent_producer,
    manifest_rules.ml03_no_auto_registration,
    manifest_rules.ml04_offset_reset_stated,
    manifest_rules.ml05_client_id_stated,
    manifest_rules.ml06_commit_after_processing,
    manifest_rules.ml07_bounded_retry,
    manifest_rules.ml08_dead_letter_queue,
    manifest_rules.ml09_business_key,
    manifest_rules.ml10_state_is_updated,
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


def lint_manifests(catalog: Catalog, *, preset: Preset = "plain") -> Iterator[Finding]:
    """The findings of all manifests, by service and rule."""
    house = House(catalog, preset)
    for service in catalog.services.values():
        for rule in _MANIFEST_RULES:
            yield from islice(rule(service, house), MAX_FINDINGS)


def _of_content(version: Version, preset: Preset, siblings: Sequence[Version]) -> Iterator[Finding]:
    try:
        schema = paths.parse(version.content)
        if isinstance(schema, JsonSchema):
            invalid = list(islice(file_rules.ev10_strict_schema(version, schema), MAX_FINDINGS))
            yield from invalid or _of_json(version, schema)
            if invalid:
                return
        elif isinstance(schema, AvroSchema):
            yield from islice(file_rules.ev13_avro_specification(version, schema), MAX_FINDINGS)
        if schema is not None:
            yield from _of_envelope(version, schema, preset, siblings)
    except SchemaError as error:
        yield file_rules.unreadable(error)


def _of_json(version: Version, schema: JsonSchema) -> Iterator[Finding]:
    for rule in _JSON_RULES:
        yield from islice(rule(version, schema), MAX_FINDINGS)


def _of_envelope(version: Version, schema: Parsed, preset: Preset, siblings: Sequence[Version]) -> Iterator[Finding]:
    for rule in _ENVELOPE_RULES:
        yield from rule(version, schema, preset)
    if version.settings.personal:
        others = _readable(siblings)
        yield from islice(envelope_rules.ev08_personal_data_forbidden(version, schema, others), MAX_FINDINGS)


def _readable(versions: Sequence[Version]) -> dict[VersionId, Parsed]:
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
