"""People and organizations: the session's own view, and whom an envelope may be addressed to."""

import re
from typing import NoReturn

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import TenantState
from yunqian.server import scope
from yunqian.server.access.actor import Actor, Asking, recognise
from yunqian.server.queries import query
from yunqian.server.records.models import Member
from yunqian.server.records.tenant import Tenant as TenantRow
from yunqian.wire.envelope import Entry, PersonRef, Right, Session, Tenant, TenantKind

_SLUG = re.compile(r"[A-Za-z0-9_-]{1,60}")


def session(asking: Asking, *, csrf: str) -> Session:
    """Who is logged in, for which organization, which others he could act for, and what he may do."""
    with scope.reading(person_id=asking.person_id, tenant_id=asking.tenant_id):
        actor = recognise(asking)
        own = TenantRow.objects.get(id=actor.tenant_id)
    others = tenants_of(asking)
    return Session(
        person=me(actor),
        tenant=as_tenant(own),
        tenants=tuple(as_tenant(tenant) for tenant in others),
        rights=tuple(right for right in Right if right in actor.grants),
        csrf=csrf,
    )


def tenants_of(asking: Asking) -> tuple[TenantRow, ...]:
    """The organizations in which the person is an active member, and which are not suspended themselves, by name."""
    return tuple(one for one in _memberships(asking) if one.state == TenantState.ACTIVE)


def refuse_nowhere(asking: Asking) -> NoReturn:
    """Raise what keeps a person out who can act for no organization: TENANT_SUSPENDED or MEMBER_SUSPENDED."""
    for tenant in _memberships(asking):
        raise Refused(Problem.TENANT_SUSPENDED, tenant=tenant.name)
    raise Refused(Problem.MEMBER_SUSPENDED)


def _memberships(asking: Asking) -> tuple[TenantRow, ...]:
    with scope.reading(person_id=asking.person_id, tenant_id=None):
        rows = Member.objects.filter(person_id=asking.person_id, is_active=True).select_related("tenant")
        return tuple(sorted((row.tenant for row in rows), key=lambda tenant: tenant.name))


def entry(slug: str) -> Entry:
    """Whose entry address this is; anybody may ask, as anybody may read the address on a letter.

    Raises Refused(TENANT_NOT_FOUND).
    """
    row = None
    if _SLUG.fullmatch(slug):
        with scope.platform():
            row = TenantRow.objects.filter(slug=slug).first()
    if row is None:
        raise Refused(Problem.TENANT_NOT_FOUND)
    return Entry(slug=row.slug, name=row.name)


@query
def colleagues(actor: Actor) -> tuple[PersonRef, ...]:
    """The active members of the actor's organization, to choose signers from."""
    rows = Member.objects.filter(tenant_id=actor.tenant_id, is_active=True)
    return tuple(
        PersonRef(
            id=str(row.person_id),
            name=row.person.name,
            account=row.person.account,
            tenant_name=actor.tenant_name,
            department=row.department.name if row.department else None,
        )
        for row in rows.select_related("person", "department").order_by(
            "department__name", "person__name", "id"
        )
    )


def chosen_tenant(asking: Asking, wanted: str) -> TenantRow:
    """The wanted organization. Raises Refused(TENANT_NOT_FOUND) unless the person is an active member."""
    for tenant in tenants_of(asking):
        if str(tenant.id) == wanted:
            return tenant
    raise Refused(Problem.TENANT_NOT_FOUND)


def me(actor: Actor) -> PersonRef:
    """The actor as he sees himself."""
    return PersonRef(
        id=str(actor.person_id),
        name=actor.name,
        account=actor.account,
        tenant_name=actor.tenant_name,
        department=actor.department or None,
    )


def as_tenant(row: TenantRow) -> Tenant:
    """An organization as the API shows it."""
    return Tenant(id=str(row.id), slug=row.slug, name=row.name, kind=TenantKind(row.kind))
