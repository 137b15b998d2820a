"""The shapes of GM/T 0016 as bytes: texts, lists of names, the front of DEVINFO, the signature of SM2.

`ULONG` is where libraries differ: 4 bytes on Windows and in some builds for Linux (the standard's DEVINFO of 294
bytes), `unsigned long` of 8 in others (326), and either may be padded (296, 328). No build is asked which it is:

- a number that comes back lies in a cell of 8 bytes whose upper half was zero (little-endian);
- a number that goes in fills a whole register or place on the stack, which is right for both widths;
- of DEVINFO only what stands before its first ULONG is read, in a room that fits every layout, and of
  FILEATTRIBUTE the name and the lower half of the size;
- of a public key either layout is tried: only one gives a point of the curve, or a modulus of its stated length;
- ECCSIGNATUREBLOB is bytes only.
"""

from dataclasses import dataclass

from yunqian.crypto import der, sm2
from yunqian.problems import Problem, Refused

DEVINFO_ROOM = 1024
"""Bytes given for a DEVINFO; the largest known layout takes 328."""

PUBLIC_KEY_ROOM = 1024
"""Bytes given for a public key; the largest known layout, RSA with ULONG of 8 bytes, takes 280."""

FILE_ATTRIBUTE_ROOM = 128
"""Bytes given for a FILEATTRIBUTE, of 44 or 56."""

RSA_BITS = 2048
ECC_SIGNATURE_BYTES = 128
_BIT_STRING = 0x03
_MAX_TEXT = 64
_MAX_NAMES = 64
_HALF = ECC_SIGNATURE_BYTES // 2
_NUMBER_BYTES = 32
# VERSION(2) Manufacturer[64] Issuer[64] Label[32] SerialNumber[32]
# FILEATTRIBUTE: FileName[32] FileSize ReadRights WriteRights
_FILE_SIZE = slice(32, 36)
# ECCPUBLICKEYBLOB: BitLen X[64] Y[64] · RSAPUBLICKEYBLOB: AlgID BitLen Modulus[256] PublicExponent[4]
_WIDTHS = (4, 8)
_MODULUS_BYTES, _EXPONENT_BYTES = 256, 4
_RSA_IDENTIFIER = der.sequence(der.oid("1.2.840.113549.1.1.1"), der.NULL)
_MANUFACTURER, _LABEL, _SERIAL = slice(2, 66), slice(130, 162), slice(162, 194)


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What a device tells about itself without a PIN."""

    manufacturer: str
    label: str
    serial: str


def device_facts(raw: bytes) -> DeviceFacts:
    """Read the front of a DEVINFO."""
    return DeviceFacts(text(raw[_MANUFACTURER]), text(raw[_LABEL]), text(raw[_SERIAL]))


def text(raw: bytes) -> str:
    """Bytes up to the first NUL as something that can be shown: UTF-8, else GB 18030 (which holds GBK).

    What neither reads is replaced; controls go, also those that turn the direction of writing.
    """
    raw = raw.split(b"\0", 1)[0]
    try:
        decoded = raw.decode("utf-8")
    except UnicodeDecodeError:
        decoded = raw.decode("gb18030", errors="replace")
    return "".join(letter for letter in decoded if letter.isprintable()).strip()[:_MAX_TEXT]


def names(raw: bytes) -> tuple[bytes, ...]:
    """A list of names, each ended by NUL and the list by one more; as bytes, for they go back as they came.

    Bounded: a library that forgets the end, or lists one name twice, cannot make us walk for ever.
    """
    whole = raw.split(b"\0\0", 1)[0]
    found = dict.fromkeys(one for one in whole.split(b"\0") if one)
    return tuple(found)[:_MAX_NAMES]


def sm2_value(blob: bytes) -> bytes:
    """ECCSIGNATUREBLOB as DER SEQUENCE{r, s} (GM/T 0009 §7.3); both numbers stand at the end of their 64 bytes.

    Raises Refused(SIGNATURE_INVALID) for numbers out of range.
    """
    r, s = blob[:_HALF], blob[_HALF:]
    front = _HALF - _NUMBER_BYTES
    if len(blob) != ECC_SIGNATURE_BYTES or any(r[:front]) or any(s[:front]):
        raise Refused(Problem.SIGNATURE_INVALID)
    return sm2.der_value(r[front:] + s[front:])


def file_size(raw: bytes) -> int:
    """The bytes that a FILEATTRIBUTE says its file has."""
    return int.from_bytes(raw[_FILE_SIZE], "little")


def sm2_public_key(blob: bytes) -> bytes | None:
    """ECCPUBLICKEYBLOB as DER SubjectPublicKeyInfo; None for what is no point of the curve in either width."""
    front = _HALF - _NUMBER_BYTES
    for width in _WIDTHS:
        x, y = blob[width : width + _HALF], blob[width + _HALF : width + 2 * _HALF]
        point = b"\x04" + x[front:] + y[front:]
        if len(y) == _HALF and not any(x[:front] + y[:front]) and sm2.is_on_curve(point):
            return sm2.public_key(point).spki
    return None


def rsa_public_key(blob: bytes) -> bytes | None:
    """RSAPUBLICKEYBLOB as DER SubjectPublicKeyInfo; None for anything but 2048 bits in either width."""
    for width in _WIDTHS:
        if int.from_bytes(blob[width : 2 * width], "little") != RSA_BITS:
            continue
        at = 2 * width + _MODULUS_BYTES
        modulus = int.from_bytes(blob[2 * width : at], "big")
        exponent = int.from_bytes(blob[at : at + _EXPONENT_BYTES], "big")
        if modulus.bit_length() == RSA_BITS and modulus % 2 and exponent % 2 and exponent > 1:
            numbers = der.sequence(der.integer(modulus), der.integer(exponent))
            return der.sequence(_RSA_IDENTIFIER, der.tlv(_BIT_STRING, b"\x00", numbers))
    return None
