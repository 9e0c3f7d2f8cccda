"""Which keys may `migrations/<id>.toml` have, of which type? Used by the reader and by the editors' schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from schemagate.project.keys import (
    NAME,
    Key,
    anything,
    duration,
    endpoint,
    flag,
    object_schema,
    one_of,
    paths,
    table,
    tables,
    text,
    texts,
    whole,
)

GATES: Final = (
    "may-register",
    "may-produce",
    "may-stop-old",
    "may-stop-event",
    "may-retire",
    "may-switch",
    "may-call",
    "may-stop-call",
    "may-delete",
    "is-clean",
)
"""May be typed in place of a step's id, so no step may be called so."""

BREAK: Final = re.compile(r"(?:backward|forward) [A-Z][A-Z_]* #?(?:/.*)?")
"""As `schemagate diff` prints it: `backward ENUM_ARRAY_CHANGED #/properties/event_version`."""


def _needed(key: Key, rule: str = "") -> Key:
    return replace(key, required=True, rule=rule or key.rule)


def _written(pattern: str, wants: str, rule: str = "") -> Key:
    schema = {"type": "string", "pattern": pattern}
    return Key(wants, lambda value: isinstance(value, str) and bool(re.search(pattern, value)), schema, rule=rule)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9


def _version(rule: str = "") -> Key:
    schema = {"type": "integer", "minimum": 1, "maximum": 10**9 - 1}
    return Key("a version number", _is_number, schema, required=True, rule=rule)


def _versions() -> Key:
    schema = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 10**9 - 1}}
    return Key(
        "a list of version numbers", lambda value: isinstance(value, list) and all(map(_is_number, value)), schema
    )


def _values() -> Key:
    schema = {"type": "array", "items": {"type": ["string", "integer", "boolean"]}, "minItems": 1}
    return Key(
        "a list of texts, whole numbers, true or false",
        lambda value: isinstance(value, list) and bool(value) and all(isinstance(each, str | int) for each in value),
        schema,
    )


def _name_or_names() -> Key:
    one = {"type": "string", "pattern": NAME}
    schema = {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "uniqueItems": True}]}
    return Key("a service, or a list of different services", _is_name_or_names, schema)


def _is_name_or_names(value: object) -> bool:
    names = value if isinstance(value, list) else [value]
    plain = all(isinstance(each, str) and re.search(NAME, each) for each in names)
    return plain and 0 < len(names) == len(set(names))


def _number() -> Key:
    return Key(
        "a number",
        lambda value: isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10**18,
        {"type": "number"},
    )


_TEXT: Final = {"type": "string", "minLength": 1}
_NAMED: Final = _written(NAME, "a name of a-z, 0-9, dots, dashes and underscores")
_SERVICE: Final = _needed(_NAMED)

TRAFFIC: Final[Mapping[str, Key]] = {"query": text(required=True), "at_least": _needed(whole(1))}

_VALUE: Final[Mapping[str, Key]] = {"must": _needed(_number()), "window": duration(), "traffic": table(TRAFFIC)}
_VALUE_ALONE: Final[Mapping[str, Key]] = {"must": _needed(_number()), "window": duration()}

PROBES: Final[Mapping[str, Mapping[str, Key]]] = {
    "sql": {"dsn": text(required=True), "query": text(required=True), **_VALUE},
    "http": {"url": text(required=True), "path": text(required=True), **_VALUE_ALONE},
    "prometheus": {
        "url": text(required=True),
        "query": text(required=True),
        "p99": duration(),
        **_VALUE,
        "must": _number(),
    },
    "exec": {"command": _needed(texts()), **_VALUE_ALONE},
    "manifest": {"list": _needed(one_of("produces", "consumes")), "has": _versions(), "lacks": _versions()},
    "attest": {"statement": text(required=True), "by": text(required=True), "max_age": _needed(duration())},
}
"""By the value of `probe`."""


def _probe_schemas(*, counted: bool = False) -> dict[str, Any]:
    """The schema of a probe; one that is `counted` must be 0 and need not say so."""
    optional = {"must": _number()} if counted else {}
    kinds = {
        kind: {"probe": _needed(one_of(kind)), **known, **(optional if "must" in known else {})}
        for kind, known in PROBES.items()
    }
    return {"anyOf": [object_schema(known) for known in kinds.values()]}


DEFINITIONS: Final = {"probe": _probe_schemas(), "outbox": _probe_schemas(counted=True)}
"""Of the editors' schema, since probes stand in many places."""

_A_PROBE: Final = {"$ref": "#/definitions/probe"}

_PROBES: Final = Key(
    "a list of probes, by name or as tables",
    lambda value: isinstance(value, list) and all(isinstance(each, str | dict) for each in value),
    {"type": "array", "items": {"anyOf": [_TEXT, _A_PROBE]}},
)
_PROBE: Final = Key(
    "a probe, by name or as a table",
    lambda value: isinstance(value, str | dict) and bool(value),
    {"anyOf": [_TEXT, _A_PROBE]},
)
_OUTBOX: Final = replace(_PROBE, schema={"anyOf": [_TEXT, {"$ref": "#/definitions/outbox"}]})

