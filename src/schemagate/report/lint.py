"""How do the findings of `lint` look?"""

from __future__ import annotations

from schemagate.ask.lint import LintReport
from schemagate.findings import Severity
from schemagate.report import findings
from schemagate.report.document import document
from schemagate.report.style import PLAIN, Style
from schemagate.report.words import count


def to_text(report: LintReport, style: Style = PLAIN, *, verbose: bool = False) -> str:
    """Every finding with its place and repair, notes only where `verbose`, then the counts."""
    blocks = [
        "\n".join([findings.headline(finding, style), *findings.repair(finding, style)])
        for finding in report.findings
        if verbose or finding.severity is not Severity.NOTE
    ]
    blocks += [style.yellow(f"not judged: {findings.visible(each)}") for each in report.unjudged]
    return "\n\n".join([*blocks, _summary(report, style)])


def to_json(report: LintReport) -> str:
    """One document."""
    fields = {
        "complete": not report.unjudged,
        "unjudged": list(report.unjudged),
        "exit": report.exit_code,
        "versions": report.versions,
        "services": report.services,
        "off": dict(report.off),
        "severity": {rule: str(severity) for rule, severity in (report.severities or {}).items()},
        "findings": [findings.to_json(finding) for finding in report.findings],
    }
    return document("lint", fields)


def to_github(report: LintReport) -> str:
    """Annotations, then the counts."""
    lines = [findings.command("warning", f"not judged: {each}", title="lint") for each in report.unjudged]
    return "\n".join(filter(None, [findings.to_github(report.findings, report.below), *lines, _summary(report, PLAIN)]))


def to_sarif(report: LintReport) -> str:
    """Every finding; what could not be looked at is a notification."""
    from schemagate.report.sarif import Result, Trouble
    from schemagate.report.sarif import to_sarif as sarif

    results = (Result(finding) for finding in report.findings)
    return sarif(results, (Trouble(each) for each in report.unjudged), report.exit_code, report.below)


def _summary(report: LintReport, style: Style) -> str:
    numbers = {severity: sum(finding.severity is severity for finding in report.findings) for severity in Severity}
    text = ", ".join(count(number, severity) for severity, number in numbers.items() if number) or "no findings"
    hidden = " (-v shows notes)" if numbers[Severity.NOTE] else ""
    off = f"   off by schemagate.toml: {', '.join(report.off)}" if report.off else ""
    painted = style.red(text) if report.exit_code else style.green(text)
    looked_at = ", ".join(filter(None, [count(report.versions, "version"), count(report.services, "service")]))
    return f"{looked_at}: {painted}{hidden}{off}{findings.weighed(report.severities, report.findings)}"
