"""Whatever the paper and whatever is put on it: nothing earlier breaks, and every mark lands where it was shown.

Papers of one to twelve pages, every size, rotation, crop, unit, form and kind of cross-reference; one to three
acts by two keys. After every act four judges are asked about every signature so far.
"""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import conformance, needs
from tests.engine import judges
from tests.engine.papers import WORLD, act, judged
from tests.engine.sheets import (
    SEAL_PT,
    Sheet,
    by_poppler,
    difference,
    document,
    geometries,
    impression,
    part,
    pictures,
    seal_picture,
    together,
)
from yunqian.engine import geometry, intake, paging
from yunqian.engine.geometry import PageGeometry, VisibleBox
from yunqian.engine.marks import (
    DateMark,
    Edge,
    Impression,
    Mark,
    PageChoice,
    PagingMark,
    Parity,
    SealMark,
    TextMark,
)
from yunqian.engine.report import Verdict
from yunqian.problems import Refused

DATES = ("2026年11月22日", "2026-11-22", "二〇二六年十一月二十二日")
HALF_A_PIXEL = 12  # a whole one off gives about 24
LESS_THAN_A_POINT = 30  # poppler draws an image a pixel larger than it is

bounded = settings(
    deadline=None,
    max_examples=10,
    phases=(
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ),  # a failure is told at once, not made small for minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@st.composite
def sheet(draw, units: tuple[float, ...]) -> Sheet:
    """A page of whole points, so that a pixel of the seal can be a pixel of the picture."""
    width, height = draw(st.sampled_from([(600, 800), (800, 600), (420, 596), (1190, 842), (300, 2000)]))
    left, bottom = draw(st.sampled_from([(0, 0), (-50, 30), (17, -400)]))
    inset = draw(st.sampled_from([0, 0, 10, 40]))
    crop = (left + inset, bottom + 2 * inset, left + width - inset, bottom + height - 2 * inset)
    return Sheet(
        width=width,
        height=height,
        left=left,
        bottom=bottom,
        crop=crop if inset else None,
        rotation=draw(st.sampled_from([0, 90, 180, 270])),
        user_unit=draw(st.sampled_from(units)),
    )


@st.composite
def papers(draw, *, fewest: int = 1, most: int = 12, units: tuple[float, ...] = (1.0, 1.0, 2.0)) -> bytes:
    """A document of any kind that intake gives out; pages of one shape or of many."""
    count = draw(st.integers(fewest, most))
    one = draw(sheet(units))
    mixed = draw(st.booleans())
    sheets = tuple(draw(sheet(units)) if mixed and number < 4 else one for number in range(count))
    return document(
        sheets,
        has_slots=draw(st.booleans()),
        is_streamed=draw(st.booleans()),
        form=draw(st.sampled_from(["none", "direct", "indirect"])),
    )


def dropped(page: PageGeometry, left: float, top: float, width: float, height: float):
    """A box as the panel has it, in points of paper from the visible page's upper left, as a box on the page."""
    return geometry.box_to_page(page, VisibleBox(left, top, width, height), 1)


@st.composite
def placed(draw, seen: tuple[PageGeometry, ...]) -> list[Mark]:
    """A seal anywhere on any page, perhaps with a date beside it or far off, and a note."""
    page = draw(st.sampled_from(seen))
    width, height = (int(side) for side in geometry.visible_size(page, 1))
    left, top = draw(st.integers(0, width - 140)), draw(st.integers(0, height - 140))
    marks: list[Mark] = [SealMark(page.number, dropped(page, left, top, SEAL_PT, SEAL_PT), impression())]
    if draw(st.booleans()):
        below = draw(st.sampled_from([min(top + 121, height - 20), 0]))
        marks.append(DateMark(page.number, dropped(page, left, below, 130, 16), draw(st.sampled_from(DATES))))
    if draw(st.booleans()):
        other = draw(st.sampled_from(seen))
        marks.append(TextMark(other.number, dropped(other, 10, 20, 110, 40), "同意以上条款。OK"))
    return marks


def paging_marks(count: int) -> st.SearchStrategy[PagingMark]:
    return st.builds(
        PagingMark,
        impression=st.just(impression()),
        edge=st.sampled_from(Edge),
        along=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
        group_size=st.none() | st.integers(2, 6),
        first_share=st.none() | st.just(0.4),
        pages=st.builds(
            PageChoice,
            parity=st.sampled_from([Parity.ALL] if count < 4 else [Parity.ALL, Parity.ODD, Parity.EVEN]),
            skipped=st.frozensets(st.integers(1, count), max_size=1) if count > 5 else st.just(frozenset()),
        ),
    )


@st.composite
def acts(draw, base: bytes) -> list[list[Mark]]:
    """One to three acts' marks; each has a seal, a paging seal, or both."""
    seen = geometries(base)
    found = []
    for _ in range(draw(st.integers(1, 3))):
        marks = draw(placed(seen))
        if len(seen) > 1 and draw(st.booleans()):
            marks = (
                [*marks, draw(paging_marks(len(seen)))]
                if draw(st.booleans())
                else [draw(paging_marks(len(seen)))]
            )
        found.append(marks)
    return found


def require_standing(signed: bytes, count: int) -> None:
    """Four judges about every signature so far."""
    answers = judges.pyhanko(signed)
    assert len({answer.field for answer in answers}) >= count
    assert all(answer.is_good for answer in answers), answers
    told = judges.pdfsig(signed)
    assert told == [True] * len(answers)
    report = judged(signed)
    assert len(report.signatures) == count
    assert report.verdict is Verdict.VALID
    assert judges.qpdf(signed) == ""


@needs.program("pdfsig")
@needs.program("qpdf")
@bounded
@given(st.data())
def test_every_earlier_signature_stands_after_every_act(data):
    signed = data.draw(papers())
    for turn, marks in enumerate(data.draw(acts(signed)), start=1):
        who = WORLD.person if turn % 2 else WORLD.company
        signed = act(signed, who, marks, field=f"act{turn}")
        require_standing(signed, turn)


@needs.program("pdftoppm")
@bounded
@given(st.data())
def test_a_seal_is_seen_exactly_where_the_panel_showed_it(data):
    """The picture in the dropped box is the seal, pixel by pixel, and nothing else on the page changed."""
    base = data.draw(papers())
    page = data.draw(st.sampled_from(geometries(base)))
    unit = page.user_unit
    width, height = (int(side / unit) for side in geometry.visible_size(page, 1))
    size = int(SEAL_PT / unit)
    left, top = data.draw(st.integers(0, width - size)), data.draw(st.integers(0, height - size))
    box = dropped(page, left * unit, top * unit, SEAL_PT, SEAL_PT)
    signed = act(base, marks=[SealMark(page.number, box, impression())])
    scale = 2 * unit
    (ours,) = pictures(signed, scale=scale, only=page.number)
    theirs = judges.picture(signed, page.number, dpi=round(72 * scale))
    for shown, limit in ((ours, HALF_A_PIXEL), (theirs, LESS_THAN_A_POINT)):
        seen = part(shown, VisibleBox(left, top, size, size), scale=scale)
        assert difference(seen, seal_picture()) < limit
        corners = (left * scale - 2, top * scale - 2, (left + size) * scale + 2, (top + size) * scale + 2)
        shown.paste((255, 255, 255), tuple(round(corner) for corner in corners))
        assert shown.getcolors() == [(shown.width * shown.height, (255, 255, 255))]


@needs.program("pdftoppm")
@bounded
@given(st.data())
def test_the_strips_of_every_group_are_the_whole_seal(data):
    # Both renderers draw a point as a pixel, whatever it measures: strips of two units have two scales.
    base = data.draw(papers(fewest=2, most=6, units=(1.0,)))
    seen = geometries(base)
    mark = data.draw(paging_marks(len(seen)))
    signed = act(base, marks=[mark])
    strips = paging.strips(seen, mark)
    drawn = (pictures(signed), HALF_A_PIXEL), (by_poppler(signed, len(seen)), LESS_THAN_A_POINT)
    at = 0
    for size in paging.groups(len(strips), mark.group_size):
        for shown, limit in drawn:
            assert difference(together(shown, strips[at : at + size]), seal_picture()) < limit
        at += size


def names(folder: str) -> list[str]:
    """Conformance files by their names in the folder; none where they are absent."""
    return sorted(f"{folder}/{one.name}" for one in (conformance.FOLDER / folder).glob("*.pdf"))


@conformance.needed
@needs.program("pdfsig")
@needs.program("qpdf")
@pytest.mark.parametrize("name", names("intake"))
def test_what_people_upload_takes_two_signers_with_every_mark(name: str):
    """Whatever intake accepts can be sealed, dated, noted and sealed over the edges, and stays in order."""
    base = accepted(name)
    if base is None:
        return
    seen = geometries(base)
    marks: list[Mark] = [PagingMark(impression=small(), edge=edge) for edge in (Edge.RIGHT, Edge.TOP)]
    if len(seen) < 2 or len(seen) > 30:
        marks = []
    page = seen[0]
    side = SMALL_MM * geometry.POINTS_PER_MM
    marks.append(SealMark(1, dropped(page, 5, 5, side, side), small()))
    signed = act(base, WORLD.person, [*marks, DateMark(1, dropped(page, 5, 40, 60, 8), DATES[0])])
    require_standing(signed, 1)
    signed = act(signed, WORLD.company, marks, field="company")
    require_standing(signed, 2)


@conformance.needed
@needs.program("pdfsig")
@needs.program("qpdf")
@pytest.mark.parametrize("name", names("pdf"))
def test_foreign_signatures_are_judged_after_our_act_as_before(name: str):
    """Nothing that others signed reads otherwise; the one certified file takes no new field (test_permissions)."""
    base = accepted(name)
    if base is None or name == "pdf/fieldmdp-include.pdf":
        return
    side = SMALL_MM * geometry.POINTS_PER_MM
    mark = SealMark(1, dropped(geometries(base)[0], 5, 5, side, side), small())
    signed = act(base, marks=[mark])
    assert judges.pdfsig(signed) == [*judges.pdfsig(base), True]
    earlier, later = (
        [
            [(finding.check, finding.verdict) for finding in one.findings]
            for one in judged(document).signatures
        ]
        for document in (base, signed)
    )
    assert later[:-1] == earlier
    assert judges.qpdf(base) or not judges.qpdf(signed)


def accepted(name: str) -> bytes | None:
    """What intake makes of a file; what it refuses is its own tests' business."""
    try:
        return intake.accept(conformance.document(name), limits=intake.Limits()).document
    except Refused:
        return None


SMALL_MM = 10.0


def small() -> Impression:
    """A seal that has room on the smallest page."""
    return Impression("小章", impression().png, SMALL_MM, SMALL_MM)
