"""The values of the protocol: strict when written, lenient when read."""

from __future__ import annotations

from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemagate.registry import wire

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
REFERENCES = st.lists(st.builds(wire.Reference, TEXT, TEXT, st.integers(1, 9)), max_size=2).map(tuple)
TYPES = st.sampled_from(["AVRO", "JSON", "PROTOBUF", "OTHER"])
MAYBE_OBJECT = st.none() | st.dictionaries(TEXT, TEXT, max_size=2)
MAYBE_NUMBER = st.none() | st.integers()
MAYBE_NAME = st.none() | TEXT.filter(bool)


@given(st.builds(wire.SchemaRequest, TEXT, TYPES, REFERENCES, MAYBE_NUMBER, MAYBE_NUMBER, MAYBE_OBJECT, MAYBE_OBJECT))
def test_requests_survive_the_wire(request: wire.SchemaRequest) -> None:
    written = request.to_json()
    assert wire.SchemaRequest.from_json({**written, "somethingNew": [1]}) == request
    assert None not in written.values()
    assert [] not in written.values()


@given(st.builds(wire.RegisteredSchema, TEXT, st.integers(1), st.integers(1), TEXT, TYPES, REFERENCES, MAYBE_NAME))
def test_registered_schemas_survive_the_wire(registered: wire.RegisteredSchema) -> None:
    written = registered.to_json()
    assert wire.RegisteredSchema.from_json(written) == registered
    assert wire.StoredSchema.from_json(written) == registered.content
    assert wire.Registration.from_json(written) == wire.Registration(registered.id, registered.version, registered.guid)


@given(st.builds(wire.Config, MAYBE_NAME, MAYBE_NAME, st.none() | st.booleans(), MAYBE_NAME, MAYBE_NAME))
def test_both_spellings_of_a_config_are_read(config: wire.Config) -> None:
    assert wire.Config.from_json(config.to_get_json()) == wire.Config.from_json(config.to_put_json()) == config


@given(st.booleans(), st.lists(TEXT).map(tuple))
def test_compatibility_answers_survive_the_wire(verdict: bool, messages: tuple[str, ...]) -> None:
    answer = wire.CompatibilityAnswer(verdict, messages)
    assert wire.CompatibilityAnswer.from_json(answer.to_json()) == answer


@pytest.mark.parametrize("empty", [{}, {"references": None, "schemaType": None}, {"references": [], "metadata": None}])
def test_absent_null_and_empty_are_equal(empty: dict[str, object]) -> None:
    assert wire.SchemaRequest.from_json({"schema": "x", **empty}) == wire.SchemaRequest("x", "AVRO")


def test_what_old_registries_answer() -> None:
    assert wire.Registration.from_json({"id": 3}) == wire.Registration(3)
    assert wire.StoredSchema.from_json({"schema": "x"}) == wire.StoredSchema("x", "AVRO")


@pytest.mark.parametrize(
    "body", [{}, {"is_compatible": None}, {"is_compatible": 1}, {"is_compatible": "true"}, [], None]
)
def test_without_a_verdict_nothing_is_compatible(body: object) -> None:
    with pytest.raises(wire.ProtocolError):
        wire.CompatibilityAnswer.from_json(body)


@pytest.mark.parametrize(
    "body", [{"id": True}, {"id": "1"}, {"id": 1.0}, {"version": 1}, {"id": 1, "guid": 5}, "text", 7]
)
def test_what_is_no_registration(body: object) -> None:
    with pytest.raises(wire.ProtocolError):
        wire.Registration.from_json(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error_code": 40401, "message": "gone"}, (40401, "gone")),
        ("Not Found", (404, "Not Found")),
        ({"message": ["one", "two"]}, (404, "one; two")),
        ({"error_code": "40401"}, (404, "")),
        ({"error_code": True, "message": None}, (404, "")),
        (None, (404, "")),
        (["<html>"], (404, "")),
    ],
)
def test_every_error_is_read(body: object, expected: tuple[int, str]) -> None:
    read = wire.ErrorBody.from_json(body, 404)
    assert (read.error_code, read.message) == expected


def test_the_status_is_in_the_code() -> None:
    assert {wire.http_status(code) for code in wire.ErrorCode} == {404, 409, 422, 500}
    assert wire.http_status(409) == 409


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (409, 40901, True),
        (409, 409, True),
        (409, None, True),
        (409, 40902, False),
        (409, 40908, False),
        (422, 42201, False),
    ],
)
def test_what_means_incompatible(status: int, code: int | None, expected: bool) -> None:
    assert wire.is_incompatible(status, code) is expected


@given(st.lists(TEXT.filter(bool), min_size=1, max_size=4))
def test_paths_are_split_where_they_were_joined(segments: list[str]) -> None:
    sent = httpx.URL("http://registry" + wire.path(*segments)).raw_path.decode()
    assert [unquote(part) for part in sent.split("/")[1:]] == segments
