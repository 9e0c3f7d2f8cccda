"""May any producer emit this version here?

Yes only if the registry answers the text that is in git, under the right subject and level, and every consumer of the
event reads the version. What could not be seen is unknown, and unknown is never yes; a no beats it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from schemagate.facts import NotAccepted, NotRegistered, Registered, SubjectState, Unknown
from schemagate.schema.event import Catalog, Declaration, Level, Service, Version


class Answer(StrEnum):
    """Of one check, and of a whole decision."""

    PASS = "pass"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: `what` was seen, `at` which file and line says so, `next_step` what to do."""

    name: str
    answer: Answer
    what: str
    at: str | None = None
    next_step: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """All checks, in the order in which they are told."""

    checks: tuple[Check, ...]

    @property
    def answer(self) -> Answer:
        """A no beats an unknown, an unknown beats a yes; nothing looked at is unknown."""
        answers = {check.answer for check in self.checks}
        for answer in (Answer.BLOCKED, Answer.UNKNOWN):
            if answer in answers:
                return answer
        return Answer.PASS if answers else Answer.UNKNOWN


@dataclass(frozen=True, slots=True)
class Place:
    """Where the question is asked: the environment, whether what is merged counts as deployed, and what was read."""

    environment: str
    deployments: Literal["recorded", "declared"]
    text_from: str


def decide(version: Version, level: Level, catalog: Catalog, subject: SubjectState | Unknown, place: Place) -> Decision:
    """Decide from what git declares and what the registry answered."""
    return Decision(
        (
            _registered(version, subject, place),
            _level(level, subject, place),
            *_consumers(version, catalog, place),
        )
    )


def _registered(version: Version, subject: SubjectState | Unknown, place: Place) -> Check:
    name = "registered"
    if isinstance(subject, Unknown):
        return Check(name, Answer.UNKNOWN, subject.reason, next_step="restore access to the registry, then ask again")
    match subject.lookup:
        case Registered(number, _) if number not in subject.versions:
            what = f"the registry finds the text as version {number}, and does not list that version"
            return Check(name, Answer.UNKNOWN, what, next_step="ask again when all its servers agree")
        case Registered(number, id_):
            what = f"{version.subject} version {number}, id {id_}, the text at {place.text_from}"
            return Check(name, Answer.PASS, what)
        case NotRegistered():
            what = f"the text at {place.text_from} is not registered under {version.subject}"
            next_step = f"schemagate publish --env {place.environment}"
            return Check(name, Answer.BLOCKED, what, version.content.file, next_step)
        case NotAccepted(reason):
            return Check(name, Answer.BLOCKED, reason, version.content.file, "schemagate lint")


def _level(level: Level, subject: SubjectState | Unknown, place: Place) -> Check:
    if isinstance(subject, Unknown):
        return Check("level", Answer.UNKNOWN, subject.reason)
    if not subject.versions:
        return Check("level", Answer.BLOCKED, f"not set: the registry has no {subject.subject}")
    if subject.level == level:
        return Check("level", Answer.PASS, f"{level}, as in git")
    what = f"{subject.level} in the registry, {level} in git"
    return Check("level", Answer.BLOCKED, what, next_step=f"schemagate publish --env {place.environment}")


def _consumers(version: Version, catalog: Catalog, place: Place) -> Iterator[Check]:
    consumers = catalog.consumers(version.id.event)
    if version.settings.nobody_consumes:
        yield _stated_nobody(version, consumers)
    elif not consumers:
        what = f"no service declares that it consumes {version.id.event}, and an empty set proves nothing"
        step = f'add services/<name>.toml, or  consumers = "none"  under [events."{version.id.event}"]'
        yield Check("consumers", Answer.UNKNOWN, what, next_step=step)
    for service in dict.fromkeys(service.name for service, _ in consumers):
        yield _consumer(version, [(s, d) for s, d in consumers if s.name == service], place)


def _stated_nobody(version: Version, consumers: tuple[tuple[Service, Declaration], ...]) -> Check:
    if consumers:
        names = ", ".join(sorted({service.name for service, _ in consumers}))
        what = f"schemagate.toml says that nobody consumes {version.id.event}, and {names} declares it"
        return Check("consumers", Answer.BLOCKED, what, "schemagate.toml", 'remove  consumers = "none"')
    return Check("consumers", Answer.PASS, "nobody, as schemagate.toml states", "schemagate.toml")


def _consumer(version: Version, declared: list[tuple[Service, Declaration]], place: Place) -> Check:
    """One service; where it declares the event more than once, every one of its readers must read the version."""
    service = declared[0][0]
    for _, declaration in declared:
        if version.id.number not in declaration.versions:
            at = f"{service.file}:{declaration.line}"
            wanted = sorted({*declaration.versions, version.id.number})
            step = f"release {service.name} with versions = {wanted}, then ask again"
            what = f"reads {'only ' if len(declaration.versions) == 1 else ''}{_numbers(declaration.versions)}"
            return Check(service.name, Answer.BLOCKED, what, at, step)
    declaration = declared[0][1]
    what = f"reads {_numbers(declaration.versions)}, declared in {service.file}:{declaration.line}"
    if place.deployments == "declared":
        return Check(service.name, Answer.PASS, f"{what}, deployment not observed")
    step = f'say  deployments = "declared"  in [environments.{place.environment}], if what is merged counts as deployed'
    return Check(service.name, Answer.UNKNOWN, f"{what}; what is deployed is not recorded", next_step=step)


def _numbers(versions: tuple[int, ...]) -> str:
    words = [str(number) for number in versions]
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
