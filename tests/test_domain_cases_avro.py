"""The catalogue's changes as Avro records: what fastavro observed when the contracts were designed, case by case."""

from __future__ import annotations

import io
import json
from typing import Any

import fastavro
import pytest

import schemagate

TEXT = {"type": "string"}
NULLABLE = ["null", "string"]


def record(**fields: Any) -> dict[str, Any]:
    """An envelope with an integer version, and a payload with these fields; a tuple is (type, default)."""
    listed = [
        {"name": name, "type": kind[0], "default": kind[1]} if isinstance(kind, tuple) else {"name": name, "type": kind}
        for name, kind in fields.items()
    ]
    payload = {"type": "record", "name": "Payload", "fields": [{"name": "replication_id", "type": "string"}, *listed]}
    return {
        "type": "record",
        "name": "Event",
        "fields": [{"name": "event_version", "type": "long"}, {"name": "payload", "type": payload}],
    }


NAMES = record(first_name="string", last_name="string")
TITLE = record(title="string")

# case: (old, new, new reads old, old reads new)
CASES = {
    "C1 nothing but the version": (TITLE, TITLE, "yes", "yes"),
    "C2 two names out, a required nickname in": (NAMES, record(nickname="string"), "no", "no"),
    "C3 the nickname has a default": (NAMES, record(nickname=("string", "")), "yes", "no"),
    "C4 all three are nullable with a default": (
        record(first_name=(NULLABLE, None), last_name=(NULLABLE, None)),
        record(nickname=(NULLABLE, None)),
        "yes",
        "yes",
    ),
    "C5 a required knowledge area in": (TITLE, record(title="string", knowledge_area="string"), "no", "yes"),
    "C6 null union with a default": (TITLE, record(title="string", knowledge_area=(NULLABLE, None)), "yes", "yes"),
    "C7 null union without a default": (TITLE, record(title="string", knowledge_area=NULLABLE), "no", "yes"),
}
EVENTS = {
    "first_name": "a", "last_name": "b", "nickname": "n", "title": "t", "knowledge_area": "k", "replication_id": "1",
}  # fmt: skip


def fastavro_reads(reader: dict[str, Any], writer: dict[str, Any]) -> bool:
    names = [field["name"] for field in writer["fields"][1]["type"]["fields"]]
    out = io.BytesIO()
    event = {"event_version": 1, "payload": {name: EVENTS[name] for name in names}}
    fastavro.schemaless_writer(out, fastavro.parse_schema(writer), event)
    try:
        fastavro.schemaless_reader(
            io.BytesIO(out.getvalue()), fastavro.parse_schema(writer), fastavro.parse_schema(reader)
        )
    except (EOFError, ValueError, KeyError, fastavro.schema.SchemaParseException, fastavro.read.SchemaResolutionError):
        return False
    return True


@pytest.mark.parametrize("case", CASES)
def test_both_verdicts_and_the_decoder_agree(case: str) -> None:
    old, new, backward, forward = CASES[case]
    for reader, writer, expected in ((new, old, backward), (old, new, forward)):
        found = schemagate.compare(json.dumps(reader), json.dumps(writer), format="avro")
        assert found.data == expected, found.findings
        assert found.registry == ("accept" if expected == "yes" else "reject")
        assert fastavro_reads(reader, writer) is (expected == "yes")
