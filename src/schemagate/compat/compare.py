"""Can this reader read what that writer wrote? Both verdicts, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache, lru_cache, partial
from typing import Any, Final, Literal, NamedTuple

from schemagate.compat.verdicts import Comparison, DataAnswer, DataVerdict, RegistryAnswer, RegistryVerdict
from schemagate.errors import NotInstalled, UsageError
from schemagate.findings import Finding, Rule
from schemagate.schema.event import Content, Format
from schemagate.schema.parsing import Parsed, parse

ASSUMPTIONS: Final = ("declared-properties-only", "json-payloads", "unknown-json-names-ignored")
Policy = Literal["STRICT", "LENIENT"]

REGISTRY_WILL_REJECT = Rule("SG-REG-101", "registry-will-reject", "the registry will refuse this schema")
REGISTRY_MAY_FAIL = Rule(
    "SG-REG-901", "registry-may-fail", "the registry may answer this schema with an internal error"
)
READER_NOT_INSTALLED = Rule(
    "SG-PROTO-902", "compiler-missing", "Protobuf schemas are read by the official compiler, which is not installed"
)
RULES: Final = (REGISTRY_WILL_REJECT, REGISTRY_MAY_FAIL, READER_NOT_INSTALLED)


def compare(
    reader: str,
    writer: str,
    *,
    format: Literal["json", "avro", "protobuf"],  # noqa: A002 - the word of the field, and of the registry's protocol
    draft: str | None = None,
    policy: Policy = "STRICT",
    assume: Collection[str] = (),
    subject: str = "",
    reader_references: Mapping[str, str] | None = None,
    writer_references: Mapping[str, str] | None = None,
    newer: Literal["reader", "writer"] = "reader",
) -> Comparison:
    """Compare two schema texts: what will the registry answer, and can the reader really read the data?

    `draft` (JSON Schema: "draft-04" … "2020-12") overrides `$schema`. `policy` is the registry's for JSON Schema.
    `assume` may hold "declared-properties-only": producers never emit undeclared properties; of Protobuf
    "json-payloads": events are JSON, too, "unknown-json-names-ignored": by readers that skip names which they do not
    know, and "root:Order" for each message that is a payload, where not all are. References are other texts by the name
    that `$ref` uses (JSON Schema), by full name (Avro) or by import path (Protobuf). `subject`, the registry's name for
    the version, is part of the findings' fingerprints and of nothing else. `newer` says which of the two came later:
    Protobuf's rules about removed and reused numbers ask for it. Without the extra `protobuf` the answer about Protobuf
    is unknown, and the finding says what to install. Raises SchemaError when a schema cannot be read, UsageError for an
    argument that does not exist.
    """
    try:
        language = Format(format)
    except ValueError:
        raise UsageError(f"unknown format {format!r}; known: {', '.join(Format)}") from None
    if policy not in ("STRICT", "LENIENT"):
        raise UsageError(f"unknown policy {policy!r}; known: STRICT, LENIENT")
    if assume is None or isinstance(assume, str) or not all(isinstance(each, str) for each in assume):
        raise UsageError("assume holds words: a list of texts")
    if unknown := {each for each in assume if not each.startswith("root:")} - set(ASSUMPTIONS):
        raise UsageError(f"unknown assumption {min(unknown)!r}; known: {', '.join(ASSUMPTIONS)}")
    if newer not in ("reader", "writer"):
        raise UsageError(f"unknown side {newer!r}; known: reader, writer")
    reads = Content(language, "<reader>", reader, reader_references or {})
    writes = Content(language, "<writer>", writer, writer_references or {})
    reader_is_new = newer == "reader"
    try:
        new = parse(reads if reader_is_new else writes, draft)
        old = parse(writes if reader_is_new else reads, draft, beside=new)
        _refuse_unknown_roots(assume, new, old)
        pair = (new, old) if reader_is_new else (old, new)
        return judge(*pair, policy, assume, subject, reader_is_new=reader_is_new)
    except NotInstalled as error:
        told = (not_installed(error),)
        return Comparison(RegistryAnswer.MAY_FAIL, DataAnswer.UNKNOWN, (), tell=lambda: told)


def _refuse_unknown_roots(assume: Collection[str], *schemas: Parsed) -> None:
    named = [each.removeprefix("root:") for each in assume if each.startswith("root:")]
    for name in named:
        if not any(_declares(schema, name) for schema in schemas):
            raise UsageError(f"neither schema declares a message {name!r}, which the assumptions name as a payload")


def _declares(schema: Parsed, message: str) -> bool:
    from schemagate.schema.protobuf.nodes import ProtobufSchema

    return isinstance(schema, ProtobufSchema) and schema.own_message(message) is not None


def not_installed(error: NotInstalled) -> Finding:
    """The finding in place of a verdict that needs an extra of the package."""
    return READER_NOT_INSTALLED.finding("", error.message, error.next_step or "", writer_path="")


def judge(
    reader: Parsed,
    writer: Parsed,
    policy: Policy = "STRICT",
    assume: Collection[str] = (),
    subject: str | None = None,
    *,
    reader_is_new: bool = True,
) -> Comparison:
    """Both verdicts on two parsed schemas of one format; `reader_is_new` where time matters (Protobuf's numbers).

    Without a subject the findings have no fingerprint.
    """
    engines = _engines(reader, writer)
    registry = engines.registry(reader, writer, policy)
    data = engines.data(reader, writer, assume, reader_is_new)
    told = partial(_told, registry, data, subject, reader, writer, reader_is_new=reader_is_new)
    return Comparison(registry.answer, data.answer, registry.changes, tell=told)


def judge_registry(reader: Parsed, writer: Parsed, policy: Policy = "STRICT") -> RegistryVerdict:
    """The registry's verdict alone on two parsed schemas of one format."""
    return _engines(reader, writer).registry(reader, writer, policy)


def registry_verdict(reader: str, writer: str, format_: Format, policy: Policy) -> RegistryVerdict:
    """What a registry will answer about two texts without references; parsed texts are kept for the next question."""
    return judge_registry(_parsed(reader, format_), _parsed(writer, format_), policy)


class _Engines(NamedTuple):
    """The two engines of a format, which share parsed schemas and nothing else."""

    registry: Callable[[Any, Any, Policy], RegistryVerdict]
    data: Callable[[Any, Any, Collection[str], bool], DataVerdict]


def _engines(reader: Parsed, writer: Parsed) -> _Engines:
    if reader.format is not writer.format:
        raise UsageError("only two schemas of one format can be compared")
    return _engines_of(reader.format)


@cache
def _engines_of(format_: Format) -> _Engines:
    """Imported when the first pair of a format is judged."""
    match format_:
        case Format.JSON:
            from schemagate.compat.json_schema import data as json_data
            from schemagate.compat.json_schema import registry as json_registry

            return _Engines(
                json_registry.judge, lambda reader, writer, assume, _: json_data.judge(reader, writer, assume)
            )
        case Format.AVRO:
            from schemagate.compat.avro import data as avro_data
            from schemagate.compat.avro import registry as avro_registry

            return _Engines(
                lambda reader, writer, _: avro_registry.judge(reader, writer),
                lambda reader, writer, _, __: avro_data.judge(reader, writer),
            )
        case Format.PROTOBUF:
            from schemagate.compat.protobuf import data as protobuf_data
            from schemagate.compat.protobuf import registry as protobuf_registry

            return _Engines(
                lambda reader, writer, _: protobuf_registry.judge(reader, writer),
                lambda reader, writer, assume, is_new: protobuf_data.judge(
                    reader, writer, assume, reader_is_new=is_new
                ),
            )


@lru_cache(maxsize=256)
def _parsed(text: str, format_: Format) -> Any:
    return parse(Content(format_, "<schema>", text))


def _told(
    registry: RegistryVerdict,
    data: DataVerdict,
    subject: str | None,
    reader: Parsed,
    writer: Parsed,
    *,
    reader_is_new: bool,
) -> Iterable[Finding]:
    findings = data.findings
    if registry.answer is not RegistryAnswer.ACCEPT:
        findings = (*findings, _refusal(registry))
    if not findings or subject is None:
        return findings
    from schemagate.compat.fingerprint import marked

    return marked(findings, subject, reader, writer, reader_is_new=reader_is_new)


def _refusal(registry: RegistryVerdict) -> Finding:
    rejected = registry.answer is RegistryAnswer.REJECT
    rule = REGISTRY_WILL_REJECT if rejected else REGISTRY_MAY_FAIL
    verb = "will reject" if rejected else "may fail on"
    changes = ", ".join(registry.refused) or "it is too large, or holds a pattern that cannot be evaluated"
    fix = "undo the change, or let the registry allow it: another level for the event, another policy"
    return rule.finding("", f"the registry {verb} this: {changes}", fix)
