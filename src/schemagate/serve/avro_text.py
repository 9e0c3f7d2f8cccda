"""How does a registry print an Avro schema? As Java does: attributes in a fixed order, names as short as they can be.

The order is the one of `org.apache.avro.Schema.toString()`, learned from its output. Properties that Avro does not know
keep the order of the text; attributes without a meaning where they stand (`doc` of an array) are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from schemagate.schema.avro.nodes import (
    Array,
    AvroSchema,
    Enum,
    Field,
    Fixed,
    Map,
    Named,
    Node,
    Primitive,
    Record,
    Union,
)

_OF_TYPES: Final = frozenset("aliases doc fields items name namespace size symbols type values".split())
_OF_ENUMS: Final = _OF_TYPES | {"default"}
_OF_FIELDS: Final = frozenset("aliases default doc name order type".split())


def printed(schema: AvroSchema) -> Any:
    """The JSON value of a schema as Java writes it: every named type in full where it first stands, then by name."""
    return _Printer().node(schema.root, None)


class _Printer:
    def __init__(self) -> None:
        self._written: set[str] = set()

    def node(self, node: Node, namespace: str | None) -> Any:
        """The value of a node inside a namespace; None is "none so far", which is not the empty one."""
        match node:
            case Primitive():
                extras = _extras(node.raw, _OF_TYPES) if isinstance(node.raw, Mapping) else {}
                return {"type": node.kind, **extras} if extras else node.kind
            case Union():
                return [self.node(branch, namespace) for branch in node.branches]
            case Array():
                return {"type": "array", "items": self.node(node.items, namespace), **_extras(node.raw, _OF_TYPES)}
            case Map():
                return {"type": "map", "values": self.node(node.values, namespace), **_extras(node.raw, _OF_TYPES)}
            case Record() | Enum() | Fixed():
                return self._named(node, namespace)

    def _named(self, node: Record | Enum | Fixed, namespace: str | None) -> Any:
        if node.name in self._written:
            return node.simple_name if node.namespace == (namespace or "") else node.name
        self._written.add(node.name)
        return {
            "type": node.raw["type"],
            "name": node.simple_name,
            **_namespace(node, namespace),
            **_doc(node.raw),
            **self._body(node),
            **_extras(node.raw, _OF_ENUMS if isinstance(node, Enum) else _OF_TYPES),
            **_aliases([_shortened(alias, node.namespace) for alias in node.aliases]),
        }

    def _body(self, node: Record | Enum | Fixed) -> dict[str, Any]:
        match node:
            case Record():
                return {"fields": [self._field(field, node.namespace or None) for field in node.fields]}
            case Enum():
                default = {"default": node.raw["default"]} if node.raw.get("default") is not None else {}
                return {"symbols": node.symbols, **default}
            case Fixed():
                return {"size": node.size}

    def _field(self, field: Field, namespace: str | None) -> dict[str, Any]:
        order = str(field.raw.get("order", "ascending")).lower()
        return {
            "name": field.name,
            "type": self.node(field.type, namespace),
            **_doc(field.raw),
            **({"default": field.raw["default"]} if "default" in field.raw else {}),
            **({"order": order} if order != "ascending" else {}),
            **_aliases(field.aliases),
            **_extras(field.raw, _OF_FIELDS),
        }


def _namespace(node: Named, around: str | None) -> dict[str, str]:
    if node.namespace:
        return {"namespace": node.namespace} if node.namespace != around else {}
    return {"namespace": ""} if around else {}


def _doc(raw: Mapping[str, Any]) -> dict[str, str]:
    return {"doc": raw["doc"]} if isinstance(raw.get("doc"), str) else {}


def _aliases(aliases: list[str] | tuple[str, ...]) -> dict[str, list[str]]:
    return {"aliases": list(aliases)} if aliases else {}


def _shortened(name: str, namespace: str) -> str:
    space, _, simple = name.rpartition(".")
    return simple if space == namespace else name


def _extras(raw: Mapping[str, Any], reserved: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key not in reserved}
