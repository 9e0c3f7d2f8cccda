"""Which text, put into the new schema, repairs a finding? Only where the repair is mechanical.

`replacement` looks at the JSON values of both texts and at the places of a finding; Protobuf, which is no JSON, has
`compat.protobuf.repair`. A test puts every replacement of every fixture into its schema, and the finding is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from schemagate.findings import Finding, Replacement
from schemagate.schema import json_text
from schemagate.schema.parsing import Parsed

_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two schemas as a JSON value, and the finding's place in it."""

    root: Any
    pointer: str

    def at(self, *further: str) -> Any:
        """The value at the place, or further in; _NOTHING where it does not exist."""
        value = self.root
        for token in (*json_text.unescape(self.pointer), *further):
            if isinstance(value, dict) and token in value:
                value = value[token]
            elif isinstance(value, list) and token.isdigit() and int(token) < len(value):
                value = value[int(token)]
            else:
                return _NOTHING
        return value

    def keyword(self, word: str) -> Any:
        """The value of a keyword, whether the place is the keyword or what carries it."""
        return self.at() if self.last == word else self.at(word)

    def of(self, word: str) -> str:
        """The pointer of a keyword, likewise."""
        return self.pointer if self.last == word else json_text.join(self.pointer, word)

    def carrier(self, word: str) -> _Side:
        """What carries a keyword, likewise."""
        return self.parent if self.last == word else self

    @property
    def last(self) -> str:
        """The last token."""
        return self.pointer.rpartition("/")[2]

    @property
    def parent(self) -> _Side:
        """The value around the place."""
        return _Side(self.root, self.pointer.rpartition("/")[0])


@dataclass(frozen=True, slots=True)
class _Case:
    """A finding with both sides; `new_reads` tells whether the new schema is the reader."""

    finding: Finding
    new: _Side
    old: _Side
    new_reads: bool


def of_schemas(finding: Finding, new: Parsed, old: Parsed, *, new_is_reader: bool) -> Replacement | None:
    """What to put where, for a finding on a pair of schemas of one format."""
    from schemagate.schema.json_schema import JsonSchema

    if isinstance(new, JsonSchema) and isinstance(old, JsonSchema):
        return replacement(finding, new.root, old.root, new_is_reader=new_is_reader)
    from schemagate.schema.avro import AvroSchema

    if isinstance(new, AvroSchema) and isinstance(old, AvroSchema):
        return replacement(finding, new.raw, old.raw, new_is_reader=new_is_reader)
    from schemagate.compat.protobuf import repair
    from schemagate.schema.protobuf.nodes import ProtobufSchema

    if isinstance(new, ProtobufSchema) and isinstance(old, ProtobufSchema):
        return repair.replacement(finding, new, old, new_is_reader=new_is_reader)
    return None


def replacement(finding: Finding, new: Any, old: Any, *, new_is_reader: bool) -> Replacement | None:
    """What to put where, for a finding on a pair of JSON values; None where no text alone repairs it.

    The pointer leads to what is replaced, to what is added (its parent exists), or with `/-` at the end of a list.
    """
    make = _REPAIRS.get(finding.rule)
    if make is None:
        return None
    writer = finding.writer_path or ""
    places = (finding.path, writer) if new_is_reader else (writer, finding.path)
    return make(_Case(finding, _Side(new, places[0]), _Side(old, places[1]), new_is_reader))


def _field(case: _Case) -> Replacement | None:
    """A default for the new field, or the old field back in its record; after a rename the alias, and nothing else."""
    if not case.new_reads:
        field, fields = case.old.at(), case.new.at("fields")
        if not isinstance(fields, list) or not isinstance(field, dict) or not _is_plain(field.get("type")):
            return None
        answers_to = {alias for each in fields for alias in each.get("aliases", ())}
        return None if field["name"] in answers_to else Replacement(case.new.pointer + "/fields/-", field)
    field = case.new.at()
    if not (isinstance(field, dict) and "type" in field):
        return None
    if (alias := _renamed(case)) is not None:
        return alias
    branches = field["type"] if isinstance(field["type"], list) else [field["type"]]
    nullable = ["null", *(branch for branch in branches if branch != "null")]
    return Replacement(case.new.pointer, {**field, "type": nullable, "default": None})


def _is_plain(type_: Any) -> bool:
    """A type that needs no definition: primitives, and lists, maps and unions of them."""
    from schemagate.schema.avro.nodes import PRIMITIVES  # a break in JSON needs no Avro

    match type_:
        case str():
            return type_ in PRIMITIVES
        case list():
            return all(map(_is_plain, type_))
        case {"type": "array", "items": inner} | {"type": "map", "values": inner}:
            return _is_plain(inner)
        case {"type": str() as kind}:
            return kind in PRIMITIVES
    return False


def _old_type(case: _Case) -> Replacement | None:
    old = case.old.at()
    return Replacement(case.new.pointer, old) if case.new.at() is not _NOTHING and _is_plain(old) else None


