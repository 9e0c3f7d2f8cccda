"""What remains of a schema without its annotations? Two schemas with the same remains accept the same values."""

from __future__ import annotations

from typing import Any, Final

from schemagate.compat.json_schema.data.values import same
from schemagate.schema import json_places
from schemagate.schema.json_schema import JsonSchema

_SILENT: Final = frozenset(
    "title description $comment examples default format deprecated readOnly writeOnly contentMediaType"
    " contentEncoding contentSchema".split()
)


def say_the_same(reader: JsonSchema, writer: JsonSchema) -> bool:
    """Whether the two sides differ in annotations only, references included."""
    if reader.draft is not writer.draft or reader.documents.keys() != writer.documents.keys():
        return False
    return same(_bare(reader.root), _bare(writer.root)) and all(
        same(_bare(value), _bare(writer.documents[name])) for name, value in reader.documents.items()
    )


def _bare(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    return {word: _content(word, value) for word, value in schema.items() if word not in _SILENT}


def _content(word: str, value: Any) -> Any:
    return json_places.rewritten(word, value, lambda *step: _bare(value[step[0]] if step else value))
