"""`schemagate.toml` and the manifests: every mistake at once, each with file, key path and the nearest valid name."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from schemagate.errors import ConfigError
from schemagate.project import config, editor_schema, services, toml
from schemagate.schema.event import Deprecation, Level

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "docs" / "editor"


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        config.read(text.encode())
    return caught.value.problems


def test_an_empty_file_is_the_defaults() -> None:
    read = config.read(b"")
    assert read.environments["local"].embedded
    assert read.environments["local"].deployments == "declared"


def test_all_mistakes_are_told_at_once_with_key_paths() -> None:
    found = problems(
        """
        [defaults]
        levle = "FULL"
        [events."a.b"]
        owner = 7
        kind = "fackt"
        [environments.prod]
        registry = "ftp://x"
        auth = { user = "me", password = "plain" }
        [[generate]]
        target = "pydantic"
        """
    )
    text = "\n".join(found)
    assert 'schemagate.toml: defaults.levle: unknown key; did you mean "level"?' in text
    assert 'schemagate.toml: events."a.b".owner: must be a text' in text
    assert 'events."a.b".kind: must be one of fact, state' in text
    assert "environments.prod.registry: must begin with http" in text
    assert "environments.prod.auth.password: a secret does not belong into git" in text
    assert "generate[0].out: is missing" in text
    assert len(found) == 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[events.x]\nlevel = 'FULL'", "events.x.owner: is missing"),
        ("events = 3", "events: must be a table"),
        ("[events]\nx = 3", "events.x: must be a table"),
        ("x = [", "not TOML"),
        ("[events.x]\nowner='t'\nsubject='{evnt}'", "unknown placeholder {evnt}"),
        ("[events.x]\nowner='t'\nimmutable='yes'", "must be true or false"),
        ("[[generate]]\nout='../x'", "must be a folder inside the repository"),
        ("[[generate]]\nout='/x'", "must be a folder inside the repository"),
        ("[[generate]]\nout='x'\nevents=['y']", "there is no event 'y'"),
        ("[lint]\noff={EV11=''}", "must be the reason"),
        ("[lint]\npreset='houses'", "lint.preset: must be one of house, zalando, cloudevents, plain"),
        ("[events.x]\nowner='t'\ndeprecated=true", "events.x.deprecated: must be a table"),
        ("[events.x]\nowner='t'\ndeprecated={sunset=2026-12-31}", "events.x.deprecated.since: is missing"),
        ("[events.x]\nowner='t'\ndeprecated={since='soon'}", "events.x.deprecated.since: must be a date"),
        ("[events.x]\nowner='t'\ndeprecated={since='2026-02-30'}", "events.x.deprecated.since: must be a date"),
        ("[events.x]\nowner='t'\ndeprecated={since=2026-10-01T00:00:00Z}", "events.x.deprecated.since: must be a date"),
        ("[events.x]\nowner='t'\ndeprecated={since=2026-10-01,sunset=2026-09-30}", "sunset: is before since"),
        ("[events.x]\nowner='t'\ndeprecated={since=2026-10-01,versions=[]}", "deprecated.versions: must be a list"),
        ("[environments.p]\nregistry='https://me:secret@host'", "holds a login"),
        ("[environments.p]\norder=1", "environments.p.registry: is missing"),
        ("[environments.p]\nregistry='${URL}'\ntimeout=true", "must be a whole number"),
        ("state={ remote='--upload-pack=x' }", "state.remote: must be the name of a git remote"),
        ("state={ remote='https://host/x.git' }", "state.remote: must be the name of a git remote"),
        ("state={ remote='../x' }", "state.remote: must be the name of a git remote"),
        ("state={ branch='a..b' }", "state.branch: must be the name of a branch"),
        ("state={ branch='-x' }", "state.branch: must be the name of a branch"),
        ("state={ branch='a/b.lock' }", "state.branch: must be the name of a branch"),
        ("state={ branch='a b' }", "state.branch: must be the name of a branch"),
        ("state={ brnch='a' }", 'did you mean "branch"'),
        ("state='origin'", "state: must be a table"),
        (
            "[environments.p]\nregistry='${U}'\nclusters=['prd']\n[clusters]\nprod={bootstrap='h:1'}",
            'did you mean "prod"',
        ),
        (
            "[environments.local]\nclusters=['x']",
            "environments.local.clusters: there is no cluster 'x' under [clusters]",
        ),
        ("[environments.local]\nclusters=['x','x']\n[clusters.x]\nbootstrap='h:1'", "names a cluster twice"),
        ("[environments.local]\nclusters='x'", "environments.local.clusters: must be a list of texts"),
        ("[clusters]\nx='h:1'", "clusters.x: must be a table"),
        ("[clusters.x]\nbootstrp='h:1'", 'clusters.x.bootstrp: unknown key; did you mean "bootstrap"?'),
        ("[clusters.x]\nclient={}", "clusters.x.bootstrap: is missing"),
        ("[clusters.x]\nbootstrap='me:s3cret@h:1'", "clusters.x.bootstrap: holds a login"),
        (
            "[clusters.x]\nbootstrap='h:1'\nclient={'sasl.password'='s3cret'}",
            'client."sasl.password": a secret does not belong',
        ),
        ("[clusters.x]\nbootstrap='h:1'\nclient={retries=3}", "clusters.x.client.retries: must be a text"),
        ("[clusters.x]\nbootstrap='h:1'\nmirror_of='y'", "clusters.x.mirror_of: there is no cluster 'y'"),
        ("[clusters.x]\nbootstrap='h:1'\nmirror_of='x'", "clusters.x.mirror_of: comes back to this cluster"),
        ("[clusters.x]\nbootstrap='h:1'\ntopic_prefix='p.'", "clusters.x.topic_prefix: is of a mirror"),
        ("[defaults]\nreleases='sometimes'", 'must be "branch" or "tags:PATTERN"'),
    ],
)
def test_one_mistake(text: str, expected: str) -> None:
    assert any(expected in problem for problem in problems(text)), problems(text)


def test_a_mistake_never_repeats_a_secret() -> None:
    text = "[environments.p]\nregistry='https://me:s3cret@host'\nauth={user='me',password='hunter2'}"
    assert not [problem for problem in problems(text) if "s3cret" in problem or "hunter2" in problem]


def test_a_deprecation_names_its_versions_or_means_all() -> None:
    text = b"[events.x]\nowner='t'\ndeprecated={since=2026-10-01,sunset='2026-12-31',versions=[2,1]}"
    some = config.read(text).events["x"].deprecated
    assert some == Deprecation(date(2026, 10, 1), date(2026, 12, 31), (1, 2))
    assert (some.covers(1), some.covers(3)) == (True, False)
    assert Deprecation(date(2026, 10, 1)).covers(3)


def test_not_utf8() -> None:
    with pytest.raises(ConfigError, match="not UTF-8"):
        config.read(b"# \xff")


def test_events_inherit_from_the_defaults() -> None:
    read = config.read(b"[defaults]\nlevel='FULL'\nsubject='{event}'\n[events.x]\nowner='t'\nconsumers='none'")
    assert read.events["x"].level is Level.FULL
    assert read.events["x"].subject == "{event}"
    assert read.events["x"].nobody_consumes


def test_records_stay_here_unless_a_remote_is_named() -> None:
    assert config.read(b"").state == config.State(None, "schemagate/state")
    shared = config.read(b"state = { remote = 'origin', branch = 'team/records' }").state
    assert (shared.remote, shared.ref) == ("origin", "refs/heads/team/records")


def test_clusters_of_environments() -> None:
    read = config.read(
        b"""
        [environments]
        staging = { registry = "${STG}", clusters = [] }
        production = { registry = "${PROD}", clusters = ["prod", "prod-dr"] }
        [clusters]
        prod = { bootstrap = "${PROD_KAFKA}", client = { "sasl.password" = "${PW}", "sasl.username" = "me" } }
        prod-dr = { bootstrap = "h:9092", mirror_of = "prod", topic_prefix = "prod." }
        """
    )
    assert read.environments["production"].clusters == ("prod", "prod-dr")
    assert read.environments["staging"].clusters == read.environments["local"].clusters == ()
    assert read.clusters == {
        "prod": config.Cluster("prod", "${PROD_KAFKA}", {"sasl.password": "${PW}", "sasl.username": "me"}),
        "prod-dr": config.Cluster("prod-dr", "h:9092", {}, "prod", "prod."),
    }


def test_two_mirrors_of_each_other_are_both_named() -> None:
    told = problems(
        "[clusters]\na={bootstrap='h:1',mirror_of='b'}\nb={bootstrap='h:2',mirror_of='a'}\nc={bootstrap='h:3',mirror_of='a'}"
    )
    assert [each.split(": ")[1] for each in told] == ["clusters.a.mirror_of", "clusters.b.mirror_of"]


def test_variables_are_taken_from_the_environment_when_they_are_used() -> None:
    assert config.expand({"url": "https://${HOST}/"}, {"HOST": "h"}) == {"url": "https://h/"}
    with pytest.raises(ConfigError) as caught:
        config.expand({"url": "${HOST}", "auth": "${PASSWORD}"}, {})
    assert len(caught.value.problems) == 2
    assert "url: the environment variable HOST is not set" in caught.value.problems[0]


def test_an_unknown_environment_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match='did you mean "local"'):
        config.read(b"").environment("locl")


def test_a_manifest_tells_all_its_mistakes() -> None:
    found = toml.Problems("services/x.toml")
    text = b'format = 2\nservice = "y"\nproduces = [{ event = "e" }]\n[[consumes]]\nevent = "e"\nversions = []\nmod = "live"\n'
    services.read(text, "services/x.toml", found)
    told = "\n".join(found.found)
    assert "format: must be 1" in told
    assert "owner: is missing" in told
    assert "produces[0].versions: is missing" in told
    assert "consumes[0].versions: must be a list of version numbers" in told
    assert 'consumes[0].mod: unknown key; did you mean "mode"?' in told


def test_a_declaration_knows_its_line() -> None:
    text = b'format = 1\nservice = "x"\nowner = "t"\nproduces = [\n  { event = "b", versions = [1] },\n]\n\n[[consumes]]\nevent = "b"\nversions = [1]\n'
    service = services.read(text, "services/x.toml", toml.Problems("services/x.toml"))
    assert service is not None
    assert [declaration.line for declaration in (*service.produces, *service.consumes)] == [5, 9]


@pytest.mark.parametrize("name", ["schemagate", "service", "migration", "waivers"])
def test_the_editors_schema_is_the_parsers(name: str) -> None:
    makers = {
        "service": editor_schema.of_service,
        "migration": editor_schema.of_migration,
        "waivers": editor_schema.of_waivers,
    }
    made = makers.get(name, editor_schema.of_configuration)()
    jsonschema.Draft7Validator.check_schema(made)
    assert json.loads((SHIPPED / f"{name}.schema.json").read_text("utf-8")) == made


def test_the_editors_schema_accepts_the_repositorys_own_files() -> None:
    own = tomllib.loads((ROOT / "schemagate.toml").read_text("utf-8"))
    jsonschema.validate(own, editor_schema.of_configuration())
    for file in (ROOT / "services").glob("*.toml"):
        jsonschema.validate(tomllib.loads(file.read_text("utf-8")), editor_schema.of_service())
    for file in (ROOT / "migrations").glob("*.toml"):
        jsonschema.validate(tomllib.loads(file.read_text("utf-8")), editor_schema.of_migration())
