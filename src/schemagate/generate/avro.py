"""Which Avro schema says what a JSON Schema says, and what does it lose?

One namespace per project and the same record names in every version: otherwise no reader resolves an older writer.
A nullable or optional field is `["null", T]` with default null, so that new readers keep old data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from schemagate.findings import Finding, Severity
from schemagate.generate import names
from schemagate.generate.refusals import AVRO_LOSS, NO_AVRO, tell
from schemagate.generate.shape import (
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
    Whole,
    without_null,
)

_KEPT: Final = "nothing needs to be done: the model still checks it"
_LONG: Final = 2**63

MOST_LEVELS: Final = 60
"""Records inside each other, each printed where it is first used."""


@dataclass(frozen=True, slots=True)
class Derived:
    """The schema as a JSON value, or None with an error among the findings."""

    schema: Mapping[str, Any] | None
    findings: tuple[Finding, ...]

    @property
    def file(self) -> str:
        """The text of an .avsc file."""
        return json.dumps(self.schema, indent=2, ensure_ascii=True) + "\n"

    @property
    def compact(self) -> str:
        """The same on one line."""
        return json.dumps(self.schema, separators=(",", ":"), ensure_ascii=True)


class _NoAvroError(Exception):
    """Avro cannot say it."""

    def __init__(self, at: Place, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


@dataclass
class _Deriving:
    model: Model
    root_name: str
    namespace: str
    findings: list[Finding] = field(default_factory=list)
    scope: names.Scope = field(default_factory=lambda: names.Scope(fold_case=True, longest=200))
    defined: dict[str, str] = field(default_factory=dict)
    level: int = 0

    def lose(self, at: Place, message: str, *, warn: bool = False, fix: str = _KEPT) -> None:
        severity = Severity.WARNING if warn else Severity.NOTE
        self.findings.append(tell(AVRO_LOSS, at, message, fix, severity))

    def name(self, hint: str) -> str:
        return self.scope.allocate(names.avro(hint, "Type"))

    def record(self, record: Record, *, root: bool = False) -> dict[str, Any]:
        name = self.name(self.root_name if root else self.root_name + record.hint)
        self.defined[record.key] = f"{self.namespace}.{name}"
        if record.rest is not None:
            fix = 'close the object with "additionalProperties": false, or keep such events out of Avro'
            self.lose(record.at, "to_avro refuses an event with undeclared keys", warn=True, fix=fix)
        scope = names.Scope(longest=200)
        taken = {one.name for one in record.fields}
        fields = [self.field(one, self._field_name(one, scope, taken)) for one in record.fields]
        space = {"namespace": self.namespace} if root else {}
        return {"type": "record", "name": name, **space, "fields": fields}

    def _inner_record(self, record: Record) -> dict[str, Any]:
        self.level += 1
        if self.level > MOST_LEVELS:
            raise _NoAvroError(record.at, "objects are nested too deeply")
        made = self.record(record)
        self.level -= 1
        return made

    def _field_name(self, one: Field, scope: names.Scope, taken: set[str]) -> str:
        found = scope.allocate(names.avro(one.name))
        while found != one.name and found in taken:
            found = scope.allocate(names.avro(one.name))
        if found != one.name:
            self.lose(one.at, f"the property is called {found} in Avro", fix="the module keeps the pair")
        return found

    def field(self, one: Field, name: str) -> dict[str, Any]:
        shape, nullable = without_null(one.shape)
        if isinstance(shape, Null):
            return {"name": name, "type": "null", "default": None}
        made = self.type(shape, one.at)
        branches = made if isinstance(made, list) else [made]
        has_default = not one.required and one.default is not UNSET and one.default is not None
        if has_default:
            self.lose(one.at, "an absent value is read as the default", warn=True, fix="make the property required")
            default = float(one.default) if isinstance(one.default, Decimal) else one.default
            return {"name": name, "type": self._defaulted(branches, nullable, one), "default": default}
        if nullable or not one.required:
            self._tell_absence(one, nullable)
            return {"name": name, "type": ["null", *branches], "default": None}
        return {"name": name, "type": made}

    def _tell_absence(self, one: Field, nullable: bool) -> None:
        if nullable and not one.required:
            self.lose(one.at, "absent and null become one", warn=True, fix="allow only one of them")
        else:
            self.lose(one.at, "a missing value is read as " + ("null" if nullable else "absent"))

    def _defaulted(self, branches: list[Any], nullable: bool, one: Field) -> Any:
        if not nullable and len(branches) == 1:
            return branches[0]
        if len(branches) > 1:
            raise _NoAvroError(one.at, "a default of several types is not supported yet")
        return [*branches, "null"]

    def type(self, shape: Shape, at: Place) -> Any:
        match shape:
            case Null():
                return "null"
            case Boolean():
                return "boolean"
            case Text():
                return self._text(shape, at)
            case Whole():
                return self._whole(shape, at)
            case Real():
                self._note_bounds(at, any(bound is not None for bound in (shape.ge, shape.gt, shape.le, shape.lt)))
                return "double"
            case OneOf():
                return self._one_of(shape, at)
        return self._nested(shape, at)

    def _nested(self, shape: Shape, at: Place) -> Any:
        match shape:
            case Ref(key=key):
                return self.defined.get(key) or self._inner_record(self.model.records[key])
            case ListOf():
                self._note_bounds(at, (shape.min_length, shape.max_length) != (None, None))
                return {"type": "array", "items": self.type(shape.items, at)}
            case MapOf():
                return {"type": "map", "values": self.type(shape.values, at)}
            case Choice(branches=branches):
                return [self.type(branch, at) for branch in branches]
            case Anything():
                raise _NoAvroError(at, "a value of any type has no Avro type")
        raise AssertionError(f"{type(shape).__name__} never comes from JSON Schema")

    def _text(self, shape: Text, at: Place) -> str:
        self._note_bounds(at, shape != Text())
        return "string"

    def _whole(self, shape: Whole, at: Place) -> str:
        self._note_bounds(at, (shape.lowest, shape.highest, shape.step) != (None, None, None))
        low, high = shape.lowest, shape.highest
        if low is None or high is None or low < -_LONG or high >= _LONG:
            self.lose(at, "to_avro refuses an integer beyond 64 bits", fix="state minimum and maximum")
        return "long"

    def _note_bounds(self, at: Place, bounded: bool) -> None:
        if bounded:
            self.lose(at, "bounds, lengths, steps and patterns are not in the Avro schema")

    def _one_of(self, shape: OneOf, at: Place) -> Any:
        if all(isinstance(value, bool) for value in shape.values):
            if len(shape.values) == 1:
                self.lose(at, "the fixed value is not in the Avro schema")
            return "boolean"
        texts = [value for value in shape.values if isinstance(value, str)]
        if len(texts) > 1 and len(texts) == len(shape.values) and all(map(names.is_avro, texts)):
            return {"type": "enum", "name": self.name(self.root_name + (shape.hint or "Symbol")), "symbols": texts}
        self.lose(at, "the fixed values are not in the Avro schema")
        if any(isinstance(value, int) and not -_LONG <= value < _LONG for value in shape.values):
            raise _NoAvroError(at, "a fixed value beyond 64 bits")
        return "string" if texts else "long"


def derive(model: Model, event: str, namespace: str) -> Derived:
    """The Avro schema of an event that came from JSON Schema, with every loss as a finding."""
    deriving = _Deriving(model, names.pascal(event, "Event"), namespace)
    try:
        schema = deriving.record(model.records[model.root], root=True)
    except _NoAvroError as no:
        fix = "change the schema, or use the JSON codec only"
        return Derived(None, (tell(NO_AVRO, no.at, f"there is no Avro schema: {no.message}", fix),))
    return Derived(schema, tuple(deriving.findings))
