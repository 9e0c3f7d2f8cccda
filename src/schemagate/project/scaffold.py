"""What do new files look like: schemagate.toml, an event's first schema, the next version of a schema? Texts only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
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

[defaults]
# {reason}
level = "{level}"
"""

_PRESET = """
[lint]
# The envelope that all events here have: house, zalando, cloudevents or plain (none).
preset = "{preset}"
"""


def configuration(levels: Mapping[str, Level], owner: str, preset: Preset) -> str:
    """A schemagate.toml for events with the levels that fit their content; the most frequent level is the default."""
    chosen = list(levels.values()) or [Level.FORWARD_TRANSITIVE]
    default = max(dict.fromkeys(chosen), key=chosen.count)
    text = _HEADER.format(reason=REASONS[default], level=default)
    for event, level in sorted(levels.items()):
        text += event_table(event, owner, None if level is default else level)
    if preset != "house":
        text += _PRESET.format(preset=preset)
    return text


def event_table(event: str, owner: str, level: Level | None = None) -> str:
    """The table of one event, to be appended to schemagate.toml."""
    text = f"\n[events.{json.dumps(event)}]\nowner = {json.dumps(owner)}\n"
    if level is not None:
        text += f"# {REASONS[level]}\nlevel = {json.dumps(level)}\n"
    return text


def first_schema(event: str, format_: Format) -> str:
    """An event's first schema, in the house's envelope (JSON Schema) or as a record (Avro)."""
    words = [word.capitalize() for word in re.split(r"[._-]", event)]
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


def moves(found: Iterable[str]) -> list[str]:
    """For schemas lying around, the command that puts each where schemagate looks for it."""
    lines = []
    for path in sorted(found):
        folder, _, file = path.rpartition("/")
        stem, _, extension = file.rpartition(".")
        event = re.sub(r"[^a-z0-9]+", ".", re.sub(r"(?<=[a-z0-9])([A-Z])", r".\1", stem).lower()).strip(".")
        event = re.sub(r"\.(schema|v?\d+)$", "", event) or (folder.rpartition("/")[2] or "event").lower()
        lines.append(f"mkdir -p schemas/{event} && git mv {_quoted(path)} schemas/{event}/v1.{extension}")
    return lines


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(path)


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
