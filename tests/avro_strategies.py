"""Random Avro schemas, typed edits of them, and encoded events that cover every branch and symbol.

Everything here is legal Avro, so that real decoders can be the judges.
"""

from __future__ import annotations

import copy
import json
import struct
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from hypothesis import strategies as st

from schemagate.schema import avro
from schemagate.schema.avro.nodes import Array, Enum, Fixed, Map, Node, Record, Union

PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
NAMESPACES = ["", "shop", "shop.orders"]
LOGICAL = [
    {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2},
    {"type": "int", "logicalType": "date"},
    {"type": "int", "logicalType": "time-millis"},
    {"type": "long", "logicalType": "timestamp-millis"},
    {"type": "long", "logicalType": "timestamp-micros"},
]


class _Names:
    """The named types that one schema has so far."""

    def __init__(self) -> None:
        self.full: list[str] = []

    def fresh(self, draw: st.DrawFn, *simple_names: str) -> dict[str, str]:
        """Name and namespace of a new type; simple names repeat across namespaces now and then.

        Never across kinds: fastavro reads a named type of one kind as another of that name.
        """
        simple = draw(st.sampled_from(simple_names))
        space = draw(st.sampled_from(NAMESPACES[1:]))
        while f"{space}.{simple}" in self.full:
            simple += "X"
        self.full.append(f"{space}.{simple}")
        return {"name": simple, "namespace": space}


@st.composite
def schemas(draw: st.DrawFn) -> Any:
    """A legal schema: most of the time a record."""
    names = _Names()
    if draw(st.integers(0, 9)) == 0:
        return _type(draw, names, depth=2)
    return _record(draw, names, depth=2)


def _record(draw: st.DrawFn, names: _Names, depth: int) -> Any:
    head = names.fresh(draw, "Order", "Line", "Buyer")
    full = full_name(head)
    fields: list[Any] = []
    for name in draw(st.lists(st.sampled_from("abcdef"), max_size=4, unique=True)):
        if draw(st.integers(0, 7)) == 0:
            fields.append({"name": name, "type": ["null", full], "default": None})
            continue
        field = {"name": name, "type": _type(draw, names, depth - 1)}
        if draw(st.booleans()):
            _give_default(field, field["type"])
        fields.append(field)
    return {"type": "record", **head, "fields": fields}


def _type(draw: st.DrawFn, names: _Names, depth: int) -> Any:
    kinds = ["primitive", "primitive", "logical", "enum", "fixed"]
    if depth > 0:
        kinds += ["array", "map", "union", "union", "record", "record"]
    match draw(st.sampled_from(kinds)):
        case "primitive":
            return draw(st.sampled_from(PRIMITIVES))
        case "logical":
            return dict(draw(st.sampled_from(LOGICAL)))
        case "enum":
            symbols = draw(st.lists(st.sampled_from("UVWXYZ"), min_size=1, max_size=4, unique=True))
            default = {"default": symbols[0]} if draw(st.booleans()) else {}
            return {"type": "enum", **names.fresh(draw, "State", "Unit"), "symbols": symbols, **default}
        case "fixed":
            return {"type": "fixed", **names.fresh(draw, "Hash", "Code"), "size": draw(st.integers(1, 3))}
        case "array":
            return {"type": "array", "items": _type(draw, names, depth - 1)}
        case "map":
            return {"type": "map", "values": _type(draw, names, depth - 1)}
        case "union":
            return _union(draw, names, depth)
    return _record(draw, names, depth - 1)


def _union(draw: st.DrawFn, names: _Names, depth: int) -> Any:
    branches: list[Any] = ["null"] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, 3))):
        branch = _type(draw, names, depth - 1)
        kinds = {_branch_key(other) for other in branches}
        if not isinstance(branch, list) and _branch_key(branch) not in kinds:
            branches.append(branch)
    return branches


def _branch_key(branch: Any) -> str:
    if not isinstance(branch, dict):
        return str(branch)
    return full_name(branch) if "name" in branch else branch["type"]


def _give_default(field: dict[str, Any], schema: Any) -> None:
    first = schema[0] if isinstance(schema, list) else schema
    kind = first["type"] if isinstance(first, dict) else first
    plain = {
        "null": None, "boolean": False, "int": 0, "long": 0, "float": 0.0, "double": 0.0, "bytes": "", "string": "",
        "array": [], "map": {},
    }  # fmt: skip
    if kind in plain and not (isinstance(first, dict) and first.get("logicalType") == "decimal"):
        field["default"] = plain[kind]
    elif kind == "enum":
        field["default"] = first["symbols"][0]
    elif kind == "fixed":
        field["default"] = "\0" * first["size"]