EVENT_SIDE: Final[Mapping[str, Key]] = {
    "version": _version(),
    "topic": text(),
    "subject": text(),
    "match": _values(),
    "tables": texts(),
}
CALL_SIDE: Final[Mapping[str, Key]] = {
    "call": endpoint(),
    "contract": text(),
    "callers": texts(),
    "timeout": duration(),
    "retries": whole(),
    "idempotency_header": text(),
}

ATTEST: Final[Mapping[str, Key]] = {"by": text(required=True), "max_age": _needed(duration())}
CONSUMER: Final[Mapping[str, Key]] = {
    "service": _SERVICE,
    "groups": texts(),
    "idempotency_key": replace(paths(), required=False),
    "offsets": one_of("kafka", "external"),
    "attest": table(ATTEST),
}
PRODUCER: Final[Mapping[str, Key]] = {"service": _SERVICE, "outbox": _OUTBOX}
CALLER: Final[Mapping[str, Key]] = {"service": _SERVICE}
SIDE_TOPIC: Final[Mapping[str, Key]] = {
    "topic": text(required=True),
    "policy": _needed(one_of("drained", "resolved", "archived")),
    "archive": text(),
}
LIMITS: Final[Mapping[str, Key]] = {
    "quiet_period": duration(),
    "evidence_max_age": duration(),
    "sample_gap": duration(),
    "acl_propagation": duration(),
    "hold_before_delete": duration(),
    "absent_for": duration(),
    "scan_budget": whole(1),
    "require_purged": flag(),
}
APPROVALS: Final[Mapping[str, Key]] = {
    "irreversible": whole(1),
    "from": texts(),
    "max_age": duration(),
    "verify": one_of("forge", "signed"),
    "envs": texts(),
}

STEP: Final[Mapping[str, Key]] = {
    "id": _needed(_NAMED),
    "kind": text(required=True, rule="MG20"),
    "actor": _name_or_names(),
    "title": text(),
    "needs": texts(),
    "gate": _PROBES,
    "evidence": _PROBES,
}
"""What every step may have."""

OWN: Final[Mapping[str, Mapping[str, Key]]] = {
    "register": {"version": _version("MG20")},
    "release": {
        "consumes": _versions(),
        "produces": _versions(),
        "mode": one_of("live", "shadow"),
        "flag": text(),
        "calls": flag(),
        "serves": flag(),
    },
    "switch-on": {"version": _version("MG20")},
    "stop": {"version": _version("MG20")},
    "drain": {"version": _version("MG20")},
    "sync-on": {},
    "sync-off": {"cut_over": one_of("one-key", "marker")},
    "backfill": {"how": _needed(one_of("emit", "rewrite"), "MG20"), "probe": _PROBE},
    "drop-table": {"tables": texts()},
    "delete-topic": {"topic": text()},
    "retire": {"version": _version("MG20"), "registry": one_of("keep", "soft-delete", "hard-delete")},
    "do": {"irreversible": flag()},
}
"""By kind: what only steps of this kind have."""

ACTORLESS: Final = frozenset({"register", "drain", "drop-table", "delete-topic", "retire"})
"""Kinds in which no service has to act."""


def _step_schema() -> dict[str, Any]:
    kinds = [object_schema({**STEP, "kind": _needed(one_of(kind)), **own}) for kind, own in OWN.items()]
    return {"anyOf": kinds}


PLAN: Final[Mapping[str, Key]] = {
    "format": Key("1", lambda value: type(value) is int and value == 1, {"const": 1}, required=True),
    "id": _needed(_NAMED),
    "title": text(),
    "type": _needed(one_of("event-version", "sync-to-event", "event-to-sync", "event-retire", rule="MG01")),
    "owner": text(required=True),
    "event": text(required=True, rule="MG01"),
    "semantics": _needed(one_of("fact", "state")),
    "criticality": one_of("normal", "money"),
    "topology": one_of("new-topic", "same-topic", rule="MG03"),
    "rollout": one_of("switch", "dual-write"),
    "fence": one_of("acl", "principal", "broker-validation", "observed", rule="MG03"),
    "discriminator": _written(
        r"^(schema-id|topic|header:\S+|json:\$\.\S+)$", "schema-id, topic, header:NAME or json:$.PATH"
    ),
    "environments": texts(),
    "expected_breaks": texts(),
    "semantic_changes": texts(),
    "retired_groups": texts(),
    "old": Key(
        "a table",
        lambda value: isinstance(value, dict),
        {"anyOf": [object_schema(EVENT_SIDE), object_schema(CALL_SIDE)]},
        required=True,
    ),
    "new": Key(
        "a table",
        lambda value: isinstance(value, dict),
        {"anyOf": [object_schema(EVENT_SIDE), object_schema(CALL_SIDE)]},
    ),
    "consumers": _needed(tables(CONSUMER)),
    "producers": tables(PRODUCER),
    "callers": tables(CALLER),
    "side_topics": tables(SIDE_TOPIC),
    "limits": table(LIMITS),
    "approvals": table(APPROVALS),
    "step": _needed(
        Key(
            "a list of tables",
            lambda value: isinstance(value, list),
            {"type": "array", "items": _step_schema(), "minItems": 1},
        )
    ),
    "probes": anything("a table of probes", {"type": "object", "additionalProperties": _A_PROBE}),
}
