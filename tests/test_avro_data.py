"""Is the data verdict true? Real decoders are the judges: fastavro and the Python package `avro`.

Known noise, each by name:

* fastavro takes the first matching branch of a reader's union and never goes back (SG-AVRO-303), even of two namesakes
  that the writer's union holds as well.
* fastavro reads a named type of one kind as another of that name, and compares aliases as they are written, and `avro` knows neither aliases nor an enum's default (SG-AVRO-204);
  `avro` compares full names (SG-AVRO-301).
* `avro` refuses a union of the writer that the reader declares as a plain type, and promotes neither bytes to text nor
  anything within lists and maps.
* Both take the writer's scale for a decimal (SG-AVRO-107).
* Bytes that are no UTF-8 read as text (SG-AVRO-201): no event here has such bytes.
* Old libraries refuse a default that is not of the first branch (SG-AVRO-304).
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from decimal import Decimal
from itertools import permutations
from typing import Any

import fastavro
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from avro_strategies import edited, encoded_events, schemas
from oracles import rows
from schemagate.compat.avro import data, registry
from schemagate.compat.verdicts import DataAnswer, DataVerdict
from schemagate.findings import Severity
from schemagate.schema import avro, json_text
from schemagate.schema.avro import AvroSchema


class DecoderError(Exception):
    """A decoder refused an event, or left bytes of it."""


def with_fastavro(reader: Any, writer: Any, event: bytes) -> Any:
    stream = io.BytesIO(event)
    try:
        value = fastavro.schemaless_reader(stream, writer, reader)
    except Exception as error:
        raise DecoderError(repr(error)) from error
    if stream.read():
        raise DecoderError("bytes are left over")
    return value


def with_avro(reader: Any, writer: Any, event: bytes) -> Any:
    import avro.io
    import avro.schema

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of logical types that it does not know
            parsed = avro.schema.parse(json.dumps(writer)), avro.schema.parse(json.dumps(reader))
            return avro.io.DatumReader(*parsed).read(avro.io.BinaryDecoder(io.BytesIO(event)))
    except Exception as error:
        raise DecoderError(repr(error)) from error


def parsed(reader: Any, writer: Any) -> tuple[AvroSchema, AvroSchema]:
    return avro.parse(json.dumps(reader), "<reader>"), avro.parse(json.dumps(writer), "<writer>")


def judged(reader: Any, writer: Any) -> DataVerdict:
    return data.judge(*parsed(reader, writer))


def rules(verdict: DataVerdict) -> set[str]:
    return {finding.rule for finding in verdict.findings}


def record(name: str, *fields: tuple[Any, ...], **more: Any) -> dict[str, Any]:
    listed = [dict(zip(("name", "type", "default", "aliases"), field, strict=False)) for field in fields]
    return {"type": "record", "name": name, "fields": listed, **more}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    """A reader and a writer, one edited from the other; both legal."""
    one = draw(schemas())
    other = draw(edited(one))
    reader, writer = (one, other) if draw(st.booleans()) else (other, one)
    for schema in (reader, writer):
        assume(not list(avro.problems(avro.parse(json.dumps(schema), "f"))))
    return reader, writer


def uses_aliases(schema: Any) -> bool:
    return '"aliases"' in json.dumps(schema)


def has_namesakes(schema: Any) -> bool:
    """Whether some union holds two types of one simple name; fastavro takes the first, even of its own writer's."""
    if isinstance(schema, list):
        names = [branch["name"] if isinstance(branch, dict) and "name" in branch else branch for branch in schema]
        simple = [name.rpartition(".")[2] for name in names if isinstance(name, str)]
        return len(set(simple)) < len(simple) or any(map(has_namesakes, schema))
    if not isinstance(schema, dict):
        return False
    inner = [schema.get("items"), schema.get("values"), *(field["type"] for field in schema.get("fields", []))]
    return any(map(has_namesakes, inner))


@given(pairs())
def test_yes_means_that_decoders_read_everything(pair: tuple[Any, Any]) -> None:
    reader, writer = pair
    verdict = judged(reader, writer)
    assume(verdict.answer == "yes")
    seen = rules(verdict)
    for event in encoded_events(parsed(reader, writer)[1].root):
        with_fastavro(writer, writer, event)  # the event is one of the writer's
        if not (seen & {"SG-AVRO-303"} or uses_aliases(reader) or has_namesakes(reader)):
            with_fastavro(reader, writer, event)
        if not (seen & {"SG-AVRO-204", "SG-AVRO-301", "SG-AVRO-303", "SG-AVRO-304"} or uses_aliases(reader)):
            read_with_avro(reader, writer, event)


