"""Which revisions of a version were released, what did each change, and could it follow the one before?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from schemagate.ask.diff import Edit, edits
from schemagate.ask.judgement import Judgement, judge_change
from schemagate.ask.levels import level_of
from schemagate.errors import NotInstalled, SchemaError, UsageError
from schemagate.project import baseline, catalog, git, history, source, toml
from schemagate.project.git import Described, Git
from schemagate.project.history import Released
from schemagate.schema.event import Level, Revision, Settings, Version, VersionId


@dataclass(frozen=True, slots=True)
class Entry:
    """One released revision; `judgement` and `edits` are against the one before, None and () for the first."""

    revision: Revision
    described: Described
    edits: tuple[Edit, ...] = ()
    judgement: Judgement | None = None
    error: SchemaError | NotInstalled | None = None
    """Why it could not be judged."""


@dataclass(frozen=True, slots=True)
class Log:
    """The revisions of a version, newest first. `lost` are released files that could not be read at all."""

    version: VersionId
    base: str
    level: Level | None
    entries: tuple[Entry, ...]
    lost: tuple[SchemaError, ...] = ()
    hidden: str | None = None
    """The commit before which nothing is shown (`defaults.since`)."""

    @property
    def exit_code(self) -> int:
        """0, also where revisions broke readers: that is history. 3 where some of it cannot be read."""
        return 3 if self.lost or any(entry.error for entry in self.entries) else 0


def log(root: Path, name: str, environ: Mapping[str, str]) -> Log:
    """The history of `EVENT@N` on the default branch, or in the tags that are releases.

    Raises UsageError for a version that is neither there nor in the work tree, ConfigError, NoAnswer.
    """
    version = _version_id(name)
    config = catalog.read_config(source.work_tree(root))
    repository = git.open_repository(root)
    base = baseline.find(repository, environ)
    released = history.released(repository, base, {version.event}, config)
    found = released.get(version, Released())
    settings = config.settings_of(version.event)
    if not found.revisions and not found.unreadable:
        _refuse_unknown(root, version, released)
    entries = _entries(repository, version, found, settings)
    label = "nothing was released yet" if base is None else str(base)
    return Log(version, label, _level(version, found, settings), entries, found.unreadable, config.since)


def _version_id(name: str) -> VersionId:
    match = re.fullmatch(r"([^@:/]+)@([1-9][0-9]{0,8})", name)
    if match is None:
        raise UsageError(f"{name!r} is no version", next_step="schemagate log EVENT@N, as in  schemagate log manager@2")
    return VersionId(match[1], int(match[2]))


def _refuse_unknown(root: Path, version: VersionId, released: Mapping[VersionId, Released]) -> None:
    project = catalog.load(source.work_tree(root))
    if version not in project.versions:
        known = {str(id_) for id_ in (*released, *project.versions)}
        raise UsageError(f"there is no version {str(version)!r}{toml.nearest(str(version), sorted(known))}")


def _level(version: VersionId, found: Released, settings: Settings) -> Level | None:
    """The level in force today; None where it follows from a content that cannot be read."""
    if settings.level is not None or not found.revisions:
        return settings.level
    try:
        return level_of(Version(version, found.revisions[-1].content, settings))
    except SchemaError:
        return None


def _entries(repository: Git, version: VersionId, found: Released, settings: Settings) -> tuple[Entry, ...]:
    described = repository.described([revision.commit for revision in found.revisions])
    entries: list[Entry] = []
    previous: Revision | None = None
    for revision in found.revisions:
        entries.append(_entry(version, revision, previous, settings, described[revision.commit]))
        previous = revision
    return tuple(reversed(entries))


def _entry(
    version: VersionId, revision: Revision, previous: Revision | None, settings: Settings, described: Described
) -> Entry:
    if previous is None:
        return Entry(revision, described)
    now = Version(version, revision.content, settings)
    try:
        changed = (
            edits(previous.content, revision.content) if previous.content.format is revision.content.format else ()
        )
        return Entry(revision, described, changed, judge_change(now, [previous], level_of(now)))
    except (SchemaError, NotInstalled) as error:
        return Entry(revision, described, error=error)
