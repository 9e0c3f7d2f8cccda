"""Are the generator's names legal, free and stable; and does every wire name survive them?"""

from __future__ import annotations

import json
import keyword
import unicodedata
import warnings
from pathlib import Path

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generating import avro, model_of, version
from schemagate.generate import annotations, names, refusals
from schemagate.generate.package import python_package

DIFFICULT = [
    *keyword.kwlist,
    *keyword.softkwlist,
    *(name for name in dir(pydantic.BaseModel) if not name.startswith("__")),
    *"int str bool float bytes list dict Field Annotated Payload Event Record Json EVENT SCHEMA self cls new".split(),
    *"foo Foo FOO foo_ _foo __foo__ foo__bar foo_bar 1foo _1 \ufb01 fi a\u0301 \u00e1 \u0438\u043c\u044f".split(),
    *("a b", "a-b", "a.b", "a/b", "\U0001f600", "\U0001f601", "x" * 1000, "x" * 999, "class_", "class_2", "\u00b7", ""),
]


def test_the_shipped_list_is_pydantics() -> None:
    public = {name for name in dir(pydantic.BaseModel) if not name.startswith("_")}
    assert public <= names.RESERVED_ATTRIBUTES


def test_all_difficult_names_in_one_record() -> None:
    """Every wire name round-trips, and importing warns of nothing."""
    wire = list(dict.fromkeys(DIFFICULT))
    schema = {"type": "object", "required": wire, "properties": {name: {"type": "string"} for name in wire}}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = model_of(version("e", 1, {**schema, "additionalProperties": False}))
    value = {name: f"value of {name[:20]}" for name in wire}
    event = model.from_json(json.dumps(value))
    assert json.loads(event.to_json()) == value
    assert model.from_avro(event.to_avro()) == event
    assert (
        model(
            **{
                attribute: value[attribute if info.alias is None else info.alias]
                for attribute, info in model.model_fields.items()
            }
        )
        == event
    )


def test_a_python_name_is_no_wire_name() -> None:
    """`class_` on the wire is an undeclared key, not the field `class`."""
    model = model_of(version("e", 1, {"type": "object", "properties": {"class": {"type": "string"}}}))
    event = model.from_json('{"class_": 5}')
    assert event.class_ is None
    assert json.loads(event.to_json()) == {"class_": 5}
    assert json.loads(model.from_json('{"class_": 5, "class": "x"}').to_json()) == {"class_": 5, "class": "x"}


@given(st.lists(st.text(max_size=6) | st.sampled_from(DIFFICULT), unique=True, max_size=12))
def test_attributes_are_legal_free_and_stable(wire: list[str]) -> None:
    found = names.attributes(wire, {"Payload"})
    assert list(found) == wire
    assert found == names.attributes(wire, {"Payload"})
    folded = [unicodedata.normalize("NFKC", name) for name in found.values()]
    assert folded == list(found.values())
    assert len(set(folded)) == len(wire)
    for name, attribute in found.items():
        assert attribute.isidentifier()
        assert attribute[0] != "_"
        assert "__" not in attribute
        assert attribute not in names.RESERVED_ATTRIBUTES
        assert attribute == name or attribute not in wire


@given(st.text())
def test_file_and_avro_names(text: str) -> None:
    module = names.module(text)
    assert module.isidentifier()
    assert module.isascii()
    assert module == module.lower()
    assert not module.startswith("_")
    assert not keyword.iskeyword(module)
    assert names.is_avro(names.avro(text))


@pytest.mark.parametrize(
    ("event", "module", "cls"),
    [
        ("assessment.assigned", "assessment_assigned", "AssessmentAssignedV1"),
        ("manager", "manager", "ManagerV1"),
        ("HTTPCall", "httpcall", "HTTPCallV1"),
        ("2fa.used", "event_2fa_used", "Event_2faUsedV1"),
        ("class", "event_class", "ClassV1"),
        ("con", "event_con", "ConV1"),
    ],
)
def test_names_of_an_event(event: str, module: str, cls: str) -> None:
    package = python_package([version(event, 1, {"type": "object", "properties": {"a": {"type": "string"}}})])
    assert f"events/{module}/v1.py" in package.files
    assert f"\nclass {cls}(" in package.files[f"events/{module}/v1.py"]


def test_two_events_of_one_module_are_refused() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    clash = [version("a.b", 1, schema), version("a_b", 1, schema), version("c", 1, schema)]
    package = python_package(clash)
    assert package.refused == (clash[0].id, clash[1].id)
    assert [finding.rule for finding in package.findings[:2]] == ["GEN-102", "GEN-102"]
    assert "events/c/v1.py" in package.files
    assert not any(path.startswith("events/a_b") for path in package.files)


def test_one_short_name_in_two_namespaces() -> None:
    def record(space: str, field: str) -> dict[str, object]:
        return {"type": "record", "name": "Address", "namespace": space, "fields": [{"name": field, "type": "int"}]}

    fields = [{"name": "x", "type": record("home", "a")}, {"name": "y", "type": record("work", "b")}]
    text = python_package([avro("e", 1, {"type": "record", "name": "E", "fields": fields})]).files["events/e/v1.py"]
    assert "class HomeAddress(Record):" in text
    assert "class WorkAddress(Record):" in text


def test_what_modules_import_is_reserved() -> None:
    assert names.MODULE_NAMES >= annotations.RUNTIME
    assert names.MODULE_NAMES <= names.RESERVED_ATTRIBUTES
    assert names.MODULE_NAMES <= names.RESERVED_CLASSES


def test_every_rule_has_its_page() -> None:
    pages = Path(refusals.__file__).parents[1] / "rules"
    for rule in refusals.RULES:
        lines = (pages / f"{rule.id}.md").read_text("utf-8").splitlines()
        assert lines[0] == f"# {rule.id} {rule.name}"
        assert [line for line in lines if line.startswith("## ")] == [
            "## What it looks for",
            "## Why it matters",
            "## Example",
            "## Repair",
        ]
        assert 15 <= len(lines) <= 40, rule.id
    assert {page.stem for page in pages.glob("GEN-*.md")} == {rule.id for rule in refusals.RULES}
