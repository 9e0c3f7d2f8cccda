"""What does a safe change of a JSON Schema cost, beside one question to the prover? By kind of edit and of schema.

python benchmarks/json_edits.py
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from compatibility import covers, json_event, ours
from measure import in_turn, machine

Schema = dict[str, Any]


def order() -> Schema:
    """An event as one finds it: 1 KB, draft 07, nested objects, formats, descriptions."""
    customer = closed({"id": {"type": "string"}, "email": {"type": ["string", "null"]}}, ["id"])
    line = closed({"sku": {"type": "string"}, "count": {"type": "integer", "minimum": 1}}, ["sku"])
    properties = {
        "id": {"type": "string", "format": "uuid", "description": "The order's id."},
        "customer": customer,
        "status": {"enum": ["NEW", "PAID"]},
        "lines": {"type": "array", "items": line, "minItems": 1},
        "total": {"type": "number", "minimum": 0},
        "placed_at": {"type": "string", "format": "date-time"},
        "note": {"type": "string", "maxLength": 200},
        "tags": {"type": "object", "additionalProperties": {"type": "string"}},
        "express": {"type": "boolean", "default": False},
        "weight": {"type": "number"},
    }
    draft = "http://json-schema.org/draft-07/schema#"
    return {"$schema": draft, "title": "OrderPlaced", **closed(properties, ["id", "customer", "lines"])}


def closed(properties: Schema, required: list[str]) -> Schema:
    """A closed object."""
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def with_definitions(schema: Schema) -> Schema:
    """The schema with one definition for all its texts."""
    made: Schema = json.loads(
        json.dumps(schema), object_hook=lambda each: {"$ref": "#/$defs/text"} if is_text(each) else each
    )
    return {**made, "$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {"text": {"type": "string"}}}


def is_text(schema: Schema) -> bool:
    """Whether a schema is one of a text."""
    return schema.get("type") == "string"


def opened(schema: Schema) -> Schema:
    """The schema with all its objects open."""

    def without(each: Schema) -> Schema:
        return {word: value for word, value in each.items() if word != "additionalProperties"}

    made: Schema = json.loads(json.dumps(schema), object_hook=without)
    return made


def deepest(schema: Schema) -> Schema:
    """The object that is nested deepest."""
    while "one" in schema["properties"]:
        schema = schema["properties"]["one"]
    return schema


def first(schema: Schema, word: str) -> Schema:
    """The first property of the deepest object that has a keyword."""
    found: Schema = next(each for each in deepest(schema)["properties"].values() if word in each)
    return found


def add_first(schema: Schema) -> None:
    """A property in front of all others."""
    schema["properties"] = {"added": {"type": "string"}, **schema["properties"]}


def remove(schema: Schema) -> None:
    """A property that nothing requires is gone."""
    deepest(schema)["properties"].pop("field_3", None)


def edit_definition(schema: Schema) -> None:
    """What everything refers to gets a description."""
    if "$defs" in schema:
        schema["$defs"]["text"]["description"] = "Any text."


EDITS: dict[str, Callable[[Schema], object]] = {
    "property added last": lambda schema: deepest(schema)["properties"].update(added={"type": "string"}),
    "property added first": add_first,
    "enum member added": lambda schema: first(schema, "enum")["enum"].append("C2"),
    "bound widened": lambda schema: first(schema, "minimum").update(minimum=-5),
    "description added": lambda schema: deepest(schema).update(description="What it is."),
    "required name dropped": lambda schema: deepest(schema)["required"].pop(),
    "property removed": remove,
    "definition edited": edit_definition,
}


def main() -> None:
    """Every edit of every schema for which the data verdict is yes."""
    print(f"Safe edits, both verdicts against one `covers`  ({machine()})")
    for size, event in (("small", json_event(10, 1)), ("order", order()), ("large", json_event(6, 6))):
        forms = {"closed": event, "open": opened(event), "$defs": with_definitions(event)}
        for form, schema in forms.items():
            found = []
            for name, edit in EDITS.items():
                made = copy.deepcopy(schema)
                edit(made)
                question = ours("json", made, schema)
                if made != schema and question().data == "yes":  # type: ignore[attr-defined]
                    mine, theirs = in_turn([question, covers(made, schema)], 15)
                    found.append(f"{name} {mine / theirs:.1f}")
            print(f"  {size}, {form} ({len(json.dumps(schema)) / 1000:.1f} KB): {', '.join(found)}")


if __name__ == "__main__":
    main()
