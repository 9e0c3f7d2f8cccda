"""Are the modules of the catalogue's events right: as text, for the tools, and with data?"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import fastavro
import jsonschema
import pytest

from generating import load, model_of, runtime_module, version, write
from schemagate.generate.package import avro_schemas, python_package
from schemagate.schema.event import Version

GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = Path(__file__).parents[1] / "schemas"
BIN = Path(sys.executable).parent

TEXT = {"type": "string"}
PAYLOADS: dict[tuple[str, int, str], dict[str, Any]] = {
    ("candidate", 1, "Candidate"): dict.fromkeys(
        "replication_id firstname lastname login created_at updated_at".split(), TEXT
    ),
    ("assessment.assigned", 1, "Assessment.Assigned"): dict.fromkeys(
        "candidate_replication_id assessment_replication_id manager_replication_id assigned_at".split(), TEXT
    ),
    ("manager", 1, "ManagerCreated"): dict.fromkeys(
        "replication_id first_name last_name created_at updated_at".split(), TEXT
    ),
    ("manager", 2, "ManagerCreated"): dict.fromkeys("replication_id nickname created_at updated_at".split(), TEXT),
    ("assessment", 1, "Assessment"): dict.fromkeys(
        "replication_id title text manager_replication_id created_at updated_at".split(), TEXT
    ),
    ("assessment", 2, "Assessment"): {
        **dict.fromkeys("replication_id title text manager_replication_id created_at updated_at".split(), TEXT),
        "knowledge_area": {"type": ["string", "null"]},
    },
    ("solution.completed", 1, "SolutionCompleted"): dict.fromkeys(
        "solution_replication_id assessment_replication_id candidate_replication_id manager_replication_id"
        " completed_at".split(),
        TEXT,
    ),
    ("task.rating", 1, "TaskRating"): {
        "assessment_replication_id": TEXT,
        "rating": {"type": "number", "minimum": 0, "maximum": 1},
        "calculated_at": TEXT,
    },
}


def catalogue_schema(number: int, name: str, payload: dict[str, Any], *, closed: bool) -> dict[str, Any]:
    """An event as the domain's description has it."""
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "definitions": {
            "payload": {
                "type": "object",
                "properties": payload,
                "required": list(payload),
                **({"additionalProperties": False} if closed else {}),
            }
        },
        "type": "object",
        "properties": {
            "event_id": TEXT,
            "event_version": {"enum": [number]},
            "event_name": {"enum": [name]},
            "produced_at": TEXT,
            "payload": {"$ref": "#/definitions/payload"},
        },
        "required": ["event_id", "event_version", "event_name", "produced_at", "payload"],
    }


DESCRIBED = [
    version(event, number, catalogue_schema(number, name, payload, closed=(event, number) == ("manager", 2)))
    for (event, number, name), payload in PAYLOADS.items()
]


def in_repository() -> list[Version]:
    """The same versions as this repository's own schemas have them."""
    return [
        version(event, number, None, text=(SCHEMAS / event / f"v{number}.json").read_text("utf-8"))
        for event, number, _ in PAYLOADS
    ]


