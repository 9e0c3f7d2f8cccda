"""How do the released revisions of a version look?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemagate.ask.judgement import Break, Judgement, short
from schemagate.ask.log import Entry, Log
from schemagate.compat.verdicts import DataAnswer, RegistryAnswer
from schemagate.findings import Severity
from schemagate.report import diff, findings
from schemagate.report.document import document
from schemagate.report.findings import visible
from schemagate.report.style import PLAIN, Style
from schemagate.report.words import count


def to_text(found: Log, style: Style = PLAIN) -> str:
    """Newest first: each revision with both verdicts against the one before, its edits, and what it broke."""
    blocks = ["\n".join(_entry(entry, style)) for entry in found.entries]
    blocks += [style.yellow(f"not read: {visible(each.file)}: {visible(each.message)}") for each in found.lost]
    return "\n\n".join([*blocks, _summary(found, style)])


def to_json(found: Log) -> str:
    """One document, newest first."""
    fields = {
        "version": str(found.version),
        "base": found.base,
        "level": found.level and str(found.level),
        "since": found.hidden,
        "complete": found.exit_code == 0,
        "exit": found.exit_code,
        "revisions": [_entry_json(entry) for entry in found.entries],
        "errors": [{"file": each.file, "message": each.message} for each in found.lost],
    }
    return document("log", fields)


def _entry(entry: Entry, style: Style) -> Iterator[str]:
    commit, described = entry.revision.commit, entry.described
    head = f"{style.bold(commit[:7])}  {described.at:%Y-%m-%d %H:%MZ}  {visible(described.subject)}"
    if entry.error is not None:
        step = f"; {entry.error.next_step}" if entry.error.next_step else ""
        yield f"{head}   {style.yellow(f'not judged: {visible(entry.error.message + step)}')}"
        return
    if entry.judgement is None:
        yield f"{head}   first revision"
        return
    yield f"{head}   {_verdicts(entry.judgement, style)}"
    yield from (diff.edit_line(edit, style) for edit in entry.edits)
    for each in entry.judgement.breaks:
        if each.finding.severity is not Severity.NOTE:
            yield from _break(each, style)


def _verdicts(judgement: Judgement, style: Style) -> str:
    paint = {DataAnswer.YES: style.green, DataAnswer.NO: style.red, DataAnswer.UNKNOWN: style.yellow}
    registry = style.green if judgement.registry is RegistryAnswer.ACCEPT else style.red
    data = judgement.data or DataAnswer.UNKNOWN
    return f"registry: {registry(str(judgement.registry))} · data: {paint[data](data)}"


def _break(each: Break, style: Style) -> Iterator[str]:
    finding = each.finding
    said = style.dim(f"{finding.rule} {finding.name}")
    yield f"    {each.direction or '':<9} {visible(finding.message)}   {said}".rstrip()
    yield from findings.witness(finding, findings.introduction(finding), style, indent=8)


def _summary(found: Log, style: Style) -> str:
    hidden = f"  (history before {short(found.hidden)} is not shown)" if found.hidden else ""
    where = f"of {found.version}, released on {found.base}"
    if not found.entries and not found.lost:
        return f"no revision {where}{hidden}"
    broken = sum(entry.judgement is not None and entry.judgement.refused for entry in found.entries)
    level = f", level {found.level} today" if found.level else ""
    breaks = style.red(f": {count(broken, 'break')}") if broken else ""
    return f"{count(len(found.entries), 'revision')} {where}{level}{breaks}{hidden}"


def _entry_json(entry: Entry) -> dict[str, Any]:
    judgement = entry.judgement
    fields = {
        "commit": entry.revision.commit,
        "at": entry.described.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "subject": entry.described.subject,
        "file": entry.revision.content.file,
        "edits": [diff.edit_json(edit) for edit in entry.edits],
        "level": None if judgement is None else str(judgement.level),
        "registry": judgement and judgement.registry and str(judgement.registry),
        "data": judgement and judgement.data and str(judgement.data),
        "findings": [],
        "error": None if entry.error is None else entry.error.message,
    }
    if judgement is not None:
        fields["findings"] = [
            {**findings.to_json(each.finding), "direction": each.direction and str(each.direction)}
            for each in judgement.breaks
        ]
    return fields
