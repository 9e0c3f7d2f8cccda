"""`schemagate check`: is what changed compatible with what was released?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, style
from schemagate.errors import UsageError

if TYPE_CHECKING:
    from schemagate.ask.check import CheckReport


@click.command("check")
@click.option("--staged", is_flag=True, help="Judge the index: what the next commit would hold.")
@click.option("--head", is_flag=True, help="Judge HEAD, as CI does.")
@click.option("--against", metavar="REF", help="Compare with exactly this commit, branch or tag.")
@click.option("--env", "environment", metavar="ENV", help="Compare with the live versions in this registry.")
@click.option(
    "--unknown",
    type=click.Choice(["fail", "warn"]),
    default="fail",
    show_default=True,
    help="What could not be decided ends with exit code 3, or is a warning.",
)
@options.output_format("text", "json", "github", "sarif", "junit", "markdown", "waivers")
def command(
    *, staged: bool, head: bool, against: str | None, environment: str | None, unknown: str, format_: str
) -> int:
    """Is what changed compatible with what was released?

    Judges every changed version against the revisions released on the default branch, twice: what the registry will
    answer, and whether readers can really read the data. What cannot be read comes with an event that proves it. What
    the newest released revision broke already is told, and does not fail. With --env every version is judged against
    what that registry holds of it.

    Exceptions stand in waivers.toml. What counts as an error is for each rule to say, and for [severity] in
    schemagate.toml; which verdicts fail, for fail_on.

    \b
    schemagate check                        the work tree
    schemagate check --staged               what is about to be committed (the hook)
    schemagate check --head --format github a pull request
    schemagate check --against v1.4.0       exactly that tag
    schemagate check --env production       the live versions there
    schemagate check --format markdown      the summary of a pull request
    schemagate check --format waivers       entries for waivers.toml, reasons left out

    Exit codes: 0 compatible, 1 a break, 2 a file that cannot be followed, 3 not decided, no base or no registry.
    """
    from schemagate.ask.candidates import Candidate
    from schemagate.ask.check import check
    from schemagate.project.catalog import find_root
    from schemagate.report import check as report

    if staged and head:
        raise UsageError("--staged judges the index, and --head the newest commit", next_step="leave one out")
    candidate = Candidate.STAGED if staged else Candidate.HEAD if head else Candidate.WORK_TREE
    found = check(
        find_root(Path.cwd()),
        candidate,
        os.environ,
        against=against,
        environment=environment,
        unknown_passes=unknown == "warn",
    )
    answer_as(
        format_,
        text=lambda: report.to_text(found, style()),
        json=lambda: report.to_json(found),
        github=lambda: report.to_github(found),
        sarif=lambda: _written("sarif", found),
        junit=lambda: _written("junit", found),
        markdown=lambda: _written("markdown", found),
        waivers=lambda: _written("waivers", found),
    )
    return found.exit_code


def _written(format_: str, found: CheckReport) -> str:
    """The formats that no hook asks for."""
    from schemagate.report import check_formats
    from schemagate.report.check_markdown import to_markdown

    to = {
        "sarif": check_formats.to_sarif,
        "junit": check_formats.to_junit,
        "markdown": to_markdown,
        "waivers": check_formats.to_waivers,
    }
    return to[format_](found)