def read_with_avro(reader: Any, writer: Any, event: bytes) -> None:
    error = refusal(with_avro, reader, writer, event)
    noise = r"Schemas do not match.*(Schema: \[|Schema: \"bytes\"|\"items\": |\"values\": )"
    assert error is None or re.search(noise, error.replace("\\n", " ")), error


def refusal(decode: Callable[[Any, Any, bytes], Any], reader: Any, writer: Any, event: bytes) -> str | None:
    """Why a decoder does not read an event; None when it does."""
    try:
        decode(reader, writer, event)
    except DecoderError as error:
        return str(error)
    return None


@given(pairs())
def test_no_means_that_its_own_witness_cannot_be_read(pair: tuple[Any, Any]) -> None:
    reader, writer = pair
    verdict = judged(reader, writer)
    assume(verdict.answer == "no")
    witness = verdict.witness
    if witness is None:
        assert all("no finite event" in f.message for f in verdict.findings if f.rule.startswith("SG-AVRO-1"))
        return
    assert witness.encoded is not None
    event = witness.encoded
    json.dumps(witness.value)
    assert as_json(with_fastavro(writer, writer, event)) == as_json(witness.value)
    (shown, *_) = [f for f in verdict.findings if f.witness == witness]
    if shown.rule == "SG-AVRO-107" or "SG-AVRO-303" in rules(verdict):
        return  # see above; test_a_decimal_is_read_as_another_number
    assert any(refusal(decode, reader, writer, event) for decode in (with_fastavro, with_avro))


def as_json(value: Any) -> Any:
    """A decoded value in the words of a witness."""
    match value:
        case bytes():
            return value.decode("latin-1")
        case Decimal():
            return str(value)
        case dict():
            return {key: as_json(item) for key, item in value.items()}
        case list():
            return [as_json(item) for item in value]
        case bool() | int() | float() | str() | None:
            return value
    return 0  # dates and times: the witnesses hold their numbers


@given(schemas())
def test_a_schema_against_itself_is_silent(schema: Any) -> None:
    text = json.dumps(schema)
    reader, writer = avro.parse(text, "<reader>"), avro.parse(json.dumps(reordered(schema), indent=1), "<writer>")
    for verdict in (data.judge(reader, writer), data.judge(reader, reader)):
        assert (verdict.answer, verdict.findings) == (DataAnswer.YES, ())


def reordered(value: Any) -> Any:
    """The same schema with other words and its keys in another order."""
    if isinstance(value, dict):
        turned = {key: reordered(value[key]) for key in reversed(value)}
        return {"doc": "new words", **turned} if "type" in value else turned
    return [reordered(item) for item in value] if isinstance(value, list) else value


@given(pairs())
def test_findings_lead_to_places_in_both_texts(pair: tuple[Any, Any]) -> None:
    reader, writer = parsed(*pair)
    for finding in data.judge(reader, writer).findings:
        assert leads_somewhere(reader.raw, finding.path), finding
        assert finding.writer_path is not None
        assert leads_somewhere(writer.raw, finding.writer_path), finding
        json_text.locate(reader.text, finding.path, reader.file)


def leads_somewhere(value: Any, pointer: str) -> bool:
    for token in json_text.unescape(pointer):
        if isinstance(value, list):
            value = value[int(token)]
        elif token in value:
            value = value[token]
        else:
            return False
    return True


@given(pairs(), st.randoms())
def test_the_order_of_a_readers_branches_does_not_matter(pair: tuple[Any, Any], random: Any) -> None:
    reader, writer = pair
    first = judged(reader, writer)
    shuffled = judged(with_shuffled_unions(reader, random), writer)
    if not (rules(first) | rules(shuffled)) & {"SG-AVRO-303"}:
        assert first.answer == shuffled.answer


def with_shuffled_unions(schema: Any, random: Any) -> Any:
    if isinstance(schema, list):
        branches = [with_shuffled_unions(branch, random) for branch in schema]
        random.shuffle(branches)
        return branches
    if not isinstance(schema, dict):
        return schema
    changed = {key: with_shuffled_unions(schema[key], random) for key in ("items", "values") if key in schema}
    if "fields" in schema:
        changed["fields"] = [{**f, "type": with_shuffled_unions(f["type"], random)} for f in schema["fields"]]
    return {**schema, **changed}


# --- evidence of others ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", rows("avro_java.jsonl"))
def test_it_agrees_with_what_java_decoded(row: Any) -> None:
    verdict = judged(row["reader"], row["writer"])
    if row["java_decode"]["fail"]:
        assert verdict.answer == "no", row["id"]
    assert (verdict.answer == "yes") == (row["expected"] == "compatible"), row["id"]
    if verdict.answer == "no" and not row.get("data_error"):
        assert verdict.witness is not None, row["id"]


