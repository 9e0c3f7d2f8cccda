"""US-160, walked from its first step to its fourteenth, in a world where everything is real but the broker.

At each step: refused before its evidence exists, open where it may be, done after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from walking import OBSERVED, PYTHON, World, databases, stop_clocks

ID = "us-160-assessment-v2"
TOPIC = "data_replication.assessment"
CLUSTER = {"staging": "stg", "production": "prod"}
COLUMN = "alter table assessments add column knowledge_area varchar null"
OLD_CODE = "def show(row):\n    return row.title\n"
LIST = "the list of titles without a usable prefix is complete"

SPLIT = """import re


def split(title):
    found = re.fullmatch(r"\\[([^]]+)\\] (.+)", title)
    return (found[1], found[2]) if found else (None, title)


def joined(area, title):
    return title if area is None else f"[{area}] {title}"
"""
PROGRAMS = {
    "files-outside-db-migrations": """#!/bin/sh
end=$(git rev-parse --quiet --verify "column-$1" || echo HEAD)
git diff --name-only "before-$1" "$end" -- "code/$1" | grep -v "^code/$1/db/" | wc -l
""",
    "direct-title-reads": """#!/bin/sh
grep -rn --include='*.py' '[.]title' code/assessments | grep -v '/titles.py:' | wc -l
""",
    "title-split-differences": PYTHON
    + """# how many of the fixture's titles some service splits otherwise, or joins to another title
import json, runpy
from pathlib import Path
wrong = None
for file in sorted(Path("code").glob("*/titles.py")):
    code = runpy.run_path(str(file))
    for title, area, rest in json.loads(Path("ops/titles.json").read_text()):
        wrong = (wrong or 0) + (code["split"](title) != (area, rest) or code["joined"](area, rest) != title)
print("no service splits a title" if wrong is None else wrong)
""",
    "titles.json": '[["[Algebra] Groups", "Algebra", "Groups"], ["Groups", null, "Groups"], ["[] x", null, "[] x"]]',
    "v1-title-differences": PYTHON
    + """# how many titles would be sent otherwise now than the last v1 event had them
import os, runpy, psycopg
joined = runpy.run_path("code/assessments/titles.py")["joined"]
with psycopg.connect(os.environ["ASSESSMENTS_RO_DSN"]) as connection:
    rows = connection.execute("select knowledge_area, title, v1_title from assessments").fetchall()
print(sum(joined(area, title) != sent for area, title, sent in rows))
""",
    "bracketed-titles-stored-since-release": PYTHON
    + r"""import os, psycopg
query = r"select count(*) from assessments where title ~ '^\[.+\]' and stored_by = 'h3'"
with psycopg.connect(os.environ["HIRING_RO_DSN"]) as connection:
    print(connection.execute(query).fetchone()[0])
""",
    "canary-v2-stored": PYTHON
    + """import os, psycopg
query = "select count(*) from assessments where id = 99 and knowledge_area = 'Canaries'"
with psycopg.connect(os.environ["HIRING_RO_DSN"]) as connection:
    print(connection.execute(query).fetchone()[0])
""",
}
TABLES = """
create table assessments (id int primary key, title text not null, v1_title text, stored_by text);
create table unmatched_titles (id int primary key);
create table outbox (id int primary key, type text, event_version int, sent_at timestamptz);
"""


@pytest.fixture
def world(postgres_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Before the first step: everybody speaks version 1, and runs."""
    with databases(postgres_server, ["assessments", "hiring"]) as found:
        world = World(tmp_path, ID, found, OBSERVED)
        stop_clocks(monkeypatch, world)
        prepare(world)
        yield world


def prepare(world: World) -> None:
    """Old code, old rows, old builds, in both environments."""
    for name, text in PROGRAMS.items():
        world.program(name, text)
    world.manifest("hiring", "assessment", "consumes", 1)
    for service in ("assessments", "hiring"):
        world.repo.write(f"code/{service}/app.py", OLD_CODE)
        world.sql(service, TABLES)
        world.sql(service, "insert into assessments values (1, '[Algebra] Groups', '[Algebra] Groups', 'old')")
        world.sql(service, "insert into assessments values (2, '[?', '[?', 'old'), (3, '[Bad]x', '[Bad]x', 'old')")
        world.sql(service, "insert into unmatched_titles values (3)")
    world.merge()
    for service in ("assessments", "hiring"):
        world.repo.git("tag", f"before-{service}")
        for env in ("staging", "production"):
            world.deploy(service, f"{service[0]}0", env)
    for broker in world.brokers.values():
        broker.create(TOPIC, 2, {"retention.ms": "-1", "cleanup.policy": "compact", "min.insync.replicas": "2"})
        runs(world, "h0")
        broker.commit("hiring.assessment", TOPIC, {0: 0, 1: 0})


