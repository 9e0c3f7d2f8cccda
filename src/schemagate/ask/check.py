"""Is what is about to be committed, merged or released compatible with what was released before?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from schemagate.ask import candidates
from schemagate.ask.candidates import Candidate, Changes, Question
from schemagate.ask.judgement import Judgement, Status, judge_change, judge_new_version, judge_removal
from schemagate.ask.levels import level_of
from schemagate.ask.payloads import refuse_unknown_roots
from schemagate.errors import SchemaError, UsageError
from schemagate.findings import Finding, Severity
from schemagate.project import catalog, config, git, history, source
from schemagate.project.catalog import Project
from schemagate.project.config import Config
from schemagate.project.git import Git
from schemagate.project.history import Released
from schemagate.project.source import Source
from schemagate.schema.event import Content, Version, VersionId, version_of

if TYPE_CHECKING:
    from schemagate.ask.waivers import Outcome, Written
    from schemagate.project.migration_problems import FileError

WAIVERS: Final = "waivers.toml"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The answers, and what they are about. `errors` are files of the candidate that could not be read."""

    candidate: str
    base: str
    judgements: tuple[Judgement, ...] = ()
    errors: tuple[SchemaError, ...] = ()
    consumers: Mapping[VersionId, tuple[str, ...]] | None = None
    hidden: str | None = None
    """The commit before which nothing is judged (`defaults.since`)."""
    waivers: tuple[Outcome, ...] = ()
    notes: tuple[Finding, ...] = ()
    """About waivers that exempt nothing."""
    mistakes: tuple[FileError, ...] = ()
    """Of waivers.toml, of which then nothing applies."""
    environment: str | None = None
    """Whose registry it was compared with, if that was asked."""
    below: str = ""
    """Where the project stands below the repository's top: `some/folder/`."""
    unknown_passes: bool = False
    """`--unknown=warn`: what could not be decided is told, and does not fail."""
    severities: Mapping[str, Severity] | None = None
    """What the project says of rules (`[severity]`)."""
    remarks: tuple[str, ...] = ()
    """What somebody who relies on the answer should know, one sentence each."""

    @property
    def exit_code(self) -> int:
        """2 (a file that cannot be read) beats 1 (a break) beats 3 (undecided) beats 0."""
        if self.errors or self.mistakes:
            return 2
        if any(each.refused for each in self.judgements) or any(each.severity is Severity.ERROR for each in self.notes):
            return 1
        return 3 if self.undecided and not self.unknown_passes else 0

    @property
    def undecided(self) -> bool:
        """Something could not be decided."""
        return any(each.undecided for each in self.judgements)


def check(
    root: Path,
    candidate: Candidate,
    environ: Mapping[str, str],
    *,
    against: str | None = None,
    environment: str | None = None,
    unknown_passes: bool = False,
    today: date | None = None,
) -> CheckReport:
    """Judge every version that changed, or with `environment` all against the live ones of that registry.

    `today` is what waivers are held against, by default the day in UTC. Raises ConfigError, SchemaError (exit 2) and
    NoAnswer (exit 3).
    """
    day = today or datetime.now(UTC).date()
    if environment is None:
        report = _check_history(root, candidate, environ, against, day)
    elif against is not None:
        raise UsageError("--env names what to compare with, and so does --against", next_step="leave one out")
    else:
        report = _check_registry(root, candidate, environ, environment, day)
    return replace(report, unknown_passes=unknown_passes)


def _check_history(
    root: Path, candidate: Candidate, environ: Mapping[str, str], against: str | None, today: date
) -> CheckReport:
    repository = git.open_repository(root)
    question = candidates.question(repository, root, candidate, environ, against)
    base = str(question.base) if question.base else "nothing was released yet"
    found = _waivers(repository, root, question)
    if not question.changes and found is None:
        return CheckReport(question.where.label, base, below=repository.prefix)
    events = candidates.changed_events(question.changes)
    full = candidate is not Candidate.STAGED and against is None
    named = _named_events(question.where, found, events) if full else events
    project = catalog.load(question.where, named, gone={id_.event for id_ in candidates.removed(question.changes)})
    released = _released(repository, question, project, named)
    changed = candidates.changed_versions(question.changes) if events is not None else {*project.versions, *released}
    judgements, errors = _judge_all(project, changed, released, question.changes)
    report = _report(question.where.label, base, project, judgements, errors)
    remarks = _left_behind(repository, question, project) if judgements else ()
    report = replace(report, below=repository.prefix, remarks=remarks)
    if found is None:
        return report
    elsewhere = _unchanged(project, released, changed, found) if full else None
    return _waived(report, found, project, released, today=today, elsewhere=elsewhere)


