"""Distinguished names (RFC 5280 §4.1.2.4) as certificate authorities really write them.

Texts stand in whichever string type the authority liked; an IA5String with Chinese in UTF-8 and a unique
identifier as UTF8String both occur. Reading never fails on a text: what cannot be decoded is shown as hex.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from yunqian.crypto import ber

_COMMON_NAME, _ORGANIZATION = "2.5.4.3", "2.5.4.10"
_LABELS = {
    _COMMON_NAME: "CN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    _ORGANIZATION: "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.45": "x500UniqueIdentifier",
    "2.5.4.97": "organizationIdentifier",
    "1.2.840.113549.1.9.1": "emailAddress",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
}


@dataclass(frozen=True, slots=True)
class Name:
    """A name as read: (object identifier, text) in the order found, and the form by which names are compared."""

    entries: tuple[tuple[str, str], ...]
    compared: tuple[frozenset[tuple[str, str]], ...]

    @property
    def owner(self) -> str:
        """What people call the holder: the last common name, or else the organization, or else everything."""
        for wanted in (_COMMON_NAME, _ORGANIZATION):
            texts = [text for kind, text in self.entries if kind == wanted and text]
            if texts:
                return texts[-1]
        return self.displayed

    @property
    def displayed(self) -> str:
        """The whole name on one line, in the order found: C=CN, O=…, CN=…"""
        return ", ".join(f"{_LABELS.get(kind, kind)}={text}" for kind, text in self.entries)


@lru_cache(maxsize=1024)
def read(encoded: bytes) -> Name:
    """Read a DER or BER Name. Raises ber.NotBer where its structure is none."""
    parts = [
        [_entry(entry) for entry in relative.tagged(ber.SET).children()]
        for relative in ber.only(encoded, ber.SEQUENCE).children()
    ]
    entries = tuple(entry for relative in parts for entry in relative)
    compared = tuple(frozenset((kind, _folded(text)) for kind, text in relative) for relative in parts)
    return Name(entries, compared)


def match(one: bytes, other: bytes) -> bool:
    """Whether two encoded names are the same name, whatever the string types, case and spaces (RFC 5280 §7.1).

    Authorities write the same name as PrintableString in one certificate and UTF8String in the next. Only who
    is asked for a key is chosen by this; the key's signature decides.
    """
    if one == other:
        return True
    try:
        return bool(one and other) and read(one).compared == read(other).compared
    except ber.NotBer:
        return False


def _entry(entry: ber.Element) -> tuple[str, str]:
    kind, value = entry.tagged(ber.SEQUENCE).children()
    return ber.dotted(kind), _text(value)


def _text(value: ber.Element) -> str:
    """A string of any type; IA5 and Teletex strings in the field hold UTF-8 or GB 18030."""
    decode = _DECODERS.get(value.tag)
    return decode(value.content) if decode else "#" + value.whole.hex()


def _wide(encoding: str) -> Callable[[bytes], str]:
    return lambda content: content.decode(encoding, "replace")


def _narrow(content: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", "replace")


_NARROW_TAGS = (0x0C, 0x12, 0x13, 0x14, 0x15, 0x16, 0x1A, 0x1B)
_DECODERS: dict[int, Callable[[bytes], str]] = {
    **dict.fromkeys(_NARROW_TAGS, _narrow),
    0x1E: _wide("utf-16-be"),
    0x1C: _wide("utf-32-be"),
    ber.BIT_STRING: lambda content: content[1:].hex().upper(),
}


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).strip()).casefold()