def runs(world: World, *builds: str, cluster: str = "stg") -> None:
    """These builds of hiring are the members of its group."""
    broker = world.brokers[cluster]
    group = broker._groups.get("hiring.assessment")
    for name in list(group.members if group else ()):
        broker.leave("hiring.assessment", name)
    for number, build in enumerate(builds):
        mine = [(TOPIC, n) for n in range(2) if n % len(builds) == number]
        broker.join("hiring.assessment", f"hiring@{build}", *mine)


def release(world: World, service: str, build: str, env: str = "staging") -> None:
    """A build is rolled out, and recorded."""
    world.deploy(service, build, env)
    if service == "hiring":
        runs(world, build, cluster=CLUSTER[env])


def column_in_assessments(world: World) -> None:
    """1 and 2."""
    waiting = world.gate("2")
    assert (waiting.code, waiting.of("blocked")) == (1, {"BA1 plan"})
    assert waiting.what["BA1 plan"] == "needs 1 before step 2, not done yet"
    world.refused("1", "BA2 staging", env="production")
    world.opens("1")
    world.refused("1", "probe sql")
    world.sql("assessments", COLUMN)
    world.repo.write("code/assessments/app.py", "def show(row):\n    return row.title, row.knowledge_area\n")
    world.merge()
    world.refused("1", "probe ./ops/files-outside-db-migrations")
    world.repo.write("code/assessments/app.py", OLD_CODE)
    world.repo.write("code/assessments/db/001.sql", COLUMN)
    world.merge()
    world.repo.git("tag", "column-assessments")
    world.done("1")
    world.opens("2")
    told = world.refused("2", "RL1 assessments")
    assert "no deployment is recorded since the step was opened" in told.what["RL1 assessments"]
    release(world, "assessments", "a1")
    assert world.done("2")["CO3 data_replication.assessment"] == "n/a", "the step releases no consumer"


def wrapper_in_assessments(world: World) -> None:
    """3 and 4."""
    world.opens("3")
    told = world.refused("3", "probe ./ops/direct-title-reads")
    assert told["probe split_fixture"] == "unknown", "nobody splits a title yet"
    world.repo.write("code/assessments/titles.py", SPLIT)
    world.repo.write("code/assessments/app.py", "from titles import split\n\n\ndef show(row):\n    return split(row)\n")
    world.merge()
    world.done("3")
    world.opens("4")
    world.sql("assessments", "update assessments set v1_title = 'Groups' where id = 1")
    world.refused("4", "RL1 assessments", "probe v1_titles")
    world.sql("assessments", "update assessments set v1_title = '[Algebra] Groups' where id = 1")
    release(world, "assessments", "a2")
    world.done("4")


def registration(world: World) -> None:
    """5, which needs nothing."""
    plan = f"migrations/{ID}.toml"
    declared = '  "forward ENUM_ARRAY_CHANGED #/properties/event_version/enum",\n'
    world.edit(plan, (declared, ""))
    world.merge()
    told = world.refused("5", "RG1 breaks")
    assert "forward ENUM_ARRAY_CHANGED" in told.what["RG1 breaks"]
    world.edit(plan, ("semantic_changes", "#semantic_changes"))
    world.merge()
    assert "BA1 plan" in world.gate("5").of("blocked"), "lint refuses a plan without that key"
    world.edit(
        plan, ("#semantic_changes", "semantic_changes"), ("expected_breaks = [\n", f"expected_breaks = [\n{declared}")
    )
    world.merge()
    world.opens("5")
    world.refused("5", "PR1 assessment.v2")
    world.yes("publish", "--env", "staging")
    world.done("5")


def column_in_hiring(world: World) -> None:
    """6 and 7."""
    world.opens("6")
    world.refused("6", "probe sql")
    world.sql("hiring", COLUMN)
    world.repo.git("tag", "column-hiring")
    world.done("6")
    world.opens("7")
    world.refused("7", "RL1 hiring")
    world.deploy("hiring", "h1")
    told = world.refused("7", "CO3 hiring.assessment")
    assert "member hiring@h0" in told.what["CO3 hiring.assessment"]
    runs(world)
    world.unknown("7", "CO3 hiring.assessment")
    runs(world, "h1")
    world.done("7")


def backfill(world: World) -> None:
    """8, in both databases."""
    told = world.opens("8")
    assert told["DE7 8"] == "n/a", "it cannot be taken back, and approvals are asked for in production"
    told = world.refused("8", "DE8 backfill", "probe backfill_source")
    assert told["probe statement"] == "unknown"
    world.sql("assessments", "update assessments set knowledge_area = 'Algebra' where id = 1")
    world.refused("8", "DE8 backfill", "probe v1_titles")
    for service in ("assessments", "hiring"):
        world.sql(service, "update assessments set knowledge_area = 'Algebra', title = 'Groups' where id = 1")
    told = world.unknown("8", "probe statement")
    assert told.what["probe statement"] == f"team-assessments has not stated {LIST!r}"
    world.attest(LIST, "team-assessments")
    world.done("8")


