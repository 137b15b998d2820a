"""The pages in docs/flows say what the tests say: every test and every problem that they name exists."""

import re
from pathlib import Path

import pytest

from yunqian.problems import Problem

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted((ROOT / "docs" / "flows").glob("*.md"))

pytestmark = [
    pytest.mark.usefixtures("no_database"),
    pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem),
]


def test_every_test_that_the_page_names_exists(page: Path):
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8"))
    assert len(named) > 5
    assert [name for name in named if f"def {name}(" not in code] == []


def test_every_problem_that_the_page_names_exists(page: Path):
    told = page.read_text(encoding="utf-8").partition("## When it goes wrong")[2]
    codes = set(re.findall(r"\b([A-Z]+_[A-Z_]+)\b", told))
    assert codes - {problem.code for problem in Problem} == set()
