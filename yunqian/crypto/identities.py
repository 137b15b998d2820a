"""Whom a certificate names, by what survives its renewal: numbers of persons and organizations, not serial numbers.

Authorities write them into extensions of their own as one DER string, in alternatives of a number ([0] identity card,
[1] military, [2] passport: GM/T 0015 §5.2.4), or into the subject. A person's number is there in clear, or as a digest.
What is read here was signed by the authority; whether that one is trusted is for the path to say.
"""

import re
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass
from functools import lru_cache

from yunqian.crypto import ber, der, names
from yunqian.crypto.certificates import Certificate

_EXTENSIONS = 0xA3
_COMMON_NAME, _ORGANIZATION = "2.5.4.3", "2.5.4.10"
_ENTITY = "1.3.6.1.4.1.18760.1.12.11"
"""NetCA's unique entity identifier, which its renewals keep."""
_OF_PERSONS = ("1.2.156.10260.4.1.1.1", "1.2.156.10260.4.1.1", "1.2.86.11.7.1")
_OF_ORGANIZATIONS = ("1.2.156.10260.4.1.4", "1.2.86.11.7.4")
_OTHERS = (
    "1.2.156.10260.4.1.1.2",
    "1.2.156.10260.4.1.2",
    "1.2.156.10260.4.1.3",
    "1.2.156.10260.4.1.5",
    "1.2.86.11.7.3",
    "1.2.86.11.7.5",
    "2.16.156.112548",
    "1.2.86.21.1.3",
    "1.2.156.112573.14",
)
_IN_SUBJECT = ("2.5.4.5", "2.5.4.97", "0.9.2342.19200300.100.1.1")
_ENTITY_FORM = re.compile(r"\d+@\d+[A-Z]{2}([01])(.+)")
_PERSON = re.compile(r"[1-9]\d{5}(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])\d{3}[\dX]")
_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_DIGEST_HEX = re.compile(r"[0-9a-f]{64}")
_STRINGS = (0x0C, 0x13, 0x16, 0x1A)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the certificate names. `person_numbers` and `person_digests` (SHA-256 or SM3, hex) are of the holder.

    `codes` are unified social credit codes. `stable` is the same in every certificate that the authority issues to
    this holder, and compared for equality only; where no number is stated it is the whole subject name.
    """

    name: str
    organization: str
    person_numbers: frozenset[str]
    person_digests: frozenset[str]
    codes: frozenset[str]
    stable: str

    @property
    def names_a_person(self) -> bool:
        """Whether it says which person by a number, be it readable or not."""
        return bool(self.person_numbers or self.person_digests)


@lru_cache(maxsize=512)
def read(certificate: Certificate) -> Identity:
    """What the certificate says of its holder. Reading never fails: what cannot be read says nothing."""
    entries = names.read(certificate.subject_der).entries
    stated = _stated(certificate)
    found = {kind: _text(value) for kind, value in stated.items()}
    told = {_bare(text) for kind, text in entries if kind in _IN_SUBJECT}
    told = {text.upper() for text in (*told, _entity_number(found.get(_ENTITY, "")))}
    numbers = {text.upper() for text in _of(found, _OF_PERSONS)} | told
    codes = {text.upper() for text in _of(found, _OF_ORGANIZATIONS)}
    codes |= {text for text in told if not _PERSON.fullmatch(text)}
    return Identity(
        name=_last(entries, _COMMON_NAME),
        organization=_last(entries, _ORGANIZATION),
        person_numbers=frozenset(filter(_PERSON.fullmatch, numbers)),
        person_digests=frozenset(filter(None, map(_digest, _of(found, _OF_PERSONS)))),
        codes=frozenset(filter(_CODE.fullmatch, codes)),
        stable=_stable(found, certificate),
    )


def _stable(found: dict[str, str], certificate: Certificate) -> str:
    """The numbers of the holder with the subject's names, or without numbers the whole subject.

    An organization may have several holders under one code, so that a number alone does not tell them apart.
    """
    if found.get(_ENTITY):
        return f"entity {found[_ENTITY]}"
    known = [
        f"{kind}={found[kind]}" for kind in (*_OF_PERSONS, *_OF_ORGANIZATIONS, *_OTHERS) if found.get(kind)
    ]
    entries = names.read(certificate.subject_der).entries
    told = [f"{kind}={text}" for kind, text in entries if not known or kind in (_COMMON_NAME, _ORGANIZATION)]
    return "\n".join([*known, *told])


def _stated(certificate: Certificate) -> dict[str, bytes]:
    """The values of all extensions; one that stands there twice says nothing."""
    signed = ber.only(certificate.signed_der, ber.SEQUENCE).children()
    listed = next((one.children()[0] for one in signed if one.tag == _EXTENSIONS), None)
    found: dict[str, bytes] = {}
    for one in listed.tagged(ber.SEQUENCE).children() if listed else []:
        kind, *rest = one.tagged(ber.SEQUENCE).children()
        name = ber.dotted(kind)
        found[name] = b"" if name in found else rest[-1].tagged(der.OCTETS).content
    return found


def _text(value: bytes) -> str:
    """The one string of a value, through the alternatives in which it may be wrapped; nothing where there is none."""
    try:
        one, end = ber.element(value)
    except ber.NotBer:
        return ""
    if end != len(value):
        return ""
    if one.tag & 0xE0 == 0xA0 or one.tag == ber.SEQUENCE:
        return _text(one.content)
    is_text = one.tag in _STRINGS or one.tag & 0xE0 == 0x80
    return one.content.decode("utf-8", "replace").strip() if is_text else ""


def _of(found: dict[str, str], kinds: tuple[str, ...]) -> set[str]:
    return {found[kind] for kind in kinds if found.get(kind)}


def _entity_number(text: str) -> str:
    """The number inside NetCA's identifier: NNNNN@NNNN, two letters, 1 where Base64 follows, the number."""
    match = _ENTITY_FORM.fullmatch(text)
    if match is None:
        return ""
    if match[1] == "0":
        return match[2]
    try:
        return b64decode(match[2], validate=True).decode("utf-8", "replace")
    except Error:
        return ""


def _digest(text: str) -> str:
    """A digest of 32 octets as hex, whether it is written so or in Base64."""
    if _DIGEST_HEX.fullmatch(text.lower()):
        return text.lower()
    try:
        octets = b64decode(text, validate=True)
    except (Error, ValueError):
        return ""
    return octets.hex() if len(octets) == 32 else ""


def _bare(text: str) -> str:
    """The number without what says of which register it is (ETSI EN 319 412-1 §5.1.4: NTRCN-…, IDCCN-…)."""
    return re.sub(r"^[A-Z]{3}CN-", "", text.strip())


def _last(entries: tuple[tuple[str, str], ...], wanted: str) -> str:
    return next((text for kind, text in reversed(entries) if kind == wanted and text), "")
