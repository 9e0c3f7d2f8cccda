"""Does the registry engine answer about Protobuf as a Confluent registry does? Verdicts that others computed, and its gaps."""

from __future__ import annotations

from typing import Any

import pytest

from oracles import rows
from schemagate.compat.protobuf import registry
from schemagate.compat.verdicts import RegistryAnswer, RegistryVerdict
from schemagate.schema import protobuf

UNUSABLE = {"confluent-proto-54": "its texts are names of files"}


def judged(
    reader: str, writer: str, reads: dict[str, str] | None = None, writes: dict[str, str] | None = None
) -> RegistryVerdict:
    return registry.judge(
        protobuf.parse(reader, "reader.proto", references=reads),
        protobuf.parse(writer, "writer.proto", references=writes),
    )


def texts(references: Any) -> dict[str, str]:
    return {each["name"]: each["dependency"] for each in references or () if "dependency" in each}


@pytest.mark.parametrize("row", rows("protobuf_confluent.jsonl"))
def test_it_agrees_with_the_registry(row: Any) -> None:
    if row["id"] in UNUSABLE:
        assert row["writer"].endswith(".proto"), "the row was repaired: judge it"
        pytest.skip(UNUSABLE[row["id"]])
    verdict = judged(row["reader"], row["writer"], texts(row["reader_references"]), texts(row["writer_references"]))
    assert (verdict.answer == "accept") == (row["expected_confluent"] == "compatible"), row["id"]
    assert sorted(verdict.changes) == sorted(row["changes"]), row["id"]


def proto(body: str, syntax: str = "proto3") -> str:
    return f'syntax = "{syntax}";\n{body}'


