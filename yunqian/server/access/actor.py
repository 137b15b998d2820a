"""Who asks, recognised anew in every transaction, so that a suspension takes effect at the next request."""

from dataclasses import dataclass
from uuid import UUID

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import TenantState
from yunqian.server.access import holders
from yunqian.server.records.models import Member, Person, Tenant


@dataclass(frozen=True)
class Asking:
    """What a session claims: a person acting for an organization. Nothing is checked yet."""

    person_id: UUID
    tenant_id: UUID


@dataclass(frozen=True)
class Actor:
    """A person who is an active member of the organization he acts for."""

    person_id: UUID
    account: str
    name: str
    tenant_id: UUID
    tenant_name: str
    tenant_kind: str
    member_id: UUID
    department: str
    held: holders.Held
    grants: frozenset[str]


def recognise(asking: Asking) -> Actor:
    """The actor behind a claim, read in the transaction that is open for him.

    Raises Refused(LOGIN_REQUIRED) when the person or the organization is gone, Refused(MEMBER_SUSPENDED) when he is
    no active member of it any more, and Refused(TENANT_SUSPENDED).
    """
    person = Person.objects.filter(id=asking.person_id).first()
    tenant = Tenant.objects.filter(id=asking.tenant_id).first()
    if person is None or tenant is None:
        raise Refused(Problem.LOGIN_REQUIRED)
    member = Member.objects.filter(tenant=tenant, person=person).select_related("department").first()
    if member is None or not member.is_active:
        raise Refused(Problem.MEMBER_SUSPENDED)
    if tenant.state == TenantState.SUSPENDED:
        raise Refused(Problem.TENANT_SUSPENDED, tenant=tenant.name)
    held = holders.of(member)
    return Actor(
        person_id=person.id,
        account=person.account,
        name=person.name,
        tenant_id=tenant.id,
        tenant_name=tenant.name,
        tenant_kind=tenant.kind,
        member_id=member.id,
        department=member.department.name if member.department else "",
        held=held,
        grants=holders.rights(held),
    )