# --- recursion -------------------------------------------------------------------------------------------------------


def tree() -> Any:
    return record("Node", ("child", ["null", record("Edge", ("to", ["null", "Node"]))]), ("weight", "int"))


def branches() -> tuple[Any, Any, Any]:
    """Two readers of a tree in one union: one cannot read a weight, the other borrows the first one's edge."""
    edge = record("one.Edge", ("to", ["null", "one.Node"]))
    bad = record("one.Node", ("child", ["null", "one.Edge"]), ("weight", "string"))
    good = record("two.Node", ("child", ["null", "one.Edge"]), ("weight", "int"))
    return edge, bad, good


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_wrong_assumption_is_taken_back_whatever_the_order(order: tuple[int, ...]) -> None:
    reader = [branches()[i] for i in order]  # the edge is a branch of its own, the text may use it before
    verdict = judged(reader, tree())
    assert verdict.answer == "no"
    assert verdict.witness is not None


def test_a_tree_reads_itself_in_another_spelling() -> None:
    assert judged(tree(), json.loads(json.dumps(tree()).replace("Edge", "shop.Edge"))).answer == "yes"


def test_a_failure_deep_in_a_recursive_type_is_told_once() -> None:
    longer = record("Node", ("child", ["null", record("Edge", ("to", ["null", "Node"]))]), ("weight", "string"))
    verdict = judged(longer, tree())
    assert [(f.rule, f.path) for f in verdict.findings] == [("SG-AVRO-102", "/fields/1/type")]
    assert verdict.witness is not None
    assert verdict.witness.value == {"child": None, "weight": 0}


def test_a_writer_without_a_finite_event_has_no_witness() -> None:
    endless = record("List", ("head", "int"), ("tail", "List"))
    verdict = judged(record("List", ("head", "string"), ("tail", "List")), endless)
    assert (verdict.answer, verdict.witness) == ("no", None)
    assert "no finite event" in verdict.findings[0].message


# --- single facts ----------------------------------------------------------------------------------------------------


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def test_a_decimal_is_read_as_another_number() -> None:
    verdict = judged(record("R", ("amount", decimal(9, 3))), record("R", ("amount", decimal(9, 2))))
    assert verdict.answer == "no"
    assert verdict.witness is not None
    assert verdict.witness.encoded is not None
    assert verdict.witness.value == {"amount": "1.25"}
    assert "1.25 is read as 0.125" in verdict.witness.reason
    raw = verdict.witness.encoded[1:]
    assert Decimal(int.from_bytes(raw, "big", signed=True)).scaleb(-2) == Decimal("1.25")


def test_the_reason_names_the_field() -> None:
    verdict = judged(record("Order", ("id", "string"), ("amount", "long")), record("Order", ("id", "string")))
    assert verdict.witness is not None
    assert (verdict.witness.reason, verdict.witness.value) == ("amount has no value and no default", {"id": ""})
    lines = ("lines", {"type": "array", "items": record("Line", ("price", "long"))})
    fewer = ("lines", {"type": "array", "items": record("Line")})
    verdict = judged(record("Order", lines), record("Order", fewer))
    assert verdict.witness is not None
    assert verdict.witness.reason == "lines[].price has no value and no default"
    assert verdict.witness.pointer == "/lines/0"


@pytest.mark.parametrize(
    ("reader", "writer", "value", "wrong"),
    [("double", "long", 9007199254740993, 9007199254740992.0), ("float", "int", 16777217, 16777216.0)],
)
def test_the_witness_of_lost_precision_loses_it(reader: str, writer: str, value: int, wrong: float) -> None:
    (finding,) = judged(reader, writer).findings
    assert finding.witness is not None
    assert finding.witness.encoded is not None
    assert finding.witness.value == value
    assert with_avro(reader, writer, finding.witness.encoded) == value  # it forgets the promotion
    assert float(value) != value or reader == "float"
    assert str(int(wrong)) in finding.message


def test_the_witness_of_bytes_as_text_is_no_text() -> None:
    (finding,) = judged("string", "bytes").findings
    assert finding.witness is not None
    assert finding.witness.encoded is not None
    with pytest.raises(DecoderError):
        with_fastavro("string", "bytes", finding.witness.encoded)


def test_a_unit_change_is_an_error_that_leaves_the_verdict() -> None:
    verdict = judged({"type": "long", "logicalType": "time-micros"}, {"type": "int", "logicalType": "time-millis"})
    assert verdict.answer == "yes"
    assert [(f.rule, f.severity) for f in verdict.findings] == [("SG-AVRO-203", Severity.ERROR)]


