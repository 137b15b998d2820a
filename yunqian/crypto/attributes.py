"""The signed attributes of a PAdES B-B signature: built by the engine, parsed by the security client.

Exactly three (RFC 5652 §11, RFC 5035 §3, ETSI EN 319 142-1 §6.3): content-type, message-digest and
signing-certificate-v2. No signing-time: in a PDF the claimed time stands in /M. Because the client parses
what it is asked to sign and refuses anything else, nobody can have it sign a bare digest of something else.
"""

from dataclasses import dataclass

from yunqian.crypto import der, sm2
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

_CONTENT_TYPE = der.oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE_V2 = der.oid("1.2.840.113549.1.9.16.2.47")
DATA = "1.2.840.113549.1.7.1"
"""id-data, as CMS and PAdES have it (RFC 5652 §4)."""
GM_DATA = "1.2.156.10197.6.1.4.2.1"
"""The same content in the family of GB/T 35275-2017, for SM2 alone."""
_SM3 = der.sequence(der.oid("1.2.156.10197.1.401"))
_SIZES = {"sha256": 32, "sha384": 48, "sm3": 32}


@dataclass(frozen=True, slots=True)
class SignedAttributes:
    """What the attributes say; `content_type` is `DATA` or `GM_DATA`.

    `certificate_sha256` is empty where the certificate is named by its SM3: ask `names`, which knows both.
    """

    content_type: str
    message_digest: bytes
    certificate_sha256: str
    certificate_sm3: str = ""

    def names(self, certificate: Certificate) -> bool:
        """Whether the attributes are bound to this certificate, by whichever digest they use."""
        if self.certificate_sm3:
            return self.certificate_sm3 == _fingerprint(certificate, "sm3").hex()
        return self.certificate_sha256 == certificate.sha256


def build(
    document_digest: bytes, certificate: Certificate, suite: Suite, *, content_type: str = DATA
) -> bytes:
    """DER SET OF the three attributes: exactly the bytes that the key signs (RFC 5652 §5.4).

    With SM2 the certificate is named by its SM3, so that one signature rests on one digest.
    `content_type` says which family of identifiers the message uses; GB/T 35275's is for SM2 alone.
    Raises ValueError for a digest whose length, or a family that, is not the suite's: a defect of the caller.
    """
    if len(document_digest) != _SIZES[suite.digest]:
        raise ValueError("the digest does not belong to the suite")
    if content_type != DATA and (content_type, suite) != (GM_DATA, Suite.SM2_SM3):
        raise ValueError("the content type does not belong to the suite")
    return _encoded(document_digest, _certificate_id(certificate, suite), content_type)


def parse(encoded: bytes) -> SignedAttributes:
    """Take signed attributes apart, accepting only what `build` could have made.

    Raises Refused(ATTRIBUTES_NOT_ACCEPTED) for an attribute more or less, or any other encoding.
    """
    try:
        return _parsed(encoded)
    except der.NotDer as error:
        raise Refused(Problem.ATTRIBUTES_NOT_ACCEPTED, detail=str(error)) from error


def _encoded(digest: bytes, certificate_id: bytes, content_type: str) -> bytes:
    return der.set_of(
        _attribute(_CONTENT_TYPE, der.oid(content_type)),
        _attribute(_MESSAGE_DIGEST, der.octets(digest)),
        _attribute(_SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(certificate_id))),
    )


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.sequence(kind, der.set_of(value))


def _certificate_id(certificate: Certificate, suite: Suite) -> bytes:
    """ESSCertIDv2 (RFC 5035 §4) with issuerSerial; SHA-256 is the default and left out, SM3 is named."""
    issuer = der.sequence(der.explicit(4, certificate.issuer_der))
    issuer_and_serial = der.sequence(issuer, der.integer(certificate.serial))
    if suite is Suite.SM2_SM3:
        return der.sequence(_SM3, der.octets(_fingerprint(certificate, "sm3")), issuer_and_serial)
    return der.sequence(der.octets(_fingerprint(certificate, "sha256")), issuer_and_serial)


def _fingerprint(certificate: Certificate, digest: str) -> bytes:
    return bytes.fromhex(certificate.sha256) if digest == "sha256" else sm2.sm3(certificate.der)


def _parsed(encoded: bytes) -> SignedAttributes:
    values = dict(_pair(attribute) for _, attribute in der.children(der.only(encoded, der.SET)))
    if values.keys() != {_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_CERTIFICATE_V2}:
        raise der.NotDer("not exactly content-type, message-digest and signing-certificate-v2")
    digest = der.only(values[_MESSAGE_DIGEST], der.OCTETS)
    if len(digest) not in _SIZES.values():
        raise der.NotDer("a message digest of unknown length")
    certificate_id = der.only(der.only(values[_SIGNING_CERTIFICATE_V2], der.SEQUENCE), der.SEQUENCE)
    fingerprint, is_sm3 = _named(certificate_id)
    content_type = GM_DATA if is_sm3 and values[_CONTENT_TYPE] == der.oid(GM_DATA) else DATA
    if _encoded(digest, certificate_id, content_type) != encoded:
        raise der.NotDer("not in canonical form")
    if is_sm3:
        return SignedAttributes(content_type, digest, "", fingerprint.hex())
    return SignedAttributes(content_type, digest, fingerprint.hex())


def _named(certificate_id: bytes) -> tuple[bytes, bool]:
    """The digest that names the certificate, and whether it is an SM3."""
    content = der.only(certificate_id, der.SEQUENCE)
    is_sm3 = content.startswith(_SM3)
    tag, fingerprint, _ = der.element(content, len(_SM3) if is_sm3 else 0)
    if tag != der.OCTETS or len(fingerprint) != 32:
        raise der.NotDer("not exactly one certificate by its SHA-256 or SM3")
    return fingerprint, is_sm3


def _pair(attribute: bytes) -> tuple[bytes, bytes]:
    parts = der.children(der.only(attribute, der.SEQUENCE))
    if [tag for tag, _ in parts] != [der.OID, der.SET]:
        raise der.NotDer("an attribute is not a type and a set of values")
    return parts[0][1], der.only(parts[1][1], der.SET)
