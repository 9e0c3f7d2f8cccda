"""Which checks does `waivers.toml` make an exception of? What cannot be one is a mistake (MG19), never ignored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any, Final

from schemagate.project import toml
from schemagate.project.keys import Key, text
from schemagate.project.migration_problems import PlanProblems
from schemagate.project.toml_lines import lines
from schemagate.rollout.changes import irreversible
from schemagate.rollout.check_names import NAMES
from schemagate.rollout.plan import Plan
from schemagate.rollout.waivers import NEVER, Waiver

FILE: Final = "waivers.toml"
LONGEST: Final = timedelta(days=90)

CHECKS: Final = tuple(NAMES)
"""The checks of gates. A plan's own probes are none of them, and admit no exception."""

KEYS: Final[Mapping[str, Key]] = {
    "migration": text(required=True),
    "step": text(required=True),
    "check": text(required=True),
    "env": text(required=True),
    "target": text(),
    "reason": text(required=True),
    "owner": text(required=True),
    "expires": Key("a date: 2026-12-15", lambda value: type(value) is date, {"type": "string", "format": "date"}, True),
}

ROOT: Final[Mapping[str, Key]] = {
    "format": Key("1", lambda value: type(value) is int and value == 1, {"const": 1}, required=True),
    "check": Key("a list of tables", lambda value: isinstance(value, list), {"type": "array"}),
    "finding": Key("a list of tables", lambda value: isinstance(value, list), {"type": "array"}),
}
"""The whole file: exceptions of checks are read here, those of findings in `finding_waivers`."""


def read(data: bytes) -> tuple[tuple[Waiver, ...], PlanProblems]:
    """The `[[check]]` entries that can be read, and every mistake of the file beside those of `[[finding]]` entries."""
    root, problems = opened(data, "MG19")
    return entries(root, problems), problems


def opened(data: bytes, rule: str) -> tuple[dict[str, Any], PlanProblems]:
    """The file's own tables; what is wrong with them, and whatever is added to the problems later, is of the rule."""
    problems = PlanProblems(FILE, lines=lines(data.decode("utf-8", "replace")), always=rule)
    tables = toml.parse(data, problems)
    return ({} if problems.errors else toml.table(tables, ROOT, "", problems)), problems


def entries(root: dict[str, Any], problems: PlanProblems) -> tuple[Waiver, ...]:
    """The `[[check]]` entries of a file that can be read."""
    found = [_waiver(value, f"check[{number}]", problems) for number, value in enumerate(root.get("check", []))]
    return tuple(waiver for waiver in found if waiver is not None)


def written(waiver: Waiver) -> str:
    """The entry of the file that says it."""
    texts = {name: getattr(waiver, name) for name in KEYS if name != "expires" and getattr(waiver, name) is not None}
    lines = ["[[check]]", *(f"{name} = {toml.quoted(value)}" for name, value in texts.items())]
    return "\n".join([*lines, f"expires = {waiver.expires}"]) + "\n"


def _waiver(value: object, path: str, problems: PlanProblems) -> Waiver | None:
    entry: dict[str, Any] = toml.table(value, KEYS, path, problems)
    if not all(name in entry for name, key in KEYS.items() if key.required):
        return None
    return Waiver(**entry, path=path)


def too_far(expires: date, today: date) -> str:
    """What is wrong with a last day; "" for nothing. One that has passed is no mistake: it is not in force any more."""
    return f"{expires} is more than {LONGEST.days} days ahead" if expires > today + LONGEST else ""


def check(waivers: tuple[Waiver, ...], plan: Plan, known: Collection[str], today: date, problems: PlanProblems) -> None:
    """Add what is wrong with the waivers of one plan, and with those of none of the `known` migrations.

    An expired one is no mistake: it is not in force any more.
    """
    final = irreversible(plan)
    for waiver in waivers:
        if waiver.migration != plan.id:
            if waiver.migration not in known:
                hint = toml.nearest(waiver.migration, known)
                problems.add(f"{waiver.path}.migration", f"there is no migration {waiver.migration!r}{hint}")
            continue
        steps = [step.id for step in plan.steps]
        if waiver.step not in steps:
            problems.add(f"{waiver.path}.step", f"there is no step {waiver.step!r}{toml.nearest(waiver.step, steps)}")
        if waiver.step in final:
            problems.add(f"{waiver.path}.step", f"{waiver.step} cannot be taken back, and admits no waiver")
        _check_check(waiver, problems)
        if waiver.env not in plan.environments:
            hint = toml.nearest(waiver.env, plan.environments)
            problems.add(f"{waiver.path}.env", f"there is no environment {waiver.env!r} in the plan{hint}")
        if what := too_far(waiver.expires, today):
            problems.add(f"{waiver.path}.expires", what)


def _check_check(waiver: Waiver, problems: PlanProblems) -> None:
    if waiver.check not in CHECKS:
        problems.add(f"{waiver.path}.check", f"there is no check {waiver.check!r}{toml.nearest(waiver.check, CHECKS)}")
    elif waiver.check in NEVER:
        problems.add(f"{waiver.path}.check", f"{waiver.check} admits no waiver")
    elif waiver.check == "DR5" and waiver.target is None:
        problems.add(f"{waiver.path}.target", "is missing: the group that the proof then does not cover")
