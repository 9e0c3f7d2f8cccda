"""The simulation against itself: every order one by one as judge, other orders of the file, other names, broken plans.

`SCHEMAGATE_EXAMPLES=2000` makes the runs long.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrating import PLANS, lint, mistakes, own_project, refused, without_step
from schemagate.ask.migration import lint_file, surroundings
from schemagate.project.catalog import Project
from schemagate.rollout.footprints import footprints
from schemagate.rollout.invariants import Moment, breaches
from schemagate.rollout.model import Model, Surroundings, after, start
from schemagate.rollout.plan import (
    Action,
    Backfill,
    DeleteTopic,
    Do,
    Drain,
    DropTable,
    Plan,
    Register,
    Release,
    Retire,
    Step,
    Stop,
    SwitchOn,
    SyncOff,
    SyncOn,
)
from schemagate.rollout.probes import Exec, Probe
from schemagate.rollout.simulate import simulate

Found = set[tuple[str, str]]

EXAMPLES = int(os.environ.get("SCHEMAGATE_EXAMPLES", "200"))


@cache
def plan_of(id_: str) -> tuple[Plan, Surroundings]:
    plan = lint(PLANS[id_], id_).plan
    assert plan is not None
    return plan, surroundings(plan, own_project().catalog)


def every_order(plan: Plan, around: Surroundings) -> Found:
    """What is refused in some order: all of them walked, one step after the other, nothing left out."""
    found: Found = set()
    seen: set[tuple[frozenset[str], Model]] = set()

    def walk(done: frozenset[str], model: Model) -> None:
        if (done, model) in seen:
            return
        seen.add((done, model))
        for number, step in enumerate(plan.steps):
            if step.id not in done and set(step.needs) <= done and releases_before(plan, number) <= done:
                moment = Moment(plan, around, (), model, step, after(model, step, plan))
                broken = breaches(moment)
                found.update((step.id, breach.rule) for breach in broken)
                if not broken:
                    walk(done | {step.id}, moment.after)

    walk(frozenset(), start(plan, around))
    return found


def releases_before(plan: Plan, number: int) -> set[str]:
    """Releases of one service keep their order."""
    step = plan.steps[number]
    if not isinstance(step.action, Release):
        return set()
    earlier = (each for each in plan.steps[:number] if isinstance(each.action, Release))
    return {each.id for each in earlier if set(each.actors) & set(step.actors)}


def pairs(plan: Plan, around: Surroundings) -> Found:
    outcome = simulate(plan, around)
    assert outcome.complete
    found = [(each.step, each.rule) for each in outcome.refused]
    assert len(found) == len(set(found)), "each step with each rule once"
    return set(found)


VERSIONS = st.sampled_from([1, 2])
SETS = st.none() | st.sampled_from([(), (1,), (2,), (1, 2)])
FLAGS = st.none() | st.booleans()


def actions(topic: str) -> st.SearchStrategy[Action]:
    return st.one_of(
        st.builds(Register, VERSIONS),
        st.builds(SwitchOn, VERSIONS),
        st.builds(Stop, VERSIONS),
        st.builds(Drain, VERSIONS),
        st.builds(Retire, VERSIONS, st.sampled_from(["keep", "soft-delete"])),
        st.builds(
            Release, SETS, SETS, st.sampled_from([None, "live", "shadow"]), st.sampled_from([None, "f"]), FLAGS, FLAGS
        ),
        st.builds(Release, SETS),
        st.builds(Backfill, st.sampled_from(["emit", "rewrite"])),
        st.just(SyncOn()),
        st.builds(SyncOff, st.sampled_from([None, "one-key"])),
        st.just(DropTable(("bonuses.t",))),
        st.just(DeleteTopic(topic)),
        st.just(Do()),
    )


@st.composite
def plans(draw: st.DrawFn, most: int = 7) -> tuple[Plan, Surroundings]:
    """A real plan's steps, thinned out, mixed with steps of any kind, and with needs of any width."""
    plan, around = plan_of(draw(st.sampled_from(sorted(PLANS))))
    kept = draw(st.lists(st.sampled_from(plan.steps), max_size=most, unique_by=lambda step: step.id))
    kept.sort(key=plan.steps.index)
    topic = next((version_topic for number in plan.versions if (version_topic := plan.topic_of(number))), "t")
    services = [*sorted(plan.parties), "stranger"]
    for number in range(draw(st.integers(0, max(0, most - len(kept))))):
        actors = draw(st.lists(st.sampled_from(services), min_size=1, max_size=2, unique=True))
        new = Step(f"x{number}", draw(actions(topic)), tuple(actors))
        kept.insert(draw(st.integers(0, len(kept))), new)
    steps: list[Step] = []
    for step in kept:
        earlier = [each.id for each in steps]
        needs = draw(st.just(earlier) | st.lists(st.sampled_from(earlier), unique=True) if earlier else st.just([]))
        steps.append(replace(step, needs=tuple(needs), needs_written=True))
    money = draw(st.sampled_from(["normal", "money"]))
    return replace(plan, steps=tuple(steps), criticality=money), around


