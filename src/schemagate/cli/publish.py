"""`schemagate publish`: make the registry match git, and verify it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from schemagate.cli import options
from schemagate.cli.output import Progress, answer_as, style


@click.command("publish")
@options.environment
@options.ref
@click.option("--plan", "plan_id", metavar="ID", help="Apply exactly this plan; refuse if it is another one now.")
@options.output_format("text", "json")
def command(environment: str, ref: str | None, plan_id: str | None, format_: str) -> int:
    """Make the registry hold what git says: plan, apply exactly that, read it back.

    Publishing twice does nothing the second time. A subject that fails leaves the others alone.

    \b
    schemagate publish
    schemagate publish --env production --plan 5be1c07

    Exit codes: 0 applied and verified, 1 refused or different, 3 no answer, 130 interrupted.
    """
    from schemagate.ask.publish import publish
    from schemagate.report import publish as report

    progress = Progress("publishing")
    found = publish(Path.cwd(), environment, os.environ, ref=ref, plan_id=plan_id, tell=progress.step)
    progress.done()
    answer_as(format_, text=lambda: report.publish_text(found, style()), json=lambda: report.publish_json(found))
    return found.exit_code
