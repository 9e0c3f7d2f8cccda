"""Does a writer's promise imply one keyword of the reader? Keywords about one value, exact numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from schemagate.compat.json_schema.data import rules
from schemagate.compat.json_schema.data.budget import Spent
from schemagate.compat.json_schema.data.differences import Difference, Frame, Wish
from schemagate.compat.json_schema.data.nodes import Node
from schemagate.compat.json_schema.data.patterns import NotPortableError, find_string
from schemagate.compat.json_schema.data.values import NUMERIC, exact, kinds_of, plain
from schemagate.compat.json_schema.data.writers import Writers

if TYPE_CHECKING:
    from schemagate.compat.json_schema.data.walk import Walk

Requirement = Callable[["Walk", Node, Writers, Frame], Iterator[Difference]]
"""Yields what a keyword of the reader's node leaves unproved about a value of the writers."""

_LONGEST: Final = 20_000  # a text that shows a length; longer ones help nobody

_SPOKEN: Final = {
    "null": "null",
    "boolean": "a boolean",
    "string": "a string",
    "integer": "an integer",
    "whole": "a number such as 1.0",
    "fraction": "a number with a fraction",
    "array": "a list",
    "object": "an object",
}


def named(frame: Frame) -> str:
    """The field as the subject of a sentence."""
    return frame.subject or "the event"


