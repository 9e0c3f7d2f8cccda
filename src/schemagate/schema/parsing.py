"""Which parsed schema does a content hold, whatever its language?"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from schemagate.errors import SchemaError
from schemagate.schema.event import Content, Format

if TYPE_CHECKING:
    from schemagate.schema.avro import AvroSchema
    from schemagate.schema.json_schema import JsonSchema

Parsed: TypeAlias = "AvroSchema | JsonSchema"


def parse(content: Content, draft: str | None = None) -> Parsed:
    """The parsed schema of a content; raises SchemaError."""
    match content.format:
        case Format.JSON:
            from schemagate.schema import json_schema

            return json_schema.parse(content.text, content.file, draft=draft, references=content.references)
        case Format.AVRO:
            from schemagate.schema import avro

            return avro.parse(content.text, content.file, references=content.references)
        case Format.PROTOBUF:
            raise SchemaError("Protobuf schemas are not compared yet", file=content.file)
