"""Can the reader really read everything that the writer may write, in JSON Schema?

`yes` and `no` are never wrong: yes is proved place by place, no is shown by an event on which two independent
validators agree. What neither is reached for is `unknown`, with a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schemagate.compat.json_schema.data import closing, guards, notes, remains, rules
from schemagate.compat.json_schema.data.budget import Budget, Spent, Steps
from schemagate.compat.json_schema.data.differences import Difference, Frame
from schemagate.compat.json_schema.data.nodes import MalformedError, UnknownDialectError, top
from schemagate.compat.json_schema.data.walk import Walk, same_documents
from schemagate.compat.verdicts import DataAnswer, DataVerdict
from schemagate.errors import SchemaError
from schemagate.findings import Finding, Rule, Witness
from schemagate.schema.json_schema import JsonSchema
from schemagate.schema.json_words import Unchanged

if TYPE_CHECKING:
    from schemagate.compat.json_schema.data.settling import Broken, Group, Settling

_BUDGET = Budget()
_SHOWN = 40  # places that are looked at one by one; of the rest only their number is told


def judge(
    reader: JsonSchema, writer: JsonSchema, assume: Collection[str] = (), budget: Budget = _BUDGET
) -> DataVerdict:
    """The data verdict on a pair; `assume` may hold "declared-properties-only", which closes the writer's objects.

    Findings: one for each place that breaks, with its witness; beside them too, why each other place that differs is
    undecided, where it is not proved; warnings about formats, defaults and drafts. Never raises for the content of a
    schema.
    """
    if same_documents(reader, writer):
        return DataVerdict(DataAnswer.YES)
    warnings = tuple(notes.about_drafts(reader, writer))
    try:
        promised = closing.closed(writer) if "declared-properties-only" in assume else writer
    except closing.CannotCloseError as error:
        return _unknown(warnings, _doubt(rules.UNEVALUATED, error.pointer, str(error)))
    except MalformedError as error:
        return _unknown(warnings, _doubt(rules.MALFORMED, error.pointer, str(error)))
    return _Judgement(reader, promised, writer, budget, list(warnings)).verdict()


def _unknown(warnings: Collection[Finding], *reasons: Finding) -> DataVerdict:
    findings = (*reasons, *warnings)
    return DataVerdict(DataAnswer.UNKNOWN, tell=lambda: findings)


_FIXES = {
    rules.BUDGET.id: "split the schema, or name its parts and refer to them",
    rules.MALFORMED.id: "write the keyword as its draft asks",
    rules.RECURSION.id: "let the schema refer to itself only through a property or an item",
    rules.VOCABULARY.id: "use one $schema for the whole document",
    rules.UNRESOLVED.id: "put the definition into the repository, and refer to it by its path",
    rules.UNEVALUATED.id: "close the objects themselves with additionalProperties, or keep their parts as they were",
    rules.REGULAR.id: "use a plain pattern: classes, groups, repeats, ^ at the start and $ at the end",
}


def _doubt(
    rule: Rule, path: str, message: str, writer_path: str | None = None, stable_path: str | None = None
) -> Finding:
    fix = _FIXES.get(rule.id, "keep this part as it was, or start a new version")
    return rule.finding(
        path, message, fix, writer_path=writer_path, stable_path=path if stable_path is None else stable_path
    )


@dataclass(slots=True)
class _Judgement:
    """One verdict on the way: the walk, then witnesses, then proofs of what is left."""

    reader: JsonSchema
    writer: JsonSchema
    original: JsonSchema
    budget: Budget
    warnings: list[Finding] = field(default_factory=list)

    def verdict(self) -> DataVerdict:
        unchanged = Unchanged(self.writer, self.reader)
        walk = Walk(Steps(self.budget.steps_for(self.reader.text, self.writer.text)), unchanged)
        root = Frame(None, None, top(self.reader), (top(self.writer),))
        try:
            if not unchanged.plain:
                guards.check(self.reader)
                guards.check(self.writer)
        except Spent:  # neither validators nor prover may see such a schema
            return _unknown(self.warnings, _doubt(rules.BUDGET, "", _whole(root).message))
        except guards.EndlessError as error:
            return _unknown(self.warnings, _doubt(rules.RECURSION, error.pointer, str(error)))
        try:
            found = walk.differences(root)
        except (Spent, RecursionError):
            found = [_whole(root)]
        except MalformedError as error:
            return _unknown(self.warnings, _doubt(rules.MALFORMED, error.pointer, str(error)))
        except UnknownDialectError as error:
            return _unknown(self.warnings, _doubt(rules.VOCABULARY, error.pointer, str(error)))
        self.warnings.extend(walk.notes)
        if not found and not walk.gave_up:
            return self._yes()
        return self._settled(walk, _grouped(found))

    def _settled(self, walk: Walk, groups: list[Group]) -> DataVerdict:
        from schemagate.compat.json_schema.data.settling import Settling

        settling = Settling(walk, self.reader, self.writer, self.original, self.budget)
        looked_at, rest = groups[:_SHOWN], groups[_SHOWN:]
        try:
            broken = settling.witnesses(looked_at)
            left = settling.unproved(_without(looked_at, broken))
            if not left and not broken and not walk.gave_up:
                rest = settling.unproved(rest)
            last = settling.last_resort(left, any_place=not broken)
        except (SchemaError, MalformedError, UnknownDialectError) as error:
            if not _has_unresolved(groups, walk):
                return _unknown(self.warnings, _doubt(rules.MALFORMED, getattr(error, "pointer", ""), str(error)))
            broken, left, last = [], looked_at, []
        except RecursionError:  # values are held against what nests deeper than the walk went
            return _unknown(self.warnings, *_reasons([[_whole(groups[0][0].frame.root)]], walk, settling))
        reasons = [*_reasons(_without(left, last), walk, settling), *_unseen(rest, walk)]
        if broken or last:
            return self._no([*broken, *last], reasons, walk)
        if not reasons or (_is_about_the_whole(left) and remains.say_the_same(self.reader, self.original)):
            return self._yes()
        return _unknown(_sorted(self.warnings), *reasons)

    def _no(self, broken: list[Broken], reasons: list[Finding], walk: Walk) -> DataVerdict:
        findings = [_finding(difference, witness, walk) for difference, witness in broken]
        findings += [*reasons, *_sorted(self.warnings)]
        return DataVerdict(DataAnswer.NO, tell=lambda: findings)

    def _yes(self) -> DataVerdict:
        warnings = _sorted(self.warnings)
        return DataVerdict(DataAnswer.YES, tell=lambda: warnings)


def _whole(root: Frame) -> Difference:
    message = "the schemas are too large, or nested too deep, to decide within the budget"
    return Difference(rules.COMBINATION, root, "", message, _FIXES[rules.BUDGET.id], doubt=rules.BUDGET)


def _grouped(found: list[Difference]) -> list[Group]:
    """What is told as one finding, together; the one nearest to the root first. In the order of the walk."""
    groups: dict[tuple[str, ...], list[Difference]] = {}
    for difference in found:
        missing = ",".join(difference.wish.without)
        groups.setdefault((difference.rule.id, difference.path, difference.name, missing), []).append(difference)
    return [sorted(group, key=_nearness) for group in groups.values()]


def _nearness(difference: Difference) -> tuple[bool, int]:
    return difference.repeated, len(difference.frame.tokens)


def _finding(difference: Difference, witness: Witness, walk: Walk) -> Finding:
    return difference.rule.finding(
        difference.path,
        difference.message,
        difference.fix,
        writer_path=_writer_path(difference, walk),
        witness=witness,
        stable_path=difference.subject,
    )


def _writer_path(difference: Difference, walk: Walk) -> str:
    """Where the writer speaks of the same keyword, else of the same value: a `$ref` alone says nothing."""
    frame = difference.frame
    side = frame.root.writers[0].schema
    nodes = [node for spot in frame.writers if spot.schema is side for node in walk.nodes.of(spot, lenient=True)]
    word = difference.path.rpartition("/")[2]
    is_keyword = difference.rule not in (rules.CONSTRAINED, rules.REFUSED)  # theirs ends with a name
    for node in nodes:
        if is_keyword and word in node.rules:
            return node.at(word)
    return next((node.spot.at for node in nodes if node.rules.keys() - {"$ref"}), frame.writer_at)


def _is_about_the_whole(groups: list[Group]) -> bool:
    """Keywords whose meaning hangs on the rest of the schema: no place can be proved alone."""
    doubts = {difference.doubt for group in groups for difference in group}
    return doubts <= {rules.DYNAMIC, rules.UNEVALUATED}


def _has_unresolved(groups: list[Group], walk: Walk) -> bool:
    """Validators refuse such a schema, so no event can be shown."""
    doubts = (difference.doubt for group in groups for difference in group)
    return bool(walk.nodes.unresolved) or rules.UNRESOLVED in doubts


def _without(groups: list[Group], broken: list[Broken]) -> list[Group]:
    """The groups of which no difference is told as broken: by the same rule at the same place, with the same name."""
    shown = {(difference.rule.id, difference.path, difference.name) for difference, _ in broken}
    return [group for group in groups if (group[0].rule.id, group[0].path, group[0].name) not in shown]


def _unseen(rest: list[Group], walk: Walk) -> Iterator[Finding]:
    """One word about what was not looked at."""
    if rest:
        many = f"more than {len(rest)}" if walk.gave_up else str(len(rest))
        message = f"{many} further places differ and were not looked at, {rest[0][0].path or 'the event'} among them"
        yield _doubt(rules.BUDGET, "", message)
    elif walk.gave_up:
        yield _doubt(rules.BUDGET, "", "so many places may differ that not all of them were compared")


def _reasons(groups: list[Group], walk: Walk, settling: Settling) -> Iterator[Finding]:
    told: set[tuple[str, str]] = set()
    for difference in (difference for group in groups for difference in group):
        doubt = rules.UNRESOLVED if walk.nodes.unresolved else settling.doubt(difference)
        if (doubt.id, difference.path) not in told:
            told.add((doubt.id, difference.path))
            message = f"undecided: {difference.message}"
            yield _doubt(doubt, difference.path, message, difference.frame.writer_at, difference.subject)


def _sorted(warnings: list[Finding]) -> tuple[Finding, ...]:
    distinct = {(finding.rule, finding.path, finding.message): finding for finding in warnings}
    return tuple(sorted(distinct.values(), key=lambda finding: (finding.rule, finding.path)))
