"""Which orders of steps do a plan's `needs` allow, and which of them are the same for the model?

Two steps are independent when neither changes anything that the other changes, or that a rule looks at when the other
is done; then either may come first, and it is enough to try one. `Footprint` says on which parts of the model a step
treads and at which it looks, generously: a part too many costs time, never an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from schemagate.rollout.plan import (
    Backfill,
    DeleteTopic,
    Do,
    Drain,
    DropTable,
    Plan,
    PlanType,
    Register,
    Release,
    Retire,
    Step,
    Stop,
    SwitchOn,
    SyncOff,
    SyncOn,
)

_GROWS: Final = frozenset({"parity", "topics"})
"""Parts to which steps only add the same: who comes first makes no difference."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """Parts of the model by name: what a step may change, and at what its rules look."""

    writes: frozenset[str]
    looks: frozenset[str]

    def touches(self, other: Footprint) -> bool:
        """Whether the order of the two steps may make a difference."""
        both_write = (self.writes & other.writes) - _GROWS
        return bool(both_write or self.writes & other.looks or self.looks & other.writes)


@dataclass(frozen=True, slots=True)
class Order:
    """What must come before what, as sets of bits by position in the file.

    `before[i]` are all steps before step i, by `needs` and since releases of one service keep their order;
    `rivals[i]` are those that may come on either side of it and whose order may make a difference.
    """

    before: tuple[int, ...]
    rivals: tuple[int, ...]
    silent: int
    """Steps that change nothing and that no rule minds: they need not be tried."""

    def ready(self, done: int) -> list[int]:
        """The steps that may come next."""
        return [number for number, mask in enumerate(self.before) if not done >> number & 1 and not mask & ~done]

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
    feet = [footprint(step, plan) for step in plan.steps]
    rivals = []
    for here, mine in enumerate(feet):
        apart = (
            there
            for there, other in enumerate(feet)
            if here != there and not (before[here] >> there | before[there] >> here) & 1 and mine.touches(other)
        )
        rivals.append(sum(1 << there for there in apart))
    silent = sum(1 << number for number, step in enumerate(plan.steps) if _is_silent(step, plan))
    return Order(before, tuple(rivals), silent)


def _before(steps: Sequence[Step]) -> tuple[int, ...]:
    position = {step.id: number for number, step in enumerate(steps)}
    found: list[int] = []
    for number, step in enumerate(steps):
        direct = [position[need] for need in step.needs]
        if isinstance(step.action, Release):
            direct += [
                earlier
                for earlier, other in enumerate(steps[:number])
                if isinstance(other.action, Release) and set(other.actors) & set(step.actors)
            ]
        mask = 0
        for earlier in direct:
            mask |= 1 << earlier | found[earlier]
        found.append(mask)
    return tuple(found)


def _is_silent(step: Step, plan: Plan) -> bool:
    return isinstance(step.action, Do) or (step.action == Release() and plan.parties.issuperset(step.actors))


def footprint(step: Step, plan: Plan) -> Footprint:  # noqa: C901 - one case per kind
    """Where a step treads, and where its rules look."""
    parts = _parts(plan)
    mine = frozenset(step.actors)
    match step.action:
        case Register():
            return Footprint(frozenset({"registry"}), frozenset())
        case SwitchOn() | Stop():
            return _emission(mine, parts)
        case Drain():
            return Footprint(frozenset({"unread"}), parts.emits)
        case SyncOn() | SyncOff():
            return _call(mine, parts)
        case Backfill("emit"):
            return Footprint(frozenset({"parity", "emits again"}), parts.reads | {"registry", "topics"})
        case Backfill():
            return Footprint(frozenset({"parity"}), frozenset())
        case DropTable():
            return Footprint(frozenset(), parts.reads)
        case DeleteTopic():
            return Footprint(frozenset({"topics"}), parts.reads | parts.emits | {"unread"})
        case Retire(registry=kept):
            deleted = frozenset[str]() if kept == "keep" else frozenset({"registry"})
            return Footprint(deleted, parts.reads | parts.emits | {"unread", "topics"})
        case Release():
            return _release(step.action, mine, parts)
        case Do():
            return Footprint(frozenset(), frozenset())
        case _:
            assert_never(step.action)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of a plan's model; `coupled` are those that one side's rules see of the other."""

    reads: frozenset[str]
    emits: frozenset[str]
    calls: frozenset[str]
    coupled: frozenset[str]


def _parts(plan: Plan) -> _Parts:
    reads = frozenset(f"reads {name}" for name in plan.readers)
    emits = frozenset({*(f"emits {name}" for name in plan.emitters), "emits again"})
    calls = frozenset({*(f"call {name}" for name in plan.callers), "served"})
    meets = plan.type is PlanType.EVENT_TO_SYNC or (plan.criticality == "money" and plan.call is not None)
    return _Parts(reads, emits, calls, reads | emits | calls if meets else frozenset())


def _emission(actors: frozenset[str], parts: _Parts) -> Footprint:
    writes = frozenset(f"emits {name}" for name in actors)
    return Footprint(writes, parts.reads | {"registry", "topics"} | parts.coupled)


def _call(actors: frozenset[str], parts: _Parts) -> Footprint:
    return Footprint(frozenset(f"call {name}" for name in actors), parts.coupled | {"served", "parity"})


def _release(action: Release, actors: frozenset[str], parts: _Parts) -> Footprint:
    feet = []
    if action.consumes is not None or action.mode is not None:
        writes = frozenset(f"reads {name}" for name in actors) | ({"parity"} if action.mode == "live" else set())
        feet.append(Footprint(writes, parts.emits | {"registry", "unread", "topics"} | parts.coupled))
    if action.produces is not None:
        feet.append(_emission(actors, parts))
    if action.calls is not None:
        feet.append(_call(actors, parts))
    if action.serves is not None:
        feet.append(Footprint(frozenset({"served"}), parts.calls | {"parity"} | parts.coupled))
    return Footprint(
        frozenset[str]().union(*(each.writes for each in feet)), frozenset[str]().union(*(each.looks for each in feet))
    )
