"""What must change in a registry, so that it holds what the repository says, and may it? Pure: facts in, plan out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from schemagate.facts import (
    Compatible,
    Incompatible,
    NotAccepted,
    Registered,
    RegistryFacts,
    SubjectState,
    Unknown,
)
from schemagate.publish import content
from schemagate.publish.actions import Action, Blocked, Nothing, Plan, Register, SetLevel, Target, Why
from schemagate.publish.judge import Accepts, Forecast, Judge, Rejects, Unclear, forecast, registry_verdict
from schemagate.schema.event import Level, Version

_WRITABLE: Final = "READWRITE"
_LONGEST_MESSAGE: Final = 300
_REPORT: Final = "report both schemas and both answers to the makers of schemagate; nothing is done on a contradiction"


def make_plan(
    versions: Iterable[Version],
    level_of: Callable[[Version], Level],
    facts: RegistryFacts,
    *,
    environment: str,
    judge: Judge = registry_verdict,
) -> Plan:
    """The plan for these versions, ordered by subject, each subject's level before its registration.

    `level_of` gives the level that git asks for. A subject whose state is missing in `facts` is unknown, never absent.
    """
    versions = sorted(versions, key=lambda version: (version.subject, version.id.event, version.id.number))
    obstacles = content.obstacles(versions)
    actions: list[Action] = []
    targets: list[Target] = []
    for version in versions:
        if version.id in obstacles:
            actions.append(obstacles[version.id])
            continue
        level = level_of(version)
        steps = _steps(version, level, facts, judge)
        actions += steps
        targets += _target(version, level, facts.subjects.get(version.subject), steps)
    return Plan(environment, facts, tuple(actions), tuple(targets))


def moved(before: Plan, after: Plan) -> tuple[str, ...]:
    """What is different in the registry or the repository between two plans, one clause each."""
    clauses: list[str] = []
    for subject in sorted({*before.facts.subjects, *after.facts.subjects}):
        old, new = before.facts.subjects.get(subject), after.facts.subjects.get(subject)
        if isinstance(old, SubjectState) and isinstance(new, SubjectState):
            clauses += _differences(subject, old, new)
        elif old != new:
            clauses.append(f"{subject} can be read only once of two times")
    return tuple(clauses) or ("the repository asks for something else",)


def _differences(subject: str, old: SubjectState, new: SubjectState) -> list[str]:
    came, went = sorted(set(new.versions) - set(old.versions)), sorted(set(old.versions) - set(new.versions))
    found = [f"{subject} has version {version}, registered by somebody else" for version in came]
    found += [f"{subject} has lost version {version}" for version in went]
    if (old.level, old.level_is_own) != (new.level, new.level_is_own):
        found.append(f"{subject} has the level {_level(new)}, was {_level(old)}")
    if old.mode != new.mode:
        found.append(f"{subject} is {new.mode}, was {old.mode}")
    if old.check != new.check and not found:  # else it is only a consequence
        found.append(f"the registry's check of {subject} answers something else")
    return found


def _level(state: SubjectState) -> str:
    return state.level if state.level_is_own else f"{state.level} (the registry's)"


def _steps(version: Version, level: Level, facts: RegistryFacts, judge: Judge) -> tuple[Action, ...]:
    """One subject's actions: one Blocked, one Nothing, or changes."""
    state = facts.subjects.get(version.subject, Unknown(f"{version.subject} was not looked at"))
    if isinstance(state, Unknown):
        return (_blocked(version, Why.UNKNOWN, state.reason, "schemagate plan, when the registry answers"),)
    if (closed := _closed(version, state, facts.types)) is not None:
        return (closed,)
    number = _standing(version, state)
    if number is not None and number != state.latest:
        return (_revert(version, number, state),)
    changes: list[Action] = []
    if state.level != level or not state.level_is_own:
        changes.append(_set_level(version, level, state, judge))
    if number is None:
        changes.append(_register(version, level, state))
    if not changes:
        return (Nothing(version.id, version.subject, state.versions[-1]),)
    if state.mode != _WRITABLE:
        reason = f"the registry has {version.subject} in mode {state.mode}, which takes no changes"
        return (_blocked(version, Why.MODE, reason, f"ask the registry's owner for mode {_WRITABLE}"),)
    objection = _objection(version, level, state, judge) if number is None and state.versions else None
    return tuple(changes) if objection is None else (objection,)


def _target(
    version: Version, level: Level, state: SubjectState | Unknown | None, steps: tuple[Action, ...]
) -> Iterator[Target]:
    """What the subject must hold afterwards; nothing where nothing may be done."""
    registered = [step.number for step in steps if isinstance(step, Register)]
    if isinstance(state, SubjectState) and not isinstance(steps[0], Blocked):
        number = registered[0] if registered else state.versions[-1]
        schema_type = version.content.format.registry_type
        yield Target(version.id, version.subject, number, version.content.text, schema_type, level)


