"""Seal pictures and fonts as objects of a document: written once, found again in earlier revisions.

What is found again must equal what we would write, entry by entry: an uploader could otherwise plant a picture
or a font that shows something else than the signer saw.
"""

from collections.abc import Callable, Iterator

import pikepdf

from yunqian.engine.append import Update, numbers, reference, reference_to, stream
from yunqian.engine.embedded_font import EmbeddedFont
from yunqian.engine.impression import Picture

_LOOKED_AT = 100  # newest signature fields that are searched for a resource of ours
_PDF_ERRORS = (AttributeError, KeyError, IndexError, TypeError, ValueError, pikepdf.PdfError)


class Resources:
    """The shared resources of one update."""

    def __init__(self, update: Update) -> None:
        self._update = update
        self._pictures: dict[Picture, bytes] = {}
        self._alone: dict[Picture, bytes] = {}
        self._fonts: dict[bytes, bytes] = {}

    def picture(self, wanted: Picture) -> bytes:
        """A reference to the picture, from an earlier revision where it stands there already."""
        if wanted not in self._pictures:
            found = self._earlier("/XObject", lambda candidate: _is_picture(candidate, wanted))
            self._pictures[wanted] = found or self._new_picture(wanted)
        return self._pictures[wanted]

    def only_picture(self, wanted: Picture) -> bytes:
        """A reference to a resource dictionary that holds the picture as /S; all strips of a seal share it."""
        if wanted not in self._alone:
            self._alone[wanted] = reference(self._update.add(b"<</XObject<</S %s>>>>" % self.picture(wanted)))
        return self._alone[wanted]

    def font(self, wanted: EmbeddedFont) -> bytes:
        """A reference to the font, from an earlier revision where it stands there already."""
        if wanted.name not in self._fonts:
            found = self._earlier("/Font", lambda candidate: _is_font(candidate, wanted))
            self._fonts[wanted.name] = found or self._new_font(wanted)
        return self._fonts[wanted.name]

    def _earlier(self, kind: str, is_same: Callable[[pikepdf.Object], bool]) -> bytes | None:
        for candidate in _signature_resources(self._update.pdf, kind):
            try:
                if candidate.is_indirect and is_same(candidate):
                    return reference_to(candidate)
            except _PDF_ERRORS:
                continue
        return None

    def _new_picture(self, wanted: Picture) -> bytes:
        mask = self._update.add(stream(_picture_entries(wanted, b"/DeviceGray"), wanted.alpha))
        entries = _picture_entries(wanted, b"/DeviceRGB") + b"/SMask " + reference(mask)
        return reference(self._update.add(stream(entries, wanted.colours)))

    def _new_font(self, shipped: EmbeddedFont) -> bytes:
        outlines = reference(self._update.add(stream(_outline_entries(shipped), shipped.outlines)))
        described = b"<<%s/FontFile2 %s>>" % (_descriptor_entries(shipped), outlines)
        descriptor = reference(self._update.add(described))
        descendant = self._update.add(
            b"<<%s/FontDescriptor %s>>" % (_descendant_entries(shipped), descriptor)
        )
        unicode = reference(self._update.add(stream(_FLATE, shipped.to_unicode)))
        parts = (_font_entries(shipped), reference(descendant), unicode)
        return reference(self._update.add(b"<<%s/DescendantFonts[%s]/ToUnicode %s>>" % parts))


_FLATE = b"/Filter/FlateDecode"


def _picture_entries(wanted: Picture, colour_space: bytes) -> bytes:
    size = (wanted.width, wanted.height, colour_space)
    return b"/Type/XObject/Subtype/Image/BitsPerComponent 8/Width %d/Height %d/ColorSpace%s" % size + _FLATE


def _outline_entries(shipped: EmbeddedFont) -> bytes:
    return b"/Length1 %d" % len(shipped.program) + _FLATE


def _descriptor_entries(shipped: EmbeddedFont) -> bytes:
    metrics = (shipped.name, numbers(shipped.box), shipped.ascent, shipped.descent, shipped.cap_height)
    return (
        b"/Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[%s]/ItalicAngle 0/Ascent %d/Descent %d"
        b"/CapHeight %d/StemV 90" % metrics
    )


def _descendant_entries(shipped: EmbeddedFont) -> bytes:
    widths = b" ".join(b"%d[%d]" % pair for pair in sorted(shipped.glyphs.values()))
    return (
        b"/Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDToGIDMap/Identity/DW 1000/W[%s]"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>" % (shipped.name, widths)
    )


def _font_entries(shipped: EmbeddedFont) -> bytes:
    """A composite font over TrueType outlines, glyph numbers as codes (ISO 32000-2 §9.7)."""
    return b"/Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H" % shipped.name


def _signature_resources(pdf: pikepdf.Pdf, kind: str) -> Iterator[pikepdf.Object]:
    """The pictures or fonts in the appearances of the newest signature fields."""
    try:
        fields = list(pdf.Root.AcroForm.Fields)[-_LOOKED_AT:]
    except _PDF_ERRORS:
        return
    for field in fields:
        try:
            if field.get("/FT") == pikepdf.Name.Sig:
                yield from field.AP.N.Resources[kind].values()
        except _PDF_ERRORS:
            continue


def _is_like(found: pikepdf.Object, entries: bytes, *, apart: frozenset[str]) -> bool:
    """Whether a dictionary has exactly these entries, but for some that are compared apart."""
    wanted = pikepdf.Object.parse(b"<<" + entries + b">>")
    present = set(found.keys()) - apart
    return present == set(wanted.keys()) and all(found[key] == wanted[key] for key in present)


def _is_stream(found: pikepdf.Object, entries: bytes, content: bytes, *apart: str) -> bool:
    is_alike = _is_like(found.stream_dict, entries, apart=frozenset({"/Length", *apart}))
    return is_alike and found.read_raw_bytes() == content


def _is_picture(found: pikepdf.Object, wanted: Picture) -> bool:
    return _is_stream(
        found, _picture_entries(wanted, b"/DeviceRGB"), wanted.colours, "/SMask"
    ) and _is_stream(found.SMask, _picture_entries(wanted, b"/DeviceGray"), wanted.alpha)


def _is_font(found: pikepdf.Object, shipped: EmbeddedFont) -> bool:
    (descendant,) = list(found.DescendantFonts)
    descriptor = descendant.FontDescriptor
    return (
        _is_like(found, _font_entries(shipped), apart=frozenset({"/DescendantFonts", "/ToUnicode"}))
        and _is_like(descendant, _descendant_entries(shipped), apart=frozenset({"/FontDescriptor"}))
        and _is_like(descriptor, _descriptor_entries(shipped), apart=frozenset({"/FontFile2"}))
        and _is_stream(descriptor.FontFile2, _outline_entries(shipped), shipped.outlines)
        and _is_stream(found.ToUnicode, _FLATE, shipped.to_unicode)
    )
