"""What does git say about a migration in an environment, and how is everything else reached that has to be asked?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from schemagate.ask.environments import Committed, committed
from schemagate.ask.levels import level_of
from schemagate.ask.migration import Report, breaks_of, lint_migration
from schemagate.ask.record import build_of
from schemagate.errors import ConfigError, NoAnswer, NotInstalled, SchemaError, UsageError
from schemagate.facts import Approval, Unknown
from schemagate.findings import Finding, Severity
from schemagate.observe.broker import Broker
from schemagate.policy.lint import lint as lint_version
from schemagate.policy.lint import lint_manifests
from schemagate.project import approvals, migrations, toml, waivers
from schemagate.project.catalog import Project, find_root
from schemagate.project.config import Cluster, Environment
from schemagate.project.git import Git
from schemagate.rollout.plan import Plan
from schemagate.rollout.records import Stream, digest
from schemagate.rollout.seen import Merged
from schemagate.schema.event import Version, VersionId

Brokers: TypeAlias = Callable[[Cluster], Broker]
"""How a cluster is reached."""


def now() -> datetime:
    """In UTC, whole seconds, as records have it."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A build that is about to be released, as a user names it: SERVICE@VERSION."""

    service: str
    version: str


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A migration in an environment, at the commit that counts; `earlier` are the plan's environments before it."""

    project: Project
    git: Git
    merged: Merged
    environment: Environment
    earlier: tuple[str, ...]
    commit: str
    ignored: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    brokers: Brokers | None = None
    clock: Callable[[], datetime] = now
    candidate: Candidate | None = None

    @property
    def plan(self) -> Plan:
        """The plan at that commit."""
        return self.merged.plan

    @property
    def clusters(self) -> tuple[str, ...]:
        """The environment's clusters that are looked at; mirrors are not."""
        known = self.project.config.clusters
        return tuple(name for name in self.environment.clusters if known[name].mirror_of is None)

    @property
    def folders(self) -> tuple[str, ...]:
        """Which records count."""
        return tuple(f"records/{name}" for name in (*self.earlier, self.environment.name))

    @property
    def stream(self) -> Stream:
        """Where the migration's own records stand."""
        return Stream(self.environment.name, "migration", self.plan.id)


def open_inquiry(
    start: Path,
    id_: str,
    environment: str,
    environ: Mapping[str, str],
    ref: str | None = None,
    *,
    candidate: str | None = None,
    brokers: Brokers | None = None,
    clock: Callable[[], datetime] = now,
) -> Inquiry:
    """Read what git says; raises UsageError and ConfigError for names that are not there and for a file without a plan.

    A plan that lint refuses is no error here: its gates answer that. Raises NoAnswer for a clone that is behind.
    """
    where = merged_files(find_root(start), environment, environ, ref)
    return inquiry_of(where, id_, environment, environ, candidate=candidate, brokers=brokers, clock=clock)


def inquiry_of(
    where: Committed,
    id_: str,
    environment: str,
    environ: Mapping[str, str],
    *,
    candidate: str | None = None,
    brokers: Brokers | None = None,
    clock: Callable[[], datetime] = now,
) -> Inquiry:
    """The same for files that were read already."""
    project = where.project
    place = project.config.environment(environment)
    report = lint_migration(project, id_, today=clock().date())
    plan = report.plan
    if plan is None or plan.id != id_ or project.source.git is None:
        raise ConfigError(tuple(str(error) for error in report.errors), next_step=f"schemagate migration lint {id_}")
    if environment not in plan.environments:
        known = ", ".join(plan.environments)
        raise UsageError(
            f"{id_} is not planned for {environment!r}, only for {known}", next_step=f"--env {plan.environments[0]}"
        )
    earlier = plan.environments[: plan.environments.index(environment)]
    merged = _merged(where, plan, report)
    build = _candidate(candidate, plan) if candidate is not None else None
    return Inquiry(
        project, project.source.git, merged, place, earlier, where.commit, where.ignored, environ, brokers, clock, build
    )


def merged_files(root: Path, environment: str, environ: Mapping[str, str], ref: str | None) -> Committed:
    """The project as it is merged, whatever a pull request is made against; HEAD for `local`.

    Raises NoAnswer where the default branch is another one by now.
    """
    named = {name: value for name, value in environ.items() if name == "SCHEMAGATE_BASE"}
    where = committed(root, environment, named, ref)
    if ref is None:
        _refuse_stale(where)
    return where


