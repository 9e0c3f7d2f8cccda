"""Does a service's manifest say what keeps its events from being lost, doubled or stuck? One function per rule.

A finding is a warning, and an error where the event moves money: `criticality = "money"` in schemagate.toml or in the
manifest of a producer. What the manifest leaves out is not assumed to be right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from schemagate.findings import Finding, Location, Rule, Severity
from schemagate.policy.envelope_rules import ENVELOPES
from schemagate.policy.house import House
from schemagate.policy.shown import shortened
from schemagate.schema.event import Consumption, Production, Retry, Service, VersionId
from schemagate.schema.fields import ANY_TYPE

SV01: Final = Rule("SV01", "owner-named", "a manifest names the team that answers for the service")
SV03: Final = Rule("SV03", "version-in-git", "a manifest names only events and versions that are in git")
SV07: Final = Rule("SV07", "known-word", "offset_reset, isolation and commit hold one of their words")
SV09: Final = Rule("SV09", "endpoint-form", "an endpoint is METHOD service:/path")

TOLD_BY_THE_READER: Final = (SV01, SV03, SV07, SV09)
"""Mistakes of the file itself: `project.services` tells them with exit code 2, before anything is judged."""

SV06: Final = Rule(
    "SV06", "external-offsets-attested", "offsets outside Kafka are attested in an active plan", Severity.WARNING
)
ML11: Final = Rule("ML11", "topic-replicated", "a topic has three replicas, two of them in sync", Severity.WARNING)

LATER: Final = (SV06, ML11)
"""What needs a migration's plan or a broker; their pages say so."""

SV02: Final = Rule("SV02", "client-id-version", "client_id holds {version}", Severity.WARNING)
SV04: Final = Rule("SV04", "money-through-outbox", "an event that moves money leaves through an outbox")
SV05: Final = Rule("SV05", "group-of-one-service", "a consumer group is named and serves one service", Severity.WARNING)
SV08: Final = Rule(
    "SV08", "key-in-every-version", "the idempotency key is in every consumed version, of one type", Severity.WARNING
)
ML01: Final = Rule("ML01", "acks-all", "producers wait for all replicas", Severity.WARNING)
ML02: Final = Rule("ML02", "idempotent-producer", "the producer's own retries never double a record", Severity.WARNING)
ML03: Final = Rule("ML03", "no-auto-registration", "clients never register schemas")
ML04: Final = Rule("ML04", "offset-reset-stated", "a consumer says where it begins without offsets", Severity.WARNING)
ML05: Final = Rule("ML05", "client-id-stated", "a consumer has a client_id with its version", Severity.WARNING)
ML06: Final = Rule("ML06", "commit-after-processing", "offsets are committed after the work is done", Severity.WARNING)
ML07: Final = Rule("ML07", "bounded-retry", "retries end, grow, have a cap and jitter", Severity.WARNING)
ML08: Final = Rule("ML08", "dead-letter-queue", "a consumer names a place for events it cannot use", Severity.WARNING)
ML09: Final = Rule("ML09", "business-key", "a consumer names a business key and where it is kept", Severity.WARNING)
ML10: Final = Rule("ML10", "state-is-updated", "conflicts are ignored for facts only", Severity.WARNING)

RULES: Final = (SV02, SV04, SV05, SV08, ML01, ML02, ML03, ML04, ML05, ML06, ML07, ML08, ML09, ML10)

ALL: Final = (*RULES, *TOLD_BY_THE_READER, *LATER)
"""Every rule that has a page."""


def sv02_client_id_version(service: Service, house: House) -> Iterator[Finding]:
    """A finding for a `client_id` without `{version}`."""
    if service.client_id is not None and "{version}" not in service.client_id:
        yield _finding(
            SV02,
            service,
            "client_id",
            f"client_id {shortened(service.client_id)!r} does not tell the version: who is alive cannot be compared"
            " with what is deployed",
            f'Write client_id = "{service.name}@{{version}}".',
            severity=house.weight(SV02, *_consumed(service)),
        )


def sv04_money_through_outbox(service: Service, house: House) -> Iterator[Finding]:
    """A finding per event of money that is sent directly."""
    for path, production in _productions(service):
        if production.event in house.money and production.delivery != "outbox":
            yield _finding(
                SV04,
                service,
                path,
                f"{production.event} moves money and is sent directly: a crash between the database and the broker"
                " loses it, or sends what never happened",
                'Write the event with the state change, and declare delivery = "outbox".',
                severity=SV04.severity,
            )


