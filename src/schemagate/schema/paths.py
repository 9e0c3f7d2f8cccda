"""What does a schema say about the value at a path of its events: is it there, of which type, or forbidden?

Nothing is claimed that the schema does not say: what cannot be followed may be left out, and is not forbidden.
"""

from __future__ import annotations

from schemagate.errors import NotInstalled
from schemagate.schema import json_fields, parsing
from schemagate.schema.avro import fields as avro_fields
from schemagate.schema.event import Content
from schemagate.schema.fields import Field, steps
from schemagate.schema.json_schema import JsonSchema
from schemagate.schema.parsing import Parsed
from schemagate.schema.protobuf import fields as protobuf_fields
from schemagate.schema.protobuf.nodes import ProtobufSchema


def parse(content: Content) -> Parsed | None:
    """The schema of a content; None for Protobuf where what reads it is not installed. Raises SchemaError."""
    try:
        return parsing.parse(content)
    except NotInstalled:
        return None


def find(schema: Parsed, path: str) -> Field | None:
    """The field at a path; None where the schema does not declare it."""
    if isinstance(schema, JsonSchema):
        return json_fields.find(schema, steps(path))
    if isinstance(schema, ProtobufSchema):
        return protobuf_fields.find(schema, steps(path))
    return avro_fields.find(schema, steps(path))


def fields(schema: Parsed, path: str) -> dict[str, Field]:
    """The fields that are declared in the object at a path ("" is the event itself), in order."""
    if isinstance(schema, JsonSchema):
        return json_fields.fields(schema, steps(path))
    if isinstance(schema, ProtobufSchema):
        return protobuf_fields.fields(schema, steps(path))
    return avro_fields.fields(schema, steps(path))


def forbids(schema: Parsed, path: str) -> bool:
    """Whether no valid event has anything at the path; False where that is not certain."""
    if isinstance(schema, JsonSchema):
        return json_fields.forbids(schema, steps(path))
    if isinstance(schema, ProtobufSchema):
        return protobuf_fields.forbids(schema, steps(path))
    return avro_fields.forbids(schema, steps(path))
