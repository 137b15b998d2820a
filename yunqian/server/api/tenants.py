"""One's own organization, and all of them for the platform's operator."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from yunqian.server.actions import organization, tenant
from yunqian.server.api import auth
from yunqian.server.queries import tenants as reading
from yunqian.wire.members import (
    MadeTenant,
    MakeTenant,
    Organization,
    SuspendTenant,
    TenantLine,
    TenantPage,
    VerifyOrganization,
)

router = Router(tags=["organizations"])


@router.get("/organization", response=Organization)
def own(request: HttpRequest) -> Organization:
    """The organization that I act for."""
    return reading.own(auth.asking(request))


@router.post("/organization/verification", response=Organization)
def verify(request: HttpRequest, body: VerifyOrganization) -> Organization:
    """Have the register say that code, name and legal representative belong together."""
    return organization.verify(
        auth.asking(request), uscc=body.uscc, legal_representative=body.legal_representative
    )


@router.get("/tenants", response=TenantPage)
def tenants(
    request: HttpRequest,
    search: Annotated[str, Query(max_length=100)] = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> TenantPage:
    """All organizations, for the operator."""
    return reading.page(auth.asking(request), search=search.strip(), cursor=cursor, limit=limit)


@router.post("/tenants", response=MadeTenant)
def make(request: HttpRequest, body: MakeTenant) -> MadeTenant:
    """A new organization, with an invitation for its first administrator."""
    return tenant.make(auth.asking(request), wanted=body, origin=auth.origin(request))


@router.post("/tenants/{tenant_id}/suspend", response=TenantLine)
def suspend(request: HttpRequest, tenant_id: str, body: SuspendTenant) -> TenantLine:
    """All its members are refused from their next request on."""
    auth.require_step_up(request)
    return tenant.suspend(auth.asking(request), tenant_id=tenant_id, reason=body.reason)


@router.post("/tenants/{tenant_id}/resume", response=TenantLine)
def resume(request: HttpRequest, tenant_id: str, body: SuspendTenant) -> TenantLine:
    """The organization goes on."""
    auth.require_step_up(request)
    return tenant.resume(auth.asking(request), tenant_id=tenant_id, reason=body.reason)
