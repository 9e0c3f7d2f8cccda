"""A world in which everything is fine for a step of a plan, as gates see it; tests then take one thing away.

It is made from the model of `rollout.model`: what is deployed follows from the steps that are done, and records,
registry, probes, statements and brokers say what they would say then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from migrating import PLANS, lint, own_project
from schemagate.ask.migration import surroundings
from schemagate.facts import (
    Approval,
    Attestation,
    BrokerFacts,
    Capability,
    Deployment,
    Deployments,
    Group,
    Measured,
    Member,
    NotRegistered,
    Registered,
    SubjectState,
    Topic,
)
from schemagate.rollout import asked
from schemagate.rollout.asked import BROKER, Part, tables_of
from schemagate.rollout.changes import irreversible
from schemagate.rollout.decide import decide
from schemagate.rollout.decision import Answer, Check, Decision
from schemagate.rollout.deployed import Instance, Running
from schemagate.rollout.gate import Place
from schemagate.rollout.model import Model, Surroundings, after, start
from schemagate.rollout.plan import Backfill, DeleteTopic, Drain, EventSide, Plan, PlanConsumer, Release, Step
from schemagate.rollout.probes import Attest, Probe, Prometheus
from schemagate.rollout.progress import Advance, Progress, step_hash
from schemagate.rollout.seen import Build, Merged, Outside, Records, Seen
from schemagate.schema.event import Call, Catalog, Endpoint, Level, Served, Service, VersionId

NOW = datetime(2026, 11, 23, 22, 10, tzinfo=UTC)
ENVIRONMENTS = ("staging", "production")
PLAN_HASH = "sha256:" + "5b" * 32
PARTITIONS = 2
INSTANCES = ("eu", "us")

SCANS = frozenset({"CO7", "ST2", "SW5", "DE4", "DE6", "CL1", "CL4"} | {f"DR{number}" for number in range(1, 11)})
"""Checks that have to scan or watch records, which this version does not do: unknown wherever a broker is observed."""


@cache
def plan_of(id_: str) -> tuple[Plan, Surroundings]:
    """One of the repository's plans, for two environments, and what git knows beside it."""
    found = lint(PLANS[id_], id_)
    assert found.plan is not None
    return in_environments(found.plan), surroundings(found.plan, own_project().catalog)


def in_environments(plan: Plan) -> Plan:
    """The plan in staging, then in production, where approvals are asked for; each consumer with a group of its own."""
    names = [name for each in plan.consumers for name in each.groups]
    consumers = tuple(
        replace(each, groups=(f"{each.service}.{plan.event}",)) if len(set(names)) < len(names) else each
        for each in plan.consumers
    )
    approvals = replace(plan.approvals, environments=("production",))
    return replace(plan, environments=ENVIRONMENTS, approvals=approvals, consumers=consumers)


def step_of(plan: Plan, id_: str) -> Step:
    """The step, which is there."""
    step = plan.step(id_)
    assert step is not None, id_
    return step


@dataclass(frozen=True)
class World:
    """Where a migration is: the world of the model, the advances so far, and the step that is asked about."""

    plan: Plan
    around: Surroundings
    model: Model
    progress: Progress
    earlier: Progress


def at(plan: Plan, around: Surroundings, step: Step, part: Part) -> World:
    """All steps listed before this one are done, in both environments; for its evidence it is open and its work done.

    In the earlier environment the step is done, too.
    """
    before = plan.steps[: plan.steps.index(step)]
    model, advances = start(plan, around), list[Advance]()
    for number, each in enumerate(before):
        model = after(model, each, plan)
        advances += advance(each, plan, len(advances), NOW - timedelta(days=60) + timedelta(hours=number))
    earlier = Progress((*advances, *advance(step, plan, len(advances), NOW - timedelta(days=3))))
    if part is Part.EVIDENCE:
        model = after(model, step, plan)
        if not isinstance(step.action, Drain):
            advances += advance(step, plan, len(advances), NOW - timedelta(hours=2))[:1]
    return World(plan, around, model, Progress(tuple(advances)), earlier)


def advance(step: Step, plan: Plan, number: int, when: datetime) -> list[Advance]:
    """A step is opened, and done half an hour later; a drain is done at once."""
    hash_ = step_hash(step, plan)
    if isinstance(step.action, Drain):
        return [Advance(step.id, hash_, "ready", "done", when, number + 1)]
    later = when + timedelta(minutes=30)
    return [
        Advance(step.id, hash_, "ready", "open", when, number + 1),
        Advance(step.id, hash_, "open", "done", later, number + 2),
    ]


