"""Which keywords does no rule of ours decide? They are kept where the writer's whole object says the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from schemagate.compat.json_schema import rules
from schemagate.compat.json_schema.differences import Difference, Frame
from schemagate.compat.json_schema.keywords import Handler, named
from schemagate.compat.json_schema.nodes import Node
from schemagate.compat.json_schema.writers import Writers
from schemagate.findings import Rule

if TYPE_CHECKING:
    from schemagate.compat.json_schema.walk import Walk


def _kept_whole(word: str, rule: Rule, doubt: Rule, kind: str | None = None) -> Handler:
    """`kind`: the only kind of value that the keyword looks at."""

    def handler(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
        if kind is not None and (kind not in writers.kinds or node.rules[word] is True):
            return
        if any(walk.identical(node.spot, other.spot) for other in writers.nodes):
            return
        message = f"{named(frame)} may be what the reader's {word} refuses"
        fix = f"keep {word}, and what stands beside it, as it was"
        yield Difference(rule, frame, node.at(word), message, fix, doubt=doubt)

    return handler


def _content(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001 - a Handler
    """Up to draft 07 jsonschema_rs asserts what a string holds, and jsonschema does not."""
    for word in ("contentEncoding", "contentMediaType"):
        if word not in node.rules or "string" not in writers.kinds:
            continue
        if any(other.rules.get(word) == node.rules[word] for other in writers.nodes):
            continue
        message = f"{named(frame)} may hold a string that is no {node.rules[word]}"
        fix = f"keep {word} as it was"
        yield Difference(rules.PATTERN, frame, node.at(word), message, fix, doubt=rules.DISAGREE)


HANDLERS: Final[dict[str, Handler]] = {
    "$dynamicRef": _kept_whole("$dynamicRef", rules.COMBINATION, rules.DYNAMIC),
    "$recursiveRef": _kept_whole("$recursiveRef", rules.COMBINATION, rules.DYNAMIC),
    "unevaluatedProperties": _kept_whole("unevaluatedProperties", rules.ADDITIONAL, rules.UNEVALUATED, "object"),
    "unevaluatedItems": _kept_whole("unevaluatedItems", rules.ITEMS, rules.UNEVALUATED, "array"),
    "contentEncoding": _content,
    "contentMediaType": _content,
    # jsonschema_rs still applies it after draft 07, jsonschema does not.
    "dependencies": _kept_whole("dependencies", rules.DEPENDENCY, rules.DISAGREE, "object"),
}
