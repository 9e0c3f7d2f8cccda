"""Which commit stands for the default branch, and which commits did this branch start from?

Never the branch's own upstream: on a pushed feature branch that is the branch itself, so every break would be its base.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from schemagate.errors import NoAnswer
from schemagate.project.git import Git

_REMOTE = "refs/remotes/origin/"
_LOCAL = ("refs/heads/main", "refs/heads/master")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The commit whose first-parent history is what was released; `name` is how it was found, for people."""

    commit: str
    name: str

    def __str__(self) -> str:
        return f"{self.name} {self.commit[:7]}"


def find(git: Git, environ: Mapping[str, str], against: str | None = None) -> Baseline | None:
    """The baseline; None before the first commit. Raises NoAnswer with the `git fetch` to run where it is not here."""
    if against == "":
        raise NoAnswer("--against names no commit", next_step="schemagate check --against REF")
    for name in (against, environ.get("SCHEMAGATE_BASE"), environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA")):
        if name:
            return _named(git, name)
    if branch := environ.get("GITHUB_BASE_REF"):
        return _remote_branch(git, branch)
    refs = git.refs([f"{_REMOTE}{name}" for name in ("HEAD", "main", "master")] + list(_LOCAL))
    for name in ("HEAD", "main", "master"):
        if (commit := refs.get(_REMOTE + name)) is not None:
            return Baseline(commit, f"origin/{name}")
    if git.has_remote():
        what = "the default branch is not here: origin/main is not fetched (or the remote is empty: push first)"
        raise _not_fetched(git, "main", what)
    return _without_remote(git, refs)


def before_head(git: Git, baseline: Baseline | None) -> Baseline | None:
    """The baseline for judging HEAD itself: on the default branch, as after a push to it, the first parent."""
    if baseline is None or baseline.commit != git.head:
        return baseline
    parent = git.commit("HEAD^1")
    if parent is None and git.head in git.shallow_commits:
        raise _cut(git, "the commit before HEAD is not here")
    return Baseline(parent, "the commit before HEAD") if parent else None


def merge_bases(git: Git, baseline: Baseline | None) -> tuple[str, ...]:
    """The commits that HEAD and the baseline have in common; raises NoAnswer where there is none."""
    if baseline is None or git.head is None:
        return ()
    found = git.merge_bases(git.head, baseline.commit)
    if found:
        return found
    if git.shallow:
        raise _cut(git, f"the base is not here: this clone is cut before HEAD and {baseline.name} meet")
    raise NoAnswer(
        f"HEAD and {baseline.name} have no commit in common", next_step="schemagate check --against REF names the base"
    )


def history_is_cut(git: Git, name: str) -> NoAnswer:
    """The error for a version whose released revisions are not all in this clone."""
    return _cut(git, f"the released revisions of {name} are not all here: this clone is shallow")


def _named(git: Git, name: str) -> Baseline:
    commit = git.commit(name)
    if commit is None:
        what = f"the base is not here: there is no commit {name!r} in this clone"
        if re.fullmatch(r"\w[\w./-]*", name) is None:
            raise NoAnswer(what, next_step="name a commit, a branch or a tag")
        raise _not_fetched(git, name.removeprefix("origin/"), what)
    return Baseline(commit, name)


def _remote_branch(git: Git, branch: str) -> Baseline:
    full = _REMOTE + branch
    refs = git.refs([full])
    if full not in refs:
        raise _not_fetched(git, branch, f"the base is not here: origin/{branch} is not fetched")
    return Baseline(refs[full], f"origin/{branch}")


def _without_remote(git: Git, refs: Mapping[str, str]) -> Baseline | None:
    for name in _LOCAL:
        if name in refs:
            return Baseline(refs[name], name.removeprefix("refs/heads/"))
    if git.head is None:
        return None
    raise NoAnswer(
        "the default branch cannot be told: there is no remote, and no branch main or master",
        next_step="schemagate check --against BRANCH  (or set SCHEMAGATE_BASE)",
    )


def _not_fetched(git: Git, branch: str, what: str) -> NoAnswer:
    unshallow = "--unshallow " if git.shallow else ""
    return NoAnswer(what, next_step=f"git fetch {unshallow}origin {branch}:refs/remotes/origin/{branch}")


def _cut(git: Git, what: str) -> NoAnswer:
    return NoAnswer(what, next_step="git fetch --unshallow" if git.shallow else "git fetch")
