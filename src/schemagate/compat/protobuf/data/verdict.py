"""Can the reader really read everything that the writer may write? By what is on the wire, with witnesses.

Parsers hardly ever fail: what does not fit is skipped, and the reader sees a default. So the answer is yes only where
every value arrives as the same value. Fields that one side does not know are fine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from schemagate.compat.protobuf.data import payloads, rules
from schemagate.compat.protobuf.data.problem import Problem
from schemagate.compat.protobuf.data.walk import Walk
from schemagate.compat.protobuf.data.witness import Events
from schemagate.compat.verdicts import MOST_WITNESSES, Answer, DataAnswer, DataVerdict, TooLargeError
from schemagate.findings import Finding
from schemagate.schema.protobuf import descriptors, imported
from schemagate.schema.protobuf.nodes import ProtobufSchema


def judge(
    reader: ProtobufSchema, writer: ProtobufSchema, assume: Collection[str] = (), *, reader_is_new: bool = True
) -> DataVerdict:
    """The data verdict, and what happens to names and numbers over time (`reader_is_new` says which one is older).

    `assume` may hold `payloads.JSON` (events are JSON, too), `payloads.NAMES_IGNORED` (its readers skip names that they
    do not know), and for each message that is a payload `payloads.root(name)`; by default all top-level messages are.
    """
    if reader.text == writer.text and reader.references == writer.references:
        return DataVerdict(DataAnswer.YES)  # whatever it means, it means the same on both sides
    walk = Walk(reader, writer, reader_is_new=reader_is_new, roots=payloads.roots(assume))
    try:
        found = walk.problems()
        if payloads.JSON in assume and not _means_the_same(reader, writer):
            found = _together(found, _as_json(walk, assume))
    except TooLargeError:
        return DataVerdict(DataAnswer.UNKNOWN, tell=_too_large)
    if not found:
        return DataVerdict(DataAnswer.YES)
    answer = max(each.answer for each in found)
    return DataVerdict(answer.verdict, tell=lambda: _findings(found, walk.reads, walk.writes))


def _too_large() -> Iterator[Finding]:
    yield rules.TOO_LARGE.finding("", TooLargeError.says, TooLargeError.fix, writer_path="")


def _means_the_same(reader: ProtobufSchema, writer: ProtobufSchema) -> bool:
    return reader.references == writer.references and descriptors.meaning(reader) == descriptors.meaning(writer)


def _as_json(walk: Walk, assume: Collection[str]) -> tuple[Problem, ...]:
    from schemagate.compat.protobuf.data.json_walk import JsonWalk  # bytes are all that most payloads are

    names_ignored = payloads.NAMES_IGNORED in assume
    return tuple(JsonWalk(walk.reads, walk.writes, ignores_unknown_names=names_ignored).problems(walk.payloads))


def _together(in_bytes: Sequence[Problem], in_json: Sequence[Problem]) -> tuple[Problem, ...]:
    """What one rule tells of one place is told once, at its worst."""
    answers = [{(each.rule, each.reader, each.part): each.answer for each in found} for found in (in_bytes, in_json)]
    kept = [
        each for each in in_bytes if each.answer >= answers[1].get((each.rule, each.reader, each.part), each.answer)
    ]
    more = [each for each in in_json if each.answer > answers[0].get((each.rule, each.reader, each.part), -1)]
    return (*kept, *more)


def _findings(found: Sequence[Problem], reads: Events, events: Events) -> Iterator[Finding]:
    left = MOST_WITNESSES
    for problem in found:
        message = f"{problem.subject} {problem.says}"
        witness = None
        if problem.shows is not None and left:
            left -= 1
            witness = events.witness(problem, message)
            if witness is not None and problem.as_json:
                witness = replace(witness, encoded=None)
            message += "" if witness else " (no event of a sensible size shows it)"
        place = imported(reads.schema, problem.reader) or imported(events.schema, problem.writer)
        yield problem.rule.finding(
            problem.reader,
            message if place is None else f"{message} ({place[0]} of {place[1].path})",
            problem.fix,
            writer_path=problem.writer,
            witness=witness,
            severity=problem.severity,
            refuses=problem.answer is Answer.NO,
            stable_path=problem.subject if problem.reader or problem.writer else "",
        )
