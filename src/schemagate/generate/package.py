"""Which files follow from a project's events? The whole package at once, as texts by relative path.

A schema that cannot be expressed is refused alone: all others are generated, and the caller leaves the old files of a
refused one where they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from schemagate.errors import SchemaError, UsageError
from schemagate.findings import Finding, Location, Severity
from schemagate.generate import defaults, from_avro, from_json_schema, gate, layout, literals, names, pydantic
from schemagate.generate.avro import Derived, derive
from schemagate.generate.header import stamped
from schemagate.generate.refusals import GATE, INVALID_SCHEMA, NAME_COLLISION, RefusedError, refuse
from schemagate.generate.shape import Model, Place
from schemagate.schema import avro, json_schema
from schemagate.schema.event import Format, Version, VersionId

Wire = Literal["json", "avro"]


@dataclass(frozen=True, slots=True)
class GeneratedPackage:
    """`files`: relative path (with `/`) -> text, sorted. Versions in `refused` have no files; the findings say why.

    `owners`: which version a file was made of; the runtime and the `__init__` files have none.
    """

    files: Mapping[str, str]
    findings: tuple[Finding, ...]
    refused: tuple[VersionId, ...]
    owners: Mapping[str, VersionId]


@dataclass(frozen=True, slots=True)
class _Made:
    """What came of one version: nothing but findings where it was refused."""

    version: Version
    files: Mapping[str, str]
    findings: tuple[Finding, ...]
    refused: bool = False


_Maker = Callable[[Version], tuple[dict[str, str], tuple[Finding, ...]]]


def python_package(versions: Sequence[Version], *, package: str = "events", wire: Wire = "json") -> GeneratedPackage:
    """pydantic models of all versions, with the Avro schemas beside them.

    `package` is the folder, and the Avro namespace of schemas that are derived from JSON Schema; `wire` is how `encode`
    writes an event from JSON Schema (one from Avro is always Avro). Raises UsageError for a name that is no identifier.
    """
    _check_package(package)
    made = _make_all(versions, lambda version: _module(version, package, wire))
    shared = dict(_shared_files([one.version for one in made if not one.refused]))
    return _packed(made, package, shared)


def avro_schemas(versions: Sequence[Version], *, package: str = "events") -> GeneratedPackage:
    """Only the Avro schemas: of an Avro event the source itself, of a JSON event the derived one."""
    _check_package(package)
    return _packed(_make_all(versions, lambda version: _avro_only(version, package)), package, {})


@cache
def runtime() -> str:
    """The text of `_runtime.py`, which all generated modules import."""
    from importlib.resources import files

    body = files("schemagate.generate").joinpath("runtime.py.txt").read_text("utf-8")
    return stamped(body, ["runtime"])


def _check_package(package: str) -> None:
    if re.fullmatch(r"[a-z][a-z0-9_]*", package) is None or names.module(package) != package:
        raise UsageError(f"the package {package!r} is no name of a Python module in lower case")


# --- all versions ---------------------------------------------------------------------------------------------------


def _make_all(versions: Sequence[Version], make: _Maker) -> list[_Made]:
    collisions = _collisions(versions)
    return [
        _Made(version, {}, (collisions[version.id],), refused=True)
        if version.id in collisions
        else _attempt(version, make)
        for version in versions
    ]


def _collisions(versions: Sequence[Version]) -> dict[VersionId, Finding]:
    """The versions whose events would share a module. No suffix: services import these names."""
    events: dict[str, set[str]] = {}
    for version in versions:
        events.setdefault(names.module(version.id.event), set()).add(version.id.event)
    found: dict[VersionId, Finding] = {}
    for version in versions:
        if len(events[names.module(version.id.event)]) > 1:
            message = f"two events would become the module {names.module(version.id.event)}"
            found[version.id] = refuse(_top(version), message, "rename one of them", NAME_COLLISION).finding
    return found


def _attempt(version: Version, make: _Maker) -> _Made:
    try:
        if version.content.format is Format.PROTOBUF:
            raise _compiled_elsewhere(version)
        files, findings = make(version)
    except RefusedError as refused:
        return _Made(version, {}, (refused.finding,), refused=True)
    except SchemaError as error:
        at = Location(error.file or version.content.file, error.line or 1, error.column or 1)
        finding = INVALID_SCHEMA.finding("", error.message, error.next_step or "correct it", location=at)
        return _Made(version, {}, (finding,), refused=True)
    except RecursionError:
        finding = refuse(_top(version), "the schema is nested too deeply", "split it into named objects").finding
        return _Made(version, {}, (finding,), refused=True)
    return _Made(version, files, findings)


def _packed(made: Sequence[_Made], package: str, shared: Mapping[str, str]) -> GeneratedPackage:
    owners = {f"{package}/{path}": one.version.id for one in made for path in one.files}
    files = {
        f"{package}/{path}": text for source in (*(one.files for one in made), shared) for path, text in source.items()
    }
    return GeneratedPackage(
        dict(sorted(files.items())),
        tuple(finding for one in made for finding in one.findings),
        tuple(one.version.id for one in made if one.refused),
        owners,
    )


# --- one version ----------------------------------------------------------------------------------------------------


def _module(version: Version, package: str, wire: Wire) -> tuple[dict[str, str], tuple[Finding, ...]]:
    model, derived, findings = _understood(version, package)
    content, path = version.content, _path(version)
    is_json = content.format is Format.JSON
    schema = (derived.compact if derived.schema else None) if derived else content.text
    if wire == "avro" and schema is None:
        raise refuse(_top(version), "events are to be written as Avro, and no schema says them", 'use wire = "json"')
    module = pydantic.Module(
        version.id.event, version.id.number, version.subject, content.text, schema, wire if is_json else "avro"
    )
    inputs = [version.id.event, version.id.number, version.subject, content.format.value, content.text]
    text = stamped(pydantic.render(model, module), [*inputs, sorted(content.references.items()), package, wire])
    try:
        gate.check(text)
    except gate.GateError as error:
        message = f"the generated text was not let through: {error}"
        raise refuse(_top(version), message, "report this as a fault of schemagate", GATE) from None
    files = {f"{path}.py": text}
    if schema is not None:
        files[f"{path}.avsc"] = derived.file if derived else content.text
    return files, findings


def _avro_only(version: Version, package: str) -> tuple[dict[str, str], tuple[Finding, ...]]:
    _, derived, findings = _understood(version, package)
    if derived is None:
        return {f"{_path(version)}.avsc": version.content.text}, findings
    if derived.schema is None:
        raise RefusedError(replace(derived.findings[0], severity=Severity.ERROR))
    return {f"{_path(version)}.avsc": derived.file}, findings


def _understood(version: Version, package: str) -> tuple[Model, Derived | None, tuple[Finding, ...]]:
    """The model, the derived Avro schema of a JSON event, and what is to be told about both."""
    content = version.content
    if content.format is Format.AVRO:
        model, findings = from_avro.read(avro.parse(content.text, content.file, content.references))
        return model, None, findings
    if content.format is not Format.JSON:
        raise refuse(_top(version), f"{content.format.value} schemas are not supported yet", "exclude this event")
    schema = json_schema.parse(content.text, content.file, references=content.references)
    model, findings = from_json_schema.read(schema, names.pascal(version.id.event, "Event"))
    for field, problem in defaults.check(model):
        raise refuse(field.at.child("default"), f"the default is refused: {problem}", "correct it", INVALID_SCHEMA)
    derived = derive(model, version.id.event, package)
    return model, derived, (*findings, *derived.findings)


def _path(version: Version) -> str:
    return f"{names.module(version.id.event)}/v{version.id.number}"


def _compiled_elsewhere(version: Version) -> RefusedError:
    message = "no code is generated from Protobuf here: its own compiler does that"
    fix = f"protoc --python_out=… {version.content.file}, and name the other events in `events` of [[generate]]"
    return refuse(_top(version), message, fix)


def _top(version: Version) -> Place:
    has_values = version.content.text and version.content.format is not Format.PROTOBUF
    return Place(version.content.file, version.content.text if has_values else "{}", "")


# --- what versions share --------------------------------------------------------------------------------------------


def _shared_files(versions: Sequence[Version]) -> Iterator[tuple[str, str]]:
    if not versions:
        return
    yield "_runtime.py", runtime()
    yield "__init__.py", stamped('"""The events of this project, one package each."""\n', ["events"])
    events: dict[str, list[Version]] = {}
    for version in versions:
        events.setdefault(names.module(version.id.event), []).append(version)
    for module, of_event in events.items():
        text = stamped(_event_init(of_event), [module, [version.id.number for version in of_event]])
        gate.check(text)
        yield f"{module}/__init__.py", text


def _event_init(versions: Sequence[Version]) -> str:
    """Re-exports all versions, and reads a message that carries any of them."""
    ordered = sorted(versions, key=lambda version: version.id.number)
    classes = [pydantic.class_name(version.id.event, version.id.number) for version in ordered]
    union = " | ".join(classes)
    lines = ['"""All versions of one event."""', "", "from collections.abc import Mapping", ""]
    lines.append("from .._runtime import read_message")
    for version, name in zip(ordered, classes, strict=True):
        lines += pydantic.import_lines(f".v{version.id.number}", {name})
    exported = layout.Group("[", tuple(map(literals.text, sorted([*classes, "read"]))), "]")
    lines += ["", *layout.lines(0, "__all__ = ", exported), ""]
    if len(classes) > 1:
        lines += [*layout.alternatives("Versions", tuple(classes)), ""]
        union = "Versions"
    lines += [
        "",
        "def read(",
        "    message: bytes,",
        f"    ids: Mapping[int, type[{union}]],",
        f") -> {union}:",
        '    """The event in a message; `ids` says which schema id is which version."""',
        "    return read_message(message, ids)",
    ]
    return "\n".join(lines) + "\n"
