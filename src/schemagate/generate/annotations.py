"""Which annotation makes pydantic accept exactly what a shape says?

Parts that would not fit their line become aliases of the module, so that no annotation is ever broken in two places.
`Field` stands before validators in `Annotated`: behind one it becomes a slow Python function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from schemagate.generate import layout, literals, names
from schemagate.generate.layout import Code, Group, flat
from schemagate.generate.shape import (
    Anything,
    Boolean,
    Bytes,
    Choice,
    Digits,
    Field,
    ListOf,
    MapOf,
    Null,
    OneOf,
    Real,
    Ref,
    Shape,
    Special,
    Text,
    Value,
    Whole,
)

LONGEST_PART: Final = 48
LONGEST_UNION: Final = 60
LONGEST_ALIAS: Final = 22

_HOMES: Final = {
    "typing": frozenset("Annotated ClassVar Final Literal Self".split()),
    "pydantic": frozenset("BeforeValidator ConfigDict Field".split()),
    "decimal": frozenset({"Decimal"}),
}
RUNTIME: Final = (
    names.MODULE_NAMES
    - {"AVRO_SCHEMA", "EVENT", "Mapping", "SCHEMA", "SUBJECT", "VERSION", "classmethod", "dt", "read", "read_message"}
    - frozenset().union(*_HOMES.values())
)
"""What a module may import from `_runtime`."""


@dataclass
class Annotations:
    """The annotations of one module. `defined`: keys of the classes printed so far; later ones are quoted."""

    classes: Mapping[str, str]
    scope: names.Scope
    imports: dict[str, set[str]] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    defined: dict[str, None] = field(default_factory=dict)
    forward: bool = False

    def use(self, *wanted: str) -> None:
        """Import names that the module's text holds."""
        for name in wanted:
            home = next((home for home, offered in _HOMES.items() if name in offered), "._runtime")
            self.imports.setdefault(home, set()).add(name)

    def use_of(self, code: Code) -> None:
        """Import what a default calls."""
        if isinstance(code, Group):
            head = code.head.rpartition("=")[2].rpartition(": ")[2].removesuffix("(")
            if head in ("Decimal", "Field", "Uuid", "fresh"):
                self.use(head)
            if head.startswith("dt."):
                self.imports["datetime"] = {"dt"}
            for part in code.parts:
                self.use_of(part)
        elif code.startswith("Field("):
            self.use("Field")

    # -- shapes ------------------------------------------------------------------------------------------------------

    def of(self, shape: Shape, hint: str) -> Code:
        """The annotation of a shape; `hint` names aliases."""
        match shape:
            case Null():
                return "None"
            case Boolean():
                return "bool"
            case Ref(key=key):
                return self._class(key)
            case ListOf():
                return self._list(shape, hint)
            case MapOf(values=values):
                return Group("dict[", ("str", self.part(self.of(values, hint + "Value"), hint + "Value")), "]")
            case Choice(branches=branches):
                return self._union([self.of(branch, hint) for branch in branches], hint)
            case OneOf(values=values):
                return self._one_of(values, hint)
        return self._scalar(shape)

    def _class(self, key: str) -> str:
        if key in self.defined:
            return self.classes[key]
        self.forward = True
        return f'"{self.classes[key]}"'

    def _scalar(self, shape: Shape) -> Code:
        match shape:
            case Text():
                sizes = {"min_length": _printed(shape.min_length), "max_length": _printed(shape.max_length)}
                pattern = None if shape.pattern is None else literals.text(shape.pattern)
                return self._bounded("str", {**sizes, "pattern": pattern})
            case Whole(bits=None):
                return self._whole(shape)
            case Whole(bits=bits):
                return self._runtime(f"Int{bits}")
            case Real(finite=False):
                return self._runtime("Float32" if shape.bits == 32 else "Double")
            case Real():
                return self._bounded("float", _real_bounds(shape), "exact_float")
            case Bytes(size=size):
                return self._bounded("bytes", {"min_length": _printed(size), "max_length": _printed(size)})
            case Digits():
                self.use("Decimal")
                return self.annotated("Decimal", self._runtime(f"digits({shape.precision}, {shape.scale})", "digits"))
            case Special(kind=kind):
                return self._runtime(kind.value)
            case Anything():
                return self._runtime("Json")
        raise AssertionError(f"{type(shape).__name__} is no scalar")

    def _runtime(self, text: str, name: str | None = None) -> str:
        self.use(name or text)
        return text

    def _whole(self, shape: Whole) -> Code:
        bounds = {
            "ge": _printed(shape.lowest),
            "le": _printed(shape.highest),
            "multiple_of": _printed(shape.step),
        }
        return self._bounded("int", bounds, *(["whole_float"] if shape.whole_floats else []))

    def _list(self, shape: ListOf, hint: str) -> Code:
        items = self.part(self.of(shape.items, hint + "Item"), hint + "Item")
        sizes = {"min_length": _printed(shape.min_length), "max_length": _printed(shape.max_length)}
        return self._bounded(Group("list[", (items,), "]"), sizes)

    def _one_of(self, values: tuple[Value, ...], hint: str) -> Code:
        if set(values) == {True, False} and all(isinstance(value, bool) for value in values):
            return "bool"
        self.use("Literal")
        printed = tuple(literals.text(v) if isinstance(v, str) else str(v) for v in values)
        literal = Group("Literal[", printed, "]")
        if isinstance(values[0], str):
            return literal
        guard = "only_bool" if isinstance(values[0], bool) else "not_bool"
        return self.annotated(self.part(literal, hint), self._validator(guard))

    def _bounded(self, base: Code, bounds: Mapping[str, str | None], *validators: str) -> Code:
        stated = tuple(f"{name}={value}" for name, value in bounds.items() if value is not None)
        meta: list[Code] = []
        if stated:
            self.use("Field")
            meta.append(Group("Field(", stated, ")"))
        meta += [self._validator(name) for name in validators]
        return self.annotated(base, *meta) if meta else base

    def _validator(self, name: str) -> str:
        self.use("BeforeValidator", name)
        return f"BeforeValidator({name})"

    # -- parts -------------------------------------------------------------------------------------------------------

    def annotated(self, base: Code, *meta: Code) -> Group:
        """`Annotated[base, *meta]`, flattened where the base is annotated itself."""
        self.use("Annotated")
        if isinstance(base, Group) and base.head == "Annotated[":
            return Group("Annotated[", (base.parts[0], *meta, *base.parts[1:]), "]")
        return Group("Annotated[", (base, *meta), "]")

    def part(self, code: Code, hint: str) -> Code:
        """The code, or the alias that stands for it where it is too long to stand inside something else."""
        if isinstance(code, str) or layout.width(flat(code)) <= LONGEST_PART:
            return code
        return self.alias(code, hint)

    def alias(self, code: Code, hint: str) -> str:
        """A name of the module for an annotation."""
        name = self.scope.allocate(hint[:LONGEST_ALIAS])
        self.aliases += layout.lines(0, f"{name} = ", code)
        return name

    def _union(self, members: list[Code], hint: str) -> Code:
        if len(members) == 1:
            return members[0]
        members = sorted(members, key=lambda member: member == "None")
        parts = tuple(flat(self.part(member, hint)) for member in members)
        quoted = any(part.startswith('"') for part in parts)
        joined = " | ".join(part.strip('"') if quoted and part[0] == '"' else part for part in parts)
        if quoted:
            return literals.text(joined)
        if layout.width(joined) <= LONGEST_UNION:
            return joined
        name = self.scope.allocate(hint[:LONGEST_ALIAS])
        self.aliases += layout.alternatives(name, parts)
        return name

    def field(self, one: Field, name: str, hint: str, *, absent_is_none: bool) -> Code:
        """The annotation of a field with its alias; `absent_is_none`: None stands for a key that is not there."""
        code = self.of(one.shape, hint)
        meta: list[Code] = []
        if name != one.name:
            self.use("Field")
            meta.append(Group("Field(", (f"alias={literals.text(one.name)}",), ")"))
        if absent_is_none:
            code = self._union([code, "None"], hint)
            return self.annotated(code, *meta, self._validator("not_null"))
        return self.annotated(code, *meta) if meta else code


def _printed(bound: int | None) -> str | None:
    return None if bound is None else literals.number(bound)


def _real_bounds(shape: Real) -> dict[str, str | None]:
    bounds = {"ge": shape.ge, "gt": shape.gt, "le": shape.le, "lt": shape.lt}
    return {name: None if value is None else literals.number(value) for name, value in bounds.items()}
