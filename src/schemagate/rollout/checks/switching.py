"""Do the old way and the new way come to the same, before one of them ends?"""

from __future__ import annotations

from collections.abc import Iterator

from schemagate.facts import Unknown
from schemagate.rollout.checks import probed, running
from schemagate.rollout.checks.builds import replayed
from schemagate.rollout.checks.question import Family, Looks, Question
from schemagate.rollout.decision import Answer, Check
from schemagate.rollout.plan import PlanType
from schemagate.schema.event import Consumption


def _parity(check: str) -> Looks:
    """SW2 and ST3: what both ways give is the same, by the plan's probe `parity`."""
    return lambda question: probed.named(question, check, _both_sides(question))


def _one_key(question: Question) -> Iterator[Check]:
    """SW1: both ways carry one key, and no key has more than one effect."""
    for consumer in question.plan.consumers:
        if consumer.external is None:
            yield _key(question, consumer.service, consumer.idempotency_key)
    yield from probed.named(question, "SW1", _consumers(question))


def _key(question: Question, service: str, planned: tuple[str, ...]) -> Check:
    owner, found = question.owner(service), running.of(question.seen, service)
    if not planned:
        what = "has no idempotency_key in the plan"
        step = f'add  idempotency_key = "payload.…"  to its entry in {question.plan.file}'
        return Check("SW1", service, Answer.BLOCKED, what, question.plan.file, step, owner)
    if isinstance(found, Unknown):
        return Check("SW1", service, Answer.UNKNOWN, found.reason, None, found.next_step, owner)
    for each in found:
        for consumption in _of_event(question, each.manifest.consumes):
            if consumption.idempotency is None:
                at = f"{each.manifest.file}:{consumption.line}"
                step = 'release it with  idempotency = { key = "…" }'
                return Check("SW1", service, Answer.BLOCKED, f"states no key, {each}", at, step, owner)
            if set(consumption.idempotency.key) != set(planned):
                at = f"{each.manifest.file}:{consumption.line}"
                keys = f"{', '.join(consumption.idempotency.key)} and the plan {', '.join(planned)}"
                step = "use one key for both ways"
                return Check("SW1", service, Answer.BLOCKED, f"tells by {keys}, {each}", at, step, owner)
    if not found:
        return Check("SW1", service, Answer.UNKNOWN, "runs nowhere", None, f"release {service}", owner)
    if not any(_of_event(question, each.manifest.consumes) for each in found):
        what = f"runs no build that reads {question.plan.event}"
        return Check("SW1", service, Answer.BLOCKED, what, None, f"release {service} as a consumer", owner)
    return Check("SW1", service, Answer.PASS, "tells by its key what comes twice", None, None, owner, str(found[0]))


def _latency(question: Question) -> Iterator[Check]:
    """SW3: effects come in time, by the plan's probe `latency`."""
    yield from probed.named(question, "SW3", _consumers(question))


def _complete(question: Question) -> Iterator[Check]:
    """SW6: the consumers that run act, and every fact that is old enough has its effect."""
    for service in (each.service for each in question.released if each.external is None):
        yield _acts(question, service)
    yield from probed.named(question, "SW6", _consumers(question))


def _acts(question: Question, service: str) -> Check:
    owner, found = question.owner(service), running.of(question.seen, service)
    if isinstance(found, Unknown):
        return Check("SW6", service, Answer.UNKNOWN, found.reason, None, found.next_step, owner)
    if not any(_of_event(question, each.manifest.consumes) for each in found):
        what = f"runs no build that reads {question.plan.event}"
        return Check("SW6", service, Answer.BLOCKED, what, None, f"release {service} as a consumer", owner)
    for each in found:
        shadow = [c for c in _of_event(question, each.manifest.consumes) if c.mode != "live"]
        if shadow:
            at, step = f"{each.manifest.file}:{shadow[0].line}", f'release {service} with  mode = "live"'
            return Check("SW6", service, Answer.BLOCKED, f"still reads in shadow, {each}", at, step, owner)
    return Check("SW6", service, Answer.PASS, f"is live, {found[0]}", None, None, owner)


def _of_event(question: Question, consumes: tuple[Consumption, ...]) -> list[Consumption]:
    return [each for each in consumes if each.event == question.plan.event]


def _backfilled(question: Question) -> Iterator[Check]:
    """DE8: consumers hold the whole state in the new form, by the plan's probe `backfill`."""
    plan = question.plan
    if plan.type is PlanType.EVENT_VERSION and plan.semantics == "state":
        yield from probed.named(question, "DE8", ", ".join(map(question.owner, plan.emitters)))
    else:
        what = "has nothing to fill: no new version of a state"
        yield Check("DE8", "backfill", Answer.NOT_APPLICABLE, what, owner=plan.owner)


def _both_sides(question: Question) -> str:
    parties = dict.fromkeys([*question.plan.emitters, *question.plan.callers, *question.plan.readers])
    return ", ".join(dict.fromkeys(map(question.owner, parties)))


def _consumers(question: Question) -> str:
    return ", ".join(dict.fromkeys(question.owner(each.service) for each in question.plan.consumers))


FAMILY: Family = {
    "SW1": _one_key,
    "SW2": _parity("SW2"),
    "SW3": _latency,
    "SW4": replayed,
    "SW6": _complete,
    "ST3": _parity("ST3"),
    "DE8": _backfilled,
}
