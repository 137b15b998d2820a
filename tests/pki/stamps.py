"""A time-stamp authority for tests: tokens and responses, right ones and each kind of wrong one."""

from datetime import datetime

from asn1crypto import algos, cms, core, tsp, x509

from tests.pki.hierarchy import NOW, Holder
from yunqian.crypto import der, digests
from yunqian.crypto.suites import Suite

_OWN = {"rsa": Suite.RSA_SHA256, "ec:sm2": Suite.SM2_SM3}
_OIDS = {"sm3": digests.OIDS["sm3"]}


def token(
    by: Holder,
    imprint: bytes,
    *,
    at: datetime = NOW,
    nonce: int | None = None,
    digest: str = "sha256",
    tampered: bool = False,
) -> bytes:
    """A TimeStampToken over an imprint, as RFC 3161 §2.4.2 has it; a stamper with SM2 rests on SM3 throughout."""
    own = _OWN[by.certificate.key_algorithm]
    told = {
        "version": "v1",
        "policy": "1.2.3.4.1",
        "message_imprint": {
            "hash_algorithm": {"algorithm": _OIDS.get(digest, digest)},
            "hashed_message": imprint,
        },
        "serial_number": 7,
        "gen_time": core.GeneralizedTime(at),
    }
    if nonce is not None:
        told["nonce"] = nonce
    content = tsp.TSTInfo(told).dump()
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [digests.of(own.digest, content)]},
            {"type": "signing_certificate_v2", "values": [_named(by, own)]},
        ]
    )
    if tampered:
        content = content.replace(imprint, bytes(len(imprint)))
    certificate = x509.Certificate.load(by.certificate.der)
    named = algos.DigestAlgorithm.load(own.digest_identifier)
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
            ),
            "digest_algorithm": named,
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm.load(own.signature_identifier),
            "signature": by.sign(attributes.dump()),
        }
    )
    above = [x509.Certificate.load(one.der) for one in (by.certificate, *by.chain)]
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [named],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
            "certificates": above,
            "signer_infos": [signer],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def _named(by: Holder, own: Suite) -> tsp.SigningCertificateV2:
    fingerprint = der.octets(digests.of(own.digest, by.certificate.der))
    named = own.digest_identifier if own is Suite.SM2_SM3 else b""
    return tsp.SigningCertificateV2.load(der.sequence(der.sequence(der.sequence(named, fingerprint))))


def response(granted: bytes) -> bytes:
    """A TimeStampResp that grants a token."""
    return der.sequence(der.sequence(der.integer(0)), granted)


def rejection() -> bytes:
    """A TimeStampResp that says no (status 2, rejection)."""
    return der.sequence(der.sequence(der.integer(2)))
