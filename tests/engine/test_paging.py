"""The cut of a paging seal: every part on its page, the parts together the whole impression."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.papers import seal
from yunqian.engine import geometry, paging
from yunqian.engine.geometry import PageGeometry
from yunqian.engine.marks import Edge, PageChoice, PagingMark, Parity
from yunqian.problems import Problem, Refused

MM = geometry.POINTS_PER_MM


def pages(count: int, rotation: int = 0, user_unit: float = 1.0) -> list[PageGeometry]:
    return [PageGeometry(n, 10, 20, 595, 842, rotation, user_unit) for n in range(1, count + 1)]


def problem(wanted) -> Problem | None:
    try:
        wanted()
    except Refused as refused:
        return refused.problem
    return None


@pytest.mark.parametrize(
    ("count", "size", "sizes"),
    [
        (2, None, [2]),
        (20, None, [20]),
        (21, None, [11, 10]),
        (45, None, [15, 15, 15]),
        (200, None, [20] * 10),
        (10, 4, [4, 4, 2]),
        (9, 4, [4, 3, 2]),
        (5, 2, [2, 3]),
        (3, 2, [3]),
        (21, 20, [19, 2]),
        (2, 20, [2]),
    ],
)
def test_no_page_is_left_alone_and_no_impression_is_cut_too_thin(count, size, sizes):
    assert paging.groups(count, size) == sizes


@given(st.integers(2, 400), st.none() | st.integers(2, 20))
def test_groups_hold_every_page_once(count, size):
    sizes = paging.groups(count, size)
    assert sum(sizes) == count
    assert all(2 <= one <= paging.MAX_STRIPS for one in sizes)


@pytest.mark.parametrize("size", [-1, 0, 1, 21])
def test_a_group_of_another_size_is_refused(size):
    assert problem(lambda: paging.groups(40, size)) is Problem.PAGING_CUT_WRONG


@pytest.mark.parametrize(
    ("given_shares", "parts"),
    [
        ((4, None, None), (0.25,) * 4),
        ((3, 0.5, None), (0.5, 0.25, 0.25)),
        ((3, None, 0.2), (0.4, 0.4, 0.2)),
        ((4, 0.4, 0.4), (0.4, 0.1, 0.1, 0.4)),
        ((2, 0.7, None), (0.7, 0.3)),
        ((2, None, 0.7), (0.3, 0.7)),
        ((2, 0.2, 0.6), (0.25, 0.75)),
    ],
)
def test_the_first_and_the_last_page_may_have_a_share_of_their_own(given_shares, parts):
    assert paging.shares(*given_shares) == pytest.approx(parts)


@pytest.mark.parametrize("wrong", [(3, 1.0, None), (3, 0.6, 0.6), (2, -1, None), (3, 0.001, None), (2, 0, 0)])
def test_shares_that_leave_a_page_without_a_part_are_refused(wrong):
    assert problem(lambda: paging.shares(*wrong)) is Problem.PAGING_CUT_WRONG


@pytest.mark.parametrize("nan", [float("nan"), float("inf")])
def test_shares_that_are_no_numbers_are_refused(nan):
    assert problem(lambda: paging.shares(3, nan, None)) is Problem.PAGING_CUT_WRONG
    mark = PagingMark(impression=seal(), along=nan)
    assert problem(lambda: paging.strips(pages(3), mark)) is Problem.MARK_OUTSIDE_PAGE


@pytest.mark.parametrize(
    ("choice", "numbers"),
    [
        (PageChoice(), [1, 2, 3, 4, 5]),
        (PageChoice(2, 4), [2, 3, 4]),
        (PageChoice(parity=Parity.ODD), [1, 3, 5]),
        (PageChoice(parity=Parity.EVEN), [2, 4]),
        (PageChoice(skipped=frozenset({1, 4, 99})), [2, 3, 5]),
    ],
)
def test_pages_are_chosen_by_range_side_and_exception(choice, numbers):
    assert paging.chosen(choice, 5) == numbers


@pytest.mark.parametrize(
    "choice", [PageChoice(3, 3), PageChoice(4, 2), PageChoice(skipped=frozenset({1, 2, 3, 4}))]
)
def test_fewer_than_two_pages_are_refused(choice):
    assert problem(lambda: paging.chosen(choice, 5)) is Problem.PAGING_NEEDS_TWO_PAGES


@pytest.mark.parametrize("choice", [PageChoice(0), PageChoice(6), PageChoice(1, 6)])
def test_a_page_that_is_not_there_is_refused(choice):
    assert problem(lambda: paging.chosen(choice, 5)) is Problem.PAGE_NOT_FOUND


@given(
    st.integers(2, 60),
    st.sampled_from(Edge),
    st.sampled_from([0, 90, 180, 270]),
    st.sampled_from([1.0, 2.5]),
    st.none() | st.integers(2, 20),
    st.none() | st.floats(0.05, 0.5),
    st.floats(0, 1),
)
def test_the_parts_are_the_whole_impression_without_gap_or_overlap(
    count, edge, rotation, user_unit, size, first, along
):
    """In the impression's own measure: each part ends exactly where the next page's begins."""
    mark = PagingMark(impression=seal(), edge=edge, along=along, group_size=size, first_share=first)
    shown = pages(count, rotation, user_unit)
    strips = paging.strips(shown, mark)
    assert [strip.page.number for strip in strips] == list(range(1, count + 1))
    at = 0
    for many in paging.groups(count, size):
        parts = [part_of(strip, edge) for strip in strips[at : at + many]]
        at += many
        parts.sort()
        assert parts[0][0] == pytest.approx(0, abs=1e-9)
        assert parts[-1][1] == pytest.approx(1, abs=1e-9)
        assert all(one[1] == pytest.approx(two[0], abs=1e-9) for one, two in pairwise(parts))


def part_of(strip, edge: Edge) -> tuple[float, float]:
    """Which part of the seal lies in the strip, from left or top, as the reader sees it."""
    box = geometry.box_to_visible(strip.page, strip.box, 1)
    whole = geometry.box_to_visible(strip.page, strip.seal, 1)
    assert whole.width == pytest.approx(40 * MM)
    assert whole.height == pytest.approx(40 * MM)
    if edge.is_upright:
        assert (box.top, box.height) == pytest.approx((whole.top, whole.height))
        return (box.left - whole.left) / whole.width, (box.left + box.width - whole.left) / whole.width
    assert (box.left, box.width) == pytest.approx((whole.left, whole.width))
    return (box.top - whole.top) / whole.height, (box.top + box.height - whole.top) / whole.height


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("edge", Edge)
def test_every_strip_touches_the_visible_edge_and_stays_on_the_page(edge: Edge, rotation: int):
    for along in (0.0, 0.3, 1.0):
        mark = PagingMark(impression=seal(), edge=edge, along=along)
        for strip in paging.strips(pages(4, rotation, 2.0), mark):
            box = geometry.box_to_visible(strip.page, strip.box, 1)
            width, height = geometry.visible_size(strip.page, 1)
            assert geometry.is_inside(strip.page, strip.box, slack_pt=1e-6)
            touching = {
                Edge.RIGHT: width - box.left - box.width,
                Edge.LEFT: box.left,
                Edge.TOP: box.top,
                Edge.BOTTOM: height - box.top - box.height,
            }
            assert touching[edge] == pytest.approx(0, abs=1e-9)


def test_sheets_fanned_to_the_right_show_the_left_part_first_and_to_the_left_last():
    right, left = (
        [
            part_of(strip, edge)[0]
            for strip in paging.strips(pages(4), PagingMark(impression=seal(), edge=edge))
        ]
        for edge in (Edge.RIGHT, Edge.LEFT)
    )
    assert right == pytest.approx([0, 0.25, 0.5, 0.75])
    assert left == pytest.approx([0.75, 0.5, 0.25, 0])


def test_the_middle_of_the_seal_follows_the_length_of_each_page():
    shown = [PageGeometry(1, 0, 0, 595, 842, 0), PageGeometry(2, 0, 0, 842, 595, 0)]
    middles = []
    for strip in paging.strips(shown, PagingMark(impression=seal(), along=0.4)):
        box = geometry.box_to_visible(strip.page, strip.box, 1)
        middles.append(box.top + box.height / 2)
    assert middles == pytest.approx([0.4 * 842, 0.4 * 595])


def test_a_page_shorter_than_the_seal_is_refused_by_its_number():
    shown = [*pages(2), PageGeometry(3, 0, 0, 595, 100, 0)]
    with pytest.raises(Refused) as refused:
        paging.strips(shown, PagingMark(impression=seal()))
    assert (refused.value.problem, refused.value.facts["page"]) == (Problem.MARK_OUTSIDE_PAGE, 3)
