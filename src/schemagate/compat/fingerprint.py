"""Is this the finding that somebody looked at before? A hash over what it is about, without line numbers.

It covers the rule, the subject, who is newer, the place by names, and what both say at the place, with every definition
that they refer to from there. So a text that was edited again is another finding, while annotations, the order of keys
and the order of fields change nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from schemagate.findings import Finding
from schemagate.schema import json_text
from schemagate.schema.json_schema import JsonSchema
from schemagate.schema.parsing import Parsed

if TYPE_CHECKING:
    from schemagate.schema.avro import AvroSchema

_ANNOTATIONS: Final = frozenset({"doc", "description", "title", "$comment"})
_VALUES: Final = frozenset({"enum", "const", "default", "examples"})
_SETS: Final = frozenset({"fields", "required"})
_TUPLE: Final = re.compile(r"/(?:items|prefixItems)/([0-9]+)")  # the place by names says `[]` for each member
_CONDITION: Final = re.compile(r"/(?:if|then|else)(?:/.*)?$")  # what it asks for hangs on all three
_SAID_BY_PATH: Final = frozenset({"SG-JSON-101", "SG-PROTO-203"})  # a name is in `required`, a field is gone
_LACKING: Final = frozenset({"SG-JSON-101", "SG-AVRO-101", "SG-PROTO-105", "SG-PROTO-203"})
"""What is told is that the writer lacks something, or need not write it."""

_UNKNOWN_TO_READER: Final = frozenset({"SG-PROTO-107"})  # it has no such message
_REFERENCES: Final = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})


def marked(
    findings: Iterable[Finding], subject: str, reader: Parsed, writer: Parsed, *, reader_is_new: bool
) -> Iterator[Finding]:
    """The findings on a pair with their fingerprints: 64 hexadecimal digits each."""
    says = {"reader": _sayer(reader), "writer": _sayer(writer)}
    newer = "reader" if reader_is_new else "writer"
    for finding in findings:
        if finding.is_of_registry:
            sides = {"registry": finding.message}  # the changes that it names are all that it is about
        else:
            sides = {side: says[side](pointer) for side, pointer in _fragments(finding)}
        told = [finding.rule, subject, newer, finding.stable_path, _TUPLE.findall(finding.path), sides]
        yield replace(finding, fingerprint=_hash(told))


def _fragments(finding: Finding) -> Iterator[tuple[str, str]]:
    """The places that a finding is about. What a side lacks has no place: the path names it already."""
    reader, writer = finding.path, finding.writer_path or ""
    if finding.rule == "SG-JSON-117":
        reader, writer = _CONDITION.sub("", reader), _CONDITION.sub("", writer)
    if finding.rule not in _SAID_BY_PATH | _UNKNOWN_TO_READER:
        yield "reader", reader
    if finding.rule not in _LACKING:
        yield "writer", writer


def of_texts(finding: Finding, subject: str, *texts: str) -> str:
    """The same for a finding about texts as a whole: a file that is gone, a text that cannot be read."""
    return _hash([finding.rule, subject, finding.stable_path, *texts])


def _sayer(schema: Parsed) -> Callable[[str], str]:
    """What tells, as a hash, what a schema says at a place and wherever that leads; many findings may be about one."""
    if isinstance(schema, JsonSchema):
        return cache(_Said(schema.root, schema.documents, {}).at)
    from schemagate.schema.avro import AvroSchema

    if isinstance(schema, AvroSchema):
        return cache(_Said(schema.raw, schema.references, _by_simple_name(schema)).at)
    from schemagate.compat.protobuf.said import Said

    said = Said(schema)
    return cache(lambda pointer: _hash(said.at(pointer)))


@dataclass(frozen=True, slots=True)
class _Said:
    """A text that is JSON, the texts that it refers to, and the types that it defines, by simple and full name."""

    root: Any
    others: Mapping[str, Any]
    definitions: Mapping[str, Mapping[str, Any]]

    def at(self, pointer: str) -> str:
        """What it says at a place, and what is meant there by a name."""
        fragment = _at(self.root, pointer)
        found = _followed(fragment, self.root, self.definitions)
        return _hash([_essence(fragment), {name: _essence(value) for name, value in found.items()}, dict(self.others)])


def _by_simple_name(schema: AvroSchema) -> dict[str, dict[str, Any]]:
    """The definitions of named types: those with one simple name together, since what is meant depends on the place."""
    found: dict[str, dict[str, Any]] = {}
    for name, node in schema.names.items():
        place = schema.pointer_of(node)  # in this text: the node may be another schema's, which says the same
        found.setdefault(node.simple_name, {})[name] = node.raw if place is None else _at(schema.raw, place)
    return found


def _at(value: Any, pointer: str) -> Any:
    """The value at a pointer, or at its deepest parent that exists."""
    for token in json_text.unescape(pointer):
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and token.isdigit() and int(token) < len(value):
            value = value[int(token)]
        else:
            break
    return value


def _followed(fragment: Any, root: Any, definitions: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The definitions that a fragment names and does not hold, and those that they name in turn."""
    found: dict[str, Any] = {}
    held: set[int] = set()
    waiting = [fragment]
    while waiting:
        named = dict(_named(waiting.pop(), root, definitions, held))
        new = {name: value for name, value in named.items() if name not in found and id(value) not in held}
        found |= new
        waiting += new.values()
    return found


def _named(
    fragment: Any, root: Any, definitions: Mapping[str, Mapping[str, Any]], held: set[int]
) -> Iterator[tuple[str, Any]]:
    """What a fragment refers to, by name; the objects in it are added to those that are `held` before any is told."""
    left, names, references = [fragment], set[str](), dict[str, Any]()
    while left:
        value = left.pop()
        if isinstance(value, dict):
            held.add(id(value))
            left += value.values()
            for word in _REFERENCES & value.keys():
                references[str(value[word])] = _target(root, value[word])
        elif isinstance(value, list):
            left += value
        elif isinstance(value, str):
            names.add(value.rpartition(".")[2])
    yield from references.items()
    for name in names & definitions.keys():
        yield from definitions[name].items()


def _target(root: Any, reference: object) -> Any:
    """What a reference leads to in this text; an anchor, or another document's part, may be anywhere in it."""
    return _at(root, reference[1:]) if isinstance(reference, str) and reference.startswith("#/") else root


def _essence(value: Any, word: str = "") -> Any:
    """The value without what means nothing: annotations, and the order of fields and of required names."""
    if word in _VALUES:
        return value
    if isinstance(value, dict):
        return {
            key: _essence(each, key)
            for key, each in value.items()
            if not (key in _ANNOTATIONS and isinstance(each, str))
        }
    if isinstance(value, list):
        members = [_essence(each) for each in value]
        return sorted(members, key=_rank) if word in _SETS else members
    return value


def _rank(member: Any) -> str:
    """Where a field or a required name stands among the others."""
    name = member.get("name") if isinstance(member, dict) else member
    return name if isinstance(name, str) else _text(member)


def _hash(value: Any) -> str:
    return sha256(_text(value).encode("utf-8", "surrogatepass")).hexdigest()


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
