"""Who agreed to a step of a migration?

One file per approver and step: `approvals/<migration>/<env>-<step>-<who>.toml`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from schemagate.facts import Approval
from schemagate.project import toml
from schemagate.project.keys import Key, one_of, text

FOLDER: Final = "approvals/"

KEYS: Final[Mapping[str, Key]] = {
    "format": Key("1", lambda value: type(value) is int and value == 1, {"const": 1}, required=True),
    "migration": text(required=True),
    "env": text(required=True),
    "step": text(required=True),
    "approver": text(required=True),
    "team": text(required=True),
    "plan": text(required=True),
    "decision": replace(one_of("pass", "blocked", "unknown"), required=True),
    "evidence": text(required=True),
    "at": Key(
        "a moment in UTC: 2026-11-23T22:10:04Z",
        lambda value: isinstance(value, datetime) and value.tzinfo is not None and 2000 < value.year < 3000,
        {"type": "string", "format": "date-time"},
        required=True,
    ),
}


def read(data: bytes, path: str, problems: toml.Problems) -> Approval | None:
    """The approval that a file holds; its mistakes go to `problems`."""
    before = len(problems.found)
    entry: dict[str, Any] = toml.table(toml.parse(data, problems), KEYS, "", problems)
    if len(problems.found) > before:
        return None
    migration = path.removeprefix(FOLDER).partition("/")[0]
    if entry["migration"] != migration:
        problems.add("migration", f"is {entry['migration']!r}, and the file lies with those of {migration}")
        return None
    names = ("migration", "env", "step", "approver", "team", "plan")
    return Approval(**{name: entry[name] for name in names}, at=entry["at"].astimezone(UTC), file=path)


def file_of(migration: str, env: str, step: str, approver: str) -> str:
    """Where an approval stands."""
    who = re.sub(r"[^a-z0-9]+", "-", approver.lower()).strip("-") or hashlib.sha256(approver.encode()).hexdigest()[:8]
    return f"{FOLDER}{migration}/{env}-{step}-{who}.toml"


def written(approval: Approval, decision: str, evidence: str) -> str:
    """The file of an approval; `decision` and `evidence` are what the approver looked at."""
    texts = {
        "migration": approval.migration,
        "env": approval.env,
        "step": approval.step,
        "approver": approval.approver,
        "team": approval.team,
        "plan": approval.plan,
        "decision": decision,
        "evidence": evidence,
    }
    lines = ["format = 1", *(f"{name} = {toml.quoted(value)}" for name, value in texts.items())]
    return "\n".join([*lines, f"at = {approval.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"]) + "\n"
