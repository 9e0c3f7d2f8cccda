"""Which branch does a reader's union take for a type of the writer?

By the specification: the branch with the exact full name; else the branches of the same kind that fit by simple name
or alias, then those that the type is promoted to, in order. Checkers accept any branch that resolves, fastavro takes
the first that matches and never goes back, Java prefers full names: hence the warning where it matters.
"""

from __future__ import annotations

from itertools import islice
from typing import Final, NamedTuple

from schemagate.compat.avro.meaning import READ_BY, is_lossy
from schemagate.schema.avro.nodes import Named, Node, Union, alias_key, full_key, simple_key

_MOST_RIVALS: Final = 16  # a few suffice for a warning


class Choice(NamedTuple):
    """Positions of branches to try in order; a branch with the exact name is the only one.

    `rivals` are what some decoders take instead when that one resolves, `others` when it does not. `is_lossy`: who
    takes the first match reads some values rounded or mangled, and who does not reads them right.
    """

    positions: list[int]
    rivals: list[int] = []  # noqa: RUF012 - a tuple's default, never changed
    others: list[int] = []  # noqa: RUF012 - the same
    is_lossy: bool = False


def candidates(union: Union, writer: Node, among: Union | None) -> Choice:
    """The branches that may be taken. `among`: the writer's union that `writer` is a branch of.

    A rival that the writer's own union has as well is none: the choice was ambiguous before.
    """
    if isinstance(writer, Named):
        return _by_name(union, writer, among)
    promoted = sorted(position for kind in READ_BY.get(writer.kind, ()) for position in union.with_key(kind))
    if exact := union.with_key(writer.kind):
        rivals = [p for p in promoted if p < exact[0] and is_lossy(writer.kind, union.branches[p].kind)]
        return Choice(exact[:1], is_lossy=any(not _is_in(among, union.branches[p]) for p in rivals))
    lossy = len(promoted) > 1 and is_lossy(writer.kind, union.branches[promoted[0]].kind)
    return Choice(promoted or union.with_key("union"), is_lossy=lossy)


def _by_name(union: Union, writer: Named, among: Union | None) -> Choice:
    similar = union.with_key(simple_key(writer))
    if not (exact := union.with_key(full_key(writer))):
        return Choice(sorted({*similar, *union.with_key(alias_key(writer))}) or union.with_key("union"))
    others = [position for position in islice(similar, _MOST_RIVALS) if position != exact[0]]
    rivals = [p for p in others if p < exact[0] and not _is_in(among, union.branches[p])]
    aliased = [position for position in union.with_key(alias_key(writer)) if position not in (exact[0], *others)]
    if among is None or not among.with_key(alias_key(writer)):
        rivals += [p for p in aliased if p < exact[0]]
    return Choice(exact[:1], rivals=rivals, others=[*others, *aliased])


def _is_in(union: Union | None, branch: Node) -> bool:
    key = full_key(branch) if isinstance(branch, Named) else branch.kind
    return union is not None and bool(union.with_key(key))