def fine(id_: str, step: str, part: Part, *, observed: bool = True) -> Seen:
    """Everything is fine for this step of one of the repository's plans."""
    plan, around = plan_of(id_)
    found = step_of(plan, step)
    return seen(at(plan, around, found, part), found, part, observed=observed)


def seen(world: World, step: Step, part: Part, *, observed: bool = True, mistakes: tuple[str, ...] = ()) -> Seen:
    """What gates see there. Without `observed` the environment has no clusters, and every team states what it must."""
    plan, model = world.plan, world.model
    catalog = own_project().catalog
    next_model = model if part is Part.EVIDENCE else after(model, step, plan)
    names = sorted({*catalog.services, *plan.parties, *(actor for each in plan.steps for actor in each.actors)})
    merged = {name: shaped(name, plan, _merged(plan, step, next_model, name)) for name in names}
    recorded = {name: running(shaped(name, plan, model)) for name in names}
    place = Place("production", "recorded", "origin/main 1234567", recorded)
    versions = [version.id for version in catalog.of_event(plan.event)]
    return Seen(
        Merged(
            plan,
            PLAN_HASH,
            Catalog(catalog.versions, merged, catalog.settings),
            mistakes,
            breaks=plan.expected_breaks,
            approvals=tuple(approvals(plan, step)),
            levels=dict.fromkeys(versions, Level.FORWARD_TRANSITIVE),
        ),
        place,
        NOW,
        Records(
            world.progress,
            world.earlier,
            {name: tuple(capabilities(name, plan)) for name in names},
            by_team([*statements(plan), *(() if observed else stated(plan, step, part, merged))]),
        ),
        Outside(
            {each: subject(each, number in model.registered) for each, number in subjects(plan).items()},
            dict.fromkeys(subjects(plan), ()),
            {probe: measured(probe) for probe in probes(plan)},
            {"prod": broker(plan, model)} if observed else {},
        ),
        "staging",
        observed,
        {
            actor: Build(f"{actor}@next", shaped(actor, plan, next_model), f"services/{actor}.toml at 89abcde")
            for actor in step.actors
        },
    )


def _merged(plan: Plan, step: Step, next_model: Model, service: str) -> Model:
    """What is merged for a service is what its next release brings: code is merged before it is released."""
    model, here = next_model, plan.steps.index(step)
    for each in plan.steps[here + 1 :] if isinstance(step.action, Release) is False else ():
        model = after(model, each, plan)
        if isinstance(each.action, Release) and service in each.actors:
            return model
    return next_model


def shaped(name: str, plan: Plan, model: Model) -> Service:
    """A service's manifest, with the lists for the plan's event and call that the model says."""
    known = own_project().catalog.services.get(name)
    service = known or Service(name, f"team-{name}", f"services/{name}.toml", client_id=f"{name}@{{version}}")
    service = replace(service, client=replace(service.client, auto_register_schemas=False))
    reads, lists = (
        tuple(sorted(number for other, number in pairs if other == name)) for pairs in (model.reads, model.lists)
    )
    if name in plan.readers:
        consumer = next(each for each in plan.consumers if each.service == name)
        service = replace(service, consumes=tuple(_consumes(service, plan, consumer, reads, name in model.shadow)))
    elif all(name != each.service for each in plan.consumers):  # the plan names every consumer
        service = replace(service, consumes=tuple(each for each in service.consumes if each.event != plan.event))
    if name in plan.emitters:
        others = [each for each in service.produces if each.event != plan.event]
        mine = [each for each in service.produces if each.event == plan.event][:1]
        now = (replace(each, versions=lists, delivery="outbox") for each in mine if lists)
        service = replace(service, produces=(*others, *now))
    return _with_call(service, plan, model)


def _consumes(service: Service, plan: Plan, consumer: PlanConsumer, reads: tuple[int, ...], shadow: bool) -> Iterable:
    mine = [each for each in service.consumes if each.event == plan.event]
    template = mine or own_project().catalog.services["hiring"].consumes[:1]
    yield from (each for each in service.consumes if each.event != plan.event)
    group = consumer.groups[0] if consumer.groups else f"{service.name}.{plan.event}"
    for each in template if reads else ():
        mode = "shadow" if shadow else "live"
        yield replace(each, event=plan.event, versions=reads, mode=mode, group=group)


