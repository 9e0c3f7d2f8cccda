"""`schemagate migration`: plans of migrations, checked and simulated before anyone acts."""

from __future__ import annotations

from pathlib import Path

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, style, tell_begun

_TYPES = ("event-version", "sync-to-event", "event-to-sync", "event-retire")


@click.group("migration")
def command() -> None:
    """Migrations: the plan is a file, simulated before anyone acts. Offline.

    \b
    schemagate migration new us-160-assessment-v2 --type event-version
    schemagate migration lint us-160-assessment-v2
    schemagate migration show us-160-assessment-v2
    """


@command.command("lint")
@click.argument("id_", metavar="[ID]", required=False)
@options.output_format("text", "json")
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
    answer_as(format_, text=lambda: report.to_text(found, style()), json=lambda: report.to_json(found))
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
