"""Do git and the registry agree about the plan's versions?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from schemagate.facts import Incompatible, Registered, SubjectState, Unknown
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
    if isinstance(found, Unknown):
        yield Check("RG1", target, Answer.UNKNOWN, found.reason, None, found.next_step, owner)
        return
    undeclared, absent = sorted(set(found) - expected), sorted(expected - set(found))
    step = f"declare it in expected_breaks of {file}, or change the schema"
    if undeclared:
        what = f"a break that the plan does not declare: {undeclared[0]}{_more(undeclared)}"
        yield Check("RG1", target, Answer.BLOCKED, what, file, step, owner, evidence)
    elif absent:
        what = f"a declared break that is not there: {absent[0]}{_more(absent)}"
        step = f"remove it from expected_breaks of {file}"
        yield Check("RG1", target, Answer.BLOCKED, what, file, step, owner, evidence)
    else:
        yield Check("RG1", target, Answer.PASS, f"{len(found)} breaks, all declared", None, None, owner, evidence)
    version = question.new_version
    state = _state(question, version) if version is not None else Unknown("")
    if version is not None and isinstance(state, SubjectState) and isinstance(state.check, Incompatible):
        what = f"the registry would refuse the text under {state.level}"
        yield Check("RG1", version.subject, Answer.BLOCKED, what, version.content.file, "schemagate check", owner)


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
    state, level = _state(question, version), question.seen.merged.levels[version.id]
    if isinstance(state, SubjectState) and state.mode not in ("READWRITE", "READONLY_OVERRIDE"):
        what = f"{version.subject} is in mode {state.mode}, and takes no schema"
        yield Check(
            "RG3", version.subject, Answer.BLOCKED, what, None, "set it to READWRITE", PLATFORM, _read(question)
        )
    elif isinstance(state, SubjectState) and not state.versions:
        what = f"not there yet; publish sets {level} before its first version"
        yield Check("RG3", version.subject, Answer.PASS, what, None, None, PLATFORM, _read(question))
    else:
        found = level_in_force(level, state, question.seen.place)
        yield replace(found, target=version.subject, owner=PLATFORM, evidence=_read(question))


def _is_registered(question: Question) -> Iterator[Check]:
    """PR1: the registry answers the text of git under the plan's subject."""
    version, new = question.new_version, question.plan.new
    if version is None or not isinstance(new, EventSide):
        yield _no_schema(question, "PR1")
    elif new.subject != version.subject:
        what = f"the plan publishes under {new.subject}, git under {version.subject}"
        step = "use one name in both"
        yield Check("PR1", new.subject, Answer.BLOCKED, what, question.plan.file, step, question.event_owner)
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
    kept = isinstance(state.lookup, Registered)
    if kept is (wanted == "keep"):
        what = "its schema is kept" if kept else "its schema is deleted"
        yield Check("CL2", version.subject, Answer.PASS, what, None, None, owner, _read(question))
    else:
        what = f"the plan says {wanted}, and its schema is {'still there' if kept else 'gone'}"
        publish = f"schemagate publish --env {question.environment}"
        step = f"delete the versions of {version.subject}" if kept else publish
        yield Check("CL2", version.subject, Answer.BLOCKED, what, None, step, owner, _read(question))


def _no_schema(question: Question, check: str) -> Check:
    what, step = f"git has no schema of {question.plan.event} for it", "merge the schema"
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
