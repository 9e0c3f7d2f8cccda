"""COMM-040 and COMM-060, walked: money that changes its way, and an event that becomes a call.

What the plans ask by `http` and `prometheus` is unknown in this version, so each plan is asked as it is first, and then
with the same questions put to programs and databases.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from migrating import ROOT
from schemagate.rollout.checks import observed
from schemagate.rollout.decision import Answer
from walking import ATTESTED, OBSERVED, World, databases, stop_clocks

COMM040, COMM060 = "comm-040-credit-to-event", "comm-060-task-rating-to-call"
TOPIC, GROUP = "domain.solution.completed", "bonuses.solution.completed"
CREDITS, RATINGS = "POST bonuses:/credits", "GET hiring:/ratings/{assessment_id}"


@pytest.fixture
def money(postgres_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Hiring calls bonuses for every credit; nobody knows the event."""
    with databases(postgres_server, ["bonuses", "hiring"]) as found:
        world = World(tmp_path, COMM040, found, OBSERVED)
        stop_clocks(monkeypatch, world)
        prepare_money(world)
        yield world


def prepare_money(world: World) -> None:
    """Tables, programs that count files in `left/`, and the builds that run."""
    for name in ("right-solutions-missing-on-topic", "solutions-without-ledger-row", "credit-flag-and-metrics-left"):
        counting(world, name)
    world.sql(
        "bonuses",
        "create table ledger (solution_id int, amount int); create table credit_delays (seconds int);"
        "create table requests (route text);"
        "create table credit_shadow (call_amount int, event_amount int, created_at timestamptz)",
    )
    world.edit("services/hiring.toml", (PRODUCES, ""))
    world.edit("services/bonuses.toml", (LIVE, SHADOW))
    world.merge()
    world.edit("services/bonuses.toml", (entry().replace(LIVE, SHADOW), ""))
    world.deploy("bonuses", "b0")
    world.repo.git("checkout", "--quiet", "--", "services")
    world.deploy("hiring", "h0")
    world.brokers["stg"].create(TOPIC, 2)


PRODUCES = (
    '  { event = "solution.completed", versions = [1], delivery = "outbox", criticality = "money", '
    'flag = "solution_events" },\n'
)
SHADOW = 'versions = [1]\nmode = "shadow"\ngroup = "bonuses.solution.completed"'
LIVE = 'versions = [1]\ngroup = "bonuses.solution.completed"'


def entry() -> str:
    """What the manifest of bonuses says about the event."""
    text = (ROOT / "services/bonuses.toml").read_text("utf-8")
    start = text.index('[[consumes]]\nevent = "solution.completed"')
    return text[start : text.index("[[consumes]]", start + 1)]


def counting(world: World, name: str) -> None:
    """A program that says how many lines lie in left/NAME, as the test puts them there."""
    world.program(name, f"#!/bin/sh\ncat left/{name} | wc -l\n")
    world.repo.write(f"left/{name}", "")


def left(world: World, name: str, count: int) -> None:
    world.repo.write(f"left/{name}", "one\n" * count)


def runs(world: World, group: str, topic: str, *builds: str) -> None:
    """These builds are the members of the group."""
    broker = world.brokers["stg"]
    known = broker._groups.get(group)
    for name in list(known.members if known else ()):
        broker.leave(group, name)
    for number, build in enumerate(builds):
        broker.join(group, build, *[(topic, n) for n in range(2) if n % len(builds) == number])


def show(world: World, build: str, about: str, test: str, result: str = "passed") -> None:
    more = ["--samples", "sha256:" + "1" * 64] if test == "samples" else []
    world.yes("record", "capability", build, about, "--env", "staging", "--test", test, "--result", result, *more)


def release_bonuses(world: World, build: str) -> None:
    world.merge()
    world.deploy("bonuses", build)
    runs(world, GROUP, TOPIC, f"bonuses@{build}")
    for test in ("samples", "duplicate", "replay"):
        show(world, f"bonuses@{build}", "solution.completed@1", test)


def state(world: World, *names: str, step: str) -> None:
    """Whoever owns these checks says that they hold: nobody observes a broker here."""
    told = world.gate(step)
    assert set(names) <= told.of("unknown"), told.stops
    for check in told.document["checks"]:
        name = f"{check['id']} {check['target']}"
        if name in names:
            asked = f'--by {check["owner"]} --env staging --for "{world.plan} {step} {name}"'
            assert check["next"].endswith(asked), check["next"]
            world.attest(check["next"].split('"')[1], check["owner"], asked_by=f"{world.plan} {step} {name}")


