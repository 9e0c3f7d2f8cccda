"""How does every answer in JSON begin? One head for all commands, so that a program can tell what it reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

SCHEMA_VERSION: Final = 1
"""Goes up when a key changes its meaning or disappears; new keys may come at any time."""


def document(command: str, fields: Mapping[str, Any]) -> str:
    """The one document that a command prints with `--format json`; a value that JSON has no word for is its text."""
    head = {"schema_version": SCHEMA_VERSION, "command": command}
    return json.dumps({**head, **fields}, indent=2, ensure_ascii=False, default=str)
