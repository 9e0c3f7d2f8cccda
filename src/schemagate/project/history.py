"""Which contents of a version were released?

`releases = "branch"`: each distinct content on the first-parent history of the default branch; drafts inside a merged
branch were never released. `releases = "tags:PATTERN"`: each distinct content in the trees of those tags. A project
that moved within its repository keeps its history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from schemagate.errors import NoAnswer, SchemaError
from schemagate.project import baseline, references
from schemagate.project.baseline import Baseline
from schemagate.project.config import FILE, Config
from schemagate.project.git import Change, Entry, Git
from schemagate.project.source import text_of
from schemagate.schema.event import SCHEMAS, SHARED, Content, Format, Revision, VersionId, version_of

Tree = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Released:
    """The released revisions of a version, oldest first, and what could not be read of them."""

    revisions: tuple[Revision, ...] = ()
    unreadable: tuple[SchemaError, ...] = ()
    stands: Content | None = None
    """The content that was released last: an older one again, where a change was taken back."""


@dataclass(frozen=True, slots=True)
class Left:
    """A release that moved: the object that a tag named before; of a branch, one that its history lacks now."""

    name: str
    commit: str


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A file of a version as a commit held it, with the tree that its references are resolved in.

    `shared`: the paths of the shared definitions in that tree.
    """

    version: VersionId
    format: Format
    path: str
    blob: str
    commit: str
    tree: Tree
    shared: tuple[str, ...]


def released(
    git: Git, base: Baseline | None, events: Collection[str], config: Config, candidate: str | None = None
) -> dict[VersionId, Released]:
    """The released revisions of all versions of some events; raises NoAnswer where the clone's history is cut.

    `candidate` is the commit that is judged, if it is one: a tag that holds it already says nothing about what was
    released before it.
    """
    if base is None or not events:
        return {}
    if config.releases == "branch":
        sightings = list(_on_branch(git, base, events, config.since))
    else:
        sightings = list(_in_tags(git, config.releases.removeprefix("tags:"), base, events, candidate))
    return _revisions(git, sightings)


def at_commit(git: Git, commit: str, events: Collection[str]) -> dict[VersionId, Released]:
    """The contents of one commit as the only released revisions."""
    tree = git.tree(commit, _folders(events))
    return _revisions(git, list(_sightings(tree, tree, commit)))


def left_behind(git: Git, base: Baseline | None, config: Config) -> tuple[Left, ...]:
    """The releases that moved, as far as this clone's own logs tell: events of theirs may still be in the topic."""
    if config.releases != "branch":
        tags = [(name, git.pointed_at(f"refs/tags/{name}")) for name, _ in git.tagged(config.releases[len("tags:") :])]
        return tuple(Left(name, before[1]) for name, before in tags if len(before) > 1)
    if base is None or not base.name.startswith("origin/"):
        return ()  # a local branch moves as its author works
    ref = git.full_name(f"refs/remotes/{base.name}")
    gone = git.outside(git.pointed_at(ref), ref) if ref else []
    return tuple(Left(ref.removeprefix("refs/remotes/"), commit) for commit in gone[:1])


def moved(git: Git, before: Sequence[str]) -> Git:
    """The repository with the prefix that the project had before it moved; raises NoAnswer where there are several."""
    if len(before) > 1:
        folders = ", ".join(prefix or "." for prefix in before)
        raise NoAnswer(
            f"which project moved here: one of {folders}?",
            next_step="move one project per commit",
        )
    return replace(git, prefix=before[0]) if before else git


def _revisions(git: Git, sightings: Sequence[_Sighting]) -> dict[VersionId, Released]:
    git.blobs(each.blob for each in sightings)  # ahead, by one process
    texts = _Texts(git)
    found: dict[VersionId, list[Revision]] = {}
    broken: dict[VersionId, list[SchemaError]] = {}
    stands: dict[VersionId, Content] = {}
    for each in sightings:
        try:
            revision = Revision(each.commit, texts.content(each))
        except SchemaError as error:
            broken.setdefault(each.version, []).append(error)
            continue
        stands[each.version] = revision.content
        revisions = found.setdefault(each.version, [])
        if revision.content not in [other.content for other in revisions]:
            revisions.append(revision)
    return {
        version: Released(tuple(found.get(version, ())), tuple(broken.get(version, ())), stands.get(version))
        for version in {**found, **broken}
    }


