"""How does the answer of `check` look?"""

from __future__ import annotations

import json
from typing import Any

from schemagate.ask.check import CheckReport
from schemagate.ask.judgement import Break, Judgement, Status
from schemagate.compat.modes import Direction
from schemagate.compat.verdicts import DataAnswer, RegistryAnswer
from schemagate.findings import Finding, Severity
from schemagate.report import findings
from schemagate.report.style import PLAIN, Style
from schemagate.report.words import count
from schemagate.schema.event import Level

SCHEMA_VERSION = 1


def to_text(report: CheckReport, style: Style = PLAIN) -> str:
    """Breaks with their proofs, then one line with both verdicts."""
    blocks = [_error(error.file, error.line, error.column, error.message, error.next_step) for error in report.errors]
    for judgement in report.judgements:
        consumers = (report.consumers or {}).get(judgement.version.id, ())
        blocks += [_block(judgement, each, consumers, style) for each in judgement.breaks if each.counts]
        if judgement.status is Status.NEW_VERSION or any(not each.counts for each in judgement.breaks):
            blocks.append(_told(judgement, style))
    blocks += [_left(name=each.name, commit=each.commit[:7]) for each in report.left]
    return "\n\n".join([*blocks, _summary(report, style)])


def to_json(report: CheckReport) -> str:
    """One document: what was compared with what, both verdicts of every changed version, and every finding."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "command": "check",
        "candidate": report.candidate,
        "base": report.base,
        "since": report.hidden,
        "moved": [{"name": each.name, "from": each.commit} for each in report.left],
        "complete": report.exit_code in (0, 1),
        "exit": report.exit_code,
        "versions": [_entry(judgement, report) for judgement in report.judgements],
        "errors": [
            {"file": error.file, "line": error.line, "column": error.column, "message": error.message}
            for error in report.errors
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def to_github(report: CheckReport) -> str:
    """Annotations on the changed lines."""
    lines = [
        findings.command("error", error.message, file=error.file, line=str(max(error.line, 1)))
        for error in report.errors
    ]
    shown = [each.finding for judgement in report.judgements for each in judgement.breaks if each.counts]
    return "\n".join([*lines, *filter(None, [findings.to_github(shown)]), _summary(report, PLAIN)])


def _left(name: str, commit: str) -> str:
    return (
        f"note: {name} was moved from {commit}; events of what was released there may still be in the log\n"
        f"    compare with it:  schemagate check --against {commit}"
    )


def _error(file: str, line: int, column: int, message: str, next_step: str | None) -> str:
    place = f"{findings.visible(file)}:{line}:{column}" if line else findings.visible(file)
    return f"{place}  {findings.visible(message)}" + (f"\n    next: {next_step}" if next_step else "")


def _block(judgement: Judgement, each: Break, consumers: tuple[str, ...], style: Style) -> str:
    finding = each.finding
    version = f"{judgement.version.id.event} v{judgement.version.id.number}"
    lines = [findings.headline(finding, style, f"{style.bold(version)}: ")]
    if finding.rule.startswith("SG-REG"):
        readable = judgement.data is DataAnswer.YES
        lines += ["    data      yes  although every event that it is about stays readable"] if readable else []
    elif each.direction is not None:
        answer = "no" if finding.severity is Severity.ERROR else "warning"
        lines.append(f"    {each.direction:<9} {style.red(answer)}  {who_breaks(each.direction, judgement, consumers)}")
    lines += findings.witness(finding, _introduction(each.direction), style)
    if each.against:
        lines.append(f"    registry  {_registry(judgement)}; compared with {_revisions(each.against)}")
    return "\n".join(lines + findings.repair(finding, style, _instead(judgement, finding)))


def _instead(judgement: Judgement, finding: Finding) -> str:
    """The other way out of a break: leave the version alone."""
    if judgement.status is Status.CHANGED and finding.severity is Severity.ERROR:
        return f"or start version {judgement.version.id.number + 1}:  schemagate bump {judgement.version.id.event}"
    return ""


def who_breaks(direction: Direction, judgement: Judgement, consumers: tuple[str, ...]) -> str:
    """Whose data cannot be read, by name where the manifests say so."""
    version = f"{judgement.version.id.event} v{judgement.version.id.number}"
    if direction is Direction.FORWARD:
        readers = ", ".join(consumers) or "a consumer that has not upgraded"
        verb = "reads" if len(consumers) < 2 else "read"
        return f"{readers} {verb} {version} as it was released, and cannot read what producers may send now"
    readers = ", ".join(consumers) or "consumers"
    return f"{readers}: once upgraded to this {version}, events already in the topic cannot be read"


def _introduction(direction: Direction | None) -> str:
    if direction is Direction.FORWARD:
        return "this event is legal now, and released readers cannot read it:"
    return "this event was legal before, and the new reader cannot read it:"


def _registry(judgement: Judgement) -> str:
    if judgement.level is Level.NONE:
        return "asks nothing (level NONE)"
    if judgement.registry is None:
        return "was not asked"
    words = {
        RegistryAnswer.ACCEPT: "will accept",
        RegistryAnswer.REJECT: "will reject",
        RegistryAnswer.MAY_FAIL: "may fail",
    }
    at = f", at revision {_short(judgement.stopped_at)}" if judgement.stopped_at else ""
    return f"{words[judgement.registry]} ({judgement.level}{at})"


def _told(judgement: Judgement, style: Style) -> str:
    version = judgement.version.id
    if judgement.status is not Status.NEW_VERSION:
        kept = [each for each in judgement.breaks if not each.counts]
        lines = [findings.headline(each.finding, style, f"{version.event} v{version.number}: ") for each in kept]
        return "\n".join([*lines, f"    not counted: {_why_not_counted(judgement)}"])
    errors = [each for each in judgement.breaks if each.finding.severity is Severity.ERROR]
    lines = [
        f"{judgement.version.content.file}  {style.bold(f'{version.event} v{version.number}')}: {_relation(judgement)}"
    ]
    lines += [f"    {each.direction or '':<9} {findings.visible(each.finding.message)}" for each in errors]
    if judgement.data is not DataAnswer.YES:
        lines.append(f"    next: consumers must read {version} before a producer sends it:  schemagate gate {version}")
    return "\n".join(lines)


def _relation(judgement: Judgement) -> str:
    match judgement.data:
        case DataAnswer.YES:
            return "new, reads and is read by the version before it"
        case DataAnswer.NO:
            return "new, breaks the version before it, as a new version may"
        case _:
            return "new, and nobody can tell how it relates to the version before it"


def _why_not_counted(judgement: Judgement) -> str:
    if judgement.level is Level.NONE:
        return f"the level of {judgement.version.id.event} is NONE"
    return f"fail_on = {list(judgement.version.settings.fail_on)}"


def _summary(report: CheckReport, style: Style) -> str:
    judged = [each for each in report.judgements if each.status in (Status.CHANGED, Status.REMOVED)]
    counts = f"{count(len(report.judgements), 'version')} changed"
    if broken := sum(each.refused for each in report.judgements):
        counts += f": {broken} {'breaks' if broken == 1 else 'break'}"
    paint = {0: style.green, 3: style.yellow}.get(report.exit_code, style.red)
    hidden = f"  (history before {report.hidden} is not judged)" if report.hidden else ""
    return f"{counts}.  {paint(_verdicts(report, judged))}   {report.candidate} against {report.base}{hidden}"


def _verdicts(report: CheckReport, judged: list[Judgement]) -> str:
    if not judged:
        return "no released version among them" if report.judgements else "nothing to compare"
    registry = {each.registry for each in judged}
    data = {each.data for each in judged}
    order = (RegistryAnswer.REJECT, RegistryAnswer.MAY_FAIL, RegistryAnswer.ACCEPT)
    answer = next((a for a in order if a in registry), "not asked")
    worst = next((a for a in (DataAnswer.NO, DataAnswer.UNKNOWN, DataAnswer.YES) if a in data), "not asked")
    return f"registry: {answer} · data: {worst}"


def _revisions(commits: tuple[str, ...]) -> str:
    named = ", ".join(_short(commit) for commit in commits[:3])
    more = f" and {len(commits) - 3} older" if len(commits) > 3 else ""
    return f"{'revision' if len(commits) == 1 else 'revisions'} {named}{more}"


def _short(commit: str) -> str:
    return commit if "@" in commit else commit[:7]


def _entry(judgement: Judgement, report: CheckReport) -> dict[str, Any]:
    return {
        "event": judgement.version.id.event,
        "version": judgement.version.id.number,
        "file": judgement.version.content.file,
        "status": str(judgement.status),
        "level": str(judgement.level),
        "registry": judgement.registry and str(judgement.registry),
        "data": judgement.data and str(judgement.data),
        "registry_stops_at": judgement.stopped_at,
        "consumers": list((report.consumers or {}).get(judgement.version.id, ())),
        "findings": [
            {
                **findings.to_json(each.finding),
                "direction": each.direction and str(each.direction),
                "against": list(each.against),
                "counts": each.counts,
            }
            for each in judgement.breaks
        ],
    }
