"""What does a subject hold, and which version does a request mean?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from schemagate.registry.wire import LATEST, ErrorCode, RegisteredSchema
from schemagate.serve.refusal import Refusal

MAX_VERSION: Final = 2**31 - 1

_NUMBER: Final = re.compile("[0-9]{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a subject; a deleted one is hidden and keeps its number until it is deleted permanently."""

    registered: RegisteredSchema
    is_deleted: bool = False

    @property
    def number(self) -> int:
        """The version number, from 1."""
        return self.registered.version


History = Sequence[Version]
"""All versions of one subject, the deleted ones included, oldest first; empty for an unknown subject."""


def live(history: History) -> tuple[Version, ...]:
    """The versions that are not deleted."""
    return tuple(version for version in history if not version.is_deleted)


def visible(subject: str, history: History, *, deleted: bool = False) -> tuple[Version, ...]:
    """The versions that a request sees; raises Refusal (40401) where there are none."""
    seen = tuple(history) if deleted else live(history)
    if not seen:
        raise Refusal(ErrorCode.SUBJECT_NOT_FOUND, f"subject {subject!r} not found")
    return seen


def pick(subject: str, history: History, wanted: str, *, deleted: bool = False) -> Version:
    """The version that a path names: a number, `latest` or `-1`; raises Refusal (40401, 40402, 42202)."""
    number = parse_number(wanted)
    seen = visible(subject, history, deleted=deleted)
    if number is None:
        return seen[-1]
    for version in seen:
        if version.number == number:
            return version
    raise Refusal(ErrorCode.VERSION_NOT_FOUND, f"version {number} of subject {subject!r} not found")


def parse_number(wanted: str) -> int | None:
    """The number in a path, None for the latest; raises Refusal (42202)."""
    if wanted in (LATEST, "-1"):
        return None
    if _NUMBER.fullmatch(wanted) and 1 <= int(wanted) <= MAX_VERSION:
        return int(wanted)
    raise Refusal(
        ErrorCode.INVALID_VERSION, f"{wanted!r} is not a version: a number from 1 to {MAX_VERSION}, or {LATEST}"
    )
