"""How does a migration begin?"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from schemagate.ask.migration import breaks_of, dropped_personal
from schemagate.ask.scaffold import Begun
from schemagate.errors import Refused, UsageError
from schemagate.project import catalog, files, keys, migration_template, migrations, source
from schemagate.rollout.plan import PlanType


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
        breaks = breaks_of(old.content, newest.content, newest.settings.policy)
        subject = replace(subject, breaks=breaks, drops_personal=bool(dropped_personal(old, newest)[0]))
    files.write(root, file, migration_template.text(id_, type_, subject))
    return Begun((f"{file}: {type_} of {subject.event}",), (f"schemagate migration lint {id_}",))
