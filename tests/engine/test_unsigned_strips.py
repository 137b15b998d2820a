"""Strips in the reserved slots: signed with the revision that fills them, or told."""

import io

import pikepdf
import pytest

from tests.engine.papers import SEAL, TRUST, WORLD, act, judged, paper, seal
from tests.pki.hierarchy import NOW
from yunqian.engine import slots
from yunqian.engine.append import Update, deflated, reference, with_entries
from yunqian.engine.marks import Edge, PagingMark, SealMark
from yunqian.engine.report import Verdict
from yunqian.engine.verify import verify


def reserved(pages: int = 3) -> bytes:
    """An unsigned document with slots, as intake makes it."""
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper(pages))) as pdf:
        slots.reserve(pdf)
        pdf.save(made, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return made.getvalue()


PAGING = PagingMark(impression=seal(), edge=Edge.RIGHT, along=0.5)
SEALED = act(reserved(), marks=[SEAL, PAGING])


def slot(update: Update, number: int) -> pikepdf.Object:
    (found,) = [one for one in update.pdf.Root.AcroForm.Fields if one.get("/T") == f"seam_right_{number}"]
    return found


def painted(document: bytes, number: int, *, as_form: bool = True) -> bytes:
    """Somebody paints into a slot and signs nothing."""
    update = Update(document)
    child = slot(update, number).Kids[1]
    if as_form:
        drawing = update.add(
            deflated(b"/Type/XObject/Subtype/Form/BBox[0 0 72 800]", b"1 0 0 rg 0 0 9 9 re f")
        )
        update.replace(child, with_entries(child, {"/AP": b"<</N %s>>" % reference(drawing)}))
    else:
        update.replace(child.AP.N, deflated(b"/Type/XObject/Subtype/Form/BBox[0 0 72 800]", b"0 0 9 9 re f"))
    return document + update.tail()


def test_strips_that_a_signature_put_there_are_in_order():
    report = judged(SEALED)
    assert (report.verdict, report.notes_zh) == (Verdict.VALID, ())
    assert report.signatures[0].pages == (1, 2, 3)


def test_strips_of_two_signers_are_in_order():
    second = PagingMark(impression=seal("合同章"), edge=Edge.RIGHT, along=0.2)
    both = act(SEALED, WORLD.company, [SealMark(2, SEAL.box, seal("合同章")), second])
    report = judged(both)
    assert (report.verdict, report.notes_zh) == (Verdict.VALID, ())


@pytest.mark.parametrize("number", [1, 2], ids=["over a signed one", "in a free one"])
def test_a_strip_painted_after_the_signature_is_told(number: int):
    report = judged(painted(SEALED, number))
    assert report.verdict in {Verdict.INDETERMINATE, Verdict.INVALID}
    assert any(f"seam_right_{number}" in note for note in report.notes_zh)
    assert any(f"seam_right_{number}" in note for note in report.notes_en)


def test_a_strips_drawing_exchanged_after_the_signature_is_told():
    report = judged(painted(SEALED, 1, as_form=False))
    assert report.verdict in {Verdict.INDETERMINATE, Verdict.INVALID}
    assert any("seam_right_1" in note for note in report.notes_zh)


def test_a_strip_that_was_there_before_anybody_signed_is_told():
    early = painted(reserved(), 1)
    report = judged(act(early, marks=[SEAL]))
    assert report.verdict is Verdict.INDETERMINATE
    assert [one.verdict for one in report.signatures] == [Verdict.VALID]
    assert "不是由任何签名盖上的" in report.notes_zh[0]


def test_a_strip_in_a_document_nobody_signed_is_told_too():
    report = verify(painted(reserved(), 1), trust=TRUST, at=NOW)
    assert report.verdict is Verdict.INDETERMINATE
    assert any("seam_right_1" in note for note in report.notes_zh)
