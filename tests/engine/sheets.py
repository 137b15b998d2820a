"""Papers of every shape, with slots, and their pages as two renderers show them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import pikepdf
import pypdfium2
from PIL import Image, ImageChops, ImageDraw

from tests.engine import judges
from yunqian.engine import geometry, pages, paging
from yunqian.engine.geometry import PageGeometry, VisibleBox
from yunqian.engine.marks import Impression
from yunqian.engine.strips import Strip

SEAL_PT = 120.0  # twice 240 pixels: at 144 dpi one pixel of the seal is one pixel of the page
SEAL_MM = SEAL_PT / geometry.POINTS_PER_MM


@dataclass(frozen=True)
class Sheet:
    """One page: its boxes as they stand in the document, its rotation, its unit."""

    width: float = 600
    height: float = 800
    left: float = 0
    bottom: float = 0
    crop: tuple[float, float, float, float] | None = None
    rotation: int = 0
    user_unit: float = 1.0


@cache
def document(
    sheets: Sequence[Sheet], *, has_slots: bool = True, is_streamed: bool = False, form: str = "none"
) -> bytes:
    """A document of blank pages; `form` is none, direct (in the catalog) or indirect."""
    pdf = pikepdf.new()
    for sheet in sheets:
        page = pikepdf.Dictionary(
            Type=pikepdf.Name.Page,
            MediaBox=[sheet.left, sheet.bottom, sheet.left + sheet.width, sheet.bottom + sheet.height],
            Contents=pdf.make_indirect(pikepdf.Stream(pdf, b"")),
            Resources=pikepdf.Dictionary(),
        )
        if sheet.crop:
            page.CropBox = list(sheet.crop)
        if sheet.rotation:
            page.Rotate = sheet.rotation
        if sheet.user_unit != 1:
            page.UserUnit = sheet.user_unit
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    if form != "none":
        fields = pikepdf.Dictionary(Fields=pikepdf.Array())
        pdf.Root.AcroForm = pdf.make_indirect(fields) if form == "indirect" else fields
    if has_slots:
        paging.reserve(pdf)
    mode = pikepdf.ObjectStreamMode
    saved = io.BytesIO()
    pdf.save(
        saved,
        deterministic_id=True,
        object_stream_mode=mode.generate if is_streamed else mode.disable,
        min_version="1.7",
    )
    return saved.getvalue()


@cache
def seal_picture() -> Image.Image:
    """240 × 240 pixels, opaque, in squares of 4 of many colours: a shift by one pixel is seen."""
    image = Image.new("RGB", (240, 240))
    pen = ImageDraw.Draw(image)
    for column in range(60):
        for row in range(60):
            colour = (
                (column * 97 + row * 31) % 256,
                (column * 53 + row * 151) % 256,
                (column * row * 29) % 256,
            )
            pen.rectangle((column * 4, row * 4, column * 4 + 3, row * 4 + 3), fill=colour)
    return image


@cache
def impression() -> Impression:
    """The picture as a seal whose pixels are half a point on paper."""
    written = io.BytesIO()
    seal_picture().save(written, "PNG")
    return Impression("公章", written.getvalue(), SEAL_MM, SEAL_MM)


def pictures(document: bytes, *, scale: float = 2, only: int | None = None) -> list[Image.Image]:
    """Pages as pdfium shows them, widgets included: all, or one; at scale 1 a point is a pixel."""
    shown = pypdfium2.PdfDocument(document)
    shown.init_forms()
    wanted = list(shown) if only is None else [shown[only - 1]]
    try:
        return [page.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB") for page in wanted]
    finally:
        shown.close()


def by_poppler(document: bytes, count: int) -> list[Image.Image]:
    """Every page as poppler shows it."""
    return [judges.picture(document, number, dpi=144) for number in range(1, count + 1)]


def together(shown: Sequence[Image.Image], strips: Sequence[Strip], *, user_unit: float = 1) -> Image.Image:
    """What the pages show in the strips' places, put where it lies in the impression: fanned-out paper.

    Both renderers draw a user-space point as a pixel, whatever it measures on paper.
    """
    found = Image.new("RGB", (240, 240))
    for strip in strips:
        box = geometry.box_to_visible(strip.page, strip.box, 1 / user_unit)
        whole = geometry.box_to_visible(strip.page, strip.seal, 1 / user_unit)
        seen = part(shown[strip.page.number - 1], box)
        found.paste(seen, (round((box.left - whole.left) * 2), round((box.top - whole.top) * 2)))
    return found


def difference(one: Image.Image, two: Image.Image) -> float:
    """How far two pictures of the seal differ on average, of 255, square by square.

    Squares forgive what a renderer smooths within a pixel; half a point off gives about 20.
    """
    small = [image.resize((60, 60), Image.Resampling.BOX) for image in (one, two)]
    gap = ImageChops.difference(*small).convert("L").histogram()
    return sum(level * count for level, count in enumerate(gap)) / 3600


def part(image: Image.Image, seen: VisibleBox, *, scale: float = 2) -> Image.Image:
    """What a page shows in a visible box of points, whole pixels."""
    corners = (seen.left, seen.top, seen.left + seen.width, seen.top + seen.height)
    return image.crop(tuple(round(corner * scale) for corner in corners))


def geometries(document: bytes) -> tuple[PageGeometry, ...]:
    """Every page's geometry, as the engine reads it."""
    with pikepdf.open(io.BytesIO(document)) as pdf:
        return pages.geometries(pdf)
