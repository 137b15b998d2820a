"""OCSP responses for tests, right ones and each kind of wrong one, made by `cryptography`."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from tests.pki.hierarchy import NOW, Holder
from yunqian.crypto.certificates import Certificate

COMPROMISED = x509.ReasonFlags.key_compromise


def loaded(certificate: Certificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.der)


def response(
    about: Certificate,
    issuer: Holder,
    *,
    by: Holder | None = None,
    revoked_at: datetime | None = None,
    reason: x509.ReasonFlags | None = None,
    at: datetime = NOW,
    days: int | None = 7,
    is_unknown: bool = False,
    by_key: bool = False,
    algorithm: hashes.HashAlgorithm | None = None,
) -> bytes:
    """An answer about one certificate, by its issuer or by somebody else (`by`)."""
    speaker = by or issuer
    status = ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=loaded(about),
            issuer=loaded(issuer.certificate),
            algorithm=algorithm or hashes.SHA1(),
            cert_status=ocsp.OCSPCertStatus.UNKNOWN if is_unknown else status,
            this_update=at,
            next_update=None if days is None else at + timedelta(days=days),
            revocation_time=revoked_at,
            revocation_reason=reason,
        )
        .responder_id(
            ocsp.OCSPResponderEncoding.HASH if by_key else ocsp.OCSPResponderEncoding.NAME,
            loaded(speaker.certificate),
        )
    )
    if by is not None:
        builder = builder.certificates([loaded(by.certificate)])
    return builder.sign(speaker.key, hashes.SHA256()).public_bytes(Encoding.DER)


def refusal() -> bytes:
    """An answer that says: try later."""
    later = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    return later.public_bytes(Encoding.DER)
