"""How is a step written in TOML? One inline table, as in `step = [ … ]`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields

from schemagate.rollout.plan import Action, kind_of
from schemagate.rollout.probes import Probe


def line(id_: str, action: Action, actors: Sequence[str] = (), needs: Sequence[str] | None = None) -> str:
    """`{ id = "11a", kind = "release", actor = "hiring", needs = ["11"], consumes = [1, 2] }`."""
    entry: dict[str, object] = {"id": id_, "kind": kind_of(action)}
    if actors:
        entry["actor"] = actors[0] if len(actors) == 1 else list(actors)
    if needs is not None:
        entry["needs"] = list(needs)
    return table({**entry, **own_fields(action)})


def own_fields(action: Action) -> dict[str, object]:
    """The fields that only this kind has, as the file writes them; what is not stated is left out."""
    found: dict[str, object] = {}
    for each in fields(action):
        value: object = getattr(action, each.name)
        if value is None or value == each.default:
            continue
        found[each.name] = (value.name or "…") if isinstance(value, Probe) else value
    return found


def table(entry: Mapping[str, object]) -> str:
    """An inline table."""
    return "{ " + ", ".join(f"{name} = {value(each)}" for name, each in entry.items()) + " }"


def value(each: object) -> str:
    """A TOML value."""
    if isinstance(each, list | tuple):
        return "[" + ", ".join(value(item) for item in each) + "]"
    if isinstance(each, Mapping):
        return table(each)
    return json.dumps(each, ensure_ascii=False)
