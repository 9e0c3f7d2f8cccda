"""What does a TOML file say, and what is wrong with it? All mistakes of a file at once, each with its key path."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemagate.errors import SchemaError
from schemagate.project.keys import Key
from schemagate.schema import json_text

MOST_PROBLEMS: Final = 100
"""That are told of one file; nobody corrects more at once."""


@dataclass
class Problems:
    """The mistakes found so far in one file, as sentences."""

    file: str
    found: list[str] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Nothing more is told."""
        return len(self.found) > MOST_PROBLEMS

    def add(self, path: str, what: str, rule: str = "") -> None:
        """`file: key path: what is wrong (rule)`; the rule's page explains it, if there is one."""
        what = f"{what} ({rule})" if rule else what
        if len(self.found) < MOST_PROBLEMS:
            self.found.append(f"{self.file}: {path}: {what}" if path else f"{self.file}: {what}")
        elif not self.full:
            self.found.append(f"{self.file}: there are more; correct these first")

    def add_at(self, line: int, what: str) -> None:  # noqa: ARG002 - these sentences have no line of their own
        """The same for a line of the file."""
        self.add("", what)


_PLACE: Final = re.compile(r"\(at line (\d+), column \d+\)$")


def parse(data: bytes, problems: Problems) -> dict[str, Any]:
    """The tables of a TOML file; an unreadable file is one problem and an empty table."""
    try:
        return tomllib.loads(json_text.decode(data, problems.file))
    except SchemaError as error:
        problems.add("", error.message)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        problems.add_at(int(place[1]) if place else 1, f"not TOML: {str(error)[0].lower()}{str(error)[1:]}")
    except RecursionError:
        problems.add("", "nested too deeply")
    return {}


def table(value: object, keys: Mapping[str, Key], path: str, problems: Problems) -> dict[str, Any]:
    """The valid entries of a table; unknown keys, wrong types and missing keys become problems."""
    if not isinstance(value, dict):
        problems.add(path, "must be a table")
        return {}
    valid: dict[str, Any] = {}
    for name, entry in value.items():
        key = keys.get(name)
        if key is None:
            problems.add(dotted(path, name), "unknown key" + ("" if problems.full else nearest(name, keys)), "F01")
        elif not key.accepts(entry):
            problems.add(dotted(path, name), f"must be {key.wants}", key.rule)
        else:
            valid[name] = entry
    for name, key in keys.items():
        if key.required and name not in value:
            problems.add(dotted(path, name), f"is missing: must be {key.wants}", key.rule)
    return valid


def dotted(path: str, name: str) -> str:
    """The key path of an entry, quoted as TOML would."""
    plain = name.replace("_", "").replace("-", "")
    quoted = name if plain.isascii() and plain.isalnum() else f'"{name}"'
    return f"{path}.{quoted}" if path else quoted


def quoted(text: str) -> str:
    """A text as TOML writes it, on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def nearest(name: str, known: Collection[str]) -> str:
    """`; did you mean "level"?`, or what is known, or nothing."""
    import difflib

    close = difflib.get_close_matches(name, list(known), 1)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; known: {', '.join(known)}" if 0 < len(known) <= 12 else ""
