"""May a released version disappear, or change its format? Questions that need no schema language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from schemagate.findings import Finding, Location, Rule
from schemagate.schema.event import Content, Revision

EVENT_REMOVED = Rule("SG-GIT-101", "event-removed", "a released version has no schema any more")
FORMAT_CHANGED = Rule("SG-GIT-102", "format-changed", "a released version changed its schema language")
OLD_UNREADABLE = Rule("SG-GIT-901", "old-revision-unreadable", "a released revision cannot be read")
RULES: Final = (EVENT_REMOVED, FORMAT_CHANGED, OLD_UNREADABLE)


def removed(released: Sequence[Revision]) -> Finding:
    """The finding for a released version whose file is gone."""
    newest = released[-1]
    return EVENT_REMOVED.finding(
        "",
        "the schema of a released version is gone; its events may still be in the topic",
        f"restore it:  git checkout {newest.commit[:7]} -- {newest.content.file}",
        location=Location(newest.content.file),
    )


def format_changed(new: Content, before: Revision) -> Finding | None:
    """The finding for a version that was released in another schema language, if it was."""
    newest = before.content
    if newest.format is new.format:
        return None
    return FORMAT_CHANGED.finding(
        "",
        f"the released version is {newest.format.registry_type}, and this is {new.format.registry_type}:"
        " a subject holds one schema language",
        f"restore {newest.file}, and give the new format a new version",
        location=Location(new.file),
    )
