"""Do the builds that run, or are about to, list what the step needs, and was it tested?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from schemagate.facts import Capability, Unknown
from schemagate.rollout.checks import running
from schemagate.rollout.checks.probed import Statement, ask_for, stated
from schemagate.rollout.checks.question import Family, Question
from schemagate.rollout.checks.running import Running
from schemagate.rollout.decision import Answer, Check
from schemagate.rollout.gate import consumers, recorded_at_all, short
from schemagate.rollout.plan import Backfill, PlanType, Release
from schemagate.rollout.progress import State
from schemagate.schema.event import Consumption, Production, Service


def _new_build(question: Question) -> Iterator[Check]:
    """PR3: the build that will emit lists the version, registers nothing by itself, and handles money by an outbox."""
    plan, number = question.plan, question.coming
    for actor in question.step.actors:
        owner, build = question.owner(actor), question.seen.candidates.get(actor)
        if build is None or isinstance(build.manifest, Unknown):
            what = (
                build.manifest.reason
                if build is not None and isinstance(build.manifest, Unknown)
                else "has no manifest"
            )
            yield Check("PR3", actor, Answer.UNKNOWN, what, None, f"merge services/{actor}.toml", owner)
            continue
        mine = [each for each in build.manifest.produces if each.event == plan.event]
        problem = _unfit(build.manifest, mine, number, plan.criticality)
        at = f"{build.manifest.file}:{mine[0].line}" if mine else build.manifest.file
        if problem is None:
            what = f"produces {plan.event} {number}, registers nothing by itself"
            yield Check("PR3", actor, Answer.PASS, what, None, None, owner, build.of)
        else:
            yield Check("PR3", actor, Answer.BLOCKED, problem, at, "mend the manifest", owner, build.of)


def _unfit(manifest: Service, mine: list[Production], number: int | None, criticality: str) -> str | None:
    if not any(number in each.versions for each in mine):
        return f"does not list version {number}"
    if manifest.client.auto_register_schemas is not False:
        return "does not say  auto_register_schemas = false"
    if any("money" in (each.criticality, criticality) and each.delivery != "outbox" for each in mine):
        return "handles money without an outbox"
    return None


def _able(question: Question) -> Iterator[Check]:
    """CO1: every consumer that runs reads the new version; in evidence, those that were released."""
    version = question.new_version
    if version is None:
        what = f"has no version {question.coming} in git"
        yield Check("CO1", question.plan.event, Answer.UNKNOWN, what, None, "merge the schema", question.event_owner)
        return
    external = {each.service for each in question.plan.consumers if each.external is not None}
    mine = {each.service for each in question.released} - external
    yield from (replace(each, owner=question.plan.owner) for each in recorded_at_all(question.seen.place))
    found = consumers(version, question.seen.merged.catalog, question.seen.place)
    for check in found:
        is_asked = check.target in mine or question.in_gate
        if is_asked and check.target not in external:
            yield replace(check, owner=question.owner(check.target), evidence=check.evidence or _records(question))
        mine.discard(check.target)
    for service in sorted(mine):
        what = f"is a consumer in the plan, and neither git nor a running build of it reads {question.plan.event}"
        step = f"release {service} with versions = [{version.id.number}], or take it out of the plan"
        yield Check("CO1", service, Answer.BLOCKED, what, question.plan.file, step, question.owner(service))
    yield from _in_shadow(question)


def _in_shadow(question: Question) -> Iterator[Check]:
    """A fact that was a call is read in shadow while both paths run: else it has its effect twice."""
    plan = question.plan
    is_first = question.in_gate and not isinstance(question.step.action, Backfill)
    if plan.type is not PlanType.SYNC_TO_EVENT or plan.semantics != "fact" or not is_first:
        return
    for service in plan.readers:
        found = running.of(question.seen, service)
        for each in found if not isinstance(found, Unknown) else ():
            live = [c for c in each.manifest.consumes if c.event == plan.event and c.mode != "shadow"]
            if live:
                what = f"reads it live, and the call still has its effect, {each}"
                step = f'release {service} with  mode = "shadow"  first'
                at = f"{each.manifest.file}:{live[0].line}"
                yield Check("CO1", service, Answer.BLOCKED, what, at, step, question.owner(service))


def _proven(question: Question) -> Iterator[Check]:
    """CO2: golden samples of the new version passed, for each build that runs."""
    yield from _tested(question, "CO2", "samples", "golden samples")


def _once(question: Question) -> Iterator[Check]:
    """CO8: the key by which a fact that comes twice is told is stated, and the test of it passed."""
    for consumer in question.plan.consumers:
        service = question.seen.merged.catalog.services.get(consumer.service)
        mine = [c for c in service.consumes if c.event == question.plan.event] if service is not None else []
        if service is not None and not all(c.idempotency for c in mine):
            at = f"{service.file}:{next(c.line for c in mine if not c.idempotency)}"
            step = 'add  idempotency = { key = "…" }  to the manifest'
            what = "has no key in its manifest that tells an event which comes twice"
            yield Check("CO8", consumer.service, Answer.BLOCKED, what, at, step, service.owner)
    yield from _tested(question, "CO8", "duplicate", "one event twice")


def replayed(question: Question) -> Iterator[Check]:
    """SW4: a replay changed no effect, for each build that runs."""
    yield from _tested(question, "SW4", "replay", "a replay")


def _tested(question: Question, check: str, test: str, called: str) -> Iterator[Check]:
    readers = [each.service for each in question.released if each.external is None]
    if not readers:
        what = "no consumer is concerned that has a test record"
        yield Check(check, "consumers", Answer.NOT_APPLICABLE, what, owner=question.plan.owner)
    for service in readers:
        yield _passed(question, check, service, test, called)


def _passed(question: Question, check: str, service: str, test: str, called: str) -> Check:
    owner, plan = question.owner(service), question.plan
    found = running.of(question.seen, service)
    if isinstance(found, Unknown):
        return Check(check, service, Answer.UNKNOWN, found.reason, None, found.next_step, owner)
    if not found:
        what = f"runs nowhere in {question.environment}"
        return Check(check, service, Answer.UNKNOWN, what, None, f"release {service}", owner)
    about = f"{plan.event}@{question.coming}"
    late = next((each for each in found if not _lists(each, plan.event, question.coming)), None)
    if late is not None:
        what = f"runs a build that does not read {about}, {late}"
        return Check(check, service, Answer.UNKNOWN, what, None, f"release {service} with it first", owner)
    tests = capabilities(question, service)
    if isinstance(tests, Unknown):
        return Check(check, service, Answer.UNKNOWN, tests.reason, None, tests.next_step, owner)
    mine = [each for each in tests if (each.test, each.event, each.version) == (test, plan.event, question.coming)]
    commits: list[str | None] = [*_commits(found)]
    for commit in commits or [None]:
        newest = next((each for each in reversed(mine) if commit in (None, each.commit)), None)
        build = f"{service}@{commit or 'VERSION'}"
        samples = " --samples sha256:…" if test == "samples" else ""
        record = f"schemagate record capability {build} {about} --env {question.environment} --test {test}{samples}"
        step = f"run the test, then  {record} --result passed"
        if newest is None:
            what = f"has no recorded test of {called} of {about} for {short(commit) if commit else 'any build'}"
            return Check(check, service, Answer.UNKNOWN, what, None, step, owner)
        evidence = f"capability record, {newest.at:%Y-%m-%d %H:%MZ}"
        if question.is_ahead(newest.at):
            what = f"has a test of {called} of {about} that is recorded in the future"
            return Check(check, service, Answer.UNKNOWN, what, None, step, owner, evidence)
        if not newest.passed:
            what = f"failed the test of {called} of {about} as {short(newest.commit)}"
            return Check(check, service, Answer.BLOCKED, what, None, step, owner, evidence)
    names = ", ".join(map(short, _commits(found))) or "the build that is merged"
    return Check(
        check, service, Answer.PASS, f"passed the test of {called} of {about} as {names}", None, None, owner, evidence
    )


def _lists(running_: Running, event: str, version: int | None) -> bool:
    return any(each.event == event and version in each.versions for each in running_.manifest.consumes)


def capabilities(question: Question, service: str) -> tuple[Capability, ...] | Unknown:
    """What was tested of a service, oldest first."""
    known = question.seen.records.capabilities
    return known if isinstance(known, Unknown) else known.get(service, ())


def _commits(found: Iterable[Running]) -> list[str]:
    return sorted({each.commit for each in found if each.commit is not None})


def _external(question: Question) -> Iterator[Check]:
    """CO4: who reads where no broker can see it says that it can."""
    external = [each for each in question.released if each.external is not None]
    if not external:
        what = "the plan names no consumer with offsets outside Kafka"
        yield Check("CO4", "external", Answer.NOT_APPLICABLE, what, owner=question.plan.owner)
    for each in external:
        if each.external is not None:
            text = f"{each.service} reads {question.plan.event} {question.coming}"
            asked_by = question.asked_by("CO4", each.service)
            wanted = Statement(text, each.external.by, each.external.max_age, asked_by)
            answer, what, evidence = stated(question, wanted)
            step = None if answer is Answer.PASS else ask_for(question, wanted)
            yield Check("CO4", each.service, answer, what, None, step, each.external.by, evidence)


def _not_produced(question: Question) -> Iterator[Check]:
    """ST1: no build that runs lists the old version among what it produces."""
    yield from _nobody_lists(question, "ST1", ("produces",))


def _no_code(question: Question) -> Iterator[Check]:
    """DE1: no build that runs lists what is to go; in evidence, none of the actors reads it."""
    if question.in_gate:
        yield from _nobody_lists(question, "DE1", ("produces", "consumes"))
    else:
        yield from _nobody_lists(question, "DE1", ("consumes",))


def _nobody_lists(question: Question, check: str, lists: tuple[str, ...]) -> Iterator[Check]:
    everyone = running.concerned(question.seen)
    asked = everyone if question.in_gate or check == "ST1" else list(question.step.actors)
    for service in asked:
        yield _lists_old(question, check, service, lists)


def _lists_old(question: Question, check: str, service: str, lists: tuple[str, ...]) -> Check:
    owner, plan = question.owner(service), question.plan
    found = running.of(question.seen, service)
    if question.going is None:
        what, step = "cannot be asked: the plan names no version that goes", f"name it in {plan.file}"
        return Check(check, service, Answer.UNKNOWN, what, plan.file, step, owner)
    if isinstance(found, Unknown):
        return Check(check, service, Answer.UNKNOWN, found.reason, None, found.next_step, owner)
    for each in found:
        at = _old_at(question, each.manifest, lists)
        if at is not None:
            what = f"still lists {plan.event} {question.going}, {each}"
            step = f"release {service} without it, record it, then ask again"
            place = f"{each.manifest.file}:{at}"
            return Check(check, service, Answer.BLOCKED, what, place, step, owner, _records(question))
    where = ", ".join(dict.fromkeys(map(str, found))) or f"runs nowhere in {question.environment}"
    what = f"does not list {plan.event} {question.going}, {where}"
    return Check(check, service, Answer.PASS, what, None, None, owner, _records(question))


def _old_at(question: Question, manifest: Service, lists: tuple[str, ...]) -> int | None:
    entries: list[Production | Consumption] = []
    entries += manifest.produces if "produces" in lists else ()
    entries += manifest.consumes if "consumes" in lists else ()
    plan = question.plan
    return next((x.line for x in entries if x.event == plan.event and question.going in x.versions), None)


def _released(question: Question) -> Iterator[Check]:
    """RL1: each actor runs a build that was deployed after the step was opened, with exactly the step's sets."""
    for actor in question.step.actors:
        yield _release_of(question, actor)


