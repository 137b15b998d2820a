"""The five files on which engines are compared: Chinese text over a scan on every page, slots for paging seals.

p1 is 1 page of 85 kB, p20 has 20 pages in 2 MB, p200 has 200 pages in 30 MB. The tagged ones are what a word
processor exports: object streams, a cross-reference stream and a structure tree, up to an exact number of objects.
They are the same at every making, and kept in a folder outside the work tree.
"""

import io
import os
import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pikepdf
from PIL import Image

from yunqian.engine import slots

_A4 = (0, 0, 595.276, 841.89)
_LINES = 24
_SENTENCE = "甲乙双方经友好协商就本合同第{}条约定如下共同遵守"
_TRIES = 5
_MAKING = "1"  # to be raised with every change of this file, so that no old file is taken for a new one


@dataclass(frozen=True)
class Paper:
    """What one file is made of; `objects` is how many a tagged file has, None where nothing is tagged."""

    name: str
    pages: int
    scan_px: tuple[int, int]
    quality: int
    objects: int | None = None


PAPERS = (
    Paper("p1", 1, (580, 824), 60),
    Paper("p20", 20, (627, 887), 60),
    Paper("p20tag", 20, (627, 887), 60, 1_484),
    Paper("p200", 200, (776, 1098), 60),
    Paper("p200tag", 200, (776, 1098), 60, 22_816),
)


def cache_folder() -> Path:
    """Where files and packages of the measurements are kept between runs."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    chosen = os.environ.get("YUNQIAN_BENCH_CACHE") or Path(home) / "yunqian-bench"
    folder = Path(chosen)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def path_of(paper: Paper) -> Path:
    """The file, made where it is not there yet."""
    path = cache_folder() / f"{paper.name}-{_MAKING}.pdf"
    if not path.exists():
        fresh = path.with_suffix(".part")
        fresh.write_bytes(made(paper))
        fresh.replace(path)
    return path


def named(name: str) -> Paper:
    """The paper of that name."""
    return next(paper for paper in PAPERS if paper.name == name)


def made(paper: Paper) -> bytes:
    """The same bytes at every call."""
    if paper.objects is None:
        return _written(paper, None)
    # How many objects a written file has is known when it is written: object streams are objects too.
    asked = paper.objects
    for _ in range(_TRIES):
        written = _written(paper, asked)
        with pikepdf.open(io.BytesIO(written)) as pdf:
            missing = paper.objects - len(pdf.objects)
        if not missing:
            return written
        asked += missing
    raise SystemExit(f"{paper.name} does not come to {paper.objects} objects")


def _written(paper: Paper, objects: int | None) -> bytes:
    pdf = pikepdf.new()
    font = _chinese_font(pdf)
    for number in range(1, paper.pages + 1):
        scan = pdf.make_indirect(_scan(pdf, paper, number))
        is_tagged = paper.objects is not None
        page = pikepdf.Dictionary(
            Type=pikepdf.Name.Page,
            MediaBox=list(_A4),
            Contents=pdf.make_indirect(pikepdf.Stream(pdf, _drawing(number, is_tagged=is_tagged))),
            Resources=pikepdf.Dictionary(
                Font=pikepdf.Dictionary(F1=font), XObject=pikepdf.Dictionary(Scan=scan)
            ),
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    slots.reserve(pdf)
    if objects is not None:
        _tag(pdf, objects)
    mode = pikepdf.ObjectStreamMode
    written = io.BytesIO()
    streams = mode.disable if objects is None else mode.generate
    pdf.save(written, deterministic_id=True, object_stream_mode=streams)
    return written.getvalue()


def _chinese_font(pdf: pikepdf.Pdf) -> pikepdf.Object:
    """A font that every reader has to have for Adobe-GB1, codes as UTF-16 (ISO 32000-2 §9.7.5.2)."""
    descendant = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.CIDFontType0,
        BaseFont=pikepdf.Name("/STSong-Light"),
        CIDSystemInfo=pikepdf.Dictionary(Registry="Adobe", Ordering="GB1", Supplement=2),
        DW=1000,
    )
    return pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type0,
            BaseFont=pikepdf.Name("/STSong-Light-UniGB-UCS2-H"),
            Encoding=pikepdf.Name("/UniGB-UCS2-H"),
            DescendantFonts=[pdf.make_indirect(descendant)],
        )
    )


def _drawing(number: int, *, is_tagged: bool) -> bytes:
    parts = [b"q 595.276 0 0 841.89 0 0 cm /Scan Do Q"]
    for line in range(_LINES):
        text = _SENTENCE.format(f"{number}.{line + 1}").encode("utf-16-be").hex().encode("ascii")
        shown = b"BT /F1 11 Tf 72 %d Td <%s> Tj ET" % (770 - 28 * line, text)
        parts.append(b"/P <</MCID %d>> BDC %s EMC" % (line, shown) if is_tagged else shown)
    return b"\n".join(parts)


def _scan(pdf: pikepdf.Pdf, paper: Paper, number: int) -> pikepdf.Stream:
    width, height = paper.scan_px
    return pikepdf.Stream(
        pdf,
        _grain(paper.scan_px, paper.quality, number),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=width,
        Height=height,
        ColorSpace=pikepdf.Name.DeviceGray,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )


@lru_cache(maxsize=256)
def _grain(size: tuple[int, int], quality: int, number: int) -> bytes:
    """A grey sheet whose grain makes it as heavy as a real scan."""
    grain = Image.frombytes("L", size, random.Random(number).randbytes(size[0] * size[1]))
    written = io.BytesIO()
    grain.point(lambda value: 200 + value // 5).save(written, "JPEG", quality=quality)
    return written.getvalue()


def _tag(pdf: pikepdf.Pdf, wanted: int) -> None:
    """A structure tree (ISO 32000-2 §14.7) with as many elements as bring the objects up to `wanted`."""
    root = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.StructTreeRoot))
    document = pdf.make_indirect(_element("Document", root))
    sections = [pdf.make_indirect(_element("Sect", document, page.obj)) for page in pdf.pages]
    pdf.Root.StructTreeRoot = root
    pdf.Root.MarkInfo = pikepdf.Dictionary(Marked=True)
    root.K = document
    document.K = pikepdf.Array(sections)
    # Each section has its share of the paragraphs; the first of them are what the page's text belongs to.
    missing = wanted - len(pdf.objects)
    numbers = pikepdf.Array()
    for place, section in enumerate(sections):
        count = missing // len(sections) + (place < missing % len(sections))
        paragraphs = []
        for line in range(count):
            paragraph = _element("P", section, section.Pg)
            if line < _LINES:
                paragraph.K = line
            paragraphs.append(pdf.make_indirect(paragraph))
        section.K = pikepdf.Array(paragraphs)
        pdf.pages[place].obj.StructParents = place
        numbers.append(place)
        numbers.append(pikepdf.Array(paragraphs[:_LINES]))
    root.ParentTree = pikepdf.Dictionary(Nums=numbers)
    root.ParentTreeNextKey = len(sections)


def _element(kind: str, parent: pikepdf.Object, page: pikepdf.Object | None = None) -> pikepdf.Dictionary:
    element = pikepdf.Dictionary(Type=pikepdf.Name.StructElem, S=pikepdf.Name("/" + kind), P=parent)
    if page is not None:
        element.Pg = page
    return element
