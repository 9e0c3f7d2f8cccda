"""What does each request do? One small function per route: read, ask the rules, write, answer a JSON value.

Nothing here knows HTTP. A request that is refused raises Refusal; `app` holds the table of routes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

from schemagate import __version__
from schemagate.registry.wire import (
    CompatibilityAnswer,
    Config,
    ErrorCode,
    RegisteredSchema,
    SchemaRequest,
    StoredSchema,
)
from schemagate.serve import content, settings, subjects
from schemagate.serve.history import Version, pick, visible
from schemagate.serve.refusal import Refusal
from schemagate.serve.store import Records, Store
from schemagate.serve.verdicts import Judge, Objections, objections

PROTOCOL: Final = "8.3.0"
"""The release of Confluent Schema Registry whose behaviour is followed; clients detect features by it."""

_ID: Final = re.compile("[1-9][0-9]{0,9}", re.ASCII)
_INTEGER: Final = re.compile("-?[0-9]{1,9}", re.ASCII)
_ALL_CONTEXTS: Final = ":*:"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `places` are the decoded parts of the path, `query` its parameters, `body` the parsed JSON."""

    store: Store
    judge: Judge
    places: Mapping[str, str]
    query: Mapping[str, str]
    body: object = None

    @property
    def subject(self) -> str:
        """The subject in the path; raises Refusal (42208) for one that cannot exist."""
        name = self.places["subject"]
        subjects.check_name(name)
        return name

    def flag(self, name: str) -> bool:
        """A boolean parameter; clients send `true` and `True`."""
        return self.query.get(name, "").lower() == "true"

    def integer(self, name: str, default: int) -> int:
        """An integer parameter; what is no integer counts as absent."""
        value = self.query.get(name, "")
        return int(value) if _INTEGER.fullmatch(value) else default

    def page(self, items: Sequence[T]) -> list[T]:
        """The part of a list that `offset` and `limit` ask for; a negative limit is none."""
        start, limit = max(self.integer("offset", 0), 0), self.integer("limit", -1)
        return list(items[start:] if limit < 0 else items[start : start + limit])

    def objections(self, records: Records) -> Objections:
        """The verdict under the settings in force for the subject."""
        in_force = settings.effective(records.config(self.subject), records.config(None))
        return partial(objections, settings=in_force, judge=self.judge)


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer that is a schema's text as it is."""

    text: str


def nothing(_: Call) -> object:
    """GET, POST /"""
    return {}


def list_subjects(call: Call) -> object:
    """GET /subjects"""
    prefix = call.query.get("subjectPrefix", "").removeprefix(_ALL_CONTEXTS)
    with call.store.reading() as records:
        known = records.subjects()
    live, hidden = (False, True) if call.flag("deletedOnly") else (True, call.flag("deleted"))
    wanted = [name for name, is_live in known.items() if (live if is_live else hidden) and name.startswith(prefix)]
    return call.page(wanted)


def register(call: Call) -> object:
    """POST /subjects/{subject}/versions"""
    request = _request(call)
    if request.id is not None and request.id > 0:
        raise Refusal(ErrorCode.NOT_PERMITTED, "an id can only be given in mode IMPORT, and this server has none")
    asked = content.canonical(request)
    with call.store.writing() as records:
        history = records.history(call.subject)
        outcome = subjects.register(history, asked, request.version, call.objections(records))
        registered = outcome.registered if isinstance(outcome, Version) else _add(records, call.subject, outcome)
    return _without_subject(registered)


def lookup(call: Call) -> object:
    """POST /subjects/{subject}"""
    asked = content.canonical(_request(call))
    with call.store.reading() as records:
        history = records.history(call.subject)
    return subjects.lookup(call.subject, history, asked, deleted=call.flag("deleted")).registered.to_json()


def list_versions(call: Call) -> object:
    """GET /subjects/{subject}/versions"""
    only, negative = call.flag("deletedOnly"), call.flag("deletedAsNegative")
    with call.store.reading() as records:
        seen = visible(call.subject, records.history(call.subject), deleted=only or negative or call.flag("deleted"))
    return call.page([-v.number if v.is_deleted and negative else v.number for v in seen if v.is_deleted or not only])


