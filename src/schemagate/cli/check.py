"""`schemagate check`: is what changed compatible with what was released?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, style


@click.command("check")
@click.option("--staged", "candidate", flag_value="staged", help="Judge the index: what the next commit would hold.")
@click.option("--head", "candidate", flag_value="head", help="Judge HEAD, as CI does.")
@click.option("--against", metavar="REF", help="Compare with exactly this commit, branch or tag.")
@options.output_format("text", "json", "github")
def command(candidate: str | None, against: str | None, format_: Literal["text", "json", "github"]) -> int:
    """Is what changed compatible with what was released?

    Judges every changed version against the revisions released on the default branch, twice: what the registry will
    answer, and whether readers can really read the data. Every break comes with an event that proves it.

    \b
    schemagate check                        the work tree
    schemagate check --staged               what is about to be committed (the hook)
    schemagate check --head --format github a pull request
    schemagate check --against v1.4.0       exactly that tag

    Exit codes: 0 compatible, 1 a break, 2 a file that cannot be read, 3 not decided or no base.
    """
    from schemagate.ask.check import Candidate, check
    from schemagate.project.catalog import find_root
    from schemagate.report import check as report

    root = find_root(Path.cwd())
    found = check(root, Candidate(candidate or "work-tree"), os.environ, against=against)
    answer_as(
        format_,
        text=lambda: report.to_text(found, style()),
        json=lambda: report.to_json(found),
        github=lambda: report.to_github(found),
    )
    return found.exit_code
