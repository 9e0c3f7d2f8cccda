"""Which contents of the project's versions are live in an environment's registry? They stand for what was released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, cast, get_args

from schemagate.ask.environments import registry_of
from schemagate.ask.levels import level_of
from schemagate.compat.compare import Policy
from schemagate.errors import NoAnswer, SchemaError
from schemagate.facts import StoredVersion
from schemagate.project.catalog import Project
from schemagate.project.history import Released
from schemagate.publish import content, read
from schemagate.registry.answers import Unreachable
from schemagate.registry.client import RegistryClient
from schemagate.schema.event import Content, Format, Revision, Version, VersionId

_POLICIES: Final = get_args(Policy)


@dataclass(frozen=True, slots=True)
class Registry:
    """An environment's registry: its live contents, by version, and the project as its settings have it judged."""

    name: str
    released: Mapping[VersionId, Released]
    project: Project
    remarks: tuple[str, ...]


def released_there(project: Project, environment: str, environ: Mapping[str, str]) -> Registry:
    """Read every subject that the project has a version for; raises ConfigError, NoAnswer.

    A subject that this login may not read is unreadable, and the others are judged all the same.
    """
    where = project.config.environment(environment)
    released: dict[VersionId, Released] = {}
    versions = dict(project.versions)
    remarks = []
    with registry_of(where, project.root, environ) as client:
        client.types()  # one question that every registry answers: without it, silence about subjects would be a yes
        for id_, version in project.versions.items():
            try:
                found = read.live(client, version.subject)
                level, wanted = found.level, level_of(version)
            except Unreachable:
                raise
            except SchemaError:
                continue  # it cannot be read here: the check says so
            except NoAnswer as error:
                unreadable = SchemaError(error.message, file=version.content.file, next_step=error.next_step)
                released[id_] = Released((), (unreadable,))
                continue
            released[id_] = _released(version, found.versions)
            if found.versions and level != wanted:
                remarks.append(f"{environment} has {version.subject} at level {level}, publish sets {wanted}")
            if found.policy in _POLICIES:
                settings = replace(version.settings, policy=cast("Policy", found.policy))
                versions[id_] = replace(version, settings=settings)
        label = f"{environment}, {_described(client, embedded=where.embedded)}"
    judged = replace(project, catalog=replace(project.catalog, versions=versions))
    return Registry(label, released, judged, tuple(remarks))


def _described(client: RegistryClient, *, embedded: bool) -> str:
    return "the embedded registry" if embedded else ", ".join(client.urls)


def _released(version: Version, live: tuple[StoredVersion, ...]) -> Released:
    revisions, unreadable = [], []
    for stored in live:
        try:
            revisions.append(Revision(f"version {stored.version}", _content(version, stored)))
        except SchemaError as error:
            unreadable.append(error)
    return Released(tuple(revisions), tuple(unreadable))


def _content(version: Version, stored: StoredVersion) -> Content:
    name = f"{version.subject} version {stored.version}"
    formats = {each.registry_type: each for each in Format}
    if stored.schema_type not in formats:
        raise SchemaError(f"{name} is {stored.schema_type}, a type that is not known here", file=version.content.file)
    if stored.refers:
        raise SchemaError(
            f"{name} refers to other registered schemas, which are not read yet",
            file=version.content.file,
            next_step="look at it by hand",
        )
    format_ = formats[stored.schema_type]
    if format_ is version.content.format and content.same(stored.schema_type, version.content.text, stored.text):
        return version.content
    return Content(format_, version.content.file, stored.text)
