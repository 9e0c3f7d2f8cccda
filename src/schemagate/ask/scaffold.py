"""How does a project, an event or a next version begin?"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from schemagate.ask.judgement import judge_change
from schemagate.ask.levels import default_level, level_of
from schemagate.errors import ConfigError, NoAnswer, NotInstalled, Refused, SchemaError, UsageError
from schemagate.policy import envelope_rules
from schemagate.project import baseline, catalog, config, files, git, history, scaffold, source
from schemagate.project.history import Released
from schemagate.project.source import Source
from schemagate.schema import paths
from schemagate.schema.event import Content, Format, Level, Preset, Version, version_of
from schemagate.schema.parsing import parse

_SKIPPED = {".git", ".venv", "venv", "node_modules", "target", "build", "dist", "generated", ".schemagate"}
_LOOK_INTO = 64 * 1024
_NAMED = 5
"""So many events with old breaks are named."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What was written, and what to do next; one sentence each."""

    written: tuple[str, ...]
    next_steps: tuple[str, ...] = ()


def init(root: Path, owner: str, environ: Mapping[str, str]) -> Begun:
    """Write schemagate.toml for the schemas that are there, or the tables that it lacks; raises Refused for neither."""
    here = source.work_tree(root)
    present = config.FILE in here.entries
    known = catalog.read_config(here).events if present else {}
    levels, notes = _levels(here, known)
    if present and not levels:
        raise Refused(f"{config.FILE} is here already, and has a table for every event", next_step="schemagate lint")
    if present:
        _append(root, "".join(scaffold.event_table(event, owner, level) for event, level in levels.items()))
    else:
        files.write(root, config.FILE, scaffold.configuration(levels, owner, _preset(here)))
    written = [f"{config.FILE}: {event}, level {level}" for event, level in levels.items()]
    steps = (*notes, *_since(root, environ), *_after_init(root, levels))
    return Begun(tuple(written or [f"{config.FILE}: no events yet"]), steps)


def _since(root: Path, environ: Mapping[str, str]) -> list[str]:
    """Where released revisions break each other already: what lets judging start today."""
    try:
        repository = git.open_repository(root)
        base = baseline.find(repository, environ)
        project = catalog.load(source.work_tree(root))
        released = history.released(repository, base, project.events, project.config)
    except (ConfigError, NoAnswer, SchemaError, UsageError):
        return []  # `check` and `lint` say so, with its place
    broken = [
        str(id_) for id_, each in released.items() if id_ in project.versions and _breaks(project.versions[id_], each)
    ]
    if base is None or not broken or project.config.since is not None:
        return []
    names = ", ".join(broken[:_NAMED]) + (f" and {len(broken) - _NAMED} more" if len(broken) > _NAMED else "")
    why = f"released revisions of {names} break each other already; to judge only what comes from now on"
    return [f'{why}, write under [defaults]:  since = "{base.commit}"']


def _breaks(version: Version, released: Released) -> bool:
    """The newest released revision breaks one before it."""
    if len(released.revisions) < 2:
        return False
    *before, newest = released.revisions
    try:
        return judge_change(replace(version, content=newest.content), before, level_of(version)).refused
    except SchemaError:
        return False


def _levels(here: Source, known: Collection[str]) -> tuple[dict[str, Level], list[str]]:
    """The level that fits the newest version of every event that is not known, and what could not be read."""
    versions = sorted((*found, path) for path in here.entries if (found := version_of(path)) is not None)
    texts, unreadable = here.texts(path for id_, _, path in versions if id_.event not in known)
    notes = [f"{path} cannot be read: {error.message}" for path, error in unreadable.items()]
    levels: dict[str, Level] = {}
    for id_, format_, path in versions:
        if path in texts:
            try:
                levels[id_.event] = default_level(Content(format_, path, texts[path]))
            except SchemaError as error:
                notes.append(f"{path} cannot be read: {error.message}")
                levels.setdefault(id_.event, Level.BACKWARD_TRANSITIVE)
    return levels, notes


def _preset(here: Source) -> Preset:
    """The envelope that every schema has which can be read."""
    versions = {path: found for path in here.entries if (found := version_of(path)) is not None}
    schemas = []
    for path, text in here.texts(versions)[0].items():
        with suppress(SchemaError):
            schemas.append(paths.parse(Content(versions[path][1], path, text)))
    return envelope_rules.fitting([schema for schema in schemas if schema is not None])


def _append(root: Path, tables: str) -> None:
    before = (root / config.FILE).read_text("utf-8")
    after = before.rstrip("\n") + "\n" + tables
    try:
        config.read(after.encode())
    except ConfigError:
        raise Refused(f"{config.FILE} cannot be appended to", next_step=f"add by hand:\n{tables}") from None
    files.write(root, config.FILE, after)


def new(root: Path, event: str, format_: Format, owner: str) -> Begun:
    """Write an event's first schema and its table; raises UsageError for the name, Refused where it exists."""
    if scaffold.EVENT_NAME.fullmatch(event) is None:
        raise UsageError(f"{event!r} is no event name", next_step="lower-case words with dots: assessment.assigned")
    settings = catalog.read_config(source.work_tree(root))
    file = f"schemas/{event}/v1{format_.extension}"
    if event in settings.events or (root / "schemas" / event).exists():
        raise Refused(f"the event {event} exists", next_step=f"schemagate bump {event}  starts its next version")
    text = scaffold.first_schema(event, format_)
    content = Content(format_, file, text)
    level = default_level(content)
    files.write(root, file, text)
    _append(root, scaffold.event_table(event, owner, level))
    written = (file, f"{config.FILE}: the table of {event}, level {level}")
    return Begun(written, (*_needed(content), "edit the payload, then: schemagate lint"))


def _needed(content: Content) -> tuple[str, ...]:
    """What to install before anything can be said about a new schema."""
    try:
        parse(content)
    except NotInstalled as error:
        return (f"{error.next_step}  ({error.message})",)
    return ()


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


def _lying_around(root: Path) -> dict[str, bool]:
    """Schemas outside of schemas/, and whether git tracks them."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in names:
            path = Path(folder, name)
            relative = path.relative_to(root).as_posix()
            if not relative.startswith("schemas/") and _looks_like_schema(path):
                found.append(relative)
    try:
        tracked = git.open_repository(root).index(found) if found else {}
    except (NoAnswer, UsageError):
        tracked = {}
    return {path: path in tracked for path in found}


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


def _after_init(root: Path, levels: Mapping[str, Level]) -> list[str]:
    """What to do next: move what lies around, begin a repository, a first schema, or look at what is there."""
    steps = scaffold.moves(_lying_around(root))
    if steps:
        steps.append("schemagate init  again after the moves: it adds their tables")
    try:
        git.open_repository(root)
    except UsageError:
        steps.append("git init  (check, plan and gate read history)")
    return [*steps, "schemagate lint && schemagate check" if levels else "schemagate new EVENT  writes a first schema"]