def sv05_group_of_one_service(service: Service, house: House) -> Iterator[Finding]:
    """A finding per consumption whose group is missing (offsets in Kafka need one) or serves another service too."""
    for path, consumption in _consumptions(service):
        group = consumption.group
        others = [name for name in house.groups.get(group or "", ()) if name != service.name]
        if group is not None and others:
            what = f"group {shortened(group)} serves {shortened(', '.join(others))} too: each gets a part of the events"
        elif group is None and consumption.offsets == "kafka":
            what = f"no group: how far {service.name} has read {consumption.event} cannot be looked up"
        else:
            continue
        fix = f'Write group = "{service.name}.{consumption.event}".'
        yield _finding(SV05, service, f"{path}.group", what, fix, severity=house.weight(SV05, consumption.event))


def sv08_key_in_every_version(service: Service, house: House) -> Iterator[Finding]:
    """A finding per path of the key, and of `newer_by`, that some consumed version lacks or has with another type."""
    for path, consumption in _consumptions(service):
        idempotency = consumption.idempotency
        if idempotency is None:
            continue
        for name, field in (*(("key", each) for each in idempotency.key), ("newer_by", idempotency.newer_by)):
            problem = _unfit(field, consumption, house) if field is not None else None
            if problem is not None:
                fix = f"Name a field that every consumed version of {consumption.event} requires, with one type."
                severity = house.weight(SV08, consumption.event)
                yield _finding(SV08, service, f"{path}.idempotency.{name}", problem, fix, severity=severity)


def _unfit(field: str, consumption: Consumption, house: House) -> str | None:
    """Why a field cannot tell events apart, or compare them."""
    first: tuple[VersionId, frozenset[str]] | None = None
    for id_ in (VersionId(consumption.event, number) for number in consumption.versions):
        if id_ not in house.schemas:
            continue
        found = house.field(id_, field)
        if found is None:
            return f"{shortened(field)} is no field of {id_}"
        if not found.sure:
            return f"{shortened(field)} may be missing or null in {id_}"
        first = first or (id_, found.types)
        if found.types != first[1]:
            return f"{shortened(field)} is {_words(first[1])} in {first[0]} and {_words(found.types)} in {id_}"
    return None


def ml01_acks_all(service: Service, house: House) -> Iterator[Finding]:
    """A finding for a producer that does not say `acks = "all"`."""
    if service.produces and service.client.acks != "all":
        yield _finding(
            ML01,
            service,
            "client.acks",
            f"acks is {_stated(service.client.acks)}: an event that one broker has taken is lost with that broker",
            'Set acks = "all" in the client, and declare it.',
            severity=house.weight(ML01, *_produced(service)),
        )


def ml02_idempotent_producer(service: Service, house: House) -> Iterator[Finding]:
    """A finding for a producer that does not say `enable_idempotence = true`."""
    if service.produces and service.client.enable_idempotence is not True:
        yield _finding(
            ML02,
            service,
            "client.enable_idempotence",
            f"enable_idempotence is {_stated(service.client.enable_idempotence)}: the client's retries may write an"
            " event twice, and out of order",
            "Set enable.idempotence=true in the client, and declare enable_idempotence = true.",
            severity=house.weight(ML02, *_produced(service)),
        )


def ml03_no_auto_registration(service: Service, house: House) -> Iterator[Finding]:
    """A finding, always an error, for a producer that does not say `auto_register_schemas = false`."""
    if service.produces and service.client.auto_register_schemas is not False:
        yield _finding(
            ML03,
            service,
            "client.auto_register_schemas",
            f"auto_register_schemas is {_stated(service.client.auto_register_schemas)}: serializers do it by default,"
            " and then a build decides what the registry holds",
            "Set auto.register.schemas=false in the serializer, and say  client = { auto_register_schemas = false }.",
            severity=house.weight(ML03, *_produced(service)),
        )


def ml04_offset_reset_stated(service: Service, house: House) -> Iterator[Finding]:
    """A finding per consumption without `offset_reset`."""
    for path, consumption in _consumptions(service):
        if consumption.offset_reset is None:
            yield _finding(
                ML04,
                service,
                path,
                f"no offset_reset for {consumption.event}: clients begin at the end by default, and skip what is there",
                'Declare offset_reset = "earliest", or the word that is meant.',
                severity=house.weight(ML04, consumption.event),
            )


def ml05_client_id_stated(service: Service, house: House) -> Iterator[Finding]:
    """A finding for a consumer without `client_id`."""
    if service.consumes and service.client_id is None:
        yield _finding(
            ML05,
            service,
            "service",
            "no client_id: which version of the service is alive cannot be compared with what is deployed",
            f'Set client.id in the client, and declare client_id = "{service.name}@{{version}}".',
            severity=house.weight(ML05, *_consumed(service)),
        )


def ml06_commit_after_processing(service: Service, house: House) -> Iterator[Finding]:
    """A finding per consumption that does not say `commit = "after-processing"`."""
    for path, consumption in _consumptions(service):
        if consumption.commit != "after-processing":
            yield _finding(
                ML06,
                service,
                f"{path}.commit",
                f"commit is {_stated(consumption.commit)}: an event whose work fails may count as read, and is lost"
                " without a trace",
                'Turn auto-commit off, commit after the effect, and declare commit = "after-processing".',
                severity=house.weight(ML06, consumption.event),
            )


