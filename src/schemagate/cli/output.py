"""Where do words go? Answers to stdout, everything else to stderr; the only module that prints."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from schemagate.report.style import Style

if TYPE_CHECKING:
    from schemagate.ask.scaffold import Begun


def answer(text: str) -> None:
    """Data, for people or for the next program."""
    click.echo(text, color=True)


def remark(text: str) -> None:
    """Progress and asides."""
    click.echo(text, err=True, color=True)


def complain(message: str, next_step: str | None) -> None:
    """One problem, and what to do about it."""
    from schemagate.report.findings import visible

    remark("\n".join(map(visible, message.splitlines())))
    if next_step:
        remark(f"  next: {visible(next_step)}")


def style() -> Style:
    """Colours where stdout is a terminal and nobody asked for none (https://no-color.org)."""
    return Style(sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def tell_begun(begun: Begun) -> None:
    """What a scaffolding command wrote, and what comes next."""
    for line in begun.written:
        answer(f"wrote {line}")
    for line in begun.next_steps:
        remark(f"  next: {line}")
