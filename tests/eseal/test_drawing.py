"""Seal pictures: their size in millimetres, their one colour, where ink lies, and what is refused."""

import io
import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from yunqian.eseal import drawing, layout
from yunqian.eseal.drawing import DOTS_PER_INCH, MM_PER_INCH, RED, Picture
from yunqian.problems import Problem, Refused

COMPANY = "广东示例科技有限公司"
LONG = "广东省示例市高新技术产业开发区示例科技股份有限公司"[:24]


def opened(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.png))
    image.load()
    return image


def ink(picture: Picture) -> Image.Image:
    """The coverage: 0 where paper shows, 255 where the seal is full."""
    return opened(picture).getchannel("A")


def share(coverage: Image.Image, *box: float) -> float:
    """How much of a part is inked; the box is left, top, right, bottom in parts of the side."""
    part = coverage.crop(tuple(round(value * coverage.width) for value in box))
    return sum(value * count for value, count in enumerate(part.histogram())) / (
        255 * part.width * part.height
    )


@pytest.mark.parametrize(
    ("picture", "side_mm"),
    [
        (drawing.round_seal(COMPANY), 40.0),
        (drawing.round_seal("某市公共资源交易中心", diameter_mm=42), 42.0),
        (drawing.name_seal("李明之印"), 18.0),
    ],
)
def test_a_picture_has_the_true_size_of_the_seal(picture: Picture, side_mm: float):
    image = opened(picture)
    assert (picture.width_mm, picture.height_mm) == (side_mm, side_mm)
    assert image.size == (round(side_mm / MM_PER_INCH * DOTS_PER_INCH),) * 2
    assert image.info["dpi"] == pytest.approx((DOTS_PER_INCH, DOTS_PER_INCH), rel=0.001)


def test_every_pixel_has_the_one_red_and_only_the_opacity_varies():
    image = opened(drawing.round_seal(COMPANY, line="合同专用章"))
    assert image.mode == "RGBA"
    assert [image.getchannel(name).getextrema() for name in "RGB"] == [(value, value) for value in RED]
    assert image.getchannel("A").getextrema() == (0, 255)


def test_the_same_words_give_the_same_bytes():
    assert drawing.round_seal(COMPANY).png == drawing.round_seal(COMPANY).png
    assert drawing.round_seal(COMPANY).png != drawing.round_seal(COMPANY, line="合同专用章").png


def test_the_ring_touches_all_four_edges_and_the_corners_stay_free():
    coverage = ink(drawing.round_seal(COMPANY))
    assert coverage.getbbox() == (0, 0, *coverage.size)
    corner = 0.5 - math.sqrt(0.5) / 2 - 0.01
    assert share(coverage, 0, 0, corner, corner) == 0
    assert share(coverage, 1 - corner, 1 - corner, 1, 1) == 0


def test_the_star_stands_in_the_middle_and_is_symmetrical():
    coverage = ink(drawing.round_seal(COMPANY))
    star = coverage.crop(tuple(round(value * coverage.width) for value in (0.32, 0.3, 0.68, 0.68)))
    assert share(coverage, 0.46, 0.46, 0.54, 0.54) == 1
    mirrored = star.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert sum(ImageChops.difference(star, mirrored).histogram()[128:]) < 0.01 * star.width * star.height


def test_the_line_under_the_star_is_drawn_only_when_it_is_asked_for():
    under_the_star = (0.28, 0.72, 0.72, 0.84)
    assert share(ink(drawing.round_seal(COMPANY)), *under_the_star) == 0
    assert share(ink(drawing.round_seal(COMPANY, line="合同专用章")), *under_the_star) > 0.1