def _with_call(service: Service, plan: Plan, model: Model) -> Service:
    if plan.call is None:
        return service
    endpoint = plan.call.call
    calls = tuple(each for each in service.calls if each.endpoint != endpoint)
    serves = tuple(each for each in service.serves if each.endpoint != endpoint)
    if service.name in model.coded:
        calls += (Call(endpoint, timeout=0.5, retries=2, idempotency_header="Idempotency-Key"),)
    if service.name == endpoint.service and model.served:
        serves += (Served(endpoint),)
    return replace(service, calls=calls, serves=serves)


def commit(service: str) -> str:
    """The build of a service that runs."""
    return hashlib.sha256(service.encode()).hexdigest()[:40]


def running(service: Service, *, when: datetime = NOW - timedelta(hours=1), build: str | None = None) -> Running:
    """Two instances of one build, deployed an hour ago."""
    made = build or commit(service.name)
    live = tuple(Deployment(service.name, name, made, when, f"manifest of {service.name}") for name in INSTANCES)
    return Running(Deployments(live, when, "sha256:" + "1d" * 32), tuple(Instance(each, service) for each in live))


def subjects(plan: Plan) -> dict[str, int]:
    """The plan's subjects, with their versions."""
    return {side.subject: side.version for side in (plan.old, plan.new) if isinstance(side, EventSide)} or {}


def subject(name: str, is_there: bool) -> SubjectState:
    """A subject as git wants it, or one that is not there yet."""
    if is_there:
        return SubjectState(name, "FORWARD_TRANSITIVE", True, "READWRITE", Registered(1, 11), (1,), 2)
    return SubjectState(name, "BACKWARD", False, "READWRITE", NotRegistered())


def probes(plan: Plan) -> list[Probe]:
    """Every probe that the plan names anywhere, and those that checks make."""
    found = [*plan.probes.values()]
    for step in plan.steps:
        found += [*step.gate, *step.evidence]
        if isinstance(step.action, Backfill) and step.action.probe is not None:
            found.append(step.action.probe)
        if (made := tables_of(plan, step)) is not None:
            found.append(made)
    return found


def measured(probe: Probe) -> Measured:
    """The value that the plan wants, with enough traffic, read a minute ago."""
    budget = probe.source.p99 if isinstance(probe.source, Prometheus) else None
    value = probe.must if probe.must is not None else budget if budget is not None else 0
    return Measured(value, NOW - timedelta(minutes=1), probe.traffic.at_least if probe.traffic else None)


def capabilities(service: str, plan: Plan) -> Iterable[Capability]:
    """Every test passed for the build that runs."""
    when, build = NOW - timedelta(days=1), commit(service)
    for test in ("samples", "replay", "duplicate"):
        for number in plan.versions:
            yield Capability(service, build, test, plan.event, number, None, None, True, when)
    if plan.call is not None and plan.call.call.service == service:
        yield Capability(service, build, "endpoint", None, None, str(plan.call.call), None, True, when)


def approvals(plan: Plan, step: Step) -> Iterable[Approval]:
    """As many people agreed yesterday as the plan asks for."""
    for number in range(plan.approvals.irreversible):
        team, name = plan.approvals.teams[number % len(plan.approvals.teams)], f"approver-{number}"
        yield Approval(
            plan.id, "production", step.id, name, team, PLAN_HASH, NOW - timedelta(days=1), f"approvals/{name}.toml"
        )


def statements(plan: Plan) -> Iterable[Attestation]:
    """Every statement that the plan's own probes ask for."""
    for probe in probes(plan):
        if isinstance(probe.source, Attest):
            yield statement(probe.source.by, probe.source.statement)


def statement(team: str, text: str, asked_by: str | None = None, *, holds: bool = True) -> Attestation:
    """Said by somebody of a team, a minute ago."""
    return Attestation("a.petrova", team, text, asked_by, holds, None, NOW - timedelta(minutes=1))


def stated(plan: Plan, step: Step, part: Part, services: dict[str, Service]) -> Iterable[Attestation]:
    """What each team has to state about what only a broker could show, each naming what asks."""
    for check in sorted(BROKER.intersection(asked.checks(plan, step, part))):
        for target, team in broker_targets(plan, step, part, check, services):
            yield statement(team, f"{check} holds", f"{plan.id} {step.id} {check} {target}")


