"""How does the answer of `validate` look?"""

from __future__ import annotations

from collections.abc import Mapping

from schemagate.ask.validate import ValidateReport
from schemagate.report.document import document
from schemagate.report.findings import visible
from schemagate.report.style import PLAIN, Style
from schemagate.report.words import count


def to_text(report: ValidateReport, file: str, style: Style = PLAIN) -> str:
    """A line per failing field, then the answer."""
    one = report.events < 2
    lines = [
        f"{visible(file if one else f'{file}:{each.event}')}  {style.red(visible(each.pointer or '/'))}"
        f"  {visible(each.message)}"
        for each in report.invalid
    ]
    return "\n".join([*lines, _answer(report, file, style)])


def to_json(reports: Mapping[str, ValidateReport]) -> str:
    """One document for all files."""
    fields = {
        "complete": all(report.exit_code != 3 for report in reports.values()),
        "files": [
            {
                "file": file,
                "version": str(report.version.id),
                "events": report.events,
                "invalid": [
                    {"event": each.event, "pointer": each.pointer, "message": each.message} for each in report.invalid
                ],
            }
            for file, report in reports.items()
        ],
    }
    return document("validate", fields)


def _answer(report: ValidateReport, file: str, style: Style) -> str:
    if not report.events:
        return style.yellow(f"{visible(file)} holds no event, so nothing was shown to be valid")
    bad = len({each.event for each in report.invalid})
    what = f"{count(report.events, 'event')} of {report.version.id}"
    return style.red(f"{what}: {bad} invalid") if bad else style.green(f"{what}: valid")
