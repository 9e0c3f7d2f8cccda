"""What does a Confluent-compatible registry hold, and how is it told to change? One method per question.

    SchemagateError
    ├── ConfigError            2   an address, a login or a CA file that cannot be used
    ├── Refused                1
    │   └── RegistryRefused    1   the registry says no: `Incompatible` (409), `Invalid` (422)
    └── NoAnswer               3   `Unreachable`, `Denied` (401, 403), `NotThere`, `RouteMissing`, `wire.ProtocolError`

`answers` says which answer becomes which of them, `exchange` how often a question is repeated. What is not there is
None, where a method says so; a path that the server does not know never is.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar

from schemagate.errors import NoAnswer, Refused
from schemagate.facts import Server
from schemagate.registry import answers, retry, wire
from schemagate.registry.exchange import Exchange, Question

UNKNOWN_SERVER: Final = Server("unknown server")

_PAGE: Final = 1000

T = TypeVar("T")


class _Shape(Protocol):
    """A value of `wire` that can be read from JSON."""

    @classmethod
    def from_json(cls, body: object) -> Self: ...


S = TypeVar("S", bound=_Shape)


class RegistryClient:
    """A registry, asked through an exchange: `RegistryClient(Exchange(["https://registry.example"]))`.

    `normalize` is sent with every lookup, check and registration: the three must agree, or a lookup misses what was
    registered.
    """

    def __init__(self, exchange: Exchange, *, normalize: bool = False) -> None:
        self._exchange = exchange
        self._normalize = {"normalize": _flag(normalize)}

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses, without logins."""
        return self._exchange.urls

    @property
    def timing(self) -> retry.Timing:
        """The clock that the client waits by."""
        return self._exchange.timing

    def __repr__(self) -> str:
        return f"RegistryClient({', '.join(self.urls)})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()

    def server(self) -> Server:
        """Which server is it? Asked by probes, each once; `UNKNOWN_SERVER` if none of them tells."""
        if "/apis/ccompat/" in self.urls[0]:
            return Server("Apicurio")
        if version := (self._probe(wire.path("v1", "metadata", "version")) or {}).get("version"):
            return Server("Confluent", str(version))
        if version := (self._probe(wire.path("_health")) or {}).get("karapace_version"):
            return Server("Karapace", str(version))
        return Server("Redpanda") if self._probe(wire.path("status", "ready")) is not None else UNKNOWN_SERVER

    def subjects(self) -> tuple[str, ...]:
        """All live subjects, sorted. Read page by page, until nothing new comes: some servers cut silently."""
        found: set[str] = set()
        offset = 0
        while True:
            query = {"offset": str(offset), "limit": str(_PAGE)}
            page = _list(self._get(wire.path("subjects"), query), str, "the subjects")
            if not set(page) - found:
                return tuple(sorted(found))
            found.update(page)
            offset += len(page)

    def versions(self, subject: str, *, deleted: bool = False) -> tuple[int, ...]:
        """The version numbers, ascending; empty if there is no such subject. `deleted` adds the soft-deleted ones."""
        try:
            body = self._get(wire.path("subjects", subject, "versions"), {"deleted": _flag(deleted)})
        except answers.NotThere:
            return ()
        return tuple(sorted(_list(body, int, "the versions")))

    def version(self, subject: str, number: int | str) -> wire.RegisteredSchema | None:
        """One live version; `wire.LATEST` is a number, too. None if it is not there."""
        try:
            return self._read(wire.RegisteredSchema, wire.path("subjects", subject, "versions", number))
        except answers.NotThere:
            return None

    def referenced_by(self, subject: str, number: int) -> tuple[int, ...]:
        """The ids of the schemas that refer to a live version; empty where it is not there."""
        try:
            body = self._get(wire.path("subjects", subject, "versions", number, "referencedby"))
        except answers.NotThere:
            return ()
        return tuple(sorted(_list(body, int, "the referring schemas")))

    def by_id(self, id: int, subject: str) -> wire.StoredSchema | None:  # noqa: A002 - the word of the protocol
        """The content of an id. `subject` tells the server where to look first; ids are numbered per context."""
        try:
            return self._read(wire.StoredSchema, wire.path("schemas", "ids", id), {"subject": subject})
        except answers.NotThere:
            return None

    def lookup(
        self, subject: str, request: wire.SchemaRequest, *, until: float | None = None
    ) -> wire.RegisteredSchema | None:
        """Where this content stands in the subject, None if nowhere. Raises Invalid for a text that is no schema.

        `until`: the deadline of a larger call that this one is part of.
        """
        question = Question(
            "POST", wire.path("subjects", subject), {**self._normalize, "deleted": "false"}, request.to_json()
        )
        try:
            return _shaped(wire.RegisteredSchema, self._exchange.ask(question, until=until), question)
        except answers.NotThere:
            return None

    def register(self, subject: str, request: wire.SchemaRequest) -> wire.Registration:
        """Register a content; raises Incompatible, Invalid, NoAnswer.

        A registration whose answer was lost may have happened, so before every repetition the content is looked up.
        """

        def done(until: float) -> wire.Registration | None:
            found = self.lookup(subject, request, until=until)
            return wire.Registration(found.id, found.version, found.guid) if found else None

        question = Question("POST", wire.path("subjects", subject, "versions"), self._normalize, request.to_json())
        try:
            body = self._exchange.ask(question, done=done)
        except answers.Unreachable as error:
            raise answers.Unreachable(
                f"{error.message}; whether {subject} has the new version is not known", next_step=error.next_step
            ) from None
        return body if isinstance(body, wire.Registration) else _shaped(wire.Registration, body, question)

    def check(
        self, subject: str, request: wire.SchemaRequest, version: int | None = None
    ) -> wire.CompatibilityAnswer | None:
        """Would the subject's level, as it is now, allow this content? None if there is nothing to compare with.

        Compared with all versions that the level names, or with one. Raises RouteMissing where a server answers only
        for a single version (Karapace, Redpanda).
        """
        path = wire.path("compatibility", "subjects", subject, "versions", *([] if version is None else [version]))
        question = Question("POST", path, {**self._normalize, "verbose": "true"}, request.to_json())
        try:
            return _shaped(wire.CompatibilityAnswer, self._exchange.ask(question), question)
        except answers.NotThere:
            return None

    def config(self, subject: str, *, default_to_global: bool) -> wire.Config | None:
        """The subject's own settings (None if it has none), or with `default_to_global` those in force."""
        try:
            return self._read(wire.Config, wire.path("config", subject), {"defaultToGlobal": _flag(default_to_global)})
        except answers.NotThere:
            return self.global_config() if default_to_global else None

    def global_config(self) -> wire.Config:
        """The settings of the whole registry."""
        return self._read(wire.Config, wire.path("config"))

    def set_config(self, subject: str, level: str) -> None:
        """Set the level of a subject, which need not exist yet; the rest of its settings stays as it is."""
        question = Question("PUT", wire.path("config", subject), body=wire.Config(level).to_put_json())
        answered = _shaped(wire.Config, self._exchange.ask(question), question).level
        if answered != level:
            raise wire.ProtocolError(f"the level of {subject} was set to {level}, and the registry confirms {answered}")

    def delete_config(self, subject: str) -> None:
        """Remove the subject's own settings, if it has any, so that the registry's are in force again."""
        try:
            self._exchange.ask(Question("DELETE", wire.path("config", subject)))
        except answers.NotThere:
            return

    def mode(self, subject: str) -> str:
        """The mode in force for a subject: READWRITE, READONLY, IMPORT, ..."""
        try:
            body = self._get(wire.path("mode", subject), {"defaultToGlobal": "true"})
        except answers.NotThere:
            body = self._get(wire.path("mode"))
        if isinstance(body, dict) and isinstance(mode := body.get("mode"), str):
            return mode
        raise wire.ProtocolError(f"the registry's answer about the mode of {subject} holds no mode")

    def types(self) -> frozenset[str]:
        """The schema types that the registry takes: AVRO, JSON, PROTOBUF."""
        return frozenset(_list(self._get(wire.path("schemas", "types")), str, "the schema types"))

    def _get(self, path: str, query: dict[str, str] | None = None) -> Any:
        return self._exchange.ask(Question("GET", path, query or {}))

    def _read(self, shape: type[S], path: str, query: dict[str, str] | None = None) -> S:
        question = Question("GET", path, query or {})
        return _shaped(shape, self._exchange.ask(question), question)

    def _probe(self, path: str) -> dict[str, object] | None:
        try:
            body = self._exchange.once(Question("GET", path))
        except (Refused, NoAnswer):
            return None
        return body if isinstance(body, dict) else None


def _flag(on: bool) -> str:
    return "true" if on else "false"


def _shaped(shape: type[S], body: object, question: Question) -> S:
    try:
        return shape.from_json(body)
    except wire.ProtocolError as error:
        raise wire.ProtocolError(
            f"the registry's answer to {question.method} {question.path} is not understood: {error.message}"
        ) from None


def _list(body: object, kind: type[T], what: str) -> list[T]:
    if isinstance(body, list) and all(isinstance(item, kind) and not isinstance(item, bool) for item in body):
        return body
    raise wire.ProtocolError(f"the registry's answer about {what} is no list of them")
