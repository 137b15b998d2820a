"""Acts with a certificate: found by the digest of what is really on the key, and bound to its algorithm."""

from yunqian.agent.acts.act import Target
from yunqian.agent.keys.ring import Ring
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused
from yunqian.wire.batch_orders import BatchOrder
from yunqian.wire.orders import BindOrder, LoginOrder, SignOrder


async def find(ring: Ring, sha256: str, *, max_age_seconds: float) -> Target | None:
    """The key that holds the certificate."""
    found = await ring.find(sha256, max_age_seconds=max_age_seconds)
    return None if found is None else Target(*found)


def absent(order: SignOrder | BatchOrder | LoginOrder | BindOrder) -> Refused:
    """The key is told by the owner of its certificate."""
    return Refused(Problem.KEY_NOT_FOUND, owner=order.certificate_owner)


def held_by(target: Target) -> Certificate:
    """The certificate of a target that was found by it. Raises Refused(CERTIFICATE_MISMATCH) for another one."""
    if target.certificate is None:
        raise Refused(Problem.CERTIFICATE_MISMATCH)
    return target.certificate


def suite_for(order: SignOrder | BatchOrder | LoginOrder | BindOrder, target: Target) -> Suite:
    """The suite to sign with, once order, certificate and key all name the same.

    Raises Refused(CERTIFICATE_MISMATCH | ALGORITHM_UNSUPPORTED).
    """
    certificate = held_by(target)
    if certificate.sha256 != order.certificate_sha256:
        raise Refused(Problem.CERTIFICATE_MISMATCH)
    suite = suites.suite_of(certificate)
    if suite.name != order.algorithm or suite not in target.held.key.suites:
        raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=order.algorithm)
    return suite


def is_right(suite: Suite, certificate: Certificate, message: bytes, value: bytes) -> None:
    """Refuse what the key gave where it is no signature: it never leaves the client."""
    if not suites.check(suite, certificate, message, value):
        raise Refused(Problem.SIGNATURE_INVALID)
