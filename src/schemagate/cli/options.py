"""Options that several commands share, each with one help text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def output_format(*formats: str) -> Callable[[F], F]:
    """`--format`, the first being the default."""
    return click.option(
        "--format", "format_", type=click.Choice(formats), default=formats[0], show_default=True, help="How to print."
    )


def environment(command: F) -> F:
    """`--env`."""
    help_ = "The environment, as named in schemagate.toml."
    return click.option("--env", "environment", default="local", show_default=True, metavar="ENV", help=help_)(command)


def ref(command: F) -> F:
    """`--ref`."""
    help_ = "The commit whose texts count. Default: HEAD for local, the default branch for every other environment."
    return click.option("--ref", metavar="REF", help=help_)(command)


def verbose(command: F) -> F:
    """`--verbose`."""
    return click.option("-v", "--verbose", is_flag=True, help="Show the checks that passed, too.")(command)
