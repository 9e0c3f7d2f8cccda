"""May any producer emit this version here?

Yes only if the registry answers the text that is in git, under the right subject and level, and every consumer of the
event reads the version: as declared, or, where deployments are recorded, with every instance that runs. What could not
be seen is unknown, and unknown is never yes; a no beats it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal

from schemagate.facts import NotAccepted, NotRegistered, Registered, SubjectState, Unknown
from schemagate.rollout import deployed
from schemagate.rollout.decision import Answer, Check, Decision
from schemagate.rollout.deployed import Instance, Recorded
from schemagate.rollout.records import canonical, digest
from schemagate.schema.event import Catalog, Consumption, Level, Service, Version

_RESTORE = "restore access to the registry, then ask again"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the question is asked: the environment, whether what is merged counts as deployed, and what was read.

    `recorded` is what runs there; it counts where `deployments` says so.
    """

    environment: str
    deployments: Literal["recorded", "declared"]
    text_from: str
    recorded: Recorded = field(default_factory=lambda: Unknown("no deployment records were read"))


def decide(version: Version, level: Level, catalog: Catalog, subject: SubjectState | Unknown, place: Place) -> Decision:
    """Decide from what git declares, what the registry answered and what is recorded as deployed."""
    return Decision(
        (
            registered(version, subject, place),
            level_in_force(level, subject, place),
            *recorded_at_all(place),
            *consumers(version, catalog, place),
        )
    )


def evidence(version: Version, level: Level, catalog: Catalog, subject: SubjectState | Unknown, place: Place) -> str:
    """The hash ("sha256:...") of everything that `decide` reads: the same facts, the same hash."""
    recorded = place.recorded
    facts = {
        "environment": place.environment,
        "from": place.text_from,
        "version": str(version.id),
        "text": [version.content.text, dict(version.content.references)],
        "level": level,
        "registry": asdict(subject),
        "declared": [[service.name, each.versions] for service, each in catalog.consumers(version.id.event)],
        "recorded": recorded.reason
        if isinstance(recorded, Unknown)
        else {
            name: each.reason if isinstance(each, Unknown) else each.records.evidence for name, each in recorded.items()
        },
    }
    return digest(canonical(facts))


def registered(version: Version, subject: SubjectState | Unknown, place: Place) -> Check:
    """The registry answers the text that is in git, under the version's subject."""
    named = ("PR1", "registered")
    if isinstance(subject, Unknown):
        return Check(*named, Answer.UNKNOWN, subject.reason, next_step=subject.next_step or _RESTORE)
    match subject.lookup:
        case Registered(number, _) if number not in subject.versions:
            what = f"the registry finds the text as version {number}, and does not list that version"
            return Check(*named, Answer.UNKNOWN, what, next_step="ask again when all its servers agree")
        case Registered(number, id_):
            what = f"{version.subject} version {number}, id {id_}, the text at {place.text_from}"
            return Check(*named, Answer.PASS, what)
        case NotRegistered():
            what = f"the text at {place.text_from} is not registered under {version.subject}"
            next_step = f"schemagate publish --env {place.environment}"
            return Check(*named, Answer.BLOCKED, what, version.content.file, next_step)
        case NotAccepted(reason):
            return Check(*named, Answer.BLOCKED, reason, version.content.file, "schemagate lint")


def level_in_force(level: Level, subject: SubjectState | Unknown, place: Place) -> Check:
    """The subject has the level that git says."""
    if isinstance(subject, Unknown):
        return Check("RG3", "level", Answer.UNKNOWN, subject.reason)
    if not subject.versions:
        return Check("RG3", "level", Answer.BLOCKED, f"not set: the registry has no {subject.subject}")
    if subject.level == level:
        return Check("RG3", "level", Answer.PASS, f"{level}, as in git")
    what = f"{subject.level} in the registry, {level} in git"
    return Check("RG3", "level", Answer.BLOCKED, what, next_step=f"schemagate publish --env {place.environment}")


def recorded_at_all(place: Place) -> Iterator[Check]:
    """What is wrong with the records as a whole, if they count."""
    if place.deployments == "declared":
        return
    if isinstance(place.recorded, Unknown):
        yield Check("CO1", "deployments", Answer.UNKNOWN, place.recorded.reason, next_step=place.recorded.next_step)
    elif not place.recorded:
        what = f"no deployment is recorded in {place.environment}, and an empty set proves nothing"
        instead = (
            f'deployments = "declared"  in [environments.{place.environment}], if what is merged counts as deployed'
        )
        yield Check(
            "CO1", "deployments", Answer.UNKNOWN, what, next_step=f"{_record('SERVICE', place)}; or say  {instead}"
        )


def consumers(version: Version, catalog: Catalog, place: Place) -> Iterator[Check]:
    """Every service that consumes the event reads the version: those that declare it and those that run."""
    event = version.id.event
    declared: dict[str, list[tuple[Service, Consumption]]] = {}
    for service, declaration in catalog.consumers(event):
        declared.setdefault(service.name, []).append((service, declaration))
    recorded = place.recorded if place.deployments == "recorded" else {}
    running = deployed.consumers(recorded, event)
    names = tuple(dict.fromkeys([*declared, *running, *deployed.unreadable(recorded)]))
    if version.settings.nobody_consumes:
        yield _stated_nobody(version, declared, running)
    elif not names:
        what = f"no service declares that it consumes {event}, and an empty set proves nothing"
        step = f'add services/<name>.toml, or  consumers = "none"  under [events."{event}"]'
        yield Check("CO1", "consumers", Answer.UNKNOWN, what, next_step=step)
    for name in names:
        yield _consumer(version, name, declared.get(name, []), place)


