"""docs/flows/seal.md says what the tests say: every test and every problem that it names exists."""

import re
from pathlib import Path

import pytest

from yunqian.problems import Problem

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "flows" / "seal.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.usefixtures("no_database")


def test_every_test_that_the_page_names_exists():
    code = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "server").rglob("test_*.py")
    )
    named = re.findall(r"`(test_\w+)`", PAGE)
    assert len(named) > 20
    assert [name for name in named if f"def {name}(" not in code] == []


def test_every_problem_that_the_page_names_exists():
    codes = set(re.findall(r"\b([A-Z]+_[A-Z_]+)\b", PAGE.partition("## When it goes wrong")[2]))
    assert codes - {problem.code for problem in Problem} == set()
