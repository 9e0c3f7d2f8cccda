"""Publishing over a socket, through a network that loses, delays and garbles."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fault_server import (
    CutAnswer,
    Fault,
    FaultServer,
    LoseAnswer,
    LoseRequest,
    Meanwhile,
    Refuse,
    Reply,
    Silence,
    running,
)
from publishing import Publisher, World, a_world, level_of, required_only, schema, version
from schemagate.publish import apply, plan, read, verify
from schemagate.publish.apply import Failed, Published, Restored
from schemagate.publish.verify import Verified
from schemagate.registry.client import RegistryClient
from schemagate.registry.exchange import Exchange
from schemagate.schema.event import Level

MANAGER = "manager.v1-value"
REGISTER = f"POST /subjects/{MANAGER}/versions"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as world:
        yield world


@pytest.fixture
def server(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running(FaultServer(world.transport)) as server:
        yield server


@pytest.fixture
def publisher(world: World, server: FaultServer) -> Iterator[Publisher]:
    publisher = world.publisher(version("manager", schema("id")), url=server.url)
    with publisher.client:
        yield publisher


def published(world: World) -> dict[str, Any]:
    return {MANAGER: ("BACKWARD", [json.loads(schema("id"))])}


@pytest.mark.parametrize(
    "faults",
    [
        [LoseAnswer()],
        [CutAnswer()],
        [LoseAnswer(), LoseAnswer()],
        [LoseRequest(), LoseAnswer()],
        [Reply(500), Reply(500), Reply(500)],
        [Refuse(50002), Reply(503, headers={"Retry-After": "1"}), Reply(504, "<html>")],
        [Reply(429, headers={"Retry-After": "3"})],
    ],
)
def test_a_registration_in_a_bad_network_happens_once(
    world: World, server: FaultServer, publisher: Publisher, faults: list[Fault]
) -> None:
    """P3."""
    server.faults[REGISTER] = list(faults)
    report, (check,) = publisher.publish()
    assert report.succeeded
    assert isinstance(check, Verified)
    assert world.state() == published(world)
    assert server.faults[REGISTER] == [] or LoseAnswer() in faults


@pytest.mark.parametrize("fault", [LoseAnswer(), CutAnswer(), LoseRequest(), Reply(502, "<html>"), Refuse(50001)])
def test_every_other_question_may_be_lost_once(
    world: World, server: FaultServer, publisher: Publisher, fault: Fault
) -> None:
    starts = ["GET /schemas/types", "GET /config", f"PUT /config/{MANAGER}", f"POST /subjects/{MANAGER}", "GET /mode"]
    server.faults = {start: [fault] for start in (*starts, f"GET /subjects/{MANAGER}/versions", "GET /schemas/ids")}
    report, (check,) = publisher.publish()
    assert report.succeeded
    assert isinstance(check, Verified)
    assert world.state() == published(world)
    assert not any(server.faults.values())


def test_a_registration_that_nobody_answers(world: World, server: FaultServer) -> None:
    """The registry is silent about it for good: no success, no second version, the old level again."""
    exchange = Exchange([server.url], read=0.05, timing=world.time.timing)
    publisher = world.publisher(version("manager", schema("id"), Level.NONE), url=server.url)
    publisher.client.close()
    with RegistryClient(exchange) as publisher.client:
        server.always[REGISTER] = Silence()
        report = publisher.apply(publisher.plan())
    failed, restored = report.results[1:]
    assert isinstance(failed, Failed)
    assert failed.error.exit_code == 3
    assert "not known" in failed.error.message
    assert isinstance(restored, Restored)
    assert world.state() == {}


def test_the_answer_is_lost_and_somebody_else_was_quicker(
    world: World, server: FaultServer, publisher: Publisher
) -> None:
    server.faults[REGISTER] = [Meanwhile(lambda: world.register(MANAGER, schema("id", "x")))]
    server.faults[f"POST /subjects/{MANAGER}"] = []
    report = publisher.apply(publisher.plan())
    assert isinstance(report.results[1], Failed)
    assert len(world.state()[MANAGER][1]) == 2


def test_a_429_is_waited_for_as_long_as_it_says(world: World, server: FaultServer, publisher: Publisher) -> None:
    server.faults[REGISTER] = [Reply(429, headers={"Retry-After": "17"})]
    report, _ = publisher.publish()
    assert isinstance(report.results[1], Published)
    assert world.time.waits == [17.0]


def test_a_login_appears_in_no_plan_and_in_no_result(
    world: World, server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    """P13."""
    url = server.url.replace("http://", "http://user:s3cr3t@")
    versions = [version("manager", schema("id"), Level.NONE), version("price", schema("id"))]
    server.always[REGISTER] = Refuse(42201, "s3cr3t is not a schema")
    with caplog.at_level(logging.DEBUG), RegistryClient(Exchange([url], timing=world.time.timing)) as client:

        def look() -> plan.Plan:
            facts = read.facts(client, versions, level_of)
            return plan.make_plan(versions, level_of, facts, environment="x", judge=required_only)

        made = look()
        report = apply.apply(made, look, client)
        checks = verify.verify(made, client)
    assert any(isinstance(result, Failed) for result in report.results)
    for text in (repr(made), made.digest, repr(report), repr(checks), caplog.text):
        assert "s3cr3t" not in text
