"""What does `schemagate.toml` say?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from schemagate.errors import ConfigError
from schemagate.project import keys, severity, toml
from schemagate.schema.event import Deprecation, Level, Preset, Settings

FILE: Final = "schemagate.toml"

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PLACEHOLDERS: Final = {"topic": {"event", "version"}, "subject": {"event", "version", "topic"}}
_RESERVED_FOLDERS: Final = {".git", ".schemagate", "schemas", "services"}
_SECRET = re.compile(r"password|secret|jaas|key\.pem", re.IGNORECASE)
"""Names of client settings whose values are secrets."""
_BRACES = re.compile(r"\{([^{}]*)\}")
_REMOTE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_BRANCH = re.compile(r"(?!.*(\.\.|\.lock(/|$)|\.(/|$)))[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


@dataclass(frozen=True, slots=True)
class Environment:
    """A named registry. Texts may hold `${NAME}`, which `expand` replaces when the environment is used."""

    name: str
    registry: tuple[str, ...] = ()
    """URLs; none = the embedded registry."""
    auth: Mapping[str, str] = field(default_factory=dict)
    ca: str | None = None
    deployments: Literal["recorded", "declared"] = "recorded"
    order: int = 0
    clusters: tuple[str, ...] = ()
    """Names of Kafka clusters; none = no broker can be observed from here."""
    timeout: int = 10
    """Seconds that one request may take."""

    @property
    def embedded(self) -> bool:
        """The registry is the one inside `.schemagate/`."""
        return not self.registry


LOCAL: Final = Environment("local", deployments="declared")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Kafka cluster. `client` are settings of its client; texts may hold `${NAME}`.

    A mirror copies the topics of another cluster, under names that begin with `topic_prefix`.
    """

    name: str
    bootstrap: str
    client: Mapping[str, str] = field(default_factory=dict)
    mirror_of: str | None = None
    topic_prefix: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Where records are kept: a branch, and the remote whose branch counts; without one, this clone's own."""

    remote: str | None = None
    branch: str = "schemagate/state"

    @property
    def ref(self) -> str:
        """The branch's full name."""
        return f"refs/heads/{self.branch}"

    def __str__(self) -> str:
        return f"{self.remote}/{self.branch}" if self.remote else f"the local branch {self.branch}"


@dataclass(frozen=True, slots=True)
class Target:
    """One `[[generate]]` table: what to generate, for which events (none = all), into which folder."""

    target: Literal["pydantic", "avro"]
    out: str
    events: tuple[str, ...] = ()
    deny_loss: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file, checked."""

    defaults: Settings = field(default_factory=Settings)
    events: Mapping[str, Settings] = field(default_factory=dict)
    releases: str = "branch"
    since: str | None = None
    environments: Mapping[str, Environment] = field(default_factory=lambda: {"local": LOCAL})
    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    lint_preset: Preset = "house"
    lint_off: Mapping[str, str] = field(default_factory=dict)
    state: State = State()

    def settings_of(self, event: str) -> Settings:
        """The settings of an event; the defaults for one without a table."""
        return self.events.get(event, self.defaults)

    def environment(self, name: str) -> Environment:
        """The environment of that name; raises ConfigError with the nearest one."""
        if name not in self.environments:
            hint = toml.nearest(name, self.environments)
            raise ConfigError((f"{FILE}: environments: there is no {name!r}{hint}",))
        return self.environments[name]


def read(data: bytes) -> Config:
    """The configuration; raises ConfigError with every mistake of the file."""
    problems = toml.Problems(FILE)
    root = toml.table(toml.parse(data, problems), keys.ROOT, "", problems)
    defaults = toml.table(root.get("defaults", {}), keys.DEFAULTS, "defaults", problems)
    releases = defaults.pop("releases", "branch")
    if releases != "branch" and not re.fullmatch(r"tags:\S+", releases):
        problems.add("defaults.releases", 'must be "branch" or "tags:PATTERN"')
    since = defaults.pop("since", None)
    severities = severity.read(root.get("severity", {}), problems)
    base = {**_settings(defaults, "defaults", problems), "severity": severities}
    events = {
        name: Settings(**base | _settings(toml.table(entry, keys.EVENT, path, problems), path, problems))
        for name, entry in root.get("events", {}).items()
        for path in [toml.dotted("events", name)]
    }
    lint = toml.table(root.get("lint", {}), keys.LINT, "lint", problems)
    config = Config(
        defaults=Settings(**base),
        events=_with_lines(events, data) if any(each.roots for each in events.values()) else events,
        releases=releases,
        since=since,
        environments=_environments(root.get("environments", {}), root.get("clusters", {}), problems),
        clusters=_clusters(root.get("clusters", {}), problems),
        targets=_targets(root.get("generate", []), events, problems),
        lint_preset=lint.get("preset", "house"),
        lint_off=_lint_off(lint.get("off", {}), problems),
        state=_state(root.get("state", {}), problems),
    )
    if problems.found:
        raise ConfigError(tuple(problems.found))
    return config


def expand(texts: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Texts by key path, with every `${NAME}` replaced; raises ConfigError that names all missing variables."""
    missing = {name: path for path, text in texts.items() for name in _VARIABLE.findall(text) if not environ.get(name)}
    if missing:
        problems = (f"{FILE}: {path}: the environment variable {name} is not set" for name, path in missing.items())
        raise ConfigError(tuple(problems), next_step=f"export {' '.join(f'{name}=…' for name in missing)}")
    return {path: _VARIABLE.sub(lambda match: environ[match[1]], text) for path, text in texts.items()}


