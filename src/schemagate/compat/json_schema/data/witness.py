"""Is there an event that the writer accepts and the reader refuses? The search, the confirmation, the smallest event.

Candidates for the place of a difference are lifted into a whole event of the writer. An event counts only when two
independent validators agree on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from itertools import islice, product
from typing import Any, Final

from schemagate.compat.json_schema.data import rules
from schemagate.compat.json_schema.data.backtracking import ways
from schemagate.compat.json_schema.data.budget import Budget, Spent, Steps
from schemagate.compat.json_schema.data.checks import Nodes
from schemagate.compat.json_schema.data.differences import Difference, Frame, Wish
from schemagate.compat.json_schema.data.nodes import Spot, UnresolvedReferenceError
from schemagate.compat.json_schema.data.samples import Samples
from schemagate.compat.json_schema.data.values import key
from schemagate.compat.json_schema.data.vocabulary import Words, mutations, patterns_of, smaller, words_of
from schemagate.compat.json_schema.data.writers import Writers
from schemagate.findings import Witness
from schemagate.schema import json_text
from schemagate.schema.json_schema import JsonSchema
from schemagate.schema.validation import InstanceError, reasons, second_validator, spoken, validator

_CONTAINERS: Final = 3
_ATTEMPTS: Final = (40, 9)  # values for a place, whole events around each
_ATTEMPTS_AT_CHOICES: Final = (400, 3)
_LIFTS: Final = 20_000  # steps of values on their way into whole events; the ways multiply with every level
_CHOICES: Final = frozenset({rules.COMBINATION, rules.CONDITIONAL, rules.NEGATION})
_FEW: Final = 5
_WIDE: Final = 12
_VARIANTS: Final = 60
_SECOND_OPINIONS: Final = 60
_SHRINKING: Final = 600
_DEEPEST: Final = 40  # levels of an event; the slow validator recurses, and its answer may not hang on who calls
_WAYS: Final = 1_000_000  # that an engine which backtracks may go, all texts of an event together
_MATCHES: Final = 20_000  # that are worth asking it for


class Search:
    """Looks for events between one reader and one writer; `writers` also holds what the event must satisfy besides."""

    def __init__(
        self, reader: JsonSchema, writer: JsonSchema, original: JsonSchema, nodes: Nodes, budget: Budget
    ) -> None:
        """`original` is the writer as it was before an assumption closed its objects."""
        self._reader, self._writers = reader, [writer] if original is writer else [writer, original]
        self._nodes, self._samples = nodes, Samples(nodes)
        self._events = Steps(budget.events)
        self._opinions = Steps(_SECOND_OPINIONS)
        self._lifts = Steps(_LIFTS)
        self.held_back: list[Difference] = []
        """Those with an event that was not put to the slow validator, for the time that patterns might take it."""

    @cached_property
    def _quick_reader(self) -> Any:
        return validator(self._reader)

    @cached_property
    def _quick_writers(self) -> list[Any]:
        return [validator(writer) for writer in self._writers]

    @cached_property
    def _slow(self) -> tuple[Callable[[Any], bool | None], list[Callable[[Any], bool | None]]]:
        return second_validator(self._reader), [second_validator(writer) for writer in self._writers]

    @cached_property
    def _words(self) -> Words:
        return words_of(self._reader, self._writers[0])

    @cached_property
    def _patterns(self) -> tuple[set[str], set[str]]:
        texts, names = zip(*map(patterns_of, (self._reader, *self._writers)), strict=True)
        return set().union(*texts), set().union(*names)

    def near(self, difference: Difference) -> Witness | None:
        """A witness for one difference, from values made for its place; raises Spent."""
        return self._best(self._lifted_candidates(difference, *_ATTEMPTS), difference)

    def beside_choices(self, difference: Difference) -> Witness | None:
        """A witness for a difference about alternatives, from many more values; raises Spent."""
        if difference.rule not in _CHOICES:
            return None
        return self._best(self._lifted_candidates(difference, *_ATTEMPTS_AT_CHOICES), difference)

    def from_schema(self, difference: Difference, schema: JsonSchema) -> Witness | None:
        """A witness whose value at the place of the difference satisfies a schema that was computed as a hint."""
        from schemagate.compat.json_schema.data.nodes import top

        values = self._samples.of((top(schema),))
        events = (event for value in values for event in self._lifted(difference.frame, value))
        return self._best(events, difference)

    def anywhere(self, difference: Difference) -> Witness | None:
        """A witness from whole events of the writer and what becomes of them by one change; raises Spent."""
        root = difference.frame.root
        bases = list(islice(self._samples.of(root.writers), 30))
        events = (event for base in bases for event in (base, *mutations(base, self._words)))
        return self._best(events, difference, any_place=True)

    def _best(self, events: Iterator[Any], difference: Difference, *, any_place: bool = False) -> Witness | None:
        """The first event that breaks at the place of the difference; any that breaks only with `any_place`."""
        seen: set[Any] = set()
        for event in events:
            event_key = key(event)
            if event_key in seen:
                continue
            seen.add(event_key)
            self._events.take()
            if not self._breaks(event):
                continue
            reason = self._reason(event, difference, any_place=any_place)
            if reason is None:
                continue
            if not self._is_bearable(event):
                self.held_back.append(difference)
            elif self._confirmed(event):
                return self._smallest(event, reason)
        return None

    def _breaks(self, event: Any) -> bool:
        """Whether the quick validator calls it a witness."""
        try:
            written = all(writer.is_valid(event) for writer in self._quick_writers)
            return written and not self._quick_reader.is_valid(event)
        except (ValueError, TypeError, OverflowError):  # a value that cannot be handed over
            return False

    def _confirmed(self, event: Any) -> bool:
        if _depth(event) > _DEEPEST:
            return False
        self._opinions.take()
        reader, writers = self._slow
        return all(writer(event) is True for writer in writers) and reader(event) is False

    def _is_bearable(self, event: Any) -> bool:
        """Whether every pattern is soon found, or not found, in every text by an engine that backtracks."""
        left = float(_WAYS)
        for patterns, texts in zip(self._patterns, _texts(event), strict=True):
            if len(patterns) * len(texts) > _MATCHES:
                return False
            for pattern, text in product(patterns, texts):
                left -= ways(pattern, text)
                if left < 0:
                    return False
        return True

    def _reason(self, event: Any, difference: Difference, *, any_place: bool) -> InstanceError | None:
        """What the reader objects to, at the place of the difference if it does so there."""
        errors = list(islice(reasons(self._quick_reader, event), 50))
        tokens = difference.frame.tokens
        place = json_text.join("", *tokens)
        if difference.wish.without:
            told = f"{spoken([*tokens, difference.wish.without[0]])} is missing"
            exact = [error for error in errors if error.message == told]
            exact += [error for error in errors if _speaks_of_alternatives(error) and place.startswith(error.pointer)]
            return exact[0] if exact else errors[0] if any_place and errors else None
        subject = spoken(tokens)
        ranked = [error for error in errors if error.pointer == place or error.message.startswith(f"{subject} ")]
        ranked += [error for error in errors if error.pointer.startswith(place)]
        ranked += [
            error for error in errors if place.startswith(error.pointer) and not error.message.endswith(" is missing")
        ]
        return next(iter(ranked), errors[0] if any_place and errors else None)

    def _smallest(self, event: Any, reason: InstanceError) -> Witness:
        """Remove and simplify while it stays a witness for the same reason."""
        best, steps = event, Steps(_SHRINKING)
        with suppress(Spent):
            while (simpler := self._one_smaller(best, reason, steps)) is not None:
                best = simpler[0]
        if best is not event and not (self._is_bearable(best) and self._confirmed(best)):
            best = event
        return Witness(best, reason.message, reason.pointer)

    def _one_smaller(self, event: Any, reason: InstanceError, steps: Steps) -> tuple[Any] | None:
        for candidate in smaller(event):
            steps.take()
            if self._breaks(candidate) and self._objects_to(candidate, reason):
                return (candidate,)
        return None

    def _objects_to(self, event: Any, reason: InstanceError) -> bool:
        errors = islice(reasons(self._quick_reader, event), 50)
        return any((error.pointer, error.message) == (reason.pointer, reason.message) for error in errors)

    def _lifted_candidates(self, difference: Difference, most: int, ways_up: int) -> Iterator[Any]:
        for value in islice(self._candidates(difference), most):
            yield from islice(self._lifted(difference.frame, value), ways_up)

    def _candidates(self, difference: Difference) -> Iterator[Any]:
        """Values for the place that own rules do not call harmless, the plainest first."""
        frame = difference.frame
        writers = Writers(self._nodes, frame.writers)
        for value in self._hints(difference, writers):
            if self._nodes.accepts(frame.reader, value) is not True:
                yield value

    def _hints(self, difference: Difference, writers: Writers) -> Iterator[Any]:
        wish = _with_names(difference.wish, difference.frame)
        yield from (value for value in wish.values if writers.may_hold(value))
        if difference.frame.step is not None and difference.frame.step[0] == "name":
            yield from (name for name in _NAMES if writers.may_hold(name))
        yield from self._samples.of(difference.frame.writers, wish)
        if difference.rule in _CHOICES:
            yield from self._beside_choices(difference.frame)
        if wish.kind is not None and not wish.names:
            return
        for word in self._words:
            if writers.surely_holds(word):
                yield word

    def _beside_choices(self, frame: Frame) -> Iterator[Any]:
        """Values that take one of the reader's alternatives, or meet its condition, and variants of the writer's."""
        for spot in self._choices(frame.reader):
            yield from islice(self._samples.of((*frame.writers, spot)), _FEW)
        for base in list(islice(self._samples.of(frame.writers), _FEW)):
            yield from islice(mutations(base, self._words), _VARIANTS)

    def _choices(self, reader: Spot) -> Iterator[Spot]:
        with suppress(UnresolvedReferenceError):
            for node in self._nodes.of(reader):
                for word in ("oneOf", "anyOf"):
                    yield from (node.child(word, index) for index in range(min(len(node.rules.get(word, ())), _WIDE)))
                yield from (node.child(word) for word in ("not", "if") if word in node.rules)

    def _lifted(self, frame: Frame, value: Any) -> Iterator[Any]:
        """Whole events that hold the value at the place of a frame."""
        if frame.parent is None or frame.step is None:
            yield value
            return
        if len(frame.tokens) >= _DEEPEST:
            return
        for container in islice(self._containers(frame.parent, frame.step, value), _CONTAINERS):
            self._lifts.take()
            yield from self._lifted(frame.parent, container)

    def _containers(self, parent: Frame, step: tuple[str, str | int], value: Any) -> Iterator[Any]:
        how, where = step
        if how == "item":
            for items in self._samples.of(parent.writers, Wish(kind="array", size=int(where) + 1)):
                yield [*items[: int(where)], value, *items[int(where) + 1 :]]
            return
        name = str(where) if how == "key" else value
        for members in self._samples.of(parent.writers, _with_names(Wish(kind="object", names=(name,)), parent)):
            yield {**members, name: value} if how == "key" else members


_NAMES: Final = ("", "a", "A", "0", "other", "x y", "-", "a-b", "aaaaaaaaaaaaaaaaaaaa")


def _with_names(wish: Wish, frame: Frame) -> Wish:
    if not frame.names:
        return wish
    return replace(wish, names=(*frame.names, *wish.names), kind=wish.kind or "object")


def _speaks_of_alternatives(error: InstanceError) -> bool:
    """Which of them was meant, and what it lacks, it does not say."""
    return error.message.endswith(" of the alternatives")


def _depth(value: Any) -> int:
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, members), default=0)


def _texts(value: Any) -> tuple[list[str], list[str]]:
    """All texts in an event, and all names of properties."""
    texts: list[str] = []
    names: list[str] = []
    stack = [value]
    while stack:
        here = stack.pop()
        if isinstance(here, str):
            texts.append(here)
        elif isinstance(here, list):
            stack.extend(here)
        elif isinstance(here, dict):
            names.extend(here)
            stack.extend(here.values())
    return texts, names
