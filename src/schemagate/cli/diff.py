"""`schemagate diff`: what changed between two versions?"""

from __future__ import annotations

from pathlib import Path

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, style


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("--policy", type=click.Choice(["STRICT", "LENIENT"]), default="STRICT", show_default=True)
@options.output_format("text", "json")
def command(old: str, new: str, policy: str, format_: str) -> int:
    """What changed from OLD to NEW, and who can read whose data, with an event for every break.

    Each side is EVENT@N, a file, or REF:path.

    \b
    schemagate diff manager@1 manager@2
    schemagate diff main:schemas/manager/v1.json schemas/manager/v1.json

    Exit code 0: a difference is an answer here, not a failure.
    """
    from schemagate.ask.diff import diff
    from schemagate.project.catalog import find_root
    from schemagate.report import diff as report

    found = diff(find_root(Path.cwd()), old, new, "LENIENT" if policy == "LENIENT" else "STRICT")
    answer_as(format_, text=lambda: report.to_text(found, style()), json=lambda: report.to_json(found))
    return 0
