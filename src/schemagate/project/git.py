"""What is in the repository's history, index and trees? The only module that runs git.

Plumbing commands through `subprocess`, NUL-separated, contents by blob id: configuration, quoting or odd file names
change nothing, and a hook stays fast. Nothing is checked out. The caller's environment is kept, `GIT_INDEX_FILE` above
all: during `git commit -a` it names the index that is being committed. What is written are commits on branches of our
own (`commit_file`, `move_ref`, `push`), through an index of our own: work tree, index and HEAD stay as they are.

GitPython serves what is not on the hook's path: tags.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from schemagate.errors import NoAnswer, UsageError
from schemagate.schema.json_text import MAX_BYTES

_SETTINGS: Final = {
    "GIT_OPTIONAL_LOCKS": "0",  # never touch the index of a user who works at the same time
    "GIT_NO_REPLACE_OBJECTS": "1",  # replacements swap contents unseen
    "GIT_NO_LAZY_FETCH": "1",  # a missing object is no answer, never a download
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}

_OFFLINE: Final = {"GIT_ALLOW_PROTOCOL": "none"}
"""Git before 2.45 knows no `GIT_NO_LAZY_FETCH`, and would download what a partial clone lacks."""

_REMOTE_SECONDS: Final = 60
"""How long a remote may take for one answer."""

_INSTALL: Final = "install git 2.31 or newer"
_FETCH_ALL: Final = "git fetch --refetch --no-filter"
_RAW: Final = ("--raw", "-z", "--no-renames", "--no-abbrev")
_UNKNOWN_OPTION: Final = re.compile(r"unrecognized argument|unknown option|unknown switch|invalid option")
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
class Move:
    """The commit that moved a folder's file within the repository, and the folders' prefixes that lost one there."""

    commit: str
    before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who commits, as git knows the user."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Described:
    """What a commit says about itself: when it was made (UTC), and the first line of its message."""

    at: datetime
    subject: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """A file that a history added as `blob`, and that `commit` was the first to change or delete."""

    blob: str
    commit: str


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
        return {path.removeprefix(self.prefix): entry for path, entry in _listed(out)}

    def whole_tree(self, commit: str) -> dict[str, Entry]:
        """All files of a commit, by their path below the repository's top."""
        return dict(_listed(self._run("ls-tree", "-r", "-z", "--full-tree", commit)))

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
        out = self._run("diff-index", *_RAW, "--cached", "--ita-invisible-in-index", base, "--", *self._full(folders))
        return {path: entry for path, _, entry in _raw(_records(out), self.prefix)}

    def edited(self, base: str | None, folders: Sequence[str]) -> dict[str, Entry | None]:
        """What differs between the work tree and a commit, untracked files included; unmerged files as on disk.

        A file counts as git would store it: clean filters apply, and its times do not matter.
        """
        changed: dict[str, Entry | None] = {}
        before: dict[str, Entry] = {}
        if base is not None:
            out = self._run("diff-index", *_RAW, base, "--", *self._full(folders))
            for path, old, entry in _raw(_records(out), self.prefix, unmerged=True):
                changed[path], before[path] = entry, old
        mode = (
            ["--others", "--exclude-standard"] if base is not None else ["--cached", "--others", "--exclude-standard"]
        )
        for path in _records(self._run("ls-files", "-z", *mode, "--", *self._full(folders))):
            changed[path.removeprefix(self.prefix)] = Entry("100644", None)
        on_disk = {path: entry for path, entry in changed.items() if entry is not None and entry.blob is None}
        for path, blob in self._stored(on_disk).items():
            changed[path] = Entry(on_disk[path].mode, blob)
            if changed[path] == before.get(path):
                del changed[path]
        return changed

    def between(self, old: str, new: str, folders: Sequence[str]) -> dict[str, Entry | None]:
        """What differs between two commits."""
        out = self._run("diff-tree", "-r", *_RAW, old, new, "--", *self._full(folders))
        return {path: entry for path, _, entry in _raw(_records(out), self.prefix)}

    def lost(self, name: str, old: str, new: str | None, *, staged: bool = False) -> tuple[str, ...]:
        """Prefixes of folders whose file of this name one commit has and another (None: index or work tree) lacks."""
        sides = ["diff-tree", "-r", *_RAW, old, new] if new else ["diff-index", *_RAW, *["--cached"] * staged, old]
        out = self._run(*sides, "--", f":(top,glob)**/{name}")
        return tuple(path.removesuffix(name) for path, _, entry in _raw(_records(out), "") if entry is None)

    def moved_here(self, revisions: str, name: str) -> Move | None:
        """The newest commit that added a file of this name here and deleted one elsewhere.

        Along first parents; whoever moves a project moves the file that makes it one.
        """
        out = self._run(
            "log", "--first-parent", "--diff-merges=first-parent", "--full-diff", *_RAW, "--diff-filter=D",
            "--no-show-signature", "--format=%x01%H", revisions, "--", *self._full([name]),
        )  # fmt: skip
        ends: dict[str, list[str]] = {}
        for change in _changes(_records(out), ""):
            if f"/{change.path}".endswith(f"/{name}"):
                ends.setdefault(change.commit, []).append(change.path.removesuffix(name))
        for commit, before in ends.items():
            if self.prefix not in before and not self.tree(f"{commit}^1", [name]):
                return Move(commit, tuple(before))
        return None

    def first_parent_changes(self, commit: str, paths: Sequence[str]) -> list[Change]:
        """How the paths changed along the first parents of a commit, newest first."""
        out = self._run(
            "log", "--first-parent", "--diff-merges=first-parent", *_RAW, "--root", "--no-show-signature",
            "--format=%x01%H", commit, "--", *self._full(paths),
        )  # fmt: skip
        return list(_changes(_records(out), self.prefix))

    def described(self, commits: Sequence[str]) -> dict[str, Described]:
        """When commits were made, and what their messages begin with."""
        if not commits:
            return {}
        out = self._run(
            "-c", "i18n.logOutputEncoding=UTF-8", "log", "--no-walk=unsorted", "--no-show-signature", "--no-notes",
            "--no-color", "--format=%H %ct %s", *commits, "--",
        )  # fmt: skip
        found = {}
        for line in out.decode("utf-8", "replace").removesuffix("\n").split("\n"):
            commit, seconds, subject = line.split(" ", 2)
            found[commit] = Described(datetime.fromtimestamp(int(seconds), UTC), subject)
        return found

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """The contents of blobs, read once, by one process; raises NoAnswer for one that is not here."""
        wanted = set(ids)
        missing = sorted(blob for blob in wanted if blob not in self.contents)
        if missing:
            done = self._try("cat-file", "--batch", stdin=_lines(missing))
            if done.returncode != 0:  # a partial clone, whose remote is not asked
                raise NoAnswer(f"not all objects are in this clone: {_words(done.stderr)}", next_step=_FETCH_ALL)
            self.contents.update(_batch(done.stdout, missing))
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

    def replaced(self, commit: str) -> dict[str, Replaced]:
        """The files that any commit of a history changed or deleted, as before the first time, by full path."""
        out = self._run(
            "log", "--reverse", "--full-history", "-m", "--root", *_RAW, "--no-show-signature", "--diff-filter=a",
            "--format=%x01%H", commit,
        )  # fmt: skip
        found: dict[str, Replaced] = {}
        at, blob = "", ""
        for record in _records(out):
            text = record.lstrip("\n")
            if text.startswith("\x01"):
                at = text[1:].strip().split(" ")[0]
            elif text.startswith(":"):
                blob = text.split(" ")[2]
            else:
                found.setdefault(record, Replaced(blob, at))
        return found

    def signer(self, commit: str, path: str) -> str:
        """Who signed the newest commit that touched a file, by a signature that git can verify; "" for nobody."""
        format_ = "--format=%G?%x00%GS"
        shown = self._run("log", "-1", "--no-show-signature", format_, commit, "--", *self._full([path]))
        good, _, name = shown.decode("utf-8", "replace").strip().partition("\0")
        return name if good == "G" else ""

    def pointed_at(self, ref: str) -> list[str]:
        """The objects that a ref named, newest first, by its own log; nothing where this clone keeps none."""
        log = self.top / self._run("rev-parse", "--git-path", f"logs/{ref}").decode().rstrip("\n")
        if not log.is_file():
            return []
        lines = [line.split(b" ", 2)[:2] for line in log.read_bytes().splitlines()]
        moves = [id_.decode() for line in reversed(lines) for id_ in reversed(line)]
        return [id_ for id_ in dict.fromkeys(moves) if set(id_) != _ABSENT]

    def outside(self, commits: Sequence[str], ref: str) -> list[str]:
        """Those of some commits that are not in the history of a ref (commits that are not here are in none)."""
        apart = self._try("rev-list", "--ignore-missing", "--stdin", stdin=_lines([*commits, f"^{ref}"]))
        found = set(apart.stdout.decode().split())
        return [commit for commit in commits if commit in found]

    def full_name(self, ref: str) -> str:
        """The ref itself, or the one that it stands for (as `origin/HEAD` does)."""
        return self._run("rev-parse", "--symbolic-full-name", ref).decode().strip()

    def is_cut(self, commit: str) -> bool:
        """The clone is shallow, and the history of this commit does not reach its beginning."""
        if not self.shallow:
            return False
        return not self.shallow_commits.isdisjoint(self._run("rev-list", commit).decode().split())

    def descends(self, commit: str, ancestor: str) -> bool:
        """The ancestor is in the commit's history."""
        return self._try("merge-base", "--is-ancestor", ancestor, commit).returncode == 0

    def checked_out(self, ref: str) -> str | None:
        """The work tree in which a branch is checked out, if in any."""
        return self._run("for-each-ref", "--format=%(worktreepath)", ref).decode().strip() or None

    def identity(self) -> Identity:
        """Who commits; raises UsageError where the user never said so (git would make a name up from the machine's)."""
        done = self._try("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
        said = re.fullmatch(r"(.+) <(.+)> \d+ [+-]\d{4}\s*", done.stdout.decode("utf-8", "replace"))
        if said is None:
            raise UsageError(
                "git does not know who you are, and a record names its author",
                next_step="git config user.name NAME && git config user.email EMAIL"
                "  (in CI: GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL)",
            )
        return Identity(said[1], said[2])

    def commit_file(
        self, parent: str | None, path: str, content: bytes, *, message: str, who: Identity, at: datetime
    ) -> str:
        """A commit that adds one file (a path below the top) to another commit; no ref knows it yet."""
        blob = self._run("hash-object", "-w", "--stdin", stdin=content).decode().strip()
        with TemporaryDirectory(prefix="schemagate-", ignore_cleanup_errors=True) as folder:
            own = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
            index = ("-c", "core.splitIndex=false", "-c", "core.fsmonitor=false")
            if parent is not None:
                self._run(*index, "read-tree", parent, more=own)
            self._run(*index, "update-index", "--index-info", stdin=f"100644 {blob}\t{path}\n".encode(), more=own)
            tree = self._run(*index, "write-tree", more=own).decode().strip()
        date = f"@{int(at.timestamp())} +0000"
        roles = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", who.name), ("EMAIL", who.email), ("DATE", date))
        }
        parents = ["-p", parent] if parent is not None else []
        made = self._run(
            "-c", "i18n.commitEncoding=UTF-8", "commit-tree", tree, *parents, stdin=message.encode(), more=roles
        )
        return made.decode().strip()

    def move_ref(self, ref: str, new: str, old: str | None) -> str | None:
        """Compare and set: None where the ref pointed at `old` (None: nowhere), else what git says."""
        done = self._try("update-ref", "--no-deref", ref, new, old or "")
        return None if done.returncode == 0 else _words(done.stderr)

    def fetched(self, remote: str, ref: str, known: str | None) -> str | None:
        """The commit of a remote's ref, with all its objects (`known` ones are here already); None without such a ref.

        No ref, not even FETCH_HEAD, moves. Raises NoAnswer where the remote is not configured or does not answer.
        """
        commit = self.tip(remote, ref)
        if commit is not None and commit != known:
            # a partial clone takes commits that it has without their contents for complete
            partial = self._try("config", "--bool", f"remote.{remote}.promisor").stdout.strip() == b"true"
            self._reach(
                remote, "fetch", "--quiet", "--no-write-fetch-head", "--refmap=", "--no-tags", "--no-prune",
                "--no-filter", *(["--refetch"] if partial else []), "--no-recurse-submodules",
                "--no-auto-maintenance", remote, ref,
            )  # fmt: skip
        return commit

    def tip(self, remote: str, ref: str) -> str | None:
        """Where a remote's ref is now; nothing is fetched. Raises NoAnswer where the remote does not answer."""
        self._check_remote(remote)
        lines = self._reach(remote, "ls-remote", "--refs", remote, ref).decode().splitlines()
        return next((line.split("\t")[0] for line in lines if line.endswith(f"\t{ref}")), None)

    def push(self, remote: str, commit: str, ref: str, old: str | None) -> str | None:
        """Compare and set at a remote: None where its ref pointed at `old` (None: nowhere), else why it refused.

        The user's pre-push hook is not asked: it is about work. Raises NoAnswer where the remote does not answer.
        """
        self._check_remote(remote)
        done = self._try(
            "push", "--porcelain", "--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no",
            f"--force-with-lease={ref}:{old or ''}", remote, f"{commit}:{ref}", seconds=_REMOTE_SECONDS,
        )  # fmt: skip
        if done.returncode == 0:
            return None
        refused = [line for line in done.stdout.decode("utf-8", "replace").splitlines() if line.startswith("!")]
        if not refused:
            raise _failed("push", remote, done.stderr)
        said = " ".join(line.strip() for line in _words(done.stderr).split("remote:")[1:])
        return refused[0].split("\t")[-1] + (f": {said}" if said else "")

    def _check_remote(self, remote: str) -> None:
        # git takes what is no remote's name for a path: a folder of the work tree is nobody's evidence
        if self._try("remote", "get-url", "--", remote).returncode != 0:
            raise NoAnswer(f"there is no remote {remote!r} in this clone", next_step=f"git remote add {remote} URL")

    def _reach(self, remote: str, *arguments: str) -> bytes:
        done = self._try(*arguments, seconds=_REMOTE_SECONDS)
        if done.returncode != 0:
            raise _failed(arguments[0], remote, done.stderr)
        return done.stdout

    def _full(self, paths: Sequence[str]) -> list[str]:
        # the magic word keeps `*` and `[` in a file name from being a pattern
        return [f":(top,literal){self.prefix}{path}" for path in paths]

    def _empty_tree(self) -> str:
        return self._run("hash-object", "-t", "tree", "--stdin", stdin=b"").decode().strip()

    def _stored(self, paths: Iterable[str]) -> dict[str, str]:
        """The blob ids of files of the work tree, and their contents, as git would store them; nothing is stored."""
        files = [path for path in paths if _is_readable(self.top / (self.prefix + path))]
        if not files:
            return {}
        known = (self.top / os.fsdecode(self._run("rev-parse", "--git-path", "objects")).rstrip("\n")).as_posix()
        alternates = os.pathsep.join(filter(None, [_quoted(known), os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES")]))
        with TemporaryDirectory(prefix="schemagate-", ignore_cleanup_errors=True) as folder:
            own = {"GIT_OBJECT_DIRECTORY": folder, "GIT_ALTERNATE_OBJECT_DIRECTORIES": alternates}
            names = _lines(_quoted(self.prefix + path) for path in files)
            out = self._run("-c", "core.safecrlf=false", "hash-object", "-w", "--stdin-paths", stdin=names, more=own)
            stored = dict(zip(files, out.decode().split(), strict=True))
            unread = sorted(blob for blob in set(stored.values()) if blob not in self.contents)
            self.contents.update(
                _batch(self._run("cat-file", "--batch", stdin=_lines(unread), more=own), unread) if unread else {}
            )
        return stored

    def _run(self, *arguments: str, stdin: bytes | None = None, more: Mapping[str, str] | None = None) -> bytes:
        done = self._try(*arguments, stdin=stdin, more=more)
        if done.returncode != 0:
            raise _git_says(done.stderr)
        return done.stdout

    def _try(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        more: Mapping[str, str] | None = None,
        seconds: int | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        return _git(self.top, *arguments, stdin=stdin, more=more, seconds=seconds)


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


def _git(
    folder: Path,
    *arguments: str,
    stdin: bytes | None = None,
    more: Mapping[str, str] | None = None,
    seconds: int | None = None,
) -> subprocess.CompletedProcess[bytes]:
    offline = _OFFLINE if seconds is None else {}
    environment: Mapping[str, str] = {**os.environ, **_SETTINGS, **offline, **(more or {})}
    try:
        return subprocess.run(  # noqa: S603 - the arguments are ours; paths and refs are passed as literals
            ["git", "-c", "log.follow=false", *arguments],  # noqa: S607 - the user's own git, as found on PATH
            cwd=folder, env=environment, input=stdin, capture_output=True, check=False, timeout=seconds,
        )  # fmt: skip
    except FileNotFoundError:
        raise NoAnswer("git is not installed, or not on PATH", next_step=_INSTALL) from None
    except subprocess.TimeoutExpired:
        raise NoAnswer(f"git {arguments[0]} had no answer within {seconds} s", next_step="look at the remote") from None


def _lines(words: Iterable[str]) -> bytes:
    return os.fsencode("".join(f"{word}\n" for word in words))


def _quoted(path: str) -> str:
    """A path as git reads it where a line is a path."""
    for special, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        path = path.replace(special, escape)
    return f'"{path}"'


def _is_readable(path: Path) -> bool:
    """A regular file that is not too large to be a schema."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= MAX_BYTES


def _listed(out: bytes) -> Iterable[tuple[str, Entry]]:
    """The answers of `ls-tree -z`: path and entry."""
    for record in _records(out):
        fields, path = record.split("\t", 1)
        mode, _kind, blob = fields.split(" ")
        yield path, Entry(mode, blob)


def _raw(records: list[str], prefix: str, *, unmerged: bool = False) -> Iterator[tuple[str, Entry, Entry | None]]:
    """(path, before, after) of raw differences; an unmerged file stands there with and without its content."""
    seen: set[str] = set()
    for fields, path in zip(records[::2], records[1::2], strict=True):
        old_mode, mode, old_blob, blob, status = fields.removeprefix(":").split(" ")
        if status == "U" and not unmerged:
            raise NoAnswer(f"{path} is not merged", next_step="finish the merge, then run the command again")
        if status != "U" or path not in seen:
            after = None if status == "D" else Entry(mode, None if set(blob) == _ABSENT else blob)
            yield path.removeprefix(prefix), Entry(old_mode, old_blob), after
        seen.add(path)


def _changes(records: list[str], prefix: str) -> Iterable[Change]:
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
            yield Change(commit, record.removeprefix(prefix), entry, added=status == "A")
            fields = None


def _batch(out: bytes, asked: Sequence[str]) -> Iterable[tuple[str, bytes]]:
    """The answers of `cat-file --batch`: a header, the content and a newline each."""
    position = 0
    for blob in asked:
        end = out.index(b"\n", position)
        header = out[position:end].split(b" ")
        if header[-1] == b"missing":
            raise NoAnswer(f"the object {blob[:10]} is not in this clone", next_step=_FETCH_ALL)
        size = int(header[2])
        yield blob, out[end + 1 : end + 1 + size]
        position = end + size + 2


def _git_says(stderr: bytes) -> NoAnswer:
    said = _words(stderr)
    return NoAnswer(f"git says: {said}", next_step=_INSTALL if _UNKNOWN_OPTION.search(said) else None)


def _failed(command: str, remote: str, stderr: bytes) -> NoAnswer:
    return NoAnswer(
        f"git {command} has no answer from the remote {remote!r}: {_words(stderr)}",
        next_step=f"restore access to {remote}, then run the command again",
    )


def _words(stderr: bytes) -> str:
    """What git said, on one line, without a login that stands in a URL."""
    text = " ".join(stderr.decode("utf-8", "replace").split())
    return re.sub(r"(?<=://)[^/@\s]+@", "", text.removeprefix("fatal: ")) or "nothing"


def _records(out: bytes) -> list[str]:
    return [record for record in os.fsdecode(out).split("\0") if record]
