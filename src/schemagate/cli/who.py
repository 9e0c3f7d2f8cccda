"""`schemagate who`: who produces and consumes an event?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, style


@click.command("who")
@click.argument("event", metavar="EVENT[@N]")
@options.output_format("text", "json")
def command(event: str, format_: str) -> int:
    """Who produces and consumes EVENT, or its version N, and where is that declared?

    Reads the manifests in the work tree. A reader of a version that schemagate.toml calls `deprecated` is named with
    what to do about it.

    \b
    schemagate who manager
    schemagate who assessment@1

    Exit code 0: whoever is found is an answer, also nobody.
    """
    from schemagate.ask.who import who
    from schemagate.project.catalog import open_project
    from schemagate.report import who as report

    found = who(open_project(Path.cwd()), event, datetime.now(UTC).date())
    answer_as(format_, text=lambda: report.to_text(found, style()), json=lambda: report.to_json(found))
    return 0
