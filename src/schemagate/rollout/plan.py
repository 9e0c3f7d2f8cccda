"""What is a migration? One planned change of one event: an ordered list of typed steps, as frozen values.

Durations are seconds. What a kind means for the model, its gate and its evidence: `docs/migrations.md`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from schemagate.rollout.probes import Probe
from schemagate.schema.event import Endpoint


class PlanType(StrEnum):
    """What changes into what."""

    EVENT_VERSION = "event-version"
    SYNC_TO_EVENT = "sync-to-event"
    EVENT_TO_SYNC = "event-to-sync"
    EVENT_RETIRE = "event-retire"


@dataclass(frozen=True, slots=True)
class Register:
    """The version's schema is in the registry."""

    version: int


@dataclass(frozen=True, slots=True)
class Release:
    """Each actor's deployed manifest has these sets, for the plan's event and call; None stays as it is."""

    consumes: tuple[int, ...] | None = None
    produces: tuple[int, ...] | None = None
    mode: Literal["live", "shadow"] | None = None
    flag: str | None = None
    """What is produced anew is not emitted before this flag is on."""
    calls: bool | None = None
    serves: bool | None = None


@dataclass(frozen=True, slots=True)
class SwitchOn:
    """The actors emit the version, by a flag or a build."""

    version: int


@dataclass(frozen=True, slots=True)
class Stop:
    """The actors emit the version no more."""

    version: int


@dataclass(frozen=True, slots=True)
class Drain:
    """Every consumer has passed every record of the version; the step only waits."""

    version: int


@dataclass(frozen=True, slots=True)
class SyncOn:
    """The actors call, by a flag or a build."""


@dataclass(frozen=True, slots=True)
class SyncOff:
    """The actors call no more; the code may stay. `cut_over`: what tells a paid call from a paid event."""

    cut_over: Literal["one-key", "marker"] | None = None


@dataclass(frozen=True, slots=True)
class Backfill:
    """Consumers hold the whole state: the actors emit it again, or rows change in place."""

    how: Literal["emit", "rewrite"]
    probe: Probe | None = None


@dataclass(frozen=True, slots=True)
class DropTable:
    """Tables that were filled from the old event are gone."""

    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeleteTopic:
    """The topic is gone, and its records with it."""

    topic: str


@dataclass(frozen=True, slots=True)
class Retire:
    """The version is retired in git; the registry keeps its schema, or deletes it."""

    version: int
    registry: Literal["keep", "soft-delete", "hard-delete"] = "keep"


@dataclass(frozen=True, slots=True)
class Do:
    """Something that the model does not know, with evidence."""

    irreversible: bool = False


Action: TypeAlias = (
    Register | Release | SwitchOn | Stop | Drain | SyncOn | SyncOff | Backfill | DropTable | DeleteTopic | Retire | Do
)

KINDS: Final[Mapping[str, type[Action]]] = {
    "register": Register,
    "release": Release,
    "switch-on": SwitchOn,
    "stop": Stop,
    "drain": Drain,
    "sync-on": SyncOn,
    "sync-off": SyncOff,
    "backfill": Backfill,
    "drop-table": DropTable,
    "delete-topic": DeleteTopic,
    "retire": Retire,
    "do": Do,
}
"""The closed list of step kinds, as plans write them."""

_NAMES: Final = {action: name for name, action in KINDS.items()}


def kind_of(action: Action) -> str:
    """The name of its kind in the closed list."""
    return _NAMES[type(action)]


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `needs` are ids of earlier steps, written or by default all of them; `line` is where it stands."""

    id: str
    action: Action
    actors: tuple[str, ...] = ()
    title: str = ""
    needs: tuple[str, ...] = ()
    needs_written: bool = False
    gate: tuple[Probe, ...] = ()
    evidence: tuple[Probe, ...] = ()
    line: int = 1

    @property
    def kind(self) -> str:
        """The name of its kind in the closed list."""
        return kind_of(self.action)

    def __str__(self) -> str:
        """`14 release assessments`."""
        return " ".join(filter(None, [self.id, self.kind, ", ".join(self.actors)]))


def releases_before(steps: Sequence[Step], number: int) -> list[int]:
    """Releases of one service keep their order, whatever they need: the positions of those before a step's own."""
    step = steps[number]
    if not isinstance(step.action, Release):
        return []
    mine = set(step.actors)
    return [n for n, each in enumerate(steps[:number]) if isinstance(each.action, Release) and mine & {*each.actors}]


@dataclass(frozen=True, slots=True)
class EventSide:
    """The old or the new side where it is an event: a version on a topic, under a subject."""

    version: int
    topic: str
    subject: str
    match: tuple[str | int, ...] = ()
    """What the discriminator finds in records of this version."""
    tables: tuple[str, ...] = ()
    """What consumers fill from it, as `service.table`."""


