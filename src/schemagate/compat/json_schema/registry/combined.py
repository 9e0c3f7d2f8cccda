"""What does a registry list where `allOf`, `anyOf`, `oneOf` or `not` is involved?

`anyOf` and `oneOf` are sums, which may grow; `allOf` is a product, which may shrink. Branches have no order: as many as
possible are paired with compatible ones, by augmenting paths.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import chain, product

from schemagate.compat.json_schema.registry.changes import Change, Inner, Outcome, Walk
from schemagate.compat.json_schema.registry.model import Branch, Kind, Node


def one_sided(writer: Node, reader: Node) -> Generator[Change | Inner, Outcome, bool]:
    """A plain schema against a combined one; says whether that settled the pair.

    A single branch stands for the whole. A plain schema may turn into a sum that has a place for it, and a product into
    one of its factors. Where nothing fits, the two are of different kinds.
    """
    combined = writer if writer.kind is Kind.COMBINED else reader
    single = len(combined.subschemas) == 1
    if not single and (combined.criterion == "allOf") != (combined is writer):
        return False
    fitting: Inner | None = None
    for branch in combined.branches:
        pair = Inner(branch.node, reader.behind) if combined is writer else Inner(writer.behind, branch.node)
        if (yield pair).compatible:
            fitting = fitting or pair
    if fitting is not None:
        yield Inner(fitting.writer, fitting.reader, ())
        if not single:
            yield Change("PRODUCT_TYPE_NARROWED" if combined is writer else "SUM_TYPE_EXTENDED")
    return fitting is not None


def combined(writer: Node, reader: Node) -> Walk:
    """Two combined schemas."""
    if writer.criterion != reader.criterion:
        extended = _criterion_may_change(writer, reader)
        yield Change("COMBINED_TYPE_EXTENDED" if extended else "COMBINED_TYPE_CHANGED")
        if not extended:
            return
    old, new = writer.branches, reader.branches
    if len(old) < len(new):
        yield Change("PRODUCT_TYPE_EXTENDED" if reader.criterion == "allOf" else "SUM_TYPE_EXTENDED")
    elif len(old) > len(new):
        yield Change("PRODUCT_TYPE_NARROWED" if writer.criterion == "allOf" else "SUM_TYPE_NARROWED")
    if writer.model.may_crash(reader.model):  # the server compares them all, whatever it needs
        for one, other in product(old, new):
            yield Inner(one.node, other.node)
    pairing = _Pairing(old, new)
    yield from pairing.complete()
    for index, partner in sorted(pairing.of_writer.items()):
        path = (writer.criterion, str(old[index].position))
        yield Inner(old[index].node, new[partner].node, path)
    if len(pairing.of_writer) < min(len(old), len(new)):
        yield Change("COMBINED_TYPE_SUBSCHEMAS_CHANGED")


def negation(writer: Node, reader: Node) -> Walk:
    """What is forbidden may shrink, not grow. If it stays, the server says that it shrank."""
    narrowed = (yield Inner(reader.inner("not"), writer.inner("not"))).compatible
    yield Change("NOT_TYPE_NARROWED" if narrowed else "NOT_TYPE_EXTENDED", ("not",))


def _criterion_may_change(writer: Node, reader: Node) -> bool:
    """Towards anyOf always, otherwise where a single branch makes the criteria equal."""
    one_before, one_after = len(writer.subschemas) == 1, len(reader.subschemas) == 1
    match reader.criterion:
        case "anyOf":
            return True
        case "oneOf":
            return one_before or (one_after and writer.criterion == "allOf")
        case _:
            return one_before and one_after


class _Pairing:
    """A maximum matching of branches: `of_writer` leads from a writer's branch to its partner, `of_reader` back."""

    def __init__(self, writers: Sequence[Branch], readers: Sequence[Branch]) -> None:
        self.writers = writers
        self.readers = readers
        self.of_writer: dict[int, int] = {}
        self.of_reader: dict[int, int] = {}
        self._exhausted: set[int] = set()  # readers from which no free one can be reached

    def complete(self) -> Walk:
        """Pair as many branches as possible, first those that say the same: then most are never asked about."""
        same = {branch.key: index for index, branch in enumerate(self.readers)}
        for index, branch in enumerate(self.writers):
            partner = same.get(branch.key)
            if partner is not None and (yield self._pair(index, partner)).compatible:
                self.of_writer[index], self.of_reader[partner] = partner, index
        for index in range(len(self.writers)):
            if index not in self.of_writer and len(self.of_reader) < len(self.readers):
                yield from self._augment(index)

    def _augment(self, start: int) -> Walk:
        reached_from: dict[int, int] = {}
        writers = [start]
        for writer in writers:  # grows while it is walked
            for reader in chain([writer] if writer < len(self.readers) else [], range(len(self.readers))):
                if reader in reached_from or reader in self._exhausted:
                    continue
                if not (yield self._pair(writer, reader)).compatible:
                    continue
                reached_from[reader] = writer
                if reader not in self.of_reader:
                    self._flip(reader, reached_from)
                    return
                writers.append(self.of_reader[reader])
        self._exhausted.update(reached_from)

    def _flip(self, free: int, reached_from: dict[int, int]) -> None:
        """Give each writer on the path the reader it reached, starting from the free one."""
        reader: int | None = free
        while reader is not None:
            writer = reached_from[reader]
            given_up = self.of_writer.get(writer)
            self.of_writer[writer], self.of_reader[reader] = reader, writer
            reader = given_up

    def _pair(self, writer: int, reader: int) -> Inner:
        return Inner(self.writers[writer].node, self.readers[reader].node)
