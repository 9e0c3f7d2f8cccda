"""What does a JSON Schema say: its draft, its subschemas, and what each `$ref` points at?

Drafts 04, 06, 07, 2019-09 and 2020-12. Nothing is ever fetched: a reference leads into the same text or into one of the
texts given beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Final, NamedTuple
from urllib.parse import quote, unquote, urldefrag, urljoin

from schemagate.errors import SchemaError, UsageError
from schemagate.schema import json_places, json_text
from schemagate.schema.event import Format

ROOT_URI: Final = "https://schemagate.invalid/"
"""Base of all repository paths, so that relative references between files resolve as URIs do."""


class Draft(Enum):
    """A published draft; the value is its public name."""

    D4 = "draft-04"
    D6 = "draft-06"
    D7 = "draft-07"
    D2019 = "2019-09"
    D2020 = "2020-12"

    @property
    def uri(self) -> str:
        """What `$schema` says, without a trailing `#`."""
        modern = self in (Draft.D2019, Draft.D2020)
        return (
            f"https://json-schema.org/draft/{self.value}/schema"
            if modern
            else f"http://json-schema.org/{self.value}/schema"
        )

    @property
    def id_keyword(self) -> str:
        """`id` in draft 04, `$id` since."""
        return "id" if self is Draft.D4 else "$id"

    @property
    def ref_hides_siblings(self) -> bool:
        """Up to draft 07 everything beside a `$ref` is ignored."""
        return self in (Draft.D4, Draft.D6, Draft.D7)


ASSUMED_DRAFT: Final = Draft.D7
"""What a schema without `$schema` is read as, by registries and by us."""

_INDEX = re.compile("0|[1-9][0-9]{0,8}")  # of a list, in a JSON pointer
_REFERENCE = re.compile(r'"\$ref"\s*:\s*"([^"\\]*)"')


class Place(NamedTuple):
    """One subschema: its value, what references are relative to, its document, its pointer."""

    value: Any
    base: str
    document: str
    pointer: str = ""


class UnresolvedReferenceError(SchemaError):
    """A `$ref` that leads nowhere, or outside of what was given."""


@dataclass(frozen=True, eq=False)
class JsonSchema:
    """A parsed JSON Schema. `documents`: the values of other texts it may refer to, by name or repository path."""

    root: Any
    draft: Draft
    draft_is_assumed: bool
    file: str
    text: str
    documents: Mapping[str, Any] = field(default_factory=dict)
    format: ClassVar = Format.JSON

    @cached_property
    def top(self) -> Place:
        """The root schema as a place."""
        uri = _document_uri(self.file)
        return self._rebased(Place(self.root, uri, uri))

    def child(self, place: Place, *tokens: str | int) -> Place:
        """The subschema (or any value) that `tokens` lead to from a place, over none that may have an id of its own."""
        value = place.value
        for token in tokens:
            value = value[token]
        return self._rebased(Place(value, place.base, place.document, json_text.join(place.pointer, *tokens)))

    def follow(self, place: Place, reference: str) -> Place:
        """The place that a `$ref` at `place` names; raises UnresolvedReferenceError. Chains are not followed."""
        if (place.base, reference) not in self._followed:
            self._followed[place.base, reference] = self._found(place.base, reference)
        return self._followed[place.base, reference]

    @cached_property
    def _followed(self) -> dict[tuple[str, str], Place]:
        """Where references lead: the same ones are followed from everywhere."""
        return {}

    def _found(self, base: str, reference: str) -> Place:
        target, fragment = self._absolute(base, reference)
        start = self._resources.get(target)
        if start is None:
            raise UnresolvedReferenceError(f"$ref {reference!r} leads to nothing that is here", file=self.file)
        fragment = unquote(fragment)
        if not fragment:
            return start
        if not fragment.startswith("/"):
            if (anchored := self._anchors.get((target, fragment))) is not None:
                return anchored
            raise UnresolvedReferenceError(f"$ref {reference!r}: there is no anchor {fragment!r}", file=self.file)
        return self._descend(start, fragment, reference)

    @cached_property
    def references(self) -> tuple[str, ...] | None:
        """Each different `$ref` of a text in which `follow` takes them all alike, from wherever they stand.

        None where that cannot be told from the text: it is one of several, has ids or anchors inside, or says the
        words in an unusual way.
        """
        text, identifier = self.text, self.draft.id_keyword
        if self.documents or any(word in text for word in ("\\u", '"$dynamicRef"', '"$recursiveRef"')):
            return None
        if text.count(f'"{identifier}"') > (isinstance(self.root, dict) and identifier in self.root):
            return None
        found = _REFERENCE.findall(text)
        return tuple(dict.fromkeys(found)) if len(found) == text.count('"$ref"') else None

    def subschemas(self, start: Place | None = None) -> Iterator[Place]:
        """Every subschema below a place (default: the root), itself included; references are not followed."""
        stack = [start or self.top]
        while stack:
            place = stack.pop()
            yield place
            if isinstance(place.value, dict):
                stack.extend(self._children(place))

    def is_open(self) -> bool:
        """Some object with named properties accepts undeclared ones as well."""
        return any(
            "properties" in place.value
            and place.value.get("additionalProperties", True) is not False
            and place.value.get("unevaluatedProperties", True) is not False
            for place in self.subschemas()
            if isinstance(place.value, dict)
        )

    def _children(self, place: Place) -> Iterator[Place]:
        for keyword, value in place.value.items():
            for step in json_places.steps(keyword, value):
                yield self.child(place, keyword, *step)

    def _rebased(self, place: Place) -> Place:
        value = place.value
        if type(value) is not dict or not ("$id" in value or "id" in value):
            return place
        identifier = value.get(self.draft.id_keyword)
        if not isinstance(identifier, str) or identifier.startswith("#"):
            return place
        if "$ref" in value and self.draft.ref_hides_siblings:
            return place
        return Place(value, self._absolute(place.base, identifier)[0], place.document, place.pointer)

    def _absolute(self, base: str, reference: str) -> tuple[str, str]:
        if reference.startswith("#") and reference.isprintable():
            return base, reference[1:]
        try:
            target, fragment = urldefrag(urljoin(base, reference))
            return _escaped(target), fragment
        except ValueError:  # "http://[" and the like
            raise UnresolvedReferenceError(f"{reference!r} is not a URI reference", file=self.file) from None

    def _descend(self, start: Place, pointer: str, reference: str) -> Place:
        place = start
        for token in json_text.unescape(pointer):
            value = place.value
            if isinstance(value, dict) and token in value:
                place = self.child(place, token)
            elif isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
                place = self.child(place, int(token))
            else:
                raise UnresolvedReferenceError(f"$ref {reference!r}: there is no {pointer!r}", file=self.file)
        return place

    def documents_by_uri(self) -> dict[str, Any]:
        """The root and every document beside it, by the absolute URI that relative references start from."""
        return {_document_uri(name): value for name, value in {**self.documents, self.file: self.root}.items()}

    @cached_property
    def _resources(self) -> dict[str, Place]:
        """Every place that an absolute URI names: documents, and subschemas with an id of their own."""
        if self.references is not None:  # most schemas: nothing inside has an id
            return {self.top.base: self.top, self.top.document: self.top}
        found: dict[str, Place] = {}
        for uri, value in self.documents_by_uri().items():
            top = self._rebased(Place(value, uri, uri))
            for place in self.subschemas(top):
                if isinstance(place.value, dict) and self.draft.id_keyword in place.value:
                    found.setdefault(place.base, place)
            found[uri] = top
        return found

    @cached_property
    def _anchors(self) -> dict[tuple[str, str], Place]:
        found: dict[tuple[str, str], Place] = {}
        for resource in list(self._resources.values()):
            for place in self.subschemas(resource):
                if not isinstance(place.value, dict):
                    continue
                for keyword in ("$anchor", "$dynamicAnchor", self.draft.id_keyword):
                    name = place.value.get(keyword)
                    if isinstance(name, str) and (keyword.endswith("nchor") or name.startswith("#")):
                        found.setdefault((place.base, name.removeprefix("#")), place)
        return found


def parse(text: str, file: str, *, draft: str | None = None, references: Mapping[str, str] | None = None) -> JsonSchema:
    """Read a JSON Schema; raises SchemaError. `draft` overrides `$schema`; without both it is draft-07, as assumed.

    Raises UsageError for a draft that does not exist.
    """
    root = json_text.read(text, file)
    if not isinstance(root, dict | bool):
        raise SchemaError("a JSON Schema is an object, true or false", file=file, line=1, column=1)
    stated = root.get("$schema") if isinstance(root, dict) else None
    return JsonSchema(
        root=root,
        draft=_draft(draft, stated, text, file),
        draft_is_assumed=draft is None and stated is None,
        file=file,
        text=text,
        documents={name: json_text.read(other, name) for name, other in (references or {}).items()},
    )


_BY_URI: Final = {draft.uri.split("://")[-1]: draft for draft in Draft}


def _draft(asked: str | None, stated: object, text: str, file: str) -> Draft:
    if asked is not None:
        try:
            return Draft(asked)
        except ValueError:
            raise UsageError(f"unknown draft {asked!r}; known: {', '.join(d.value for d in Draft)}") from None
    if stated is None:
        return ASSUMED_DRAFT
    if isinstance(stated, str) and (draft := _BY_URI.get(stated.rstrip("#").split("://")[-1])) is not None:
        return draft
    place = json_text.locate(text, "/$schema", file)
    raise SchemaError(
        f"$schema {stated!r} is not a draft that schemagate knows",
        file=file,
        line=place.line,
        column=place.column,
        next_step=f"use one of {', '.join(d.uri for d in Draft)}",
    )


@lru_cache(maxsize=1024)
def _document_uri(name: str) -> str:
    return name if "://" in name else urljoin(ROOT_URI, _escaped(name.replace("#", "%23")))


def _escaped(uri: str) -> str:
    """The URI with what may not stand in one, such as spaces, escaped."""
    return quote(uri, safe="%/:?#[]@!$&'()*+,;=~")
