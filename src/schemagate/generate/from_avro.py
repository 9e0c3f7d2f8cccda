"""Which shape does an Avro schema describe?

`schema.avro` has read it; whatever the specification forbids is refused here, although libraries accept it. A logical
type that is unknown, ill-formed or larger than its Python class is its base type, with a note.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from schemagate.findings import Finding
from schemagate.generate import names
from schemagate.generate.refusals import IMPORT_KEYWORD, INVALID_SCHEMA, WIDER, refuse, tell
from schemagate.generate.shape import (
    UNSET,
    Boolean,
    Bytes,
    Choice,
    Digits,
    Field,
    Kind,
    ListOf,
    MapOf,
    Model,
    Null,
    OneOf,
    Place,
    Real,
    Record,
    Ref,
    Shape,
    Special,
    Text,
    Whole,
)
from schemagate.schema import avro
from schemagate.schema.avro import AvroSchema, nodes

MOST_LEVELS: Final = 60
"""Lists, maps and unions inside each other."""

MOST_DIGITS: Final = 1000

_SPECIAL: Final = {
    "uuid": Kind.UUID,
    "date": Kind.DATE,
    "time-millis": Kind.TIME_MILLIS,
    "time-micros": Kind.TIME_MICROS,
    "timestamp-millis": Kind.INSTANT_MILLIS,
    "timestamp-micros": Kind.INSTANT_MICROS,
    "local-timestamp-millis": Kind.LOCAL_MILLIS,
    "local-timestamp-micros": Kind.LOCAL_MICROS,
}
_PRIMITIVES: Final[dict[str, Shape]] = {
    "null": Null(),
    "boolean": Boolean(),
    "int": Whole(bits=32),
    "long": Whole(bits=64),
    "float": Real(bits=32, finite=False),
    "double": Real(bits=64, finite=False),
    "bytes": Bytes(),
    "string": Text(),
}
_RAW: Final = {
    "int": "integer",
    "long": "integer",
    "float": "float",
    "double": "float",
    "bytes": "bytes",
    "fixed": "bytes",
    "string": "text",
    "enum": "text",
    "map": "object",
    "record": "object",
}
_IMPORTS: Final = frozenset("java-class java-element-class java-key-class javaType".split())


@dataclass
class _Reader:
    schema: AvroSchema
    pending: deque[tuple[nodes.Record, Place]] = field(default_factory=deque)
    findings: list[Finding] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def place(self, pointer: str) -> Place:
        return Place(self.schema.file, self.schema.text, pointer)

    def shape(self, node: nodes.Node, at: Place, level: int = 0) -> Shape:
        if level > MOST_LEVELS:
            raise refuse(at, "the schema is nested too deeply", "split it into records of their own")
        if not isinstance(node, nodes.Named | nodes.Union):
            self._look_over(node.raw, at)
        match node:
            case nodes.Record() | nodes.Enum() | nodes.Fixed():
                return self._named(node, at)
            case nodes.Array():
                return ListOf(self.shape(node.items, at, level + 1))
            case nodes.Map():
                return MapOf(self.shape(node.values, at, level + 1))
            case nodes.Union():
                return self._union(node, at, level)
            case nodes.Primitive():
                return self._logical(node.logical, _PRIMITIVES[node.kind], node.raw, at)

    def _named(self, node: nodes.Record | nodes.Enum | nodes.Fixed, at: Place) -> Shape:
        match node:
            case nodes.Record():
                if node.name not in self.seen:
                    self.seen.add(node.name)
                    self.pending.append((node, self.place(self.schema.pointer_of(node) or "")))
                return Ref(node.name)
            case nodes.Enum():
                return OneOf(tuple(node.symbols), names.pascal(node.simple_name))
            case nodes.Fixed():
                return self._logical(node.logical, Bytes(node.size), node.raw, at)

    def _logical(self, logical: nodes.Logical | None, base: Shape, raw: object, at: Place) -> Shape:
        if logical is not None and logical.name in _SPECIAL:
            return Special(_SPECIAL[logical.name])
        if logical is not None and logical.name == "decimal":
            if logical.precision > MOST_DIGITS:
                raise refuse(at, f"a decimal of more than {MOST_DIGITS} digits", "lower its precision")
            return Digits(logical.precision, logical.scale)
        if isinstance(raw, dict) and "logicalType" in raw:
            message = "the logical type is unknown, ill-formed or has no Python class: the model has its base type"
            self.findings.append(tell(WIDER, at, message, "nothing needs to be done, if the base type will do"))
        return base

    def _union(self, union: nodes.Union, at: Place, level: int) -> Shape:
        raws = [_RAW.get(branch.kind, branch.kind) for branch in union.branches]
        branches = tuple(self.shape(branch, at, level + 1) for branch in union.branches)
        written = [_written_as(branch) for branch in branches]
        if not branches:
            raise refuse(at, "a union without branches", "add one", INVALID_SCHEMA)
        if len(set(raws)) < len(raws) or len(set(written)) < len(written):
            message = "a union whose branches look alike in Python or in JSON is not supported yet"
            raise refuse(at, message, "use one field per branch, or a record")
        return branches[0] if len(branches) == 1 else Choice(branches)

    def record(self, node: nodes.Record, at: Place) -> Record:
        self._look_over(node.raw, at)
        fields = tuple(self._field(one, at.child("fields", index)) for index, one in enumerate(node.fields))
        return Record(node.name, names.pascal(node.simple_name), fields, None, at)

    def _field(self, node: nodes.Field, at: Place) -> Field:
        self._look_over(node.raw, at)
        default = node.raw.get("default", UNSET)
        return Field(node.name, self.shape(node.type, at), default is UNSET, at, default)

    def _look_over(self, raw: object, at: Place) -> None:
        for keyword in sorted(_IMPORTS.intersection(raw if isinstance(raw, dict) else ())):
            message = "other tools import code because of this keyword"
            self.findings.append(tell(IMPORT_KEYWORD, at.child(keyword), message, "remove it"))

    def refuse_problems(self) -> None:
        """What the specification forbids is refused; an ill-formed logical type is only ignored."""
        for pointer, message in avro.problems(self.schema):
            if not pointer.endswith("/logicalType"):
                raise refuse(self.place(pointer), message, "correct it", INVALID_SCHEMA)
        if any(node.outside for node in self.schema.names.values()):
            message = "types from other files are not supported yet"
            raise refuse(self.place(""), message, "define them in this file")


def read(schema: AvroSchema) -> tuple[Model, tuple[Finding, ...]]:
    """The shapes of an event's schema; raises RefusedError."""
    reader = _Reader(schema)
    reader.refuse_problems()
    root = reader.shape(schema.root, reader.place(""))
    if not isinstance(root, Ref):
        raise refuse(reader.place(""), "an event must be one record", 'put the type into a "record"')
    records: dict[str, Record] = {}
    while reader.pending:
        node, at = reader.pending.popleft()
        records[node.name] = reader.record(node, at)
    return Model("avro", root.key, records), tuple(reader.findings)


def _written_as(shape: Shape) -> str:
    """How the JSON form writes it; what is written alike cannot be told apart when it is read."""
    match shape:
        case Null() | Boolean() | Whole() | Real():
            return type(shape).__name__
        case ListOf():
            return "array"
        case Ref() | MapOf():
            return "object"
    return "string"
