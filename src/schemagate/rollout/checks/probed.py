"""What do the probes of a plan say? Each is one value that must be what the plan asks for, or a dated statement."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isnan

from schemagate.facts import Attestation, Measured, Unknown
from schemagate.rollout.asked import NAMED, probes
from schemagate.rollout.checks.question import SKEW, Question, span
from schemagate.rollout.decision import Answer, Check
from schemagate.rollout.probes import Attest, Exec, Http, ManifestList, Probe, Prometheus, Sql, Tables


def named(question: Question, check: str, owner: str) -> Iterator[Check]:
    """The probe that a check reads by its name in `[probes]`."""
    name = NAMED[check]
    probe = question.plan.probes.get(name)
    if probe is None:
        what = "is missing: the plan has no probe of that name"
        step = f'add  {name} = {{ probe = "sql", … }}  under [probes] of {question.plan.file}'
        yield Check(check, name, Answer.UNKNOWN, what, question.plan.file, step, owner)
    else:
        yield from answers(question, check, probe, owner)


def own(question: Question) -> Iterator[Check]:
    """The probes that the plan itself lists for this part of the step."""
    for probe in probes(question.step, question.part):
        yield from answers(question, "probe", probe, ", ".join(map(question.owner, question.step.actors)))


def answers(question: Question, check: str, probe: Probe, owner: str) -> Iterator[Check]:
    """What one probe says; of a manifest once per actor."""
    match probe.source:
        case Attest(statement, by, max_age):
            yield _stated(question, check, probe, Statement(statement, by, max_age))
        case ManifestList() as wanted:
            for actor in question.step.actors:
                yield _listed(question, check, actor, wanted)
            if not question.step.actors:
                what = "asks for the manifest of the step's actor, and the step has none"
                step = f"name an actor in step {question.step.id}, or ask with another probe"
                yield Check(check, label(probe), Answer.UNKNOWN, what, question.plan.file, step, question.plan.owner)
        case _:
            yield _measured(question, check, probe, owner or question.plan.owner)


def label(probe: Probe) -> str:
    """What people call it: its name, or what it is."""
    if probe.name:
        return probe.name
    match probe.source:
        case Exec(command):
            return command[0]  # its arguments may hold what nobody should read
        case Sql() | Tables():
            return "sql"
        case Http(path=path):
            return path
        case Prometheus():
            return "prometheus"
        case ManifestList(list=name):
            return name
        case Attest(statement):
            return statement


def _measured(question: Question, check: str, probe: Probe, owner: str) -> Check:
    target = label(probe)
    found = question.seen.outside.measured.get(probe, Unknown("nobody asked it"))
    again = "mend what it counts, then ask again"
    if isinstance(found, Unknown):
        step = found.next_step or "see that it can be asked from here, then ask again"
        return Check(check, target, Answer.UNKNOWN, f"gave no value: {found.reason}", None, step, owner)
    evidence = f"probe {target}, read {found.at:%H:%M:%SZ}"
    if (stale := aged(question, found.at)) is not None:
        return Check(check, target, Answer.UNKNOWN, stale, None, "ask again", owner, evidence)
    if (too_little := _too_little(probe, found)) is not None:
        return Check(check, target, Answer.UNKNOWN, too_little, None, "let there be traffic first", owner, evidence)
    window = f" (by its query over {span(timedelta(seconds=probe.window))})" if probe.window else ""
    wanted = _wanted(probe, found.value)
    if wanted is None:
        what, step = f"is {found.value}, and the plan does not say what it must be", "add  must  to the probe"
        return Check(check, target, Answer.UNKNOWN, what, question.plan.file, step, owner, evidence)
    if wanted == "":
        return Check(check, target, Answer.PASS, f"is {found.value}{window}", None, None, owner, evidence)
    what = f"is {found.value}{window}, must be {wanted}"
    return Check(check, target, Answer.BLOCKED, what, None, again, owner, evidence)


def _wanted(probe: Probe, value: float) -> str | None:
    """What a value should be instead; "" where it is that, None where the plan does not say or it is no number."""
    budget = probe.source.p99 if isinstance(probe.source, Prometheus) else None
    if isnan(value) or (probe.must is None and budget is None):
        return None
    if probe.must is not None and value != probe.must:
        return str(probe.must)
    return f"at most {budget}" if budget is not None and not value <= budget else ""


def _too_little(probe: Probe, found: Measured) -> str | None:
    if probe.traffic is None or (found.traffic is not None and found.traffic >= probe.traffic.at_least):
        return None
    return f"had {found.traffic or 0} to count, and below {probe.traffic.at_least} nothing is proved"


def aged(question: Question, at: datetime) -> str | None:
    """Why something that was read then is no evidence now."""
    age = question.seen.now - at
    limit = timedelta(seconds=question.plan.limits.evidence_max_age)
    if age > limit:
        return f"was read {span(age)} ago, and counts for {span(limit)}"
    return f"was read in the future, {at:%Y-%m-%d %H:%MZ}" if age < -SKEW else None


def _listed(question: Question, check: str, actor: str, wanted: ManifestList) -> Check:
    service = question.seen.merged.catalog.services.get(actor)
    if service is None:
        what = "has no manifest in git"
        return Check(check, actor, Answer.UNKNOWN, what, None, f"add services/{actor}.toml", question.owner(actor))
    entries = service.produces if wanted.list == "produces" else service.consumes
    mine = [each for each in entries if each.event == question.plan.event]
    numbers = {number for each in mine for number in each.versions}
    at = f"{service.file}:{mine[0].line}" if mine else service.file
    lacking, left = set(wanted.has) - numbers, set(wanted.lacks) & numbers
    evidence = f"{service.file} at {question.seen.place.text_from}"
    if not lacking and not left:
        says = ", ".join(map(str, sorted(numbers))) or "no version"
        return Check(check, actor, Answer.PASS, f"{wanted.list} {says}", at, None, service.owner, evidence)
    missing = [f"lacks {', '.join(map(str, sorted(lacking)))}"] if lacking else []
    too_many = [f"still has {', '.join(map(str, sorted(left)))}"] if left else []
    what = f"{wanted.list} of {question.plan.event} {' and '.join([*missing, *too_many])}"
    step = f"merge the manifest of {actor} that says so"
    return Check(check, actor, Answer.BLOCKED, what, at, step, service.owner, evidence)


@dataclass(frozen=True, slots=True)
class Statement:
    """What has to be stated, by which team, how long it counts (seconds), and for which check of which step.

    With `asked_by` the statement is known by it, without by its own words. What was stated before `since` is too old.
    """

    text: str
    team: str
    max_age: float
    asked_by: str | None = None
    since: datetime | None = None


def _stated(question: Question, check: str, probe: Probe, wanted: Statement) -> Check:
    target = probe.name or "statement"
    answer, what, evidence = stated(question, wanted)
    step = None if answer is Answer.PASS else ask_for(question, wanted)
    return Check(check, target, answer, what, None, step, wanted.team, evidence)


def ask_for(question: Question, wanted: Statement) -> str:
    """The command that states it."""
    for_ = f" --for {quoted(wanted.asked_by)}" if wanted.asked_by else ""
    return f"schemagate record attestation {quoted(wanted.text)} --by {wanted.team} --env {question.environment}{for_}"


def quoted(text: str) -> str:
    """As one word of a shell, whatever it holds."""
    return f'"{text}"' if re.fullmatch(r"[^\"$`\\!\n]*", text) else shlex.quote(text)


def stated(question: Question, wanted: Statement) -> tuple[Answer, str, str]:
    """Whether a team states it now: the answer, what is stated, and where that was read."""
    found = _newest(question, wanted)
    if isinstance(found, Unknown):
        return Answer.UNKNOWN, found.reason, ""
    evidence = f"attestation of {found.person}, {found.at:%Y-%m-%d %H:%MZ}"
    now, limit = question.seen.now, timedelta(seconds=wanted.max_age)
    if now - found.at > limit:
        return (
            Answer.UNKNOWN,
            f"{wanted.team} stated {found.statement!r} {span(now - found.at)} ago, which counts for {span(limit)}",
            evidence,
        )
    if found.at - now > SKEW:
        return Answer.UNKNOWN, f"{wanted.team} stated {found.statement!r} in the future", evidence
    if wanted.since is not None and found.at < wanted.since:
        return Answer.UNKNOWN, f"{wanted.team} stated {found.statement!r} before the step was opened", evidence
    if found.expires is not None and now.date() > found.expires:
        return Answer.UNKNOWN, f"{wanted.team} stated {found.statement!r} until {found.expires}", evidence
    if not found.holds:
        return Answer.BLOCKED, f"{wanted.team} says that this does not hold: {found.statement!r}", evidence
    return Answer.PASS, f"{wanted.team} states {found.statement!r}", evidence


def _newest(question: Question, wanted: Statement) -> Attestation | Unknown:
    teams = question.seen.records.attestations
    if isinstance(teams, Unknown):
        return teams
    said = teams.get(wanted.team, ())
    if isinstance(said, Unknown):
        return said
    if wanted.asked_by is None:
        mine = [each for each in said if each.statement == wanted.text and each.asked_by is None]
    else:
        mine = [each for each in said if each.asked_by == wanted.asked_by]
    return mine[-1] if mine else Unknown(f"{wanted.team} has not stated {wanted.text!r}")
