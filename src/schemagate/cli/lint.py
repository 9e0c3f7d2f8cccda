"""`schemagate lint`: house rules on events and manifests."""

from __future__ import annotations

import os
from pathlib import Path

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, style


@click.command("lint")
@click.option("-v", "--verbose", is_flag=True, help="Show notes as well.")
@options.output_format("text", "json", "github", "sarif")
def command(verbose: bool, format_: str) -> int:
    """Do the events and the manifests in the work tree follow the house's rules? Offline.

    Events: strict JSON, the metaschema, names and versions that agree, references that resolve, an envelope, keys, Avro
    as the specification has it. Manifests: what keeps events from being lost, doubled or stuck; a warning, and an error
    where money moves. `schemagate explain RULE` says what each rule is for.

    \b
    schemagate lint
    schemagate lint --format github

    A rule is switched off in schemagate.toml, with a reason, or counts more or less than it says of itself:

    \b
    [lint]
    preset = "cloudevents"
    off = { EV11 = "amounts are checked by the ledger" }
    [severity]
    SV02 = "error"

    Exit codes: 0 no errors (warnings pass), 1 errors, 2 configuration, 3 not all could be judged.
    """
    from schemagate.ask.lint import lint
    from schemagate.project.catalog import find_root
    from schemagate.report import lint as report

    found = lint(find_root(Path.cwd()), os.environ)
    answer_as(
        format_,
        text=lambda: report.to_text(found, style(), verbose=verbose),
        json=lambda: report.to_json(found),
        github=lambda: report.to_github(found),
        sarif=lambda: report.to_sarif(found),
    )
    return found.exit_code
