"""On which parts of the model does a step tread, and at which do its rules look?

Two steps whose footprints do not touch may come in either order: each is accepted or refused as before, and the world
afterwards is the same. Footprints are generous: a part too many costs time, never an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from schemagate.rollout.plan import (
    Backfill,
    DeleteTopic,
    Do,
    Drain,
    DropTable,
    Plan,
    PlanType,
    Register,
    Release,
    Retire,
    Step,
    Stop,
    SwitchOn,
    SyncOff,
    SyncOn,
)

Parts: TypeAlias = frozenset[str]

PARITY: Final = "parity"
SERVED: Final = "served"
TOPICS: Final = "topics"


def reads(service: str, version: int) -> str:
    """Whether a consumer lists a version."""
    return f"reads {service} {version}"


def emits(service: str, version: int) -> str:
    """Whether a producer emits or lists a version."""
    return f"emits {service} {version}"


def unread(version: int) -> str:
    """Whether records of a version may be unread."""
    return f"unread {version}"


def registered(version: int) -> str:
    """Whether the registry has a version."""
    return f"registered {version}"


def call(service: str) -> str:
    """Whether a caller has the call on, or in its code."""
    return f"call {service}"


@dataclass(frozen=True, slots=True)
class Footprint:
    """Parts of the model by name: what a step may change, and at what its rules look.

    To what it `adds`, others may add the same: who comes first makes no difference there.
    """

    writes: Parts = frozenset()
    looks: Parts = frozenset()
    adds: Parts = frozenset()

    @property
    def changes(self) -> Parts:
        """All that it may change."""
        return self.writes | self.adds

    def touches(self, other: Footprint) -> bool:
        """Whether the order of the two steps may make a difference."""
        looked_at = self.changes & other.looks or other.changes & self.looks
        return bool(looked_at or self.writes & other.changes or other.writes & self.changes)

    def __or__(self, other: Footprint) -> Footprint:
        return Footprint(self.writes | other.writes, self.looks | other.looks, self.adds | other.adds)


def footprints(plan: Plan) -> list[Footprint]:
    """Of every step. What a release changes in reading is known, since releases of one service keep their order."""
    ground = _Ground(plan)
    old = frozenset({plan.old_version} if plan.old_version is not None else ())
    has = dict.fromkeys(plan.readers, old)
    found = []
    for step in plan.steps:
        found.append(_footprint(step, ground, has))
        if isinstance(step.action, Release) and step.action.consumes is not None:
            has |= {name: frozenset(step.action.consumes) for name in step.actors if name in has}
    return found


@dataclass(frozen=True, slots=True)
class _Ground:
    """The parts of one plan's model."""

    plan: Plan

    def all_reads(self, version: int | None) -> Parts:
        return frozenset(reads(name, version) for name in self.plan.readers if version is not None)

    def all_emits(self, version: int | None) -> Parts:
        return frozenset(emits(name, version) for name in self.plan.emitters if version is not None)

    def use(self, version: int | None) -> Parts:
        """Who uses a version, and whether its records are read."""
        return self.all_reads(version) | self.all_emits(version) | ({unread(version)} if version is not None else set())

    def calls(self) -> Parts:
        return frozenset((SERVED, *(call(name) for name in self.plan.callers)))

    def ends(self) -> Parts:
        """What must not end before the call is on, where an event becomes a call."""
        old = self.plan.old_version
        return self.all_reads(old) | self.all_emits(old) if self.plan.type is PlanType.EVENT_TO_SYNC else frozenset()

    def starts(self) -> Parts:
        """The call, where the event waits for it."""
        return self.calls() if self.plan.type is PlanType.EVENT_TO_SYNC else frozenset()

    def event_paths(self) -> Parts:
        """By event: what lets a fact of money take effect, for one whose call goes off."""
        plan = self.plan
        if plan.criticality != "money" or plan.call is None:
            return frozenset()
        version = plan.new_version if plan.new_version is not None else plan.old_version
        modes = frozenset(f"mode {name}" for name in plan.readers)
        return self.all_reads(version) | self.all_emits(version) | modes

    def call_paths(self) -> Parts:
        """By call: the same, for a consumer or a producer that leaves."""
        return self.calls() if self.plan.criticality == "money" else frozenset()

    def emitters(self) -> Parts:
        """All of them, where a fact of money needs any one."""
        return frozenset(part for part in self.event_paths() if part.startswith("emits "))

    def twice(self) -> Parts:
        """Both, where a fact that takes both ways has two effects; that depends on all at once."""
        return frozenset() if self.plan.has_one_effect else self.event_paths() | self.call_paths()


