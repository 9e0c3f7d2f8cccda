"""Which checks does a step's gate ask, and which prove that it was done? The table of step kinds, as data.

The ids are those of `rollout.checks`; the plan's own probes come after them. BA1 and BA2 come first in
every gate and all evidence, BA3 wherever a broker is asked, and DE7 wherever nobody can take the step back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from schemagate.rollout.changes import Change, changes, irreversible
from schemagate.rollout.plan import (
    Action,
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
from schemagate.rollout.probes import Attest, ManifestList, Probe, Sql, Tables


class Part(StrEnum):
    """Of a step: what must hold before it may be done, and what proves that it was done."""

    GATE = "gate"
    EVIDENCE = "evidence"


BROKER: Final = frozenset(
    {"BA3", "PR2", "CO3", "CO5", "CO6", "CO7", "ST2", "SW5", "CA5", "DE2", "DE4", "DE6", "CL1", "CL4"}
    | {f"DR{number}" for number in range(1, 11)}
)
"""What only a broker can show."""

REGISTRY: Final = frozenset({"RG1", "RG3", "PR1", "DE5", "CL2"})
"""What the registry answers."""

OF_RECORDS: Final = frozenset({"RL1", "CO1", "CO2", "CO4"})
"""What the records tell without anybody being asked."""

WAITS: Final = frozenset(
    {"BA2", "CO3", "CO6", "CO7", "ST2", "ST3", "SW2", "SW3", "SW6", "CA3", "CA4", "DR5", "DR6", "DR7", "DR8", "DR10"}
    | {"DE2", "DE3", "DE4", "DE9", "CL1"}
)
"""What time alone may change."""

NAMED: Final[Mapping[str, str]] = {
    "SW1": "effects",
    "SW2": "parity",
    "ST3": "parity",
    "SW3": "latency",
    "SW6": "complete",
    "CA1": "endpoint_ready",
    "CA3": "equality",
    "CA4": "tables_unread",
    "DE8": "backfill",
    "DE9": "call_usage",
}
"""The checks that read a probe by its name in `[probes]`."""

_PRODUCER = ("PR1", "PR2", "PR3")
_CONSUMERS = tuple(f"CO{number}" for number in range(1, 8))
_DRAINED = tuple(f"DR{number}" for number in range(1, 11))


def checks(plan: Plan, step: Step, part: Part) -> tuple[str, ...]:
    """The ids of the checks of one part of a step, in the order in which they are told."""
    change = changes(plan)[step.id]
    own = dict.fromkeys(_gate(plan, step, change) if part is Part.GATE else _evidence(plan, step, change))
    final = part is Part.GATE and step.id in irreversible(plan)
    asked = dict.fromkeys([*own, *(["DE7"] if final else [])])
    sight = ["BA3"] if BROKER.intersection(asked) else []
    return tuple(dict.fromkeys(["BA1", "BA2", *sight, *asked]))


def probes(step: Step, part: Part) -> tuple[Probe, ...]:
    """The plan's own probes of one part of a step: what it lists, and what a backfill names."""
    if part is Part.GATE:
        return step.gate
    named = step.action.probe if isinstance(step.action, Backfill) else None
    return (named, *step.evidence) if named is not None else step.evidence


_GATES: Final[Mapping[type[Action], tuple[str, ...]]] = {
    Register: ("RG1", "RG2", "RG3"),
    SyncOn: ("CA1", "CA2"),
    SyncOff: ("SW1", "SW6"),
    DropTable: ("DE1", "DE3", "DE7", "CA4"),
    DeleteTopic: (*(f"DE{number}" for number in range(1, 9)), "DR1", "DR3", "DR6", "CO5"),
    Retire: ("DE1", "DE2", "DE3", "DE4", "DE5", "DE7"),
    Do: (),
}
"""Of the kinds whose gate does not depend on the plan."""

_EVIDENCE: Final[Mapping[type[Action], tuple[str, ...]]] = {
    Register: ("PR1",),
    SwitchOn: ("ST2",),
    Stop: ("ST1", "DR1", "DR2"),
    SyncOn: ("CA3", "CA4"),
    SyncOff: ("DE9",),
    DropTable: ("CL3",),
    DeleteTopic: ("CL1", "CL4"),
    Retire: ("CL2", "CL4"),
    Do: (),
}
"""Of the kinds whose evidence does not depend on the plan."""


