"""Is this JSON value an event of that schema, in Avro's own JSON encoding?

As the specification has it: the value of a union is null, or an object whose one key names the branch; bytes are text
of the code points 0 to 255; no field may be left out. (fastavro reads JSON without checking it, so it does not serve.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schemagate.schema import json_text
from schemagate.schema.avro.defaults import fits
from schemagate.schema.avro.nodes import Array, AvroSchema, Map, Named, Node, Record, Union


def errors(schema: AvroSchema, value: Any) -> Iterator[tuple[str, str]]:
    """(pointer into the value, what is wrong), every one."""
    yield from _errors(schema.root, value, "")


def _errors(node: Node, value: Any, at: str) -> Iterator[tuple[str, str]]:
    match node:
        case Record():
            yield from _record_errors(node, value, at)
        case Union():
            yield from _union_errors(node, value, at)
        case Array():
            if not isinstance(value, list):
                yield at, "must be a list"
                return
            for position, item in enumerate(value):
                yield from _errors(node.items, item, json_text.join(at, position))
        case Map():
            if not isinstance(value, Mapping):
                yield at, "must be an object"
                return
            for key, item in value.items():
                yield from _errors(node.values, item, json_text.join(at, key))
        case _:
            if not fits(node, value):
                yield at, f"is no {_name(node)}"


def _record_errors(record: Record, value: Any, at: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        yield at, f"must be an object with the fields of {record.name}"
        return
    for field in record.fields:
        place = json_text.join(at, field.name)
        if field.name in value:
            yield from _errors(field.type, value[field.name], place)
        else:
            yield place, "is missing"
    for key in value:
        if key not in record.positions:
            yield json_text.join(at, key), f"is no field of {record.name}"


def _union_errors(union: Union, value: Any, at: str) -> Iterator[tuple[str, str]]:
    names = {_name(branch): branch for branch in union.branches}
    if value is None:
        if "null" not in names:
            yield at, f"must be one of {', '.join(names)}"
        return
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in names:
        yield at, f'must name its branch, as in {{"string": "…"}}; one of {", ".join(names)}'
        return
    (name, inner), *_ = value.items()
    yield from _errors(names[name], inner, json_text.join(at, name))


def _name(node: Node) -> str:
    return node.name if isinstance(node, Named) else node.kind
