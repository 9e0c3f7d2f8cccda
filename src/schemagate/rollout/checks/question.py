"""What is one check asked? A step of a plan, one part of it, and everything that was seen; and who owns the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from schemagate.rollout.asked import Part
from schemagate.rollout.changes import Change
from schemagate.rollout.decision import Check
from schemagate.rollout.plan import (
    DeleteTopic,
    Drain,
    EventSide,
    Plan,
    PlanConsumer,
    Register,
    Release,
    Retire,
    Step,
    Stop,
    SwitchOn,
)
from schemagate.rollout.seen import Seen
from schemagate.schema.event import Version, VersionId

PLATFORM = "platform"
"""Who runs brokers and registries."""

SKEW: Final = timedelta(minutes=5)
"""How far the clock that made a record may be ahead of ours."""


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
    def coming(self) -> int | None:
        """The number of the version that comes: the one that the step itself names, else the plan's new one."""
        match self.step.action:
            case Register(version) | SwitchOn(version):
                return version
            case _:
                return self.plan.new_version

    @property
    def going(self) -> int | None:
        """The number of the version that goes: the one that the step itself names, else the plan's old one."""
        match self.step.action:
            case Stop(version) | Drain(version) | Retire(version):
                return version
            case _:
                return self.plan.old_version

    @property
    def new_version(self) -> Version | None:
        """The version that comes, as git has it; None where the plan has none."""
        return self._version(self.coming)

    @property
    def old_version(self) -> Version | None:
        """The version that goes, as git has it; None where a call goes."""
        return self._version(self.going)

    def _version(self, number: int | None) -> Version | None:
        return self.seen.merged.catalog.versions.get(VersionId(self.plan.event, number or 0))

    @property
    def new_topic(self) -> str:
        """The topic of the version that comes, else of the one that goes."""
        return self._topic(self.plan.new, self.plan.old)

    @property
    def old_topic(self) -> str:
        """The topic that the step deletes, else that of the version that goes, else of the one that comes."""
        if isinstance(self.step.action, DeleteTopic):
            return self.step.action.topic
        return self._topic(self.plan.old, self.plan.new)

    def _topic(self, *sides: object) -> str:
        return next((side.topic for side in sides if isinstance(side, EventSide)), self.plan.event)

    @property
    def released(self) -> tuple[PlanConsumer, ...]:
        """Whom a check of builds is about: all consumers of the plan; in the evidence of a release, its own."""
        if self.in_gate or not isinstance(self.step.action, Release):
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

    def is_ahead(self, at: datetime) -> bool:
        """A time that lies in the future, further than clocks differ: what bears it proves nothing."""
        return at - self.seen.now > SKEW

    def asked_by(self, check: str, target: str) -> str:
        """What an attestation names that answers one check of one step: `us-160 14 CO3 hiring`."""
        return " ".join(filter(None, [self.plan.id, self.step.id, check, target]))


Looks: TypeAlias = Callable[[Question], Iterator[Check]]
"""One check: one answer per target."""

Family: TypeAlias = Mapping[str, Looks]
"""The checks of one letter pair, by id."""
