"""How does a client talk to the embedded registry without a port?"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from starlette.applications import Starlette


def transport(app: Starlette) -> httpx.BaseTransport:
    """A transport for `httpx.Client` that calls the application in this process: no socket, nothing to close."""
    return _InProcess(app)


class _InProcess(httpx.BaseTransport):
    """Every request runs to its end in an event loop of its own."""

    def __init__(self, app: Starlette) -> None:
        self._transport = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not _a_loop_is_running():
            return asyncio.run(self._answer(request))
        with ThreadPoolExecutor(1) as elsewhere:  # a notebook: a thread has one running loop at most
            return elsewhere.submit(asyncio.run, self._answer(request)).result()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        answer = await self._transport.handle_async_request(sent)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


def _a_loop_is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
