"""Which problems can a user fix, and with which exit code do they end a command?

    SchemagateError            2  any of the below
    ├── UsageError             2  a flag or argument that cannot be followed
    ├── ConfigError            2  one or more mistakes in a TOML file, all of them at once
    ├── SchemaError            2  a schema or event that cannot be read
    ├── Refused                1  the answer is no: a plan that moved, a name that is taken
    └── NoAnswer               3  evidence is missing: base not found, registry unreachable
        └── NotInstalled       3  an extra of the package is missing

The message is one sentence (what, where); `next_step` is what to do about it, preferably a command to paste.
"""

from __future__ import annotations

from typing import ClassVar


class SchemagateError(Exception):
    """Base of all errors that schemagate raises on purpose; anything else is a bug of ours."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, next_step: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class UsageError(SchemagateError):
    """The command line cannot be followed."""


class ConfigError(SchemagateError):
    """Mistakes in configuration files; `problems` holds one sentence each: `file: key path: what is wrong`."""

    def __init__(self, problems: tuple[str, ...], *, next_step: str | None = None) -> None:
        super().__init__("\n".join(problems), next_step=next_step)
        self.problems = problems


class SchemaError(SchemagateError):
    """A schema (or an event) cannot be read.

    `file` is the repository path or `<reader>`-like name, `line` and `column` start at 1 and are 0 when unknown.
    """

    def __init__(
        self, message: str, *, file: str = "", line: int = 0, column: int = 0, next_step: str | None = None
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.file = file
        self.line = line
        self.column = column


class Refused(SchemagateError):
    """The answer is no, and nothing was changed."""

    exit_code = 1


class NoAnswer(SchemagateError):
    """There is no evidence for an answer; never to be read as yes."""

    exit_code = 3


class NotInstalled(NoAnswer):
    """What the question needs comes with an extra of the package; `next_step` is the line that installs it."""

    def __init__(self, message: str, extra: str) -> None:
        super().__init__(message, next_step=f"pip install 'schemagate-events[{extra}]'")
