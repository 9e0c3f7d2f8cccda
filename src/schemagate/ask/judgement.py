"""May this content of a version follow its released revisions? Both verdicts over all pairs, folded for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from schemagate.compat import compare, release
from schemagate.compat.modes import Direction, Pair, pairs
from schemagate.compat.verdicts import Comparison, DataAnswer, RegistryAnswer
from schemagate.errors import NotInstalled, SchemaError
from schemagate.findings import Finding, Location, Severity
from schemagate.schema.event import Content, Level, Revision, Version
from schemagate.schema.parsing import Parsed, locate, parse

if TYPE_CHECKING:
    from schemagate.project.finding_waivers import FindingWaiver


class Status(StrEnum):
    """What happened to a version between the base and the candidate."""

    FIRST = "first"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NEW_VERSION = "new version"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Break:
    """A finding on a pair; `against` names every old revision with the same cause, newest first."""

    finding: Finding
    direction: Direction | None = None
    against: tuple[str, ...] = ()
    counts: bool = True
    """False where it is told but cannot fail the check: level NONE, a new version, a verdict that is not failed on, or
    what stood before, where the registry accepts the change."""
    path: str = ""
    """The place as a JSON pointer into the new text."""
    old_path: str | None = None
    """The place as a JSON pointer into the old text; None where no text is compared."""
    stood: bool = False
    """The newest released revision has it as well: this change did not bring it."""
    waiver: FindingWaiver | None = None
    """Somebody answers for it: it is told, and does not fail the check."""
    expired: FindingWaiver | None = None
    """Somebody did, and the last day has passed."""

    @property
    def fails(self) -> bool:
        """It makes the answer a no."""
        return self._is_in_force and not self.finding.is_reason_for_unknown

    @property
    def leaves_open(self) -> bool:
        """It makes the answer unknown."""
        return self._is_in_force and self.finding.is_reason_for_unknown

    @property
    def _is_in_force(self) -> bool:
        return self.counts and self.waiver is None and self.finding.severity is Severity.ERROR


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """Both verdicts on one pair; `asked` where the level makes the registry ask it."""

    direction: Direction
    against: str
    registry: RegistryAnswer
    data: DataAnswer
    asked: bool
    changes: tuple[str, ...] = ()
    """What the registry sees differ, in its own words."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said about one version."""

    version: Version
    status: Status
    level: Level
    registry: RegistryAnswer | None = None
    """None where nothing was compared; so also for `data`."""
    data: DataAnswer | None = None
    stopped_at: str | None = None
    """The old revision at which the registry stops asking."""
    breaks: tuple[Break, ...] = ()
    pairs: tuple[PairVerdict, ...] = ()
    """Every pair that was compared, newest revision first."""
    changes: tuple[str, ...] = ()
    """What the registry sees differ in the pair that decides, in its own words."""
    before: str | None = None
    """The text of the newest released revision, where one was compared."""

    @property
    def refused(self) -> bool:
        """A verdict that counts is no."""
        return any(each.fails for each in self.breaks)

    @property
    def undecided(self) -> bool:
        """A verdict that counts is missing."""
        return any(each.leaves_open for each in self.breaks)

    @property
    def waived(self) -> tuple[Break, ...]:
        """What would count without a waiver."""
        return tuple(each for each in self.breaks if each.counts and each.waiver is not None)


@dataclass(frozen=True, slots=True)
class _Judged:
    """One pair with its comparison; `asked` where the level makes the registry ask it."""

    pair: Pair[Revision]
    comparison: Comparison
    asked: bool
    reader: Parsed
    writer: Parsed

    @property
    def verdict(self) -> PairVerdict:
        """Without what it was judged by."""
        comparison, pair = self.comparison, self.pair
        answers = (comparison.registry, comparison.data)
        return PairVerdict(pair.direction, pair.old.commit, *answers, self.asked, comparison.changes)


def judge_change(
    version: Version,
    released: Sequence[Revision],
    level: Level,
    lost: Sequence[SchemaError] = (),
    stands: Content | None = None,
) -> Judgement:
    """Judge a version against its released revisions, oldest first; raises SchemaError for an unreadable candidate.

    `lost` are released revisions that could not be read at all: what they allowed is not known. `stands` is the content
    that was released last, where that is not the newest one: a change was taken back.
    """
    newest = next((each for each in reversed(released) if stands in (None, each.content)), None)
    try:
        return _judge_change(version, released, newest, level, lost)
    except NotInstalled as error:
        return _undecided(version, Status.CHANGED if released or lost else Status.FIRST, level, error)


