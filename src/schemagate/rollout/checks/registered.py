"""Do git and the registry agree about the plan's versions?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from schemagate.facts import Incompatible, NotAccepted, Registered, SubjectState, Unknown
from schemagate.rollout.checks.question import PLATFORM, Family, Question
from schemagate.rollout.decision import Answer, Check
from schemagate.rollout.gate import level_in_force, registered
from schemagate.rollout.plan import EventSide, Retire
from schemagate.schema.event import Version


def _breaks(question: Question) -> Iterator[Check]:
    """RG1: what breaks between the two versions is what the plan says, and the registry takes the new one."""
    found, expected = question.seen.merged.breaks, set(question.plan.expected_breaks)
    target, owner, file = "breaks", question.event_owner, question.plan.file
    evidence = f"schemas at {question.seen.place.text_from}"
    version = question.new_version
    if version is None:
        yield _no_schema(question, "RG1")
        return
    if isinstance(found, Unknown):
        yield Check("RG1", target, Answer.UNKNOWN, found.reason, None, found.next_step, owner)
        return
    undeclared, absent = sorted(set(found) - expected), sorted(expected - set(found))
    step = f"declare it in expected_breaks of {file}, or change the schema"
    if undeclared:
        what = f"are not all declared in the plan: {undeclared[0]}{_more(undeclared)}"
        yield Check("RG1", target, Answer.BLOCKED, what, file, step, owner, evidence)
    elif absent:
        what = f"are declared and not there: {absent[0]}{_more(absent)}"
        step = f"remove it from expected_breaks of {file}"
        yield Check("RG1", target, Answer.BLOCKED, what, file, step, owner, evidence)
    else:
        what = f"are {len(found)}, all declared in the plan"
        yield Check("RG1", target, Answer.PASS, what, None, None, owner, evidence)
    yield from _taken(question, version)


def _taken(question: Question, version: Version) -> Iterator[Check]:
    """What keeps the registry from taking the text, as far as it was asked; silence is told by RG3."""
    state, owner = _state(question, version), question.event_owner
    if not isinstance(state, SubjectState):
        return
    file, read = version.content.file, _read(question)
    if isinstance(state.lookup, NotAccepted):
        yield Check("RG1", version.subject, Answer.BLOCKED, state.lookup.reason, file, "schemagate lint", owner, read)
    elif isinstance(state.check, Incompatible):
        what = f"would not take the text under {state.level}"
        yield Check("RG1", version.subject, Answer.BLOCKED, what, file, "schemagate check", owner, read)
    elif isinstance(state.check, Unknown):
        what = f"was not compared with the text: {state.check.reason}"
        yield Check("RG1", version.subject, Answer.UNKNOWN, what, file, state.check.next_step, owner, read)


def _more(found: list[str]) -> str:
    return f" (and {len(found) - 1} more)" if len(found) > 1 else ""


def _envelope(question: Question) -> Iterator[Check]:
    """RG2: lint finds no error in the new version."""
    version = question.new_version
    if version is None:
        yield _no_schema(question, "RG2")
        return
    errors = question.seen.merged.findings.get(str(version.id), ())
    owner, file = question.event_owner, version.content.file
    if errors:
        what = f"breaks {errors[0].rule}: {errors[0].message}"
        yield Check("RG2", str(version.id), Answer.BLOCKED, what, file, "schemagate lint", owner)
    else:
        evidence = f"{file} at {question.seen.place.text_from}"
        yield Check("RG2", str(version.id), Answer.PASS, "lints", None, None, owner, evidence)


def _settings(question: Question) -> Iterator[Check]:
    """RG3: level and mode are those of git. A subject that is not there yet gets them with its first version."""
    version = question.new_version
    if version is None:
        yield _no_schema(question, "RG3")
        return
    state, level = _state(question, version), question.seen.merged.levels.get(version.id)
    if level is None:
        what = f"has no known level in git for {version.id}"
        yield Check("RG3", version.subject, Answer.UNKNOWN, what, None, "schemagate lint", PLATFORM)
    elif isinstance(state, SubjectState) and state.mode != "READWRITE":
        what = f"is in mode {state.mode}, and takes no schema as it is"
        yield Check(
            "RG3", version.subject, Answer.BLOCKED, what, None, "set it to READWRITE", PLATFORM, _read(question)
        )
    elif isinstance(state, SubjectState) and not state.versions:
        what = f"is not there yet; publish sets {level} before its first version"
        yield Check("RG3", version.subject, Answer.PASS, what, None, None, PLATFORM, _read(question))
    else:
        found = level_in_force(level, state, question.seen.place)
        yield replace(found, target=version.subject, owner=PLATFORM, evidence=_read(question))


def _is_registered(question: Question) -> Iterator[Check]:
    """PR1: the registry answers the text of git under the plan's subject."""
    version, plan = question.new_version, question.plan
    sides = (side for side in (plan.new, plan.old) if isinstance(side, EventSide))
    side = next((each for each in sides if each.version == question.coming), None)
    if version is None or side is None:
        yield _no_schema(question, "PR1")
    elif side.subject != version.subject:
        what = f"is what the plan publishes under, and git says {version.subject}"
        step = "use one name in both"
        yield Check("PR1", side.subject, Answer.BLOCKED, what, question.plan.file, step, question.event_owner)
    else:
        found = registered(version, _state(question, version), question.seen.place)
        yield replace(found, target=version.subject, owner=question.event_owner, evidence=_read(question))


