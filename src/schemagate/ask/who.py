"""Who produces and consumes an event, in which versions, declared and deployed, and who still reads an old one?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeAlias

from schemagate.ask import deployments
from schemagate.errors import UsageError
from schemagate.facts import Deployment, Unknown
from schemagate.project import toml
from schemagate.project.catalog import Project
from schemagate.project.git import open_repository
from schemagate.rollout.deployed import Instance, Recorded, Running
from schemagate.schema.event import Consumption, Deprecation, Production, Service, Settings

Entry: TypeAlias = Production | Consumption
_Side: TypeAlias = Literal["produces", "consumes"]


@dataclass(frozen=True, slots=True)
class Deployed:
    """An instance that runs, and the versions that its recorded manifest has; none: it does not name the event so."""

    deployment: Deployment
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Party:
    """A service and what it says of the event: in `file`, or (None) only in the manifest that it was deployed with.

    `deployed` are the instances that run, None: nobody asked, or nothing is recorded in that environment.
    """

    service: str
    owner: str
    entry: Entry
    file: str | None
    deployed: tuple[Deployed, ...] | Unknown | None

    @property
    def at(self) -> str | None:
        """`services/hiring.toml:9`."""
        return f"{self.file}:{self.entry.line}" if self.file else None

    @property
    def declared(self) -> tuple[int, ...]:
        """The versions that stand in git."""
        return self.entry.versions if self.file else ()

    @property
    def running(self) -> tuple[int, ...]:
        """The versions that any instance is known to have."""
        found = self.deployed if isinstance(self.deployed, tuple) else ()
        return tuple(sorted({number for each in found for number in each.versions}))


@dataclass(frozen=True, slots=True)
class Remaining:
    """A reader of a version that is deprecated; `past`: its sunset is over."""

    reader: Party
    version: int
    deprecated: Deprecation
    past: bool


@dataclass(frozen=True, slots=True)
class WhoReport:
    """The parties of an event, or of one version, in order of service; `versions` are those that were asked about.

    `environment` is where deployments were asked about, `recorded` whether records are kept there. `unreadable` are
    services of which nobody can say what they read, or (under "") the reason why no record can be read.
    """

    event: str
    versions: tuple[int, ...]
    settings: Settings
    producers: tuple[Party, ...]
    consumers: tuple[Party, ...]
    remaining: tuple[Remaining, ...]
    environment: str | None = None
    recorded: bool = False
    unreadable: tuple[tuple[str, Unknown], ...] = ()

    @property
    def exit_code(self) -> int:
        """3 where it is unknown what runs."""
        parties = (*self.producers, *self.consumers)
        return 3 if self.unreadable or any(isinstance(each.deployed, Unknown) for each in parties) else 0


def who(project: Project, name: str, today: date, environment: str | None = None) -> WhoReport:
    """The parties of `manager` or `manager@2`, as manifests declare them and, in an environment, as records say.

    Raises UsageError or ConfigError with the nearest name.
    """
    event, wanted = _asked(project, name)
    settings = project.config.events[event]
    recorded = None if environment is None else _recorded(project, environment)
    producers = _parties("produces", project.catalog.producers(event), event, recorded)
    consumers = _parties("consumes", project.catalog.consumers(event), event, recorded)
    report = WhoReport(
        event,
        wanted,
        settings,
        tuple(_touching(producers, wanted)),
        tuple(_touching(consumers, wanted)),
        (),
        environment,
        recorded is not None,
        () if recorded is None else tuple(_unreadable(recorded)),
    )
    old = settings.deprecated
    return replace(report, remaining=tuple(_remaining(old, report.consumers, wanted, today))) if old else report


def _recorded(project: Project, environment: str) -> Recorded | None:
    if project.config.environment(environment).deployments == "declared":
        return None
    return deployments.recorded(open_repository(project.root), project.config.state, environment)


def _asked(project: Project, name: str) -> tuple[str, tuple[int, ...]]:
    """The event, and the numbers of the versions in question."""
    if "@" in name:
        id_ = project.version(name).id
        return id_.event, (id_.number,)
    if name not in project.config.events:
        raise UsageError(f"there is no event {name!r}{toml.nearest(name, project.config.events)}")
    return name, tuple(version.id.number for version in project.catalog.of_event(name))


def _touching(parties: list[Party], wanted: tuple[int, ...]) -> Iterator[Party]:
    """Those with a version in question, and those that may run with one."""
    for each in parties:
        if isinstance(each.deployed, Unknown) or not set(wanted).isdisjoint((*each.declared, *each.running)):
            yield each


def _parties(
    side: _Side, declared: tuple[tuple[Service, Entry], ...], event: str, recorded: Recorded | None
) -> list[Party]:
    """Whom manifests in git name, then whom only a recorded manifest names, in order of service."""
    known: list[Party] = []
    for service, entry in declared:
        deployed = None if recorded is None else _deployed(side, service.name, entry, event, recorded)
        known.append(Party(service.name, service.owner, entry, service.file, deployed))
    named = {(each.service, _place(each.entry)) for each in known}
    for name, running in _readable(recorded).items():
        for instance in running.instances:
            for entry in _entries(instance, side, event):
                if (name, _place(entry)) not in named:
                    named.add((name, _place(entry)))
                    known.append(_only_deployed(side, name, instance, entry, recorded))
    return sorted(known, key=lambda each: (each.service, each.file is None, each.entry.line))


def _only_deployed(side: _Side, name: str, instance: Instance, entry: Entry, recorded: Recorded | None) -> Party:
    owner = "" if isinstance(instance.manifest, Unknown) else instance.manifest.owner
    deployed = None if recorded is None else _deployed(side, name, entry, entry.event, recorded)
    return Party(name, owner, entry, None, deployed)


def _deployed(side: _Side, name: str, entry: Entry, event: str, recorded: Recorded) -> tuple[Deployed, ...] | Unknown:
    """What the instances of a service say in the place of an entry."""
    running = recorded if isinstance(recorded, Unknown) else recorded.get(name)
    if running is None:
        return Unknown(
            f"no deployment of {name} is recorded", "schemagate record deployment  at the end of its rollout"
        )
    if isinstance(running, Unknown):
        return running
    found = []
    for instance in running.instances:
        if isinstance(instance.manifest, Unknown):
            return instance.manifest
        own = {n for e in _entries(instance, side, event) if _place(e) == _place(entry) for n in e.versions}
        found.append(Deployed(instance.deployment, tuple(sorted(own))))
    return tuple(found)


def _entries(instance: Instance, side: _Side, event: str) -> list[Entry]:
    if isinstance(instance.manifest, Unknown):
        return []
    entries: tuple[Entry, ...] = instance.manifest.produces if side == "produces" else instance.manifest.consumes
    return [entry for entry in entries if entry.event == event]


def _place(entry: Entry) -> str | None:
    """What tells the readers (writers) of one service apart: the group, or the flag."""
    return entry.group if isinstance(entry, Consumption) else entry.flag


def _readable(recorded: Recorded | None) -> Mapping[str, Running]:
    found = {} if recorded is None or isinstance(recorded, Unknown) else recorded
    return {name: running for name, running in sorted(found.items()) if isinstance(running, Running)}


def _unreadable(recorded: Recorded) -> Iterator[tuple[str, Unknown]]:
    """Who may read everything: the records, or the manifest of an instance, cannot be read."""
    if isinstance(recorded, Unknown):
        yield "", recorded
        return
    for name, running in sorted(recorded.items()):
        manifests = [running] if isinstance(running, Unknown) else [each.manifest for each in running.instances]
        for each in manifests:
            if isinstance(each, Unknown):
                yield name, each
                break


def _remaining(
    deprecated: Deprecation, consumers: tuple[Party, ...], wanted: tuple[int, ...], today: date
) -> Iterator[Remaining]:
    past = deprecated.sunset is not None and deprecated.sunset < today
    for reader in consumers:
        for number in sorted({*reader.declared, *reader.running}):
            if number in wanted and deprecated.covers(number):
                yield Remaining(reader, number, deprecated, past)
