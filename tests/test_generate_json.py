"""What becomes of each JSON Schema keyword: a check in the model, a finding, or a refusal?"""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from generating import model_of, runtime_module, version
from schemagate.errors import UsageError
from schemagate.generate import patterns
from schemagate.generate.header import is_generated, is_untouched
from schemagate.generate.package import avro_schemas, python_package
from schemagate.schema.event import Content, Format, Settings, Version, VersionId

D7 = "http://json-schema.org/draft-07/schema#"
D4 = "http://json-schema.org/draft-04/schema#"


def event(schema: Any, *, draft: str = D7, required: bool = True, **more: Any) -> dict[str, Any]:
    """An event with one property `x`."""
    stated = {"required": ["x"]} if required else {}
    return {"$schema": draft, "type": "object", "properties": {"x": schema}, **stated, **more}


def accepts(schema: dict[str, Any], value: Any) -> bool:
    """Whether the model takes the event; the validator must agree."""
    model = model_of(version("e", 1, schema))
    try:
        read = model.from_json(json.dumps(value))
    except runtime_module().DecodeError:
        accepted = False
    else:
        accepted = True
        assert json.loads(read.to_json()) == value
    validator = jsonschema.validators.validator_for(schema)
    assert validator(schema).is_valid(value) is accepted, value
    return accepted


