"""What was seen in the world outside, as frozen values: of registries, brokers, probes and records.

Facts carry no opinion and no clock. What could not be seen is an `Unknown` with its reason, never a guess. Levels,
modes and types are the words that travelled, since a registry may know some that we do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer; `reason` is one sentence, `next_step` how to get one."""

    reason: str
    next_step: str | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """What answers behind a URL: family ("Confluent", "Karapace", ...) and version, "" where it does not tell."""

    family: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.family} {self.version}".rstrip()


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One live version of a subject. `refers` tells whether it names other registered schemas."""

    version: int
    id: int
    text: str
    schema_type: str
    refers: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    """The registry knows this content in this subject, as this version."""

    version: int
    id: int


@dataclass(frozen=True, slots=True)
class NotRegistered:
    """The registry does not know this content in this subject."""


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """The registry does not take this content for a schema; `reason` is one sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Compatible:
    """The registry's check, under the level it has now, says yes."""


@dataclass(frozen=True, slots=True)
class Incompatible:
    """The registry's check, under the level it has now, says no; `messages` are its own words."""

    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubjectState:
    """A subject as the registry holds it, and what it says about one text that is wanted there.

    `level` is what is in force, `level_is_own` whether it is set on the subject itself. `versions` are the live ones in
    ascending order, `next_version` the number that the next registration gets (deleted versions keep theirs).
    `history` holds the live versions' contents, or is empty where nobody needs them: content at the latest version
    already, level set already. `check` is None where nothing is to be registered or nothing is there to compare with.
    """

    subject: str
    level: str
    level_is_own: bool
    mode: str
    lookup: Registered | NotRegistered | NotAccepted
    versions: tuple[int, ...] = ()
    next_version: int = 1
    history: tuple[StoredVersion, ...] = ()
    check: Compatible | Incompatible | Unknown | None = None
    policy: str = "STRICT"
    alias: str | None = None
    group: str | None = None

    @property
    def latest(self) -> int | None:
        """The newest live version."""
        return self.versions[-1] if self.versions else None


@dataclass(frozen=True, slots=True)
class RegistryFacts:
    """A registry at one moment. `urls` carry no login; `types` are the schema types that it takes."""

    urls: tuple[str, ...]
    server: Server
    types: frozenset[str]
    subjects: Mapping[str, SubjectState | Unknown] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A service's CI said that this build runs, as this instance; `manifest` is the text of the one that it shipped."""

    service: str
    instance: str
    commit: str
    at: datetime
    manifest: str


@dataclass(frozen=True, slots=True)
class Deployments:
    """What the records of one service in one environment come to: the instances that run there, by name.

    There is at least one record. `at` is when the newest was made, `evidence` ("sha256:...") what it and so all before
    it hash to.
    """

    live: tuple[Deployment, ...]
    at: datetime
    evidence: str


@dataclass(frozen=True, slots=True)
class Capability:
    """What a test showed for one build: of a version of an event (golden samples: their hash), or of an endpoint."""

    service: str
    commit: str
    test: str
    event: str | None
    version: int | None
    endpoint: str | None
    samples: str | None
    passed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Attestation:
    """What a named person states for a team about what no machine can see; `expires` is the last day it counts."""

    person: str
    team: str
    statement: str
    asked_by: str | None
    holds: bool
    expires: date | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """A file in `approvals/`: somebody of a team agrees to one step of a plan, as it was then, in one environment.

    `signed` is the verified signer of the commit that added the file; None where nobody asked, "" where none can be
    verified.
    """

    migration: str
    env: str
    step: str
    approver: str
    team: str
    plan: str
    at: datetime
    file: str
    signed: str | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One value of a probe, when it was read, and what its second query counted (None: it has none)."""

    value: int | float
    at: datetime
    traffic: int | float | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as the broker describes it. `id` changes when it is made anew; offsets are by partition.

    `latest` is the end of the log, aborted and undecided records included.
    """

    name: str
    id: str
    partitions: int
    configs: Mapping[str, str]
    earliest: Mapping[int, int]
    latest: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Member:
    """A running client in a consumer group, and the partitions (topic, number) that it has."""

    client_id: str
    assignment: frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group. `state` is the broker's word; `committed` has topic, partition, offset of each commit."""

    name: str
    state: str
    members: tuple[Member, ...]
    committed: Mapping[str, Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class BrokerFacts:
    """One cluster (its name in schemagate.toml) at one moment.

    `sees_all`: we may describe every topic and group; None: the broker does not tell. `topics` has those asked for,
    None where the broker says that there is none. `groups` has all of the cluster, with their commits on those topics.
    """

    cluster: str
    at: datetime
    sees_all: bool | None
    topics: Mapping[str, Topic | None]
    groups: Mapping[str, Group]
