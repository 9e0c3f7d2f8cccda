"""What is a waiver of a check? An exception with a reason, an owner and a last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

NEVER: Final = frozenset({"BA1", "BA3", "RL1", "DR2", "DR3", "DE6"})
"""Checks that admit no exception: the plan, sight, a release, the barrier, a late writer, others on the topic."""


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

    def is_over(self, today: date) -> bool:
        """Its last day has passed."""
        return self.expires < today
