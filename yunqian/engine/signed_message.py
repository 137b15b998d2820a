"""Reading other people's CMS SignedData (RFC 5652): one signer, his certificate, what he signed, is it right.

Used for the signatures in documents and for time-stamp tokens. Tolerant in reading, strict in judging: what is
not there is said, never assumed. The Chinese profile (GB/T 35275-2017, before it GM/T 0010-2012) is PKCS#7 1.5
with identifiers of its own; both families of identifiers are read, also mixed, as vendors mix them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from asn1crypto import cms, core, tsp  # noqa: F401  tsp teaches cms signing-certificate-v2

from yunqian.crypto import ber, certificates, der, digests, public_keys, schemes, sm2
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused

_MAX_CERTIFICATES = 64
_SIGNED_DATA = frozenset({"1.2.840.113549.1.7.2", "1.2.156.10197.6.1.4.2.2"})
_GM_DATA = "1.2.156.10197.6.1.4.2.1"
_SM2_WITH_SM3 = schemes.Scheme(schemes.Padding.SM2, digests.SM3)
# What a SignerInfo may say instead of SM2-with-SM3 beside an SM2 key: the curve, its three uses, the bare key
# algorithm (GM/T 0010 asks for .301.1; the others are habits of the field).
_SM2_HABITS = frozenset(
    {
        "1.2.156.10197.1.301",
        "1.2.156.10197.1.301.1",
        "1.2.156.10197.1.501",
        "1.2.840.10045.2.1",
    }
)


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
        """Whether the signer's value is right over a content given in pieces.

        Raises Refused(ALGORITHM_UNSUPPORTED) where this machine cannot check SM2: that is not a "no".
        """
        if self.attributes is None:
            return self._is_right_by_itself(content)
        return self.message_digest == _taken_in(digests.new(self.digest), content) and self.is_attested()

    def is_attested(self) -> bool:
        """Whether the value is right over the signed attributes, whatever they say of the content."""
        if self.attributes is None or not self.attributes_fit:
            return False
        return self._is_right(self.attributes)

    def _is_right_by_itself(self, content: Iterable[bytes | memoryview]) -> bool:
        """Without signed attributes the value is over the content; for SM2 over SM3(Z ‖ content)."""
        if self.scheme != _SM2_WITH_SM3:
            return self._is_right(b"".join(content))
        key = _sm2_key(self.certificate)
        value = _sm2_value(self.signature)
        if key is None or value is None:
            return False
        return key.is_right_over_e(_taken_in(key.digest(), content), value)

    def _is_right(self, message: bytes) -> bool:
        value = _sm2_value(self.signature) if self.scheme == _SM2_WITH_SM3 else self.signature
        return value is not None and schemes.verify(
            self.scheme, self.certificate.public_key_der, message, value
        )


def _taken_in(running: digests.Running, content: Iterable[bytes | memoryview]) -> bytes:
    for piece in content:
        running.update(piece)
    return running.digest()


def _sm2_value(signature: bytes) -> bytes | None:
    """DER SEQUENCE{r, s}, also from the 64 bytes r ‖ s that some devices put in; None for anything else."""
    try:
        return sm2.der_value(signature)
    except Refused:
        return None


def _sm2_key(certificate: Certificate) -> sm2.PublicKey | None:
    kind = public_keys.read(certificate.public_key_der)
    if kind.algorithm != public_keys.SM2:
        return None
    try:
        return sm2.public_key(kind.octets)
    except Refused as refusal:
        if refusal.problem is not Problem.CERTIFICATE_UNREADABLE:
            raise
        return None


def read(encoded: bytes) -> SignedMessage:
    """Read a SignedData. Raises Unreadable, or NoCertificate, with a short reason in English."""
    try:
        return _read(encoded)
    except Unreadable:
        raise
    except Exception as error:  # a stranger's bytes: asn1crypto raises many kinds
        raise Unreadable("not a readable CMS") from error


def _read(encoded: bytes) -> SignedMessage:
    body = _body(encoded)
    if len(body["signer_infos"]) != 1:
        raise Unreadable(f"{len(body['signer_infos'])} signers instead of one")
    signer = body["signer_infos"][0]
    held = _certificates(body)
    certificate = _certificate_of(signer, held)
    signed = _signed_attributes(signer)
    values = _values(signed)
    content_type = _content_type(body["encap_content_info"]["content_type"].native)
    digest, scheme = _algorithms(signer, certificate)
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


def _body(encoded: bytes) -> cms.SignedData:
    """The SignedData in a ContentInfo, under either family's identifier; the outer two layers by our own hand."""
    outer, _ = ber.element(encoded)
    kind, *wrapped = outer.tagged(ber.SEQUENCE).children()
    if ber.dotted(kind) not in _SIGNED_DATA or len(wrapped) != 1:
        raise Unreadable("not a CMS SignedData")
    (inner,) = wrapped[0].tagged(0xA0).children()
    return cms.SignedData.load(inner.whole)


