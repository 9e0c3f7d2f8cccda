"""A world in which migrations are walked: contracts with a remote, two databases, a broker, a registry, and a clock.

Programs that the plans name lie in `ops/` of the repository, and look at what is there: the services' code, their
databases. Where a question needs a broker it is put through `schemagate.ask`, everything else on the command line.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest

from memory_broker import MemoryBroker
from migrating import ROOT
from repository import Done, Repository, environment
from schemagate.ask import steps
from schemagate.ask.advance import advance
from schemagate.ask.inquiry import Inquiry, open_inquiry
from schemagate.observe.broker import Broker
from schemagate.project.config import Cluster
from schemagate.report import steps as report
from schemagate.rollout.asked import BROKER, Part, checks

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OBSERVED = """
[environments.staging]
order = 1
registry = "embedded"
clusters = ["stg"]
[environments.production]
order = 2
registry = "embedded"
clusters = ["prod"]
[clusters]
stg = { bootstrap = "stg:9092" }
prod = { bootstrap = "prod:9092" }
"""
ATTESTED = """
[environments.staging]
order = 1
registry = "embedded"
clusters = []
[environments.production]
order = 2
registry = "embedded"
clusters = []
"""


class Told(dict[str, str]):
    """The answers of a gate by check and target ("CO1 hiring"), its exit code, and whose words each of them is."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__({f"{each['id']} {each['target']}": each["decision"] for each in document["checks"]})
        self.document = document
        self.code: int = document["exit"]
        self.what = {f"{each['id']} {each['target']}": each["what"] for each in document["checks"]}

    def of(self, answer: str) -> set[str]:
        """The checks with this answer that nobody waived."""
        waived = {f"{each['id']} {each['target']}" for each in self.document["checks"] if each["waived"]}
        return {name for name, found in self.items() if found == answer} - waived

    @property
    def stops(self) -> dict[str, str]:
        """What stands in the way."""
        return {name: self[name] for name in self if name in self.of("blocked") | self.of("unknown")}


