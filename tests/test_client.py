"""The registry client against a server on a socket that misbehaves in every way that was seen in the wild."""

from __future__ import annotations

import base64
import json
import logging
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fault_server import (
    CutAnswer,
    Fault,
    FaultServer,
    LoseRequest,
    Refuse,
    Reply,
    Silence,
    Time,
    closed_port,
    running,
)
from schemagate.errors import ConfigError, NoAnswer, Refused, SchemagateError
from schemagate.facts import Server
from schemagate.registry import answers, wire
from schemagate.registry.client import UNKNOWN_SERVER, RegistryClient
from schemagate.registry.exchange import Basic, Bearer, Exchange
from schemagate.registry.retry import Schedule, delays, retry_after

REQUEST = wire.SchemaRequest('{"type": "object"}', "JSON")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running(FaultServer()) as server:
        yield server


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def client(server: FaultServer, time: Time) -> Iterator[RegistryClient]:
    with RegistryClient(Exchange([server.url], timing=time.timing)) as client:
        yield client


def mocked(answer: Any, **options: Any) -> RegistryClient:
    """A client whose registry is a function from request to response."""
    return RegistryClient(Exchange(["http://registry"], transport=httpx.MockTransport(answer), **options))


def saying(value: object, status: int = 200) -> RegistryClient:
    return mocked(lambda _: httpx.Response(status, json=value))


# What is sent


def test_every_request_states_what_it_accepts_and_sends() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"id": 1})

    mocked(answer).register("a", REQUEST)
    (request,) = seen
    assert request.headers["accept"].split(", ") == list(wire.MEDIA_TYPES)
    assert request.headers["content-type"] == "application/vnd.schemaregistry.v1+json"
    assert str(request.url) == "http://registry/subjects/a/versions?normalize=false"
    assert json.loads(request.content) == {"schema": '{"type": "object"}', "schemaType": "JSON"}


def test_normalize_is_one_value_for_lookup_check_and_register() -> None:
    queries: dict[str, str] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        queries[request.url.path] = request.url.params["normalize"]
        bodies = {"id": 1, "version": 1, "subject": "a", "schema": "{}", "is_compatible": True}
        return httpx.Response(200, json=bodies)

    exchange = Exchange(["http://registry/base/"], transport=httpx.MockTransport(answer))
    client = RegistryClient(exchange, normalize=True)
    client.lookup("a", REQUEST)
    client.check("a", REQUEST)
    client.check("a", REQUEST, 3)
    client.register("a", REQUEST)
    assert queries == {
        "/base/subjects/a": "true",
        "/base/compatibility/subjects/a/versions": "true",
        "/base/compatibility/subjects/a/versions/3": "true",
        "/base/subjects/a/versions": "true",
    }


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_subject_arrives_as_one_path_segment(subject: str) -> None:
    paths: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path.partition(b"?")[0])
        return httpx.Response(200, json=[1])

    mocked(answer).versions(subject)
    start, segment, end = paths[0].decode("ascii").removeprefix("/").split("/")
    assert (start, end) == ("subjects", "versions")
    assert segment not in (".", "..")
    assert httpx.URL(f"http://h/x{segment}").path == f"/x{subject}"  # decoded once, by somebody else


# What is read


def test_absent_null_and_empty_are_equal() -> None:
    plain = {"subject": "a", "version": 2, "id": 7, "schema": "{}"}
    for extra in ({}, {"references": None}, {"references": [], "schemaType": None, "unheard": {"of": 1}}):
        assert saying({**plain, **extra}).version("a", 2) == wire.RegisteredSchema("a", 2, 7, "{}", "AVRO")


