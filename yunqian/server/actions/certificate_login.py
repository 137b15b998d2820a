"""Logging in with a key: a challenge for a certificate, and its one answer (manual 3.2; RFC 4949 challenge-response).

Anybody may have a challenge for any certificate that a trusted authority issued, so that asking tells nothing of who
is bound here. Only whoever has proved the key learns whether it may log in. Everything is asked anew at the answer,
and not knowing is a refusal: path, revocation, binding, membership.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused
from yunqian.server import scope, settings
from yunqian.server.access.actor import Asking
from yunqian.server.actions import authorities, login, shown_certificates
from yunqian.server.queries import orders
from yunqian.server.queries import person as people
from yunqian.server.records.certificate import CertificateState
from yunqian.server.records.models import Certificate as Bound
from yunqian.server.records.models import LoginChallenge
from yunqian.wire.orders import ORDER_LIFETIME_SECONDS, LoginOrder, LoginResult, SignedOrder, login_statement

NONCE_BYTES = 32


@dataclass(frozen=True)
class Challenge:
    """What was given out: the row that this browser may answer, and the order for its security client."""

    id: UUID
    order: SignedOrder


def challenge(*, certificate: str, origin: str) -> Challenge:
    """An order to sign a login statement with the key of this certificate (DER in base64), good for five minutes.

    Raises Refused(REQUEST_INVALID, ALGORITHM_UNSUPPORTED, CERTIFICATE_EXPIRED or CERTIFICATE_UNTRUSTED).
    """
    leaf = shown_certificates.read(certificate)
    suite = suites.suite_of(leaf)
    at = timezone.now()
    authorities.path(leaf, at=at)
    with scope.platform(is_writing=True):
        row = LoginChallenge.objects.create(
            origin=origin,
            certificate_sha256=leaf.sha256,
            certificate_owner=leaf.owner[:200],
            algorithm=suite.name,
            nonce=secrets.token_hex(NONCE_BYTES),
            issued_at=at,
            expires_at=at + timedelta(seconds=ORDER_LIFETIME_SECONDS),
        )
    return Challenge(row.id, orders.signed(_order(row)))


def log_in(*, challenge_id: UUID | None, result: LoginResult) -> Asking:
    """Who holds the key, acting for the organization in which it is bound. The challenge is taken, come what may.

    `challenge_id` is the one that this browser was given. Raises Refused(LOGIN_CHALLENGE_OVER,
    CERTIFICATE_MISMATCH, SIGNATURE_INVALID, LOGIN_CERTIFICATE_UNBOUND, MEMBER_SUSPENDED) and what the certificate
    itself is refused with.
    """
    if challenge_id is None or result.order_id != str(challenge_id):
        raise Refused(Problem.LOGIN_CHALLENGE_OVER)
    row = _taken(challenge_id)
    leaf = shown_certificates.read(result.certificate)
    if leaf.sha256 != row.certificate_sha256:
        raise Refused(Problem.CERTIFICATE_MISMATCH)
    statement, value = login_statement(_order(row)), shown_certificates.decoded(result.signature, "signature")
    if not suites.check(suites.Suite[row.algorithm], leaf, statement, value):
        raise Refused(Problem.SIGNATURE_INVALID)
    authorities.path(leaf, at=timezone.now())
    authorities.require_not_revoked(leaf)
    asking = _holder(leaf)
    login.record_opened(asking, facts={"certificate_sha256": leaf.sha256})
    return asking


def _taken(challenge_id: UUID) -> LoginChallenge:
    """The challenge, for the one who answers first."""
    now = timezone.now()
    with scope.platform(is_writing=True):
        open_ones = LoginChallenge.objects.filter(id=challenge_id, taken_at=None, expires_at__gt=now)
        if open_ones.update(taken_at=now) != 1:
            raise Refused(Problem.LOGIN_CHALLENGE_OVER)
        return LoginChallenge.objects.get(id=challenge_id)


def _holder(leaf: Certificate) -> Asking:
    """The one person whom this certificate is bound to, in an organization where he is active now."""
    with scope.proved(leaf.sha256):
        rows = Bound.objects.filter(sha256=leaf.sha256, state=CertificateState.BOUND, person__isnull=False)
        bound = {(row.person_id, row.tenant_id) for row in rows}
    persons = {person_id for person_id, _ in bound}
    if len(persons) != 1:  # nobody's, or several people say that it is theirs
        raise Refused(Problem.LOGIN_CERTIFICATE_UNBOUND)
    (person_id,) = persons
    assert person_id is not None
    active = [tenant.id for tenant in people.tenants_of(Asking(person_id, UUID(int=0)))]
    chosen = next((one for one in active if (person_id, one) in bound), None)
    if chosen is None:
        raise Refused(Problem.MEMBER_SUSPENDED)
    return Asking(person_id, chosen)


def _order(row: LoginChallenge) -> LoginOrder:
    return LoginOrder(
        order_id=str(row.id),
        origin=row.origin,
        platform_name=settings.current().name,
        certificate_sha256=row.certificate_sha256,
        certificate_owner=row.certificate_owner,
        algorithm=row.algorithm,
        nonce=row.nonce,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
    )
