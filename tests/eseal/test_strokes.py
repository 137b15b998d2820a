"""Signatures from strokes: their size, their ink, and what is refused before anything is drawn."""

import io
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from yunqian.eseal import strokes
from yunqian.eseal.drawing import DOTS_PER_INCH, MM_PER_INCH, Picture
from yunqian.eseal.kinds import SealKind, check_size
from yunqian.eseal.strokes import INK, signature_strokes
from yunqian.problems import Problem, Refused

WAVE = [(float(x), 100 + 60 * math.sin(x / 40), 0.5) for x in range(0, 400, 10)]


def opened(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.png))
    image.load()
    return image


def ink(picture: Picture) -> Image.Image:
    return opened(picture).getchannel("A")


def breadths_mm(coverage: Image.Image) -> list[float]:
    """The ink in each column, as millimetres."""
    dots = DOTS_PER_INCH / MM_PER_INCH
    columns = [coverage.crop((x, 0, x + 1, coverage.height)).tobytes() for x in range(coverage.width)]
    return [sum(column) / 255 / dots for column in columns]


def refusal(written, width_mm: float = 40.0) -> Problem:
    with pytest.raises(Refused) as caught:
        signature_strokes(written, width_mm=width_mm)
    return caught.value.problem


@pytest.mark.parametrize("width_mm", [20.0, 40.0, 60.0])
def test_a_signature_is_as_wide_as_asked_and_keeps_its_ratio(width_mm: float):
    picture = signature_strokes([WAVE], width_mm=width_mm)
    image = opened(picture)
    edge = 2 * strokes._EDGE_MM
    assert picture.width_mm == width_mm
    assert picture.height_mm == pytest.approx(max(8, (width_mm - edge) * 120 / 390 + edge), abs=0.3)
    assert image.mode == "RGBA"
    assert image.size == tuple(
        round(side / MM_PER_INCH * DOTS_PER_INCH) for side in (picture.width_mm, picture.height_mm)
    )
    assert [image.getchannel(name).getextrema() for name in "RGB"] == [(value, value) for value in INK]
    assert image.getchannel("A").getextrema() == (0, 255)


def test_no_ink_touches_the_edge():
    coverage = ink(signature_strokes([WAVE, [(x, -y, p) for x, y, p in WAVE]]))
    left, top, right, bottom = coverage.getbbox()
    assert left > 2
    assert top > 2
    assert right < coverage.width - 2
    assert bottom < coverage.height - 2


def test_a_signature_too_high_for_its_width_becomes_smaller():
    picture = signature_strokes([[(y / 4, x, p) for x, y, p in WAVE]], width_mm=60)
    assert (picture.width_mm, picture.height_mm) == (20, 30)


def test_a_flat_signature_stands_in_the_middle_of_the_least_height():
    picture = signature_strokes([[(0, 5, 1), (100, 5, 1)]], width_mm=30)
    assert (picture.width_mm, picture.height_mm) == (30, 8)
    left, top, right, bottom = ink(picture).getbbox()
    width, height = ink(picture).size
    assert abs((left + right) / 2 - width / 2) < 2
    assert abs((top + bottom) / 2 - height / 2) < 2
    assert (bottom - top) / DOTS_PER_INCH * MM_PER_INCH == pytest.approx(0.95, abs=0.1)


