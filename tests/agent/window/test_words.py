"""The window's words: pages as ranges, marks as lines, and the choice of language."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from yunqian.agent.window import words
from yunqian.wire.orders import MarkKind, MarkSummary


@pytest.mark.parametrize(
    ("pages", "text"),
    [([1], "1"), ([1, 2], "1–2"), ([3, 1, 2, 7], "1–3, 7"), ([5, 5], "5"), ([1, 3, 5], "1, 3, 5")],
)
def test_pages_are_written_as_people_do(pages: list[int], text: str) -> None:
    assert words.page_ranges(pages) == text


@given(some.sets(some.integers(1, 300), min_size=1))
def test_no_page_is_lost_and_none_is_added(pages: set[int]) -> None:
    named: set[int] = set()
    for span in words.page_ranges(pages).split(", "):
        first, _, last = span.partition("–")
        named |= set(range(int(first), int(last or first) + 1))
    assert named == pages


def test_marks_of_one_seal_are_one_line() -> None:
    marks = [
        MarkSummary(kind=MarkKind.SEAL, name="公章", pages=(1,)),
        MarkSummary(kind=MarkKind.DATE, name="2026年11月22日", pages=(1,)),
        MarkSummary(kind=MarkKind.SEAL, name="公章", pages=(2, 4)),
    ]
    assert words.mark_lines(marks, "zh") == ["公章 3 处 · 第 1–2, 4 页", "日期 2026年11月22日 · 第 1 页"]
    assert words.mark_lines(marks, "en") == ["公章 ×3 · page 1–2, 4", "date 2026年11月22日 · page 1"]


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "", "zh"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "en;q=0.5, zh;q=0.9", "zh"),
        (None, "de, en;q=0.1", "en"),
        (None, "en;q=x, fr", "zh"),
        ("en", "zh", "en"),
        ("fr", "en", "en"),
    ],
)
def test_the_language_is_the_browser_s_first_of_the_two(
    asked: str | None, accepted: str, language: str
) -> None:
    assert words.choose(asked, accepted) == language