def wide(services: int, *, connected: bool) -> Plan:
    """Consumers that prepare and release side by side, between a registration and a switch."""
    plan, _ = plan_of("us-170-manager-v2")
    names = [f"s{number}" for number in range(services)]
    consumers = tuple(replace(plan.consumers[0], service=name) for name in names)
    steps = [Step("register", Register(2))]
    for name in names:
        steps.append(Step(f"{name}-do", Do(), (name,), needs=(), needs_written=True))
        steps.append(
            Step(f"{name}-both", Release((1, 2)), (name,), needs=("register", f"{name}-do"), needs_written=True)
        )
    ready = tuple(step.id for step in steps) if connected else ("register",)
    steps.append(Step("switch", SwitchOn(2), plan.emitters, needs=ready, needs_written=True))
    steps.append(Step("stop", Stop(1), plan.emitters, needs=("switch",), needs_written=True))
    steps.append(Step("drain", Drain(1), needs=("stop",), needs_written=True))
    steps += [Step(f"{name}-new", Release((2,)), (name,), needs=("drain",), needs_written=True) for name in names]
    steps.append(Step("retire", Retire(1), needs=tuple(step.id for step in steps), needs_written=True))
    return replace(plan, consumers=consumers, steps=tuple(steps))


def to_call(services: int) -> Plan:
    """An event becomes a call of several services, side by side."""
    plan, _ = plan_of("comm-060-task-rating-to-call")
    names = [f"s{number}" for number in range(services)]
    steps = [written("serve", Release(serves=True), "hiring")]
    steps += [written(f"{name}-on", SyncOn(), name, needs=("serve",)) for name in names]
    steps.append(written("stop", Stop(1), "hiring", needs=tuple(step.id for step in steps)))
    steps.append(written("drain", Drain(1), needs=("stop",)))
    steps += [written(f"{name}-out", Release(()), name, needs=("drain",)) for name in names]
    steps.append(written("retire", Retire(1), needs=tuple(step.id for step in steps)))
    consumers = tuple(replace(plan.consumers[0], service=name) for name in names)
    return replace(plan, consumers=consumers, callers=tuple(names), steps=tuple(steps))


def to_event(services: int) -> Plan:
    """A call of several services becomes an event, side by side."""
    plan, _ = plan_of("comm-010-manager-to-event")
    names = [f"s{number}" for number in range(services)]
    steps = [written("register", Register(1))]
    steps += [written(f"{name}-in", Release((1,)), name, needs=("register",)) for name in names]
    steps.append(written("on", SwitchOn(1), "assessments", needs=tuple(step.id for step in steps)))
    steps.append(written("fill", Backfill("emit"), "assessments", needs=("on",)))
    steps += [written(f"{name}-off", SyncOff("one-key"), name, needs=("fill",)) for name in names]
    steps.append(
        written(
            "end", Release(calls=False, serves=False), *names, "assessments", needs=tuple(step.id for step in steps)
        )
    )
    consumers = tuple(replace(plan.consumers[0], service=name) for name in names)
    return replace(plan, consumers=consumers, callers=tuple(names), steps=tuple(steps))


def written(id_: str, action: Action, *actors: str, needs: tuple[str, ...] = ()) -> Step:
    return Step(id_, action, actors, needs=needs, needs_written=True)


