"""What runs in an environment, by its records?"""

from __future__ import annotations

from collections.abc import Mapping

from schemagate.errors import NoAnswer
from schemagate.facts import Deployment, Unknown
from schemagate.project import records as branch
from schemagate.project import services, toml
from schemagate.project.config import State
from schemagate.project.git import Git
from schemagate.rollout import fold
from schemagate.rollout.deployed import Instance, Recorded, Running, same_build
from schemagate.rollout.records import Record, Stream, read_stream
from schemagate.schema.event import Service


def recorded(git: Git, state: State, environment: str) -> Recorded:
    """All services with a record there. What cannot be read is Unknown: all of it, one service, or one manifest."""
    try:
        found = branch.read(git, state, (f"records/{environment}/deployments",))
    except NoAnswer as error:
        return Unknown(error.message, error.next_step)
    return running(found, state, environment)


def running(found: branch.Snapshot, state: State, environment: str) -> Mapping[str, Running | Unknown]:
    """The same for what was read of the branch already."""
    return {
        stream.subject: _running(stream, read_stream(stream, own, found.broken), state, found.tip)
        for stream, own in found.streams(environment, "deployments").items()
    }


def shipped(found: branch.Snapshot, environment: str, service: str, version: str) -> Service | Unknown | None:
    """The manifest that a build was ever deployed with, the newest; None where no deployment of it is recorded."""
    stream = Stream(environment, "deployments", service)
    records = read_stream(stream, found.files, found.broken)
    for record in reversed(records if not isinstance(records, Unknown) else ()):
        body = record.claim.body
        if record.claim.kind == "deployment" and same_build(body["commit"], version):
            made = Deployment(service, body["instance"], body["commit"], record.claim.at, body["manifest"])
            return manifest(made)
    return records if isinstance(records, Unknown) else None


def _running(stream: Stream, records: tuple[Record, ...] | Unknown, state: State, tip: str | None) -> Running | Unknown:
    if isinstance(records, Unknown):
        return Unknown(records.reason, f"git log {tip} -- {stream.folder}  shows who changed {state}")
    deployments = fold.deployments(records)
    return Running(deployments, tuple(Instance(each, manifest(each)) for each in deployments.live))


def manifest(deployment: Deployment) -> Service | Unknown:
    """What a recorded manifest says."""
    file = f"services/{deployment.service}.toml"
    problems = toml.Problems(file)
    service = services.read(deployment.manifest.encode(), file, problems)
    if service is None or problems.found:
        return Unknown(
            f"the recorded manifest cannot be read: {problems.found[0].removeprefix(f'{file}: ')}",
            "upgrade schemagate, or record a deployment with a manifest that it can read",
        )
    return service
