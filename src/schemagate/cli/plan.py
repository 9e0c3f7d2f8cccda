"""`schemagate plan`: what would change in the registry?"""

from __future__ import annotations

import os
from pathlib import Path

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, style


@click.command("plan")
@options.environment
@options.ref
@options.output_format("text", "json", "github")
def command(environment: str, ref: str | None, format_: str) -> int:
    """What would `publish` change in the registry? Nothing is changed here.

    Prints every level to set and every schema to register, and the plan's ID.

    \b
    schemagate plan
    schemagate plan --env staging

    Exit codes: 0 planned (changes pending or not), 1 something stands in the way, 3 not to be found out.
    """
    from schemagate.ask.publish import make_plan
    from schemagate.report import publish as report

    found = make_plan(Path.cwd(), environment, os.environ, ref)
    answer_as(
        format_,
        text=lambda: report.plan_text(found, style()),
        json=lambda: report.plan_json(found),
        github=lambda: report.github(found, report.plan_text(found)),
    )
    return found.exit_code
