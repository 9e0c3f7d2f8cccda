"""What must a Kafka client tell us of a cluster, and what does it come to? The port, and one look through it.

An answer "there is none" is None; not knowing is always an error, and every error means unknown. `scan` is for the
checks that read records, and none does yet; no client of a broker is shipped yet either.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from schemagate.facts import BrokerFacts, Group, Member, Topic, Unknown

Isolation = Literal["read_committed", "read_uncommitted"]
"""Whether records of transactions that are open or were aborted are seen."""


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """A cluster. `sees_all_groups`: we may describe every topic and group of it; None: it does not tell."""

    id: str
    sees_all_groups: bool | None


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """A topic. `id` changes when it is made anew; `epochs` has the leader's epoch by partition, None where not told."""

    name: str
    id: str
    epochs: Mapping[int, int | None]
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GroupRef:
    """A group that exists. `type` is the protocol of its members: "classic", "consumer"."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class GroupInfo:
    """A consumer group. `state` is the broker's word; one that it does not know is "Dead"."""

    name: str
    type: str
    state: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it lies in the log; header names may occur twice."""

    partition: int
    offset: int
    timestamp: datetime
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


class BrokerError(Exception):
    """No answer of a broker. The message is one sentence of ours, never what a record holds."""

    next_step: ClassVar[str]


class Unavailable(BrokerError):
    """Nobody answered in time."""

    next_step = "restore access to the brokers, then run the command again"


class PartialResult(BrokerError):
    """A part of the answer is missing: a coordinator that is silent, a partition without a leader."""

    next_step = "look at the brokers that do not answer, then run the command again"


class NotAuthorized(BrokerError):
    """We may not ask that."""

    next_step = "grant DESCRIBE on the cluster, its topics and its groups"


class Unstable(BrokerError):
    """What was asked for is changing: a commit that is part of an open transaction."""

    next_step = "run the command again in a moment"


class OffsetOutOfRange(BrokerError):
    """A range that was to be read is not in the log any more."""

    next_step = "run the command again"


class BudgetExceeded(BrokerError):
    """More records than were allowed."""

    next_step = "raise limits.scan_budget in the migration"


class Unsupported(BrokerError):
    """This broker, or this client, cannot answer that."""

    next_step = "use a cluster and a client that can"


class Broker(Protocol):
    """What is asked of a cluster. No call changes anything, and none creates a topic. Each may raise a BrokerError."""

    def cluster(self) -> ClusterInfo:
        """Who is asked, and whether we see everything."""
        ...

    def topic(self, name: str) -> TopicInfo | None:
        """A topic; None: there is none."""
        ...

    def offsets(self, name: str, at: Literal["earliest", "latest"], isolation: Isolation) -> dict[int, int]:
        """The first offset of every partition, or the one behind the last (last stable, if read_committed)."""
        ...

    def groups(self) -> list[GroupRef]:
        """All groups, in all states, of all coordinators."""
        ...

    def describe(self, groups: Sequence[str]) -> dict[str, GroupInfo]:
        """Each of these groups."""
        ...

    def committed(self, group: str, name: str, partitions: Sequence[int]) -> dict[int, int | None]:
        """What a group committed on each of these partitions; None: nothing."""
        ...

    def scan(
        self, name: str, ranges: Mapping[int, tuple[int, int]], isolation: Isolation, budget: int
    ) -> Iterator[Record]:
        """The records of a topic from each first offset up to, not including, each second; at most `budget`.

        Control markers are not delivered, aborted records not under read_committed. Ends only when all was read.
        """
        ...


def look(broker: Broker, cluster: str, topics: Collection[str], clock: Callable[[], datetime]) -> BrokerFacts | Unknown:
    """One picture of a cluster: these topics, and all groups with their commits on them.

    Groups and commits are read before the ends of the logs, so that a commit beyond an end can only mean that the log
    was cut; topics are read again at the end, since one that was made anew meanwhile is another one.
    """
    at = clock()
    try:
        sees_all = broker.cluster().sees_all_groups
        before = {name: broker.topic(name) for name in sorted(set(topics))}
        groups = _groups(broker, before)
        found = {name: None if info is None else _topic(broker, info) for name, info in before.items()}
        after = {name: broker.topic(name) for name in before}
    except BrokerError as error:
        return Unknown(f"the cluster {cluster} gives no whole answer: {error}", error.next_step)
    moved = [name for name in before if _identity(before[name]) != _identity(after[name])]
    if moved:
        reason = f"the topic {moved[0]} of the cluster {cluster} was created, deleted or grew while it was looked at"
        return Unknown(reason, "run the command again")
    return BrokerFacts(cluster, at, sees_all, found, groups)


def _groups(broker: Broker, topics: Mapping[str, TopicInfo | None]) -> dict[str, Group]:
    names = sorted({group.name for group in broker.groups()})
    described = broker.describe(names) if names else {}
    _all_there("descriptions of groups", names, described)
    return {
        name: Group(name, described[name].state, described[name].members, _commits(broker, name, topics))
        for name in names
    }


def _commits(broker: Broker, group: str, topics: Mapping[str, TopicInfo | None]) -> dict[str, dict[int, int]]:
    found = {}
    for name, info in topics.items():
        if info is None:
            continue
        answer = broker.committed(group, name, sorted(info.epochs))
        _all_there(f"commits of {group} on {name}", info.epochs, answer)
        own = {partition: offset for partition, offset in sorted(answer.items()) if offset is not None}
        if own:
            found[name] = own
    return found


def _topic(broker: Broker, info: TopicInfo) -> Topic:
    if not info.epochs:
        raise PartialResult(f"the topic {info.name} is described without partitions")
    earliest = broker.offsets(info.name, "earliest", "read_uncommitted")
    latest = broker.offsets(info.name, "latest", "read_uncommitted")
    for word, answer in (("first", earliest), ("last", latest)):
        _all_there(f"{word} offsets of {info.name}", info.epochs, answer)
    return Topic(info.name, info.id, len(info.epochs), info.configs, earliest, latest)


def _all_there(what: str, asked: Collection[object], answered: Collection[object]) -> None:
    """An answer that leaves something out, or nothing at all in, is no answer."""
    missing = len(set(asked) - set(answered))
    if missing:
        raise PartialResult(f"{missing} of {len(asked)} {what} are missing")


def _identity(info: TopicInfo | None) -> tuple[str, int] | None:
    return None if info is None else (info.id, len(info.epochs))
