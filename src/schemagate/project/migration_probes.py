"""How are the probes of a plan read? By name from `[probes]`, or inline where they are asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from schemagate.project import keys, migration_keys, toml
from schemagate.project.migration_problems import PlanProblems
from schemagate.rollout.probes import Attest, Exec, Http, ManifestList, Probe, Prometheus, Source, Sql, Traffic

_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_LOGIN = re.compile(r"//[^/@\s]*:[^/@\s]*[^/@\s\0][^/@\s]*@|password\s*=\s*[^\s\0&]", re.IGNORECASE)


def named(value: Mapping[str, Any], problems: PlanProblems) -> dict[str, Probe]:
    """The probes of `[probes]` that can be read."""
    found = {name: inline(entry, toml.dotted("probes", name), problems, name) for name, entry in value.items()}
    return {name: probe for name, probe in found.items() if probe is not None}


def asked(
    entries: list[Any], path: str, known: Mapping[str, Probe], names: Mapping[str, Any], problems: PlanProblems
) -> tuple[Probe, ...]:
    """The probes of a `gate` or `evidence` list; `names` are all of `[probes]`, readable or not."""
    found = [one(entry, f"{path}[{number}]", known, names, problems) for number, entry in enumerate(entries)]
    return tuple(probe for probe in found if probe is not None)


def one(
    entry: object, path: str, known: Mapping[str, Probe], names: Mapping[str, Any], problems: PlanProblems
) -> Probe | None:
    """A probe by name or inline."""
    if not isinstance(entry, str):
        return inline(entry, path, problems)
    if entry not in names:
        problems.add(path, f"there is no probe {entry!r} under [probes]{toml.nearest(entry, names)}", "MG16")
    return known.get(entry)


def inline(entry: object, path: str, problems: PlanProblems, name: str = "") -> Probe | None:
    """A probe from its table; mistakes are MG16."""
    problems = problems.under("MG16")
    if not isinstance(entry, dict):
        problems.add(path, "must be a table")
        return None
    kind, rest = entry.get("probe"), {key: value for key, value in entry.items() if key != "probe"}
    if not isinstance(kind, str) or kind not in migration_keys.PROBES:
        hint = toml.nearest(kind, migration_keys.PROBES) if isinstance(kind, str) else ""
        problems.add(f"{path}.probe", f"must be one of {', '.join(migration_keys.PROBES)}{hint}")
        return None
    before = len(problems.errors)
    valid = toml.table(rest, migration_keys.PROBES[kind], path, problems)
    if "traffic" in valid:
        valid["traffic"] = toml.table(valid["traffic"], migration_keys.TRAFFIC, f"{path}.traffic", problems)
    _check(kind, valid, path, problems)
    return _probe(kind, valid, name) if len(problems.errors) == before else None


def _check(kind: str, valid: Mapping[str, Any], path: str, problems: PlanProblems) -> None:
    for key in ("dsn", "url"):
        if _LOGIN.search(_VARIABLE.sub("\0", valid.get(key, ""))):
            problems.add(f"{path}.{key}", "holds a login: a secret does not belong into git, write ${VARIABLE}")
    if kind == "prometheus" and "must" not in valid and "p99" not in valid:
        problems.add(f"{path}.must", "is missing: a value (or p99, a budget) that the query is held against")
    if kind == "manifest" and not {"has", "lacks"} & valid.keys():
        problems.add(f"{path}.has", "is missing (or lacks): the versions to look for")
    if kind == "exec" and not valid.get("command", ["…"]):
        problems.add(f"{path}.command", "must name a program")


def _probe(kind: str, valid: dict[str, Any], name: str) -> Probe:
    traffic = Traffic(**valid.pop("traffic")) if "traffic" in valid else None
    window = keys.seconds(valid.pop("window")) if "window" in valid else None
    must = valid.pop("must", None)
    return Probe(_source(kind, valid), name, must, window, traffic)


def _source(kind: str, valid: dict[str, Any]) -> Source:
    for key in ("p99", "max_age"):
        if key in valid:
            valid[key] = keys.seconds(valid[key])
    lists = {key: tuple(value) for key, value in valid.items() if key in ("command", "has", "lacks")}
    kinds: dict[str, type[Source]] = {
        "sql": Sql,
        "http": Http,
        "prometheus": Prometheus,
        "exec": Exec,
        "manifest": ManifestList,
        "attest": Attest,
    }
    return kinds[kind](**{**valid, **lists})
