"""A real git repository in a temporary folder, for tests."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

IDENTITY = {
    "GIT_AUTHOR_NAME": "test",
    "GIT_AUTHOR_EMAIL": "test@example.invalid",
    "GIT_COMMITTER_NAME": "test",
    "GIT_COMMITTER_EMAIL": "test@example.invalid",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def environment(**more: str) -> dict[str, str]:
    """The environment of this process without what another git left in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_", "CI_"))}
    return {**kept, **IDENTITY, "PYTHONUTF8": "1", **more}


class Repository:
    """Files, commits and commands in one folder."""

    def __init__(self, folder: Path, *, init: bool = True) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        if init:
            self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, **options: Any) -> str:
        """Run git; the output as text."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=environment(), capture_output=True, check=False, **options
        )
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout.decode().strip()

    def write(self, path: str, content: object) -> Path:
        """Write a file: text as it is, anything else as JSON."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content, indent=2) + "\n"
        file.write_text(text, "utf-8", newline="")
        return file

    def commit(self, message: str = "work", *options: str) -> str:
        """Commit everything; the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message, *options)
        return self.git("rev-parse", "HEAD")

    def events(self, *names: str, level: str = "FULL_TRANSITIVE", more: str = "") -> None:
        """A schemagate.toml with these events."""
        tables = "".join(f'[events."{name}"]\nowner = "team"\nlevel = "{level}"\n' for name in names)
        self.write("schemagate.toml", tables + more)

    def schemagate(self, *arguments: str, at: str = "", **more: str) -> Done:
        """Run a command in this process: quick, and seen by coverage; folder and environment are its own."""
        from schemagate.cli import call

        out, err = io.StringIO(), io.StringIO()
        before, folder = dict(os.environ), Path.cwd()
        os.environ.clear()
        os.environ.update(environment(**more))
        os.chdir(self.folder / at)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = call(list(arguments))
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(before)
        return Done(code, out.getvalue(), err.getvalue())

    def process(self, *arguments: str, at: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own, as users do."""
        return subprocess.run(
            [sys.executable, "-m", "schemagate", *arguments],
            cwd=self.folder / at,
            env=environment(**more),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )


@dataclass(frozen=True)
class Done:
    """How a command ended, with the names of `subprocess.CompletedProcess`."""

    returncode: int
    stdout: str
    stderr: str


def record(*fields: dict[str, Any], name: str = "Order") -> dict[str, Any]:
    """An Avro record."""
    return {"type": "record", "name": name, "fields": list(fields)}


def text_field(name: str, **more: Any) -> dict[str, Any]:
    """A field of type string."""
    return {"name": name, "type": "string", **more}


def json_object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    """An open JSON object."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {name: {"type": kind} if isinstance(kind, str) else kind for name, kind in properties.items()},
        "required": list(required),
    }


USER: Final = "schemas/user/v1.json"
USER_V1: Final = json_object(("id", "login"), id="string", login="string")


def with_user(folder: Path) -> Repository:
    """One event, released on main, in a repository without a remote."""
    repository = Repository(folder)
    repository.events("user")
    repository.write(USER, USER_V1)
    repository.commit("user v1")
    return repository
