"""Certificates made byte by byte for RSA, ECDSA and SM2, right ones and every kind of wrong one.

`hierarchy` is the friendly world made by `cryptography`; this makes what `cryptography` refuses to make: SM2,
odd spellings, broken extensions, signatures that are not right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.pki.hierarchy import NOW, YEAR, ec_key, rsa_key
from yunqian.crypto import der, sm2
from yunqian.crypto.certificates import Certificate, read

BIT_STRING, BOOLEAN, UTF8, UTC_TIME, GENERALIZED_TIME = 0x03, 0x01, 0x0C, 0x17, 0x18
KINDS = ("rsa", "ecdsa", "sm2")
SM2_WITH_SM3 = der.sequence(der.oid("1.2.156.10197.1.501"))
_ALGORITHMS = {
    "rsa": der.sequence(der.oid("1.2.840.113549.1.1.11"), der.NULL),
    "ecdsa": der.sequence(der.oid("1.2.840.10045.4.3.2")),
    "sm2": SM2_WITH_SM3,
}
_USAGE_BITS = {
    "digital_signature": 0x80,
    "non_repudiation": 0x40,
    "key_encipherment": 0x20,
    "key_cert_sign": 4,
    "crl_sign": 2,
}

type_of_key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | sm2.PrivateKey


@cache
def key(kind: str, which: str) -> type_of_key:
    """One key per kind and name for the whole run."""
    if kind == "rsa":
        return rsa_key(which)
    return ec_key(which) if kind == "ecdsa" else sm2.PrivateKey.of_number(sha256(which.encode()).digest())


def kind_of(one: type_of_key) -> str:
    if isinstance(one, rsa.RSAPrivateKey):
        return "rsa"
    return "ecdsa" if isinstance(one, ec.EllipticCurvePrivateKey) else "sm2"


def algorithm_of(one: type_of_key) -> bytes:
    """The AlgorithmIdentifier of what `sign` makes."""
    return _ALGORITHMS[kind_of(one)]


def sign(one: type_of_key, message: bytes) -> bytes:
    """The raw value as it stands in a certificate."""
    if isinstance(one, rsa.RSAPrivateKey):
        return one.sign(message, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(one, ec.EllipticCurvePrivateKey):
        return one.sign(message, ec.ECDSA(hashes.SHA256()))
    return one.sign(message)


def spki(one: type_of_key) -> bytes:
    if isinstance(one, sm2.PrivateKey):
        return one.public.spki
    return one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def name(text: str, *, tag: int = UTF8, country: str = "CN") -> bytes:
    """C=CN, CN=text, the common name as the given kind of string."""
    entries = (("2.5.4.6", 0x13, country.encode()), ("2.5.4.3", tag, text.encode()))
    return der.sequence(
        *(der.set_of(der.sequence(der.oid(kind), der.tlv(as_tag, value))) for kind, as_tag, value in entries)
    )


def moment(at: datetime, tag: int = UTC_TIME) -> bytes:
    return der.tlv(tag, at.strftime("%Y%m%d%H%M%SZ")[2 if tag == UTC_TIME else 0 :].encode())


def extension(dotted: str, value: bytes, *, critical: bool = False) -> bytes:
    flag = der.tlv(BOOLEAN, b"\xff") if critical else b""
    return der.sequence(der.oid(dotted), flag, der.octets(value))


def constraints(is_ca: bool, path_length: int | None = None) -> bytes:
    room = b"" if path_length is None else der.integer(path_length)
    return der.sequence(der.tlv(BOOLEAN, b"\xff") if is_ca else b"", room)


def usage(*named: str) -> bytes:
    octet = sum(_USAGE_BITS[one] for one in named)
    return der.tlv(BIT_STRING, b"\x00", bytes([octet]))


@dataclass(frozen=True)
class Party:
    """Somebody with a key and a certificate."""

    key: type_of_key
    certificate: Certificate
    subject: bytes


@dataclass(frozen=True)
class Odd:
    """In what a certificate differs from a plain one."""

    subject: bytes | None = None
    issuer: bytes | None = None
    spki: bytes | None = None
    algorithm: bytes | None = None
    inner_algorithm: bytes | None = None
    basic: bytes | None = None
    time_tag: int = UTC_TIME
    begins: datetime = NOW - YEAR
    ends: datetime = NOW + YEAR
    more: tuple[bytes, ...] = ()
    spoilt: bool = False
    without_extensions: bool = False


PLAIN = Odd()


def authority(
    holder: type_of_key,
    called: str,
    *,
    by: Party | None = None,
    path_length: int | None = None,
    odd: Odd = PLAIN,
) -> Party:
    """A certification authority."""
    basic = odd.basic if odd.basic is not None else constraints(True, path_length)
    return _certified(holder, called, by, ("key_cert_sign", "crl_sign"), basic, odd)


def person(
    holder: type_of_key,
    called: str,
    *,
    by: Party,
    usages: Sequence[str] = ("digital_signature", "non_repudiation"),
    odd: Odd = PLAIN,
) -> Party:
    """Somebody who signs documents."""
    return _certified(
        holder, called, by, usages, odd.basic if odd.basic is not None else constraints(False), odd
    )


def _certified(
    holder: type_of_key, called: str, by: Party | None, usages: Sequence[str], basic: bytes, odd: Odd
) -> Party:
    subject = odd.subject or name(called)
    algorithm = odd.algorithm or algorithm_of(by.key if by else holder)
    listed = [extension("2.5.29.19", basic, critical=True)] if basic else []
    if usages:
        listed.append(extension("2.5.29.15", usage(*usages), critical=True))
    extensions = der.explicit(3, der.sequence(*listed, *odd.more))
    signed = der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(int.from_bytes(sha256(called.encode()).digest()[:15], "big")),
        odd.inner_algorithm or algorithm,
        odd.issuer or (by.subject if by else subject),
        der.sequence(moment(odd.begins, odd.time_tag), moment(odd.ends, odd.time_tag)),
        subject,
        odd.spki or spki(holder),
        b"" if odd.without_extensions else extensions,
    )
    value = sign(by.key if by else holder, signed + (b"\x00" if odd.spoilt else b""))
    encoded = der.sequence(signed, algorithm, der.tlv(BIT_STRING, b"\x00", value))
    return Party(holder, read(encoded), subject)
