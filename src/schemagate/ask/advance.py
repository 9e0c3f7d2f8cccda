"""How does a step of a migration take its next state? On its gate or its evidence, recorded by compare-and-set.

The records are read, the question is put, and one more record is added behind them; whoever loses the race begins
again. What another one did meanwhile is told, never done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemagate import __version__
from schemagate.ask.inquiry import Inquiry
from schemagate.ask.record import actor_of, refuse_unfit, sound
from schemagate.ask.recorded import seen
from schemagate.ask.steps import StepReport, look, step_of
from schemagate.errors import Refused
from schemagate.facts import Unknown
from schemagate.project import records as branch
from schemagate.rollout.changes import changes, irreversible
from schemagate.rollout.checks import running
from schemagate.rollout.decision import Answer, Check, Decision
from schemagate.rollout.plan import Drain, Step, Stop
from schemagate.rollout.progress import BACK, Progress, State, behind, fold, state_of, step_hash
from schemagate.rollout.records import Actor, Claim, Record, following
from schemagate.rollout.seen import Outside, evidence


@dataclass(frozen=True, slots=True)
class Advanced:
    """What the step came to. `record` is None where it is what it was, `report` (the decision) where none was made.

    `before` tells that it was recorded already.
    """

    step: Step
    start: State
    to: str | None
    environment: str
    report: StepReport | None
    record: Record | None
    before: bool = False


class _Stopped(Exception):
    """The decision is not a pass, so nothing is added."""

    def __init__(self, report: StepReport) -> None:
        super().__init__()
        self.report = report


_AT_LEAST: Final = {State.OPEN: (State.OPEN, State.DONE), State.DONE: (State.DONE,)}


def advance(inquiry: Inquiry, wanted: str, to: State | None = None) -> Advanced:
    """Take a step from ready to open, or from open to done; a drain, which only waits, from ready to done.

    With `to` the step has this state in the end, or none is recorded: whoever finds it there adds nothing. Raises
    UsageError for a step that is not there, Refused for one that is done, or that somebody took meanwhile, NoAnswer
    where the records cannot be read or reached.
    """
    step = step_of(inquiry.plan, wanted)
    who, ask = actor_of(inquiry.git, inquiry.environ), look(inquiry, step)
    started: list[State] = []  # the first reading counts: after a lost race the step must be where it was
    made: list[Advanced] = []

    def prepare(snapshot: branch.Snapshot) -> branch.Addition | None:
        records = sound(inquiry.stream, snapshot)
        progress = fold(records)
        state = state_of(step, inquiry.plan, progress)
        last = progress.last(step.id)
        if last is not None and to is not None and state in _AT_LEAST[to]:
            record = records[last.number - 1]
            made.append(Advanced(step, State(last.start), state, inquiry.environment.name, None, record, before=True))
            return None
        started.append(state)
        _refuse_other_state(step, started[0], state, to, progress)
        report = ask(snapshot)
        if report.decision.answer is not Answer.PASS:
            raise _Stopped(report)
        to_be = _next(step, state)
        record, addition = _addition(
            inquiry, who, records, _body(inquiry, step, (state, to_be), report.evidence, report.decision)
        )
        made.append(Advanced(step, state, to_be, inquiry.environment.name, report, record))
        return addition

    try:
        branch.append(inquiry.git, inquiry.project.config.state, inquiry.folders, prepare, at=inquiry.clock())
    except _Stopped as stopped:
        return Advanced(step, started[0], None, inquiry.environment.name, stopped.report, None)
    return made[-1]


def _refuse_other_state(step: Step, first: State, now: State, to: State | None, progress: Progress) -> None:
    if now is not first:
        raise Refused(f"step {step.id} is {now} now: {_last(progress, step)}; nothing was recorded")
    if now is State.DONE:
        raise Refused(f"step {step.id} is done: {_last(progress, step)}")
    if to is not None and _next(step, now) is not to:
        raise Refused(f"step {step.id} is {now}, and comes to {_next(step, now)} next, not to {to}")


def back(inquiry: Inquiry, wanted: str) -> Advanced:
    """Take a step back, as if nobody had opened it: one that is open, or the newest that is done.

    Raises Refused where that would break what other steps, or running consumers, rely on.
    """
    step, who = step_of(inquiry.plan, wanted), actor_of(inquiry.git, inquiry.environ)
    made: list[tuple[State, Record]] = []

    def prepare(snapshot: branch.Snapshot) -> branch.Addition:
        records = sound(inquiry.stream, snapshot)
        found, progress = seen(inquiry, snapshot, Outside(), step), fold(records)
        last = progress.last(step.id)
        if last is None:
            raise Refused(f"step {step.id} is neither open nor done")
        state = State(last.to)
        _refuse_way_back(inquiry, step, state, progress)
        _refuse_without_readers(inquiry, step, lambda service: running.of(found, service))
        body = _body(inquiry, step, (state, BACK), evidence(found), Decision(()))
        record, addition = _addition(inquiry, who, records, body)
        made.append((state, record))
        return addition

    branch.append(inquiry.git, inquiry.project.config.state, inquiry.folders, prepare, at=inquiry.clock())
    state, record = made[-1]
    return Advanced(step, state, BACK, inquiry.environment.name, None, record)


def _refuse_way_back(inquiry: Inquiry, step: Step, state: State, progress: Progress) -> None:
    opened = [x for x in inquiry.plan.steps if _is_open(x, progress) and step in behind(x, inquiry.plan)]
    if opened:
        raise Refused(f"step {opened[0].id} is open, and needs step {step.id}", next_step=_back(inquiry, opened[0].id))
    if state is not State.DONE:
        return
    if step.id in irreversible(inquiry.plan):
        raise Refused(f"step {step} cannot be taken back")
    newest = progress.done()[-1]
    if newest != step.id:
        raise Refused(f"step {newest} was done after step {step.id}", next_step=_back(inquiry, newest))


def _is_open(step: Step, progress: Progress) -> bool:
    last = progress.last(step.id)
    return last is not None and last.to == State.OPEN


def _refuse_without_readers(
    inquiry: Inquiry, step: Step, running_of: Callable[[str], tuple[running.Running, ...] | Unknown]
) -> None:
    """Behind a stop or a drain the old version flows again, and whoever runs has to read it still."""
    plan = inquiry.plan
    if not isinstance(step.action, Stop | Drain) and not changes(plan)[step.id].loses_emission:
        return
    for service in plan.readers:
        found = running_of(service)
        if isinstance(found, Unknown):
            raise Refused(f"whether {service} still reads version {plan.old_version} is not known: {found.reason}")
        for each in found:
            mine = [consumption for consumption in each.manifest.consumes if consumption.event == plan.event]
            if not any(plan.old_version in consumption.versions for consumption in mine):
                raise Refused(f"{service} does not read version {plan.old_version} any more, {each}")


def _back(inquiry: Inquiry, step: str) -> str:
    return f"schemagate migration advance {inquiry.plan.id} {step} --env {inquiry.environment.name} --back"


def _next(step: Step, state: State) -> State:
    return State.DONE if state is State.OPEN or isinstance(step.action, Drain) else State.OPEN


def _last(progress: Progress, step: Step) -> str:
    last = progress.last(step.id)
    return "somebody took it back" if last is None else f"{last.by} took it there {last.at:%Y-%m-%d %H:%MZ}"


def _body(inquiry: Inquiry, step: Step, way: tuple[State, str], seen_hash: str, decision: Decision) -> dict[str, Any]:
    return {
        "step": step.id,
        "step_hash": step_hash(step, inquiry.plan),
        "commit": inquiry.commit,
        "from": str(way[0]),
        "to": str(way[1]),
        "evidence": seen_hash,
        "checks": [_outcome(check) for check in decision.checks],
    }


def _outcome(check: Check) -> Mapping[str, str | None]:
    waived = check.waiver.owner if check.waiver is not None else None
    return {"id": check.id, "target": check.target, "answer": str(check.answer), "waived": waived}


def _addition(
    inquiry: Inquiry, who: Actor, records: tuple[Record, ...], body: dict[str, Any]
) -> tuple[Record, branch.Addition]:
    stream, tool = inquiry.stream, f"schemagate {__version__}"
    claim = Claim(
        "advance", stream.env, stream.subject, inquiry.clock(), who, tool, body, plan=inquiry.merged.plan_hash
    )
    refuse_unfit(claim)
    record, data = following(claim, records)
    message = f"step {body['step']} of {stream.subject} in {stream.env}: {body['from']} -> {body['to']}\n"
    return record, branch.Addition(record.file, data, message)
