"""How does the answer of `who` look?"""

from __future__ import annotations

from typing import Any

from schemagate.ask.who import Deployed, Entry, Party, Remaining, WhoReport
from schemagate.facts import Unknown
from schemagate.report.document import document
from schemagate.report.findings import visible
from schemagate.report.style import PLAIN, Style
from schemagate.schema.event import Consumption, Production


def to_text(report: WhoReport, style: Style = PLAIN) -> str:
    """Producers, consumers, and a warning per reader of a version that is going away."""
    lines = [style.bold(visible(_title(report)))]
    lines += _section(report, "producers", report.producers, "no service declares that it produces it")
    nobody = "nobody, as schemagate.toml states" if report.settings.nobody_consumes else ""
    lines += _section(report, "consumers", report.consumers, nobody or "no service declares that it consumes it")
    for name, unknown in report.unreadable:
        told = f"unknown: {_whose(name, report)}: {unknown.reason}"
        lines += [
            "",
            style.yellow(visible(told)),
            *([f"      next: {visible(unknown.next_step)}"] if unknown.next_step else []),
        ]
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
        "environment": report.environment,
        "nobody_consumes": report.settings.nobody_consumes,
        "producers": [_party(party) for party in report.producers],
        "consumers": [_party(party) for party in report.consumers],
        "deprecated": [_remaining(report, each) for each in report.remaining],
        "unreadable": [{"service": name or None, **_unknown(each)} for name, each in report.unreadable],
        "exit": report.exit_code,
    }
    return document("who", fields)


def _title(report: WhoReport) -> str:
    word = "version" if len(report.versions) == 1 else "versions"
    return f"{report.event}  {word} {_numbers(report.versions)}, owner {report.settings.owner}"


def _section(report: WhoReport, title: str, parties: tuple[Party, ...], nobody: str) -> list[str]:
    if not parties:
        return [f"  {title}", f"    {nobody}"]
    rows = [
        (party.service, _numbers(party.entry.versions), _how(party.entry), _where(party, report)) for party in parties
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = ("  ".join(visible(f"{cell:<{width}}") for cell, width in zip(row, widths, strict=True)) for row in rows)
    return [f"  {title}", *(f"    {line}".rstrip() for line in padded)]


def _where(party: Party, report: WhoReport) -> str:
    declared = f"declared in {party.at}" if party.at else "declared nowhere"
    return f"{declared}, deployed: {_deployed(party, report)}"


def _deployed(party: Party, report: WhoReport) -> str:
    match party.deployed:
        case None:
            return "not asked" if report.environment is None else f"not recorded in {report.environment}"
        case Unknown(reason):
            return f"unknown, {reason}"
        case ():
            return "runs nowhere"
        case instances:
            return "; ".join(_instance(each, several=len(instances) > 1) for each in instances)


def _instance(each: Deployed, *, several: bool) -> str:
    name = f", {each.deployment.instance}" if several else ""
    return f"{_numbers(each.versions)} ({each.deployment.commit[:12]}{name})"


def _whose(service: str, report: WhoReport) -> str:
    if not service:
        return f"what runs in {report.environment}"
    return f"what {service} reads and writes in {report.environment}"


def _numbers(versions: tuple[int, ...]) -> str:
    return ", ".join(map(str, versions)) or "none"


def _how(entry: Entry) -> str:
    if isinstance(entry, Production):
        return entry.delivery + (f", while {entry.flag} is on" if entry.flag else "")
    return entry.mode + (f", group {entry.group}" if entry.group else ", no group")


def _warning(report: WhoReport, each: Remaining) -> str:
    until = each.deprecated.sunset
    ends = "" if until is None else f", past its sunset of {until}" if each.past else f", ends {until}"
    who = f"{each.reader.service} reads {report.event}@{each.version}"
    where = each.reader.at if each.version in each.reader.declared else f"deployed in {report.environment}"
    return f"{who}, deprecated since {each.deprecated.since}{ends}   {where}"


def _next_step(report: WhoReport, each: Remaining) -> str:
    service, declared = each.reader.service, each.reader.declared
    if declared and each.version not in declared:
        return f"release {service}, whose manifest in git has left version {each.version}"
    kept = [number for number in each.reader.entry.versions if not each.deprecated.covers(number)]
    if kept:
        return f"release {service} with versions = {kept}, once version {each.version} is drained"
    return f"ask {each.reader.owner} what {service} reads instead of {report.event}@{each.version}"


def _party(party: Party) -> dict[str, Any]:
    entry = {
        "service": party.service,
        "owner": party.owner,
        "versions": list(party.declared),
        "at": party.at,
        "deployed": _deployed_json(party.deployed),
    }
    if isinstance(party.entry, Consumption):
        return {**entry, "group": party.entry.group, "mode": party.entry.mode}
    return {**entry, "delivery": party.entry.delivery, "flag": party.entry.flag}


def _deployed_json(deployed: tuple[Deployed, ...] | Unknown | None) -> Any:
    """null: not asked; a list of instances; or an object that says why it is unknown."""
    if deployed is None:
        return None
    if isinstance(deployed, Unknown):
        return _unknown(deployed)
    return [
        {"instance": each.deployment.instance, "commit": each.deployment.commit, "versions": list(each.versions)}
        for each in deployed
    ]


def _unknown(each: Unknown) -> dict[str, Any]:
    return {"unknown": each.reason, "next": each.next_step}


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
