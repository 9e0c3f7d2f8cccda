"""`schemagate who`: who produces and consumes an event?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, style


@click.command("who")
@click.argument("event", metavar="EVENT[@N]")
@click.option("--env", "environment", metavar="ENV", help="Ask the records what runs in this environment, too.")
@options.output_format("text", "json")
def command(event: str, environment: str | None, format_: str) -> int:
    """Who produces and consumes EVENT, or its version N, and where is that declared and deployed?

    Reads the manifests in the work tree. A reader of a version that schemagate.toml calls `deprecated` is named with
    what to do about it. With --env the deployment records say what runs there, also of services that declare nothing.

    \b
    schemagate who manager
    schemagate who assessment@1 --env production

    Exit codes: 0 whoever is found is an answer, also nobody; 2 no such event; 3 unknown what runs.
    """
    from schemagate.ask.who import who
    from schemagate.project.catalog import open_project
    from schemagate.report import who as report

    found = who(open_project(Path.cwd()), event, datetime.now(UTC).date(), environment)
    answer_as(format_, text=lambda: report.to_text(found, style()), json=lambda: report.to_json(found))
    return found.exit_code
