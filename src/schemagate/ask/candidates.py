"""What is judged, and what changed in it since when?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from schemagate.errors import NoAnswer, SchemaError
from schemagate.project import baseline, git, source
from schemagate.project.baseline import Baseline
from schemagate.project.git import Entry, Git
from schemagate.project.source import FOLDERS, Source
from schemagate.schema.event import SCHEMAS, SHARED, VersionId, version_of

Changes = Mapping[str, Entry | None]


class Candidate(StrEnum):
    """What is judged."""

    WORK_TREE = "work-tree"
    STAGED = "staged"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Question:
    """The candidate, what changed in it since the `start` commits, and the commit that stands for what was released."""

    candidate: Candidate
    where: Source
    changes: Changes
    base: Baseline | None
    exactly: bool = False
    """Only the base commit itself counts (`--against`), not its history."""
    start: tuple[str, ...] = ()


def question(
    repository: Git, root: Path, candidate: Candidate, environ: Mapping[str, str], against: str | None
) -> Question:
    """What a run is about; raises NoAnswer where the base is not here, SchemaError for a work tree that is not read."""
    base = baseline.find(repository, environ, against)
    if candidate is Candidate.STAGED:
        where, staged = source.index(repository, root)
        start = base.commit if against is not None and base is not None else repository.head
        changes = staged if against is None or base is None else repository.staged(FOLDERS, base.commit)
        return Question(candidate, where, changes, base, against is not None, (start,) if start else ())
    if candidate is Candidate.HEAD:
        return _head_question(repository, root, base, against)
    bases = (base.commit,) if base and against else baseline.merge_bases(repository, base)
    where, changes = source.edited(repository, root, bases or (None,))
    return Question(candidate, where, changes, base, against is not None, bases)


def _head_question(repository: Git, root: Path, base: Baseline | None, against: str | None) -> Question:
    head = _head(repository)
    where = source.commit(repository, root, head, "HEAD")
    if against is not None and base is not None:
        changes = repository.between(base.commit, head, FOLDERS)
        return Question(Candidate.HEAD, where, changes, base, exactly=True, start=(base.commit,))
    base = baseline.before_head(repository, base)
    changes = dict(where.entries) if base is None else {}
    start = baseline.merge_bases(repository, base)
    for commit in start:
        changes |= repository.between(commit, head, FOLDERS)
    return Question(Candidate.HEAD, where, changes, base, start=start)


def changed_events(changes: Changes) -> Collection[str] | None:
    """The events whose schemas changed; None (all) where a shared file did, since others may refer to it."""
    strays = [
        path
        for path, entry in changes.items()
        if entry is not None
        and path.startswith(SCHEMAS)
        and not path.startswith(SHARED)
        and path.endswith((".json", ".avsc", ".proto"))
        and version_of(path) is None
    ]
    if keys := [path for path in strays if re.fullmatch(r"schemas/[^/]+/v\d+\.key\.\w+", path)]:
        raise NoAnswer(f"{min(keys)}: schemas of record keys are not compared yet", next_step="review it by hand")
    if strays:
        raise SchemaError(
            "belongs to no event", file=min(strays), next_step="name it schemas/<event>/v<N>.json (or .avsc, .proto)"
        )
    if any(path.startswith(SHARED) for path in changes):
        return None
    return {found[0].event for path in changes if (found := version_of(path)) is not None}


def changed_versions(changes: Changes) -> set[VersionId]:
    """The versions whose own file changed."""
    return {found[0] for path in changes if (found := version_of(path)) is not None}


def removed(changes: Changes) -> Iterable[VersionId]:
    """The versions whose file is gone, moved ones among them."""
    return [found[0] for path, entry in changes.items() if entry is None and (found := version_of(path)) is not None]


def source_of(root: Path, candidate: Candidate) -> Source:
    """The candidate's files, where it does not matter what changed; the work tree needs no git."""
    match candidate:
        case Candidate.WORK_TREE:
            return source.work_tree(root)
        case Candidate.STAGED:
            return source.index(git.open_repository(root), root)[0]
        case Candidate.HEAD:
            repository = git.open_repository(root)
            return source.commit(repository, root, _head(repository), "HEAD")
        case _:
            assert_never(candidate)


def _head(repository: Git) -> str:
    if repository.head is None:
        raise NoAnswer("there is no commit yet, so there is no HEAD to check", next_step="schemagate check")
    return repository.head
