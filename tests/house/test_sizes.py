"""Rule 13: short functions, short files, few positional parameters."""

from tests.house.tree import Function, Module, modules

FUNCTION_LINES = 60
FILE_LINES = 500
POSITIONAL = 6


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def positional(function: Function) -> int:
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def product() -> tuple[Module, ...]:
    return modules("yunqian", "tools", "bench")


def test_no_function_is_longer_than_sixty_lines() -> None:
    long = [
        f"{m.at(f)} {f.name}: {length(f)}"
        for m in product()
        for f in m.functions
        if length(f) > FUNCTION_LINES
    ]
    assert long == []


def test_no_file_is_longer_than_five_hundred_lines() -> None:
    sizes = {m.name: len(m.text.splitlines()) for m in product()}
    # The table of problems is one table: cutting it would hide a code from who looks for it.
    sizes.pop("yunqian/problems.py")
    assert {name: lines for name, lines in sizes.items() if lines > FILE_LINES} == {}


def test_no_function_takes_more_than_six_positional_parameters() -> None:
    many = [f"{m.at(f)} {f.name}" for m in product() for f in m.functions if positional(f) > POSITIONAL]
    assert many == []


def test_actions_take_their_arguments_by_name() -> None:
    """Who asks may stand first; a call with two unnamed identifiers hides which is which."""
    unnamed = [
        f"{m.at(f)} {f.name}"
        for m in modules("yunqian/server/actions")
        for f in m.tree.body
        if isinstance(f, Function) and f.decorator_list and not f.name.startswith("_") and positional(f) > 1
    ]
    assert unnamed == []
