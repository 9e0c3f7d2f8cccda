"""How is an environment's registry reached, and which commit counts there?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from schemagate.errors import NoAnswer
from schemagate.project import baseline, catalog, git, source
from schemagate.project.catalog import Project
from schemagate.project.config import Environment, expand
from schemagate.registry.client import RegistryClient
from schemagate.registry.exchange import Basic, Bearer, Exchange

EMBEDDED: Final = ".schemagate/registry.sqlite3"
_IN_PROCESS: Final = "http://embedded"


@contextmanager
def registry_of(environment: Environment, root: Path, environ: Mapping[str, str]) -> Iterator[RegistryClient]:
    """A client of the environment's registry; raises ConfigError for a missing variable, NoAnswer for a broken file."""
    if environment.embedded:
        from schemagate.serve.app import create_app
        from schemagate.serve.in_process import transport
        from schemagate.serve.store import Store

        with Store(root / EMBEDDED) as store:
            yield RegistryClient(Exchange([_IN_PROCESS], transport=transport(create_app(store))))
        return
    with RegistryClient(_exchange(environment, root, environ)) as client:
        yield client


def committed(root: Path, environment: str, environ: Mapping[str, str], ref: str | None) -> Project:
    """The project whose text counts: HEAD for `local`, the default branch elsewhere, `ref` where it is given."""
    repository = git.open_repository(root)
    if repository.head is None:
        raise NoAnswer("there is no commit yet, and only what is committed is published", next_step="git commit")
    if ref is None and environment == "local":
        return catalog.load(source.commit(repository, root, repository.head, "HEAD"))
    base = baseline.find(repository, environ, ref)
    if base is None:
        raise NoAnswer("the default branch has no commit yet")
    return catalog.load(source.commit(repository, root, base.commit, base.name))


def _exchange(environment: Environment, root: Path, environ: Mapping[str, str]) -> Exchange:
    path = f"environments.{environment.name}"
    auth = {key: expand(value, environ, f"{path}.auth.{key}") for key, value in environment.auth.items()}
    login = Bearer(auth["bearer"]) if "bearer" in auth else Basic(auth["user"], auth["password"]) if auth else None
    ca = expand(environment.ca, environ, f"{path}.ca") if environment.ca else None
    return Exchange(
        [expand(url, environ, f"{path}.registry") for url in environment.registry],
        login=login,
        ca=str(root / ca) if ca else None,
        read=float(environment.timeout),
    )
