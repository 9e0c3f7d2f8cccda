"""How does the answer of `check` look in a pull request's summary? One table, and the proofs folded below it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final

from schemagate.ask.check import CheckReport
from schemagate.ask.judgement import Break, Judgement
from schemagate.report.check import as_told, failing_first, summary, who_breaks
from schemagate.report.findings import visible, visible_lines
from schemagate.report.values import layout

_SPECIAL: Final = re.compile(r"([\\`*_\[\]#|~])")
"""What Markdown takes for more than a sign: names in schemas are anybody's."""


def to_markdown(report: CheckReport) -> str:
    """The table, the proofs, and the last line of the text; nothing where nothing changed."""
    troubles = [f"{each.file}: {each.message}" for each in report.errors] + [str(each) for each in report.mistakes]
    if not (report.judgements or troubles or report.notes):
        return ""
    lines = ["### schemagate check", *(f"- {_plain(each)}" for each in troubles), ""]
    if report.judgements:
        lines += ["| event | version | change | registry | data | who breaks |", "|---|---|---|---|---|---|"]
        lines += [_row(each, report) for each in report.judgements]
        lines.append("")
    lines += [block for judgement in failing_first(report) for block in _proofs(judgement, report)]
    lines += [f"- {_plain(note.message)} ({note.rule})" for note in report.notes]
    return "\n".join([*lines, "", _plain(summary(report))])


def _row(judgement: Judgement, report: CheckReport) -> str:
    id_ = judgement.version.id
    answers = [str(judgement.registry or "not asked"), str(judgement.data or "not asked")]
    is_broken = any(each.fails and not each.finding.is_of_registry for each in judgement.breaks)
    consumers = ", ".join((report.consumers or {}).get(id_, ())) or "consumers"
    cells = [id_.event, f"v{id_.number}", str(judgement.status), *answers, consumers if is_broken else "–"]
    return f"| {' | '.join(map(_plain, cells))} |"


def _proofs(judgement: Judgement, report: CheckReport) -> Iterator[str]:
    for each in judgement.breaks:
        if each.counts:
            yield from _proof(judgement, each, report)


def _proof(judgement: Judgement, each: Break, report: CheckReport) -> Iterator[str]:
    finding, id_ = as_told(each, report), judgement.version.id
    title = escape(visible(f"{id_.event} v{id_.number}: {finding.message}"))  # no Markdown inside of HTML
    yield f"<details><summary>{finding.severity}: {title}</summary>"
    yield ""
    if each.direction is not None and not finding.is_of_registry:
        consumers = (report.consumers or {}).get(id_, ())
        yield f"{_plain(who_breaks(each.direction, finding, judgement, consumers))}\n"
    if finding.witness is not None:
        yield f"{_fenced(layout(finding.witness.value, 0))}\n{_plain(finding.witness.reason)}\n"
    place = f"{finding.location.file}:{finding.location.line}  " if finding.location else ""
    yield f"{_plain(f'{place}repair: {finding.fix}')} ({finding.rule} {finding.name})"
    if (change := finding.replacement) is not None:
        yield _fenced(f"{visible(change.pointer)}:  {change.value if change.is_text else layout(change.value, 0)}")
    yield "\n</details>"


def _plain(text: str) -> str:
    """The text as it is, whatever its signs would mean."""
    return _SPECIAL.sub(r"\\\1", escape(visible(text), quote=False))


def _fenced(text: str) -> str:
    """A block of code that its content cannot end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{visible_lines(text)}\n{fence}"
