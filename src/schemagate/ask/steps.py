"""May a migration take its next step in an environment, and has it taken the one that is open?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from schemagate.ask.inquiry import Inquiry
from schemagate.ask.recorded import look_up, progress_in, seen
from schemagate.ask.sight import outside
from schemagate.errors import NoAnswer, UsageError
from schemagate.facts import Unknown
from schemagate.project import records as branch
from schemagate.project import toml
from schemagate.rollout.asked import Part
from schemagate.rollout.changes import gates, irreversible
from schemagate.rollout.decide import decide, expired
from schemagate.rollout.decision import Answer, Decision
from schemagate.rollout.plan import Plan, Step
from schemagate.rollout.progress import Progress, State, state_of
from schemagate.rollout.seen import Outside, evidence
from schemagate.rollout.waivers import Waiver


@dataclass(frozen=True, slots=True)
class StepReport:
    """The decision about one part of a step; `state` is None where the records cannot be read.

    `evidence` is the hash of everything that was read, `plan_hash` that of the plan's file.
    """

    plan: Plan
    step: Step
    part: Part
    state: State | None
    environment: str
    decision: Decision
    evidence: str
    plan_hash: str
    at: datetime
    text_from: str
    gates: tuple[str, ...]
    final: bool
    ignored: tuple[str, ...] = ()
    expired: tuple[Waiver, ...] = ()
    """Waivers of this step that do not count any more."""

    @property
    def exit_code(self) -> int:
        """0 pass, 1 blocked, 3 unknown."""
        return {Answer.PASS: 0, Answer.BLOCKED: 1}.get(self.decision.answer, 3)


def gate_step(inquiry: Inquiry, wanted: str | None) -> StepReport:
    """Decide about the step of that id, or the first one that is not done (and has the gate of that name).

    Of a step that is waiting or ready its gate is asked, of one that is open or done its evidence. Raises UsageError
    for a name that the plan does not have, NoAnswer where records must be read to know which step is meant.
    """
    snapshot = look_up(inquiry)
    step = find_step(inquiry, wanted, progress_in(snapshot, inquiry.environment.name, inquiry.plan.id))
    return look(inquiry, step)(snapshot)


def look(inquiry: Inquiry, step: Step) -> Callable[[branch.Snapshot | Unknown], StepReport]:
    """A question about a step that can be put again when the records moved; servers are asked once for each part."""
    answered: dict[Part, Outside] = {}

    def report(snapshot: branch.Snapshot | Unknown) -> StepReport:
        progress = progress_in(snapshot, inquiry.environment.name, inquiry.plan.id)
        state = None if isinstance(progress, Unknown) else state_of(step, inquiry.plan, progress)
        part = Part.EVIDENCE if state in (State.OPEN, State.DONE) else Part.GATE
        if part not in answered:
            answered[part] = outside(inquiry, step, part)
        found = seen(inquiry, snapshot, answered[part], step)
        return StepReport(
            inquiry.plan,
            step,
            part,
            state,
            inquiry.environment.name,
            decide(step, part, found),
            evidence(found),
            inquiry.merged.plan_hash,
            found.now,
            found.place.text_from,
            gates(inquiry.plan)[step.id],
            step.id in irreversible(inquiry.plan),
            inquiry.ignored,
            expired(step, found),
        )

    return report


def step_of(plan: Plan, id_: str, gates_: tuple[str, ...] = ()) -> Step:
    """The step of that id; raises UsageError with the nearest one, or the nearest of some gates."""
    step = plan.step(id_)
    if step is None:
        raise UsageError(
            f"{plan.id} has no step {id_!r}{toml.nearest(id_, [*(each.id for each in plan.steps), *gates_])}"
        )
    return step


def find_step(inquiry: Inquiry, wanted: str | None, progress: Progress | Unknown) -> Step:
    """The step that a user means."""
    plan, of_gate = inquiry.plan, gates(inquiry.plan)
    if wanted is not None and not any(wanted in names for names in of_gate.values()):
        return step_of(plan, wanted, tuple(sorted({name for names in of_gate.values() for name in names})))
    if isinstance(progress, Unknown):
        raise NoAnswer(progress.reason, next_step=progress.next_step or "name a step")
    for step in plan.steps:
        asked = wanted is None or wanted in of_gate[step.id]
        if asked and state_of(step, plan, progress) is not State.DONE:
            return step
    what = "all steps are done" if wanted is None else f"all steps with the gate {wanted} are done"
    raise UsageError(f"{plan.id}: {what} in {inquiry.environment.name}", next_step="name a step to look at it again")
