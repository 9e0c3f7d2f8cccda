"""No evidence is never a yes: whatever a step asks for is taken away, one fact at a time.

A fact is replaced by `Unknown`, by nothing, by less, by what is too old or from the future. Each check that asks for
that fact, and passed, must not pass any more; nothing that stood in the way may be out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gating
from gating import NOW, World, at, every_part, in_environments, in_the_way, plan_of, step_of
from schemagate.facts import (
    Attestation,
    BrokerFacts,
    Group,
    NotRegistered,
    Registered,
    SubjectState,
    Unknown,
)
from schemagate.rollout import asked
from schemagate.rollout.asked import Part
from schemagate.rollout.decide import decide
from schemagate.rollout.decision import Answer, Decision
from schemagate.rollout.deployed import Running
from schemagate.rollout.plan import Plan, Register, Release, Retire, Step, Stop, SwitchOn
from schemagate.rollout.probes import Attest, ManifestList, Probe
from schemagate.rollout.progress import Progress, behind
from schemagate.rollout.seen import Seen
from schemagate.rollout.simulate import simulate
from schemagate.schema.event import Catalog
from test_simulation import loosened, plans

LOST = Unknown("the answer was lost", "look for it")
YES = (Answer.PASS, Answer.ATTESTED)

BY_PROBE = {
    "backfill": {"DE8"},
    "parity": {"SW2", "ST3"},
    "effects": {"SW1"},
    "complete": {"SW6"},
    "latency": {"SW3"},
    "call_usage": {"DE9"},
    "endpoint_ready": {"CA1"},
    "equality": {"CA3"},
    "tables_unread": {"CA4"},
}
BY_TEST = {"samples": {"CO2"}, "duplicate": {"CO8"}, "replay": {"SW4"}, "endpoint": {"CA1"}}
LOOKED_AT = {"BA3", "PR2", "CO3", "CO5", "CO6", "CA5", "DE2"}
OF_CONSUMERS = {"CO1", "CO2", "CO3", "CO8", "SW1", "SW4", "SW6"}
"""They ask for the deployment record of each consumer whom they are about."""


@dataclass(frozen=True, repr=False)
class Damage:
    """What was taken away, the checks that ask for it, and what is seen then."""

    what: str
    checks: frozenset[str]
    seen: Seen

    def __repr__(self) -> str:
        return self.what


class Asked:
    """A part of a step where something was seen."""

    def __init__(self, seen: Seen, step: Step, part: Part) -> None:
        self.seen, self.step, self.part = seen, step, part

    def __repr__(self) -> str:
        return f"{self.part} of {self.step} in {self.plan.id}: {[(x.id, x.action) for x in self.plan.steps]}"

    @property
    def plan(self) -> Plan:
        return self.seen.plan

    def decided(self, seen: Seen | None = None) -> Decision:
        return decide(self.step, self.part, seen or self.seen)


Found = Iterator[tuple[str, Iterable[str], Seen]]


def registry(case: Asked) -> Found:
    seen, plan, action = case.seen, case.plan, case.step.action
    coming = action.version if isinstance(action, Register | SwitchOn) else plan.new_version
    going = action.version if isinstance(action, Retire | Stop) else plan.old_version
    for name, state in seen.outside.subjects.items():
        number = gating.subjects(plan)[name]
        silent = {"RG3", "PR1"} if number == coming else set()
        there = {"PR1"} if number == coming else set()
        if number == going:
            silent, there = silent | {"CL2"}, there | ({"CL2"} if action == Retire(number) else set())
        for what, checks, found in (
            ("lost", silent, LOST),
            ("absent", silent, None),
            ("empty", there, replace(state, lookup=NotRegistered(), versions=())),
            ("partial", silent & {"PR1", "CL2"}, replace(state, lookup=Registered(9, 9))),
        ):
            others = {key: each for key, each in seen.outside.subjects.items() if key != name}
            subjects: dict[str, SubjectState | Unknown] = {**others, **({name: found} if found else {})}
            yield f"{name} {what}", checks, replace(seen, outside=replace(seen.outside, subjects=subjects))
        for what, known in (("lost", {name: LOST}), ("absent", {})):
            checks = {"DE5"} if number == going else set()
            refers = {**{key: each for key, each in seen.outside.referring.items() if key != name}, **known}
            yield f"refers {name} {what}", checks, replace(seen, outside=replace(seen.outside, referring=refers))


def merged(case: Asked) -> Found:
    seen, catalog = case.seen, case.seen.merged.catalog
    yield "breaks lost", {"RG1"}, replace(seen, merged=replace(seen.merged, breaks=LOST))
    if case.plan.expected_breaks:
        yield "breaks empty", {"RG1"}, replace(seen, merged=replace(seen.merged, breaks=()))
        part = case.plan.expected_breaks[1:]
        yield "breaks partial", {"RG1"}, replace(seen, merged=replace(seen.merged, breaks=part))
    yield "levels", {"RG3"}, replace(seen, merged=replace(seen.merged, levels={}))
    empty = Catalog({}, catalog.services, catalog.settings)
    checks = {"RG1", "RG2", "RG3", "PR1", "CO1", "DE5", "CL2"}
    yield "schemas", checks, replace(seen, merged=replace(seen.merged, catalog=empty))
    for actor in case.step.actors:
        rest = {name: each for name, each in catalog.services.items() if name != actor}
        manifest = {"probe"} if any(isinstance(x.source, ManifestList) for x in own_probes(case)) else set()
        found = Catalog(catalog.versions, rest, catalog.settings)
        yield f"manifest of {actor}", {"GU6"} | manifest, replace(seen, merged=replace(seen.merged, catalog=found))


def own_probes(case: Asked) -> tuple[Probe, ...]:
    return asked.probes(case.step, case.part)


def progress(case: Asked) -> Found:
    seen, known = case.seen, case.seen.records.progress
    assert isinstance(known, Progress)

    def with_(found: Progress | Unknown) -> Seen:
        return replace(seen, records=replace(seen.records, progress=found))

    opened = {"RL1"} if case.part is Part.EVIDENCE else set()
    needs = {"BA1"} if case.step.needs else set()
    yield "lost", {"BA1", "DE3", "RL1"}, with_(LOST)
    yield "empty", needs | opened | {"DE3"}, with_(Progress())
    for need in case.step.needs:
        without = Progress(tuple(each for each in known.advances if each.step != need))
        yield f"without {need}", {"BA1"}, with_(without)
    for step in behind(case.step, case.plan):
        stale = (replace(x, step_hash="sha256:0") if x.step == step.id else x for x in known.advances)
        yield f"edited {step.id}", {"BA1"}, with_(Progress(tuple(stale)))
    future = tuple(replace(each, at=NOW + timedelta(days=1)) for each in known.advances)
    yield "future", {"DE3"} | opened, with_(Progress(future))
    for what, earlier in (("lost", LOST), ("absent", None), ("empty", Progress())):
        yield f"earlier {what}", {"BA2"}, replace(seen, records=replace(seen.records, earlier=earlier))


def statements(case: Asked) -> Found:
    seen = case.seen
    teams = dict(seen.records.attestations)

    def with_(found: object) -> Seen:
        return replace(seen, records=replace(seen.records, attestations=found))

    yield "lost", checks_stated(case, None), with_(LOST)
    yield "empty", checks_stated(case, None), with_({})
    for team, said in teams.items():
        mine = checks_stated(case, team)
        yield f"{team} lost", mine, with_({**teams, team: LOST})
        yield f"{team} empty", mine, with_({**teams, team: ()})
        for what, delta in (("stale", -timedelta(days=400)), ("future", timedelta(hours=1))):
            yield f"{team} {what}", mine, with_({**teams, team: tuple(replace(x, at=x.at + delta) for x in said)})
        expired = tuple(replace(x, expires=(NOW - timedelta(days=1)).date()) for x in said)
        yield f"{team} expired", mine, with_({**teams, team: expired})
        for each in said:
            left = tuple(other for other in said if other is not each)
            yield f"{team} without {each.statement}", checks_of(case, each), with_({**teams, team: left})


def checks_stated(case: Asked, team: str | None) -> set[str]:
    """The checks that a statement of this team (of any) answers."""
    said = [
        each for name, known in dict(case.seen.records.attestations).items() if team in (None, name) for each in known
    ]
    return {check for each in said for check in checks_of(case, each)}


def checks_of(case: Asked, said: Attestation) -> set[str]:
    if said.asked_by is not None:
        start = f"{case.plan.id} {case.step.id} "
        return {said.asked_by.removeprefix(start).split(" ")[0]} if said.asked_by.startswith(start) else set()
    wanted = (said.team, said.statement)
    sources = [each.source for each in own_probes(case)]
    return {"probe"} if wanted in [(x.by, x.statement) for x in sources if isinstance(x, Attest)] else set()


def records_of_tests(case: Asked) -> Found:
    seen = case.seen
    known = dict(seen.records.capabilities)

    def with_(found: object) -> Seen:
        return replace(seen, records=replace(seen.records, capabilities=found))

    yield "lost", {"CO2", "CO8", "SW4", "CA1"}, with_(LOST)
    yield "empty", {"CO2", "CO8", "SW4", "CA1"}, with_({})
    for service in sorted(known):
        checks = {check for test in BY_TEST for check in of_tests(case, service, test)}
        yield f"{service} lost", checks, with_({**known, service: LOST})
        future = tuple(replace(each, at=NOW + timedelta(hours=1)) for each in known[service])
        yield f"{service} future", checks, with_({**known, service: future})
        other = tuple(replace(each, commit="another") for each in known[service])
        yield f"{service} of another build", checks, with_({**known, service: other})
        for test in BY_TEST:
            left = tuple(each for each in known[service] if each.test != test)
            yield f"{service} {test} missing", of_tests(case, service, test), with_({**known, service: left})


def of_tests(case: Asked, service: str, test: str) -> set[str]:
    if test == "endpoint":
        return BY_TEST[test] if case.plan.call and case.plan.call.call.service == service else set()
    return BY_TEST[test] if service in released(case) else set()


def released(case: Asked) -> set[str]:
    """The consumers whom checks of builds are about."""
    mine = {each.service for each in case.plan.consumers if each.external is None}
    is_part = case.part is Part.EVIDENCE and isinstance(case.step.action, Release)
    return mine & set(case.step.actors) if is_part else mine


def approvals(case: Asked) -> Found:
    seen, known = case.seen, case.seen.merged.approvals
    week = timedelta(days=7)
    for what, found in (
        ("empty", ()),
        ("partial", known[1:]),
        ("stale", tuple(replace(each, at=each.at - week) for each in known)),
        ("future", tuple(replace(each, at=each.at + week) for each in known)),
        ("of one person", tuple(replace(each, approver="a") for each in known) if len(known) > 1 else ()),
    ):
        yield what, {"DE7"}, replace(seen, merged=replace(seen.merged, approvals=found))
    yield "of another plan", {"DE7"}, replace(seen, merged=replace(seen.merged, plan_hash="sha256:0"))


def deployments(case: Asked) -> Found:
    seen, known = case.seen, dict(case.seen.place.recorded)

    def with_(found: object) -> Seen:
        return replace(seen, place=replace(seen.place, recorded=found))

    everybody = {"CO1", "ST1", "DE1", "RL1"} if released(case) else {"ST1", "DE1", "RL1"}
    yield "lost", everybody, with_(LOST)
    yield "empty", everybody, with_({})
    for service in sorted(case.plan.parties | set(case.step.actors)):
        running = known[service]
        assert isinstance(running, Running)
        checks = of_records(case, service)
        yield f"{service} lost", checks, with_({**known, service: LOST})
        yield f"{service} absent", checks, with_({name: x for name, x in known.items() if name != service})
        one, *others = running.instances
        unread = (replace(one, manifest=LOST), *others)
        yield f"{service} partly unread", checks, with_({**known, service: replace(running, instances=unread)})
        old = replace(one, deployment=replace(one.deployment, at=NOW - timedelta(days=30)))
        ahead = replace(one, deployment=replace(one.deployment, at=NOW + timedelta(days=1)))
        for what, made in (("stale", old), ("future", ahead)):
            found = replace(running, instances=(made, *others))
            mine = {"RL1"} if service in case.step.actors else set()
            yield f"{service} {what}", mine, with_({**known, service: found})


def of_records(case: Asked, service: str) -> set[str]:
    """The checks that ask what runs of a service."""
    found = {"ST1" if service in case.plan.parties else "", "RL1" if service in case.step.actors else ""}
    if service in (case.plan.parties if case.part is Part.GATE else case.step.actors):
        found.add("DE1")
    if service in released(case):
        found |= OF_CONSUMERS if case.seen.can_observe else OF_CONSUMERS - {"CO3"}
    if case.plan.call is not None and case.plan.call.call.service == service:
        found.add("CA1")
    if service in case.plan.callers and (case.part is Part.GATE or service in case.step.actors):
        found.add("CA4")
    if case.part is Part.EVIDENCE and isinstance(case.step.action, Release) and service in case.plan.parties:
        found.add("DE9")
    return found


def builds(case: Asked) -> Found:
    known = case.seen.candidates
    for actor in case.step.actors:
        others = {name: each for name, each in known.items() if name != actor}
        yield f"{actor} absent", {"PR3"}, replace(case.seen, candidates=others)
        lost = {**known, actor: replace(known[actor], manifest=LOST)}
        yield f"{actor} lost", {"PR3", "GU6", "CA2"}, replace(case.seen, candidates=lost)


def probes(case: Asked) -> Found:
    seen, known = case.seen, case.seen.outside.measured
    for probe, value in known.items():
        checks = {"probe"} if probe in own_probes(case) else set()
        checks |= {c for name, of in BY_PROBE.items() if case.plan.probes.get(name) == probe for c in of}
        checks |= {"CL3"} if probe == gating.tables_of(case.plan, case.step) else set()
        if isinstance(probe.source, Attest | ManifestList):
            checks = set()  # they are not measured
        damaged = {
            "lost": LOST,
            "absent": None,
            "stale": replace(value, at=NOW - timedelta(hours=1)),
            "future": replace(value, at=NOW + timedelta(hours=1)),
            "no number": replace(value, value=float("nan")),
        }
        if probe.traffic is not None:
            damaged |= {"no traffic": replace(value, traffic=None), "too little": replace(value, traffic=0)}
        for what, found in damaged.items():
            if what == "no number" and "CL3" in checks:
                continue
            others = {each: x for each, x in known.items() if each != probe}
            measured = {**others, **({probe: found} if found is not None else {})}
            label = f"{probe.name or probe.source} {what}"
            yield label, checks, replace(seen, outside=replace(seen.outside, measured=measured))


def brokers(case: Asked) -> Found:
    seen = case.seen
    if not seen.can_observe:
        return
    facts = seen.outside.brokers["prod"]
    assert isinstance(facts, BrokerFacts)

    def with_(found: object) -> Seen:
        return replace(seen, outside=replace(seen.outside, brokers=found))

    def one(**changes: object) -> Seen:
        return with_({"prod": replace(facts, **changes)})

    yield "absent", LOOKED_AT, with_({})
    yield "lost", LOOKED_AT, with_({"prod": LOST})
    yield "partial", LOOKED_AT, replace(seen, clusters=("prod", "prod-2"))
    yield "stale", LOOKED_AT, one(at=NOW - timedelta(hours=1))
    yield "future", LOOKED_AT, one(at=NOW + timedelta(hours=1))
    for sees in (False, None):
        yield f"sees {sees}", {"BA3", "CO5", "CA5", "DE2"}, one(sees_all=sees)
    yield "no topics", {"PR2", "CO6"}, one(topics={})
    yield "topics gone", {"PR2", "CO6"}, one(topics=dict.fromkeys(facts.topics))
    bare = {name: replace(each, partitions=0) if each else None for name, each in facts.topics.items()}
    yield "no partitions", {"PR2", "CO6"}, one(topics=bare)
    yield "no groups", LOOKED_AT - {"BA3", "PR2"}, one(groups={})
    for name, group in facts.groups.items():
        yield from of_group(case, facts, name, group)


def of_group(case: Asked, facts: BrokerFacts, name: str, group: Group) -> Found:
    services = {each.service for each in case.plan.consumers if name in each.groups}
    mine = {"CO3", "CO6"} if services & released(case) and group.members else set()
    others = {each: x for each, x in facts.groups.items() if each != name}

    def with_(found: Group | None) -> Seen:
        groups = {**others, **({name: found} if found else {})}
        return replace(case.seen, outside=replace(case.seen.outside, brokers={"prod": replace(facts, groups=groups)}))

    world = {"CO5", "CA5"} if services and group.members else set()
    yield f"{name} absent", mine | world, with_(None)
    yield f"{name} without members", mine, with_(replace(group, members=()))
    yield f"{name} with one member less", mine & {"CO6"}, with_(replace(group, members=group.members[1:]))
    yield f"{name} without commits", set(), with_(replace(group, committed={}))
    rebalancing = {"DE2"} if group.members else set()
    yield f"{name} unsettled", (mine & {"CO6"}) | rebalancing, with_(replace(group, state="PreparingRebalance"))
    unnamed = tuple(replace(each, client_id="rdkafka") for each in group.members)
    yield f"{name} unnamed", mine & {"CO3"}, with_(replace(group, members=unnamed))
    idle = tuple(replace(each, assignment=frozenset()) for each in group.members)
    yield f"{name} idle", mine & {"CO6"}, with_(replace(group, members=idle))


SOURCES = (
    registry,
    merged,
    progress,
    statements,
    records_of_tests,
    approvals,
    deployments,
    builds,
    probes,
    brokers,
)


def damages(case: Asked, sources: Iterable[Callable[[Asked], Found]] = SOURCES) -> Iterator[Damage]:
    """Everything that can be taken away, one thing at a time."""
    for source in sources:
        for what, checks, seen in source(case):
            yield Damage(f"{source.__name__}: {what}", frozenset(checks), seen)


def answers(decision: Decision) -> dict[str, set[Answer]]:
    found: dict[str, set[Answer]] = {}
    for check in decision.checks:
        found.setdefault(check.id, set()).add(check.answer)
    return found


def judge(case: Asked, before: Decision, damage: Damage) -> set[str]:
    """The checks that passed and ask for what was taken away; each must have noticed."""
    known, stood = answers(before), {check.id for check in in_the_way(before)}
    concerned = {id_ for id_ in damage.checks if id_ in known and known[id_] & set(YES) and id_ not in stood}
    if not concerned and crc32(damage.what.encode()) % 4:
        return concerned  # that nothing better comes of what nobody asks for is tried now and then
    after = case.decided(damage.seen)
    now = answers(after)
    assert stood <= {check.id for check in in_the_way(after)}, damage.what
    if before.answer is not Answer.PASS:
        assert after.answer is not Answer.PASS, damage.what
    for id_ in concerned:
        assert now[id_] - set(YES) - {Answer.NOT_APPLICABLE}, f"{damage.what}: {id_} still says {now[id_]}"
    if concerned:
        assert after.answer is not Answer.PASS, damage.what
    return concerned


def unguarded(case: Asked, sources: Iterable[Callable[[Asked], Found]], yes: Iterable[Answer]) -> set[str]:
    """The checks that pass and ask for nothing of what was taken away."""
    before = case.decided()
    noticed: set[str] = set()
    for damage in damages(case, sources):
        noticed |= judge(case, before, damage)
    return {check for check, found in answers(before).items() if found & set(yes)} - noticed


@pytest.mark.parametrize(("id_", "step", "part"), every_part())
def test_no_check_passes_without_what_it_asks_for(id_: str, step: str, part: Part) -> None:
    case = Asked(gating.fine(id_, step, part), step_of(plan_of(id_)[0], step), part)
    assert not unguarded(case, SOURCES, YES)


@pytest.mark.parametrize(("id_", "step", "part"), every_part())
def test_nothing_is_attested_without_the_statement(id_: str, step: str, part: Part) -> None:
    case = Asked(gating.fine(id_, step, part, observed=False), step_of(plan_of(id_)[0], step), part)
    assert not unguarded(case, [statements], [Answer.ATTESTED])


@st.composite
def asked_somewhere(draw: st.DrawFn) -> Asked:
    """A part of a step of a plan that was made from the repository's, as if all steps listed before it were done."""
    made, around = draw(plans() | loosened())
    plan = in_environments(made)
    if not plan.steps:
        plan, around = plan_of("us-170-manager-v2")
    step = draw(st.sampled_from(plan.steps))
    part = draw(st.sampled_from(list(Part)))
    world: World = at(plan, around, step, part)
    mistakes = tuple(each.message for each in simulate(plan, around).refused)
    seen = gating.seen(world, step, part, observed=draw(st.booleans()), mistakes=mistakes)
    return Asked(seen, step, part)


@given(asked_somewhere(), st.data())
def test_no_check_of_any_plan_passes_without_what_it_asks_for(case: Asked, data: st.DataObject) -> None:
    before = case.decided()
    every = list(damages(case))
    for number in data.draw(st.lists(st.integers(0, len(every) - 1), min_size=1, max_size=12, unique=True)):
        judge(case, before, every[number])
