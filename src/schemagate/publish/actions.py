"""What is there to do in a registry, and what stands in the way? A plan as a list of typed values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from schemagate.errors import Refused
from schemagate.facts import RegistryFacts, SubjectState
from schemagate.schema.event import Level, VersionId

_ID_LENGTH: Final = 7


class Why(StrEnum):
    """Why nothing may be done to a subject."""

    INVALID = "invalid"
    """The text is no schema that can be read."""
    REFERENCES = "references"
    """It refers to another file."""
    TYPE_UNSUPPORTED = "type-unsupported"
    """The registry does not take this schema language."""
    SUBJECT_CLASH = "subject-clash"
    """Two versions of the repository ask for one subject."""
    ALIAS = "alias"
    """The subject answers for another one."""
    MODE = "mode"
    """The registry does not take writes to it."""
    REVERT = "revert"
    """The content stands at an older version, so that registering it would change nothing."""
    INCOMPATIBLE = "incompatible"
    """The level forbids it."""
    CONTRADICTION = "contradiction"
    """The registry and schemagate disagree, so one of them is wrong."""
    UNKNOWN = "unknown"
    """It could not be found out. The only reason that is no "no"."""


@dataclass(frozen=True, slots=True)
class SetLevel:
    """Set the subject's own level to `after`.

    `before` was in force; `before_is_own` tells whether the subject had it itself or the registry's global one.
    Registries do not look back when a level tightens, so we do: of the live versions `revisions`, those in `failing` do
    not pass the new level beside their predecessors, and about those in `unclear` nobody can tell.
    """

    version: VersionId
    subject: str
    before: str
    before_is_own: bool
    after: Level
    revisions: tuple[int, ...] = ()
    failing: tuple[int, ...] = ()
    unclear: tuple[int, ...] = ()

    @property
    def loosens(self) -> bool:
        """The new level asks for less than the old one, at least in one respect."""
        try:
            before = Level(self.before)
        except ValueError:
            return True
        if before is Level.NONE:
            return False
        after = self.after
        return (before.backward, before.forward, before.transitive) != (
            before.backward and after.backward,
            before.forward and after.forward,
            before.transitive and after.transitive,
        )


@dataclass(frozen=True, slots=True)
class Register:
    """Register a text under `level`; it must become version `number`. `compared_with`: the live versions that count."""

    version: VersionId
    subject: str
    number: int
    text: str
    schema_type: str
    level: Level
    compared_with: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Nothing:
    """Content (the latest version, `number`) and level are as the repository says."""

    version: VersionId
    subject: str
    number: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing may be done to this subject, and so nothing of the plan may be applied."""

    version: VersionId
    subject: str
    why: Why
    reason: str
    next_step: str


Change = SetLevel | Register
Action = Change | Nothing | Blocked


@dataclass(frozen=True, slots=True)
class Target:
    """What a subject must hold afterwards: this content as its latest version `number`, and this level as its own."""

    version: VersionId
    subject: str
    number: int
    text: str
    schema_type: str
    level: Level


@dataclass(frozen=True)
class Plan:
    """What will be done to one registry, in this order, and what was seen when that was decided."""

    environment: str
    facts: RegistryFacts
    actions: tuple[Action, ...]
    targets: tuple[Target, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over environment, addresses, actions and what was seen of each subject, as hexadecimal digits."""
        content = {
            "environment": self.environment,
            "registry": self.facts.urls,
            "actions": [[type(action).__name__, asdict(action)] for action in self.actions],
            "seen": [_seen(state) for _, state in sorted(self.facts.subjects.items())],
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def id(self) -> str:
        """The short name of exactly this plan; the same input gives the same one."""
        return self.digest[:_ID_LENGTH]

    @property
    def blocked(self) -> tuple[Blocked, ...]:
        """What makes the plan inapplicable."""
        return tuple(action for action in self.actions if isinstance(action, Blocked))

    @property
    def changes(self) -> tuple[Change, ...]:
        """What `apply` would do."""
        return tuple(action for action in self.actions if isinstance(action, SetLevel | Register))

    def expect(self, plan_id: str) -> None:
        """Raise Refused unless `plan_id` (seven digits or more) names this plan."""
        if len(plan_id) < _ID_LENGTH or not self.digest.startswith(plan_id.lower()):
            raise Refused(
                f"the plan is another one now ({self.id}, not {plan_id}): the registry or the repository has changed."
                " Nothing was changed",
                next_step=f"schemagate plan --env {self.environment}",
            )


def _seen(state: Any) -> list[object]:
    if isinstance(state, SubjectState):
        return [state.subject, state.level, state.level_is_own, state.mode, state.versions, state.next_version]
    return [state.reason]
