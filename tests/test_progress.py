"""How far is a migration, and who agreed, stated or made an exception: progress, approvals, attestations, waivers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gating import NOW, PLAN_HASH, decided, fine, plan_of, step_of
from recording import START, chain, claim
from schemagate.facts import Approval, Attestation, Unknown
from schemagate.rollout.asked import Part
from schemagate.rollout.decision import Answer, Check
from schemagate.rollout.plan import Drain, Plan, Release, Step, Stop
from schemagate.rollout.progress import (
    Advance,
    Progress,
    State,
    behind,
    current,
    edited,
    fold,
    missing,
    state_of,
    step_hash,
)
from schemagate.rollout.records import Claim
from schemagate.rollout.seen import Seen, evidence
from schemagate.rollout.waivers import NEVER, Waiver

U160, C060 = "us-160-assessment-v2", "comm-060-task-rating-to-call"
PLAN, _ = plan_of(U160)
HASH = "sha256:" + "00" * 32


def moved(
    step: str, start: str, to: str, minutes: int = 0, *, hash_: str | None = None, plan: str | None = None
) -> Claim:
    body = {
        "step": step,
        "step_hash": hash_ or step_hash(step_of(PLAN, step), PLAN),
        "from": start,
        "to": to,
        "commit": "1" * 40,
        "evidence": HASH,
        "checks": [],
    }
    return replace(claim("advance", U160, body, minutes=minutes), plan=plan)


def folded(*claims: Claim) -> Progress:
    return fold(chain(claims)[0])


def states(progress: Progress, plan: Plan = PLAN) -> dict[str, State]:
    return {step.id: state_of(step, plan, progress) for step in plan.steps}


# Progress.


def test_nothing_recorded_leaves_ready_what_needs_nothing() -> None:
    found = states(folded())
    assert [id_ for id_, state in found.items() if state is State.READY] == ["1", "5", "6"]
    assert set(found.values()) == {State.READY, State.WAITING}
    assert current(PLAN, folded()) == step_of(PLAN, "1")
    assert folded().head is None


def test_a_step_is_opened_then_done_and_the_next_is_ready() -> None:
    opened = folded(moved("1", "ready", "open"))
    assert states(opened)["1"] is State.OPEN
    assert states(opened)["2"] is State.WAITING
    done = folded(moved("1", "ready", "open"), moved("1", "open", "done", 30))
    assert states(done)["1"] is State.DONE
    assert states(done)["2"] is State.READY
    assert done.reached("1", State.OPEN) == START
    assert done.reached("1", State.DONE) == START + timedelta(minutes=30)
    assert current(PLAN, done) == step_of(PLAN, "2")


def test_back_is_as_if_nobody_had_opened_it() -> None:
    back = folded(moved("1", "ready", "open"), moved("1", "open", "done"), moved("1", "done", "back", 60))
    assert states(back)["1"] is State.READY
    assert (back.last("1"), back.done(), back.begun()) == (None, [], [])
    again = folded(moved("1", "ready", "open"), moved("1", "open", "back"), moved("1", "ready", "open", 90))
    assert states(again)["1"] is State.OPEN
    assert again.reached("1", State.OPEN) == START + timedelta(minutes=90)


def test_of_two_who_advance_at_once_the_first_counts() -> None:
    progress = folded(moved("1", "ready", "open"), moved("1", "ready", "open", 5), moved("1", "open", "done", 9))
    assert progress.reached("1", State.OPEN) == START
    assert [each.number for each in progress.advances] == [1, 3]


@pytest.mark.parametrize(
    "claims",
    [
        [moved("1", "open", "done")],
        [moved("1", "done", "back")],
        [moved("1", "ready", "open"), moved("1", "open", "done", hash_=HASH)],
        [moved("1", "ready", "open"), moved("1", "open", "back"), moved("1", "open", "done")],
    ],
)
def test_an_advance_from_where_the_step_is_not_does_not_count(claims: list[Claim]) -> None:
    assert states(folded(*claims))["1"] is not State.DONE


def test_an_edited_step_has_to_be_proved_again_and_can_be() -> None:
    old = moved("1", "ready", "open", hash_=HASH), moved("1", "open", "done", 1, hash_=HASH)
    assert edited(step_of(PLAN, "1"), PLAN, folded(*old))
    assert states(folded(*old))["1"] is State.READY
    assert missing(step_of(PLAN, "2"), PLAN, folded(*old)) == (step_of(PLAN, "1"),)
    again = folded(*old, moved("1", "ready", "open", 2), moved("1", "open", "done", 3))
    assert states(again)["1"] is State.DONE
    assert again.reached("1", State.DONE) == START + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("change", "is_edited"),
    [
        (lambda step: replace(step, title="another"), False),
        (lambda step: replace(step, needs=()), False),
        (lambda step: replace(step, gate=(), evidence=()), False),
        (lambda step: replace(step, line=99), False),
        (lambda step: replace(step, actors=tuple(reversed(step.actors))), False),
        (lambda step: replace(step, actors=("bonuses",)), True),
        (lambda step: replace(step, action=Release((2,))), True),
        (lambda step: replace(step, action=Stop(1)), True),
    ],
)
def test_what_a_step_does_is_hashed_and_how_it_is_told_is_not(change: Callable[[Step], Step], is_edited: bool) -> None:
    step = replace(step_of(PLAN, "11a"), actors=("hiring", "bonuses"))
    assert (step_hash(change(step), PLAN) != step_hash(step, PLAN)) is is_edited


def test_another_plan_hash_costs_nothing_that_was_proved() -> None:
    pair = (moved("1", "ready", "open", plan=HASH), moved("1", "open", "done", plan=PLAN_HASH))
    assert states(folded(*pair))["1"] is State.DONE


def test_an_inserted_step_is_ready_and_its_followers_stay_done() -> None:
    progress = folded(moved("6", "ready", "open"), moved("6", "open", "done"), moved("7", "ready", "open"))
    new = Step("6a", Release(), ("hiring",), needs=("6",), needs_written=True)
    steps = [*PLAN.steps]
    steps.insert(steps.index(step_of(PLAN, "7")), new)
    found = states(progress, replace(PLAN, steps=tuple(steps)))
    assert (found["6"], found["6a"], found["7"]) == (State.DONE, State.READY, State.OPEN)


def test_what_a_step_stands_on_are_its_needs_and_theirs() -> None:
    assert [step.id for step in behind(step_of(PLAN, "11a"), PLAN)] == ["5", "6", "7", "9", "10", "11"]
    assert behind(step_of(PLAN, "5"), PLAN) == ()


@given(st.lists(st.tuples(st.sampled_from(["1", "2", "5"]), st.sampled_from(["ready", "open", "done"]), st.sampled_from(["open", "done", "back"])), max_size=12))  # fmt: skip
def test_any_advances_fold_to_one_chain_per_step(made: list[tuple[str, str, str]]) -> None:
    pairs = {("ready", "open"), ("open", "done"), ("ready", "done"), ("open", "back"), ("done", "back")}
    progress = folded(*(moved(*each) for each in made if each[1:] in pairs))
    for step in ("1", "2", "5"):
        at = "ready"
        for each in progress.advances:
            if each.step == step:
                assert each.start == at
                at = "ready" if each.to == "back" else each.to
        assert (step in progress.done()) is (at == "done")
        assert (step in progress.begun()) is (at in ("open", "done"))


# BA1 on progress.


def told(seen: Seen, step: str, check: str, part: Part = Part.GATE) -> tuple[Answer, str]:
    (found,) = [each for each in decided(seen, step, part).checks if each.id == check]
    return found.answer, found.what


def with_progress(seen: Seen, change: Callable[[tuple[Advance, ...]], tuple[Advance, ...]]) -> Seen:
    assert isinstance(seen.records.progress, Progress)
    return replace(seen, records=replace(seen.records, progress=Progress(change(seen.records.progress.advances))))


def test_a_step_far_behind_that_was_edited_blocks() -> None:
    seen = with_progress(
        fine(U160, "14", Part.GATE),
        lambda known: tuple(replace(x, step_hash=HASH) if x.step == "7" else x for x in known),
    )
    assert "7" not in step_of(PLAN, "14").needs
    what = "has another step 7 than the one that was done; it has to be proved again"
    assert told(seen, "14", "BA1") == (Answer.BLOCKED, what)


def test_an_edited_step_that_nothing_here_stands_on_does_not() -> None:
    seen = with_progress(
        fine(U160, "5", Part.GATE),
        lambda known: tuple(replace(x, step_hash=HASH) if x.step == "1" else x for x in known),
    )
    assert told(seen, "5", "BA1")[0] is Answer.PASS


@pytest.mark.parametrize("to", ["open", "done"])
def test_a_step_that_left_the_plan_after_it_was_begun_blocks(to: str) -> None:
    lost = Advance("3b", HASH, "open" if to == "done" else "ready", to, NOW, 99)
    seen = with_progress(fine(U160, "14", Part.GATE), lambda known: (*known, lost))
    assert told(seen, "14", "BA1") == (Answer.BLOCKED, "has no step 3b any more, which was opened or done")
    taken_back = replace(lost, start=to, to="back", number=100)
    seen = with_progress(seen, lambda known: (*known, taken_back))
    assert told(seen, "14", "BA1")[0] is Answer.PASS


def test_what_is_missing_is_named() -> None:
    seen = with_progress(fine(U160, "14", Part.GATE), lambda known: tuple(x for x in known if x.step != "11a"))
    assert told(seen, "14", "BA1") == (Answer.BLOCKED, "needs 11a before step 14, not done yet")


# Holding on before something ends.


def test_a_drain_that_was_edited_since_does_not_count_for_the_hold() -> None:
    seen = with_progress(
        fine(U160, "18", Part.GATE),
        lambda known: tuple(replace(x, step_hash=HASH) if x.step == "15" else x for x in known),
    )
    assert told(seen, "18", "DE3") == (Answer.BLOCKED, "is not done")


@pytest.mark.parametrize(
    ("ago", "answer"), [(timedelta(days=15), Answer.PASS), (timedelta(days=13), Answer.BLOCKED), (-timedelta(days=30), Answer.BLOCKED)]
)  # fmt: skip
def test_the_hold_counts_from_the_drain(ago: timedelta, answer: Answer) -> None:
    seen = with_progress(
        fine(U160, "18", Part.GATE),
        lambda known: tuple(replace(x, at=NOW - ago) if x.step == "15" else x for x in known),
    )
    assert told(seen, "18", "DE3")[0] is answer


def test_a_later_end_is_not_waited_for() -> None:
    """A caller may lose its code while another one still calls: what comes later in the plan is not asked."""
    plan, _ = plan_of("comm-010-manager-to-event")
    seen = fine("comm-010-manager-to-event", "6", Part.GATE)
    late = replace(step_of(plan, "4"), id="9")
    seen = replace(seen, merged=replace(seen.merged, plan=replace(plan, steps=(*plan.steps, late))))
    assert told(seen, "6", "DE3")[0] is Answer.PASS


def test_a_drain_goes_from_ready_to_done() -> None:
    step = step_of(PLAN, "15")
    assert isinstance(step.action, Drain)
    assert states(folded(moved("15", "ready", "done")))["15"] is State.DONE


# Approvals.


def approved(*changes: Callable[[Approval], Approval]) -> tuple[Answer, str]:
    """DE7 of a step that asks for two, with the fine approvals changed one by one."""
    seen = fine(C060, "6", Part.GATE)
    mine = [change(each) for change, each in zip(changes, seen.merged.approvals, strict=True)]
    return told(replace(seen, merged=replace(seen.merged, approvals=tuple(mine))), "6", "DE7")


def same(approval: Approval) -> Approval:
    return approval


def test_two_people_are_enough() -> None:
    assert approved(same, same) == (Answer.PASS, "is approved by approver-0, approver-1")


@pytest.mark.parametrize(
    "change",
    [
        lambda x: replace(x, approver="approver-0"),
        lambda x: replace(x, plan="sha256:" + "11" * 32),
        lambda x: replace(x, at=NOW - timedelta(hours=73)),
        lambda x: replace(x, at=NOW + timedelta(minutes=6)),
        lambda x: replace(x, team="team-hiring"),
        lambda x: replace(x, env="staging"),
        lambda x: replace(x, step="5"),
        lambda x: replace(x, migration=U160),
    ],
    ids=["same person", "another plan", "aged", "from the future", "another team", "another environment", "another step", "another migration"],
)  # fmt: skip
def test_an_approval_that_does_not_count(change: Callable[[Approval], Approval]) -> None:
    answer, what = approved(same, change)
    assert answer is Answer.BLOCKED
    assert what.startswith("has 1 of 2 approvals")


def test_an_approval_just_in_time_counts() -> None:
    assert approved(same, lambda x: replace(x, at=NOW - timedelta(hours=72)))[0] is Answer.PASS
    assert approved(same, lambda x: replace(x, at=NOW + timedelta(minutes=4)))[0] is Answer.PASS


@pytest.mark.parametrize(("signed", "answer"), [("b@x", Answer.PASS), ("", Answer.UNKNOWN), (None, Answer.UNKNOWN)])
def test_where_signatures_count_each_has_to_be_verified(signed: str | None, answer: Answer) -> None:
    seen = fine(C060, "6", Part.GATE)
    plan = replace(seen.plan, approvals=replace(seen.plan.approvals, verify="signed"))
    one, two = seen.merged.approvals
    approvals = (replace(one, signed="a@x"), replace(two, signed=signed))
    seen = replace(seen, merged=replace(seen.merged, plan=plan, approvals=approvals))
    assert told(seen, "6", "DE7")[0] is answer


def test_approvals_are_asked_for_where_the_plan_says_so() -> None:
    seen = fine(C060, "6", Part.GATE)
    plan = replace(seen.plan, approvals=replace(seen.plan.approvals, environments=("staging",)))
    seen = replace(seen, merged=replace(seen.merged, plan=plan, approvals=()))
    assert told(seen, "6", "DE7") == (Answer.NOT_APPLICABLE, "asks for approvals in staging only")


# Attestations.


def attested(*said: Attestation | Callable[[Attestation], Attestation]) -> tuple[Answer, str]:
    """The probe of step 6 of COMM-060 that asks for a statement, with these statements, oldest first."""
    seen = fine(C060, "6", Part.GATE)
    (probe,) = step_of(seen.plan, "6").gate
    known = dict(seen.records.attestations)["team-bonuses"]
    (mine,) = [each for each in known if each.statement == probe.source.statement]
    made = tuple(each(mine) if callable(each) else each for each in said)
    seen = replace(seen, records=replace(seen.records, attestations={"team-bonuses": made}))
    return told(seen, "6", "probe")


def test_a_statement_counts_as_long_as_the_plan_says() -> None:
    assert attested(lambda x: x)[0] is Answer.PASS
    assert attested(lambda x: replace(x, at=NOW - timedelta(days=7)))[0] is Answer.PASS
    assert attested(lambda x: replace(x, at=NOW - timedelta(days=7, seconds=1)))[0] is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (lambda x: replace(x, holds=False), Answer.BLOCKED),
        (lambda x: replace(x, at=NOW + timedelta(minutes=6)), Answer.UNKNOWN),
        (lambda x: replace(x, at=NOW + timedelta(minutes=4)), Answer.PASS),
        (lambda x: replace(x, expires=date(2026, 11, 22)), Answer.UNKNOWN),
        (lambda x: replace(x, expires=date(2026, 11, 23)), Answer.PASS),
        (lambda x: replace(x, statement="something else"), Answer.UNKNOWN),
        (lambda x: replace(x, team="platform"), Answer.PASS),
    ],
    ids=["no", "future", "clocks differ", "expired", "last day", "another", "the stream tells the team"],
)
def test_what_a_statement_comes_to(change: Callable[[Attestation], Attestation], answer: Answer) -> None:
    assert attested(change)[0] is answer


def test_the_newest_statement_counts() -> None:
    old = timedelta(hours=2)
    assert attested(lambda x: replace(x, at=NOW - old), lambda x: replace(x, holds=False))[0] is Answer.BLOCKED
    assert attested(lambda x: replace(x, holds=False, at=NOW - old), lambda x: x)[0] is Answer.PASS


def test_nothing_stated_and_nothing_readable_are_unknown() -> None:
    assert attested()[0] is Answer.UNKNOWN
    seen = fine(C060, "6", Part.GATE)
    for lost in (Unknown("gone"), {"team-bonuses": Unknown("gone")}, {}):
        records = replace(seen.records, attestations=lost)
        assert told(replace(seen, records=records), "6", "probe")[0] is Answer.UNKNOWN


@pytest.mark.parametrize(
    "asked_by",
    [
        f"{U160} 14 CO3 other.group",
        f"{U160} 11a CO3 hiring.assessment",
        f"{C060} 14 CO3 hiring.assessment",
        "CO3",
        None,
    ],
)
def test_a_statement_for_another_question_does_not_answer_a_check(asked_by: str | None) -> None:
    seen = fine(U160, "14", Part.GATE, observed=False)
    right = f"{U160} 14 CO3 hiring.assessment"
    said = {
        team: tuple(replace(x, asked_by=asked_by) if x.asked_by == right else x for x in each)
        for team, each in dict(seen.records.attestations).items()
    }
    assert told(seen, "14", "CO3")[0] is Answer.ATTESTED
    assert told(replace(seen, records=replace(seen.records, attestations=said)), "14", "CO3")[0] is Answer.UNKNOWN


# Waivers.

WAIVER = Waiver(U160, "14", "CO1", "production", "it is fine", "a.petrova", date(2026, 12, 15), "hiring")


def without_hiring(seen: Seen) -> Seen:
    recorded = {name: each for name, each in dict(seen.place.recorded).items() if name != "hiring"}
    return replace(seen, place=replace(seen.place, recorded=recorded))


def waived(*waivers: Waiver, step: str = "14") -> list[Check]:
    """The checks that a waiver was found for, where hiring's deployment is not recorded."""
    seen = without_hiring(fine(U160, step, Part.GATE))
    seen = replace(seen, merged=replace(seen.merged, waivers=waivers))
    return [each for each in decided(seen, step, Part.GATE).checks if each.waiver is not None]