def get_version(call: Call) -> object:
    """GET /subjects/{subject}/versions/{version}"""
    return _version(call).to_json()


def get_version_text(call: Call) -> object:
    """GET /subjects/{subject}/versions/{version}/schema"""
    return Raw(_version(call).schema)


def referenced_by(call: Call) -> object:
    """GET /subjects/{subject}/versions/{version}/referencedby: nobody, as references are refused."""
    _version(call)
    return []


def delete_version(call: Call) -> object:
    """DELETE /subjects/{subject}/versions/{version}"""
    permanent = call.flag("permanent")
    with call.store.writing() as records:
        history = records.history(call.subject)
        number = subjects.version_to_delete(call.subject, history, call.places["version"], permanent=permanent)
        _delete(records, call.subject, (number,), permanent=permanent)
    return number


def delete_subject(call: Call) -> object:
    """DELETE /subjects/{subject}"""
    permanent = call.flag("permanent")
    with call.store.writing() as records:
        numbers = subjects.versions_to_delete(call.subject, records.history(call.subject), permanent=permanent)
        _delete(records, call.subject, numbers, permanent=permanent)
    return list(numbers)


def get_schema(call: Call) -> object:
    """GET /schemas/ids/{id}"""
    uses = _uses(call)
    shown = uses[0].registered.content.to_json()
    for version in uses:
        if version.registered.subject == call.query.get("subject"):
            shown |= {"subject": version.registered.subject, "version": version.number}
    return shown


def get_schema_text(call: Call) -> object:
    """GET /schemas/ids/{id}/schema"""
    return Raw(_uses(call)[0].registered.schema)


def get_schema_versions(call: Call) -> object:
    """GET /schemas/ids/{id}/versions"""
    return call.page([{"subject": v.registered.subject, "version": v.number} for v in _shown_uses(call)])


def get_schema_subjects(call: Call) -> object:
    """GET /schemas/ids/{id}/subjects"""
    return call.page(list(dict.fromkeys(version.registered.subject for version in _shown_uses(call))))


def get_schema_by_guid(call: Call) -> object:
    """GET /schemas/guids/{guid}"""
    return _uses_of_guid(call)[0].registered.content.to_json()


def get_ids_of_guid(call: Call) -> object:
    """GET /schemas/guids/{guid}/ids; `.` is the default context, the only one here."""
    return [{"context": ".", "id": _uses_of_guid(call)[0].registered.id}]


def list_types(_: Call) -> object:
    """GET /schemas/types"""
    return list(content.TYPES)


def list_contexts(_: Call) -> object:
    """GET /contexts"""
    return ["."]


def list_associations(_: Call) -> object:
    """GET /associations/resources/{namespace}/{name}: none, so clients derive the subject from the topic."""
    return []


def check(call: Call) -> object:
    """POST /compatibility/subjects/{subject}/versions"""
    return _checked(call, None)


def check_against(call: Call) -> object:
    """POST /compatibility/subjects/{subject}/versions/{version}"""
    return _checked(call, call.places["version"])


def get_global_config(call: Call) -> object:
    """GET /config"""
    with call.store.reading() as records:
        return settings.shown(None, records.config(None)).to_get_json()


def get_config(call: Call) -> object:
    """GET /config/{subject}"""
    with call.store.reading() as records:
        own, overall = records.config(call.subject), records.config(None)
    if call.flag("defaultToGlobal"):
        return settings.shown(own, overall).to_get_json()
    if own is None:
        raise Refusal(ErrorCode.LEVEL_NOT_SET, f"subject {call.subject!r} has no compatibility level of its own")
    return own.to_get_json()


def put_global_config(call: Call) -> object:
    """PUT /config"""
    return _put_config(call, None)


def put_config(call: Call) -> object:
    """PUT /config/{subject}"""
    return _put_config(call, call.subject)


def delete_global_config(call: Call) -> object:
    """DELETE /config: answers what was in force."""
    with call.store.writing() as records:
        before = settings.shown(None, records.config(None))
        records.delete_config(None)
    return before.to_get_json()


def delete_config(call: Call) -> object:
    """DELETE /config/{subject}"""
    with call.store.writing() as records:
        before = records.config(call.subject)
        if before is None:
            raise Refusal(ErrorCode.SUBJECT_NOT_FOUND, f"subject {call.subject!r} has no config of its own")
        records.delete_config(call.subject)
    return before.to_get_json()


