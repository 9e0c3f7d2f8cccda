"""What is a finding, and what makes it believable? Frozen values that know nothing about rendering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


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
    """A place in a file: repository path, line and column from 1; columns count code points.

    `end_column` is the one after the place's last sign on that line, None where only the start is known. `commit` is
    the one that holds the file, None for the candidate's own.
    """

    file: str
    line: int = 1
    column: int = 1
    end_column: int | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """A concrete event that the writer's schema accepts, and the reader's rejects or takes for another (`misread`).

    `value` is the whole event as a JSON-like value, `reason` says what the reader objects to,
    `pointer` (JSON pointer) where in the event, and `encoded` holds the writer's bytes (Avro, Protobuf).
    """

    value: object
    reason: str
    pointer: str = ""
    encoded: bytes | None = None
    misread: bool = False


@dataclass(frozen=True, slots=True)
class Replacement:
    """The repair as text: the JSON value to put at a JSON pointer of the new schema, in place of what may be there.

    With `is_text` the value is a declaration of a `.proto` file, and the pointer a place in that.
    """

    pointer: str
    value: object
    is_text: bool = False


SHORT: Final = 12
"""So many digits of a fingerprint are shown to people, and are enough in a waiver."""

WHOLE_EVENT: Final = "$"
"""The stable path of what is about the event as a whole."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to tell a user.

    `rule` is the id whose page `schemagate explain` prints, `name` its readable name, `path` a JSON pointer into
    the schema that was looked at ("" is the root); of a pair it is the reader's, and `writer_path` is the place in the
    writer that it was compared with. `fix` is one imperative sentence, `replacement` the same as text where that is
    mechanical.

    `stable_path` is the place by names (`Order.lines[].price`): fields may be reordered and definitions moved.
    `fingerprint` (64 hexadecimal digits) is that of the finding on a pair: rule, subject, who is newer, stable path and
    what both sides say there, no line numbers; "" where no pair is looked at. `location` is the place in the new text,
    `related` the one in the old. `refuses`: it makes a verdict a `no`; the families 1xx always do.
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
    stable_path: str = WHOLE_EVENT
    fingerprint: str = ""
    related: Location | None = None
    replacement: Replacement | None = None
    refuses: bool = False

    @property
    def family(self) -> str:
        """The first digit of an SG rule's number: 1 not read, 2 read otherwise, 3 read by some, 9 not decided."""
        return self.rule.rpartition("-")[2][:1]

    @property
    def is_of_registry(self) -> bool:
        """It tells the registry's verdict, not that about data."""
        return self.rule.startswith("SG-REG-")

    @property
    def is_reason_for_unknown(self) -> bool:
        """It says why something could not be decided (families 9xx)."""
        return self.family == "9"

    def weighed(self, severities: Mapping[str, Severity]) -> Finding:
        """The finding as it counts where severities are set by rule id; what makes a verdict a `no` stays an error."""
        if self.refuses or self.rule not in severities:
            return self
        return replace(self, severity=severities[self.rule])


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
        stable_path: str = "",
        refuses: bool = False,
    ) -> Finding:
        """A finding of this rule; `refuses` where one of another family than 1xx makes a verdict a `no`."""
        severity, stable_path = severity or self.severity, stable_path or WHOLE_EVENT
        told = Finding(self.id, self.name, severity, path, message, fix, writer_path, location, witness, stable_path)
        return replace(told, refuses=refuses or told.family == "1")