def test_subjects_are_paged_until_nothing_new_comes() -> None:
    names = [f"s{number:03}" for number in range(5)]

    def page_of_two(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        return httpx.Response(200, json=names[offset : offset + 2])

    assert mocked(page_of_two).subjects() == tuple(names)
    assert saying(names).subjects() == tuple(names)  # a server that knows no paging repeats itself
    assert saying([]).subjects() == ()


@pytest.mark.parametrize("code", [40401, 40402, 40403])
def test_what_is_not_there_is_none(code: int) -> None:
    client = saying({"error_code": code, "message": "not found"}, 404)
    assert client.versions("a") == ()
    assert client.version("a", 3) is None
    assert client.version("a", "latest") is None
    assert client.lookup("a", REQUEST) is None
    assert client.by_id(3, "a") is None
    assert client.check("a", REQUEST) is None
    assert client.config("a", default_to_global=False) is None
    client.delete_config("a")


def test_a_level_that_is_not_set_is_the_global_one() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/config":
            return httpx.Response(200, json={"compatibilityLevel": "FULL"})
        return httpx.Response(404, json={"error_code": 40408, "message": "no level"})

    assert mocked(answer).config("a", default_to_global=False) is None
    assert mocked(answer).config("a", default_to_global=True) == wire.Config("FULL")


def test_a_level_counts_as_set_only_if_the_registry_confirms_it() -> None:
    saying({"compatibility": "FULL"}).set_config("a", "FULL")
    for other in ({"compatibility": "NONE"}, {}):
        with pytest.raises(NoAnswer, match="confirms"):
            saying(other).set_config("a", "FULL")


@pytest.mark.parametrize(
    ("answers_by_path", "expected"),
    [
        ({"/v1/metadata/version": {"version": "8.1.2", "commitId": "x"}}, Server("Confluent", "8.1.2")),
        ({"/_health": {"karapace_version": "6.2.0"}}, Server("Karapace", "6.2.0")),
        ({"/status/ready": {}}, Server("Redpanda")),
        ({}, UNKNOWN_SERVER),
    ],
)
def test_servers_are_told_apart_by_probes(answers_by_path: dict[str, object], expected: Server) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path in answers_by_path:
            return httpx.Response(200, json=answers_by_path[request.url.path])
        return httpx.Response(503)

    assert mocked(answer).server() == expected
    assert len(asked) == len(set(asked))  # a probe that fails is no reason to wait


def test_apicurio_is_known_by_its_path() -> None:
    exchange = Exchange(
        ["http://registry/apis/ccompat/v7"], transport=httpx.MockTransport(lambda _: httpx.Response(500))
    )
    assert RegistryClient(exchange).server() == Server("Apicurio")


@pytest.mark.parametrize(
    "body",
    [{}, [], None, "yes", {"is_compatible": None}, {"is_compatible": "true"}, {"is_compatible": 1}],
)
def test_a_check_without_a_verdict_is_never_a_yes(body: object) -> None:
    with pytest.raises(NoAnswer):
        saying(body).check("a", REQUEST)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["id", "version", "schema", "subject", "references", "compatibilityLevel", "mode", "guid"]
                ),
                inner,
            )
        ),
    )
)
def test_any_json_is_a_value_or_no_answer(body: object) -> None:
    client = saying(body)
    for question in (
        client.subjects,
        client.types,
        client.global_config,
        client.server,
        lambda: client.versions("a"),
        lambda: client.version("a", 1),
        lambda: client.by_id(1, "a"),
        lambda: client.lookup("a", REQUEST),
        lambda: client.register("a", REQUEST),
        lambda: client.check("a", REQUEST),
        lambda: client.mode("a"),
    ):
        try:
            question()
        except NoAnswer:
            continue


# Answers that are final: P6


