"""The rules of the embedded registry on values: no store, no HTTP, and a verdict that the test decides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemagate.compat.verdicts import RegistryAnswer, RegistryVerdict
from schemagate.registry.wire import Config, Reference, RegisteredSchema, SchemaRequest, StoredSchema
from schemagate.schema.event import Level
from schemagate.serve import content, settings, subjects
from schemagate.serve.history import Version
from schemagate.serve.refusal import Refusal
from schemagate.serve.verdicts import objections


def stored(name: str, schema_type: str = "AVRO") -> StoredSchema:
    return StoredSchema(name, schema_type, (), f"guid-{name}")


def history(*entries: str) -> tuple[Version, ...]:
    """Versions 1, 2, …; an entry is a content's name, with a leading minus if it was deleted."""
    return tuple(
        Version(
            RegisteredSchema("s", number, 100 + number, name.strip("-"), "AVRO", (), f"guid-{name.strip('-')}"),
            name.startswith("-"),
        )
        for number, name in enumerate(entries, 1)
        if name
    )


def nothing(_new: StoredSchema, _against: Sequence[Version]) -> tuple[str, ...]:
    return ()


def everything(_new: StoredSchema, _against: Sequence[Version]) -> tuple[str, ...]:
    return ("no",)


def code_of(refused: pytest.ExceptionInfo[Refusal]) -> int:
    return refused.value.body.error_code


@pytest.mark.parametrize(
    ("entries", "wanted", "expected"),
    [
        ((), None, 1),
        (("b",), None, 2),
        (("a", "b"), None, "version 1"),
        (("a", "b"), 0, "version 1"),
        (("a", "b", "a"), None, "version 3"),
        (("-a", "b"), None, 3),
        (("b", "-c"), None, 3),
        (("", "b"), None, 3),
        (("a", "b"), -1, 3),
        (("b", "a"), -1, "version 2"),
        (("b", "a"), 3, 3),
        ((), 1, 1),
    ],
)
def test_which_version_a_registration_gets(entries: tuple[str, ...], wanted: int | None, expected: int | str) -> None:
    outcome = subjects.register(history(*entries), stored("a"), wanted, nothing)
    got = f"version {outcome.number}" if isinstance(outcome, Version) else outcome.number
    assert got == expected


@pytest.mark.parametrize(
    ("entries", "wanted"), [((), 2), (("b",), 1), (("b",), 3), (("b", "-c"), 2), (("a",), 1), ((), -2)]
)
def test_a_number_that_is_not_the_next(entries: tuple[str, ...], wanted: int) -> None:
    with pytest.raises(Refusal) as refused:
        subjects.register(history(*entries), stored("a"), wanted, nothing)
    assert code_of(refused) == 42201


def test_a_new_version_replaces_the_deleted_ones_of_its_content() -> None:
    outcome = subjects.register(history("-a", "b", "-a", "-c"), stored("a"), None, nothing)
    assert outcome == subjects.Addition(5, stored("a"), replaces=(1, 3))


def test_unchanged_content_is_never_judged() -> None:
    assert subjects.register(history("a", "b"), stored("a"), None, everything) == history("a")[0]
    with pytest.raises(Refusal) as refused:
        subjects.register(history("b"), stored("a"), None, everything)
    assert code_of(refused) == 40901


def test_only_live_versions_are_judged() -> None:
    asked: list[Sequence[Version]] = []

    def remember(_new: StoredSchema, against: Sequence[Version]) -> tuple[str, ...]:
        asked.append(against)
        return ()

    subjects.register(history("-b", "c", "-d"), stored("a"), None, remember)
    subjects.check(history("-b", "c", "-d"), stored("a"), remember)
    assert [[version.number for version in against] for against in asked] == [[2], [2]]


@pytest.mark.parametrize(
    ("entries", "deleted", "expected"),
    [
        (("a", "b", "a"), False, 3),
        (("a", "-a"), False, 1),
        (("a", "-a"), True, 2),
        (("b",), False, 40403),
        ((), False, 40401),
        (("-a",), False, 40401),
        (("-a",), True, 1),
    ],
)
def test_lookup(entries: tuple[str, ...], deleted: bool, expected: int) -> None:
    def found() -> int:
        try:
            return subjects.lookup("s", history(*entries), stored("a"), deleted=deleted).number
        except Refusal as refusal:
            return refusal.body.error_code

    assert found() == expected


DELETIONS = [
    ((), "1", False, 40401),
    (("a",), "x", False, 42202),
    (("a",), "1", False, 1),
    (("a", "b"), "latest", False, 2),
    (("a", "-b"), "latest", False, 1),
    (("a",), "2", False, 40402),
    (("-a",), "1", False, 40406),
    (("-a",), "latest", False, 40401),
    (("a",), "1", True, 40407),
    (("-a", "b"), "1", True, 1),
    (("a", "-b"), "-1", True, 2),
    (("-a",), "2", True, 40402),
]


