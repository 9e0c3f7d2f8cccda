"""The user's five migrations: what their document says cannot work is refused, and the repaired plans can work.

D1 to D9 are the defects of the original plans (domain reference, section 3.3): each is shown in the original text, and
its absence in the repaired plan.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import schemagate
from migrating import PLANS, ROOT, edited, lint, mistakes, own_project, refused, without_step
from repository import Repository
from schemagate.ask.migration import show
from schemagate.compat import compare
from schemagate.errors import UsageError
from schemagate.project import migration_keys
from schemagate.project.catalog import Project
from schemagate.report import migration as report
from schemagate.rollout.plan import KINDS, PlanType, Release
from schemagate.rollout.probes import CHECKED
from schemagate.schema.event import VersionId
from schemagate.schema.parsing import parse

US160, US170 = "us-160-assessment-v2", "us-170-manager-v2"
COMM010, COMM040, COMM060 = "comm-010-manager-to-event", "comm-040-credit-to-event", "comm-060-task-rating-to-call"
README = ROOT / "migrations" / "README.md"

STEPS = {
    COMM010: "1 register, 2 release, 3 switch-on, 5 backfill, 4 sync-off, 6 release",
    COMM040: "1 register, 2 release, 3 switch-on, 4 do, 5 release, 6 sync-off, 7 release",
    COMM060: "1 release, 2 sync-on, 3 stop, 4 drain, 5 release, 6 drop-table, 7 delete-topic, 8 retire",
    US160: "1 do, 2 release, 3 do, 4 release, 5 register, 6 do, 7 release, 8 backfill, 9 do, 10 release, 11 do, "
    "11a release, 12 do, 13 do, 14 release, 15 drain, 16 do, 17 release, 18 retire",
    US170: "1 register, 2 release, 3 switch-on, 4 stop, 5 drain, 6 release, 7 retire",
}
IRREVERSIBLE = {
    COMM010: {"6"},
    COMM040: {"7"},
    COMM060: {"5", "6", "7", "8"},
    US160: {"8", "16", "17", "18"},
    US170: {"6", "7"},
}
"""As the domain reference marks them."""


def in_order(id_: str, *ids: str) -> str:
    """A plan with its steps listed in another order."""
    lines = PLANS[id_].splitlines()
    places = [number for number, line in enumerate(lines) if line.startswith("  { id = ")]
    steps = {line.split('"')[1]: line for line in lines if line.startswith("  { id = ")}
    for place, each in zip(places, ids, strict=True):
        lines[place] = steps[each]
    return "\n".join(lines) + "\n"


def with_version(id_: VersionId, old: str, new: str) -> Project:
    """This repository with one schema edited."""
    project = own_project()
    version = project.versions[id_]
    assert old in version.content.text
    content = replace(version.content, text=version.content.text.replace(old, new))
    versions = {**project.versions, id_: replace(version, content=content)}
    return replace(project, catalog=replace(project.catalog, versions=versions))


LITERAL_COMM010 = in_order(COMM010, "1", "2", "3", "4", "5", "6").replace('gate = ["parity"], ', "")
LITERAL_US160 = without_step(US160, "11a")


@pytest.mark.parametrize("id_", PLANS)
def test_the_repaired_plans_are_clean(id_: str) -> None:
    found = lint(PLANS[id_], id_)
    assert (found.errors, found.refused, found.warnings, found.complete) == ((), (), (), True)
    assert found.exit_code == 0


@pytest.mark.parametrize("id_", PLANS)
def test_all_steps_are_there_with_their_kinds(id_: str) -> None:
    shown = show(own_project(), id_)
    assert ", ".join(f"{step.id} {step.kind}" for step in shown.plan.steps) == STEPS[id_]
    assert shown.irreversible == IRREVERSIBLE[id_]


def test_these_are_all_steps_of_the_document_and_one_more() -> None:
    assert sum(len(steps.split(",")) for steps in STEPS.values()) == 46 + 1


@pytest.mark.parametrize("id_", [US160, US170])
def test_expected_breaks_are_what_a_registry_will_say(id_: str) -> None:
    plan = show(own_project(), id_).plan
    old, new = (parse(own_project().versions[VersionId(plan.event, number)].content) for number in plan.versions)
    backward, forward = compare.judge_registry(new, old).refused, compare.judge_registry(old, new).refused
    assert plan.expected_breaks == (
        *(f"backward {each}" for each in backward),
        *(f"forward {each}" for each in forward),
    )


def test_d1_no_release_between_the_consumers_code_and_the_producers_switch() -> None:
    found = lint(LITERAL_US160, US160)
    assert refused(found) == [("14", "S1")]
    (refusal,) = found.refused
    assert "hiring, released last by step 10, consumes 1 and gets 2 only with step 17" in refusal.message
    line = '{ id = "11a", kind = "release", actor = "hiring", needs = ["11"], consumes = [1, 2] }'
    assert refusal.fix == f'{line}, and "11a" in the needs of 14'
    pasted = LITERAL_US160.replace('  { id = "12"', f'  {line},\n  {{ id = "12"').replace(
        'needs = ["8", "12", "13"]', 'needs = ["8", "11a", "12", "13"]'
    )
    assert lint(pasted, US160).exit_code == 0, "the line can be pasted"


def test_d2_a_title_that_silently_changes_its_meaning() -> None:
    original = edited(
        US160,
        ("semantic_changes = [\"payload.title loses its '[Area] ' prefix; no structural check can see this\"]\n", ""),
        ("\nbackfill = ", "\nbackfilled = "),
        (', evidence = ["split_fixture"]', ""),
        ('gate = ["backfill", "backfill_source"]', "gate = []"),
    )
    assert set(mistakes(lint(original, US160))) == {"MG15", "MG02", "MG22"}
    steps = {step.id: step for step in show(own_project(), US160).plan.steps}
    for id_ in ("3", "9"):
        assert "split_fixture" in {probe.name for probe in steps[id_].evidence}
    assert {probe.name for probe in steps["14"].gate} == {"backfill", "backfill_source"}
    assert any("list of titles" in getattr(probe.source, "statement", "") for probe in steps["8"].evidence)


def test_d3_do_nothing_discards_the_second_version_of_a_manager(tmp_path: Path) -> None:
    repo = copied(tmp_path)
    assert "ML10" not in repo.schemagate("lint").stdout
    text = (repo.folder / "services/bonuses.toml").read_text("utf-8")
    guarded = 'store = "table:managers", on_conflict = "update-if-newer", newer_by = "payload.updated_at"'
    assert guarded in text
    repo.write("services/bonuses.toml", text.replace(guarded, 'store = "table:managers", on_conflict = "ignore"'))
    assert "ML10" in repo.schemagate("lint").stdout


def test_d4_the_call_goes_off_before_the_backfill_that_would_fill_the_gaps() -> None:
    found = lint(LITERAL_COMM010, COMM010)
    assert refused(found) == [("4", "S5")]
    assert "list step 5 before step 4" in found.refused[0].fix
    asked = lint(in_order(COMM010, "1", "2", "3", "4", "5", "6"), COMM010)
    assert (asked.refused, asked.exit_code) == ((), 0)
    (warning,) = asked.warnings
    assert (warning.step, warning.rule) == ("4", "S5")
    assert "list step 5 before step 4" in warning.fix
    never = without_step(COMM010, "5", "4")
    assert ("6", "S5") in refused(lint(never, COMM010)), "and its code is not taken out without parity either"


def test_d5_a_second_sending_has_another_event_id() -> None:
    for id_ in (COMM010, US170):
        by_emission = edited(id_, ("payload.replication_id", "event_id"))
        assert mistakes(lint(by_emission, id_)) == ["MG04", "MG04"]


def test_d6_two_paths_without_a_shared_key() -> None:
    keyless = edited(COMM040, (', idempotency_key = "payload.solution_replication_id"', ""))
    assert refused(lint(keyless, COMM040)) == [("5", "S6")]
    uncounted = lint(edited(COMM040, ("\neffects = ", "\neffect = "), ('"effects", ', "")), COMM040)
    assert refused(uncounted) == [("5", "S6")], "a key is not enough: somebody has to count"
    assert mistakes(uncounted) == ["MG16"]
    no_marker = edited(COMM040, (' cut_over = "one-key",', ""))
    assert refused(lint(no_marker, COMM040)) == [("6", "S6")]


def test_d7_a_topic_that_others_use_or_that_comes_back() -> None:
    assert refused(lint(without_step(COMM060, "3", "4", "5", "6"), COMM060)) == [("7", "S4")]
    shared = edited(COMM060, ('topic = "task"', 'topic = "data_replication.manager"'))
    found = lint(shared, COMM060)
    assert refused(found) == [("7", "S4")]
    assert "manager@1" in found.refused[0].message
    gate = next(step.gate for step in show(own_project(), COMM060).plan.steps if step.id == "7")
    assert "auto-creation" in str(gate)


def test_d8_old_records_wait_in_outbox_retry_topics_and_dead_letters() -> None:
    for id_ in (COMM060, US160, US170):
        text = re.sub(r"side_topics = \[\n.*?\n\]", "side_topics = []", PLANS[id_], flags=re.DOTALL)
        assert set(mistakes(lint(text, id_))) == {"MG13"}
        plan = show(own_project(), id_).plan
        assert all(producer.outbox is not None for producer in plan.producers)
        assert {side.topic.rpartition(".")[2] for side in plan.side_topics} == {"retry", "dlq"}


def test_d9_names_survive_in_what_is_kept() -> None:
    kept = lint(edited(US170, (", require_purged = true", "")), US170)
    assert refused(kept) == [("7", "S8")]
    assert "payload.first_name" in kept.refused[0].message
    without = edited(US170, ("\nbackfill = ", "\nbackfilled = "), ('["backfill", ', '["backfilled", '))
    assert mistakes(lint(without, US170)) == ["MG02"]
    opened = with_version(VersionId("manager", 2), '"additionalProperties": false', '"additionalProperties": true')
    accepts = lint(PLANS[US170], US170, opened)
    assert refused(accepts) == [("1", "EV08")]
    assert accepts.errors == ()


def test_comm_060_in_other_orders() -> None:
    assert refused(lint(without_step(COMM060, "3"), COMM060)) == [("4", "S7")], "drain with a living producer"
    assert refused(lint(without_step(COMM060, "2"), COMM060)) == [("3", "S7")], "stop before anybody calls"
    assert refused(lint(in_order(COMM060, "1", "2", "3", "5", "4", "6", "7", "8"), COMM060)) == [("5", "S2")]


def test_one_release_is_told_to_be_enough_for_all_that_then_read_the_same() -> None:
    found = lint(without_step(US170, "2"), US170)
    assert refused(found) == [("3", "S1")]
    assert found.refused[0].fix == (
        '{ id = "1a", kind = "release", actor = ["hiring", "bonuses"], consumes = [1, 2] }, before step 3'
    )


def test_a_refusal_of_another_order_says_in_which() -> None:
    text = edited(US160, ('needs = ["8", "11a", "12", "13"]', 'needs = ["8", "12", "13"]'))
    found = lint(text, US160)
    assert refused(found) == [("14", "S1")]
    order = found.refused[0].order
    assert order is not None
    assert "11" in order
    assert "11a" not in order
    assert found.refused[0].fix == '"11a" in the needs of 14'


def test_a_service_that_the_plan_forgot_is_a_warning() -> None:
    text = edited(US170, ('  { service = "bonuses", groups = ["bonuses.manager"], idempotency_key = "payload.replication_id" },\n', ""),
                  ('["hiring", "bonuses"]', '"hiring"'), ('"hiring", "bonuses"', '"hiring"'))  # fmt: skip
    found = lint(text, US170)
    assert found.exit_code == 0
    (warning,) = found.warnings
    assert "services/bonuses.toml:" in warning.message


# The command and the library on a real repository.


def copied(folder: Path) -> Repository:
    """This repository's contracts in a folder of their own."""
    repo = Repository(folder / "repo", init=False)
    shutil.copy(ROOT / "schemagate.toml", repo.folder)
    for name in ("schemas", "services", "migrations"):
        shutil.copytree(ROOT / name, repo.folder / name)
    return repo


