"""How is a value from a schema written as Python source? ASCII only, and nothing in it can end the literal."""

from __future__ import annotations

import re
from typing import Final

_UNSAFE: Final = re.compile(r"[^ -\[\]-~]")
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}


def text(value: str) -> str:
    """A string literal; of the two quotes the one that needs fewer escapes, double on a tie, as formatters want it."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    escaped = _UNSAFE.sub(lambda match: _escape(match[0]), value)
    return quote + escaped.replace(quote, "\\" + quote) + quote


def data(value: bytes) -> str:
    """A bytes literal."""
    return "b" + text(value.decode("latin-1"))


def number(value: float) -> str:
    """An int or finite float literal, in the spelling that formatters keep."""
    if type(value) not in (int, float):
        raise TypeError("a number literal is made of an int or a float")
    return repr(value)


def _escape(char: str) -> str:
    if char in _NAMED:
        return _NAMED[char]
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
