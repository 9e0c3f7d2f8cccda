"""Does every change of every Avro construct have a rule in both directions, or a reason why it needs none?

A cell names the rule that the data engine must report, or says why nothing is to be reported. Every construct has a cell
for each kind of change; "no such change" says that there is none.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from grid import CHANGES, Cell, Waiver, assert_told, cells, constructs, side_rules
from schemagate.compat.avro import data
from schemagate.schema import avro


def of_type(kind: Any) -> list[Any]:
    return [{"name": "x", "type": kind}]


def field(name: str, kind: Any = "int", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def enum(*symbols: str, **more: Any) -> Any:
    return of_type({"type": "enum", "name": "E", "symbols": list(symbols), **more})


def fixed(size: int, name: str = "F", **more: Any) -> Any:
    return of_type({"type": "fixed", "name": name, "size": size, **more})


def decimal(precision: int, scale: int) -> Any:
    return of_type({"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale})


def array(items: Any) -> Any:
    return of_type({"type": "array", "items": items})


def mapping(values: Any) -> Any:
    return of_type({"type": "map", "values": values})


def inner(name: str, *fields: Any) -> Any:
    return of_type({"type": "record", "name": name, "fields": list(fields)})


SKIPPED = "fine: a field that the reader lacks is skipped"
DEFAULTED = "fine: the default is read"
PROMOTED = "fine: promoted without loss"
UNUSED = "fine: the reader never meets it"

GRID: dict[tuple[str, str], Cell | Waiver] = {
    ("field without default", "added"): Cell([], [field("x")], "101", SKIPPED),
    ("field without default", "removed"): Cell([field("x")], [], SKIPPED, "101"),
    ("field without default", "narrowed"): Cell([field("x", "long")], [field("x", "int")], "102", PROMOTED),
    ("field without default", "widened"): Cell([field("x", "int")], [field("x", "long")], PROMOTED, "102"),
    ("field without default", "renamed"): Cell([field("x")], [field("y")], "101", "101"),
    ("field with default", "added"): Cell([], [field("x", default=0)], DEFAULTED, SKIPPED),
    ("field with default", "removed"): Cell([field("x", default=0)], [], SKIPPED, DEFAULTED),
    ("field with default", "narrowed"): Cell(
        [field("x", "double", default=0)], [field("x", "float", default=0)], "102", PROMOTED
    ),
    ("field with default", "widened"): Cell(
        [field("x", "long", default=0)], [field("x", "double", default=0)], "202", "102"
    ),
    ("field with default", "renamed"): Cell([field("x", default=0)], [field("y", default=0)], "205", "205"),
    ("field alias", "added"): Cell([field("x")], [field("y", aliases=["x"])], "fine: found by the alias", "101"),
    ("field alias", "removed"): Cell([field("y", aliases=["x"])], [field("y")], UNUSED, UNUSED),
    ("field alias", "narrowed"): Waiver("no such change: an alias has no size"),
    ("field alias", "widened"): Cell(
        [field("x"), field("y")], [field("z", aliases=["x", "y"])], "901", "101"
    ),
    ("field alias", "renamed"): Cell([field("x")], [field("x"), field("z", aliases=["x"])], "108", SKIPPED),
    ("field default", "added"): Cell(
        [field("x", ["int", "null"])], [field("x", ["int", "null"], default=None)], "304", "fine: it was not so before"
    ),
    ("field default", "removed"): Cell(
        [field("x", default=0)], [field("x")], UNUSED, UNUSED
    ),
    ("field default", "narrowed"): Waiver("no such change: a default is one value, and its value never matters to data"),
    ("field default", "widened"): Waiver("no such change: a default is one value, and its value never matters to data"),
    ("field default", "renamed"): Waiver("no such change: a default has no name"),
    ("enum symbol", "added"): Cell(enum("A"), enum("A", "B"), UNUSED, "104"),
    ("enum symbol", "removed"): Cell(enum("A", "B"), enum("A"), "104", UNUSED),
    ("enum symbol", "narrowed"): Cell(enum("A", "B", default="A"), enum("A", default="A"), "204", UNUSED),
    ("enum symbol", "widened"): Cell(enum("A", default="A"), enum("A", "B", default="A"), UNUSED, "204"),
    ("enum symbol", "renamed"): Cell(enum("A"), enum("B"), "104", "104"),
    ("fixed", "added"): Cell([], fixed(2), "101", SKIPPED),
    ("fixed", "removed"): Cell(fixed(2), of_type("bytes"), "102", "102"),
    ("fixed", "narrowed"): Cell(fixed(4), fixed(2), "105", "105"),
    ("fixed", "widened"): Cell(fixed(2), fixed(4), "105", "105"),
    ("fixed", "renamed"): Cell(fixed(2), fixed(2, "G"), "103", "103"),
    ("array", "added"): Cell(of_type("int"), array("int"), "102", "102"),
    ("array", "removed"): Cell(array("int"), of_type("int"), "102", "102"),
    ("array", "narrowed"): Cell(array("long"), array("int"), "102", PROMOTED),
    ("array", "widened"): Cell(array("int"), array("long"), PROMOTED, "102"),
    ("array", "renamed"): Waiver("no such change: arrays have no name"),
    ("map", "added"): Cell(array("int"), mapping("int"), "102", "102"),
    ("map", "removed"): Cell(mapping("int"), array("int"), "102", "102"),
    ("map", "narrowed"): Cell(mapping(["null", "int"]), mapping("int"), "106", "fine: a branch of the union"),
    ("map", "widened"): Cell(mapping("int"), mapping(["null", "int"]), "fine: a branch of the union", "106"),
    ("map", "renamed"): Waiver("no such change: maps have no name"),
    ("union branch", "added"): Cell(of_type(["null", "int"]), of_type(["null", "int", "string"]), UNUSED, "106"),
    ("union branch", "removed"): Cell(of_type(["null", "int"]), of_type(["int"]), "106", UNUSED),
    ("union branch", "narrowed"): Cell(of_type(["null", "long"]), of_type(["null", "int"]), "106", PROMOTED),
    ("union branch", "widened"): Cell(of_type(["null", "int"]), of_type(["float", "null", "double"]), "303", "106"),
    ("union branch", "renamed"): Cell(
        of_type([{"type": "enum", "name": "a.E", "symbols": ["A"]}]),
        of_type([{"type": "enum", "name": "b.E", "symbols": ["A"]}]),
        "301",
        "301",
    ),
    ("record", "added"): Cell(of_type("string"), inner("R", field("y")), "102", "102"),
    ("record", "removed"): Cell(inner("R", field("y")), of_type("string"), "102", "102"),
    ("record", "narrowed"): Cell(inner("R", field("y"), field("z")), inner("R", field("y")), SKIPPED, "101"),
    ("record", "widened"): Cell(inner("R", field("y")), inner("R", field("y"), field("z")), "101", SKIPPED),
    ("record", "renamed"): Cell(inner("R"), inner("S"), "103", "103"),
    ("namespace", "added"): Cell(inner("R"), inner("a.R"), "301", "301"),
    ("namespace", "removed"): Cell(inner("a.R"), inner("R"), "301", "301"),
    ("namespace", "narrowed"): Waiver("no such change: namespaces are equal or not"),
    ("namespace", "widened"): Waiver("no such change: namespaces are equal or not"),
    ("namespace", "renamed"): Cell(inner("a.R"), inner("b.R"), "301", "301"),
    ("text and bytes", "added"): Waiver("no such change: see field"),
    ("text and bytes", "removed"): Waiver("no such change: see field"),
    ("text and bytes", "narrowed"): Cell(of_type("bytes"), of_type("string"), "201", "fine: every text is bytes"),
    ("text and bytes", "widened"): Cell(of_type("string"), of_type("bytes"), "fine: every text is bytes", "201"),
    ("text and bytes", "renamed"): Waiver("no such change: primitives have no name"),
    ("decimal", "added"): Cell(of_type("bytes"), decimal(4, 2), "203", "203"),
    ("decimal", "removed"): Cell(decimal(4, 2), of_type("bytes"), "203", "203"),
    ("decimal", "narrowed"): Cell(decimal(6, 2), decimal(4, 2), "107", "302"),
    ("decimal", "widened"): Cell(decimal(6, 2), decimal(6, 3), "107", "107"),
    ("decimal", "renamed"): Waiver("no such change: decimals have no name"),
    ("logical type", "added"): Cell(
        of_type("long"), of_type({"type": "long", "logicalType": "timestamp-millis"}), "203", "203"
    ),
    ("logical type", "removed"): Cell(
        of_type({"type": "string", "logicalType": "uuid"}), of_type("string"), "203", "203"
    ),
    ("logical type", "narrowed"): Cell(
        of_type({"type": "long", "logicalType": "timestamp-micros"}),
        of_type({"type": "long", "logicalType": "timestamp-millis"}),
        "203",
        "203",
    ),
    ("logical type", "widened"): Cell(
        of_type({"type": "int", "logicalType": "date"}),
        of_type({"type": "long", "logicalType": "timestamp-millis"}),
        "203",
        "102",
    ),
    ("logical type", "renamed"): Cell(
        of_type({"type": "int", "logicalType": "stardate"}),
        of_type("int"),
        "fine: an unknown logical type counts as absent",
        "fine: an unknown logical type counts as absent",
    ),
}  # fmt: skip


def reported(reader: list[Any], writer: list[Any]) -> set[str]:
    parsed = [
        avro.parse(json.dumps({"type": "record", "name": "Event", "fields": fields}), "event.avsc")
        for fields in (reader, writer)
    ]
    return {finding.rule.removeprefix("SG-AVRO-") for finding in data.judge(*parsed).findings}


@pytest.mark.parametrize("construct", constructs(GRID))
@pytest.mark.parametrize("change", CHANGES)
def test_no_cell_is_empty(construct: str, change: str) -> None:
    assert (construct, change) in GRID


@pytest.mark.parametrize("key", cells(GRID), ids=" ".join)
def test_a_cell_reports_its_rule_or_has_a_reason(key: tuple[str, str]) -> None:
    cell = GRID[key]
    assert isinstance(cell, Cell)
    assert_told(cell, reported(cell.new, cell.old), reported(cell.old, cell.new))


def test_every_rule_stands_in_the_grid_or_is_beyond_it() -> None:
    from schemagate.compat.avro.rules import RULES

    beyond = {"902", "903"}  # about whole schemas, not about a construct
    assert {rule.id.removeprefix("SG-AVRO-") for rule in RULES} - side_rules(GRID) == beyond
