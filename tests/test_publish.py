"""Publishing to the embedded registry: what is planned is what happens, and what is there afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from publishing import URL, Publisher, World, a_world, may_write, schema, version
from schemagate.errors import NoAnswer, Refused
from schemagate.facts import Server, SubjectState
from schemagate.publish.actions import Blocked, Nothing, Register, SetLevel, Why
from schemagate.publish.apply import Failed, LevelSet, NotRestored, Published, Restored
from schemagate.publish.verify import Different, Unverified, Verified
from schemagate.registry import answers
from schemagate.schema.event import Level

CANDIDATE = "candidate.v1-value"
MANAGER = "manager.v1-value"
PRICE = "price.v1-value"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as world:
        yield world


def refuse(code: int) -> httpx.Response:
    return httpx.Response(int(str(code)[:3]), json={"error_code": code, "message": "said the server"})


# The plain way


def test_a_first_publication_and_a_second_that_does_nothing(world: World) -> None:
    text = schema("id")
    publisher = world.publisher(version("manager", text, Level.FORWARD_TRANSITIVE))
    plan = publisher.plan()
    id_ = plan.actions[0].version
    assert plan.actions == (
        SetLevel(id_, MANAGER, "BACKWARD", before_is_own=False, after=Level.FORWARD_TRANSITIVE),
        Register(id_, MANAGER, 1, text, "JSON", Level.FORWARD_TRANSITIVE),
    )
    assert world.state() == {}

    report = publisher.apply(plan)
    assert report.succeeded
    assert [type(result) for result in report.results] == [LevelSet, Published]
    assert world.state() == {MANAGER: ("FORWARD_TRANSITIVE", [json.loads(text)])}

    (check,) = publisher.verify(plan)
    assert isinstance(check, Verified)
    assert check.found_by_lookup
    published = report.results[1]
    assert isinstance(published, Published)
    assert (check.id, check.guid) == (published.id, published.guid)
    assert publisher.told == [*report.results, check]

    again = world.publisher(version("manager", text, Level.FORWARD_TRANSITIVE))
    assert again.plan().actions == (Nothing(id_, MANAGER, 1),)
    report, checks = again.publish()
    assert (report.results, report.succeeded) == ((), True)
    assert [type(check) for check in checks] == [Verified]
    assert again.network.writes == []


def test_a_second_revision(world: World) -> None:
    world.publisher(version("manager", schema("id", "name"))).publish()
    publisher = world.publisher(version("manager", schema("id")))
    plan = publisher.plan()
    (register,) = plan.actions
    assert isinstance(register, Register)
    assert (register.number, register.compared_with) == (2, (1,))
    report, checks = publisher.publish()
    assert report.succeeded
    assert isinstance(checks[0], Verified)
    assert world.state() == {MANAGER: ("BACKWARD", [json.loads(schema("id", "name")), json.loads(schema("id"))])}


def test_the_number_counts_deleted_versions(world: World) -> None:
    world.publisher(version("manager", schema("id", "name"))).publish()
    world.register(MANAGER, schema("id"))
    httpx.Client(transport=world.transport).delete(f"{URL}/subjects/{MANAGER}/versions/2").raise_for_status()
    publisher = world.publisher(version("manager", schema("name")))
    (register,) = publisher.plan().actions
    assert isinstance(register, Register)
    assert register.number == 3
    report, checks = publisher.publish()
    assert report.succeeded
    assert isinstance(checks[0], Verified)


def test_a_level_that_only_the_registry_has_is_set_all_the_same(world: World) -> None:
    world.register(MANAGER, schema("id"))
    publisher = world.publisher(version("manager", schema("id"), Level.BACKWARD))
    (action,) = publisher.plan().actions
    assert isinstance(action, SetLevel)
    assert (action.before, action.before_is_own, action.after, action.loosens) == ("BACKWARD", False, "BACKWARD", False)
    publisher.publish()
    assert world.state()[MANAGER][0] == "BACKWARD"


def test_a_tighter_level_looks_back(world: World) -> None:
    world.set_level(MANAGER, "NONE")
    for names in (("a",), ("a", "b"), ("a", "b", "c"), ("c",)):
        world.register(MANAGER, schema(*names))
    publisher = world.publisher(version("manager", schema("c"), Level.BACKWARD_TRANSITIVE))
    (action,) = publisher.plan().actions
    assert isinstance(action, SetLevel)
    assert (action.revisions, action.failing, action.unclear) == ((1, 2, 3, 4), (2, 3, 4), ())
    (action,) = world.publisher(version("manager", schema("c"), Level.BACKWARD)).plan().actions
    assert isinstance(action, SetLevel)
    assert action.failing == (2, 3)
    report, checks = publisher.publish()
    assert report.succeeded
    assert isinstance(checks[0], Verified)


@pytest.mark.parametrize(
    ("before", "after", "loosens"),
    [
        ("BACKWARD", "FULL", False),
        ("BACKWARD", "FULL_TRANSITIVE", False),
        ("NONE", "BACKWARD", False),
        ("FULL", "FULL", False),
        ("BACKWARD", "FORWARD", True),
        ("FULL", "BACKWARD_TRANSITIVE", True),
        ("BACKWARD_TRANSITIVE", "FULL", True),
        ("BACKWARD", "NONE", True),
        ("SOMETHING_NEW", "FULL_TRANSITIVE", True),
    ],
)
def test_what_loosens(world: World, before: str, after: str, loosens: bool) -> None:
    publisher = world.publisher(version("manager", schema("id")))
    id_ = publisher.plan().actions[0].version
    assert SetLevel(id_, MANAGER, before, True, Level(after)).loosens == loosens


# Plans are values


def test_equal_input_gives_an_equal_plan(world: World) -> None:
    versions = [version(name, schema(name)) for name in ("price", "candidate", "manager")]
    plan = world.publisher(*versions).plan()
    again = world.publisher(*reversed(versions)).plan()
    assert (plan.actions, plan.digest) == (again.actions, again.digest)
    assert [action.subject for action in plan.actions] == [s for s in (CANDIDATE, MANAGER, PRICE) for _ in range(2)]
    assert plan.id == plan.digest[:7]


def test_another_plan_has_another_id(world: World) -> None:
    world.register(PRICE, schema("id"))
    plain = world.publisher(version("manager", schema("id"))).plan()
    digests = {
        plain.digest,
        world.publisher(version("manager", schema("id", "x"))).plan().digest,
        world.publisher(version("manager", schema("id"), Level.FULL)).plan().digest,
        world.publisher(version("candidate", schema("id"))).plan().digest,
        world.publisher(version("price", schema("id"))).plan().digest,
        world.publisher().plan().digest,
    }
    world.register(MANAGER, schema("id", "name"))
    digests.add(world.publisher(version("manager", schema("id"))).plan().digest)
    assert len(digests) == 7


def test_a_plan_belongs_to_one_registry_as_it_was_seen(world: World) -> None:
    world.publisher(version("manager", schema("id"))).publish()
    plan = world.publisher(version("manager", schema("id"))).plan()
    state = plan.facts.subjects[MANAGER]
    assert isinstance(state, SubjectState)
    others = [
        replace(plan, environment="production"),
        replace(plan, facts=replace(plan.facts, urls=("http://other",))),
        replace(plan, facts=replace(plan.facts, subjects={MANAGER: replace(state, mode="READONLY")})),
        replace(plan, facts=replace(plan.facts, subjects={MANAGER: replace(state, next_version=5)})),
    ]
    assert len({plan.digest, *(other.digest for other in others)}) == 5
    upgraded = replace(plan, facts=replace(plan.facts, server=Server("Confluent", "9.0")))
    assert upgraded.digest == plan.digest


def test_an_expected_plan(world: World) -> None:
    plan = world.publisher(version("manager", schema("id"))).plan()
    plan.expect(plan.id)
    plan.expect(plan.digest[:12].upper())
    for other in ("", plan.id[:6], "0" * 7, plan.digest + "0"):
        with pytest.raises(Refused, match="another one now") as caught:
            plan.expect(other)
        assert caught.value.next_step == "schemagate plan --env test"


# What stands in the way


def only_block(publisher: Publisher) -> Blocked:
    """The only action, with the proof that nothing of such a plan is applied."""
    plan = publisher.plan()
    before = publisher.world.state()
    (blocked,) = plan.actions
    assert isinstance(blocked, Blocked)
    assert plan.blocked == (blocked,)
    assert plan.targets == ()
    assert blocked.next_step
    with pytest.raises(NoAnswer if blocked.why is Why.UNKNOWN else Refused, match="Nothing was changed") as caught:
        publisher.apply(plan)
    assert blocked.reason in caught.value.message
    assert publisher.world.state() == before
    return blocked


def test_what_the_level_forbids(world: World) -> None:
    world.publisher(version("manager", schema("id"))).publish()
    blocked = only_block(world.publisher(version("manager", schema("id", "name"))))
    assert blocked.why is Why.INCOMPATIBLE
    assert "REQUIRED_ATTRIBUTE_ADDED" in blocked.reason


def test_under_a_new_level_our_own_verdict_counts(world: World) -> None:
    world.publisher(version("manager", schema("id"), Level.NONE)).publish()
    blocked = only_block(world.publisher(version("manager", schema("id", "name"), Level.BACKWARD)))
    assert blocked.why is Why.INCOMPATIBLE
    assert "version 1 stands against it: REQUIRED_ATTRIBUTE_ADDED #/required/name" in blocked.reason


def test_a_looser_level_allows_what_the_old_one_forbids(world: World) -> None:
    world.publisher(version("manager", schema("id"), Level.FULL)).publish()
    publisher = world.publisher(version("manager", schema("id", "name"), Level.FORWARD))
    assert [type(action) for action in publisher.plan().actions] == [SetLevel, Register]
    report, checks = publisher.publish()
    assert report.succeeded
    assert isinstance(checks[0], Verified)


def test_a_revert_is_never_registered(world: World) -> None:
    first, second = schema("id"), schema("id", title="second")
    world.publisher(version("manager", first)).publish()
    world.publisher(version("manager", second)).publish()
    for text in (first, json.dumps(json.loads(first), sort_keys=True)):  # the second is found by its parsed form only
        blocked = only_block(world.publisher(version("manager", text)))
        assert blocked.why is Why.REVERT
        assert "version 1 already, and version 2 is the latest" in blocked.reason


def test_a_reference_to_another_file_is_named_with_its_place(world: World) -> None:
    text = schema("id", **{"$defs": {"a/b": {"allOf": [{"$ref": "../_shared/money.json#/$defs/amount"}]}}})
    wanted = version("manager", text)
    object.__setattr__(wanted.content, "references", {"schemas/_shared/money.json": '{"$defs": {"amount": {}}}'})
    blocked = only_block(world.publisher(wanted))
    assert blocked.why is Why.REFERENCES
    place = 'schemas/manager/v1.json at #/$defs/a~1b/allOf/0/$ref refers to "../_shared/money.json#/$defs/amount"'
    assert place in blocked.reason


def test_a_reference_that_only_a_reference_leads_to(world: World) -> None:
    text = json.dumps({"$ref": "#/x-kept/here", "x-kept": {"here": {"$ref": "../_shared/a.json"}}})
    wanted = version("manager", text)
    object.__setattr__(wanted.content, "references", {"schemas/_shared/a.json": "{}"})
    blocked = only_block(world.publisher(wanted))
    assert blocked.why is Why.REFERENCES
    assert "#/x-kept/here/$ref" in blocked.reason


def test_references_inside_the_file_are_fine(world: World) -> None:
    here = "https://example.com/x"
    references = [{"$ref": f"{here}#/$defs/a"}, {"$ref": "#"}, {"$ref": "x"}]
    text = json.dumps({"$id": here, "allOf": references, "$defs": {"a": {"type": "object"}}})
    report, checks = world.publisher(version("manager", text)).publish()
    assert report.succeeded
    assert isinstance(checks[0], Verified)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"$ref": "nowhere.json"}', '{"a": 1, "a": 2}'])
def test_what_is_no_schema(world: World, text: str) -> None:
    blocked = only_block(world.publisher(version("manager", text)))
    assert blocked.why is Why.INVALID
    assert "schemas/manager/v1.json" in blocked.reason


def test_what_only_the_registry_takes_for_no_schema(world: World) -> None:
    blocked = only_block(world.publisher(version("manager", '{"type": "strin"}')))
    assert blocked.why is Why.INVALID
    assert "42201" in blocked.reason


def test_two_versions_cannot_share_a_subject(world: World) -> None:
    versions = [version("manager", schema("id"), number=n, subject="{event}-value") for n in (1, 2)]
    plan = world.publisher(*versions).plan()
    assert [blocked.why for blocked in plan.blocked] == [Why.SUBJECT_CLASH, Why.SUBJECT_CLASH]
    assert plan.blocked[0].reason == "manager@1 and manager@2 ask for one subject"


def answering(path: str, response: httpx.Response) -> Any:
    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        return response if request.url.path == path else forward()

    return hook


def test_a_mode_that_takes_no_changes(world: World) -> None:
    hook = answering(f"/mode/{MANAGER}", httpx.Response(200, json={"mode": "READONLY"}))
    blocked = only_block(world.publisher(version("manager", schema("id")), hook=hook))
    assert blocked.why is Why.MODE
    assert "READONLY" in blocked.reason
    world.publisher(version("manager", schema("id"))).publish()
    (action,) = world.publisher(version("manager", schema("id")), hook=hook).plan().actions
    assert isinstance(action, Nothing)  # what needs no change needs no right to change


def test_a_type_that_the_server_does_not_take(world: World) -> None:
    hook = answering("/schemas/types", httpx.Response(200, json=["AVRO"]))
    blocked = only_block(world.publisher(version("manager", schema("id")), hook=hook))
    assert blocked.why is Why.TYPE_UNSUPPORTED


def test_an_alias_answers_for_another_subject(world: World) -> None:
    config = {"compatibilityLevel": "BACKWARD", "alias": "other"}
    hook = answering(f"/config/{MANAGER}", httpx.Response(200, json=config))
    blocked = only_block(world.publisher(version("manager", schema("id")), hook=hook))
    assert blocked.why is Why.ALIAS


@pytest.mark.parametrize(
    ("names", "answer"),
    [(("id",), {"is_compatible": False, "messages": ["for no reason"]}), (("id", "x", "y"), {"is_compatible": True})],
)
def test_a_registry_that_contradicts_us(world: World, names: tuple[str, ...], answer: dict[str, Any]) -> None:
    world.publisher(version("manager", schema("id", "x"))).publish()
    hook = answering(f"/compatibility/subjects/{MANAGER}/versions", httpx.Response(200, json=answer))
    blocked = only_block(world.publisher(version("manager", schema(*names)), hook=hook))
    assert blocked.why is Why.CONTRADICTION


@pytest.mark.parametrize("response", [refuse(500), refuse(42201), refuse(40401)])
def test_a_check_that_fails_is_unknown(world: World, response: httpx.Response) -> None:
    world.publisher(version("manager", schema("id", "x"))).publish()
    hook = answering(f"/compatibility/subjects/{MANAGER}/versions", response)
    blocked = only_block(world.publisher(version("manager", schema("id")), hook=hook))
    assert blocked.why is Why.UNKNOWN


@pytest.mark.parametrize(("level", "asked"), [(Level.BACKWARD, ["2"]), (Level.BACKWARD_TRANSITIVE, ["2", "1"])])
def test_a_server_without_the_whole_check_is_asked_one_by_one(world: World, level: Level, asked: list[str]) -> None:
    world.set_level(MANAGER, level)
    world.register(MANAGER, schema("a", "b", "c"))
    world.register(MANAGER, schema("a", "b"))
    hook = answering(f"/compatibility/subjects/{MANAGER}/versions", httpx.Response(404, json="Not Found"))
    publisher = world.publisher(version("manager", schema("a"), level), hook=hook)
    assert [type(action) for action in publisher.plan().actions] == [Register]
    checks = [r.url.path.rpartition("/")[2] for r in publisher.network.requests if "/compatibility/" in r.url.path]
    assert checks == ["versions", *asked]


def test_a_subject_that_may_not_be_read(world: World) -> None:
    hook = answering(f"/config/{MANAGER}", refuse(403))
    plan = world.publisher(version("manager", schema("id")), version("price", schema("id")), hook=hook).plan()
    assert [(blocked.subject, blocked.why) for blocked in plan.blocked] == [(MANAGER, Why.UNKNOWN)]
    assert "answered 403" in plan.blocked[0].reason
    assert [change.subject for change in plan.changes] == [PRICE, PRICE]


@pytest.mark.parametrize("response", [refuse(401), httpx.Response(200, html="<html>"), httpx.Response(502)])
def test_a_registry_that_gives_no_answer_gives_no_plan(world: World, response: httpx.Response) -> None:
    publisher = world.publisher(version("manager", schema("id")), hook=lambda *_: response)
    with pytest.raises(NoAnswer):
        publisher.plan()


# Formatting: P10


def test_another_order_of_keys_is_no_change(world: World) -> None:
    text = schema("id")
    world.publisher(version("manager", text)).publish()
    before = world.state()
    other = json.dumps(json.loads(text), sort_keys=True)
    assert other != json.dumps(json.loads(text))
    publisher = world.publisher(version("manager", other))
    plan = publisher.plan()
    assert [type(action) for action in plan.actions] == [Nothing]
    report, (check,) = publisher.publish()
    assert report.succeeded
    assert isinstance(check, Verified)
    assert not check.found_by_lookup
    assert world.state() == before


def test_a_change_of_the_description_alone_is_one(world: World) -> None:
    world.publisher(version("manager", schema("id"))).publish()
    publisher = world.publisher(version("manager", schema("id", description="who leads")))
    report, _ = publisher.publish()
    assert [type(result) for result in report.results] == [Published]


def test_two_formattings_are_two_versions_and_one_content(world: World) -> None:
    """Registered behind our back: the older formatting is ours, and the latest version says the same."""
    ours = schema("id")
    world.register(MANAGER, ours)
    world.register(MANAGER, json.dumps(json.loads(ours), sort_keys=True))
    publisher = world.publisher(version("manager", ours))
    report, (check,) = publisher.publish()
    assert [type(result) for result in report.results] == [LevelSet]
    assert isinstance(check, Verified)
    assert (check.target.number, check.found_by_lookup) == (2, False)


# What registries tell in their own way


def test_a_group_makes_our_own_verdict_void(world: World) -> None:
    """Only versions of one group are compared, and which they are is in metadata that we do not read."""
    world.publisher(version("manager", schema("id", "x"))).publish()
    config = {"compatibilityLevel": "BACKWARD", "compatibilityGroup": "major"}
    hook = answering(f"/config/{MANAGER}", httpx.Response(200, json=config))
    plan = world.publisher(version("manager", schema("id")), hook=hook).plan()
    assert [type(action) for action in plan.actions] == [Register]  # the registry says yes
    blocked = only_block(world.publisher(version("manager", schema("id"), Level.FULL), hook=hook))
    assert blocked.why is Why.UNKNOWN


def test_a_lookup_and_a_list_that_do_not_fit_together(world: World) -> None:
    world.publisher(version("manager", schema("id"))).publish()
    found = {"subject": MANAGER, "version": 3, "id": 9, "schema": schema("id", title="new"), "schemaType": "JSON"}
    hook = answering(f"/subjects/{MANAGER}", httpx.Response(200, json=found))
    blocked = only_block(world.publisher(version("manager", schema("id", title="new")), hook=hook))
    assert blocked.why is Why.UNKNOWN
    assert "does not list that version" in blocked.reason


def test_a_registry_that_goes_down_while_it_is_read_gives_no_plan(world: World) -> None:
    hook = answering(f"/mode/{MANAGER}", httpx.Response(502))
    with pytest.raises(answers.Unreachable):
        world.publisher(version("manager", schema("id")), hook=hook).plan()


def test_a_level_that_is_not_in_force_is_not_set(world: World) -> None:
    """Apicurio says NONE for a subject without a level of its own, while the global one is enforced."""
    world.register(MANAGER, schema("id"))

    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        if request.url.path == f"/config/{MANAGER}" and request.url.params.get("defaultToGlobal") == "false":
            return httpx.Response(200, json={"compatibilityLevel": "NONE"})
        return forward()

    (action,) = world.publisher(version("manager", schema("id"), Level.NONE), hook=hook).plan().actions
    assert isinstance(action, SetLevel)
    assert (action.before, action.before_is_own) == ("BACKWARD", False)


# What moves in between: P2, P4


@pytest.mark.parametrize(
    ("move", "says"),
    [
        (
            lambda world: world.register(MANAGER, schema("x")),
            "has version 1, registered by somebody else",
        ),
        (
            lambda world: world.set_level(MANAGER, "FULL"),
            "has the level FULL, was BACKWARD (the registry's)",
        ),
    ],
)
def test_a_registry_that_moved_is_left_alone(world: World, move: Any, says: str) -> None:
    publisher = world.publisher(version("manager", schema("id")), version("price", schema("id")))
    plan = publisher.plan()
    move(world)
    before = world.state()
    with pytest.raises(Refused, match="another one now") as caught:
        publisher.apply(plan)
    assert f"{MANAGER} {says}" in caught.value.message
    assert publisher.plan().id in caught.value.message
    assert plan.id in caught.value.message
    assert publisher.network.writes == []
    assert world.state() == before


def test_a_repository_that_moved_is_refused_as_well(world: World) -> None:
    publisher = world.publisher(version("manager", schema("id")))
    plan = publisher.plan()
    publisher.versions = (version("manager", schema("other")),)
    with pytest.raises(Refused, match="the repository asks for something else"):
        publisher.apply(plan)
    assert publisher.network.writes == []


def before_registration(act: Any) -> Any:
    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        if (
            request.method == "POST"
            and request.url.path.endswith("-value/versions")
            and "compat" not in request.url.path
        ):
            act()
        return forward()

    return hook


def test_a_race_is_lost_before_the_registration(world: World) -> None:
    """Somebody registers after the level is set and before we look at the versions again."""

    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        response = forward()
        if request.method == "PUT":
            world.register(MANAGER, schema("x"))
        return response

    publisher = world.publisher(version("manager", schema("id"), Level.NONE), hook=hook)
    report = publisher.apply(publisher.plan())
    failed = report.results[1]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, Refused)
    assert "has version 1 now, registered by somebody else" in failed.error.message
    assert [type(result) for result in report.results] == [LevelSet, Failed, Restored]
    assert not report.succeeded
    assert world.state() == {MANAGER: (None, [json.loads(schema("x"))])}


def test_a_race_is_lost_in_the_registration(world: World) -> None:
    """The narrowest case: both are compatible, both are kept, and the second publisher hears that it was not first."""
    hook = before_registration(lambda: world.register(MANAGER, schema("id", "x")))
    publisher = world.publisher(version("manager", schema("id")), hook=hook)
    plan = publisher.plan()
    report = publisher.apply(plan)
    failed = report.results[1]
    assert isinstance(failed, Failed)
    assert "got another version in between" in failed.error.message
    assert "it is version 2" in failed.error.message
    assert failed.error.exit_code == 1
    assert not report.succeeded
    assert world.state() == {MANAGER: ("BACKWARD", [json.loads(schema("id", "x")), json.loads(schema("id"))])}
    (check,) = publisher.verify(plan)
    assert isinstance(check, Different)


def test_two_publishers_with_the_same_content_both_succeed(world: World) -> None:
    other = world.publisher(version("manager", schema("id")))
    publisher = world.publisher(version("manager", schema("id")), hook=before_registration(other.publish))
    report, (check,) = publisher.publish()
    assert report.succeeded
    assert isinstance(check, Verified)
    assert world.state() == {MANAGER: ("BACKWARD", [json.loads(schema("id"))])}


# What fails in between


def failing(path: str, response: httpx.Response, method: str = "POST") -> Any:
    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        return response if (request.method, request.url.path) == (method, path) else forward()

    return hook


@pytest.mark.parametrize(
    "response", [refuse(40901), refuse(42201), refuse(403), refuse(500), httpx.Response(200, html="<h>")]
)
def test_a_subject_that_fails_gets_its_level_back_and_the_others_go_on(world: World, response: httpx.Response) -> None:
    world.set_level(CANDIDATE, "FULL")
    versions = [version(name, schema("id"), Level.FORWARD) for name in ("candidate", "manager", "price")]
    hooks = [failing(f"/subjects/{subject}/versions", response) for subject in (CANDIDATE, MANAGER)]

    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        return hooks[0](index, request, lambda: hooks[1](index, request, forward))

    report, checks = world.publisher(*versions, hook=hook).publish()
    kinds = [LevelSet, Failed, Restored, LevelSet, Failed, Restored, LevelSet, Published]
    assert [type(result) for result in report.results] == kinds
    assert (report.not_tried, report.succeeded) == ((), False)
    assert world.state() == {CANDIDATE: ("FULL", []), PRICE: ("FORWARD", [json.loads(schema("id"))])}
    assert [type(check) for check in checks] == [Different, Different, Verified]


def test_a_tighter_level_stays(world: World) -> None:
    hook = failing(f"/subjects/{MANAGER}/versions", refuse(42201))
    report = (p := world.publisher(version("manager", schema("id"), Level.FULL), hook=hook)).apply(p.plan())
    assert [type(result) for result in report.results] == [LevelSet, Failed]
    assert world.state() == {MANAGER: ("FULL", [])}


def test_a_level_that_is_refused(world: World) -> None:
    hook = failing(f"/config/{MANAGER}", refuse(42203), "PUT")
    report = (p := world.publisher(version("manager", schema("id"), Level.NONE), hook=hook)).apply(p.plan())
    assert [type(result) for result in report.results] == [Failed]
    assert [type(change) for change in report.not_tried] == [Register]
    assert world.state() == {}


def test_a_level_that_cannot_be_restored_is_said(world: World) -> None:
    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        if request.method == "DELETE":
            return refuse(403)
        return failing(f"/subjects/{MANAGER}/versions", refuse(42201))(index, request, forward)

    report = (p := world.publisher(version("manager", schema("id"), Level.NONE), hook=hook)).apply(p.plan())
    assert [type(result) for result in report.results] == [LevelSet, Failed, NotRestored]


def test_a_level_counts_as_restored_only_if_it_is_read_back(world: World) -> None:
    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(200, json={"compatibilityLevel": "NONE"})  # Karapace confirms whatever is asked
        return failing(f"/subjects/{MANAGER}/versions", refuse(42201))(index, request, forward)

    report = (p := world.publisher(version("manager", schema("id"), Level.NONE), hook=hook)).apply(p.plan())
    not_restored = report.results[2]
    assert isinstance(not_restored, NotRestored)
    assert "is NONE after it was set back to BACKWARD" in not_restored.reason


def test_restoring_a_level_spares_the_other_settings_of_a_subject(world: World) -> None:
    """The subject has settings and no level of its own: to delete them all would delete what is not ours."""

    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        if request.url.path == f"/config/{MANAGER}" and request.url.params.get("defaultToGlobal") == "false":
            return httpx.Response(200, json={"normalize": True})
        return failing(f"/subjects/{MANAGER}/versions", refuse(42201))(index, request, forward)

    publisher = world.publisher(version("manager", schema("id"), Level.NONE), hook=hook)
    report = publisher.apply(publisher.plan())
    assert [type(result) for result in report.results] == [LevelSet, Failed, Restored]
    config = f"PUT /config/{MANAGER}"
    assert publisher.network.writes == [config, f"POST /subjects/{MANAGER}/versions", config]
    assert world.state() == {MANAGER: ("BACKWARD", [])}


def test_a_registry_that_goes_down_ends_the_run(world: World) -> None:
    down = False

    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        nonlocal down
        down = down or (request.method == "POST" and request.url.path == f"/subjects/{CANDIDATE}/versions")
        if down:
            raise httpx.ConnectError("refused")
        return forward()

    versions = [version(name, schema("id"), Level.NONE) for name in ("candidate", "manager", "price")]
    publisher = world.publisher(*versions, hook=hook)
    plan = publisher.plan()
    report = publisher.apply(plan)
    assert [type(result) for result in report.results] == [LevelSet, Failed, NotRestored]
    failed = report.results[1]
    assert isinstance(failed, Failed)
    assert failed.error.exit_code == 3
    assert report.not_tried == plan.changes[2:]
    checks = publisher.verify(plan)
    assert all(isinstance(check, Unverified) for check in checks)


@pytest.mark.parametrize("after", [False, True])
def test_an_interrupt_leaves_a_report_and_the_old_level(world: World, after: bool) -> None:
    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        if request.method == "POST" and request.url.path == f"/subjects/{MANAGER}/versions":
            if after:
                forward()
            raise KeyboardInterrupt
        return forward()

    versions = [version(name, schema("id"), Level.NONE) for name in ("candidate", "manager", "price")]
    publisher = world.publisher(*versions, hook=hook)
    plan = publisher.plan()
    report = publisher.apply(plan)
    assert report.interrupted
    assert not report.succeeded
    assert [type(result) for result in report.results] == [LevelSet, Published, LevelSet, Failed, Restored]
    failed = report.results[3]
    assert isinstance(failed, Failed)
    assert "not known" in failed.error.message
    assert report.not_tried == plan.changes[4:]
    assert world.state()[CANDIDATE][0] == "NONE"
    assert world.state().get(MANAGER, (None,))[0] is None


def test_an_interrupt_while_a_result_is_told(world: World) -> None:
    from schemagate.publish.apply import apply

    def interrupted(result: Any) -> None:
        if isinstance(result, LevelSet):
            raise KeyboardInterrupt

    publisher = world.publisher(version("manager", schema("id"), Level.NONE))
    plan = publisher.plan()
    report = apply(plan, publisher.plan, publisher.client, interrupted)
    assert report.interrupted
    assert [type(result) for result in report.results] == [LevelSet, Restored]
    assert report.not_tried == plan.changes[1:]
    assert world.state() == {}


class Crash(BaseException):
    """The process is gone: nothing more is sent."""


def dying_after(write: int) -> Any:
    """The process dies after this many writes, before it hears of the last."""
    written = 0

    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        nonlocal written
        if written == write:
            raise Crash
        response = forward()
        written += may_write(request)
        if written == write:
            raise Crash
        return response

    return hook


def test_a_crash_anywhere_is_healed_by_the_next_run(tmp_path: Path) -> None:
    """P1. Only writes change anything, so that a crash after each of them stands for a crash anywhere."""
    wanted = [version("manager", schema("id", title="2"), Level.FORWARD), version("price", schema("id"), Level.FORWARD)]
    texts = [json.loads(schema("id")), json.loads(schema("id", title="2"))]
    for write in range(1, 5):
        with a_world(tmp_path / str(write)) as world:
            world.set_level(MANAGER, "FULL")
            world.register(MANAGER, schema("id"))
            dying = world.publisher(*wanted, hook=dying_after(write))
            plan = dying.plan()
            assert len(plan.changes) == 4
            with pytest.raises(Crash):
                dying.apply(plan)
            assert len(dying.network.writes) == write
            report, checks = world.publisher(*wanted).publish()
            assert report.succeeded
            assert all(isinstance(check, Verified) for check in checks)
            assert world.state() == {MANAGER: ("FORWARD", texts), PRICE: ("FORWARD", texts[:1])}


def replacing(at: int, broken: httpx.Response) -> Any:
    return lambda index, request, forward: broken if index == at else forward()


@pytest.mark.parametrize(
    "broken",
    [
        refuse(40401),
        refuse(403),
        refuse(409),
        httpx.Response(404),
        httpx.Response(200, html="<html>"),
        httpx.Response(200, json={}),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"is_compatible": True, "id": 1, "version": 1, "mode": "READWRITE"}),
    ],
    ids=lambda response: f"{response.status_code}{response.text[:20]}",
)
def test_success_is_never_claimed_wrongly(tmp_path: Path, broken: httpx.Response) -> None:
    """P9: one answer of a run, each in turn, is replaced; whoever claims success must be right."""
    wanted = version("manager", schema("id", title="2"), Level.FORWARD)
    goal = {MANAGER: ("FORWARD", [json.loads(schema("id")), json.loads(schema("id", title="2"))])}
    claims = 0
    for at in range(100):
        hook = replacing(at, broken)
        with a_world(tmp_path / str(at)) as world:
            world.register(MANAGER, schema("id"))
            publisher = world.publisher(wanted, hook=hook)
            try:
                report, checks = publisher.publish()
            except (NoAnswer, Refused):
                continue
            if report.succeeded and checks and all(isinstance(check, Verified) for check in checks):
                claims += 1
                assert world.state() == goal
            if len(publisher.network.requests) <= at:
                break
    assert 20 < at < 99
    assert claims > 0


# Verifying


@pytest.mark.parametrize("times", [1, 2])
def test_a_stale_replica_gets_a_little_time(world: World, times: int) -> None:
    left = {f"/subjects/{MANAGER}/versions/1": times, "/schemas/ids/1": times}

    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        if left.get(request.url.path, 0) > 0:
            left[request.url.path] -= 1
            return refuse(40403)
        return forward()

    _, (check,) = world.publisher(version("manager", schema("id")), hook=hook).publish()
    assert isinstance(check, Verified)
    assert 0 < sum(world.time.waits) < 10


@pytest.mark.parametrize(
    ("path", "answer", "says"),
    [
        (f"/subjects/{MANAGER}/versions/1", {"schema": "{}", "schemaType": "JSON"}, "version 1 holds another content"),
        (f"/subjects/{MANAGER}/versions/1", {"schemaType": "AVRO"}, "version 1 holds AVRO, not JSON"),
        (f"/subjects/{MANAGER}/versions/1", {"subject": "other"}, "answers as version 1 of other"),
        (f"/subjects/{MANAGER}/versions/latest", {"version": 2}, "the latest version is 2, not 1"),
        ("/schemas/ids/1", {"schema": "{}", "schemaType": "JSON"}, "id 1 holds another content"),
        (f"/config/{MANAGER}", {"compatibilityLevel": "NONE"}, "the level is NONE, not BACKWARD"),
        (f"/subjects/{MANAGER}", {"version": 7}, "finds it version 7, not at version 1"),
    ],
)
def test_whatever_contradicts_is_a_difference(world: World, path: str, answer: dict[str, Any], says: str) -> None:
    publisher = world.publisher(version("manager", schema("id")))
    plan = publisher.plan()
    assert publisher.apply(plan).succeeded

    def hook(index: int, request: httpx.Request, forward: Any) -> httpx.Response:
        response = forward()
        return httpx.Response(200, json={**response.json(), **answer}) if request.url.path == path else response

    publisher.network.hook = hook
    (check,) = publisher.verify(plan)
    assert isinstance(check, Different)
    assert any(says in difference for difference in check.differences)
    assert 0 < sum(world.time.waits) < 10


def test_a_version_that_is_not_there(world: World) -> None:
    publisher = world.publisher(version("manager", schema("id")))
    plan = publisher.plan()
    (check,) = publisher.verify(plan)
    assert isinstance(check, Different)
    assert check.differences == ("version 1 is not there",)


@pytest.mark.parametrize(
    "response", [refuse(401), httpx.Response(200, html="<html>"), httpx.Response(404), refuse(500)]
)
def test_no_answer_is_no_verification(world: World, response: httpx.Response) -> None:
    publisher = world.publisher(version("manager", schema("id")))
    plan = publisher.plan()
    publisher.apply(plan)
    publisher.network.hook = lambda *_: response
    (check,) = publisher.verify(plan)
    assert isinstance(check, Unverified)
    assert isinstance(check.error, answers.Denied | answers.Unreachable | NoAnswer)
    assert check.error.exit_code == 3
