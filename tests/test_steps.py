"""Steps of a migration in a real repository: gates, advances, approvals and waivers, and what must never be recorded."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from repository import Done, Repository, environment, json_object

ID = "manager-v2"
STATE = "schemagate/state"
FOLDER = f"records/staging/migration/{ID}"

CONFIG = """state = { remote = "origin" }
[events."manager"]
owner = "team-hiring"
level = "FORWARD_TRANSITIVE"
topic = "manager"
subject = "{event}.v{version}"
[lint]
preset = "plain"
[environments.staging]
order = 1
registry = "embedded"
[environments.production]
order = 2
registry = "embedded"
"""

PLAN = f"""format = 1
id = "{ID}"
type = "event-version"
owner = "team-hiring"
event = "manager"
semantics = "fact"
topology = "same-topic"
rollout = "switch"
fence = "observed"
semantic_changes = []
expected_breaks = ["backward REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/name2", "forward REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/name1"]
old = {{ version = 1, topic = "manager", subject = "manager.v1" }}
new = {{ version = 2, topic = "manager", subject = "manager.v2" }}
consumers = [{{ service = "bonuses", groups = ["bonuses.manager"] }}]
producers = [{{ service = "hiring", outbox = "none" }}]
approvals = {{ irreversible = 2, from = ["team-hiring", "platform"] }}
step = [
  {{ id = "1", kind = "do", actor = "hiring", title = "prepare", evidence = ["ready"] }},
  {{ id = "2", kind = "register", version = 2 }},
  {{ id = "3", kind = "release", actor = "bonuses", consumes = [1, 2] }},
  {{ id = "4", kind = "release", actor = "hiring", produces = [2] }},
  {{ id = "5", kind = "drain", version = 1 }},
  {{ id = "6", kind = "release", actor = "bonuses", consumes = [2] }},
  {{ id = "7", kind = "retire", version = 1 }},
]
[probes]
ready = {{ probe = "exec", command = ["./ops/left"], must = 0 }}
"""


def consumer(*versions: int) -> str:
    return f"""format = 1
service = "bonuses"
owner = "team-bonuses"
client_id = "bonuses@{{version}}"
[[consumes]]
event = "manager"
versions = {list(versions)}
group = "bonuses.manager"
offset_reset = "earliest"
commit = "after-processing"
"""


def producer(*versions: int) -> str:
    return f"""format = 1
