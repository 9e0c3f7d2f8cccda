"""The port of a broker on the model, and `look`: one consistent picture, or unknown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from broker_contract import BrokerContract
from memory_broker import CALLS, ERRORS, MemoryBroker
from schemagate.facts import BrokerFacts, Group, Member, Topic, Unknown
from schemagate.observe.broker import look

NOW = datetime(2026, 11, 23, 22, 10, 2, tzinfo=UTC)
ASKED = ("old", "new", "absent")


class TestTheModel(BrokerContract):
    @pytest.fixture
    def world(self) -> MemoryBroker:
        return MemoryBroker()


@pytest.fixture
def broker() -> MemoryBroker:
    """Two topics; a group that runs on one, one that stopped, one elsewhere."""
    made = MemoryBroker()
    made.create("old", 2, {"retention.ms": "604800000"})
    made.create("new", 1)
    made.create("elsewhere", 1)
    for partition in (0, 1, 1):
        made.append("old", partition)
    made.retain("old", 1, 1)
    made.join("hiring.assessment", "hiring@1", ("old", 0), ("old", 1))
    made.commit("hiring.assessment", "old", {0: 1})
    made.commit("stopped", "new", {0: 0})
    made.commit("other", "elsewhere", {0: 0})
    return made


def seen(broker: MemoryBroker, *topics: str) -> BrokerFacts:
    found = look(broker, "prod", topics or ASKED, lambda: NOW)
    assert isinstance(found, BrokerFacts), found
    return found


def test_a_picture_has_the_topics_asked_for_and_all_groups(broker: MemoryBroker) -> None:
    running = Member("hiring@1", frozenset({("old", 0), ("old", 1)}))
    assert seen(broker) == BrokerFacts(
        "prod",
        NOW,
        True,
        {
            "absent": None,
            "new": Topic("new", "topic-id-2", 1, {}, {0: 0}, {0: 0}),
            "old": Topic("old", "topic-id-1", 2, {"retention.ms": "604800000"}, {0: 0, 1: 1}, {0: 1, 1: 2}),
        },
        {
            "hiring.assessment": Group("hiring.assessment", "Stable", (running,), {"old": {0: 1}}),
            "other": Group("other", "Empty", (), {}),
            "stopped": Group("stopped", "Empty", (), {"new": {0: 0}}),
        },
    )


def test_an_empty_cluster_is_a_picture_too() -> None:
    assert seen(MemoryBroker(sees_all=None), "t") == BrokerFacts("prod", NOW, None, {"t": None}, {})


def test_a_look_changes_nothing_and_reads_no_record(broker: MemoryBroker) -> None:
    assert seen(broker) == seen(broker)
    assert "scan" not in broker.calls


@pytest.mark.parametrize("fault", ERRORS)
@pytest.mark.parametrize("call", [call for call in CALLS if call != "scan"])
def test_a_call_that_fails_makes_the_cluster_unknown(broker: MemoryBroker, call: str, fault: str) -> None:
    broker.faults[call] = fault
    found = look(broker, "prod", ASKED, lambda: NOW)
    assert isinstance(found, Unknown), found
    assert found.reason == f"the cluster prod gives no whole answer: {call} is {fault}"
    assert found.next_step == ERRORS[fault].next_step


@pytest.mark.parametrize("fault", ["empty", "short"])
@pytest.mark.parametrize("call", ["offsets", "describe", "committed"])
def test_an_answer_that_leaves_out_what_was_asked_is_unknown(broker: MemoryBroker, call: str, fault: str) -> None:
    broker.faults[call] = fault
    found = look(broker, "prod", ASKED, lambda: NOW)
    assert isinstance(found, Unknown), found
    assert "missing" in found.reason


def test_a_topic_without_partitions_is_unknown(broker: MemoryBroker) -> None:
    broker.faults["topic"] = "short"  # of one partition, none is left
    found = look(broker, "prod", ["new"], lambda: NOW)
    assert isinstance(found, Unknown), found
    assert "without partitions" in found.reason


@pytest.mark.parametrize(("fault", "left"), [("empty", set()), ("short", {"hiring.assessment", "other"})])
def test_groups_that_are_not_listed_are_not_made_up(broker: MemoryBroker, fault: str, left: set[str]) -> None:
    """Nothing tells such a list from a whole one: whoever expects a group has to miss it."""
    broker.faults["groups"] = fault
    assert set(seen(broker).groups) == left


def test_commits_are_read_before_the_ends_of_the_logs(broker: MemoryBroker) -> None:
    """So a commit beyond an end means a log that was cut, never one that grew meanwhile."""

    def read_on() -> None:
        broker.commit("hiring.assessment", "old", {0: broker.append("old", 0) + 1})

    for call in ("groups", "describe", "committed", "offsets"):
        broker.before[call] = read_on
    found = seen(broker)
    committed, topic = found.groups["hiring.assessment"].committed["old"][0], found.topics["old"]
    assert topic is not None
    assert (committed, topic.latest[0]) == (4, 5)


@pytest.mark.parametrize("call", ["groups", "describe", "committed", "offsets"])
@pytest.mark.parametrize("what", ["old is made anew", "new is deleted", "absent is created", "old grows"])
def test_a_topic_that_changes_meanwhile_is_unknown(broker: MemoryBroker, call: str, what: str) -> None:
    def change() -> None:
        match what.split(" ", 1)[1]:
            case "is made anew":
                broker.delete("old")
                broker.create("old", 2)
            case "is deleted":
                broker.delete("new")
            case "is created":
                broker.create("absent")
            case "grows":
                broker.grow("old", 3)

    broker.before[call] = change
    found = look(broker, "prod", ASKED, lambda: NOW)
    assert isinstance(found, Unknown), found
    assert found.next_step
    again = look(broker, "prod", ASKED, lambda: NOW)
    assert isinstance(again, BrokerFacts), "the next look sees it as it is"


def test_a_group_that_goes_away_meanwhile_is_dead(broker: MemoryBroker) -> None:
    broker.before["describe"] = lambda: broker.expire("other")
    assert seen(broker).groups["other"] == Group("other", "Dead", (), {})


def test_a_picture_is_as_old_as_its_first_question(broker: MemoryBroker) -> None:
    times = iter([NOW])

    def clock() -> datetime:
        assert not broker.calls
        return next(times)

    assert isinstance(look(broker, "prod", ASKED, clock), BrokerFacts)
