"""Does a plan fit the events, the manifests and the environments of its repository? The rules MG01 to MG18.

What a manifest says is asked in one place, `_consumption` and `_has_outbox`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from schemagate.project import migration_keys, toml
from schemagate.project.config import Config
from schemagate.project.migration_problems import PlanProblems
from schemagate.project.migrations import Reading
from schemagate.rollout.changes import Change, changes, irreversible
from schemagate.rollout.plan import (
    Backfill,
    CallSide,
    Drain,
    DropTable,
    EventSide,
    Plan,
    PlanConsumer,
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
from schemagate.schema.event import Catalog, Consumption, VersionId

EMISSION_IDS: Final = frozenset({"event_id", "eid", "metadata.eid", "metadata.event_id"})
"""Ids of one emission: a fact that is sent again, or in two versions, has another one each time."""


def check(reading: Reading, catalog: Catalog, config: Config) -> None:
    """Add every mistake of a plan that can be seen from the file, the catalog and the configuration."""
    plan, problems = reading.plan, reading.problems
    if plan is None:
        return
    _event(plan, catalog, problems)
    _state(plan, catalog, reading.probes, problems)
    _topology(plan, problems)
    _keys(plan, problems)
    _discriminator(plan, problems)
    _call(plan, problems)
    _services(plan, catalog, problems)
    _manifests(plan, catalog, problems)
    _environments(plan, config, problems)
    _statements(plan, problems)
    _probes(plan, reading.probes, problems)
    _limits(plan, problems)


def _event(plan: Plan, catalog: Catalog, problems: PlanProblems) -> None:
    events = {id_.event for id_ in catalog.versions} | set(catalog.settings)
    if plan.event not in events:
        problems.add("event", f"there is no event {plan.event!r}{toml.nearest(plan.event, events)}", "MG01")
        return
    for name, side in (("old", plan.old), ("new", plan.new)):
        if isinstance(side, EventSide) and VersionId(plan.event, side.version) not in catalog.versions:
            known = ", ".join(str(each.id) for each in catalog.of_event(plan.event)) or "none"
            problems.add(f"{name}.version", f"there is no {plan.event}@{side.version} in git; known: {known}", "MG01")
    if plan.old_version is not None and plan.old_version == plan.new_version:
        problems.add("new.version", "is the old version", "MG01")
    for number, step in enumerate(plan.steps):
        version = _version(step)
        if version is not None and version not in plan.versions:
            known = " and ".join(map(str, plan.versions)) or "none"
            problems.add(f"step[{number}].version", f"{version} is no version of this plan; it has {known}", "MG01")


def _version(step: Step) -> int | None:
    """The version that a step names by itself."""
    match step.action:
        case Register(version) | SwitchOn(version) | Stop(version) | Drain(version) | Retire(version):
            return version
        case _:
            return None


def _state(plan: Plan, catalog: Catalog, probes: Collection[str], problems: PlanProblems) -> None:
    settings = catalog.settings.get(plan.event)
    if settings is not None and settings.kind == "state" and plan.semantics == "fact":
        problems.add("semantics", f'schemagate.toml says kind = "state" of {plan.event}', "MG02")
    if plan.type is not PlanType.EVENT_VERSION or plan.semantics != "state":
        return
    if "backfill" not in probes:
        what = "backfill is missing: it shows that entities stored before the switch have what the new version brings"
        problems.add("probes", what, "MG02")
    if plan.topology == "new-topic" and not any(isinstance(step.action, Backfill) for step in plan.steps):
        what = "no step of kind backfill: entities published only on the old topic must also exist on the new one"
        problems.add("step", what, "MG02")


def _topology(plan: Plan, problems: PlanProblems) -> None:
    if plan.type is not PlanType.EVENT_VERSION:
        return
    for name, value in (("topology", plan.topology), ("rollout", plan.rollout)):
        if value is None:
            problems.add(name, "is missing: an event-version states it", "MG03")
    if not isinstance(plan.old, EventSide) or not isinstance(plan.new, EventSide):
        return
    same = plan.old.topic == plan.new.topic
    if plan.topology == "new-topic" and same:
        problems.add("topology", f"is new-topic, and both versions are on {plan.old.topic}", "MG03")
    if plan.topology == "same-topic" and not same:
        problems.add("topology", f"is same-topic, and the topics are {plan.old.topic} and {plan.new.topic}", "MG03")
    if plan.topology == "same-topic" and plan.fence == "acl":
        problems.add("fence", "acl closes the whole topic, which the new version shares; principal or observed", "MG03")


def _keys(plan: Plan, problems: PlanProblems) -> None:
    """What is sent twice (dual write, re-emission) is told apart from new facts by a key of the business."""
    emits_again = any(isinstance(step.action, Backfill) and step.action.how == "emit" for step in plan.steps)
    for number, consumer in enumerate(plan.consumers):
        path = f"consumers[{number}].idempotency_key"
        if consumer.external is not None:
            continue
        if plan.rollout == "dual-write" and not consumer.idempotency_key:
            problems.add(path, f"is missing: {consumer.service} gets every fact in both versions", "MG04")
        twice = plan.rollout == "dual-write" or plan.type is PlanType.SYNC_TO_EVENT or emits_again
        if twice and EMISSION_IDS.issuperset(consumer.idempotency_key) and consumer.idempotency_key:
            problems.add(path, "names one emission; a fact that is sent again has another id", "MG04")


def _discriminator(plan: Plan, problems: PlanProblems) -> None:
    if not isinstance(plan.old, EventSide):
        return
    looks = plan.discriminator.startswith(("header:", "json:"))
    if looks and not plan.old.match:
        problems.add("old.match", f"is missing: what {plan.discriminator} finds in a record of the old side", "MG05")
    if not isinstance(plan.new, EventSide):
        return
    common = {(type(each), each) for each in plan.old.match} & {(type(each), each) for each in plan.new.match}
    if looks and common:
        problems.add("new.match", f"{next(iter(common))[1]!r} is in old.match as well", "MG06")
    if plan.discriminator == "topic" and plan.old.topic == plan.new.topic:
        problems.add("discriminator", f"is the topic, and both versions are on {plan.old.topic}", "MG06")


def _call(plan: Plan, problems: PlanProblems) -> None:
    new = plan.new
    if isinstance(new, CallSide) and new.call.method != "GET" and not new.idempotency_header:
        problems.add(
            "new.call", f"is a {new.call.method} without idempotency_header: a retry would do it twice", "MG08"
        )


def _services(plan: Plan, catalog: Catalog, problems: PlanProblems) -> None:
    named = [(f"consumers[{number}].service", each.service) for number, each in enumerate(plan.consumers)]
    named += [(f"producers[{number}].service", each.service) for number, each in enumerate(plan.producers)]
    side = "old" if isinstance(plan.old, CallSide) else "callers"
    named += [(side, caller) for caller in plan.callers]
    if plan.call is not None:
        named.append((f"{'old' if plan.call is plan.old else 'new'}.call", plan.call.call.service))
    named += [(f"step[{number}].actor", actor) for number, step in enumerate(plan.steps) for actor in step.actors]
    for path, service in named:
        if service not in catalog.services:
            hint = toml.nearest(service, catalog.services)
            problems.add(path, f"{service} has no manifest services/{service}.toml{hint}", "MG10")
    _required_parties(plan, problems)


def _required_parties(plan: Plan, problems: PlanProblems) -> None:
    if not plan.producers:
        problems.add("producers", "is missing: who emits the event")
    if plan.call is not None and not plan.callers:
        path = "old.callers" if isinstance(plan.old, CallSide) else "callers"
        problems.add(path, f"is missing: who calls {plan.call.call}")
    if plan.call is None and plan.callers:
        problems.add("callers", f"belongs to a call, and {plan.type} has none", "MG07")


def _manifests(plan: Plan, catalog: Catalog, problems: PlanProblems) -> None:
    listed = {each.topic for each in plan.side_topics}
    for number, consumer in enumerate(plan.consumers):
        if consumer.service not in catalog.services:
            continue
        found = _consumptions(catalog, consumer.service, plan.event)
        _groups(plan, consumer, f"consumers[{number}].groups", found, problems)
        for topic in _side_topics(found):
            if topic not in listed:
                problems.add("side_topics", f"{topic} is missing, where {consumer.service} puts what fails", "MG13")
    for number, side in enumerate(plan.side_topics):
        if side.policy == "archived" and not side.archive:
            problems.add(f"side_topics[{number}].archive", f"is missing: where {side.topic} is kept", "MG14")
    for number, producer in enumerate(plan.producers):
        if producer.outbox is None and _has_outbox(catalog, producer.service, plan.event):
            what = f"is missing: services/{producer.service}.toml sends {plan.event} through an outbox"
            problems.add(f"producers[{number}].outbox", what, "MG09")


def _groups(
    plan: Plan, consumer: PlanConsumer, path: str, found: Collection[Consumption], problems: PlanProblems
) -> None:
    groups = {each.group for each in found if each.group is not None}
    has_left = not found and _leaves(plan, consumer.service)
    for group in consumer.groups:
        if group not in groups and not has_left:
            hint = toml.nearest(group, sorted(groups))
            what = f"{group} is no group of {plan.event} in services/{consumer.service}.toml{hint}"
            problems.add(path, what, "MG11")
    for group in sorted({*groups, *consumer.groups} & set(plan.retired_groups)):
        problems.add("retired_groups", f"{group} is a group of {consumer.service}", "MG12")


def _leaves(plan: Plan, service: str) -> bool:
    """Some step releases it without the event: from before that release on, its manifest may be without the group."""
    releases = [step.action for step in plan.steps if service in step.actors]
    return any(isinstance(release, Release) and release.consumes == () for release in releases)


def _consumptions(catalog: Catalog, service: str, event: str) -> tuple[Consumption, ...]:
    found = catalog.services.get(service)
    return tuple(each for each in found.consumes if each.event == event) if found is not None else ()


def _has_outbox(catalog: Catalog, service: str, event: str) -> bool:
    found = catalog.services.get(service)
    return found is not None and any(each.event == event and each.delivery == "outbox" for each in found.produces)


def _side_topics(consumptions: Collection[Consumption]) -> Iterator[str]:
    for each in consumptions:
        yield from each.retry.topics if each.retry is not None else ()
        if each.dlq is not None:
            yield each.dlq


def _environments(plan: Plan, config: Config, problems: PlanProblems) -> None:
    for path, names in (("environments", plan.environments), ("approvals.envs", plan.approvals.environments)):
        for number, name in enumerate(names):
            if name not in config.environments:
                hint = toml.nearest(name, config.environments)
                problems.add(f"{path}[{number}]", f"there is no environment {name!r}{hint}", "MG15")
    known = [config.environments[name].order for name in plan.environments if name in config.environments]
    if known != sorted(known) or len(set(plan.environments)) < len(plan.environments):
        problems.add("environments", "are not in the order of schemagate.toml", "MG15")


def _statements(plan: Plan, problems: PlanProblems) -> None:
    for number, text in enumerate(plan.expected_breaks):
        if not migration_keys.BREAK.fullmatch(text):
            what = "is not as schemagate diff prints it: backward TYPE #/path, or forward TYPE #/path"
            problems.add(f"expected_breaks[{number}]", what, "MG15")


def _probes(plan: Plan, probes: Collection[str], problems: PlanProblems) -> None:
    """Checks ask probes by name; those that checks of the plan's steps ask must be there."""
    found = changes(plan)
    missing: dict[str, Step] = {}
    for step in plan.steps:
        for name in _asked_by(plan, step, found[step.id]):
            if name not in probes:
                missing.setdefault(name, step)
    for name, step in missing.items():
        problems.add("probes", f"{name} is missing, and step {step} asks for it", "MG16")
    asked_by_check = plan.type is PlanType.EVENT_VERSION and plan.semantics == "state"
    for number, step in enumerate(plan.steps):
        if isinstance(step.action, Backfill) and step.action.probe is None and not asked_by_check:
            problems.add(f"step[{number}].probe", "is missing: what shows that nothing is missing", "MG16")


