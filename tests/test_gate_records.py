"""The gate on records: every running instance must read the version, and what cannot be seen is never a yes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording import START, manifest
from schemagate.facts import Deployment, Deployments, NotRegistered, Unknown
from schemagate.project import services, toml
from schemagate.rollout.decision import Answer, Decision
from schemagate.rollout.deployed import Instance, Recorded, Running
from schemagate.rollout.gate import Place, decide, evidence
from schemagate.schema.event import Catalog, Level, Service
from test_gate import catalog, subject, version

LOST = Unknown("the record is gone", "look for it")


def instance(service: str, name: str, *reads: int, commit: str = "3f2c1ab") -> Instance:
    """An instance whose manifest reads some versions of manager; none: not the event."""
    text = manifest(service, *reads)
    parsed = services.read(text.encode(), f"services/{service}.toml", toml.Problems("m"))
    assert parsed is not None
    return Instance(Deployment(service, name, commit, START, text), parsed)


def running(*instances: Instance) -> Running:
    return Running(Deployments(tuple(each.deployment for each in instances), START, "sha256:1"), instances)


def asked(recorded: Recorded, declared: dict[str, tuple[int, ...]], **settings: Any) -> Decision:
    place = Place("production", "recorded", "origin/main 1234567", recorded)
    return decide(version(**settings), Level.FULL, catalog(**declared), subject(), place)


def told(decision: Decision, name: str) -> tuple[Answer, str]:
    (check,) = [check for check in decision.checks if check.target == name]
    return check.answer, check.what


def test_yes_says_which_build_when_and_how_many() -> None:
    recorded = {"hiring": running(instance("hiring", "eu", 1, 2), instance("hiring", "us", 1, 2))}
    decision = asked(recorded, {"hiring": (1, 2)})
    assert decision.answer is Answer.PASS
    what = "reads 1 and 2, deployed 2026-11-23 18:02Z as 3f2c1ab (2 instances)"
    assert told(decision, "hiring") == (Answer.PASS, what)
    (check,) = [check for check in decision.checks if check.target == "hiring"]
    assert check.at == "services/hiring.toml:4"


def test_a_long_commit_is_cut_for_people() -> None:
    decision = asked({"hiring": running(instance("hiring", "a", 2, commit="3f2c1ab" + "0" * 33))}, {"hiring": (2,)})
    assert told(decision, "hiring")[1].endswith(" as 3f2c1ab")


def test_an_instance_that_does_not_read_it_blocks_and_is_named() -> None:
    recorded = {"hiring": running(instance("hiring", "eu", 1, 2), instance("hiring", "us", 1, commit="77ab01e"))}
    decision = asked(recorded, {"hiring": (1, 2)})
    what = "reads only 1, deployed 2026-11-23 18:02Z as 77ab01e (instance us)"
    assert told(decision, "hiring") == (Answer.BLOCKED, what)
    (check,) = [check for check in decision.checks if check.target == "hiring"]
    assert check.next_step == "release hiring with versions = [1, 2], record it, then ask again"


def test_a_build_that_does_not_consume_yet_blocks() -> None:
    decision = asked({"hiring": running(instance("hiring", "default"))}, {"hiring": (1, 2)})
    assert told(decision, "hiring") == (
        Answer.BLOCKED,
        "reads nothing of manager, deployed 2026-11-23 18:02Z as 3f2c1ab",
    )


def test_two_readers_in_one_build_must_both_read_it() -> None:
    both = instance("hiring", "default", 1, 2)
    assert isinstance(both.manifest, Service)
    (declaration,) = both.manifest.consumes
    old = replace(both.manifest, consumes=(declaration, replace(declaration, versions=(1,))))
    decision = asked({"hiring": running(Instance(both.deployment, old))}, {"hiring": (1, 2)})
    assert told(decision, "hiring")[0] is Answer.BLOCKED


def test_git_and_records_must_both_say_so() -> None:
    decision = asked({"hiring": running(instance("hiring", "default", 1, 2))}, {"hiring": (1,)})
    assert told(decision, "hiring") == (Answer.BLOCKED, "reads only 1")


def test_a_service_without_records_is_unknown() -> None:
    recorded = {"bonuses": running(instance("bonuses", "default", 2))}
    decision = asked(recorded, {"hiring": (1, 2), "bonuses": (2,)})
    assert decision.answer is Answer.UNKNOWN
    assert told(decision, "hiring")[1] == "declares it, and no deployment of it is recorded in production"


def test_an_undeployed_service_does_not_count() -> None:
    recorded = {"hiring": running(), "bonuses": running(instance("bonuses", "default", 2))}
    decision = asked(recorded, {"hiring": (1, 2), "bonuses": (2,)})
    assert decision.answer is Answer.PASS
    assert told(decision, "hiring") == (Answer.PASS, "runs nowhere in production, undeployed 2026-11-23 18:02Z")


def test_who_consumes_by_the_records_alone_counts() -> None:
    recorded = {"hiring": running(instance("hiring", "a", 2)), "archive": running(instance("archive", "a", 1))}
    decision = asked(recorded, {"hiring": (2,)})
    assert decision.answer is Answer.BLOCKED
    assert told(decision, "archive")[0] is Answer.BLOCKED
    (check,) = [check for check in decision.checks if check.target == "archive"]
    assert "schemagate record undeployment archive --env production" in (check.next_step or "")
    assert (
        asked({**recorded, "archive": running(instance("archive", "a", 1, 2))}, {"hiring": (2,)}).answer is Answer.PASS
    )
    assert asked({**recorded, "archive": running(instance("archive", "a"))}, {"hiring": (2,)}).answer is Answer.PASS


@pytest.mark.parametrize("lost", ["stream", "manifest"])
def test_what_cannot_be_read_may_consume_everything(lost: str) -> None:
    hidden = LOST if lost == "stream" else running(replace(instance("archive", "a"), manifest=LOST))
    recorded = {"hiring": running(instance("hiring", "a", 2)), "archive": hidden}
    decision = asked(recorded, {"hiring": (2,)})
    assert decision.answer is Answer.UNKNOWN
    assert told(decision, "archive")[1].startswith("the record is gone")


def test_stated_nobody_is_held_against_the_records() -> None:
    reading = {"archive": running(instance("archive", "a", 1, 2))}
    assert asked(reading, {}, nobody_consumes=True).answer is Answer.BLOCKED
    assert asked({"archive": LOST}, {}, nobody_consumes=True).answer is Answer.UNKNOWN
    assert asked({"other": running(instance("other", "a"))}, {}, nobody_consumes=True).answer is Answer.PASS
    assert asked({}, {}, nobody_consumes=True).answer is Answer.UNKNOWN, "no record at all proves nothing"
    assert asked(LOST, {}, nobody_consumes=True).answer is Answer.UNKNOWN


def test_declared_stays_what_it_was() -> None:
    place = Place("local", "declared", "HEAD 1234567", {"archive": running(instance("archive", "a", 1))})
    decision = decide(version(), Level.FULL, catalog(hiring=(2,)), subject(), place)
    assert decision.answer is Answer.PASS
    assert [check.target for check in decision.checks] == ["registered", "level", "hiring"]


def test_the_same_facts_have_the_same_hash_and_others_another() -> None:
    recorded = {"hiring": running(instance("hiring", "a", 2))}
    place = Place("production", "recorded", "origin/main 1234567", recorded)
    facts = (version(), Level.FULL, catalog(hiring=(2,)), subject(), place)
    newer = {"hiring": replace(recorded["hiring"], records=replace(recorded["hiring"].records, evidence="sha256:2"))}
    others = [
        (*facts[:3], subject(NotRegistered()), place),
        (*facts[:3], Unknown("no route"), place),
        (*facts[:2], catalog(hiring=(1, 2)), subject(), place),
        (version(), Level.NONE, *facts[2:]),
        *((*facts[:4], replace(place, recorded=each)) for each in ({}, LOST, {"hiring": LOST}, newer)),
    ]
    hashes = [evidence(*each) for each in (facts, *others)]  # type: ignore[arg-type]
    assert evidence(*facts) == hashes[0]
    assert len(set(hashes)) == len(hashes)
    assert all(each.startswith("sha256:") and len(each) == 71 for each in hashes)


@dataclass(frozen=True)
class World:
    """By service: what git declares (None: nothing), and what each instance reads (None: no record)."""

    declared: dict[str, tuple[int, ...] | None]
    recorded: dict[str, list[tuple[int, ...]] | None]

    def catalog(self) -> Catalog:
        return catalog(**{name: reads for name, reads in self.declared.items() if reads})

    def facts(self) -> dict[str, Running | Unknown]:
        return {
            name: running(*(instance(name, f"i{number}", *reads) for number, reads in enumerate(instances)))
            for name, instances in self.recorded.items()
            if instances is not None
        }


reads = st.sampled_from([(), (1,), (2,), (1, 2)])
services_ = st.tuples(st.none() | reads.filter(bool), st.none() | st.lists(reads, max_size=2))
worlds = st.dictionaries(st.sampled_from(["hiring", "bonuses", "archive"]), services_, max_size=3).map(
    lambda found: World(
        {name: each[0] for name, each in found.items()}, {name: each[1] for name, each in found.items()}
    )
)


def expected(world: World) -> Answer:
    """The rule in its plainest form."""
    no, unknown, anybody = False, not any(each is not None for each in world.recorded.values()), False
    for name, declared in world.declared.items():
        instances = world.recorded[name]
        counted = [each for each in instances or [] if each or declared]
        anybody |= bool(declared) or bool(counted)
        no |= declared == (1,) or any(2 not in each for each in counted)
        unknown |= bool(declared) and instances is None
    return Answer.BLOCKED if no else Answer.UNKNOWN if unknown or not anybody else Answer.PASS


@given(worlds)
def test_the_decision_is_the_rule(world: World) -> None:
    place = Place("production", "recorded", "origin/main 1234567", world.facts())
    assert decide(version(), Level.FULL, world.catalog(), subject(), place).answer is expected(world)


@given(worlds, st.data())
def test_losing_any_one_answer_is_never_a_pass(world: World, data: st.DataObject) -> None:
    """Vacuity: the registry, the records, one service's or one manifest replaced by nothing, or by no answer."""
    facts = world.facts()
    losses: list[tuple[object, Recorded]] = [(Unknown("denied"), facts), (subject(), {}), (subject(), LOST)]
    for name, each in facts.items():
        losses.append((subject(), {**facts, name: LOST}))
        if isinstance(each, Running) and each.instances:
            first = replace(each.instances[0], manifest=LOST)
            losses.append((subject(), {**facts, name: replace(each, instances=(first, *each.instances[1:]))}))
        if world.declared[name]:
            losses.append((subject(), {other: it for other, it in facts.items() if other != name}))
    answer, recorded = data.draw(st.sampled_from(losses))
    place = Place("production", "recorded", "origin/main 1234567", recorded)
    decision = decide(version(), Level.FULL, world.catalog(), answer, place)  # type: ignore[arg-type]
    assert decision.answer is not Answer.PASS
