"""What does one schema object ask, in the words of draft 2020-12?

The drafts spell the same things differently (`items` lists, `dependencies`, boolean `exclusiveMinimum`); here they are
one form, so that the walk is written once. Annotations and keywords that the draft does not know are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple

from schemagate.compat.json_schema.data.values import TYPES, is_whole, key
from schemagate.schema.json_schema import Draft, JsonSchema, Place, UnresolvedReferenceError

__all__ = ["MalformedError", "Node", "Spot", "UnresolvedReferenceError", "conjuncts", "node", "top"]


class MalformedError(ValueError):
    """A keyword has a value that its draft does not allow; `pointer` leads to it."""

    def __init__(self, keyword: str, pointer: str) -> None:
        super().__init__(f"{keyword} has a value that is not allowed there")
        self.keyword, self.pointer = keyword, pointer


class UnknownDialectError(ValueError):
    """A subschema states another dialect than its document."""

    def __init__(self, pointer: str) -> None:
        super().__init__("a subschema states another $schema than its document")
        self.pointer = pointer


class Spot(NamedTuple):
    """A subschema of one of the two sides.

    `at` is the pointer to report: into the root document, also when the subschema was reached through a `$ref` into
    another one. `only` narrows the subschema to one type (a case that the walk looks at alone).
    """

    schema: JsonSchema
    place: Place
    at: str
    only: str = ""

    @property
    def key(self) -> Hashable:
        """What makes two spots the same one; a reference alone is where it leads, wherever it stands."""
        value = self.place.value
        alone = type(value) is dict and len(value) == 1 and isinstance(value.get("$ref"), str)
        if alone and self.schema.references is not None:
            return (id(self.schema), "$ref", value["$ref"], self.only)
        return (id(self.schema), self.place.document, self.place.pointer, self.only)

    def child(self, word: str, *token: str | int) -> Spot:
        """The subschema below a keyword: its value, or one member of the list or map that is its value."""
        return self.moved(self.schema.child(self.place, word, *token))

    def follow(self, reference: str) -> Spot:
        """The target of a `$ref` that stands here; raises UnresolvedReferenceError."""
        return self.moved(self.schema.follow(self.place, reference))

    def moved(self, place: Place) -> Spot:
        """Another place of the same side."""
        inside = place.document is self.place.document and self.at == self.place.pointer
        if not inside:
            inside = place.document == self.schema.top.document
        return Spot(self.schema, place, place.pointer if inside else self.at)


def top(schema: JsonSchema) -> Spot:
    """The root of one side."""
    return Spot(schema, schema.top, "")


@dataclass(slots=True, eq=False)
class Node:
    """One schema object: its keywords by their newest names, and `tokens`, where an older name leads to the value."""

    spot: Spot
    rules: dict[str, Any]
    tokens: dict[str, str] = field(default_factory=dict)

    def child(self, keyword: str, *tokens: str | int) -> Spot:
        """The subschema below a keyword."""
        return self.spot.child(self.tokens.get(keyword, keyword), *tokens)

    def at(self, keyword: str) -> str:
        """The pointer to report for a keyword: into the root document, as far as it leads."""
        if self.spot.place.document != self.spot.schema.top.document:
            return self.spot.at
        return f"{self.spot.at}/{self.tokens.get(keyword, keyword)}"


def _subschema(value: Any) -> bool:
    return isinstance(value, dict | bool)


def _number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _count(value: Any) -> bool:
    return _number(value) and value >= 0 and is_whole(value)


def _names(value: Any) -> bool:
    return isinstance(value, list) and set(map(type, value)) <= {str}


def _schemas(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0  # the members are looked at one by one


def _schema_map(value: Any) -> bool:
    return isinstance(value, dict)


def _name_lists(value: Any) -> bool:
    return isinstance(value, dict) and all(_names(item) for item in value.values())


def _types(value: Any) -> bool:
    if isinstance(value, str):
        return value in TYPES
    return isinstance(value, list) and bool(value) and all(isinstance(name, str) and name in TYPES for name in value)


_SHAPES: Final[dict[str, Callable[[Any], bool]]] = {
    "type": _types,
    "enum": lambda value: isinstance(value, list),
    "const": lambda value: True,  # noqa: ARG005 - any value may be the one
    "multipleOf": lambda value: _number(value) and value > 0,
    "pattern": lambda value: isinstance(value, str),
    "uniqueItems": lambda value: isinstance(value, bool),
    "required": _names,
    "properties": _schema_map,
    "patternProperties": _schema_map,
    "dependentSchemas": _schema_map,
    "dependentRequired": _name_lists,
    "$ref": lambda value: isinstance(value, str),
    "$dynamicRef": lambda value: isinstance(value, str),
    "$recursiveRef": lambda value: isinstance(value, str),
    "contentEncoding": lambda value: isinstance(value, str),
    "contentMediaType": lambda value: isinstance(value, str),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _number),
    **dict.fromkeys(
        ("minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains").split(), _count
    ),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _schemas),
    **dict.fromkeys(
        "items additionalProperties propertyNames contains not if then else"
        " unevaluatedItems unevaluatedProperties".split(),
        _subschema,
    ),
}

_ALWAYS: Final = frozenset(
    "type enum minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern items minItems"
    " maxItems uniqueItems minProperties maxProperties required properties patternProperties additionalProperties"
    " allOf anyOf oneOf not $ref dependencies".split()
)
_D6: Final = _ALWAYS | frozenset("const contains propertyNames".split())
_D7: Final = _D6 | frozenset("if then else".split())
_CONTENT: Final = frozenset({"contentEncoding", "contentMediaType"})  # up to draft 07 some validators assert them
_D2019: Final = _D7 | frozenset(
    "dependentRequired dependentSchemas minContains maxContains unevaluatedItems unevaluatedProperties"
    " $recursiveRef".split()
)
_KNOWN: Final = {
    Draft.D4: _ALWAYS,
    Draft.D6: _D6 | _CONTENT,
    Draft.D7: _D7 | _CONTENT,
    Draft.D2019: _D2019,
    Draft.D2020: (_D2019 | {"prefixItems", "$dynamicRef"}) - {"$recursiveRef"},
}
_IN_PLACE: Final = frozenset(
    "allOf anyOf oneOf if dependentSchemas dependencies $ref $dynamicRef $recursiveRef".split()
)
"""Keywords that may evaluate properties and items for the `unevaluated*` beside them, which without any of them says
what the `additional*` of the same object would say. `not` evaluates nothing; `then` and `else` need an `if`."""

_SPECIAL: Final = frozenset(
    "exclusiveMinimum exclusiveMaximum items dependencies unevaluatedProperties unevaluatedItems".split()
)
_CONSTANT: Final = frozenset({"const", "anyOf", "oneOf"})

NEVER: Final = "false"
"""The rule of a schema that accepts nothing."""


def node(spot: Spot) -> Node:
    """The node of a spot; raises MalformedError or UnknownDialectError."""
    value, draft = spot.place.value, spot.schema.draft
    if spot.only:
        return Node(spot, {"type": spot.only})
    if not isinstance(value, dict):
        if not isinstance(value, bool):
            raise MalformedError("a schema", spot.at)
        return Node(spot, {} if value else {NEVER: True})
    if "$ref" in value and draft.ref_hides_siblings:
        made = Node(spot, {"$ref": value["$ref"]})
    else:
        known = _KNOWN[draft]
        made = Node(spot, {word: content for word, content in value.items() if word in known})
        if not _SPECIAL.isdisjoint(made.rules):
            _modernise(made, value, draft)
    for word, content in made.rules.items():
        if word in _SHAPES and not _SHAPES[word](content):
            raise MalformedError(word, made.at(word))
    if "$schema" in value and spot.place.pointer and not _states(value["$schema"], draft):
        raise UnknownDialectError(spot.at)
    if not _CONSTANT.isdisjoint(made.rules):
        _collect_members(made)
    return made


def _states(dialect: Any, draft: Draft) -> bool:
    return isinstance(dialect, str) and dialect.rstrip("#") == draft.uri


def _modernise(made: Node, value: dict[str, Any], draft: Draft) -> None:
    rules = made.rules
    if draft is Draft.D4:
        _exclusive_bounds(made)
    if draft is not Draft.D2020 and "items" in rules:
        _list_items(made, value)
    if "dependencies" in rules and draft in (Draft.D4, Draft.D6, Draft.D7):
        _split_dependencies(made)  # in later drafts implementations differ about it; the walk calls it undecided
    if not (_IN_PLACE & value.keys()):
        for words, plain in (("unevaluatedProperties", "additionalProperties"), ("unevaluatedItems", "items")):
            if words in rules and (plain in rules or "contains" not in rules or plain != "items"):
                content = rules.pop(words)
                if plain not in rules:
                    rules[plain] = content
                    made.tokens[plain] = words


def _exclusive_bounds(made: Node) -> None:
    for bound in ("Minimum", "Maximum"):
        flag = made.rules.pop(f"exclusive{bound}", None)
        if flag is None:
            continue
        if not isinstance(flag, bool) or bound.lower() not in made.rules:
            raise MalformedError(f"exclusive{bound}", made.at(f"exclusive{bound}"))
        if flag:
            made.rules[f"exclusive{bound}"] = made.rules.pop(bound.lower())
            made.tokens[f"exclusive{bound}"] = bound.lower()


def _list_items(made: Node, value: dict[str, Any]) -> None:
    content = made.rules["items"]
    if not isinstance(content, list):
        return
    del made.rules["items"]
    if content:
        made.rules["prefixItems"] = content
        made.tokens["prefixItems"] = "items"
    if "additionalItems" in value:
        made.rules["items"] = value["additionalItems"]
        made.tokens["items"] = "additionalItems"


def _split_dependencies(made: Node) -> None:
    content = made.rules.pop("dependencies")
    if not isinstance(content, dict):
        raise MalformedError("dependencies", made.at("dependencies"))
    for words, wanted in (("dependentRequired", list), ("dependentSchemas", dict | bool)):
        part = {name: item for name, item in content.items() if isinstance(item, wanted)}
        if part:
            made.rules[words] = part
            made.tokens[words] = "dependencies"


_SILENT: Final = frozenset({"title", "description", "$comment", "examples", "default", "deprecated"})


def _collect_members(made: Node) -> None:
    """Write `anyOf` and `oneOf` of constants as the `enum` that they are, and `const` as a list of one."""
    rules = made.rules
    if "const" in rules and "enum" not in rules:
        rules["enum"] = [rules.pop("const")]
        made.tokens["enum"] = "const"
    for words in ("anyOf", "oneOf"):
        branches = rules.get(words)
        if branches is None or "enum" in rules or "const" in rules:
            continue
        members = _constants(branches, made.spot.schema.draft)
        if members is None or (words == "oneOf" and len({key(member) for member in members}) != len(members)):
            continue
        del rules[words]
        rules["enum"] = members
        made.tokens["enum"] = words


def _constants(branches: Iterable[Any], draft: Draft) -> list[Any] | None:
    found: list[Any] = []
    for branch in branches:
        if not isinstance(branch, dict) or branch.keys() - _SILENT not in ({"const"}, {"enum"}):
            return None
        if "const" in branch and draft is not Draft.D4:
            found.append(branch["const"])
        elif isinstance(branch.get("enum"), list):
            found.extend(branch["enum"])
        else:
            return None
    return found


def conjuncts(spot: Spot, *, unresolved: list[str] | None = None) -> list[Node]:
    """All schema objects that a value at `spot` must satisfy: the spot itself, its `allOf` and what its `$ref` names.

    With `unresolved` given, a reference that leads nowhere is left out and its pointer appended; otherwise it raises.
    """
    first = node(spot)
    if "allOf" not in first.rules and "$ref" not in first.rules:
        return [first]
    found: list[Node] = []
    seen: set[Hashable] = set()
    stack = [spot]
    while stack:
        here = stack.pop()
        if here.key in seen:
            continue
        seen.add(here.key)
        made = node(here)
        found.append(made)
        if "allOf" in made.rules:
            stack.extend(made.child("allOf", i) for i in reversed(range(len(made.rules["allOf"]))))
        if "$ref" in made.rules:
            try:
                stack.append(here.follow(made.rules["$ref"]))
            except UnresolvedReferenceError:
                if unresolved is None:
                    raise
                unresolved.append(made.at("$ref"))
    return found
