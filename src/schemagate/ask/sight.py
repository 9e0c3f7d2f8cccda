"""What do the servers answer that a step of a migration asks? The registry, the probes and the brokers."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from schemagate.ask.environments import registry_of
from schemagate.ask.inquiry import Inquiry
from schemagate.ask.levels import level_of
from schemagate.errors import NoAnswer, Refused
from schemagate.facts import BrokerFacts, Measured, SubjectState, Unknown
from schemagate.observe import broker, probes
from schemagate.project.config import Cluster
from schemagate.publish import read
from schemagate.rollout import asked
from schemagate.rollout.asked import BROKER, REGISTRY, Part
from schemagate.rollout.plan import EventSide, Step
from schemagate.rollout.probes import Probe
from schemagate.rollout.seen import Outside
from schemagate.schema.event import VersionId


def outside(inquiry: Inquiry, step: Step, part: Part) -> Outside:
    """Ask the servers that this part of a step needs; who does not answer is Unknown."""
    ids = set(asked.checks(inquiry.plan, step, part))
    subjects, referring = _registry(inquiry, ids) if ids & REGISTRY else ({}, {})
    return Outside(
        subjects,
        referring,
        {probe: _measured(inquiry, probe) for probe in asked.measured(inquiry.plan, step, part)},
        _clusters(inquiry) if ids & BROKER else {},
    )


def _registry(
    inquiry: Inquiry, ids: Collection[str]
) -> tuple[Mapping[str, SubjectState | Unknown], Mapping[str, tuple[str, ...] | Unknown]]:
    plan, project = inquiry.plan, inquiry.project
    known = [project.versions.get(VersionId(plan.event, number)) for number in plan.versions]
    versions = [version for version in known if version is not None]
    old = next((version for version in versions if version.id.number == plan.old_version), None)
    try:
        with registry_of(inquiry.environment, project.root, inquiry.environ) as client:
            unfit = {v.subject: Unknown(f"{v.subject} cannot be looked up", "schemagate lint") for v in versions}
            subjects = {**unfit, **read.facts(client, versions, level_of).subjects}
            if "DE5" not in ids or old is None:
                return subjects, {}
            numbers = client.versions(old.subject)
            refers = {id_ for number in numbers for id_ in client.referenced_by(old.subject, number)}
            return subjects, {old.subject: tuple(f"schema {id_}" for id_ in sorted(refers))}
    except (NoAnswer, Refused) as error:
        silent = Unknown(error.message, error.next_step)
        return {version.subject: silent for version in versions}, {v.subject: silent for v in versions}


def _measured(inquiry: Inquiry, probe: Probe) -> Measured | Unknown:
    place = probes.Place(inquiry.project.root, inquiry.git, inquiry.commit, inquiry.environ, inquiry.clock)
    return probes.read(probe, place)


def _clusters(inquiry: Inquiry) -> dict[str, BrokerFacts | Unknown]:
    """What the clusters show of the plan's topics."""
    topics = {side.topic for side in (inquiry.plan.old, inquiry.plan.new) if isinstance(side, EventSide)}
    known = inquiry.project.config.clusters
    return {name: _cluster(inquiry, known[name], topics) for name in inquiry.clusters}


def _cluster(inquiry: Inquiry, cluster: Cluster, topics: Collection[str]) -> BrokerFacts | Unknown:
    if inquiry.brokers is None:
        return Unknown(
            f"this version of schemagate cannot reach the cluster {cluster.name} yet",
            f"clusters = []  in [environments.{inquiry.environment.name}], if owners are to state what a step needs"
            " that can be taken back",
        )
    return broker.look(inquiry.brokers(cluster), cluster.name, topics, inquiry.clock)
