"""What does a plan ask of the world, one value at a time? Probes as frozen values; `observe` runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Sql:
    """A query that gives one value, in a read-only transaction; `dsn` may hold `${NAME}`."""

    dsn: str
    query: str


@dataclass(frozen=True, slots=True)
class Tables:
    """How many of these tables are there; a name without a schema ("ratings", not "bonuses.ratings") counts in any.

    No plan writes it: checks that ask whether a table is gone do.
    """

    dsn: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Http:
    """A GET whose status is the value."""

    url: str
    path: str


@dataclass(frozen=True, slots=True)
class Prometheus:
    """An instant query; `p99` is a budget in seconds, for a query that gives seconds."""

    url: str
    query: str
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class Exec:
    """A program of the repository, without a shell; the last line of its output is the value."""

    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ManifestList:
    """The versions of the plan's event in a list of the actor's merged manifest: which it has, which it lacks."""

    list: Literal["produces", "consumes"]
    has: tuple[int, ...] = ()
    lacks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Attest:
    """A dated statement by a team about what no machine can see; older than `max_age` seconds it is missing."""

    statement: str
    by: str
    max_age: float


Source: TypeAlias = Sql | Tables | Http | Prometheus | Exec | ManifestList | Attest


@dataclass(frozen=True, slots=True)
class Traffic:
    """A second query that proves that there was something to count: below `at_least` the probe is unknown."""

    query: str
    at_least: int


@dataclass(frozen=True, slots=True)
class Probe:
    """One question. `name` is that in `[probes]`, "" for an inline one; `must` is the required value.

    `window` (seconds) is how long the value has to hold.
    """

    source: Source
    name: str = ""
    must: int | float | None = None
    window: float | None = None
    traffic: Traffic | None = None


CHECKED: Final = (
    "backfill",
    "parity",
    "effects",
    "complete",
    "latency",
    "call_usage",
    "endpoint_ready",
    "equality",
    "tables_unread",
)
"""Names in `[probes]` that checks read by themselves; other names serve the steps that name them."""
