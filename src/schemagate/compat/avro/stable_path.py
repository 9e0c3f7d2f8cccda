"""Where in the event is a problem, by names alone? Positions move when fields are reordered, names do not."""

from __future__ import annotations

from itertools import islice

from schemagate.compat.avro.problem import Into, Problem, Step
from schemagate.schema.avro.nodes import Array, Map, Named, Node, Record, Union


def stable_path(problem: Problem, root: Node) -> str:
    """The place from the writer's root on: `Order.lines[].price`, `Order.payment<Card>.number`.

    A union's branch is named where there are several beside null.
    """
    path, node = _name(root), root
    for step in problem.place.steps:
        sign, node = _down(node, step)
        path += sign
    return f"{path}.{problem.part}" if problem.part else path


def _down(node: Node, step: Step) -> tuple[str, Node]:
    """How one step into an event is written, and where it leads."""
    match node:
        case Union() if isinstance(step, int):
            branch = node.branches[step]
            first_two = list(islice((each for each in node.branches if each.kind != "null"), 2))
            return f"<{_name(branch)}>" if len(first_two) == 2 else "", branch
        case Array():
            return "[]", node.items
        case Map():
            return "{}", node.values
        case Record() if (field := node.field_named(str(step))) is not None:
            return f".{step}", field.type
    return f".{step.value if isinstance(step, Into) else step}", node


def _name(node: Node) -> str:
    return node.simple_name if isinstance(node, Named) else node.kind
