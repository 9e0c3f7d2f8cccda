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
    SubjectState,
    Topic,
    Unknown,
)
from schemagate.findings import Finding, Severity
from schemagate.rollout.asked import BROKER, Part
from schemagate.rollout.checks import CHECKS
from schemagate.rollout.decision import Answer
from schemagate.rollout.deployed import Running
from schemagate.rollout.plan import External, Plan
from schemagate.rollout.progress import Progress
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
