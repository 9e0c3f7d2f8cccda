"""What does a registry take a JSON Schema for?

The server reads every draft into one object model and compares only that. A schema becomes a node of one kind: what its
`type` says, or what its keywords speak of (`maxLength` makes a string, `required` an object). Keywords of several kinds
in one schema become an `allOf` of nodes, `type: [a, b]` an `anyOf`, and a reference what it leads to. If that is one
again, nobody looks behind it. `format`, `propertyNames` and `if`/`then`/`else` only make a schema a string,
an object or a condition: what they say is not compared.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cached_property
from itertools import chain, repeat
from typing import Any, Final, NamedTuple, NoReturn

from schemagate.compat.json_schema.registry.unchanged import Unchanged
from schemagate.errors import NoAnswer, SchemaError
from schemagate.schema import json_text
from schemagate.schema.json_schema import Draft, JsonSchema, Place
from schemagate.schema.json_words import words_of

Number = int | float | Decimal


class Kind(Enum):
    """What a node describes; nodes of different kinds are incompatible, whatever they hold."""

    ANY = "any"
    NEVER = "never"
    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"
    OBJECT = "object"
    ARRAY = "array"
    ENUM = "enum"
    CONST = "const"
    NOT = "not"
    COMBINED = "combined"
    CONDITION = "condition"
    REFERENCE = "reference"


class Branch(NamedTuple):
    """One member of a combined node; `key` is equal for members that say the same, `position` counts in the schema."""

    key: object
    position: int
    node: Node


@dataclass(eq=False)
class Node:
    """One schema, or the part of it that one kind of keyword makes up; equal only to itself.

    Only a whole schema is `annotated`: a part has no title. `parts` of a combined node are the places of its branches,
    or nodes where the branches exist in the model only; the one of a reference is the place that states it.
    """

    kind: Kind
    place: Place
    model: Model
    annotated: bool = False
    integer: bool = False
    criterion: str = ""
    stated: bool = False
    """A combination that stands in the schema under its criterion; the others exist in the model only."""
    parts: tuple[Place | Node, ...] = ()

    value: Mapping[str, Any] = field(init=False)
    """The keywords around this node; none for `true` and `false`."""
    _inner: dict[tuple[str | int, ...], Node] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.value = self.place.value if isinstance(self.place.value, dict) else {}

    @property
    def annotations(self) -> dict[str, object]:
        """What a whole schema says about itself, by the name of its change."""
        stated = {name: self.value[keyword] for name, keyword in self.model.annotations if keyword in self.value}
        if self.kind is Kind.REFERENCE and self.model.draft.ref_hides_siblings:
            stated = {name: value for name, value in stated.items() if name in ("TITLE", "DESCRIPTION")}
        return {name: frozen(value) for name, value in stated.items() if not self.model.is_lost(value)}

    @property
    def members(self) -> frozenset[object]:
        """The values of an enum."""
        value = self.value["enum"]
        return frozenset(map(frozen, value)) if isinstance(value, list) else self._malformed("enum", "a list")

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """The branches of a combined node, each different one once."""
        found: dict[object, Branch] = {}
        for position, part in enumerate(self.subschemas):
            key = part.words if isinstance(part, Node) else frozen(part.value, _WITHOUT_ORDER)
            if key not in found:
                found[key] = Branch(key, position, self.model.node(part))
        return tuple(found.values())

    @cached_property
    def subschemas(self) -> tuple[Place | Node, ...]:
        """The branches of a combined node as the server counts them: equal ones count each."""
        if not (self.model.modern and self.stated):
            return self.parts
        return tuple(chain.from_iterable(map(self.model.spilled, self.parts)))

    @property
    def words(self) -> object:
        """What parts of schemas share only if they say the same."""
        kinds = _KINDS[self.model.draft]
        own = {"type", self.kind.value, self.criterion, *(word for word in self.value if kinds.get(word) is self.kind)}
        whole = self.kind is Kind.COMBINED and not self.stated
        said = {word: value for word, value in self.value.items() if whole or word in own}
        return self.kind, self.criterion, self.stated, self.integer, frozen(said, _WITHOUT_ORDER)

    @property
    def behind(self) -> Node:
        """What the server compares when it looks at this node anew: a reference is followed once more."""
        return self.model.node(self.parts[0]) if self.kind is Kind.REFERENCE else self

    def inner(self, *tokens: str | int) -> Node:
        """The node of the subschema that keywords, names and indices lead to."""
        if tokens not in self._inner:
            self._inner[tokens] = self.model.below(self.place, tokens)
        return self._inner[tokens]

    def number(self, keyword: str) -> Number | None:
        """The number that a keyword states."""
        if keyword not in self.value:
            return None
        value = self.value[keyword]
        if isinstance(value, Number) and not isinstance(value, bool):
            return value
        return self._malformed(keyword, "a number")

    def text(self, keyword: str) -> str | None:
        """The string that a keyword states."""
        if keyword not in self.value:
            return None
        value = self.value[keyword]
        return value if isinstance(value, str) else self._malformed(keyword, "a string")

    def flag(self, keyword: str) -> bool:
        """The boolean that a keyword states; false where it is absent."""
        value = self.value.get(keyword, False)
        return value if isinstance(value, bool) else self._malformed(keyword, "true or false")

    def names(self, *keywords: str) -> frozenset[str]:
        """The list of names that one keyword, or a member of it, states."""
        value: Any = self.value
        for keyword in keywords:
            value = value.get(keyword, [])
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return frozenset(value)
        return self._malformed("/".join(keywords), "a list of names")

    def mapping(self, keyword: str) -> Mapping[str, Any]:
        """What a keyword states for names."""
        value = self.value.get(keyword, {})
        return value if isinstance(value, dict) else self._malformed(keyword, "an object")

    def has_default(self, *tokens: str) -> bool:
        """A subschema states a default itself; what its reference leads to does not count."""
        value = self.model.schema.child(self.place, *tokens).value
        if not isinstance(value, dict) or "default" not in value or self.model.is_lost(value["default"]):
            return False
        return not ("$ref" in value and self.model.draft.ref_hides_siblings)

    def says(self, kind: Kind, *tokens: str | int) -> bool:
        """A subschema is of a kind itself; what its reference leads to does not count."""
        node = self.inner(*tokens)
        return node.kind is kind and not self.model.refers(self.model.schema.child(self.place, *tokens))

    def _malformed(self, keyword: str, wanted: str) -> NoReturn:
        self.model.malformed(self.place, keyword, wanted)


class Budget:
    """How much may still be compared; some schemas are built to be compared for ever."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Count some work; raises NoAnswer when there was too much of it."""
        self.left -= steps
        if self.left < 0:
            raise NoAnswer("the schemas are too large to be compared")


