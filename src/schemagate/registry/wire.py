"""What travels between a registry and its clients: media types, error codes, paths, and bodies as frozen values?

The one module that the embedded server and the publisher share, so it holds no judgement: no canonical text, no guid
formula, no level rules. Reading is lenient, because registries differ (absent, `null` and `[]` are equal, unknown
members are ignored, an absent `schemaType` is AVRO); writing is strict (empty members are left out). A body that does
not follow the protocol raises ProtocolError.

Source: the public REST interface of Confluent Schema Registry (names, codes and shapes; no code).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeVar
from urllib.parse import quote

from schemagate.errors import NoAnswer

MEDIA_TYPES: Final = (
    "application/vnd.schemaregistry.v1+json",
    "application/vnd.schemaregistry+json",
    "application/json",
)
"""What a registry answers with, the preferred one first."""

MEDIA_TYPE: Final = MEDIA_TYPES[0]
"""The `Content-Type` of every request body."""

ACCEPT: Final = ", ".join(MEDIA_TYPES)
"""The `Accept` header of a client that can read them all."""

LATEST: Final = "latest"
"""In the place of a version number in a path: the highest live version."""

DEFAULT_TYPE: Final = "AVRO"
"""What an absent `schemaType` means."""

T = TypeVar("T")


class ProtocolError(NoAnswer):
    """A body that does not follow the protocol; for a client that is no answer, for a server a bad request."""


class ErrorCode(IntEnum):
    """The five-digit codes of error bodies; the first three digits are the HTTP status."""

    SUBJECT_NOT_FOUND = 40401
    """Also a context, or the config or mode that a DELETE should remove."""
    VERSION_NOT_FOUND = 40402
    SCHEMA_NOT_FOUND = 40403
    """No such text in the subject, no such id, no such guid."""
    SUBJECT_SOFT_DELETED = 40404
    """Deleted a second time."""
    SUBJECT_NOT_SOFT_DELETED = 40405
    """A permanent delete comes after a soft one."""
    VERSION_SOFT_DELETED = 40406
    VERSION_NOT_SOFT_DELETED = 40407
    LEVEL_NOT_SET = 40408
    """The subject has no compatibility level of its own."""
    MODE_NOT_SET = 40409
    INCOMPATIBLE = 40901
    """Plain 409 in Confluent 7.x, Karapace and Redpanda; see `is_incompatible`."""
    INVALID_SCHEMA = 42201
    """A bad schema, schema type or reference; also a `version` that is not the next one."""
    INVALID_VERSION = 42202
    INVALID_LEVEL = 42203
    INVALID_MODE = 42204
    NOT_PERMITTED = 42205
    """The mode forbids it."""
    REFERENCED = 42206
    """Another schema still refers to it."""
    ID_MISMATCH = 42207
    INVALID_SUBJECT = 42208
    SCHEMA_TOO_LARGE = 42209
    INVALID_RULE_SET = 42210
    STORE_FAILED = 50001
    TIMED_OUT = 50002
    """The write may have happened."""
    FORWARDING_FAILED = 50003
    LEADER_UNKNOWN = 50004


def http_status(code: int) -> int:
    """The HTTP status that belongs to an error code of three or five digits: its first three digits."""
    return int(str(code)[:3])


def is_incompatible(status: int, code: int | None) -> bool:
    """Whether a refusal means "incompatible": 409 and none of the association codes 40902 to 40908."""
    return status == 409 and not (code is not None and 40902 <= code <= 40908)


def path(*segments: str | int) -> str:
    """The path of these segments, each percent-encoded: `path("subjects", "a/b", "versions")`.

    Dots are encoded where a segment consists of nothing else, or HTTP libraries would resolve it as a folder.
    """
    return "".join("/" + _encoded(str(segment)) for segment in segments)


@dataclass(frozen=True, slots=True)
class Reference:
    """Another registered schema that a schema names."""

    name: str
    subject: str
    version: int

    @classmethod
    def from_json(cls, body: object) -> Reference:
        """Read one member of `references`."""
        members = _object(body, "a reference")
        return cls(
            _required(members, "name", str), _required(members, "subject", str), _required(members, "version", int)
        )

    def to_json(self) -> dict[str, object]:
        """The member of `references`."""
        return {"name": self.name, "subject": self.subject, "version": self.version}


@dataclass(frozen=True, slots=True)
class SchemaRequest:
    """The body of register, lookup and check.

    `version` is the compare-and-set of a registration (None: none asked for), `id` the one that a migration asks for.
    `metadata` and `rule_set` are passed on as they are; `{}` is another identity than None.
    """

    schema: str
    schema_type: str = DEFAULT_TYPE
    references: tuple[Reference, ...] = ()
    version: int | None = None
    id: int | None = None
    metadata: Mapping[str, object] | None = None
    rule_set: Mapping[str, object] | None = None

    @classmethod
    def from_json(cls, body: object) -> SchemaRequest:
        """Read a request; an absent schema is the empty text."""
        members = _object(body, "a schema request")
        return cls(
            _optional(members, "schema", str) or "",
            _schema_type(members),
            _references(members),
            _optional(members, "version", int),
            _optional(members, "id", int),
            _optional(members, "metadata", dict),
            _optional(members, "ruleSet", dict),
        )

    def to_json(self) -> dict[str, object]:
        """The body to send; `schemaType` is always stated."""
        written: dict[str, object] = {"schema": self.schema, "schemaType": self.schema_type}
        written |= _written_references(self.references)
        extras = {"version": self.version, "id": self.id, "metadata": self.metadata, "ruleSet": self.rule_set}
        return written | _present(extras)


@dataclass(frozen=True, slots=True)
class StoredSchema:
    """What a read by id answers: the content, without a subject. `guid` is None where the server knows none."""

    schema: str
    schema_type: str = DEFAULT_TYPE
    references: tuple[Reference, ...] = ()
    guid: str | None = None

    @classmethod
    def from_json(cls, body: object) -> StoredSchema:
        """Read the answer to `GET /schemas/ids/{id}`."""
        members = _object(body, "a schema")
        return cls(
            _required(members, "schema", str),
            _schema_type(members),
            _references(members),
            _optional(members, "guid", str),
        )

    def to_json(self) -> dict[str, object]:
        """The answer to `GET /schemas/ids/{id}`."""
        written: dict[str, object] = {"guid": self.guid} if self.guid else {}
        written |= {"schemaType": self.schema_type, "schema": self.schema}
        return written | _written_references(self.references)


@dataclass(frozen=True, slots=True)
class Registration:
    """What a registration answers: always the id, and the rest from servers that tell it (Confluent 8.0)."""

    id: int
    version: int | None = None
    guid: str | None = None

    @classmethod
    def from_json(cls, body: object) -> Registration:
        """Read the answer to `POST /subjects/{s}/versions`."""
        members = _object(body, "a registration")
        return cls(_required(members, "id", int), _optional(members, "version", int), _optional(members, "guid", str))


@dataclass(frozen=True, slots=True)
class RegisteredSchema:
    """One version of a subject: what lookup and reads by version answer. `guid` is None where the server knows none."""

    subject: str
    version: int
    id: int
    schema: str
    schema_type: str = DEFAULT_TYPE
    references: tuple[Reference, ...] = ()
    guid: str | None = None

    @classmethod
    def from_json(cls, body: object) -> RegisteredSchema:
        """Read the answer to `POST /subjects/{s}` and `GET /subjects/{s}/versions/{v}`."""
        members = _object(body, "a registered schema")
        stored = StoredSchema.from_json(members)
        return cls(
            _required(members, "subject", str),
            _required(members, "version", int),
            _required(members, "id", int),
            stored.schema,
            stored.schema_type,
            stored.references,
            stored.guid,
        )

    @property
    def content(self) -> StoredSchema:
        """The same without its place."""
        return StoredSchema(self.schema, self.schema_type, self.references, self.guid)

    def to_json(self) -> dict[str, object]:
        """The answer to lookup and reads by version."""
        return {"subject": self.subject, "version": self.version, "id": self.id, **self.content.to_json()}


@dataclass(frozen=True, slots=True)
class Config:
    """The compatibility settings of a subject or of the whole registry; None is "not set here".

    `level` is text, because a registry may know levels that we do not.
    """

    level: str | None = None
    policy: str | None = None
    normalize: bool | None = None
    group: str | None = None
    alias: str | None = None

    @classmethod
    def from_json(cls, body: object) -> Config:
        """Read a GET answer (`compatibilityLevel`) or a PUT body or answer (`compatibility`)."""
        members = _object(body, "a config")
        return cls(
            _optional(members, "compatibilityLevel", str) or _optional(members, "compatibility", str),
            _optional(members, "compatibilityPolicy", str),
            _optional(members, "normalize", bool),
            _optional(members, "compatibilityGroup", str),
            _optional(members, "alias", str),
        )

    def to_get_json(self) -> dict[str, object]:
        """The answer to GET and DELETE."""
        return _present({"compatibilityLevel": self.level, **self._others()})

    def to_put_json(self) -> dict[str, object]:
        """The body of PUT and the answer to it. PUT is a patch: what is None keeps its value."""
        return _present({"compatibility": self.level, **self._others()})

    def _others(self) -> dict[str, object]:
        return {
            "compatibilityPolicy": self.policy,
            "normalize": self.normalize,
            "compatibilityGroup": self.group,
            "alias": self.alias,
        }


@dataclass(frozen=True, slots=True)
class CompatibilityAnswer:
    """The verdict of a check. `is_compatible` decides; `messages` are for people and are never parsed as JSON."""

    is_compatible: bool
    messages: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, body: object) -> CompatibilityAnswer:
        """Read the answer to a check; without a verdict it is a ProtocolError, never a yes."""
        members = _object(body, "a compatibility answer")
        messages = _optional(members, "messages", list) or []
        return cls(_required(members, "is_compatible", bool), tuple(str(message) for message in messages))

    def to_json(self) -> dict[str, object]:
        """The answer to a check."""
        return {"is_compatible": self.is_compatible, **({"messages": list(self.messages)} if self.messages else {})}


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What every refusal carries."""

    error_code: int
    message: str

    @classmethod
    def from_json(cls, body: object, status: int) -> ErrorBody:
        """Read whatever came with an HTTP error; never fails.

        A bare string is the message, a list of messages is joined (Karapace), a missing code is the HTTP status.
        """
        if not isinstance(body, dict):
            return cls(status, body if isinstance(body, str) else "")
        code, message = body.get("error_code"), body.get("message")
        code = code if isinstance(code, int) and not isinstance(code, bool) else status
        lines = message if isinstance(message, list) else [] if message is None else [message]
        return cls(code, "; ".join(str(line) for line in lines))

    def to_json(self) -> dict[str, object]:
        """The body of a refusal."""
        return {"error_code": self.error_code, "message": self.message}


