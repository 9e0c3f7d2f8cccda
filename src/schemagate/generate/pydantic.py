"""Which Python module is one version of an event? Shapes in, the text of the module without its header out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from schemagate.generate import layout, literals, names
from schemagate.generate.annotations import Annotations
from schemagate.generate.defaults import Defaults, UnfitError
from schemagate.generate.layout import Code, Group, flat
from schemagate.generate.refusals import CANNOT_EXPRESS, refuse
from schemagate.generate.shape import (
    NULL,
    UNSET,
    Anything,
    Choice,
    Field,
    ListOf,
    MapOf,
    Model,
    OneOf,
    Record,
    Ref,
    Shape,
    without_null,
)

_SOURCES: Final = {"json": "JSON Schema", "avro": "Avro"}


@dataclass(frozen=True, slots=True)
class Module:
    """What a module says beside its models. `avro`: the schema of its Avro codec, None where there is none."""

    event: str
    version: int
    subject: str
    schema: str
    avro: str | None
    wire: Literal["json", "avro"]


def class_name(event: str, version: int) -> str:
    """The event's own class: `AssessmentAssignedV1`."""
    return f"{names.pascal(event, 'Event')[: names.LONGEST - 6]}V{version}"


def render(model: Model, module: Module) -> str:
    """The module's text; raises RefusedError for a default that cannot be written."""
    return _Printer(model, module).text()


