"""The signature dictionary: what a reader finds as the value of a signature field (ISO 32000-2 §12.8.1)."""

from collections.abc import Sequence
from datetime import UTC, datetime

from yunqian.crypto.certificates import Certificate
from yunqian.engine.append import number, text_string

BYTE_RANGE_PLACE = b"/ByteRange[0 0000000000 0000000000 0000000000]"
_REFERENCE = b"<</Type/SigRef/TransformMethod/%s/TransformParams<</Type/TransformParams%s/V/1.2>>%s>>"


def gap(size_bytes: int) -> bytes:
    """/Contents with room for a CMS of so many bytes."""
    return b"/Contents<" + b"0" * (2 * size_bytes) + b">"


def build(
    certificate: Certificate, at: datetime, contents: bytes, *, more: bytes = b"", is_pades: bool = True
) -> bytes:
    """The dictionary of a PAdES signature (ETSI EN 319 142-1 §5.3), /Contents last.

    `more` are further entries as written: references to transforms (§12.8.2), seal objects. A message with other
    identifiers than CMS's is not PAdES, and its /SubFilter does not say so.
    """
    kind = b"ETSI.CAdES.detached" if is_pades else b"adbe.pkcs7.detached"
    claimed = at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'").encode("ascii")
    return b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/%s/M(%s)/Name %s%s%s%s>>" % (
        kind,
        claimed,
        text_string(certificate.owner),
        more,
        BYTE_RANGE_PLACE,
        contents,
    )


def build_stamp(contents: bytes) -> bytes:
    """The dictionary of a document time stamp (ISO 32000-2 §12.8.5): no /M, the token alone says the time."""
    return b"<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161%s%s>>" % (
        BYTE_RANGE_PLACE,
        contents,
    )


def references(transforms: Sequence[bytes]) -> bytes:
    """/Reference with what this signature asks of later revisions (§12.8.2); nothing where it asks nothing."""
    return b"/Reference[%s]" % b"".join(transforms) if transforms else b""


def doc_mdp(level: int) -> bytes:
    """The transform DocMDP (§12.8.2.2): 1 no change, 2 forms and signatures, 3 annotations too."""
    return _REFERENCE % (b"DocMDP", b"/P %d" % level, b"")


def field_mdp(lock: bytes, catalog: bytes, digest: str) -> bytes:
    """The transform FieldMDP (§12.8.2.4) with the entries of a field's lock, /Action and /Fields.

    `catalog` is a reference to the document catalog, which /Data has to name. /DigestMethod knows no SM3, and
    with no /DigestValue beside it nobody digests anything by it: there it says SHA256.
    """
    method = digest.upper().encode("ascii") if digest in {"sha256", "sha384"} else b"SHA256"
    return _REFERENCE % (b"FieldMDP", lock, b"/Data %s/DigestMethod/%s" % (catalog, method))


def byte_range(before: int, resumed: int, rest: int) -> bytes:
    """/ByteRange over everything but the gap, as long as its place."""
    spans = b"/ByteRange[0 %s %s %s]" % (number(before), number(resumed), number(rest))
    return spans.ljust(len(BYTE_RANGE_PLACE))


def with_byte_range(tail: bytes, place: int, contents: bytes, *, base: int) -> tuple[bytes, int, int]:
    """Write the byte range over its place, and say where in the tail the gap begins and ends.

    `base` is the size of the document before the tail. Searched only behind `place`, where the dictionary
    begins in the tail: what a stranger's object says before it could look the same.
    """
    start = tail.index(contents, place) + len(b"/Contents")
    end = start + len(contents) - len(b"/Contents")
    spans = byte_range(base + start, base + end, len(tail) - end)
    at = tail.index(BYTE_RANGE_PLACE, place)
    return tail[:at] + spans + tail[at + len(spans) :], start, end
