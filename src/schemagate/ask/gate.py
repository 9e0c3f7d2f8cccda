"""May any producer emit this version in this environment?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from schemagate.ask import deployments
from schemagate.ask.environments import committed, registry_of
from schemagate.ask.levels import level_of
from schemagate.errors import NoAnswer, Refused
from schemagate.facts import SubjectState, Unknown
from schemagate.project import migrations
from schemagate.project.catalog import Project, find_root
from schemagate.project.config import Environment
from schemagate.publish import content, read
from schemagate.rollout.decision import Answer, Decision
from schemagate.rollout.deployed import Recorded
from schemagate.rollout.gate import Place, decide, evidence
from schemagate.schema.event import Version


@dataclass(frozen=True, slots=True)
class GateReport:
    """The decision about a version in an environment, and the commit whose text and manifests counted.

    `evidence` is the hash of everything that was read, `at` when: where deployments are recorded.
    """

    version: str
    environment: str
    text_from: str
    decision: Decision
    ignored: tuple[str, ...] = ()
    """Files of the work tree that differ from that commit, and do not count."""
    evidence: str | None = None
    at: datetime | None = None
    migrations: tuple[str, ...] = ()
    """Plans in which the version comes: their gates decide about their steps."""

    @property
    def exit_code(self) -> int:
        """0 pass, 1 blocked, 3 unknown."""
        return {Answer.PASS: 0, Answer.BLOCKED: 1, Answer.UNKNOWN: 3}[self.decision.answer]


def _now() -> datetime:
    return datetime.now(UTC)


def gate(
    start: Path,
    name: str,
    environment: str,
    environ: Mapping[str, str],
    ref: str | None = None,
    *,
    clock: Callable[[], datetime] = _now,
) -> GateReport:
    """Ask git, the manifests, the registry and the records; who gives no answer is an unknown, not an error."""
    asked = committed(find_root(start), environment, environ, ref)
    project = asked.project
    version = project.version(name)
    where = project.config.environment(environment)
    facts = (
        version,
        level_of(version),
        project.catalog,
        _subject(project, version, where, environ),
        Place(environment, where.deployments, project.source.label, _recorded(project, where)),
    )
    label, plans = project.source.label, _plans(project, version, environment)
    report = GateReport(str(version.id), environment, label, decide(*facts), asked.ignored, migrations=plans)
    if where.deployments == "declared":
        return report
    return replace(report, evidence=evidence(*facts), at=clock())


def _plans(project: Project, version: Version, environment: str) -> tuple[str, ...]:
    """The migrations that bring the version to this environment."""
    files = project.source.read(f"{migrations.FOLDER}{id_}.toml" for id_ in project.migrations)
    plans = (migrations.read(data, file, project.catalog, project.config).plan for file, data in files.items())
    return tuple(
        plan.id
        for plan in plans
        if plan is not None
        and (plan.event, plan.new_version) == (version.id.event, version.id.number)
        and environment in plan.environments
    )


def _recorded(project: Project, environment: Environment) -> Recorded:
    if environment.deployments == "declared" or project.source.git is None:
        return {}
    return deployments.recorded(project.source.git, project.config.state, environment.name)


def _subject(
    project: Project, version: Version, environment: Environment, environ: Mapping[str, str]
) -> SubjectState | Unknown:
    try:
        with registry_of(environment, project.root, environ) as client:
            facts = read.facts(client, [version], level_of)
    except (NoAnswer, Refused) as error:  # a refused question is no answer about the version
        return Unknown(error.message)
    if version.subject in facts.subjects:
        return facts.subjects[version.subject]
    obstacle = content.obstacles([version]).get(version.id)
    if obstacle is None:
        return Unknown(f"{version.subject} cannot be looked up: schemagate lint")
    return Unknown(obstacle.reason, obstacle.next_step)
