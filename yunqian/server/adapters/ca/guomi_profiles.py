"""What the demo's SM2 certificates and lists look like (GM/T 0015 §5, RFC 5280), byte by byte.

`cryptography` writes no SM2 certificate, so these few forms are written here; the names, lives and usages are
those of `profiles`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from yunqian.crypto import certificates, der, public_keys, sm2
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.server.adapters.ca.profiles import HOLDER_LIFE, ISSUING_LIFE, LIST_LIFE, ORGANIZATION, ROOT_LIFE

ROOT, ISSUING = "sm2-root", "sm2-issuing"
_SKEW = timedelta(minutes=5)  # another machine's clock may be a little behind ours
_ALGORITHM = Suite.SM2_SM3.signature_identifier
_BOOLEAN, _BIT_STRING, _ENUMERATED, _UTF8, _PRINTABLE = 0x01, 0x03, 0x0A, 0x0C, 0x13
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_TRUE = der.tlv(_BOOLEAN, b"\xff")
_SIGNS_CERTIFICATES = b"\x01\x86"  # digitalSignature, keyCertSign, cRLSign; one unused bit
_SIGNS_DOCUMENTS = b"\x06\xc0"  # digitalSignature, nonRepudiation; six unused bits
_REASONS = {"keyCompromise": 1, "affiliationChanged": 3, "superseded": 4, "cessationOfOperation": 5}


@dataclass(frozen=True)
class Sm2Issuer:
    """An authority's part that signs with SM2."""

    name: str
    certificate: Certificate
    key: sm2.PrivateKey


def root(key: sm2.PrivateKey, *, serial: int, at: datetime) -> Certificate:
    """A self-signed root above one level of issuing authorities."""
    name = _name("云签演示国密根证书 Demo SM2 Root", ORGANIZATION)
    own = (_authority(path_length=1), _usage(_SIGNS_CERTIFICATES), _subject_key(key.public.spki))
    return _signed(key, name, name, key.public.spki, own, serial=serial, begins=at, ends=at + ROOT_LIFE)


def issuing(key: sm2.PrivateKey, *, by: Sm2Issuer, origin: str, serial: int, at: datetime) -> Certificate:
    """The authority that certifies holders."""
    name = _name("云签演示国密签发机构 Demo SM2 Issuing CA", ORGANIZATION)
    own = (_authority(path_length=0), _usage(_SIGNS_CERTIFICATES), _subject_key(key.public.spki))
    more = (*own, *_placed(by, origin))
    above = by.certificate.subject_der
    return _signed(
        by.key, name, above, key.public.spki, more, serial=serial, begins=at, ends=at + ISSUING_LIFE
    )


def holder(
    public_key_der: bytes, subject: tuple[str, str], *, by: Sm2Issuer, origin: str, serial: int, at: datetime
) -> Certificate:
    """A certificate that documents are signed with; `subject` is the name and the organization, or ""."""
    name = _name(*subject)
    own = (_extension("2.5.29.19", der.sequence(), is_critical=True), _usage(_SIGNS_DOCUMENTS))
    more = (*own, _subject_key(public_key_der), *_placed(by, origin))
    above = by.certificate.subject_der
    return _signed(by.key, name, above, public_key_der, more, serial=serial, begins=at, ends=at + HOLDER_LIFE)


def revocation_list(
    by: Sm2Issuer, revoked: Iterable[tuple[int, datetime, str]], *, number: int, at: datetime
) -> bytes:
    """A complete list in DER of (serial, revoked at, reason of RFC 5280 §5.3.1)."""
    entries = [
        der.sequence(der.integer(serial), _moment(since), _reason(reason))
        for serial, since, reason in revoked
    ]
    extensions = der.sequence(_above(by), _extension("2.5.29.20", der.integer(number)))
    signed = der.sequence(
        der.integer(1),
        _ALGORITHM,
        by.certificate.subject_der,
        _moment(at),
        _moment(at + LIST_LIFE),
        der.sequence(*entries) if entries else b"",
        der.explicit(0, extensions),
    )
    return _with_value(signed, by.key)