def split_in_hiring(world: World) -> None:
    """9 and 10."""
    world.opens("9")
    world.repo.write("code/hiring/titles.py", SPLIT.replace("(.+)", "(.*)").replace("\\] ", "\\]"))
    world.merge()
    world.refused("9", "probe split_fixture")
    world.repo.write("code/hiring/titles.py", SPLIT)
    world.merge()
    world.done("9")
    world.opens("10")
    release(world, "hiring", "h3")
    world.sql("hiring", "insert into assessments values (4, '[Logic] Sets', null, 'h3', null)")
    world.refused("10", "probe ./ops/bracketed-titles-stored-since-release")
    world.sql("hiring", "update assessments set knowledge_area = 'Logic', title = 'Sets' where id = 4")
    world.done("10")


def consumer_of_both(world: World) -> None:
    """11 and 11a: with two instances, one of which is late."""
    world.opens("11")
    told = world.refused("11", "probe hiring")
    assert told.what["probe hiring"] == "consumes of assessment lacks 2"
    world.manifest("hiring", "assessment", "consumes", 1, 2)
    world.merge()
    world.done("11")
    canary = "probe ./ops/canary-v2-stored"
    world.opens("11a")
    told = world.refused("11a", "RL1 hiring", "CO1 hiring", canary)
    assert told["CO2 hiring"] == "unknown"
    world.deploy("hiring", "h4", instance="eu")
    runs(world, "h4", "h3")
    told = world.refused("11a", "RL1 hiring", "CO1 hiring", canary)
    assert "1 of 2 instances" in told.what["RL1 hiring"]
    assert "(instance default)" in told.what["CO1 hiring"]
    world.sql("hiring", "insert into assessments values (99, 'Birds', null, 'h4', 'Canaries')")
    world.yes("record", "undeployment", "hiring", "--env", "staging", "--instance", "default")
    told = world.refused("11a", "CO3 hiring.assessment")
    assert "member hiring@h3" in told.what["CO3 hiring.assessment"]
    runs(world, "h4")
    told = world.unknown("11a", "CO2 hiring")
    assert "has no recorded test of golden samples of assessment@2 for h4" in told.what["CO2 hiring"]
    samples(world, "failed")
    world.refused("11a", "CO2 hiring")
    samples(world, "passed")
    world.brokers["stg"].rebalance("hiring.assessment")
    world.unknown("11a", "CO6 hiring.assessment")
    world.brokers["stg"].rebalance("hiring.assessment", None)
    world.done("11a")


def samples(world: World, result: str, build: str = "h4", env: str = "staging") -> None:
    more = ["--test", "samples", "--samples", "sha256:" + "0" * 64, "--result", result]
    world.yes("record", "capability", f"hiring@{build}", "assessment@2", "--env", env, *more)


def producer_code(world: World) -> None:
    """12 and 13."""
    world.opens("12")
    world.refused("12", "probe assessments")
    world.manifest("assessments", "assessment", "produces", 1, 2)
    world.merge()
    world.done("12")
    world.opens("13")
    told = world.refused("13", "probe assessments")
    assert told.what["probe assessments"] == "produces of assessment still has 1"
    world.manifest("assessments", "assessment", "produces", 2)
    world.merge()
    world.done("13")


def switch(world: World) -> None:
    """14: may the producer switch?"""
    broker = world.brokers["stg"]
    for service in ("hiring", "assessments"):
        world.sql(service, "insert into assessments values (5, '[Logic] Proofs', '[Logic] Proofs', 'old', null)")
    world.refused("14", "probe backfill", "probe backfill_source")
    for service in ("hiring", "assessments"):
        world.sql(service, "insert into unmatched_titles values (5)")
    broker.commit("bi-export", TOPIC, {0: 0})
    told = world.refused("14", f"CO5 {TOPIC}")
    assert "bi-export" in told.what[f"CO5 {TOPIC}"]
    broker.expire("bi-export")
    broker.join("hiring.assessment-import", "import", (TOPIC, 0))
    assert "hiring.assessment-import" in world.refused("14", f"CO5 {TOPIC}").what[f"CO5 {TOPIC}"]
    broker.leave("hiring.assessment-import", "import")
    rolled_back(world)
    for call in ("cluster", "groups", "describe", "committed", "topic"):
        broker.faults[call] = "denied" if call == "cluster" else "partial"
        world.unknown(
            "14", "BA3 sight", f"PR2 {TOPIC}", "CO3 hiring.assessment", f"CO5 {TOPIC}", "CO6 hiring.assessment"
        )
        del broker.faults[call]
    broker.sees_all = None
    world.unknown("14", "BA3 sight", f"CO5 {TOPIC}")
    broker.sees_all = True
    dsn = world.variables.pop("HIRING_RO_DSN")
    assert "HIRING_RO_DSN" in str(world.unknown("14", "probe backfill").document)
    world.variables["HIRING_RO_DSN"] = dsn.replace("127.0.0.1:", "127.0.0.1:1")
    told = world.unknown("14", "probe backfill")
    assert dsn.partition("@")[0] not in str(told.document), "no password is told"
    world.variables["HIRING_RO_DSN"] = dsn
    alone = world.cli("gate", ID, "14", "--env", "staging")
    assert (alone.returncode, alone.stderr) == (3, "")
    assert "this version of schemagate cannot reach the cluster stg yet" in alone.stdout
    assert world.gate("14", candidate="assessments@a2").of("blocked") == {"PR3 assessments"}, "a2 sends version 1"
    world.opens("14")


