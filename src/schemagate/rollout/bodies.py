"""Which kinds of records are there, in which stream does each stand, and what must its body hold?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

STREAMS: Final[Mapping[str, str]] = {
    "deployment": "deployments",
    "undeployment": "deployments",
    "capability": "capabilities",
    "attestation": "attestations",
    "advance": "migration",
    "fence": "migration",
    "barrier": "migration",
    "evidence": "migration",
    "cleanup": "migration",
}
"""The stream of each kind. A stream's subject is the service, the team that attests, or the migration."""

THINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "deployments": ("instance",),
    "capabilities": ("commit", "test", "event", "version", "endpoint"),
    "attestations": ("statement", "asked_by"),
}
"""The part of a body that tells what it is about: of two records about one thing, the newer counts."""

TESTS: Final = ("samples", "replay", "duplicate", "endpoint")
"""What a capability record says was tested: golden samples of a version, a replay, one event twice, an endpoint."""

_SAMPLES: Final = re.compile(r"sha256:[0-9a-f]{64}")


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _or_none(accepts: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or accepts(value)


def _number(value: object) -> bool:
    return type(value) is int and value > 0


def _samples(value: object) -> bool:
    return isinstance(value, str) and _SAMPLES.fullmatch(value) is not None


def _day(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


_BODIES: Final[Mapping[str, Mapping[str, Callable[[object], bool]]]] = {
    "deployment": {"service": _text, "commit": _text, "instance": _text, "manifest": _text},
    "undeployment": {"service": _text, "commit": _or_none(_text), "instance": _or_none(_text)},
    "capability": {
        "service": _text,
        "commit": _text,
        "test": lambda value: value in TESTS,
        "event": _or_none(_text),
        "version": _or_none(_number),
        "endpoint": _or_none(_text),
        "samples": _or_none(_samples),
        "result": lambda value: value in ("passed", "failed"),
    },
    "attestation": {
        "person": _text,
        "team": _text,
        "statement": _text,
        "asked_by": _or_none(_text),
        "answer": lambda value: value in ("yes", "no"),
        "expires": _or_none(_day),
    },
}


_SUBJECTS: Final = {"deployments": "service", "capabilities": "service", "attestations": "team"}


def problem(kind: str, subject: str, body: Any) -> str | None:
    """What keeps a value from being the body of a record of this kind; bodies of a migration are read by its fold."""
    if not isinstance(body, dict):
        return "its body is no object"
    known = _BODIES.get(kind)
    if known is None:
        return None
    if body.get(_SUBJECTS[STREAMS[kind]]) != subject:
        return f"its body is not about {subject}"
    for name in sorted(known.keys() | body.keys()):
        if name not in known:
            return f"{name} is no part of a {kind}"
        if name not in body:
            return f"{name} is missing"
        if not known[name](body[name]):
            return f"{name} is not what a {kind} holds there"
    return None
