"""What is the value of a probe, now? One number, or Unknown with the kind of failure.

Never what was printed or stored, nor a driver's words: these can hold payloads and passwords.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Final

from schemagate.errors import ConfigError, NoAnswer
from schemagate.facts import Measured, Unknown
from schemagate.observe import databases, programs
from schemagate.observe.databases import Number
from schemagate.project import config
from schemagate.project.git import Git
from schemagate.rollout.probes import Exec, Probe, Sql, Tables

SECONDS: Final = 30
"""That a probe may take, with its second query."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where probes are read: the project's folder, its git, the merged commit, the environment's variables, a clock."""

    root: Path
    git: Git
    commit: str
    environ: Mapping[str, str]
    clock: Callable[[], datetime]


def read(probe: Probe, place: Place, *, seconds: float = SECONDS) -> Measured | Unknown:
    """The value of an `exec` or `sql` probe, and what its traffic query counts; it is as old as the question."""
    at, until = place.clock(), monotonic() + seconds
    try:
        value, *traffic = _values(probe, place, until)
    except NoAnswer as error:
        return Unknown(error.message, error.next_step)
    return Measured(value, at, *traffic)


def _values(probe: Probe, place: Place, until: float) -> list[Number]:
    match probe.source:
        case Exec(command):
            return [programs.run(command, place.root, place.git, place.commit, environ=place.environ, until=until)]
        case Sql(dsn, query):
            questions = [query, *([probe.traffic.query] if probe.traffic else [])]
            return databases.ask(_expanded(dsn, place.environ), questions, place.root, until)
        case Tables(dsn, names):
            return databases.ask(_expanded(dsn, place.environ), [names], place.root, until)
        case other:
            raise NoAnswer(
                f"this version does not read {type(other).__name__.lower()} probes yet",
                next_step="ask the same with an exec or sql probe",
            )


def _expanded(dsn: str, environ: Mapping[str, str]) -> str:
    try:
        return config.expand({"dsn": dsn}, environ)["dsn"]
    except ConfigError as error:
        raise NoAnswer("an environment variable of the dsn is not set", next_step=error.next_step) from None
