"""How long does a commit wait for `schemagate check --staged`? 1,000 events, one changed file; buf beside it.

python benchmarks/hook.py [runs]
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import medians, table

EVENTS = 1_000
GIT = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.invalid", "-c", "init.defaultBranch=main"]


def schema(number: int, *required: str) -> dict[str, object]:
    """An open object with ten fields."""
    names = [f"field_{each}" for each in range(10)]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"Event{number}",
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "required": list(required or names),
    }


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
    for number in range(EVENTS):
        file = folder / f"event{number}/v1/event.proto"
        file.parent.mkdir(parents=True)
        fields = "".join(f"  string field_{each} = {each + 1};\n" for each in range(10))
        file.write_text(f'syntax = "proto3";\npackage event{number}.v1;\nmessage Event {{\n{fields}}}\n')
    commit(folder)


def commit(folder: Path) -> None:
    """Everything, as the first commit."""
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "released"]):
        subprocess.run([*GIT, *arguments], cwd=folder, check=True)


def main(runs: int) -> None:
    """Measure, and print ratios."""
    programs = Path(sys.executable).parent
    schemagate = str(programs / "schemagate")
    with tempfile.TemporaryDirectory() as scratch:
        ours, theirs = Path(scratch) / "ours", Path(scratch) / "theirs"
        ours.mkdir()
        theirs.mkdir()
        contracts(ours)
        protos(theirs)
        python = [sys.executable, "-c"]
        times = medians({"python -c pass": [*python, "pass"], "python -c 'import click'": [*python, "import click"],
                         "schemagate --version": [schemagate, "--version"]}, runs, ours)  # fmt: skip
        table("Start", times, "python -c 'import click'")

        changed = ours / "schemas/event7/v1.json"
        changed.write_text(json.dumps({**schema(7), "description": "a clean edit"}, indent=2))
        subprocess.run(["git", "add", "-A"], cwd=ours, check=True)
        clean = medians({"python -c pass": [*python, "pass"], "check --staged, a clean edit": [schemagate, "check", "--staged"]},
                        runs, ours)  # fmt: skip
        changed.write_text(json.dumps(schema(7, "field_0"), indent=2))
        subprocess.run(["git", "add", "-A"], cwd=ours, check=True)
        broken = medians({"check --staged, a break to show": [schemagate, "check", "--staged"]}, runs, ours,
                         expected={"check --staged, a break to show": 1})  # fmt: skip
        buf = programs / "buf"
        peers = {}
        if buf.exists() or shutil.which("buf"):
            command = [str(buf if buf.exists() else "buf"), "breaking", "--against", ".git#branch=main"]
            file = theirs / "event7/v1/event.proto"
            file.write_text(file.read_text() + "// a clean edit\n")
            peers = medians({"buf breaking, 1,000 files": command}, max(3, runs // 3), theirs)
        table(f"One changed file of {EVENTS:,}", {**clean, **broken, **peers}, "python -c pass")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
