"""The 21 traps of git: real repositories, each in the state that makes other tools judge the wrong thing.

`TRAPS` says which test covers which; what is easy stands in `test_check` and `test_bad_input`, the rest here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import test_bad_input
import test_check
from repository import USER as FILE
from repository import USER_V1 as V1
from repository import Repository, environment, json_object, record, text_field, with_user

BROKEN = json_object(("id",), id="string", login="string")

TRAPS = {
    "1 the index holds the break, the work tree does not": ["real_commit_with_the_break_in_the_index_only"],
    "2 `commit -a`, `commit PATH`: a temporary index": ["real_commit_of_everything"],
    "3 the hook in a linked work tree": ["real_commit_in_a_linked_work_tree"],
    "4 run from a sub-directory": ["from_a_sub_directory", "real_commit_from_a_sub_directory"],
    "5 `git add -N`": ["intent_to_add_is_not_part_of_the_commit", "real_commit_beside_an_announced_file"],
    "6 unmerged entries": ["an_unfinished_merge_is_no_answer", "real_commit_is_refused_while_a_merge_is_unfinished"],
    "7 no commit yet; detached HEAD": ["first_commit_is_clean_and_needs_no_base", "detached_head"],
    "8 shallow or single-branch clone": [
        "branch_that_was_not_fetched_names_the_fetch",
        "shallow_clone_without_the_merge_base",
    ],
    "9 shallow, and the releases are cut": ["shallow_clone_names_the_fetch_and_does_not_pass"],
    "10 several merge bases, or none": ["all_merge_bases_count", "histories_without_a_common_commit"],
    "11 partial clone": ["partial_clone_downloads_nothing"],
    "12 a missing object": ["missing_object_is_no_empty_schema"],
    "13 moved files": [
        "moved_project_is_the_same_events",
        "project_that_moved_long_ago_keeps_its_history",
        "renamed_event_says_that_it_was_removed",
    ],
    "14 odd names": ["odd_file_names_below_schemas", "odd_names"],
    "15 symbolic links, submodules, LFS pointers": [
        "symbolic_link_is_not_read",
        "committed_symbolic_link",
        "submodule_in_place_of_a_schema",
        "a_git_lfs_pointer",
    ],
    "16 line ends and clean filters": ["windows_line_ends_are_no_change", "clean_filters_apply_to_the_work_tree"],
    "17 the user's configuration": ["readers_configuration_of_git_changes_nothing", "signatures_are_not_shown"],
    "18 SHA-256; replaced objects": ["sha256_repository", "replaced_objects_do_not_count"],
    "19 tags and branches that move": [
        "annotated_tags_are_peeled",
        "moved_tag_is_said",
        "default_branch_that_was_rewritten_is_said",
    ],
    "20 git that refuses, is missing or old": ["dubious_ownership", "git_that_is_missing", "git_that_is_too_old"],
    "21 pre-commit": ["pre_commit_gets_no_file_names", "untracked_files_are_not_part_of_the_commit"],
}


def test_every_trap_has_its_tests() -> None:
    known = [name for module in (test_bad_input, test_check, sys.modules[__name__]) for name in vars(module)]
    assert len(TRAPS) == 21
    for trap, tests in TRAPS.items():
        for wanted in tests:
            assert [name for name in known if name.startswith("test_") and name.endswith(wanted)], (trap, wanted)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return with_user(tmp_path / "repo")


def cloned(repo: Repository, folder: Path, *options: str) -> Repository:
    """A clone over git's own protocol, as from a server."""
    subprocess.run(
        ["git", "clone", "-q", *options, f"file://{repo.folder}", str(folder)], env=environment(), check=True
    )
    return Repository(folder, init=False)


def hook(repo: Repository, folder: str = ".") -> None:
    """A real pre-commit hook for the project in a folder."""
    file = repo.folder / ".git/hooks/pre-commit"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\ncd {folder} && exec {sys.executable} -m schemagate check --staged\n")
    file.chmod(0o755)


def commit(repo: Repository, *options: str, at: str = ".") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "commit", "-q", "-m", "work", *options],
        cwd=repo.folder / at,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


# 4, 5, 6