def _asked_by(plan: Plan, step: Step, change: Change) -> Iterator[str]:
    """The probes that the checks of a step's gate and evidence read; see `docs/migrations.md`, checks."""
    action, type_ = step.action, plan.type
    release = action if isinstance(action, Release) else Release()
    tables = ("tables_unread",) if isinstance(plan.old, EventSide) and plan.old.tables else ()
    emits = change.gains_emission and release.flag is None
    asked: tuple[tuple[bool, tuple[str, ...]], ...] = (
        (change.goes_live, ("effects", "parity", "latency", "complete")),
        (emits and type_ is PlanType.SYNC_TO_EVENT, ("effects",)),
        (change.loses_emission and plan.rollout == "dual-write", ("parity",)),
        (change.loses_emission and type_ is PlanType.EVENT_TO_SYNC, ("equality", *tables)),
        (release.serves is True, ("endpoint_ready",)),
        (release.calls is False, ("call_usage",)),
        (isinstance(action, SyncOn), ("endpoint_ready", "equality", *tables)),
        (isinstance(action, SyncOff), ("effects", "complete", "call_usage")),
        (isinstance(action, DropTable), tables),
    )
    for applies, names in asked:
        if applies:
            yield from names


def _limits(plan: Plan, problems: PlanProblems) -> None:
    if plan.fence == "observed" and plan.limits.quiet_period < 600:
        what = "is shorter than 10m, which a fence needs that only watches: producers keep records that long"
        problems.add("limits.quiet_period", what, "MG17")
    teams, wanted = len(set(plan.approvals.teams)), plan.approvals.irreversible
    if teams < wanted and irreversible(plan):
        what = f"names {teams} teams, and irreversible steps ask for {wanted} approvals"
        problems.add("approvals.from", what, "MG18")
