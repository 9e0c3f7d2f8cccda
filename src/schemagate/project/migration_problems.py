"""What is wrong with a migration file? Every mistake with its rule, its key path and its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemagate.project import toml


@dataclass(frozen=True, slots=True)
class FileError:
    """One mistake. `path` is the key path, "" the file itself; `line` counts from 1."""

    rule: str
    file: str
    path: str
    line: int
    message: str

    @property
    def what(self) -> str:
        """`key path: what is wrong`."""
        return f"{self.path}: {self.message}" if self.path else self.message

    def __str__(self) -> str:
        """`file:line: key path: what is wrong (rule)`."""
        return f"{self.file}:{self.line}: {self.what} ({self.rule})"


@dataclass
class PlanProblems(toml.Problems):
    """The mistakes found so far; `lines` are those of the file's keys, `always` a rule for whatever is wrong here."""

    lines: Mapping[str, int] = field(default_factory=dict)
    errors: list[FileError] = field(default_factory=list)
    always: str = ""

    @property
    def full(self) -> bool:
        """Nothing more is told."""
        return len(self.errors) > toml.MOST_PROBLEMS

    def add(self, path: str, what: str, rule: str = "") -> None:
        """One more mistake, F03 where nothing more special is known."""
        rule = self.always or rule or "F03"
        if len(self.errors) < toml.MOST_PROBLEMS:
            self.errors.append(FileError(rule, self.file, path, self.line(path), what))
        elif not self.full:
            self.errors.append(FileError(rule, self.file, "", 1, "there are more; correct these first"))

    def add_at(self, line: int, what: str) -> None:
        """One more mistake on a line of the file."""
        self.errors.append(FileError(self.always or "F03", self.file, "", line, what))

    def under(self, rule: str) -> PlanProblems:
        """The same mistakes, where each new one is of this rule."""
        return PlanProblems(self.file, lines=self.lines, errors=self.errors, always=rule)

    def line(self, path: str) -> int:
        """The line of a key path, or of the nearest table around it."""
        while path and path not in self.lines:
            shorter = path.rpartition("[")[0] if path.endswith("]") else path.rpartition(".")[0]
            path = shorter
        return self.lines.get(path, 1)
