"""Does every value arrive as the same value? Cases by rule, each witness shown to Google's own runtime."""

from __future__ import annotations

from typing import Any

import pytest

from protobuf_runtime import arrived, classes, decoded, root_of, shows
from schemagate.compat.protobuf import data
from schemagate.compat.protobuf.data import evolution
from schemagate.compat.verdicts import DataVerdict
from schemagate.schema import protobuf


def proto(body: str, syntax: str = "proto3") -> str:
    head = f'edition = "{syntax}";' if syntax.startswith("20") else f'syntax = "{syntax}";'
    return f"{head}\n{body}"


def judged(old: str, new: str, syntax: str = "proto3", to: str | None = None) -> DataVerdict:
    """New reads old; every witness is shown to the runtime."""
    writer, reader = (
        protobuf.parse(proto(old, syntax), "old.proto"),
        protobuf.parse(proto(new, to or syntax), "new.proto"),
    )
    verdict = data.judge(reader, writer)
    for finding in verdict.findings:
        if finding.witness is not None:
            assert shows(finding.witness, root_of(finding), writer, reader), finding.message
    return verdict


def field(kind: str) -> str:
    return f"enum Open {{ ZERO = 0; ONE = 1; }} message Line {{ string sku = 1; }} message Event {{ {kind} x = 1; }}"


def told(verdict: DataVerdict) -> list[str]:
    return sorted({finding.rule.removeprefix("SG-PROTO-") for finding in verdict.findings})


KEPT = [
    ("int32", "int64"),
    ("uint32", "uint64"),
    ("bool", "int32"),
    ("bool", "uint64"),
    ("Open", "int32"),
    ("Open", "int64"),
    ("string", "bytes"),
    ("sint32", "sint64"),
    ("int32", "Open"),
    ("uint32", "int64"),
    ("Line", "repeated Line"),
    ("string", "repeated string"),
    ("map<int32, string>", "map<int64, bytes>"),
]

LOST = [
    # old, new, rule, a value, and what the runtime reads (None: nothing at all)
    ("int64", "int32", "102", 4294967301, 5),
    ("uint64", "uint32", "102", 4294967301, 5),
    ("int32", "uint64", "102", -1, 18446744073709551615),
    ("int32", "uint32", "102", -1, 4294967295),
    ("uint32", "int32", "102", 4294967295, -1),
    ("uint64", "int64", "102", 18446744073709551615, -1),
    ("fixed32", "sfixed32", "102", 4294967295, -1),
    ("int32", "bool", "102", 7, True),
    ("int64", "Open", "102", 4294967301, 5),
    ("bytes", "string", "102", b"\xff", None),
    ("int32", "sint32", "101", 3, -2),
    ("sint64", "sint32", "102", 4294967301, 5),
    ("fixed32", "float", "101", 1, pytest.approx(1.4e-45, rel=0.01)),
    ("int32", "fixed32", "101", 3, 0),
    ("int32", "string", "101", 3, ""),
    ("string", "int32", "101", "a", 0),
    ("float", "double", "101", 1.0, 0.0),
    ("Open", "uint32", "102", -1, 4294967295),
    ("bool", "sint32", "101", True, -1),
]


@pytest.mark.parametrize(("old", "new"), KEPT)
def test_these_types_keep_every_value(old: str, new: str) -> None:
    assert judged(field(old), field(new)).answer == "yes"


@pytest.mark.parametrize(("old", "new", "rule", "value", "read"), LOST)
def test_these_types_lose_values(old: str, new: str, rule: str, value: Any, read: Any) -> None:
    verdict = judged(field(old), field(new))
    assert (verdict.answer, told(verdict)) == ("no", [rule])
    writer, reader = (classes(protobuf.parse(proto(field(kind)), "x.proto"))["Event"] for kind in (old, new))
    found = decoded(reader, writer(x=value).SerializeToString())
    assert (None if found is None else found.x) == read, "what the table says is what the runtime does"


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("string", "Line", "101"),
        ("Line", "bytes", "101"),
        ("map<string, int32>", "Line", "104"),
        ("map<string, int32>", "bytes", "101"),
        ("repeated int32", "int32", "104"),
        ("repeated string", "string", "104"),
        ("repeated Line", "Line", "104"),
        ("repeated int32", "repeated sint32", "101"),
        ("repeated int64", "repeated int32", "102"),
        ("map<string, int64>", "map<string, int32>", "102"),
        ("map<int64, string>", "map<int32, string>", "102"),
        ("map<string, Line>", "map<string, string>", "101"),
    ],
)
def test_other_kinds_and_labels(old: str, new: str, rule: str) -> None:
    verdict = judged(field(old), field(new))
    assert verdict.answer == "no"
    assert rule in told(verdict)
    assert verdict.witness


