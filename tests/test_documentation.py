"""Does the documentation say what is true? Commands, options, keys and rules are looked up in the code."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
import pytest

from schemagate.cli import main
from schemagate.project import finding_waivers, keys

ROOT = Path(__file__).parents[1]
COMMANDS = ROOT / "docs" / "commands.md"


def commands_page() -> str:
    """The reference page, made from the help texts themselves."""
    parts = [
        "# Commands",
        "",
        "Each command's own help. This page is made by `SCHEMAGATE_UPDATE=1 pytest tests/test_documentation.py`.",
    ]
    context = click.Context(
        main, info_name="schemagate", terminal_width=100, max_content_width=100, help_option_names=["-h", "--help"]
    )
    return "\n".join([*parts, *help_texts(main, context, "##")]) + "\n"


def help_texts(group: click.Group, context: click.Context, mark: str) -> list[str]:
    parts = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context, terminal_width=100, max_content_width=100)
        title = inner.command_path.removeprefix("schemagate ")
        parts += ["", f"{mark} {title}", "", "```", command.get_help(inner), "```"]
        if isinstance(command, click.Group):
            parts += help_texts(command, inner, f"{mark}#")
    return parts


def test_every_command_is_documented_as_it_is() -> None:
    if os.environ.get("SCHEMAGATE_UPDATE"):
        COMMANDS.write_text(commands_page(), "utf-8")
    assert COMMANDS.read_text("utf-8") == commands_page()


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("`[defaults]` and", {**keys.DEFAULTS, **keys.EVENT}),
        ("`[environments.x]`", keys.ENVIRONMENT),
        ("`[[generate]]` and", keys.GENERATE),
        ("`services/", keys.SERVICE),
        ("`client`", keys.CLIENT),
        ("`produces`", keys.PRODUCES),
        ("`consumes`", keys.CONSUMES),
        ("`consumes[].idempotency`", keys.IDEMPOTENCY),
        ("`consumes[].retry`", keys.RETRY),
        ("`serves` and", {**keys.SERVES, **keys.CALLS}),
        ("`state`", keys.STATE),
        ("`[[finding]]`", finding_waivers.KEYS),
    ],
)
def test_every_key_is_documented(heading: str, known: dict[str, keys.Key]) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    (section,) = [part for part in re.split(r"^##+ ", page, flags=re.MULTILINE) if part.startswith(heading)]
    rows = re.findall(r"^\| ((?:`[\w.]+`(?:, )?)+) \|", section, re.MULTILINE)
    documented = {name.removeprefix("lint.") for row in rows for name in re.findall(r"`([\w.]+)`", row)}
    assert known.keys() <= documented, f"{heading}: {known.keys() - documented}"
    assert documented <= known.keys() | keys.LINT.keys(), f"{heading}: {documented - known.keys()}"


def test_every_help_text_has_an_example() -> None:
    context = click.Context(main, info_name="schemagate")
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        assert f"schemagate {name}" in (command.help or ""), name


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_nothing_names_another_projects_distribution_or_a_machine() -> None:
    for file in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")]:
        text = file.read_text("utf-8")
        assert not re.search(r"pip install ['\"]?schemagate(?!-events)", text), file
        assert not re.search(r"(?<![\w/.])/(work|farm|root)/", text), file
