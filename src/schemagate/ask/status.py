"""How far are the migrations, in each of their environments?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from schemagate.ask.inquiry import Inquiry, inquiry_of, merged_files, now
from schemagate.ask.migration import show
from schemagate.ask.recorded import look_up, progress_in, seen
from schemagate.facts import Unknown
from schemagate.project import catalog, source
from schemagate.project.records import Snapshot
from schemagate.rollout.asked import OF_RECORDS, Part
from schemagate.rollout.decide import decide
from schemagate.rollout.decision import Check
from schemagate.rollout.plan import Plan, Release, Step
from schemagate.rollout.progress import Progress, State, current, edited, missing, state_of
from schemagate.rollout.seen import Outside, Seen


@dataclass(frozen=True, slots=True)
class Cell:
    """A step in one environment; `note` says what it waits for, or how far an open release is."""

    state: State
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One environment: the state of every step by id, or why it cannot be told; `wants` is what stands in the way.

    `next` is the first step that is not done; None: all are.
    """

    environment: str
    cells: Mapping[str, Cell] | Unknown
    next: Step | None = None
    wants: Check | None = None
    gone: tuple[str, ...] = ()
    """Steps that were opened or done, and that the plan has no more: no gate passes until they are back."""


@dataclass(frozen=True, slots=True)
class Status:
    """A migration over its environments."""

    plan: Plan
    columns: tuple[Column, ...]

    @property
    def exit_code(self) -> int:
        """3 where the state of an environment cannot be told."""
        return 3 if any(isinstance(column.cells, Unknown) for column in self.columns) else 0


def status(
    start: Path,
    id_: str | None,
    environment: str | None,
    environ: Mapping[str, str],
    ref: str | None = None,
    *,
    clock: Callable[[], datetime] = now,
) -> tuple[Status, ...]:
    """One migration, or all; in one environment, or in all of each plan. Reads git and the records, asks no server."""
    root = catalog.find_root(start)
    shared = [name for name in catalog.read_config(source.work_tree(root)).environments if name != "local"]
    where = merged_files(root, environment or (shared or ["local"])[0], environ, ref)
    project, found = where.project, []
    for each in project.migrations if id_ is None else (id_,):
        names = (environment,) if environment is not None else show(project, each).plan.environments
        inquiries = [inquiry_of(where, each, name, environ, clock=clock) for name in names]
        snapshot = look_up(inquiries[-1])  # the last environment reads those before it, too
        found.append(Status(inquiries[0].plan, tuple(_column(inquiry, snapshot) for inquiry in inquiries)))
    return tuple(found)


def _column(inquiry: Inquiry, snapshot: Snapshot | Unknown) -> Column:
    name, plan = inquiry.environment.name, inquiry.plan
    progress = progress_in(snapshot, name, plan.id)
    if isinstance(progress, Unknown):
        return Column(name, progress)
    following, cells, wants = current(plan, progress), {}, None
    for step in plan.steps:
        state = state_of(step, plan, progress)
        found: tuple[Check, ...] = ()
        if state is State.OPEN and isinstance(step.action, Release):
            found = _from_records(step, seen(inquiry, snapshot, Outside(), step))
        cells[step.id] = Cell(state, _note(step, plan, state, progress, found))
        if step is following:
            wants = next((check for check in found if check.stands_in_the_way), None)
    gone = tuple(id_ for id_ in progress.begun() if plan.step(id_) is None)
    return Column(name, cells, following, wants, gone)


def _from_records(step: Step, found: Seen) -> tuple[Check, ...]:
    checks = decide(step, Part.EVIDENCE, found).checks
    return tuple(check for check in checks if check.id in OF_RECORDS)


def _note(step: Step, plan: Plan, state: State, progress: Progress, found: tuple[Check, ...]) -> str:
    if edited(step, plan, progress):
        return "edited since"
    if state is State.WAITING:
        absent = missing(step, plan, progress)
        last = (each.id for each in absent if not any(each.id in other.needs for other in absent))
        return f"for {', '.join(last)}"
    released = [check for check in found if check.id == "RL1"]
    if not released:
        return ""
    passed = sum(not check.stands_in_the_way for check in released)
    return f"{passed} of {len(released)} services released"