class TestReasonsDoNotHideEachOther:
    one = "enum E { Z = 0; A = 1; B = 2; } message Event { repeated E x = 1; }"

    @pytest.mark.parametrize(
        ("new", "rules"),
        [
            ("enum E { Z = 0; A = 1; B = 2; } message Event { E x = 1; }", ["104"]),
            ("enum E { Z = 0; A = 1; } message Event { E x = 1; }", ["104", "207"]),
        ],
    )
    def test_names_that_are_gone_and_one_value_of_many(self, new: str, rules: list[str]) -> None:
        verdict = judged(self.one, new)
        assert (verdict.answer, told(verdict)) == ("no", rules)

    def test_numbers_without_names_and_one_value_of_many(self) -> None:
        verdict = judged(field("repeated int32"), field("Open"))
        assert (verdict.answer, told(verdict)) == ("no", ["104", "207"])

    def test_narrower_numbers_and_one_value_of_many(self) -> None:
        assert told(judged(field("repeated int64"), field("int32"))) == ["102", "104"]

    def test_narrower_numbers_and_another_default(self) -> None:
        old = "message Event { int64 a = 1; }"
        verdict = judged(old, "message Event { optional int32 a = 1 [default = 4]; }", "proto3", "proto2")
        assert told(verdict) == ["102", "108"]


_NUMBERS = ("int32", "int64", "uint32", "sint32", "fixed32", "float", "bool", "Open", "Less", "Closed", "ClosedLess")
_PRESENCE = "features.field_presence"
_LABELS = {
    "implicit": ("", f"{_PRESENCE} = IMPLICIT"),
    "explicit": ("", f"{_PRESENCE} = EXPLICIT"),
    "required": ("", f"{_PRESENCE} = LEGACY_REQUIRED"),
    "packed": ("repeated ", "features.repeated_field_encoding = PACKED"),
    "expanded": ("repeated ", "features.repeated_field_encoding = EXPANDED"),
}
_TYPES = """
    enum Open { Z = 0; A = 1; B = 2; } enum Less { LZ = 0; LA = 1; }
    enum Closed { option features.enum_type = CLOSED; CZ = 0; CA = 1; CB = 2; }
    enum ClosedLess { option features.enum_type = CLOSED; DZ = 0; DA = 1; }
"""


def test_numbers_of_any_kind_and_label_against_each_other() -> None:
    """Every yes is tried on the runtime with zeros, members, and the ends of ranges; every no shows its witness."""
    from google.protobuf.message import Message

    def events(event: Any, label: str) -> list[Message]:
        found = [event()]
        for value in (0, 1, 2, 7, -1, 1.5, 2**31 - 1, -(2**31), 2**32 - 1, 2**63 - 1):
            for each in [[value], [value, value]] if _LABELS[label][0] else [value]:
                try:
                    found.append(event(x=each))
                except (ValueError, TypeError):
                    continue  # no value of the kind
        return [each for each in found if each.IsInitialized()]

    schemas = {
        (kind, label): protobuf.parse(
            proto(f"{_TYPES} message Event {{ {word}{kind} x = 1 [{option}]; }}", "2023"), "x.proto"
        )
        for kind in _NUMBERS
        for label, (word, option) in _LABELS.items()
        if not (label == "implicit" and kind.startswith("Closed"))
    }
    known = {key: classes(schema)["Event"] for key, schema in schemas.items()}
    for wrote, writer in schemas.items():
        written = events(known[wrote], wrote[1])
        for reads, reader in schemas.items():
            verdict = data.judge(reader, writer)
            if verdict.answer == "yes":
                for event in written:
                    read = decoded(known[reads], event.SerializeToString())
                    assert read is not None, (wrote, reads, event)
                    assert arrived(event, read), (wrote, reads, event)
            else:
                assert verdict.witness is not None, (wrote, reads)
                assert shows(verdict.witness, "Event", writer, reader), (wrote, reads)


