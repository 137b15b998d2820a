"""A signed document with one of everything that a later revision could touch."""

import io
import random
from functools import cache

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from tests.engine import edits
from tests.engine.drafts import Draft
from tests.engine.papers import SEAL, act


@cache
def rich(*, is_streamed: bool = False) -> bytes:
    """The document, really signed in the field `first`."""
    return act(unsigned(is_streamed=is_streamed), marks=[SEAL], field="first")


@cache
def quick(*, is_streamed: bool = False) -> bytes:
    """The document with a signature that is none, but short: for those who read every byte slowly."""
    draft = Draft(unsigned(is_streamed=is_streamed))
    chance = random.Random(1)
    field = edits.new_field(draft, chance, is_seen=True, value=draft.add(dict(edits.SIGNATURE)))
    draft.entries(field)["/T"] = b"first"
    return draft.document_after()


@cache
def unsigned(*, is_streamed: bool = False) -> bytes:
    """Two pages, a form of every kind of field, slots, metadata, a tag tree, a security store, a link."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    picture = pdf.make_indirect(_picture(pdf))
    for number in (1, 2):
        drawn = Stream(pdf, b"BT /F1 24 Tf 72 700 Td (Page %d) Tj ET q 9 0 0 9 9 9 cm /Im Do Q" % number)
        page = Dictionary(
            Type=Name.Page,
            MediaBox=[0, 0, 595, 842],
            Contents=pdf.make_indirect(drawn),
            Resources=Dictionary(Font=Dictionary(F1=font), XObject=Dictionary(Im=picture)),
            Annots=Array(),
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    pdf.pages[1].obj.Annots = pdf.make_indirect(Array())
    _add_form(pdf, font)
    _add_structure(pdf)
    described = Stream(pdf, edits.XMP)
    described.Type, described.Subtype = Name.Metadata, Name.XML
    pdf.Root.Metadata = pdf.make_indirect(described)
    pdf.Root.Lang = "zh"
    certificates = pdf.make_indirect(Array([pdf.make_indirect(Stream(pdf, b"a certificate"))]))
    pdf.Root.DSS = pdf.make_indirect(Dictionary(Certs=certificates))
    pdf.docinfo["/Title"] = "A contract"
    mode = pikepdf.ObjectStreamMode
    kept = io.BytesIO()
    pdf.save(kept, deterministic_id=True, object_stream_mode=mode.generate if is_streamed else mode.disable)
    return kept.getvalue()


def _picture(pdf: pikepdf.Pdf) -> Stream:
    picture = Stream(pdf, b"\x80")
    picture.Type, picture.Subtype = Name.XObject, Name.Image
    picture.Width = picture.Height = 1
    picture.ColorSpace, picture.BitsPerComponent = Name.DeviceGray, 8
    return picture


def _appearance(pdf: pikepdf.Pdf, drawn: bytes) -> pikepdf.Object:
    form = Stream(pdf, drawn)
    form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 100, 20])
    return pdf.make_indirect(form)


def _add_form(pdf: pikepdf.Pdf, font: pikepdf.Object) -> None:
    pages = [page.obj for page in pdf.pages]
    fields = Array()
    pdf.Root.AcroForm = pdf.make_indirect(
        Dictionary(Fields=fields, DR=Dictionary(Font=Dictionary(Helv=font)), DA="/Helv 0 Tf 0 g", SigFlags=3)
    )

    def widget(place: int, page: int, **entries: object) -> pikepdf.Object:
        box = [50, 40 + 30 * place, 150, 60 + 30 * place]
        made = pdf.make_indirect(
            Dictionary(Type=Name.Annot, Subtype=Name.Widget, Rect=box, P=pages[page], F=4, **entries)
        )
        pages[page].Annots.append(made)
        return made

    filled = Dictionary(N=_appearance(pdf, b"0 g"))
    fields.append(widget(0, 0, FT=Name.Tx, T="text", AP=filled))
    fields.append(widget(1, 0, FT=Name.Btn, T="tick", V=Name.Off, AS=Name.Off))
    fields.append(widget(2, 0, FT=Name.Ch, T="choice", Ff=1 << 17, Opt=["a", "b"]))
    fields.append(widget(3, 1, FT=Name.Sig, T="waiting"))
    empty = _appearance(pdf, b"")
    parent = pdf.make_indirect(Dictionary(FT=Name.Btn, Ff=65537, T="seam_right_1", Kids=Array()))
    for page in (0, 1):
        child = widget(5 + page, page, T=f"p{page + 1}", Parent=parent, AP=Dictionary(N=empty))
        parent.Kids.append(child)
    fields.append(parent)
    painted = Dictionary(N=_appearance(pdf, b"0 0 9 9 re f"))
    fields.append(widget(8, 0, FT=Name.Btn, Ff=65537, T="painted", AP=painted))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[300, 300, 400, 320], Border=[0, 0, 0])
    pages[0].Annots.append(pdf.make_indirect(link))


def _add_structure(pdf: pikepdf.Pdf) -> None:
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    document = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, P=root))
    paragraph = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.P, P=document, K=0))
    document.K = Array([paragraph])
    root.K = Array([document])
    root.ParentTree = pdf.make_indirect(Dictionary(Nums=Array([0, Array([paragraph])])))
    root.ParentTreeNextKey = 1
    pdf.Root.StructTreeRoot, pdf.Root.MarkInfo = root, Dictionary(Marked=True)
