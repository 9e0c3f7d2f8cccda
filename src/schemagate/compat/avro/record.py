"""Does every field of the reader's record get a value? By name, by alias, else by default."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from schemagate.compat.avro import rules
from schemagate.compat.avro.problem import Place, Problem, Step, Told
from schemagate.schema.avro.defaults import branch_of, fits
from schemagate.schema.avro.nodes import Enum, Field, Node, Primitive, Record, Union, altered

Compare = Callable[[Node, Node, Place], Iterator[Told]]


def record_problems(reader: Record, writer: Record, at: Place, compare: Compare) -> Iterator[Told]:
    """The problems of the fields; `compare` tells those of two types."""
    positions = altered(reader, writer, by_text=reader.namespace == writer.namespace)
    taken = _kept_names(reader, positions) if reader.open else {}
    absent: list[Field] = []
    for field in map(reader.field, positions):
        sources = _sources(field, writer)
        if len(sources) == 1:
            source = sources[0]
            if (rival := taken.setdefault(source.name, field.name)) != field.name or reader.repeats_names:
                yield _both_claim(field, rival, source, at)
            place = at.down(f"/fields/{field.position}/type", f"/fields/{source.position}/type", source.name)
            yield from compare(field.type, source.type, place)
        elif sources:
            yield _ambiguous(field, sources, at)
        else:
            absent.append(field)
            yield from _unwritten(field, at)
        yield from _late_default(field, sources, at)
    if absent:
        gone = [name for name in writer.positions if name not in reader.positions and name not in taken]
        yield from _renamed(absent, gone, writer, at)


def _kept_names(reader: Record, positions: Sequence[int]) -> dict[str, str]:
    """The names of the fields that are as they were: each claims the writer's field of its own name."""
    others = set(range(len(reader.types))).difference(positions)
    return {name: name for name, position in reader.positions.items() if position in others}


def _sources(field: Field, writer: Record) -> Sequence[Field]:
    """The writer's fields that a field of the reader matches: none, one, or by its aliases several."""
    names = dict.fromkeys((field.name, *field.aliases))
    return [source for name in names if (source := writer.field_named(name)) is not None]


def _both_claim(field: Field, rival: str, source: Field, at: Place) -> Problem:
    return Problem(
        rules.ALIAS_SOURCE_TAKEN,
        at.at("fields", field.position),
        f"and {rival} of the reader both claim the writer's field {source.name}",
        f"drop the alias {source.name} or one of the two fields",
        part=field.name,
    )


def _ambiguous(field: Field, sources: Sequence[Field], at: Place) -> Problem:
    return Problem(
        rules.AMBIGUOUS_ALIAS,
        at.at("fields", field.position),
        f"matches the writer's fields {' and '.join(source.name for source in sources)}: decoders differ",
        "keep the alias of one of them",
        part=field.name,
    )


def _unwritten(field: Field, at: Place) -> Iterator[Problem]:
    fix = f'give {field.name} a default; after a rename put the old name into its "aliases"'
    if "default" not in field.raw:
        says = "has no value and no default"
        if isinstance(field.type, Enum) and field.type.default is not None:
            fix = f"give the field {field.name} a default: that of its enum only serves unknown symbols"
    elif not fits(field.type, field.raw["default"]):
        says, fix = "has no value, and its default does not fit its type", f"correct the default of {field.name}"
    else:
        return
    yield Problem(rules.FIELD_WITHOUT_DEFAULT, at.at("fields", field.position), says, fix, part=field.name)


def _late_default(field: Field, sources: Sequence[Field], at: Place) -> Iterator[Problem]:
    if "default" not in field.raw or not isinstance(field.type, Union) or not _is_late(field):
        return
    if any("default" in source.raw and isinstance(source.type, Union) and _is_late(source) for source in sources):
        return  # it was so before
    yield Problem(
        rules.DEFAULT_ON_LATER_BRANCH,
        at.at("fields", field.position, "default"),
        "has a default that is not of its union's first branch: older libraries refuse that, and Java cannot use it",
        "put the branch of the default first",
        part=field.name,
        shown=False,
    )


def _is_late(field: Field) -> bool:
    return isinstance(field.type, Union) and (branch_of(field.type, field.raw["default"]) or 0) > 0


def _renamed(absent: list[Field], gone: list[str], writer: Record, at: Place) -> Iterator[Problem]:
    """One field new, one gone, of the same type: most likely a rename."""
    if len(absent) != 1 or len(gone) != 1 or "default" not in absent[0].raw:
        return
    new, old = absent[0], writer.field(writer.positions[gone[0]])
    if new.raw["type"] == old.raw["type"] and fits(new.type, new.raw["default"]):
        other = _other_than(new.raw["default"], old.type)
        further, leaf = other or ((), None)
        yield Problem(
            rules.RENAMED_WITH_DEFAULT_ONLY,
            at.at("fields", new.position),
            f"seems to be {old.name} renamed: what was written as {old.name} is lost, and the default read instead",
            f'add "aliases": ["{old.name}"] to {new.name}',
            part=new.name,
            leaf=leaf,
            shown=other is not None,
            further=(old.name, *further),
        )


def _other_than(default: object, type_: Node) -> tuple[tuple[Step, ...], str | int | None] | None:
    """The way to, and the value of, something that is not the default; None for the smallest value, where that is."""
    match type_:
        case Union():
            at = next((i for i, branch in enumerate(type_.branches) if not fits(branch, default)), 0)
            return ((at,) if type_.branches else ()), None
        case Enum():
            return (), next((symbol for symbol in type_.symbols if symbol != default), None)
        case Primitive(kind="string"):
            return (), "other" if default == "" else None
        case Primitive(kind="int" | "long"):
            return (), 1 if default == 0 else None
    return None if default in (False, [], {}) else ((), None)
