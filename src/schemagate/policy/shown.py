"""How does a value from a schema look in a message? As JSON, on one line, and never longer than a reader reads."""

from __future__ import annotations

import json
from typing import Any, Final

WIDTH: Final = 120


def shown(value: Any) -> str:
    """The JSON text of a value, shortened."""
    return shortened(json.dumps(value, ensure_ascii=False, default=str))


def shortened(text: str) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
