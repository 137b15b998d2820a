"""ASN.1 as others encode it (X.690 §8): slices of the bytes as found, in any legal form of length.

Certificates and seals met in the field are not always DER. A signature over them is right only over the bytes
as they stand, so this reader gives slices and never encodes anything again. `der` is for what we write.
"""

from dataclasses import dataclass

from yunqian.crypto.der import INTEGER, OID, SEQUENCE, SET

BOOLEAN, BIT_STRING = 0x01, 0x03
__all__ = ["BIT_STRING", "BOOLEAN", "INTEGER", "OID", "SEQUENCE", "SET", "Element", "NotBer"]

_CONSTRUCTED = 0x20
_MAX_DEPTH = 32
_MOST_ELEMENTS = 65_536


class NotBer(ValueError):
    """The bytes are no ASN.1 that we read; never leaves the pure rooms as it is."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its tag, its content, and `whole`, the bytes with tag and length as they were found."""

    tag: int
    content: bytes
    whole: bytes

    def children(self) -> list["Element"]:
        """The elements inside. Raises NotBer for an element that is cut off, or too many of them."""
        found, at = [], 0
        while at < len(self.content):
            one, at = element(self.content, at)
            found.append(one)
            if len(found) > _MOST_ELEMENTS:
                raise NotBer("too many elements")
        return found

    def tagged(self, tag: int) -> "Element":
        """This element, which must have that tag. Raises NotBer where it has another."""
        if self.tag != tag:
            raise NotBer(f"tag {self.tag:#04x} instead of {tag:#04x}")
        return self


def element(encoded: bytes, at: int = 0) -> tuple[Element, int]:
    """The element that starts at `at`, and where the next one starts. Raises NotBer."""
    tag, start, end, following = _bounds(encoded, at, 0)
    return Element(tag, encoded[start:end], encoded[at:following]), following


def only(encoded: bytes, tag: int) -> Element:
    """The one element that the bytes are, with nothing behind it. Raises NotBer."""
    found, end = element(encoded)
    if end != len(encoded):
        raise NotBer("something stands behind the element")
    return found.tagged(tag)


def _bounds(encoded: bytes, at: int, depth: int) -> tuple[int, int, int, int]:
    """Tag, start and end of the content, start of what follows."""
    if at + 2 > len(encoded) or depth > _MAX_DEPTH:
        raise NotBer("an element is cut off or too deep")
    tag, size, start = encoded[at], encoded[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise NotBer("a long tag")
    if size == 0x80:
        return _unbounded(encoded, tag, start, depth)
    if size > 0x80:
        count = size & 0x7F
        size = int.from_bytes(encoded[start : start + count], "big")
        start += count
    if start + size > len(encoded):
        raise NotBer("content runs past the end")
    return tag, start, start + size, start + size


def _unbounded(encoded: bytes, tag: int, start: int, depth: int) -> tuple[int, int, int, int]:
    """An element of indefinite length ends with two zero octets at its own level (X.690 §8.1.5)."""
    if not tag & _CONSTRUCTED:
        raise NotBer("an indefinite length of a primitive element")
    at = start
    while encoded[at : at + 2] != b"\x00\x00":
        at = _bounds(encoded, at, depth + 1)[3]
    return tag, start, at, at + 2


def integer(found: Element) -> int:
    """The number of an INTEGER. Raises NotBer."""
    return int.from_bytes(found.tagged(INTEGER).content, "big", signed=True)


def is_true(found: Element) -> bool:
    """The value of a BOOLEAN; BER lets any octet but zero be true (X.690 §8.2.2). Raises NotBer."""
    return found.tagged(BOOLEAN).content.strip(b"\x00") != b""


def dotted(found: Element) -> str:
    """An OBJECT IDENTIFIER in its dotted form. Raises NotBer."""
    content = found.tagged(OID).content
    if not content or content[-1] & 0x80 or len(content) > 64:
        raise NotBer("not an object identifier")
    arcs, number = [], 0
    for octet in content:
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(number)
            number = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def bits(found: Element) -> bytes:
    """The octets of a BIT STRING, the unused bits of the last one included. Raises NotBer."""
    content = found.tagged(BIT_STRING).content
    if not content or content[0] > 7:
        raise NotBer("not a bit string")
    return content[1:]
