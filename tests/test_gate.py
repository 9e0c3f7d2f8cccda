"""The gate: a no beats an unknown, an unknown beats a yes, and nothing looked at is never a yes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository import Repository, json_object
from schemagate.facts import NotRegistered, Registered, SubjectState, Unknown
from schemagate.rollout.decision import Answer, Check, Decision
from schemagate.rollout.gate import Place, decide
from schemagate.schema.event import Catalog, Consumption, Content, Format, Level, Service, Settings, Version, VersionId

ID = VersionId("manager", 2)
LOCAL = Place("local", "declared", "HEAD 1234567")
RECORDED = Place("production", "recorded", "origin/main 1234567")


def version(**settings: object) -> Version:
    text = json.dumps(json_object(("id",), id="string"))
    return Version(ID, Content(Format.JSON, "schemas/manager/v2.json", text), Settings(owner="t", **settings))  # type: ignore[arg-type]


def subject(lookup: object = None, level: str = "FULL") -> SubjectState:
    return SubjectState("s", level, True, "READWRITE", lookup or Registered(1, 7), versions=(1,))  # type: ignore[arg-type]


def catalog(**reads: tuple[int, ...]) -> Catalog:
    services = {
        name: Service(name, "t", f"services/{name}.toml", consumes=(Consumption("manager", versions, 4),))
        for name, versions in reads.items()
    }
    return Catalog({}, services, {})


def answers(decision: Decision) -> dict[str, Answer]:
    return {check.target: check.answer for check in decision.checks}


def test_yes_needs_registration_level_and_every_consumer() -> None:
    decision = decide(version(), Level.FULL, catalog(hiring=(1, 2), bonuses=(2,)), subject(), LOCAL)
    assert decision.answer is Answer.PASS
    assert set(answers(decision)) == {"registered", "level", "hiring", "bonuses"}


@pytest.mark.parametrize(
    ("reads", "state", "blocked"),
    [
        ({"hiring": (1, 2), "bonuses": (1,)}, subject(), "bonuses"),
        ({"hiring": (2,)}, subject(NotRegistered()), "registered"),
        ({"hiring": (2,)}, subject(level="BACKWARD"), "level"),
    ],
)
def test_one_no_blocks_and_names_the_next_step(
    reads: dict[str, tuple[int, ...]], state: SubjectState, blocked: str
) -> None:
    for place in (LOCAL, RECORDED):
        decision = decide(version(), Level.FULL, catalog(**reads), state, place)
        assert decision.answer is Answer.BLOCKED, "a no beats the unknown of what is not recorded"
        (check,) = [check for check in decision.checks if check.answer is Answer.BLOCKED]
        assert check.target == blocked
        assert check.next_step


def test_what_is_not_recorded_is_unknown() -> None:
    decision = decide(version(), Level.FULL, catalog(hiring=(2,)), subject(), RECORDED)
    assert decision.answer is Answer.UNKNOWN
    assert answers(decision)["hiring"] is Answer.UNKNOWN


def test_a_registry_without_an_answer_is_unknown() -> None:
    decision = decide(version(), Level.FULL, catalog(hiring=(2,)), Unknown("no route"), LOCAL)
    assert decision.answer is Answer.UNKNOWN


def test_nobody_consumes_must_be_stated() -> None:
    assert decide(version(), Level.FULL, catalog(), subject(), LOCAL).answer is Answer.UNKNOWN
    stated = version(nobody_consumes=True)
    assert decide(stated, Level.FULL, catalog(), subject(), LOCAL).answer is Answer.PASS
    assert decide(stated, Level.FULL, catalog(hiring=(2,)), subject(), LOCAL).answer is Answer.BLOCKED


def test_a_service_with_two_readers_must_read_it_with_both() -> None:
    declared = (Consumption("manager", (1, 2), 4), Consumption("manager", (1,), 9))
    service = Service("hiring", "t", "services/hiring.toml", consumes=declared)
    decision = decide(version(), Level.FULL, Catalog({}, {"hiring": service}, {}), subject(), LOCAL)
    assert answers(decision)["hiring"] is Answer.BLOCKED


@given(st.lists(st.sampled_from(list(Answer)), max_size=6))
def test_the_worst_answer_decides(given_: list[Answer]) -> None:
    decision = Decision(tuple(Check("CO1", str(number), answer, "") for number, answer in enumerate(given_)))
    if Answer.BLOCKED in given_:
        assert decision.answer is Answer.BLOCKED
    elif Answer.UNKNOWN in given_ or not set(given_) - {Answer.NOT_APPLICABLE}:
        assert decision.answer is Answer.UNKNOWN
    else:
        assert decision.answer is Answer.PASS


BONUSES = 'format = 1\nservice = "bonuses"\nowner = "t"\n\n[[consumes]]\nevent = "manager"\nversions = {}\n'


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repo")
    repository.events("manager", level="FORWARD_TRANSITIVE")
    for number in (1, 2):
        repository.write(
            f"schemas/manager/v{number}.json", json_object((f"name{number}",), **{f"name{number}": "string"})
        )
    repository.write("services/bonuses.toml", BONUSES.format("[1]"))
    repository.write(".gitignore", ".schemagate/\n")
    repository.commit("contracts")
    return repository


def test_the_whole_way_to_an_open_gate(repo: Repository) -> None:
    before = repo.schemagate("gate", "manager@2")
    assert before.returncode == 1
    assert "is not registered" in before.stdout
    assert "schemagate publish" in before.stdout
    assert repo.schemagate("publish").returncode == 0
    closed = repo.schemagate("gate", "manager@2")
    assert closed.returncode == 1
    assert "services/bonuses.toml:6" in closed.stdout
    assert "release bonuses with versions = [1, 2]" in closed.stdout
    repo.write("services/bonuses.toml", BONUSES.format("[1, 2]"))
    assert repo.schemagate("gate", "manager@2").returncode == 1, "only what is committed counts"
    repo.commit("bonuses reads v2")
    opened = repo.schemagate("gate", "manager@2")
    assert opened.returncode == 0
    assert opened.stdout.startswith("PASS")
    assert "deployment not observed" in opened.stdout


def test_another_text_in_git_closes_the_gate(repo: Repository) -> None:
    repo.write("services/bonuses.toml", BONUSES.format("[1, 2]"))
    repo.commit("bonuses reads v2")
    assert repo.schemagate("publish").returncode == 0
    assert repo.schemagate("gate", "manager@2").returncode == 0
    repo.write("schemas/manager/v2.json", json_object(("name2",), name2="string", more="string"))
    repo.commit("edit v2")
    assert repo.schemagate("gate", "manager@2").returncode == 1


def test_an_environment_without_records_is_unknown(repo: Repository) -> None:
    repo.write("services/bonuses.toml", BONUSES.format("[1, 2]"))
    repo.events("manager", level="FORWARD_TRANSITIVE", more='[environments.production]\nregistry = "embedded"\n')
    repo.commit("production")
    assert repo.schemagate("publish", "--env", "production").returncode == 0
    done = repo.schemagate("gate", "manager@2", "--env", "production", "--format", "json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["complete"] is False


def test_a_registry_that_is_down_is_unknown(repo: Repository) -> None:
    repo.write("services/bonuses.toml", BONUSES.format("[1, 2]"))
    more = '[environments.down]\nregistry = "http://127.0.0.1:9"\ndeployments = "declared"\n'
    repo.events("manager", level="FORWARD_TRANSITIVE", more=more)
    repo.commit("down")
    done = repo.schemagate("gate", "manager@2", "--env", "down")
    assert done.returncode == 3
    assert done.stdout.startswith("UNKNOWN")


@pytest.mark.parametrize(("name", "code"), [("manager@3", 2), ("manger@2", 2), ("manager", 2), ("manager@x", 2)])
def test_a_version_that_is_not_there(repo: Repository, name: str, code: int) -> None:
    done = repo.schemagate("gate", name)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
