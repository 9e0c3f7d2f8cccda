"""Which alternatives does a writer have that were not chosen yet?"""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from schemagate.compat.json_schema.data.nodes import Node, Spot
from schemagate.compat.json_schema.data.writers import Writers


class Choice(NamedTuple):
    """A node that offers alternatives below `word`: anyOf, oneOf or if."""

    node: Node
    word: str

    @property
    def size(self) -> int:
        """How many alternatives there are."""
        return 2 if self.word == "if" else len(self.node.rules[self.word])

    def options(self, most: int | None = None) -> list[tuple[Spot, ...]]:
        """Up to `most` alternatives; each holds for every value that takes it. `else` promises nothing without it."""
        node = self.node
        if self.word != "if":
            return [(node.child(self.word, index),) for index in islice(range(self.size), most)]
        taken = tuple(node.child(word) for word in ("if", "then") if word in node.rules)
        return [taken, tuple(node.child(word) for word in ("else",) if word in node.rules)]


def open_choice(writers: Writers, *, conditions_without_else: bool = False) -> Choice | None:
    """The first choice of which no alternative is among the writers yet."""
    for node in writers.nodes:
        for word in ("anyOf", "oneOf"):
            if word in node.rules and not _is_taken(node, word, writers):
                return Choice(node, word)
        worth = conditions_without_else or "else" in node.rules
        if "if" in node.rules and worth and not any(_is_taken(node, word, writers) for word in ("if", "else")):
            return Choice(node, "if")
    return None


def _is_taken(node: Node, word: str, writers: Writers) -> bool:
    place = node.spot.place
    start = f"{place.pointer}/{node.tokens.get(word, word)}"
    return any(
        spot.place.pointer.startswith(start)
        and (spot.place.document == place.document and spot.schema is node.spot.schema)
        and spot.place.pointer[len(start) : len(start) + 1] in ("", "/")
        for spot in writers.spots
    )
