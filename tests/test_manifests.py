"""Manifests as they come: each key's value and line, hostile files, and the repository's own."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository import Repository, json_object
from schemagate.ask.lint import lint
from schemagate.project import keys, services, toml
from schemagate.project.toml_lines import lines
from schemagate.schema.event import Call, Client, Consumption, Endpoint, Idempotency, Production, Retry, Served, Service

ROOT = Path(__file__).parents[1]

# The example of the specification of manifests, with everything in it.
WHOLE = """\
format = 1
service = "hiring"
owner = "team-hiring"
client_id = "hiring@{version}"
client = { acks = "all", enable_idempotence = true, auto_register_schemas = false }
serves = [ { endpoint = "GET hiring:/ratings/{assessment_id}", contract = "contracts/hiring.openapi.yaml" } ]
calls  = [ { endpoint = "POST bonuses:/credits", timeout = "2s", retries = 3, idempotency_header = "Idempotency-Key" } ]
produces = [
  { event = "solution.completed", versions = [1], delivery = "outbox", criticality = "money", flag = "solution_events" },
  { event = "task.rating", versions = [1] },
]
[[consumes]]
event = "assessment"
versions = [2, 1, 2]
group = "hiring.assessment"
mode = "live"
offset_reset = "earliest"
isolation = "read_committed"
commit = "after-processing"
idempotency = { key = "payload.replication_id", store = "table:assessments", on_conflict = "update-if-newer", newer_by = "payload.updated_at" }
retry = { topics = ["assessment.retry"], base = "1s", factor = 2, cap = "5m", jitter = true, max_attempts = 8 }
dlq = "assessment.dlq"
"""


def read(text: str, file: str = "services/hiring.toml") -> tuple[Service | None, list[str]]:
    problems = toml.Problems(file)
    return services.read(text.encode(), file, problems), problems.found


def test_every_key_has_its_value() -> None:
    service, problems = read(WHOLE)
    assert not problems
    assert service == Service(
        "hiring",
        "team-hiring",
        "services/hiring.toml",
        produces=(
            Production("solution.completed", (1,), 9, "outbox", "money", "solution_events"),
            Production("task.rating", (1,), 10),
        ),
        consumes=(
            Consumption(
                "assessment",
                (1, 2),
                13,
                group="hiring.assessment",
                offset_reset="earliest",
                isolation="read_committed",
                commit="after-processing",
                idempotency=Idempotency(
                    ("payload.replication_id",), "table:assessments", "update-if-newer", "payload.updated_at"
                ),
                retry=Retry(("assessment.retry",), 1, 2, 300, jitter=True, max_attempts=8),
                dlq="assessment.dlq",
            ),
        ),
        client_id="hiring@{version}",
        client=Client("all", enable_idempotence=True, auto_register_schemas=False),
        serves=(Served(Endpoint("GET", "hiring", "/ratings/{assessment_id}"), "contracts/hiring.openapi.yaml"),),
        calls=(Call(Endpoint("POST", "bonuses", "/credits"), 2, 3, "Idempotency-Key"),),
    )
    assert service.line_of("consumes[0].retry.cap") == 21
    assert service.line_of("consumes[0].nowhere.at.all") == 12
    assert service.line_of("nowhere") == 1


def test_the_example_lints_clean_in_this_repository(tmp_path: Path) -> None:
    for name in ("schemas", "services"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "schemagate.toml", tmp_path)
    (tmp_path / "services" / "hiring.toml").write_text(WHOLE.replace("[2, 1, 2]", "[1, 2]"), "utf-8")
    assert lint(tmp_path, {}).findings == ()


def test_the_repositorys_own_manifests_lint_clean_and_tell_the_demos_story() -> None:
    found = lint(ROOT, {})
    assert [str(finding) for finding in found.findings] == []
    assert found.services == 3
    bonuses = (ROOT / "services" / "bonuses.toml").read_text("utf-8")
    assert bonuses.count('event = "manager"\nversions = [1]') == 1


def test_a_declaration_is_found_among_others_of_its_event() -> None:
    text = """format = 1
