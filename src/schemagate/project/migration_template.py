"""What does a new migration look like? A file of its type that lints, with the names of the repository filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from schemagate.errors import UsageError
from schemagate.project import toml
from schemagate.project.migration_checks import EMISSION_IDS
from schemagate.rollout.plan import PlanType
from schemagate.rollout.writing import table, value
from schemagate.schema.event import Catalog, Consumption, Settings, Version

_Step = Mapping[str, object]

_TITLES = {
    PlanType.EVENT_VERSION: "what the new version changes, in words",
    PlanType.SYNC_TO_EVENT: "which call becomes an event, and why",
    PlanType.EVENT_TO_SYNC: "which event becomes a call, and why",
    PlanType.EVENT_RETIRE: "why nobody needs the event any more",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a template is about: an event, its old and new version, and the services that manifests name."""

    event: str
    settings: Settings
    old: Version
    new: Version
    producers: tuple[str, ...]
    consumptions: tuple[tuple[str, Consumption], ...]
    outboxes: frozenset[str]
    alone: bool
    """Nothing else is on the old version's topic."""
    drops_personal: bool = False
    breaks: tuple[str, ...] = ()

    @property
    def consumers(self) -> tuple[str, ...]:
        """The services that read it."""
        return tuple(dict.fromkeys(service for service, _ in self.consumptions))

    @property
    def money(self) -> bool:
        """It moves money."""
        return self.settings.criticality == "money"


def choose(type_: PlanType, catalog: Catalog, event: str | None, id_: str) -> Subject:
    """The event that is named, or the first one that a migration of this type could be about.

    Raises UsageError where there is none: two versions for an event-version, and a producer and a consumer for all.
    """
    events = list(dict.fromkeys(version.event for version in catalog.versions))
    if event is not None and event not in events:
        raise UsageError(f"there is no event {event!r}{toml.nearest(event, events)}")
    likely = sorted(events, key=lambda name: (name not in id_, events.index(name)))
    found = [subject for name in ([event] if event else likely) if (subject := _subject(type_, catalog, name))]
    if not found:
        needs = (
            "two versions, a producer and a consumer"
            if type_ is PlanType.EVENT_VERSION
            else "a producer and a consumer"
        )
        who = f"{event} has not" if event else "no event has"
        raise UsageError(
            f"{who} {needs} in the manifests, which a migration of type {type_} is about",
            next_step=f"schemagate bump {event or 'EVENT'}, and declare it in services/<name>.toml",
        )
    return found[0]


def _subject(type_: PlanType, catalog: Catalog, event: str) -> Subject | None:
    versions = catalog.of_event(event)
    producers = [name for name, each in catalog.services.items() if any(p.event == event for p in each.produces)]
    outboxes = {
        name
        for name, each in catalog.services.items()
        if any(p.event == event and p.delivery == "outbox" for p in each.produces)
    }
    consumptions = [(service.name, each) for service, each in catalog.consumers(event) if each.group is not None]
    if not versions or not producers or not consumptions or (type_ is PlanType.EVENT_VERSION and len(versions) < 2):
        return None
    old, new = versions[-2:] if type_ is PlanType.EVENT_VERSION else (versions[-1], versions[-1])
    alone = not any(each.topic == old.topic and each.id != old.id for each in catalog.versions.values())
    return Subject(event, old.settings, old, new, tuple(producers), tuple(consumptions), frozenset(outboxes), alone)


def text(id_: str, type_: PlanType, subject: Subject) -> str:
    """The file. Queries and addresses in angle brackets have to be filled in; until then their probes are unknown."""
    lines = [
        "# Written by `schemagate migration new`. Fill in what stands in <angle brackets>; check it with",
        f"#     schemagate migration lint {id_}",
    ]
    lines += [f"{name} = {value(each)}" for name, each in _head(id_, type_, subject).items()]
    for step in _steps(type_, subject):
        lines += ["", "[[step]]", *(f"{name} = {value(each)}" for name, each in step.items())]
    if probes := dict(_probes(type_, subject)):
        lines += ["", "[probes]", *(f"{name} = {table(each)}" for name, each in probes.items())]
    return "\n".join(lines) + "\n"


