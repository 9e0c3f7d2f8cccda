"""How do a plan and its effect look?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, assert_never

from schemagate.ask.publish import PlanReport, PublishReport
from schemagate.publish.actions import Action, Blocked, Nothing, Plan, Register, SetLevel
from schemagate.publish.apply import Failed, LevelSet, NotRestored, Published, Restored, Result
from schemagate.publish.verify import Check, Different, Unverified, Verified
from schemagate.report.document import document
from schemagate.report.findings import command, visible
from schemagate.report.style import PLAIN, Style
from schemagate.report.words import count, ignored


def plan_text(report: PlanReport, style: Style = PLAIN) -> str:
    """One line per action, quiet about what stays, then the plan's id and the command that applies it."""
    plan = report.plan
    lines = [f"{style.bold(plan.environment)}  {_registry(report)}   from {report.text_from}", ""]
    width = max((len(action.subject) for action in plan.actions), default=0)
    created = {action.subject for action in plan.actions if isinstance(action, Register)}
    lines += [
        _action(action, width, style)
        for action in plan.actions
        if not isinstance(action, Nothing) and not (isinstance(action, SetLevel) and action.subject in created)
    ]
    unchanged = sum(isinstance(action, Nothing) for action in plan.actions)
    if unchanged:
        lines.append(f"  = {count(unchanged, 'subject')}: nothing to do")
    note = visible(ignored(report.ignored, report.text_from))
    return "\n".join([*lines, *filter(None, [note]), "", _plan_summary(plan, style)])


def plan_json(report: PlanReport) -> str:
    """One document with every action."""
    fields = {
        "plan": report.plan.id,
        **_header(report),
        "complete": report.exit_code != 3,
        "exit": report.exit_code,
        "actions": [{"action": type(action).__name__, **_fields(action)} for action in report.plan.actions],
    }
    return document("plan", fields)


def publish_text(report: PublishReport, style: Style = PLAIN) -> str:
    """What was done to each subject and how it was read back, then the last line: counts and the next step."""
    checks = {check.target.subject: check for check in report.verified}
    registered = {result.action.subject for result in report.applied.results if isinstance(result, Published)}
    lines = []
    for result in report.applied.results:
        if isinstance(result, LevelSet) and result.action.subject in registered:
            continue
        lines.append(_result(result, style) + _read_back(result, checks.get(result.action.subject)))
    lines += [_check(check, style) for check in report.verified if not isinstance(check, Verified)]
    lines += [f"  - {visible(change.subject)}  not tried: {_words(change)} it" for change in report.applied.not_tried]
    lines += filter(None, [visible(ignored(report.planned.ignored, report.planned.text_from))])
    return "\n".join([*lines, _publish_summary(report, style)])


def _publish_summary(report: PublishReport, style: Style) -> str:
    done = sum(isinstance(result, LevelSet | Published) for result in report.applied.results)
    wanted = len(report.planned.plan.changes)
    verified = sum(isinstance(check, Verified) for check in report.verified)
    environment = report.planned.plan.environment
    if report.exit_code == 0 and not wanted:
        return style.green(f"nothing to do: {count(verified, 'subject')} verified as in {report.planned.text_from}")
    counts = (
        f"{done} of {count(wanted, 'change')} done, {verified} of {count(len(report.verified), 'subject')} verified"
    )
    if report.exit_code == 0:
        newest = next(
            (action for action in reversed(report.planned.plan.actions) if isinstance(action, Register)), None
        )
        step = f"   may a producer switch?  schemagate gate {newest.version} --env {environment}" if newest else ""
        return style.green(counts) + "." + step
    return style.red(counts) + f".   look again:  schemagate plan --env {environment}"


def publish_json(report: PublishReport) -> str:
    """One document: what was done, what was not, what was read back."""
    fields = {
        "plan": report.planned.plan.id,
        **_header(report.planned),
        "complete": report.exit_code in (0, 1),
        "exit": report.exit_code,
        "results": [_result_entry(result) for result in report.applied.results],
        "not_tried": [{"action": type(change).__name__, **_fields(change)} for change in report.applied.not_tried],
        "verified": [_check_entry(check) for check in report.verified],
    }
    return document("publish", fields)


def github(report: PlanReport, text: str) -> str:
    """Annotations for what stands in the way, then the text."""
    lines = [command("error", each.reason, title=f"plan {each.subject}") for each in report.plan.blocked]
    return "\n".join([*lines, text])


