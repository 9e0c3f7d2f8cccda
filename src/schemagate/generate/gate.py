"""May this text be written? Parses what was rendered and lets only listed nodes pass.

The printer never interpolates; this is the second lock, for the day when it does. A refusal is a fault of ours.
"""

from __future__ import annotations

import ast
import re
from typing import Final

from schemagate.generate import header
from schemagate.generate.annotations import RUNTIME


class GateError(Exception):
    """The text is not what the generator may write; the message names line and node."""


_IMPORTS: Final[dict[tuple[int, str | None], frozenset[str]]] = {
    (0, "collections.abc"): frozenset({"Mapping"}),
    (0, "decimal"): frozenset({"Decimal"}),
    (0, "typing"): frozenset("Annotated ClassVar Final Literal Self".split()),
    (0, "pydantic"): frozenset("BeforeValidator ConfigDict Field".split()),
    (2, "_runtime"): RUNTIME | {"read_message"},
}
_CALLS: Final[dict[str, frozenset[str]]] = {
    "BeforeValidator": frozenset(),
    "Codec": frozenset({"wire", "avro", "derived"}),
    "ConfigDict": frozenset({"extra"}),
    "Decimal": frozenset(),
    "Field": frozenset(
        "alias default default_factory ge gt init le lt max_length min_length multiple_of pattern".split()
    ),
    "Uuid": frozenset(),
    "digits": frozenset(),
    "fresh": frozenset(),
}
_DATES: Final = frozenset({"date", "time", "datetime"})
_BASES: Final = frozenset({"Event", "Record", "Sparse"})
_BUILTINS: Final = frozenset("bool bytes classmethod cls dict float int list message ids str type".split())


_STRING: Final = re.compile(r"""[rbuf]*"(?:[^"\\\n]|\\.)*"|[rbuf]*'(?:[^'\\\n]|\\.)*'""")
"""A string literal of one line; what else holds a quote or a `#` is refused."""


def check(text: str) -> None:
    """Raise GateError unless the module holds nothing but models; `_runtime.py` is fixed and needs no gate."""
    _check_text(text)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise GateError(f"the text does not parse: {type(error).__name__}") from None
    _Gate().module(tree)


def _check_text(text: str) -> None:
    if "\r" in text or "\x00" in text or "\x0c" in text or text.startswith("\ufeff") or not text.endswith("\n"):
        raise GateError("a control character in the text")
    if not header.is_untouched(text):
        raise GateError("the header is not the generator's")
    code = _STRING.sub("", text.split("\n", 2)[2])
    if any(char in code for char in "#\"'\\"):
        raise GateError("a comment, a continued line, or a string of more than one line")
    if not text.isascii() and not all(literal.isascii() for literal in _STRING.findall(text)):
        raise GateError("a string that is not ASCII")