OWN_CASES: dict[str, tuple[str, str, str]] = {
    # type at its path: (old, new, syntax); everything else that changes is the test's own affair
    "MESSAGE_ADDED #/Note": ("message Order {}", "message Order {} message Note {}", "proto3"),
    "MESSAGE_REMOVED #/Note": ("message Order {} message Note {}", "message Order {}", "proto3"),
    "MESSAGE_REMOVED #/Order/Note": ("message Order { message Note {} }", "message Order {}", "proto3"),
    "MESSAGE_MOVED #/Order": ("message Order {} message Note {}", "message Note {} message Order {}", "proto3"),
    "ENUM_ADDED #/Order/Size": ("message Order {}", "message Order { enum Size { S = 0; } }", "proto3"),
    "ENUM_REMOVED #/Size": ("enum Size { S = 0; }", "", "proto3"),
    "ENUM_CONST_ADDED #/Size/1": ("enum Size { S = 0; }", "enum Size { S = 0; M = 1; }", "proto3"),
    "ENUM_CONST_REMOVED #/Size/1": ("enum Size { S = 0; M = 1; }", "enum Size { S = 0; }", "proto3"),
    "ENUM_CONST_CHANGED #/Size/0": ("enum Size { S = 0; }", "enum Size { XS = 0; }", "proto3"),
    "PACKAGE_CHANGED #/": ("package a; message Order {}", "package b; message Order {}", "proto3"),
    "FIELD_ADDED #/Order/1": ("message Order {}", "message Order { int32 a = 1; }", "proto3"),
    "FIELD_REMOVED #/Order/1": ("message Order { int32 a = 1; }", "message Order { reserved 1; }", "proto3"),
    "FIELD_NAME_CHANGED #/Order/1": ("message Order { int32 a = 1; }", "message Order { int32 b = 1; }", "proto3"),
    "FIELD_KIND_CHANGED #/Order/1": (
        "message Order { map<string, int32> a = 1; }",
        "message Order { repeated int32 a = 1; }",
        "proto3",
    ),
    "FIELD_SCALAR_KIND_CHANGED #/Order/1": (
        "message Order { int32 a = 1; }",
        "message Order { sint32 a = 1; }",
        "proto3",
    ),
    "FIELD_NAMED_TYPE_CHANGED #/Order/1": (
        "message A {} message B {} message Order { A a = 1; }",
        "message A {} message B {} message Order { B a = 1; }",
        "proto3",
    ),
    "FIELD_NUMERIC_LABEL_CHANGED #/Order/1": (
        "enum E { Z = 0; } message Order { repeated E a = 1; }",
        "enum E { Z = 0; } message Order { optional E a = 1; }",
        "proto3",
    ),
    "FIELD_STRING_OR_BYTES_LABEL_CHANGED #/Order/1": (
        "message Order { repeated string a = 1; }",
        "message Order { optional bytes a = 1; }",
        "proto3",
    ),
    "REQUIRED_FIELD_ADDED #/Order/1": ("message Order {}", "message Order { required int32 a = 1; }", "proto2"),
    "REQUIRED_FIELD_REMOVED #/Order/1": ("message Order { required int32 a = 1; }", "message Order {}", "proto2"),
    "ONEOF_ADDED #/Order/pay": ("message Order {}", "message Order { oneof pay { int32 a = 1; } }", "proto3"),
    "ONEOF_REMOVED #/Order/pay": ("message Order { oneof pay { int32 a = 1; } }", "message Order {}", "proto3"),
    "ONEOF_FIELD_ADDED #/Order/pay/2": (
        "message Order { oneof pay { int32 a = 1; } }",
        "message Order { oneof pay { int32 a = 1; int32 b = 2; } }",
        "proto3",
    ),
    "ONEOF_FIELD_REMOVED #/Order/pay/2": (
        "message Order { oneof pay { int32 a = 1; int32 b = 2; } }",
        "message Order { oneof pay { int32 a = 1; } }",
        "proto3",
    ),
    "ONEOF_FIELD_MOVED_TO_TOP_LEVEL #/Order/2": (
        "message Order { oneof pay { int32 a = 1; int32 b = 2; } }",
        "message Order { oneof pay { int32 a = 1; } int32 b = 2; }",
        "proto3",
    ),
    "MULTIPLE_FIELDS_MOVED_TO_ONEOF #/Order/pay": (
        "message Order { int32 a = 1; int32 b = 2; }",
        "message Order { oneof pay { int32 a = 1; int32 b = 2; } }",
        "proto3",
    ),
    "FIELD_MOVED_TO_EXISTING_ONEOF #/Order/pay": (
        "message Order { oneof pay { int32 a = 1; } int32 b = 2; }",
        "message Order { oneof pay { int32 a = 1; int32 b = 2; } }",
        "proto3",
    ),
}


@pytest.mark.parametrize("change", OWN_CASES)
def test_every_type_of_change_is_seen(change: str) -> None:
    old, new, syntax = OWN_CASES[change]
    verdict = judged(proto(new, syntax), proto(old, syntax))
    assert change in verdict.changes
    assert (change in verdict.refused) == (change.partition(" ")[0] not in registry.ACCEPTED)
    assert (verdict.answer == "reject") == bool(verdict.refused)


def test_there_is_a_case_for_each_of_the_26_types() -> None:
    assert len(registry.ACCEPTED) == 15
    types = {change.partition(" ")[0] for change in OWN_CASES}
    assert (len(types), len(types - registry.ACCEPTED)) == (26, 11)


@pytest.mark.parametrize("side", ["old", "new"])
@pytest.mark.parametrize("change", OWN_CASES)
def test_a_schema_against_itself_is_accepted_without_a_change(change: str, side: str) -> None:
    old, new, syntax = OWN_CASES[change]
    text = proto(old if side == "old" else new, syntax)
    assert judged(text, text) == RegistryVerdict(RegistryAnswer.ACCEPT)


