"""Does a writer's list satisfy the reader's list keywords? Items, their number, and which may repeat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from schemagate.compat.json_schema.data import rules
from schemagate.compat.json_schema.data.differences import Difference, Frame, Wish
from schemagate.compat.json_schema.data.keywords import Requirement, named
from schemagate.compat.json_schema.data.nodes import Node, Spot
from schemagate.compat.json_schema.data.writers import Writers

if TYPE_CHECKING:
    from schemagate.compat.json_schema.data.walk import Walk

_FEW: Final = 20  # items that are looked at one by one
_MANY: Final = 1_000  # items that a shown event may have


def _can_reach(writers: Writers, index: int) -> bool:
    return "array" in writers.kinds and (writers.max_items is None or writers.max_items > index)


def _prefix_items(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
    for index in range(len(node.rules["prefixItems"])):
        if not _can_reach(writers, index):
            return
        yield from _item(walk, frame, index, node.child("prefixItems", index), writers)


def _items(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
    spot = node.child("items")
    first = len(node.rules.get("prefixItems", ()))
    last = max(first, writers.prefix_length)
    for index in range(first, last + 1):
        if not _can_reach(writers, index):
            return
        yield from _item(walk, frame, index, spot, writers, f"{node.at('prefixItems')}/{index}" if first else "")


def _item(walk: Walk, frame: Frame, index: int, spot: Spot, writers: Writers, listed: str = "") -> Iterator[Difference]:
    """`listed`: where the reader would list the item, if it lists some; each that it does not is told on its own."""
    found = walk.descend(frame, ("item", index), spot, writers.item(index))
    if spot.place.value is not False:
        yield from found
        return
    for difference in found:
        message = f"{named(frame)} may have more items than the reader describes"
        fix = f"let the reader take further items of {named(frame)}"
        yield replace(difference, rule=rules.ITEMS, message=message, fix=fix, path=listed or spot.at)


def _min_items(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001
    least = int(node.rules["minItems"])
    if "array" in writers.kinds and writers.least("minItems") < least:
        message = f"{named(frame)} may have fewer than {least} items"
        yield _number(node, "minItems", frame, message, Wish(kind="array"))


def _max_items(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001
    most = int(node.rules["maxItems"])
    if _can_reach(writers, most):
        message = f"{named(frame)} may have more than {most} items"
        made = _number(node, "maxItems", frame, message, Wish(kind="array", size=min(most, _MANY) + 1))
        counted = most >= _MANY or any(other.rules["uniqueItems"] for other in writers.each("uniqueItems"))
        yield replace(made, doubt=rules.COUNTING) if counted else made


def _number(node: Node, word: str, frame: Frame, message: str, wish: Wish) -> Difference:
    fix = f"keep the {word} of {named(frame)} as wide as it was"
    return Difference(rules.ITEMS, frame, node.at(word), message, fix, wish=wish)


def _unique_items(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001
    promised = any(other.rules["uniqueItems"] for other in writers.each("uniqueItems"))
    if not node.rules["uniqueItems"] or promised or not _can_reach(writers, 1):
        return
    message = f"{named(frame)} may hold an item twice"
    fix = f"allow repeated items of {named(frame)}, or make the reader drop them"
    wish = Wish(kind="array", size=2, repeat=True)
    yield Difference(rules.UNIQUE, frame, node.at("uniqueItems"), message, fix, wish=wish, doubt=rules.COUNTING)


def _contains(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
    if "array" not in writers.kinds:
        return
    spot = node.child("contains")
    least = int(node.rules.get("minContains", 1))
    if least > 0 and not _surely_contains(walk, writers, frame, spot, least):
        message = f"{named(frame)} may lack an item that the reader asks for"
        wish = Wish(kind="array")
        yield _containing(node, "minContains" if "minContains" in node.rules else "contains", frame, message, wish)
    most = node.rules.get("maxContains")
    if most is not None and not _contains_few(walk, writers, frame, spot, int(most)):
        message = f"{named(frame)} may hold more than {int(most)} items of a kind that the reader counts"
        wish = Wish(kind="array", size=min(int(most), _MANY) + 1)
        yield _containing(node, "maxContains", frame, message, wish)


def _surely_contains(walk: Walk, writers: Writers, frame: Frame, spot: Spot, least: int) -> bool:
    for other in writers.each("contains"):
        enough = int(other.rules.get("minContains", 1)) >= least
        if enough and walk.proves(Frame(frame, ("item", 0), spot, (other.child("contains"),))):
            return True
    if not least <= min(writers.least("minItems"), _FEW):
        return False
    return all(walk.proves(Frame(frame, ("item", index), spot, writers.item(index))) for index in range(least))


def _contains_few(walk: Walk, writers: Writers, frame: Frame, spot: Spot, most: int) -> bool:
    if not _can_reach(writers, most):
        return True
    return any(
        int(other.rules["maxContains"]) <= most
        and walk.proves(Frame(frame, ("item", 0), other.child("contains"), (spot,)))
        for other in writers.each("maxContains")
        if "contains" in other.rules
    )


def _containing(node: Node, word: str, frame: Frame, message: str, wish: Wish) -> Difference:
    fix = f"ask no more of the items of {named(frame)} than before"
    return Difference(rules.CONTAINS, frame, node.at(word), message, fix, wish=wish, doubt=rules.COUNTING)


REQUIREMENTS: Final[dict[str, Requirement]] = {
    "prefixItems": _prefix_items,
    "items": _items,
    "minItems": _min_items,
    "maxItems": _max_items,
    "uniqueItems": _unique_items,
    "contains": _contains,
}