@pytest.mark.parametrize("name", ["示例", COMPANY, LONG, "示" * layout.NAME_LIMIT])
def test_a_name_of_any_length_stays_between_ring_and_star(name: str):
    coverage = ink(drawing.round_seal(name))
    side = coverage.width
    # A free circle just inside the ring, and another one around the star.
    for radius in (0.465, 0.27):
        for step in range(720):
            x = side / 2 + radius * side * math.sin(step * math.pi / 360)
            y = side / 2 - radius * side * math.cos(step * math.pi / 360)
            assert coverage.getpixel((round(x), round(y))) == 0, (radius, step)


@pytest.mark.parametrize("name", [COMPANY, LONG])
def test_neighbouring_characters_of_a_name_do_not_touch(name: str):
    cells = layout._along_arc(name, 20.0, leaves_room=False)
    for left, right in itertools.pairwise(cells):
        middle = math.hypot(left.x_mm, left.y_mm)
        inner = middle - left.height_mm / 2
        assert left.width_mm < (right.turn - left.turn) * (middle + inner) / 2


def test_a_name_seal_reads_in_columns_from_the_right():
    """李明之印 is the column 李明 at the right and 之印 at the left: the halves are those of two other seals."""
    whole = ink(drawing.name_seal("李明之印"))
    right = ink(drawing.name_seal("李明李明"))
    left = ink(drawing.name_seal("之印之印"))
    middle = whole.width // 2
    upper = (0, 0, middle, whole.height), (middle, 0, *whole.size)
    assert whole.crop(upper[0]).tobytes() == left.crop(upper[0]).tobytes()
    assert whole.crop(upper[1]).tobytes() == right.crop(upper[1]).tobytes()


@pytest.mark.parametrize(
    ("person", "wording"),
    [("李明", "李明之印"), ("欧阳修", "欧阳修印"), ("欧阳明日", "欧阳明日"), ("阿", "阿")],
)
def test_the_wording_of_a_name_seal_follows_the_custom(person: str, wording: str):
    assert drawing.inscription(person) == wording


@settings(max_examples=15, deadline=None)
@given(st.text(alphabet="李明张伟王芳陈静欧阳修喆堃珺·A1", min_size=1, max_size=12))
def test_every_inscription_fits_its_frame(text: str):
    coverage = ink(drawing.name_seal(text))
    just_inside = 0.065
    edges = coverage.copy()
    edges.paste(0, tuple(round(value * edges.width) for value in (just_inside, just_inside, 0.935, 0.935)))
    assert edges.tobytes() == _bare_frame().tobytes()


def _bare_frame() -> Image.Image:
    coverage = ink(drawing.name_seal("一"))
    side = coverage.width
    coverage.paste(0, tuple(round(value * side) for value in (0.065, 0.065, 0.935, 0.935)))
    return coverage


def test_given_names_outside_gb_2312_can_be_drawn():
    assert drawing.name_seal("喆堃珺").png


def test_a_character_without_a_glyph_is_refused_by_name():
    with pytest.raises(Refused) as caught:
        drawing.round_seal("示例😀公司\u0007")
    assert caught.value.problem is Problem.GLYPH_MISSING
    assert caught.value.facts["characters"] == "\u0007😀"


@pytest.mark.parametrize(
    "draw",
    [
        lambda: drawing.round_seal(""),
        lambda: drawing.round_seal("   "),
        lambda: drawing.round_seal("示" * (layout.NAME_LIMIT + 1)),
        lambda: drawing.round_seal(COMPANY, line="章" * (layout.LINE_LIMIT + 1)),
        lambda: drawing.round_seal(COMPANY, diameter_mm=19.9),
        lambda: drawing.round_seal(COMPANY, diameter_mm=math.nan),
        lambda: drawing.name_seal(""),
        lambda: drawing.name_seal("李" * (layout.NAME_SEAL_LIMIT + 1)),
        lambda: drawing.name_seal("李明", side_mm=41),
    ],
)
def test_what_no_seal_can_carry_is_refused(draw):
    with pytest.raises(Refused) as caught:
        draw()
    assert caught.value.problem is Problem.REQUEST_INVALID
