"""Two Protobuf texts, both verdicts: `schemagate diff` beside `buf breaking`, and what of it is the compiler's time.

Every pair is judged as whole processes, in turn with buf's rules for the wire; then in one process, with the compiler
(nothing is remembered) and without (both schemas are parsed). `python benchmarks/protobuf.py [turns]`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from compatibility import BUF, SCHEMAGATE
from measure import in_turn, machine, medians, table

KINDS = ("string", "int64", "bool", "double", "bytes", "uint32", "repeated string", "map<string, int64>", "Status")
WIRE = json.dumps({"version": "v2", "breaking": {"use": ["WIRE"]}})


def event(fields: int, depth: int) -> str:
    """An event of messages in each other, so many fields in each."""
    return "\n".join(['syntax = "proto3";', "package shop.orders;", *_messages(fields, depth)]) + "\n"


def _messages(fields: int, depth: int) -> Iterator[str]:
    yield "enum Status { STATUS_UNKNOWN = 0; STATUS_OPEN = 1; STATUS_PAID = 2; }"
    for level in range(depth):
        lines = [f"  {KINDS[n % len(KINDS)]} field_{n} = {n + 1};" for n in range(fields)]
        if level + 1 < depth:
            lines.append(f"  Part{level + 1} part = {fields + 1};")
        yield "\n".join([f"message {f'Part{level}' if level else 'Order'} {{", *lines, "}"])


def with_field(text: str) -> str:
    """An optional field more, in the innermost message."""
    at = text.rindex("}")
    return f"{text[:at]}  string note = 900;\n{text[at:]}"


def narrower(text: str) -> str:
    """A number narrower, in the innermost message: the registry and buf accept it, and values are lost."""
    at = text.rindex("  int64 field_1 ")
    return text[:at] + text[at:].replace("int64", "int32", 1)


def processes(name: str, old: str, new: str, turns: int) -> None:
    """Both tools as they are run by hand."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "schemagate.toml").write_text("")
        for side, text in (("old", old), ("new", new)):
            (folder / side).mkdir()
            (folder / side / "order.proto").write_text(text)
            (folder / side / "buf.yaml").write_text(WIRE)
        commands = {
            "schemagate diff, both verdicts, both ways": [*SCHEMAGATE, "diff", "../old/order.proto", "order.proto"],
            "buf breaking, WIRE, one way": [BUF, "breaking", ".", "--against", "../old"],
            "protoc, both files": [
                "sh",
                "-c",
                f"{protoc()} -I../old -oo order.proto && {protoc()} -I. -on order.proto",
            ],
        }
        table(name, medians(commands, turns, folder / "new"), "buf breaking, WIRE, one way")


def protoc() -> str:
    """The compiler that is installed beside this Python."""
    from schemagate import protoc as compiler

    return compiler._program()  # noqa: SLF001 - the one that is measured beside it


def in_one_process(old: str, new: str) -> None:
    """Both verdicts, one way; processor time, without that of the compiler's own process."""
    wall = [
        median_wall(lambda: _compared(old, new, forget=True)),
        median_wall(lambda: _compared(old, new, forget=False)),
    ]
    (judged,) = in_turn([lambda: _compared(old, new, forget=False)])
    print(f"  in one process, compiler and parsing included {wall[0]:8.1f} ms wall")
    print(f"  in one process, both schemas parsed           {wall[1]:8.2f} ms wall   {judged:.2f} ms of the processor")


def _compared(old: str, new: str, *, forget: bool) -> object:
    from schemagate import compare
    from schemagate import protoc as compiler
    from schemagate.schema import protobuf

    if forget:
        compiler._compiled.cache_clear()  # noqa: SLF001 - nothing is remembered between two runs
        protobuf._parsed.cache_clear()  # noqa: SLF001
    found = compare(new, old, format="protobuf")
    return found.findings


def median_wall(ask: Callable[[], object], turns: int = 15) -> float:
    """Milliseconds."""
    import statistics
    import time

    ask()
    times = []
    for _ in range(turns):
        start = time.perf_counter()
        ask()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main(turns: int) -> None:
    """Small and large, a compatible edit and a break."""
    print(f"Protobuf pairs  ({machine()})")
    for size, text in (("small", event(10, 1)), ("large", event(84, 6))):
        for edit in (with_field, narrower):
            name = f"{size} ({len(text) / 1000:.1f} KB), {edit.__name__.replace('_', ' ')}"
            processes(name, text, edit(text), turns)
            in_one_process(text, edit(text))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
