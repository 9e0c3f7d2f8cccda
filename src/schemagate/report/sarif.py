"""How do findings look as SARIF 2.1.0, which code scanning reads?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from schemagate import __version__
from schemagate.ask.explain import explain
from schemagate.findings import Finding, Location, Severity
from schemagate.report.values import layout

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST: Final = 25_000
"""GitHub refuses a file with more results."""


@dataclass(frozen=True, slots=True)
class Result:
    """One finding; `justification` is why it is waived, if it is."""

    finding: Finding
    justification: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """What kept the run from looking at everything."""

    message: str
    file: str = ""
    line: int = 0


def to_sarif(results: Iterable[Result], troubles: Iterable[Trouble], exit_code: int, below: str = "") -> str:
    """One run with the most severe findings first; `below` leads from the repository's top to the project."""
    found = sorted(results, key=lambda result: result.finding.severity.rank)
    shown = found[:MOST]
    if dropped := len(found) - len(shown):
        troubles = [*troubles, Trouble(f"{dropped} more findings are left out: a file holds {MOST:,} at most")]
    rules = sorted({result.finding.rule for result in shown})
    names = {result.finding.rule: result.finding.name for result in shown}
    notifications = [_notification(each, below) for each in troubles]
    run = {
        "tool": {
            "driver": {"name": "schemagate", "version": __version__, "rules": [_rule(id_, names[id_]) for id_ in rules]}
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": exit_code in (0, 1),
                "exitCode": exit_code,
                "toolExecutionNotifications": notifications,
            }
        ],
        "results": [_result(each, rules, below) for each in shown],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(id_: str, name: str) -> dict[str, Any]:
    page = explain(id_)
    _, _, text = page.partition("\n")
    return {
        "id": id_,
        "name": name,
        "shortDescription": {"text": text.strip().partition("\n")[0]},
        "help": {"text": page, "markdown": page},
    }


def _result(result: Result, rules: Sequence[str], below: str) -> dict[str, Any]:
    finding = result.finding
    proof = f"\n{finding.witness.reason}: {layout(finding.witness.value, 0)}" if finding.witness else ""
    entry: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}[finding.severity],
        "message": {"text": f"{finding.message}{proof}\nRepair: {finding.fix}"},
    }
    if finding.location is not None:
        entry["locations"] = [_location(finding.location, below)]
    if (old := finding.related) is not None:
        entry["relatedLocations"] = [{**_location(old, below), "message": {"text": f"as released in {old.commit}"}}]
    if finding.fingerprint:
        entry["partialFingerprints"] = {"schemagate/v1": finding.fingerprint}
    if result.justification is not None:
        entry["suppressions"] = [{"kind": "external", "status": "accepted", "justification": result.justification}]
    return entry


def _location(at: Location, below: str) -> dict[str, Any]:
    region = {"startLine": max(at.line, 1), "startColumn": max(at.column, 1)}
    if at.end_column is not None:
        region["endColumn"] = at.end_column
    return {"physicalLocation": {"artifactLocation": {"uri": quote(below + at.file)}, "region": region}}


def _notification(trouble: Trouble, below: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"level": "error", "message": {"text": trouble.message}}
    if trouble.file:
        entry["locations"] = [_location(Location(trouble.file, trouble.line), below)]
    return entry
