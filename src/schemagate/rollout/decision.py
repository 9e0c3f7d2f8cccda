"""What was looked at, and what does it come to? The answers of checks, and of the gate that asked them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from schemagate.rollout.waivers import Waiver


class Answer(StrEnum):
    """Of one check, and (the first three) of a whole decision."""

    PASS = "pass"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    ATTESTED = "attested"
    """Nobody could look, and the owner states that it holds."""
    NOT_APPLICABLE = "n/a"
    """The plan itself says that there is nothing to look at; never said because data is absent."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: `what` was seen, `at` which file and line says so, `next_step` what to do.

    `id` is the check's name in all plans ("CO1"), `target` what it was asked about ("hiring"). `evidence` tells where
    and when it was read, `owner` who can change the answer. `waiver`: the answer does not count.
    """

    id: str
    target: str
    answer: Answer
    what: str
    at: str | None = None
    next_step: str | None = None
    owner: str = ""
    evidence: str = ""
    waiver: Waiver | None = None

    @property
    def stands_in_the_way(self) -> bool:
        """It is not passed, and nobody waived it."""
        return self.answer in (Answer.BLOCKED, Answer.UNKNOWN) and self.waiver is None


@dataclass(frozen=True, slots=True)
class Decision:
    """All checks, in the order in which they are told."""

    checks: tuple[Check, ...]

    @property
    def answer(self) -> Answer:
        """A no beats an unknown, an unknown beats a yes; nothing looked at is unknown."""
        answers = {check.answer for check in self.checks if check.stands_in_the_way}
        for answer in (Answer.BLOCKED, Answer.UNKNOWN):
            if answer in answers:
                return answer
        looked = any(check.answer is not Answer.NOT_APPLICABLE for check in self.checks)
        return Answer.PASS if looked else Answer.UNKNOWN
