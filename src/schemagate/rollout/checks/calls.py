"""Is the call served, made with care, equal to the event, and in the end made by nobody?"""

from __future__ import annotations

from collections.abc import Iterator

from schemagate.facts import Unknown
from schemagate.rollout.checks import probed, running
from schemagate.rollout.checks.builds import capabilities
from schemagate.rollout.checks.question import Family, Question
from schemagate.rollout.checks.running import Running
from schemagate.rollout.decision import Answer, Check
from schemagate.rollout.gate import short
from schemagate.rollout.plan import DropTable, EventSide, Release
from schemagate.schema.event import Call, Endpoint


def _served(question: Question) -> Iterator[Check]:
    """CA1: the endpoint answers, every build that runs serves it, and its contract test passed for each of them."""
    call = question.plan.call
    if call is None:
        yield _no_call(question, "CA1")
        return
    yield from probed.named(question, "CA1", question.owner(call.call.service))
    yield _serves(question, call.call)


def _serves(question: Question, endpoint: Endpoint) -> Check:
    service, owner = endpoint.service, question.owner(endpoint.service)
    found, tests = running.of(question.seen, service), capabilities(question, service)
    if isinstance(found, Unknown):
        return Check("CA1", service, Answer.UNKNOWN, found.reason, None, found.next_step, owner)
    if isinstance(tests, Unknown):
        return Check("CA1", service, Answer.UNKNOWN, tests.reason, None, tests.next_step, owner)
    if not found:
        return Check("CA1", service, Answer.BLOCKED, "runs nowhere", None, f"release {service}", owner)
    for each in found:
        if all(served.endpoint != endpoint for served in each.manifest.serves):
            step = f"release {service} with {endpoint} under serves"
            return Check("CA1", service, Answer.BLOCKED, f"does not serve {endpoint}, {each}", None, step, owner)
        of_build = [test for test in tests if each.commit in (None, test.commit)]
        mine = [test for test in of_build if (test.test, test.endpoint) == ("endpoint", str(endpoint))]
        build = f"{service}@{each.commit or 'VERSION'}"
        record = f'schemagate record capability {build} "{endpoint}" --env {question.environment} --test endpoint'
        step = f"run the contract test, then  {record} --result passed"
        if not mine:
            name = short(each.commit) if each.commit else "any build"
            what = f"has no recorded contract test of {endpoint} for {name}"
            return Check("CA1", service, Answer.UNKNOWN, what, None, step, owner)
        if question.is_ahead(mine[-1].at):
            what = f"has a contract test of {endpoint} that is recorded in the future"
            return Check("CA1", service, Answer.UNKNOWN, what, None, step, owner)
        if not mine[-1].passed:
            what = f"failed the contract test of {endpoint} as {short(mine[-1].commit)}"
            return Check("CA1", service, Answer.BLOCKED, what, None, step, owner)
    return Check("CA1", service, Answer.PASS, f"serves {endpoint}, tested, {found[0]}", None, None, owner)


def _careful(question: Question) -> Iterator[Check]:
    """CA2: whoever calls has a timeout, bounded retries, and, unless it only reads, an idempotency header."""
    call = question.plan.call
    if call is None:
        yield _no_call(question, "CA2")
        return
    for service in question.step.actors or question.plan.callers:
        yield _caller(question, service, call.call)


def _caller(question: Question, service: str, endpoint: Endpoint) -> Check:
    owner, candidate = question.owner(service), question.seen.candidates.get(service)
    manifests: tuple[Running, ...] | Unknown
    if candidate is None:
        manifests = running.of(question.seen, service)
    elif isinstance(candidate.manifest, Unknown):
        manifests = candidate.manifest
    else:
        manifests = (Running(candidate.manifest),)
    if isinstance(manifests, Unknown):
        return Check("CA2", service, Answer.UNKNOWN, manifests.reason, None, manifests.next_step, owner)
    for each in manifests:
        made = next((c for c in each.manifest.calls if c.endpoint == endpoint), None)
        problem = f"does not list {endpoint} under calls" if made is None else _careless(made)
        if problem is not None:
            step = f"state it under calls of services/{service}.toml, and release it"
            return Check("CA2", service, Answer.BLOCKED, problem, each.manifest.file, step, owner)
    if not manifests:
        return Check("CA2", service, Answer.UNKNOWN, "runs nowhere", None, f"release {service}", owner)
    evidence = candidate.of if candidate is not None else str(manifests[0])
    return Check("CA2", service, Answer.PASS, f"calls {endpoint} with care", None, None, owner, evidence)


