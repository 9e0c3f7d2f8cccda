"""How do the findings of `lint` look?"""

from __future__ import annotations

import json

from schemagate.ask.lint import LintReport
from schemagate.findings import Severity
from schemagate.report import findings
from schemagate.report.style import PLAIN, Style


def to_text(report: LintReport, style: Style = PLAIN) -> str:
    """Every finding with its place and repair, then the counts."""
    blocks = [
        "\n".join([findings.headline(finding, style), *findings.repair(finding, style)]) for finding in report.findings
    ]
    return "\n\n".join([*blocks, _summary(report, style)])


def to_json(report: LintReport) -> str:
    """One document."""
    document = {
        "schema_version": 1,
        "command": "lint",
        "complete": True,
        "exit": report.exit_code,
        "versions": report.versions,
        "services": report.services,
        "off": dict(report.off),
        "findings": [findings.to_json(finding) for finding in report.findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def to_github(report: LintReport) -> str:
    """Annotations, then the counts."""
    return "\n".join(filter(None, [findings.to_github(report.findings), _summary(report, PLAIN)]))


def _summary(report: LintReport, style: Style) -> str:
    counts = []
    for severity in Severity:
        number = sum(finding.severity is severity for finding in report.findings)
        if number:
            counts.append(f"{number} {severity}{'s' if number > 1 else ''}")
    text = ", ".join(counts) or "no findings"
    off = f"   off by schemagate.toml: {', '.join(report.off)}" if report.off else ""
    looked_at = f"{report.versions} versions" + (f", {report.services} services" if report.services else "")
    return f"{looked_at}: {style.red(text) if report.exit_code else style.green(text)}{off}"
