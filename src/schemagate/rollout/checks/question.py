"""What is one check asked? A step of a plan, one part of it, and everything that was seen; and who owns the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from schemagate.rollout.asked import Part
from schemagate.rollout.changes import Change
from schemagate.rollout.decision import Check
from schemagate.rollout.plan import EventSide, Plan, PlanConsumer, Step
from schemagate.rollout.seen import Seen
from schemagate.schema.event import Version, VersionId

PLATFORM = "platform"
"""Who runs brokers and registries."""


@dataclass(frozen=True, slots=True)
class Question:
    """`change` is what the step changes; `final`: nobody can take it back."""

    seen: Seen
    step: Step
    part: Part
    change: Change
    final: bool

    @property
    def plan(self) -> Plan:
        """The plan of the step."""
        return self.seen.plan

    @property
    def environment(self) -> str:
        """Where the step is to be taken."""
        return self.seen.place.environment

    @property
    def in_gate(self) -> bool:
        """It is asked before the step may be done; else it proves that the step was done."""
        return self.part is Part.GATE

    @property
    def new_version(self) -> Version | None:
        """The version that comes, as git has it; None where the plan has none."""
        return self._version(self.plan.new_version)

    @property
    def old_version(self) -> Version | None:
        """The version that goes, as git has it; None where a call goes."""
        return self._version(self.plan.old_version)

    def _version(self, number: int | None) -> Version | None:
        return self.seen.merged.catalog.versions.get(VersionId(self.plan.event, number or 0))

    @property
    def topic(self) -> str:
        """The topic of the version that comes, else of the one that goes."""
        sides = (self.plan.new, self.plan.old)
        return next((side.topic for side in sides if isinstance(side, EventSide)), self.plan.event)

    @property
    def consumers(self) -> tuple[PlanConsumer, ...]:
        """Whom the check is about: all consumers of the plan in a gate, the step's own actors in evidence."""
        if self.in_gate:
            return self.plan.consumers
        return tuple(each for each in self.plan.consumers if each.service in self.step.actors)

    def owner(self, service: str) -> str:
        """The team of a service; its own name where no manifest tells."""
        found = self.seen.merged.catalog.services.get(service)
        return found.owner if found is not None else service

    @property
    def event_owner(self) -> str:
        """The team of the plan's event."""
        settings = self.seen.merged.catalog.settings.get(self.plan.event)
        return (settings.owner if settings is not None else "") or self.plan.owner

    def asked_by(self, check: str, target: str) -> str:
        """What an attestation names that answers one check of one step: `us-160 14 CO3 hiring`."""
        return " ".join(filter(None, [self.plan.id, self.step.id, check, target]))


Looks: TypeAlias = Callable[[Question], Iterator[Check]]
"""One check: one answer per target."""

Family: TypeAlias = Mapping[str, Looks]
"""The checks of one letter pair, by id."""
