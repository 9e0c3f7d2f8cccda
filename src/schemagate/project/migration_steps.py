"""How are the steps of a plan read? Each kind has fields of its own, and needs steps that stand before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemagate.project import migration_keys, migration_probes, toml
from schemagate.project.migration_keys import OWN, STEP
from schemagate.project.migration_problems import PlanProblems
from schemagate.rollout.plan import KINDS, Action, Backfill, DeleteTopic, DropTable, Release, Step
from schemagate.rollout.probes import Probe

MOST_STEPS: Final = 300
"""Of one plan; nobody could follow more."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a step says where it does not say: the tables and the topic of the old side."""

    tables: tuple[str, ...] = ()
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """The probes of `[probes]`: those that could be read, and the names of all."""

    probes: Mapping[str, Probe]
    names: Mapping[str, Any]


def read(entries: list[Any], named: Named, defaults: Defaults, problems: PlanProblems) -> tuple[tuple[Step, ...], bool]:
    """The steps that can be read, and whether these are all, without a mistake in them."""
    before = len(problems.errors)
    if not entries:
        problems.add("step", "is empty: a plan has steps")
    if len(entries) > MOST_STEPS:
        problems.add("step", f"has more than {MOST_STEPS} steps: split the migration")
        entries = entries[:MOST_STEPS]
    ids = [entry.get("id") if isinstance(entry, dict) else None for entry in entries]
    steps = [
        _step(entry, f"step[{number}]", _Place(ids[:number], ids, named, defaults), problems)
        for number, entry in enumerate(entries)
    ]
    return tuple(step for step in steps if step is not None), len(problems.errors) == before


@dataclass(frozen=True, slots=True)
class _Place:
    """What a step can refer to: the ids of the steps before it, all ids of the file, the named probes."""

    earlier: list[Any]
    ids: list[Any]
    named: Named
    defaults: Defaults


def _step(value: object, path: str, place: _Place, problems: PlanProblems) -> Step | None:
    if not isinstance(value, dict):
        problems.add(path, "must be a table")
        return None
    kind = _kind(value, path, problems)
    own = OWN.get(kind, {})
    entry = toml.table(_without_foreign(value, kind, path, problems), {**STEP, **own}, path, problems)
    _check_id(entry, path, place, problems)
    needs = _needs(entry, path, place, problems)
    actors = (entry["actor"],) if isinstance(entry.get("actor"), str) else tuple(entry.get("actor", ()))
    if kind and kind not in migration_keys.ACTORLESS and "actor" not in value:
        problems.add(f"{path}.actor", f"is missing: which service does the {kind}", "MG22")
    gate, evidence = (
        migration_probes.asked(entry.get(part, []), f"{path}.{part}", place.named.probes, place.named.names, problems)
        for part in ("gate", "evidence")
    )
    if kind == "do" and not entry.get("evidence"):
        problems.add(f"{path}.evidence", "is missing: a `do` is proven by a probe or an attestation", "MG22")
    action = _action(kind, {name: entry[name] for name in own if name in entry}, path, place, problems)
    if action is None or "id" not in entry:
        return None
    return Step(
        entry["id"],
        action,
        actors,
        entry.get("title", ""),
        needs,
        "needs" in entry,
        gate,
        evidence,
        problems.line(path),
    )


def _kind(value: Mapping[str, Any], path: str, problems: PlanProblems) -> str:
    """The kind, or "" where there is none of that name."""
    kind = value.get("kind")
    if isinstance(kind, str) and kind in KINDS:
        return kind
    if isinstance(kind, str) and kind:
        problems.add(f"{path}.kind", f"there is no kind {kind!r}{toml.nearest(kind, KINDS)}", "MG20")
    return ""


def _without_foreign(value: Mapping[str, Any], kind: str, path: str, problems: PlanProblems) -> dict[str, Any]:
    """The fields that this kind or no kind has; a field of another kind is a mistake of its own."""
    foreign = {name for own in OWN.values() for name in own} - set(OWN.get(kind, {}))
    for name in foreign & value.keys() if kind else ():
        owners = ", ".join(other for other, own in OWN.items() if name in own)
        problems.add(toml.dotted(path, name), f"is no field of {kind}, but of {owners}", "MG20")
    return {name: each for name, each in value.items() if name not in foreign}


def _check_id(entry: Mapping[str, Any], path: str, place: _Place, problems: PlanProblems) -> None:
    id_ = entry.get("id")
    if id_ is not None and id_ in place.earlier:
        problems.add(f"{path}.id", f"{id_!r} is the id of an earlier step", "MG21")
    if id_ in migration_keys.GATES:
        problems.add(f"{path}.id", f"{id_!r} is the name of a gate", "MG21")


def _needs(entry: Mapping[str, Any], path: str, place: _Place, problems: PlanProblems) -> tuple[str, ...]:
    """The ids of earlier steps, all of them where nothing is written."""
    earlier = [id_ for id_ in place.earlier if isinstance(id_, str)]
    if "needs" not in entry:
        return tuple(earlier)
    for number, need in enumerate(entry["needs"]):
        if need not in earlier:
            forward = need == entry.get("id") or need in place.ids
            why = "does not stand before this step" if forward else f"is no step{toml.nearest(need, earlier)}"
            problems.add(f"{path}.needs[{number}]", f"{need!r} {why}", "MG22")
    return tuple(dict.fromkeys(need for need in entry["needs"] if need in earlier))


def _action(kind: str, own: dict[str, Any], path: str, place: _Place, problems: PlanProblems) -> Action | None:
    """The kind with its fields; None where a field is missing that it cannot do without."""
    if not kind or any(key.required and name not in own for name, key in OWN[kind].items()):
        return None
    match kind:
        case "release":
            for name in own.keys() & {"consumes", "produces"}:
                own[name] = tuple(sorted(set(own[name])))
            return Release(**own)
        case "backfill":
            asked = own.get("probe")
            named = place.named
            probe = migration_probes.one(asked, f"{path}.probe", named.probes, named.names, problems) if asked else None
            return Backfill(own["how"], probe)
        case "drop-table":
            return DropTable(tuple(own["tables"]) if own.get("tables") else _default_tables(path, place, problems))
        case "delete-topic":
            return _deleted(own.get("topic", place.defaults.topic), path, problems)
        case _:
            return KINDS[kind](**own)


def _default_tables(path: str, place: _Place, problems: PlanProblems) -> tuple[str, ...]:
    if not place.defaults.tables:
        problems.add(f"{path}.tables", "is missing, and so is old.tables", "MG20")
    return place.defaults.tables


def _deleted(topic: str | None, path: str, problems: PlanProblems) -> DeleteTopic | None:
    if topic is None:
        problems.add(f"{path}.topic", "is missing, and the old side has no topic", "MG20")
        return None
    return DeleteTopic(topic)