def _refuse_stale(where: Committed) -> None:
    """The default branch of whoever shares the records must be here as it is there; silence is told by the records."""
    git, remote = where.project.source.git, where.project.config.state.remote
    name = where.project.source.label.partition(" ")[0]
    if git is None or remote is None or not name.startswith(f"{remote}/"):
        return
    branch = git.full_name(f"refs/remotes/{name}").removeprefix(f"refs/remotes/{remote}/")  # of origin/HEAD, too
    try:
        tip = git.tip(remote, f"refs/heads/{branch}")
    except NoAnswer:
        return
    if tip not in (None, where.commit):
        what = f"{name} is {where.commit[:7]} here and {str(tip)[:7]} there: what is merged is not known"
        raise NoAnswer(what, next_step=f"git fetch {remote}")


def _candidate(text: str, plan: Plan) -> Candidate:
    service, version = build_of(text)
    if service not in plan.parties:
        hint = toml.nearest(service, sorted(plan.parties))
        raise UsageError(f"{service!r} is no party of {plan.id}{hint}")
    return Candidate(service, version)


def _merged(where: Committed, plan: Plan, report: Report) -> Merged:
    project = where.project
    file = f"{migrations.FOLDER}{plan.id}.toml"
    found = project.source.read([file, waivers.FILE])
    agreed, mistakes = _approvals(where, plan)
    refused = [f"step {each.step}, {each.rule}: {each.message}" for each in report.refused]
    unfinished = [] if report.complete else ["it allows more orders than were looked at"]
    waived, _ = waivers.read(found[waivers.FILE]) if waivers.FILE in found else ((), None)
    versions = [project.versions.get(VersionId(plan.event, number)) for number in plan.versions]
    present = [version for version in versions if version is not None]
    return Merged(
        plan,
        digest(found[file]),
        project.catalog,
        mistakes=(*map(str, report.errors), *mistakes, *refused, *unfinished),
        findings=_findings(project, present),
        breaks=_breaks(present, plan),
        approvals=agreed,
        waivers=waived,
        referring=_referring(project, plan),
        levels={version.id: level_of(version) for version in present},
    )


def _approvals(where: Committed, plan: Plan) -> tuple[tuple[Approval, ...], list[str]]:
    project, git = where.project, where.project.source.git
    folder = f"{approvals.FOLDER}{plan.id}/"
    paths = [path for path in project.source.entries if path.startswith(folder) and path.endswith(".toml")]
    found: list[Approval] = []
    mistakes: list[str] = []
    for path, data in project.source.read(paths).items():
        problems = toml.Problems(path)
        approval = approvals.read(data, path, problems)
        mistakes += problems.found
        if approval is not None and plan.approvals.verify == "signed" and git is not None:
            approval = replace(approval, signed=git.signer(where.commit, path))
        if approval is not None:
            found.append(approval)
    return tuple(found), mistakes


def _findings(project: Project, versions: Collection[Version]) -> dict[str, tuple[Finding, ...]]:
    preset, off = project.config.lint_preset, project.config.lint_off
    found: dict[str, list[Finding]] = {}
    for version in versions:
        siblings = [each for each in project.catalog.of_event(version.id.event) if each.id != version.id]
        found[str(version.id)] = list(lint_version(version, (), preset=preset, siblings=siblings))
    files = {service.file: name for name, service in project.services.items()}
    for finding in lint_manifests(project.catalog, preset=preset):
        if finding.location is not None and finding.location.file in files:
            found.setdefault(files[finding.location.file], []).append(finding)
    return {
        name: tuple(each for each in of_name if each.severity is Severity.ERROR and each.rule not in off)
        for name, of_name in found.items()
    }


def _breaks(versions: Collection[Version], plan: Plan) -> tuple[str, ...] | Unknown:
    by_number = {version.id.number: version for version in versions}
    absent = [number for number in plan.versions if number not in by_number]
    if absent:
        return Unknown(f"git has no schema of {plan.event} {absent[0]}", "merge the schema")
    if plan.old_version is None or plan.new_version is None:
        return ()
    old, new = by_number[plan.old_version], by_number[plan.new_version]
    try:
        return breaks_of(old.content, new.content, new.settings.policy)
    except SchemaError as error:
        return Unknown(f"{error.file}: {error.message}", "schemagate lint")
    except NotInstalled as error:
        return Unknown(error.message, error.next_step)


def _referring(project: Project, plan: Plan) -> tuple[str, ...]:
    old = project.versions.get(VersionId(plan.event, plan.old_version or 0))
    if old is None:
        return ()
    refers = [v for v in project.versions.values() if old.content.file in v.content.references]
    return tuple(str(version.id) for version in refers)
