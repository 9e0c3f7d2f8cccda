"""May a registry accept this content beside what it holds? The only place of `serve` that asks `compat`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Final, cast

from schemagate.compat import compare, modes
from schemagate.compat.verdicts import RegistryAnswer, RegistryVerdict
from schemagate.registry.wire import StoredSchema
from schemagate.schema.event import Format
from schemagate.serve.history import Version
from schemagate.serve.settings import Effective

Judge = Callable[[StoredSchema, StoredSchema, str], RegistryVerdict]
"""The registry's verdict on (reader, writer, policy); both are of one schema type."""

Objections = Callable[[StoredSchema, Sequence[Version]], tuple[str, ...]]
"""Why a new content may not join these live versions, under the settings of its subject; empty: it may."""

_Side = tuple[int, StoredSchema]  # a version's number and content; 0 is the new one

_SHOWN_CHARACTERS: Final = 10_000


def objections(new: StoredSchema, against: Sequence[Version], *, settings: Effective, judge: Judge) -> tuple[str, ...]:
    """Why `new` may not join these live versions (oldest first); empty: it may.

    Asked newest first, up to the first version that fails, as registries do. A verdict that is not a clear yes is an
    objection. The texts are for people, in the shape of Confluent's verbose messages.
    """
    history: list[_Side] = [(version.number, version.registered.content) for version in against]
    pairs = modes.pairs(settings.level, (0, new), history)
    for (number, old), asked in groupby(pairs, key=lambda pair: pair.old):
        if changes := _changes(new, old, asked, settings.policy, judge):
            return (
                *changes,
                f"{{oldSchemaVersion: {number}}}",
                f"{{oldSchema: '{old.schema[:_SHOWN_CHARACTERS]}'}}",
                f"{{compatibility: '{settings.level}'}}",
            )
    return ()


def registry_verdict(reader: StoredSchema, writer: StoredSchema, policy: str) -> RegistryVerdict:
    """The default Judge: the registry engine of the format."""
    format_ = Format(reader.schema_type.lower())
    return compare.registry_verdict(reader.schema, writer.schema, format_, cast("compare.Policy", policy))


def _changes(
    new: StoredSchema, old: StoredSchema, asked: Iterable[modes.Pair[_Side]], policy: str, judge: Judge
) -> list[str]:
    if new.schema_type != old.schema_type:
        return [_message("SCHEMA_TYPE_CHANGED", f"{old.schema_type} became {new.schema_type}")]
    changes: list[str] = []
    for pair in asked:
        verdict = judge(pair.reader[1], pair.writer[1], policy)
        if verdict.answer is not RegistryAnswer.ACCEPT:
            changes += [_described(change, pair.direction) for change in verdict.refused or (verdict.answer,)]
    return changes


def _described(change: str, direction: modes.Direction) -> str:
    name, _, place = change.partition(" ")
    who = "the new schema cannot read old data" if direction is modes.Direction.BACKWARD else "old readers break"
    return _message(name, f"{who}, at path {place or '/'}")


def _message(name: str, description: str) -> str:
    return f"{{errorType:'{name}', description:'{description}'}}"
