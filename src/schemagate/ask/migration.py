"""Can this migration work, and what does it look like?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from schemagate.errors import ConfigError, SchemaError, UsageError
from schemagate.project import migration_checks, migrations, toml, waivers
from schemagate.project.catalog import Project
from schemagate.project.config import Config
from schemagate.project.migration_problems import FileError
from schemagate.rollout.changes import gates, irreversible
from schemagate.rollout.model import Surroundings
from schemagate.rollout.plan import DeleteTopic, EventSide, Plan
from schemagate.rollout.simulate import Refusal, simulate
from schemagate.schema.event import Catalog, Content, Version, VersionId

if TYPE_CHECKING:
    from schemagate.compat import compare


@dataclass(frozen=True, slots=True)
class Report:
    """What is wrong with a migration: mistakes of its file, and steps that break a rule when it is simulated.

    A file with mistakes is simulated as well, as long as all its steps can be read. `complete` is False where the plan
    allows more orders than were looked at.
    """

    id: str
    plan: Plan | None
    errors: tuple[FileError, ...]
    refused: tuple[Refusal, ...] = ()
    warnings: tuple[Refusal, ...] = ()
    complete: bool = True

    @property
    def exit_code(self) -> int:
        """2 for a file with mistakes, 1 for a refused plan, 3 where not every order was looked at."""
        return 2 if self.errors else 1 if self.refused else 0 if self.complete else 3


def lint_migration(project: Project, id: str, *, today: date | None = None) -> Report:  # noqa: A002 - the public name
    """Check one migration's file and its waivers, and simulate it in every order that its `needs` allow. Offline.

    `today` is what waivers are held against, by default the day in UTC. Raises UsageError, with the nearest name, where
    there is no such migration.
    """
    file = _file(project, id)
    try:
        found = project.source.read([file, waivers.FILE])
    except SchemaError as error:
        return Report(id, None, (FileError("F03", error.file or file, "", 1, error.message),))
    report = lint_file(found[file], id, project.catalog, project.config)
    if waivers.FILE not in found or report.plan is None:
        return report
    day = today or datetime.now(UTC).date()
    mistakes = waiver_mistakes(found[waivers.FILE], report.plan, project.migrations, day)
    return replace(report, errors=(*report.errors, *mistakes))


def waiver_mistakes(data: bytes, plan: Plan, known: Collection[str], today: date) -> tuple[FileError, ...]:
    """Those of this plan's waivers, and those of entries that cannot be read or are of no migration that is `known`."""
    found, problems = waivers.read(data)
    waivers.check(found, plan, known, today, problems)
    return tuple(problems.errors)


def lint_file(data: bytes, id_: str, catalog: Catalog, config: Config) -> Report:
    """The same for a file's content; raises SchemaError for a schema of the event that cannot be read."""
    reading = migrations.read(data, f"{migrations.FOLDER}{id_}.toml", catalog, config)
    plan = reading.plan
    if plan is None:
        return Report(id_, None, reading.errors)
    migration_checks.check(reading, catalog, config)
    if not reading.whole:
        return Report(id_, plan, reading.errors)
    outcome = simulate(plan, surroundings(plan, catalog))
    warnings = (*_undeclared(plan, catalog), *outcome.warnings)
    return Report(id_, plan, reading.errors, outcome.refused, warnings, outcome.complete)


def lint_all(project: Project) -> tuple[Report, ...]:
    """Every migration of the project, by id."""
    return tuple(lint_migration(project, id_) for id_ in project.migrations)


def _file(project: Project, id_: str) -> str:
    if id_ not in project.migrations:
        hint = toml.nearest(id_, project.migrations)
        next_step = "schemagate migration new ID --type TYPE  writes one"
        raise UsageError(f"there is no migration {id_!r} in {project.source.label}{hint}", next_step=next_step)
    return f"{migrations.FOLDER}{id_}.toml"


def surroundings(plan: Plan, catalog: Catalog) -> Surroundings:
    """What git knows about the plan's event beside the plan; raises SchemaError for a schema that cannot be read."""
    versions = frozenset(version.id.number for version in catalog.of_event(plan.event))
    dropped, accepted = _personal(plan, catalog)
    topics = {side.topic for side in (plan.old, plan.new) if isinstance(side, EventSide)}
    topics |= {step.action.topic for step in plan.steps if isinstance(step.action, DeleteTopic)}
    return Surroundings(versions, {topic: _others(plan, topic, catalog) for topic in topics}, dropped, accepted)


def _personal(plan: Plan, catalog: Catalog) -> tuple[tuple[str, ...], tuple[str, ...]]:
    old, new_ = (
        catalog.versions.get(VersionId(plan.event, version or 0)) for version in (plan.old_version, plan.new_version)
    )
    return dropped_personal(old, new_) if old is not None and new_ is not None else ((), ())


def dropped_personal(old: Version, new_: Version) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The paths of personal data that the new version drops, and those of them that its events may still carry."""
    personal = new_.settings.personal
    if not personal:
        return (), ()
    from schemagate.schema import paths

    before, later = paths.parse(old.content), paths.parse(new_.content)
    if before is None or later is None:  # what reads the format is not installed
        return personal, personal
    dropped = tuple(path for path in personal if paths.find(before, path) and not paths.find(later, path))
    return dropped, tuple(path for path in dropped if not paths.forbids(later, path))


def breaks_of(old: Content, new: Content, policy: compare.Policy) -> tuple[str, ...]:
    """What a registry will not accept between two versions, as `schemagate diff` words it; raises SchemaError."""
    from schemagate.compat import compare  # lint goes without
    from schemagate.schema.parsing import parse

    before, later = parse(old), parse(new)
    backward = compare.judge_registry(later, before, policy).refused
    forward = compare.judge_registry(before, later, policy).refused
    return (*(f"backward {each}" for each in backward), *(f"forward {each}" for each in forward))


def _others(plan: Plan, topic: str, catalog: Catalog) -> tuple[str, ...]:
    """What else git maps to a topic: other events, and other versions of this one that a manifest still lists."""
    listed = {
        VersionId(each.event, number)
        for service in catalog.services.values()
        for each in (*service.produces, *service.consumes)
        for number in each.versions
    }
    mine = {VersionId(plan.event, number) for number in plan.versions}
    found = [version.id for version in catalog.versions.values() if version.topic == topic and version.id not in mine]
    return tuple(dict.fromkeys(str(id_) for id_ in found if id_.event != plan.event or id_ in listed))


def _undeclared(plan: Plan, catalog: Catalog) -> tuple[Refusal, ...]:
    """Services that declare the event and that the plan does not name: the gates will find their groups (CO5)."""
    named = {each.service for each in plan.consumers}
    places = {
        service.name: f"{service.file}:{declaration.line}"
        for service, declaration in catalog.consumers(plan.event)
        if service.name not in named
    }
    return tuple(
        Refusal(
            "",
            "CO5",
            f"{name} consumes {plan.event} ({at}), and the plan does not name it",
            f"name {name} under consumers",
        )
        for name, at in places.items()
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan with what follows from it: the gates of each step, and which steps nobody can take back."""

    plan: Plan
    gates: Mapping[str, tuple[str, ...]]
    irreversible: frozenset[str]


def show(project: Project, id_: str) -> Shown:
    """The plan of a migration; raises ConfigError with the mistakes of a file that cannot be read as a plan."""
    report = lint_migration(project, id_)
    if report.plan is None:
        raise ConfigError(tuple(str(error) for error in report.errors))
    return Shown(report.plan, gates(report.plan), irreversible(report.plan))