def _referred(question: Question) -> Iterator[Check]:
    """DE5: no other schema refers to that of the old version, in git and in the registry."""
    version, owner = question.old_version, question.event_owner
    if version is None:
        yield _no_schema(question, "DE5")
        return
    in_git = question.seen.merged.referring
    in_registry = question.seen.outside.referring.get(version.subject, Unknown("the registry was not asked"))
    step = "move the reference to another version"
    if in_git:
        what = f"{', '.join(in_git)} refers to {version.id}"
        yield Check("DE5", str(version.id), Answer.BLOCKED, what, version.content.file, step, owner)
    elif isinstance(in_registry, Unknown):
        what, step = in_registry.reason, in_registry.next_step or "restore access to the registry, then ask again"
        yield Check("DE5", version.subject, Answer.UNKNOWN, what, None, step, owner)
    elif in_registry:
        what = f"{', '.join(in_registry)} refers to it in the registry"
        yield Check("DE5", version.subject, Answer.BLOCKED, what, None, step, owner, _read(question))
    else:
        yield Check("DE5", version.subject, Answer.PASS, "nothing refers to it", None, None, owner, _read(question))


def _subject(question: Question) -> Iterator[Check]:
    """CL2: the registry keeps the old version's schema, or has it deleted, as the step says."""
    version, owner = question.old_version, question.event_owner
    if version is None or not isinstance(question.step.action, Retire):
        yield _no_schema(question, "CL2")
        return
    state, wanted = _state(question, version), question.step.action.registry
    if isinstance(state, Unknown):
        step = "restore access to the registry, then ask again"
        yield Check("CL2", version.subject, Answer.UNKNOWN, state.reason, None, step, owner)
        return
    kept = _is_kept(question, version, state)
    if kept is None:
        what, step = "is answered in two ways: the text, and the list of versions", "ask again when its servers agree"
        yield Check("CL2", version.subject, Answer.UNKNOWN, what, None, step, owner, _read(question))
    elif kept is (wanted == "keep"):
        what = f"{'keeps' if kept else 'no longer has'} the schema of {version.id}"
        yield Check("CL2", version.subject, Answer.PASS, what, None, None, owner, _read(question))
    else:
        what = f"{'still has' if kept else 'has not'} the schema of {version.id}, and the plan says {wanted}"
        publish = f"schemagate publish --env {question.environment}"
        step = f"delete the versions of {version.subject}" if kept else publish
        yield Check("CL2", version.subject, Answer.BLOCKED, what, None, step, owner, _read(question))


def _is_kept(question: Question, version: Version, state: SubjectState) -> bool | None:
    """Whether the registry still has the version's schema; None where its answers do not agree."""
    if isinstance(state.lookup, Registered):
        return True if state.lookup.version in state.versions else None
    sides = (each for each in (question.plan.old, question.plan.new) if isinstance(each, EventSide))
    is_shared = any(each.subject == version.subject and each.version != version.id.number for each in sides)
    if isinstance(state.lookup, NotAccepted) or (state.versions and not is_shared):
        return None
    return False


def _no_schema(question: Question, check: str) -> Check:
    what, step = "has no schema in git for this step", "merge the schema"
    return Check(check, question.plan.event, Answer.UNKNOWN, what, None, step, question.event_owner)


def _state(question: Question, version: Version) -> SubjectState | Unknown:
    return question.seen.outside.subjects.get(version.subject, Unknown(f"{version.subject} was not looked up"))


def _read(question: Question) -> str:
    return f"registry of {question.environment}, read {question.seen.now:%H:%M:%SZ}"


FAMILY: Family = {
    "RG1": _breaks,
    "RG2": _envelope,
    "RG3": _settings,
    "PR1": _is_registered,
    "DE5": _referred,
    "CL2": _subject,
}
