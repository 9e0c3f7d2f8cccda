"""How does the difference of two versions look?"""

from __future__ import annotations

from typing import Any

from schemagate.ask.diff import Difference, Edit
from schemagate.compat.verdicts import Comparison, DataAnswer
from schemagate.findings import Severity
from schemagate.report import findings
from schemagate.report.document import document
from schemagate.report.style import PLAIN, Style
from schemagate.report.values import layout, plain

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def to_text(difference: Difference, style: Style = PLAIN) -> str:
    """The edits, then both directions with both verdicts and their proofs."""
    lines = [f"{style.bold(difference.old)} -> {style.bold(difference.new)}"]
    lines += [edit_line(edit, style) for edit in difference.edits] or ["  the two texts say the same"]
    backward = f"{difference.new} reads {difference.old}"
    forward = f"{difference.old} reads {difference.new}"
    lines += ["", *_direction("backward", backward, difference.backward, style)]
    lines += ["", *_direction("forward", forward, difference.forward, style)]
    return "\n".join(lines)


def to_json(difference: Difference) -> str:
    """One document with the edits and both comparisons."""
    fields = {
        "old": difference.old,
        "new": difference.new,
        "edits": [edit_json(edit) for edit in difference.edits],
        "backward": _comparison(difference.backward),
        "forward": _comparison(difference.forward),
    }
    return document("diff", fields)


def edit_json(edit: Edit) -> dict[str, Any]:
    """One edit as a JSON value."""
    return {"kind": edit.kind, "pointer": edit.pointer, "old": plain(edit.old), "new": plain(edit.new)}


def edit_line(edit: Edit, style: Style) -> str:
    """One edit: a sign, its place, what was and is there."""
    paint = {"added": style.green, "removed": style.red, "changed": style.yellow}[edit.kind]
    value = {
        "added": layout(edit.new, 8),
        "removed": layout(edit.old, 8),
        "changed": f"{layout(edit.old, 8)} -> {layout(edit.new, 8)}",
    }[edit.kind]
    return f"  {paint(_SIGNS[edit.kind])} {findings.visible_lines(f'{findings.visible(edit.pointer)}: {value}')}"


def _direction(name: str, sentence: str, comparison: Comparison, style: Style) -> list[str]:
    paint = {DataAnswer.YES: style.green, DataAnswer.NO: style.red, DataAnswer.UNKNOWN: style.yellow}[comparison.data]
    lines = [f"{name:<9} {sentence}:  registry: {comparison.registry} · data: {paint(comparison.data)}"]
    for finding in comparison.findings:
        if finding.severity is not Severity.NOTE:
            known_as = f"{finding.severity} {finding.rule} {finding.name}"
            lines.append(f"    {findings.visible(finding.message)}   {style.dim(known_as)}")
            lines += findings.witness(finding, findings.introduction(finding), style, indent=8)
    return lines


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "registry": str(comparison.registry),
        "data": str(comparison.data),
        "changes": list(comparison.changes),
        "findings": [findings.to_json(finding) for finding in comparison.findings],
    }
