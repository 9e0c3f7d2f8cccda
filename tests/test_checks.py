"""Every check of gates: when it passes, is blocked, is unknown; and that all pass where everything is fine.

The table must have rows for every id of `checks.CHECKS`. What a single check got wrong once stands below it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

import gating
from gating import NOW, SCANS, answer_of, decided, every_part, fine, in_the_way, plan_of, step_of
from schemagate.facts import (
    Group,
    Incompatible,
    Measured,
    Member,
    NotAccepted,
    NotRegistered,
    Registered,
    SubjectState,
    Topic,
    Unknown,
)
from schemagate.findings import Finding, Severity
from schemagate.rollout import asked
from schemagate.rollout.asked import BROKER, Part
from schemagate.rollout.checks import CHECKS
from schemagate.rollout.decision import Answer
from schemagate.rollout.deployed import Running
from schemagate.rollout.plan import (
    DeleteTopic,
    External,
    Plan,
    PlanConsumer,
    Register,
    Release,
    Retire,
    Step,
    Stop,
    SyncOff,
)
from schemagate.rollout.probes import Exec, ManifestList, Probe
from schemagate.rollout.progress import Advance, Progress, step_hash
from schemagate.rollout.seen import Build, Seen
from schemagate.schema.event import Call, Catalog, Consumption, Service

GATE, EVIDENCE = Part.GATE, Part.EVIDENCE
PASS, BLOCKED, UNKNOWN = Answer.PASS, Answer.BLOCKED, Answer.UNKNOWN
C010, C040, C060 = "comm-010-manager-to-event", "comm-040-credit-to-event", "comm-060-task-rating-to-call"
U160, U170 = "us-160-assessment-v2", "us-170-manager-v2"
LOST = Unknown("the answer was lost", "look for it")

Change = Callable[[Seen], Seen]


# What can be changed in what was seen.


def merged(**changes: object) -> Change:
    return lambda seen: replace(seen, merged=replace(seen.merged, **changes))


def records(**changes: object) -> Change:
    return lambda seen: replace(seen, records=replace(seen.records, **changes))


def outside(**changes: object) -> Change:
    return lambda seen: replace(seen, outside=replace(seen.outside, **changes))


def both(*changes: Change) -> Change:
    def change(seen: Seen) -> Seen:
        for each in changes:
            seen = each(seen)
        return seen

    return change


def planned(change: Callable[[Plan], Plan]) -> Change:
    return lambda seen: merged(plan=change(seen.plan))(seen)


def without_probe(name: str) -> Change:
    return planned(lambda plan: replace(plan, probes={k: v for k, v in plan.probes.items() if k != name}))


def recorded(service: str, found: Running | Unknown | None) -> Change:
    """What the records of a service say; None: there are none."""

    def change(seen: Seen) -> Seen:
        known = {name: each for name, each in dict(seen.place.recorded).items() if name != service}
        known |= {service: found} if found is not None else {}
        return replace(seen, place=replace(seen.place, recorded=known))

    return change


def unseen(seen: Seen) -> Seen:
    """The records of what runs cannot be read."""
    return replace(seen, place=replace(seen.place, recorded=LOST))


def deployed(service: str, change: Callable[[Service], Service], **how: object) -> Change:
    """Another manifest runs."""

    def changed(seen: Seen) -> Seen:
        running = dict(seen.place.recorded)[service]
        return recorded(service, gating.running(change(running.instances[0].manifest), **how))(seen)

    return changed


def one_instance(service: str, change: Callable[[Service], Service], **how: object) -> Change:
    """Another manifest runs in one of two instances."""

    def changed(seen: Seen) -> Seen:
        before = dict(seen.place.recorded)[service]
        other = gating.running(change(before.instances[0].manifest), **how)
        return recorded(service, replace(before, instances=(before.instances[0], other.instances[1])))(seen)

    return changed


def undeployed(service: str) -> Change:
    return lambda seen: recorded(service, replace(dict(seen.place.recorded)[service], instances=()))(seen)


def in_git(service: str, change: Callable[[Service], Service] | None) -> Change:
    """Another manifest is merged; None: none is."""

    def changed(seen: Seen) -> Seen:
        catalog, known = seen.merged.catalog, dict(seen.merged.catalog.services)
        before = known.pop(service)
        known |= {service: change(before)} if change is not None else {}
        return merged(catalog=Catalog(catalog.versions, known, catalog.settings))(seen)

    return changed


def candidate(service: str, change: Callable[[Service], Service] | Unknown | None) -> Change:
    def changed(seen: Seen) -> Seen:
        known = dict(seen.candidates)
        before = known.pop(service)
        if isinstance(change, Unknown):
            known[service] = replace(before, manifest=change)
        elif change is not None:
            known[service] = Build(before.name, change(before.manifest), before.of)
        return replace(seen, candidates=known)

    return changed


def reads(event: str, *versions: int, **more: object) -> Callable[[Service], Service]:
    """A manifest that consumes exactly these versions of an event; with none, not the event."""

    def change(service: Service) -> Service:
        others = [each for each in service.consumes if each.event != event]
        mine = [each for each in service.consumes if each.event == event] or [Consumption(event, (1,), group="g")]
        now = (replace(mine[0], versions=versions, **more),) if versions else ()
        return replace(service, consumes=(*others, *now))

    return change


def read_so(event: str, **more: object) -> Callable[[Service], Service]:
    """The same versions, read otherwise."""
    return lambda service: replace(
        service, consumes=tuple(replace(each, **more) if each.event == event else each for each in service.consumes)
    )


def lists(event: str, *versions: int, **more: object) -> Callable[[Service], Service]:
    def change(service: Service) -> Service:
        others = [each for each in service.produces if each.event != event]
        mine = [each for each in service.produces if each.event == event]
        template = mine[0] if mine else gating.own_project().catalog.services["hiring"].produces[0]
        return replace(service, produces=(*others, replace(template, event=event, versions=versions, **more)))

    return change


def silent_about(event: str) -> Callable[[Service], Service]:
    return lambda service: replace(service, produces=tuple(x for x in service.produces if x.event != event))


def no_calls(service: Service) -> Service:
    return replace(service, calls=())


def no_serves(service: Service) -> Service:
    return replace(service, serves=())


def registry(change: Callable[[SubjectState], SubjectState | Unknown]) -> Change:
    """All subjects of the plan."""
    return lambda seen: outside(subjects={name: change(each) for name, each in seen.outside.subjects.items()})(seen)


def probe(name: str, change: Callable[[Measured], Measured | Unknown]) -> Change:
    def changed(seen: Seen) -> Seen:
        wanted = seen.plan.probes[name]
        return outside(measured={**seen.outside.measured, wanted: change(seen.outside.measured[wanted])})(seen)

    return changed


def other_value(found: Measured) -> Measured:
    return replace(found, value=found.value + 1)


def lost(_: object) -> Unknown:
    return LOST


def old(found: Measured) -> Measured:
    return replace(found, at=NOW - timedelta(hours=1))


def no_traffic(found: Measured) -> Measured:
    return replace(found, traffic=0)


def untested(service: str, test: str) -> Change:
    return lambda seen: records(
        capabilities={
            **dict(seen.records.capabilities),
            service: tuple(each for each in dict(seen.records.capabilities)[service] if each.test != test),
        }
    )(seen)


def failed(service: str, test: str) -> Change:
    return lambda seen: records(
        capabilities={
            **dict(seen.records.capabilities),
            service: tuple(
                replace(each, passed=False) if each.test == test else each
                for each in dict(seen.records.capabilities)[service]
            ),
        }
    )(seen)


def cluster(**changes: object) -> Change:
    return lambda seen: outside(brokers={"prod": replace(seen.outside.brokers["prod"], **changes)})(seen)


def topic(change: Callable[[Topic], Topic | None]) -> Change:
    return lambda seen: cluster(
        topics={name: change(each) if each else None for name, each in seen.outside.brokers["prod"].topics.items()}
    )(seen)


def group(name: str, change: Callable[[Group], Group | None]) -> Change:
    def changed(seen: Seen) -> Seen:
        known = dict(seen.outside.brokers["prod"].groups)
        found = change(known.pop(name))
        return cluster(groups={**known, **({name: found} if found else {})})(seen)

    return changed


def strange_group(seen: Seen) -> Seen:
    (name, *_) = gating.topics_of(seen.plan)
    groups = seen.outside.brokers["prod"].groups
    return cluster(groups={**groups, "bi-export": Group("bi-export", "Empty", (), {name: {0: 3}})})(seen)


def says(check: str, *, holds: bool | None) -> Change:
    """The teams state of a check that it does not hold; None: nobody states anything of it."""

    def change(seen: Seen) -> Seen:
        found = {}
        for team, said in dict(seen.records.attestations).items():
            about = [f" {check} " in f"{each.asked_by} " for each in said]
            kept = [each for each, mine in zip(said, about, strict=True) if not mine or holds is not None]
            found[team] = tuple(replace(x, holds=bool(holds)) if f" {check} " in f"{x.asked_by} " else x for x in kept)
        return records(attestations=found)(seen)

    return change


def external(service: str) -> Change:
    """A consumer of the plan keeps its offsets outside Kafka, and its team states that it can."""

    def change(seen: Seen) -> Seen:
        consumers = tuple(
            replace(each, groups=(), external=External("team-x", 86400)) if each.service == service else each
            for each in seen.plan.consumers
        )
        return planned(lambda plan: replace(plan, consumers=consumers))(seen)

    return change


def attests(asked_by: str, **more: object) -> Change:
    said = replace(gating.statement("team-x", "it can", asked_by), **more)
    return lambda seen: records(attestations={**dict(seen.records.attestations), "team-x": (said,)})(seen)


ERROR = Finding("EV03", "version-agrees", Severity.ERROR, "", "the versions differ", "mend it")


def finding(name: str) -> Change:
    return merged(findings={name: (ERROR,)})


def not_done(step: str) -> Change:
    """A step, and what was done after it, was never begun."""

    def change(seen: Seen) -> Seen:
        known = seen.records.progress.advances
        return records(progress=Progress(tuple(each for each in known if each.step != step)))(seen)

    return change


def later_done(step: str) -> Change:
    """A step was done an hour ago."""

    def change(seen: Seen) -> Seen:
        known = seen.records.progress.advances
        at = NOW - timedelta(hours=1)
        return records(progress=Progress(tuple(replace(x, at=at) if x.step == step else x for x in known)))(seen)

    return change


def called(seen: Seen) -> Call:
    return Call(gating.endpoint(seen.plan), timeout=1, retries=1)


def tables_are(change: Callable[[Measured], Measured | Unknown]) -> Change:
    def changed(seen: Seen) -> Seen:
        made = gating.tables_of(seen.plan, step_of(seen.plan, "6"))
        assert made is not None
        return outside(measured={**seen.outside.measured, made: change(seen.outside.measured[made])})(seen)

    return changed


# The table.


@dataclass(frozen=True)
class Case:
    """Where a check is asked; what makes it blocked, and unknown, there. `observed`: by a broker."""

    plan: str
    step: str
    part: Part
    blocked: tuple[Change, ...] = ()
    unknown: tuple[Change, ...] = ()
    fine: Change = lambda seen: seen
    observed: bool = True


def stated(check: str, plan: str, step: str, part: Part) -> Case:
    """Of what this version does not look at: its owner states it where no broker can be observed."""
    return Case(plan, step, part, (says(check, holds=False),), (says(check, holds=None), nobody_states), observed=False)


def nobody_states(seen: Seen) -> Seen:
    return records(attestations=LOST)(seen)


HIRING, SETTLED = "hiring.assessment", gating.group("x", "hiring", {"data_replication.assessment"}, ())

TABLE: Mapping[str, Case] = {
    "BA1": Case(
        U160,
        "14",
        GATE,
        (merged(mistakes=("step 14 breaks S1",)), not_done("11a"), not_done("13")),
        (records(progress=LOST),),
    ),
    "BA2": Case(U160, "14", GATE, (records(earlier=Progress()),), (records(earlier=LOST), records(earlier=None))),
    "BA3": Case(U160, "14", GATE, (), (cluster(sees_all=False), cluster(sees_all=None), outside(brokers={}))),
    "RG1": Case(
        U160,
        "5",
        GATE,
        (
            merged(breaks=()),
            merged(breaks=("backward X #/a",)),
            registry(lambda state: replace(state, versions=(1,), check=Incompatible())),
            registry(lambda state: replace(state, lookup=NotAccepted("no schema"))),
        ),
        (
            merged(breaks=LOST),
            registry(lambda state: replace(state, versions=(1,), level="FORWARD_TRANSITIVE", check=LOST)),
        ),
    ),
    "RG2": Case(
        U160, "5", GATE, (finding("assessment@2"),), (merged(catalog=Catalog({}, {}, {})),)
    ),
    "RG3": Case(
        U160,
        "5",
        GATE,
        (
            registry(lambda state: replace(state, mode="READONLY")),
            registry(lambda state: replace(state, versions=(1,), level="FULL")),
        ),
        (registry(lost), outside(subjects={}), merged(levels={})),
    ),
    "PR1": Case(
        U160,
        "5",
        EVIDENCE,
        (
            registry(lambda state: replace(state, lookup=NotRegistered())),
            registry(lambda state: replace(state, lookup=NotAccepted("no schema"))),
            planned(lambda plan: replace(plan, new=replace(plan.new, subject="other"))),
        ),
        (registry(lost), outside(subjects={}), registry(lambda state: replace(state, versions=()))),
    ),
    "PR2": Case(
        U160,
        "14",
        GATE,
        (topic(lambda _: None),),
        (cluster(topics={}), outside(brokers={"prod": LOST}), topic(lambda each: replace(each, partitions=0))),
    ),
    "PR3": Case(
        U160,
        "14",
        GATE,
        (
            candidate("assessments", lists("assessment", 1)),
            candidate("assessments", lambda x: replace(x, client=replace(x.client, auto_register_schemas=None))),
            candidate("assessments", lists("assessment", 2, criticality="money", delivery="direct")),
        ),
        (candidate("assessments", None), candidate("assessments", LOST)),
    ),
    "CO1": Case(
        U160,
        "14",
        GATE,
        (
            deployed("hiring", reads("assessment", 1)),
            one_instance("hiring", reads("assessment", 1)),
            in_git("hiring", reads("assessment", 1)),
            deployed("bonuses", reads("assessment", 1)),
        ),
        (recorded("hiring", None), recorded("hiring", LOST), unseen),
    ),
    "CO2": Case(
        U160,
        "11a",
        EVIDENCE,
        (failed("hiring", "samples"),),
        (
            untested("hiring", "samples"),
            records(capabilities=LOST),
            deployed("hiring", lambda service: service, build="77ab01e"),
        ),
    ),
    "CO3": Case(
        U160,
        "14",
        GATE,
        (group(HIRING, lambda each: replace(each, members=(*each.members, Member("hiring@0000000", frozenset())))),),
        (
            group(HIRING, lambda each: replace(each, members=())),
            group(HIRING, lambda _: None),
            group(HIRING, lambda each: replace(each, members=(Member("consumer-1", frozenset()),))),
            deployed("hiring", lambda service: replace(service, client_id="hiring")),
            recorded("hiring", LOST),
        ),
    ),
    "CO4": Case(
        U160,
        "14",
        GATE,
        (attests(f"{U160} 14 CO4 hiring", holds=False),),
        (
            nobody_states,
            attests(f"{U160} 14 CO4 hiring", at=NOW - timedelta(days=2)),
            attests(f"{U160} 14 CO4 bonuses"),
        ),
        both(external("hiring"), attests(f"{U160} 14 CO4 hiring")),
    ),
    "CO5": Case(
        U160,
        "14",
        GATE,
        (
            strange_group,
            lambda seen: cluster(
                groups={
                    **seen.outside.brokers["prod"].groups,
                    "hiring.assessment-import": replace(SETTLED, name="hiring.assessment-import"),
                }
            )(seen),
        ),
        (cluster(groups={}), group(HIRING, lambda _: None), cluster(sees_all=None)),
    ),
    "CO6": Case(
        U160,
        "11a",
        EVIDENCE,
        (
            group(HIRING, lambda each: replace(each, members=each.members[:1])),
            both(
                group(HIRING, lambda each: replace(each, committed={})),
                deployed("hiring", read_so("assessment", offset_reset="latest")),
            ),
        ),
        (
            group(HIRING, lambda each: replace(each, state="PreparingRebalance")),
            group(HIRING, lambda _: None),
            topic(lambda each: replace(each, partitions=0)),
            both(group(HIRING, lambda each: replace(each, committed={})), recorded("hiring", LOST)),
        ),
    ),
    "CO7": stated("CO7", U160, "14", GATE),
    "CO8": Case(
        U170,
        "3",
        GATE,
        (failed("bonuses", "duplicate"), in_git("bonuses", read_so("manager", idempotency=None))),
        (untested("bonuses", "duplicate"), records(capabilities=LOST), recorded("hiring", None)),
    ),
    "ST1": Case(
        U170,
        "4",
        EVIDENCE,
        (
            deployed("assessments", lists("manager", 1, 2)),
            one_instance("assessments", lists("manager", 1, 2)),
            deployed("bonuses", lists("manager", 1)),
        ),
        (recorded("assessments", None), unseen),
    ),
    "ST2": stated("ST2", U170, "3", EVIDENCE),
    "ST3": Case(
        U170,
        "4",
        GATE,
        (probe("parity", other_value),),
        (probe("parity", lost), probe("parity", old), without_probe("parity")),
    ),
    "SW1": Case(
        C040,
        "5",
        GATE,
        (
            probe("effects", other_value),
            deployed("bonuses", read_so("solution.completed", idempotency=None)),
            deployed("bonuses", reads("solution.completed")),
            planned(lambda plan: replace(plan, consumers=(replace(plan.consumers[0], idempotency_key=()),))),
            planned(lambda plan: replace(plan, consumers=(replace(plan.consumers[0], idempotency_key=("a",)),))),
        ),
        (probe("effects", lost), probe("effects", no_traffic), recorded("bonuses", None), undeployed("bonuses")),
    ),
    "SW2": Case(
        C040, "5", GATE, (probe("parity", other_value),), (probe("parity", lost), probe("parity", no_traffic))
    ),
    "SW3": Case(
        C040, "5", GATE, (probe("latency", other_value),), (probe("latency", lost), probe("latency", old))
    ),
    "SW4": Case(
        C040, "5", GATE, (failed("bonuses", "replay"),), (untested("bonuses", "replay"), records(capabilities={}))
    ),
    "SW5": stated("SW5", C040, "5", GATE),
    "SW6": Case(
        C040,
        "6",
        GATE,
        (
            probe("complete", other_value),
            deployed("bonuses", read_so("solution.completed", mode="shadow")),
            one_instance("bonuses", read_so("solution.completed", mode="shadow")),
            deployed("bonuses", reads("solution.completed")),
        ),
        (probe("complete", lost), recorded("bonuses", LOST)),
    ),
    "CA1": Case(
        C060,
        "1",
        EVIDENCE,
        (
            probe("endpoint_ready", other_value),
            deployed("hiring", no_serves),
            one_instance("hiring", no_serves),
            failed("hiring", "endpoint"),
            undeployed("hiring"),
        ),
        (probe("endpoint_ready", lost), untested("hiring", "endpoint"), recorded("hiring", None)),
    ),
    "CA2": Case(
        C060,
        "2",
        GATE,
        (
            candidate("bonuses", no_calls),
            candidate("bonuses", lambda x: replace(x, calls=tuple(replace(c, timeout=None) for c in x.calls))),
            both(candidate("bonuses", None), deployed("bonuses", no_calls)),
        ),
        (
            candidate("bonuses", LOST),
            both(candidate("bonuses", None), recorded("bonuses", None)),
            both(candidate("bonuses", None), undeployed("bonuses")),
        ),
    ),
    "CA3": Case(
        C060, "3", GATE, (probe("equality", other_value),), (probe("equality", lost), without_probe("equality"))
    ),
    "CA4": Case(
        C060,
        "3",
        GATE,
        (probe("tables_unread", other_value), deployed("bonuses", no_calls), one_instance("bonuses", no_calls)),
        (probe("tables_unread", lost), recorded("bonuses", None), undeployed("bonuses")),
    ),
    "CA5": Case(C060, "3", GATE, (strange_group,), (cluster(groups={}), outside(brokers={}))),
    **{f"DR{number}": stated(f"DR{number}", U160, "15", EVIDENCE) for number in range(1, 11) if number != 9},
    "DR9": Case(
        U160,
        "15",
        EVIDENCE,
        (attests(f"{U160} 15 DR9 hiring", holds=False),),
        (attests(f"{U160} 15 DR9 hiring", at=NOW - timedelta(hours=25)), nobody_states),
        both(external("hiring"), attests(f"{U160} 15 DR9 hiring")),
        observed=False,
    ),
    "DE1": Case(
        C060,
        "6",
        GATE,
        (
            deployed("hiring", lists("task.rating", 1)),
            deployed("bonuses", reads("task.rating", 1)),
            one_instance("bonuses", reads("task.rating", 1)),
            deployed("assessments", reads("task.rating", 1)),
        ),
        (recorded("bonuses", None), recorded("bonuses", LOST), unseen),
    ),
    "DE2": Case(
        C060,
        "7",
        GATE,
        (group("other", lambda x: replace(x, members=(Member("o", frozenset({("task", 1)})),))),),
        (
            cluster(groups={}),
            cluster(sees_all=None),
            group("other", lambda each: replace(each, state="PreparingRebalance", members=(Member("o", frozenset()),))),
        ),
    ),
    "DE3": Case(
        C060, "6", GATE, (later_done("4"), not_done("4")), (records(progress=LOST),)
    ),
    "DE4": stated("DE4", U170, "7", GATE),
    "DE5": Case(
        C060,
        "8",
        GATE,
        (merged(referring=("task@1",)), outside(referring={"task.rating.v1": ("other",)})),
        (outside(referring={}), outside(referring={"task.rating.v1": LOST})),
    ),
    "DE6": stated("DE6", C060, "7", GATE),
    "DE7": Case(
        C060,
        "6",
        GATE,
        (
            merged(approvals=()),
            lambda seen: merged(approvals=seen.merged.approvals[:1])(seen),
            merged(plan_hash="sha256:" + "00" * 32),
        ),
        (
            lambda seen: both(
                planned(lambda plan: replace(plan, approvals=replace(plan.approvals, verify="signed"))),
                merged(approvals=tuple(replace(each, signed="") for each in seen.merged.approvals)),
            )(seen),
            planned(lambda plan: replace(plan, approvals=replace(plan.approvals, verify="signed"))),
        ),
    ),
    "DE8": Case(
        U160,
        "17",
        GATE,
        (probe("backfill", other_value),),
        (probe("backfill", lost), probe("backfill", no_traffic), without_probe("backfill")),
    ),
    "DE9": Case(
        C010,
        "6",
        EVIDENCE,
        (
            probe("call_usage", other_value),
            lambda seen: deployed("bonuses", lambda service: replace(service, calls=(called(seen),)))(seen),
            lambda seen: one_instance("hiring", lambda service: replace(service, calls=(called(seen),)))(seen),
            lambda seen: recorded("billing", gating.running(Service("billing", "b", "services/billing.toml", calls=(called(seen),))))(seen),
        ),
        (probe("call_usage", lost), probe("call_usage", no_traffic), recorded("hiring", None)),
    ),
    "CL1": stated("CL1", C060, "7", EVIDENCE),
    "CL2": Case(
        C060,
        "8",
        EVIDENCE,
        (registry(lambda state: replace(state, lookup=NotRegistered(), versions=())),),
        (registry(lost), outside(subjects={}), registry(lambda state: replace(state, versions=()))),
    ),
    "CL3": Case(
        C060,
        "6",
        EVIDENCE,
        (tables_are(other_value),),
        (tables_are(lost), tables_are(old), without_probe("tables_unread")),
    ),
    "CL4": stated("CL4", C060, "7", EVIDENCE),
    "GU6": Case(
        U160, "14", GATE, (finding("assessments"),), (in_git("assessments", None), candidate("assessments", LOST))
    ),
    "RL1": Case(
        U160,
        "11a",
        EVIDENCE,
        (
            deployed("hiring", reads("assessment", 1)),
            deployed("hiring", lambda service: service, when=NOW - timedelta(hours=3)),
            one_instance("hiring", lambda service: service, when=NOW - timedelta(hours=3)),
            one_instance("hiring", reads("assessment", 2)),
            undeployed("hiring"),
        ),
        (
            recorded("hiring", None),
            recorded("hiring", LOST),
            deployed("hiring", lambda service: service, when=NOW + timedelta(hours=1)),
        ),
    ),
}  # fmt: skip


NEVER_BLOCKED = {"BA3"}
"""Nobody sees that something is wrong where nobody sees."""

STATED_IS_NOT_ENOUGH = {"DE4", "DE6", "CL1", "CL4"}
"""They are asked before, or after, what nobody can take back, and this version does not look at brokers for them."""


def test_every_check_has_its_rows() -> None:
    assert TABLE.keys() == CHECKS.keys()
    assert {id_ for id_, case in TABLE.items() if not case.blocked} == NEVER_BLOCKED
    assert all(case.unknown for case in TABLE.values())


def answered(case: Case, check: str, *changes: Change) -> Answer | None:
    found = both(case.fine, *changes)(fine(case.plan, case.step, case.part, observed=case.observed))
    return answer_of(decided(found, case.step, case.part), check)


@pytest.mark.parametrize("check", TABLE)
def test_it_passes_where_everything_is_fine(check: str) -> None:
    case = TABLE[check]
    wanted = UNKNOWN if check in STATED_IS_NOT_ENOUGH else PASS if case.observed else Answer.ATTESTED
    assert answered(case, check) is wanted


ROWS = [
    pytest.param(id_, answer, change, id=f"{id_}-{answer}-{number}")
    for id_, case in TABLE.items()
    for answer, changes in ((BLOCKED, case.blocked), (UNKNOWN, case.unknown))
    for number, change in enumerate(changes)
]


@pytest.mark.parametrize(("check", "answer", "change"), ROWS)
def test_it_is_blocked_and_unknown(check: str, answer: Answer, change: Change) -> None:
    case = TABLE[check]
    assert answered(case, check, change) is answer
    found = change(case.fine(fine(case.plan, case.step, case.part, observed=case.observed)))
    assert decided(found, case.step, case.part).answer is not PASS


# Everything is fine.


@pytest.mark.parametrize(("id_", "step", "part"), every_part())
def test_all_that_this_version_can_answer_passes_where_everything_is_fine(id_: str, step: str, part: Part) -> None:
    decision = decided(fine(id_, step, part), step, part)
    assert {check.id for check in in_the_way(decision)} == SCANS & {
        check.id for check in decision.checks if check.answer is not Answer.NOT_APPLICABLE
    }
    assert {check.answer for check in decision.checks} <= {PASS, UNKNOWN, Answer.NOT_APPLICABLE}


@pytest.mark.parametrize(("id_", "step", "part"), every_part())
def test_where_no_broker_is_seen_a_step_back_can_be_taken_on_statements(id_: str, step: str, part: Part) -> None:
    decision = decided(fine(id_, step, part, observed=False), step, part)
    plan, _ = plan_of(id_)
    final = gating.is_final(plan, step_of(plan, step))
    left = {check.id for check in in_the_way(decision)}
    assert left <= BROKER if final else not left


# What single checks got wrong once, or could.


def asked_in(seen: Seen, step: Step, part: Part, check: str) -> list[tuple[str, Answer]]:
    """Target and answer of one check of a step that is put into the plan."""
    plan = seen.plan
    steps = tuple(step if each.id == step.id else each for each in plan.steps)
    if step.id not in {each.id for each in plan.steps}:
        steps = (*plan.steps, step)
    seen = planned(lambda known: replace(known, steps=steps))(seen)
    return [(each.target, each.answer) for each in decided(seen, step.id, part).checks if each.id == check]


NEW_TOPIC = "data_replication.assessment.v2"


def on_a_new_topic(seen: Seen) -> Seen:
    """The plan of US-160 with the new version on a topic of its own, which is as good as the old one."""
    (old,) = seen.outside.brokers["prod"].topics.values() if seen.outside.brokers else (None,)
    seen = planned(lambda plan: replace(plan, topology="new-topic", new=replace(plan.new, topic=NEW_TOPIC)))(seen)
    if old is None:
        return seen
    return cluster(topics={old.name: old, NEW_TOPIC: replace(old, name=NEW_TOPIC)})(seen)


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({}, PASS),
        ({"partitions": 3}, PASS),
        ({"partitions": 1}, BLOCKED),
        ({"retention.ms": "-1"}, PASS),
        ({"retention.ms": "1000"}, BLOCKED),
        ({"min.insync.replicas": "1"}, BLOCKED),
        ({"min.insync.replicas": ""}, UNKNOWN),
        ({"retention.ms": "a week"}, UNKNOWN),
        ({"cleanup.policy": "compact"}, BLOCKED),
        ({"cleanup.policy": ""}, UNKNOWN),
        ({"cleanup.policy": "", "partitions": 1}, BLOCKED),
    ],
    ids=str,
)
def test_a_new_topic_is_no_worse_than_the_old_one(change: dict[str, object], answer: Answer) -> None:
    seen = on_a_new_topic(fine(U160, "14", GATE))
    topics = dict(seen.outside.brokers["prod"].topics)
    configs = {**topics[NEW_TOPIC].configs, **{name: each for name, each in change.items() if "." in name}}
    number = change.get("partitions", 2)
    topics[NEW_TOPIC] = replace(topics[NEW_TOPIC], configs=configs, partitions=number)
    assert answer_of(decided(cluster(topics=topics)(seen), "14", GATE), "PR2") is answer


def test_what_nobody_read_of_either_topic_is_not_equal() -> None:
    seen = topic(lambda each: replace(each, configs={}))(on_a_new_topic(fine(U160, "14", GATE)))
    assert answer_of(decided(seen, "14", GATE), "PR2") is UNKNOWN


@pytest.mark.parametrize("at", [NOW - timedelta(minutes=16), NOW + timedelta(minutes=6)])
def test_what_a_broker_said_then_is_no_evidence_now(at: object) -> None:
    decision = decided(cluster(at=at)(fine(U160, "14", GATE)), "14", GATE)
    for check in ("BA3", "PR2", "CO3", "CO5", "CO6"):
        assert answer_of(decision, check) is UNKNOWN


def test_a_cluster_that_was_not_read_is_unknown() -> None:
    seen = replace(fine(U160, "14", GATE), clusters=("prod", "prod-dr"))
    assert answer_of(decided(seen, "14", GATE), "CO5") is UNKNOWN
    assert answer_of(decided(replace(seen, clusters=("prod",)), "14", GATE), "CO5") is PASS


def test_a_manifest_probe_of_a_step_without_an_actor_passes_nothing() -> None:
    wanted = Probe(ManifestList("produces", lacks=(1,)))
    seen = fine(U160, "18", EVIDENCE)
    step = replace(step_of(seen.plan, "18"), evidence=(wanted,))
    assert asked_in(seen, step, EVIDENCE, "probe") == [("produces", UNKNOWN)]


def test_a_consumer_that_only_the_plan_names_is_asked_for() -> None:
    seen = both(in_git("hiring", reads("assessment")), deployed("hiring", reads("assessment")))(fine(U160, "14", GATE))
    assert ("hiring", BLOCKED) in asked_in(seen, step_of(seen.plan, "14"), GATE, "CO1")


@pytest.mark.parametrize(("value", "answer"), [(30, PASS), (29.5, PASS), (30.1, BLOCKED), (float("nan"), UNKNOWN)])
def test_a_budget_is_kept_by_what_is_below(value: float, answer: Answer) -> None:
    seen = probe("latency", lambda each: replace(each, value=value))(fine(C040, "5", GATE))
    assert answer_of(decided(seen, "5", GATE), "SW3") is answer


def test_a_producer_that_is_released_or_switched_on_is_followed_by_every_consumer() -> None:
    for id_, step, groups in (
        (U160, "14", {"hiring.assessment"}),
        (U170, "3", {"hiring.manager", "bonuses.manager"}),
    ):
        found = fine(id_, step, EVIDENCE)
        assert set(asked_in(found, step_of(found.plan, step), EVIDENCE, "ST2")) == {(each, UNKNOWN) for each in groups}


def test_consumers_that_are_released_one_after_the_other_act_one_after_the_other() -> None:
    seen = fine(U170, "3", GATE)
    step = Step("live", Release(mode="live"), ("hiring",))
    complete = Probe(Exec(("x",)), "complete", 0)
    seen = both(
        planned(lambda plan: replace(plan, probes={**plan.probes, "complete": complete})),
        deployed("bonuses", read_so("manager", mode="shadow")),
        outside(measured={complete: Measured(0, NOW)}),
    )(seen)
    release = replace(seen.plan.steps[0], id="shadow", action=Release(mode="shadow"), actors=("hiring", "bonuses"))
    seen = planned(lambda plan: replace(plan, steps=(*plan.steps, release)))(seen)
    assert asked_in(seen, step, EVIDENCE, "SW6") == [("hiring", PASS), ("complete", PASS)]
    assert ("bonuses", BLOCKED) in asked_in(seen, Step("off", SyncOff(), ("hiring",)), GATE, "SW6")


def test_a_step_that_names_a_version_is_asked_about_that_version() -> None:
    """A plan may take its new version back: what is stopped, retired or registered is what the step says."""
    seen = deployed("assessments", lists("manager", 2))(fine(U170, "4", EVIDENCE))
    stop = Step("4b", Stop(2), ("assessments",))
    assert ("assessments", BLOCKED) in asked_in(seen, stop, EVIDENCE, "ST1")
    assert ("assessments", PASS) in asked_in(seen, replace(stop, action=Stop(1)), EVIDENCE, "ST1")
    retired = asked_in(fine(U170, "7", EVIDENCE), Step("7b", Retire(2)), EVIDENCE, "CL2")
    assert retired == [("manager.v2", PASS)]
    first = asked_in(fine(U170, "1", EVIDENCE), Step("1b", Register(1)), EVIDENCE, "PR1")
    assert first == [("manager.v1", PASS)]


def test_what_has_no_version_that_goes_is_not_gone() -> None:
    seen = fine(C010, "2", EVIDENCE)
    step = Step("2b", Release(consumes=()), ("hiring",))
    assert asked_in(seen, step, EVIDENCE, "DE1") == [("hiring", UNKNOWN)]


def test_a_group_that_brokers_forgot_after_its_consumer_left_is_no_gap() -> None:
    seen = group("bonuses.task.rating", lambda _: None)(fine(C060, "7", GATE))
    assert answer_of(decided(seen, "7", GATE), "CO5") is PASS
    assert answer_of(decided(deployed("bonuses", reads("task.rating", 1))(seen), "7", GATE), "CO5") is UNKNOWN


def test_a_group_of_another_event_on_the_topic_is_no_stranger_unless_it_reads_this_one() -> None:
    def reader(*events: str) -> Service:
        entries = tuple(Consumption(event, (1,), group="bi-export", topics=("t",)) for event in events)
        return Service("bi", "team-bi", "services/bi.toml", consumes=entries)

    def merged_too(service: Service) -> Change:
        return lambda seen: merged(
            catalog=replace(seen.merged.catalog, services={**seen.merged.catalog.services, "bi": service})
        )(seen)

    seen = strange_group(fine(U160, "14", GATE))
    (name,) = gating.topics_of(seen.plan)
    for events, answer in ((("manager",), PASS), (("manager", "assessment"), BLOCKED)):
        service = reader(*events)
        service = replace(service, consumes=tuple(replace(each, topics=(name,)) for each in service.consumes))
        assert answer_of(decided(merged_too(service)(seen), "14", GATE), "CO5") is answer


def test_without_tables_nothing_but_the_call_is_asked() -> None:
    seen = both(without_probe("tables_unread"), planned(lambda plan: replace(plan, old=replace(plan.old, tables=()))))(
        fine(C060, "3", GATE)
    )
    assert asked_in(seen, step_of(seen.plan, "3"), GATE, "CA4") == [("bonuses", PASS)]


@pytest.mark.parametrize(
    ("lookup", "versions", "wanted", "answer"),
    [
        (Registered(1, 11), (1,), "keep", PASS),
        (Registered(1, 11), (1,), "soft-delete", BLOCKED),
        (NotRegistered(), (), "soft-delete", PASS),
        (NotRegistered(), (), "hard-delete", PASS),
        (NotRegistered(), (1,), "soft-delete", UNKNOWN),
        (Registered(1, 11), (), "soft-delete", UNKNOWN),
        (NotAccepted("no schema"), (), "soft-delete", UNKNOWN),
        (NotAccepted("no schema"), (1,), "keep", UNKNOWN),
    ],
)
def test_what_the_registry_has_of_a_retired_version(
    lookup: object, versions: tuple[int, ...], wanted: str, answer: Answer
) -> None:
    seen = registry(lambda state: replace(state, lookup=lookup, versions=versions))(fine(U160, "18", EVIDENCE))
    assert asked_in(seen, Step("18", Retire(1, wanted)), EVIDENCE, "CL2") == [("assessment.v1", answer)]


def test_two_versions_under_one_subject_are_told_apart_by_the_text() -> None:
    seen = registry(lambda state: replace(state, lookup=NotRegistered(), versions=(2,)))(fine(U160, "18", EVIDENCE))
    shared = planned(lambda plan: replace(plan, new=replace(plan.new, subject="assessment.v1")))(seen)
    step = Step("18", Retire(1, "soft-delete"))
    assert asked_in(shared, step, EVIDENCE, "CL2") == [("assessment.v1", PASS)]


@pytest.mark.parametrize(
    "check", ["DE2", "DE4", "DE6", "DR1", "DR3", "DR6", "CO5"]
)  # fmt: skip
def test_before_a_topic_ends_checks_are_about_that_topic(check: str) -> None:
    seen = on_a_new_topic(fine(U160, "17", EVIDENCE))
    step = Step("17b", DeleteTopic("data_replication.assessment"))
    assert [target for target, _ in asked_in(seen, step, GATE, check)] == ["data_replication.assessment"]


def test_an_external_consumer_has_no_group_to_look_at() -> None:
    seen = both(external("hiring"), attests(f"{U160} 14 CO4 hiring"))(fine(U160, "14", GATE))
    step = step_of(seen.plan, "14")
    for check in ("CO3", "CO6", "CO7"):
        assert [answer for _, answer in asked_in(seen, step, GATE, check)] == [Answer.NOT_APPLICABLE]
    assert asked_in(seen, step, GATE, "CO4") == [("hiring", PASS)]


def test_a_reader_without_a_group_is_not_left_out() -> None:
    more = PlanConsumer("bonuses", idempotency_key=("a",))
    seen = planned(lambda plan: replace(plan, consumers=(*plan.consumers, more)))(fine(U160, "14", GATE))
    assert asked_in(seen, step_of(seen.plan, "14"), GATE, "CO3") == [("hiring.assessment", PASS), ("bonuses", UNKNOWN)]


@pytest.mark.parametrize(
    ("action", "manifest"),
    [
        (Release(mode="live"), reads("assessment")),
        (Release(mode="shadow"), read_so("assessment", mode="live")),
        (Release(flag="f"), silent_about("assessment")),
        (Release(consumes=(1,)), reads("assessment", 1, 2)),
    ],
)
def test_a_release_has_exactly_what_the_step_says(action: Release, manifest: Callable[[Service], Service]) -> None:
    seen = deployed("hiring", manifest)(fine(U160, "11a", EVIDENCE))
    advances = seen.records.progress.advances
    step = replace(step_of(seen.plan, "11a"), action=action)
    opened = Advance("11a", step_hash(step, seen.plan), "ready", "open", NOW - timedelta(hours=2), 99)
    seen = records(progress=Progress((*advances[:-1], opened)))(seen)
    assert asked_in(seen, step, EVIDENCE, "RL1") == [("hiring", BLOCKED)]


def test_money_goes_through_an_outbox_if_the_plan_alone_says_that_it_is_money() -> None:
    seen = candidate("assessments", lists("assessment", 2, delivery="direct"))(fine(U160, "14", GATE))
    assert answer_of(decided(seen, "14", GATE), "PR3") is PASS
    seen = planned(lambda plan: replace(plan, criticality="money"))(seen)
    assert answer_of(decided(seen, "14", GATE), "PR3") is BLOCKED


def test_a_fact_is_read_in_shadow_until_the_call_ends() -> None:
    seen = fine(C040, "3", GATE)
    assert answer_of(decided(seen, "3", GATE), "CO1") is PASS
    live = deployed("bonuses", read_so("solution.completed", mode="live"))(seen)
    assert answer_of(decided(live, "3", GATE), "CO1") is BLOCKED


def test_an_environment_that_the_plan_does_not_begin_with_has_one_before_it() -> None:
    seen = replace(fine(U160, "14", GATE), earlier=None)
    assert answer_of(decided(seen, "14", GATE), "BA2") is UNKNOWN
    first = replace(seen, place=replace(seen.place, environment="staging"))
    assert answer_of(decided(first, "14", GATE), "BA2") is Answer.NOT_APPLICABLE


def test_a_test_record_from_the_future_proves_nothing() -> None:
    seen = fine(U160, "11a", EVIDENCE)
    ahead = {
        name: tuple(replace(each, at=NOW + timedelta(hours=1)) for each in tests)
        for name, tests in dict(seen.records.capabilities).items()
    }
    assert answer_of(decided(records(capabilities=ahead)(seen), "11a", EVIDENCE), "CO2") is UNKNOWN


def test_a_build_that_was_not_tested_does_not_count_by_another_that_was() -> None:
    seen = one_instance("hiring", lambda service: service, build="77ab01e")(fine(U160, "11a", EVIDENCE))
    assert answer_of(decided(seen, "11a", EVIDENCE), "CO2") is UNKNOWN


def test_where_what_is_merged_counts_as_deployed_manifests_answer() -> None:
    seen = fine(U160, "14", GATE)
    seen = replace(seen, place=replace(seen.place, deployments="declared", recorded=LOST))
    decision = decided(seen, "14", GATE)
    assert {each.id for each in in_the_way(decision)} == {"CO3", *SCANS & {each.id for each in decision.checks}}
    assert answer_of(decided(in_git("hiring", reads("assessment", 1))(seen), "14", GATE), "CO1") is BLOCKED


def test_a_topic_that_stays_needs_nobody_to_leave_it() -> None:
    for check in ("DE2", "DE4"):
        assert answer_of(decided(fine(U160, "18", GATE), "18", GATE), check) is Answer.NOT_APPLICABLE
    assert answer_of(decided(fine(U170, "7", GATE), "7", GATE), "DE4") is UNKNOWN, "it purges personal data"


# What each step asks, as the table of step kinds says.

DRAINED = " ".join(f"DR{number}" for number in range(1, 11))
PRODUCE = "PR1 PR2 PR3 CO1 CO2 CO3 CO4 CO5 CO6 CO7"
ASKED = {
    (U160, "1"): ("", ""),
    (U160, "2"): ("GU6", "RL1 CO3"),
    (U160, "5"): ("RG1 RG2 RG3", "PR1"),
    (U160, "8"): ("DE7", "DE8"),
    (U160, "11a"): ("GU6 PR1", "RL1 CO1 CO2 CO3 CO4 CO6"),
    (U160, "14"): (f"GU6 {PRODUCE}", "RL1 CO3 ST1 ST2 DR1 DR2"),
    (U160, "15"): (DRAINED, DRAINED),
    (U160, "16"): ("DE7", ""),
    (U160, "17"): (f"GU6 {DRAINED} DE7 DE8", "RL1 CO3 DE1"),
    (U160, "18"): ("DE1 DE2 DE3 DE4 DE5 DE7", "CL2 CL4"),
    (U170, "3"): (f"{PRODUCE} CO8", "ST2"),
    (U170, "4"): ("ST2 ST3", "ST1 DR1 DR2"),
    (C010, "2"): ("GU6 PR1", "RL1 CO1 CO2 CO3 CO4 CO6"),
    (C010, "3"): (f"{PRODUCE} SW1", "ST2"),
    (C010, "5"): ("PR1 CO1 CO8", ""),
    (C010, "4"): ("SW1 SW6", "DE9"),
    (C010, "6"): ("GU6 DE3 DE7 DE9", "RL1 CO3 DE9"),
    (C040, "3"): (f"{PRODUCE} CO8 SW1", "ST2"),
    (C040, "5"): ("GU6 SW1 SW2 SW3 SW4 SW5", "RL1 CO3 SW6"),
    (C060, "1"): ("GU6", "RL1 CO3 CA1"),
    (C060, "2"): ("CA1 CA2", "CA3 CA4"),
    (C060, "3"): ("CA3 CA4 CA5", "ST1 DR1 DR2"),
    (C060, "4"): (DRAINED, DRAINED),
    (C060, "5"): (f"GU6 {DRAINED} DE7 DE8", "RL1 CO3 DE1"),
    (C060, "6"): ("DE1 DE3 DE7 CA4", "CL3"),
    (C060, "7"): ("DE1 DE2 DE3 DE4 DE5 DE6 DE7 DE8 DR1 DR3 DR6 CO5", "CL1 CL4"),
}
"""By step: what its gate and its evidence ask, beside the base that every part asks first."""


@pytest.mark.parametrize(("id_", "step"), ASKED)
@pytest.mark.parametrize("part", Part)
def test_a_step_asks_what_its_kind_asks(id_: str, step: str, part: Part) -> None:
    plan, _ = plan_of(id_)
    wanted = ASKED[id_, step][list(Part).index(part)].split()
    found = asked.checks(plan, step_of(plan, step), part)
    base = ["BA1", "BA2", *(["BA3"] if BROKER & set(wanted) else [])]
    assert list(found[: len(base)]) == base
    assert sorted(found[len(base) :]) == sorted(wanted)


def test_state_that_is_only_on_the_old_topic_is_not_drained_before_it_is_on_the_new_one() -> None:
    plan = on_a_new_topic(fine(U160, "15", GATE, observed=False)).plan
    assert "DE8" in asked.checks(plan, step_of(plan, "15"), GATE)


def test_a_version_that_waits_for_a_flag_is_not_emitted_yet() -> None:
    plan, _ = plan_of(U160)
    flagged = replace(step_of(plan, "14"), action=Release(produces=(1, 2), flag="f"))
    steps = tuple(flagged if each.id == "14" else each for each in plan.steps)
    found = [asked.checks(replace(plan, steps=steps), flagged, part)[2:] for part in Part]
    assert found == [("BA3", "GU6", "PR1", "PR2", "PR3"), ("BA3", "RL1", "CO3")]


@pytest.mark.parametrize(("method", "header", "answer"), [("GET", None, PASS), ("POST", None, BLOCKED), ("POST", "Idempotency-Key", PASS)])  # fmt: skip
def test_a_call_that_changes_something_has_a_key(method: str, header: str | None, answer: Answer) -> None:
    seen = fine(C060, "2", GATE)
    call = replace(gating.endpoint(seen.plan), method=method)
    seen = planned(lambda plan: replace(plan, new=replace(plan.new, call=call)))(seen)
    calls = (Call(call, timeout=1, retries=1, idempotency_header=header),)
    seen = candidate("bonuses", lambda service: replace(service, calls=calls))(seen)
    assert answer_of(decided(seen, "2", GATE), "CA2") is answer


def test_a_step_that_nothing_would_show_to_be_done_is_not_proved() -> None:
    """Every consumer keeps its offsets elsewhere: nobody's commits are there to follow the producer."""
    seen = both(external("hiring"), external("bonuses"))(fine(U170, "3", EVIDENCE))
    step = replace(step_of(seen.plan, "3"), evidence=())
    assert asked_in(seen, step, EVIDENCE, "ST2") == [("data_replication.manager", Answer.NOT_APPLICABLE)]
    assert asked_in(seen, step, EVIDENCE, "probe") == [("evidence", UNKNOWN)]
    proved = replace(step, evidence=(seen.plan.probes["parity"],))
    assert asked_in(seen, proved, EVIDENCE, "probe") == [("parity", PASS)]