def _signed(
    key: sm2.PrivateKey,
    subject: bytes,
    issuer: bytes,
    public_key_der: bytes,
    extensions: tuple[bytes, ...],
    *,
    serial: int,
    begins: datetime,
    ends: datetime,
) -> Certificate:
    signed = der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(serial),
        _ALGORITHM,
        issuer,
        der.sequence(_moment(begins - _SKEW), _moment(ends)),
        subject,
        public_key_der,
        der.explicit(3, der.sequence(*extensions)),
    )
    return certificates.read(_with_value(signed, key))


def _with_value(signed: bytes, key: sm2.PrivateKey) -> bytes:
    return der.sequence(signed, _ALGORITHM, der.tlv(_BIT_STRING, b"\x00", key.sign(signed)))


def _name(name: str, organization: str) -> bytes:
    parts = [("2.5.4.6", _PRINTABLE, "CN"), ("2.5.4.10", _UTF8, organization), ("2.5.4.3", _UTF8, name)]
    return der.sequence(
        *(
            der.set_of(der.sequence(der.oid(kind), der.tlv(tag, value.encode())))
            for kind, tag, value in parts
            if value
        )
    )


def _moment(at: datetime) -> bytes:
    """UTCTime before 2050, GeneralizedTime from then on (RFC 5280 §4.1.2.5)."""
    if at.year < 2050:
        return der.tlv(_UTC_TIME, at.strftime("%y%m%d%H%M%SZ").encode())
    return der.tlv(_GENERALIZED_TIME, at.strftime("%Y%m%d%H%M%SZ").encode())


def _extension(dotted: str, value: bytes, *, is_critical: bool = False) -> bytes:
    return der.sequence(der.oid(dotted), _TRUE if is_critical else b"", der.octets(value))


def _authority(*, path_length: int) -> bytes:
    return _extension("2.5.29.19", der.sequence(_TRUE, der.integer(path_length)), is_critical=True)


def _usage(bits: bytes) -> bytes:
    return _extension("2.5.29.15", der.tlv(_BIT_STRING, bits), is_critical=True)


def _identifier(public_key_der: bytes) -> bytes:
    """The leftmost 160 bits of the SHA-256 of the key's bits (RFC 7093 §2 method 1)."""
    return hashlib.sha256(public_keys.read(public_key_der).octets).digest()[:20]


def _subject_key(public_key_der: bytes) -> bytes:
    return _extension("2.5.29.14", der.octets(_identifier(public_key_der)))


def _above(by: Sm2Issuer) -> bytes:
    named = der.tlv(0x80, _identifier(by.certificate.public_key_der))
    return _extension("2.5.29.35", der.sequence(named))


def _placed(by: Sm2Issuer, origin: str) -> tuple[bytes, ...]:
    """Who is above, and where its list and its certificate are (RFC 5280 §4.2.1.13, §4.2.2.1)."""
    listed = der.tlv(0x86, f"{origin}/pki/{by.name}.crl".encode())
    point = der.sequence(der.explicit(0, der.explicit(0, listed)))
    issuer = der.tlv(0x86, f"{origin}/pki/{by.name}.cer".encode())
    access = der.sequence(der.oid("1.3.6.1.5.5.7.48.2"), issuer)
    return (
        _above(by),
        _extension("2.5.29.31", der.sequence(point)),
        _extension("1.3.6.1.5.5.7.1.1", der.sequence(access)),
    )


def _reason(named: str) -> bytes:
    """The entry's extensions; an unspecified reason is left out (RFC 5280 §5.3.1)."""
    if named not in _REASONS:
        return b""
    return der.sequence(_extension("2.5.29.21", der.tlv(_ENUMERATED, bytes([_REASONS[named]]))))
