"""How does a question reach a registry and its answer come back: addresses, login, TLS, time limits, new attempts?

Attempts go through the addresses in turn, and wait (`retry.delays`) after each full round. Only what may be different
next time is repeated; an answer like 404 or 409 is asked for exactly once. A login never leaves this module except as
a request header: addresses lose it, and words that a server chose are searched for it.
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from schemagate.errors import ConfigError
from schemagate.registry import answers, retry, wire

MAX_BYTES: Final = 64 * 1024 * 1024
"""A longer answer is not read to its end: no list of subjects comes near it."""


@dataclass(frozen=True, slots=True)
class Basic:
    """User and password."""

    user: str
    password: str = field(repr=False)

    @property
    def header(self) -> str:
        """The value of `Authorization` (RFC 7617)."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token."""

    token: str = field(repr=False)

    @property
    def header(self) -> str:
        """The value of `Authorization` (RFC 6750)."""
        return "Bearer " + self.token


@dataclass(frozen=True, slots=True)
class Question:
    """One request: path from `wire.path`, query values as text, body as JSON."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None


@dataclass(frozen=True, slots=True)
class _Address:
    url: str
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Failure:
    """An attempt that may go better next time, or (`final`) will not."""

    reason: str
    wait: float | None = None
    final: bool = False
    next_step: str = "is the registry up, and may this machine reach it?"


class Exchange:
    """Asks one registry, behind one or several addresses.

    `urls` may hold a login; `login` wins over it. `ca`: file with the certificates to trust (PEM). Timeouts are in
    seconds: `connect` until there is a connection, `read` between two parts of an answer. `transport` replaces the
    network.
    Raises ConfigError for addresses, logins and files that cannot be used.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        login: Basic | Bearer | None = None,
        ca: str | None = None,
        connect: float = 5.0,
        read: float = 10.0,
        transport: httpx.BaseTransport | None = None,
        schedule: retry.Schedule = retry.SCHEDULE,
        timing: retry.Timing = retry.REAL_TIME,
    ) -> None:
        self._secrets: set[str] = set()
        self._addresses = tuple(self._address(url, login) for url in urls)
        if not self._addresses:
            raise ConfigError(("a registry needs at least one URL",))
        self._preferred = 0
        self._schedule = schedule
        self.timing = timing
        self._http = httpx.Client(
            verify=_trust(ca) if ca else True,
            timeout=httpx.Timeout(read, connect=connect),
            transport=transport,
            follow_redirects=False,
        )

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses, without logins and without a slash at the end."""
        return tuple(address.url for address in self._addresses)

    def __repr__(self) -> str:
        return f"Exchange({', '.join(self.urls)})"

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def deadline(self) -> float:
        """Until when a call that begins now may begin a new attempt, on the clock of `timing`."""
        return self.timing.now() + self._schedule.deadline

    def once(self, question: Question) -> Any:
        """The JSON answer to a single attempt; raises as `ask`."""
        outcome = self._attempt(self._addresses[self._preferred], question, self.deadline())
        if isinstance(outcome, _Failure):
            raise answers.Unreachable(outcome.reason, next_step=outcome.next_step)
        return answers.value(outcome, self._redact)

    def ask(
        self, question: Question, *, until: float | None = None, done: Callable[[float], object] = lambda _: None
    ) -> Any:
        """The JSON answer, after as many attempts as the schedule allows; raises what `answers` lists.

        `until`: the deadline of a larger call that this one is part of. `done` is asked before every repetition,
        with the deadline: a value that is not None says that a lost attempt did its work, and is the answer.
        """
        until = self.deadline() if until is None else until
        waits = self._waits()
        attempt = 0
        while True:
            index = (self._preferred + attempt) % len(self._addresses)
            outcome = self._attempt(self._addresses[index], question, until)
            if isinstance(outcome, answers.Answer):
                self._preferred = index
                return answers.value(outcome, self._redact)
            self._pause(outcome, next(waits, None), attempt, until)
            if (result := done(until)) is not None:
                return result
            attempt += 1

    def _waits(self) -> Iterator[float]:
        """No wait while there is an address that was not tried in this round."""
        hops = [0.0] * (len(self._addresses) - 1)
        yield from hops
        for delay in retry.delays(self._schedule, self.timing.chance):
            yield delay
            yield from hops

    def _pause(self, failure: _Failure, wait: float | None, attempt: int, until: float) -> None:
        """Wait before the next attempt, or raise Unreachable if there is none."""
        asked = "" if failure.wait is None else f", and asks to wait {failure.wait:g} s"
        if failure.wait is not None and wait is not None:
            wait = failure.wait
        if failure.final or wait is None or self.timing.now() + wait > until:
            tries = "" if attempt == 0 else f" ({attempt + 1} attempts)"
            raise answers.Unreachable(failure.reason + asked + tries, next_step=failure.next_step)
        self.timing.sleep(wait)

    def _attempt(self, address: _Address, question: Question, until: float) -> answers.Answer | _Failure:
        url = address.url + question.path
        to = f"{question.method} {url}"
        content = None if question.body is None else json.dumps(question.body).encode()
        headers = {"Accept": wire.ACCEPT, **address.headers}
        if content is not None:
            headers["Content-Type"] = wire.MEDIA_TYPE
        try:
            with self._http.stream(
                question.method, url, params=question.query or None, content=content, headers=headers
            ) as response:
                body = self._body(response, until)
        except (httpx.TransportError, httpx.DecodingError) as error:
            return self._unanswered(to, error)
        if body is None:
            return _Failure(f"{to} sends its answer too slowly, or without end")
        answer = answers.Answer(response.status_code, body, to)
        if answer.status not in retry.RETRYABLE:
            return answer
        return _Failure(answers.described(answer, self._redact), wait=retry.retry_after(response.headers))

    def _body(self, response: httpx.Response, until: float) -> bytes | None:
        """The whole body, None if it is too long or comes in drops past the deadline."""
        received = bytearray()
        for part in response.iter_bytes():
            received += part
            if len(received) > MAX_BYTES or self.timing.now() > until:
                return None
        return bytes(received)

    def _unanswered(self, to: str, error: httpx.RequestError) -> _Failure:
        if _has_cause(error, ssl.SSLCertVerificationError):
            return _Failure(
                f"{to}: the certificate of the server is not trusted",
                final=True,
                next_step="name the file of the authority that signed it as the environment's ca in schemagate.toml",
            )
        words = {
            httpx.ConnectTimeout: "there is no connection in time",
            httpx.TimeoutException: "there is no answer in time",
            httpx.RemoteProtocolError: "the connection broke off before the answer was complete",
            httpx.ReadError: "the connection broke off before the answer was complete",
            httpx.DecodingError: "the answer is compressed in a broken way",
        }
        said = next((text for kind, text in words.items() if isinstance(error, kind)), None)
        return _Failure(f"{to}: {said or self._redact(str(error)) or type(error).__name__}")

    def _address(self, url: str, login: Basic | Bearer | None) -> _Address:
        """Take the login out of a URL. No message quotes the URL: it may be all secret."""
        try:
            parsed = httpx.URL(url.strip())
        except httpx.InvalidURL:
            raise ConfigError(("the URL of the registry cannot be read",)) from None
        if parsed.userinfo:
            self._secrets |= {parsed.password} - {""}
            login = login or Basic(parsed.username, parsed.password)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ConfigError(("the URL of the registry must begin with http:// or https:// and name a host",))
        if parsed.query or parsed.fragment:
            raise ConfigError((f"the URL of the registry at {parsed.host} must end with its path",))
        plain = str(parsed.copy_with(userinfo=b"")).rstrip("/")
        return _Address(plain, self._authorization(login) if login else {})

    def _authorization(self, login: Basic | Bearer) -> dict[str, str]:
        secret = login.password if isinstance(login, Basic) else login.token
        self._secrets |= {secret, login.header.partition(" ")[2]} - {""}
        if not (login.header.isascii() and login.header.isprintable()):
            raise ConfigError(("the token for the registry holds characters that no HTTP header may hold",))
        return {"Authorization": login.header}

    def _redact(self, words: str) -> str:
        for secret in sorted(self._secrets, key=len, reverse=True):
            words = words.replace(secret, "***")
        return words


def _trust(ca: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:  # SSLError, for a file that holds no certificate, is one
        raise ConfigError((f"the CA file {ca} cannot be used: {error.strerror or 'no certificate in it'}",)) from None


def _has_cause(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
