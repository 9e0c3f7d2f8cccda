"""Does a writer's object satisfy the reader's object keywords? Names, values under names, and how many there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from schemagate.compat.json_schema.data import rules
from schemagate.compat.json_schema.data.budget import Spent
from schemagate.compat.json_schema.data.differences import Difference, Frame, Wish
from schemagate.compat.json_schema.data.keywords import Requirement, named, shown
from schemagate.compat.json_schema.data.nodes import Node, Spot
from schemagate.compat.json_schema.data.patterns import NotPortableError, find_string, matches
from schemagate.compat.json_schema.data.writers import Writers
from schemagate.findings import Rule

if TYPE_CHECKING:
    from schemagate.compat.json_schema.data.walk import Walk


_A_PATTERN: Final = 5
"""Steps that one more pattern costs where a name is looked for; to try one on a name costs one."""


def _inside(frame: Frame, name: str) -> str:
    return f"{frame.subject}.{name}" if frame.subject else name


def _required(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001
    if "object" not in writers.kinds:
        return
    promised = set(writers.required)
    for name in dict.fromkeys(node.rules["required"]):
        if name in promised:
            continue
        yield Difference(
            rules.REQUIRED,
            frame,
            node.at("required"),
            f"{_inside(frame, name)} is required by the reader, and the writer may leave it out",
            f"require {shown(name)} on both sides, or on neither",
            wish=Wish(kind="object", without=(name,)),
        )


def _properties(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
    declared = node.rules["properties"]
    repeated = {
        name
        for other in writers.each("properties")
        for name in walk.unchanged.names(other.rules["properties"], declared)
    }
    for name, schema in declared.items():
        if schema is True or name in repeated:
            continue
        spot = node.child("properties", name)
        covering = writers.covering(name)
        found = [] if covering is None else walk.descend(frame, ("key", name), spot, covering)
        if not found or "object" not in writers.kinds:
            continue
        if schema is False:
            yield from _told(found, rules.REFUSED, spot.at, f"{_inside(frame, name)} is refused by the reader", name)
        elif covering:
            yield from found
        else:
            message = f"{_inside(frame, name)} has a schema in the reader only, the writer may put anything there"
            yield from _told(found, rules.CONSTRAINED, spot.at, message, name)


_FIXES: Final = {
    rules.CONSTRAINED.id: "close the writer's object, give {name} no schema, or assume declared-properties-only",
    rules.REFUSED.id: "keep {name} in the reader, or open its object",
    rules.ADDITIONAL.id: "let the reader take additional properties as before",
    rules.PATTERNED.id: "keep the schema for names of this pattern as wide as it was",
}


def _told(found: list[Difference], rule: Rule, path: str, message: str, name: str = "") -> Iterator[Difference]:
    """The same differences, told as one thing about their object."""
    fix = _FIXES[rule.id].format(name=shown(name))
    for difference in found:
        yield replace(difference, rule=rule, path=path, message=message, fix=fix, name=name)


def _additional(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
    schema = node.rules["additionalProperties"]
    if "object" not in writers.kinds or schema is True:
        return
    spot, path = node.child("additionalProperties"), node.at("additionalProperties")
    for name in writers.declared:
        walk.nodes.steps.take(len(node.rules.get("patternProperties", ())))
        if _declares(node, name) or (covering := writers.covering(name)) is None:
            continue
        found = walk.descend(frame, ("key", name), spot, covering)
        message = f"{_inside(frame, name)} is declared by the writer, and the reader's closed object refuses it"
        yield from _told(found, rules.REFUSED, path, message, name) if schema is False else found
    yield from _additional_patterns(walk, node, writers, frame, spot)
    rest = writers.additional()
    if rest is None:
        return
    name = _fresh(node, writers)
    found = walk.descend(frame, ("key", name), spot, rest)
    message = f"{named(frame)} may hold undeclared properties that the reader does not take"
    yield from _told(found, rules.ADDITIONAL, path, message)


def _additional_patterns(walk: Walk, node: Node, writers: Writers, frame: Frame, spot: Spot) -> Iterator[Difference]:
    mine = node.rules.get("patternProperties", {})
    for pattern in writers.name_patterns:
        if pattern in mine:
            continue
        walk.nodes.steps.take(1 + _A_PATTERN * len(mine))
        name, doubt = _example(walk, writers, (pattern,), tuple(mine), node.rules.get("properties", ()))
        if name is None and doubt is None:
            continue
        found = walk.descend(frame, ("key", name or "a"), spot, writers.of_pattern(pattern))
        message = f"{named(frame)} may hold names like {shown(pattern)} that the reader does not take"
        for difference in _told(found, rules.ADDITIONAL, spot.at, message, pattern):
            yield difference if doubt is None else replace(difference, doubt=doubt)


def _declares(node: Node, name: str) -> bool:
    """Whether a node has a schema for a name; one that cannot be told counts as no, which is the stricter reading."""
    if name in node.rules.get("properties", ()):
        return True
    for pattern in node.rules.get("patternProperties", ()):
        try:
            if matches(pattern, name):
                return True
        except NotPortableError:
            continue
    return False


def _example(
    walk: Walk, writers: Writers, wanted: tuple[str, ...], unwanted: tuple[str, ...], declared: Collection[str] = ()
) -> tuple[str | None, Rule | None]:
    """A name of the writer that matches and is not one of the declared; without one and without a doubt, there is none."""
    names = Writers(walk.nodes, tuple(node.child("propertyNames") for node in writers.each("propertyNames")))
    search = partial(
        find_string, (*wanted, *names.patterns), least=names.least("minLength"), most=names.most("maxLength")
    )
    try:
        name = search(unwanted)
        if name is None or name not in declared:
            return name, None
        return search((*unwanted, *(f"^{_literal(other)}$" for other in declared))), None
    except (NotPortableError, Spent):
        return None, rules.REGULAR


def _literal(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "^$\\.*+?()[]{}|/-" else sign for sign in text)


_FRESH: Final = tuple("other another more extra further x y z".split())


def _fresh(node: Node, writers: Writers) -> str:
    """A name that neither side declares."""
    taken = set(writers.declared) | set(node.rules.get("properties", ()))
    patterns = (*writers.name_patterns, *node.rules.get("patternProperties", ()))
    for name in (*_FRESH, *(f"other{number}" for number in range(len(taken) + 1))):
        if name not in taken and not any(_may_match(pattern, name) for pattern in patterns):
            return name
    try:
        return find_string((), patterns) or "other"
    except (NotPortableError, Spent):
        return "other"


def _may_match(pattern: str, name: str) -> bool:
    try:
        return matches(pattern, name)
    except NotPortableError:
        return False


def _pattern_properties(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
    if "object" not in writers.kinds:
        return
    for pattern, schema in node.rules["patternProperties"].items():
        if schema is not True:
            yield from _of_pattern(walk, node, pattern, writers, frame)


def _of_pattern(walk: Walk, node: Node, pattern: str, writers: Writers, frame: Frame) -> Iterator[Difference]:
    spot = node.child("patternProperties", pattern)
    walk.nodes.steps.take(len(writers.declared) + _A_PATTERN * len(writers.name_patterns))
    for declared in writers.declared:
        covering = writers.covering(declared) if _may_match_surely(pattern, declared) is not False else None
        if covering is not None:
            yield from walk.descend(frame, ("key", declared), spot, covering)
    message = f"{named(frame)} may hold names like {shown(pattern)} with values that the reader does not take"
    shared = pattern in writers.name_patterns
    example, doubt = _example(walk, writers, (pattern,), () if shared else writers.name_patterns)
    if shared and example is None and doubt is None:
        return
    for group in [writers.of_pattern(pattern)] if shared else _undeclared(writers):
        found = walk.descend(frame, ("key", example or "a"), spot, group)
        for difference in _told(found, rules.PATTERNED, spot.at, message):
            yield difference if doubt is None else replace(difference, doubt=doubt)


def _undeclared(writers: Writers) -> list[tuple[Spot, ...]]:
    """What may hold for names without a property of their own, one group for each way to be covered."""
    rest = writers.additional()
    groups = [writers.of_pattern(other) for other in writers.name_patterns]
    return groups if rest is None else [*groups, rest]


def _may_match_surely(pattern: str, name: str) -> bool | None:
    try:
        return matches(pattern, name)
    except NotPortableError:
        return None


def _property_names(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
    if "object" not in writers.kinds or node.rules["propertyNames"] is True:
        return
    spot = node.child("propertyNames")
    open_names = writers.additional() is not None or bool(writers.name_patterns)
    names = [name for name in writers.declared if walk.nodes.accepts(spot, name) is not True]
    refused = [name for name in names if writers.covering(name) is not None]
    for name in refused:
        message = f"the reader refuses the name of {_inside(frame, name)}"
        yield _named_difference(node, frame, message, name)
    if not open_names:
        return
    promised = tuple(other.child("propertyNames") for other in writers.each("propertyNames"))
    text = spot._replace(at=frame.writer_at, only="string")
    found = walk.descend(frame, ("name", ""), spot, (*promised, text))
    for difference in found:
        message = f"{named(frame)} may hold a name that the reader refuses"
        fix = "let the reader take every name that was ever written"
        yield replace(difference, rule=rules.NAMES, path=node.at("propertyNames"), message=message, fix=fix)


def _named_difference(node: Node, frame: Frame, message: str, name: str) -> Difference:
    fix = "let the reader take every name that was ever written"
    wish = Wish(kind="object", names=(name,))
    return Difference(rules.NAMES, frame, node.at("propertyNames"), message, fix, wish=wish, name=name)


def _min_properties(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001
    least = int(node.rules["minProperties"])
    if "object" not in writers.kinds or max(writers.least("minProperties"), len(writers.required)) >= least:
        return
    yield Difference(
        rules.COUNT,
        frame,
        node.at("minProperties"),
        f"{named(frame)} may have fewer than {least} properties",
        f"ask for no more properties of {named(frame)} than before",
        wish=Wish(kind="object"),
    )


def _max_properties(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001
    most = int(node.rules["maxProperties"])
    promised = writers.most("maxProperties")
    closed = writers.additional() is None and not writers.name_patterns
    bounds = [bound for bound in (promised, len(writers.declared) if closed else None) if bound is not None]
    if "object" not in writers.kinds or min(bounds, default=most + 1) <= most:
        return
    yield Difference(
        rules.COUNT,
        frame,
        node.at("maxProperties"),
        f"{named(frame)} may have more than {most} properties",
        f"allow as many properties of {named(frame)} as before",
        wish=Wish(kind="object", size=most + 1),
        doubt=rules.DISAGREE if most < 1_000 else rules.COUNTING,
    )


def _dependent_required(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:  # noqa: ARG001
    if "object" not in writers.kinds:
        return
    for trigger, names in node.rules["dependentRequired"].items():
        if writers.covering(trigger) is None:
            continue
        promised = {*writers.required, trigger, *_depending(writers, trigger)}
        for name in names:
            if name not in promised:
                yield _dependency(
                    node,
                    "dependentRequired",
                    trigger,
                    frame,
                    f"{_inside(frame, name)} is required beside {shown(trigger)}",
                    Wish(kind="object", names=(trigger,), without=(name,)),
                )


def _depending(writers: Writers, trigger: str) -> Iterator[str]:
    """What comes along with a name, directly."""
    for node in writers.each("dependentRequired"):
        yield from node.rules["dependentRequired"].get(trigger, ())


def _dependent_schemas(walk: Walk, node: Node, writers: Writers, frame: Frame) -> Iterator[Difference]:
    if "object" not in writers.kinds:
        return
    for trigger in node.rules["dependentSchemas"]:
        if writers.covering(trigger) is None:
            continue
        promised = tuple(
            other.child("dependentSchemas", trigger)
            for other in writers.each("dependentSchemas")
            if trigger in other.rules["dependentSchemas"]
        )
        spot = node.child("dependentSchemas", trigger)
        promised = (*promised, spot._replace(at=frame.writer_at, only="object"))  # what has a property is an object
        for difference in walk.differences(frame.case(spot, promised, (trigger,))):
            message = f"beside {shown(trigger)} the reader asks more of {named(frame)} than the writer promises"
            made = _dependency(node, "dependentSchemas", trigger, difference.frame, message, difference.wish)
            yield replace(made, doubt=difference.doubt)


def _dependency(node: Node, word: str, trigger: str, frame: Frame, message: str, wish: Wish) -> Difference:
    fix = "ask the same on both sides, or nothing"
    return Difference(rules.DEPENDENCY, frame, node.at(word), message, fix, wish=wish, name=trigger)


REQUIREMENTS: Final[dict[str, Requirement]] = {
    "required": _required,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional,
    "propertyNames": _property_names,
    "minProperties": _min_properties,
    "maxProperties": _max_properties,
    "dependentRequired": _dependent_required,
    "dependentSchemas": _dependent_schemas,
}
