"""`check` on real repositories: which contents are judged, against which, and what it says where it cannot know."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from repository import USER as FILE
from repository import USER_V1 as V1
from repository import Done, Repository, environment, json_object, record, text_field, with_user

BROKEN = json_object(("id",), id="string", login="string")  # login is not required any more: old readers need it


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return with_user(tmp_path / "repo")


def verdicts(done: Done) -> dict[str, dict[str, object]]:
    return {f"{each['event']}@{each['version']}": each for each in json.loads(done.stdout)["versions"]}


def test_nothing_changed_is_quiet(repo: Repository) -> None:
    done = repo.process("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    assert "0 versions changed" in done.stdout


def test_a_break_in_the_work_tree_names_place_reader_event_and_repair(repo: Repository) -> None:
    repo.write(
        "services/billing.toml",
        'format = 1\nservice = "billing"\nowner = "t"\n[[consumes]]\nevent = "user"\nversions = [1]\n',
    )
    repo.commit("billing reads user")
    repo.write(FILE, BROKEN)
    done = repo.schemagate("check")
    assert done.returncode == 1
    assert done.stdout.startswith(f"{FILE}:")
    assert "billing" in done.stdout
    assert "login" in done.stdout
    assert "repair:" in done.stdout
    assert "schemagate explain SG-JSON-" in done.stdout
    assert done.stdout.rstrip().splitlines()[-1].startswith("1 version changed: 1 fails")


def test_the_counter_example_is_legal_for_the_writer_and_illegal_for_the_reader(repo: Repository) -> None:
    from jsonschema import Draft7Validator

    repo.write(FILE, BROKEN)
    found = verdicts(repo.schemagate("check", "--format", "json"))["user@1"]
    assert (found["registry"], found["data"]) == ("reject", "no")
    witnesses = [finding["witness"]["value"] for finding in found["findings"] if "witness" in finding]  # type: ignore[attr-defined]
    assert witnesses
    for witness in witnesses:
        assert Draft7Validator(BROKEN).is_valid(witness)
        assert not Draft7Validator(V1).is_valid(witness)


def test_annotations_are_free(repo: Repository) -> None:
    repo.write(FILE, {**V1, "title": "A user", "description": "…", "examples": [{}]})
    done = repo.schemagate("check")
    assert done.returncode == 0, done.stdout
    assert "registry: accept · data: yes" in done.stdout


def test_the_index_counts_for_staged_and_the_work_tree_does_not(repo: Repository) -> None:
    repo.write(FILE, BROKEN)
    repo.git("add", "--all")
    repo.write(FILE, V1)
    assert repo.schemagate("check", "--staged").returncode == 1
    assert repo.schemagate("check").returncode == 0


def test_the_work_tree_does_not_count_for_staged(repo: Repository) -> None:
    repo.write(FILE, BROKEN)
    assert repo.schemagate("check", "--staged").returncode == 0
    assert repo.schemagate("check").returncode == 1


def test_head_on_the_default_branch_is_compared_with_its_first_parent(repo: Repository) -> None:
    repo.write(FILE, BROKEN)
    repo.commit("break it")
    assert repo.schemagate("check", "--head").returncode == 1
    assert repo.schemagate("check").returncode == 0, "what is released is released"


def test_a_break_in_two_steps_is_seen(repo: Repository) -> None:
    """A field is dropped, then comes back with another type: each step alone is compatible."""
    repo.events("order", "user", level="BACKWARD")
    order = "schemas/order/v1.avsc"
    repo.write(order, record(text_field("id"), text_field("note")))
    repo.commit("order v1")
    repo.write(order, record(text_field("id")))
    repo.commit("drop note")
    repo.write(order, record(text_field("id"), {"name": "note", "type": "int", "default": 0}))
    found = verdicts(repo.schemagate("check", "--format", "json"))["order@1"]
    assert found["registry"] == "accept", "the registry asks only about the newest version"
    assert found["data"] == "no", "bytes of the first revision may still be read"


def test_drafts_inside_a_merged_branch_were_never_released(repo: Repository) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    repo.write(FILE, json_object(("id", "login", "age"), id="string", login="string", age="integer"))
    repo.commit("a draft")
    repo.write(FILE, {**V1, "title": "final"})
    repo.commit("final")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "feature", "-m", "merge")
    repo.write(FILE, {**V1, "title": "later"})
    assert repo.schemagate("check").returncode == 0


def test_a_new_version_may_break_the_one_before_and_says_so(repo: Repository) -> None:
    repo.write("schemas/user/v2.json", json_object(("id", "nickname"), id="string", nickname="string"))
    done = repo.schemagate("check")
    assert done.returncode == 0, done.stdout
    assert "user v2: new, breaks the version before it" in " ".join(done.stdout.split()).replace(
        "user v2 :", "user v2:"
    )
    assert "gate user@2" in done.stdout


def test_a_released_file_may_not_disappear(repo: Repository) -> None:
    repo.git("rm", "-q", FILE)
    for arguments in ([], ["--staged"]):
        done = repo.schemagate("check", *arguments)
        assert done.returncode == 1, done.stderr
        assert "SG-GIT-101" in done.stdout
    repo.write("schemagate.toml", "")
    assert repo.schemagate("check").returncode == 1, "its table may go, the event may not"


def test_a_released_version_may_not_change_its_format(repo: Repository) -> None:
    repo.git("rm", "-q", FILE)
    repo.write("schemas/user/v1.avsc", record(text_field("id"), name="User"))
    done = repo.schemagate("check")
    assert done.returncode == 1
    assert "SG-GIT-102" in done.stdout


def test_a_first_commit_is_clean_and_needs_no_base(tmp_path: Path) -> None:
    repo = Repository(tmp_path / "new")
    repo.events("user")
    repo.write(FILE, V1)
    assert repo.schemagate("check").returncode == 0
    repo.git("add", "--all")
    done = repo.schemagate("check", "--staged")
    assert done.returncode == 0, done.stderr
    assert "nothing was released yet" in done.stdout


def test_detached_head(repo: Repository) -> None:
    repo.git("checkout", "-q", "--detach")
    repo.write(FILE, BROKEN)
    assert repo.schemagate("check").returncode == 1


def test_from_a_sub_directory(repo: Repository) -> None:
    repo.write(FILE, BROKEN)
    assert repo.schemagate("check", at="schemas/user").returncode == 1


def test_a_project_below_the_top_of_the_repository(tmp_path: Path) -> None:
    whole = Repository(tmp_path / "mono")
    part = Repository(whole.folder / "teams" / "a", init=False)
    part.events("user")
    part.write(FILE, V1)
    whole.commit()
    part.write(FILE, BROKEN)
    assert part.schemagate("check").returncode == 1
    whole.git("add", "--all")
    assert part.schemagate("check", "--staged").returncode == 1


def test_a_shallow_clone_names_the_fetch_and_does_not_pass(repo: Repository, tmp_path: Path) -> None:
    repo.write(FILE, {**V1, "title": "User"})
    repo.commit("a second revision")
    clone = Repository(tmp_path / "clone", init=False)
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", f"file://{repo.folder}", str(clone.folder)], env=environment(), check=True
    )
    clone.write(FILE, BROKEN)
    done = clone.schemagate("check")
    assert done.returncode == 3
    assert "git fetch --unshallow" in done.stderr
    clone.git("fetch", "-q", "--unshallow")
    assert clone.schemagate("check").returncode == 1


def test_a_branch_that_was_not_fetched_names_the_fetch(repo: Repository, tmp_path: Path) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    repo.write(FILE, BROKEN)
    repo.commit("break")
    repo.git("checkout", "-q", "main")
    clone = Repository(tmp_path / "clone", init=False)
    subprocess.run(
        ["git", "clone", "-q", "--single-branch", "-b", "feature", str(repo.folder), str(clone.folder)],
        env=environment(),
        check=True,
    )
    done = clone.schemagate("check", "--head")
    assert done.returncode == 3
    fetch = done.stderr.split("next: ")[1].split()
    assert fetch[:2] == ["git", "fetch"]
    clone.git(*fetch[1:])
    assert clone.schemagate("check", "--head").returncode == 1


def test_the_base_of_a_pull_request_comes_from_ci(repo: Repository, tmp_path: Path) -> None:
    repo.git("checkout", "-q", "-b", "release")
    repo.write(FILE, {**BROKEN, "title": "already released here"})
    repo.commit("broken on the release branch")
    clone = Repository(tmp_path / "clone", init=False)
    subprocess.run(["git", "clone", "-q", str(repo.folder), str(clone.folder)], env=environment(), check=True)
    clone.git("checkout", "-q", "-b", "feature")
    clone.write(FILE, {**BROKEN, "title": "a small edit"})
    clone.commit("edit")
    assert clone.schemagate("check", "--head", GITHUB_BASE_REF="main").returncode == 1
    assert clone.schemagate("check", "--head", "--against", "origin/release").returncode == 0


def test_against_a_tag(repo: Repository) -> None:
    repo.git("tag", "v1.0")
    repo.write(FILE, BROKEN)
    repo.commit("break")
    assert repo.schemagate("check", "--against", "v1.0").returncode == 1
    assert repo.schemagate("check", "--against", "HEAD").returncode == 0
    missing = repo.schemagate("check", "--against", "v9.9")
    assert missing.returncode == 3
    assert "v9.9" in missing.stderr


def test_released_by_tags(repo: Repository) -> None:
    repo.events("user", more='[defaults]\nreleases = "tags:release-*"\n')
    repo.commit("releases are tags")
    repo.git("tag", "release-1")
    repo.write(FILE, BROKEN)
    repo.commit("not released")
    assert repo.schemagate("check", "--head").returncode == 1
    repo.write(FILE, {**BROKEN, "title": "still"})
    assert repo.schemagate("check").returncode == 1, "main is not the release, the tag is"


def test_history_before_since_is_not_judged(repo: Repository) -> None:
    repo.write(FILE, BROKEN)
    start = repo.commit("an old break")
    repo.write(FILE, {**BROKEN, "title": "edited"})
    assert repo.schemagate("check").returncode == 1
    repo.events("user", more=f'[defaults]\nsince = "{start}"\n')
    done = repo.schemagate("check")
    assert done.returncode == 0, done.stdout
    assert f"history before {start[:7]} is not judged" in done.stdout, "what hides history is said"


def test_level_none_still_tells(repo: Repository) -> None:
    repo.events("user", level="NONE")
    repo.commit("no level")
    repo.write(FILE, BROKEN)
    done = repo.schemagate("check")
    assert done.returncode == 0
    assert "login" in done.stdout
    assert "not counted" in done.stdout


def test_an_unfinished_merge_is_no_answer(repo: Repository) -> None:
    repo.git("checkout", "-q", "-b", "other")
    repo.write(FILE, {**V1, "title": "one"})
    repo.commit("one")
    repo.git("checkout", "-q", "main")
    repo.write(FILE, {**V1, "title": "two"})
    repo.commit("two")
    subprocess.run(
        ["git", "merge", "-q", "other"], cwd=repo.folder, env=environment(), check=False, capture_output=True
    )
    done = repo.schemagate("check", "--staged")
    assert done.returncode == 3
    assert "merge" in done.stderr


def test_intent_to_add_is_not_part_of_the_commit(repo: Repository) -> None:
    repo.events("user", "late")
    repo.write("schemas/late/v1.json", V1)
    repo.commit("late")
    repo.write("schemas/late/v2.json", "not JSON")
    repo.git("add", "--intent-to-add", "schemas/late/v2.json")
    assert repo.schemagate("check", "--staged").returncode == 0


@pytest.mark.parametrize("name", ["us er", "naïve", "quo'te", "st*r"])
def test_odd_file_names_below_schemas(repo: Repository, name: str) -> None:
    repo.write(f"schemas/{name}/v1.json", V1)
    repo.write(
        "schemagate.toml", f'[events.user]\nowner = "t"\n[events.{json.dumps(name)}]\nowner = "t"\nlevel = "FULL"\n'
    )
    repo.commit("odd")
    repo.write(f"schemas/{name}/v1.json", BROKEN)
    assert repo.schemagate("check").returncode == 1
    repo.git("add", "--all")
    assert repo.schemagate("check", "--staged").returncode == 1


def test_a_schema_that_belongs_to_no_event_is_not_skipped(repo: Repository) -> None:
    repo.write("schemas/user/version1.json", V1)
    done = repo.schemagate("check")
    assert done.returncode == 2
    assert "version1.json" in done.stderr


def test_a_symbolic_link_is_not_read(repo: Repository, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps(V1))
    (repo.folder / "schemas/user/v2.json").symlink_to(secret)
    done = repo.schemagate("check")
    assert done.returncode == 2
    assert "symbolic link" in done.stdout + done.stderr


def test_windows_line_ends_are_no_change(repo: Repository) -> None:
    file = repo.folder / FILE
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    done = repo.schemagate("check")
    assert done.returncode == 0, done.stdout


def test_the_readers_configuration_of_git_changes_nothing(repo: Repository) -> None:
    for key, value in (
        ("color.ui", "always"),
        ("diff.noprefix", "true"),
        ("diff.external", "false"),
        ("core.quotePath", "true"),
    ):
        repo.git("config", key, value)
    repo.write(FILE, BROKEN)
    assert repo.schemagate("check").returncode == 1


def test_a_changed_shared_file_judges_those_that_refer_to_it(repo: Repository) -> None:
    shared = {"definitions": {"name": {"type": "string"}}}
    repo.events("user", "ref")
    repo.write("schemas/_shared/names.json", shared)
    repo.write("schemas/ref/v1.json", json_object(("name",), name={"$ref": "../_shared/names.json#/definitions/name"}))
    repo.commit("a reference")
    repo.write("schemas/_shared/names.json", {"definitions": {"name": {"type": "integer"}}})
    done = repo.schemagate("check", "--format", "json")
    assert done.returncode == 1, done.stdout + done.stderr
    assert set(verdicts(done)) == {"ref@1"}


HOOK = """#!/bin/sh
exec {python} -m schemagate check --staged
"""


@pytest.fixture
def hooked(repo: Repository) -> Repository:
    """The repository with a real pre-commit hook."""
    hook = repo.folder / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK.format(python=sys.executable))
    hook.chmod(0o755)
    return repo


def commit(repo: Repository, *options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["git", "commit", "-q", "-m", "work", *options],
        cwd=repo.folder,
        env=environment(),
        capture_output=True,
        check=False,
    )


def test_a_real_commit_with_the_break_in_the_index_only(hooked: Repository) -> None:
    hooked.write(FILE, BROKEN)
    hooked.git("add", FILE)
    hooked.write(FILE, V1)
    assert commit(hooked).returncode != 0


def test_a_real_commit_with_the_break_in_the_work_tree_only(hooked: Repository) -> None:
    hooked.write("README.md", "words")
    hooked.git("add", "README.md")
    hooked.write(FILE, BROKEN)
    assert commit(hooked).returncode == 0


def test_a_real_commit_of_everything(hooked: Repository) -> None:
    hooked.write(FILE, BROKEN)
    assert commit(hooked, "-a").returncode != 0, "git points GIT_INDEX_FILE at a temporary index"
    assert commit(hooked, FILE).returncode != 0
    hooked.write(FILE, {**V1, "title": "fine"})
    assert commit(hooked, "-a").returncode == 0


def test_a_real_commit_in_a_linked_work_tree(hooked: Repository, tmp_path: Path) -> None:
    hooked.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    side = Repository(tmp_path / "side", init=False)
    side.write(FILE, BROKEN)
    side.git("add", "--all")
    assert commit(side).returncode != 0


BOM = "\ufeff"


def test_a_released_revision_that_cannot_be_read_is_never_a_yes(repo: Repository) -> None:
    wide = json_object(("id", "login"), id="string", login="string", x="string")
    repo.write(FILE, BOM + json.dumps(wide))
    repo.commit("unreadable, and it allowed x")
    repo.write(FILE, V1)
    repo.commit("readable again")
    repo.write(FILE, {**V1, "title": "a user"})
    done = repo.schemagate("check")
    assert done.returncode == 3, done.stdout
    assert "SG-GIT-901" in done.stdout
    assert "data: unknown" in done.stdout


def test_an_unreadable_history_of_one_event_hides_no_break_of_another(repo: Repository) -> None:
    repo.events("user", "other")
    repo.write("schemas/other/v1.json", "{,}")
    repo.commit("other was never readable")
    repo.write("schemas/other/v1.json", V1)
    repo.write(FILE, BROKEN)
    done = repo.schemagate("check", "--format", "json")
    assert done.returncode == 1
    assert verdicts(done)["other@1"]["data"] == "unknown"
    assert verdicts(done)["user@1"]["data"] == "no"


def test_an_emptied_file_is_part_of_the_commit(repo: Repository) -> None:
    repo.write("schemas/user/v2.json", V1)
    repo.commit("v2")
    repo.write(FILE, "")
    repo.git("add", "--all")
    assert repo.schemagate("check", "--staged").returncode == 2
    assert repo.schemagate("check").returncode == 2


def test_a_registry_refusal_beats_an_undecided_data_verdict(repo: Repository) -> None:
    """A pattern that no engine decides: the registry refuses it for certain."""
    old = json_object(("id",), id={"type": "string", "pattern": "^(?=a)a+$"})
    repo.write(FILE, old)
    repo.commit("a look-ahead")
    repo.write(FILE, json_object(("id",), id={"type": "string", "pattern": "^(?=aa|ab|a)[ab]*(?<!c)$"}))
    done = repo.schemagate("check", "--format", "json")
    found = verdicts(done)["user@1"]
    assert found["registry"] == "reject"
    if found["data"] == "unknown":
        assert done.returncode == 1
        assert "SG-REG-101" in done.stdout


def test_a_new_version_in_another_format_is_compared_with_nothing(repo: Repository) -> None:
    repo.write("schemas/user/v2.avsc", record(text_field("id"), name="User"))
    done = repo.schemagate("check")
    assert done.returncode == 0, done.stdout
    assert "reads and is read" not in done.stdout
    assert verdicts(repo.schemagate("check", "--format", "json"))["user@2"]["data"] is None


def test_a_record_key_is_not_passed_over(repo: Repository) -> None:
    repo.write("schemas/user/v1.key.json", {"type": "string"})
    done = repo.schemagate("check")
    assert done.returncode == 3
    assert "record keys are not compared yet" in done.stderr


def test_annotations_cannot_be_injected(repo: Repository) -> None:
    repo.write("schemas/user\n::warning::x/v1.json", V1)
    done = repo.schemagate("check", "--format", "github")
    assert not [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("::warning")]


def test_without_a_tag_nobody_knows_what_was_released(repo: Repository, tmp_path: Path) -> None:
    repo.events("user", more='[defaults]\nreleases = "tags:v*"\n')
    repo.commit("releases are tags")
    repo.git("tag", "v1")
    repo.git("tag", "vtree", "HEAD^{tree}")
    repo.write(FILE, BROKEN)
    assert repo.schemagate("check").returncode == 1
    repo.git("checkout", "-q", "--", ".")
    clone = Repository(tmp_path / "clone", init=False)
    subprocess.run(
        ["git", "clone", "-q", "--no-tags", str(repo.folder), str(clone.folder)], env=environment(), check=True
    )
    clone.write(FILE, BROKEN)
    done = clone.schemagate("check")
    assert done.returncode == 3
    assert "git fetch --tags" in done.stderr


def test_an_immutable_version_may_not_change_at_all(repo: Repository) -> None:
    repo.write("schemagate.toml", '[events.user]\nowner = "t"\nlevel = "FULL"\nimmutable = true\n')
    repo.commit("immutable")
    repo.write(FILE, {**V1, "description": "words"})
    done = repo.schemagate("check")
    assert done.returncode == 1
    assert "EV05" in done.stdout


def test_a_reference_into_another_event_is_refused(repo: Repository) -> None:
    repo.events("user", "a")
    repo.write("schemas/a/v1.json", json_object((), k={"$ref": "../user/v1.json"}))
    done = repo.schemagate("lint")
    assert done.returncode == 1
    assert "EV04" in done.stdout


@pytest.mark.parametrize("name", ["", "--help", "HEAD~99"])
def test_a_base_that_is_no_name_gets_no_fetch(repo: Repository, name: str) -> None:
    done = repo.schemagate("check", "--against", name)
    assert done.returncode in (2, 3)
    assert "git fetch" not in done.stderr
