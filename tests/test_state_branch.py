"""The state branch in real repositories: nothing else is touched, everybody lands, and what was tampered with is seen."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recording import START, Project, deployment, manifest
from repository import IDENTITY, Done, Repository, environment
from schemagate.errors import NoAnswer, Refused, UsageError
from schemagate.project import git, records
from schemagate.project.config import State
from schemagate.project.records import Addition, Patience, Snapshot
from schemagate.rollout.records import canonical, encode

STATE = "schemagate/state"
FOLDER = "records/production/deployments/bonuses"
QUICK = Patience(sleep=lambda _: None)


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Projects that are made once, and copied for each test."""
    folder = tmp_path_factory.mktemp("templates")
    bare = Repository(folder / "shared" / "remote.git", init=False)
    bare.git("init", "--quiet", "--bare", "--initial-branch=main")
    Project(folder / "shared" / "work", remote="../remote.git")
    for name in ("local", "shared"):
        project = Project(folder / name / "work", init=name == "local")
        well(project.schemagate("publish", "--env", "production"))
    shutil.copytree(folder / "local", folder / "three")
    three = Project(folder / "three" / "work", init=False)
    for commit in ("a", "b", "c"):
        well(three.deploy("bonuses", commit, 1, 2))
    well(three.gate())
    return folder


def copied(template: Path, folder: Path) -> Project:
    shutil.copytree(template, folder, dirs_exist_ok=True, symlinks=True)
    return Project(folder / "work", init=False)


@pytest.fixture
def local(templates: Path, tmp_path: Path) -> Project:
    return copied(templates / "local", tmp_path)


@pytest.fixture
def shared(templates: Path, tmp_path: Path) -> Project:
    return copied(templates / "shared", tmp_path)


@pytest.fixture
def remote(shared: Project) -> Repository:
    return Repository(shared.folder.parent / "remote.git", init=False)


