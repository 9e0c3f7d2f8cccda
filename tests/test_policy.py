"""Does `lint` survive what people commit by accident or on purpose?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemagate.errors import SchemaError
from schemagate.findings import Severity
from schemagate.policy import file_rules
from schemagate.policy.lint import MAX_FINDINGS, lint
from schemagate.schema import json_text
from schemagate.schema.event import Content, Format, Revision, Settings, Version, VersionId

FILE = "schemas/order.placed/v1.json"
DRAFT_04 = "http://json-schema.org/draft-04/schema#"
DRAFT_07 = "http://json-schema.org/draft-07/schema#"


def version(text: str, format_: Format = Format.JSON, **settings: Any) -> Version:
    file = FILE.removesuffix(".json") + format_.extension
    return Version(VersionId("order.placed", 1), Content(format_, file, text), Settings(**settings))


def rules(text: str, format_: Format = Format.JSON) -> list[str]:
    return [finding.rule for finding in lint(version(text, format_))]


@pytest.mark.parametrize("format_", [Format.JSON, Format.AVRO])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "\ufeff{}",
        "{" * 10_000,
        "[" * 10_000 + "]" * 10_000,
        '{"not":' * 10_000 + "{}" + "}" * 10_000,
        '{"a": 1e999}',
        '{"a": ' + "9" * 5000 + "}",
        '{"a": "\\ud800"}',
        '{"a": 1, "a": 1}',
        "[1,]",
        "5",
        '"text',
        '{"type": "record", "name": "A"',
        " " * (9 * 1024 * 1024),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else None,
)
def test_an_unreadable_text_is_one_finding(text: str, format_: Format) -> None:
    assert rules(text, format_) == ["EV10"]


@pytest.mark.parametrize(
    ("data", "line"),
    [(b"\xef\xbb\xbf{}", 1), (b'{\n\n"a": "\xff"}', 3), (b" " * (9 * 1024 * 1024), 1)],
    ids=["bom", "latin-1", "9 MiB"],
)
def test_unreadable_bytes_are_a_finding_with_a_place(data: bytes, line: int) -> None:
    with pytest.raises(SchemaError) as caught:
        json_text.decode(data, FILE)
    finding = file_rules.unreadable(caught.value)
    assert finding.rule == "EV10"
    assert finding.severity is Severity.ERROR
    assert finding.location is not None
    assert (finding.location.file, finding.location.line) == (FILE, line)


def test_findings_are_bounded_and_in_the_order_of_the_text() -> None:
    text = json.dumps(
        {"$schema": DRAFT_07, "required": [f"n{i}" for i in range(10 * MAX_FINDINGS)], "multipleOf": 0.1, "title": "x"},
        indent=1,
    )
    found = lint(version(text))
    assert [finding.rule for finding in found].count("EV01") == MAX_FINDINGS
    places = [finding.location.line for finding in found if finding.location]
    assert places == sorted(places)


def test_a_message_never_repeats_a_whole_file() -> None:
    long = "x" * 1_000_000
    properties = {"event_name": {"const": long}, "event_version": {"const": [long]}, "a": {"$ref": f"{long}.json"}}
    properties |= {"b": {"$ref": f"#/{long}"}, "c": {"format": long}}
    text = json.dumps({"$schema": DRAFT_07, "title": long, "required": [long], "properties": properties})
    invalid = json.dumps({"$schema": DRAFT_07, "type": long, "required": {"a": long}})
    found = [*lint(version(text)), *lint(version(invalid))]
    assert sorted(each.rule for each in found) == [
        "EV01",
        "EV02",
        "EV02",
        "EV03",
        "EV04",
        "EV04",
        "EV10",
        "EV10",
        "EV11",
    ]
    assert max(len(each.message) for each in found) < 400


def test_ten_thousand_references_in_a_row_are_followed() -> None:
    chain = {f"d{i}": {"$ref": f"#/definitions/d{i + 1}"} for i in range(10_000)}
    schema = {"$schema": DRAFT_07, "properties": {"a": {"$ref": "#/definitions/d0"}}, "definitions": chain}
    assert rules(json.dumps({**schema, "definitions": {**chain, "d10000": {"type": "string"}}})) == []
    assert rules(json.dumps({**schema, "definitions": {**chain, "d10000": {"$ref": "#/definitions/d0"}}})) == ["EV04"]


def test_a_web_of_references_ends() -> None:
    names = [f"d{i}" for i in range(60)]
    web = {
        name: {"type": "object", "properties": {other: {"$ref": f"#/definitions/{other}"} for other in names}}
        for name in names
    }
    assert rules(json.dumps({"$schema": DRAFT_07, "$ref": "#/definitions/d0", "definitions": web})) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"$defs": {"a": {"allOf": 5, "anyOf": None, "oneOf": {}, "items": 5, "prefixItems": "x", "if": 1}}},
        {"contains": {"required": [{}, [], None, 5]}},
        {"if": {"required": "a", "properties": [], "additionalProperties": 5, "format": 7, "multipleOf": "x"}},
        {"$defs": {"a": {"$ref": {}, "title": 5}}},
        {"then": {"dependentSchemas": [1], "dependencies": {"a": 5}, "$id": 5, "id": [], "$anchor": {}}},
        {"title": "", "properties": {"event_name": {"const": {}}, "event_version": {"const": [1]}}},
    ],
    ids=json.dumps,
)
def test_keywords_that_the_draft_does_not_know_may_hold_anything(schema: dict[str, Any]) -> None:
    for draft in (DRAFT_04, DRAFT_07):
        lint(version(json.dumps({"$schema": draft, **schema})))


KEYWORDS = (
    "$ref $id id $anchor title type properties required enum const definitions $defs allOf anyOf oneOf not if then"
    " else items prefixItems additionalProperties patternProperties dependencies multipleOf format event_name"
    " event_version payload"
).split()
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3),
    st.sampled_from(
        [0.1, 0.5, "", "#", "#/definitions/a", "http://[", "../x.json", "object", "string", "Order.v2", "["]
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=4)),
    max_leaves=20,
)


@given(value=TREES, draft=st.sampled_from([DRAFT_04, DRAFT_07, "https://json-schema.org/draft/2020-12/schema"]))
def test_any_tree_of_keywords_is_judged(value: Any, draft: str) -> None:
    schema = {"$schema": draft, **value} if isinstance(value, dict) else value
    text = json.dumps(schema, indent=1)
    for finding in lint(version(text)):
        assert finding.location is not None
        assert 1 <= finding.location.line <= text.count("\n") + 1


AVRO_KEYWORDS = (
    "type name namespace fields symbols items values size default logicalType precision scale order aliases".split()
)
AVRO_LEAVES = st.one_of(
    st.none(),
    st.integers(-1, 3),
    st.sampled_from("record enum fixed array map string long bytes null decimal uuid A b.C a-b".split()),
)
AVRO_TREES = st.recursive(
    AVRO_LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(AVRO_KEYWORDS), inner, min_size=2, max_size=5)
    ),
    max_leaves=20,
)


@given(fields=st.lists(AVRO_TREES, max_size=3))
def test_any_tree_of_avro_is_judged(fields: list[Any]) -> None:
    entries = [{"name": f"f{index}", "type": each} for index, each in enumerate(fields)]
    text = json.dumps({"type": "record", "name": "A", "fields": entries}, indent=1)
    for finding in lint(version(text, Format.AVRO)):
        assert finding.rule in {"EV10", "EV13"}
        assert finding.location is not None
        assert 1 <= finding.location.line <= text.count("\n") + 1


@given(text=st.text(max_size=40))
def test_any_text_is_judged(text: str) -> None:
    for format_ in Format:
        lint(version(text, format_))


@given(paths=st.lists(st.text(alphabet="schema/_.v10-jon\\AaÉ\n", max_size=30), max_size=6))
def test_any_paths_are_judged_once(paths: list[str]) -> None:
    found = [finding.location.file for finding in file_rules.ev12_file_place(paths) if finding.location]
    assert len(found) == len(set(found))
    assert set(found) <= set(paths)


def test_an_immutable_version_without_its_file_references_differs() -> None:
    released = Content(Format.JSON, FILE, "{}", {"schemas/_shared/money.json": '{"type": "integer"}'})
    now = Content(Format.JSON, FILE, "{}", {"schemas/_shared/money.json": '{"type": "number"}'})
    found = lint(Version(VersionId("order.placed", 1), now, Settings(immutable=True)), [Revision("c" * 40, released)])
    assert [finding.rule for finding in found] == ["EV05"]
    assert "cccccccccccc" in found[0].message
