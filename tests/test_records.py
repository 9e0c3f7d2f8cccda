"""Records as values: nothing that was changed, moved or dropped passes for a stream, and the fold is the newest claim."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording import START, chain, claim, deployment, manifest, undeployment
from schemagate.facts import Unknown
from schemagate.rollout import bodies, fold, secrets
from schemagate.rollout.records import Claim, Stream, canonical, digest, encode, read_stream, streams

HIRING = Stream("production", "deployments", "hiring")
INSTANCES = ("default", "eu", "us")
COMMITS = ("1a2b3c4", "3f2c1ab", "77ab01e")

deployments = st.builds(
    deployment, st.just("hiring"), st.sampled_from(COMMITS), st.sampled_from(INSTANCES), minutes=st.integers(-9, 9)
)
undeployments = st.builds(
    undeployment,
    st.just("hiring"),
    st.none() | st.sampled_from(COMMITS),
    st.none() | st.sampled_from(INSTANCES),
)
histories = st.lists(deployments | undeployments, min_size=1, max_size=8)


def test_a_record_is_one_canonical_line_that_names_everything() -> None:
    (record,), files = chain([deployment("hiring", "3f2c1ab", run="https://ci.example/runs/812")])
    (data,) = files.values()
    assert record.file == "records/production/deployments/hiring/000001.json"
    document = json.loads(data)
    assert data == json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert document == {
        "format": 1,
        "kind": "deployment",
        "env": "production",
        "subject": "hiring",
        "number": 1,
        "previous": None,
        "at": "2026-11-23T18:02:00Z",
        "tool": "schemagate 0",
        "actor": {"type": "ci", "name": "deploy", "run": "https://ci.example/runs/812"},
        "plan": None,
        "body": {
            "service": "hiring",
            "commit": "3f2c1ab",
            "instance": "default",
            "manifest": manifest("hiring", 1),
        },
    }


@given(histories)
def test_a_whole_stream_reads_as_it_was_written(claims: list[Claim]) -> None:
    records, files = chain(claims)
    assert read_stream(HIRING, files, {}) == records
    assert [record.claim for record in records] == claims
    for before, after in pairwise(records):
        assert after.previous == before.digest == digest(files[before.file])


def tampered(draw: st.DrawFn, files: dict[str, bytes]) -> dict[str, bytes]:
    """The files after one of: a byte changed, a record but the newest gone, two swapped, one put twice, one re-made."""
    paths = sorted(files)
    path = draw(st.sampled_from(paths))
    match draw(st.sampled_from(["byte", "gone", "swap", "twice", "cut", "grown", "remade"])):
        case "byte":
            at = draw(st.integers(0, len(files[path]) - 1))
            other = draw(st.integers(0, 255).filter(lambda value: value != files[path][at]))
            return {**files, path: files[path][:at] + bytes([other]) + files[path][at + 1 :]}
        case "gone" if path != paths[-1]:
            return {each: data for each, data in files.items() if each != path}
        case "swap" if len(paths) > 1:
            other_path = draw(st.sampled_from([each for each in paths if each != path]))
            return {**files, path: files[other_path], other_path: files[path]}
        case "cut":
            return {**files, path: files[path][: draw(st.integers(0, len(files[path]) - 1))]}
        case "grown":
            return {**files, path: files[path] + draw(st.sampled_from([b"\n", b" ", b"{}"]))}
        case "remade" if path != paths[-1]:
            document = json.loads(files[path])
            document["at"] = "2020-01-01T00:00:00Z"
            return {**files, path: canonical(document) + b"\n"}
        case _:
            return {**files, HIRING.file(len(paths) + 1): files[path]}


@given(histories, st.data())
def test_tampering_is_never_a_shorter_or_another_stream(claims: list[Claim], data: st.DataObject) -> None:
    records, files = chain(claims)
    changed = data.draw(st.composite(tampered)(files))
    found = read_stream(HIRING, changed, {})
    newest = files[records[-1].file]
    if isinstance(found, tuple):
        # the chain cannot vouch for the newest record alone: only its text was changed, and into a sound record.
        # The branch's history does (tests/test_state_branch.py).
        assert found[:-1] == records[:-1]
        assert changed[records[-1].file] != newest


@given(histories, st.sampled_from(["was deleted since", "was changed since"]), st.data())
def test_what_history_shows_breaks_the_stream(claims: list[Claim], why: str, data: st.DataObject) -> None:
    records, files = chain(claims)
    path = data.draw(st.sampled_from([each.file for each in records]))
    assert read_stream(HIRING, files, {path: why}) == Unknown(f"{path} {why}")
    elsewhere = "records/production/deployments/hiring2/000001.json"
    assert read_stream(HIRING, files, {elsewhere: why}) == records, "another stream's trouble"


def altered(**changes: Any) -> dict[str, bytes]:
    """One deployment with some members changed after the fact, canonical and well chained."""
    _, files = chain([deployment("hiring", "3f2c1ab")])
    document = json.loads(files[HIRING.file(1)]) | changes
    return {HIRING.file(1): canonical(document) + b"\n"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": 2}, "upgrade schemagate"),
        ({"format": 2, "kind": "something", "new": {}}, "upgrade schemagate"),
        ({"kind": "something"}, "upgrade schemagate"),
        ({"format": True}, "as schemagate writes"),
        ({"format": "1"}, "as schemagate writes"),
        ({"extra": 1}, "as schemagate writes"),
        ({"env": "staging"}, "moved or reordered"),
        ({"subject": "bonuses"}, "moved or reordered"),
        ({"number": 2}, "moved or reordered"),
        ({"number": "1"}, "moved or reordered"),
        ({"number": True}, "moved or reordered"),
        ({"kind": "attestation"}, "moved or reordered"),
        ({"previous": "sha256:00"}, "does not follow"),
        ({"at": "yesterday"}, "no record"),
        ({"at": "2026-11-23T18:02:00+01:00"}, "no record"),
        ({"at": 7}, "no record"),
        ({"actor": {"type": "robot", "name": "x", "run": None}}, "no record"),
        ({"actor": {"type": "ci", "name": "x"}}, "no record"),
        ({"actor": None}, "no record"),
        ({"tool": 1}, "no record"),
        ({"plan": 1}, "no record"),
        ({"body": []}, "no object"),
        ({"body": {}}, "is not about hiring"),
        ({"body": {"service": "bonuses"}}, "is not about hiring"),
        ({"body": {"service": "hiring", "commit": "", "instance": "a", "manifest": "x"}}, "commit"),
        ({"body": {"service": "hiring", "commit": "c", "instance": "a", "manifest": "x", "y": 1}}, "y is no part"),
    ],
)
def test_what_is_no_record_of_its_place(changes: dict[str, Any], reason: str) -> None:
    found = read_stream(HIRING, altered(**changes), {})
    assert isinstance(found, Unknown)
    assert reason in found.reason
    assert HIRING.file(1) in found.reason


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"format": NaN}', b'{"format":1}\n']
)
def test_no_json_or_no_record(data: bytes) -> None:
    assert isinstance(read_stream(HIRING, {HIRING.file(1): data}, {}), Unknown)


def test_one_spelling_only() -> None:
    """Spaces, another order of keys or a key that stands twice make another text with the same meaning."""
    _, files = chain([deployment("hiring", "3f2c1ab")])
    document = json.loads(files[HIRING.file(1)])
    for data in (
        json.dumps(document).encode() + b"\n",
        json.dumps(dict(reversed(document.items())), separators=(",", ":")).encode() + b"\n",
        files[HIRING.file(1)].replace(b'{"actor"', b'{"env":"staging","actor"'),
    ):
        assert isinstance(read_stream(HIRING, {HIRING.file(1): data}, {}), Unknown)


def test_a_stream_without_its_first_record_has_a_gap() -> None:
    _, files = chain([deployment("hiring", "a"), deployment("hiring", "b"), deployment("hiring", "c")])
    for number in (1, 2):
        found = read_stream(HIRING, {path: data for path, data in files.items() if path != HIRING.file(number)}, {})
        assert isinstance(found, Unknown)
        assert f"{HIRING.file(number)} is missing" in found.reason


def test_streams_are_found_by_their_files() -> None:
    mine = {HIRING.file(1): b"1", HIRING.file(2): b"2"}
    other = {"records/production/deployments/bonuses/000001.json": b"3"}
    elsewhere = [
        "records/staging/deployments/other/000001.json",
        "records/production/capabilities/x/000001.json",
        "README",
    ]
    found = streams({**mine, **other, **dict.fromkeys(elsewhere, b"")}, "production", "deployments")
    assert found == {Stream("production", "deployments", "bonuses"): other, HIRING: mine}


@given(histories)
def test_the_fold_is_the_newest_claim_about_each_instance(claims: list[Claim]) -> None:
    """Judged from the end: the newest record that is about an instance decides whether, and as what, it runs."""
    records, _ = chain(claims)
    found = {each.instance: each.commit for each in fold.deployments(records).live}
    expected = {}
    for instance in INSTANCES:
        for position in range(len(claims) - 1, -1, -1):
            body = claims[position].body
            if claims[position].kind == "deployment" and body["instance"] == instance:
                expected[instance] = body["commit"]
                break
            if claims[position].kind == "undeployment" and body["instance"] in (None, instance):
                running = expected_before(claims[:position], instance)
                if body["commit"] in (None, running):
                    break
    assert found == expected
    assert fold.deployments(records).at == claims[-1].at, "order is the number, never the clock"


def expected_before(claims: list[Claim], instance: str) -> str | None:
    live = {each.instance: each.commit for each in fold.deployments(chain(claims)[0]).live} if claims else {}
    return live.get(instance)


def test_a_repeated_job_is_recognised_and_a_person_is_not() -> None:
    first = deployment("hiring", "a", run="https://ci/1")
    records, _ = chain([first, deployment("hiring", "b", "eu", run="https://ci/1")])
    assert fold.said_before(first, records) == records[0]
    assert fold.said_before(deployment("hiring", "a", run="https://ci/2"), records) is None
    assert fold.said_before(deployment("hiring", "a"), chain([deployment("hiring", "a")])[0]) is None


@pytest.mark.parametrize("between", [deployment("hiring", "b"), undeployment("hiring"), undeployment("hiring", "a")])
def test_a_run_that_rolls_back_says_something_new(between: Claim) -> None:
    first = deployment("hiring", "a", run="https://ci/1")
    assert fold.said_before(first, chain([first, between])[0]) is None


def test_the_stream_of_a_migration_is_chained_like_the_others() -> None:
    hashes = {"commit": "1" * 40, "step_hash": "sha256:" + "1" * 64, "evidence": "sha256:" + "2" * 64}
    outcome = {"id": "BA1", "target": "plan", "answer": "pass", "waived": None}
    body = {**hashes, "from": "ready", "to": "open", "checks": [outcome]}
    steps = [claim("advance", "us-160", {**body, "step": step}, run="https://ci/1") for step in ("1", "2")]
    records, files = chain([*steps, claim("advance", "us-160", {**body, "step": "2", "from": "open", "to": "done"})])
    assert read_stream(Stream("production", "migration", "us-160"), files, {}) == records
    assert fold.said_before(steps[1], records[:2]) == records[1]
    assert fold.said_before(steps[0], records[:2]) is None, "another step was taken since"


def test_capabilities_are_the_newest_per_build_and_test() -> None:
    def tested(result: str, commit: str = "a", test: str = "replay") -> Claim:
        body = {"service": "hiring", "commit": commit, "test": test, "event": "manager", "version": 2}
        return claim("capability", "hiring", body | {"endpoint": None, "samples": None, "result": result})

    records, files = chain(
        [tested("passed"), tested("failed"), tested("passed", "b"), tested("passed", "b", "duplicate")]
    )
    assert read_stream(Stream("production", "capabilities", "hiring"), files, {}) == records
    found = {(each.commit, each.test): each.passed for each in fold.capabilities(records)}
    assert found == {("a", "replay"): False, ("b", "replay"): True, ("b", "duplicate"): True}


def test_attestations_are_the_newest_per_statement() -> None:
    def stated(answer: str, person: str, statement: str = "v1 is gone") -> Claim:
        body = {"person": person, "team": "platform", "statement": statement, "asked_by": None}
        return claim("attestation", "platform", body | {"answer": answer, "expires": "2026-12-15"})

    records, files = chain([stated("yes", "anna"), stated("no", "boris"), stated("yes", "anna", "other")])
    assert read_stream(Stream("production", "attestations", "platform"), files, {}) == records
    found = {each.statement: (each.person, each.holds) for each in fold.attestations(records)}
    assert found == {"v1 is gone": ("boris", False), "other": ("anna", True)}
    assert fold.attestations(records)[0].at == START


@pytest.mark.parametrize(
    ("name", "value"),
    [("answer", "maybe"), ("expires", "soon"), ("expires", "20261215"), ("statement", " "), ("person", None)],
)
def test_bodies_hold_what_they_should(name: str, value: object) -> None:
    body = {"person": "a", "team": "t", "statement": "s", "asked_by": None, "answer": "yes", "expires": None}
    assert bodies.problem("attestation", "t", body) is None
    assert name in (bodies.problem("attestation", "t", {**body, name: value}) or "")


@pytest.mark.parametrize(
    "text",
    [
        'client = { "sasl.password" = "hunter2" }',
        "password: hunter2",
        "# token=abc",
        'api_key = "abc"',
        'password = "${PREFIX}abc"',
        "postgres://me:hunter2@host/db",
        "-----BEGIN RSA PRIVATE KEY-----",
        "AKIAIOSFODNN7EXAMPLE",
        "sasl.jaas.config=org.apache...",
    ],
)
def test_secrets_are_seen_and_never_repeated(text: str) -> None:
    found = list(secrets.places({"manifest": f"format = 1\n{text}\n"}))
    assert found == ["manifest line 2"]


@pytest.mark.parametrize(
    "text",
    [
        'client = { "sasl.password" = "${PASSWORD}" }',
        "password = '${PASSWORD}'  # from the vault",
        'idempotency = { key = "payload.token", store = "table:tokens" }',
        'event = "password.changed"',
        'idempotency_header = "Idempotency-Key"',
        "postgres://me:${PASSWORD}@host/db",
        "https://ci.example/runs/812",
        manifest("hiring", 1, 2),
    ],
)
def test_names_are_no_secrets(text: str) -> None:
    assert list(secrets.places({"manifest": text})) == []


def test_a_text_that_is_no_unicode_is_no_record() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        encode(deployment("hiring", "\udcff"), 1, None)
