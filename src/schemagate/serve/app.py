"""Which HTTP request is which action, and how does every outcome become a response?

The routes are one table, and `_answer` is the only place where an exception becomes a status. Nothing that a client
sends is answered with a 5xx, because clients repeat those; a 500 is a bug of ours, and loud in the log.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from schemagate.errors import SchemaError
from schemagate.registry.wire import MEDIA_TYPE, MEDIA_TYPES, ErrorBody, ErrorCode, ProtocolError, http_status
from schemagate.serve import actions
from schemagate.serve.actions import Call, Raw
from schemagate.serve.refusal import Refusal
from schemagate.serve.store import Store
from schemagate.serve.verdicts import Judge, registry_verdict

MAX_BODY: Final = 10 * 1024 * 1024
"""Bytes of a request body; a larger one is refused (42209)."""

Action: TypeAlias = Callable[[Call], object]

ROUTES: Final[tuple[tuple[str, str, Action], ...]] = (
    ("GET", "/", actions.nothing),
    ("POST", "/", actions.nothing),
    ("GET", "/subjects", actions.list_subjects),
    ("POST", "/subjects/{subject}", actions.lookup),
    ("DELETE", "/subjects/{subject}", actions.delete_subject),
    ("GET", "/subjects/{subject}/versions", actions.list_versions),
    ("POST", "/subjects/{subject}/versions", actions.register),
    ("GET", "/subjects/{subject}/versions/{version}", actions.get_version),
    ("DELETE", "/subjects/{subject}/versions/{version}", actions.delete_version),
    ("GET", "/subjects/{subject}/versions/{version}/schema", actions.get_version_text),
    ("GET", "/subjects/{subject}/versions/{version}/referencedby", actions.referenced_by),
    ("GET", "/schemas/types", actions.list_types),
    ("GET", "/schemas/ids/{id}", actions.get_schema),
    ("GET", "/schemas/ids/{id}/schema", actions.get_schema_text),
    ("GET", "/schemas/ids/{id}/versions", actions.get_schema_versions),
    ("GET", "/schemas/ids/{id}/subjects", actions.get_schema_subjects),
    ("GET", "/schemas/guids/{guid}", actions.get_schema_by_guid),
    ("GET", "/schemas/guids/{guid}/ids", actions.get_ids_of_guid),
    ("POST", "/compatibility/subjects/{subject}/versions", actions.check),
    ("POST", "/compatibility/subjects/{subject}/versions/{version}", actions.check_against),
    ("GET", "/config", actions.get_global_config),
    ("PUT", "/config", actions.put_global_config),
    ("DELETE", "/config", actions.delete_global_config),
    ("GET", "/config/{subject}", actions.get_config),
    ("PUT", "/config/{subject}", actions.put_config),
    ("DELETE", "/config/{subject}", actions.delete_config),
    ("GET", "/mode", actions.get_global_mode),
    ("GET", "/mode/{subject}", actions.get_mode),
    ("GET", "/contexts", actions.list_contexts),
    ("GET", "/associations/resources/{namespace}/{name}", actions.list_associations),
    ("GET", "/v1/metadata/version", actions.get_server_version),
    ("GET", "/v1/metadata/id", actions.get_server_id),
)

_BODY_TYPES: Final = (*MEDIA_TYPES, "application/octet-stream", "")  # raw HTTP libraries state nothing, or octets

_log: Final = logging.getLogger(__name__)


def create_app(store: Store, judge: Judge = registry_verdict) -> Starlette:
    """The embedded registry over an open store, which stays the caller's to close."""
    return Starlette(
        routes=[Route(path, _endpoint(action, store, judge), methods=[method]) for method, path, action in ROUTES],
        middleware=[Middleware(_EncodedPaths)],
        exception_handlers={HTTPException: _no_such_route},
    )


