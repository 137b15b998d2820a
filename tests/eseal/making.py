"""Seals and seal signatures for tests, byte by byte: right ones, odd ones as met in the field, and wrong ones.

It shares nothing with `yunqian.eseal.make`, which it judges: what that makes must be what this writes.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from tests.pki import parties
from tests.pki.hierarchy import NOW, YEAR
from tests.pki.parties import GENERALIZED_TIME, UTC_TIME, UTF8, Party
from yunqian.crypto import der, sm2
from yunqian.eseal.seal import Version

IA5, PRINTABLE = 0x16, 0x13
CONTENT = b"what the seal was set upon"
SIGNED_AT = NOW - timedelta(days=3)
BEGINS, ENDS = NOW - YEAR / 2, NOW + YEAR / 2
OIDS = {"sm2": "1.2.156.10197.1.501", "rsa": "1.2.840.113549.1.1.11", "ecdsa": "1.2.840.10045.4.3.2"}


def maker(kind: str = "sm2") -> Party:
    return _party(kind, "印章制作单位")


def signer(kind: str = "sm2", called: str = "李明") -> Party:
    return _party(kind, called)


@cache
def _party(kind: str, called: str) -> Party:
    return parties.person(parties.key(kind, called), called, by=_root())


@cache
def _root() -> Party:
    return parties.authority(parties.key("ecdsa", "seal root"), "印章根机构")


@dataclass(frozen=True)
class Shape:
    """How a seal and its signature are written; the plain shape is the standard's."""

    version: Version = Version.V4
    stated: int | None = None
    maker: str = "sm2"
    signer: str = "sm2"
    signers: tuple[bytes, ...] | None = None
    list_kind: int = 1
    begins: bytes | None = None
    time_info: bytes | None = None
    extensions: bytes = b""
    raw_value: bool = False
    algorithm: str | None = None
    data_hash: bytes | None = None
    stamp: bytes = b""
    picture: bytes = b"\x89PNG"
    size_mm: tuple[int, int] = (40, 30)
    by: Party | None = None

    def but(self, **changes: object) -> "Shape":
        return replace(self, **changes)


PLAIN = Shape()


def text(tag: int, content: str) -> bytes:
    return der.tlv(tag, content.encode())


def bits(content: bytes) -> bytes:
    return der.tlv(parties.BIT_STRING, b"\x00", content)


def moment(at: datetime, shape: Shape = PLAIN) -> bytes:
    return parties.moment(at, UTC_TIME if shape.version is Version.V1 else GENERALIZED_TIME)


def digest_entry(kind: str, value: bytes) -> bytes:
    return der.sequence(text(PRINTABLE, kind), der.octets(value))


def seal(shape: Shape = PLAIN) -> bytes:
    made_by = shape.by or maker(shape.maker)
    info = seal_info(shape)
    certificate = der.octets(made_by.certificate.der)
    algorithm = der.oid(shape.algorithm or OIDS[shape.maker])
    if shape.version is Version.V1:
        value = _value(made_by, der.sequence(info, certificate, algorithm), shape)
        return der.sequence(info, der.sequence(certificate, algorithm, bits(value)))
    return der.sequence(info, certificate, algorithm, bits(_value(made_by, info, shape)), shape.stamp)


def seal_info(shape: Shape) -> bytes:
    return der.sequence(
        der.sequence(text(IA5, "ES"), der.integer(shape.stated or shape.version), text(IA5, "YUNQIAN")),
        text(IA5, "44010000000001"),
        _properties(shape),
        der.sequence(text(IA5, "PNG"), der.octets(shape.picture), *map(der.integer, shape.size_mm)),
        shape.extensions,
    )


def _properties(shape: Shape) -> bytes:
    listed = shape.signers
    if listed is None:
        listed = (der.octets(signer(shape.signer).certificate.der),)
    return der.sequence(
        der.integer(1),
        text(UTF8, "广东示例科技有限公司"),
        b"" if shape.version is Version.V1 else der.integer(shape.list_kind),
        der.sequence(*listed),
        moment(BEGINS, shape),
        shape.begins or moment(BEGINS, shape),
        moment(ENDS, shape),
    )


def signature(shape: Shape = PLAIN, *, sealed: bytes | None = None) -> bytes:
    signed_by = signer(shape.signer)
    certificate = der.octets(signed_by.certificate.der)
    algorithm = der.oid(shape.algorithm or OIDS[shape.signer])
    is_first = shape.version is Version.V1
    plain_time = moment(SIGNED_AT, shape)
    claims = der.sequence(
        der.integer(shape.version),
        sealed or seal(shape),
        shape.time_info or (bits(plain_time) if is_first else plain_time),
        bits(shape.data_hash or digest(shape.signer, CONTENT)),
        text(IA5, "/Doc_0/Signs/Sign_0/Signature.xml"),
        *((certificate, algorithm) if is_first else (shape.extensions,)),
    )
    value = bits(_value(signed_by, claims, shape))
    if is_first:
        return der.sequence(claims, value)
    return der.sequence(claims, certificate, algorithm, value, shape.stamp)


def digest(kind: str, content: bytes) -> bytes:
    return hashlib.new("sm3" if kind == "sm2" else "sha256", content).digest()


def _value(by: Party, message: bytes, shape: Shape) -> bytes:
    value = parties.sign(by.key, message)
    return sm2.raw_value(value) if shape.raw_value else value