@dataclass(frozen=True, slots=True)
class _Texts:
    """Contents of old files; what a file refers to is read from the tree of its own time."""

    git: Git

    def content(self, sighting: _Sighting) -> Content:
        def read(path: str) -> str | None:
            entry = sighting.tree.get(path)
            return None if entry is None or entry.blob is None else self._text(entry.blob, path)

        text = self._text(sighting.blob, sighting.path)
        needs = references.closure(sighting.format, sighting.path, text, sighting.shared, read)
        return Content(sighting.format, sighting.path, text, needs)

    def _text(self, blob: str, path: str) -> str:
        return text_of(self.git.blobs([blob])[blob], path)


def _on_branch(git: Git, base: Baseline, events: Collection[str], since: str | None) -> Iterator[_Sighting]:
    start = None if since is None else git.commit(since)
    if since is not None and start is None:
        raise NoAnswer(f"the commit {since!r} of defaults.since is not in this clone", next_step="git fetch")
    if start is not None and start not in git.merge_bases(start, base.commit):
        raise NoAnswer(
            f"the commit {since!r} of defaults.since is not in the history of {base.name}, so it starts nothing there",
            next_step="name a commit that was released",
        )
    for place, end in reversed(_places(git, base.commit, start)):
        yield from _at_place(place, start, end, _folders(events))


def _places(git: Git, end: str, start: str | None) -> list[tuple[Git, str]]:
    """Where the project stood, newest first, and until which commit."""
    found = [(git, end)]
    while (move := git.moved_here(f"{start}..{end}" if start else end, FILE)) is not None:
        git, end = moved(git, move.before), f"{move.commit}^1"
        found.append((git, end))
    return found


def _at_place(git: Git, start: str | None, end: str, folders: Sequence[str]) -> Iterator[_Sighting]:
    tree: dict[str, Entry] = {}
    if start is not None:
        tree = git.tree(start, folders)
        yield from _sightings(tree, tree, start)
    known = set(tree)
    revisions = f"{start}..{end}" if start else end
    for commit, changes in _by_commit(reversed(git.first_parent_changes(revisions, folders))):
        for change in changes:
            _refuse_cut_history(git, change, known)
            known.add(change.path)
            if change.entry is None:
                tree.pop(change.path, None)
            else:
                tree[change.path] = change.entry
        touched = {change.path for change in changes}
        everything = any(path.startswith(SHARED) for path in touched)
        yield from _sightings(tree if everything else touched, dict(tree), commit)


def _folders(events: Collection[str]) -> list[str]:
    return [*(f"{SCHEMAS}{event}" for event in sorted(events)), SHARED.rstrip("/")]


def _in_tags(
    git: Git, pattern: str, base: Baseline, events: Collection[str], candidate: str | None
) -> Iterator[_Sighting]:
    tags = git.tagged(pattern)
    if not tags:
        raise NoAnswer(
            f"no tag matches {pattern!r}, so nobody can tell what was released",
            next_step='git fetch --tags  (before the first release: defaults.releases = "branch")',
        )
    folders = _folders(events)
    places = [place for place, _ in _places(git, base.commit, None)]
    for _, commit in tags:
        if candidate is not None and candidate in git.merge_bases(candidate, commit):
            continue
        tree = next(filter(None, (place.tree(commit, folders) for place in places)), {})
        yield from _sightings(tree, tree, commit)


def _sightings(paths: Iterable[str], tree: Tree, commit: str) -> Iterator[_Sighting]:
    shared = tuple(path for path in tree if path.startswith(SHARED))
    for path in paths:
        version = version_of(path)
        entry = tree.get(path)
        if version is not None and entry is not None and entry.blob is not None and entry.is_file:
            yield _Sighting(*version, path, entry.blob, commit, tree, shared)


def _by_commit(changes: Iterable[Change]) -> Iterator[tuple[str, list[Change]]]:
    group: list[Change] = []
    for change in changes:
        if group and group[-1].commit != change.commit:
            yield group[-1].commit, group
            group = []
        group.append(change)
    if group:
        yield group[-1].commit, group


def _refuse_cut_history(git: Git, change: Change, known: Collection[str]) -> None:
    # the first commit of a shallow clone shows every file as added, whatever came before it
    if change.path not in known and change.commit in git.shallow_commits:
        raise baseline.history_is_cut(git, change.path)
