"""The electronic seal object, SESeal, in its three versions: read as found, judged in `verdicts`.

V1 is GM/T 0031-2014, V4 is GB/T 38540-2020, V5 is GM/T 0031-2025. They are told apart by their structure, for
names and version numbers are not to be relied on: two elements are V1; four or five are V4 or V5, and which of
these the header says.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from yunqian.crypto import ber, der
from yunqian.eseal import fields
from yunqian.eseal.fields import Extension
from yunqian.problems import Problem, Refused

MAX_BYTES = 16 * 1024 * 1024
_IA5 = 0x16


class Version(IntEnum):
    """Which standard's structure it has."""

    V1 = 1
    V4 = 4
    V5 = 5

    @property
    def standard(self) -> str:
        """The standard by its number and year."""
        return {1: "GM/T 0031-2014", 4: "GB/T 38540-2020", 5: "GM/T 0031-2025"}[self.value]


@dataclass(frozen=True, slots=True)
class SealPicture:
    """The impression as the maker put it in: `kind` as written (PNG, png, GIF, ofd), size in millimetres."""

    kind: str
    content: bytes = field(repr=False)
    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class CertificateDigest:
    """A signer's certificate by its digest; `kind` names the digest as written."""

    kind: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal. A time is None where it names no moment; certificates are DER as found, perhaps unreadable.

    `stated_version` is the header's number, `kind` the seal's type as its maker numbers them. Of the list of
    signers, `certificates`, `certificate_digests` and `unknown_signers` hold what each member is.
    `whole` is the seal's own bytes, `signed` what its maker signed.
    """

    version: Version
    stated_version: int
    es_id: str
    vendor_id: str
    kind: int
    name: str
    certificates: tuple[bytes, ...] = field(repr=False)
    certificate_digests: tuple[CertificateDigest, ...]
    unknown_signers: tuple[bytes, ...] = field(repr=False)
    created_at: datetime | None
    valid_from_at: datetime | None
    valid_until_at: datetime | None
    picture: SealPicture
    extensions: tuple[Extension, ...]
    maker_certificate: bytes = field(repr=False)
    algorithm: str
    value: bytes = field(repr=False)
    timestamp: bytes | None = field(repr=False)
    whole: bytes = field(repr=False)
    signed: bytes = field(repr=False)


def read(encoded: bytes) -> Seal:
    """Read one seal object: exactly these bytes, nothing behind them.

    Raises Refused(SEAL_UNREADABLE) where the bytes are none of the three structures.
    """
    try:
        if len(encoded) > MAX_BYTES:
            raise ber.NotBer("too large")
        return of_element(ber.only(bytes(encoded), ber.SEQUENCE))
    except ber.NotBer as error:
        raise Refused(Problem.SEAL_UNREADABLE) from error


def kept_as(encoded: bytes) -> str:
    """The name under which a soft key keeps a seal object: by its code, so that a new version replaces the old one.

    What cannot be read has no code and is named by its own digest: nothing is judged here.
    """
    try:
        name = b"code\0" + read(encoded).es_id.encode()
    except Refused:
        name = b"bytes\0" + bytes(encoded)
    return f"{hashlib.sha256(name).hexdigest()}.der"


def of_element(found: ber.Element) -> Seal:
    """The seal that an element is, for a signature that holds one. Raises ber.NotBer, inside this room only."""
    parts = fields.members(found, 2, 5)
    if len(parts) == 2:
        return _first(found.whole, *parts)
    if len(parts) == 3:
        raise ber.NotBer("three elements are no seal")
    info, maker, algorithm, value, *stamp = parts
    return _seal(_Proof(found.whole, maker, algorithm, value, stamp, info.whole), info, is_first=False)


def _first(whole: bytes, info: ber.Element, sign_info: ber.Element) -> Seal:
    """V1: the maker signs SEQUENCE{info, certificate, algorithm}."""
    maker, algorithm, value = fields.members(sign_info, 3, 3)
    signed = der.sequence(info.whole, maker.whole, algorithm.whole)
    return _seal(_Proof(whole, maker, algorithm, value, [], signed), info, is_first=True)


@dataclass(frozen=True, slots=True)
class _Proof:
    """What stands beside the seal's contents: by whom, how and over which bytes they are signed."""

    whole: bytes
    maker: ber.Element
    algorithm: ber.Element
    value: ber.Element
    stamp: list[ber.Element]
    signed: bytes


def _seal(proof: _Proof, info: ber.Element, *, is_first: bool) -> Seal:
    header, es_id, properties, picture, *more = fields.members(info, 4, 5)
    _, stated, vendor = fields.members(header, 3, 3)
    kind, name, *_, signers, created, begins, ends = fields.members(properties, 6, 7)
    stated_version = fields.number(stated)
    newer = Version.V5 if stated_version == Version.V5 else Version.V4
    certificates, digests, unknown = _signers(signers)
    return Seal(
        version=Version.V1 if is_first else newer,
        stated_version=stated_version,
        es_id=fields.text(es_id),
        vendor_id=fields.text(vendor),
        kind=fields.number(kind),
        name=fields.text(name),
        certificates=certificates,
        certificate_digests=digests,
        unknown_signers=unknown,
        created_at=fields.moment(created),
        valid_from_at=fields.moment(begins),
        valid_until_at=fields.moment(ends),
        picture=_picture(picture),
        extensions=fields.extensions(more),
        maker_certificate=fields.certificate(proof.maker),
        algorithm=fields.algorithm(proof.algorithm),
        value=fields.bits(proof.value),
        timestamp=fields.timestamp(proof.stamp),
        whole=proof.whole,
        signed=proof.signed,
    )


def _picture(found: ber.Element) -> SealPicture:
    kind, content, width, height = fields.members(found, 4, 4)
    return SealPicture(fields.text(kind), fields.octets(content), fields.number(width), fields.number(height))


def _signers(
    found: ber.Element,
) -> tuple[tuple[bytes, ...], tuple[CertificateDigest, ...], tuple[bytes, ...]]:
    """Each member for what it is, whatever certListType says: certificates, digests, and what is neither."""
    certificates: list[bytes] = []
    digests: list[CertificateDigest] = []
    unknown: list[bytes] = []
    for member in fields.members(found, 0, fields.MEMBERS_MAX):
        digest = _digest(member)
        if digest is not None:
            digests.append(digest)
        elif member.tag in (der.OCTETS, ber.SEQUENCE):
            certificates.append(fields.certificate(member))
        elif member.tag == _IA5 and _is_sequence(member.content):
            # The text of V1 calls a member `certID ::= IA5String`, and so makers put the certificate into one.
            certificates.append(member.content)
        else:
            unknown.append(member.content)
    return tuple(certificates), tuple(digests), tuple(unknown)


def _is_sequence(content: bytes) -> bool:
    """Whether it is DER rather than text; a text may well begin with "0", which is the tag of a SEQUENCE."""
    try:
        ber.only(content, ber.SEQUENCE)
    except ber.NotBer:
        return False
    return True


def _digest(member: ber.Element) -> CertificateDigest | None:
    """CertDigestObj; a certificate is a SEQUENCE too, but begins with another one."""
    if member.tag != ber.SEQUENCE:
        return None
    inside = fields.inside(member)
    if len(inside) != 2 or inside[1].tag != der.OCTETS or inside[0].tag == ber.SEQUENCE:
        return None
    kind = ber.dotted(inside[0]) if inside[0].tag == ber.OID else fields.text(inside[0])
    return CertificateDigest(kind, inside[1].content)