service = "hiring"
owner = "team-hiring"
client = {{ acks = "all", enable_idempotence = true, auto_register_schemas = false }}
produces = [{{ event = "manager", versions = {list(versions)} }}]
"""


class Shop(Repository):
    """`manager` going from version 1 to 2: bonuses reads it, hiring sends it; what is merged is pushed."""

    def program(self, text: str) -> None:
        """What `./ops/left` does."""
        self.write("ops/left", f"#!/bin/sh\n{text}\n").chmod(0o755)

    def merge(self, message: str = "work") -> None:
        self.commit(message)
        self.git("push", "--quiet", "origin", "main")

    def gate(self, *arguments: str, env: str = "staging") -> Done:
        return self.schemagate("gate", ID, *arguments, "--env", env)

    def advance(self, step: str, *arguments: str, env: str = "staging", **more: str) -> Done:
        return self.schemagate("migration", "advance", ID, step, "--env", env, *arguments, **more)

    def records(self) -> list[str]:
        """The records of the migration in staging, on the shared branch."""
        self.git("fetch", "--quiet", "origin")
        if f"refs/remotes/origin/{STATE}" not in self.git("for-each-ref", "--format=%(refname)"):
            return []
        return self.git("ls-tree", "-r", "--name-only", f"origin/{STATE}", FOLDER + "/").split()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("steps")
    bare = Repository(folder / "remote.git", init=False)
    bare.git("init", "--quiet", "--bare", "--initial-branch=main")
    shop = Shop(folder / "work")
    shop.write("schemagate.toml", CONFIG)
    for number in (1, 2):
        fields = {f"name{number}": "string"}
        shop.write(f"schemas/manager/v{number}.json", json_object(tuple(fields), **fields))
    shop.write("services/bonuses.toml", consumer(1))
    shop.write("services/hiring.toml", producer(1))
    shop.write(f"migrations/{ID}.toml", PLAN)
    shop.write(".gitignore", ".schemagate/\n")
    shop.program("echo 0")
    shop.git("remote", "add", "origin", "../remote.git")
    shop.merge("contracts")
    shop.git("fetch", "--quiet", "origin")
    return folder


@pytest.fixture
def shop(template: Path, tmp_path: Path) -> Shop:
    shutil.copytree(template, tmp_path, dirs_exist_ok=True, symlinks=True)
    return Shop(tmp_path / "work", init=False)


def well(done: Done) -> Done:
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def refused(done: Done, code: int, *words: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said
    assert "internal error" not in said
    for word in words:
        assert word in said, said


def decided(done: Done) -> dict[str, str]:
    """The answer of each check of a JSON document, by `id target`."""
    return {f"{each['id']} {each['target']}".strip(): each["decision"] for each in json.loads(done.stdout)["checks"]}


def test_a_step_is_opened_by_its_gate_and_done_by_its_evidence(shop: Shop) -> None:
    shop.program("echo 3")
    shop.merge()
    well(shop.gate())
    well(shop.advance("1"))
    refused(shop.gate(), 1, "(evidence)", "probe ready", "is 3, must be 0")
    refused(shop.advance("1"), 1, "step 1 stays open", "nothing was recorded")
    assert len(shop.records()) == 1
    shop.program("echo 0")
    shop.merge()
    well(shop.advance("1"))
    refused(shop.advance("1"), 1, "step 1 is done")
    assert len(shop.records()) == 2
    refused(shop.gate(), 0, "step 2 register")


def test_register_is_done_when_the_registry_says_so(shop: Shop) -> None:
    for _ in range(2):
        well(shop.advance("1"))
    well(shop.advance("2"))
    refused(shop.advance("2"), 1, "PR1", "schemagate publish --env staging")
    well(shop.schemagate("publish", "--env", "staging"))
    well(shop.advance("2"))
    status = json.loads(well(shop.schemagate("migration", "status", ID, "--format", "json")).stdout)
    (migration,) = status["migrations"]
    states = {entry["env"]: [step["state"] for step in entry["steps"]] for entry in migration["environments"]}
    assert states["staging"] == ["done", "done", "ready", "waiting", "waiting", "waiting", "waiting"]
    assert states["production"] == ["ready", *["waiting"] * 6]


def test_a_release_is_proved_by_what_runs(shop: Shop) -> None:
    to_step_3(shop)
    well(shop.advance("3"))
    answers = decided(shop.gate("3", "--format", "json"))
    assert (answers["RL1 bonuses"], answers["CO1 bonuses"]) == ("unknown", "blocked"), "git still says [1]"
    shop.write("services/bonuses.toml", consumer(1, 2))
    shop.merge()
    deploy(shop, "bonuses", "old", consumer(1))
    answers = decided(shop.gate("3", "--format", "json"))
    assert (answers["RL1 bonuses"], answers["CO1 bonuses"]) == ("blocked", "blocked")
    deploy(shop, "bonuses", "new", consumer(1, 2))
    answers = decided(shop.gate("3", "--format", "json"))
    assert (answers["RL1 bonuses"], answers["CO1 bonuses"]) == ("pass", "pass")
    assert answers["CO2 bonuses"] == "unknown"
    samples = ["--test", "samples", "--samples", "sha256:" + "0" * 64, "--result", "passed", "--env", "staging"]
    well(shop.schemagate("record", "capability", "bonuses@new", "manager@2", *samples))
    answers = decided(shop.gate("3", "--format", "json"))
    assert [id_ for id_, answer in answers.items() if answer == "unknown"] == [
        "CO3 bonuses.manager",
        "CO6 bonuses.manager",
    ], "clusters = []: somebody has to state what no broker shows"
    for check, statement in (("CO3", ALIVE), ("CO6", "bonuses.manager is settled on every partition of manager")):
        attest(shop, statement, f"{ID} 3 {check} bonuses.manager", "team-bonuses")
    done = well(shop.gate("3"))
    assert "ATTESTED" in done.stdout
    well(shop.advance("3"))


ALIVE = "every running member of bonuses.manager is the recorded build"


def to_step_3(shop: Shop) -> None:
    for step in ("1", "1", "2"):
        well(shop.advance(step))
    well(shop.schemagate("publish", "--env", "staging"))
    well(shop.advance("2"))


def deploy(shop: Shop, service: str, commit: str, text: str) -> None:
    file = shop.folder / ".git" / f"{service}.toml"
    file.write_text(text, "utf-8")
    well(shop.schemagate("record", "deployment", f"{service}@{commit}", "--env", "staging", "--manifest", str(file)))


def attest(shop: Shop, statement: str, asked_by: str, team: str, answer: str = "yes") -> None:
    arguments = ["--by", team, "--for", asked_by, "--answer", answer, "--env", "staging"]
    well(shop.schemagate("record", "attestation", statement, *arguments))


def test_an_attestation_of_another_team_or_step_does_not_count(shop: Shop) -> None:
    to_step_3(shop)
    well(shop.advance("3"))
    for asked_by, team in (
        (f"{ID} 3 CO3 bonuses.manager", "team-hiring"),
        (f"{ID} 4 CO3 bonuses.manager", "team-bonuses"),
        ("CO3", "team-bonuses"),
    ):
        attest(shop, ALIVE, asked_by, team)
    assert decided(shop.gate("3", "--format", "json"))["CO3 bonuses.manager"] == "unknown"
    attest(shop, "not so", f"{ID} 3 CO3 bonuses.manager", "team-bonuses", "no")
    assert decided(shop.gate("3", "--format", "json"))["CO3 bonuses.manager"] == "blocked"


def test_the_next_environment_waits_for_the_one_before(shop: Shop) -> None:
    refused(shop.advance("1", env="production"), 1, "BA2 staging", "has not done step 1")
    for _ in range(2):
        well(shop.advance("1"))
    well(shop.advance("1", env="production"))


def test_one_of_many_who_advance_a_step_at_once(shop: Shop) -> None:
    clones = []
    for number in range(6):
        folder = shop.folder.parent / f"clone-{number}"
        shop.git("clone", "--quiet", "../remote.git", str(folder))
        clones.append(folder)
    command = [sys.executable, "-m", "schemagate", "migration", "advance", ID, "1", "--env", "staging"]
    running = [
        subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for folder in clones
    ]
    said = [each.communicate()[0].decode() for each in running]
    codes = sorted(each.returncode for each in running)
    assert codes.count(0) in (1, 2), said  # the second one may have begun after the first was recorded
    assert set(codes) <= {0, 1}, said
    assert len(shop.records()) == codes.count(0)
    assert sum("open  step 1" in each for each in said) == 1, said


def test_an_edited_step_is_proved_again_and_an_inserted_one_costs_nothing(shop: Shop) -> None:
    to_step_3(shop)
    inserted = PLAN.replace(
        '  { id = "3"',
        '  { id = "2a", kind = "do", actor = "hiring", title = "more", evidence = ["ready"] },\n  { id = "3"',
    )
    shop.write(f"migrations/{ID}.toml", inserted)
    shop.merge()
    refused(shop.gate("3"), 1, "BA1", "needs 2a before step 3, not done yet")
    refused(shop.gate("2"), 0, "step 2 register (evidence)")
    shop.write(
        f"migrations/{ID}.toml",
        PLAN.replace('actor = "hiring", title = "prepare"', 'actor = "bonuses", title = "prepare"'),
    )
    shop.merge()
    refused(shop.gate("2"), 1, "BA1", "has another step 1 than the one that was done")
    assert "edited since" in shop.schemagate("migration", "status", ID, "--env", "staging").stdout
    for _ in range(2):
        well(shop.advance("1"))
    refused(shop.gate("2"), 0)


def test_a_step_that_was_done_and_is_gone(shop: Shop) -> None:
    for _ in range(2):
        well(shop.advance("1"))
    gone = "\n".join(line for line in PLAN.splitlines() if 'id = "1"' not in line)
    shop.write(f"migrations/{ID}.toml", gone)
    shop.merge()
    refused(shop.gate("2"), 1, "BA1", "has no step 1 any more")
    assert "the plan has it no more: put it back" in shop.schemagate("migration", "status", ID).stdout


def test_a_refused_plan_opens_nothing(shop: Shop) -> None:
    shop.write(f"migrations/{ID}.toml", PLAN.replace("consumes = [1, 2]", "consumes = [1]"))
    shop.merge()
    refused(shop.advance("1"), 1, "BA1 plan", "is refused", "S1", f"schemagate migration lint {ID}")
    assert shop.records() == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (
            ("gate", "manager-v3", "--env", "staging"),
            2,
            ["there is no migration 'manager-v3'", 'did you mean "manager-v2"'],
        ),
        (("gate", ID, "14", "--env", "staging"), 2, ["has no step '14'"]),
        (("gate", ID, "may-product", "--env", "staging"), 2, ["did you mean", "may-produce"]),
        (("gate", ID, "--env", "stagin"), 2, ["there is no 'stagin'", "staging"]),
        (("gate", ID, "--env", "local"), 2, ["is not planned for 'local'", "staging, production"]),
        (("gate", ID, "4", "--env", "staging", "--candidate", "hiring"), 2, ["is not SERVICE@VERSION"]),
        (("gate", ID, "4", "--env", "staging", "--candidate", "hirin@1"), 2, ["is no party of", "hiring"]),
        (("gate", "manager@2", "4", "--env", "staging"), 2, ["is a version"]),
        (("migration", "advance", ID, "may-produce", "--env", "staging"), 2, ["has no step 'may-produce'"]),
        (("migration", "approve", ID, "4", "--env", "staging", "--team", "platform"), 1, ["can be taken back"]),
        (("migration", "approve", ID, "6", "--env", "production"), 2, ["the team is missing", "team-hiring, platform"]),
        (("migration", "approve", ID, "6", "--env", "production", "--team", "cats"), 2, ["'cats' is not asked"]),
    ],
)
def test_what_cannot_be_meant(shop: Shop, arguments: tuple[str, ...], code: int, words: list[str]) -> None:
    refused(shop.schemagate(*arguments), code, *words)


def test_a_file_without_a_plan(shop: Shop) -> None:
    shop.write(f"migrations/{ID}.toml", "format = 1\nid = [")
    shop.merge()
    refused(shop.gate(), 2, f"migrations/{ID}.toml", "not TOML", f"schemagate migration lint {ID}")


def tampered(shop: Shop, change: Any) -> None:
    """Somebody edits the shared state branch."""
    folder = shop.folder.parent / "other"
    shop.git("clone", "--quiet", "--branch", STATE, "../remote.git", str(folder))
    other = Repository(folder, init=False)
    change(folder / FOLDER)
    other.commit("tampered")
    other.git("push", "--quiet", "origin", STATE)


@pytest.mark.parametrize("what", ["changed", "deleted", "gap", "newer", "unknown kind"])
def test_a_state_branch_that_cannot_be_believed(shop: Shop, what: str) -> None:
    for _ in range(2):
        well(shop.advance("1"))

    def change(folder: Path) -> None:
        first, second = folder / "000001.json", folder / "000002.json"
        text = second.read_text()
        match what:
            case "changed":
                first.write_text(first.read_text().replace('"open"', '"done"'))
            case "deleted":
                second.unlink()
            case "gap":
                second.rename(folder / "000003.json")
            case "newer":
                second.write_text(text.replace('"format":1', '"format":2'))
            case _:
                (folder / "000003.json").write_text(text.replace('"kind":"advance"', '"kind":"fence"'))

    tampered(shop, change)
    refused(shop.gate("2"), 3, "UNKNOWN", "BA1")
    refused(shop.gate(), 3)
    before = shop.records()
    refused(shop.advance("2"), 3, "nothing is recorded behind what cannot be believed")
    assert shop.records() == before
    refused(shop.schemagate("migration", "status", ID, "--env", "staging"), 3, "unknown")


def test_a_push_that_is_always_rejected(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    hook = shop.folder.parent / "remote.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho no >&2\nexit 1\n")
    hook.chmod(0o755)
    refused(shop.advance("1"), 3, "30 times")
    hook.unlink()
    assert shop.records() == []


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("echo many", "probe ready"),
        ("echo nan", "probe ready"),
        ("true", "probe ready"),
        ("echo 0; exit 1", "probe ready"),
        ("echo hunter2-secret; echo password=hunter2 >&2; exit 3", "probe ready"),
        ("yes 0 | head -c 50000000", "probe ready"),
    ],
)
def test_a_probe_that_gives_no_number(shop: Shop, program: str, words: str) -> None:
    shop.program(program)
    shop.merge()
    well(shop.advance("1"))
    done = shop.gate("1", "--format", "json")
    refused(shop.gate("1"), 3, words)
    refused(shop.advance("1"), 3)
    assert decided(done)["probe ready"] == "unknown"
    assert "hunter2" not in done.stdout + done.stderr
    assert len(shop.records()) == 1


def test_a_probe_that_is_not_merged_does_not_run(shop: Shop) -> None:
    well(shop.advance("1"))
    shop.program("touch ran; echo 0")
    refused(shop.gate("1"), 3, "probe ready")
    assert not (shop.folder / "ran").exists()


def test_a_waiver_is_shown_and_ends(shop: Shop) -> None:
    shop.program("echo 1")
    shop.merge()
    to_be = ["migration", "waive", ID, "3", "CO3", "--env", "staging", "--reason", "seen", "--owner", "a.petrova"]
    refused(
        shop.schemagate(*to_be, "--expires", "2099-01-01"), 2, "MG19", "more than 90 days ahead", "nothing was written"
    )
    refused(shop.schemagate(*to_be[:4], "BA1", *to_be[5:], "--expires", "2026-12-20"), 2, "BA1 admits no waiver")
    refused(shop.schemagate(*to_be[:3], "6", *to_be[4:], "--expires", "2026-12-20"), 2, "cannot be taken back")
    assert not (shop.folder / "waivers.toml").exists()
    refused(
        shop.schemagate(*to_be[:4], "CO1", *to_be[5:], "--target", "bonusses", "--expires", "2026-12-20"),
        2,
        "is not about 'bonusses'",
        "bonuses",
    )
    refused(shop.schemagate(*to_be[:4], "DE3", *to_be[5:], "--expires", "2026-12-20"), 2, "step 3 does not ask DE3")
    soon = subprocess.run(
        ["date", "-u", "-d", "+5 days", "+%F"], capture_output=True, text=True, check=True
    ).stdout.strip()
    well(shop.schemagate(*to_be, "--expires", soon))
    shop.program("echo 0")
    shop.merge()
    to_step_3(shop)
    well(shop.advance("3"))
    document = json.loads(shop.gate("3", "--format", "json").stdout)
    (waived,) = [each for each in document["checks"] if each["waived"]]
    assert (waived["id"], waived["decision"], waived["waived"]["owner"]) == ("CO3", "unknown", "a.petrova")
    assert "WAIVED until" in shop.gate("3").stdout
    text = (shop.folder / "waivers.toml").read_text()
    shop.write("waivers.toml", text.replace(soon, "2026-01-01"))
    shop.merge()
    assert decided(shop.gate("3", "--format", "json"))["CO3 bonuses.manager"] == "unknown"
    assert "the waiver of CO3 by a.petrova expired on 2026-01-01" in shop.gate("3").stdout
    assert not any(each["waived"] for each in json.loads(shop.gate("3", "--format", "json").stdout)["checks"])
    shop.write("waivers.toml", text.replace("reason", "reasn"))
    shop.merge()
    refused(shop.gate("3"), 1, "BA1", "waivers.toml", "MG19")


def test_approvals_are_of_this_plan_by_several_people(shop: Shop) -> None:
    for person, team in (("Ada", "team-hiring"), ("Bo", "platform")):
        more = {"GIT_AUTHOR_NAME": person, "GIT_COMMITTER_NAME": person}
        shop.git("config", "user.name", person)
        done = shop.schemagate("migration", "approve", ID, "6", "--env", "production", "--team", team, **more)
        assert done.returncode == 0, done.stderr
    again = shop.schemagate("migration", "approve", ID, "6", "--env", "production", "--team", "team-hiring", **more)
    refused(again, 1, "Bo approved this for platform already")
    shop.merge()
    assert len(list((shop.folder / "approvals" / ID).iterdir())) == 2
    answers = decided(shop.gate("6", "--format", "json", env="production"))
    assert answers["DE7 6"] == "pass"
    assert decided(shop.gate("6", "--format", "json"))["DE7 6"] == "n/a", "only the last environment asks"
    shop.write(f"migrations/{ID}.toml", PLAN + "# edited\n")
    shop.merge()
    answers = decided(shop.gate("6", "--format", "json", env="production"))
    assert answers["DE7 6"] == "blocked"


def test_an_approval_that_cannot_be_read(shop: Shop) -> None:
    shop.write(f"approvals/{ID}/production-6-ada.toml", "format = 1\nteam = 3\n")
    shop.merge()
    refused(shop.gate("1"), 1, "BA1", "production-6-ada.toml")


def test_the_way_back(shop: Shop) -> None:
    refused(shop.advance("1", "--back"), 1, "neither open nor done")
    to_step_3(shop)
    refused(shop.advance("1", "--back"), 1, "step 2 was done after step 1", "--back")
    well(shop.advance("3"))
    refused(shop.advance("2", "--back"), 1, "step 3 is open, and needs step 2")
    for step in ("3", "2", "1"):
        well(shop.advance(step, "--back"))
    assert "1 " in shop.gate().stdout
    assert json.loads(shop.gate("--format", "json").stdout)["step"] == "1"


def test_a_dry_run_and_github(shop: Shop) -> None:
    assert shop.gate("2", "--dry-run").returncode == 0
    done = shop.gate("2", "--format", "github")
    refused(done, 1, f"::error file=migrations/{ID}.toml", "BA1 plan")


def test_nothing_of_the_work_tree_counts(shop: Shop) -> None:
    shop.write(f"migrations/{ID}.toml", PLAN.replace("consumes = [1, 2]", "consumes = [1]"))
    done = well(shop.gate())
    assert "the work tree differs" in done.stdout


def test_a_file_that_was_only_touched_is_as_it_was_merged(shop: Shop) -> None:
    well(shop.advance("1"))
    for path in ("ops/left", "schemagate.toml"):
        file = shop.folder / path
        file.rename(file.with_suffix(".old"))
        shutil.copyfile(file.with_suffix(".old"), file)
        file.chmod(file.with_suffix(".old").stat().st_mode)
        file.with_suffix(".old").unlink()
    done = well(shop.gate("1"))
    assert "the work tree differs" not in done.stdout


def test_a_job_that_is_run_again_finds_the_step_where_it_wants_it(shop: Shop) -> None:
    refused(shop.advance("1", "--to", "done"), 1, "step 1 is ready, and comes to open next, not to done")
    well(shop.advance("1", "--to", "open"))
    assert "already, by test" in well(shop.advance("1", "--to", "open")).stdout
    assert len(shop.records()) == 1
    well(shop.advance("1", "--to", "done"))
    for state in ("open", "done"):
        assert "already, by test" in well(shop.advance("1", "--to", state)).stdout
    assert len(shop.records()) == 2
    refused(shop.advance("1", "--to", "open", "--back"), 2, "give one of them")


def test_signed_approvals_are_those_that_git_can_verify(shop: Shop, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", str(key)], check=True)
    signers = tmp_path / "signers"
    signers.write_text(f"ada@example.invalid {key.with_suffix('.pub').read_text()}")
    plan = PLAN.replace(
        'irreversible = 2, from = ["team-hiring", "platform"]', 'from = ["platform"], verify = "signed"'
    )
    shop.write(f"migrations/{ID}.toml", plan)
    shop.merge()
    well(shop.schemagate("migration", "approve", ID, "6", "--env", "production"))
    shop.merge("unsigned")
    shop.git("config", "gpg.format", "ssh")
    shop.git("config", "gpg.ssh.allowedSignersFile", str(signers))
    assert decided(shop.gate("6", "--format", "json", env="production"))["DE7 6"] == "unknown"
    (file,) = (shop.folder / "approvals" / ID).iterdir()
    file.write_text(file.read_text() + "# seen\n")
    shop.git("config", "user.signingKey", str(key))
    shop.git("add", "--all")
    shop.git("commit", "--quiet", "-S", "--message", "signed")
    shop.git("push", "--quiet", "origin", "main")
    done = shop.gate("6", "--format", "json", env="production")
    (check,) = [each for each in json.loads(done.stdout)["checks"] if each["id"] == "DE7"]
    assert check["decision"] == "pass", check
    assert "ada@example.invalid" in check["what"]


def test_the_gate_of_a_version_names_the_migration_that_brings_it(shop: Shop) -> None:
    done = shop.schemagate("gate", "manager@2", "--env", "staging")
    assert f"schemagate gate {ID} may-produce --env staging" in done.stdout
    assert "migration" not in shop.schemagate("gate", "manager@1", "--env", "staging").stdout


LINE_1 = '  { id = "1", kind = "do", actor = "hiring", title = "prepare", evidence = ["ready"] },\n'


def test_what_stands_on_an_edited_step_waits_until_it_is_proved_again(shop: Shop) -> None:
    to_step_3(shop)
    shop.write(
        f"migrations/{ID}.toml",
        PLAN.replace(LINE_1, LINE_1.replace("hiring", "bonuses")).replace('{ id = "3",', '{ id = "3", needs = ["2"],'),
    )
    shop.program("echo 7")
    shop.merge()
    refused(shop.gate("3"), 1, "BA1")
    well(shop.advance("1"))
    refused(shop.gate("3"), 1, "BA1", "needs 1 before step 3")
    well(shop.advance("1", "--back"))
    refused(shop.advance("3"), 1, "BA1", "needs 1 before step 3")


def test_a_step_inserted_behind_a_done_one_is_asked(shop: Shop) -> None:
    to_step_3(shop)
    inserted = LINE_1.replace('"1"', '"1b"')
    shop.write(
        f"migrations/{ID}.toml",
        PLAN.replace(LINE_1, LINE_1 + inserted).replace('{ id = "3",', '{ id = "3", needs = ["2"],'),
    )
    shop.merge()
    refused(shop.gate("3"), 1, "BA1", "needs 1b before step 3")


def test_a_register_of_another_event_was_never_done(shop: Shop) -> None:
    to_step_3(shop)
    shop.write(f"migrations/{ID}.toml", PLAN.replace('subject = "manager.v2"', 'subject = "manager.v2b"'))
    shop.merge()
    refused(shop.gate("3"), 1, "BA1", "another step 2 than the one that was done")


@pytest.mark.parametrize("is_cloned", [False, True])
def test_a_clone_that_is_behind_does_not_know_what_is_merged(shop: Shop, *, is_cloned: bool) -> None:
    if is_cloned:
        shop.git("remote", "set-head", "origin", "main")
    well(shop.advance("1"))
    other = shop.folder.parent / "other"
    shop.git("clone", "--quiet", "../remote.git", str(other))
    ahead = Shop(other, init=False)
    ahead.program("echo 5")
    ahead.commit("stricter")
    ahead.git("push", "--quiet", "origin", "main")
    refused(shop.advance("1"), 3, "origin/", "git fetch origin")
    shop.git("pull", "--quiet", "--rebase", "origin", "main")
    refused(shop.advance("1"), 1, "probe ready", "is 5, must be 0")


def test_a_pull_request_shifts_no_gate(shop: Shop) -> None:
    shop.git("switch", "--quiet", "--create", "feature")
    shop.write(f"migrations/{ID}.toml", PLAN.replace('["ready"]', '["never"]').replace("ready = {", "never = {"))
    shop.commit("feature")
    shop.git("push", "--quiet", "origin", "feature")
    done = shop.schemagate("gate", ID, "1", "--env", "staging", "--format", "json", GITHUB_BASE_REF="feature")
    assert json.loads(done.stdout)["from"].startswith("origin/main")


def test_environments_have_an_order_and_names_that_records_can_have(shop: Shop) -> None:
    shop.write("schemagate.toml", CONFIG.replace("order = 2\n", "order = 1\n"))
    refused(shop.schemagate("migration", "lint", ID), 2, "MG15", "gives two environments one  order")
    shop.write("schemagate.toml", CONFIG.replace("[environments.staging]", "[environments.Staging]"))
    refused(shop.schemagate("migration", "lint", ID), 2, "environments.Staging", "is no name of an environment")


def test_one_person_by_two_spellings_is_one_person(shop: Shop) -> None:
    for number, (name, team) in enumerate((("A. Petrova", "team-hiring"), (" a petrova", "platform"))):
        shop.git("config", "user.name", name)
        well(shop.schemagate("migration", "approve", ID, "6", "--env", "production", "--team", team,
                             GIT_AUTHOR_NAME=name, GIT_COMMITTER_NAME=name))  # fmt: skip
        if number == 0:
            (file,) = (shop.folder / "approvals" / ID).iterdir()
            file.rename(file.with_name("production-6-first.toml"))
    shop.merge()
    assert decided(shop.gate("6", "--format", "json", env="production"))["DE7 6"] == "blocked"


def test_nobodys_approval_is_overwritten(shop: Shop) -> None:
    for name, code in (("Иван Петров", 0), ("Мария Орлова", 0), ("a.b", 0), ("A-B", 1)):
        more = {"GIT_AUTHOR_NAME": name, "GIT_COMMITTER_NAME": name}
        shop.git("config", "user.name", name)
        done = shop.schemagate("migration", "approve", ID, "6", "--env", "production", "--team", "platform", **more)
        assert done.returncode == code, done.stderr
    assert len(list((shop.folder / "approvals" / ID).iterdir())) == 3


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_an_approval_from_the_end_of_time(shop: Shop, at: str) -> None:
    well(shop.schemagate("migration", "approve", ID, "6", "--env", "production", "--team", "platform"))
    (file,) = (shop.folder / "approvals" / ID).iterdir()
    lines = [f"at = {at}" if line.startswith("at = ") else line for line in file.read_text().splitlines()]
    file.write_text("\n".join(lines) + "\n")
    shop.merge()
    refused(shop.gate("1"), 1, "BA1", file.name)


def test_a_file_that_says_another_id(shop: Shop) -> None:
    shop.write("migrations/copy.toml", PLAN)
    shop.merge()
    refused(shop.schemagate("migration", "advance", "copy", "1", "--env", "staging", "--back"), 2, "F02")
    shop.write(
        f"migrations/{ID}.toml",
        PLAN.replace("approvals = ", 'limits = { hold_before_delete = "9999999d" }\napprovals = '),
    )
    shop.merge()
    refused(shop.gate("7"), 1, "hold_before_delete", "duration")


def test_the_build_that_was_named_is_judged_by_what_it_shipped(shop: Shop) -> None:
    commit = "4a1f9c2e" * 5
    deploy(shop, "hiring", commit, producer(1))
    deploy(shop, "hiring", "later", producer(2))
    shop.write("services/hiring.toml", producer(2))
    shop.merge()
    for candidate, answer in ((commit, "blocked"), (commit[:7], "blocked"), ("later", "pass"), ("never", "pass")):
        done = shop.gate("4", "--format", "json", "--candidate", f"hiring@{candidate}")
        assert decided(done)["PR3 hiring"] == answer, candidate
    refused(shop.gate("4", "--candidate", "hiring@x y"), 2, "is not SERVICE@VERSION")


def test_what_a_program_is_given_is_neither_shown_nor_recorded(shop: Shop) -> None:
    shop.write(f"migrations/{ID}.toml", PLAN.replace('["./ops/left"]', '["./ops/left", "--password=hunter2"]'))
    shop.merge()
    for _ in range(2):
        done = well(shop.advance("1", "--verbose"))
        assert "hunter2" not in done.stdout + done.stderr
    shop.git("fetch", "--quiet", "origin")
    assert "hunter2" not in "".join(shop.git("show", f"origin/{STATE}:{path}") for path in shop.records())


def test_a_file_that_git_ignores_is_no_merged_one(shop: Shop) -> None:
    well(shop.advance("1"))
    (shop.folder / ".git" / "info").mkdir(exist_ok=True)
    (shop.folder / ".git" / "info" / "exclude").write_text("helper.sh\n")
    shop.write("ops/helper.sh", "N=0\n")
    refused(shop.gate("1"), 3, "ops/helper.sh is not what the merged commit")


def test_status_tells_what_is_merged(shop: Shop) -> None:
    well(shop.advance("1"))
    shop.write("migrations/draft.toml", "format = 1\nid = ")
    shop.write(f"migrations/{ID}.toml", PLAN.replace("format = 1", 'format = 1\nenvironments = ["staging"]'))
    document = json.loads(well(shop.schemagate("migration", "status", "--format", "json")).stdout)
    assert [each["id"] for each in document["migrations"]] == [ID]
    assert [each["env"] for each in document["migrations"][0]["environments"]] == ["staging", "production"]


@pytest.mark.parametrize("content", [b"format = 1 # \xff\n", None])
def test_a_waiver_is_not_added_to_what_cannot_be_read(shop: Shop, content: bytes | None) -> None:
    file = shop.folder / "waivers.toml"
    (file / "x").mkdir(parents=True) if content is None else file.write_bytes(content)
    words = ["--env", "staging", "--reason", "seen", "--owner", "a", "--expires", "2026-12-20"]
    done = shop.schemagate("migration", "waive", ID, "3", "CO3", *words)
    refused(done, 2, "waivers.toml")
    assert content is None or file.read_bytes() == content


def test_a_run_whose_name_is_no_text(shop: Shop) -> None:
    refused(shop.advance("1", SCHEMAGATE_RUN="https://ci.invalid/\udcff"), 2, "not Unicode")
    assert shop.records() == []
