"""The one-page document that the vectors sign with open eyes: small, readable, and the same bytes every time."""

_HOLE = b"<" + b"00" * 256 + b">"
_RANGE = b"[0 %06d %06d %06d]"
_SEAL = b"q 0.8 0.06 0.18 RG 3 w 60 60 80 80 re S Q"


def prepared() -> tuple[bytes, tuple[int, int, int, int]]:
    """A page with a red square and an empty signature over all of it, and its byte range (ISO 32000-1 §12.8.1)."""
    draft = _written(_RANGE % (0, 0, 0))
    begins = draft.index(_HOLE)
    ends = begins + len(_HOLE)
    told = (0, begins, ends, len(draft) - ends)
    return _written(_RANGE % told[1:]), told


def _written(byte_range: bytes) -> bytes:
    objects = (
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/SigFlags 3>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Annots[5 0 R]>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(_SEAL), _SEAL),
        b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature1)/Rect[60 60 140 140]/F 132/P 3 0 R/V 6 0 R>>",
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange%s/Contents%s>>"
        % (byte_range, _HOLE),
    )
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return bytes(out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer)
