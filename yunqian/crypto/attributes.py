"""The signed attributes of a PAdES B-B signature: built by the engine, parsed by the security client.

Exactly three (RFC 5652 §11, RFC 5035 §3, ETSI EN 319 142-1 §6.3): content-type, message-digest and
signing-certificate-v2. No signing-time: in a PDF the claimed time stands in /M. Because the client parses
what it is asked to sign and refuses anything else, nobody can have it sign a bare digest of something else.
"""

import hashlib
from dataclasses import dataclass

from yunqian.crypto import der
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

_CONTENT_TYPE = der.oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE_V2 = der.oid("1.2.840.113549.1.9.16.2.47")
_DATA = der.oid("1.2.840.113549.1.7.1")
_DIGEST_SIZES = frozenset({32, 48})


@dataclass(frozen=True, slots=True)
class SignedAttributes:
    """What the attributes say; `content_type` is always the dotted form of id-data."""

    content_type: str
    message_digest: bytes
    certificate_sha256: str


def build(document_digest: bytes, certificate: Certificate, suite: Suite) -> bytes:
    """DER SET OF the three attributes: exactly the bytes that the key signs (RFC 5652 §5.4).

    Raises ValueError for a digest whose length is not the suite's: a defect of the caller.
    """
    if len(document_digest) != hashlib.new(suite.digest).digest_size:
        raise ValueError("the digest does not belong to the suite")
    return _encoded(document_digest, _certificate_id(certificate))


def parse(encoded: bytes) -> SignedAttributes:
    """Take signed attributes apart, accepting only what `build` could have made.

    Raises Refused(ATTRIBUTES_NOT_ACCEPTED) for an attribute more or less, or any other encoding.
    """
    try:
        return _parsed(encoded)
    except der.NotDer as error:
        raise Refused(Problem.ATTRIBUTES_NOT_ACCEPTED, detail=str(error)) from error


def _encoded(digest: bytes, certificate_id: bytes) -> bytes:
    return der.set_of(
        _attribute(_CONTENT_TYPE, _DATA),
        _attribute(_MESSAGE_DIGEST, der.octets(digest)),
        _attribute(_SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(certificate_id))),
    )


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.sequence(kind, der.set_of(value))


def _certificate_id(certificate: Certificate) -> bytes:
    """ESSCertIDv2 (RFC 5035 §4) with SHA-256, which as the default is left out, and issuerSerial."""
    issuer = der.sequence(der.explicit(4, certificate.issuer_der))
    return der.sequence(
        der.octets(bytes.fromhex(certificate.sha256)), der.sequence(issuer, der.integer(certificate.serial))
    )


def _parsed(encoded: bytes) -> SignedAttributes:
    values = dict(_pair(attribute) for _, attribute in der.children(der.only(encoded, der.SET)))
    if values.keys() != {_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_CERTIFICATE_V2}:
        raise der.NotDer("not exactly content-type, message-digest and signing-certificate-v2")
    digest = der.only(values[_MESSAGE_DIGEST], der.OCTETS)
    if len(digest) not in _DIGEST_SIZES:
        raise der.NotDer("a message digest of unknown length")
    certificate_id = der.only(der.only(values[_SIGNING_CERTIFICATE_V2], der.SEQUENCE), der.SEQUENCE)
    tag, fingerprint, _ = der.element(der.only(certificate_id, der.SEQUENCE))
    if tag != der.OCTETS or len(fingerprint) != 32:
        raise der.NotDer("not exactly one certificate by its SHA-256")
    if _encoded(digest, certificate_id) != encoded:
        raise der.NotDer("not in canonical form")
    return SignedAttributes("1.2.840.113549.1.7.1", digest, fingerprint.hex())


def _pair(attribute: bytes) -> tuple[bytes, bytes]:
    parts = der.children(der.only(attribute, der.SEQUENCE))
    if [tag for tag, _ in parts] != [der.OID, der.SET]:
        raise der.NotDer("an attribute is not a type and a set of values")
    return parts[0][1], der.only(parts[1][1], der.SET)
