"""How long does a commit wait for `schemagate check --staged`? 1,000 events, one changed file; buf beside it.

python benchmarks/hook.py [runs] [fields of an event]
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import medians, table

EVENTS = 1_000
GIT = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.invalid", "-c", "init.defaultBranch=main"]


FIELDS = [f"field_{each}" for each in range(40)]


def schema(number: int, *left_out: str) -> dict[str, object]:
    """An event in the house's shape: an envelope, and a payload of described fields."""
    payload = {
        "type": "object",
        "properties": {name: {"type": "string", "description": f"What {name} is for."} for name in FIELDS},
        "required": [name for name in FIELDS if name not in left_out],
    }
    envelope = {
        "event_id": {"type": "string"},
        "event_version": {"enum": [1]},
        "event_name": {"enum": [f"Event{number}"]},
        "produced_at": {"type": "string"},
        "payload": {"$ref": "#/definitions/payload"},
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"Event{number}.v1",
        "definitions": {"payload": payload},
        "type": "object",
        "properties": envelope,
        "required": list(envelope),
    }


PROTO = """\
syntax = "proto3";
package event{number}.v1;
import "google/protobuf/timestamp.proto";
// The envelope.
message Event {{
  string event_id = 1;
  int32 event_version = 2;
  string event_name = 3;
  google.protobuf.Timestamp produced_at = 4;
  Payload payload = 5;
}}
// The content.
message Payload {{
{fields}}}
"""


def contracts(folder: Path) -> None:
    """A repository of events, released on main."""
    tables = ['[defaults]\nlevel = "FORWARD_TRANSITIVE"\n']
    for number in range(EVENTS):
        file = folder / f"schemas/event{number}/v1.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(schema(number), indent=2))
        tables.append(f'[events."event{number}"]\nowner = "team"\n')
    (folder / "schemagate.toml").write_text("\n".join(tables))
    commit(folder)


def protos(folder: Path) -> None:
    """The same number of Protobuf files, for buf."""
    (folder / "buf.yaml").write_text("version: v2\nbreaking:\n  use: [WIRE]\n")
    fields = "".join(f"  // What {name} is for.\n  string {name} = {each};\n" for each, name in enumerate(FIELDS, 1))
    for number in range(EVENTS):
        file = folder / f"event{number}/v1/event.proto"
        file.parent.mkdir(parents=True)
        file.write_text(PROTO.format(number=number, fields=fields))
    commit(folder)


def commit(folder: Path) -> None:
    """Everything, as the first commit."""
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "released"]):
        subprocess.run([*GIT, *arguments], cwd=folder, check=True)


def cloned(folder: Path, fill: Callable[[Path], None]) -> Path:
    """A clone, as a developer has it: packed, with a remote."""
    origin = folder.with_name(f"{folder.name}-origin")
    origin.mkdir()
    fill(origin)
    subprocess.run(["git", "clone", "-q", f"file://{origin}", str(folder)], check=True)
    return folder


def staged(folder: Path, content: object, schemagate: str, runs: int, *, name: str, code: int = 0) -> dict[str, float]:
    """Medians with one edited file in the index; `python -c pass` in the same turns."""
    (folder / "schemas/event7/v1.json").write_text(json.dumps(content, indent=2))
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    commands = {"python -c pass": [sys.executable, "-c", "pass"], name: [schemagate, "check", "--staged"]}
    return medians(commands, runs, folder, expected={name: code})


def main(runs: int) -> None:
    """Measure, and print ratios."""
    programs = Path(sys.executable).parent
    schemagate = str(programs / "schemagate")
    with tempfile.TemporaryDirectory() as scratch:
        ours, theirs = cloned(Path(scratch) / "ours", contracts), cloned(Path(scratch) / "theirs", protos)
        python = [sys.executable, "-c"]
        times = medians({"python -c pass": [*python, "pass"], "python -c 'import click'": [*python, "import click"],
                         "schemagate --version": [schemagate, "--version"]}, runs, ours)  # fmt: skip
        table("Start", times, "python -c 'import click'")

        words = {**schema(7), "description": "a clean edit"}
        clean = staged(ours, words, schemagate, runs, name="check --staged, words only")
        added = schema(7)
        added["properties"]["trace"] = {"type": "string"}  # type: ignore[index]
        edit = staged(ours, added, schemagate, runs, name="check --staged, an optional field added")
        broken = staged(ours, schema(7, "field_0"), schemagate, runs, name="check --staged, a break to show", code=1)
        buf = programs / "buf"
        peers = {}
        if buf.exists() or shutil.which("buf"):
            command = [str(buf if buf.exists() else "buf"), "breaking", "--against", ".git#branch=main"]
            file = theirs / "event7/v1/event.proto"
            file.write_text(file.read_text() + "// a clean edit\n")
            peers = medians({"buf breaking, 1,000 files": command}, max(3, runs // 3), theirs)
        table(
            f"One changed file of {EVENTS:,}, {len(FIELDS)} fields each",
            {**clean, **edit, **broken, **peers},
            "python -c pass",
        )


if __name__ == "__main__":
    if len(sys.argv) > 2:
        FIELDS[:] = FIELDS[: int(sys.argv[2])]
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
