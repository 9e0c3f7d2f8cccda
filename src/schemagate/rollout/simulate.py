"""Can this plan work, in every order that its `needs` allow? Simulated before anyone acts, without looking anywhere.

The listed order is walked first. Then every set of done steps that can be reached without a refusal is visited, each
world once; steps whose order makes no difference are tried in one order only (`orders`). An order ends at its first
refused step, since what would come later are guesses.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from schemagate.rollout import orders, repair
from schemagate.rollout.invariants import Moment, breaches
from schemagate.rollout.model import Model, Surroundings, after, start
from schemagate.rollout.orders import Order
from schemagate.rollout.plan import Backfill, Plan, Step, SyncOff

MOST: Final = 10_000
"""Sets of done steps; beyond, not every order is looked at, and the outcome says so."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A step that breaks a rule: the step's id, the rule, what breaks, and what to write to mend it.

    `order` are the ids of the steps done before it, where that is not the listed order.
    """

    step: str
    rule: str
    message: str
    fix: str
    order: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The refusals, that of the listed order first; `complete`: every order was looked at."""

    refused: tuple[Refusal, ...]
    warnings: tuple[Refusal, ...] = ()
    complete: bool = True


def simulate(plan: Plan, around: Surroundings, most: int = MOST) -> Outcome:
    """Walk the plan in every order. Its `needs` must name earlier steps only."""
    listed, warnings = _listed_order(plan, around)
    told = {(each.step, each.rule) for each in listed}
    search = _Search(plan, around, most)
    found = search.refusals()
    position = {step.id: number for number, step in enumerate(plan.steps)}
    others = sorted(
        (each for each in found if (each.step, each.rule) not in told), key=lambda each: position[each.step]
    )
    return Outcome((*listed, *others), warnings, search.complete)


def _listed_order(plan: Plan, around: Surroundings) -> tuple[list[Refusal], tuple[Refusal, ...]]:
    model = start(plan, around)
    warnings: list[Refusal] = []
    for number, step in enumerate(plan.steps):
        moment = Moment(plan, around, plan.steps[:number], model, step, after(model, step, plan))
        if found := _refusals(moment, None):
            return found, tuple(warnings)
        warnings += _warnings(moment)
        model = moment.after
    return [], tuple(warnings)


@dataclass
class _Search:
    """Visits what the other orders reach; a place is a set of done steps (bits by position) and a world."""

    plan: Plan
    around: Surroundings
    most: int
    complete: bool = True
    told: dict[tuple[str, str], Refusal] = field(default_factory=dict)

    def refusals(self) -> list[Refusal]:
        """Each step with each rule that it breaks in some order, once."""
        order = orders.order(self.plan)
        first = (order.silent, start(self.plan, self.around))
        seen = {first}
        waiting: deque[tuple[int, Model, tuple[int, ...]]] = deque([(*first, ())])
        while waiting:
            done, model, path = waiting.popleft()
            for number, world in self._next(order, done, model, path):
                place = (done | 1 << number, world)
                if place not in seen and len(seen) < self.most:
                    seen.add(place)
                    waiting.append((*place, (*path, number)))
                elif place not in seen:
                    self.complete = False
                    return list(self.told.values())
        return list(self.told.values())

    def _next(self, order: Order, done: int, model: Model, path: tuple[int, ...]) -> list[tuple[int, Model]]:
        """The accepted steps with their worlds; only one, if its order against all that are left is all the same."""
        accepted = []
        for number in order.ready(done):
            step = self.plan.steps[number]
            world = after(model, step, self.plan)
            if breaches(Moment(self.plan, self.around, (), model, step, world)):
                self._tell(model, step, world, order.history(path, number))
            else:
                accepted.append((number, world))
        free = next((each for each in accepted if not order.rivals[each[0]] & ~done), None)
        return [free] if free is not None else accepted

    def _tell(self, model: Model, step: Step, world: Model, history: list[int]) -> None:
        done = tuple(self.plan.steps[number] for number in history)
        for refusal in _refusals(Moment(self.plan, self.around, done, model, step, world), done):
            self.told.setdefault((refusal.step, refusal.rule), refusal)


def _refusals(moment: Moment, order: tuple[Step, ...] | None) -> list[Refusal]:
    ids = None if order is None else tuple(step.id for step in order)
    return [
        Refusal(moment.step.id, breach.rule, breach.what, repair.fix(moment, breach), ids)
        for breach in breaches(moment)
    ]


def _warnings(moment: Moment) -> list[Refusal]:
    """A call that goes off on the word of its own gate, although a backfill comes later."""
    if not isinstance(moment.step.action, SyncOff) or moment.after.parity:
        return []
    step, later = moment.step, moment.plan.steps[len(moment.done) + 1 :]
    return [
        Refusal(
            step.id,
            "S5",
            f"{step} relies on its own gate for parity, and {each}, which would prove it, comes later",
            f"list step {each.id} before step {step.id}",
        )
        for each in later
        if isinstance(each.action, Backfill)
    ]
