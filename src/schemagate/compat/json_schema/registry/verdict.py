"""What will a Confluent registry answer about two JSON Schemas?

It walks writer (old) and reader (new) together and lists their differences; the answer is accept when the policy
allows every type in the list. This is a fidelity engine for the newest generation of the server: its known errors are
kept, and keywords that it does not compare are not compared here. Whether data can be read is asked in `data`.
"""

from __future__ import annotations

from typing import Final

from schemagate.compat.json_schema.registry import changes, combined, containers
from schemagate.compat.json_schema.registry.changes import Change, Walk
from schemagate.compat.json_schema.registry.difference_types import Policy, allowed
from schemagate.compat.json_schema.registry.model import Budget, Kind, Model, Node, frozen
from schemagate.compat.json_schema.registry.pairs import Pairs, listed
from schemagate.compat.json_schema.registry.unchanged import Unchanged
from schemagate.compat.verdicts import RegistryAnswer, RegistryVerdict
from schemagate.errors import NoAnswer
from schemagate.schema.json_schema import JsonSchema

MAX_STEPS: Final = 1_000_000
"""Changes found and pairs compared in one question; some seconds."""


def judge(reader: JsonSchema, writer: JsonSchema, policy: Policy = "STRICT") -> RegistryVerdict:
    """The registry's answer about new (`reader`) after old (`writer`); swap them for FORWARD. Raises SchemaError.

    `changes` are `TYPE #/path` in the server's order: object by object, properties by name. `may-fail` is said where
    the server is likely to crash, and where the comparison is too large or needs a pattern that cannot be evaluated.
    """
    budget = Budget(MAX_STEPS)
    unchanged = Unchanged(writer, reader)
    passing = allowed(policy)
    try:
        old, new = (Model(schema, budget, unchanged).top for schema in (writer, reader))
        thorough = old.model.may_crash(new.model)
        root = Pairs(compare, passing, budget, thorough=thorough).settle(old, new)
    except NoAnswer:
        return RegistryVerdict(RegistryAnswer.MAY_FAIL)
    if (root.outcome.crashes or not root.outcome.silent) and _same(reader, writer):
        return RegistryVerdict(RegistryAnswer.ACCEPT)
    found = [*listed(root), *containers.reserved(old, new)]
    refused = [change for change in found if change.crashes or change.type not in passing]
    if root.outcome.crashes:
        answer = RegistryAnswer.MAY_FAIL
    else:
        answer = RegistryAnswer.ACCEPT if root.outcome.compatible and not refused else RegistryAnswer.REJECT
    return RegistryVerdict(answer, _worded(found), _worded(refused))


def compare(writer: Node, reader: Node) -> Walk:
    """The changes of one pair, those of inner pairs left to whoever runs the walk."""
    if writer.annotated and reader.annotated and _are_unchanged(writer, reader):
        return
    if writer.kind is not reader.kind:
        if Kind.COMBINED in (writer.kind, reader.kind) and (yield from combined.one_sided(writer, reader)):
            return
        fits = writer.kind is Kind.NEVER or reader.kind is Kind.ANY
        if not fits and not (_is_bytes(writer) and _is_bytes(reader)):
            yield Change("TYPE_CHANGED")
        return
    yield from changes.annotation(writer, reader)
    if writer.kind in _BY_KIND:
        yield from _BY_KIND[writer.kind](writer, reader)


_BY_KIND: Final = {
    Kind.STRING: changes.string,
    Kind.NUMBER: changes.number,
    Kind.OBJECT: containers.objects,
    Kind.ARRAY: containers.arrays,
    Kind.ENUM: changes.enumeration,
    Kind.CONST: changes.constant,
    Kind.NOT: combined.negation,
    Kind.COMBINED: combined.combined,
}


def _is_bytes(node: Node) -> bool:
    """Kafka Connect's mark: two of them may be of different types."""
    return node.annotated and node.value.get("connect.type") == "bytes"


def _are_unchanged(writer: Node, reader: Node) -> bool:
    return writer.model.unchanged.subschema(writer.place.value, reader.place.value)


def _same(reader: JsonSchema, writer: JsonSchema) -> bool:
    """Equal content is found again by the registry and never compared, so that it cannot make it fail."""
    mine, theirs = ([each.root, dict(each.documents)] for each in (reader, writer))
    # Python's own look comes first: it takes 1 for true, but what it tells apart is never the same.
    return reader.draft is writer.draft and mine == theirs and frozen(mine) == frozen(theirs)


def _worded(found: list[Change]) -> tuple[str, ...]:
    return tuple(f"{change.type} #/{'/'.join(change.path)}" for change in found)
