"""What is a record, and is a stream of records whole?

A record is one claim with its number and the SHA-256 of the record before it in its stream. A file holds exactly the
canonical JSON of its record. So a gap, a changed, moved or reordered record shows (`read_stream`), and a stream that is
not whole is `Unknown`: nothing of it counts. Order is the number, never the clock.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from schemagate.facts import Unknown
from schemagate.rollout import bodies

FORMAT: Final = 1
"""A record of a higher one is refused: it may mean what this version cannot know."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]*")
_FILE: Final = re.compile(r"records/([^/]+)/([^/]+)/([^/]+)/([0-9]{6})\.json")
_KEYS: Final = {"format", "kind", "env", "subject", "number", "previous", "at", "tool", "actor", "plan", "body"}
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_ENCODER: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, order=True)
class Stream:
    """Records that are numbered together: `deployments` of a service, `migration` of an id, ... in an environment."""

    env: str
    name: str
    subject: str

    @property
    def folder(self) -> str:
        """Where its files stand."""
        return f"records/{self.env}/{self.name}/{self.subject}"

    def file(self, number: int) -> str:
        """The path of its record with a number from 1."""
        return f"{self.folder}/{number:06d}.json"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who records: a person, or a CI job, whose `run` is an address that no other run has."""

    type: Literal["ci", "person"]
    name: str
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody states: `body` is a JSON value as `rollout.bodies` describes it for the kind.

    `at` is in UTC, whole seconds. `plan` is the hash of the migration file that a claim is about, if it is about one.
    """

    kind: str
    env: str
    subject: str
    at: datetime
    actor: Actor
    tool: str
    body: Mapping[str, Any]
    plan: str | None = None

    @property
    def stream(self) -> Stream:
        """Where it belongs."""
        return Stream(self.env, bodies.STREAMS[self.kind], self.subject)

    def repeats(self, other: Claim) -> bool:
        """The same run said the same before. What a person says again is said anew."""
        return self.actor.run is not None and (self.kind, self.env, self.subject, self.body, self.actor.run) == (
            other.kind,
            other.env,
            other.subject,
            other.body,
            other.actor.run,
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A claim in its place. `digest` ("sha256:...") is that of the file, and the `previous` of the next record."""

    claim: Claim
    number: int
    previous: str | None
    digest: str

    @property
    def file(self) -> str:
        """Its path."""
        return self.claim.stream.file(self.number)


def is_name(text: str) -> bool:
    """An environment, a service, a team or an id may be called so in a record."""
    return _NAME.fullmatch(text) is not None


def digest(data: bytes) -> str:
    """SHA-256, as records write it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def canonical(value: object) -> bytes:
    """The one JSON text of a value: keys sorted, no spaces, UTF-8. Raises ValueError for what is no JSON."""
    return _ENCODER.encode(value).encode()


def encode(claim: Claim, number: int, previous: str | None) -> bytes:
    """The file of a record."""
    actor = {"type": claim.actor.type, "name": claim.actor.name, "run": claim.actor.run}
    document = {
        "format": FORMAT,
        "kind": claim.kind,
        "env": claim.env,
        "subject": claim.subject,
        "number": number,
        "previous": previous,
        "at": claim.at.astimezone(UTC).strftime(_TIME),
        "tool": claim.tool,
        "actor": actor,
        "plan": claim.plan,
        "body": claim.body,
    }
    return canonical(document) + b"\n"


def following(claim: Claim, stream: Sequence[Record]) -> tuple[Record, bytes]:
    """The record that a claim becomes behind the records of its stream, and its file."""
    number, previous = len(stream) + 1, stream[-1].digest if stream else None
    data = encode(claim, number, previous)
    return Record(claim, number, previous, digest(data)), data


def streams(files: Mapping[str, bytes], env: str, name: str) -> dict[Stream, dict[str, bytes]]:
    """The streams of one name in an environment, each with those of the files that are its own."""
    found: dict[Stream, dict[str, bytes]] = {}
    for path, data in sorted(files.items()):
        match = _FILE.fullmatch(path)
        if match is not None and match.groups()[:2] == (env, name):
            found.setdefault(Stream(env, name, match[3]), {})[path] = data
    return found


def read_stream(stream: Stream, files: Mapping[str, bytes], broken: Mapping[str, str]) -> tuple[Record, ...] | Unknown:
    """All its records in order, or why they are no evidence.

    `files` are contents by path, of this stream and maybe of others; `broken` are paths that history shows to have been
    changed or deleted, and how.
    """
    prefix = f"{stream.folder}/"
    for path, why in sorted(broken.items()):
        if path.startswith(prefix):
            return Unknown(f"{path} {why}")
    records: list[Record] = []
    for number, path in enumerate(sorted(path for path in files if path.startswith(prefix)), 1):
        if path != stream.file(number):
            return Unknown(f"{stream.file(number)} is missing: the records have a gap")
        record = _read(stream, number, records[-1].digest if records else None, files[path])
        if isinstance(record, Unknown):
            return Unknown(f"{path} {record.reason}")
        records.append(record)
    return tuple(records)


def _read(stream: Stream, number: int, previous: str | None, data: bytes) -> Record | Unknown:
    try:
        document = json.loads(data)
        format_ = document["format"]
        if type(format_) is int and format_ > FORMAT:
            return Unknown(f"was written by a newer schemagate (format {format_}): upgrade schemagate")
        if canonical(document) + b"\n" != data or type(format_) is not int or document.keys() != _KEYS:
            return Unknown("is not as schemagate writes it")
        return _placed(stream, number, previous, document, digest(data))
    except (ValueError, TypeError, KeyError, RecursionError):
        return Unknown("is no record")


def _placed(
    stream: Stream, number: int, previous: str | None, document: Mapping[str, Any], own: str
) -> Record | Unknown:
    kind = document["kind"]
    if kind not in bodies.STREAMS:
        return Unknown(f"is of a kind {kind!r} that this schemagate does not know: upgrade schemagate")
    place = (document["env"], bodies.STREAMS[kind], document["subject"], document["number"])
    if place != (stream.env, stream.name, stream.subject, number) or type(document["number"]) is not int:
        return Unknown("belongs elsewhere: records were moved or reordered")
    if document["previous"] != previous:
        return Unknown("does not follow the record before it: one of the two was changed")
    body, plan, tool = document["body"], document["plan"], document["tool"]
    problem = bodies.problem(kind, stream.subject, body)
    if problem is not None:
        return Unknown(f"is not as schemagate writes it: {problem}")
    if not isinstance(tool, str) or not isinstance(plan, str | None):
        raise TypeError
    at, actor = _moment(document["at"]), _actor(document["actor"])
    return Record(Claim(kind, stream.env, stream.subject, at, actor, tool, body, plan), number, previous, own)


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.strftime(_TIME) != text:
        raise ValueError
    return at


def _actor(value: object) -> Actor:
    if not isinstance(value, dict) or value.keys() != {"type", "name", "run"}:
        raise TypeError
    actor = Actor(**value)
    if actor.type not in ("ci", "person") or not isinstance(actor.name, str) or not isinstance(actor.run, str | None):
        raise TypeError
    return actor
