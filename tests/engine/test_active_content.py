"""Content that acts: refused by name, taken out and told, or kept; the table of the module, row by row."""

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from tests.engine import masks
from tests.engine.papers import act, paper
from yunqian.engine import intake
from yunqian.engine.intake import Accepted, Limits
from yunqian.problems import Problem, Refused

DESTINATION = Array([0, Name.Fit])


def altered(alter, document: bytes | None = None) -> bytes:
    with pikepdf.open(io.BytesIO(document or paper())) as pdf:
        alter(pdf)
        saved = io.BytesIO()
        pdf.save(saved)
        return saved.getvalue()


def with_link(action: Dictionary):
    """A link on the first page whose click does this."""

    def alter(pdf: pikepdf.Pdf) -> None:
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 99, 99], A=action)
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])

    return alter


def with_annotation(kind: str):
    def alter(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name(kind), Rect=[0, 0, 9, 9])])

    return alter


def with_content(**entries: object):
    """The first page's content stream, with more in its dictionary."""

    def alter(pdf: pikepdf.Pdf) -> None:
        form = pdf.make_stream(b"0 0 1 1 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 1, 1])
        for key, value in entries.items():
            form[f"/{key}"] = value
        pdf.pages[0].obj.Resources.XObject = Dictionary(X=form)

    return alter


def in_catalog(**entries: object):
    def alter(pdf: pikepdf.Pdf) -> None:
        for key, value in entries.items():
            pdf.Root[f"/{key}"] = value

    return alter


def script(text: str = "app.alert(1)") -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=text)


def deep(action: Dictionary, levels: int) -> Dictionary:
    """An action at the end of a chain of direct ones."""
    for _ in range(levels):
        action = Dictionary(S=Name.GoTo, D=DESTINATION, Next=Array([action]))
    return action


REFUSED = {
    "a script at opening": (in_catalog(OpenAction=script()), "JavaScript"),
    "a script in the name tree": (
        in_catalog(Names=Dictionary(JavaScript=Dictionary(Names=Array(["a", script()])))),
        "JavaScript",
    ),
    "a script behind a link": (with_link(script()), "JavaScript"),
    "a script deep in a chain": (with_link(deep(script(), 60)), "JavaScript"),
    "a script that a page runs": (
        lambda pdf: pdf.pages[0].obj.__setattr__("AA", Dictionary(O=script())),
        "JavaScript",
    ),
    "a program": (with_link(Dictionary(S=Name.Launch, F="x.exe")), "Launch"),
    "a program of Windows": (with_link(Dictionary(S=Name.Launch, Win=Dictionary(F="x"))), "Launch"),
    "values from a file": (with_link(Dictionary(S=Name.ImportData, F="x.fdf")), "ImportData"),
    "a rendition": (with_link(Dictionary(S=Name.Rendition, OP=0)), "Rendition"),
    "a film": (with_link(Dictionary(S=Name.Movie, T="film")), "Movie"),
    "a view of a model": (with_link(Dictionary(S=Name.GoTo3DView, TA=Dictionary())), "GoTo3DView"),
    "rich media": (with_annotation("/RichMedia"), "RichMedia"),
    "a model": (with_annotation("/3D"), "3D"),
    "a screen": (with_annotation("/Screen"), "Screen"),
    "a dynamic form": (in_catalog(AcroForm=Dictionary(Fields=Array(), XFA=pikepdf.String("x"))), "XFA"),
    "content in another file": (with_content(F="other.pdf"), "ExternalStream"),
    "a proxy of another file": (with_content(Ref=Dictionary(F="other.pdf", Page=0)), "ReferenceXObject"),
    "a proxy for print": (with_content(OPI=Dictionary()), "OPI"),
    "a portfolio": (in_catalog(Collection=Dictionary(View=Name.D)), "Portfolio"),
    "a slide show": (
        in_catalog(Names=Dictionary(AlternatePresentations=Dictionary())),
        "AlternatePresentation",
    ),
}
TAKEN_OUT = {
    "a layer switch": (Dictionary(S=Name.SetOCGState, State=Array()), "SetOCGState"),
    "a hiding": (Dictionary(S=Name.Hide, T="field"), "Hide"),
    "a reset": (Dictionary(S=Name.ResetForm), "ResetForm"),
    "a sending": (Dictionary(S=Name.SubmitForm, F="address"), "SubmitForm"),
    "another document": (Dictionary(S=Name.GoToR, F="other.pdf", D=DESTINATION), "GoToR"),
    "an embedded document": (Dictionary(S=Name.GoToE, T=Dictionary(R=Name.C)), "GoToE"),
    "a thread": (Dictionary(S=Name.Thread, D=0), "Thread"),
}
KEPT = {
    "a link": Dictionary(S=Name.URI, URI="address"),
    "a place": Dictionary(S=Name.GoTo, D=DESTINATION),
    "a named one": Dictionary(S=Name.Named, N=Name.NextPage),
}


