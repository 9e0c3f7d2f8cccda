"""Which rules does the Protobuf data engine have? Pages: `rules/<id>.md`; fixtures: `tests/rules/<id>/`.

1xx: a value does not arrive as it was written · 2xx: a value or its meaning is lost without an error · 3xx:
implementations differ · 9xx: why the question cannot be decided. 207 is a `no` where an enum is closed.
"""

from __future__ import annotations

from typing import Final

from schemagate.findings import Rule, Severity

VALUE_CHANGES_TYPE: Final = Rule(
    "SG-PROTO-101", "value-changes-type", "a number of a message carries another type, which is written differently"
)
VALUE_TRUNCATED: Final = Rule(
    "SG-PROTO-102", "value-truncated", "the reader's type has no place for every value of the writer's"
)
MESSAGE_TYPE_CHANGED: Final = Rule(
    "SG-PROTO-103", "message-type-changed", "a field holds another message, and its content does not fit"
)
CARDINALITY_REDUCED: Final = Rule(
    "SG-PROTO-104", "cardinality-reduced", "the writer may write many values where the reader keeps one"
)
REQUIRED_CHANGED: Final = Rule(
    "SG-PROTO-105", "required-changed", "the reader requires a field that the writer may leave out"
)
ONEOF_MERGES_FIELDS: Final = Rule(
    "SG-PROTO-106", "oneof-merges-fields", "fields that the writer may set together exclude each other in the reader"
)
PAYLOAD_ROOT_REMOVED: Final = Rule(
    "SG-PROTO-107", "payload-root-removed", "the reader has no message for events that the writer may send"
)
DEFAULT_REPLACES_ZERO: Final = Rule(
    "SG-PROTO-108", "default-replaces-zero", "the writer leaves zero out, and the reader puts another default there"
)
JSON_NAME_UNKNOWN: Final = Rule(
    "SG-PROTO-109", "json-name-unknown", "JSON payloads hold a name that the reader does not know"
)
JSON_FORM_CHANGED: Final = Rule(
    "SG-PROTO-110", "json-form-changed", "the JSON of a value is refused by the reader, or read as another value"
)

NUMBER_REUSED: Final = Rule(
    "SG-PROTO-201", "number-reused", "a number has another name, and seems to mean something else"
)
RESERVATION_DROPPED: Final = Rule(
    "SG-PROTO-202", "reservation-dropped", "a number was reserved, and is free for use again"
)
REMOVED_WITHOUT_RESERVED: Final = Rule(
    "SG-PROTO-203",
    "removed-without-reserved",
    "a field was removed, and nothing keeps its number from being used again",
    Severity.WARNING,
)
RENAMED: Final = Rule("SG-PROTO-204", "renamed", "a field or enum value seems renamed", Severity.WARNING)
PACKAGE_CHANGED: Final = Rule("SG-PROTO-205", "package-changed", "the file has another package", Severity.WARNING)
DEFAULT_OR_PRESENCE_CHANGED: Final = Rule(
    "SG-PROTO-206",
    "default-or-presence-changed",
    "a field that was not set reads as something else, or can no longer be told from zero",
    Severity.WARNING,
)
ENUM_VALUE_REMOVED: Final = Rule(
    "SG-PROTO-207", "enum-value-removed", "the reader's enum lacks numbers that the writer may write", Severity.WARNING
)
ONEOF_MEMBER_REMOVED: Final = Rule(
    "SG-PROTO-208",
    "oneof-member-removed",
    "the reader's oneof lacks a member that the writer may set",
    Severity.WARNING,
)

TEXT_CHECKED: Final = Rule(
    "SG-PROTO-301",
    "text-checked",
    "the reader refuses text that is not UTF-8, and the writer does not check it",
    Severity.WARNING,
)

JSON_UNDECIDED: Final = Rule(
    "SG-PROTO-904", "json-undecided", "what becomes of a value in JSON payloads is left to the parser"
)
TOO_LARGE: Final = Rule("SG-PROTO-903", "too-large-to-compare", "the schemas are too entangled to be compared")

RULES: Final = (
    VALUE_CHANGES_TYPE,
    VALUE_TRUNCATED,
    MESSAGE_TYPE_CHANGED,
    CARDINALITY_REDUCED,
    REQUIRED_CHANGED,
    ONEOF_MERGES_FIELDS,
    PAYLOAD_ROOT_REMOVED,
    DEFAULT_REPLACES_ZERO,
    JSON_NAME_UNKNOWN,
    JSON_FORM_CHANGED,
    NUMBER_REUSED,
    RESERVATION_DROPPED,
    REMOVED_WITHOUT_RESERVED,
    RENAMED,
    PACKAGE_CHANGED,
    DEFAULT_OR_PRESENCE_CHANGED,
    ENUM_VALUE_REMOVED,
    ONEOF_MEMBER_REMOVED,
    TEXT_CHECKED,
    TOO_LARGE,
    JSON_UNDECIDED,
)