# (schema of x, accepted, refused)
CHECKED: list[tuple[Any, list[Any], list[Any]]] = [
    ({"type": "string", "minLength": 1, "maxLength": 2}, ["a", "\U0001f600\U0001f600"], ["", "abc", 1, None]),
    ({"type": "string", "pattern": "^[A-Z]{2}\\d*$"}, ["AB", "AB12"], ["A", "ab", "AB ", "xAB"]),
    ({"type": "string", "pattern": "b"}, ["abc"], ["ac"]),
    ({"type": "integer", "minimum": 1.5, "maximum": 4}, [2, 4, 3.0], [1, 5, 2.5, True, "2"]),
    ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 3.5}, [2, 3], [1, 4]),
    ({"type": "integer", "multipleOf": 3}, [0, 3, -6], [1, 2]),
    ({"type": "integer"}, [2**70, -(2**70), 1e3], [1.5, True, None]),
    ({"type": "number", "minimum": 0, "exclusiveMaximum": 1}, [0, 0.5], [1, -0.1, True, "0"]),
    ({"type": "boolean"}, [True, False], [0, 1, "true", None]),
    ({"type": "null"}, [None], [0, False, ""]),
    ({"type": ["integer", "string", "null"]}, [1, "a", None], [1.5, True, []]),
    ({"type": ["integer", "number"]}, [1, 1.5], [True]),
    ({"enum": ["a", "b"]}, ["a"], ["c", 1, None]),
    ({"enum": [1, 2]}, [1, 2.0], [3, True, "1"]),
    ({"enum": [True]}, [True], [1, False, "true"]),
    ({"enum": [True, False]}, [True], [1]),
    ({"enum": [1, True, "1", None]}, [1, True, "1", None], [0, False, 2]),
    ({"type": "string", "enum": ["a", 1]}, ["a"], [1]),
    ({"const": 0}, [0, 0.0], [False, None]),
    ({"const": False}, [False], [0]),
    (
        {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2},
        [[1], [1, 2]],
        [[], [1, 2, 3], ["a"]],
    ),
    ({"type": "array"}, [[1, "a", None, {"b": [True]}]], [{}, "a"]),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, [{}, {"a": 1}], [{"a": "b"}, []]),
    ({"type": "object"}, [{}, {"a": [1]}], [[], 1]),
    ({}, [1, None, [{}], "a"], []),
    ({"anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}]}, ["a", None], ["abc", 1]),
    ({"oneOf": [{"const": "a"}, {"const": "b"}]}, ["a", "b"], ["c"]),
    (
        {"type": "object", "properties": {"y": {"type": "integer"}}, "additionalProperties": {"type": "string"}},
        [{}, {"y": 1, "z": "a"}],
        [{"z": 1}, {"y": "a"}],
    ),
    ({"type": "object", "properties": {}, "additionalProperties": False}, [{}], [{"a": 1}]),
]


@pytest.mark.parametrize(("schema", "good", "bad"), CHECKED, ids=lambda v: json.dumps(v)[:60])
def test_checked(schema: Any, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert accepts(event(schema), {"x": value}), value
    for value in bad:
        assert not accepts(event(schema), {"x": value}), value


def test_draft_04_has_boolean_exclusive_bounds_and_no_whole_floats() -> None:
    schema = event({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, draft=D4)
    assert accepts(schema, {"x": 2})
    assert not accepts(schema, {"x": 1})
    assert not accepts(schema, {"x": 2.0})


PRESENCE: list[tuple[Any, bool, dict[str, bool]]] = [
    ({"type": "string"}, True, {'{"x": "a"}': True, "{}": False, '{"x": null}': False}),
    ({"type": ["string", "null"]}, True, {'{"x": "a"}': True, "{}": False, '{"x": null}': True}),
    ({"type": "string"}, False, {'{"x": "a"}': True, "{}": True, '{"x": null}': False}),
    ({"type": ["string", "null"]}, False, {'{"x": "a"}': True, "{}": True, '{"x": null}': True}),
    ({"type": "string", "default": "d"}, False, {'{"x": "a"}': True, "{}": True, '{"x": null}': False}),
    ({"type": "array", "default": [1]}, False, {'{"x": []}': True, "{}": True, '{"x": null}': False}),
]


@pytest.mark.parametrize(("schema", "required", "texts"), PRESENCE)
def test_presence(schema: Any, required: bool, texts: dict[str, bool]) -> None:
    for text, expected in texts.items():
        assert accepts(event(schema, required=required), json.loads(text)) is expected, text


def test_a_default_is_in_python_but_not_on_the_wire() -> None:
    model = model_of(version("e", 1, event({"type": "string", "default": "d"}, required=False)))
    assert model().x == "d"
    assert model().to_json() == b"{}"
    assert model().model_dump() == {}
    assert model(x="d").to_json() == b'{"x":"d"}'
    assert model.from_avro(model().to_avro()).to_json() == b'{"x":"d"}'  # the stated loss


def test_events_share_no_default() -> None:
    schema = event({"type": "array", "items": {"type": "integer"}, "default": [1]}, required=False)
    model = model_of(version("e", 1, schema))
    model().x.append(2)
    assert model().x == [1]


def test_recursion_and_shared_definitions() -> None:
    node = {
        "type": "object",
        "required": ["kids"],
        "properties": {"kids": {"type": "array", "items": {"$ref": "#/definitions/node"}}, "up": {"$ref": "#"}},
        "additionalProperties": False,
    }
    schema = event({"$ref": "#/definitions/node"}, definitions={"node": node})
    assert accepts(schema, {"x": {"kids": [{"kids": [], "up": {"x": {"kids": []}}}]}})
    assert not accepts(schema, {"x": {"kids": [{"kids": [], "up": {}}]}})


def test_references_to_other_files() -> None:
    schema = event({"$ref": "../_shared/person.json#/definitions/name"})
    shared = json.dumps({"definitions": {"name": {"type": "string", "minLength": 2}}})
    content = Content(Format.JSON, "schemas/e/v1.json", json.dumps(schema), {"schemas/_shared/person.json": shared})
    model = model_of(Version(VersionId("e", 1), content, Settings()))
    assert model.from_json('{"x": "ab"}').x == "ab"
    with pytest.raises(runtime_module().DecodeError):
        model.from_json('{"x": "a"}')


REFUSED: list[tuple[Any, str, str]] = [
    ({"allOf": [{}]}, "GEN-101", "/properties/x/allOf"),
    ({"not": {}}, "GEN-101", "/properties/x/not"),
    ({"type": "array", "uniqueItems": True}, "GEN-101", "/properties/x/uniqueItems"),
    ({"type": "array", "items": [{}]}, "GEN-101", "/properties/x/items"),
    ({"type": "object", "patternProperties": {"a": {}}}, "GEN-101", "/properties/x/patternProperties"),
    ({"type": "object", "required": ["y"]}, "GEN-101", "/properties/x/required/0"),
    ({"type": "number", "multipleOf": 0.1}, "GEN-101", "/properties/x/multipleOf"),
    ({"minLength": 1}, "GEN-101", "/properties/x/minLength"),
    ({"enum": ["a"], "minLength": 1}, "GEN-101", "/properties/x/minLength"),
    ({"enum": [1.5]}, "GEN-101", "/properties/x/enum/0"),
    ({"enum": [{}]}, "GEN-101", "/properties/x/enum/0"),
    ({"enum": []}, "GEN-101", "/properties/x/enum"),
    ({"anyOf": [{"type": "string"}, {"enum": ["a"]}]}, "GEN-101", "/properties/x/anyOf"),
    ({"anyOf": [{"type": "string"}], "type": "string"}, "GEN-101", "/properties/x/type"),
    ({"type": "string", "pattern": "(?=a)"}, "GEN-101", "/properties/x/pattern"),
    ({"type": "string", "minLength": 3, "maxLength": 2}, "GEN-101", "/properties/x/minLength"),
    ({"type": "integer", "minimum": 1.2, "maximum": 1.8}, "GEN-101", "/properties/x"),
    (False, "GEN-101", "/properties/x"),
    ({"$ref": "#/definitions/none"}, "GEN-103", "/properties/x/$ref"),
    ({"$ref": "#/properties/x"}, "GEN-101", "/properties/x"),
    ({"$ref": 1}, "GEN-103", "/properties/x/$ref"),
    ({"type": "text"}, "GEN-103", "/properties/x/type"),
    ({"type": []}, "GEN-103", "/properties/x/type"),
    ({"type": "string", "minLength": "3"}, "GEN-103", "/properties/x/minLength"),
    ({"type": "string", "minLength": True}, "GEN-103", "/properties/x/minLength"),
    ({"type": "string", "maxLength": -1}, "GEN-103", "/properties/x/maxLength"),
    ({"type": "integer", "minimum": "1"}, "GEN-103", "/properties/x/minimum"),
    ({"type": "string", "pattern": 1}, "GEN-103", "/properties/x/pattern"),
    ({"type": "object", "properties": []}, "GEN-103", "/properties/x/properties"),
    ({"type": "object", "required": "a"}, "GEN-103", "/properties/x/required"),
    ({"type": "object", "additionalProperties": 1}, "GEN-103", "/properties/x/additionalProperties"),
    ({"anyOf": []}, "GEN-103", "/properties/x/anyOf"),
    ({"enum": "a"}, "GEN-103", "/properties/x/enum"),
    (5, "GEN-103", "/properties/x"),
    ({"type": "string", "default": 1}, "GEN-103", "/properties/x/default"),
    ({"type": "string", "maxLength": 1, "default": "ab"}, "GEN-103", "/properties/x/default"),
    ({"type": "string", "pattern": "^a$", "default": "a\n"}, "GEN-103", "/properties/x/default"),
    ({"type": "integer", "default": True}, "GEN-103", "/properties/x/default"),
    ({"enum": [1], "default": True}, "GEN-103", "/properties/x/default"),
    ({"type": "integer", "minimum": 1, "default": 0}, "GEN-103", "/properties/x/default"),
    ({"type": "array", "items": {"type": "string"}, "default": [1]}, "GEN-103", "/properties/x/default"),
]


@pytest.mark.parametrize(("schema", "rule", "pointer"), REFUSED, ids=lambda v: json.dumps(v)[:60])
def test_refused_with_its_place(schema: Any, rule: str, pointer: str) -> None:
    one = version("e", 1, None, text=json.dumps(event(schema, required=False), indent=1))
    package = python_package([one])
    assert package.refused == (one.id,)
    assert not package.files
    finding = package.findings[-1]
    assert (finding.rule, finding.path) == (rule, pointer), finding
    assert finding.location is not None
    assert finding.location.file == "schemas/e/v1.json"
    assert finding.location.line > 1
    assert avro_schemas([one]).refused == (one.id,)


def test_a_bound_that_no_float_holds() -> None:
    text = json.dumps(event({"type": "number", "minimum": 0.5})).replace("0.5", "0.12345678901234567890123")
    assert python_package([version("e", 1, None, text=text)]).findings[-1].rule == "GEN-101"


@pytest.mark.parametrize(
    "root", [{"type": "string"}, True, {"type": ["object", "null"]}, {"$ref": "#"}, {"enum": ["a"]}]
)
def test_an_event_is_an_object(root: Any) -> None:
    assert python_package([version("e", 1, root)]).findings[-1].rule == "GEN-101"


def test_no_chain_is_too_long_for_a_clean_answer() -> None:
    chain = {f"d{i}": {"type": "array", "items": {"$ref": f"#/definitions/d{i + 1}"}} for i in range(5000)}
    wide = {f"d{i}": {"anyOf": [{"$ref": f"#/definitions/d{i + 1}"}] * 2} for i in range(50)}
    objects = {
        f"d{i}": {"type": "object", "properties": {"x": {"$ref": f"#/definitions/d{i + 1}"}}} for i in range(3000)
    }
    last = {"d5000": {"type": "null"}, "d50": {"type": "null"}, "d3000": {"type": "null"}}
    for definitions in (chain, wide):
        schema = event({"$ref": "#/definitions/d0"}, definitions={**last, **definitions})
        assert python_package([version("e", 1, schema)]).findings[-1].rule == "GEN-101"
    package = python_package([version("e", 1, event({"$ref": "#/definitions/d0"}, definitions={**last, **objects}))])
    assert not package.refused
    assert package.findings[-1].rule == "GEN-205"


def test_findings_of_what_is_not_checked() -> None:
    schema = {
        "properties": {
            "a": {"type": "string", "format": "date-time"},
            "b": {"type": "string", "customTypePath": "os.system"},
            "c": {"type": "string", "maxLenght": 1},
        },
        "additionalProperties": False,
    }
    package = python_package([version("e", 1, schema)])
    told = {(f.rule, f.path, f.severity.value) for f in package.findings if f.rule != "GEN-201"}
    assert told == {
        ("GEN-203", "", "note"),
        ("GEN-202", "/properties/a/format", "note"),
        ("GEN-204", "/properties/b/customTypePath", "warning"),
        ("GEN-202", "/properties/c/maxLenght", "note"),
    }


def test_one_bad_schema_does_not_stop_the_rest() -> None:
    good, bad = version("good", 1, event({"type": "string"})), version("bad", 1, None, text="{")
    package = python_package([bad, good])
    assert package.refused == (bad.id,)
    assert package.owners["events/good/v1.py"] == good.id
    assert {path for path in package.files if path not in package.owners} == {
        "events/__init__.py",
        "events/_runtime.py",
        "events/good/__init__.py",
    }
    assert python_package([bad]).files == {}


def test_the_header_tells_whether_a_file_was_edited() -> None:
    files = python_package([version("e", 1, event({"type": "string"}))]).files
    for path, text in files.items():
        if path.endswith(".py"):
            assert is_untouched(text)
            assert is_generated(text + "x = 1\n")
            assert not is_untouched(text + "x = 1\n")
    assert not is_generated("x = 1\n")
    other = python_package([version("e", 1, event({"type": "integer"}))]).files
    changed = {path for path in files if files[path] != other[path]}
    assert changed == {"events/e/v1.py", "events/e/v1.avsc"}


def test_wire_and_package() -> None:
    one = version("e", 1, event({"type": "string"}, additionalProperties=False))
    files = python_package([one], package="contracts", wire="avro").files
    assert '"namespace": "contracts"' in files["contracts/e/v1.avsc"]
    assert 'wire="avro"' in files["contracts/e/v1.py"]
    assert python_package([version("e", 1, event({}))], wire="avro").findings[-1].rule == "GEN-101"
    for wrong in ("../x", "", "Events", "a-b", "class", "_x"):
        with pytest.raises(UsageError):
            python_package([one], package=wrong)


def test_without_an_avro_schema_only_json_works() -> None:
    one = version("e", 1, event({}))
    model = model_of(one)
    assert [f.severity.value for f in python_package([one]).findings if f.rule == "GEN-205"] == ["warning"]
    assert [f.severity.value for f in avro_schemas([one]).findings if f.rule == "GEN-205"] == ["error"]
    with pytest.raises(runtime_module().EncodeError, match="no Avro schema"):
        model.from_json('{"x": [1]}').to_avro()


@pytest.mark.parametrize("text", ['{"x": NaN}', '{"x": [Infinity]}', '{"x": 1e400}', '{"y": {"z": -Infinity}, "x": 1}'])
def test_what_is_no_json_is_refused(text: str) -> None:
    model = model_of(version("e", 1, event({})))
    with pytest.raises(runtime_module().DecodeError):
        model.from_json(text)


def test_python_values_are_checked_too() -> None:
    model = model_of(version("e", 1, event({"type": "integer", "maximum": 5})))
    import pydantic

    for wrong in ("1", True, 6, None):
        with pytest.raises(pydantic.ValidationError):
            model(x=wrong)
    with pytest.raises(pydantic.ValidationError):
        model(x=1, y={1, 2})
    with pytest.raises(pydantic.ValidationError):
        model(x=1).x = 2
    encode_error = runtime_module().EncodeError
    for bypass in (model(x=1).model_copy(update={"x": 6}), model.model_construct(x="1"), model.model_construct()):
        for write in (bypass.to_json, bypass.to_avro, lambda b=bypass: b.encode(1)):
            with pytest.raises(encode_error):
                write()


def test_an_integer_beyond_64_bits_stays_out_of_avro() -> None:
    model = model_of(version("e", 1, event({"type": "integer"})))
    for value in (2**63 - 1, -(2**63)):
        assert model.from_avro(model(x=value).to_avro()).x == value
    for value in (2**63, -(2**63) - 1):
        assert model.from_json(model(x=value).to_json()).x == value
        with pytest.raises(runtime_module().EncodeError):
            model(x=value).to_avro()


def test_a_default_beside_a_reference_counts_only_where_the_draft_says_so() -> None:
    for draft, expected in ((D7, None), ("https://json-schema.org/draft/2020-12/schema", "d")):
        schema = event(
            {"$ref": "#/$defs/t", "default": "d"}, required=False, draft=draft, **{"$defs": {"t": {"type": "string"}}}
        )
        assert model_of(version("e", 1, schema))().x == expected


def test_frames() -> None:
    model = model_of(version("e", 1, event({"type": "string"})))
    runtime, made = runtime_module(), model(x="a")
    message = made.encode(0xFFFFFFFE)
    assert message == b"\x00\xff\xff\xff\xfe" + made.to_json()
    assert model.decode(message, 0xFFFFFFFE) == made
    for wrong in (-1, 2**32, True, "1", 1.0):
        with pytest.raises(runtime.EncodeError):
            made.encode(wrong)
    for data, schema_id in ((message, 1), (b"\x01" + message[1:], 0xFFFFFFFE), (b"\x00\x00", 0), (b"", 0)):
        with pytest.raises(runtime.DecodeError):
            model.decode(data, schema_id)
    with pytest.raises(runtime.UnknownSchema):
        runtime.read_message(message, {1: model})


@pytest.mark.parametrize(
    ("pattern", "rust"),
    [
        ("^\\d+$", "^[0-9]+$"),
        ("\\w\\W", "[A-Za-z0-9_][^A-Za-z0-9_]"),
        ("a.c", "a[^\\n\\r\\u{2028}\\u{2029}]c"),
        ("[a-z&&b]", "[a-z\\&\\&b]"),
        ("[[]", "[\\[]"),
        ("[\\d-]", "[0-9\\-]"),
        ("(?:a|b){2,3}?", "(?:a|b){2,3}?"),
        ("\\/\\.", "/\\."),
    ],
)
def test_patterns_are_translated(pattern: str, rust: str) -> None:
    assert patterns.translate(pattern) == rust


@pytest.mark.parametrize(
    "pattern",
    "(?=a) (?!a) (?<=a) (?<n>a) \\1 \\k<n> \\p{L} \\b \\u0041 \\x41 \\cA a** a++ *a ^* ( ) [ ] [] {1} a{2,1} [z-a]"
    " (a{100}){100} a{9999} [\\D] [\\b] a{1 }".split(" "),
)
def test_patterns_that_are_not_known_to_mean_the_same_are_refused(pattern: str) -> None:
    with pytest.raises(patterns.UntranslatableError):
        patterns.translate(pattern)


def test_a_large_pattern_still_compiles() -> None:
    model = model_of(version("e", 1, event({"type": "string", "pattern": "^[^a]{990}$"})))
    assert model.from_json(json.dumps({"x": "\u0431" * 990}))