def _footprint(step: Step, ground: _Ground, has: Mapping[str, frozenset[int]]) -> Footprint:  # noqa: C901 - a case a kind
    actors, plan = step.actors, ground.plan
    match step.action:
        case Register(version):
            return Footprint(adds=frozenset({registered(version)}))
        case SwitchOn(version):
            return _starting(actors, (version,), ground)
        case Stop(version):
            return _stopping(actors, (version,), ground)
        case Drain(version):
            return Footprint(frozenset({unread(version)}), ground.all_emits(version))
        case SyncOn() | SyncOff():
            return _calling(actors, isinstance(step.action, SyncOn), ground)
        case Backfill(how):
            return _filling(how, ground)
        case DropTable():
            return Footprint(looks=ground.all_reads(plan.old_version))
        case DeleteTopic(topic):
            on_it = [ground.use(version) for version in plan.versions if plan.topic_of(version) == topic]
            return Footprint(looks=frozenset[str]().union(*on_it), adds=frozenset({TOPICS}))
        case Retire(version, kept):
            deleted = frozenset[str]() if kept == "keep" else frozenset({registered(version)})
            return Footprint(deleted, ground.use(version) | {TOPICS})
        case Release():
            return _releasing(step.action, actors, ground, has)
        case Do():
            return Footprint()
        case _:
            assert_never(step.action)


def _starting(actors: Iterable[str], versions: Iterable[int], ground: _Ground) -> Footprint:
    writes, looks = set[str](), {TOPICS, *ground.twice()}
    for version in versions:
        writes |= {emits(name, version) for name in actors}
        looks |= {registered(version), *ground.all_reads(version)}
    return Footprint(frozenset(writes), frozenset(looks))


def _stopping(actors: Iterable[str], versions: Iterable[int], ground: _Ground) -> Footprint:
    writes = frozenset(emits(name, version) for name in actors for version in versions)
    return Footprint(writes, ground.starts() | ground.call_paths() | ground.emitters())


def _calling(actors: Iterable[str], goes_on: bool, ground: _Ground) -> Footprint:
    """One caller's call is judged by itself, whatever the others do."""
    writes = frozenset(call(name) for name in actors)
    if goes_on:
        return Footprint(writes, ground.twice() - ground.calls() | {SERVED})
    return Footprint(writes, ground.event_paths() | ground.ends() | {SERVED, PARITY})


def _filling(how: str, ground: _Ground) -> Footprint:
    new = ground.plan.new_version
    if how == "rewrite" or new is None:
        return Footprint(adds=frozenset({PARITY}))
    looks = ground.all_reads(new) | {registered(new), TOPICS}
    return Footprint(looks=looks, adds=frozenset({PARITY, unread(new)}))


def _releasing(
    action: Release, actors: tuple[str, ...], ground: _Ground, has: Mapping[str, frozenset[int]]
) -> Footprint:
    plan, found = ground.plan, Footprint()
    if action.consumes is not None:
        found |= _reading(frozenset(action.consumes), {name: has[name] for name in actors if name in has}, ground)
    if action.mode is not None:
        live = action.mode == "live"
        looks = ground.twice() | ground.all_emits(plan.new_version) if live else ground.call_paths()
        proof = frozenset({PARITY} if live else ())
        found |= Footprint(frozenset(f"mode {name}" for name in actors), looks, proof)
    if action.produces is not None:
        every = {*plan.versions, *action.produces}
        found |= _starting(actors, action.produces, ground) | _stopping(actors, every, ground)
    if action.calls is not None:
        found |= _calling(actors, action.calls, ground)
    if action.serves is not None:
        found |= Footprint(frozenset({SERVED}), ground.calls() | ground.ends() | ground.event_paths() | {PARITY})
    return found


def _reading(wanted: frozenset[int], had: Mapping[str, frozenset[int]], ground: _Ground) -> Footprint:
    """A consumer that reads more pleases every rule but S6; what it reads no more has to be drained (S1, S2)."""
    writes = frozenset(reads(name, version) for name, old in had.items() for version in old ^ wanted)
    lost = frozenset[int]().union(*had.values()) - wanted
    looks = {TOPICS, *(registered(version) for version in wanted), *ground.twice()}
    for version in lost:
        looks |= {unread(version), *ground.all_emits(version), *ground.call_paths()}
        looks |= ground.starts() if version == ground.plan.old_version else set()
    return Footprint(writes, frozenset(looks))
