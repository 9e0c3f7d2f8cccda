"""What does the HTTP answer of a registry mean?

    Refused                    1   (schemagate.errors)
    └── RegistryRefused        1   the registry says no: 409 with an association's code, or one of
        ├── Incompatible       1   409: the level forbids it
        └── Invalid            1   422: bad schema, subject, level; or the mode does not permit it
    NoAnswer                   3   (schemagate.errors)
    ├── Unreachable            3   no connection, no answer in time, 408, 429 or 5xx until the last attempt
    ├── Denied                 3   401 or 403
    ├── NotThere               3   404 with a registry's code; the client gives None instead wherever that is natural
    ├── RouteMissing           3   404 or 405 without such a code: this server does not know the path
    └── wire.ProtocolError     3   anything else: HTML, a redirect, JSON of another shape

The numbers are exit codes. A decision rests on the HTTP status and the registry's five-digit code, never on the text.
Every message is one sentence with the status and the URL; no credential is ever part of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from schemagate.errors import NoAnswer, Refused
from schemagate.registry import wire

_LONGEST_MESSAGE: Final = 300
"""Characters of a server's own words that are shown: verbose registries answer with whole schemas."""


class RegistryRefused(Refused):
    """The registry's answer is no. `status` is HTTP's, `code` the registry's own (the status, if it names none)."""

    def __init__(self, message: str, *, status: int, code: int, next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.status = status
        self.code = code


class Incompatible(RegistryRefused):
    """The new schema does not fit the versions that the subject's level compares it with."""


class Invalid(RegistryRefused):
    """The registry cannot take this: see `wire.ErrorCode` from 42201."""


class Unreachable(NoAnswer):
    """The registry did not answer, or only with errors that may pass."""


class Denied(NoAnswer):
    """The registry does not let us in, or not to this subject."""


class NotThere(NoAnswer):
    """The registry does not hold it. 40401, 40402 and 40403 are one family: servers swap them."""


class RouteMissing(NoAnswer):
    """The server does not know the path at all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer: `to` names the question as `GET https://host/subjects`, `body` is undecoded."""

    status: int
    body: bytes
    to: str


def value(answer: Answer, redact: Callable[[str], str] = str) -> Any:
    """The JSON value of a good answer; raises the exception that the module's docstring gives to any other.

    `redact` removes secrets from words that the server chose.
    """
    if answer.status == 200:
        return _json(answer)
    error = wire.ErrorBody.from_json(_json_or_none(answer), answer.status)
    raise _failure(answer, error.error_code, _sentence(answer, error, redact))


def described(answer: Answer, redact: Callable[[str], str] = str) -> str:
    """The sentence about an answer that is no success."""
    return _sentence(answer, wire.ErrorBody.from_json(_json_or_none(answer), answer.status), redact)


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        looks = "HTML" if answer.body.lstrip()[:1] == b"<" else "no complete JSON"
        raise wire.ProtocolError(
            f"{answer.to} answered {answer.status} with {looks}",
            next_step="is this the address of a registry, and is there a proxy in between?",
        ) from None


def _json_or_none(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _sentence(answer: Answer, error: wire.ErrorBody, redact: Callable[[str], str]) -> str:
    code = f" ({error.error_code})" if error.error_code != answer.status else ""
    words = " ".join(redact(error.message).split())
    if len(words) > _LONGEST_MESSAGE:
        words = words[:_LONGEST_MESSAGE] + "…"
    return f"{answer.to} answered {answer.status}{code}" + (f": {words}" if words else "")


def _failure(answer: Answer, code: int, sentence: str) -> RegistryRefused | NoAnswer:
    status = answer.status
    if wire.is_incompatible(status, code):
        return Incompatible(sentence, status=status, code=code)
    if status == 422:
        return Invalid(sentence, status=status, code=code)
    if status == 409:
        return RegistryRefused(sentence, status=status, code=code)
    if status == 401:
        return Denied(sentence, next_step="check the environment's auth in schemagate.toml, and the variables it names")
    if status == 403:
        return Denied(sentence, next_step="ask the registry's owner for the right to do this with this login")
    if status in (404, 405):
        if code != status and wire.http_status(code) == status:
            return NotThere(sentence)
        return RouteMissing(sentence, next_step="check the registry's URL, its path included")
    return wire.ProtocolError(sentence, next_step="is this the address of a registry, and is there a proxy in between?")
