"""How does the answer of `check` look?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from schemagate.ask.check import CheckReport
from schemagate.ask.judgement import Break, Judgement, Status, short
from schemagate.compat.modes import Direction
from schemagate.compat.verdicts import DataAnswer, RegistryAnswer
from schemagate.findings import Finding, Location, Severity
from schemagate.report import findings
from schemagate.report.document import document
from schemagate.report.findings import visible
from schemagate.report.style import PLAIN, Style
from schemagate.report.words import count
from schemagate.schema.event import Level

if TYPE_CHECKING:
    from schemagate.ask.waivers import Outcome
    from schemagate.project.finding_waivers import FindingWaiver


def to_text(report: CheckReport, style: Style = PLAIN) -> str:
    """Breaks with their proofs, of versions that fail first, then one line with both verdicts."""
    blocks = [_error(error.file, error.line, error.column, error.message, error.next_step) for error in report.errors]
    if report.mistakes:
        lines = [visible(str(mistake)) for mistake in report.mistakes]
        blocks.append("\n".join([*lines, "    next: correct it; until then no waiver of the file applies"]))
    for judgement in failing_first(report):
        blocks += [_block(judgement, each, report, style) for each in judgement.breaks if each.counts]
        if judgement.status is Status.NEW_VERSION or any(not each.counts for each in judgement.breaks):
            blocks.append(_told(judgement, style))
    blocks += ["\n".join([findings.headline(each, style), *findings.repair(each, style)]) for each in report.notes]
    blocks += [f"note: {visible(each)}" for each in report.remarks]
    return "\n\n".join([*blocks, summary(report, style)])


def to_json(report: CheckReport) -> str:
    """One document: what was compared with what, both verdicts of every changed version, and every finding."""
    fields = {
        "candidate": report.candidate,
        "base": report.base,
        "environment": report.environment,
        "since": report.hidden,
        "severity": {rule: str(severity) for rule, severity in (report.severities or {}).items()},
        "complete": not report.undecided and report.exit_code in (0, 1),
        "unknown": "warn" if report.unknown_passes else "fail",
        "exit": report.exit_code,
        "versions": [_entry(judgement, report) for judgement in report.judgements],
        "waivers": [_waiver_entry(outcome) for outcome in report.waivers],
        "notes": [findings.to_json(note) for note in report.notes],
        "remarks": list(report.remarks),
        "errors": [
            {"file": error.file, "line": error.line, "column": error.column, "message": error.message}
            for error in report.errors
        ]
        + [{"file": each.file, "line": each.line, "column": 1, "message": each.what} for each in report.mistakes],
    }
    return document("check", fields)


def to_github(report: CheckReport) -> str:
    """Annotations, the most severe and of those the ones on lines of the diff first, then the last line of the text."""
    lines = [
        findings.command("error", error.message, file=report.below + error.file, line=str(max(error.line, 1)))
        for error in report.errors
    ]
    lines += [
        findings.command("error", str(each), file=report.below + each.file, line=str(each.line), title=each.rule)
        for each in report.mistakes
    ]
    shown = [(each, judgement) for judgement in report.judgements for each in judgement.breaks if each.counts]
    if len(shown) > findings.SHOWN_BY_GITHUB:
        in_diff = {judgement.version.id: _diff(judgement) for _, judgement in shown}
        shown.sort(key=lambda told: (told[0].finding.location or Location("")).line not in in_diff[told[1].version.id])
    told = [*(_with_readers(each, judgement, report) for each, judgement in shown), *report.notes]
    return "\n".join([*filter(None, [findings.to_github(told, report.below, lines)]), summary(report, PLAIN)])


def _with_readers(each: Break, judgement: Judgement, report: CheckReport) -> Finding:
    finding = as_told(each, report)
    if each.direction is None or finding.is_of_registry:
        return finding
    consumers = (report.consumers or {}).get(judgement.version.id, ())
    who = who_breaks(each.direction, each.finding, judgement, consumers)
    return replace(finding, message=f"{finding.message}\n{who}")


def failing_first(report: CheckReport) -> list[Judgement]:
    """The versions in the order in which people want to read about them."""
    return sorted(report.judgements, key=lambda each: (not each.refused, not each.undecided))


def _diff(judgement: Judgement) -> Collection[int]:
    """The lines of the new text that a forge shows for the change: those that differ, with three around them."""
    if judgement.before is None:
        return ()
    from difflib import SequenceMatcher  # only where not all can be shown

    old, new = judgement.before.splitlines(), judgement.version.content.text.splitlines()
    hunks = SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(3)
    return {line for hunk in hunks for line in range(hunk[0][3] + 1, hunk[-1][4] + 1)}


def as_told(each: Break, report: CheckReport) -> Finding:
    """The finding as it counts in this run: what is waived is a note, an unknown that passes is a warning."""
    finding = each.finding
    if each.waiver is not None:
        by = f"WAIVED by {each.waiver.owner} until {each.waiver.expires} ({each.waiver.reason}): "
        return replace(finding, severity=Severity.NOTE, message=by + finding.message)
    if finding.is_reason_for_unknown and report.unknown_passes:
        return replace(finding, severity=Severity.WARNING)
    if each.stood and not each.counts:
        return replace(finding, message=f"stood before this change: {finding.message}")
    return finding


def _error(file: str, line: int, column: int, message: str, next_step: str | None) -> str:
    place = f"{visible(file)}:{line}:{column}" if line else visible(file)
    return f"{place}  {visible(message)}" + (f"\n    next: {next_step}" if next_step else "")


def _block(judgement: Judgement, each: Break, report: CheckReport, style: Style) -> str:
    consumers = (report.consumers or {}).get(judgement.version.id, ())
    finding = each.finding
    version = f"{judgement.version.id.event} v{judgement.version.id.number}"
    lines = [findings.headline(finding, style, f"{style.bold(version)}: ", waived=each.waiver is not None)]
    if finding.is_of_registry:
        readable = judgement.data is DataAnswer.YES
        lines += ["    data      yes  every event stays readable all the same"] if readable else []
    elif each.direction is not None:
        answer = _answer(finding)
        paint = style.red if finding.severity is Severity.ERROR else style.yellow
        lines.append(
            f"    {each.direction:<9} {paint(answer)}  {who_breaks(each.direction, finding, judgement, consumers)}"
        )
    lines += findings.witness(finding, _introduction(each.direction, finding), style)
    if each.against:
        lines.append(f"    registry  {_registry(judgement)}; compared with {_revisions(each.against)}")
    if each.stood:
        lines.append(f"    {_stood(judgement)}")
    if (waiver := each.waiver) is not None:
        new = ", new in this change" if waiver in _new(report) else ""
        by = f"waived by {waiver.owner} until {waiver.expires}: {waiver.reason}"
        return "\n".join([*lines, f"    {visible(by)}   {waiver.at}{new}", findings.rule(finding, style)])
    if each.counts and (waiver := each.expired) is not None:
        by = f"a waiver of {waiver.owner} for this expired on {waiver.expires}"
        lines.append(f"    {style.yellow(visible(by))}   {waiver.at}")
    return "\n".join(lines + findings.repair(finding, style, _instead(judgement, finding)))


def _answer(finding: Finding) -> str:
    return {"1": "no", "9": "unknown"}.get(finding.family, str(finding.severity))


def _stood(judgement: Judgement) -> str:
    """That the change did not bring a finding, and who did."""
    return f"stood before this change: {_revisions((judgement.pairs[0].against,))} has it as well"


def _new(report: CheckReport) -> list[FindingWaiver]:
    """The waivers that come with the change that they are an exception for."""
    return [outcome.waiver for outcome in report.waivers if outcome.is_new]


def _instead(judgement: Judgement, finding: Finding) -> str:
    """The other way out of a break: leave the version alone."""
    if judgement.status is Status.CHANGED and finding.severity is Severity.ERROR:
        return f"or start version {judgement.version.id.number + 1}:  schemagate bump {judgement.version.id.event}"
    return ""


def who_breaks(direction: Direction, finding: Finding, judgement: Judgement, consumers: tuple[str, ...]) -> str:
    """Whose data cannot be read, or not as it was meant, by name where the manifests say so."""
    version = f"{judgement.version.id.event} v{judgement.version.id.number}"
    if direction is Direction.FORWARD:
        readers = ", ".join(consumers) or "a consumer that has not upgraded"
        verb = "reads" if len(consumers) < 2 else "read"
        return f"{readers} {verb} {version} as it was released, and {_COMING[_fate(finding)]}"
    readers = ", ".join(consumers) or "consumers"
    return f"{readers}: once upgraded to this {version}, {_RETAINED[_fate(finding)]}"


def _fate(finding: Finding) -> str:
    """The family of the finding, or what the reader makes of the event that shows it."""
    if finding.witness is not None and finding.witness.misread:
        return "misread"
    is_refused = finding.witness is not None and finding.rule.startswith("SG-PROTO")
    return "1" if is_refused else finding.family


_COMING: Final = {
    "misread": "may take what producers send now for something else",
    "1": "cannot read what producers may send now",
    "2": "may understand something else than producers mean now",
    "3": "it depends on the decoder whether what producers may send now is read as it is meant",
    "9": "nobody can tell whether that reads what producers may send now",
}
"""What happens to a reader that stays as it is, by the family of the finding."""

_RETAINED: Final = {
    "misread": "events already in the topic are read as something else",
    "1": "events already in the topic cannot be read",
    "2": "events already in the topic may be understood as something else",
    "3": "it depends on the decoder whether events already in the topic are read as they were meant",
    "9": "nobody can tell whether events already in the topic can be read",
}
"""What happens to events that are there, likewise."""


def _introduction(direction: Direction | None, finding: Finding) -> str:
    released = direction is Direction.FORWARD
    match _fate(finding):
        case "1":
            what = "cannot read it"
        case "misread":
            what = "read it as something else" if released else "reads it as something else"
        case _:
            what = "may not read it as it is meant"
    if released:
        return f"this event is legal now, and released readers {what}:"
    return f"this event was legal before, and the new reader {what}:"


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
    at = f", at {_revisions((judgement.stopped_at,))}" if judgement.stopped_at else ""
    return f"{words[judgement.registry]} ({judgement.level}{at})"


def _told(judgement: Judgement, style: Style) -> str:
    version = judgement.version.id
    if judgement.status is not Status.NEW_VERSION:
        kept = [each for each in judgement.breaks if not each.counts]
        groups = [(_why_not_counted(judgement), [each for each in kept if not each.stood])]
        groups += [(_stood(judgement), [each for each in kept if each.stood])] if judgement.pairs else []
        lines = []
        for why, group in groups:
            lines += [findings.headline(each.finding, style, f"{version.event} v{version.number}: ") for each in group]
            lines += [f"    not counted: {why}"] if group else []
        return "\n".join(lines)
    errors = [each for each in judgement.breaks if each.finding.severity is Severity.ERROR]
    lines = [
        f"{judgement.version.content.file}  {style.bold(f'{version.event} v{version.number}')}: {_relation(judgement)}"
    ]
    lines += [f"    {each.direction or '':<9} {visible(each.finding.message)}" for each in errors]
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


def summary(report: CheckReport, style: Style = PLAIN) -> str:
    """The last line: counts, both verdicts, and what was compared with what."""
    judged = [each for each in report.judgements if each.status in (Status.CHANGED, Status.REMOVED)]
    what = "differs" if len(report.judgements) == 1 else "differ"
    counts = f"{count(len(report.judgements), 'version')} {what if report.environment else 'changed'}"
    if report.errors:
        counts = f"{count(len(report.errors), 'file')} cannot be followed, {counts}"
    if outcome := _outcome(report):
        counts += f": {outcome}"
    paint = {0: style.green, 3: style.yellow}.get(report.exit_code, style.red)
    hidden = f"  (history before {short(report.hidden)} is not judged)" if report.hidden else ""
    passes = "  (unknown is a warning: --unknown=warn)" if report.unknown_passes else ""
    compared = f"{report.candidate} against {report.base}"
    told = [each.finding for judgement in report.judgements for each in judgement.breaks if each.counts]
    weighed = findings.weighed(report.severities, [*told, *report.notes])
    refused = "  (waived here, and publish will still be refused)" if _is_refused(judged) else ""
    verdicts = paint(_verdicts(report, judged))
    return f"{counts}.  {verdicts}   {compared}{hidden}{passes}{weighed}{_assumed(judged)}{refused}"


def _is_refused(judged: list[Judgement]) -> bool:
    """The registry rejects what passes by a waiver."""
    return any(each.registry is RegistryAnswer.REJECT and each.waived and not each.refused for each in judged)


def _assumed(judged: list[Judgement]) -> str:
    """What the data verdicts take for granted, event by event."""
    words = {each.version.id.event: ", ".join(each.version.settings.assumptions) for each in judged}
    said = [
        f"of {event}: {assumptions}" if len(words) > 1 else assumptions
        for event, assumptions in words.items()
        if assumptions
    ]
    return f"  (assumed: {'; '.join(said)})" if said else ""


def _outcome(report: CheckReport) -> str:
    broken = sum(each.refused for each in report.judgements)
    unknown = sum(each.undecided for each in report.judgements)
    waived = f"{number} waived" if (number := sum(len(each.waived) for each in report.judgements)) else ""
    if waived and report.exit_code == 0 and not unknown:
        waived = f"PASS ({waived})"
    fails = f"{broken} {'fails' if broken == 1 else 'fail'}" if broken else ""
    old = sum(each.stood and not each.counts for judgement in report.judgements for each in judgement.breaks)
    stood = f"{old} stood before" if old else ""
    counted = [each.finding for judgement in report.judgements for each in judgement.breaks if each.counts]
    warnings = sum(each.severity is Severity.WARNING for each in [*counted, *report.notes])
    warned = count(warnings, "warning") if warnings else ""
    return ", ".join(filter(None, [fails, f"{unknown} unknown" if unknown else "", waived, warned, stood]))


def _verdicts(report: CheckReport, judged: list[Judgement]) -> str:
    if not judged:
        if report.errors or report.mistakes:
            return "nothing was compared"
        return "no released version among them" if report.judgements else "nothing to compare"
    registry = {each.registry for each in judged}
    data = {each.data for each in judged}
    order = (RegistryAnswer.REJECT, RegistryAnswer.MAY_FAIL, RegistryAnswer.ACCEPT)
    answer = next((a for a in order if a in registry), "not asked")
    worst = next((a for a in (DataAnswer.NO, DataAnswer.UNKNOWN, DataAnswer.YES) if a in data), "not asked")
    return f"registry: {answer} · data: {worst}"


def _revisions(names: tuple[str, ...]) -> str:
    named = ", ".join(map(short, names[:3]))
    more = f" and {len(names) - 3} older" if len(names) > 3 else ""
    if all(short(name) == name for name in names):  # they say themselves what they are
        return f"{named}{more}"
    return f"{'revision' if len(names) == 1 else 'revisions'} {named}{more}"


def _entry(judgement: Judgement, report: CheckReport) -> dict[str, Any]:
    version = judgement.version
    return {
        "event": version.id.event,
        "version": version.id.number,
        "subject": version.subject,
        "owner": version.settings.owner,
        "file": version.content.file,
        "status": str(judgement.status),
        "level": str(judgement.level),
        "policy": version.settings.policy,
        "assume": list(version.settings.assumptions),
        "registry": judgement.registry and str(judgement.registry),
        "data": judgement.data and str(judgement.data),
        "registry_stops_at": judgement.stopped_at,
        "registry_changes": list(judgement.changes),
        "consumers": list((report.consumers or {}).get(version.id, ())),
        "pairs": [
            {
                "direction": str(pair.direction),
                "against": pair.against,
                "registry": str(pair.registry) if pair.asked else None,
                "data": str(pair.data),
            }
            for pair in judgement.pairs
        ],
        "findings": [_finding(judgement, each, report) for each in judgement.breaks],
    }


def _finding(judgement: Judgement, each: Break, report: CheckReport) -> dict[str, Any]:
    entry = findings.to_json(each.finding)
    entry.pop("writer_path", None)
    consumers = (report.consumers or {}).get(judgement.version.id, ())
    direction = None if each.finding.is_of_registry else each.direction
    return {
        **entry,
        "path": each.path,
        "old_path": each.old_path,
        "direction": each.direction and str(each.direction),
        "against": list(each.against),
        "registry_stops_here": judgement.stopped_at in each.against,
        "who_breaks": direction and who_breaks(direction, each.finding, judgement, consumers),
        "counts": each.counts,
        "stood_before": each.stood,
        "waiver": None if each.waiver is None else _waiver(each.waiver),
    }


def _waiver(waiver: FindingWaiver) -> dict[str, Any]:
    return {
        "owner": waiver.owner,
        "reason": waiver.reason,
        "expires": waiver.expires.isoformat(),
        "file": "waivers.toml",
        "line": waiver.line,
    }


def _waiver_entry(outcome: Outcome) -> dict[str, Any]:
    waiver = outcome.waiver
    names = {"fingerprint": waiver.fingerprint, "rule": waiver.rule, "subject": waiver.subject, "path": waiver.path}
    return {"state": str(outcome.state), "new": outcome.is_new, **names, **_waiver(waiver)}
