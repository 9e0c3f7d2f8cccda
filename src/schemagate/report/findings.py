"""How does one finding look, in each output format?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from schemagate.findings import SHORT, Finding, Location, Severity
from schemagate.report.style import Style
from schemagate.report.values import layout, plain

SHOWN_BY_GITHUB: Final = 10
"""GitHub shows ten annotations of a kind for a step and drops the rest without a word."""

_CONTROL = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)  # what steers a terminal, turns text around, or may not stand in XML


def visible(text: str) -> str:
    """The text on one line, without characters that steer a terminal: names in schemas and manifests are anybody's."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def visible_lines(text: str) -> str:
    """The same for text whose line breaks are ours."""
    return "\n".join(map(visible, text.split("\n")))


def headline(finding: Finding, style: Style, subject: str = "", *, waived: bool = False) -> str:
    """`file:line:column  severity  message`: the answer first."""
    place = (
        f"{visible(finding.location.file)}:{finding.location.line}:{finding.location.column}"
        if finding.location
        else ""
    )
    paint = {Severity.ERROR: style.red, Severity.WARNING: style.yellow, Severity.NOTE: style.dim}[finding.severity]
    word = "" if finding.severity is Severity.ERROR else f"{finding.severity}: "
    text = f"{subject}{paint(word + visible(finding.message))}"
    return "  ".join(filter(None, [place, style.yellow("WAIVED") if waived else "", text]))


def weighed(severities: Mapping[str, Severity] | None, told: Iterable[Finding]) -> str:
    """Which rules of these findings count as the project says: for the last line."""
    rules = sorted({finding.rule for finding in told} & (severities or {}).keys())
    return f"  (severity by schemagate.toml: {', '.join(rules)})" if rules else ""


def rule(finding: Finding, style: Style) -> str:
    """Where a finding is explained, and what it is called in a waiver."""
    explain = f"rule {finding.rule} {finding.name}   explain it:  schemagate explain {finding.rule}"
    known_as = f"   fingerprint {finding.fingerprint[:SHORT]}" if finding.fingerprint else ""
    return f"    {style.dim(explain + known_as)}"


def repair(finding: Finding, style: Style, instead: str = "") -> list[str]:
    """What to do (or `instead`), and where it is explained."""
    lines = [f"    repair: {visible(finding.fix)}"]
    if (change := finding.replacement) is not None:
        place = f"{visible(change.pointer) or '/'}:  "
        shown = str(change.value) if change.is_text else layout(change.value, 12 + len(place))
        lines.append(f"            {place}{visible_lines(shown)}")
    if instead:
        lines.append(f"            {instead}")
    return [*lines, rule(finding, style)]


def is_misread(finding: Finding) -> bool:
    """The event that proves it is read, as something else than what was written."""
    return finding.witness is not None and finding.witness.misread


def introduction(finding: Finding) -> str:
    """The line above an event that proves a finding."""
    return "this event is read as something else:" if is_misread(finding) else "this event cannot be read:"


def witness(finding: Finding, introduction: str, style: Style, indent: int = 4) -> list[str]:
    """The event that proves a finding, and what the reader says to it; `indent` is that of the introduction."""
    if finding.witness is None:
        return []
    inner = indent + 4
    value = " " * inner + visible_lines(layout(finding.witness.value, inner))
    reason = style.red("^ " + visible(finding.witness.reason))
    return [" " * indent + introduction, value, " " * inner + reason]


def to_json(finding: Finding) -> dict[str, Any]:
    """The finding as a JSON value."""
    entry: dict[str, Any] = {
        "rule": finding.rule,
        "name": finding.name,
        "severity": str(finding.severity),
        "message": finding.message,
        "path": finding.path,
        "fix": finding.fix,
    }
    if finding.writer_path is not None:
        entry["writer_path"] = finding.writer_path
    if finding.writer_path is not None or finding.fingerprint:
        entry["stable_path"] = finding.stable_path
    if finding.fingerprint:
        entry["fingerprint"] = finding.fingerprint
    if finding.location is not None:
        entry |= _place(finding.location)
    if finding.related is not None:
        entry["related"] = {"commit": finding.related.commit, **_place(finding.related)}
    if finding.replacement is not None:
        entry["replacement"] = {"pointer": finding.replacement.pointer, "value": plain(finding.replacement.value)}
    if finding.witness is not None:
        entry["witness"] = {
            "value": plain(finding.witness.value),
            "reason": finding.witness.reason,
            "pointer": finding.witness.pointer,
            "misread": finding.witness.misread,
            "encoded": finding.witness.encoded.hex() if finding.witness.encoded is not None else None,
        }
    return entry


def _place(at: Location) -> dict[str, Any]:
    return {"file": at.file, "line": at.line, "column": at.column, "end_column": at.end_column}


def to_github(findings: Iterable[Finding], below: str = "", errors: Sequence[str] = ()) -> str:
    """Workflow commands that become annotations, the most severe first; `below` leads from the top to the project.

    `errors` are commands about what could not be looked at: the first of all.
    """
    ordered = sorted(findings, key=lambda finding: finding.severity.rank)
    lines: list[str] = []
    for severity, kind in _KINDS.items():
        told = [annotation(kind, finding, below) for finding in ordered if finding.severity is severity]
        lines += at_most(kind, [*errors, *told] if severity is Severity.ERROR else told)
    return "\n".join(lines)


_KINDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def at_most(kind: str, commands: Sequence[str]) -> list[str]:
    """Workflow commands of one kind, as many as GitHub shows; the last one says how many more there are."""
    if len(commands) <= SHOWN_BY_GITHUB:
        return list(commands)
    hidden = len(commands) - SHOWN_BY_GITHUB + 1
    more = command(kind, f"…and {hidden} more: see the log of this step", title="more")
    return [*commands[: SHOWN_BY_GITHUB - 1], more]


def annotation(kind: str, finding: Finding, below: str = "") -> str:
    """One workflow command for a finding, with its proof and its repair."""
    place = {}
    if finding.location is not None:
        at = finding.location
        place = {"file": below + at.file, "line": str(at.line), "col": str(at.column), "endLine": str(at.line)}
        if at.end_column is not None:
            place["endColumn"] = str(at.end_column)
    proof = f"\n{finding.witness.reason}: {layout(finding.witness.value, 0)}" if finding.witness else ""
    message = f"{finding.message}{proof}\nrepair: {finding.fix}"
    return command(kind, message, **place, title=f"{finding.rule} {finding.name}")


def command(kind: str, message: str, **properties: str) -> str:
    """A workflow command; message and properties are escaped as GitHub asks."""
    text = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{kind} {text}::{_message(message)}"


def _message(text: str) -> str:
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
