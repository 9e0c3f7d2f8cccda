"""`schemagate generate`: code from schemas."""

from __future__ import annotations

from pathlib import Path

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, style


@click.command("generate")
@click.option("--check", is_flag=True, help="Write nothing; fail where files are missing, stale or left over.")
@click.option("-v", "--verbose", is_flag=True, help="Show every loss: what a target says less strictly.")
@options.output_format("text", "json")
def command(check: bool, verbose: bool, format_: str) -> int:
    """Write what `[[generate]]` in schemagate.toml asks for: pydantic models with codecs, Avro schemas.

    The output depends on the schemas alone, byte for byte. A schema that a target cannot express is refused, and all
    others are written. Generated code imports the standard library, pydantic and fastavro, never schemagate.

    \b
    schemagate generate
    schemagate generate --check

    Exit codes: 0 written or up to date, 1 refused or (with --check) stale, 2 configuration or unreadable.
    """
    from schemagate.ask.generate import generate
    from schemagate.report import generate as report

    found = generate(Path.cwd(), check=check)
    answer_as(
        format_,
        text=lambda: report.to_text(found, style(), verbose=verbose),
        json=lambda: report.to_json(found),
    )
    return found.exit_code
