"""Do two pictures show the same: a digit counts for one engine, hinting does not count between two."""

import pytest
from PIL import Image, ImageDraw, ImageFilter

from yunqian.engine import agreement

SIZE = (452, 640)


def page(*texts: tuple[tuple[int, int], str], size: tuple[int, int] = SIZE) -> Image.Image:
    picture = Image.new("L", size, 255)
    pen = ImageDraw.Draw(picture)
    for place, text in texts:
        pen.text(place, text, fill=0)
    return picture


HERE = ((60, 60), "The seller pays 100 yuan")


def test_one_engine_that_draws_the_same_twice_agrees_with_itself():
    assert agreement.is_same(page(HERE), page(HERE))


@pytest.mark.parametrize(
    "other",
    [page(((60, 60), "The seller pays 900 yuan")), page(), page(HERE, size=(452, 641))],
    ids=["a digit", "nothing", "another size"],
)
def test_one_engine_finds_a_digit(other: Image.Image):
    assert not agreement.is_same(page(HERE), other)


@pytest.mark.parametrize(
    "other",
    [
        page(HERE).filter(ImageFilter.GaussianBlur(1)),
        page(((61, 61), HERE[1])),
        page(HERE, size=(453, 639)),
        page(((60, 60), "Der Verkaufer zahlt 100 ")),
    ],
    ids=["softer", "moved by a pixel", "rounded otherwise", "another font"],
)
def test_two_engines_may_differ_in_how_they_draw(other: Image.Image):
    assert agreement.is_alike(page(HERE), other)
    assert agreement.is_alike(other, page(HERE))


@pytest.mark.parametrize(
    "other",
    [page(), page(((60, 300), HERE[1])), page(HERE, ((60, 300), "Annex")), page(HERE, size=(640, 452))],
    ids=["nothing there", "elsewhere", "one word more", "turned"],
)
def test_two_engines_may_not_differ_in_what_they_draw(other: Image.Image):
    assert not agreement.is_alike(page(HERE), other)
    assert not agreement.is_alike(other, page(HERE))