def test_a_real_commit_from_a_sub_directory(tmp_path: Path) -> None:
    whole = Repository(tmp_path / "mono")
    part = Repository(whole.folder / "teams" / "a", init=False)
    part.events("user")
    part.write(FILE, V1)
    whole.commit()
    hook(whole, "teams/a")
    part.write(FILE, BROKEN)
    whole.git("add", "--all")
    assert commit(whole, at="teams/a/schemas").returncode != 0
    part.write(FILE, {**V1, "title": "fine"})
    whole.git("add", "--all")
    done = commit(whole, at="teams/a/schemas")
    assert done.returncode == 0, done.stderr


def test_a_real_commit_beside_an_announced_file(repo: Repository) -> None:
    hook(repo)
    repo.write("schemas/user/v2.json", "not JSON")
    repo.git("add", "--intent-to-add", "schemas/user/v2.json")
    repo.write(FILE, {**V1, "title": "fine"})
    repo.git("add", FILE)
    done = commit(repo)
    assert done.returncode == 0, done.stderr
    assert "v2.json" not in repo.git("ls-tree", "-r", "--name-only", "HEAD")


def test_a_real_commit_is_refused_while_a_merge_is_unfinished(repo: Repository) -> None:
    repo.git("checkout", "-q", "-b", "other")
    repo.write(FILE, {**V1, "title": "one"})
    repo.commit("one")
    repo.git("checkout", "-q", "main")
    repo.write(FILE, {**V1, "title": "two"})
    repo.commit("two")
    hook(repo)
    subprocess.run(["git", "merge", "other"], cwd=repo.folder, env=environment(), check=False, capture_output=True)
    assert commit(repo).returncode != 0
    assert repo.schemagate("check", "--staged").returncode == 3
    repo.write(FILE, BROKEN)
    repo.git("add", FILE)
    assert commit(repo).returncode != 0, "the merge is finished in the index, and breaks"
    repo.write(FILE, {**V1, "title": "both"})
    repo.git("add", FILE)
    done = commit(repo)
    assert done.returncode == 0, done.stderr


# 8


def test_a_shallow_clone_without_the_merge_base(repo: Repository, tmp_path: Path) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    repo.write(FILE, BROKEN)
    repo.commit("break")
    repo.git("checkout", "-q", "main")
    repo.write("README.md", "main went on")
    repo.commit("words")
    clone = cloned(repo, tmp_path / "clone", "--depth=1", "--no-single-branch", "--branch=feature")
    done = clone.schemagate("check", "--head")
    assert done.returncode == 3
    assert "git fetch --unshallow" in done.stderr
    clone.git("fetch", "-q", "--unshallow")
    assert clone.schemagate("check", "--head").returncode == 1


# 10


def test_all_merge_bases_count(repo: Repository) -> None:
    """A criss-cross: main and feature each merged the other's first commit, so that there are two bases."""
    repo.events("user", "order")
    repo.write("schemas/order/v1.json", V1)
    root = repo.commit("two events")
    repo.write(FILE, {**V1, "title": "main's"})
    ours = repo.commit("main")
    repo.git("checkout", "-q", "-b", "feature", root)
    repo.write("schemas/order/v1.json", {**V1, "title": "feature's"})
    theirs = repo.commit("feature")
    repo.git("merge", "-q", "-m", "main into feature", ours)
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "-m", "feature into main", theirs)
    repo.git("checkout", "-q", "feature")
    assert len(repo.git("merge-base", "--all", "main", "feature").split()) == 2
    repo.write(FILE, BROKEN)
    repo.write("schemas/order/v1.json", BROKEN)
    repo.commit("break both")
    for arguments in (["--head"], []):
        done = repo.schemagate("check", *arguments, "--format", "json")
        assert done.returncode == 1
        assert {each["event"] for each in json.loads(done.stdout)["versions"]} == {"order", "user"}


def test_histories_without_a_common_commit(repo: Repository) -> None:
    repo.git("checkout", "-q", "--orphan", "apart")
    repo.write(FILE, BROKEN)
    repo.commit("apart")
    for arguments in (["--head"], []):
        done = repo.schemagate("check", *arguments)
        assert done.returncode == 3
        assert "no commit in common" in done.stderr


