"""How does the answer of `who` look?"""

from __future__ import annotations

from typing import Any

from schemagate.ask.who import Party, Remaining, WhoReport
from schemagate.report.document import document
from schemagate.report.findings import visible
from schemagate.report.style import PLAIN, Style
from schemagate.schema.event import Consumption, Production


def to_text(report: WhoReport, style: Style = PLAIN) -> str:
    """Producers, consumers, and a warning per reader of a version that is going away."""
    lines = [style.bold(visible(_title(report)))]
    lines += _section("producers", report.producers, "no service declares that it produces it")
    nobody = "nobody, as schemagate.toml states" if report.settings.nobody_consumes else ""
    lines += _section("consumers", report.consumers, nobody or "no service declares that it consumes it")
    for each in report.remaining:
        lines += ["", style.yellow(f"warning: {visible(_warning(report, each))}")]
        lines += [f"      next: {visible(_next_step(report, each))}"]
    return "\n".join(lines)


def to_json(report: WhoReport) -> str:
    """One document."""
    fields = {
        "event": report.event,
        "versions": list(report.versions),
        "owner": report.settings.owner,
        "topic": report.settings.topic,
        "nobody_consumes": report.settings.nobody_consumes,
        "producers": [_party(party) for party in report.producers],
        "consumers": [_party(party) for party in report.consumers],
        "deprecated": [_remaining(report, each) for each in report.remaining],
    }
    return document("who", fields)


def _title(report: WhoReport) -> str:
    word = "version" if len(report.versions) == 1 else "versions"
    return f"{report.event}  {word} {_numbers(report.versions)}, owner {report.settings.owner}"


def _section(title: str, parties: tuple[Party, ...], nobody: str) -> list[str]:
    if not parties:
        return [f"  {title}", f"    {nobody}"]
    rows = [
        (party.service, _numbers(party.declared.versions), _how(party.declared), _where(party)) for party in parties
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = ("  ".join(visible(f"{cell:<{width}}") for cell, width in zip(row, widths, strict=True)) for row in rows)
    return [f"  {title}", *(f"    {line}".rstrip() for line in padded)]


def _where(party: Party) -> str:
    deployed = "not asked" if party.deployed is None else _numbers(party.deployed)
    return f"declared in {party.at}, deployed: {deployed}"


def _numbers(versions: tuple[int, ...]) -> str:
    return ", ".join(map(str, versions)) or "none"


def _how(declared: Production | Consumption) -> str:
    if isinstance(declared, Production):
        return declared.delivery + (f", while {declared.flag} is on" if declared.flag else "")
    return declared.mode + (f", group {declared.group}" if declared.group else ", no group")


def _warning(report: WhoReport, each: Remaining) -> str:
    until = each.deprecated.sunset
    ends = "" if until is None else f", past its sunset of {until}" if each.past else f", ends {until}"
    who = f"{each.reader.service} reads {report.event}@{each.version}"
    return f"{who}, deprecated since {each.deprecated.since}{ends}   {each.reader.at}"


def _next_step(report: WhoReport, each: Remaining) -> str:
    kept = [number for number in each.reader.declared.versions if not each.deprecated.covers(number)]
    service = each.reader.service
    if kept:
        return f"release {service} with versions = {kept}, once version {each.version} is drained"
    return f"ask {each.reader.owner} what {service} reads instead of {report.event}@{each.version}"


def _party(party: Party) -> dict[str, Any]:
    entry = {
        "service": party.service,
        "owner": party.owner,
        "versions": list(party.declared.versions),
        "at": party.at,
        "deployed": None if party.deployed is None else list(party.deployed),
    }
    if isinstance(party.declared, Consumption):
        return {**entry, "group": party.declared.group, "mode": party.declared.mode}
    return {**entry, "delivery": party.declared.delivery, "flag": party.declared.flag}


def _remaining(report: WhoReport, each: Remaining) -> dict[str, Any]:
    sunset = each.deprecated.sunset
    return {
        "service": each.reader.service,
        "version": each.version,
        "since": each.deprecated.since.isoformat(),
        "sunset": None if sunset is None else sunset.isoformat(),
        "past": each.past,
        "at": each.reader.at,
        "next": _next_step(report, each),
    }
