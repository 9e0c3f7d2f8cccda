"""How long do 10,000 records take: read from the state branch, checked, folded? Goal: about a second.

python benchmarks/records.py [records]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from measure import machine

from schemagate.ask import deployments
from schemagate.project import git, records
from schemagate.project.config import State
from schemagate.rollout import fold
from schemagate.rollout.records import Actor, Claim, Record, following, read_stream, streams

SERVICES = 40
FOLDER = "records/production/deployments"
START = datetime(2026, 1, 1, tzinfo=UTC)


def manifest(service: str) -> str:
    """A manifest of common size: six consumed events with what each needs."""
    entry = (
        '\n[[consumes]]\nevent = "event{0}"\nversions = [1, 2]\ngroup = "{1}.event{0}"\noffset_reset = "earliest"\n'
        'commit = "after-processing"\ndlq = "event{0}.{1}.dlq"\n'
        'idempotency = {{ key = "payload.id", store = "table:inbox", on_conflict = "ignore" }}\n'
    )
    return f'format = 1\nservice = "{service}"\nowner = "team"\n' + "".join(
        entry.format(number, service) for number in range(6)
    )


def chains(count: int) -> list[tuple[Record, bytes]]:
    """Deployments of many services, one after the other."""
    made: list[tuple[Record, bytes]] = []
    by_service: dict[str, list[Record]] = {}
    for number in range(count):
        service = f"service{number % SERVICES}"
        body = {"service": service, "commit": f"{number:07x}", "instance": "default", "manifest": manifest(service)}
        at = START + timedelta(minutes=number)
        actor = Actor("ci", "deploy", f"https://ci.example/runs/{number}")
        claim = Claim("deployment", "production", service, at, actor, "schemagate 0", body)
        stream = by_service.setdefault(service, [])
        record, data = following(claim, stream)
        stream.append(record)
        made.append((record, data))
    return made


def repository(folder: Path, made: list[tuple[Record, bytes]]) -> None:
    """A state branch with one commit per record, as writers leave it."""
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    lines = []
    for number, (record, data) in enumerate(made):
        lines.append(f"commit refs/heads/schemagate/state\ncommitter b <b@b> {1_767_225_600 + number} +0000\n".encode())
        lines.append(b"data 1\nr\n" + f"M 100644 inline {record.file}\ndata {len(data)}\n".encode() + data + b"\n")
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=b"".join(lines), check=True)


def timed(what: str, run: Callable[[], Any]) -> Any:
    """Run three times; print the best wall time, and the processor's (git's included), which load does not change."""
    walls, busy = [], []
    for _ in range(3):
        before, start = sum(os.times()[:4]), time.perf_counter()
        answer = run()
        walls.append(time.perf_counter() - start)
        busy.append(sum(os.times()[:4]) - before)
    print(f"  {what:<50} {min(walls):6.2f} s   processor {min(busy):5.2f} s")
    return answer


def main(count: int) -> None:
    """Measure the parts and the whole."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        repository(folder, chains(count))
        print(f"\n{count:,} records of {SERVICES} services  ({machine()})")
        found = timed("read: tree, history, contents", lambda: records.read(opened(folder), State(), (FOLDER,)))
        names = streams(found.files, "production", "deployments")
        whole = timed(
            "check: canonical form, chain, bodies", lambda: [read_stream(each, own, {}) for each, own in names.items()]
        )
        live = timed("fold", lambda: [fold.deployments(each) for each in whole if isinstance(each, tuple)])
        assert sum(len(each.live) for each in live) == min(count, SERVICES)
        everything = timed(
            "all of it, and the manifests: what a gate does",
            lambda: deployments.recorded(opened(folder), State(), "production"),
        )
        assert isinstance(everything, dict)
        assert len(everything) == min(count, SERVICES)


def opened(folder: Path) -> git.Git:
    """The repository without anything that was read before."""
    return git.open_repository(folder)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
