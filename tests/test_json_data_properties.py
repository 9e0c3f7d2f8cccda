"""Are `yes` and `no` never wrong? Generated schemas and edits, judged by two validators on events made elsewhere; laws."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import jsonschema_rs
from hypothesis import event, given
from hypothesis import strategies as st

import json_strategies
from schemagate.compat.json_schema.data import judge
from schemagate.compat.json_schema.data.budget import Budget
from schemagate.compat.verdicts import DataAnswer, DataVerdict
from schemagate.schema.json_schema import parse


def data(reader: Any, writer: Any, budget: Budget | None = None) -> DataVerdict:
    return judge(
        parse(json.dumps(reader), "new.json"), parse(json.dumps(writer), "old.json"), budget=budget or Budget()
    )


def breaks(reader: Any, writer: Any, value: Any) -> bool:
    """Whether both validators call the value a witness."""
    slow = jsonschema.Draft7Validator(writer).is_valid(value) and not jsonschema.Draft7Validator(reader).is_valid(value)
    quick = [
        jsonschema_rs.Draft7Validator(schema, validate_formats=False).is_valid(value) for schema in (writer, reader)
    ]
    return slow and quick == [True, False]


def assert_never_wrong(reader: Any, writer: Any, values: list[Any]) -> DataVerdict:
    verdict = data(reader, writer)
    if verdict.answer is DataAnswer.NO:
        shown = [finding.witness for finding in verdict.findings if finding.witness]
        assert verdict.witness == shown[0]
        for witness in shown:
            assert breaks(reader, writer, witness.value), (reader, writer, witness)
    if verdict.answer is DataAnswer.YES:
        old, new = jsonschema.Draft7Validator(writer), jsonschema.Draft7Validator(reader)
        for value in values:
            assert not old.is_valid(value) or new.is_valid(value), (reader, writer, value)
    return verdict


_answers: list[DataAnswer] = []


@given(json_strategies.pairs, st.booleans(), st.data())
def test_edits_of_events_are_decided_and_never_wrongly(
    pair: tuple[Any, Any], forward: bool, draw: st.DataObject
) -> None:
    reader, writer = pair if forward else reversed(pair)
    values = [draw.draw(json_strategies.instances(writer)) for _ in range(4)]
    verdict = assert_never_wrong(reader, writer, values)
    event(verdict.answer)
    _answers.append(verdict.answer)


def test_at_least_95_percent_of_the_edits_are_decided() -> None:
    """Counts what the test above saw; alone it has nothing to say."""
    assert _answers.count(DataAnswer.UNKNOWN) * 20 <= len(_answers)


@given(json_strategies.fields, json_strategies.fields, st.data())
def test_unrelated_schemas_are_never_judged_wrongly(reader: Any, writer: Any, draw: st.DataObject) -> None:
    assert_never_wrong(reader, writer, [draw.draw(json_strategies.instances(writer)) for _ in range(4)])


SMALL = st.integers(0, 3)
LETTERS = st.sampled_from("abc")


def optional(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keywords)


def any_schemas() -> st.SearchStrategy[Any]:
    """Well-formed schemas with every keyword, in combinations that nobody would write."""
    inner: st.SearchStrategy[Any] = st.deferred(any_schemas)
    some = st.lists(inner, min_size=1, max_size=2)
    keywords = optional(
        type=st.sampled_from(["string", "integer", "number", "object", "array", "null", ["string", "null"]]),
        enum=st.lists(st.sampled_from([1, "a", None, True, 1.5]), min_size=1, max_size=3, unique_by=repr),
        minimum=SMALL, exclusiveMaximum=SMALL, multipleOf=st.sampled_from([1, 2, 3]),
        minLength=SMALL, maxLength=SMALL, pattern=st.sampled_from(["^a+$", "a", "^[ab]*$"]),
        items=inner, minItems=SMALL, maxItems=SMALL, uniqueItems=st.booleans(), contains=inner,
        minProperties=SMALL, maxProperties=SMALL, required=st.lists(LETTERS, max_size=2, unique=True),
        properties=st.dictionaries(LETTERS, inner, max_size=2), additionalProperties=inner, propertyNames=inner,
        patternProperties=st.dictionaries(st.sampled_from(["^a", "b", "^[ab]+$"]), inner, max_size=1),
        dependencies=st.dictionaries(LETTERS, st.one_of(inner, st.lists(LETTERS, max_size=2, unique=True)), max_size=1),
        allOf=some, anyOf=some, oneOf=some,
        **{"not": inner, "if": inner, "then": inner, "else": inner},
    )  # fmt: skip
    return st.one_of(st.booleans(), keywords)


VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 2, 3, -1, 1.5, "", "a", "aa", "b", "ab"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "c", "ab", "z"]), inner)
    ),
    max_leaves=4,
)


@given(any_schemas(), any_schemas(), st.lists(VALUES, min_size=5, max_size=12))
def test_strange_schemas_are_never_judged_wrongly(reader: Any, writer: Any, values: list[Any]) -> None:
    assert_never_wrong(reader, writer, values)


def shuffled(schema: Any) -> Any:
    """The same schema with keys, members and alternatives in another order."""
    if isinstance(schema, list):
        return [shuffled(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {word: shuffled(value) for word, value in reversed(schema.items())}
    for word in ("enum", "anyOf", "oneOf", "allOf", "required"):
        if isinstance(made.get(word), list):
            made[word] = made[word][::-1]
    return made


@given(json_strategies.events)
def test_a_schema_reads_itself_however_it_is_written(schema: Any) -> None:
    assert data(schema, schema).answer == "yes"
    assert data(schema, shuffled(schema)).answer == "yes"
    assert data({**schema, "title": "another"}, schema).findings == ()


@given(json_strategies.pairs)
def test_the_order_of_alternatives_does_not_count(pair: tuple[Any, Any]) -> None:
    reader, writer = pair
    answers = {
        data(reader, writer).answer,
        data(shuffled(reader), writer).answer,
        data(reader, shuffled(writer)).answer,
    }
    assert not {DataAnswer.YES, DataAnswer.NO} <= answers
    assert len(answers) == 1, answers


@given(
    json_strategies.events.flatmap(
        lambda a: st.tuples(st.just(a), json_strategies.edited(a), json_strategies.edited(a))
    )
)
def test_yes_is_transitive(schemas: tuple[Any, Any, Any]) -> None:
    a, b, c = schemas
    if data(a, b).answer == data(b, c).answer == "yes":
        assert data(a, c).answer != "no"


@given(json_strategies.pairs)
def test_more_budget_only_answers_more(pair: tuple[Any, Any]) -> None:
    reader, writer = pair
    plenty = data(reader, writer).answer
    for steps in (0, 3, 30, 300):
        scarce = data(reader, writer, Budget(steps=steps, events=steps, prover_size=steps // 10)).answer
        assert scarce in (plenty, DataAnswer.UNKNOWN)


@given(json_strategies.pairs)
def test_closing_the_writer_never_turns_a_yes_into_a_no(pair: tuple[Any, Any]) -> None:
    reader, writer = (parse(json.dumps(schema), "schema.json") for schema in pair)
    if judge(reader, writer).answer == "yes":
        assert judge(reader, writer, ("declared-properties-only",)).answer != "no"
    closed = judge(reader, writer, ("declared-properties-only",))
    if closed.witness is not None:
        assert breaks(*pair, closed.witness.value)
