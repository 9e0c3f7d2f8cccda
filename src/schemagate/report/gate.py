"""How does the answer of a gate look?"""

from __future__ import annotations

from schemagate.ask.gate import GateReport
from schemagate.report.document import document
from schemagate.report.findings import command, visible
from schemagate.report.style import PLAIN, Style
from schemagate.report.words import ignored
from schemagate.rollout.decision import Answer, Check

_MARKS = {Answer.PASS: "ok", Answer.BLOCKED: "no", Answer.UNKNOWN: "?"}


def to_text(report: GateReport, style: Style = PLAIN) -> str:
    """The answer, then every check with its evidence and the next step."""
    answer = report.decision.answer
    paint = {Answer.PASS: style.green, Answer.BLOCKED: style.red, Answer.UNKNOWN: style.yellow}
    width = max(len(check.target) for check in report.decision.checks)
    evidence = f"     evidence {report.evidence[:14]} {report.at:%Y-%m-%d %H:%MZ}" if report.evidence else ""
    head = f"{style.bold(paint[answer](answer.upper()))}  {report.version} in {report.environment}"
    lines = [head + style.dim(evidence)]
    for check in report.decision.checks:
        lines.append(_line(check, width, paint[check.answer](f"{_MARKS[check.answer]:<2}")))
        if check.next_step and check.answer is not Answer.PASS:
            lines.append(f"      next: {visible(check.next_step)}")
    return "\n".join(filter(None, [*lines, visible(ignored(report.ignored, report.text_from))]))


def to_json(report: GateReport) -> str:
    """One document: the decision, and every check with its evidence."""
    fields = {
        "version": report.version,
        "environment": report.environment,
        "from": report.text_from,
        "at": report.at.strftime("%Y-%m-%dT%H:%M:%SZ") if report.at else None,
        "evidence": report.evidence,
        "ignored": list(report.ignored),
        "decision": str(report.decision.answer),
        "complete": report.decision.answer is not Answer.UNKNOWN,
        "exit": report.exit_code,
        "checks": [
            {
                "id": check.id,
                "name": check.target,
                "answer": str(check.answer),
                "what": check.what,
                "at": check.at,
                "next": check.next_step,
            }
            for check in report.decision.checks
        ],
    }
    return document("gate", fields)


def to_github(report: GateReport) -> str:
    """Annotations for what stands in the way, on the line that says so."""
    lines = []
    for check in report.decision.checks:
        if check.answer is not Answer.PASS:
            file, _, line = (check.at or "").partition(":")
            place = {"file": file, "line": line or "1"} if file else {}
            message = f"{check.target}: {check.what}" + (f"\nnext: {check.next_step}" if check.next_step else "")
            kind = "error" if check.answer is Answer.BLOCKED else "warning"
            lines.append(command(kind, message, **place, title=f"gate {report.version}"))
    return "\n".join([*lines, to_text(report)])


def _line(check: Check, width: int, mark: str) -> str:
    at = f"   {visible(check.at)}" if check.at else ""
    return f"  {mark}  {visible(check.target):<{width}}  {visible(check.what)}{at}"