class TestMessageSets:
    wire = "option message_set_wire_format = true;"
    old = "message Event {{ {} extensions 4 to max; }} message Note {{ optional {} n = 1; extend Event {{ optional Note note = 100; }} }}"

    def test_a_plain_reader_does_not_see_its_extensions(self) -> None:
        verdict = judged(
            self.old.format(self.wire, "int64"), self.old.format("", "int64").replace("max", "1000"), "proto2"
        )
        assert (verdict.answer, told(verdict)) == ("no", ["101"])
        assert verdict.witness
        assert verdict.witness.value == {"[Note.note]": {}}

    def test_nor_is_the_way_back_a_yes(self) -> None:
        verdict = judged(
            self.old.format("", "int64").replace("max", "1000"), self.old.format(self.wire, "int64"), "proto2"
        )
        assert (verdict.answer, told(verdict)) == ("no", ["101"])

    def test_content_is_compared_within_them(self) -> None:
        old, new = self.old.format(self.wire, "int64"), self.old.format(self.wire, "int32")
        verdict = judged(old, new, "proto2")
        assert (verdict.answer, told(verdict)) == ("no", ["102"])
        assert judged(new, old, "proto2").answer == "yes"


def test_a_map_is_a_list_of_entries() -> None:
    entry = "message Entry { string key = 1; int32 value = 2; }"
    old, new = (
        f"{entry} message Event {{ map<string, int32> x = 1; }}",
        f"{entry} message Event {{ repeated Entry x = 1; }}",
    )
    assert judged(old, new).answer == "yes"
    verdict = data.judge(protobuf.parse(proto(old), "x"), protobuf.parse(proto(new), "x"))
    assert (verdict.answer, told(verdict)) == ("no", ["104"]), "of equal keys one is left"


def test_some_parsers_put_a_map_entry_aside_that_holds_more_than_key_and_value() -> None:
    """Found by chance: a parser that keeps unknown fields of an entry keeps all of it there."""
    old = "message Part { int32 key = 1; int32 value = 2; string note = 3; } message Event { Part x = 1; }"
    verdict = judged(old, old.replace("Part x", "map<int32, int32> x"))
    assert (verdict.answer, told(verdict)) == ("no", ["103"])
    assert verdict.witness
    assert verdict.witness.value == {"x": {"note": "a"}}
    short = old.replace("string note = 3;", "")
    assert judged(short, short.replace("Part x", "map<int32, int32> x")).answer == "yes"


class TestEnums:
    closed = "enum Size {{ S = 0; M = 1; {} }} message Event {{ optional Size size = 1; }}"
    opened = "enum Size {{ S = 0; M = 1; {} }} message Event {{ Size size = 1; }}"

    def test_a_closed_enum_drops_what_it_lacks(self) -> None:
        verdict = judged(self.closed.format("L = 2;"), self.closed.format(""), "proto2")
        assert (verdict.answer, told(verdict)) == ("no", ["207"])
        assert verdict.witness
        assert verdict.witness.value == {"size": "L"}

    def test_an_open_one_keeps_the_number(self) -> None:
        verdict = judged(self.opened.format("L = 2;"), self.opened.format(""))
        assert (verdict.answer, told(verdict), verdict.findings[0].severity) == ("yes", ["207"], "warning")

    def test_openness_is_a_feature_and_not_a_word_at_the_top(self) -> None:
        old = self.opened.format("")
        new = "enum Size { option features.enum_type = CLOSED; S = 0; M = 1; } message Event { Size size = 1; }"
        verdict = judged(old, new, "proto3", "2023")
        assert (verdict.answer, verdict.witness and verdict.witness.value) == ("no", {"size": 7})

    def test_a_number_with_another_name(self) -> None:
        old, new = (
            f"enum Size {{ NONE = 0; {name} = 1; }} message Event {{ Size size = 1; }}"
            for name in ("SMALL", "CANCELLED")
        )
        assert told(judged(old, new)) == ["201"]
        assert told(judged(old, new.replace("CANCELLED", "SIZE_SMALL"))) == ["204"]


