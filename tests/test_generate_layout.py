"""Have formatter, linter and type checker nothing to say about any generated module?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generating import avro, load, version, write
from schemagate.generate import layout
from schemagate.generate.package import python_package
from schemagate.schema.event import Format, Version
from test_generate_properties import NODE, containers, objects, record, scalars, several, unions

GOLDEN = Path(__file__).parent / "golden"
BIN = Path(sys.executable).parent


def sources() -> list[Version]:
    """Every construct at least once, with names and texts of inconvenient length."""
    return [
        version(
            path.stem.replace("_", "."),
            1,
            None,
            Format.AVRO if path.suffix == ".avsc" else Format.JSON,
            path.read_text(),
        )
        for path in sorted((GOLDEN / "sources").iterdir())
    ]


def test_text_is_the_golden_one() -> None:
    """SCHEMAGATE_GOLDEN=write rewrites the files; the diff is then read by a person."""
    for path, text in python_package(sources()).files.items():
        if path.endswith("/v1.py"):
            golden = GOLDEN / "kitchens" / (path + ".txt")
            if os.environ.get("SCHEMAGATE_GOLDEN") == "write":
                golden.parent.mkdir(parents=True, exist_ok=True)
                golden.write_text(text, "utf-8")
            assert golden.read_text("utf-8") == text, path


LONG = st.text("abcdefghij_XYZ", min_size=20, max_size=70)
QUOTED = "abc'\"\\ \u00e9"
long_enums = st.lists(st.text(QUOTED, min_size=8, max_size=40), min_size=2, max_size=5, unique=True)
long_scalars = st.one_of(
    scalars,
    long_enums.map(lambda values: {"enum": values}),
    long_enums.map(lambda values: {"enum": [*values, None, 1, True]}),
    st.text(QUOTED, min_size=20, max_size=90).map(lambda text: {"type": "string", "default": text}),
    st.lists(st.text("ab", max_size=30), max_size=6).map(
        lambda default: {"type": "array", "items": {"type": "string"}, "default": default}
    ),
)
wide = st.recursive(long_scalars | several | unions | st.just({"$ref": "#/definitions/node"}), containers, max_leaves=6)


def test_tools_have_nothing_to_say_about_random_modules(tmp_path: Path) -> None:
    versions = sources()

    @settings(max_examples=25)
    @given(objects(wide), st.dictionaries(LONG, wide, max_size=3), st.data())
    def collect(schema: dict[str, Any], more: dict[str, Any], data: Any) -> None:
        schema = {**schema, "properties": {**schema["properties"], **more}, "definitions": {"node": NODE}}
        versions.append(version(f"json.e{len(versions)}", 1, schema))
        versions.append(avro(f"avro.e{len(versions)}", 1, data.draw(record([]))[0]))

    collect()
    package = python_package(versions)
    assert len(package.refused) < len(versions) / 10
    folder = write(package, tmp_path)
    for command in (
        [BIN / "ruff", "format", "--isolated", "--diff", "."],
        [BIN / "ruff", "check", "--isolated", "."],
        [BIN / "mypy", "--strict", "--cache-dir", folder / ".mypy_cache", "events"],
    ):
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
    load(package)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x", ["    a: x = 1"]),
        (layout.Group("f(", ("x", "y"), ")"), ["    a: f(x, y) = 1"]),
        (
            layout.Group("f(", ("x" * 50, "y" * 50), ")"),
            ["    a: f(", "        " + "x" * 50 + ",", "        " + "y" * 50 + ",", "    ) = 1"],
        ),
        (layout.Group("L[", ("x" * 90,), "]"), ["    a: L[", "        " + "x" * 90, "    ] = 1"]),
    ],
)
def test_lines(code: layout.Code, expected: list[str]) -> None:
    assert layout.lines(4, "a: ", code, " = 1") == expected
