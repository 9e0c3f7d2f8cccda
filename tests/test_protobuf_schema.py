"""Is a text read as the official compiler reads it, and everything else refused with its place?"""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemagate
from repository import Repository
from schemagate import protoc
from schemagate.ask.judgement import judge_change
from schemagate.errors import NotInstalled, SchemaError
from schemagate.publish.content import same
from schemagate.schema import paths, protobuf
from schemagate.schema.event import Content, Format, Level, Revision, Settings, Version, VersionId
from schemagate.schema.parsing import locate
from schemagate.schema.protobuf.nodes import Kind, Label

ORDER = """\
syntax = "proto3";

package shop;

import "google/protobuf/timestamp.proto";

message Order {
  reserved 4, 7 to 9;
  reserved "email";
  string id = 1;
  map<string, Line> lines = 2;
  oneof payment {
    string card = 3;
  }
  google.protobuf.Timestamp at = 5;
  optional int32 rank = 6;

  message Line {
    Size size = 1;
    enum Size {
      SMALL = 0;
      LARGE = 1;
    }
  }
}
"""


def refused(text: str, **references: str) -> SchemaError:
    with pytest.raises(SchemaError) as caught:
        protobuf.parse(text, "schemas/order/v1.proto", references=references)
    return caught.value


def complaint(text: str) -> SchemaError | None:
    try:
        protobuf.parse(text, "v1.proto")
    except SchemaError as error:
        return error
    return None


def place(error: SchemaError) -> tuple[str, int, int]:
    return error.file, error.line, error.column


def test_declarations_are_read() -> None:
    schema = protobuf.parse(ORDER, "v1.proto")
    (order,) = schema.messages
    assert (schema.package, order.full_name, order.oneofs) == ("shop", "shop.Order", ("payment",))
    assert order.reserved.numbers == ((4, 4), (7, 9))
    assert order.reserved.names == ("email",)
    identity, lines, card, at, rank = (order.fields[number] for number in (1, 2, 3, 5, 6))
    assert (identity.kind, identity.explicit, identity.checks_utf8) == (Kind.STRING, False, True)
    assert (lines.is_map, lines.label) == (True, Label.REPEATED)
    assert (card.oneof, card.explicit) == ("payment", True)
    assert (at.type_name, at.explicit) == ("google.protobuf.Timestamp", True)
    assert (rank.oneof, rank.explicit) == (None, True), "the oneof behind `optional` is nobody's"
    (size,) = order.messages[-1].enums or order.messages[0].enums
    assert (size.values, size.closed) == ((("SMALL", 0), ("LARGE", 1)), False)


@pytest.mark.parametrize(
    ("pointer", "line", "column"),
    [
        ("/Order", 7, 1),
        ("/Order/1", 10, 3),
        ("/Order/payment", 12, 3),
        ("/Order/3", 13, 5),
        ("/Order/Line/1", 19, 5),
        ("/Order/Line/Size/1", 22, 7),
        ("/Order/Line/99", 18, 3),
        ("/google.protobuf.Timestamp/1", 5, 1),  # the import
        ("", 1, 1),
    ],
)
def test_pointers_have_places(pointer: str, line: int, column: int) -> None:
    found = locate(Content(Format.PROTOBUF, "v1.proto", ORDER), pointer)
    assert (found.file, found.line, found.column) == ("v1.proto", line, column)


