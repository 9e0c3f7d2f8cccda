"""What do new files look like: schemagate.toml, an event's first schema, the next version of a schema? Texts only."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Final

from schemagate.schema.event import Format, Level, Preset

EVENT_NAME: Final = re.compile(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*")

REASONS: Final = {
    Level.FORWARD_TRANSITIVE: (
        "open JSON objects: adding a field is never backward compatible, since an old producer may already send that"
        " name; old readers ignore it"
    ),
    Level.BACKWARD_TRANSITIVE: "closed objects and Avro records: new readers read everything that was ever written",
}

_HEADER = """\
# What this repository says about its events; every key is explained in docs/configuration.md of schemagate.
# The environment "local", an embedded registry, exists without an entry.
"""

_PRESET = """
[lint]
# The envelope that all events here have: house, zalando, cloudevents or plain (none).
preset = "{preset}"
"""


_PROTO = """\
syntax = "proto3";

package events;

// What happened when {title} was sent.
message {name} {{
  string event_id = 1;
  int32 event_version = 2;
  string event_name = 3;
  string produced_at = 4;
  Payload payload = 5;

  message Payload {{
    string id = 1;
    string updated_at = 2;
  }}
}}
"""


def configuration(levels: Mapping[str, Level], owner: str, preset: Preset) -> str:
    """A schemagate.toml for events with the levels that fit their content, and the envelope that they have."""
    reasons = [f"# {level}: {REASONS[level]}.\n" for level in sorted(set(levels.values()))]
    tables = [event_table(event, owner, level) for event, level in levels.items()]
    lint = [] if preset == "house" else [_PRESET.format(preset=preset)]
    return "".join([_HEADER, *reasons, *tables, *lint])


def event_table(event: str, owner: str, level: Level) -> str:
    """The table of one event, to be appended to schemagate.toml."""
    return f"\n[events.{json.dumps(event)}]\nowner = {json.dumps(owner)}\nlevel = {json.dumps(level)}\n"


def first_schema(event: str, format_: Format) -> str:
    """An event's first schema, in the house's envelope (JSON Schema, Protobuf) or as a record (Avro)."""
    words = [word.capitalize() for word in re.split(r"[._-]", event)]
    if format_ is Format.PROTOBUF:
        return _PROTO.format(title=".".join(words), name="".join(words))
    value = _avro(words) if format_ is Format.AVRO else _envelope(words)
    return json.dumps(value, indent=2) + "\n"


def next_version(text: str, old: int, new: int) -> str:
    """The text with the version numbers of title and `event_version` moved on; everything else stays, to the letter."""
    text = re.sub(rf'("title"\s*:\s*"[^"\\]*[._]v){old}(")', rf"\g<1>{new}\g<2>", text, count=1)
    enum = rf'("event_version"\s*:\s*\{{[^{{}}]*"enum"\s*:\s*\[\s*){old}(\s*\])'
    const = rf'("event_version"\s*:\s*\{{[^{{}}]*"const"\s*:\s*){old}(\s*[,}}])'
    for pattern in (enum, const):
        text = re.sub(pattern, rf"\g<1>{new}\g<2>", text, count=1)
    return text


def moves(found: Mapping[str, bool]) -> list[str]:
    """For schemas lying around (path -> git tracks it), the command that puts each where schemagate looks for it."""
    lines = []
    taken: dict[str, str] = {}
    for path, tracked in sorted(found.items()):
        target = _target(path)
        if target in taken:
            lines.append(f"{path} would be {target}, as {taken[target]} is: choose another event or version for it")
            continue
        taken[target] = path
        move = "git mv" if tracked else "mv"
        lines.append(f"mkdir -p {target.rpartition('/')[0]} && {move} {shlex.quote(path)} {target}")
    return lines


def _target(path: str) -> str:
    """`src/OrderPlacedV2.avsc` -> `schemas/order.placed/v2.avsc`."""
    folder, _, file = path.rpartition("/")
    stem, _, extension = file.rpartition(".")
    words = re.sub(r"(?<=[a-z0-9])([A-Z])", r".\1", stem).lower()
    event = re.sub(r"[^a-z0-9]+", ".", words).strip(".").removesuffix(".schema")
    match = re.fullmatch(r"(?:(.*)\.)?v([1-9][0-9]?)", event)
    name, number = (match[1] or "", match[2]) if match else (event, "1")
    fallback = re.sub(r"[^a-z0-9]+", ".", folder.rpartition("/")[2].lower()).strip(".")
    return f"schemas/{name or fallback or 'event'}/v{number}.{extension}"


def _envelope(words: list[str]) -> object:
    name = ".".join(words)
    fields = ["event_id", "event_version", "event_name", "produced_at", "payload"]
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": f"{name}.v1",
        "description": f"What happened when {name} was sent.",
        "definitions": {
            "payload": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "updated_at": {"type": "string"}},
                "required": ["id", "updated_at"],
            }
        },
        "type": "object",
        "properties": {
            "event_id": {"type": "string"},
            "event_version": {"enum": [1]},
            "event_name": {"enum": [name]},
            "produced_at": {"type": "string"},
            "payload": {"$ref": "#/definitions/payload"},
        },
        "required": fields,
    }


def _avro(words: list[str]) -> object:
    name = "".join(words)
    time = {"type": "long", "logicalType": "timestamp-millis"}
    payload = {
        "type": "record",
        "name": f"{name}Payload",
        "fields": [{"name": "id", "type": "string"}, {"name": "updated_at", "type": time}],
    }
    return {
        "type": "record",
        "name": name,
        "namespace": "events",
        "doc": f"What happened when {'.'.join(words)} was sent.",
        "fields": [
            {"name": "event_id", "type": "string"},
            {"name": "event_version", "type": "int"},
            {"name": "event_name", "type": "string"},
            {"name": "produced_at", "type": time},
            {"name": "payload", "type": payload},
        ],
    }
