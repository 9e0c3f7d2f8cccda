"""Does a text hold what must never be recorded? A record stays for ever, and everybody who fetches it reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_PATTERNS: Final = (
    # a word for a secret, and a value that is no ${VARIABLE}
    re.compile(
        r"(?i)\b[\w.-]*(password|passwd|passphrase|pwd|secret|api[_.-]?key|access[_.-]?key|private[_.-]?key|credentials?|token|jaas\.config)"
        r"[\"']?\s*[=:]\s*(?![\"']?\$\{[A-Za-z_]\w*\}[\"']?\s*([,;#}\]]|$))[\"']?[^\s\"',;}\]]",
        re.MULTILINE,
    ),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"://[^/\s:@]*:(?!\$\{\w+\}@)[^\s@]+@"),  # a login in a URL
    re.compile(r"(?i)\b(authorization|bearer)\b[\s:]+(bearer\s+|basic\s+)?[\w.~+/=-]{16,}"),
    re.compile(
        r"\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,}|glpat-[\w-]{20}|xox[abpr]-[\w-]{10,})"
    ),
)


def places(value: Mapping[str, Any]) -> Iterator[str]:
    """Where in a record's body a text looks like a secret: `manifest line 4`. Never the text itself."""
    for name, entry in value.items():
        if isinstance(entry, str):
            for line in sorted({entry.count("\n", 0, m.start()) + 1 for p in _PATTERNS for m in p.finditer(entry)}):
                yield f"{name} line {line}"
