"""Organizations: made, suspended and let go on by the platform's operator (manual 1)."""

import re

from django.db import IntegrityError, transaction
from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules import identity
from yunqian.rules.lifecycle import TenantEvent
from yunqian.server import scope
from yunqian.server.access import members
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.access.members import Administration
from yunqian.server.actions import Done, Trace, action, invitation, ledger
from yunqian.server.actions.invitation import Opened
from yunqian.server.queries import tenants as reading
from yunqian.server.records.base import advance
from yunqian.server.records.models import Grant, Role, Tenant
from yunqian.wire.envelope import Right, TenantKind
from yunqian.wire.members import MadeTenant, MakeTenant, TenantLine

ADMINISTRATOR = "单位管理员"
ADMINISTERS = (Right.MEMBERS, Right.SEALS, Right.CERTIFICATES)
_MADE_BY_OPERATOR = frozenset({TenantKind.COMPANY, TenantKind.GOVERNMENT})


def make(asking: Asking, *, wanted: MakeTenant, origin: str) -> MadeTenant:
    """A new organization, with the role of its administrator and an invitation for the first one.

    Raises Refused(OPERATE_NOT_GRANTED, ORGANIZATION_NAME_INVALID, MOBILE_INVALID, NAME_TAKEN or REQUEST_INVALID).
    """
    line, made = _make(asking, wanted=wanted)
    return MadeTenant(tenant=line, invited=invitation.sent(made, origin=origin))


@action("tenant.made")
def _make(actor: Actor, *, wanted: MakeTenant) -> Done[tuple[TenantLine, Opened]]:
    members.operate(actor)
    if wanted.kind not in _MADE_BY_OPERATOR:
        raise Refused(Problem.REQUEST_INVALID, detail="kind")
    row = _written(wanted)
    permit = Administration(row.id, actor)
    with scope.switched(permit):
        role = Role.objects.create(name=ADMINISTRATOR)
        for right in ADMINISTERS:
            Grant.objects.create(role=role, right=right, granted_by_id=actor.person_id)
        invite = wanted.administrator.model_copy(update={"role_id": str(role.id), "department_id": None})
        made = invitation.opened(permit, invite, tenant_name=row.name)
        facts: ledger.Facts = {"by": actor.tenant_name, "name": row.name}
        ledger.append(
            "tenant.begun", envelope_id=None, person_id=actor.person_id, facts=facts, at=timezone.now()
        )
    told: ledger.Facts = {"tenant": str(row.id), "name": row.name, "slug": row.slug}
    return Done((reading.line(row), made), Trace(scope.Pass(actor.tenant_id), None, told))


@action("tenant.suspended")
def suspend(actor: Actor, *, tenant_id: str, reason: str) -> Done[TenantLine]:
    """All its members are refused from their next request on.

    Raises Refused(OPERATE_NOT_GRANTED, TENANT_NOT_FOUND, TRANSITION_NOT_ALLOWED; REQUEST_INVALID for one's own).
    """
    return _advanced(actor, tenant_id, TenantEvent.SUSPEND, reason)


@action("tenant.resumed")
def resume(actor: Actor, *, tenant_id: str, reason: str) -> Done[TenantLine]:
    """The organization goes on. Raises Refused(TENANT_NOT_FOUND or TRANSITION_NOT_ALLOWED)."""
    return _advanced(actor, tenant_id, TenantEvent.RESUME, reason)


def _advanced(actor: Actor, tenant_id: str, event: TenantEvent, reason: str) -> Done[TenantLine]:
    row = members.tenant(actor, tenant_id)
    if row.id == actor.tenant_id:  # who suspends himself cannot come back
        raise Refused(Problem.REQUEST_INVALID, detail="own organization")
    advance(row, event)
    with scope.switched(scope.Pass(row.id)):
        ledger.append(
            f"tenant.{event}",
            envelope_id=None,
            person_id=actor.person_id,
            facts={"by": actor.tenant_name, "reason": reason},
            at=timezone.now(),
        )
    told: ledger.Facts = {"tenant": str(row.id), "name": row.name, "reason": reason}
    return Done(reading.line(row), Trace(scope.Pass(actor.tenant_id), None, told))


def _written(wanted: MakeTenant) -> Tenant:
    name = identity.organization_name(wanted.name)
    if re.fullmatch(r"p-.*|demo-.*", wanted.slug):  # spaces of persons, and the demo's
        raise Refused(Problem.NAME_TAKEN, name=wanted.slug)
    try:
        with transaction.atomic():
            return Tenant.objects.create(slug=wanted.slug, name=name, kind=wanted.kind)
    except IntegrityError:
        raise Refused(Problem.NAME_TAKEN, name=wanted.slug) from None
