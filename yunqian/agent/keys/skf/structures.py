"""The shapes of GM/T 0016 as bytes: texts, lists of names, the front of DEVINFO, the signature of SM2.

`ULONG` is where libraries differ: 4 bytes on Windows and in some builds for Linux (the standard's DEVINFO of 294
bytes), `unsigned long` of 8 in others (326), and either may be padded (296, 328). No build is asked which it is:

- a number that comes back lies in a cell of 8 bytes whose upper half was zero (little-endian);
- a number that goes in fills a whole register or place on the stack, which is right for both widths;
- of DEVINFO only what stands before its first ULONG is read, in a room that fits every layout;
- ECCSIGNATUREBLOB is bytes only.
"""

from dataclasses import dataclass

from yunqian.crypto import sm2
from yunqian.problems import Problem, Refused

DEVINFO_ROOM = 1024
"""Bytes given for a DEVINFO; the largest known layout takes 328."""

ECC_SIGNATURE_BYTES = 128
_MAX_TEXT = 64
_MAX_NAMES = 64
_HALF = ECC_SIGNATURE_BYTES // 2
_NUMBER_BYTES = 32
# VERSION(2) Manufacturer[64] Issuer[64] Label[32] SerialNumber[32]
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
