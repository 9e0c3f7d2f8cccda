"""How is an environment's registry reached, and which commit counts there?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemagate.errors import NoAnswer
from schemagate.project import baseline, catalog, git, source
from schemagate.project.baseline import Baseline
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


@dataclass(frozen=True, slots=True)
class Committed:
    """The project whose text counts, its commit, and the files of the work tree that differ and do not count."""

    project: Project
    commit: str
    ignored: tuple[str, ...]


def committed(root: Path, environment: str, environ: Mapping[str, str], ref: str | None) -> Committed:
    """HEAD for `local`, the default branch elsewhere, `ref` where it is given; raises NoAnswer, ConfigError."""
    repository = git.open_repository(root)
    if repository.head is None:
        raise NoAnswer("there is no commit yet, and only what is committed is published", next_step="git commit")
    base: Baseline | None = Baseline(repository.head, "HEAD")
    if ref is not None or environment != "local":
        base = baseline.find(repository, environ, ref)
    if base is None:
        raise NoAnswer("the default branch has no commit yet")
    ignored = tuple(sorted(repository.edited(base.commit, source.FOLDERS)))
    project = catalog.load(source.commit(repository, root, base.commit, base.name))
    return Committed(project, base.commit, ignored)


def _exchange(environment: Environment, root: Path, environ: Mapping[str, str]) -> Exchange:
    at = f"environments.{environment.name}"
    urls = {f"{at}.registry[{number}]": url for number, url in enumerate(environment.registry)}
    secrets = {f"{at}.auth.{key}": value for key, value in environment.auth.items()}
    texts = expand({**urls, **secrets, **({f"{at}.ca": environment.ca} if environment.ca else {})}, environ)
    auth = {key: texts[f"{at}.auth.{key}"] for key in environment.auth}
    login = Bearer(auth["bearer"]) if "bearer" in auth else Basic(auth["user"], auth["password"]) if auth else None
    ca = texts.get(f"{at}.ca")
    return Exchange(
        [texts[path] for path in urls],
        login=login,
        ca=str(root / ca) if ca else None,
        read=float(environment.timeout),
    )
