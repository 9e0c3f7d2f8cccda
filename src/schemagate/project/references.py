"""Which other files does a schema's text refer to? Only files of the same project are ever followed."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import unquote

from schemagate.schema.event import SCHEMAS, SHARED, Format

_REF: Final = re.compile(r'"\$ref"\s*:\s*"([^"#\\]+)')

Read = Callable[[str], "str | None"]
"""The text of a project path, or None where there is no such (readable) file."""


def closure(format_: Format, file: str, text: str, shared: Iterable[str], read: Read) -> dict[str, str]:
    """The texts that a schema needs beside its own.

    By project path (JSON Schema), by full name (Avro), or by the path that the import uses (Protobuf).
    """
    match format_:
        case Format.JSON:
            return _json_closure(file, text, read)
        case Format.AVRO:
            return _avro_closure(text, [path for path in shared if path.endswith(".avsc")], read)
        case Format.PROTOBUF:
            return _protobuf_closure(text, read)


def _json_closure(file: str, text: str, read: Read) -> dict[str, str]:
    found: dict[str, str] = {}
    stack = [(file, text)]
    while stack:
        here, content = stack.pop()
        for reference in _REF.findall(_unescaped(content)):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(here), unquote(reference)))
            if target in found or "://" in reference or not target.startswith(SHARED):
                continue  # what is no shared definition is nobody's to refer to: lint says so (EV04)
            if (other := read(target)) is not None:
                found[target] = other
                stack.append((target, other))
    return found


def _unescaped(text: str) -> str:
    """The same JSON without escapes that may hide a reference; a text that is no JSON as it is."""
    if "\\u" not in text and "\\/" not in text:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _protobuf_closure(text: str, read: Read) -> dict[str, str]:
    """Imports by the path that they use: from the project's folder, from `schemas`, or from `schemas/_shared`."""
    from schemagate import protoc  # most projects have no .proto

    found: dict[str, str] = {}
    stack = [text]
    while stack:
        for name in protoc.imports(stack.pop()):
            path = next((root + name for root in ("", SCHEMAS, SHARED) if (root + name).startswith(SHARED)), "")
            if name in found or posixpath.normpath(path) != path:
                continue
            if (other := read(path)) is not None:
                found[name] = other
                stack.append(other)
    return found


def _avro_closure(text: str, shared: list[str], read: Read) -> dict[str, str]:
    known = _avro_names({path: read(path) for path in shared})
    found: dict[str, str] = {}
    stack = [text]
    while stack:
        content = stack.pop()
        for name, other in known.items():
            if name not in found and (f'"{name}"' in content or f'"{name.rpartition(".")[2]}"' in content):
                found[name] = other
                stack.append(other)
    return found


def _avro_names(texts: Mapping[str, str | None]) -> dict[str, str]:
    names = {}
    for text in texts.values():
        try:
            value = json.loads(text or "")
            name = value["name"]
            names[name if "." in name or not value.get("namespace") else f"{value['namespace']}.{name}"] = text or ""
        except (ValueError, KeyError, TypeError, RecursionError):
            continue  # a shared file that is no named type: lint reports it at its own place
    return names