def _check_registry(
    root: Path, candidate: Candidate, environ: Mapping[str, str], environment: str, today: date
) -> CheckReport:
    where = candidates.source_of(root, candidate)
    from schemagate.ask.live import released_there

    there = released_there(catalog.load(where), environment, environ)
    judgements, errors = _judge_all(there.project, there.project.versions, there.released, {})
    report = _report(where.label, there.name, there.project, judgements, errors)
    report = replace(report, remarks=there.remarks, hidden=None, environment=environment)
    found = _written(where)
    if found is None:
        return report
    return _waived(report, found, there.project, (), today=today, elsewhere=None)


def _judge_all(
    project: Project, ids: Iterable[VersionId], released: Mapping[VersionId, Released], changes: Changes
) -> tuple[tuple[Judgement, ...], tuple[SchemaError, ...]]:
    judgements: list[Judgement] = []
    errors: list[SchemaError] = [project.unreadable[path] for path in sorted(project.unreadable)]
    subjects = _by_subject(project.config, project.source)
    for id_ in sorted(ids):
        try:
            _refuse_shared_subject(project, id_, subjects)
            found = _judge(project, id_, released.get(id_, Released()), changes)
        except SchemaError as error:
            errors.append(error)
            continue
        if found is not None and found.status is not Status.UNCHANGED:
            judgements.append(found)
    return tuple(judgements), tuple(errors)


def _by_subject(settings: Config, where: Source) -> dict[str, list[VersionId]]:
    """The versions that have a file, by the registry's name for them."""
    found: dict[str, list[VersionId]] = {}
    for path in where.entries:
        if (version := version_of(path)) is not None:
            subject = settings.settings_of(version[0].event).subject_of(version[0])
            found.setdefault(subject, []).append(version[0])
    return found


def _refuse_shared_subject(project: Project, id_: VersionId, subjects: Mapping[str, Sequence[VersionId]]) -> None:
    """A registry would compare versions of one subject with each other, which nobody here does."""
    version = project.versions.get(id_)
    others = [each for each in subjects.get(version.subject, ()) if each != id_] if version is not None else []
    if version is not None and others:
        raise SchemaError(
            f"has the subject {version.subject} together with {', '.join(map(str, others))}",
            file=version.content.file,
            next_step='put {version} into "subject" or "topic" in schemagate.toml',
        )


def _report(
    label: str, base: str, project: Project, judgements: tuple[Judgement, ...], errors: tuple[SchemaError, ...]
) -> CheckReport:
    consumers = {each.version.id: _consumers(project, each.version.id) for each in judgements}
    settings = project.config
    return CheckReport(
        label, base, judgements, errors, consumers, settings.since, severities=settings.defaults.severity
    )


def _waivers(repository: Git, root: Path, question: Question) -> Written | None:
    changed = WAIVERS in question.changes
    return _written(question.where, [source.commit(repository, root, c, c) for c in question.start] if changed else [])


def _written(where: Source, before: Iterable[Source] = ()) -> Written | None:
    """The waivers of the candidate; a hook without any pays for nothing."""
    if WAIVERS not in where.entries:
        return None
    from schemagate.ask.waivers import written

    return written(where, before)


def _named_events(where: Source, found: Written | None, events: Collection[str] | None) -> Collection[str] | None:
    """The events to load: those that changed, and those that waivers are about."""
    if found is None or events is None:
        return events
    by_subject = _by_subject(catalog.read_config(where), where)
    return {*events, *(id_.event for waiver in found.entries for id_ in by_subject.get(waiver.subject, ()))}


def _subjects(project: Project, released: Iterable[VersionId]) -> dict[str, VersionId]:
    """The registry's name of every version, of those that were released and are gone, too."""
    gone = {project.config.settings_of(id_.event).subject_of(id_): id_ for id_ in released}
    return gone | {subject: ids[-1] for subject, ids in _by_subject(project.config, project.source).items()}


