"""What is in the repository's history, index and trees? The only module that runs git.

Plumbing commands through `subprocess`, NUL-separated, contents by blob id: configuration, quoting or odd file names
change nothing, and a hook stays fast. Nothing is checked out, and nothing is written. The caller's environment is kept,
`GIT_INDEX_FILE` above all: during `git commit -a` it names the index that is being committed.

GitPython serves what is not on the hook's path: tags.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from schemagate.errors import NoAnswer, UsageError

_SETTINGS: Final = {
    "GIT_OPTIONAL_LOCKS": "0",  # never touch the index of a user who works at the same time
    "GIT_NO_REPLACE_OBJECTS": "1",  # replacements swap contents unseen
    "GIT_NO_LAZY_FETCH": "1",  # a missing object is no answer, never a download
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}

_ABSENT = set("0")
_EMPTY_BLOB = ("e69de29bb2d1d6434b8b", "473a0f4c3be8a9368")  # SHA-1, SHA-256


@dataclass(frozen=True, slots=True)
class Entry:
    """What a tree or index says about one path. `blob` is None where only the work tree knows the content."""

    mode: str
    blob: str | None

    @property
    def is_file(self) -> bool:
        """A regular file, not a symbolic link or a submodule."""
        return self.mode.startswith("100")

    @property
    def is_empty(self) -> bool:
        """Git knows it as a file without content."""
        return self.blob is not None and self.blob.startswith(_EMPTY_BLOB)


@dataclass(frozen=True, slots=True)
class Change:
    """One path of one commit's difference to its first parent; `entry` is None for a deletion."""

    commit: str
    path: str
    entry: Entry | None
    added: bool


