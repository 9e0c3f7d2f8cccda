"""A Kafka cluster in memory, for tests: what happens in it are calls, and so are its faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from schemagate.facts import Member
from schemagate.observe import broker as port
from schemagate.observe.broker import ClusterInfo, GroupInfo, GroupRef, Isolation, Record, TopicInfo

Fault = Literal["empty", "short", "partial", "denied", "unavailable", "unstable", "unsupported"]
"""`empty` and `short` (without its last entry) are answers that look whole; the others say that they are not."""

ERRORS: dict[str, type[port.BrokerError]] = {
    "partial": port.PartialResult,
    "denied": port.NotAuthorized,
    "unavailable": port.Unavailable,
    "unstable": port.Unstable,
    "unsupported": port.Unsupported,
}
CALLS = ("cluster", "topic", "offsets", "groups", "describe", "committed", "scan")


@dataclass
class _Log:
    """One partition: its records, and the offset before which they are gone."""

    records: list[Record] = field(default_factory=list)
    start: int = 0
    end: int = 0


@dataclass
class _Topic:
    id: str
    configs: dict[str, str]
    logs: list[_Log]


@dataclass
class _Group:
    state: str | None = None
    members: dict[str, frozenset[tuple[str, int]]] = field(default_factory=dict)
    commits: dict[tuple[str, int], int] = field(default_factory=dict)


class MemoryBroker:
    """The cluster, and the port to it."""

    def __init__(self, sees_all: bool | None = True) -> None:
        self.sees_all = sees_all
        self.faults: dict[str, Fault] = {}
        self.before: dict[str, Callable[[], object]] = {}
        """What happens in the cluster just before a call is answered, once."""
        self.calls: list[str] = []
        self._topics: dict[str, _Topic] = {}
        self._groups: dict[str, _Group] = {}
        self._created = 0

    # what happens in the cluster

    def create(self, name: str, partitions: int = 1, configs: Mapping[str, str] | None = None) -> None:
        """A topic; one that was deleted comes back with another id, and without its records."""
        assert name not in self._topics
        self._created += 1
        logs = [_Log() for _ in range(partitions)]
        self._topics[name] = _Topic(f"topic-id-{self._created}", dict(configs or {}), logs)

    def delete(self, name: str) -> None:
        """The topic and its records are gone; commits on it are, too."""
        del self._topics[name]
        for group in self._groups.values():
            group.commits = {at: offset for at, offset in group.commits.items() if at[0] != name}

    def grow(self, name: str, partitions: int) -> None:
        """More partitions."""
        logs = self._topics[name].logs
        logs += [_Log() for _ in range(partitions - len(logs))]

    def append(
        self, name: str, partition: int = 0, value: bytes | None = b"", *, key: bytes | None = None, schema: int | None = None,
        headers: tuple[tuple[str, bytes | None], ...] = (),
    ) -> int:  # fmt: skip
        """The offset of a new record; with `schema` its value is framed with that id."""
        log = self._topics[name].logs[partition]
        if schema is not None:
            value = b"\0" + schema.to_bytes(4, "big") + (value or b"")
        log.records.append(Record(partition, log.end, datetime(2026, 11, 23, tzinfo=UTC), key, value, headers))
        log.end += 1
        return log.end - 1

    def retain(self, name: str, partition: int, start: int) -> None:
        """Records before `start` are deleted, as by retention."""
        log = self._topics[name].logs[partition]
        log.start = start
        log.records = [record for record in log.records if record.offset >= start]

    def join(self, group: str, client_id: str, *assignment: tuple[str, int]) -> None:
        """A member, and the partitions that it gets."""
        self._groups.setdefault(group, _Group()).members[client_id] = frozenset(assignment)

    def leave(self, group: str, client_id: str) -> None:
        """The member is gone, its group stays while it has commits."""
        del self._groups[group].members[client_id]
        self._forget(group)

    def rebalance(self, group: str, state: str | None = "PreparingRebalance") -> None:
        """The group is in this state; None: it has settled."""
        self._groups[group].state = state

    def commit(self, group: str, name: str, offsets: Mapping[int, int]) -> None:
        """Commits of a group."""
        commits = self._groups.setdefault(group, _Group()).commits
        commits.update({(name, partition): offset for partition, offset in offsets.items()})

    def expire(self, group: str) -> None:
        """The commits of a group are too old; without members it is gone with them."""
        self._groups[group].commits = {}
        self._forget(group)

    def _forget(self, group: str) -> None:
        if not self._groups[group].members and not self._groups[group].commits:
            del self._groups[group]

    # the port

    def cluster(self) -> ClusterInfo:
        self._called("cluster")
        return ClusterInfo("memory", self.sees_all)

    def topic(self, name: str) -> TopicInfo | None:
        self._called("topic")
        found = self._topics.get(name)
        if found is None or self.faults.get("topic") == "empty":
            return None
        epochs = dict.fromkeys(range(len(found.logs)), 0)
        return TopicInfo(name, found.id, self._shown("topic", epochs), dict(found.configs))

    def offsets(self, name: str, at: Literal["earliest", "latest"], isolation: Isolation) -> dict[int, int]:
        self._called("offsets")
        logs = self._topics[name].logs if name in self._topics else []
        return self._shown("offsets", {n: log.start if at == "earliest" else log.end for n, log in enumerate(logs)})

    def groups(self) -> list[GroupRef]:
        self._called("groups")
        return [GroupRef(name, "classic") for name in self._shown("groups", dict(sorted(self._groups.items())))]

    def describe(self, groups: Sequence[str]) -> dict[str, GroupInfo]:
        self._called("describe")
        return self._shown("describe", {name: self._description(name) for name in groups})

    def committed(self, group: str, name: str, partitions: Sequence[int]) -> dict[int, int | None]:
        self._called("committed")
        commits = self._groups[group].commits if group in self._groups else {}
        return self._shown("committed", {number: commits.get((name, number)) for number in partitions})

    def scan(
        self, name: str, ranges: Mapping[int, tuple[int, int]], isolation: Isolation, budget: int
    ) -> Iterator[Record]:
        self._called("scan")
        for partition, (first, end) in ranges.items():
            log = self._topics[name].logs[partition]
            if first < end and not log.start <= first <= end <= log.end:
                raise port.OffsetOutOfRange(f"{name} p{partition} holds {log.start} to {log.end}, not {first} to {end}")
            for record in log.records:
                if first <= record.offset < end:
                    budget -= 1
                    if budget < 0:
                        raise port.BudgetExceeded(f"{name} has more records in these ranges than may be read")
                    yield record

    def _description(self, name: str) -> GroupInfo:
        group = self._groups.get(name)
        if group is None:
            return GroupInfo(name, "classic", "Dead", ())
        members = tuple(Member(client_id, assignment) for client_id, assignment in group.members.items())
        return GroupInfo(name, "classic", group.state or ("Stable" if members else "Empty"), members)

    def _called(self, call: str) -> None:
        self.calls.append(call)
        self.before.pop(call, lambda: None)()
        fault = self.faults.get(call, "")
        if fault in ERRORS:
            raise ERRORS[fault](f"{call} is {fault}")

    def _shown(self, call: str, answer: dict[Any, Any]) -> dict[Any, Any]:
        match self.faults.get(call):
            case "empty":
                return {}
            case "short":
                return dict(list(answer.items())[:-1])
            case _:
                return answer
