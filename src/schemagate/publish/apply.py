"""Do exactly what a plan says, and tell exactly what was done.

Per subject: level, then registration. A subject that fails gets a loosened level back, and the others go on. Nothing
here decides what to do; a registry or a repository that moved since the plan was made stops everything before the
first change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final, assert_never

from schemagate.errors import NoAnswer, Refused, SchemagateError
from schemagate.publish.actions import Change, Plan, Register, SetLevel, Why
from schemagate.publish.plan import moved
from schemagate.publish.read import request
from schemagate.registry import answers, wire
from schemagate.registry.client import RegistryClient

_INTERRUPTED: Final = "interrupted; whether the registry has done it is not known"


@dataclass(frozen=True, slots=True)
class LevelSet:
    """The registry confirmed the level."""

    action: SetLevel


@dataclass(frozen=True, slots=True)
class Published:
    """Registered, as the planned version. `guid` is None where the server knows none."""

    action: Register
    id: int
    guid: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Refused (`error.exit_code` 1), or without an answer (3), so that it may have happened."""

    action: Change
    error: SchemagateError


@dataclass(frozen=True, slots=True)
class Restored:
    """The level that the plan loosened is what it was, read back."""

    action: SetLevel


@dataclass(frozen=True, slots=True)
class NotRestored:
    """The subject is left under the looser level of the plan, or nobody knows under which."""

    action: SetLevel
    reason: str


Result = LevelSet | Published | Failed | Restored | NotRestored


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was tried, in order, and what was not. Done is only what `succeeded` says."""

    results: tuple[Result, ...]
    not_tried: tuple[Change, ...] = ()
    interrupted: bool = False

    @property
    def succeeded(self) -> bool:
        """The whole plan was applied."""
        all_done = all(isinstance(result, LevelSet | Published) for result in self.results)
        return all_done and not self.not_tried and not self.interrupted


@dataclass(slots=True)
class _Run:
    """One application of a plan."""

    client: RegistryClient
    tell: Callable[[Result], None]
    results: list[Result] = field(default_factory=list)

    def note(self, result: Result) -> None:
        """Remember first: telling may be interrupted."""
        self.results.append(result)
        self.tell(result)


def apply(
    plan: Plan, again: Callable[[], Plan], client: RegistryClient, tell: Callable[[Result], None] = lambda _: None
) -> Report:
    """Apply a plan; `again` reads the registry and plans anew, `tell` hears each result when it is known.

    Raises Refused, with nothing changed, for a blocked plan and for one that moved; NoAnswer from `again`. An interrupt
    (Ctrl-C) ends in a Report, too.
    """
    _refuse_blocked(plan)
    _refuse_moved(plan, again())
    run = _Run(client, tell)
    interrupted = False
    try:
        for _, changes in groupby(plan.changes, key=lambda change: change.subject):
            error = _subject(run, tuple(changes))
            if isinstance(error, answers.Unreachable) and _is_silent(client):
                break  # each of the others would only wait for its own deadline
    except KeyboardInterrupt:
        interrupted = True
    tried = [result.action for result in run.results]
    return Report(tuple(run.results), tuple(change for change in plan.changes if change not in tried), interrupted)


def _refuse_blocked(plan: Plan) -> None:
    if not plan.blocked:
        return
    first, more = plan.blocked[0], len(plan.blocked) - 1
    others = f", and {more} more" if more else ""
    unknown = all(blocked.why is Why.UNKNOWN for blocked in plan.blocked)
    raise (NoAnswer if unknown else Refused)(
        f"the plan cannot be applied: {first.subject}: {first.reason}{others}. Nothing was changed",
        next_step=first.next_step,
    )


def _refuse_moved(plan: Plan, anew: Plan) -> None:
    if anew.digest != plan.digest:
        raise Refused(
            f"the plan is another one now ({anew.id}, not {plan.id}): {'; '.join(moved(plan, anew))}."
            " Nothing was changed",
            next_step=f"schemagate plan --env {plan.environment}",
        )


def _subject(run: _Run, changes: Sequence[Change]) -> SchemagateError | None:
    """Apply one subject's changes, up to the first that fails; the failure, if there was one."""
    for change in changes:
        try:
            run.note(_done(run.client, change))
        except SchemagateError as error:
            run.note(Failed(change, error))
            _restore(run, changes)
            return error
        except BaseException:
            if change not in (result.action for result in run.results):
                run.note(Failed(change, NoAnswer(_INTERRUPTED)))
            if run.results[-1].action is not changes[-1] or isinstance(run.results[-1], Failed):
                _restore(run, changes)
            raise
    return None


def _done(client: RegistryClient, change: Change) -> LevelSet | Published:
    match change:
        case SetLevel():
            client.set_config(change.subject, change.after)
            return LevelSet(change)
        case Register():
            return _registered(client, change)
        case _:
            assert_never(change)


def _registered(client: RegistryClient, change: Register) -> Published:
    """Compare and set by observation: the version list just before, and the number that comes back.

    The protocol's own compare-and-set is not used, because it stamps the schema with a number that producers do not
    send, and several registries ignore it.
    """
    taken = max(client.versions(change.subject, deleted=True), default=0)
    if taken + 1 != change.number:
        raise _lost_race(change, f"has version {taken} now", "it was not registered")
    body = request(change.schema_type, change.text)
    answer = client.register(change.subject, body)
    number, guid = answer.version, answer.guid
    if number is None:
        found = client.lookup(change.subject, body)
        if found is None:
            raise NoAnswer(f"{change.subject} was registered as id {answer.id}, and the registry does not find it")
        number, guid = found.version, found.guid
    if number != change.number:
        raise _lost_race(change, "got another version in between", f"it is version {number}, id {answer.id}")
    return Published(change, answer.id, guid)


def _lost_race(change: Register, what: str, outcome: str) -> Refused:
    return Refused(
        f"{change.subject} {what}, registered by somebody else, and this was planned as version {change.number}:"
        f" {outcome}",
        next_step="schemagate plan",
    )


def _restore(run: _Run, changes: Sequence[Change]) -> None:
    """Give a subject that failed the level back that the plan loosened, if it was touched."""
    first = changes[0]
    if not isinstance(first, SetLevel) or not first.loosens:
        return
    if any(result.action is first and _changed_nothing(result) for result in run.results):
        return
    try:
        _set_back(run.client, first)
    except SchemagateError as error:
        run.note(NotRestored(first, error.message))
    except KeyboardInterrupt:
        run.note(NotRestored(first, _INTERRUPTED))
        raise
    else:
        run.note(Restored(first))


def _changed_nothing(result: Result) -> bool:
    return isinstance(result, Failed) and isinstance(result.error, Refused)


def _set_back(client: RegistryClient, change: SetLevel) -> None:
    own = client.config(change.subject, default_to_global=False)
    has_more = own is not None and replace(own, level=None) != wire.Config()
    if change.before_is_own or has_more:  # to delete the settings would delete more than the level
        client.set_config(change.subject, change.before)
    else:
        client.delete_config(change.subject)
    now = client.config(change.subject, default_to_global=True)
    if now is None or now.level != change.before:
        raise NoAnswer(f"the level of {change.subject} is {now and now.level} after it was set back to {change.before}")


def _is_silent(client: RegistryClient) -> bool:
    try:
        client.global_config()
    except answers.Unreachable:
        return True
    except SchemagateError:
        return False
    return False
