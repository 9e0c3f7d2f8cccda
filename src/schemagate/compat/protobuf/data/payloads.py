"""What is said about an event's payloads beside its schema? Words among the assumptions of a comparison."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

JSON: Final = "json-payloads"
"""Events are sent as JSON, too, printed and parsed by Protobuf's JSON mapping."""

NAMES_IGNORED: Final = "unknown-json-names-ignored"
"""Readers of JSON were told to skip names that they do not know."""

_ROOT: Final = "root:"


def root(name: str) -> str:
    """The word that a message is a payload; without any, every top-level message is."""
    return _ROOT + name


def roots(assume: Collection[str]) -> tuple[str, ...]:
    """The messages that such words name, in order."""
    return tuple(word.removeprefix(_ROOT) for word in assume if word.startswith(_ROOT))
