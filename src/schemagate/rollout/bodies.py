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

_HASH: Final = re.compile(r"sha256:[0-9a-f]{64}")
_ADVANCES: Final = {("ready", "open"), ("open", "done"), ("ready", "done"), ("open", "back"), ("done", "back")}
_OUTCOMES: Final = ("pass", "blocked", "unknown", "attested", "n/a")


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _or_none(accepts: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or accepts(value)


def _number(value: object) -> bool:
    return type(value) is int and value > 0


def is_hash(value: object) -> bool:
    """`sha256:` and 64 hexadecimal digits."""
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _outcomes(value: object) -> bool:
    """One entry per check: its id, target, answer, and who waived it."""
    return isinstance(value, list) and all(
        isinstance(entry, dict)
        and entry.keys() == {"id", "target", "answer", "waived"}
        and _text(entry["id"])
        and isinstance(entry["target"], str)
        and entry["answer"] in _OUTCOMES
        and (entry["waived"] is None or _text(entry["waived"]))
        for entry in value
    )


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
        "samples": _or_none(is_hash),
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
    "advance": {
        "step": _text,
        "step_hash": is_hash,
        "from": _text,
        "to": _text,
        "commit": _text,
        "evidence": is_hash,
        "checks": _outcomes,
    },
}


_SUBJECTS: Final = {"deployments": "service", "capabilities": "service", "attestations": "team"}


def problem(kind: str, subject: str, body: Any) -> str | None:
    """What keeps a value from being the body of a record of this kind. That of an advance does not name its subject."""
    if not isinstance(body, dict):
        return "its body is no object"
    known, name = _BODIES[kind], _SUBJECTS.get(STREAMS[kind])
    if name is not None and body.get(name) != subject:
        return f"its body is not about {subject}"
    if kind == "advance" and (body.get("from"), body.get("to")) not in _ADVANCES:
        return "no step goes from there to there"
    for name in sorted(known.keys() | body.keys()):
        if name not in known:
            return f"{name} is no part of a {kind}"
        if name not in body:
            return f"{name} is missing"
        if not known[name](body[name]):
            return f"{name} is not what a {kind} holds there"
    return None
