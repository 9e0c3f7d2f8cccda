"""What does a registry list for two objects, or two arrays?

A property that one side lacks is judged by the content model: of the writer when it was added, of the reader when it
was removed. *Open* admits the name with any value, *partially open* with the values of a covering schema, *closed* not
at all. Positions of a tuple follow the same scheme. Not looked at, although they matter to data: what the patterns of
both sides say, the schema in `contains`, and `required` names that have no entry in `properties`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Final, Protocol

from schemagate.compat.json_schema.registry.changes import Change, Inner, Path, Walk, bound, bounds, shouted
from schemagate.compat.json_schema.registry.model import Kind, Node, Number
from schemagate.errors import NoAnswer

Extra = Node | bool
"""What is admitted beside the named: anything (true), nothing (false), or what a schema admits."""

Position = tuple[str | int, ...]
"""The keyword, and the name or index in it, that a subschema stands at."""


def objects(writer: Node, reader: Node) -> Walk:
    """Two objects."""
    changed = writer.model.unchanged.changed(writer.value, reader.value)
    for keywords, compare in _OF_OBJECTS:
        if not keywords.isdisjoint(changed):
            yield from compare(writer, reader)


def arrays(writer: Node, reader: Node) -> Walk:
    """Two arrays. Paths speak of the older model: `prefixItems` are items, and `items` behind them are additional."""
    changed = writer.model.unchanged.changed(writer.value, reader.value)
    for keywords, compare in _OF_ARRAYS:
        if not keywords.isdisjoint(changed):
            yield from compare(writer, reader)


def _properties(writer: Node, reader: Node) -> Walk:
    old, new = writer.mapping("properties"), reader.mapping("properties")
    unchanged = writer.model.unchanged.subschemas(old, new)
    writer.model.budget.spend(len(unchanged))
    for name in sorted((old.keys() | new.keys()) - unchanged):
        path = ("properties", name)
        if name not in old:
            yield from _property_added(writer, reader, name)
        elif name not in new:
            yield from _removed("PROPERTY", writer, path, _beside_property(reader, name), path)
        else:
            yield Inner(writer.inner(*path), reader.inner(*path), path)


def _every_position(writer: Node, reader: Node) -> Walk:
    yield from _every_item(_items(writer), _items(reader))
    old, new = _positions(writer), _positions(reader)
    for index in range(max(len(old), len(new))):
        path = ("items", str(index))
        if index >= len(old):
            yield from _item_added(reader, new[index], _beside_item(writer), path)
        elif index >= len(new):
            yield from _removed("ITEM", writer, old[index], _beside_item(reader), path)
        else:
            yield Inner(writer.inner(*old[index]), reader.inner(*new[index]), path)
    yield from _extra_changed("additionalItems", writer, reader)


def _contained(writer: Node, reader: Node) -> Walk:
    yield from bound("maxContains", _contains(writer, "maxContains"), _contains(reader, "maxContains"))
    yield from bound("minContains", _contains(writer, "minContains", 1), _contains(reader, "minContains", 1))


def _uniqueness(writer: Node, reader: Node) -> Walk:
    if writer.flag("uniqueItems") != reader.flag("uniqueItems"):
        yield Change(f"UNIQUE_ITEMS_{'ADDED' if reader.flag('uniqueItems') else 'REMOVED'}", ("uniqueItems",))


def reserved(writer: Node, reader: Node) -> Iterator[Change]:
    """Names that `confluent:reserved` (a comma list at the top) sets apart may not be released or used.

    The registry keeps the list in its metadata and looks when `validateFields` is set; here the text may carry it.
    """
    old, new = _reserved_names(writer), _reserved_names(reader)
    if not (old or new):
        return
    for name in sorted(old - new):
        yield Change("RESERVED_PROPERTY_REMOVED", ("properties", name))
    for name in sorted(new & reader.mapping("properties").keys()):
        yield Change("RESERVED_PROPERTY_CONFLICTS_WITH_PROPERTY", ("properties", name))


def _property_added(writer: Node, reader: Node, name: str) -> Walk:
    path = ("properties", name)
    added, beside = reader.inner(*path), _beside_property(writer, name)
    if name not in reader.names("required"):
        presence = "OPTIONAL_PROPERTY"
    else:
        presence = "REQUIRED_PROPERTY_WITH_DEFAULT" if reader.has_default(*path) else "REQUIRED_PROPERTY"
    if beside is True:
        what = "PROPERTY_WITH_EMPTY_SCHEMA" if reader.says(Kind.ANY, *path) else presence
        yield Change(f"{what}_ADDED_TO_OPEN_CONTENT_MODEL", path)
        return
    if isinstance(beside, Node):
        yield from _covered("PROPERTY_ADDED", beside, added, path)
    yield Change(f"{presence}_ADDED_TO_UNOPEN_CONTENT_MODEL", path)


def _item_added(reader: Node, added: Position, beside: Extra, path: Path) -> Walk:
    if isinstance(beside, Node):
        yield from _covered("ITEM_ADDED", beside, reader.inner(*added), path)
    elif beside:
        what = "ITEM_WITH_EMPTY_SCHEMA" if reader.says(Kind.ANY, *added) else "ITEM"
        yield Change(f"{what}_ADDED_TO_OPEN_CONTENT_MODEL", path)
    else:
        yield Change("ITEM_ADDED_TO_CLOSED_CONTENT_MODEL", path)


def _removed(what: str, writer: Node, removed: Position, beside: Extra, path: Path) -> Walk:
    if isinstance(beside, Node):
        yield from _covered(f"{what}_REMOVED", writer.inner(*removed), beside, path)
    elif beside:
        yield Change(f"{what}_REMOVED_FROM_OPEN_CONTENT_MODEL", path)
    else:
        what = f"{what}_WITH_FALSE" if writer.says(Kind.NEVER, *removed) else what
        yield Change(f"{what}_REMOVED_FROM_CLOSED_CONTENT_MODEL", path)


def _covered(what: str, writer: Node, reader: Node, path: Path) -> Walk:
    covered = (yield Inner(writer, reader, path)).compatible
    yield Change(f"{what}_{'IS' if covered else 'NOT'}_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", path)


def _required(writer: Node, reader: Node) -> Iterator[Change]:
    old, new = writer.names("required"), reader.names("required")
    for name in sorted((old ^ new) & writer.mapping("properties").keys() & reader.mapping("properties").keys()):
        if name in old:
            change = "REMOVED"
        else:
            change = "WITH_DEFAULT_ADDED" if reader.has_default("properties", name) else "ADDED"
        yield Change(f"REQUIRED_ATTRIBUTE_{change}", ("required", name))


def _dependencies(writer: Node, reader: Node) -> Walk:
    """Under the path of draft 07 in all drafts, names before schemas."""
    old_names, new_names = _dependent_names(writer), _dependent_names(reader)
    for name in sorted(old_names.keys() | new_names.keys()):
        yield from _names_changed(old_names.get(name), new_names.get(name), ("dependencies", name))
    old, new = _dependent_schemas(writer), _dependent_schemas(reader)
    for name in sorted(old.keys() | new.keys()):
        path = ("dependencies", name)
        if name in old and name in new:
            yield Inner(old[name], new[name], path)
        else:
            yield Change(f"DEPENDENCY_SCHEMA_{'REMOVED' if name in old else 'ADDED'}", path)


def _names_changed(old: frozenset[str] | None, new: frozenset[str] | None, path: Path) -> Iterator[Change]:
    if old == new:
        return
    if old is None or new is None:
        change = "ADDED" if old is None else "REMOVED"
    else:
        change = "EXTENDED" if old < new else "NARROWED" if new < old else "CHANGED"
    yield Change(f"DEPENDENCY_ARRAY_{change}", path)


def _dependent_names(node: Node) -> dict[str, frozenset[str]]:
    """An empty list is none."""
    keyword = "dependentRequired" if node.model.modern else "dependencies"
    stated = node.mapping(keyword)
    listed = {name: node.names(keyword, name) for name in stated if node.model.modern or isinstance(stated[name], list)}
    return {name: names for name, names in listed.items() if names}


def _dependent_schemas(node: Node) -> dict[str, Node]:
    keyword = "dependentSchemas" if node.model.modern else "dependencies"
    stated = node.mapping(keyword)
    return {name: node.inner(keyword, name) for name in stated if not isinstance(stated[name], list)}


def _extra_changed(keyword: str, writer: Node, reader: Node) -> Walk:
    old, new = _extra(writer, keyword), _extra(reader, keyword)
    if isinstance(old, Node) and isinstance(new, Node):
        yield Inner(old, new, (keyword,))
    elif old is not new:
        if old is False or new is False:
            change = "ADDED" if old is False else "REMOVED"
        else:
            change = "EXTENDED" if new is True else "NARROWED"
        yield Change(f"{shouted(keyword)}_{change}", (keyword,))


def _unevaluated_changed(keyword: str, writer: Node, reader: Node) -> Walk:
    """Here a keyword that says nothing, `true` or `{}`, admits less than none."""
    old, new = _unevaluated(writer, keyword), _unevaluated(reader, keyword)
    before, after = _width(old), _width(new)
    if before != after:
        change = "ADDED" if before == 0 else "REMOVED" if after == 0 else "EXTENDED" if after > before else "NARROWED"
        yield Change(f"{shouted(keyword)}_{change}", (keyword,))
    elif old and new:
        yield Inner(old, new, (keyword,))


def _unevaluated(node: Node, keyword: str) -> Node | None:
    return node.inner(keyword) if node.model.modern and keyword in node.value else None


def _width(unevaluated: Node | None) -> int:
    """How much is admitted: nothing (0), what a schema admits, what the empty schema admits, what no keyword does."""
    return 3 if unevaluated is None else {Kind.NEVER: 0, Kind.ANY: 2}.get(unevaluated.kind, 1)


def _extra(node: Node, keyword: str) -> Extra:
    """What `additional…` or `unevaluated…` says, in the terms of the older model."""
    if keyword.startswith("unevaluated") and not node.model.modern:
        return True
    if keyword == "additionalItems" and node.model.modern:
        if not _items_follow_positions(node):
            return True
        keyword = "items"
    value = node.value.get(keyword, True)
    if not isinstance(value, bool):
        return node.inner(keyword)
    return value or (keyword == "additionalItems" and _items(node) is not None)


def _items_follow_positions(node: Node) -> bool:
    """In the modern drafts `items` speaks of what `prefixItems` leaves; a mere boolean is taken for that as well."""
    return node.model.modern and (bool(node.value.get("prefixItems")) or isinstance(node.value.get("items"), bool))


def _positions(node: Node) -> list[Position]:
    keyword = "prefixItems" if node.model.modern else "items"
    stated = node.value.get(keyword)
    return [(keyword, index) for index in range(len(stated))] if isinstance(stated, list) else []


def _items(node: Node) -> Node | None:
    """The schema of every item, where `items` is one."""
    if "items" not in node.value or _items_follow_positions(node):
        return None
    if isinstance(node.value["items"], list) and not node.model.modern:
        return None
    return node.inner("items")


def _every_item(old: Node | None, new: Node | None) -> Walk:
    if old and new:
        yield Inner(old, new, ("items",))
    elif old or new:
        yield Change("SCHEMA_REMOVED" if old else "SCHEMA_ADDED", ("items",))


def _contains(node: Node, keyword: str, default: Number | None = None) -> Number | None:
    """Drafts before 2019-09 do not count; without `contains` there is nothing to count."""
    if not node.model.modern or "contains" not in node.value:
        return None
    stated = node.number(keyword)
    return default if stated is None else stated


def _beside_property(node: Node, name: str) -> Extra:
    """The first pattern that matches, else what may be additional, else what may be unevaluated."""
    patterns = sorted(node.mapping("patternProperties"))
    node.model.budget.spend(len(patterns))
    for pattern in patterns:
        if _pattern(pattern).is_valid(name):
            return node.inner("patternProperties", pattern)
    beside = _beside(_extra(node, "additionalProperties"), _extra(node, "unevaluatedProperties"))
    return False if patterns and beside is True else beside


def _beside_item(node: Node) -> Extra:
    return _beside(_extra(node, "additionalItems"), _extra(node, "unevaluatedItems"))


def _beside(additional: Extra, unevaluated: Extra) -> Extra:
    """Open only if both are; the first schema covers. What is unevaluated is open with an empty schema as well."""
    if additional is not True:
        return additional
    return True if isinstance(unevaluated, Node) and unevaluated.kind is Kind.ANY else unevaluated


def _reserved_names(node: Node) -> frozenset[str]:
    stated = node.value.get("confluent:reserved")
    if not isinstance(stated, str):
        return frozenset()
    names = stated.split(",")
    return frozenset(name.strip() for name in names) - {""}


_OF_OBJECTS: Final = (
    (frozenset({"properties"}), _properties),
    (frozenset({"required"}), _required),
    (frozenset({"dependencies", "dependentRequired", "dependentSchemas"}), _dependencies),
    (frozenset({"additionalProperties"}), partial(_extra_changed, "additionalProperties")),
    (frozenset({"unevaluatedProperties"}), partial(_unevaluated_changed, "unevaluatedProperties")),
    (frozenset({"maxProperties", "minProperties"}), bounds),
)
_OF_ARRAYS: Final = (
    (frozenset({"items", "prefixItems", "additionalItems"}), _every_position),
    (frozenset({"unevaluatedItems"}), partial(_unevaluated_changed, "unevaluatedItems")),
    (frozenset({"maxItems", "minItems"}), bounds),
    (frozenset({"contains", "maxContains", "minContains"}), _contained),
    (frozenset({"uniqueItems"}), _uniqueness),
)
"""What is compared, in the server's order, and the keywords of which one has to be changed for it to come out."""


class _Pattern(Protocol):
    def is_valid(self, name: str) -> bool: ...


@lru_cache(maxsize=4096)
def _pattern(pattern: str) -> _Pattern:
    """A search as ECMA 262 has it, by an engine that cannot be made to run for ever."""
    import jsonschema_rs

    try:
        return jsonschema_rs.validator_for({"pattern": pattern})
    except ValueError:
        raise NoAnswer(f"the pattern {pattern!r} cannot be evaluated") from None