def accepted(document: bytes) -> Accepted:
    return intake.accept(document, limits=Limits())


def refused_kinds(document: bytes) -> str:
    with pytest.raises(Refused) as refused:
        accepted(document)
    assert refused.value.problem is Problem.DOCUMENT_ACTIVE_CONTENT
    return str(refused.value.facts["kinds"])


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_change_a_page_is_refused_by_name(name: str):
    alter, kind = REFUSED[name]
    assert refused_kinds(altered(alter)) == kind


@pytest.mark.parametrize("name", TAKEN_OUT)
@pytest.mark.parametrize("levels", [0, 3], ids=["itself", "in a chain"])
def test_what_leads_away_is_taken_out_and_told(name: str, levels: int):
    action, kind = TAKEN_OUT[name]
    one = accepted(altered(with_link(deep(action, levels))))
    (remark,) = one.remarks
    assert (remark.code, kind in remark.zh, kind in remark.en) == ("DOCUMENT_ACTIONS_REMOVED", True, True)
    assert kind.encode() not in one.document


@pytest.mark.parametrize("name", KEPT)
def test_what_is_harmless_stays_without_a_word(name: str):
    action = KEPT[name]
    one = accepted(altered(with_link(action)))
    assert one.remarks == ()
    assert str(action.S).encode() in one.document


def test_a_place_to_open_at_stays():
    assert accepted(altered(in_catalog(OpenAction=DESTINATION))).remarks == ()


@pytest.mark.parametrize("name", ["a hiding", "a layer switch", "a reset"])
def test_under_a_signature_what_hides_is_refused(name: str):
    action, kind = TAKEN_OUT[name]
    assert refused_kinds(act(altered(with_link(action)))) == kind


def test_under_a_signature_what_leads_away_is_kept_and_told():
    document = act(altered(with_link(TAKEN_OUT["another document"][0])))
    one = accepted(document)
    assert one.document == document
    assert [remark.code for remark in one.remarks] == ["DOCUMENT_ACTIONS_KEPT"]


def test_another_picture_for_print_is_taken_out():
    def alter(pdf: pikepdf.Pdf) -> None:
        image = pdf.make_stream(b"\x00", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1)
        image.ColorSpace, image.BitsPerComponent = Name.DeviceGray, 8
        image.Alternates = Array([Dictionary(Image=image, DefaultForPrinting=True)])
        pdf.pages[0].obj.Resources.XObject = Dictionary(X=image)

    one = accepted(altered(alter))
    assert [remark.code for remark in one.remarks] == ["DOCUMENT_ACTIONS_REMOVED"]
    assert b"Alternates" not in one.document


def test_layers_are_told_and_fixed_as_they_are_shown():
    def alter(pdf: pikepdf.Pdf) -> None:
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="draft"))
        automatic = Dictionary(Event=Name.Print, OCGs=Array([layer]), Category=Array([Name.Print]))
        pdf.Root.OCProperties = Dictionary(
            OCGs=Array([layer]), D=Dictionary(AS=Array([automatic])), Configs=Array([Dictionary()])
        )

    one = accepted(altered(alter))
    assert [remark.code for remark in one.remarks] == ["DOCUMENT_HAS_LAYERS"]
    with pikepdf.open(io.BytesIO(one.document)) as pdf:
        layers = pdf.Root.OCProperties
        assert ("/AS" in layers.D, "/Configs" in layers, len(layers.D.Locked)) == (False, False, 1)


def test_a_tag_with_the_name_of_an_action_is_no_action():
    def alter(pdf: pikepdf.Pdf) -> None:
        tag = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Sound, Sound=1))
        pdf.Root.StructTreeRoot = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=tag))

    assert accepted(altered(alter)).remarks == ()


def test_what_nobody_is_led_to_is_left_out_instead_of_refused():
    document = masks.written([*masks.plain(), (9, b"<</S/JavaScript/JS(app.alert\\(1\\))>>")])
    assert b"JavaScript" in document
    one = accepted(document)
    assert (one.remarks, b"JavaScript" in one.document) == ((), False)
