"""Rule 3: a state column changes only through `records.base.advance(row, event)`."""

import ast
from collections.abc import Iterator

from tests.house.tree import Module, modules

WRITER = "yunqian/server/records/base.py"


def is_state(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == "state"


def writes(module: Module) -> Iterator[ast.AST]:
    """Every place where a row's state is set after the row was made."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Assign(targets=targets) if any(_is_state_attribute(each) for each in targets):
                yield node
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target) if _is_state_attribute(target):
                yield node
            case ast.Call(func=ast.Name(id="setattr"), args=[_, name, *_]) if is_state(name):
                yield node
            case ast.Call(func=ast.Attribute(attr="update"), keywords=keywords) if any(
                each.arg == "state" for each in keywords
            ):
                yield node
            case ast.Call(func=ast.Attribute(attr="bulk_update"), args=arguments) if any(
                isinstance(each, ast.List | ast.Tuple) and any(is_state(one) for one in each.elts)
                for each in arguments
            ):
                yield node


def _is_state_attribute(target: ast.expr) -> bool:
    return isinstance(target, ast.Attribute) and target.attr == "state" and not _is_self(target.value)


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def test_the_check_sees_every_way_of_writing_a_state() -> None:
    ways = (
        "row.state = 1",
        "row.state += 1",
        "setattr(row, 'state', 1)",
        "rows.update(state=1)",
        "rows.bulk_update(a, ['state'])",
    )
    text = "\n".join(ways)
    sample = Module(modules("tests/house")[0].path, text, ast.parse(text))
    assert len(list(writes(sample))) == 5


def test_only_advance_writes_a_state() -> None:
    found = [m.at(node) for m in modules("yunqian/server") if m.name != WRITER for node in writes(m)]
    assert found == []
