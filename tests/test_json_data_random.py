"""Are `yes` and `no` right for schemas that nobody would write? A seeded search over all keywords, with references.

Quick because it draws without Hypothesis: SCHEMAGATE_EXAMPLES pairs (times ten) a draft. It found wrong answers before.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import jsonschema
import pytest

from schemagate.compat.json_schema.data import judge
from schemagate.schema.json_schema import parse

PAIRS = 10 * int(os.environ.get("SCHEMAGATE_EXAMPLES", "60"))
NAMES = "abc"
# In 2019-09 jsonschema takes what additionalProperties looked at for unevaluated, against the draft: not a judge there.
JUDGES = {
    "draft-06": jsonschema.Draft6Validator,
    "draft-07": jsonschema.Draft7Validator,
    "2020-12": jsonschema.Draft202012Validator,
}


class Drawing:
    """Draws schemas, edits and values from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - to be repeated, not to be secret

    def root(self) -> dict[str, Any]:
        """A schema with definitions that refer to later ones in place, and to any one below a property or an item."""
        schema = self.schema(2, NAMES)
        named = {"a": self.schema(1, "bc"), "b": self.schema(1, "c"), "c": self.schema(1, "")}
        return {**(schema if isinstance(schema, dict) else {"allOf": [schema]}), "definitions": named}

    def schema(self, depth: int, targets: str) -> Any:
        """`targets`: the definitions that may be referred to in place."""
        chance = self.random.random()
        if chance < 0.08:
            return chance < 0.05
        if chance < 0.28 and targets:
            return {"$ref": f"#/definitions/{self.random.choice(targets)}"}
        made: dict[str, Any] = {}
        for _ in range(self.random.choice([1, 1, 2, 2, 3, 4])):
            word, value = self.keyword(depth, targets)
            made[word] = value
        return made

    def keyword(self, depth: int, targets: str) -> tuple[str, Any]:
        def same() -> Any:
            return self.schema(depth - 1, targets) if depth else self.leaf(targets)

        def below() -> Any:
            return self.schema(depth - 1, NAMES) if depth else self.leaf(NAMES)

        few = self.random.randint(0, 3)
        table: dict[str, Callable[[], Any]] = {
            "type": lambda: self.random.choice(
                [*self.types(), *self.types(), ["string", "null"], ["object", "integer"]]
            ),
            "enum": lambda: self.random.sample([1, "a", None, True, 1.5, "b", 2], 1 + few % 3),
            "const": lambda: self.random.choice([1, "a", {"a": 1}, [1], None]),
            "pattern": lambda: self.random.choice(["^a+$", "a", "^[ab]*$", "b$"]),
            "uniqueItems": lambda: True,
            "multipleOf": lambda: few + 1,
            "required": lambda: self.random.sample(NAMES, 1 + few % 2),
            "properties": lambda: {name: below() for name in self.random.sample(NAMES, 1 + few % 3)},
            "patternProperties": lambda: {self.random.choice(["^a", "b", "^[ab]+$"]): below()},
            "additionalProperties": lambda: self.random.choice([False, below()]),
            "propertyNames": lambda: self.random.choice([{"pattern": "^[ab]+$"}, {"enum": ["a", "b"]}, same()]),
            "not": same,
            "dependencies": lambda: {self.random.choice(NAMES): self.random.choice([["a"], ["b"], same()])},
            "dependentRequired": lambda: {self.random.choice(NAMES): ["c"]},
            "dependentSchemas": lambda: {self.random.choice(NAMES): same()},
            **dict.fromkeys(("if", "then", "else"), same),
            **dict.fromkeys(("items", "contains", "unevaluatedProperties", "unevaluatedItems"), below),
            **dict.fromkeys(("allOf", "anyOf", "oneOf"), lambda: [same() for _ in range(1 + few % 2)]),
            **dict.fromkeys(
                "minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems minProperties"
                " maxProperties minContains maxContains".split(),
                lambda: few,
            ),
        }
        word = self.random.choice([*table, "type", "type", "type", "properties", "properties", "required", "anyOf"])
        return word, table[word]()

    def types(self) -> list[Any]:
        return ["string", "integer", "number", "object", "array", "null", "boolean"]

    def leaf(self, targets: str) -> Any:
        reference = {"$ref": f"#/definitions/{self.random.choice(targets)}"} if targets else True
        return self.random.choice([True, False, {"type": "string"}, {"type": "integer"}, reference])

    def edited(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema with a keyword dropped or some added, at one or two places."""
        made = copy.deepcopy(schema)
        for _ in range(self.random.randint(1, 2)):
            place = self.random.choice(list(places(made)))
            added = self.schema(1, "")
            if self.random.random() < 0.3:
                place.pop(self.random.choice([word for word in place if word != "definitions"] or ["none"]), None)
            elif isinstance(added, dict):
                place.update(added)
        return made

    def value(self, depth: int = 3) -> Any:
        chance = self.random.random()
        if depth == 0 or chance < 0.55:
            return self.random.choice([None, True, False, 0, 1, 2, 3, 4, -1, 1.5, 1.0, "", "a", "aa", "b", "ab", "abc"])
        if chance < 0.75:
            return [self.value(depth - 1) for _ in range(self.random.randint(0, 3))]
        names = self.random.sample(["a", "b", "c", "ab", "z", "bb"], self.random.randint(0, 3))
        return {name: self.value(depth - 1) for name in names}


def places(schema: Any, *, named: bool = False) -> Iterator[dict[str, Any]]:
    """All schema objects; maps of named ones are no schemas themselves."""
    if isinstance(schema, list):
        for item in schema:
            yield from places(item)
    elif isinstance(schema, dict):
        if not named:
            yield schema
        for word, value in schema.items():
            if word not in ("const", "enum", "required", "dependentRequired") or named:
                is_map = word in ("properties", "patternProperties", "definitions", "dependencies", "dependentSchemas")
                yield from places(value, named=is_map and not named)


def valid(validator: Any, value: Any) -> bool | None:
    """None where jsonschema does not come to an end."""
    try:
        return bool(validator.is_valid(value))
    except RecursionError:
        return None


@pytest.mark.parametrize("draft", JUDGES)
def test_no_answer_is_wrong(draft: str) -> None:
    drawing = Drawing(seed=len(draft))
    answers = []
    for _ in range(PAIRS):
        writer = drawing.root()
        reader = drawing.edited(writer) if drawing.random.random() < 0.7 else drawing.root()
        verdict = judge(*(parse(json.dumps(side), "schema.json", draft=draft) for side in (reader, writer)))
        answers.append(verdict.answer)
        new, old = (JUDGES[draft](side) for side in (reader, writer))
        for finding in verdict.findings if verdict.answer == "no" else ():
            if finding.witness is not None:
                assert (valid(old, finding.witness.value), valid(new, finding.witness.value)) == (True, False)
        for value in (drawing.value() for _ in range(20 if verdict.answer == "yes" else 0)):
            assert not (valid(old, value) and valid(new, value) is False), (reader, writer, value)
    assert answers.count("unknown") * 10 <= len(answers)
    assert {"yes", "no"} <= set(answers)