@pytest.mark.parametrize(
    ("fault", "kind", "exit_code"),
    [
        (Refuse(409), answers.Incompatible, 1),
        (Refuse(40901), answers.Incompatible, 1),
        (Refuse(40904), answers.RegistryRefused, 1),
        (Refuse(42201), answers.Invalid, 1),
        (Reply(422, '{"message": ["one", "two"]}'), answers.Invalid, 1),
        (Refuse(400), wire.ProtocolError, 3),
        (Reply(401, "<html>who are you</html>"), answers.Denied, 3),
        (Refuse(403), answers.Denied, 3),
        (Refuse(40401), answers.NotThere, 3),
        (Reply(404), answers.RouteMissing, 3),
        (Reply(404, "<html>nothing here</html>"), answers.RouteMissing, 3),
        (Reply(404, '"Not Found"'), answers.RouteMissing, 3),
        (Reply(404, '{"error_code": 404, "message": "HTTP 404 Not Found"}'), answers.RouteMissing, 3),
        (Reply(405), answers.RouteMissing, 3),
        (Reply(200, "<html>Welcome to the proxy</html>"), wire.ProtocolError, 3),
        (Reply(200), wire.ProtocolError, 3),
        (Reply(204), wire.ProtocolError, 3),
        (Reply(302, headers={"Location": "https://login.example"}), wire.ProtocolError, 3),
        (Reply(501, '{"error_code": 501, "message": "no"}'), wire.ProtocolError, 3),
    ],
)
def test_what_is_final_is_asked_once(
    server: FaultServer, time: Time, fault: Fault, kind: type[SchemagateError], exit_code: int
) -> None:
    server.always["POST"] = fault
    with RegistryClient(Exchange([server.url], timing=time.timing)) as client, pytest.raises(SchemagateError) as caught:
        client.register("a", REQUEST)
    assert type(caught.value) is kind
    assert caught.value.exit_code == exit_code
    assert isinstance(caught.value, Refused) == (exit_code == 1)
    reply = fault.reply if isinstance(fault, Refuse) else fault
    assert isinstance(reply, Reply)
    assert f"POST {server.url}/subjects/a/versions answered {reply.status}" in caught.value.message
    assert "\n" not in caught.value.message
    assert len(server.requests) == 1
    assert time.waits == []


def test_a_long_message_of_the_server_is_cut(server: FaultServer, client: RegistryClient) -> None:
    server.always["GET"] = Refuse(42201, "  a\n b " + "x" * 10_000)
    with pytest.raises(answers.Invalid, match="a b xxx") as caught:
        client.subjects()
    assert len(caught.value.message) < 500


# Answers that may be different next time


@pytest.mark.parametrize(
    "fault",
    [
        *(Reply(status, "<html>later</html>") for status in (408, 429, 500, 502, 503, 504)),
        Refuse(50002),
        LoseRequest(),
        CutAnswer(),
    ],
)
def test_what_may_pass_is_asked_again(server: FaultServer, client: RegistryClient, time: Time, fault: Fault) -> None:
    server.faults["GET"] = [fault] * 3 + [Reply(200, "[]")]
    assert client.subjects() == ()
    assert len(server.requests) == 4
    assert time.waits == [0.25, 0.5, 1.0]


def test_attempts_end(server: FaultServer, client: RegistryClient, time: Time) -> None:
    server.always["GET"] = Reply(502, "<html>Bad Gateway</html>")
    with pytest.raises(answers.Unreachable, match=r"answered 502 \(5 attempts\)"):
        client.subjects()
    assert len(server.requests) == 5
    assert time.waits == [0.25, 0.5, 1.0, 2.0]


def test_a_server_that_is_silent(server: FaultServer, time: Time) -> None:
    server.always["GET"] = Silence()
    exchange = Exchange([server.url], read=0.05, timing=time.timing, schedule=Schedule(attempts=2))
    with (
        RegistryClient(exchange) as client,
        pytest.raises(answers.Unreachable, match=r"no answer in time \(2 attempts\)"),
    ):
        client.subjects()
    assert len(server.requests) == 2


