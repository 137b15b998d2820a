"""Writing RFC 3161: the TimeStampToken and the response around it, as byte strings."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from yunqian.crypto import der
from yunqian.crypto.certificates import Certificate

POLICY = "2.999.1"  # below the arc that X.660 keeps for examples: nobody may take this stamp for more
_ACCURACY_SECONDS = 1
_VERSION_1, _VERSION_3 = der.integer(1), der.integer(3)

_TST_INFO = der.oid("1.2.840.113549.1.9.16.1.4")
_SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE = der.oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE_V2 = der.oid("1.2.840.113549.1.9.16.2.47")
_SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
_RSA_SHA256 = der.sequence(der.oid("1.2.840.113549.1.1.11"), der.NULL)
_BIT_STRING, _GENERALIZED_TIME, _DIRECTORY_NAME = 0x03, 0x18, 4


class Failure(IntEnum):
    """Why no token is given: the bit of PKIFailureInfo (RFC 3161 §2.4.2)."""

    BAD_ALGORITHM = 0
    BAD_REQUEST = 2
    BAD_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    SYSTEM_FAILURE = 25


@dataclass(frozen=True)
class Stamper:
    """Who stamps: key, certificate, and the authorities between it and the root."""

    key: rsa.RSAPrivateKey
    certificate: Certificate
    above: tuple[Certificate, ...]


def content(imprint: bytes, *, serial: int, at: datetime, nonce: int | None) -> bytes:
    """A TSTInfo; `imprint` is the MessageImprint as it was sent, in DER, `at` in UTC with whole seconds."""
    return der.sequence(
        _VERSION_1,
        der.oid(POLICY),
        imprint,
        der.integer(serial),
        der.tlv(_GENERALIZED_TIME, f"{at:%Y%m%d%H%M%SZ}".encode()),
        der.sequence(der.integer(_ACCURACY_SECONDS)),
        b"" if nonce is None else der.integer(nonce),
    )


def token(told: bytes, by: Stamper, *, with_certificates: bool) -> bytes:
    """The SignedData over a TSTInfo (RFC 3161 §2.4.2; RFC 5816 for the second version of ESSCertID)."""
    attributes = [
        der.sequence(_CONTENT_TYPE, der.set_of(_TST_INFO)),
        der.sequence(_MESSAGE_DIGEST, der.set_of(der.octets(hashlib.sha256(told).digest()))),
        der.sequence(_SIGNING_CERTIFICATE_V2, der.set_of(_names(by.certificate))),
    ]
    to_sign = der.set_of(*attributes)
    signer = der.sequence(
        _VERSION_1,
        der.sequence(by.certificate.issuer_der, der.integer(by.certificate.serial)),
        _SHA256,
        _implicit(0, to_sign),
        _RSA_SHA256,
        der.octets(by.key.sign(to_sign, padding.PKCS1v15(), hashes.SHA256())),
    )
    held = [one.der for one in (by.certificate, *by.above)] if with_certificates else []
    body = der.sequence(
        _VERSION_3,
        der.set_of(_SHA256),
        der.sequence(_TST_INFO, der.explicit(0, der.octets(told))),
        _implicit(0, der.set_of(*held)) if held else b"",
        der.set_of(signer),
    )
    return der.sequence(_SIGNED_DATA, der.explicit(0, body))


def granted(token_der: bytes) -> bytes:
    """A TimeStampResp that gives a token."""
    return der.sequence(der.sequence(der.integer(0)), token_der)


def refused(failure: Failure) -> bytes:
    """A TimeStampResp that gives none: status `rejection` and why."""
    octets = bytearray(failure // 8 + 1)
    octets[-1] = 0x80 >> failure % 8
    unused = 7 - failure % 8  # DER: a named bit list ends with its last bit (X.690 §11.2.2)
    bits = der.tlv(_BIT_STRING, bytes([unused]), bytes(octets))
    return der.sequence(der.sequence(der.integer(2), bits))


def _names(certificate: Certificate) -> bytes:
    """SigningCertificateV2 of one ESSCertIDv2; SHA-256 is its default and is left out (RFC 5035 §4)."""
    name = der.sequence(der.explicit(_DIRECTORY_NAME, certificate.issuer_der))
    issuer_serial = der.sequence(name, der.integer(certificate.serial))
    digest = der.octets(hashlib.sha256(certificate.der).digest())
    return der.sequence(der.sequence(der.sequence(digest, issuer_serial)))


def _implicit(number: int, encoded: bytes) -> bytes:
    """The same constructed content under [number]."""
    return bytes([0xA0 | number]) + encoded[1:]
