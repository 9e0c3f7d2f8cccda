"""What is a finding, and what makes it believable? Frozen values that know nothing about rendering."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding counts: an error fails the command, a warning or a note does not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the most severe."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file: repository path, line and column from 1; columns count code points."""

    file: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Witness:
    """A concrete event that the writer's schema accepts and the reader's rejects.

    `value` is the whole event as a JSON-like value, `reason` says what the reader objects to,
    `pointer` (JSON pointer) where in the event, and `encoded` holds the writer's bytes (Avro, Protobuf).
    """

    value: object
    reason: str
    pointer: str = ""
    encoded: bytes | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to tell a user.

    `rule` is the id whose page `schemagate explain` prints, `name` its readable name, `path` a JSON pointer into
    the schema that was looked at ("" is the root); of a pair it is the reader's, and `writer_path` is the place in the
    writer that it was compared with. `fix` is one imperative sentence.
    """

    rule: str
    name: str
    severity: Severity
    path: str
    message: str
    fix: str
    writer_path: str | None = None
    location: Location | None = None
    witness: Witness | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A check that has an id, a page `rules/<id>.md` and fixtures `tests/rules/<id>/`. Ids are never reused."""

    id: str
    name: str
    summary: str
    severity: Severity = Severity.ERROR

    def finding(
        self,
        path: str,
        message: str,
        fix: str,
        *,
        writer_path: str | None = None,
        location: Location | None = None,
        witness: Witness | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """A finding of this rule."""
        severity = severity or self.severity
        return Finding(self.id, self.name, severity, path, message, fix, writer_path, location, witness)
