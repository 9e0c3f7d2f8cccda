"""What does `migrations/<id>.toml` say? Every mistake of the file at once, each with key path, line and rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemagate.project import keys, migration_keys, migration_probes, migration_steps, toml
from schemagate.project.config import Config
from schemagate.project.migration_problems import FileError, PlanProblems
from schemagate.project.toml_lines import lines
from schemagate.rollout.plan import (
    Approvals,
    CallSide,
    DeleteTopic,
    EventSide,
    External,
    Limits,
    Plan,
    PlanConsumer,
    PlanProducer,
    PlanType,
    SideTopic,
    Step,
)
from schemagate.rollout.probes import Probe
from schemagate.schema.event import Catalog, Endpoint, Settings, VersionId

FOLDER: Final = "migrations/"

_EVENT, _CALL = "event", "call"
_SIDES: Final = {
    PlanType.EVENT_VERSION: (_EVENT, _EVENT),
    PlanType.SYNC_TO_EVENT: (_CALL, _EVENT),
    PlanType.EVENT_TO_SYNC: (_EVENT, _CALL),
    PlanType.EVENT_RETIRE: (_EVENT, None),
}
"""What the old and the new side of each type are."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says: `plan` is None where too little of it can be read; `whole` means that nothing is left out."""

    plan: Plan | None
    whole: bool
    problems: PlanProblems
    probes: frozenset[str] = frozenset()
    """The names in `[probes]`, readable or not."""

    @property
    def errors(self) -> tuple[FileError, ...]:
        """The mistakes, by line."""
        return tuple(sorted(dict.fromkeys(self.problems.errors), key=lambda each: (each.line, each.path)))


