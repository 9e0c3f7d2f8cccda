"""What happens to a subject when someone registers, looks up, checks or deletes? Rules over values, without a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from unicodedata import category

from schemagate.registry.wire import CompatibilityAnswer, ErrorCode, StoredSchema
from schemagate.serve.history import History, Version, live, parse_number, pick, visible
from schemagate.serve.refusal import Refusal
from schemagate.serve.verdicts import Objections

_NOT_IN_NAMES: Final = ("Cc", "Cs")  # control characters, and halves of surrogate pairs

MAKE_LATEST: Final = -1
"""As `version` of a registration: no-op if the content is the latest, otherwise a new version of it."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A version to store; `replaces` are the deleted versions of the same content, which disappear."""

    number: int
    content: StoredSchema
    replaces: tuple[int, ...] = ()


def check_name(subject: str) -> None:
    """Raise Refusal (42208) for a name that cannot be registered."""
    if any(category(character) in _NOT_IN_NAMES for character in subject):
        raise Refusal(ErrorCode.INVALID_SUBJECT, f"the subject {subject!r} holds a control character")
    if subject.startswith(":."):
        raise Refusal(ErrorCode.INVALID_SUBJECT, "contexts (:.name:) are not supported by this server yet")


def register(history: History, content: StoredSchema, wanted: int | None, objections: Objections) -> Version | Addition:
    """The version that already holds the content, or the one to add; raises Refusal (40901, 42201).

    Without `wanted` any identical live version answers, also an old one: `latest` stays what it is. With a number it
    is a compare-and-set: only the next number is accepted, and nothing is looked up.
    """
    alive = live(history)
    if (same := _unchanged(alive, content, wanted)) is not None:
        return same
    number = max((version.number for version in history), default=0) + 1
    if wanted not in (None, 0, MAKE_LATEST, number):
        raise Refusal(ErrorCode.INVALID_SCHEMA, f"version {wanted} is not the next version, which is {number}")
    if reasons := objections(content, alive):
        raise Refusal(ErrorCode.INCOMPATIBLE, f"incompatible with an earlier schema: {', '.join(reasons)}")
    return Addition(number, content, tuple(v.number for v in history if v.is_deleted and _holds(v, content)))


def lookup(subject: str, history: History, content: StoredSchema, *, deleted: bool = False) -> Version:
    """The newest version that holds the content; raises Refusal (40401, 40403)."""
    for version in reversed(visible(subject, history, deleted=deleted)):
        if _holds(version, content):
            return version
    raise Refusal(ErrorCode.SCHEMA_NOT_FOUND, f"subject {subject!r} holds no such schema")


def check(history: History, content: StoredSchema, objections: Objections) -> CompatibilityAnswer:
    """Would `register` accept it? An unknown subject accepts everything."""
    reasons = objections(content, live(history))
    return CompatibilityAnswer(not reasons, reasons)


def check_against(
    subject: str, history: History, wanted: str, content: StoredSchema, objections: Objections
) -> CompatibilityAnswer:
    """The level's question against one version only; raises Refusal (40402, 42202).

    The latest of an unknown subject accepts everything; a numbered version of it is not found.
    """
    alive = live(history)
    if not alive:
        if (number := parse_number(wanted)) is not None:
            raise Refusal(ErrorCode.VERSION_NOT_FOUND, f"version {number} of subject {subject!r} not found")
        return CompatibilityAnswer(is_compatible=True)
    reasons = objections(content, [pick(subject, history, wanted)])
    return CompatibilityAnswer(not reasons, reasons)


def version_to_delete(subject: str, history: History, wanted: str, *, permanent: bool) -> int:
    """The number of the version to delete; raises Refusal (40401, 40402, 40406, 40407, 42202)."""
    number = parse_number(wanted)
    candidates = visible(subject, history, deleted=True)
    if number is None and not permanent:
        return visible(subject, history)[-1].number
    version = pick(subject, candidates, wanted, deleted=True)
    if permanent and not version.is_deleted:
        raise Refusal(
            ErrorCode.VERSION_NOT_SOFT_DELETED,
            f"version {version.number} of subject {subject!r} was not deleted; do that first, without permanent=true",
        )
    if version.is_deleted and not permanent:
        raise Refusal(
            ErrorCode.VERSION_SOFT_DELETED, f"version {version.number} of subject {subject!r} is already deleted"
        )
    return version.number


def versions_to_delete(subject: str, history: History, *, permanent: bool) -> tuple[int, ...]:
    """The numbers that go with the whole subject; raises Refusal (40401, 40404, 40405)."""
    everything = visible(subject, history, deleted=True)
    alive = live(everything)
    if permanent and alive:
        raise Refusal(
            ErrorCode.SUBJECT_NOT_SOFT_DELETED,
            f"subject {subject!r} was not deleted; do that first, without permanent=true",
        )
    if not permanent and not alive:
        raise Refusal(ErrorCode.SUBJECT_SOFT_DELETED, f"subject {subject!r} is already deleted")
    return tuple(version.number for version in (everything if permanent else alive))


def _unchanged(alive: tuple[Version, ...], content: StoredSchema, wanted: int | None) -> Version | None:
    if wanted == MAKE_LATEST:
        candidates = alive[-1:]
    elif wanted in (None, 0):
        candidates = alive
    else:
        return None
    return next((version for version in reversed(candidates) if _holds(version, content)), None)


def _holds(version: Version, content: StoredSchema) -> bool:
    return version.registered.guid == content.guid
