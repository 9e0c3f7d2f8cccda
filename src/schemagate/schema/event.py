"""What is an event, a version, a revision, a service? The repository's contracts as frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal


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
    immutable: bool = False
    kind: Literal["fact", "state"] = "fact"
    criticality: Literal["normal", "money"] = "normal"
    personal: tuple[str, ...] = ()
    nobody_consumes: bool = False
    event_name: str = ""
    """What the events call themselves, where that is not the event's name (`ManagerCreated` in `manager`); see EV02."""


@dataclass(frozen=True, slots=True, order=True)
class VersionId:
    """`manager@2`: an event's name and the number of one of its versions."""

    event: str
    number: int

    def __str__(self) -> str:
        return f"{self.event}@{self.number}"


@dataclass(frozen=True, slots=True)
class Content:
    """The text of one schema, and of the texts that it refers to, by repository path (JSON) or full name (Avro)."""

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
        return self.settings.topic.format(event=self.id.event, version=self.id.number)

    @property
    def subject(self) -> str:
        """The registry's name for it."""
        return self.settings.subject.format(event=self.id.event, version=self.id.number, topic=self.topic)


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
class Service:
    """A manifest `services/<name>.toml`."""

    name: str
    owner: str
    file: str
    produces: tuple[Declaration, ...] = ()
    consumes: tuple[Declaration, ...] = ()


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

    def consumers(self, event: str) -> tuple[tuple[Service, Declaration], ...]:
        """The services that declare to consume any version of the event."""
        return tuple(
            (service, declaration)
            for service in self.services.values()
            for declaration in service.consumes
            if declaration.event == event
        )


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