service = "hiring" # consumes = [{ event = "b" }]
owner = '''
[[consumes]]
event = "b"
'''
consumes = [
  { versions = [
      1 ], event = "b" }, { event = "b", versions = [2] },
  # { event = "b", versions = [3] }
  { event = "b", versions = [4], topics = ["}", '[['] },
]
"""
    service, problems = read(text)
    assert not problems
    assert service is not None
    assert [(each.versions, each.line) for each in service.consumes] == [((1,), 9), ((2,), 9), ((4,), 11)]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"2s"', '"2 s"', "calls[0].timeout: must be a duration such as"),
        ('"2s"', "2", "calls[0].timeout: must be a duration such as"),
        ('"5m"', '"5 minutes"', "consumes[0].retry.cap: must be a duration"),
        ('"5m"', '"99999999999999999999d"', "consumes[0].retry.cap: must be a duration"),
        ('"5m"', '"٥m"', "consumes[0].retry.cap: must be a duration"),
        ('"5m"', '"500ms"', "consumes[0].retry.cap: is shorter than base"),
        ("factor = 2", "factor = nan", "consumes[0].retry.factor: must be a number from 1"),
        ("factor = 2", "factor = inf", "consumes[0].retry.factor: must be a number from 1"),
        ("factor = 2", "factor = true", "consumes[0].retry.factor: must be a number from 1"),
        ("factor = 2", "factor = 0.5", "consumes[0].retry.factor: must be a number from 1"),
        ("max_attempts = 8", "max_attempts = 0", "consumes[0].retry.max_attempts: must be a whole number from 1"),
        (
            "max_attempts = 8",
            "max_atempts = 8",
            'consumes[0].retry.max_atempts: unknown key; did you mean "max_attempts"?',
        ),
        ("jitter = true", 'jitter = "yes"', "consumes[0].retry.jitter: must be true or false"),
        ('["assessment.retry"]', '"assessment.retry"', "consumes[0].retry.topics: must be a list of texts"),
        ("retries = 3", "retries = -1", "calls[0].retries: must be a whole number"),
        ('acks = "all"', "acks = 1", "client.acks: must be one of all, 1, 0"),
        ('"outbox"', '"inbox"', "produces[0].delivery: must be one of direct, outbox"),
        ('"GET hiring', '"GET bonuses', "serves[0].endpoint: is of bonuses, not of hiring (SV09)"),
        ('"payload.replication_id"', '""', "consumes[0].idempotency.key: must be a path in the event"),
        ('"payload.replication_id"', '"payload..id"', "consumes[0].idempotency.key: must be a path in the event"),
        ('"payload.replication_id"', "[]", "consumes[0].idempotency.key: must be a path in the event"),
        ('"payload.replication_id"', '["a", "a"]', "consumes[0].idempotency.key: must be a path in the event"),
        ('key = "payload.replication_id", ', "", "consumes[0].idempotency.key: is missing"),
        (', newer_by = "payload.updated_at"', "", 'newer_by: is missing: on_conflict = "update-if-newer" compares it'),
        ('"update-if-newer"', '"replace"', "consumes[0].idempotency.on_conflict: must be one of ignore, update"),
        ('service = "hiring"', 'service = "../hiring"', "service: must be a name of"),
        ('service = "hiring"', 'service = "bonuses"', "service: is 'bonuses', and the file is named otherwise"),
        ("[2, 1, 2]", "[0]", "consumes[0].versions: must be a list of version numbers"),
        ("[2, 1, 2]", "[true]", "consumes[0].versions: must be a list of version numbers"),
        ("[2, 1, 2]", "[1000000000]", "consumes[0].versions: must be a list of version numbers"),
        ("format = 1", "format = 1.0", "format: must be 1"),
        ('owner = "team-hiring"', "", "owner: is missing: must be a text (SV01)"),
    ],
)
def test_one_mistake(old: str, new: str, told: str) -> None:
    assert WHOLE.count(old) == 1
    _, problems = read(WHOLE.replace(old, new))
    assert len(problems) == 1, problems
    assert problems[0].startswith("services/hiring.toml: ")
    assert told in problems[0]


VALUES = ("7", "true", "0.5", "nan", '""', '"x"', "[]", "[[]]", "[{}]", "{}", "{ x = 1 }", "1979-05-27", "[1, 'a']")


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("table", ["", "produces", "consumes", "client", "serves", "calls", "idempotency", "retry"])
def test_a_wrong_type_anywhere_is_a_problem_or_a_value_and_never_a_crash(table: str, value: str) -> None:
    known = {
        "": keys.SERVICE,
        "produces": keys.PRODUCES,
        "consumes": keys.CONSUMES,
        "client": keys.CLIENT,
        "serves": keys.SERVES,
        "calls": keys.CALLS,
        "idempotency": keys.IDEMPOTENCY,
        "retry": keys.RETRY,
    }[table]
    body = ", ".join(f"{name} = {value}" for name in known)
    inner = f'{{ event = "e", versions = [1], {table} = {{ {body} }} }}'
    text = {
        "": "\n".join(f"{name} = {value}" for name in known),
        "client": f"client = {{ {body} }}",
        "idempotency": f"consumes = [{inner}]",
        "retry": f"consumes = [{inner}]",
    }.get(table, f"{table} = [{{ {body} }}, {value}]")
    _, problems = read(text)
    assert problems
    assert all("\n" not in problem for problem in problems)


@given(
    st.recursive(
        st.sampled_from([0, True, 1.5, "", "payload.x", "money", "GET a:/"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(sorted({*keys.SERVICE, *keys.CONSUMES, *keys.RETRY, *keys.IDEMPOTENCY})),
                inner,
                max_size=6,
            )
        ),
        max_leaves=25,
    )
)
def test_any_tree_is_read_or_refused(tree: Any) -> None:
    body = {"format": 1, "service": "hiring", "owner": "t", "consumes": tree, "produces": tree, "client": tree}
    service, problems = read("\n".join(f"{name} = {shown(value)}" for name, value in body.items()))
    assert service is not None or problems


def shown(value: Any) -> str:
    """A value as TOML, on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {shown(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def test_a_file_full_of_mistakes_is_told_in_part() -> None:
    text = WHOLE.replace("format = 1\n", "format = 1\n" + "".join(f"key{n} = {n}\n" for n in range(20_000)))
    _, problems = read(text)
    assert len(problems) == toml.MOST_PROBLEMS + 1
    assert problems[-1] == "services/hiring.toml: there are more; correct these first"


@pytest.mark.parametrize("text", ["consumes = [", "a = 1\na = 2", "\x00", "[" * 5000, "x = " + "[" * 3000, '"'])
def test_a_file_that_is_not_toml_is_one_problem(text: str) -> None:
    service, problems = read(text)
    assert service is None
    assert "services/hiring.toml: " in problems[0]
    assert len([problem for problem in problems if "is missing" not in problem]) == 1


def test_hostile_manifests_end_in_an_answer(tmp_path: Path) -> None:
    repo = Repository(tmp_path / "repo")
    repo.events("order", more='[lint]\npreset = "plain"\n')
    repo.write("schemas/order/v1.json", json_object(("id",), id="string"))
    head = 'format = 1\nservice = "shop"\nowner = "t"\n'
    many = ", ".join('{ event = "order", versions = [1] }' for _ in range(3000))
    repo.write("services/shop.toml", f"{head}consumes = [{many}]\n")
    done = repo.schemagate("lint", "--format", "json")
    assert done.returncode == 0, "warnings only, and not each of thousands"
    assert 100 <= done.stdout.count('"rule": "ML08"') < 3000
    versions = ", ".join(str(number) for number in range(1, 50_000))
    repo.write("services/shop.toml", f'{head}consumes = [{{ event = "order", versions = [{versions}] }}]\n')
    done = repo.schemagate("lint")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "there is no version order@2, nor 49997 more; in git: 1 (SV03)" in done.stderr
    unknown = ", ".join(f'{{ event = "ordr{number}", versions = [1] }}' for number in range(3000))
    repo.write("services/shop.toml", f"{head}consumes = [{unknown}]\n")
    done = repo.schemagate("lint")
    assert done.returncode == 2
    assert 'did you mean "order"?' in done.stderr
    assert len(done.stderr.splitlines()) == toml.MOST_PROBLEMS + 1


# Lines: every key of a valid text is found, on a line that names it.

NAMES = st.sampled_from(["a", "b-c", "d_1", "x.y", "ü", "", '"', "#", "a]b"])
LEAVES = st.sampled_from(["1", "1979-05-27 07:32:00", '"]}#"', "'''\n[t]\n'''", '"""\na = 1\n\\"" """"', "''", '""'])


@st.composite
def documents(draw: st.DrawFn) -> str:
    text = draw(entries())
    tables = draw(st.dictionaries(NAMES, st.integers(0, 2), max_size=3))  # 0: a table, n: a list of n of them
    for name, count in tables.items():
        for _ in range(max(count, 1)):
            header = f"[[ {key(name)} ]]" if count else f"[{key(name)}]"
            text += f"{header} # [x]\n{draw(entries())}"
            inner = draw(st.sampled_from(["", "inner", "in.ner"]))
            text += f"[{key(name)}.{key(inner)}]\n{draw(entries())}" if inner else ""
    return text


@st.composite
def entries(draw: st.DrawFn) -> str:
    names = draw(st.lists(NAMES, unique=True, max_size=3))
    return "".join(f"{key('e' + name)} = {draw(values())} # = {{\n\n" for name in names)


def values() -> st.SearchStrategy[str]:
    return st.recursive(
        LEAVES,
        lambda each: (
            st.lists(each, max_size=3).map(lambda items: "[ # [\n" + ",\n".join(items) + "\n]")
            | st.dictionaries(NAMES, each, max_size=2).map(
                lambda items: "{ " + ", ".join(f"{key(name)} = {item}" for name, item in items.items()) + " }"
            )
        ),
        max_leaves=6,
    )


def key(name: str) -> str:
    plain = name.replace("-", "").replace("_", "")
    if plain.isascii() and plain.isalnum():
        return name
    return "'" + name + "'" if '"' in name else f'"{name}"'


def paths(value: Any, path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        here = f"{path}[{step}]" if isinstance(step, int) else toml.dotted(path, step)
        found[here] = step
        found |= paths(inner, here)
    return found


@given(documents())
def test_every_key_of_a_text_is_found_on_a_line_that_names_it(text: str) -> None:
    parsed = paths(tomllib.loads(text))
    found = lines(text)
    assert {path for path in parsed if path not in found} <= {path for path in parsed if f"{path}[0]" in found}
    for path, line in found.items():
        if path in parsed and isinstance(parsed[path], str):
            assert parsed[path] in text.splitlines()[line - 1]