def test_points_run_down_as_on_a_screen():
    """A hook: from the upper left down, then to the right."""
    coverage = ink(signature_strokes([[(0, 0, 0.5), (0, 100, 0.5), (200, 100, 0.5)]]))
    width, height = coverage.size
    assert coverage.crop((width // 2, 0, width, height // 2)).getbbox() is None
    assert coverage.crop((width // 2, height // 2, width, height)).getbbox() is not None


def test_the_line_is_broader_where_the_pen_presses():
    pressed = [(float(x), 0.0, 0.1 if x < 200 else 0.9) for x in range(0, 400, 4)]
    breadths = breadths_mm(ink(signature_strokes([pressed])))
    quarter = len(breadths) // 4
    assert breadths[3 * quarter] == pytest.approx(0.35 + 0.6 * 0.9, abs=0.06)
    assert breadths[quarter] == pytest.approx(0.35 + 0.6 * 0.1, abs=0.06)


def test_the_line_is_broader_where_the_hand_is_slow():
    times = [
        (float(x), 0.0, 1000.0 + (20 * x if x < 200 else 4000 + 2 * (x - 200))) for x in range(0, 400, 4)
    ]
    breadths = breadths_mm(ink(signature_strokes([times])))
    quarter = len(breadths) // 4
    assert breadths[quarter] > breadths[3 * quarter] + 0.1


@pytest.mark.parametrize("third", [0.0, 1.0, 1_790_000_000_000.0])
def test_a_mouse_that_tells_neither_pressure_nor_time_writes_evenly(third: float):
    breadths = breadths_mm(ink(signature_strokes([[(float(x), 0.0, third) for x in range(0, 400, 4)]])))
    middle = breadths[len(breadths) // 4 : 3 * len(breadths) // 4]
    assert max(middle) - min(middle) < 0.05


def test_the_curve_goes_through_all_points_without_corners():
    """Eight points on a circle: all ink lies on the circle, also between the points."""
    turn = math.tau / 8
    circle = [(50 * math.cos(i * turn), 50 * math.sin(i * turn), 0.5) for i in range(17)]
    coverage = ink(signature_strokes([circle], width_mm=20))
    middle = coverage.width / 2, coverage.height / 2
    radius = (20 - 2 * strokes._EDGE_MM) / 2 / MM_PER_INCH * DOTS_PER_INCH
    for step in range(360):
        x, y = (math.cos(math.radians(step)), math.sin(math.radians(step)))
        on_it = round(middle[0] + radius * x), round(middle[1] + radius * y)
        assert coverage.getpixel(on_it) > 0, step


def test_dots_beside_strokes_are_written():
    with_dot = ink(signature_strokes([WAVE, [(200.0, 20.0, 0.5)]]))
    assert with_dot.tobytes() != ink(signature_strokes([WAVE])).tobytes()


def test_the_same_strokes_give_the_same_bytes():
    assert signature_strokes([WAVE]) == signature_strokes([list(WAVE)])


def test_strokes_as_lists_and_whole_numbers_are_taken():
    assert signature_strokes([[[0, 0, 1], [100, 40, 1]]]) == signature_strokes(
        [((0.0, 0.0, 1.0), (100.0, 40.0, 1.0))]
    )


@pytest.mark.parametrize(
    "written", [[], [[]], [[], []], [[(5, 5, 0.5)]], [[(5, 5, 0.5)] * 50], [[(0, 0, 1), (1e-320, 0, 1)]]]
)
def test_nothing_and_a_dot_alone_are_no_signature(written):
    assert refusal(written) is Problem.SIGNATURE_EMPTY


@pytest.mark.parametrize(
    "written",
    [
        [[(0, 0, 0), (1, 1, 0)]] * 201,
        [[(x, x % 7, 0.5) for x in range(10_001)]],
        [[(x, x % 7, 0.5) for x in range(101)]] * 100,
        [[(0, 0, 0), (math.nan, 1, 0)]],
        [[(0, 0, 0), (1, math.inf, 0)]],
        [[(0, 0, 0), (1, 1, -math.inf)]],
        [[(0, 0, 0), (1e300, 1, 0)]],
        [[(0, 0, 0), (10**400, 1, 0)]],
        [[(0, 0), (1, 1)]],
        [[(0, 0, 0, 0), (1, 1, 1, 1)]],
        [["abc"]],
        [[(0, None, 0)]],
        [[5]],
        [5],
        5,
        None,
        "signature",
        [{"x": 1, "y": 2, "z": 3}],
    ],
)
def test_what_is_not_a_bounded_list_of_points_is_refused(written):
    assert refusal(written) is Problem.REQUEST_INVALID


@pytest.mark.parametrize("width_mm", [19.0, 61.0, 0.0, -40.0, math.nan, math.inf])
def test_a_width_that_no_signature_has_is_refused(width_mm: float):
    assert refusal([WAVE], width_mm) is Problem.SEAL_SIZE_WRONG_FOR_KIND


numbers = st.floats() | st.floats(-1000, 1000) | st.integers(-5, 5)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.tuples(numbers, numbers, numbers), max_size=6), max_size=4),
    st.sampled_from([20, 40, 60]),
)
def test_whatever_the_points_the_answer_is_a_signature_of_right_size_or_a_refusal(written, width_mm: float):
    try:
        picture = signature_strokes(written, width_mm=width_mm)
    except Refused:
        return
    assert check_size(SealKind.SIGNATURE, picture.width_mm, picture.height_mm) is None
    assert picture.width_mm <= width_mm
    assert ink(picture).getbbox() is not None
