"""What should be written so that a refused plan works? Lines to paste, from what an invariant found missing."""

from __future__ import annotations

from string import ascii_lowercase

from schemagate.rollout import orders, writing
from schemagate.rollout.invariants import Breach, Moment
from schemagate.rollout.places import Missing
from schemagate.rollout.plan import Backfill, Register, Release, Step, SyncOff


def fix(moment: Moment, breach: Breach) -> str:
    """The lines of all cures; a step that the plan has already is named, a new one is written out."""
    taken = {step.id for step in moment.plan.steps}
    lines = [_step(moment, cure, taken) if isinstance(cure, Missing) else cure.text for cure in breach.cures]
    return "\n".join(dict.fromkeys(lines))


def _step(moment: Moment, missing: Missing, taken: set[str]) -> str:
    step = moment.step
    present = next((each for each in moment.plan.steps if _would_do(moment, each, missing)), None)
    if present is not None:
        return _earlier(moment, present)
    anchor = _anchor(moment, missing)
    id_ = _free(anchor.id if anchor else f"before-{step.id}", taken)
    taken.add(id_)
    if not step.needs_written:
        return f"{writing.line(id_, missing.action, missing.actors)}, before step {step.id}"
    needs = [] if anchor is None else [anchor.id, *_registered(moment, missing, anchor)]
    return f'{writing.line(id_, missing.action, missing.actors, needs)}, and "{id_}" in the needs of {step.id}'


def _would_do(moment: Moment, step: Step, missing: Missing) -> bool:
    """Whether a step that is not done in this order does what is missing."""
    if step == moment.step or step in moment.done or not set(step.actors) >= set(missing.actors):
        return False
    match step.action, missing.action:
        case Release() as has, Release() as wants:
            pairs = (
                (wants.consumes, has.consumes),
                (wants.mode, has.mode),
                (wants.calls, has.calls),
                (wants.serves, has.serves),
            )
            return all(want in (None, got) for want, got in pairs)
        case (Backfill(one), Backfill(other)):
            return one == other
        case SyncOff(), SyncOff():
            return True
        case has, wants:
            return has == wants


def _earlier(moment: Moment, present: Step) -> str:
    """Words that put a step of the plan before this one."""
    step, steps = moment.step, moment.plan.steps
    words = []
    if steps.index(present) > steps.index(step):
        words.append(f"list step {present.id} before step {step.id}")
    if step.needs_written:
        words.append(f'"{present.id}" in the needs of {step.id}')
    return ", and ".join(words)


def _anchor(moment: Moment, missing: Missing) -> Step | None:
    """The step after which the new one belongs: the actors' last one before, or the last of all."""
    earlier = moment.plan.steps[: moment.plan.steps.index(moment.step)]
    of_actors = [step for step in earlier if set(step.actors) & set(missing.actors)]
    return next(iter((of_actors or list(earlier))[::-1]), None)


def _registered(moment: Moment, missing: Missing, anchor: Step) -> list[str]:
    """The steps that register what the new one reads, where the anchor does not follow from them."""
    wanted = missing.action.consumes or () if isinstance(missing.action, Release) else ()
    steps = moment.plan.steps
    before = orders.order(moment.plan).before[steps.index(anchor)]
    return [
        step.id
        for number, step in enumerate(steps[: steps.index(moment.step)])
        if isinstance(step.action, Register) and step.action.version in wanted
        if step != anchor and not before >> number & 1
    ]


def _free(start: str, taken: set[str]) -> str:
    names = (
        *(start + letter for letter in ascii_lowercase),
        *(f"{start}-{number}" for number in range(len(taken) + 1)),
    )
    return next(name for name in names if name not in taken)
