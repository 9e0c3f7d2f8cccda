"""Which keys may a TOML file have, of which type? Used by the parser and by the editors' schema."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from schemagate.schema.event import Level

NAME: Final = r"^[a-z0-9][a-z0-9._-]*$"
"""Of services."""

_MOST: Final = 999_999_999
"""The greatest number of a version, and of everything that is counted."""

_DURATION: Final = r"^([0-9]{1,9})(ms|s|m|h|d)$"
_SECONDS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_PATH: Final = r"^[^.\s]+(\.[^.\s]+)*$"
_ENDPOINT: Final = r"^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) ([a-z0-9][a-z0-9._-]*):(/\S*)$"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: `schema` describes it for editors, `accepts` decides, `wants` completes "must be …".

    `rule` is the id of the page that explains a mistake here, if there is one.
    """

    wants: str
    accepts: Callable[[Any], bool]
    schema: Mapping[str, Any]
    required: bool = False
    rule: str = ""


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _list_of(accepts: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(accepts, value))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def text(*, required: bool = False, rule: str = "") -> Key:
    """A text that is not empty."""
    return Key("a text", _is_text, {"type": "string", "minLength": 1}, required, rule)


def _matching(pattern: str, wants: str, *, required: bool = False, rule: str = "") -> Key:
    schema = {"type": "string", "pattern": pattern}
    return Key(wants, lambda value: isinstance(value, str) and bool(re.search(pattern, value)), schema, required, rule)


def name() -> Key:
    """A service's name, which is its file's as well."""
    return _matching(NAME, "a name of a-z, 0-9, dots, dashes and underscores", required=True)


def duration() -> Key:
    """How long: `seconds` reads it."""
    schema = {"type": "string", "pattern": _DURATION}
    wants = 'a duration such as "250ms", "2s", "5m", "1h" or "7d" (at most 10 years)'
    return Key(wants, lambda value: isinstance(value, str) and _is_duration(value), schema)


def _is_duration(text: str) -> bool:
    return re.search(_DURATION, text) is not None and seconds(text) <= 3660 * 86400


def seconds(text: str) -> float:
    """The seconds of a duration that its key accepts."""
    match = re.search(_DURATION, text)
    assert match is not None, text  # noqa: S101 - accepted before
    return int(match[1]) * _SECONDS[match[2]]


def day(*, required: bool = False) -> Key:
    """A date, as TOML has it or as a text; `date_of` reads it."""
    schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
    return Key("a date such as 2026-12-31", lambda value: date_of(value) is not None, schema, required)


def date_of(value: object) -> date | None:
    """The date that a value means; None for anything else, a moment of a day included."""
    if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def endpoint() -> Key:
    """`METHOD service:/path`; `endpoint_parts` reads it."""
    wants = 'an endpoint: METHOD service:/path, as in "GET hiring:/ratings/{assessment_id}"'
    return _matching(_ENDPOINT, wants, required=True, rule="SV09")


def endpoint_parts(text: str) -> tuple[str, str, str]:
    """Method, service and path of an endpoint that its key accepts."""
    match = re.search(_ENDPOINT, text)
    assert match is not None, text  # noqa: S101 - accepted before
    return match[1], match[2], match[3]


def path(*, required: bool = False) -> Key:
    """Names joined by dots, from the event's root."""
    return _matching(_PATH, "a path in the event, such as payload.replication_id", required=required)


def paths() -> Key:
    """One path, or a list of different ones."""
    one = path()
    many = _list_of(one.accepts)
    schema = {"anyOf": [one.schema, {"type": "array", "items": one.schema, "minItems": 1, "uniqueItems": True}]}
    wants = "a path in the event, such as payload.replication_id, or a list of different ones"
    return Key(
        wants, lambda v: one.accepts(v) or (many(v) and bool(v) and len(set(v)) == len(v)), schema, required=True
    )


def factor() -> Key:
    """A number of 1 or more."""
    return Key("a number from 1", _is_factor, {"type": "number", "minimum": 1})


