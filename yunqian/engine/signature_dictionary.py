"""The signature dictionary: what a reader finds as the value of a signature field (ISO 32000-2 §12.8.1)."""

from datetime import UTC, datetime

from yunqian.crypto.certificates import Certificate
from yunqian.engine.append import number, text_string

BYTE_RANGE_PLACE = b"/ByteRange[0 0000000000 0000000000 0000000000]"


def gap(size_bytes: int) -> bytes:
    """/Contents with room for a CMS of so many bytes."""
    return b"/Contents<" + b"0" * (2 * size_bytes) + b">"


def build(certificate: Certificate, at: datetime, contents: bytes, *, more: bytes = b"") -> bytes:
    """The dictionary of a PAdES signature (ETSI EN 319 142-1 §5.3), /Contents last.

    `more` are further entries as written: references to transforms (§12.8.2), seal objects.
    """
    claimed = at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'").encode("ascii")
    return b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(%s)/Name %s%s%s%s>>" % (
        claimed,
        text_string(certificate.owner),
        more,
        BYTE_RANGE_PLACE,
        contents,
    )


def byte_range(before: int, resumed: int, rest: int) -> bytes:
    """/ByteRange over everything but the gap, as long as its place."""
    spans = b"/ByteRange[0 %s %s %s]" % (number(before), number(resumed), number(rest))
    return spans.ljust(len(BYTE_RANGE_PLACE))
