"""Suggested places: on the page, in true size, over nothing that is known, in the corner as the reader sees it."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from yunqian.engine import suggested
from yunqian.engine.geometry import PageGeometry, box_to_visible, is_inside, pt_to_mm, visible_size
from yunqian.engine.marks import Box

ROTATIONS = (0, 90, 180, 270)
SEAL = (40.0, 40.0)


def page(
    rotation: int = 0,
    *,
    width: float = 595,
    height: float = 842,
    unit: float = 1.0,
    x: float = 0,
    y: float = 0,
) -> PageGeometry:
    return PageGeometry(1, x, y, width, height, rotation, unit)


@pytest.mark.parametrize("rotation", ROTATIONS)
@pytest.mark.parametrize("unit", [1.0, 2.5])
def test_the_corner_is_the_bottom_right_of_the_shown_page_however_it_is_turned(
    rotation: int, unit: float
) -> None:
    paper = page(rotation, unit=unit, width=595 / unit, height=842 / unit, x=13, y=-7)
    box = suggested.corner(paper, (40.0, 30.0), [])
    assert box is not None
    seen, (across, down) = box_to_visible(paper, box, 1), visible_size(paper, 1)
    margin = suggested.MARGIN_MM * 72 / 25.4
    assert (across - seen.left - seen.width, down - seen.top - seen.height) == pytest.approx((margin, margin))
    assert (seen.width, seen.height) == pytest.approx((40 * 72 / 25.4, 30 * 72 / 25.4))
    assert is_inside(paper, box)


@given(
    rotation=some.sampled_from(ROTATIONS),
    width=some.floats(120, 2000),
    height=some.floats(120, 2000),
    count=some.integers(1, 30),
)
def test_place_after_place_none_covers_another_and_all_are_on_the_page(
    rotation: int, width: float, height: float, count: int
) -> None:
    paper, taken = page(rotation, width=width, height=height), list[Box]()
    for _ in range(count):
        box = suggested.corner(paper, SEAL, taken)
        if box is None:
            return
        assert is_inside(paper, box)
        assert pt_to_mm(box.width_pt) == pytest.approx(40)
        assert not any(_overlap(box, one) for one in taken)
        taken.append(box)


def test_a_page_that_is_smaller_than_the_seal_has_no_corner() -> None:
    assert suggested.corner(page(width=80, height=80), SEAL, []) is None


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_beside_the_newest_mark_stands_at_its_height_and_not_over_it(rotation: int) -> None:
    paper = page(rotation)
    newest = suggested.corner(paper, SEAL, [])
    assert newest is not None
    box = suggested.beside(paper, (20.0, 20.0), newest, [newest])
    assert box is not None
    one, other = box_to_visible(paper, box, 1), box_to_visible(paper, newest, 1)
    assert one.top + one.height / 2 == pytest.approx(other.top + other.height / 2)
    assert one.left + one.width < other.left, "right of it the page ends"


def test_beside_a_mark_with_neighbours_on_every_side_there_is_no_place() -> None:
    paper = page(width=200, height=200)
    middle = Box(43, 43, 114, 114)
    assert suggested.beside(paper, SEAL, middle, [middle]) is None


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_a_line_stands_under_its_mark_as_the_reader_sees_it(rotation: int) -> None:
    paper = page(rotation)
    mark = suggested.corner(paper, SEAL, [])
    assert mark is not None
    line = suggested.under(paper, mark, (32.0, 5.5))
    assert line is not None
    one, other = box_to_visible(paper, line, 1), box_to_visible(paper, mark, 1)
    assert one.top >= other.top + other.height
    assert one.left + one.width / 2 == pytest.approx(other.left + other.width / 2)


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_within_a_wanted_box_the_mark_keeps_its_true_size_and_middle(rotation: int) -> None:
    paper, wanted = page(rotation), Box(200, 300, 60, 90)
    box = suggested.within(paper, wanted, SEAL)
    assert box is not None
    assert (box.x_pt + box.width_pt / 2, box.y_pt + box.height_pt / 2) == pytest.approx((230, 345))
    assert pt_to_mm(box.width_pt) == pytest.approx(40)
    assert suggested.within(paper, Box(0, 0, 10, 10), SEAL) is None


def _overlap(one: Box, other: Box) -> bool:
    slack = 1e-6
    return (
        one.x_pt + slack < other.right_pt
        and other.x_pt + slack < one.right_pt
        and one.y_pt + slack < other.top_pt
        and other.y_pt + slack < one.top_pt
    )