def _is_factor(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 1


def flag() -> Key:
    """true or false."""
    return Key("true or false", lambda value: isinstance(value, bool), {"type": "boolean"})


def whole(least: int = 0) -> Key:
    """A whole number, small enough to count with."""
    wants = f"a whole number from {least}" if least else "a whole number"
    schema = {"type": "integer", "minimum": least, "maximum": _MOST}
    return Key(wants, lambda value: _is_int(value) and least <= value <= _MOST, schema)


def one_of(*names: str, rule: str = "") -> Key:
    """One of some words; `rule` explains another value."""
    return Key(f"one of {', '.join(names)}", lambda value: value in names, {"enum": list(names)}, rule=rule)


def texts(*allowed: str) -> Key:
    """A list of texts, from `allowed` if any are given."""
    items: dict[str, Any] = {"enum": list(allowed)} if allowed else {"type": "string", "minLength": 1}
    wants = f"a list of {', '.join(allowed)}" if allowed else "a list of texts"
    accepts = (lambda value: value in allowed) if allowed else _is_text
    return Key(wants, _list_of(accepts), {"type": "array", "items": items})


def numbers(*, required: bool = False) -> Key:
    """A list of version numbers, at least one."""
    accepts = _list_of(lambda value: _is_int(value) and 0 < value <= _MOST)
    schema = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": _MOST}, "minItems": 1}
    return Key("a list of version numbers", lambda value: accepts(value) and bool(value), schema, required)


def anything(wants: str, schema: Mapping[str, Any]) -> Key:
    """A value that its own reader looks into."""
    kind: type = {"object": dict, "array": list}[schema["type"]]
    return Key(wants, lambda value: isinstance(value, kind), schema)


def table(known: Mapping[str, Key]) -> Key:
    """A table with these keys; its own reader looks into it."""
    return anything("a table", object_schema(known))


def tables(known: Mapping[str, Key]) -> Key:
    """A list of tables with these keys; its own reader looks into them."""
    return anything("a list of tables", {"type": "array", "items": object_schema(known)})


def object_schema(known: Mapping[str, Key]) -> dict[str, Any]:
    """The JSON Schema of a table that has these keys and no others."""
    properties = {name: dict(key.schema) for name, key in known.items()}
    required = [name for name, key in known.items() if key.required]
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _text_or_texts() -> Key:
    schema = {
        "anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
    }
    accepts = _list_of(_is_text)
    return Key('"embedded", a URL or a list of URLs', lambda v: _is_text(v) or (accepts(v) and bool(v)), schema)


_SETTINGS: Final[Mapping[str, Key]] = {
    "level": one_of(*Level),
    "policy": one_of("STRICT", "LENIENT"),
    "topic": text(),
    "subject": text(),
    "fail_on": texts("registry", "data"),
    "assume": texts("declared-properties-only", "unknown-json-names-ignored"),
    "payload": texts("binary", "json"),
    "immutable": flag(),
    "lifecycle": one_of("new", "changed"),
}

DEFAULTS: Final[Mapping[str, Key]] = {**_SETTINGS, "releases": text(), "since": text()}

DEPRECATED: Final[Mapping[str, Key]] = {
    "since": day(required=True),
    "sunset": day(),
    "versions": numbers(),
}

EVENT: Final[Mapping[str, Key]] = {
    **_SETTINGS,
    "owner": text(required=True),
    "kind": one_of("fact", "state"),
    "criticality": one_of("normal", "money"),
    "personal": texts(),
    "event_name": text(),
    "roots": texts(),
    "consumers": one_of("none"),
    "deprecated": table(DEPRECATED),
}

ENVIRONMENT: Final[Mapping[str, Key]] = {
    "order": whole(),
    "registry": _text_or_texts(),
    "auth": anything("a table: { user, password } or { bearer }", {"type": "object"}),
    "ca": text(),
    "deployments": one_of("recorded", "declared"),
    "clusters": texts(),
    "timeout": whole(),
}

CLUSTER: Final[Mapping[str, Key]] = {
    "bootstrap": text(required=True),
    "client": anything("a table of client settings", {"type": "object", "additionalProperties": text().schema}),
    "mirror_of": text(),
    "topic_prefix": text(),
}

AUTH: Final[Mapping[str, Key]] = {"user": text(), "password": text(), "bearer": text()}

GENERATE: Final[Mapping[str, Key]] = {
    "target": one_of("pydantic", "avro"),
    "out": text(required=True),
    "events": texts(),
    "deny_loss": flag(),
}

LINT: Final[Mapping[str, Key]] = {
    "preset": one_of("house", "zalando", "cloudevents", "plain"),
    "off": anything("a table of rule = reason", {"type": "object"}),
}

STATE: Final[Mapping[str, Key]] = {"remote": text(), "branch": text()}

ROOT: Final[Mapping[str, Key]] = {
    "defaults": anything("a table", {"type": "object"}),
    "events": anything("a table", {"type": "object"}),
    "environments": anything("a table", {"type": "object"}),
    "clusters": anything("a table", {"type": "object"}),
    "generate": anything("a list of tables", {"type": "array"}),
    "lint": anything("a table", {"type": "object"}),
    "severity": anything('a table of rule = "error", "warning" or "note"', {"type": "object"}),
    "state": anything("a table: { remote, branch }", {"type": "object"}),
}

PRODUCES: Final[Mapping[str, Key]] = {
    "event": text(required=True),
    "versions": numbers(required=True),
    "delivery": one_of("direct", "outbox"),
    "criticality": one_of("normal", "money"),
    "flag": text(),
}

IDEMPOTENCY: Final[Mapping[str, Key]] = {
    "key": paths(),
    "store": text(),
    "on_conflict": one_of("ignore", "update", "update-if-newer"),
    "newer_by": path(),
}

RETRY: Final[Mapping[str, Key]] = {
    "topics": texts(),
    "base": duration(),
    "factor": factor(),
    "cap": duration(),
    "jitter": flag(),
    "max_attempts": whole(1),
}

CONSUMES: Final[Mapping[str, Key]] = {
    "event": text(required=True),
    "versions": numbers(required=True),
    "group": text(),
    "topics": texts(),
    "mode": one_of("live", "shadow"),
    "offsets": one_of("kafka", "external"),
    "replays": flag(),
    "offset_reset": one_of("earliest", "latest", "error", rule="SV07"),
    "isolation": one_of("read_committed", "read_uncommitted", rule="SV07"),
    "commit": one_of("after-processing", "auto", "before", rule="SV07"),
    "idempotency": table(IDEMPOTENCY),
    "retry": table(RETRY),
    "dlq": text(),
}

CLIENT: Final[Mapping[str, Key]] = {
    "acks": one_of("all", "1", "0"),
    "enable_idempotence": flag(),
    "auto_register_schemas": flag(),
}

SERVES: Final[Mapping[str, Key]] = {"endpoint": endpoint(), "contract": text()}

CALLS: Final[Mapping[str, Key]] = {
    "endpoint": endpoint(),
    "timeout": duration(),
    "retries": whole(),
    "idempotency_header": text(),
}

SERVICE: Final[Mapping[str, Key]] = {
    "format": Key("1", lambda value: value == 1 and _is_int(value), {"const": 1}, required=True),
    "service": name(),
    "owner": text(required=True, rule="SV01"),
    "client_id": text(),
    "client": table(CLIENT),
    "serves": tables(SERVES),
    "calls": tables(CALLS),
    "produces": tables(PRODUCES),
    "consumes": tables(CONSUMES),
}