def _settings(entry: dict[str, Any], path: str, problems: toml.Problems) -> dict[str, Any]:
    """What a table of settings says, as arguments of `Settings`."""
    for key, allowed in _PLACEHOLDERS.items():
        for found in _BRACES.findall(entry.get(key, "")):
            if found not in allowed:
                problems.add(f"{path}.{key}", f"unknown placeholder {{{found}}}; known: {', '.join(sorted(allowed))}")
    changes = dict(entry)
    if "level" in changes:
        changes["level"] = Level(changes["level"])
    if "binary" not in changes.get("payload", ("binary",)):
        problems.add(
            f"{path}.payload", 'must hold "binary", as ["binary", "json"]: Protobuf\'s bytes are always judged'
        )
    if changes.pop("consumers", None):
        changes["nobody_consumes"] = True
    for key in ("fail_on", "assume", "personal", "payload", "roots"):
        if key in changes:
            changes[key] = tuple(changes[key])
    if "deprecated" in changes:
        changes["deprecated"] = _deprecation(changes["deprecated"], f"{path}.deprecated", problems)
    return changes


def _with_lines(events: Mapping[str, Settings], data: bytes) -> dict[str, Settings]:
    """With the lines at which roots are named: whether they exist is only seen in the schemas."""
    from schemagate.project import toml_lines  # a hook needs no lines

    lines = toml_lines.lines(data.decode("utf-8", "replace"))
    paths = {name: toml.dotted(toml.dotted("events", name), "roots") for name in events}
    return {name: replace(each, roots_line=lines.get(paths[name], 1)) for name, each in events.items()}


def _deprecation(value: object, path: str, problems: toml.Problems) -> Deprecation | None:
    entry = toml.table(value, keys.DEPRECATED, path, problems)
    since, sunset = (keys.date_of(entry.get(name)) for name in ("since", "sunset"))
    if since is None:
        return None
    if sunset is not None and sunset < since:
        problems.add(f"{path}.sunset", "is before since")
    return Deprecation(since, sunset, tuple(sorted(set(entry.get("versions", ())))))


def _environments(
    entries: Mapping[str, Any], clusters: Mapping[str, Any], problems: toml.Problems
) -> dict[str, Environment]:
    found = {"local": LOCAL}
    for name, value in entries.items():
        path = toml.dotted("environments", name)
        if re.fullmatch(keys.NAME, name) is None:
            problems.add(path, "is no name of an environment: lower-case letters, digits, '.', '_' and '-'")
        entry = toml.table(value, keys.ENVIRONMENT, path, problems)
        registry = entry.pop("registry", "embedded" if name == "local" else None)
        if registry is None:
            problems.add(f"{path}.registry", 'is missing: "embedded", a URL or a list of URLs')
        urls = registry if isinstance(registry, list) else [] if registry in (None, "embedded") else [registry]
        auth = _auth(entry.pop("auth", {}), f"{path}.auth", problems)
        entry["clusters"] = _known_clusters(entry.get("clusters", []), f"{path}.clusters", clusters, problems)
        start = LOCAL if name == "local" else Environment(name)
        found[name] = replace(start, registry=tuple(urls), auth=auth, **entry)
        for url in urls:
            _check_url(url, f"{path}.registry", problems)
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def _known_clusters(
    names: list[str], path: str, clusters: Mapping[str, Any], problems: toml.Problems
) -> tuple[str, ...]:
    for name in names:
        _check_cluster(name, path, clusters, problems)
    if len(set(names)) < len(names):
        problems.add(path, "names a cluster twice")
    return tuple(names)