class _EncodedPaths:
    """Let the router see the path as it was sent: a subject may hold an encoded `/`. A trailing slash is dropped."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
            path = raw.partition(b"?")[0].decode("latin-1")
            scope = {**scope, "path": path.rstrip("/") or "/"}
        await self._app(scope, receive, send)


def _endpoint(action: Action, store: Store, judge: Judge) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        return await _answer(action, store, judge, request)

    return endpoint


async def _answer(action: Action, store: Store, judge: Judge, request: Request) -> Response:
    media_type = _negotiated(request.headers.get("accept", ""))
    if media_type is None:
        return _error(ErrorBody(406, f"Accept allows none of {', '.join(MEDIA_TYPES)}"), MEDIA_TYPE)
    try:
        body = await _body(request) if request.method in ("POST", "PUT") else None
        call = Call(store, judge, _decoded(request.path_params), request.query_params, body)
        return _response(await run_in_threadpool(action, call), media_type)
    except Exception as error:  # noqa: BLE001 - the boundary of the server: whatever happened is answered
        return _error(_blame(error, request), media_type)


def _blame(error: Exception, request: Request) -> ErrorBody:
    match error:
        case Refusal():
            return error.body
        case ProtocolError() | SchemaError():
            return ErrorBody(ErrorCode.INVALID_SCHEMA, error.message)
        case ClientDisconnect():
            return ErrorBody(400, "the body did not arrive")
        case sqlite3.Error():
            _log.error("the store failed: %s", error)
            return ErrorBody(ErrorCode.STORE_FAILED, f"the store failed: {error}")
        case _:
            _log.error("a bug in the embedded registry: %s %s", request.method, request.scope["path"], exc_info=error)
            return ErrorBody(500, "internal error, see the server's log")


def _negotiated(accept: str) -> str | None:
    """The answer's media type: the one that the client prefers, by `q`, then by our order; None if it wants none."""
    qualities = dict(_range(part) for part in accept.split(",") if part.strip())
    if not qualities:
        return MEDIA_TYPE

    def quality(media_type: str) -> float:
        return next((qualities[r] for r in (media_type, "application/*", "*/*") if r in qualities), 0.0)

    best = max(MEDIA_TYPES, key=quality)
    return best if quality(best) > 0 else None


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return name, float(value)
            except ValueError:
                return name, 1.0
    return name, 1.0


async def _body(request: Request) -> object:
    """The parsed body, None where there is none. A body that is too large is read to its end, so that the client,
    which sends before it listens, gets the refusal and not a broken connection."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MAX_BODY:
            chunks.append(chunk)
    if size > MAX_BODY:
        raise Refusal(ErrorCode.SCHEMA_TOO_LARGE, f"the body has {size} bytes, at most {MAX_BODY} are read")
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if size and sent not in _BODY_TYPES:
        raise Refusal(415, f"Content-Type {sent!r} is not read; send {MEDIA_TYPE}")
    return await run_in_threadpool(_parsed, b"".join(chunks))


def _parsed(data: bytes) -> object:
    try:
        return json.loads(data) if data else None
    except (ValueError, RecursionError) as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refusal(400, f"the body is not JSON: {problem}") from None


def _decoded(places: Mapping[str, str]) -> dict[str, str]:
    return {name: unquote(value, errors="surrogateescape") for name, value in places.items()}


def _response(answer: object, media_type: str, status: int = 200) -> Response:
    # Escaped to ASCII: a message may quote half of a surrogate pair, which UTF-8 cannot carry.
    text = answer.text if isinstance(answer, Raw) else json.dumps(answer, separators=(",", ":"))
    return Response(text, status, media_type=media_type)


def _error(body: ErrorBody, media_type: str | None) -> Response:
    return _response(body.to_json(), media_type or MEDIA_TYPE, http_status(body.error_code))


def _no_such_route(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    response = _error(ErrorBody(status, f"HTTP {status}: {request.method} {request.scope['path']}"), None)
    response.headers.update(getattr(error, "headers", None) or {})
    return response