def test_lint_on_the_command_line(tmp_path: Path) -> None:
    repo = copied(tmp_path)
    clean = repo.schemagate("migration", "lint")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert [line.split()[1] for line in clean.stdout.splitlines() if line] == list(PLANS)
    repo.write(f"migrations/{US160}.toml", LITERAL_US160)
    no = repo.schemagate("migration", "lint", US160)
    assert no.returncode == 1
    assert no.stdout.startswith(f"REFUSED  {US160}, step 14 release assessments")
    assert "<- here" in no.stdout
    told = json.loads(repo.schemagate("migration", "lint", US160, "--format", "json").stdout)
    assert told["errors"] == []
    (refusal,) = told["refused"]
    assert {"step", "rule", "message", "fix"} <= set(refusal)
    assert (refusal["step"], refusal["rule"], told["exit"]) == ("14", "S1", 1)
    repo.write("migrations/broken.toml", "format = 1\nid = ")
    assert repo.schemagate("migration", "lint").returncode == 2
    assert repo.schemagate("migration", "lint", "us-160").returncode == 2
    assert f'did you mean "{US160}"' in repo.schemagate("migration", "lint", "us-160-assessment").stderr


def test_annotations_stand_on_the_lines_of_mistakes_and_of_refused_steps(tmp_path: Path) -> None:
    repo = copied(tmp_path)
    clean = repo.schemagate("migration", "lint", "--format", "github")
    assert (clean.returncode, "::" in clean.stdout) == (0, False)
    repo.write(f"migrations/{US160}.toml", LITERAL_US160)
    no = repo.schemagate("migration", "lint", US160, "--format", "github")
    at = next(number for number, line in enumerate(LITERAL_US160.splitlines(), 1) if 'id = "14"' in line)
    title = f"title=S1 {US160}%2C step 14"
    assert no.returncode == 1
    assert no.stdout.startswith(f"::error file=migrations/{US160}.toml,line={at},{title}::14 release assessments emits")
    assert '%0Amissing: { id = "11a"' in no.stdout.splitlines()[0]
    assert f"REFUSED  {US160}, step 14" in no.stdout
    repo.write(f"migrations/{US160}.toml", edited(US160, ('kind = "drain"', 'kind = "drian"')))
    wrong = repo.schemagate("migration", "lint", "--format", "github")
    assert wrong.returncode == 2
    (told,) = [line for line in wrong.stdout.splitlines() if line.startswith("::error")]
    assert "title=MG20 step[15].kind::there is no kind 'drian'" in told


