"""DER as byte strings (X.690): a writer of a few lines, and a reader of the one canonical form.

A CMS built from byte strings costs microseconds where an object model costs tens of milliseconds, and an
issuer name is copied byte for byte, so that no certificate is ever lost by re-encoding a Chinese name.
"""

from functools import lru_cache

INTEGER, OCTETS, OID, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x30, 0x31
NULL = b"\x05\x00"


class NotDer(ValueError):
    """The bytes are not canonical DER; never leaves the room `crypto` or `engine` as it is."""


def length(size: int) -> bytes:
    """The length octets of X.690 §10.1: definite and as short as possible."""
    if size < 128:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def tlv(tag: int, *parts: bytes) -> bytes:
    """One element: tag, length, and the parts joined as its content."""
    content = b"".join(parts)
    return bytes([tag]) + length(len(content)) + content


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE of elements that are encoded already."""
    return tlv(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """SET OF, sorted by encoding as DER demands (X.690 §11.6)."""
    return tlv(SET, *sorted(parts))


def explicit(number: int, *parts: bytes) -> bytes:
    """A constructed context-specific element [number]."""
    return tlv(0xA0 | number, *parts)


def octets(content: bytes) -> bytes:
    """OCTET STRING."""
    return tlv(OCTETS, content)


def integer(number: int) -> bytes:
    """INTEGER, two's complement, as short as possible."""
    size = (number if number >= 0 else ~number).bit_length() // 8 + 1
    return tlv(INTEGER, number.to_bytes(size, "big", signed=True))


@lru_cache(maxsize=256)
def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER from its dotted form."""
    arcs = [int(arc) for arc in dotted.split(".")]
    return tlv(OID, b"".join(_base128(arc) for arc in [arcs[0] * 40 + arcs[1], *arcs[2:]]))


def _base128(number: int) -> bytes:
    octets_reversed = [number & 0x7F]
    while number := number >> 7:
        octets_reversed.append(0x80 | number & 0x7F)
    return bytes(reversed(octets_reversed))


def element(encoded: bytes, at: int = 0) -> tuple[int, bytes, int]:
    """The element that starts at `at`: its tag, its content and where the next one starts.

    Raises NotDer for an indefinite or too long length, a long tag, or content that runs past the end.
    """
    if at + 2 > len(encoded):
        raise NotDer("an element is cut off")
    tag, size, start = encoded[at], encoded[at + 1], at + 2
    if tag & 0x1F == 0x1F or size == 0x80:
        raise NotDer("a long tag or an indefinite length")
    if size > 0x80:
        count = size & 0x7F
        size = int.from_bytes(encoded[start : start + count], "big")
        start += count
        if encoded[at + 1 : start] != length(size):
            raise NotDer("a length that is not the shortest")
    if start + size > len(encoded):
        raise NotDer("content runs past the end")
    return tag, encoded[start : start + size], start + size


def only(encoded: bytes, tag: int) -> bytes:
    """The content of `encoded`, which must be exactly one element with this tag."""
    found, content, end = element(encoded)
    if found != tag or end != len(encoded):
        raise NotDer(f"expected exactly one element with tag {tag:#04x}")
    return content


def children(content: bytes) -> list[tuple[int, bytes]]:
    """Every element inside a constructed content, as (tag, its whole encoding)."""
    found, at = [], 0
    while at < len(content):
        tag, _, end = element(content, at)
        found.append((tag, content[at:end]))
        at = end
    return found
