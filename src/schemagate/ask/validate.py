"""Is this payload a valid event?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from schemagate.errors import SchemaError
from schemagate.project.catalog import Project
from schemagate.schema import json_text
from schemagate.schema.event import Version
from schemagate.schema.parsing import parse


@dataclass(frozen=True, slots=True)
class Invalid:
    """Why an event is refused; `event` counts from 1, `pointer` is the failing field ("" = the whole event)."""

    event: int
    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class ValidateReport:
    """How many events were looked at, and what is wrong with them."""

    version: Version
    events: int
    invalid: tuple[Invalid, ...]

    @property
    def exit_code(self) -> int:
        """1 for an invalid event; without any event nothing was shown to be valid, which is 3."""
        return 1 if self.invalid else 0 if self.events else 3


def validate(project: Project, name: str, data: bytes, file: str, *, lines: bool) -> ValidateReport:
    """Validate one event, or with `lines` one a line (JSON Lines); raises UsageError, SchemaError, NotInstalled."""
    version = project.version(name)
    text = json_text.decode(data, file)
    check = _checker(version)
    events = 0
    invalid: list[Invalid] = []
    for value, number in _events(text, file, lines=lines):
        events += 1
        invalid += [Invalid(number, pointer, message) for pointer, message in check(value)]
    return ValidateReport(version, events, tuple(invalid))


def _events(text: str, file: str, *, lines: bool) -> Iterator[tuple[object, int]]:
    if not lines:
        yield json_text.read(text, file), 1
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield json_text.read(line, file), number
            except SchemaError as error:
                raise SchemaError(error.message, file=file, line=number, column=error.column) from None


def _checker(version: Version) -> Callable[[object], Iterable[tuple[str, str]]]:
    """What is wrong with a value, as (pointer, message); the schema is read once for all events."""
    from schemagate.schema import validation
    from schemagate.schema.avro import AvroSchema, events
    from schemagate.schema.protobuf.nodes import ProtobufSchema

    schema = parse(version.content)
    if isinstance(schema, AvroSchema):
        return lambda value: events.errors(schema, value)
    if isinstance(schema, ProtobufSchema):
        from schemagate.schema.protobuf import events as protobuf_events

        return protobuf_events.checker(schema, *version.settings.roots[:1])
    checker = validation.validator(schema)
    return lambda value: ((error.pointer, error.message) for error in validation.reasons(checker, value))
