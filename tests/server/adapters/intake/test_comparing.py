"""What the uploader saw is what will be signed: two engines, before and after."""

import time

import pytest
from PIL import Image

from tests import needs
from tests.engine import masks
from tests.engine.papers import act, paper
from yunqian.engine import intake
from yunqian.engine.intake import Accepted, Limits
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.intake import comparing, second_engine

pytestmark = [pytest.mark.usefixtures("no_database"), needs.program("pdftoppm")]


def taken(document: bytes) -> Accepted:
    return intake.accept(document, limits=Limits())


def codes(document: bytes) -> list[str]:
    return [remark.code for remark in comparing.remarks(document, taken(document))]


def refusal(document: bytes, one: Accepted) -> Refused:
    with pytest.raises(Refused) as refused:
        comparing.remarks(document, one)
    assert refused.value.problem is Problem.DOCUMENT_LOOKS_DIFFERENT
    return refused.value


@pytest.mark.parametrize("name", masks.DIFFERENT)
def test_a_document_that_readers_read_differently_is_refused(name: str):
    document = masks.DIFFERENT[name]
    assert refusal(document, taken(document)).facts["pages"].startswith("1")


@pytest.mark.parametrize("name", masks.SAME)
def test_a_document_that_all_readers_read_alike_is_taken_without_a_word(name: str):
    assert codes(masks.SAME[name]) == []


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_honest_documents_are_taken(rotation: int):
    assert codes(paper(3, rotation=rotation, is_streamed=True)) == []
    assert codes(act(paper(2, rotation=rotation))) == []


def test_a_single_digit_is_found_on_its_page():
    uploaded, other = masks.written(masks.plain()), masks.written(masks.plain(masks.FALSE))
    assert refusal(uploaded, taken(other)).facts == {"pages": "1"}


def test_a_page_more_or_less_is_found():
    assert refusal(paper(3), taken(paper(2))).facts == {"pages": "1, 2, 3"}


def test_what_one_engine_does_not_show_is_refused_unless_fonts_may_be_the_reason(monkeypatch):
    def blank(_document: bytes, first: int, last: int, _side: int) -> list[Image.Image]:
        return [Image.new("L", (453, 640), 255)] * (last - first + 1)

    monkeypatch.setattr(second_engine, "gray", blank)
    one = taken(paper())
    assert refusal(paper(), one).facts == {"pages": "1, 2"}
    without_font = Accepted(one.document, one.pages, (intake.intake_remarks.FONT_NOT_EMBEDDED,), 0)
    (told,) = comparing.remarks(paper(), without_font)
    assert told.code == "DOCUMENT_SHOWN_DIFFERENTLY"
    assert "1, 2" in told.zh


def test_a_long_document_is_compared_in_part_and_that_is_told(monkeypatch):
    asked: list[tuple[int, int]] = []
    draw = second_engine.gray

    def watched(document: bytes, first: int, last: int, side: int) -> list[Image.Image] | None:
        asked.append((first, last))
        return draw(document, first, last, side)

    monkeypatch.setattr(second_engine, "gray", watched)
    (told,) = comparing.remarks(paper(100), taken(paper(100)))
    assert told.code == "DOCUMENT_COMPARED_IN_PART"
    assert "40 of the 100" in told.en
    first, between, last = sorted(set(asked))
    assert (first, last, between[1] - between[0]) == ((1, 20), (91, 100), 9)
    assert between[0] > 20
    assert between[1] < 91


def test_a_very_long_document_is_compared_in_seconds():
    start = time.monotonic()
    assert codes(paper(1000)) == ["DOCUMENT_COMPARED_IN_PART"]
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("name", "answer"),
    [("is_available", lambda: False), ("gray", lambda *_: None)],
    ids=["absent", "failing"],
)
def test_without_a_second_engine_one_still_compares_and_it_is_told(monkeypatch, name: str, answer):
    monkeypatch.setattr(second_engine, name, answer)
    assert codes(paper()) == ["DOCUMENT_NOT_COMPARED"]
    uploaded, other = masks.written(masks.plain()), masks.written(masks.plain(masks.FALSE))
    assert refusal(uploaded, taken(other)).facts == {"pages": "1"}


@pytest.mark.parametrize(
    "written", [b"P5\n2 2\n255\nabc", b"P6\n1 1\n255\nabc", b"P5\nx 1\n255\na", b"junk", b"P5\n1 1\n255\na"]
)
def test_an_engine_that_writes_something_else_has_failed(monkeypatch, written: bytes):
    class Ran:
        returncode, stdout = 0, written

    monkeypatch.setattr(second_engine.subprocess, "run", lambda *_, **__: Ran)
    assert second_engine.gray(paper(), 1, 2, 640) is None
