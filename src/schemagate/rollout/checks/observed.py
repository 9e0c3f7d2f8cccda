"""What does a broker show about topics and groups? One function per check, on the facts of one cluster."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from schemagate.facts import BrokerFacts, Group, Topic, Unknown
from schemagate.rollout.checks import running
from schemagate.rollout.checks.question import Question
from schemagate.rollout.decision import Answer
from schemagate.rollout.deployed import same_build
from schemagate.rollout.gate import short
from schemagate.rollout.plan import EventSide, PlanType
from schemagate.schema.event import Consumption, Service

_Seen = tuple[Answer, str, str | None]


def _sight(question: Question, target: str, facts: BrokerFacts) -> _Seen:  # noqa: ARG001 - one shape for all looks
    if facts.sees_all:
        return Answer.PASS, "covers all topics and groups", None
    why = "lacks a permission" if facts.sees_all is False else "is not known: the broker does not tell what may be seen"
    return Answer.UNKNOWN, why, f"grant DESCRIBE on cluster {facts.cluster}, its topics and groups"


def _fit(question: Question, target: str, facts: BrokerFacts) -> _Seen:
    """PR2: the new topic exists and is no worse than the old one."""
    topics = [side.topic for side in (question.plan.old, question.plan.new) if isinstance(side, EventSide)]
    new = facts.topics.get(target)
    if target not in facts.topics:
        return Answer.UNKNOWN, "was not described", "ask again"
    if new is None:
        return Answer.BLOCKED, "does not exist", f"create {target}"
    if new.partitions < 1:
        return Answer.UNKNOWN, "was described without partitions", "ask again"
    if len(set(topics)) < 2 or question.plan.type is PlanType.SYNC_TO_EVENT:
        return Answer.PASS, f"exists with {new.partitions} partitions", None
    old = facts.topics.get(topics[0])
    if old is None:
        return Answer.UNKNOWN, f"cannot be compared: the old topic {topics[0]} was not described", "ask again"
    unread = next((name for name in _CONFIGS for each in (old, new) if not _is_read(each, name)), None)
    worse = _worse(old, new)
    if worse is not None:
        return Answer.BLOCKED, worse, f"alter {target}"
    if unread is not None:
        what = f"cannot be compared with {old.name}: {unread} was not read of both"
        return Answer.UNKNOWN, what, f"grant DESCRIBE_CONFIGS on both topics of cluster {facts.cluster}"
    return Answer.PASS, f"exists with {new.partitions} partitions, no worse than {old.name}", None


_NO_LESS: Final = ("retention.ms", "min.insync.replicas")
_POLICY: Final = "cleanup.policy"
_CONFIGS: Final = (*_NO_LESS, _POLICY)


def _is_read(topic: Topic, name: str) -> bool:
    return bool(topic.configs.get(name)) if name == _POLICY else _number(topic, name) is not None


def _worse(old: Topic, new: Topic) -> str | None:
    """What is known to be worse; what was not read is not."""
    if new.partitions < old.partitions:
        return f"has {new.partitions} partitions, {old.name} has {old.partitions}"
    for name in _CONFIGS:
        if not (_is_read(old, name) and _is_read(new, name)):
            continue
        before, later = (_number(each, name) or 0 for each in (old, new))
        if later < before or (name == _POLICY and _policies(old) != _policies(new)):
            return f"has {name} {new.configs[name]}, {old.name} has {old.configs[name]}"
    return None


def _policies(topic: Topic) -> set[str]:
    return {each.strip() for each in topic.configs[_POLICY].split(",")}


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
        if (
            facts.sees_all
            and facts.groups
            and found
            and not any(_reads_on(question, target, each.manifest) for each in found)
        ):
            return Answer.PASS, f"has no members, and no build of {service} that runs reads the event", None
        return Answer.UNKNOWN, "has no members", f"start {service}, or record its undeployment"
    ours = {each.commit for each in found if each.commit is not None}
    if not ours:
        what = f"cannot be compared: no running build of {service} is recorded"
        return Answer.UNKNOWN, what, f"record the deployments of {service}"
    templates = {each.manifest.client_id for each in found if "{version}" in (each.manifest.client_id or "")}
    for member in group.members:
        version = next(filter(None, (_version(str(each), member.client_id) for each in templates)), None)
        if version is None:
            step = f'release {service} with  client_id = "{service}@{{version}}"'
            return Answer.UNKNOWN, f"has the member {member.client_id!r}, whose name tells no version", step
        if not any(same_build(version, commit) for commit in ours):
            step = "finish the rollout, or record the true version (schemagate record deployment)"
            builds = ", ".join(map(short, sorted(ours)))
            return Answer.BLOCKED, f"has the member {member.client_id}, and what is recorded is {builds}", step
    return Answer.PASS, f"has {len(group.members)} members, which run what is recorded", None


def _reads_on(question: Question, group: str, manifest: Service) -> bool:
    """A build is in the group, or reads the plan's event in another one."""
    return any(each.group == group or each.event == question.plan.event for each in manifest.consumes)


