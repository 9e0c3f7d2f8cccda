"""Is it time to end something for good, and is it gone?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemagate.facts import Measured, Unknown
from schemagate.rollout.asked import tables_of
from schemagate.rollout.checks.probed import aged
from schemagate.rollout.checks.question import Family, Question, span
from schemagate.rollout.decision import Answer, Check
from schemagate.rollout.plan import Drain, Step, SyncOff
from schemagate.rollout.progress import State, state_of


def _hold(question: Question) -> Iterator[Check]:
    """DE3: what came before the end (the drain, the call that went off) was done long enough ago."""
    owner, progress = question.plan.owner, question.seen.records.progress
    if isinstance(progress, Unknown):
        yield Check("DE3", "hold", Answer.UNKNOWN, progress.reason, None, progress.next_step, owner)
        return
    hold = timedelta(seconds=question.plan.limits.hold_before_delete)
    steps = question.plan.steps
    earlier = steps[: steps.index(question.step)] if question.step in steps else steps
    before = [step for step in earlier if isinstance(step.action, Drain | SyncOff)]
    if not before:
        what = "cannot be asked: before this step the plan drains nothing and switches no call off"
        yield Check("DE3", "hold", Answer.UNKNOWN, what, question.plan.file, "add the step to the plan", owner)
    for step in before:
        is_done = state_of(step, question.plan, progress) is State.DONE
        yield _held(question, step, progress.reached(step.id, State.DONE) if is_done else None, hold)


def _held(question: Question, step: Step, done: datetime | None, hold: timedelta) -> Check:
    owner, target = question.plan.owner, f"step {step.id}"
    if done is None:
        advance = question.plan.advance(step, question.environment)
        return Check("DE3", target, Answer.BLOCKED, "is not done", None, advance, owner)
    evidence = f"done {done:%Y-%m-%d %H:%MZ}"
    if question.seen.now - done < hold:
        what = f"was done {done:%Y-%m-%d %H:%MZ}, and {span(hold)} have to pass"
        return Check(
            "DE3", target, Answer.BLOCKED, what, None, f"wait until {done + hold:%Y-%m-%d %H:%MZ}", owner, evidence
        )
    return Check(
        "DE3", target, Answer.PASS, f"was done {span(question.seen.now - done)} ago", None, None, owner, evidence
    )


def _tables_gone(question: Question) -> Iterator[Check]:
    """CL3: the tables are gone, by the catalogue of their database."""
    owner, probe = ", ".join(map(question.owner, question.step.actors)), tables_of(question.plan, question.step)
    if probe is None:
        what = "cannot be looked for: the plan has no sql probe  tables_unread,  which would name their database"
        yield Check("CL3", "tables", Answer.UNKNOWN, what, question.plan.file, "add the probe", owner)
        return
    found = question.seen.outside.measured.get(probe, Unknown("nobody asked"))
    if not isinstance(found, Measured):
        step = found.next_step or "see that the database can be asked from here"
        yield Check("CL3", "tables", Answer.UNKNOWN, f"cannot be looked for: {found.reason}", None, step, owner)
    elif (why := aged(question, found.at)) is not None:
        yield Check("CL3", "tables", Answer.UNKNOWN, why, None, "ask again", owner)
    elif found.value == 0:
        evidence = f"catalogue of the database, read {found.at:%H:%M:%SZ}"
        yield Check("CL3", "tables", Answer.PASS, "are gone", None, None, owner, evidence)
    else:
        step = "drop them in a migration of the service"
        yield Check("CL3", "tables", Answer.BLOCKED, f"are not all gone: {found.value} still there", None, step, owner)


FAMILY: Family = {"DE3": _hold, "CL3": _tables_gone}
