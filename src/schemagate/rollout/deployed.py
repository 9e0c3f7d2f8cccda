"""What runs in an environment by its records, and which versions of an event does each instance read?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemagate.facts import Deployment, Deployments, Unknown
from schemagate.schema.event import Service


@dataclass(frozen=True, slots=True)
class Instance:
    """A deployment, and what its manifest says; Unknown where this version of schemagate cannot read that."""

    deployment: Deployment
    manifest: Service | Unknown

    def readers(self, event: str) -> tuple[frozenset[int], ...]:
        """The versions of the event that each of its consumers reads; none where it consumes the event nowhere."""
        if isinstance(self.manifest, Unknown):
            return ()
        return tuple(frozenset(each.versions) for each in self.manifest.consumes if each.event == event)

    def reads(self, event: str) -> frozenset[int]:
        """The versions of the event that all of its consumers read."""
        readers = self.readers(event)
        return frozenset.intersection(*readers) if readers else frozenset()


@dataclass(frozen=True, slots=True)
class Running:
    """One service by its records: the instances that run, none after an undeployment."""

    records: Deployments
    instances: tuple[Instance, ...]


Recorded = Mapping[str, Running | Unknown] | Unknown
"""All services that have any deployment record in an environment, by name. Unknown: the records cannot be read."""


def same_build(one: str, other: str) -> bool:
    """A short form of a commit's hash is that commit."""
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= 7 and long.startswith(short))


def consumers(recorded: Recorded, event: str) -> list[str]:
    """The services of which a running instance is known to consume the event."""
    return [name for name, running in _readable(recorded) if any(each.readers(event) for each in running.instances)]


def unreadable(recorded: Recorded) -> list[str]:
    """The services that may consume everything: their records, or the manifest of an instance, cannot be read."""
    sound = {
        name
        for name, running in _readable(recorded)
        if not any(isinstance(each.manifest, Unknown) for each in running.instances)
    }
    return [] if isinstance(recorded, Unknown) else sorted(recorded.keys() - sound)


def _readable(recorded: Recorded) -> Iterator[tuple[str, Running]]:
    if not isinstance(recorded, Unknown):
        for name, running in sorted(recorded.items()):
            if not isinstance(running, Unknown):
                yield name, running
