"""Pages as pictures: the width asked for, the page as the reader sees it, and refusals instead of crashes."""

import io

import pikepdf
import pytest
from PIL import Image

from tests.engine.papers import act, paper
from yunqian.engine import pictures
from yunqian.problems import Problem, Refused


def red_share(picture: Image.Image) -> float:
    """How much of a picture is the red of the seal."""
    colours = picture.getcolors(picture.width * picture.height) or []
    red = sum(count for count, (r, g, b) in colours if r > 150 and g < 100 and b < 100)
    return red / (picture.width * picture.height)


@pytest.mark.parametrize(("rotation", "is_wide"), [(0, False), (90, True), (180, False), (270, True)])
def test_a_page_has_the_width_asked_for_and_is_turned_as_the_reader_sees_it(rotation: int, is_wide: bool):
    picture = pictures.render(paper(rotation=rotation), 1, 400)
    assert (picture.mode, picture.width) == ("RGB", 400)
    assert (picture.width > picture.height) is is_wide


def test_only_the_visible_box_is_drawn():
    picture = pictures.render(paper(crop=(0, 0, 200, 100)), 1, 200)
    assert picture.size == (200, 100)
    assert picture.getextrema() == ((255, 255),) * 3, "the text lies outside the crop box"


def test_what_a_signature_shows_is_drawn_too():
    assert red_share(pictures.render(paper(), 1, 400)) == 0
    assert red_share(pictures.render(act(paper()), 1, 400)) > 0.002


def test_gray_pages_come_in_the_order_asked_for_with_their_longer_side():
    several = list(pictures.gray(paper(3), [3, 1], 200))
    assert [(one.mode, max(one.size)) for one in several] == [("L", 200)] * 2
    assert several[0].tobytes() != several[1].tobytes()
    assert pictures.page_count(paper(3)) == 3


@pytest.mark.parametrize("page", [0, 3, -1])
def test_a_page_that_is_not_there_is_refused(page: int):
    with pytest.raises(Refused) as refused:
        pictures.render(paper(), page, 100)
    assert (refused.value.problem, refused.value.facts) == (Problem.PAGE_NOT_FOUND, {"page": page})


@pytest.mark.parametrize("document", [b"", b"%PDF-1.7", b"hello", paper()[:200]])
def test_what_cannot_be_read_is_refused(document: bytes):
    with pytest.raises(Refused) as refused:
        pictures.render(document, 1, 100)
    assert refused.value.problem is Problem.DOCUMENT_BROKEN


def test_a_strip_of_a_page_does_not_become_a_picture_of_gigabytes():
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(3, 14_000))
    saved = io.BytesIO()
    pdf.save(saved)
    with pytest.raises(Refused) as refused:
        pictures.render(saved.getvalue(), 1, 4000)
    assert refused.value.problem is Problem.DOCUMENT_BROKEN
