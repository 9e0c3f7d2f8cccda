"""Which features of a Protobuf edition are in force at a place? Defaults of the edition, overridden on the way down.

An edition is a set of features: proto2 and proto3 are two of them. What is compared are features, never the word at the
top of the file. Source of the defaults: the table of editions in the language's documentation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

_EXPLICIT, _IMPLICIT, _REQUIRED = 1, 2, 3
_CLOSED, _PACKED, _VERIFY, _DELIMITED = 2, 1, 2, 2


@dataclass(frozen=True, slots=True)
class Features:
    """Features that change what is on the wire, or what a reader makes of it."""

    explicit: bool = True
    required: bool = False
    closed: bool = False
    packed: bool = True
    checks_utf8: bool = True
    delimited: bool = False

    def at(self, options: Any) -> Features:
        """With what the options of a place state (any `*Options` message of descriptor.proto)."""
        if not options.HasField("features"):
            return self
        stated, found = options.features, self
        if stated.HasField("field_presence"):
            presence = stated.field_presence
            found = replace(found, explicit=presence != _IMPLICIT, required=presence == _REQUIRED)
        if stated.HasField("enum_type"):
            found = replace(found, closed=stated.enum_type == _CLOSED)
        if stated.HasField("repeated_field_encoding"):
            found = replace(found, packed=stated.repeated_field_encoding == _PACKED)
        if stated.HasField("utf8_validation"):
            found = replace(found, checks_utf8=stated.utf8_validation == _VERIFY)
        if stated.HasField("message_encoding"):
            found = replace(found, delimited=stated.message_encoding == _DELIMITED)
        return found


PROTO2 = Features(closed=True, packed=False, checks_utf8=False)
PROTO3 = Features(explicit=False)
EDITIONS = Features()
"""2023 and 2024 have the same defaults for these features."""


def of_file(file: Any) -> Features:
    """The features at the top of a file (FileDescriptorProto)."""
    base = {"": PROTO2, "proto2": PROTO2, "proto3": PROTO3}.get(file.syntax, EDITIONS)
    return base.at(file.options)