def test_columns_count_characters() -> None:
    text = 'syntax = "proto3";\nmessage A {\n\t/* ä */ int32 a = 1; /* é */ int32 b = 2; }\n'
    schema = protobuf.parse(text, "a.proto")
    for number, name in ((1, "a"), (2, "b")):
        found = protobuf.locate(schema, f"/A/{number}")
        assert text.split("\n")[found.line - 1][found.column - 1 :].startswith(f"int32 {name}")
    assert place(refused('syntax = "proto3";\n\t/* ä */ message 5 {}')) == ("schemas/order/v1.proto", 2, 18)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ('syntax = "proto3";\nmessage A {\n  int32 a = ;\n}', 3, 13, "Expected field number"),
        ('syntax = "proto3";\nmessage A {', 2, 12, "Reached end of input"),
        ('syntax = "proto3";\nmessage A { B b = 1; }', 2, 13, '"B" is not defined'),
        ('syntax = "proto3";\nmessage A { int32 a = 1; int32 b = 1; }', 2, 36, "already been used"),
        ('syntax = "proto3";\nmessage A { required int32 a = 1; }', 2, 22, "not allowed in proto3"),
        ('syntax = "proto3";\nimport "nowhere.proto";', 2, 1, "was not found"),
        ('syntax = "proto3";\nimport "/etc/passwd";', 2, 1, "was not found"),
        ('syntax = "proto3";\nimport "../../etc/passwd";', 2, 1, "was not found"),
        ("\0", 1, 1, "control characters"),
        ("{}", 1, 1, "Expected top-level statement"),
        ('syntax = "proto3"; ' + "message A { " * 500, 1, 0, "recursion limit"),
        ('syntax = "proto3"; message A { int32 a = 99999999999999999999; }', 1, 42, "out of range"),
    ],
)  # fmt: skip
def test_what_is_no_schema_is_refused_with_its_place(text: str, line: int, column: int, message: str) -> None:
    error = refused(text)
    assert message in error.message
    assert (error.file, error.line) == ("schemas/order/v1.proto", line)
    assert error.column == column or not column
    assert not error.message.startswith("/"), "no scratch folder is shown"


def test_a_missing_import_says_where_it_would_be_found() -> None:
    assert "schemas/_shared" in (refused('syntax = "proto3";\nimport "nowhere.proto";').next_step or "")


def test_a_mistake_in_an_import_stands_in_the_import() -> None:
    references = {"shared/money.proto": 'syntax = "proto3";\nmessage Money { int32 }'}
    with pytest.raises(SchemaError) as caught:
        protobuf.parse('syntax = "proto3";\nimport "shared/money.proto";', "v1.proto", references=references)
    assert place(caught.value) == ("shared/money.proto", 2, 23)


@pytest.mark.parametrize(
    "name", ["../x.proto", "/x.proto", "a//b.proto", "x", "a\0.proto", "./x.proto", "a/../b.proto", ""]
)
def test_names_of_imports_stay_in_the_scratch_folder(name: str) -> None:
    with pytest.raises(SchemaError, match="no import path"):
        protobuf.parse('syntax = "proto3";', "v1.proto", references={name: 'syntax = "proto3";'})


def test_names_that_cannot_be_laid_out() -> None:
    references = {"a.proto": "", "a.proto/b.proto": "", "x" * 300 + ".proto": ""}
    with pytest.raises(SchemaError, match="cannot be laid out"):
        protobuf.parse('syntax = "proto3";', "v1.proto", references=references)


@pytest.mark.parametrize(
    "name", ["google/protobuf/any.proto", "google/type/money.proto", "google/type/datetime.proto", "confluent/meta.proto", "confluent/type/decimal.proto"]
)  # fmt: skip
def test_what_servers_have_built_in_is_built_in(name: str) -> None:
    assert name in protobuf.parse(f'syntax = "proto3"; import "{name}";', "v1.proto").descriptors.decode("latin-1")


