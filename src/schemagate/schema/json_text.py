"""What does this JSON text say, and where does it say it?

The standard parser keeps the last of two equal keys, accepts NaN and reads 1e400 as infinity. A schema that leans on
any of these means different things to different readers, so `read` refuses them, with the place. Positions are looked
up only for what is reported (`locate`), because a position for every value would make every clean run slower.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from schemagate.errors import SchemaError
from schemagate.findings import Location

MAX_BYTES: Final = 8 * 1024 * 1024
"""A larger text is refused: no event schema is near it, and every tool behind us would choke on it."""

MAX_DEPTH: Final = 200
"""Deeper nesting is refused, so that every walk over a schema may recurse."""

_EXACT_DIGITS = 15  # every decimal of up to 15 digits survives the way through a float
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]')
_SPACE = re.compile(r"[ \t\r\n]*")
_scan_string = json.decoder.scanstring  # type: ignore[attr-defined]  # the parser's own, missing from the type stubs


def decode(data: bytes, file: str) -> str:
    """The text of a file's bytes, which must be UTF-8 without a byte order mark; raises SchemaError."""
    if len(data) > MAX_BYTES:
        raise SchemaError(
            f"the file has {len(data) // (1024 * 1024)} MiB, at most {MAX_BYTES // (1024 * 1024)} are read",
            file=file,
        )
    if data.startswith(b"\xef\xbb\xbf"):
        raise SchemaError(
            "the file starts with a byte order mark",
            file=file,
            line=1,
            column=1,
            next_step="save it as UTF-8 without BOM",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SchemaError(
            f"byte {data[error.start]:#04x} is not UTF-8",
            file=file,
            line=line,
            column=1,
            next_step="save it as UTF-8",
        ) from None


def read(text: str, file: str) -> Any:
    """The value of a strict JSON text; raises SchemaError with file, line and column.

    A number that a float would change is a Decimal; everything else is what `json.loads` gives.
    """
    if len(text) > MAX_BYTES:
        raise SchemaError(f"the text is longer than {MAX_BYTES // (1024 * 1024)} MiB", file=file)
    try:
        value = _decoded(text)
    except _DuplicateKeyError as error:
        place = _place(text, _second_occurrence(text), file)
        raise SchemaError(
            f"the key {error} stands twice in one object",
            file=file,
            line=place.line,
            column=place.column,
            next_step="remove one of them",
        ) from None
    except json.JSONDecodeError as error:
        raise SchemaError(
            f"not JSON: {_syntax_problem(text, error)}", file=file, line=error.lineno, column=error.colno
        ) from None
    except RecursionError:
        raise _too_deep(file) from None
    except ValueError as error:  # NaN, or an integer with more digits than Python converts
        raise SchemaError(f"not JSON: {error}", file=file) from None
    if "\\" in text and "\\u" in text and _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False, default=str)):
        raise SchemaError("a string holds half of a surrogate pair, which is no character", file=file)
    return value


def locate(text: str, pointer: str, file: str) -> Location:
    """Where the value of a JSON pointer stands: its key in an object, itself in a list.

    A pointer that leads nowhere ends at its deepest existing parent. The end is that of the value, where it is on the
    same line. `text` must have passed `read`.
    """
    index = mark = _skip_space(text, 0)
    for token in unescape(pointer):
        step = _step_into_object(text, index, token) if text[index] == "{" else _step_into_list(text, index, token)
        if step is None:
            break
        mark, index = step
    place, end = _place(text, mark, file), _skip_value(text, index)
    if "\n" in text[mark:end]:
        return place
    return replace(place, end_column=place.column + end - mark)


def join(pointer: str, *tokens: str | int) -> str:
    """The pointer of a child, with `~` and `/` escaped (RFC 6901)."""
    for token in tokens:
        pointer += "/" + str(token).replace("~", "~0").replace("/", "~1")
    return pointer


def unescape(pointer: str) -> list[str]:
    """The tokens of a JSON pointer."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


class _DuplicateKeyError(Exception):
    """Raised by the parser's hook; its text is the key, as JSON."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKeyError(json.dumps(key))
            seen.add(key)
    return value


def _number(literal: str) -> float | Decimal:
    if len(literal) <= _EXACT_DIGITS and "e" not in literal and "E" not in literal:
        return float(literal)
    try:
        exact = Decimal(literal)
    except InvalidOperation:  # an exponent that is no machine word
        exact = Decimal("Infinity")
    if not exact.is_finite() or abs(exact.adjusted()) > 400:
        raise ValueError(f"the number {literal[:40]} is out of range")
    rounded = float(literal)
    return rounded if Decimal(repr(rounded)) == exact else exact


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


