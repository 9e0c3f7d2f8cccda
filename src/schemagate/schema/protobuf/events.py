"""Is this JSON value an event of that schema, by Protobuf's JSON mapping? Judged by Google's own runtime."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from schemagate.errors import SchemaError
from schemagate.schema.protobuf.nodes import ProtobufSchema

_STUMBLES: Final[dict[type[Exception], str]] = {
    AttributeError: "an Any whose `@type` is no text",
    OverflowError: "a number that is too large for its field",
    SystemError: "text that is not Unicode",
}
"""What the runtime fails at, instead of saying what is wrong with an event."""

_PLACE = re.compile(r' at "[^".]*\.?([^"]*)"')


def checker(schema: ProtobufSchema, root: str = "") -> Callable[[object], Iterator[tuple[str, str]]]:
    """What is wrong with a value, as (pointer, message), for a message, by default the file's first one.

    Raises SchemaError where there is none.

    A producer that sends another message of the file says so in the payload's message index, which JSON does not have.
    """
    if not schema.messages:
        raise SchemaError("the file declares no message, so there are no events of it", file=schema.file)
    payload = schema.own_message(root) if root else schema.messages[0]
    if payload is None:
        raise SchemaError(f"the file declares no message {root!r}", file=schema.file)
    event = message_class(schema, payload.full_name)
    return lambda value: _errors(event, value)


def message_class(schema: ProtobufSchema, full_name: str) -> Any:
    """The runtime's class of a message, in a pool of its own."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(schema.descriptors).file:
        file.ClearField("source_code_info")
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(full_name))


def _errors(event: Any, value: object) -> Iterator[tuple[str, str]]:
    from google.protobuf import json_format

    found = event()
    if not isinstance(value, dict):
        yield "", f"must be an object with the fields of {event.DESCRIPTOR.name}"
        return
    try:
        json_format.ParseDict(_plain(value), found, descriptor_pool=event.DESCRIPTOR.file.pool)
    except json_format.ParseError as error:
        yield _pointer(str(error)), str(error).rstrip(".")
        return
    except KeyError as error:  # the runtime finds an extension by its name alone
        name = error.args[0]
        yield (
            "",
            "holds " + ("an Any without `value`" if name == "value" else f"an extension of another message: {name}"),
        )
        return
    except tuple(_STUMBLES) as error:
        yield "", f"holds {_STUMBLES[type(error)]}"
        return
    except RecursionError:
        yield "", "is nested too deeply"
        return
    yield from ((_tokens(path), "is missing") for path in found.FindInitializationErrors())


def _pointer(message: str) -> str:
    place = _PLACE.search(message)
    return _tokens(place[1]) if place else ""


def _tokens(path: str) -> str:
    """`lines[0].price` as a pointer."""
    from schemagate.schema import json_text

    return json_text.join("", *(token for token in re.split(r"[.\[\]]+", path) if token))


def _plain(value: object) -> object:
    """Without Decimals, which the runtime does not know: it takes numbers as text."""
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case Decimal():
            return str(value)
        case _:
            return value
