"""`schemagate bump`: the next version of an event."""

from __future__ import annotations

import os
from pathlib import Path

import click

from schemagate.cli.output import tell_begun


@click.command("bump")
@click.argument("event")
def command(event: str) -> int:
    """Start the next version of EVENT.

    After a breaking edit of the newest version the edit moves into the new version, and the released text is restored.

    \b
    schemagate bump candidate
    """
    from schemagate.ask.scaffold import bump
    from schemagate.project.catalog import find_root

    tell_begun(bump(find_root(Path.cwd()), event, os.environ))
    return 0
