"""Does every event arrive as JSON, too, and which messages are payloads? Every witness is shown to Google's runtime."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protobuf_runtime import arrived_by_name, classes, parsed_json, printed, root_of, shows, shows_json
from protobuf_strategies import PAIRS, Schema, events, parsed
from repository import Repository
from schemagate import compare
from schemagate.compat.protobuf import data
from schemagate.compat.verdicts import DataVerdict
from schemagate.errors import UsageError
from schemagate.schema import protobuf
from test_protobuf_commands import FILE, order
from test_protobuf_data import field, proto, told

JSON = ("json-payloads",)
IGNORING = ("json-payloads", "unknown-json-names-ignored")


def judged(old: str, new: str, syntax: str = "proto3", assumed: tuple[str, ...] = JSON) -> DataVerdict:
    """New reads old; every witness is shown to the runtime, in the form that it is about."""
    writer, reader = (protobuf.parse(proto(text, syntax), f"{text[:1]}.proto") for text in (old, new))
    verdict = data.judge(reader, writer, assumed)
    for finding in verdict.findings:
        if finding.witness is not None:
            judge = shows if finding.witness.encoded is not None else shows_json
            assert judge(finding.witness, root_of(finding), writer, reader), finding.message
    return verdict


def event(*fields: str, beside: str = "") -> str:
    return f"message Event {{ {' '.join(fields)} }} {beside}"


class TestNames:
    def test_a_renamed_field_is_an_error_and_a_no(self) -> None:
        old, new = event("string email = 3;"), event("string email_address = 3;")
        assert judged(old, new, assumed=()).answer == "yes"
        verdict = judged(old, new)
        (finding,) = verdict.findings
        assert (verdict.answer, finding.rule, finding.severity) == ("no", "SG-PROTO-204", "error")
        assert finding.witness
        assert (finding.witness.value, finding.witness.encoded) == ({"email": "a"}, None)

    def test_the_name_in_json_is_what_counts(self) -> None:
        old, new = event("string email = 3;"), event('string email_address = 3 [json_name = "email"];')
        assert judged(old, new).answer == "yes"
        assert judged(event("string order_id = 1;"), event("string orderId = 1;")).answer == "yes"
        assert judged(event("string a = 1;"), event('string a = 1 [json_name = "b"];')).answer == "yes", (
            "the name is read as well"
        )
        assert judged(event('string a = 1 [json_name = "b"];'), event("string a = 1;")).answer == "no"

    def test_a_name_that_the_reader_lacks_is_refused(self) -> None:
        old, new = event("string a = 1;", "int32 b = 2;"), event("string a = 1;", "reserved 2;")
        assert judged(old, new, assumed=()).answer == "yes"
        assert told(judged(old, new)) == ["109"]
        assert judged(new, old).answer == "yes"

    def test_readers_that_ignore_names_lose_what_is_renamed_and_nothing_else(self) -> None:
        old = event("string a = 1;", "int32 b = 2;")
        assert judged(old, event("string a = 1; reserved 2;"), assumed=IGNORING).answer == "yes"
        assert judged(event("int32 email = 2;"), event("int32 email_address = 2;"), assumed=IGNORING).answer == "no"
        assert told(judged(event("int32 email = 2;"), event("int32 coupon = 2;"), assumed=IGNORING)) == ["109", "201"]

    def test_numbers_do_not_count(self) -> None:
        old, new = event("string a = 1;", "string b = 2;"), event("string a = 2;", "string b = 1;")
        assert {each.rule for each in judged(old, new).findings} == {"SG-PROTO-201"}, "bytes alone are mixed up"

    def test_it_is_asked_of_nested_messages_and_of_maps(self) -> None:
        for held in ("Line x = 1;", "repeated Line x = 1;", "map<string, Line> x = 1;"):
            old, new = (event(held, beside=f"message Line {{ int32 {name} = 1; }}") for name in ("size", "shoe_size"))
            assert (judged(old, new).answer, told(judged(old, new))) == ("no", ["204"]), held

    def test_a_name_that_two_fields_have_is_undecided(self) -> None:
        old = event('optional int32 a = 1 [json_name = "x"];', 'optional int32 x = 2 [json_name = "y"];')
        assert judged(old, old.replace("message", " message") + "message More {}", "proto2").answer == "yes"
        twice = event("optional int32 aB = 1;", "optional int32 a_b = 2;")
        verdict = judged(
            twice, event("optional int32 aB = 1;", "optional int32 a_b = 2;", "optional int32 c = 3;"), "proto2"
        )
        assert (verdict.answer, told(verdict)) == ("unknown", ["904"])


KEPT = [
    ("int32", "int64"), ("int64", "sint64"), ("uint32", "int64"), ("uint32", "fixed64"), ("int32", "sfixed32"),
    ("int32", "double"), ("int32", "Open"), ("string", "string"), ("bytes", "bytes"), ("Open", "Open"),
    ("map<int32, string>", "map<sint64, string>"), ("map<string, Line>", "map<string, Line>"),
]  # fmt: skip
LOST = [
    ("int64", "int32"), ("int32", "uint64"), ("uint64", "int64"), ("bool", "int32"), ("int32", "bool"),
    ("int32", "string"), ("int64", "string"), ("string", "bytes"), ("bytes", "string"), ("string", "int64"),
    ("double", "int64"), ("Open", "int32"), ("Open", "string"), ("string", "Open"), ("bytes", "Open"), ("Open", "bool"),
    ("string", "repeated string"), ("repeated string", "string"), ("Line", "repeated Line"), ("repeated Line", "Line"),
    ("Line", "string"), ("string", "Line"), ("Line", "int32"), ("repeated int32", "map<string, int32>"),
    ("map<string, int32>", "repeated int32"), ("map<string, int32>", "string"), ("string", "map<string, string>"),
    ("map<string, int32>", "map<int32, int32>"), ("map<int64, int32>", "map<int32, int32>"),
    ("map<bool, int32>", "map<string, int32>"), ("map<string, int64>", "map<string, int32>"),
    ("map<string, Line>", "map<string, string>"), ("map<string, Open>", "map<string, int32>"),
    ("repeated Open", "repeated string"), ("repeated int64", "repeated uint32"),
]  # fmt: skip
UNDECIDED = [
    ("float", "double"), ("double", "float"), ("int64", "double"), ("int32", "float"), ("bool", "double"),
    ("int64", "Open"), ("map<string, int32>", "Line"), ("Line", "map<string, string>"),
]  # fmt: skip


class TestForms:
    """In JSON alone: what bytes make of the same change is told by other rules, and elsewhere."""

    def in_json(self, old: str, new: str) -> tuple[str, DataVerdict]:
        writer, reader = (protobuf.parse(proto(field(kind)), "x.proto") for kind in (old, new))
        verdict = judged(field(old), field(new))
        from schemagate.compat.protobuf.data.json_walk import JsonWalk
        from schemagate.compat.protobuf.data.walk import Walk

        walk = Walk(reader, writer, reader_is_new=True)
        walk.problems()
        found = list(JsonWalk(walk.reads, walk.writes, ignores_unknown_names=False).problems(walk.payloads))
        answer = max((problem.answer for problem in found), default=0)
        return ("yes", "unknown", "no")[answer], verdict

    @pytest.mark.parametrize(("old", "new"), KEPT)
    def test_kept(self, old: str, new: str) -> None:
        assert self.in_json(old, new)[0] == "yes"

    @pytest.mark.parametrize(("old", "new"), LOST)
    def test_lost(self, old: str, new: str) -> None:
        answer, verdict = self.in_json(old, new)
        assert (answer, verdict.answer) == ("no", "no")
        assert any(each.witness for each in verdict.findings)

    @pytest.mark.parametrize(("old", "new"), UNDECIDED)
    def test_undecided(self, old: str, new: str) -> None:
        answer, verdict = self.in_json(old, new)
        assert answer == "unknown"
        assert "904" in told(verdict)

    def test_a_list_is_no_single_value_even_where_bytes_do_not_mind(self) -> None:
        verdict = judged(field("string"), field("repeated string"))
        assert (verdict.answer, told(verdict)) == ("no", ["110", "206"])


class TestEnums:
    def size(self, *values: str, label: str = "") -> str:
        return event(f"{label} Size size = 1;", beside=f"enum Size {{ {' '.join(values)} }}")

    def test_a_renamed_value(self) -> None:
        verdict = judged(self.size("S = 0;", "M = 1;"), self.size("S = 0;", "MEDIUM = 1;"))
        assert verdict.answer == "no"
        assert verdict.witness
        assert verdict.witness.value == {"size": "M"}

    def test_a_value_that_the_reader_lacks(self) -> None:
        verdict = judged(self.size("S = 0;", "M = 1;"), self.size("S = 0;"))
        assert (verdict.answer, told(verdict), len(verdict.findings)) == ("no", ["207"], 1)

    def test_a_zero_that_is_never_printed_may_be_renamed(self) -> None:
        old, new = self.size("S = 0;", "M = 1;"), self.size("SMALL_S = 0;", "M = 1;")
        assert judged(old, new).answer == "yes"
        assert (
            judged(
                old.replace("Size size", "optional Size size"), new.replace("Size size", "optional Size size")
            ).answer
            == "no"
        )
        assert (
            judged(
                old.replace("Size size", "repeated Size size"), new.replace("Size size", "repeated Size size")
            ).answer
            == "no"
        )

    def test_another_number_for_a_name_is_undecided(self) -> None:
        verdict = judged(self.size("S = 0;", "M = 1;", "L = 2;"), self.size("S = 0;", "M = 2;", "L = 1;"))
        assert (verdict.answer, "904" in told(verdict)) == ("unknown", True)

    def test_an_alias_that_is_gone_is_undecided(self) -> None:
        alias = "option allow_alias = true;"
        old = self.size(alias, "S = 0;", "M = 1;", "MEDIUM = 1;")
        assert judged(old, self.size("S = 0;", "M = 1;")).answer == "unknown"
        assert judged(self.size("S = 0;", "M = 1;"), old).answer == "yes"

    def test_a_number_without_a_name_is_read_by_open_enums_alone(self) -> None:
        one = self.size("S = 0;")
        assert judged(one, one + "message More {}").answer == "yes"


def test_required_fields_are_found_by_name() -> None:
    old, new = event("required int32 a = 1;"), event("required int32 b = 1;")
    verdict = judged(old, new, "proto2")
    assert (verdict.answer, told(verdict)) == ("no", ["105", "109", "201"])


def test_members_of_a_oneof_are_found_by_name() -> None:
    old = event("string a = 1;", "string b = 2;")
    new = event("oneof c { string a = 3; string b = 4; }", "reserved 1, 2;")
    verdict = judged(old, new)
    assert (verdict.answer, "106" in told(verdict)) == ("no", True)


def test_a_zero_that_is_not_printed_reads_as_the_default() -> None:
    writer = protobuf.parse(proto(event("int32 a = 1;")), "old.proto")
    reader = protobuf.parse(proto(event("optional int32 a = 2 [default = 4];"), "proto2"), "new.proto")
    verdict = data.judge(reader, writer, JSON)
    (finding,) = [each for each in verdict.findings if each.rule == "SG-PROTO-108"]
    assert finding.witness
    assert shows_json(finding.witness, "Event", writer, reader)


class TestWellKnown:
    head = 'import "google/protobuf/{0}.proto"; '

    def test_the_same_one_is_the_same_json(self) -> None:
        for file, kind in (
            ("timestamp", "Timestamp"),
            ("struct", "Struct"),
            ("struct", "Value"),
            ("wrappers", "Int64Value"),
        ):
            old = self.head.format(file) + event(f"google.protobuf.{kind} x = 1;")
            assert judged(old, old + "message More {}").answer == "yes", kind

    @pytest.mark.parametrize(("file", "old", "new"), [
        ("timestamp", "google.protobuf.Timestamp", "string"), ("wrappers", "google.protobuf.StringValue", "string"),
        ("wrappers", "string", "google.protobuf.StringValue"), ("struct", "google.protobuf.ListValue", "repeated string"),
        ("any", "google.protobuf.Any", "google.protobuf.Any"), ("struct", "google.protobuf.NullValue", "int32"),
    ])  # fmt: skip
    def test_everything_else_is_undecided(self, file: str, old: str, new: str) -> None:
        head = self.head.format(file)
        verdict = judged(head + event(f"{old} x = 1;"), head + event(f"{new} x = 1;") + "message More {}")
        assert "904" in told(verdict)
        assert verdict.answer != "yes"

    def test_a_required_one_stands_in_a_witness_by_its_own_form(self) -> None:
        old = self.head.format("timestamp") + event(
            "required google.protobuf.Timestamp at = 1;", "optional int64 n = 2;"
        )
        verdict = judged(old, old.replace("int64", "int32"), "proto2")
        assert verdict.witness
        assert verdict.witness.value == {"at": "1970-01-01T00:00:00Z", "n": "4294967301"}


class TestRoots:
    old = "message Order { Line line = 1; } message Line { int32 n = 1; } message Note { int64 n = 1; }"

    def test_only_payloads_are_judged(self) -> None:
        new = self.old.replace("int64", "int32")
        assert judged(self.old, new, assumed=()).answer == "no"
        assert judged(self.old, new, assumed=("root:Order",)).answer == "yes"
        assert judged(self.old, new, assumed=("root:Order", "root:Note")).answer == "no"

    def test_a_message_that_is_no_payload_may_go(self) -> None:
        new = self.old.replace("message Note { int64 n = 1; }", "")
        assert told(judged(self.old, new, assumed=())) == ["107"]
        assert judged(self.old, new, assumed=("root:Order",)).findings == ()
        assert told(judged(self.old, new, assumed=("root:Note",))) == ["107"]

    def test_what_payloads_hold_counts(self) -> None:
        new = self.old.replace("int32 n", "string n")
        assert told(judged(self.old, new, assumed=("root:Order",))) == ["101"]

    def test_nested_and_full_names(self) -> None:
        old = "package shop; message Order { message Line { int64 n = 1; } } message Note { int64 n = 1; }"
        new = old.replace("int64 n = 1; } } message Note", "int32 n = 1; } } message Note")
        for name in ("Order.Line", "shop.Order.Line"):
            verdict = data.judge(*(protobuf.parse(proto(text), "x.proto") for text in (new, old)), (f"root:{name}",))
            assert (verdict.answer, told(verdict)) == ("no", ["102"])
        assert judged(old, new, assumed=("root:Note",)).answer == "yes"

    def test_a_file_with_none_of_them_may_send_all_of_its_messages(self) -> None:
        """The payload was called something else then; nobody can say which it was."""
        old = self.old.replace("Order", "Purchase")
        verdict = judged(old, self.old, assumed=("root:Order",))
        assert (verdict.answer, told(verdict)) == ("no", ["107"])


class TestSettings:
    @pytest.fixture
    def repo(self, tmp_path: Path) -> Repository:
        found = Repository(tmp_path / "repo")
        found.events("order", level="BACKWARD", more="")
        found.write(FILE, order("string id = 1;", "string email = 3;") + "message Note { int64 n = 1; }\n")
        found.commit("released")
        return found

    def configured(self, repo: Repository, *lines: str) -> None:
        said = "\n".join(lines)
        repo.write("schemagate.toml", f'[events."order"]\nowner = "team"\nlevel = "BACKWARD"\n{said}\n')

    def test_json_payloads_are_set_per_event_and_printed_with_the_verdict(self, repo: Repository) -> None:
        self.configured(
            repo, 'payload = ["binary", "json"]', 'roots = ["Order"]', 'assume = ["unknown-json-names-ignored"]'
        )
        repo.write(FILE, order("string id = 1;", "string email_address = 3;"))
        done = repo.schemagate("check")
        assert done.returncode == 1, done.stdout
        assert "SG-PROTO-204" in done.stdout
        assert "assumed: unknown-json-names-ignored, json-payloads, root:Order" in done.stdout
        document = json.loads(repo.schemagate("check", "--format", "json").stdout)
        assert document["versions"][0]["assume"] == ["unknown-json-names-ignored", "json-payloads", "root:Order"]
        self.configured(repo, 'roots = ["Order"]', 'fail_on = ["data"]')
        assert repo.schemagate("check").returncode == 0, "bytes do not mind, and nobody sends a Note"

    def test_a_root_that_the_file_lacks_is_told_with_its_line(self, repo: Repository) -> None:
        self.configured(repo, "", 'roots = ["Order", "Nota"]')
        repo.write(
            FILE, order("string id = 1;", "string email = 3;", "int32 n = 4;") + "message Note { int64 n = 1; }\n"
        )
        lint = repo.schemagate("lint")
        assert (lint.returncode, "schemagate.toml:5:1" in lint.stderr) == (2, True), lint.stderr
        done = repo.schemagate("check")
        assert done.returncode == 2
        assert (
            f"schemagate.toml:5:1  events.order.roots: {FILE} declares no message 'Nota'; did you mean \"Note\"?"
            in done.stdout
        )

    def test_events_are_validated_as_the_first_root(self, repo: Repository) -> None:
        repo.write("event.json", {"n": "7"})
        assert repo.schemagate("validate", "order@1", "event.json").returncode == 1
        self.configured(repo, 'roots = ["Note"]')
        assert repo.schemagate("validate", "order@1", "event.json").returncode == 0

    def test_bytes_are_always_judged(self, repo: Repository) -> None:
        self.configured(repo, 'payload = ["json"]')
        done = repo.schemagate("check")
        assert (done.returncode, 'events.order.payload: must hold "binary"' in done.stderr) == (2, True)


def test_the_api_knows_the_words() -> None:
    old, new = proto(event("string email = 1;")), proto(event("string email_address = 1;"))
    assert compare(new, old, format="protobuf").data == "yes"
    assert compare(new, old, format="protobuf", assume=["json-payloads", "root:Event"]).data == "no"
    with pytest.raises(UsageError, match="json-payload"):
        compare(new, old, format="protobuf", assume=["json-payload"])


@given(PAIRS, st.booleans(), st.data())
def test_a_yes_about_json_is_never_contradicted(pair: tuple[Schema, Schema], ignores: bool, more: Any) -> None:
    writer, reader = map(parsed, pair)
    if data.judge(reader, writer, IGNORING if ignores else JSON).answer != "yes":
        return
    readers = classes(reader)
    for name, message in ((each.name, classes(writer)[each.name]) for each in writer.messages):
        sent = more.draw(events(message))
        if sent.IsInitialized():
            read = parsed_json(readers[name], printed(sent), ignores_unknown_names=ignores)
            assert read is not None, f"{name} is read"
            assert arrived_by_name(sent, read), f"{name}: {sent} arrives as {read}"


@given(PAIRS)
def test_a_no_about_json_is_shown_by_its_witness(pair: tuple[Schema, Schema]) -> None:
    writer, reader = map(parsed, pair)
    verdict = data.judge(reader, writer, JSON)
    assert verdict.answer != "no" or verdict.witness is not None
    for finding in verdict.findings:
        if finding.witness is not None and finding.witness.encoded is None:
            assert shows_json(finding.witness, root_of(finding), writer, reader), finding.message


def test_types_that_meet_by_name_only_are_counted_as_well() -> None:
    """By number every message meets itself; by name the circle is shorter, and all of them meet all."""
    old = " ".join(f"message M{i} {{ M{(i + 1) % 480} a = 1; }}" for i in range(480))
    new = " ".join(f"message M{i} {{ M{(i + 1) % 480} b = 1; M{(i + 1) % 479} a = 9; }}" for i in range(480))
    writer, reader = (protobuf.parse(proto(text), "x.proto") for text in (old, new))
    assert data.judge(reader, writer, ("root:M0",)).answer == "yes"
    verdict = data.judge(reader, writer, ("json-payloads", "root:M0"))
    assert (verdict.answer, told(verdict)) == ("unknown", ["903"])