def well(done: Done) -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def refused(done: Done, code: int, *words: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said
    assert "internal error" not in said
    for word in words:
        assert word in said, said


def everything(repository: Repository) -> dict[str, Any]:
    """All that a user sees of a repository: files, index, HEAD, branches, FETCH_HEAD, stash."""
    inner = repository.folder / ".git"
    return {
        "files": {
            path.relative_to(repository.folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
            for path in repository.folder.rglob("*")
            if path.is_file() and inner not in path.parents and ".schemagate" not in path.parts
        },
        "index": (inner / "index").read_bytes(),
        "HEAD": (inner / "HEAD").read_text(),
        "heads": repository.git("for-each-ref", "refs/heads/main", "refs/heads/work", "refs/tags"),
        "others": [(inner / name).exists() for name in ("FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD", "index.lock")],
    }


@pytest.mark.parametrize("where", ["local", "shared"])
@pytest.mark.parametrize("head", ["branch", "detached"])
def test_nothing_else_is_touched(request: pytest.FixtureRequest, where: str, head: str) -> None:
    project: Project = request.getfixturevalue(where)
    project.git("switch", "--quiet", *(["--create", "work"] if head == "branch" else ["--detach"]))
    (project.folder / ".git" / "FETCH_HEAD").unlink(missing_ok=True)
    project.write("staged.txt", "staged")
    project.git("add", "staged.txt")
    project.write("services/bonuses.toml", manifest("bonuses", 1, 2) + "# edited\n")
    project.write("untracked.txt", "mine")
    before = everything(project)
    well(project.deploy("bonuses", "3f2c1ab", 1, 2))
    well(project.deploy("bonuses", "77ab01e", 1, 2, instance="eu"))
    well(project.gate())
    assert everything(project) == before


def test_a_record_is_there_for_everybody_who_can_reach_the_remote(shared: Project, tmp_path: Path) -> None:
    well(shared.deploy("bonuses", "3f2c1ab", 1, 2))
    other = Repository(tmp_path / "other", init=False)
    other.git("clone", "--quiet", "../remote.git", ".")
    well(other.schemagate("publish", "--env", "production"))
    done = other.schemagate("gate", "manager@2", "--env", "production")
    well(done)
    assert "as 3f2c1ab" in done.stdout
    assert f"refs/heads/{STATE}" not in other.git("for-each-ref", "--format=%(refname)").split()


@pytest.mark.parametrize("options", [["--depth=1"], ["--filter=blob:none"], ["--filter=tree:0"], ["--single-branch"]])
def test_shallow_and_partial_clones(shared: Project, remote: Repository, tmp_path: Path, options: list[str]) -> None:
    for name in ("a", "b"):
        well(shared.deploy("bonuses", "3f2c1ab", 1, 2, instance=name))
    remote.git("config", "uploadpack.allowFilter", "true")
    other = Repository(tmp_path / "other", init=False)
    other.git("clone", "--quiet", *options, f"file://{remote.folder}", ".")
    well(other.schemagate("record", "undeployment", "bonuses", "--instance", "b", "--env", "production"))
    assert (other.folder / ".git" / "shallow").exists() == (options == ["--depth=1"])
    assert remote.git("rev-list", "--count", STATE) == "3"


def test_a_state_branch_that_is_cut_is_no_evidence(shared: Project, remote: Repository, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        well(shared.deploy("bonuses", "3f2c1ab", 1, 2, instance=name))
    other = Repository(tmp_path / "other", init=False)
    other.git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{remote.folder}", ".")
    well(other.schemagate("publish", "--env", "production"))
    refused(other.schemagate("gate", "manager@2", "--env", "production"), 3, "is cut", "git fetch --unshallow")
    other.git("fetch", "--quiet", "--unshallow")
    well(other.schemagate("gate", "manager@2", "--env", "production"))


def test_a_project_below_the_top_and_a_hook_with_an_index_of_its_own(local: Project, tmp_path: Path) -> None:
    index = tmp_path / "index"
    well(local.deploy("bonuses", "3f2c1ab", 1, 2, GIT_INDEX_FILE=str(index)))
    assert not index.exists()
    done = local.schemagate("record", "undeployment", "bonuses", "--env", "production", at="schemas")
    well(done)


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    project = Repository(tmp_path / "new")
    project.write("schemagate.toml", '[environments.production]\nregistry = "embedded"\n')
    project.write("services/x.toml", manifest("x"))
    well(project.schemagate("record", "undeployment", "x", "--env", "production"))
    assert project.git("rev-list", "--count", STATE) == "1"


@pytest.mark.parametrize(("where", "stream"), [("local", "one"), ("shared", "one"), ("shared", "many")])
def test_twenty_writers_all_land(request: pytest.FixtureRequest, where: str, stream: str) -> None:
    project: Project = request.getfixturevalue(where)
    writers = []
    for number in range(20):
        service = "bonuses" if stream == "one" else f"service{number}"
        file = project.write(f"manifests/{number}.toml", manifest(service, 1, 2))
        arguments = [f"{service}@v{number}", "--env", "production", "--instance", f"i{number}", "--manifest", str(file)]
        command = [sys.executable, "-m", "schemagate", "record", "deployment", *arguments]
        writers.append(
            subprocess.Popen(
                command,
                cwd=project.folder,
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    ends = [writer.communicate() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 20, [
        end for end, w in zip(ends, writers, strict=True) if w.returncode
    ]
    refs = [STATE] if where == "local" else [f"refs/remotes/origin/{STATE}"]
    if where == "shared":
        project.git("fetch", "--quiet")
    assert project.git("rev-list", "--count", *refs) == "20"
    assert len(project.git("ls-tree", "-r", "--name-only", *refs).split()) == 20
    done = json.loads(project.schemagate("gate", "manager@2", "--env", "production", "--format", "json").stdout)
    (line,) = [check for check in done["checks"] if check["name"] == ("bonuses" if stream == "one" else "service7")]
    assert line["answer"] == "pass"
    assert ("(20 instances)" in line["what"]) == (stream == "one")


def test_writers_in_two_clones(shared: Project, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other", init=False)
    other.git("clone", "--quiet", "../remote.git", ".")
    well(shared.deploy("bonuses", "a", 1, 2))
    well(other.schemagate("record", "undeployment", "bonuses", "--env", "production"))
    well(shared.deploy("bonuses", "b", 1, 2))
    assert "number 4" in other.schemagate("record", "undeployment", "bonuses@b", "--env", "production").stdout


# --- tampering -------------------------------------------------------------------------------------------------------


def edit(project: Repository, change: Callable[[Path], None], *, amend: bool = False, ref: str = STATE) -> None:
    """Change the state branch by hand, as a commit on top or by rewriting the newest one."""
    folder = project.folder / ".git" / "by-hand"
    project.git("worktree", "add", "--quiet", "--detach", str(folder), ref)
    change(folder / FOLDER)
    hand = Repository(folder, init=False)
    hand.git("add", "--all")
    hand.git("commit", "--quiet", "--allow-empty", "--message", "by hand", *(["--amend"] if amend else []))
    project.git("update-ref", f"refs/heads/{STATE}", hand.git("rev-parse", "HEAD"))
    project.git("worktree", "remove", "--force", str(folder))


def rewrite(file: Path, **changes: Any) -> None:
    document = json.loads(file.read_text("utf-8"))
    document["body"] |= changes.pop("body", {})
    file.write_bytes(canonical(document | changes) + b"\n")


def swap(folder: Path) -> None:
    first, second = folder / "000001.json", folder / "000002.json"
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)


def newer(folder: Path) -> None:
    document = json.loads((folder / "000003.json").read_text("utf-8"))
    (folder / "000004.json").write_bytes(canonical(document | {"number": 4, "format": 2}) + b"\n")


def skipping(folder: Path) -> None:
    (folder / "000005.json").write_bytes(encode(deployment("bonuses", "x"), 5, "sha256:00"))


TAMPERED: dict[str, tuple[Callable[[Path], None], str]] = {
    "the first one deleted": (lambda folder: (folder / "000001.json").unlink(), "was deleted since"),
    "a gap": (lambda folder: (folder / "000002.json").unlink(), "was deleted since"),
    "the newest deleted": (lambda folder: (folder / "000003.json").unlink(), "was deleted since"),
    "all deleted": (lambda folder: [each.unlink() for each in folder.iterdir()] and None, "was deleted since"),
    "one changed": (lambda folder: rewrite(folder / "000002.json", body={"commit": "x"}), "was changed since"),
    "the newest changed": (lambda folder: rewrite(folder / "000003.json", body={"commit": "x"}), "was changed since"),
    "a time changed": (lambda folder: rewrite(folder / "000003.json", at="2020-01-01T00:00:00Z"), "was changed since"),
    "reordered": (swap, "was changed since"),
    "a newer format": (newer, "upgrade schemagate"),
    "a number left out": (skipping, "000004.json is missing"),
}


@pytest.fixture
def three(templates: Path, tmp_path: Path) -> Project:
    """Three records of bonuses, in order a, b, c."""
    return copied(templates / "three", tmp_path)


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_unknown_and_nothing_is_recorded_behind_it(three: Project, name: str) -> None:
    change, reason = TAMPERED[name]
    edit(three, change)
    tip = three.git("rev-parse", STATE)
    refused(three.gate(), 3, "UNKNOWN", reason, FOLDER)
    refused(three.deploy("bonuses", "d", 1, 2), 3, reason)
    assert three.git("rev-parse", STATE) == tip
    other = three.deploy("archive", "d", 1, 2)
    well(other)
    refused(three.gate(), 3, reason)


@pytest.mark.parametrize("name", ["the newest deleted", "the newest changed", "one changed"])
def test_a_revert_makes_the_stream_whole_again(three: Project, name: str) -> None:
    edit(three, TAMPERED[name][0])
    before = {path: three.git("show", f"{STATE}~1:{FOLDER}/{path}") for path in ("000002.json", "000003.json")}
    refused(three.gate(), 3)

    def revert(folder: Path) -> None:
        for path, text in before.items():
            (folder / path).write_text(text + "\n", "utf-8", newline="")

    edit(three, revert)
    well(three.gate())
    well(three.deploy("bonuses", "d", 1, 2))


def test_a_change_that_a_later_commit_hides_behind_new_records_is_seen(three: Project) -> None:
    edit(three, lambda folder: rewrite(folder / "000003.json", body={"commit": "x"}))
    edit(three, lambda folder: rewrite(folder / "000003.json", body={"commit": "y"}))
    refused(three.gate(), 3, "was changed since")


@pytest.mark.parametrize("name", ["the newest deleted", "the newest changed"])
def test_a_rewritten_branch_is_seen_by_who_saw_it(three: Project, name: str) -> None:
    edit(three, TAMPERED[name][0], amend=True)
    refused(three.gate(), 3, "was rewritten", "git update-ref -d refs/schemagate/heads/schemagate/state")
    refused(three.deploy("bonuses", "d", 1, 2), 3, "was rewritten")
    three.git("update-ref", "-d", f"refs/schemagate/heads/{STATE}")
    done = three.gate()
    assert done.returncode in (0, 3)


def test_a_branch_that_is_gone_is_not_an_empty_one(three: Project) -> None:
    three.git("update-ref", "-d", f"refs/heads/{STATE}")
    refused(three.gate(), 3, "it is gone")
    refused(three.deploy("bonuses", "d", 1, 2), 3, "it is gone")


def test_somebodys_files_are_no_state(local: Project) -> None:
    local.git("branch", STATE)
    tip = local.git("rev-parse", STATE)
    refused(local.gate(), 3, "is no branch of records", ".gitignore")
    refused(local.deploy("bonuses", "a", 1, 2), 3, "is no branch of records")
    assert local.git("rev-parse", STATE) == tip


@pytest.mark.parametrize("kind", ["a note", "a link", "another place"])
def test_what_is_no_record_among_records(three: Project, kind: str) -> None:
    def change(folder: Path) -> None:
        if kind == "a note":
            (folder / "NOTES.md").write_text("mine")
        elif kind == "a link":
            (folder / "000004.json").symlink_to("000003.json")
        else:
            (folder / "sub").mkdir()
            (folder / "sub" / "000001.json").write_text("{}")

    edit(three, change)
    refused(three.gate(), 3, "is no branch of records")


# --- no answer, no right, no name ------------------------------------------------------------------------------------


def test_a_remote_that_is_gone_is_no_answer(shared: Project, remote: Repository) -> None:
    well(shared.deploy("bonuses", "a", 1, 2))
    well(shared.gate())
    remote.folder.rename(remote.folder.with_name("away"))
    refused(shared.gate(), 3, "UNKNOWN", "no answer from the remote 'origin'")
    refused(shared.deploy("bonuses", "b", 1, 2), 3, "no answer from the remote 'origin'")


def test_a_remote_that_never_answers_is_given_up(shared: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git, "_REMOTE_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shared.git("remote", "set-url", "origin", f"git://127.0.0.1:{silent.getsockname()[1]}/x.git")
        refused(shared.gate(), 3, "UNKNOWN", "had no answer within 1 s")


def test_a_login_in_the_address_of_a_remote_is_not_told(shared: Project) -> None:
    shared.git("remote", "set-url", "origin", "http://me:hunter2@127.0.0.1:9/x.git")
    for done in (shared.gate(), shared.deploy("bonuses", "a", 1, 2)):
        refused(done, 3, "no answer from the remote 'origin'")
        assert "hunter2" not in done.stdout + done.stderr


def test_a_remote_that_nobody_configured(shared: Project) -> None:
    shared.git("remote", "rename", "origin", "other")
    (shared.folder / "origin").mkdir()
    Repository(shared.folder / "origin")
    refused(shared.deploy("bonuses", "a", 1, 2), 3, "there is no remote 'origin' in this clone")


def test_a_remote_that_lost_the_branch(shared: Project, remote: Repository) -> None:
    well(shared.deploy("bonuses", "a", 1, 2))
    well(shared.gate())
    remote.git("update-ref", "-d", f"refs/heads/{STATE}")
    refused(shared.gate(), 3, "it is gone")


def hook(remote: Repository, text: str) -> Path:
    file = remote.write("hooks/pre-receive", f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def test_no_permission_to_push(shared: Project, remote: Repository) -> None:
    well(shared.deploy("bonuses", "a", 1, 2))
    tip = remote.git("rev-parse", STATE)
    hook(remote, "echo 'protected branch' >&2; exit 1")
    refused(shared.deploy("bonuses", "b", 1, 2), 3, "30 times", "protected branch", "nothing was recorded")
    assert remote.git("rev-parse", STATE) == tip
    well(shared.gate())
    assert "as a" in shared.gate().stdout


def attempt(project: Repository, state: State, prepare: Callable[[Snapshot], Addition | None], **more: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment().items():
            patch.setenv(name, value)
        repository = git.open_repository(project.folder)
        records.append(repository, state, (FOLDER,), prepare, at=START, patience=more.pop("patience", QUICK))


def addition(snapshot: Snapshot) -> Addition:
    number = len(snapshot.files) + 1
    return Addition(f"{FOLDER}/{number:06d}.json", b"{}\n", "test")


def test_a_push_rejected_once_is_tried_again(shared: Project, remote: Repository) -> None:
    hook(remote, "test -e tried && exit 0; touch tried; exit 1")
    attempt(shared, State("origin"), addition)
    assert remote.git("ls-tree", "-r", "--name-only", STATE) == f"{FOLDER}/000001.json"


@pytest.mark.parametrize("where", ["local", "shared"])
def test_thirty_lost_races_end_in_a_clear_error(request: pytest.FixtureRequest, where: str) -> None:
    """Somebody else lands between each look and each try."""
    project: Project = request.getfixturevalue(where)
    state = State("origin") if where == "shared" else State()
    looks: list[str | None] = []
    pauses: list[float] = []

    def overtaken(snapshot: Snapshot) -> Addition:
        looks.append(snapshot.tip)
        if where == "local":
            repository = git.open_repository(project.folder)
            who = repository.identity()
            made = addition(snapshot)
            other = repository.commit_file(snapshot.tip, made.path, made.content, message="other", who=who, at=START)
            assert repository.move_ref(state.ref, other, snapshot.tip) is None
        else:
            attempt(project, state, addition)
        return Addition(f"{FOLDER}/{len(snapshot.files) + 1:06d}.json", b'{"late":1}\n', "late")

    patience = Patience(sleep=pauses.append, draw=lambda _, longest: longest)
    with pytest.raises(NoAnswer, match="30 times") as caught:
        attempt(project, state, overtaken, patience=patience)
    assert len(looks) == len(set(looks)) == 30
    assert pauses[:4] == [0.05, 0.1, 0.2, 0.4], "the window grows with the races that were lost"
    assert max(pauses) == 2.0
    assert caught.value.exit_code == 3
    late = project.git("log", "--all", "--format=%s").split("\n").count("late")
    assert late == 0, "nothing half-recorded"


def test_time_ends_before_the_tries_do(shared: Project, remote: Repository) -> None:
    hook(remote, "exit 1")
    times = iter([0.0, 60.0, 119.0, 121.0])
    with pytest.raises(NoAnswer, match="3 times"):
        attempt(shared, State("origin"), addition, patience=Patience(sleep=lambda _: None, clock=lambda: next(times)))


def test_a_condition_is_asked_again_after_a_lost_race(local: Project) -> None:
    """First wins: of two that both found a free place, the second is refused by what it finds then."""

    def first_only(snapshot: Snapshot) -> Addition:
        if snapshot.files:
            raise Refused("taken")
        attempt(local, State(), addition)
        return addition(snapshot)

    with pytest.raises(Refused, match="taken"):
        attempt(local, State(), first_only)
    assert local.git("rev-list", "--count", STATE) == "1"


def test_a_push_that_broke_off_but_arrived(shared: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    push = git.Git.push

    def broken(self: git.Git, *arguments: Any) -> str | None:
        assert push(self, *arguments) is None
        raise NoAnswer("the line went dead")

    monkeypatch.setattr(git.Git, "push", broken)
    attempt(shared, State("origin"), addition)


def test_a_push_that_broke_off_and_did_not_arrive(shared: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> str | None:
        raise NoAnswer("the line went dead")

    monkeypatch.setattr(git.Git, "push", broken)
    with pytest.raises(NoAnswer, match="the line went dead; nothing was recorded"):
        attempt(shared, State("origin"), addition)


def test_a_branch_in_the_way(local: Project) -> None:
    local.git("branch", "schemagate")
    refused(local.deploy("bonuses", "a", 1, 2), 3, "refs/heads/schemagate", "nothing was recorded")


def test_a_state_branch_that_is_checked_out(three: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    three.git("switch", "--quiet", STATE)
    repository = git.open_repository(three.folder)
    with pytest.raises(UsageError, match="checked out"):
        records.append(repository, State(), (FOLDER,), addition, at=START, patience=QUICK)


@pytest.mark.parametrize("more", [{}, {"GITHUB_ACTIONS": "true"}])
def test_no_identity(local: Project, more: dict[str, str]) -> None:
    nobody = {name: value for name, value in environment(**more).items() if not name.endswith(("_NAME", "EMAIL"))}
    command = ["record", "undeployment", "bonuses", "--env", "production"]
    done = subprocess.run(
        [sys.executable, "-m", "schemagate", *command],
        cwd=local.folder, env=nobody, capture_output=True, text=True, check=False,
    )  # fmt: skip
    refused(done, 2, "git does not know who you are", "git config user.name")
    assert local.git("for-each-ref", f"refs/heads/{STATE}") == ""


def test_git_is_not_installed(local: Project, tmp_path: Path) -> None:
    refused(local.deploy("bonuses", "a", 1, 2, PATH=str(tmp_path)), 3, "git is not installed")


def test_the_author_is_the_user_and_the_message_says_what(local: Project) -> None:
    well(local.deploy("bonuses", "a", 1, 2))
    assert local.git("log", "-1", "--format=%an <%ae> %cn %s", STATE) == (
        "test <test@example.invalid> test deployment of bonuses in production"
    )
    (path,) = local.git("ls-tree", "-r", "--name-only", STATE).split()
    document = json.loads(local.git("show", f"{STATE}:{path}"))
    assert document["actor"] == {"type": "person", "name": "test", "run": None}
    assert document["body"]["manifest"] == manifest("bonuses", 1, 2)
