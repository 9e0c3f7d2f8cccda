"""Does a step stand where it may? The kinds out of place of rule S7, and what S4 and S6 ask about use and money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from schemagate.rollout.model import Model
from schemagate.rollout.plan import (
    Action,
    Backfill,
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
class Missing:
    """A step that would have to be done before."""

    action: Action
    actors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Another change of the plan, as a line to write."""

    text: str


@dataclass(frozen=True, slots=True)
class Misplaced:
    """Why a step may not stand here, and what would mend it."""

    what: str
    cures: tuple[Missing | Edit, ...]


_Found: TypeAlias = Iterator[Misplaced]


def misplaced(plan: Plan, before: Model, step: Step, after: Model) -> _Found:
    """Every reason why the step is out of place."""
    yield from _strangers(plan, step)
    yield from _unregistered(plan, step, after)
    yield from _without_effect(before, step, after)
    yield from _too_early(plan, before, step, after)
    if plan.type is PlanType.EVENT_TO_SYNC:
        yield from _event_ends_before_call(plan, step, after)


def _strangers(plan: Plan, step: Step) -> _Found:
    """Actors that the plan does not name, or not in the part that the step gives them."""
    part, known = _part(plan, step.action)
    for actor in () if isinstance(step.action, Do) else step.actors:
        if actor not in known:
            names = ", ".join(sorted(known)) or "nobody"
            yield Misplaced(
                f"{actor} is no {part} of this plan", (Edit(f"name a {part} ({names}), or declare {actor} as one"),)
            )


def _part(plan: Plan, action: Action) -> tuple[str, frozenset[str]]:
    match action:
        case SwitchOn() | Stop() | Backfill(how="emit"):
            return "producer", frozenset(plan.emitters)
        case SyncOn() | SyncOff():
            return "caller", frozenset(plan.callers)
        case Release(consumes=consumes, mode=mode) if consumes is not None or mode is not None:
            return "consumer", frozenset(each.service for each in plan.consumers)
        case Release(produces=produces, flag=flag) if produces is not None or flag is not None:
            return "producer", frozenset(plan.emitters)
        case _:
            return "party", plan.parties


def _unregistered(plan: Plan, step: Step, after: Model) -> _Found:
    """Versions that a manifest lists, or that are emitted, and that no registry knows."""
    listed = {version for _, version in after.reads | after.lists}
    if isinstance(step.action, Backfill) and step.action.how == "emit" and plan.new_version is not None:
        listed.add(plan.new_version)
    for version in sorted(listed - after.registered):
        yield Misplaced(f"{step} needs {plan.event} {version} registered", (Missing(Register(version)),))


def _without_effect(before: Model, step: Step, after: Model) -> _Found:
    if isinstance(step.action, SwitchOn | Stop | SyncOn | SyncOff) and before == after:
        yield Misplaced(f"{step} changes nothing", (Edit(f"leave out step {step.id}"),))


def _too_early(plan: Plan, before: Model, step: Step, after: Model) -> _Found:
    match step.action:
        case Drain(version) if emitters := after.emitters(version):
            yield Misplaced(
                f"{step} waits for {plan.event} {version}, which is still emitted by {listed(emitters)}",
                (Missing(Stop(version), tuple(emitters)),),
            )
        case DropTable(tables) if readers := _readers(plan, after, plan.old_version):
            yield Misplaced(
                f"{step}: {listed(tables)} is still filled by {listed(readers)} from {plan.event} {plan.old_version}",
                (_leaving(after, plan.old_version, readers),),
            )
        case Retire(version):
            for reason, cure in still_used(plan, after, version):
                yield Misplaced(f"{step}: {reason}", (cure,))
        case SyncOn() if not after.served and plan.call is not None:
            yield Misplaced(
                f"{step} calls {plan.call.call}, which is not served yet",
                (Missing(Release(serves=True), (plan.call.call.service,)),),
            )
        case Backfill("emit") if plan.new_version is None:
            yield Misplaced(f"{step} emits a new version, and the plan has none", (Edit(f"leave out step {step.id}"),))
        case Release():
            yield from _release_too_early(plan, before, step, step.action)


