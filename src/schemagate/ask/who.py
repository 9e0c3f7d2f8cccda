"""Who produces and consumes an event, in which versions, and who still reads one that is going away?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from schemagate.errors import UsageError
from schemagate.project import toml
from schemagate.project.catalog import Project
from schemagate.schema.event import Consumption, Deprecation, Production, Service, Settings


@dataclass(frozen=True, slots=True)
class Party:
    """A service and what it declares; `deployed` are the versions recorded where it runs, None: nobody asked."""

    service: str
    owner: str
    declared: Production | Consumption
    file: str
    deployed: tuple[int, ...] | None

    @property
    def at(self) -> str:
        """`services/hiring.toml:9`."""
        return f"{self.file}:{self.declared.line}"


@dataclass(frozen=True, slots=True)
class Remaining:
    """A reader of a version that is deprecated; `past`: its sunset is over."""

    reader: Party
    version: int
    deprecated: Deprecation
    past: bool


@dataclass(frozen=True, slots=True)
class WhoReport:
    """The parties of an event, or of one version, in order of service; `versions` are those that were asked about."""

    event: str
    versions: tuple[int, ...]
    settings: Settings
    producers: tuple[Party, ...]
    consumers: tuple[Party, ...]
    remaining: tuple[Remaining, ...]


def who(project: Project, name: str, today: date) -> WhoReport:
    """The parties of `manager` or `manager@2`, as manifests declare them; raises UsageError with the nearest name."""
    event, wanted = _asked(project, name)
    settings = project.config.events[event]
    producers = _parties(project.catalog.producers(event), wanted)
    consumers = _parties(project.catalog.consumers(event), wanted)
    remaining = tuple(_remaining(settings.deprecated, consumers, wanted, today)) if settings.deprecated else ()
    return WhoReport(event, wanted, settings, producers, consumers, remaining)


def _asked(project: Project, name: str) -> tuple[str, tuple[int, ...]]:
    """The event, and the numbers of the versions in question."""
    if "@" in name:
        id_ = project.version(name).id
        return id_.event, (id_.number,)
    if name not in project.config.events:
        raise UsageError(f"there is no event {name!r}{toml.nearest(name, project.config.events)}")
    return name, tuple(version.id.number for version in project.catalog.of_event(name))


def _parties(
    declared: tuple[tuple[Service, Production | Consumption], ...], wanted: tuple[int, ...]
) -> tuple[Party, ...]:
    return tuple(
        Party(service.name, service.owner, declaration, service.file, _deployed(service))
        for service, declaration in sorted(declared, key=lambda pair: (pair[0].name, pair[1].line))
        if set(wanted).intersection(declaration.versions)
    )


def _deployed(service: Service) -> tuple[int, ...] | None:  # noqa: ARG001 - the place where records will be asked
    """What the deployment records say that runs; they are not asked yet, only the gate does."""
    return None


def _remaining(
    deprecated: Deprecation, consumers: tuple[Party, ...], wanted: tuple[int, ...], today: date
) -> Iterator[Remaining]:
    past = deprecated.sunset is not None and deprecated.sunset < today
    for reader in consumers:
        for number in reader.declared.versions:
            if number in wanted and deprecated.covers(number):
                yield Remaining(reader, number, deprecated, past)
