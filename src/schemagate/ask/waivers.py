"""Which findings of a check does somebody answer for, and which waivers are of no use any more?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from schemagate.ask.judgement import Break, Judgement
from schemagate.findings import Finding
from schemagate.project import finding_waivers, waivers
from schemagate.project.catalog import Project
from schemagate.project.finding_waivers import FindingWaiver
from schemagate.project.migration_problems import FileError, PlanProblems
from schemagate.project.source import Source
from schemagate.schema.event import VersionId


class State(StrEnum):
    """What became of a waiver in a run."""

    USED = "used"
    EXPIRED = "expired"
    UNUSED = "unused"
    NOT_JUDGED = "not judged"
    """The run did not look at everything, and found nothing for it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One waiver after a run. `is_new`: it comes with the change that it is an exception for."""

    waiver: FindingWaiver
    state: State
    is_new: bool


@dataclass(frozen=True, slots=True)
class Written:
    """The `[[finding]]` entries of the candidate's `waivers.toml`, and those that were there before the change."""

    entries: tuple[FindingWaiver, ...]
    problems: PlanProblems
    before: frozenset[FindingWaiver]


@dataclass(frozen=True, slots=True)
class Applied:
    """The judgements with waivers in place, what became of each, and mistakes, with which none applies."""

    judgements: tuple[Judgement, ...]
    outcomes: tuple[Outcome, ...] = ()
    findings: tuple[Finding, ...] = ()
    """About waivers that exempt nothing."""
    mistakes: tuple[FileError, ...] = ()


def written(where: Source, before: Iterable[Source] = ()) -> Written | None:
    """What `waivers.toml` of a source says; None without the file. Raises SchemaError for what is no file.

    `before` are the sources that the change is counted from, none where the file is as it was.
    """
    data = where.read([waivers.FILE]).get(waivers.FILE)
    if data is None:
        return None
    entries, problems = finding_waivers.read(data)
    old = [each.read([waivers.FILE]).get(waivers.FILE, b"") for each in before]
    known = [waiver for text in old for waiver in finding_waivers.read(text)[0]]
    return Written(entries, problems, frozenset(known if old else entries))


def applied(
    judgements: Sequence[Judgement],
    found: Written,
    project: Project,
    subjects: Mapping[str, VersionId],
    *,
    today: date,
    elsewhere: Collection[str] | None,
) -> Applied:
    """Put each waiver to its finding.

    `elsewhere` are the fingerprints of findings that versions have which did not change; None in a run that does not
    look at everything, so that nothing can be called unused.
    """
    finding_waivers.check(found.entries, project.catalog, subjects, today, found.problems)
    for judgement in judgements:
        for each in judgement.breaks:
            for waiver in _fitting(each, found.entries):
                finding = each.finding
                subject = judgement.version.subject
                for place, what in finding_waivers.disagrees(waiver, finding.rule, subject, finding.stable_path):
                    found.problems.add(place, what)
    if found.problems.errors:
        return Applied(tuple(judgements), mistakes=tuple(found.problems.errors))
    seen = {each.finding.fingerprint for judgement in judgements for each in judgement.breaks}
    outcomes = tuple(
        Outcome(waiver, _state(waiver, seen, elsewhere, today), waiver not in found.before) for waiver in found.entries
    )
    told = (finding_waivers.told(each.waiver, today, unused=each.state is State.UNUSED) for each in outcomes)
    notes = tuple(each.weighed(project.config.defaults.severity) for each in told if each is not None)
    return Applied(tuple(_with_waivers(each, outcomes) for each in judgements), outcomes, notes)


def _fitting(each: Break, entries: Iterable[FindingWaiver]) -> list[FindingWaiver]:
    return [waiver for waiver in entries if waiver.fits(each.finding.fingerprint)]


def _state(waiver: FindingWaiver, seen: Collection[str], elsewhere: Collection[str] | None, today: date) -> State:
    if waiver.expired(today):
        return State.EXPIRED
    if any(waiver.fits(fingerprint) for fingerprint in seen):
        return State.USED
    if elsewhere is None or any(waiver.fits(fingerprint) for fingerprint in elsewhere):
        return State.NOT_JUDGED
    return State.UNUSED


def _with_waivers(judgement: Judgement, outcomes: Sequence[Outcome]) -> Judgement:
    def exempted(each: Break) -> Break:
        fitting = [outcome for outcome in outcomes if outcome.waiver.fits(each.finding.fingerprint)]
        if not fitting:
            return each
        waiver, counts = fitting[0].waiver, each.counts or each.stood  # somebody was to repair it: that is followed up
        if fitting[0].state is State.EXPIRED:
            return replace(each, expired=waiver, counts=counts)
        return replace(each, waiver=waiver, counts=counts)

    return replace(judgement, breaks=tuple(map(exempted, judgement.breaks)))