def _judge_change(
    version: Version, released: Sequence[Revision], newest: Revision | None, level: Level, lost: Sequence[SchemaError]
) -> Judgement:
    if not released and not lost:
        parse(version.content)
        return Judgement(version, Status.FIRST, level)
    if newest is not None and newest.content == version.content:
        return Judgement(version, Status.UNCHANGED, level)
    if newest is not None and (changed := release.format_changed(version.content, newest)) is not None:
        return Judgement(
            version,
            Status.CHANGED,
            level,
            registry=RegistryAnswer.REJECT,
            data=DataAnswer.NO,
            stopped_at=newest.commit,
            breaks=(_of_texts(version, changed, newest),),
        )
    foreign = [each for each in released if each.content.format is not version.content.format]
    released = [each for each in released if each.content.format is version.content.format]
    judged, unreadable = _compare_all(version, released, level)
    unreadable += [_lost(version, error) for error in lost]
    asked = len(list(pairs(level, None, [None] * len(released)))) + (0 if level is Level.NONE else len(lost))
    registry, stopped_at = _registry(judged, asked)
    if any(each.content == version.content for each in released):
        registry, stopped_at = RegistryAnswer.ACCEPT, None  # it finds the content, and compares nothing
    standing = _standing(version, judged, newest) if newest is not None else frozenset()
    breaks = _introduced(version, registry, _data_breaks(version, judged, level), standing)
    breaks += [*unreadable, *_immutable(version, released), *_in_another_format(version, foreign)]
    if registry is not RegistryAnswer.ACCEPT and not any(_explains(each) for each in breaks):
        breaks += _registry_breaks(version, judged)
    return Judgement(
        version,
        Status.CHANGED,
        level,
        registry=registry,
        data=DataAnswer.NO if foreign else _data(judged, bool(unreadable)),
        stopped_at=stopped_at,
        breaks=tuple(_folded(breaks)),
        pairs=tuple(each.verdict for each in judged),
        changes=_changes(judged, stopped_at),
        before=newest.content.text if newest is not None else None,
    )


def _changes(judged: Sequence[_Judged], stopped_at: str | None) -> tuple[str, ...]:
    asked = [each for each in judged if each.asked]
    deciding = [
        each
        for each in asked
        if each.pair.old.commit == stopped_at and each.comparison.registry is not RegistryAnswer.ACCEPT
    ]
    return next((each.comparison.changes for each in (*deciding, *asked)), ())


def _of_texts(version: Version, finding: Finding, *old: Revision) -> Break:
    """A finding about whole texts: the version's own, and those of old revisions."""
    texts = [version.content.text, *(revision.content.text for revision in old)]
    return Break(_marked(version, finding, texts), None, tuple(revision.commit for revision in old))


def _lost(version: Version, error: SchemaError) -> Break:
    finding = _unreadable("", error)
    return Break(_marked(version, finding, [finding.message]))


def _marked(version: Version, finding: Finding, texts: Sequence[str]) -> Finding:
    from schemagate.compat.fingerprint import of_texts

    return replace(finding.weighed(version.settings.severity), fingerprint=of_texts(finding, version.subject, *texts))


def _in_another_format(version: Version, foreign: Sequence[Revision]) -> Iterator[Break]:
    """What an earlier change of the schema language left behind: the newest released revision has this one already."""
    if foreign and (changed := release.format_changed(version.content, foreign[-1])) is not None:
        found = _of_texts(version, changed, *foreign)
        yield replace(found, stood=True, counts=version.settings.lifecycle == "changed")


def _immutable(version: Version, released: Sequence[Revision]) -> Iterator[Break]:
    if version.settings.immutable:
        from schemagate.policy.event_rules import ev05_immutable_version

        yield from (_of_texts(version, finding, released[-1]) for finding in ev05_immutable_version(version, released))


def judge_new_version(version: Version, previous: Version, level: Level) -> Judgement:
    """Tell how a new version relates to the one before it; nothing of it can fail, versions may be incompatible."""
    old = Revision(str(previous.id), previous.content)
    try:
        if previous.content.format is not version.content.format:
            parse(version.content)
            return Judgement(version, Status.NEW_VERSION, level)
        judged, unreadable = _compare_all(version, [old], Level.FULL)
    except NotInstalled as error:
        return _undecided(version, Status.NEW_VERSION, level, error)
    breaks = [replace(each, counts=False) for each in [*_data_breaks(version, judged, level), *unreadable]]
    return Judgement(
        version,
        Status.NEW_VERSION,
        level,
        registry=_registry(judged, asked=2)[0],
        data=_data(judged, bool(unreadable)),
        breaks=tuple(_folded(breaks)),
        pairs=tuple(each.verdict for each in judged),
        changes=_changes(judged, None),
    )


