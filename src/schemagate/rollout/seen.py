"""What was looked at before a step of a migration is decided?

One value, so that the same facts give the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from math import isfinite

from schemagate.facts import Approval, Attestation, BrokerFacts, Capability, Measured, SubjectState, Unknown
from schemagate.findings import Finding
from schemagate.rollout.gate import Place
from schemagate.rollout.plan import Plan
from schemagate.rollout.probes import Probe
from schemagate.rollout.progress import Progress
from schemagate.rollout.records import canonical, digest
from schemagate.rollout.waivers import Waiver
from schemagate.schema.event import Catalog, Level, Service, VersionId


@dataclass(frozen=True, slots=True)
class Merged:
    """What git says at the commit that counts.

    `mistakes` are what `migration lint` refuses: one sentence each. `findings` are the errors of lint by version
    ("assessment@2") and by service, `breaks` what the registry engine says between the plan's two versions, as
    `expected_breaks` spells it.
    """

    plan: Plan
    plan_hash: str
    catalog: Catalog
    mistakes: tuple[str, ...] = ()
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    breaks: tuple[str, ...] | Unknown = ()
    approvals: tuple[Approval, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    referring: tuple[str, ...] = ()
    """Versions in git whose schema refers to that of the old version."""
    levels: Mapping[VersionId, Level] = field(default_factory=dict)
    """What git says about each version of the plan's event."""


@dataclass(frozen=True, slots=True)
class Records:
    """What the state branch says; `earlier` is the progress in the environment before, None in the first one."""

    progress: Progress | Unknown
    earlier: Progress | Unknown | None = None
    capabilities: Mapping[str, tuple[Capability, ...] | Unknown] | Unknown = field(default_factory=dict)
    """By service; what was tested in any environment of the plan up to this one."""
    attestations: Mapping[str, tuple[Attestation, ...] | Unknown] | Unknown = field(default_factory=dict)
    """By team."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What servers answered. Only what the asked checks need was read; the rest is absent, and so unknown."""

    subjects: Mapping[str, SubjectState | Unknown] = field(default_factory=dict)
    referring: Mapping[str, tuple[str, ...] | Unknown] = field(default_factory=dict)
    """By subject: what the registry says refers to its schemas."""
    measured: Mapping[Probe, Measured | Unknown] = field(default_factory=dict)
    brokers: Mapping[str, BrokerFacts | Unknown] = field(default_factory=dict)
    """By cluster of the environment; none where it has `clusters = []`."""


@dataclass(frozen=True, slots=True)
class Build:
    """A build that is to be released: SERVICE@VERSION, and what its manifest says; `of` tells whose manifest it is."""

    name: str
    manifest: Service | Unknown
    of: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that a decision about one step in one environment is made from; `place.recorded` is what runs.

    `earlier` names the environment before this one in the plan. `can_observe` is False where the environment says
    `clusters = []`; else `clusters` names those that have to be read, and one of which nothing was read is unknown.
    `candidates` are the builds that the actors are about to release, by service.
    """

    merged: Merged
    place: Place
    now: datetime
    records: Records
    outside: Outside
    earlier: str | None = None
    can_observe: bool = True
    candidates: Mapping[str, Build] = field(default_factory=dict)
    clusters: tuple[str, ...] = ()

    @property
    def plan(self) -> Plan:
        """The plan at that commit."""
        return self.merged.plan


def evidence(seen: Seen) -> str:
    """The hash ("sha256:...") of all of it but the clock: the same facts, the same hash."""
    return digest(canonical(_plain(seen)))


def _plain(value: object) -> object:
    """A JSON value, the same for equal values in every process; when something was read does not count."""
    if is_dataclass(value) and not isinstance(value, type):
        clock = {Seen: "now", Measured: "at", BrokerFacts: "at"}.get(type(value))
        names = (each.name for each in fields(value) if each.compare and each.name != clock)
        return {"": type(value).__name__, **{name: _plain(getattr(value, name)) for name in names}}
    if isinstance(value, Mapping):
        return sorted(([_plain(key), _plain(each)] for key, each in value.items()), key=canonical)
    if isinstance(value, frozenset | set):
        return sorted((_plain(each) for each in value), key=canonical)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value if value is None or type(value) in (bool, int, float, str) else str(value)
