"""Does every change of every Protobuf construct have a rule in both directions, or a reason why it needs none?

A cell names the rule that the data engine must report, or says why nothing is to be reported. Every construct has a cell
for each kind of change; "no such change" says that there is none.
"""

from __future__ import annotations

import pytest

from grid import CHANGES, Cell, Waiver, assert_told, cells, constructs, side_rules
from schemagate.compat.protobuf import data
from schemagate.schema import protobuf


def event(*fields: str, beside: str = "") -> str:
    return f"message Event {{ {' '.join(fields)} }} {beside}"


def held(name: str, *fields: str) -> str:
    return event(f"{name} part = 1;", beside=f"message {name} {{ {' '.join(fields)} }}")


def size(*values: str, label: str = "") -> str:
    return event(f"{label} Size size = 1;", beside=f"enum Size {{ {' '.join(values)} }}")


def oneof(*members: str, name: str = "pay") -> str:
    return event(f"oneof {name} {{ {' '.join(members)} }}")


UNKNOWN = "fine: a number that one side does not know"
KEPT = "fine: every value arrives"
UNUSED = "fine: nobody writes it"

GRID: dict[tuple[str, str], Cell | Waiver] = {
    ("field", "added"): Cell(event(), event("int32 x = 1;"), UNKNOWN, UNKNOWN),
    ("field", "removed"): Cell(event("int32 x = 1;"), event(), "203", "203"),
    ("field", "narrowed"): Cell(event("int64 x = 1;"), event("int32 x = 1;"), "102", KEPT),
    ("field", "widened"): Cell(event("string x = 1;"), event("bytes x = 1;"), KEPT, "102"),
    ("field", "renamed"): Cell(event("int32 size = 1;"), event("int32 shoe_size = 1;"), "204", "204"),
    ("required field", "added"): Cell(event(), event("required int32 x = 1;"), "105", UNKNOWN, "proto2"),
    ("required field", "removed"): Cell(event("required int32 x = 1;"), event("reserved 1;"), UNKNOWN, "105", "proto2"),
    ("required field", "narrowed"): Cell(event("optional int32 x = 1;"), event("required int32 x = 1;"), "105", KEPT, "proto2"),
    ("required field", "widened"): Cell(event("required int32 x = 1;"), event("optional int32 x = 1;"), KEPT, "105", "proto2"),
    ("required field", "renamed"): Cell(event("required int32 email = 1;"), event("required int32 coupon = 1;"), "201", "201", "proto2"),
    ("list", "added"): Cell(event("optional string x = 1;"), event("repeated string x = 1;"), KEPT, "104"),
    ("list", "removed"): Cell(event("repeated int32 x = 1;"), event("int32 x = 1;"), "104", "206"),
    ("list", "narrowed"): Cell(event("repeated int64 x = 1;"), event("repeated int32 x = 1;"), "102", KEPT),
    ("list", "widened"): Cell(event("repeated int32 x = 1;"), event("repeated int64 x = 1;"), KEPT, "102"),
    ("list", "renamed"): Waiver("no such change: see field"),
    ("map", "added"): Cell(event("string x = 1;"), event("map<string, int32> x = 1;"), "101", "101"),
    ("map", "removed"): Cell(event("map<string, int32> x = 1;"), event("repeated int32 x = 1;"), "101", "101"),
    ("map", "narrowed"): Cell(event("map<string, int64> x = 1;"), event("map<string, int32> x = 1;"), "102", KEPT),
    ("map", "widened"): Cell(event("map<int32, string> x = 1;"), event("map<int64, string> x = 1;"), KEPT, "102"),
    ("map", "renamed"): Waiver("no such change: see field"),
    ("held message", "added"): Cell(event("bytes part = 1;"), held("Part", "int32 x = 1;"), "101", "101"),
    ("held message", "removed"): Cell(held("Part", "int32 x = 1;"), event("int32 part = 1;"), "101", "101"),
    ("held message", "narrowed"): Cell(held("Part", "int64 x = 1;"), held("Part", "int32 x = 1;"), "102", KEPT),
    ("held message", "widened"): Cell(held("Part", "int32 x = 1;"), held("Part", "int64 x = 1;"), KEPT, "102"),
    ("held message", "renamed"): Cell(
        event("A a = 1; message A { int64 x = 1; }"), event("B a = 1; message B { int32 x = 1; }"), "103", KEPT
    ),
    ("payload", "added"): Cell(event(), event(beside="message Note {}"), UNUSED, "107"),
    ("payload", "removed"): Cell(event(beside="message Note {}"), event(), "107", UNUSED),
    ("payload", "narrowed"): Waiver("no such change: see field"),
    ("payload", "widened"): Waiver("no such change: see field"),
    ("payload", "renamed"): Cell(event(beside="message Note {}"), event(beside="message Memo {}"), "107", "107"),
    ("open enum", "added"): Cell(event("int32 size = 1;"), size("S = 0;"), "207", KEPT),
    ("open enum", "removed"): Cell(size("S = 0;"), event("int32 size = 1;"), KEPT, "207"),
    ("open enum", "narrowed"): Cell(size("S = 0;", "M = 1;"), size("S = 0;"), "207", KEPT),
    ("open enum", "widened"): Cell(size("S = 0;"), size("S = 0;", "M = 1;"), KEPT, "207"),
    ("open enum", "renamed"): Cell(size("S = 0;", "PAID = 1;"), size("S = 0;", "LOST = 1;"), "201", "201"),
    ("closed enum", "added"): Cell(event("optional int32 size = 1;"), size("S = 0;", label="optional"), "102", KEPT, "proto2"),
    ("closed enum", "removed"): Cell(size("S = 0;", label="optional"), event("optional int32 size = 1;"), KEPT, "102", "proto2"),
    ("closed enum", "narrowed"): Cell(size("S = 0;", "M = 1;", label="optional"), size("S = 0;", label="optional"), "207", KEPT, "proto2"),
    ("closed enum", "widened"): Cell(size("S = 0;", label="optional"), size("S = 0;", "M = 1;", label="optional"), KEPT, "207", "proto2"),
    ("closed enum", "renamed"): Cell(size("S = 0;", label="optional"), size("SIZE_S = 0;", label="optional"), "204", "204", "proto2"),
    ("oneof", "added"): Cell(event("optional int32 x = 1;", "optional int32 y = 2;"), oneof("int32 x = 1;", "int32 y = 2;"), "106", KEPT),
    ("oneof", "removed"): Cell(oneof("int32 x = 1;"), event("int32 x = 1;"), "206", "206"),
    ("oneof", "narrowed"): Cell(oneof("int32 x = 1;", "int32 y = 2;"), oneof("int32 x = 1;"), "208", UNKNOWN),
    ("oneof", "widened"): Cell(oneof("int32 x = 1;"), oneof("int32 x = 1;", "int32 y = 2;"), UNKNOWN, "208"),
    ("oneof", "renamed"): Cell(oneof("int32 x = 1;"), oneof("int32 x = 1;", name="how"), "fine: bytes hold no names of oneofs", "fine: bytes hold no names of oneofs"),
    ("default", "added"): Cell(event("optional int32 x = 1;"), event("optional int32 x = 1 [default = 4];"), "206", "206", "proto2"),
    ("default", "removed"): Cell(event("optional int32 x = 1 [default = 4];"), event("optional int32 x = 1;"), "206", "206", "proto2"),
    ("default", "narrowed"): Cell(event("optional int32 x = 1 [default = 4];"), event("optional int32 x = 1 [default = 5];"), "206", "206", "proto2"),
    ("default", "widened"): Waiver("no such change: a default is one value"),
    ("default", "renamed"): Waiver("no such change: a default has no name"),
    ("presence", "added"): Cell(event("int32 x = 1;"), event("optional int32 x = 1;"), "206", "206"),
    ("presence", "removed"): Cell(event("optional int32 x = 1;"), event("int32 x = 1;"), "206", "206"),
    ("presence", "narrowed"): Waiver("no such change: there is presence or there is none"),
    ("presence", "widened"): Waiver("no such change: there is presence or there is none"),
    ("presence", "renamed"): Waiver("no such change: presence has no name"),
    ("reservation", "added"): Cell(event(), event("reserved 3;"), UNUSED, UNUSED),
    ("reservation", "removed"): Cell(event("reserved 3;"), event(), "202", "202"),
    ("reservation", "narrowed"): Cell(event("reserved 3 to 9;"), event("reserved 3 to 5;"), "202", "202"),
    ("reservation", "widened"): Cell(event("reserved 3 to 5;"), event("reserved 3 to 9;"), UNUSED, UNUSED),
    ("reservation", "renamed"): Waiver("no such change: numbers are reserved, and names matter to nobody's bytes"),
    ("package", "added"): Cell(event(), f"package a; {event()}", "205", "205"),
    ("package", "removed"): Cell(f"package a; {event()}", event(), "205", "205"),
    ("package", "narrowed"): Waiver("no such change: packages are equal or not"),
    ("package", "widened"): Waiver("no such change: packages are equal or not"),
    ("package", "renamed"): Cell(f"package a; {event()}", f"package b; {event()}", "205", "205"),
    ("extension", "added"): Cell(event("extensions 9;"), event("extensions 9;", beside="extend Event { optional int32 x = 9; }"), UNKNOWN, UNKNOWN, "proto2"),
    ("extension", "removed"): Cell(event("extensions 9;", beside="extend Event { optional int32 x = 9; }"), event("extensions 9;"), "fine: extensions come and go", "fine: extensions come and go", "proto2"),
    ("extension", "narrowed"): Cell(event("extensions 9;", beside="extend Event { optional int64 x = 9; }"), event("extensions 9;", beside="extend Event { optional int32 x = 9; }"), "102", KEPT, "proto2"),
    ("extension", "widened"): Cell(event("extensions 9;", beside="extend Event { optional int32 x = 9; }"), event("extensions 9;", beside="extend Event { optional int64 x = 9; }"), KEPT, "102", "proto2"),
    ("extension", "renamed"): Waiver("no such change: an extension's name is its scope, which code alone knows"),
}  # fmt: skip