def _action(action: Action, width: int, style: Style) -> str:
    subject = f"{visible(action.subject):<{width}}"
    match action:
        case SetLevel():
            before = action.before if action.before_is_own else f"{action.before} (the registry's)"
            return f"  {style.yellow('~')} {subject}  level {before} -> {action.after}{_retrospect(action)}"
        case Register():
            what = f"version {action.number}, level {action.level}"
            return f"  {style.green('+')} {subject}  {what}, {_beside(action)}"
        case Blocked():
            return f"  {style.red('x')} {subject}  {visible(action.reason)}\n      next: {visible(action.next_step)}"
        case Nothing():
            return f"  = {subject}  nothing to do"
        case _:
            assert_never(action)


def _registry(report: PlanReport) -> str:
    facts = report.plan.facts
    return "the embedded registry" if report.embedded else f"{', '.join(facts.urls)}  {facts.server}"


def _beside(action: Register) -> str:
    return f"compared with {_numbers(action.compared_with)}" if action.compared_with else "nothing to compare with"


def _retrospect(action: SetLevel) -> str:
    if action.failing:
        return f", although {_numbers(action.failing)} would not pass it"
    if action.unclear:
        return f"; nobody can tell whether {_numbers(action.unclear)} would pass it"
    return f", which {_numbers(action.revisions)} pass" if action.revisions else ""


def _plan_summary(plan: Plan, style: Style) -> str:
    if plan.blocked:
        return style.red(
            f"plan {plan.id} cannot be applied: {count(len(plan.blocked), 'subject stands', 'subjects stand')}"
            " in the way"
        )
    levels = sum(isinstance(action, SetLevel) for action in plan.actions)
    registrations = sum(isinstance(action, Register) for action in plan.actions)
    if not plan.changes:
        return style.green("nothing to do: the registry holds what git says")
    counts = f"{count(levels, 'level')}, {count(registrations, 'registration')}"
    apply = f"schemagate publish --env {plan.environment} --plan {plan.id}"
    return f"{style.bold(f'plan {plan.id}')}: {counts}.   apply it:  {apply}"


def _result(result: Result, style: Style) -> str:
    subject = visible(result.action.subject)
    match result:
        case LevelSet(action):
            return f"  {style.yellow('~')} {subject}  level {action.after} set"
        case Published(action, id_, guid):
            tail = f", guid {guid[:8]}…" if guid else ""
            return f"  {style.green('+')} {subject}  id {id_}, version {action.number}{tail} registered"
        case Failed(action, error):
            return f"  {style.red('x')} {subject}  {_words(action)} failed: {visible(error.message)}"
        case Restored(action):
            return f"  {style.yellow('~')} {subject}  level {action.before} restored"
        case NotRestored(action, reason):
            return f"  {style.red('x')} {subject}  the level {action.before} is NOT restored: {visible(reason)}"
        case _:
            assert_never(result)


def _read_back(result: Result, check: Check | None) -> str:
    if not isinstance(result, Published | LevelSet) or not isinstance(check, Verified):
        return ""
    found = isinstance(result, Published) and check.found_by_lookup
    return ", read back" + (f", a producer's lookup answers {check.id}" if found else "")


def _check(check: Check, style: Style) -> str:
    subject = visible(check.target.subject)
    match check:
        case Verified():
            return f"  {style.green('=')} {subject}  read back as planned"
        case Different(_, differences):
            return f"  {style.red('x')} {subject}  read back, and different: {visible('; '.join(differences))}"
        case Unverified(_, error):
            return f"  {style.yellow('?')} {subject}  cannot be read back: {visible(error.message)}"
        case _:
            assert_never(check)


def _words(change: SetLevel | Register) -> str:
    return "set the level of" if isinstance(change, SetLevel) else "register"


def _header(report: PlanReport) -> dict[str, Any]:
    plan = report.plan
    return {
        "environment": plan.environment,
        "registry": list(plan.facts.urls),
        "server": str(plan.facts.server),
        "from": report.text_from,
        "ignored": list(report.ignored),
    }


def _fields(action: Action) -> dict[str, Any]:
    return {**asdict(action), "version": str(action.version)}


def _result_entry(result: Result) -> dict[str, Any]:
    entry: dict[str, Any] = {"result": type(result).__name__, "action": _fields(result.action)}
    match result:
        case Published():
            entry |= {"id": result.id, "guid": result.guid}
        case Failed():
            entry["error"] = result.error.message
        case NotRestored():
            entry["error"] = result.reason
        case LevelSet() | Restored():
            pass
    return entry


def _check_entry(check: Check) -> dict[str, Any]:
    entry: dict[str, Any] = {"result": type(check).__name__, "subject": check.target.subject}
    match check:
        case Verified():
            entry |= {"version": check.target.number, "id": check.id}
        case Different():
            entry["differences"] = list(check.differences)
        case Unverified():
            entry["error"] = check.error.message
    return entry


def _numbers(versions: Iterable[int]) -> str:
    numbers = [str(version) for version in versions]
    if not numbers:
        return "none"
    return ("version " if len(numbers) == 1 else "versions ") + ", ".join(numbers)