def get_global_mode(_: Call) -> object:
    """GET /mode"""
    return {"mode": "READWRITE"}


def get_mode(call: Call) -> object:
    """GET /mode/{subject}: no subject has a mode of its own."""
    if call.flag("defaultToGlobal"):
        return {"mode": "READWRITE"}
    raise Refusal(ErrorCode.MODE_NOT_SET, f"subject {call.subject!r} has no mode of its own")


def get_server_version(_: Call) -> object:
    """GET /v1/metadata/version: the protocol that is followed, and who follows it."""
    return {"version": PROTOCOL, "commitId": f"schemagate-{__version__}"}


def get_server_id(_: Call) -> object:
    """GET /v1/metadata/id"""
    return {"id": "", "scope": {"path": [], "clusters": {"schema-registry-cluster": "schemagate"}}}


def _request(call: Call) -> SchemaRequest:
    if call.flag("normalize"):
        raise Refusal(ErrorCode.INVALID_SCHEMA, "normalize=true is not supported by this server yet")
    return SchemaRequest.from_json(call.body)


def _add(records: Records, subject: str, addition: subjects.Addition) -> RegisteredSchema:
    for number in addition.replaces:
        records.remove(subject, number)
    return records.add(subject, addition.number, addition.content)


def _without_subject(registered: RegisteredSchema) -> dict[str, object]:
    return {"id": registered.id, "version": registered.version, **registered.content.to_json()}


def _version(call: Call) -> RegisteredSchema:
    with call.store.reading() as records:
        history = records.history(call.subject)
    return pick(call.subject, history, call.places["version"], deleted=call.flag("deleted")).registered


def _delete(records: Records, subject: str, numbers: Sequence[int], *, permanent: bool) -> None:
    for number in numbers:
        if permanent:
            records.remove(subject, number)
        else:
            records.hide(subject, number)
    if permanent and not records.history(subject):
        records.delete_config(subject)


def _uses(call: Call) -> Sequence[Version]:
    """The versions with the id in the path, the deleted ones included; raises Refusal (40403) if there are none."""
    wanted = call.places["id"]
    with call.store.reading() as records:
        uses = records.uses(int(wanted)) if _ID.fullmatch(wanted) else ()
    if not uses:
        raise Refusal(ErrorCode.SCHEMA_NOT_FOUND, f"no schema has the id {wanted}")
    return uses


def _shown_uses(call: Call) -> Sequence[Version]:
    only = call.query.get("subject")
    return [
        version
        for version in _uses(call)
        if (call.flag("deleted") or not version.is_deleted) and only in (None, version.registered.subject)
    ]


def _uses_of_guid(call: Call) -> Sequence[Version]:
    wanted = call.places["guid"].lower()
    with call.store.reading() as records:
        known = records.id_of(wanted) if wanted.isascii() else None
        uses = () if known is None else records.uses(known)
    if not uses:
        raise Refusal(ErrorCode.SCHEMA_NOT_FOUND, f"no schema has the guid {wanted}")
    return uses


def _checked(call: Call, wanted: str | None) -> object:
    verbose = call.flag("verbose")
    request = _request(call)
    try:
        asked = content.canonical(request)
    except Refusal as refusal:
        if verbose and refusal.body.error_code == ErrorCode.INVALID_SCHEMA:
            return CompatibilityAnswer(False, (refusal.body.message,)).to_json()
        raise
    answer = _answer(call, wanted, asked)
    return (answer if verbose else replace(answer, messages=())).to_json()


def _answer(call: Call, wanted: str | None, asked: StoredSchema) -> CompatibilityAnswer:
    with call.store.reading() as records:
        history, ask = records.history(call.subject), call.objections(records)
    if wanted is None:
        return subjects.check(history, asked, ask)
    return subjects.check_against(call.subject, history, wanted, asked, ask)


def _put_config(call: Call, subject: str | None) -> object:
    with call.store.writing() as records:
        config: Config = settings.patched(records.config(subject), call.body)
        records.put_config(subject, config)
    return config.to_put_json()
