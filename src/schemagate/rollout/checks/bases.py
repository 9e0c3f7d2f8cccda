"""Does the step stand on firm ground? The plan, the environment before, the manifests, and who has to agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from schemagate.facts import Unknown
from schemagate.rollout.checks.question import SKEW, Family, Question
from schemagate.rollout.decision import Answer, Check
from schemagate.rollout.progress import State, behind, edited, missing, state_of


def _plan(question: Question) -> Iterator[Check]:
    """BA1: the files are sound, what the step needs is done, and nothing that was done has become something else."""
    plan, progress, merged = question.plan, question.seen.records.progress, question.seen.merged
    status = f"schemagate migration status {plan.id}"

    def told(answer: Answer, what: str, at: str | None = None, step: str | None = None) -> Check:
        evidence = f"{plan.file} at {question.seen.place.text_from}, {merged.plan_hash[:14]}"
        return Check("BA1", "plan", answer, what, at, step, plan.owner, evidence)

    if merged.mistakes:
        more = f" (and {len(merged.mistakes) - 1} more)" if len(merged.mistakes) > 1 else ""
        step = f"schemagate migration lint {plan.id}"
        yield told(Answer.BLOCKED, f"is refused: {merged.mistakes[0]}{more}", plan.file, step)
    elif isinstance(progress, Unknown):
        yield told(Answer.UNKNOWN, progress.reason, None, progress.next_step)
    elif gone := [step for step in progress.begun() if plan.step(step) is None]:
        what = f"has no step {gone[0]} any more, which was opened or done"
        yield told(Answer.BLOCKED, what, plan.file, "put it back into the plan")
    elif changed := [each for each in behind(question.step, plan) if edited(each, plan, progress)]:
        what = f"has another step {changed[0].id} than the one that was done; it has to be proved again"
        step = plan.advance(changed[0], question.environment)
        yield told(Answer.BLOCKED, what, f"{plan.file}:{changed[0].line}", step)
    elif needed := missing(question.step, plan, progress):
        names = ", ".join(step.id for step in needed)
        yield told(Answer.BLOCKED, f"needs {names} before step {question.step.id}, not done yet", None, status)
    else:
        yield told(Answer.PASS, "lints, can work, and has all done that the step needs")


def _order(question: Question) -> Iterator[Check]:
    """BA2: the environment before this one has done the step."""
    seen = question.seen

    def told(answer: Answer, what: str, step: str | None = None) -> Check:
        return Check("BA2", seen.earlier or "order", answer, what, None, step, question.plan.owner)

    is_first = question.plan.environments[:1] in ((), (question.environment,))
    if seen.earlier is None and not is_first:
        what = (
            f"cannot be asked: {question.environment} is not the first environment of the plan, and none is before it"
        )
        yield told(Answer.UNKNOWN, what, f"name {question.environment} in environments of {question.plan.file}")
    elif seen.earlier is None:
        yield told(
            Answer.NOT_APPLICABLE, f"has nothing before it: {question.environment} is the plan's first environment"
        )
    elif isinstance(seen.records.earlier, Unknown) or seen.records.earlier is None:
        reason = f": {seen.records.earlier.reason}" if isinstance(seen.records.earlier, Unknown) else ""
        yield told(Answer.UNKNOWN, f"has a state that was not read{reason}", "restore access to the state branch")
    elif state_of(question.step, question.plan, seen.records.earlier) is State.DONE:
        at = seen.records.earlier.reached(question.step.id, State.DONE)
        yield told(Answer.PASS, f"had step {question.step.id} done {at:%Y-%m-%d %H:%MZ}")
    else:
        step = question.plan.advance(question.step, seen.earlier)
        yield told(Answer.BLOCKED, f"has not done step {question.step.id}", step)


def _manifests(question: Question) -> Iterator[Check]:
    """GU6: each actor ships a manifest without mistakes."""
    for actor in question.step.actors:
        service, owner = question.seen.merged.catalog.services.get(actor), question.owner(actor)
        errors = question.seen.merged.findings.get(actor, ())
        build = question.seen.candidates.get(actor)
        if build is not None and isinstance(build.manifest, Unknown):
            what, step = (
                build.manifest.reason,
                build.manifest.next_step or f"ship services/{actor}.toml with {build.name}",
            )
            yield Check("GU6", actor, Answer.UNKNOWN, what, None, step, owner)
        elif service is None:
            step = f"add services/{actor}.toml"
            yield Check("GU6", actor, Answer.UNKNOWN, "has no manifest in git", None, step, owner)
        elif errors:
            what = f"has a manifest that breaks {errors[0].rule}: {errors[0].message}"
            yield Check("GU6", actor, Answer.BLOCKED, what, service.file, "schemagate lint", owner)
        else:
            evidence = f"{service.file} at {question.seen.place.text_from}"
            yield Check("GU6", actor, Answer.PASS, "has a manifest that lints", None, None, owner, evidence)


def _approvals(question: Question) -> Iterator[Check]:
    """DE7: enough people agreed to this step of this very plan, lately."""
    wanted, plan, step, env = question.plan.approvals, question.plan, question.step, question.environment
    owner = ", ".join(wanted.teams) or plan.owner
    if env not in (wanted.environments or plan.environments[-1:]):
        places = ", ".join(wanted.environments or plan.environments[-1:])
        yield Check("DE7", step.id, Answer.NOT_APPLICABLE, f"asks for approvals in {places} only", owner=owner)
        return
    about = (plan.id, env, step.id)
    mine = [each for each in question.seen.merged.approvals if (each.migration, each.env, each.step) == about]
    now, fresh = question.seen.now, timedelta(seconds=wanted.max_age)
    valid = [
        each
        for each in mine
        if each.plan == question.seen.merged.plan_hash and each.team in wanted.teams and -SKEW <= now - each.at <= fresh
    ]
    counted = [each for each in valid if wanted.verify == "forge" or each.signed]
    people = {_person(each.signed or each.approver): each.signed or each.approver for each in counted}
    teams = {each.team for each in counted}
    found = min(len(people), len(teams))
    evidence = f"{len(mine)} files in approvals/{plan.id}/ at {question.seen.place.text_from}"
    lacking = next((team for team in wanted.teams if team not in teams), "TEAM")
    command = f"schemagate migration approve {plan.id} {step.id} --env {env} --team {lacking}"
    if found >= wanted.irreversible:
        what = f"is approved by {', '.join(sorted(people.values()))}"
        yield Check("DE7", step.id, Answer.PASS, what, None, None, owner, evidence)
    elif wanted.verify == "signed" and len({each.approver for each in valid}) >= wanted.irreversible:
        unsigned = next(each for each in valid if not each.signed)
        what = f"has an approval whose signature cannot be verified, that of {unsigned.approver}"
        step_ = "sign the commit, and give git the allowed signers"
        yield Check("DE7", step.id, Answer.UNKNOWN, what, unsigned.file, step_, owner, evidence)
    else:
        void = f"; {len(mine) - len(counted)} are aged, of another plan or of another team" if counted != mine else ""
        what = f"has {found} of {wanted.irreversible} approvals{void}"
        yield Check("DE7", step.id, Answer.BLOCKED, what, None, command, owner, evidence)


def _person(name: str) -> str:
    """One name for one person, however it is written."""
    return "".join(re.findall(r"\w", name.casefold()))


FAMILY: Family = {"BA1": _plan, "BA2": _order, "GU6": _manifests, "DE7": _approvals}
