"""Rule 10: one table of problems, complete in both languages, and every code of it in use."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, modules
from yunqian.problems import Fault, Problem

FACT = re.compile(r"{(\w+?)(?:_zh|_en)?}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")

every_problem = pytest.mark.parametrize("problem", Problem, ids=lambda problem: problem.code)


@every_problem
def test_it_is_told_in_chinese_and_in_english(problem: Problem) -> None:
    row = problem.row
    assert CHINESE.search(row.zh)
    assert not CHINESE.search(row.en)
    assert row.en[0].isupper() or row.en[0] in "“{"
    assert row.zh[-1] in "。}"
    assert row.en[-1] in ".}"


@every_problem
def test_both_texts_name_the_same_facts(problem: Problem) -> None:
    assert sorted(set(FACT.findall(problem.row.zh))) == sorted(set(FACT.findall(problem.row.en)))


@every_problem
def test_its_status_says_whose_fault_it_is(problem: Problem) -> None:
    row = problem.row
    assert 400 <= row.status < 600
    assert (row.status >= 500) == (
        row.fault in (Fault.PLATFORM, Fault.OUTSIDE) or problem in BROWSER_SEES_A_503
    )


# The key or its client did not answer: nobody's fault at the platform, yet like a service that is away.
BROWSER_SEES_A_503 = (Problem.CLIENT_NOT_FOUND, Problem.KEY_FAILED)


def test_no_two_problems_share_one_row() -> None:
    """An Enum would silently make the second one an alias of the first."""
    assert list(Problem.__members__) == [problem.name for problem in Problem]


def used_codes() -> set[str]:
    """`Problem.X` anywhere in the package, or the code by name in the web panel."""
    product = (
        node for m in modules("yunqian") for node in ast.walk(m.tree) if m.name != "yunqian/problems.py"
    )
    named = {n.attr for n in product if isinstance(n, ast.Attribute) and _is_problem(n.value)}
    web = "\n".join(path.read_text("utf-8") for path in web_sources())
    return named | {problem.code for problem in Problem if re.search(rf"\b{problem.code}\b", web)}


def web_sources() -> list[Path]:
    generated = ROOT / "web" / "src" / "api"
    every = [path for kind in ("*.ts", "*.vue") for path in (ROOT / "web" / "src").rglob(kind)]
    return [path for path in every if generated not in path.parents and not path.name.endswith(".test.ts")]


def _is_problem(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "Problem"


def test_every_problem_is_raised_somewhere() -> None:
    unused = sorted({problem.code for problem in Problem} - used_codes())
    assert unused == [], "a code that nothing raises is a promise nobody keeps"
