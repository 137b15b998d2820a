"""The document that is measured: twenty A4 pages, each a scan under a line of text, 2 MB altogether."""

import io
import random

import pikepdf
from PIL import Image

PAGES = 20
_A4 = (0, 0, 595.276, 841.89)
_GREY_PX = (620, 877)  # 75 dpi; grain makes the scans as heavy as real ones
_QUALITY = 62


def twenty_pages() -> bytes:
    """The same bytes at every call."""
    chance = random.Random(20)
    pdf = pikepdf.new()
    font = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
    )
    for number in range(1, PAGES + 1):
        scan = pdf.make_indirect(_scan(pdf, chance))
        drawn = b"q 595.276 0 0 841.89 0 0 cm /Scan Do Q BT /F1 12 Tf 72 780 Td (Page %d) Tj ET" % number
        resources = pikepdf.Dictionary(
            Font=pikepdf.Dictionary(F1=font), XObject=pikepdf.Dictionary(Scan=scan)
        )
        page = pikepdf.Dictionary(
            Type=pikepdf.Name.Page,
            MediaBox=list(_A4),
            Contents=pdf.make_indirect(pikepdf.Stream(pdf, drawn)),
            Resources=resources,
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    written = io.BytesIO()
    pdf.save(written, deterministic_id=True)
    return written.getvalue()


def _scan(pdf: pikepdf.Pdf, chance: random.Random) -> pikepdf.Stream:
    width, height = _GREY_PX
    grain = Image.frombytes("L", _GREY_PX, chance.randbytes(width * height))
    written = io.BytesIO()
    grain.point(lambda value: 200 + value // 5).save(written, "JPEG", quality=_QUALITY)
    return pikepdf.Stream(
        pdf,
        written.getvalue(),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=width,
        Height=height,
        ColorSpace=pikepdf.Name.DeviceGray,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )
