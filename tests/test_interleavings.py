"""Gates at run time against the simulation of plans: steps that gates permit, in any order, break no rule.

A small world follows the model: a step is asked for at any moment; what its gate permits is opened, then done, then
proved. What this version cannot see (records on topics) the world answers itself, truthfully.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gating
from gating import NOW, SCANS, World, answer_of, in_environments, in_the_way, plan_of
from migrating import PLANS
from schemagate.rollout.asked import Part
from schemagate.rollout.changes import changes
from schemagate.rollout.decide import decide
from schemagate.rollout.decision import Answer, Decision
from schemagate.rollout.invariants import RULES, Moment, breaches
from schemagate.rollout.model import Model, Surroundings, after, start
from schemagate.rollout.plan import (
    Backfill,
    DeleteTopic,
    Do,
    Drain,
    Plan,
    Register,
    Release,
    Retire,
    Step,
    Stop,
    SwitchOn,
)
from schemagate.rollout.progress import Advance, Progress, State, missing, state_of, step_hash
from schemagate.rollout.seen import Seen
from schemagate.rollout.simulate import simulate
from test_simulation import loosened, plans

SAFETY = {rule.id for rule in RULES}


class Life:
    """A migration in production: what was recorded, what was done, and whether a rule was broken."""

    def __init__(self, plan: Plan, around: Surroundings, mistakes: tuple[str, ...] = ()) -> None:
        self.plan, self.around, self.mistakes = plan, around, mistakes
        self.model: Model = start(plan, around)
        self.progress = Progress()
        self.worked: set[str] = set()
        self.broken: list[tuple[str, str]] = []

    def __repr__(self) -> str:
        return f"{self.plan.id}: {[(step.id, step.action, step.needs) for step in self.plan.steps]}"

    def seen(self, step: Step, part: Part) -> Seen:
        done = [
            gating.advance(each, self.plan, 2 * number, NOW - timedelta(days=90))
            for number, each in enumerate(self.plan.steps)
        ]
        staging = Progress(tuple(advance for pair in done for advance in pair))
        world = World(self.plan, self.around, self.model, self.progress, staging)
        return gating.seen(world, step, part, mistakes=self.mistakes)

    def permits(self, step: Step, part: Part) -> tuple[bool, Decision]:
        """What nobody can see counts as the world knows it."""
        decision = decide(step, part, self.seen(step, part))
        left = {check.id for check in in_the_way(decision)}
        return left <= SCANS and all(self.knows(check, step) for check in left), decision

    def knows(self, check: str, step: Step) -> bool:
        """What a scan of topics would show."""
        plan, model = self.plan, self.model
        if check in ("DR1", "DR2") and isinstance(step.action, Release | Stop):
            return plan.old_version is None or not model.emitters(plan.old_version)
        going = step.action.version if isinstance(step.action, Drain | Retire) else plan.old_version
        if check.startswith("DR") or check == "DE4":
            quiet = going is None or not model.emitters(going)
            return quiet and (isinstance(step.action, Drain) or going not in model.unread)
        if check == "DE6":
            return isinstance(step.action, DeleteTopic) and not self.around.shared.get(step.action.topic)
        if check == "CL1":
            return isinstance(step.action, DeleteTopic) and step.action.topic in model.gone
        return True

    def advance(self, step: Step, to: str) -> None:
        known = self.progress.advances
        begun = str(state_of(step, self.plan, self.progress))
        at = NOW - timedelta(days=60) + timedelta(minutes=len(known))
        new = Advance(step.id, step_hash(step, self.plan), begun, to, at, len(known) + 1)
        self.progress = Progress((*known, new))

    def work(self, step: Step) -> None:
        """What the step says is done, once."""
        if step.id in self.worked:
            return
        self.worked.add(step.id)
        later = after(self.model, step, self.plan)
        moment = Moment(self.plan, self.around, (), self.model, step, later)
        self.broken += [(step.id, each.rule) for each in breaches(moment) if each.rule in SAFETY]
        self.model = later

    def ask(self, step: Step) -> None:
        """Somebody tries to take the step further."""
        match state_of(step, self.plan, self.progress):
            case State.DONE:
                return
            case State.OPEN:
                if self.permits(step, Part.EVIDENCE)[0]:
                    self.advance(step, "done")
            case State.WAITING:
                permitted, decision = self.permits(step, Part.GATE)
                assert not permitted
                assert answer_of(decision, "BA1") is Answer.BLOCKED
                assert decision.answer is Answer.BLOCKED
            case State.READY:
                if self.permits(step, Part.GATE)[0]:
                    drained = isinstance(step.action, Drain)
                    self.advance(step, "done" if drained else "open")
                    if drained:
                        self.work(step)


def clean(plan: Plan, around: Surroundings) -> bool:
    """As far as it matters here: it can work, and its steps name its own versions (MG01)."""
    outcome = simulate(plan, around)
    named = {step.action.version for step in plan.steps if isinstance(step.action, NAMING)}
    return not outcome.refused and outcome.complete and named <= {*plan.versions}


NAMING = (Register, SwitchOn, Stop, Drain, Retire)


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Plans that lint takes, with few needs; where a draw is refused, one of the repository's."""
    plan, around = draw(loosened() | plans())
    if not clean(plan, around) or not plan.steps:
        plan, around = plan_of(draw(st.sampled_from(sorted(PLANS))))
    return Life(in_environments(plan), around)


@given(lives(), st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=40))
def test_what_gates_permit_in_any_order_breaks_no_rule(life: Life, moves: list[tuple[int, bool]]) -> None:
    for number, works in moves:
        step = life.plan.steps[number % len(life.plan.steps)]
        if works and state_of(step, life.plan, life.progress) is State.OPEN:
            life.work(step)
        else:
            life.ask(step)
        assert not life.broken


@pytest.mark.parametrize("id_", PLANS)
def test_the_plans_of_the_repository_can_be_walked_to_their_end(id_: str) -> None:
    life = Life(*plan_of(id_))
    for step in life.plan.steps:
        for _ in range(2):
            life.ask(step)
            if state_of(step, life.plan, life.progress) is State.OPEN:
                life.work(step)
        assert state_of(step, life.plan, life.progress) is State.DONE, step.id
    assert not life.broken


UNFINISHED = ("has no probe", "asks for the manifest", "nothing would show")
"""What a plan whose steps were drawn lacks; lint asks for it (MG16, MG22)."""


@given(lives())
def test_a_plan_that_lint_takes_can_be_walked_unless_a_probe_is_missing(life: Life) -> None:
    """No dead ends: in the listed order each step is permitted, and proved once it was done."""
    for step in life.plan.steps:
        for part in Part:
            permitted, decision = life.permits(step, part)
            if not permitted:
                told = {check.what for check in in_the_way(decision) if check.id not in SCANS}
                assert all(any(why in what for why in UNFINISHED) for what in told), (step, told)
            if part is Part.GATE:
                life.advance(step, "done" if isinstance(step.action, Drain) else "open")
                life.work(step)
        if not isinstance(step.action, Drain):
            life.advance(step, "done")


@given(plans() | loosened())
def test_a_plan_that_lint_refuses_is_never_permitted(made: tuple[Plan, Surroundings]) -> None:
    plan, around = made
    outcome = simulate(plan, around)
    life = Life(in_environments(plan), around, tuple(each.message for each in outcome.refused))
    for step in life.plan.steps if outcome.refused else ():
        for part in Part:
            permitted, decision = life.permits(step, part)
            assert not permitted
            assert answer_of(decision, "BA1") is Answer.BLOCKED


@given(lives(), st.data())
def test_orders_that_needs_forbid_are_blocked(life: Life, data: st.DataObject) -> None:
    steps = life.plan.steps
    last = data.draw(st.integers(0, len(steps) - 1))
    for step in steps[:last]:
        life.work(step)
        if data.draw(st.booleans()):
            life.advance(step, "open")
            life.advance(step, "done")
    step = steps[last]
    decision = decide(step, Part.GATE, life.seen(step, Part.GATE))
    is_blocked = bool(missing(step, life.plan, life.progress))
    assert (answer_of(decision, "BA1") is Answer.BLOCKED) is is_blocked
    assert set(step.needs) <= set(life.progress.done()) or is_blocked


def emits(plan: Plan, step: Step) -> bool:
    """It lets a version flow that did not."""
    action = step.action
    if isinstance(action, Backfill):
        return action.how == "emit"
    return isinstance(action, SwitchOn) or (
        isinstance(action, Release) and changes(plan)[step.id].gains_emission and action.flag is None
    )


@given(plans() | loosened(), st.data())
def test_gates_alone_keep_what_nobody_reads_from_being_emitted(
    made: tuple[Plan, Surroundings], data: st.DataObject
) -> None:
    """Whatever the plan says of orders: without lint and without needs a version is emitted to readers only."""
    plan, around = made
    loose = tuple(replace(step, needs=(), needs_written=True) for step in plan.steps)
    life = Life(in_environments(replace(plan, steps=loose)), around)
    for step in data.draw(st.permutations(life.plan.steps)):
        later = after(life.model, step, life.plan)
        new = {number for _, number in later.emits - life.model.emits}
        if emits(life.plan, step) and new and life.permits(step, Part.GATE)[0]:
            coming = step.action.version if isinstance(step.action, SwitchOn) else life.plan.new_version
            assert {(name, coming) for name in life.plan.readers} <= later.reads
        life.work(step)


EMITTING = [(id_, step.id) for id_ in PLANS for plan in [plan_of(id_)[0]] for step in plan.steps if emits(plan, step)]


@pytest.mark.parametrize(("id_", "step"), EMITTING)
@pytest.mark.parametrize("instances", [1, 2])
def test_a_consumer_that_was_rolled_back_closes_the_gate(id_: str, step: str, instances: int) -> None:
    """The records of steps say that it was released; what runs counts."""
    seen = gating.fine(id_, step, Part.GATE)
    plan = seen.plan
    for consumer in plan.consumers:
        running = dict(seen.place.recorded)[consumer.service]
        manifest = running.instances[0].manifest
        older = replace(manifest, consumes=tuple(
            replace(each, versions=(7,)) if each.event == plan.event else each for each in manifest.consumes
        ))  # fmt: skip
        back = gating.running(older).instances
        found = replace(running, instances=(*back[:instances], *running.instances[instances:]))
        recorded = {**dict(seen.place.recorded), consumer.service: found}
        decision = gating.decided(replace(seen, place=replace(seen.place, recorded=recorded)), step, Part.GATE)
        assert answer_of(decision, "CO1") is Answer.BLOCKED


@pytest.mark.parametrize("id_", PLANS)
def test_what_was_not_done_is_not_proved(id_: str) -> None:
    """A step that is open, and whose work nobody did, is not done by its evidence, as far as anything shows."""
    life = Life(*plan_of(id_))
    for step in life.plan.steps:
        life.advance(step, "done" if isinstance(step.action, Drain) else "open")
        shows = after(life.model, step, life.plan)
        visible = (shows.registered, shows.reads, shows.shadow, shows.served, shows.coded) != (
            life.model.registered,
            life.model.reads,
            life.model.shadow,
            life.model.served,
            life.model.coded,
        )
        if visible and not isinstance(step.action, Do | Retire):
            assert not life.permits(step, Part.EVIDENCE)[0], step
        life.work(step)
        if not isinstance(step.action, Drain):
            life.advance(step, "done")


def test_releases_of_one_service_keep_their_order_whatever_they_need() -> None:
    """The simulation counts on it, and so gates hold to it."""
    plan, around = plan_of("us-170-manager-v2")
    loose = tuple(replace(each, needs=(), needs_written=True) if each.id in ("2", "6") else each for each in plan.steps)
    life = Life(replace(plan, steps=loose), around)
    later = gating.step_of(life.plan, "6")
    assert state_of(later, life.plan, life.progress) is State.WAITING
    decision = decide(later, Part.GATE, life.seen(later, Part.GATE))
    (told,) = [each for each in decision.checks if each.id == "BA1"]
    assert (told.answer, told.what) == (Answer.BLOCKED, "needs 2 before step 6, not done yet")
