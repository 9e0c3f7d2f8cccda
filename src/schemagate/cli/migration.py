"""`schemagate migration`: plans of migrations, simulated before anyone acts, and taken step by step."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schemagate.cli import options
from schemagate.cli.output import answer, answer_as, remark, style, tell_begun
from schemagate.errors import UsageError

if TYPE_CHECKING:
    from schemagate.ask.inquiry import Inquiry

_TYPES = ("event-version", "sync-to-event", "event-to-sync", "event-retire")


@click.group("migration")
def command() -> None:
    """Migrations: the plan is a file, simulated before anyone acts, and let through one step at a time on evidence.

    A plan is written and linted offline. In each environment a step is ready, opened by its gate, and done by its
    evidence; both are recorded on the branch of `state` in schemagate.toml.

    \b
    schemagate migration new us-160-assessment-v2 --type event-version
    schemagate migration lint us-160-assessment-v2
    schemagate migration show us-160-assessment-v2
    schemagate migration status us-160-assessment-v2
    schemagate migration advance us-160-assessment-v2 14 --env staging
    """


@command.command("lint")
@click.argument("id_", metavar="[ID]", required=False)
@options.output_format("text", "json", "github")
def lint(id_: str | None, format_: str) -> int:
    """Can this migration work, in every order that its `needs` allow? Without ID: all migrations.

    The file is checked against the events, the manifests and the environments; then every step is applied to a model
    of what is deployed, and after each one the rules S1 to S8 must hold. A refusal names the step, the rule, the
    services and versions in conflict, and a line to paste.

    \b
    schemagate migration lint
    schemagate migration lint us-160-assessment-v2 --format json

    Exit codes: 0 it can, 1 refused, 2 mistakes in a file, 3 more orders than could be looked at.
    """
    from schemagate.ask.migration import lint_all, lint_migration
    from schemagate.project.catalog import open_project
    from schemagate.report import migration as report

    project = open_project(Path.cwd())
    found = lint_all(project) if id_ is None else (lint_migration(project, id_),)
    answer_as(
        format_,
        text=lambda: report.to_text(found, style()),
        json=lambda: report.to_json(found),
        github=lambda: report.to_github(found),
    )
    return report.exit_code(found)


@command.command("show")
@click.argument("id_", metavar="ID")
@options.output_format("text", "json", "mermaid")
def show(id_: str, format_: str) -> int:
    """The plan as a table: steps, kinds, actors, needs, gates; what cannot be taken back is marked.

    \b
    schemagate migration show us-160-assessment-v2
    schemagate migration show us-160-assessment-v2 --format mermaid
    """
    from schemagate.ask.migration import show as ask
    from schemagate.project.catalog import open_project
    from schemagate.report import migration as report

    shown = ask(open_project(Path.cwd()), id_)
    answer_as(
        format_,
        text=lambda: report.show_text(shown, style()),
        json=lambda: report.show_json(shown),
        mermaid=lambda: report.show_mermaid(shown),
    )
    return 0


@command.command("new")
@click.argument("id_", metavar="ID")
@click.option("--type", "type_", type=click.Choice(_TYPES), required=True, help="What changes into what.")
@click.option("--event", metavar="EVENT", help="The event. Default: the first one that fits the type.")
def new(id_: str, type_: str, event: str | None) -> int:
    """Write migrations/ID.toml, a plan of this type that lints; queries and addresses are left to fill in.

    \b
    schemagate migration new us-160-assessment-v2 --type event-version --event assessment
    schemagate migration new comm-060 --type event-to-sync --event task.rating
    """
    from schemagate.ask.new_migration import new as ask
    from schemagate.project.catalog import find_root
    from schemagate.rollout.plan import PlanType

    tell_begun(ask(find_root(Path.cwd()), id_, PlanType(type_), event))
    return 0


_ENVIRONMENT = click.option(
    "--env", "environment", required=True, metavar="ENV", help="The environment, as named in schemagate.toml."
)


@command.command("status")
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--env", "environment", metavar="ENV", help="One environment. Default: all of the plan.")
@options.ref
@options.output_format("text", "json")
def status(id_: str | None, environment: str | None, ref: str | None, format_: str) -> int:
    """How far is a migration, in each of its environments? Without ID: all migrations. Reads git and the records only.

    \b
    schemagate migration status us-160-assessment-v2
    schemagate migration status --env production --format json

    Exit codes: 0 told, 3 the records of an environment cannot be read.
    """
    from schemagate.ask.status import status as ask
    from schemagate.report import status as report

    found = ask(Path.cwd(), id_, environment, os.environ, ref)
    answer_as(format_, text=lambda: report.to_text(found, style()), json=lambda: report.to_json(found))
    return max((each.exit_code for each in found), default=0)


@command.command("advance")
@click.argument("id_", metavar="ID")
@click.argument("step", metavar="STEP")
@_ENVIRONMENT
@click.option("--candidate", metavar="SERVICE@VERSION", help="The build that is about to be released.")
@click.option(
    "--to",
    type=click.Choice(["open", "done"]),
    help="This state, if it is not there already. Default: whichever comes next.",
)
@click.option("--back", is_flag=True, help="Take the step back instead, as if nobody had opened it.")
@options.verbose
@options.output_format("text", "json")
def advance(
    *,
    id_: str,
    step: str,
    environment: str,
    candidate: str | None,
    to: str | None,
    back: bool,
    verbose: bool,
    format_: str,
) -> int:
    """Record that STEP takes its next state: from ready to open on its gate, from open to done on its evidence.

    To be opened before the work is released, and made done after it. Two that advance one step at once: one is
    recorded, the other one is told. With --to, a step that is there already is enough, so that a CI job can be run
    again. --back takes back a step that is open, or the newest one that is done.

    \b
    schemagate migration advance us-160-assessment-v2 14 --env staging --to open --candidate assessments@4a1f9c2
    schemagate migration advance us-160-assessment-v2 14 --env staging --back

    Exit codes: 0 recorded, 1 blocked or refused, 3 unknown; only with 0 something was recorded.
    """
    from schemagate.ask import advance as ask
    from schemagate.report import steps as report
    from schemagate.rollout.progress import State

    if back and to is not None:
        raise UsageError("--back takes a step back, and --to takes it on", next_step="give one of them")
    inquiry = _inquiry(id_, environment, None, candidate)
    found = ask.back(inquiry, step) if back else ask.advance(inquiry, step, State(to) if to else None)
    answer_as(
        format_,
        text=lambda: report.advanced_text(found, style(), verbose=verbose),
        json=lambda: report.advanced_json(found),
    )
    if found.record is not None and inquiry.project.config.state.remote is None:
        remark('only this clone has the record; to share records:  state = { remote = "origin" }  in schemagate.toml')
    return 0 if found.record is not None or found.report is None else found.report.exit_code


@command.command("approve")
@click.argument("id_", metavar="ID")
@click.argument("step", metavar="STEP")
@_ENVIRONMENT
@options.ref
@click.option("--team", metavar="TEAM", help="For which of the teams that the plan asks.")
def approve(*, id_: str, step: str, environment: str, ref: str | None, team: str | None) -> int:
    """Write your approval of a step that nobody can take back; it counts when it is merged.

    It shows the step's gate, and writes approvals/ID/ENV-STEP-YOU.toml. It is void when the plan changes, or when it is
    older than `approvals.max_age`.

    \b
    schemagate migration approve us-160-assessment-v2 17 --env production --team platform
    """
    from schemagate.ask.agree import approve as ask
    from schemagate.report import steps as report

    made = ask(_inquiry(id_, environment, ref, None), step, team)
    if made.looked_at is not None:
        answer(report.to_text(made.looked_at, style()))
    answer(f"wrote {made.file}")
    remark("  next: commit it, and merge it; the gate reads what is merged")
    return 0


@command.command("waive")
@click.argument("id_", metavar="ID")
@click.argument("step", metavar="STEP")
@click.argument("check", metavar="CHECK")
@_ENVIRONMENT
@options.ref
@click.option("--target", metavar="T", help="Whom the check is about. Default: all its targets.")
@click.option("--reason", required=True, metavar="TEXT", help="Why the exception is sound.")
@click.option("--owner", required=True, metavar="WHO", help="Who answers for it.")
@click.option(
    "--expires", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The last day it counts."
)
def waive(
    *,
    id_: str,
    step: str,
    check: str,
    environment: str,
    ref: str | None,
    target: str | None,
    reason: str,
    owner: str,
    expires: datetime,
) -> int:
    """Add an exception to waivers.toml: one check of one step, at most 90 days; it counts when it is merged.

    Checks that would hide a running writer, and steps that nobody can take back, admit none.

    \b
    schemagate migration waive us-160-assessment-v2 14 CO7 --env production --target hiring.assessment
        --reason "fixture run reviewed" --owner a.petrova --expires 2026-12-15
    """
    from schemagate.ask.agree import waive as ask
    from schemagate.rollout.waivers import Waiver

    waiver = Waiver(id_, step, check, environment, reason, owner, expires.date(), target)
    made = ask(_inquiry(id_, environment, ref, None), waiver)
    answer(f"wrote {made.file}: {check} of step {step} in {environment}, until {waiver.expires}")
    remark("  next: commit it, and merge it; the gate reads what is merged")
    return 0


def _inquiry(id_: str, environment: str, ref: str | None, candidate: str | None) -> Inquiry:
    from schemagate.ask.inquiry import open_inquiry

    return open_inquiry(Path.cwd(), id_, environment, os.environ, ref, candidate=candidate)
