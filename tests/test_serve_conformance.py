"""The conformance suite against the embedded server: in process, and over a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import httpx
import pytest

import registry_conformance as conformance
from registry_conformance import Registry
from schemagate.serve.app import create_app
from schemagate.serve.in_process import transport
from schemagate.serve.store import Store
from schemagate.serve.verdicts import Judge, registry_verdict
from serve_process import serving

CHECKS = (*conformance.EVERYWHERE, *conformance.CONFLUENT)


@contextmanager
def embedded(folder: Path, judge: Judge = registry_verdict) -> Iterator[Registry]:
    with (
        Store(folder / "registry.sqlite") as store,
        httpx.Client(transport=transport(create_app(store, judge)), base_url="http://embedded") as http,
    ):
        yield Registry(http)


@pytest.fixture(scope="module")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with embedded(tmp_path_factory.mktemp("store")) as registry:
        yield registry


@pytest.fixture(scope="module")
def over_a_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with serving(tmp_path_factory.mktemp("store") / "registry.sqlite") as server, server.client() as http:
        yield Registry(http)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_in_process(check: Callable[[Registry], None], in_process: Registry) -> None:
    check(in_process)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_over_a_socket(check: Callable[[Registry], None], over_a_socket: Registry) -> None:
    check(over_a_socket)


def test_every_check_is_listed() -> None:
    written = {
        name
        for name, value in vars(conformance).items()
        if callable(value) and getattr(value, "__module__", "") == conformance.__name__ and not name.startswith("_")
    }
    assert written - {"Registry", "main"} == {check.__name__ for check in CHECKS}


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Registry]:
    with embedded(tmp_path) as registry:
        yield registry


def test_global_config_and_its_inheritance(fresh: Registry) -> None:
    """The traps of Confluent: a subject config hides the global level, and takes over the global policy."""
    in_force = {"defaultToGlobal": "true"}
    assert fresh.ask("GET", "config") == {"compatibilityLevel": "BACKWARD"}
    assert fresh.ask("GET", "config", "s", query=in_force) == {"compatibilityLevel": "BACKWARD"}
    assert fresh.ask("PUT", "config", body={"compatibility": "full"}) == {"compatibility": "FULL"}
    assert fresh.ask("GET", "config", "s", query=in_force) == {"compatibilityLevel": "FULL"}
    fresh.fails(40408, "GET", "config", "s")
    fresh.ask("PUT", "config", "s", body={"compatibilityPolicy": "LENIENT"})
    lenient = {"compatibilityLevel": "BACKWARD", "compatibilityPolicy": "LENIENT"}
    assert fresh.ask("GET", "config", "s", query=in_force) == lenient
    fresh.ask("PUT", "config", body={"compatibilityPolicy": "LENIENT"})
    fresh.ask("PUT", "config", "s", body={"compatibility": "NONE", "compatibilityPolicy": None})
    lenient = {"compatibilityLevel": "NONE", "compatibilityPolicy": "LENIENT"}
    assert fresh.ask("GET", "config", "s", query=in_force) == lenient
    assert fresh.ask("DELETE", "config") == {"compatibilityLevel": "FULL", "compatibilityPolicy": "LENIENT"}
    assert fresh.ask("GET", "config") == {"compatibilityLevel": "BACKWARD"}


def test_the_global_level_is_enforced(fresh: Registry) -> None:
    fresh.register("s", conformance.AVRO_V1)
    fresh.ask("PUT", "config", body={"compatibility": "NONE"})
    fresh.register("s", conformance.AVRO_BREAKING)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 42201),
        ([], 42201),
        ({"schema": 5}, 42201),
        ({"schema": ""}, 42201),
        ({"schema": '"string"', "schemaType": "XML"}, 42201),
        ({"schema": 'syntax = "proto9";', "schemaType": "PROTOBUF"}, 42201),
        ({"schema": "CgF4", "schemaType": "PROTOBUF"}, 42201),
        ({"schema": '"string"', "references": [{"name": "a", "subject": "b", "version": 1}]}, 42201),
        ({"schema": '"string"', "references": [{}]}, 42201),
        ({"schema": '"string"', "metadata": {}}, 42201),
        ({"schema": '"string"', "ruleSet": {"domainRules": []}}, 42201),
        ({"schema": '"string"', "id": 7}, 42205),
        ({"schema": '"string"', "version": 9}, 42201),
        ({"schema": '"string"', "version": True}, 42201),
        ({"schema": '{"type":"record","name":"1","fields":[]}'}, 42201),
        ({"schema": '["int","int"]'}, 42201),
        ({"schema": '{"type":"foo"}', "schemaType": "JSON"}, 42201),
        ({"schema": '{"$ref":"http://127.0.0.1:9/remote.json"}', "schemaType": "JSON"}, 42201),
        ({"schema": '{"a":1,"a":2}', "schemaType": "JSON"}, 42201),
    ],
)
def test_what_cannot_be_registered(fresh: Registry, body: object, code: int) -> None:
    fresh.fails(code, "POST", "subjects", "s", "versions", body=body)
    assert fresh.ask("GET", "subjects") == []


@pytest.mark.parametrize("subject", ["a\0b", "line\nbreak", ":.ctx:s"])
def test_names_that_cannot_be(fresh: Registry, subject: str) -> None:
    fresh.fails(42208, "POST", "subjects", subject, "versions", body={"schema": '"string"'})


def test_settings_that_are_not_followed_are_refused(fresh: Registry) -> None:
    fresh.fails(42203, "PUT", "config", "s", body={"compatibility": "FULL", "normalize": True})
    fresh.fails(42203, "PUT", "config", "s", body={})
    fresh.fails(42203, "PUT", "config", "s", body=[])
    fresh.fails(42203, "PUT", "config", "s", body={"compatibility": 5})
    fresh.fails(42201, "POST", "subjects", "s", "versions", body={"schema": '"int"'}, query={"normalize": "True"})
    fresh.fails(40408, "GET", "config", "s")


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("*/*", "application/vnd.schemaregistry.v1+json"),
        ("", "application/vnd.schemaregistry.v1+json"),
        ("application/json", "application/json"),
        ("application/*;q=0.5", "application/vnd.schemaregistry.v1+json"),
        ("text/html, application/json;q=0.9, */*;q=0.1", "application/json"),
        ("application/vnd.schemaregistry+json", "application/vnd.schemaregistry+json"),
        ("application/json;q=zero", "application/json"),
    ],
)
def test_the_answer_has_the_type_that_is_asked_for(fresh: Registry, accept: str, answered: str) -> None:
    response = fresh.http.get("/subjects", headers={"Accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (200, answered)


def test_an_answer_that_nobody_wants(fresh: Registry) -> None:
    response = fresh.http.get("/subjects", headers={"Accept": "text/html"})
    assert (response.status_code, response.json()["error_code"]) == (406, 406)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/vnd.schemaregistry.v1+json", 200),
        ("application/json; charset=utf-8", 200),
        ("application/octet-stream", 200),
        (None, 200),
        ("text/plain", 415),
    ],
)
def test_what_kind_of_body_is_read(fresh: Registry, content_type: str | None, status: int) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = fresh.http.post("/subjects/s/versions", content=b'{"schema":"\\"string\\""}', headers=headers)
    assert response.status_code == status


def test_a_bug_is_answered_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object) -> NoReturn:
        raise ZeroDivisionError

    with embedded(tmp_path, broken) as registry:
        registry.register("s", conformance.AVRO_V1)
        body = {"schema": conformance.AVRO_V2}
        assert registry.ask("POST", "subjects", "s", "versions", body=body, status=500)["error_code"] == 500
        assert registry.ask("GET", "subjects", "s", "versions") == [1]
    assert "ZeroDivisionError" in caplog.text


def test_calls_from_within_an_event_loop(fresh: Registry) -> None:
    import asyncio

    async def in_a_notebook() -> object:
        return fresh.ask("GET", "subjects")

    assert asyncio.run(in_a_notebook()) == []


def test_what_a_python_producer_and_consumer_send(fresh: Registry) -> None:
    """The recorded calls of confluent-kafka 2.16: serialize with automatic registration, then deserialize."""
    fresh.ask("GET", "associations", "resources", "-", "t", query={"resourceType": "topic", "associationType": "value"})
    body = {"schema": conformance.AVRO_V1, "schemaType": "AVRO", "references": []}
    headers = {"Accept": "*/*", "Content-Type": "application/vnd.schemaregistry.v1+json"}
    sent = fresh.http.post("/subjects/t-value/versions?normalize=False", json=body, headers=headers)
    found = fresh.http.post("/subjects/t-value?normalize=False&deleted=False", json=body, headers=headers)
    assert sent.json()["id"] == found.json()["id"]
    read = fresh.http.get(
        f"/schemas/ids/{sent.json()['id']}?subject=t-value",
        headers={"Accept": "application/vnd.schemaregistry.v1+json, application/json"},
    )
    assert read.json()["schema"] == sent.json()["schema"]


def test_what_kafkajs_sends(fresh: Registry) -> None:
    """A subject level is set on the first registration; `schemaType` is left out; a GET carries a content type."""
    headers = {"Content-Type": "application/vnd.schemaregistry.v1+json"}
    assert fresh.http.get("/config/t-value", headers=headers).status_code == 404
    sent = fresh.http.post("/subjects/t-value/versions", json={"schema": conformance.AVRO_V1}, headers=headers)
    fresh.ask("PUT", "config", "t-value", body={"compatibility": "BACKWARD"})
    read = fresh.http.get(f"/schemas/ids/{sent.json()['id']}", headers=headers)
    assert read.json()["schema"] == sent.json()["schema"]
