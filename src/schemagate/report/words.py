"""How are things counted in words?"""

from __future__ import annotations


def ignored(files: tuple[str, ...], text_from: str) -> str:
    """That edits of the work tree did not count, as a line; "" where there are none."""
    if not files:
        return ""
    more = f" and {len(files) - 2} more" if len(files) > 2 else ""
    return f"  note: only {text_from} counts here; the work tree differs: {', '.join(files[:2])}{more}"


def count(number: int, word: str, plural: str | None = None) -> str:
    """`1 version`, `2 versions`."""
    return f"{number} {word if number == 1 else plural or word + 's'}"