def test_a_waiver_takes_one_answer_out_of_the_count_and_stays_in_sight() -> None:
    (check,) = waived(WAIVER)
    assert (check.id, check.target, check.answer, check.waiver) == ("CO1", "hiring", Answer.UNKNOWN, WAIVER)
    assert not check.stands_in_the_way
    assert waived(replace(WAIVER, expires=date(2026, 11, 23))), "its last day counts"
    assert waived(replace(WAIVER, target=None))


@pytest.mark.parametrize(
    "change",
    [
        {"expires": date(2026, 11, 22)},
        {"target": "bonuses"},
        {"step": "11a"},
        {"env": "staging"},
        {"check": "CO2"},
        {"migration": C060},
        {"target": ""},
    ],
    ids=str,
)
def test_a_waiver_of_something_else_does_not_count(change: dict[str, object]) -> None:
    assert not [each for each in waived(replace(WAIVER, **change)) if each.id == "CO1"]


def test_what_passes_needs_no_waiver() -> None:
    seen = fine(U160, "14", Part.GATE)
    seen = replace(seen, merged=replace(seen.merged, waivers=(WAIVER,)))
    assert all(each.waiver is None for each in decided(seen, "14", Part.GATE).checks)


@pytest.mark.parametrize("check", sorted(NEVER))
def test_some_checks_admit_no_waiver(check: str) -> None:
    lost = replace(fine(U160, "15", Part.GATE), outside=replace(fine(U160, "15", Part.GATE).outside, brokers={}))
    lost = replace(
        lost,
        merged=replace(lost.merged, mistakes=("x",), waivers=(replace(WAIVER, step="15", check=check, target=None),)),
    )
    assert all(each.waiver is None for each in decided(lost, "15", Part.GATE).checks)


def test_an_irreversible_step_admits_no_waiver() -> None:
    seen = without_hiring(fine(U160, "17", Part.GATE))
    everything = [
        replace(WAIVER, step="17", check=each.id, target=None) for each in decided(seen, "17", Part.GATE).checks
    ]
    seen = replace(seen, merged=replace(seen.merged, waivers=tuple(everything)))
    assert all(each.waiver is None for each in decided(seen, "17", Part.GATE).checks)


# The hash of what was seen.


def test_the_same_facts_have_the_same_hash_whatever_the_clock_says() -> None:
    one, two = fine(U160, "14", Part.GATE), fine(U160, "14", Part.GATE)
    assert evidence(one) == evidence(two)
    assert evidence(replace(one, now=NOW + timedelta(minutes=3))) == evidence(one)
    later = {probe: replace(each, at=NOW) for probe, each in one.outside.measured.items()}
    assert evidence(replace(one, outside=replace(one.outside, measured=later))) == evidence(one)
    other = {probe: replace(each, value=float("inf")) for probe, each in one.outside.measured.items()}
    assert evidence(replace(one, outside=replace(one.outside, measured=other))) != evidence(one)
    assert evidence(without_hiring(one)) != evidence(one)
