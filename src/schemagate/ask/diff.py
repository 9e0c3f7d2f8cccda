"""What changed between two versions, and who can read whose data?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from schemagate.compat import compare
from schemagate.compat.compare import Policy
from schemagate.compat.verdicts import Comparison
from schemagate.errors import SchemaError, UsageError
from schemagate.project import catalog, git, source
from schemagate.schema import json_text
from schemagate.schema.event import Content, Format
from schemagate.schema.parsing import parse

_KINDS: dict[str, Literal["added", "removed", "changed"]] = {
    "dictionary_item_added": "added",
    "iterable_item_added": "added",
    "dictionary_item_removed": "removed",
    "iterable_item_removed": "removed",
    "values_changed": "changed",
    "type_changes": "changed",
}
_EXTENSIONS = {each.extension: each for each in Format}


@dataclass(frozen=True, slots=True)
class Edit:
    """One difference of the two texts' values, at a JSON pointer."""

    kind: Literal["added", "removed", "changed"]
    pointer: str
    old: object = None
    new: object = None


@dataclass(frozen=True, slots=True)
class Difference:
    """`backward`: the new one reads what the old one wrote; `forward`: the old one reads what the new one writes."""

    old: str
    new: str
    edits: tuple[Edit, ...]
    backward: Comparison
    forward: Comparison


def diff(root: Path, old: str, new: str, policy: Policy = "STRICT") -> Difference:
    """Compare two schemas, each `EVENT@N`, a file, or `REF:path`; raises UsageError, SchemaError and NotInstalled."""
    one, other = _content(root, old), _content(root, new)
    if one.format is not other.format:
        raise UsageError(f"{old} is {one.format.registry_type} and {new} is {other.format.registry_type}")
    after = parse(other)
    before = parse(one, beside=after)
    backward = compare.judge(after, before, policy)
    forward = compare.judge(before, after, policy, reader_is_new=False)
    return Difference(old, new, edits(one, other), backward, forward)


def _content(root: Path, name: str) -> Content:
    if re.fullmatch(r"[^@:/]+@\d+", name):
        return catalog.open_project(root).version(name).content
    revision, colon, path = name.partition(":")
    if colon and revision and not Path(name).is_file():
        return _at_revision(root, revision, path)
    try:
        with Path(name).open("rb") as file:
            text = source.text_of(file.read(json_text.MAX_BYTES + 1), name)
    except OSError as error:
        raise SchemaError(f"cannot be read: {error.strerror}", file=name) from None
    return Content(_format(name), name, text)


def _at_revision(root: Path, revision: str, path: str) -> Content:
    repository = git.open_repository(root)
    commit = repository.commit(revision)
    if commit is None:
        raise UsageError(f"there is no commit {revision!r} in this clone", next_step="git fetch")
    where = source.Source(f"{revision} {commit[:7]}", root, repository.tree(commit, [path]), repository)
    texts, unreadable = where.texts([path])
    if path in unreadable:
        raise unreadable[path]
    if path not in texts:
        raise UsageError(f"there is no {path} in {where.label}")
    return Content(_format(path), path, texts[path])


def _format(name: str) -> Format:
    suffix = Path(name).suffix
    if suffix not in _EXTENSIONS:
        raise UsageError(f"{name}: neither EVENT@N nor a file that ends in {', '.join(_EXTENSIONS)}")
    return _EXTENSIONS[suffix]


def _outline(content: Content) -> object:
    """The value whose edits are shown: the text's own, or what a text that is no JSON declares."""
    if content.format is not Format.PROTOBUF:
        return json_text.read(content.text, content.file)
    from schemagate.schema import protobuf
    from schemagate.schema.protobuf import outline

    return outline.of_schema(protobuf.parse(content.text, content.file, references=content.references))


def _declared(old: object, new: object, pointer: str) -> Iterator[Edit]:
    """What differs between two outlines, which hold nothing but names, numbers and declarations."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield Edit("changed", pointer, old, new)
        return
    for token in {**old, **new}:
        here = json_text.join(pointer, token)
        if token not in new:
            yield Edit("removed", here, old[token])
        elif token not in old:
            yield Edit("added", here, new=new[token])
        else:
            yield from _declared(old[token], new[token], here)


def edits(old: Content, new: Content) -> tuple[Edit, ...]:
    """What differs between two texts of one format, by place; raises SchemaError and NotInstalled."""
    one, other = _outline(old), _outline(new)
    if old.format is Format.PROTOBUF:
        return tuple(sorted(_declared(one, other, ""), key=lambda edit: (edit.pointer, edit.kind)))
    from deepdiff import DeepDiff

    found = []
    for kind, levels in DeepDiff(one, other, view="tree", verbose_level=2).items():
        for level in levels:
            pointer = json_text.join("", *level.path(output_format="list"))
            added, removed = _KINDS[kind] == "added", _KINDS[kind] == "removed"
            found.append(Edit(_KINDS[kind], pointer, None if added else level.t1, None if removed else level.t2))
    return tuple(sorted(found, key=lambda edit: (edit.pointer, edit.kind)))