def environments(world: World, text: str) -> None:
    """From now on brokers are observed, or not."""
    old = OBSERVED if text == ATTESTED else ATTESTED
    world.edit("schemagate.toml", (old, text))
    world.merge()


def shadow(world: World) -> None:
    """1 and 2: the schema, and a consumer that only logs."""
    world.opens("1")
    world.refused("1", "PR1 solution.completed.v1")
    world.yes("publish", "--env", "staging")
    world.done("1")
    told = world.opens("2")
    assert set(told) == {"BA1 plan", "BA2 order", "GU6 bonuses", "PR1 solution.completed.v1"}
    told = world.refused("2", "RL1 bonuses", "CO1 bonuses", "probe sql")
    world.sql("bonuses", "create table inbox (id int)")
    world.edit("services/bonuses.toml", (SHADOW, LIVE))
    release_bonuses(world, "b1")
    told = world.refused("2", "RL1 bonuses")
    assert "does not read in mode shadow" in told.what["RL1 bonuses"]
    world.edit("services/bonuses.toml", (LIVE, SHADOW))
    release_bonuses(world, "b2")
    world.done("2")


def switch_on(world: World) -> None:
    """3: hiring says that a solution was right, beside the call."""
    told = world.refused("3", "PR3 hiring")
    assert told.what["PR3 hiring"] == "does not list version 1"
    assert told["SW1 effects"] == "unknown", "an empty ledger proves nothing"
    world.edit("services/hiring.toml", ("produces = [\n", f"produces = [\n{PRODUCES}"))
    world.merge()
    world.sql("bonuses", "insert into ledger values (1, 10), (2, 10), (2, 10)")
    told = world.refused("3", "SW1 effects")
    assert told["CO1 bonuses"] == "pass"
    world.sql("bonuses", "delete from ledger where solution_id = 2")
    world.edit("services/bonuses.toml", (SHADOW, LIVE))
    world.deploy("bonuses", "b3")
    told = world.gate("3")
    assert told.of("blocked") == {"CO1 bonuses", "CO3 bonuses.solution.completed"}, "it would be credited twice"
    world.repo.git("checkout", "--quiet", "--", "services")
    world.deploy("bonuses", "b2")
    show(world, "bonuses@b2", "solution.completed@1", "duplicate", "failed")
    world.refused("3", "CO8 bonuses")
    show(world, "bonuses@b2", "solution.completed@1", "duplicate")
    world.opens("3")
    left(world, "right-solutions-missing-on-topic", 1)
    told = world.refused("3", "probe ./ops/right-solutions-missing-on-topic")
    left(world, "right-solutions-missing-on-topic", 0)
    world.unknown("3", f"ST2 {GROUP}")
    environments(world, ATTESTED)
    state(world, f"ST2 {GROUP}", step="3")
    assert world.done("3")[f"ST2 {GROUP}"] == "attested"


def verify(world: World) -> None:
    """4: what the shadow computed is what the call gave."""
    world.opens("4")
    told = world.unknown("4", "probe parity", "probe statement")
    assert told.what["probe parity"] == "had 0 to count, and below 100 nothing is proved"
    row = "10, case when n = 7 then 11 else 10 end, now() - interval '1 hour'"
    world.sql("bonuses", f"insert into credit_shadow select {row} from generate_series(1, 100) n")
    world.refused("4", "probe parity")
    world.sql("bonuses", "update credit_shadow set event_amount = call_amount")
    world.attest("shadow credits reviewed", "team-bonuses")
    world.done("4")


def live(world: World) -> None:
    """5: the event has the effect, and the call still has it, under one key."""
    waiting = world.gate("6")
    assert waiting.what["BA1 plan"] == "needs 5 before step 6, not done yet"
    assert "SW6 bonuses" in waiting.of("blocked"), "it still reads in shadow"
    state(world, f"SW5 {GROUP}", step="5")
    told = world.unknown("5", "SW3 latency")
    assert "prometheus" in told.what["SW3 latency"]
    ask_databases_instead(world)
    world.sql("bonuses", "insert into credit_delays values (31)")
    world.refused("5", "SW3 latency")
    world.sql("bonuses", "update credit_delays set seconds = 3")
    show(world, "bonuses@b2", "solution.completed@1", "replay", "failed")
    world.refused("5", "SW4 bonuses")
    show(world, "bonuses@b2", "solution.completed@1", "replay")
    environments(world, OBSERVED)
    world.unknown("5", f"SW5 {GROUP}")
    environments(world, ATTESTED)
    told = world.opens("5")
    assert {f"SW{number}" for number in range(1, 6)} <= {name.split()[0] for name in told}
    told = world.refused("5", "RL1 bonuses", "SW6 bonuses")
    world.edit("services/bonuses.toml", (SHADOW, LIVE))
    release_bonuses(world, "b4")
    state(world, f"CO3 {GROUP}", step="5")
    left(world, "solutions-without-ledger-row", 2)
    world.refused("5", "SW6 complete")
    left(world, "solutions-without-ledger-row", 0)
    world.done("5")


