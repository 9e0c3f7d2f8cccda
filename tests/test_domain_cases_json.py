"""Do the migrations of the teacher-hiring system get the registry's answers that domain.md 2.5 states for JSON (C1-C9)?

The schemas are built here from the description of 2.2 to 2.4: a draft-04 envelope around a payload. Each case says what
BACKWARD (new reads old) and FORWARD (old reads new) answer, and which findings stand behind it.
"""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple

import pytest

from schemagate.compat.json_schema.registry import judge
from schemagate.compat.verdicts import RegistryVerdict
from schemagate.schema.json_schema import parse

TEXT = {"type": "string"}
TEXT_OR_NULL = {"type": ["string", "null"]}
MANAGER = dict.fromkeys(("replication_id", "first_name", "last_name", "created_at", "updated_at"), TEXT)
NICKNAMED = dict.fromkeys(("replication_id", "nickname", "created_at", "updated_at"), TEXT)
ASSESSMENT = dict.fromkeys(
    ("replication_id", "title", "text", "manager_replication_id", "created_at", "updated_at"), TEXT
)
WITH_AREA = {**ASSESSMENT, "knowledge_area": TEXT}
WITH_AREA_OR_NULL = {**ASSESSMENT, "knowledge_area": TEXT_OR_NULL}

Versioned = Literal["enum", "integer"]
Model = Literal["open", "closed"]


def event(
    number: int,
    name: str,
    payload: dict[str, Any],
    *,
    versioned: Versioned,
    envelope: Model = "open",
    content: Model | None = None,
    optional: tuple[str, ...] = (),
) -> dict[str, Any]:
    """An event's schema; `content` is the payload's model where it differs from the envelope's."""
    fields = {
        "event_id": TEXT,
        "event_version": {"enum": [number]} if versioned == "enum" else {"type": "integer"},
        "event_name": {"enum": [name]},
        "produced_at": TEXT,
        "payload": {"$ref": "#/definitions/payload"},
    }
    inner = {"type": "object", "properties": payload, "required": [key for key in payload if key not in optional]}
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": f"{name}.v{number}",
        "description": f"{name}, version {number}",
        "definitions": {"payload": closed(inner, content or envelope)},
        **closed({"type": "object", "properties": fields, "required": list(fields)}, envelope),
    }


def closed(schema: dict[str, Any], model: Model) -> dict[str, Any]:
    """The object with `additionalProperties: false`, where it is to be closed."""
    return {**schema, "additionalProperties": False} if model == "closed" else schema


class Change(NamedTuple):
    """Two versions of an event: the payloads, and the fields that the second does not require."""

    name: str
    old: dict[str, Any]
    new: dict[str, Any]
    optional: tuple[str, ...] = ()
    new_content: Model | None = None


CHANGES = {
    "C1": Change("Manager", MANAGER, MANAGER),
    "C2": Change("Manager", MANAGER, NICKNAMED),
    "C5": Change("Assessment", ASSESSMENT, WITH_AREA),
    "C6": Change("Assessment", ASSESSMENT, WITH_AREA, optional=("knowledge_area",)),
    "C8": Change("Manager", MANAGER, NICKNAMED, new_content="closed"),
    "C9": Change("Assessment", ASSESSMENT, WITH_AREA_OR_NULL),
}

ANSWERS = """
    case  model   version  backward forward
    C1    open    enum     no       no
    C1    open    integer  ok       ok
    C1    closed  enum     no       no
    C1    closed  integer  ok       ok
    C2    open    enum     no       no
    C2    open    integer  no       no
    C2    closed  enum     no       no
    C2    closed  integer  no       no
    C5    open    enum     no       no
    C5    open    integer  no       ok
    C5    closed  enum     no       no
    C5    closed  integer  no       no
    C6    open    enum     no       no
    C6    open    integer  no       ok
    C6    closed  enum     no       no
    C6    closed  integer  ok       no
    C8    open    enum     no       no
    C8    open    integer  no       no
    C9    open    enum     no       no
    C9    open    integer  no       ok
"""

REMOVED = "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL"
INTO_OPEN, INTO_CLOSED = (f"REQUIRED_PROPERTY_ADDED_TO_{model}_CONTENT_MODEL" for model in ("OPEN", "UNOPEN"))
OPTIONAL_INTO_OPEN = "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"

