"""How does a record that was made look?"""

from __future__ import annotations

from schemagate.ask.record import Recorded
from schemagate.report.document import document
from schemagate.report.findings import visible
from schemagate.report.style import PLAIN, Style


def to_text(made: Recorded, style: Style = PLAIN) -> str:
    """What is recorded now, and what runs."""
    claim = made.record.claim
    word = "recorded before, by this run" if made.before else "recorded"
    place = f"number {made.record.number}, {made.state}"
    lines = [f"{style.bold(style.green(word))}  {claim.kind} of {visible(claim.subject)} in {claim.env}   {place}"]
    if claim.stream.name == "deployments":
        running = [f"{each.commit} ({each.instance}, since {each.at:%Y-%m-%d %H:%MZ})" for each in made.live]
        lines.append(f"  running: {visible(', '.join(running)) or 'nowhere'}")
    return "\n".join(lines)


def remarks(made: Recorded) -> list[str]:
    """What somebody who relies on the record should know."""
    env = made.record.claim.env
    found = []
    if not made.shared:
        found.append(
            'only this clone has the record; to share records:  state = { remote = "origin" }  in schemagate.toml'
        )
    if not made.counted:
        found.append(f'{env} has deployments = "declared": its gate counts what is merged, not what is recorded')
    return found


def to_json(made: Recorded) -> str:
    """One document: the record's place and hash, and what runs."""
    fields = {
        "kind": made.record.claim.kind,
        "environment": made.record.claim.env,
        "subject": made.record.claim.subject,
        "number": made.record.number,
        "file": made.record.file,
        "digest": made.record.digest,
        "at": made.record.claim.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "state": made.state,
        "recorded_before": made.before,
        "running": [
            {"instance": each.instance, "version": each.commit, "at": each.at.strftime("%Y-%m-%dT%H:%M:%SZ")}
            for each in made.live
        ],
    }
    return document("record", fields)
