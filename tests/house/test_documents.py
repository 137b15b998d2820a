"""The documents: links lead somewhere, and what they name exists."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, committed

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    return [path for path in committed() if path.suffix == ".md"]


def links(page: Path) -> list[str]:
    every = LINK.findall(FENCE.sub("", page.read_text("utf-8")))
    return [link for link in every if not re.match(r"[a-z]+:", link) and not link.startswith("#")]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_resolves(page: Path) -> None:
    lost = [link for link in links(page) if not (page.parent / link.partition("#")[0]).exists()]
    assert lost == []


def test_every_decision_is_short_and_tagged() -> None:
    for page in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")):
        lines = page.read_text("utf-8").splitlines()
        assert len(lines) <= 25, page.name
        assert any(line.startswith("Tags: ") for line in lines), page.name
        assert any("without revisiting" in line for line in lines), page.name


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(page.name[:4]) for page in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_readme_is_there_in_both_languages_and_each_leads_to_the_other() -> None:
    assert "README.zh-CN.md" in links(ROOT / "README.md")
    assert "README.md" in links(ROOT / "README.zh-CN.md")
