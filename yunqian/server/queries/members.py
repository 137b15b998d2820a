"""Members and invitations of an organization, for whoever administers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from yunqian.rules.lifecycle import InvitationState as Stored
from yunqian.server.access import members
from yunqian.server.access.actor import Actor
from yunqian.server.queries import cursors, personal, query
from yunqian.server.records.models import Department, Grant, Invitation, Member, RoleHolder
from yunqian.wire.envelope import Right
from yunqian.wire.members import HeldRole, InvitationState, MemberPage, MemberState
from yunqian.wire.members import Invitation as InvitationShown
from yunqian.wire.members import Member as MemberShown

Row = TypeVar("Row", Grant, RoleHolder)


@query
def page(
    actor: Actor, *, search: str, department_id: str | None, with_left: bool, cursor: str | None, limit: int
) -> MemberPage:
    """Members as they joined, newest first; `search` is a part of the name or account, or a whole mobile number."""
    permit = members.administer(actor)
    everybody = Member.objects.filter(tenant_id=permit.tenant_id)
    rows = everybody if with_left else everybody.filter(left_at=None)
    if search:
        rows = rows.filter(_matching(search))
    if department_id:
        rows = rows.filter(department=members.department(permit, department_id))
    rows = rows.select_related("person", "department")
    here, more = cursors.page(rows, cursor, limit=limit, column="joined_at")
    active = everybody.filter(is_active=True).count()
    return MemberPage(items=shown(here), next_cursor=more, active_count=active)


@query
def one(actor: Actor, *, member_id: str) -> MemberShown:
    """One member. Raises Refused(MEMBER_NOT_FOUND)."""
    return shown([members.member(members.administer(actor), member_id)])[0]


@query
def invitations(actor: Actor) -> tuple[InvitationShown, ...]:
    """The newest two hundred invitations."""
    permit = members.administer(actor)
    rows = Invitation.objects.filter(tenant_id=permit.tenant_id).select_related(
        "department", "role", "taken_by"
    )
    return tuple(map(invitation, rows.order_by("-created_at", "-id")[:200]))


def shown(rows: Sequence[Member]) -> tuple[MemberShown, ...]:
    """Members of one organization as its administrator sees them, whatever their number in a few questions."""
    if not rows:
        return ()
    reach = _Reach.of(rows)
    return tuple(_member(row, reach) for row in rows)


def invitation(row: Invitation) -> InvitationShown:
    """One invitation as it stands now."""
    return InvitationShown(
        id=str(row.id),
        name=row.name,
        mobile_masked=row.mobile_masked or None,
        department=row.department.name if row.department else None,
        role=row.role.name if row.role else None,
        state=_standing(row),
        created_at=row.created_at,
        expires_at=row.expires_at,
        taken_by=row.taken_by.name if row.taken_by else None,
    )


def _standing(row: Invitation) -> InvitationState:
    if row.state == Stored.OPEN and row.expires_at <= timezone.now():
        return InvitationState.EXPIRED
    return InvitationState(row.state)


def _matching(search: str) -> Q:
    named = Q(person__name__icontains=search) | Q(person__account__icontains=search)
    index = personal.mobile_index(search)
    return named | Q(person__mobile_index=index) if index else named


@dataclass(frozen=True)
class _Reach:
    """What reaches the members of one page: grants by holder, their roles, the tree above their departments."""

    grants: dict[UUID, set[str]]
    roles: dict[UUID, list[RoleHolder]]
    parents: dict[UUID, UUID | None]

    @classmethod
    def of(cls, rows: Sequence[Member]) -> "_Reach":
        tenant_id = rows[0].tenant_id
        roles: dict[UUID, list[RoleHolder]] = {}
        held = RoleHolder.objects.filter(tenant_id=tenant_id, member__in=rows)
        for row in _lasting(held).select_related("role").order_by("role__name"):
            roles.setdefault(row.member_id, []).append(row)
        grants: dict[UUID, set[str]] = {}
        theirs = Grant.objects.filter(Q(member__in=rows) | Q(member=None), tenant_id=tenant_id)
        for grant in _lasting(theirs):
            for holder_id in filter(None, (grant.member_id, grant.role_id, grant.department_id)):
                grants.setdefault(holder_id, set()).add(grant.right)
        tree = Department.objects.filter(tenant_id=tenant_id).values_list("id", "parent_id")
        parents: dict[UUID, UUID | None] = dict(tree)
        return cls(grants, roles, parents)

    def rights(self, row: Member) -> tuple[Right, ...]:
        holders = [row.id, *(held.role_id for held in self.roles.get(row.id, ()))]
        above, seen = row.department_id, set[UUID]()
        while above is not None and above not in seen:
            seen.add(above)
            above = self.parents.get(above)
        found = set[str]().union(*(self.grants.get(one, set()) for one in (*holders, *seen)))
        return tuple(right for right in Right if right in found)


def _lasting(rows: QuerySet[Row]) -> QuerySet[Row]:
    return rows.filter(Q(until_at=None) | Q(until_at__gt=timezone.now()))


def _member(row: Member, reach: _Reach) -> MemberShown:
    return MemberShown(
        id=str(row.id),
        person_id=str(row.person_id),
        name=row.person.name,
        account=row.person.account,
        mobile_masked=personal.masked_mobile(row.person),
        is_verified=row.person.verified_at is not None,
        department_id=str(row.department_id) if row.department_id else None,
        department=row.department.name if row.department else None,
        state=state(row.is_active, row.left_at),
        joined_at=row.joined_at,
        left_at=row.left_at,
        roles=tuple(
            HeldRole(id=str(held.role_id), name=held.role.name, until_at=held.until_at)
            for held in reach.roles.get(row.id, ())
        ),
        rights=reach.rights(row) if row.is_active else (),
    )


def state(is_active: bool, left_at: datetime | None) -> MemberState:
    """Where a membership stands, in one word."""
    if left_at is not None:
        return MemberState.LEFT
    return MemberState.ACTIVE if is_active else MemberState.SUSPENDED