class _Gate:
    """One walk over a module; `names` grows with what the module binds."""

    def __init__(self) -> None:
        self.names: set[str] = set(_BUILTINS)

    # -- statements --------------------------------------------------------------------------------------------------

    def module(self, tree: ast.Module) -> None:
        body = tree.body[1:] if tree.body and _is_text(tree.body[0]) else tree.body
        self.names |= {node.name for node in body if isinstance(node, ast.ClassDef)}
        for node in body:
            self.statement(node)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Import(names=[ast.alias(name="datetime", asname="dt")]):
                self.names.add("dt")
            case ast.ImportFrom():
                self.import_from(node)
            case ast.AnnAssign(target=ast.Name(), annotation=ast.Name(id="Final"), value=ast.expr()):
                self.expression(node.value)
                self.bind(node.target)
            case ast.Assign(targets=[ast.Name() as target]):
                self.assignment(target, node.value)
            case ast.ClassDef():
                self.model(node)
            case ast.FunctionDef(name="read"):
                self.reader(node)
            case ast.Expr(ast.Call(ast.Attribute(ast.Name() as model, "model_rebuild"), [], [])):
                self.expression(model)
            case _:
                raise _refusal(node)

    def assignment(self, target: ast.Name, value: ast.expr) -> None:
        """The list of public names, or the alias of an annotation."""
        if target.id == "__all__":
            if not (isinstance(value, ast.List) and all(map(_is_string, value.elts))):
                raise _refusal(value)
            return
        self.annotation(value)
        self.bind(target)

    def bind(self, target: ast.expr) -> None:
        if not isinstance(target, ast.Name) or not _is_plain(target.id) or target.id in _BUILTINS:
            raise _refusal(target)
        self.names.add(target.id)

    def import_from(self, node: ast.ImportFrom) -> None:
        names = {alias.name for alias in node.names}
        if node.level == 1 and node.module is not None and node.module[0] == "v" and node.module[1:].isdigit():
            allowed = all(alias.asname in (None, alias.name) and _is_plain(alias.name) for alias in node.names)
        else:
            offered = _IMPORTS.get((node.level, node.module), frozenset())
            allowed = names <= offered and not any(alias.asname for alias in node.names)
        if not allowed:
            raise _refusal(node)
        self.names |= names

    def model(self, node: ast.ClassDef) -> None:
        bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in _BASES]
        if not bases or len(bases) != len(node.bases) or node.keywords or node.decorator_list:
            raise _refusal(node)
        if not _is_plain(node.name) or node.name in _BUILTINS:
            raise _refusal(node)
        for statement in node.body:
            match statement:
                case ast.Pass():
                    pass
                case ast.Assign([ast.Name("model_config")], ast.Call(ast.Name("ConfigDict"))):
                    self.expression(statement.value)
                case ast.AnnAssign(ast.Name(name), simple=1):
                    self.field(name, statement)
                case ast.FunctionDef("new"):
                    self.constructor(statement)
                case _:
                    raise _refusal(statement)

    def field(self, name: str, statement: ast.AnnAssign) -> None:
        if not _is_plain(name) and name not in ("__pydantic_extra__", "_codec"):
            raise _refusal(statement)
        self.annotation(statement.annotation)
        if statement.value is not None:
            self.expression(statement.value)

    def constructor(self, node: ast.FunctionDef) -> None:
        """`new(cls, *, a: A, ...) -> Self: return cls(a=a, b=<constant>)`."""
        self.signature(node, ["cls"])
        if not (_is_name(node.returns, "Self") and len(node.decorator_list) == 1):
            raise _refusal(node)
        if not _is_name(node.decorator_list[0], "classmethod"):
            raise _refusal(node)
        given = {argument.arg for argument in node.args.kwonlyargs}
        match node.body:
            case [doc, ast.Return(ast.Call(ast.Name("cls"), [], keywords))] if _is_text(doc):
                for keyword in keywords:
                    if keyword.arg is None or isinstance(keyword.value, ast.Call):
                        raise _refusal(keyword.value)
                    if not (isinstance(keyword.value, ast.Name) and keyword.value.id in given):
                        self.expression(keyword.value)
            case _:
                raise _refusal(node)

    def reader(self, node: ast.FunctionDef) -> None:
        """`read(message: bytes, ids: Mapping[...]) -> A | B: return read_message(message, ids)`."""
        self.signature(node, ["message", "ids"])
        if node.decorator_list or node.args.kwonlyargs or not _is_text(node.body[0]):
            raise _refusal(node)
        if [ast.dump(statement) for statement in node.body[1:]] != [_READ]:
            raise _refusal(node)
        self.annotation(node.returns)

    def signature(self, node: ast.FunctionDef, wanted: list[str]) -> None:
        """Parameters of these names and keyword-only ones, all without defaults."""
        arguments = node.args
        if arguments.posonlyargs or arguments.vararg or arguments.kwarg or arguments.defaults:
            raise _refusal(node)
        if [argument.arg for argument in arguments.args] != wanted or any(arguments.kw_defaults):
            raise _refusal(node)
        for argument in (*arguments.args, *arguments.kwonlyargs):
            if argument.arg != "cls":
                self.annotation(argument.annotation)

    # -- annotations: here a string is code --------------------------------------------------------------------------

    def annotation(self, node: ast.expr | None) -> None:
        match node:
            case ast.Constant(None):
                pass
            case ast.Constant(str() as quoted):
                self.forward_reference(node, quoted)
            case ast.Name():
                self.expression(node)
            case ast.BinOp(left, ast.BitOr(), right):
                self.annotation(left)
                self.annotation(right)
            case ast.Subscript(ast.Name(name), inner):
                self.expression(node.value)
                self.subscript(name, list(inner.elts) if isinstance(inner, ast.Tuple) else [inner])
            case _:
                raise _refusal(node)

    def subscript(self, name: str, parts: list[ast.expr]) -> None:
        if name == "Literal":
            for part in parts:
                self.literal(part)
            return
        meta = parts[1:] if name == "Annotated" else []
        for part in parts[: len(parts) - len(meta)]:
            self.annotation(part)
        for part in meta:
            if not isinstance(part, ast.Call):
                raise _refusal(part)
            self.expression(part)

    def forward_reference(self, node: ast.expr, quoted: str) -> None:
        """Names with `|` between them."""
        for name in quoted.split(" | "):
            if name != "None" and (not name.isidentifier() or name not in self.names):
                raise _refusal(node)

    def literal(self, node: ast.expr) -> None:
        if not isinstance(node, ast.Constant | ast.UnaryOp):
            raise _refusal(node)
        self.expression(node)

    # -- values: here a string is data -------------------------------------------------------------------------------

    def expression(self, node: ast.expr | None) -> None:
        match node:
            case ast.Constant(None | str() | bytes() | int() | float()):
                pass
            case ast.Name(name) if name in self.names and "__" not in name:
                pass
            case ast.Attribute(ast.Name("dt"), "UTC") if "dt" in self.names:
                pass
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float())):
                pass
            case ast.List(parts):
                for part in parts:
                    self.expression(part)
            case ast.Dict():
                self.mapping(node)
            case ast.Call():
                self.call(node)
            case _:
                raise _refusal(node)

    def mapping(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None or not _is_string(key):
                raise _refusal(node)
            self.expression(value)

    def call(self, node: ast.Call) -> None:
        allowed = self.keywords(node)
        for keyword in node.keywords:
            if keyword.arg is None or "__" in keyword.arg or (allowed is not None and keyword.arg not in allowed):
                raise _refusal(node)
            self.expression(keyword.value)
        for argument in node.args:
            self.expression(argument)

    def keywords(self, node: ast.Call) -> frozenset[str] | None:
        """What the called name may be given; None for any field of a record."""
        match node.func:
            case ast.Name(name) if name in _CALLS and name in self.names:
                return _CALLS[name]
            case ast.Name(name) if name in self.names - _BUILTINS - RUNTIME and name[0] != "_":
                return None
            case ast.Attribute(ast.Name("dt"), name) if name in _DATES and "dt" in self.names:
                return frozenset({"tzinfo"})
        raise _refusal(node)


_READ: Final = ast.dump(ast.parse("def f():\n    return read_message(message, ids)").body[0].body[0])  # type: ignore[attr-defined]  # a function has a body


def _refusal(node: ast.AST | None) -> GateError:
    return GateError(f"line {getattr(node, 'lineno', 0)}: {type(node).__name__} is not allowed here")


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and _is_string(node.value)


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_name(node: ast.expr | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_plain(name: str) -> bool:
    return not name.startswith("_") and "__" not in name