def test_github_gets_as_many_annotations_as_it_shows(tmp_path: Path) -> None:
    repo = copied(tmp_path)
    repo.write(f"migrations/{US160}.toml", edited(US160, ("title = ", "titel = ")))
    told = repo.schemagate("migration", "lint", US160, "--format", "github").stdout.splitlines()
    shown = [line for line in told if line.startswith("::error")]
    mistakes_ = [line for line in told if "titel: unknown key" in line and not line.startswith("::")]
    assert len(shown) == 10 < len(mistakes_) + 1
    assert f"and {len(mistakes_) - 9} more" in shown[-1]


def test_the_library_says_the_same(tmp_path: Path) -> None:
    repo = copied(tmp_path)
    repo.write(f"migrations/{US160}.toml", LITERAL_US160)
    repo.write("migrations/us-170-manager-v2.toml", edited(US170, ('kind = "drain"', 'kind = "drian"')))
    project = schemagate.open_project(repo.folder)
    assert project.migrations == tuple(PLANS)
    found = schemagate.lint_migration(project, US160)
    assert [(each.step, each.rule) for each in found.refused] == [("14", "S1")]
    bad = schemagate.lint_migration(project, US170)
    line = next(number for number, each in enumerate(PLANS[US170].splitlines(), 1) if 'id = "5"' in each)
    assert [str(each) for each in bad.errors] == [
        f"migrations/{US170}.toml:{line}: step[4].kind: there is no kind 'drian'; did you mean \"drain\"? (MG20)"
    ]
    with pytest.raises(UsageError):
        schemagate.lint_migration(project, "nothing")