class TestGaps:
    """What a registry lets pass, and the data verdict does not."""

    @pytest.mark.parametrize("kinds", [("int64", "int32"), ("int32", "uint32"), ("int32", "bool"), ("bytes", "string")])
    def test_kinds_of_one_group(self, kinds: tuple[str, str]) -> None:
        old, new = (proto(f"message Order {{ {kind} a = 1; }}") for kind in kinds)
        assert judged(new, old) == RegistryVerdict(RegistryAnswer.ACCEPT)

    def test_labels_of_messages(self) -> None:
        old = proto("message Line {} message Order { repeated Line lines = 1; }")
        assert judged(old.replace("repeated ", ""), old) == RegistryVerdict(RegistryAnswer.ACCEPT)

    def test_a_number_with_another_meaning(self) -> None:
        old, new = proto("message Order { string email = 1; }"), proto("message Order { string coupon = 1; }")
        assert judged(new, old).answer == "accept"

    def test_a_whole_oneof_may_go(self) -> None:
        old = proto("message Order { oneof pay { int32 a = 1; int32 b = 2; } }")
        assert judged(proto("message Order {}"), old).changes == ("ONEOF_REMOVED #/Order/pay",)


class TestBySource:
    """What no published pair shows: the rules of the server's own source, read there, each with a pair of ours."""

    def changes(self, old: str, new: str, syntax: str = "proto3") -> list[str]:
        return sorted(judged(proto(new, syntax), proto(old, syntax)).changes)

    @pytest.mark.parametrize("kind", ["int32", "sint64", "bool", "fixed32", "double", "E"])
    def test_labels_of_numbers_count_where_both_files_write_one(self, kind: str) -> None:
        def order(label: str, syntax: str = "proto3") -> str:
            return proto(f"enum E {{ Z = 0; }} message Order {{ {label} {kind} a = 1; }}", syntax)

        assert judged(order("optional"), order("repeated")).refused == ("FIELD_NUMERIC_LABEL_CHANGED #/Order/1",)
        assert judged(order(""), order("repeated")) == RegistryVerdict(RegistryAnswer.ACCEPT), "proto3 writes none"
        assert judged(order("optional"), order("")) == RegistryVerdict(RegistryAnswer.ACCEPT)
        became = judged(order("required", "proto2"), order("optional", "proto2"))
        assert became.refused == ("FIELD_NUMERIC_LABEL_CHANGED #/Order/1",)

    def test_labels_of_text_and_messages_never_refuse(self) -> None:
        old = "message Line {} message Order { optional string a = 1; optional Line b = 2; }"
        new = old.replace("optional", "required")
        assert self.changes(old, new, "proto2") == ["FIELD_STRING_OR_BYTES_LABEL_CHANGED #/Order/1"]

    def test_a_label_is_not_asked_about_where_the_kind_differs(self) -> None:
        old, new = "message Order { optional int32 a = 1; }", "message Order { repeated string a = 1; }"
        assert self.changes(old, new) == ["FIELD_SCALAR_KIND_CHANGED #/Order/1"]

    def test_the_members_of_a_oneof_have_no_label(self) -> None:
        old, new = "message Order { oneof c { int32 a = 1; } }", "message Order { repeated int32 a = 1; }"
        assert self.changes(old, new) == ["ONEOF_FIELD_MOVED_TO_TOP_LEVEL #/Order/1", "ONEOF_REMOVED #/Order/c"]

    def test_types_of_the_file_itself_are_compared_where_they_are_declared_and_nowhere_else(self) -> None:
        old = "message A { B b = 1; } message B { A a = 1; int32 x = 2; }"
        assert self.changes(old, old.replace("int32 x", "string x")) == ["FIELD_SCALAR_KIND_CHANGED #/B/2"]

    def test_imported_types_are_compared_at_every_field_that_leads_to_them(self) -> None:
        text = proto('import "b.proto"; message A { B b = 1; map<string, B> more = 2; }')
        old, new = ({"b.proto": proto(f"message B {{ {kind} x = 2; }}")} for kind in ("int32", "string"))
        assert set(judged(text, text, new, old).refused) == {
            "FIELD_SCALAR_KIND_CHANGED #/B/2",
            "FIELD_NAMED_TYPE_CHANGED #/A/1",
            "FIELD_NAMED_TYPE_CHANGED #/A/2",
        }

    def test_a_type_that_moves_into_an_import_is_gone(self) -> None:
        old = proto("message A { B b = 1; } message B { int32 x = 2; }")
        new = proto('import "b.proto"; message A { B b = 1; }')
        verdict = judged(new, old, {"b.proto": proto("message B { int32 x = 2; }")})
        assert verdict.refused == ("MESSAGE_REMOVED #/B",)

    def test_the_package_of_an_imported_type_is_no_part_of_its_name(self) -> None:
        old, new = (proto(f'import "b.proto"; message A {{ {package}.B b = 1; }}') for package in ("x", "y"))
        before, after = (
            {"b.proto": f'syntax = "proto3"; package {package}; message B {{ int32 x = 2; }}'} for package in ("x", "y")
        )
        assert judged(new, old, after, before) == RegistryVerdict(RegistryAnswer.ACCEPT)

    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            # a oneof that is named as before has lost its member, whatever it holds now
            ("oneof c { int32 a = 1; }", "oneof c { int32 b = 2; }", ["ONEOF_FIELD_ADDED #/M/c/2", "ONEOF_FIELD_REMOVED #/M/c/1"]),
            # its name is gone, and one of its members lives on
            ("oneof c { int32 a = 1; int32 b = 2; }", "int32 a = 1;", ["ONEOF_FIELD_MOVED_TO_TOP_LEVEL #/M/1", "ONEOF_FIELD_REMOVED #/M/c/2", "ONEOF_REMOVED #/M/c"]),
            # members change places: nothing excludes each other that did not before
            ("oneof c { int32 a = 1; } int32 b = 2;", "int32 a = 1; oneof c { int32 b = 2; }", ["ONEOF_FIELD_MOVED_TO_TOP_LEVEL #/M/1"]),
            # two lone fields join a member
            ("oneof c { int32 a = 1; } int32 b = 2; int32 d = 3;", "oneof c { int32 a = 1; int32 b = 2; int32 d = 3; }", ["MULTIPLE_FIELDS_MOVED_TO_ONEOF #/M/c"]),
            ("oneof c { int32 a = 1; } oneof d { int32 b = 2; }", "oneof c { int32 a = 1; int32 b = 2; }", ["FIELD_MOVED_TO_EXISTING_ONEOF #/M/c", "ONEOF_REMOVED #/M/d"]),
            ("int32 a = 1;", "oneof c { int32 a = 1; int32 b = 2; }", ["ONEOF_ADDED #/M/c", "ONEOF_FIELD_ADDED #/M/c/2"]),
        ],
    )  # fmt: skip
    def test_oneofs(self, old: str, new: str, told: list[str]) -> None:
        assert self.changes(f"message M {{ {old} }}", f"message M {{ {new} }}") == told

    def test_groups_are_not_looked_at(self) -> None:
        old = "message M { optional group G = 1 { optional int32 a = 1; } }"
        assert self.changes(old, old.replace("int32", "string"), "proto2") == []
        assert self.changes(old, "message M {}", "proto2") == []

    def test_of_several_names_of_a_value_the_last_one_counts(self) -> None:
        alias = "enum E {{ option allow_alias = true; Z = 0; {} }}"
        assert self.changes(alias.format("A = 1; B = 1;"), alias.format("B = 1; A = 1;")) == [
            "ENUM_CONST_CHANGED #/E/1"
        ]
        assert self.changes(alias.format("B = 1; A = 1;"), alias.format("C = 1; A = 1;")) == []


def test_a_chain_of_types_that_no_server_walks_may_fail() -> None:
    def chain(last: str) -> dict[str, str]:
        links = " ".join(f"message M{i} {{ M{i + 1} next = 1; }}" for i in range(3_000))
        return {"chain.proto": proto(f"{links} message M3000 {{ {last} x = 1; }}")}

    text = proto('import "chain.proto"; message Order { M0 first = 1; }')
    assert judged(text, text, chain("string"), chain("int32")).answer == "may-fail"