def rolled_back(world: World) -> None:
    """Hiring is back at the build before; nothing may be sent that it does not read."""
    world.manifest("hiring", "assessment", "consumes", 1)
    world.deploy("hiring", "h3", instance="eu")
    world.repo.git("checkout", "--quiet", "--", "services")
    told = world.refused("14", "CO1 hiring", "CO3 hiring.assessment")
    assert "reads only 1, deployed" in told.what["CO1 hiring"]
    world.deploy("hiring", "h4", instance="eu")


def what_only_a_later_version_can_see(world: World) -> None:
    """14 is open, and its evidence needs the records of the topic."""
    world.refused("14", "RL1 assessments", "ST1 assessments")
    release(world, "assessments", "a4")
    told = world.unknown("14", "ST2 hiring.assessment", f"DR1 {TOPIC}", f"DR2 {TOPIC}")
    for name in told.of("unknown"):
        assert "this version of schemagate" in told.what[name]


def all_again(world: World) -> None:
    """Steps 1 to 13 in production, where everything that they ask for is there; 8 wants two approvals."""
    env = "production"
    builds = {"2": ("assessments", "a1"), "4": ("assessments", "a2"), "7": ("hiring", "h1"), "10": ("hiring", "h3")}
    for step in ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "11a", "12", "13"):
        if step == "8":
            told = world.refused("8", "DE7 8", env=env)
            assert told.what["DE7 8"] == "has 0 of 2 approvals"
            world.approve("8", env, ann="team-assessments")
            assert world.refused("8", "DE7 8", env=env).what["DE7 8"] == "has 1 of 2 approvals"
            world.approve("8", env, bob="platform")
            world.attest(LIST, "team-assessments", env)
        assert world.advance(step, env) == "open", world.gate(step, env).what
        if step in builds:
            release(world, *builds[step], env)
        if step == "11a":
            release(world, "hiring", "h4", env)
        assert world.advance(step, env) == "done", world.gate(step, env).what


def switch_in_production(world: World) -> None:
    """14, which staging has not done."""
    told = world.refused("14", "BA2 staging", env="production")
    assert told["CO7 hiring.assessment"] == "unknown", "no version of ours looks at records yet"
    world.yes(
        "migration", "waive", ID, "14", "CO7", "--env", "production", "--target", "hiring.assessment",
        "--reason", "the canary of staging was looked at", "--owner", "ann", "--expires", "2026-12-15",
    )  # fmt: skip
    world.merge()
    told = world.refused("14", "BA2 staging", env="production")
    assert told.stops == {"BA2 staging": "blocked"}
    assert told["CO7 hiring.assessment"] == "unknown", "a waiver is no pass"


def at_a_glance(world: World) -> None:
    """Both environments in one table."""
    text = world.yes("migration", "status", ID).stdout
    rows = {line.split()[0]: line.split() for line in text.splitlines()[2:-2]}
    assert len(rows) == 19
    for step in ("1", "8", "11a", "13"):
        assert rows[step][-2:] == ["done", "done"], rows[step]
    assert rows["14"][-6:] == ["open", "1", "of", "1", "services", "released", "ready"][-6:]
    assert rows["15"][-6:] == ["waiting", "for", "14", "waiting", "for", "14"]
    assert text.splitlines()[-2:] == [
        f"staging next: step 14:  schemagate migration advance {ID} 14 --env staging",
        f"production next: step 14:  schemagate gate {ID} 14 --env production",
    ]


def test_walk(world: World) -> None:
    column_in_assessments(world)
    wrapper_in_assessments(world)
    registration(world)
    column_in_hiring(world)
    backfill(world)
    split_in_hiring(world)
    consumer_of_both(world)
    producer_code(world)
    switch(world)
    what_only_a_later_version_can_see(world)
    all_again(world)
    switch_in_production(world)
    at_a_glance(world)
