"""Publishing with the real compatibility engines: what counts as the same content, and who refuses what, per format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from publishing import URL, level_of
from schemagate.compat.verdicts import RegistryAnswer, RegistryVerdict
from schemagate.facts import StoredVersion
from schemagate.publish import content, read
from schemagate.publish.actions import Blocked, Nothing, Plan, Register, Why
from schemagate.publish.apply import apply
from schemagate.publish.judge import Accepts, Judge, Rejects, Unclear, forecast, registry_verdict
from schemagate.publish.plan import make_plan
from schemagate.publish.verify import Verified, verify
from schemagate.registry.client import RegistryClient
from schemagate.registry.exchange import Exchange
from schemagate.schema.event import Content, Format, Level, Settings, Version, VersionId
from schemagate.serve import in_process
from schemagate.serve.app import create_app
from schemagate.serve.store import Store


@pytest.fixture
def client(tmp_path: Path) -> Iterator[RegistryClient]:
    with (
        Store(tmp_path / "registry.sqlite") as store,
        RegistryClient(Exchange([URL], transport=in_process.transport(create_app(store)))) as client,
    ):
        yield client


def avro(*fields: dict[str, Any], level: Level = Level.BACKWARD, references: dict[str, str] | None = None) -> Version:
    text = json.dumps({"type": "record", "name": "Manager", "namespace": "hr", "fields": list(fields)}, indent=1)
    found = Content(Format.AVRO, "schemas/manager/v1.avsc", text, references or {})
    return Version(VersionId("manager", 1), found, Settings(level=level))


def json_schema(level: Level = Level.BACKWARD, **keywords: Any) -> Version:
    found = Content(Format.JSON, "schemas/manager/v1.json", json.dumps({"type": "object", **keywords}))
    return Version(VersionId("manager", 1), found, Settings(level=level))


def plan_of(client: RegistryClient, version: Version) -> Plan:
    return make_plan([version], level_of, read.facts(client, [version], level_of), environment="test")


def publish(client: RegistryClient, version: Version) -> None:
    plan = plan_of(client, version)
    assert apply(plan, lambda: plan_of(client, version), client).succeeded
    (check,) = verify(plan, client)
    assert isinstance(check, Verified)
    assert [type(action) for action in plan_of(client, version).actions] == [Nothing]


ID = {"name": "id", "type": "string"}


def test_avro_is_published_and_published_again(client: RegistryClient) -> None:
    publish(client, avro(ID))
    publish(client, avro(ID, {"name": "name", "type": "string", "default": ""}))
    publish(client, avro(ID, {"name": "name", "type": "string", "default": "", "doc": "of birth"}))
    assert client.versions("manager.v1-value") == (1, 2, 3)


def test_what_the_avro_parser_forgets_is_no_change(client: RegistryClient) -> None:
    publish(client, avro(ID))
    (action,) = plan_of(client, avro({"type": {"type": "string"}, "name": "id"})).actions
    assert isinstance(action, Nothing)


@pytest.mark.parametrize("level", [Level.BACKWARD, Level.FULL_TRANSITIVE])
def test_an_avro_field_without_default(client: RegistryClient, level: Level) -> None:
    """Under the level in force both verdicts say no, under a new one ours does."""
    publish(client, avro(ID))
    (blocked,) = plan_of(client, avro(ID, {"name": "name", "type": "string"}, level=level)).actions
    assert isinstance(blocked, Blocked)
    assert blocked.why is Why.INCOMPATIBLE
    assert "READER_FIELD_MISSING_DEFAULT_VALUE" in blocked.reason


def test_an_avro_type_from_another_file(client: RegistryClient) -> None:
    money = '{"type": "fixed", "size": 8, "name": "Money", "namespace": "hr"}'
    field = {"name": "salary", "type": "hr.Money"}
    (blocked,) = plan_of(client, avro(ID, field, references={"hr.Money": money})).actions
    assert isinstance(blocked, Blocked)
    assert blocked.why is Why.REFERENCES
    assert "schemas/manager/v1.avsc needs hr.Money" in blocked.reason
    (action, *_) = plan_of(client, avro(ID, references={"hr.Money": money})).changes
    assert not isinstance(action, Blocked)  # a type of that name exists, and nothing needs it


def test_a_json_property_added_to_an_open_object(client: RegistryClient) -> None:
    publish(client, json_schema(properties={"id": {"type": "string"}}))
    added = {"id": {"type": "string"}, "name": {"type": "string"}}
    (blocked,) = plan_of(client, json_schema(properties=added)).actions
    assert isinstance(blocked, Blocked)
    assert blocked.why is Why.INCOMPATIBLE
    assert "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL" in blocked.reason
    assert any(isinstance(a, Register) for a in plan_of(client, json_schema(Level.FORWARD, properties=added)).actions)


def test_another_language_in_the_same_subject(client: RegistryClient) -> None:
    publish(client, json_schema())
    for level in (Level.BACKWARD, Level.FULL):
        (blocked,) = plan_of(client, avro(ID, level=level)).actions
        assert isinstance(blocked, Blocked)
        assert blocked.why is Why.INCOMPATIBLE


def answering(answer: RegistryAnswer) -> Judge:
    return lambda reader, writer, schema_type, policy: RegistryVerdict(answer, *[("SOMETHING #/",)] * 2)


def test_what_nobody_can_tell_is_unclear() -> None:
    plain = StoredVersion(1, 1, "{}", "JSON")
    referring = StoredVersion(2, 2, "{}", "JSON", refers=True)
    unreadable = StoredVersion(3, 3, "{", "JSON")
    yes = answering(RegistryAnswer.ACCEPT)
    for history, judge in (
        ([plain], answering(RegistryAnswer.MAY_FAIL)),
        ([referring], yes),
        ([unreadable], registry_verdict),
        ([referring, plain], yes),
    ):
        answer = forecast(Level.FULL_TRANSITIVE, "{}", "JSON", history, policy="STRICT", judge=judge)
        assert isinstance(answer, Unclear)
    assert forecast(Level.FULL, "{}", "JSON", [referring, plain], policy="STRICT", judge=yes) == Accepts()
    assert forecast(Level.NONE, "{}", "JSON", [unreadable], policy="STRICT", judge=registry_verdict) == Accepts()


def test_a_no_outweighs_what_is_unclear() -> None:
    history = [StoredVersion(1, 1, "{}", "JSON"), StoredVersion(2, 2, "{}", "JSON", refers=True)]
    no = answering(RegistryAnswer.REJECT)
    answer = forecast(Level.BACKWARD_TRANSITIVE, "{}", "JSON", history, policy="STRICT", judge=no)
    assert answer == Rejects(1, ("SOMETHING #/",))


def protobuf(text: str, **references: str) -> Version:
    found = Content(Format.PROTOBUF, "schemas/manager/v1.proto", text, references)
    return Version(VersionId("manager", 1), found, Settings())


def test_protobuf_is_published_unless_it_imports_or_is_wrong() -> None:
    for text, references, why in (
        ('syntax = "proto3"; import "google/protobuf/any.proto";', {}, None),
        ('syntax = "proto3"; import "a.proto";', {"a.proto": 'syntax = "proto3";'}, Why.REFERENCES),
        ('syntax = "proto3"; message {', {}, Why.INVALID),
    ):
        version = protobuf(text, **references)
        found = content.obstacles([version]).get(version.id)
        assert (found and found.why) == why, text


def test_protobuf_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from schemagate.schema import protobuf as language

    monkeypatch.setattr(language, "find_spec", lambda _: None)
    version = protobuf('syntax = "proto3";')
    blocked = content.obstacles([version])[version.id]
    assert (blocked.why, blocked.next_step) == (Why.UNKNOWN, "pip install 'schemagate-events[protobuf]'")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ('syntax = "proto3";\nmessage A { // which\n  int32 a = 1; }', True),
        ('syntax = "proto3"; message A { int64 a = 1; }', False),
        ('syntax = "proto3"; message A { int32 b = 1; }', False),
        ('syntax = "proto3"; message A {', False),
    ],
)
def test_protobuf_is_compared_by_what_it_says(other: str, same: bool) -> None:
    assert content.same("PROTOBUF", 'syntax = "proto3"; message A { int32 a = 1; }', other) == same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a": 1, "b": [1, 2]}', '{ "b":[1,2],"a":1 }', True),
        ('{"b": [1, 2]}', '{"b": [2, 1]}', False),
        ('{"a": 1}', '{"a": true}', False),
        ('{"a": null}', "{}", False),
        ('{"a": "\\u00e9"}', '{"a": "é"}', True),
        ('{"a": 1.00000000000000000001}', '{"a": 1.00000000000000000002}', False),
        ('{"a": 1.00000000000000000001}', '{"a": {"exact": "1.00000000000000000001"}}', False),
        ("{", "{ ", False),
        ("{", "{", True),
    ],
)
def test_json_is_compared_by_what_it_says(one: str, other: str, same: bool) -> None:
    assert content.same("JSON", one, other) == same