# --- edits -----------------------------------------------------------------------------------------------------------


def _parts(schema: Any, put: Callable[[Any], None]) -> Iterator[tuple[Any, Callable[[Any], None]]]:
    """Every type within a schema, with a function that replaces it."""
    yield schema, put
    if isinstance(schema, list):
        for i, branch in enumerate(schema):
            yield from _parts(branch, lambda new, i=i: schema.__setitem__(i, new))  # type: ignore[misc]  # mypy: default
    elif isinstance(schema, dict):
        for key in ("items", "values"):
            if key in schema:
                yield from _parts(schema[key], lambda new, key=key: schema.__setitem__(key, new))  # type: ignore[misc]
        for field in schema.get("fields", []):
            yield from _parts(field["type"], lambda new, f=field: f.__setitem__("type", new))  # type: ignore[misc]


@st.composite
def edited(draw: st.DrawFn, schema: Any) -> Any:
    """The schema after one to three edits, mostly legal; defaults that no longer fit are dropped."""
    holder = [copy.deepcopy(schema)]
    for _ in range(draw(st.integers(1, 3))):
        parts = list(_parts(holder[0], lambda new: holder.__setitem__(0, new)))
        before = {id(part): full_name(part) for part, _ in parts if _is_named(part)}
        part, put = draw(st.sampled_from(parts))
        _edit(draw, part, put)
        now = {id(part): part for part, _ in _parts(holder[0], print) if _is_named(part)}
        renamed = {old: full_name(now[key]) for key, old in before.items() if key in now}
        holder[0] = _in_order(holder[0], {full_name(part): part for part in now.values()}, renamed, set())
    for pointer, _ in list(avro.problems(avro.parse(json.dumps(holder[0]), "edited"))):
        if pointer.endswith("/default"):
            field = holder[0]
            for token in pointer.split("/")[1:-1]:
                field = field[int(token) if isinstance(field, list) else token]
            del field["default"]
    return holder[0]


def full_name(part: Any) -> str:
    """The full name of a definition."""
    return f"{part['namespace']}.{part['name']}"


def _is_named(part: Any) -> bool:
    return isinstance(part, dict) and "name" in part


def _in_order(part: Any, defined: dict[str, Any], renamed: dict[str, str], seen: set[str]) -> Any:
    """Each type defined where it is first used, as old libraries want it; uses of removed types become int."""

    def inner(other: Any) -> Any:
        return _in_order(other, defined, renamed, seen)

    if isinstance(part, list):
        return [inner(branch) for branch in part]
    name = full_name(part) if _is_named(part) else renamed.get(part, part) if isinstance(part, str) else None
    if name in PRIMITIVES:
        return name
    if name is not None:
        if name in seen or name not in defined:
            return name if name in seen else "int"
        seen.add(name)
        part = defined[name]
    changed = {key: inner(part[key]) for key in ("items", "values") if key in part}
    if "fields" in part:
        changed["fields"] = [{**field, "type": inner(field["type"])} for field in part["fields"]]
    return {**part, **changed}


def _edit(draw: st.DrawFn, part: Any, put: Callable[[Any], None]) -> None:
    if isinstance(part, list):
        _edit_union(draw, part, put)
    elif isinstance(part, str):
        put(draw(st.sampled_from([*PRIMITIVES, ["null", part]])) if part in PRIMITIVES else ["null", part])
    elif "fields" in part:
        _edit_record(draw, part)
    elif "symbols" in part:
        _edit_enum(draw, part)
    elif "size" in part:
        draw(st.sampled_from([_rename, lambda _, p: p.update(size=p["size"] + 1)]))(draw, part)
    elif "logicalType" in part:
        _edit_logical(draw, part, put)
    else:
        put(draw(st.sampled_from([["null", part], "string"])))


def _edit_union(draw: st.DrawFn, part: list[Any], put: Callable[[Any], None]) -> None:
    match draw(st.sampled_from(["add", "remove", "reverse", "unwrap"])):
        case "add":
            new = draw(st.sampled_from([p for p in PRIMITIVES if p not in map(_branch_key, part)]))
            part.insert(draw(st.integers(0, len(part))), new)
        case "remove" if len(part) > 1:
            part.pop(draw(st.integers(0, len(part) - 1)))
        case "reverse":
            part.reverse()
        case _ if part:
            put(part[-1])


