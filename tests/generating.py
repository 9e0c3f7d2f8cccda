"""How do tests make versions of texts, and import what was generated of them?"""

from __future__ import annotations

import itertools
import json
import sys
import types
from functools import cache
from pathlib import Path
from typing import Any

from schemagate.generate.package import GeneratedPackage, python_package, runtime
from schemagate.schema.event import Content, Format, Settings, Version, VersionId

_numbers = itertools.count()


def version(event: str, number: int, schema: Any, language: Format = Format.JSON, text: str | None = None) -> Version:
    """A version whose subject is `<event>.v<number>`."""
    content = Content(language, f"schemas/{event}/v{number}{language.extension}", text or json.dumps(schema))
    return Version(VersionId(event, number), content, Settings(subject="{event}.v{version}"))


def avro(event: str, number: int, schema: Any) -> Version:
    return version(event, number, schema, Format.AVRO)


def write(package: GeneratedPackage, folder: Path) -> Path:
    """Put the files into a folder, as `ask.generate` will."""
    for path, text in package.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return folder


@cache
def runtime_module() -> types.ModuleType:
    """`_runtime.py`, executed once for all modules that a test process imports."""
    return _executed("generated_runtime", runtime())


def load(package: GeneratedPackage) -> dict[str, types.ModuleType]:
    """Import all generated modules under fresh names: relative path without `events/` -> module."""
    root = f"generated_{next(_numbers)}"
    sys.modules[root] = types.ModuleType(root)
    sys.modules[f"{root}._runtime"] = runtime_module()
    modules: dict[str, types.ModuleType] = {}
    for path in sorted(package.files, key=lambda path: path.endswith("__init__.py")):
        name = path.removeprefix("events/")
        if path.endswith(".py") and "/" in name:
            folder, _, file = name.removesuffix(".py").partition("/")
            sys.modules.setdefault(f"{root}.{folder}", types.ModuleType(f"{root}.{folder}"))
            sys.modules[f"{root}.{folder}"].__path__ = []
            modules[name] = _executed(f"{root}.{folder}.{file}", package.files[path])
    return modules


def model_of(one: Version) -> Any:
    """The event's class, generated and imported; the schema must not be refused."""
    package = python_package([one])
    assert not package.refused, package.findings
    (module,) = (m for name, m in load(package).items() if not name.endswith("__init__.py"))
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, runtime_module().Event) and "_codec" in vars(value)
    )


def _executed(name: str, text: str) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__package__ = name.rpartition(".")[0]
    sys.modules[name] = module
    exec(compile(text, name, "exec", dont_inherit=True), vars(module))  # noqa: S102 - what was generated is what is tested
    return module
