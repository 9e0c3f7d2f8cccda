"""What does a broker show about topics and groups? One function per check, on the facts of one cluster."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from schemagate.facts import BrokerFacts, Group, Topic, Unknown
from schemagate.rollout.checks import running
from schemagate.rollout.checks.question import Question
from schemagate.rollout.decision import Answer
from schemagate.rollout.plan import EventSide, PlanType
from schemagate.schema.event import Consumption

_Seen = tuple[Answer, str, str | None]


def _sight(question: Question, target: str, facts: BrokerFacts) -> _Seen:  # noqa: ARG001 - one shape for all looks
    if facts.sees_all:
        return Answer.PASS, "all topics and groups may be described", None
    why = "a permission is missing" if facts.sees_all is False else "the broker does not tell what may be seen"
    return Answer.UNKNOWN, why, f"grant DESCRIBE on cluster {facts.cluster}, its topics and groups"


def _fit(question: Question, target: str, facts: BrokerFacts) -> _Seen:
    """PR2: the new topic exists and is no worse than the old one."""
    topics = [side.topic for side in (question.plan.old, question.plan.new) if isinstance(side, EventSide)]
    new = facts.topics.get(target)
    if target not in facts.topics:
        return Answer.UNKNOWN, "the topic was not described", "ask again"
    if new is None:
        return Answer.BLOCKED, "there is no such topic", f"create {target}"
    if len(set(topics)) < 2 or question.plan.type is PlanType.SYNC_TO_EVENT:
        return Answer.PASS, f"exists with {new.partitions} partitions", None
    old = facts.topics.get(topics[0])
    if old is None:
        return Answer.UNKNOWN, f"the old topic {topics[0]} was not described", "ask again"
    worse = _worse(old, new)
    if worse is not None:
        return Answer.BLOCKED, worse, f"alter {target}"
    return Answer.PASS, f"exists with {new.partitions} partitions, no worse than {old.name}", None


def _worse(old: Topic, new: Topic) -> str | None:
    if new.partitions < old.partitions:
        return f"has {new.partitions} partitions, {old.name} has {old.partitions}"
    for name in ("retention.ms", "min.insync.replicas"):
        before, later = _number(old, name), _number(new, name)
        if before is None or later is None or later < before:
            return f"has {name} {new.configs.get(name, 'unknown')}, {old.name} has {old.configs.get(name, 'unknown')}"
    policy = "cleanup.policy"
    if new.configs.get(policy) != old.configs.get(policy):
        return f"has {policy} {new.configs.get(policy)}, {old.name} has {old.configs.get(policy)}"
    return None


def _number(topic: Topic, name: str) -> float | None:
    """-1 is without end."""
    text = topic.configs.get(name, "")
    if re.fullmatch(r"-?[0-9]+", text) is None:
        return None
    return float("inf") if text == "-1" else int(text)


def _alive(question: Question, target: str, facts: BrokerFacts) -> _Seen:
    """CO3: every member of the group runs the build that is recorded."""
    service = next((each.service for each in question.plan.consumers if target in each.groups), "")
    found = running.of(question.seen, service)
    group = facts.groups.get(target)
    if isinstance(found, Unknown):
        return Answer.UNKNOWN, found.reason, found.next_step
    if group is None or not group.members:
        return Answer.UNKNOWN, "has no members", f"start {service}, or record its undeployment"
    ours = {each.commit for each in found if each.commit is not None}
    if not ours:
        return Answer.UNKNOWN, f"no deployment of {service} is recorded to compare with", None
    templates = {each.manifest.client_id for each in found if each.manifest.client_id is not None}
    for member in group.members:
        version = next(filter(None, (_version(template, member.client_id) for template in templates)), None)
        if version is None:
            step = f'release {service} with  client_id = "{service}@{{version}}"'
            return Answer.UNKNOWN, f"the client id {member.client_id!r} does not tell a version", step
        if not any(_same_build(version, commit) for commit in ours):
            step = "finish the rollout, or record the true version (schemagate record deployment)"
            return Answer.BLOCKED, f"member {member.client_id} is alive, recorded is {', '.join(sorted(ours))}", step
    return Answer.PASS, f"{len(group.members)} members run what is recorded", None


def _version(template: str, client_id: str) -> str | None:
    before, _, behind = template.partition("{version}")
    match = re.fullmatch(f"{re.escape(before)}(.+){re.escape(behind)}", client_id)
    return match[1] if match else None


def _same_build(one: str, other: str) -> bool:
    """A short form of a commit's hash is that commit."""
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= 7 and long.startswith(short))


