"""The embedded registry over a real socket: many clients at once, signals, and a kill in the middle of writing."""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from registry_conformance import AVRO_V1, Registry
from schemagate.errors import SchemagateError
from schemagate.serve import http
from schemagate.serve.app import create_app
from schemagate.serve.store import Store
from serve_process import Running, serving

THREADS = 8


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("store") / "registry.sqlite") as running:
        yield running


def adding(field: int) -> str:
    """A record that is compatible with all of its kind in both directions."""
    fields = [{"name": f"f{field}", "type": "int", "default": 0}]
    return json.dumps({"type": "record", "name": "R", "fields": fields})


def in_parallel(server: Running, work: Callable[[Registry, int], httpx.Response]) -> list[httpx.Response]:
    """The answers of as many clients, each with a connection of its own, that start together."""
    barrier = threading.Barrier(THREADS)

    def one(number: int) -> httpx.Response:
        with server.client() as client:
            registry = Registry(client)
            registry.ask("GET", "subjects")  # connected
            barrier.wait()
            return work(registry, number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def test_the_same_registration_in_parallel_is_one_version(server: Running) -> None:
    body = {"schema": AVRO_V1}
    answers = in_parallel(
        server, lambda registry, _: registry.answer("POST", "subjects", "same", "versions", body=body)
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({(answer.json()["id"], answer.json()["version"]) for answer in answers}) == 1


def test_different_registrations_in_parallel_get_their_own_versions(server: Running) -> None:
    def work(registry: Registry, number: int) -> httpx.Response:
        answer = registry.answer("POST", "subjects", "own", "versions", body={"schema": adding(number)})
        version = answer.json()["version"]
        assert registry.ask("GET", "subjects", "own", "versions", version)["id"] == answer.json()["id"]
        assert version in registry.ask("GET", "subjects", "own", "versions")
        return answer

    answers = in_parallel(server, work)
    assert sorted(answer.json()["version"] for answer in answers) == list(range(1, THREADS + 1))
    assert len({answer.json()["id"] for answer in answers}) == THREADS


def test_incompatible_registrations_in_parallel_are_as_in_a_row(server: Running) -> None:
    """Each needs a field that no other one has: exactly one is the first, and the rest are incompatible with it."""

    def work(registry: Registry, number: int) -> httpx.Response:
        fields = [{"name": f"f{number}", "type": "int"}]
        schema = json.dumps({"type": "record", "name": "R", "fields": fields})
        return registry.answer("POST", "subjects", "race", "versions", body={"schema": schema})

    assert sorted(answer.status_code for answer in in_parallel(server, work)) == [200] + [409] * (THREADS - 1)


def test_one_of_those_who_want_the_same_number_wins(server: Running) -> None:
    def work(registry: Registry, number: int) -> httpx.Response:
        body = {"schema": adding(number % 2), "version": 1}
        return registry.answer("POST", "subjects", "cas", "versions", body=body)

    answers = in_parallel(server, work)
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * (THREADS - 1)
    with server.client() as client:
        assert Registry(client).ask("GET", "subjects", "cas", "versions") == [1]


def test_what_two_processes_register_is_one_registry(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with serving(path) as one, serving(path) as two:

        def register(server: Running, offset: int) -> set[tuple[int, int]]:
            with server.client() as client:
                registry = Registry(client)
                bodies = [{"schema": adding(offset + number)} for number in range(10)]
                answers = [registry.ask("POST", "subjects", "s", "versions", body=body) for body in bodies]
            return {(answer["id"], answer["version"]) for answer in answers}

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(register, (one, two), (0, 10))
        assert {version for _, version in first | second} == set(range(1, 21))
        assert len({schema_id for schema_id, _ in first | second}) == 20


@pytest.mark.parametrize("attempt", range(3))
def test_nothing_acknowledged_is_lost_by_a_kill(tmp_path: Path, attempt: int) -> None:
    """Four clients register while the server is killed: what was acknowledged is there, and nothing is half there."""
    path = tmp_path / "registry.sqlite"
    acknowledged: dict[tuple[str, int], int] = {}
    enough = threading.Event()

    def register(server: Running, subject: str) -> None:
        with server.client() as client:
            for number in range(10_000):
                try:
                    answer = client.post(f"/subjects/{subject}/versions", json={"schema": adding(number)})
                except httpx.TransportError:
                    return
                acknowledged[subject, answer.json()["version"]] = answer.json()["id"]
                if len(acknowledged) > 25 + 7 * attempt:
                    enough.set()

    with serving(path) as server, ThreadPoolExecutor(4) as pool:
        for subject in "abcd":
            pool.submit(register, server, subject)
        assert enough.wait(30)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    with serving(path) as server, server.client() as client:
        must_hold(Registry(client), acknowledged)


def must_hold(registry: Registry, acknowledged: dict[tuple[str, int], int]) -> None:
    highest = 0
    for subject in "abcd":
        numbers = registry.ask("GET", "subjects", subject, "versions")
        assert numbers == list(range(1, len(numbers) + 1))
        assert {number for name, number in acknowledged if name == subject} <= set(numbers)
        for number in numbers:
            found = registry.ask("GET", "subjects", subject, "versions", number)
            assert acknowledged.get((subject, number), found["id"]) == found["id"]
            by_id = registry.ask("GET", "schemas", "ids", found["id"])
            assert json.loads(by_id["schema"]) == json.loads(found["schema"]) == json.loads(adding(number - 1))
            highest = max(highest, found["id"])
    assert registry.register("new", '"string"') == highest + 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path / "registry.sqlite") as server, server.client() as client:
        assert client.get("/").json() == {}
        server.process.send_signal(number)
        assert server.process.stdout is not None
        assert server.process.stdout.read() == "stopped\n"
        assert server.process.wait(10) == 0


def test_a_port_in_use_is_named(tmp_path: Path, server: Running) -> None:
    port = int(server.url.rpartition(":")[2])
    with Store(tmp_path / "registry.sqlite") as store, pytest.raises(SchemagateError, match=f"port {port} .*in use"):
        http.run(create_app(store), port=port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("192.0.2.1", 0)])
def test_an_address_that_cannot_be_used(tmp_path: Path, host: str, port: int) -> None:
    with Store(tmp_path / "registry.sqlite") as store, pytest.raises(SchemagateError, match="cannot listen"):
        http.run(create_app(store), host=host, port=port)


def test_without_uvicorn_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with Store(tmp_path / "registry.sqlite") as store, pytest.raises(SchemagateError) as missing:
        http.run(create_app(store))
    assert missing.value.next_step == "pip install 'schemagate-events[serve]'"
