"""What is an event, a version, a revision, a service? The repository's contracts as frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, Literal

from schemagate.findings import Severity


class Format(StrEnum):
    """The language of a schema; the values are the public API's names."""

    JSON = "json"
    AVRO = "avro"
    PROTOBUF = "protobuf"

    @property
    def extension(self) -> str:
        """The ending of the format's files, with the dot."""
        return {"json": ".json", "avro": ".avsc", "protobuf": ".proto"}[self]

    @property
    def registry_type(self) -> str:
        """`schemaType` in the registry's protocol."""
        return self.upper()


class Level(StrEnum):
    """Which (reader, writer) pairs must hold before a revision may be released."""

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"

    @property
    def backward(self) -> bool:
        """The new schema must read what old ones wrote."""
        return self.startswith(("BACKWARD", "FULL"))

    @property
    def forward(self) -> bool:
        """Old schemas must read what the new one writes."""
        return self.startswith(("FORWARD", "FULL"))

    @property
    def transitive(self) -> bool:
        """All released revisions count, not only the newest."""
        return self.endswith("TRANSITIVE")


Verdict = Literal["registry", "data"]

Preset = Literal["house", "zalando", "cloudevents", "plain"]
"""What an event's envelope looks like; `plain` has none."""


@dataclass(frozen=True, slots=True)
class Deprecation:
    """`deprecated`: since when readers should move on, and when it ends; of these versions, or of all (none named)."""

    since: date
    sunset: date | None = None
    versions: tuple[int, ...] = ()

    def covers(self, number: int) -> bool:
        """Whether a version is meant."""
        return not self.versions or number in self.versions


@dataclass(frozen=True, slots=True)
class Settings:
    """What `[defaults]` and `[events."x"]` of schemagate.toml say about one event; see `docs/configuration.md`."""

    owner: str = ""
    level: Level | None = None
    """None: the level follows from the content (`default_level`)."""
    policy: Literal["STRICT", "LENIENT"] = "STRICT"
    topic: str = "{event}.v{version}"
    subject: str = "{topic}-value"
    fail_on: tuple[Verdict, ...] = ("registry", "data")
    assume: tuple[str, ...] = ()
    payload: tuple[Literal["binary", "json"], ...] = ("binary",)
    """How Protobuf's events are sent; bytes are always judged."""
    roots: tuple[str, ...] = ()
    """The messages of a Protobuf file that are payloads; none named = all of the top level."""
    roots_line: int = field(default=1, compare=False)
    immutable: bool = False
    kind: Literal["fact", "state"] = "fact"
    criticality: Literal["normal", "money"] = "normal"
    personal: tuple[str, ...] = ()
    nobody_consumes: bool = False
    deprecated: Deprecation | None = None
    lifecycle: Literal["new", "changed"] = "new"
    """Which findings of a version that changed can fail: those that the change brings, or all of them."""
    severity: Mapping[str, Severity] = field(default_factory=dict)
    """`[severity]` of the project, by rule id: how much a finding counts, where that is not what its rule says."""
    event_name: str = ""
    """What the events call themselves, where that is not the event's name (`ManagerCreated` in `manager`); see EV02."""

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Everything that the data verdict takes for granted, in the words of `compare`."""
        as_json = ("json-payloads",) if "json" in self.payload else ()
        return (*self.assume, *as_json, *(f"root:{name}" for name in self.roots))

    def topic_of(self, version: VersionId) -> str:
        """The topic that carries a version of the event."""
        return self.topic.format(event=version.event, version=version.number)

    def subject_of(self, version: VersionId) -> str:
        """The registry's name for a version of the event."""
        return self.subject.format(event=version.event, version=version.number, topic=self.topic_of(version))


@dataclass(frozen=True, slots=True, order=True)
class VersionId:
    """`manager@2`: an event's name and the number of one of its versions."""

    event: str
    number: int

    def __str__(self) -> str:
        return f"{self.event}@{self.number}"


@dataclass(frozen=True, slots=True)
class Content:
    """The text of one schema, and of those it refers to: by repository path (JSON), full name (Avro), import path."""

    format: Format
    file: str
    text: str
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version:
    """A major line of an event at one commit (or in the index, or in the work tree)."""

    id: VersionId
    content: Content
    settings: Settings

    @property
    def topic(self) -> str:
        """The topic that carries it."""
        return self.settings.topic_of(self.id)

    @property
    def subject(self) -> str:
        """The registry's name for it."""
        return self.settings.subject_of(self.id)


@dataclass(frozen=True, slots=True)
class Revision:
    """One released content of a version; `commit` is the one that released it."""

    commit: str
    content: Content


@dataclass(frozen=True, slots=True)
class Declaration:
    """A service's statement that it produces or consumes versions of an event; `line` is where it says so."""

    event: str
    versions: tuple[int, ...]
    line: int = 1


