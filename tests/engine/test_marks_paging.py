"""Paging seals in signed documents: what the pages show, what stays untouched, what the judges say."""

import io
from functools import cache

import pikepdf
import pytest

from tests import needs
from tests.engine import judges
from tests.engine.papers import SEAL, WORLD, act, judged, paper
from tests.engine.sheets import (
    Sheet,
    by_poppler,
    difference,
    document,
    geometries,
    impression,
    pictures,
    seal_picture,
    together,
)
from tests.engine.test_prepare import refusal
from yunqian.engine import paging, slots
from yunqian.engine.marks import Box, DateMark, Edge, Impression, PageChoice, PagingMark, SealMark, TextMark
from yunqian.engine.report import Verdict
from yunqian.problems import Problem, Refused

THREE = (Sheet(),) * 3
TEN = (Sheet(),) * 10
OFFSET = (17, 29, 597, 779)
PAGING = PagingMark(impression=impression())
SAME = 0.5
LESS_THAN_A_POINT = (
    30  # poppler draws every image a pixel larger than it is; a whole point off gives about 48
)


@cache
def opened(signed: bytes) -> pikepdf.Pdf:
    """Kept open, as objects die with their document."""
    return pikepdf.open(io.BytesIO(signed))


def fields(signed: bytes) -> dict[str, pikepdf.Object]:
    return {str(field.T): field for field in opened(signed).Root.AcroForm.Fields}


def filled(signed: bytes) -> dict[str, list[int]]:
    """Per slot the pages that show something."""
    return {
        name: [int(str(child.T)[1:]) for child in field.Kids if child.AP.N.read_bytes()]
        for name, field in fields(signed).items()
        if name.startswith("seam_")
    }


@needs.program("pdftoppm")
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("edge", Edge)
def test_the_strips_put_together_are_the_picture_pixel_by_pixel(edge: Edge, rotation: int):
    base = document((Sheet(rotation=rotation, left=7, bottom=9, crop=OFFSET),) * 3)
    mark = PagingMark(impression=impression(), edge=edge, along=0.25)
    signed = act(base, marks=[mark])
    strips = paging.strips(geometries(signed), mark)
    assert difference(together(pictures(signed), strips), seal_picture()) < SAME
    assert difference(together(by_poppler(signed, 3), strips), seal_picture()) < LESS_THAN_A_POINT


@pytest.mark.parametrize(
    "mark",
    [
        PagingMark(impression=impression(), first_share=0.5),
        PagingMark(impression=impression(), edge=Edge.LEFT, first_share=0.25, last_share=0.5),
        PagingMark(impression=impression(), pages=PageChoice(skipped=frozenset({2}))),
        PagingMark(impression=impression(), along=0.0),
        PagingMark(impression=impression(), edge=Edge.BOTTOM, along=1.0),
    ],
)
def test_shares_and_skipped_pages_still_give_the_whole_picture(mark: PagingMark):
    signed = act(document(THREE), marks=[mark])
    strips = paging.strips(geometries(signed), mark)
    assert difference(together(pictures(signed), strips), seal_picture()) < SAME


def test_pages_of_mixed_sizes_rotations_and_units_give_the_whole_picture():
    sheets = (
        Sheet(),
        Sheet(width=800, height=600, rotation=90),
        Sheet(width=420, height=600, left=-20, bottom=-40, rotation=270),
    )
    signed = act(document(sheets), marks=[PAGING])
    strips = paging.strips(geometries(signed), PAGING)
    assert difference(together(pictures(signed), strips), seal_picture()) < SAME


def test_a_seal_keeps_its_true_size_on_pages_with_a_unit_of_their_own():
    half = Impression("公章", impression().png, impression().width_mm * 2, impression().height_mm * 2)
    mark = PagingMark(impression=half)
    signed = act(document((Sheet(user_unit=2),) * 4), marks=[mark])
    strips = paging.strips(geometries(signed), mark)
    assert difference(together(pictures(signed), strips, user_unit=2), seal_picture()) < SAME


def test_every_group_of_pages_shows_a_whole_seal():
    mark = PagingMark(impression=impression(), group_size=4)
    signed = act(document(TEN), marks=[mark])
    strips, shown = paging.strips(geometries(signed), mark), pictures(signed)
    for start, end in ((0, 4), (4, 8), (8, 10)):
        assert difference(together(shown, strips[start:end]), seal_picture()) < SAME


def test_filling_changes_nothing_of_a_slot_but_its_appearance():
    base = document(THREE)
    before, after = fields(base), fields(act(base, marks=[PAGING]))
    for name, field in before.items():
        now = after[name]
        assert field.unparse(resolved=True) == now.unparse(resolved=True)
        for child, changed in zip(field.Kids, now.Kids, strict=True):
            assert child.objgen == changed.objgen
            for key in set(child.keys()) - {"/AP", "/Parent", "/P"}:
                assert child[key] == changed[key]
            assert child.P.objgen == changed.P.objgen
            assert set(child.keys()) == set(changed.keys())


