"""The small parts that seals and seal signatures are made of, read as they occur in the field.

The standards ask for DER and for one type per field; makers of seals keep to neither. What can be understood
without doubt is understood here; whether it is *right* is judged elsewhere, over the bytes as found.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from yunqian.crypto import ber
from yunqian.crypto.der import OCTETS

EXPLICIT_0, UTC_TIME, GENERALIZED_TIME = 0xA0, 0x17, 0x18
MEMBERS_MAX = 4096
_CONSTRUCTED = 0x20
_UTF8, _BMP = 0x0C, 0x1E
_TEXTS = frozenset({_UTF8, 0x12, 0x13, 0x14, 0x16, 0x1A, 0x1C, _BMP})
_NUMBER_BYTES = 8
_MOMENT = r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,](\d{1,9}))?(Z|[+-]\d{4})?"
_LONG_YEAR = re.compile(r"(\d{4})" + _MOMENT, re.ASCII)
_SHORT_YEAR = re.compile(r"(\d\d)" + _MOMENT, re.ASCII)
_CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Extension:
    """One ExtData: the identifier in its dotted form, and the value as found."""

    identifier: str
    is_critical: bool
    value: bytes


def inside(found: ber.Element, most: int = MEMBERS_MAX) -> list[ber.Element]:
    """The elements inside another. Raises ber.NotBer as soon as there are too many, before they fill the memory."""
    listed: list[ber.Element] = []
    at = 0
    while at < len(found.content):
        if len(listed) == most:
            raise ber.NotBer(f"more than {most} elements")
        one, at = ber.element(found.content, at)
        listed.append(one)
    return listed


def members(found: ber.Element, least: int, most: int) -> list[ber.Element]:
    """The elements of a SEQUENCE, of which there are `least` to `most`. Raises ber.NotBer."""
    listed = inside(found.tagged(ber.SEQUENCE), most)
    if len(listed) < least:
        raise ber.NotBer(f"{len(listed)} elements instead of {least} to {most}")
    return listed


def number(found: ber.Element) -> int:
    """An INTEGER of at most eight bytes: versions, kinds and millimetres are small. Raises ber.NotBer."""
    if not 0 < len(found.content) <= _NUMBER_BYTES:
        raise ber.NotBer("a number without bytes, or with too many")
    return ber.integer(found)


def octets(found: ber.Element) -> bytes:
    """An OCTET STRING, in one piece or in several (X.690 §8.7.3). Raises ber.NotBer."""
    if found.tag == OCTETS | _CONSTRUCTED:
        return b"".join(piece.tagged(OCTETS).content for piece in inside(found))
    return found.tagged(OCTETS).content


def bits(found: ber.Element) -> bytes:
    """A BIT STRING of whole octets; an OCTET STRING in its place is taken too. Raises ber.NotBer."""
    if found.tag == ber.BIT_STRING and found.content[:1] != b"\x00":
        raise ber.NotBer("a bit string that is no string of octets")
    return octets(found) if found.tag & ~_CONSTRUCTED == OCTETS else ber.bits(found)


def certificate(found: ber.Element) -> bytes:
    """A certificate as found: in an OCTET STRING as the standards say, or standing there by itself."""
    return found.whole if found.tag == ber.SEQUENCE else octets(found)


def algorithm(found: ber.Element) -> str:
    """An OBJECT IDENTIFIER in its dotted form, alone or at the head of an AlgorithmIdentifier."""
    if found.tag == ber.SEQUENCE:
        found = members(found, 1, 2)[0]
    return ber.dotted(found)


def text(found: ber.Element) -> str:
    """A string of any ASN.1 kind. What is not UTF-8 is read as GB 18030, and never refused for its letters."""
    if found.tag not in _TEXTS:
        raise ber.NotBer(f"tag {found.tag:#04x} is no string")
    if found.tag == _BMP:
        return found.content.decode("utf-16-be", "replace")
    try:
        return found.content.decode("utf-8")
    except UnicodeDecodeError:
        return found.content.decode("gb18030", "replace")


def moment_text(found: ber.Element) -> str:
    """A UTCTime or GeneralizedTime as it is written. Raises ber.NotBer for another element."""
    if found.tag not in (UTC_TIME, GENERALIZED_TIME):
        raise ber.NotBer(f"tag {found.tag:#04x} is no time")
    return found.content.decode("ascii", "replace")


def moment(found: ber.Element) -> datetime | None:
    """The moment that a UTCTime or GeneralizedTime names, None where it names none.

    A time without a zone is local time (X.680 §46), and these seals are made in China: UTC+8.
    Raises ber.NotBer for an element that is no time at all.
    """
    written = moment_text(found)
    long, short = _LONG_YEAR.fullmatch(written), _SHORT_YEAR.fullmatch(written)
    match = (short or long) if found.tag == UTC_TIME else (long or short)
    try:
        return _moment(match) if match else None
    except (ValueError, OverflowError):
        return None


def _moment(match: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    if len(year) == 2:
        year = ("20" if year < "50" else "19") + year  # RFC 5280 §4.1.2.5.1
    local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=UTC)
    microsecond = int((fraction or "").ljust(6, "0")[:6])
    return local.replace(microsecond=microsecond, tzinfo=_zone(zone)).astimezone(UTC)


def _zone(written: str | None) -> timezone:
    if written is None:
        return _CHINA
    if written == "Z":
        return UTC
    offset = timedelta(hours=int(written[1:3]), minutes=int(written[3:]))
    return timezone(-offset if written[0] == "-" else offset)


def extensions(found: list[ber.Element]) -> tuple[Extension, ...]:
    """ExtensionDatas: under an explicit or implicit [0], or, as one maker writes them, without a tag."""
    if not found:
        return ()
    (one,) = found
    listed = inside(one)
    if one.tag == EXPLICIT_0 and len(listed) == 1 and _is_list(listed[0]):
        listed = inside(listed[0])
    return tuple(_extension(each) for each in listed)


def _is_list(found: ber.Element) -> bool:
    listed = inside(found.tagged(ber.SEQUENCE))
    return not listed or listed[0].tag == ber.SEQUENCE


def _extension(found: ber.Element) -> Extension:
    identifier, *critical, value = members(found, 2, 3)
    # `critical FALSE` is written out by some, which DER forbids (X.690 §11.5).
    return Extension(ber.dotted(identifier), any(ber.is_true(one) for one in critical), octets(value))


def timestamp(found: list[ber.Element]) -> bytes | None:
    """The token of [0] EXPLICIT BIT STRING behind a signature value, as found; None where there is none."""
    if not found:
        return None
    (one,) = found
    wrapped = inside(one) if one.tag == EXPLICIT_0 else [one]
    if len(wrapped) != 1:
        raise ber.NotBer("a time stamp that is not one element")
    return bits(wrapped[0])
