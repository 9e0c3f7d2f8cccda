"""How does a migration look at a glance, over its environments?"""

from __future__ import annotations

from typing import Any

from schemagate.ask.status import Cell, Column, Status
from schemagate.facts import Unknown
from schemagate.report.document import document
from schemagate.report.findings import visible
from schemagate.report.migration import what
from schemagate.report.style import PLAIN, Style
from schemagate.rollout.plan import Step
from schemagate.rollout.progress import State


def to_text(found: tuple[Status, ...], style: Style = PLAIN) -> str:
    """One table per migration, and what comes next in each environment."""
    return "\n\n".join("\n".join(_lines(each, style)) for each in found) or "no migrations"


def _lines(status: Status, style: Style) -> list[str]:
    columns = status.columns
    rows = [["", "", "", "", *(column.environment for column in columns)]]
    for step in status.plan.steps:
        states = [_shown(column, step) for column in columns]
        rows.append([step.id, step.kind, ", ".join(step.actors), step.title or what(step), *states])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = ["  ".join(f"{visible(cell):<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    title = f"{style.bold(visible(status.plan.id))}   {visible(status.plan.title)}".rstrip()
    table = [f"  {line}".rstrip() for line in padded]
    return [title, style.dim(table[0]), *table[1:], *(_next(status, column, style) for column in columns)]


def _shown(column: Column, step: Step) -> str:
    if isinstance(column.cells, Unknown):
        return "unknown"
    cell = column.cells[step.id]
    return f"{cell.state} {cell.note}".rstrip()


def _next(status: Status, column: Column, style: Style) -> str:
    name, plan = column.environment, status.plan
    if isinstance(column.cells, Unknown):
        step = f"\n  next: {visible(column.cells.next_step)}" if column.cells.next_step else ""
        return f"{style.yellow('unknown')} {name}: {visible(column.cells.reason)}{step}"
    if column.gone:
        return f"{name}: step {visible(column.gone[0])} was opened or done, and the plan has it no more: put it back"
    if column.next is None:
        return f"{name}: all {len(plan.steps)} steps are done"
    if column.wants is not None:
        wants = f"{column.wants.id} {column.wants.target}: {column.wants.what}"
        return f"{name} next: step {column.next.id} wants {visible(wants)}"
    command = "gate" if column.cells[column.next.id].state is not State.OPEN else "migration advance"
    return f"{name} next: step {column.next.id}:  schemagate {command} {plan.id} {column.next.id} --env {name}"


def to_json(found: tuple[Status, ...]) -> str:
    """One document over all of them."""
    migrations = [
        {"id": each.plan.id, "environments": [_column(each, column) for column in each.columns]} for each in found
    ]
    return document("migration status", {"migrations": migrations})


def _column(status: Status, column: Column) -> dict[str, Any]:
    if isinstance(column.cells, Unknown):
        return {"env": column.environment, "unknown": column.cells.reason, "steps": []}
    return {
        "env": column.environment,
        "next": None if column.next is None else column.next.id,
        "gone": list(column.gone),
        "steps": [_cell(step, column.cells[step.id]) for step in status.plan.steps],
    }


def _cell(step: Step, cell: Cell) -> dict[str, Any]:
    return {"id": step.id, "kind": step.kind, "state": str(cell.state), "note": cell.note}
