"""How does a rule of the embedded registry say no?"""

from __future__ import annotations

from schemagate.errors import Refused
from schemagate.registry.wire import ErrorBody, ErrorCode


class Refusal(Refused):
    """A request that is answered with an error body; `app` turns it into a response, in one place."""

    def __init__(self, code: ErrorCode | int, message: str) -> None:
        super().__init__(message)
        self.body = ErrorBody(int(code), message)