class TestBase64:
    """A registry hands out descriptors; those of Confluent's name types as the text did."""

    @staticmethod
    def descriptor(*dependencies: str) -> Any:
        from google.protobuf import descriptor_pb2

        file = descriptor_pb2.FileDescriptorProto(
            name="order.proto", package="shop", syntax="proto3", dependency=dependencies
        )
        order = file.message_type.add(name="Order")
        order.field.add(name="total", number=1, label=1, type=3)
        order.field.add(name="line", number=2, label=1, type_name="Line")
        order.nested_type.add(name="Line").field.add(name="sku", number=1, label=1, type=9)
        return file

    def text(self, file: Any) -> str:
        return base64.b64encode(file.SerializeToString()).decode()

    def test_it_is_the_schema_of_its_text(self) -> None:
        one = protobuf.parse(self.text(self.descriptor()), "x")
        other = protobuf.parse('syntax = "proto3"; package shop; message Order { int64 total = 1; Line line = 2; message Line { string sku = 1; } }', "x")  # fmt: skip
        assert (one.messages, one.package) == (other.messages, other.package)
        assert protobuf.locate(one, "/Order/1").line == 1

    def test_it_is_compared_with_a_text(self) -> None:
        new = 'syntax = "proto3"; package shop; message Order { int32 total = 1; Line line = 2; message Line { string sku = 1; } }'
        found = schemagate.compare(new, self.text(self.descriptor()), format="protobuf")
        assert (found.registry, found.data, [each.rule for each in found.findings]) == (
            "accept",
            "no",
            ["SG-PROTO-102"],
        )

    def test_a_file_of_it_differs_from_a_text(self, tmp_path: Path) -> None:
        repo = Repository(tmp_path / "repo")
        repo.write("schemagate.toml", "")
        repo.write("old.proto", self.text(self.descriptor()) + "\n")
        repo.write("new.proto", 'syntax = "proto3";\npackage shop;\nmessage Order { int32 total = 1; Line line = 2; message Line { string sku = 1; } }\n')  # fmt: skip
        done = repo.schemagate("diff", "old.proto", "new.proto")
        assert (done.returncode, "~ /Order/1: " in done.stdout) == (0, True), done.stderr
        assert "4294967301 is read as 5" in done.stdout

    def test_what_a_registry_handed_out_is_the_old_side_of_a_judgement(self) -> None:
        """Without a text there are no places in it, and no declaration to copy."""
        settings = Settings(level=Level.BACKWARD)
        new = 'syntax = "proto3";\npackage shop;\nmessage Order {\n  int32 total = 1;\n  Line line = 2;\n  message Line { string sku = 1; }\n}\n'
        version = Version(VersionId("order", 1), Content(Format.PROTOBUF, "v1.proto", new), settings)
        old = Revision("version 1", Content(Format.PROTOBUF, "v1.proto", self.text(self.descriptor())))
        judgement = judge_change(version, [old], Level.BACKWARD)
        (found,) = judgement.breaks
        assert (found.finding.rule, found.path, found.old_path) == ("SG-PROTO-102", "/Order/1", "/Order/1")
        assert found.finding.location
        assert found.finding.related
        assert (found.finding.location.line, found.finding.related.line, found.finding.replacement) == (4, 1, None)

    def test_a_text_and_its_descriptor_are_the_same_content(self) -> None:
        text = 'syntax = "proto3"; package shop; message Order { int64 total = 1; Line line = 2; message Line { string sku = 1; } }'
        assert same("PROTOBUF", text, self.text(self.descriptor()))
        assert not same("PROTOBUF", text.replace("int64", "int32"), self.text(self.descriptor()))

    def test_its_imports_are_texts_or_descriptors(self) -> None:
        file = self.descriptor("shared/money.proto", "google/type/money.proto", "google/protobuf/any.proto")
        file.message_type[0].field.add(name="money", number=3, label=1, type_name="Money")
        money = 'syntax = "proto3"; package shop; message Money { int64 units = 1; }'
        for reference in (money, self.money()):
            schema = protobuf.parse(self.text(file), "x", references={"shared/money.proto": reference})
            assert schema.all_messages["shop.Money"].fields[1].kind is Kind.INT64

    def money(self) -> str:
        from google.protobuf import descriptor_pb2

        file = descriptor_pb2.FileDescriptorProto(name="another/name.proto", package="shop", syntax="proto3")
        file.message_type.add(name="Money").field.add(name="units", number=1, label=1, type=3)
        return self.text(file)

    @pytest.mark.parametrize("text", ["AAAA", "////", "bWVzc2FnZQ=="])
    def test_what_is_none_is_refused(self, text: str) -> None:
        assert "base64" in refused(text).message

    def test_contradictions_are_refused(self) -> None:
        file = self.descriptor()
        file.message_type[0].field.add(name="again", number=1, label=1, type=3)
        assert "already been used" in refused(self.text(file)).message
        missing = self.descriptor("nowhere.proto")
        assert "nowhere.proto" in refused(self.text(missing)).message


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: base64.b64encode(data).decode()))
def test_any_text_is_a_schema_or_an_error_with_a_sentence(text: str) -> None:
    error = complaint(text)
    assert error is None or (error.message and "schemagate-protoc" not in error.message)


