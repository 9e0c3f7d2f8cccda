"""May a version's text be published as it stands, and is it the same content as another text?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from schemagate.errors import NotInstalled, SchemaError
from schemagate.publish.actions import Blocked, Why
from schemagate.schema import json_schema, json_text
from schemagate.schema.event import Content, Format, Version, VersionId
from schemagate.schema.json_schema import JsonSchema, Place
from schemagate.schema.parsing import parse

_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")


def obstacles(versions: Iterable[Version]) -> Mapping[VersionId, Blocked]:
    """What keeps versions from being published, whatever the registry holds."""
    versions = tuple(versions)
    wanted = Counter(version.subject for version in versions)
    found = {}
    for version in versions:
        if wanted[version.subject] > 1:
            others = ", ".join(str(v.id) for v in versions if v.subject == version.subject and v.id != version.id)
            found[version.id] = Blocked(
                version.id,
                version.subject,
                Why.SUBJECT_CLASH,
                f"{version.id} and {others} ask for one subject",
                'put {version} into "subject" or "topic" in schemagate.toml',
            )
        elif (obstacle := _obstacle(version)) is not None:
            found[version.id] = obstacle
    return found


def same(schema_type: str, one: str, other: str) -> bool:
    """Whether two texts differ in formatting only: JSON in order of keys and space, others in what parsers forget.

    False where one of them cannot be read.
    """
    if one == other:
        return True
    try:
        return _equal(_meaning(schema_type, one), _meaning(schema_type, other))
    except (SchemaError, NotInstalled):
        return False


def _meaning(schema_type: str, text: str) -> Any:
    if schema_type == Format.AVRO.registry_type:
        from schemagate.schema import avro

        return avro.canonical(avro.parse(text, "<schema>"))
    if schema_type == Format.PROTOBUF.registry_type:
        from schemagate.schema import protobuf
        from schemagate.schema.protobuf import descriptors

        return descriptors.meaning(protobuf.parse(text, "<schema>"))
    return json_text.read(text, "<schema>")


def _equal(one: Any, other: Any) -> bool:
    """Equality of JSON values, where Python would have `true` equal 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)


def _obstacle(version: Version) -> Blocked | None:
    def blocked(why: Why, reason: str, next_step: str) -> Blocked:
        return Blocked(version.id, version.subject, why, reason, next_step)

    content = version.content
    try:
        reference = _reference(content)
    except NotInstalled as error:
        return blocked(Why.UNKNOWN, f"{content.file}: {error.message}", error.next_step or "")
    except SchemaError as error:
        place = f"{error.file or content.file}:{error.line}" if error.line else content.file
        return blocked(Why.INVALID, f"{place}: {error.message}", error.next_step or f"repair {content.file}")
    if reference is None:
        return None
    return blocked(
        Why.REFERENCES,
        f"{content.file}{reference}: references to other files are not published yet",
        f"move the definition into {content.file}",
    )


def _reference(content: Content) -> str | None:
    """Where a content needs another file, if it does; raises SchemaError and NotInstalled."""
    match content.format:
        case Format.AVRO:
            return _avro_reference(content)
        case Format.JSON:
            return _json_reference(content)
        case Format.PROTOBUF:
            parse(content)
            return f" imports {', '.join(content.references)}" if content.references else None


def _avro_reference(content: Content) -> str | None:
    """The named type that the schema takes from another file; raises SchemaError."""
    from schemagate.schema import avro

    try:
        avro.parse(content.text, content.file)
    except SchemaError:
        avro.parse(content.text, content.file, references=content.references)
        return f" needs {', '.join(content.references)}"
    return None


def _json_reference(content: Content) -> str | None:
    """Place and target of the first `$ref` that leaves the file; raises SchemaError."""
    schema = json_schema.parse(content.text, content.file, references=content.references)
    for place, keyword in _references(schema):
        target = schema.follow(place, place.value[keyword])
        if target.document != schema.top.document:
            pointer = json_text.join(place.pointer, keyword)
            return f" at #{pointer} refers to {json.dumps(place.value[keyword], ensure_ascii=False)}"
    return None


def _references(schema: JsonSchema) -> Iterator[tuple[Place, str]]:
    """Every reference that a reader of the schema can meet, in places that only a reference leads to as well."""
    stack: list[Place] = [schema.top]
    seen: set[tuple[str, str]] = set()
    while stack:
        for place in schema.subschemas(stack.pop()):
            if (place.document, place.pointer) in seen or not isinstance(place.value, dict):
                continue
            seen.add((place.document, place.pointer))
            for keyword in _keywords(place.value):
                yield place, keyword
                stack.append(schema.follow(place, place.value[keyword]))


def _keywords(value: dict[str, Any]) -> list[str]:
    return [keyword for keyword in _REFERENCES if isinstance(value.get(keyword), str)]
