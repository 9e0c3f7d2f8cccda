"""Does a default fit its type? By the specification 1.12: of a union it may be any branch's."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from schemagate.schema.avro.nodes import Array, Enum, Field, Fixed, Map, Node, Record, Union

_INTEGERS: Final = {"int": 1 << 31, "long": 1 << 63}


def branch_of(union: Union, default: Any) -> int | None:
    """The position of the first branch that a default fits, or None."""
    return next((i for i, branch in enumerate(union.branches) if fits(branch, default)), None)


def fits(node: Node, default: Any, expanding: frozenset[int] = frozenset()) -> bool:
    """Whether a JSON value is a legal default of a type; `expanding`: fields whose own default is being looked into."""
    match node:
        case Union():
            return any(fits(branch, default, expanding) for branch in node.branches)
        case Record():
            return isinstance(default, Mapping) and all(_field_fits(f, default, expanding) for f in node.fields)
        case Array():
            return isinstance(default, list) and all(fits(node.items, item, expanding) for item in default)
        case Map():
            return isinstance(default, Mapping) and all(fits(node.values, v, expanding) for v in default.values())
        case Enum():
            return isinstance(default, str) and default in node.symbols
        case Fixed():
            return _is_bytes(default) and len(default) == node.size
    return _primitive_fits(node.kind, default)


def _primitive_fits(kind: str, default: Any) -> bool:
    match kind:
        case "null":
            return default is None
        case "boolean":
            return isinstance(default, bool)
        case "int" | "long":
            limit = _INTEGERS[kind]
            return isinstance(default, int) and not isinstance(default, bool) and -limit <= default < limit
        case "float" | "double":
            return isinstance(default, int | float | Decimal) and not isinstance(default, bool)
        case "bytes":
            return _is_bytes(default)
    return isinstance(default, str)


def _field_fits(field: Field, record: Mapping[str, Any], expanding: frozenset[int]) -> bool:
    if field.name in record:
        return fits(field.type, record[field.name], expanding)
    if "default" not in field.raw or id(field.raw) in expanding:  # a default that contains itself has no end
        return False
    return fits(field.type, field.raw["default"], expanding | {id(field.raw)})


def _is_bytes(default: Any) -> bool:
    """Bytes stand in JSON as text of the code points 0 to 255."""
    return isinstance(default, str) and (default.isascii() or max(default) <= "\xff")