# 11, 12


def test_a_partial_clone_downloads_nothing(repo: Repository, tmp_path: Path) -> None:
    repo.write(FILE, {**V1, "title": "second"})
    repo.commit("a second revision")
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = cloned(repo, tmp_path / "clone", "--filter=blob:none")
    clone.write(FILE, {**V1, "title": "third"})
    clone.git("add", "--all")
    before = sorted((clone.folder / ".git/objects").rglob("*"))
    for arguments in ([], ["--staged"]):
        done = clone.schemagate("check", *arguments)
        assert done.returncode == 3, (done.stdout, done.stderr)
        assert "git fetch" in done.stderr
    assert sorted((clone.folder / ".git/objects").rglob("*")) == before
    clone.git("-c", "remote.origin.partialclonefilter=", "fetch", "-q", "--refetch", "--no-filter")
    assert clone.schemagate("check").returncode == 0


def test_a_missing_object_is_no_empty_schema(repo: Repository) -> None:
    blob = repo.git("rev-parse", f"HEAD:{FILE}")
    repo.write(FILE, {**V1, "title": "edited"})
    object_ = repo.folder / ".git/objects" / blob[:2] / blob[2:]
    object_.chmod(0o600)
    object_.unlink()
    done = repo.schemagate("check")
    assert done.returncode == 3
    assert blob[:10] in done.stderr


# 13


def test_a_moved_project_is_the_same_events(repo: Repository) -> None:
    """A folder of its own for the contracts, and a break in the same change."""
    repo.git("checkout", "-q", "-b", "feature")
    moved = Repository(repo.folder / "contracts", init=False)
    for name in ("schemas", "schemagate.toml"):
        repo.git("mv", name, f"contracts/{name}")
    done = moved.schemagate("check", "--staged")
    assert done.returncode == 0, done.stderr
    assert "SG-GIT-101" not in done.stdout
    moved.write(FILE, BROKEN)
    assert moved.schemagate("check").returncode == 1
    repo.git("add", "--all")
    assert moved.schemagate("check", "--staged").returncode == 1
    repo.commit("moved and broken")
    assert moved.schemagate("check", "--head").returncode == 1


def test_a_project_that_moved_long_ago_keeps_its_history(repo: Repository) -> None:
    for before, after in ((".", "one"), ("one", "two/deep")):
        (repo.folder / after).mkdir(parents=True)
        for name in ("schemas", "schemagate.toml"):
            repo.git("mv", f"{before}/{name}", f"{after}/{name}")
        moved = Repository(repo.folder / after, init=False)
        moved.write(FILE, {**V1, "title": f"moved to {after}"})
        repo.commit("moved")
    moved.write(FILE, BROKEN)
    done = moved.schemagate("check", "--format", "json")
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)["versions"]
    assert max(len(each["against"]) for each in found["findings"]) == 3, "all three released revisions"


def test_a_renamed_event_says_that_it_was_removed(repo: Repository) -> None:
    """The folder is the event's name, and a subject's: in another spelling it is another event."""
    repo.events("User")
    repo.git("mv", "schemas/user", "schemas/renamed")
    repo.git("mv", "schemas/renamed", "schemas/User")
    repo.git("add", "--all")
    for arguments in ([], ["--staged"]):
        done = repo.schemagate("check", *arguments)
        assert done.returncode == 1
        assert "SG-GIT-101" in done.stdout


# 14, 15


@pytest.mark.parametrize("name", ["new\nline", 'quo"te', "back\\slash", "tab\t", "[a]", ":(top)", "ü", "-n"])
def test_odd_names(repo: Repository, name: str) -> None:
    table = f'[events.{json.dumps(name)}]\nowner = "t"\nlevel = "FULL"\n'
    repo.write("schemagate.toml", f'[events.user]\nowner = "t"\n{table}')
    repo.write(f"schemas/{name}/v1.json", V1)
    repo.commit("odd")
    repo.write(f"schemas/{name}/v1.json", BROKEN)
    assert repo.schemagate("check").returncode == 1
    repo.git("add", "--all")
    assert repo.schemagate("check", "--staged").returncode == 1
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit("break")
    assert repo.schemagate("check", "--head").returncode == 1


