"""Which rules does the Avro data engine have? Pages: `rules/SG-AVRO-<n>.md`; fixtures: `tests/rules/SG-AVRO-<n>/`.

1xx: the reader cannot read what the writer may write · 2xx: a value or its meaning is lost without an error ·
3xx: implementations differ · 9xx: why the question cannot be decided.
"""

from __future__ import annotations

from typing import Final

from schemagate.findings import Rule, Severity

FIELD_WITHOUT_DEFAULT: Final = Rule(
    "SG-AVRO-101",
    "field-without-default",
    "the reader needs a field that the writer does not write, and has no default for it",
)
TYPE_CHANGED: Final = Rule(
    "SG-AVRO-102", "type-changed", "the reader expects another type, and Avro does not promote it"
)
NAME_CHANGED: Final = Rule("SG-AVRO-103", "name-changed", "a record, enum or fixed has another name and no alias")
ENUM_SYMBOLS_MISSING: Final = Rule(
    "SG-AVRO-104", "enum-symbols-missing", "the reader's enum lacks symbols of the writer's and has no default"
)
FIXED_SIZE_CHANGED: Final = Rule("SG-AVRO-105", "fixed-size-changed", "a fixed has another number of bytes")
UNION_BRANCH_MISSING: Final = Rule(
    "SG-AVRO-106", "union-branch-missing", "the writer may write a branch that the reader has no place for"
)
DECIMAL_CHANGED: Final = Rule(
    "SG-AVRO-107", "decimal-changed", "a decimal has another scale, or the reader's has less precision"
)
ALIAS_SOURCE_TAKEN: Final = Rule(
    "SG-AVRO-108", "alias-source-taken", "two fields of the reader claim one field of the writer, by name and by alias"
)

BYTES_AS_STRING: Final = Rule(
    "SG-AVRO-201", "bytes-as-string", "bytes are read as text, which not all bytes are", Severity.WARNING
)
PRECISION_LOST: Final = Rule(
    "SG-AVRO-202", "precision-lost", "large integers are read as floating-point numbers and rounded", Severity.WARNING
)
LOGICAL_TYPE_CHANGED: Final = Rule(
    "SG-AVRO-203", "logical-type-changed", "the same number or bytes now mean something else", Severity.WARNING
)
ENUM_DEFAULT_SWALLOWS: Final = Rule(
    "SG-AVRO-204",
    "enum-default-swallows",
    "symbols that the reader lacks are read as the enum's default",
    Severity.WARNING,
)
RENAMED_WITH_DEFAULT_ONLY: Final = Rule(
    "SG-AVRO-205",
    "renamed-with-default-only",
    "a field seems renamed: without an alias its value is replaced by the default",
    Severity.WARNING,
)

NAMESPACE_CHANGED: Final = Rule(
    "SG-AVRO-301", "namespace-changed", "only the namespace differs, which some decoders refuse", Severity.WARNING
)
DECIMAL_PRECISION_GROWS: Final = Rule(
    "SG-AVRO-302", "decimal-precision-grows", "the reader's decimal has more precision", Severity.WARNING
)
DECODERS_CHOOSE_DIFFERENTLY: Final = Rule(
    "SG-AVRO-303",
    "decoders-choose-differently",
    "decoders take different branches of the reader's union",
    Severity.WARNING,
)
DEFAULT_ON_LATER_BRANCH: Final = Rule(
    "SG-AVRO-304",
    "default-on-later-branch",
    "a default fits a branch of its union that is not the first",
    Severity.WARNING,
)

AMBIGUOUS_ALIAS: Final = Rule(
    "SG-AVRO-901", "ambiguous-alias", "a field of the reader matches two fields of the writer"
)
UNRESOLVED_REFERENCE: Final = Rule(
    "SG-AVRO-902", "unresolved-reference", "a name has two different definitions, so that its uses are not decided"
)
TOO_LARGE: Final = Rule("SG-AVRO-903", "too-large-to-compare", "the schemas are too entangled to be compared")

RULES: Final = (
    FIELD_WITHOUT_DEFAULT,
    TYPE_CHANGED,
    NAME_CHANGED,
    ENUM_SYMBOLS_MISSING,
    FIXED_SIZE_CHANGED,
    UNION_BRANCH_MISSING,
    DECIMAL_CHANGED,
    ALIAS_SOURCE_TAKEN,
    BYTES_AS_STRING,
    PRECISION_LOST,
    LOGICAL_TYPE_CHANGED,
    ENUM_DEFAULT_SWALLOWS,
    RENAMED_WITH_DEFAULT_ONLY,
    NAMESPACE_CHANGED,
    DECIMAL_PRECISION_GROWS,
    DECODERS_CHOOSE_DIFFERENTLY,
    DEFAULT_ON_LATER_BRANCH,
    AMBIGUOUS_ALIAS,
    UNRESOLVED_REFERENCE,
    TOO_LARGE,
)
