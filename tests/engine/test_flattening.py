"""Form fields fixed as they are shown: nothing moves, nothing vanishes, nothing is guessed."""

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image

from tests import conformance
from tests.engine.papers import act, judged, paper
from yunqian.engine import agreement, intake, pictures
from yunqian.engine.intake import Accepted, Limits
from yunqian.engine.report import Verdict
from yunqian.problems import Problem, Refused


def accepted(document: bytes, *, keep_form: bool = False) -> Accepted:
    return intake.accept(document, limits=Limits(), keep_form=keep_form)


def codes(one: Accepted) -> list[str]:
    return [remark.code for remark in one.remarks]


def filled(rotation: int = 0, **changes: object) -> bytes:
    """A document with one text field that shows a blue bar, below a field that gives its kind."""
    with pikepdf.open(io.BytesIO(paper(rotation=rotation))) as pdf:
        look = pdf.make_stream(b"0 0 1 rg 0 0 200 40 re f", Type=Name.XObject, Subtype=Name.Form)
        look.BBox = [0, 0, 200, 40]
        parent = pdf.make_indirect(Dictionary(FT=Name.Tx, T="group"))
        widget = Dictionary(Type=Name.Annot, Subtype=Name.Widget, T="name", V="蓝", Rect=[100, 300, 300, 340])
        widget.AP, widget.Parent, widget.F = Dictionary(N=look), parent, 4
        for key, value in changes.items():
            widget[f"/{key}"] = value
        parent.Kids = Array([pdf.make_indirect(widget)])
        pdf.Root.AcroForm = Dictionary(Fields=Array([parent]))
        pdf.pages[0].obj.Annots = Array([parent.Kids[0]])
        saved = io.BytesIO()
        pdf.save(saved)
        return saved.getvalue()


def field_names(document: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(document)) as pdf:
        form = pdf.Root.get("/AcroForm")
        names = [str(field.T) for field in form.Fields] if form is not None else []
        return [name for name in names if not name.startswith("seam_")]


def first_page(document: bytes) -> Image.Image:
    return next(pictures.gray(document, [1], agreement.LONG_SIDE_PX))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_field_is_drawn_where_it_was_seen(rotation: int):
    document = filled(rotation)
    one = accepted(document)
    assert codes(one) == ["DOCUMENT_FORM_FLATTENED"]
    assert field_names(one.document) == []
    assert agreement.is_same(first_page(document), first_page(one.document))
    assert not agreement.is_alike(first_page(paper(rotation=rotation)), first_page(one.document))
    assert judged(act(one.document)).verdict is Verdict.VALID


def test_who_wants_to_fill_it_later_keeps_the_form():
    one = accepted(filled(), keep_form=True)
    assert (codes(one), field_names(one.document)) == (["DOCUMENT_HAS_FORM"], ["group"])


@pytest.mark.parametrize("flags", [2, 32], ids=["hidden", "not viewed"])
def test_a_field_that_was_not_seen_stays_unseen(flags: int):
    one = accepted(filled(F=flags))
    assert codes(one) == ["DOCUMENT_FORM_FLATTENED"]
    assert agreement.is_same(first_page(paper()), first_page(one.document))


def test_a_field_whose_look_is_made_by_each_viewer_is_not_guessed():
    one = accepted(filled(AP=Dictionary()))
    assert (codes(one), field_names(one.document)) == (["DOCUMENT_HAS_FORM"], ["group"])


def test_an_empty_field_without_a_look_just_goes():
    one = accepted(filled(AP=Dictionary(), V=""))
    assert (codes(one), field_names(one.document)) == (["DOCUMENT_FORM_FLATTENED"], [])


def test_a_place_to_sign_stays():
    with pikepdf.open(io.BytesIO(filled())) as pdf:
        place = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T="sign", Rect=[0, 0, 9, 9])
        pdf.Root.AcroForm.Fields.append(pdf.make_indirect(place))
        pdf.pages[0].obj.Annots.append(pdf.Root.AcroForm.Fields[-1])
        saved = io.BytesIO()
        pdf.save(saved)
    one = accepted(saved.getvalue())
    assert (codes(one), field_names(one.document)) == (["DOCUMENT_FORM_FLATTENED"], ["sign"])


def test_the_script_of_a_field_goes_with_the_field_and_stops_the_document_where_the_form_is_kept():
    script = Dictionary(S=Name.JavaScript, JS="event.value = 1")
    document = filled(AA=Dictionary(F=script))
    one = accepted(document)
    assert codes(one) == ["DOCUMENT_FORM_FLATTENED", "DOCUMENT_ACTIONS_REMOVED"]
    assert b"JavaScript" not in one.document
    with pytest.raises(Refused) as refused:
        accepted(document, keep_form=True)
    assert refused.value.problem is Problem.DOCUMENT_ACTIVE_CONTENT


def test_what_pages_share_stays_with_the_others():
    """Two pages with one dictionary of resources, inherited from above: the field's look reaches only its own."""
    with pikepdf.open(io.BytesIO(filled())) as pdf:
        shared = pdf.make_indirect(pdf.pages[0].obj.Resources)
        for page in pdf.pages:
            del page.obj["/Resources"]
        pdf.Root.Pages.Resources = shared
        saved = io.BytesIO()
        pdf.save(saved)
    one = accepted(saved.getvalue())
    before, after = (list(pictures.gray(doc, [1, 2], 400)) for doc in (saved.getvalue(), one.document))
    assert all(agreement.is_same(*pair) for pair in zip(before, after, strict=True))


def test_our_own_empty_slots_are_no_form_and_are_reserved_anew():
    once = accepted(paper(3)).document
    assert b"seam_right_1" in once
    again = accepted(once)
    assert (again.document, again.remarks) == (once, ())


@conformance.needed
@pytest.mark.parametrize("name", ["prefilled_f1040", "form_two_pages", "secHandler"])
def test_real_forms_look_the_same_afterwards(name: str):
    document = conformance.document(f"intake/{name}.pdf")
    one = intake.accept(document, limits=Limits(), remove_protection=True)
    assert "DOCUMENT_FORM_FLATTENED" in codes(one)
    numbers = range(1, len(one.pages) + 1)
    before, after = (list(pictures.gray(each, numbers, 640)) for each in (document, one.document))
    assert all(agreement.is_alike(*pair) for pair in zip(before, after, strict=True))
