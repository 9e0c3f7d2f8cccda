"""`schemagate validate`: is this payload a valid event?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from schemagate.cli import options
from schemagate.cli.output import answer_as, style


@click.command("validate")
@click.argument("version", metavar="EVENT@N")
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@options.output_format("text", "json")
def command(version: str, files: tuple[str, ...], format_: str) -> int:
    """Is each FILE a valid event of EVENT@N? Names the failing field.

    A file holds one JSON document; a file that ends in .jsonl, and `-` (standard input), hold one event a line.
    Avro events are read as JSON in Avro's own encoding, as console consumers print it: a union's value names its branch
    ({"string": "x"}), bytes and decimals are text of code points, times are numbers. Protobuf events are read by the
    JSON mapping, as the first of the event's roots, else the file's first message.

    \b
    schemagate validate candidate@1 samples/candidate/v1.json
    kcat -C -t data_replication.candidate -e | schemagate validate candidate@1 -

    Exit codes: 0 valid, 1 invalid, 2 not JSON, 3 no event at all, or the extra is missing.
    """
    from schemagate.ask.validate import validate
    from schemagate.project.catalog import open_project
    from schemagate.report import validate as report

    project = open_project(Path.cwd())
    found = {
        file: validate(project, version, _read(file), file, lines=file == "-" or file.endswith(".jsonl"))
        for file in files
    }
    answer_as(
        format_,
        text=lambda: "\n".join(report.to_text(each, file, style()) for file, each in found.items()),
        json=lambda: report.to_json(found),
    )
    codes = {each.exit_code for each in found.values()}
    return next((code for code in (1, 3) if code in codes), 0)


def _read(file: str) -> bytes:
    from schemagate.schema.json_text import MAX_BYTES

    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)  # one more than is accepted, so that a longer one is refused
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}") from None