def _name(case: _Case) -> Replacement | None:
    """An alias where the new schema reads; where it writes the old name, if nothing else in the text says the new."""
    old, new = case.old.carrier("name"), case.new.carrier("name")
    before, now = _full_name(old), _full_name(new)
    if before is None or now is None:
        return None
    (old_space, _, old_name), (new_space, _, _) = before.rpartition("."), now.rpartition(".")
    if case.new_reads:
        if old_space != new_space and not old_space:
            return None  # an alias without a dot is taken for one of the new namespace
        known = new.at("aliases")
        alias = old_name if old_space == new_space else before
        return Replacement(new.pointer + "/aliases", [*(known if isinstance(known, list) else []), alias])
    written = new.at("name")
    if old_space != new_space or sum(_uses(new.root, name) for name in {written, now}) > 1:
        return None
    return Replacement(new.pointer + "/name", before if "." in written else old_name)


def _full_name(side: _Side) -> str | None:
    """The name of the type at a place with its namespace, which may be that of a type around it."""
    found, space = None, ""
    tokens = json_text.unescape(side.pointer)
    for length in range(len(tokens) + 1):
        value = _Side(side.root, json_text.join("", *tokens[:length])).at()
        found = None
        if not isinstance(value, dict) or value.get("type") not in ("record", "error", "enum", "fixed"):
            continue
        name = str(value.get("name"))
        space = name.rpartition(".")[0] if "." in name else str(value.get("namespace", space))
        found = f"{space}.{name.rpartition('.')[2]}".removeprefix(".")
    return found


def _renamed(case: _Case) -> Replacement | None:
    """An alias for the field where the new schema reads, its old name where it writes."""
    one, others = (case.new, case.old) if case.new_reads else (case.old, case.new)
    record, fields = one.parent.parent, others.at("fields")
    field = one.at()
    if not isinstance(fields, list) or not isinstance(field, dict) or not isinstance(record.at("fields"), list):
        return None
    taken = {name for each in record.at("fields") for name in (each["name"], *each.get("aliases", ()))}
    gone = [at for at, each in enumerate(fields) if each["name"] not in taken and each["type"] == field["type"]]
    if len(gone) != 1:
        return None
    (at,) = gone
    if case.new_reads:
        return Replacement(case.new.pointer + "/aliases", [*field.get("aliases", ()), fields[at]["name"]])
    kept = [alias for alias in fields[at].get("aliases", ()) if alias != field["name"]]
    back = {**fields[at], "name": field["name"], "aliases": kept}
    return Replacement(f"{case.new.pointer}/fields/{at}", back if kept else _without(back, "aliases"))


def _default_first(case: _Case) -> Replacement | None:
    """The union with the branch of its default in front."""
    union, default = case.new.parent.at("type"), case.new.at()
    if not case.new_reads or not isinstance(union, list):
        return None
    fitting = [branch for branch in union if _takes(branch, default)]
    if not fitting or fitting[0] == union[0]:
        return None
    rest = [branch for branch in union if branch is not fitting[0]]
    return Replacement(case.new.parent.pointer + "/type", [fitting[0], *rest])


def _takes(branch: Any, value: Any) -> bool:
    """A default of this kind is plainly one of the branch's."""
    kind = branch.get("type") if isinstance(branch, dict) else branch
    match value:
        case None:
            return kind == "null"
        case bool():
            return kind == "boolean"
        case str():
            return kind == "string"
        case int():
            return kind in ("int", "long")
        case list():
            return kind == "array"
    return False


def _without(value: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: each for name, each in value.items() if name != key}


def _mentions(value: Any, key: str) -> bool:
    if isinstance(value, dict):
        return key in value or any(_mentions(each, key) for each in value.values())
    return isinstance(value, list) and any(_mentions(each, key) for each in value)


def _uses(value: Any, text: str) -> int:
    if isinstance(value, dict):
        return sum(_uses(each, text) for each in value.values())
    if isinstance(value, list):
        return sum(_uses(each, text) for each in value)
    return int(value == text)


def _members(word: str) -> Callable[[_Case], Replacement | None]:
    """A list of allowed values: the old ones as well where the new schema reads, no others where it writes."""

    def repair(case: _Case) -> Replacement | None:
        new, old = case.new.keyword(word), case.old.keyword(word)
        if not isinstance(old, list) or not isinstance(new, list):
            return _keyword(word)(case)
        if case.new_reads:
            members = [*new, *(each for each in old if each not in new)]
        else:
            members = [each for each in new if each in old]
        return Replacement(case.new.of(word), members) if members else None

    return repair


