"""How does what was deployed, tested or stated become evidence?

Each function makes one claim and adds it to the branch of records. The clock is an argument; a claim that is not sound
is refused before anything is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from schemagate import __version__
from schemagate.errors import ConfigError, NoAnswer, Refused, UsageError
from schemagate.facts import Deployment, Unknown
from schemagate.project import catalog, git, services, source, toml
from schemagate.project import records as branch
from schemagate.project.config import Config
from schemagate.project.git import Git
from schemagate.project.source import Source
from schemagate.rollout import bodies, fold, secrets
from schemagate.rollout.records import Actor, Claim, Record, Stream, canonical, following, is_name, read_stream
from schemagate.schema.event import version_of

MAX_MANIFEST: Final = 256 * 1024
"""Bytes of a manifest. It is stored with every deployment."""

_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,199}")
_ENDPOINT: Final = re.compile(r"[A-Z]+ [a-z0-9][a-z0-9._-]*:/\S*")


@dataclass(frozen=True, slots=True)
class Recorded:
    """The record, on which branch it is, and whether this run had made it `before`.

    `live` are the instances of the service that run by the records now; none for what is about no service.
    `shared` tells that others can see the branch, `counted` that the environment's gates ask records.
    """

    record: Record
    state: str
    before: bool
    live: tuple[Deployment, ...]
    shared: bool
    counted: bool


def open_desk(start: Path, environment: str, environ: Mapping[str, str], now: datetime) -> Desk:
    """Where claims about an environment are taken; raises UsageError, ConfigError for names that are not there."""
    root = catalog.find_root(start)
    files = source.work_tree(root)
    config = catalog.read_config(files)
    config.environment(_named("the environment", environment))
    repository = git.open_repository(root)
    return Desk(repository, files, config, environment, actor_of(repository, environ), now)


def deployment(desk: Desk, build: str, manifest: Path, instance: str) -> Recorded:
    """`build` (SERVICE@VERSION) runs in the environment as this instance, with this manifest."""
    service, commit = build_of(build)
    text = _manifest(manifest, service)
    body = {"service": service, "commit": commit, "instance": _named("the instance", instance), "manifest": text}
    return desk.add("deployment", service, body)


def undeployment(desk: Desk, build: str, instance: str | None) -> Recorded:
    """SERVICE, one build of it (SERVICE@VERSION) or one instance runs no more; raises Refused if none did."""
    service, commit = build_of(build) if "@" in build else (_named("the service", build), None)
    body = {"service": service, "commit": commit, "instance": instance}

    def check(records: Sequence[Record]) -> None:
        if not records:
            desk.know_service(service)
        live = fold.deployments(records).live if records else ()
        if (commit or instance) and not any(fold.ends(body, each) for each in live):
            known = ", ".join(f"{each.commit} ({each.instance})" for each in live) or "nothing"
            raise Refused(f"no such instance of {service} is recorded in {desk.environment}; running there: {known}")

    return desk.add("undeployment", service, body, check)


def capability(desk: Desk, build: str, about: str, test: str, *, passed: bool, samples: str | None) -> Recorded:
    """A test of a build passed or failed: of EVENT@N, or for the test "endpoint" of "METHOD service:/path"."""
    service, commit = build_of(build)
    desk.know_service(service)
    if test == "endpoint" and not _ENDPOINT.fullmatch(about):
        raise UsageError(f"{about!r} is no endpoint", next_step='write it as "GET hiring:/ratings/{assessment_id}"')
    event, version, endpoint = (None, None, about) if test == "endpoint" else (*desk.version(about), None)
    if (test == "samples" or samples is not None) and not bodies.is_hash(samples):
        raise UsageError(
            "a test with samples needs their hash: sha256: and the 64 digits that sha256sum gives for their file",
            next_step='--samples "sha256:$(sha256sum samples.json | cut -c1-64)"',
        )
    body = {
        "service": service, "commit": commit, "test": test, "event": event, "version": version, "endpoint": endpoint,
        "samples": samples, "result": "passed" if passed else "failed",
    }  # fmt: skip
    return desk.add("capability", service, body)


def attestation(
    desk: Desk,
    statement: str,
    team: str,
    *,
    holds: bool,
    person: str | None = None,
    asked_by: str | None = None,
    expires: date | None = None,
) -> Recorded:
    """A named person (None: the one that git knows) states something for a team; `asked_by` is what asks for it."""
    body = {
        "person": person or desk.git.identity().name,
        "team": _named("the team", team),
        "statement": statement,
        "asked_by": asked_by,
        "answer": "yes" if holds else "no",
        "expires": expires.isoformat() if expires else None,
    }
    return desk.add("attestation", team, body)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where claims about one environment are taken."""

    git: Git
    files: Source
    config: Config
    environment: str
    actor: Actor
    now: datetime

    def add(
        self, kind: str, subject: str, body: dict[str, Any], check: Callable[[Sequence[Record]], None] | None = None
    ) -> Recorded:
        """Put a claim behind the records of its stream; `check` refuses what they do not allow."""
        claim = Claim(kind, self.environment, subject, self.now, self.actor, f"schemagate {__version__}", body)
        refuse_unfit(claim)
        attempts: list[_Attempt] = []

        def prepare(found: branch.Snapshot) -> branch.Addition | None:
            records = sound(claim.stream, found)
            if (before := fold.said_before(claim, records)) is not None:
                attempts.append(_Attempt(before, records, before=True))
                return None
            if check is not None:
                check(records)
            record, data = following(claim, records)
            attempts.append(_Attempt(record, (*records, record), before=False))
            return branch.Addition(record.file, data, f"{kind} of {subject} in {self.environment}\n")

        branch.append(self.git, self.config.state, (claim.stream.folder,), prepare, at=self.now)
        return self._recorded(attempts[-1])

    def know_service(self, name: str) -> None:
        """Raises UsageError for a service without a manifest in the work tree."""
        known = [path[len("services/") : -len(".toml")] for path in self.files.entries if path.startswith("services/")]
        if name not in known:
            raise UsageError(f"there is no service {name!r} in services/{toml.nearest(name, known)}")

    def version(self, text: str) -> tuple[str, int]:
        """The event and the number of EVENT@N; raises UsageError with the nearest one that has a schema."""
        known = [str(found[0]) for path in self.files.entries if (found := version_of(path))]
        if text not in known:
            raise UsageError(f"there is no version {text!r} in schemas/{toml.nearest(text, known)}")
        event, _, number = text.rpartition("@")
        return event, int(number)

    def _recorded(self, attempt: _Attempt) -> Recorded:
        of_deployments = attempt.record.claim.stream.name == "deployments"
        return Recorded(
            attempt.record,
            str(self.config.state),
            attempt.before,
            fold.deployments(attempt.records).live if of_deployments else (),
            shared=self.config.state.remote is not None,
            counted=self.config.environment(self.environment).deployments == "recorded",
        )


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The record that is, or is to become, the one of a claim, and the stream with it."""

    record: Record
    records: tuple[Record, ...]
    before: bool


def actor_of(repository: Git, environ: Mapping[str, str]) -> Actor:
    """Who runs this: a CI job, told by what the services set, or a person. A job that is tried again is another run."""
    if environ.get("GITHUB_ACTIONS"):
        server, project = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
        run, attempt = environ.get("GITHUB_RUN_ID", ""), environ.get("GITHUB_RUN_ATTEMPT", "1")
        return Actor(
            "ci", environ.get("GITHUB_WORKFLOW", ""), f"{server}/{project}/actions/runs/{run}/attempts/{attempt}"
        )
    for name, run in (("CI_JOB_NAME", "CI_JOB_URL"), ("JOB_NAME", "BUILD_URL"), ("", "SCHEMAGATE_RUN")):
        if environ.get(run):
            return Actor("ci", environ.get(name, "ci"), environ[run])
    return Actor("person", repository.identity().name)


def sound(stream: Stream, found: branch.Snapshot) -> tuple[Record, ...]:
    """The records of a stream that is whole; raises NoAnswer for one that is not."""
    records = read_stream(stream, found.files, found.broken)
    if isinstance(records, Unknown):
        raise NoAnswer(
            f"{records.reason}; nothing is recorded behind what cannot be believed",
            next_step=f"git log {found.tip} -- {stream.folder}  shows who changed it",
        )
    return records


def build_of(text: str) -> tuple[str, str]:
    """Service and version of `SERVICE@VERSION`."""
    service, at, version = text.partition("@")
    if not at or _VERSION.fullmatch(version) is None:
        raise UsageError(
            f"{text!r} is not SERVICE@VERSION", next_step="the version is a commit or a tag: hiring@3f2c1ab"
        )
    return _named("the service", service), version


def _named(what: str, name: str) -> str:
    if not is_name(name):
        raise UsageError(f"{what} {name!r} is no name for a record: lower-case letters, digits, '.', '_' and '-'")
    return name


def _manifest(path: Path, service: str) -> str:
    """The text of a service's manifest; raises UsageError, ConfigError for what is none."""
    try:
        if not path.is_file():
            raise UsageError(f"{path} cannot be read: it is no file")
        data = path.read_bytes() if path.stat().st_size <= MAX_MANIFEST else None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if data is None:
        raise UsageError(f"{path} has more than {MAX_MANIFEST // 1024} KiB, which no manifest needs")
    problems = toml.Problems(str(path))
    found = services.read(data, f"services/{service}.toml", problems)
    if found is not None and found.name != service:
        raise UsageError(f"{path} is the manifest of {found.name}, not of {service}")
    if found is None or problems.found:
        raise ConfigError(tuple(problems.found), next_step="record the manifest that the service ships")
    return data.decode()


def refuse_unfit(claim: Claim) -> None:
    """A record stays for ever: no secrets, and nothing that is no text."""
    for place in secrets.places({**claim.body, "the actor": claim.actor.name, "the run": claim.actor.run}):
        raise UsageError(
            f"{place} looks like a secret, and a record stays for ever: nothing was recorded",
            next_step="write the name of a variable, as ${NAME}, and change the secret if it was shared",
        )
    problem = bodies.problem(claim.kind, claim.subject, claim.body)
    try:
        canonical([claim.body, claim.actor.name, claim.actor.run])
    except ValueError:
        problem = "a text in it is not Unicode"
    if problem is not None:
        raise UsageError(f"this cannot be recorded: {problem}")
