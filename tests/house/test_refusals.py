"""Rule 10: a builtin exception never crosses a room's public function; `Refused` does."""

import ast
import builtins
from collections.abc import Iterator

from tests.house.tree import Function, Module, modules

BUILTIN = {
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, Exception)
} - {"NotImplementedError", "StopIteration", "StopAsyncIteration"}

# What only a wrong program can cause may stay builtin, where the docstring says so in these words.
DEFECT = "defect of"


def escaping(function: Function) -> Iterator[ast.Raise]:
    """Raises of builtin exceptions that the function itself does not catch."""
    yield from _in_block(function.body, caught=frozenset())


def _in_block(block: list[ast.stmt], *, caught: frozenset[str]) -> Iterator[ast.Raise]:
    for node in block:
        match node:
            case ast.Raise(exc=exc) if (name := _raised(exc)) in BUILTIN and not caught & {name, "Exception"}:
                yield node
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
                inner = frozenset(name for handler in handlers for name in _caught(handler))
                yield from _in_block(body, caught=caught | inner)
                for handler in handlers:
                    yield from _in_block(handler.body, caught=caught)
                yield from _in_block([*orelse, *final], caught=caught)
            case (
                ast.If(body=body, orelse=orelse)
                | ast.For(body=body, orelse=orelse)
                | ast.While(body=body, orelse=orelse)
            ):
                yield from _in_block([*body, *orelse], caught=caught)
            case ast.With(body=body):
                yield from _in_block(body, caught=caught)
            case ast.Match(cases=cases):
                for each in cases:
                    yield from _in_block(each.body, caught=caught)


def _raised(exc: ast.expr | None) -> str:
    called = exc.func if isinstance(exc, ast.Call) else exc
    return called.id if isinstance(called, ast.Name) else ""


def _caught(handler: ast.ExceptHandler) -> Iterator[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    for kind in kinds:
        if isinstance(kind, ast.Name):
            yield kind.id
        elif kind is None:
            yield "Exception"


def is_public(function: Function) -> bool:
    return not function.name.startswith("_") or function.name in ("__init__", "__post_init__")


def said_of(module: Module, function: Function) -> str:
    """The docstring of the function; for a constructor, of its class."""
    owners = (
        node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef) and function in node.body
    )
    texts = [ast.get_docstring(function), *(ast.get_docstring(owner) for owner in owners)]
    return " ".join(text for text in texts if text)


def found(module: Module) -> list[str]:
    return [
        f"{module.at(node)} {function.name} raises {_raised(node.exc)}"
        for function in module.functions
        if is_public(function) and DEFECT not in said_of(module, function)
        for node in escaping(function)
    ]


def test_the_check_sees_an_exception_that_escapes_and_not_one_that_is_caught() -> None:
    text = "def open():\n try:\n  raise ValueError\n except ValueError:\n  raise KeyError('x')\n"
    sample = Module(modules("tests/house")[0].path, text, ast.parse(text))
    assert [line.rpartition(" ")[2] for line in found(sample)] == ["KeyError"]


def test_no_builtin_exception_crosses_a_public_function() -> None:
    assert [line for module in modules("yunqian") for line in found(module)] == []
