"""Does a schema's file stand where it is looked for, and can it be read as what it claims to be?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from schemagate.errors import SchemaError
from schemagate.findings import Finding, Location, Rule
from schemagate.policy.shown import shortened
from schemagate.schema import json_text
from schemagate.schema.event import SCHEMAS, SHARED, Version
from schemagate.schema.json_schema import JsonSchema

if TYPE_CHECKING:
    from schemagate.schema.avro import AvroSchema

EV10: Final = Rule("EV10", "strict-schema", "the file is strict JSON and a valid schema of its draft")
EV12: Final = Rule("EV12", "file-place", "every file under schemas/ stands where its event and version belong")
EV13: Final = Rule("EV13", "avro-specification", "an Avro schema keeps to the specification")

RULES: Final = (EV10, EV12, EV13)

_EVENT = re.compile(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*")
_FILE = re.compile(r"(v[1-9][0-9]{0,8}(?:\.key)?)\.(?:json|avsc|proto)")


def unreadable(error: SchemaError) -> Finding:
    """The finding (EV10) for a file that could not be read: bytes, JSON, or a draft that is not known."""
    fix = error.next_step or "repair the file"
    return EV10.finding(
        "",
        shortened(error.message),
        f"{fix[0].upper()}{fix[1:]}.",
        location=Location(error.file, max(error.line, 1), max(error.column, 1)),
    )


def ev10_strict_schema(version: Version, schema: JsonSchema) -> Iterator[Finding]:
    """A finding per place that the draft's metaschema refuses, in the schema and in the files that it refers to."""
    import jsonschema_rs

    uri = schema.draft.uri if schema.draft.uri.startswith("https") else f"{schema.draft.uri}#"
    metaschema = jsonschema_rs.validator_for({"$schema": uri, "$ref": uri})
    texts = {**version.content.references, schema.file: schema.text}
    for file, value in {**schema.documents, schema.file: schema.root}.items():
        for error in metaschema.iter_errors(value):
            pointer = json_text.join("", *error.instance_path)
            yield EV10.finding(
                pointer,
                f"not a valid {schema.draft.value} schema: {_plain(error)}",
                f"Correct `#{pointer}`.",
                location=json_text.locate(texts[file], pointer, file),
            )


def _plain(error: Any) -> str:
    """The validator's message without the words of its trade, and not longer than a line."""
    value, of_choice, _ = error.message.partition(" is not valid under any of the schemas")
    keyword = next((token for token in reversed(error.instance_path) if isinstance(token, str)), "the schema")
    return f"{shortened(value)} is nothing that `{keyword}` may say" if of_choice else shortened(error.message)


def ev12_file_place(paths: Iterable[str]) -> Iterator[Finding]:
    """At most one finding per repository path; `paths` are all files under `schemas/`.

    Hidden files, Markdown files and everything in `schemas/_shared/` may be called anything, as long as no two names
    differ by case only.
    """
    spelled: dict[str, str] = {}
    versions: dict[str, str] = {}
    for path in sorted(set(paths)):
        problem = _outside(path) or _same_but_for_case(path, spelled) or _misnamed(path) or _second(path, versions)
        if problem is not None:
            yield EV12.finding("", *problem, location=Location(path))


_Problem = tuple[str, str] | None  # what is wrong, and the repair


def _outside(path: str) -> _Problem:
    parts = path.split("/")
    if path.startswith(SCHEMAS) and "\\" not in path and not {"", ".", ".."} & set(parts) and path.isprintable():
        return None
    return f"{path!r} is no plain path below {SCHEMAS}", f"Name the file by its place below {SCHEMAS}."


def _same_but_for_case(path: str, spelled: dict[str, str]) -> _Problem:
    """Whether a folder or file of this path was spelled otherwise before; adds to `spelled`."""
    for part in accumulate(path.split("/"), "{}/{}".format):
        other = spelled.setdefault(part.casefold(), part)
        if other != part:
            return (
                f"{part} and {other} differ by case only, and are one file on many computers",
                "Rename one of them.",
            )
    return None


def _misnamed(path: str) -> _Problem:
    parts = path.removeprefix(SCHEMAS).split("/")
    if path.startswith(SHARED) or parts[-1].startswith(".") or parts[-1].endswith(".md"):
        return None
    if len(parts) != 2:
        return f"{path} is not in the folder of an event", f"Move it to `{SCHEMAS}<event>/v<N>.json`."
    if _EVENT.fullmatch(parts[0]) is None:
        return f"{parts[0]!r} is no event name", "Use lower-case words, joined by dots: `assessment.assigned`."
    if _FILE.fullmatch(parts[1]) is None:
        return f"{parts[1]!r} is no version", "Call it `v<N>.json`, `v<N>.avsc` or `v<N>.proto`, N from 1."
    return None


def _second(path: str, versions: dict[str, str]) -> _Problem:
    """Whether the version of this path has a file already; adds to `versions`."""
    folder, _, name = path.rpartition("/")
    named = _FILE.fullmatch(name)
    if named is None or path.startswith(SHARED):
        return None
    other = versions.setdefault(f"{folder}/{named[1]}", path)
    return None if other == path else (f"{other} is a file of the same version", "Keep one of the two.")


def ev13_avro_specification(version: Version, schema: AvroSchema) -> Iterator[Finding]:
    """A finding per place where an Avro schema breaks the specification, though its decoders may read it."""
    from schemagate.schema import avro

    for pointer, message in avro.problems(schema):
        yield EV13.finding(
            pointer,
            message,
            f"Correct `#{pointer}`.",
            location=json_text.locate(version.content.text, pointer, version.content.file),
        )