def _closed_world(question: Question, target: str, facts: BrokerFacts) -> _Seen:
    """CO5 and CA5: who reads the topics is who the plan names, or who is stated to be retired."""
    plan = question.plan
    topics = {side.topic for side in (plan.old, plan.new) if isinstance(side, EventSide)}
    declared = {group for each in plan.consumers for group in each.groups}
    present = {name: group for name, group in facts.groups.items() if _reads(group, topics)}
    allowed = declared | set(plan.retired_groups) | _of_other_events(question, topics)
    strange = sorted(present.keys() - allowed)
    revived = [name for name in plan.retired_groups if name in facts.groups and facts.groups[name].members]
    if strange:
        step = "add services/<name>.toml, or list it under retired_groups"
        return Answer.BLOCKED, f"group {strange[0]} reads {target}, and the plan does not name it", step
    if revived:
        return Answer.BLOCKED, f"the retired group {revived[0]} has members", "stop it, or declare it a consumer"
    absent = sorted(declared - facts.groups.keys())
    if absent or not facts.sees_all:
        what = f"group {absent[0]} is not in the list of the broker" if absent else "the list may be cut"
        return Answer.UNKNOWN, what, "start the consumer, or grant DESCRIBE on all groups"
    return Answer.PASS, f"{len(present)} groups read it, all named", None


def _reads(group: Group, topics: set[str]) -> bool:
    assigned = {topic for member in group.members for topic, _ in member.assignment}
    return bool(topics & (assigned | {topic for topic, commits in group.committed.items() if commits}))


def _of_other_events(question: Question, topics: set[str]) -> set[str]:
    """The groups of those who read other events from the same topics."""
    catalog = question.seen.merged.catalog
    mapped: dict[str, set[str]] = {}
    for version in catalog.versions.values():
        mapped.setdefault(version.id.event, set()).add(version.topic)
    entries = [each for service in catalog.services.values() for each in service.consumes if each.group]
    others = [each for each in entries if each.event != question.plan.event]
    return {str(each.group) for each in others if topics & (set(each.topics) or mapped.get(each.event, set()))}


def _on_new_topic(question: Question, target: str, facts: BrokerFacts) -> _Seen:
    """CO6: the group is settled on the topic, with every partition, and skips nothing when it starts."""
    topic, group = facts.topics.get(question.topic), facts.groups.get(target)
    if topic is None or group is None:
        return Answer.UNKNOWN, "the group or the topic is not there", "start the consumer"
    if group.state != "Stable":
        return Answer.UNKNOWN, f"the group is {group.state}", "wait until it is settled"
    assigned = {number for member in group.members for name, number in member.assignment if name == topic.name}
    without = sorted(set(range(topic.partitions)) - assigned)
    if without:
        step = f"let the group subscribe to {topic.name}"
        return Answer.BLOCKED, f"nobody reads partition {without[0]} of {topic.name}", step
    uncommitted = set(range(topic.partitions)) - group.committed.get(topic.name, {}).keys()
    if uncommitted and _reset(question, target) != "earliest":
        what = f"partition {min(uncommitted)} has no commit, and the group would not start at the earliest record"
        return Answer.BLOCKED, what, 'set  offset_reset = "earliest"'
    return Answer.PASS, f"is settled on the {topic.partitions} partitions of {topic.name}", None


def _reset(question: Question, group: str) -> str | None:
    for service in {each.service for each in question.plan.consumers if group in each.groups}:
        found = running.of(question.seen, service)
        entries: list[Consumption] = []
        for each in found if not isinstance(found, Unknown) else ():
            entries += [c for c in each.manifest.consumes if c.group == group and c.event == question.plan.event]
        if entries:
            return next((c.offset_reset for c in entries if c.offset_reset != "earliest"), "earliest")
    return None


def _nobody_left(question: Question, target: str, facts: BrokerFacts) -> _Seen:
    """DE2: nobody is assigned a partition of the old topic."""
    old = question.plan.old
    topic = old.topic if isinstance(old, EventSide) else target
    if not facts.groups or not facts.sees_all:
        return Answer.UNKNOWN, "the list of groups is empty or may be cut", "grant DESCRIBE on all groups"
    for group in facts.groups.values():
        if any(name == topic for member in group.members for name, _ in member.assignment):
            return Answer.BLOCKED, f"group {group.name} still reads {topic}", "stop that consumer"
    return Answer.PASS, f"nobody is assigned {topic}", None


LOOKS: Final[Mapping[str, Callable[[Question, str, BrokerFacts], _Seen]]] = {
    "BA3": _sight,
    "PR2": _fit,
    "CO3": _alive,
    "CO5": _closed_world,
    "CO6": _on_new_topic,
    "CA5": _closed_world,
    "DE2": _nobody_left,
}
"""What this version looks at; the other checks need the records of a topic."""