@pytest.mark.parametrize("type_", list(PlanType))
@pytest.mark.parametrize("event", ["manager", "assessment", "solution.completed", "task.rating", "candidate", None])
def test_a_new_migration_lints(tmp_path: Path, type_: PlanType, event: str | None) -> None:
    repo = copied(tmp_path)
    more = ("--event", event) if event else ()
    written = repo.schemagate("migration", "new", "a-new-one", "--type", type_.value, *more)
    if type_ is PlanType.EVENT_VERSION and event in ("solution.completed", "task.rating", "candidate"):
        assert written.returncode == 2, "there is one version only"
        assert not (repo.folder / "migrations/a-new-one.toml").exists()
        return
    assert written.returncode == 0, written.stderr
    found = schemagate.lint_migration(schemagate.open_project(repo.folder), "a-new-one")
    assert (found.errors, found.refused) == ((), ())
    assert repo.schemagate("migration", "new", "a-new-one", "--type", type_.value).returncode == 1, (
        "nothing is overwritten"
    )
    text = (repo.folder / "migrations/a-new-one.toml").read_text("utf-8")
    assert len(tomllib.loads(text)["step"]) == text.count("[[step]]")


def test_a_new_migration_needs_a_good_name(tmp_path: Path) -> None:
    repo = copied(tmp_path)
    for name in ("../x", "A", "x/y", ""):
        assert repo.schemagate("migration", "new", name, "--type", "event-retire").returncode == 2
    assert repo.schemagate("migration", "new", "x", "--type", "event-retire", "--event", "mangaer").returncode == 2