def bases() -> dict[str, tuple[Plan, Surroundings]]:
    """The repository's plans, and small ones of several services."""
    around = Surroundings(frozenset({1, 2}))
    made = {"two": wide(2, connected=True), "call": to_call(3), "event": to_event(3)}
    return {**{id_: plan_of(id_) for id_ in PLANS}, **{name: (plan, around) for name, plan in made.items()}}


@st.composite
def loosened(draw: st.DrawFn, most: int = 9) -> tuple[Plan, Surroundings]:
    """A clean plan whose steps act for one service each, with some needs left, listed in an order that these allow."""
    plan, around = bases()[draw(st.sampled_from(sorted(bases())))]
    alone = [
        replace(step, id=f"{step.id}.{actor}", actors=(actor,) if actor else ())
        for step in plan.steps
        if not isinstance(step.action, Do)
        for actor in (step.actors or ("",))
    ][:most]
    dropped = set(draw(st.lists(st.sampled_from(range(len(alone))), max_size=3)))
    steps = []
    for number, step in enumerate(alone):
        near = [each.id for index, each in enumerate(alone[:number]) if index not in dropped]
        few = draw(st.booleans()) and near
        needs = draw(st.lists(st.sampled_from(near), unique=True, max_size=2)) if few else near
        steps.append(replace(step, needs=tuple(needs), needs_written=True))
    money = draw(st.sampled_from(["normal", "money"]))
    return relisted(
        replace(plan, steps=tuple(steps), criticality=money), draw(st.randoms(use_true_random=False))
    ), around


def relisted(plan: Plan, random: Random) -> Plan:
    """The same plan with its steps listed in another order that the needs allow."""
    left, listed = list(plan.steps), list[Step]()
    while left:
        done = {step.id for step in listed}
        places = [plan.steps.index(step) for step in left if set(step.needs) <= done]
        step = plan.steps[random.choice([place for place in places if releases_before(plan, place) <= done])]
        listed.append(step)
        left.remove(step)
    return replace(plan, steps=tuple(listed))


@given(plans() | loosened())
def test_every_order_is_judged_as_if_walked_alone(made: tuple[Plan, Surroundings]) -> None:
    plan, around = made
    assert pairs(plan, around) == every_order(plan, around)


@given(plans())
def test_the_listed_order_comes_first_and_its_refusals_are_of_one_step(made: tuple[Plan, Surroundings]) -> None:
    plan, around = made
    model, first = start(plan, around), []
    for number, step in enumerate(plan.steps):
        moment = Moment(plan, around, plan.steps[:number], model, step, after(model, step, plan))
        first = [(step.id, breach.rule) for breach in breaches(moment)]
        if first:
            break
        model = moment.after
    told = simulate(plan, around).refused
    assert [(each.step, each.rule) for each in told[: len(first)]] == first
    position = {step.id: number for number, step in enumerate(plan.steps)}
    rest = [position[each.step] for each in told[len(first) :]]
    assert rest == sorted(rest)
    assert all(each.order is None for each in told[: len(first)])
    assert all(each.fix and each.message for each in told)


@given(plans() | loosened(), st.randoms(use_true_random=False))
def test_the_order_of_the_file_makes_no_difference(made: tuple[Plan, Surroundings], random: Random) -> None:
    plan, around = made
    assert pairs(relisted(plan, random), around) == pairs(plan, around)


@given(plans() | loosened())
def test_more_needs_never_refuse_more_steps_for_a_clean_plan(made: tuple[Plan, Surroundings]) -> None:
    plan, around = made
    if not pairs(plan, around):
        ids = [step.id for step in plan.steps]
        chain = tuple(replace(step, needs=tuple(ids[:number])) for number, step in enumerate(plan.steps))
        assert not pairs(replace(plan, steps=chain), around)


@pytest.mark.parametrize("id_", PLANS)
def test_a_clean_plan_is_clean_in_every_order(id_: str) -> None:
    plan, around = plan_of(id_)
    assert every_order(plan, around) == set()