class _Printer:
    def __init__(self, model: Model, module: Module) -> None:
        self.model = model
        self.module = module
        scope = names.Scope(names.RESERVED_CLASSES, fold_case=True)
        self.classes = _class_names(model, class_name(module.event, module.version), scope)
        taken = set(self.classes.values())
        self.attributes = {
            key: names.attributes((field.name for field in record.fields), taken)
            for key, record in model.records.items()
        }
        # Aliases share the module with classes and must not hide an attribute's annotation.
        used = {name for of_record in self.attributes.values() for name in of_record.values()}
        alias_scope = names.Scope(names.RESERVED_CLASSES | taken | used, fold_case=False)
        self.annotations = Annotations(self.classes, alias_scope)
        self.defaults = Defaults(model, self.classes, self.attributes, self.annotations.defined)

    def text(self) -> str:
        """Docstring, imports, constants, classes."""
        body: list[str] = []
        for record in _dependency_order(self.model):
            printed = self._class(record)
            if self.annotations.aliases:
                body += ["", "", *self.annotations.aliases]
                self.annotations.aliases.clear()
            body += ["", "", *printed]
        if self.annotations.forward:
            body += ["", ""]
            body += [f"{self.classes[record.key]}.model_rebuild()" for record in _dependency_order(self.model)]
        self.annotations.use("ClassVar", "Codec", "Event", "Final")
        head = [self._docstring(), "", *_imports(self.annotations.imports), "", *self._constants()]
        return "\n".join([*head, *body]) + "\n"

    def _docstring(self) -> str:
        event = self.module.event if re.fullmatch(r"[A-Za-z0-9_.-]{1,50}", self.module.event) else "An event"
        return f'"""{event}, version {self.module.version}, from {_SOURCES[self.model.source]}."""'

    def _constants(self) -> Iterator[str]:
        yield from layout.assigned_text("EVENT: Final", literals.text(self.module.event))
        yield f"VERSION: Final = {literals.number(self.module.version)}"
        yield from layout.assigned_text("SUBJECT: Final", literals.text(self.module.subject))
        yield from layout.assigned_text("SCHEMA: Final", literals.text(self.module.schema))
        if self.module.avro == self.module.schema:
            yield "AVRO_SCHEMA: Final = SCHEMA"
        elif self.module.avro is not None:
            yield from layout.assigned_text("AVRO_SCHEMA: Final", literals.text(self.module.avro))

    # -- classes -----------------------------------------------------------------------------------------------------

    def _class(self, record: Record) -> list[str]:
        is_root = record.key == self.model.root
        head = [*self._config(record), *(self._codec() if is_root else ())]
        fields = [line for one in record.fields for line in self._field(record, one)]
        factory = list(self._new(record)) if is_root else []
        groups = [group for group in (head, fields, factory) if group]
        inner = [line for group in groups for line in ("", *group)][1:] or ["    pass"]
        self.annotations.defined[record.key] = None
        return [f"class {self.classes[record.key]}({', '.join(self._bases(record, is_root))}):", *inner]

    def _bases(self, record: Record, is_root: bool) -> list[str]:
        sparse = self.model.source == "json" and not all(one.required for one in record.fields)
        bases = ["Sparse"] if sparse else []
        if is_root or not sparse:
            bases.append("Event" if is_root else "Record")
        self.annotations.use(*bases)
        return bases

    def _config(self, record: Record) -> Iterator[str]:
        if record.rest is None:
            self.annotations.use("ConfigDict")
            yield '    model_config = ConfigDict(extra="forbid")'
        elif not isinstance(record.rest, Anything):
            self.annotations.use("Field")
            hint = self.classes[record.key] + "Value"
            value = self.annotations.part(self.annotations.of(record.rest, hint), hint)
            opening = "__pydantic_extra__: dict[str, {}] = "
            if not layout.fits("    " + opening.format(flat(value)) + "Field("):
                value = self.annotations.alias(value, hint)
            yield from layout.lines(4, opening.format(flat(value)), Group("Field(", ("init=False",), ")"))

    def _codec(self) -> list[str]:
        avro = "None" if self.module.avro is None else "AVRO_SCHEMA"
        derived = ["derived=True"] if self.model.source == "json" and self.module.avro is not None else []
        parts = (f"wire={literals.text(self.module.wire)}", f"avro={avro}", *derived)
        return layout.lines(4, "_codec: ClassVar[Codec] = ", Group("Codec(", parts, ")"))

    def _field(self, record: Record, one: Field) -> list[str]:
        name, hint = self.attributes[record.key][one.name], _hint(one)
        absent = not one.required and one.default is UNSET and self.model.source == "json"
        nullable = without_null(one.shape)[1] or isinstance(one.shape, Anything)
        code = self.annotations.field(one, name, hint, absent_is_none=absent and not nullable)
        default: Code | None = "None" if absent else None
        if one.default is not UNSET:
            default = self._default(one)
        return self._field_lines(name, code, default, hint)

    def _default(self, one: Field) -> Code:
        try:
            code = self.defaults.assigned(one)
        except UnfitError as error:
            message = f"the default of this field cannot be written: {error}"
            raise refuse(one.at.child("default"), message, "correct or remove it", CANNOT_EXPRESS) from None
        self.annotations.use_of(code)
        return code

    def _field_lines(self, name: str, code: Code, default: Code | None, hint: str) -> list[str]:
        end = "" if default is None else f" = {flat(default)}"
        if layout.fits(one := f"    {name}: {flat(code)}{end}"):
            return [one]
        if not (isinstance(code, Group) and code.head == "Annotated["):
            if not (isinstance(code, str) and code.startswith(('"', "'"))):
                code = self._short(name, code, end, hint)
            if default is None or layout.fits(f"    {name}: {flat(code)}{end}"):
                return [f"    {name}: {flat(code)}{end}"]
            return layout.lines(4, f"{name}: {flat(code)} = ", self._breakable(default), force=True)
        broken = layout.lines(4, f"{name}: ", code, force=True)
        if default is None:
            return broken
        if isinstance(default, str) and default[0] in "\"'" and not layout.fits(f"    ]{end}"):
            default = self._breakable(default)
        return [*broken[:-1], *layout.lines(4, "] = ", default)]

    def _short(self, name: str, code: Code, end: str, hint: str) -> Code:
        """An alias where the line cannot be kept short otherwise."""
        breakable = isinstance(code, str) and len(end) > len(" = False")
        if breakable and layout.fits(f"    {name}: {flat(code)} = Field("):
            return code
        return self.annotations.alias(code, hint)

    def _breakable(self, default: Code) -> Code:
        if isinstance(default, Group):
            return default
        self.annotations.use("Field")
        return Group("Field(", (f"default={default}",), ")")

    # -- the comfortable constructor ---------------------------------------------------------------------------------

    def _new(self, record: Record) -> Iterator[str]:
        """`new` takes what is not fixed; only where no key is optional, since a parameter cannot be absent."""
        fixed = [one for one in record.fields if isinstance(one.shape, OneOf) and one.shape.constant]
        if not fixed or not all(one.required for one in record.fields):
            return
        attributes = self.attributes[record.key]
        self.annotations.use("Self")
        yield from ("    @classmethod", "    def new(", "        cls,")
        given = [one for one in record.fields if one not in fixed]
        if given:
            yield "        *,"
        for one in given:
            yield from self._parameter(attributes[one.name], one, _hint(one))
        yield from ("    ) -> Self:", '        """The event with its fixed values."""', "        return cls(")
        for one in record.fields:
            value = _constant(one.shape) if one in fixed else attributes[one.name]
            yield f"            {attributes[one.name]}={value},"
        yield "        )"

    def _parameter(self, name: str, one: Field, hint: str) -> list[str]:
        code = self.annotations.of(one.shape, hint)
        if isinstance(code, str) and not layout.fits(f"        {name}: {code},"):
            code = self.annotations.alias(code, hint)
        return layout.lines(8, f"{name}: ", self.annotations.part(code, hint), ",")


