"""`schemagate record`: make what was deployed, tested or stated evidence."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, remark, style

if TYPE_CHECKING:
    from schemagate.ask.record import Desk, Recorded

_ENVIRONMENT = click.option(
    "--env", "environment", required=True, metavar="ENV", help="The environment, as named in schemagate.toml."
)


@click.group("record")
def command() -> None:
    """Record what was deployed, tested or stated: evidence for gates.

    A record is one small JSON file on the branch of `state` in schemagate.toml; work tree, index and HEAD stay as they
    are. It is never changed. A CI job that runs the same command again finds its record and does nothing.

    \b
    schemagate record deployment hiring@3f2c1ab --env production --manifest services/hiring.toml
    schemagate record undeployment hiring --env staging
    schemagate record capability hiring@3f2c1ab manager@2 --env staging --test replay --result passed
    schemagate record attestation "the archive job reads v2" --by team-data --env production

    Exit codes: 0 recorded, 1 refused, 2 usage, 3 the records cannot be read or reached: nothing was recorded.
    """


@command.command("deployment")
@click.argument("build", metavar="SERVICE@VERSION")
@_ENVIRONMENT
@click.option(
    "--manifest", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The manifest that it shipped."
)
@click.option("--instance", default="default", show_default=True, metavar="NAME", help="Where it runs several times.")
@options.output_format("text", "json")
def deployment(*, build: str, environment: str, manifest: Path, instance: str, format_: str) -> int:
    """SERVICE runs in ENV as VERSION, and no other version of this instance does any more.

    To be called at the end of a rollout, when no instance of the old version is left.

    \b
    schemagate record deployment hiring@3f2c1ab --env production --manifest services/hiring.toml
    schemagate record deployment hiring@3f2c1ab --env production --manifest services/hiring.toml --instance eu
    """
    from schemagate.ask import record

    return _tell(record.deployment(_desk(environment), build, manifest, instance), format_)


@command.command("undeployment")
@click.argument("build", metavar="SERVICE[@VERSION]")
@_ENVIRONMENT
@click.option("--instance", metavar="NAME", help="Only this one. Default: all of the service (or of the version).")
@options.output_format("text", "json")
def undeployment(*, build: str, environment: str, instance: str | None, format_: str) -> int:
    """SERVICE runs in ENV no more: gates stop waiting for it.

    \b
    schemagate record undeployment hiring --env staging
    schemagate record undeployment hiring@3f2c1ab --env production --instance eu
    """
    from schemagate.ask import record

    return _tell(record.undeployment(_desk(environment), build, instance), format_)


@command.command("capability")
@click.argument("build", metavar="SERVICE@VERSION")
@click.argument("about", metavar="EVENT@N|ENDPOINT")
@_ENVIRONMENT
@click.option(
    "--test", required=True, type=click.Choice(["samples", "replay", "duplicate", "endpoint"]), help="What was tested."
)
@click.option("--result", required=True, type=click.Choice(["passed", "failed"]), help="How it ended.")
@click.option("--samples", metavar="HASH", help="sha256:... of the set of golden samples.")
@options.output_format("text", "json")
def capability(
    *, build: str, about: str, environment: str, test: str, result: str, samples: str | None, format_: str
) -> int:
    """A test of VERSION passed or failed: golden samples of EVENT@N, a replay, one event twice, or an endpoint.

    \b
    schemagate record capability hiring@3f2c1ab manager@2 --env staging --test replay --result passed
    schemagate record capability hiring@3f2c1ab "GET hiring:/ratings/{id}" --env staging --test endpoint --result failed
    """
    from schemagate.ask import record

    made = record.capability(_desk(environment), build, about, test, passed=result == "passed", samples=samples)
    return _tell(made, format_)


@command.command("attestation")
@click.argument("statement")
@_ENVIRONMENT
@click.option("--by", "team", required=True, metavar="TEAM", help="The team that it is stated for.")
@click.option("--person", metavar="NAME", help="Who states it. Default: git's user.name.")
@click.option("--for", "asked_by", metavar="WHAT", help="The check, probe or step that asks for it.")
@click.option(
    "--answer", "holds", type=click.Choice(["yes", "no"]), default="yes", show_default=True, help="Does it hold?"
)
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The last day it counts, as 2026-12-15."
)
@options.output_format("text", "json")
def attestation(
    *,
    statement: str,
    environment: str,
    team: str,
    person: str | None,
    asked_by: str | None,
    holds: str,
    expires: datetime | None,
    format_: str,
) -> int:
    """A named person states for a team what no machine can see.

    \b
    schemagate record attestation "v1 dashboards and alerts are gone" --by platform --env production
    schemagate record attestation "the archive job reads v2" --by team-data --env production --for CO4 --answer no
    """
    from schemagate.ask import record

    last: date | None = expires.date() if expires else None
    desk = _desk(environment)
    made = record.attestation(
        desk, statement, team, holds=holds == "yes", person=person, asked_by=asked_by, expires=last
    )
    return _tell(made, format_)


def _desk(environment: str) -> Desk:
    from schemagate.ask.record import open_desk

    return open_desk(Path.cwd(), environment, os.environ, datetime.now(UTC))


def _tell(made: Recorded, format_: str) -> int:
    from schemagate.report import record as report

    answer_as(format_, text=lambda: report.to_text(made, style()), json=lambda: report.to_json(made))
    for line in report.remarks(made):
        remark(line)
    return 0
