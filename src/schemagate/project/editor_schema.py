"""What do editors need to check and complete the TOML files? JSON Schemas made from the parser's own tables of keys."""

from __future__ import annotations

from typing import Any

from schemagate.findings import Severity
from schemagate.project import finding_waivers, keys, migration_keys, severity, waivers
from schemagate.project.keys import object_schema

_DRAFT = "http://json-schema.org/draft-07/schema#"


def of_configuration() -> dict[str, Any]:
    """The schema of `schemagate.toml`."""
    environment = object_schema(keys.ENVIRONMENT)
    environment["properties"]["auth"] = object_schema(keys.AUTH)
    lint = object_schema(keys.LINT)
    lint["properties"]["off"] = {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}}
    schema = object_schema(keys.ROOT)
    schema["properties"] |= {
        "defaults": object_schema(keys.DEFAULTS),
        "events": {"type": "object", "additionalProperties": object_schema(keys.EVENT)},
        "environments": {"type": "object", "additionalProperties": environment},
        "clusters": {"type": "object", "additionalProperties": object_schema(keys.CLUSTER)},
        "generate": {"type": "array", "items": object_schema(keys.GENERATE)},
        "lint": lint,
        "severity": {
            "type": "object",
            "propertyNames": {"pattern": severity.SETTABLE},
            "additionalProperties": {"enum": list(Severity)},
        },
        "state": object_schema(keys.STATE),
    }
    return {"$schema": _DRAFT, "title": "schemagate.toml", **schema}


def of_service() -> dict[str, Any]:
    """The schema of `services/<name>.toml`."""
    return {"$schema": _DRAFT, "title": "services/<name>.toml", **object_schema(keys.SERVICE)}


def of_waivers() -> dict[str, Any]:
    """The schema of `waivers.toml`."""
    schema = object_schema(waivers.ROOT)
    schema["properties"] |= {
        "check": {"type": "array", "items": object_schema(waivers.KEYS)},
        "finding": {"type": "array", "items": object_schema(finding_waivers.KEYS)},
    }
    return {"$schema": _DRAFT, "title": "waivers.toml", **schema}


def of_migration() -> dict[str, Any]:
    """The schema of `migrations/<id>.toml`."""
    return {
        "$schema": _DRAFT,
        "title": "migrations/<id>.toml",
        "definitions": migration_keys.DEFINITIONS,
        **object_schema(migration_keys.PLAN),
    }
