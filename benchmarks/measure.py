"""Whole processes, timed in turn: A B C A B C …, medians and the ratios of medians. Standard library only."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Side = Mapping[Path, Iterable[Sequence[str]]]
"""Commands, by the folder that they run in."""


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


def in_turn(questions: Sequence[Callable[[], object]], turns: int = 25) -> list[float]:
    """The median processor time of each question in milliseconds, asked in turn; each turn lasts some milliseconds."""
    counts = []
    for ask in questions:
        ask()  # imports what it needs
        start = time.process_time()
        ask()
        counts.append(max(1, int(0.01 / (time.process_time() - start + 1e-9))))
    times: list[list[float]] = [[] for _ in questions]
    for _ in range(turns):
        for ask, count, found in zip(questions, counts, times, strict=True):
            start = time.process_time()
            for _ in range(count):
                ask()
            found.append((time.process_time() - start) / count * 1000)
    return [statistics.median(found) for found in times]


@dataclass(frozen=True, slots=True)
class Cost:
    """What commands took: seconds on the wall and of the processors (git's included), MiB of the largest process."""

    wall: float
    processor: float
    peak: float


def costs(sides: Sequence[Side], turns: int) -> list[Cost]:
    """The median cost of each side, in turn; an unexpected exit code ends the benchmark."""
    found: list[list[Cost]] = [[] for _ in sides]
    for _ in range(turns):
        for costs_of_side, side in zip(found, sides, strict=True):
            each = [_cost(command, folder) for folder, commands in side.items() for command in commands]
            wall, processor = sum(cost.wall for cost in each), sum(cost.processor for cost in each)
            costs_of_side.append(Cost(wall, processor, max(cost.peak for cost in each)))
    return [
        Cost(
            *(statistics.median(values) for values in zip(*((c.wall, c.processor, c.peak) for c in side), strict=True))
        )
        for side in found
    ]


def _cost(command: Sequence[str], folder: Path) -> Cost:
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUTF8": "1"}
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            out.seek(0)
            raise SystemExit(f"{command}: exit {process.returncode}\n{out.read().decode()[-2000:]}")
    return Cost(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def plot(lines: Mapping[str, Sequence[tuple[int, float]]], title: str) -> str:
    """An SVG of lines side by side, each with its own axes from 0 and a straight line to its last point."""
    width, height, margin = 300, 200, 40
    panels = []
    for number, (name, points) in enumerate(lines.items()):
        most, longest = points[-1][0], max(seconds for _, seconds in points)
        places = [(margin + x / most * 230, height - margin - y / longest * 130) for x, y in points]
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places)
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        texts = "".join(
            f'<text x="{x:.1f}" y="{height - margin + 14}" text-anchor="middle">{count:,}</text>'
            f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle">{seconds:.2f}</text>'
            for (x, y), (count, seconds) in zip(places, points, strict=True)
        )
        panels.append(
            f'<g transform="translate({number * width},0)">'
            f'<path d="M{margin},20V{height - margin}H{width - 20}" fill="none" stroke="#888"/>'
            f'<path d="M{margin},{height - margin}L{places[-1][0]:.1f},{places[-1][1]:.1f}" stroke="#ccc" '
            f'stroke-dasharray="4"/><polyline points="{way}" fill="none" stroke="#0969da" stroke-width="2"/>'
            f'<g fill="#0969da">{dots}</g>{texts}'
            f'<text x="{width / 2}" y="{height - 6}" text-anchor="middle">{name}</text></g>'
        )
    size = f"{width * len(lines)} {height + 20}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -20 {size}" font-family="sans-serif" font-size="10">\n'
        '<rect y="-20" width="100%" height="100%" fill="white"/>'
        f'<text x="{margin}" y="-6" font-size="12">{title}</text>\n' + "\n".join(panels) + "\n</svg>\n"
    )
