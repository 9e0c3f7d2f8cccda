"""How is a step approved, or one of its checks waived? As a file of the work tree, which is reviewed and merged."""

from __future__ import annotations

from dataclasses import dataclass, replace

from schemagate.ask.inquiry import Inquiry
from schemagate.ask.migration import waiver_mistakes
from schemagate.ask.recorded import look_up, seen
from schemagate.ask.steps import StepReport, gate_step, step_of
from schemagate.errors import ConfigError, Refused, UsageError
from schemagate.facts import Approval
from schemagate.project import approvals, files, source, toml, waivers
from schemagate.rollout.asked import Part
from schemagate.rollout.changes import irreversible
from schemagate.rollout.decide import decide
from schemagate.rollout.seen import Outside
from schemagate.rollout.waivers import Waiver


@dataclass(frozen=True, slots=True)
class Agreed:
    """The file that was written, and for an approval what was looked at."""

    file: str
    looked_at: StepReport | None = None


def approve(inquiry: Inquiry, wanted: str, team: str | None) -> Agreed:
    """Write the approval of the person that git knows; raises UsageError for a team that the plan does not ask."""
    plan, step = inquiry.plan, step_of(inquiry.plan, wanted)
    if step.id not in irreversible(plan):
        raise Refused(f"step {step.id} can be taken back, and asks for no approval")
    asking = plan.approvals.environments or plan.environments[-1:]
    if inquiry.environment.name not in asking:
        raise Refused(f"approvals are asked for in {', '.join(asking)} only")
    who = inquiry.git.identity()
    approval = Approval(
        plan.id,
        inquiry.environment.name,
        step.id,
        who.name,
        _team(inquiry, team),
        inquiry.merged.plan_hash,
        inquiry.clock(),
        approvals.file_of(plan.id, inquiry.environment.name, step.id, who.name),
    )
    _refuse_second(inquiry, approval)
    report = gate_step(inquiry, step.id)
    files.write(
        inquiry.project.root, approval.file, approvals.written(approval, report.decision.answer, report.evidence)
    )
    return Agreed(approval.file, report)


def _refuse_second(inquiry: Inquiry, approval: Approval) -> None:
    """One person approves for one team, and nobody's file is overwritten; one of an older plan is renewed."""
    here = source.work_tree(inquiry.project.root).read([approval.file])
    before = approvals.read(here[approval.file], approval.file, toml.Problems(approval.file)) if here else None
    if before is not None and (before.approver, before.step) != (approval.approver, approval.step):
        raise Refused(f"{approval.file} is the approval of {before.approver} for step {before.step}")
    if before is not None and before.plan == approval.plan and before.team != approval.team:
        raise Refused(f"{approval.approver} approved this for {before.team} already", next_step="ask somebody else")


def _team(inquiry: Inquiry, team: str | None) -> str:
    teams = inquiry.plan.approvals.teams
    if team is None and len(teams) == 1:
        return teams[0]
    if team is None or team not in teams:
        asked = ", ".join(teams) or "no team"
        said = f"{team!r} is not asked" if team is not None else "the team is missing"
        raise UsageError(f"{said}: {inquiry.plan.id} asks {asked}", next_step="--team TEAM")
    return team


def _refuse_unasked(inquiry: Inquiry, waiver: Waiver) -> None:
    """A check that the step does not ask, or a target that it does not ask about, is a slip."""
    step = step_of(inquiry.plan, waiver.step)
    found = seen(inquiry, look_up(inquiry), Outside(), step)
    asked = [check for part in Part for check in decide(step, part, found).checks]
    targets = {check.target for check in asked if check.id == waiver.check}
    if waiver.check in waivers.CHECKS and not targets:
        ids = list(dict.fromkeys(check.id for check in asked))
        raise UsageError(f"step {step.id} does not ask {waiver.check}{toml.nearest(waiver.check, ids)}")
    if waiver.target is not None and targets and waiver.target not in targets:
        raise UsageError(f"{waiver.check} is not about {waiver.target!r}{toml.nearest(waiver.target, sorted(targets))}")


def waive(inquiry: Inquiry, waiver: Waiver) -> Agreed:
    """Add it to the work tree's waivers.toml; raises UsageError, ConfigError for one that the rules do not admit."""
    if waiver.is_over(inquiry.clock().date()):
        raise UsageError(f"{waiver.expires} is over: the waiver would never count")
    _refuse_unasked(inquiry, waiver)
    if any(replace(each, path="") == waiver for each in inquiry.merged.waivers):
        raise Refused(f"{waivers.FILE} says so already")
    here = source.work_tree(inquiry.project.root).read([waivers.FILE])
    before = source.text_of(here[waivers.FILE], waivers.FILE) if here else "format = 1\n"
    text = f"{before.rstrip()}\n\n{waivers.written(waiver)}"
    mistakes = waiver_mistakes(text.encode(), inquiry.plan, inquiry.project.migrations, inquiry.clock().date())
    if mistakes:
        raise ConfigError(tuple(map(str, mistakes)), next_step="nothing was written")
    files.write(inquiry.project.root, waivers.FILE, text)
    return Agreed(waivers.FILE)