NEEDED = {
    "comm-010-manager-to-event": {"1": {"2"}, "2": {"3"}, "4": {"6"}},
    "comm-040-credit-to-event": {"1": {"2"}, "2": {"3"}, "3": {"5"}, "5": {"6"}, "6": {"7"}},
    "comm-060-task-rating-to-call": {"1": {"2"}, "2": {"3"}, "3": {"4"}, "4": {"5"}, "5": {"6"}},
    "us-160-assessment-v2": {"5": {"11a"}, "11a": {"14"}, "14": {"15"}, "15": {"17"}, "17": {"18"}},
    "us-170-manager-v2": {"1": {"2"}, "2": {"3"}, "4": {"5"}, "5": {"6"}, "6": {"7"}},
}
"""By plan: a step, and where the plan without it is refused."""


@pytest.mark.parametrize(("id_", "step"), [(id_, step) for id_, steps in NEEDED.items() for step in steps])
def test_a_plan_without_a_step_that_others_need_is_refused(id_: str, step: str) -> None:
    found = lint(without_step(id_, step), id_)
    assert found.errors == ()
    assert {each.step for each in found.refused} == NEEDED[id_][step]
    assert found.exit_code == 1


@pytest.mark.parametrize(("id_", "step"), [(id_, step) for id_, steps in NEEDED.items() for step in steps])
def test_a_plan_is_refused_where_nothing_waits_for_a_step(id_: str, step: str) -> None:
    """The other orders are looked at: the same step, listed in place, but needed by nobody."""
    plan, around = plan_of(id_)
    lone = tuple(replace(each, needs=tuple(need for need in each.needs if need != step)) for each in plan.steps)
    outcome = simulate(replace(plan, steps=lone), around)
    assert {each.step for each in outcome.refused} >= NEEDED[id_][step] or services_keep_order(plan, step)


def services_keep_order(plan: Plan, id_: str) -> bool:
    step = plan.step(id_)
    return step is not None and isinstance(step.action, Release)


# Other names.

NAMES = st.from_regex(r"[a-z][a-z0-9]{2,6}", fullmatch=True).filter(
    lambda name: name not in {"hiring", "bonuses", "assessments", "schemas", "services", "table"}
)


def renamed(project: Project, names: dict[str, str]) -> Project:
    """The project with services and events called otherwise."""

    def new(value: object) -> object:
        if isinstance(value, str):
            return rename(value, names)
        if isinstance(value, tuple):
            return tuple(map(new, value))
        if isinstance(value, dict):
            return {new(key): new(each) for key, each in value.items()}
        if hasattr(value, "__dataclass_fields__"):
            fields = {name: new(getattr(value, name)) for name in value.__dataclass_fields__}
            return replace(value, **fields)  # type: ignore[type-var]
        return value

    catalog = project.catalog
    return replace(
        project,
        catalog=replace(
            catalog,
            versions=new(dict(catalog.versions)),
            services=new(dict(catalog.services)),
            settings=new(dict(catalog.settings)),
        ),
    )


def rename(text: str, names: dict[str, str]) -> str:
    return re.sub("|".join(map(re.escape, names)), lambda match: names[match[0]], text)


OLD_NAMES = ("hiring", "bonuses", "assessments", "task.rating", "solution.completed")


@given(st.lists(NAMES, min_size=5, max_size=5, unique=True), st.sampled_from(sorted(PLANS)))
def test_other_names_change_nothing(new: list[str], id_: str) -> None:
    names = dict(zip(OLD_NAMES, new, strict=True))
    project = renamed(own_project(), names)
    text = rename(PLANS[id_], names).replace(rename(id_, names), id_)
    clean = lint(text, id_, project)
    assert (clean.errors, clean.refused, clean.warnings) == ((), (), ())
    shortened = rename(without_step(id_, *list(NEEDED[id_])[:1]), names).replace(rename(id_, names), id_)
    assert refused(lint(shortened, id_, project)) == refused(lint(without_step(id_, *list(NEEDED[id_])[:1]), id_))


# Broken files.


