"""Which shape does a JSON Schema describe?

What the shapes cannot say is refused with its place, never dropped: a model that accepts too much would be wrong
code. Annotations are dropped, unknown keywords too, with a note, as the drafts say.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NoReturn
from urllib.parse import unquote

from schemagate.findings import Finding
from schemagate.generate import names, patterns
from schemagate.generate.refusals import IMPORT_KEYWORD, INVALID_SCHEMA, NARROWER, WIDER, refuse, tell
from schemagate.generate.shape import (
    NULL,
    UNSET,
    Anything,
    Boolean,
    Choice,
    Field,
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
    Text,
    Value,
    Whole,
)
from schemagate.schema import json_schema
from schemagate.schema.json_schema import Draft, JsonSchema, UnresolvedReferenceError

MOST_LEVELS: Final = 60
"""Unnamed shapes inside each other, references included."""

MOST_SHAPES: Final = 20_000

_ANNOTATIONS: Final = frozenset(
    "$anchor $comment $defs $id $schema $vocabulary default definitions deprecated description examples id readOnly"
    " title writeOnly".split()
)
_UNCHECKED: Final = frozenset("format contentEncoding contentMediaType contentSchema".split())
_TYPES: Final = ("null", "boolean", "integer", "number", "string", "array", "object")
_OF_TYPE: Final = {
    "string": ("minLength", "maxLength", "pattern"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("items", "minItems", "maxItems"),
    "object": ("properties", "required", "additionalProperties"),
}
_OBJECT: Final = frozenset(_OF_TYPE["object"])
_CONSTRAINTS: Final = frozenset(keyword for keywords in _OF_TYPE.values() for keyword in keywords)
_APPLICATORS: Final = ("$ref", "anyOf", "oneOf", "enum", "const", "type")
_REFUSED: Final = frozenset(
    "$dynamicRef $recursiveRef allOf contains dependencies dependentRequired dependentSchemas else if maxContains"
    " maxProperties minContains minProperties not patternProperties prefixItems propertyNames then unevaluatedItems"
    " unevaluatedProperties uniqueItems additionalItems".split()
)
_HARMLESS: Final = {"uniqueItems": False, "minProperties": 0, "unevaluatedProperties": True, "unevaluatedItems": True}
_IMPORTS: Final = frozenset("customTypePath customBasePath javaType existingJavaType tsType".split())
_USE_TYPE: Final = 'state the "type"'


@dataclass
class _Reader:
    schema: JsonSchema
    findings: list[Finding] = field(default_factory=list)
    pending: deque[tuple[json_schema.Place, str, str]] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)
    shapes: int = 0
    level: int = 0

    def at(self, place: json_schema.Place) -> Place:
        """The place as findings and shapes name it."""
        file = unquote(place.document.removeprefix(json_schema.ROOT_URI))
        text = self.schema.text if place.document == self.schema.top.document else ""
        return Place(self.schema.file if text else file, text or "{}", place.pointer)

    def refuse(self, place: json_schema.Place, message: str, fix: str, *tokens: str | int) -> NoReturn:
        raise refuse(self.at(place).child(*tokens), message, fix)

    def invalid(self, place: json_schema.Place, keyword: str, wanted: str) -> NoReturn:
        raise refuse(self.at(place).child(keyword), f"{keyword} must be {wanted}", "correct it", INVALID_SCHEMA)

    # -- any schema --------------------------------------------------------------------------------------------------

    def shape(self, place: json_schema.Place, hint: str) -> Shape:
        self.shapes += 1
        self.level += 1
        if self.level > MOST_LEVELS or self.shapes > MOST_SHAPES:
            self.refuse(place, "the schema is nested too deeply, or too large", "split it into objects of their own")
        try:
            return self._shape(place, hint)
        finally:
            self.level -= 1

    def _shape(self, place: json_schema.Place, hint: str) -> Shape:
        value = place.value
        if value is True:
            return Anything()
        if value is False:
            self.refuse(place, "a value that may never be there", "remove it")
        if not isinstance(value, dict):
            raise refuse(self.at(place), "a schema is an object, true or false", "correct it", INVALID_SCHEMA)
        if "$ref" in value:
            return self._followed(place)
        self._look_over(place)
        for keyword in ("anyOf", "oneOf"):
            if keyword in value:
                return self._alternatives(place, keyword, hint)
        if "enum" in value or ("const" in value and self.schema.draft is not Draft.D4):
            return self._values(place, hint)
        return self._typed(place, hint)

    def _followed(self, place: json_schema.Place) -> Shape:
        reference = place.value["$ref"]
        if not isinstance(reference, str):
            self.invalid(place, "$ref", "a string")
        beside = set(place.value) - {"$ref"} - _ANNOTATIONS
        if beside and not self.schema.draft.ref_hides_siblings:
            self.refuse(place, f"{min(beside)} beside $ref", "move it into the schema that $ref leads to", min(beside))
        try:
            target = self.schema.follow(place, reference)
        except UnresolvedReferenceError as error:
            raise refuse(self.at(place).child("$ref"), error.message, "correct the $ref", INVALID_SCHEMA) from None
        name = target.pointer.rpartition("/")[2] or unquote(target.document.rpartition("/")[2]).partition(".")[0]
        return self.shape(target, names.pascal(name))

    def _look_over(self, place: json_schema.Place) -> None:
        for keyword, value in place.value.items():
            if keyword in _ANNOTATIONS or keyword in _CONSTRAINTS or keyword in _APPLICATORS:
                continue
            if keyword in _REFUSED:
                if _HARMLESS.get(keyword, UNSET) != value:
                    self.refuse(place, f"{keyword} is not supported yet", f"say it without {keyword}", keyword)
            elif keyword in _UNCHECKED:
                shown = f" {value}" if isinstance(value, str) and value.isidentifier() else ""
                self._note(place, keyword, f"{keyword}{shown} is not checked: the value stays as it is")
            elif keyword in _IMPORTS or keyword.startswith(("x-python-", "x-enum-")):
                at, message = self.at(place).child(keyword), "other tools import code because of this keyword"
                self.findings.append(tell(IMPORT_KEYWORD, at, message, "remove it"))
            else:
                self._note(place, keyword, "a keyword that no draft knows is ignored")

    def _note(self, place: json_schema.Place, keyword: str, message: str) -> None:
        fix = "nothing needs to be done, unless a check was meant"
        self.findings.append(tell(WIDER, self.at(place).child(keyword), message, fix))

    # -- by keyword --------------------------------------------------------------------------------------------------

    def _alternatives(self, place: json_schema.Place, keyword: str, hint: str) -> Shape:
        beside = (set(place.value) & (_CONSTRAINTS | set(_APPLICATORS))) - {keyword}
        if beside:
            self.refuse(place, f"{min(beside)} beside {keyword}", "move it into the branches", min(beside))
        branches = place.value[keyword]
        if not isinstance(branches, list) or not branches:
            self.invalid(place, keyword, "a list of schemas")
        shapes = [self.shape(self.schema.child(place, keyword, i), hint) for i, _ in enumerate(branches)]
        return self._choice(place, shapes, keyword)

    def _choice(self, place: json_schema.Place, shapes: list[Shape], keyword: str = "type") -> Shape:
        found: dict[str, Shape] = {}
        for shape in (branch for one in shapes for branch in (one.branches if isinstance(one, Choice) else (one,))):
            kind = kind_of(shape)
            known = found.get(kind)
            if isinstance(known, OneOf) and isinstance(shape, OneOf) and not set(known.values) & set(shape.values):
                shape = OneOf((*known.values, *shape.values), known.hint)  # noqa: PLW2901 - the two are one branch
            elif known is not None or (kind == "any" and len(shapes) > 1) or "any" in found:
                self.refuse(place, f"two branches of {keyword} that both take {kind}", "make them one", keyword)
            found[kind] = shape
        branches = tuple(found.values())
        return branches[0] if len(branches) == 1 else Choice(branches)

    def _values(self, place: json_schema.Place, hint: str) -> Shape:
        schema = place.value
        values = self._enumerated(place)
        if "const" in schema and self.schema.draft is not Draft.D4:
            constant = self._constant(place, schema["const"], "const")
            values = [v for v in values if same(v, constant)] if "enum" in schema else [constant]
        if "type" in schema:
            types = self._types(place)
            values = [v for v in values if any(_is_of(v, wanted) for wanted in types)]
        if beside := sorted(set(schema) & _CONSTRAINTS):
            self.refuse(place, f"{beside[0]} beside fixed values", f"remove {beside[0]}", beside[0])
        if not values:
            self.refuse(place, "no value is left that the schema accepts", "correct its values", "enum")
        by_kind: dict[str, list[Value]] = {}
        for value in values:
            by_kind.setdefault(_kind_of_value(value), []).append(value)
        shapes: list[Shape] = [NULL if kind == "null" else OneOf(tuple(group), hint) for kind, group in by_kind.items()]
        return shapes[0] if len(shapes) == 1 else Choice(tuple(shapes))

    def _enumerated(self, place: json_schema.Place) -> list[Value]:
        listed = place.value.get("enum", [])
        if not isinstance(listed, list):
            self.invalid(place, "enum", "a list")
        values: list[Value] = []
        for index, item in enumerate(listed):
            value = self._constant(place, item, "enum", index)
            if not any(same(value, known) for known in values):
                values.append(value)
        return values

    def _constant(self, place: json_schema.Place, value: Any, *tokens: str | int) -> Value:
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            return int(value)
        if value is not None and not isinstance(value, str | int):
            message = "a fixed value that is no string, integer, boolean or null"
            self.refuse(place, message, "describe it by type", *tokens)
        return value

    def _typed(self, place: json_schema.Place, hint: str) -> Shape:
        schema = place.value
        if "type" in schema:
            types = self._types(place)
            if "number" in types and "integer" in types:
                types.remove("integer")
            return self._choice(place, [self._of_type(place, one, hint) for one in types])
        stated = sorted(set(schema) & _CONSTRAINTS)
        if not stated:
            return Anything()
        if not set(stated) <= _OBJECT:
            self.refuse(place, f"{stated[0]} without a type allows every value of another type", _USE_TYPE, stated[0])
        message = "without a type the schema allows what is no object; the model does not"
        self.findings.append(tell(NARROWER, self.at(place), message, 'add "type": "object"'))
        return self._of_type(place, "object", hint)

    def _types(self, place: json_schema.Place) -> list[str]:
        stated = place.value["type"]
        types = [stated] if isinstance(stated, str) else stated
        if not isinstance(types, list) or not types or not all(isinstance(t, str) and t in _TYPES for t in types):
            self.invalid(place, "type", f"one or several of {', '.join(_TYPES)}")
        return list(dict.fromkeys(types))

    def _of_type(self, place: json_schema.Place, wanted: str, hint: str) -> Shape:
        makers: dict[str, Callable[[], Shape]] = {
            "null": Null,
            "boolean": Boolean,
            "string": lambda: self._text(place),
            "integer": lambda: self._whole(place),
            "number": lambda: self._real(place),
            "array": lambda: self._list(place, hint),
            "object": lambda: self._object(place, hint),
        }
        return makers[wanted]()

    # -- by type -----------------------------------------------------------------------------------------------------

    def _text(self, place: json_schema.Place) -> Text:
        pattern = place.value.get("pattern")
        if pattern is not None:
            if not isinstance(pattern, str):
                self.invalid(place, "pattern", "a string")
            try:
                pattern = patterns.translate(pattern)
            except patterns.UntranslatableError as error:
                self.refuse(place, f"the pattern cannot be translated: {error}", "use a simpler pattern", "pattern")
        return Text(*self._sizes(place, "minLength", "maxLength"), pattern)

    def _sizes(self, place: json_schema.Place, least: str, most: str) -> tuple[int | None, int | None]:
        low, high = self._size(place, least), self._size(place, most)
        if high is not None and (low or 0) > high:
            self.refuse(place, f"{least} is above {most}, nothing is left", "correct them", least)
        return low or None, high

    def _size(self, place: json_schema.Place, keyword: str) -> int | None:
        value = place.value.get(keyword)
        if isinstance(value, float) and value.is_integer() and self.schema.draft is not Draft.D4:
            value = int(value)
        if value is not None and (type(value) is not int or not 0 <= value < 2**31):
            self.invalid(place, keyword, "an integer from 0 on")
        return value

    def _bounds(self, place: json_schema.Place) -> Iterator[tuple[str, int | float | Decimal]]:
        """(ge | gt | le | lt, bound), draft 04's booleans translated."""
        for inclusive, exclusive, name in (
            ("minimum", "exclusiveMinimum", "g"),
            ("maximum", "exclusiveMaximum", "l"),
        ):
            bound, strict = place.value.get(inclusive), place.value.get(exclusive)
            if self.schema.draft is Draft.D4:
                if strict is not None and not isinstance(strict, bool):
                    self.invalid(place, exclusive, "true or false")
                bound, strict = (None, bound) if strict else (bound, None)
            if bound is not None:
                yield name + "e", self._number(place, inclusive, bound)
            if strict is not None:
                yield name + "t", self._number(place, exclusive, strict)

    def _number(self, place: json_schema.Place, keyword: str, value: Any) -> int | float | Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            self.invalid(place, keyword, "a number")
        return value

    def _whole(self, place: json_schema.Place) -> Whole:
        lows: list[int] = []
        highs: list[int] = []
        for name, bound in self._bounds(place):
            match name:
                case "ge":
                    lows.append(math.ceil(bound))
                case "gt":
                    lows.append(math.floor(bound) + 1)
                case "le":
                    highs.append(math.floor(bound))
                case _:
                    highs.append(math.ceil(bound) - 1)
        low, high = max(lows, default=None), min(highs, default=None)
        if low is not None and high is not None and low > high:
            self.refuse(place, "no integer is between these bounds", "correct them")
        return Whole(low, high, self._step(place), whole_floats=self.schema.draft is not Draft.D4)

    def _step(self, place: json_schema.Place) -> int | None:
        step = place.value.get("multipleOf")
        if isinstance(step, float) and step.is_integer():
            step = int(step)
        if step is not None and (type(step) is not int or step < 1):
            self.refuse(place, "multipleOf is supported for integers from 1 on", "remove it", "multipleOf")
        return step

    def _real(self, place: json_schema.Place) -> Real:
        if "multipleOf" in place.value:
            self.refuse(place, "multipleOf of a number is not supported yet", "remove it", "multipleOf")
        bounds: dict[str, float] = {}
        for name, bound in self._bounds(place):
            if isinstance(bound, Decimal) or float(bound) != bound:
                self.refuse(place, "a bound that no float holds", "round it")
            bounds[name] = float(bound)
        return Real(bounds.get("ge"), bounds.get("le"), bounds.get("gt"), bounds.get("lt"))

    def _list(self, place: json_schema.Place, hint: str) -> ListOf:
        items: Shape = Anything()
        if "items" in place.value:
            if isinstance(place.value["items"], list):
                self.refuse(place, "items by position are not supported yet", "use one schema for all", "items")
            items = self.shape(self.schema.child(place, "items"), hint + "Item")
        return ListOf(items, *self._sizes(place, "minItems", "maxItems"))

    def _object(self, place: json_schema.Place, hint: str) -> Shape:
        schema = place.value
        for keyword, wanted in (("properties", dict), ("required", list)):
            if not isinstance(schema.get(keyword, wanted()), wanted):
                self.invalid(place, keyword, "an object" if wanted is dict else "a list")
        closed = schema.get("additionalProperties") is False
        if not (schema.get("properties") or schema.get("required") or closed or place.pointer == ""):
            return MapOf(self._rest(place, hint) or Anything())
        key = f"{place.document}#{place.pointer}"
        if key not in self.seen:
            self.seen.add(key)
            self.pending.append((place, key, hint))
        return Ref(key)

    def record(self, place: json_schema.Place, key: str, hint: str) -> Record:
        properties, required = place.value.get("properties", {}), place.value.get("required", [])
        for index, name in enumerate(required):
            if not isinstance(name, str) or name not in properties:
                fix = "declare the property"
                self.refuse(place, "a required name that is no property is not supported yet", fix, "required", index)
        fields = tuple(self._field(place, name, name in required) for name in properties)
        return Record(key, hint, fields, self._rest(place, hint), self.at(place))

    def _field(self, place: json_schema.Place, name: str, required: bool) -> Field:
        below = self.schema.child(place, "properties", name)
        default = UNSET if required else self._default(below.value)
        return Field(name, self.shape(below, names.pascal(name)), required, self.at(below), default)

    def _default(self, schema: Any) -> Any:
        if not isinstance(schema, dict) or ("$ref" in schema and self.schema.draft.ref_hides_siblings):
            return UNSET
        return schema.get("default", UNSET)

    def _rest(self, place: json_schema.Place, hint: str) -> Shape | None:
        rest = place.value.get("additionalProperties", True)
        if rest is False:
            return None
        if rest is True:
            return Anything()
        if not isinstance(rest, dict):
            self.invalid(place, "additionalProperties", "a schema")
        return self.shape(self.schema.child(place, "additionalProperties"), hint + "Value")


