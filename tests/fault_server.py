"""A registry on a socket that misbehaves on demand: faults by request, in front of any httpx transport.

Also `Time`, a clock that only moves when somebody waits by it, so that no test sleeps.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from schemagate.registry.retry import Timing


@dataclass
class Time:
    """Waiting moves the clock and is written down; chance is always 1, so that waits are as long as can be."""

    waits: list[float] = field(default_factory=list)
    clock: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock += seconds

    @property
    def timing(self) -> Timing:
        return Timing(now=lambda: self.clock, sleep=self.sleep, chance=lambda: 1.0)


@dataclass(frozen=True)
class Seen:
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def what(self) -> str:
        """`GET /subjects`, without the query."""
        return f"{self.method} {self.path.partition('?')[0]}"


@dataclass(frozen=True)
class Reply:
    """Answer this, whatever the registry would say."""

    status: int
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refuse:
    """A registry's error body."""

    code: int
    message: str = "said the server"

    @property
    def reply(self) -> Reply:
        return Reply(int(str(self.code)[:3]), json.dumps({"error_code": self.code, "message": self.message}))


@dataclass(frozen=True)
class LoseRequest:
    """Reset the connection; nothing reaches the registry."""


@dataclass(frozen=True)
class LoseAnswer:
    """Let the registry do it, then reset the connection."""


@dataclass(frozen=True)
class CutAnswer:
    """Send half of the registry's answer: as a broken connection, or (`complete`) as all there is."""

    complete: bool = False


@dataclass(frozen=True)
class Silence:
    """Never answer; the registry gets nothing."""


@dataclass(frozen=True)
class Meanwhile:
    """Do this first, then let the request pass: somebody else is quicker."""

    act: Callable[[], object]


Fault = Reply | Refuse | LoseRequest | LoseAnswer | CutAnswer | Silence | Meanwhile


@dataclass
class FaultServer:
    """`faults`: by the beginning of method and path, what happens to the first, second, ... such request; `always`:
    what happens to all others."""

    behind: httpx.BaseTransport | None = None
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    always: dict[str, Fault] = field(default_factory=dict)
    requests: list[Seen] = field(default_factory=list)
    url: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    def sent(self, start: str) -> list[Seen]:
        """The requests whose method and path begin so."""
        return [seen for seen in self.requests if seen.what.startswith(start)]

    def next_fault(self, seen: Seen) -> Fault | None:
        self.requests.append(seen)
        for start, queue in self.faults.items():
            if seen.what.startswith(start) and queue:
                return queue.pop(0)
        return next((fault for start, fault in self.always.items() if seen.what.startswith(start)), None)

    def forward(self, seen: Seen) -> Reply:
        if self.behind is None:
            return Refuse(40401).reply
        headers = {name: value for name, value in seen.headers.items() if name.lower() in ("accept", "content-type")}
        request = httpx.Request(seen.method, "http://behind" + seen.path, headers=headers, content=seen.body)
        answer = self.behind.handle_request(request)
        return Reply(answer.status_code, answer.read(), {"Content-Type": answer.headers["content-type"]})


@contextmanager
def running(server: FaultServer, certificate: Path | None = None) -> Iterator[FaultServer]:
    """The server on a free port of the loopback interface; with a certificate (and its key) it speaks TLS."""

    class Handler(_Handler):
        faults = server

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = False  # so that closing waits for every answer
        if certificate is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate)
            listener.socket = tls.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
        server.url = f"http{'s' if certificate else ''}://127.0.0.1:{listener.server_address[1]}"
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            listener.shutdown()
            thread.join()


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class _Handler(BaseHTTPRequestHandler):
    faults: FaultServer
    timeout = 10

    def handle(self) -> None:
        with suppress(OSError):  # the client went away, as a client of a faulty server does
            super().handle()

    def log_message(self, *args: object) -> None:
        pass

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen = Seen(self.command, self.path, dict(self.headers), body)
        match self.faults.next_fault(seen):
            case None:
                self._send(self.faults.forward(seen))
            case Reply() as reply:
                self._send(reply)
            case Refuse() as refusal:
                self._send(refusal.reply)
            case Meanwhile(act):
                act()
                self._send(self.faults.forward(seen))
            case LoseRequest():
                self._reset()
            case LoseAnswer():
                self.faults.forward(seen)
                self._reset()
            case CutAnswer(complete):
                self._cut(self.faults.forward(seen), complete)
            case Silence():
                self.faults.released.wait(10)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - the names that http.server looks for

    def _send(self, reply: Reply, length: int | None = None) -> None:
        body = reply.body.encode() if isinstance(reply.body, str) else reply.body
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self, reply: Reply, complete: bool) -> None:
        assert isinstance(reply.body, bytes)
        half = Reply(reply.status, reply.body[: len(reply.body) // 2], reply.headers)
        self._send(half, None if complete else len(reply.body))

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.rfile.close()
