"""Are this repository's own contracts what the teacher-hiring system agreed on?

The shapes and the table of instance validation restate the domain reference (sections 2.3 to 2.5).
The judge is `jsonschema`.
"""

from __future__ import annotations

import copy
import json
import re
import tomllib
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from schemagate.policy.file_rules import ev12_file_place
from schemagate.policy.lint import lint
from schemagate.project import catalog

ROOT = Path(__file__).parent.parent
VERSIONS = sorted(
    path.relative_to(ROOT / "schemas").with_suffix("").as_posix() for path in ROOT.glob("schemas/*/v*.json")
)
ENVELOPE = ["event_id", "event_version", "event_name", "produced_at", "payload"]
CERTAIN = {
    "candidate/v1": (
        "Candidate.v1",
        "Candidate",
        ["replication_id", "firstname", "lastname", "login", "created_at", "updated_at"],
    ),
    "assessment.assigned/v1": (
        "Assessment.Assigned.v1",
        "Assessment.Assigned",
        ["candidate_replication_id", "assessment_replication_id", "manager_replication_id", "assigned_at"],
    ),
}


def schema(version: str) -> dict[str, Any]:
    return json.loads((ROOT / "schemas" / f"{version}.json").read_text("utf-8"))


def sample(version: str) -> dict[str, Any]:
    return json.loads((ROOT / "samples" / f"{version}.json").read_text("utf-8"))


def objections(event: Any, against: dict[str, Any]) -> set[tuple[str, str]]:
    """What a validator objects to: the keyword, and the field it is about."""
    found = set()
    for error in jsonschema.Draft4Validator(against).iter_errors(event):
        names = re.findall(r"'(\w+)'", error.message) if error.validator != "enum" else [str(error.absolute_path[-1])]
        if error.validator == "required":
            names = names[:1]  # the first quoted word; the rest is the event
        found |= {(error.validator, name) for name in names or [""]}
    return found


def without_descriptions(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_descriptions(each) for key, each in value.items() if key != "description"}
    return value


def test_all_eight_versions_are_here() -> None:
    assert set(VERSIONS) == {
        "assessment/v1",
        "assessment/v2",
        "assessment.assigned/v1",
        "candidate/v1",
        "manager/v1",
        "manager/v2",
        "solution.completed/v1",
        "task.rating/v1",
    }


