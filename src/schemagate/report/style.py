"""How do words stand out on a terminal? Never by colour alone; a pipe gets none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """Colours for a terminal, or none."""

    colour: bool = False

    def red(self, text: str) -> str:
        """A no."""
        return self._paint("31", text)

    def green(self, text: str) -> str:
        """A yes."""
        return self._paint("32", text)

    def yellow(self, text: str) -> str:
        """Not known, or worth a look."""
        return self._paint("33", text)

    def bold(self, text: str) -> str:
        """The answer."""
        return self._paint("1", text)

    def dim(self, text: str) -> str:
        """What matters less."""
        return self._paint("2", text)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


PLAIN = Style()
