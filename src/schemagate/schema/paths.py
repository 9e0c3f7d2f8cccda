"""What does a schema say about the value at a path of its events: is it there, of which type, or forbidden?

Nothing is claimed that the schema does not say: what cannot be followed may be left out, and is not forbidden.
"""

from __future__ import annotations

from typing import TypeAlias

from schemagate.errors import NotInstalled
from schemagate.schema import avro, json_fields, json_schema
from schemagate.schema.avro import AvroSchema
from schemagate.schema.avro import fields as avro_fields
from schemagate.schema.event import Content, Format
from schemagate.schema.fields import Field, steps
from schemagate.schema.json_schema import JsonSchema
from schemagate.schema.protobuf import fields as protobuf_fields
from schemagate.schema.protobuf.nodes import ProtobufSchema

Schema: TypeAlias = JsonSchema | AvroSchema | ProtobufSchema


def parse(content: Content) -> Schema | None:
    """The schema of a content; None for Protobuf where what reads it is not installed. Raises SchemaError."""
    match content.format:
        case Format.JSON:
            return json_schema.parse(content.text, content.file, references=content.references)
        case Format.AVRO:
            return avro.parse(content.text, content.file, references=content.references)
        case Format.PROTOBUF:
            from schemagate.schema import protobuf

            try:
                return protobuf.parse(content.text, content.file, references=content.references)
            except NotInstalled:
                return None


def find(schema: Schema, path: str) -> Field | None:
    """The field at a path; None where the schema does not declare it."""
    if isinstance(schema, JsonSchema):
        return json_fields.find(schema, steps(path))
    if isinstance(schema, ProtobufSchema):
        return protobuf_fields.find(schema, steps(path))
    return avro_fields.find(schema, steps(path))


def fields(schema: Schema, path: str) -> dict[str, Field]:
    """The fields that are declared in the object at a path ("" is the event itself), in order."""
    if isinstance(schema, JsonSchema):
        return json_fields.fields(schema, steps(path))
    if isinstance(schema, ProtobufSchema):
        return protobuf_fields.fields(schema, steps(path))
    return avro_fields.fields(schema, steps(path))


def forbids(schema: Schema, path: str) -> bool:
    """Whether no valid event has anything at the path; False where that is not certain."""
    if isinstance(schema, JsonSchema):
        return json_fields.forbids(schema, steps(path))
    if isinstance(schema, ProtobufSchema):
        return protobuf_fields.forbids(schema, steps(path))
    return avro_fields.forbids(schema, steps(path))
