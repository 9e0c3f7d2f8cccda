"""What is a service's manifest judged against: which events move money, who shares a group, what is consumed?"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from schemagate.errors import SchemaError
from schemagate.findings import Rule, Severity
from schemagate.schema import paths
from schemagate.schema.event import Catalog, Preset, VersionId
from schemagate.schema.fields import Field
from schemagate.schema.parsing import Parsed


@dataclass(frozen=True)
class House:
    """What a manifest is judged against: all events and services, and the envelope of the house."""

    catalog: Catalog
    preset: Preset = "plain"

    @cached_property
    def money(self) -> frozenset[str]:
        """The events that move money."""
        stated = {event for event, settings in self.catalog.settings.items() if settings.criticality == "money"}
        produced = {
            production.event
            for service in self.catalog.services.values()
            for production in service.produces
            if production.criticality == "money"
        }
        return frozenset(stated | produced)

    @cached_property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Consumer groups, and the services that name them."""
        found: dict[str, dict[str, None]] = {}
        for service in self.catalog.services.values():
            for consumption in service.consumes:
                if consumption.group is not None:
                    found.setdefault(consumption.group, {})[service.name] = None
        return {group: tuple(services) for group, services in found.items()}

    @cached_property
    def schemas(self) -> Mapping[VersionId, Parsed]:
        """Every consumed version that can be read; the others have findings of their own."""
        found: dict[VersionId, Parsed] = {}
        for service in self.catalog.services.values():
            for consumption in service.consumes:
                for id_ in (VersionId(consumption.event, number) for number in consumption.versions):
                    if id_ in self.catalog.versions and id_ not in found:
                        with suppress(SchemaError):
                            schema = paths.parse(self.catalog.versions[id_].content)
                            found |= {id_: schema} if schema is not None else {}
        return found

    @cached_property
    def _fields(self) -> dict[tuple[VersionId, str], Field | None]:
        return {}

    def field(self, id_: VersionId, path: str) -> Field | None:
        """The field of a version in `schemas`, looked for once; None where it is not declared."""
        if (id_, path) not in self._fields:
            self._fields[id_, path] = paths.find(self.schemas[id_], path)
        return self._fields[id_, path]

    def weight(self, rule: Rule, *events: str) -> Severity:
        """An error where one of the events moves money."""
        return Severity.ERROR if self.money.intersection(events) else rule.severity
