"""Marks on pages: where they land, what is refused, and that a turned page shows them upright."""

import io

import pikepdf
import pytest
from PIL import Image, ImageChops

from tests import needs
from tests.engine import judges
from tests.engine.papers import DATE, SEAL, WORLD, act, judged, paper, seal
from tests.pki.hierarchy import NOW
from yunqian.engine import geometry, pages, signature_dictionary
from yunqian.engine.geometry import VisibleBox
from yunqian.engine.marks import Box, DateMark, SealMark
from yunqian.engine.prepare import prepare
from yunqian.engine.report import Verdict
from yunqian.problems import Problem, Refused


def refusal(document: bytes, *marks) -> Refused:
    with pytest.raises(Refused) as refused:
        prepare(document, marks, certificate=WORLD.person.certificate, chain=(), field="yunqian", at=NOW)
    return refused.value


def test_nothing_placed_is_refused():
    assert refusal(paper()).problem is Problem.PLACEMENTS_EMPTY


@pytest.mark.parametrize("page", [0, 3, -1])
def test_a_page_that_is_not_there_is_refused(page: int):
    assert refusal(paper(), SealMark(page, SEAL.box, seal())).problem is Problem.PAGE_NOT_FOUND


@pytest.mark.parametrize(
    "box", [Box(-20, 0, 50, 50), Box(580, 10, 50, 50), Box(10, 800, 50, 50), Box(10, 10, 0, 50)]
)
def test_a_mark_outside_the_page_is_refused(box: Box):
    assert refusal(paper(), SealMark(1, box, seal())).problem is Problem.MARK_OUTSIDE_PAGE


def test_a_mark_outside_the_crop_box_is_refused_though_on_the_media_box():
    document = paper(crop=(100, 100, 300, 300))
    assert refusal(document, SealMark(1, Box(10, 10, 50, 50), seal())).problem is Problem.MARK_OUTSIDE_PAGE


def test_a_character_without_glyph_is_refused_by_name():
    refused = refusal(paper(), DateMark(1, DATE.box, "2026年冬月"))
    assert (refused.problem, refused.facts) == (Problem.GLYPH_MISSING, {"characters": "冬"})


def test_a_short_rsa_key_cannot_prepare():
    from tests.pki import hierarchy

    weak = hierarchy.issue(hierarchy.rsa_key("short", 1024), "短密钥").certificate
    with pytest.raises(Refused) as refused:
        prepare(paper(), [SEAL], certificate=weak, chain=(), field="yunqian", at=NOW)
    assert refused.value.problem is Problem.ALGORITHM_UNSUPPORTED


def fields(document: bytes) -> list[tuple[str, list[float]]]:
    with pikepdf.open(io.BytesIO(document)) as pdf:
        return [(str(one.T), [float(edge) for edge in one.Rect]) for one in pdf.Root.AcroForm.Fields]


def test_a_date_beside_the_seal_shares_its_widget():
    assert fields(act(paper(), marks=[DATE, SEAL])) == [("yunqian", [100, 480, 213, 613])]


def test_a_date_far_from_the_seal_gets_a_field_of_its_own():
    far = DateMark(1, Box(100, 100, 95, 16), "2026-11-22")
    names = [name for name, _ in fields(act(paper(), marks=[SEAL, far]))]
    assert names == ["yunqian", "yunqian-2"]


def test_a_name_that_is_taken_gets_a_number():
    names = [name for name, _ in fields(act(act(paper()), marks=[SealMark(2, SEAL.box, seal())]))]
    assert names == ["yunqian", "yunqian-2"]


@needs.program("pdftotext")
@pytest.mark.parametrize("date", ["2026年11月22日", "2026-11-22", "二〇二六年十一月二十二日"])
def test_a_date_can_be_searched_in_all_three_forms(date: str):
    document = act(paper(), marks=[SEAL, DateMark(1, Box(90, 470, 160, 16), date)])
    assert date in judges.text(document)


@needs.program("pdftoppm")
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("date", ["2026年11月22日", "2026-11-22", "二〇二六年十一月二十二日"])
def test_a_date_is_drawn_within_its_box_in_all_three_forms(date: str, rotation: int):
    document = paper(rotation=rotation)
    with pikepdf.open(io.BytesIO(document)) as pdf:
        (page, _) = pages.geometries(pdf)
    box = geometry.box_to_page(page, VisibleBox(300, 300, 160, 16), 1)
    before, after = (
        judges.picture(one, 1, dpi=144) for one in (document, act(document, marks=[DateMark(1, box, date)]))
    )
    left, top, right, bottom = ImageChops.difference(before, after).getbbox() or (0, 0, 0, 0)
    assert 600 <= left < right <= 920
    assert 600 <= top < bottom <= 632
    middle = (left + right) / 2, (top + bottom) / 2
    assert middle == pytest.approx((760, 616), abs=6)
    assert right - left > 4 * (bottom - top)  # upright: a line of text is wider than high


def red_parts(image: Image.Image) -> tuple[int, int, int, int]:
    """The box around everything red, in pixels: left, top, right, bottom."""
    red, green, _ = image.split()
    strong, pale = red.point([0] * 150 + [255] * 106), green.point([255] * 90 + [0] * 166)
    found = ImageChops.multiply(strong, pale).getbbox()
    assert found
    return found


@needs.program("pdftoppm")
@pytest.mark.parametrize("crop", [None, (20, 60, 520, 800)], ids=["whole", "cropped"])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_seal_is_upright_where_the_reader_dropped_it(rotation: int, crop):
    document = paper(rotation=rotation, crop=crop)
    with pikepdf.open(io.BytesIO(document)) as pdf:
        (page, _) = pages.geometries(pdf)
    dropped = VisibleBox(150, 200, 113, 113)
    mark = SealMark(1, geometry.box_to_page(page, dropped, 1), seal())
    shown = judges.picture(act(document, marks=[mark]), 1)
    left, top, right, bottom = red_parts(shown)
    edges = (150, 200, 263, 313)
    assert all(abs(a - b) <= 3 for a, b in zip((left, top, right, bottom), edges, strict=True))
    upper = shown.crop((190, 216, 225, 227)).resize((1, 1)).getpixel((0, 0))
    lower = shown.crop((190, 286, 225, 297)).resize((1, 1)).getpixel((0, 0))
    assert upper[1] < 120 < lower[1]  # the bar is at the top


def test_a_certified_document_takes_no_new_field():
    with pikepdf.open(io.BytesIO(paper())) as pdf:
        pdf.Root.Perms = pikepdf.Dictionary(DocMDP=pdf.make_indirect(pikepdf.Dictionary()))
        saved = io.BytesIO()
        pdf.save(saved)
    assert refusal(saved.getvalue(), SEAL).problem is Problem.DOCUMENT_TAKES_NO_FIELD


@pytest.mark.parametrize("document", [b"", b"%PDF-1.7\n", b"%PDF-1.7\nstartxref\n9\n%%EOF\n"])
def test_a_broken_base_is_refused(document: bytes):
    assert refusal(document, SEAL).problem is Problem.DOCUMENT_BROKEN


def test_a_byte_range_planted_as_text_in_the_page_is_not_mistaken_for_the_signatures_own():
    with pikepdf.open(io.BytesIO(paper())) as pdf:
        pdf.pages[0].obj.PieceInfo = pikepdf.Dictionary(
            Note=pikepdf.String(signature_dictionary.BYTE_RANGE_PLACE.decode("ascii"))
        )
        written = io.BytesIO()
        pdf.save(written)
    assert judged(act(written.getvalue())).verdict is Verdict.VALID
