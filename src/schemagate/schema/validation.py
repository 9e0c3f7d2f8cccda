"""Is this value valid under that schema? Two independent validators of JSON Schema, asked the same question.

Both read the same explicit draft, take `format` as an annotation, and resolve references only among the texts that
came with the schema: nothing is fetched. The first is quick (jsonschema_rs), the second (jsonschema) only confirms.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from schemagate.errors import SchemaError
from schemagate.schema import json_text
from schemagate.schema.json_schema import Draft, JsonSchema

if TYPE_CHECKING:
    import jsonschema_rs


_FAILURES: Final = (TypeError, ValueError, ArithmeticError, LookupError, RecursionError)


@dataclass(frozen=True, slots=True)
class InstanceError:
    """Why a value is refused: where in the value, in words without the value itself, and where in the schema."""

    pointer: str
    message: str
    schema_pointer: str = ""


def reasons(checker: jsonschema_rs.Validator, value: object) -> Iterator[InstanceError]:
    """Why a value is refused, from a validator that is already built."""
    for error in checker.iter_errors(value):
        pointer, schema_pointer = (json_text.join("", *path) for path in (error.instance_path, error.schema_path))
        yield InstanceError(pointer, _in_words(error), schema_pointer)


def validator(schema: JsonSchema) -> jsonschema_rs.Validator:
    """The quick validator of a schema; raises SchemaError when the schema breaks its draft's rules."""
    import jsonschema_rs

    documents = schema.documents_by_uri()
    uri = schema.top.document
    try:
        others = [(name, _as_floats(document)) for name, document in documents.items() if name != uri]
        registry = jsonschema_rs.Registry(others, draft=rust_draft(schema.draft)) if others else None
        build = {
            Draft.D4: jsonschema_rs.Draft4Validator,
            Draft.D6: jsonschema_rs.Draft6Validator,
            Draft.D7: jsonschema_rs.Draft7Validator,
            Draft.D2019: jsonschema_rs.Draft201909Validator,
            Draft.D2020: jsonschema_rs.Draft202012Validator,
        }[schema.draft]
        return build(_as_floats(schema.root), registry=registry, base_uri=uri, offline=True, validate_formats=False)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        problem = f"not a JSON Schema of {schema.draft.value}: {_first_line(error)}"
        raise SchemaError(problem, file=schema.file) from None


def _as_floats(value: Any) -> Any:
    """The document as other tools read it: a number that a float would change is rounded to one."""
    if isinstance(value, dict):
        return {name: _as_floats(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_as_floats(member) for member in value]
    return float(value) if isinstance(value, Decimal) else value


def rust_draft(draft: Draft) -> int:
    """The name of a draft in jsonschema_rs."""
    import jsonschema_rs

    return {
        Draft.D4: jsonschema_rs.Draft4,
        Draft.D6: jsonschema_rs.Draft6,
        Draft.D7: jsonschema_rs.Draft7,
        Draft.D2019: jsonschema_rs.Draft201909,
        Draft.D2020: jsonschema_rs.Draft202012,
    }[draft]


def second_validator(schema: JsonSchema) -> Callable[[Any], bool | None]:
    """The slow validator, as a question; it answers None where it fails (a loop, or a pattern it cannot read)."""
    import re

    import jsonschema
    import referencing
    import referencing.exceptions
    from referencing.jsonschema import DRAFT4, DRAFT6, DRAFT7, DRAFT201909, DRAFT202012

    build, specification = {
        Draft.D4: (jsonschema.Draft4Validator, DRAFT4),
        Draft.D6: (jsonschema.Draft6Validator, DRAFT6),
        Draft.D7: (jsonschema.Draft7Validator, DRAFT7),
        Draft.D2019: (jsonschema.Draft201909Validator, DRAFT201909),
        Draft.D2020: (jsonschema.Draft202012Validator, DRAFT202012),
    }[schema.draft]
    documents = {uri: _as_floats(value) for uri, value in schema.documents_by_uri().items()}
    resources = [(uri, specification.create_resource(value)) for uri, value in documents.items()]
    registry: Any = referencing.Registry().with_resources(resources)
    made = build({"$ref": schema.top.document}, registry=registry)

    def is_valid(value: Any) -> bool | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a pattern that Python reads with a warning
                return bool(made.is_valid(value))
        except (*_FAILURES, re.error, referencing.exceptions.Unresolvable):
            return None
        except BaseException as error:
            # Where Python's stack ends inside of a library of jsonschema, it panics, and that is no Exception.
            if type(error).__name__ == "PanicException":
                return None
            raise

    return is_valid


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def spoken(path: Sequence[str | int]) -> str:
    """A place in an event as people say it: `payload.items[0].price`."""
    text = ""
    for token in path:
        if isinstance(token, int):
            text += f"[{token}]"
        else:
            text += f".{token}" if text else token
    return text or "the event"


def _in_words(error: jsonschema_rs.ValidationError) -> str:
    subject = spoken(error.instance_path)
    kind = error.kind
    words = _WORDS.get(kind.name)
    if kind.name == "required":
        return f"{spoken([*error.instance_path, kind.as_dict()['property']])} is missing"
    if kind.name in ("additionalProperties", "unevaluatedProperties"):
        names = kind.as_dict()["unexpected"]
        return f"{', '.join(spoken([*error.instance_path, name]) for name in names)} {_are(names)} not allowed"
    if words is None:
        return f"{subject} is refused by {kind.name}"
    return f"{subject} {words(kind.as_dict())}"


def _counted(count: int, noun: str) -> str:
    plural = f"{noun.removesuffix('y')}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _types(stated: dict[str, Any]) -> str:
    return f"is not of type {' or '.join(stated['types'])}"


_WORDS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "type": _types,
    "enum": lambda stated: f"is not among the {_counted(len(stated['options']), 'listed value')}",
    "const": lambda _: "is not the one value that is allowed",
    "minimum": lambda stated: f"is below {stated['limit']}",
    "exclusiveMinimum": lambda stated: f"is not above {stated['limit']}",
    "maximum": lambda stated: f"is above {stated['limit']}",
    "exclusiveMaximum": lambda stated: f"is not below {stated['limit']}",
    "multipleOf": lambda stated: f"is not a multiple of {stated['multiple_of']}",
    "minLength": lambda stated: f"is shorter than {stated['limit']}",
    "maxLength": lambda stated: f"is longer than {stated['limit']}",
    "minItems": lambda stated: f"has fewer than {_counted(stated['limit'], 'item')}",
    "maxItems": lambda stated: f"has more than {_counted(stated['limit'], 'item')}",
    "minProperties": lambda stated: f"has fewer than {_counted(stated['limit'], 'property')}",
    "maxProperties": lambda stated: f"has more than {_counted(stated['limit'], 'property')}",
    "pattern": lambda stated: f"does not match {stated['pattern']}",
    "uniqueItems": lambda _: "holds an item twice",
    "contains": lambda _: "lacks an item that must be there",
    "additionalItems": lambda stated: f"has more than {_counted(stated['limit'], 'item')}",
    "unevaluatedItems": lambda _: "has items that are not allowed",
    "propertyNames": lambda _: "has a property whose name is not allowed",
    "anyOf": lambda _: "fits none of the alternatives",
    "oneOf": lambda _: "does not fit exactly one of the alternatives",
    "not": lambda _: "is what must not be there",
    "falseSchema": lambda _: "is not allowed",
}
