"""What does a registry hold of what the repository wants to be there?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from schemagate.errors import NoAnswer
from schemagate.facts import (
    Compatible,
    Incompatible,
    NotAccepted,
    NotRegistered,
    Registered,
    RegistryFacts,
    StoredVersion,
    SubjectState,
    Unknown,
)
from schemagate.publish import content
from schemagate.registry import answers, wire
from schemagate.registry.client import RegistryClient
from schemagate.schema.event import Level, Version


def facts(client: RegistryClient, versions: Iterable[Version], level_of: Callable[[Version], Level]) -> RegistryFacts:
    """The state of every subject that can be published to; raises NoAnswer where the registry as a whole has none.

    A subject that this login may not read is Unknown, and the others are read all the same.
    """
    versions = tuple(versions)
    types = client.types()
    server = client.server()
    closed = content.obstacles(versions)
    subjects: dict[str, SubjectState | Unknown] = {}
    for version in versions:
        if version.id not in closed:
            try:
                subjects[version.subject] = _state(client, version, level_of(version))
            except answers.Unreachable:
                raise
            except NoAnswer as error:
                subjects[version.subject] = Unknown(error.message)
    return RegistryFacts(client.urls, server, types, subjects)


@dataclass(frozen=True, slots=True)
class Live:
    """What a registry holds of one subject: its versions, oldest first, and the settings in force, as it words them."""

    versions: tuple[StoredVersion, ...]
    level: str | None
    policy: str | None


def live(client: RegistryClient, subject: str) -> Live:
    """The live versions of a subject, none where there is no such subject; raises NoAnswer."""
    numbers = client.versions(subject)
    in_force = client.config(subject, default_to_global=True) or wire.Config()
    return Live(_history(client, subject, numbers), in_force.level, in_force.policy)


def request(schema_type: str, text: str) -> wire.SchemaRequest:
    """The body for lookup, check and registration: the three must be equal, or their answers do not fit together."""
    return wire.SchemaRequest(text, schema_type)


def _state(client: RegistryClient, version: Version, wanted: Level) -> SubjectState:
    subject = version.subject
    body = request(version.content.format.registry_type, version.content.text)
    in_force = client.config(subject, default_to_global=True) or wire.Config()
    own = client.config(subject, default_to_global=False)
    if in_force.level is None:
        raise wire.ProtocolError(f"the registry does not tell the level of {subject}")
    level_is_own = own is not None and own.level == in_force.level
    lookup = _lookup(client, subject, body, alias=in_force.alias)
    live = client.versions(subject)
    settled = isinstance(lookup, Registered) and live[-1:] == (lookup.version,)
    is_new = isinstance(lookup, NotRegistered) and bool(live)
    return SubjectState(
        subject=subject,
        level=in_force.level,
        level_is_own=level_is_own,
        mode=client.mode(subject),
        lookup=lookup,
        versions=live,
        next_version=max((*live, *client.versions(subject, deleted=True)), default=0) + 1,
        history=() if settled and level_is_own and in_force.level == wanted else _history(client, subject, live),
        check=_check(client, subject, body, in_force.level, live) if is_new else None,
        policy=in_force.policy or "STRICT",
        alias=in_force.alias,
        group=in_force.group,
    )


def _lookup(
    client: RegistryClient, subject: str, body: wire.SchemaRequest, alias: str | None
) -> Registered | NotRegistered | NotAccepted:
    try:
        found = client.lookup(subject, body)
    except answers.Invalid as error:
        return NotAccepted(error.message)
    if found is None:
        return NotRegistered()
    text = found.content.schema
    if (found.subject not in ("", subject) and alias is None) or (
        text and not content.same(body.schema_type, text, body.schema)
    ):
        raise wire.ProtocolError(f"the registry answers a lookup in {subject} with another schema")
    return Registered(found.version, found.id)


def _history(client: RegistryClient, subject: str, live: tuple[int, ...]) -> tuple[StoredVersion, ...]:
    return tuple(_stored(client, subject, number) for number in live)


def _stored(client: RegistryClient, subject: str, number: int) -> StoredVersion:
    found = client.version(subject, number)
    if found is None:
        raise wire.ProtocolError(f"the registry lists version {number} of {subject} and does not have it")
    return StoredVersion(found.version, found.id, found.schema, found.schema_type, bool(found.references))


def _check(
    client: RegistryClient, subject: str, body: wire.SchemaRequest, level: str, live: tuple[int, ...]
) -> Compatible | Incompatible | Unknown:
    """The registry's own check under its level; one version after the other where it cannot check all at once.

    A server error stays Unknown: some registries fail on schemas that they do not understand.
    """
    try:
        try:
            return _checked(client, subject, body, None)
        except answers.RouteMissing:
            against = live if level.endswith("_TRANSITIVE") else live[-1:]
            verdicts = (_checked(client, subject, body, number) for number in reversed(against))
            return next((verdict for verdict in verdicts if not isinstance(verdict, Compatible)), Compatible())
    except (answers.Unreachable, answers.RegistryRefused) as error:
        return Unknown(error.message)


def _checked(
    client: RegistryClient, subject: str, body: wire.SchemaRequest, number: int | None
) -> Compatible | Incompatible | Unknown:
    answer = client.check(subject, body, number)
    if answer is None:
        return Unknown(f"the registry lists versions of {subject}, and its check finds none to compare with")
    return Compatible() if answer.is_compatible else Incompatible(answer.messages)
