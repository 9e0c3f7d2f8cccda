"""Can a schema's text become code? Hostile strings in every position; and the gate alone, with the printer broken."""

from __future__ import annotations

import ast
import builtins
import copy
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generating import avro, load, version
from schemagate.generate import gate, literals
from schemagate.generate.header import stamped
from schemagate.generate.package import python_package

BOOM = "__import__('builtins').boom()"
HOSTILE = [
    f'"""\n{BOOM}\n"""',
    f"'''\n{BOOM}\n'''",
    f'"\n{BOOM}\n#',
    f"\\\n{BOOM}",
    f'\\"\n{BOOM}\n"',
    f"\r{BOOM}",
    f"\u2028{BOOM}\u2029",
    f"\x0c{BOOM}\x85{BOOM}",
    f"{{{BOOM}}}",
    f"]; {BOOM}; x = [",
    f"): {BOOM}  # ",
    f"x: int = {BOOM}",
    "# coding: utf-7\n+AF8AXw-import",
    "\u202e\u2066abc\ufeff",
    "__class__",
    "__init_subclass__",
    "__pydantic_extra__",
    "_codec",
    "model_config",
    "\ufb01",
    "\x00",
    "",
    "../../x",
    "a" * 1000,
    "\U0001f600",
]

JSON_TEMPLATE: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "A title",
    "description": "A text",
    "$comment": "A text",
    "type": "object",
    "properties": {
        "a": {"type": "string", "description": "A text", "default": "x", "examples": ["y"], "format": "uri"},
        "b": {"enum": ["x", "y"]},
        "c": {"const": "x"},
        "d": {"type": "string", "pattern": "x"},
        "e": {"$ref": "#/definitions/node"},
        "f": {"type": "array", "items": {"type": "string"}, "default": ["x"]},
        "g": {"type": "integer", "x-more": "y"},
    },
    "required": ["b"],
    "definitions": {
        "node": {"type": "object", "properties": {"h": {"type": "integer"}}, "additionalProperties": False}
    },
}
AVRO_TEMPLATE: dict[str, Any] = {
    "type": "record",
    "name": "R",
    "namespace": "n",
    "doc": "A text",
    "aliases": ["S"],
    "fields": [
        {"name": "a", "type": "string", "doc": "A text", "default": "x", "order": "ignore", "aliases": ["z"]},
        {"name": "b", "type": "bytes", "default": "x"},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["x", "y"], "default": "x"}, "default": "y"},
        {"name": "f", "type": {"type": "fixed", "name": "F", "size": 3, "logicalType": "l"}},
        {"name": "m", "type": {"type": "map", "values": "string"}, "default": {"x": "y"}},
        {"name": "r", "type": ["null", "E"]},
        {"name": "p", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}},
        {"name": "j", "type": {"type": "string", "java-class": "x", "more": {"x": "y"}}},
    ],
}


def positions(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], bool]]:
    """Every string and number: a path, and whether it is a key that is meant."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key), True
            yield from positions(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from positions(inner, (*path, index))
    else:
        yield path, False


def planted(template: Any, path: tuple[Any, ...], is_key: bool, text: str) -> Any:
    """The template with a hostile text at one place; a renamed definition is still referred to."""
    made = copy.deepcopy(template)
    parent = made
    for token in path[:-1]:
        parent = parent[token]
    parent[text if is_key else path[-1]] = parent.pop(path[-1]) if is_key else text
    if path == ("definitions", "node"):
        made["properties"]["e"]["$ref"] = "#/definitions/" + quote(text.replace("~", "~0").replace("/", "~1"))
    if path == ("properties", "b"):
        made["required"] = [text]
    return made


@pytest.fixture(autouse=True)
def boom(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The mine: a builtin that records that it was called."""
    called: list[int] = []
    monkeypatch.setattr(builtins, "boom", lambda: called.append(1), raising=False)
    yield called
    assert not called


