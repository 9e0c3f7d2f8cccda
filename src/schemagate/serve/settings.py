"""Which level and policy hold for a subject, and what does a PUT change?

A subject's own config hides the global one entirely, except for the policy: a subject that sets only a policy runs
under the *server's* level, not under the global one. That trap is Confluent's, and clients must meet it here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from schemagate.registry.wire import Config, ErrorCode, ProtocolError
from schemagate.schema.event import Level
from schemagate.serve.refusal import Refusal

SERVER_LEVEL: Final = Level.BACKWARD
"""What holds where nothing is configured."""

POLICIES: Final = ("STRICT", "LENIENT")

EMPTY: Final = Config()

_LEVEL_NAMES: Final = ("compatibility", "compatibilityLevel")
_POLICY_NAME: Final = "compatibilityPolicy"
_UNSUPPORTED: Final = (
    "alias",
    "compatibilityGroup",
    "defaultMetadata",
    "defaultRuleSet",
    "normalize",
    "overrideMetadata",
    "overrideRuleSet",
    "validateFields",
    "validateRules",
)


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds for a subject; `policy` is STRICT or LENIENT."""

    level: Level
    policy: str


def effective(own: Config | None, overall: Config | None) -> Effective:
    """What holds where `own` is the subject's config (None: it has none) and `overall` the global one."""
    level = (own or overall or EMPTY).level
    policy = (own or EMPTY).policy or (overall or EMPTY).policy
    return Effective(Level(level) if level else SERVER_LEVEL, policy or POLICIES[0])


def shown(own: Config | None, overall: Config | None) -> Config:
    """The effective config as GET answers it: the level always, the policy where someone set it."""
    policy = (own or EMPTY).policy or (overall or EMPTY).policy
    return Config(effective(own, overall).level, policy)


def patched(before: Config | None, body: object) -> Config:
    """The config after a PUT: an absent member keeps its value, an explicit null clears it; raises Refusal (42203).

    A setting that this server does not follow is refused, not dropped; unknown members are ignored.
    """
    asked = _config(body)
    members: Mapping[str, object] = body if isinstance(body, dict) else {}
    for name in _UNSUPPORTED:
        if members.get(name):
            raise Refusal(ErrorCode.INVALID_LEVEL, f"{name} is not supported by this server yet")
    config = before or EMPTY
    if any(name in members for name in _LEVEL_NAMES):
        config = replace(config, level=_one_of(tuple(Level), asked.level, "compatibility level"))
    if _POLICY_NAME in members:
        config = replace(config, policy=_one_of(POLICIES, asked.policy, "compatibility policy"))
    if not any(name in members for name in (*_LEVEL_NAMES, _POLICY_NAME)):
        raise Refusal(ErrorCode.INVALID_LEVEL, "the body sets nothing: compatibility is missing")
    return config


def _config(body: object) -> Config:
    try:
        return Config.from_json(body)
    except ProtocolError as error:
        raise Refusal(ErrorCode.INVALID_LEVEL, error.message) from None


def _one_of(known: tuple[str, ...], value: str | None, what: str) -> str | None:
    if value is None:
        return None
    if value.upper() not in known:
        raise Refusal(ErrorCode.INVALID_LEVEL, f"unknown {what} {value!r}; known: {', '.join(known)}")
    return str(value.upper())
