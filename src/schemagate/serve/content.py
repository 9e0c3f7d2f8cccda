"""What exactly is stored for a schema, and what is its identity?

A registry stores a schema parsed and printed again, so that formatting is no change, and identifies it by the MD5 of
that text, read as a UUID (`guid`). Two registries that follow this give equal content equal guids.
Source: observed behaviour of Confluent Schema Registry (`guid` since 8.0, the hash is older).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from schemagate.errors import NotInstalled, SchemaError
from schemagate.registry.wire import ErrorCode, Reference, SchemaRequest, StoredSchema
from schemagate.schema import json_schema, json_text
from schemagate.schema.json_schema import JsonSchema
from schemagate.serve.refusal import Refusal

TYPES: Final = ("JSON", "PROTOBUF", "AVRO")
"""The schema types that this server registers."""


def canonical(request: SchemaRequest) -> StoredSchema:
    """The content that a request asks for, as it would be stored; raises Refusal (42201, 42209)."""
    _refuse_what_is_missing_here(request)
    if len(request.schema) > json_text.MAX_BYTES:
        raise Refusal(ErrorCode.SCHEMA_TOO_LARGE, f"the schema has {len(request.schema)} characters, which is too many")
    try:
        text = _PRINTERS[request.schema_type](request.schema)
    except SchemaError as error:
        raise Refusal(ErrorCode.INVALID_SCHEMA, f"invalid {request.schema_type} schema: {_located(error)}") from None
    return StoredSchema(text, request.schema_type, (), guid(text))


def guid(text: str, references: Sequence[Reference] = ()) -> str:
    """The identity of a canonical text with its references, without metadata and rules."""
    digest = hashlib.md5(text.encode(), usedforsecurity=False)
    for reference in references:
        digest.update(reference.name.encode() + reference.subject.encode())
        digest.update(reference.version.to_bytes(4, "big"))
    return str(uuid.UUID(bytes=digest.digest()))


def compact(value: Any) -> str:
    """A value of `json_text.read` as JSON without spaces, keys in their order, every number as exact as it was."""
    match value:
        case dict():
            return "{" + ",".join(f"{compact(key)}:{compact(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ",".join(compact(inner) for inner in value) + "]"
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _refuse_what_is_missing_here(request: SchemaRequest) -> None:
    unsupported = {
        "references are": bool(request.references),
        "metadata is": request.metadata is not None,
        "ruleSet is": request.rule_set is not None,
    }
    for subject, is_used in unsupported.items():
        if is_used:
            raise Refusal(ErrorCode.INVALID_SCHEMA, f"{subject} not supported by this server yet")
    if request.schema_type not in TYPES:
        raise Refusal(
            ErrorCode.INVALID_SCHEMA, f"unknown schema type {request.schema_type!r}; known: {', '.join(TYPES)}"
        )
    if not request.schema.strip():
        raise Refusal(ErrorCode.INVALID_SCHEMA, "the schema is empty")


def _json(text: str) -> str:
    """Checked against the draft's own schema; `$ref`s must lead into the text itself, for nothing is ever fetched."""
    import jsonschema_rs

    schema = json_schema.parse(text, "<schema>")
    stated = {**schema.root, "$schema": schema.draft.uri} if isinstance(schema.root, dict) else schema.root
    try:
        jsonschema_rs.meta.validate(stated)
    except ValueError as error:
        raise SchemaError(str(error).partition("\n")[0]) from None
    _follow_references(schema)
    return compact(schema.root)


def _follow_references(schema: JsonSchema) -> None:
    """Raise SchemaError for a `$ref` that leads nowhere, or over other `$ref`s back to itself."""
    settled: set[tuple[str, str]] = set()
    for place in schema.subschemas():
        passed: set[tuple[str, str]] = set()
        while isinstance(place.value, dict) and "$ref" in place.value:
            here = (place.document, place.pointer)
            if here in passed:
                raise SchemaError(f"$ref {place.value['$ref']!r} leads back to itself")
            if here in settled:
                break
            passed.add(here)
            place = schema.follow(place, place.value["$ref"])  # noqa: PLW2901 - the walk goes on from there
        settled |= passed


def _avro(text: str) -> str:
    from schemagate.schema import avro

    schema = avro.parse(text, "<schema>")
    for pointer, message in avro.problems(schema):
        if not pointer.endswith("/logicalType"):  # Java ignores a logical type that is none
            raise SchemaError(f"{message}, at {pointer or '/'}")
    return avro.canonical(schema)


def _protobuf(text: str) -> str:
    """As it was sent: a text that is only formatted anew is another content here, where Confluent's print it again."""
    from schemagate import protoc
    from schemagate.schema import protobuf

    if protoc.from_base64(text) is not None:
        raise SchemaError("descriptors in base64 are not supported by this server yet; send the .proto text")
    try:
        protobuf.parse(text, "<schema>")
    except NotInstalled as error:
        raise SchemaError(f"{error.message} beside this server: {error.next_step}") from None
    return text


_PRINTERS: Final = {"JSON": _json, "AVRO": _avro, "PROTOBUF": _protobuf}


def _located(error: SchemaError) -> str:
    return f"{error.message} (line {error.line}, column {error.column})" if error.line else error.message