def _release_too_early(plan: Plan, before: Model, step: Step, action: Release) -> _Found:
    actors = frozenset(step.actors)
    acting = sorted(actors & before.shadow) if action.mode == "live" else []
    if acting and plan.new_version is not None and not before.emitters(plan.new_version):
        yield Misplaced(
            f"{step} lets {listed(acting)} act on {plan.event} {plan.new_version}, which nobody emits yet",
            (Missing(SwitchOn(plan.new_version), plan.emitters),),
        )
    calling = sorted(actors & before.called) if action.calls is False else []
    if calling:
        yield Misplaced(
            f"{step} takes the call out of the code of {listed(calling)}, where it is still on",
            (Missing(SyncOff("one-key" if plan.criticality == "money" else None), tuple(calling)),),
        )
    leaving = actors if action.calls is False else frozenset[str]()
    users = sorted((before.called | before.coded) - leaving)
    if action.serves is False and plan.call is not None and plan.call.call.service in actors and users:
        yield Misplaced(
            f"{step} ends {plan.call.call}, which is still in the code of {listed(users)}",
            (Missing(Release(calls=False), tuple(users)),),
        )


def _event_ends_before_call(plan: Plan, step: Step, after: Model) -> _Found:
    """The other way round of S5: the event stops, or a consumer leaves it, before its readers call."""
    waiting = [name for name in plan.callers if name not in after.called or not after.served]
    version = plan.old_version
    if version is None or not waiting:
        return
    stopped = [name for name in plan.emitters if (name, version) not in after.emits]
    gone = [name for name in plan.readers if (name, version) not in after.reads]
    if stopped or gone:
        ends = f"emitted by {listed(stopped)}" if stopped else f"read by {listed(gone)}"
        yield Misplaced(
            f"after step {step.id} {plan.event} {version} is no longer {ends}, "
            f"and the call is not on for {listed(waiting)}",
            (Missing(SyncOn(), tuple(waiting)),),
        )


def still_used(plan: Plan, model: Model, version: int) -> Iterator[tuple[str, Missing]]:
    """Who emits or lists a version, and whether its records may be unread; each with the step that would end it."""
    event = f"{plan.event} {version}"
    if producers := sorted({name for name, each in model.lists | model.emits if each == version}):
        yield f"{event} is still emitted or listed by {listed(producers)}", Missing(Stop(version), tuple(producers))
    if version in model.unread:
        yield f"{event} is not drained", Missing(Drain(version))
    if readers := _readers(plan, model, version):
        yield f"{event} is still listed by {listed(readers)}", _leaving(model, version, readers)


def paths_of_money(plan: Plan, model: Model) -> tuple[list[str], list[str]]:
    """The callers whose facts take effect twice (by call and by event), and those whose facts take none."""
    version = plan.new_version if plan.new_version is not None else plan.old_version
    live = all((name, version) in model.reads and name not in model.shadow for name in plan.readers)
    twice, never = [], []
    for caller in plan.callers:
        by_call = model.served and caller in model.called
        emitted = (caller, version) in model.emits if caller in plan.emitters else bool(model.emitters(version or 0))
        if by_call and live and emitted:
            twice.append(caller)
        if not by_call and not (live and emitted):
            never.append(caller)
    return twice, never


def _readers(plan: Plan, model: Model, version: int | None) -> list[str]:
    return [name for name in plan.readers if (name, version) in model.reads]


def _leaving(model: Model, version: int | None, readers: list[str]) -> Missing:
    """The release after which these consumers no longer read the version."""
    rest = frozenset.union(*(model.versions_read(name) for name in readers)) - {version}
    return Missing(Release(consumes=tuple(sorted(rest))), tuple(readers))


def listed(names: Sequence[object]) -> str:
    """`a, b and c`."""
    words = [str(name) for name in names]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