def shown(value: Any) -> str:
    """A value of a schema in a sentence, shortened."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:37] + "..."


def _type(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001
    taken = kinds_of(node.rules["type"], node.spot.schema.draft)
    lost = writers.kinds - taken
    told = _lost_in_words(lost, taken)
    message = f"{named(frame)} may be {_listed([_SPOKEN[kind] for kind in told])}, which the reader does not take"
    fix = f"keep the type of {named(frame)}, or add a new field beside it"
    for kind in told:
        yield Difference(rules.TYPE, frame, node.at("type"), message, fix, wish=Wish(kind=kind))


def _listed(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _lost_in_words(lost: frozenset[str], taken: frozenset[str]) -> list[str]:
    """One kind for each thing to say: of numbers only the plainest."""
    told = [kind for kind in _SPOKEN if kind in lost - NUMERIC]
    numbers = [kind for kind in ("integer", "fraction", "whole") if kind in lost]
    if numbers:
        told.append("fraction" if "fraction" in lost and "integer" in taken else numbers[0])
    return told


def _listed_values(word: str) -> Requirement:
    """`word`: enum or const; an object may have both."""

    def requirement(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
        members = walk.nodes.members
        if word == "enum" and any(members(other) <= members(node) for other in writers.each("enum")):
            return
        if writers.values is None:
            message = f"{named(frame)} may be anything that its type allows, the reader lists its values"
            yield _value_set(node, frame, word, message, Wish())
            return
        for value in writers.values:
            if walk.nodes.check(node, word, value) is not True:
                message = f"{named(frame)} may be {shown(value)}, which the reader does not list"
                yield _value_set(node, frame, word, message, Wish(values=(value,)))
                return

    return requirement


def _value_set(node: Node, frame: Frame, word: str, message: str, wish: Wish) -> Difference:
    fix = f"keep every value of {named(frame)} that was ever written, or start a new version"
    return Difference(rules.VALUES, frame, node.at(word), message, fix, wish=wish)


def _bound(word: str, *, below: bool) -> Requirement:
    excluded = word.startswith("exclusive")

    def requirement(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001
        stated = node.rules[word]
        if any(_is_tighter(other.rules[word], stated, below=below) for other in writers.each(word)):
            return
        limit = exact(stated)
        promised = writers.low if below else writers.high
        kept = promised is not None and _within(promised, limit, excluded, below=below)
        if kept or not writers.kinds & NUMERIC:
            return
        side = f"{'at or ' if excluded else ''}{'below' if below else 'above'}"
        yield Difference(
            rules.BOUND,
            frame,
            node.at(word),
            f"{named(frame)} may be {side} {node.rules[word]}, the reader's bound",
            f"keep the bound of {named(frame)} as wide as it was",
            wish=Wish(values=_beyond(limit, promised, below=below)),
        )

    return requirement


def _is_tighter(promised: Any, stated: Any, *, below: bool) -> bool:
    """Of two integers; of other numbers `exact` has to tell."""
    if type(promised) is not int or type(stated) is not int:
        return False
    return promised >= stated if below else promised <= stated


def _within(promised: tuple[Fraction, bool], limit: Fraction, excluded: bool, *, below: bool) -> bool:
    value, promise_excluded = promised
    if value == limit:
        return promise_excluded or not excluded
    return value > limit if below else value < limit


def _beyond(limit: Fraction, promised: tuple[Fraction, bool] | None, *, below: bool) -> tuple[Any, ...]:
    """Numbers just outside of a limit, the plainest first."""
    sign = -1 if below else 1
    numbers = [limit + sign, limit, limit + sign * Fraction(1, 2)]
    if promised is not None:
        edge = promised[0]
        numbers = [edge, edge - sign, (edge + limit) / 2, *numbers]
    whole = Fraction(limit.numerator // limit.denominator)
    made = [value for number in (*numbers, whole, whole + sign) if (value := plain(number)) is not None]
    spelled = [float(value) for value in made if isinstance(value, int) and abs(value) < 2**53]
    return (*made, *spelled)  # up to draft 04, 2.0 is no integer


def _multiple_of(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001
    if not writers.kinds & NUMERIC:
        return
    step = exact(node.rules["multipleOf"])
    promised = [exact(other.rules["multipleOf"]) for other in writers.each("multipleOf")]
    if not writers.stated_kinds & {"fraction"}:
        promised.append(Fraction(1))
    if any((other / step).denominator == 1 for other in promised):
        return
    yield Difference(
        rules.MULTIPLE,
        frame,
        node.at("multipleOf"),
        f"{named(frame)} may be no multiple of {node.rules['multipleOf']}",
        f"keep the step of {named(frame)}, or a divisor of it",
        wish=Wish(values=_near_multiples(writers, promised)),
    )


def _near_multiples(writers: Writers, promised: Sequence[Fraction]) -> tuple[Any, ...]:
    steps = [step * count for step in promised for count in (1, 2, 3, 5, 7)]
    start = writers.low[0] if writers.low else Fraction(0)
    numbers = [*steps, start, start + 1, start + 2, Fraction(1), Fraction(1, 2), Fraction(1, 4)]
    return tuple(made for number in numbers if (made := plain(number)) is not None)


def _min_length(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001
    least = int(node.rules["minLength"])
    if "string" not in writers.kinds or writers.least("minLength") >= least:
        return
    yield from _length(node, "minLength", writers, frame, most=least - 1)


def _max_length(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001
    most = int(node.rules["maxLength"])
    promised = writers.most("maxLength")
    if "string" not in writers.kinds or (promised is not None and promised <= most):
        return
    yield from _length(node, "maxLength", writers, frame, least=most + 1)


def _length(
    node: Node, word: str, writers: Writers, frame: Frame, *, least: int = 0, most: int | None = None
) -> Iterator[Difference]:
    least = max(least, writers.least("minLength"))
    promised = writers.most("maxLength")
    most = promised if most is None else most if promised is None else min(most, promised)
    values, doubt = _strings(writers.patterns, (), least, most)
    if values == () and doubt is None:
        return
    direction = "shorter" if word == "minLength" else "longer"
    yield Difference(
        rules.LENGTH,
        frame,
        node.at(word),
        f"{named(frame)} may be {direction} than {node.rules[word]} characters",
        f"keep the {word} of {named(frame)} as wide as it was",
        wish=Wish(values=values),
        doubt=doubt or rules.DISAGREE,
    )


def _pattern(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001
    pattern = node.rules["pattern"]
    if "string" not in writers.kinds or pattern in writers.patterns:
        return
    values, doubt = _strings(writers.patterns, (pattern,), writers.least("minLength"), writers.most("maxLength"))
    if values == () and doubt is None:
        return
    yield Difference(
        rules.PATTERN,
        frame,
        node.at("pattern"),
        f"{named(frame)} may be a text that does not match the reader's pattern {shown(pattern)}",
        f"keep the pattern of {named(frame)}, or a wider one",
        wish=Wish(values=values),
        doubt=doubt or rules.DISAGREE,
    )


def _strings(
    wanted: Sequence[str], unwanted: Sequence[str], least: int, most: int | None
) -> tuple[tuple[str, ...], Any]:
    """A text of the writer that breaks the rule: (text,) and no doubt; () and no doubt proves that there is none."""
    if not wanted and not unwanted:
        return ("a" * least,) if least <= _LONGEST else (), None if least <= _LONGEST else rules.COUNTING
    try:
        text = find_string(wanted, unwanted, least=least, most=most)
    except NotPortableError:
        return (), rules.REGULAR
    except Spent:
        return (), rules.REGULAR
    return (() if text is None else (text,)), None


REQUIREMENTS: Final[dict[str, Requirement]] = {
    "type": _type,
    "enum": _listed_values("enum"),
    "const": _listed_values("const"),
    "minimum": _bound("minimum", below=True),
    "exclusiveMinimum": _bound("exclusiveMinimum", below=True),
    "maximum": _bound("maximum", below=False),
    "exclusiveMaximum": _bound("exclusiveMaximum", below=False),
    "multipleOf": _multiple_of,
    "minLength": _min_length,
    "maxLength": _max_length,
    "pattern": _pattern,
}
