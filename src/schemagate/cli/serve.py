"""`schemagate serve`: the embedded registry over HTTP."""

from __future__ import annotations

from pathlib import Path

import click

from schemagate.cli.output import answer, remark


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="There is no authentication: keep it on loopback.")
@click.option("--port", type=click.IntRange(0, 65535), default=8081, show_default=True, help="0 takes any free port.")
@click.option(
    "--db", type=click.Path(path_type=Path, dir_okay=False), help="The SQLite file; default: the project's own."
)
def command(host: str, port: int, db: Path | None) -> int:
    """Serve the embedded registry over HTTP, until interrupted.

    It speaks the protocol of Confluent-compatible registries, so producers and consumers can be tested against it.

    \b
    schemagate serve
    schemagate serve --port 0 --db /tmp/registry.sqlite3
    """
    from schemagate.ask.environments import EMBEDDED
    from schemagate.project.catalog import find_root
    from schemagate.serve.app import create_app
    from schemagate.serve.http import run
    from schemagate.serve.store import Store

    with Store(db or find_root(Path.cwd()) / EMBEDDED) as store:
        run(create_app(store), host, port, ready=lambda url: answer(f"serving {url}   stop with Ctrl-C"))
    remark("stopped")
    return 0
