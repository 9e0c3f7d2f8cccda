"""A real PostgreSQL for tests: a cluster of its own in a temporary folder, ended by its own process id."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

SUPERUSER = "owner"
PASSWORD = "pass-of-the-owner"


def programs() -> Path | None:
    """The folder of the server's programs, or None where there are none."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").is_file()), None)


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The DSN of a server that runs meanwhile: on 127.0.0.1, with a password."""
    found = programs()
    assert found is not None
    folder = Path(tempfile.mkdtemp(prefix="schemagate-postgres-"))
    who = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    secret = folder / "password"
    secret.write_text(PASSWORD)
    if who:
        os.chown(secret, who["user"], who["group"])
    data = folder / "data"
    settings = [
        "--auth-local=trust",
        "--auth-host=scram-sha-256",
        f"--pwfile={secret}",
        "--encoding=UTF8",
        "--locale=C",
    ]
    subprocess.run(
        [found / "initdb", "-D", data, "--username", SUPERUSER, "--no-sync", *settings],
        check=True, capture_output=True, cwd=folder, **who,
    )  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"listen_addresses": "127.0.0.1", "port": port, "fsync": "off", "unix_socket_directories": folder}
    told = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [found / "postgres", "-D", data, *told], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **who
        )
    try:
        dsn = f"postgresql://{SUPERUSER}:{PASSWORD}@127.0.0.1:{port}/postgres"
        _wait(server, dsn, folder / "log")
        yield dsn
    finally:
        server.send_signal(signal.SIGINT)  # a "fast" shutdown: who is connected is sent away
        server.wait(30)
        shutil.rmtree(folder)


def _wait(server: subprocess.Popen[bytes], dsn: str, log: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(dsn, connect_timeout=2).close()
        except psycopg.OperationalError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        else:
            return