def _release_of(question: Question, actor: str) -> Check:
    owner, progress = question.owner(actor), question.seen.records.progress
    found = running.of(question.seen, actor)
    record = (
        f"schemagate record deployment {actor}@VERSION --env {question.environment} --manifest services/{actor}.toml"
    )
    if isinstance(found, Unknown) or isinstance(progress, Unknown):
        reason = found.reason if isinstance(found, Unknown) else "the state of the step cannot be read"
        return Check("RL1", actor, Answer.UNKNOWN, reason, None, record, owner)
    opened = progress.reached(question.step.id, State.OPEN)
    if not found:
        return Check("RL1", actor, Answer.BLOCKED, f"runs nowhere in {question.environment}", None, record, owner)
    ahead = [each for each in found if each.at is not None and question.is_ahead(each.at)]
    if ahead:
        what = f"is recorded in the future, {ahead[0]}"
        return Check("RL1", actor, Answer.UNKNOWN, what, None, f"mend the clock, then  {record}", owner)
    late = [each for each in found if each.at is not None and (opened is None or each.at < opened)]
    if late:
        count = f"has {len(late)} of {len(found)} instances that run" if len(found) > 1 else "runs"
        since = f"since the step was opened, {opened:%Y-%m-%d %H:%MZ}" if opened else "since the step was opened"
        what = f"{count} what was there before, {late[0]}; no deployment is recorded {since}"
        return Check("RL1", actor, Answer.BLOCKED, what, None, f"finish the rollout, then  {record}", owner)
    for each in found:
        if (problem := _differs(question, each.manifest)) is not None:
            at = each.manifest.file
            step = f"release {actor} with what step {question.step.id} says"
            return Check("RL1", actor, Answer.BLOCKED, f"{problem}, {each}", at, step, owner, _records(question))
    builds = ", ".join(dict.fromkeys(map(str, found)))
    return Check("RL1", actor, Answer.PASS, f"has what the step says, {builds}", None, None, owner, _records(question))


