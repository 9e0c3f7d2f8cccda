"""Which keys may a TOML file have, of which type? Used by the parser and by the editors' schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemagate.schema.event import Level


@dataclass(frozen=True, slots=True)
class Key:
    """One key: `schema` describes it for editors, `accepts` decides, `wants` completes "must be …"."""

    wants: str
    accepts: Callable[[Any], bool]
    schema: Mapping[str, Any]
    required: bool = False


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _list_of(accepts: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(accepts, value))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def text(*, required: bool = False) -> Key:
    """A text that is not empty."""
    return Key("a text", _is_text, {"type": "string", "minLength": 1}, required)


def flag() -> Key:
    """true or false."""
    return Key("true or false", lambda value: isinstance(value, bool), {"type": "boolean"})


def whole() -> Key:
    """A whole number from 0."""
    return Key("a whole number", lambda value: _is_int(value) and value >= 0, {"type": "integer", "minimum": 0})


def one_of(*names: str) -> Key:
    """One of some words."""
    return Key("one of " + ", ".join(names), lambda value: value in names, {"enum": list(names)})


def texts(*allowed: str) -> Key:
    """A list of texts, from `allowed` if any are given."""
    items: dict[str, Any] = {"enum": list(allowed)} if allowed else {"type": "string", "minLength": 1}
    wants = f"a list of {', '.join(allowed)}" if allowed else "a list of texts"
    accepts = (lambda value: value in allowed) if allowed else _is_text
    return Key(wants, _list_of(accepts), {"type": "array", "items": items})


def numbers(*, required: bool = False) -> Key:
    """A list of version numbers, at least one."""
    accepts = _list_of(lambda value: _is_int(value) and value > 0)
    schema = {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1}
    return Key("a list of version numbers", lambda value: accepts(value) and bool(value), schema, required)


def anything(wants: str, schema: Mapping[str, Any]) -> Key:
    """A value that its own reader looks into."""
    kind: type = {"object": dict, "array": list}[schema["type"]]
    return Key(wants, lambda value: isinstance(value, kind), schema)


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
    "assume": texts("declared-properties-only"),
    "immutable": flag(),
}

DEFAULTS: Final[Mapping[str, Key]] = {**_SETTINGS, "releases": text(), "since": text()}

EVENT: Final[Mapping[str, Key]] = {
    **_SETTINGS,
    "owner": text(required=True),
    "kind": one_of("fact", "state"),
    "criticality": one_of("normal", "money"),
    "personal": texts(),
    "event_name": text(),
    "consumers": one_of("none"),
}

ENVIRONMENT: Final[Mapping[str, Key]] = {
    "order": whole(),
    "registry": _text_or_texts(),
    "auth": anything("a table: { user, password } or { bearer }", {"type": "object"}),
    "ca": text(),
    "deployments": one_of("recorded", "declared"),
    "timeout": whole(),
}

AUTH: Final[Mapping[str, Key]] = {"user": text(), "password": text(), "bearer": text()}

GENERATE: Final[Mapping[str, Key]] = {
    "target": one_of("pydantic", "avro"),
    "out": text(required=True),
    "events": texts(),
    "deny_loss": flag(),
}

LINT: Final[Mapping[str, Key]] = {"off": anything("a table of rule = reason", {"type": "object"})}

STATE: Final[Mapping[str, Key]] = {"remote": text(), "branch": text()}

ROOT: Final[Mapping[str, Key]] = {
    "defaults": anything("a table", {"type": "object"}),
    "events": anything("a table", {"type": "object"}),
    "environments": anything("a table", {"type": "object"}),
    "generate": anything("a list of tables", {"type": "array"}),
    "lint": anything("a table", {"type": "object"}),
    "state": anything("a table: { remote, branch }", {"type": "object"}),
}

PRODUCES: Final[Mapping[str, Key]] = {
    "event": text(required=True),
    "versions": numbers(required=True),
    "delivery": one_of("direct", "outbox"),
    "criticality": one_of("normal", "money"),
    "flag": text(),
}

CONSUMES: Final[Mapping[str, Key]] = {
    "event": text(required=True),
    "versions": numbers(required=True),
    "group": text(),
    "topics": texts(),
    "mode": one_of("live", "shadow"),
    "offsets": one_of("kafka", "external"),
    "replays": flag(),
    "offset_reset": one_of("earliest", "latest", "error"),
    "isolation": one_of("read_committed", "read_uncommitted"),
    "commit": one_of("after-processing", "auto", "before"),
    "idempotency": anything("a table", {"type": "object"}),
    "retry": anything("a table", {"type": "object"}),
    "dlq": text(),
}

SERVICE: Final[Mapping[str, Key]] = {
    "format": Key("1", lambda value: value == 1 and _is_int(value), {"const": 1}, required=True),
    "service": text(required=True),
    "owner": text(required=True),
    "client_id": text(),
    "client": anything("a table", {"type": "object"}),
    "serves": anything("a list of tables", {"type": "array"}),
    "calls": anything("a list of tables", {"type": "array"}),
    "produces": anything("a list of tables", {"type": "array"}),
    "consumes": anything("a list of tables", {"type": "array"}),
}
