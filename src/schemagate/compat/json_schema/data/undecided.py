"""Which keywords does no rule of ours decide? They are kept where the writer's whole object says the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from schemagate.compat.json_schema.data import rules
from schemagate.compat.json_schema.data.differences import Difference, Frame
from schemagate.compat.json_schema.data.keywords import Requirement, named
from schemagate.compat.json_schema.data.nodes import Node
from schemagate.compat.json_schema.data.writers import Writers
from schemagate.findings import Rule

if TYPE_CHECKING:
    from schemagate.compat.json_schema.data.walk import Walk


def _kept_whole(word: str, rule: Rule, doubt: Rule, kind: str | None = None) -> Requirement:
    """`kind`: the only kind of value that the keyword looks at."""

    def requirement(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
        if kind is not None and (kind not in writers.kinds or node.rules[word] is True):
            return
        if any(walk.identical(node.spot, other.spot) for other in writers.nodes):
            return
        message = f"{named(frame)} may be what the reader's {word} refuses"
        fix = f"keep {word}, and what stands beside it, as it was"
        yield Difference(rule, frame, node.at(word), message, fix, doubt=doubt)

    return requirement


def _asserted_by_some(word: str) -> Requirement:
    """Up to draft 07 jsonschema_rs asserts what a string holds, and jsonschema does not."""

    def requirement(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001 - a Requirement
        promised = any(other.rules.get(word) == node.rules[word] for other in writers.nodes)
        if "string" in writers.kinds and not promised:
            message = f"{named(frame)} may hold a string that is no {node.rules[word]}"
            yield Difference(
                rules.PATTERN, frame, node.at(word), message, f"keep {word} as it was", doubt=rules.DISAGREE
            )

    return requirement


REQUIREMENTS: Final[dict[str, Requirement]] = {
    "$dynamicRef": _kept_whole("$dynamicRef", rules.COMBINATION, rules.DYNAMIC),
    "$recursiveRef": _kept_whole("$recursiveRef", rules.COMBINATION, rules.DYNAMIC),
    "unevaluatedProperties": _kept_whole("unevaluatedProperties", rules.ADDITIONAL, rules.UNEVALUATED, "object"),
    "unevaluatedItems": _kept_whole("unevaluatedItems", rules.ITEMS, rules.UNEVALUATED, "array"),
    "contentEncoding": _asserted_by_some("contentEncoding"),
    "contentMediaType": _asserted_by_some("contentMediaType"),
    # jsonschema_rs still applies it after draft 07, jsonschema does not.
    "dependencies": _kept_whole("dependencies", rules.DEPENDENCY, rules.DISAGREE, "object"),
}