def _differs(question: Question, manifest: Service) -> str | None:
    release, plan = question.step.action, question.plan
    if not isinstance(release, Release):
        return None
    reads = [each for each in manifest.consumes if each.event == plan.event]
    emits = [each for each in manifest.produces if each.event == plan.event]
    is_consumer = any(each.service == manifest.name for each in plan.consumers)
    if release.consumes is not None and is_consumer and _numbers(reads) != set(release.consumes):
        return f"consumes {_said(reads)} and the step says {sorted(release.consumes)}"
    if release.produces is not None and _numbers(emits) != set(release.produces):
        return f"produces {_said(emits)} and the step says {sorted(release.produces)}"
    if release.mode is not None and not (reads and all(each.mode == release.mode for each in reads)):
        return f"does not read in mode {release.mode}"
    if release.flag is not None and not (emits and all(each.flag == release.flag for each in emits)):
        return f"does not name the flag {release.flag}"
    if plan.call is not None:
        endpoint = plan.call.call
        calls = any(each.endpoint == endpoint for each in manifest.calls)
        serves = any(each.endpoint == endpoint for each in manifest.serves)
        if release.calls is not None and manifest.name in plan.callers and calls is not release.calls:
            return f"{'still calls' if calls else 'does not call'} {endpoint}"
        if release.serves is not None and manifest.name == endpoint.service and serves is not release.serves:
            return f"{'still serves' if serves else 'does not serve'} {endpoint}"
    return None


def _numbers(entries: Iterable[Production | Consumption]) -> set[int]:
    return {number for each in entries for number in each.versions}


def _said(entries: Iterable[Production | Consumption]) -> list[int]:
    return sorted(_numbers(entries))


def _records(question: Question) -> str:
    if question.seen.place.deployments == "declared":
        return f"manifests at {question.seen.place.text_from}"
    return f"deployment records of {question.environment}"


FAMILY: Family = {
    "PR3": _new_build,
    "CO1": _able,
    "CO2": _proven,
    "CO4": _external,
    "CO8": _once,
    "ST1": _not_produced,
    "DE1": _no_code,
    "RL1": _released,
}
