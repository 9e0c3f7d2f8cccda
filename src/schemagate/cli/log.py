"""`schemagate log`: the released revisions of a version."""

from __future__ import annotations

import os
from pathlib import Path

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, style


@click.command("log")
@click.argument("version", metavar="EVENT@N")
@options.output_format("text", "json")
def command(version: str, format_: str) -> int:
    """The released revisions of EVENT@N, newest first: what each changed, and both verdicts against the one before.

    Released is what `check` takes for it: the default branch, or the tags that schemagate.toml names. The verdicts are
    those of the level in force today.

    \b
    schemagate log manager@1
    schemagate log manager@1 --format json

    Exit codes: 0 shown, also where a revision broke readers; 2 no such version; 3 a revision that cannot be read.
    """
    from schemagate.ask.log import log
    from schemagate.project.catalog import find_root
    from schemagate.report import log as report

    found = log(find_root(Path.cwd()), version, os.environ)
    answer_as(format_, text=lambda: report.to_text(found, style()), json=lambda: report.to_json(found))
    return found.exit_code