class Model:
    """A whole schema as the registry takes it; makes each node once, when it is asked for."""

    def __init__(self, schema: JsonSchema, budget: Budget, unchanged: Unchanged) -> None:
        """`unchanged` knows both schemas that are compared."""
        self.schema = schema
        self.budget = budget
        self.unchanged = unchanged
        self.draft = schema.draft
        self.modern = schema.draft in (Draft.D2019, Draft.D2020)  # the server translates these into its older model
        self.bounded = "exclusiveMaximum" in schema.text or bool(schema.documents)
        """The keyword that can make the server fail where both sides have it occurs."""
        self.nulled = _NULL_CONSTANT.search(schema.text) is not None
        """What can make the server fail whatever the other side says occurs."""
        self._references, self._kinds = _REFERENCES[schema.draft], _KINDS[schema.draft]
        self.annotations = _ANNOTATIONS if self.modern else (("ID", schema.draft.id_keyword), *_ANNOTATIONS)
        """Keywords by the names of their changes; the translated drafts lose `$id`."""
        self._nodes: dict[tuple[str, str], Node] = {}
        self._leaves: dict[bytes | None, Node] = {}
        self._behind: dict[tuple[str, str], Node] = {}

    @property
    def top(self) -> Node:
        """The node of the root schema; raises NoAnswer for what the server cannot load: 2019-09 it reads as 2020-12."""
        if self.draft is Draft.D2019 and _LIST_OF_ITEMS.search(self.schema.text):
            for place in self.schema.subschemas():
                if isinstance(place.value, dict) and isinstance(place.value.get("items"), list):
                    raise NoAnswer("the server reads no list of items in 2019-09")
        return self.node(self.schema.top)

    def may_crash(self, other: Model) -> bool:
        """Comparing the two may make the server fail."""
        return (self.bounded and other.bounded) or self.nulled or other.nulled

    def node(self, part: Place | Node) -> Node:
        """The node of a place, behind its reference if it is one; raises SchemaError for what is no schema."""
        if isinstance(part, Node):
            return part
        key = part.document, part.pointer
        if key not in self._nodes:
            parts = self._parts(part)
            target = _lone_reference(parts)
            node = self._whole(part, parts) if target is None else self._referred(target)
            leaf = None if target is None else self._leaf(part.value)
            self._nodes[key] = node if leaf is None else self._leaves.setdefault(leaf, node)
        return self._nodes[key]

    def below(self, place: Place, tokens: tuple[str | int, ...]) -> Node:
        """The node of what keywords, names and indices lead to from a place."""
        value = place.value
        for token in tokens:
            value = value[token]
        known = self._leaves.get(self._leaf(value))
        return known or self.node(self.schema.child(place, *tokens))

    def spilled(self, part: Place | Node) -> Sequence[Place | Node]:
        """The branches that one stated branch makes: where it is of several kinds, the server's translation of the
        modern drafts spills these into the list around it."""
        parts = self._parts(part) if isinstance(part, Place) else []
        return parts if len(parts) > 1 else (part,)

    def refers(self, place: Place) -> bool:
        """A schema has a reference of its own."""
        return isinstance(place.value, dict) and not self._references.isdisjoint(place.value)

    def is_lost(self, annotation: object) -> bool:
        """The server's translation of the modern drafts reads a null as none."""
        return annotation is None and self.modern

    def malformed(self, place: Place, keyword: str, wanted: str) -> NoReturn:
        """Raise the SchemaError for a keyword whose value is of the wrong kind."""
        pointer = json_text.join(place.pointer, keyword) if keyword else place.pointer
        raise SchemaError(f"{pointer or 'the schema'} must be {wanted}", file=self.schema.file)

    def _leaf(self, value: Any) -> bytes | None:
        """The words of a schema without inner values; None for every other, and where a reference hangs on its place.

        It says the same everywhere: one node, so that one comparison serves them all.
        """
        if type(value) is not dict:
            return None
        for inner in value.values():
            if type(inner) is dict or type(inner) is list:
                return None
        if not self._references.isdisjoint(value) and self.schema.references is None:
            return None
        return words_of(value)

    def _referred(self, place: Place) -> Node:
        """The node of a place that a reference leads to: if it is a reference again, that is all that is seen of it."""
        passed: set[tuple[str, str]] = set()
        target: Place | None = place
        while target is not None:
            if (key := (target.document, target.pointer)) in passed:
                raise SchemaError(f"the $ref at {target.pointer or '/'} leads back to itself", file=self.schema.file)
            passed.add(key)
            target = _lone_reference(self._parts(target))
        if len(passed) == 1:
            return self.node(place)
        found = Node(Kind.REFERENCE, place, self, annotated=True, parts=(place,))
        return self._behind.setdefault((place.document, place.pointer), found)

    def _whole(self, place: Place, parts: Sequence[Place | Node]) -> Node:
        if len(parts) == 1 and isinstance(parts[0], Node):
            parts[0].annotated = True
            return parts[0]
        if parts:
            return Node(Kind.COMBINED, place, self, annotated=True, criterion="allOf", parts=tuple(parts))
        return Node(Kind.NEVER if place.value is False else Kind.ANY, place, self, annotated=True)

    def _parts(self, place: Place) -> list[Place | Node]:
        """What the keywords of a schema make up; nothing for one that says nothing. A lone place is a reference."""
        value = place.value
        if isinstance(value, bool):
            return []
        if not isinstance(value, dict):
            self.malformed(place, "", "an object, true or false")
        parts: list[Place | Node] = []
        if not self._references.isdisjoint(value):
            parts += self._references_of(place)
            if self.draft.ref_hides_siblings:
                return parts
        if not _STATED.isdisjoint(value):
            parts += self._stated(place)
        parts += self._typed(place)
        return parts

    def _references_of(self, place: Place) -> Iterator[Place]:
        for keyword in ("$ref", "$dynamicRef"):
            if keyword in place.value and keyword in self._references:
                reference = place.value[keyword]
                if not isinstance(reference, str):
                    self.malformed(place, keyword, "a string")
                yield self.schema.follow(place, reference)

    def _stated(self, place: Place) -> Iterator[Node]:
        value = place.value
        if "enum" in value:
            yield Node(Kind.ENUM, place, self)
        for criterion in ("allOf", "anyOf", "oneOf"):
            if criterion in value:
                branches = value[criterion]
                if not isinstance(branches, list) or not branches:
                    self.malformed(place, criterion, "a list of schemas")
                parts = tuple(self.schema.child(place, criterion, index) for index in range(len(branches)))
                yield Node(Kind.COMBINED, place, self, criterion=criterion, parts=parts, stated=True)
        if "not" in value:
            yield Node(Kind.NOT, place, self)
        if "const" in value and self.draft is not Draft.D4:
            yield Node(Kind.CONST, place, self)

    def _typed(self, place: Place) -> list[Node]:
        stated = place.value.get("type")
        types = stated if isinstance(stated, list) else [] if stated is None else [stated]
        nodes: list[Node] = []
        for name in types:
            if not isinstance(name, str) or name not in _TYPES:
                self._malformed_type(place)
            nodes.append(Node(_TYPES[name], place, self, integer=name == "integer"))
        told = [node.kind for node in nodes]
        if isinstance(stated, list):
            if not stated:
                self._malformed_type(place)
            nodes = [Node(Kind.COMBINED, place, self, criterion="anyOf", parts=tuple(nodes))]
        kinds = self._kinds
        spoken_of = [kinds[word] for word in place.value if word in kinds and self._says_something(place, word)]
        return nodes + [Node(kind, place, self) for kind in _IN_ORDER if kind in spoken_of and kind not in told]

    def _malformed_type(self, place: Place) -> NoReturn:
        self.malformed(place, "type", "one of the seven types, or a list of them")

    def _says_something(self, place: Place, keyword: str) -> bool:
        """The server's translation of the modern drafts drops an empty `properties`."""
        return not (self.modern and keyword in ("properties", "patternProperties") and not place.value[keyword])