def test_a_committed_symbolic_link(repo: Repository) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    (repo.folder / "schemas/user/v2.json").symlink_to("v1.json")
    repo.git("add", "--all")
    assert repo.schemagate("check", "--staged").returncode == 2
    repo.commit("a link")
    done = repo.schemagate("check", "--head")
    assert done.returncode == 2
    assert "schemas/user/v2.json" in done.stdout + done.stderr
    assert "symbolic link" in done.stdout + done.stderr


def test_a_submodule_in_place_of_a_schema(repo: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other")
    other.write("words", "words")
    head = other.commit()
    repo.git("checkout", "-q", "-b", "feature")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},schemas/user/v2.json")
    done = repo.schemagate("check", "--staged")
    assert done.returncode == 2
    assert "submodule" in done.stdout + done.stderr
    assert "schemas/user/v2.json" in done.stdout + done.stderr


# 16


def test_clean_filters_apply_to_the_work_tree(repo: Repository) -> None:
    """What git would store counts, not what its filters made of it on this disk."""
    repo.write("schemagate.toml", '[events.user]\nowner = "t"\nlevel = "FULL_TRANSITIVE"\nimmutable = true\n')
    repo.write(".gitattributes", "*.json text eol=crlf filter=swap\n")
    repo.git("config", "filter.swap.clean", "sed s/PLACEHOLDER/login/g")
    repo.git("config", "filter.swap.smudge", "sed s/login/PLACEHOLDER/g")
    repo.commit("filters")
    (repo.folder / FILE).unlink()
    repo.git("checkout", "--", FILE)
    on_disk = (repo.folder / FILE).read_bytes()
    assert b"PLACEHOLDER" in on_disk
    assert b"\r\n" in on_disk
    (repo.folder / FILE).write_bytes(on_disk)  # git no longer knows by its times that nothing changed
    os.utime(repo.folder / FILE, (1, 1))
    done = repo.schemagate("check")
    assert done.returncode == 0, done.stdout
    assert "0 versions changed" in done.stdout
    repo.write("schemagate.toml", '[events.user]\nowner = "t"\nlevel = "FULL_TRANSITIVE"\n')
    (repo.folder / FILE).write_bytes(on_disk.replace(b'"type": "object"', b'"title": "a", "type": "object"'))
    done = repo.schemagate("check")
    assert done.returncode == 0, done.stdout
    assert "1 version changed" in done.stdout


# 17


def test_signatures_are_not_shown(repo: Repository, tmp_path: Path) -> None:
    """`log.showSignature` puts lines of gpg between those of a log."""
    gpg = tmp_path / "gpg"
    gpg.write_text(
        '#!/bin/sh\ncase "$*" in\n'
        '*--verify*) echo "gpg: Good signature" >&2; echo "[GNUPG:] GOODSIG 0 t";;\n'
        '*) cat >/dev/null; echo "[GNUPG:] SIG_CREATED " >&2\n'
        'printf -- "-----BEGIN PGP SIGNATURE-----\\nx\\n-----END PGP SIGNATURE-----\\n";;\nesac\n'
    )
    gpg.chmod(0o755)
    repo.git("config", "gpg.program", str(gpg))
    repo.git("config", "log.showSignature", "true")
    repo.write(FILE, {**V1, "title": "signed"})
    repo.commit("signed", "--gpg-sign=t")
    assert "Good signature" in repo.git("log", "--raw", "--format=%H")
    repo.write(FILE, BROKEN)
    done = repo.schemagate("check", "--format", "json")
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)["versions"]
    assert max(len(each["against"]) for each in found["findings"]) == 2


# 18


