"""Permits for seals: one's own, those one may apply, those one manages; applications, grants and single uses."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from yunqian.problems import Problem, Refused
from yunqian.rules import who_may
from yunqian.rules.who_may import Facts, Right
from yunqian.server import scope
from yunqian.server.access import found, members
from yunqian.server.access.actor import Actor
from yunqian.server.access.members import Administration, Holder
from yunqian.server.records.models import Seal, SealApplication, SealGrant, SealUseApproval, Tenant
from yunqian.wire.members import HolderKind


@dataclass(frozen=True)
class SealPermit(scope.Pass):
    """Proof that the actor may see `seal`, or do with it what the function says that gave it."""

    actor: Actor
    seal: Seal


@dataclass(frozen=True)
class ApplicationPermit(scope.Pass):
    """Proof that `application` is the actor's own, or that he decides on it."""

    actor: Actor
    application: SealApplication


@dataclass(frozen=True)
class UsePermit(scope.Pass):
    """Proof that the actor decides on this single use."""

    actor: Actor
    approval: SealUseApproval


def may_manage(actor: Actor) -> bool:
    """Whether the actor manages the seals of his organization."""
    return who_may.may(Right.SEALS, Facts(grants=actor.grants))


def manage(actor: Actor) -> None:
    """Raise Refused(SEALS_NOT_GRANTED) unless he does."""
    who_may.demand(Right.SEALS, Facts(grants=actor.grants))


def require_verified(actor: Actor) -> None:
    """Raise Refused(TENANT_NOT_VERIFIED) where the organization has not been found to be who it says."""
    if not is_verified(actor):
        raise Refused(Problem.TENANT_NOT_VERIFIED, tenant=actor.tenant_name)


def is_verified(actor: Actor) -> bool:
    """Whether seals of the actor's organization may be made and used."""
    return Tenant.objects.filter(id=actor.tenant_id).exclude(verified_at=None).exists()


def granted(actor: Actor) -> QuerySet[SealGrant]:
    """What reaches the actor now, through whatever holder."""
    return SealGrant.objects.filter(actor.held.matching(), tenant_id=actor.tenant_id)


def applicable(actor: Actor) -> QuerySet[Seal]:
    """The actor's own seals and those granted to him, whatever their state."""
    his = Q(person_id=actor.person_id) | Q(person=None, id__in=granted(actor).values("seal_id"))
    return Seal.objects.filter(his, tenant_id=actor.tenant_id)


def seen(actor: Actor, seal_id: str) -> SealPermit:
    """A seal that the actor may apply, or manages. Raises Refused(SEAL_NOT_FOUND)."""
    row = found.one_or_none(applicable(actor), seal_id)
    if row is None and may_manage(actor):
        row = found.one_or_none(_of_organization(actor), seal_id)
    if row is None:
        raise Refused(Problem.SEAL_NOT_FOUND)
    return SealPermit(actor.tenant_id, actor, row)


def given(actor: Actor, seal_id: str) -> SealPermit:
    """A seal of the organization that was granted to the actor. Raises Refused(SEAL_NOT_FOUND)."""
    row = found.one(applicable(actor).filter(person=None), seal_id, Problem.SEAL_NOT_FOUND)
    return SealPermit(actor.tenant_id, actor, row)


def managed(actor: Actor, seal_id: str, *, is_locking: bool = True) -> SealPermit:
    """The actor's own seal, or one of his organization that he manages; its row locked.

    Raises Refused(SEAL_NOT_FOUND), and Refused(SEALS_NOT_GRANTED) for one that he may only apply.
    """
    row = seen(actor, seal_id).seal
    if row.person_id is None:
        manage(actor)
    if is_locking:
        row = Seal.objects.select_for_update().get(tenant_id=actor.tenant_id, id=row.id)
    return SealPermit(actor.tenant_id, actor, row)


def administered(actor: Actor, seal_id: str, *, is_locking: bool = False) -> SealPermit:
    """A seal of the organization, for who manages them. Raises Refused(SEALS_NOT_GRANTED or SEAL_NOT_FOUND)."""
    manage(actor)
    rows = _of_organization(actor)
    rows = rows.select_for_update() if is_locking else rows
    return SealPermit(actor.tenant_id, actor, found.one(rows, seal_id, Problem.SEAL_NOT_FOUND))


def grant(permit: SealPermit, grant_id: str) -> SealGrant:
    """A grant of the permitted seal. Raises Refused(GRANT_NOT_FOUND)."""
    rows = SealGrant.objects.filter(tenant_id=permit.tenant_id, seal=permit.seal)
    return found.one(rows, grant_id, Problem.GRANT_NOT_FOUND)


def holder(permit: SealPermit, kind: HolderKind, holder_id: str) -> Holder:
    """Whom the seal may be given to. Raises Refused(MEMBER_, ROLE_ or DEPARTMENT_NOT_FOUND, MEMBER_HAS_LEFT)."""
    return members.holder(Administration(permit.tenant_id, permit.actor), kind, holder_id)


def own_application(actor: Actor, application_id: str) -> ApplicationPermit:
    """The actor's own application, its row locked. Raises Refused(SEAL_APPLICATION_NOT_FOUND)."""
    rows = SealApplication.objects.select_for_update().filter(person_id=actor.person_id)
    return _application(actor, rows, application_id)


def decided_application(actor: Actor, application_id: str) -> ApplicationPermit:
    """An application for a seal of the organization, its row locked. Nobody decides on his own.

    Raises Refused(SEALS_NOT_GRANTED, SEAL_APPLICATION_NOT_FOUND or DECISION_OF_ONES_OWN).
    """
    manage(actor)
    rows = SealApplication.objects.select_for_update().filter(is_personal=False)
    permit = _application(actor, rows, application_id)
    if permit.application.person_id == actor.person_id:
        raise Refused(Problem.DECISION_OF_ONES_OWN)
    return permit


def decided_use(actor: Actor, approval_id: str) -> UsePermit:
    """A single use to decide on, its row locked. Nobody decides on his own.

    Raises Refused(SEALS_NOT_GRANTED, SEAL_USE_NOT_FOUND or DECISION_OF_ONES_OWN).
    """
    manage(actor)
    rows = SealUseApproval.objects.select_for_update().filter(tenant_id=actor.tenant_id)
    row = found.one(rows, approval_id, Problem.SEAL_USE_NOT_FOUND)
    if row.person_id == actor.person_id:
        raise Refused(Problem.DECISION_OF_ONES_OWN)
    return UsePermit(actor.tenant_id, actor, row)


def lock_applicant(actor: Actor) -> None:
    """For the rest of the transaction, let the person's applications follow one another."""
    scope.alone(f"seal-application:{actor.tenant_id}:{actor.person_id}")


def _of_organization(actor: Actor) -> QuerySet[Seal]:
    return Seal.objects.filter(tenant_id=actor.tenant_id, person=None)


def _application(actor: Actor, rows: QuerySet[SealApplication], identifier: str) -> ApplicationPermit:
    mine = rows.filter(tenant_id=actor.tenant_id)
    row = found.one(mine, identifier, Problem.SEAL_APPLICATION_NOT_FOUND)
    return ApplicationPermit(actor.tenant_id, actor, row)
