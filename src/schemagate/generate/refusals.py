"""What does the generator refuse, and what does it tell? Its rules, and the exception that ends one schema's work."""

from __future__ import annotations

from typing import Final

from schemagate.findings import Finding, Rule, Severity
from schemagate.generate.shape import Place

CANNOT_EXPRESS: Final = Rule("GEN-101", "cannot-express", "a part of the schema that no generated code would mean")
NAME_COLLISION: Final = Rule("GEN-102", "name-collision", "two events would become one module")
INVALID_SCHEMA: Final = Rule("GEN-103", "invalid-schema", "a schema that contradicts its own language")
GATE: Final = Rule("GEN-104", "gate", "the generator's own text is not what it may write")
AVRO_LOSS: Final = Rule("GEN-201", "avro-loss", "what the Avro schema of an event cannot say", Severity.NOTE)
WIDER: Final = Rule("GEN-202", "not-checked", "a keyword that the model does not check", Severity.NOTE)
NARROWER: Final = Rule("GEN-203", "objects-only", "the schema allows more than objects", Severity.NOTE)
IMPORT_KEYWORD: Final = Rule(
    "GEN-204", "import-keyword", "a keyword that makes other tools import code", Severity.WARNING
)
NO_AVRO: Final = Rule("GEN-205", "no-avro", "no Avro schema says what this schema says", Severity.WARNING)

RULES: Final = (
    CANNOT_EXPRESS,
    NAME_COLLISION,
    INVALID_SCHEMA,
    GATE,
    AVRO_LOSS,
    WIDER,
    NARROWER,
    IMPORT_KEYWORD,
    NO_AVRO,
)


class RefusedError(Exception):
    """Nothing is written for this schema; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def tell(rule: Rule, at: Place, message: str, fix: str, severity: Severity | None = None) -> Finding:
    """A finding at a place of a schema."""
    return rule.finding(at.pointer, message, fix, location=at.location, severity=severity)


def refuse(at: Place, message: str, fix: str, rule: Rule = CANNOT_EXPRESS) -> RefusedError:
    """What to raise where a schema cannot be followed."""
    return RefusedError(tell(rule, at, message, fix))
