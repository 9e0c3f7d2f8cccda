"""Does every house rule speak where its fixtures say so, and only there?

A fixture is a slice of a repository in `tests/rules/EV*/<case>/`, with what is expected in `expect.toml`: the findings
of *all* rules with rule, severity, file, line and pointer; `[settings]` of the event; the `preset` of the envelope (plain
unless stated); `paths` of files that are only named; `released/<n>/` holds the revisions, oldest first.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import schemagate
from schemagate.errors import SchemaError
from schemagate.findings import Finding, Rule
from schemagate.policy import envelope_rules, event_rules, file_rules, reference_rules
from schemagate.policy.lint import RULES, lint
from schemagate.schema import json_text
from schemagate.schema.event import Content, Revision, Settings, Version, version_of

RULES_FOLDER = Path(__file__).parent / "rules"
PAGES = Path(schemagate.__file__).parent / "rules"
CASES = sorted(RULES_FOLDER.glob("EV*/*/"))


def named(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.glob("schemas/**/*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(found)}


def content(path: str, repository: dict[str, bytes]) -> Content:
    """As the catalog reads it; raises SchemaError."""
    found = version_of(path)
    assert found is not None
    shared = {
        name: json_text.decode(data, name) for name, data in repository.items() if name.startswith("schemas/_shared/")
    }
    return Content(found[1], path, json_text.decode(repository[path], path), shared)


def findings(case: Path, expected: dict[str, Any]) -> Iterator[Finding]:
    """Everything that the rules say about a slice."""
    repository = files(case)
    yield from file_rules.ev12_file_place([*repository, *expected.get("paths", ())])
    versions = []
    for path in repository:
        if (found := version_of(path)) is None:
            continue
        try:
            versions.append(Version(found[0], content(path, repository), Settings(**expected.get("settings", {}))))
        except SchemaError as error:
            yield file_rules.unreadable(error)
    for version in versions:
        revisions = [files(folder) for folder in sorted(case.glob("released/*/"))]
        released = [
            Revision(f"{number:040}", content(version.content.file, revision))
            for number, revision in enumerate(revisions)
        ]
        siblings = [each for each in versions if each is not version]
        yield from lint(version, released, preset=expected.get("preset", "plain"), siblings=siblings)


def shown(finding: Finding) -> tuple[str, str, str, int, str]:
    assert finding.location is not None
    return finding.rule, finding.severity.value, finding.location.file, finding.location.line, finding.path


@pytest.mark.parametrize("case", CASES, ids=named)
def test_all_rules_say_what_the_case_expects(case: Path) -> None:
    expected = tomllib.loads((case / "expect.toml").read_text("utf-8"))
    assert sorted(shown(each) for each in findings(case, expected)) == sorted(
        (each["rule"], each["severity"], each["file"], each["line"], each["pointer"])
        for each in expected.get("finding", ())
    )


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_case_is_called_what_it_is(case: Path) -> None:
    expected = tomllib.loads((case / "expect.toml").read_text("utf-8"))
    speaks = case.parent.name in {each["rule"] for each in expected.get("finding", ())}
    assert speaks == case.name.startswith("breaks-"), "breaks-… shows its rule, passes-… does not"
    assert speaks or case.name.startswith("passes-")


@pytest.mark.parametrize("case", CASES, ids=named)
def test_messages_are_sentences_of_one_line(case: Path) -> None:
    expected = tomllib.loads((case / "expect.toml").read_text("utf-8"))
    for finding in findings(case, expected):
        assert finding.message
        assert "\n" not in finding.message
        assert len(finding.message) < 400
        assert finding.fix[0].isupper()
        assert finding.fix.endswith(".")


def test_each_rule_has_its_page_and_its_fixtures() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
    assert {path.stem for path in PAGES.glob("EV*.md")} == set(ids)
    assert {folder.name for folder in RULES_FOLDER.glob("EV*/")} == set(ids)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_page_has_the_form_of_all_pages(rule: Any) -> None:
    lines = (PAGES / f"{rule.id}.md").read_text("utf-8").splitlines()
    assert lines[0] == f"# {rule.id} {rule.name}"
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## What it looks for", "## Why it matters", "## Example", "## Repair"]
    assert 15 <= len(lines) <= 40


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_cases_on_both_sides(rule: Any) -> None:
    cases = {case.name.partition("-")[0] for case in CASES if case.parent.name == rule.id}
    assert cases == {"breaks", "passes"}


@pytest.mark.parametrize(
    "module", [envelope_rules, event_rules, file_rules, reference_rules], ids=lambda module: module.__name__
)
def test_a_module_lists_all_its_rules(module: Any) -> None:
    constants = {name for name, value in vars(module).items() if isinstance(value, Rule)}
    assert constants == {rule.id for rule in module.RULES}
