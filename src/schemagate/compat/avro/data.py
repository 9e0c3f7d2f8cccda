"""Can the reader really read everything that the writer may write? By the Avro specification 1.12, with witnesses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schemagate.compat.avro import rules
from schemagate.compat.avro.problem import Into, Problem
from schemagate.compat.avro.stable_path import stable_path
from schemagate.compat.avro.walk import Walk
from schemagate.compat.avro.witness import Witnesses
from schemagate.compat.verdicts import MOST_WITNESSES, DataAnswer, DataVerdict, TooLargeError
from schemagate.findings import Finding, Witness
from schemagate.schema.avro import AvroSchema


def judge(reader: AvroSchema, writer: AvroSchema) -> DataVerdict:
    """The data verdict: `no` by a finding of family 1xx, else `unknown` by 9xx, else `yes`; warnings do not count.

    A writer without a finite event has no witness.
    """
    if reader.text == writer.text and reader.references == writer.references:
        return DataVerdict(DataAnswer.YES)  # whatever it means, it means the same on both sides
    walk = Walk(reader, writer)
    try:
        answer = walk.answer()
    except TooLargeError:
        return DataVerdict(DataAnswer.UNKNOWN, tell=_too_large)
    return DataVerdict(answer.verdict, tell=lambda: _findings(walk.problems(), writer))


def _too_large() -> Iterator[Finding]:
    yield rules.TOO_LARGE.finding("", TooLargeError.says, TooLargeError.fix, writer_path="")


def _findings(found: Iterable[Problem], writer: AvroSchema) -> Iterator[Finding]:
    witnesses: Witnesses | None = None
    left = MOST_WITNESSES
    for problem in found:
        message = f"{_subject(problem)} {problem.says}"
        witness: Witness | None = None
        if problem.shown and left:
            left -= 1
            witnesses = witnesses or Witnesses(writer)
            witness = witnesses.of(problem, message)
            message += "" if witness else " (the writer has no finite event of a sensible size that shows it)"
        yield problem.rule.finding(
            problem.place.reader,
            message,
            problem.fix,
            writer_path=problem.place.writer,
            witness=witness,
            severity=problem.severity,
            stable_path=stable_path(problem, writer.root),
        )


def _subject(problem: Problem) -> str:
    """The place in the event, for people: `lines[].price`."""
    path = ""
    for step in problem.place.steps:
        if isinstance(step, Into):
            path += "[]" if step is Into.ITEM else "{}"
        elif isinstance(step, str):
            path += f".{step}"
    if problem.part:
        path += f".{problem.part}"
    return path.removeprefix(".") or "the event"
