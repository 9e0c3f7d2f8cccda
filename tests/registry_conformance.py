"""Does a registry follow the protocol? Checks that run against any base URL, the embedded server's or another's.

Each check takes a `Registry` and uses subjects that nobody else uses, so that the checks can share a server.
`EVERYWHERE` holds what clients need from every registry, `CONFLUENT` what Confluent 8 answers beyond that (and the
embedded server follows). To ask another server: `python tests/registry_conformance.py URL`.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

AVRO_V1 = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]})
AVRO_V2 = json.dumps(
    {
        "type": "record",
        "name": "R",
        "fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "int", "default": 0}],
    }
)
AVRO_BREAKING = json.dumps({"type": "record", "name": "R", "fields": [{"name": "c", "type": "string"}]})
JSON_OPEN = json.dumps({"type": "object", "properties": {"a": {"type": "string"}}})
JSON_CLOSED = json.dumps({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False})
MISSING = (40401, 40402, 40403)


@dataclass
class Registry:
    """A server under test, and names that are free on it."""

    http: httpx.Client
    prefix: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:12]}")
    _count: int = 0

    def subject(self, suffix: str = "") -> str:
        self._count += 1
        return f"{self.prefix}-{self._count}{suffix}"

    def ask(self, method: str, *segments: str | int, body: Any = None, query: Any = None, status: int = 200) -> Any:
        """Send a request and return the JSON answer, whose status must be as stated."""
        response = self.answer(method, *segments, body=body, query=query)
        assert response.status_code == status, f"{method} {segments}: {response.status_code} {response.text}"
        return response.json()

    def answer(self, method: str, *segments: str | int, body: Any = None, query: Any = None) -> httpx.Response:
        # encoded here and not by the code under test
        encoded = [
            "".join(c if (c.isalnum() and c.isascii()) or c == "-" else _percent(c) for c in str(s)) for s in segments
        ]
        url = str(self.http.base_url).rstrip("/") + "/" + "/".join(encoded)
        headers = {"Accept": "application/vnd.schemaregistry.v1+json"}
        if body is None:
            return self.http.request(method, url, params=query, headers=headers)
        headers["Content-Type"] = "application/vnd.schemaregistry.v1+json"
        return self.http.request(method, url, params=query, headers=headers, content=json.dumps(body))

    def fails(self, code: int, method: str, *segments: str | int, body: Any = None, query: Any = None) -> str:
        """The message of a refusal, whose five-digit code must be as stated."""
        answer = self.ask(method, *segments, body=body, query=query, status=int(str(code)[:3]))
        assert answer["error_code"] == code, answer
        assert isinstance(answer["message"], str)
        return str(answer["message"])

    def register(self, subject: str, schema: str, schema_type: str = "AVRO") -> int:
        body = {"schema": schema, "schemaType": schema_type}
        return int(self.ask("POST", "subjects", subject, "versions", body=body)["id"])

    def level(self, subject: str, level: str) -> None:
        self.ask("PUT", "config", subject, body={"compatibility": level})


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def root_answers(registry: Registry) -> None:
    assert registry.answer("GET").status_code == 200


def registration_is_idempotent(registry: Registry) -> None:
    subject = registry.subject()
    first = registry.register(subject, AVRO_V1)
    assert registry.register(subject, AVRO_V1) == first
    assert registry.ask("GET", "subjects", subject, "versions") == [1]


def formatting_is_no_change(registry: Registry) -> None:
    subject = registry.subject()
    first = registry.register(subject, AVRO_V1)
    assert registry.register(subject, json.dumps(json.loads(AVRO_V1), indent=3)) == first


def old_content_answers_with_its_old_version(registry: Registry) -> None:
    subject = registry.subject()
    first = registry.register(subject, AVRO_V1)
    registry.register(subject, AVRO_V2)
    assert registry.register(subject, AVRO_V1) == first
    assert registry.ask("GET", "subjects", subject, "versions") == [1, 2]
    assert registry.ask("GET", "subjects", subject, "versions", "latest")["version"] == 2


def same_content_in_two_subjects_has_one_id(registry: Registry) -> None:
    assert registry.register(registry.subject(), AVRO_V1) == registry.register(registry.subject(), AVRO_V1)


def what_was_registered_is_read_back(registry: Registry) -> None:
    subject = registry.subject()
    for number, (schema, schema_type) in enumerate([(AVRO_V1, "AVRO"), (AVRO_V2, "AVRO")], 1):
        schema_id = registry.register(subject, schema, schema_type)
        by_version = registry.ask("GET", "subjects", subject, "versions", number)
        assert (by_version["subject"], by_version["version"], by_version["id"]) == (subject, number, schema_id)
        by_id = registry.ask("GET", "schemas", "ids", schema_id)
        assert json.loads(by_id["schema"]) == json.loads(by_version["schema"]) == json.loads(schema)
        found = registry.ask("POST", "subjects", subject, body={"schema": schema, "schemaType": schema_type})
        assert (found["version"], found["id"]) == (number, schema_id)
        assert subject in registry.ask("GET", "subjects")


def json_schemas_are_registered(registry: Registry) -> None:
    subject = registry.subject()
    schema_id = registry.register(subject, JSON_OPEN, "JSON")
    by_id = registry.ask("GET", "schemas", "ids", schema_id)
    assert by_id["schemaType"] == "JSON"
    assert json.loads(by_id["schema"]) == json.loads(JSON_OPEN)
    assert "JSON" in registry.ask("GET", "schemas", "types")


def subjects_may_hold_any_printable_character(registry: Registry) -> None:
    for suffix in ("/a", " b", ":c", "%2F", "%", "ä€", "..", "?x=1", "#f", "+", "a/../b"):
        subject = registry.subject(suffix)
        registry.register(subject, AVRO_V1)
        assert registry.ask("GET", "subjects", subject, "versions") == [1], suffix
        assert registry.ask("GET", "subjects", subject, "versions", "latest")["subject"] == subject


def incompatible_is_409(registry: Registry) -> None:
    subject = registry.subject()
    registry.level(subject, "BACKWARD")
    registry.register(subject, AVRO_V1)
    answer = registry.answer("POST", "subjects", subject, "versions", body={"schema": AVRO_BREAKING})
    assert answer.status_code == 409
    assert answer.json()["error_code"] in (409, 40901)
    assert registry.ask("GET", "subjects", subject, "versions") == [1]


def none_accepts_everything(registry: Registry) -> None:
    subject = registry.subject()
    registry.level(subject, "NONE")
    registry.register(subject, AVRO_V1)
    registry.register(subject, AVRO_BREAKING)
    assert registry.ask("GET", "subjects", subject, "versions") == [1, 2]


def check_agrees_with_register(registry: Registry) -> None:
    for level in ("BACKWARD", "FORWARD", "FULL"):
        for new in (AVRO_V2, AVRO_BREAKING):
            subject = registry.subject()
            registry.level(subject, level)
            registry.register(subject, AVRO_V1)
            checked = registry.ask(
                "POST", "compatibility", "subjects", subject, "versions", "latest", body={"schema": new}
            )
            status = registry.answer("POST", "subjects", subject, "versions", body={"schema": new}).status_code
            assert checked["is_compatible"] is (status == 200), (level, new)


def check_has_a_verdict_for_both_answers(registry: Registry) -> None:
    subject = registry.subject()
    registry.level(subject, "BACKWARD")
    registry.register(subject, AVRO_V1)
    latest = ("compatibility", "subjects", subject, "versions", "latest")
    assert registry.ask("POST", *latest, body={"schema": AVRO_V2})["is_compatible"] is True
    assert registry.ask("POST", *latest, body={"schema": AVRO_BREAKING})["is_compatible"] is False


def unknown_things_are_404(registry: Registry) -> None:
    subject = registry.subject()
    questions = [("GET", "subjects", subject, "versions"), ("GET", "schemas", "ids", 2_000_000_000)]
    registry.register(known := registry.subject(), AVRO_V1)
    for question in (*questions, ("GET", "subjects", known, "versions", 7)):
        assert registry.ask(*question, status=404)["error_code"] in MISSING
    assert registry.ask("POST", "subjects", known, body={"schema": AVRO_V2}, status=404)["error_code"] in MISSING


def invalid_schema_is_42201(registry: Registry) -> None:
    registry.fails(42201, "POST", "subjects", registry.subject(), "versions", body={"schema": '{"type":"nonsense"}'})


def level_is_read_back(registry: Registry) -> None:
    subject = registry.subject()
    registry.register(subject, AVRO_V1)
    for level in ("FULL", "BACKWARD_TRANSITIVE", "NONE", "FORWARD"):
        answer = registry.ask("PUT", "config", subject, body={"compatibility": level})
        assert answer["compatibility"] == level
        assert registry.ask("GET", "config", subject)["compatibilityLevel"] == level
    registry.fails(42203, "PUT", "config", subject, body={"compatibility": "SIDEWAYS"})


EVERYWHERE: tuple[Callable[[Registry], None], ...] = (
    root_answers,
    registration_is_idempotent,
    formatting_is_no_change,
    old_content_answers_with_its_old_version,
    same_content_in_two_subjects_has_one_id,
    what_was_registered_is_read_back,
    json_schemas_are_registered,
    subjects_may_hold_any_printable_character,
    incompatible_is_409,
    none_accepts_everything,
    check_agrees_with_register,
    check_has_a_verdict_for_both_answers,
    unknown_things_are_404,
    invalid_schema_is_42201,
    level_is_read_back,
)


def registration_answers_in_full(registry: Registry) -> None:
    subject = registry.subject()
    body = {"schema": AVRO_V1, "schemaType": "AVRO", "references": [], "metadata": None}
    answer = registry.ask("POST", "subjects", subject, "versions", body=body)
    found = registry.ask("POST", "subjects", subject, body=body)
    assert answer.keys() == {"id", "version", "guid", "schemaType", "schema"}
    assert found == {**answer, "subject": subject}
    assert registry.ask("GET", "subjects", subject, "versions", 1) == found
    by_id = registry.ask("GET", "schemas", "ids", answer["id"])
    assert by_id == {name: answer[name] for name in ("guid", "schemaType", "schema")}
    placed = registry.ask("GET", "schemas", "ids", answer["id"], query={"subject": subject})
    assert placed == {**by_id, "subject": subject, "version": 1}


def guid_is_the_md5_of_the_canonical_text(registry: Registry) -> None:
    import hashlib

    answer = registry.ask("POST", "subjects", registry.subject(), "versions", body={"schema": AVRO_V1})
    digest = hashlib.md5(answer["schema"].encode(), usedforsecurity=False).hexdigest()
    assert answer["guid"].replace("-", "") == digest
    assert registry.ask("GET", "schemas", "guids", answer["guid"])["schema"] == answer["schema"]
    assert registry.ask("GET", "schemas", "guids", answer["guid"], "ids") == [{"context": ".", "id": answer["id"]}]


def raw_text_is_the_schema(registry: Registry) -> None:
    subject = registry.subject()
    schema_id = registry.register(subject, AVRO_V1)
    stored = registry.ask("GET", "subjects", subject, "versions", 1)["schema"]
    assert registry.answer("GET", "subjects", subject, "versions", "latest", "schema").text == stored
    assert registry.answer("GET", "schemas", "ids", schema_id, "schema").text == stored


def ids_know_their_uses(registry: Registry) -> None:
    one, two = registry.subject(), registry.subject()
    unique = json.dumps({"type": "record", "name": f"N{registry.subject()}".replace("-", "_"), "fields": []})
    schema_id = registry.register(one, unique)
    registry.register(two, unique)
    assert registry.ask("GET", "schemas", "ids", schema_id, "subjects") == [one, two]
    uses = [{"subject": one, "version": 1}, {"subject": two, "version": 1}]
    assert registry.ask("GET", "schemas", "ids", schema_id, "versions") == uses


def soft_delete_hides_and_permanent_delete_forgets(registry: Registry) -> None:
    subject = registry.subject()
    unique = json.dumps({"type": "record", "name": f"N{registry.subject()}".replace("-", "_"), "fields": []})
    schema_id = registry.register(subject, unique)
    one = ("subjects", subject, "versions", 1)
    registry.fails(40407, "DELETE", *one, query={"permanent": "true"})
    assert registry.ask("DELETE", *one) == 1
    registry.fails(40406, "DELETE", *one)
    registry.fails(40401, "GET", *one)
    registry.fails(40401, "POST", "subjects", subject, body={"schema": unique})
    assert subject not in registry.ask("GET", "subjects")
    assert subject in registry.ask("GET", "subjects", query={"deleted": "True", "subjectPrefix": subject})
    assert registry.ask("GET", "subjects", query={"deletedOnly": "true", "subjectPrefix": subject}) == [subject]
    assert registry.ask("GET", *one, query={"deleted": "true"})["id"] == schema_id
    assert registry.ask("GET", "subjects", subject, "versions", query={"deletedAsNegative": "true"}) == [-1]
    assert json.loads(registry.ask("GET", "schemas", "ids", schema_id)["schema"]) == json.loads(unique)
    assert registry.ask("DELETE", *one, query={"permanent": "true"}) == 1
    registry.fails(40401, "GET", *one, query={"deleted": "true"})
    registry.fails(40403, "GET", "schemas", "ids", schema_id)
    assert registry.register(subject, unique) == schema_id


def deleted_numbers_are_not_given_again(registry: Registry) -> None:
    subject = registry.subject()
    registry.register(subject, AVRO_V1)
    second = registry.register(subject, AVRO_V2)
    registry.ask("DELETE", "subjects", subject, "versions", "latest")
    assert registry.register(subject, AVRO_V2) == second
    assert registry.ask("GET", "subjects", subject, "versions", query={"deleted": "true"}) == [1, 3]


def subjects_are_deleted_in_two_steps(registry: Registry) -> None:
    subject = registry.subject()
    registry.fails(40401, "DELETE", "subjects", subject)
    registry.register(subject, AVRO_V1)
    registry.register(subject, AVRO_V2)
    registry.level(subject, "FULL")
    registry.fails(40405, "DELETE", "subjects", subject, query={"permanent": "true"})
    assert registry.ask("DELETE", "subjects", subject) == [1, 2]
    registry.fails(40404, "DELETE", "subjects", subject)
    assert registry.ask("DELETE", "subjects", subject, query={"permanent": "true"}) == [1, 2]
    registry.fails(40408, "GET", "config", subject)
    registry.register(subject, AVRO_V1)
    assert registry.ask("GET", "subjects", subject, "versions") == [1]


def deleted_versions_are_not_compared(registry: Registry) -> None:
    subject = registry.subject()
    registry.register(subject, AVRO_V1)
    registry.ask("DELETE", "subjects", subject, "versions", 1)
    registry.register(subject, AVRO_BREAKING)


def only_the_next_number_wins(registry: Registry) -> None:
    subject = registry.subject()

    def attempt(schema: str, version: int) -> int:
        body = {"schema": schema, "version": version}
        return registry.answer("POST", "subjects", subject, "versions", body=body).status_code

    assert attempt(AVRO_V1, 2) == 422
    assert attempt(AVRO_V1, 1) == 200
    assert attempt(AVRO_V1, 1) == 422
    assert attempt(AVRO_V2, 2) == 200
    assert attempt(AVRO_V2, -1) == 200
    assert registry.ask("GET", "subjects", subject, "versions") == [1, 2]
    assert attempt(AVRO_V1, -1) == 200
    assert registry.ask("GET", "subjects", subject, "versions") == [1, 2, 3]


def check_asks_all_that_the_level_asks(registry: Registry) -> None:
    subject = registry.subject()
    removed = json.dumps({"type": "record", "name": "R", "fields": []})
    again = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int", "default": 0}]})
    registry.register(subject, AVRO_V1)
    registry.register(subject, removed)
    registry.level(subject, "BACKWARD_TRANSITIVE")
    versions = ("compatibility", "subjects", subject, "versions")
    assert registry.ask("POST", *versions, body={"schema": again}) == {"is_compatible": False}
    assert registry.ask("POST", *versions, "latest", body={"schema": again}) == {"is_compatible": True}
    assert registry.ask("POST", *versions, 1, body={"schema": again}) == {"is_compatible": False}
    verbose = registry.ask("POST", *versions, body={"schema": again}, query={"verbose": "True"})
    assert verbose["is_compatible"] is False
    assert any("TYPE_MISMATCH" in message for message in verbose["messages"])
    assert "{oldSchemaVersion: 1}" in verbose["messages"]


def check_of_unknown_subjects_and_versions(registry: Registry) -> None:
    subject = registry.subject()
    versions = ("compatibility", "subjects", subject, "versions")
    body = {"schema": AVRO_V1}
    assert registry.ask("POST", *versions, body=body) == {"is_compatible": True}
    assert registry.ask("POST", *versions, "latest", body=body) == {"is_compatible": True}
    registry.fails(40402, "POST", *versions, 3, body=body)
    registry.fails(42202, "POST", *versions, "third", body=body)
    registry.fails(42201, "POST", *versions, body={"schema": "{"})
    assert registry.ask("POST", *versions, body={"schema": "{"}, query={"verbose": "true"})["is_compatible"] is False


def another_type_is_one_failure(registry: Registry) -> None:
    subject = registry.subject()
    registry.register(subject, AVRO_V1)
    body = {"schema": JSON_OPEN, "schemaType": "JSON"}
    registry.fails(40901, "POST", "subjects", subject, "versions", body=body)
    registry.level(subject, "NONE")
    registry.ask("POST", "subjects", subject, "versions", body=body)


def policy_decides(registry: Registry) -> None:
    subject = registry.subject()
    registry.register(subject, JSON_CLOSED, "JSON")
    body = {"schema": json.dumps({"type": "object", "additionalProperties": False}), "schemaType": "JSON"}
    registry.fails(40901, "POST", "subjects", subject, "versions", body=body)
    registry.ask("PUT", "config", subject, body={"compatibility": "BACKWARD", "compatibilityPolicy": "LENIENT"})
    registry.ask("POST", "subjects", subject, "versions", body=body)


def config_is_a_patch(registry: Registry) -> None:
    subject = registry.subject()
    registry.fails(40408, "GET", "config", subject)
    registry.fails(40401, "DELETE", "config", subject)
    registry.ask("PUT", "config", subject, body={"compatibility": "FULL"})
    registry.ask("PUT", "config", subject, body={"compatibilityPolicy": "LENIENT", "unknown": 1})
    both = {"compatibilityLevel": "FULL", "compatibilityPolicy": "LENIENT"}
    assert registry.ask("GET", "config", subject) == both
    registry.ask("PUT", "config", subject, body={"compatibilityPolicy": None})
    assert registry.ask("GET", "config", subject) == {"compatibilityLevel": "FULL"}
    assert registry.ask("DELETE", "config", subject) == {"compatibilityLevel": "FULL"}
    registry.fails(40408, "GET", "config", subject)


def modes_are_read(registry: Registry) -> None:
    subject = registry.subject()
    assert registry.ask("GET", "mode") == {"mode": "READWRITE"}
    assert registry.ask("GET", "mode", subject, query={"defaultToGlobal": "true"}) == {"mode": "READWRITE"}
    registry.fails(40409, "GET", "mode", subject)


def lists_are_paged(registry: Registry) -> None:
    names = [registry.subject() for _ in range(5)]
    for name in names:
        registry.register(name, AVRO_V1)
    mine = {"subjectPrefix": registry.prefix}
    everything = registry.ask("GET", "subjects", query=mine)
    assert set(names) <= set(everything)
    assert registry.ask("GET", "subjects", query={**mine, "offset": 1, "limit": 2}) == everything[1:3]
    assert registry.ask("GET", "subjects", query={**mine, "offset": -5, "limit": -1}) == everything
    assert registry.ask("GET", "subjects", query={**mine, "offset": 10_000}) == []


def versions_are_numbers(registry: Registry) -> None:
    registry.register(subject := registry.subject(), AVRO_V1)
    for version in ("0", "-2", "2147483648", "one", "1.0", "٣"):
        registry.fails(42202, "GET", "subjects", subject, "versions", version)
    assert registry.ask("GET", "subjects", subject, "versions", -1)["version"] == 1


def trailing_slashes_and_unknown_parameters_are_tolerated(registry: Registry) -> None:
    registry.register(subject := registry.subject(), AVRO_V1)
    assert registry.ask("GET", "subjects", subject, "versions", "") == [1]
    assert registry.ask("GET", "subjects", subject, "versions", query={"findTags": "x", "nonsense": ""}) == [1]
    body = {"schema": AVRO_V2, "nonsense": {"deep": []}}
    assert registry.ask("POST", "compatibility", "subjects", subject, "versions", "", body=body)["is_compatible"]


def associations_are_none(registry: Registry) -> None:
    query = {"resourceType": "topic", "associationType": "value"}
    assert registry.ask("GET", "associations", "resources", "-", registry.subject(), query=query) == []


def unknown_routes_have_no_five_digit_code(registry: Registry) -> None:
    for method, *segments in (("GET", "nothing"), ("GET", "dek-registry", "v1", "keks"), ("PUT", "mode")):
        answer = registry.answer(method, *segments)
        assert answer.status_code in (404, 405)
        assert answer.json()["error_code"] == answer.status_code


CONFLUENT: tuple[Callable[[Registry], None], ...] = (
    registration_answers_in_full,
    guid_is_the_md5_of_the_canonical_text,
    raw_text_is_the_schema,
    ids_know_their_uses,
    soft_delete_hides_and_permanent_delete_forgets,
    deleted_numbers_are_not_given_again,
    subjects_are_deleted_in_two_steps,
    deleted_versions_are_not_compared,
    only_the_next_number_wins,
    check_asks_all_that_the_level_asks,
    check_of_unknown_subjects_and_versions,
    another_type_is_one_failure,
    policy_decides,
    config_is_a_patch,
    modes_are_read,
    lists_are_paged,
    versions_are_numbers,
    trailing_slashes_and_unknown_parameters_are_tolerated,
    associations_are_none,
    unknown_routes_have_no_five_digit_code,
)


def main(url: str) -> int:
    """Run all checks against a server and print what it does not follow; 1 if it is something that clients need."""
    failed = 0
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as http:
        registry = Registry(http)
        for check in (*EVERYWHERE, *CONFLUENT):
            try:
                check(registry)
            except (AssertionError, KeyError, ValueError) as error:
                failed += check in EVERYWHERE
                sys.stdout.write(f"{check.__name__}: {str(error).splitlines()[0] if str(error) else 'failed'}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
