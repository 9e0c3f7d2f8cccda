"""`observe.probes`: one number, or unknown; whatever a program, a file or a server answers, and nothing of it repeated."""

from __future__ import annotations

import dataclasses
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from repository import Repository
from schemagate.facts import Measured, Unknown
from schemagate.observe.numbers import number
from schemagate.observe.probes import Place, read
from schemagate.project.git import open_repository
from schemagate.rollout.probes import Attest, Exec, Http, ManifestList, Probe, Prometheus, Source, Sql, Tables, Traffic

NOW = datetime(2026, 11, 23, 22, 10, 2, tzinfo=UTC)
SECRET = "hunter2-of-the-customer"


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repo")


def place(repo: Repository, **environ: str) -> Place:
    repo.commit()
    return at_head(repo, **environ)


def at_head(repo: Repository, at: str = "", **environ: str) -> Place:
    root = repo.folder / at
    return Place(root, open_repository(root), repo.git("rev-parse", "HEAD"), {**os.environ, **environ}, lambda: NOW)


def program(repo: Repository, body: str, path: str = "ops/count") -> Probe:
    """A Python program in the repository, and the probe that runs it."""
    repo.write(path, f"#!{sys.executable}\n{body}\n").chmod(0o755)
    return Probe(Exec((f"./{path}",)))


def printing(repo: Repository, text: str) -> Measured | Unknown:
    return read(program(repo, f"import sys; sys.stdout.write({text!r})"), place(repo))


def unknown(found: Measured | Unknown, *words: str) -> Unknown:
    """It is unknown for this reason, with a next step, and repeats nothing that may be a secret."""
    assert isinstance(found, Unknown), found
    for word in words:
        assert word in found.reason, found
    assert found.next_step, found
    assert SECRET not in f"{found.reason} {found.next_step}"
    return found


# programs


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0\n", 0),
        ("starting\n  17  \n\n", 17),
        ("-3", -3),
        ("0.25\n", 0.25),
        ("1e3\r\n", 1000),
        ("9007199254740993", 9007199254740993),
    ],
)
def test_the_last_line_of_a_program_is_the_value(repo: Repository, text: str, value: float) -> None:
    found = printing(repo, text)
    assert found == Measured(value, NOW)
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "", "\n \n", "many", "NaN", "nan", "inf", "-Infinity", "1e999", "1_000", "0x10", "1 2", "None", "True", "0\ndone",
        "1e-400", "0.99999999999999999999", "9" * 40, "1e99999999999", "٣", "3\0", f"0 {SECRET}", f"{SECRET}",
    ],
)  # fmt: skip
def test_a_program_that_prints_something_else_is_unknown(repo: Repository, text: str) -> None:
    unknown(printing(repo, text), "ops/count gives no value")


def test_a_program_that_fails_is_unknown_whatever_it_printed(repo: Repository) -> None:
    failing = program(repo, f"import sys; print(0); print({SECRET!r}, file=sys.stderr); sys.exit(7)")
    unknown(read(failing, place(repo)), "exit code 7")
    killed = program(repo, "import os; print(0, flush=True); os.kill(os.getpid(), 9)")
    unknown(read(killed, place(repo)), "signal 9")


def test_a_program_gets_arguments_without_a_shell_the_environment_and_the_projects_folder(repo: Repository) -> None:
    body = "import os, sys; print(sys.argv[1:] == ['$HOME; echo 5', '*'] and int(os.environ['N']) + os.path.exists('ops/count'))"
    probe = dataclasses.replace(program(repo, body), source=Exec(("./ops/count", "$HOME; echo 5", "*")))
    assert read(probe, place(repo, N="41")) == Measured(42, NOW)


def test_a_program_cannot_read_from_the_terminal(repo: Repository) -> None:
    probe = program(repo, "import sys; print(len(sys.stdin.read()))")
    here = place(repo)
    typed, terminal, before = *os.pipe(), os.dup(0)
    os.write(terminal, b"yes")
    os.close(terminal)
    os.dup2(typed, 0)
    try:
        assert read(probe, here) == Measured(0, NOW)
    finally:
        os.dup2(before, 0)
        os.close(before)
        os.close(typed)


def test_a_flood_is_cut(repo: Repository) -> None:
    flood = program(repo, "while True: print('0' * 4096)")
    unknown(read(flood, place(repo)), "more than 1 MiB")


