"""Does a version's Protobuf file declare the messages that the configuration names as payloads?"""

from __future__ import annotations

from schemagate.errors import NotInstalled, SchemaError
from schemagate.project import config, toml
from schemagate.schema.event import Format, Version
from schemagate.schema.parsing import parse


def refuse_unknown_roots(version: Version) -> None:
    """Raises SchemaError, at the line of the configuration, for a root that the file lacks; judges nothing else."""
    settings = version.settings
    if not settings.roots or version.content.format is not Format.PROTOBUF:
        return
    from schemagate.schema.protobuf.nodes import ProtobufSchema

    try:
        schema = parse(version.content)
    except (NotInstalled, SchemaError):
        return  # who asks about the file is told so
    assert isinstance(schema, ProtobufSchema)  # noqa: S101 - by its format
    for name in settings.roots:
        if schema.own_message(name) is None:
            path = toml.dotted(toml.dotted("events", version.id.event), "roots")
            hint = toml.nearest(name, [message.name for message in schema.messages])
            says = f"{path}: {version.content.file} declares no message {name!r}{hint}"
            raise SchemaError(says, file=config.FILE, line=settings.roots_line, column=1)
