"""Which descriptors does the official Protobuf compiler make of these texts? The only place that runs `protoc`.

Texts in, descriptors out: a private scratch folder holds the files while the compiler runs, and nothing of it is left.
The compiler is a process of its own, so that a text that crashes or hangs it cannot take us along.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from schemagate.errors import NotInstalled, SchemaError

_SECONDS: Final = 20
"""Schemas of 8 MiB compile in a second; whoever needs more is no schema."""

_ERROR: Final = re.compile(r"(?P<file>.*?):(?:(?P<line>\d+):(?P<column>\d+):)? (?P<message>(?!warning: ).*)")
_COMMENT: Final = r"//[^\n]*+|/\*.*?(?:\*/|\Z)"
_GAP: Final = rf"(?:\s|{_COMMENT})*+"
_STRING: Final = r""""(?:\\.|[^"\\\n])*+"?|'(?:\\.|[^'\\\n])*+'?"""
_PIECE: Final = re.compile(rf"{_COMMENT}|(?P<string>{_STRING})", re.DOTALL)
_IMPORT: Final = re.compile(
    rf"{_COMMENT}|{_STRING}|\bimport\b{_GAP}(?:(?:public|weak|option)\b{_GAP})?(?P<path>(?:(?:{_STRING}){_GAP})++)",
    re.DOTALL,
)
"""Comments and strings, so that no import is seen in them, and imports; a path may be several strings, put together."""

_PATH: Final = re.compile(r"[\w.@+-]+(?:/[\w.@+-]+)*\.proto")

_TEXTS, _DESCRIPTORS = "texts", "descriptors"
"""Folder and file in the scratch folder; the compiler names them in its messages."""

_CONFLUENT: Final = {
    "confluent/meta.proto": """\
syntax = "proto3";
package confluent;
import "google/protobuf/descriptor.proto";
message Meta {
  string doc = 1;
  map<string, string> params = 2;
  repeated string tags = 3;
}
extend google.protobuf.FileOptions { Meta file_meta = 1088; }
extend google.protobuf.MessageOptions { Meta message_meta = 1088; }
extend google.protobuf.FieldOptions { Meta field_meta = 1088; }
extend google.protobuf.EnumOptions { Meta enum_meta = 1088; }
extend google.protobuf.EnumValueOptions { Meta enum_value_meta = 1088; }
""",
    "confluent/type/decimal.proto": """\
syntax = "proto3";
package confluent.type;
message Decimal {
  bytes value = 1;
  uint32 precision = 2;
  int32 scale = 3;
}
""",
}
"""What every Confluent server has built in, by the numbers that its payloads use."""


def compiled(text: str, file: str, references: Mapping[str, str]) -> tuple[str, bytes]:
    """The name of the text's file in, and the bytes of, a FileDescriptorSet that holds it and all that it imports.

    `references` are texts by import path. Texts may be FileDescriptorProtos in base64, as a registry hands them out.
    `google/protobuf`, `google/type` and `confluent` are built in. Raises SchemaError with file, line and column, and
    NotInstalled without a compiler.
    """
    for name in references:
        if not _PATH.fullmatch(name) or {".", ".."} & set(name.split("/")):
            raise SchemaError(f'{name!r} is no import path, as in import "shared/money.proto"', file=file)
    main = "main.proto"
    while main in references:
        main = f"_{main}"
    found = _compiled(main, text, tuple(sorted(references.items())))
    if isinstance(found, bytes):
        return main, found
    where, line, column, message = found
    if where == _DESCRIPTORS:
        raise SchemaError("the text is base64, and what it holds is no FileDescriptorProto", file=file)
    if where not in ("", main) and where not in references:
        message = f"{where}: {message}"
    lines = (text if where == main else references.get(where, "")).split("\n")
    raise SchemaError(
        message,
        file=where if where in references else file,
        line=line,
        column=column_of(lines[line - 1], column) if 0 < line <= len(lines) else column,
        next_step=_next_step(message),
    )


def imports(text: str) -> list[str]:
    """The paths that a text imports, in order, as the compiler would look for them."""
    paths = (found["path"] for found in _IMPORT.finditer(text) if found["path"])
    return ["".join(each["string"][1:-1] for each in _PIECE.finditer(path) if each["string"]) for path in paths]


def column_of(line: str, column: int) -> int:
    """A column in code points, from the compiler's, which counts bytes and lets tabs reach to the next eighth."""
    starts = _starts(line)
    return column if starts is None else bisect_right(starts, column - 1)


