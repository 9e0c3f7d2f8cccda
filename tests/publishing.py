"""What the tests of publishing share: an embedded registry, a repository of a few events, and a network between them.

The verdicts of both sides come from `required_only`, so that these tests are about publishing and not about the
compatibility engines: a reader cannot read what lacks a property that it requires.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from fault_server import Time
from schemagate.compat.verdicts import RegistryAnswer, RegistryVerdict
from schemagate.publish import read
from schemagate.publish.actions import Plan
from schemagate.publish.apply import Report, Result, apply
from schemagate.publish.plan import make_plan
from schemagate.publish.verify import Check, verify
from schemagate.registry.client import RegistryClient
from schemagate.registry.exchange import Exchange
from schemagate.registry.wire import SchemaRequest, StoredSchema
from schemagate.schema.event import Content, Format, Level, Settings, Version, VersionId
from schemagate.serve import in_process
from schemagate.serve.app import create_app
from schemagate.serve.store import Store

URL = "http://embedded"

KNOWN = {f"{name}.v1-value" for name in ("candidate", "manager", "price")}
"""Subjects that may have a level and no version."""


def required_only(reader: str, writer: str, schema_type: str = "JSON", policy: str = "STRICT") -> RegistryVerdict:
    missing = set(json.loads(reader).get("required", ())) - set(json.loads(writer).get("required", ()))
    changes = tuple(f"REQUIRED_ATTRIBUTE_ADDED #/required/{name}" for name in sorted(missing))
    return RegistryVerdict(RegistryAnswer.REJECT if changes else RegistryAnswer.ACCEPT, changes, changes)


def schema(*names: str, **more: Any) -> str:
    """An object that requires properties of these names."""
    properties = {name: {"type": "string"} for name in names}
    return json.dumps({"type": "object", "properties": properties, "required": list(names), **more}, indent=2)


def version(name: str, text: str, level: Level = Level.BACKWARD, number: int = 1, **settings: Any) -> Version:
    content = Content(Format.JSON, f"schemas/{name}/v{number}.json", text)
    return Version(VersionId(name, number), content, Settings(owner="team", level=level, **settings))


def level_of(version: Version) -> Level:
    assert version.settings.level is not None
    return version.settings.level


Hook = Callable[[int, httpx.Request, Callable[[], httpx.Response]], httpx.Response]


@dataclass
class Network(httpx.BaseTransport):
    """Counts requests, and lets `hook(index, request, forward)` decide what becomes of each."""

    behind: httpx.BaseTransport
    hook: Hook = lambda index, request, forward: forward()
    requests: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.hook(len(self.requests) - 1, request, lambda: self.behind.handle_request(request))

    @property
    def writes(self) -> list[str]:
        """What may change something: registrations, and everything that is neither GET nor POST."""
        return [f"{request.method} {request.url.path}" for request in self.requests if may_write(request)]


def may_write(request: httpx.Request) -> bool:
    registers = request.method == "POST" and re.fullmatch("/subjects/[^/]+/versions", request.url.path)
    return bool(registers) or request.method in ("PUT", "DELETE")


@dataclass
class World:
    """One registry, and publishers that reach it through a network of their own."""

    store: Store
    time: Time = field(default_factory=Time)

    @property
    def transport(self) -> httpx.BaseTransport:
        return in_process.transport(create_app(self.store, self._judge))

    @staticmethod
    def _judge(reader: StoredSchema, writer: StoredSchema, policy: str) -> RegistryVerdict:
        return required_only(reader.schema, writer.schema)

    def publisher(self, *versions: Version, hook: Hook | None = None, url: str = URL) -> Publisher:
        network = Network(self.transport)
        if hook is not None:
            network.hook = hook
        return Publisher(self, versions, network, url)

    def register(self, subject: str, text: str) -> None:
        """Somebody else registers something."""
        self.publisher().client.register(subject, SchemaRequest(text, "JSON"))

    def set_level(self, subject: str, level: str) -> None:
        self.publisher().client.set_config(subject, level)

    def state(self) -> dict[str, Any]:
        """Everything that the registry holds: level and contents by subject (also of subjects with a level only)."""
        client = self.publisher().client
        found: dict[str, Any] = {}
        for subject in sorted({*client.subjects(), *KNOWN}):
            own = client.config(subject, default_to_global=False)
            stored = [client.version(subject, number) for number in client.versions(subject)]
            texts = [json.loads(each.schema) for each in stored if each is not None]
            if own or texts:
                found[subject] = (own.level if own else None, texts)
        return found


@dataclass
class Publisher:
    """The calls that `ask.publish` makes."""

    world: World
    versions: Iterable[Version]
    network: httpx.BaseTransport
    url: str = URL
    told: list[Result | Check] = field(default_factory=list)

    def __post_init__(self) -> None:
        transport = None if self.url != URL else self.network
        self.client = RegistryClient(Exchange([self.url], transport=transport, timing=self.world.time.timing))

    def plan(self) -> Plan:
        facts = read.facts(self.client, self.versions, level_of)
        return make_plan(self.versions, level_of, facts, environment="test", judge=required_only)

    def apply(self, plan: Plan) -> Report:
        return apply(plan, self.plan, self.client, self.told.append)

    def verify(self, plan: Plan) -> tuple[Check, ...]:
        return verify(plan, self.client, self.told.append)

    def publish(self) -> tuple[Report, tuple[Check, ...]]:
        plan = self.plan()
        return self.apply(plan), self.verify(plan)


@contextmanager
def a_world(folder: Path) -> Iterator[World]:
    with Store(folder / "registry.sqlite") as store:
        yield World(store)