@pytest.mark.parametrize(("kind", "severity"), [("enum", Severity.ERROR), ("record", Severity.WARNING)])
def test_a_new_namespace_in_a_union_is_worse_for_an_enum(kind: str, severity: Severity) -> None:
    body = {"symbols": ["A"]} if kind == "enum" else {"fields": []}
    before = ["null", {"type": kind, "name": "old.X", **body}]
    verdict = judged(["null", {"type": kind, "name": "new.X", **body}], before)
    assert [(f.rule, f.severity) for f in verdict.findings] == [("SG-AVRO-301", severity)]


def test_one_move_of_many_types_is_one_finding() -> None:
    before = record("shop.Order", ("a", record("A")), ("b", record("B")), ("c", ["null", record("C")]))
    after = json.loads(json.dumps(before).replace("shop.Order", "store.Order"))
    assert [f.rule for f in judged(after, before).findings] == ["SG-AVRO-301"]


def test_the_exact_name_is_the_branch_even_when_it_fails() -> None:
    writer = record("a.X", ("n", "int"))
    reader = [record("b.X", ("n", "int")), record("a.X", ("n", "string"))]
    verdict = judged(reader, writer)
    assert verdict.answer == "no"
    assert rules(verdict) == {"SG-AVRO-102", "SG-AVRO-303"}


def test_more_findings_than_anybody_reads_are_still_quick() -> None:
    writer = record("R", *((f"f{i}", "string") for i in range(3000)))
    verdict = judged(record("R", *((f"f{i}", "int") for i in range(3000))), writer)
    assert len(verdict.findings) == 3000
    assert verdict.findings[0].witness is not None


@pytest.mark.parametrize("kind", ["enum", "record", "int"])
def test_huge_unions_are_quick(kind: str) -> None:
    def branch(i: int) -> Any:
        if kind == "enum":
            return {"type": "enum", "name": f"E{i}", "symbols": ["A"]}
        return record(f"R{i}", ("a", "int"))

    many = ["int"] if kind == "int" else [branch(i) for i in range(10_000)]
    assert judged(many[::-1], many).answer == "yes"
    assert judged(many[1:], many).answer == "no"


def test_huge_enums_are_quick() -> None:
    symbols = [f"S{i}" for i in range(10_000)]
    before = {"type": "enum", "name": "E", "symbols": symbols}
    assert judged({**before, "symbols": symbols[::-1]}, before).answer == "yes"
    assert judged({**before, "symbols": symbols[1:]}, before).answer == "no"


def test_chains_of_three_thousand_names_are_followed() -> None:
    def chain(last: str) -> Any:
        links = [record("L0", ("end", last)), *(record(f"L{i}", ("next", f"L{i - 1}")) for i in range(1, 3000))]
        return record("R", ("unused", ["null", *links]), ("tip", "L2999"))

    def from_the_tip(schema: Any) -> avro.AvroSchema:
        return avro.parse('"L2999"', "tip", {"all": json.dumps(schema)})

    reader, writer, wider = (from_the_tip(chain(last)) for last in ("int", "int", "long"))
    assert registry.judge(reader, writer).answer == "accept"
    assert data.judge(wider, writer).answer == "yes"
    assert registry.judge(reader, wider).answer == "reject"
    verdict = data.judge(reader, wider)
    assert [f.rule for f in verdict.findings] == ["SG-AVRO-102"]
    assert verdict.findings[0].message.startswith("next.next.")


def test_many_namesakes_end_in_unknown() -> None:
    ours = [record(f"n{i}.R", ("next", ["null", f"n{i}.R"]), ("x", "int")) for i in range(600)]
    theirs = [record(f"m{i}.R", ("next", ["null", f"m{i}.R"]), ("x", "string")) for i in range(600)]
    verdict = judged(theirs, ours)
    assert verdict.answer == "unknown"
    assert rules(verdict) == {"SG-AVRO-903"}


def test_a_clean_pair_loads_nothing_heavy() -> None:
    code = """
import sys
from schemagate.compat.avro import data, registry
from schemagate.schema import avro
one = avro.parse('{"type": "record", "name": "R", "fields": []}', "a")
two = avro.parse('{"type": "record", "name": "R", "fields": [], "doc": "x"}', "b")
assert (registry.judge(one, two).answer, data.judge(one, two).answer) == ("accept", "yes")
heavy = {"fastavro", "jsonschema", "jsonschema_rs", "greenery", "httpx", "git", "click", "hypothesis"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