def test_all_strips_share_one_image_and_one_dictionary_of_resources():
    signed = fields(act(document(TEN), marks=[PAGING]))
    forms = [child.AP.N for child in signed["seam_right_1"].Kids]
    assert len({form.Resources.objgen for form in forms}) == 1
    assert len({form.Resources.XObject.S.objgen for form in forms}) == 1
    assert len({form.objgen for form in forms}) == 10


def test_equal_strips_of_several_groups_are_one_form():
    mark = PagingMark(impression=impression(), group_size=2)
    signed = fields(act(document(TEN), marks=[mark]))
    assert len({child.AP.N.objgen for child in signed["seam_right_1"].Kids}) == 2


@needs.program("pdfsig")
def test_several_signers_fill_a_slot_each_and_every_signature_stands():
    base = document(THREE)
    once = act(base, WORLD.person, [SEAL_ON_SHEET, PAGING])
    twice = act(once, WORLD.company, [PagingMark(impression=impression(), along=0.2)], field="company")
    thrice = act(twice, WORLD.person, [SealMark(2, Box(50, 50, 120, 120), impression())])
    used = filled(thrice)
    assert used.pop("seam_right_1") == used.pop("seam_right_2") == [1, 2, 3]
    assert not any(used.values())
    for signed in (once, twice, thrice):
        assert all(answer.is_good for answer in judges.pyhanko(signed))
        assert judges.qpdf(signed) == ""
    assert judges.pdfsig(thrice) == [True] * 3
    assert {answer.later for answer in judges.pyhanko(thrice)[:2]} == {"FORM_FILLING"}


SEAL_ON_SHEET = SealMark(1, Box(100, 400, 120, 120), impression())


def test_two_keys_in_one_ceremony_each_with_its_own_edge():
    once = act(document(THREE), WORLD.person, [PagingMark(impression=impression(), edge=Edge.TOP)])
    twice = act(once, WORLD.company, [PAGING], field="company")
    used = filled(twice)
    assert (used["seam_top_1"], used["seam_right_1"]) == ([1, 2, 3], [1, 2, 3])


def test_one_act_may_hold_two_paging_seals_on_one_edge():
    marks = [PagingMark(impression=impression(), along=along) for along in (0.2, 0.8)]
    used = filled(act(document(THREE), marks=marks))
    assert used["seam_right_1"] == used["seam_right_2"] == [1, 2, 3]


def test_pages_that_are_skipped_show_nothing():
    mark = PagingMark(impression=impression(), pages=PageChoice(2, skipped=frozenset({5})))
    assert filled(act(document(TEN), marks=[mark]))["seam_right_1"] == [2, 3, 4, 6, 7, 8, 9, 10]


def test_a_signature_that_shows_nothing_but_strips_has_a_field_without_size():
    signed = act(document(THREE), marks=[PAGING])
    assert [float(edge) for edge in fields(signed)["yunqian"].Rect] == [0, 0, 0, 0]
    assert judged(signed).signatures[0].fields == ("yunqian",)
    assert judged(signed).verdict is Verdict.VALID


@needs.program("pdfsig")
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_document_without_slots_gets_a_field_per_strip_all_of_one_signature(is_streamed: bool):
    base = act(document(THREE, has_slots=False, is_streamed=is_streamed))
    signed = act(base, WORLD.company, [SEAL_ON_SHEET, PAGING], field="company")
    strips = paging.strips(geometries(signed), PAGING)
    assert difference(together(pictures(signed), strips), seal_picture()) < SAME
    report = judged(signed)
    assert [len(one.fields) for one in report.signatures] == [1, 4]
    assert report.verdict is Verdict.VALID
    assert all(answer.is_good for answer in judges.pyhanko(signed))
    assert judges.pdfsig(signed) == [True] * 5
    assert judges.qpdf(signed) == ""


def test_the_seventh_signer_on_an_edge_gets_fields_as_no_slot_is_left():
    signed = document(THREE)
    for turn in range(7):
        signed = act(
            signed, marks=[PagingMark(impression=impression(), along=turn / 7)], field=f"signer{turn}"
        )
    assert all(pages == [1, 2, 3] for name, pages in filled(signed).items() if "right" in name)
    assert [name for name in fields(signed) if name.startswith("signer6")] == [
        "signer6",
        "signer6-2",
        "signer6-3",
    ]
    assert all(answer.is_good for answer in judges.pyhanko(signed))


def test_a_strip_too_wide_for_its_band_gets_fields_of_exactly_its_size():
    mark = PagingMark(impression=impression(), first_share=0.7)
    signed = act(document((Sheet(),) * 2), marks=[mark])
    assert not any(filled(signed).values())
    widths = [
        float(fields(signed)[name].Rect[2]) - float(fields(signed)[name].Rect[0])
        for name in ("yunqian", "yunqian-2")
    ]
    assert widths == pytest.approx([84, 36])