def read(data: bytes, file: str, catalog: Catalog, config: Config) -> Reading:
    """The plan of a file; topics, subjects and environments that it leaves out come from the catalog and the config."""
    problems = PlanProblems(file, lines=lines(data.decode("utf-8", "replace")))
    tables = toml.parse(data, problems)
    if problems.errors:
        return Reading(None, False, problems)
    entry = toml.table(tables, migration_keys.PLAN, "", problems)
    if "id" in entry and f"{FOLDER}{entry['id']}.toml" != file:
        problems.add("id", f"is {entry['id']!r}, and the file is named otherwise", "F02")
    if "type" not in entry:
        return Reading(None, False, problems)
    return _Reader(entry, PlanType(entry["type"]), catalog, config, problems).reading(tables)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the tables of one file, whose own keys are checked."""

    entry: dict[str, Any]
    type: PlanType
    catalog: Catalog
    config: Config
    problems: PlanProblems

    def reading(self, tables: Mapping[str, Any]) -> Reading:
        """The plan, as far as it goes."""
        old_kind, new_kind = _SIDES[self.type]
        old, new = self._side("old", old_kind), self._side("new", new_kind)
        names = tables.get("probes", {})
        probes = migration_probes.named(self.entry.get("probes", {}), self.problems)
        named = migration_steps.Named(probes, names if isinstance(names, dict) else {})
        steps, whole = migration_steps.read(self.entry.get("step", []), named, _defaults(old), self.problems)
        if self.type is PlanType.EVENT_VERSION and "semantic_changes" not in self.entry:
            self.problems.add(
                "semantic_changes", "is missing: what changes its meaning and keeps its shape; [] says nothing", "MG15"
            )
        parts = {**self._parties(named), **self._rest(), "probes": probes, "steps": steps}
        required = {"id", "owner", "event", "semantics"} <= self.entry.keys()
        if old is None or (new is None and new_kind is not None) or not required:
            return Reading(None, False, self.problems)
        parts["fence"] = self.entry.get("fence", self._default_fence(old, steps))
        callers = [*self._old_callers(), *(caller for caller in parts["callers"])]
        plan = Plan(
            file=self.problems.file,
            type=self.type,
            old=old,
            new=new,
            **{**parts, "callers": tuple(dict.fromkeys(callers))},
        )
        return Reading(plan, whole and len(probes) == len(named.names), self.problems, frozenset(named.names))

    def _side(self, name: str, kind: str | None) -> EventSide | CallSide | None:
        value = self.entry.get(name)
        if kind is None:
            if value is not None:
                self.problems.add(name, f"{self.type} has no {name} side", "MG07")
            return None
        if value is None:
            if name == "new":
                self.problems.add(name, f"is missing: {self.type} says what comes instead", "MG07")
            return None
        mine, others = _side_keys(kind)
        for key in value.keys() & others.keys() - mine.keys():
            self.problems.add(f"{name}.{key}", f"belongs to {_other(kind)}, and the {name} side is {_a(kind)}", "MG07")
        own = {key: each for key, each in value.items() if key in mine or key not in others}
        entry = toml.table(own, mine, name, self.problems)
        if kind == _CALL:
            return _call(entry)
        return self._event_side(entry) if "version" in entry and "event" in self.entry else None

    def _event_side(self, entry: Mapping[str, Any]) -> EventSide:
        version = VersionId(self.entry["event"], entry["version"])
        settings = self.catalog.settings.get(version.event, Settings())
        topic = entry.get("topic", settings.topic.format(event=version.event, version=version.number))
        subject = settings.subject.format(event=version.event, version=version.number, topic=topic)
        return EventSide(
            version.number,
            topic,
            entry.get("subject", subject),
            tuple(entry.get("match", ())),
            tuple(entry.get("tables", ())),
        )

    def _old_callers(self) -> list[str]:
        sides = (self.entry.get(name) for name in ("old", "new"))
        listed = [side.get("callers", []) for side in sides if isinstance(side, dict)]
        return [each for callers in listed if isinstance(callers, list) for each in callers if isinstance(each, str)]

    def _parties(self, named: migration_steps.Named) -> dict[str, Any]:
        consumers = self._tables("consumers", migration_keys.CONSUMER)
        producers = self._tables("producers", migration_keys.PRODUCER)
        callers = self._tables("callers", migration_keys.CALLER)
        return {
            "consumers": tuple(self._consumer(entry, path) for path, entry in consumers),
            "producers": tuple(
                PlanProducer(entry["service"], self._outbox(entry.get("outbox"), path, named))
                for path, entry in producers
            ),
            "callers": tuple(entry["service"] for _, entry in callers),
        }

    def _tables(self, name: str, known: Mapping[str, keys.Key]) -> list[tuple[str, dict[str, Any]]]:
        """The tables of a list that name a service, each with its key path; a service stands once."""
        found: dict[str, tuple[str, dict[str, Any]]] = {}
        for number, value in enumerate(self.entry.get(name, [])):
            path = f"{name}[{number}]"
            entry = toml.table(value, known, path, self.problems)
            service = entry.get("service")
            if service in found:
                self.problems.add(f"{path}.service", f"{service} is named twice")
            elif service is not None:
                found[service] = (path, entry)
        return list(found.values())

    def _consumer(self, entry: Mapping[str, Any], path: str) -> PlanConsumer:
        key = entry.get("idempotency_key", ())
        external = None
        if entry.get("offsets") == "external":
            attest = toml.table(entry.get("attest", {}), migration_keys.ATTEST, f"{path}.attest", self.problems)
            external = External(attest.get("by", ""), keys.seconds(attest.get("max_age", "0s")))
        elif not entry.get("groups"):
            self.problems.add(f"{path}.groups", "is missing: the consumer groups of the service", "MG11")
        return PlanConsumer(
            entry["service"], tuple(entry.get("groups", ())), (key,) if isinstance(key, str) else tuple(key), external
        )

    def _outbox(self, value: object, path: str, named: migration_steps.Named) -> Probe | None:
        if value is None or value == "none":
            return None
        if isinstance(value, dict):
            value = {"must": 0, **value}
        return migration_probes.one(value, f"{path}.outbox", named.probes, named.names, self.problems)

    def _rest(self) -> dict[str, Any]:
        plain = ("id", "title", "owner", "event", "semantics", "topology", "rollout", "discriminator")
        lists = ("expected_breaks", "semantic_changes", "retired_groups")
        settings = self.catalog.settings.get(self.entry.get("event", ""), Settings())
        money = "money" in (self.entry.get("criticality"), settings.criticality)
        environments = tuple(self.entry.get("environments", _by_order(self.config)))
        orders = [self.config.environments[name].order for name in environments if name in self.config.environments]
        if "environments" not in self.entry and len(set(orders)) < len(orders):
            what = "is missing: schemagate.toml gives two environments one  order,  and which comes first is not known"
            self.problems.add("environments", what, "MG15")
        return {
            **{name: self.entry[name] for name in plain if name in self.entry},
            **{name: tuple(self.entry.get(name, ())) for name in lists},
            "criticality": "money" if money else "normal",
            "environments": environments,
            "side_topics": self._side_topics(),
            "limits": self._limits(),
            "approvals": self._approvals(2 if money else 1, environments[-1:]),
        }

    def _side_topics(self) -> tuple[SideTopic, ...]:
        found = []
        for number, value in enumerate(self.entry.get("side_topics", [])):
            entry = toml.table(value, migration_keys.SIDE_TOPIC, f"side_topics[{number}]", self.problems)
            if {"topic", "policy"} <= entry.keys():
                found.append(SideTopic(**entry))
        return tuple(found)

    def _limits(self) -> Limits:
        entry = toml.table(self.entry.get("limits", {}), migration_keys.LIMITS, "limits", self.problems)
        entry |= {name: keys.seconds(each) for name, each in entry.items() if isinstance(each, str)}
        return Limits(**entry)

    def _approvals(self, irreversible: int, environments: tuple[str, ...]) -> Approvals:
        entry = toml.table(self.entry.get("approvals", {}), migration_keys.APPROVALS, "approvals", self.problems)
        teams, where = tuple(entry.pop("from", ())), tuple(entry.pop("envs", environments))
        if "max_age" in entry:
            entry["max_age"] = keys.seconds(entry["max_age"])
        return Approvals(**{"irreversible": irreversible, **entry, "teams": teams, "environments": where})

    def _default_fence(self, old: EventSide | CallSide, steps: tuple[Step, ...]) -> str:
        """`acl` where the old topic ends, since it stops what still runs; else the broker can only be watched."""
        if self.type is PlanType.EVENT_VERSION:
            return "acl" if self.entry.get("topology") == "new-topic" else "observed"
        topic = old.topic if isinstance(old, EventSide) else None
        return "acl" if any(step.action == DeleteTopic(topic or "") for step in steps) else "observed"


def _side_keys(kind: str) -> tuple[Mapping[str, keys.Key], Mapping[str, keys.Key]]:
    sides = (migration_keys.EVENT_SIDE, migration_keys.CALL_SIDE)
    return sides if kind == _EVENT else (sides[1], sides[0])


def _a(kind: str) -> str:
    return "an event" if kind == _EVENT else "a call"


def _other(kind: str) -> str:
    return _a(_CALL if kind == _EVENT else _EVENT)


def _call(entry: dict[str, Any]) -> CallSide | None:
    if "call" not in entry:
        return None
    timeout = keys.seconds(entry["timeout"]) if "timeout" in entry else None
    return CallSide(
        Endpoint(*keys.endpoint_parts(entry["call"])),
        entry.get("contract"),
        timeout,
        entry.get("retries"),
        entry.get("idempotency_header"),
    )


def _defaults(old: EventSide | CallSide | None) -> migration_steps.Defaults:
    return migration_steps.Defaults(old.tables, old.topic) if isinstance(old, EventSide) else migration_steps.Defaults()


def _by_order(config: Config) -> tuple[str, ...]:
    """All environments in their order; `local` is one of them only where there is no other."""
    return tuple(name for name in config.environments if name != "local") or tuple(config.environments)