FINDINGS = [
    ("C2", "open", "backward", {"nickname": INTO_OPEN}),
    ("C2", "open", "forward", {"first_name": INTO_OPEN, "last_name": INTO_OPEN}),
    ("C2", "closed", "backward", {"first_name": REMOVED, "last_name": REMOVED, "nickname": INTO_CLOSED}),
    ("C2", "closed", "forward", {"nickname": REMOVED, "first_name": INTO_CLOSED, "last_name": INTO_CLOSED}),
    ("C5", "open", "backward", {"knowledge_area": INTO_OPEN}),
    ("C6", "open", "backward", {"knowledge_area": OPTIONAL_INTO_OPEN}),
    ("C9", "open", "backward", {"knowledge_area": INTO_OPEN}),
    ("C5", "closed", "backward", {"knowledge_area": INTO_CLOSED}),
    ("C5", "closed", "forward", {"knowledge_area": REMOVED}),
    ("C6", "closed", "forward", {"knowledge_area": REMOVED}),
    ("C8", "open", "backward", {"first_name": REMOVED, "last_name": REMOVED, "nickname": INTO_OPEN}),
    ("C8", "open", "forward", {"first_name": INTO_CLOSED, "last_name": INTO_CLOSED}),
]


def verdicts(case: str, model: Model, versioned: Versioned) -> dict[str, RegistryVerdict]:
    """What the registry answers in both directions."""
    change = CHANGES[case]
    old = event(1, change.name, change.old, versioned=versioned, envelope=model)
    new = event(
        2,
        change.name,
        change.new,
        versioned=versioned,
        envelope=model,
        content=change.new_content,
        optional=change.optional,
    )
    return both(old, new)


def both(old: dict[str, Any], new: dict[str, Any]) -> dict[str, RegistryVerdict]:
    """BACKWARD: new reads old. FORWARD: old reads new."""
    first, second = parse(json.dumps(old), "v1.json"), parse(json.dumps(new), "v2.json")
    return {"backward": judge(second, first), "forward": judge(first, second)}


@pytest.mark.parametrize(
    ("case", "model", "versioned", "backward", "forward"), [line.split() for line in ANSWERS.strip().splitlines()[1:]]
)
def test_a_case_is_answered_as_the_table_says(
    case: str, model: Model, versioned: Versioned, backward: str, forward: str
) -> None:
    words = {"accept": "ok", "reject": "no"}
    found = verdicts(case, model, versioned)
    assert (words[found["backward"].answer], words[found["forward"].answer]) == (backward, forward)


@pytest.mark.parametrize(("case", "model", "direction", "fields"), FINDINGS)
@pytest.mark.parametrize("versioned", ["enum", "integer"])
def test_the_findings_behind_a_refusal(
    case: str, model: Model, direction: str, fields: dict[str, str], versioned: Versioned
) -> None:
    expected = {f"{finding} #/properties/payload/properties/{field}" for field, finding in fields.items()}
    if versioned == "enum":
        expected.add("ENUM_ARRAY_CHANGED #/properties/event_version/enum")
    if (case, direction) == ("C8", "backward"):
        expected.add("ADDITIONAL_PROPERTIES_REMOVED #/properties/payload/additionalProperties")
    assert set(verdicts(case, model, versioned)[direction].refused) == expected


@pytest.mark.parametrize("model", ["open", "closed"])
@pytest.mark.parametrize("case", sorted(CHANGES))
def test_a_version_enum_is_incompatible_both_ways(case: str, model: Model) -> None:
    for found in verdicts(case, model, "enum").values():
        assert "ENUM_ARRAY_CHANGED #/properties/event_version/enum" in found.refused


def test_a_pattern_on_the_old_title_is_added_for_old_readers() -> None:
    payload = {**ASSESSMENT, "title": {"type": "string", "pattern": r"^\[[^\]]+\] "}}
    old = event(1, "Assessment", payload, versioned="integer", envelope="closed")
    new = event(2, "Assessment", WITH_AREA, versioned="integer", envelope="closed", optional=("knowledge_area",))
    found = both(old, new)
    assert found["backward"].answer == "accept"
    assert set(found["forward"].refused) == {
        f"{REMOVED} #/properties/payload/properties/knowledge_area",
        "PATTERN_ADDED #/properties/payload/properties/title/pattern",
    }
