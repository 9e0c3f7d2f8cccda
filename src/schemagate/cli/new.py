"""`schemagate new`: an event's first schema."""

from __future__ import annotations

from pathlib import Path

import click

from schemagate.cli.output import tell_begun


@click.command("new")
@click.argument("event")
@click.option("--as", "as_", type=click.Choice(["json", "avro", "protobuf"]), default="json", show_default=True)
@click.option("--owner", default="unassigned", show_default=True, help="The team that is written as owner.")
def command(event: str, as_: str, owner: str) -> int:
    """Write the first schema of EVENT and its table in schemagate.toml.

    \b
    schemagate new order.placed
    schemagate new order.placed --as avro --owner team-orders
    schemagate new order.placed --as protobuf
    """
    from schemagate.ask.scaffold import new
    from schemagate.project.catalog import find_root
    from schemagate.schema.event import Format

    tell_begun(new(find_root(Path.cwd()), event, Format(as_), owner))
    return 0