def _version(template: str, client_id: str) -> str | None:
    before, _, behind = template.partition("{version}")
    match = re.fullmatch(f"{re.escape(before)}(.+){re.escape(behind)}", client_id)
    return match[1] if match else None


def _closed_world(question: Question, target: str, facts: BrokerFacts) -> _Seen:
    """CO5 and CA5: who reads the topics is who the plan names, or who is stated to be retired."""
    plan = question.plan
    topics = {target, *(side.topic for side in (plan.old, plan.new) if isinstance(side, EventSide))}
    declared = {group for each in plan.consumers for group in each.groups}
    present = {name: group for name, group in facts.groups.items() if _reads(group, topics)}
    allowed = declared | set(plan.retired_groups) | _of_other_events(question, topics)
    strange = sorted(present.keys() - allowed)
    revived = [name for name in plan.retired_groups if name in facts.groups and facts.groups[name].members]
    if strange:
        step = "add services/<name>.toml and name its group in the plan, or list it under retired_groups"
        return Answer.BLOCKED, f"is read by group {strange[0]}, which the plan does not name", step
    if revived:
        what = f"has a retired group with members, {revived[0]}"
        return Answer.BLOCKED, what, "stop it, or declare it a consumer"
    absent = sorted(declared - facts.groups.keys() - _left(question))
    if absent or not facts.groups or not facts.sees_all:
        cut = "may have more readers: the broker's list of groups may be cut"
        what = f"should be read by group {absent[0]}, which the broker does not list" if absent else cut
        return Answer.UNKNOWN, what, "start the consumer, or grant DESCRIBE on all groups"
    return Answer.PASS, f"is read by {', '.join(sorted(present)) or 'no group'}, as the plan says", None


def _left(question: Question) -> set[str]:
    """The plan's groups that no build which runs is in any more: brokers forget them in time."""
    found: set[str] = set()
    for consumer in question.plan.consumers:
        builds = running.of(question.seen, consumer.service)
        if not isinstance(builds, Unknown):
            found |= {g for g in consumer.groups if not any(_reads_on(question, g, x.manifest) for x in builds)}
    return found


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
    mine = {each.group for each in entries if each.event == question.plan.event}
    return {
        str(each.group)
        for each in others
        if each.group not in mine and topics & (set(each.topics) or mapped.get(each.event, set()))
    }


def _on_new_topic(question: Question, target: str, facts: BrokerFacts) -> _Seen:
    """CO6: the group is settled on the topic, with every partition, and skips nothing when it starts."""
    topic, group = facts.topics.get(question.new_topic), facts.groups.get(target)
    if topic is None or topic.partitions < 1:
        return Answer.UNKNOWN, f"cannot be compared with {question.new_topic}, which was not described", "ask again"
    if group is None:
        return Answer.UNKNOWN, "is not in the list of the broker", "start the consumer"
    if group.state != "Stable":
        return Answer.UNKNOWN, f"is in the state {group.state}", "wait until it is settled"
    assigned = {number for member in group.members for name, number in member.assignment if name == topic.name}
    without = sorted(set(range(topic.partitions)) - assigned)
    if without:
        step = f"let the group subscribe to {topic.name}"
        return Answer.BLOCKED, f"has no member on partition {without[0]} of {topic.name}", step
    uncommitted = set(range(topic.partitions)) - group.committed.get(topic.name, {}).keys()
    if uncommitted and (reset := _reset(question, target)) != "earliest":
        what = f"has no commit on partition {min(uncommitted)}, and offset_reset is {reset or 'unknown'}"
        answer = Answer.BLOCKED if reset else Answer.UNKNOWN
        return answer, what, 'release it with  offset_reset = "earliest"'
    return Answer.PASS, f"is settled on the {topic.partitions} partitions of {topic.name}", None


def _reset(question: Question, group: str) -> str | None:
    """Where the group starts on a partition without a commit; None where no manifest that runs says so."""
    for service in {each.service for each in question.plan.consumers if group in each.groups}:
        found = running.of(question.seen, service)
        entries: list[Consumption] = []
        for each in found if not isinstance(found, Unknown) else ():
            entries += [c for c in each.manifest.consumes if c.group == group and c.event == question.plan.event]
        if entries and all(c.offset_reset for c in entries):
            return next((c.offset_reset for c in entries if c.offset_reset != "earliest"), "earliest")
    return None


def _nobody_left(question: Question, target: str, facts: BrokerFacts) -> _Seen:  # noqa: ARG001 - as `_sight`
    """DE2: nobody is assigned a partition of the old topic, and nobody is about to be."""
    for group in facts.groups.values():
        if any(name == target for member in group.members for name, _ in member.assignment):
            return Answer.BLOCKED, f"is still read by group {group.name}", "stop that consumer"
    if not facts.groups or not facts.sees_all:
        what = "may have readers: the broker's list of groups is empty or may be cut"
        return Answer.UNKNOWN, what, "grant DESCRIBE on all groups"
    for group in facts.groups.values():
        if group.members and group.state != "Stable":
            what = f"may be assigned to group {group.name}, which is in the state {group.state}"
            return Answer.UNKNOWN, what, "wait until it is settled"
    return Answer.PASS, "is assigned to nobody", None


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
