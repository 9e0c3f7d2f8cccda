"""Which findings does `waivers.toml` make an exception of, and who answers for each? A mistake is never ignored."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from schemagate.compat import release
from schemagate.compat.avro import rules as avro_rules
from schemagate.compat.json_schema.data import rules as json_rules
from schemagate.compat.protobuf.data import rules as protobuf_rules
from schemagate.findings import SHORT, Finding, Location, Rule, Severity
from schemagate.project import toml, waivers
from schemagate.project.keys import Key, text
from schemagate.project.migration_problems import PlanProblems
from schemagate.schema.event import Catalog, VersionId

MALFORMED: Final = Rule("SG-WVR-101", "waiver-malformed", "an entry of waivers.toml cannot be followed")
EXPIRED: Final = Rule("SG-WVR-201", "waiver-expired", "a waiver's last day has passed", Severity.WARNING)
UNUSED: Final = Rule("SG-WVR-202", "waiver-unused", "a waiver matches no finding any more", Severity.NOTE)
RULES: Final = (MALFORMED, EXPIRED, UNUSED)

WAIVABLE: Final = frozenset(
    rule.id for rule in (*avro_rules.RULES, *json_rules.RULES, *protobuf_rules.RULES, *release.RULES)
)
"""Our own verdict on data and history. What a registry refuses is changed in the registry, not here."""

_FINGERPRINT: Final = rf"^[0-9a-f]{{{SHORT},64}}$"

KEYS: Final[Mapping[str, Key]] = {
    "fingerprint": Key(
        f"{SHORT} to 64 hexadecimal digits, as printed with the finding",
        lambda value: isinstance(value, str) and re.fullmatch(_FINGERPRINT, value) is not None,
        {"type": "string", "pattern": _FINGERPRINT},
        required=True,
    ),
    "rule": text(required=True),
    "subject": text(required=True),
    "path": text(required=True),
    "reason": text(required=True),
    "owner": text(required=True),
    "expires": waivers.KEYS["expires"],
}


@dataclass(frozen=True, slots=True)
class FindingWaiver:
    """An exception: one finding, until a day. `rule`, `subject` and `path` say for readers what the fingerprint is."""

    fingerprint: str
    rule: str
    subject: str
    path: str
    reason: str
    owner: str
    expires: date
    place: str = field(default="", compare=False)
    """Its key path in the file."""
    line: int = field(default=1, compare=False)

    def fits(self, fingerprint: str) -> bool:
        """It is about the finding with this fingerprint."""
        return fingerprint.startswith(self.fingerprint)

    def expired(self, today: date) -> bool:
        """Its last day has passed."""
        return today > self.expires

    @property
    def at(self) -> str:
        """`waivers.toml:7`."""
        return f"{waivers.FILE}:{self.line}"


def read(data: bytes) -> tuple[tuple[FindingWaiver, ...], PlanProblems]:
    """The `[[finding]]` entries that can be read, and every mistake of the file, those of `[[check]]` entries too."""
    root, problems = waivers.opened(data, MALFORMED.id)
    waivers.entries(root, problems.under("MG19"))
    found = [_entry(value, f"finding[{number}]", problems) for number, value in enumerate(root.get("finding", []))]
    return tuple(waiver for waiver in found if waiver is not None), problems


def _entry(value: object, place: str, problems: PlanProblems) -> FindingWaiver | None:
    entry: dict[str, Any] = toml.table(value, KEYS, place, problems)
    if len(entry) < len(KEYS):
        return None
    return FindingWaiver(**entry, place=place, line=problems.line(place))


def check(
    found: Iterable[FindingWaiver],
    catalog: Catalog,
    subjects: Mapping[str, VersionId],
    today: date,
    problems: PlanProblems,
) -> None:
    """Add what is wrong with entries, beside the finding that they are about.

    `subjects` are the registry's names of all versions. An expired entry is no mistake: it is not in force any more.
    """
    seen: dict[str, FindingWaiver] = {}
    for waiver in found:
        if (first := seen.setdefault(waiver.fingerprint[:SHORT], waiver)) is not waiver:
            problems.add(f"{waiver.place}.fingerprint", f"is that of {first.place} as well: keep one")
        if what := waivers.too_far(waiver.expires, today):
            problems.add(f"{waiver.place}.expires", what)
        _check_rule(waiver, problems)
        _check_subject(waiver, catalog, subjects, problems)


def _check_rule(waiver: FindingWaiver, problems: PlanProblems) -> None:
    if "*" in waiver.rule + waiver.subject + waiver.path.replace("<*>", ""):
        problems.add(waiver.place, "names one finding; there are no wildcards")
    elif waiver.rule.startswith("SG-REG-"):
        what = f"{waiver.rule} admits no waiver: the registry refuses all the same; change its level or policy"
        problems.add(f"{waiver.place}.rule", what)
    elif waiver.rule not in WAIVABLE:
        hint = toml.nearest(waiver.rule, WAIVABLE)
        problems.add(f"{waiver.place}.rule", f"there is no rule {waiver.rule!r} that may be waived{hint}")


def _check_subject(
    waiver: FindingWaiver, catalog: Catalog, subjects: Mapping[str, VersionId], problems: PlanProblems
) -> None:
    version = subjects.get(waiver.subject)
    if version is None:
        if waiver.rule != release.EVENT_REMOVED.id:  # its version is gone, and that was the point
            hint = toml.nearest(waiver.subject, subjects)
            problems.add(f"{waiver.place}.subject", f"no version has the subject {waiver.subject!r}{hint}")
        return
    known = _owners(version.event, catalog)
    if waiver.owner not in known:
        hint = toml.nearest(waiver.owner, known)
        what = f"{waiver.owner!r} owns neither {version.event} nor a service that declares it{hint}"
        problems.add(f"{waiver.place}.owner", what)


def _owners(event: str, catalog: Catalog) -> Collection[str]:
    """Whoever may answer for a break: the owner of the event, and those of the services that produce or consume it."""
    services = [service for service, _ in (*catalog.producers(event), *catalog.consumers(event))]
    own = [catalog.settings[event].owner] if event in catalog.settings else []
    return dict.fromkeys([*own, *(service.owner for service in services)])


def told(waiver: FindingWaiver, today: date, *, unused: bool) -> Finding | None:
    """What is to be said about an entry that exempts nothing; None for one in force, or that nobody looked for."""
    what = f"the waiver of {waiver.owner} for {waiver.rule} at {waiver.path} of {waiver.subject}"
    at = Location(waivers.FILE, waiver.line)
    if waiver.expired(today):
        fix = "repair what it is about, or ask its owner for a new one"
        return EXPIRED.finding("", f"{what} expired on {waiver.expires} and exempts nothing", fix, location=at)
    return UNUSED.finding("", f"{what} matches no finding", "delete it", location=at) if unused else None


def disagrees(waiver: FindingWaiver, rule: str, subject: str, path: str) -> Iterable[tuple[str, str]]:
    """The keys that do not say what the finding with the waiver's fingerprint is, each with what is wrong."""
    for key, found in (("rule", rule), ("subject", subject), ("path", path)):
        if (said := getattr(waiver, key)) != found:
            yield f"{waiver.place}.{key}", f"is {said!r}, and the finding with this fingerprint has {found!r}"