def check(one: Any) -> bool:
    """Generate and import; whether it was generated. A refusal must be the schema's, never the gate's."""
    package = python_package([one])
    for finding in package.findings:
        assert finding.rule != "GEN-104", finding.message
    for path in package.files:
        assert re.fullmatch(r"events/([a-z0-9_]+/)?[a-z0-9_]+\.(py|avsc)", path), path
    if package.refused:
        assert not package.files
        return False
    load(package)
    return True


@pytest.mark.parametrize("make", [lambda s: version("e.v", 1, s), lambda s: avro("e.v", 1, s)], ids=["json", "avro"])
def test_no_position_lets_text_become_code(make: Any) -> None:
    template = JSON_TEMPLATE if make({}).content.format == "json" else AVRO_TEMPLATE
    generated = 0
    for path, is_key in positions(template):
        for text in HOSTILE:
            generated += check(make(planted(template, path, is_key, text)))
    assert generated > 100


@pytest.mark.parametrize("event", [*HOSTILE, "con", "class", "_runtime", "1", "Événement.créé", "a/b", "C:\\x"])
def test_event_names_stay_inside_the_folder(event: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    check(version(event, 1, schema))


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4), st.text(), st.text(max_size=20))
def test_any_text_anywhere(names: list[str], text: str, event: str) -> None:
    text = text.encode("utf-8", "replace").decode("utf-8")
    names = [name.encode("utf-8", "replace").decode("utf-8") for name in names]
    properties = {name: {"type": "string", "default": text, "description": text} for name in names}
    schema = {"type": "object", "properties": {**properties, "k": {"enum": [text, text + "x"]}}, "title": text}
    assert check(version(event, 1, schema))


@given(st.text())
def test_literals_are_read_back(text: str) -> None:
    printed = literals.text(text)
    assert ast.literal_eval(printed) == text
    assert printed.isascii()
    assert "\n" not in printed
    assert ast.literal_eval(literals.data(text.encode("utf-8", "replace"))) == text.encode("utf-8", "replace")


# --- the gate ---------------------------------------------------------------------------------------------------------

IMPORTS = "from typing import Annotated, ClassVar, Final, Literal, Self\n\nfrom pydantic import Field\n"
IMPORTS += "\nfrom .._runtime import Codec, Event, Record, fresh\n"


def gated(body: str, *, imports: str = IMPORTS) -> None:
    gate.check(stamped('"""A module."""\n\n' + imports + body, []))


def test_the_gate_lets_models_pass() -> None:
    gated('\n\nclass A(Record):\n    x: Annotated[str, Field(alias="y")] = "a"\n    y: "A | None" = None\n')