@pytest.mark.parametrize(
    ("old", "new", "syntax", "misread"),
    [
        ("int64 a = 1;", "int32 a = 1;", "proto3", True),
        ("bytes a = 1;", "string a = 1;", "proto3", False),
        ("optional bytes a = 1;", "optional string a = 1;", "proto2", True),
        ("string a = 1;", "int32 a = 1;", "proto3", True),
        ("optional int32 a = 1;", "required int32 a = 1;", "proto2", False),
    ],
)
def test_an_event_is_refused_or_read_as_something_else(old: str, new: str, syntax: str, misread: bool) -> None:
    writer, reader = (protobuf.parse(proto(f"message Event {{ {each} }}", syntax), "x") for each in (old, new))
    witness = data.judge(reader, writer).witness
    assert witness
    assert witness.encoded is not None
    assert witness.misread == misread
    assert (decoded(classes(reader)["Event"], witness.encoded) is not None) == misread, "so says the runtime"


class TestMessages:
    def test_names_do_not_exist_in_bytes(self) -> None:
        old = "message Event { A x = 1; } message A { int32 n = 1; } message B { int64 n = 1; }"
        assert judged(old, old.replace("A x", "B x")).answer == "yes"

    def test_content_that_does_not_fit_is_told_at_the_field(self) -> None:
        old = "message Event { A x = 1; } message A { C c = 1; } message B { D c = 1; } message C { int32 n = 1; } message D { string n = 1; }"
        verdict = judged(old, old.replace("A x", "B x"))
        assert told(verdict) == ["101", "103"]
        at_field = next(each for each in verdict.findings if each.path == "/Event/1")
        assert at_field.witness
        assert at_field.witness.value == {"x": {"c": {"n": 7}}}

    def test_types_that_hold_each_other(self) -> None:
        old = "message Event { Tree tree = 1; } message Tree { repeated Tree children = 1; int64 weight = 2; }"
        verdict = judged(old, old.replace("int64", "int32"))
        assert (verdict.answer, len(verdict.findings)) == ("no", 1)
        assert verdict.witness
        assert verdict.witness.value == {"tree": {"weight": "4294967301"}}

    def test_a_message_without_a_finite_event_writes_nothing(self) -> None:
        old = (
            "message Event { optional Loop loop = 1; } message Loop { required Loop again = 1; required int64 n = 2; }"
        )
        assert judged(old, old.replace("int64", "int32"), "proto2").answer == "yes"

    def test_required_fields_stand_in_every_witness(self) -> None:
        old = "message Event { required string id = 1; required Part part = 2; optional int64 n = 3; } message Part { required Size size = 1; } enum Size { S = 4; }"
        verdict = judged(old, old.replace("int64", "int32"), "proto2")
        assert verdict.witness
        assert verdict.witness.value == {"id": "", "part": {"size": "S"}, "n": "4294967301"}

    def test_a_payload_that_nobody_declares(self) -> None:
        verdict = judged("message Gone { int32 n = 1; } message Event {}", "message Event {}")
        assert (verdict.answer, told(verdict)) == ("no", ["107"])

    def test_a_group_is_written_differently(self) -> None:
        old = "message Event { Part part = 1; } message Part { int32 n = 1; }"
        new = old.replace("part = 1", "part = 1 [features.message_encoding = DELIMITED]")
        assert told(judged(old, new, "2023")) == ["101"]


class TestPresence:
    def test_required_where_the_writer_may_leave_it_out(self) -> None:
        old, new = (f"message Event {{ {label} int32 a = 1; }}" for label in ("optional", "required"))
        assert told(judged(old, new, "proto2")) == ["105"]
        assert judged(new, old, "proto2").answer == "yes"
        assert told(judged("message Event {}", new, "proto2")) == ["105"]

    def test_a_zero_that_is_not_written_reads_as_the_default(self) -> None:
        verdict = judged(
            "message Event { int32 a = 1; }",
            "message Event { optional int32 a = 1 [default = 4]; }",
            "proto3",
            "proto2",
        )
        assert (verdict.answer, told(verdict)) == ("no", ["108"])

    def test_another_default_for_what_was_not_set(self) -> None:
        old, new = (f"message Event {{ optional int32 a = 1 [default = {value}]; }}" for value in (4, 5))
        verdict = judged(old, new, "proto2")
        assert (verdict.answer, told(verdict)) == ("yes", ["206"])

    def test_presence_comes_and_goes(self) -> None:
        old, new = "message Event { int32 a = 1; }", "message Event { optional int32 a = 1; }"
        for one, other in ((old, new), (new, old)):
            verdict = judged(one, other)
            assert (verdict.answer, told(verdict)) == ("yes", ["206"])

    def test_an_edition_with_the_same_features_is_the_same(self) -> None:
        old = "message Event { optional int32 a = 1; repeated int32 b = 2 [packed = true]; }"
        new = "message Event { int32 a = 1; repeated int32 b = 2; }"
        verdict = judged(old, new, "proto2", "2023")
        assert (verdict.answer, told(verdict)) == ("yes", [])

    def test_utf8_is_checked_now(self) -> None:
        verdict = judged(
            "message Event { optional string a = 1; }", "message Event { string a = 1; }", "proto2", "2023"
        )
        assert (verdict.answer, told(verdict)) == ("yes", ["301"])


