"""How far is a migration in an environment, by its records?

A step is waiting (something that it needs is not done), ready, open (its gate was passed: a permission, granted before
the work is released) or done (proved). Each advance holds the hash of the step as it was: a step that was edited since
has to be proved again, while a step that was inserted costs nothing that was proved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from schemagate.rollout.plan import Plan, Step
from schemagate.rollout.records import Record, canonical, digest


class State(StrEnum):
    """Of one step in one environment."""

    WAITING = "waiting"
    READY = "ready"
    OPEN = "open"
    DONE = "done"


BACK = "back"
"""What an advance may lead to beside a state: the step is as if nobody had opened it."""


@dataclass(frozen=True, slots=True)
class Advance:
    """A step took its next state: from where, where to ("open", "done", "back"), when, recorded under which number.

    `step_hash` is that of the step as it was written then.
    """

    step: str
    step_hash: str
    start: str
    to: str
    at: datetime
    number: int
    by: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """All advances of a migration in an environment, oldest first; `head` is the digest of the newest record."""

    advances: tuple[Advance, ...] = ()
    head: str | None = None

    def of(self, step: str) -> tuple[Advance, ...]:
        """What happened to one step since it was last taken back."""
        since: list[Advance] = []
        for advance in self.advances:
            if advance.step == step:
                since = [] if advance.to == BACK else [*since, advance]
        return tuple(since)

    def last(self, step: str) -> Advance | None:
        """Its newest advance; None where it is as if nobody had opened it."""
        found = self.of(step)
        return found[-1] if found else None

    def reached(self, step: str, state: State) -> datetime | None:
        """When it was last opened, or done."""
        return next((each.at for each in reversed(self.of(step)) if each.to == state), None)

    def begun(self) -> list[str]:
        """The steps that are open or done, in the order in which they became it; those of an older plan too."""
        return self._newest(State.OPEN, State.DONE)

    def done(self) -> list[str]:
        """The steps that are done, in the order in which they became it; those of an older plan too."""
        return self._newest(State.DONE)

    def _newest(self, *states: State) -> list[str]:
        newest = {each.step: each for each in self.advances}
        found = [each for each in newest.values() if each.to in states]
        return [each.step for each in sorted(found, key=lambda each: each.number)]


def fold(records: Sequence[Record]) -> Progress:
    """What the records of a migration's stream come to: of two advances from one state the first counts."""
    advances: list[Advance] = []
    newest: dict[str, Advance] = {}
    for each in records:
        body = each.claim.body
        advance = Advance(
            body["step"], body["step_hash"], body["from"], body["to"], each.claim.at, each.number, each.claim.actor.name
        )
        if _follows(advance, newest.get(advance.step)):
            newest[advance.step] = advance
            advances.append(advance)
    return Progress(tuple(advances), records[-1].digest if records else None)


def _follows(advance: Advance, last: Advance | None) -> bool:
    """The step was where the advance starts. As another step than it was opened or done as, it can start anew only."""
    if last is None or last.to == BACK:
        return advance.start == State.READY
    if advance.step_hash != last.step_hash and advance.to != BACK:
        return advance.start == State.READY
    return advance.start == last.to


def step_hash(step: Step) -> str:
    """The hash of what a step does: kind, actors and own fields, a backfill's probe among them.

    Its title, its needs, and the probes of its gate and evidence may be edited freely.
    """
    return digest(canonical([step.kind, sorted(step.actors), _plain(asdict(step.action))]))


def edited(step: Step, progress: Progress) -> bool:
    """It was opened or done as something else than what the plan says now."""
    last = progress.last(step.id)
    return last is not None and last.step_hash != step_hash(step)


def state_of(step: Step, plan: Plan, progress: Progress) -> State:
    """The state of one of the plan's steps."""
    last = progress.last(step.id)
    if last is not None and not edited(step, progress):
        return State(last.to)
    return State.WAITING if missing(step, plan, progress) else State.READY


def missing(step: Step, plan: Plan, progress: Progress) -> tuple[Step, ...]:
    """The steps that it needs and that are not done."""
    needed = (plan.step(id_) for id_ in step.needs)
    return tuple(each for each in needed if each is not None and not _is_done(each, progress))


def behind(step: Step, plan: Plan) -> tuple[Step, ...]:
    """The steps that it stands on: those that it needs, those that these need, and so on, in the listed order."""
    found: set[str] = set()
    waiting = [*step.needs]
    while waiting:
        id_ = waiting.pop()
        if id_ not in found and (each := plan.step(id_)) is not None:
            found.add(id_)
            waiting += each.needs
    return tuple(each for each in plan.steps if each.id in found)


def _is_done(step: Step, progress: Progress) -> bool:
    last = progress.last(step.id)
    return last is not None and last.to == State.DONE and not edited(step, progress)


def current(plan: Plan, progress: Progress) -> Step | None:
    """The first step that is not done."""
    return next((step for step in plan.steps if not _is_done(step, progress)), None)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value
