"""Members, departments, roles, grants and invitations of one's organization."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Status

from yunqian.server.actions import invitation, look, member, rights
from yunqian.server.api import auth
from yunqian.server.api.pace import Pace
from yunqian.server.queries import members as reading
from yunqian.server.queries import person
from yunqian.server.queries import rights as reading_rights
from yunqian.wire.envelope import Session
from yunqian.wire.members import (
    Department,
    GiveGrant,
    GiveRole,
    Grant,
    Invitation,
    InvitationSecret,
    InvitationShown,
    Invite,
    Invited,
    LeaveMember,
    Look,
    Member,
    MemberPage,
    MoveMember,
    PersonalValue,
    Role,
    WriteDepartment,
    WriteRole,
)

router = Router(tags=["members"])
Cursor = Annotated[str | None, Query(max_length=200)]
Search = Annotated[str, Query(max_length=100)]
Limit = Annotated[int, Query(ge=1, le=100)]
INVITE_PACE = Pace(most=60, seconds=3600)
JOIN_PACE = Pace(most=30, seconds=60)


@router.get("/members", response=MemberPage)
def members(
    request: HttpRequest,
    search: Search = "",
    department_id: Annotated[str | None, Query(max_length=36)] = None,
    with_left: bool = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> MemberPage:
    """The members, as they joined, newest first."""
    return reading.page(
        auth.asking(request),
        search=search.strip(),
        department_id=department_id,
        with_left=with_left,
        cursor=cursor,
        limit=limit,
    )


@router.get("/members/{member_id}", response=Member)
def read_member(request: HttpRequest, member_id: str) -> Member:
    """One member."""
    return reading.one(auth.asking(request), member_id=member_id)


@router.post("/members/{member_id}/department", response=Member)
def move_member(request: HttpRequest, member_id: str, body: MoveMember) -> Member:
    """Put a member into a department."""
    return member.move(auth.asking(request), member_id=member_id, department_id=body.department_id)


@router.post("/members/{member_id}/suspend", response=Member)
def suspend_member(request: HttpRequest, member_id: str) -> Member:
    """He acts for the organization no more, until he is let back in."""
    return member.suspend(auth.asking(request), member_id=member_id)


@router.post("/members/{member_id}/resume", response=Member)
def resume_member(request: HttpRequest, member_id: str) -> Member:
    """Let a suspended member back in."""
    return member.resume(auth.asking(request), member_id=member_id)


@router.post("/members/{member_id}/leave", response=Member)
def let_member_leave(request: HttpRequest, member_id: str, body: LeaveMember) -> Member:
    """He has left: rights and seals are taken back, open tasks handed over."""
    return member.leave(auth.asking(request), member_id=member_id, successor_id=body.successor_id)


@router.post("/members/{member_id}/look", response=PersonalValue)
def look_at_member(request: HttpRequest, member_id: str, body: Look) -> PersonalValue:
    """See what is masked, for a reason that the ledger keeps."""
    auth.require_step_up(request)
    return look.at_member(auth.asking(request), member_id=member_id, field=body.field, reason=body.reason)


@router.get("/departments", response=list[Department])
def departments(request: HttpRequest) -> list[Department]:
    """The tree of departments, flat."""
    return list(reading_rights.departments(auth.asking(request)))


@router.post("/departments", response=Department)
def make_department(request: HttpRequest, body: WriteDepartment) -> Department:
    """A new department."""
    return rights.make_department(auth.asking(request), name=body.name, parent_id=body.parent_id)


@router.put("/departments/{department_id}", response=Department)
def change_department(request: HttpRequest, department_id: str, body: WriteDepartment) -> Department:
    """Another name or place."""
    return rights.change_department(
        auth.asking(request), department_id=department_id, name=body.name, parent_id=body.parent_id
    )


@router.delete("/departments/{department_id}", response={204: None})
def remove_department(request: HttpRequest, department_id: str) -> Status[None]:
    """An empty department goes."""
    rights.remove_department(auth.asking(request), department_id=department_id)
    return Status(204, None)


@router.get("/roles", response=list[Role])
def roles(request: HttpRequest) -> list[Role]:
    """The roles with their rights."""
    return list(reading_rights.roles(auth.asking(request)))


@router.post("/roles", response=Role)
def make_role(request: HttpRequest, body: WriteRole) -> Role:
    """A new role."""
    return rights.make_role(auth.asking(request), name=body.name, rights=body.rights)


@router.put("/roles/{role_id}", response=Role)
def change_role(request: HttpRequest, role_id: str, body: WriteRole) -> Role:
    """Another name or other rights, for everybody who has the role."""
    return rights.change_role(auth.asking(request), role_id=role_id, name=body.name, rights=body.rights)


@router.delete("/roles/{role_id}", response={204: None})
def remove_role(request: HttpRequest, role_id: str) -> Status[None]:
    """A role that nobody has goes."""
    rights.remove_role(auth.asking(request), role_id=role_id)
    return Status(204, None)


@router.post("/roles/{role_id}/holders", response=Role)
def give_role(request: HttpRequest, role_id: str, body: GiveRole) -> Role:
    """A member has the role."""
    return rights.give_role(
        auth.asking(request), role_id=role_id, member_id=body.member_id, until_at=body.until_at
    )


@router.delete("/roles/{role_id}/holders/{member_id}", response=Role)
def take_role(request: HttpRequest, role_id: str, member_id: str) -> Role:
    """The member has the role no more."""
    return rights.take_role(auth.asking(request), role_id=role_id, member_id=member_id)


@router.get("/grants", response=list[Grant])
def grants(request: HttpRequest) -> list[Grant]:
    """What was given to members and departments."""
    return list(reading_rights.grants(auth.asking(request)))


@router.post("/grants", response=Grant)
def give_grant(request: HttpRequest, body: GiveGrant) -> Grant:
    """Give a right."""
    return rights.grant(
        auth.asking(request),
        right=body.right,
        holder_kind=body.holder_kind,
        holder_id=body.holder_id,
        until_at=body.until_at,
    )


@router.delete("/grants/{grant_id}", response={204: None})
def withdraw_grant(request: HttpRequest, grant_id: str) -> Status[None]:
    """Take a right back."""
    rights.withdraw(auth.asking(request), grant_id=grant_id)
    return Status(204, None)


@router.get("/invitations", response=list[Invitation])
def invitations(request: HttpRequest) -> list[Invitation]:
    """The newest invitations."""
    return list(reading.invitations(auth.asking(request)))


@router.post("/invitations", response=Invited)
def invite(request: HttpRequest, body: Invite) -> Invited:
    """Invite a person by a link, or by phone."""
    asking = auth.asking(request)
    INVITE_PACE.require(str(asking.tenant_id))
    return invitation.invite(asking, wanted=body, origin=auth.origin(request))


@router.post("/invitations/{invitation_id}/withdraw", response=Invitation)
def withdraw_invitation(request: HttpRequest, invitation_id: str) -> Invitation:
    """The link opens nothing any more."""
    return invitation.withdraw(auth.asking(request), invitation_id=invitation_id)


@router.post("/joining/look", response=InvitationShown)
def look_at_invitation(request: HttpRequest, body: InvitationSecret) -> InvitationShown:
    """What the link that I was given invites me to."""
    JOIN_PACE.require(auth.address(request))
    return invitation.look(auth.asking(request), secret=body.secret)


@router.post("/joining", response=Session)
def join(request: HttpRequest, body: InvitationSecret) -> Session:
    """Say yes, and act for the organization from now on."""
    JOIN_PACE.require(auth.address(request))
    chosen = invitation.accept(auth.asking(request), secret=body.secret)
    auth.remember(request, chosen)
    return person.session(chosen, csrf=auth.csrf(request))
