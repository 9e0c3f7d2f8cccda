"""How much work may one verdict cost? Steps are counted, not seconds: a laptop and CI must agree."""

from __future__ import annotations

from dataclasses import dataclass


class Spent(Exception):
    """The budget is spent; the answer is unknown."""


_SIGNS_A_STEP = 40


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one verdict. More of anything only turns `unknown` into an answer."""

    steps: int = 200_000
    """Places that the structural walk compares, apart from what large texts add."""
    events: int = 2_500
    """Events that the witness search tries."""
    prover_size: int = 300
    """Nodes of a pair of subschemas that the prover is asked about; it cannot be interrupted."""

    def steps_for(self, *texts: str) -> int:
        """The steps of a walk over some texts: enough to look at each of their parts once."""
        return self.steps + sum(map(len, texts)) // _SIGNS_A_STEP


class Steps:
    """A counter that raises Spent when it passes its limit."""

    __slots__ = ("left",)

    def __init__(self, limit: int) -> None:
        self.left = limit

    def take(self, count: int = 1) -> None:
        """Pay for `count` steps."""
        self.left -= count
        if self.left < 0:
            raise Spent
