"""What is a waiver of a check? An exception with a reason, an owner and a last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

NEVER: Final = frozenset({"BA1", "BA3", "DR2", "DR3", "DE6", "GU2", "GU3"})
"""Checks that admit no exception: sight itself, the barrier, a living writer, others on the topic."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception: one check of one step, in one environment, for one target (None: all), until a day."""

    migration: str
    step: str
    check: str
    env: str
    reason: str
    owner: str
    expires: date
    target: str | None = None
    path: str = ""
    """Where the file says so."""
