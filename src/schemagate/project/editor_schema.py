"""What do editors need to check and complete the TOML files? JSON Schemas made from the parser's own tables of keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemagate.project import keys
from schemagate.project.keys import Key

_DRAFT = "http://json-schema.org/draft-07/schema#"


def of_configuration() -> dict[str, Any]:
    """The schema of `schemagate.toml`."""
    environment = _object(keys.ENVIRONMENT)
    environment["properties"]["auth"] = _object(keys.AUTH)
    lint = {"off": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}}}
    properties = {
        "defaults": _object(keys.DEFAULTS),
        "events": {"type": "object", "additionalProperties": _object(keys.EVENT)},
        "environments": {"type": "object", "additionalProperties": environment},
        "generate": {"type": "array", "items": _object(keys.GENERATE)},
        "lint": {"type": "object", "properties": lint, "additionalProperties": False},
        "state": _object(keys.STATE),
    }
    return {"$schema": _DRAFT, "title": "schemagate.toml", **_closed(properties)}


def of_service() -> dict[str, Any]:
    """The schema of `services/<name>.toml`."""
    schema = _object(keys.SERVICE)
    schema["properties"]["produces"] = {"type": "array", "items": _object(keys.PRODUCES)}
    schema["properties"]["consumes"] = {"type": "array", "items": _object(keys.CONSUMES)}
    return {"$schema": _DRAFT, "title": "services/<name>.toml", **schema}


def _object(known: Mapping[str, Key]) -> dict[str, Any]:
    schema = _closed({name: dict(key.schema) for name, key in known.items()})
    required = [name for name, key in known.items() if key.required]
    return {**schema, "required": required} if required else schema


def _closed(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}
