"""Two schemas that are read beside each other share nodes: does that ever change what is said of them?"""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avro_strategies import edited, schemas
from oracles import rows
from schemagate.compat import compare
from schemagate.schema import avro
from schemagate.schema.avro import AvroSchema


def record(name: str, *fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields)}


def field(name: str, kind: Any, **others: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **others}


@pytest.mark.parametrize("row", rows("avro_java.jsonl"))
def test_the_pairs_of_others(row: Any) -> None:
    assert told_apart(row["reader"], row["writer"]) == told_together(row["reader"], row["writer"])


@given(schemas(), st.data())
@settings(max_examples=300)
def test_what_two_schemas_share_changes_no_answer(writer: Any, draw: st.DataObject) -> None:
    # Read beside the reader, the writer takes over the nodes of what both say in the same words.
    reader = draw.draw(edited(writer))
    assert told_apart(reader, writer) == told_together(reader, writer)


def told_apart(reader: Any, writer: Any) -> tuple[object, ...]:
    return told_of(avro.parse(json.dumps(reader), "<reader>"), avro.parse(json.dumps(writer), "<writer>"))


def told_together(reader: Any, writer: Any) -> tuple[object, ...]:
    new = avro.parse(json.dumps(reader), "<reader>")
    return told_of(new, avro.parse(json.dumps(writer), "<writer>", beside=new))


def told_of(reader: AvroSchema, writer: AvroSchema) -> tuple[object, ...]:
    """Both verdicts and all findings with their places and fingerprints."""
    found = compare.judge(reader, writer, subject="s")
    return found.registry, found.data, found.changes, found.findings


class TestSharing:
    """Fields that say the same are read once, unless the same words may mean something else here."""

    inner: ClassVar = record("In", field("e", {"type": "enum", "name": "E", "symbols": ["A", "B"]}))

    def pair(self, reader: Any, writer: Any) -> tuple[AvroSchema, AvroSchema]:
        assert told_apart(reader, writer) == told_together(reader, writer)
        new = avro.parse(json.dumps(reader), "<reader>")
        return new, avro.parse(json.dumps(writer), "<writer>", beside=new)

    def test_equal_fields_are_one_node_wherever_they_stand(self) -> None:
        old = record("R", field("in", self.inner), field("n", "int"))
        new = record("R", field("added", ["null", "string"], default=None), field("n", "int"), field("in", self.inner))
        reader, writer = self.pair(new, old)
        assert reader.names["In"] is writer.names["In"]
        assert (reader.pointer_of(reader.names["E"]), writer.pointer_of(writer.names["E"])) == (
            "/fields/2/type/fields/0/type",
            "/fields/0/type/fields/0/type",
        )

    def test_another_namespace_around_equal_words(self) -> None:
        reader, writer = self.pair(record("a.R", field("in", self.inner)), record("b.R", field("in", self.inner)))
        assert (list(reader.names), list(writer.names)) == (["a.R", "a.In", "a.E"], ["b.R", "b.In", "b.E"])

    def test_a_name_that_means_another_type(self) -> None:
        uses = field("again", "E")
        old = record("R", field("e", {"type": "enum", "name": "E", "symbols": ["A"]}), uses)
        new = record("R", field("e", {"type": "enum", "name": "E", "symbols": ["A", "B"]}), uses)
        self.pair(new, old)
        self.pair(old, new)

    def test_a_type_that_this_text_defined_before(self) -> None:
        enum = {"type": "enum", "name": "E", "symbols": ["A", "B"]}
        new = record("R", field("first", "int"), field("in", self.inner), field("e", "E"))
        for kind in (enum, {**enum, "symbols": ["C"]}, {**enum, "doc": "other words"}):
            self.pair(new, record("R", field("first", kind), field("in", self.inner), field("e", "E")))

    def test_a_type_that_the_other_text_defines_elsewhere(self) -> None:
        old = record("R", field("first", record("E", field("x", "int"))), field("in", self.inner))
        new = record("R", field("first", "int"), field("in", self.inner))
        self.pair(new, old)
        self.pair(old, new)

    def test_a_name_without_namespace_that_is_defined_nearer_in_the_other(self) -> None:
        bare = record("x.In", field("f", {"type": "fixed", "name": "F", "size": 1, "namespace": ""}), field("g", "F"))
        near = field("near", {"type": "fixed", "name": "x.F", "size": 2})
        self.pair(record("x.R", field("in", bare)), record("x.R", near, field("in", bare)))
        self.pair(record("x.R", near, field("in", bare)), record("x.R", field("in", bare)))

    def test_recursive_types(self) -> None:
        tree = record("Tree", field("left", ["null", "Tree"]), field("value", "int"))
        old = record("R", field("tree", tree), field("n", "int"))
        _, writer = self.pair(record("R", field("tree", tree), field("n", "long")), old)
        assert writer.recursive
        self.pair(record("R", field("tree", record("Tree", field("value", "int"))), field("n", "int")), old)