def _keyword(word: str = "") -> Callable[[_Case], Replacement | None]:
    """The old value of a keyword again; by default of the one that the reader's place ends with."""

    def repair(case: _Case) -> Replacement | None:
        name = word or case.finding.path.rpartition("/")[2]
        old = case.old.keyword(name)
        carrier = case.new.carrier(name)
        if old is _NOTHING or not isinstance(carrier.at(), dict):
            return None
        if any(isinstance(carrier.at(each), bool) for each in ("exclusiveMinimum", "exclusiveMaximum")):
            return None  # draft 04: two keywords are one bound
        return Replacement(case.new.of(name), old)

    return repair


def _required(case: _Case) -> Replacement | None:
    """The name in `required`, or out of it."""
    reads = case.new if case.new_reads else case.old
    names = reads.keyword("required")
    path = case.finding.stable_path
    fitting = [name for name in names if path == name or path.endswith(f".{name}")] if isinstance(names, list) else []
    if not fitting:
        return None
    name = max(fitting, key=len)
    now = case.new.keyword("required")
    listed = list(now) if isinstance(now, list) else []
    wanted = [each for each in listed if each != name] if case.new_reads else [*listed, name]
    if isinstance(before := case.old.keyword("required"), list) and sorted(before) == sorted(wanted):
        wanted = before  # the same names, in the order that people know
    return Replacement(case.new.of("required"), wanted) if wanted else None


def _forgotten(case: _Case) -> Replacement | None:
    """The property as the old schema has it, where the new one writes and does not declare it any more."""
    if case.new_reads:
        return None  # closing the object, a FORWARD level and a promise of the producers are other ways out
    return _property(case.new, json_text.unescape(case.old.pointer)[-1], case.old.at())


def _refused(case: _Case) -> Replacement | None:
    """The property again where the new schema reads; the object without it where it writes."""
    writes = case.old if case.new_reads else case.new
    properties = writes.parent
    if properties.last != "properties":
        return None
    name = json_text.unescape(writes.pointer)[-1]
    if case.new_reads:
        closed, is_keyword = case.new.parent, case.new.last == "additionalProperties"
        if closed.last == "properties" and is_keyword:
            return None  # a property may be called like that
        return _property(closed if is_keyword else closed.parent, name, writes.at())
    required = properties.parent.at("required")
    if isinstance(required, list) and name in required:
        return None  # then no event is left
    return Replacement(properties.pointer, _without(properties.at(), name))


def _property(side: _Side, name: str, schema: Any) -> Replacement | None:
    """A property for an object; only one that says all by itself."""
    if not isinstance(side.at(), dict) or _mentions(schema, "$ref"):
        return None
    if isinstance(side.at("properties"), dict):
        return Replacement(json_text.join(side.pointer, "properties", name), schema)
    return Replacement(json_text.join(side.pointer, "properties"), {name: schema})


def _branch(case: _Case) -> Replacement | None:
    """The old branch again where the new schema reads, the union without the new one where it writes."""
    branch = case.old.at() if case.new_reads else case.new.at()
    if not case.new_reads:
        union = case.new.parent.at()
        rest = [each for each in union if each != branch] if isinstance(union, list) else []
        return Replacement(case.new.parent.pointer, rest) if rest else None
    if not _is_plain(branch) or isinstance(branch, list):
        return None
    if isinstance(case.new.at(), list):
        return Replacement(case.new.pointer + "/-", branch)
    return None if case.new.at() is _NOTHING else Replacement(case.new.pointer, [case.new.at(), branch])


def _decimal(case: _Case) -> Replacement | None:
    new, old = case.new.at(), case.old.at()
    if not (isinstance(new, dict) and isinstance(old, dict)):
        return None
    kept = {key: value for key, value in new.items() if key not in ("precision", "scale")}
    return Replacement(case.new.pointer, {**kept, **{key: old[key] for key in ("precision", "scale") if key in old}})


def _open(case: _Case) -> Replacement | None:
    """What the old object said of undeclared properties."""
    old = case.old.keyword("additionalProperties")
    return Replacement(case.new.of("additionalProperties"), True if old is _NOTHING else old)


_REPAIRS: Final[dict[str, Callable[[_Case], Replacement | None]]] = {
    "SG-AVRO-101": _field,
    "SG-AVRO-102": _old_type,
    "SG-AVRO-103": _name,
    "SG-AVRO-104": _members("symbols"),
    "SG-AVRO-105": _keyword("size"),
    "SG-AVRO-106": _branch,
    "SG-AVRO-107": _decimal,
    "SG-AVRO-205": _renamed,
    "SG-AVRO-304": _default_first,
    "SG-JSON-101": _required,
    "SG-JSON-103": _members("enum"),
    "SG-JSON-108": _forgotten,
    "SG-JSON-109": _refused,
    "SG-JSON-110": _open,
    "SG-JSON-203": _keyword("$schema"),
    **{f"SG-JSON-{number}": _keyword() for number in (102, 104, 105, 106, 107, 111, 120, 201, 202)},
}

MECHANICAL: Final = frozenset(_REPAIRS)
"""The rules whose findings may come with a replacement."""
