"""Do two named types go by the same name? Simple names and the reader's aliases count; a new namespace is a warning."""

from __future__ import annotations

from collections.abc import Iterator

from schemagate.compat.avro import rules
from schemagate.compat.avro.problem import Place, Problem
from schemagate.findings import Severity
from schemagate.schema.avro.nodes import Named, Record


def name_problems(reader: Named, writer: Named, *, in_union: bool) -> Iterator[Problem]:
    """What two different names of types of one kind give reason to say, seen from their definitions.

    Java's decoder finds enums and fixed inside a union by full name only, and fails; hence the error there. It keeps
    the aliases of fields by the record's full name, and so misses those of a record that was moved.
    """
    if writer.name in reader.aliases:
        return
    place = Place().at("name")
    fix = f'put "{writer.name}" into the aliases of {reader.name}'
    if reader.simple_name != writer.simple_name:
        says = f"is written as {writer.kind} {writer.name} and read as {reader.name}"
        if isinstance(reader, Record):
            says += ", which Java's decoder reads nevertheless"
        yield Problem(rules.NAME_CHANGED, place, says, fix)
        return
    says = f"is written as {writer.name} and read as {reader.name}: decoders that compare namespaces fail"
    error = in_union
    if isinstance(reader, Record) and isinstance(writer, Record):
        error = _relies_on_field_aliases(reader, writer)
        says += ", and Java's finds no field by its alias" if error else ""
    yield Problem(
        rules.NAMESPACE_CHANGED,
        place,
        says,
        fix,
        severity=Severity.ERROR if error else None,
        topic="" if error else f"{writer.namespace} {reader.namespace}",
    )


def _relies_on_field_aliases(reader: Record, writer: Record) -> bool:
    """Some field is found by its alias only: Java's decoder fails, or reads the default in its place."""
    return any(
        field.name not in writer.positions and writer.positions.keys() & {*field.aliases} for field in reader.fields
    )