def eventually(holds: Callable[[], bool]) -> None:
    """What ends by itself has a while to do so."""
    until = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("parent_waits", [True, False])
def test_a_program_that_hangs_is_ended_with_its_children(repo: Repository, tmp_path: Path, parent_waits: bool) -> None:
    body = f"""
import os, subprocess, time
child = subprocess.Popen(["sleep", "600"])
open({str(tmp_path / "pid.part")!r}, "w").write(str(child.pid))
os.rename({str(tmp_path / "pid.part")!r}, {str(tmp_path / "pid")!r})
print(0, flush=True)
{"time.sleep(600)" if parent_waits else ""}
"""
    probe = program(repo, body)
    unknown(read(probe, place(repo), seconds=3), "in time")
    child = int((tmp_path / "pid").read_text())
    eventually(lambda: not alive(child))


def test_a_program_that_closes_its_output_and_hangs_is_ended(repo: Repository) -> None:
    probe = program(repo, "import os, time; print(0, flush=True); os.close(1); time.sleep(600)")
    unknown(read(probe, place(repo), seconds=2), "in time")


@pytest.mark.parametrize("word", ["true", "/bin/true", "../repo/ops/count", "ops\\count", "./ops/../ops/count"])
def test_only_a_path_of_the_repository_is_run(repo: Repository, word: str) -> None:
    program(repo, "print(0)")
    unknown(read(Probe(Exec((word,))), place(repo)), "not named by a path of the repository")


def test_a_program_that_is_not_merged_is_not_run(repo: Repository, tmp_path: Path) -> None:
    merged = place(repo)
    probe = program(repo, f"open({str(tmp_path / 'ran')!r}, 'w'); print(0)")
    unknown(read(probe, merged), "no file of the merged commit")
    assert not (tmp_path / "ran").exists()
    assert read(probe, place(repo)) == Measured(0, NOW)
    assert (tmp_path / "ran").exists()


def test_a_program_in_a_project_below_the_repositorys_top(repo: Repository) -> None:
    probe = program(repo, "print(4)", "shop/ops/count")
    repo.commit()
    inside = Probe(Exec(("./ops/count",)))
    assert read(inside, at_head(repo, "shop")) == Measured(4, NOW)
    assert read(probe, at_head(repo)) == Measured(4, NOW)


def edit(repo: Repository) -> None:
    repo.write("ops/count", f"#!{sys.executable}\nprint(1)\n")


def edit_beside(repo: Repository) -> None:
    repo.write("ops/limits.py", "LIMIT = 7\n")


def add_beside(repo: Repository) -> None:
    repo.write("ops/json.py", "")


def delete_beside(repo: Repository) -> None:
    (repo.folder / "ops/limits.py").unlink()


def edit_and_hide(repo: Repository) -> None:
    repo.git("update-index", "--assume-unchanged", "ops/count")
    edit(repo)


def link(repo: Repository) -> None:
    repo.write("elsewhere", (repo.folder / "ops/count").read_text()).chmod(0o755)
    (repo.folder / "ops/count").unlink()
    (repo.folder / "ops/count").symlink_to("../elsewhere")


def link_the_folder(repo: Repository) -> None:
    (repo.folder / "ops").rename(repo.folder / "other")
    (repo.folder / "ops").symlink_to("other")


def make_executable(repo: Repository) -> None:
    (repo.folder / "ops/limits.py").chmod(0o755)


@pytest.mark.parametrize(
    "change", [edit, edit_beside, add_beside, delete_beside, edit_and_hide, link, link_the_folder, make_executable]
)
def test_a_program_whose_folder_was_edited_is_not_run(repo: Repository, change: Any) -> None:
    repo.write("ops/limits.py", "LIMIT = 1\n")
    probe = program(repo, "print(0)")
    merged = place(repo)
    assert read(probe, merged) == Measured(0, NOW)
    change(repo)
    unknown(read(probe, at_head(repo)), "only merged programs are run")


def test_edits_elsewhere_and_a_touched_file_do_not_matter(repo: Repository) -> None:
    probe = program(repo, "print(0)")
    repo.write("src/app.py", "1")
    merged = place(repo)
    repo.write("src/app.py", "2")
    os.utime(repo.folder / "ops/count", (1, 1))
    assert read(probe, merged) == Measured(0, NOW)


