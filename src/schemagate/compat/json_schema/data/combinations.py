"""Does a writer's value satisfy the reader's alternatives, negations and conditions? And which cases has the writer?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from schemagate.compat.json_schema.data import rules
from schemagate.compat.json_schema.data.cases import open_choice
from schemagate.compat.json_schema.data.differences import Difference, Frame
from schemagate.compat.json_schema.data.keywords import Requirement, named
from schemagate.compat.json_schema.data.nodes import Node, Spot
from schemagate.compat.json_schema.data.writers import Writers

if TYPE_CHECKING:
    from schemagate.compat.json_schema.data.walk import Walk

_FEW: Final = 50  # alternatives, times what the writer says, that are worth a closer look where none is proved
_LOOK_INTO: Final = 4  # levels of properties that are looked at to tell alternatives apart


def _any_of(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
    if len(node.rules["anyOf"]) > 1 and open_choice(writers) is not None:
        yield _no_alternative(node, "anyOf", frame)  # each case of the writer is looked at alone
        return
    possible: list[Spot] = []
    for index in walk.likely_branches(node, "anyOf", writers):
        spot = node.child("anyOf", index)
        if is_empty(walk, (*frame.writers, spot), 0):
            continue
        if walk.proves(frame.case(spot)):
            return
        possible.append(spot)
    if len(possible) > 1 and not walk.is_speculating and len(possible) * len(writers.nodes) <= _FEW:
        possible = [spot for spot in possible if not is_empty(walk, (*frame.writers, spot), _LOOK_INTO)]
    if len(possible) == 1:
        yield from walk.differences(frame.case(possible[0]))
        return
    yield _no_alternative(node, "anyOf", frame)


def _no_alternative(node: Node, word: str, frame: Frame) -> Difference:
    return Difference(
        rules.COMBINATION,
        frame,
        node.at(word),
        f"{named(frame)} may be what no alternative of the reader takes",
        f"keep the alternatives of {named(frame)}, and add new ones beside them",
    )


def _one_of(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
    if any(_same_branches(walk, node, other) for other in writers.each("oneOf")):
        return
    if len(node.rules["oneOf"]) > 1 and open_choice(writers) is not None:
        yield _no_alternative(node, "oneOf", frame)
        return
    possible = [
        spot
        for index in range(len(node.rules["oneOf"]))
        if not is_empty(walk, (*frame.writers, spot := node.child("oneOf", index)), _LOOK_INTO)
    ]
    if len(possible) == 1:
        yield from walk.differences(frame.case(possible[0]))
    elif not possible:
        yield _no_alternative(node, "oneOf", frame)
    else:
        message = f"{named(frame)} may fit none, or more than one, of the reader's alternatives"
        yield replace(_no_alternative(node, "oneOf", frame), message=message)


def _same_branches(walk: Walk, node: Node, other: Node) -> bool:
    """Whether both list the same branches, each once, in any order: a branch that stands twice is a rule of its own."""
    mine, yours = ([repr(branch) for branch in each.rules["oneOf"]] for each in (node, other))
    walk.nodes.steps.take(len(mine))
    places = {text: index for index, text in enumerate(yours)}
    if not len(places) == len(yours) == len(mine) == len(set(mine)) or places.keys() != set(mine):
        return False
    return all(
        walk.identical(node.child("oneOf", index), other.child("oneOf", places[text]))
        for index, text in enumerate(mine)
    )


def is_empty(walk: Walk, spots: tuple[Spot, ...], levels: int) -> bool:
    """Whether surely no value satisfies all spots; `levels` of required properties are looked into."""
    walk.nodes.steps.take(1 + len(spots))
    writers = Writers(walk.nodes, spots)
    if writers.empty:
        return True
    if levels == 0 or writers.kinds != {"object"}:
        return False
    return any(
        (covering := writers.covering(name)) is None or (covering and is_empty(walk, covering, levels - 1))
        for name in writers.required
    )


def _not(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
    spot = node.child("not")
    if is_empty(walk, (*frame.writers, spot), _LOOK_INTO):
        return
    for other in writers.each("not"):
        if walk.proves(Frame(frame.parent, frame.step, other.child("not"), (spot,))):
            return
    message = f"{named(frame)} may be what the reader excludes"
    fix = f"exclude nothing that {named(frame)} was ever allowed to be"
    yield Difference(rules.NEGATION, frame, node.at("not"), message, fix)


def _if(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
    condition = node.child("if")
    equal = next((other for other in writers.each("if") if walk.identical(condition, other.child("if"))), None)
    for word, extra in (("then", (condition,)), ("else", ())):
        if word not in node.rules or (word == "else" and walk.proves(frame.case(condition))):
            continue
        known = (equal.child(word),) if equal is not None and word in equal.rules else ()
        for difference in walk.differences(frame.case(node.child(word), (*extra, *known))):
            message = f"under the reader's condition {difference.message}"
            yield replace(
                difference, rule=rules.CONDITIONAL, path=node.at(word), message=message, fix="ask the same as before"
            )


def cases(writers: Writers, frame: Frame, found: list[Difference]) -> list[tuple[Spot, ...]]:
    """The alternatives of the writer, to look again at what is unproved for one at a time; none where it has none."""
    choice = open_choice(writers)
    return _by_type(writers, frame, found) if choice is None else choice.options()


_CHOICES: Final = frozenset({rules.COMBINATION, rules.CONDITIONAL, rules.NEGATION})
_TYPES: Final = (
    ("string", {"string"}),
    ("number", {"integer", "whole", "fraction"}),
    ("boolean", {"boolean"}),
    ("null", {"null"}),
    ("array", {"array"}),
    ("object", {"object"}),
)


def _by_type(writers: Writers, frame: Frame, found: list[Difference]) -> list[tuple[Spot, ...]]:
    """A list of types is an alternative, too, where the reader spells it with `anyOf` and its like."""
    types = [name for name, kinds in _TYPES if kinds & writers.kinds]
    if len(types) < 2 or not frame.writers or not any(difference.rule in _CHOICES for difference in found):
        return []
    if any(spot.only for spot in frame.writers):
        return []
    return [(frame.writers[0]._replace(only=name),) for name in types]


REQUIREMENTS: Final[dict[str, Requirement]] = {"anyOf": _any_of, "oneOf": _one_of, "not": _not, "if": _if}