def test_a_sha256_repository(tmp_path: Path) -> None:
    repo = Repository(tmp_path / "repo", init=False)
    repo.git("init", "-q", "--object-format=sha256", "--initial-branch=main")
    repo.events("user")
    repo.write(FILE, V1)
    repo.git("add", "--all")
    assert repo.schemagate("check", "--staged").returncode == 0
    assert len(repo.commit()) == 64
    repo.write("schemas/user/v2.json", "not JSON")
    repo.git("add", "--intent-to-add", "schemas/user/v2.json")
    assert repo.schemagate("check", "--staged").returncode == 0
    repo.git("rm", "-q", "--cached", "schemas/user/v2.json")
    (repo.folder / "schemas/user/v2.json").unlink()
    repo.write(FILE, BROKEN)
    assert repo.schemagate("check").returncode == 1
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit("break")
    assert repo.schemagate("check", "--head").returncode == 1
    repo.git("rm", "-q", FILE)
    assert repo.schemagate("check", "--staged").returncode == 1


def test_replaced_objects_do_not_count(repo: Repository) -> None:
    """`git replace` swaps what everybody sees of an object."""
    released = repo.git("rev-parse", f"HEAD:{FILE}")
    file = repo.write("other.json", BROKEN)
    other = repo.git("hash-object", "-w", str(file))
    file.unlink()
    repo.git("replace", released, other)
    repo.write(FILE, {**BROKEN, "title": "edited"})
    assert repo.git("cat-file", "-p", released) == repo.git("cat-file", "-p", other)
    assert repo.schemagate("check").returncode == 1


# 19


def test_annotated_tags_are_peeled(repo: Repository) -> None:
    repo.events("user", more='[defaults]\nreleases = "tags:v*"\n')
    repo.commit("releases are tags")
    repo.git("tag", "--annotate", "--message", "first", "v1")
    repo.git("tag", "--annotate", "--message", "of a tag", "v1-again", "v1")
    repo.write(FILE, BROKEN)
    assert repo.schemagate("check").returncode == 1
    assert repo.schemagate("check", "--against", "v1-again").returncode == 1


def test_a_moved_tag_is_said(repo: Repository) -> None:
    """Events of what a tag named before may still be in the log; a clone knows of it where it keeps a log of tags."""
    repo.git("config", "core.logAllRefUpdates", "always")
    repo.events("user", more='[defaults]\nreleases = "tags:v*"\n')
    first = repo.commit("releases are tags")
    repo.git("tag", "v1")
    repo.write(FILE, {**V1, "title": "second"})
    repo.commit("not the release, at first")
    repo.write(FILE, {**V1, "title": "third"})
    assert "moved" not in repo.schemagate("check").stdout
    repo.git("tag", "--force", "v1", "HEAD")
    done = repo.schemagate("check")
    assert done.returncode == 0, done.stderr
    assert f"v1 was moved from {first[:7]}" in done.stdout
    assert "may still be in the log" in " ".join(done.stdout.split())


def test_a_default_branch_that_was_rewritten_is_said(repo: Repository, tmp_path: Path) -> None:
    repo.write(FILE, {**V1, "title": "second"})
    lost = repo.commit("second")
    clone = cloned(repo, tmp_path / "clone")
    repo.git("reset", "-q", "--hard", "HEAD^")
    repo.write(FILE, {**V1, "title": "another second"})
    repo.commit("another")
    clone.git("fetch", "-q")
    clone.git("reset", "-q", "--hard", "origin/main")
    clone.write(FILE, {**V1, "title": "third"})
    done = clone.schemagate("check")
    assert done.returncode == 0, done.stderr
    assert f"origin/main was moved from {lost[:7]}" in done.stdout
    (remark,) = json.loads(clone.schemagate("check", "--format", "json").stdout)["remarks"]
    assert remark.startswith(f"origin/main was moved from {lost[:7]}")
    repo.write(FILE, {**V1, "title": "fourth"})
    repo.commit("on top")
    clone.git("fetch", "-q")
    assert "was moved from" in clone.schemagate("check").stdout, "a later fetch does not bring it back"


# 20


