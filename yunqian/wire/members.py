"""Members, departments, roles, rights and invitations; and the organizations as their operator sees them."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from yunqian.wire.base import Line, Message, Moment
from yunqian.wire.envelope import Right, Tenant, TenantKind

Name = Annotated[Line, Field(min_length=1, max_length=100)]
Reason = Annotated[Line, Field(min_length=2, max_length=200)]
Identifier = Annotated[str, Field(max_length=36)]


class MemberState(StrEnum):
    """Where a membership stands."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


class Department(Message):
    """部门. `parent_id` is null at the top of the tree."""

    id: str
    name: str
    parent_id: str | None
    member_count: int = Field(description="active members in it, without those below")


class WriteDepartment(Message):
    name: Name
    parent_id: Identifier | None = None


class Role(Message):
    """角色 with the rights that it names."""

    id: str
    name: str
    rights: tuple[Right, ...]
    member_count: int


class WriteRole(Message):
    name: Name
    rights: tuple[Right, ...] = Field(max_length=10)


class HolderKind(StrEnum):
    MEMBER = "member"
    ROLE = "role"
    DEPARTMENT = "department"


class Grant(Message):
    """A right given to one holder, with the end of it."""

    id: str
    right: Right
    holder_kind: HolderKind
    holder_id: str
    holder_name: str
    until_at: Moment | None
    granted_at: Moment
    granted_by: str | None
    is_over: bool


class GiveGrant(Message):
    right: Right
    holder_kind: HolderKind
    holder_id: Identifier
    until_at: Moment | None = None


class HeldRole(Message):
    """A role that a member has, until `until_at`."""

    id: str
    name: str
    until_at: Moment | None = None


class GiveRole(Message):
    member_id: Identifier
    until_at: Moment | None = None


class Member(Message):
    """A member as his organization's administrator sees him; the number is masked (138****1234)."""

    id: str
    person_id: str
    name: str
    account: str
    mobile_masked: str | None
    is_verified: bool = Field(description="real-name checked with the carrier")
    department_id: str | None
    department: str | None
    state: MemberState
    joined_at: Moment
    left_at: Moment | None
    roles: tuple[HeldRole, ...]
    rights: tuple[Right, ...] = Field(description="what reaches him now, through whatever holder")


class MemberPage(Message):
    items: tuple[Member, ...]
    next_cursor: str | None
    active_count: int


class MoveMember(Message):
    department_id: Identifier | None


class LeaveMember(Message):
    """`successor_id`: the member who takes over the tasks that the leaving one started."""

    successor_id: Identifier | None = None


class LookReason(Message):
    """Why masked personal data is looked at; it is written into the ledger."""

    reason: Reason


class PersonalField(StrEnum):
    MOBILE = "mobile"
    ID_NUMBER = "id_number"


class Look(LookReason):
    field: PersonalField


class PersonalValue(Message):
    value: str


class InvitationState(StrEnum):
    """EXPIRED is an open one whose time is over."""

    OPEN = "open"
    TAKEN = "taken"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Invitation(Message):
    id: str
    name: str
    mobile_masked: str | None
    department: str | None
    role: str | None
    state: InvitationState
    created_at: Moment
    expires_at: Moment
    taken_by: str | None


class Invite(Message):
    """With `mobile` the link is sent there and only the person of that number may take it."""

    name: Annotated[Line, Field(max_length=100)] = ""
    mobile: Annotated[Line, Field(max_length=30)] | None = None
    department_id: Identifier | None = None
    role_id: Identifier | None = None


class Invited(Message):
    """The invitation with its link, which is shown this once."""

    invitation: Invitation
    link: str
    is_sent: bool = Field(description="a short message with the link went out")


class InvitationSecret(Message):
    secret: Annotated[str, Field(min_length=20, max_length=200, pattern=r"^[A-Za-z0-9_.-]+$")]


class InvitationShown(Message):
    """What the invited person sees before saying yes."""

    tenant_name: str
    department: str | None
    role: str | None
    expires_at: Moment
    is_member: bool


class Organization(Message):
    """One's own organization, with what is known of its verification."""

    tenant: Tenant
    uscc: str
    legal_representative: str
    verified_at: Moment | None
    is_checked_by_sandbox: bool = Field(description="no true register is connected")


class VerifyOrganization(Message):
    uscc: Annotated[Line, Field(min_length=1, max_length=40)]
    legal_representative: Name


class TenantState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class TenantLine(Message):
    """An organization as the platform's operator sees it: nothing of what is inside."""

    id: str
    slug: str
    name: str
    kind: TenantKind
    state: TenantState
    uscc: str
    verified_at: Moment | None
    created_at: Moment
    is_demo: bool


class TenantPage(Message):
    items: tuple[TenantLine, ...]
    next_cursor: str | None


class MakeTenant(Message):
    """A new organization; its first administrator is invited with a link, or by phone."""

    name: Name
    kind: TenantKind
    slug: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,58}[a-z0-9]$")]
    administrator: Invite


class MadeTenant(Message):
    tenant: TenantLine
    invited: Invited


class SuspendTenant(LookReason):
    """Why an organization is suspended, or goes on."""
