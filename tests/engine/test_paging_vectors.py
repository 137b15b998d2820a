"""The vectors of the paging seal that the browser's preview runs too."""

import json
from pathlib import Path

import pytest

from yunqian.engine import paging
from yunqian.engine.geometry import PageGeometry, VisibleBox, box_to_visible
from yunqian.engine.marks import Box, Edge, Impression, PageChoice, PagingMark
from yunqian.problems import Problem, Refused

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "paging.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", VECTORS["groups"], ids=lambda case: f"{case['pages']} by {case['size']}")
def test_the_shared_groups_hold(case):
    assert paging.groups(case["pages"], case["size"]) == case["groups"]
    assert sum(case["groups"]) == case["pages"]


@pytest.mark.parametrize(
    "case", VECTORS["shares"], ids=lambda case: f"{case['pages']}: {case['first']}, {case['last']}"
)
def test_the_shared_shares_hold(case):
    cut = case["pages"], case["first"], case["last"]
    if case["shares"] is None:
        with pytest.raises(Refused) as caught:
            paging.shares(*cut)
        assert caught.value.problem is Problem.PAGING_CUT_WRONG
    else:
        assert paging.shares(*cut) == pytest.approx(case["shares"], abs=1e-6)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_the_shared_strips_hold(case):
    layout = case["layout"]
    mark = PagingMark(
        impression=Impression("", b"", case["width_mm"], case["height_mm"]),
        edge=Edge(layout["edge"]),
        along=layout["along"],
        pages=PageChoice(skipped=frozenset(layout["skipped"])),
        group_size=layout["groupSize"],
        first_share=layout["firstShare"],
        last_share=layout["lastShare"],
    )
    found = paging.strips([PageGeometry(**page) for page in case["pages"]], mark)
    assert [strip.page.number for strip in found] == [strip["page"] for strip in case["strips"]]
    for strip, wanted in zip(found, case["strips"], strict=True):
        assert is_near(strip.page, strip.box, wanted["box"])
        assert is_near(strip.page, strip.seal, wanted["whole"])


def is_near(page: PageGeometry, box: Box, wanted: dict[str, float]) -> bool:
    shown: VisibleBox = box_to_visible(page, box, 1)
    return all(abs(getattr(shown, side) - length) < 1e-4 for side, length in wanted.items())