def judge_removal(
    version: Version, released: Sequence[Revision], level: Level, lost: Sequence[SchemaError] = ()
) -> Judgement:
    """A released version that has no file any more; `version` is as it was.

    Where nothing of it could be read (`lost`), nobody knows what disappears.
    """
    breaks = [_of_texts(version, release.removed(released))] if released else []
    breaks += [_lost(version, error) for error in lost]
    data = DataAnswer.NO if released else DataAnswer.UNKNOWN
    return Judgement(version, Status.REMOVED, level, data=data, breaks=tuple(breaks))


def _undecided(version: Version, status: Status, level: Level, error: NotInstalled) -> Judgement:
    """Nothing was compared, since what reads the format is not installed."""
    finding = replace(compare.not_installed(error), location=Location(version.content.file))
    found = (_of_texts(version, finding),)
    return Judgement(version, status, level, RegistryAnswer.MAY_FAIL, DataAnswer.UNKNOWN, breaks=found)


def _compare_all(version: Version, released: Sequence[Revision], level: Level) -> tuple[list[_Judged], list[Break]]:
    """Every pair that one of the verdicts is about: the data verdict is transitive, whatever the level."""
    candidate = Revision("", version.content)
    asked = set(map(_key, pairs(level, candidate, released)))
    parsed = {id(candidate): parse(version.content)}
    unreadable: list[Break] = []
    for old in released:
        try:
            parsed[id(old)] = parse(old.content, beside=parsed[id(candidate)])
        except SchemaError as error:
            unreadable.append(_of_texts(version, _unreadable(f"{short(old.commit)} ", error), old))
    readable = [old for old in released if id(old) in parsed]
    judged = []
    for pair in pairs(_widest(level), candidate, readable):
        reader, writer = parsed[id(pair.reader)], parsed[id(pair.writer)]
        comparison = _compared(version, reader, writer, pair.direction)
        judged.append(_Judged(pair, comparison, _key(pair) in asked, reader, writer))
    return judged, unreadable


def _compared(version: Version, reader: Parsed, writer: Parsed, direction: Direction) -> Comparison:
    settings = version.settings
    new_reads = direction is Direction.BACKWARD
    return compare.judge(
        reader, writer, settings.policy, settings.assumptions, version.subject, reader_is_new=new_reads
    )


def _widest(level: Level) -> Level:
    """The pairs of the data verdict: retained bytes of every revision may still be read; NONE is judged both ways."""
    if level is Level.NONE:
        return Level.FULL_TRANSITIVE
    return level if level.transitive else Level(f"{level}_TRANSITIVE")


def _key(pair: Pair[Revision]) -> tuple[Direction, str]:
    return pair.direction, pair.old.commit


def _registry(judged: Sequence[_Judged], asked: int) -> tuple[RegistryAnswer, str | None]:
    """Its answer, and where it stops; of the pairs that it is `asked` some may not have been judged."""
    for each in judged:
        if each.asked and each.comparison.registry is not RegistryAnswer.ACCEPT:
            return each.comparison.registry, each.pair.old.commit
    complete = sum(each.asked for each in judged) == asked
    return RegistryAnswer.ACCEPT if complete else RegistryAnswer.MAY_FAIL, None


def _data(judged: Iterable[_Judged], unreadable: bool) -> DataAnswer:
    answers = {each.comparison.data for each in judged}
    if DataAnswer.NO in answers:
        return DataAnswer.NO
    return DataAnswer.UNKNOWN if unreadable or DataAnswer.UNKNOWN in answers else DataAnswer.YES


def _data_breaks(version: Version, judged: Iterable[_Judged], level: Level) -> Iterator[Break]:
    counts = level is not Level.NONE and "data" in version.settings.fail_on
    for each in judged:
        for finding in each.comparison.findings:
            if not finding.is_of_registry:
                yield _break(version, each, finding, counts=counts)


_Known: TypeAlias = frozenset[tuple[Direction, str, str]]
"""Findings on pairs: the direction, the old revision, the fingerprint."""


