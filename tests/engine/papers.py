"""Documents, seals and acts for the engine's tests: everything is made here, nothing is a checked-in blob."""

import io
from collections.abc import Sequence
from functools import cache

import pikepdf
from PIL import Image, ImageDraw

from tests.pki import hierarchy
from tests.pki.hierarchy import NOW, Holder
from yunqian.engine.embed import embed
from yunqian.engine.marks import Box, DateMark, Impression, Mark, SealMark
from yunqian.engine.prepare import prepare
from yunqian.engine.report import Report, Trust
from yunqian.engine.verify import verify

A4 = (0, 0, 595.276, 841.89)
WORLD = hierarchy.built()
TRUST = Trust((WORLD.root.certificate,), WORLD.crls)


@cache
def paper(
    pages: int = 2,
    *,
    rotation: int = 0,
    crop: tuple[float, ...] | None = None,
    is_streamed: bool = False,
    form: str = "none",
) -> bytes:
    """A document of text pages. `form` is none, indirect, or direct (in the catalog)."""
    pdf = pikepdf.new()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    for number in range(1, pages + 1):
        text = pikepdf.Stream(pdf, b"BT /F1 24 Tf 72 700 Td (Page %d of the contract) Tj ET" % number)
        page = pikepdf.Dictionary(
            Type=pikepdf.Name.Page,
            MediaBox=list(A4),
            Contents=pdf.make_indirect(text),
            Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font)),
        )
        if rotation:
            page.Rotate = rotation
        if crop:
            page.CropBox = list(crop)
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    if form != "none":
        fields = pikepdf.Dictionary(Fields=pikepdf.Array())
        pdf.Root.AcroForm = pdf.make_indirect(fields) if form == "indirect" else fields
    mode = pikepdf.ObjectStreamMode
    saved = io.BytesIO()
    pdf.save(saved, deterministic_id=True, object_stream_mode=mode.generate if is_streamed else mode.disable)
    return saved.getvalue()


@cache
def seal(name: str = "公章") -> Impression:
    """A round red seal with a bar at its top, so that a turned one is seen."""
    size = 240
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    red = (210, 0, 0, 255) if name == "公章" else (200, 20, 0, 255)
    pen.ellipse((4, 4, size - 4, size - 4), outline=red, width=8)
    pen.rectangle((80, 30, 160, 60), fill=red)
    written = io.BytesIO()
    image.save(written, "PNG")
    return Impression(name, written.getvalue(), 40, 40)


SEAL = SealMark(1, Box(100, 500, 113, 113), seal())
DATE = DateMark(1, Box(110, 480, 95, 16), "2026年11月22日")


def act(
    document: bytes,
    who: Holder = WORLD.person,
    marks: Sequence[Mark] = (SEAL,),
    *,
    field: str = "yunqian",
    timestamp: object = None,
) -> bytes:
    """The whole act by one key: the document with its next revision."""
    prepared = prepare(document, marks, certificate=who.certificate, chain=who.chain, field=field, at=NOW)
    signature = who.sign(prepared.signed_attributes)
    stamp = timestamp(signature) if callable(timestamp) else None
    return document + embed(
        document, prepared, signature, certificate=who.certificate, chain=who.chain, timestamp=stamp
    )


def judged(document: bytes, trust: Trust = TRUST) -> Report:
    """Our own report, at the time of the tests."""
    return verify(document, trust=trust, at=NOW)
