"""Do the commands know Protobuf: `check` over a history, `diff`, `validate`, `lint`, with places in the files?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from repository import Repository
from schemagate import protoc

FILE = "schemas/order/v1.proto"


def order(*fields: str, head: str = "") -> str:
    return 'syntax = "proto3";\n\n' + head + "message Order {\n" + "".join(f"  {field}\n" for field in fields) + "}\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    found = Repository(tmp_path / "repo")
    found.events("order", level="BACKWARD")
    found.write(FILE, order("string id = 1;", "int64 total = 2;", "string email = 3;"))
    found.commit("released")
    return found


def test_a_break_is_shown_at_its_line_with_an_event(repo: Repository) -> None:
    repo.write(FILE, order("string id = 1;", "int32 total = 2;", "string email = 3;"))
    done = repo.schemagate("check")
    assert done.returncode == 1
    assert f"{FILE}:5:3" in done.stdout
    assert "4294967301 is read as 5" in done.stdout
    assert "events already in the topic are read as something else" in done.stdout
    assert "the new reader reads it as something else:" in done.stdout
    assert "cannot" not in done.stdout
    assert "SG-PROTO-102" in done.stdout
    assert "registry: accept · data: no" in done.stdout


def test_a_good_change_passes(repo: Repository) -> None:
    repo.write(FILE, order("string id = 1;", "int64 total = 2;", "string email = 3;", "bool paid = 4;"))
    done = repo.schemagate("check")
    assert (done.returncode, "registry: accept · data: yes" in done.stdout) == (0, True)


def test_a_number_that_comes_back_years_later_is_seen(repo: Repository) -> None:
    repo.write(FILE, order("string id = 1;", "int64 total = 2;"))
    removed = repo.schemagate("check")
    assert removed.returncode == 0
    assert 'reserved 3; reserved "email";' in removed.stdout
    repo.commit("email is gone")
    for fields in (["bool paid = 4;"], ["bool paid = 4;", "bool sent = 5;"]):
        repo.write(FILE, order("string id = 1;", "int64 total = 2;", *fields))
        repo.commit("on it goes")
    repo.write(
        FILE, order("string id = 1;", "int64 total = 2;", "string coupon = 3;", "bool paid = 4;", "bool sent = 5;")
    )
    done = repo.schemagate("check", "--format", "json")
    assert done.returncode == 1
    (reused,) = [each for each in json.loads(done.stdout)["versions"][0]["findings"] if each["rule"] == "SG-PROTO-201"]
    assert "`email` and is `coupon` now" in reused["message"]


def test_levels_forward_and_transitive(tmp_path: Path) -> None:
    for level, code in (("BACKWARD", 1), ("FORWARD", 0), ("FULL_TRANSITIVE", 1)):
        repo = Repository(tmp_path / level)
        repo.events("order", level=level)
        repo.write(FILE, order("int64 total = 2;"))
        repo.commit("released")
        repo.write(FILE, order("int32 total = 2;"))
        assert repo.schemagate("check").returncode == code, level


@pytest.mark.parametrize("path", ["schemas/_shared/money.proto", "_shared/money.proto", "money.proto"])
def test_shared_definitions_are_imported_and_count(repo: Repository, path: str) -> None:
    def money(kind: str) -> str:
        return f'syntax = "proto3";\nmessage Money {{ {kind} units = 1; }}\n'

    repo.write("schemas/_shared/money.proto", money("int64"))
    repo.write(FILE, order("Money price = 1;", head=f'import "{path}";\n\n'))
    assert repo.schemagate("lint").returncode == 0, repo.schemagate("lint").stdout
    repo.commit("with money")
    repo.events("order", level="BACKWARD", more=f'[defaults]\nsince = "{repo.git("rev-parse", "HEAD")}"\n')
    repo.write("schemas/_shared/money.proto", money("int32"))
    done = repo.schemagate("check")
    assert done.returncode == 1
    assert "Order.price.units is written as int64 and read as int32" in done.stdout
    assert f"{FILE}:3:1" in done.stdout, "the line that imports it"
    assert f"(Money of {path})" in done.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "import 'money.proto';",
        'import "mon" "ey.proto";',
        'import "mon" /* "x" */ \'ey.proto\';',
        'import /* c */ "money.proto";',
        'import // c\n public "money.proto";',
        'import"money.proto";',
    ],
)
def test_imports_are_found_however_they_are_written(repo: Repository, statement: str) -> None:
    repo.write("schemas/_shared/money.proto", 'syntax = "proto3";\nmessage Money { int64 units = 1; }\n')
    repo.write(FILE, order("Money price = 1;", head=f"{statement}\n"))
    done = repo.schemagate("lint")
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_comments_and_strings_say_is_no_import() -> None:
    text = '// import "a";\n/* import "b"; */ option x = "import \\"c\\""; import "d"; string import = 1; import \'e'
    assert protoc.imports(text)[0] == "d"
    assert not {"a", "b", "c"} & set(protoc.imports(text))


def test_what_an_import_imports_is_found_at_the_line_that_leads_there(repo: Repository) -> None:
    def currency(values: str) -> str:
        return f'syntax = "proto2";\npackage money;\nenum Currency {{ {values} }}\n'

    money = 'syntax = "proto2";\npackage money;\nimport "currency.proto";\nmessage Money { message In { optional Currency currency = 1; } optional In in = 1; }\n'
    repo.write("schemas/_shared/currency.proto", currency("EUR = 0; USD = 1;"))
    repo.write("schemas/_shared/money.proto", money)
    repo.write("schemas/_shared/note.proto", 'syntax = "proto3"; message Note {}')
    head = 'import "note.proto";\n  import "money.proto";\n\n'
    repo.write(FILE, order("money.Money price = 1;", "Note note = 2;", head=head))
    repo.commit("with money")
    repo.events("order", level="BACKWARD", more=f'[defaults]\nsince = "{repo.git("rev-parse", "HEAD")}"\n')
    repo.write("schemas/_shared/currency.proto", currency("EUR = 0;"))
    done = repo.schemagate("check")
    assert f"{FILE}:4:3  order v1: Order.price.in.currency may hold USD = 1" in done.stdout, done.stdout
    assert "(money.Money.In of money.proto)" in done.stdout


def test_a_schema_that_cannot_be_read_is_an_error_with_its_place(repo: Repository) -> None:
    repo.write(FILE, order("string id = 1;", "int64 = 2;"))
    for command, code in (("check", 2), ("lint", 1)):
        done = repo.schemagate(command)
        assert done.returncode == code
        assert f"{FILE}:5:9" in done.stdout + done.stderr
        assert "Expected field name" in done.stdout + done.stderr


def test_lint_knows_the_fields_of_the_first_message(repo: Repository) -> None:
    """The envelope of the house, and personal data that a version has dropped."""
    more = 'personal = ["payload.email"]\n'
    envelope = [
        "string event_id = 1;",
        "int32 event_version = 2;",
        "string event_name = 3;",
        "string produced_at = 4;",
        "Payload payload = 5;",
    ]
    repo.write(FILE, order(*envelope) + "message Payload { string order_id = 1; }\n")
    repo.write("schemagate.toml", f'[lint]\npreset = "house"\n[events."order"]\nowner = "team"\n{more}')
    assert repo.schemagate("lint").returncode == 0, repo.schemagate("lint").stdout
    repo.write(FILE, order(*envelope[1:]) + "message Payload { string order_id = 1; }\n")
    assert "EV06" in repo.schemagate("lint").stdout
    repo.write(FILE, order(*envelope) + "message Payload { string email = 1; }\n")
    repo.write("schemas/order/v2.proto", order(*envelope[:4], "map<string, string> payload = 5;"))
    assert "EV08" in repo.schemagate("lint").stdout, "a map lets any name in"
    repo.write("schemas/order/v2.proto", order(*envelope) + "message Payload { string order_id = 1; }\n")
    assert "EV08" not in repo.schemagate("lint").stdout, "a message does not"


def test_diff_shows_what_changed_and_both_directions(repo: Repository) -> None:
    repo.write("schemas/order/v2.proto", order("string id = 1;", "int32 total = 2;", "map<string, int32> sizes = 4;"))
    done = repo.schemagate("diff", "order@1", "order@2")
    assert done.returncode == 0, done.stderr
    for line in ("~ /Order/2:", "- /Order/3:", "+ /Order/4:", "map<string, int32> sizes"):
        assert line in done.stdout
    assert "registry: accept · data: no" in done.stdout
    assert "registry: accept · data: yes" in done.stdout


class TestValidate:
    def run(self, repo: Repository, event: object) -> tuple[int, str]:
        repo.write("event.json", event)
        done = repo.schemagate("validate", "order@1", "event.json")
        return done.returncode, done.stdout

    def test_events_by_the_json_mapping(self, repo: Repository) -> None:
        assert self.run(repo, {"id": "a", "total": "4294967301"})[0] == 0
        assert self.run(repo, {"id": "a", "total": 4294967301})[0] == 0

    def test_what_is_wrong_is_told(self, repo: Repository) -> None:
        for event, says in (
            ({"id": 5}, "id"),
            ({"nothing": 1}, "nothing"),
            ([], "must be an object"),
            ({"total": 10**40}, "total"),
        ):
            code, text = self.run(repo, event)
            assert (code, says in text) == (1, True), (event, text)

    def test_an_extension_of_another_message(self, repo: Repository) -> None:
        repo.write(
            FILE,
            'syntax = "proto2"; message Order { extensions 1; } message Note { extensions 1; } extend Note { optional int32 n = 1; }',
        )
        code, text = self.run(repo, {"[n]": 7})
        assert (code, "an extension of another message" in text) == (1, True), text

    def test_an_any(self, repo: Repository) -> None:
        head = 'import "google/protobuf/any.proto";\nimport "google/protobuf/duration.proto";\n'
        repo.write(FILE, order("google.protobuf.Any x = 1;", "google.protobuf.Duration d = 2;", head=head))
        for word in (None, [], 5):
            code, text = self.run(repo, {"x": {"@type": word}})
            assert (code, "an Any whose `@type` is no text" in text) == (1, True), text
        name = "type.googleapis.com/google.protobuf.Duration"
        code, text = self.run(repo, {"x": {"@type": name}})
        assert (code, "an Any without `value`" in text) == (1, True), text
        assert self.run(repo, {"x": {"@type": name, "value": "1s"}})[0] == 0, "a type that the file knows"

    def test_a_number_beyond_floats(self, repo: Repository) -> None:
        repo.write(FILE, order("float x = 1;"))
        code, text = self.run(repo, {"x": 10**400})
        assert (code, "too large for its field" in text) == (1, True), text

    def test_nested_and_required(self, repo: Repository) -> None:
        repo.write(
            FILE,
            'syntax = "proto2"; message Order { repeated Line lines = 1; message Line { required string sku = 1; optional Size size = 2; } enum Size { S = 0; } }',
        )
        assert self.run(repo, {"lines": [{"sku": "a", "size": "S"}]})[0] == 0
        assert "/lines/0/sku" in self.run(repo, {"lines": [{}]})[1]
        assert self.run(repo, {"lines": [{"sku": "a", "size": "XL"}]})[0] == 1

    def test_a_file_without_a_message(self, repo: Repository) -> None:
        repo.write(FILE, 'syntax = "proto3"; enum Size { S = 0; }')
        repo.write("event.json", {})
        done = repo.schemagate("validate", "order@1", "event.json")
        assert (done.returncode, "declares no message" in done.stderr) == (2, True)


def test_a_first_schema_is_written_and_follows_the_rules(tmp_path: Path) -> None:
    repo = Repository(tmp_path / "repo")
    repo.write("schemagate.toml", "")
    done = repo.schemagate("new", "order.placed", "--as", "protobuf", "--owner", "team-orders")
    assert done.returncode == 0, done.stderr
    assert "message OrderPlaced {" in (repo.folder / "schemas/order.placed/v1.proto").read_text("utf-8")
    lint = repo.schemagate("lint")
    assert (lint.returncode, lint.stdout) == (0, "1 version, 0 services: no findings\n")
    assert 'level = "BACKWARD_TRANSITIVE"' in (repo.folder / "schemagate.toml").read_text("utf-8")
    event = {"eventId": "a", "eventVersion": 1, "eventName": "OrderPlaced", "payload": {"id": "7"}}
    repo.write("event.json", event)
    assert repo.schemagate("validate", "order.placed@1", "event.json").returncode == 0
    repo.write("event.json", {"event": "a"})
    assert repo.schemagate("validate", "order.placed@1", "event.json").returncode == 1


def test_no_code_is_generated_from_it(repo: Repository) -> None:
    for target in ("pydantic", "avro"):
        repo.events("order", level="BACKWARD", more=f'[[generate]]\ntarget = "{target}"\nout = "gen"\n')
        done = repo.schemagate("generate")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "GEN-101" in done.stdout
        assert f"protoc --python_out=… {FILE}" in done.stdout


def test_explain_knows_the_rules() -> None:
    from schemagate.ask.explain import explain

    assert explain("number-reused").startswith("# SG-PROTO-201")


def test_it_is_published_verified_and_refused(repo: Repository) -> None:
    first = repo.schemagate("publish")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "order.v1-value" in first.stdout
    again = repo.schemagate("plan")
    assert (again.returncode, "nothing" in again.stdout) == (0, True), again.stdout
    repo.write(FILE, order("string id = 1;", "sint64 total = 2;", "string email = 3;"))
    repo.commit("a break")
    refused = repo.schemagate("plan")
    assert refused.returncode == 1
    assert "FIELD_SCALAR_KIND_CHANGED" in refused.stdout
