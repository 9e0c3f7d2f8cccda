"""What every implementation of the port `observe.broker.Broker` must do: one suite, for the model and for real clusters."""

from __future__ import annotations

import pytest

from memory_broker import MemoryBroker
from schemagate.facts import Member
from schemagate.observe.broker import Broker, BudgetExceeded, OffsetOutOfRange


class BrokerContract:
    """Subclasses give the fixture `world`: an empty cluster with the model's calls for what happens in it."""

    def test_asking_for_a_topic_does_not_create_it(self, world: MemoryBroker) -> None:
        port: Broker = world
        assert port.topic("t") is None
        assert port.offsets("t", "latest", "read_uncommitted") == {}
        assert port.topic("t") is None

    def test_a_topic_has_partitions_and_configs(self, world: MemoryBroker) -> None:
        world.create("t", 3, {"cleanup.policy": "compact"})
        found = world.topic("t")
        assert found is not None
        assert set(found.epochs) == {0, 1, 2}
        assert found.configs["cleanup.policy"] == "compact"
        assert found == world.topic("t"), "an id stays"
        world.grow("t", 4)
        grown = world.topic("t")
        assert grown is not None
        assert set(grown.epochs) == {0, 1, 2, 3}
        assert grown.id == found.id

    def test_a_topic_that_is_made_anew_is_another_one(self, world: MemoryBroker) -> None:
        world.create("t")
        world.append("t")
        first = world.topic("t")
        world.delete("t")
        assert world.topic("t") is None
        world.create("t")
        second = world.topic("t")
        assert first is not None
        assert second is not None
        assert first.id != second.id
        assert world.offsets("t", "latest", "read_uncommitted") == {0: 0}

    def test_every_partition_has_its_ends(self, world: MemoryBroker) -> None:
        world.create("t", 2)
        assert world.offsets("t", "earliest", "read_uncommitted") == {0: 0, 1: 0}
        assert [world.append("t", 1), world.append("t", 1)] == [0, 1]
        for isolation in ("read_committed", "read_uncommitted"):
            assert world.offsets("t", "latest", isolation) == {0: 0, 1: 2}
        world.retain("t", 1, 1)
        assert world.offsets("t", "earliest", "read_uncommitted") == {0: 0, 1: 1}
        assert world.offsets("t", "latest", "read_uncommitted") == {0: 0, 1: 2}

    def test_groups_of_all_states_are_listed_and_described(self, world: MemoryBroker) -> None:
        world.create("t", 2)
        world.join("running", "hiring@1a2b3c4", ("t", 0), ("t", 1))
        world.commit("stopped", "t", {0: 0})
        assert {group.name for group in world.groups()} == {"running", "stopped"}
        found = world.describe(["running", "stopped", "never"])
        assert found["running"].state == "Stable"
        assert found["running"].members == (Member("hiring@1a2b3c4", frozenset({("t", 0), ("t", 1)})),)
        assert (found["stopped"].state, found["stopped"].members) == ("Empty", ())
        assert (found["never"].state, found["never"].members) == ("Dead", ())

    def test_a_partition_without_a_commit_says_so(self, world: MemoryBroker) -> None:
        world.create("t", 3)
        world.create("other", 1)
        world.commit("g", "t", {0: 0, 2: 5})
        assert world.committed("g", "t", [0, 1, 2]) == {0: 0, 1: None, 2: 5}
        assert world.committed("g", "t", [2]) == {2: 5}
        assert world.committed("g", "other", [0]) == {0: None}
        assert world.committed("never", "t", [0]) == {0: None}

    def test_commits_expire_and_an_empty_group_with_them(self, world: MemoryBroker) -> None:
        world.create("t")
        world.join("g", "c", ("t", 0))
        world.commit("g", "t", {0: 1})
        world.leave("g", "c")
        assert world.describe(["g"])["g"].state == "Empty"
        world.expire("g")
        assert world.groups() == []
        assert world.committed("g", "t", [0]) == {0: None}

    def test_a_group_that_rebalances_says_so(self, world: MemoryBroker) -> None:
        world.join("g", "c")
        world.rebalance("g")
        assert world.describe(["g"])["g"].state == "PreparingRebalance"
        world.rebalance("g", None)
        assert world.describe(["g"])["g"].state == "Stable"

    def test_a_scan_gives_exactly_the_ranges(self, world: MemoryBroker) -> None:
        world.create("t", 2)
        headers = (("h", b"1"), ("h", b"2"), ("n", None))
        for number in range(4):
            world.append("t", 0, b"%d" % number, key=b"k", headers=headers)
        world.append("t", 1, None)
        world.append("t", 1, b"{}", schema=258)
        found = list(world.scan("t", {0: (1, 3), 1: (0, 2)}, "read_uncommitted", 10))
        assert [(record.partition, record.offset, record.value) for record in found] == [
            (0, 1, b"1"),
            (0, 2, b"2"),
            (1, 0, None),
            (1, 1, b"\0\0\0\x01\x02{}"),
        ]
        assert found[0].key == b"k"
        assert found[0].headers == headers
        assert list(world.scan("t", {0: (4, 4)}, "read_uncommitted", 0)) == []

    def test_a_scan_that_cannot_be_whole_fails(self, world: MemoryBroker) -> None:
        world.create("t")
        for _ in range(4):
            world.append("t")
        world.retain("t", 0, 2)
        assert len(list(world.scan("t", {0: (2, 4)}, "read_uncommitted", 2))) == 2
        with pytest.raises(BudgetExceeded):
            list(world.scan("t", {0: (2, 4)}, "read_uncommitted", 1))
        for gone in ((1, 4), (2, 5)):
            with pytest.raises(OffsetOutOfRange):
                list(world.scan("t", {0: gone}, "read_uncommitted", 10))
