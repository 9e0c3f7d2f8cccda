"""Whole processes, timed in turn: A B C A B C …, medians and the ratios of medians. Standard library only."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def medians(
    commands: Mapping[str, Sequence[str]], runs: int, folder: Path, *, expected: Mapping[str, int] | None = None
) -> dict[str, float]:
    """The median wall time of each command in milliseconds; an unexpected exit code ends the benchmark."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):  # the first turn warms up
        for name, command in commands.items():
            start = time.perf_counter()
            done = subprocess.run(
                command, cwd=folder, capture_output=True, check=False, env={**os.environ, "PYTHONUTF8": "1"}
            )
            elapsed = (time.perf_counter() - start) * 1000
            wanted = (expected or {}).get(name, 0)
            if done.returncode != wanted:
                raise SystemExit(
                    f"{name}: exit {done.returncode}, not {wanted}\n{done.stdout.decode()}{done.stderr.decode()}"
                )
            if turn:
                times[name].append(elapsed)
    return {name: statistics.median(values) for name, values in times.items()}


def machine() -> str:
    """What this was measured on."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


def table(title: str, times: Mapping[str, float], base: str) -> None:
    """Print the medians and how often each is the base."""
    print(f"\n{title}  ({machine()})")
    for name, value in times.items():
        print(f"  {name:<44} {value:9.1f} ms   {value / times[base]:7.2f} x")