def broker_targets(
    plan: Plan, step: Step, part: Part, check: str, services: dict[str, Service]
) -> list[tuple[str, str]]:
    """Whom a check of a broker is about, and which team answers for it."""
    old = plan.old.topic if isinstance(plan.old, EventSide) else None
    new = plan.new.topic if isinstance(plan.new, EventSide) else None
    if check in ("CO3", "CO6", "CO7", "ST2", "SW5", "DR5", "DR7", "DR8"):
        of_actors = part is Part.EVIDENCE and isinstance(step.action, Release) and check in ("CO3", "CO6")
        readers = [each for each in plan.consumers if not of_actors or each.service in step.actors]
        return [(group, services[each.service].owner) for each in readers for group in each.groups]
    ends = check.startswith(("DR", "DE", "CL", "CA"))
    topic = step.action.topic if isinstance(step.action, DeleteTopic) else (old or new if ends else new or old)
    assert topic is not None
    return [(topic, plan.owner if check in ("CO5", "CA5", "DR4") else "platform")]


def by_team(said: Iterable[Attestation]) -> dict[str, tuple[Attestation, ...]]:
    """As records hold them."""
    found: dict[str, list[Attestation]] = {}
    for each in dict.fromkeys(said):
        found.setdefault(each.team, []).append(each)
    return {team: tuple(each) for team, each in found.items()}


def broker(plan: Plan, model: Model) -> BrokerFacts:
    """One cluster: every consumer that reads the event is settled on all partitions, by two members."""
    topics = topics_of(plan)
    groups = {}
    for consumer in plan.consumers:
        versions = model.versions_read(consumer.service)
        mine = {name for name in (plan.topic_of(number) for number in versions) if name is not None}
        for name in consumer.groups:
            groups[name] = group(name, consumer.service, mine, topics)
    groups["other"] = Group("other", "Stable", (Member("other@1", frozenset({("elsewhere", 0)})),), {})
    there = {name: None if name in model.gone else topic(name) for name in topics}
    return BrokerFacts("prod", NOW - timedelta(minutes=1), True, there, groups)


def topics_of(plan: Plan) -> list[str]:
    """The topics that the plan is about."""
    found = [side.topic for side in (plan.old, plan.new) if isinstance(side, EventSide)]
    found += [step.action.topic for step in plan.steps if isinstance(step.action, DeleteTopic)]
    return list(dict.fromkeys(found))


def topic(name: str) -> Topic:
    """A topic of two partitions."""
    configs = {"retention.ms": "604800000", "min.insync.replicas": "2", "cleanup.policy": "delete"}
    return Topic(name, f"id-{name}", PARTITIONS, configs, dict.fromkeys(range(2), 0), dict.fromkeys(range(2), 9))


def group(name: str, service: str, reads: Collection[str], commits: Collection[str]) -> Group:
    """Two members of the recorded build, a partition each; one that reads nothing any more has commits only."""
    members = tuple(
        Member(f"{service}@{commit(service)}", frozenset((each, number) for each in reads))
        for number in (range(PARTITIONS) if reads else ())
    )
    ends = {each: dict.fromkeys(range(PARTITIONS), 9) for each in commits}
    return Group(name, "Stable" if reads else "Empty", members, ends)


def endpoint(plan: Plan) -> Endpoint:
    """The plan's call, which is there."""
    assert plan.call is not None
    return plan.call.call


def version_id(plan: Plan) -> VersionId:
    """The version that comes, else the one that goes."""
    return VersionId(plan.event, plan.new_version or plan.old_version or 0)


def decided(seen: Seen, step: str, part: Part) -> Decision:
    """The decision on a step of the plan that was seen."""
    return decide(step_of(seen.plan, step), part, seen)


def answer_of(decision: Decision, check: str) -> Answer | None:
    """The worst answer of a check over its targets; None where it was not asked."""
    found = [each.answer for each in decision.checks if each.id == check]
    order = (Answer.BLOCKED, Answer.UNKNOWN, Answer.PASS, Answer.ATTESTED, Answer.NOT_APPLICABLE)
    return next((each for each in order if each in found), None)


def in_the_way(decision: Decision) -> list[Check]:
    """What is not passed."""
    return [check for check in decision.checks if check.stands_in_the_way]


def every_part() -> list[tuple[str, str, Part]]:
    """Gate and evidence of every step of the repository's plans; a drain has no gate of its own."""
    found = []
    for id_ in PLANS:
        plan, _ = plan_of(id_)
        found += [(id_, step.id, part) for step in plan.steps for part in Part]
    return found


def is_final(plan: Plan, step: Step) -> bool:
    """Nobody can take it back."""
    return step.id in irreversible(plan)


def sequence(*items: Advance) -> Sequence[Advance]:
    """Advances in their order."""
    return items
