"""What remains of a schema without its annotations? Two schemas with the same remains accept the same values."""

from __future__ import annotations

from typing import Any, Final

from schemagate.compat.json_schema.data.values import same
from schemagate.schema.json_schema import JsonSchema

_SILENT: Final = frozenset(
    "title description $comment examples default format deprecated readOnly writeOnly contentMediaType"
    " contentEncoding contentSchema".split()
)
_MAPS: Final = frozenset("$defs definitions dependentSchemas patternProperties properties dependencies".split())
_VALUES: Final = frozenset({"const", "enum"})


def say_the_same(reader: JsonSchema, writer: JsonSchema) -> bool:
    """Whether the two sides differ in annotations only, references included."""
    if reader.draft is not writer.draft or reader.documents.keys() != writer.documents.keys():
        return False
    return same(_bare(reader.root), _bare(writer.root)) and all(
        same(_bare(value), _bare(writer.documents[name])) for name, value in reader.documents.items()
    )


def _bare(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_bare(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {word: _content(word, value) for word, value in schema.items() if word not in _SILENT}


def _content(word: str, value: Any) -> Any:
    """Below a map stand names, not keywords; a constant has no annotations."""
    if word in _VALUES:
        return value
    if word in _MAPS and isinstance(value, dict):
        return {name: _bare(child) for name, child in value.items()}
    return _bare(value)
