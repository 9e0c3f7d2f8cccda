"""What does an ECMA-262 pattern mean to Rust's regex engine, which pydantic uses?

Only what both can say: the differences (`\\d`, `\\w`, `\\s`, `.`, class operators) are spelled out, the rest is
refused. Neither engine anchors, and `$` is the very end in both.
"""

from __future__ import annotations

import re
from typing import Final

LARGEST: Final = 1000
"""Bound of the pattern's length with all repetitions written out: the engine has a size limit, met at import."""

_SPACE: Final = r"\t-\r \u{A0}\u{1680}\u{2000}-\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{FEFF}"
_TOKEN: Final = re.compile(
    r"(?P<set>\[\^?(?:\\.|[^\]\\])*\])|(?P<open>\((?:\?:)?)|(?P<close>\))|(?P<escape>\\.)"
    r"|(?P<times>(?:[*+?]|\{\d{1,4}(?:,\d{0,4})?\})\??)|(?P<other>.)",
    re.DOTALL,
)
_SETS: Final = {"d": "0-9", "w": "A-Za-z0-9_", "s": _SPACE}
_CONTROLS: Final = {"t": r"\t", "n": r"\n", "r": r"\r", "f": r"\x0C", "v": r"\x0B"}
_PUNCTUATION: Final = frozenset("^$\\.*+?()[]{}|/-")
_SPECIAL_IN_SET: Final = frozenset("[]&-~^\\")


class UntranslatableError(ValueError):
    """The message says which part."""


def translate(pattern: str) -> str:
    """The pattern in Rust's syntax; raises UntranslatableError for what is not known to mean the same."""
    tokens = [(match.lastgroup or "", match[0]) for match in _TOKEN.finditer(pattern)]
    _check_structure(tokens)
    return "".join(_rust(kind, token) for kind, token in tokens)


def matches(pattern: str, text: str) -> bool:
    """Whether a translated pattern is found in a text, as the generated model will see it."""
    return re.search(_for_python(pattern), text) is not None


def _for_python(rust: str) -> str:
    spelled = re.sub(r"\\u\{([0-9A-F]+)\}", lambda match: f"\\u{int(match[1], 16):04x}", rust)
    tokens = ((match.lastgroup, match[0]) for match in _TOKEN.finditer(spelled))
    return "".join(r"\Z" if (kind, token) == ("other", "$") else token for kind, token in tokens)


def _check_structure(tokens: list[tuple[str, str]]) -> None:
    groups, atom = [0], 0  # sizes: of each open group so far, and of what a quantifier would repeat now
    for kind, token in tokens:
        size = 1
        if kind == "times":
            if not atom:
                raise UntranslatableError(f"{token!r} repeats nothing")
            size, atom = atom * (_most(token) - 1), 0
        elif kind == "open":
            groups.append(0)
            size = atom = 0
        elif kind == "close":
            if len(groups) == 1:
                raise UntranslatableError("a ) without its (")
            size = atom = groups.pop() + 1
        else:
            atom = 0 if kind == "other" and token in "^$|" else 1
        groups[-1] += size
        if groups[-1] > LARGEST:
            raise UntranslatableError(f"it repeats up to more than {LARGEST} characters")
    if len(groups) > 1:
        raise UntranslatableError("a ( without its )")


def _most(token: str) -> int:
    bounds = [int(bound) for bound in re.findall(r"\d+", token)]
    if len(bounds) == 2 and bounds[0] > bounds[1]:
        raise UntranslatableError(f"{token!r} counts down")
    return max([1, *bounds])


def _rust(kind: str, token: str) -> str:
    match kind:
        case "set":
            return _rust_set(token)
        case "escape":
            return _rust_escape(token[1])
        case "open" | "close" | "times":
            return token
    if token == ".":
        return r"[^\n\r\u{2028}\u{2029}]"
    if token in "[]{}":
        raise UntranslatableError(f"{token!r} on its own")
    return token


def _rust_escape(letter: str) -> str:
    if letter in _SETS:
        return f"[{_SETS[letter]}]"
    if letter.lower() in _SETS:
        return f"[^{_SETS[letter.lower()]}]"
    if letter in _CONTROLS:
        return _CONTROLS[letter]
    if letter in _PUNCTUATION:
        return letter if letter == "/" else "\\" + letter
    raise UntranslatableError(f"'\\{letter}'")


def _rust_set(token: str) -> str:
    negated = token.startswith("[^")
    members = re.findall(r"\\.|.", token[2 if negated else 1 : -1], re.DOTALL)
    if not members:
        raise UntranslatableError("an empty set")
    parts: list[str] = []
    while members:
        first = members.pop(0)
        if len(members) >= 2 and members[0] == "-":
            members.pop(0)
            parts.append(_range(first, members.pop(0)))
        else:
            parts.append(_set_member(first))
    return f"[{'^' if negated else ''}{''.join(parts)}]"


def _range(first: str, last: str) -> str:
    low, high = _character(first), _character(last)
    if low > high:
        raise UntranslatableError(f"the range {first}-{last} is empty")
    return f"{_quoted(low)}-{_quoted(high)}"


def _set_member(member: str) -> str:
    if member[0] == "\\" and member[1] in _SETS:
        return _SETS[member[1]]
    return _quoted(_character(member))


def _character(member: str) -> str:
    if member[0] != "\\":
        return member
    if member[1] in _CONTROLS:
        return {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}[member[1]]
    if member[1] in _PUNCTUATION:
        return member[1]
    raise UntranslatableError(f"'{member}' in a set")


def _quoted(char: str) -> str:
    return "\\" + char if char in _SPECIAL_IN_SET else char
