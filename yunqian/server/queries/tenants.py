"""Organizations as the platform's operator sees them from outside, and one's own with its verification."""

from django.db.models import Q

from yunqian.server import settings
from yunqian.server.access import members
from yunqian.server.access.actor import Actor
from yunqian.server.queries import cursors, person, query
from yunqian.server.records.models import Tenant
from yunqian.wire.envelope import TenantKind
from yunqian.wire.members import Organization, TenantLine, TenantPage, TenantState


@query
def page(actor: Actor, *, search: str, cursor: str | None, limit: int) -> TenantPage:
    """All organizations, the newest first; the spaces of persons are not among them."""
    members.operate(actor)
    rows = Tenant.objects.exclude(kind=TenantKind.PERSON)
    if search:
        named = Q(name__icontains=search) | Q(slug__icontains=search)
        rows = rows.filter(named | Q(uscc=search.upper().strip()))
    here, more = cursors.page(rows, cursor, limit=limit)
    return TenantPage(items=tuple(map(line, here)), next_cursor=more)


@query
def own(actor: Actor) -> Organization:
    """The organization that one acts for, for its members."""
    return organization(Tenant.objects.get(id=actor.tenant_id))


def organization(row: Tenant) -> Organization:
    """An organization with its verification."""
    return Organization(
        tenant=person.as_tenant(row),
        uscc=row.uscc,
        legal_representative=row.legal_representative,
        verified_at=row.verified_at,
        is_checked_by_sandbox=settings.current().company_driver == "sandbox",
    )


def line(row: Tenant) -> TenantLine:
    """An organization from outside."""
    return TenantLine(
        id=str(row.id),
        slug=row.slug,
        name=row.name,
        kind=TenantKind(row.kind),
        state=TenantState(row.state),
        uscc=row.uscc,
        verified_at=row.verified_at,
        created_at=row.created_at,
        is_demo=row.is_demo,
    )
