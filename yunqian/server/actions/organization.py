"""Company verification: the register is asked whether name, code and legal representative belong together.

Until it has said so no seal of the organization is used. What it says of anything else changes nothing.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules import identity
from yunqian.server import scope
from yunqian.server.access import members
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import Done, Trace, action
from yunqian.server.adapters import company
from yunqian.server.adapters.company.port import Verdict
from yunqian.server.queries import query
from yunqian.server.queries import tenants as reading
from yunqian.server.records.models import AuditEvent, Tenant
from yunqian.wire.envelope import TenantKind
from yunqian.wire.members import Organization

CHECKS_PER_DAY = 10
_REFUSALS = {
    Verdict.MISMATCH: Problem.COMPANY_MISMATCH,
    Verdict.NO_RECORD: Problem.COMPANY_MISMATCH,
    Verdict.NOT_ACTIVE: Problem.COMPANY_NOT_ACTIVE,
}


def verify(asking: Asking, *, uscc: str, legal_representative: str) -> Organization:
    """Have the organization verified under its own name.

    Raises Refused(MEMBERS_NOT_GRANTED, USCC_INVALID, PERSON_NAME_INVALID, COMPANY_MISMATCH, COMPANY_NOT_ACTIVE,
    COMPANY_TAKEN, COMPANY_VERIFIED_ALREADY, COMPANY_CHECKS_TOO_MANY or REGISTER_UNAVAILABLE).
    """
    code, representative = identity.uscc(uscc), identity.person_name(legal_representative)
    name = _name(asking)
    register = company.current()
    verdict = register.check(name, code, representative)
    if verdict is not Verdict.MATCH:
        _note(asking, uscc=code, verdict=verdict)
        raise Refused(_REFUSALS[verdict])
    return _written(asking, uscc=code, legal_representative=representative, name=name)


@query
def _name(actor: Actor) -> str:
    """The name that the register is asked about, once it is clear that it may be asked."""
    members.administer(actor)
    row = Tenant.objects.get(id=actor.tenant_id)
    if row.kind == TenantKind.PERSON:
        raise Refused(Problem.MEMBERS_NOT_GRANTED)
    if row.verified_at is not None:
        raise Refused(Problem.COMPANY_VERIFIED_ALREADY)
    since = timezone.now() - timedelta(days=1)
    tried = AuditEvent.objects.filter(
        tenant_id=actor.tenant_id, kind="organization.not_verified", at__gt=since
    )
    if tried.count() >= CHECKS_PER_DAY:
        raise Refused(Problem.COMPANY_CHECKS_TOO_MANY)
    return row.name


@action("organization.not_verified")
def _note(actor: Actor, *, uscc: str, verdict: Verdict) -> Done[None]:
    facts = {"uscc": uscc, "verdict": verdict.value, "provider": company.current().name}
    return Done(None, Trace(scope.Pass(actor.tenant_id), None, facts))


@action("organization.verified")
def _written(actor: Actor, *, uscc: str, legal_representative: str, name: str) -> Done[Organization]:
    permit = members.administer(actor, is_changing=True)
    rows = Tenant.objects.select_for_update().filter(id=actor.tenant_id, name=name, verified_at=None)
    row = rows.first()
    if row is None:  # verified, or renamed, while the register was asked
        raise Refused(Problem.COMPANY_VERIFIED_ALREADY)
    row.uscc, row.legal_representative, row.verified_at = uscc, legal_representative, timezone.now()
    try:
        with transaction.atomic():
            row.save(update_fields=["uscc", "legal_representative", "verified_at"])
    except IntegrityError:
        raise Refused(Problem.COMPANY_TAKEN) from None
    facts = {"uscc": uscc, "provider": company.current().name}
    return Done(reading.organization(row), Trace(permit, None, facts))
