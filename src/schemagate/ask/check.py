"""Is what is about to be committed, merged or released compatible with what was released before?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from schemagate.ask.judgement import Judgement, Status, judge_change, judge_new_version, judge_removal
from schemagate.ask.levels import level_of
from schemagate.errors import NoAnswer, SchemaError
from schemagate.project import baseline, catalog, config, git, history, source
from schemagate.project.baseline import Baseline
from schemagate.project.catalog import Project
from schemagate.project.git import Entry, Git
from schemagate.project.history import Left, Released
from schemagate.project.source import FOLDERS, Source
from schemagate.schema.event import SCHEMAS, SHARED, Revision, Version, VersionId, version_of

Changes = Mapping[str, Entry | None]


class Candidate(StrEnum):
    """What is judged."""

    WORK_TREE = "work-tree"
    STAGED = "staged"
    HEAD = "head"


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
    left: tuple[Left, ...] = ()
    """Releases that moved; empty where nothing was judged, and for what is staged (a commit must not wait for it)."""

    @property
    def exit_code(self) -> int:
        """2 (a file that cannot be read) beats 1 (a break) beats 3 (undecided) beats 0."""
        if self.errors:
            return 2
        if any(each.refused for each in self.judgements):
            return 1
        return 3 if any(each.undecided for each in self.judgements) else 0


@dataclass(frozen=True, slots=True)
class _Question:
    """The candidate, what changed in it, and the commit that stands for what was released."""

    candidate: Candidate
    where: Source
    changes: Changes
    base: Baseline | None
    exactly: bool = False
    """Only the base commit itself counts (`--against`), not its history."""


def check(root: Path, candidate: Candidate, environ: Mapping[str, str], *, against: str | None = None) -> CheckReport:
    """Judge every version that changed; raises ConfigError, SchemaError (exit 2) and NoAnswer (exit 3)."""
    repository = git.open_repository(root)
    question = _question(repository, root, candidate, environ, against)
    base = str(question.base) if question.base else "nothing was released yet"
    events = _changed_events(question.changes)
    if not question.changes:
        return CheckReport(question.where.label, base)
    project = catalog.load(question.where, events, gone={id_.event for id_ in _removed(question.changes)})
    released = _released(repository, question, project, events)
    judgements: list[Judgement] = []
    errors: list[SchemaError] = [project.unreadable[path] for path in sorted(project.unreadable)]
    changed = _changed_versions(question.changes) if events is not None else {*project.versions, *released}
    for id_ in sorted(changed):
        try:
            found = _judge(project, id_, released.get(id_, Released()), question.changes)
        except SchemaError as error:
            errors.append(error)
            continue
        if found is not None and found.status is not Status.UNCHANGED:
            judgements.append(found)
    consumers = {each.version.id: _consumers(project, each.version.id) for each in judgements}
    left: tuple[Left, ...] = ()
    if judgements and candidate is not Candidate.STAGED:
        left = history.left_behind(repository, question.base, project.config)
    return CheckReport(
        question.where.label, base, tuple(judgements), tuple(errors), consumers, project.config.since, left
    )


def _question(
    repository: Git, root: Path, candidate: Candidate, environ: Mapping[str, str], against: str | None
) -> _Question:
    base = baseline.find(repository, environ, against)
    if candidate is Candidate.STAGED:
        where, staged = source.index(repository, root)
        changes = staged if against is None or base is None else repository.staged(FOLDERS, base.commit)
        return _Question(candidate, where, changes, base, exactly=against is not None)
    if candidate is Candidate.HEAD:
        return _head_question(repository, root, base, against)
    bases = (base.commit,) if base and against else baseline.merge_bases(repository, base)
    where, changes = source.edited(repository, root, bases or (None,))
    return _Question(candidate, where, changes, base, exactly=against is not None)


def _head_question(repository: Git, root: Path, base: Baseline | None, against: str | None) -> _Question:
    if repository.head is None:
        raise NoAnswer("there is no commit yet, so there is no HEAD to check", next_step="schemagate check")
    where = source.commit(repository, root, repository.head, "HEAD")
    if against is not None and base is not None:
        changes = repository.between(base.commit, repository.head, FOLDERS)
        return _Question(Candidate.HEAD, where, changes, base, exactly=True)
    base = baseline.before_head(repository, base)
    changes = dict(where.entries) if base is None else {}
    for commit in baseline.merge_bases(repository, base):
        changes |= repository.between(commit, repository.head, FOLDERS)
    return _Question(Candidate.HEAD, where, changes, base)


def _changed_events(changes: Changes) -> Collection[str] | None:
    """The events whose schemas changed; None (all) where a shared file did, since others may refer to it."""
    if any(path.startswith(SHARED) for path in changes):
        return None
    events = {found[0].event for path in changes if (found := version_of(path)) is not None}
    strays = [
        path
        for path, entry in changes.items()
        if entry is not None
        and path.startswith(SCHEMAS)
        and path.endswith((".json", ".avsc", ".proto"))
        and version_of(path) is None
    ]
    if keys := [path for path in strays if re.fullmatch(r"schemas/[^/]+/v\d+\.key\.\w+", path)]:
        raise NoAnswer(f"{min(keys)}: schemas of record keys are not compared yet", next_step="review it by hand")
    if strays:
        raise SchemaError(
            "belongs to no event", file=min(strays), next_step="name it schemas/<event>/v<N>.json (or .avsc)"
        )
    return events


def _released(
    repository: Git, question: _Question, project: Project, events: Collection[str] | None
) -> dict[VersionId, Released]:
    wanted = set(project.config.events) if events is None else set(events)
    wanted |= {id_.event for id_ in _removed(question.changes)}
    then = _as_it_stood(repository, question)
    if question.exactly and question.base is not None:
        return history.at_commit(then, question.base.commit, wanted)
    return history.released(then, question.base, wanted, project.config)


def _as_it_stood(repository: Git, question: _Question) -> Git:
    """The repository with the project where it stood at the base: the change may have moved it."""
    base, configuration = question.base, [config.FILE]
    if base is None or question.changes.get(config.FILE) is None or repository.tree(base.commit, configuration):
        return repository
    head = repository.head if question.candidate is Candidate.HEAD else None
    staged = question.candidate is Candidate.STAGED
    return history.moved(repository, repository.lost(config.FILE, base.commit, head, staged=staged))


def _changed_versions(changes: Changes) -> set[VersionId]:
    return {found[0] for path in changes if (found := version_of(path)) is not None}


def _removed(changes: Changes) -> Iterable[VersionId]:
    return [found[0] for path, entry in changes.items() if entry is None and (found := version_of(path)) is not None]


def _judge(project: Project, id_: VersionId, released: Released, changes: Changes) -> Judgement | None:
    version = project.versions.get(id_)
    if version is None:
        return _judge_removed(project, id_, released.revisions, changes)
    level = level_of(version)
    if not released.revisions and not released.unreadable and (previous := _previous(project, id_)) is not None:
        return judge_new_version(version, previous, level)
    return judge_change(version, released.revisions, level, released.unreadable)


def _judge_removed(
    project: Project, id_: VersionId, revisions: tuple[Revision, ...], changes: Changes
) -> Judgement | None:
    if (
        not revisions
        or id_ not in _removed(changes)
        or any((found := version_of(path)) is not None and found[0] == id_ for path in project.unreadable)
    ):
        return None
    settings = project.config.events.get(id_.event, project.config.defaults)
    version = Version(id_, revisions[-1].content, settings)
    return judge_removal(version, revisions, level_of(version))


def _previous(project: Project, id_: VersionId) -> Version | None:
    before = [version for version in project.catalog.of_event(id_.event) if version.id.number < id_.number]
    return before[-1] if before else None


def _consumers(project: Project, id_: VersionId) -> tuple[str, ...]:
    return tuple(
        service.name for service, declared in project.catalog.consumers(id_.event) if id_.number in declared.versions
    )