def test_a_link_or_a_text_is_no_program(repo: Repository) -> None:
    program(repo, "print(0)")
    (repo.folder / "ops/link").symlink_to("count")
    repo.write("ops/text", "0\n")
    found = place(repo)
    unknown(read(Probe(Exec(("./ops/link",))), found), "no file of the merged commit")
    unknown(read(Probe(Exec(("./ops/text",))), found), "cannot be started")
    unknown(read(Probe(Exec(("./ops",))), found), "no file of the merged commit")
    unknown(read(Probe(Exec(("./ops/count", "a\0b"))), found), "cannot be started")


@pytest.mark.parametrize("answer", [True, False, None, "5", b"5", [5], 10**30, float("nan"), Decimal("-Infinity")])
def test_what_is_no_number_for_us(answer: object) -> None:
    assert number(answer) is None


# what is not read


@pytest.mark.parametrize(
    "source",
    [
        Http("https://x", "/"),
        Prometheus("https://x", "up"),
        ManifestList("consumes", has=(1,)),
        Attest("so", "team", 60),
    ],
)
def test_other_probes_are_unknown(repo: Repository, source: Source) -> None:
    unknown(read(Probe(source), place(repo)), "this version does not read")


# SQL, on both databases


class Database:
    """One of the two, with a table of three rows: what the same tests ask of both."""

    def __init__(self, dsn: str, execute: Any) -> None:
        self.dsn, self.execute = dsn, execute
        execute("create table rated (id integer primary key, title text, stars real)")
        execute(f"insert into rated values (1, '{SECRET}', 0.5), (2, 'b', null), (3, null, 2.5)")

    def ask(self, repo: Repository, query: str, traffic: Traffic | None = None, **options: Any) -> Measured | Unknown:
        return read(Probe(Sql("${DSN}", query), traffic=traffic), place(repo, DSN=self.dsn), **options)

    def tables(self, repo: Repository, *names: str) -> Measured | Unknown:
        return read(Probe(Tables("${DSN}", names)), place(repo, DSN=self.dsn))