def sample(event: str, number: int) -> dict[str, Any]:
    """A valid event."""
    ((name, payload),) = ((n, p) for (e, v, n), p in PAYLOADS.items() if (e, v) == (event, number))
    values = {key: 0.4 if key == "rating" else f"{key} ü" for key in payload}
    return {
        "event_id": "e-1",
        "event_version": number,
        "event_name": name,
        "produced_at": "2026-11-24T18:00:00Z",
        "payload": values,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue's package on disk."""
    package = python_package(in_repository())
    assert not package.refused
    return write(package, tmp_path_factory.mktemp("catalogue"))


def test_text_is_the_golden_one() -> None:
    """SCHEMAGATE_GOLDEN=write rewrites the files; the diff is then read by a person."""
    files = {path: text for path, text in python_package(DESCRIBED).files.items() if path != "events/_runtime.py"}
    for path, text in files.items():
        golden = GOLDEN / "catalogue" / (path + ".txt")
        if os.environ.get("SCHEMAGATE_GOLDEN") == "write":
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_text(text, "utf-8")
        assert golden.read_text("utf-8") == text, path
    known = {str(p.relative_to(GOLDEN / "catalogue"))[: -len(".txt")] for p in GOLDEN.glob("catalogue/**/*.txt")}
    assert known == set(files)


def test_tools_have_nothing_to_say(folder: Path) -> None:
    for command in (
        [BIN / "ruff", "format", "--isolated", "--check", "."],
        [BIN / "ruff", "check", "--isolated", "."],
        [BIN / "mypy", "--strict", "--cache-dir", folder / ".mypy_cache", "events"],
    ):
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr


def test_it_works_in_another_process_without_schemagate(folder: Path) -> None:
    program = """
import sys
from events.manager import ManagerV1, ManagerV2, read
from events.manager.v2 import Payload
event = ManagerV2.new(event_id="e", produced_at="p", payload=Payload(replication_id="r", nickname="n", created_at="c",
                                                                  updated_at="u"))
assert "fastavro" not in sys.modules
assert ManagerV2.from_avro(event.to_avro()) == event == ManagerV2.from_json(event.to_json())
assert read(event.encode(schema_id=12), ids={11: ManagerV1, 12: ManagerV2}) == event
assert not any(name.startswith("schemagate") for name in sys.modules)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=folder, check=True)


def test_bytes_do_not_depend_on_the_process(folder: Path) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_generate_catalogue import in_repository
from schemagate.generate.package import python_package
for path, text in python_package(in_repository()).files.items():
    assert Path(path).read_text("utf-8") == text, path
"""
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C"}
        subprocess.run([sys.executable, "-X", "utf8=0", "-c", program], cwd=folder, env=env, check=True)


def test_generating_imports_no_heavy_library() -> None:
    program = """
import json, sys
from schemagate.generate.package import python_package
from schemagate.schema.event import Content, Format, Settings, Version, VersionId
schema = {"type": "object", "properties": {"a": {"type": "string", "default": "x", "pattern": "^[a-z]+$"}}}
record = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "string", "default": "x"}]}
def one(event, format, schema):
    return Version(VersionId(event, 1), Content(format, "f", json.dumps(schema)), Settings())
assert len(python_package([one("a", Format.JSON, schema), one("b", Format.AVRO, record)]).files) == 8
print(*{"pydantic", "fastavro", "jsonschema", "jsonschema_rs", "httpx"} & set(sys.modules))
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


@pytest.mark.parametrize("one", in_repository(), ids=lambda v: str(v.id))
class TestEachVersion:
    """With real data; jsonschema and fastavro judge."""

    def test_round_trips(self, one: Version) -> None:
        model, value = model_of(one), sample(one.id.event, one.id.number)
        jsonschema.Draft4Validator(json.loads(one.content.text)).validate(value)
        event = model.from_json(json.dumps(value))
        assert json.loads(event.to_json()) == value
        assert model.from_json(event.to_json()) == event
        assert model.from_avro(event.to_avro()) == event
        assert model.decode(event.encode(7), 7) == event

    def test_avro_bytes_are_what_fastavro_reads(self, one: Version) -> None:
        model, value = model_of(one), sample(one.id.event, one.id.number)
        ((path, text),) = avro_schemas([one]).files.items()
        assert path.endswith(f"/v{one.id.number}.avsc")
        data = model.from_json(json.dumps(value)).to_avro()
        assert fastavro.schemaless_reader(io.BytesIO(data), json.loads(text), None) == value

    def test_refuses_invalid_data(self, one: Version) -> None:
        model, value = model_of(one), sample(one.id.event, one.id.number)
        errors = runtime_module().DecodeError
        for path, wrong in invalid(value):
            text = json.dumps(wrong)
            assert not jsonschema.Draft4Validator(json.loads(one.content.text)).is_valid(wrong), path
            with pytest.raises(errors):
                model.from_json(text)
        for text in ("", "{", "[]", "null", "NaN", '{"event_id": NaN}'):
            with pytest.raises(errors):
                model.from_json(text)

    def test_open_objects_keep_what_they_do_not_know(self, one: Version) -> None:
        model, value = model_of(one), sample(one.id.event, one.id.number)
        value["payload_id"] = {"deep": [1, None]}
        event = model.from_json(json.dumps(value))
        assert json.loads(event.to_json()) == value
        with pytest.raises(runtime_module().EncodeError, match="payload_id"):
            event.to_avro()


def invalid(value: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Events with one fault each: a missing field, a wrong type, `true` for a number, a wrong constant."""
    cases = [(f"without {key}", {k: v for k, v in value.items() if k != key}) for key in value]
    for key in value:
        cases += [
            (f"{key} {wrong!r}", {**value, key: wrong}) for wrong in (True, None, 5, [], "x") if wrong_for(key, wrong)
        ]
    payload = value["payload"]
    for key in payload:
        cases.append((f"payload without {key}", {**value, "payload": {k: v for k, v in payload.items() if k != key}}))
        wrongs = (True, "x", 1.5, None) if key == "rating" else (True, 1, [], {})
        cases += [(f"payload.{key} {wrong!r}", {**value, "payload": {**payload, key: wrong}}) for wrong in wrongs]
    return cases


def wrong_for(key: str, wrong: object) -> bool:
    return not (isinstance(wrong, str) and key in ("event_id", "produced_at"))


def test_a_closed_payload_refuses_leaked_names() -> None:
    manager = next(v for v in in_repository() if (v.id.event, v.id.number) == ("manager", 2))
    model, value = model_of(manager), sample("manager", 2)
    value["payload"]["first_name"] = "Anna-Secret"
    with pytest.raises(runtime_module().DecodeError, match="first_name") as caught:
        model.from_json(json.dumps(value))
    assert "Secret" not in str(caught.value)


def test_a_new_reader_reads_old_avro() -> None:
    """C6: the nullable knowledge area is null in data of version 1."""
    modules = load(python_package([v for v in DESCRIBED if v.id.event == "assessment"]))
    old, new = modules["assessment/v1.py"], modules["assessment/v2.py"]
    event = old.AssessmentV1.from_json(json.dumps(sample("assessment", 1)))
    data = event.to_avro().replace(b"\x02\x14Assessment", b"\x04\x14Assessment", 1)  # event_version 1 -> 2
    read = new.AssessmentV2.from_avro(data, writer_schema=old.AVRO_SCHEMA)
    assert read.payload.knowledge_area is None
    assert read.payload.title == event.payload.title
    with pytest.raises(runtime_module().DecodeError, match="event_version"):
        new.AssessmentV2.from_avro(event.to_avro(), writer_schema=old.AVRO_SCHEMA)


def test_losses_of_the_catalogue_are_told() -> None:
    rating = next(v for v in DESCRIBED if v.id.event == "task.rating")
    told = {(f.path, f.severity.value) for f in python_package([rating]).findings}
    assert told == {
        ("", "warning"),
        ("/definitions/payload", "warning"),
        ("/properties/event_version", "note"),
        ("/properties/event_name", "note"),
        ("/definitions/payload/properties/rating", "note"),
    }
