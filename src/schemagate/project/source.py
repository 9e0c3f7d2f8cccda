"""Where are a project's files read: the work tree, the index, or a commit? One value for the three."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemagate.errors import NoAnswer, SchemaError
from schemagate.project.git import Entry, Git
from schemagate.schema import json_text

FOLDERS: Final = ("schemas", "services", "migrations", "approvals", "schemagate.toml", "waivers.toml")
"""What schemagate looks at, relative to the project."""


@dataclass(frozen=True, slots=True)
class Source:
    """Files by project path. `label` says for people what is read; an entry without a blob is read from disk."""

    label: str
    root: Path
    entries: Mapping[str, Entry]
    git: Git | None = None

    def fetch(self, paths: Iterable[str]) -> None:
        """Read contents ahead, by one process, so that later questions cost nothing."""
        self._blobs({path: self.entries[path] for path in paths if path in self.entries})

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of files; a path that is not here is left out. Raises SchemaError for what is no file."""
        wanted = {path: self.entries[path] for path in paths if path in self.entries}
        blobs = self._blobs(wanted)
        return {path: self._content(path, entry, blobs) for path, entry in wanted.items()}

    def texts(self, paths: Iterable[str]) -> tuple[dict[str, str], dict[str, SchemaError]]:
        """The texts of schema files, and for each that cannot be read why not."""
        wanted = {path: self.entries[path] for path in paths if path in self.entries}
        blobs = self._blobs(wanted)
        texts: dict[str, str] = {}
        unreadable: dict[str, SchemaError] = {}
        for path, entry in wanted.items():
            try:
                texts[path] = text_of(self._content(path, entry, blobs), path)
            except SchemaError as error:
                unreadable[path] = error
        return texts, unreadable

    def _blobs(self, wanted: Mapping[str, Entry]) -> dict[str, bytes]:
        ids = {entry.blob for entry in wanted.values() if entry.blob is not None and entry.is_file}
        return self.git.blobs(ids) if self.git is not None and ids else {}

    def _content(self, path: str, entry: Entry, blobs: Mapping[str, bytes]) -> bytes:
        if not entry.is_file:
            kind = "a submodule" if entry.mode.startswith("16") else "a symbolic link"
            raise SchemaError(f"is {kind}, not a file", file=path, next_step="put the file itself here")
        return blobs[entry.blob] if entry.blob is not None else _from_disk(self.root / path, path)


def work_tree(root: Path) -> Source:
    """The files on disk; no git is needed."""
    entries = {}
    for folder in FOLDERS:
        for path in _files(root / folder):
            name = path.relative_to(root).as_posix()
            entries[name] = Entry("120000" if path.is_symlink() else "100644", None)
    return Source("the work tree", root, dict(sorted(entries.items())))


def edited(git: Git, root: Path, bases: Sequence[str | None]) -> tuple[Source, dict[str, Entry | None]]:
    """The files on disk, and what they change against any of some commits; edited ones are read as git stores them."""
    here = work_tree(root)
    changes: dict[str, Entry | None] = {}
    for commit in bases:
        changes |= git.edited(commit, FOLDERS)
    stored = {path: entry for path, entry in changes.items() if entry is not None and entry.blob is not None}
    entries = {path: stored.get(path, entry) if entry.is_file else entry for path, entry in here.entries.items()}
    return Source(here.label, root, entries, git), changes


def index(git: Git, root: Path) -> tuple[Source, dict[str, Entry | None]]:
    """What the next commit will hold, and what it changes against HEAD.

    A file that is only announced (`git add --intent-to-add`) stands in the index as empty and is not staged: it is no
    part of the commit.
    """
    staged = git.staged(FOLDERS)
    entries = {path: entry for path, entry in git.index(FOLDERS).items() if path in staged or not entry.is_empty}
    return Source("the index", root, entries, git), staged


def commit(git: Git, root: Path, revision: str, name: str) -> Source:
    """The files of a commit; `name` is what a user calls it (`HEAD`, `origin/main`)."""
    return Source(f"{name} {revision[:7]}", root, git.tree(revision, FOLDERS), git)


def text_of(data: bytes, path: str) -> str:
    """The text of a schema file; raises SchemaError, also for what git-lfs leaves in its place."""
    if data.startswith(b"version https://git-lfs"):
        raise SchemaError("the file is what git-lfs leaves in place of a schema", file=path, next_step="git lfs pull")
    return json_text.decode(data, path)


def _files(start: Path) -> Iterable[Path]:
    if start.is_file():
        yield start
        return
    for folder, _, names in os.walk(start):
        for name in sorted(names):
            yield Path(folder, name)


def _from_disk(path: Path, name: str) -> bytes:
    try:
        if stat.S_ISREG(path.stat().st_mode) and path.stat().st_size <= json_text.MAX_BYTES:
            return path.read_bytes()
    except OSError as error:
        raise NoAnswer(f"{name} cannot be read: {error.strerror}") from None
    limit = json_text.MAX_BYTES // (1024 * 1024)
    raise SchemaError(f"not a file of at most {limit} MiB", file=name, next_step="split the schema, or remove the file")
