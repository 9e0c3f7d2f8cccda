"""What does a schema describe, whatever language it is written in? A small graph of frozen values.

Sources (`from_json_schema`, `from_avro`) fill it, targets (`pydantic`, `avro`) print it. Comparison of schemas never
uses it. Records are the only named shapes; everything refers to them by `Ref`, so recursion is data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

from schemagate.findings import Location
from schemagate.schema import json_text


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shape comes from: a file, its text, a JSON pointer into it. The line is looked up only when reported."""

    file: str
    text: str
    pointer: str

    def child(self, *tokens: str | int) -> Place:
        """A place below this one."""
        return Place(self.file, self.text, json_text.join(self.pointer, *tokens))

    @property
    def location(self) -> Location:
        """File, line and column."""
        return json_text.locate(self.text, self.pointer, self.file)


class Unset(Enum):
    """The absence of a default, since `None` is one."""

    UNSET = "unset"


UNSET = Unset.UNSET


@dataclass(frozen=True, slots=True)
class Null:
    """Only null."""


@dataclass(frozen=True, slots=True)
class Boolean:
    """true or false."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string; lengths in code points, both ends included; `pattern` in the syntax of Rust's regex engine."""

    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer from `lowest` to `highest`, both included; `whole_floats`: 1.0 is one, too."""

    lowest: int | None = None
    highest: int | None = None
    step: int | None = None
    bits: Literal[32, 64] | None = None
    whole_floats: bool = False


@dataclass(frozen=True, slots=True)
class Real:
    """A binary float; `finite` refuses NaN and the infinities, `bits` 32 rounds."""

    ge: float | None = None
    le: float | None = None
    gt: float | None = None
    lt: float | None = None
    bits: Literal[32, 64] = 64
    finite: bool = True


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes, of exactly `size` where one is given."""

    size: int | None = None


@dataclass(frozen=True, slots=True)
class Digits:
    """A decimal number of at most `precision` digits, `scale` of them behind the point."""

    precision: int
    scale: int


class Kind(Enum):
    """Values that have a Python class of their own and no parameter; the value is the runtime's name of the type."""

    UUID = "Uuid"
    DATE = "Date"
    TIME_MILLIS = "TimeMillis"
    TIME_MICROS = "TimeMicros"
    INSTANT_MILLIS = "InstantMillis"
    INSTANT_MICROS = "InstantMicros"
    LOCAL_MILLIS = "LocalMillis"
    LOCAL_MICROS = "LocalMicros"


@dataclass(frozen=True, slots=True)
class Special:
    """A uuid, or a date, time or instant."""

    kind: Kind


Value: TypeAlias = str | int | bool | None
"""What a constant may be; compared with its type, so that true is not 1."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of fixed values, all of one JSON type; `hint` is a name for the type, should a target need one."""

    values: tuple[Value, ...]
    hint: str = ""

    @property
    def constant(self) -> bool:
        """Only one value is left."""
        return len(self.values) == 1


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; lengths include both ends."""

    items: Shape
    min_length: int | None = None
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with free keys."""

    values: Shape


@dataclass(frozen=True, slots=True)
class Choice:
    """Exactly one of several shapes that no value shares."""

    branches: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """A record, by its key."""

    key: str


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""


Shape: TypeAlias = (
    Null | Boolean | Text | Whole | Real | Bytes | Digits | Special | OneOf | ListOf | MapOf | Choice | Ref | Anything
)


@dataclass(frozen=True, slots=True)
class Field:
    """A property of a record. `default` is a value as JSON writes it (of Avro: as its schema writes it), or UNSET.

    `required`: the key must be there. Of an Avro record, a field without default is required, and one with a default
    is always written.
    """

    name: str
    shape: Shape
    required: bool
    at: Place
    default: object = UNSET


@dataclass(frozen=True, slots=True)
class Record:
    """An object with known keys. `rest`: the shape of all other keys, None where there may be none."""

    key: str
    hint: str
    fields: tuple[Field, ...]
    rest: Shape | None
    at: Place


@dataclass(frozen=True, slots=True)
class Model:
    """All records of one schema; `root` is the key of the event's own. `source` decides how presence is written."""

    source: Literal["json", "avro"]
    root: str
    records: Mapping[str, Record]


NULL = Null()


def without_null(shape: Shape) -> tuple[Shape, bool]:
    """The shape without its null branch, and whether it had one."""
    if not isinstance(shape, Choice) or NULL not in shape.branches:
        return shape, shape == NULL
    rest = tuple(branch for branch in shape.branches if branch != NULL)
    return (rest[0] if len(rest) == 1 else Choice(rest)), True