@pytest.mark.parametrize(("entries", "wanted", "permanent", "expected"), DELETIONS)
def test_deleting_a_version(entries: tuple[str, ...], wanted: str, permanent: bool, expected: int) -> None:
    def deleted() -> int:
        try:
            return subjects.version_to_delete("s", history(*entries), wanted, permanent=permanent)
        except Refusal as refusal:
            return refusal.body.error_code

    assert deleted() == expected


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("NONE", []),
        ("BACKWARD", ["new<c"]),
        ("FORWARD", ["c<new"]),
        ("FULL", ["new<c", "c<new"]),
        ("BACKWARD_TRANSITIVE", ["new<c", "new<b"]),
        ("FULL_TRANSITIVE", ["new<c", "c<new", "new<b", "b<new"]),
    ],
)
def test_newest_first_up_to_the_first_failure(level: str, expected: list[str]) -> None:
    """b fails, so a is never asked; both directions of b are."""
    asked: list[str] = []

    def judge(reader: StoredSchema, writer: StoredSchema, policy: str) -> RegistryVerdict:
        asked.append(f"{reader.schema}<{writer.schema}")
        assert policy == "LENIENT"
        is_fine = "b" not in (reader.schema, writer.schema)
        return RegistryVerdict(
            RegistryAnswer.ACCEPT if is_fine else RegistryAnswer.REJECT, ("BROKEN /x",), ("BROKEN /x",)
        )

    in_force = settings.Effective(Level(level), "LENIENT")
    found = objections(stored("new"), history("a", "b", "c"), settings=in_force, judge=judge)
    assert asked == expected
    assert bool(found) == ("TRANSITIVE" in level)
    assert not found or "{oldSchemaVersion: 2}" in found


def test_a_verdict_that_is_not_clear_is_an_objection() -> None:
    def judge(*_: object) -> RegistryVerdict:
        return RegistryVerdict(RegistryAnswer.MAY_FAIL)

    in_force = settings.Effective(Level.BACKWARD, "STRICT")
    assert objections(stored("a"), history("b"), settings=in_force, judge=judge)


OWN_AND_OVERALL = [
    (None, None, ("BACKWARD", "STRICT")),
    (None, Config("FULL"), ("FULL", "STRICT")),
    (None, Config("FULL", "LENIENT"), ("FULL", "LENIENT")),
    (Config("NONE"), Config("FULL"), ("NONE", "STRICT")),
    (Config(None, "LENIENT"), Config("FULL"), ("BACKWARD", "LENIENT")),  # the trap: the server's level, not the global
    (Config("NONE"), Config("FULL", "LENIENT"), ("NONE", "LENIENT")),
    (Config("NONE", "STRICT"), Config("FULL", "LENIENT"), ("NONE", "STRICT")),
]


@pytest.mark.parametrize(("own", "overall", "expected"), OWN_AND_OVERALL)
def test_what_is_in_force(own: Config | None, overall: Config | None, expected: tuple[str, str]) -> None:
    in_force = settings.effective(own, overall)
    assert (in_force.level, in_force.policy) == expected
    assert settings.shown(own, overall).level == expected[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{ "type" : "string" }', '"string"'),
        (
            '{"fields": [], "name": "a.b.R", "type": "record", "doc": "d", "x": {"b": 1, "a": 2}}',
            '{"type":"record","name":"R","namespace":"a.b","doc":"d","fields":[],"x":{"b":1,"a":2}}',
        ),
    ],
)
def test_avro_text_is_printed_as_java_prints_it(text: str, expected: str) -> None:
    printed = content.canonical(SchemaRequest(text))
    assert printed.schema == expected
    assert content.canonical(SchemaRequest(printed.schema)) == printed


def test_an_invalid_logical_type_is_registered_as_java_does() -> None:
    text = '{"type":"bytes","logicalType":"decimal","precision":-1}'
    assert content.canonical(SchemaRequest(text)).schema == text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_json_text_keeps_its_meaning_and_is_stable(value: dict[str, Any]) -> None:
    request = SchemaRequest(json.dumps({"x-" + key: inner for key, inner in value.items()}, indent=2), "JSON")
    printed = content.canonical(request)
    assert json.loads(printed.schema) == json.loads(request.schema)
    assert list(json.loads(printed.schema)) == list(json.loads(request.schema))
    assert content.canonical(SchemaRequest(printed.schema, "JSON")) == printed


def test_numbers_stay_exact() -> None:
    text = '{"maximum":123456789.123456789123456789,"minimum":1e-7}'
    printed = content.canonical(SchemaRequest(text, "JSON")).schema
    assert "123456789.123456789123456789" in printed


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ('"null"', "9b41ef67651c18488a8b08bb67c75699"),
        ('"int"', "ef524ea1b91e73173d938ade36c1db32"),
        ('"string"', "095d71cf12556b9d5e330ad575b3df5d"),
    ],
)
def test_guids_of_primitives_are_the_fingerprints_that_avro_publishes(text: str, published: str) -> None:
    """Apache Avro's own tests list these MD5 values; for a primitive both texts are the same."""
    assert str(content.canonical(SchemaRequest(text)).guid).replace("-", "") == published


def test_references_are_part_of_the_identity() -> None:
    text, reference = '"string"', Reference("n", "s", 258)
    assert content.guid(text).replace("-", "") == hashlib.md5(b'"string"', usedforsecurity=False).hexdigest()
    expected = hashlib.md5(b'"string"' + b"ns" + b"\0\0\1\2", usedforsecurity=False).hexdigest()
    assert content.guid(text, [reference]).replace("-", "") == expected


def test_a_schema_that_is_too_large() -> None:
    with pytest.raises(Refusal) as refused:
        content.canonical(SchemaRequest('"' + "x" * (9 << 20) + '"'))
    assert code_of(refused) == 42209
