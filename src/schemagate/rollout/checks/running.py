"""Which builds of a service run, as far as an environment lets one see it, and what do their manifests say?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from schemagate.facts import Unknown
from schemagate.rollout import deployed
from schemagate.rollout.gate import short
from schemagate.rollout.seen import Seen
from schemagate.schema.event import Service


@dataclass(frozen=True, slots=True)
class Running:
    """One instance and its manifest; `commit` and `at` are None where what is merged counts as deployed."""

    manifest: Service
    commit: str | None = None
    at: datetime | None = None
    instance: str = ""

    def __str__(self) -> str:
        """`deployed 2026-11-23 18:02Z as 3f2c1ab`."""
        if self.commit is None or self.at is None:
            return f"declared in {self.manifest.file}, deployment not observed"
        return f"deployed {self.at:%Y-%m-%d %H:%MZ} as {short(self.commit)}"


def of(seen: Seen, service: str) -> tuple[Running, ...] | Unknown:
    """The instances of a service, none where it was undeployed; Unknown where no record or no manifest tells."""
    if seen.place.deployments == "declared":
        manifest = seen.merged.catalog.services.get(service)
        return (Running(manifest),) if manifest is not None else Unknown(f"there is no manifest of {service}")
    recorded = seen.place.recorded
    if isinstance(recorded, Unknown):
        return recorded
    found = recorded.get(service)
    if found is None:
        return Unknown(
            f"no deployment of {service} is recorded in {seen.place.environment}",
            f"schemagate record deployment {service}@VERSION --env {seen.place.environment}"
            f" --manifest services/{service}.toml",
        )
    return found if isinstance(found, Unknown) else _instances(found)


def _instances(running: deployed.Running) -> tuple[Running, ...] | Unknown:
    instances = []
    for each in running.instances:
        if isinstance(each.manifest, Unknown):
            return each.manifest
        said = each.deployment
        instances.append(Running(each.manifest, said.commit, said.at, said.instance))
    return tuple(instances)


def concerned(seen: Seen) -> list[str]:
    """Every service that may have to do with the plan: its parties, who declares its event or call, and what runs."""
    event, catalog, call = seen.plan.event, seen.merged.catalog, seen.plan.call
    declared = {service.name for service, _ in (*catalog.producers(event), *catalog.consumers(event))}
    if call is not None:
        declared |= {s.name for s in catalog.services.values() if any(each.endpoint == call.call for each in s.calls)}
    recorded = {} if isinstance(seen.place.recorded, Unknown) else seen.place.recorded
    return sorted({*seen.plan.parties, *declared, *recorded})