def _head(id_: str, type_: PlanType, subject: Subject) -> dict[str, object]:
    settings = subject.settings
    head: dict[str, object] = {
        "format": 1,
        "id": id_,
        "title": _TITLES[type_],
        "type": type_,
        "owner": settings.owner or "unassigned",
        "event": subject.event,
        "semantics": settings.kind,
        **({"criticality": "money"} if subject.money else {}),
        **(_version_head(subject) if type_ is PlanType.EVENT_VERSION else {}),
        **_sides(type_, subject),
        "consumers": [_consumer(subject, name) for name in subject.consumers],
        "producers": [_producer(subject, name) for name in subject.producers],
    }
    if type_ is PlanType.EVENT_TO_SYNC:
        head["callers"] = [{"service": name} for name in subject.consumers]
    if side := list(_side_topics(subject)):
        head["side_topics"] = side
    if subject.drops_personal:
        head["limits"] = {"require_purged": True}
    teams = list(dict.fromkeys([settings.owner or "unassigned", "platform"]))
    head["approvals"] = {"irreversible": min(2, len(teams)), "from": teams}
    return head


def _version_head(subject: Subject) -> dict[str, object]:
    return {
        "topology": "same-topic" if subject.old.topic == subject.new.topic else "new-topic",
        "rollout": "switch",
        "expected_breaks": list(subject.breaks),
        "semantic_changes": [],
    }


def _sides(type_: PlanType, subject: Subject) -> dict[str, object]:
    old = {"version": subject.old.id.number, "topic": subject.old.topic, "subject": subject.old.subject}
    new = {"version": subject.new.id.number, "topic": subject.new.topic, "subject": subject.new.subject}
    match type_:
        case PlanType.EVENT_VERSION:
            return {"old": old, "new": new}
        case PlanType.EVENT_RETIRE:
            return {"old": old}
        case PlanType.SYNC_TO_EVENT:
            method, server, callers = _old_call(subject)
            return {"old": {"call": f"{method} {server}:/path-of-the-call", "callers": list(callers)}, "new": new}
        case PlanType.EVENT_TO_SYNC:
            call = f"GET {subject.producers[0]}:/path-of-the-call"
            return {"old": old, "new": {"call": call, "timeout": "500ms", "retries": 2}}


def _old_call(subject: Subject) -> tuple[str, str, tuple[str, ...]]:
    """Who calls whom: a state is asked for by its consumers, a fact is told by its producers."""
    if subject.settings.kind == "state":
        return "GET", subject.producers[0], subject.consumers
    return "POST", subject.consumers[0], subject.producers


def _consumer(subject: Subject, name: str) -> dict[str, object]:
    mine = [each for service, each in subject.consumptions if service == name]
    keys = [each.idempotency.key for each in mine if each.idempotency is not None]
    keys = [key for key in keys if not EMISSION_IDS.issuperset(key)] or [("payload.the_business_key",)]
    key = keys[0][0] if len(keys[0]) == 1 else list(keys[0])
    return {"service": name, "groups": [each.group for each in mine], "idempotency_key": key}


def _producer(subject: Subject, name: str) -> dict[str, object]:
    if name not in subject.outboxes:
        return {"service": name, "outbox": "none"}
    return {"service": name, "outbox": {"probe": "sql", "dsn": _dsn(name), "query": _unsent(subject)}}


def _unsent(subject: Subject) -> str:
    where = f"type = '{subject.event}' and event_version = {subject.old.id.number}"
    return f"select count(*) from outbox where {where} and sent_at is null"  # noqa: S608 - a text for a file


def _side_topics(subject: Subject) -> Iterator[Mapping[str, object]]:
    topics: dict[str, str] = {}
    for _, each in subject.consumptions:
        topics |= dict.fromkeys(each.retry.topics if each.retry else (), "drained")
        topics |= {each.dlq: "resolved"} if each.dlq else {}
    yield from ({"topic": topic, "policy": policy} for topic, policy in topics.items())


def _steps(type_: PlanType, subject: Subject) -> Iterator[_Step]:
    for number, step in enumerate(_kinds(type_, subject), 1):
        yield {"id": str(number), **step}


def _kinds(type_: PlanType, subject: Subject) -> Iterable[_Step]:
    match type_:
        case PlanType.EVENT_VERSION:
            return _event_version(subject)
        case PlanType.EVENT_RETIRE:
            return _event_ends(subject)
        case PlanType.SYNC_TO_EVENT:
            return _sync_to_event(subject)
        case PlanType.EVENT_TO_SYNC:
            return _event_to_sync(subject)