def ask_databases_instead(world: World) -> None:
    """What `http` and `prometheus` cannot be asked yet."""
    plan = f"migrations/{COMM040}.toml"
    lines = (world.repo.folder / plan).read_text("utf-8").splitlines()
    sql = '{{ probe = "sql", dsn = "${{BONUSES_RO_DSN}}", query = "select count(*) from {}", must = 0, traffic = {} }}'
    any_ = '{ query = "select count(*) from credit_delays", at_least = 1 }'
    for number, line in enumerate(lines):
        if line.startswith("latency = "):
            lines[number] = "latency = " + sql.format("credit_delays where seconds > 30", any_)
        if line.startswith("call_usage = "):
            lines[number] = "call_usage = " + sql.format("requests where route = '/credits'", any_)
    text = "\n".join(lines) + "\n"
    flag = ', { probe = "http", url = "${BONUSES_URL}", path = "/flags/solution_events", must = 200 }'
    assert flag in text
    text = text.replace(flag, "").replace("approvals = { irr", 'approvals = { envs = ["staging"], irr')
    world.repo.write(plan, text)
    world.merge()


def call_off(world: World) -> None:
    """6, and 7, which nobody can take back."""
    left(world, "solutions-without-ledger-row", 1)
    world.refused("6", "SW6 complete")
    left(world, "solutions-without-ledger-row", 0)
    world.opens("6")
    world.sql("bonuses", "insert into requests values ('/credits')")
    world.refused("6", "DE9 call_usage")
    world.sql("bonuses", "delete from requests")
    world.done("6")
    told = world.refused("7", "DE3 step 6", "DE7 7")
    assert told.what["DE7 7"] == "has 0 of 2 approvals"
    waive = ["--reason", "no time", "--owner", "ann", "--expires", "2026-12-01"]
    no = world.cli("migration", "waive", COMM040, "7", "DE3", "--env", "staging", *waive)
    assert (no.returncode, "cannot be taken back" in no.stderr) == (2, True)
    world.clock += timedelta(days=7)
    world.approve("7", "staging", ann="team-bonuses")
    world.approve("7", "staging", bob="team-bonuses")
    assert world.refused("7", "DE7 7").what["DE7 7"].startswith("has 1 of 2 approvals"), "of one team"
    world.approve("7", "staging", eva="team-hiring")
    world.edit(f"migrations/{COMM040}.toml", ('title = "the credit', 'title = "The credit'))
    world.merge()
    assert world.refused("7", "DE7 7").what["DE7 7"].startswith("has 0 of 2 approvals"), "of another plan"
    world.edit(f"migrations/{COMM040}.toml", ('title = "The credit', 'title = "the credit'))
    world.merge()
    world.opens("7")


def code_out(world: World) -> None:
    """7, once it is open: no way back, and both without the call."""
    world.refused("7", "RL1 bonuses", "RL1 hiring", "DE9 hiring")
    world.deploy("hiring", "h4")
    told = world.refused("7", "RL1 bonuses", "RL1 hiring", "DE9 hiring")
    assert "still calls" in told.what["RL1 hiring"]
    no = world.cli("migration", "advance", COMM040, "6", "--env", "staging", "--back")
    assert (no.returncode, "step 7 is open" in no.stderr) == (1, True)
    call = 'calls = [\n  { endpoint = "POST bonuses:/credits", timeout = "2s", retries = 3, idempotency_header = "Idempotency-Key" },\n]\n'
    world.edit("services/hiring.toml", (call, ""))
    world.edit("services/bonuses.toml", ('serves = [{ endpoint = "POST bonuses:/credits" }]\n', ""))
    release_bonuses(world, "b5")
    world.deploy("hiring", "h5")
    world.unknown("7", f"CO3 {GROUP}")
    world.attest("it is b5", "team-bonuses", asked_by=f"{COMM040} 7 CO3 {GROUP}")
    told = world.unknown("7", f"CO3 {GROUP}")
    assert "is not enough for a step that nobody can take back" in told.what[f"CO3 {GROUP}"]
    environments(world, OBSERVED)
    world.done("7")
    no = world.cli("migration", "advance", COMM040, "7", "--env", "staging", "--back")
    assert (no.returncode, "cannot be taken back" in no.stderr) == (1, True)