def _stated_nobody(version: Version, declared: Collection[str], running: Collection[str]) -> Check:
    for names, how in ((declared, "declares it"), (running, "is recorded as a consumer")):
        if names:
            said = f"schemagate.toml says that nobody consumes {version.id.event}"
            what = f"{said}, and {', '.join(sorted(names))} {how}"
            return Check("CO1", "consumers", Answer.BLOCKED, what, "schemagate.toml", 'remove  consumers = "none"')
    return Check("CO1", "consumers", Answer.PASS, "nobody, as schemagate.toml states", "schemagate.toml")


def _consumer(version: Version, name: str, declared: list[tuple[Service, Consumption]], place: Place) -> Check:
    """One service; where it declares the event more than once, every one of its readers must read the version."""
    for service, declaration in declared:
        if version.id.number not in declaration.versions:
            at = f"{service.file}:{declaration.line}"
            what = f"reads {_only(declaration.versions)}"
            what = f"{what} by its manifest in git"
            step = _release(name, version, declaration.versions, place)
            if place.deployments == "recorded":
                step = f"merge it in {service.file}, {step}"
            return Check("CO1", name, Answer.BLOCKED, what, at, step, evidence=f"{service.file} at {place.text_from}")
    if place.deployments == "recorded":
        return _deployed(version, name, declared, place)
    service, declaration = declared[0]
    what = f"reads {_numbers(declaration.versions)}, declared in {service.file}:{declaration.line}"
    return Check("CO1", name, Answer.PASS, f"{what}, deployment not observed")


def _deployed(version: Version, name: str, declared: list[tuple[Service, Consumption]], place: Place) -> Check:
    """One service by its records; if it declares the event, then with the version."""
    at = f"{declared[0][0].file}:{declared[0][1].line}" if declared else None
    if isinstance(place.recorded, Unknown):
        return Check("CO1", name, Answer.UNKNOWN, "what is deployed cannot be seen", at)
    running = place.recorded.get(name)
    if running is None:
        what = f"declares it, and no deployment of it is recorded in {place.environment}"
        return Check("CO1", name, Answer.UNKNOWN, what, at, _record(name, place))
    if isinstance(running, Unknown):
        return Check("CO1", name, Answer.UNKNOWN, running.reason, at, running.next_step)
    if not running.instances:
        what = f"runs nowhere in {place.environment}, undeployed {_time(running.records.at)}"
        return Check("CO1", name, Answer.PASS, what, at)
    return _instances(version, name, running.instances, at, place)


def _instances(version: Version, name: str, instances: tuple[Instance, ...], at: str | None, place: Place) -> Check:
    """All instances of a service that run. One that consumes the event nowhere counts if git says that it does."""
    event, several = version.id.event, len(instances) > 1
    for each in instances:
        if isinstance(each.manifest, Unknown):
            continue
        if version.id.number not in each.reads(event) and (each.readers(event) or at is not None):
            reads = _only(each.reads(event)) if each.reads(event) else f"nothing of {event}"
            what = f"reads {reads}, {_deployment(each, several)}"
            step = _release(name, version, each.reads(event), place)
            if at is None:
                step += f"; or, if it runs no more:  schemagate record undeployment {name} --env {place.environment}"
            return Check("CO1", name, Answer.BLOCKED, what, at, step)
    for each in instances:
        if isinstance(each.manifest, Unknown):
            what = f"{each.manifest.reason}, {_deployment(each, several)}"
            return Check("CO1", name, Answer.UNKNOWN, what, at, each.manifest.next_step)
    reading = [each for each in instances if each.readers(event)]
    numbers = _numbers(frozenset.intersection(*(each.reads(event) for each in reading)))
    builds = ", ".join(dict.fromkeys(_deployment(each, several=False) for each in reading))
    count = f" ({len(reading)} instances)" if len(reading) > 1 else ""
    return Check("CO1", name, Answer.PASS, f"reads {numbers}, {builds}{count}", at)


def _deployment(instance: Instance, several: bool) -> str:
    deployment = instance.deployment
    name = f" (instance {deployment.instance})" if several else ""
    return f"deployed {_time(deployment.at)} as {short(deployment.commit)}{name}"


def _release(name: str, version: Version, reads: Collection[int], place: Place) -> str:
    wanted = sorted({*reads, version.id.number})
    recorded = ", record it" if place.deployments == "recorded" else ""
    return f"release {name} with versions = {wanted}{recorded}, then ask again"


def _record(name: str, place: Place) -> str:
    manifest = f"services/{name}.toml"
    return f"schemagate record deployment {name}@VERSION --env {place.environment} --manifest {manifest}"


def short(commit: str) -> str:
    """A build's name for people: a commit's hash is cut."""
    return commit[:7] if len(commit) in (40, 64) and set(commit) <= set("0123456789abcdef") else commit


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%MZ}"


def _only(versions: Collection[int]) -> str:
    return f"{'only ' if len(versions) == 1 else ''}{_numbers(versions)}"


def _numbers(versions: Collection[int]) -> str:
    words = [str(number) for number in sorted(versions)]
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