def _edit_record(draw: st.DrawFn, part: dict[str, Any]) -> None:
    fields = part["fields"]
    match draw(st.sampled_from(["add", "add default", "remove", "rename", "alias", "reverse", "type", "type"])):
        case "add":
            fields.insert(0, {"name": "new", "type": "int"})
        case "add default":
            fields.append({"name": "newer", "type": ["null", "long"], "default": None})
        case "remove" if fields:
            fields.pop(draw(st.integers(0, len(fields) - 1)))
        case "rename" if fields:
            draw(st.sampled_from(fields))["name"] = "renamed"
        case "alias" if fields:
            field = draw(st.sampled_from(fields))
            field.update(name="aliased", aliases=[field["name"]])
        case "reverse":
            fields.reverse()
        case _:
            _rename(draw, part)
    names = [field["name"] for field in fields]
    part["fields"] = [field for i, field in enumerate(fields) if field["name"] not in names[:i]]


def _edit_enum(draw: st.DrawFn, part: dict[str, Any]) -> None:
    match draw(st.sampled_from(["add", "remove", "default", "name"])):
        case "add" if "NEW" not in part["symbols"]:
            part["symbols"].insert(0, "NEW")
        case "remove" if len(part["symbols"]) > 1:
            part["symbols"].pop()
        case "default":
            part["default"] = part["symbols"][-1]
        case _:
            _rename(draw, part)
    if part.get("default") not in part["symbols"]:
        part.pop("default", None)


def _edit_logical(draw: st.DrawFn, part: dict[str, Any], put: Callable[[Any], None]) -> None:
    match draw(st.sampled_from(["drop", "other", "scale", "precision"])):
        case "scale" if "scale" in part:
            part["scale"] = draw(st.integers(0, 4))
        case "precision" if "scale" in part:
            part["precision"] = draw(st.integers(4, 9))
        case "other":
            put(dict(draw(st.sampled_from(LOGICAL))))
        case _:
            put(part["type"])


def _rename(draw: st.DrawFn, part: dict[str, Any]) -> None:
    old = full_name(part)
    match draw(st.sampled_from(["name", "namespace", "alias"])):
        case "name":
            part["name"] += "New"
        case "namespace":
            part["namespace"] = "moved"
        case "alias":
            part.update(name=part["name"] + "Next", aliases=[old])


# --- events ----------------------------------------------------------------------------------------------------------


def encoded_events(root: Node, most: int = 12) -> list[bytes]:
    """Encoded events of a type that cover its branches and symbols; none where there is no finite one."""
    return _events(root, ())[:most]


def _events(node: Node, within: tuple[Node, ...]) -> list[bytes]:
    match node:
        case Record():
            return _record_events(node, (*within, node)) if within.count(node) < 2 else []
        case Union():
            inner = [[zigzag(i) + event for event in _events(b, within)] for i, b in enumerate(node.branches)]
            return _interleaved(inner)
        case Array():
            return [b"\0", *(zigzag(1) + event + b"\0" for event in _events(node.items, within))]
        case Map():
            return [b"\0", *(zigzag(1) + sized(b"k") + event + b"\0" for event in _events(node.values, within))]
        case Enum():
            return [zigzag(i) for i, _ in enumerate(node.symbols)]
        case Fixed():
            return [bytes(node.size)]
    if node.logical is not None and node.logical.name == "decimal":
        return [sized(b"\0"), sized(b"\x7d")]
    if node.logical is not None:
        return [zigzag(0), zigzag(86_399)]  # a time of day is never negative
    return {
        "null": [b""],
        "boolean": [b"\0", b"\1"],
        "int": [zigzag(0), zigzag(-7), zigzag(86_399)],
        "long": [zigzag(0), zigzag(1 << 30)],
        "float": [struct.pack("<f", 1.5)],
        "double": [struct.pack("<d", -2.25)],
        "bytes": [sized(b""), sized("é".encode())],
        "string": [sized(b""), sized("é".encode())],
    }[node.kind]


def _record_events(record: Record, within: tuple[Node, ...]) -> list[bytes]:
    columns = [_events(field.type, within) for field in record.fields]
    if not all(columns):
        return []
    rows = max((len(column) for column in columns), default=1)
    return [b"".join(column[row % len(column)] for column in columns) for row in range(min(rows, 12))]


def _interleaved(lists: list[list[bytes]]) -> list[bytes]:
    longest = max((len(inner) for inner in lists), default=0)
    return list(islice((inner[i] for i in range(longest) for inner in lists if i < len(inner)), 24))


def zigzag(number: int) -> bytes:
    """Avro's integer."""
    rest, encoded = (number << 1) ^ (number >> 63), bytearray()
    while rest > 127:
        encoded.append(rest & 127 | 128)
        rest >>= 7
    return bytes([*encoded, rest])


def sized(raw: bytes) -> bytes:
    """Avro's bytes and texts."""
    return zigzag(len(raw)) + raw