def _hint(one: Field) -> str:
    """The name of an alias: short, since the line of the field must have room for it."""
    return names.pascal(one.name)[:18]


def _constant(shape: Shape) -> str:
    value = shape.values[0] if isinstance(shape, OneOf) else None
    return literals.text(value) if isinstance(value, str) else str(value)


def _class_names(model: Model, root: str, scope: names.Scope) -> dict[str, str]:
    """Record key -> class. Of two namespaces with one short name, both classes get the namespace in front."""
    found = {model.root: scope.allocate(root)}
    hints = [record.hint.casefold() for key, record in model.records.items() if key != model.root]
    for key, record in model.records.items():
        if key != model.root:
            ambiguous = model.source == "avro" and hints.count(record.hint.casefold()) > 1
            found[key] = scope.allocate(names.pascal(key) if ambiguous else names.identifier(record.hint, "Type"))
    return found


def _imports(used: Mapping[str, set[str]]) -> Iterator[str]:
    if "datetime" in used:
        yield "import datetime as dt"
    blocks = (("decimal", "typing"), ("pydantic",), ("._runtime",))
    for position, block in enumerate(blocks):
        found = [home for home in block if home in used]
        if found and position:
            yield ""
        for home in found:
            yield from import_lines("." + home if home == "._runtime" else home, used[home])


def import_lines(home: str, wanted: set[str]) -> list[str]:
    """One sorted import: constants, classes, then functions."""
    parts = sorted(wanted, key=lambda name: (0 if name.isupper() else 1 if name[0].isupper() else 2, name))
    if layout.fits(one := f"from {home} import {', '.join(parts)}"):
        return [one]
    return [f"from {home} import (", *(f"    {part}," for part in parts), ")"]


def _dependency_order(model: Model) -> list[Record]:
    """Records behind those that their fields refer to, where there is no cycle; the event's own comes last."""
    order: dict[str, Record] = {}
    open_keys: set[str] = set()
    stack = [(model.root, False)]
    while stack:
        key, left = stack.pop()
        if left:
            order[key] = model.records[key]
        elif key not in open_keys:
            open_keys.add(key)
            stack.append((key, True))
            stack += [(ref, False) for ref in reversed(list(_references(model.records[key])))]
    return list(order.values())


def _references(record: Record) -> Iterator[str]:
    pending: list[Shape] = [record.rest or NULL, *(field.shape for field in reversed(record.fields))]
    while pending:
        match pending.pop():
            case Ref(key=key):
                yield key
            case ListOf(items=inner) | MapOf(values=inner):
                pending.append(inner)
            case Choice(branches=branches):
                pending += reversed(branches)