def _closed(version: Version, state: SubjectState, types: frozenset[str]) -> Blocked | None:
    """What keeps this subject from being looked at any further."""
    schema_type = version.content.format.registry_type
    if schema_type not in types:
        reason = f"the registry takes {', '.join(sorted(types))}, and {version.content.file} is {schema_type}"
        return _blocked(version, Why.TYPE_UNSUPPORTED, reason, "use a registry that takes it, or another format")
    if state.alias is not None:
        reason = f"the registry answers for {state.alias} where {version.subject} is asked for (alias)"
        return _blocked(version, Why.ALIAS, reason, f"publish to {state.alias}, or remove the alias")
    if isinstance(state.lookup, NotAccepted):
        return _blocked(version, Why.INVALID, state.lookup.reason, f"repair {version.content.file}")
    if isinstance(state.lookup, Registered) and state.lookup.version not in state.versions:
        reason = f"the registry knows the content as version {state.lookup.version} and does not list that version"
        return _blocked(version, Why.UNKNOWN, reason, "schemagate plan, when all its servers agree")
    return None


def _standing(version: Version, state: SubjectState) -> int | None:
    """The version that holds the content already: the latest if it does, whatever else does."""
    schema_type, text = version.content.format.registry_type, version.content.text
    equal = [
        stored.version
        for stored in state.history
        if stored.schema_type == schema_type and content.same(schema_type, stored.text, text)
    ]
    if state.latest in equal or not isinstance(state.lookup, Registered):
        return equal[-1] if equal else None
    return state.lookup.version


def _set_level(version: Version, level: Level, state: SubjectState, judge: Judge) -> SetLevel:
    failing, unclear = [], []
    for index, stored in enumerate(state.history):
        answer = forecast(
            level, stored.text, stored.schema_type, state.history[:index], policy=state.policy, judge=judge
        )
        if isinstance(answer, Rejects):
            failing.append(stored.version)
        elif isinstance(answer, Unclear):
            unclear.append(stored.version)
    return SetLevel(
        version.id,
        version.subject,
        before=state.level,
        before_is_own=state.level_is_own,
        after=level,
        revisions=state.versions,
        failing=tuple(failing),
        unclear=tuple(unclear),
    )


def _register(version: Version, level: Level, state: SubjectState) -> Register:
    compared = () if level is Level.NONE else state.versions if level.transitive else state.versions[-1:]
    return Register(
        version.id,
        version.subject,
        number=state.next_version,
        text=version.content.text,
        schema_type=version.content.format.registry_type,
        level=level,
        compared_with=compared,
    )


def _objection(version: Version, level: Level, state: SubjectState, judge: Judge) -> Blocked | None:
    """What speaks against a new content beside live versions.

    The registry's own check counts only under the level that will be in force; where the plan changes the level, ours
    stands alone.
    """
    asked = state.check if state.level == level else None
    expected = _forecast(version, level, state, judge)
    match asked, expected:
        case Compatible(), Rejects():
            reason = f"the registry would accept it under {level}, and by schemagate's account {_because(expected)}"
            return _blocked(version, Why.CONTRADICTION, reason, _REPORT)
        case Incompatible(), Accepts():
            reason = f"the registry would refuse it under {level}, and schemagate sees no reason: {_words(asked)}"
            return _blocked(version, Why.CONTRADICTION, reason, _REPORT)
        case Incompatible(), _:
            reason = f"the registry would refuse it under {level}: {_words(asked)}"
            return _blocked(version, Why.INCOMPATIBLE, reason, _start_anew(version))
        case _, Rejects():
            reason = f"the registry will refuse it under {level}: {_because(expected)}"
            return _blocked(version, Why.INCOMPATIBLE, reason, _start_anew(version))
        case Unknown(), _:
            return _blocked(version, Why.UNKNOWN, asked.reason, "schemagate plan, when the registry answers")
        case None, Unclear():
            return _blocked(version, Why.UNKNOWN, expected.reason, f"set the level {level} first, then plan again")
    return None


def _forecast(version: Version, level: Level, state: SubjectState, judge: Judge) -> Forecast:
    if state.group is not None:
        return Unclear(f"{version.subject} compares only versions of one {state.group}, which schemagate does not set")
    text, schema_type = version.content.text, version.content.format.registry_type
    return forecast(level, text, schema_type, state.history, policy=state.policy, judge=judge)


def _because(rejects: Rejects) -> str:
    return f"version {rejects.version} stands against it: {', '.join(rejects.changes)}"


def _words(asked: Incompatible) -> str:
    return (asked.messages[0] if asked.messages else "no reason given")[:_LONGEST_MESSAGE]


def _start_anew(version: Version) -> str:
    bump = f"schemagate bump {version.id.event}"
    return f"schemagate check --head  shows the events that break; or start a new version:  {bump}"


def _revert(version: Version, number: int, state: SubjectState) -> Blocked:
    reason = (
        f"the content stands at version {number} already, and version {state.latest} is the latest:"
        " to register it again would change nothing"
    )
    return _blocked(version, Why.REVERT, reason, f"keep the content of version {state.latest}, or write a new revision")


def _blocked(version: Version, why: Why, reason: str, next_step: str) -> Blocked:
    return Blocked(version.id, version.subject, why, reason, next_step)
