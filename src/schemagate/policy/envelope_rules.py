"""Does an event carry what its readers need: an id, a key, a time; and nothing that it must not carry?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from schemagate.findings import Finding, Rule, Severity
from schemagate.policy.shown import shortened
from schemagate.schema import paths
from schemagate.schema.event import Preset, Version, VersionId
from schemagate.schema.parsing import Parsed, locate

EV06: Final = Rule(
    "EV06", "envelope-complete", "every event carries its id, its name, its version and its time", Severity.WARNING
)
EV07: Final = Rule("EV07", "state-has-key-and-time", "a state names its entity and when it changed", Severity.WARNING)
EV08: Final = Rule("EV08", "personal-data-forbidden", "a version without some personal data forbids its names")
EV09: Final = Rule("EV09", "money-has-business-key", "an event that moves money has a key besides the event's id")

RULES: Final = (EV06, EV07, EV08, EV09)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a preset asks for: `fields` by path, each with the ways to write it; `content`: where the content may be."""

    fields: tuple[tuple[str, ...], ...]
    event_id: tuple[str, ...]
    content: tuple[str, ...]


_ZALANDO_ID: Final = ("metadata.eid", "eid")

ENVELOPES: Final[Mapping[Preset, Envelope]] = {
    "house": Envelope(
        (("event_id",), ("event_version",), ("event_name",), ("produced_at",), ("payload",)),
        ("event_id",),
        ("payload",),
    ),
    "zalando": Envelope((_ZALANDO_ID, ("metadata.occurred_at", "occurred_at")), _ZALANDO_ID, ("", "data")),
    "cloudevents": Envelope((("id",), ("source",), ("specversion",), ("type",), ("time",)), ("id",), ("data",)),
    "plain": Envelope((), ("event_id",), ("", "payload", "data")),
}
"""Sources: this catalogue; the event metadata of Zalando's RESTful API guidelines; CloudEvents 1.0, plus its `time`."""

_KEY = re.compile(r"(?:.*(?:_|[a-z0-9](?=[A-Z])))?(?:id|key|uuid|guid|Id|ID|Key|Uuid|UUID)")
_TIME = re.compile(r"(?:.*_)?(?:at|time|timestamp)|.*[a-z0-9](?:At|Time|Timestamp)")
_CREATION = re.compile(r"creat(?:ed|ion)", re.IGNORECASE)


def ev06_envelope_complete(version: Version, schema: Parsed, preset: Preset) -> Iterator[Finding]:
    """At most one finding: the fields of the preset's envelope that are not in every event."""
    missing = _missing(schema, preset)
    if missing:
        names = ", ".join(missing)
        yield _finding(
            EV06,
            version,
            f"not every event carries {names}, as the {preset} envelope has it",
            f"Require {names}, or choose another `preset` under [lint] in schemagate.toml.",
        )


def ev07_state_has_key_and_time(version: Version, schema: Parsed, preset: Preset) -> Iterator[Finding]:
    """A finding for a state whose content names no entity, and one for a state without a time of its last change."""
    if version.settings.kind != "state":
        return
    fields = _sure_fields(schema, preset)
    if not any(_is_key(name) for name in fields):
        yield _finding(
            EV07,
            version,
            "a state without the key of its entity: no copy can tell which row to update",
            "Require a field such as `replication_id` in the content.",
        )
    if not any(_TIME.fullmatch(name) and not _CREATION.search(name) for name in fields):
        yield _finding(
            EV07,
            version,
            "a state without the time of its change: an old event that comes late undoes a new one",
            "Require a field such as `updated_at` in the content.",
        )


def ev08_personal_data_forbidden(
    version: Version, schema: Parsed, others: Mapping[VersionId, Parsed]
) -> Iterator[Finding]:
    """A finding per personal path that this version does not have and yet lets in.

    `others` are the event's other versions. A path that only later ones have is none of this version's business; one
    that none has was dropped with its version, or is misspelt.
    """
    for path in dict.fromkeys(version.settings.personal):
        if paths.find(schema, path) is not None or paths.forbids(schema, path):
            continue
        having = [id_ for id_, other in others.items() if paths.find(other, path) is not None]
        if not having or min(having) < version.id:
            yield _finding(
                EV08,
                version,
                f"personal data {shortened(path)} is no field of this version, and nothing keeps it out",
                "Close the object that held it (`additionalProperties: false`), or forbid the name there.",
            )


def ev09_money_has_business_key(version: Version, schema: Parsed, preset: Preset) -> Iterator[Finding]:
    """A finding for an event of money that only its own id tells from others."""
    if version.settings.criticality == "money" and not any(map(_is_key, _sure_fields(schema, preset))):
        yield _finding(
            EV09,
            version,
            "nothing but the event's id tells this payment from others: sent again, it is another one",
            "Require the key of what is paid for in the content, such as `solution_replication_id`.",
        )


def fitting(schemas: Sequence[Parsed]) -> Preset:
    """The first preset whose envelope all the schemas have."""
    return next(preset for preset in ENVELOPES if not any(_missing(schema, preset) for schema in schemas))


def _missing(schema: Parsed, preset: Preset) -> list[str]:
    return [written[0] for written in ENVELOPES[preset].fields if not any(_is_sure(schema, path) for path in written)]


def _is_sure(schema: Parsed, path: str) -> bool:
    found = paths.find(schema, path)
    return found is not None and found.sure


def _sure_fields(schema: Parsed, preset: Preset) -> list[str]:
    """The fields that are in the content of every event, without the event's own id."""
    envelope = ENVELOPES[preset]
    return [
        name
        for content in envelope.content
        for name, field in paths.fields(schema, content).items()
        if field.sure and f"{content}.{name}".lstrip(".") not in envelope.event_id
    ]


def _is_key(name: str) -> bool:
    return _KEY.fullmatch(name) is not None


def _finding(rule: Rule, version: Version, message: str, fix: str) -> Finding:
    severity = Severity.ERROR if version.settings.criticality == "money" else rule.severity
    location = locate(version.content, "")
    return rule.finding("", message, fix, location=location, severity=severity)
