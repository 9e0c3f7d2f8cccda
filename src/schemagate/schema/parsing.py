"""Which parsed schema does a content hold, whatever its language?"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from schemagate.findings import Location
from schemagate.schema import json_text
from schemagate.schema.event import Content, Format

if TYPE_CHECKING:
    from schemagate.schema.avro import AvroSchema
    from schemagate.schema.json_schema import JsonSchema
    from schemagate.schema.protobuf import ProtobufSchema

Parsed: TypeAlias = "AvroSchema | JsonSchema | ProtobufSchema"


def parse(content: Content, draft: str | None = None, beside: Parsed | None = None) -> Parsed:
    """The parsed schema of a content; raises SchemaError, and NotInstalled where an extra is missing.

    `beside`: a newer schema that it will be compared with; what both say in the same words is read once (Avro).
    """
    match content.format:
        case Format.JSON:
            from schemagate.schema import json_schema

            return json_schema.parse(content.text, content.file, draft=draft, references=content.references)
        case Format.AVRO:
            from schemagate.schema import avro

            newer = beside if isinstance(beside, avro.AvroSchema) else None
            return avro.parse(content.text, content.file, references=content.references, beside=newer)
        case Format.PROTOBUF:
            from schemagate.schema import protobuf

            return protobuf.parse(content.text, content.file, references=content.references)


def locate(content: Content, pointer: str) -> Location:
    """Where a pointer into a content that was parsed stands, or the nearest place around it."""
    if content.format is Format.PROTOBUF:
        from schemagate.schema import protobuf

        return protobuf.locate(protobuf.parse(content.text, content.file, references=content.references), pointer)
    return json_text.locate(content.text, pointer, content.file)
