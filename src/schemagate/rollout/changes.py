"""What does each step change in the listed order, which gates does it have, and can it be taken back?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from schemagate.rollout.model import Model, Surroundings, after, start
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


@dataclass(frozen=True, slots=True)
class Change:
    """What a step changes; of a release each of these has a gate of its own."""

    gains_reader: bool
    loses_reader: bool
    goes_live: bool
    gains_emission: bool
    loses_emission: bool
    serves: bool


def changes(plan: Plan) -> Mapping[str, Change]:
    """By step id, as if every step were done in the listed order."""
    model, found = start(plan, Surroundings()), {}
    for step in plan.steps:
        later = after(model, step, plan)
        found[step.id] = _change(model, later)
        model = later
    return found


def _change(before: Model, later: Model) -> Change:
    return Change(
        gains_reader=not later.reads <= before.reads,
        loses_reader=not before.reads <= later.reads,
        goes_live=not before.shadow <= later.shadow,
        gains_emission=not later.lists <= before.lists,
        loses_emission=not before.lists <= later.lists,
        serves=later.served and not before.served,
    )


def irreversible(plan: Plan) -> frozenset[str]:
    """The steps that nobody can take back. It follows from the kind and its fields; only `do` says so itself."""
    found = changes(plan)
    return frozenset(step.id for step in plan.steps if _is_final(step, found[step.id]))


def _is_final(step: Step, change: Change) -> bool:
    match step.action:
        case Do(irreversible=said):
            return said
        case Backfill(how):
            return how == "rewrite"
        case Release(calls=calls):
            return change.loses_reader or calls is False
        case DropTable() | DeleteTopic() | Retire():
            return True
        case Register() | SwitchOn() | Stop() | Drain() | SyncOn() | SyncOff():
            return False
        case _:
            assert_never(step.action)


def gates(plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """By step id: the names of the gates that it has to pass; a release has one for each of its changes."""
    found = changes(plan)
    return {step.id: _gates(plan, step, found[step.id]) for step in plan.steps}


def _gates(plan: Plan, step: Step, change: Change) -> tuple[str, ...]:
    stop = "may-stop-event" if plan.type is PlanType.EVENT_TO_SYNC else "may-stop-old"
    match step.action:
        case Register():
            return ("may-register",)
        case Release(calls=calls):
            asked = {
                "may-retire": change.loses_reader,
                "may-switch": change.goes_live,
                "may-produce": change.gains_emission,
                stop: change.loses_emission,
                "may-delete": calls is False,
            }
            return tuple(name for name, wanted in asked.items() if wanted)
        case Do() | Backfill():
            return ()
        case DropTable() | DeleteTopic() | Retire():
            return ("may-delete",)
        case SwitchOn() | Stop() | Drain() | SyncOn() | SyncOff():
            return (
                {SwitchOn: "may-produce", Stop: stop, Drain: "may-retire", SyncOn: "may-call"}.get(
                    type(step.action), "may-stop-call"
                ),
            )
        case _:
            assert_never(step.action)
