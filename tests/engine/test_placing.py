"""A mark lies on its page, in its true size: no seal as a dot, none as a whole page, no unreadable date."""

import pytest

from tests.engine.papers import DATE, SEAL, paper, seal
from tests.engine.test_prepare import refusal
from yunqian.engine import geometry, placing
from yunqian.engine.geometry import PageGeometry, VisibleBox
from yunqian.engine.marks import Box, DateMark, Impression, SealMark
from yunqian.problems import Problem, Refused

TRUE_PT = geometry.mm_to_pt(40)
BAR = Impression("条形章", b"", 60, 20)


def page(rotation: int = 0, user_unit: float = 1.0) -> PageGeometry:
    return PageGeometry(1, 0, 0, 595, 842, rotation, user_unit)


def problem(mark: SealMark | DateMark, where: PageGeometry | None = None) -> Problem | None:
    try:
        placing.require_all([where or page()], [mark])
    except Refused as refused:
        return refused.problem
    return None


@pytest.mark.parametrize(
    ("width", "height", "is_true"),
    [
        (TRUE_PT, TRUE_PT, True),
        (TRUE_PT * 1.009, TRUE_PT * 0.991, True),
        (113, 113, True),
        (TRUE_PT * 1.02, TRUE_PT, False),
        (TRUE_PT, TRUE_PT * 0.98, False),
        (3, 3, False),
        (595, 842, False),
    ],
)
def test_a_seal_has_its_true_size_within_one_percent(width: float, height: float, is_true: bool):
    mark = SealMark(1, Box(0, 0, width, height), seal())
    assert problem(mark) is (None if is_true else Problem.MARK_SIZE_WRONG)


@pytest.mark.parametrize("user_unit", [1.0, 2.5])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_what_the_browser_drops_upright_is_true_on_every_page(rotation: int, user_unit: float):
    """The panel drops a seal of so many millimetres of the shown page, however the page is turned."""
    where = page(rotation, user_unit)
    shown = VisibleBox(
        250, 250, BAR.width_mm * geometry.POINTS_PER_MM, BAR.height_mm * geometry.POINTS_PER_MM
    )
    box = geometry.box_to_page(where, shown, 1)
    assert problem(SealMark(1, box, BAR), where) is None
    lying = Box(box.x_pt, box.y_pt, box.height_pt, box.width_pt)
    assert problem(SealMark(1, lying, BAR), where) is Problem.MARK_SIZE_WRONG


@pytest.mark.parametrize("box", [Box(10, 10, 0.5, 0.5), Box(0, 0, 595, 842), Box(0, 0, 500, 16)])
def test_a_date_is_neither_invisible_nor_as_large_as_the_page(box: Box):
    assert problem(DateMark(1, DATE.box, DATE.text)) is None
    assert problem(DateMark(1, box, DATE.text)) is Problem.MARK_SIZE_WRONG


def test_the_engine_itself_prepares_no_seal_of_another_size():
    refused = refusal(paper(), SealMark(1, Box(100, 500, 3, 3), SEAL.impression))
    assert (refused.problem, refused.facts["mark_en"]) == (Problem.MARK_SIZE_WRONG, "seal")
