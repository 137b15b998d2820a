"""Reading other people's CMS SignedData (RFC 5652): one signer, his certificate, what he signed, is it right.

Used for the signatures in documents and for time-stamp tokens. Tolerant in reading, strict in judging: what is
not there is said, never assumed.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from asn1crypto import cms, core, tsp  # noqa: F401  tsp teaches cms signing-certificate-v2

from yunqian.crypto import certificates, der, schemes
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Refused

_DIGESTS = frozenset({"sha1", "sha224", "sha256", "sha384", "sha512"})
_MAX_CERTIFICATES = 64


class Unreadable(ValueError):
    """The bytes are no SignedData that we understand; the text says why. Never leaves the engine."""


class NoCertificate(Unreadable):
    """The signer's certificate is not inside, so nothing can be checked."""


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """One signer's part of a SignedData, ready to be judged.

    `attributes` is the DER SET that was signed, None where the value is over the content itself.
    """

    content_type: str
    content: bytes | None
    certificate: Certificate
    others: tuple[Certificate, ...]
    digest: str
    scheme: schemes.Scheme
    attributes: bytes | None
    message_digest: bytes | None
    attributes_fit: bool
    names_certificate: bool | None
    signature: bytes
    timestamp: bytes | None
    crls: tuple[bytes, ...]

    @property
    def is_weak(self) -> bool:
        """SHA-1 anywhere: two documents with the same digest can be made."""
        return self.digest == "sha1" or self.scheme.is_weak

    def is_right_over(self, content: Iterable[bytes | memoryview]) -> bool:
        """Whether the signer's value is right over a content given in pieces."""
        pieces = list(content)
        if self.attributes is None:
            return schemes.verify(
                self.scheme, self.certificate.public_key_der, b"".join(pieces), self.signature
            )
        digest = hashlib.new(self.digest)
        for piece in pieces:
            digest.update(piece)
        return self.message_digest == digest.digest() and self.is_attested()

    def is_attested(self) -> bool:
        """Whether the value is right over the signed attributes, whatever they say of the content."""
        if self.attributes is None or not self.attributes_fit:
            return False
        return schemes.verify(self.scheme, self.certificate.public_key_der, self.attributes, self.signature)


def read(encoded: bytes) -> SignedMessage:
    """Read a SignedData. Raises Unreadable, or NoCertificate, with a short reason in English."""
    try:
        return _read(encoded)
    except Unreadable:
        raise
    except Exception as error:  # a stranger's bytes: asn1crypto raises many kinds
        raise Unreadable("not a readable CMS") from error


def _read(encoded: bytes) -> SignedMessage:
    message = cms.ContentInfo.load(encoded)
    if message["content_type"].native != "signed_data":
        raise Unreadable("not a CMS SignedData")
    body = message["content"]
    if len(body["signer_infos"]) != 1:
        raise Unreadable(f"{len(body['signer_infos'])} signers instead of one")
    signer = body["signer_infos"][0]
    held = _certificates(body)
    certificate = _certificate_of(signer, held)
    signed = _signed_attributes(signer)
    values = _values(signed)
    content_type = str(body["encap_content_info"]["content_type"].native)
    digest = str(signer["digest_algorithm"]["algorithm"].native)
    scheme = schemes.read(signer["signature_algorithm"].dump(), digest)
    if scheme is None or digest not in _DIGESTS:
        raise Unreadable(f"algorithm {signer['signature_algorithm']['algorithm'].native} with {digest}")
    message_digest = _only(values, "message_digest")
    return SignedMessage(
        content_type=content_type,
        content=_content(body),
        certificate=certificate,
        others=tuple(one for one in held if one != certificate),
        digest=digest,
        scheme=scheme,
        attributes=signed,
        message_digest=None if message_digest is None else message_digest.native,
        attributes_fit=_fits(values, content_type) and (scheme.digest == digest),
        names_certificate=_names(values, certificate),
        signature=signer["signature"].native,
        timestamp=_timestamp(signer),
        crls=_crls(body),
    )


def _certificates(body: cms.SignedData) -> list[Certificate]:
    held: list[Certificate] = []
    for choice in list(body["certificates"] or [])[:_MAX_CERTIFICATES]:
        try:
            held.append(certificates.read(choice.chosen.dump()))
        except Refused:  # an attribute certificate, or one we cannot read: not the signer's then
            continue
    return held


def _certificate_of(signer: cms.SignerInfo, held: list[Certificate]) -> Certificate:
    who = signer["sid"].chosen
    for certificate in held:
        if isinstance(who, cms.IssuerAndSerialNumber):
            is_his = certificate.serial == who["serial_number"].native
            if is_his and certificate.issuer_der == who["issuer"].dump():
                return certificate
        elif certificate.key_identifier == who.native:
            return certificate
    raise NoCertificate("the signer's certificate is not inside")


def _signed_attributes(signer: cms.SignerInfo) -> bytes | None:
    """The signed bytes: the attributes as they stand, with the tag of a SET (RFC 5652 §5.4)."""
    attributes = signer["signed_attrs"]
    if isinstance(attributes, core.Void) or not len(attributes):
        return None
    return der.tlv(der.SET, attributes.contents)


def _values(signed: bytes | None) -> dict[str, list[core.Asn1Value]]:
    found: dict[str, list[core.Asn1Value]] = {}
    for attribute in cms.CMSAttributes.load(signed) if signed else []:
        found.setdefault(str(attribute["type"].native), []).extend(attribute["values"])
    return found


def _only(values: dict[str, list[core.Asn1Value]], name: str) -> core.Asn1Value | None:
    """The one value of an attribute; several would let two readers see two things."""
    listed = values.get(name, [])
    return listed[0] if len(listed) == 1 else None


def _fits(values: dict[str, list[core.Asn1Value]], content_type: str) -> bool:
    stated = _only(values, "content_type")
    return stated is not None and stated.native == content_type and "message_digest" in values


def _names(values: dict[str, list[core.Asn1Value]], certificate: Certificate) -> bool | None:
    """Whether signing-certificate(-v2) names this certificate; None where neither is there (RFC 5035)."""
    newer, older = _only(values, "signing_certificate_v2"), _only(values, "signing_certificate")
    if newer is not None:
        first = newer["certs"][0]
        digest = str(first["hash_algorithm"]["algorithm"].native)
    elif older is not None:
        first, digest = older["certs"][0], "sha1"
    else:
        return None
    return bool(hashlib.new(digest, certificate.der).digest() == first["cert_hash"].native)


def _content(body: cms.SignedData) -> bytes | None:
    content = body["encap_content_info"]["content"]
    if isinstance(content, core.Void) or content.native is None:
        return None
    return bytes(content)  # of an octet string: its octets, also where asn1crypto has parsed them


def _timestamp(signer: cms.SignerInfo) -> bytes | None:
    for attribute in signer["unsigned_attrs"] or []:
        if attribute["type"].native == "signature_time_stamp_token" and len(attribute["values"]):
            return bytes(attribute["values"][0].dump())
    return None


def _crls(body: cms.SignedData) -> tuple[bytes, ...]:
    return tuple(choice.chosen.dump() for choice in body["crls"] or [] if choice.name == "")
