"""What do the records of a stream come to? The newest claim about each thing, in the order of the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from schemagate.facts import Attestation, Capability, Deployment, Deployments
from schemagate.rollout import bodies
from schemagate.rollout.records import Claim, Record


def deployments(records: Sequence[Record]) -> Deployments:
    """What runs of a service, from all (at least one) of its records.

    Newest per instance. An undeployment ends the instances that it names: one, those of one build, or all.
    """
    live: dict[str, Deployment] = {}
    for record in records:
        body = record.claim.body
        if record.claim.kind == "deployment":
            at = record.claim.at
            live[body["instance"]] = Deployment(body["service"], body["instance"], body["commit"], at, body["manifest"])
        else:
            live = {name: each for name, each in live.items() if not ends(body, each)}
    newest = records[-1]
    return Deployments(tuple(live[name] for name in sorted(live)), newest.claim.at, newest.digest)


def ends(body: Mapping[str, Any], deployment: Deployment) -> bool:
    """An undeployment with this body is about that instance."""
    return body["instance"] in (None, deployment.instance) and body["commit"] in (None, deployment.commit)


def said_before(claim: Claim, records: Sequence[Record]) -> Record | None:
    """The newest record about the same thing, if the same run said the same there: a repeated job says nothing new.

    In the stream of a migration everything is about one thing.
    """
    names = bodies.THINGS.get(claim.stream.name, ())
    for record in reversed(records):
        if claim.repeats(record.claim):
            return record
        pairs = [(claim.body[name], record.claim.body[name]) for name in names]
        if all(one == other or None in (one, other) for one, other in pairs):
            return None
    return None


def capabilities(records: Sequence[Record]) -> tuple[Capability, ...]:
    """What was tested of a service: the newest result per build, test, event and version or endpoint, oldest first."""
    newest: dict[tuple[object, ...], Capability] = {}
    for record in records:
        body = record.claim.body
        key = tuple(body[name] for name in bodies.THINGS["capabilities"])
        newest.pop(key, None)
        passed = body["result"] == "passed"
        texts = {name: body[name] for name in ("service", "commit", "test", "event", "version", "endpoint", "samples")}
        newest[key] = Capability(**texts, passed=passed, at=record.claim.at)
    return tuple(newest.values())


def attestations(records: Sequence[Record]) -> tuple[Attestation, ...]:
    """What a team states: the newest per statement, oldest first. Whether one is too old is the question's business."""
    newest: dict[tuple[object, ...], Attestation] = {}
    for record in records:
        body = record.claim.body
        key = tuple(body[name] for name in bodies.THINGS["attestations"])
        newest.pop(key, None)
        expires = date.fromisoformat(body["expires"]) if body["expires"] else None
        newest[key] = Attestation(
            body["person"], body["team"], body["statement"], body["asked_by"],
            holds=body["answer"] == "yes", expires=expires, at=record.claim.at,
        )  # fmt: skip
    return tuple(newest.values())
