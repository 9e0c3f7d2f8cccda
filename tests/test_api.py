"""The library's public face: small, typed, lazy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import schemagate

ROOT = Path(__file__).parents[1]


def test_every_name_loads_and_no_other_does() -> None:
    for name in schemagate.__all__:
        assert getattr(schemagate, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = schemagate.nonsense  # type: ignore[attr-defined]


def test_importing_it_loads_nothing_else() -> None:
    code = "import sys, schemagate; print([n for n in sys.modules if n.startswith('schemagate.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_compare_gives_both_verdicts_and_a_witness() -> None:
    old = json.dumps({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]})
    new = json.dumps({"type": "object", "properties": {"a": {"type": "string"}}, "required": []})
    found = schemagate.compare(old, new, format="json")
    assert (found.registry, found.data) == ("reject", "no")
    assert found.changes == ("REQUIRED_ATTRIBUTE_ADDED #/required/a",)
    assert found.witness is not None
    assert found.witness.value == {}
    assert found.findings[0].severity == "error"
    assert found.findings[0].stable_path == "a"
    assert (
        found.findings[0].fingerprint
        != schemagate.compare(old, new, format="json", subject="s").findings[0].fingerprint
    )
    assert schemagate.compare(new, old, format="json").data == "yes"


def test_compare_avro() -> None:
    writer = json.dumps({"type": "record", "name": "R", "fields": []})
    reader = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]})
    found = schemagate.compare(reader, writer, format="avro")
    assert (found.registry, found.data) == ("reject", "no")
    assert found.changes == ("READER_FIELD_MISSING_DEFAULT_VALUE /fields/0",)
    assert found.witness is not None
    assert found.witness.encoded == b""


def test_the_assumption_and_the_policy_are_followed() -> None:
    old = json.dumps({"type": "object", "properties": {"a": {"type": "string"}}})
    new = json.dumps({"type": "object", "properties": {"a": {"type": "string"}, "coupon": {"type": "string"}}})
    assert schemagate.compare(new, old, format="json").data == "no"
    assert schemagate.compare(new, old, format="json", assume=["declared-properties-only"]).data == "yes"
    assert schemagate.compare(new, old, format="json").registry == "reject"
    assert schemagate.compare(new, old, format="json", policy="LENIENT").registry == "accept"


@pytest.mark.parametrize("format_", ["json", "avro"])
@pytest.mark.parametrize("text", ["", "{", "nonsense", "[1,", '{"a": 1, "a": 2}', "\ud800", "null", "3"])
def test_a_schema_that_cannot_be_read_raises_schema_error(format_: str, text: str) -> None:
    good = {"json": "{}", "avro": '"int"'}[format_]
    for reader, writer in ((text, good), (good, text)):
        with pytest.raises(schemagate.SchemaError):
            schemagate.compare(reader, writer, format=format_)  # type: ignore[arg-type]


def test_open_project_gives_values() -> None:
    project = schemagate.open_project(ROOT)
    assert "manager" in project.events
    assert str(project.version("manager@2").id) == "manager@2"
    assert project.version("manager@2").subject == "manager.v2"
    assert {"assessments", "bonuses", "hiring"} <= set(project.services)


def test_it_is_marked_as_typed() -> None:
    assert (ROOT / "src" / "schemagate" / "py.typed").is_file()


def test_the_page_about_the_library_is_true() -> None:
    page = (ROOT / "docs" / "python.md").read_text("utf-8")
    code, said = page.split("```python\n")[1].split("```")[0], page.split("```\n")[2].split("```")[0]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == said
    names = {name for name in schemagate.__all__ if not name.startswith("__")}
    assert {name for name in names if f"`{name}" not in page and f"{name}`" not in page} <= {"FileError", "Refusal"}


def test_the_finding_that_the_readme_shows_is_the_one_of_today() -> None:
    version = schemagate.open_project(ROOT).version("candidate@1")
    schema = json.loads(version.content.text)
    schema["definitions"]["payload"]["required"].remove("login")
    found = schemagate.compare(
        version.content.text,
        json.dumps(schema),
        format="json",
        subject=version.subject,
        assume=version.settings.assume,
        newer="writer",
    )
    assert found.findings[0].fingerprint[:12] in (ROOT / "README.md").read_text("utf-8")
