"""`schemagate record`: what is claimed is stored as it was said, said once per run, and refused where it is not sound."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recording import Project, manifest
from repository import Done

STATE = "schemagate/state"
RUN = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_WORKFLOW": "deploy",
    "GITHUB_SERVER_URL": "https://forge.example",
    "GITHUB_REPOSITORY": "shop/events",
    "GITHUB_RUN_ID": "812",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "work")


def refused(done: Done, code: int, *words: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said
    assert "internal error" not in said
    for word in words:
        assert word in said, said


def newest(project: Project, stream: str, subject: str) -> dict[str, Any]:
    folder = f"records/production/{stream}/{subject}/"
    paths = project.git("ls-tree", "-r", "--name-only", STATE, folder).split()
    document: dict[str, Any] = json.loads(project.git("show", f"{STATE}:{paths[-1]}"))
    return document


def test_a_deployment_keeps_the_manifest_to_the_letter(project: Project) -> None:
    text = manifest("bonuses", 1, 2).replace("\n", "\r\n") + "# größer\r\n"
    file = project.write("shipped.toml", text)
    done = project.schemagate(
        "record", "deployment", "bonuses@3f2c1ab", "--env", "production", "--manifest", str(file), "--format", "json"
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["number"], answer["recorded_before"]) == (1, False)
    assert [each["version"] for each in answer["running"]] == ["3f2c1ab"]
    body = newest(project, "deployments", "bonuses")["body"]
    assert body == {"service": "bonuses", "commit": "3f2c1ab", "instance": "default", "manifest": text}
    assert "only this clone has the record" in done.stderr


def test_the_whole_way_with_records(project: Project) -> None:
    assert project.schemagate("publish", "--env", "production").returncode == 0
    refused(project.gate(), 3, "no deployment of it is recorded", "schemagate record deployment bonuses@VERSION")
    project.deploy("bonuses", "77ab01e", 1)
    refused(project.gate(), 1, "reads only 1", "as 77ab01e", "release bonuses with versions = [1, 2], record it")
    project.deploy("bonuses", "3f2c1ab", 1, 2)
    opened = project.gate()
    refused(opened, 0, "PASS", "as 3f2c1ab", "evidence sha256:")
    project.deploy("bonuses", "77ab01e", 1, instance="eu")
    refused(project.gate(), 1, "instance eu")
    done = project.schemagate("record", "undeployment", "bonuses", "--instance", "eu", "--env", "production")
    refused(done, 0, "running: 3f2c1ab (default")
    assert project.gate().returncode == 0
    project.deploy("archive", "1", 1)
    refused(project.gate(), 1, "archive", "record undeployment archive")
    (project.folder / "services" / "bonuses.toml").unlink()
    project.write("services/other.toml", manifest("other"))
    project.commit("bonuses is gone from git, and runs")
    refused(project.gate(), 1, "bonuses", "archive")


def test_the_gate_tells_its_evidence_as_json(project: Project) -> None:
    project.deploy("bonuses", "3f2c1ab", 1, 2)
    asked = ["gate", "manager@2", "--env", "production", "--format", "json"]
    first, second = (json.loads(project.schemagate(*asked).stdout) for _ in range(2))
    assert first["evidence"] == second["evidence"]
    assert first["evidence"].startswith("sha256:")
    assert first["at"].endswith("Z")
    project.deploy("bonuses", "3f2c1ab", 1, 2)
    assert json.loads(project.schemagate(*asked).stdout)["evidence"] != first["evidence"]


def test_a_repeated_job_finds_its_record(project: Project) -> None:
    assert project.deploy("bonuses", "a", 1, 2, **RUN).stdout.startswith("recorded  ")
    again = project.deploy("bonuses", "a", 1, 2, **RUN)
    assert again.stdout.startswith("recorded before, by this run  deployment of bonuses in production   number 1")
    assert newest(project, "deployments", "bonuses")["actor"] == {
        "type": "ci",
        "name": "deploy",
        "run": "https://forge.example/shop/events/actions/runs/812/attempts/1",
    }
    project.deploy("bonuses", "b", 1, 2, **RUN)
    assert "number 3" in project.deploy("bonuses", "a", 1, 2, **RUN).stdout, "a rollback in the same run is news"
    assert "number 4" in project.deploy("bonuses", "a", 1, 2, **RUN, GITHUB_RUN_ATTEMPT="2").stdout


@pytest.mark.parametrize(
    ("variables", "actor"),
    [
        (
            {"CI_JOB_NAME": "roll out", "CI_JOB_URL": "https://lab/jobs/7"},
            {"type": "ci", "name": "roll out", "run": "https://lab/jobs/7"},
        ),
        (
            {"JOB_NAME": "roll", "BUILD_URL": "https://j/7/"},
            {"type": "ci", "name": "roll", "run": "https://j/7/"},
        ),
        ({"SCHEMAGATE_RUN": "tekton/7"}, {"type": "ci", "name": "ci", "run": "tekton/7"}),
        ({}, {"type": "person", "name": "test", "run": None}),
    ],
)
def test_who_records(project: Project, variables: dict[str, str], actor: dict[str, Any]) -> None:
    assert project.deploy("bonuses", "a", 1, **variables).returncode == 0
    assert newest(project, "deployments", "bonuses")["actor"] == actor


def test_undeployments(project: Project) -> None:
    def undeploy(*arguments: str) -> Done:
        return project.schemagate("record", "undeployment", *arguments, "--env", "production")

    for name in ("eu", "us"):
        project.deploy("bonuses", "a", 1, 2, instance=name)
    refused(undeploy("bonuses@b"), 1, "no such instance of bonuses", "running there: a (eu), a (us)")
    refused(undeploy("bonuses", "--instance", "default"), 1, "no such instance")
    refused(undeploy("bonusses"), 2, 'did you mean "bonuses"')
    refused(undeploy("bonuses@a", "--instance", "us"), 0, "running: a (eu")
    refused(undeploy("bonuses"), 0, "running: nowhere")
    project.write("services/new.toml", manifest("new"))
    refused(undeploy("new"), 0, "running: nowhere")


def test_capabilities(project: Project) -> None:
    def capable(*arguments: str) -> Done:
        return project.schemagate("record", "capability", *arguments, "--env", "production")

    samples = "sha256:" + "0" * 64
    refused(capable("bonuses@a", "manager@2", "--test", "samples", "--samples", samples, "--result", "passed"), 0)
    assert newest(project, "capabilities", "bonuses")["body"] == {
        "service": "bonuses", "commit": "a", "test": "samples", "event": "manager", "version": 2, "endpoint": None,
        "samples": samples, "result": "passed",
    }  # fmt: skip
    refused(capable("bonuses@a", "GET bonuses:/credits/{id}", "--test", "endpoint", "--result", "failed"), 0)
    body = newest(project, "capabilities", "bonuses")["body"]
    assert (body["endpoint"], body["event"], body["result"]) == ("GET bonuses:/credits/{id}", None, "failed")
    refused(capable("bonuses@a", "manager@2", "--test", "replay"), 2, "--result")
    refused(
        capable("bonuses@a", "manager@3", "--test", "replay", "--result", "passed"),
        2,
        "there is no version 'manager@3'",
    )
    refused(capable("bonuses@a", "manager@2", "--test", "samples", "--result", "passed"), 2, "--samples")
    refused(
        capable("bonuses@a", "manager@2", "--test", "samples", "--samples", "x", "--result", "passed"), 2, "samples"
    )
    refused(capable("bonuses@a", "GET /x", "--test", "endpoint", "--result", "passed"), 2, "is no endpoint")
    refused(
        capable("nobody@a", "manager@2", "--test", "replay", "--result", "passed"), 2, "there is no service 'nobody'"
    )


def test_attestations(project: Project) -> None:
    def attest(*arguments: str) -> Done:
        return project.schemagate("record", "attestation", *arguments, "--env", "production")

    refused(attest("архив читает v2", "--by", "team-data", "--for", "CO4", "--expires", "2026-12-15"), 0)
    assert newest(project, "attestations", "team-data")["body"] == {
        "person": "test", "team": "team-data", "statement": "архив читает v2", "asked_by": "CO4", "answer": "yes",
        "expires": "2026-12-15",
    }  # fmt: skip
    refused(attest("it reads v2", "--by", "team-data", "--person", "anna", "--answer", "no"), 0)
    body = newest(project, "attestations", "team-data")["body"]
    assert (body["person"], body["answer"], body["expires"]) == ("anna", "no", None)
    again = attest("it reads v2", "--by", "team-data", "--person", "anna", "--answer", "no")
    refused(again, 0, "number 3")
    refused(attest("x", "--by", "Team Data"), 2, "is no name for a record")
    refused(attest(" ", "--by", "team-data"), 2, "statement")
    refused(attest("x", "--by", "team-data", "--expires", "soon"), 2, "soon")
    refused(attest("the token=abc123 works", "--by", "team-data"), 2, "looks like a secret")


BAD = {
    "no TOML": ("x = [", "not TOML"),
    "no manifest": ("hello = 1\n", "unknown key"),
    "empty": ("", "service: is missing"),
    "unknown key": (manifest("bonuses", 1) + "versons = 2\n", 'did you mean "versions"'),
    "another service": (manifest("hiring", 1), "is the manifest of hiring, not of bonuses"),
    "a secret": (manifest("bonuses") + 'client_id = "bonuses;password=hunter2"\n', "line 4 looks like a secret"),
    "a secret's key": (manifest("bonuses") + 'client = { "sasl.password" = "hunter2" }\n', "unknown key"),
    "a secret in a comment": ("# password: hunter2\n" + manifest("bonuses"), "line 1 looks like a secret"),
    "too large": ("#" * 300_000 + "\n" + manifest("bonuses"), "256 KiB"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_manifest_is_not_recorded(project: Project, name: str) -> None:
    text, word = BAD[name]
    file = project.write("shipped.toml", text)
    done = project.schemagate("record", "deployment", "bonuses@a", "--env", "production", "--manifest", str(file))
    refused(done, 2, word)
    assert "hunter2" not in done.stdout + done.stderr
    assert project.git("for-each-ref", f"refs/heads/{STATE}") == ""


def test_bytes_that_are_no_text(project: Project) -> None:
    (project.folder / "shipped.toml").write_bytes(b"\xff\xfe")
    arguments = ["record", "deployment", "bonuses@a", "--env", "production", "--manifest"]
    refused(project.schemagate(*arguments, "shipped.toml"), 2, "not UTF-8")
    refused(project.schemagate(*arguments, "nowhere.toml"), 2, "nowhere.toml cannot be read")
    refused(project.schemagate(*arguments, "services"), 2)


@pytest.mark.parametrize(
    ("build", "environment", "word"),
    [
        ("bonuses", "production", "is not SERVICE@VERSION"),
        ("bonuses@", "production", "is not SERVICE@VERSION"),
        ("bonuses@a b", "production", "is not SERVICE@VERSION"),
        ("@a", "production", "is no name for a record"),
        ("../x@a", "production", "is no name for a record"),
        ("Bonuses@a", "production", "is no name for a record"),
        ("bonuses@a", "prodction", 'did you mean "production"'),
        ("bonuses@a", "../x", "is no name for a record"),
    ],
)
def test_names(project: Project, build: str, environment: str, word: str) -> None:
    arguments = ["--env", environment, "--manifest", "services/bonuses.toml"]
    refused(project.schemagate("record", "deployment", build, *arguments), 2, word)


@pytest.mark.parametrize("arguments", [[], ["deploymnt"], ["deployment"], ["deployment", "x@1"], ["undeployment", "x"]])
def test_usage(project: Project, arguments: list[str]) -> None:
    refused(project.schemagate("record", *arguments), 2)


def test_an_environment_that_counts_what_is_merged_says_so(project: Project) -> None:
    arguments = ["--env", "local", "--manifest", "services/bonuses.toml"]
    done = project.schemagate("record", "deployment", "bonuses@a", *arguments)
    refused(done, 0, 'local has deployments = "declared"')


def test_a_manifest_that_a_newer_version_recorded_is_unknown(project: Project) -> None:
    """Written by hand, as a newer schemagate with more keys would."""
    from recording import chain, deployment
    from schemagate.project import git as repository

    assert project.schemagate("publish", "--env", "production").returncode == 0
    (record,), files = chain([deployment("bonuses", "a", text=manifest("bonuses", 2) + 'novel = "x"\n')])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_COMMITTER_NAME", "t")
        patch.setenv("GIT_COMMITTER_EMAIL", "t@example.invalid")
        found = repository.open_repository(project.folder)
        who = found.identity()
    made = found.commit_file(None, record.file, files[record.file], message="x", who=who, at=record.claim.at)
    assert found.move_ref(f"refs/heads/{STATE}", made, None) is None
    refused(project.gate(), 3, "the recorded manifest cannot be read", "upgrade schemagate")
