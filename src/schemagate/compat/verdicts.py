"""What are the two verdicts on a pair (reader, writer), and how do they look together?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class RegistryVerdict:
    """`changes` as the server words them: `TYPE #/path` (JSON Schema), `TYPE /path` (Avro: a pointer into the reader).

    `refused` are those of the changes for which the answer is not accept.
    """

    answer: RegistryAnswer
    changes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataVerdict:
    """`no` and `unknown` come with at least one finding; `no` with a witness wherever one exists."""

    answer: DataAnswer
    findings: tuple[Finding, ...] = ()
    witness: Witness | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both verdicts on one pair, side by side; the two engines share parsed schemas and nothing else."""

    registry: RegistryAnswer
    data: DataAnswer
    changes: tuple[str, ...]
    findings: tuple[Finding, ...]
    witness: Witness | None
