"""How does a project, an event or a next version begin?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from schemagate.ask.levels import default_level
from schemagate.errors import ConfigError, Refused, SchemaError, UsageError
from schemagate.policy import envelope_rules
from schemagate.project import baseline, catalog, config, files, git, history, scaffold, source
from schemagate.schema import paths
from schemagate.schema.event import SHARED, Content, Format, Level, Version, VersionId, version_of
from schemagate.schema.paths import Schema

_SKIPPED = {".git", ".venv", "venv", "node_modules", "target", "build", "dist", "generated", ".schemagate"}
_LOOK_INTO = 64 * 1024


@dataclass(frozen=True, slots=True)
class Begun:
    """What was written, and what to do next; one sentence each."""

    written: tuple[str, ...]
    next_steps: tuple[str, ...] = ()


def init(root: Path, owner: str) -> Begun:
    """Write schemagate.toml for the schemas that are there; raises Refused where it exists already."""
    if (root / config.FILE).exists():
        raise Refused(f"{config.FILE} is here already", next_step="schemagate lint")
    files_here = source.work_tree(root)
    texts, unreadable = files_here.texts(path for path in files_here.entries if _is_version(path))
    levels: dict[str, Level] = {}
    schemas: list[Schema] = []
    notes = [f"{path} cannot be read: {error.message}" for path, error in unreadable.items()]
    for path in sorted(texts, key=_version_order):
        id_, format_ = version_of(path) or (VersionId("", 0), Format.JSON)
        content = Content(format_, path, texts[path])
        try:
            levels[id_.event] = default_level(content)
            schemas += filter(None, [paths.parse(content)])
        except SchemaError as error:
            levels.setdefault(id_.event, Level.BACKWARD_TRANSITIVE)
            notes.append(f"{path} cannot be read: {error.message}")
    files.write(root, config.FILE, scaffold.configuration(levels, owner, envelope_rules.fitting(schemas)))
    found = f"{len(levels)} events in schemas/" if levels else "no schema in schemas/"
    steps = notes + scaffold.moves(_lying_around(root))
    return Begun((f"{config.FILE}: {found}, default level by content",), (*steps, _after_init(levels)))


def new(root: Path, event: str, format_: Format, owner: str) -> Begun:
    """Write an event's first schema and its table; raises UsageError for the name, Refused where it exists."""
    if scaffold.EVENT_NAME.fullmatch(event) is None:
        raise UsageError(f"{event!r} is no event name", next_step="lower-case words with dots: assessment.assigned")
    settings = catalog.read_config(source.work_tree(root))
    file = f"schemas/{event}/v1{format_.extension}"
    if event in settings.events or (root / "schemas" / event).exists():
        raise Refused(f"the event {event} exists", next_step=f"schemagate bump {event}  starts its next version")
    text = scaffold.first_schema(event, format_)
    level = default_level(Content(format_, file, text))
    table = scaffold.event_table(event, owner, level if settings.defaults.level is not level else None)
    before = (root / config.FILE).read_text("utf-8")
    after = before.rstrip("\n") + "\n" + table
    try:
        config.read(after.encode())
    except ConfigError:
        raise Refused(f"{config.FILE} cannot be appended to", next_step=f"add this table by hand:\n{table}") from None
    files.write(root, file, text)
    files.write(root, config.FILE, after)
    return Begun(
        (file, f"{config.FILE}: the table of {event}, level {level}"), ("edit the payload, then: schemagate lint",)
    )


def bump(root: Path, event: str, environ: Mapping[str, str]) -> Begun:
    """Start the next version. An edit of a released version moves into it, and the released text comes back."""
    project = catalog.load(source.work_tree(root), {event})
    versions = project.catalog.of_event(event)
    if not versions:
        raise UsageError(
            f"there is no event {event!r} with a schema that can be read", next_step=f"schemagate new {event}"
        )
    newest = versions[-1]
    number = newest.id.number + 1
    file = f"schemas/{event}/v{number}{newest.content.format.extension}"
    released = _released_text(root, newest, environ, project.config)
    files.write(root, file, scaffold.next_version(newest.content.text, newest.id.number, number))
    written = [file]
    if released is not None and released != newest.content.text:
        files.write(root, newest.content.file, released)
        written.append(f"{newest.content.file}: restored as it was released; the edit is in {file}")
    return Begun(tuple(written), (f"schemagate diff {newest.id} {event}@{number}", "schemagate check"))


def _released_text(root: Path, version: Version, environ: Mapping[str, str], settings: config.Config) -> str | None:
    repository = git.open_repository(root)
    base = baseline.find(repository, environ)
    released = history.released(repository, base, {version.id.event}, settings)
    found = released.get(version.id)
    return found.revisions[-1].content.text if found and found.revisions else None


def _is_version(path: str) -> bool:
    return version_of(path) is not None and not path.startswith(SHARED)


def _version_order(path: str) -> VersionId:
    found = version_of(path)
    return found[0] if found else VersionId("", 0)


def _lying_around(root: Path) -> list[str]:
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in names:
            path = Path(folder, name)
            relative = path.relative_to(root).as_posix()
            if not relative.startswith("schemas/") and _looks_like_schema(path):
                found.append(relative)
    return found


def _looks_like_schema(path: Path) -> bool:
    if path.suffix in (".avsc", ".proto"):
        return True
    if path.suffix != ".json" or path.is_symlink():
        return False
    try:
        with path.open("rb") as file:
            return b"json-schema.org/" in file.read(_LOOK_INTO)
    except OSError:
        return False


def _after_init(levels: Mapping[str, Level]) -> str:
    return "schemagate lint && schemagate check" if levels else "schemagate new EVENT  writes a first schema"
