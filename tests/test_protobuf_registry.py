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
        "enum E { Z = 0; } message Order { E a = 1; }",
        "proto3",
    ),
    "FIELD_STRING_OR_BYTES_LABEL_CHANGED #/Order/1": (
        "message Order { repeated string a = 1; }",
        "message Order { bytes a = 1; }",
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
    assert (change in verdict.refused) == (change.partition(" ")[0] in registry.REFUSED)
    assert (verdict.answer == "reject") == bool(verdict.refused)


def test_there_is_a_case_for_each_of_the_26_types() -> None:
    assert len(registry.ACCEPTED) == 15
    assert len(registry.REFUSED) == 11
    assert {change.partition(" ")[0] for change in OWN_CASES} == registry.ACCEPTED | registry.REFUSED


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


def test_a_label_of_a_field_that_becomes_required_is_refused() -> None:
    old, new = (proto(f"message Order {{ {label} int32 a = 1; }}", "proto2") for label in ("optional", "required"))
    assert judged(new, old).refused == ("REQUIRED_FIELD_ADDED #/Order/1",)
    assert judged(old, new).refused == ("REQUIRED_FIELD_REMOVED #/Order/1",)


def test_types_that_hold_each_other_are_compared_once() -> None:
    old = proto("message A { B b = 1; } message B { A a = 1; int32 x = 2; }")
    new = old.replace("int32 x", "string x")
    assert set(judged(new, old).refused) == {
        "FIELD_SCALAR_KIND_CHANGED #/B/2",
        "FIELD_NAMED_TYPE_CHANGED #/A/1",
    }


def test_a_chain_of_types_that_no_server_walks_may_fail() -> None:
    def chain(last: str) -> str:
        links = " ".join(f"message M{i} {{ M{i + 1} next = 1; }}" for i in range(3_000))
        return proto(f"{links} message M3000 {{ {last} x = 1; }}")

    assert judged(chain("string"), chain("int32")).answer == "may-fail"