def test_money_from_a_call_to_an_event(money: World) -> None:
    shadow(money)
    switch_on(money)
    verify(money)
    live(money)
    call_off(money)
    code_out(money)
    assert "staging: all 7 steps are done" in money.yes("migration", "status", COMM040, "--env", "staging").stdout


READERS, TASK = "bonuses.task.rating", "task"
CALL = 'calls = [{ endpoint = "GET hiring:/ratings/{assessment_id}", timeout = "500ms", retries = 2 }]\n'
CARELESS = 'calls = [{ endpoint = "GET hiring:/ratings/{assessment_id}", retries = 2 }]\n'
SERVES = 'serves = [{ endpoint = "GET hiring:/ratings/{assessment_id}" }]\n'
DRAINED = [f"DR{number} {TASK}" for number in (1, 2, 3, 4, 6, 10)] + [f"DR{number} {READERS}" for number in (5, 8)]


@pytest.fixture
def rating(postgres_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Hiring sends every rating, bonuses keeps a copy."""
    with databases(postgres_server, ["bonuses", "hiring"]) as found:
        world = World(tmp_path, COMM060, found, OBSERVED)
        stop_clocks(monkeypatch, world)
        for name in ("compare-ratings", "topic-auto-creation-enabled", "endpoint-answers", "flag-is-on"):
            counting(world, name)
        world.sql(
            "bonuses",
            "create table ops_table_reads (name text, reads_since_switch int); create table task_ratings (id int);"
            "insert into ops_table_reads values ('task_ratings', 3)",
        )
        world.edit("services/hiring.toml", (SERVES, ""))
        world.merge()
        world.deploy("bonuses", "b0")
        world.deploy("hiring", "h0")
        world.brokers["stg"].create(TASK, 2)
        world.brokers["stg"].commit(READERS, TASK, {0: 0, 1: 0})
        runs(world, READERS, TASK, "bonuses@b0")
        yield world


def call_on(world: World) -> None:
    """1 and 2: the endpoint, and bonuses that calls it."""
    world.opens("1")
    told = world.refused("1", "RL1 hiring", "CA1 hiring")
    assert "http" in told.what["CA1 endpoint_ready"]
    probe = '{ probe = "exec", command = ["./ops/endpoint-answers"], must = 0 }'
    http = '{ probe = "http", url = "${HIRING_URL}", path = "/ratings/health", must = 200 }'
    flag = '{ probe = "http", url = "${BONUSES_URL}", path = "/flags/rating_by_call", must = 200 }'
    on = '{ probe = "exec", command = ["./ops/flag-is-on"], must = 1 }'
    world.edit(
        f"migrations/{COMM060}.toml", (http, probe), (flag, on), ("limits = { ", 'limits = { evidence_max_age = "1h", ')
    )
    world.edit("services/hiring.toml", ("calls = [\n", f"{SERVES}calls = [\n"))
    world.merge()
    world.deploy("hiring", "h1")
    told = world.unknown("1", "CA1 hiring")
    assert "no recorded contract test of GET hiring:/ratings/{assessment_id} for h1" in told.what["CA1 hiring"]
    show(world, "hiring@h1", RATINGS, "endpoint", "failed")
    world.refused("1", "CA1 hiring")
    show(world, "hiring@h1", RATINGS, "endpoint")
    world.done("1")
    told = world.refused("2", "CA2 bonuses")
    assert told["CA1 hiring"] == "pass"
    world.edit("services/bonuses.toml", ('serves = [{ endpoint = "POST', f'{CARELESS}serves = [{{ endpoint = "POST'))
    world.merge()
    assert "without timeout" in world.refused("2", "CA2 bonuses").what["CA2 bonuses"]
    world.edit("services/bonuses.toml", (CARELESS, CALL))
    world.merge()
    left(world, "endpoint-answers", 1)
    world.refused("2", "CA1 endpoint_ready")
    left(world, "endpoint-answers", 0)
    world.opens("2")
    left(world, "compare-ratings", 2)
    told = world.refused("2", "CA3 equality", "CA4 bonuses", "CA4 tables_unread", "probe ./ops/flag-is-on")
    assert told["probe statement"] == "unknown"
    left(world, "compare-ratings", 0)
    left(world, "flag-is-on", 1)
    world.deploy("bonuses", "b1")
    runs(world, READERS, TASK, "bonuses@b1")
    world.sql("bonuses", "update ops_table_reads set reads_since_switch = 0")
    world.attest("ratings read by call at 100 % of traffic", "team-bonuses")
    world.done("2")


def event_off(world: World) -> None:
    """3 and 4: the producer, and what it left behind."""
    left(world, "compare-ratings", 1)
    world.refused("3", "CA3 equality")
    left(world, "compare-ratings", 0)
    world.brokers["stg"].commit("bi-export", TASK, {0: 0})
    world.refused("3", f"CA5 {TASK}")
    world.brokers["stg"].expire("bi-export")
    world.opens("3")
    told = world.refused("3", "ST1 hiring")
    assert "still lists task.rating 1" in told.what["ST1 hiring"]
    world.edit("services/hiring.toml", ('  { event = "task.rating", versions = [1] },\n', ""))
    world.merge()
    world.deploy("hiring", "h2")
    world.unknown("3", f"DR1 {TASK}", f"DR2 {TASK}")
    environments(world, ATTESTED)
    state(world, f"DR1 {TASK}", f"DR2 {TASK}", step="3")
    world.done("3")
    world.unknown("4", *DRAINED)
    state(world, *DRAINED, step="4")
    told = world.gate("4")
    assert told.of("attested") == set(DRAINED)
    assert world.advance("4") == "done", "it only waits, and is never open"


def the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """5 to 7, which nobody can take back: what a statement is not enough for."""
    told = world.gate("5")
    assert {f"{name}": told[name] for name in DRAINED} == dict.fromkeys(DRAINED, "unknown")
    told = world.unknown("5", *DRAINED)
    assert all("is not enough for a step that nobody can take back" in told.what[name] for name in DRAINED)
    waiting = world.gate("6")
    assert {"BA1 plan", "DE1 bonuses", "DE3 step 4"} <= waiting.of("blocked")
    assert waiting["CA4 tables_unread"] == "pass"
    environments(world, OBSERVED)
    world.unknown("5", *DRAINED)
    for number in range(1, 11):  # a version that reads the records of topics, as if it were here
        monkeypatch.setitem(observed.LOOKS, f"DR{number}", lambda *_: (Answer.PASS, "was looked at", None))
    world.opens("5")
    world.refused("5", "RL1 bonuses", "DE1 bonuses")
    world.edit("services/bonuses.toml", (RATING, ""))
    world.merge()
    world.deploy("bonuses", "b2")
    world.refused("5", "CO3 bonuses.task.rating")
    runs(world, READERS, TASK)
    world.done("5")
    told = world.refused("6", "DE3 step 4")
    assert "7 days have to pass" in told.what["DE3 step 4"]
    assert told["probe statement"] == "unknown"
    world.clock += timedelta(days=7)
    world.attest("backup of task_ratings restored once", "team-bonuses")
    world.sql("bonuses", "update ops_table_reads set reads_since_switch = 1")
    world.refused("6", "CA4 tables_unread")
    world.sql("bonuses", "update ops_table_reads set reads_since_switch = 0")
    world.opens("6")
    world.refused("6", "CL3 tables")
    dsn = world.variables.pop("BONUSES_RO_DSN")
    world.unknown("6", "CL3 tables")
    world.variables["BONUSES_RO_DSN"] = dsn
    world.sql("bonuses", "drop table task_ratings")
    world.done("6")
    told = world.gate("7")
    assert told.of("blocked") == set()
    assert {f"DE6 {TASK}"} <= told.of("unknown"), "whether others use the topic is not looked at yet"


RATING = """[[consumes]]
event = "task.rating"
versions = [1]
group = "bonuses.task.rating"
offset_reset = "earliest"
commit = "after-processing"
idempotency = { key = "payload.assessment_replication_id", store = "table:ratings", on_conflict = "update-if-newer", newer_by = "payload.calculated_at" }
retry = { topics = ["task.bonuses.task.rating.retry"], base = "1s", factor = 2, cap = "5m", jitter = true, max_attempts = 8 }
dlq = "task.bonuses.task.rating.dlq"
"""


def test_an_event_that_becomes_a_call(rating: World, monkeypatch: pytest.MonkeyPatch) -> None:
    call_on(rating)
    event_off(rating)
    the_end(rating, monkeypatch)