def _lone_reference(parts: Sequence[Place | Node]) -> Place | None:
    """Where a schema leads that is a reference and nothing else."""
    return parts[0] if len(parts) == 1 and isinstance(parts[0], Place) else None


def frozen(value: Any, unordered: Container[str] = (), *, as_set: bool = False) -> object:
    """A hashable that is equal for values equal to the server: 1 is neither 1.0 nor true, members have no order.

    The lists under the `unordered` keys are taken for sets.
    """
    if isinstance(value, dict):
        members = []
        for key, member in value.items():
            members.append((key, frozen(member, unordered, as_set=key in unordered)))
        return ("object", frozenset(members))
    if isinstance(value, list):
        items = map(frozen, value, repeat(unordered))
        return ("set", frozenset(items)) if as_set else ("list", tuple(items))
    return (type(value) is bool, type(value) is int, value) if isinstance(value, Number) else value


_WITHOUT_ORDER: Final = frozenset("allOf anyOf oneOf enum required type".split())

_TYPES: Final = {
    "string": Kind.STRING,
    "number": Kind.NUMBER,
    "integer": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
    "null": Kind.NULL,
    "object": Kind.OBJECT,
    "array": Kind.ARRAY,
}


def _kinds(draft: Draft) -> dict[str, Kind]:
    """The keywords that make a schema without `type` one of a kind."""
    arrays = "items additionalItems minItems maxItems uniqueItems contains".split()
    objects = "properties required minProperties maxProperties patternProperties additionalProperties".split()
    strings = "minLength maxLength pattern".split()
    conditions: list[str] = []
    if draft is Draft.D4:
        arrays.remove("contains")
    else:
        objects.append("propertyNames")
    if draft in (Draft.D2019, Draft.D2020):
        arrays.remove("additionalItems")
        arrays += ["prefixItems", "unevaluatedItems"]
        objects += ["unevaluatedProperties", "dependentRequired", "dependentSchemas"]
        conditions.append("if")
    else:
        objects.append("dependencies")
        strings.append("format")
    if draft is Draft.D7:
        conditions += ["if", "then", "else"]
    return {
        **dict.fromkeys(arrays, Kind.ARRAY),
        **dict.fromkeys(objects, Kind.OBJECT),
        **dict.fromkeys("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split(), Kind.NUMBER),
        **dict.fromkeys(strings, Kind.STRING),
        **dict.fromkeys(conditions, Kind.CONDITION),
    }


_KINDS: Final = {draft: _kinds(draft) for draft in Draft}
_ANNOTATIONS: Final = (("TITLE", "title"), ("DESCRIPTION", "description"), ("DEFAULT", "default"))
_STATED: Final = frozenset({"enum", "allOf", "anyOf", "oneOf", "not", "const"})
_IN_ORDER: Final = (Kind.ARRAY, Kind.OBJECT, Kind.NUMBER, Kind.STRING, Kind.CONDITION)
_NULL_CONSTANT: Final = re.compile(r'"const"\s*:\s*null')
_LIST_OF_ITEMS: Final = re.compile(r'"items"\s*:\s*\[')
_REFERENCES: Final = {
    Draft.D4: frozenset({"$ref"}),
    Draft.D6: frozenset({"$ref"}),
    Draft.D7: frozenset({"$ref"}),
    Draft.D2019: frozenset({"$ref", "$dynamicRef"}),
    Draft.D2020: frozenset({"$ref", "$dynamicRef"}),
}
