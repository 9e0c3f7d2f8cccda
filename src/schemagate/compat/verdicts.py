"""What are the two verdicts on a pair (reader, writer), and how do they look together?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Final

from schemagate.findings import Finding, Witness


class RegistryAnswer(StrEnum):
    """What a Confluent-compatible registry will answer about a pair."""

    ACCEPT = "accept"
    REJECT = "reject"
    MAY_FAIL = "may-fail"
    """The server would crash, or its answer depends on settings that are not known."""


class DataAnswer(StrEnum):
    """Whether the reader can read everything that the writer may write."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Answer(IntEnum):
    """What one thing that an engine tells means for the data verdict. Conjunction is `max`, a choice is `min`."""

    YES = 0
    UNKNOWN = 1
    NO = 2

    @property
    def verdict(self) -> DataAnswer:
        """The verdict where this is the worst."""
        return DataAnswer[self.name]


MOST_WITNESSES: Final = 50
"""So many findings of a pair show an event each; whoever has more looks at the first ones."""


class TooLargeError(Exception):
    """Two schemas are too entangled to be compared: a walk was given up."""

    says = "the schemas are too entangled to be compared"
    fix = "split the schema"


@dataclass(frozen=True, slots=True)
class RegistryVerdict:
    """`changes` as the server words them: `TYPE #/path` (JSON Schema), `TYPE /path` (Avro: a pointer into the reader).

    `refused` are those of the changes for which the answer is not accept.
    """

    answer: RegistryAnswer
    changes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Told:
    """What is told beside an answer, worked out when somebody looks: most answers are only counted."""

    tell: Callable[[], Iterable[Finding]] = field(default=tuple, kw_only=True, repr=False, compare=False)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, those that decide among them."""
        return tuple(self.tell())

    @property
    def witness(self) -> Witness | None:
        """The event of the first finding that makes the data verdict a `no` and has one."""
        return next((each.witness for each in self.findings if each.refuses and each.witness is not None), None)


@dataclass(frozen=True)
class DataVerdict(_Told):
    """`no` and `unknown` come with at least one finding; `no` with a witness wherever one exists."""

    answer: DataAnswer


@dataclass(frozen=True)
class Comparison(_Told):
    """Both verdicts on one pair, side by side; the two engines share parsed schemas and nothing else.

    `changes` are the registry's, as the server words them. `findings` and `witness` are worked out when they are read.
    """

    registry: RegistryAnswer
    data: DataAnswer
    changes: tuple[str, ...]
