"""Where do words go? Answers to stdout, everything else to stderr; the only module that prints."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from schemagate.report.style import Style

if TYPE_CHECKING:
    from schemagate.ask.scaffold import Begun


def answer(text: str) -> None:
    """Data, for people or for the next program; a reader that left early changes no answer."""
    try:
        click.echo(text, color=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def answer_as(format_: str, **looks: Callable[[], str]) -> None:
    """The answer in the format that was asked for; only that one is made."""
    answer(looks[format_]())


def remark(text: str) -> None:
    """Progress and asides."""
    click.echo(text, err=True, color=True)


def complain(next_step: str | None, *problems: str) -> None:
    """One problem or several, a line each, and what to do about it."""
    from schemagate.report.findings import visible, visible_lines

    remark("\n".join(map(visible, problems)))
    if next_step:
        remark(f"  next: {visible_lines(next_step)}")


class Progress:
    """A counter on stderr for long work, where stderr is a terminal; it is gone when the work is done."""

    _PATIENCE = 0.5  # seconds before anything is shown

    def __init__(self, what: str) -> None:
        self._what = what
        self._count = 0
        self._shown = False
        self._start = time.monotonic()

    def step(self, _result: object) -> None:
        """One more thing is done."""
        self._count += 1
        if sys.stderr.isatty() and time.monotonic() - self._start > self._PATIENCE:
            self._shown = True
            click.echo(f"\r{self._what} … {self._count} done", err=True, nl=False)

    def done(self) -> None:
        """Wipe the counter."""
        if self._shown:
            click.echo("\r\x1b[K", err=True, nl=False)


def style() -> Style:
    """Colours where stdout is a terminal and nobody asked for none (https://no-color.org)."""
    return Style(sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def tell_begun(begun: Begun) -> None:
    """What a scaffolding command wrote, and what comes next."""
    for line in begun.written:
        answer(f"wrote {line}")
    for line in begun.next_steps:
        remark(f"  next: {line}")
