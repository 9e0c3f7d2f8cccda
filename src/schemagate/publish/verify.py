"""Does a registry hold what a plan promised? Asked anew in every way in which a client may ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from schemagate.errors import SchemagateError
from schemagate.publish import content
from schemagate.publish.actions import Plan, Register, Target
from schemagate.publish.read import request
from schemagate.registry import retry, wire
from schemagate.registry.client import RegistryClient

READ_BACK: Final = retry.Schedule(attempts=6, first=0.2, longest=2.0)
"""How long a server that lags behind may take to show what was just written: five waits, six seconds at most."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The registry holds it: by version, as the latest, by id, and under the level.

    `found_by_lookup`: a producer that looks up exactly the repository's text finds this version. False only where the
    text was formatted anew since it was registered.
    """

    target: Target
    id: int
    guid: str | None
    found_by_lookup: bool


@dataclass(frozen=True, slots=True)
class Different:
    """The registry holds something else; `differences` are clauses about the subject."""

    target: Target
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unverified:
    """There was no answer."""

    target: Target
    error: SchemagateError


Check = Verified | Different | Unverified


def verify(plan: Plan, client: RegistryClient, tell: Callable[[Check], None] = lambda _: None) -> tuple[Check, ...]:
    """Read back every target of a plan; `tell` hears each check when it is known.

    Servers behind one address may lag, so a difference is looked at again for a few seconds before it counts.
    """
    new = {change.subject for change in plan.changes if isinstance(change, Register)}
    checks = []
    for target in plan.targets:
        checks.append(_check(client, target, must_be_found=target.subject in new))
        tell(checks[-1])
    return tuple(checks)


def _check(client: RegistryClient, target: Target, *, must_be_found: bool) -> Check:
    waits = retry.delays(READ_BACK, client.timing.chance)
    try:
        while True:
            check = _read_back(client, target, must_be_found=must_be_found)
            wait = next(waits, None)
            if isinstance(check, Verified) or wait is None:
                return check
            client.timing.sleep(wait)
    except SchemagateError as error:
        return Unverified(target, error)


def _read_back(client: RegistryClient, target: Target, *, must_be_found: bool) -> Verified | Different:
    subject = target.subject
    stored = client.version(subject, target.number)
    if stored is None:
        return Different(target, (f"version {target.number} is not there",))
    found = client.lookup(subject, request(target.schema_type, target.text))
    hit = found is not None and (found.version, found.id) == (target.number, stored.id)
    differences = [
        *_place(client, target, stored),
        *_level(client, target),
        *_contents(target, f"version {target.number}", stored.content),
        *_contents(target, f"id {stored.id}", client.by_id(stored.id, subject)),
    ]
    if must_be_found and not hit:
        place = f"version {found.version}" if found else "nowhere"
        differences.append(f"a lookup of the text finds it {place}, not at version {target.number}")
    return Different(target, tuple(differences)) if differences else Verified(target, stored.id, stored.guid, hit)


def _place(client: RegistryClient, target: Target, stored: wire.RegisteredSchema) -> Iterator[str]:
    if (stored.subject, stored.version) != (target.subject, target.number):
        yield f"version {target.number} answers as version {stored.version} of {stored.subject}"
    latest = client.version(target.subject, wire.LATEST)
    if latest is None or latest.version != target.number:
        yield f"the latest version is {latest.version if latest else 'none'}, not {target.number}"


def _level(client: RegistryClient, target: Target) -> Iterator[str]:
    own = client.config(target.subject, default_to_global=False)
    if own is None or own.level != target.level:
        yield f"the level is {own.level if own else 'not set'}, not {target.level}"


def _contents(target: Target, place: str, stored: wire.StoredSchema | None) -> Iterator[str]:
    if stored is None:
        yield f"{place} is not there"
    elif stored.schema_type != target.schema_type:
        yield f"{place} holds {stored.schema_type}, not {target.schema_type}"
    elif not content.same(target.schema_type, stored.schema, target.text):
        yield f"{place} holds another content"
