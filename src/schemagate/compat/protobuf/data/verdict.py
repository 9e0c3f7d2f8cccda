"""Can the reader really read everything that the writer may write? By what is on the wire, with witnesses.

Parsers hardly ever fail: what does not fit is skipped, and the reader sees a default. So the answer is yes only where
every value arrives as the same value. Fields that one side does not know are fine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from schemagate.compat.protobuf.data import rules
from schemagate.compat.protobuf.data.problem import Answer, Problem
from schemagate.compat.protobuf.data.walk import TooLargeError, Walk
from schemagate.compat.protobuf.data.witness import Events
from schemagate.compat.verdicts import DataAnswer, DataVerdict
from schemagate.findings import Finding
from schemagate.schema.protobuf.nodes import ProtobufSchema

_MOST_WITNESSES: Final = 50
"""So many findings show an event each; whoever has more looks at the first ones."""

_ANSWERS: Final = {Answer.YES: DataAnswer.YES, Answer.UNKNOWN: DataAnswer.UNKNOWN, Answer.NO: DataAnswer.NO}


def judge(reader: ProtobufSchema, writer: ProtobufSchema, *, reader_is_new: bool = True) -> DataVerdict:
    """The data verdict, and what happens to names and numbers over time (`reader_is_new` says which one is older)."""
    if reader.text == writer.text and reader.references == writer.references:
        return DataVerdict(DataAnswer.YES)  # whatever it means, it means the same on both sides
    walk = Walk(reader, writer, reader_is_new=reader_is_new)
    try:
        found = walk.problems()
    except TooLargeError:
        return DataVerdict(DataAnswer.UNKNOWN, tell=_too_large)
    if not found:
        return DataVerdict(DataAnswer.YES)
    answer = max(each.answer for each in found)
    return DataVerdict(_ANSWERS[answer], tell=lambda: _findings(found, walk.writes))


def _too_large() -> Iterator[Finding]:
    says = "the schemas are too entangled to be compared"
    yield rules.TOO_LARGE.finding("", says, "split the schema", writer_path="")


def _findings(found: Sequence[Problem], events: Events) -> Iterator[Finding]:
    left = _MOST_WITNESSES
    for problem in found:
        message = f"{problem.subject} {problem.says}"
        witness = None
        if problem.shows is not None and left:
            left -= 1
            witness = events.witness(problem, message)
            message += "" if witness else " (no event of a sensible size shows it)"
        yield problem.rule.finding(
            problem.reader,
            message,
            problem.fix,
            writer_path=problem.writer,
            witness=witness,
            severity=problem.severity,
            stable_path=problem.subject if problem.reader or problem.writer else "",
        )
