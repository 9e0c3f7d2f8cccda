"""The command line: one module per command; here only the boundary that turns every end into an exit code.

0  yes     1  no     2  usage, configuration, or a file that cannot be read     3  no answer     130  interrupted
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from schemagate import __version__
from schemagate.cli.output import complain
from schemagate.errors import ConfigError, SchemaError, SchemagateError

_COMMANDS = {
    "init": "write schemagate.toml for the schemas that are here",
    "new": "write the first schema of an event",
    "bump": "start the next version of an event",
    "lint": "house rules on events and manifests, offline",
    "check": "is what changed compatible with what was released?",
    "validate": "is this payload a valid event?",
    "diff": "what changed between two versions?",
    "log": "the released revisions of a version",
    "explain": "the page of a rule",
    "generate": "write pydantic models and Avro schemas",
    "plan": "what would change in the registry?",
    "publish": "make the registry match git, and verify it",
    "serve": "the embedded registry over HTTP",
    "who": "who produces and consumes an event?",
    "record": "record what was deployed, tested or stated",
    "gate": "may a producer switch, may a migration go on?",
    "migration": "migrations: simulated, then taken step by step",
}


class _Commands(click.Group):
    """Loads a command's module when the command is called, so that a hook pays for one command only."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = import_module(f"schemagate.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], _COMMANDS, 1)
            raise click.UsageError(
                f"there is no command {args[0]!r}" + (f"; did you mean {near[0]!r}?" if near else "")
            )
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 yes, 1 no, 2 usage or unreadable files, 3 no answer, 130 interrupted.",
)
@click.version_option(__version__, prog_name="schemagate")
def main() -> None:
    """Event schemas in git: compatible, published, and safe to switch to, with a proof for every no."""


def run() -> NoReturn:
    """Run the command line; ends the process with the exit code of its answer."""
    sys.exit(call(sys.argv[1:]))


def call(arguments: list[str]) -> int:
    """Run one command and return its exit code; nothing but the code leaves here."""
    try:
        code = main.main(args=arguments, prog_name="schemagate", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        complain(_usage_hint(error), error.format_message())
        return 2
    except ConfigError as error:
        complain(error.next_step, *error.problems)
        return error.exit_code
    except SchemagateError as error:
        complain(error.next_step, _placed(error))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        complain(None, "interrupted")
        return 130
    except Exception as error:  # the boundary: a crash is no answer, and never a traceback
        if os.environ.get("SCHEMAGATE_TRACEBACK"):
            raise
        complain(
            "this is a bug of schemagate; SCHEMAGATE_TRACEBACK=1 shows where",
            f"internal error: {type(error).__name__} in schemagate {__version__}",
        )
        return 3


def _placed(error: SchemagateError) -> str:
    if not isinstance(error, SchemaError) or not error.file:
        return error.message
    place = f"{error.file}:{error.line}:{error.column}" if error.line else error.file
    return f"{place}: {error.message}"


def _usage_hint(error: click.ClickException) -> str | None:
    context = getattr(error, "ctx", None)
    return f"{context.command_path} --help" if context is not None else "schemagate --help"
