"""Which level does a version have, where schemagate.toml does not say?"""

from __future__ import annotations

from schemagate.schema.event import Content, Format, Level, Version


def level_of(version: Version) -> Level:
    """The level in force."""
    return version.settings.level or default_level(version.content)


def default_level(content: Content) -> Level:
    """The level that fits a content, so that the most common edit, adding a field, passes.

    Adding a field to an open JSON object is never backward compatible, because old producers could already send that
    name; old readers ignore it, so such events evolve forward. Everything else evolves backward.
    """
    if content.format is not Format.JSON:
        return Level.BACKWARD_TRANSITIVE
    from schemagate.schema import json_schema

    schema = json_schema.parse(content.text, content.file, references=content.references)
    return Level.FORWARD_TRANSITIVE if schema.is_open() else Level.BACKWARD_TRANSITIVE
