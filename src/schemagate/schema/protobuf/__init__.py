"""Is this text a Protobuf schema, and which one? Read by the official compiler (`schemagate.protoc`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec

from schemagate.errors import NotInstalled, SchemaError
from schemagate.findings import Location
from schemagate.schema import json_text
from schemagate.schema.protobuf.nodes import Import, ProtobufSchema

__all__ = ["ProtobufSchema", "imported", "locate", "parse"]


def parse(text: str, file: str, *, references: Mapping[str, str] | None = None) -> ProtobufSchema:
    """The schema of a `.proto` text, or of a base64 FileDescriptorProto; `references` are both by import path.

    Raises SchemaError with file, line and column, and NotInstalled without the extra `protobuf`.
    """
    if len(text) > json_text.MAX_BYTES:
        raise SchemaError(f"the text is longer than {json_text.MAX_BYTES // (1024 * 1024)} MiB", file=file)
    if find_spec("google") is None or find_spec("google.protobuf") is None:
        raise NotInstalled(
            "Protobuf schemas are read with Google's package protobuf, and it is not installed", "protobuf"
        )
    return _parsed(text, file, tuple(sorted((references or {}).items())))


@lru_cache(maxsize=256)
def _parsed(text: str, file: str, references: tuple[tuple[str, str], ...]) -> ProtobufSchema:
    from schemagate import protoc
    from schemagate.schema.protobuf import descriptors

    main, found = protoc.compiled(text, file, dict(references))
    try:
        return descriptors.schema_of(found, main, text, file, dict(references))
    except RecursionError:
        raise SchemaError("the messages are nested too deeply", file=file) from None


def locate(schema: ProtobufSchema, pointer: str) -> Location:
    """Where a pointer stands, or the nearest place around it; the import, for what another file declares."""
    if (found := imported(schema, pointer)) is not None:
        return Location(schema.file, found[1].line, found[1].column)
    while pointer and pointer not in schema.places:
        pointer = pointer.rpartition("/")[0]
    return Location(schema.file, *schema.places.get(pointer, (1, 1)))


def imported(schema: ProtobufSchema, pointer: str) -> tuple[str, Import] | None:
    """The full name of the type around a pointer, and where it comes from; None for what the file itself declares."""
    name = next(iter(json_text.unescape(pointer)), "")
    return (name, schema.imports[name]) if name in schema.imports and pointer not in schema.places else None