def test_dubious_ownership(repo: Repository) -> None:
    done = repo.schemagate("check", GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert done.returncode == 3
    assert "safe.directory" in done.stderr


def test_git_that_is_missing(repo: Repository, tmp_path: Path) -> None:
    done = repo.schemagate("check", PATH=str(tmp_path))
    assert done.returncode == 3
    assert "install git" in done.stderr


def test_git_that_is_too_old(repo: Repository, tmp_path: Path) -> None:
    """A git that does not know an option says so; it is not taken for an empty answer."""
    real = shutil.which("git")
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text(
        '#!/bin/sh\nfor each in "$@"; do case "$each" in --diff-merges=*)\n'
        'echo "fatal: unrecognized argument: $each" >&2; exit 128;; esac; done\n'
        f'exec {real} "$@"\n'
    )
    old.chmod(0o755)
    repo.write(FILE, BROKEN)
    done = repo.schemagate("check", PATH=f"{old.parent}{os.pathsep}{os.environ['PATH']}")
    assert done.returncode == 3
    assert "unrecognized argument" in done.stderr
    assert "newer" in done.stderr


# 21


def test_pre_commit_gets_no_file_names() -> None:
    """pre-commit splits file names over several processes, and hands no deleted file to any."""
    text = (Path(__file__).parents[1] / ".pre-commit-hooks.yaml").read_text("utf-8")
    hooks = {each.split("\n")[0].strip(): each for each in text.split("- id:")[1:]}
    assert "schemagate-check" in hooks
    for each in hooks.values():
        assert "pass_filenames: false" in each
        assert "require_serial: true" in each
    assert "always_run: true" in hooks["schemagate-check"]
    assert "entry: schemagate check --staged\n" in hooks["schemagate-check"]


def test_untracked_files_are_not_part_of_the_commit(repo: Repository) -> None:
    repo.write("schemas/user/v2.json", "not JSON")
    repo.write("schemas/stray.json", {})
    repo.write(FILE, {**V1, "title": "fine"})
    repo.git("add", FILE)
    done = repo.schemagate("check", "--staged")
    assert done.returncode == 0, done.stderr


# what the level asks, and what it does not


def test_equal_contents_are_one_revision(repo: Repository) -> None:
    """Going back and forth between two texts adds no pair."""
    for title in ("a", "b", "a", "b"):
        repo.write(FILE, {**V1, "title": title})
        repo.commit(title)
    repo.write(FILE, BROKEN)
    done = repo.schemagate("check", "--format", "json")
    (found,) = json.loads(done.stdout)["versions"]
    assert max(len(each["against"]) for each in found["findings"]) == 3


def test_the_data_verdict_is_transitive_over_tags(repo: Repository) -> None:
    order = "schemas/order/v1.avsc"
    repo.events("order", "user", level="BACKWARD", more='[defaults]\nreleases = "tags:v*"\n')
    repo.write(order, record(text_field("id"), text_field("note")))
    repo.commit("order v1")
    repo.git("tag", "v1")
    repo.write(order, record(text_field("id")))
    repo.commit("drop note")
    repo.git("tag", "v2")
    repo.write(order, record(text_field("id"), {"name": "note", "type": "int", "default": 0}))
    (found,) = json.loads(repo.schemagate("check", "--format", "json").stdout)["versions"]
    assert (found["registry"], found["data"]) == ("accept", "no")


def test_init_proposes_since_where_history_holds_old_breaks(repo: Repository) -> None:
    (repo.folder / "schemagate.toml").unlink()
    repo.write("schemas/fine/v1.json", V1)
    repo.write(FILE, BROKEN)
    repo.commit("an old break, before schemagate was here")
    repo.write(FILE, {**BROKEN, "title": "words"})
    head = repo.commit("words")
    done = repo.schemagate("init", "--owner", "team")
    assert done.returncode == 0, done.stderr
    assert "user@1" in done.stderr
    assert "fine@1" not in done.stderr
    assert f'since = "{head}"' in done.stderr
    text = (repo.folder / "schemagate.toml").read_text("utf-8")
    repo.write("schemagate.toml", text + f'[defaults]\nsince = "{head}"\n')
    repo.write(FILE, {**BROKEN, "title": "more words"})
    assert repo.schemagate("check").returncode == 0


def test_init_proposes_nothing_where_history_is_sound(repo: Repository) -> None:
    (repo.folder / "schemagate.toml").unlink()
    repo.write(FILE, {**V1, "title": "words"})
    repo.commit("words")
    done = repo.schemagate("init", "--owner", "team")
    assert done.returncode == 0
    assert "since" not in done.stderr
