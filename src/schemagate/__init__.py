"""The library: `compare` two schemas, `open_project` a repository, `lint_migration`. The rest is behind these names.

The names load on first use (PEP 562), so that `import schemagate` costs nothing in a commit hook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemagate.ask.migration import Report as Report
    from schemagate.ask.migration import lint_migration as lint_migration
    from schemagate.compat.compare import compare as compare
    from schemagate.compat.verdicts import Comparison as Comparison
    from schemagate.errors import ConfigError as ConfigError
    from schemagate.errors import NoAnswer as NoAnswer
    from schemagate.errors import SchemaError as SchemaError
    from schemagate.errors import SchemagateError as SchemagateError
    from schemagate.errors import UsageError as UsageError
    from schemagate.findings import Finding as Finding
    from schemagate.findings import Location as Location
    from schemagate.findings import Replacement as Replacement
    from schemagate.findings import Severity as Severity
    from schemagate.findings import Witness as Witness
    from schemagate.project.catalog import Project as Project
    from schemagate.project.catalog import open_project as open_project
    from schemagate.project.migration_problems import FileError as FileError
    from schemagate.rollout.simulate import Refusal as Refusal

__version__ = "0.1.0"

_HOMES = {
    "compare": "schemagate.compat.compare",
    "Comparison": "schemagate.compat.verdicts",
    "Finding": "schemagate.findings",
    "Location": "schemagate.findings",
    "Replacement": "schemagate.findings",
    "Severity": "schemagate.findings",
    "Witness": "schemagate.findings",
    "SchemagateError": "schemagate.errors",
    "SchemaError": "schemagate.errors",
    "ConfigError": "schemagate.errors",
    "NoAnswer": "schemagate.errors",
    "UsageError": "schemagate.errors",
    "Project": "schemagate.project.catalog",
    "open_project": "schemagate.project.catalog",
    "lint_migration": "schemagate.ask.migration",
    "Report": "schemagate.ask.migration",
    "FileError": "schemagate.project.migration_problems",
    "Refusal": "schemagate.rollout.simulate",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604 - every key is a string


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'schemagate' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
