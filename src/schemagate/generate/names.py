"""Which Python, Avro and file names stand for the names of a schema?

A pure function of the schema, per scope and in source order: NFKC, since Python folds identifiers; what cannot stand
in an identifier becomes `_`; leading underscores go, because pydantic drops such fields silently; a suffix `_` for
whatever is reserved; `_2`, `_3` on collision.
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

LONGEST: Final = 44
"""Longer identifiers are cut, so that a line with a name and its type still fits 88 columns."""

_PYDANTIC: Final = frozenset(
    "construct copy dict from_orm json model_computed_fields model_config model_construct model_copy model_dump"
    " model_dump_json model_extra model_fields model_fields_set model_json_schema model_parametrized_name"
    " model_post_init model_rebuild model_validate model_validate_json model_validate_strings parse_file parse_obj"
    " parse_raw schema schema_json update_forward_refs validate".split()
)
"""Public names of `pydantic.BaseModel`; a test compares them with the installed one."""

_OURS: Final = frozenset("new to_json from_json to_avro from_avro encode decode cls self ids message".split())

MODULE_NAMES: Final = frozenset(
    "AVRO_SCHEMA Annotated BeforeValidator ClassVar Codec ConfigDict Date Decimal Double EVENT Event Field Final"
    " Float32 InstantMicros InstantMillis Int32 Int64 Json Literal LocalMicros LocalMillis Mapping Record SCHEMA"
    " SUBJECT Self Sparse TimeMicros TimeMillis Uuid VERSION classmethod digits dt exact_float fresh not_bool"
    " not_null only_bool read read_message whole_float".split()
)
"""What generated modules import or define themselves."""

_KEYWORDS: Final = frozenset((*keyword.kwlist, *keyword.softkwlist))
_IN_ANNOTATIONS: Final = frozenset("bool bytes dict float int list str type".split())
RESERVED_ATTRIBUTES: Final = _PYDANTIC | _OURS | _KEYWORDS | _IN_ANNOTATIONS | MODULE_NAMES
RESERVED_CLASSES: Final = _KEYWORDS | frozenset(dir(builtins)) | MODULE_NAMES


class Scope:
    """The names of one namespace; `allocate` never gives the same one twice, without regard to case if asked."""

    def __init__(self, reserved: Iterable[str] = (), *, fold_case: bool = False, longest: int = LONGEST) -> None:
        self._fold = str.casefold if fold_case else str
        self._reserved = frozenset(reserved)
        self._taken: set[str] = set()
        self._longest = longest

    def allocate(self, wanted: str) -> str:
        """A free legal name that is as near to the wanted legal name as possible."""
        wanted = wanted[: self._longest]
        if self._is_reserved(wanted):
            wanted += "_"
        name, count = wanted, 1
        while self._fold(name) in self._taken or self._is_reserved(name):
            count += 1
            name = f"{wanted.rstrip('_')}_{count}"
        self._taken.add(self._fold(name))
        return name

    def _is_reserved(self, name: str) -> bool:
        return name in self._reserved


def identifier(name: str, fallback: str) -> str:
    """A Python identifier made of any text."""
    if name.isascii() and name.isidentifier() and name[0] != "_" and "__" not in name:
        return name
    folded = unicodedata.normalize("NFKC", name)
    legal = "".join(char if char.isalnum() and ("a" + char).isidentifier() else "_" for char in folded)
    legal = re.sub("_{2,}", "_", legal).lstrip("_") or fallback
    return legal if legal.isidentifier() else fallback + "_" + legal


def attributes(wire: Iterable[str], class_names: Iterable[str]) -> dict[str, str]:
    """Wire name -> Python attribute of one record. No attribute is the wire name of another field."""
    wire = tuple(wire)
    names: dict[str, str] = {}
    scope = Scope(RESERVED_ATTRIBUTES | frozenset(class_names))
    others = set(wire)
    for name in wire:
        legal = identifier(name, "field")
        while True:
            found = scope.allocate(legal)
            if found == name or found not in others:
                break
        names[name] = found
    return names


def pascal(name: str, fallback: str = "Type") -> str:
    """A class name: `assessment.assigned` becomes AssessmentAssigned, HTTPCall stays."""
    words = re.split(r"[\W_]+", unicodedata.normalize("NFKC", name))
    joined = "".join(word[:1].upper() + word[1:] for word in words if word)
    return identifier(joined, fallback)


def module(event: str) -> str:
    """The file name of an event: lower-case ASCII letters, digits and `_`; never one that Python or an OS reserves."""
    legal = re.sub(r"[^a-z0-9]+", "_", unicodedata.normalize("NFKC", event).lower()).strip("_")[:LONGEST] or "event"
    return "event_" + legal if legal[0].isdigit() or legal in _RESERVED_FILES else legal


_RESERVED_FILES: Final = frozenset(
    (
        *keyword.kwlist,
        *keyword.softkwlist,
        "aux",
        "con",
        "nul",
        "prn",
        *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
    )
)


def avro(name: str, fallback: str = "field") -> str:
    """A legal Avro name made of any text: `[A-Za-z_][A-Za-z0-9_]*`."""
    if is_avro(name):
        return name
    legal = re.sub(r"[^A-Za-z0-9_]", "_", unicodedata.normalize("NFKC", name))
    if not legal.strip("_"):
        return fallback
    return "_" + legal if legal[0].isdigit() else legal


def is_avro(name: str) -> bool:
    """Whether Avro allows it (specification, Names)."""
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is not None
