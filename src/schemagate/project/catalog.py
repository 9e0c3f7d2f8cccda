"""Which events, versions and services does a project hold, as one value?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from schemagate.errors import ConfigError, SchemaError, UsageError
from schemagate.project import config as configuration
from schemagate.project import references, services, source, toml
from schemagate.project.config import Config
from schemagate.project.source import Source
from schemagate.schema.event import SHARED, Catalog, Content, Format, Service, Version, VersionId, version_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Project:
    """Contracts at one place: `catalog` holds what could be read, `unreadable` says why the rest could not."""

    root: Path
    source: Source
    config: Config
    catalog: Catalog
    unreadable: Mapping[str, SchemaError] = field(default_factory=dict)

    @property
    def versions(self) -> Mapping[VersionId, Version]:
        """All versions, in order of event and number."""
        return self.catalog.versions

    @property
    def events(self) -> tuple[str, ...]:
        """The names of the events."""
        return tuple(dict.fromkeys(each.event for each in self.versions))

    @property
    def services(self) -> Mapping[str, Service]:
        """The manifests, by service."""
        return self.catalog.services

    @property
    def migrations(self) -> tuple[str, ...]:
        """The ids of the migrations; `schemagate.lint_migration` reads one."""
        names = (path.removeprefix("migrations/") for path in self.source.entries if path.startswith("migrations/"))
        return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml") and "/" not in name))

    def version(self, text: str) -> Version:
        """The version that a user calls `manager@2`; raises UsageError with the nearest one."""
        event, _, number = text.rpartition("@")
        is_number = number.isascii() and number.isdigit() and len(number) < 10
        wanted = VersionId(event, int(number)) if is_number else None
        if wanted is not None and wanted in self.versions:
            return self.versions[wanted]
        for path, error in self.unreadable.items():
            if (found := version_of(path)) and found[0] == wanted:
                raise error
        hint = toml.nearest(text, [str(each) for each in self.versions])
        raise UsageError(f"there is no version {text!r} in {self.source.label}{hint}")


def find_root(start: Path) -> Path:
    """The nearest folder upwards that holds schemagate.toml; raises UsageError."""
    for folder in (start, *start.parents):
        if (folder / configuration.FILE).is_file():
            return folder
    raise UsageError(f"there is no {configuration.FILE} here or above", next_step="schemagate init")


def load(where: Source, events: Collection[str] | None = None, *, gone: Collection[str] = ()) -> Project:
    """The project that a source holds; raises ConfigError with every mistake of every TOML file.

    `events` limits whose schemas are read (a hook reads only what changed); the configuration is checked whole, apart
    from tables of events whose schemas are `gone`.
    """
    paths = _version_paths(where.entries)
    wanted = {path: found for path, found in paths.items() if events is None or found[0].event in events}
    where.fetch([configuration.FILE, *_manifests(where), *wanted])
    mistakes: list[str] = []
    config = _collecting(mistakes, lambda: read_config(where))
    if config is not None:
        _collecting(mistakes, lambda: _check_events(config, paths, gone))
    declared = _collecting(mistakes, lambda: load_services(where, paths))
    if config is None or declared is None or mistakes:
        raise ConfigError(tuple(mistakes), next_step=_next_step(mistakes))
    texts, unreadable = where.texts(wanted)
    read = _Texts(where, dict(texts)).read
    shared = [path for path in where.entries if path.startswith(SHARED)]
    versions = {
        id_: Version(
            id_,
            Content(format_, path, texts[path], references.closure(format_, path, texts[path], shared, read)),
            config.events[id_.event],
        )
        for path, (id_, format_) in sorted(wanted.items(), key=lambda item: item[1])
        if path in texts
    }
    catalog = Catalog(versions, declared, config.events)
    return Project(where.root, where, config, catalog, unreadable)


def _collecting(mistakes: list[str], question: Callable[[], T]) -> T | None:
    """The answer, or None after the mistakes of a file were noted: all files are told at once."""
    try:
        return question()
    except ConfigError as error:
        mistakes += error.problems
        return None


def _next_step(mistakes: Iterable[str]) -> str | None:
    lacks_table = any(
        "there is no table" in mistake or "there is no schemagate.toml" in mistake for mistake in mistakes
    )
    return "schemagate init  adds what is missing" if lacks_table else None


def open_project(path: str | Path) -> Project:
    """The project in the work tree around a folder; raises UsageError where there is none, ConfigError."""
    root = find_root(Path(path).resolve())
    return load(source.work_tree(root))


def read_config(where: Source) -> Config:
    """The configuration of a source; raises ConfigError where there is none or where it has mistakes."""
    data = where.read([configuration.FILE])
    if configuration.FILE not in data:
        raise ConfigError((f"there is no {configuration.FILE} in {where.label}",), next_step="schemagate init")
    return configuration.read(data[configuration.FILE])


def load_services(where: Source, paths: Mapping[str, tuple[VersionId, Format]]) -> dict[str, Service]:
    """The manifests of a source, checked against the versions in `paths`; raises ConfigError."""
    files = where.read(_manifests(where))
    known = {id_ for id_, _ in paths.values()}
    found: dict[str, Service] = {}
    mistakes: list[str] = []
    for file, data in files.items():
        problems = toml.Problems(file)
        service = services.read(data, file, problems)
        if service is not None:
            _check_declarations(service, known, problems)
            found[service.name] = service
        mistakes += problems.found
    if mistakes:
        raise ConfigError(tuple(mistakes))
    return found


def _manifests(where: Source) -> list[str]:
    return [path for path in where.entries if path.startswith("services/") and path.endswith(".toml")]


@dataclass
class _Texts:
    """Texts by project path, each read once; `read` is what references ask for."""

    where: Source
    known: dict[str, str]

    def read(self, path: str) -> str | None:
        if path not in self.known:
            self.known |= self.where.texts([path])[0]
        return self.known.get(path)


def _version_paths(entries: Iterable[str]) -> dict[str, tuple[VersionId, Format]]:
    found: dict[str, tuple[VersionId, Format]] = {}
    by_id: dict[VersionId, str] = {}
    twice = []
    for path in entries:
        version = version_of(path)
        if version is None or path.startswith(SHARED):
            continue
        if version[0] in by_id:
            twice.append(f"{path} and {by_id[version[0]]} are both {version[0]}: keep one")
        by_id[version[0]] = path
        found[path] = version
    if twice:
        raise ConfigError(tuple(twice))
    return found


def _check_events(config: Config, paths: Mapping[str, tuple[VersionId, Format]], gone: Collection[str]) -> None:
    present: dict[str, str] = {}
    for path, (id_, _) in paths.items():
        present.setdefault(id_.event, path)
    problems = [
        f'{configuration.FILE}: events: there is no table [events."{event}"], and {path} belongs to it'
        for event, path in sorted(present.items())
        if event not in config.events
    ]
    problems += [
        f"{configuration.FILE}: {toml.dotted('events', event)}: there is no schema in schemas/{event}/"
        f"{toml.nearest(event, present)}"
        for event in config.events
        if event not in present and event not in gone
    ]
    if problems:
        raise ConfigError(tuple(problems))


def _check_declarations(service: Service, known: Collection[VersionId], problems: toml.Problems) -> None:
    numbers: dict[str, set[int]] = {}
    for id_ in known:
        numbers.setdefault(id_.event, set()).add(id_.number)
    for role, declarations in (("produces", service.produces), ("consumes", service.consumes)):
        for place, declaration in enumerate(declarations):
            path, event = f"{role}[{place}]", declaration.event
            if event not in numbers:
                hint = "" if problems.full else toml.nearest(event, numbers)
                problems.add(f"{path}.event", f"there is no event {event!r}{hint} (SV03)")
            elif missing := [number for number in declaration.versions if number not in numbers[event]]:
                what = f"there is no version {event}@{missing[0]}" + (
                    f", nor {len(missing) - 1} more" * (len(missing) > 1)
                )
                problems.add(f"{path}.versions", f"{what}; in git: {_listed(numbers[event])} (SV03)")


def _listed(numbers: Collection[int]) -> str:
    shown = [str(number) for number in sorted(numbers)]
    return ", ".join(shown if len(shown) <= 12 else [*shown[:5], "…", *shown[-5:]])
