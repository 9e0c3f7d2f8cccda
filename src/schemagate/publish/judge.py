"""What will the registry answer about a new content under a level? Judged here, to compare with its own check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from schemagate.compat import compare, modes
from schemagate.compat.verdicts import RegistryAnswer, RegistryVerdict
from schemagate.errors import SchemaError
from schemagate.facts import StoredVersion
from schemagate.schema.event import Format, Level

Judge = Callable[[str, str, str, str], RegistryVerdict]
"""The registry's verdict on (reader, writer, schema type, policy); raises SchemaError for a text that is no schema."""


@dataclass(frozen=True, slots=True)
class Accepts:
    """The registry will take it."""


@dataclass(frozen=True, slots=True)
class Rejects:
    """It will not, because of this live version; `changes` as in `compat.verdicts.RegistryVerdict`."""

    version: int
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody can tell without asking it."""

    reason: str


Forecast = Accepts | Rejects | Unclear


def forecast(
    level: Level, text: str, schema_type: str, history: Sequence[StoredVersion], *, policy: str, judge: Judge
) -> Forecast:
    """Will a content pass the level beside these live versions (oldest first)?

    Asked newest first, up to the first version that fails, as registries do.
    """
    new = StoredVersion(0, 0, text, schema_type)
    unclear = None
    for pair in modes.pairs(level, new, history):
        old = pair.old
        if old.schema_type != schema_type:
            return Rejects(old.version, (f"SCHEMA_TYPE_CHANGED {old.schema_type} -> {schema_type}",))
        answer = _answer(pair, schema_type, policy, judge)
        if isinstance(answer, Rejects):
            return answer
        unclear = unclear or answer
    return unclear or Accepts()


def registry_verdict(reader: str, writer: str, schema_type: str, policy: str) -> RegistryVerdict:
    """The default Judge: the registry engine of the format."""
    return compare.registry_verdict(reader, writer, Format(schema_type.lower()), cast("compare.Policy", policy))


def _answer(pair: modes.Pair[StoredVersion], schema_type: str, policy: str, judge: Judge) -> Rejects | Unclear | None:
    """None: the pair passes."""
    old = pair.old
    if old.refers:
        return Unclear(f"version {old.version} refers to other registered schemas, which are not read yet")
    try:
        verdict = judge(pair.reader.text, pair.writer.text, schema_type, policy)
    except SchemaError as error:
        return Unclear(f"version {old.version} cannot be read: {error.message}")
    if verdict.answer is RegistryAnswer.REJECT:
        return Rejects(old.version, verdict.refused)
    if verdict.answer is RegistryAnswer.MAY_FAIL:
        return Unclear(f"the registry may fail on version {old.version}: {', '.join(verdict.refused)}")
    return None
