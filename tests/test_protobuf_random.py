"""Is a verdict on Protobuf ever contradicted by Google's own runtime? Random schemas, random edits, random events."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from protobuf_runtime import arrived, classes, decoded, root_of, shows
from protobuf_strategies import PAIRS, Schema, events, parsed, schemas
from schemagate.compat.compare import judge
from schemagate.compat.protobuf import data
from schemagate.schema import protobuf


@given(PAIRS, st.data())
def test_a_yes_is_never_contradicted(pair: tuple[Schema, Schema], more: Any) -> None:
    writer, reader = map(parsed, pair)
    if data.judge(reader, writer).answer != "yes":
        return
    readers = classes(reader)
    for name, message in ((each.name, classes(writer)[each.name]) for each in writer.messages):
        event = more.draw(events(message))
        if not event.IsInitialized():
            continue
        read = decoded(readers[name], event.SerializeToString())
        assert read is not None, f"{name} is read"
        assert arrived(event, read), f"{name}: {event} arrives as {read}"


@given(PAIRS)
def test_a_no_is_shown_by_its_witness(pair: tuple[Schema, Schema]) -> None:
    writer, reader = map(parsed, pair)
    verdict = data.judge(reader, writer)
    assert (verdict.answer == "no") == (verdict.witness is not None)
    for finding in verdict.findings:
        if finding.witness is not None:
            assert shows(finding.witness, root_of(finding), writer, reader), finding.message


@given(schemas())
def test_a_schema_against_itself_is_silent(schema: Schema) -> None:
    one = parsed(schema)
    other = protobuf.parse(schema.text() + "\n// another text\n", "schema.proto", references=schema.references())
    assert (judge(one, other).findings, judge(one, other).registry) == ((), "accept")
