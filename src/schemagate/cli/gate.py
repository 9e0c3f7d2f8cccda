"""`schemagate gate`: may a producer emit this version?"""

from __future__ import annotations

import os
from pathlib import Path

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, style


@click.command("gate")
@click.argument("version", metavar="EVENT@N")
@options.environment
@options.ref
@options.output_format("text", "json", "github")
def command(version: str, environment: str, ref: str | None, format_: str) -> int:
    """May any producer emit EVENT@N in this environment?

    Yes only if the registry answers the text that is in git, under the right subject and level, and every consumer of
    the event reads the version. A deploy pipeline calls it before it switches a producer.

    \b
    schemagate gate manager@2
    schemagate gate manager@2 --env production

    Exit codes: 0 pass, 1 blocked, 3 unknown (never to be read as a pass).
    """
    from schemagate.ask.gate import gate
    from schemagate.report import gate as report

    found = gate(Path.cwd(), version, environment, os.environ, ref)
    answer_as(
        format_,
        text=lambda: report.to_text(found, style()),
        json=lambda: report.to_json(found),
        github=lambda: report.to_github(found),
    )
    return found.exit_code