def _encoded(segment: str) -> str:
    return segment.replace(".", "%2E") if segment in (".", "..") else quote(segment, safe="")


def _object(body: object, what: str) -> dict[str, object]:
    if not isinstance(body, dict):
        raise ProtocolError(f"{what} must be a JSON object")
    return body


def _is(value: object, kind: type) -> bool:
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _optional(members: Mapping[str, object], name: str, kind: type[T]) -> T | None:
    value = members.get(name)
    if value is None:
        return None
    if isinstance(value, kind) and _is(value, kind):
        return value
    raise ProtocolError(f"{name} must be {_WORDS[kind]}")


def _required(members: Mapping[str, object], name: str, kind: type[T]) -> T:
    value = _optional(members, name, kind)
    if value is None:
        raise ProtocolError(f"{name} is missing")
    return value


_WORDS: Final[Mapping[type, str]] = {
    str: "a string",
    int: "an integer",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


def _schema_type(members: Mapping[str, object]) -> str:
    return _optional(members, "schemaType", str) or DEFAULT_TYPE


def _references(members: Mapping[str, object]) -> tuple[Reference, ...]:
    return tuple(Reference.from_json(item) for item in _optional(members, "references", list) or [])


def _written_references(references: Sequence[Reference]) -> dict[str, object]:
    return {"references": [reference.to_json() for reference in references]} if references else {}


def _present(members: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}