FORBIDDEN = {
    "import": "import os\n",
    "import from": "from os import system\n",
    "import star": "from typing import *\n",
    "import renamed": "from typing import Final as print\n",
    "relative import": "from ...x import y\n",
    "sibling dunder": "from .v1 import __builtins__\n",
    "bare call": "print()\n",
    "call in a constant": "X: Final = print()\n",
    "dunder call": "X: Final = __import__('os')\n",
    "attribute": "X: Final = str.mro\n",
    "lambda": "X: Final = lambda: 1\n",
    "comprehension": "X: Final = [x for x in (1,)]\n",
    "generator": "X: Final = fresh(x for x in (1,))\n",
    "f-string": "X: Final = f'{1}'\n",
    "walrus": "X: Final = (y := 1)\n",
    "star argument": "X: Final = fresh(*[1])\n",
    "star keyword": "X: Final = Field(**{})\n",
    "binary operation": "X: Final = 2 ** 9\n",
    "conditional": "X: Final = 1 if 1 else 2\n",
    "subscript of a value": "X: Final = 'a'[0]\n",
    "tuple": "X: Final = (1, 2)\n",
    "set": "X: Final = {1}\n",
    "computed key": "X: Final = {fresh(1): 1}\n",
    "ellipsis": "X: Final = ...\n",
    "complex": "X: Final = 1j\n",
    "await": "async def f() -> None:\n    await x\n",
    "function": "def f() -> None:\n    pass\n",
    "reader with more": 'def read(message: bytes, ids: dict[int, str]) -> str:\n    """."""\n    x = 1\n',
    "if": "if 1:\n    pass\n",
    "for": "for x in (1,):\n    pass\n",
    "while": "while 1:\n    pass\n",
    "try": "try:\n    pass\nfinally:\n    pass\n",
    "with": "with fresh(1):\n    pass\n",
    "delete": "del Record\n",
    "global": "global x\n",
    "assert": "assert 1\n",
    "raise": "raise Record\n",
    "augmented assignment": "X: Final = 1\nX += 1\n",
    "unpacking": "X, Y = 1, 2\n",
    "attribute assignment": "Record.x = 1\n",
    "type statement in a string": "X = list['print()']\n",
    "string annotation": "class A(Record):\n    x: '__import__(1)'\n",
    "string annotation attribute": "class A(Record):\n    x: 'Record.mro'\n",
    "string in Annotated": "class A(Record):\n    x: Annotated['print()', Field()]\n",
    "metadata that is no call": "class A(Record):\n    x: Annotated[str, 'x']\n",
    "string in ClassVar": "class A(Record):\n    x: ClassVar['print()']\n",
    "base": "class A(Exception):\n    pass\n",
    "no base": "class A:\n    pass\n",
    "metaclass": "class A(Record, metaclass=type):\n    pass\n",
    "class decorator": "@fresh\nclass A(Record):\n    pass\n",
    "method": "class A(Record):\n    def f(self) -> None:\n        pass\n",
    "dunder field": "class A(Record):\n    __x__: str\n",
    "private field": "class A(Record):\n    _x: str\n",
    "class assignment": "class A(Record):\n    x = 1\n",
    "nested class": "class A(Record):\n    class B(Record):\n        pass\n",
    "unknown name": "class A(Record):\n    x: Unknown\n",
    "keyword of Field": "class A(Record):\n    x: Annotated[str, Field(json_schema_extra='x')]\n",
    "new without classmethod": 'class A(Event):\n    def new(cls) -> Self:\n        """."""\n        return cls()\n',
    "new with a call": (
        'class A(Event):\n    @classmethod\n    def new(cls) -> Self:\n        """."""\n        return cls(x=fresh(1))\n'
    ),
    "new with a default": (
        'class A(Event):\n    @classmethod\n    def new(cls, *, x: str = "") -> Self:\n        """."""\n'
        "        return cls(x=x)\n"
    ),
    "comment": "X: Final = 1  # coding: utf-7\n",
    "not ascii": "X: Final = 'ü'\n",
    "form feed": "X: Final = 1\n\x0c\n",
    "carriage return": "X: Final = 1\r\n",
    "syntax": "X: Final = (\n",
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_gate_refuses(name: str) -> None:
    with pytest.raises(gate.GateError):
        gated("\n" + FORBIDDEN[name])


def test_the_gate_refuses_another_header() -> None:
    text = stamped('"""A module."""\n', [])
    gate.check(text)
    for wrong in (text + "X: Final = 1\n", text.replace("# Generated", "# coding: utf-7"), "\ufeff" + text, text[1:]):
        with pytest.raises(gate.GateError):
            gate.check(wrong)


@pytest.mark.parametrize("text", HOSTILE[:14])
def test_the_gate_holds_without_the_printer(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a printer that only adds quotes, nothing that would run gets through."""
    monkeypatch.setattr(literals, "text", lambda value: f'"{value}"')
    schema = {"type": "object", "properties": {"a": {"type": "string", "default": text}}}
    one = version("e", 1, schema)
    package = python_package([one])
    assert package.refused == (one.id,)
    assert package.findings[-1].rule == "GEN-104"
    assert not package.files


def test_constants_of_our_own_text_are_all_that_is_not_data() -> None:
    """The whole module of a hostile schema parses to the same tree as the one of a harmless schema, but for constants."""

    def skeleton(text: str) -> str:
        one = version("e", 1, {"type": "object", "properties": {"a": {"type": "string", "default": text}}})
        tree = ast.parse(python_package([one]).files["events/e/v1.py"])
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = ""
        return ast.dump(tree)

    assert skeleton("x") == skeleton(HOSTILE[0]) == skeleton(HOSTILE[4])
