"""Is the walk that docs/migrations.md shows a real one? Every command of its section is run, in order.

A line that begins with `# ` is what people do meanwhile; `DEEDS` says how. `SCHEMAGATE_UPDATE=1` writes what the commands
say now into the guide. Hashes differ from run to run, and are not compared.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from migrating import PLANS, ROOT, lint
from schemagate.ask.explain import summaries
from schemagate.rollout.asked import BROKER, Part
from schemagate.rollout.asked import checks as asked
from schemagate.rollout.checks import CHECKS
from schemagate.rollout.checks.observed import LOOKS
from test_us_160 import COLUMN, ID, OLD_CODE, SPLIT, prepare, samples
from walking import ATTESTED, World, databases, stop_clocks

PAGE = ROOT / "docs" / "migrations.md"
HEADING = "## US-160, walked"


def column(world: World, service: str) -> None:
    world.sql(service, COLUMN)
    world.repo.write(f"code/{service}/db/001.sql", COLUMN)
    world.merge()
    world.repo.git("tag", f"column-{service}")


def wrapper(world: World) -> None:
    world.repo.write("code/assessments/titles.py", SPLIT)
    world.repo.write("code/assessments/app.py", OLD_CODE.replace("row.title", "split(row)"))
    world.merge()


def rewritten(world: World) -> None:
    for service in ("assessments", "hiring"):
        world.sql(service, "update assessments set knowledge_area = 'Algebra', title = 'Groups' where id = 1")


def splitting(world: World) -> None:
    world.repo.write("code/hiring/titles.py", SPLIT)
    world.merge()


def canary(world: World) -> None:
    world.sql("hiring", "insert into assessments values (99, 'Birds', null, 'h4', 'Canaries')")


def merged(world: World, service: str, list_: str, *versions: int) -> None:
    world.manifest(service, "assessment", list_, *versions)
    world.merge()


def stated(world: World, step: str, env: str) -> None:
    """Whatever is only to be stated, is: the gate itself says how."""
    for check in world.gate(step, env).document["checks"]:
        command = check["next"] or ""
        if check["decision"] == "unknown" and command.startswith("schemagate record attestation"):
            world.yes(*shlex.split(command)[1:])


def taken(world: World, env: str, *steps: str, work: Mapping[str, Callable[[], object]]) -> None:
    """Steps that are opened, worked on, and proved."""
    for step in steps:
        assert world.advance(step, env) == "open", world.gate(step, env).what
        work.get(step, lambda: None)()
        stated(world, step, env)
        assert world.advance(step, env) == "done", world.gate(step, env).what


def three_to_thirteen(world: World) -> None:
    """In staging, but for 8 and 11a, which the guide shows."""
    work = {
        "3": lambda: wrapper(world),
        "4": lambda: world.deploy("assessments", "a2"),
        "5": lambda: world.yes("publish", "--env", "staging"),
        "6": lambda: column(world, "hiring"),
        "7": lambda: world.deploy("hiring", "h1"),
    }
    taken(world, "staging", "3", "4", "5", "6", "7", work=work)


def nine_to_eleven(world: World) -> None:
    work = {
        "9": lambda: splitting(world),
        "10": lambda: world.deploy("hiring", "h3"),
        "11": lambda: merged(world, "hiring", "consumes", 1, 2),
    }
    taken(world, "staging", "9", "10", "11", work=work)


def producer_code(world: World) -> None:
    work = {
        "12": lambda: merged(world, "assessments", "produces", 1, 2),
        "13": lambda: merged(world, "assessments", "produces", 2),
    }
    taken(world, "staging", "12", "13", work=work)


def production(world: World) -> None:
    """Everything that 1 to 7 ask for in production."""
    builds = {"2": ("assessments", "a1"), "4": ("assessments", "a2"), "7": ("hiring", "h1")}
    work = {step: lambda build=build: world.deploy(*build, "production") for step, build in builds.items()}
    taken(world, "production", "1", "2", "3", "4", "5", "6", "7", work=work)


def called(world: World, person: str) -> None:
    world.person = person


def old_build(world: World) -> None:
    world.manifest("hiring", "assessment", "consumes", 1)
    world.deploy("hiring", "h3")
    world.repo.git("checkout", "--quiet", "--", "services")


DEEDS: dict[str, Callable[[World], object]] = {
    "assessments adds the column": lambda world: column(world, "assessments"),
    "the pipeline has rolled out a1": lambda world: None,
    "steps 3 to 7, in the same way": three_to_thirteen,
    "the titles are rewritten in both databases": rewritten,
    "steps 9 to 11, in the same way": nine_to_eleven,
    "one canary event of version 2 is stored": canary,
    "the golden samples pass in the build of h4": lambda world: samples(world, "passed"),
    "steps 12 and 13, in the same way": producer_code,
    "steps 1 to 7 in production, in the same way": production,
    "both files are merged": lambda world: world.merge(),
    "an old build of hiring is rolled out again": old_build,
    "h4 again": lambda world: world.deploy("hiring", "h4"),
    "what only a broker can show is stated, as in 11a": lambda world: stated(world, "14", "staging"),
    "(ann)": lambda world: called(world, "ann"),
    "(bob)": lambda world: called(world, "bob"),
}


@pytest.fixture
def world(postgres_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """US-160 before its first step, where no broker is observed."""
    with databases(postgres_server, ["assessments", "hiring"]) as found:
        world = World(tmp_path, ID, found, ATTESTED)
        stop_clocks(monkeypatch, world)
        prepare(world)
        yield world


def walked(world: World, section: str) -> str:
    """The section with what its commands say in this world."""
    lines, inside, answering = [], False, False
    for line in section.splitlines():
        if line.startswith("```"):
            inside = not inside and line == "```"
            answering = False
            lines.append(line)
        elif inside and line.startswith("# "):
            DEEDS[line[2:]](world)
            answering = False
            lines.append(line)
        elif inside and line.startswith("$ schemagate "):
            done = world.cli(*shlex.split(line)[2:], GIT_AUTHOR_NAME=world.person, GIT_COMMITTER_NAME=world.person)
            lines += [line, *(done.stdout + done.stderr).splitlines()]
            answering = True
        elif not inside or not answering or not line:
            answering = answering and bool(line)
            lines.append(line)
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Without what is another one in every run."""
    return re.sub(r"(sha256:|origin/main )[0-9a-f]{7}", r"\1#######", text)