def reported(reader: str, writer: str, syntax: str, *, reader_is_new: bool) -> set[str]:
    parsed = [protobuf.parse(f'syntax = "{syntax}"; {text}', "event.proto") for text in (reader, writer)]
    verdict = data.judge(*parsed, reader_is_new=reader_is_new)
    return {finding.rule.removeprefix("SG-PROTO-") for finding in verdict.findings}


@pytest.mark.parametrize("construct", constructs(GRID))
@pytest.mark.parametrize("change", CHANGES)
def test_no_cell_is_empty(construct: str, change: str) -> None:
    assert (construct, change) in GRID


@pytest.mark.parametrize("key", cells(GRID), ids=" ".join)
def test_a_cell_reports_its_rule_or_has_a_reason(key: tuple[str, str]) -> None:
    cell = GRID[key]
    assert isinstance(cell, Cell)
    backward = reported(cell.new, cell.old, cell.syntax, reader_is_new=True)
    forward = reported(cell.old, cell.new, cell.syntax, reader_is_new=False)
    assert_told(cell, backward, forward, frozenset({"203"}))  # what is gone leaves its number


def test_every_rule_stands_in_the_grid_or_is_beyond_it() -> None:
    from schemagate.compat.protobuf.data.rules import RULES

    # between editions (tests/test_protobuf_data.py), about JSON (tests/test_protobuf_json.py), and about whole schemas
    beyond = {"108", "301", "109", "110", "904", "903"}
    assert {rule.id.removeprefix("SG-PROTO-") for rule in RULES} - side_rules(GRID) == beyond
