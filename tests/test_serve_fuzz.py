"""No input gives a 500, and none changes what it should not. More examples with SCHEMAGATE_EXAMPLES."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_conformance import AVRO_V1, JSON_OPEN, Registry
from schemagate.serve.app import ROUTES, create_app
from schemagate.serve.in_process import transport
from schemagate.serve.store import Store

ANY_TEXT = st.text(st.characters(), max_size=8)  # lone surrogates, NUL and % included
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
WORDS = st.sampled_from(
    "type record enum array map fixed union name fields items values symbols size default string int null object"
    " properties $ref # #/properties/a $id $schema allOf anyOf not additionalProperties true R a".split()
)
SCHEMA_LIKE = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers(-2, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
AVRO_LIKE = st.fixed_dictionaries(
    {
        "type": st.just("record"),
        "name": WORDS,
        "fields": st.lists(st.fixed_dictionaries({"name": WORDS, "type": SCHEMA_LIKE})),
    }
)
SCHEMAS = st.one_of(ANY_TEXT, (SCHEMA_LIKE | AVRO_LIKE).map(json.dumps))
BODIES = st.one_of(
    JSON_VALUES,
    st.fixed_dictionaries(
        {"schema": SCHEMAS},
        optional={
            "schemaType": st.sampled_from(["AVRO", "JSON", "PROTOBUF"]) | JSON_VALUES,
            "references": JSON_VALUES,
            "version": JSON_VALUES,
            "id": JSON_VALUES,
            "compatibility": st.sampled_from(["NONE", "FULL_TRANSITIVE"]) | JSON_VALUES,
        },
    ),
)
PLACES = st.one_of(
    st.sampled_from(["s", "t", "1", "latest", "-1", "99999999999999999999", "%", "%2", "%ff", "%00", ".."]), ANY_TEXT
)
FLAGS = st.dictionaries(
    st.sampled_from("normalize deleted permanent verbose offset limit subject subjectPrefix defaultToGlobal".split()),
    st.sampled_from(["true", "False", "-1", "1e9", "9" * 30, "", "\0"]),
    max_size=3,
)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with (
        Store(tmp_path_factory.mktemp("store") / "registry.sqlite") as store,
        httpx.Client(transport=transport(create_app(store)), base_url="http://embedded") as client,
    ):
        found = Registry(client)
        found.register("s", AVRO_V1)
        found.register("t", JSON_OPEN, "JSON")
        yield found


def must_be_understood(response: httpx.Response) -> None:
    assert response.status_code < 500, response.text
    if response.status_code != 200:
        body = response.json()
        assert body.keys() == {"error_code", "message"}
        assert int(str(body["error_code"])[:3]) == response.status_code


@given(st.sampled_from(ROUTES), st.lists(PLACES, min_size=2, max_size=2), FLAGS, BODIES)
def test_any_request(
    registry: Registry, route: tuple[str, str, object], places: list[str], flags: dict[str, str], body: Any
) -> None:
    method, path, _ = route
    values = iter(places)
    parts = [
        part if "{" not in part else quote(next(values), safe="%", errors="surrogatepass") for part in path.split("/")
    ]
    content = json.dumps(body).encode() if method in ("POST", "PUT") else None
    must_be_understood(
        registry.http.request(method, "http://embedded" + "/".join(parts), params=flags, content=content)
    )


@given(st.binary(max_size=40))
def test_any_bytes(registry: Registry, body: bytes) -> None:
    must_be_understood(registry.http.post("/subjects/s/versions", content=body))


@given(SCHEMAS, SCHEMAS, st.sampled_from(["AVRO", "JSON"]))
def test_any_two_schemas(registry: Registry, old: str, new: str, schema_type: str) -> None:
    """Check and register agree, and a lookup finds what was registered."""
    subject = registry.subject()
    registry.level(subject, "FULL")
    versions = ("subjects", subject, "versions")
    for schema in (old, new):
        body = {"schema": schema, "schemaType": schema_type}
        found = registry.answer("POST", "subjects", subject, body=body)
        checked = registry.answer("POST", "compatibility", *versions, body=body)
        registered = registry.answer("POST", *versions, body=body)
        must_be_understood(registered)
        if checked.status_code != 200:
            assert checked.json() == registered.json()
        elif found.status_code != 200:
            assert checked.json()["is_compatible"] is (registered.status_code == 200), registered.text
        if registered.status_code == 200:
            assert registry.ask("POST", "subjects", subject, body=body)["id"] == registered.json()["id"]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_name(registry: Registry, name: str) -> None:
    subject = f"name-{name}"  # no name that another test has used
    registry.register(subject, AVRO_V1)
    assert registry.ask("GET", "subjects", subject, "versions", "latest")["subject"] == subject
    assert subject in registry.ask("GET", "subjects", query={"subjectPrefix": subject})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[" * 100_000, 400),
        (b'{"schema":"' + b"[" * 100_000 + b'"}', 42201),
        (b'{"schemaType":"JSON","schema":"' + b'{\\"not\\":' * 50_000 + b'"}', 42201),
        (b'{"schema":"' + b"x" * 9_000_000 + b'"}', 42209),
        (b" " * 10_500_000, 42209),
        (b'{"schema":"\\ud800"}', 42201),
        (b'{"schemaType":"\\ud800","schema":"x"}', 42201),
        (b'{"schema":"\\u0000"}', 42201),
    ],
)
def test_what_breaks_servers(registry: Registry, body: bytes, code: int) -> None:
    response = registry.http.post("/subjects/hostile/versions", content=body)
    must_be_understood(response)
    assert response.json()["error_code"] == code


def test_cycles_and_percent_signs(registry: Registry) -> None:
    registry.level("cycles", "FULL_TRANSITIVE")
    first = {"properties": {"%s%n": {"$ref": "#"}, "all": {"allOf": [{"$ref": "#/properties/all"}]}}}
    registry.register("cycles", json.dumps(first), "JSON")
    changed = {"properties": {"%d": {"$ref": "#"}}, "maxProperties": 3}
    body = {"schema": json.dumps(changed), "schemaType": "JSON"}
    must_be_understood(registry.answer("POST", "subjects", "cycles", "versions", body=body))
    check = ("compatibility", "subjects", "cycles", "versions")
    assert registry.ask("POST", *check, body=body, query={"verbose": "true"})["is_compatible"] in (True, False)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {
            "$ref": "#/definitions/a",
            "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
        },
        {"$ref": "#/definitions/missing"},
        {"properties": {"a": {"$ref": "other.json"}}},
    ],
)
def test_references_that_lead_nowhere(registry: Registry, schema: object) -> None:
    body = {"schema": json.dumps(schema), "schemaType": "JSON"}
    registry.fails(42201, "POST", "subjects", "nowhere", "versions", body=body)


@pytest.mark.parametrize("path", ["/subjects", "/nowhere", "/subjects/s/versions/one"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "["),
        ("Host", "a b"),
        ("Accept", ";;,q=;"),
        ("Accept", "a/b;q=nan"),
        ("Content-Type", ";"),
        ("X", "%00"),
    ],
)
def test_strange_headers(registry: Registry, path: str, name: str, value: str) -> None:
    must_be_understood(registry.http.get(path, headers={name: value}))


def test_nothing_is_ever_fetched(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    schemas: list[object] = []
    for remote in ("http://example.invalid/a", "file:///etc/hostname", "https://json-schema.org/draft/2020-12/schema"):
        schemas += [
            {"$ref": remote},
            {"$id": remote, "type": "object"},
            {"properties": {"a": {"$ref": remote + "#/x"}}},
        ]
    for schema in schemas:
        body = {"schema": json.dumps(schema), "schemaType": "JSON"}
        must_be_understood(registry.answer("POST", "subjects", "remote", "versions", body=body))
