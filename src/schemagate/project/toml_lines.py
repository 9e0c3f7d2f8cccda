"""On which line of a TOML file does each key stand? (tomllib keeps no positions.)"""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress

from schemagate.project.toml import dotted

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*""")
_TEXT = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}#\n]*")


def lines(text: str) -> dict[str, int]:
    """The line, from 1, of every key and list item of a valid TOML text, by key path: `consumes[0].retry.cap`."""
    scan = _Scan(text.replace("\r\n", "\n"))
    with suppress(_LostError, RecursionError):  # what was found until there is right; the rest has no line
        scan.document()
    return scan.found


class _LostError(Exception):
    """The text is not what the scanner takes for TOML."""


class _Scan:
    """Reads a text once, from `at` on; each method leaves `at` behind what it read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[str, int] = {}
        self._counted = 0  # the text before has `_line - 1` ends of line
        self._line = 1
        self._lists: dict[str, int] = {}

    def document(self) -> None:
        path = ""
        while self._blank() < len(self.text):
            if self.text.startswith("[[", self.at):
                path = self._header(2, repeats=True)
            elif self.text.startswith("[", self.at):
                path = self._header(1, repeats=False)
            else:
                self._entry(path)

    def _header(self, brackets: int, *, repeats: bool) -> str:
        self.at += brackets
        path, keys = "", self._keys()
        for number, key in enumerate(keys, 1):
            path = dotted(path, key)
            if repeats and number == len(keys):
                self._lists[path] = self._lists.get(path, -1) + 1
            if path in self._lists:
                path = f"{path}[{self._lists[path]}]"
        self._note(path)
        self.at += brackets
        return path

    def _entry(self, path: str) -> None:
        start = self.at
        for key in self._keys():
            path = dotted(path, key)
            self._note(path, start)
        self._expect("=")
        self._value(path)

    def _value(self, path: str) -> None:
        self._blank()
        if (match := _TEXT.match(self.text, self.at)) is not None:
            self.at = match.end()
        elif self.text.startswith("[", self.at):
            self._items(path)
        elif self.text.startswith("{", self.at):
            self._members(path)
        else:
            self.at = _match(_BARE, self.text, self.at).end()

    def _items(self, path: str) -> None:
        self.at += 1
        number = 0
        while not self._ends("]"):
            item, start = f"{path}[{number}]", self.at
            self._note(item)
            self._value(item)
            number += 1
            self._comma()
            if self.at == start:
                raise _LostError

    def _members(self, path: str) -> None:
        self.at += 1
        while not self._ends("}"):
            self._entry(path)
            self._comma()

    def _ends(self, bracket: str) -> bool:
        self._blank()
        if self.at >= len(self.text):
            raise _LostError
        ends = self.text[self.at] == bracket
        self.at += ends
        return ends

    def _comma(self) -> None:
        self._blank()
        self.at += self.text.startswith(",", self.at)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            match = _match(_KEY, self.text, self.at)
            self.at = match.end()
            keys.append(_plain(match[1]))
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _expect(self, sign: str) -> None:
        if not self.text.startswith(sign, self.at):
            raise _LostError
        self.at += 1

    def _blank(self) -> int:
        self.at = _match(_BLANK, self.text, self.at).end()
        return self.at

    def _note(self, path: str, at: int | None = None) -> None:
        at = self.at if at is None else at
        self._line += self.text.count("\n", self._counted, at)
        self._counted = at
        self.found.setdefault(path, self._line)


def _match(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str]:
    match = pattern.match(text, at)
    if match is None:
        raise _LostError
    return match


def _plain(key: str) -> str:
    """The key without its quotes."""
    if not key.startswith('"'):
        return key.strip("'")
    plain: str = tomllib.loads(f"key = {key}")["key"]
    return plain