def _careless(call: Call) -> str | None:
    missing = [name for name, value in (("timeout", call.timeout), ("retries", call.retries)) if value is None]
    if call.endpoint.method != "GET" and call.idempotency_header is None:
        missing.append("idempotency_header")
    return f"calls {call.endpoint} without {', '.join(missing)}" if missing else None


def _equal(question: Question) -> Iterator[Check]:
    """CA3: the call answers what the last event said, by the plan's probe `equality`."""
    sides = dict.fromkeys([*question.plan.emitters, *question.plan.callers])
    yield from probed.named(question, "CA3", ", ".join(dict.fromkeys(map(question.owner, sides))))


def _in_use(question: Question) -> Iterator[Check]:
    """CA4: whoever was to call does, and nobody reads the old table, by the plan's probe `tables_unread`."""
    call = question.plan.call
    callers = question.plan.callers
    if not question.in_gate:  # of those who switch one after the other
        callers = tuple(each for each in callers if each in question.step.actors) or callers
    if call is not None:
        for service in callers:
            yield _calls(question, service, call.call)
    old = question.plan.old
    if call is None or isinstance(question.step.action, DropTable) or (isinstance(old, EventSide) and old.tables):
        yield from probed.named(question, "CA4", ", ".join(map(question.owner, callers)))


def _calls(question: Question, service: str, endpoint: Endpoint) -> Check:
    owner, found = question.owner(service), running.of(question.seen, service)
    if isinstance(found, Unknown):
        return Check("CA4", service, Answer.UNKNOWN, found.reason, None, found.next_step, owner)
    for each in found:
        if all(call.endpoint != endpoint for call in each.manifest.calls):
            what, step = f"does not call {endpoint}, {each}", f"release {service} with the call"
            return Check("CA4", service, Answer.BLOCKED, what, each.manifest.file, step, owner)
    if not found:
        return Check("CA4", service, Answer.UNKNOWN, "runs nowhere", None, f"release {service}", owner)
    return Check("CA4", service, Answer.PASS, f"calls {endpoint}, {found[0]}", None, None, owner)


def _unused(question: Question) -> Iterator[Check]:
    """DE9: nobody called for as long as the probe `call_usage` counts; once the code is gone, nobody lists it.

    Before the code goes, and after the call was switched off, the count alone is asked.
    """
    call = question.plan.call
    if call is None:
        yield _no_call(question, "DE9")
        return
    owner = ", ".join(dict.fromkeys(map(question.owner, question.plan.callers)))
    yield from probed.named(question, "DE9", owner)
    if isinstance(question.step.action, Release) and not question.in_gate:
        for service in running.concerned(question.seen):
            yield _lists_no_call(question, service, call.call)


def _lists_no_call(question: Question, service: str, endpoint: Endpoint) -> Check:
    owner, found = question.owner(service), running.of(question.seen, service)
    if isinstance(found, Unknown):
        return Check("DE9", service, Answer.UNKNOWN, found.reason, None, found.next_step, owner)
    for each in found:
        if any(call.endpoint == endpoint for call in each.manifest.calls):
            what, step = f"still lists {endpoint}, {each}", f"release {service} without the call"
            return Check("DE9", service, Answer.BLOCKED, what, each.manifest.file, step, owner)
    return Check("DE9", service, Answer.PASS, f"does not list {endpoint}", None, None, owner)


def _no_call(question: Question, check: str) -> Check:
    what, step = "the plan names no call", f"name it in {question.plan.file}"
    return Check(check, "call", Answer.UNKNOWN, what, question.plan.file, step, question.plan.owner)


FAMILY: Family = {"CA1": _served, "CA2": _careful, "CA3": _equal, "CA4": _in_use, "DE9": _unused}
