"""Certificate requests, PKCS#10 (RFC 2986; for SM2 GM/T 0092), from byte strings: what `cryptography` cannot do."""

import re
from base64 import b64decode, encodebytes
from collections.abc import Callable
from dataclasses import dataclass, field

from yunqian.crypto import ber, der, names, schemes
from yunqian.problems import Problem, Refused

_PEM = re.compile(rb"-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----(.*?)-----END", re.DOTALL)
_MAX_BYTES = 64 * 1024
_BIT_STRING, _UTF8 = 0x03, 0x0C
_COMMON_NAME = der.oid("2.5.4.3")
_ATTRIBUTES = b"\xa0\x00"


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """A request as read; `is_proven` says that whoever asks holds the private key."""

    owner: str
    public_key_der: bytes = field(repr=False)
    is_proven: bool


def build(owner: str, *, public_key_der: bytes, identifier: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """A request in PEM for CN=`owner`; see `build_der`."""
    encoded = build_der(owner, public_key_der=public_key_der, identifier=identifier, sign=sign)
    return b"-----BEGIN CERTIFICATE REQUEST-----\n%s-----END CERTIFICATE REQUEST-----\n" % encodebytes(
        encoded
    )


def build_der(
    owner: str, *, public_key_der: bytes, identifier: bytes, sign: Callable[[bytes], bytes]
) -> bytes:
    """A request in DER for CN=`owner`; `identifier` is the AlgorithmIdentifier of what `sign` makes."""
    name = der.sequence(der.set_of(der.sequence(_COMMON_NAME, der.tlv(_UTF8, owner.encode()))))
    asked = der.sequence(der.integer(0), name, public_key_der, _ATTRIBUTES)
    return der.sequence(asked, identifier, der.tlv(_BIT_STRING, b"\x00", sign(asked)))


def read(der_or_pem: bytes) -> CertificateRequest:
    """Read a request from DER or PEM and check its signature, whatever kind of key it is for.

    Raises Refused(REQUEST_INVALID) for anything else, and Refused(ALGORITHM_UNSUPPORTED) for SM2 on a machine
    without it.
    """
    try:
        return _read(der_or_pem)
    except (ValueError, IndexError, TypeError) as error:
        raise Refused(Problem.REQUEST_INVALID, detail="certificate request") from error


def _read(encoded: bytes) -> CertificateRequest:
    if not encoded or len(encoded) > _MAX_BYTES:
        raise ValueError("size")
    match = _PEM.search(encoded)
    whole = b64decode(b"".join(match[1].split()), validate=True) if match else encoded
    asked, algorithm, value = ber.only(whole, ber.SEQUENCE).children()
    _, subject, key, *_ = asked.tagged(ber.SEQUENCE).children()
    scheme = schemes.read(algorithm.whole)
    is_proven = (
        scheme is not None
        and not scheme.is_weak
        and schemes.verify(scheme, key.whole, asked.whole, ber.bits(value))
    )
    return CertificateRequest(names.read(subject.whole).owner, key.whole, is_proven)
