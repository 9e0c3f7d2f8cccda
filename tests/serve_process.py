"""A real server in a process of its own, for tests where sockets, threads and kills matter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass
class Running:
    url: str
    process: subprocess.Popen[str]

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False)


@contextmanager
def serving(store: Path, port: int = 0) -> Iterator[Running]:
    """Start `store` on a free port of the loopback; whatever happens, its process is gone afterwards."""
    command = [sys.executable, __file__, str(store), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:"), f"the server did not start: {url!r}"
            yield Running(url, process)
        finally:
            process.kill()


def main(store_path: str, port: str) -> None:
    from schemagate.serve import http
    from schemagate.serve.app import create_app
    from schemagate.serve.store import Store

    with Store(Path(store_path)) as store:
        http.run(create_app(store), port=int(port), ready=lambda url: print(url, flush=True))  # noqa: T201 - the test reads it
    print("stopped", flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