def _event_version(subject: Subject) -> Iterator[_Step]:
    old, new = subject.old.id.number, subject.new.id.number
    apart = subject.old.topic != subject.new.topic
    yield {"kind": "register", "version": new}
    yield {"kind": "release", "actor": list(subject.consumers), "consumes": sorted((old, new))}
    yield {"kind": "release", "actor": list(subject.producers), "produces": [new]}
    if subject.settings.kind == "state":
        yield {"kind": "backfill", "actor": list(subject.producers), "how": "emit"}
    yield {"kind": "drain", "version": old}
    yield {"kind": "release", "actor": list(subject.consumers), "consumes": [new]}
    if apart and subject.alone:
        yield {"kind": "delete-topic", "topic": subject.old.topic}
    yield {"kind": "retire", "version": old}


def _event_ends(subject: Subject) -> Iterator[_Step]:
    old = subject.old.id.number
    yield {"kind": "stop", "actor": list(subject.producers), "version": old}
    yield {"kind": "drain", "version": old}
    yield {"kind": "release", "actor": list(subject.consumers), "consumes": []}
    if subject.alone:
        yield {"kind": "delete-topic", "topic": subject.old.topic}
    yield {"kind": "retire", "version": old}


def _sync_to_event(subject: Subject) -> Iterator[_Step]:
    new, fact = subject.new.id.number, subject.settings.kind == "fact"
    _, server, callers = _old_call(subject)
    shadow = {"mode": "shadow"} if fact else {}
    yield {"kind": "register", "version": new}
    yield {"kind": "release", "actor": list(subject.consumers), "consumes": [new], **shadow}
    yield {"kind": "switch-on", "actor": list(subject.producers), "version": new}
    if fact:
        reviewed = {
            "probe": "attest",
            "statement": "effects in shadow mode reviewed",
            "by": subject.settings.owner or "unassigned",
            "max_age": "7d",
        }
        yield {"kind": "do", "actor": list(subject.consumers), "title": "verify", "evidence": ["parity", reviewed]}
        yield {"kind": "release", "actor": list(subject.consumers), "mode": "live"}
    else:
        yield {"kind": "backfill", "actor": list(subject.producers), "how": "emit", "probe": "parity"}
    yield {"kind": "sync-off", "actor": list(callers), **({"cut_over": "one-key"} if subject.money else {})}
    yield {"kind": "release", "actor": list(dict.fromkeys([*callers, server])), "calls": False, "serves": False}


def _event_to_sync(subject: Subject) -> Iterator[_Step]:
    yield {"kind": "release", "actor": subject.producers[0], "serves": True}
    yield {"kind": "sync-on", "actor": list(subject.consumers)}
    yield from _event_ends(subject)


def _probes(type_: PlanType, subject: Subject) -> Iterator[tuple[str, Mapping[str, object]]]:
    reader = subject.consumers[0]
    match type_:
        case PlanType.EVENT_VERSION if subject.settings.kind == "state":
            yield "backfill", _sql(reader, "rows without what the new version brings")
        case PlanType.SYNC_TO_EVENT:
            yield "parity", _sql(reader, "what the event gives differently from the call")
            yield "effects", _sql(reader, "keys with more than one effect")
            yield "complete", _sql(reader, "facts older than the budget without their effect")
            yield "call_usage", _sql(reader, "calls in the last 7 days")
            if subject.settings.kind == "fact":
                prometheus: dict[str, object] = {"probe": "prometheus", "url": "${PROM_URL}"}
                yield "latency", {**prometheus, "query": "<seconds from fact to effect, p99>", "p99": "30s"}
        case PlanType.EVENT_TO_SYNC:
            server = _variable(subject.producers[0], "URL")
            yield "endpoint_ready", {"probe": "http", "url": server, "path": "/health", "must": 200}
            yield "equality", _sql(reader, "answers of the call that differ from the last event of their key")
            if subject.money:
                yield "effects", _sql(reader, "keys with more than one effect")
        case _:
            return


def _sql(service: str, what: str) -> Mapping[str, object]:
    return {"probe": "sql", "dsn": _dsn(service), "query": f"select <count of {what}>", "must": 0}


def _dsn(service: str) -> str:
    return _variable(service, "RO_DSN")


def _variable(service: str, what: str) -> str:
    name = "".join(letter if letter.isalnum() else "_" for letter in service.upper())
    return f"${{{'' if name[:1].isalpha() else '_'}{name}_{what}}}"
