"""What does only a broker show: topics, groups and who is alive in them?

Where an environment says `clusters = []`, the owner of a check may state what nobody can see. That is never a pass, and
not enough for what nobody can take back. What this version does not look at yet is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from schemagate.facts import BrokerFacts, Unknown
from schemagate.rollout.asked import BROKER
from schemagate.rollout.checks.observed import LOOKS
from schemagate.rollout.checks.probed import Statement, aged, ask_for, stated
from schemagate.rollout.checks.question import PLATFORM, Family, Looks, Question
from schemagate.rollout.decision import Answer, Check
from schemagate.rollout.plan import DeleteTopic, EventSide, PlanConsumer, Retire

_OF_GROUPS: Final = frozenset({"CO3", "CO6", "CO7", "ST2", "SW5", "DR5", "DR7", "DR8"})
_OF_RELEASED: Final = frozenset({"CO3", "CO6"})
"""In the evidence of a release they are about what it released; the others are about every consumer of the plan."""
_OF_NEW_TOPIC: Final = frozenset({"PR2", "CO5", "CO6", "CO7", "ST2", "SW5"})

STATEMENTS: Final[Mapping[str, str]] = {
    "BA3": "all topics and groups can be described",
    "PR2": "{topic} exists and is no worse than the old topic",
    "CO3": "every running member of {target} is the recorded build",
    "CO5": "nobody reads {topic} but the groups that {plan} names",
    "CO6": "{target} is settled on every partition of {topic}",
    "CO7": "{target} passed a real record of the new version in the environment before",
    "ST2": "{target} goes on reading the new version on {topic}",
    "SW5": "no dead letter of {target} since the shadow release",
    "CA5": "every consumer of {topic} is switched or retired",
    "DR1": "nobody can write the old version any more",
    "DR2": "the ends of {topic} were taken after that",
    "DR3": "no record of the old version came after them",
    "DR4": "nobody reads {topic} but the groups that {plan} names",
    "DR5": "{target} has passed every record of the old version",
    "DR6": "no record of the old version is left in outboxes, retry topics, dead letters and mirrors",
    "DR7": "{target} acts on the new version",
    "DR8": "{target} is at rest, and its commits do not move back",
    "DR9": "who keeps offsets elsewhere has read all of the old version",
    "DR10": "{topic} holds no record of the old version that a restore would read again",
    "DE2": "nobody is subscribed to {topic}",
    "DE4": "no record of the old version is left anywhere",
    "DE6": "{topic} carries nothing but the retired event",
    "CL1": "{topic} is gone and stays away",
    "CL4": "no permission, group or connector names {topic}",
}
"""What the owner of a check would have to state, where no broker is observed."""


_UNSEEN: Final = "is not observed here, and a statement is not enough for a step that nobody can take back"
_UNREAD: Final = "was not looked at: this version of schemagate does not read the records of topics"
_KEEP: Final = "keep what the step would end, until a version of schemagate looks there"


def _asked(id_: str, question: Question) -> Iterator[Check]:
    """One check of a broker, in every cluster of the environment."""
    for target, owner, statement in _targets(id_, question):
        nothing = _nothing_to_see(id_, question)
        if nothing is not None:
            yield Check(id_, target, Answer.NOT_APPLICABLE, nothing, owner=owner)
        elif not question.seen.can_observe:
            said = _attested(id_, question, target, owner, statement)
            is_enough = not question.final or said.answer is Answer.BLOCKED
            yield said if is_enough else Check(id_, target, Answer.UNKNOWN, _UNSEEN, None, _KEEP, owner)
        elif id_ not in LOOKS:
            step = _KEEP if question.final else "upgrade schemagate when a version does"
            yield Check(id_, target, Answer.UNKNOWN, _UNREAD, None, step, owner)
        else:
            yield _observed(id_, question, target, owner)


def _nothing_to_see(id_: str, question: Question) -> str | None:
    """Why the plan, or the environment, leaves nothing to look at."""
    plan = question.plan
    if id_ == "BA3" and not question.seen.can_observe:
        return "no broker is asked here: clusters = []"
    if id_ in _OF_GROUPS and plan.consumers and not _readers(id_, question):
        return "no consumer of the event with a group is concerned"
    if id_ == "CO7" and question.seen.earlier is None:
        return f"{question.environment} is the first environment of the plan"
    if id_ in ("DE2", "CL4") and not _ends_topic(question):
        return "the old topic stays"
    if id_ == "DE4" and not plan.limits.require_purged and not _deletes_schema(question):
        return "the plan purges nothing, and keeps the schema"
    if id_ == "DR7" and plan.new_version is None:
        return "no version comes"
    if id_ == "DR9" and all(each.external is None for each in plan.consumers):
        return "the plan names no consumer with offsets outside Kafka"
    return None


def _ends_topic(question: Question) -> bool:
    """Some step deletes the topic of the old version."""
    old = question.plan.old
    if isinstance(question.step.action, DeleteTopic):
        return True
    return isinstance(old, EventSide) and any(
        isinstance(step.action, DeleteTopic) and step.action.topic == old.topic for step in question.plan.steps
    )


def _deletes_schema(question: Question) -> bool:
    return any(isinstance(s.action, Retire) and s.action.registry != "keep" for s in question.plan.steps)


def _targets(id_: str, question: Question) -> list[tuple[str, str, str]]:
    """Whom a check is about, who owns the answer, and what that team would have to state."""
    plan = question.plan
    is_new = id_ in _OF_NEW_TOPIC and not isinstance(question.step.action, DeleteTopic)
    topic = question.new_topic if is_new else question.old_topic
    targets = [("sight" if id_ == "BA3" else topic, PLATFORM)]
    if id_ in _OF_GROUPS:
        readers = _readers(id_, question)
        groups = [(name, question.owner(x.service)) for x in readers for name in x.groups or (x.service,)]
        targets = groups or [(topic, plan.owner)]
    elif id_ == "DR9":
        outside = [(each.service, each.external.by) for each in plan.consumers if each.external is not None]
        targets = outside or [(topic, plan.owner)]
    elif id_ in ("CO5", "CA5", "DR4"):
        targets = [(topic, plan.owner)]
    said = STATEMENTS[id_]
    return [(target, owner, said.format(target=target, topic=topic, plan=plan.id)) for target, owner in targets]


def _readers(id_: str, question: Question) -> list[PlanConsumer]:
    """The consumers with groups whom a check is about."""
    concerned = question.released if id_ in _OF_RELEASED else question.plan.consumers
    return [each for each in concerned if each.external is None]


def _attested(id_: str, question: Question, target: str, owner: str, statement: str) -> Check:
    limit = question.plan.limits.evidence_max_age
    if id_ == "DR9":
        limit = next((c.external.max_age for c in question.plan.consumers if c.external and c.service == target), limit)
    since = None if question.in_gate else question.opened
    wanted = Statement(statement, owner, limit, question.asked_by(id_, target), since)
    answer, what, evidence = stated(question, wanted)
    if answer is Answer.PASS:
        return Check(id_, target, Answer.ATTESTED, what, None, None, owner, evidence)
    return Check(
        id_, target, answer, f"no broker is observed here; {what}", None, ask_for(question, wanted), owner, evidence
    )


def _observed(id_: str, question: Question, target: str, owner: str) -> Check:
    """The worst answer of the clusters; where none was read, nothing is known."""
    brokers = question.seen.outside.brokers
    unread = {name: Unknown(f"cluster {name} was not read") for name in question.seen.clusters if name not in brokers}
    found = [_in_cluster(id_, question, target, owner, facts) for facts in (*brokers.values(), *unread.values())]
    worst = [each for answer in (Answer.BLOCKED, Answer.UNKNOWN) for each in found if each.answer is answer]
    what, step = (
        "was not looked at: no broker was read",
        "see that the clusters of the environment can be reached from here",
    )
    return next(iter([*worst, *found]), Check(id_, target, Answer.UNKNOWN, what, None, step, owner))


def _in_cluster(id_: str, question: Question, target: str, owner: str, facts: BrokerFacts | Unknown) -> Check:
    if isinstance(facts, Unknown):
        return Check(id_, target, Answer.UNKNOWN, facts.reason, None, facts.next_step, owner)
    evidence = f"broker {facts.cluster}, read {facts.at:%H:%M:%SZ}"
    if (why := aged(question, facts.at)) is not None:
        return Check(id_, target, Answer.UNKNOWN, why, None, "read the broker again", owner, evidence)
    answer, what, step = LOOKS[id_](question, target, facts)
    return Check(id_, target, answer, what, None, step, owner, evidence)


def _looks(id_: str) -> Looks:
    return partial(_asked, id_)


FAMILY: Family = {id_: _looks(id_) for id_ in sorted(BROKER)}