def readme() -> str:
    """The page of all plans, with their graphs."""
    parts = [
        "# Migrations of the teacher-hiring system",
        "",
        "Each plan is simulated before anyone acts: `schemagate migration lint`. Steps with a hexagon cannot be taken",
        "back. `docs/migrations.md` explains how a plan is written. This page is made by",
        "`SCHEMAGATE_UPDATE=1 pytest tests/test_migrations.py`.",
    ]
    for id_ in PLANS:
        shown = show(own_project(), id_)
        parts += ["", f"## {id_}", "", f"{shown.plan.title[0].upper()}{shown.plan.title[1:]}. `migrations/{id_}.toml`"]
        parts += ["", "```mermaid", report.show_mermaid(shown), "```"]
    return "\n".join(parts) + "\n"


def test_the_graphs_are_those_of_the_plans() -> None:
    if os.environ.get("SCHEMAGATE_UPDATE"):
        README.write_text(readme(), "utf-8")
    assert README.read_text("utf-8") == readme()


GUIDE = (ROOT / "docs" / "migrations.md").read_text("utf-8")


def test_the_guide_shows_what_lint_says() -> None:
    said = report.to_text((lint(LITERAL_US160, US160),))
    assert f"$ schemagate migration lint {US160}\n{said}\n```" in GUIDE


def test_the_guide_names_every_key_kind_and_probe() -> None:
    tables = (migration_keys.PLAN, migration_keys.EVENT_SIDE, migration_keys.CALL_SIDE, migration_keys.LIMITS)
    words = {name for known in (*tables, migration_keys.STEP, *migration_keys.OWN.values()) for name in known}
    words |= {*migration_keys.OWN, *migration_keys.PROBES, *CHECKED, *PlanType, "envs", "archive", "max_age", "verify"}
    assert not [word for word in sorted(words) if not re.search(rf"\b{re.escape(word)}\b", GUIDE)]


def test_a_plan_is_shown_as_a_table_and_as_json(tmp_path: Path) -> None:
    repo = copied(tmp_path)
    table = repo.schemagate("migration", "show", US160).stdout
    (row,) = [line for line in table.splitlines() if line.startswith("14 ")]
    assert row.split()[:3] == ["14", "release", "assessments"]
    for word in ("8, 11a, 12, 13", "may-produce", "may-stop-old", "backfill_source", "produces = [2]"):
        assert word in row
    assert [line.split()[0] for line in table.splitlines() if line[:3].rstrip().endswith("*")] == [
        "8*",
        "16*",
        "17*",
        "18*",
    ]
    document = json.loads(repo.schemagate("migration", "show", US160, "--format", "json").stdout)
    assert [step["id"] for step in document["steps"]] == [each.split()[0] for each in STEPS[US160].split(", ")]
    graph = repo.schemagate("migration", "show", US160, "--format", "mermaid").stdout
    assert graph.startswith("flowchart TD\n")
    assert graph.count("-->") >= len(document["steps"]) - 1
    assert repo.schemagate("migration", "show", "nothing").returncode == 2


def test_every_kind_of_step_is_used_by_some_plan_or_template() -> None:
    used = {step.kind for id_ in PLANS for step in show(own_project(), id_).plan.steps}
    assert used == set(KINDS)
    assert any(isinstance(step.action, Release) for step in show(own_project(), US160).plan.steps)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("empty", ""),
        ("no table", "step = 3"),
        ("not TOML", "x = ["),
        ("not UTF-8", "\udcff"),
        ("a list of anything", 'format = 1\nid = "x"\ntype = "event-version"\nstep = [1, "a", [], {}]'),
        ("steps of nothing", 'format = 1\nid = "x"\ntype = "event-retire"\nstep = []'),
        ("deep", "x = " + "[" * 5000 + "]" * 5000),
        ("wrong types everywhere", "\n".join(f"{key} = [[{{}}]]" for key in ("format", "id", "type", "owner", "event", "old", "new", "consumers", "producers", "callers", "limits", "approvals", "probes", "step", "side_topics"))),
        ("every table wrong", 'format = 1\nid = "x"\ntype = "sync-to-event"\nowner = "t"\nevent = "manager"\nsemantics = "state"\n' + "\n".join(f"{key} = [3]" for key in ("consumers", "producers", "callers", "step", "side_topics")) + "\nold = {}\nnew = {}\nlimits = { x = 1 }\napprovals = { from = 3 }\nprobes = { a = 1, b = {}, c = { probe = 3 }, d = { probe = \"sql\" } }"),
    ],
)  # fmt: skip
def test_bad_files_give_mistakes_and_no_crash(name: str, text: str) -> None:
    project = own_project()
    data = text.encode("utf-8", "surrogateescape")
    from schemagate.ask.migration import lint_file

    found = lint_file(data, "x", project.catalog, project.config)
    assert found.exit_code == 2, name
    assert all(error.file == "migrations/x.toml" and error.line >= 1 for error in found.errors)