class World:
    """One repository with everything around it; `plan` is the migration that is walked."""

    def __init__(self, folder: Path, plan: str, databases: dict[str, str], environments: str) -> None:
        self.plan, self.databases = plan, databases
        self.clock = START
        self.brokers = {"stg": MemoryBroker(), "prod": MemoryBroker()}
        self.person = "ann"
        self.open: set[tuple[str, str]] = set()
        self._read: tuple[str, Any] = ("", None)
        self.variables = {f"{name.upper()}_RO_DSN": dsn for name, dsn in databases.items()}
        self.remote = Repository(folder / "remote.git", init=False)
        self.remote.git("init", "--quiet", "--bare", "--initial-branch=main")
        self.repo = Repository(folder / "work")
        self.repo.git("config", "user.name", "test")  # for what is asked in this process, where nobody else is known
        self.repo.git("config", "user.email", "test@example.invalid")
        shutil.copytree(ROOT / "schemas", self.repo.folder / "schemas")
        shutil.copytree(ROOT / "services", self.repo.folder / "services")
        shutil.copytree(ROOT / "migrations", self.repo.folder / "migrations")
        config = (ROOT / "schemagate.toml").read_text("utf-8").partition("[[generate]]")[0]
        self.repo.write("schemagate.toml", f'state = {{ remote = "origin" }}\n{config}{environments}')
        self.repo.write(".gitignore", ".schemagate/\n__pycache__/\n")
        self.repo.git("remote", "add", "origin", str(self.remote.folder))

    # what people do

    def merge(self) -> None:
        """What lies in the work tree is on the default branch."""
        self.repo.commit("work")
        self.repo.git("push", "--quiet", "origin", "main")
        self.repo.git("fetch", "--quiet", "origin")

    def edit(self, path: str, *edits: tuple[str, str]) -> None:
        """Texts of a file are replaced; each must stand there."""
        text = (self.repo.folder / path).read_text("utf-8")
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        self.repo.write(path, text)

    def program(self, name: str, text: str) -> None:
        """A program in ops/."""
        self.repo.write(f"ops/{name}", text).chmod(0o755)

    def manifest(self, service: str, event: str, list_: str, *versions: int) -> None:
        """A service's manifest, with these versions of an event in one of its lists; none: without the entry."""
        path = f"services/{service}.toml"
        text = (self.repo.folder / path).read_text("utf-8")
        self.repo.write(path, listing(text, event, list_, *versions))

    def sql(self, service: str, statement: str) -> None:
        """Something happens in a service's database."""
        with psycopg.connect(self.databases[service], autocommit=True) as connection:
            connection.execute(statement.encode())

    def deploy(self, service: str, commit: str, env: str = "staging", instance: str = "default") -> None:
        """The merged manifest runs, and the pipeline says so."""
        file = f"services/{service}.toml"
        self.yes(
            "record", "deployment", f"{service}@{commit}", "--env", env, "--manifest", file, "--instance", instance
        )

    def attest(self, statement: str, team: str, env: str = "staging", *, asked_by: str | None = None) -> None:
        """A person of a team states something."""
        more = ["--for", asked_by] if asked_by else []
        self.yes("record", "attestation", statement, "--by", team, "--env", env, *more)

    def approve(self, step: str, env: str, **people: str) -> None:
        """A person of each of these teams approves, and it is merged."""
        for person, team in people.items():
            who = {"GIT_AUTHOR_NAME": person, "GIT_COMMITTER_NAME": person}
            self.yes("migration", "approve", self.plan, step, "--env", env, "--team", team, **who)
        self.merge()

    # what is asked

    def cli(self, *arguments: str, **environ: str) -> Done:
        """A command, a minute later."""
        self.clock += timedelta(minutes=1)
        return self.repo.schemagate(*arguments, **self.variables, **environ)

    def yes(self, *arguments: str, **environ: str) -> Done:
        """A command that has to succeed."""
        done = self.cli(*arguments, **environ)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done

    def inquiry(self, env: str = "staging", *, brokers: bool = True, candidate: str | None = None) -> Inquiry:
        """The migration in an environment, with the injected brokers."""
        self.clock += timedelta(minutes=1)
        return open_inquiry(
            self.repo.folder, self.plan, env, {**environment(**self.variables)}, candidate=candidate,
            brokers=self.cluster if brokers else None, clock=lambda: self.clock,
        )  # fmt: skip

    def cluster(self, cluster: Cluster) -> Broker:
        """How clusters are reached."""
        return self.brokers[cluster.name]

    def gate(self, step: str, env: str = "staging", candidate: str | None = None) -> Told:
        """The answer about the step's gate, or about its evidence where it is open."""
        if not self._asks_broker(step, env):
            more = ["--candidate", candidate] if candidate else []
            done = self.cli("gate", self.plan, step, "--env", env, "--format", "json", *more)
            assert not done.stderr, done.stderr
            told = Told(json.loads(done.stdout))
            assert done.returncode == told.code
            return told
        found = steps.gate_step(self.inquiry(env, candidate=candidate), step)
        assert found.exit_code == {"pass": 0, "blocked": 1, "unknown": 3}[found.decision.answer]
        return Told(json.loads(report.to_json(found)))

    def advance(self, step: str, env: str = "staging") -> str | None:
        """The step's new state; None where nothing was recorded."""
        if self._asks_broker(step, env):
            to = advance(self.inquiry(env), step).to
        else:
            done = self.cli("migration", "advance", self.plan, step, "--env", env, "--format", "json")
            to = json.loads(done.stdout)["to"] if done.stdout else None
            assert (done.returncode == 0) is (to is not None), done.stderr
        if to == "open":
            self.open.add((step, env))
        return None if to is None else str(to)

    def _asks_broker(self, step: str, env: str) -> bool:
        text = (self.repo.folder / f"migrations/{self.plan}.toml").read_text("utf-8")
        if self._read[0] != text:
            self._read = (text, self.inquiry(env).plan)
        found = self._read[1].step(step) if self._read[1] else None
        part = Part.EVIDENCE if (step, env) in self.open else Part.GATE
        return found is not None and bool(BROKER.intersection(checks(self._read[1], found, part)))

    # what is expected

    def refused(self, step: str, *checks_: str, env: str = "staging") -> Told:
        """Exactly these checks block the step, and nothing is recorded."""
        told = self.gate(step, env)
        assert told.of("blocked") == set(checks_), (told.stops, told.what)
        assert told.code == 1
        assert self.advance(step, env) is None
        return told

    def unknown(self, step: str, *checks_: str, env: str = "staging") -> Told:
        """Nobody can tell because of exactly these checks, and nothing is recorded."""
        told = self.gate(step, env)
        assert told.stops == dict.fromkeys(checks_, "unknown"), told.what
        assert told.code == 3
        assert self.advance(step, env) is None
        return told

    def opens(self, step: str, env: str = "staging") -> Told:
        """The gate lets the step through."""
        told = self.gate(step, env)
        assert (told.code, told.stops) == (0, {}), told.what
        assert self.advance(step, env) == "open"
        return told

    def done(self, step: str, env: str = "staging") -> Told:
        """The evidence proves the step."""
        told = self.gate(step, env)
        assert (told.code, told.stops) == (0, {}), told.what
        assert self.advance(step, env) == "done"
        return told


def listing(text: str, event: str, list_: str, *versions: int) -> str:
    """A manifest's text with other versions of an event in one list."""
    where = {
        "produces": rf'(\{{ event = "{re.escape(event)}", versions = )\[[^]]*\]',
        "consumes": rf'(event = "{re.escape(event)}"\nversions = )\[[^]]*\]',
    }[list_]
    found, count = re.subn(where, rf"\g<1>{list(versions)}", text)
    assert count == 1, (event, list_)
    return found


@contextmanager
def databases(server: str, names: Collection[str]) -> Iterator[dict[str, str]]:
    """New databases on a real server, by service; dropped afterwards."""
    found = {name: f"{name}_{abs(hash((name, id(names))))}" for name in names}
    with psycopg.connect(server, autocommit=True) as owner:
        for name in found.values():
            owner.execute(f"create database {name}".encode())
    yield {name: server.removesuffix("/postgres") + f"/{database}" for name, database in found.items()}
    with psycopg.connect(server, autocommit=True) as owner:
        for name in found.values():
            owner.execute(f"drop database {name} with (force)".encode())


def stop_clocks(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Commands see the clock of the world."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Self:
            return world.clock.astimezone(tz)  # type: ignore[return-value]

    for module in ("schemagate.ask.inquiry", "schemagate.ask.migration", "schemagate.cli.record"):
        monkeypatch.setattr(f"{module}.datetime", Clock)


PYTHON = f"#!{sys.executable}\n"
