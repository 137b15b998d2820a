"""Slots of the paging seal: reserved once, as empty read-only buttons in the margins of every page."""

import io

import pikepdf
import pytest

from tests.engine import judges
from tests.engine.papers import act, judged, paper
from yunqian.engine import geometry, pages, paging, slots
from yunqian.engine.marks import Edge
from yunqian.engine.report import Verdict


def with_slots(document: bytes, **wanted) -> bytes:
    with pikepdf.open(io.BytesIO(document)) as pdf:
        paging.reserve(pdf, **wanted)
        saved = io.BytesIO()
        pdf.save(saved, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return saved.getvalue()


def parents(document: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(document)) as pdf:
        return [str(field.T) for field in pdf.Root.AcroForm.Fields]


def test_a_document_has_six_slots_on_the_right_and_one_on_each_other_edge():
    assert parents(with_slots(paper())) == [
        *[f"seam_right_{number}" for number in range(1, 7)],
        "seam_left_1",
        "seam_top_1",
        "seam_bottom_1",
    ]


@pytest.mark.parametrize(("count", "right", "others"), [(2, 6, 1), (100, 6, 1), (200, 4, 0), (2000, 2, 0)])
def test_a_very_long_document_has_fewer(count: int, right: int, others: int):
    assert slots.planned(count) == {
        Edge.RIGHT: right,
        **dict.fromkeys((Edge.LEFT, Edge.TOP, Edge.BOTTOM), others),
    }


def test_a_single_page_has_none():
    with pikepdf.open(io.BytesIO(with_slots(paper(1)))) as pdf:
        assert "/AcroForm" not in pdf.Root
        assert "/Annots" not in pdf.pages[0].obj


def test_reserving_again_adds_nothing():
    once = with_slots(paper())
    assert parents(with_slots(once)) == parents(once)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_each_child_is_an_empty_read_only_button_along_the_visible_edge(rotation: int):
    document = with_slots(paper(rotation=rotation, crop=(20, 60, 520, 800)))
    with pikepdf.open(io.BytesIO(document)) as pdf:
        seen = pages.geometries(pdf)
        for parent in pdf.Root.AcroForm.Fields:
            assert (parent.FT, int(parent.Ff)) == (pikepdf.Name.Btn, 65537)
            edge = Edge(str(parent.T).split("_")[1])
            for child, page, where in zip(parent.Kids, pdf.pages, seen, strict=True):
                assert page.obj == child.P
                assert child.objgen in [one.objgen for one in page.obj.Annots]
                assert int(child.F) == 196
                assert child.AP.N.read_bytes() == b""
                assert int(child.get("/MK", {}).get("/R", 0)) == rotation
                box = slots.band(where, edge)
                corners = (box.x_pt, box.y_pt, box.right_pt, box.top_pt)
                assert [float(one) for one in child.Rect] == pytest.approx(corners, abs=1e-3)
                shown = geometry.box_to_visible(where, box, 1)
                depth = shown.width if edge.is_upright else shown.height
                assert depth == pytest.approx(72)


def test_a_narrow_page_has_narrow_bands():
    page = geometry.PageGeometry(1, 0, 0, 90, 400, 0)
    assert slots.band(page, Edge.LEFT).width_pt == pytest.approx(30)
    assert slots.band(page, Edge.TOP).height_pt == pytest.approx(72)


@pytest.mark.parametrize("form", ["none", "direct", "indirect"])
def test_annotations_and_fields_that_were_there_stay(form: str):
    with pikepdf.open(io.BytesIO(paper(form=form))) as pdf:
        note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 9, 9])
        shared = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(note)]))
        for page in pdf.pages:
            page.obj.Annots = shared
        saved = io.BytesIO()
        pdf.save(saved)
    with pikepdf.open(io.BytesIO(with_slots(saved.getvalue()))) as pdf:
        for number, page in enumerate(pdf.pages, start=1):
            first, *rest = page.obj.Annots
            assert first.Subtype == pikepdf.Name.Text
            assert len(rest) == 9
            assert {str(child.T) for child in rest} == {f"p{number}"}


def test_a_document_with_slots_is_clean_and_is_signed_like_any_other():
    document = with_slots(paper(3))
    assert judges.qpdf(document) == ""
    signed = act(document)
    assert judged(signed).verdict is Verdict.VALID
    assert all(answer.is_good for answer in judges.pyhanko(signed))
