"""Which orders of steps do a plan's `needs` allow, and which of them are the same for the model?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemagate.rollout.footprints import Parts, footprints
from schemagate.rollout.plan import Do, Plan, Release, Step, releases_before


@dataclass(frozen=True, slots=True)
class Order:
    """What must come before what, as sets of bits by position in the file.

    `before[i]` are all steps before step i, by `needs` and since releases of one service keep their order;
    `rivals[i]` are those that may come on either side of it and whose order may make a difference.
    """

    before: tuple[int, ...]
    rivals: tuple[int, ...]
    changes: tuple[Parts, ...]
    """The parts of the model that each step may change."""
    silent: int
    """Steps that change nothing and that no rule minds: they need not be tried."""

    def ready(self, done: int) -> list[int]:
        """The steps that may come next."""
        return [number for number, mask in enumerate(self.before) if not done >> number & 1 and not mask & ~done]

    def from_on(self, numbers: Sequence[int]) -> int:
        """These steps, and all that need one of them."""
        mask = sum(1 << number for number in numbers)
        return mask | sum(1 << number for number, before in enumerate(self.before) if before & mask)

    def writers(self, part: str) -> int:
        """The steps that may change a part of the model."""
        return sum(1 << number for number, parts in enumerate(self.changes) if part in parts)

    def history(self, path: Sequence[int], last: int) -> list[int]:
        """What was done before `last` on a path, with the silent steps that all these need."""
        found: dict[int, None] = {}
        for number in (*path, last):
            needed = (each for each in range(len(self.before)) if self.before[number] >> each & 1)
            found.update(dict.fromkeys((*needed, number)))
        del found[last]
        return list(found)


def order(plan: Plan) -> Order:
    """The order of a plan whose `needs` name earlier steps only."""
    before = _before(plan.steps)
    feet = footprints(plan)
    rivals = []
    for here, mine in enumerate(feet):
        apart = (
            there
            for there, other in enumerate(feet)
            if here != there and not (before[here] >> there | before[there] >> here) & 1 and mine.touches(other)
        )
        rivals.append(sum(1 << there for there in apart))
    silent = sum(1 << number for number, step in enumerate(plan.steps) if _is_silent(step, plan))
    return Order(before, tuple(rivals), tuple(each.changes for each in feet), silent)


def _before(steps: Sequence[Step]) -> tuple[int, ...]:
    position = {step.id: number for number, step in enumerate(steps)}
    found: list[int] = []
    for number, step in enumerate(steps):
        direct = [*(position[need] for need in step.needs), *releases_before(steps, number)]
        mask = 0
        for earlier in direct:
            mask |= 1 << earlier | found[earlier]
        found.append(mask)
    return tuple(found)


def _is_silent(step: Step, plan: Plan) -> bool:
    return isinstance(step.action, Do) or (step.action == Release() and plan.parties.issuperset(step.actors))