@dataclass(frozen=True, slots=True)
class Production(Declaration):
    """`produces[]`. `outbox`: written with the state change in one transaction; emitted only while `flag` is on."""

    delivery: Literal["direct", "outbox"] = "direct"
    criticality: Literal["normal", "money"] = "normal"
    flag: str | None = None


@dataclass(frozen=True, slots=True)
class Idempotency:
    """How a consumer gives one fact one effect: `key` are dotted paths in the event, `store` is where keys are kept.

    `update-if-newer` compares the value at `newer_by`; equal ones count as newer with a higher event version.
    """

    key: tuple[str, ...]
    store: str | None = None
    on_conflict: Literal["ignore", "update", "update-if-newer"] | None = None
    newer_by: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """What a consumer does when its work fails: `base * factor**n` seconds up to `cap`, `max_attempts` in all.

    None is what the manifest does not state. Without `topics` the consumer waits in place.
    """

    topics: tuple[str, ...] = ()
    base: float | None = None
    factor: float | None = None
    cap: float | None = None
    jitter: bool | None = None
    max_attempts: int | None = None


@dataclass(frozen=True, slots=True)
class Consumption(Declaration):
    """`consumes[]`; None is what the manifest does not state. Without `topics` it reads those of the event."""

    group: str | None = None
    topics: tuple[str, ...] = ()
    mode: Literal["live", "shadow"] = "live"
    offsets: Literal["kafka", "external"] = "kafka"
    replays: bool = False
    """It rebuilds its state from the start of the topic."""
    offset_reset: Literal["earliest", "latest", "error"] | None = None
    isolation: Literal["read_committed", "read_uncommitted"] = "read_uncommitted"
    commit: Literal["after-processing", "auto", "before"] | None = None
    idempotency: Idempotency | None = None
    retry: Retry | None = None
    dlq: str | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """Settings of a service's Kafka producer; None is what the manifest does not state."""

    acks: Literal["all", "1", "0"] | None = None
    enable_idempotence: bool | None = None
    auto_register_schemas: bool | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`GET hiring:/ratings/{assessment_id}`: a method, and a path of the service that serves it."""

    method: str
    service: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.service}:{self.path}"


@dataclass(frozen=True, slots=True)
class Served:
    """`serves[]`: an endpoint of the service, and the file that describes it."""

    endpoint: Endpoint
    contract: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """`calls[]`: an endpoint that the service calls; `timeout` in seconds."""

    endpoint: Endpoint
    timeout: float | None = None
    retries: int | None = None
    idempotency_header: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A manifest `services/<name>.toml`. `client_id` holds `{version}`, so that members tell their version."""

    name: str
    owner: str
    file: str
    produces: tuple[Production, ...] = ()
    consumes: tuple[Consumption, ...] = ()
    client_id: str | None = None
    client: Client = Client()
    serves: tuple[Served, ...] = ()
    calls: tuple[Call, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    """Where each key of the file stands, by key path: `consumes[0].retry.cap`."""

    def line_of(self, path: str) -> int:
        """The line of a key path, or of the nearest table around it; 1 where neither is in the file."""
        while path and path not in self.lines:
            path = _LAST_STEP.sub("", path)
        return self.lines.get(path, 1)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All events and services of a repository at one commit; `versions` in order of event and number."""

    versions: Mapping[VersionId, Version]
    services: Mapping[str, Service]
    settings: Mapping[str, Settings]
    """By event, for every event that has a version or a table in schemagate.toml."""

    def of_event(self, event: str) -> tuple[Version, ...]:
        """Its versions, lowest number first."""
        return tuple(version for version in self.versions.values() if version.id.event == event)

    def producers(self, event: str) -> tuple[tuple[Service, Production], ...]:
        """The services that declare to produce any version of the event."""
        return tuple(
            (service, production)
            for service in self.services.values()
            for production in service.produces
            if production.event == event
        )

    def consumers(self, event: str) -> tuple[tuple[Service, Consumption], ...]:
        """The services that declare to consume any version of the event."""
        return tuple(
            (service, consumption)
            for service in self.services.values()
            for consumption in service.consumes
            if consumption.event == event
        )


_LAST_STEP = re.compile(r"(\.?[^.\[\]]+|\[[0-9]+\])$")

SCHEMAS: Final = "schemas/"
SHARED: Final = "schemas/_shared/"

_VERSION_FILE = re.compile(r"schemas/([^/]+)/v([1-9][0-9]{0,8})\.(json|avsc|proto)")


def version_of(path: str) -> tuple[VersionId, Format] | None:
    """Which version a repository path holds (`schemas/manager/v2.json`), or None for any other path."""
    match = _VERSION_FILE.fullmatch(path)
    if match is None:
        return None
    event, number, extension = match.groups()
    by_extension = {each.extension: each for each in Format}
    return VersionId(event, int(number)), by_extension["." + extension]
