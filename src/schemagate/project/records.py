"""Which files are on the state branch, and how does one more get there without touching anything else?

The branch holds records and nothing else, each added once and never changed, so its history is evidence too: what a
commit changed or deleted is told (`Snapshot.broken`), even where a later commit hid it. A private ref
(`refs/schemagate/...`) remembers what this clone has seen; a branch that no longer descends from it was rewritten.

Writing is optimistic: read, decide, commit, compare and set, and all of it again after a lost race. No lock, so nothing
is stale after a crash; nothing is reachable before the last move, so nothing is half-recorded.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Final

from schemagate.errors import NoAnswer, UsageError
from schemagate.project.config import State
from schemagate.project.git import Entry, Git, Identity
from schemagate.rollout.records import Stream, streams

_NAME: Final = r"[a-z0-9][a-z0-9._-]*"
_RECORD: Final = re.compile(rf"records/{_NAME}/{_NAME}/{_NAME}/[0-9]{{6}}\.json")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The branch at one commit (None: it does not exist), as far as it was asked for.

    `files` are contents by path; `broken` says, for a path that was recorded and is not any more what it was, why.
    """

    tip: str | None
    files: Mapping[str, bytes] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)

    def streams(self, env: str, name: str) -> dict[Stream, dict[str, bytes]]:
        """The streams of one name in an environment, with their files; those of which nothing is left, too."""
        return streams({**dict.fromkeys(self.broken, b""), **self.files}, env, name)


@dataclass(frozen=True, slots=True)
class Addition:
    """One new file, and the message of its commit."""

    path: str
    content: bytes
    message: str


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a writer tries. The pause is drawn from a window that doubles with every lost race."""

    tries: int = 30
    seconds: float = 120
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    draw: Callable[[float, float], float] = random.uniform

    def pause(self, races_lost: int) -> None:
        """Wait, the longer the more writers there seem to be."""
        self.sleep(self.draw(0, min(2.0, 0.05 * 2.0**races_lost)))


def read(git: Git, state: State, folders: tuple[str, ...]) -> Snapshot:
    """The records below some folders (`records/production`), from the remote where there is one.

    Raises NoAnswer for a remote that does not answer, a branch that was rewritten, that is cut in this clone, or that
    holds somebody's files.
    """
    seen = git.refs([_seen(state)]).get(_seen(state))
    tip = git.fetched(state.remote, state.ref, seen) if state.remote else git.refs([state.ref]).get(state.ref)
    if tip is None:
        if seen is not None:
            raise _rewritten(state, seen, "it is gone")
        return Snapshot(None)
    if git.is_cut(tip):
        raise NoAnswer(
            f"the history of {state} is cut in this clone, and only a whole one is evidence",
            next_step="git fetch --unshallow",
        )
    if seen is not None and seen != tip and not git.descends(tip, seen):
        raise _rewritten(state, seen, "its history was rewritten")
    return _snapshot(git, state, folders, tip, seen)


def append(
    git: Git,
    state: State,
    folders: tuple[str, ...],
    prepare: Callable[[Snapshot], Addition | None],
    *,
    at: datetime,
    patience: Patience = Patience(),
) -> None:
    """Add the file that `prepare` makes of the branch as it is now; None from it adds nothing.

    `prepare` is asked again after every lost race, and may raise what the branch does not allow. Raises NoAnswer when
    the tries are used up, UsageError where git knows no author.
    """
    who = git.identity()
    _refuse_checked_out(git, state)
    end = patience.clock() + patience.seconds
    said, lost, before = "", 0, None
    for number in range(patience.tries):
        snapshot = read(git, state, folders)
        lost += number > 0 and snapshot.tip != before
        before = snapshot.tip
        addition = prepare(snapshot)
        if addition is None:
            return
        if _RECORD.fullmatch(addition.path) is None:
            raise UsageError(f"{addition.path!r} cannot be the path of a record; nothing was recorded")
        refused = _add(git, state, snapshot.tip, addition, who=who, at=at)
        if refused is None:
            return
        said = refused
        if patience.clock() > end:
            break
        patience.pause(lost)
    raise NoAnswer(
        f"{state} did not take the record, {number + 1} times; git says: {said}",
        next_step="nothing was recorded: see that you may push to the branch, then run the command again",
    )


def _snapshot(git: Git, state: State, folders: tuple[str, ...], tip: str, seen: str | None) -> Snapshot:
    tree = git.whole_tree(tip)
    for path, entry in tree.items():
        if _RECORD.fullmatch(path) is None or entry.mode != "100644":
            raise NoAnswer(
                f"{state} is no branch of records: it holds {path}",
                next_step="name another branch under  state  in schemagate.toml, or remove what is no record",
            )
    broken = _broken(git, tip, tree)
    if not broken and tip != seen:
        git.move_ref(_seen(state), tip, seen)  # whoever was quicker has seen more
    below = tuple(f"{folder}/" for folder in folders)
    wanted = {path: entry.blob for path, entry in tree.items() if path.startswith(below) and entry.blob}
    contents = git.blobs(wanted.values())
    files = {path: contents[blob] for path, blob in wanted.items()}
    return Snapshot(tip, files, {path: why for path, why in broken.items() if path.startswith(below)})


def _broken(git: Git, tip: str, tree: Mapping[str, Entry]) -> dict[str, str]:
    broken = {}
    for path, replaced in git.replaced(tip).items():
        now = tree.get(path)
        if now is None or now.blob != replaced.blob:
            broken[path] = f"was {'deleted' if now is None else 'changed'} since (commit {replaced.commit[:7]})"
    return broken


def _add(git: Git, state: State, tip: str | None, addition: Addition, *, who: Identity, at: datetime) -> str | None:
    """None when the file is on the branch, else why not.

    No two writers may make the same commit: each would take the other one's success for its own.
    """
    message = f"{addition.message}\nwriter: {token_hex(8)}\n"
    commit = git.commit_file(tip, addition.path, addition.content, message=message, who=who, at=at)
    if state.remote is None:
        return git.move_ref(state.ref, commit, tip)
    try:
        return git.push(state.remote, commit, state.ref, tip)
    except NoAnswer as error:
        if _arrived(git, state, state.remote, commit, error):
            return None
        if "no answer within" in error.message:
            said = f"{error.message}; the record is not there so far, and may still arrive"
            raise NoAnswer(said, next_step="look whether it did, before you run the command again") from None
        raise NoAnswer(f"{error.message}; nothing was recorded", next_step=error.next_step) from None


def _arrived(git: Git, state: State, remote: str, commit: str, error: NoAnswer) -> bool:
    """A push that broke off may have arrived all the same."""
    try:
        tip = git.fetched(remote, state.ref, None)
    except NoAnswer:
        raise NoAnswer(
            f"{error.message}; whether the record arrived is not known", next_step="run the command again"
        ) from None
    return tip is not None and git.descends(tip, commit)


def _refuse_checked_out(git: Git, state: State) -> None:
    folder = git.checked_out(state.ref) if state.remote is None else None
    if folder is not None:
        raise UsageError(
            f"{state} is checked out in {folder}, and would change below your feet",
            next_step="git switch to another branch there",
        )


def _seen(state: State) -> str:
    place = f"remotes/{state.remote}" if state.remote else "heads"
    return f"refs/schemagate/{place}/{state.branch}"


def _rewritten(state: State, seen: str, how: str) -> NoAnswer:
    return NoAnswer(
        f"{state} held commit {seen[:7]}, and no longer does: {how}",
        next_step=f"push {seen[:7]} back; or, if it was meant:  git update-ref -d {_seen(state)}",
    )
