"""Where do registered schemas stay? One SQLite file, which two processes may have open at once.

Every write is one transaction that takes the write lock first (BEGIN IMMEDIATE), so a decision and what follows from
it are never torn apart; it is on the disk before it is acknowledged (synchronous=FULL, rollback journal). Contents are
never removed, so that an id is never bound to a second content.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from schemagate.errors import NoAnswer
from schemagate.registry.wire import Config, RegisteredSchema, StoredSchema
from schemagate.serve.history import Version

LOCK_TIMEOUT: Final = 10.0
"""Seconds that a transaction waits for the one of another process."""

LAYOUT: Final = 1
"""`user_version` of the file; raised with every change of the tables."""

APPLICATION: Final = 0x53475247
"""`application_id` of the file ("SGRG"), so that no other application's database is taken for ours."""

_TABLES: Final = (
    "CREATE TABLE contents (id INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE, type TEXT NOT NULL, text TEXT NOT NULL)",
    """CREATE TABLE versions (subject TEXT NOT NULL, version INTEGER NOT NULL, id INTEGER NOT NULL REFERENCES contents,
       deleted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (subject, version))""",
    "CREATE INDEX versions_by_id ON versions (id)",
    "CREATE TABLE configs (subject TEXT PRIMARY KEY, level TEXT, policy TEXT)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {LAYOUT}",
)

_VERSIONS: Final = "SELECT subject, version, id, text, type, guid, deleted FROM versions JOIN contents USING (id)"

_GLOBAL: Final = ""  # no subject has an empty name


class Records:
    """What one transaction sees and changes. `subject` None means the global config."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def history(self, subject: str) -> tuple[Version, ...]:
        """All versions of a subject, the deleted ones included, oldest first."""
        return self._versions(f"{_VERSIONS} WHERE subject = ? ORDER BY version", subject)

    def uses(self, schema_id: int) -> tuple[Version, ...]:
        """All versions of all subjects with this id, the deleted ones included."""
        return self._versions(f"{_VERSIONS} WHERE id = ? ORDER BY subject, version", schema_id)

    def id_of(self, guid: str) -> int | None:
        """The id of a content that was ever registered."""
        row = self._connection.execute("SELECT id FROM contents WHERE guid = ?", (guid,)).fetchone()
        return None if row is None else int(row[0])

    def subjects(self) -> dict[str, bool]:
        """Every subject in alphabetic order, and whether it has a live version."""
        query = "SELECT subject, min(deleted) FROM versions GROUP BY subject ORDER BY subject"
        return {subject: not deleted for subject, deleted in self._connection.execute(query)}

    def add(self, subject: str, number: int, content: StoredSchema) -> RegisteredSchema:
        """Store a version; its content gets the id that it always had, or the next one."""
        guid = content.guid or ""
        schema_id = self.id_of(guid)
        if schema_id is None:
            row = (guid, content.schema_type, content.schema)
            schema_id = self._connection.execute(
                "INSERT INTO contents (id, guid, type, text)"
                " VALUES ((SELECT coalesce(max(id), 0) + 1 FROM contents), ?, ?, ?) RETURNING id",
                row,
            ).fetchone()[0]
        self._connection.execute(
            "INSERT INTO versions (subject, version, id) VALUES (?, ?, ?)", (subject, number, schema_id)
        )
        return RegisteredSchema(subject, number, schema_id, content.schema, content.schema_type, (), guid)

    def hide(self, subject: str, number: int) -> None:
        """Soft-delete a version."""
        self._connection.execute("UPDATE versions SET deleted = 1 WHERE subject = ? AND version = ?", (subject, number))

    def remove(self, subject: str, number: int) -> None:
        """Delete a version for good."""
        self._connection.execute("DELETE FROM versions WHERE subject = ? AND version = ?", (subject, number))

    def config(self, subject: str | None) -> Config | None:
        """The config that was set here, None if none was."""
        query = "SELECT level, policy FROM configs WHERE subject = ?"
        row = self._connection.execute(query, (subject or _GLOBAL,)).fetchone()
        return None if row is None else Config(*row)

    def put_config(self, subject: str | None, config: Config) -> None:
        """Set it; a config that sets nothing is removed."""
        self.delete_config(subject)
        if config.level or config.policy:
            row = (subject or _GLOBAL, config.level, config.policy)
            self._connection.execute("INSERT INTO configs VALUES (?, ?, ?)", row)

    def delete_config(self, subject: str | None) -> None:
        """Forget it."""
        self._connection.execute("DELETE FROM configs WHERE subject = ?", (subject or _GLOBAL,))

    def _versions(self, query: str, value: str | int) -> tuple[Version, ...]:
        rows = self._connection.execute(query, (value,))
        return tuple(
            Version(RegisteredSchema(subject, version, schema_id, text, schema_type, (), guid), bool(deleted))
            for subject, version, schema_id, text, schema_type, guid, deleted in rows
        )


class Store:
    """An open registry file; safe to use from several threads. Close it, or use it in a `with` statement."""

    def __init__(self, path: Path, lock_timeout: float = LOCK_TIMEOUT) -> None:
        """Open the file at `path` or create it; `lock_timeout` is in seconds. Raises NoAnswer."""
        self._path = path
        self._lock_timeout = lock_timeout
        self._is_closed = False
        self._idle: list[sqlite3.Connection] = []
        self._one_writer = threading.Lock()  # threads queue here, instead of polling the file's lock
        try:
            _prepare_folder(path.parent)
            with self._transaction("BEGIN IMMEDIATE") as connection:
                _prepare_tables(connection, path)
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise NoAnswer(
                f"the embedded registry {path} cannot be opened: {error}",
                next_step="make the file writable, move it away, or name another one",
            ) from error
        except NoAnswer:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Records]:
        """One consistent view; raises sqlite3.Error."""
        with self._transaction("BEGIN") as connection:
            yield Records(connection)

    @contextmanager
    def writing(self) -> Iterator[Records]:
        """One transaction, kept if the block ends well and undone if it raises; raises sqlite3.Error."""
        with self._one_writer, self._transaction("BEGIN IMMEDIATE") as connection:
            yield Records(connection)

    def close(self) -> None:
        """Close all connections; transactions that still run close theirs when they end."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        try:
            connection.execute(begin)
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            connection.close()  # which undoes whatever is open, even when a ROLLBACK would fail
            raise
        self._idle.append(connection)
        if self._is_closed:
            self.close()

    def _connection(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._lock_timeout, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection


def _prepare_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if folder.name == ".schemagate" and not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def _prepare_tables(connection: sqlite3.Connection, path: Path) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not tables:
        for statement in _TABLES:
            connection.execute(statement)
        return
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    layout = connection.execute("PRAGMA user_version").fetchone()[0]
    if (application, layout) != (APPLICATION, LAYOUT):
        what = (
            f"has layout {layout}, this version knows {LAYOUT}" if application == APPLICATION else "is another database"
        )
        raise NoAnswer(f"{path} {what}", next_step="name another file, or move this one away")
