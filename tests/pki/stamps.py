"""A time-stamp authority for tests: tokens and responses, right ones and each kind of wrong one."""

import hashlib
from datetime import datetime

from asn1crypto import algos, cms, core, tsp, x509

from tests.pki.hierarchy import NOW, Holder
from yunqian.crypto import der


def token(
    by: Holder,
    imprint: bytes,
    *,
    at: datetime = NOW,
    nonce: int | None = None,
    digest: str = "sha256",
    tampered: bool = False,
) -> bytes:
    """A TimeStampToken over an imprint, as RFC 3161 §2.4.2 has it."""
    told = {
        "version": "v1",
        "policy": "1.2.3.4.1",
        "message_imprint": {"hash_algorithm": {"algorithm": digest}, "hashed_message": imprint},
        "serial_number": 7,
        "gen_time": core.GeneralizedTime(at),
    }
    if nonce is not None:
        told["nonce"] = nonce
    content = tsp.TSTInfo(told).dump()
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
            {"type": "signing_certificate_v2", "values": [_named(by)]},
        ]
    )
    if tampered:
        content = content.replace(imprint, bytes(len(imprint)))
    certificate = x509.Certificate.load(by.certificate.der)
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
            ),
            "digest_algorithm": sha256,
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_rsa"},
            "signature": by.sign(attributes.dump()),
        }
    )
    above = [x509.Certificate.load(one.der) for one in (by.certificate, *by.chain)]
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [sha256],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
            "certificates": above,
            "signer_infos": [signer],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def _named(by: Holder) -> tsp.SigningCertificateV2:
    fingerprint = bytes.fromhex(by.certificate.sha256)
    return tsp.SigningCertificateV2.load(der.sequence(der.sequence(der.sequence(der.octets(fingerprint)))))


def response(granted: bytes) -> bytes:
    """A TimeStampResp that grants a token."""
    return der.sequence(der.sequence(der.integer(0)), granted)


def rejection() -> bytes:
    """A TimeStampResp that says no (status 2, rejection)."""
    return der.sequence(der.sequence(der.integer(2)))