@given(st.integers(0, len(ORDER)), st.sampled_from(["", "}", "{", '"', "=", "message", "\0", "ä", "99999999999"]))
def test_cut_and_edited_texts_are_no_matter(at: int, insert: str) -> None:
    for text in (ORDER[:at], ORDER[:at] + insert + ORDER[at:]):
        error = complaint(text)
        assert error is None or (error.message and error.file == "v1.proto")


class TestCompiler:
    def test_it_may_hang(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.replaced(monkeypatch, tmp_path, "exec sleep 60")
        monkeypatch.setattr(protoc, "_SECONDS", 0.2)
        assert "takes more than" in refused("// hangs\n").message

    def test_it_may_crash(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.replaced(monkeypatch, tmp_path, "kill -SEGV $$")
        assert "gave up (signal 11)" in refused("// crashes\n").message

    @staticmethod
    def replaced(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
        program = folder / "protoc"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(protoc, "_program", lambda: str(program))


class TestWithoutTheExtra:
    """The answer is unknown, with the line that installs it; the other formats go on."""

    @pytest.fixture
    def bare(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing() -> str:
            raise NotInstalled("the official compiler is not installed", "protobuf")

        monkeypatch.setattr(protoc, "_program", missing)
        protoc._compiled.cache_clear()
        protobuf._parsed.cache_clear()

    @pytest.mark.usefixtures("bare")
    def test_compare(self) -> None:
        found = schemagate.compare(ORDER, ORDER.replace("id", "key"), format="protobuf")
        assert (found.registry, found.data) == ("may-fail", "unknown")
        (finding,) = found.findings
        assert (finding.rule, finding.fix) == ("SG-PROTO-902", "pip install 'schemagate-events[protobuf]'")
        assert schemagate.compare("{}", "{}", format="json").data == "yes"

    @pytest.mark.usefixtures("bare")
    def test_commands(self, tmp_path: Path) -> None:
        repo = Repository(tmp_path / "repo")
        repo.events("order", "user")
        repo.write("schemas/order/v1.proto", ORDER)
        repo.write("schemas/user/v1.json", {"type": "object"})
        repo.commit("released")
        repo.write("schemas/order/v1.proto", ORDER.replace("card", "paid_by"))
        repo.write("schemas/user/v1.json", {"type": "object", "title": "User"})
        for arguments in (["check"], ["diff", "order@1", "HEAD:schemas/order/v1.proto"], ["lint"], ["validate", "order@1", "schemas/user/v1.json"]):  # fmt: skip
            done = repo.schemagate(*arguments)
            assert done.returncode == 3, (arguments, done.stdout, done.stderr)
            assert "pip install 'schemagate-events[protobuf]'" in done.stdout + done.stderr, arguments
        assert "2 versions changed" in repo.schemagate("check").stdout

    @pytest.mark.usefixtures("bare")
    def test_whatever_needs_the_compiler_says_what_to_install(self, tmp_path: Path) -> None:
        repo = Repository(tmp_path / "repo")
        repo.events("order", more='consumers = "none"\n')
        repo.write("schemas/order/v1.proto", ORDER)
        repo.commit("first")
        repo.write("schemas/order/v1.proto", ORDER.replace("card", "paid_by"))
        repo.commit("second")
        for arguments in (["gate", "order@1"], ["plan"], ["publish"], ["log", "order@1"], ["check", "--env", "local"]):
            done = repo.schemagate(*arguments)
            assert done.returncode == 3, (arguments, done.stdout, done.stderr)
            assert "pip install 'schemagate-events[protobuf]'" in done.stdout + done.stderr, arguments
            assert "restore access" not in done.stdout
            assert "Traceback" not in done.stdout + done.stderr
        begun = repo.schemagate("new", "note", "--as", "protobuf")
        assert (begun.returncode, "pip install 'schemagate-events[protobuf]'" in begun.stderr) == (0, True)
        for arguments in (["who", "order@1"], ["bump", "note"]):
            assert repo.schemagate(*arguments).returncode == 0, "these read no schema"
        (repo.folder / "schemagate.toml").unlink()
        assert repo.schemagate("init").returncode == 0

    def test_without_the_runtime(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protobuf, "find_spec", lambda _: None)
        assert schemagate.compare(ORDER, ORDER, format="protobuf").data == "unknown"

    def test_no_program_anywhere(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(protoc.sysconfig, "get_path", lambda _: str(tmp_path))
        monkeypatch.setenv("PATH", str(tmp_path))
        protoc._program.cache_clear()
        with pytest.raises(NotInstalled):
            protoc._program()
        protoc._program.cache_clear()


def test_other_formats_load_nothing_of_it(tmp_path: Path) -> None:
    import subprocess

    code = (
        "import sys, schemagate;"
        'schemagate.compare(\'{"type": "string"}\', \'{"type": "integer"}\', format=\'json\');'
        "schemagate.compare('\"string\"', '\"bytes\"', format='avro');"
        "print([name for name in sys.modules if 'protoc' in name.split('.') or 'protobuf' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == "[]"


class TestPaths:
    schema = protobuf.parse(
        """syntax = "proto3"; import "google/protobuf/timestamp.proto";
        message Event { string event_id = 1; optional int32 rank = 2; Payload payload = 3; google.protobuf.Timestamp at = 4;
          oneof pay { string card = 5; } repeated Line lines = 6; map<string, Line> by_sku = 7; repeated int32 sizes = 8; }
        message Payload { Line first_line = 1; } message Line { double price = 1; Line next = 2; }
        """,
        "v1.proto",
    )

    @pytest.mark.parametrize(
        ("path", "always", "word"),
        [
            ("event_id", True, "string"),
            ("eventId", True, "string"),
            ("rank", False, "integer"),
            ("payload", True, "object"),
            ("payload.first_line.price", True, "number"),
            ("at", True, "string"),
            ("card", False, "string"),
            ("lines", False, "array"),
            ("lines[]", False, "object"),
            ("lines[].price", False, "number"),
            ("sizes[]", False, "integer"),
            ("by_sku", False, "object"),
        ],
    )
    def test_what_is_declared(self, path: str, always: bool, word: str) -> None:
        found = paths.find(self.schema, path)
        assert found is not None
        assert (found.always, found.types) == (always, {word})
        assert not paths.forbids(self.schema, path)

    @pytest.mark.parametrize(
        "path", ["nothing", "payload.nothing", "lines.price", "event_id.a", "event_id[]", "lines[][]", "[]"]
    )
    def test_what_is_not(self, path: str) -> None:
        assert paths.find(self.schema, path) is None
        assert paths.forbids(self.schema, path)

    def test_a_map_holds_any_name(self) -> None:
        assert paths.find(self.schema, "by_sku.a") is None
        assert not paths.forbids(self.schema, "by_sku.a")
        assert list(paths.fields(self.schema, "payload")) == ["first_line"]
        assert list(paths.fields(self.schema, "lines[]")) == ["price", "next"]
        assert paths.fields(self.schema, "lines") == paths.fields(self.schema, "nothing") == {}