def _standing(version: Version, judged: Sequence[_Judged], latest: Revision) -> _Known:
    """The findings that the newest released revision has against those before it.

    Only in a direction in which it and the new content read each other: whatever event breaks at the new content broke
    at it already, even where an engine shows one break and leaves others unsaid. Under an assumption about producers
    that does not follow.
    """
    if version.settings.assume:
        return frozenset()
    newest = {
        each.pair.direction: each.writer if each.pair.direction is Direction.BACKWARD else each.reader
        for each in judged
        if each.pair.old is latest and each.comparison.data is DataAnswer.YES
    }
    known: set[tuple[Direction, str, str]] = set()
    for each in judged:
        direction, old = each.pair.direction, each.pair.old
        if direction in newest and old is not latest and each.comparison.findings:
            backward = direction is Direction.BACKWARD
            sides = (newest[direction], each.writer) if backward else (each.reader, newest[direction])
            before = _compared(version, *sides, direction)
            known |= {(direction, old.commit, finding.fingerprint) for finding in before.findings}
    return frozenset(known)


def _introduced(version: Version, registry: RegistryAnswer, breaks: Iterable[Break], standing: _Known) -> list[Break]:
    """The breaks, with those marked that stood before.

    They do not count, except what leaves the answer open, and where the registry refuses: they are why it does.
    """
    passes = version.settings.lifecycle == "new" and (
        registry is RegistryAnswer.ACCEPT or "registry" not in version.settings.fail_on
    )
    found = []
    for each in breaks:
        stood = each.counts and (each.direction, each.against[0], each.finding.fingerprint) in standing
        counts = each.counts and not (stood and passes and not each.finding.is_reason_for_unknown)
        found.append(replace(each, stood=stood, counts=counts))
    return found


def _registry_breaks(version: Version, judged: Iterable[_Judged]) -> Iterator[Break]:
    counts = "registry" in version.settings.fail_on
    for each in judged:
        for finding in each.comparison.findings:
            if each.asked and finding.is_of_registry:
                yield _break(version, each, finding, counts=counts)
                return


def _explains(each: Break) -> bool:
    """The break already says why the registry refuses: data that cannot be read, and it counts."""
    return each.fails and each.finding.refuses


def _break(version: Version, judged: _Judged, finding: Finding, *, counts: bool) -> Break:
    from schemagate.compat import repair  # a clean commit pays for nothing

    new_is_reader = judged.pair.direction is Direction.BACKWARD
    old = judged.pair.old
    places = (finding.path, finding.writer_path or "")
    path, old_path = places if new_is_reader else places[::-1]
    texts = (judged.reader, judged.writer) if new_is_reader else (judged.writer, judged.reader)
    if not new_is_reader and finding.rule.startswith(("SG-AVRO-1", "SG-PROTO-1")):  # what they advise is for readers
        finding = replace(finding, fix=f"take this back in the new schema, or first release readers that {finding.fix}")
    placed = replace(
        finding.weighed(version.settings.severity),
        location=locate(version.content, path),
        related=replace(locate(old.content, old_path), commit=old.commit),
        replacement=repair.of_schemas(finding, *texts, new_is_reader=new_is_reader),
    )
    return Break(placed, judged.pair.direction, (old.commit,), counts, path, old_path)


def _folded(breaks: Iterable[Break]) -> list[Break]:
    """One break per cause and direction, with all the revisions that it concerns; most severe first."""
    folded: dict[tuple[object, ...], Break] = {}
    for each in breaks:
        finding = each.finding
        key = (each.direction, finding.rule, finding.path, finding.message, finding.fingerprint, each.stood)
        first = folded.get(key)
        folded[key] = each if first is None else replace(first, against=(*first.against, *each.against))
    return sorted(folded.values(), key=_order)


def _order(each: Break) -> tuple[object, ...]:
    place = each.finding.location or Location("")
    return each.finding.severity.rank, place.file, place.line, place.column, each.finding.rule, each.direction or ""


def _unreadable(commit: str, error: SchemaError) -> Finding:
    return release.OLD_UNREADABLE.finding(
        "",
        f"a released revision {commit}cannot be read: {error.message}",
        error.next_step or "set defaults.since to a later commit, if its events are gone",
        location=Location(error.file),
    )


def short(revision: str) -> str:
    """How people call an old revision: a commit by seven digits, anything else as it is."""
    return revision[:7] if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", revision) else revision
