"""`schemagate explain`: the page of a rule."""

from __future__ import annotations

import click

from schemagate.cli.output import answer


@click.command("explain")
@click.argument("rule", required=False)
@click.option("--list", "list_", is_flag=True, help="List every rule.")
def command(rule: str | None, list_: bool) -> int:
    """What a rule looks for, why, and how its finding is repaired.

    \b
    schemagate explain SG-JSON-101
    schemagate explain required-by-reader
    schemagate explain --list
    """
    from schemagate.ask.explain import explain, summaries

    if rule is None or list_:
        answer("\n".join(f"{id_:<12}  {name:<28}  {summary}" for id_, name, summary in summaries()))
        return 0
    answer(explain(rule).rstrip("\n"))
    return 0