@pytest.fixture
def postgres(postgres_server: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A new database on the real server, dropped afterwards."""
    name = f"test_{abs(hash(request.node.nodeid))}"
    with psycopg.connect(postgres_server, autocommit=True) as owner:
        owner.execute(f"create database {name}")
    dsn = postgres_server.removesuffix("/postgres") + f"/{name}"

    def execute(statement: str) -> list[Any]:
        with psycopg.connect(dsn, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    yield Database(dsn, execute)
    with psycopg.connect(postgres_server, autocommit=True) as owner:
        owner.execute(f"drop database {name} with (force)")


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    file = tmp_path / "a b?#%41.db"

    def execute(statement: str) -> list[Any]:
        connection = sqlite3.connect(file, isolation_level=None)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    return Database(f"sqlite://{file}", execute)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("select count(*) from rated", 3),
        ("select count(*) from rated; ", 3),
        ("select max(id) from rated -- the newest", 3),
        ("select sum(stars) from rated", 3.0),
        ("with r as (select 1 as n) select n from r", 1),
        ("select count(*) from rated where title like '%2%'", 1),
        ("values (7)", 7),
    ],
)
def test_a_query_gives_one_number(repo: Repository, database: Database, query: str, value: float) -> None:
    assert database.ask(repo, query) == Measured(value, NOW)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("select id from rated where id > 7", "no row"),
        ("select id from rated", "several rows"),
        ("select id, id from rated where id = 1", "2 columns"),
        ("select stars from rated where id = 2", "NULL"),
        ("select max(id) from rated where id > 7", "NULL"),
        ("select title from rated where id = 1", "number"),
        ("select '5'", "number"),
        ("select no_such_column from rated", "gives no value"),
        ("select count(*) from no_such_table", "gives no value"),
        ("selec", "gives no value"),
        ("", ""),
        ("-- nothing", ""),
        ("select count(*) from rated\0 where false", "NUL"),
    ],
)
def test_any_other_answer_is_unknown(repo: Repository, database: Database, query: str, words: str) -> None:
    unknown(database.ask(repo, query), words)


def test_the_traffic_is_counted_too(repo: Repository, database: Database) -> None:
    traffic = Traffic("select count(*) from rated where title is not null", 1)
    assert database.ask(repo, "select 0", traffic) == Measured(0, NOW, 2)


@pytest.mark.parametrize("query", ["select null", "select count(*) from no_such_table", "select title from rated"])
def test_without_its_traffic_a_value_is_nothing(repo: Repository, database: Database, query: str) -> None:
    assert isinstance(database.ask(repo, "select 0"), Measured)
    unknown(database.ask(repo, "select 0", Traffic(query, 1)))


@pytest.mark.parametrize(
    "query",
    [
        "drop table rated",
        "select 1; drop table rated",
        "select 1; commit; drop table rated",
        "delete from rated",
        "delete from rated returning 1",
        "insert into rated values (9, 'x', 1) returning id",
        "with gone as (delete from rated returning 1) select count(*) from gone",
        "create table mine (id integer)",
        "commit",
        "rollback",
        "pragma user_version = 5",
        "update sqlite_master set sql = 'x'",
    ],
)
def test_a_query_changes_nothing(repo: Repository, database: Database, query: str) -> None:
    before = database.execute("select * from rated")
    unknown(database.ask(repo, query))
    unknown(database.ask(repo, "select 1", Traffic(query, 1)))
    assert database.execute("select * from rated") == before
    with pytest.raises((sqlite3.Error, psycopg.Error)):
        database.execute("select * from mine")


def test_tables_that_are_there_are_counted(repo: Repository, database: Database) -> None:
    database.execute('create table "Odd Name" (id integer)')
    database.execute("create view shown as select 1 as one")
    assert database.tables(repo, "rated") == Measured(1, NOW)
    assert database.tables(repo, "rated", "gone", "Odd Name", "RATED", "shown") == Measured(4, NOW)
    assert database.tables(repo, "bonuses.rated", "bonuses.gone") == Measured(1, NOW), "a service's name stands before"
    assert database.tables(repo, "gone", "it's; drop table rated --", "rate_", "%") == Measured(0, NOW)
    database.execute("drop table rated")
    assert database.tables(repo, "rated") == Measured(0, NOW)


@pytest.mark.parametrize("dsn", ["mysql://me:hunter2-of-the-customer@host/db", "hunter2-of-the-customer", "oracle:x"])
def test_a_dsn_of_another_kind_is_unknown(repo: Repository, dsn: str) -> None:
    unknown(read(Probe(Sql("${DSN}", "select 1")), place(repo, DSN=dsn)), "no database that can be read")


def test_a_variable_that_is_not_set_is_named(repo: Repository) -> None:
    found = unknown(read(Probe(Sql("${NOWHERE_DSN}", "select 1")), place(repo)), "not set")
    assert "NOWHERE_DSN" in str(found.next_step)


# SQLite alone


def test_a_file_of_sqlite_may_stand_in_the_project(repo: Repository, sqlite: Database) -> None:
    sqlite3.connect(repo.folder / "x.db").close()
    assert read(Probe(Sql("sqlite:x.db", "select 5")), place(repo)) == Measured(5, NOW)
    unknown(read(Probe(Sql("sqlite:absent.db", "select 5")), place(repo)), "SQLITE_CANTOPEN")
    assert not (repo.folder / "absent.db").exists()
    repo.write("text.db", f"{SECRET}\n" * 100)
    unknown(read(Probe(Sql("sqlite:text.db", "select count(*) from x")), place(repo)), "SQLITE_NOTADB")


@pytest.mark.parametrize(
    "query",
    [
        "vacuum into 'copy.db'",
        "attach database 'copy.db' as other",
        "attach database 'file:copy.db?mode=rwc' as other",
        "select load_extension('copy.db')",
        "pragma journal_mode = delete",
    ],
)
def test_sqlite_writes_no_file(repo: Repository, sqlite: Database, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.folder)
    unknown(sqlite.ask(repo, query))
    assert not (repo.folder / "copy.db").exists()


def test_sqlite_knows_its_columns(repo: Repository, sqlite: Database) -> None:
    assert sqlite.ask(repo, "select count(*) from pragma_table_info('rated') where name = 'stars'") == Measured(1, NOW)


ENDLESS = "with recursive r(n) as (select 1 union all select n + 1 from r) select {} from r"


def test_sqlite_is_interrupted(repo: Repository, sqlite: Database) -> None:
    unknown(sqlite.ask(repo, ENDLESS.format("count(*)"), seconds=1), "in time")
    unknown(sqlite.ask(repo, "select 0", Traffic(ENDLESS.format("count(*)"), 1), seconds=1), "in time")
    eventually(lambda: not [thread for thread in threading.enumerate() if thread.name == "probe"])


@pytest.mark.parametrize(
    "query", ["select length(zeroblob(900000000))", "select 1e999", "select -1e999", "select 9e999 - 9e999"]
)
def test_sqlite_gives_nothing_that_is_too_big(repo: Repository, sqlite: Database, query: str) -> None:
    unknown(sqlite.ask(repo, query))


def test_sqlite_waits_for_a_lock_and_no_longer(repo: Repository, tmp_path: Path) -> None:
    writer = sqlite3.connect(tmp_path / "locked.db")
    try:
        writer.execute("create table rated (id integer)")
        writer.execute("begin exclusive")
        unknown(
            read(Probe(Sql(f"sqlite://{tmp_path / 'locked.db'}", "select count(*) from rated")), place(repo), seconds=1)
        )
    finally:
        writer.close()


# PostgreSQL alone


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("select 1.5::numeric", 1.5),
        ("select 3.00::numeric", 3),
        ("select 12345678901234567890::numeric", 12345678901234567890),
        ("select 2.5::float4", 2.5),
        ("select 7::smallint", 7),
        ("select avg(id) from rated", 2),
        ("select id from rated where title ~ '^\\w+2' or title like '100%s'", 1),
    ],
)
def test_numbers_of_postgres(repo: Repository, postgres: Database, query: str, value: float) -> None:
    found = postgres.ask(repo, query)
    assert found == Measured(value, NOW)
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    "query",
    [
        "select true",
        "select 'NaN'::float8",
        "select 'Infinity'::float8",
        "select 'NaN'::numeric",
        "select 1e-400::numeric",
        "select 10::numeric ^ 1000",
        "select repeat('7', 100000000)",
        "select array[1]",
        "select",
        "show server_version_num",
        "select $1::int",
    ],
)
def test_postgres_gives_no_number(repo: Repository, postgres: Database, query: str) -> None:
    unknown(postgres.ask(repo, query))


@pytest.mark.parametrize(
    "query",
    [
        "set transaction read write",
        "select set_config('transaction_read_only', 'off', false)",
        "select 1 from set_config('transaction_read_only', 'off', false)",
        "select spoil()",
        "select 1 + spoil()",
        "call spoil_and_commit()",
        "do $$ begin commit; drop table rated; end $$",
        "do $$ begin execute 'set transaction read write'; drop table rated; end $$",
        "set session characteristics as transaction read write",
        "copy rated to program 'touch copied'",
        "select nextval('rated_numbers')",
        "select 1 into mine",
        "explain analyze delete from rated",
        "select id from rated where id = 1 for update",
        "lock table rated",
        "prepare transaction 'x'",
    ],
)
def test_a_query_cannot_leave_the_read_only_transaction(repo: Repository, postgres: Database, query: str) -> None:
    postgres.execute("create sequence rated_numbers")
    postgres.execute(
        """create function spoil() returns int language plpgsql as $$
        begin execute 'set transaction read write'; delete from rated; return 1; end $$"""
    )
    postgres.execute(
        """create procedure spoil_and_commit() language plpgsql as $$
        begin commit; set transaction read write; delete from rated; commit; end $$"""
    )
    unknown(postgres.ask(repo, query))
    unknown(postgres.ask(repo, "select 1", Traffic(query, 1)))
    assert len(postgres.execute("select * from rated")) == 3
    assert postgres.execute("select nextval('rated_numbers')") == [(1,)]


def test_value_and_traffic_are_seen_at_one_moment(repo: Repository, postgres: Database) -> None:
    """A row that arrives between the two queries is seen by neither."""
    postgres.execute("create extension dblink")
    own = f"dblink('{postgres.dsn}', 'insert into rated values (4) returning id') as t(id int)"
    found = postgres.ask(repo, f"select id from {own}", Traffic("select count(*) from rated", 1))
    assert found == Measured(4, NOW, 3)
    assert len(postgres.execute("select * from rated")) == 4


def test_postgres_is_timed_out(repo: Repository, postgres: Database) -> None:
    unknown(postgres.ask(repo, "select 1 from pg_sleep(600)", seconds=2), "in time")
    unknown(postgres.ask(repo, "select 0", Traffic("select 1 from pg_sleep(600)", 1), seconds=2), "in time")
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    eventually(lambda: postgres.execute(others) == [(0,)])


def test_a_query_for_a_text_is_not_even_run(repo: Repository, postgres: Database) -> None:
    """It could be a long one."""
    unknown(postgres.ask(repo, "select 'x' from pg_sleep(600)", seconds=10), "no number")


def test_a_function_cannot_switch_the_timeout_off_for_the_next_query(repo: Repository, postgres: Database) -> None:
    traffic = Traffic("select 1 from pg_sleep(600)", 1)
    unknown(
        postgres.ask(repo, "select length(set_config('statement_timeout', '0', false))", traffic, seconds=2), "in time"
    )


def test_a_server_that_says_nothing_is_timed_out(repo: Repository) -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        dsn = f"postgresql://me:{SECRET}@127.0.0.1:{silent.getsockname()[1]}/x"
        unknown(read(Probe(Sql(dsn, "select 1")), place(repo), seconds=1))


def test_a_failure_is_told_by_its_kind_alone(repo: Repository, postgres: Database) -> None:
    """The server's own words hold the row, the driver's the DSN."""
    found = unknown(postgres.ask(repo, "select title::int from rated where id = 1"), "SQLSTATE 22P02")
    assert found.reason == "PostgreSQL gives no value (InvalidTextRepresentation, SQLSTATE 22P02)"
    raising = f"create function tell() returns int language plpgsql as $$ begin raise exception '{SECRET}'; end $$"
    postgres.execute(raising)
    unknown(postgres.ask(repo, "select tell()"), "SQLSTATE P0001")
    server = urlsplit(postgres.dsn)
    for dsn in (
        f"postgresql://owner:{SECRET}@127.0.0.1:{server.port}/postgres",
        f"postgresql://owner@127.0.0.1:{server.port}/{SECRET}",
        f"postgresql://owner:{SECRET}@127.0.0.1:1/postgres",
        f"postgresql://owner:{SECRET}@127.0.0.1:{server.port}/postgres?no_such_option={SECRET}",
        f"host=127.0.0.1 password={SECRET} port",
    ):
        unknown(read(Probe(Sql("${DSN}", "select 1")), place(repo, DSN=dsn)), "PostgreSQL cannot be reached")


def test_nothing_is_printed_by_the_driver(repo: Repository, postgres: Database) -> None:
    """Without a logging set-up, Python prints a library's warnings."""
    code = (
        "import datetime, pathlib, os\n"
        "from schemagate.observe.probes import Place, read\n"
        "from schemagate.project.git import open_repository\n"
        "from schemagate.rollout.probes import Probe, Sql\n"
        "root = pathlib.Path.cwd()\n"
        "here = Place(root, open_repository(root), 'HEAD', os.environ, lambda: datetime.datetime.now(datetime.UTC))\n"
        "query = 'select 1 from pg_terminate_backend(pg_backend_pid())'\n"
        "print(type(read(Probe(Sql('${DSN}', query)), here)).__name__)\n"
    )
    repo.commit()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=repo.folder, env={**os.environ, "DSN": postgres.dsn}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("Unknown\n", "")


def test_a_table_without_rights_on_it_is_there(repo: Repository, postgres: Database) -> None:
    postgres.execute("create schema hidden")
    postgres.execute("create table hidden.ratings (id int)")
    name = f"reader_{abs(hash(postgres.dsn))}"
    postgres.execute(f"create role {name} login password 'x'")
    try:
        dsn = postgres.dsn.replace("owner:pass-of-the-owner", f"{name}:x")
        here = place(repo, DSN=dsn)
        unknown(read(Probe(Sql("${DSN}", "select count(*) from hidden.ratings")), here), "SQLSTATE 42501")
        hides = "select count(*) from information_schema.tables where table_name = 'ratings'"
        assert read(Probe(Sql("${DSN}", hides)), here) == Measured(0, NOW)
        assert read(Probe(Tables("${DSN}", ("ratings", "hidden.ratings"))), here) == Measured(2, NOW)
        assert read(Probe(Tables("${DSN}", ("public.ratings",))), here) == Measured(0, NOW)
    finally:
        postgres.execute(f"drop role {name}")


def test_a_partitioned_table_is_there_and_a_system_table_is_not(repo: Repository, postgres: Database) -> None:
    postgres.execute("create table parts (id int) partition by range (id)")
    postgres.execute("create materialized view seen as select 1 as one")
    assert postgres.tables(repo, "parts", "seen", "pg_class", "tables") == Measured(2, NOW)


def test_without_the_extra_it_is_named(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    found = unknown(read(Probe(Sql(f"postgresql://me:{SECRET}@h/x", "select 1")), place(repo)), "the extra `postgres`")
    assert found.next_step == 'pip install "schemagate-events[postgres]"'
