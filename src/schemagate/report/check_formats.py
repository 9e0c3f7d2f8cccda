"""How does the answer of `check` look to machines that only read SARIF or JUnit, and to a `waivers.toml`?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from schemagate.ask.check import CheckReport
from schemagate.ask.judgement import Break, Judgement, PairVerdict, Status, short
from schemagate.compat.modes import Direction
from schemagate.compat.verdicts import DataAnswer, RegistryAnswer
from schemagate.findings import SHORT, Finding, Location
from schemagate.project.finding_waivers import MALFORMED, WAIVABLE
from schemagate.report.check import as_told, summary
from schemagate.report.findings import visible, visible_lines
from schemagate.report.sarif import Result, Trouble
from schemagate.report.sarif import to_sarif as sarif


def to_sarif(report: CheckReport) -> str:
    """Everything that counts; what is waived is suppressed, with the reason."""
    results = [
        Result(as_told(each, report), _justification(each))
        for judgement in report.judgements
        for each in judgement.breaks
        if each.counts
    ]
    results += [Result(note) for note in (*report.notes, *_mistakes(report))]
    troubles = [Trouble(error.message, error.file, error.line) for error in report.errors]
    return sarif(results, troubles, report.exit_code, report.below)


def _justification(each: Break) -> str | None:
    waiver = each.waiver
    return None if waiver is None else f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"


def _mistakes(report: CheckReport) -> Iterator[Finding]:
    for each in report.mistakes:
        yield MALFORMED.finding("", each.what, "correct the entry", location=Location(each.file, each.line))


@dataclass(frozen=True, slots=True)
class _Case:
    """One `testcase`; `text` is what is wrong (failure, error), or what is to be said about a pass."""

    owner: str
    name: str
    outcome: Literal["", "failure", "error"] = ""
    text: str = ""


def to_junit(report: CheckReport) -> str:
    """A case per version, pair and verdict; what could not be decided is an error, never a pass or a skip."""
    cases = [*_troubles(report), *(case for each in report.judgements for case in _cases(each, report))]
    failures, errors = (sum(case.outcome == outcome for case in cases) for outcome in ("failure", "error"))
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {counts}>"]
    lines.append(f'<testsuite name="schemagate check" {counts}>')
    lines += map(_element, cases)
    return "\n".join([*lines, f"<system-out>{_text(summary(report))}</system-out>", "</testsuite>", "</testsuites>"])


def _element(case: _Case) -> str:
    head = f"<testcase classname={_attribute(case.owner)} name={_attribute(case.name)}"
    if not case.text:
        return f"{head}/>"
    if not case.outcome:
        return f"{head}><system-out>{_text(case.text)}</system-out></testcase>"
    first = case.text.partition("\n")[0]
    return f"{head}><{case.outcome} message={_attribute(first)}>{_text(case.text)}</{case.outcome}></testcase>"


def _text(text: str) -> str:
    return escape(visible_lines(text))


def _attribute(text: str) -> str:
    return quoteattr(visible(text))


def _troubles(report: CheckReport) -> Iterator[_Case]:
    for error in report.errors:
        yield _Case(error.file, "can be read", "error", error.message)
    for mistake in report.mistakes:
        yield _Case(mistake.file, "can be followed", "error", str(mistake))


def _cases(judgement: Judgement, report: CheckReport) -> Iterator[_Case]:
    for pair in judgement.pairs:
        if pair.asked:
            yield _registry_case(judgement, pair, report)
        mine = [each for each in judgement.breaks if _is_about(each, pair)]
        yield _case(judgement, f"{_reads(pair)}: data", mine, report, said=str(pair.data))
    rest = [each for each in judgement.breaks if each.direction is None]
    if rest or not judgement.pairs:
        yield _case(judgement, "history", rest, report, said=str(judgement.status))


def _is_about(each: Break, pair: PairVerdict) -> bool:
    """A finding of the data verdict on this pair; the registry's has a case of its own."""
    of_registry = each.finding.is_of_registry
    return not of_registry and each.direction is pair.direction and pair.against in each.against


def _reads(pair: PairVerdict) -> str:
    old = short(pair.against)
    return f"new reads {old}" if pair.direction is Direction.BACKWARD else f"{old} reads new"


def _registry_case(judgement: Judgement, pair: PairVerdict, report: CheckReport) -> _Case:
    owner, name = str(judgement.version.id), f"{_reads(pair)}: registry"
    said = visible(f"{pair.registry} {', '.join(pair.changes)}".strip())
    of_registry = [each for each in judgement.breaks if each.finding.is_of_registry]
    waived = any(each.waiver is not None for each in of_registry)
    counts = judgement.status is Status.CHANGED and "registry" in judgement.version.settings.fail_on and not waived
    match pair.registry:
        case RegistryAnswer.ACCEPT:
            return _Case(owner, name)
        case RegistryAnswer.MAY_FAIL if counts and not report.unknown_passes:
            return _Case(owner, name, "error", said)
        case RegistryAnswer.REJECT if counts and judgement.refused:
            return _Case(owner, name, "failure", said)
    return _Case(owner, name, "", said)


def _case(judgement: Judgement, name: str, breaks: Iterable[Break], report: CheckReport, *, said: str) -> _Case:
    owner = str(judgement.version.id)
    breaks = list(breaks)
    open_ = [each for each in breaks if each.leaves_open]
    if failing := [each for each in breaks if each.fails]:
        return _Case(owner, name, "failure", _lines(failing, report))
    if open_ and not report.unknown_passes:
        return _Case(owner, name, "error", _lines(open_, report))
    told = "" if said == DataAnswer.YES and not breaks else "\n".join([said, _lines(breaks, report)]).strip()
    return _Case(owner, name, "", told)


def _lines(breaks: Iterable[Break], report: CheckReport) -> str:
    told = (as_told(each, report) for each in breaks)
    return "\n".join(f"{visible(each.message)} (repair: {visible(each.fix)}; {each.rule})" for each in told)


def to_waivers(report: CheckReport) -> str:
    """An entry for every finding that fails the check and may be waived; the reason is left to whoever answers."""
    entries = [
        _entry(judgement, each.finding)
        for judgement in report.judgements
        for each in judgement.breaks
        if (each.fails or each.leaves_open) and each.finding.rule in WAIVABLE
    ]
    if not entries:
        return "# nothing to waive"
    head = "# for waivers.toml: state the reason, and as `expires` the last day, at most 90 days ahead"
    return "\n\n".join([head, *(["format = 1"] if not report.waivers else []), *entries])


def _toml(text: str) -> str:
    """A TOML string; what does not print is escaped, which JSON alone leaves to the reader beyond ASCII."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in quoted)


def _entry(judgement: Judgement, finding: Finding) -> str:
    values = {
        "fingerprint": finding.fingerprint[:SHORT],
        "rule": finding.rule,
        "subject": judgement.version.subject,
        "path": finding.stable_path,
        "reason": "",
        "owner": judgement.version.settings.owner,
    }
    lines = [f"{key} = {_toml(value)}" for key, value in values.items()]
    return "\n".join([f"# {visible(finding.message)}", "[[finding]]", *lines, "# expires = YYYY-MM-DD"])