@st.composite
def broken(draw: st.DrawFn) -> tuple[str, str]:
    """A plan's text with lines taken out or moved and words exchanged."""
    id_ = draw(st.sampled_from(sorted(PLANS)))
    lines = PLANS[id_].splitlines()
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["drop", "double", "move", "word", "cut"])):
            case "drop":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "move":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
            case "word":
                words = re.findall(r"[\w.-]+|[^\w\s]", lines[at]) or [""]
                old, new = (
                    draw(st.sampled_from(words)),
                    draw(st.sampled_from(["1", "[]", '""', "true", "{}", "x", "2"])),
                )
                lines[at] = lines[at].replace(old, new, 1) if old else lines[at]
            case _:
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
    return "\n".join(lines), id_


@given(broken())
def test_a_broken_file_is_a_mistake_and_never_a_crash(made: tuple[str, str]) -> None:
    text, id_ = made
    found = lint(text, id_)
    assert found.exit_code in (0, 1, 2, 3)
    for error in found.errors:
        assert 1 <= error.line <= len(text.splitlines()) + 1
        assert error.message


@given(st.binary(max_size=400))
def test_any_bytes_are_a_mistake_and_never_a_crash(data: bytes) -> None:
    project = own_project()
    assert lint_file(data, "x", project.catalog, project.config).exit_code == 2


# Width.


def test_sixteen_services_side_by_side_are_looked_at_whole() -> None:
    outcome = simulate(wide(16, connected=True), Surroundings(frozenset({1, 2})))
    assert (outcome.refused, outcome.complete) == ((), True)


def test_a_switch_that_waits_for_nobody_is_refused_however_wide_the_plan() -> None:
    outcome = simulate(wide(16, connected=False), Surroundings(frozenset({1, 2})), most=500)
    (refusal,) = outcome.refused
    assert (refusal.step, refusal.rule, outcome.complete) == ("switch", "S1", True)
    assert '"s0-both", "s1-both"' in refusal.fix, "the releases that are there are named, none is written anew"
    assert "kind" not in refusal.fix


@pytest.mark.parametrize("make", [to_call, to_event])
def test_twenty_callers_side_by_side_are_looked_at_whole(make: Callable[[int], Plan]) -> None:
    plan = make(20)
    assert len(plan.steps) > 40
    for each in (plan, replace(plan, criticality="money", probes={"effects": Probe(Exec(("x",)), "effects", 0)})):
        outcome = simulate(each, Surroundings(frozenset({1})))
        assert (outcome.refused, outcome.complete) == ((), True)


def test_fifty_steps_that_need_nothing_are_looked_at_whole() -> None:
    plan = wide(16, connected=True)
    loose = replace(plan, steps=tuple(replace(step, needs=(), needs_written=True) for step in plan.steps))
    outcome = simulate(loose, Surroundings(frozenset({1, 2})))
    assert outcome.complete
    assert {"switch", "drain", "retire", "s0-both", "s15-new"} <= {each.step for each in outcome.refused}


def test_more_steps_than_anybody_could_follow_are_a_mistake() -> None:
    head, rest = PLANS["us-170-manager-v2"].split("step = [", 1)
    _, tail = rest.split("\n]\n", 1)
    steps = "\n".join(f'  {{ id = "x{n}", kind = "stop", actor = "assessments", version = 1 }},' for n in range(5_000))
    found = lint(f"{head}step = [\n{steps}\n]\n{tail}", "us-170-manager-v2")
    assert any("300 steps" in each.message for each in found.errors)


def test_a_limit_that_is_met_is_no_yes() -> None:
    plan, around = plan_of("us-160-assessment-v2")
    found = simulate(plan, around, most=3)
    assert (found.refused, found.complete) == ((), False)


def test_mistakes_and_refusals_are_told_together() -> None:
    text = without_step("us-160-assessment-v2", "11a").replace('quiet_period = "30m"', 'quiet_period = "1m"')
    found = lint(text, "us-160-assessment-v2")
    assert mistakes(found) == ["MG17"]
    assert refused(found) == [("14", "S1")]
    assert found.exit_code == 2


