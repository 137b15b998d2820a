"""What the act asks of the outside: is this certificate good, and what time is it. Never in a transaction."""

from datetime import datetime

from yunqian.crypto import certificates
from yunqian.crypto.certificates import Certificate
from yunqian.engine import timestamp
from yunqian.problems import Problem, Refused
from yunqian.server.adapters import ca, tsa
from yunqian.server.adapters.ca.port import Status
from yunqian.server.queries import verify

STAMP_DIGEST = "sha256"


def path(certificate: Certificate, *, at: datetime) -> tuple[Certificate, ...]:
    """The authorities above a certificate, nearest first, up to a root the platform trusts.

    Raises Refused(CERTIFICATE_EXPIRED or CERTIFICATE_UNTRUSTED).
    """
    roots = verify.trust().roots
    return certificates.chain(certificate, ca.current().intermediates(), roots, at=at)[1:]


def require_not_revoked(certificate: Certificate) -> None:
    """Refuse unless the authority says that the certificate holds now: not knowing is not good enough.

    Raises Refused(CERTIFICATE_REVOKED), Refused(CERTIFICATE_UNTRUSTED) for one that the authority does not
    know as its own, or Refused(CA_UNAVAILABLE).
    """
    status = ca.current().status(certificate)
    if status is Status.REVOKED:
        raise Refused(Problem.CERTIFICATE_REVOKED, owner=certificate.owner)
    if status is not Status.GOOD:
        raise Refused(Problem.CERTIFICATE_UNTRUSTED, owner=certificate.owner)


def stamp(signature: bytes) -> bytes:
    """A time-stamp token over a signature value (RFC 3161; CAdES: RFC 5126 §6.1.1), checked against it.

    Raises Refused(TIMESTAMP_UNAVAILABLE or TIMESTAMP_INVALID).
    """
    imprint = timestamp.timestamp_imprint(signature, STAMP_DIGEST)
    token = tsa.current().stamp(imprint, STAMP_DIGEST)
    timestamp.check(token, imprint=imprint, digest=STAMP_DIGEST)
    return token
