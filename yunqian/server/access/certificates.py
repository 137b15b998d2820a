"""Permits for certificates and requests for binding: one's own, and those that the actor may decide on."""

from dataclasses import dataclass

from django.db.models import QuerySet

from yunqian.problems import Problem, Refused
from yunqian.rules import who_may
from yunqian.rules.who_may import Facts, Right
from yunqian.server import scope
from yunqian.server.access import found
from yunqian.server.access.actor import Actor
from yunqian.server.records.models import BindingRequest, Certificate


@dataclass(frozen=True)
class CertificatePermit(scope.Pass):
    """Proof that `certificate` is the actor's own, or that he decides on certificates of its organization."""

    actor: Actor
    certificate: Certificate


@dataclass(frozen=True)
class RequestPermit(scope.Pass):
    """Proof that `request` is the actor's own, or that he decides on it."""

    actor: Actor
    request: BindingRequest


def may_decide(actor: Actor) -> bool:
    """Whether the actor decides on the certificates of his organization."""
    return who_may.may(Right.CERTIFICATES, Facts(grants=actor.grants))


def decide(actor: Actor) -> None:
    """Raise Refused(CERTIFICATES_NOT_GRANTED) unless he does."""
    who_may.demand(Right.CERTIFICATES, Facts(grants=actor.grants))


def own(actor: Actor, certificate_id: str, *, is_locking: bool = False) -> CertificatePermit:
    """A certificate bound to the actor himself. Raises Refused(CERTIFICATE_NOT_FOUND)."""
    rows = _certificates(actor, is_locking).filter(person_id=actor.person_id)
    return CertificatePermit(
        actor.tenant_id, actor, found.one(rows, certificate_id, Problem.CERTIFICATE_NOT_FOUND)
    )


def seen(actor: Actor, certificate_id: str) -> CertificatePermit:
    """A certificate of the actor's own, or any of his organization where he decides on them.

    Raises Refused(CERTIFICATE_NOT_FOUND).
    """
    rows = _certificates(actor, is_locking=False)
    if not may_decide(actor):
        rows = rows.filter(person_id=actor.person_id)
    return CertificatePermit(
        actor.tenant_id, actor, found.one(rows, certificate_id, Problem.CERTIFICATE_NOT_FOUND)
    )


def decided(actor: Actor, certificate_id: str) -> CertificatePermit:
    """A certificate of the actor's organization to decide on, its row locked.

    Raises Refused(CERTIFICATES_NOT_GRANTED or CERTIFICATE_NOT_FOUND).
    """
    decide(actor)
    rows = _certificates(actor, is_locking=True)
    row = found.one(rows, certificate_id, Problem.CERTIFICATE_NOT_FOUND)
    return CertificatePermit(actor.tenant_id, actor, row)


def own_request(actor: Actor, request_id: str) -> RequestPermit:
    """The actor's own request, its row locked. Raises Refused(BINDING_NOT_FOUND)."""
    rows = _requests(actor, is_locking=True).filter(person_id=actor.person_id)
    return RequestPermit(actor.tenant_id, actor, found.one(rows, request_id, Problem.BINDING_NOT_FOUND))


def decided_request(actor: Actor, request_id: str, *, is_locking: bool = True) -> RequestPermit:
    """A request of the actor's organization to decide on. Nobody decides on his own.

    Raises Refused(CERTIFICATES_NOT_GRANTED, BINDING_NOT_FOUND or DECISION_OF_ONES_OWN).
    """
    decide(actor)
    row = found.one(_requests(actor, is_locking), request_id, Problem.BINDING_NOT_FOUND)
    if row.person_id == actor.person_id:
        raise Refused(Problem.DECISION_OF_ONES_OWN)
    return RequestPermit(actor.tenant_id, actor, row)


def lock(sha256: str) -> None:
    """For the rest of the transaction, be the only one who binds or stops this certificate, in any organization."""
    scope.alone(f"certificate:{sha256}")


def _certificates(actor: Actor, is_locking: bool) -> QuerySet[Certificate]:
    rows = Certificate.objects.select_for_update() if is_locking else Certificate.objects.all()
    return rows.filter(tenant_id=actor.tenant_id)


def _requests(actor: Actor, is_locking: bool) -> QuerySet[BindingRequest]:
    rows = BindingRequest.objects.select_for_update() if is_locking else BindingRequest.objects.all()
    return rows.filter(tenant_id=actor.tenant_id)