def test_the_guide_walks_as_it_says(world: World) -> None:
    text = PAGE.read_text("utf-8")
    start = text.index(f"\n{HEADING}\n") + 1
    end = text.index("\n## ", start) + 1
    found = walked(world, text[start:end])
    if os.environ.get("SCHEMAGATE_UPDATE"):
        PAGE.write_text(text[:start] + found + text[end:], "utf-8")
    else:
        assert plain(text[start:end]) == plain(found)


def test_the_guide_has_a_line_for_every_check() -> None:
    section = (
        PAGE.read_text("utf-8").partition("| check | what holds | seen by |\n|---|---|---|\n")[2].partition("\n\n")[0]
    )
    told = {id_: sentence for id_, _, sentence in summaries()}
    seen_by = {id_: "broker" if id_ in LOOKS else "broker, later" for id_ in BROKER}
    assert section.splitlines() == [
        f"| `{id_}` | {told[id_]} | {seen_by.get(id_, '')} |".replace("|  |", "| |") for id_ in CHECKS
    ]


def named(text: str) -> set[str]:
    """The checks of a cell, where `DR1–DR10` are ten."""
    found = set()
    for family, first, last in re.findall(r"\b([A-Z]{2})(\d+)(?:–[A-Z]{2}(\d+))?", text):
        found |= {f"{family}{number}" for number in range(int(first), int(last or first) + 1)}
    return found


def test_the_guide_names_what_each_kind_of_step_asks() -> None:
    section = PAGE.read_text("utf-8").partition("\n## What each step asks\n")[2].partition("\n\nThe checks,")[0]
    cells: dict[str, tuple[set[str], set[str]]] = {}
    kind = ""
    for row in section.partition("|---|---|---|---|\n")[2].splitlines():
        first, _, gate, proof = (each.strip() for each in row.strip("|").split(" |"))
        kind = first.strip("`") if first.startswith("`") else kind
        before = cells.get(kind, (set(), set()))
        cells[kind] = (before[0] | named(gate), before[1] | named(proof))
    cells["drain"] = (cells["drain"][0], cells["drain"][0])
    everywhere = {"BA1", "BA2", "BA3", "DE7"}
    for id_, text in PLANS.items():
        plan = lint(text, id_).plan
        assert plan is not None
        for step in plan.steps:
            for part, told in zip((Part.GATE, Part.EVIDENCE), cells[step.kind], strict=True):
                assert set(asked(plan, step, part)) - everywhere <= told, (id_, step.id, part)
    assert set().union(*(each for pair in cells.values() for each in pair)) <= set(CHECKS)
