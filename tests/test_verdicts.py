"""Is `docs/verdicts.md` true? Its cases are run here, with real commits, and their output is what the page shows.

`SCHEMAGATE_UPDATE=1 pytest tests/test_verdicts.py` writes the page anew.
"""

from __future__ import annotations

import difflib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from repository import Repository, environment, json_object, record, text_field

PAGE = Path(__file__).parents[1] / "docs" / "verdicts.md"
DATE = "2026-11-01T12:00:00+00:00"

INTRODUCTION = """\
# Where the two verdicts disagree

A registry compares two texts by its own list of rules. Whether a consumer can really read an event is another question.
`schemagate check` answers both, and each case below is one where they differ. Every output is real: a test
(`tests/test_verdicts.py`) makes the commits, runs the command, and fails when this page says anything else.

| | the registry accepts | the registry rejects |
|---|---|---|
| **every event can be read** | fine | the change is safe, and publishing it would fail: change the spelling, or the level |
| **some event cannot be read** | **nobody warns you**: this is what the event is printed for | fix the schema |

The level of each event is `{level}` where nothing else is said: the new schema must read what was written before.
"""


@dataclass(frozen=True)
class Case:
    """One change, what both verdicts must be, and why they differ."""

    title: str
    why: str
    file: str
    old: Any
    new: Any
    registry: str
    data: str
    more: str = ""
    between: Any = None


def closed(**properties: Any) -> Any:
    return {**json_object(tuple(properties), **properties), "additionalProperties": False}


def order(*fields: Any) -> Any:
    return record(text_field("id"), *fields)


def amount(scale: int) -> Any:
    return {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": scale}}


def message(*lines: str) -> str:
    body = "".join(f"  {line}\n" for line in ("string id = 1;", *lines))
    return f'syntax = "proto3";\n\nmessage Order {{\n{body}}}\n'


JSON, AVRO, PROTO = "schemas/order/v1.json", "schemas/order/v1.avsc", "schemas/order/v1.proto"
OPEN = json_object(("id",), id="string")
WITH_COUPON = json_object(("id",), id="string", coupon="string")
CASES = [
    Case(
        "JSON Schema, LENIENT: an optional property is added to an open object",
        "The old schema never mentioned `coupon`, and an open object may hold any other property: what was sent under that"
        " name may be anything. The registry's LENIENT policy looks at declared properties only.",
        JSON, OPEN, WITH_COUPON, "accept", "no", more='policy = "LENIENT"\n',
    ),
    Case(
        "The same under STRICT, when producers promise to send declared properties only",
        "With `assume = [\"declared-properties-only\"]` the data verdict takes the promise at its word; STRICT does not know it.",
        JSON, OPEN, WITH_COUPON, "reject", "yes", more='assume = ["declared-properties-only"]\n',
    ),
    Case(
        "JSON Schema: another spelling of the same bound",
        "No integer lies between 0 and 1. The registry compares keywords, not sets of values.",
        JSON, closed(count={"type": "integer", "minimum": 1}), closed(count={"type": "integer", "exclusiveMinimum": 0}),
        "reject", "yes",
    ),
    Case(
        "JSON Schema: an enum of one value becomes a constant",
        "Both admit exactly `\"paid\"`.",
        JSON, closed(state={"enum": ["paid"]}), closed(state={"const": "paid"}), "reject", "yes",
    ),
    Case(
        "JSON Schema: a schema behind a pattern of names is narrowed",
        "The registry's comparison does not look into `patternProperties`.",
        JSON,
        {**OPEN, "patternProperties": {"^x-": {"type": ["string", "integer"]}}},
        {**OPEN, "patternProperties": {"^x-": {"type": "string"}}},
        "accept", "no",
    ),
    Case(
        "Avro: the scale of a decimal changes",
        "The bytes are an unscaled number; the scale stands in the schema alone. The registry's check ignores logical types.",
        AVRO, order(amount(2)), order(amount(3)), "accept", "no",
    ),
    Case(
        "Avro: two fields of the reader claim one field of the writer",
        "One by its name, one by an alias. The registry counts a source for each; decoders fail on every event.",
        AVRO, order(text_field("note", default="")), order(text_field("note", default=""), text_field("remark", aliases=["note"])),
        "accept", "no",
    ),
    Case(
        "Avro: a field comes back with another type",
        "Dropped in one revision, added with another type in the next: at this level the registry compares neighbours only."
        " Events of the first revision may still be in the topic.",
        AVRO, order(text_field("note")), order({"name": "note", "type": "int", "default": 0}), "accept", "no", between=order(),
    ),
    Case(
        "Protobuf: a number becomes narrower",
        "The registry counts all integers of one wire format as one kind. Nothing fails; the reader sees other numbers.",
        PROTO, message("int64 total = 2;"), message("int32 total = 2;"), "accept", "no",
    ),
    Case(
        "Protobuf: a message gets another name",
        "Bytes hold numbers, no names. The registry compares the names.",
        PROTO, message("Money price = 2;", "message Money { int64 units = 1; }"),
        message("Amount price = 2;", "message Amount { int64 units = 1; }"), "reject", "yes",
    ),
]  # fmt: skip


def committed(repo: Repository, message: str) -> None:
    """A commit with the same id wherever it is made."""
    repo.git("add", "--all")
    dates = environment(GIT_AUTHOR_DATE=DATE, GIT_COMMITTER_DATE=DATE)
    subprocess.run(["git", "commit", "-q", "-m", message], cwd=repo.folder, env=dates, check=True)


def output(case: Case, folder: Path) -> tuple[str, str]:
    """What `check` prints for a case, and its JSON."""
    repo = Repository(folder)
    repo.write("schemagate.toml", f'[events.order]\nowner = "team"\nlevel = "BACKWARD"\n{case.more}')
    for number, content in enumerate(filter(None, [case.old, case.between])):
        repo.write(case.file, content)
        committed(repo, f"revision {number + 1}")
    repo.write(case.file, case.new)
    return repo.schemagate("check").stdout, repo.schemagate("check", "--format", "json").stdout


def change(case: Case) -> str:
    """The lines of the schema that differ, as a diff."""
    sides = (side if isinstance(side, str) else json.dumps(side, indent=2) for side in (case.old, case.new))
    texts = [side.splitlines() for side in sides]
    return "\n".join(line.rstrip() for line in list(difflib.unified_diff(*texts, n=1, lineterm=""))[3:])


def section(case: Case, text: str) -> str:
    between = "\n(with a revision in between that has no such field)\n" if case.between else ""
    config = f"\n`schemagate.toml`: `{case.more.strip()}`\n" if case.more else ""
    return (
        f"## {case.title}\n\nRegistry: **{case.registry}**. Data: **{case.data}**. {case.why}\n{config}\n"
        f"```diff\n{change(case)}\n```\n{between}\n```\n$ schemagate check\n{text}```\n"
    )


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    return [output(case, tmp_path_factory.mktemp("case") / "repo") for case in CASES]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_verdicts_are_these(outputs: list[tuple[str, str]], number: int) -> None:
    (found,) = json.loads(outputs[number][1])["versions"]
    assert (found["registry"], found["data"]) == (CASES[number].registry, CASES[number].data)


def test_the_page_shows_real_output(outputs: list[tuple[str, str]]) -> None:
    sections = [section(case, text) for case, (text, _) in zip(CASES, outputs, strict=True)]
    page = "\n".join([INTRODUCTION.format(level="BACKWARD"), *sections])
    if os.environ.get("SCHEMAGATE_UPDATE"):
        PAGE.write_text(page, "utf-8")
    assert PAGE.read_text("utf-8") == page