def measured(plan: Plan, step: Step, part: Part) -> tuple[Probe, ...]:
    """Every probe of which somebody has to read the value before this part of the step can be decided."""
    ids = checks(plan, step, part)
    named = [plan.probes[NAMED[id_]] for id_ in ids if NAMED.get(id_) in plan.probes]
    tables = tables_of(plan, step) if "CL3" in ids else None
    found = dict.fromkeys([*named, *probes(step, part), *([tables] if tables is not None else [])])
    return tuple(each for each in found if not isinstance(each.source, Attest | ManifestList))


def tables_of(plan: Plan, step: Step) -> Probe | None:
    """The question whether the tables of a step are still there, asked where the probe `tables_unread` asks."""
    unread = plan.probes.get("tables_unread")
    if unread is None or not isinstance(unread.source, Sql) or not isinstance(step.action, DropTable):
        return None
    names = tuple(table.rpartition(".")[2] for table in step.action.tables)
    return Probe(Tables(unread.source.dsn, names), must=0)


def _gate(plan: Plan, step: Step, change: Change) -> Iterable[str]:
    match step.action:
        case Release() as release:
            return _release_gate(plan, release, change)
        case SwitchOn():
            return _may_produce(plan)
        case Stop():
            return _may_stop(plan)
        case Drain():
            return _drained(plan)
        case Backfill(how):
            return ("PR1", "CO1", "CO8") if how == "emit" else ()
        case _:
            return _GATES[type(step.action)]


def _release_gate(plan: Plan, release: Release, change: Change) -> Iterator[str]:
    yield "GU6"
    if change.gains_reader:
        yield "PR1"
    if change.loses_reader:
        yield from (*_DRAINED, "DE8")
    if change.goes_live:
        yield from ("SW1", "SW2", "SW3", "SW4", "SW5")
    if change.gains_emission:
        yield from _PRODUCER if release.flag else _may_produce(plan)
    if change.loses_emission:
        yield from _may_stop(plan)
    if release.calls is False:
        yield from ("DE3", "DE7", "DE9")


def _evidence(plan: Plan, step: Step, change: Change) -> Iterable[str]:
    match step.action:
        case Release() as release:
            return _release_evidence(release, change)
        case Drain():
            return _drained(plan)
        case Backfill(probe=probe):
            return () if probe is not None else ("DE8",)
        case _:
            return _EVIDENCE[type(step.action)]


def _release_evidence(release: Release, change: Change) -> Iterator[str]:
    yield from ("RL1", "CO3")
    if change.gains_reader:
        yield from ("CO1", "CO2", "CO4", "CO6")
    if change.loses_reader:
        yield "DE1"
    if change.goes_live:
        yield "SW6"
    if change.gains_emission and not release.flag:
        yield "ST2"
    if change.loses_emission:
        yield from ("ST1", "DR1", "DR2")
    if change.serves:
        yield "CA1"
    if release.calls is False:
        yield "DE9"


def _may_produce(plan: Plan) -> Iterator[str]:
    yield from (*_PRODUCER, *_CONSUMERS)
    if plan.rollout == "dual-write" or plan.criticality == "money":
        yield "CO8"
    if plan.type is PlanType.SYNC_TO_EVENT:
        yield "SW1"


def _may_stop(plan: Plan) -> Iterator[str]:
    if plan.type is PlanType.EVENT_TO_SYNC:
        yield from ("CA3", "CA4", "CA5")
    elif plan.rollout == "dual-write":
        yield from ("ST2", "ST3")


def _drained(plan: Plan) -> Iterator[str]:
    yield from _DRAINED
    if _is_state_on_new_topic(plan):
        yield "DE8"


def _is_state_on_new_topic(plan: Plan) -> bool:
    """State that exists only on the old topic has to be on the new one before the old one ends."""
    return plan.type is PlanType.EVENT_VERSION and plan.semantics == "state" and plan.topology == "new-topic"
