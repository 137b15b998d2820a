"""The vectors that the browser's geometry runs too, and the inverse of each mapping."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunqian.engine import geometry
from yunqian.engine.geometry import PageGeometry, VisibleBox
from yunqian.engine.marks import Box

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "geometry.json").read_text(encoding="utf-8"))
CASES = pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])


def near(one, two) -> bool:
    return all(abs(a - b) < 1e-4 for a, b in zip(one, two, strict=True))


@CASES
def test_the_shared_vectors_hold(case):
    page, scale = PageGeometry(**case["page"]), case["scale"]
    assert near(geometry.visible_size(page, scale), case["visible_size"].values())
    for pair in case["points"]:
        assert near(geometry.to_visible(page, *pair["page"], scale), pair["visible"])
        assert near(geometry.to_page(page, *pair["visible"], scale), pair["page"])
    on_page, visible = Box(**case["box"]["page"]), VisibleBox(**case["box"]["visible"])
    back = geometry.box_to_page(page, visible, scale)
    assert near((back.x_pt, back.y_pt, back.width_pt, back.height_pt), case["box"]["page"].values())
    shown = geometry.box_to_visible(page, on_page, scale)
    assert near((shown.left, shown.top, shown.width, shown.height), case["box"]["visible"].values())


LENGTHS = st.floats(min_value=-5000, max_value=5000)


@given(st.sampled_from([0, 90, 180, 270]), LENGTHS, LENGTHS, st.floats(min_value=0.1, max_value=10))
def test_there_and_back_is_where_one_started(rotation: int, x: float, y: float, scale: float):
    page = PageGeometry(1, -12.5, 30, 595, 842, rotation, 1.5)
    assert near(geometry.to_page(page, *geometry.to_visible(page, x, y, scale), scale), (x, y))


def test_forty_millimetres_are_forty_millimetres_on_any_page():
    assert geometry.mm_to_pt(25.4) == 72
    assert geometry.pt_to_mm(geometry.mm_to_pt(40, 2.5), 2.5) == pytest.approx(40)
