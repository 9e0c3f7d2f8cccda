"""May a migration take its next step here? Pure: the same facts give the same answer.

What the plan asks is looked up in `asked`, each check answers for itself (`checks`), and the worst answer counts. A
waiver takes an answer out of the count, never out of sight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from schemagate.rollout import asked
from schemagate.rollout.asked import Part
from schemagate.rollout.changes import changes, irreversible
from schemagate.rollout.checks import CHECKS, probed
from schemagate.rollout.checks.question import Question
from schemagate.rollout.decision import Answer, Check, Decision
from schemagate.rollout.plan import Step
from schemagate.rollout.seen import Seen
from schemagate.rollout.waivers import NEVER, Waiver


def decide(step: Step, part: Part, seen: Seen) -> Decision:
    """Every check of one part of a step, in the order in which they are asked; the plan's own probes come last."""
    plan = seen.plan
    question = Question(seen, step, part, changes(plan)[step.id], step.id in irreversible(plan))
    found = list(_looked_at(question))
    if part is Part.EVIDENCE and not any(_shows_something(check) for check in found):
        found.append(_nothing_shows(question))
    return Decision(tuple(_waived(check, question) for check in found))


def _shows_something(check: Check) -> bool:
    """More than that the step is in its place."""
    return check.answer is not Answer.NOT_APPLICABLE and not check.id.startswith("BA")


def _nothing_shows(question: Question) -> Check:
    plan, step = question.plan, question.step
    what = f"is missing: nothing would show that step {step.id} was done"
    next_step = f"add a probe or an attestation to the evidence of step {step.id}"
    return Check("probe", "evidence", Answer.UNKNOWN, what, f"{plan.file}:{step.line}", next_step, plan.owner)


def _looked_at(question: Question) -> Iterator[Check]:
    for id_ in asked.checks(question.plan, question.step, question.part):
        found = list(CHECKS[id_](question))
        yield from found or [Check(id_, "", Answer.UNKNOWN, "nobody is there whom it could be asked about")]
    yield from probed.own(question)


def _waived(check: Check, question: Question) -> Check:
    """With the waiver that is in force for it, if it needs one and may have one."""
    if not check.stands_in_the_way or check.id in NEVER or question.final:
        return check
    for waiver in question.seen.merged.waivers:
        about = (waiver.migration, waiver.step, waiver.check, waiver.env)
        if about != (question.plan.id, question.step.id, check.id, question.environment):
            continue
        if waiver.target in (None, check.target) and not waiver.is_over(question.seen.now.date()):
            return replace(check, waiver=waiver)
    return check


def expired(step: Step, seen: Seen) -> tuple[Waiver, ...]:
    """The waivers of a step in this environment whose last day is over."""
    mine = (seen.plan.id, step.id, seen.place.environment)
    waivers = (each for each in seen.merged.waivers if (each.migration, each.step, each.env) == mine)
    return tuple(each for each in waivers if each.is_over(seen.now.date()))