def money_shops() -> list[tuple[Plan, Surroundings]]:
    """Plans with every kind of step side by side, for several services, with and without money and one key."""
    found = []
    for id_ in sorted(PLANS):
        plan, around = plan_of(id_)
        services = sorted(plan.parties)
        version = plan.new_version or plan.old_version or 1
        steps = [
            *(written(f"{name}-{number}", action, name)
              for number, action in enumerate((SyncOn(), SyncOff("one-key"), SwitchOn(version), Stop(version)))
              for name in services),
            *(written(f"{name}-r{number}", action, name)
              for number, action in enumerate((
                  Release(plan.versions), Release(mode="shadow"), Release(mode="live"), Release(calls=True),
                  Release(serves=True), Release(produces=(version,)), Release(calls=False), Release(()),
                  Release(serves=False), Release(produces=())))
              for name in services),
            *(written(f"a{number}", action, services[0])
              for number, action in enumerate((
                  *map(Register, plan.versions), *map(Drain, plan.versions), *map(Retire, plan.versions),
                  Retire(version, "hard-delete"), Backfill("emit"), Backfill("rewrite"), DropTable(("bonuses.t",)),
                  DeleteTopic(plan.topic_of(version) or "t")))),
        ]  # fmt: skip
        for money in ("normal", "money"):
            for keys in ((), ("payload.id",)):
                consumers = tuple(replace(each, idempotency_key=keys) for each in plan.consumers)
                found.append((replace(plan, steps=tuple(steps), criticality=money, consumers=consumers), around))
    return found


def test_steps_whose_footprints_do_not_touch_may_come_in_either_order() -> None:
    random = Random(17)  # noqa: S311 - a seed, so that a failure comes again
    for plan, around in money_shops() * EXAMPLES:
        prints, numbers = footprints(plan), list(range(len(plan.steps)))
        random.shuffle(numbers)
        done = set[str]()
        for number in numbers[: random.randrange(len(numbers))]:
            done |= {plan.steps[number].id} if releases_before(plan, number) <= done else set()
        model = some_world(plan, around, done, random)
        if breaches(Moment(plan, around, (), model, written("nothing", Do()), model)):
            continue  # no steps that are let through lead there
        ready = [n for n in numbers if plan.steps[n].id not in done and releases_before(plan, n) <= done]
        for one, other in zip(ready[::2], ready[1::2], strict=False):
            if not prints[one].touches(prints[other]):
                assert both_ways(plan, around, model, one, other), (plan.id, plan.steps[one], plan.steps[other], model)


def some_world(plan: Plan, around: Surroundings, done: set[str], random: Random) -> Model:
    """Any world in which consumers read what the releases that are done left them; reached in no special way."""
    model = start(plan, around)
    for step in plan.steps:
        if step.id in done and isinstance(step.action, Release) and step.action.consumes is not None:
            model = after(model, step, plan)

    def some(values: Iterable[Any]) -> frozenset[Any]:
        return frozenset(value for value in sorted(values, key=str) if random.random() < 0.5)

    emitted = [(name, version) for name in plan.emitters for version in plan.versions]
    coded, lists = some(plan.callers), some(emitted)
    emits = some(lists)
    return replace(
        model,
        registered=some([*plan.versions]),
        emits=emits,
        lists=lists,
        unread=some(plan.versions) | {version for _, version in emits},
        shadow=some(plan.readers),
        served=random.random() < 0.7,
        called=some(coded),
        coded=coded,
        parity=random.random() < 0.5,
    )


def judged(plan: Plan, around: Surroundings, model: Model, number: int) -> tuple[frozenset[str], Model]:
    """The rules that a step breaks in a world, and the world after it."""
    step = plan.steps[number]
    world = after(model, step, plan)
    return frozenset(each.rule for each in breaches(Moment(plan, around, (), model, step, world))), world


def both_ways(plan: Plan, around: Surroundings, model: Model, one: int, other: int) -> bool:
    """Each is judged the same before and after the other, and both orders end in one world."""
    first, world = judged(plan, around, model, one)
    second, elsewhere = judged(plan, around, model, other)
    later, end = judged(plan, around, world, other)
    earlier, same_end = judged(plan, around, elsewhere, one)
    if first or second:  # a step that is refused is not taken, and the other one is judged without it
        return bool(first or second == later) and bool(second or first == earlier)
    return second == later and first == earlier and end == same_end