def test_more_strips_without_slots_than_readers_bear_are_refused():
    refused = refusal(paper(61), PAGING)
    assert (refused.problem, refused.facts) == (Problem.PAGING_NO_SLOT, {"limit": paging.MAX_FIELDS})


def test_several_acts_are_refused_together_before_the_first_key_is_asked():
    """Sixty-one pages have one slot on the left edge: the second key's strips would be too many fields."""
    base = document((Sheet(),) * 61)
    left = PagingMark(impression=impression(), edge=Edge.LEFT)
    paging.require_room(base, [[left], [PAGING, SEAL_ON_SHEET], [SEAL_ON_SHEET]])
    with pytest.raises(Refused) as refused:
        paging.require_room(base, [[left], [left]])
    assert refused.value.problem is Problem.PAGING_NO_SLOT
    few = PagingMark(impression=impression(), edge=Edge.LEFT, pages=PageChoice(last=60))
    paging.require_room(base, [[left], [few], [few]])


def test_seals_dates_notes_and_strips_on_many_pages_are_one_signature():
    marks = [
        SEAL_ON_SHEET,
        SealMark(3, Box(300, 200, 120, 120), impression()),
        DateMark(1, Box(110, 375, 95, 16), "2026年11月22日"),
        DateMark(2, Box(110, 100, 95, 16), "2026-11-22"),
        TextMark(2, Box(300, 500, 150, 40), "同意以上条款"),
        PAGING,
        PagingMark(impression=impression(), edge=Edge.BOTTOM),
    ]
    signed = act(document(THREE), marks=marks)
    (signature,) = judged(signed).signatures
    assert signature.fields == ("yunqian", "yunqian-2", "yunqian-3", "yunqian-4")
    assert judged(signed).verdict is Verdict.VALID
    assert all(answer.is_good for answer in judges.pyhanko(signed))
    assert signed.count(b"/SMask ") == 1  # the picture stands there once


def test_a_single_page_is_refused():
    assert refusal(paper(1), SEAL, PAGING).problem is Problem.PAGING_NEEDS_TWO_PAGES


def changed(base: bytes, change) -> bytes:
    with pikepdf.open(io.BytesIO(base)) as pdf:
        change(pdf, next(field for field in pdf.Root.AcroForm.Fields if field.T == "seam_right_1"))
        saved = io.BytesIO()
        pdf.save(saved, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return saved.getvalue()


def elsewhere(pdf, slot):
    slot.Kids[1].Rect = [100, 100, 200, 700]


def on_another_page(pdf, slot):
    slot.Kids[1].P = pdf.pages[0].obj


def with_an_action(pdf, slot):
    slot.Kids[0].A = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://example.org")


def hidden(pdf, slot):
    slot.Kids[2].F = 2


def painted(pdf, slot):
    slot.Kids[2].AP.N = pdf.make_stream(
        b"0 0 9 9 re f", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 9, 9]
    )


def all_painted(pdf, slot):
    slot.Kids[0].AP.N.write(b"0 0 9 9 re f")


def shorter(pdf, slot):
    del slot.Kids[2]


def writable(pdf, slot):
    slot.Ff = 65536


def not_a_dictionary(pdf, slot):
    slot.Kids[0] = pdf.make_indirect(pikepdf.Array())


@pytest.mark.parametrize(
    "change",
    [elsewhere, on_another_page, with_an_action, hidden, painted, shorter, writable, not_a_dictionary],
)
def test_a_slot_that_is_not_exactly_as_reserved_is_left_alone(change):
    """Whoever uploads a document could bring buttons of our names that lie, or do, something else."""
    signed = act(changed(document(THREE), change), marks=[PAGING])
    used = {
        name: any("/Matrix" in child.AP.N for child in field.Kids if isinstance(child, pikepdf.Dictionary))
        for name, field in fields(signed).items()
        if name.startswith("seam_right")
    }
    assert not used.pop("seam_right_1")
    assert used.pop("seam_right_2")
    assert not any(used.values())


def test_slots_that_share_a_painted_appearance_are_no_slots():
    signed = act(changed(document(THREE), all_painted), marks=[PAGING])
    assert "yunqian-3" in fields(signed)


def test_a_slot_cannot_paint_outside_its_band():
    """Whatever an appearance says, its box and the widget's rectangle cut it (ISO 32000-2 §12.5.5)."""

    def flood(pdf, slot):
        slot.Kids[0].AP.N = pdf.make_stream(
            b"1 0 0 rg -9000 -9000 18000 18000 re f",
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Form,
            BBox=[0, 0, 9000, 9000],
        )

    flooded = changed(document(THREE), flood)
    left = int(slots.band(geometries(flooded)[0], Edge.RIGHT).x_pt * 2) - 2
    for shown in (pictures(flooded)[0], judges.picture(flooded, 1, dpi=144)):
        assert shown.crop((0, 0, left, 1600)).getcolors() == [(left * 1600, (255, 255, 255))]
        assert shown.getpixel((1190, 800)) == (255, 0, 0)
