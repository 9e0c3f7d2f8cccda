"""What does a manifest `services/<name>.toml` declare?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemagate.project import keys, toml
from schemagate.schema.event import Declaration, Service


def read(data: bytes, file: str, problems: toml.Problems) -> Service | None:
    """The service of a manifest; mistakes go to `problems`, and an unreadable manifest is None."""
    entry = toml.table(toml.parse(data, problems), keys.SERVICE, "", problems)
    text = data.decode("utf-8", "replace")
    produces = _declarations(entry.get("produces", []), keys.PRODUCES, "produces", text, problems)
    consumes = _declarations(entry.get("consumes", []), keys.CONSUMES, "consumes", text, problems)
    if "service" not in entry or "owner" not in entry:
        return None
    if f"services/{entry['service']}.toml" != file:
        problems.add("service", f"is {entry['service']!r}, and the file is named otherwise")
    return Service(entry["service"], entry["owner"], file, produces, consumes)


def _declarations(
    entries: list[Any], known: Mapping[str, keys.Key], path: str, text: str, problems: toml.Problems
) -> tuple[Declaration, ...]:
    found = []
    for number, value in enumerate(entries):
        entry = toml.table(value, known, f"{path}[{number}]", problems)
        if "event" in entry and "versions" in entry:
            line = _line(text, path, entry["event"])
            found.append(Declaration(entry["event"], tuple(sorted(set(entry["versions"]))), line))
    return tuple(found)


def _line(text: str, path: str, event: str) -> int:
    """The line that names the event, looked for below the first mention of `produces` or `consumes`."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.lstrip(" [").startswith(path)), 0)
    return start + toml.line_of("\n".join(lines[start:]), ("event", f'"{event}"'))
