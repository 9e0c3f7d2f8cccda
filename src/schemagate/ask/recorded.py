"""What do the records say that a decision about a migration is made from? Folded anew whenever one is to be added."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from schemagate.ask import deployments
from schemagate.ask.inquiry import Inquiry
from schemagate.errors import NoAnswer
from schemagate.facts import Capability, Unknown
from schemagate.project import records as branch
from schemagate.rollout import fold, progress
from schemagate.rollout.deployed import Recorded
from schemagate.rollout.gate import Place
from schemagate.rollout.plan import Step
from schemagate.rollout.progress import Progress
from schemagate.rollout.records import Record, Stream, read_stream
from schemagate.rollout.seen import Build, Outside, Records, Seen
from schemagate.schema.event import Service

T = TypeVar("T")


def look_up(inquiry: Inquiry) -> branch.Snapshot | Unknown:
    """The records that count."""
    try:
        return branch.read(inquiry.git, inquiry.project.config.state, inquiry.folders)
    except NoAnswer as error:
        return Unknown(error.message, error.next_step)


def progress_in(snapshot: branch.Snapshot | Unknown, environment: str, id_: str) -> Progress | Unknown:
    """How far a migration is in an environment."""
    if isinstance(snapshot, Unknown):
        return snapshot
    records = read_stream(Stream(environment, "migration", id_), snapshot.files, snapshot.broken)
    return records if isinstance(records, Unknown) else progress.fold(records)


def seen(inquiry: Inquiry, snapshot: branch.Snapshot | Unknown, outside: Outside, step: Step) -> Seen:
    """Everything that a decision about a step is made from."""
    environment, state = inquiry.environment, inquiry.project.config.state
    recorded: Recorded = snapshot if isinstance(snapshot, Unknown) else {}
    if not isinstance(snapshot, Unknown) and environment.deployments == "recorded":
        recorded = deployments.running(snapshot, state, environment.name)
    place = Place(environment.name, environment.deployments, inquiry.project.source.label, recorded)
    earlier = inquiry.earlier[-1] if inquiry.earlier else None
    return Seen(
        inquiry.merged,
        place,
        inquiry.clock(),
        _records(inquiry, snapshot, earlier),
        outside,
        earlier,
        can_observe=bool(environment.clusters),
        clusters=inquiry.clusters,
        candidates={actor: _build(inquiry, snapshot, actor) for actor in step.actors},
    )


def _records(inquiry: Inquiry, snapshot: branch.Snapshot | Unknown, earlier: str | None) -> Records:
    if isinstance(snapshot, Unknown):
        return Records(snapshot, snapshot if earlier else None, snapshot, snapshot)
    here = inquiry.environment.name
    return Records(
        progress_in(snapshot, here, inquiry.plan.id),
        progress_in(snapshot, earlier, inquiry.plan.id) if earlier else None,
        _tested(_folded(snapshot, (*inquiry.earlier, here), "capabilities", fold.capabilities)),
        _folded(snapshot, (here,), "attestations", fold.attestations),
    )


def _tested(found: dict[str, tuple[Capability, ...] | Unknown]) -> dict[str, tuple[Capability, ...] | Unknown]:
    """A test that failed in one environment has the last word about a build, until it passes there."""
    return {
        service: tests if isinstance(tests, Unknown) else tuple(sorted(tests, key=lambda test: not test.passed))
        for service, tests in found.items()
    }


def _folded(
    snapshot: branch.Snapshot,
    environments: Collection[str],
    name: str,
    folded: Callable[[tuple[Record, ...]], tuple[T, ...]],
) -> dict[str, tuple[T, ...] | Unknown]:
    """What the streams of one name say, by subject, one environment after the other."""
    found: dict[str, tuple[T, ...] | Unknown] = {}
    for environment in environments:
        for stream, files in snapshot.streams(environment, name).items():
            records, before = read_stream(stream, files, snapshot.broken), found.get(stream.subject, ())
            if isinstance(records, Unknown):
                found[stream.subject] = records
            elif not isinstance(before, Unknown):
                found[stream.subject] = (*before, *folded(records))
    return found


def _build(inquiry: Inquiry, snapshot: branch.Snapshot | Unknown, actor: str) -> Build:
    """The build that an actor is about to release: as it was recorded somewhere already, else as it is merged."""
    candidate = inquiry.candidate if inquiry.candidate and inquiry.candidate.service == actor else None
    name = f"{actor}@{candidate.version}" if candidate else actor
    if candidate is not None and not isinstance(snapshot, Unknown):
        for environment in reversed((*inquiry.earlier, inquiry.environment.name)):
            manifest = deployments.shipped(snapshot, environment, actor, candidate.version)
            if manifest is not None:
                return Build(name, manifest, f"the manifest that {name} shipped to {environment}")
    service: Service | None = inquiry.project.services.get(actor)
    merged = service if service is not None else Unknown(f"there is no manifest of {actor} in git")
    of = f"services/{actor}.toml at {inquiry.project.source.label}"
    return Build(name, merged, of if candidate is None else f"{of}; no deployment of {name} is recorded")