def _content_type(stated: object) -> str:
    """The name of a content type; GB/T 35275's "data" is the same thing as that of PKCS#7."""
    return "data" if stated == _GM_DATA else str(stated)


def _algorithms(signer: cms.SignerInfo, certificate: Certificate) -> tuple[str, schemes.Scheme]:
    """Digest and scheme of a SignerInfo. Raises Unreadable where we know no such pair."""
    stated = str(signer["digest_algorithm"]["algorithm"].native)
    algorithm = signer["signature_algorithm"]
    digest = digests.name_of(stated)
    if digest == digests.SM3 and certificate.key_algorithm == public_keys.SM2:
        scheme = _SM2_WITH_SM3 if algorithm["algorithm"].dotted in _SM2_HABITS else None
    else:
        scheme = schemes.read(algorithm.dump(), digest)
    if scheme is None or digest is None:
        raise Unreadable(f"algorithm {algorithm['algorithm'].native} with {stated}")
    return digest, scheme


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
    return stated is not None and _content_type(stated.native) == content_type and "message_digest" in values


def _names(values: dict[str, list[core.Asn1Value]], certificate: Certificate) -> bool | None:
    """Whether signing-certificate(-v2) names this certificate; None where neither is there (RFC 5035)."""
    newer, older = _only(values, "signing_certificate_v2"), _only(values, "signing_certificate")
    if newer is not None:
        first = newer["certs"][0]
        digest = digests.name_of(str(first["hash_algorithm"]["algorithm"].native))
    elif older is not None:
        first, digest = older["certs"][0], "sha1"
    else:
        return None
    return digest is not None and bool(digests.of(digest, certificate.der) == first["cert_hash"].native)


def _content(body: cms.SignedData) -> bytes | None:
    """What is inside: of an octet string its octets, of PKCS#7's ANY the contents octets (PKCS#7 1.5 §9.3)."""
    content = body["encap_content_info"]["content"]
    if isinstance(content, core.Any):
        if not content.contents and content.native is None:
            return None
        return _octets(ber.element(content.dump())[0])
    if isinstance(content, core.Void) or content.native is None:
        return None
    return bytes(content)  # of an octet string: its octets, also where asn1crypto has parsed them


def _octets(found: ber.Element) -> bytes:
    """The content of an element that may stand inside an explicit [0]."""
    inner = found.children()[0] if found.tag == 0xA0 else found
    return inner.content


def _timestamp(signer: cms.SignerInfo) -> bytes | None:
    for attribute in signer["unsigned_attrs"] or []:
        if attribute["type"].native == "signature_time_stamp_token" and len(attribute["values"]):
            return bytes(attribute["values"][0].dump())
    return None


def _crls(body: cms.SignedData) -> tuple[bytes, ...]:
    return tuple(choice.chosen.dump() for choice in body["crls"] or [] if choice.name == "")
