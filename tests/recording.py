"""Claims, records and streams for tests, and a project whose production gate believes records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from repository import Repository, json_object
from schemagate.rollout.records import Actor, Claim, Record, following

START = datetime(2026, 11, 23, 18, 2, tzinfo=UTC)
PERSON = Actor("person", "a.petrova")


def manifest(service: str, *versions: int, event: str = "manager") -> str:
    """A manifest that consumes some versions of an event; none: not the event at all."""
    text = f'format = 1\nservice = "{service}"\nowner = "t"\n'
    return text + (f'\n[[consumes]]\nevent = "{event}"\nversions = {list(versions)}\n' if versions else "")


def deployment(service: str, commit: str, instance: str = "default", text: str | None = None, **more: Any) -> Claim:
    """A claim that a build runs."""
    body = {"service": service, "commit": commit, "instance": instance, "manifest": text or manifest(service, 1)}
    return claim("deployment", service, body, **more)


def undeployment(service: str, commit: str | None = None, instance: str | None = None, **more: Any) -> Claim:
    """A claim that it runs no more."""
    return claim("undeployment", service, {"service": service, "commit": commit, "instance": instance}, **more)


def claim(kind: str, subject: str, body: dict[str, Any], *, run: str | None = None, minutes: int = 0) -> Claim:
    """Any claim, in production."""
    actor = Actor("ci", "deploy", run) if run else PERSON
    return Claim(kind, "production", subject, START + timedelta(minutes=minutes), actor, "schemagate 0", body)


def chain(claims: Sequence[Claim]) -> tuple[tuple[Record, ...], dict[str, bytes]]:
    """The records that claims of one stream become, and their files."""
    records: list[Record] = []
    files = {}
    for each in claims:
        record, data = following(each, records)
        records.append(record)
        files[record.file] = data
    return tuple(records), files


class Project(Repository):
    """`manager` in two versions, consumed by bonuses; production counts records."""

    def __init__(self, folder: Path, *, remote: str = "", init: bool = True) -> None:
        super().__init__(folder, init=init)
        if not init:
            return
        state = 'state = { remote = "origin" }\n' if remote else ""
        environment = '[environments.production]\nregistry = "embedded"\n'
        self.write(
            "schemagate.toml",
            f'{state}[events."manager"]\nowner = "t"\nlevel = "FORWARD_TRANSITIVE"\n{environment}',
        )
        for number in (1, 2):
            fields = {f"name{number}": "string"}
            self.write(f"schemas/manager/v{number}.json", json_object(tuple(fields), **fields))
        self.write("services/bonuses.toml", manifest("bonuses", 1, 2))
        self.write(".gitignore", ".schemagate/\n")
        self.commit("contracts")
        if remote:
            self.git("remote", "add", "origin", remote)
            self.git("push", "--quiet", "origin", "main")
            self.git("fetch", "--quiet", "origin")

    def deploy(self, service: str, commit: str, *versions: int, instance: str = "default", **environment: str) -> Any:
        """Record a deployment with a manifest that reads these versions."""
        file = self.folder / ".git" / f"{service}.toml"
        file.write_text(manifest(service, *versions), "utf-8")
        arguments = ["--env", "production", "--manifest", str(file), "--instance", instance]
        return self.schemagate("record", "deployment", f"{service}@{commit}", *arguments, **environment)

    def gate(self) -> Any:
        """Ask production for manager@2."""
        return self.schemagate("gate", "manager@2", "--env", "production")
