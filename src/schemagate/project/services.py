"""What does a manifest `services/<name>.toml` declare?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schemagate.project import keys, toml
from schemagate.project.toml_lines import lines
from schemagate.schema.event import (
    Call,
    Client,
    Consumption,
    Endpoint,
    Idempotency,
    Production,
    Retry,
    Served,
    Service,
)


def read(data: bytes, file: str, problems: toml.Problems) -> Service | None:
    """The service of a manifest; mistakes go to `problems`, and an unreadable manifest is None."""
    parsed = toml.parse(data, problems)
    at = lines(data.decode("utf-8-sig", "replace")) if parsed else {}
    entry = toml.table(parsed, keys.SERVICE, "", problems)
    produces = tuple(_productions(entry.get("produces", []), at, problems))
    consumes = tuple(_consumptions(entry.get("consumes", []), at, problems))
    client = Client(**toml.table(entry.get("client", {}), keys.CLIENT, "client", problems))
    serves = tuple(_served(entry.get("serves", []), problems))
    calls = tuple(_calls(entry.get("calls", []), problems))
    if "service" not in entry or "owner" not in entry:
        return None
    name = entry["service"]
    _check_names(name, file, serves, problems)
    return Service(name, entry["owner"], file, produces, consumes, entry.get("client_id"), client, serves, calls, at)


def _check_names(name: str, file: str, serves: tuple[Served, ...], problems: toml.Problems) -> None:
    if f"services/{name}.toml" != file:
        problems.add("service", f"is {name!r}, and the file is named otherwise")
        return
    for number, served in enumerate(serves):
        if served.endpoint.service != name:
            problems.add(f"serves[{number}].endpoint", f"is of {served.endpoint.service}, not of {name} (SV09)")


_Lines = Mapping[str, int]


def _productions(entries: list[Any], at: _Lines, problems: toml.Problems) -> Iterator[Production]:
    for path, entry in _tables(entries, "produces", keys.PRODUCES, problems):
        entry["versions"] = tuple(sorted(set(entry["versions"])))
        yield Production(**entry, line=at.get(f"{path}.event", 1))


def _consumptions(entries: list[Any], at: _Lines, problems: toml.Problems) -> Iterator[Consumption]:
    for path, entry in _tables(entries, "consumes", keys.CONSUMES, problems):
        entry["versions"] = tuple(sorted(set(entry["versions"])))
        entry["topics"] = tuple(entry.get("topics", ()))
        if "idempotency" in entry:
            entry["idempotency"] = _idempotency(entry["idempotency"], f"{path}.idempotency", problems)
        if "retry" in entry:
            entry["retry"] = _retry(entry["retry"], f"{path}.retry", problems)
        yield Consumption(**entry, line=at.get(f"{path}.event", 1))


def _idempotency(value: object, path: str, problems: toml.Problems) -> Idempotency | None:
    entry = toml.table(value, keys.IDEMPOTENCY, path, problems)
    if entry.get("on_conflict") == "update-if-newer" and "newer_by" not in entry:
        problems.add(f"{path}.newer_by", 'is missing: on_conflict = "update-if-newer" compares it')
    if "key" not in entry:
        return None
    entry["key"] = (entry["key"],) if isinstance(entry["key"], str) else tuple(entry["key"])
    return Idempotency(**entry)


def _retry(value: object, path: str, problems: toml.Problems) -> Retry:
    entry = toml.table(value, keys.RETRY, path, problems)
    entry |= {name: keys.seconds(entry[name]) for name in ("base", "cap") if name in entry}
    entry["topics"] = tuple(entry.get("topics", ()))
    retry = Retry(**entry)
    if retry.base is not None and retry.cap is not None and retry.cap < retry.base:
        problems.add(f"{path}.cap", "is shorter than base")
    return retry


def _served(entries: list[Any], problems: toml.Problems) -> Iterator[Served]:
    for _, entry in _tables(entries, "serves", keys.SERVES, problems):
        entry["endpoint"] = Endpoint(*keys.endpoint_parts(entry["endpoint"]))
        yield Served(**entry)


def _calls(entries: list[Any], problems: toml.Problems) -> Iterator[Call]:
    for _, entry in _tables(entries, "calls", keys.CALLS, problems):
        entry["endpoint"] = Endpoint(*keys.endpoint_parts(entry["endpoint"]))
        if "timeout" in entry:
            entry["timeout"] = keys.seconds(entry["timeout"])
        yield Call(**entry)


def _tables(
    entries: list[Any], path: str, known: Mapping[str, keys.Key], problems: toml.Problems
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tables of a list that have what is required, each with its key path."""
    for number, value in enumerate(entries):
        here = f"{path}[{number}]"
        entry = toml.table(value, known, here, problems)
        if all(name in entry for name, key in known.items() if key.required):
            yield here, entry