@dataclass(frozen=True, slots=True)
class Git:
    """One repository. `prefix` ("" or "some/folder/") is where the project stands below the repository's top."""

    top: Path
    prefix: str
    head: str | None
    shallow_commits: frozenset[str]
    contents: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    """Blobs that were read already."""

    @property
    def shallow(self) -> bool:
        """The clone's history is cut."""
        return bool(self.shallow_commits)

    def tree(self, commit: str, folders: Sequence[str]) -> dict[str, Entry]:
        """The files of a commit below the given project paths, by project path."""
        out = self._run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *self._full(folders))
        entries = {}
        for record in _records(out):
            fields, path = record.split("\t", 1)
            mode, _kind, blob = fields.split(" ")
            entries[path.removeprefix(self.prefix)] = Entry(mode, blob)
        return entries

    def index(self, folders: Sequence[str]) -> dict[str, Entry]:
        """The files of the index. One that is only announced (`git add --intent-to-add`) stands there as empty."""
        out = self._run("ls-files", "--stage", "-z", "--", *self._full(folders))
        entries = {}
        for record in _records(out):
            fields, path = record.split("\t", 1)
            mode, blob, _stage = fields.split(" ")
            entries[path.removeprefix(self.prefix)] = Entry(mode, blob)
        return entries

    def staged(self, folders: Sequence[str], base: str | None = None) -> dict[str, Entry | None]:
        """What the index changes against a commit (HEAD); raises NoAnswer while a merge is unfinished."""
        base = base or self.head or self._empty_tree()
        return self._difference("--cached", "--ita-invisible-in-index", base, "--", *self._full(folders))

    def edited(self, base: str | None, folders: Sequence[str]) -> dict[str, Entry | None]:
        """What differs between the work tree and a commit, untracked files included; unmerged files as on disk."""
        changed: dict[str, Entry | None] = {}
        if base is not None:
            changed = self._difference(base, "--", *self._full(folders), unmerged=True)
        mode = (
            ["--others", "--exclude-standard"] if base is not None else ["--cached", "--others", "--exclude-standard"]
        )
        for path in _records(self._run("ls-files", "-z", *mode, "--", *self._full(folders))):
            changed[path.removeprefix(self.prefix)] = Entry("100644", None)
        return changed

    def between(self, old: str, new: str, folders: Sequence[str]) -> dict[str, Entry | None]:
        """What differs between two commits."""
        out = self._run(
            "diff-tree", "-r", "--raw", "-z", "--no-renames", "--no-abbrev", old, new, "--", *self._full(folders)
        )
        return self._raw(_records(out), unmerged=False)

    def first_parent_changes(self, commit: str, paths: Sequence[str]) -> list[Change]:
        """How the paths changed along the first parents of a commit, newest first."""
        out = self._run(
            "log", "--first-parent", "--diff-merges=first-parent", "--raw", "-z", "--no-abbrev", "--no-renames",
            "--root", "--format=%x01%H", commit, "--", *self._full(paths),
        )  # fmt: skip
        return list(self._changes(_records(out)))

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """The contents of blobs, read once, by one process; raises NoAnswer for one that is not here."""
        wanted = set(ids)
        missing = sorted(wanted - self.contents.keys())
        if missing:
            out = self._run("cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in missing).encode())
            self.contents.update(_batch(out, missing))
        return {blob: self.contents[blob] for blob in wanted}

    def refs(self, names: Sequence[str]) -> dict[str, str]:
        """The commits of those of the full ref names that exist; annotated tags are peeled."""
        out = self._run("for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", *names)
        found = {}
        for line in out.decode().splitlines():
            name, commit, *peeled = line.split(" ")
            found[name] = peeled[0] if peeled and peeled[0] else commit
        return found

    def has_remote(self) -> bool:
        """The repository has any remote."""
        return bool(self._run("remote").strip())

    def merge_bases(self, one: str, other: str) -> tuple[str, ...]:
        """All best common ancestors; none where the histories are apart (or cut)."""
        done = self._try("merge-base", "--all", one, other)
        return tuple(done.stdout.decode().split()) if done.returncode == 0 else ()

    def commit(self, revision: str) -> str | None:
        """The commit that a user's revision names, or None."""
        done = self._try("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def tagged(self, pattern: str) -> list[tuple[str, str]]:
        """(tag, commit) of the tags that match a shell pattern, oldest commit first."""
        from fnmatch import fnmatchcase

        import git

        with git.Repo(self.top) as repository:
            named = {tag.name: self.commit(f"refs/tags/{tag.name}") for tag in repository.tags}
            found = [
                (repository.commit(commit).committed_date, name, commit)
                for name, commit in named.items()
                if commit is not None and fnmatchcase(name, pattern)
            ]
            return [(name, commit) for _, name, commit in sorted(found)]

    def _full(self, paths: Sequence[str]) -> list[str]:
        # the magic word keeps `*` and `[` in a file name from being a pattern
        return [f":(top,literal){self.prefix}{path}" for path in paths]

    def _empty_tree(self) -> str:
        return self._run("hash-object", "-t", "tree", "--stdin", stdin=b"").decode().strip()

    def _difference(self, *arguments: str, unmerged: bool = False) -> dict[str, Entry | None]:
        out = self._run("diff-index", "--raw", "-z", "--no-renames", "--no-abbrev", *arguments)
        return self._raw(_records(out), unmerged=unmerged)

    def _raw(self, records: list[str], *, unmerged: bool) -> dict[str, Entry | None]:
        changed: dict[str, Entry | None] = {}
        for fields, path in zip(records[::2], records[1::2], strict=True):
            _, mode, _, blob, status = fields.removeprefix(":").split(" ")
            if status == "U" and not unmerged:
                raise NoAnswer(f"{path} is not merged", next_step="finish the merge, then run the command again")
            name = path.removeprefix(self.prefix)
            if status != "U" or name not in changed:
                changed[name] = None if status == "D" else Entry(mode, None if set(blob) == _ABSENT else blob)
        return changed

    def _changes(self, records: list[str]) -> Iterable[Change]:
        commit = ""
        fields: list[str] | None = None
        for record in records:
            text = record.lstrip("\n")
            if text.startswith("\x01"):
                commit = text[1:].strip()
            elif fields is None:
                fields = text.removeprefix(":").split(" ")
            else:
                _, mode, _, blob, status = fields
                entry = None if status == "D" else Entry(mode, blob)
                yield Change(commit, record.removeprefix(self.prefix), entry, added=status == "A")
                fields = None

    def _run(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        done = self._try(*arguments, stdin=stdin)
        if done.returncode != 0:
            raise _git_says(done.stderr)
        return done.stdout

    def _try(self, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        return _git(self.top, *arguments, stdin=stdin)


def open_repository(start: Path) -> Git:
    """The repository around a folder; raises UsageError where there is none, NoAnswer where git refuses to work."""
    done = _git(start, "rev-parse", "--show-prefix", "--show-toplevel", "--git-path", "shallow", "HEAD")
    lines = done.stdout.decode("utf-8", "surrogateescape").split("\n")
    if len(lines) < 4:
        if b"not a git repository" in done.stderr:
            raise UsageError("this folder is in no git repository", next_step="git init && git add -A && git commit")
        raise _git_says(done.stderr)
    prefix, top, cut = lines[0], lines[1], start / lines[2]
    shallow = frozenset(cut.read_text("ascii").split()) if cut.is_file() else frozenset[str]()
    return Git(Path(top), prefix, lines[3] if done.returncode == 0 else None, shallow)


def _git(folder: Path, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    environment: Mapping[str, str] = {**os.environ, **_SETTINGS}
    try:
        return subprocess.run(  # noqa: S603 - the arguments are ours; paths and refs are passed as literals
            ["git", *arguments],  # noqa: S607 - the user's own git, as found on PATH
            cwd=folder, env=environment, input=stdin, capture_output=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise NoAnswer("git is not installed, or not on PATH", next_step="install git 2.30 or newer") from None


def _batch(out: bytes, asked: Sequence[str]) -> Iterable[tuple[str, bytes]]:
    """The answers of `cat-file --batch`: a header, the content and a newline each."""
    position = 0
    for blob in asked:
        end = out.index(b"\n", position)
        header = out[position:end].split(b" ")
        if header[-1] == b"missing":
            raise NoAnswer(f"the object {blob[:10]} is not in this clone", next_step="git fetch --refetch")
        size = int(header[2])
        yield blob, out[end + 1 : end + 1 + size]
        position = end + size + 2


def _git_says(stderr: bytes) -> NoAnswer:
    text = " ".join(stderr.decode("utf-8", "replace").split())
    return NoAnswer(f"git says: {text.removeprefix('fatal: ') or 'nothing'}")


def _records(out: bytes) -> list[str]:
    return [record for record in os.fsdecode(out).split("\0") if record]