class TestOneofs:
    def test_fields_that_now_exclude_each_other(self) -> None:
        verdict = judged(
            "message Event { string a = 1; int32 b = 2; }", "message Event { oneof c { string a = 1; int32 b = 2; } }"
        )
        assert verdict.answer == "no"
        assert "106" in told(verdict)
        assert verdict.witness
        assert verdict.witness.value == {"a": "a", "b": 7}

    def test_a_lone_field_may_move(self) -> None:
        lone, inside = "message Event { optional string a = 1; }", "message Event { oneof c { string a = 1; } }"
        assert judged(lone, inside) == judged(inside, lone) == DataVerdict(judged(lone, lone).answer)

    def test_members_of_one_oneof_may_move_together(self) -> None:
        old = "message Event { oneof c { string a = 1; int32 b = 2; } }"
        assert judged(old, old.replace(" c ", " d ")).findings == ()

    def test_a_member_that_is_gone(self) -> None:
        old, new = (
            "message Event { oneof c { string a = 1; int32 b = 2; } }",
            "message Event { oneof c { string a = 1; } reserved 2; }",
        )
        verdict = judged(old, new)
        assert (verdict.answer, told(verdict)) == ("yes", ["208"])


class TestNumbers:
    def test_what_is_removed_wants_to_be_reserved(self) -> None:
        old = "message Event { string a = 1; int32 b = 2; }"
        assert told(judged(old, "message Event { string a = 1; }")) == ["203"]
        assert told(judged(old, "message Event { string a = 1; reserved 2; }")) == []

    def test_what_is_added_was_never_removed(self) -> None:
        old, new = (
            protobuf.parse(proto("message Event {}"), "old"),
            protobuf.parse(proto("message Event { int32 b = 2; }"), "new"),
        )
        assert data.judge(old, new, reader_is_new=False).findings == ()

    def test_a_number_with_another_meaning(self) -> None:
        assert told(judged("message Event { string email = 3; }", "message Event { string coupon = 3; }")) == ["201"]

    def test_names_that_change_places(self) -> None:
        assert told(
            judged(
                "message Event { string a_id = 1; string b_id = 2; }",
                "message Event { string b_id = 1; string a_id = 2; }",
            )
        ) == ["201"]

    @pytest.mark.parametrize(
        ("one", "other", "expected"),
        [
            ("email", "email_address", True),
            ("customer_id", "customerId", True),
            ("colour", "color", True),
            ("email", "coupon", False),
            ("order_id", "customer_id", False),
        ],
    )
    def test_another_spelling(self, one: str, other: str, expected: bool) -> None:
        assert evolution.alike(one, other) is evolution.alike(other, one) is expected

    def test_a_reservation_that_is_gone(self) -> None:
        verdict = judged("message Event { reserved 3, 5 to 10; }", "message Event { string x = 3; reserved 7; }")
        assert (verdict.answer, told(verdict)) == ("yes", ["202"])
        assert [finding.fix for finding in verdict.findings] == [
            "write `reserved 3;` into message Event again",
            "write `reserved 5 to 6;` into message Event again",
            "write `reserved 8 to 10;` into message Event again",
        ]

    @pytest.mark.parametrize(
        ("wanted", "ranges", "left"),
        [
            ((1, 5), [], [(1, 5)]),
            ((1, 5), [(1, 5)], []),
            ((1, 5), [(4, 9), (1, 3)], []),
            ((1, 5), [(1, 2)], [(3, 5)]),
            ((1, 5), [(3, 3)], [(1, 2), (4, 5)]),
            ((1, 5), [(7, 9)], [(1, 5)]),
        ],
    )
    def test_ranges(self, wanted: tuple[int, int], ranges: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
        assert list(evolution.uncovered(wanted, ranges)) == left


def test_a_package_matters_to_any_alone() -> None:
    old, new = "package a; message Event {}", "package b; message Event {}"
    verdict = judged(old, new)
    assert (verdict.answer, told(verdict), verdict.findings[0].severity) == ("yes", ["205"], "note")
    with_any = 'import "google/protobuf/any.proto"; message Event { google.protobuf.Any x = 1; }'
    verdict = judged(f"package a; {with_any}", f"package b; {with_any}")
    assert (verdict.answer, verdict.findings[0].severity) == ("yes", "warning")


def test_extensions_are_fields() -> None:
    old = "message Event { extensions 100 to 200; } extend Event { optional int64 more = 100; }"
    verdict = judged(old, old.replace("int64", "int32"), "proto2")
    assert (verdict.answer, told(verdict)) == ("no", ["102"])
    assert verdict.witness
    assert verdict.witness.value == {"[more]": "4294967301"}


def test_findings_stand_at_the_field_of_both_sides() -> None:
    old = "message Event { Line line = 1; message Line { int64 n = 7; } }"
    (finding,) = judged(old, old.replace("int64", "int32")).findings
    assert (finding.path, finding.writer_path) == ("/Event/Line/7", "/Event/Line/7")
    assert finding.witness
    assert finding.witness.pointer == "/line/n"


def test_types_that_meet_everywhere_are_too_many() -> None:
    def cycle(length: int, kind: str) -> str:
        return proto(
            "\n".join(f"message M{i} {{ M{(i + 1) % length} next = 1; {kind} x = 2; }}" for i in range(length))
            + " message Event { M0 m = 1; }"
        )

    verdict = data.judge(protobuf.parse(cycle(509, "int32"), "r"), protobuf.parse(cycle(503, "int32"), "w"))
    assert (verdict.answer, told(verdict)) == ("unknown", ["903"])


def test_each_of_many_narrowed_fields_is_told_a_free_number() -> None:
    """The numbers are looked through once, and not for each field: so this takes a second, and took a minute."""
    old = "message Event { " + " ".join(f"int64 f{i} = {i};" for i in range(1, 15_001)) + " reserved 15007; }"
    writer, reader = (protobuf.parse(proto(text), "x") for text in (old, old.replace("int64", "int32")))
    findings = data.judge(reader, writer).findings
    assert len(findings) == 15_000
    assert all(finding.fix.endswith("the number 15008") for finding in findings)


def test_ten_thousand_members_and_fields_are_no_matter() -> None:
    names = " ".join(f"V{i} = {i};" for i in range(10_000))
    fields = " ".join(f"optional Size f{i} = {i};" for i in range(1, 5_000))
    old = f"enum Size {{ {names} }} message Event {{ {fields} }}"
    assert (
        judged(old, old.replace("message Event {", "message Event { optional int32 more = 6000; "), "proto2").answer
        == "yes"
    )


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("202", "reserved 7, 9 to 11; string id = 1;", "reserved 10; string id = 1;"),
        ("203", "string id = 1; string email = 3;", "string id = 1;"),
    ],
)
def test_the_lines_of_a_repair_repair(rule: str, old: str, new: str) -> None:
    """What a finding tells to write, written into the new file, silences it."""
    findings = judged(f"message Event {{ {old} }}", f"message Event {{ {new} }}").findings
    assert {finding.rule for finding in findings} == {f"SG-PROTO-{rule}"}
    lines = " ".join(finding.fix.split("`")[1] for finding in findings)
    assert judged(f"message Event {{ {old} }}", f"message Event {{ {new} {lines} }}").findings == ()


@pytest.mark.parametrize(("old", "new", "rule"), [(old, new, rule) for old, new, rule, *_ in LOST])
def test_the_declaration_of_a_repair_repairs(old: str, new: str, rule: str) -> None:
    (finding,) = (each for each in judged(field(old), field(new)).findings if each.rule == f"SG-PROTO-{rule}")
    assert finding.fix.split("`")[1] == f"{old} x = 1;"
    assert finding.fix.endswith("the number 2")
    kept = field(old).replace("x = 1;", f"x = 1; {new} y = 2;")
    assert judged(field(old), kept).answer == "yes"
