"""Can this reader read what that writer wrote? Both verdicts, whatever the format."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, Literal

from schemagate.compat.verdicts import Comparison, DataVerdict, RegistryAnswer, RegistryVerdict
from schemagate.errors import UsageError
from schemagate.findings import Finding, Rule
from schemagate.schema.event import Format

ASSUMPTIONS: Final = ("declared-properties-only",)

REGISTRY_WILL_REJECT = Rule("SG-REG-101", "registry-will-reject", "the registry will refuse this schema")


def compare(
    reader: str,
    writer: str,
    *,
    format: Literal["json", "avro", "protobuf"],  # noqa: A002 - the word of the field, and of the registry's protocol
    draft: str | None = None,
    policy: Literal["STRICT", "LENIENT"] = "STRICT",
    assume: Collection[str] = (),
    reader_references: Mapping[str, str] | None = None,
    writer_references: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare two schema texts: what will the registry answer, and can the reader really read the data?

    `draft` (JSON Schema: "draft-04" … "2020-12") overrides `$schema`. `policy` is the registry's for JSON Schema.
    `assume` may hold "declared-properties-only": producers never emit undeclared properties. References are other texts
    by the name that `$ref` uses (JSON Schema) or by full name (Avro). Raises SchemaError when a schema cannot be read,
    UsageError for an argument that does not exist.
    """
    if unknown := set(assume) - set(ASSUMPTIONS):
        raise UsageError(f"unknown assumption {min(unknown)!r}; known: {', '.join(ASSUMPTIONS)}")
    match Format(format):
        case Format.JSON:
            from schemagate.compat.json_schema import data as json_data
            from schemagate.compat.json_schema import registry as json_registry
            from schemagate.schema import json_schema

            new = json_schema.parse(reader, "<reader>", draft=draft, references=reader_references)
            old = json_schema.parse(writer, "<writer>", draft=draft, references=writer_references)
            return _together(json_registry.judge(new, old, policy), json_data.judge(new, old, assume))
        case Format.AVRO:
            from schemagate.compat.avro import data as avro_data
            from schemagate.compat.avro import registry as avro_registry
            from schemagate.schema import avro

            wanted = avro.parse(reader, "<reader>", references=reader_references)
            written = avro.parse(writer, "<writer>", references=writer_references)
            return _together(avro_registry.judge(wanted, written), avro_data.judge(wanted, written))
        case Format.PROTOBUF:
            raise UsageError("Protobuf schemas are not compared yet")


def _together(registry: RegistryVerdict, data: DataVerdict) -> Comparison:
    findings: tuple[Finding, ...] = data.findings
    if registry.answer is not RegistryAnswer.ACCEPT:
        findings = (*findings, _refusal(registry))
    return Comparison(registry.answer, data.answer, registry.changes, findings, data.witness)


def _refusal(registry: RegistryVerdict) -> Finding:
    verb = "will reject" if registry.answer is RegistryAnswer.REJECT else "may fail on"
    return REGISTRY_WILL_REJECT.finding(
        "",
        f"the registry {verb} this: {', '.join(registry.changes)}",
        "undo the change, or start a new version",
    )
