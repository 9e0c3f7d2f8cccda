"""How does the answer of `generate` look?"""

from __future__ import annotations

from collections.abc import Iterable

from schemagate.ask.generate import GenerateReport
from schemagate.findings import Finding, Severity
from schemagate.report import findings
from schemagate.report.document import document
from schemagate.report.style import PLAIN, Style
from schemagate.report.words import count


def to_text(report: GenerateReport, style: Style = PLAIN, *, verbose: bool = False) -> str:
    """What was refused or lost, what is stale, then the counts. Losses are told once a kind, unless `verbose`."""
    blocks = [f"{error.file}:{error.line}  {style.red(error.message)}" for error in report.unreadable]
    blocks += _findings(report.findings, style) if verbose else _shortened(report, style)
    if report.check:
        blocks += [f"{path}  {style.red('is not what the schema says')}" for path in report.written]
        blocks += [f"{path}  {style.red('is left over')}" for path in report.removed]
    blocks += [
        f"{path}  {style.yellow('is left over and was edited: it stays; remove it by hand')}" for path in report.edited
    ]
    return "\n".join([*blocks, _summary(report, style, verbose=verbose)])


def to_json(report: GenerateReport) -> str:
    """One document."""
    fields = {
        "check": report.check,
        "complete": not report.unreadable,
        "exit": report.exit_code,
        "written": report.written,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "edited": report.edited,
        "refused": [str(version) for version in report.refused],
        "findings": [findings.to_json(finding) for finding in report.findings],
    }
    return document("generate", fields)


def _findings(shown: Iterable[Finding], style: Style) -> list[str]:
    return ["\n".join([findings.headline(each, style), *findings.repair(each, style)]) for each in shown]


def _shortened(report: GenerateReport, style: Style) -> list[str]:
    """Errors all; of warnings the first of a kind, with the number of places, and only when something is written."""
    blocks = _findings((each for each in report.findings if each.severity is Severity.ERROR), style)
    kinds: dict[tuple[str, str], list[Finding]] = {}
    for each in report.findings:
        if each.severity is Severity.WARNING and report.written and not report.check:
            kinds.setdefault((each.rule, each.message), []).append(each)
    for same in kinds.values():
        block = _findings(same[:1], style)[0]
        blocks.append(
            block
            + (
                f"\n    {count(len(same) - 1, 'more place', 'more places')} like this (-v shows them)"
                if len(same) > 1
                else ""
            )
        )
    return blocks


def _summary(report: GenerateReport, style: Style, *, verbose: bool) -> str:
    stale = "to write" if report.check else "written"
    left = "to remove" if report.check else "removed"
    notes = 0 if verbose else sum(each.severity is Severity.NOTE for each in report.findings)
    counts = [
        f"{count(len(report.unchanged), 'file')} up to date",
        f"{len(report.written)} {stale}" if report.written else "",
        f"{len(report.removed)} {left}" if report.removed else "",
        f"{count(len(report.refused), 'version')} refused" if report.refused else "",
        f"{count(notes, 'note')} (-v shows them)" if notes else "",
    ]
    text = ", ".join(filter(None, counts))
    if report.check and report.exit_code == 1:
        return f"{style.red(text)}\n  next: schemagate generate, and commit what it writes"
    return style.red(text) if report.exit_code else style.green(text)
