"""How does a migration look: its mistakes and refusals, its table of steps, its graph?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from schemagate.ask.migration import Report, Shown
from schemagate.project.migration_problems import FileError
from schemagate.report.document import document
from schemagate.report.findings import at_most, command, visible
from schemagate.report.style import PLAIN, Style
from schemagate.rollout.invariants import RULES
from schemagate.rollout.plan import CallSide, EventSide, Plan, Release, Step
from schemagate.rollout.simulate import Refusal
from schemagate.rollout.writing import own_fields, value

_SUMMARIES = {rule.id: rule.summary for rule in RULES}


def exit_code(reports: Iterable[Report]) -> int:
    """2 for a file with mistakes, 1 for a refused plan, 3 for one that could not be looked at whole."""
    codes = {report.exit_code for report in reports}
    return next((code for code in (2, 1, 3) if code in codes), 0)


def to_text(reports: tuple[Report, ...], style: Style = PLAIN) -> str:
    """What is wrong with each migration; one line where nothing is."""
    if not reports:
        return "no migrations"
    return "\n\n".join("\n".join(_lines(report, style)) for report in reports)


def to_json(reports: tuple[Report, ...]) -> str:
    """One document over all of them."""
    fields = {
        "complete": all(report.complete for report in reports),
        "exit": exit_code(reports),
        "migrations": [report.id for report in reports],
        "errors": [_error(report, error) for report in reports for error in report.errors],
        "refused": [_refusal(report, refusal) for report in reports for refusal in report.refused],
        "warnings": [_refusal(report, warning) for report in reports for warning in report.warnings],
    }
    return document("migration lint", fields)


def to_github(reports: tuple[Report, ...]) -> str:
    """Annotations on the lines of mistakes and of refused steps, then the text."""
    errors = [
        command(
            "error", error.message, file=error.file, line=str(error.line), title=f"{error.rule} {error.path}".rstrip()
        )
        for report in reports
        for error in report.errors
    ]
    errors += [_annotation("error", report, refusal) for report in reports for refusal in report.refused]
    warnings = [_annotation("warning", report, each) for report in reports for each in report.warnings]
    warnings += [
        command("warning", "more orders than could be looked at", title=f"migration lint {report.id}")
        for report in reports
        if not report.complete
    ]
    return "\n".join([*at_most("error", errors), *at_most("warning", warnings), to_text(reports)])


def _annotation(kind: str, report: Report, refusal: Refusal) -> str:
    step = report.plan.step(refusal.step) if report.plan else None
    place = {"file": report.plan.file, "line": str(step.line if step else 1)} if report.plan else {}
    title = f"{refusal.rule} {report.id}" + (f", step {refusal.step}" if refusal.step else "")
    return command(kind, f"{refusal.message}\nmissing: {refusal.fix}", **place, title=title)


def _error(report: Report, error: FileError) -> dict[str, Any]:
    return {
        "migration": report.id,
        "rule": error.rule,
        "file": error.file,
        "path": error.path,
        "line": error.line,
        "message": error.message,
    }


def _refusal(report: Report, refusal: Refusal) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "migration": report.id,
        "step": refusal.step,
        "rule": refusal.rule,
        "message": refusal.message,
        "fix": refusal.fix,
    }
    return entry if refusal.order is None else {**entry, "order": list(refusal.order)}


def _lines(report: Report, style: Style) -> Iterator[str]:
    yield _headline(report, style)
    yield from (f"  {visible(str(error))}" for error in report.errors)
    for refusal in report.refused:
        yield ""
        yield from _refused(report, refusal, style)
    for warning in report.warnings:
        what = f"{_where(report, warning)}{warning.message}"
        yield f"  {style.yellow('warning')}: {visible(what)}   ({warning.rule})"
        yield f"      {visible(warning.fix)}"
    if not report.complete:
        yield "  more orders than could be looked at; more `needs` make fewer orders"
    if report.errors or report.refused:
        rules = dict.fromkeys([*(each.rule for each in report.errors), *(each.rule for each in report.refused)])
        yield style.dim(f"  explain it:  schemagate explain {next(iter(rules))}")


def _headline(report: Report, style: Style) -> str:
    name = visible(report.id)
    if report.errors:
        count = len(report.errors)
        return f"{style.bold(style.red('ERROR'))}  {name}: {count} mistake{'s' if count > 1 else ''} in the file"
    if report.refused:
        first = report.plan.step(report.refused[0].step) if report.plan else None
        return f"{style.bold(style.red('REFUSED'))}  {name}, step {visible(str(first))}"
    if not report.complete:
        return f"{style.bold(style.yellow('UNKNOWN'))}  {name}"
    steps = len(report.plan.steps) if report.plan else 0
    return f"{style.bold(style.green('ok'))}  {name}   {steps} steps"


def _where(report: Report, refusal: Refusal) -> str:
    return "" if not refusal.step else f"{report.id}, step {refusal.step}: "


def _refused(report: Report, refusal: Refusal, style: Style) -> Iterator[str]:
    plan = report.plan
    step = plan.step(refusal.step) if plan is not None else None
    if plan is not None and step is not None:
        yield from _neighbours(plan, step, style)
        yield ""
    summary = _SUMMARIES.get(refusal.rule, "a version without some personal data forbids its names")
    yield f"  {refusal.rule}: {summary}"
    yield f"    {visible(refusal.message)}"
    if refusal.order is not None:
        yield f"    in the order {visible(', '.join(refusal.order)) or '(nothing)'}, then {visible(refusal.step)}"
    yield "  missing:"
    yield from (f"      {visible(line)}" for line in refusal.fix.splitlines())


def _neighbours(plan: Plan, step: Step, style: Style) -> Iterator[str]:
    """The step among those around it that release or do something near by."""
    at = plan.steps.index(step)
    shown = plan.steps[max(0, at - 3) : at + 4]
    widths = [max(len(row[column]) for row in map(_row, shown)) for column in range(4)]
    for each in shown:
        cells = [visible(cell).ljust(width) for cell, width in zip(_row(each), widths, strict=True)]
        line = "  ".join(cells).rstrip()
        yield f"  {style.red(line + '   <- here')}" if each == step else f"  {style.dim(line)}"


def _row(step: Step) -> tuple[str, str, str, str]:
    return step.id, step.kind, ", ".join(step.actors), what(step)


def what(step: Step) -> str:
    """What a step does, in the words of its title or of its own fields."""
    fields = own_fields(step.action)
    if isinstance(step.action, Release) and not fields:
        return step.title or "a build without changes to the event"
    words = ", ".join(f"{name} = {value(each)}" for name, each in fields.items() if name != "irreversible")
    return "  ".join(filter(None, [step.title, words]))


def show_text(shown: Shown, style: Style = PLAIN) -> str:
    """The plan as a table."""
    plan = shown.plan
    heading = ("step", "kind", "actor", "needs", "gate", "what")
    rows = [heading, *(_shown_row(shown, step) for step in plan.steps)]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = [
        f"{style.bold(visible(plan.id))}  {visible(plan.title)}".rstrip(),
        f"{plan.type} of {visible(plan.event)}: {_sides(plan)}",
        "",
    ]
    for row in rows:
        line = "  ".join(visible(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        lines.append(style.dim(line) if row is heading else line)
    if shown.irreversible:
        lines += ["", "* cannot be taken back: it asks for approvals and admits no waiver"]
    return "\n".join(lines)


def _shown_row(shown: Shown, step: Step) -> tuple[str, str, str, str, str, str]:
    mark = "*" if step.id in shown.irreversible else ""
    needs = ", ".join(step.needs) if step.needs_written else "all before"
    gate = ", ".join([*shown.gates[step.id], *(probe.name or "a probe" for probe in step.gate)])
    return f"{step.id}{mark}", step.kind, ", ".join(step.actors), needs or "nothing", gate or "-", what(step)


def _sides(plan: Plan) -> str:
    sides = [_side(plan.event, side) for side in (plan.old, plan.new) if side is not None]
    return " -> ".join(sides) if len(sides) == 2 else f"{sides[0]} ends"


def _side(event: str, side: EventSide | CallSide) -> str:
    return f"{event}@{side.version} on {side.topic}" if isinstance(side, EventSide) else str(side.call)


def show_json(shown: Shown) -> str:
    """One document: the plan's own words, with gates and what cannot be taken back."""
    plan = shown.plan
    fields = {
        "id": plan.id,
        "title": plan.title,
        "type": str(plan.type),
        "event": plan.event,
        "steps": [
            {
                "id": step.id,
                "kind": step.kind,
                "actors": list(step.actors),
                "title": step.title,
                "needs": list(step.needs),
                "gates": list(shown.gates[step.id]),
                "irreversible": step.id in shown.irreversible,
                **own_fields(step.action),
            }
            for step in plan.steps
        ],
    }
    return document("migration show", fields)


def show_mermaid(shown: Shown) -> str:
    """The graph of steps and what each needs directly, for a page that renders Mermaid."""
    plan = shown.plan
    names = {step.id: f"s{number}" for number, step in enumerate(plan.steps, 1)}
    lines = ["flowchart TD"]
    for step in plan.steps:
        label = _label(step)
        shape = f'{{{{"{label}"}}}}' if step.id in shown.irreversible else f'["{label}"]'
        lines.append(f"    {names[step.id]}{shape}")
    lines += [f"    {names[need]} --> {names[step.id]}" for step in plan.steps for need in _direct(plan, step)]
    if shown.irreversible:
        lines.append("    classDef final stroke-width:3px")
        lines.append(
            f"    class {','.join(names[step.id] for step in plan.steps if step.id in shown.irreversible)} final"
        )
    return "\n".join(lines)


def _label(step: Step) -> str:
    words = " ".join([step.id, step.kind, *step.actors])
    text = "<br/>".join(filter(None, [words, what(step)]))
    return (
        text.replace("&", "#amp;")
        .replace('"', "#quot;")
        .replace("<br/>", "\0")
        .replace("<", "#lt;")
        .replace(">", "#gt;")
        .replace("\0", "<br/>")
    )


def _direct(plan: Plan, step: Step) -> list[str]:
    """The needs that do not follow from the others."""
    reached: dict[str, frozenset[str]] = {}
    for each in plan.steps:
        reached[each.id] = frozenset(each.needs).union(*(reached[need] for need in each.needs))
    return [need for need in step.needs if not any(need in reached[other] for other in step.needs)]