@lru_cache(maxsize=4)  # declarations come line by line
def _starts(line: str) -> list[int] | None:
    """The compiler's column (from 0) of each character; None where they are the characters' own."""
    if line.isascii() and "\t" not in line:
        return None
    starts, width = [0], 0
    for character in line:
        width += 8 - width % 8 if character == "\t" else len(character.encode("utf-8", "surrogatepass"))
        starts.append(width)
    return starts


def _next_step(message: str) -> str | None:
    if re.match(r'Import ".*" was not found', message):
        return "put the file below schemas/_shared, and import it by its path there"
    return None


@lru_cache(maxsize=256)
def _compiled(main: str, text: str, references: tuple[tuple[str, str], ...]) -> bytes | tuple[str, int, int, str]:
    """Descriptors, or what the compiler says first: (file, line, column, message)."""
    program = _program()
    with TemporaryDirectory(prefix="schemagate-protoc-") as scratch:
        folder = Path(scratch)
        try:
            descriptors = _laid_out(folder, {main: text, **dict(references)})
        except OSError as error:  # a name that is too long, or a file where another needs a folder
            return "", 0, 0, f"the imported files cannot be laid out: {error.strerror}"
        command = [program, f"-I{_TEXTS}", "-oout", "--include_imports", "--include_source_info"]
        if descriptors:
            (folder / _DESCRIPTORS).write_bytes(descriptors)
            command.append(f"--descriptor_set_in={_DESCRIPTORS}")
        try:
            done = subprocess.run(  # noqa: S603 - the program is ours, its arguments are ours
                [*command, main], capture_output=True, timeout=_SECONDS, check=False, cwd=folder
            )
        except subprocess.TimeoutExpired:
            return "", 0, 0, f"the compiler takes more than {_SECONDS} s for this schema"
        if done.returncode == 0:
            return (folder / "out").read_bytes()
        return _complaint(done.returncode, done.stderr.decode("utf-8", "replace"))


def _laid_out(folder: Path, files: dict[str, str]) -> bytes:
    """Write the texts; descriptors among them come back as a FileDescriptorSet."""
    descriptors = b""
    texts = folder / _TEXTS
    texts.mkdir()
    left = list(files)
    while left:
        name = left.pop()
        text = files[name]
        descriptor = from_base64(text)
        if descriptor is None:
            (texts / name).parent.mkdir(parents=True, exist_ok=True)
            (texts / name).write_bytes(text.encode("utf-8", "surrogatepass"))
            needed = imports(text)
        else:
            named = descriptor + _field(1, name.encode())  # the last name counts
            descriptors += _field(1, named)
            needed = re.findall(r"(?:google/type|confluent)/[\w/]+\.proto", descriptor.decode("latin-1"))
        for other in needed:
            if other not in files and (built_in := _built_in(other)) is not None:
                files[other] = built_in
                left.append(other)
    return descriptors


def from_base64(text: str) -> bytes | None:
    """The bytes of a descriptor in base64; None for any other text."""
    import base64
    import binascii

    stripped = text.strip()
    if not re.fullmatch(r"[A-Za-z0-9+/]{4,}={0,2}", stripped):
        return None
    try:
        return base64.b64decode(stripped, validate=True)
    except binascii.Error:
        return None


def _field(number: int, data: bytes) -> bytes:
    size, length = len(data), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + data


def _built_in(name: str) -> str | None:
    """The text of an import that servers have built in, beyond what comes with the compiler."""
    if name in _CONFLUENT:
        return _CONFLUENT[name]
    if not re.fullmatch(r"google/type/\w+\.proto", name):
        return None
    try:
        return resources.files("google.type").joinpath(name.rpartition("/")[2]).read_text("utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        return None


def _complaint(code: int, stderr: str) -> tuple[str, int, int, str]:
    unplaced: tuple[str, int, int, str] | None = None
    for line in stderr.splitlines():
        match = _ERROR.fullmatch(line)
        if match is None:
            continue
        found = (
            match["file"].removeprefix(f"{_TEXTS}/"),
            int(match["line"] or 0),
            int(match["column"] or 0),
            match["message"],
        )
        if found[1]:
            return found
        unplaced = unplaced or found
    if unplaced is not None:
        return unplaced
    gave_up = f"the compiler gave up ({'signal ' + str(-code) if code < 0 else 'exit ' + str(code)})"
    return "", 0, 0, stderr.strip().partition("\n")[0] or gave_up


@cache
def _program() -> str:
    """The compiler that was installed beside us, else the one that a shell would find."""
    beside = Path(sysconfig.get_path("scripts"))
    program = shutil.which("protoc", path=str(beside)) or shutil.which("protoc")
    if program is None:
        raise NotInstalled("Protobuf schemas are read by the official compiler, and it is not installed", "protobuf")
    return program
