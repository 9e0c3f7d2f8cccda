"""How is a step approved, or one of its checks waived? As a file of the work tree, which is reviewed and merged."""

from __future__ import annotations

from dataclasses import dataclass

from schemagate.ask.inquiry import Inquiry
from schemagate.ask.migration import waiver_mistakes
from schemagate.ask.steps import StepReport, gate_step, step_of
from schemagate.errors import ConfigError, Refused, UsageError
from schemagate.facts import Approval
from schemagate.project import approvals, files, waivers
from schemagate.rollout.changes import irreversible
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
    report = gate_step(inquiry, step.id)
    files.write(
        inquiry.project.root, approval.file, approvals.written(approval, report.decision.answer, report.evidence)
    )
    return Agreed(approval.file, report)


def _team(inquiry: Inquiry, team: str | None) -> str:
    teams = inquiry.plan.approvals.teams
    if team is None and len(teams) == 1:
        return teams[0]
    if team is None or team not in teams:
        asked = ", ".join(teams) or "no team"
        said = f"{team!r} is not asked" if team is not None else "the team is missing"
        raise UsageError(f"{said}: {inquiry.plan.id} asks {asked}", next_step="--team TEAM")
    return team


def waive(inquiry: Inquiry, waiver: Waiver) -> Agreed:
    """Add it to the work tree's waivers.toml; raises UsageError, ConfigError for one that the rules do not admit."""
    step_of(inquiry.plan, waiver.step)
    file = inquiry.project.root / waivers.FILE
    before = file.read_text("utf-8") if file.exists() else "format = 1\n"
    text = f"{before.rstrip()}\n\n{waivers.written(waiver)}"
    mistakes = waiver_mistakes(text.encode(), inquiry.plan, inquiry.project.migrations, inquiry.clock().date())
    if mistakes:
        raise ConfigError(tuple(map(str, mistakes)), next_step="nothing was written")
    files.write(inquiry.project.root, waivers.FILE, text)
    return Agreed(waivers.FILE)
