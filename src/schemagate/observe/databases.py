"""What number does a query give? Asked where nothing can be changed: SQLite and PostgreSQL.

A driver's words can hold rows and passwords: of an error only its kind is told.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from schemagate.errors import NoAnswer
from schemagate.observe.numbers import number

if TYPE_CHECKING:
    import psycopg

Number: TypeAlias = int | float
Question: TypeAlias = str | tuple[str, ...]
"""A query; or names of tables, of which those that exist are counted."""

_T = TypeVar("_T")
_IN_TIME: Final = ("the database gave no value in time", "make the query quicker, or look at what locks the table")
_LONGEST_VALUE: Final = 1 << 26
"""Bytes of a value inside a query of SQLite."""
_NUMERIC: Final = {20, 21, 23, 700, 701, 1700}
"""PostgreSQL's ids of int8, int2, int4, float4, float8 and numeric."""


def ask(dsn: str, questions: Sequence[Question], root: Path, until: float) -> list[Number]:
    """The values of the questions, seen at one moment; raises NoAnswer. `until` is a reading of `monotonic`."""
    if any("\0" in text for question in questions for text in ([question] if isinstance(question, str) else question)):
        raise NoAnswer("the query holds a NUL character", next_step="correct the probe's query")
    if dsn.startswith("sqlite:"):
        file = root / re.sub(r"^sqlite:(//(?=/))?", "", dsn)
        return _within(until, lambda: _sqlite(file, questions, until))
    if re.match(r"postgres(ql)?://|\s*\w+\s*=", dsn):
        return _within(until, lambda: _postgres(dsn, questions, until))
    raise NoAnswer(
        "the dsn is of no database that can be read",
        next_step="write sqlite:FILE, sqlite:///FILE or postgresql://HOST/NAME",
    )


def _within(until: float, work: Callable[[], _T]) -> _T:
    """What the work comes to, which ends by itself as far as it can; where it cannot, it is left behind."""
    done: list[_T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # noqa: BLE001 - raised below, where somebody listens
            failed.append(error)

    thread = Thread(target=run, name="probe", daemon=True)
    thread.start()
    thread.join(max(0, until - monotonic()))
    if failed:
        raise failed[0]
    if not done:
        raise NoAnswer(_IN_TIME[0], next_step=_IN_TIME[1])
    return done[0]


def _one_value(columns: int, rows: Sequence[Sequence[Any]]) -> Number:
    if columns != 1:
        raise NoAnswer(f"the query gives {columns} columns", next_step="select one number, as count(*) is")
    if len(rows) != 1:
        raise NoAnswer(f"the query gives {'several rows' if rows else 'no row'}", next_step="select exactly one row")
    value = number(rows[0][0])
    if value is None:
        what = "NULL" if rows[0][0] is None else f"no finite number ({type(rows[0][0]).__name__})"
        raise NoAnswer(f"the query gives {what}", next_step="select one number, as count(*) is")
    return value


def _qualified(name: str) -> tuple[str, str]:
    """Schema ("" where not named) and table, in lower case: SQL takes `Ratings` for `ratings`."""
    schema, _, table = name.replace('"', "").lower().rpartition(".")
    return schema.rpartition(".")[2], table


# SQLite


def _sqlite(file: Path, questions: Sequence[Question], until: float) -> list[Number]:
    try:
        address = f"{file.absolute().as_uri()}?mode=ro"
        left = max(0.0, until - monotonic())
        with closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=left)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
            connection.set_progress_handler(lambda: monotonic() > until, 10_000)
            connection.text_factory = bytes
            connection.execute("begin")
            connection.set_authorizer(_only_reads)
            return [_value_in_sqlite(connection, question) for question in questions]
    except (sqlite3.Error, ValueError, OverflowError) as error:
        kind = getattr(error, "sqlite_errorname", type(error).__name__)
        if kind == "SQLITE_INTERRUPT":
            raise NoAnswer(_IN_TIME[0], next_step=_IN_TIME[1]) from None
        raise NoAnswer(
            f"SQLite gives no value ({kind})", next_step="check that the file is there, and try the query in sqlite3"
        ) from None


