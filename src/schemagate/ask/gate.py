"""May any producer emit this version in this environment?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from schemagate.ask.environments import committed, registry_of
from schemagate.ask.levels import level_of
from schemagate.errors import NoAnswer, Refused
from schemagate.facts import SubjectState, Unknown
from schemagate.project.catalog import Project, find_root
from schemagate.project.config import Environment
from schemagate.publish import read
from schemagate.rollout.gate import Answer, Decision, Place, decide
from schemagate.schema.event import Version


@dataclass(frozen=True, slots=True)
class GateReport:
    """The decision about a version in an environment, and the commit whose text and manifests counted."""

    version: str
    environment: str
    text_from: str
    decision: Decision
    ignored: tuple[str, ...] = ()
    """Files of the work tree that differ from that commit, and do not count."""

    @property
    def exit_code(self) -> int:
        """0 pass, 1 blocked, 3 unknown."""
        return {Answer.PASS: 0, Answer.BLOCKED: 1, Answer.UNKNOWN: 3}[self.decision.answer]


def gate(start: Path, name: str, environment: str, environ: Mapping[str, str], ref: str | None = None) -> GateReport:
    """Ask git, the manifests and the registry; a registry without an answer is an unknown, not an error."""
    asked = committed(find_root(start), environment, environ, ref)
    project = asked.project
    version = project.version(name)
    where = project.config.environment(environment)
    place = Place(environment, where.deployments, project.source.label)
    subject = _subject(project, version, where, environ)
    decision = decide(version, level_of(version), project.catalog, subject, place)
    return GateReport(str(version.id), environment, project.source.label, decision, asked.ignored)


def _subject(
    project: Project, version: Version, environment: Environment, environ: Mapping[str, str]
) -> SubjectState | Unknown:
    try:
        with registry_of(environment, project.root, environ) as client:
            facts = read.facts(client, [version], level_of)
    except (NoAnswer, Refused) as error:  # a refused question is no answer about the version
        return Unknown(error.message)
    return facts.subjects.get(version.subject, Unknown(f"{version.subject} cannot be looked up: schemagate lint"))