def test_a_server_that_is_down(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    url = f"http://127.0.0.1:{closed_port()}"
    client = RegistryClient(Exchange([url], timing=time.timing))
    with client, pytest.raises(answers.Unreachable, match=f"GET {url}/subjects: .*5 attempts") as caught:
        client.subjects()
    assert caught.value.exit_code == 3
    assert len(time.waits) == 4


def test_half_an_answer_is_no_answer(server: FaultServer, client: RegistryClient) -> None:
    server.faults["GET"] = [CutAnswer(complete=True)]
    with pytest.raises(NoAnswer):
        client.subjects()


def test_an_answer_in_drops_ends_at_the_deadline(time: Time) -> None:
    def drops() -> Iterator[bytes]:
        while True:
            time.clock += 1
            yield b" "

    client = mocked(lambda _: httpx.Response(200, content=drops()), timing=time.timing)
    with pytest.raises(answers.Unreachable, match="too slowly"):
        client.subjects()
    assert time.clock < 70


def test_retry_after_is_obeyed(server: FaultServer, client: RegistryClient, time: Time) -> None:
    server.faults["GET"] = [Reply(429, headers={"Retry-After": "7"}), Reply(200, "[]")]
    client.subjects()
    assert time.waits == [7.0]


def test_who_asks_for_too_much_patience_gets_none(server: FaultServer, client: RegistryClient, time: Time) -> None:
    server.always["GET"] = Reply(503, headers={"Retry-After": "3600"})
    with pytest.raises(answers.Unreachable, match="asks to wait 3600 s"):
        client.subjects()
    assert (len(server.requests), time.waits) == (1, [])


def test_no_attempt_begins_after_the_deadline(server: FaultServer, time: Time) -> None:
    server.always["GET"] = Reply(500)
    schedule = Schedule(attempts=100, first=1, longest=4, deadline=10)
    client = RegistryClient(Exchange([server.url], timing=time.timing, schedule=schedule))
    with client, pytest.raises(answers.Unreachable):
        client.subjects()
    assert time.waits == [1, 2, 4]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 12 "}, 12.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "Wed, 21 Oct 2015 07:27:18 GMT"}, 42.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "Wed, 21 Oct 2015 08:00:00 GMT"}, 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@given(st.integers(1, 40), st.floats(0.01, 10), st.floats(0.01, 60), st.floats(0, 1, exclude_max=True))
def test_waits_grow_up_to_a_limit(attempts: int, first: float, longest: float, chance: float) -> None:
    schedule = Schedule(attempts, first, longest)
    waits = list(delays(schedule, lambda: chance))
    assert len(waits) == attempts - 1
    assert waits == sorted(waits)
    assert all(0 <= wait <= longest for wait in waits)


# Several addresses


def test_the_next_address_is_tried_without_a_wait(server: FaultServer, time: Time) -> None:
    server.always["GET"] = Reply(200, "[]")
    down = f"http://127.0.0.1:{closed_port()}"
    with RegistryClient(Exchange([down, server.url + "/"], timing=time.timing)) as client:
        assert client.subjects() == ()
        assert client.subjects() == ()
        assert client.urls == (down, server.url)
    assert time.waits == [0.0]  # the second call begins with the address that answered


def test_a_final_answer_is_not_asked_elsewhere(server: FaultServer, time: Time) -> None:
    server.always["GET"] = Refuse(403)
    client = RegistryClient(Exchange([server.url, server.url], timing=time.timing))
    with client, pytest.raises(answers.Denied):
        client.subjects()
    assert len(server.requests) == 1


# A registration that may have happened


FOUND = json.dumps({"subject": "a", "version": 4, "id": 9, "schema": "{}", "schemaType": "JSON", "guid": "g"})


@pytest.mark.parametrize("fault", [LoseRequest(), Reply(500), Refuse(50002), Reply(504, "<html>")])
def test_before_a_registration_is_repeated_it_is_looked_up(
    server: FaultServer, client: RegistryClient, fault: Fault
) -> None:
    server.always["POST /subjects/a/versions"] = fault
    server.always["POST /subjects/a"] = Reply(200, FOUND)
    assert client.register("a", REQUEST) == wire.Registration(9, 4, "g")
    assert [seen.what for seen in server.requests] == ["POST /subjects/a/versions", "POST /subjects/a"]


def test_a_registration_that_did_not_happen_is_repeated(server: FaultServer, client: RegistryClient) -> None:
    server.faults["POST /subjects/a/versions"] = [Reply(500), LoseRequest(), Reply(200, '{"id": 1}')]
    server.always["POST /subjects/a"] = Refuse(40403)
    assert client.register("a", REQUEST) == wire.Registration(1)
    assert len(server.sent("POST /subjects/a/versions")) == 3
    assert len(server.requests) == 5


def test_what_nobody_knows_is_said(server: FaultServer, client: RegistryClient) -> None:
    server.always["POST"] = Reply(503)
    with pytest.raises(answers.Unreachable, match="whether a has the new version is not known"):
        client.register("a", REQUEST)


# Logins


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        (Basic("team", "pä:ss"), "Basic " + base64.b64encode("team:pä:ss".encode()).decode()),
        (Bearer("t0ken"), "Bearer t0ken"),
        (None, None),
    ],
)
def test_logins_are_sent(server: FaultServer, login: Basic | Bearer | None, expected: str | None, time: Time) -> None:
    server.always["GET"] = Reply(200, "[]")
    with RegistryClient(Exchange([server.url], login=login, timing=time.timing)) as client:
        client.subjects()
    assert server.requests[0].headers.get("Authorization") == expected


