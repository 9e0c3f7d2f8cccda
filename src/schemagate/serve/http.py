"""How is the embedded registry offered over HTTP, and how does it stop?"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from schemagate.errors import SchemagateError

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

LOOPBACK: Final = "127.0.0.1"
"""The default host: a registry without authentication is nobody else's business."""

_GRACE: Final = 5  # seconds that a request may go on after a signal


def run(app: Starlette, host: str = LOOPBACK, port: int = 0, *, ready: Callable[[str], None] = lambda _: None) -> None:
    """Serve until SIGINT or SIGTERM, then return. `ready` is called with the base URL once requests are answered.

    Port 0 takes a free one. Raises SchemagateError if the address cannot be used or uvicorn is not installed.
    """
    try:
        import uvicorn
    except ImportError:
        raise SchemagateError(
            "serving over HTTP needs uvicorn, which is not installed",
            next_step="pip install 'schemagate-events[serve]'",
        ) from None
    config = uvicorn.Config(
        app, http="h11", ws="none", lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=_GRACE
    )
    with _listening(host, port) as listener:
        _server(config, lambda: ready(_url(listener))).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:
        raise SchemagateError(f"cannot listen on port {port}: ports go from 0 to 65535")
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SchemagateError(
                f"port {port} on {host} is in use", next_step="name another one, or 0 for any free one"
            ) from None
        raise SchemagateError(f"cannot listen on {host} port {port}: {error}") from None
    # Inherited by every connection. asyncio does this only for sockets whose protocol is stated as TCP, which
    # create_server leaves out; without it each answer waits 40 ms for the client's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(config: uvicorn.Config, started: Callable[[], None]) -> uvicorn.Server:
    import uvicorn

    class Registry(uvicorn.Server):
        """Says when it is ready, and takes a signal as the end of its work, not of the process."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started()

        def handle_exit(self, *_signal: object) -> None:
            self.force_exit = self.should_exit  # the second signal does not wait
            self.should_exit = True

    return Registry(config)
