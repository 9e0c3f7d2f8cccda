"""What settles a difference that the own rules left open: an event that breaks, or a proof from somewhere else?"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from schemagate.compat.json_schema.data import prover, rules
from schemagate.compat.json_schema.data.budget import Budget, Spent, Steps
from schemagate.compat.json_schema.data.differences import Difference, Frame
from schemagate.compat.json_schema.data.walk import Walk
from schemagate.compat.json_schema.data.witness import Search
from schemagate.findings import Rule, Witness
from schemagate.schema.json_schema import JsonSchema

Broken = tuple[Difference, Witness]
Group = list[Difference]
"""Differences that are told as one finding."""


class Settling:
    """Tries the cheap ways first; every step is counted."""

    def __init__(
        self, walk: Walk, reader: JsonSchema, writer: JsonSchema, original: JsonSchema, budget: Budget
    ) -> None:
        walk.nodes.steps = Steps(budget.steps)  # what the walk left over says nothing about the search
        self._reader = reader
        self._budget = budget
        self._search = Search(reader, writer, original, walk.nodes, budget)
        self._proofs: dict[Any, bool] = {}

    def witnesses(self, groups: list[Group]) -> list[Broken]:
        """For each group an event that shows it, where values made for its place do."""
        found: list[Broken] = []
        with suppress(Spent):
            for group in groups:
                found += self._shown(group)
        return found

    def _shown(self, group: Group) -> list[Broken]:
        for difference in group[:4]:
            witness = self._search.near(difference)
            if witness is not None:
                return [(difference, witness)]
        return []

    def unproved(self, groups: list[Group]) -> list[Group]:
        """The groups that no proof covers: at the place itself, or at one of the places around it."""
        left = [[each for each in group if not self._is_proved(each.frame)] for group in groups]
        return [group for group in left if group]

    def _is_proved(self, frame: Frame | None) -> bool:
        while frame is not None:
            if self._covers(frame):
                return True
            frame = frame.parent
        return False

    def _covers(self, frame: Frame) -> bool:
        asked = (frame.reader.key, frozenset(writer.key for writer in frame.writers))
        if asked not in self._proofs:
            self._proofs[asked] = len(self._proofs) < 200 and prover.covers(
                frame.reader, frame.writers, self._budget.prover_size
            )
        return self._proofs[asked]

    def last_resort(self, groups: list[Group], *, any_place: bool) -> list[Broken]:
        """Events from many values, or from what the prover says is left over.

        With `any_place` and without those, one from near the writer's events that breaks wherever it may.
        """
        found: list[Broken] = []
        with suppress(Spent):
            for difference in (group[0] for group in groups[:5]):
                witness = self._search.beside_choices(difference)
                if witness is not None:
                    found.append((difference, witness))
                    continue
                hint = prover.remainder(difference.frame.reader, difference.frame.writers, self._budget.prover_size)
                if isinstance(hint, dict | bool):
                    schema = JsonSchema(hint, self._reader.draft, True, "<hint>", "")
                    witness = self._search.from_schema(difference, schema)
                    found += [] if witness is None else [(difference, witness)]
            for difference in (group[0] for group in groups[:2] if any_place and not found):
                witness = self._search.anywhere(difference)
                if witness is not None:
                    return [(difference, witness)]
        return found

    def doubt(self, difference: Difference) -> Rule:
        """Why it is not decided."""
        held_back = any(each is difference for each in self._search.held_back)
        return rules.REGULAR if held_back and difference.doubt is rules.DISAGREE else difference.doubt