@dataclass(frozen=True, slots=True)
class CallSide:
    """The old or the new side where it is a synchronous call."""

    call: Endpoint
    contract: str | None = None
    timeout: float | None = None
    retries: int | None = None
    idempotency_header: str | None = None


@dataclass(frozen=True, slots=True)
class External:
    """A consumer whose offsets no broker knows: who attests for it, and how long that counts."""

    by: str
    max_age: float


@dataclass(frozen=True, slots=True)
class PlanConsumer:
    """A service that reads the event."""

    service: str
    groups: tuple[str, ...] = ()
    idempotency_key: tuple[str, ...] = ()
    external: External | None = None


@dataclass(frozen=True, slots=True)
class PlanProducer:
    """A service that emits the event; `outbox` counts unsent rows of the old version, None says there is none."""

    service: str
    outbox: Probe | None = None


@dataclass(frozen=True, slots=True)
class SideTopic:
    """A retry topic, dead letters, a mirror: where else records of the event stand, and what must become of them."""

    topic: str
    policy: Literal["drained", "resolved", "archived"]
    archive: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take or must last, in seconds; see `docs/migrations.md`."""

    quiet_period: float = 600
    evidence_max_age: float = 900
    sample_gap: float = 10
    acl_propagation: float = 30
    hold_before_delete: float = 7 * 86400
    absent_for: float = 600
    scan_budget: int = 50_000_000
    require_purged: bool = False


@dataclass(frozen=True, slots=True)
class Approvals:
    """Who must agree to irreversible steps: how many, of which teams, how fresh, checked how, in which environments."""

    irreversible: int = 1
    teams: tuple[str, ...] = ()
    max_age: float = 72 * 3600
    verify: Literal["forge", "signed"] = "forge"
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A file `migrations/<id>.toml`, checked."""

    id: str
    file: str
    type: PlanType
    owner: str
    event: str
    semantics: Literal["fact", "state"]
    old: EventSide | CallSide
    new: EventSide | CallSide | None
    steps: tuple[Step, ...]
    title: str = ""
    criticality: Literal["normal", "money"] = "normal"
    topology: Literal["new-topic", "same-topic"] | None = None
    rollout: Literal["switch", "dual-write"] | None = None
    fence: Literal["acl", "principal", "broker-validation", "observed"] = "observed"
    discriminator: str = "schema-id"
    environments: tuple[str, ...] = ()
    expected_breaks: tuple[str, ...] = ()
    semantic_changes: tuple[str, ...] = ()
    retired_groups: tuple[str, ...] = ()
    consumers: tuple[PlanConsumer, ...] = ()
    producers: tuple[PlanProducer, ...] = ()
    callers: tuple[str, ...] = ()
    side_topics: tuple[SideTopic, ...] = ()
    limits: Limits = Limits()
    approvals: Approvals = Approvals()
    probes: Mapping[str, Probe] = field(default_factory=dict)

    @property
    def old_version(self) -> int | None:
        """The version that goes; None where a call goes."""
        return self.old.version if isinstance(self.old, EventSide) else None

    @property
    def new_version(self) -> int | None:
        """The version that comes; None where none does."""
        return self.new.version if isinstance(self.new, EventSide) else None

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions on either side, the old one first."""
        return tuple(version for version in (self.old_version, self.new_version) if version is not None)

    @property
    def call(self) -> CallSide | None:
        """The call that goes or comes."""
        return next((side for side in (self.old, self.new) if isinstance(side, CallSide)), None)

    @property
    def readers(self) -> tuple[str, ...]:
        """The consumers that the model follows; external ones are left to attestations (CO4, DR9)."""
        return tuple(each.service for each in self.consumers if each.external is None)

    @property
    def keyless(self) -> tuple[str, ...]:
        """The readers without a key by which they tell a fact that comes twice."""
        return tuple(each.service for each in self.consumers if each.external is None and not each.idempotency_key)

    @property
    def has_one_effect(self) -> bool:
        """Every reader has such a key, and the probe `effects` counts: both are needed for money."""
        return not self.keyless and "effects" in self.probes

    @property
    def emitters(self) -> tuple[str, ...]:
        """The producers' names."""
        return tuple(each.service for each in self.producers)

    @property
    def parties(self) -> frozenset[str]:
        """Every service that the plan names as one of its own."""
        server = (self.call.call.service,) if self.call else ()
        return frozenset((*(each.service for each in self.consumers), *self.emitters, *self.callers, *server))

    def topic_of(self, version: int) -> str | None:
        """The topic that carries a version of this plan; None for any other version."""
        sides = (side for side in (self.old, self.new) if isinstance(side, EventSide))
        return next((side.topic for side in sides if side.version == version), None)

    def advance(self, step: Step, env: str) -> str:
        """The command that takes a step its next state."""
        return f"schemagate migration advance {self.id} {step.id} --env {env}"

    def step(self, id_: str) -> Step | None:
        """The step of that id."""
        return next((step for step in self.steps if step.id == id_), None)
