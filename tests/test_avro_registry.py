"""Does the registry engine answer as Apache Avro's check does? Verdicts that others computed, and its known errors."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest

from oracles import rows
from schemagate.compat.avro import registry
from schemagate.compat.modes import pairs
from schemagate.compat.verdicts import RegistryVerdict
from schemagate.schema import avro
from schemagate.schema.event import Level


def judged(reader: Any, writer: Any) -> RegistryVerdict:
    return registry.judge(avro.parse(json.dumps(reader), "<reader>"), avro.parse(json.dumps(writer), "<writer>"))


def record(name: str, *fields: tuple[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": field, "type": kind} for field, kind in fields]}


@pytest.mark.parametrize("row", rows("avro_java.jsonl"))
def test_it_agrees_with_java(row: Any) -> None:
    verdict = judged(row["reader"], row["writer"])
    assert (verdict.answer == "accept") == (row["expected"] == "compatible"), row["id"]
    assert set(verdict.changes) == {f"{i['type']} {i['path']}" for i in row["incompatibilities"]}, row["id"]


@pytest.mark.parametrize("row", rows("modes_avro.jsonl"))
def test_it_agrees_over_histories(row: Any) -> None:
    asked = pairs(Level(row["mode"]), row["new"], row["history"])
    accepted = all(judged(pair.reader, pair.writer).answer == "accept" for pair in asked)
    assert accepted == (row["expected"] == "compatible"), row["id"]


class TestMemory:
    """Answers that leaned on a pair in progress are kept, so that the order of branches decides."""

    tree = record("Node", ("child", ["null", record("Edge", ("to", ["null", "Node"]))]), ("weight", "int"))
    edge: ClassVar = {"type": "record", "name": "one.Edge", "fields": [{"name": "to", "type": ["null", "one.Node"]}]}

    def bad(self, edge: Any) -> Any:
        return record("one.Node", ("child", ["null", edge]), ("weight", "string"))

    def good(self, edge: Any) -> Any:
        return record("two.Node", ("child", ["null", edge]), ("weight", "int"))

    def test_the_bad_branch_first_is_accepted(self) -> None:
        assert judged([self.bad(self.edge), self.good("one.Edge")], self.tree).answer == "accept"

    def test_the_good_branch_first_is_rejected(self) -> None:
        assert judged([self.good(self.edge), self.bad("one.Edge")], self.tree).answer == "reject"

    def test_each_branch_alone_is_rejected(self) -> None:
        assert judged(self.bad(self.edge), self.tree).answer == "reject"
        lone = [self.good(self.edge), record("one.Node", ("child", ["null", "one.Edge"]), ("weight", "string"))]
        assert judged(lone, self.tree).answer == "reject"


def test_paths_of_a_named_type_are_those_of_its_first_visit() -> None:
    # Inside a union paths start anew, and what was found there is told again at the second place.
    before = record("Order", ("a", ["null", record("Line", ("x", "int"))]), ("b", "Line"))
    after = record("Order", ("a", ["null", record("Line", ("x", "string"))]), ("b", "Line"))
    assert judged(after, before).changes == ("MISSING_UNION_BRANCH /fields/0/type/1", "TYPE_MISMATCH /fields/0/type")


def test_an_ambiguous_alias_makes_the_check_throw() -> None:
    reader = {"type": "record", "name": "R", "fields": [{"name": "c", "type": "int", "aliases": ["a", "b"]}]}
    verdict = judged(reader, record("R", ("a", "int"), ("b", "int")))
    assert (verdict.answer, verdict.changes) == ("may-fail", ("AvroRuntimeException /fields/0",))


def test_an_alias_that_repeats_the_own_name_makes_it_throw_as_well() -> None:
    reader = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int", "aliases": ["a"]}]}
    assert judged(reader, record("R", ("a", "int"))).answer == "may-fail"


def test_logical_types_namespaces_and_defaults_do_not_matter() -> None:
    before = {"type": "record", "name": "a.R", "fields": [{"name": "t", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}  # fmt: skip
    after = {"type": "record", "name": "b.R", "fields": [{"name": "t", "type": "long", "default": "nonsense"}]}
    assert judged(after, before).answer == "accept"


@pytest.mark.parametrize("kind", ["enum", "record", "int"])
def test_huge_unions_are_quick(kind: str) -> None:
    def branch(i: int) -> Any:
        if kind == "enum":
            return {"type": "enum", "name": f"E{i}", "symbols": ["A"]}
        return record(f"R{i}", ("a", "int"))

    branches = ["int"] if kind == "int" else [branch(i) for i in range(10_000)]
    assert judged(branches[::-1], branches).answer == "accept"
    assert judged(branches[1:], branches).changes == ("MISSING_UNION_BRANCH /0",)


def test_a_comparison_that_is_too_large_is_not_sure_of_the_server() -> None:
    # Recursive namesakes on both sides: Java compares each with each and keeps all answers.
    branches = [record(f"n{i}.R", ("next", ["null", f"n{i}.R"]), ("x", "int")) for i in range(400)]
    others = [record(f"m{i}.R", ("next", ["null", f"m{i}.R"]), ("x", "string")) for i in range(400)]
    assert judged(others, branches).answer == "may-fail"
