"""How much does a finding of a rule count in this project, where that is not for the rule alone to say?

A rule that says that events cannot be read, or why nothing could be decided, is no matter of taste: of those there are
exceptions one by one, with a reason and a last day, in `waivers.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from schemagate.findings import Severity
from schemagate.project import toml

SETTABLE: Final = r"^(SG-(AVRO|JSON|PROTO)-[23][0-9][0-9]|SG-WVR-2[0-9][0-9]|(EV|SV|ML)[0-9][0-9])$"
"""Rules whose findings may count as much as a project likes: what is read, but otherwise, and the house's rules."""

_PROOFS: Final = re.compile(r"SG-(AVRO|JSON|PROTO)-1[0-9][0-9]")
_DOUBTS: Final = re.compile(r"SG-(AVRO|JSON|PROTO|GIT)-9[0-9][0-9]")
_GONE: Final = re.compile(r"SG-GIT-1[0-9][0-9]")


def read(entries: Mapping[str, object], problems: toml.Problems) -> dict[str, Severity]:
    """The table `[severity]`, by rule id; whatever cannot be followed becomes a problem."""
    found = {}
    known = _known() if entries else ()
    for rule, word in entries.items():
        path = toml.dotted("severity", rule)
        if (why := _refusal(rule, known)) is not None:
            problems.add(path, why)
        elif word not in list(Severity):
            problems.add(path, f"must be one of {', '.join(Severity)}")
        else:
            found[rule] = Severity(str(word))
    return found


def _refusal(rule: str, known: Collection[str]) -> str | None:
    """Why nothing may be said about a rule here, and what to do in its place; None where it may."""
    if rule not in known:
        near = toml.nearest(rule, [each for each in known if re.search(SETTABLE, each)])
        return f"there is no rule {rule!r}{near}; all of them:  schemagate explain --list"
    if re.search(SETTABLE, rule):
        return None
    if _PROOFS.fullmatch(rule):
        return "says that events cannot be read, which is always an error; waive a finding of it in waivers.toml"
    if _GONE.fullmatch(rule):
        return "says that a released version is not there any more, which is always an error; waive a finding of it"
    from schemagate.compat.compare import READER_NOT_INSTALLED  # whoever sets nothing wrong pays for nothing

    if rule == READER_NOT_INSTALLED.id:
        return "says what has to be installed, and nothing is decided until it is"
    if _DOUBTS.fullmatch(rule):
        return "says why nothing could be decided, which is never a pass; waive a finding of it, or run --unknown=warn"
    if rule.startswith("SG-REG-"):
        return "is the registry's own answer; leave the registry out of fail_on, if that may be refused"
    return "has no severity that a project sets: only rules of schemas and manifests have (SG-…-2xx, 3xx, EV, SV, ML)"


def _known() -> frozenset[str]:
    """Every rule has a page, and every page is one rule's."""
    from importlib import resources  # a project without the table pays for nothing

    pages = resources.files("schemagate").joinpath("rules").iterdir()
    return frozenset(page.name.removesuffix(".md") for page in pages if page.name.endswith(".md"))
