"""Which parts of two schemas need no comparison, since both sides say the same in words that cannot come out different?

Most of two revisions is equal. Equal texts can still differ for the server where a keyword that may make it fail is
met, or where a keyword is malformed; all these are compared as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from schemagate.schema import json_words
from schemagate.schema.json_schema import JsonSchema, UnresolvedReferenceError

_TYPES: Final = frozenset("array boolean integer null number object string".split())


class Unchanged:
    """What needs no look, on two schemas."""

    def __init__(self, writer: JsonSchema, reader: JsonSchema) -> None:
        self._reader = reader
        self._same = json_words.Unchanged(writer, reader)

    def subschema(self, old: Any, new: Any) -> bool:
        """Two subschemas have the same text, and nothing in it needs a look."""
        return self._same(old, new) and _is_plain(new) and (self._refer_plainly or not json_words.refers(new))

    def subschemas(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
        """The names under which both sides have the same text, and nothing in it needs a look."""
        plain = {name for name in self._same.names(old, new) if _is_plain(new[name])}
        return plain if self._refer_plainly else {name for name in plain if not json_words.refers(new[name])}

    def changed(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
        """The keywords of either schema that need a look."""
        plain = {word for word in self._same.names(old, new) if word not in _READ or _READ[word](new[word])}
        kept = plain if self._refer_plainly else {word for word in plain if not json_words.refers(new[word])}
        return (old.keys() | new.keys()) - kept

    @property
    def _refer_plainly(self) -> bool:
        return self._same.plain or self._targets_are_plain

    @cached_property
    def _targets_are_plain(self) -> bool:
        """Nothing that a reference leads to needs a look, or is itself a reference: it may lead back."""
        return self._reader.references is not None and all(map(self._is_plain_target, self._reader.references))

    def _is_plain_target(self, reference: str) -> bool:
        try:
            value = self._reader.follow(self._reader.top, reference).value
        except UnresolvedReferenceError:
            return False
        return _is_plain(value) and not (isinstance(value, dict) and "$ref" in value)


def _is_plain(schema: Any) -> bool:
    if type(schema) is not dict:
        return type(schema) is bool
    for keyword, value in schema.items():
        is_plain = _READ.get(keyword)
        if is_plain is not None and not is_plain(value):
            return False
    return True


def _never(_value: Any) -> bool:
    return False


def _is_type(value: Any) -> bool:
    return value in _TYPES if type(value) is str else _are_names(value) and len(value) > 0 and _TYPES.issuperset(value)


def _are_names(value: Any) -> bool:
    return type(value) is list and set(map(type, value)) <= {str}


def _is_number(value: Any) -> bool:
    return type(value) is int or type(value) is float or type(value) is Decimal


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _are_schemas(value: Any) -> bool:
    return type(value) is list and len(value) > 0 and all(map(_is_plain, value))


def _is_mapping(value: Any) -> bool:
    return type(value) is dict and all(map(_is_plain, value.values()))


_NUMBERS: Final = "maxLength minLength maxItems minItems maxProperties minProperties maximum minimum multipleOf".split()
_SUBTLE: Final = (
    "$id id $recursiveRef $dynamicRef exclusiveMaximum exclusiveMinimum additionalItems prefixItems contains"
    " maxContains minContains unevaluatedItems unevaluatedProperties dependencies dependentRequired dependentSchemas"
    " not"
).split()
_READ: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(_SUBTLE, _never),
    **dict.fromkeys(_NUMBERS, _is_number),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), _are_schemas),
    **dict.fromkeys(("properties", "patternProperties"), _is_mapping),
    "$ref": _is_text,
    "additionalProperties": _is_plain,
    "const": lambda value: value is not None,
    "enum": lambda value: type(value) is list,
    "items": lambda value: _is_plain(value) or _are_schemas(value),
    "pattern": _is_text,
    "required": _are_names,
    "type": _is_type,
    "uniqueItems": _is_flag,
}
"""Whether a value is as the draft asks, and holds nothing that needs a look; any value is, of all other keywords."""