def _unchanged(
    project: Project, released: Mapping[VersionId, Released], changed: Collection[VersionId], written: Written
) -> frozenset[str]:
    """Fingerprints of what versions with a waiver, but no change, have against the revisions before.

    An edit would show them, so that such a waiver is still of use.
    """
    found: set[str] = set()
    named = {waiver.subject for waiver in written.entries}
    for version in project.versions.values():
        if version.id in changed or version.subject not in named:
            continue
        before = [each for each in released.get(version.id, Released()).revisions if each.content != version.content]
        with suppress(SchemaError):
            judgement = judge_change(version, before, level_of(version))
            found |= {each.finding.fingerprint for each in judgement.breaks}
    return frozenset(found)


def _waived(
    report: CheckReport,
    found: Written,
    project: Project,
    released: Iterable[VersionId],
    *,
    today: date,
    elsewhere: Collection[str] | None,
) -> CheckReport:
    from schemagate.ask.waivers import applied

    subjects = _subjects(project, released)
    done = applied(report.judgements, found, project, subjects, today=today, elsewhere=elsewhere)
    report = replace(report, judgements=done.judgements, waivers=done.outcomes)
    return replace(report, notes=done.findings, mistakes=done.mistakes)


def _released(
    repository: Git, question: Question, project: Project, events: Collection[str] | None
) -> dict[VersionId, Released]:
    wanted = set(project.config.events) if events is None else set(events)
    wanted |= {id_.event for id_ in candidates.removed(question.changes)}
    then = _as_it_stood(repository, question)
    if question.exactly and question.base is not None:
        return history.at_commit(then, question.base.commit, wanted)
    candidate = repository.head if question.candidate is Candidate.HEAD else None
    return history.released(then, question.base, wanted, project.config, candidate)


def _as_it_stood(repository: Git, question: Question) -> Git:
    """The repository with the project where it stood at the base: the change may have moved it."""
    base, configuration = question.base, [config.FILE]
    if base is None or question.changes.get(config.FILE) is None or repository.tree(base.commit, configuration):
        return repository
    head = repository.head if question.candidate is Candidate.HEAD else None
    staged = question.candidate is Candidate.STAGED
    return history.moved(repository, repository.lost(config.FILE, base.commit, head, staged=staged))


def _left_behind(repository: Git, question: Question, project: Project) -> tuple[str, ...]:
    """The releases that moved, in words; nobody's commit waits for them."""
    if question.candidate is Candidate.STAGED:
        return ()
    return tuple(
        f"{each.name} was moved from {each.commit[:7]}; events of what was released there may still be in the log:"
        f" schemagate check --against {each.commit[:7]}"
        for each in history.left_behind(repository, question.base, project.config)
    )


def _judge(project: Project, id_: VersionId, released: Released, changes: Changes) -> Judgement | None:
    version = project.versions.get(id_)
    if version is None:
        return _judge_removed(project, id_, released, changes)
    refuse_unknown_roots(version)
    level = level_of(version)
    if not released.revisions and not released.unreadable and (previous := _previous(project, id_)) is not None:
        return judge_new_version(version, previous, level)
    return judge_change(version, released.revisions, level, released.unreadable, released.stands)


def _judge_removed(project: Project, id_: VersionId, released: Released, changes: Changes) -> Judgement | None:
    if (
        not (released.revisions or released.unreadable)
        or id_ not in candidates.removed(changes)
        or any((found := version_of(path)) is not None and found[0] == id_ for path in project.unreadable)
    ):
        return None
    content = released.revisions[-1].content if released.revisions else _gone(id_, changes)
    version = Version(id_, content, project.config.settings_of(id_.event))
    return judge_removal(version, released.revisions, level_of(version), released.unreadable)


def _gone(id_: VersionId, changes: Changes) -> Content:
    """What stands for a file that is gone, and could not be read where it was released."""
    versions = ((path, found) for path in changes if (found := version_of(path)) is not None)
    path, (_, format_) = next((path, found) for path, found in versions if found[0] == id_)
    return Content(format_, path, "")


def _previous(project: Project, id_: VersionId) -> Version | None:
    before = [version for version in project.catalog.of_event(id_.event) if version.id.number < id_.number]
    return before[-1] if before else None


def _consumers(project: Project, id_: VersionId) -> tuple[str, ...]:
    return tuple(
        service.name for service, declared in project.catalog.consumers(id_.event) if id_.number in declared.versions
    )
