"""Departments, roles and grants of an organization, for whoever administers it."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from yunqian.server.access import members
from yunqian.server.access.actor import Actor
from yunqian.server.queries import query
from yunqian.server.records.models import Department, Grant, Member, Role, RoleHolder
from yunqian.wire.envelope import Right
from yunqian.wire.members import Department as DepartmentShown
from yunqian.wire.members import Grant as GrantShown
from yunqian.wire.members import HolderKind
from yunqian.wire.members import Role as RoleShown


@query
def departments(actor: Actor) -> tuple[DepartmentShown, ...]:
    """The whole tree, by name; each names the one above it."""
    permit = members.administer(actor)
    rows = list(Department.objects.filter(tenant_id=permit.tenant_id).order_by("name", "id"))
    counted = Member.objects.filter(tenant_id=permit.tenant_id, is_active=True).values_list("department_id")
    counts = dict(counted.annotate(number=Count("id")))
    return tuple(_department(row, counts.get(row.id, 0)) for row in rows)


@query
def roles(actor: Actor) -> tuple[RoleShown, ...]:
    """All roles, by name, each with its rights."""
    permit = members.administer(actor)
    return _roles(list(Role.objects.filter(tenant_id=permit.tenant_id).order_by("name", "id")))


@query
def grants(actor: Actor) -> tuple[GrantShown, ...]:
    """All that was given to members and departments, newest first; what roles have is shown with the roles."""
    permit = members.administer(actor)
    rows = Grant.objects.filter(tenant_id=permit.tenant_id, role=None)
    return tuple(map(_grant, _with_names(rows.order_by("-granted_at", "id"))))


def department(row: Department) -> DepartmentShown:
    """One department as it stands."""
    return _department(row, Member.objects.filter(department=row, is_active=True).count())


def role(row: Role) -> RoleShown:
    """One role as it stands."""
    return _roles([row])[0]


def grant(row: Grant) -> GrantShown:
    """One grant as it stands."""
    return _grant(_with_names(Grant.objects.filter(id=row.id))[0])


def path(tenant_id: UUID, row: Department) -> tuple[UUID, ...]:
    """A department and all above it, upwards."""
    parents = dict(Department.objects.filter(tenant_id=tenant_id).values_list("id", "parent_id"))
    found: list[UUID] = []
    above: UUID | None = row.id
    while above is not None and above not in found:
        found.append(above)
        above = parents.get(above)
    return tuple(found)


def _department(row: Department, member_count: int) -> DepartmentShown:
    return DepartmentShown(
        id=str(row.id),
        name=row.name,
        parent_id=str(row.parent_id) if row.parent_id else None,
        member_count=member_count,
    )


def _roles(rows: Sequence[Role]) -> tuple[RoleShown, ...]:
    lasting = Q(until_at=None) | Q(until_at__gt=timezone.now())
    held = RoleHolder.objects.filter(lasting, role__in=rows, member__left_at=None).values_list("role_id")
    counts = dict(held.annotate(number=Count("id")))
    rights: dict[UUID | None, set[str]] = {}
    for role_id, right in Grant.objects.filter(role__in=rows).values_list("role_id", "right"):
        rights.setdefault(role_id, set()).add(right)
    return tuple(
        RoleShown(
            id=str(row.id),
            name=row.name,
            rights=tuple(right for right in Right if right in rights.get(row.id, ())),
            member_count=counts.get(row.id, 0),
        )
        for row in rows
    )


def _with_names(rows: QuerySet[Grant]) -> list[Grant]:
    return list(rows.select_related("member__person", "role", "department", "granted_by"))


def _grant(row: Grant) -> GrantShown:
    kind, holder_id, name = _holder(row)
    return GrantShown(
        id=str(row.id),
        right=Right(row.right),
        holder_kind=kind,
        holder_id=str(holder_id),
        holder_name=name,
        until_at=row.until_at,
        granted_at=row.granted_at,
        granted_by=row.granted_by.name if row.granted_by else None,
        is_over=row.until_at is not None and row.until_at <= timezone.now(),
    )


def _holder(row: Grant) -> tuple[HolderKind, UUID, str]:
    if row.role is not None:
        return HolderKind.ROLE, row.role.id, row.role.name
    if row.department is not None:
        return HolderKind.DEPARTMENT, row.department.id, row.department.name
    assert row.member is not None  # grant_holder_check
    return HolderKind.MEMBER, row.member.id, row.member.person.name