_STRICT_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_number, parse_constant=_refuse_constant)
_ONE_KIND: Final = bytes.maketrans(b"[]", b"{}")
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_SKIPPER = json.JSONDecoder(parse_float=str, parse_int=str)


def _too_deep(file: str) -> SchemaError:
    return SchemaError(
        f"nested more than {MAX_DEPTH} levels deep", file=file, next_step="name inner types and refer to them"
    )


def _decoded(text: str) -> Any:
    """The value; raises RecursionError where it is nested too deep.

    Of two equal keys the last survives. So no key stands twice when the value has as many keys as the text has colons,
    and only where it has fewer (a text with a colon in a string, too) the slower decoder looks at every object. The
    colon of `://`, which nearly every JSON Schema has in `$schema`, is always one in a string.
    """
    keys = 0

    def count(value: dict[str, Any]) -> dict[str, Any]:
        nonlocal keys
        keys += len(value)
        return value

    value = json.JSONDecoder(object_hook=count, parse_float=_number, parse_constant=_refuse_constant).decode(text)
    if _may_be_deep(text) and _depth(value) > MAX_DEPTH:
        raise RecursionError
    colons = text.count(":")
    if keys != colons and keys != colons - text.count("://"):
        value = _STRICT_DECODER.decode(text)
    return value


def _may_be_deep(text: str) -> bool:
    """Whether brackets, those in strings among them, nest too deep: the innermost are taken out, again and again."""
    brackets = text.encode("utf-8", "surrogatepass").translate(_ONE_KIND, _NO_BRACKETS)
    levels = 0
    while len(brackets) > 2 * (MAX_DEPTH - levels) and levels < MAX_DEPTH:
        brackets = brackets.replace(b"{}", b"")
        levels += 1
    return levels == MAX_DEPTH and bool(brackets)


def _depth(value: Any) -> int:
    """How deep objects and lists nest, level by level."""
    depth, level = 0, [value]
    while level := [each for each in level if type(each) is dict or type(each) is list]:
        depth += 1
        level = [inner for each in level for inner in (each.values() if type(each) is dict else each)]
    return depth


def _syntax_problem(text: str, error: json.JSONDecodeError) -> str:
    before = text[: error.pos].rstrip()
    after = text[error.pos : error.pos + 1]
    if before.endswith(",") and after in ("}", "]"):
        return "a comma before the closing bracket"
    if not text.strip():
        return "the file is empty"
    return error.msg[0].lower() + error.msg[1:].removesuffix(" at")


def _second_occurrence(text: str) -> int:
    """The offset of the first key that repeats one of its object; the text is known to have one."""
    stack: list[set[str] | None] = []
    last_string: tuple[str, int] | None = None
    for match in _TOKENS.finditer(text):
        token = match[0]
        if token[0] == '"':
            last_string = (json.loads(token), match.start())
        elif token == "{":
            stack.append(set())
        elif token == "[":
            stack.append(None)
        elif token in "]}":
            stack.pop()
        elif token == ":" and last_string is not None and (keys := stack[-1]) is not None:
            if last_string[0] in keys:
                return last_string[1]
            keys.add(last_string[0])
    return 0


def _skip_space(text: str, index: int) -> int:
    match = _SPACE.match(text, index)
    return match.end() if match else index


def _skip_value(text: str, index: int) -> int:
    end: int = _SKIPPER.raw_decode(text, index)[1]
    return end


def _step_into_object(text: str, index: int, wanted: str) -> tuple[int, int] | None:
    index = _skip_space(text, index + 1)
    while text[index] == '"':
        key, end = _scan_string(text, index + 1, True)
        value = _skip_space(text, _skip_space(text, end) + 1)
        if key == wanted:
            return index, value
        index = _skip_space(text, _skip_value(text, value))
        index = _skip_space(text, index + 1) if text[index] == "," else index
    return None


def _step_into_list(text: str, index: int, wanted: str) -> tuple[int, int] | None:
    if text[index] != "[" or not wanted.isdigit():
        return None
    index = _skip_space(text, index + 1)
    for _ in range(int(wanted)):
        if text[index] == "]":
            return None
        index = _skip_space(text, _skip_value(text, index))
        if text[index] == ",":
            index = _skip_space(text, index + 1)
    return None if text[index] == "]" else (index, index)


def _place(text: str, offset: int, file: str) -> Location:
    return Location(file, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
