"""How does the answer about a step of a migration look, and what became of the step?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemagate.ask.advance import Advanced
from schemagate.ask.steps import StepReport
from schemagate.report.document import document
from schemagate.report.findings import command, visible
from schemagate.report.style import PLAIN, Style
from schemagate.report.words import count, ignored
from schemagate.rollout.asked import WAITS, Part
from schemagate.rollout.decision import Answer, Check
from schemagate.rollout.progress import BACK, State
from schemagate.rollout.waivers import Waiver

_MARKS = {
    Answer.PASS: "ok",
    Answer.BLOCKED: "no",
    Answer.UNKNOWN: "?",
    Answer.ATTESTED: "a",
    Answer.NOT_APPLICABLE: "-",
}


def to_text(report: StepReport, style: Style = PLAIN, *, verbose: bool = False) -> str:
    """The answer, then what stands in the way with its evidence, owner and next step; the rest is counted."""
    checks = report.decision.checks
    shown = [check for check in checks if verbose or _is_told(check)]
    width = max((len(_name(check)) for check in shown), default=0)
    lines = [_head(report, style)]
    for check in shown:
        lines += _told(check, width, style)
    if not verbose:
        lines.append(_counted(checks))
    if report.decision.answer is Answer.PASS and report.state in (State.READY, State.OPEN):
        advance = report.plan.advance(report.step, report.environment)
        lines.append(f"  next: {visible(advance)}")
    lines += [f"  note: {visible(_expired(waiver))}" for waiver in report.expired]
    return "\n".join(filter(None, [*lines, visible(ignored(report.ignored, report.text_from))]))


def _expired(waiver: Waiver) -> str:
    return f"the waiver of {waiver.check} by {waiver.owner} expired on {waiver.expires}, and does not count"


def _is_told(check: Check) -> bool:
    return check.answer not in (Answer.PASS, Answer.NOT_APPLICABLE)


def _head(report: StepReport, style: Style) -> str:
    paint = {Answer.PASS: style.green, Answer.BLOCKED: style.red}.get(report.decision.answer, style.yellow)
    waived = sum(check.waiver is not None for check in report.decision.checks)
    answer = report.decision.answer.upper() + (f" ({waived} waived)" if waived else "")
    asked = f"({', '.join(report.gates)})" if report.part is Part.GATE and report.gates else f"({report.part})"
    where = f"{report.plan.id} step {report.step} {asked} in {report.environment}"
    evidence = style.dim(f"     evidence {report.evidence[:14]} {report.at:%Y-%m-%d %H:%MZ}")
    return f"{style.bold(paint(answer))}  {visible(where)}{evidence}"


def _told(check: Check, width: int, style: Style) -> Iterator[str]:
    if check.waiver is not None:
        waived = f"WAIVED until {check.waiver.expires} by {check.waiver.owner}: {check.waiver.reason}"
        what = f"{waived} (instead of: {check.what})"
        yield f"  W   {visible(_name(check)):<{width}}  {visible(what)}"
        return
    paint = {Answer.PASS: style.green, Answer.BLOCKED: style.red, Answer.NOT_APPLICABLE: style.dim}
    mark = paint.get(check.answer, style.yellow)(f"{_MARKS[check.answer]:<2}")
    at = f"   {visible(check.at)}" if check.at else ""
    attested = "ATTESTED: " if check.answer is Answer.ATTESTED else ""
    yield f"  {mark}  {visible(_name(check)):<{width}}  {attested}{visible(check.what)}{at}"
    parts = [f"evidence: {check.evidence}" if check.evidence else "", f"owner: {check.owner}" if check.owner else ""]
    if any(parts) and check.answer is not Answer.NOT_APPLICABLE:
        yield f"      {visible('     '.join(filter(None, parts)))}"
    if check.next_step and check.stands_in_the_way:
        yield f"      next: {visible(check.next_step)}"


def _name(check: Check) -> str:
    return f"{check.id} {check.target}".rstrip()


def _counted(checks: tuple[Check, ...]) -> str:
    passed = sum(check.answer is Answer.PASS for check in checks)
    nothing = sum(check.answer is Answer.NOT_APPLICABLE for check in checks)
    if not passed + nothing:
        return ""
    rest = f", {nothing} not applicable" if nothing else ""
    return f"  ok  {count(passed, 'check')} passed{rest}   (--verbose shows them)"


def to_json(report: StepReport) -> str:
    """One document: the decision, and every check with its evidence."""
    return document("gate", _decision(report))


def _decision(report: StepReport) -> dict[str, Any]:
    return {
        "migration": report.plan.id,
        "step": report.step.id,
        "kind": report.step.kind,
        "part": str(report.part),
        "gate": report.gates[0] if report.gates else None,
        "gates": list(report.gates),
        "state": None if report.state is None else str(report.state),
        "env": report.environment,
        "irreversible": report.final,
        "decision": str(report.decision.answer),
        "exit": report.exit_code,
        "at": f"{report.at:%Y-%m-%dT%H:%M:%SZ}",
        "plan": report.plan_hash,
        "evidence": report.evidence,
        "from": report.text_from,
        "ignored": list(report.ignored),
        "complete": report.decision.answer is not Answer.UNKNOWN,
        "checks": [_check(check) for check in report.decision.checks],
    }


def _check(check: Check) -> dict[str, Any]:
    waiver = check.waiver
    return {
        "id": check.id,
        "target": check.target,
        "decision": str(check.answer),
        "waits": check.id in WAITS,
        "waived": None
        if waiver is None
        else {"owner": waiver.owner, "until": f"{waiver.expires}", "reason": waiver.reason},
        "what": check.what,
        "at": check.at,
        "evidence": {"source": check.evidence} if check.evidence else None,
        "owner": check.owner,
        "next": check.next_step,
    }


def to_github(report: StepReport) -> str:
    """Annotations for what stands in the way, on the line that says so."""
    lines = []
    for check in report.decision.checks:
        if check.stands_in_the_way:
            file, _, line = (check.at or report.plan.file).partition(":")
            message = f"{_name(check)}: {check.what}" + (f"\nnext: {check.next_step}" if check.next_step else "")
            kind = "error" if check.answer is Answer.BLOCKED else "warning"
            title = f"{report.plan.id} step {report.step.id}"
            lines.append(command(kind, message, file=file, line=line or "1", title=title))
    return "\n".join([*lines, to_text(report)])


def advanced_text(found: Advanced, style: Style = PLAIN, *, verbose: bool = False) -> str:
    """What the step is now; or why it is what it was."""
    if found.record is None:
        report = found.report
        head = f"step {found.step.id} stays {found.start} in {found.environment}; nothing was recorded"
        return head if report is None else f"{to_text(report, style, verbose=verbose)}\n{head}"
    word = "ready again" if found.to == BACK else str(found.to)
    head = f"{style.bold(style.green(word))}  step {visible(str(found.step))} in {found.environment}, was {found.start}"
    told = f"{head}   record number {found.record.number}"
    if found.before:
        by = f"{found.record.claim.actor.name}, {found.record.claim.at:%Y-%m-%d %H:%MZ}"
        told = f"{style.bold(word)}  step {visible(str(found.step))} in {found.environment} already, by {visible(by)}"
    return f"{to_text(found.report, style, verbose=True)}\n{told}" if verbose and found.report is not None else told


def advanced_json(found: Advanced) -> str:
    """One document: the record, and the decision."""
    fields = {
        "step": found.step.id,
        "env": found.environment,
        "from": str(found.start),
        "to": None if found.to is None else str(found.to),
        "number": None if found.record is None else found.record.number,
        "file": None if found.record is None else found.record.file,
        "decision": None if found.report is None else _decision(found.report),
    }
    return document("migration advance", fields)
