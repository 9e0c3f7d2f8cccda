"""Where are the verdicts that others computed? Read at test time, never copied into this repository."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("SCHEMAGATE_ORACLES", Path(__file__).parents[2] / "shared" / "oracles"))

ROWS = {
    "avro_java.jsonl": 139,
    "modes_avro.jsonl": 32,
    "json_confluent.jsonl": 263,
    "protobuf_confluent.jsonl": 55,
}


def rows(name: str) -> list[Any]:
    """The rows of an oracle file as pytest parameters with their ids; one skipped parameter where the folder is missing."""
    import pytest

    if not FOLDER.is_dir():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"oracle {name} is not here"), id="missing")]
    found = [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]
    assert len(found) == ROWS[name], f"{name} is truncated: {len(found)} rows"
    return [pytest.param(row, id=row["id"]) for row in found]
