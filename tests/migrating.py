"""Plans for tests: the repository's own, edited; and small ones of made-up services, built from values."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from schemagate.ask.migration import Report, lint_file
from schemagate.project.catalog import Project, open_project

ROOT = Path(__file__).parents[1]
PLANS = {path.stem: path.read_text("utf-8") for path in sorted((ROOT / "migrations").glob("*.toml"))}


@cache
def own_project() -> Project:
    """This repository."""
    return open_project(ROOT)


def lint(text: str, id_: str, project: Project | None = None) -> Report:
    """The report on a plan's text, as if it were a file of the project."""
    project = project or own_project()
    return lint_file(text.encode(), id_, project.catalog, project.config)


def edited(id_: str, *edits: tuple[str, str]) -> str:
    """One of the repository's plans with texts replaced; each must stand there."""
    text = PLANS[id_]
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


def without_step(id_: str, *ids: str) -> str:
    """One of the repository's plans without some steps, and without them in other steps' needs."""
    lines = [line for line in PLANS[id_].splitlines() if not any(f'{{ id = "{each}",' in line for each in ids)]
    text = "\n".join(lines) + "\n"
    for each in ids:
        text = text.replace(f', "{each}"', "").replace(f'"{each}", ', "").replace(f'needs = ["{each}"]', "needs = []")
    return text


def refused(report: Report) -> list[tuple[str, str]]:
    """Steps and rules, in order."""
    return [(each.step, each.rule) for each in report.refused]


def mistakes(report: Report) -> list[str]:
    """The rules of the file's mistakes."""
    return [each.rule for each in report.errors]
