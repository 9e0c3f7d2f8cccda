"""Do the events and the manifests follow the house's rules?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from schemagate.ask.payloads import refuse_unknown_roots
from schemagate.errors import ConfigError, NoAnswer, NotInstalled, SchemaError, UsageError
from schemagate.findings import Finding, Location, Severity
from schemagate.policy import file_rules, manifest_rules
from schemagate.policy.lint import RULES, lint_manifests
from schemagate.policy.lint import lint as lint_version
from schemagate.project import baseline, catalog, git, history, source
from schemagate.project.catalog import Project
from schemagate.project.history import Released
from schemagate.schema.event import SCHEMAS, Format, VersionId
from schemagate.schema.parsing import parse


@dataclass(frozen=True, slots=True)
class LintReport:
    """How many versions and services were looked at, and the findings in order of file and line.

    `off` are the rules that the configuration switches off, with reasons.
    """

    versions: int
    services: int
    findings: tuple[Finding, ...]
    off: Mapping[str, str]
    unjudged: tuple[str, ...] = ()
    """What could not be looked at, one sentence each."""
    below: str = ""
    """Where the project stands below the repository's top: `some/folder/`; "" without git, too."""
    severities: Mapping[str, Severity] | None = None
    """What the project says of rules (`[severity]`)."""

    @property
    def exit_code(self) -> int:
        """1 for an error; warnings and notes pass; 3 for what could not be looked at."""
        if any(finding.severity is Severity.ERROR for finding in self.findings):
            return 1
        return 3 if self.unjudged else 0


def lint(root: Path, environ: Mapping[str, str]) -> LintReport:
    """Lint the work tree. Released revisions count where the default branch is here.

    Raises ConfigError, and SchemaError for payloads that no file declares.
    """
    project = catalog.load(source.work_tree(root))
    off = project.config.lint_off
    _refuse_unknown_rules(off)
    for version in project.versions.values():
        refuse_unknown_roots(version)
    unjudged = list(_not_installed(project))
    released = _released(project, environ, unjudged)
    findings = list(file_rules.ev12_file_place(path for path in project.source.entries if path.startswith(SCHEMAS)))
    findings += [file_rules.unreadable(error) for error in project.unreadable.values()]
    of_event = {event: project.catalog.of_event(event) for event in project.events}
    for id_, version in project.versions.items():
        siblings = [each for each in of_event[id_.event] if each.id != id_]
        revisions = released.get(id_, Released()).revisions
        findings += lint_version(version, revisions, preset=project.config.lint_preset, siblings=siblings)
    findings += lint_manifests(project.catalog, preset=project.config.lint_preset)
    severities = project.config.defaults.severity
    kept = [finding.weighed(severities) for finding in findings if finding.rule not in off]
    ordered = tuple(sorted(kept, key=_place))
    counts = len(project.versions), len(project.services)
    return LintReport(*counts, ordered, off, tuple(unjudged), _below(root), severities)


def _below(root: Path) -> str:
    try:
        return git.open_repository(root).prefix
    except (UsageError, NoAnswer):
        return ""


def _not_installed(project: Project) -> Iterator[str]:
    """Why Protobuf schemas were not looked at, if they were not."""
    for version in project.versions.values():
        if version.content.format is Format.PROTOBUF:
            try:
                parse(version.content)
            except NotInstalled as error:
                yield f"{version.content.file}: {error.message}; {error.next_step}"
            except SchemaError:
                continue  # a finding of its own


def _released(project: Project, environ: Mapping[str, str], unjudged: list[str]) -> Mapping[VersionId, Released]:
    """What was released of the immutable events (EV05). A folder without git has released nothing."""
    immutable = {event for event, settings in project.config.events.items() if settings.immutable}
    if not immutable:
        return {}
    try:
        repository = git.open_repository(project.root)
        return history.released(repository, baseline.find(repository, environ), immutable, project.config)
    except UsageError:
        return {}
    except NoAnswer as error:
        unjudged.append(f"EV05 (immutable versions): {error.message}; {error.next_step}")
        return {}


def _refuse_unknown_rules(off: Mapping[str, str]) -> None:
    known = {rule.id for rule in (*RULES, *manifest_rules.RULES)}
    if unknown := sorted(set(off) - known):
        raise ConfigError(
            (f"schemagate.toml: lint.off: there is no rule {unknown[0]}; known: {', '.join(sorted(known))}",)
        )


def _place(finding: Finding) -> tuple[str, int, int, str]:
    at = finding.location or Location("")
    return at.file, at.line, at.column, finding.rule
