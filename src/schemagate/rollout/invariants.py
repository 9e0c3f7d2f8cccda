"""What must hold after every step of a plan? One function per rule, each a question about the world before and after.

The rules and their ids are those of the project's safety invariants: `schemagate explain S1`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from schemagate.findings import Rule
from schemagate.rollout import places
from schemagate.rollout.model import Model, Surroundings
from schemagate.rollout.places import Edit, Missing, listed
from schemagate.rollout.plan import (
    Backfill,
    CallSide,
    Drain,
    Plan,
    Register,
    Release,
    Retire,
    Step,
    Stop,
    SyncOff,
)

S1: Final = Rule("S1", "emitted-is-read", "every emitted version is consumed by every deployed consumer")
S2: Final = Rule("S2", "drained-before-dropped", "a consumer drops a version only when it is drained")
S3: Final = Rule("S3", "schema-outlives-records", "a schema is deleted only when no record with its id remains")
S4: Final = Rule(
    "S4", "topic-ends-last", "a topic is deleted only without producers, drained, and used by nothing else"
)
S5: Final = Rule("S5", "parity-before-off", "a call is removed only after parity")
S6: Final = Rule("S6", "one-effect", "one money fact causes exactly one ledger effect")
S7: Final = Rule("S7", "step-in-place", "every step stands on what it needs")
S8: Final = Rule("S8", "personal-data-purged", "dropped personal data is purged before its version is retired")
EV08: Final = "EV08"

RULES: Final = (S1, S2, S3, S4, S5, S6, S7, S8)

Cure: TypeAlias = Missing | Edit


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a step breaks: `what` is one sentence with services and versions, `cures` are what would mend it."""

    rule: str
    what: str
    cures: tuple[Cure, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of one order: what was done before it, and the world on both sides of it."""

    plan: Plan
    around: Surroundings
    done: tuple[Step, ...]
    before: Model
    step: Step
    after: Model


def breaches(moment: Moment) -> tuple[Breach, ...]:
    """What the step breaks, one entry per rule, in the order in which rules are told."""
    return tuple(breach for rule in _TOLD for breach in rule(moment))


def _out_of_place(moment: Moment) -> Iterator[Breach]:
    found = list(places.misplaced(moment.plan, moment.before, moment.step, moment.after))
    if found:
        what = "; ".join(each.what for each in found)
        yield Breach(S7.id, what, tuple(dict.fromkeys(cure for each in found for cure in each.cures)))


def _emitted_unread(moment: Moment) -> Iterator[Breach]:
    plan, after, step = moment.plan, moment.after, moment.step
    flows = {version for _, version in after.emits} | _emitted_once(moment)
    lacking = [(service, v) for v in sorted(flows) for service in plan.readers if (service, v) not in after.reads]
    if not lacking:
        return
    left = [(service, version) for service, version in lacking if (service, version) in moment.before.reads]
    if left:
        what = "; ".join(f"{step} leaves {name} without {plan.event} {v}, which is still emitted" for name, v in left)
        versions = dict.fromkeys(version for _, version in left)
        cures: list[Cure] = [Missing(Stop(version), tuple(after.emitters(version))) for version in versions]
        yield Breach(S1.id, what, tuple(cures))
        return
    numbers = sorted({version for _, version in lacking})
    what = f"{step} emits {plan.event} {listed(numbers)}"
    for service in dict.fromkeys(service for service, _ in lacking):
        what += f"; {service}, {_state_of(moment, service)}"
    yield Breach(S1.id, what, tuple(_readers_missing(moment, lacking)))


def _emitted_once(moment: Moment) -> set[int]:
    action, new = moment.step.action, moment.plan.new_version
    return {new} if isinstance(action, Backfill) and action.how == "emit" and new is not None else set()


def _state_of(moment: Moment, service: str) -> str:
    """`released last by step 10, consumes 1 and gets 2 only with step 17`."""
    has = moment.after.versions_read(service)
    released = [step for step in moment.done if isinstance(step.action, Release) and service in step.actors]
    by = f"released last by step {released[-1].id}" if released else "not released yet"
    new = moment.plan.new_version
    late = (
        step
        for step in moment.plan.steps
        if step not in moment.done
        and isinstance(step.action, Release)
        and service in step.actors
        and new in (step.action.consumes or ())
    )
    gets = next((f" and gets {new} only with step {step.id}" for step in late), "")
    return f"{by}, consumes {listed(sorted(has)) or 'nothing'}{gets}"


def _readers_missing(moment: Moment, lacking: list[tuple[str, int]]) -> Iterator[Missing]:
    """Releases that would make up for it; one for all consumers that then read the same."""
    wanted: dict[tuple[int, ...], list[str]] = {}
    for service in dict.fromkeys(service for service, _ in lacking):
        missing = {version for name, version in lacking if name == service}
        versions = tuple(sorted(moment.after.versions_read(service) | missing))
        wanted.setdefault(versions, []).append(service)
    for versions, services in wanted.items():
        yield Missing(Release(consumes=versions), tuple(services))


def _dropped_undrained(moment: Moment) -> Iterator[Breach]:
    after = moment.after
    dropped = sorted(pair for pair in after.left if pair[1] in after.unread)
    if not dropped:
        return
    what, cures = [], dict[Cure, None]()
    for service, version in dropped:
        emitters = after.emitters(version)
        why = f"is still emitted by {listed(emitters)}" if emitters else "is not drained since its stop"
        what.append(f"{service} no longer reads {moment.plan.event} {version}, which {why}")
        if emitters:
            cures[Missing(Stop(version), tuple(emitters))] = None
        cures[Missing(Drain(version))] = None
    yield Breach(S2.id, f"after step {moment.step.id} " + "; ".join(what), tuple(cures))


def _call_gone_without_parity(moment: Moment) -> Iterator[Breach]:
    plan, after = moment.plan, moment.after
    if not isinstance(plan.old, CallSide) or after.parity:
        return
    silent = [name for name in plan.callers if not after.served or name not in after.called]
    unproved = [name for name in silent if name not in after.asked_parity]
    if not unproved:
        return
    shadow = tuple(name for name in plan.readers if name in after.shadow)
    proof: Cure = Missing(Backfill("emit"), plan.emitters)
    if shadow and plan.semantics == "fact":
        proof = Missing(Release(mode="live"), shadow)
    what = (
        f"after step {moment.step.id} {plan.old.call} is off for {listed(unproved)}, and nothing has shown that "
        f"what it gives is held by {listed(plan.readers) or 'the consumers'}"
    )
    cures: tuple[Cure, ...] = (proof,)
    if isinstance(moment.step.action, SyncOff):
        cures += (Edit(f'or gate = ["parity"] in step {moment.step.id}, with a probe of that name'),)
    yield Breach(S5.id, what, cures)


def _money_paid_twice_or_never(moment: Moment) -> Iterator[Breach]:
    plan, step = moment.plan, moment.step
    if plan.criticality != "money" or plan.call is None:
        return
    twice, never = places.paths_of_money(plan, moment.after)
    what, cures = [], list[Cure]()
    keyless = [each.service for each in plan.consumers if each.external is None and not each.idempotency_key]
    if twice and keyless:
        what.append(
            f"a fact of {listed(twice)} takes effect by call and by event, and idempotency_key is missing for "
            f"{listed(keyless)}"
        )
        cures.append(Edit(f'idempotency_key = "payload.…" for {listed(keyless)} under consumers'))
    if twice and "effects" not in plan.probes:
        what.append(
            f"a fact of {listed(twice)} takes effect by call and by event, and no probe `effects` counts how often"
        )
        cures.append(Edit('[probes]  effects = { probe = "sql", … }'))
    if never:
        what.append(f"a fact of {listed(never)} takes effect neither by call nor by event")
        cures.append(Edit(f"first let the event act: switch it on, and release {listed(plan.readers)} live"))
    if isinstance(step.action, SyncOff) and step.action.cut_over is None:
        what.append("nothing says what keeps a fact from being paid on both sides of the cut-over")
        cures.append(Edit(f'cut_over = "one-key" in step {step.id} (or "marker")'))
    if what:
        yield Breach(S6.id, f"{step}: " + "; ".join(what), tuple(cures))


def _schema_deleted_too_early(moment: Moment) -> Iterator[Breach]:
    action, plan = moment.step.action, moment.plan
    if not isinstance(action, Retire) or action.registry == "keep" or plan.limits.require_purged:
        return
    topic = plan.topic_of(action.version)
    if topic not in moment.after.gone:
        what = (
            f"{moment.step} deletes the schema of {plan.event} {action.version} ({action.registry}), while topic "
            f"{topic} may still hold records with its id"
        )
        keep = Edit(f'registry = "keep" in step {moment.step.id}, or limits = {{ require_purged = true }}')
        yield Breach(S3.id, what, (keep,))


def _topic_gone_too_early(moment: Moment) -> Iterator[Breach]:
    plan, after = moment.plan, moment.after
    what, cures = [], dict[Cure, None]()
    for topic in sorted(after.gone):
        if others := moment.around.shared.get(topic, ()):
            what.append(f"it also carries {listed(others)}")
            cures[Edit(f"leave out step {moment.step.id}: the topic stays")] = None
        for version in (each for each in plan.versions if plan.topic_of(each) == topic):
            for reason, cure in places.still_used(plan, after, version):
                what.append(reason)
                cures[cure] = None
    if what:
        gone = f"after step {moment.step.id} topic {listed(sorted(after.gone))} is gone"
        yield Breach(S4.id, f"{gone}: " + "; ".join(what), tuple(cures))


def _personal_data_kept(moment: Moment) -> Iterator[Breach]:
    action, plan = moment.step.action, moment.plan
    if not isinstance(action, Retire) or action.version != plan.old_version or plan.limits.require_purged:
        return
    if dropped := moment.around.dropped:
        what = (
            f"{moment.step} calls {plan.event} {action.version} done, and records of it that are kept still hold "
            f"{listed(dropped)}"
        )
        yield Breach(S8.id, what, (Edit("limits = { require_purged = true }"),))


def _open_to_personal_data(moment: Moment) -> Iterator[Breach]:
    action, plan = moment.step.action, moment.plan
    if isinstance(action, Register) and action.version == plan.new_version and moment.around.accepted:
        names = listed(moment.around.accepted)
        what = f"{plan.event} {action.version} drops {names}, and yet accepts events that carry it"
        close = Edit(f"close the object in schemas/{plan.event}/v{action.version}: additionalProperties = false")
        yield Breach(EV08, what, (close,))


_TOLD: Final = (
    _out_of_place,
    _emitted_unread,
    _dropped_undrained,
    _call_gone_without_parity,
    _money_paid_twice_or_never,
    _schema_deleted_too_early,
    _topic_gone_too_early,
    _personal_data_kept,
    _open_to_personal_data,
)
