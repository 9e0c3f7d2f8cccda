"""What stands in the way of a step until some other step is done? It saves the simulation from trying useless orders.

An obstacle is one fact of the model that is enough to refuse the step; it is told as the part of the model (see
`footprints`) that has to change. Where rules weigh several facts at once (money, going live) none is told.
"""

from __future__ import annotations

from collections.abc import Iterator

from schemagate.rollout.footprints import SERVED, Parts, call, emits, reads, registered, unread
from schemagate.rollout.model import Model
from schemagate.rollout.plan import (
    Backfill,
    DeleteTopic,
    Drain,
    DropTable,
    Plan,
    PlanType,
    Release,
    Retire,
    Step,
    Stop,
    SwitchOn,
    SyncOn,
)


def obstacles(step: Step, model: Model, plan: Plan) -> Parts:
    """The parts of the model of which each alone refuses the step; none does not mean that the step is accepted."""
    money = plan.criticality == "money" and plan.call is not None
    if money and not (plan.has_one_effect and isinstance(step.action, SwitchOn | Backfill)):
        return frozenset()
    return frozenset(_obstacles(step, model, plan))


def _obstacles(step: Step, model: Model, plan: Plan) -> Iterator[str]:  # noqa: C901 - a case a kind
    match step.action:
        case SwitchOn(version):
            yield from _unready(model, plan, version)
        case Backfill("emit") if plan.new_version is not None:
            yield from _unready(model, plan, plan.new_version)
        case Drain(version):
            yield from _emitted(model, version)
        case Retire(version):
            yield from _used(model, plan, version)
        case DeleteTopic(topic):
            for version in plan.versions:
                yield from _used(model, plan, version) if plan.topic_of(version) == topic else ()
        case DropTable() if plan.old_version is not None:
            yield from _read(model, plan, plan.old_version)
        case Stop():
            yield from _not_called(model, plan)
        case SyncOn() if not model.served:
            yield SERVED
        case Release(mode=None):
            yield from _of_release(step, step.action, model, plan)


def _of_release(step: Step, action: Release, model: Model, plan: Plan) -> Iterator[str]:
    if action.consumes is not None:
        dropped = {version for name, version in model.reads if name in step.actors} - set(action.consumes)
        yield from (unread(version) for version in dropped & model.unread)
        yield from (registered(version) for version in set(action.consumes) - model.registered)
        if plan.old_version in dropped:
            yield from _not_called(model, plan)
    if action.produces is not None and action.flag is None:
        for version in action.produces:
            if any((name, version) not in model.lists for name in step.actors):
                yield from _unready(model, plan, version)
    if action.serves is False and plan.call is not None and plan.call.call.service in step.actors:
        leaving = set(step.actors) if action.calls is False else set()
        yield from (call(name) for name in (model.called | model.coded) - leaving)


def _unready(model: Model, plan: Plan, version: int) -> Iterator[str]:
    """What keeps a version from being emitted: it is not registered, or a consumer does not read it (S1)."""
    if version not in model.registered:
        yield registered(version)
    yield from (reads(name, version) for name in plan.readers if (name, version) not in model.reads)


def _emitted(model: Model, version: int) -> Iterator[str]:
    yield from (emits(name, each) for name, each in model.emits if each == version)


def _read(model: Model, plan: Plan, version: int) -> Iterator[str]:
    yield from (reads(name, version) for name in plan.readers if (name, version) in model.reads)


def _used(model: Model, plan: Plan, version: int) -> Iterator[str]:
    """What keeps a version from being ended (S4, S7)."""
    yield from (emits(name, each) for name, each in model.lists if each == version)
    yield from _read(model, plan, version)
    if version in model.unread:
        yield unread(version)


def _not_called(model: Model, plan: Plan) -> Iterator[str]:
    """In an event-to-sync plan the event may not end before every caller calls (S7)."""
    if plan.type is PlanType.EVENT_TO_SYNC:
        yield from (call(name) for name in plan.callers if name not in model.called)
