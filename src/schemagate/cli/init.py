"""`schemagate init`: a configuration for the schemas that are here."""

from __future__ import annotations

import os
from pathlib import Path

import click

from schemagate.cli.output import tell_begun


@click.command("init")
@click.option("--owner", default="unassigned", show_default=True, help="The team that is written as owner.")
def command(owner: str) -> int:
    """Write schemagate.toml for the schemas in schemas/, and say what else was found.

    Each event gets the level that fits its content: open JSON objects evolve forward, everything else backward.
    Nothing is moved; for schemas elsewhere the commands that move them are printed. Where released revisions break each
    other already, the line is printed that lets judging start today (`since`).

    \b
    schemagate init
    schemagate init --owner team-orders
    """
    from schemagate.ask.scaffold import init

    tell_begun(init(Path.cwd(), owner, os.environ))
    return 0
