"""`schemagate gate`: may a producer emit this version, may a migration take its next step?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, style
from schemagate.errors import UsageError

if TYPE_CHECKING:
    from schemagate.ask.steps import StepReport


@click.command("gate")
@click.argument("what", metavar="EVENT@N|MIGRATION")
@click.argument("step", metavar="[STEP|GATE]", required=False)
@options.environment
@options.ref
@click.option("--candidate", metavar="SERVICE@VERSION", help="The build that is about to be released.")
@click.option("--dry-run", is_flag=True, help="Tell the answer, and exit with 0.")
@options.verbose
@options.output_format("text", "json", "github")
def command(
    *,
    what: str,
    step: str | None,
    environment: str,
    ref: str | None,
    candidate: str | None,
    dry_run: bool,
    verbose: bool,
    format_: str,
) -> int:
    """May any producer emit EVENT@N, or may MIGRATION take its next step, in this environment?

    EVENT@N: yes only if the registry answers the text that is in git, under the right subject and level, and every
    consumer of the event reads the version. A deploy pipeline calls it before it switches a producer.

    MIGRATION: the first step that is not done, or STEP, or the first one that has the gate of this name. Of a step that
    is ready its gate is asked, of one that is open what proves that it was done. Nothing is recorded:
    `schemagate migration advance` does that.

    \b
    schemagate gate manager@2 --env production
    schemagate gate us-160-assessment-v2 --env production
    schemagate gate us-160-assessment-v2 14 --env production --candidate assessments@4a1f9c2
    schemagate gate us-160-assessment-v2 may-produce --env staging --verbose

    Exit codes: 0 pass, 1 blocked, 3 unknown (never to be read as a pass).
    """
    if "@" in what:
        if step is not None or candidate is not None:
            raise UsageError(f"{what} is a version, and a step or a candidate belongs to a migration")
        return _version(what, environment, ref, format_, dry_run=dry_run)
    from schemagate.ask.inquiry import open_inquiry
    from schemagate.ask.steps import gate_step

    inquiry = open_inquiry(Path.cwd(), what, environment, os.environ, ref, candidate=candidate)
    return _tell(gate_step(inquiry, step), format_, dry_run=dry_run, verbose=verbose)


def _version(name: str, environment: str, ref: str | None, format_: str, *, dry_run: bool) -> int:
    from schemagate.ask.gate import gate
    from schemagate.report import gate as report

    found = gate(Path.cwd(), name, environment, os.environ, ref)
    answer_as(
        format_,
        text=lambda: report.to_text(found, style()),
        json=lambda: report.to_json(found),
        github=lambda: report.to_github(found),
    )
    return 0 if dry_run else found.exit_code


def _tell(found: StepReport, format_: str, *, dry_run: bool, verbose: bool) -> int:
    from schemagate.report import steps as report

    answer_as(
        format_,
        text=lambda: report.to_text(found, style(), verbose=verbose),
        json=lambda: report.to_json(found),
        github=lambda: report.to_github(found),
    )
    return 0 if dry_run else found.exit_code
