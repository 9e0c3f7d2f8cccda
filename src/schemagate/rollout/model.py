"""What is deployed while a plan runs, and what does each step change? Pure; `invariants` says what must hold.

The model is small on purpose: who reads and who emits which version of the plan's event, who makes the call, which
topics are gone. `start` is the world before the first step; `after` is the world after one more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never

from schemagate.rollout.plan import (
    Backfill,
    DeleteTopic,
    Do,
    Drain,
    DropTable,
    EventSide,
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

Pair: TypeAlias = tuple[str, int]
"""A service, and a version of the event."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What git knows about the event beside the plan."""

    versions: frozenset[int] = frozenset()
    """Of the event; all but the plan's new one count as registered."""
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By topic: what else git maps to it."""
    dropped: tuple[str, ...] = ()
    """Paths of personal data that the old version has and the new one has not."""
    accepted: tuple[str, ...] = ()
    """Those of them that events of the new version may still carry."""


@dataclass(frozen=True, slots=True)
class Model:
    """The world after some steps. A service reads and lists what its deployed manifest says."""

    registered: frozenset[int]
    reads: frozenset[Pair]
    emits: frozenset[Pair]
    lists: frozenset[Pair]
    """Producers' manifests: what they emit, and what they will once a flag is on."""
    unread: frozenset[int]
    """Versions emitted since they were last drained."""
    left: frozenset[Pair] = frozenset()
    """What consumers read once and no more."""
    shadow: frozenset[str] = frozenset()
    """Consumers that read without acting."""
    served: bool = False
    called: frozenset[str] = frozenset()
    """Services whose call is on."""
    coded: frozenset[str] = frozenset()
    """Services with the call in their code."""
    parity: bool = False
    """The consumers hold what the call would give: a backfill, or a shadow that was compared and went live."""
    asked_parity: frozenset[str] = frozenset()
    """Callers that stopped behind a gate that asked for parity itself."""
    gone: frozenset[str] = frozenset()
    """Deleted topics."""

    def versions_read(self, service: str) -> frozenset[int]:
        """What a consumer's deployed manifest lists."""
        return frozenset(version for name, version in self.reads if name == service)

    def emitters(self, version: int) -> list[str]:
        """Who emits a version now."""
        return sorted(name for name, each in self.emits if each == version)


def start(plan: Plan, around: Surroundings) -> Model:
    """Every producer emits and every consumer reads the old version; an old call is served and on."""
    registered = around.versions - {plan.new_version}
    if isinstance(plan.old, EventSide):
        version = plan.old.version
        emits = frozenset((service, version) for service in plan.emitters)
        reads = frozenset((service, version) for service in plan.readers)
        return Model(registered | {version}, reads, emits, emits, frozenset({version}))
    nothing: frozenset[Pair] = frozenset()
    callers = frozenset(plan.callers)
    return Model(registered, nothing, nothing, nothing, frozenset(), served=True, called=callers, coded=callers)


def after(model: Model, step: Step, plan: Plan) -> Model:  # noqa: C901 - one case per kind
    """The world after one more step, whether or not that is a good idea."""
    action, actors = step.action, frozenset(step.actors)
    match action:
        case Register(version):
            return replace(model, registered=model.registered | {version})
        case Release():
            return _released(model, action, actors, plan)
        case SwitchOn(version):
            return _emitting(model, {(service, version) for service in actors})
        case Stop(version):
            return _silent(model, {(service, version) for service in actors})
        case Drain(version):
            return replace(model, unread=model.unread - {version})
        case SyncOn():
            return replace(model, called=model.called | actors, coded=model.coded | actors)
        case SyncOff():
            asked = actors & model.called if _asks_parity(step) else frozenset[str]()
            return replace(model, called=model.called - actors, asked_parity=model.asked_parity | asked)
        case Backfill():
            return _backfilled(model, action, plan)
        case DeleteTopic(topic):
            return replace(model, gone=model.gone | {topic})
        case Retire(version, registry):
            return model if registry == "keep" else replace(model, registered=model.registered - {version})
        case DropTable() | Do():
            return model
        case _:
            assert_never(action)


def _asks_parity(step: Step) -> bool:
    return any(probe.name == "parity" for probe in step.gate)


def _released(model: Model, action: Release, actors: frozenset[str], plan: Plan) -> Model:
    if action.consumes is not None:
        model = _reading(model, actors & frozenset(plan.readers), action.consumes)
    if action.mode is not None:
        model = _in_mode(model, actors & frozenset(plan.readers), action.mode)
    if action.produces is not None:
        wanted = {(service, version) for service in actors for version in action.produces}
        listed = {pair for pair in model.lists if pair[0] in actors}
        model = _silent(model, listed - wanted)
        model = replace(model, lists=model.lists | wanted)
        if action.flag is None:
            model = _emitting(model, wanted - listed)
    if action.calls is not None:
        users = actors & frozenset(plan.callers)
        coded = model.coded | users if action.calls else model.coded - users
        model = replace(model, coded=coded, called=model.called & coded)
    if action.serves is not None and plan.call is not None and plan.call.call.service in actors:
        model = replace(model, served=action.serves)
    return model


def _reading(model: Model, consumers: frozenset[str], versions: Collection[int]) -> Model:
    had = {pair for pair in model.reads if pair[0] in consumers}
    has = {(service, version) for service in consumers for version in versions}
    return replace(model, reads=(model.reads - had) | has, left=(model.left | (had - has)) - has)


def _in_mode(model: Model, consumers: frozenset[str], mode: str) -> Model:
    if mode == "shadow":
        return replace(model, shadow=model.shadow | consumers)
    compared = bool(consumers & model.shadow)
    return replace(model, shadow=model.shadow - consumers, parity=model.parity or compared)


def _emitting(model: Model, pairs: Collection[Pair]) -> Model:
    versions = {version for _, version in pairs}
    return replace(
        model, emits=model.emits.union(pairs), lists=model.lists.union(pairs), unread=model.unread | versions
    )


def _silent(model: Model, pairs: Collection[Pair]) -> Model:
    return replace(model, emits=model.emits.difference(pairs), lists=model.lists.difference(pairs))


def _backfilled(model: Model, action: Backfill, plan: Plan) -> Model:
    """Rows that change in place say nothing about a service that still has no copy of its own."""
    if action.how == "rewrite":
        return model if plan.type is PlanType.SYNC_TO_EVENT else replace(model, parity=True)
    emitted = frozenset() if plan.new_version is None else frozenset({plan.new_version})
    return replace(model, parity=True, unread=model.unread | emitted)