def _check_cluster(name: str, path: str, clusters: Mapping[str, Any], problems: toml.Problems) -> None:
    if name not in clusters:
        problems.add(path, f"there is no cluster {name!r} under [clusters]{toml.nearest(name, clusters)}")


def _clusters(entries: Mapping[str, Any], problems: toml.Problems) -> dict[str, Cluster]:
    found = {}
    for name, value in entries.items():
        path = toml.dotted("clusters", name)
        entry = toml.table(value, keys.CLUSTER, path, problems)
        if "@" in _VARIABLE.sub("", entry.get("bootstrap", "")):
            problems.add(f"{path}.bootstrap", "holds a login; put it into client, with the secret as a ${VARIABLE}")
        entry["client"] = _client(entry.get("client", {}), f"{path}.client", problems)
        if "mirror_of" in entry:
            _check_cluster(entry["mirror_of"], f"{path}.mirror_of", entries, problems)
        elif "topic_prefix" in entry:
            problems.add(f"{path}.topic_prefix", "is of a mirror: mirror_of is missing")
        found[name] = Cluster(**{"name": name, "bootstrap": "", **entry})
    for name in found:
        if _mirrors_itself(name, found):
            problems.add(f"{toml.dotted('clusters', name)}.mirror_of", "comes back to this cluster")
    return found


def _client(settings: Mapping[str, Any], path: str, problems: toml.Problems) -> dict[str, str]:
    for name, value in settings.items():
        if not isinstance(value, str):
            problems.add(toml.dotted(path, name), "must be a text")
        elif _SECRET.search(name) and not _VARIABLE.search(value):
            problems.add(toml.dotted(path, name), "a secret does not belong into git: write ${VARIABLE}")
    return dict(settings)


def _mirrors_itself(name: str, clusters: Mapping[str, Cluster]) -> bool:
    seen: set[str] = set()
    source = clusters[name].mirror_of
    while source is not None and source in clusters and source not in seen:
        seen.add(source)
        source = clusters[source].mirror_of
    return name in seen


def _check_url(url: str, path: str, problems: toml.Problems) -> None:
    if not url.startswith(("http://", "https://", "${")):
        problems.add(path, "must begin with http:// or https://, or be a ${VARIABLE}")
    if "@" in _VARIABLE.sub("", url):
        problems.add(path, "holds a login; put it into auth, with the secret as a ${VARIABLE}")


def _auth(value: Mapping[str, Any], path: str, problems: toml.Problems) -> dict[str, str]:
    auth: dict[str, str] = toml.table(value, keys.AUTH, path, problems)
    if auth and set(auth) not in ({"user", "password"}, {"bearer"}):
        problems.add(path, "must hold user and password, or bearer")
    for name in ("password", "bearer"):
        if name in auth and not _VARIABLE.search(auth[name]):
            problems.add(f"{path}.{name}", "a secret does not belong into git: write ${VARIABLE}")
    return auth


def _targets(entries: list[Any], events: Mapping[str, Any], problems: toml.Problems) -> tuple[Target, ...]:
    found = []
    for number, value in enumerate(entries):
        path = f"generate[{number}]"
        entry = toml.table(value, keys.GENERATE, path, problems)
        for event in entry.get("events", []):
            if event not in events:
                problems.add(f"{path}.events", f"there is no event {event!r}{toml.nearest(event, events)}")
        out = entry.get("out", "")
        if out.startswith(("/", "~")) or ".." in re.split(r"[/\\]", out) or "\\" in out or ":" in out:
            problems.add(f"{path}.out", "must be a folder inside the repository")
        if out.split("/")[0].lower() in _RESERVED_FOLDERS:
            problems.add(f"{path}.out", f"must not be inside {out.split('/')[0]}")
        entry["events"] = tuple(entry.get("events", ()))
        found.append(Target(**{"target": "pydantic", "out": "generated", **entry}))
    return tuple(found)


def _lint_off(off: Mapping[str, Any], problems: toml.Problems) -> dict[str, str]:
    for rule, reason in off.items():
        if not isinstance(reason, str) or not reason.strip():
            problems.add(toml.dotted("lint.off", rule), "must be the reason, as a text")
    return dict(off)


def _state(value: object, problems: toml.Problems) -> State:
    entry = toml.table(value, keys.STATE, "state", problems)
    if "remote" in entry and not _REMOTE.fullmatch(entry["remote"]):
        problems.add("state.remote", 'must be the name of a git remote, as "origin"')
    if "branch" in entry and not _BRANCH.fullmatch(entry["branch"]):
        problems.add("state.branch", 'must be the name of a branch, as "schemagate/state"')
    return State(**entry)
