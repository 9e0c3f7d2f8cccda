"""How fast are the two verdicts, beside the tools that answer one of them? Pairs, whole repositories, and growth.

python benchmarks/compatibility.py [pairs] [repositories] [growth]     (growth draws docs/growth.svg)

Every figure is a median (of processor time for pairs, of wall time for processes), measured in turn with its peer in
one run: what counts is the ratio.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import hook
from measure import Side, costs, in_turn, machine, plot

EVENTS = 1_000
RELEASES = 20
SCHEMAGATE = [sys.executable, "-m", "schemagate"]
BUF = str(Path(sys.executable).parent / "buf")
CONFIGURATION = '[defaults]\nlevel = "FORWARD_TRANSITIVE"\nreleases = "{releases}"\n'
PLOT = Path(__file__).parents[1] / "docs" / "growth.svg"

Schema = dict[str, Any]


# Pairs


def avro_small() -> Schema:
    """Ten fields, about 1 KB."""
    fields = [
        {"name": "id", "type": "string", "doc": "The order's id, a UUID."},
        {"name": "customer", "type": avro_record("Customer", id="string", email=["null", "string"]), "doc": "Who."},
        {"name": "status", "type": {"type": "enum", "name": "Status", "symbols": ["NEW", "PAID"], "default": "NEW"}},
        {"name": "lines", "type": {"type": "array", "items": avro_record("Line", sku="string", count="int")}},
        {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
        {"name": "placed_at", "type": {"type": "long", "logicalType": "timestamp-millis"}, "doc": "When, in UTC."},
        {"name": "note", "type": ["null", "string"], "default": None, "doc": "What the customer wrote."},
        {"name": "tags", "type": {"type": "map", "values": "string"}, "default": {}},
        {"name": "express", "type": "boolean", "default": False},
        {"name": "weight", "type": "double", "default": 0.0},
    ]
    return {"type": "record", "name": "Order", "namespace": "shop", "doc": "An order was placed.", "fields": fields}


def avro_record(name: str, **fields: Any) -> Schema:
    """A record."""
    return {"type": "record", "name": name, "fields": [{"name": each, "type": type_} for each, type_ in fields.items()]}


def avro_large(depth: int = 6, names: Iterator[int] | None = None) -> Schema:
    """Some 500 fields, six levels deep, about 40 KB."""
    names = names or iter(range(10_000))
    kinds = (
        "string",
        ["null", "long"],
        {"type": "long", "logicalType": "timestamp-millis"},
        {"type": "array", "items": "string"},
        {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2},
        {"type": "enum", "name": f"Kind{next(names)}", "symbols": ["A", "B", "C"]},
    )
    fields: list[Schema] = [{"name": f"field_{i}", "type": kind, "doc": "What it is."} for i, kind in enumerate(kinds)]
    if depth > 1:
        fields.append({"name": "one", "type": ["null", avro_large(depth - 1, names)], "default": None})
        fields.append({"name": "many", "type": {"type": "array", "items": avro_large(depth - 1, names)}})
    return {"type": "record", "name": f"Part{next(names)}", "fields": fields}


def avro_wide(depth: int = 6) -> Schema:
    """Some 500 fields, six levels deep, about 50 KB: mostly plain and nullable ones, as events have them."""
    kinds = (
        "string",
        "long",
        ["null", "string"],
        {"type": "long", "logicalType": "timestamp-millis"},
        {"type": "array", "items": "string"},
        "double",
        "boolean",
        {"type": "map", "values": "string"},
    )
    fields: list[Schema] = []
    for number in range(83):
        kind = kinds[number % len(kinds)]
        default = {"default": None} if isinstance(kind, list) else {}
        fields.append({"name": f"field_{number}", "type": kind, "doc": "What it means to readers.", **default})
    if depth > 1:
        fields.append({"name": "inner", "type": avro_wide(depth - 1)})
    return {"type": "record", "name": f"Level{depth}", "fields": fields}


def with_field(schema: Schema) -> Schema:
    """A compatible edit of an Avro record."""
    return {**schema, "fields": [*schema["fields"], {"name": "added", "type": ["null", "string"], "default": None}]}


def without_default(schema: Schema) -> Schema:
    """A break of an Avro record."""
    return {**schema, "fields": [*schema["fields"], {"name": "added", "type": "string"}]}


def json_event(fields: int, depth: int) -> Schema:
    """Closed objects in one another, with descriptions, bounds, enums and lists."""
    kinds: tuple[Schema, ...] = (
        {"type": "string", "description": "What it is."},
        {"type": "integer", "minimum": 0},
        {"type": ["string", "null"]},
        {"enum": ["A", "B", "C"]},
        {"type": "array", "items": {"type": "string"}},
    )
    properties = {f"field_{i}": kinds[i % len(kinds)] for i in range(fields)}
    if depth > 1:
        properties["one"] = json_event(fields, depth - 1)
        properties["many"] = {"type": "array", "items": json_event(fields, depth - 1)}
    required = ["field_0", "field_1"]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def with_property(schema: Schema) -> Schema:
    """A compatible edit of closed objects, at the innermost place."""
    return at_depth(schema, lambda inner: inner["properties"].update(added={"type": "string"}))


def with_minimum(schema: Schema) -> Schema:
    """A break, at the innermost place."""
    return at_depth(schema, lambda inner: inner["properties"]["field_1"].update(minimum=1))


def at_depth(schema: Schema, edit: Callable[[Schema], None]) -> Schema:
    """The schema with an edit where it is deepest."""
    made = inner = copy.deepcopy(schema)
    while "one" in inner["properties"]:
        inner = inner["properties"]["one"]
    edit(inner)
    return made


def ours(format_: str, reader: Schema, writer: Schema) -> Callable[[], object]:
    """Both verdicts on two texts, parsing included."""
    from schemagate import compare

    texts = json.dumps(reader), json.dumps(writer)
    return lambda: compare(*texts, format=format_)  # type: ignore[arg-type]


def told(format_: str, reader: Schema, writer: Schema) -> Callable[[], object]:
    """The same, with the findings, their events and fingerprints, which are worked out when they are read."""
    from schemagate import compare

    texts = json.dumps(reader), json.dumps(writer)
    return lambda: compare(*texts, format=format_).findings  # type: ignore[arg-type]


def pypi_avro(reader: Schema, writer: Schema) -> Callable[[], object]:
    """One verdict by the reference library for Python."""
    import avro.schema
    from avro.compatibility import ReaderWriterCompatibilityChecker

    texts = json.dumps(reader), json.dumps(writer)
    return lambda: ReaderWriterCompatibilityChecker().get_compatibility(*map(avro.schema.parse, texts))


def covers(reader: Schema, writer: Schema) -> Callable[[], object]:
    """One question to the prover, on the whole schemas."""
    import jsonschema_rs

    texts = json.dumps(reader), json.dumps(writer)

    def ask() -> object:
        left, right = (jsonschema_rs.canonicalize(json.loads(text)) for text in texts)
        return left.covers(right)

    return ask


def pairs() -> None:
    """Two schemas: a compatible edit, a break."""
    print(f"\nPairs, processor time  ({machine()})")
    for size, schema in (("small", avro_small()), ("wide", avro_wide()), ("many types", avro_large())):
        for edit in (with_field, without_default):
            pair = edit(schema), schema
            mine, whole, theirs = in_turn([ours("avro", *pair), told("avro", *pair), pypi_avro(*pair)])
            name = f"Avro, {size} ({len(json.dumps(schema)) / 1000:.1f} KB), {edit.__name__.replace('_', ' ')}"
            print(
                f"  {name:<46} {mine:9.2f} ms   PyPI avro {theirs:9.2f} ms   {theirs / mine:5.1f} x faster"
                f"   ({whole:.2f} ms with what is told)"
            )
    for size, event in (("small", json_event(10, 1)), ("large", json_event(6, 6))):
        for edit in (with_property, with_minimum):
            mine, theirs = in_turn([ours("json", edit(event), event), covers(edit(event), event)])
            name = f"JSON, {size} ({len(json.dumps(event)) / 1000:.1f} KB), {edit.__name__.replace('_', ' ')}"
            print(f"  {name:<46} {mine:9.2f} ms   covers    {theirs:9.2f} ms   {mine / theirs:5.1f} x its time")


# Repositories


def released(folder: Path, events: int, releases: int, *, by: str, fields: int = 40) -> None:
    """Events that got a field in every release; a tag each."""
    hook.FIELDS[:] = [f"field_{each}" for each in range(fields)]
    git(folder, "init", "-q")
    text = CONFIGURATION.format(releases=by)
    tables = "".join(f'[events."event{number}"]\nowner = "team"\n' for number in range(events))
    (folder / "schemagate.toml").write_text(text + tables)
    for release in range(releases):
        written(folder, events, release)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "released")
        git(folder, "tag", f"v{release:03}")
    git(folder, "gc", "-q")


def written(folder: Path, events: int, release: int) -> None:
    """All events as they are in a release."""
    for number in range(events):
        file = folder / f"schemas/event{number}/v1.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(edited(hook.schema(number), release), indent=2))


def edited(schema: Schema, release: int) -> Schema:
    """One more optional field for each release."""
    fields = {f"added_{each}": {"type": "string"} for each in range(release)}
    schema["definitions"]["payload"]["properties"] |= fields
    return schema


def protos(folder: Path, events: int, releases: int) -> None:
    """The same events for buf."""
    git(folder, "init", "-q")
    (folder / "buf.yaml").write_text("version: v2\nbreaking:\n  use: [WIRE]\n")
    for release in range(releases):
        proto_files(folder, events, release)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "released")
        git(folder, "tag", f"v{release:03}")
    git(folder, "gc", "-q")


def proto_files(folder: Path, events: int, release: int) -> None:
    """All Protobuf files as they are in a release."""
    names = [*(f"field_{each}" for each in range(40)), *(f"added_{each}" for each in range(release))]
    fields = "".join(f"  // What {name} is for.\n  string {name} = {each};\n" for each, name in enumerate(names, 1))
    for number in range(events):
        file = folder / f"event{number}/v1/event.proto"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(hook.PROTO.format(number=number, fields=fields))


def git(folder: Path, *arguments: str) -> None:
    """Run git."""
    subprocess.run([*hook.GIT, *arguments], cwd=folder, check=True)


def repositories() -> None:
    """1,000 events: against the merge base and against 20 releases, one edited and all of them."""
    print(f"\n{EVENTS:,} events, {RELEASES} releases  ({machine()})")
    with tempfile.TemporaryDirectory() as scratch:
        mine, theirs = Path(scratch, "ours"), Path(scratch, "theirs")
        mine.mkdir()
        theirs.mkdir()
        released(mine, EVENTS, RELEASES, by="branch")
        protos(theirs, EVENTS, RELEASES)
        check = [*SCHEMAGATE, "check", "--against", "main"]
        history = [*SCHEMAGATE, "check"]
        newest = f".git#tag=v{RELEASES - 1:03}"
        buf = [[BUF, "breaking", "--against", newest]]
        all_tags = [[BUF, "breaking", "--against", f".git#tag=v{release:03}"] for release in range(RELEASES)]
        for what, events in (("one event edited", 1), ("all events edited", EVENTS)):
            written(mine, events, RELEASES)
            proto_files(theirs, events, RELEASES)
            compared(f"{what}, against the newest release", {mine: [check]}, {theirs: buf}, turns=3)
            compared(f"{what}, against {RELEASES} releases", {mine: [history]}, {theirs: all_tags}, turns=1)


def compared(what: str, mine: Side, theirs: Side, *, turns: int) -> None:
    """One line: wall time and peak memory of both sides."""
    we, they = costs([mine, theirs], turns)
    print(
        f"  {what:<44} {we.wall:7.2f} s {we.peak:5.0f} MiB   buf {they.wall:7.2f} s {they.peak:5.0f} MiB"
        f"   {they.wall / we.wall:6.1f} x faster"
    )


# Growth


def growth() -> None:
    """Time against number of events, of releases, of fields; drawn into the documentation."""
    print(f"\nGrowth  ({machine()})")
    lines = {
        "events, all edited": grown((125, 250, 500, 1_000), lambda count: (count, 1, 40)),
        "released revisions of 25 events, all edited": grown((5, 10, 20, 40), lambda count: (25, count, 40)),
        "fields of each of 20 events, all edited": grown((50, 100, 200, 400), lambda count: (20, 1, count)),
    }
    PLOT.write_text(plot(lines, "processor seconds of schemagate check"))
    print(f"  drawn: {PLOT}")


def grown(counts: Sequence[int], shape: Callable[[int], tuple[int, int, int]]) -> list[tuple[int, float]]:
    """(count, processor seconds) of a check after every event was edited."""
    found = []
    for count in counts:
        events, releases, fields = shape(count)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            released(folder, events, releases, by="branch", fields=fields)
            written(folder, events, releases)
            (cost,) = costs([{folder: [[*SCHEMAGATE, "check"]]}], 3)
        print(f"  {events:>5} events, {releases:>3} releases, {fields:>4} fields: {cost.processor:6.2f} s")
        found.append((count, cost.processor))
    return found


if __name__ == "__main__":
    parts = {"pairs": pairs, "repositories": repositories, "growth": growth}
    for part in sys.argv[1:] or parts:
        parts[part]()
