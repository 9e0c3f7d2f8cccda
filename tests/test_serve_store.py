"""What survives, what is refused at open, and what happens when the disk or a lock does not play along."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_conformance import AVRO_V1, AVRO_V2, Registry
from schemagate.errors import NoAnswer
from schemagate.registry.wire import Config, StoredSchema
from schemagate.serve.app import create_app
from schemagate.serve.in_process import transport
from schemagate.serve.store import LAYOUT, Store


def asking(store: Store) -> Registry:
    return Registry(httpx.Client(transport=transport(create_app(store)), base_url="http://embedded"))


def test_the_local_folder_is_made_and_ignored_by_git(tmp_path: Path) -> None:
    with Store(tmp_path / ".schemagate" / "registry.sqlite"):
        assert (tmp_path / ".schemagate" / ".gitignore").read_text() == "*\n"


def test_another_folder_is_left_alone(tmp_path: Path) -> None:
    with Store(tmp_path / "mine" / "registry.sqlite"):
        assert [path.name for path in (tmp_path / "mine").iterdir()] == ["registry.sqlite"]


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with Store(path) as store:
        asking(store).register("s", AVRO_V1)
        asking(store).level("s", "FULL")
        before = asking(store).ask("GET", "subjects", "s", "versions", 1)
    with Store(path) as store:
        assert asking(store).ask("GET", "subjects", "s", "versions", 1) == before
        assert asking(store).ask("GET", "config", "s") == {"compatibilityLevel": "FULL"}


def test_two_open_stores_see_each_other(tmp_path: Path) -> None:
    with Store(tmp_path / "registry.sqlite") as one, Store(tmp_path / "registry.sqlite") as two:
        first = asking(one).register("s", AVRO_V1)
        assert asking(two).register("s", AVRO_V1) == first
        asking(two).register("s", AVRO_V2)
        assert asking(one).ask("GET", "subjects", "s", "versions") == [1, 2]


def no_database(path: Path) -> None:
    path.write_text("this is a text, and a long one so that it cannot pass for an empty database\n" * 100)


def other_application(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()


def from_the_future(path: Path) -> None:
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {LAYOUT + 1}")
    connection.close()


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("prepare", [no_database, other_application, from_the_future, a_folder])
def test_a_file_that_is_not_ours_is_refused_and_kept(tmp_path: Path, prepare: Callable[[Path], None]) -> None:
    path = tmp_path / "registry.sqlite"
    prepare(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(NoAnswer) as refused:
        Store(path)
    assert str(path) in refused.value.message
    assert refused.value.next_step
    assert before == (path.read_bytes() if path.is_file() else b"")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoAnswer, match="cannot be opened"):
        Store(tmp_path / "file" / "registry.sqlite")


def test_a_lock_that_is_never_released(tmp_path: Path) -> None:
    """Reads go on, a write is a 5xx and leaves nothing, and everything works again afterwards."""
    path = tmp_path / "registry.sqlite"
    with Store(path, lock_timeout=0.05) as store:
        registry = asking(store)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        registry.fails(50001, "POST", "subjects", "s", "versions", body={"schema": AVRO_V1})
        assert registry.ask("GET", "subjects") == []
        with pytest.raises(NoAnswer, match="locked"):
            Store(path, lock_timeout=0.05)
        other.close()
        assert registry.register("s", AVRO_V1) == 1


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path / "registry.sqlite") as store:
        registry = asking(store)
        registry.register("s", AVRO_V1)
        original = store._connect

        def connect_to_a_full_disk() -> sqlite3.Connection:
            connection = original()
            connection.execute("PRAGMA max_page_count = 1")  # the smallest that SQLite allows: what is there already
            return connection

        store._idle.clear()
        monkeypatch.setattr(store, "_connect", connect_to_a_full_disk)
        large = json.dumps({"type": "record", "name": "R", "doc": "x" * 20_000, "fields": []})
        message = registry.fails(50001, "POST", "subjects", "large", "versions", body={"schema": large})
        assert "full" in message
        assert registry.ask("GET", "subjects") == ["s"]
        monkeypatch.undo()
        store._idle.clear()
        assert registry.register("large", large) == 2


def test_a_file_that_became_read_only(tmp_path: Path) -> None:
    with Store(tmp_path / "registry.sqlite") as store:
        registry = asking(store)
        registry.register("s", AVRO_V1)
        for connection in store._idle:
            connection.execute("PRAGMA query_only = 1")
        registry.fails(50001, "POST", "subjects", "t", "versions", body={"schema": AVRO_V1})
        assert registry.ask("GET", "subjects") == ["s"]


def test_a_write_that_raises_leaves_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "registry.sqlite") as store:

        def fail_halfway() -> None:
            with store.writing() as records:
                records.add("s", 1, StoredSchema("x", guid="g"))
                records.put_config("s", Config("FULL"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_halfway()
        with store.reading() as records:
            assert (records.history("s"), records.id_of("g"), records.config("s")) == ((), None, None)


STEPS = st.lists(
    st.tuples(st.sampled_from(["register", "register", "delete", "forget", "drop", "purge"]), st.integers(0, 3)),
    max_size=14,
)


@given(STEPS)
@settings(max_examples=25)
def test_an_id_is_never_bound_to_a_second_content(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """Whatever is registered and deleted: ids keep their content and grow, numbers repeat only after a purge."""
    bound: dict[int, str] = {}
    with Store(tmp_path_factory.mktemp("store") / "registry.sqlite") as store:
        registry = asking(store)
        registry.ask("PUT", "config", body={"compatibility": "NONE"})
        for step, choice in steps:
            text = json.dumps({"type": "fixed", "name": "F", "size": choice + 1})
            if step == "register":
                schema_id = registry.register("s", text)
                assert bound.setdefault(schema_id, text) == text
            else:
                target = ("subjects", "s") if step in ("drop", "purge") else ("subjects", "s", "versions", choice + 1)
                query = {"permanent": "true"} if step in ("forget", "purge") else {}
                assert registry.answer("DELETE", *target, query=query).status_code in (200, 404)
        with store.reading() as records:
            shown = [version.number for version in records.history("s")]
            assert shown == sorted(set(shown))
        assert list(bound) == sorted(bound)
