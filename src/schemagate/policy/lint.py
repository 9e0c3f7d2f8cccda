"""Which rules of the house does this version break?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from schemagate.errors import SchemaError
from schemagate.findings import Finding, Location
from schemagate.policy import event_rules, file_rules, reference_rules
from schemagate.schema import json_schema
from schemagate.schema.event import Format, Revision, Version

RULES: Final = (*event_rules.RULES, *reference_rules.RULES, *file_rules.RULES)

MAX_FINDINGS: Final = 100
"""Of one rule in one version. Each has to be located, and nobody repairs more at once."""

_JSON_RULES: Final = (
    event_rules.ev01_required_exists,
    event_rules.ev02_name_agrees,
    event_rules.ev03_version_agrees,
    reference_rules.ev04_reference_resolves,
    event_rules.ev11_validators_disagree,
)


def lint(version: Version, released: Sequence[Revision] = ()) -> tuple[Finding, ...]:
    """The findings of one version, in the order of its text; `released` are its revisions, oldest first.

    A text that cannot be read, or is no schema, gives only the findings that say so (EV10) and EV05. Where files stand
    is asked of all paths at once: `file_rules.ev12_file_place`.
    """
    findings = [*_of_content(version), *event_rules.ev05_immutable_version(version, released)]
    return tuple(sorted(findings, key=_position))


def _of_content(version: Version) -> Iterator[Finding]:
    try:
        match version.content.format:
            case Format.JSON:
                yield from _of_json(version)
            case Format.AVRO:
                yield from _of_avro(version)
            case Format.PROTOBUF:
                return  # read by nobody here yet
    except SchemaError as error:
        yield file_rules.unreadable(error)


def _of_json(version: Version) -> Iterator[Finding]:
    content = version.content
    schema = json_schema.parse(content.text, content.file, references=content.references)
    invalid = list(islice(file_rules.ev10_strict_schema(version, schema), MAX_FINDINGS))
    yield from invalid
    if not invalid:
        for rule in _JSON_RULES:
            yield from islice(rule(version, schema), MAX_FINDINGS)


def _of_avro(version: Version) -> Iterator[Finding]:
    from schemagate.schema import avro

    content = version.content
    schema = avro.parse(content.text, content.file, references=content.references)
    yield from islice(file_rules.ev13_avro_specification(version, schema), MAX_FINDINGS)


def _position(finding: Finding) -> tuple[str, int, int, str, str]:
    location = finding.location or Location("")
    return location.file, location.line, location.column, finding.rule, finding.message
