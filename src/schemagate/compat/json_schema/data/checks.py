"""Does a value satisfy a schema, as far as own rules can tell? True, False, or None for "cannot say".

A quick judge for scalars; what it says steers the search and proves finite value sets. Events are confirmed elsewhere,
by real validators.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final

from schemagate.compat.json_schema.data.budget import Steps
from schemagate.compat.json_schema.data.nodes import (
    NEVER,
    MalformedError,
    Node,
    Spot,
    UnresolvedReferenceError,
    conjuncts,
)
from schemagate.compat.json_schema.data.patterns import NotPortableError, matches
from schemagate.compat.json_schema.data.values import NUMERIC, exact, key, kind, kinds_of


class Nodes:
    """Reads every schema object once, and counts the work."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.unresolved: list[str] = []
        self._read: dict[Hashable, list[Node]] = {}
        self._incomplete: dict[Hashable, list[Node]] = {}
        self._members: dict[int, frozenset[Hashable]] = {}

    def of(self, spot: Spot, *, lenient: bool = False) -> list[Node]:
        """The conjuncts of a spot; `lenient` leaves out references that lead nowhere (right for a writer, whose
        promises may be ignored) and notes them."""
        spot_key = spot.key
        found = self._read.get(spot_key)
        if found is not None:
            return found
        if lenient and spot_key in self._incomplete:
            return self._incomplete[spot_key]
        self.steps.take()
        try:
            found = self._read[spot_key] = conjuncts(spot)
        except UnresolvedReferenceError:
            if not lenient:
                raise
            found = self._incomplete[spot_key] = conjuncts(spot, unresolved=self.unresolved)
        self.steps.take(len(found))
        return found

    def members(self, node: Node) -> frozenset[Hashable]:
        """The keys of a node's `enum`."""
        found = self._members.get(id(node))
        if found is None:
            found = self._members[id(node)] = frozenset(key(member) for member in node.rules["enum"])
        return found

    def accepts(self, spot: Spot, value: Any) -> bool | None:
        """Whether a value satisfies a spot."""
        try:
            nodes = self.of(spot)
        except (UnresolvedReferenceError, MalformedError):
            return None
        return every(self.satisfies(node, value) for node in nodes)

    def satisfies(self, node: Node, value: Any) -> bool | None:
        """Whether a value satisfies one node."""
        return every(self.check(node, word, value) for word in node.rules)

    def check(self, node: Node, word: str, value: Any) -> bool | None:
        """Whether a value satisfies one keyword of a node."""
        self.steps.take()
        if word == "enum":
            return key(value) in self.members(node)
        if word in _COMBINATIONS:
            return _COMBINATIONS[word](self, node, value)
        family, test = _TESTS.get(word, (None, None))
        if test is None or family is None:
            return None
        return test(node, value) if kind(value) in family else True


def every(answers: Any) -> bool | None:
    """Three-valued and."""
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result


def _any_of(nodes: Nodes, node: Node, value: Any) -> bool | None:
    unsure = False
    for index in range(len(node.rules["anyOf"])):
        answer = nodes.accepts(node.child("anyOf", index), value)
        if answer:
            return True
        unsure = unsure or answer is None
    return None if unsure else False


def _one_of(nodes: Nodes, node: Node, value: Any) -> bool | None:
    taken, unsure = 0, False
    for index in range(len(node.rules["oneOf"])):
        answer = nodes.accepts(node.child("oneOf", index), value)
        taken += answer is True
        unsure = unsure or answer is None
        if taken > 1:
            return False
    return None if unsure else taken == 1


def _not(nodes: Nodes, node: Node, value: Any) -> bool | None:
    answer = nodes.accepts(node.child("not"), value)
    return None if answer is None else not answer


def _if(nodes: Nodes, node: Node, value: Any) -> bool | None:
    answer = nodes.accepts(node.child("if"), value)
    if answer is None:
        return None
    word = "then" if answer else "else"
    return nodes.accepts(node.child(word), value) if word in node.rules else True


def _settled(nodes: Nodes, node: Node, value: Any) -> bool | None:  # noqa: ARG001 - one shape for the table
    return True  # looked at elsewhere: by `conjuncts`, or together with `if`


_COMBINATIONS: Final[dict[str, Callable[[Nodes, Node, Any], bool | None]]] = {
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
    **dict.fromkeys(("then", "else", "allOf", "$ref"), _settled),
}


def _matches(node: Node, value: str) -> bool | None:
    try:
        return matches(node.rules["pattern"], value)
    except NotPortableError:
        return None


def _multiple(node: Node, value: Any) -> bool:
    return (exact(value) / exact(node.rules["multipleOf"])).denominator == 1


def _has_required(node: Node, value: dict[str, Any]) -> bool:
    return all(name in value for name in node.rules["required"])


_STRING: Final = frozenset({"string"})
_ARRAY: Final = frozenset({"array"})
_OBJECT: Final = frozenset({"object"})
_EVERYTHING: Final = NUMERIC | _STRING | _ARRAY | _OBJECT | {"null", "boolean"}

_TESTS: Final[dict[str, tuple[frozenset[str], Callable[[Node, Any], bool | None]]]] = {
    NEVER: (_EVERYTHING, lambda _node, _value: False),
    "type": (_EVERYTHING, lambda node, value: kind(value) in kinds_of(node.rules["type"], node.spot.schema.draft)),
    "const": (_EVERYTHING, lambda node, value: key(value) == key(node.rules["const"])),
    "minimum": (NUMERIC, lambda node, value: exact(value) >= exact(node.rules["minimum"])),
    "maximum": (NUMERIC, lambda node, value: exact(value) <= exact(node.rules["maximum"])),
    "exclusiveMinimum": (NUMERIC, lambda node, value: exact(value) > exact(node.rules["exclusiveMinimum"])),
    "exclusiveMaximum": (NUMERIC, lambda node, value: exact(value) < exact(node.rules["exclusiveMaximum"])),
    "multipleOf": (NUMERIC, _multiple),
    "minLength": (_STRING, lambda node, value: len(value) >= node.rules["minLength"]),
    "maxLength": (_STRING, lambda node, value: len(value) <= node.rules["maxLength"]),
    "pattern": (_STRING, _matches),
    "minItems": (_ARRAY, lambda node, value: len(value) >= node.rules["minItems"]),
    "maxItems": (_ARRAY, lambda node, value: len(value) <= node.rules["maxItems"]),
    "minProperties": (_OBJECT, lambda node, value: len(value) >= node.rules["minProperties"]),
    "maxProperties": (_OBJECT, lambda node, value: len(value) <= node.rules["maxProperties"]),
    "required": (_OBJECT, _has_required),
    **dict.fromkeys(
        "uniqueItems prefixItems items contains minContains maxContains unevaluatedItems".split(),
        (_ARRAY, lambda node, value: None if value or "contains" in node.rules else True),
    ),
    **dict.fromkeys(
        (
            "properties patternProperties additionalProperties propertyNames dependentRequired dependentSchemas"
            " unevaluatedProperties dependencies"
        ).split(),
        (_OBJECT, lambda _node, value: None if value else True),
    ),
}
