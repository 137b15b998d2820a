"""Permits for the looking after of keys: one's own enrolments and unlocks, and the desk's view of everybody's."""

from dataclasses import dataclass

from yunqian.problems import Problem, Refused
from yunqian.rules import who_may
from yunqian.rules.who_may import Facts, Right
from yunqian.server import scope
from yunqian.server.access import found
from yunqian.server.access.actor import Actor
from yunqian.server.records.models import Enrolment, Unlock
from yunqian.wire.envelope import TenantKind


@dataclass(frozen=True)
class EnrolmentPermit(scope.Pass):
    """Proof that `enrolment` is the actor's own, for the organization he acts for."""

    actor: Actor
    enrolment: Enrolment


@dataclass(frozen=True)
class UnlockPermit(scope.Pass):
    """Proof that `unlock` is the actor's own, or that the actor sits at the desk that decides on it."""

    actor: Actor
    unlock: Unlock


def enrolment(actor: Actor, enrolment_id: str, *, is_locking: bool = False) -> EnrolmentPermit:
    """The actor's own application for a certificate. Raises Refused(ENROLMENT_NOT_FOUND)."""
    rows = Enrolment.objects.select_for_update() if is_locking else Enrolment.objects.all()
    mine = rows.filter(person_id=actor.person_id, tenant_id=actor.tenant_id)
    row = found.one(mine, enrolment_id, Problem.ENROLMENT_NOT_FOUND)
    return EnrolmentPermit(row.tenant_id, actor, row)


def unlock(actor: Actor, unlock_id: str, *, is_locking: bool = False) -> UnlockPermit:
    """The actor's own request for unlocking. Raises Refused(UNLOCK_NOT_FOUND)."""
    rows = Unlock.objects.select_for_update() if is_locking else Unlock.objects.all()
    mine = rows.filter(person_id=actor.person_id, tenant_id=actor.tenant_id)
    row = found.one(mine, unlock_id, Problem.UNLOCK_NOT_FOUND)
    return UnlockPermit(row.tenant_id, actor, row)


def desk(actor: Actor) -> None:
    """Raise Refused(DESK_NOT_GRANTED) unless the actor sits at the certificate authority's desk."""
    who_may.demand(Right.DESK, _facts(actor))


def at_desk(actor: Actor, unlock_id: str) -> UnlockPermit:
    """Anybody's request, for the desk to decide on, its row locked. Nobody decides on his own.

    Raises Refused(DESK_NOT_GRANTED, UNLOCK_NOT_FOUND or UNLOCK_OF_ONES_OWN).
    """
    desk(actor)
    asked = found.one(Unlock.objects.all(), unlock_id, Problem.UNLOCK_NOT_FOUND)
    if asked.person_id == actor.person_id:
        raise Refused(Problem.UNLOCK_OF_ONES_OWN)
    with scope.switched(scope.Pass(asked.tenant_id)):
        locked = Unlock.objects.select_for_update().get(id=asked.id)
    return UnlockPermit(locked.tenant_id, actor, locked)


def _facts(actor: Actor) -> Facts:
    return Facts(grants=actor.grants, is_authority=actor.tenant_kind == TenantKind.AUTHORITY)
