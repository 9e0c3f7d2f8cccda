"""Do the verdicts on a whole history obey the laws of their modes, whatever the format?"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import avro_strategies
import json_strategies
from schemagate.ask.judgement import Judgement, Status, judge_change
from schemagate.compat.verdicts import DataAnswer, RegistryAnswer
from schemagate.schema.event import Content, Format, Level, Revision, Settings, Version, VersionId

WORSE = {DataAnswer.YES: 0, DataAnswer.UNKNOWN: 1, DataAnswer.NO: 2}
History = tuple[Format, list[Any]]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Three revisions of one event, each edited from the one before."""
    if draw(st.booleans()):
        first = draw(avro_strategies.schemas())
        second = draw(avro_strategies.edited(first))
        return Format.AVRO, [first, second, draw(avro_strategies.edited(second))]
    first = draw(json_strategies.events)
    second = draw(json_strategies.edited(first))
    return Format.JSON, [first, second, draw(json_strategies.edited(second))]


def content(format_: Format, schema: Any) -> Content:
    return Content(format_, "event", json.dumps(schema))


def judged(format_: Format, new: Any, old: list[Any], level: Level) -> Judgement:
    version = Version(VersionId("event", 1), content(format_, new), Settings(level=level))
    released = [Revision(f"commit{number}", content(format_, schema)) for number, schema in enumerate(old)]
    return judge_change(version, released, level)


def refuses(judgement: Judgement) -> bool:
    return judgement.registry is not RegistryAnswer.ACCEPT


@given(histories())
def test_full_is_backward_and_forward(history: History) -> None:
    format_, (old, new, _) = history
    both, one, other = (judged(format_, new, [old], level) for level in (Level.FULL, Level.BACKWARD, Level.FORWARD))
    if both.status is Status.UNCHANGED:
        return
    assert WORSE[both.data] == max(WORSE[one.data], WORSE[other.data])
    assert refuses(both) == (refuses(one) or refuses(other))


@given(histories())
def test_forward_is_backward_the_other_way_round(history: History) -> None:
    format_, (old, new, _) = history
    forward = judged(format_, new, [old], Level.FORWARD)
    backward = judged(format_, old, [new], Level.BACKWARD)
    if forward.status is not Status.UNCHANGED:
        assert (forward.registry, forward.data) == (backward.registry, backward.data)


@given(histories(), st.sampled_from([Level.BACKWARD_TRANSITIVE, Level.FORWARD_TRANSITIVE, Level.FULL_TRANSITIVE]))
def test_another_released_revision_never_improves_a_transitive_verdict(history: History, level: Level) -> None:
    format_, (first, second, new) = history
    more, fewer = judged(format_, new, [first, second], level), judged(format_, new, [second], level)
    if Status.UNCHANGED in (more.status, fewer.status):
        return
    assert WORSE[more.data] >= WORSE[fewer.data]
    if first != new:  # what the registry holds already it finds, and compares nothing
        assert refuses(more) >= refuses(fewer)


@given(histories())
def test_the_data_verdict_is_transitive_also_where_the_level_is_not(history: History) -> None:
    format_, (first, second, new) = history
    plain, transitive = (
        judged(format_, new, [first, second], level) for level in (Level.BACKWARD, Level.BACKWARD_TRANSITIVE)
    )
    assert plain.data == transitive.data