def read(schema: JsonSchema, hint: str) -> tuple[Model, tuple[Finding, ...]]:
    """The shapes of an event's schema, whose own record is called `hint`; raises RefusedError."""
    reader = _Reader(schema)
    root = reader.shape(schema.top, hint)
    if not isinstance(root, Ref):
        reader.refuse(schema.top, "an event must be one object", 'describe an object with "properties"')
    records: dict[str, Record] = {}
    while reader.pending:
        place, key, name = reader.pending.popleft()
        records[key] = reader.record(place, key, name)
    return Model("json", root.key, records), tuple(reader.findings)


def kind_of(shape: Shape) -> str:
    """Which JSON values a shape takes: null, boolean, number, string, array, object, or any."""
    match shape:
        case OneOf(values=values):
            return _kind_of_value(values[0])
        case Null():
            return "null"
        case Boolean():
            return "boolean"
        case Whole() | Real():
            return "number"
        case ListOf():
            return "array"
        case Ref() | MapOf():
            return "object"
        case Anything():
            return "any"
        case _:
            return "string"


def same(left: Value, right: Value) -> bool:
    """JSON equality of two fixed values: true is not 1."""
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _kind_of_value(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int) else "string"


def _is_of(value: Value, wanted: str) -> bool:
    return _kind_of_value(value) == ("number" if wanted == "integer" else wanted)