@pytest.mark.parametrize("version", CERTAIN)
def test_a_given_schema_has_exactly_the_given_structure(version: str) -> None:
    title, name, fields = CERTAIN[version]
    found = schema(version)
    assert isinstance(found["description"], str)
    assert without_descriptions(found) == {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": title,
        "definitions": {
            "payload": {
                "type": "object",
                "properties": {field: {"type": "string"} for field in fields},
                "required": fields,
            }
        },
        "type": "object",
        "properties": {
            "event_id": {"type": "string"},
            "event_version": {"enum": [1]},
            "event_name": {"enum": [name]},
            "produced_at": {"type": "string"},
            "payload": {"$ref": "#/definitions/payload"},
        },
        "required": ENVELOPE,
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_every_schema_has_the_house_shape(version: str) -> None:
    found = schema(version)
    payload = found["definitions"]["payload"]
    assert list(found) == ["$schema", "title", "description", "definitions", "type", "properties", "required"]
    assert list(found["properties"]) == found["required"] == ENVELOPE
    assert list(payload["properties"]) == payload["required"]
    assert ("additionalProperties" in payload) == (version == "manager/v2")
    assert all(each["description"] for each in payload["properties"].values())


@pytest.mark.parametrize("path", sorted(ROOT.glob("s[ac][mh]*/*/v*.json")), ids=lambda path: path.parent.name)
def test_files_are_plain_text_of_one_style(path: Path) -> None:
    data = path.read_bytes()
    assert b"\r" not in data
    assert b"\t" not in data
    assert data.endswith(b"}\n")
    assert all((len(line) - len(line.lstrip())) % 2 == 0 for line in data.decode("utf-8").splitlines())


@pytest.mark.parametrize("version", VERSIONS)
def test_the_sample_of_a_version_is_a_valid_event(version: str) -> None:
    jsonschema.Draft4Validator.check_schema(schema(version))
    assert objections(sample(version), schema(version)) == set()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sample_keeps_the_conventions_that_no_schema_checks(version: str) -> None:
    event = sample(version)
    for name, value in {**event, **event["payload"]}.items():
        if name.endswith("_id"):
            assert str(uuid.UUID(value)) == value
        if name.endswith("_at"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value)
            assert datetime.fromisoformat(value).tzinfo is not None


def test_every_sample_belongs_to_a_version() -> None:
    assert {path.relative_to(ROOT / "samples").with_suffix("").as_posix() for path in ROOT.glob("samples/*/*")} == set(
        VERSIONS
    )


VERSION = ("enum", "event_version")


@pytest.mark.parametrize(
    ("event", "against", "expected"),
    [
        (
            "manager/v1",
            "manager/v2",
            {
                VERSION,
                ("required", "nickname"),
                ("additionalProperties", "first_name"),
                ("additionalProperties", "last_name"),
            },
        ),
        ("manager/v2", "manager/v1", {VERSION, ("required", "first_name"), ("required", "last_name")}),
        ("assessment/v1", "assessment/v2", {VERSION, ("required", "knowledge_area")}),
        ("assessment/v2", "assessment/v1", {VERSION}),
    ],
)
def test_an_event_of_one_version_against_another(event: str, against: str, expected: set[tuple[str, str]]) -> None:
    assert objections(sample(event), schema(against)) == expected


def test_a_leaked_name_is_refused_because_the_payload_is_closed() -> None:
    leaked = sample("manager/v2")
    leaked["payload"] |= {"first_name": "Tomasz", "last_name": "Lindqvist"}
    opened = schema("manager/v2")
    del opened["definitions"]["payload"]["additionalProperties"]
    assert objections(leaked, schema("manager/v2")) == {
        ("additionalProperties", "first_name"),
        ("additionalProperties", "last_name"),
    }
    assert objections(leaked, opened) == set()


def test_an_old_assessment_passes_where_the_new_field_is_optional() -> None:
    event = copy.deepcopy(sample("assessment/v1"))
    event["event_version"] = 2
    relaxed = schema("assessment/v2")
    relaxed["definitions"]["payload"]["required"].remove("knowledge_area")
    assert objections(event, relaxed) == set()


def test_a_title_without_area_has_no_knowledge_area() -> None:
    event = sample("assessment/v2")
    event["payload"]["knowledge_area"] = None
    assert objections(event, schema("assessment/v2")) == set()
    event["payload"]["knowledge_area"] = 5
    assert objections(event, schema("assessment/v2")) != set()


@pytest.mark.parametrize(
    ("rating", "fits"), [(0, True), (0.3, True), (1, True), (1.1, False), (-0.1, False), ("0.3", False)]
)
def test_a_rating_is_a_share(rating: object, fits: bool) -> None:
    event = sample("task.rating/v1")
    event["payload"]["rating"] = rating
    assert (objections(event, schema("task.rating/v1")) == set()) == fits


def test_the_configuration_says_what_the_catalogue_says() -> None:
    project = catalog.open_project(ROOT)
    assert project.unreadable == {}
    assert {str(version.id): (version.topic, version.subject) for version in project.versions.values()} == {
        "assessment@1": ("data_replication.assessment", "assessment.v1"),
        "assessment@2": ("data_replication.assessment", "assessment.v2"),
        "assessment.assigned@1": ("domain.assessment.assigned", "assessment.assigned.v1"),
        "candidate@1": ("data_replication.candidate", "candidate.v1"),
        "manager@1": ("data_replication.manager", "manager.v1"),
        "manager@2": ("data_replication.manager", "manager.v2"),
        "solution.completed@1": ("domain.solution.completed", "solution.completed.v1"),
        "task.rating@1": ("task", "task.rating.v1"),
    }
    money = {event for event, settings in project.catalog.settings.items() if settings.criticality == "money"}
    immutable = {event for event, settings in project.catalog.settings.items() if settings.immutable}
    assert money == immutable == {"solution.completed"}


def test_the_services_say_what_they_do_today() -> None:
    services = catalog.open_project(ROOT).services
    assert {name: {each.event: each.versions for each in service.produces} for name, service in services.items()} == {
        "assessments": {"manager": (1,), "assessment": (1,), "assessment.assigned": (1,)},
        "hiring": {"candidate": (1,), "solution.completed": (1,), "task.rating": (1,)},
        "bonuses": {},
    }
    assert {name: {each.event: each.versions for each in service.consumes} for name, service in services.items()} == {
        "assessments": {"candidate": (1,)},
        "hiring": {"manager": (1, 2), "assessment": (1, 2), "assessment.assigned": (1,)},
        "bonuses": {"manager": (1,), "solution.completed": (1,), "task.rating": (1,)},
    }


def test_an_idempotency_key_is_required_in_every_consumed_version() -> None:
    for path in ROOT.glob("services/*.toml"):
        for entry in tomllib.loads(path.read_text("utf-8"))["consumes"]:
            keys = entry["idempotency"]["key"]
            fields = {key.removeprefix("payload.") for key in ([keys] if isinstance(keys, str) else keys)}
            for number in entry["versions"]:
                assert fields <= set(schema(f"{entry['event']}/v{number}")["definitions"]["payload"]["required"])


def test_personal_paths_exist() -> None:
    for event, table in tomllib.loads((ROOT / "schemagate.toml").read_text("utf-8"))["events"].items():
        for path in table.get("personal", ()):
            assert path.removeprefix("payload.") in schema(f"{event}/v1")["definitions"]["payload"]["properties"]


def test_no_address_of_a_registry_is_committed() -> None:
    assert "://" not in (ROOT / "schemagate.toml").read_text("utf-8")


def test_the_house_keeps_its_own_rules() -> None:
    project = catalog.open_project(ROOT)
    assert [finding for version in project.versions.values() for finding in lint(version)] == []
    assert list(ev12_file_place(path for path in project.source.entries if path.startswith("schemas/"))) == []