def _value_in_sqlite(connection: sqlite3.Connection, question: Question) -> Number:
    if isinstance(question, tuple):
        found = connection.execute("select lower(name) from sqlite_master where type in ('table', 'view')")
        here = {name for (name,) in found}
        return sum(bool(here & {name.lower().encode(), _qualified(name)[1].encode()}) for name in question)
    cursor = connection.execute(question)
    return _one_value(len(cursor.description or [""]), cursor.fetchmany(2))


def _only_reads(action: int, first: str | None, *_: str | None) -> int:
    """A file that is opened for reading still lets a query write others: VACUUM INTO, ATTACH."""
    reads = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
    looks = action == sqlite3.SQLITE_PRAGMA and first in ("table_info", "table_xinfo", "table_list", "index_list")
    # so SQLite announces a virtual table that a query reads, to itself; the file stays closed for writing
    declares = action == sqlite3.SQLITE_UPDATE and first == "sqlite_master"
    return sqlite3.SQLITE_OK if action in reads or looks or declares else sqlite3.SQLITE_DENY


# PostgreSQL


def _postgres(dsn: str, questions: Sequence[Question], until: float) -> list[Number]:
    try:
        import psycopg
    except ImportError:
        raise NoAnswer(
            "PostgreSQL is read with the extra `postgres`, which is not installed",
            next_step='pip install "schemagate-events[postgres]"',
        ) from None
    try:
        return _values_in_postgres(dsn, questions, until)
    except psycopg.errors.QueryCanceled:
        raise NoAnswer(_IN_TIME[0], next_step=_IN_TIME[1]) from None
    except (psycopg.Error, OSError, ValueError) as error:
        kind = type(error).__name__
        state = getattr(error, "sqlstate", None)
        if state is None:
            reason, next_step = f"PostgreSQL cannot be reached ({kind})", "check the dsn: psql DSN -c 'select 1'"
        else:
            reason, next_step = f"PostgreSQL gives no value ({kind}, SQLSTATE {state})", "try the query in psql"
        raise NoAnswer(reason, next_step=next_step) from None


def _values_in_postgres(dsn: str, questions: Sequence[Question], until: float) -> list[Number]:
    import psycopg

    left = max(2, int(until - monotonic()))
    with closing(
        psycopg.connect(dsn, connect_timeout=left, client_encoding="utf-8", fallback_application_name="schemagate")
    ) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return [_value_in_postgres(connection, question, until) for question in questions]


def _value_in_postgres(connection: psycopg.Connection[Any], question: Question, until: float) -> Number:
    # also the first query of the transaction: from then on nothing inside it can make it writable
    left = max(1, int((until - monotonic()) * 1000))
    connection.execute("select set_config('statement_timeout', %s, true)", (str(left),))
    if isinstance(question, tuple):
        return sum(_is_table(connection, name) for name in question)
    cursor = connection.cursor()
    # a cursor takes nothing but a query; `binary` sends it in the protocol that takes one statement only
    cursor.execute(b"declare probe no scroll cursor for " + question.encode(), binary=True)
    columns = cursor.execute("fetch 0 from probe").description or []
    if len(columns) == 1 and columns[0].type_code not in _NUMERIC:  # so that no long text is fetched
        raise NoAnswer("the query gives no number", next_step="select one number, as count(*) is")
    rows = cursor.execute("fetch 2 from probe").fetchall() if len(columns) == 1 else []
    cursor.execute("close probe")
    return _one_value(len(columns), rows)


def _is_table(connection: psycopg.Connection[Any], name: str) -> bool:
    """In pg_class, which shows what we have no rights on; a schema that is not there may have been a service's name."""
    schema, table = _qualified(name)
    found = connection.execute(
        """
        select exists (
            select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'f', 'v', 'm')
                and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_t%%'
                and (
                    lower(c.relname) = %(name)s
                    or lower(c.relname) = %(table)s and (lower(n.nspname) = %(schema)s or not exists (
                        select from pg_catalog.pg_namespace where lower(nspname) = %(schema)s))
                )
        )
        """,
        {"name": name.lower(), "table": table, "schema": schema},
    ).fetchone()
    return found is None or bool(found[0])
