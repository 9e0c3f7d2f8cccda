"""What would change in an environment's registry, and did exactly that happen?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from schemagate.ask.environments import Committed, committed, registry_of
from schemagate.ask.levels import level_of
from schemagate.errors import NoAnswer
from schemagate.project.catalog import Project, find_root
from schemagate.publish import actions, apply, plan, read, verify
from schemagate.registry.client import RegistryClient

Tell = Callable[[object], None]
"""Hears each result while it happens: `publish.apply.Result` and `publish.verify.Check`."""


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A plan, and the commit that it was made from."""

    plan: actions.Plan
    text_from: str
    embedded: bool
    ignored: tuple[str, ...]
    """Files of the work tree that differ from that commit, and do not count."""

    @property
    def exit_code(self) -> int:
        """0 planned; 1 something stands in the way; 3 something could not be found out."""
        whys = {blocked.why for blocked in self.plan.blocked}
        if not whys:
            return 0
        return 3 if whys == {actions.Why.UNKNOWN} else 1


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What was applied, and what was read back afterwards."""

    planned: PlanReport
    applied: apply.Report
    verified: tuple[verify.Check, ...]

    @property
    def exit_code(self) -> int:
        """0 all applied and verified; 1 refused or different; 3 unknown; 130 interrupted."""
        if self.applied.interrupted:
            return 130
        failed = [result.error.exit_code for result in self.applied.results if isinstance(result, apply.Failed)]
        different = any(isinstance(check, verify.Different) for check in self.verified)
        if 1 in failed or different or any(isinstance(r, apply.NotRestored) for r in self.applied.results):
            return 1
        unknown = any(isinstance(check, verify.Unverified) for check in self.verified)
        return 3 if failed or unknown or not self.applied.succeeded else 0


def make_plan(start: Path, environment: str, environ: Mapping[str, str], ref: str | None = None) -> PlanReport:
    """Read the registry and plan; nothing is changed. Raises ConfigError, NoAnswer, Refused."""
    asked = _asked(start, environment, environ, ref)
    project = asked.project
    where = project.config.environment(environment)
    with registry_of(where, project.root, environ) as client:
        return PlanReport(_plan(project, environment, client), project.source.label, where.embedded, asked.ignored)


def publish(
    start: Path,
    environment: str,
    environ: Mapping[str, str],
    *,
    ref: str | None = None,
    plan_id: str | None = None,
    tell: Tell = lambda _: None,
) -> PublishReport:
    """Plan, apply exactly that, read it back. With `plan_id`, refuse (nothing changed) unless the plan is that one."""
    asked = _asked(start, environment, environ, ref)
    project = asked.project
    where = project.config.environment(environment)
    with registry_of(where, project.root, environ) as client:
        made = _plan(project, environment, client)
        if plan_id is not None:
            made.expect(plan_id)
        applied = apply.apply(made, lambda: _plan(project, environment, client), client, tell)
        checks: tuple[verify.Check, ...] = ()
        try:
            checks = verify.verify(made, client, tell) if not applied.interrupted else ()
        except KeyboardInterrupt:
            applied = replace(applied, interrupted=True)  # what was applied must still be told
    planned = PlanReport(made, project.source.label, where.embedded, asked.ignored)
    return PublishReport(planned, applied, checks)


def _asked(start: Path, environment: str, environ: Mapping[str, str], ref: str | None) -> Committed:
    asked = committed(find_root(start), environment, environ, ref)
    for error in asked.project.unreadable.values():
        raise error
    if not asked.project.versions:
        raise NoAnswer(f"there is no schema in {asked.project.source.label}", next_step="schemagate new EVENT")
    return asked


def _plan(project: Project, environment: str, client: RegistryClient) -> actions.Plan:
    versions = project.versions.values()
    facts = read.facts(client, versions, level_of)
    return plan.make_plan(versions, level_of, facts, environment=environment)