def test_a_login_in_the_url_is_sent_and_appears_nowhere(
    server: FaultServer, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    """P13: in no log, message, repr or chained exception, not even when the server repeats it."""
    basic = base64.b64encode(b"user:s3cr3t!").decode()
    server.always["GET"] = Refuse(403, f"no right for s3cr3t! alias Basic {basic}")
    url = server.url.replace("http://", "http://user:s3cr3t%21@")
    texts: list[str] = []
    with caplog.at_level(logging.DEBUG):
        exchange = Exchange([url], timing=time.timing)
        client = RegistryClient(exchange)
        texts += [repr(client), repr(exchange), *client.urls, repr(vars(exchange)["_addresses"])]
        for fault in (server.always["GET"], Reply(500, f'"s3cr3t! {basic}"'), Reply(200, "{s3cr3t!"), LoseRequest()):
            server.always["GET"] = fault
            with pytest.raises(NoAnswer) as caught:
                client.subjects()
            error: BaseException | None = caught.value
            while error is not None:
                texts += [str(error), repr(error), repr(vars(error)), getattr(error, "next_step", "") or ""]
                error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        client.close()
    assert server.requests[0].headers["Authorization"] == f"Basic {basic}"
    for text in (*texts, caplog.text, repr(Basic("user", "s3cr3t!")), repr(Bearer("s3cr3t!"))):
        assert "s3cr3t" not in text
        assert basic not in text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "registry:8081",
        "ftp://registry",
        "http://",
        "http://[::1",
        "http://registry?token=s3cr3t",
        "http://h/#s3cr3t",
    ],
)
def test_addresses_that_cannot_be_used(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Exchange([url])
    assert "s3cr3t" not in caught.value.message


@pytest.mark.parametrize(("userinfo", "sent"), [("user:a%40b@", "user:a@b"), ("user@", "user:"), (":key@", ":key")])
def test_a_login_in_the_url_is_decoded(userinfo: str, sent: str) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json=[])

    exchange = Exchange([f"http://{userinfo}registry/base"], transport=httpx.MockTransport(answer))
    RegistryClient(exchange).subjects()
    assert exchange.urls == ("http://registry/base",)
    assert base64.b64decode(seen[0].removeprefix("Basic ")).decode() == sent


def test_a_token_that_no_header_may_hold() -> None:
    with pytest.raises(ConfigError) as caught:
        Exchange(["http://registry"], login=Bearer("s3cr3t\r\nX: y"))
    assert "s3cr3t" not in caught.value.message


def test_a_registry_needs_an_address() -> None:
    with pytest.raises(ConfigError):
        Exchange([])


# TLS


def test_a_ca_file_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        Exchange(["https://registry"], ca=str(tmp_path / "none.pem"))
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with pytest.raises(ConfigError, match=r"broken\.pem"):
        Exchange(["https://registry"], ca=str(broken))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate of its own authority for 127.0.0.1, in one file."""
    both, key = tmp_path / "both.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(both)]
    subprocess.run([*command, *names], check=True, capture_output=True)
    both.write_bytes(both.read_bytes() + key.read_bytes())
    return both


def test_a_ca_file_makes_a_private_authority_trusted(
    certificate: Path, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running(FaultServer(always={"GET": Reply(200, "[]")}), certificate) as server:
        with RegistryClient(Exchange([server.url], ca=str(certificate), timing=time.timing)) as client:
            assert client.subjects() == ()
        with (
            RegistryClient(Exchange([server.url], timing=time.timing)) as client,
            pytest.raises(answers.Unreachable, match="not trusted"),
        ):
            client.subjects()
    assert time.waits == []


def test_a_certificate_that_is_not_trusted_is_no_reason_to_wait(time: Time) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("certificate verify failed") from ssl.SSLCertVerificationError()

    with pytest.raises(answers.Unreachable, match="not trusted") as caught:
        mocked(answer, timing=time.timing).subjects()
    assert time.waits == []
    assert "ca in schemagate.toml" in (caught.value.next_step or "")
