"""How long does `schemagate migration lint` take: this repository's plans, and 50 steps with wide `needs`?

python benchmarks/migrations.py [runs]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from measure import medians, table

ROOT = Path(__file__).parents[1]
SERVICES = 15


def wide(folder: Path) -> None:
    """Consumers that release side by side between a registration and a switch, which once waits for nobody."""
    shutil.copytree(ROOT / "schemas" / "assessment", folder / "schemas" / "assessment")
    event = 'owner = "t"\nkind = "state"\ntopic = "a"\nsubject = "{event}.v{version}"\nlevel = "FORWARD_TRANSITIVE"\n'
    (folder / "schemagate.toml").write_text(f'[events."assessment"]\n{event}')
    (folder / "services").mkdir()
    (folder / "migrations").mkdir()
    names = [f"s{number}" for number in range(SERVICES)]
    head = 'format = 1\nservice = "{0}"\nowner = "t"\n'
    for name in names:
        reads = f'consumes = [{{ event = "assessment", versions = [1, 2], group = "{name}" }}]\n'
        (folder / f"services/{name}.toml").write_text(head.format(name) + reads)
    (folder / "services/p.toml").write_text(
        head.format("p") + 'produces = [{ event = "assessment", versions = [1, 2] }]\n'
    )
    for id_ in ("connected", "loose"):
        (folder / f"migrations/{id_}.toml").write_text(plan(id_, names))


def plan(id_: str, names: list[str]) -> str:
    """53 steps."""
    ready = ", ".join(f'"{name}-both"' for name in names) if id_ == "connected" else '"register"'
    evidence = 'evidence = [{ probe = "exec", command = ["./x"], must = 0 }]'
    steps = ['{ id = "register", kind = "register", needs = [], version = 2 }']
    for name in names:
        steps.append(f'{{ id = "{name}-do", kind = "do", actor = "{name}", needs = [], {evidence} }}')
        needs = f'needs = ["register", "{name}-do"]'
        steps.append(f'{{ id = "{name}-both", kind = "release", actor = "{name}", {needs}, consumes = [1, 2] }}')
    steps += [
        f'{{ id = "switch", kind = "switch-on", actor = "p", needs = [{ready}], version = 2 }}',
        '{ id = "stop", kind = "stop", actor = "p", needs = ["switch"], version = 1 }',
        '{ id = "drain", kind = "drain", needs = ["stop"], version = 1 }',
    ]
    steps += [
        f'{{ id = "{name}-new", kind = "release", actor = "{name}", needs = ["drain"], consumes = [2] }}'
        for name in names
    ]
    steps.append('{ id = "retire", kind = "retire", version = 1 }')
    consumers = ", ".join(f'{{ service = "{name}", groups = ["{name}"] }}' for name in names)
    lines = ",\n  ".join(steps)
    return f"""format = 1
id = "{id_}"
type = "event-version"
owner = "t"
event = "assessment"
semantics = "state"
topology = "same-topic"
rollout = "switch"
semantic_changes = []
old = {{ version = 1 }}
new = {{ version = 2 }}
consumers = [{consumers}]
producers = [{{ service = "p" }}]
approvals = {{ from = ["t"] }}
step = [
  {lines},
]
[probes]
backfill = {{ probe = "exec", command = ["./x"], must = 0 }}
"""


def main(runs: int) -> None:
    """Measure, and print ratios; the base is the start of the command."""
    schemagate = str(Path(sys.executable).parent / "schemagate")
    lint = [schemagate, "migration", "lint"]
    start = {"schemagate migration --help": [schemagate, "migration", "--help"]}
    plans = sorted(path.stem for path in (ROOT / "migrations").glob("*.toml"))
    own = medians({**start, **{id_: [*lint, id_] for id_ in plans}, "all five": lint}, runs, ROOT)
    table("lint of this repository's plans", own, "schemagate migration --help")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        wide(folder)
        commands = {
            **start,
            "50 steps, side by side": [*lint, "connected"],
            "the same, the switch waits for nobody": [*lint, "loose"],
        }
        times = medians(commands, runs, folder, expected={"the same, the switch waits for nobody": 1})
        table(f"{SERVICES} consumers side by side", times, "schemagate migration --help")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
