"""Which subschemas need no comparison, since both sides say the same in words that cannot come out different?

Most of two revisions is equal. Equal texts can still differ for the server where they refer to something, where a
keyword that may make it fail is met, or where a keyword is malformed; all these are compared as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

_TYPES: Final = frozenset("array boolean integer null number object string".split())


def is_unchanged(writer: Any, reader: Any) -> bool:
    """Two subschemas of one draft have the same text (keys in the same order), and nothing in it needs a look."""
    return writer == reader and repr(writer) == repr(reader) and _is_plain(reader)


def _is_plain(schema: Any) -> bool:
    if type(schema) is not dict:
        return type(schema) is bool
    for keyword, value in schema.items():
        if keyword not in _ANY_VALUE and not _IS_PLAIN.get(keyword, _never)(value):
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


def _are_schemas(value: Any) -> bool:
    return type(value) is list and len(value) > 0 and all(map(_is_plain, value))


def _is_mapping(value: Any) -> bool:
    return type(value) is dict and all(map(_is_plain, value.values()))


_ANY_VALUE: Final = frozenset("title description default examples format const $comment definitions $defs".split())
_NUMBERS: Final = "maxLength minLength maxItems minItems maxProperties minProperties maximum minimum multipleOf".split()
_IS_PLAIN: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(_NUMBERS, _is_number),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), _are_schemas),
    **dict.fromkeys(("properties", "patternProperties"), _is_mapping),
    "additionalProperties": _is_plain,
    "enum": lambda value: type(value) is list,
    "items": lambda value: _is_plain(value) or _are_schemas(value),
    "pattern": lambda value: type(value) is str,
    "required": _are_names,
    "type": _is_type,
    "uniqueItems": lambda value: type(value) is bool,
}
"""Whether the value of a keyword is as its draft asks, and holds nothing that needs a look."""