def ml07_bounded_retry(service: Service, house: House) -> Iterator[Finding]:
    """A finding per consumption whose retries are not stated, or lack an end, growth, a cap or jitter."""
    for path, consumption in _consumptions(service):
        lacking = _lacking(consumption.retry) if consumption.retry is not None else ["no retry is declared"]
        if lacking:
            yield _finding(
                ML07,
                service,
                f"{path}.retry",
                f"retries of {consumption.event}: {', '.join(lacking)}",
                'Declare retry = { base = "1s", factor = 2, cap = "5m", jitter = true, max_attempts = 8 }.',
                severity=house.weight(ML07, consumption.event),
            )


def _lacking(retry: Retry) -> list[str]:
    if retry.max_attempts == 1:
        return []  # nothing is tried again
    problems = {
        "no max_attempts, they never end": retry.max_attempts is None,
        "no base": not retry.base,
        "no factor above 1, they do not grow": retry.factor is None or retry.factor <= 1,
        "no cap": retry.cap is None,
        "no jitter, all come back at once": retry.jitter is not True,
    }
    return [problem for problem, holds in problems.items() if holds]


def ml08_dead_letter_queue(service: Service, house: House) -> Iterator[Finding]:
    """A finding per consumption without `dlq`."""
    for path, consumption in _consumptions(service):
        if consumption.dlq is None:
            topic = f"{service.name}.{consumption.event}.dlq"
            yield _finding(
                ML08,
                service,
                path,
                f"no dlq for {consumption.event}: an event that cannot be used stops the partition, or is thrown away",
                f'Declare a topic for such events, dlq = "{topic}" or the like.',
                severity=house.weight(ML08, consumption.event),
            )


def ml09_business_key(service: Service, house: House) -> Iterator[Finding]:
    """A finding per consumption without a store of keys, or whose key is only the event's own id."""
    for path, consumption in _consumptions(service):
        idempotency = consumption.idempotency
        if idempotency is None:
            what = f"no idempotency for {consumption.event}: redelivered, it has its effect twice"
        elif set(idempotency.key) <= set(ENVELOPES[house.preset].event_id):
            what = f"the key is {idempotency.key[0]}, which is new when the same fact is sent again"
        elif idempotency.store is None:
            what = f"no store: nobody can see where keys of {consumption.event} are kept"
        else:
            continue
        fix = 'Declare idempotency = { key = "payload.…", store = "table:…" } with the key of what the event is about.'
        yield _finding(
            ML09,
            service,
            f"{path}.idempotency",
            what,
            fix,
            severity=house.weight(ML09, consumption.event),
        )


def ml10_state_is_updated(service: Service, house: House) -> Iterator[Finding]:
    """A finding per consumption of a state that ignores conflicts, or does not say what it does with them."""
    for path, consumption in _consumptions(service):
        settings = house.catalog.settings.get(consumption.event)
        idempotency = consumption.idempotency
        if settings is None or settings.kind != "state" or idempotency is None:
            continue
        if idempotency.on_conflict in (None, "ignore"):
            yield _finding(
                ML10,
                service,
                f"{path}.idempotency.on_conflict",
                f"on_conflict is {_stated(idempotency.on_conflict)} and {consumption.event} is a state: later updates"
                " are dropped, and so is version 2 of an entity stored from version 1",
                'Declare on_conflict = "update-if-newer" and newer_by.',
                severity=house.weight(ML10, consumption.event),
            )


def _productions(service: Service) -> Iterator[tuple[str, Production]]:
    return ((f"produces[{number}]", production) for number, production in enumerate(service.produces))


def _consumptions(service: Service) -> Iterator[tuple[str, Consumption]]:
    return ((f"consumes[{number}]", consumption) for number, consumption in enumerate(service.consumes))


def _produced(service: Service) -> Iterator[str]:
    return (production.event for production in service.produces)


def _consumed(service: Service) -> Iterator[str]:
    return (consumption.event for consumption in service.consumes)


def _finding(rule: Rule, service: Service, path: str, message: str, fix: str, *, severity: Severity) -> Finding:
    pointer = "/" + re.sub(r"\.|\[([0-9]+)\]", lambda match: f"/{match[1]}" if match[1] else "/", path)
    location = Location(service.file, service.line_of(path))
    return rule.finding(pointer, message, fix, location=location, severity=severity)


def _stated(value: object) -> str:
    return "not stated" if value is None else str(value).lower() if isinstance(value, bool) else f'"{value}"'


def _words(types: frozenset[str]) -> str:
    return " or ".join(sorted(types)) if len(types) < len(ANY_TYPE) else "anything"
