"""How does a migration begin?"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from schemagate.ask.migration import dropped_personal
from schemagate.ask.scaffold import Begun
from schemagate.compat import compare
from schemagate.errors import Refused, UsageError
from schemagate.project import catalog, files, keys, migration_template, migrations, source
from schemagate.rollout.plan import PlanType
from schemagate.schema.event import Content
from schemagate.schema.parsing import parse


def new(root: Path, id_: str, type_: PlanType, event: str | None = None) -> Begun:
    """Write `migrations/<id>.toml`; raises UsageError for the id, Refused where it exists."""
    project = catalog.load(source.work_tree(root))
    if re.fullmatch(keys.NAME, id_) is None:
        raise UsageError(f"{id_!r} is no id of a migration", next_step="a-z, 0-9, dots, dashes: us-160-assessment-v2")
    file = f"{migrations.FOLDER}{id_}.toml"
    if id_ in project.migrations:
        raise Refused(f"{file} is here already", next_step=f"schemagate migration lint {id_}")
    subject = migration_template.choose(type_, project.catalog, event, id_)
    if type_ is PlanType.EVENT_VERSION:
        old, newest = subject.old, subject.new
        breaks = _breaks(old.content, newest.content, newest.settings.policy)
        subject = replace(subject, breaks=breaks, drops_personal=bool(dropped_personal(old, newest)[0]))
    files.write(root, file, migration_template.text(id_, type_, subject))
    return Begun((f"{file}: {type_} of {subject.event}",), (f"schemagate migration lint {id_}",))


def _breaks(old: Content, new_: Content, policy: compare.Policy) -> tuple[str, ...]:
    """What a registry will not accept between two versions, as `schemagate diff` words it."""
    before, later = parse(old), parse(new_)
    backward = compare.judge_registry(later, before, policy).refused
    forward = compare.judge_registry(before, later, policy).refused
    return (*(f"backward {each}" for each in backward), *(f"forward {each}" for each in forward))
