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
from functools import lru_cache

from schemagate.rollout.plan import CallSide, Do, EventSide, Plan, Step, releases_before
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


def step_hash(step: Step, plan: Plan) -> str:
    """The hash of what a step does: kind, actors, own fields (a backfill's probe among them), and to what.

    That is the plan's event with its old and its new side, for all kinds that act on them. The title, the needs, and
    the probes of gate and evidence may be edited freely.
    """
    return _hash(step, None if isinstance(step.action, Do) else (plan.event, plan.old, plan.new))


@lru_cache(maxsize=1024)  # asked for each of all steps that each of all steps needs
def _hash(step: Step, ground: tuple[str, EventSide | CallSide, EventSide | CallSide | None] | None) -> str:
    sides = None if ground is None else [ground[0], *(None if x is None else _plain(asdict(x)) for x in ground[1:])]
    return digest(canonical([step.kind, sorted(step.actors), _plain(asdict(step.action)), sides]))


def edited(step: Step, plan: Plan, progress: Progress) -> bool:
    """It was opened or done as something else than what the plan says now."""
    last = progress.last(step.id)
    return last is not None and last.step_hash != step_hash(step, plan)


def state_of(step: Step, plan: Plan, progress: Progress) -> State:
    """The state of one of the plan's steps."""
    last = progress.last(step.id)
    if last is not None and not edited(step, plan, progress):
        return State(last.to)
    return State.WAITING if missing(step, plan, progress) else State.READY


def missing(step: Step, plan: Plan, progress: Progress) -> tuple[Step, ...]:
    """The steps that it stands on, near or far, and that are not done, in the listed order."""
    return tuple(each for each in behind(step, plan) if not _is_done(each, plan, progress))


def _needed(step: Step, plan: Plan) -> tuple[Step, ...]:
    """What it needs, and the earlier releases of the services that it releases."""
    number = next((n for n, each in enumerate(plan.steps) if each.id == step.id), 0)
    ids = {*step.needs, *(plan.steps[n].id for n in releases_before(plan.steps, number))}
    return tuple(each for each in plan.steps if each.id in ids)


def behind(step: Step, plan: Plan) -> tuple[Step, ...]:
    """All that it stands on: what has to be done before it, before that, and so on, in the listed order."""
    found: set[str] = set()
    waiting = [step]
    while waiting:
        needed = [each for each in _needed(waiting.pop(), plan) if each.id not in found]
        found |= {each.id for each in needed}
        waiting += needed
    return tuple(each for each in plan.steps if each.id in found)


def _is_done(step: Step, plan: Plan, progress: Progress) -> bool:
    last = progress.last(step.id)
    return last is not None and last.to == State.DONE and not edited(step, plan, progress)


def current(plan: Plan, progress: Progress) -> Step | None:
    """The first step that is not done."""
    return next((step for step in plan.steps if not _is_done(step, plan, progress)), None)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value
